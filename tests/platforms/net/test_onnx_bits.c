/* test_onnx_bits.c - bits and coding of tensors and weights that ONNX models say: int4 and uint4, Quant and BipolarQuant of QONNX, clips between
 * QuantizeLinear and DequantizeLinear. */
#include "platforms/net/reference.h"
#include "tests/rigs/onnx_bits.h"

Suite *suite_onnx_bits(void);

START_TEST(said)
{
    struct heard h;
    struct bl_net *net = bits_model(_i, &h);
    char got[300] = "";

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%ux%u %s", *got ? ", " : "", net->layers[i].wbits, net->layers[i].abits,
                     bl_tensor_coding(&net->tensors[net->layers[i].in[0]]));
    ck_assert_msg(!strcmp(got, BITS_MODELS[_i].says), "%s: wanted '%s', got '%s'", BITS_MODELS[_i].what, BITS_MODELS[_i].says, got);
    bl_net_free(net);
}
END_TEST

/* Every code of a run lies within the bits of its tensor, and is odd where that is the coding. */
START_TEST(within)
{
    struct heard h;
    struct bl_net *net = bits_model(_i, &h);
    struct bl_ref_out out;
    uint8_t image[8];

    ck_assert_int_eq(bl_ref_init(&out, net, heard_start(&h)), 0);
    for (int seed = 0; seed < 8; seed++) {
        for (int i = 0; i < 8; i++)
            image[i] = (uint8_t)(37 * i + 91 * seed);
        ck_assert_int_eq(bl_reference_run(net, image, &out), 0);
        for (uint32_t t = 0; t < net->ntensors; t++) {
            const struct bl_tensor *x = &net->tensors[t];
            for (size_t i = 0; out.value[t] && i < bl_tensor_elems(x); i++)
                ck_assert_msg(out.value[t][i] >= bl_tensor_min(x) && out.value[t][i] <= bl_tensor_max(x) && (!x->odd || out.value[t][i] & 1),
                              "%s: tensor %s of %u %s bits has %d", BITS_MODELS[_i].what, x->name, x->bits, bl_tensor_coding(x), out.value[t][i]);
        }
    }
    bl_ref_fini(&out);
    bl_net_free(net);
}
END_TEST

/* What a model says in few bits is not narrowed further; wider words are allowed. */
START_TEST(stays)
{
    struct bl_narrow to[8] = { { 0, 0 } };
    struct heard h;
    struct bl_net *net = bits_model(1, &h);
    uint32_t i = 0;

    while (!net->layers[i].weight || net->layers[i].wbits != 4)
        i++;
    to[i].w = 3;
    ck_assert_int_eq(bl_net_narrow(net, to, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "3-bit weights: found 4-bit ones already, and only those of 8 bits are narrowed; take 4 or more"));
    to[i].w = 6;
    to[i].a = 2;
    ck_assert_int_eq(bl_net_narrow(net, to, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "2-bit activations: found 4-bit ones already"));
    to[i].a = 12;
    ck_assert_int_eq(bl_net_narrow(net, to, heard_start(&h)), 0);
    ck_assert_uint_eq(net->layers[i].wbits, 6);
    ck_assert_uint_eq(net->layers[i].abits, 12);
    bl_net_free(net);
}
END_TEST

Suite *suite_onnx_bits(void)
{
    Suite *s = suite_create("onnx_bits");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, said, 0, BITS_COUNT);
    tcase_add_loop_test(c, within, 0, BITS_COUNT);
    tcase_add_test(c, stays);
    suite_add_tcase(s, c);
    return s;
}

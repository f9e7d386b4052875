/* test_tflite_refusals.c - .tflite files that tflite.c and its kin refuse: each by a message that names the operator or the tensor, what was
 * found and what to do; and files damaged at every byte, which are read or refused, and nothing else. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/tflite_make.h"

Suite *suite_tflite_refusals(void);

static struct tm file;
static int8_t w[256];
static int32_t b[4], numbers[8];
enum { X, Y, W, B, N, Z };             /* tensors of the model below */

/* x [1, 4, 4, 2] by a convolution 3x3 VALID to y [1, 2, 2, 4]; n: some integers, z: another tensor of y's shape. */
static void start(struct tm_model *d)
{
    for (int i = 0; i < 256; i++)
        w[i] = (int8_t)(29 * i);
    memset(numbers, 0, sizeof numbers);
    *d = (struct tm_model){ 0 };
    tm_add(d, "x", TM_DIMS(1, 4, 4, 2), .05f, -9);
    tm_add(d, "y", TM_DIMS(1, 2, 2, 4), .3f, 7);
    tm_const(d, "w", TM_DIMS(4, 3, 3, 2), 9, w, 72);
    tm_const(d, "b", TM_DIMS(4), 2, b, 16);
    tm_const(d, "n", TM_DIMS(4), 2, numbers, 16);
    tm_add(d, "z", TM_DIMS(1, 2, 2, 4), .3f, 7);
    d->tensor[W].scale[0] = .02f;
    struct tm_op *o = tm_operator(d, 3, 1, 3, (int32_t[]){ X, W, B }, Y);
    tm_option(o, 0, 1, 1), tm_option(o, 1, 4, 1), tm_option(o, 2, 4, 1), tm_option(o, 3, 1, 0), tm_option(o, 4, 4, 1);
    d->in[0] = X, d->nin = 1, d->out[0] = Y, d->nout = 1;
}

/* One more operator, of y to z. */
static struct tm_op *then(struct tm_model *d, int code, unsigned type, uint32_t nin, int32_t second)
{
    d->out[0] = Z;
    return tm_operator(d, code, type, nin, (int32_t[]){ Y, second, second, second }, Z);
}

static void version(struct tm_model *d) { d->version = 2; }
static void no_input(struct tm_model *d) { d->nin = 0; }
static void no_output(struct tm_model *d) { d->nout = 0; }
static void free_output(struct tm_model *d) { d->out[0] = Z; }
static void constant_output(struct tm_model *d) { d->out[0] = W; }
static void input_twice(struct tm_model *d) { d->in[1] = X, d->nin = 2; }
static void input_type(struct tm_model *d) { d->tensor[X].type = 7; }
static void input_float(struct tm_model *d) { d->tensor[X].type = 0; }
static void input_open(struct tm_model *d) { d->tensor[X].open = true; }
static void input_batch(struct tm_model *d) { d->tensor[X].dims[0] = 2; }
static void input_empty(struct tm_model *d) { d->tensor[X].dims[1] = 0; }
static void negative(struct tm_model *d) { d->tensor[X].dims[1] = -3; }
static void large(struct tm_model *d) { d->tensor[X].dims[1] = d->tensor[X].dims[2] = 1 << 20; }
static void tensor_number(struct tm_model *d) { d->op[0].in[1] = 99; }
static void left_out(struct tm_model *d) { d->op[0].in[1] = -1; }
static void weights_made(struct tm_model *d) { d->tensor[W].data = NULL; }
static void weights_short(struct tm_model *d) { d->tensor[W].bytes = 70; }
static void weights_float(struct tm_model *d) { d->tensor[W].type = 1, d->tensor[W].bytes = 144; }
static void weights_zero(struct tm_model *d) { d->tensor[W].zero[0] = 3; }
static void weights_scales(struct tm_model *d) { d->tensor[W].nscale = 3; }
static void weights_axis(struct tm_model *d) { d->tensor[W].nscale = 4, d->tensor[W].nzero = 1, d->tensor[W].axis = 3; for (int i = 1; i < 4; i++) d->tensor[W].scale[i] = 1; }
static void weights_bad(struct tm_model *d) { d->tensor[W].scale[0] = -1; }
static void bias_type(struct tm_model *d) { d->tensor[B].type = 0; }
static void bias_count(struct tm_model *d) { d->tensor[B].dims[0] = 3, d->tensor[B].bytes = 12; }
static void groups(struct tm_model *d) { d->tensor[W].dims[3] = 3, d->tensor[W].bytes = 108; }
static void padding(struct tm_model *d) { d->op[0].option[0].value = 2; }
static void stride(struct tm_model *d) { d->op[0].option[1].value = 0; }
static void act(struct tm_model *d) { d->op[0].option[3].value = 4; }
static void wide(struct tm_model *d) { d->op[0].option[4].value = 9; }
static void tall(struct tm_model *d) { d->tensor[W].dims[1] = 5, d->tensor[W].bytes = 120; }
static void broad(struct tm_model *d) { d->tensor[W].dims[2] = 5, d->tensor[W].bytes = 120; }
static void input_unread(struct tm_model *d) { tm_add(d, "v", TM_DIMS(1, 2), 0, 0); d->tensor[6].type = 0, d->in[1] = 6, d->nin = 2; }
static void new_axes(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = 1; tm_option(then(d, 45, 32, 4, N), 3, 4, 2); }
static void offsets(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = 1; tm_option(then(d, 45, 32, 4, N), 5, 1, 1); }
static void shape(struct tm_model *d) { d->tensor[Y].dims[1] = 4, d->tensor[Y].dims[2] = 1; }
static void scale(struct tm_model *d) { d->tensor[Y].scale[0] = 0; }
static void scales(struct tm_model *d) { d->tensor[Y].nscale = 4; }
static void zero(struct tm_model *d) { d->tensor[Y].zero[0] = 128; }
static void variable(struct tm_model *d) { d->tensor[Y].variable = true; }
static void twice(struct tm_model *d) { d->op[1] = d->op[0]; d->nops = 2; }
static void options(struct tm_model *d) { d->op[0].type = 2; }
static void inputs(struct tm_model *d) { d->op[0].nin = 1; }
static void custom(struct tm_model *d) { then(d, 32, 0, 1, 0); }
static void lstm(struct tm_model *d) { then(d, 16, 0, 1, 0); }
static void loop(struct tm_model *d) { then(d, 119, 0, 1, 0); }
static void bilinear(struct tm_model *d) { then(d, 23, 15, 2, N); }
static void unheard(struct tm_model *d) { then(d, 199, 0, 1, 0); }
static void before(struct tm_model *d) { d->op[1] = d->op[0]; then(d, 19, 0, 1, 0); struct tm_op o = d->op[0]; d->op[0] = d->op[1]; d->op[1] = o; }
static void sixteen(struct tm_model *d) { then(d, 19, 0, 1, 0); d->tensor[Z].type = 7; }
static void real(struct tm_model *d) { then(d, 6, 0, 1, 0); d->tensor[Z].type = 0; tm_add(d, "v", TM_DIMS(1, 2, 2, 4), .3f, 7); tm_operator(d, 19, 0, 1, (int32_t[]){ Z }, 6); d->out[0] = 6; }
static void codes(struct tm_model *d) { then(d, 22, 0, 1, 0); d->tensor[Z].scale[0] = .4f; }
static void cells(struct tm_model *d) { then(d, 22, 0, 1, 0); d->tensor[Z].dims[1] = 1; }
static void reshape(struct tm_model *d) { numbers[0] = -1; numbers[1] = 7; then(d, 22, 0, 2, N); }
static void pool_codes(struct tm_model *d) { struct tm_op *o = then(d, 1, 5, 1, 0); for (unsigned i = 1; i < 5; i++) tm_option(o, i, 4, 1); d->tensor[Z].zero[0] = 8; }
static void pool_window(struct tm_model *d) { struct tm_op *o = then(d, 17, 5, 1, 0); for (unsigned i = 1; i < 4; i++) tm_option(o, i, 4, 1); }
static void pool_shape(struct tm_model *d) { struct tm_op *o = then(d, 17, 5, 1, 0); for (unsigned i = 1; i < 5; i++) tm_option(o, i, 4, 2); }
static void soft_code(struct tm_model *d) { tm_option(then(d, 25, 9, 1, 0), 0, 4, tm_float_bits(1)); }
static void soft_beta(struct tm_model *d) { then(d, 25, 9, 1, 0); d->tensor[Z].scale[0] = 0x1p-8f; d->tensor[Z].zero[0] = -128; }
static void tanh_code(struct tm_model *d) { then(d, 28, 0, 1, 0); }
static void swish_code(struct tm_model *d) { then(d, 117, 0, 1, 0); d->tensor[Z].scale[0] = .001f; }
static void add_shape(struct tm_model *d) { then(d, 0, 11, 2, X); }
static void add_types(struct tm_model *d) { then(d, 0, 11, 2, Y); d->tensor[Z].type = 3; }
static void axes(struct tm_model *d) { numbers[0] = 4; then(d, 40, 27, 2, N); }
static void axes_made(struct tm_model *d) { then(d, 40, 27, 2, X); }
static void sum(struct tm_model *d) { then(d, 74, 27, 2, N); }
static void perm(struct tm_model *d) { then(d, 39, 26, 2, N); }
static void heavy(struct tm_model *d)
{
    for (int t = X; t <= Y; t++)
        d->tensor[t].dims[1] = d->tensor[t].dims[2] = 1 << 14, d->tensor[t].dims[3] = 1;
    d->tensor[Y].scale[0] = d->tensor[X].scale[0], d->tensor[Y].zero[0] = d->tensor[X].zero[0];
    numbers[1] = 2, numbers[2] = 1, numbers[3] = 3;
    d->nops = 0;
    tm_operator(d, 39, 26, 2, (int32_t[]){ X, N }, Y);
}
static void pads(struct tm_model *d) { then(d, 34, 22, 2, N); }
static void ellipsis(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = 1; tm_option(then(d, 45, 32, 4, N), 2, 4, 1); }
static void strides(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = -INT32_MAX; then(d, 45, 32, 4, N); }
static void far_strides(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = INT32_MIN; then(d, 45, 32, 4, N); }
static void dropped(struct tm_model *d) { for (int i = 0; i < 4; i++) numbers[i] = 2; tm_option(then(d, 45, 32, 4, N), 4, 4, 2); }
static void slice(struct tm_model *d) { numbers[0] = 7; then(d, 65, 48, 3, N); }
static void concat_axis(struct tm_model *d) { tm_option(then(d, 2, 10, 2, Y), 0, 4, 9); }
static void concat_size(struct tm_model *d) { tm_option(then(d, 2, 10, 2, Y), 0, 4, 1); }
static void concat_codes(struct tm_model *d) { tm_option(then(d, 2, 10, 2, Y), 0, 4, 3); d->tensor[Z].dims[3] = 8; d->tensor[Z].zero[0] = 0; }
static void resize(struct tm_model *d) { d->tensor[N].dims[0] = 2, d->tensor[N].bytes = 8; numbers[0] = 5; then(d, 97, 74, 2, N); }
static void fc_format(struct tm_model *d) { tm_option(then(d, 9, 8, 2, W), 1, 1, 1); }
static void fc_rows(struct tm_model *d) { then(d, 9, 8, 2, W); }
static void split_axis(struct tm_model *d) { then(d, 102, 79, 3, N); }
static void many_sums(struct tm_model *d) { b[0] = INT32_MAX; (void)d; }

static const struct { void (*edit)(struct tm_model *d); const char *says; } BAD[] = {
    { version, "t.tflite: found version 2 of the schema, expected 3" },
    { no_input, "t.tflite: found no input" }, { no_output, "t.tflite: found no output" },
    { free_output, "t.tflite: output 'z' is made by no operator" }, { constant_output, "t.tflite: output 'w' is a constant" },
    { input_twice, "t.tflite: input 'x' is there twice, or has data" },
    { input_type, "t.tflite: input 'x' is int16; expected int8, uint8, or float32 with a QUANTIZE" },
    { input_float, "operator 0 CONV_2D ('y'): input 'x' is float32; expected int8 or uint8" },
    { input_open, "t.tflite: input 'x' has an open dimension besides the batch; fix its shape" },
    { input_batch, "t.tflite: input 'x' has a batch of more than 1; export the model with batch 1" },
    { input_empty, "t.tflite: input 'x' is empty" },
    { negative, "t.tflite: tensor 'x': dimension 1 is -3; expected at least 0 and at most 268435456 elements in all" },
    { large, "t.tflite: tensor 'x': dimension 2 is 1048576; expected at least 0 and at most 268435456 elements in all" },
    { tensor_number, "t.tflite: CONV_2D: found tensor 99, the file has 0 to 5" },
    { left_out, "operator 0 CONV_2D ('y'): input 1 is left out" },
    { weights_made, "operator 0 CONV_2D ('y'): weights 'w' are no constant" },
    { weights_short, "t.tflite: tensor 'w': found 70 bytes of data, expected 72 for 72 elements of int8" },
    { weights_float, "weights 'w' are float16; expected int8, int4 or uint8: quantise the whole net to integers" },
    { weights_zero, "weights 'w': found zero point 3, expected 0" },
    { weights_scales, "weights 'w': found 3 scales and 1 zero points, expected 1 or 4, one an output" },
    { weights_axis, "weights 'w': the scales lie along axis 3, expected 0, the outputs" },
    { weights_bad, "weights 'w': scale 0 is -1, expected a positive number" },
    { bias_type, "bias 'b': found 4 of float32, expected 4 constant int32" },
    { bias_count, "bias 'b': found 3 of int32, expected 4 constant int32" },
    { groups, "found 2 input channels, weights for 3 of them and 4 outputs; expected whole groups" },
    { padding, "found padding 2, expected SAME (0) or VALID (1)" },
    { stride, "found stride or dilation 0, expected 1 to 65536" },
    { act, "fused activation 4 is not supported; expected none, RELU, RELU_N1_TO_1 or RELU6" },
    { wide, "the window 3 x 3 is larger than the input 4 x 4" },
    { shape, "output 'y' has another shape than what follows from its input, 1 x 2 x 2 x 4" },
    { scale, "tensor 'y': found 1 scales (0) and 1 zero points, expected one positive scale" },
    { scales, "tensor 'y': found 4 scales (0.3) and 1 zero points, expected one positive scale" },
    { zero, "tensor 'y': found zero point 128, expected -128 to 127" },
    { variable, "tensor 'y' is sparse, a variable or quantised in an unknown way; expected plain int8" },
    { twice, "operator 1 CONV_2D ('y'): output 'y' is an input, a constant or made twice" },
    { options, "found options of type 2, expected 1; the file is of another schema, or damaged" },
    { inputs, "operator 0 CONV_2D ('y'): found 1 inputs and 1 outputs, expected 2 to 3 and 1" },
    { custom, "operator 1 CUSTOM ('z'): the operator is one of your own, which only its maker's runtime knows" },
    { lstm, "operator 1 LSTM ('z'): the operator keeps a state from run to run; unroll it" },
    { loop, "operator 1 WHILE ('z'): the operator is control flow or a variable" },
    { bilinear, "operator 1 RESIZE_BILINEAR ('z'): the operator is not supported; platforms/nets/README.md lists those that are" },
    { unheard, "operator 1 operator 199 ('z'): the operator is not supported" },
    { before, "operator 0 RELU ('z'): input 'y' has no data and is made by no operator before" },
    { sixteen, "tensor 'z' is int16; 16-bit activations are not supported: quantise to int8" },
    { real, "operator 2 RELU ('v'): input 'z' is float32; expected int8 or uint8: quantise the whole net to integers" },
    { codes, "'y' has scale 0.3 and zero point 7, 'z' 0.4 and 7; the operator moves codes, so expected the same" },
    { reshape, "found a shape of 4 sizes, 7 along axis 1; the output 'z' has 4, 2 there" },
    { cells, "output 'z' has 8 cells and the input 16, or it is made already" },
    { pool_codes, "'y' has scale 0.3 and zero point 7, 'z' 0.3 and 8" },
    { pool_window, "operator 1 MAX_POOL_2D ('z'): found stride or window 0, expected 1 to 65536" },
    { pool_shape, "output 'z' has another shape than what follows from windows of 2 x 2, 1 x 1 x 1 x 4" },
    { soft_code, "output 'z' has scale 0.3 and zero point 7, expected 1/256 and -128" },
    { soft_beta, "operator 1 SOFTMAX ('z'): found beta 0, 16 cells in and 16 out; expected a positive number" },
    { tanh_code, "output 'z' has scale 0.3 and zero point 7, expected 1/128 and 0" },
    { swish_code, "input scale 0.3 is more than 128 times the output's, 0.001" },
    { add_shape, "input 'x' does not stretch to the output's shape: 4 along axis 1, expected 1 or 2" },
    { add_types, "found int8 and int8 to uint8, expected one type" },
    { axes, "operator 1 MEAN ('z'): found axis 4 of a tensor of rank 4" },
    { axes_made, "input 1 ('x'): expected at most 6 constant int32" },
    { sum, "operator 1 SUM ('z'): the operator is not supported" },
    { perm, "the axes are no permutation, or the output's sizes do not follow it" },
    { heavy, "weights, constants and tables of moved cells take more than 256 MB" },
    { pads, "found 4 paddings, expected 8, two an axis" },
    { tall, "the window 5 x 3 is larger than the input 4 x 4" }, { broad, "the window 3 x 5 is larger than the input 4 x 4" },
    { input_unread, "t.tflite: input 'v' is float32 and no QUANTIZE follows; quantise the whole net to integers" },
    { new_axes, "an ellipsis, new axes and ends as offsets are not supported" },
    { offsets, "an ellipsis, new axes and ends as offsets are not supported" },
    { ellipsis, "an ellipsis, new axes and ends as offsets are not supported" },
    { strides, "output 'z' has size 1 along axis 0, expected 0" }, { far_strides, "found stride -2147483648 along axis 0" },
    { dropped, "output 'z' has size 1 along axis 0, expected 0" },
    { slice, "found begin 7 and size 7 along axis 0 of 1" },
    { concat_axis, "operator 1 CONCATENATION ('z'): found axis 9 of a tensor of rank 4" },
    { concat_size, "output 'z' has size 2 along axis 1, expected 4" },
    { concat_codes, "'y' has scale 0.3 and zero point 7, 'z' 0.3 and 0" },
    { resize, "output 'z' has size 2 along axis 1, expected 5" },
    { fc_format, "found weights in format 1, expected the default (0)" },
    { fc_rows, "found 16 inputs, weights of rank 4 for 0 of them and 4 outputs a row; expected whole rows" },
    { split_axis, "operator 1 SPLIT_V ('z'): found no axis" },
    { many_sums, "layer 'y' (conv): output channel 0: bias 2147483647 and 18 products may exceed a 32-bit sum" },
};

START_TEST(refused)
{
    struct tm_model d;
    struct heard h;

    start(&d);
    BAD[_i].edit(&d);
    tm_write(&file, &d);
    struct bl_net *net = bl_tflite_read("t.tflite", file.b, file.n, BL_XNN, heard_start(&h));
    ck_assert_msg(!net && h.diag.errors, "was read; expected: %s", BAD[_i].says);
    ck_assert_msg(strstr(h.text, BAD[_i].says) != NULL, "said: %s\nexpected: %s", h.text, BAD[_i].says);
    b[0] = 0;
}
END_TEST

START_TEST(other_files)
{
    static const struct { const char *name, *bytes; size_t n; const char *says; } OF[] = {
        { "a.tflite", "", 0, "a.tflite: found no 'TFL3' at byte 4; is it another format?" },
        { "a.tflite", "\x08\x00\x00\x00TFL2xxxxxxxxxx", 18, "a.tflite: found no 'TFL3' at byte 4" },
        { "a.tflite", "\xff\x00\x00\x00TFL3", 8, "a.tflite: Model at byte 255: is outside of the file" },
        { "a.lite", "", 0, "a.lite: found another suffix, expected .onnx (quantised ONNX), .tflite (quantised TensorFlow Lite) or .csv" },
    };

    for (size_t i = 0; i < sizeof OF / sizeof *OF; i++) {
        struct heard h;
        ck_assert_ptr_null(bl_net_from_bytes(OF[i].name, OF[i].bytes, OF[i].n, 1, heard_start(&h)));
        ck_assert_msg(strstr(h.text, OF[i].says) != NULL, "%s", h.text);
    }
}
END_TEST

/* The operators that platforms/nets/README.md lists are those that are read: an operator that is not known is refused as such. */
START_TEST(table_of_the_readme)
{
    static char text[1 << 16], listed[4096], name[64];
    FILE *f = fopen("platforms/nets/README.md", "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0, known = 0, named = 0;
    const char *at = strstr(text, "## TensorFlow Lite"), *end = at ? strstr(at, "\nSHAPE") : NULL;

    ck_assert(n > 0 && end != NULL);
    fclose(f);
    for (const char *row = at; row && row < end; row = strstr(row + 1, "\n| "))
        if (row != at)
            snprintf(listed + strlen(listed), sizeof listed - strlen(listed), "%.*s,", (int)strcspn(row + 3, "|"), row + 3);
    for (const char *c = strstr(listed, "CONV_2D"); c && *c; c++)
        named += *c == ',';
    for (int code = 0; code < 206; code++) {
        struct tm_model d;
        struct heard h;
        start(&d);
        d.nops = 0;
        then(&d, code, 0, 0, 0);                           /* without inputs, which each refuses */
        tm_write(&file, &d);
        bl_net_free(bl_tflite_read("t.tflite", file.b, file.n, BL_XNN, heard_start(&h)));
        if (strstr(h.text, "the operator ") || sscanf(h.text, "t.tflite: operator 0 %60s", name) != 1)
            continue;
        const char *in = strstr(listed, name);
        while (in && (in[strlen(name)] != ',' && in[strlen(name)] != ' '))
            in = strstr(in + 1, name);
        ck_assert_msg(in != NULL, "%s is read, but platforms/nets/README.md does not list it", name);
        known++;
    }
    ck_assert_uint_eq(known, 35);
    ck_assert_msg(named == known, "platforms/nets/README.md lists %zu operators, %zu are read", named, known);
}
END_TEST

/* Every byte set to others: read, or bad with a message; what is read can be run. */
START_TEST(damage)
{
    static const uint8_t OTHER[] = { 0, 1, 3, 127, 128, 255 };
    struct tm_model d;
    unsigned bad = 0, read = 0;

    start(&d);
    tm_write(&file, &d);
    for (uint32_t i = 0; i < file.n; i += quick() ? 7 : 1)
        for (size_t k = 0; k < sizeof OTHER; k++) {
            struct heard h;
            uint8_t *bytes = malloc(file.n);
            memcpy(bytes, file.b, file.n);
            bytes[i] = OTHER[k];
            struct bl_net *net = bl_tflite_read("t.tflite", bytes, file.n, k & 1 ? BL_XNN : BL_Q31, heard_start(&h));
            if (!net != (h.diag.errors > 0))
                ck_abort_msg("byte %u: %s", i, h.n ? h.text : "bad without a message");
            bad += !net;
            read += net != NULL;
            bl_net_free(net);
            free(bytes);
        }
    ck_assert_uint_gt(bad, 100);
    ck_assert_uint_gt(read, 100);
}
END_TEST

/* The last bytes of the file are a buffer of a tensor without data, which nobody reads. */
START_TEST(cut)
{
    struct tm_model d;

    start(&d);
    tm_write(&file, &d);
    for (uint32_t n = 0; n < file.n; n++) {
        struct heard h;
        uint8_t *bytes = malloc(n ? n : 1);
        memcpy(bytes, file.b, n);
        struct bl_net *net = bl_tflite_read("t.tflite", bytes, n, BL_XNN, heard_start(&h));
        ck_assert_msg(!net == (h.diag.errors > 0) && (!net || n + 24 > file.n), "%u of %u bytes: %s", n, file.n, h.text);
        bl_net_free(net);
        free(bytes);
    }
}
END_TEST

Suite *suite_tflite_refusals(void)
{
    Suite *s = suite_create("tflite_refusals");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, refused, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, other_files);
    tcase_add_test(c, table_of_the_readme);
    tcase_add_test(c, damage);
    tcase_add_test(c, cut);
    suite_add_tcase(s, c);
    return s;
}

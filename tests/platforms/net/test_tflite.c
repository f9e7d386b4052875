/* test_tflite.c - operators of .tflite files one by one, in files written here: what each makes of its inputs (net_finish.c, reference.c, reference_points.c, reference_product.c) against plain loops over the
 * file's own order of cells; forms that files may have. Refusals are in test_tflite_refusals.c. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "components/requant_work.h"
#include "platforms/net/reference.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/tflite_make.h"

Suite *suite_tflite(void);

static struct tm file;
struct run { struct bl_net *net; struct bl_ref_out out; struct bl_tensor made[3]; int in[4][256], got[3][512]; float real[3][512]; };

/* Where cell i of the file's order lies in the net. */
static size_t cell(const struct bl_tensor *t, bool image, size_t i)
{
    size_t cells = (size_t)t->h * t->w;

    return image ? i % t->c * cells + i / t->c : i;
}

static bool image(const struct tm_tensor *t) { return t->rank == 4 && t->dims[0] == 1; }

/* Reads the model, feeds cell i of input k with code 37 i + 11 k, and runs. */
static void run(struct run *r, const struct tm_model *d, enum bl_rule rule)
{
    uint8_t bytes[2048];
    struct heard h;
    size_t at = 0;

    tm_write(&file, d);
    r->net = bl_tflite_read("t.tflite", file.b, file.n, rule, heard_start(&h));
    ck_assert_msg(r->net && !bl_ref_init(&r->out, r->net, &h.diag), "%s", h.text);
    for (uint32_t k = 0; k < d->nin; k++) {
        const struct bl_tensor *t = &r->net->tensors[k];
        for (size_t i = 0; i < bl_tensor_elems(t); i++) {
            uint8_t v = (uint8_t)(37 * i + 11 * k);
            r->in[k][i] = t->dtype == BL_S8 ? (int8_t)v : v;
            bytes[at + cell(t, image(&d->tensor[d->in[k]]), i)] = v;
        }
        at += bl_tensor_elems(t);
    }
    bl_reference_run(r->net, bytes, &r->out);
    for (uint32_t k = 0; k < d->nout; k++) {
        const uint32_t out = r->net->outputs[k];
        const struct bl_tensor *t = &r->net->tensors[out];
        r->made[k] = *t;
        for (size_t i = 0; i < bl_tensor_elems(t); i++) {
            size_t from = cell(t, image(&d->tensor[d->out[k]]), i);
            r->got[k][i] = r->out.value[out] ? r->out.value[out][from] : 0;
            r->real[k][i] = r->out.real[out] ? r->out.real[out][from] : 0.0f;
        }
    }
    bl_ref_fini(&r->out);
    bl_net_free(r->net);
}

/* ---- operators that move codes ---- */

/* One input [1, h, w, c] or less, one output; the index of the input's cell that output cell (o[0], .., o[3]) has, -1: filled. */
struct mover {
    const char *name;
    int code;
    unsigned type;
    uint32_t rank, in[4], out_rank, out[4];
    int32_t a[8], b[4], c[4];          /* constants: inputs 1 .. 3 of the operator */
    uint32_t na, nb, nc, cols;         /* cols: a is a matrix of rank x 2 */
    struct tm_field option[4];
    int (*from)(const uint32_t *o);
};

static int padded(const uint32_t *o) { return o[1] < 1 || o[1] > 3 || o[2] > 3 || o[3] < 2 ? -1 : (int)(((o[1] - 1) * 4 + o[2]) * 2 + o[3] - 2); }
static int turned(const uint32_t *o) { return (int)((o[3] * 4 + o[1]) * 2 + o[2]); }              /* perm 0 2 3 1 of [1, 3, 4, 2] */
static int swapped(const uint32_t *o) { return (int)(o[1] * 7 + o[0]); }                          /* [5, 7] to [7, 5] */
static int sliced(const uint32_t *o) { return (int)(((o[1] + 1) * 4 + o[2]) * 2 + o[3] + 1); }
static int strided(const uint32_t *o) { return (int)(((o[1] * 2) * 4 + 3 - o[2] * 2) * 2 + o[3]); }    /* rows 0 2, columns 3 1 */
static int dropped(const uint32_t *o) { return (int)((2 * 4 + o[1]) * 2 + o[2]); }                      /* row 2 of [1, 3, 4, 2] */
static int same(const uint32_t *o) { return (int)(((o[0] * 1 + o[1]) * 1 + o[2]) + o[3]); }
static int flat6(const uint32_t *o) { return (int)(o[0] * 8 + o[1]); }
static int flat24(const uint32_t *o) { return (int)o[1]; }
static int doubled(const uint32_t *o) { return (int)((o[1] / 2 * 4 + o[2] / 2) * 2 + o[3]); }
static int aligned(const uint32_t *o) { static const int r[] = { 0, 1, 1, 2 }, c[] = { 0, 1, 1, 2, 2, 3, 3 }; return (r[o[1]] * 4 + c[o[2]]) * 2 + (int)o[3]; }
static int halves(const uint32_t *o) { static const int c[] = { 0, 0, 1, 2, 2, 3, 3 }; return ((int)o[1] * 4 + c[o[2]]) * 2 + (int)o[3]; }

static const struct mover MOVERS[] = {
    { "PAD", 34, 22, 4, { 1, 3, 4, 2 }, 4, { 1, 5, 5, 4 }, { 0, 0, 1, 1, 0, 1, 2, 0 }, { 0 }, { 0 }, 8, 0, 0, 2, { { 0, 0, 0 } }, padded },
    { "TRANSPOSE of an image", 39, 26, 4, { 1, 3, 4, 2 }, 4, { 1, 4, 2, 3 }, { 0, 2, 3, 1 }, { 0 }, { 0 }, 4, 0, 0, 0, { { 0, 0, 0 } }, turned },
    { "TRANSPOSE", 39, 26, 2, { 5, 7 }, 2, { 7, 5 }, { 1, 0 }, { 0 }, { 0 }, 2, 0, 0, 0, { { 0, 0, 0 } }, swapped },
    { "SLICE", 65, 48, 4, { 1, 3, 4, 2 }, 4, { 1, 2, 4, 1 }, { 0, 1, 0, 1 }, { 1, 2, -1, 1 }, { 0 }, 4, 4, 0, 0, { { 0, 0, 0 } }, sliced },
    { "STRIDED_SLICE", 45, 32, 4, { 1, 3, 4, 2 }, 4, { 1, 2, 2, 2 }, { 0, 0, -1, 1 }, { 1, 3, 0, 2 }, { 1, 2, -2, 1 }, 4, 4, 4, 0,
      { { 0, 4, 8 }, { 1, 4, 4 } }, strided },
    { "STRIDED_SLICE, an axis dropped", 45, 32, 4, { 1, 3, 4, 2 }, 3, { 1, 4, 2 }, { 0, -1, 0, 0 }, { 1, 0, 4, 2 }, { 1, 1, 1, 1 }, 4, 4, 4, 0,
      { { 4, 4, 2 } }, dropped },
    { "EXPAND_DIMS", 70, 52, 1, { 7 }, 2, { 1, 7 }, { 0 }, { 0 }, { 0 }, 1, 0, 0, 0, { { 0, 0, 0 } }, flat24 },
    { "SQUEEZE", 43, 30, 4, { 1, 1, 1, 9 }, 1, { 9 }, { 0 }, { 0 }, { 0 }, 0, 0, 0, 0, { { 0, 0, 0 } }, same },
    { "RESHAPE of an image to rows", 22, 17, 4, { 1, 3, 4, 2 }, 2, { 3, 8 }, { 3, -1 }, { 0 }, { 0 }, 2, 0, 0, 0, { { 0, 0, 0 } }, flat6 },
    { "RESHAPE of an image to one row", 22, 0, 4, { 1, 3, 4, 2 }, 2, { 1, 24 }, { 0 }, { 0 }, { 0 }, 0, 0, 0, 0, { { 0, 0, 0 } }, flat24 },
    { "RESIZE_NEAREST_NEIGHBOR", 97, 74, 4, { 1, 3, 4, 2 }, 4, { 1, 6, 8, 2 }, { 6, 8 }, { 0 }, { 0 }, 2, 0, 0, 0, { { 0, 0, 0 } }, doubled },
    { "RESIZE, corners aligned", 97, 74, 4, { 1, 3, 4, 2 }, 4, { 1, 4, 7, 2 }, { 4, 7 }, { 0 }, { 0 }, 2, 0, 0, 0, { { 0, 1, 1 } }, aligned },
    { "RESIZE, half pixels", 97, 74, 4, { 1, 3, 4, 2 }, 4, { 1, 3, 7, 2 }, { 3, 7 }, { 0 }, { 0 }, 2, 0, 0, 0, { { 1, 1, 1 } }, halves },
};

START_TEST(moves)
{
    const struct mover *v = &MOVERS[_i];
    static struct run r;
    struct tm_model d = { 0 };
    int32_t dims[4], in[4] = { 0, 2, 3, 4 };
    uint32_t n = 1, nin = 1;

    for (int i = 0; i < 4; i++)
        dims[i] = (int32_t)v->in[i];
    tm_add(&d, "x", v->rank, dims, .1f, 5);
    for (int i = 0; i < 4; i++)
        dims[i] = (int32_t)v->out[i];
    tm_add(&d, "y", v->out_rank, dims, .1f, 5);
    if (v->na)
        nin++, v->cols ? tm_const(&d, "a", TM_DIMS(4, 2), 2, v->a, 32) : tm_const(&d, "a", TM_DIMS((int32_t)v->na), 2, v->a, 4 * v->na);
    if (v->nb)
        nin++, tm_const(&d, "b", TM_DIMS((int32_t)v->nb), 2, v->b, 4 * v->nb);
    if (v->nc)
        nin++, tm_const(&d, "c", TM_DIMS((int32_t)v->nc), 2, v->c, 4 * v->nc);
    struct tm_op *o = tm_operator(&d, v->code, v->type, nin, in, 1);
    for (int i = 0; i < 4 && v->option[i].size; i++)
        tm_option(o, v->option[i].id, v->option[i].size, v->option[i].value);
    d.in[0] = 0, d.nin = 1, d.out[0] = 1, d.nout = 1;
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        run(&r, &d, (enum bl_rule)rule);
        n = 1;
        for (uint32_t i = 0; i < v->out_rank; i++)
            n *= v->out[i];
        for (uint32_t i = 0; i < n; i++) {
            uint32_t at[4] = { 0 }, rest = i;
            for (uint32_t a = v->out_rank; a-- > 0; rest /= v->out[a])
                at[a] = rest % v->out[a];
            int from = v->from(at), want = from < 0 ? 5 : r.in[0][from];
            ck_assert_msg(r.got[0][i] == want, "%s, cell %u: got %d, wanted %d", v->name, i, r.got[0][i], want);
        }
    }
}
END_TEST

/* Three inputs along each axis, the middle one constant; PACK of two. */
START_TEST(joins)
{
    static const int8_t middle[24] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 };
    static struct run r;
    struct tm_model d = { 0 };
    int32_t axis = _i + 1, dims[4] = { 1, 3, 4, 2 }, all[4] = { 1, 3, 4, 2 };

    all[axis] *= 3;
    int32_t a = tm_add(&d, "a", 4, dims, .1f, 5), b = tm_add(&d, "b", 4, dims, .1f, 5), y = tm_add(&d, "y", 4, all, .1f, 5);
    int32_t c = tm_const(&d, "c", 4, dims, 9, middle, 24);
    d.tensor[c].scale[0] = .1f, d.tensor[c].zero[0] = 5;
    struct tm_op *o = tm_operator(&d, 2, 10, 3, (int32_t[]){ a, c, b }, y);
    tm_option(o, 0, 4, (uint32_t)(_i & 1 ? axis - 4 : axis));
    d.in[0] = a, d.in[1] = b, d.nin = 2, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < 72; i++) {
        int at[4], rest = i;
        for (int k = 3; k >= 0; rest /= all[k--])
            at[k] = rest % all[k];
        int part = at[axis] / dims[axis];
        at[axis] %= dims[axis];
        int from = (at[1] * 4 + at[2]) * 2 + at[3], want = part == 0 ? r.in[0][from] : part == 1 ? middle[from] : r.in[1][from];
        ck_assert_msg(r.got[0][i] == want, "axis %d, cell %d: got %d, wanted %d", (int)axis, i, r.got[0][i], want);
    }
}
END_TEST

START_TEST(packs)
{
    static struct run r;
    struct tm_model d = { 0 };
    int32_t a = tm_add(&d, "a", TM_DIMS(3, 4), .1f, 5), b = tm_add(&d, "b", TM_DIMS(3, 4), .1f, 5), y = tm_add(&d, "y", TM_DIMS(3, 2, 4), .1f, 5);

    tm_option(tm_operator(&d, 83, 59, 2, (int32_t[]){ a, b }, y), 1, 4, 1);
    d.in[0] = a, d.in[1] = b, d.nin = 2, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < 24; i++)
        ck_assert_int_eq(r.got[0][i], r.in[i / 4 % 2][i / 8 * 4 + i % 4]);
}
END_TEST

/* SPLIT in three along the channels; SPLIT_V in parts of 1, 3 and 2. */
START_TEST(splits)
{
    static const int32_t three = 3, sizes[3] = { 1, 3, 2 };
    static struct run r;
    struct tm_model d = { 0 };
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 2, 2, 6), .1f, 5), at = 0, n[3];
    int32_t ax = tm_const(&d, "axis", TM_DIMS(1), 2, &three, 4), s = tm_const(&d, "sizes", TM_DIMS(3), 2, sizes, 12);

    for (int i = 0; i < 3; i++) {
        n[i] = _i ? sizes[i] : 2;
        d.out[i] = tm_add(&d, i == 0 ? "p" : i == 1 ? "q" : "r", TM_DIMS(1, 2, 2, n[i]), .1f, 5);
    }
    struct tm_op *o = _i ? tm_operator(&d, 102, 79, 3, (int32_t[]){ x, s, ax }, 0) : tm_operator(&d, 49, 35, 2, (int32_t[]){ ax, x }, 0);
    tm_option(o, 0, 4, 3);
    memcpy(o->out, d.out, sizeof o->out);
    o->nout = d.nout = 3;
    d.in[0] = x, d.nin = 1;
    run(&r, &d, BL_XNN);
    for (int k = 0; k < 3; at += n[k++])
        for (int i = 0; i < 4 * n[k]; i++)
            ck_assert_int_eq(r.got[k][i], r.in[0][i / n[k] * 6 + at + i % n[k]]);
}
END_TEST

/* PADV2 fills with a code of its own. */
START_TEST(padded_with_a_value)
{
    static const int32_t pads[4] = { 0, 0, 1, 2 };
    static const int8_t value = -77;
    static struct run r;
    struct tm_model d = { 0 };
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 4), .1f, 5), y = tm_add(&d, "y", TM_DIMS(1, 7), .1f, 5), p = tm_const(&d, "p", TM_DIMS(2, 2), 2, pads, 16);
    int32_t v = tm_const(&d, "v", 0, (const int32_t[]){ 0 }, 9, &value, 1);

    d.tensor[v].scale[0] = .1f, d.tensor[v].zero[0] = 5;
    tm_operator(&d, 60, 43, 3, (int32_t[]){ x, p, v }, y);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < 7; i++)
        ck_assert_int_eq(r.got[0][i], i < 1 || i > 4 ? -77 : r.in[0][i - 1]);
}
END_TEST

/* ---- operators of one and two variables ---- */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double swish(double x) { return x * (x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6); }
static double relu(double x) { return x > 0 ? x : 0; }
static double relu6(double x) { return x < 0 ? 0 : x > 6 ? 6 : x; }
static double relu1(double x) { return x < -1 ? -1 : x > 1 ? 1 : x; }
static double leaky(double x) { return x < 0 ? x * .2 : x; }
static double plain(double x) { return x; }

/* All 256 codes in, each within `most` steps of the real function. (Bit for bit: test_tflite_data.c, on cases of the runtime.) */
static const struct { const char *name; int code; unsigned type; double (*f)(double); float sx, sy; int zx, zy, out_type; double most; } CURVES[] = {
    { "LOGISTIC", 14, 0, sigmoid, .05f, 0x1p-8f, 3, -128, 9, .501 }, { "TANH", 28, 0, tanh, .02f, 0x1p-7f, 3, 0, 9, .501 },
    { "HARD_SWISH", 117, 91, swish, .05f, .04f, 10, -100, 9, 1.3 }, { "RELU", 19, 0, relu, .05f, .05f, 10, 5, 9, .501 },
    { "RELU6", 21, 0, relu6, .1f, .05f, -60, 5, 9, .501 }, { "RELU_N1_TO_1", 20, 0, relu1, .1f, .02f, 3, 5, 9, .501 },
    { "LEAKY_RELU", 98, 75, leaky, .05f, .04f, 3, 5, 9, 1.01 }, { "QUANTIZE to uint8", 114, 89, plain, .05f, .06f, 3, 120, 3, .501 },
    { "QUANTIZE", 114, 89, plain, .05f, .06f, 3, 5, 9, 1.01 },
};

START_TEST(curves)
{
    static struct run r;
    struct tm_model d = { 0 };
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 256), CURVES[_i].sx, CURVES[_i].zx), y = tm_add(&d, "y", TM_DIMS(1, 256), CURVES[_i].sy, CURVES[_i].zy);
    struct tm_op *o = tm_operator(&d, CURVES[_i].code, CURVES[_i].type, 1, (int32_t[]){ x }, y);

    if (CURVES[_i].code == 98)
        tm_option(o, 0, 4, tm_float_bits(.2f));
    d.tensor[y].type = CURVES[_i].out_type;
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    int lo = CURVES[_i].out_type == 3 ? 0 : -128;
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        run(&r, &d, (enum bl_rule)rule);
        for (int i = 0; i < 256; i++) {
            double v = CURVES[_i].f((double)CURVES[_i].sx * (r.in[0][i] - CURVES[_i].zx)) / (double)CURVES[_i].sy + CURVES[_i].zy;
            v = v < lo ? lo : v > lo + 255 ? lo + 255 : v;
            ck_assert_msg(fabs(r.got[0][i] - v) <= CURVES[_i].most, "%s of %d: got %d, real %g", CURVES[_i].name, r.in[0][i], r.got[0][i], v);
        }
    }
}
END_TEST

/* SUB, MUL, MAXIMUM, MINIMUM: an image and a constant of its channels, on either side. */
START_TEST(pairs)
{
    static const int8_t data[3] = { -40, 0, 90 };
    static const int codes[] = { 0, 41, 18, 55, 57 };
    static const unsigned types[] = { 11, 28, 21, 39, 39 };
    static const enum bl_pair_op ops[] = { BL_PAIR_ADD, BL_PAIR_SUB, BL_PAIR_MUL, BL_PAIR_MAX, BL_PAIR_MIN };
    static struct run r;
    struct tm_model d = { 0 };
    int k = _i / 2, codes_move = k > 2;
    bool first = _i & 1;
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 4, 5, 3), .05f, 3), y = tm_add(&d, "y", TM_DIMS(1, 4, 5, 3), codes_move ? .05f : .07f, codes_move ? 3 : -9);
    int32_t c = tm_const(&d, "c", TM_DIMS(3), 9, data, 3);

    d.tensor[c].scale[0] = codes_move ? .05f : .03f, d.tensor[c].zero[0] = codes_move ? 3 : 20;
    tm_operator(&d, codes[k], types[k], 2, first ? (int32_t[]){ c, x } : (int32_t[]){ x, c }, y);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        struct bl_pair p = { .za = first ? 20 : 3, .zb = first ? 3 : 20, .zy = -9, .lo = -128, .hi = 127 };
        bl_pair_scales(&p, ops[k], (enum bl_rule)rule, first ? .03f : .05f, first ? .05f : .03f, .07f);
        run(&r, &d, (enum bl_rule)rule);
        for (int i = 0; i < 60; i++)
            ck_assert_int_eq(r.got[0][i], first ? bl_pair_code(&p, data[i % 3], r.in[0][i]) : bl_pair_code(&p, r.in[0][i], data[i % 3]));
    }
}
END_TEST

/* A tie: 6 / s is 127.5, and rounds away from zero. */
START_TEST(clamp_of_relu6)
{
    static struct run r;
    struct tm_model d = { 0 };
    float s = 6.0f / 12.5f;
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 256), s, 0), y = tm_add(&d, "y", TM_DIMS(1, 256), s, 0);
    int most = -128;

    tm_operator(&d, 21, 0, 1, (int32_t[]){ x }, y);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < 256; i++)
        most = r.got[0][i] > most ? r.got[0][i] : most;
    ck_assert_int_eq(most, 13);
}
END_TEST

/* ---- sums over axes ---- */

static const struct { const char *name; int code; uint32_t naxes; int32_t axes[3]; uint32_t outer[3]; } REDUCED[] = {
    { "MEAN 1 2", 40, 2, { 1, 2 }, { 1, 1, 2 } }, { "MEAN 2 1", 40, 2, { -2, -3 }, { 1, 1, 2 } }, { "MEAN 2", 40, 1, { 2 }, { 3, 1, 2 } },
    { "MEAN 1", 40, 1, { 1 }, { 1, 4, 2 } }, { "MEAN 3", 40, 1, { 3 }, { 3, 4, 1 } }, { "MEAN 1 2 3", 40, 3, { 1, 2, 3 }, { 1, 1, 1 } },
    { "MEAN 1 3", 40, 2, { 1, 3 }, { 1, 4, 1 } }, { "REDUCE_MAX 2 3", 82, 2, { 2, 3 }, { 3, 1, 1 } }, { "REDUCE_MAX 1 2", 82, 2, { 1, 2 }, { 1, 1, 2 } },
};

START_TEST(reduced)
{
    static struct run r;
    static const uint32_t dims[3] = { 3, 4, 2 };
    const uint32_t *outer = REDUCED[_i].outer;
    struct tm_model d = { 0 };
    bool max = REDUCED[_i].code == 82;
    float sy = max ? .1f : .03f;
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 3, 4, 2), .1f, 5), zy = max ? 5 : -3;
    int32_t y = tm_add(&d, "y", TM_DIMS(1, (int32_t)outer[0], (int32_t)outer[1], (int32_t)outer[2]), sy, zy);
    int32_t a = tm_const(&d, "axes", TM_DIMS((int32_t)REDUCED[_i].naxes), 2, REDUCED[_i].axes, 4 * REDUCED[_i].naxes);

    tm_option(tm_operator(&d, REDUCED[_i].code, 27, 2, (int32_t[]){ x, a }, y), 0, 1, 1);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        run(&r, &d, (enum bl_rule)rule);
        for (uint32_t i = 0; i < outer[0] * outer[1] * outer[2]; i++) {
            uint32_t o[3] = { i / outer[2] / outer[1], i / outer[2] % outer[1], i % outer[2] };
            int sum = 0, n = 0, most = -128;
            for (uint32_t k = 0; k < 24; k++) {
                uint32_t at[3] = { k / 8, k / 2 % 4, k % 2 };
                bool in = true;
                for (int q = 0; q < 3; q++)
                    in &= outer[q] < dims[q] || dims[q] == 1 || at[q] == o[q];
                sum += in ? r.in[0][k] - 5 : 0;
                most = in && r.in[0][k] > most ? r.in[0][k] : most;
                n += in;
            }
            double mean = (double)sum / n * .1 / (double)sy + zy;
            mean = mean < -128 ? -128 : mean > 127 ? 127 : mean;
            ck_assert_msg(max ? r.got[0][i] == most : fabs(r.got[0][i] - mean) <= .76, "%s, cell %u: got %d, wanted %g", REDUCED[_i].name, i,
                          r.got[0][i], max ? most : mean);
        }
    }
}
END_TEST

/* ---- products ---- */

static int8_t w[512];
static int32_t bias[16];

static void fill_weights(void)
{
    for (int i = 0; i < 512; i++)
        w[i] = (int8_t)(29 * i + 11);
    for (int i = 0; i < 16; i++)
        bias[i] = 53 * i - 300;
}

static int requant(int acc, float sx, float sw, float sy, int zy)
{
    return bl_requant(acc, bl_requant_mult(sx, sw, sy), zy, -128, 127);
}

/* What weights may be: 0 plain, 1 in two groups, 2 int4, 3 uint8 with a zero point, 4 without bias. */
START_TEST(convolutions)
{
    enum { H = 5, W = 4, C = 4, O = 6 };
    static struct run r;
    static uint8_t packed[256];
    struct tm_model d = { 0 };
    int per = _i == 1 ? C / 2 : C, n = O * 2 * 2 * per;

    fill_weights();
    for (int i = 0; i < n; i++)
        packed[i / 2] = (uint8_t)(i & 1 ? packed[i / 2] | (w[i] & 15) << 4 : w[i] & 15);
    int32_t x = tm_add(&d, "x", TM_DIMS(1, H, W, C), .05f, -9), y = tm_add(&d, "y", TM_DIMS(1, 4, 3, O), .3f, 7);
    int32_t k = tm_const(&d, "w", TM_DIMS(O, 2, 2, per), _i == 2 ? 17 : _i == 3 ? 3 : 9, _i == 2 ? (const void *)packed : w, (size_t)(_i == 2 ? n / 2 : n));
    int32_t b = tm_const(&d, "b", TM_DIMS(O), 2, bias, 4 * O);
    struct tm_tensor *t = &d.tensor[k];
    t->nscale = t->nzero = _i == 3 ? 1 : O;
    for (int o = 0; o < 8; o++)
        t->scale[o] = .01f * (float)(o + 1), t->zero[o] = _i == 3 ? 100 : 0;
    struct tm_op *op = tm_operator(&d, 3, 1, 3, (int32_t[]){ x, k, _i == 4 ? -1 : b }, y);
    tm_option(op, 0, 1, 1), tm_option(op, 1, 4, 1), tm_option(op, 2, 4, 1);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < 4 * 3 * O; i++) {
        int o = i % O, ox = i / O % 3, oy = i / O / 3, acc = _i == 4 ? 0 : bias[o], first = _i == 1 ? o / 3 * per : 0;
        for (int q = 0; q < 4 * per; q++) {
            int c = q % per, kx = q / per % 2, ky = q / per / 2, v = w[o * 4 * per + q];
            v = _i == 2 ? (int8_t)((uint32_t)v << 4) >> 4 : _i == 3 ? (uint8_t)v - 100 : v;
            acc += v * (r.in[0][((oy + ky) * W + ox + kx) * C + first + c] + 9);
        }
        ck_assert_int_eq(r.got[0][i], requant(acc, .05f, .01f * (float)(_i == 3 ? 1 : o + 1), .3f, 7));
    }
}
END_TEST

/* FULLY_CONNECTED: on an image (its cells go in the file's order), on rows, on the rows of a reshaped image. */
START_TEST(connected)
{
    static struct run r;
    struct tm_model d = { 0 };
    int rows = _i ? 3 : 1, k = 24 / rows;

    fill_weights();
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 3, 4, 2), .05f, -9), y = tm_add(&d, "y", TM_DIMS(rows, 5), .9f, 7), in = x;
    int32_t m = tm_const(&d, "w", TM_DIMS(5, k), 9, w, (size_t)(5 * k)), b = tm_const(&d, "b", TM_DIMS(5), 2, bias, 20);
    d.tensor[m].scale[0] = .02f;
    if (_i == 2) {
        in = tm_add(&d, "rows", TM_DIMS(3, 8), .05f, -9);
        tm_operator(&d, 22, 0, 1, (int32_t[]){ x }, in);
    }
    tm_operator(&d, 9, 8, 3, (int32_t[]){ in, m, b }, y);
    d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
    run(&r, &d, BL_XNN);
    for (int i = 0; i < rows * 5; i++) {
        int acc = bias[i % 5];
        for (int q = 0; q < k; q++)
            acc += w[i % 5 * k + q] * (r.in[0][i / 5 * k + q] + 9);
        ck_assert_int_eq(r.got[0][i], requant(acc, .05f, .02f, .9f, 7));
    }
}
END_TEST

/* SAME: the smaller half of the padding comes first. (stride, kernel, size) to (before, after, out). */
START_TEST(windows)
{
    static const struct { uint32_t in, k, stride, dil, out, before, after; } OF[] = {
        { 32, 3, 1, 1, 32, 1, 1 }, { 32, 3, 2, 1, 16, 0, 1 }, { 49, 10, 2, 1, 25, 4, 5 }, { 10, 4, 2, 1, 5, 1, 1 }, { 5, 2, 1, 3, 5, 1, 2 },
        { 8, 1, 3, 1, 3, 0, 0 }, { 1, 5, 1, 1, 1, 2, 2 } };

    for (size_t i = 0; i < sizeof OF / sizeof *OF; i++) {
        struct tm_model d = { 0 };
        struct heard h;
        int32_t x = tm_add(&d, "x", TM_DIMS(1, (int32_t)OF[i].in, 1, 1), .1f, 0), y = tm_add(&d, "y", TM_DIMS(1, (int32_t)OF[i].out, 1, 1), .1f, 0);
        int32_t k = tm_const(&d, "w", TM_DIMS(1, (int32_t)OF[i].k, 1, 1), 9, w, OF[i].k);
        struct tm_op *o = tm_operator(&d, 3, 1, 2, (int32_t[]){ x, k }, y);
        tm_option(o, 1, 4, 1), tm_option(o, 2, 4, OF[i].stride), tm_option(o, 5, 4, OF[i].dil);
        d.in[0] = x, d.nin = 1, d.out[0] = y, d.nout = 1;
        tm_write(&file, &d);
        struct bl_net *net = bl_tflite_read("t.tflite", file.b, file.n, BL_XNN, heard_start(&h));
        ck_assert_msg(net != NULL, "%zu: %s", i, h.text);
        ck_assert_uint_eq(net->layers[0].pad_t, OF[i].before);
        ck_assert_uint_eq(net->layers[0].pad_b, OF[i].after);
        bl_net_free(net);
    }
}
END_TEST

/* ---- forms of files ---- */

static void small(struct tm_model *d)
{
    int32_t x = tm_add(d, "x", TM_DIMS(1, 4), .05f, -9), y = tm_add(d, "y;and;more", TM_DIMS(1, 3), .3f, 7), m;

    fill_weights();
    m = tm_const(d, "w", TM_DIMS(3, 4), 9, w, 12);
    d->tensor[m].scale[0] = .02f;
    tm_operator(d, 9, 8, 2, (int32_t[]){ x, m }, y);
    d->in[0] = x, d->nin = 1, d->out[0] = y, d->nout = 1;
}

/* Codes of old files, data behind the tables, float32 on both sides, a shape that is computed, a second graph: results are the same. */
START_TEST(forms)
{
    static struct run plain_run, r;
    struct tm_model d = { 0 };

    small(&d);
    run(&plain_run, &d, BL_XNN);
    d.old_codes = _i == 0;
    d.behind = _i == 1;
    d.subgraphs = _i == 4 ? 2 : 1;
    if (_i == 2) {                     /* QUANTIZE in front, DEQUANTIZE behind */
        int32_t in = tm_add(&d, "real_in", TM_DIMS(1, 4), 1, 0), out = tm_add(&d, "real_out", TM_DIMS(1, 3), 1, 0);
        d.tensor[in].type = d.tensor[out].type = 0;
        d.tensor[in].nscale = d.tensor[in].nzero = d.tensor[out].nscale = d.tensor[out].nzero = 0;
        d.op[1] = d.op[0], d.nops = 0;
        tm_operator(&d, 114, 0, 1, (int32_t[]){ in }, 0);
        d.nops = 2;
        tm_operator(&d, 6, 0, 1, (int32_t[]){ 1 }, out);
        d.in[0] = in, d.out[0] = out;
    }
    if (_i == 3) {                     /* RESHAPE by SHAPE, STRIDED_SLICE, PACK */
        int32_t s[4];
        for (int i = 0; i < 3; i++) {
            s[i] = tm_add(&d, "s", TM_DIMS(2), 1, 0);
            d.tensor[s[i]].type = 2, d.tensor[s[i]].nscale = d.tensor[s[i]].nzero = 0;
        }
        s[3] = tm_add(&d, "z", TM_DIMS(3), .3f, 7);
        tm_operator(&d, 77, 55, 1, (int32_t[]){ 1 }, s[0]);
        tm_operator(&d, 45, 32, 1, (int32_t[]){ s[0] }, s[1]);
        tm_operator(&d, 83, 59, 1, (int32_t[]){ s[1] }, s[2]);
        tm_operator(&d, 22, 17, 2, (int32_t[]){ 1, s[2] }, s[3]);
        d.out[0] = s[3];
    }
    run(&r, &d, BL_XNN);
    ck_assert_int_eq(r.made[0].dtype == BL_REAL, _i == 2);
    for (int i = 0; i < 3; i++)
        if (_i == 2) {                 /* the real values of the same codes */
            const struct bl_tensor *y = &plain_run.made[0];
            float want = y->scale * (float)(plain_run.got[0][i] - y->zero);
            ck_assert_msg(r.real[0][i] >= want && r.real[0][i] <= want, "got %g, wanted %g", (double)r.real[0][i], (double)want);
        } else
            ck_assert_int_eq(r.got[0][i], plain_run.got[0][i]);
}
END_TEST

/* A DEQUANTIZE of an image, of the graph's input itself, and of a value that is an output as codes too. */
START_TEST(real_outputs)
{
    static struct run r;
    struct tm_model d = { 0 };
    int32_t x = tm_add(&d, "x", TM_DIMS(1, 2, 3, 2), .5f, 7), y = tm_add(&d, "y", TM_DIMS(1, 2, 3, 2), 1, 0);

    d.tensor[y].type = 0;
    d.tensor[y].nscale = d.tensor[y].nzero = 0;
    tm_operator(&d, 6, _i ? 38 : 0, 1, (int32_t[]){ x }, y);
    d.nin = 1, d.in[0] = x;
    d.nout = 2, d.out[0] = y, d.out[1] = x;
    run(&r, &d, _i ? BL_Q31 : BL_XNN);
    ck_assert(r.made[0].dtype == BL_REAL && r.made[1].dtype == BL_S8);
    for (int i = 0; i < 12; i++) {
        float want = 0.5f * (float)(r.in[0][i] - 7);
        ck_assert(r.real[0][i] >= want && r.real[0][i] <= want && r.got[1][i] == r.in[0][i]);
    }
}
END_TEST

START_TEST(names_and_ends)
{
    struct tm_model d = { 0 };
    struct heard h;

    small(&d);
    tm_write(&file, &d);
    struct bl_net *net = bl_net_from_bytes("dir/t.tflite", file.b, file.n, 1, heard_start(&h));
    ck_assert_msg(net != NULL, "%s", h.text);
    ck_assert_str_eq(net->name, "t.tflite");
    ck_assert_str_eq(net->layers[0].name, "y");
    ck_assert(net->raw_input && net->raw_output && net->rule == BL_XNN && !net->channels_last && net->noutputs == 1 && net->outputs[0] == net->output);
    bl_net_free(net);
    net = bl_net_rounded("t.tflite", file.b, file.n, "q31", 1, &h.diag);
    ck_assert(net && net->rule == BL_Q31 && net->layers[0].requant[0].rule == BL_Q31);
    bl_net_free(net);
    net = bl_net_rounded("t.tflite", file.b, file.n, NULL, 1, &h.diag);
    ck_assert(net && net->rule == BL_XNN && !h.n);
    bl_net_free(net);
    ck_assert_ptr_null(bl_net_rounded("t.tflite", file.b, file.n, "f32", 1, heard_start(&h)));
    ck_assert_str_eq(h.text, "--rounding f32: expected xnn or q31");
    ck_assert_ptr_null(bl_net_rounded("t.csv", file.b, file.n, "q31", 1, heard_start(&h)));
    ck_assert_str_eq(h.text, "--rounding q31: the net is no .tflite file; ONNX and layer tables round in one way");
}
END_TEST

Suite *suite_tflite(void)
{
    Suite *s = suite_create("tflite");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, moves, 0, sizeof MOVERS / sizeof *MOVERS);
    tcase_add_loop_test(c, joins, 0, 3);
    tcase_add_test(c, packs);
    tcase_add_loop_test(c, splits, 0, 2);
    tcase_add_test(c, padded_with_a_value);
    tcase_add_loop_test(c, curves, 0, sizeof CURVES / sizeof *CURVES);
    tcase_add_loop_test(c, pairs, 0, 10);
    tcase_add_test(c, clamp_of_relu6);
    tcase_add_loop_test(c, reduced, 0, sizeof REDUCED / sizeof *REDUCED);
    tcase_add_loop_test(c, convolutions, 0, 5);
    tcase_add_loop_test(c, connected, 0, 3);
    tcase_add_test(c, windows);
    tcase_add_loop_test(c, forms, 0, 5);
    tcase_add_loop_test(c, real_outputs, 0, 2);
    tcase_add_test(c, names_and_ends);
    suite_add_tcase(s, c);
    return s;
}

/* reference_float.c - layers in float32 of the reference, in pieces between which it can be stopped: an output channel of windows, a row of a
 * matrix product. Each piece is a smaller layer of the same kind, so that all sums are those of the whole one. */
#include "platforms/net/reference_in.h"

static int windows(const struct bl_float *f, const float *a, const float *b, float *y, struct bl_ref_steps *steps)
{
    bool conv = f->op == BL_FLOAT_CONV;
    uint32_t cin = conv ? f->c / f->groups : 1, per = conv ? f->out_c / f->groups : 1;
    size_t plane = (size_t)f->h * f->w, k = (size_t)cin * f->kh * f->kw, out = (size_t)f->out_h * f->out_w;
    struct bl_float one = *f;

    one.c = cin;
    one.out_c = one.groups = 1;
    for (uint32_t o = 0; o < f->out_c; o++) {
        one.bias = f->bias ? f->bias + o : NULL;
        bl_float_work(&one, a + (size_t)(o / per) * cin * plane, conv ? b + o * k : b, y + o * out);
        if (!bl_ref_step(steps, out * k))
            return 1;
    }
    return 0;
}

static int product(const struct bl_float *f, const float *a, const float *b, float *y, struct bl_ref_steps *steps)
{
    size_t n = f->n, k = f->inner, rows = f->rows;
    struct bl_float one = *f;

    one.outer = one.rows = 1;
    for (size_t i = 0; i < f->outer; i++)
        for (size_t m = 0; m < rows; m++) {
            bl_float_work(&one, a + (f->one_a ? 0 : i * rows * k) + m * k, b + (f->one_b ? 0 : i * k * n), y + (i * rows + m) * n);
            if (!bl_ref_step(steps, n * k))
                return 1;
        }
    return 0;
}

int bl_ref_float(const struct bl_float *f, const float *a, const float *b, float *y, struct bl_ref_steps *steps)
{
    switch (f->op) {
    case BL_FLOAT_MAXPOOL: case BL_FLOAT_AVGPOOL: case BL_FLOAT_CONV:
        return windows(f, a, b, y, steps);
    case BL_FLOAT_MATMUL:
        return product(f, a, b, y, steps);
    default:
        bl_float_work(f, a, b, y);
        return 0;
    }
}

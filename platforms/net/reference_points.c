/* reference_points.c - layers of the reference that have no products: pairs, moves, softmax. */
#include "platforms/net/reference_in.h"

#include "components/requant_work.h"

#include <string.h>

void bl_ref_put(const struct bl_tensor *x, const uint8_t *bytes, struct bl_ref_out *out, uint32_t t)
{
    size_t n = bytes ? bl_tensor_elems(x) : 0;

    if (n && x->dtype == BL_REAL)
        memcpy(out->real[t], bytes, n * sizeof **out->real);
    for (size_t i = 0; x->dtype != BL_REAL && i < n; i++)
        out->value[t][i] = x->dtype == BL_S8 ? (int8_t)bytes[i] : bytes[i];
}

void bl_ref_table(const struct bl_layer *l, const struct bl_tensor *y, const int16_t *in, float *out)
{
    size_t n = bl_tensor_elems(y);

    for (size_t i = 0; i < n; i++)
        out[i] = l->reals[(uint8_t)in[i]];
}

void bl_ref_quant(const struct bl_layer *l, const struct bl_tensor *y, const float *in, int16_t *out)
{
    size_t n = bl_tensor_elems(y);

    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)bl_float_code(in[i], y->scale, y->zero, l->inside, l->lo, l->hi);
}

void bl_ref_move_real(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const float *in, const float *in2,
                      float *out)
{
    size_t n = bl_tensor_elems(y), first = bl_tensor_elems(x);

    for (size_t i = 0; i < n; i++) {
        uint32_t from = l->from[i];
        out[i] = from == BL_MOVE_FILL ? l->fill_real : from < first ? in[from] : in2[from - first];
    }
}

/* How far the next row of a tensor that is broadcast is, from row (c, y) of the output on; its cells are 1 or 0 apart. */
static size_t row_at(const struct bl_tensor *t, uint32_t c, uint32_t y)
{
    return ((size_t)(t->c > 1 ? c : 0) * t->h + (t->h > 1 ? y : 0)) * t->w;
}

void bl_ref_pair(const struct bl_layer *l, const struct bl_tensor *a, const struct bl_tensor *b, const struct bl_tensor *y,
                 const int16_t *ina, const int16_t *inb, int16_t *out)
{
    size_t da = a->w > 1, db = b->w > 1;

    for (uint32_t c = 0; c < y->c; c++)
        for (uint32_t r = 0; r < y->h; r++) {
            const int16_t *p = ina + row_at(a, c, r), *q = inb + row_at(b, c, r);
            for (uint32_t i = 0; i < y->w; i++)
                *out++ = (int16_t)bl_pair_code(&l->pair, p[i * da], q[i * db]);
        }
}

void bl_ref_move(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, const int16_t *in2,
                 int16_t *out)
{
    size_t n = bl_tensor_elems(y), first = bl_tensor_elems(x);

    for (size_t i = 0; i < n; i++) {
        uint32_t from = l->from[i];
        out[i] = from == BL_MOVE_FILL ? (int16_t)l->fill : from < first ? in[from] : in2[from - first];
    }
}

/* n codes, `step` apart. */
static void softmax_row(const struct bl_layer *l, const struct bl_tensor *y, const int16_t *in, int16_t *out, size_t n, size_t step)
{
    int16_t most = in[0];
    float sum = 0.0f;

    for (size_t i = 1; i < n; i++)
        most = in[i * step] > most ? in[i * step] : most;
    for (size_t i = 0; i < n; i++)
        sum = sum + l->exps[most - in[i * step]];
    for (size_t i = 0; i < n; i++)
        out[i * step] = (int16_t)(bl_softmax_code(l->exps[most - in[i * step]], sum) + y->zero);
}

void bl_ref_softmax(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out)
{
    size_t cells = (size_t)x->h * x->w, rows = (size_t)x->c * x->h;

    for (size_t i = 0; !l->along_w && i < cells; i++)
        softmax_row(l, y, in + i, out + i, x->c, cells);
    for (size_t i = 0; l->along_w && i < rows; i++)
        softmax_row(l, y, in + i * x->w, out + i * x->w, x->w, 1);
}

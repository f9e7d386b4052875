/* reference_product.c - convolutions and matrix products of the reference: the activations of a window in a row, without their zero
 * point, times the weights of an output. */
#include "platforms/net/reference_in.h"

#include <stdlib.h>
#include <string.h>

#include "components/requant.h"

enum { ROWS = 32 };                    /* windows that are laid out at a time */

/* Sums of products of 16 and 8 bits, in as many lanes as the processor has. Integers: any order of additions gives the same sum. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
__attribute__((optimize("O3"), target_clones("avx2", "default")))
#endif
static int32_t dot(const int16_t *x, const int8_t *w, size_t n)
{
    int32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * w[i];
    return sum;
}

static int32_t total(const int16_t *x, size_t n)
{
    int32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* Outputs [*first, *last) whose input at tap offset `off` (may be negative) lies in [0, n). */
void bl_ref_inside(int64_t off, uint32_t stride, uint32_t n, uint32_t nout, uint32_t *first, uint32_t *last)
{
    int64_t lo = off < 0 ? (-off + stride - 1) / stride : 0;
    int64_t hi = off < (int64_t)n ? ((int64_t)n - 1 - off) / stride + 1 : 0;

    *first = (uint32_t)(lo < nout ? lo : nout);
    *last = (uint32_t)(hi < nout ? hi : nout);
}

/* The row of window (oy, ox): channel after channel, padding as 0. */
static void gather(const struct bl_layer *l, const struct bl_tensor *x, const int16_t *in, uint32_t oy, uint32_t ox, int16_t *row)
{
    uint32_t channels = x->c / l->groups, y0, y1, x0, x1;
    int64_t iy = (int64_t)oy * l->stride_h - l->pad_t, ix = (int64_t)ox * l->stride_w - l->pad_l;

    bl_ref_inside(iy, l->dil_h, x->h, l->kh, &y0, &y1);
    bl_ref_inside(ix, l->dil_w, x->w, l->kw, &x0, &x1);
    if (y1 - y0 < l->kh || x1 - x0 < l->kw)
        memset(row, 0, l->k * sizeof *row);
    for (uint32_t c = 0; c < channels; c++)
        for (uint32_t ky = y0; ky < y1; ky++) {
            const int16_t *from = in + ((size_t)c * x->h + (size_t)(iy + (int64_t)ky * l->dil_h)) * x->w + ix;
            int16_t *to = row + ((size_t)c * l->kh + ky) * l->kw;
            for (uint32_t kx = x0; kx < x1; kx++)
                to[kx] = (int16_t)(from[(int64_t)kx * l->dil_w] - x->zero);
        }
}

/* Where the products of a layer go: to codes, real values, or the sums themselves, without bias. */
struct goal { const struct bl_layer *l; const struct bl_tensor *y; int16_t *out; float *real; int32_t *sums; struct bl_ref_steps *steps; };

/* Sums of output o for n rows become its values from `at` on. */
static void finish(const struct goal *to, uint32_t o, const int16_t *rows, const int32_t *totals, uint32_t n, size_t at)
{
    const struct bl_layer *l = to->l;
    const int8_t *w = l->weight + (size_t)o * l->k;

    for (uint32_t r = 0; r < n; r++) {
        int32_t sum = dot(rows + (size_t)r * l->k, w, l->k) - l->wzero[o] * totals[r];
        if (to->sums)
            to->sums[at + r] = sum;
        else if (to->real)
            to->real[at + r] = bl_requant_float(&l->requant[o], sum);
        else
            to->out[at + r] = (int16_t)bl_requant_sum(&l->requant[o], sum, to->y->zero, l->lo, l->hi);
    }
}

static int conv(const struct goal *to, const struct bl_tensor *x, const int16_t *in, int16_t *rows)
{
    const struct bl_layer *l = to->l;
    const struct bl_tensor *y = to->y;
    uint32_t per = l->cout / l->groups, plane = y->h * y->w;
    size_t image = (size_t)x->h * x->w * (x->c / l->groups);
    int32_t totals[ROWS];

    for (uint32_t g = 0; g < l->groups; g++)
        for (uint32_t p = 0; p < plane; p += ROWS) {
            uint32_t n = plane - p < ROWS ? plane - p : ROWS;
            for (uint32_t r = 0; r < n; r++) {
                gather(l, x, in + g * image, (p + r) / y->w, (p + r) % y->w, rows + (size_t)r * l->k);
                totals[r] = total(rows + (size_t)r * l->k, l->k);
            }
            for (uint32_t o = g * per; o < (g + 1) * per; o++) {
                finish(to, o, rows, totals, n, (size_t)o * plane + p);
                if (!bl_ref_step(to->steps, (uint64_t)n * l->k))
                    return 1;
            }
        }
    return 0;
}

static int matrix(const struct goal *to, const struct bl_tensor *x, const int16_t *in, int16_t *row)
{
    const struct bl_layer *l = to->l;
    uint32_t per = l->cout / l->groups;

    for (uint32_t m = 0; m < l->groups * l->rows; m++, in += l->k) {
        for (uint32_t i = 0; i < l->k; i++)
            row[i] = (int16_t)(in[i] - x->zero);
        int32_t sum = total(row, l->k);
        for (uint32_t o = m / l->rows * per; o < (m / l->rows + 1) * per; o++) {
            finish(to, o, row, &sum, 1, (size_t)m * per + o % per);
            if (!bl_ref_step(to->steps, l->k))
                return 1;
        }
    }
    return 0;
}

static int product(const struct goal *to, const struct bl_tensor *x, const int16_t *in)
{
    const struct bl_layer *l = to->l;
    int16_t *rows = malloc((size_t)l->k * (l->kind == BL_CONV ? ROWS : 1) * sizeof *rows);

    if (!rows)
        return -1;
    int rc = l->kind == BL_CONV ? conv(to, x, in, rows) : matrix(to, x, in, rows);
    free(rows);
    return rc;
}

int bl_ref_product(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out, float *real,
                   struct bl_ref_steps *steps)
{
    return product(&(struct goal){ l, y, out, real, NULL, steps }, x, in);
}

int bl_reference_sums(uint32_t layer, const struct bl_ref_out *o, int32_t *sums)
{
    const struct bl_layer *l = &o->net->layers[layer];
    struct bl_ref_steps steps = { o, 0, bl_layer_steps(o->net, layer), BL_REF_ASK };

    return product(&(struct goal){ l, &o->net->tensors[l->out], NULL, NULL, sums, &steps }, &o->net->tensors[l->in[0]], o->value[l->in[0]]);
}

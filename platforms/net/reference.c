/* reference.c - integer inference by plain loops, the golden model. */
#include "platforms/net/reference.h"

#include <stdlib.h>
#include <string.h>

#include "components/requant_work.h"
#include "platforms/net/reference_in.h"

int bl_ref_init(struct bl_ref_out *out, const struct bl_net *net, struct bl_diag *diag)
{
    size_t plane = 1;

    memset(out, 0, sizeof *out);
    out->net = net;
    out->value = calloc(net->ntensors, sizeof *out->value);
    out->real = calloc(net->ntensors, sizeof *out->real);
    for (uint32_t t = 0; out->value && out->real && t < net->ntensors; t++) {
        const struct bl_tensor *x = &net->tensors[t];
        size_t n = (size_t)x->h * x->w, all = bl_tensor_elems(x);
        plane = n > plane ? n : plane;
        if (x->dtype == BL_REAL ? !(out->real[t] = calloc(all, sizeof **out->real)) : !(out->value[t] = calloc(all, sizeof **out->value)))
            goto none;
        bl_ref_put(x, x->data, out, t);
    }
    if (out->value && out->real && (out->acc = calloc(plane, sizeof *out->acc)))
        return 0;
none:
    bl_ref_fini(out);
    return bl_error(diag, "%s: no memory for the reference's tensors", net->name);
}

void bl_ref_fini(struct bl_ref_out *out)
{
    for (uint32_t t = 0; out->value && out->real && t < out->net->ntensors; t++) {
        free(out->value[t]);
        free(out->real[t]);
    }
    free(out->value);
    free(out->real);
    free(out->acc);
    memset(out, 0, sizeof *out);
}

/* ---- convolution: one weight at a time over a whole plane of sums ---- */

/* Outputs [*first, *last) whose input at tap offset `off` (may be negative) lies in [0, n). */
static void inside(int64_t off, uint32_t stride, uint32_t n, uint32_t nout, uint32_t *first, uint32_t *last)
{
    int64_t lo = off < 0 ? (-off + stride - 1) / stride : 0;
    int64_t hi = off < (int64_t)n ? ((int64_t)n - 1 - off) / stride + 1 : 0;

    *first = (uint32_t)(lo < nout ? lo : nout);
    *last = (uint32_t)(hi < nout ? hi : nout);
}

static void add_tap(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *plane,
                    uint32_t ky, uint32_t kx, int32_t w, int32_t *acc)
{
    int64_t dy = (int64_t)ky * l->dil_h - l->pad_t, dx = (int64_t)kx * l->dil_w - l->pad_l;
    uint32_t y0, y1, x0, x1;

    inside(dy, l->stride_h, x->h, y->h, &y0, &y1);
    inside(dx, l->stride_w, x->w, y->w, &x0, &x1);
    for (uint32_t oy = y0; oy < y1; oy++) {
        const int16_t *row = plane + (size_t)(oy * (int64_t)l->stride_h + dy) * x->w;
        int32_t *a = acc + (size_t)oy * y->w;
        for (uint32_t ox = x0; ox < x1; ox++)
            a[ox] += w * (row[ox * (int64_t)l->stride_w + dx] - x->zero);
    }
}

static void run_conv(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y,
                     const int16_t *in, int16_t *out, float *real, int32_t *acc)
{
    uint32_t cin = x->c / l->groups, per = l->cout / l->groups;
    size_t plane = (size_t)y->h * y->w;

    for (uint32_t o = 0; o < l->cout; o++) {
        const int8_t *w = l->weight + (size_t)o * l->k;
        const int16_t *first = in + (size_t)(o / per) * cin * x->h * x->w;
        memset(acc, 0, plane * sizeof *acc);
        for (uint32_t c = 0; c < cin; c++)
            for (uint32_t ky = 0; ky < l->kh; ky++)
                for (uint32_t kx = 0; kx < l->kw; kx++)
                    add_tap(l, x, y, first + (size_t)c * x->h * x->w, ky, kx, *w++ - l->wzero[o], acc);
        for (size_t i = 0; real && i < plane; i++)
            real[o * plane + i] = bl_requant_float(&l->requant[o], acc[i]);
        for (size_t i = 0; out && i < plane; i++)
            out[o * plane + i] = (int16_t)bl_requant_sum(&l->requant[o], acc[i], y->zero, l->lo, l->hi);
    }
}

static void run_fc(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out, float *real)
{
    uint32_t per = l->cout / l->groups;

    for (uint32_t g = 0; g < l->groups; g++)
        for (uint32_t m = 0; m < l->rows; m++, in += l->k)
            for (uint32_t o = g * per; o < (g + 1) * per; o++) {
                const int8_t *w = l->weight + (size_t)o * l->k;
                int32_t acc = 0;
                for (uint32_t i = 0; i < l->k; i++)
                    acc += (in[i] - x->zero) * (w[i] - l->wzero[o]);
                if (real)
                    *real++ = bl_requant_float(&l->requant[o], acc);
                else
                    *out++ = (int16_t)bl_requant_sum(&l->requant[o], acc, y->zero, l->lo, l->hi);
            }
}

/* ---- everything else ---- */

struct window { uint32_t y0, y1, x0, x1; };        /* first and one past last, before dilation, inside the image */

static struct window window_at(const struct bl_layer *l, const struct bl_tensor *x, uint32_t oy, uint32_t ox)
{
    struct window v;

    inside((int64_t)oy * l->stride_h - l->pad_t, l->dil_h, x->h, l->kh, &v.y0, &v.y1);
    inside((int64_t)ox * l->stride_w - l->pad_l, l->dil_w, x->w, l->kw, &v.x0, &v.x1);
    return v;
}

static int32_t pool_cell(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *plane,
                         uint32_t oy, uint32_t ox)
{
    struct window v = window_at(l, x, oy, ox);
    int32_t sum = 0, best = bl_tensor_min(x);

    for (uint32_t ky = v.y0; ky < v.y1; ky++)
        for (uint32_t kx = v.x0; kx < v.x1; kx++) {
            size_t iy = (size_t)((int64_t)oy * l->stride_h + (int64_t)ky * l->dil_h - l->pad_t);
            size_t ix = (size_t)((int64_t)ox * l->stride_w + (int64_t)kx * l->dil_w - l->pad_l);
            int32_t q = plane[iy * x->w + ix];
            sum += q - x->zero;
            best = q > best ? q : best;
        }
    if (l->kind == BL_MAXPOOL)
        return bl_requant(best - x->zero, x->scale / y->scale, y->zero, l->lo, l->hi);
    uint32_t n = l->count_pad ? l->kh * l->kw : (v.y1 - v.y0) * (v.x1 - v.x0);
    return bl_mean_code(&l->mean, sum, n);
}

static void run_pool(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out)
{
    for (uint32_t c = 0; c < y->c; c++)
        for (uint32_t oy = 0; oy < y->h; oy++)
            for (uint32_t ox = 0; ox < y->w; ox++)
                *out++ = (int16_t)pool_cell(l, x, y, in + (size_t)c * x->h * x->w, oy, ox);
}

static void run_subsample(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y,
                          const int16_t *in, int16_t *out)
{
    uint32_t before = (y->c - x->c) / 2;

    for (uint32_t c = 0; c < y->c; c++)
        for (uint32_t oy = 0; oy < y->h; oy++)
            for (uint32_t ox = 0; ox < y->w; ox++)
                *out++ = (int16_t)(c < before || c - before >= x->c ? y->zero :
                    in[((size_t)(c - before) * x->h + (size_t)oy * l->stride_h) * x->w + (size_t)ox * l->stride_w]);
}

static void run_points(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out)
{
    size_t n = bl_tensor_elems(y);
    float m = x->scale / y->scale;

    for (size_t i = 0; i < n; i++) {
        if (l->kind == BL_RELU)
            out[i] = (int16_t)bl_requant(in[i] - x->zero, m, y->zero, l->lo, l->hi);
        else if (l->kind == BL_LUT)
            out[i] = y->dtype == BL_S8 ? (int8_t)l->lut[(uint8_t)in[i]] : l->lut[(uint8_t)in[i]];
        else
            out[i] = in[i];
    }
}

static void run_layer(const struct bl_net *net, const struct bl_layer *l, struct bl_ref_out *o)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *b = &net->tensors[l->in[1]], *y = &net->tensors[l->out];
    const int16_t *in = o->value[l->in[0]], *in2 = o->value[l->in[1]];
    int16_t *out = o->value[l->out];
    float *real = o->real[l->out];

    switch (l->kind) {
    case BL_CONV: run_conv(l, x, y, in, out, real, o->acc); break;
    case BL_FC: run_fc(l, x, y, in, out, real); break;
    case BL_TABLE: bl_ref_table(l, y, in, real); break;
    case BL_QUANT: bl_ref_quant(l, y, o->real[l->in[0]], out); break;
    case BL_FLOAT: bl_float_work(&l->real, o->real[l->in[0]], o->real[l->in[1]], real); break;
    case BL_MAXPOOL: case BL_AVGPOOL: run_pool(l, x, y, in, out); break;
    case BL_ADD: case BL_SUB: case BL_MUL: case BL_MAX: case BL_MIN: bl_ref_pair(l, x, b, y, in, in2, out); break;
    case BL_MOVE:
        if (real)
            bl_ref_move_real(l, x, y, o->real[l->in[0]], o->real[l->in[1]], real);
        else
            bl_ref_move(l, x, y, in, in2, out);
        break;
    case BL_SOFTMAX: bl_ref_softmax(l, x, y, in, out); break;
    case BL_SUBSAMPLE: run_subsample(l, x, y, in, out); break;
    case BL_RESHAPE:
        if (real) {
            memcpy(real, o->real[l->in[0]], bl_tensor_bytes(y));
            break;
        }
        run_points(l, x, y, in, out);
        break;
    default: run_points(l, x, y, in, out); break;
    }
}

void bl_reference_run(const struct bl_net *net, const uint8_t *image, struct bl_ref_out *out)
{
    for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
        bl_ref_put(&net->tensors[t], image, out, t);
        image += bl_tensor_bytes(&net->tensors[t]);
    }
    for (uint32_t i = 0; i < net->nlayers; i++)
        run_layer(net, &net->layers[i], out);
}

uint32_t bl_ref_class(const struct bl_ref_out *out)
{
    size_t n = bl_tensor_elems(&out->net->tensors[out->net->output]), best = 0;
    const int16_t *v = out->value[out->net->output];
    const float *r = out->real[out->net->output];

    for (size_t i = 1; i < n; i++)
        if (r ? r[i] > r[best] : v[i] > v[best])
            best = i;
    return (uint32_t)best;
}

/* reference.c - integer inference by plain loops, the golden model. */
#include "platforms/net/reference.h"

#include <stdlib.h>
#include <string.h>

#include "components/requant_work.h"
#include "platforms/net/reference_in.h"

/* Room for tensor t, unless it is there; false: no memory. */
static bool room(struct bl_ref_out *out, uint32_t t)
{
    const struct bl_tensor *x = &out->net->tensors[t];
    size_t n = bl_tensor_elems(x);

    if (out->value[t] || out->real[t])
        return true;
    if (x->dtype == BL_REAL)
        return (out->real[t] = calloc(n, sizeof **out->real)) != NULL;
    return (out->value[t] = calloc(n, sizeof **out->value)) != NULL;
}

static void drop(struct bl_ref_out *out, uint32_t t)
{
    free(out->value[t]);
    free(out->real[t]);
    out->value[t] = NULL;
    out->real[t] = NULL;
}

/* The layer after which nobody reads a tensor; outputs and constants stay. */
static void find_last_readers(struct bl_ref_out *out)
{
    const struct bl_net *net = out->net;

    for (uint32_t t = 0; t < net->ntensors; t++)
        out->last[t] = net->tensors[t].data ? UINT32_MAX : 0;
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const uint32_t of[3] = { net->layers[i].in[0], net->layers[i].in[1], net->layers[i].out };
        for (int k = 0; k < 3; k++)
            out->last[of[k]] = out->last[of[k]] > i ? out->last[of[k]] : i;
    }
    out->last[net->output] = UINT32_MAX;
    for (uint32_t i = 0; i < net->noutputs; i++)
        out->last[net->outputs[i]] = UINT32_MAX;
}

int bl_ref_init_lean(struct bl_ref_out *out, const struct bl_net *net, struct bl_diag *diag)
{
    bool enough = true;

    memset(out, 0, sizeof *out);
    out->net = net;
    out->value = calloc(net->ntensors, sizeof *out->value);
    out->real = calloc(net->ntensors, sizeof *out->real);
    out->last = calloc(net->ntensors, sizeof *out->last);
    for (uint32_t t = 0; enough && out->value && out->real && out->last && t < net->ntensors; t++)
        if (net->tensors[t].data && (enough = room(out, t)))
            bl_ref_put(&net->tensors[t], net->tensors[t].data, out, t);
    if (enough && out->value && out->real && out->last) {
        find_last_readers(out);
        return 0;
    }
    bl_ref_fini(out);
    return bl_error(diag, "%s: no memory for the reference's tensors", net->name);
}

int bl_ref_init(struct bl_ref_out *out, const struct bl_net *net, struct bl_diag *diag)
{
    if (bl_ref_init_lean(out, net, diag))
        return -1;
    for (uint32_t t = 0; t < net->ntensors; t++) {
        out->last[t] = UINT32_MAX;
        if (room(out, t))
            continue;
        bl_ref_fini(out);
        return bl_error(diag, "%s: no memory for the reference's tensors", net->name);
    }
    return 0;
}

void bl_ref_fini(struct bl_ref_out *out)
{
    for (uint32_t t = 0; out->value && out->real && t < out->net->ntensors; t++)
        drop(out, t);
    free(out->value);
    free(out->real);
    free(out->last);
    memset(out, 0, sizeof *out);
}

/* ---- everything else ---- */

struct window { uint32_t y0, y1, x0, x1; };        /* first and one past last, before dilation, inside the image */

static struct window window_at(const struct bl_layer *l, const struct bl_tensor *x, uint32_t oy, uint32_t ox)
{
    struct window v;

    bl_ref_inside((int64_t)oy * l->stride_h - l->pad_t, l->dil_h, x->h, l->kh, &v.y0, &v.y1);
    bl_ref_inside((int64_t)ox * l->stride_w - l->pad_l, l->dil_w, x->w, l->kw, &v.x0, &v.x1);
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

/* 1: stopped. */
static int run_pool(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out, struct bl_ref_steps *steps)
{
    for (uint32_t c = 0; c < y->c; c++)
        for (uint32_t oy = 0; oy < y->h; oy++) {
            for (uint32_t ox = 0; ox < y->w; ox++)
                *out++ = (int16_t)pool_cell(l, x, y, in + (size_t)c * x->h * x->w, oy, ox);
            if (!bl_ref_step(steps, (uint64_t)y->w * l->kh * l->kw))
                return 1;
        }
    return 0;
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

/* -1: no memory; 1: stopped. */
static int run_layer(const struct bl_net *net, uint32_t layer, struct bl_ref_out *o)
{
    const struct bl_layer *l = &net->layers[layer];
    const struct bl_tensor *x = &net->tensors[l->in[0]], *b = &net->tensors[l->in[1]], *y = &net->tensors[l->out];
    const int16_t *in = o->value[l->in[0]], *in2 = o->value[l->in[1]];
    int16_t *out = o->value[l->out];
    float *real = o->real[l->out];
    struct bl_ref_steps steps = { o, 0, bl_layer_steps(net, layer), BL_REF_ASK };

    switch (l->kind) {
    case BL_CONV: case BL_FC: return bl_ref_product(l, x, y, in, out, real, &steps);
    case BL_TABLE: bl_ref_table(l, y, in, real); break;
    case BL_QUANT: bl_ref_quant(l, y, o->real[l->in[0]], out); break;
    case BL_FLOAT: return bl_ref_float(&l->real, o->real[l->in[0]], o->real[l->in[1]], real, &steps);
    case BL_MAXPOOL: case BL_AVGPOOL: return run_pool(l, x, y, in, out, &steps);
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
    return 0;
}

int bl_reference_begin(const uint8_t *image, struct bl_ref_out *out)
{
    const struct bl_net *net = out->net;

    for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
        if (!room(out, t))
            return -1;
        bl_ref_put(&net->tensors[t], image, out, t);
        image += bl_tensor_bytes(&net->tensors[t]);
    }
    return 0;
}

int bl_reference_layer(uint32_t layer, struct bl_ref_out *out)
{
    const struct bl_net *net = out->net;
    const struct bl_layer *l = &net->layers[layer];
    int rc = room(out, l->out) ? run_layer(net, layer, out) : -1;

    if (rc)
        return rc;
    for (int k = 0; k < 2; k++)
        if (out->last[l->in[k]] == layer)
            drop(out, l->in[k]);
    if (layer && out->last[net->layers[layer - 1].out] == layer - 1)       /* made, but read by nobody */
        drop(out, net->layers[layer - 1].out);
    return 0;
}

int bl_reference_run(const struct bl_net *net, const uint8_t *image, struct bl_ref_out *out)
{
    int rc = bl_reference_begin(image, out);

    for (uint32_t i = 0; !rc && i < net->nlayers; i++)
        rc = bl_reference_layer(i, out);
    return rc;
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

/* host_ops.c - what host parts share: the way from layer to layer, and host work (the layers that no array of the platform does) on
 * the bytes of the host's memory. platforms/net/net.h says what each operation means, components/requant.h is the arithmetic. */
#include "components/host_ops.h"
#include "components/requant_work.h"
#include "components/window.h"

#include <string.h>

/* ---- from layer to layer ---- */

int bl_host_images(void *self, uint64_t bytes, const struct bl_host_program *g)
{
    return bytes >= g->images * g->input_bytes ? 0 :
        bl_refuse(self, "has %llu bytes of images; its program wants %zu", (unsigned long long)bytes, g->images * g->input_bytes);
}

uint64_t bl_host_outputs(const struct bl_host_layer *l) { return (uint64_t)l->out.c * l->out.h * l->out.w; }

void bl_host_begin(const struct bl_host_place *h, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[*h->at];

    if (*h->at == 0) {
        *h->image = (uint32_t)(bl_stream(h->self) - g->first);
        memcpy(h->memory + g->input_at, h->images + (size_t)*h->image * g->input_bytes, g->input_bytes);
    }
    for (int i = 0; i < 2; i++)
        if (l->constant[i])
            memcpy(h->memory + l->in[i].at, l->constant[i], bl_host_bytes(&l->in[i]));
    h->stat[*h->at].begun = bl_cycle(h->self);
    *h->busy_until = 0;
}

bool bl_host_works(const struct bl_host_place *h, const struct bl_host_program *g)
{
    if (!*h->busy_until)
        *h->busy_until = bl_cycle(h->self) + (uint64_t)h->host_cycles * bl_host_outputs(&g->layer[*h->at]);
    return bl_cycle(h->self) < *h->busy_until;
}

void bl_host_outcome(const struct bl_host_place *h, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[*h->at];

    if (l->kind == BL_HOST_ARRAY) {
        charge(h->add, bl_host_weight_zeros(l, h->sums, h->memory));
        bl_host_requant(l, h->sums, h->memory);
    } else {
        bl_host_work(l, h->memory);
    }
}

bool bl_host_next(const struct bl_host_place *h, const struct bl_host_program *g)
{
    struct bl_host_stat *stat = &h->stat[*h->at];
    const struct bl_host_layer *l = &g->layer[*h->at];

    charge(l->kind == BL_HOST_ARRAY ? h->requant : h->work, bl_host_outputs(l));
    stat->cycles += bl_cycle(h->self) + 1 - stat->begun;
    bl_pause_next(h->self);            /* the host's owner looks at the layer, whose last cycle counts */
    if (++*h->at < g->nlayers)
        return false;
    *h->at = 0;
    if (*h->image + 1 < g->images)
        bl_restart(h->self, bl_stream(h->self) + 1);
    else
        bl_stop_next(h->self);
    return true;
}

/* ---- host work ---- */

static int32_t load_value(const struct bl_host_tensor *t, const uint8_t *m, size_t i) { return m[t->at + i] - t->bias; }

static void store_value(const struct bl_host_tensor *t, uint8_t *m, size_t i, int32_t v) { m[t->at + i] = (uint8_t)(v + t->bias); }

/* The sum of a window's activations, without the offset of signed ones. */
static int32_t window_sum(const struct bl_host_layer *l, const uint8_t *memory, uint32_t group, uint32_t p)
{
    struct bl_window window;
    uint8_t x[64];
    int32_t sum = 0;

    bl_window_at(&window, l, group, p);
    for (uint32_t k = 0, n; k < l->k; k += n) {
        n = l->k - k < sizeof x ? l->k - k : (uint32_t)sizeof x;
        bl_window_read(&window, bl_window_input(&window, memory), k, n, x);
        for (uint32_t i = 0; i < n; i++)
            sum += x[i] - l->in[0].bias;
    }
    return sum;
}

uint64_t bl_host_weight_zeros(const struct bl_host_layer *l, int32_t *sums, const uint8_t *memory)
{
    uint32_t groups = bl_host_groups(l), cg = l->cout / groups;
    uint64_t additions = 0;

    for (uint32_t g = 0; l->wzero && g < groups; g++)
        for (uint32_t p = l->flat ? g * l->rows_of_group : 0; p < (l->flat ? (g + 1) * l->rows_of_group : l->pixels); p++) {
            int32_t sum = window_sum(l, memory, g, p);
            for (uint32_t o = g * cg; o < (g + 1) * cg; o++)
                sums[(size_t)o * l->pixels + p] -= l->wzero[o] * sum;
            additions += l->k + cg;
        }
    return additions;
}

static float *reals(const struct bl_host_tensor *t, uint8_t *m) { return (float *)(void *)(m + t->at); }

void bl_host_requant(const struct bl_host_layer *l, const int32_t *sums, uint8_t *memory)
{
    uint32_t cg = l->flat ? l->cout / bl_host_groups(l) : l->cout;

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t p = 0; p < l->pixels; p++) {
            size_t at = (size_t)o * l->pixels + p;
            if (l->flat) {
                if (p / l->rows_of_group != o / cg)
                    continue;          /* another group's window */
                at = (size_t)p * cg + o % cg;
            }
            if (l->out.real) {
                reals(&l->out, memory)[at] = bl_requant_float(&l->requant[o], sums[(size_t)o * l->pixels + p]);
                continue;
            }
            store_value(&l->out, memory, at, bl_requant_sum(&l->requant[o], sums[(size_t)o * l->pixels + p], l->out.zero, l->lo, l->hi));
        }
}

int32_t bl_host_pooled_code(const struct bl_host_layer *l, int32_t v, uint32_t n)
{
    if (l->kind == BL_HOST_MAXPOOL)
        return bl_requant(n ? v : 0, l->m0, l->out.zero, l->lo, l->hi);
    return bl_mean_code(&l->mean, v, l->count_pad ? l->kh * l->kw : n ? n : 1);
}

/* One output cell of a pooling layer. */
static int32_t pooled_value(const struct bl_host_layer *l, const uint8_t *m, uint32_t c, uint32_t y, uint32_t x)
{
    const struct bl_host_tensor *in = &l->in[0];
    int64_t y0 = (int64_t)y * l->stride_h - l->pad_t, x0 = (int64_t)x * l->stride_w - l->pad_l;
    int32_t best = INT32_MIN, sum = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < l->kh; i++)
        for (uint32_t j = 0; j < l->kw; j++) {
            int64_t iy = y0 + (int64_t)i * l->dil_h, ix = x0 + (int64_t)j * l->dil_w;
            if (iy < 0 || ix < 0 || iy >= in->h || ix >= in->w)
                continue;
            int32_t v = load_value(in, m, ((size_t)c * in->h + (size_t)iy) * in->w + (size_t)ix);
            best = v > best ? v : best;
            sum += v - in->zero;
            n++;
        }
    return bl_host_pooled_code(l, l->kind == BL_HOST_AVGPOOL ? sum : n ? best - in->zero : 0, n);
}

/* How many of n positions, `step` apart from `first` on, lie in 0 .. size - 1. */
static uint32_t inside(int64_t first, uint32_t step, uint32_t n, uint32_t size)
{
    uint32_t in = 0;

    for (uint32_t i = 0; i < n; i++, first += step)
        in += first >= 0 && first < size;
    return in;
}

void bl_host_pooled(const struct bl_host_layer *l, const int32_t *sums, uint8_t *m)
{
    const struct bl_host_tensor *in = &l->in[0], *out = &l->out;
    const int32_t zero = in->zero + in->bias, zeros = l->kind == BL_HOST_MAXPOOL ? zero : (int32_t)(l->kh * l->kw) * zero;
    size_t i = 0;

    for (uint32_t c = 0; c < out->c; c++)
        for (uint32_t y = 0; y < out->h; y++)
            for (uint32_t x = 0; x < out->w; x++, i++) {
                uint32_t rows = inside((int64_t)y * l->stride_h - l->pad_t, l->dil_h, l->kh, in->h);
                uint32_t columns = inside((int64_t)x * l->stride_w - l->pad_l, l->dil_w, l->kw, in->w);
                store_value(out, m, i, bl_host_pooled_code(l, sums[i] - zeros, rows * columns));
            }
}

static void subsample_layer(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *in = &l->in[0], *out = &l->out;
    uint32_t before = (out->c - in->c) / 2;

    for (uint32_t c = 0; c < out->c; c++)
        for (uint32_t y = 0; y < out->h; y++)
            for (uint32_t x = 0; x < out->w; x++) {
                int32_t v = out->zero;
                if (c >= before && c - before < in->c)
                    v = load_value(in, m, ((size_t)(c - before) * in->h + (size_t)y * l->stride_h) * in->w + (size_t)x * l->stride_w);
                store_value(out, m, ((size_t)c * out->h + y) * out->w + x, v);
            }
}

/* Where output cell (c, y, x) finds its operand in a tensor that may be broadcast. */
static size_t operand_at(const struct bl_host_tensor *t, uint32_t c, uint32_t y, uint32_t x)
{
    return ((t->c == 1 ? 0 : (size_t)c) * t->h + (t->h == 1 ? 0 : y)) * t->w + (t->w == 1 ? 0 : x);
}

static void pair_layer(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *out = &l->out;
    size_t i = 0;

    for (uint32_t c = 0; c < out->c; c++)
        for (uint32_t y = 0; y < out->h; y++)
            for (uint32_t x = 0; x < out->w; x++, i++) {
                int32_t a = load_value(&l->in[0], m, operand_at(&l->in[0], c, y, x)), b = load_value(&l->in[1], m, operand_at(&l->in[1], c, y, x));
                store_value(out, m, i, bl_pair_code(&l->pair, a, b));
            }
}

static void move_layer(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *a = &l->in[0], *out = &l->out;
    size_t n = (size_t)out->c * out->h * out->w, first = (size_t)a->c * a->h * a->w;

    for (size_t i = 0; i < n; i++) {
        uint32_t from = l->from[i];
        if (out->real) {
            reals(out, m)[i] = from == UINT32_MAX ? l->fill_real : from < first ? reals(a, m)[from] : reals(&l->in[1], m)[from - first];
            continue;
        }
        store_value(out, m, i, from == UINT32_MAX ? l->fill : from < first ? load_value(a, m, from) : load_value(&l->in[1], m, from - first));
    }
}

static void softmax_layer(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *in = &l->in[0];
    size_t cells = (size_t)in->h * in->w, rows = l->along_w ? (size_t)in->c * in->h : cells, n = l->along_w ? in->w : in->c;

    for (size_t r = 0; r < rows; r++) {
        size_t at = l->along_w ? r * n : r, step = l->along_w ? 1 : cells;
        int32_t most = load_value(in, m, at);
        float sum = 0.0f;
        for (size_t i = 0; i < n; i++) {
            int32_t v = load_value(in, m, at + i * step);
            most = v > most ? v : most;
        }
        for (size_t i = 0; i < n; i++)
            sum = sum + l->exps[most - load_value(in, m, at + i * step)];
        for (size_t i = 0; i < n; i++)
            store_value(&l->out, m, at + i * step, bl_softmax_code(l->exps[most - load_value(in, m, at + i * step)], sum) + l->out.zero);
    }
}

/* Between codes and real values. */
static void real_layer(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *a = &l->in[0], *out = &l->out;
    size_t n = (size_t)out->c * out->h * out->w;

    if (l->kind == BL_HOST_FLOAT) {
        bl_float_work(&l->work, reals(a, m), reals(&l->in[1], m), reals(out, m));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (l->kind == BL_HOST_TABLE)
            reals(out, m)[i] = l->reals[(uint8_t)load_value(a, m, i)];
        else
            store_value(out, m, i, bl_float_code(reals(a, m)[i], l->scale, out->zero, l->inside, l->lo, l->hi));
    }
}

int32_t bl_host_element_code(const struct bl_host_layer *l, int32_t x)
{
    if (l->kind == BL_HOST_RELU)
        return bl_requant(x - l->in[0].zero, l->m0, l->out.zero, l->lo, l->hi);
    const int32_t v = l->lut[(uint8_t)x];
    return l->out.bias && v > 127 ? v - 256 : v;
}

static void element_by_element(const struct bl_host_layer *l, uint8_t *m)
{
    size_t n = (size_t)bl_host_outputs(l);

    for (size_t i = 0; i < n; i++)
        store_value(&l->out, m, i, bl_host_element_code(l, load_value(&l->in[0], m, i)));
}

void bl_host_work(const struct bl_host_layer *l, uint8_t *m)
{
    const struct bl_host_tensor *out = &l->out;

    switch (l->kind) {
    case BL_HOST_COPY:
        memmove(m + out->at, m + l->in[0].at, bl_host_bytes(out));
        break;
    case BL_HOST_MAXPOOL:
    case BL_HOST_AVGPOOL:
        for (uint32_t c = 0; c < out->c; c++)
            for (uint32_t y = 0; y < out->h; y++)
                for (uint32_t x = 0; x < out->w; x++)
                    store_value(out, m, ((size_t)c * out->h + y) * out->w + x, pooled_value(l, m, c, y, x));
        break;
    case BL_HOST_SUBSAMPLE:
        subsample_layer(l, m);
        break;
    case BL_HOST_PAIR:
        pair_layer(l, m);
        break;
    case BL_HOST_MOVE:
        move_layer(l, m);
        break;
    case BL_HOST_TABLE: case BL_HOST_QUANT: case BL_HOST_FLOAT:
        real_layer(l, m);
        break;
    case BL_HOST_SOFTMAX:
        softmax_layer(l, m);
        break;
    default:
        element_by_element(l, m);
    }
}

/* net_narrow.c - precision by layer: an 8-bit net gets fewer bits, by powers of two; or wider words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net.h"

enum { WIDE = 8, MOST_WORD = 16 };

/* Bits of each tensor as it will be stored. Tensors that only moves stand between have one code, so one entry: that of their root. */
struct plan { const struct bl_net *net; const struct bl_narrow *to; uint32_t *root; uint8_t *need; bool *shared; };

static bool is_product(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }

/* Layers whose outputs have the code of their inputs. */
static bool keeps_code(const struct bl_layer *l)
{
    return l->kind == BL_RESHAPE || l->kind == BL_SUBSAMPLE || l->kind == BL_MOVE || l->kind == BL_MAX || l->kind == BL_MIN ||
           (l->kind == BL_AVGPOOL && (l->mean.form == BL_MEAN_CODES || l->mean.form == BL_MEAN_CUT));
}

/* ---- arithmetic ---- */

/* v / 2^n, halves to even. |v| < 2^62, n < 62. */
static int64_t rne(int64_t v, unsigned n)
{
    int64_t unit = INT64_C(1) << n, half = unit >> 1, floor = v >> n, rest = v & (unit - 1);

    return floor + (rest > half || (n && rest == half && (floor & 1)));
}

static int32_t within(int64_t v, int32_t lo, int32_t hi) { return (int32_t)(v < lo ? lo : v > hi ? hi : v); }

struct bl_tensor bl_tensor_wide(const struct bl_tensor *t)
{
    struct bl_tensor wide = *t;

    if (!t->shift)
        return wide;
    wide.bits = t->bits + t->shift;
    wide.scale = ldexpf(t->scale, -(int)t->shift);
    wide.zero = t->wide_zero;
    wide.shift = 0;
    return wide;
}

/* A code of the original as one of what it was narrowed to. */
static int32_t narrow_code(const struct bl_tensor *t, int32_t code)
{
    return within(rne(code - t->wide_zero, t->shift) + t->zero, bl_tensor_min(t), bl_tensor_max(t));
}

static int32_t as_code(const struct bl_tensor *t, uint8_t byte) { return t->dtype == BL_S8 ? (int8_t)byte : byte; }

uint8_t bl_tensor_narrow(const struct bl_tensor *t, uint8_t byte)
{
    return t->shift ? (uint8_t)narrow_code(t, as_code(t, byte)) : byte;
}

/* The byte of the original that stands nearest to a byte of what it was narrowed to. */
static uint8_t widened(const struct bl_tensor *t, uint8_t byte)
{
    const struct bl_tensor wide = bl_tensor_wide(t);
    int64_t code = (int64_t)(as_code(t, byte) - t->zero) * (1 << t->shift) + t->wide_zero;

    return (uint8_t)within(code, bl_tensor_min(&wide), bl_tensor_max(&wide));
}

/* ---- which tensor has how many bits ---- */

static uint32_t root_of(uint32_t *root, uint32_t t)
{
    while (root[t] != t)
        t = root[t] = root[root[t]];
    return t;
}

static void join(struct plan *p, uint32_t a, uint32_t b)
{
    a = root_of(p->root, a);
    b = root_of(p->root, b);
    p->shared[a] |= a != b;
    p->root[b] = a;
}

static unsigned inputs_of(const struct bl_layer *l) { return l->in[1] != l->in[0] && !is_product(l) ? 2 : 1; }

static uint8_t least(unsigned a, unsigned b) { return (uint8_t)(a < b ? a : b); }

/* Bits that layer i asks of its inputs, which have `own`. */
static uint8_t asked(struct plan *p, uint32_t i, unsigned own)
{
    const struct bl_layer *l = &p->net->layers[i];

    if (p->to[i].a)
        return least(p->to[i].a, own);
    return is_product(l) || p->net->tensors[l->out].dtype == BL_REAL ? (uint8_t)own : p->need[root_of(p->root, l->out)];
}

static void find_needs(struct plan *p)
{
    const struct bl_net *net = p->net;
    bool moved = true;

    for (uint32_t i = 0; i < net->nlayers; i++)
        for (unsigned k = 0; keeps_code(&net->layers[i]) && k < 2; k++)
            join(p, net->layers[i].out, net->layers[i].in[k]);
    for (uint32_t t = 0; t < net->ntensors; t++)           /* few bits of a model, and what shares its code, stay */
        if (net->tensors[t].dtype != BL_REAL && (net->tensors[t].bits != WIDE || net->tensors[t].odd))
            p->need[root_of(p->root, t)] = WIDE;
    p->need[root_of(p->root, net->output)] = (uint8_t)net->tensors[net->output].bits;
    for (uint32_t i = 0; i < net->noutputs; i++)
        p->need[root_of(p->root, net->outputs[i])] = (uint8_t)net->tensors[net->outputs[i]].bits;
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].kind == BL_SOFTMAX)             /* its output has one scale only */
            p->need[root_of(p->root, net->layers[i].out)] = (uint8_t)net->tensors[net->layers[i].out].bits;
    while (moved) {
        moved = false;
        for (uint32_t i = net->nlayers; i-- > 0;)
            for (unsigned k = 0; k < inputs_of(&net->layers[i]); k++) {
                uint32_t t = net->layers[i].in[k], r = root_of(p->root, t);
                uint8_t bits = asked(p, i, net->tensors[t].bits);
                moved |= bits > p->need[r];
                p->need[r] = bits > p->need[r] ? bits : p->need[r];
            }
    }
}

/* The bits with which tensor t will be stored. What nobody reads, and a constant operand, stays. */
static unsigned stored(struct plan *p, uint32_t t)
{
    const struct bl_tensor *x = &p->net->tensors[t];
    uint32_t r = root_of(p->root, t);

    return x->dtype == BL_REAL || !p->need[r] || (x->data && r == t && !p->shared[r]) ? x->bits : p->need[r];
}

/* ---- what is refused ---- */

static int refuse(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag, const char *what, unsigned bits, const char *why)
{
    return bl_error(diag, "%s: layer '%s': %u-bit %s: %s", net->name, l->name, bits, what, why);
}

static int check_weights(const struct bl_net *net, const struct bl_layer *l, unsigned w, struct bl_diag *diag)
{
    if (!l->weight)
        return refuse(net, l, diag, "weights", w, "it has none; set w_bits of a convolution or a matrix product");
    if (w > MOST_WORD)
        return refuse(net, l, diag, "weights", w, "expected 1 to 16");
    if (w < l->wbits && l->wbits != WIDE)
        return bl_error(diag, "%s: layer '%s': %u-bit weights: found %u-bit ones already, and only those of 8 bits are narrowed; take %u or more",
                        net->name, l->name, w, l->wbits, l->wbits);
    for (uint32_t o = 0; w == 1 && o < l->cout; o++) {
        bool any = false;
        for (uint32_t i = 0; i < l->k; i++)
            any |= l->weight[(size_t)o * l->k + i] != l->wzero[o];
        if (!any)
            return bl_error(diag, "%s: layer '%s': 1-bit weights: all weights of output %u are 0, and one bit means -1 or +1; take 2 or more", net->name,
                            l->name, o);
    }
    return 0;
}

static int check_inputs(const struct bl_net *net, const struct bl_layer *l, unsigned a, struct bl_diag *diag)
{
    if (a > MOST_WORD)
        return refuse(net, l, diag, "activations", a, "expected 1 to 16");
    if (keeps_code(l))
        return refuse(net, l, diag, "activations", a, "it only moves codes; set a_bits of the layers that read its output");
    for (unsigned k = 0; k < inputs_of(l); k++) {
        const struct bl_tensor *x = &net->tensors[l->in[k]];
        if (x->dtype == BL_REAL)
            return refuse(net, l, diag, "activations", a, "its input is float32; a_bits is about codes");
        if (x->odd)
            return refuse(net, l, diag, "activations", a, "its input has odd codes, which come from a model and stay as they are; leave a_bits out");
        if (a < x->bits && x->bits != WIDE && !x->data)
            return bl_error(diag, "%s: layer '%s': %u-bit activations: found %u-bit ones already, and only those of 8 bits are narrowed; take %u or "
                            "more", net->name, l->name, a, x->bits, x->bits);
    }
    return 0;
}

static int check(const struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (net->narrowed && (to[i].w || to[i].a))
            return bl_error(diag, "%s: layer '%s': found a net that is narrowed already (weights of %u bits, activations of %u); an 8-bit original is narrowed once, "
                            "all layers in one call: 8 to 6 to 4 bits is another net than 8 to 4", net->name, l->name, l->wbits, l->abits);
        if ((to[i].w && check_weights(net, l, to[i].w, diag)) || (to[i].a && check_inputs(net, l, to[i].a, diag)))
            return -1;
    }
    return 0;
}

/* ---- weights ---- */

static bool is_long(const struct bl_layer *l)
{
    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t i = 0; l->wzero[o] && i < l->k; i++)
            if (abs(l->weight[(size_t)o * l->k + i] - l->wzero[o]) > INT8_MAX)
                return true;
    return false;
}

/* Weights to -1 and +1; their mean magnitude goes into the scale, by which the bias is divided. */
static void one_bit(struct bl_layer *l, unsigned dx)
{
    for (uint32_t o = 0; o < l->cout; o++) {
        int64_t sum = 0;
        for (uint32_t i = 0; i < l->k; i++) {
            int8_t *w = &l->weight[(size_t)o * l->k + i];
            int32_t v = *w - l->wzero[o];
            sum += abs(v);
            *w = v >= 0 ? 1 : -1;
        }
        float was = l->wscale[o], alpha = (float)sum / (float)l->k;
        l->wscale[o] = was * alpha;
        l->wzero[o] = 0;
        l->bias[o] = (int32_t)rint((double)l->bias[o] * (double)was / ldexp((double)l->wscale[o], (int)dx));
    }
}

static void fewer_bits(struct bl_layer *l, unsigned bits, unsigned dx)
{
    unsigned dw = bits < WIDE ? WIDE - bits + is_long(l) : 0;
    int32_t top = (1 << (bits - 1)) - 1;

    for (uint32_t o = 0; o < l->cout; o++) {
        for (uint32_t i = 0; dw && i < l->k; i++) {
            int8_t *w = &l->weight[(size_t)o * l->k + i];
            *w = (int8_t)within(rne(*w - l->wzero[o], dw), -top - 1, top);
        }
        if (dw)
            l->wzero[o] = 0;
        l->wscale[o] = ldexpf(l->wscale[o], (int)dw);
        l->bias[o] = (int32_t)rne(l->bias[o], dw + dx);
    }
}

static void narrow_product(const struct bl_net *net, struct bl_layer *l, struct bl_narrow to)
{
    unsigned dx = net->tensors[l->in[0]].shift, w = to.w ? to.w : l->wbits;

    if (w == 1 && l->wbits != 1)
        one_bit(l, dx);
    else
        fewer_bits(l, w < l->wbits ? w : WIDE, dx);
    l->wbits = w;
    l->abits = to.a;
}

/* ---- tables of codes ---- */

/* By code of x, as a byte; y' is what it was by its real value, where the reader has told it. */
static int narrow_lut(struct bl_net *net, struct bl_layer *l)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    uint8_t *lut = bl_net_alloc(net, 256, 1);

    for (int i = 0; lut && i < 256; i++) {
        uint8_t at = widened(x, (uint8_t)i);
        lut[i] = l->reals ? (uint8_t)bl_float_code(l->reals[at], y->scale, y->zero, false, bl_tensor_min(y), bl_tensor_max(y)) : bl_tensor_narrow(y, l->lut[at]);
    }
    l->lut = lut;
    return lut ? 0 : -1;
}

static int narrow_reals(struct bl_net *net, struct bl_layer *l)
{
    float *reals = bl_net_alloc(net, 256, sizeof *reals);

    for (int i = 0; reals && i < 256; i++)
        reals[i] = l->reals[widened(&net->tensors[l->in[0]], (uint8_t)i)];
    l->reals = reals;
    return reals ? 0 : -1;
}

/* By distance from the largest code. */
static int narrow_exps(struct bl_net *net, struct bl_layer *l)
{
    unsigned dx = net->tensors[l->in[0]].shift;
    float *exps = bl_net_alloc(net, 256, sizeof *exps);

    for (unsigned i = 0; exps && i << dx < 256; i++)
        exps[i] = l->exps[i << dx];
    l->exps = exps;
    return exps ? 0 : -1;
}

/* ---- all of it ---- */

static int narrow_layer(struct bl_net *net, struct bl_layer *l, struct bl_narrow to)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    const struct bl_tensor wide = bl_tensor_wide(y);

    if (l->clamped && y->shift) {
        l->lo = l->lo == bl_tensor_min(&wide) ? bl_tensor_min(y) : narrow_code(y, l->lo);
        l->hi = l->hi == bl_tensor_max(&wide) ? bl_tensor_max(y) : narrow_code(y, l->hi);
    }
    if (l->kind == BL_MOVE && y->shift)
        l->fill = narrow_code(y, l->fill);
    if (is_product(l))
        narrow_product(net, l, to);
    if (l->kind == BL_LUT && (x->shift || y->shift))
        return narrow_lut(net, l);
    return !x->shift ? 0 : l->kind == BL_TABLE ? narrow_reals(net, l) : l->kind == BL_SOFTMAX ? narrow_exps(net, l) : 0;
}

static int narrow_tensor(struct bl_net *net, struct bl_tensor *t, unsigned bits)
{
    t->shift = t->bits - bits;
    t->wide_zero = t->zero;
    t->bits = bits;
    t->scale = ldexpf(t->scale, (int)t->shift);
    t->zero = within(rne(t->wide_zero, t->shift), bl_tensor_min(t), bl_tensor_max(t));
    if (!t->data || !t->shift)
        return 0;
    size_t n = bl_tensor_elems(t);
    uint8_t *data = bl_net_alloc(net, n, 1);
    for (size_t i = 0; data && i < n; i++)
        data[i] = bl_tensor_narrow(t, t->data[i]);
    t->data = data;
    return data ? 0 : -1;
}

/* A reader of input k of layer l wants fewer bits than tensor t is stored with: the tensor it reads instead, made by a layer of its own
 * behind *n layers of `list`, unless an earlier reader has it. Tensors from `first` on are such ones. -1: no memory. */
static int64_t rounded_again(struct bl_net *net, uint32_t first, struct bl_layer *list, uint32_t *n, const struct bl_layer *l, uint32_t t, unsigned bits)
{
    struct bl_tensor y = bl_tensor_wide(&net->tensors[t]);
    struct bl_layer round = { .kind = BL_RELU, .in = { t, t }, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1, .rows = 1,
                              .wbits = WIDE };
    size_t room = strlen(l->name) + 16;
    char *name;
    int64_t out;

    for (uint32_t i = 0; i < *n; i++)
        if (list[i].out >= first && list[i].in[0] == t && net->tensors[list[i].out].bits == bits)
            return list[i].out;
    if (!(name = bl_net_alloc(net, room, 1)))
        return -1;
    snprintf(name, room, "%s.a%u", l->name, bits);
    y.name = round.name = name;
    y.data = NULL;
    if (narrow_tensor(net, &y, bits) || (out = bl_net_tensor(net, &y)) < 0)
        return -1;
    round.out = (uint32_t)out;
    list[(*n)++] = round;
    return out;
}

/* The layers anew, with those that round again. */
static int place_layers(struct bl_net *net, const struct plan *p, struct bl_layer *list, uint32_t *n, struct bl_narrow *to)
{
    const uint32_t first = net->ntensors;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct bl_layer l = net->layers[i];
        for (unsigned k = 0; k < inputs_of(&net->layers[i]); k++) {
            const struct bl_tensor *x = &net->tensors[l.in[k]];
            if (!p->to[i].a || x->dtype == BL_REAL || p->to[i].a >= x->bits || (x->data && !is_product(&l)))
                continue;
            int64_t t = rounded_again(net, first, list, n, &l, l.in[k], p->to[i].a);
            if (t < 0)
                return -1;
            l.in[k] = (uint32_t)t;
        }
        if (inputs_of(&net->layers[i]) == 1)
            l.in[1] = l.in[0];
        to[*n] = p->to[i];
        list[(*n)++] = l;
    }
    return 0;
}

static int apply(struct bl_net *net, struct plan *p, struct bl_layer *list, struct bl_narrow *to)
{
    uint32_t n = 0, ntensors = net->ntensors;
    int bad = 0;

    for (uint32_t t = 0; !bad && t < ntensors; t++)
        if (stored(p, t) < net->tensors[t].bits)
            bad = narrow_tensor(net, &net->tensors[t], stored(p, t));
    if (bad || place_layers(net, p, list, &n, to))
        return -1;
    for (uint32_t i = 0; !bad && i < n; i++)
        bad = narrow_layer(net, &list[i], to[i]);
    free(net->layers);
    net->layers = list;
    net->nlayers = n;
    net->narrowed = true;
    return bad;
}

static bool make_plan(struct plan *p, const struct bl_net *net, const struct bl_narrow *to)
{
    *p = (struct plan){ net, to, calloc(net->ntensors, sizeof *p->root), calloc(net->ntensors, 1), calloc(net->ntensors, sizeof *p->shared) };
    for (uint32_t t = 0; p->root && t < net->ntensors; t++)
        p->root[t] = t;
    return p->root && p->need && p->shared;
}

int bl_net_narrow(struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag)
{
    bool any = false;
    struct plan p;

    for (uint32_t i = 0; i < net->nlayers; i++)
        any |= to[i].w || to[i].a;
    if (!any)
        return 0;
    if (!net->finished)
        return bl_error(diag, "%s: the net is not finished; call bl_net_finish first", net->name);
    if (check(net, to, diag))
        return -1;
    size_t most = (size_t)net->nlayers * 3;                /* each with a layer before either input */
    struct bl_layer *list = calloc(most, sizeof *list);
    struct bl_narrow *all = calloc(most, sizeof *all);
    bool enough = make_plan(&p, net, to) && list && all, done = false;
    if (enough) {
        find_needs(&p);
        done = apply(net, &p, list, all) == 0;
        net->cap_layers = net->layers == list ? (uint32_t)most : net->cap_layers;
    }
    if (net->layers != list)
        free(list);
    free(all);
    free(p.root);
    free(p.need);
    free(p.shared);
    return done ? bl_net_finish(net, diag) : bl_error(diag, "%s: no memory to narrow it", net->name);
}

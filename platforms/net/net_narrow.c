/* net_narrow.c - precision by layer: which tensor of an 8-bit net gets how many bits, what is refused, which reader rounds again. What
 * becomes of a layer and of a tensor stands in net_narrow_layer.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/net_narrow_in.h"
#include "platforms/net/quantise.h"

enum { MOST_WORD = 16 };

/* Bits of each tensor as it will be stored. Tensors that only moves stand between have one code, so one entry: that of their root. */
struct plan { const struct bl_net *net; const struct bl_narrow *to; uint32_t *root; uint8_t *need; bool *shared; bool fitted; };

/* Layers whose outputs have the code of their inputs. */
static bool keeps_code(const struct bl_layer *l)
{
    return l->kind == BL_RESHAPE || l->kind == BL_SUBSAMPLE || l->kind == BL_MOVE || l->kind == BL_MAX || l->kind == BL_MIN ||
           (l->kind == BL_AVGPOOL && (l->mean.form == BL_MEAN_CODES || l->mean.form == BL_MEAN_CUT));
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

static unsigned inputs_of(const struct bl_layer *l) { return l->in[1] != l->in[0] && !narrow_product(l) ? 2 : 1; }

static uint8_t least(unsigned a, unsigned b) { return (uint8_t)(a < b ? a : b); }

/* Bits that layer i asks of its inputs, which have `own`. */
static uint8_t asked(struct plan *p, uint32_t i, unsigned own)
{
    const struct bl_layer *l = &p->net->layers[i];

    if (p->to[i].a)
        return least(p->to[i].a, own);
    return narrow_product(l) || p->net->tensors[l->out].dtype == BL_REAL ? (uint8_t)own : p->need[root_of(p->root, l->out)];
}

static void find_needs(struct plan *p)
{
    const struct bl_net *net = p->net;
    bool moved = true;

    for (uint32_t i = 0; i < net->nlayers; i++)
        for (unsigned k = 0; keeps_code(&net->layers[i]) && k < 2; k++)
            join(p, net->layers[i].out, net->layers[i].in[k]);
    for (uint32_t t = 0; t < net->ntensors; t++)           /* few bits of a model, and what shares its code, stay */
        if (net->tensors[t].dtype != BL_REAL && (net->tensors[t].bits != NARROW_FROM || net->tensors[t].odd))
            p->need[root_of(p->root, t)] = NARROW_FROM;
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
    if (w < l->wbits && l->wbits != NARROW_FROM)
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
        if (a < x->bits && x->bits != NARROW_FROM && !x->data)
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

/* ---- all of it ---- */

/* A reader of input k of layer l wants fewer bits than tensor t is stored with: the tensor it reads instead, made by a layer of its own
 * behind *n layers of `list`, unless an earlier reader has it. Tensors from `first` on are such ones. -1: no memory. */
static int64_t rounded_again(struct bl_net *net, uint32_t first, struct bl_layer *list, uint32_t *n, const struct bl_layer *l, uint32_t t, unsigned bits)
{
    struct bl_tensor y = bl_tensor_wide(&net->tensors[t]);
    struct bl_layer round = { .kind = BL_RELU, .in = { t, t }, .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .groups = 1, .rows = 1,
                              .wbits = NARROW_FROM };
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
    if (bl_narrow_tensor(net, &y, bits) || (out = bl_net_tensor(net, &y)) < 0)
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
            if (!p->to[i].a || x->dtype == BL_REAL || p->to[i].a >= x->bits || (x->data && !narrow_product(&l)))
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
            bad = bl_narrow_tensor(net, &net->tensors[t], stored(p, t));
    if (bad || place_layers(net, p, list, &n, to))
        return -1;
    for (uint32_t i = 0; !bad && i < n; i++)
        bad = bl_narrow_layer(net, &list[i], to[i], p->fitted);
    free(net->layers);
    net->layers = list;
    net->nlayers = n;
    net->narrowed = true;
    return bad;
}

static bool make_plan(struct plan *p, const struct bl_net *net, const struct bl_narrow *to, bool fitted)
{
    *p = (struct plan){ net, to, calloc(net->ntensors, sizeof *p->root), calloc(net->ntensors, 1), calloc(net->ntensors, sizeof *p->shared), fitted };
    for (uint32_t t = 0; p->root && t < net->ntensors; t++)
        p->root[t] = t;
    return p->root && p->need && p->shared;
}

static int narrow(struct bl_net *net, const struct bl_narrow *to, bool fitted, struct bl_diag *diag)
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
    bool enough = make_plan(&p, net, to, fitted) && list && all, done = false;
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

int bl_net_narrow(struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag) { return narrow(net, to, false, diag); }
int bl_net_fit(struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag) { return narrow(net, to, true, diag); }

/* net.c - a network's memory, how it is built call by call, and what can be asked of it. Its checks stand in net_finish.c. */
#include "platforms/net/net.h"

#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    uint64_t align;            /* keeps what follows aligned to 16 bytes */
};

static const char *const KIND_NAMES[BL_KINDS] = {
    "conv", "fc", "relu", "maxpool", "avgpool", "add", "mul", "reshape", "subsample", "lut", "sub", "max", "min", "move", "softmax",
    "table", "quant", "float"
};

const char *bl_kind_name(enum bl_kind kind)
{
    return (unsigned)kind < BL_KINDS ? KIND_NAMES[kind] : "?";
}

const char *bl_layer_kind(const struct bl_layer *l) { return l->kind == BL_FLOAT ? bl_float_name(l->real.op) : bl_kind_name(l->kind); }

/* ---- memory ---- */

void *bl_net_alloc(struct bl_net *net, size_t n, size_t size)
{
    struct block *b;

    if (size && n > (SIZE_MAX - sizeof *b) / size)
        return NULL;
    b = calloc(1, sizeof *b + n * size);
    if (!b)
        return NULL;
    b->next = net->blocks;
    net->blocks = b;
    return b + 1;
}

static char *copy_name(struct bl_net *net, const char *s)
{
    size_t n = strlen(s ? s : "") + 1;
    char *c = bl_net_alloc(net, n, 1);

    if (c)
        memcpy(c, s ? s : "", n);
    return c;
}

struct bl_net *bl_net_new(const char *name)
{
    struct bl_net *net = calloc(1, sizeof *net);
    const char *slash = name ? strrchr(name, '/') : NULL;

    if (net && !(net->name = copy_name(net, slash ? slash + 1 : name))) {
        bl_net_free(net);
        return NULL;
    }
    if (net)
        net->ninputs = 1;
    return net;
}

void bl_net_free(struct bl_net *net)
{
    if (!net)
        return;
    for (struct block *b = net->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(net->tensors);
    free(net->layers);
    free(net);
}

/* Room for one more element of *array; -1 without memory. */
static int grow(void **array, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return 0;
    uint32_t more = *cap ? 2 * *cap : 16;
    void *p = more > *cap ? realloc(*array, more * size) : NULL;
    if (!p)
        return -1;
    *array = p;
    *cap = more;
    return 0;
}

int64_t bl_net_tensor(struct bl_net *net, const struct bl_tensor *t)
{
    void *array = net->tensors;
    const char *name = copy_name(net, t->name);

    if (!name || grow(&array, net->ntensors, &net->cap_tensors, sizeof *t))
        return -1;
    net->tensors = array;
    net->tensors[net->ntensors] = *t;
    net->tensors[net->ntensors].name = name;
    if (!t->bits)
        net->tensors[net->ntensors].bits = t->dtype == BL_REAL ? 32 : 8;
    net->finished = false;
    return net->ntensors++;
}

int64_t bl_net_layer(struct bl_net *net, const struct bl_layer *l)
{
    void *array = net->layers;
    const char *name = copy_name(net, l->name);
    struct bl_layer *d;

    if (!name || grow(&array, net->nlayers, &net->cap_layers, sizeof *l))
        return -1;
    net->layers = array;
    d = &net->layers[net->nlayers];
    *d = *l;
    d->name = name;
    uint32_t *ones[] = { &d->kh, &d->kw, &d->stride_h, &d->stride_w, &d->dil_h, &d->dil_w, &d->groups, &d->rows };
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        if (!*ones[i])
            *ones[i] = 1;
    if (!d->wbits)
        d->wbits = 8;
    net->finished = false;
    return net->nlayers++;
}

int bl_net_weights(struct bl_net *net, struct bl_layer *l, uint32_t cout, uint32_t k)
{
    if (!cout || !k || (uint64_t)cout * k > BL_NET_MAX_ELEMS)
        return -1;
    l->cout = cout;
    l->k = k;
    l->weight = bl_net_alloc(net, (size_t)cout * k, 1);
    l->wzero = bl_net_alloc(net, cout, sizeof *l->wzero);
    l->bias = bl_net_alloc(net, cout, sizeof *l->bias);
    l->wscale = bl_net_alloc(net, cout, sizeof *l->wscale);
    l->requant = bl_net_alloc(net, cout, sizeof *l->requant);
    if (!l->weight || !l->wzero || !l->bias || !l->wscale || !l->requant)
        return -1;
    for (uint32_t o = 0; o < cout; o++)
        l->wscale[o] = 1.0f;
    return 0;
}

/* ---- questions ---- */

size_t bl_tensor_elems(const struct bl_tensor *t) { return (size_t)t->c * t->h * t->w; }
size_t bl_tensor_bytes(const struct bl_tensor *t) { return bl_tensor_elems(t) * (t->dtype == BL_REAL ? sizeof(float) : 1); }
size_t bl_net_input_bytes(const struct bl_net *net)
{
    size_t n = 0;

    for (uint32_t i = 0; i < net->ninputs; i++)
        n += bl_tensor_bytes(&net->tensors[net->input + i]);
    return n;
}


static int32_t span_of(const struct bl_tensor *t) { return 1 << (t->bits && t->bits < 8 ? t->bits : 8); }

int32_t bl_tensor_min(const struct bl_tensor *t) { return t->odd ? 1 - span_of(t) : t->dtype == BL_S8 ? -span_of(t) / 2 : 0; }
int32_t bl_tensor_max(const struct bl_tensor *t) { return t->odd ? span_of(t) - 1 : span_of(t) - 1 + bl_tensor_min(t); }

const char *bl_tensor_coding(const struct bl_tensor *t)
{
    return t->dtype == BL_REAL ? "float32" : t->odd ? "odd" : t->dtype == BL_S8 ? "signed" : "unsigned";
}

int32_t bl_tensor_offset(const struct bl_tensor *t) { return t->odd ? span_of(t) : t->dtype == BL_S8 ? span_of(t) / 2 : 0; }

unsigned bl_layer_input_bits(const struct bl_net *net, uint32_t layer)
{
    const struct bl_layer *l = &net->layers[layer];

    return l->abits + net->tensors[l->in[0]].odd;
}

unsigned bl_layer_weight_bits(const struct bl_layer *l) { return l->wbits == 1 ? 2 : l->wbits; }

uint64_t bl_layer_macs(const struct bl_net *net, uint32_t layer)
{
    const struct bl_layer *l = &net->layers[layer];

    if (l->kind != BL_CONV && l->kind != BL_FC)
        return 0;
    return (uint64_t)bl_tensor_elems(&net->tensors[l->out]) * l->k;
}

uint64_t bl_layer_steps(const struct bl_net *net, uint32_t i)
{
    const struct bl_layer *l = &net->layers[i];
    uint64_t cells = bl_tensor_elems(&net->tensors[l->out]);

    if (l->kind == BL_MAXPOOL || l->kind == BL_AVGPOOL)
        return cells * l->kh * l->kw;
    if (l->kind != BL_FLOAT)
        return bl_layer_macs(net, i);
    if (l->real.op == BL_FLOAT_MATMUL)
        return cells * l->real.inner;
    return l->real.op < BL_FLOAT_MAXPOOL ? cells : cells * l->real.kh * l->real.kw * (l->real.op == BL_FLOAT_CONV ? l->real.c / l->real.groups : 1);
}

int32_t bl_layer_folded_bias(const struct bl_net *net, uint32_t layer, uint32_t o)
{
    const struct bl_layer *l = &net->layers[layer];
    int64_t zero = net->tensors[l->in[0]].zero, sum = l->bias[o];
    const int8_t *w = l->weight + (size_t)o * l->k;

    if (zero)
        for (uint32_t i = 0; i < l->k; i++)
            sum += zero * (l->wzero[o] - w[i]);
    return (int32_t)sum;
}

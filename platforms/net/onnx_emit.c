/* onnx_emit.c - values of the graph become tensors and layers: shapes, broadcasting, what a layer makes. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- shapes ---- */

uint64_t onnx_elems(const uint64_t *d, uint32_t rank)
{
    uint64_t n = 1;

    for (uint32_t i = 0; i < rank; i++)
        n *= d[i];
    return n;
}

int onnx_shape(const uint64_t *d, uint32_t rank, struct bl_tensor *t)
{
    uint64_t s[3] = { 1, 1, 1 }, all = 1;

    for (uint32_t i = 0; i < rank; i++) {
        if (!d[i] || d[i] > BL_NET_MAX_ELEMS || all * d[i] > BL_NET_MAX_ELEMS)
            return -1;
        all *= d[i];
    }
    if (rank == 1) {
        s[0] = d[0];
    } else if (rank == 2) {
        memcpy(d[0] == 1 ? s : s + 1, d[0] == 1 ? d + 1 : d, (d[0] == 1 ? 1 : 2) * sizeof *s);
    } else if (rank) {
        memcpy(s, d + rank - 3, sizeof s);
        for (uint32_t i = 0; i + 3 < rank; i++)
            s[0] *= d[i];
    }
    t->c = (uint32_t)s[0];
    t->h = (uint32_t)s[1];
    t->w = (uint32_t)s[2];
    return 0;
}

int onnx_broadcast(const struct onnx *x, const Onnx__NodeProto *n, uint32_t ra, const uint64_t *a, uint32_t rb, const uint64_t *b,
                   uint32_t *rank, uint64_t dims[ONNX_RANK])
{
    *rank = ra > rb ? ra : rb;
    for (uint32_t i = 0; i < *rank; i++) {         /* i counts from the right */
        uint64_t p = i < ra ? a[ra - 1 - i] : 1, q = i < rb ? b[rb - 1 - i] : 1;
        if (p != q && p != 1 && q != 1)
            return onnx_refuse(x, n, "found %llu and %llu elements along dimension %u from the right, expected the same or 1",
                               (unsigned long long)p, (unsigned long long)q, i + 1);
        dims[*rank - 1 - i] = p > q ? p : q;
    }
    return 0;
}

uint64_t onnx_operand(uint64_t i, uint32_t rank, const uint64_t *dims, uint32_t r, const uint64_t *d)
{
    uint64_t at = 0, step = 1;

    for (uint32_t k = 0; k < rank && k < r; k++) {
        uint64_t size = d[r - 1 - k];
        at += size == 1 ? 0 : i % dims[rank - 1 - k] * step;
        i /= dims[rank - 1 - k];
        step *= size;
    }
    return at;
}

/* ---- tensors and layers ---- */

int onnx_take(struct onnx *x, const Onnx__NodeProto *n, uint64_t bytes)
{
    x->taken += bytes;
    return x->taken <= BL_NET_MAX_BYTES ? 0 :
        onnx_refuse(x, n, "with this node the net needs %llu MB of tensors, more than %llu MB; is the input larger than meant?",
                    (unsigned long long)(x->taken >> 20), (unsigned long long)(BL_NET_MAX_BYTES >> 20));
}

int64_t onnx_tensor(struct onnx *x, const Onnx__NodeProto *n, const char *name, uint32_t rank, const uint64_t *dims, const struct code *c,
                    const struct bl_tensor *like)
{
    struct bl_tensor t = { .name = name, .dtype = BL_REAL, .scale = 1.0f };
    int64_t i;

    if (rank > ONNX_RANK || onnx_shape(dims, rank, &t))
        return onnx_refuse(x, n, "found output '%s' of rank %u, expected at most %d and at most %u elements", name, rank, ONNX_RANK, BL_NET_MAX_ELEMS);
    if (like) {
        t.c = like->c;
        t.h = like->h;
        t.w = like->w;
    }
    if (c) {
        t.dtype = c->type;
        t.scale = c->scale;
        t.zero = c->zero;
        t.bits = onnx_bits(c);
        t.odd = c->odd;
    }
    if (onnx_take(x, n, bl_tensor_bytes(&t)))
        return -1;
    i = bl_net_tensor(x->net, &t);
    return i >= 0 ? i : onnx_refuse(x, n, "no memory");
}

int64_t onnx_layer(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
                   const struct code *c, const struct bl_tensor *like)
{
    int64_t t = onnx_tensor(x, n, name, rank, dims, c, like);

    if (t < 0)
        return -1;
    l->name = l->name ? l->name : *onnx_text(n->name) ? n->name : n->output[0];
    l->out = (uint32_t)t;
    return bl_net_layer(x->net, l) < 0 ? onnx_refuse(x, n, "no memory") : t;
}

int onnx_define_like(struct onnx *x, const Onnx__NodeProto *n, const char *name, const struct value *v)
{
    struct value copy = *v, *out = onnx_define(x, name);

    if (!out)
        return onnx_refuse(x, n, "its output '%s' is already made", name);
    copy.name = out->name;
    copy.readers = out->readers;
    copy.reader = out->reader;
    *out = copy;
    return 0;
}

/* The layer's codes are clamped to whatever bits its output has. */
static bool clamps(const struct bl_layer *l)
{
    return l->kind == BL_CONV || l->kind == BL_FC || l->kind == BL_ADD || l->kind == BL_MUL || l->kind == BL_AVGPOOL || l->kind == BL_QUANT;
}

int onnx_emit(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
              const struct code *c, bool codes, const struct bl_tensor *like)
{
    struct value v = { .kind = codes ? VALUE_CODES : c ? VALUE_VIEW : VALUE_FLOAT, .rank = rank };
    struct code few;

    if (codes && clamps(l)) {
        few = *c;
        few.bits = onnx_few(x, name, c);
        c = &few;
    }
    int64_t t = onnx_layer(x, n, l, name, rank, dims, c, like);
    if (t < 0)
        return -1;
    memcpy(v.dims, dims, rank * sizeof *dims);
    v.tensor = (uint32_t)t;
    if (c) {
        v.scale = c->scale;
        v.zero = c->zero;
        v.four = c->four;
    }
    return onnx_define_like(x, n, name, &v);
}

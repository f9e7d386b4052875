/* tflite_value.c - values of the TFLite reader: what an operator may ask about its inputs, and how its outputs become tensors. */
#include "platforms/net/tflite_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "components/requant_work.h"

#define WORK_MOST (BL_NET_MAX_BYTES / 8)           /* bytes of weights and tables that a file may ask for besides its own size */

int tfl_refuse(struct tfl *x, const struct tfl_operator *o, const char *format, ...)
{
    const char *out = o->out.n ? tfl_tensor_out(x, o, 0)->name : "";
    char text[512];
    va_list ap;

    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (o->number < 0)
        return bl_error(x->diag, "%s: %s of the graph: %s", x->file.f.name, o->name, text);
    return bl_error(x->diag, "%s: operator %d %s ('%s'): %s", x->file.f.name, (int)o->number, o->name, out, text);
}

const struct tfl_tensor *tfl_tensor_in(const struct tfl *x, const struct tfl_operator *o, uint32_t i)
{
    return &x->file.tensor[tfl_at(&x->file, o->in, i)];
}

const struct tfl_tensor *tfl_tensor_out(const struct tfl *x, const struct tfl_operator *o, uint32_t i)
{
    return &x->file.tensor[tfl_at(&x->file, o->out, i)];
}

int tfl_spend(struct tfl *x, const struct tfl_operator *o, uint64_t bytes)
{
    x->work += bytes;
    if (bytes <= WORK_MOST && x->work <= WORK_MOST + x->file.f.len)
        return 0;
    return tfl_refuse(x, o, "weights, constants and tables of moved cells take more than %llu MB", (unsigned long long)WORK_MOST >> 20);
}

/* ---- shapes and codes ---- */

bool tfl_is_planes(const struct tfl_tensor *t) { return t->rank == 4 && t->dims[0] == 1; }

void tfl_shape(const struct tfl_tensor *t, struct bl_tensor *out)
{
    uint32_t d[3] = { 1, 1, 1 };

    for (uint32_t i = 0; i < t->rank; i++)                 /* leading dimensions join the first of three */
        d[i + 3 > t->rank ? i + 3 - t->rank : 0] *= t->dims[i];
    out->c = d[0];
    out->h = d[1];
    out->w = d[2];
    if (tfl_is_planes(t)) {
        out->c = t->dims[3];
        out->h = t->dims[1];
        out->w = t->dims[2];
    } else if (out->c == 1 && out->h == 1) {
        out->c = out->w;
        out->w = 1;
    }
}

int tfl_code(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, struct bl_tensor *out)
{
    int64_t zero = flat_item_int(&x->file.f, t->zero, 0, 8);
    float scale = flat_item_float(&x->file.f, t->scale, 0);

    if (t->type == TFL_I16)
        return tfl_refuse(x, o, "tensor '%s' is int16; 16-bit activations are not supported: quantise to int8", t->name);
    if (t->type != TFL_I8 && t->type != TFL_U8)
        return tfl_refuse(x, o, "tensor '%s' is %s; expected int8 or uint8: quantise the whole net to integers", t->name, tfl_type_name(t->type));
    if (t->odd)
        return tfl_refuse(x, o, "tensor '%s' is sparse, a variable or quantised in an unknown way; expected plain int8", t->name);
    if (t->scale.n != 1 || t->zero.n > 1 || !(scale > 0.0f) || !isfinite(scale))
        return tfl_refuse(x, o, "tensor '%s': found %u scales (%g) and %u zero points, expected one positive scale", t->name, t->scale.n,
                          (double)scale, t->zero.n);
    out->dtype = t->type == TFL_I8 ? BL_S8 : BL_U8;
    out->bits = 8;
    out->odd = false;
    if (zero < bl_tensor_min(out) || zero > bl_tensor_max(out))
        return tfl_refuse(x, o, "tensor '%s': found zero point %lld, expected %d to %d", t->name, (long long)zero, (int)bl_tensor_min(out),
                          (int)bl_tensor_max(out));
    out->scale = scale;
    out->zero = (int32_t)zero;
    return 0;
}

int tfl_same_code(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *a, const struct tfl_tensor *b)
{
    struct bl_tensor p, q;

    if (tfl_code(x, o, a, &p) || tfl_code(x, o, b, &q))
        return -1;
    if (p.dtype == q.dtype && p.zero == q.zero && p.scale >= q.scale && p.scale <= q.scale)
        return 0;
    return tfl_refuse(x, o, "'%s' has scale %g and zero point %d, '%s' %g and %d; the operator moves codes, so expected the same", a->name,
                      (double)p.scale, (int)p.zero, b->name, (double)q.scale, (int)q.zero);
}

int64_t tfl_axis(struct tfl *x, const struct tfl_operator *o, int64_t axis, uint32_t rank)
{
    int64_t a = axis < 0 ? axis + rank : axis;

    return a >= 0 && a < rank ? a : tfl_refuse(x, o, "found axis %lld of a tensor of rank %u", (long long)axis, rank);
}

/* Planes of one cell are rows. */
static uint32_t order(uint32_t planes, uint64_t cells) { return planes == cells ? 1 : planes; }

/* ---- inputs ---- */

/* The cells of a constant in the order of the net. */
static int64_t constant(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, struct tfl_value *v)
{
    struct bl_tensor c = { .name = t->name };
    uint32_t planes = tfl_is_planes(t) ? t->dims[3] : 1;
    uint64_t n = t->elems;

    if (tfl_code(x, o, t, &c) || !n || tfl_spend(x, o, n))
        return n ? -1 : tfl_refuse(x, o, "constant '%s' is empty", t->name);
    uint8_t *data = bl_net_alloc(x->net, n, 1);
    if (!data)
        return tfl_refuse(x, o, "no memory");
    for (uint64_t i = 0; i < n; i++)
        data[i % planes * (n / planes) + i / planes] = t->data[i];
    tfl_shape(t, &c);
    c.data = data;
    int64_t at = bl_net_tensor(x->net, &c);
    if (at < 0)
        return tfl_refuse(x, o, "no memory");
    *v = (struct tfl_value){ TFL_CODES, (uint32_t)at, order(planes, n) };
    return at;
}

const struct tfl_value *tfl_in(struct tfl *x, const struct tfl_operator *o, uint32_t i)
{
    int64_t at = tfl_at(&x->file, o->in, i);

    if (at < 0) {
        tfl_refuse(x, o, "input %u is left out", i);
        return NULL;
    }
    const struct tfl_tensor *t = &x->file.tensor[at];
    struct tfl_value *v = &x->value[at];
    if (v->kind == TFL_CODES || (v->kind == TFL_CONST && constant(x, o, t, v) >= 0))
        return v;
    if (v->kind == TFL_NONE)
        tfl_refuse(x, o, "input '%s' has no data and is made by no operator before", t->name);
    else if (v->kind != TFL_CONST)
        tfl_refuse(x, o, "input '%s' is %s; expected int8 or uint8: quantise the whole net to integers (operators in float are not supported)", t->name,
                   v->kind == TFL_SIZES ? "a shape" : "float32");
    return NULL;
}

int tfl_ints(struct tfl *x, const struct tfl_operator *o, uint32_t i, int64_t *out, uint32_t most)
{
    int64_t at = tfl_at(&x->file, o->in, i);
    const struct tfl_tensor *t = at < 0 ? NULL : &x->file.tensor[at];

    if (!t || !t->data || (t->type != TFL_I32 && t->type != TFL_I64) || t->elems > most)
        return tfl_refuse(x, o, "input %u ('%s'): expected at most %u constant int32", i, t ? t->name : "left out", most);
    unsigned size = t->type == TFL_I32 ? 4 : 8;
    struct flat_vector v = { (uint32_t)(t->data - x->file.f.bytes), (uint32_t)t->elems };
    for (uint32_t k = 0; k < v.n; k++)
        out[k] = flat_item_int(&x->file.f, v, k, size);
    return (int)v.n;
}

/* ---- outputs ---- */

/* A name that no tensor of the net has: with the number of the file's tensor where its own is taken. */
static const char *unique(const struct tfl *x, int64_t at, char text[TFL_NAME + 16])
{
    const char *name = x->file.tensor[at].name;

    snprintf(text, TFL_NAME + 16, "%s", name);
    for (uint32_t i = 0; i < x->net->ntensors; i++)
        if (!strcmp(x->net->tensors[i].name, name)) {
            snprintf(text, TFL_NAME + 16, "%s#%lld", name, (long long)at);
            break;
        }
    return text;
}

int64_t tfl_new(struct tfl *x, const struct tfl_operator *o, uint32_t i, uint32_t c, uint32_t h, uint32_t w, uint32_t planes)
{
    int64_t at = tfl_at(&x->file, o->out, i);
    const struct tfl_tensor *t = &x->file.tensor[at];
    char name[TFL_NAME + 16];
    struct bl_tensor y = { .name = unique(x, at, name), .c = c, .h = h, .w = w };
    int64_t n;

    if (tfl_code(x, o, t, &y))
        return -1;
    if ((uint64_t)c * h * w != t->elems || !t->elems)
        return tfl_refuse(x, o, "found %llu cells in output '%s', expected %u x %u x %u", (unsigned long long)t->elems, t->name, c, h, w);
    if (x->value[at].kind != TFL_NONE)
        return tfl_refuse(x, o, "output '%s' is an input, a constant or made twice", t->name);
    if ((n = bl_net_tensor(x->net, &y)) < 0)
        return tfl_refuse(x, o, "no memory");
    x->value[at] = (struct tfl_value){ TFL_CODES, (uint32_t)n, order(planes, t->elems) };
    return n;
}

int tfl_emit(struct tfl *x, const struct tfl_operator *o, struct bl_layer *l, int64_t out)
{
    if (out < 0)
        return -1;
    l->out = (uint32_t)out;
    l->name = x->net->tensors[out].name;
    return bl_net_layer(x->net, l) < 0 ? tfl_refuse(x, o, "no memory") : 0;
}

int tfl_activation(struct tfl *x, const struct tfl_operator *o, uint64_t act, const struct bl_tensor *y, struct bl_layer *l)
{
    static const struct { float lo, hi; } CLIP[] = { { -INFINITY, INFINITY }, { 0.0f, INFINITY }, { -1.0f, 1.0f }, { 0.0f, 6.0f } };

    if (act > 3)
        return tfl_refuse(x, o, "fused activation %llu is not supported; expected none, RELU, RELU_N1_TO_1 or RELU6", (unsigned long long)act);
    float lo = CLIP[act].lo / y->scale, hi = CLIP[act].hi / y->scale;
    l->clamped = true;
    l->lo = lo > -1024.0f ? bl_requant_whole(bl_round_away((double)lo), y->zero, bl_tensor_min(y), bl_tensor_max(y)) : bl_tensor_min(y);
    l->hi = hi < 1024.0f ? bl_requant_whole(bl_round_away((double)hi), y->zero, bl_tensor_min(y), bl_tensor_max(y)) : bl_tensor_max(y);
    l->relu = act == 1 || act == 3;
    return 0;
}

/* ---- the order of cells ---- */

static uint64_t place(uint64_t i, uint64_t n, uint32_t planes) { return i % planes * (n / planes) + i / planes; }

/* Constants are moved here and now. */
static int64_t moved_constant(struct tfl *x, const struct tfl_operator *o, const uint32_t *from, struct bl_tensor *to, const uint8_t *data)
{
    size_t n = bl_tensor_elems(to);
    uint8_t *bytes = bl_net_alloc(x->net, n, 1);
    int64_t at;

    for (size_t i = 0; bytes && i < n; i++)
        bytes[i] = data[from[i]];
    to->data = bytes;
    at = bytes ? bl_net_tensor(x->net, to) : -1;
    return at >= 0 ? at : tfl_refuse(x, o, "no memory");
}

int64_t tfl_arranged(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, const struct tfl_value *v, uint32_t c,
                     uint32_t h, uint32_t w, uint32_t planes)
{
    const struct tfl_value from = *v;
    struct bl_tensor to = x->net->tensors[from.tensor];
    uint64_t n = t->elems;
    bool same = true;

    planes = order(planes, n);
    if (to.c == c && to.h == h && to.w == w && from.planes == planes)
        return from.tensor;
    if (tfl_spend(x, o, n * sizeof(uint32_t)))
        return -1;
    uint32_t *table = bl_net_alloc(x->net, n, sizeof *table);
    if (!table)
        return tfl_refuse(x, o, "no memory");
    for (uint64_t i = 0; i < n; i++) {
        uint64_t a = place(i, n, from.planes), b = place(i, n, planes);
        table[b] = (uint32_t)a;
        same &= a == b;
    }
    to.c = c;
    to.h = h;
    to.w = w;
    if (to.data)
        return moved_constant(x, o, table, &to, to.data);
    struct bl_layer l = { .kind = same ? BL_RESHAPE : BL_MOVE, .in = { from.tensor, from.tensor }, .from = same ? NULL : table, .fill = to.zero };
    int64_t at = bl_net_tensor(x->net, &to);
    return at < 0 ? tfl_refuse(x, o, "no memory") : tfl_emit(x, o, &l, at) ? -1 : at;
}

int64_t tfl_natural(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, const struct tfl_value *v)
{
    struct bl_tensor s;

    tfl_shape(t, &s);
    return tfl_arranged(x, o, t, v, s.c, s.h, s.w, tfl_is_planes(t) ? s.c : 1);
}

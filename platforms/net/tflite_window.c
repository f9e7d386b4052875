/* tflite_window.c - pooling, means and maxima over axes of .tflite files. */
#include "platforms/net/tflite_read.h"

#include <string.h>

static int strides(struct tfl *x, const struct tfl_operator *o, struct bl_layer *l)
{
    struct flat *f = &x->file.f;
    int64_t v[4] = { flat_int(f, &o->options, 2, 4, 0), flat_int(f, &o->options, 1, 4, 0), flat_int(f, &o->options, 4, 4, 0),
                     flat_int(f, &o->options, 3, 4, 0) };

    for (int i = 0; i < 4; i++)
        if (v[i] < 1 || v[i] > 1 << 16)
            return tfl_refuse(x, o, "found stride or window %lld, expected 1 to 65536", (long long)v[i]);
    l->stride_h = (uint32_t)v[0];
    l->stride_w = (uint32_t)v[1];
    l->kh = (uint32_t)v[2];
    l->kw = (uint32_t)v[3];
    return 0;
}

int tfl_pool(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    const struct tfl_value *v = tfl_in(x, o, 0);
    struct bl_layer l = { .kind = o->code == 1 ? BL_AVGPOOL : BL_MAXPOOL, .mean = { .form = BL_MEAN_CODES } };
    uint64_t padding = flat_uint(&x->file.f, &o->options, 0, 1, 0);

    if (!v || strides(x, o, &l))
        return -1;
    if (!tfl_is_planes(in) || padding > 1)
        return tfl_refuse(x, o, "found an input of rank %u and padding %llu, expected 1 x H x W x C and SAME (0) or VALID (1)", in->rank,
                          (unsigned long long)padding);
    uint32_t h = tfl_window(!padding, in->dims[1], l.kh, l.stride_h, 1, &l.pad_t, &l.pad_b);
    uint32_t w = tfl_window(!padding, in->dims[2], l.kw, l.stride_w, 1, &l.pad_l, &l.pad_r), c = in->dims[3];
    if (!h || !w || !tfl_is_planes(y) || y->dims[1] != h || y->dims[2] != w || y->dims[3] != c)
        return tfl_refuse(x, o, "output '%s' has another shape than what follows from windows of %u x %u, 1 x %u x %u x %u", y->name, l.kh, l.kw,
                          h, w, c);
    int64_t from = tfl_natural(x, o, in, v);
    if (from < 0 || tfl_same_code(x, o, in, y))
        return -1;
    l.in[0] = l.in[1] = (uint32_t)from;
    int64_t out = tfl_new(x, o, 0, c, h, w, c);
    if (out < 0 || tfl_activation(x, o, flat_uint(&x->file.f, &o->options, 5, 1, 0), &x->net->tensors[out], &l))
        return -1;
    return tfl_emit(x, o, &l, out);
}

/* ---- over axes ---- */

struct reduce { bool over[TFL_RANK]; uint32_t n, outer; };

static int axes(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *in, struct reduce *r)
{
    int64_t axis[TFL_RANK];
    int n = tfl_ints(x, o, 1, axis, TFL_RANK);
    uint64_t cells = 1;

    memset(r, 0, sizeof *r);
    for (int i = 0; i < n; i++) {
        int64_t a = tfl_axis(x, o, axis[i], in->rank);
        if (a < 0)
            return -1;
        r->over[a] = true;
    }
    if (n <= 0)
        return n < 0 ? -1 : tfl_refuse(x, o, "found no axes");
    for (uint32_t i = 0; i < in->rank; i++)
        cells *= r->over[i] ? in->dims[i] : 1;
    if (!cells || cells > 1 << 16)
        return tfl_refuse(x, o, "found %llu cells to one, expected 1 to 65536", (unsigned long long)cells);
    r->n = (uint32_t)cells;
    r->outer = (uint32_t)(in->elems / cells);
    return 0;
}

/* The cells of the input in an order in which those that become one are neighbours. */
static int64_t gathered(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *in, const struct tfl_value *v, const struct reduce *r)
{
    const struct bl_tensor from = x->net->tensors[v->tensor];
    struct bl_tensor to = from;
    uint32_t *table, planes = v->planes, tensor = v->tensor;

    if (tfl_spend(x, o, in->elems * sizeof *table))
        return -1;
    if (from.data || !(table = bl_net_alloc(x->net, in->elems, sizeof *table)))
        return tfl_refuse(x, o, from.data ? "its input is a constant" : "no memory");
    for (uint64_t i = 0; i < in->elems; i++) {
        uint64_t rest = i, outer = 0, inner = 0, go = 1, gi = 1;
        for (uint32_t a = in->rank; a-- > 0; rest /= in->dims[a]) {
            uint64_t *at = r->over[a] ? &inner : &outer, *step = r->over[a] ? &gi : &go;
            *at += rest % in->dims[a] * *step;
            *step *= in->dims[a];
        }
        table[outer * r->n + inner] = (uint32_t)(i % planes * (in->elems / planes) + i / planes);
    }
    to.c = r->outer;
    to.h = 1;
    to.w = r->n;
    struct bl_layer l = { .kind = BL_MOVE, .in = { tensor, tensor }, .from = table, .fill = to.zero };
    int64_t at = bl_net_tensor(x->net, &to);
    return at < 0 ? tfl_refuse(x, o, "no memory") : tfl_emit(x, o, &l, at) ? -1 : at;
}

/* MEAN over rows and columns, or columns, of images is a kernel of its own; over other axes it rounds in another way. */
static int64_t reduce_input(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *in, const struct tfl_value *v,
                            const struct reduce *r, struct bl_layer *l, bool image)
{
    if (!image) {
        l->kh = 1;
        l->kw = r->n;
        return gathered(x, o, in, v, r);
    }
    l->kh = r->over[1] ? in->dims[1] : 1;
    l->kw = in->dims[2];
    return tfl_natural(x, o, in, v);
}

static enum bl_mean_form form_of(const struct tfl *x, const struct bl_tensor *a, const struct bl_tensor *y, bool image)
{
    bool same = a->dtype == y->dtype && a->zero == y->zero && a->scale >= y->scale && a->scale <= y->scale;

    if (x->net->rule == BL_Q31)
        return BL_MEAN_Q31;
    return image ? BL_MEAN_XNN : same ? BL_MEAN_CUT : BL_MEAN_REAL;
}

int tfl_reduce(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *in = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    const struct tfl_value *v = tfl_in(x, o, 0);
    struct bl_layer l = { .kind = o->code == 40 ? BL_AVGPOOL : BL_MAXPOOL };
    struct reduce r;
    struct bl_tensor a, b;

    if (!v || axes(x, o, in, &r) || tfl_code(x, o, in, &a) || tfl_code(x, o, y, &b))
        return -1;
    if (y->elems != r.outer || a.dtype != b.dtype || (l.kind == BL_MAXPOOL && tfl_same_code(x, o, in, y)))
        return y->elems == r.outer && a.dtype == b.dtype ? -1 :
            tfl_refuse(x, o, "output '%s' has %llu cells, expected %u of the input's type", y->name, (unsigned long long)y->elems, r.outer);
    bool image = tfl_is_planes(in) && !r.over[0] && !r.over[3] && r.over[2];
    int64_t from = reduce_input(x, o, in, v, &r, &l, image);
    if (from < 0)
        return -1;
    l.in[0] = l.in[1] = (uint32_t)from;
    l.stride_h = l.stride_w = 1;
    l.mean.form = form_of(x, &a, &b, image);
    struct bl_tensor made = x->net->tensors[from];
    /* rows of images become 1 x H x C: planes still, cells c of H */
    return tfl_emit(x, o, &l, tfl_new(x, o, 0, made.c, image ? made.h / l.kh : made.h, 1, image ? made.c : 1));
}

/* onnx_moves.c - operators that give elements another place or shape: Reshape, Transpose, Slice, Concat, Pad, Resize and the like. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* Activations of any kind. */
static struct value *any_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v && !onnx_is_const(v))
        return v;
    onnx_refuse(x, n, "input %zu ('%s') is a constant, expected activations; fold it when exporting", i, i < n->n_input ? n->input[i] : "");
    return NULL;
}

/* 0, or -1 after an error: none, or too many. */
static int sizes_fit(const struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims)
{
    uint64_t all = 1;

    for (uint32_t i = 0; i < rank; i++)
        if (!dims[i] || dims[i] > BL_NET_MAX_ELEMS || (all *= dims[i]) > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found an output without elements, or of more than %u", BL_NET_MAX_ELEMS);
    return 0;
}

static uint32_t *new_map(struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims)
{
    if (sizes_fit(x, n, rank, dims) || onnx_take(x, n, onnx_elems(dims, rank) * sizeof(uint32_t)))
        return NULL;
    uint32_t *from = bl_net_alloc(x->net, onnx_elems(dims, rank), sizeof *from);
    if (!from)
        onnx_refuse(x, n, "no memory");
    return from;
}

static int wrapped(const struct onnx *x, const Onnx__NodeProto *n, int64_t axis, uint32_t rank, uint32_t *out)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return onnx_refuse(x, n, "found axis %lld for an input of rank %u", (long long)axis, rank);
    *out = (uint32_t)(axis < 0 ? axis + rank : axis);
    return 0;
}

/* A value that only changes its dimensions; a layer where channels, rows and columns are others. */
static int reshaped(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint32_t rank, const uint64_t *dims)
{
    struct value out = *v;
    struct bl_tensor t;

    if (rank > ONNX_RANK || onnx_shape(dims, rank, &t))
        return onnx_refuse(x, n, "the new shape has rank %u, expected at most %d", rank, ONNX_RANK);
    int64_t made = onnx_reshaped(x, n, v->tensor, t.c, t.h, t.w);
    if (made < 0)
        return -1;
    out.tensor = (uint32_t)made;
    out.has_float = out.input = false;
    out.rank = rank;
    memcpy(out.dims, dims, rank * sizeof *dims);
    return onnx_define_like(x, n, n->output[0], &out);
}

int onnx_identity(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *v = onnx_in(x, n, 0);
    float training = 0.0f;
    struct value out = *v;

    if (onnx_op_is(n, "Dropout") && n->n_input > 2 && *n->input[2] && (onnx_scalar(x, n, 2, "training_mode", &training) || training > 0.0f))
        return onnx_refuse(x, n, "training_mode is not 0; export for inference");
    out.input = false;
    return onnx_define_like(x, n, n->output[0], &out);
}

/* ---- shapes ---- */

static int flat_shape(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    int64_t axis = onnx_attr_int(n, "axis", 1);

    if (axis < 0)
        axis += in->rank;
    if (axis < 0 || axis > in->rank)
        return onnx_refuse(x, n, "found axis %lld for an input of rank %u", (long long)axis, in->rank);
    *rank = 2;
    dims[0] = dims[1] = 1;
    for (uint32_t i = 0; i < in->rank; i++)
        dims[i >= (uint64_t)axis] *= in->dims[i];
    return 0;
}

static int new_shape(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    uint64_t total = onnx_elems(in->dims, in->rank), known = 1;
    int64_t d[ONNX_RANK];
    int open = -1, count = onnx_numbers(x, n, NULL, 1, d, ONNX_RANK);

    if (count < 0)
        return -1;
    *rank = (uint32_t)count;
    for (int i = 0; i < count; i++) {
        if (d[i] < -1 || d[i] > BL_NET_MAX_ELEMS || (d[i] == -1 && open >= 0) || (!d[i] && i >= (int)in->rank))
            return onnx_refuse(x, n, "found %lld in the shape", (long long)d[i]);
        open = d[i] == -1 ? i : open;
        dims[i] = d[i] == -1 ? 1 : d[i] ? (uint64_t)d[i] : in->dims[i];
        if (dims[i] > BL_NET_MAX_ELEMS / known)
            return onnx_refuse(x, n, "the shape has more than %u elements", BL_NET_MAX_ELEMS);
        known *= dims[i];
    }
    if (open >= 0)
        dims[open] = total / known;
    return total == known * (open >= 0 ? dims[open] : 1) ? 0 :
           onnx_refuse(x, n, "the shape has not the %llu elements of the input", (unsigned long long)total);
}

static int squeezed(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    int64_t axes[ONNX_RANK];
    int count = onnx_numbers(x, n, "axes", 1, axes, ONNX_RANK);
    bool gone[ONNX_RANK] = { false };
    uint32_t a = 0;

    if (count < 0)
        return -1;
    for (uint32_t i = 0; i < in->rank; i++)            /* without axes all of size 1, the batch too */
        gone[i] = !count && in->dims[i] == 1;
    for (int i = 0; i < count; i++) {
        if (wrapped(x, n, axes[i], in->rank, &a))
            return -1;
        if (in->dims[a] != 1)
            return onnx_refuse(x, n, "found %llu elements along axis %u, expected 1", (unsigned long long)in->dims[a], a);
        gone[a] = true;
    }
    for (uint32_t i = 0; i < in->rank; i++)
        if (!gone[i])
            dims[(*rank)++] = in->dims[i];
    return 0;
}

static int unsqueezed(const struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint32_t *rank, uint64_t *dims)
{
    int64_t axes[ONNX_RANK];
    int count = onnx_numbers(x, n, "axes", 1, axes, ONNX_RANK);
    bool is_new[ONNX_RANK] = { false };
    uint32_t a = 0, k = 0;

    if (count < 0)
        return -1;
    if (in->rank + (uint32_t)count > ONNX_RANK || !count)
        return onnx_refuse(x, n, "found %d axes for an input of rank %u, expected 1 to %u", count, in->rank, ONNX_RANK - in->rank);
    *rank = in->rank + (uint32_t)count;
    for (int i = 0; i < count; i++) {
        if (wrapped(x, n, axes[i], *rank, &a))
            return -1;
        if (is_new[a])
            return onnx_refuse(x, n, "found axis %u twice", a);
        is_new[a] = true;
    }
    for (uint32_t i = 0; i < *rank; i++)
        dims[i] = is_new[i] ? 1 : in->dims[k++];
    return 0;
}

int onnx_reshape(struct onnx *x, const Onnx__NodeProto *n)
{
    static const struct { const char *op; int (*shape)(const struct onnx *, const Onnx__NodeProto *, const struct value *, uint32_t *, uint64_t *); } SHAPES[] = {
        { "Flatten", flat_shape }, { "Reshape", new_shape }, { "Squeeze", squeezed }, { "Unsqueeze", unsqueezed } };
    struct value *in = any_in(x, n, 0);
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;

    for (size_t i = 0; in && i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (onnx_op_is(n, SHAPES[i].op))
            return SHAPES[i].shape(x, n, in, &rank, dims) ? -1 : reshaped(x, n, in, rank, dims);
    return -1;
}

/* ---- one element, one place ---- */

int onnx_transpose(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = any_in(x, n, 0);
    const Onnx__AttributeProto *perm = onnx_attr(n, "perm");
    uint64_t dims[ONNX_RANK], step[ONNX_RANK], all = 1;
    uint32_t seen = 0, *from, order[ONNX_RANK];

    if (!in)
        return -1;
    if (perm && perm->n_ints != in->rank)
        return onnx_refuse(x, n, "attribute 'perm': found %zu numbers for an input of rank %u", perm->n_ints, in->rank);
    for (uint32_t i = in->rank; i-- > 0; all *= in->dims[i])
        step[i] = all;
    for (uint32_t i = 0; i < in->rank; i++) {
        int64_t p = perm ? perm->ints[i] : (int64_t)(in->rank - 1 - i);
        if (p < 0 || p >= (int64_t)in->rank || seen >> p & 1)
            return onnx_refuse(x, n, "attribute 'perm': found %lld, expected each axis once", (long long)p);
        seen |= 1u << p;
        order[i] = (uint32_t)p;
        dims[i] = in->dims[p];
    }
    uint32_t before = 0;
    bool moves = false;
    for (uint32_t i = 0; i < in->rank; i++) {          /* axes of size 1 do not count */
        if (dims[i] == 1)
            continue;
        moves |= order[i] < before;
        before = order[i];
    }
    if (!moves)
        return reshaped(x, n, in, in->rank, dims);
    if (!(from = new_map(x, n, in->rank, dims)))
        return -1;
    for (uint64_t i = 0; i < all; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t d = in->rank; d-- > 0; rest /= dims[d])
            at += rest % dims[d] * step[order[d]];
        from[i] = (uint32_t)at;
    }
    return onnx_move(x, n, in, n->output[0], in->rank, dims, from, 0.0f);
}

/* Output element i along each axis is element at[axis][i] of the input, -1: filling. The lists belong to the caller. */
static int pick(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const char *name, const uint64_t *dims, int64_t *const *at, float fill)
{
    uint32_t *from = new_map(x, n, in->rank, dims);
    uint64_t all = onnx_elems(dims, in->rank);

    if (!from)
        return -1;
    for (uint64_t i = 0; i < all; i++) {
        uint64_t rest = i, to = 0, step = 1;
        bool none = false;
        for (uint32_t d = in->rank; d-- > 0; rest /= dims[d]) {
            int64_t k = at[d] ? at[d][rest % dims[d]] : (int64_t)(rest % dims[d]);
            none |= k < 0;
            to += (uint64_t)(k < 0 ? 0 : k) * step;
            step *= in->dims[d];
        }
        from[i] = none ? BL_MOVE_FILL : (uint32_t)to;
    }
    return onnx_move(x, n, in, name, in->rank, dims, from, fill);
}

static int64_t clamped(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

int onnx_slice(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = any_in(x, n, 0);
    int64_t from[ONNX_RANK], to[ONNX_RANK], axes[ONNX_RANK], steps[ONNX_RANK], *at[ONNX_RANK] = { NULL };
    int count = in ? onnx_numbers(x, n, "starts", 1, from, ONNX_RANK) : -1, named, stepped;
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0, seen = 0;

    if (count < 0 || onnx_numbers(x, n, "ends", 2, to, ONNX_RANK) != count || (named = onnx_numbers(x, n, "axes", 3, axes, ONNX_RANK)) < 0 ||
        (stepped = onnx_numbers(x, n, NULL, 4, steps, ONNX_RANK)) < 0 || (named && named != count) || (stepped && stepped != count))
        return count < 0 ? -1 : onnx_refuse(x, n, "starts, ends, axes and steps are not as many");
    memcpy(dims, in->dims, sizeof dims);
    for (int i = 0; i < count; i++) {
        int64_t step = stepped ? steps[i] : 1;
        if (wrapped(x, n, named ? axes[i] : i, in->rank, &a))
            return -1;
        if (!step || seen >> a & 1 || step <= -(int64_t)BL_NET_MAX_ELEMS || step >= (int64_t)BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found step %lld or axis %u twice", (long long)step, a);
        seen |= 1u << a;
        int64_t size = (int64_t)in->dims[a], b = from[i] < 0 ? from[i] + size : from[i], e = to[i] < 0 && to[i] >= -size ? to[i] + size : to[i];
        b = step > 0 ? clamped(b, 0, size) : clamped(b, 0, size - 1);
        e = step > 0 ? clamped(e, 0, size) : clamped(e, -1, size);
        int64_t many = step > 0 ? (e - b + step - 1) / step : (b - e - step - 1) / -step;
        if (many < 1 || !(at[a] = bl_net_alloc(x->net, (size_t)many, sizeof **at)))
            return onnx_refuse(x, n, "nothing is left along axis %u", a);
        dims[a] = (uint64_t)many;
        for (int64_t k = 0; k < many; k++)
            at[a][k] = b + k * step;
    }
    return pick(x, n, in, n->output[0], dims, at, 0.0f);
}

int onnx_split(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = any_in(x, n, 0);
    int64_t sizes[256], *at[ONNX_RANK] = { NULL }, first = 0, want = onnx_attr_int(n, "num_outputs", (int64_t)n->n_output);
    int count = in ? onnx_numbers(x, n, "split", 1, sizes, 256) : -1;
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (count < 0 || wrapped(x, n, onnx_attr_int(n, "axis", 0), in->rank, &a))
        return -1;
    int64_t size = (int64_t)in->dims[a], each = want > 0 ? (size + want - 1) / want : 0;
    if (want != (int64_t)n->n_output || (count && count != (int)n->n_output) || n->n_output > 256)
        return onnx_refuse(x, n, "found %zu outputs, expected %lld", n->n_output, (long long)(count ? count : want));
    for (size_t i = 0; i < n->n_output; i++, first += each) {
        if (!count && onnx_attr(n, "num_outputs") == NULL && size % want)
            return onnx_refuse(x, n, "%lld elements are not split evenly in %lld", (long long)size, (long long)want);
        each = count ? sizes[i] : each;
        int64_t many = each < size - first ? each : size - first;
        if (many < 1 || (count && (each != many || (i + 1 == n->n_output && first + each != size))))
            return onnx_refuse(x, n, "the parts do not add up to the %lld elements along axis %u, or one is empty", (long long)size, a);
        if (!*n->output[i])
            continue;
        if (!(at[a] = bl_net_alloc(x->net, (size_t)many, sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        memcpy(dims, in->dims, sizeof dims);
        dims[a] = (uint64_t)many;
        for (int64_t k = 0; k < many; k++)
            at[a][k] = first + k;
        if (pick(x, n, in, n->output[i], dims, at, 0.0f))
            return -1;
    }
    return 0;
}

int onnx_gather(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = any_in(x, n, 0);
    int64_t index[ONNX_KNOWN], *at[ONNX_RANK] = { NULL };
    int count = in ? onnx_numbers(x, n, NULL, 1, index, ONNX_KNOWN) : -1;
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (count < 0 || wrapped(x, n, onnx_attr_int(n, "axis", 0), in->rank, &a))
        return -1;
    const Onnx__TensorProto *t = onnx_in(x, n, 1)->t;
    if (count < 1 || t->n_dims > 1)
        return onnx_refuse(x, n, "found indices of rank %zu, expected a number or a vector", t->n_dims);
    for (int i = 0; i < count; i++) {
        index[i] += index[i] < 0 ? (int64_t)in->dims[a] : 0;
        if (index[i] < 0 || index[i] >= (int64_t)in->dims[a])
            return onnx_refuse(x, n, "found index %lld, expected one below %llu", (long long)index[i], (unsigned long long)in->dims[a]);
    }
    at[a] = index;
    memcpy(dims, in->dims, sizeof dims);
    dims[a] = (uint64_t)count;
    if (t->n_dims)
        return pick(x, n, in, n->output[0], dims, at, 0.0f);
    if (pick(x, n, in, n->output[0], dims, at, 0.0f))      /* a number: the axis goes */
        return -1;
    struct value *out = onnx_find(x, n->output[0]);
    memmove(out->dims + a, out->dims + a + 1, (out->rank - a - 1) * sizeof *out->dims);
    out->rank--;
    struct bl_tensor s;
    if (onnx_shape(out->dims, out->rank, &s))
        return -1;
    int64_t made = onnx_reshaped(x, n, out->tensor, s.c, s.h, s.w);
    out->tensor = (uint32_t)made;
    return made < 0 ? -1 : 0;
}

/* ---- Pad, Resize ---- */

/* Where element i of an axis of n, padded by `before`, comes from; -1: filling. */
static int64_t padded(int64_t i, int64_t before, int64_t n, int mode)
{
    int64_t k = i - before, period = 2 * (n - 1);

    if (k >= 0 && k < n)
        return k;
    if (mode == 0)
        return -1;
    if (mode == 1)
        return k < 0 ? 0 : n - 1;
    if (n == 1)
        return 0;
    k = (k % period + period) % period;
    return k < n ? k : period - k;
}

int onnx_pad(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = any_in(x, n, 0);
    int64_t pads[2 * ONNX_RANK], axes[ONNX_RANK], *at[ONNX_RANK] = { NULL };
    int count = in ? onnx_numbers(x, n, "pads", 1, pads, 2 * ONNX_RANK) : -1, named = count < 0 ? -1 : onnx_numbers(x, n, NULL, 3, axes, ONNX_RANK);
    int mode = !onnx_attr(n, "mode") || onnx_attr_is(n, "mode", "constant") ? 0 : onnx_attr_is(n, "mode", "edge") ? 1 : onnx_attr_is(n, "mode", "reflect") ? 2 : 3;
    float fill = onnx_attr_float(n, "value", 0.0f);
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (named < 0 || (n->n_input > 2 && *n->input[2] && onnx_scalar(x, n, 2, "value", &fill)))
        return -1;
    if (mode == 3)
        return onnx_refuse(x, n, "attribute 'mode': only constant, edge and reflect are implemented");
    named = named ? named : (int)in->rank;
    if (count != 2 * named)
        return onnx_refuse(x, n, "found %d pads, expected %d", count, 2 * named);
    memcpy(dims, in->dims, sizeof dims);
    for (int i = 0; i < named; i++) {
        int64_t b = pads[i], e = pads[i + named];
        if (wrapped(x, n, n->n_input > 3 && *n->input[3] ? axes[i] : i, in->rank, &a))
            return -1;
        int64_t size = (int64_t)in->dims[a], many = size + b + e;
        if (b < -size || e < -size || b > BL_NET_MAX_ELEMS || e > BL_NET_MAX_ELEMS || many < 1 || (mode == 2 && (b >= size || e >= size)))
            return onnx_refuse(x, n, "found pads %lld and %lld along axis %u of %lld", (long long)b, (long long)e, a, (long long)size);
        dims[a] = (uint64_t)many;
        if (sizes_fit(x, n, in->rank, dims))
            return -1;
        if (!(at[a] = bl_net_alloc(x->net, (size_t)many, sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        for (int64_t k = 0; k < many; k++)
            at[a][k] = padded(k, b, size, mode);
    }
    return pick(x, n, in, n->output[0], dims, at, fill);
}

enum { HALF_PIXEL, ASYMMETRIC, ALIGN_CORNERS, PYTORCH_HALF_PIXEL };
enum { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL };

/* The input coordinate of output coordinate i, in float32 as the standard's formulas; then a cell. */
static int64_t nearest(int64_t i, int64_t in, int64_t out, float scale, int transform, int rounding)
{
    float at = (float)i, v;

    if (transform == ALIGN_CORNERS) {
        at = out == 1 ? 0.0f : at * (float)(in - 1);
        at = out == 1 ? 0.0f : at / (float)(out - 1);
    } else if (transform == ASYMMETRIC) {
        at = at / scale;
    } else if (transform == PYTORCH_HALF_PIXEL && out == 1) {
        at = 0.0f;
    } else {
        at = at + 0.5f;
        at = at / scale;
        at = at - 0.5f;
    }
    double d = (double)at;
    v = (float)(rounding == FLOOR ? floor(d) : rounding == CEIL ? ceil(d) : rounding == PREFER_CEIL ? floor(d + 0.5) : ceil(d - 0.5));
    return clamped((int64_t)v, 0, in - 1);
}

/* Output size and scale of each axis: from sizes, or from scales. */
static int resize_sizes(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, uint64_t *dims, float *scale)
{
    bool upsample = onnx_op_is(n, "Upsample") || x->opset < 11;
    const Onnx__AttributeProto *attr = onnx_attr(n, "scales");
    const struct value *s = onnx_in(x, n, upsample ? 1 : 2);
    int64_t sizes[ONNX_RANK];
    int count = upsample ? 0 : onnx_numbers(x, n, NULL, 3, sizes, ONNX_RANK);

    if (count < 0)
        return -1;
    if (count && count != (int)in->rank)
        return onnx_refuse(x, n, "found %d sizes for an input of rank %u", count, in->rank);
    if (!count && (attr ? attr->n_floats != in->rank : !s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || onnx_count(s->t) != in->rank))
        return onnx_refuse(x, n, "found no constant scales or sizes, one an axis");
    for (uint32_t i = 0; i < in->rank; i++) {
        scale[i] = count ? (float)sizes[i] / (float)in->dims[i] : attr ? attr->floats[i] : onnx_float(s->t, i);
        double size = count ? (double)sizes[i] : floor((double)((float)in->dims[i] * scale[i]));
        if (!(scale[i] > 0.0f) || !(size >= 1) || size > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found scale %g along axis %u of %llu", (double)scale[i], i, (unsigned long long)in->dims[i]);
        dims[i] = (uint64_t)size;
    }
    return 0;
}

int onnx_resize(struct onnx *x, const Onnx__NodeProto *n)
{
    static const char *const TRANSFORM[] = { "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel" };
    static const char *const ROUNDING[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
    struct value *in = any_in(x, n, 0);
    bool old = onnx_op_is(n, "Upsample") || x->opset < 11;
    int transform = old ? ASYMMETRIC : HALF_PIXEL, rounding = old ? FLOOR : PREFER_FLOOR;
    const Onnx__AttributeProto *t = onnx_attr(n, "coordinate_transformation_mode"), *r = onnx_attr(n, "nearest_mode");
    uint64_t dims[ONNX_RANK];
    int64_t *at[ONNX_RANK] = { NULL };
    float scale[ONNX_RANK];

    if (!in)
        return -1;
    if (onnx_attr(n, "mode") && !onnx_attr_is(n, "mode", "nearest"))
        return onnx_refuse(x, n, "attribute 'mode': only nearest is implemented");
    for (int i = 0; t && i <= 4; i++) {
        if (i == 4)
            return onnx_refuse(x, n, "attribute 'coordinate_transformation_mode' is none of half_pixel, asymmetric, align_corners, pytorch_half_pixel");
        transform = i;
        if (onnx_attr_is(n, "coordinate_transformation_mode", TRANSFORM[i]))
            break;
    }
    for (int i = 0; r && i <= 4; i++) {
        if (i == 4)
            return onnx_refuse(x, n, "attribute 'nearest_mode' is none of round_prefer_floor, round_prefer_ceil, floor, ceil");
        rounding = i;
        if (onnx_attr_is(n, "nearest_mode", ROUNDING[i]))
            break;
    }
    if (resize_sizes(x, n, in, dims, scale) || sizes_fit(x, n, in->rank, dims))
        return -1;
    for (uint32_t a = 0; a < in->rank; a++) {
        if (!(at[a] = bl_net_alloc(x->net, dims[a], sizeof **at)))
            return onnx_refuse(x, n, "no memory");
        for (uint64_t i = 0; i < dims[a]; i++)
            at[a][i] = dims[a] == in->dims[a] ? (int64_t)i : nearest((int64_t)i, (int64_t)in->dims[a], (int64_t)dims[a], scale[a], transform, rounding);
    }
    return pick(x, n, in, n->output[0], dims, at, 0.0f);
}

/* onnx_moves.c - operators that give elements another place: Transpose, Slice, Split, Gather. */
#include <string.h>

#include "platforms/net/onnx_read.h"

struct value *onnx_any_in(struct onnx *x, const Onnx__NodeProto *n, size_t i)
{
    struct value *v = onnx_in(x, n, i);

    if (v && !onnx_is_const(v))
        return v;
    if (v && onnx_const_dims(v, &v->rank, v->dims))
        return v;
    onnx_refuse(x, n, "input %zu ('%s') is a constant without data that can be read; fold it when exporting", i, i < n->n_input ? n->input[i] : "");
    return NULL;
}

int onnx_sizes_fit(const struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims)
{
    uint64_t all = 1;

    for (uint32_t i = 0; i < rank; i++)
        if (!dims[i] || dims[i] > BL_NET_MAX_ELEMS || (all *= dims[i]) > BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found an output without elements, or of more than %u", BL_NET_MAX_ELEMS);
    return 0;
}

uint32_t *onnx_map(struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims)
{
    if (onnx_sizes_fit(x, n, rank, dims) || onnx_take(x, n, onnx_elems(dims, rank) * sizeof(uint32_t)))
        return NULL;
    uint32_t *from = bl_net_alloc(x->net, onnx_elems(dims, rank), sizeof *from);
    if (!from)
        onnx_refuse(x, n, "no memory");
    return from;
}

int onnx_wrapped(const struct onnx *x, const Onnx__NodeProto *n, int64_t axis, uint32_t rank, uint32_t *out)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return onnx_refuse(x, n, "found axis %lld for an input of rank %u", (long long)axis, rank);
    *out = (uint32_t)(axis < 0 ? axis + rank : axis);
    return 0;
}


int onnx_transpose(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_any_in(x, n, 0);
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
        return onnx_with_shape(x, n, in, in->rank, dims);
    if (!(from = onnx_map(x, n, in->rank, dims)))
        return -1;
    for (uint64_t i = 0; i < all; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t d = in->rank; d-- > 0; rest /= dims[d])
            at += rest % dims[d] * step[order[d]];
        from[i] = (uint32_t)at;
    }
    return onnx_move(x, n, in, n->output[0], in->rank, dims, from, 0.0f);
}

/* The map of onnx_pick. */
static uint32_t *places(struct onnx *x, const Onnx__NodeProto *n, const struct value *in, const uint64_t *dims, int64_t *const *at)
{
    uint32_t *from = onnx_map(x, n, in->rank, dims);
    uint64_t all = onnx_elems(dims, in->rank);

    for (uint64_t i = 0; from && i < all; i++) {
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
    return from;
}

int onnx_pick(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const char *name, const uint64_t *dims, int64_t *const *at, float fill)
{
    uint32_t *from = places(x, n, in, dims, at);

    return from ? onnx_move(x, n, in, name, in->rank, dims, from, fill) : -1;
}

int onnx_slice(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_any_in(x, n, 0);
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
        if (onnx_wrapped(x, n, named ? axes[i] : i, in->rank, &a))
            return -1;
        if (!step || seen >> a & 1 || step <= -(int64_t)BL_NET_MAX_ELEMS || step >= (int64_t)BL_NET_MAX_ELEMS)
            return onnx_refuse(x, n, "found step %lld or axis %u twice", (long long)step, a);
        seen |= 1u << a;
        int64_t size = (int64_t)in->dims[a], b = from[i] < 0 ? from[i] + size : from[i], e = to[i] < 0 && to[i] >= -size ? to[i] + size : to[i];
        b = step > 0 ? onnx_within(b, 0, size) : onnx_within(b, 0, size - 1);
        e = step > 0 ? onnx_within(e, 0, size) : onnx_within(e, -1, size);
        int64_t many = step > 0 ? (e - b + step - 1) / step : (b - e - step - 1) / -step;
        if (many < 1 || !(at[a] = bl_net_alloc(x->net, (size_t)many, sizeof **at)))
            return onnx_refuse(x, n, "nothing is left along axis %u", a);
        dims[a] = (uint64_t)many;
        for (int64_t k = 0; k < many; k++)
            at[a][k] = b + k * step;
    }
    return onnx_pick(x, n, in, n->output[0], dims, at, 0.0f);
}

int onnx_split(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_any_in(x, n, 0);
    int64_t sizes[256], *at[ONNX_RANK] = { NULL }, first = 0, want = onnx_attr_int(n, "num_outputs", (int64_t)n->n_output);
    int count = in ? onnx_numbers(x, n, "split", 1, sizes, 256) : -1;
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (count < 0 || onnx_wrapped(x, n, onnx_attr_int(n, "axis", 0), in->rank, &a))
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
        if (onnx_pick(x, n, in, n->output[i], dims, at, 0.0f))
            return -1;
    }
    return 0;
}

int onnx_gather(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *in = onnx_any_in(x, n, 0);
    int64_t index[ONNX_KNOWN], *at[ONNX_RANK] = { NULL };
    int count = in ? onnx_numbers(x, n, NULL, 1, index, ONNX_KNOWN) : -1;
    uint64_t dims[ONNX_RANK];
    uint32_t a = 0;

    if (count < 0 || onnx_wrapped(x, n, onnx_attr_int(n, "axis", 0), in->rank, &a))
        return -1;
    const Onnx__TensorProto *t = onnx_in(x, n, 1)->t;
    if (count < 1 || t->n_dims > ONNX_RANK || in->rank + t->n_dims > ONNX_RANK + 1)
        return onnx_refuse(x, n, "found %d indices of rank %zu for an input of rank %u", count, t->n_dims, in->rank);
    for (int i = 0; i < count; i++) {
        index[i] += index[i] < 0 ? (int64_t)in->dims[a] : 0;
        if (index[i] < 0 || index[i] >= (int64_t)in->dims[a])
            return onnx_refuse(x, n, "found index %lld, expected one below %llu", (long long)index[i], (unsigned long long)in->dims[a]);
    }
    at[a] = index;
    memcpy(dims, in->dims, sizeof dims);
    dims[a] = (uint64_t)count;
    if (t->n_dims == 1)
        return onnx_pick(x, n, in, n->output[0], dims, at, 0.0f);
    /* the indices' dimensions stand where the axis was */
    uint64_t all[ONNX_RANK];
    uint32_t rank = in->rank - 1 + (uint32_t)t->n_dims, *from;
    memcpy(all, dims, a * sizeof *dims);
    for (size_t i = 0; i < t->n_dims; i++)
        all[a + i] = (uint64_t)t->dims[i];
    memcpy(all + a + t->n_dims, dims + a + 1, (in->rank - a - 1) * sizeof *dims);
    if (!(from = places(x, n, in, dims, at)))
        return -1;
    return onnx_move(x, n, in, n->output[0], rank, all, from, 0.0f);
}

/* onnx_reshape.c - operators that give a value another shape and leave its elements where they are: Reshape, Flatten, Squeeze, Unsqueeze;
 * Identity and Dropout. */
#include <string.h>

#include "platforms/net/onnx_read.h"

int onnx_with_shape(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint32_t rank, const uint64_t *dims)
{
    struct value out = *v;
    struct bl_tensor t;

    if (onnx_is_const(v) && rank <= ONNX_RANK)
        return onnx_const_move(x, n, v, n->output[0], rank, dims, NULL, 0.0f);
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
        if (onnx_wrapped(x, n, axes[i], in->rank, &a))
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
        if (onnx_wrapped(x, n, axes[i], *rank, &a))
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
    struct value *in = onnx_any_in(x, n, 0);
    uint64_t dims[ONNX_RANK];
    uint32_t rank = 0;

    for (size_t i = 0; in && i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (onnx_op_is(n, SHAPES[i].op))
            return SHAPES[i].shape(x, n, in, &rank, dims) ? -1 : onnx_with_shape(x, n, in, rank, dims);
    return -1;
}

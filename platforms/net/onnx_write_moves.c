/* onnx_write_moves.c - layers that only give cells another place written as ONNX: Reshape, Transpose, Concat, and along each axis Slice, Gather
 * and Pad. */
#include <string.h>

#include "platforms/net/onnx_put.h"

enum { AXES = 3, MOST_PICKS = 64 };        /* channels, rows, columns; indices that a Gather of our reader may have */

static size_t cells(const uint32_t d[AXES]) { return (size_t)d[0] * d[1] * d[2]; }

static void sizes(const struct bl_tensor *t, uint32_t d[AXES])
{
    d[0] = t->c;
    d[1] = t->h;
    d[2] = t->w;
}

static const char *put_dims(struct put *p, const char *x, const uint32_t d[AXES])
{
    Onnx__NodeProto *n = put_node(p, "Reshape", "shaped");

    put_in(p, n, x);
    put_in(p, n, put_int64s(p, "shape", 4, (const int64_t[]){ 1, d[0], d[1], d[2] }));
    return put_out(n);
}

/* ---- the same order, or axes exchanged ---- */

static bool is_turned(const struct bl_layer *l, const uint32_t in[AXES], const uint32_t order[AXES])
{
    const size_t step[AXES] = { (size_t)in[1] * in[2], in[2], 1 };
    size_t i = 0;

    for (uint32_t a = 0; a < in[order[0]]; a++)
        for (uint32_t b = 0; b < in[order[1]]; b++)
            for (uint32_t c = 0; c < in[order[2]]; c++)
                if (l->from[i++] != a * step[order[0]] + b * step[order[1]] + c * step[order[2]])
                    return false;
    return true;
}

/* 1: written; 0: it is no such move. */
static int put_turned(struct put *p, const char *x, const uint32_t in[AXES], const uint32_t out[AXES])
{
    static const uint32_t ORDERS[][AXES] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

    for (size_t i = 0; cells(in) == cells(out) && i < sizeof ORDERS / sizeof *ORDERS; i++) {
        const uint32_t *o = ORDERS[i], turned[AXES] = { in[o[0]], in[o[1]], in[o[2]] };
        if (!is_turned(p->l, in, o))
            continue;
        if (i) {
            Onnx__NodeProto *n = put_layer(p, "Transpose");
            put_in(p, n, x);
            put_ints(p, n, "perm", 4, (const int64_t[]){ 0, o[0] + 1, o[1] + 1, o[2] + 1 });
            x = put_out(n);
        }
        put_result_image(p, memcmp(turned, out, sizeof turned) ? put_dims(p, x, out) : x);
        return 1;
    }
    return 0;
}

/* ---- two inputs, one behind the other along an axis ---- */

static bool is_joined(const struct bl_layer *l, const uint32_t a[AXES], const uint32_t b[AXES], const uint32_t out[AXES], uint32_t axis)
{
    uint32_t at[AXES], i = 0;

    for (int k = 0; k < AXES; k++)
        if (out[k] != (k == (int)axis ? a[k] + b[k] : a[k]) || (k != (int)axis && a[k] != b[k]))
            return false;
    for (at[0] = 0; at[0] < out[0]; at[0]++)
        for (at[1] = 0; at[1] < out[1]; at[1]++)
            for (at[2] = 0; at[2] < out[2]; at[2]++) {
                bool second = at[axis] >= a[axis];
                const uint32_t *d = second ? b : a;
                uint32_t q[AXES] = { at[0], at[1], at[2] };
                q[axis] -= second ? a[axis] : 0;
                size_t from = ((size_t)q[0] * d[1] + q[1]) * d[2] + q[2] + (second ? cells(a) : 0);
                if (l->from[i++] != from)
                    return false;
            }
    return true;
}

/* Codes of a constant are joined as real values: there our reader knows what they mean. */
static void put_concat(struct put *p, uint32_t axis, const uint32_t out[AXES])
{
    const uint32_t *in = p->l->in;
    const bool real = p->net->tensors[in[0]].data || p->net->tensors[in[1]].data;
    const char *x = put_image(p, in[0]), *y = put_image(p, in[1]);

    if (real) {
        x = put_real(p, in[0], x);
        y = put_real(p, in[1], y);
    }
    Onnx__NodeProto *n = put_layer(p, "Concat");
    put_in(p, n, x);
    put_in(p, n, y);
    put_int(p, n, "axis", axis + 1);
    if (real)
        put_quantized(p, put_out(n), 4, (const int64_t[]){ 1, out[0], out[1], out[2] });
    else
        put_result_image(p, put_out(n));
}

static int put_joined(struct put *p, const uint32_t a[AXES], const uint32_t b[AXES], const uint32_t out[AXES])
{
    for (uint32_t axis = 0; axis < AXES; axis++) {
        if (!is_joined(p->l, a, b, out, axis))
            continue;
        put_concat(p, axis, out);
        return 1;
    }
    return 0;
}

/* ---- one input, along each axis by itself ---- */

/* Along an axis: which cell of the input each cell of the output is, -1 filling. */
struct picks { int64_t *at[AXES]; };

static int64_t along(size_t from, const uint32_t in[AXES], int axis)
{
    return (int64_t)(axis == 0 ? from / ((size_t)in[1] * in[2]) : axis == 1 ? from / in[2] % in[1] : from % in[2]);
}

/* Whether the move is that: each axis' list is read off, then every cell is held against the lists. */
static bool find_picks(struct put *p, const uint32_t in[AXES], const uint32_t out[AXES], struct picks *k)
{
    const uint32_t *from = p->l->from;
    uint32_t at[AXES];
    size_t i = 0;

    for (int a = 0; a < AXES; a++) {
        if (!(k->at[a] = put_alloc(p, out[a], sizeof *k->at[a])))
            return false;
        for (uint32_t q = 0; q < out[a]; q++)
            k->at[a][q] = -1;
    }
    for (at[0] = 0; at[0] < out[0]; at[0]++)
        for (at[1] = 0; at[1] < out[1]; at[1]++)
            for (at[2] = 0; at[2] < out[2]; at[2]++, i++)
                for (int a = 0; a < AXES && from[i] < cells(in); a++)
                    k->at[a][at[a]] = along(from[i], in, a);
    i = 0;
    for (at[0] = 0; at[0] < out[0]; at[0]++)
        for (at[1] = 0; at[1] < out[1]; at[1]++)
            for (at[2] = 0; at[2] < out[2]; at[2]++, i++) {
                const int64_t q[AXES] = { k->at[0][at[0]], k->at[1][at[1]], k->at[2][at[2]] };
                const uint32_t wanted = q[0] < 0 || q[1] < 0 || q[2] < 0 ? BL_MOVE_FILL : (uint32_t)(((size_t)q[0] * in[1] + (size_t)q[1]) * in[2] + (size_t)q[2]);
                if (from[i] != wanted)
                    return false;
            }
    return true;
}

/* The inner part of a list, without filling: a Slice, or a Gather of a few. NULL: neither. */
static const char *put_picked(struct put *p, const char *x, uint32_t axis, const int64_t *at, uint32_t n, uint32_t have)
{
    const int64_t step = n > 1 ? at[1] - at[0] : 1, where = axis + 1;
    bool even = step != 0;
    Onnx__NodeProto *node;

    for (uint32_t i = 1; i < n; i++)
        even &= at[i] - at[i - 1] == step;
    if (even && step == 1 && n == have)
        return x;
    if (!even && n > MOST_PICKS)
        return NULL;
    node = put_node(p, even ? "Slice" : "Gather", "picked");
    put_in(p, node, x);
    if (!even) {
        put_in(p, node, put_int64s(p, "indices", n, at));
        put_int(p, node, "axis", where);
        return put_out(node);
    }
    const int64_t end = at[n - 1] + (step > 0 ? 1 : -1);
    put_in(p, node, put_int64s(p, "starts", 1, at));
    put_in(p, node, put_int64s(p, "ends", 1, &(int64_t){ end < 0 ? INT32_MIN : end }));
    put_in(p, node, put_int64s(p, "axes", 1, &where));
    put_in(p, node, put_int64s(p, "steps", 1, &step));
    return put_out(node);
}

static const char *put_filled(struct put *p, const char *x, const int64_t pads[8])
{
    const struct bl_tensor *y = &p->net->tensors[p->l->out];
    uint8_t *code = put_alloc(p, 1, 1);
    Onnx__NodeProto *n = put_node(p, "Pad", "filled");

    put_in(p, n, x);
    put_in(p, n, put_int64s(p, "pads", 8, pads));
    if (code)
        *code = (uint8_t)p->l->fill;
    put_in(p, n, y->dtype == BL_REAL ? put_number(p, "fill", p->l->fill_real) : put_bytes(p, "fill", y->dtype == BL_S8, 0, NULL, code));
    return put_out(n);
}

static int put_by_axes(struct put *p, const char *x, const uint32_t in[AXES], const uint32_t out[AXES])
{
    int64_t pads[8] = { 0 };
    struct picks k;
    bool fills = false;

    if (!find_picks(p, in, out, &k))
        return 0;
    for (uint32_t a = 0; a < AXES; a++) {
        uint32_t first = 0, end = out[a];
        while (first < end && k.at[a][first] < 0)
            first++;
        while (end > first && k.at[a][end - 1] < 0)
            end--;
        for (uint32_t i = first; i < end; i++)
            if (k.at[a][i] < 0)
                return 0;
        if (first == end || !(x = put_picked(p, x, a, k.at[a] + first, end - first, in[a])))
            return 0;
        pads[1 + a] = first;
        pads[5 + a] = out[a] - end;
        fills |= first || end < out[a];
    }
    put_result_image(p, fills ? put_filled(p, x, pads) : x);
    return 1;
}

/* ---- layers ---- */

/* A subsampling as the move that it is: every stride-th row and column, channels of real value 0 around. */
static uint32_t *subsampled(struct put *p, const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y)
{
    uint32_t *from = put_alloc(p, bl_tensor_elems(y), sizeof *from), before = (y->c - x->c) / 2;
    size_t i = 0;

    for (uint32_t c = 0; from && c < y->c; c++)
        for (uint32_t h = 0; h < y->h; h++)
            for (uint32_t w = 0; w < y->w; w++)
                from[i++] = c < before || c >= before + x->c ? BL_MOVE_FILL : ((c - before) * x->h + h * l->stride_h) * x->w + w * l->stride_w;
    return from;
}

static int put_reshape(struct put *p, const char *x)
{
    const struct bl_tensor *y = &p->net->tensors[p->l->out];
    const int64_t dims[] = { 1, y->c, y->h, y->w };
    const uint32_t rank = y->h == 1 && y->w == 1 ? 2 : 4;
    Onnx__NodeProto *n = put_layer(p, "Reshape");

    put_in(p, n, x);
    put_in(p, n, put_int64s(p, "shape", rank, dims));
    put_result(p, put_out(n), rank, dims);
    return 0;
}

int put_move(struct put *p)
{
    const struct bl_layer *at = p->l;
    const struct bl_tensor *x = &p->net->tensors[at->in[0]], *b = &p->net->tensors[at->in[1]], *y = &p->net->tensors[at->out];
    uint32_t in[AXES], second[AXES], out[AXES];
    struct bl_layer move = *at;
    int rc;

    sizes(x, in);
    sizes(b, second);
    sizes(y, out);
    if (at->kind == BL_RESHAPE)
        return put_reshape(p, put_image(p, at->in[0]));
    if (at->kind == BL_SUBSAMPLE) {
        move.from = subsampled(p, at, x, y);
        move.fill = y->zero;
    }
    if (!move.from)
        return 0;
    const char *name = put_image(p, at->in[0]);
    p->l = &move;
    rc = put_turned(p, name, in, out);
    rc = rc || at->in[1] == at->in[0] ? rc : put_joined(p, in, second, out);
    rc = rc ? rc : put_by_axes(p, name, in, out);
    p->l = at;
    if (rc || p->failed)
        return 0;
    return put_refuse(p, "its moves are no Transpose, no Concat, and no Slice, Pad or small Gather along channels, rows and columns");
}

/* tflite_moves.c - operators of .tflite files that only move codes: each output cell comes from a cell of an input, or is filled. */
#include "platforms/net/tflite_read.h"

#include <math.h>
#include <string.h>

/* Where cells come from: coordinate `at[a][k]` of input axis a for coordinate k of output axis `of[a]`; -1: outside, filled. An axis
 * of the input that the output has no more has coordinate at[a][0]: its `of` is the output's rank. */
struct way { uint32_t of[TFL_RANK]; int64_t *at[TFL_RANK]; };

/* ---- tables ---- */

static uint64_t place(uint64_t i, uint64_t n, uint32_t planes) { return i % planes * (n / planes) + i / planes; }

/* A table of the cells of output i, and how its cells lie. NULL after a message. */
static uint32_t *table_of(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *y)
{
    uint32_t *t;

    if (tfl_spend(x, o, y->elems * sizeof *t))
        return NULL;
    if (!y->elems || !(t = bl_net_alloc(x->net, y->elems, sizeof *t))) {
        tfl_refuse(x, o, "output '%s' %s", y->name, y->elems ? "finds no memory" : "is empty");
        return NULL;
    }
    return t;
}

static int emit_move(struct tfl *x, const struct tfl_operator *o, uint32_t i, uint32_t a, uint32_t b, const uint32_t *from, int32_t fill)
{
    const struct tfl_tensor *y = tfl_tensor_out(x, o, i);
    struct bl_layer l = { .kind = BL_MOVE, .in = { a, b }, .from = from, .fill = fill };
    struct bl_tensor s;

    tfl_shape(y, &s);
    return tfl_emit(x, o, &l, tfl_new(x, o, i, s.c, s.h, s.w, tfl_is_planes(y) ? s.c : 1));
}

/* Output i of input `in` (tensor number of the operator) by a way. */
static int move(struct tfl *x, const struct tfl_operator *o, uint32_t in, uint32_t i, const struct way *w, int32_t fill)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, in), *y = tfl_tensor_out(x, o, i);
    const struct tfl_value *v = tfl_in(x, o, in);
    uint32_t *table = v ? table_of(x, o, y) : NULL, planes = tfl_is_planes(y) ? y->dims[3] : 1;

    if (!table || tfl_same_code(x, o, t, y))
        return -1;
    for (uint64_t k = 0; k < y->elems; k++) {
        uint32_t at[TFL_RANK + 1] = { 0 };
        uint64_t rest = k, cell = 0;
        bool inside = true;
        for (uint32_t a = y->rank; a-- > 0; rest /= y->dims[a])
            at[a] = (uint32_t)(rest % y->dims[a]);
        for (uint32_t a = 0; a < t->rank; a++) {
            int64_t c = w->at[a][at[w->of[a]]];
            inside &= c >= 0 && c < t->dims[a];
            cell = cell * t->dims[a] + (uint64_t)(inside ? c : 0);
        }
        table[place(k, y->elems, planes)] = inside ? (uint32_t)place(cell, t->elems, v->planes) : BL_MOVE_FILL;
    }
    return emit_move(x, o, i, v->tensor, v->tensor, table, fill);
}

/* Each axis from its own, `first` on, `step` apart, those of the mask `dropped` at `first` alone; the output must have these sizes. */
static int straight(struct tfl *x, const struct tfl_operator *o, uint32_t in, uint32_t i, const int64_t *first, const int64_t *step,
                    uint64_t dropped, int32_t fill)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, in), *y = tfl_tensor_out(x, o, i);
    struct way w;

    for (uint32_t a = 0, k = 0; a < t->rank; a++) {
        bool drop = dropped >> a & 1;
        uint32_t n = drop ? 1 : y->dims[k];
        w.of[a] = drop ? y->rank : k++;
        if (tfl_spend(x, o, n * sizeof *w.at[a]))
            return -1;
        if (!(w.at[a] = bl_net_alloc(x->net, (size_t)n + 1, sizeof *w.at[a])))
            return tfl_refuse(x, o, "no memory");
        for (uint32_t c = 0; c < n; c++)
            w.at[a][c] = first[a] + (step ? step[a] : 1) * (int64_t)c;
    }
    return move(x, o, in, i, &w, fill);
}

static int same_rank(struct tfl *x, const struct tfl_operator *o, uint32_t in, uint32_t i)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, in), *y = tfl_tensor_out(x, o, i);

    if (t->rank == y->rank && t->rank)
        return 0;
    return tfl_refuse(x, o, "found an input of rank %u and an output of rank %u, expected the same", t->rank, y->rank);
}

static int wrong_size(struct tfl *x, const struct tfl_operator *o, uint32_t i, uint32_t axis, int64_t want)
{
    const struct tfl_tensor *y = tfl_tensor_out(x, o, i);

    return tfl_refuse(x, o, "output '%s' has size %u along axis %u, expected %lld", y->name, y->dims[axis], axis, (long long)want);
}

/* ---- shapes ---- */

/* The shape that a RESHAPE is given, when it is a constant, is that of its output. */
static int check_sizes(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *y)
{
    int64_t given = tfl_at(&x->file, o->in, 1), size[TFL_RANK];
    int n = given >= 0 && x->file.tensor[given].data ? tfl_ints(x, o, 1, size, TFL_RANK) : 0;

    if (given < 0 || !x->file.tensor[given].data)
        return 0;
    for (int a = 0; a < n; a++)
        if ((uint32_t)n != y->rank || (size[a] != -1 && size[a] != y->dims[a]))
            return tfl_refuse(x, o, "found a shape of %d sizes, %lld along axis %d; the output '%s' has %u, %u there", n, (long long)size[a], a, y->name,
                              y->rank, (uint32_t)a < y->rank ? y->dims[a] : 0);
    return n < 0 ? -1 : 0;
}

/* RESHAPE, SQUEEZE, EXPAND_DIMS: the same cells in the same order. */
int tfl_reshape(struct tfl *x, const struct tfl_operator *o)
{
    int64_t at = tfl_at(&x->file, o->out, 0);
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = &x->file.tensor[at];
    const struct tfl_value *v = tfl_in(x, o, 0);

    if (!v || tfl_same_code(x, o, t, y))
        return -1;
    if (t->elems != y->elems || x->value[at].kind != TFL_NONE)
        return tfl_refuse(x, o, "output '%s' has %llu cells and the input %llu, or it is made already", y->name, (unsigned long long)y->elems,
                          (unsigned long long)t->elems);
    if (o->code == 22 && o->in.n > 1 && check_sizes(x, o, y))
        return -1;
    x->value[at] = *v;
    return 0;
}

int tfl_transpose(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    int64_t perm[TFL_RANK];
    int n = tfl_ints(x, o, 1, perm, TFL_RANK);
    bool seen[TFL_RANK] = { false };
    struct way w;

    if (n < 0 || same_rank(x, o, 0, 0))
        return -1;
    if ((uint32_t)n != t->rank)
        return tfl_refuse(x, o, "found a permutation of %d axes, expected %u", n, t->rank);
    for (int i = 0; i < n; i++) {
        int64_t a = tfl_axis(x, o, perm[i], t->rank);
        if (a < 0)
            return -1;
        if (seen[a] || y->dims[i] != t->dims[a])
            return tfl_refuse(x, o, "the axes are no permutation, or the output's sizes do not follow it");
        seen[a] = true;
        w.of[a] = (uint32_t)i;
        if (!(w.at[a] = bl_net_alloc(x->net, (size_t)t->dims[a] + 1, sizeof *w.at[a])))
            return tfl_refuse(x, o, "no memory");
        for (uint32_t k = 0; k < t->dims[a]; k++)
            w.at[a][k] = k;
    }
    return move(x, o, 0, 0, &w, 0);
}

/* ---- parts ---- */

int tfl_pad(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    int64_t pads[2 * TFL_RANK], first[TFL_RANK];
    int n = tfl_ints(x, o, 1, pads, 2 * TFL_RANK);
    struct bl_tensor code;

    if (n < 0 || same_rank(x, o, 0, 0) || tfl_code(x, o, t, &code))
        return -1;
    if ((uint32_t)n != 2 * t->rank)
        return tfl_refuse(x, o, "found %d paddings, expected %u, two an axis", n, 2 * t->rank);
    for (uint32_t a = 0; a < t->rank; a++) {
        if (pads[2 * a] < 0 || pads[2 * a + 1] < 0 || pads[2 * a] > BL_NET_MAX_ELEMS || pads[2 * a + 1] > BL_NET_MAX_ELEMS)
            return tfl_refuse(x, o, "found padding %lld and %lld, expected 0 or more", (long long)pads[2 * a], (long long)pads[2 * a + 1]);
        if (y->dims[a] != t->dims[a] + pads[2 * a] + pads[2 * a + 1])
            return wrong_size(x, o, 0, a, t->dims[a] + pads[2 * a] + pads[2 * a + 1]);
        first[a] = -pads[2 * a];
    }
    int32_t fill = code.zero;
    if (o->code == 60) {
        const struct tfl_tensor *f = tfl_at(&x->file, o->in, 2) < 0 ? NULL : tfl_tensor_in(x, o, 2);
        if (!f || !f->data || f->elems != 1 || tfl_same_code(x, o, f, t))
            return tfl_refuse(x, o, "found no constant value to pad with, of the input's scale and zero point");
        fill = code.dtype == BL_S8 ? (int8_t)f->data[0] : f->data[0];
    }
    return straight(x, o, 0, 0, first, NULL, 0, fill);
}

int tfl_slice(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    int64_t begin[TFL_RANK], size[TFL_RANK];

    if (tfl_ints(x, o, 1, begin, TFL_RANK) != (int)t->rank || tfl_ints(x, o, 2, size, TFL_RANK) != (int)t->rank || same_rank(x, o, 0, 0))
        return tfl_refuse(x, o, "expected a begin and a size for each of %u axes", t->rank);
    for (uint32_t a = 0; a < t->rank; a++) {
        if (begin[a] < 0 || begin[a] > t->dims[a] || size[a] < -1 || size[a] > t->dims[a] - begin[a])
            return tfl_refuse(x, o, "found begin %lld and size %lld along axis %u of %u", (long long)begin[a], (long long)size[a], a, t->dims[a]);
        int64_t want = size[a] < 0 ? t->dims[a] - begin[a] : size[a];
        if (y->dims[a] != want)
            return wrong_size(x, o, 0, a, want);
    }
    return straight(x, o, 0, 0, begin, NULL, 0, 0);
}

/* Begin and end of an axis as the masks and the sign of the step say; how many cells lie between. */
static int64_t stretch(int64_t dim, int64_t step, bool no_begin, bool no_end, int64_t *begin, int64_t end)
{
    int64_t lo = step > 0 ? 0 : -1, hi = step > 0 ? dim : dim - 1;

    *begin += *begin < 0 ? dim : 0;
    end += end < 0 ? dim : 0;
    *begin = no_begin ? (step > 0 ? lo : hi) : *begin < lo ? lo : *begin > hi ? hi : *begin;
    end = no_end ? (step > 0 ? hi : lo) : end < lo ? lo : end > hi ? hi : end;
    int64_t span = step > 0 ? end - *begin : *begin - end, s = step > 0 ? step : -step;
    return span > 0 ? (span + s - 1) / s : 0;
}

/* One axis: its begin becomes that of the slice; a dropped one has one cell there. */
static int slice_axis(struct tfl *x, const struct tfl_operator *o, uint32_t a, uint32_t k, bool drop, int64_t *begin, int64_t end, int64_t step)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    uint64_t no_begin = flat_uint(&x->file.f, &o->options, 0, 4, 0), no_end = flat_uint(&x->file.f, &o->options, 1, 4, 0);

    if (drop) {
        *begin += *begin < 0 ? t->dims[a] : 0;
        if (*begin >= 0 && *begin < t->dims[a])
            return 0;
        return tfl_refuse(x, o, "found index %lld along axis %u of %u", (long long)*begin, a, t->dims[a]);
    }
    if (!step || step < -INT32_MAX || step > INT32_MAX)
        return tfl_refuse(x, o, "found stride %lld along axis %u", (long long)step, a);
    int64_t want = stretch(t->dims[a], step, no_begin >> a & 1, no_end >> a & 1, begin, end);
    return k < y->rank && y->dims[k] == want ? 0 : k < y->rank ? wrong_size(x, o, 0, k, want) : tfl_refuse(x, o, "the output has too few axes");
}

int tfl_strided_slice(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    struct flat *f = &x->file.f;
    int64_t begin[TFL_RANK], end[TFL_RANK], step[TFL_RANK];
    uint64_t dropped = flat_uint(f, &o->options, 4, 4, 0);
    uint32_t k = 0;

    if (tfl_ints(x, o, 1, begin, TFL_RANK) != (int)t->rank || tfl_ints(x, o, 2, end, TFL_RANK) != (int)t->rank ||
        tfl_ints(x, o, 3, step, TFL_RANK) != (int)t->rank)
        return tfl_refuse(x, o, "expected begin, end and stride for each of %u axes", t->rank);
    if (flat_uint(f, &o->options, 2, 4, 0) || flat_uint(f, &o->options, 3, 4, 0) || flat_uint(f, &o->options, 5, 1, 0))
        return tfl_refuse(x, o, "an ellipsis, new axes and ends as offsets are not supported; expected begin_mask, end_mask and shrink_axis_mask only");
    for (uint32_t a = 0; a < t->rank; a++) {
        bool drop = dropped >> a & 1;
        if (slice_axis(x, o, a, k, drop, &begin[a], end[a], step[a]))
            return -1;
        k += !drop;
    }
    if (k != y->rank)
        return tfl_refuse(x, o, "the output has %u axes, expected %u", y->rank, k);
    return straight(x, o, 0, 0, begin, step, dropped, 0);
}

/* SPLIT has its axis before, SPLIT_V behind its sizes, which the outputs show. */
int tfl_split(struct tfl *x, const struct tfl_operator *o)
{
    bool sizes = o->code == 102;
    uint32_t in = sizes ? 0 : 1;
    const struct tfl_tensor *t = tfl_tensor_in(x, o, in);
    int64_t axis = 0, first[TFL_RANK] = { 0 }, a;

    if (tfl_ints(x, o, sizes ? 2 : 0, &axis, 1) != 1 || (a = tfl_axis(x, o, axis, t->rank)) < 0)
        return tfl_refuse(x, o, "found no axis");
    for (uint32_t i = 0; i < o->out.n; i++) {
        const struct tfl_tensor *y = tfl_tensor_out(x, o, i);
        if (same_rank(x, o, in, i))
            return -1;
        for (uint32_t k = 0; k < t->rank; k++)
            if (k != a && y->dims[k] != t->dims[k])
                return wrong_size(x, o, i, k, t->dims[k]);
        if (first[a] + y->dims[a] > t->dims[a] || straight(x, o, in, i, first, NULL, 0, 0))
            return tfl_refuse(x, o, "its outputs are more than its input");
        first[a] += y->dims[a];
    }
    return first[a] == t->dims[a] ? 0 : tfl_refuse(x, o, "its outputs take %lld of %u along axis %lld", (long long)first[a], t->dims[a], (long long)a);
}

/* ---- several inputs to one ---- */

/* CONCATENATION and PACK so far: tensor `done` of the net (-1: none yet) has the output's first `along` coordinates of the axis. */
struct join {
    const struct tfl_tensor *y;
    uint32_t axis, along;
    uint64_t outer, inner;             /* cells of the axes before it and behind it */
    int64_t done;
    bool pack;
};

static void start_join(struct join *j, const struct tfl_operator *o, const struct tfl_tensor *y, uint32_t axis)
{
    *j = (struct join){ y, axis, 0, 1, 1, -1, o->code == 83 };
    for (uint32_t a = 0; a < y->rank; a++)
        *(a < axis ? &j->outer : &j->inner) *= a == axis ? 1 : y->dims[a];
}

/* Size of input t along the axis; its other sizes must be those of the output. -1 after a message. */
static int64_t along_of(struct tfl *x, const struct tfl_operator *o, const struct join *j, const struct tfl_tensor *t)
{
    if (t->rank + j->pack != j->y->rank)
        return tfl_refuse(x, o, "input '%s' has rank %u, the output %u", t->name, t->rank, j->y->rank);
    for (uint32_t a = 0, k = 0; a < j->y->rank; a++) {
        if (j->pack && a == j->axis)
            continue;
        if (a != j->axis && t->dims[k] != j->y->dims[a])
            return tfl_refuse(x, o, "input '%s' has size %u along axis %u, the output %u", t->name, t->dims[k], k, j->y->dims[a]);
        k++;
    }
    return j->pack ? 1 : t->dims[j->axis];
}

/* What there is behind a step: the output, with fewer coordinates along the axis. */
static struct tfl_tensor joined(const struct join *j, uint32_t along)
{
    struct tfl_tensor t = *j->y;

    t.dims[j->axis] = along;
    t.elems = j->outer * along * j->inner;
    return t;
}

static uint32_t planes_of(const struct tfl_tensor *t) { return tfl_is_planes(t) ? t->dims[3] : 1; }

/* Cells of what is done, then those of input t, to what is behind the step. */
static uint32_t *join_table(struct tfl *x, const struct tfl_operator *o, const struct join *j, const struct tfl_tensor *t, uint32_t along,
                            uint32_t planes)
{
    struct tfl_tensor done = joined(j, j->along), made = joined(j, j->along + along);
    uint32_t *table = table_of(x, o, &made);

    for (uint64_t k = 0; table && k < made.elems; k++) {
        uint64_t in = k % j->inner, a = k / j->inner % made.dims[j->axis], row = k / j->inner / made.dims[j->axis];
        uint64_t from = a < j->along ? place((row * j->along + a) * j->inner + in, done.elems, planes_of(&done)) :
                        done.elems + place((row * along + a - j->along) * j->inner + in, t->elems, planes);
        table[place(k, made.elems, planes_of(&made))] = (uint32_t)from;
    }
    return table;
}

/* A tensor between two steps. */
static int64_t emit_between(struct tfl *x, const struct tfl_operator *o, const struct join *j, uint32_t along, const struct tfl_value *v,
                            const uint32_t *table)
{
    struct bl_tensor to = x->net->tensors[v->tensor], s;
    const struct tfl_tensor made = joined(j, along);
    struct bl_layer l = { .kind = BL_MOVE, .in = { j->done < 0 ? v->tensor : (uint32_t)j->done, v->tensor }, .from = table, .fill = to.zero };

    tfl_shape(&made, &s);
    to.c = s.c;
    to.h = s.h;
    to.w = s.w;
    to.data = NULL;
    int64_t at = bl_net_tensor(x->net, &to);
    return at < 0 ? tfl_refuse(x, o, "no memory") : tfl_emit(x, o, &l, at) ? -1 : at;
}

static int join_next(struct tfl *x, const struct tfl_operator *o, struct join *j, uint32_t i)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, i);
    const struct tfl_value *v = tfl_in(x, o, i);
    int64_t along = v ? along_of(x, o, j, t) : -1;
    bool last = i + 1 == o->in.n;

    if (along < 0 || tfl_same_code(x, o, t, j->y))
        return -1;
    if (j->along + along > j->y->dims[j->axis] || (last && j->along + along != j->y->dims[j->axis]))
        return wrong_size(x, o, 0, j->axis, j->along + along);
    const uint32_t *table = join_table(x, o, j, t, (uint32_t)along, v->planes);
    if (!table)
        return -1;
    if (last)
        return emit_move(x, o, 0, j->done < 0 ? v->tensor : (uint32_t)j->done, v->tensor, table, 0);
    j->done = emit_between(x, o, j, j->along + (uint32_t)along, v, table);
    j->along += (uint32_t)along;
    return j->done < 0 ? -1 : 0;
}

int tfl_concat(struct tfl *x, const struct tfl_operator *o)
{
    bool pack = o->code == 83;
    const struct tfl_tensor *y = tfl_tensor_out(x, o, 0);
    int64_t axis = flat_int(&x->file.f, &o->options, pack ? 1 : 0, 4, 0), a = tfl_axis(x, o, axis, y->rank);
    struct join j;

    if (a < 0)
        return -1;
    if (!pack && flat_uint(&x->file.f, &o->options, 1, 1, 0))
        return tfl_refuse(x, o, "a fused activation is not supported here");
    start_join(&j, o, y, (uint32_t)a);
    for (uint32_t i = 0; i < o->in.n; i++)
        if (tfl_at(&x->file, o->in, i) < 0 || join_next(x, o, &j, i))
            return tfl_at(&x->file, o->in, i) < 0 ? tfl_refuse(x, o, "input %u is left out", i) : -1;
    return 0;
}

/* ---- nearest neighbours ---- */

static uint32_t nearest(uint32_t k, uint32_t in, uint32_t out, bool align, bool half)
{
    float step = align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out, at = (float)k + (half ? 0.5f : 0.0f);

    at = at * step;
    at = align ? floorf(at + 0.5f) : floorf(at);
    return at < (float)(in - 1) ? (uint32_t)at : in - 1;
}

int tfl_resize(struct tfl *x, const struct tfl_operator *o)
{
    const struct tfl_tensor *t = tfl_tensor_in(x, o, 0), *y = tfl_tensor_out(x, o, 0);
    bool align = flat_uint(&x->file.f, &o->options, 0, 1, 0), half = flat_uint(&x->file.f, &o->options, 1, 1, 0);
    int64_t size[2];
    struct way w;

    if (tfl_ints(x, o, 1, size, 2) != 2 || !tfl_is_planes(t) || !tfl_is_planes(y) || y->dims[3] != t->dims[3] || !y->elems || !t->elems)
        return tfl_refuse(x, o, "expected 1 x H x W x C on both sides and two sizes");
    if (size[0] != y->dims[1] || size[1] != y->dims[2])
        return wrong_size(x, o, 0, size[0] != y->dims[1] ? 1 : 2, size[0] != y->dims[1] ? size[0] : size[1]);
    for (uint32_t a = 0; a < 4; a++) {
        w.of[a] = a;
        if (tfl_spend(x, o, y->dims[a] * sizeof *w.at[a]))
            return -1;
        if (!(w.at[a] = bl_net_alloc(x->net, y->dims[a], sizeof *w.at[a])))
            return tfl_refuse(x, o, "no memory");
        for (uint32_t k = 0; k < y->dims[a]; k++)
            w.at[a][k] = a == 1 || a == 2 ? nearest(k, t->dims[a], y->dims[a], align, half) : k;
    }
    return move(x, o, 0, 0, &w, 0);
}

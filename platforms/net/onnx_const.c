/* onnx_const.c - constants that are moved, joined or computed when the net is read: weights that an exporter transposes behind their
 * DequantizeLinear, products of scales, casts. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- elements ---- */

void onnx_put_int(Onnx__TensorProto *t, uint64_t i, int64_t v)
{
    uint8_t *raw = t->raw_data.data;

    if (t->data_type == ONNX_TYPE(INT64))
        t->int64_data[i] = v;
    else if (t->data_type == ONNX_UINT4 || t->data_type == ONNX_INT4)
        raw[i / 2] = (uint8_t)(raw[i / 2] | (v & 15) << i % 2 * 4);
    else
        for (uint64_t b = 0, n = t->raw_data.len / (uint64_t)onnx_elems_of(t); b < n; b++)
            raw[i * n + b] = (uint8_t)((uint64_t)v >> (8 * b));
}

static int define(struct onnx *x, const Onnx__NodeProto *n, const char *name, const struct value *from, const Onnx__TensorProto *t, enum value_kind kind)
{
    struct value v = { .kind = kind, .t = t };

    if (kind == VALUE_REAL_CONST) {
        v.s = from->s;
        v.z = from->z;
        v.axis = from->axis;
        v.block = from->block;
    }
    return onnx_define_like(x, n, name, &v);
}

/* ---- moves ---- */

/* Moved elements take their scales along. Sets *v's scales, zero points and axis for the new place: along one of its axes; false: they
 * lie along none. */
static bool scales_moved(struct onnx *x, struct value *v, uint32_t rank, const uint64_t *dims, const uint32_t *from)
{
    uint64_t all = onnx_elems(dims, rank), inner = all;

    if (onnx_count(v->s) == 1 && !v->block)
        return true;
    for (uint32_t d = 0; d < rank; d++) {
        uint64_t at[1024], i = 0;
        inner /= dims[d];
        if (dims[d] > 1024)
            continue;
        for (; i < all; i++) {
            uint64_t k = i / inner % dims[d], s = onnx_scale_at(v, from ? from[i] : i);
            if (i < inner * dims[d] && i % inner == 0)
                at[k] = s;
            else if (at[k] != s)
                break;
        }
        if (i < all)
            continue;
        const Onnx__TensorProto *s = v->s, *z = v->z;
        Onnx__TensorProto *ns = onnx_make(x, ONNX_TYPE(FLOAT), 1, &dims[d]), *nz = z ? onnx_make(x, z->data_type, 1, &dims[d]) : NULL;
        if (!ns || (z && !nz))
            return false;
        for (uint64_t k = 0; k < dims[d]; k++) {
            ns->float_data[k] = onnx_float(s, at[k]);
            if (z)
                onnx_put_int(nz, k, onnx_int(z, onnx_count(z) > 1 ? at[k] : 0));
        }
        v->s = ns;
        v->z = nz;
        v->axis = d;
        v->block = 0;
        return true;
    }
    return false;
}

int onnx_const_move(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const char *name, uint32_t rank, const uint64_t *dims,
                    const uint32_t *from, float fill)
{
    uint64_t all = onnx_elems(dims, rank);
    struct value out = *v;
    bool fills = false, real;

    for (uint64_t i = 0; from && i < all; i++)
        fills |= from[i] == BL_MOVE_FILL;
    bool kept = v->kind == VALUE_REAL_CONST && !fills && scales_moved(x, &out, rank, dims, from);
    real = v->t->data_type == ONNX_TYPE(FLOAT) || (v->kind == VALUE_REAL_CONST && !kept);
    if (onnx_take(x, n, all * (real ? 4 : 1)))
        return -1;
    Onnx__TensorProto *t = onnx_make(x, real ? ONNX_TYPE(FLOAT) : v->t->data_type, rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < all; i++) {
        uint64_t at = from ? from[i] : i;
        if (real)
            t->float_data[i] = at == BL_MOVE_FILL && from ? fill : onnx_real(v, at);
        else
            onnx_put_int(t, i, at == BL_MOVE_FILL && from ? (int64_t)fill : onnx_int(v->t, at));
    }
    return define(x, n, name, &out, t, kept ? VALUE_REAL_CONST : VALUE_CONST);
}

/* ---- arithmetic ---- */

bool onnx_is_real_const(const struct value *v)
{
    return v && (v->kind == VALUE_REAL_CONST || (v->kind == VALUE_CONST && onnx_is_float(v->t)));
}

int onnx_const_function(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct bl_float *f)
{
    uint64_t dims[ONNX_RANK];
    uint32_t rank;

    if (!onnx_const_dims(v, &rank, dims))
        return onnx_no_data(x, n, v);
    if (!onnx_is_real_const(v))
        return onnx_refuse(x, n, "the constant '%s' (ONNX type %d) is integer, expected real values", v->name, v->t->data_type);
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), rank, dims);
    if (!t || onnx_take(x, n, t->n_float_data * 4))
        return t ? -1 : onnx_refuse(x, n, "no memory");
    for (size_t i = 0; i < t->n_float_data; i++)
        t->float_data[i] = bl_float_function(f, onnx_real(v, i));
    return define(x, n, n->output[0], v, t, VALUE_CONST);
}

int onnx_const_pair(struct onnx *x, const Onnx__NodeProto *n, const struct value *a, const struct value *b, enum bl_float_op op)
{
    const struct bl_float f = { .op = (uint16_t)op, .n = 1 };
    uint64_t da[ONNX_RANK], db[ONNX_RANK], dims[ONNX_RANK];
    uint32_t ra, rb, rank;

    if (!onnx_const_dims(a, &ra, da) || !onnx_const_dims(b, &rb, db))
        return onnx_no_data(x, n, onnx_const_dims(a, &ra, da) ? b : a);
    if (!onnx_is_real_const(a) || !onnx_is_real_const(b))
        return onnx_refuse(x, n, "both inputs are constants, and one of them is integer; fold them when exporting");
    if (onnx_broadcast(x, n, ra, da, rb, db, &rank, dims) || onnx_sizes_fit(x, n, rank, dims) || onnx_take(x, n, onnx_elems(dims, rank) * 4))
        return -1;
    Onnx__TensorProto *t = onnx_make(x, ONNX_TYPE(FLOAT), rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    for (size_t i = 0; i < t->n_float_data; i++) {
        float p = onnx_real(a, onnx_operand(i, rank, dims, ra, da)), q = onnx_real(b, onnx_operand(i, rank, dims, rb, db));
        bl_float_work(&f, &p, &q, &t->float_data[i]);
    }
    return define(x, n, n->output[0], a, t, VALUE_CONST);
}

/* ---- Cast ---- */

/* The least and largest number of an integer type that a constant may be cast to; false: of another one. */
static bool limits_of(int type, double *lo, double *hi)
{
    static const struct { int type; double lo, hi; } LIMITS[] = {
        { ONNX_TYPE(INT64), -9e15, 9e15 }, { ONNX_TYPE(INT32), -2147483648.0, 2147483647.0 }, { ONNX_TYPE(UINT8), 0, 255 }, { ONNX_TYPE(INT8), -128, 127 } };

    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++)
        if (LIMITS[i].type == type) {
            *lo = LIMITS[i].lo;
            *hi = LIMITS[i].hi;
            return true;
        }
    return false;
}

int onnx_const_cast(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, int type)
{
    uint64_t dims[ONNX_RANK];
    uint32_t rank;
    double lo = 0, hi = 0;

    if (!onnx_const_dims(v, &rank, dims))
        return onnx_no_data(x, n, v);
    if (type != ONNX_TYPE(FLOAT) && !limits_of(type, &lo, &hi))
        return onnx_refuse(x, n, "found a Cast of a constant to ONNX type %d, expected float32, int64, int32, int8 or uint8", type);
    Onnx__TensorProto *t = onnx_make(x, type, rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    for (uint64_t i = 0; i < onnx_elems(dims, rank); i++) {
        bool real = v->kind == VALUE_REAL_CONST || v->t->data_type == ONNX_TYPE(FLOAT);
        double d = real ? (double)onnx_real(v, i) : (double)onnx_int(v->t, i);
        if (type == ONNX_TYPE(FLOAT)) {
            t->float_data[i] = real ? onnx_real(v, i) : (float)onnx_int(v->t, i);
            continue;
        }
        if (!(d > lo - 1 && d < hi + 1))
            return onnx_refuse(x, n, "found %g, which ONNX type %d does not hold", d, type);
        onnx_put_int(t, i, real ? (int64_t)d : onnx_int(v->t, i));
    }
    return define(x, n, n->output[0], v, t, VALUE_CONST);
}

/* onnx_quant.c - QuantizeLinear and DequantizeLinear of activations and constants, Constant, Cast. */
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- constants ---- */

static int define_const(struct onnx *x, const Onnx__NodeProto *n, const Onnx__TensorProto *t)
{
    struct value *v = onnx_define(x, n->output[0]);

    if (!v)
        return onnx_refuse(x, n, "its output '%s' is already made", n->output[0]);
    v->kind = VALUE_CONST;
    v->t = t;
    return 0;
}

int onnx_constant(struct onnx *x, const Onnx__NodeProto *n)
{
    const Onnx__AttributeProto *a = n->n_attribute == 1 ? n->attribute[0] : NULL;
    const char *name = a ? onnx_text(a->name) : "";
    bool real = !strncmp(name, "value_float", 11), many = a && (a->n_ints || a->n_floats);
    size_t count = !a ? 0 : real ? a->n_floats : a->n_ints;

    if (!a || (!strcmp(name, "value") && (!a->t || onnx_count(a->t) < 0)))
        return onnx_refuse(x, n, "found no complete tensor in attribute 'value'");
    if (!strcmp(name, "value"))
        return define_const(x, n, a->t);
    Onnx__TensorProto *t = onnx_make(x, real ? ONNX_TYPE(FLOAT) : ONNX_TYPE(INT64), many, &(uint64_t){ count });
    if (!t)
        return onnx_refuse(x, n, "no memory");
    if (!many && real)
        t->float_data[0] = a->f;
    else if (!many)
        t->int64_data[0] = a->i;
    for (size_t i = 0; many && i < count; i++) {
        if (real)
            t->float_data[i] = a->floats[i];
        else
            t->int64_data[i] = a->ints[i];
    }
    return define_const(x, n, t);
}

/* How scales lie in a constant: one, or along an axis, or in blocks along it. Sets v->axis and v->block. */
static int scales_fit(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    int64_t rank = (int64_t)v->t->n_dims, axis = onnx_attr_int(n, "axis", 1), block = onnx_attr_int(n, "block_size", 0), ns = onnx_count(v->s);

    if (v->z && onnx_count(v->z) != ns)
        return onnx_refuse(x, n, "found %lld scales and %lld zero points, expected as many", (long long)ns, (long long)onnx_count(v->z));
    if (ns == 1 && !block)
        return 0;
    if (axis < -rank || axis >= rank)
        return onnx_refuse(x, n, "found axis %lld for a constant of rank %lld", (long long)axis, (long long)rank);
    v->axis = axis < 0 ? axis + rank : axis;
    v->block = block;
    if (block < 0 || (block && v->s->n_dims != v->t->n_dims) || (!block && v->s->n_dims != 1))
        return onnx_refuse(x, n, "found scales of rank %zu and block_size %lld for a constant of rank %lld", v->s->n_dims, (long long)block, (long long)rank);
    for (int64_t d = 0; d < rank; d++) {
        int64_t want = v->t->dims[d];
        if (block && d == v->axis)
            want = (want + block - 1) / block;
        if (block ? v->s->dims[d] != want : d == v->axis && v->s->dims[0] != want)
            return onnx_refuse(x, n, "found %lld scales along axis %lld, expected %lld", (long long)v->s->dims[block ? d : 0], (long long)d, (long long)want);
    }
    return 0;
}

/* Scale and zero point of a constant, both constants. */
static int const_code(struct onnx *x, const Onnx__NodeProto *n, struct value *v)
{
    const struct value *s = onnx_in(x, n, 1), *z = onnx_in(x, n, 2);

    if (!s || s->kind != VALUE_CONST || !onnx_is_float(s->t) || (z && (z->kind != VALUE_CONST || !onnx_is_int(z->t))))
        return onnx_refuse(x, n, "found no constant scale (float32) and zero point (integer)");
    v->s = s->t;
    v->z = z ? z->t : NULL;
    v->axis = v->block = 0;
    return scales_fit(x, n, v);
}

/* rint(w / s) + z, saturated. */
static int quantize_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, int type)
{
    struct value c = *v;
    uint64_t dims[ONNX_RANK];
    uint32_t rank;
    bool is_signed = type == ONNX_TYPE(INT8) || type == ONNX_INT4, four = type == ONNX_UINT4 || type == ONNX_INT4;
    int32_t lo = is_signed ? four ? -8 : -128 : 0, hi = lo + (four ? 15 : 255);

    if (v->kind != VALUE_CONST || !onnx_is_float(v->t) || !onnx_const_dims(v, &rank, dims))
        return onnx_refuse(x, n, "found no float32 constant in '%s'", v->name);
    if (const_code(x, n, &c))
        return -1;
    Onnx__TensorProto *t = onnx_make(x, type, rank, dims);
    if (!t)
        return onnx_refuse(x, n, "no memory");
    uint64_t count = onnx_elems(dims, rank);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = onnx_scale_at(&c, i);
        float s = onnx_float(c.s, at);
        if (!(s > 0.0f))
            return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)s);
        onnx_put_int(t, i, bl_float_code(onnx_float(v->t, i), s, c.z ? (int32_t)onnx_int(c.z, at) : 0, false, lo, hi));
    }
    return define_const(x, n, t);
}

/* ---- QuantizeLinear, DequantizeLinear ---- */

/* The type of what QuantizeLinear gives: the zero point's, or output_dtype's, or uint8. -1 after an error. */
static int output_type(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *z = onnx_in(x, n, 2);
    int said = (int)onnx_attr_int(n, "output_dtype", 0), type = z && onnx_is_const(z) ? z->t->data_type : said ? said : ONNX_TYPE(UINT8);

    if (said && said != type)
        return onnx_refuse(x, n, "found a zero point of ONNX type %d, but output_dtype %d; expected the same", type, said);
    if (type == ONNX_TYPE(UINT16) || type == ONNX_TYPE(INT16))
        return onnx_refuse(x, n, "16-bit activations are not supported; quantise to 8 bits");
    if (type != ONNX_TYPE(UINT8) && type != ONNX_TYPE(INT8) && type != ONNX_UINT4 && type != ONNX_INT4)
        return onnx_refuse(x, n, "found a zero point of ONNX type %d, expected uint8 or int8", type);
    return type;
}

int onnx_quantize(struct onnx *x, const Onnx__NodeProto *n)
{
    struct value *v = onnx_in(x, n, 0), q = *v;
    struct code c;
    int type = output_type(x, n);
    int64_t t;

    if (type < 0)
        return -1;
    if (onnx_is_const(v))
        return quantize_const(x, n, v, type);
    if (onnx_attr_int(n, "block_size", 0))
        return onnx_refuse(x, n, "block_size is implemented for constants, not for activations");
    if (!(v = onnx_real_in(x, n, 0)) || onnx_code(x, n, 1, 2, type == ONNX_TYPE(INT8) || type == ONNX_INT4 ? BL_S8 : BL_U8, &c))
        return -1;
    c.four = type == ONNX_UINT4 || type == ONNX_INT4;
    c.bits = n->n_output ? onnx_few(x, n->output[0], &c) : c.bits;
    if ((t = onnx_coded(x, n, v, &c, false)) < 0)
        return -1;
    q.kind = VALUE_CODES;
    q.tensor = (uint32_t)t;
    q.table = NULL;
    q.has_float = q.input = false;
    q.scale = c.scale;
    q.zero = c.zero;
    q.four = c.four;
    return onnx_define_like(x, n, n->output[0], &q);
}

static int dequantize_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *v)
{
    struct value c = *v;

    if (onnx_count(v->t) <= 0)
        return onnx_no_data(x, n, v);
    if (v->kind != VALUE_CONST || !onnx_is_int(v->t))
        return onnx_refuse(x, n, "found no integers in the constant '%s'", v->name);
    if (const_code(x, n, &c))
        return -1;
    if (c.z && c.z->data_type != v->t->data_type)
        return onnx_refuse(x, n, "the constant '%s' is of ONNX type %d, its zero point of type %d; expected the same", v->name, v->t->data_type,
                           c.z->data_type);
    c.kind = VALUE_REAL_CONST;
    return onnx_define_like(x, n, n->output[0], &c);
}

int onnx_dequantize(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *v = onnx_in(x, n, 0);
    struct value view = *v;
    struct code c;

    if (onnx_attr_int(n, "output_dtype", ONNX_TYPE(FLOAT)) != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "attribute 'output_dtype': only float32 is implemented");
    if (onnx_is_const(v))
        return dequantize_const(x, n, v);
    if (v->dynamic)
        return onnx_dynamic_dequantize(x, n, v);
    if (v->kind != VALUE_CODES)
        return onnx_refuse(x, n, "found no quantised value for input '%s'", v->name);
    if (onnx_attr_int(n, "block_size", 0))
        return onnx_refuse(x, n, "block_size is implemented for constants, not for activations");
    if (onnx_code(x, n, 1, 2, x->net->tensors[v->tensor].dtype, &c))
        return -1;
    if (c.type != x->net->tensors[v->tensor].dtype || (onnx_in(x, n, 2) && c.four != v->four))
        return onnx_refuse(x, n, "the zero point's type is not that of '%s'", v->name);
    view.kind = VALUE_VIEW;
    view.scale = c.scale;
    view.zero = c.zero;
    view.input = false;
    return onnx_define_like(x, n, n->output[0], &view);
}

/* ---- Cast ---- */

int onnx_cast(struct onnx *x, const Onnx__NodeProto *n)
{
    const struct value *v = onnx_in(x, n, 0);
    struct value out = *v;

    if (onnx_is_const(v))
        return onnx_const_cast(x, n, v, (int)onnx_attr_int(n, "to", 0));
    if (onnx_attr_int(n, "to", 0) != ONNX_TYPE(FLOAT))
        return onnx_refuse(x, n, "found a Cast of activations to ONNX type %lld, only that to float32 is implemented", (long long)onnx_attr_int(n, "to", 0));
    if (v->kind == VALUE_CODES) {      /* the codes as numbers */
        out.kind = VALUE_VIEW;
        out.scale = 1.0f;
        out.zero = 0;
    }
    out.sums = out.input = false;
    return onnx_define_like(x, n, n->output[0], &out);
}

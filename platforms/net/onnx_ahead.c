/* onnx_ahead.c - the code that a QuantizeLinear further on gives to a value, found through what only moves or clamps; scales, zero points and
 * few bits of activations; clips that become part of the layer before. */
#include <math.h>
#include <string.h>

#include "platforms/net/onnx_read.h"

/* ---- codes ahead ---- */

const char *onnx_try_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c)
{
    const struct value *s = onnx_in(x, n, si), *z = onnx_in(x, n, zi);
    int type = z && onnx_is_const(z) ? z->t->data_type : 0;

    if (!s || s->kind != VALUE_CONST || !onnx_is_float(s->t))
        return "its scale is no constant float32";
    if (onnx_count(s->t) != 1)
        return "found a vector of scales for activations, expected one";
    if (z && (z->kind != VALUE_CONST || onnx_count(z->t) != 1))
        return "its zero point is no constant with one element";
    *c = (struct code){ .scale = onnx_float(s->t, 0) };
    if (!(c->scale > 0.0f) || !isfinite(c->scale))
        return "found a scale that is no positive number";
    if (type == ONNX_TYPE(UINT16) || type == ONNX_TYPE(INT16))
        return "16-bit activations are not supported; quantise to 8 bits";
    c->four = type == ONNX_UINT4 || type == ONNX_INT4;
    if (z && type != ONNX_TYPE(UINT8) && type != ONNX_TYPE(INT8) && !c->four)
        return "found a zero point that is neither uint8 nor int8";
    c->type = !z ? left_out : type == ONNX_TYPE(INT8) || type == ONNX_INT4 ? BL_S8 : BL_U8;
    c->zero = z ? (int32_t)onnx_int(z->t, 0) : 0;
    return NULL;
}

int onnx_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c)
{
    const char *wrong = onnx_try_code(x, n, si, zi, left_out, c);
    const struct value *s = onnx_in(x, n, si);

    if (!wrong)
        return 0;
    if (s && onnx_is_const(s) && onnx_count(s->t) == 1 && strstr(wrong, "positive"))
        return onnx_refuse(x, n, "found scale %g, expected a positive number", (double)onnx_real(s, 0));
    return onnx_refuse(x, n, "%s (inputs %zu and %zu)", wrong, si, zi);
}

/* ---- codes of few bits ---- */

/* Bounds of a Relu or Clip whose bounds are constants. */
static bool bounds(const struct onnx *x, const Onnx__NodeProto *n, float *lo, float *hi)
{
    const struct value *a = onnx_in(x, n, 1), *b = onnx_in(x, n, 2);

    *lo = 0.0f;
    *hi = INFINITY;
    if (onnx_op_is(n, "Relu"))
        return !n->n_attribute;
    if (!onnx_op_is(n, "Clip") || (n->n_input > 1 && *n->input[1] && !onnx_is_const(a)) || (n->n_input > 2 && *n->input[2] && !onnx_is_const(b)) ||
        (a && onnx_count(a->t) != 1) || (b && onnx_count(b->t) != 1) || n->n_attribute > 2)
        return false;
    *lo = a ? onnx_real(a, 0) : onnx_attr_float(n, "min", -INFINITY);
    *hi = b ? onnx_real(b, 0) : onnx_attr_float(n, "max", INFINITY);
    return !isnan(*lo) && !isnan(*hi);
}

unsigned onnx_few(const struct onnx *x, const char *name, const struct code *c)
{
    const Onnx__NodeProto *n = onnx_only_reader(x, name);
    struct code few = *c;
    float lo, hi;

    if (!n || !onnx_op_is(n, "Clip") || strcmp(n->input[0], name) || !bounds(x, n, &lo, &hi))
        return c->bits;
    few.bits = onnx_bits_of(lo, hi, c->type == BL_S8);
    bool whole = few.bits < onnx_bits(c) && !((float)onnx_least(&few) < lo) && !((float)onnx_least(&few) > lo) && !((float)onnx_most(&few) < hi) &&
                 !((float)onnx_most(&few) > hi);
    return whole && c->zero >= onnx_least(&few) && c->zero <= onnx_most(&few) ? few.bits : c->bits;
}

const char *onnx_quantize_code(const struct onnx *x, const Onnx__NodeProto *n, struct code *c)
{
    int64_t said = onnx_attr_int(n, "output_dtype", 0);
    const char *wrong = onnx_try_code(x, n, 1, 2, said == ONNX_TYPE(INT8) || said == ONNX_INT4 ? BL_S8 : BL_U8, c);

    if (!wrong) {
        c->four |= !onnx_in(x, n, 2) && (said == ONNX_INT4 || said == ONNX_UINT4);
        c->bits = n->n_output ? onnx_few(x, n->output[0], c) : c->bits;      /* one without outputs is refused in its turn */
    }
    return wrong;
}

const Onnx__NodeProto *onnx_only_reader(const struct onnx *x, const char *name)
{
    const struct value *v = onnx_slot(x, name);

    const Onnx__NodeProto *n = v && v->readers == 1 ? v->reader : NULL;
    return n && n->n_output && *n->output[0] ? n : NULL;       /* one without outputs is refused in its turn */
}

/* The node only moves or clamps what it reads: a QuantizeLinear may as well stand before it. */
static bool moves(const Onnx__NodeProto *n)
{
    static const char *const OPS[] = { "Relu", "Clip", "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity",
                                       "Dropout", "Slice", "Gather", "Concat", "Pad" };

    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++)
        if (onnx_op_is(n, OPS[i]))
            return true;
    return (onnx_op_is(n, "Resize") || onnx_op_is(n, "Upsample")) && (!onnx_attr(n, "mode") || onnx_attr_is(n, "mode", "nearest"));
}

bool onnx_ahead(const struct onnx *x, const char *name, struct code *c)
{
    for (size_t steps = 0; steps <= x->graph->n_node; steps++) {
        const Onnx__NodeProto *n = onnx_only_reader(x, name);
        if (!n || !n->n_output || !*n->output[0])
            return false;
        if (onnx_op_is(n, "QuantizeLinear"))
            return !strcmp(n->input[0], name) && !onnx_attr(n, "block_size") && !onnx_quantize_code(x, n, c);
        if (!moves(n) || (strcmp(n->input[0], name) && !onnx_op_is(n, "Concat")))
            return false;
        name = n->output[0];
    }
    return false;
}

void onnx_absorb(struct onnx *x, const Onnx__NodeProto *n)
{
    for (size_t i = 0; i < x->graph->n_node; i++)
        if (x->graph->node[i] == n)
            x->done[i] = true;
}

/* ---- fused clips ---- */

static float between(float v, float lo, float hi)
{
    v = v > lo ? v : lo;
    return v < hi ? v : hi;
}

void onnx_clamps(struct onnx *x, const char **name, struct bl_layer *l)
{
    float lo = -INFINITY, hi = INFINITY, a, b;
    const Onnx__NodeProto *n;
    struct code c;
    bool any = false;

    while (onnx_ahead(x, *name, &c) && (n = onnx_only_reader(x, *name)) && bounds(x, n, &a, &b)) {
        lo = between(lo, a, b);
        hi = between(hi, a, b);
        *name = n->output[0];
        onnx_absorb(x, n);
        any = true;
    }
    if (!any)
        return;
    l->relu = !(lo < 0.0f) && !(lo > 0.0f) && hi > 0.0f;
    l->relu_max = l->relu && isfinite(hi) ? hi : 0.0f;
    l->clip = !l->relu;
    l->clip_lo = lo;
    l->clip_hi = hi;
}

/* float_work.c - layers in float32 by plain loops, in the order that float_work.h states. */
#include "kernel/model.h"
#include "components/float_work.h"

#include <math.h>

static const char *const NAMES[BL_FLOAT_OPS] = {
    "relu", "clip", "leakyrelu", "elu", "sigmoid", "tanh", "hardsigmoid", "hardswish", "softplus", "neg", "abs", "sqrt", "exp",
    "erf", "gelu", "gelu", "floor", "ceil", "round", "bipolar",
    "add", "sub", "mul", "div", "min", "max", "prelu", "softmax", "mean", "max over axes",
    "range", "dynamicquantize", "maxpool", "avgpool", "conv", "matmul"
};

const char *bl_float_name(enum bl_float_op op) { return (unsigned)op < BL_FLOAT_OPS ? NAMES[op] : "?"; }

/* ---- element by element ---- */

static float clip(float x, float lo, float hi)
{
    x = x < lo ? lo : x;
    return x > hi ? hi : x;
}

static float tanh_of(float x)
{
    double a = fabs((double)x), e = bl_exp(2 * (a > 20 ? 20 : a)), t = a < 1e-4 ? a : 1 - 2 / (e + 1);

    return (float)(x < 0.0f ? -t : t);
}

/* 2 / sqrt(pi) e^(-x^2) times the sum of x (2 x^2)^n / (1 3 5 .. (2 n + 1)): no term is negative. */
static double erf_of(double x)
{
    double a = fabs(x), term = a, sum = a;

    if (a > 6)
        return x < 0 ? -1 : 1;
    for (int n = 1; n < 200 && term > sum * 1e-17; n++) {
        term = term * (2 * a * a) / (2 * n + 1);
        sum = sum + term;
    }
    sum = sum * 1.1283791670955126 * bl_exp(-(a * a));
    return x < 0 ? -sum : sum;
}

static float gelu(enum bl_float_op op, double x)
{
    double in = 0.7978845608028654 * (x + 0.044715 * x * x * x), t;

    if (op == BL_FLOAT_GELU)
        return (float)(x / 2 * (1 + erf_of(x * 0.7071067811865476)));
    t = 1 - 2 / (bl_exp(2 * (in > 20 ? 20 : in < -20 ? -20 : in)) + 1);
    return (float)(x / 2 * (1 + t));
}

static float softplus(float x)
{
    return x > 30.0f ? x : (float)bl_log(1 + bl_exp((double)x));
}

float bl_float_function(const struct bl_float *f, float x)
{
    float v;

    switch (f->op) {
    case BL_FLOAT_RELU: return x > 0.0f ? x : 0.0f;
    case BL_FLOAT_CLIP: return clip(x, f->alpha, f->beta);
    case BL_FLOAT_LEAKY: return x < 0.0f ? f->alpha * x : x;
    case BL_FLOAT_ELU:
        v = (float)(bl_exp((double)x) - 1);
        return x < 0.0f ? f->alpha * v : x;
    case BL_FLOAT_SIGMOID: return (float)(1 / (1 + bl_exp(-(double)x)));
    case BL_FLOAT_TANH: return tanh_of(x);
    case BL_FLOAT_HARD_SIGMOID:
        v = f->alpha * x;
        v = v + f->beta;
        return clip(v, 0.0f, 1.0f);
    case BL_FLOAT_HARD_SWISH:
        v = x * (1.0f / 6.0f);
        v = v + 0.5f;
        return x * clip(v, 0.0f, 1.0f);
    case BL_FLOAT_SOFTPLUS: return softplus(x);
    case BL_FLOAT_NEG: return -x;
    case BL_FLOAT_ABS: return x < 0.0f ? -x : x;
    case BL_FLOAT_SQRT: return (float)sqrt((double)x);
    case BL_FLOAT_EXP: return (float)bl_exp((double)x);
    case BL_FLOAT_ERF: return (float)erf_of((double)x);
    case BL_FLOAT_GELU: case BL_FLOAT_GELU_TANH: return gelu((enum bl_float_op)f->op, (double)x);
    case BL_FLOAT_FLOOR: return (float)floor((double)x);
    case BL_FLOAT_CEIL: return (float)ceil((double)x);
    case BL_FLOAT_ROUND: return (float)rint((double)x);
    case BL_FLOAT_BIPOLAR: return x < 0.0f ? -1.0f : 1.0f;
    default: return x;
    }
}

static float pair(enum bl_float_op op, float a, float b)
{
    switch (op) {
    case BL_FLOAT_ADD: return a + b;
    case BL_FLOAT_SUB: return a - b;
    case BL_FLOAT_MUL: return a * b;
    case BL_FLOAT_DIV: return a / b;
    case BL_FLOAT_MIN: return b < a ? b : a;
    case BL_FLOAT_MAX: return b > a ? b : a;
    default: return a < 0.0f ? a * b : a;
    }
}

/* ---- along an axis ---- */

static void softmax(const float *x, float *y, size_t n, size_t step)
{
    float most = x[0], sum = 0.0f;

    for (size_t i = 1; i < n; i++)
        most = x[i * step] > most ? x[i * step] : most;
    for (size_t i = 0; i < n; i++) {
        float d = x[i * step] - most;
        y[i * step] = (float)bl_exp((double)d);
        sum = sum + y[i * step];
    }
    for (size_t i = 0; i < n; i++)
        y[i * step] = y[i * step] / sum;
}

/* The range of n values and 0. */
struct range { float min, max, scale; };

static struct range range_of(const float *x, size_t n, size_t step)
{
    struct range r = { 0.0f, 0.0f, 1.0f };

    for (size_t i = 0; i < n; i++) {
        r.min = x[i * step] < r.min ? x[i * step] : r.min;
        r.max = x[i * step] > r.max ? x[i * step] : r.max;
    }
    if (r.max > r.min) {
        r.scale = r.max - r.min;
        r.scale = r.scale / 255.0f;
    }
    return r;
}

static void dynamic(const float *x, float *y, size_t n, size_t step)
{
    const struct range r = range_of(x, n, step);
    const float low = -r.min / r.scale, zero = (float)rint((double)clip(low, 0.0f, 255.0f));

    for (size_t i = 0; i < n; i++) {
        float t = x[i * step] / r.scale;
        t = (float)rint((double)t);
        y[i * step] = clip(t + zero, 0.0f, 255.0f) - zero;
    }
}

static float reduced(enum bl_float_op op, const float *x, size_t n, size_t step)
{
    if (op == BL_FLOAT_RANGE)
        return range_of(x, n, step).scale;
    float v = x[0];

    for (size_t i = 1; i < n; i++) {
        float next = x[i * step];
        v = op == BL_FLOAT_MEAN ? v + next : next > v ? next : v;
    }
    return op == BL_FLOAT_MEAN ? v / (float)n : v;
}

static void along(const struct bl_float *f, const float *x, float *y)
{
    for (size_t o = 0; o < f->outer; o++)
        for (size_t i = 0; i < f->inner; i++) {
            const float *from = x + o * f->n * f->inner + i;
            if (f->op == BL_FLOAT_SOFTMAX || f->op == BL_FLOAT_DYNAMIC)
                (f->op == BL_FLOAT_SOFTMAX ? softmax : dynamic)(from, y + o * f->n * f->inner + i, f->n, f->inner);
            else
                y[o * f->inner + i] = reduced(f->op, from, f->n, f->inner);
        }
}

/* ---- windows ---- */

static bool within(int64_t at, uint32_t n) { return at >= 0 && at < (int64_t)n; }

static float pooled(const struct bl_float *f, const float *plane, uint32_t oy, uint32_t ox)
{
    float best = -INFINITY, sum = 0.0f;
    uint32_t n = 0;

    for (uint32_t i = 0; i < f->kh; i++)
        for (uint32_t j = 0; j < f->kw; j++) {
            int64_t y = (int64_t)oy * f->stride_h + (int64_t)i * f->dil_h - f->pad_t;
            int64_t x = (int64_t)ox * f->stride_w + (int64_t)j * f->dil_w - f->pad_l;
            if (!within(y, f->h) || !within(x, f->w)) {
                n += f->count_pad;
                continue;
            }
            float v = plane[(size_t)y * f->w + (size_t)x];
            best = v > best ? v : best;
            sum = sum + v;
            n++;
        }
    return f->op == BL_FLOAT_MAXPOOL ? best : sum / (float)(n ? n : 1);
}

static float convolved(const struct bl_float *f, const float *in, const float *w, uint32_t oy, uint32_t ox)
{
    uint32_t cin = f->c / f->groups;
    double exact = 0;
    float sum = 0.0f;

    for (uint32_t c = 0; c < cin; c++)
        for (uint32_t i = 0; i < f->kh; i++)
            for (uint32_t j = 0; j < f->kw; j++, w++) {
                int64_t y = (int64_t)oy * f->stride_h + (int64_t)i * f->dil_h - f->pad_t;
                int64_t x = (int64_t)ox * f->stride_w + (int64_t)j * f->dil_w - f->pad_l;
                if (!within(y, f->h) || !within(x, f->w))
                    continue;
                float p = *w * in[((size_t)c * f->h + (size_t)y) * f->w + (size_t)x];
                sum = sum + p;
                exact = exact + (double)p;
            }
    return f->whole ? (float)exact : sum;
}

static void windows(const struct bl_float *f, const float *a, const float *b, float *y)
{
    uint32_t cin = f->op == BL_FLOAT_CONV ? f->c / f->groups : 1, per = f->op == BL_FLOAT_CONV ? f->out_c / f->groups : 1;
    size_t plane = (size_t)f->h * f->w, k = (size_t)cin * f->kh * f->kw;

    for (uint32_t o = 0; o < f->out_c; o++) {
        const float *in = a + (size_t)(o / per) * cin * plane;
        for (uint32_t oy = 0; oy < f->out_h; oy++)
            for (uint32_t ox = 0; ox < f->out_w; ox++) {
                float v = f->op == BL_FLOAT_CONV ? convolved(f, in, b + o * k, oy, ox) : pooled(f, in, oy, ox);
                *y++ = f->bias ? v + f->bias[o] : v;
            }
    }
}

/* One row of a product: y[j] = sum of a[l] b[l][j]. */
static void product_row(const struct bl_float *f, const float *a, const float *b, float *y)
{
    size_t n = f->n, k = f->inner;

    for (size_t j = 0; f->whole && j < n; j++) {
        double sum = 0;
        for (size_t l = 0; l < k; l++)
            sum = sum + (double)a[l] * (double)b[l * n + j];
        y[j] = (float)sum;
    }
    for (size_t j = 0; !f->whole && j < n; j++)
        y[j] = 0.0f;
    for (size_t l = 0; !f->whole && l < k; l++)
        for (size_t j = 0; j < n; j++) {
            float p = a[l] * b[l * n + j];
            y[j] = y[j] + p;
        }
}

static void product(const struct bl_float *f, const float *a, const float *b, float *y)
{
    size_t n = f->n, k = f->inner, rows = f->rows;

    for (size_t i = 0; i < f->outer; i++, a += f->one_a ? 0 : rows * k, b += f->one_b ? 0 : k * n)
        for (size_t m = 0; m < rows; m++, y += n) {
            product_row(f, a + m * k, b, y);
            for (size_t j = 0; f->bias && j < n; j++)
                y[j] = y[j] + f->bias[j];
        }
}

void bl_float_work(const struct bl_float *f, const float *a, const float *b, float *y)
{
    switch (f->op) {
    case BL_FLOAT_SOFTMAX: case BL_FLOAT_MEAN: case BL_FLOAT_TOP: case BL_FLOAT_RANGE: case BL_FLOAT_DYNAMIC:
        along(f, a, y);
        return;
    case BL_FLOAT_MAXPOOL: case BL_FLOAT_AVGPOOL: case BL_FLOAT_CONV:
        windows(f, a, b, y);
        return;
    case BL_FLOAT_MATMUL:
        product(f, a, b, y);
        return;
    default:
        for (size_t i = 0; i < f->n; i++)
            y[i] = bl_float_has_two(f->op) ? pair(f->op, a[i], b[i]) : bl_float_function(f, a[i]);
    }
}

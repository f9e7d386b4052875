/* float_work.h - layers in float32: what a net does between its codes and cannot be an integer layer (an unquantised first or last
 * layer, softmax, a mean of real values). Shared by host parts and the reference. Every operation rounds once to binary32, in the
 * order written here; sums go in the order of the elements; exponentials are computed in double and rounded once.
 * Source: the operators of the same names in the ONNX standard. */
#ifndef BL_FLOAT_WORK_H
#define BL_FLOAT_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum bl_float_op {
    /* one input, element by element; alpha and beta where the formula has them */
    BL_FLOAT_RELU,             /* x > 0 ? x : 0 */
    BL_FLOAT_CLIP,             /* min(max(x, alpha), beta): beta everywhere where alpha > beta */
    BL_FLOAT_LEAKY,            /* x < 0 ? alpha x : x */
    BL_FLOAT_ELU,              /* x < 0 ? alpha (e^x - 1) : x */
    BL_FLOAT_SIGMOID,          /* 1 / (1 + e^-x) */
    BL_FLOAT_TANH,
    BL_FLOAT_HARD_SIGMOID,     /* max(0, min(1, alpha x + beta)) */
    BL_FLOAT_HARD_SWISH,       /* x max(0, min(1, x / 6 + 1/2)) */
    BL_FLOAT_SOFTPLUS,         /* ln(1 + e^x) */
    BL_FLOAT_NEG, BL_FLOAT_ABS, BL_FLOAT_SQRT, BL_FLOAT_EXP,
    BL_FLOAT_ERF,              /* in double, rounded once */
    BL_FLOAT_GELU,             /* x/2 (1 + erf(x / sqrt 2)), in double, rounded once */
    BL_FLOAT_GELU_TANH,        /* x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), in double, rounded once */
    BL_FLOAT_FLOOR, BL_FLOAT_CEIL,
    BL_FLOAT_ROUND,            /* half to even */
    BL_FLOAT_BIPOLAR,          /* x < 0 ? -1 : 1 */
    /* two inputs of one shape, element by element */
    BL_FLOAT_ADD, BL_FLOAT_SUB, BL_FLOAT_MUL, BL_FLOAT_DIV, BL_FLOAT_MIN, BL_FLOAT_MAX,
    BL_FLOAT_PRELU,            /* a < 0 ? a b : a */
    /* over n elements, `inner` apart, of [outer][n][inner] */
    BL_FLOAT_SOFTMAX,          /* e^(x - max) / their sum */
    BL_FLOAT_MEAN,             /* [outer][inner]: the sum / n */
    BL_FLOAT_TOP,              /* [outer][inner]: the largest */
    BL_FLOAT_RANGE,            /* [outer][inner]: (max - min) / 255, both with 0; 1 where they are equal. The scale of DynamicQuantizeLinear */
    BL_FLOAT_DYNAMIC,          /* code - zero point of DynamicQuantizeLinear: z = rint(clamp(-min / s, 0, 255)), clamp(rint(x / s) + z, 0, 255) - z */
    /* windows over c x h x w; a cell outside the image counts as nothing, for a mean with count_pad as 0
     * (also beyond the padding, where ceil_mode puts a window: as ONNX Runtime has it) */
    BL_FLOAT_MAXPOOL, BL_FLOAT_AVGPOOL,
    BL_FLOAT_CONV,             /* b: weights [out_c][c / groups][kh][kw]; sums begin with 0, bias[o] is added last */
    BL_FLOAT_MATMUL,           /* y[i][m][n] = sum over k of a[i][m][k] b[i][k][n], i below `outer`; bias as above, [n] */
    BL_FLOAT_OPS
};
static inline bool bl_float_is_function(enum bl_float_op op) { return op < BL_FLOAT_ADD; }
static inline bool bl_float_has_two(enum bl_float_op op)
{
    return (op >= BL_FLOAT_ADD && op < BL_FLOAT_SOFTMAX) || op == BL_FLOAT_CONV || op == BL_FLOAT_MATMUL;
}
const char *bl_float_name(enum bl_float_op op);

struct bl_float {
    uint16_t op;               /* enum bl_float_op */
    bool count_pad;
    bool one_a, one_b;         /* MATMUL: the same matrix for every i */
    bool whole;                /* CONV, MATMUL of whole numbers: the sums are exact, and rounded once */
    float alpha, beta;
    uint32_t outer, n, inner;  /* element by element: n alone. MATMUL: n columns, `inner` products, `rows` rows */
    uint32_t rows;
    uint32_t c, h, w, out_c, out_h, out_w, kh, kw, stride_h, stride_w, dil_h, dil_w, pad_t, pad_l, groups;
    const float *bias;         /* or NULL */
};

/* Numbers at `bias`, where it is not NULL. */
static inline uint32_t bl_float_biases(const struct bl_float *f) { return f->op == BL_FLOAT_CONV ? f->out_c : f->n; }
float bl_float_function(const struct bl_float *f, float x);
/* The whole layer; b is read only by what has two inputs. Pointers are aligned, y is none of the others. Multiply-accumulates and
 * steps are those of the plain loops. */
void bl_float_work(const struct bl_float *f, const float *a, const float *b, float *y);

#ifdef __cplusplus
}
#endif

#endif

/* net.h - a quantised network in memory: tensors and an ordered list of integer layers.
 * Read from ONNX (onnx.c) or from a layer table (layer_table.c), or built call by call; run by reference.h,
 * turned into work by the mappers. Batch is always 1. */
#ifndef BL_NET_H
#define BL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "components/float_work.h"
#include "components/requant_work.h"
#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is in a net ----------------------------------------------------------------- */

enum bl_dtype {
    BL_U8, BL_S8,
    BL_REAL                    /* real values, four bytes each, of this machine's order; scale 1, zero 0 */
};

/* real = scale * (q - zero). Elements lie in c, y, x order, one byte each. A vector of n elements is
 * c = n, h = w = 1. A matrix of m rows of k, m > 1, is c = 1, h = m, w = k (see BL_FC).
 * Codes of b bits are 0 .. 2^b-1 (BL_U8: coding "unsigned") or -2^(b-1) .. 2^(b-1)-1 (BL_S8: "signed", sign-extended to a byte). Odd ones are
 * BL_S8, zero 0, and the odd numbers of -(2^b-1) .. 2^b-1: a wire carries (q + 2^b - 1) / 2, and b = 1 is -1 and +1. */
struct bl_tensor {
    const char *name;
    uint32_t c, h, w;          /* each >= 1, product at most BL_NET_MAX_ELEMS */
    enum bl_dtype dtype;
    unsigned bits;             /* of a code, 1 .. 8; bl_net_tensor takes 0 as 8. A BL_REAL tensor has 32 */
    bool odd;                  /* only of a model (BipolarQuant); bits at most 7 */
    float scale;               /* > 0, finite */
    int32_t zero;              /* within the codes */
    const uint8_t *data;       /* a constant: its bytes, owned by the net; NULL: an input or made by a layer */
    /* By bl_net_narrow: the original had 8 bits, scale / 2^shift and this zero point. Images are those of the original until bl_tensor_narrow */
    unsigned shift;
    int32_t wide_zero;
};
#define BL_NET_MAX_ELEMS (UINT32_C(1) << 28)
#ifndef BL_NET_MAX_BYTES                               /* fuzzers set less: memory that is cleared for nothing is no hang */
#define BL_NET_MAX_BYTES (UINT64_C(2) << 30)           /* of all tensors of a net */
#endif
#define BL_NET_MAX_STEPS (UINT64_C(1) << 36)           /* products and cells of windows an image: twice those of VGG19 on ImageNet, and more */
#define BL_MOVE_FILL UINT32_MAX

/* Exact meaning of each kind. x, y: input and output bytes as integers; z., s.: zero points and scales;
 * every float is float32 and every step rounds once; Q(v) = clamp(rint(v) + z_y, lo, hi), rint half to even.
 * All of it is computed by components/requant.h and requant_work.h; what is said here is the rule BL_F32, other rules stand there. */
enum bl_kind {
    /* y may be float32: then it is what stands before the division by s_y and the rounding (bl_requant_float).
     * y = Q((float)(bias[o] + sum (x - zx) * (w - wzero[o])) * mult[o]); a padded x is zx.
     * mult[o] = (s_x * s_w[o]) / s_y. ONNX QLinearConv; other rules: struct bl_requant. Depthwise: groups == c of the input. */
    BL_CONV,
    /* The same over the whole input, flattened c, y, x. ONNX QLinearMatMul, QGemm. With rows = m > 1
     * the input holds groups * m rows of k, and y[g][m][n] = sum_k x[g][m][k] * w[g * (cout/groups) + n][k]. */
    BL_FC,
    BL_RELU,                   /* y = Q((float)(x - zx) * (s_x / s_y)); without `relu` a mere change of scale */
    /* Maximum of x over the part of the window inside the image, then as BL_RELU (exact for equal scales). */
    BL_MAXPOOL,
    /* y = Q((float)(sum (x - zx)) * (s_x / (s_y * n))), n the cells inside the image, or kh * kw with
     * count_pad. QLinearGlobalAveragePool as ONNX Runtime computes it, for every window. */
    BL_AVGPOOL,
    /* Two tensors to one, cell by cell; where one of them has size 1 along c, h or w it stands for all cells there.
     * y = Q((float)(a - za) * (s_a / s_y) + (float)(b - zb) * (s_b / s_y)). QLinearAdd. */
    BL_ADD,
    BL_MUL,                    /* y = Q((float)((a - za) * (b - zb)) * ((s_a * s_b) / s_y)). QLinearMul */
    BL_RESHAPE,                /* y = x, another shape (Flatten, Reshape, Squeeze) */
    /* Option A shortcut of He et al. 2016: every stride-th row and column, new channels of real value 0
     * put half before, half after. y = x; scales and zero points are equal. */
    BL_SUBSAMPLE,
    BL_LUT,                    /* y = lut[x as a byte]: sigmoid, swish */
    BL_SUB,                    /* as BL_ADD, b taken off */
    BL_MAX, BL_MIN,            /* of the codes, which must be of one scale and zero point; broadcast as BL_ADD */
    /* y[i] = the cells of both inputs, in[0] then in[1], one after the other, at from[i]; or the code `fill` where from[i] is
     * BL_MOVE_FILL. Transpose, Slice, Pad, Concat and the like; all of one code, or float32. in[1] may be in[0]. */
    BL_MOVE,
    /* Over c of every cell, or over w of every row (`along_w`): e^(beta s_x x) / their sum, s_y = 1/256, z_y the lowest code. */
    BL_SOFTMAX,
    BL_TABLE,                  /* y, float32: the real value of code x, reals[x as a byte]. DequantizeLinear and what follows it */
    BL_QUANT,                  /* x, float32: y = clamp(rint(x / s_y) + z_y), or rint(x / s_y + z_y) with `inside`. QuantizeLinear */
    BL_FLOAT,                  /* from float32 to float32, components/float_work.h; in[1] where it has two inputs */
    BL_KINDS
};

struct bl_layer {
    const char *name;
    enum bl_kind kind;
    uint32_t in[2];            /* indexes of tensors; in[1] only for those kinds that have two */
    uint32_t out;
    uint32_t kh, kw;           /* window; 1 where there is none */
    uint32_t stride_h, stride_w, dil_h, dil_w;
    uint32_t pad_t, pad_l, pad_b, pad_r;
    uint32_t groups;           /* >= 1 */
    uint32_t rows;             /* BL_FC: rows of the input, usually 1 */
    bool count_pad;            /* BL_AVGPOOL */
    bool relu;                 /* fused (or standalone) ReLU: real values below 0 become 0 */
    float relu_max;            /* upper clip of the real value (6 for ReLU6), 0: none */
    bool clip;                 /* another fused clip: codes from that of clip_lo to that of clip_hi; lo > hi gives hi */
    float clip_lo, clip_hi;    /* may be infinite */

    /* BL_CONV and BL_FC; owned by the net */
    uint32_t cout, k;          /* outputs; products per output: (c / groups) * kh * kw */
    int8_t *weight;            /* [cout][k], k in c, kh, kw order. uint8 weights are stored minus 128 */
    int32_t *wzero;            /* [cout]: weight zero point, usually 0 */
    int32_t *bias;             /* [cout], scale s_x * s_w[o]; raw: without zero-point correction */
    float *wscale;             /* [cout] */
    /* BL_F32 only, each [cout] or NULL: a float32 bias besides, then gain and offset of a batch normalisation (struct bl_requant) */
    float *real_bias, *gain, *offset;
    float alpha;               /* factor of s_x s_w (Gemm); 0 means 1 */
    struct bl_requant *requant;    /* [cout], by bl_net_finish; its bias is `bias` */
    /* Words that hardware takes, 1 .. 16 bits each. Weights are -2^(wbits-1) .. 2^(wbits-1)-1, at most 8 bits of them in use; wbits = 1: -1 and +1.
     * abits: of in[0], by bl_net_finish the bits of that tensor unless it is more. */
    unsigned wbits, abits;

    bool clamped;              /* lo and hi are set by who builds; `relu` then only says that values below 0 become 0 */
    int32_t lo, hi;            /* clamp of y, zero point included, by bl_net_finish */
    uint8_t *lut;              /* BL_LUT: 256 entries */
    const uint32_t *from;      /* BL_MOVE: an index an output */
    int32_t fill;              /* BL_MOVE: a code */
    float fill_real;           /* BL_MOVE of float32 */
    const float *reals;        /* BL_TABLE: 256 entries; BL_LUT: what its codes were rounded from, or NULL */
    bool inside;               /* BL_QUANT */
    struct bl_float real;      /* BL_FLOAT */
    const float *exps;         /* BL_SOFTMAX: 256 entries, bl_softmax_code */
    bool along_w;              /* BL_SOFTMAX */
    struct bl_pair pair;       /* kinds of two activations: `form` by who builds, the rest by bl_net_finish */
    struct bl_mean mean;       /* BL_AVGPOOL: `form` by who builds (0: ONNX), the rest by bl_net_finish */
    uint32_t line;             /* line of the table it comes from, or 0 */
};

struct bl_net {
    const char *name;          /* file name without folder, or as given */
    struct bl_tensor *tensors;
    uint32_t ntensors;
    struct bl_layer *layers;   /* in an order in which every input is ready */
    uint32_t nlayers;
    uint32_t input, output;    /* indexes of tensors */
    uint32_t *outputs, noutputs;   /* all of them, when there are several: outputs[0] is `output` */
    uint32_t ninputs;          /* inputs are the tensors input .. input + ninputs - 1; bl_net_new gives 1 */
    enum bl_rule rule;         /* how it rounds: BL_F32 unless set before bl_net_finish */
    bool generated;            /* weights are made up (layer table) */
    bool finished;             /* bl_net_finish has checked all of it */
    bool channels_last;        /* in files made for this net's own format an image is rows, columns, channels; else channels, rows, columns */
    bool raw_input;            /* the graph's own input is this quantised tensor: pixels are its bytes */
    bool narrowed;             /* bl_net_narrow was here */
    bool raw_output;           /* so is its output; else the graph gives its real values, scale * (q - zero) in float32 */
    void *blocks;              /* everything the net owns */
    uint32_t cap_tensors, cap_layers;
};

/* ---- reading ------------------------------------------------------------------------- */

/* Reads FILE.onnx, FILE.tflite or FILE.csv. `seed` makes the weights of a table; the others ignore it. NULL after a bl_error. */
struct bl_net *bl_net_load(const char *path, uint64_t seed, struct bl_diag *diag);
/* The same from memory; the suffix of `name` chooses the format and `name` stands in messages. */
struct bl_net *bl_net_from_bytes(const char *name, const void *bytes, size_t len, uint64_t seed,
                                 struct bl_diag *diag);
/* The same, with the text of --rounding: "xnn" or "q31" for a .tflite net; NULL: as bl_net_from_bytes. Messages name the option. */
struct bl_net *bl_net_rounded(const char *name, const void *bytes, size_t len, const char *rounding, uint64_t seed, struct bl_diag *diag);
void bl_net_free(struct bl_net *net);          /* NULL is allowed */

/* The three formats, by bytes. What each accepts stands in platforms/nets/README.md. */
struct bl_net *bl_onnx_read(const char *name, const void *bytes, size_t len, struct bl_diag *diag);
/* rule: BL_XNN, which is what bl_net_load takes, or BL_Q31. */
struct bl_net *bl_tflite_read(const char *name, const void *bytes, size_t len, enum bl_rule rule, struct bl_diag *diag);
struct bl_net *bl_layers_read(const char *name, const void *bytes, size_t len, uint64_t seed,
                              struct bl_diag *diag);

/* ---- precision --------------------------------------------------------------------------------- */

/* Bits that a layer shall have, 1 to 16; 0: those that it has. */
struct bl_narrow { uint8_t w, a; };
/* Narrows a finished net of 8 bits, once: to[i] is for layer i, as it is numbered now. w: weights; a: of the layer's inputs.
 * Powers of two, so that every change of a scale is exact: with dw = 8 - w, dx and dy the bits taken from input and output,
 *   weights      clamp(rne((w - wz) / 2^dw)), wz = 0 (dw is one more where |w - wz| passes 127); one bit: +1 from 0 on, else -1,
 *                and the scale of an output times the mean of its |w|
 *   activations  scale 2^dx, zero point and image clamp(rne(z / 2^dx)), clamp(rne((x - z) / 2^dx) + z'); inner tensors come from the new multiplier
 *   bias         rne(bias / 2^(dw + dx)); multiplier (s_x s_w) / s_y anew; clips by their real values.
 * A tensor has the most bits that one of its readers has: a product those of `a`, or 8; another layer, where `a` is 0, those of its
 * output; the net's outputs keep theirs. A reader with fewer gets a layer of its own before it, which rounds again (and which the host does).
 * 9 bits and more change no integer: words alone grow. -1 after a bl_error that names the layer: what is narrow already, odd codes, reals. */
int bl_net_narrow(struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag);
/* A byte of the original 8-bit tensor as a byte of what it was narrowed to. */
uint8_t bl_tensor_narrow(const struct bl_tensor *t, uint8_t byte);
/* The original of a narrowed tensor; else the same. */
struct bl_tensor bl_tensor_wide(const struct bl_tensor *t);
/* Reads column `column` of a table of bits by layer into to[net->nlayers], which begins at 0: a header with "layer" and the column, whose cells are "4"
 * (weights and input of that layer), "4/8" (weights/input) or "4/" and "/8". column NULL: columns "w_bits" and "a_bits", one of them at least.
 * A numbered table (one with a column `index`, as HAWQ-V3's lists) has an entry for every convolution but the first, or is refused. */
int bl_net_bits(const struct bl_net *net, const char *path, const char *column, struct bl_narrow *to, struct bl_diag *diag);

/* ---- building ------------------------------------------------------------------------ */

struct bl_net *bl_net_new(const char *name);   /* NULL without memory; a name NULL is "" */
/* n zeroed elements of `size` bytes that live as long as the net; NULL without memory. */
void *bl_net_alloc(struct bl_net *net, size_t n, size_t size);
/* Copies *t (and its name). Returns its index, or -1 without memory. */
int64_t bl_net_tensor(struct bl_net *net, const struct bl_tensor *t);
/* Copies *l (and its name; arrays must come from bl_net_alloc). Zero in kh, kw, strides, dilations, groups,
 * rows and wbits means 1 (8 for wbits), in abits the input's bits. Returns its index, or -1. */
int64_t bl_net_layer(struct bl_net *net, const struct bl_layer *l);
/* Gives a BL_CONV or BL_FC layer zeroed arrays for cout x k weights (wscale 1). -1 without memory. */
int bl_net_weights(struct bl_net *net, struct bl_layer *l, uint32_t cout, uint32_t k);
/* Checks shapes, order, scales and that no 32-bit sum can overflow; sets requant, lo, hi. Call once after
 * building (the readers do): no net runs without it. Messages name the net and the layer. 0, or -1 after a bl_error. */
int bl_net_finish(struct bl_net *net, struct bl_diag *diag);

/* ---- asking -------------------------------------------------------------------------- */

size_t bl_tensor_elems(const struct bl_tensor *t);
size_t bl_tensor_bytes(const struct bl_tensor *t);          /* as images and `data` hold it */
size_t bl_net_input_bytes(const struct bl_net *net);        /* of all inputs, one after the other: an image */
int32_t bl_tensor_min(const struct bl_tensor *t);          /* of its codes: 0 or -128 at 8 bits */
int32_t bl_tensor_max(const struct bl_tensor *t);          /* 255 or 127 */
const char *bl_tensor_coding(const struct bl_tensor *t);   /* "unsigned", "signed", "odd", "float32" */
/* What offset binary adds to a code, so that 0 .. 2^n - 1 remains: 2^(bits-1) of a signed tensor, 2^bits of an odd one, 0. */
int32_t bl_tensor_offset(const struct bl_tensor *t);
/* n of that: bits of an input word of a product on hardware that takes unsigned words; and of a weight in two's complement (2 for -1 and +1). */
unsigned bl_layer_input_bits(const struct bl_net *net, uint32_t layer);
unsigned bl_layer_weight_bits(const struct bl_layer *l);
const char *bl_layer_kind(const struct bl_layer *l);        /* the same, of a BL_FLOAT layer what it does */
const char *bl_kind_name(enum bl_kind kind);               /* "conv", "fc", ... */
uint64_t bl_layer_macs(const struct bl_net *net, uint32_t layer);    /* multiply-accumulates, padding included */
/* Products and cells of windows an image; both a host part and the reference go through them one by one. */
uint64_t bl_layer_steps(const struct bl_net *net, uint32_t layer);
/* The bias that makes raw products enough: sum (x - zx)(w - wz) + bias = sum x*w - wz * sum x + folded, with
 * folded = bias + sum over k of zx * (wz - w). Padded cells must then be fed as zx. The term wz * sum x is
 * the caller's, and 0 for symmetric weights. Fits int32 (bl_net_finish checked it). */
int32_t bl_layer_folded_bias(const struct bl_net *net, uint32_t layer, uint32_t o);

#ifdef __cplusplus
}
#endif

#endif

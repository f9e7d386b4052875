/* tflite_read.h - what the files of the TFLite reader share; private to tflite*.c.
 * Every tensor of the file has a value: what is known of it so far. The net keeps activations of rank 4, [1, H, W, C], as planes (c, y, x)
 * and all others row by row, so a value says in which order its cells lie; a RESHAPE moves nothing until somebody needs it. */
#ifndef BL_NET_TFLITE_READ_H
#define BL_NET_TFLITE_READ_H

#include "platforms/net/net.h"
#include "platforms/net/tflite_file.h"

enum tfl_kind {
    TFL_NONE,                  /* made by nobody yet, and without data */
    TFL_CONST,                 /* data of the file */
    TFL_CODES,                 /* a tensor of the net */
    TFL_REAL_INPUT,            /* the graph's input in float32, before its QUANTIZE */
    TFL_REAL,                  /* the real values of a tensor of the net, behind a DEQUANTIZE */
    TFL_SIZES                  /* integers computed from shapes: what a RESHAPE takes, and nobody else */
};

struct tfl_value {
    enum tfl_kind kind;
    uint32_t tensor;           /* of the net */
    uint32_t planes;           /* cell i of the value, row by row, is at (i % planes) * (cells / planes) + i / planes; 1: at i */
};

struct tfl {
    struct tfl_file file;
    struct bl_net *net;
    struct bl_diag *diag;
    struct tfl_value *value;   /* by tensor of the file */
    uint64_t work;             /* bytes of weights and tables so far, bounded */
    bool have_input;
};

/* ---- asking (tflite_value.c). All return NULL, -1 or false after a message that names the operator ---- */

int tfl_refuse(struct tfl *x, const struct tfl_operator *o, const char *format, ...) BL_PRINTF(3, 4);
/* File tensor of input or output i, which the operator's table says it has. */
const struct tfl_tensor *tfl_tensor_in(const struct tfl *x, const struct tfl_operator *o, uint32_t i);
const struct tfl_tensor *tfl_tensor_out(const struct tfl *x, const struct tfl_operator *o, uint32_t i);
/* Input i as activations: those of an operator before, or constants. */
const struct tfl_value *tfl_in(struct tfl *x, const struct tfl_operator *o, uint32_t i);
/* Constant integers of input i (int32 or int64), at most `most` of them. Returns how many; -1 after a message. */
int tfl_ints(struct tfl *x, const struct tfl_operator *o, uint32_t i, int64_t *out, uint32_t most);
/* One scale, one zero point, int8 or uint8: the code of tensor t, into *out. */
int tfl_code(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, struct bl_tensor *out);
/* Both sides of an operator that only moves codes. */
int tfl_same_code(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *a, const struct tfl_tensor *b);
/* Axis `axis` of tensor t, counted from the end when negative; -1 after a message. */
int64_t tfl_axis(struct tfl *x, const struct tfl_operator *o, int64_t axis, uint32_t rank);
bool tfl_is_planes(const struct tfl_tensor *t);        /* [1, H, W, C] */
void tfl_shape(const struct tfl_tensor *t, struct bl_tensor *out);     /* c, h, w in the net of a tensor in its own order */
/* Adds to the work that a file may ask for; -1 after a message. */
int tfl_spend(struct tfl *x, const struct tfl_operator *o, uint64_t bytes);

/* ---- making ---- */

/* A new tensor of the net for output i, c x h x w, cells in the order of `planes`; the value is made. -1 after a message. */
int64_t tfl_new(struct tfl *x, const struct tfl_operator *o, uint32_t i, uint32_t c, uint32_t h, uint32_t w, uint32_t planes);
/* Appends the layer, which makes tensor `out`. */
int tfl_emit(struct tfl *x, const struct tfl_operator *o, struct bl_layer *l, int64_t out);
/* The net's tensor of value v of file tensor t as c x h x w in the order of `planes`: itself, or a layer that moves it there. */
int64_t tfl_arranged(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, const struct tfl_value *v, uint32_t c,
                     uint32_t h, uint32_t w, uint32_t planes);
/* The same in the tensor's own order: planes for rank 4, else rows. */
int64_t tfl_natural(struct tfl *x, const struct tfl_operator *o, const struct tfl_tensor *t, const struct tfl_value *v);
/* Clamp of a fused activation (0 none, 1 RELU, 2 RELU_N1_TO_1, 3 RELU6) of a layer that makes codes y. */
int tfl_activation(struct tfl *x, const struct tfl_operator *o, uint64_t act, const struct bl_tensor *y, struct bl_layer *l);

/* ---- operators, by file ---- */

typedef int tfl_op(struct tfl *x, const struct tfl_operator *o);
tfl_op tfl_conv, tfl_depthwise, tfl_connected;                             /* tflite_products.c */
tfl_op tfl_pool, tfl_reduce;                                               /* tflite_window.c */
tfl_op tfl_pair, tfl_softmax, tfl_quantize, tfl_dequantize, tfl_table;     /* tflite_points.c */
tfl_op tfl_reshape, tfl_transpose, tfl_pad, tfl_slice, tfl_split, tfl_concat, tfl_resize;      /* tflite_moves.c */
tfl_op tfl_strided_slice;

/* Size and padding of a window along an axis (networks of TensorFlow: SAME and VALID). 0: it does not fit. */
uint32_t tfl_window(bool same, uint32_t in, uint32_t k, uint32_t stride, uint32_t dilation, uint32_t *before, uint32_t *after);
/* lut[code as a byte] of an operator of one variable; tflite_tables.c. */
struct tfl_curve { int32_t code; enum bl_rule rule; float sx, sy, alpha; int32_t zx, zy; bool other_type; int32_t lo, hi; };
int32_t tfl_curve_at(const struct tfl_curve *c, int32_t q);
/* 256 times e^(-beta s d), d = 0 ..: the table of a softmax. */
void tfl_exps(float scale, float beta, float *out);

#endif

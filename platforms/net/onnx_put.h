/* onnx_put.h - what the parts of the ONNX writer share: onnx_write.c (graph), onnx_put.c (names, nodes, constants), and layers by kind. Private to
 * platforms/net. Memory that ends is remembered in `failed`; functions then return NULL and take it, and the file is not made. */
#ifndef BL_ONNX_PUT_H
#define BL_ONNX_PUT_H

#include "onnx.pb-c.h"
#include "platforms/net/net.h"

enum { PUT_RANK = 4, PUT_INPUTS = 16, PUT_ATTRIBUTES = 8 };
#define PUT_TYPE(T) ONNX__TENSOR_PROTO__DATA_TYPE__##T

/* Bits of ONNX's type; those of a tensor may be fewer, and a Clip of its codes then says so. */
enum { PUT_BITS = 8 };

/* A value of the graph that is a tensor of the net: its codes, or its real values if that is what the tensor has. */
struct put_value { const char *name; uint32_t rank; int64_t dims[PUT_RANK]; };

struct put {
    const struct bl_net *net;
    const struct bl_layer *l;  /* at hand */
    uint32_t index;            /* its number */
    struct bl_diag *diag;
    struct bl_net *pool;       /* memory of all that is made */
    Onnx__GraphProto graph;
    size_t cap_nodes, cap_consts;
    const char **names;        /* all that are taken */
    size_t n_names, cap_names;
    struct put_value *value;   /* by tensor */
    const char **scale, **zero;        /* by tensor: its constants, or NULL */
    bool nearest, failed, microsoft, qonnx;    /* the last two: whose operators there are */
    uint32_t moved;
};

/* ---- onnx_put.c ---- */
void *put_alloc(struct put *p, size_t n, size_t size);
/* A name that no other value has: the text, or the text and a number. */
const char *put_name(struct put *p, const char *fmt, ...) BL_PRINTF(2, 3);
/* A node with one output of a name made of `output`; put_out is that name. */
Onnx__NodeProto *put_node(struct put *p, const char *op, const char *output);
const char *put_out(const Onnx__NodeProto *n);
/* The node that is the layer at hand: it has its name, and its output that of the tensor. */
Onnx__NodeProto *put_layer(struct put *p, const char *op);
void put_in(struct put *p, Onnx__NodeProto *n, const char *name);      /* NULL: an input left out */
void put_int(struct put *p, Onnx__NodeProto *n, const char *name, int64_t v);
void put_float(struct put *p, Onnx__NodeProto *n, const char *name, float v);
void put_ints(struct put *p, Onnx__NodeProto *n, const char *name, size_t count, const int64_t *v);
/* Constants named `what` of the layer at hand. Data is not copied: it lives as long as the net, or is from put_alloc. rank 0: one element. */
const char *put_bytes(struct put *p, const char *what, bool is_signed, uint32_t rank, const int64_t *dims, const void *data);
const char *put_floats(struct put *p, const char *what, uint32_t rank, const int64_t *dims, const float *v);
const char *put_int32s(struct put *p, const char *what, int64_t n, const int32_t *v);
const char *put_int64s(struct put *p, const char *what, int64_t n, const int64_t *v);
const char *put_number(struct put *p, const char *what, float v);
/* Refuses the layer at hand. -1. */
int put_refuse(const struct put *p, const char *fmt, ...) BL_PRINTF(2, 3);
/* One more layer whose rounding ONNX has not: 0, or refused without `nearest`. */
int put_nearly(struct put *p, const char *what);

/* ---- onnx_put.c: tensors ---- */
/* Scale and zero point of a tensor as inputs of n. */
void put_code(struct put *p, Onnx__NodeProto *n, uint32_t tensor);
/* The name of a tensor's value with these dimensions (a Reshape where it has others). */
const char *put_shaped(struct put *p, uint32_t tensor, uint32_t rank, const int64_t *dims);
/* The same as a new rank 4: 1, channels, rows, columns. */
const char *put_image(struct put *p, uint32_t tensor);
const char *put_real(struct put *p, uint32_t tensor, const char *codes);       /* a DequantizeLinear of `codes`; for float32 tensors `codes` itself */
/* What a QuantizeLinear or DequantizeLinear makes of value `of`, with the zero point of t and that scale. */
const char *put_coded(struct put *p, Onnx__NodeProto *n, const char *of, const struct bl_tensor *t, float scale);
/* Codes of `from` in the code of a tensor whose scale is a power of two times that: rint((x - zx) / 2^n) + zy exactly. Unclipped; by the layer at
 * hand, or by none. */
const char *put_shifted(struct put *p, const char *codes, const struct bl_tensor *from, uint32_t to);
/* What the layer at hand gives: value `name` of these dimensions; codes, or float32 for a tensor that is. Codes of fewer bits go through a Clip,
 * by which readers know the bits, unless the layer only moves them. */
void put_result(struct put *p, const char *name, uint32_t rank, const int64_t *dims);
/* The same of codes that are within their bits already. */
void put_within(struct put *p, const char *name, uint32_t rank, const int64_t *dims);
/* What node `clip` makes of codes: those from lo to hi. */
const char *put_clip(struct put *p, Onnx__NodeProto *clip, const char *codes, bool is_signed, int32_t lo, int32_t hi);
void put_result_image(struct put *p, const char *name);                        /* 1, channels, rows, columns of the output */
/* The same of real values: the clip of the layer, and a QuantizeLinear. */
void put_quantized(struct put *p, const char *real, uint32_t rank, const int64_t *dims);
/* Whether the layer clips nothing that its type does not. */
bool put_unclipped(const struct put *p);
bool put_one_code(const struct bl_tensor *a, const struct bl_tensor *b);       /* scale, zero point and type are the same */
/* Whether every input code of the layer at hand, whose rule is rint((x - zx) (s_x / s_y)), is rounded alike by DequantizeLinear, QuantizeLinear. */
bool put_rounds_alike(const struct put *p);
/* Whether the layer at hand only makes its input's scale a power of two times larger: put_shifted does that exactly. */
bool put_is_shift(const struct put *p);

/* ---- layers by kind: 0, or -1 when refused ---- */
int put_conv(struct put *p);
int put_fc(struct put *p);
/* Trailing padding, `said` if it does, that gives exactly `out` windows; -1: none does. */
int64_t put_trail(uint32_t in, uint32_t lead, uint32_t said, uint32_t k, uint32_t dil, uint32_t stride, uint32_t out);
int put_window(struct put *p, Onnx__NodeProto *n);     /* kernel, strides and pads of the layer as attributes */
int put_pool(struct put *p);
int put_pair(struct put *p);
int put_points(struct put *p);             /* RELU, LUT, TABLE, QUANT, SOFTMAX */
const char *put_softmax(struct put *p, const char *x, const int64_t parts[3]);     /* of a tensor as [outer][n][inner], over n */
const char *put_float_function(struct put *p, const char *x);
/* The layer that alone reads a tensor which is no output; NULL. */
const struct bl_layer *put_only_reader(const struct put *p, uint32_t tensor);
/* The table or mean at hand is part of a QLinearAveragePool, which is written with its last layer. */
bool put_is_part(const struct put *p);
/* A QUANT `inside`: 0; -1 after a refusal; 1: it is as any other. */
int put_inside_quant(struct put *p);
int put_float_layer(struct put *p);
int put_move(struct put *p);               /* RESHAPE, SUBSAMPLE, MOVE */

#endif

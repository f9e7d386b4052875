/* onnx_read.h - what the parts of the ONNX reader share: onnx.c (graph, QDQ), onnx_value.c (names, constants),
 * onnx_weights.c, onnx_ops.c and onnx_window.c (operators to layers). Private to platforms/. */
#ifndef BL_ONNX_READ_H
#define BL_ONNX_READ_H

#include "onnx.pb-c.h"
#include "platforms/net/net.h"

enum { ONNX_RANK = 4 };

/* What a name of the graph stands for. */
enum value_kind {
    VALUE_NONE,
    VALUE_CONST,               /* an initializer or Constant: t */
    VALUE_REAL_CONST,          /* DequantizeLinear of a constant: t with scale s, zero point z, axis */
    VALUE_QUANT,               /* integer activations: tensor */
    VALUE_REAL,                /* the real value of quantised activations: tensor */
    VALUE_PENDING,             /* the real output of a layer that no QuantizeLinear has coded yet: tensor, layer */
    VALUE_REAL_INPUT,          /* the graph's float input before its QuantizeLinear */
    VALUE_DROPPED              /* what a left-out Softmax gives; stands for tensor */
};

struct value {
    const char *name;
    enum value_kind kind;
    uint32_t rank;
    uint64_t dims[ONNX_RANK];  /* of activations, batch included */
    uint32_t tensor, layer;
    bool taken;                /* VALUE_PENDING: an operator already reads it */
    const Onnx__TensorProto *t, *s, *z;
    int64_t axis;
};

struct onnx {
    const char *name;
    struct bl_diag *diag;
    struct bl_net *net;
    const Onnx__GraphProto *graph;
    struct value *slots;       /* hash table by name, open addressing */
    uint32_t nslots;           /* a power of two, at least twice the names */
    bool have_input;
};

/* protobuf-c gives NULL for a string left out. */
static inline const char *onnx_text(const char *s) { return s ? s : ""; }

/* ---- onnx_value.c ---- */
int onnx_table(struct onnx *x);                                        /* makes the table for all names of the graph */
struct value *onnx_find(const struct onnx *x, const char *name);       /* NULL when nothing has that name yet */
struct value *onnx_define(struct onnx *x, const char *name);           /* NULL: defined twice */
/* Says "FILE: node 'NAME' (Op): ..." and returns -1. */
int onnx_refuse(const struct onnx *x, const Onnx__NodeProto *n, const char *fmt, ...) BL_PRINTF(3, 4);
/* Elements of a constant whose data is complete and of a type we read; -1 when it is not. */
int64_t onnx_count(const Onnx__TensorProto *t);
int64_t onnx_int(const Onnx__TensorProto *t, uint64_t i);              /* u8, s8, s32, s64 */
float onnx_float(const Onnx__TensorProto *t, uint64_t i);
bool onnx_is_int(const Onnx__TensorProto *t);
bool onnx_is_float(const Onnx__TensorProto *t);
/* Attributes; the default when absent. */
int64_t onnx_attr_int(const Onnx__NodeProto *n, const char *name, int64_t def);
float onnx_attr_float(const Onnx__NodeProto *n, const char *name, float def);
const Onnx__AttributeProto *onnx_attr(const Onnx__NodeProto *n, const char *name);
/* Input i of a node; NULL when it is left out. */
struct value *onnx_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* The only element of constant input i. */
int onnx_scalar(const struct onnx *x, const Onnx__NodeProto *n, size_t i, const char *what, float *out);

/* ---- onnx.c ---- */
/* A tensor of the net for activations of these dimensions, named as the value; its index, -1 after an error. */
int64_t onnx_new_tensor(struct onnx *x, const Onnx__NodeProto *n, const char *name, uint32_t rank, const uint64_t *dims);
/* c, h, w of *t from dimensions: [1,C,H,W]; [1,C]; [C]; [M,K] and [B,M,K] as they lie. -1: none of these. */
int onnx_shape(const uint64_t *d, uint32_t rank, struct bl_tensor *t);
/* Gives tensor its code (scale and zero point from inputs si, zi), or checks that it already has this one. */
int onnx_code(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, size_t si, size_t zi);
/* Makes the node's output another view of *v. */
int onnx_define_like(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, enum value_kind kind);
/* A pending value may go on to one operator only. */
int onnx_take(struct onnx *x, const Onnx__NodeProto *n, struct value *v);

/* ---- onnx_weights.c: constants into a layer's arrays ---- */
struct onnx_weights {
    const Onnx__TensorProto *w, *s, *z;
    int64_t axis;              /* of s, where it has more than one element */
    bool columns;              /* [..][k][n] as MatMul has them, else [n][k] */
    uint32_t n;                /* outputs a group of a MatMul */
};
/* Refuses constant v because its data is missing. */
int onnx_no_data(const struct onnx *x, const Onnx__NodeProto *n, const struct value *v);
/* What QuantizeLinear makes of the constant v, into *out; lives as long as the net. */
int onnx_quantize_const(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, struct value *out);
int onnx_weights_qdq(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w);
int onnx_weights_q(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w);
int onnx_fill(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w, uint64_t cout, uint64_t k);
/* Adds the bias in input i, if there is one, to the layer's; `plain`: int32 of scale s_x * s_w (QOperator). */
int onnx_bias(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, size_t i, bool plain);

/* ---- onnx_ops.c: operands and outputs ---- */
/* Activations read by a float operator: the real view of a coded tensor; NULL after an error. */
struct value *onnx_real_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* Activations read by a quantised operator, with scale and zero point in inputs i + 1 and i + 2. */
struct value *onnx_quant_in(struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* Adds the layer and its output tensor; the output's value is PENDING, or QUANT with code si, zi (si not 0). */
int onnx_emit(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, size_t si, size_t zi);
/* The same for a layer whose output has its input's code (pooling maximum, reshape). */
int onnx_emit_same(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct value *in, uint32_t rank, const uint64_t *dims);

/* ---- onnx_ops.c, onnx_window.c: each operator turns a node into a layer; 0, or -1 after an error ---- */
typedef int onnx_op(struct onnx *x, const Onnx__NodeProto *n);
onnx_op onnx_conv, onnx_matmul, onnx_relu, onnx_clip, onnx_pool, onnx_pair, onnx_reshape, onnx_softmax;
onnx_op onnx_qconv, onnx_qmatmul, onnx_qgemm, onnx_qpair, onnx_qpool;

#endif

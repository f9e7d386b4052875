/* onnx_read.h - what the parts of the ONNX reader share: onnx.c (graph), onnx_table.c (operators and their attributes), onnx_value.c
 * (names, constants), onnx_fold.c (values known at load), onnx_emit.c (values to tensors and layers), onnx_ahead.c (the code that follows),
 * onnx_operand.c (what nodes read), onnx_weights.c, and the operators by kind. Private to platforms/net. */
#ifndef BL_ONNX_READ_H
#define BL_ONNX_READ_H

#include "onnx.pb-c.h"
#include "platforms/net/net.h"

enum { ONNX_RANK = 6, ONNX_KNOWN = 64 };   /* dimensions of an activation; elements of a value computed at load */
#define ONNX_TYPE(T) ONNX__TENSOR_PROTO__DATA_TYPE__##T
enum { ONNX_UINT4 = 21, ONNX_INT4 = 22 };  /* of opset 21; the installed onnx.proto may be older */

/* What a name of the graph stands for. */
enum value_kind {
    VALUE_NONE,                /* nothing yet */
    VALUE_CONST,               /* an initializer, Constant or folded value: t */
    VALUE_REAL_CONST,          /* DequantizeLinear of a constant: t with scale s, zero point z, axis, block */
    VALUE_CODES,               /* integer activations: tensor */
    VALUE_VIEW,                /* real values of integer activations: tensor, and what each code means */
    VALUE_FLOAT                /* real activations: tensor, of type BL_REAL */
};

struct value {
    const char *name;
    enum value_kind kind;
    uint32_t readers;          /* nodes and graph outputs that read it */
    const Onnx__NodeProto *reader;     /* the only one, if it is a node */
    uint32_t rank;
    uint64_t dims[ONNX_RANK];  /* of activations, batch included */
    uint32_t tensor;
    bool input;                /* the graph's own input: what it is follows from its first reader */
    /* VIEW: (q - zero) * scale, or where it is not NULL table[q as a byte] */
    float scale;
    int32_t zero;
    const float *table;
    bool has_float;            /* float_tensor holds the same values as BL_REAL */
    uint32_t float_tensor;
    bool four;                 /* CODES, VIEW: the graph's type is int4 or uint4; a byte each */
    unsigned bits;             /* CONST, REAL_CONST: of its integers, where they are fewer than the type's; 0. 1: -1 and +1 */
    uint32_t dynamic;          /* FLOAT: code - zero point, scale (of one element) or zero point of that DynamicQuantizeLinear; 0: none */
    bool is_zero, is_scale;    /* which of them */
    bool sums;                 /* FLOAT: 32-bit sums of ConvInteger or MatMulInteger, for a Cast alone */
    const Onnx__TensorProto *t, *s, *z;
    int64_t axis, block;       /* block 0: none */
};

struct onnx {
    const char *name;
    struct bl_diag *diag;
    struct bl_net *net;
    const Onnx__GraphProto *graph;
    int64_t opset;             /* of the standard's own operators */
    struct value *slots;       /* hash table by name, open addressing */
    uint32_t nslots;           /* a power of two, at least twice the names */
    bool *done;                /* by node: became part of a layer before */
    uint64_t taken;            /* bytes of tensors and of tables of moves so far */
};

/* The code of a quantised tensor. */
struct code {
    float scale;
    int32_t zero;
    enum bl_dtype type;
    bool four;                 /* the graph's type is of four bits: -8 .. 7 or 0 .. 15 */
    unsigned bits;             /* of a code; 0: those of the type */
    bool odd;
};
static inline unsigned onnx_bits(const struct code *c) { return c->bits ? c->bits : c->four ? 4 : 8; }
static inline struct code onnx_code_of(const struct bl_tensor *t)
{
    return (struct code){ .scale = t->scale, .zero = t->zero, .type = t->dtype, .bits = t->bits, .odd = t->odd };
}
static inline struct bl_tensor onnx_codes(const struct code *c) { return (struct bl_tensor){ .dtype = c->type, .bits = onnx_bits(c), .odd = c->odd }; }
static inline int32_t onnx_least(const struct code *c) { const struct bl_tensor t = onnx_codes(c); return bl_tensor_min(&t); }
static inline int32_t onnx_most(const struct code *c) { const struct bl_tensor t = onnx_codes(c); return bl_tensor_max(&t); }
/* The least bits that hold lo .. hi of a type; 1 to 8. */
static inline unsigned onnx_bits_of(float lo, float hi, bool is_signed)
{
    unsigned b = 1;

    while (b < 8 && (is_signed ? lo < -(float)(1 << b) / 2 || hi > (float)(1 << b) / 2 - 1 : hi > (float)(1 << b) - 1))
        b++;
    return b;
}

/* protobuf-c gives NULL for a string left out. */
static inline const char *onnx_text(const char *s) { return s ? s : ""; }

/* ---- onnx_depth.c ---- */
/* How deep messages lie in messages, at most `limit` + 1; -1: no protobuf. Takes no stack. */
int onnx_depth(const uint8_t *bytes, size_t len, int limit);

/* ---- onnx_value.c ---- */
int onnx_table(struct onnx *x);                                        /* makes the table for all names of the graph */
struct value *onnx_slot(const struct onnx *x, const char *name);       /* NULL: no such name */
struct value *onnx_find(const struct onnx *x, const char *name);       /* NULL when nothing has that name yet */
struct value *onnx_define(struct onnx *x, const char *name);           /* NULL: defined twice */
/* Says "FILE: node 'NAME' (Op): ..." and returns -1. */
int onnx_refuse(const struct onnx *x, const Onnx__NodeProto *n, const char *fmt, ...) BL_PRINTF(3, 4);
/* Elements of a constant whose data is complete and of a type we read; -1 when it is not. */
int64_t onnx_count(const Onnx__TensorProto *t);
int64_t onnx_int(const Onnx__TensorProto *t, uint64_t i);              /* any integer type that we read, and bool */
float onnx_float(const Onnx__TensorProto *t, uint64_t i);
bool onnx_is_int(const Onnx__TensorProto *t);                          /* with at least one element */
bool onnx_is_float(const Onnx__TensorProto *t);
/* Attributes; the default when absent. */
int64_t onnx_attr_int(const Onnx__NodeProto *n, const char *name, int64_t def);
float onnx_attr_float(const Onnx__NodeProto *n, const char *name, float def);
bool onnx_attr_is(const Onnx__NodeProto *n, const char *name, const char *text);   /* is there and says that */
const Onnx__AttributeProto *onnx_attr(const Onnx__NodeProto *n, const char *name);
bool onnx_op_is(const Onnx__NodeProto *n, const char *op);
/* Input i of a node; NULL when it is left out. */
struct value *onnx_in(const struct onnx *x, const Onnx__NodeProto *n, size_t i);
bool onnx_is_const(const struct value *v);                             /* CONST or REAL_CONST; false for NULL */
/* The real value of element i of a constant, dequantised. */
float onnx_real(const struct value *v, uint64_t i);
uint64_t onnx_scale_at(const struct value *v, uint64_t i);             /* which scale belongs to element i of a REAL_CONST */
int64_t onnx_elems_of(const Onnx__TensorProto *t);                     /* product of its dimensions */
/* A constant's rank and dimensions; false: more than ONNX_RANK, or no data. */
bool onnx_const_dims(const struct value *v, uint32_t *rank, uint64_t dims[ONNX_RANK]);
/* The only element of constant input i. */
int onnx_scalar(const struct onnx *x, const Onnx__NodeProto *n, size_t i, const char *what, float *out);
/* Numbers from attribute `attr` or, where it is not there, constant input i: how many, -1 after an error; 0: neither. */
int onnx_numbers(const struct onnx *x, const Onnx__NodeProto *n, const char *attr, size_t i, int64_t *out, int most);
/* Refuses constant v because its data is missing. */
int onnx_no_data(const struct onnx *x, const Onnx__NodeProto *n, const struct value *v);
/* A new constant of that type, of zeroes; lives as long as the net. NULL: no memory. */
Onnx__TensorProto *onnx_make(struct onnx *x, int type, uint32_t rank, const uint64_t *dims);

/* ---- onnx_table.c ---- */
typedef int onnx_op(struct onnx *x, const Onnx__NodeProto *n);
/* Reads a node after its inputs, outputs and attributes were looked at: 0, or -1 after an error. */
int onnx_node(struct onnx *x, const Onnx__NodeProto *n);
/* Looks at the attributes of a node that became part of another one's layer. */
int onnx_part(struct onnx *x, const Onnx__NodeProto *n);

/* ---- onnx_const.c: constants made of constants ---- */
void onnx_put_int(Onnx__TensorProto *t, uint64_t i, int64_t v);        /* into what onnx_make made; four bits are set once */
bool onnx_is_real_const(const struct value *v);                        /* float32, or dequantised */
/* `name` is v moved as by onnx_move; from NULL: each element stays. Scales go along; where they lie along no axis any more it is float32. */
int onnx_const_move(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const char *name, uint32_t rank, const uint64_t *dims,
                    const uint32_t *from, float fill);
int onnx_const_function(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct bl_float *f);
int onnx_const_pair(struct onnx *x, const Onnx__NodeProto *n, const struct value *a, const struct value *b, enum bl_float_op op);
int onnx_const_cast(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, int type);

/* ---- onnx_fold.c ---- */
/* Computes the node's output now if all of its inputs are known: 1; 0: it is not for us; -1 after an error. */
int onnx_fold(struct onnx *x, const Onnx__NodeProto *n);

/* ---- onnx_emit.c ---- */
/* c, h, w of *t from dimensions: [1,C,H,W]; [1,C]; [C]; [M,K] and [B,M,K] as they lie; others with the leading ones as c. -1: too large. */
int onnx_shape(const uint64_t *d, uint32_t rank, struct bl_tensor *t);
uint64_t onnx_elems(const uint64_t *d, uint32_t rank);
/* Whether so many more bytes may be taken: 0, or -1 after an error. */
int onnx_take(struct onnx *x, const Onnx__NodeProto *n, uint64_t bytes);

/* ---- onnx_ahead.c ---- */
/* Scale and zero point from inputs si and zi; without a zero point of type `left_out`, 0. */
int onnx_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c);
/* The code that a QuantizeLinear gives: that of its zero point, else of output_dtype. NULL, or what is wrong. */
const char *onnx_quantize_code(const struct onnx *x, const Onnx__NodeProto *n, struct code *c);
/* The same without a word: NULL, or what is wrong. */
const char *onnx_try_code(const struct onnx *x, const Onnx__NodeProto *n, size_t si, size_t zi, enum bl_dtype left_out, struct code *c);
/* Bits of codes c named `name`: fewer where a Clip alone reads them and leaves all codes of fewer bits, as exporters write them. */
unsigned onnx_few(const struct onnx *x, const char *name, const struct code *c);
/* Whether all that is done to value `name` before the one QuantizeLinear that reads it only moves or clamps; then its code. */
bool onnx_ahead(const struct onnx *x, const char *name, struct code *c);
/* The node that alone reads `name`; NULL. */
const Onnx__NodeProto *onnx_only_reader(const struct onnx *x, const char *name);
void onnx_absorb(struct onnx *x, const Onnx__NodeProto *n);            /* n needs no reading any more */
/* Takes the Relu and Clip nodes behind *name into the layer, if a code is ahead; *name becomes the last one's output. */
void onnx_clamps(struct onnx *x, const char **name, struct bl_layer *l);

/* ---- onnx_emit.c: tensors and layers ---- */
/* A tensor of the net with these dimensions; its index, -1 after an error. c: its code, or NULL for BL_REAL. `like`: c, h, w, or NULL. */
int64_t onnx_tensor(struct onnx *x, const Onnx__NodeProto *n, const char *name, uint32_t rank, const uint64_t *dims, const struct code *c,
                    const struct bl_tensor *like);
/* Adds the layer with an output tensor of that code (NULL: BL_REAL) as what `name` stands for: CODES with `codes`, else VIEW or FLOAT. */
int onnx_emit(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
              const struct code *c, bool codes, const struct bl_tensor *like);
/* The same, but no value of the graph: the tensor's index, -1 after an error. */
int64_t onnx_layer(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const char *name, uint32_t rank, const uint64_t *dims,
                   const struct code *c, const struct bl_tensor *like);
/* Makes `name` another view of *v. */
int onnx_define_like(struct onnx *x, const Onnx__NodeProto *n, const char *name, const struct value *v);

/* ---- onnx_operand.c ---- */
/* Activations of input i that are real (VIEW, FLOAT); NULL after an error that says what was found. */
struct value *onnx_real_in(struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* Activations of input i that are codes, whose code is that of inputs i + 1 and i + 2. */
struct value *onnx_codes_in(struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* The real values of v (of activations or a constant) as a BL_REAL tensor; -1 after an error. */
int64_t onnx_as_float(struct onnx *x, const Onnx__NodeProto *n, struct value *v);
/* A constant's real values, quantised: a tensor of codes. */
int64_t onnx_const_coded(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, const struct code *c);
/* An operand of QLinearAdd and the like in inputs i to i + 2: a VIEW, or a REAL_CONST of one scale; no value of the graph. */
int onnx_q_operand(struct onnx *x, const Onnx__NodeProto *n, size_t i, struct value *out);
/* A constant, broadcast to those dimensions, as a BL_REAL tensor. */
int64_t onnx_const_float(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint32_t rank, const uint64_t *dims);
/* Fills in real[] of each code of the view. */
void onnx_reals(const struct onnx *x, const struct value *v, float real[256]);
/* A tensor with the codes of a linear VIEW whose own code is what the view says; -1 after an error. */
int64_t onnx_linear(struct onnx *x, const Onnx__NodeProto *n, struct value *v);
/* The values of v in that code: a tensor; what is a view is requantised by a table, unless it has that code. */
int64_t onnx_coded(struct onnx *x, const Onnx__NodeProto *n, struct value *v, const struct code *c, bool inside);
/* A tensor of the same elements with that shape (a BL_RESHAPE where it differs). */
int64_t onnx_reshaped(struct onnx *x, const Onnx__NodeProto *n, uint32_t tensor, uint32_t c, uint32_t h, uint32_t w);
/* v moved: element i of the new dimensions is element from[i] of v (or BL_MOVE_FILL). Takes any activations. */
int onnx_move(struct onnx *x, const Onnx__NodeProto *n, struct value *v, const char *name, uint32_t rank, const uint64_t *dims, uint32_t *from,
              float fill);
/* Dimensions of two operands broadcast against each other: 0, or -1 after an error. */
int onnx_broadcast(const struct onnx *x, const Onnx__NodeProto *n, uint32_t ra, const uint64_t *a, uint32_t rb, const uint64_t *b,
                   uint32_t *rank, uint64_t dims[ONNX_RANK]);
/* Which element of an operand element i of the broadcast result is. */
uint64_t onnx_operand(uint64_t i, uint32_t rank, const uint64_t *dims, uint32_t r, const uint64_t *d);
/* As a tensor of the full dimensions, for element-by-element work: BL_REAL. */
int64_t onnx_stretched_float(struct onnx *x, const Onnx__NodeProto *n, struct value *v, uint32_t rank, const uint64_t *dims);

/* ---- onnx_weights.c: constants into a layer's arrays ---- */
struct onnx_weights {
    const Onnx__TensorProto *w, *s, *z;
    unsigned bits;             /* of an integer where they are fewer than the type's; 0. 1: -1 and +1 */
    int64_t axis;              /* of s, where it has more than one element; -1: not said */
    bool columns;              /* [..][k][n] as MatMul has them, else [n][k] */
    uint32_t n;                /* outputs a group of a MatMul */
};
/* Whether constant v can be int8 weights with scales along their outputs (`want`, an axis); then *w. */
bool onnx_weights_qdq(const struct value *v, int64_t want, struct onnx_weights *w);
int onnx_weights_q(const struct onnx *x, const Onnx__NodeProto *n, size_t i, struct onnx_weights *w);
int onnx_fill(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct onnx_weights *w, uint64_t cout, uint64_t k);
/* Adds constant v, one element or one an output, to the layer's bias: as int32 where its scale is s_x s_w (or `plain`), else as
 * float32, times `factor`. *taken is false, and nothing done, where the layer has a float32 bias already. */
int onnx_bias(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, const struct value *v, bool plain, float factor, bool *taken);
/* Takes an Add of a constant per output and a BatchNormalization behind *name into the layer; `axis`: of the outputs. */
int onnx_tail(struct onnx *x, const char **name, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis);
/* The two factors of a BatchNormalization: gain * x + offset, [channels] each. */
int onnx_norm_factors(struct onnx *x, const Onnx__NodeProto *n, uint64_t channels, float **gain, float **offset);

/* Whether the constant, broadcast to those dimensions, has one value an output along `axis`. */
bool onnx_per_output(const struct value *c, uint32_t rank, const uint64_t *dims, uint32_t axis);

/* ---- onnx_product.c ---- */
/* Input [..][m][k] times weights [k][n], [n][k] (not w->columns) or [..][k][n], one matrix a group. *rank and dims: of the output. */
int onnx_product(struct onnx *x, const Onnx__NodeProto *n, int64_t tensor, uint32_t from, const uint64_t *in, struct onnx_weights *w,
                 struct bl_layer *l, uint32_t *rank, uint64_t dims[ONNX_RANK]);
/* The tensor of a times b in float32; with `whole` of whole numbers, whose sums are exact. */
int64_t onnx_float_product(struct onnx *x, const Onnx__NodeProto *n, struct value *a, struct value *b, bool whole, uint32_t *rank,
                           uint64_t dims[ONNX_RANK]);
/* Tensor a op the constant, element by element in float32; a has those dimensions. */
int64_t onnx_with_constant(struct onnx *x, const Onnx__NodeProto *n, int64_t a, enum bl_float_op op, const struct value *c, uint32_t rank,
                           const uint64_t *dims);
/* The node's output is that float32 tensor. -1 where tensor is. */
int onnx_define_float(struct onnx *x, const Onnx__NodeProto *n, int64_t tensor, uint32_t rank, const uint64_t *dims, bool sums);
int onnx_number(struct onnx *x, const Onnx__NodeProto *n, float v, struct value *out);      /* a constant of ours */
int onnx_transposed(struct onnx *x, const Onnx__NodeProto *n, struct value *v);             /* rows and columns of v exchanged */
/* Whether constant c, broadcast to [M,N] and the like, has one value a column; a vector or a row. */
bool onnx_is_row(const struct value *c, uint64_t columns);

/* ---- onnx_integer.c: products of bare integers (ConvInteger, MatMulInteger) ---- */
/* Whether input 0 or the weights, input b, make it no product of activations and constant weights, or their zero point is dynamic. */
bool onnx_needs_whole(const struct onnx *x, const Onnx__NodeProto *n, size_t b);
/* DequantizeLinear of codes of a DynamicQuantizeLinear (onnx_dynamic.c). */
int onnx_dynamic_dequantize(struct onnx *x, const Onnx__NodeProto *n, const struct value *q);
/* Input i less its zero point, input zi, as whole numbers: real values of scale 1. axis: of several zero points. */
int onnx_whole(struct onnx *x, const Onnx__NodeProto *n, size_t i, size_t zi, int64_t axis, struct value *out);
struct onnx_bare { uint32_t tensor, rank; uint64_t dims[ONNX_RANK]; };
/* Input 0 with its zero point (input 2) as codes of scale 1, weights with theirs (inputs 1 and 3). */
int onnx_bare_in(struct onnx *x, const Onnx__NodeProto *n, struct onnx_bare *b, struct onnx_weights *w);
/* Emits the layer together with a Cast, a Mul and an Add that follow it. */
int onnx_bare_out(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, uint32_t axis,
                  const struct bl_tensor *like);

/* ---- onnx_moves.c, onnx_reshape.c ---- */
/* Input i, activations of any kind; NULL after an error. */
struct value *onnx_any_in(struct onnx *x, const Onnx__NodeProto *n, size_t i);
/* 0, or -1 after an error: none, or too many. */
int onnx_sizes_fit(const struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims);
uint32_t *onnx_map(struct onnx *x, const Onnx__NodeProto *n, uint32_t rank, const uint64_t *dims);   /* room for onnx_move; NULL after an error */
/* An axis that may count from the end, into *out. */
int onnx_wrapped(const struct onnx *x, const Onnx__NodeProto *n, int64_t axis, uint32_t rank, uint32_t *out);
/* Output element i along each axis is element at[axis][i] of the input, -1: filling; NULL: the same. The lists belong to the caller. */
int onnx_pick(struct onnx *x, const Onnx__NodeProto *n, struct value *in, const char *name, const uint64_t *dims, int64_t *const *at, float fill);
/* The node's output: v with other dimensions; a layer where channels, rows and columns are others. */
int onnx_with_shape(struct onnx *x, const Onnx__NodeProto *n, const struct value *v, uint32_t rank, const uint64_t *dims);
static inline int64_t onnx_within(int64_t v, int64_t lo, int64_t hi) { return v < lo ? lo : v > hi ? hi : v; }

/* ---- onnx_window.c, onnx_conv.c ---- */
enum { ONNX_WINDOW = 1 << 16 };            /* largest kernel, stride, dilation and padding */
/* `want` numbers of an attribute, each at least min; *out stays as it is where there is none. */
int onnx_ints(const struct onnx *x, const Onnx__NodeProto *n, const char *name, size_t want, uint32_t min, uint32_t *out);
/* Strides, padding and dilations of a node; the spatial output size into out[0], out[1]. `spatial`: 1 or 2 of them. */
int onnx_window(const struct onnx *x, const Onnx__NodeProto *n, const uint64_t *in, uint32_t spatial, struct bl_layer *l, uint64_t *out);
/* Sizes of a convolution or a pool: of its operands, channels first, and of the layer. */
struct onnx_conv { uint32_t spatial; uint64_t in[3], wd[4], dims[ONNX_RANK], out[2]; };
struct bl_tensor onnx_conv_shape(const struct onnx_conv *c);            /* c, h, w of its output */
/* With channels_last: the input is moved before, the output (of value `v`) behind. */
int onnx_channels_first(struct onnx *x, const Onnx__NodeProto *n, struct value *v);
/* Emits a layer whose output is channels first as the node's output, codes. */
int onnx_emit_codes(struct onnx *x, const Onnx__NodeProto *n, struct bl_layer *l, uint32_t rank, const uint64_t *dims, const struct code *c,
                    const struct bl_tensor *like);

onnx_op onnx_quantize, onnx_dequantize, onnx_dynamic_quantize, onnx_quant, onnx_bipolar, onnx_trunc, onnx_cast, onnx_constant;
onnx_op onnx_conv, onnx_conv_integer, onnx_qconv, onnx_pool, onnx_qpool, onnx_reduce;
onnx_op onnx_matmul, onnx_gemm, onnx_qmatmul, onnx_qgemm, onnx_matmul_integer;
onnx_op onnx_function, onnx_clip, onnx_pair, onnx_qpair, onnx_qfunction, onnx_norm, onnx_softmax, onnx_qsoftmax, onnx_prelu;
onnx_op onnx_identity, onnx_reshape, onnx_transpose, onnx_slice, onnx_split, onnx_concat, onnx_qconcat, onnx_gather, onnx_pad, onnx_resize;

#endif

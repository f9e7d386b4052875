/* tflite_file.h - a .tflite file as structs: tensors, operators and where their bytes lie; nothing yet about what they mean.
 * Format: schema.fbs of TensorFlow Lite, version 3. Private to the reader (tflite*.c). */
#ifndef BL_NET_TFLITE_FILE_H
#define BL_NET_TFLITE_FILE_H

#include "platforms/net/flat.h"

enum { TFL_OPERATORS = 1 << 14, TFL_RANK = 6, TFL_NAME = 96 };

enum tfl_type { TFL_F32 = 0, TFL_F16 = 1, TFL_I32 = 2, TFL_U8 = 3, TFL_I64 = 4, TFL_I16 = 7, TFL_I8 = 9, TFL_I4 = 17 };

struct tfl_tensor {
    /* Up to the first ';' (the converter lists all operators that it has joined), cut, what is not printable as '?'; "tensor 7"
     * when it has none. Not unique. */
    char name[TFL_NAME];
    uint32_t rank, dims[TFL_RANK];
    uint64_t elems;
    bool open;                 /* a dimension besides the first is open */
    int type;
    const uint8_t *data;       /* elems of them, NULL: none */
    struct flat_vector scale, zero;    /* float32, int64 */
    int64_t axis;              /* of several scales */
    bool odd;                  /* sparse, a variable, or quantised in an unknown way: refused where it is used */
};

struct tfl_operator {
    int32_t code, number;      /* number: in the file; -1: the graph's input or output */
    const char *name;          /* "CONV_2D", or "operator 147" */
    char unnamed[24];
    struct flat_vector in, out;
    struct flat_table options;
    unsigned options_type;
    bool strange;              /* options in a form of newer schemas */
};

struct tfl_file {
    struct flat f;
    struct tfl_tensor *tensor;
    struct tfl_operator *operator;
    uint32_t ntensors, noperators;
    struct flat_vector in, out;
};

/* Reads and checks the file; `bytes` must outlive it. -1 after a bl_error, when nothing is to be closed. */
int tfl_file_open(struct tfl_file *t, const char *name, const void *bytes, size_t len, struct bl_diag *diag);
void tfl_file_close(struct tfl_file *t);
const char *tfl_type_name(int type);
/* Tensor number i of a vector of inputs or outputs; -1: left out. */
static inline int64_t tfl_at(const struct tfl_file *t, struct flat_vector v, uint32_t i)
{
    return i < v.n ? flat_item_int(&t->f, v, i, 4) : -1;
}

#endif

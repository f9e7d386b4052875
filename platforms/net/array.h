/* array.h - a file of numbers as an array: .npy, IDX, or plain numbers. Readers take (bytes, length) and look at every field before they use it. */
#ifndef BL_NET_ARRAY_H
#define BL_NET_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/sim.h"

enum { BL_ARRAY_RANK = 8 };

/* Elements as they lie in the file, which must outlive it. */
struct bl_array {
    const char *name;          /* of the file, for messages */
    char type;                 /* 'u', 'i' or 'f', of 1, 2, 4 or 8 bytes (f: 4 or 8) */
    unsigned size;
    bool big;                  /* big-endian */
    bool fortran;              /* the first index runs fastest, else the last one */
    bool pixels;               /* IDX: bytes are pixels, whatever the net's input is */
    uint32_t rank;
    uint64_t dim[BL_ARRAY_RANK];
    uint64_t elems;            /* product of dim; at least 1 */
    const uint8_t *data;       /* elems * size bytes */
};

/* Each: 0, or -1 after a bl_error that says what was found, what was expected, and what to do. */

/* .npy, format 1.0, 2.0 and 3.0 (numpy.lib.format): integers of 8 to 64 bits, float32, float64, either byte order and memory order. */
int bl_array_npy(const char *name, const void *bytes, size_t len, struct bl_array *out, struct bl_diag *diag);
/* IDX (yann.lecun.com/exdb/mnist) of unsigned bytes with least to most sizes. */
int bl_array_idx(const char *name, const void *bytes, size_t len, uint32_t least, uint32_t most, struct bl_array *out, struct bl_diag *diag);
/* Numbers alone, little-endian, of type "u8", "i8", "f32" or "f64": images of `each` elements, shape [N, each]. */
int bl_array_raw(const char *name, const void *bytes, size_t len, const char *type, uint64_t each, struct bl_array *out, struct bl_diag *diag);

bool bl_array_is_npy(const void *bytes, size_t len);
bool bl_array_is_idx(const void *bytes, size_t len);
/* "uint8", "float32", ...; "10 x 3 x 32 x 32", cut to fit. */
const char *bl_array_type(const struct bl_array *a);
const char *bl_array_shape(const struct bl_array *a, char *text, size_t room);

/* Element i, counted with the last index running fastest. Reals of integers are rounded beyond 53 bits. */
double bl_array_real(const struct bl_array *a, uint64_t i);
/* Of an integer array; *out saturates at the ends of int64_t. */
int64_t bl_array_whole(const struct bl_array *a, uint64_t i);

#endif

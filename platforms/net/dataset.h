/* dataset.h - images and labels of a net: from files as people have them, from memory, or made up.
 * Files: .npy, IDX (yann.lecun.com/exdb/mnist; magic 0x0000080N, N big-endian sizes, unsigned bytes), plain numbers; each may be gzipped. */
#ifndef BL_DATASET_H
#define BL_DATASET_H

#include "platforms/file/find.h"
#include "platforms/file/texts.h"
#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bl_dataset {
    uint32_t count;            /* images, >= 1 */
    uint32_t c, h, w;          /* IDX3 is [count][h][w] (c = 1), IDX4 is [count][c][h][w] */
    uint8_t *pixels;           /* count * c * h * w bytes; NULL where there is `ready` */
    uint8_t *ready;            /* images as bytes of the inputs of the net that they were read for, `bytes` each */
    size_t bytes;
    uint32_t *labels;          /* count classes, or NULL */
    char *labels_name;         /* of their file, for messages; NULL: in memory */
};

/* How files of images are read; all may be left out, as zeros. */
struct bl_data_opts {
    const char *layout;        /* "nchw" or "nhwc"; NULL: what fits the shape, the net's own order for flat images */
    const char *mean, *std;    /* "0.5", or a number a channel, "0.49,0.48,0.45"; NULL: 0 and 1 */
    const char *raw;           /* the file is numbers alone: "u8", "i8", "f32", "f64", or "", the type of the net's input; NULL: it is not */
    bool pixels;               /* unsigned bytes are pixels, also for an int8 input: pixel - 128 */
};
/* The first of them that is given, as its option is written: "--layout"; NULL: none. */
const char *bl_data_option(const struct bl_data_opts *o);
struct bl_data_file { const char *name; const void *bytes; size_t len; };

/* The folder of the Debian package dataset-fashion-mnist. */
#define BL_FASHION_FOLDER "/usr/share/datasets/fashion-mnist"

/* Reads files, each plain or gzipped; `labels` may be NULL. NULL after a bl_error. */
struct bl_dataset *bl_dataset_open(const char *images, const char *labels, struct bl_diag *diag);
/* The same from memory, plain; the names stand in messages. The bytes are copied. */
struct bl_dataset *bl_dataset_from_bytes(const char *images_name, const void *images, size_t images_len,
                                         const char *labels_name, const void *labels, size_t labels_len,
                                         struct bl_diag *diag);
/* For that net: images[i] is the file of its input i; `labels` may be NULL. What becomes of an element:
 * - a float x is a real value, (x - mean) / std, quantised by the input's scale and zero point as the net's rule has it (bl_real_code);
 * - an unsigned byte p is a pixel: with mean or std the real value (p / 255 - mean) / std, in double and rounded once to float32, else
 *   what bl_dataset_image says; an int8 input takes it only as IDX, or with `pixels`, since it may be a mistake;
 * - a signed byte is the code of an int8 input.
 * Everything else is refused: other types, NaN and infinite values, shapes that fit in no way or in two. NULL after a bl_error. */
struct bl_dataset *bl_dataset_of(const struct bl_net *net, const struct bl_data_opts *o, const struct bl_data_file *images,
                                 const struct bl_data_file *labels, struct bl_diag *diag);
/* The same from files, plain or gzipped; images[i] is that of input i. */
struct bl_dataset *bl_dataset_read(const struct bl_net *net, const struct bl_data_opts *o, const struct bl_found *images, const char *labels,
                                   struct bl_diag *diag);
/* Is that what people write for BL_FASHION_FOLDER? Then its 10000 test images and their labels: 0, or -1 after a bl_error. */
#define BL_FASHION "fashion-mnist"
bool bl_dataset_is_fashion(struct bl_words given);
int bl_dataset_fashion(const struct bl_net *net, struct bl_found *images, struct bl_found *labels, struct bl_diag *diag);
/* Finds the files that a person names, "FILE", or "NAME=FILE" for each input of the net: at[i], zeros before, for input i; to be freed by
 * bl_found_fini also after an error. 0, or -1 after a bl_error. */
int bl_dataset_find(const struct bl_net *net, struct bl_words given, struct bl_found *at, struct bl_diag *diag);
void bl_dataset_close(struct bl_dataset *set);             /* NULL is allowed */
/* 0 if there are images, they have the shape of the net's input, and the net has an output for each label, else -1 after a bl_error. */
int bl_dataset_fits(const struct bl_dataset *set, const struct bl_net *net, struct bl_diag *diag);
/* Image `index` as bytes of the net's input tensor. Where the graph's input itself is uint8, a pixel is the
 * byte; where it is int8, pixel - 128. Where it is float, a pixel p stands for the real p / 255, so the byte is
 * clamp(rint((p / 255) / scale) + zero), or as the net's rule has it (bl_real_code): p itself when scale is 1/255 and zero is 0.
 * What was read for the net is there already: the bytes of all its inputs, one after the other. */
void bl_dataset_image(const struct bl_dataset *set, const struct bl_net *net, uint32_t index, uint8_t *out);

/* A made-up input, or all inputs one after the other: about zero_percent of the bytes are the zero point, the others uniform over the
 * tensor's range. A function of (seed, index, position) alone. */
void bl_dataset_made(const struct bl_net *net, uint64_t seed, uint32_t index, unsigned zero_percent, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif

/* dataset.h - images and labels in IDX files, and made-up images for layer tables.
 * Format: yann.lecun.com/exdb/mnist (magic 0x0000080N, N big-endian sizes, unsigned bytes). */
#ifndef BL_DATASET_H
#define BL_DATASET_H

#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bl_dataset {
    uint32_t count;            /* images, >= 1 */
    uint32_t c, h, w;          /* IDX3 is [count][h][w] (c = 1), IDX4 is [count][c][h][w] */
    uint8_t *pixels;
    uint8_t *labels;           /* count classes, or NULL */
};

/* The folder of the Debian package dataset-fashion-mnist. */
#define BL_FASHION_FOLDER "/usr/share/datasets/fashion-mnist"

/* Reads files, each plain or gzipped; `labels` may be NULL. NULL after a bl_error. */
struct bl_dataset *bl_dataset_open(const char *images, const char *labels, struct bl_diag *diag);
/* The same from memory, plain; the names stand in messages. The bytes are copied. */
struct bl_dataset *bl_dataset_from_bytes(const char *images_name, const void *images, size_t images_len,
                                         const char *labels_name, const void *labels, size_t labels_len,
                                         struct bl_diag *diag);
void bl_dataset_close(struct bl_dataset *set);             /* NULL is allowed */
/* 0 if there are images, and they have the shape of the net's input, else -1 after a bl_error. */
int bl_dataset_fits(const struct bl_dataset *set, const struct bl_net *net, struct bl_diag *diag);
/* Image `index` as bytes of the net's input tensor. Where the graph's input itself is uint8, a pixel is the
 * byte; where it is int8, pixel - 128. Where it is float, a pixel p stands for the real p / 255, so the byte is
 * clamp(rint((p / 255) / scale) + zero), or as the net's rule has it (bl_real_code): p itself when scale is 1/255 and zero is 0. */
void bl_dataset_image(const struct bl_dataset *set, const struct bl_net *net, uint32_t index, uint8_t *out);

/* A made-up input, or all inputs one after the other: about zero_percent of the bytes are the zero point, the others uniform over the
 * tensor's range. A function of (seed, index, position) alone. */
void bl_dataset_made(const struct bl_net *net, uint64_t seed, uint32_t index, unsigned zero_percent, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif

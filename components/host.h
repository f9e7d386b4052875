/* host.h - the program of the host part: a net laid out as tensors in its memory, weight tiles for the
 * array, and host work. Made by platforms/job/job.c and a mapper, immutable during the run. */
#ifndef COMPONENTS_HOST_H
#define COMPONENTS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum host_kind { HOST_ARRAY, HOST_RELU, HOST_MAXPOOL, HOST_AVGPOOL, HOST_ADD, HOST_MUL, HOST_COPY, HOST_SUBSAMPLE, HOST_LUT };

/* c x h x w bytes at `at` in the host's memory, in c, y, x order; bias: 128 for signed tensors, which are kept
 * in offset binary (value + 128), so that what reaches an array is unsigned. */
struct host_tensor { uint32_t c, h, w; size_t at; int32_t zero, bias; };

/* What the array holds at a time: outputs out .. out+nout-1 of the layer, their products k .. k+nk-1. */
struct host_tile {
    uint32_t out, nout, k, nk;
    uint32_t group;                   /* its inputs begin at in.at + group * group_bytes */
    const uint64_t *rows;             /* nrows rows as the array stores them, row_words each, LSB first */
};

/* Where product k of a window finds its activation: from the window's corner (may lie outside: padding). */
struct host_tap { int32_t at; int16_t dy, dx; };

struct host_layer {
    enum host_kind kind;
    struct host_tensor in[2], out;
    uint32_t kh, kw, stride_h, stride_w, dil_h, dil_w, pad_t, pad_l;
    int32_t lo, hi;                   /* clamp of the output value, zero point included */
    /* HOST_ARRAY */
    uint32_t pixels, width;           /* windows an image; windows a row */
    uint32_t cout, k;                 /* outputs; products an output */
    uint32_t group_bytes;
    bool flat;                        /* windows are rows of k neighbours (fully connected) */
    uint32_t rows_of_group;           /* flat: windows of one group, outputs are [group][row][cout/groups] */
    const struct host_tap *tap;       /* [k] */
    uint32_t ntiles, nrows, row_words;
    struct host_tile *tile;
    const int32_t *bias;              /* [cout], zero points of the input folded in */
    const float *mult;                /* [cout] */
    uint16_t config;                  /* entry of the per-layer tables of other parts */
    /* host work */
    float m0, m1;
    bool count_pad;
    const uint8_t *lut;
};

struct host_program {
    uint32_t nlayers, images;
    const struct host_layer *layer;
    size_t memory;                    /* bytes of tensors */
    size_t sums;                      /* 32-bit sums of the largest array layer */
    size_t input_at, input_bytes;     /* image i is copied there from input 1 of the host part */
};

/* Kept in the host's memory `stat`, one a layer, over all images. */
struct host_stat { uint64_t begun, cycles, load_cycles, ops; };

/* Where a host part is: fields of its struct. Input 1 of the part is the images. */
struct host_place {
    void *self;
    uint32_t *image, *at;             /* at: the layer */
    uint64_t *busy_until;             /* cycle in which the host work of the layer ends */
    uint8_t *memory;
    struct host_stat *stat;
};
/* In init: 0, or -1 when input 1 is shorter than the program's images. */
int bl_host_images(void *self, const struct host_program *g);
/* From layer to layer (host_ops.c). Begins a layer; the first one of an image takes it from the images. */
void bl_host_begin(const struct host_place *h, const struct host_program *g);
/* Whether the host is still at work on the layer at hand, which takes host_cycles an output. */
bool bl_host_works(const struct host_place *h, const struct host_program *g, int64_t host_cycles);
/* Ends the layer and pauses the run for its owner; true, and the run stops: it was the last one of the last image. */
bool bl_host_next(const struct host_place *h, const struct host_program *g);
uint64_t bl_host_outputs(const struct host_layer *l);
/* Host work: one layer that no array does, from memory to memory. */
void bl_host_work(const struct host_layer *l, uint8_t *memory);
/* Requantises all sums of an array layer: sums[o * pixels + p]. */
void bl_host_requant(const struct host_layer *l, const int32_t *sums, uint8_t *memory);

#endif

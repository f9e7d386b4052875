/* host.h - the program of the host part: a net laid out as tensors in its memory, weight tiles for the
 * array, and host work. Made by platforms/job/job.c and a mapper, immutable during the run. */
#ifndef BL_HOST_H
#define BL_HOST_H

/* What the class `host` (host.c) promises to the array that is wired to it. It handles one tile after the other, in three steps:
 *   rows    it pushes the tile's rows on `w`, number 0 to nrows - 1 in this order. An item is the number, then BL_BITS_WORDS words:
 *           the row_words that the mapper's pack made for this row, then zeros. The host does not look at them; which weight bit
 *           lies where is a matter between pack and the array.
 *   wait    until `rows` is the number of all rows that it has pushed since the run began, of all tiles and modulo 2^32: the array
 *           counts a row there when it has stored it.
 *   ops     it pushes one item a window on `op`, in rising order of windows: activation i belongs to product k + i of the tile,
 *           those from nk to cols - 1 are 0, unsigned, with the tensor's bias. For each the array pushes one item on `mac`, in the
 *           same order: sum n, signed 32 bits, of output out + n; those from nout on are not looked at. The host takes one a cycle.
 * When all sums are back the next tile begins. So no row comes while an op waits or is at work, and no op before all rows are stored.
 * `layer` is the layer's config, in force from the cycle on in which its first row arrives. */

#include "components/float_work.h"
#include "components/requant_work.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum bl_host_kind {
    BL_HOST_ARRAY, BL_HOST_RELU, BL_HOST_MAXPOOL, BL_HOST_AVGPOOL, BL_HOST_PAIR, BL_HOST_COPY, BL_HOST_SUBSAMPLE, BL_HOST_LUT,
    BL_HOST_MOVE, BL_HOST_SOFTMAX, BL_HOST_TABLE, BL_HOST_QUANT, BL_HOST_FLOAT
};

/* c x h x w bytes at `at` in the host's memory, in c, y, x order; bias: 128 for signed tensors, which are kept
 * in offset binary (value + 128), so that what reaches an array is unsigned; real: float32, four bytes a cell. */
struct bl_host_tensor { uint32_t c, h, w; size_t at; int32_t zero, bias; bool real; };
static inline size_t bl_host_bytes(const struct bl_host_tensor *t) { return (size_t)t->c * t->h * t->w * (t->real ? sizeof(float) : 1); }

/* What the array holds at a time: outputs out .. out+nout-1 of the layer, their products k .. k+nk-1. */
struct bl_host_tile {
    uint32_t out, nout, k, nk;
    uint32_t group;                   /* its inputs begin at in.at + group * group_bytes */
    const uint64_t *rows;             /* nrows rows, row_words each, LSB first: what the host sends, as the array stores it */
};

/* Where product k of a window finds its activation: from the window's corner (may lie outside: padding). */
struct bl_host_tap { int32_t at; int16_t dy, dx; };

struct bl_host_layer {
    enum bl_host_kind kind;
    struct bl_host_tensor in[2], out;
    uint32_t kh, kw, stride_h, stride_w, dil_h, dil_w, pad_t, pad_l;
    int32_t lo, hi;                   /* clamp of the output value, zero point included */
    /* BL_HOST_ARRAY */
    uint32_t pixels, width;           /* windows an image; windows a row */
    uint32_t cout, k;                 /* outputs; products an output */
    uint32_t group_bytes;
    bool flat;                        /* windows are rows of k neighbours (fully connected) */
    uint32_t rows_of_group;           /* flat: windows of one group, outputs are [group][row][cout/groups] */
    const struct bl_host_tap *tap;       /* [k] */
    uint32_t ntiles, nrows, row_words;
    struct bl_host_tile *tile;
    const struct bl_requant *requant; /* [cout]; zero points of the input are folded into the biases */
    const int32_t *wzero;             /* [cout] zero points of the weights, or NULL: all 0 */
    uint16_t config;                  /* entry of the per-layer tables of other parts */
    /* host work */
    float m0;                         /* RELU, MAXPOOL: s_x / s_y */
    struct bl_mean mean;              /* AVGPOOL */
    struct bl_pair pair;              /* PAIR */
    bool count_pad, along_w;
    const uint8_t *constant[2];       /* in[i] is no layer's output: its bytes, put there when the layer begins; or NULL */
    const uint8_t *lut;
    const uint32_t *from;             /* MOVE: as in struct bl_layer (platforms/net/net.h) */
    int32_t fill;
    const float *exps;                /* SOFTMAX */
    float fill_real;                  /* MOVE of float32 */
    const float *reals;               /* TABLE: of each code's byte as the net has it, so two's complement where it is signed */
    float scale;                      /* QUANT: of the output */
    bool inside;
    struct bl_float work;             /* FLOAT */
};

/* Window p of a layer, in the inputs of a group: where its activations are. */
struct bl_host_window {
    const uint8_t *in;                /* the group's inputs */
    const struct bl_host_tap *tap;       /* NULL: flat */
    int64_t corner;                   /* of the window, from `in`; flat: its first activation */
    int32_t y, x, h, w;               /* corner and size of the image, in pixels */
    bool inside;                      /* all of it: no padding */
    uint8_t pad;                      /* the input's zero point, as it is kept */
};
static inline struct bl_host_window bl_host_window(const struct bl_host_layer *l, const uint8_t *memory, uint32_t group, uint32_t p)
{
    struct bl_host_window v = { memory + l->in[0].at + (size_t)group * l->group_bytes, NULL, 0, 0, 0, 0, 0, false, 0 };

    if (l->flat) {
        v.corner = (int64_t)(p % l->rows_of_group) * l->k;
        return v;
    }
    v.tap = l->tap;
    v.y = (int32_t)(p / l->width * l->stride_h) - (int32_t)l->pad_t;
    v.x = (int32_t)(p % l->width * l->stride_w) - (int32_t)l->pad_l;
    v.h = (int32_t)l->in[0].h;
    v.w = (int32_t)l->in[0].w;
    v.corner = (int64_t)v.y * v.w + v.x;
    v.inside = v.y >= 0 && v.x >= 0 && v.y + (int32_t)((l->kh - 1) * l->dil_h) < v.h && v.x + (int32_t)((l->kw - 1) * l->dil_w) < v.w;
    v.pad = (uint8_t)(l->in[0].zero + l->in[0].bias);
    return v;
}
/* The activation of product k. */
static inline uint8_t bl_host_activation(const struct bl_host_window *v, uint32_t k)
{
    if (!v->tap)
        return v->in[v->corner + k];
    const struct bl_host_tap *tap = &v->tap[k];
    if (v->inside || ((uint32_t)(v->y + tap->dy) < (uint32_t)v->h && (uint32_t)(v->x + tap->dx) < (uint32_t)v->w))
        return v->in[v->corner + tap->at];
    return v->pad;
}
/* Groups of an array layer's outputs. */
static inline uint32_t bl_host_groups(const struct bl_host_layer *l)
{
    return l->flat ? l->pixels / l->rows_of_group : l->in[0].c * l->in[0].h * l->in[0].w / l->group_bytes;
}

struct bl_host_program {
    uint32_t nlayers, images;
    const struct bl_host_layer *layer;
    size_t memory;                    /* bytes of tensors */
    size_t sums;                      /* 32-bit sums of the largest array layer */
    size_t input_at, input_bytes;     /* image i is copied there from input 1 of the host part */
};

/* Kept in the host's memory `stat`, one a layer, over all images. `cycles` grows when the layer ends, and only then (bl_host_next):
 * by it a job knows which layers have ended. */
struct bl_host_stat { uint64_t begun, cycles, load_cycles, ops; };

/* Where a host part is: fields of its struct. Input 1 of the part is the images. */
struct bl_host_place {
    void *self;
    uint32_t *image, *at;             /* at: the layer */
    uint64_t *busy_until;             /* cycle in which the host work of the layer ends */
    uint8_t *memory;
    struct bl_host_stat *stat;
};
/* In init: 0, or -1 when input 1 is shorter than the program's images. */
int bl_host_images(void *self, const struct bl_host_program *g);
/* From layer to layer (host_ops.c). Begins a layer; the first one of an image takes it from the images. */
void bl_host_begin(const struct bl_host_place *h, const struct bl_host_program *g);
/* Whether the host is still at work on the layer at hand, which takes host_cycles an output. */
bool bl_host_works(const struct bl_host_place *h, const struct bl_host_program *g, int64_t host_cycles);
/* Ends the layer and pauses the run for its owner; true, and the run stops: it was the last one of the last image. */
bool bl_host_next(const struct bl_host_place *h, const struct bl_host_program *g);
uint64_t bl_host_outputs(const struct bl_host_layer *l);
/* Host work: one layer that no array does, from memory to memory. */
void bl_host_work(const struct bl_host_layer *l, uint8_t *memory);
/* Arrays hold weights as they are stored; what their zero points would have taken off is the zero point times the sum of the window,
 * which the host adds up: once a window and group, for all outputs. Corrects sums[o * pixels + p] and returns the additions. */
uint64_t bl_host_weight_zeros(const struct bl_host_layer *l, int32_t *sums, const uint8_t *memory);
/* Requantises all sums of an array layer: sums[o * pixels + p]. */
void bl_host_requant(const struct bl_host_layer *l, const int32_t *sums, uint8_t *memory);

#ifdef __cplusplus
}
#endif

#endif

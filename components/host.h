/* host.h - the program of the host part: a net laid out as tensors in its memory, weight tiles for the
 * array, and host work. Made by platforms/job/job.c and a mapper, immutable during the run. */
#ifndef BL_HOST_H
#define BL_HOST_H

/* What the class `host` (host.c) promises to the macros that are wired to it. It handles the tiles of a layer in rounds of one tile a
 * macro, tile t on macro t modulo macros, each round in three steps:
 *   rows    it pushes each tile's rows on its macro's `w`, tile after tile, number 0 to the tile's last in this order. An item is the
 *           number (set * set_rows + row, when the macros hold several sets; from bit 32 on the tile's nout, when the program
 *           tells_columns), then the row_words words that the mapper's pack made for this row, then zeros as far as the port goes. The
 *           host does not look at them; which weight bit lies where is a matter between pack and the array.
 *   wait    until each `rows` is the number of all rows pushed to that macro since the image began, modulo 2^32: the array counts a row
 *           there when it has stored it.
 *   ops     it pushes one item a window (of the tile's share) on each `op`, in rising order of windows: activation i belongs to product k + i of the tile
 *           (of several groups: group after group), those from nk to ins - 1 are 0, unsigned, with the tensor's bias; on `op_tag`, where
 *           wired, the set. For each the array pushes one item on `mac`, in the same order: sum n, signed 32 bits, of output out + n;
 *           those from nout on are not looked at. The host takes one a cycle.
 * When all sums are back the next round begins. So no row comes while an op waits or is at work, and no op before all rows are stored;
 * only with several sets rows of the next round come beside the ops of this one, for the next set.
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

/* c x h x w bytes at `at` in the host's memory, in c, y, x order; bias: 2^(bits-1), so 128 of eight bits, for signed
 * tensors, which are kept in offset binary (value + bias), so that what reaches an array is unsigned; real: float32, four bytes a cell;
 * bits: of what is kept, 1 to 8. */
struct bl_host_tensor { uint32_t c, h, w; size_t at; int32_t zero, bias; bool real; uint8_t bits; };
static inline size_t bl_host_bytes(const struct bl_host_tensor *t) { return (size_t)t->c * t->h * t->w * (t->real ? sizeof(float) : 1); }

/* What the array holds at a time: outputs out .. out+nout-1 of the layer, their products k .. k+nk-1. */
struct bl_host_tile {
    uint32_t out, nout, k, nk;
    uint32_t group;                   /* its inputs begin at in.at + group * group_bytes */
    uint32_t groups;                  /* so many of them, nk / groups products each */
    const uint64_t *rows;             /* nrows rows, row_words each, LSB first: what the host sends, as the array stores it */
    uint32_t nrows;                   /* 0: as many as the layer says */
    uint32_t first, windows;          /* its share of the layer's windows, of macros wired to the host; 0: all of them */
};

/* What the host does with an array layer whose macros are fed from a buffer: it gives jobs to units (dma, feeder, collector), one a cycle, in
 * order; each waits until counters of jobs done have moved at least so far since the layer began. */
enum { BL_HOST_WAITS = 4, BL_HOST_NO_UNIT = UINT16_MAX };
struct bl_host_step {
    uint16_t unit, n;                 /* element of `go`, or BL_HOST_NO_UNIT: only wait; how many waits */
    uint32_t job;
    bool weights;                     /* what it waits for is weights: load_cycles counts that */
    struct { uint16_t count; uint32_t least; } wait[BL_HOST_WAITS];       /* element of `done` */
};
/* Sums that have come to the far memory: sum n of window p of a tile's outputs is number at + p * sum_row + n there. */
struct bl_host_region { uint32_t tile; uint64_t at; };

/* Several images at once, each layer at work on its own one: a stream is what the host does for one image of a layer (or of what comes in and
 * goes out), over and over, and streams do not wait for each other. Its pushes go out in order, one a tick; each may begin when its waits
 * hold. Of image i a wait holds when i < lag, or when each of n counts (elements of `done`, first, first + stride, ..) is at least
 * each * (i - lag) + least. A push gives job + i % turn. */
struct bl_host_wait {
    uint16_t first, n, stride, lag;
    uint32_t each, least;
    bool credit;                      /* of a place to write to; else of something to read */
};
struct bl_host_push {
    uint16_t unit, nwait;             /* element of `go`, or BL_HOST_NO_UNIT: only wait */
    uint32_t job, turn;
    const struct bl_host_wait *wait;
};
struct bl_host_stream {
    const struct bl_host_push *push;
    uint32_t npush;
    const struct bl_host_wait *end;   /* when these hold an image is done; lag 0 */
    uint32_t nend;
    const struct bl_host_wait *read;  /* when these hold it has read all of it; none: as `end` */
    uint32_t nread;
    uint64_t bytes;                   /* that it writes to a slot; the credits of its first push say when somebody has read them */
    uint16_t config;                  /* what `layer` is from its first push on */
    uint16_t layer;                   /* of the program, or BL_HOST_NO_LAYER */
};
enum { BL_HOST_NO_LAYER = UINT16_MAX };

struct bl_host_layer {
    enum bl_host_kind kind;
    struct bl_host_tensor in[2], out;
    uint32_t kh, kw, stride_h, stride_w, dil_h, dil_w, pad_t, pad_l;
    int32_t lo, hi;                   /* clamp of the output value, zero point included */
    /* BL_HOST_ARRAY */
    uint32_t pixels, width;           /* windows an image; windows a row */
    uint32_t cout, k;                 /* outputs; products an output */
    uint32_t group_bytes;
    bool flat;                        /* windows are rows of k neighbours (fully connected); components/window.h */
    uint32_t rows_of_group;           /* flat: windows of one group, outputs are [group][row][cout/groups] */
    bool yxc;                         /* the input lies in the order y, x, c, and so do the products; not flat (components/window.h) */
    uint32_t ntiles, nrows, row_words;
    struct bl_host_tile *tile;
    const struct bl_requant *requant; /* [cout]; zero points of the input are folded into the biases */
    const int32_t *wzero;             /* [cout] zero points of the weights, or NULL: all 0 */
    uint32_t nsteps, nregions;        /* 0: the macros are wired to the host */
    const struct bl_host_step *step;
    const struct bl_host_region *region;
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

/* Windows of a tile. */
static inline uint32_t bl_host_windows(const struct bl_host_layer *l) { return l->flat ? l->rows_of_group : l->pixels; }
/* Windows of a tile that shares them with copies of it. */
static inline uint32_t bl_host_share(const struct bl_host_layer *l, const struct bl_host_tile *t) { return t->windows ? t->windows : bl_host_windows(l); }
/* Rows of a tile. */
static inline uint32_t bl_host_rows(const struct bl_host_layer *l, const struct bl_host_tile *t) { return t->nrows ? t->nrows : l->nrows; }
/* Groups of an array layer's outputs. */
static inline uint32_t bl_host_groups(const struct bl_host_layer *l)
{
    return l->flat ? l->pixels / l->rows_of_group : l->in[0].c * l->in[0].h * l->in[0].w / l->group_bytes;
}

/* A run whose bits change between images has several programs, in a table: of as many layers, tensors at the same places, and the first
 * one says which is that of an image. */
struct bl_host_program {
    uint32_t nlayers, images;
    uint32_t programs;                /* of the table; the others are alike */
    const uint8_t *which;             /* by image; NULL: the first one */
    uint64_t first;                   /* number of image 0 in its data set: the random streams (bl_stream) of image i have number first + i */
    const struct bl_host_layer *layer;
    size_t memory;                    /* bytes of tensors */
    size_t sums;                      /* 32-bit sums of the largest array layer */
    uint32_t sets, set_rows;          /* sets of weights in a macro (0: one), and rows of a set */
    uint32_t row_words;               /* of a row as the macros take it; 0: no fewer than those of the layers */
    uint32_t tells_columns;           /* 1: a row says how many columns of its tile are in use, from bit 32 of its number on */
    uint32_t tells_products;          /* 1: and how many products, from bit 48 on */
    /* The far memory, by bytes: from 0 on the tensors, as they lie; then rows of weights, then sums. */
    const uint64_t *weights;
    size_t weights_at, weights_bytes, sums_at, sums_bytes;
    uint32_t sum_row;                 /* sums of a window, with what a collector pads */
    size_t input_at, input_bytes;     /* image i is copied there from `images` of the host part */
    /* Streams, in the order of the layers; the first takes an image in, the last one ends it. 0: layer by layer, image by image. */
    const struct bl_host_stream *stream;
    uint32_t nstreams;
    const struct bl_host_stream *setup;        /* what is done once, before the first image; or NULL */
    uint32_t under_way;               /* images that are, at most */
    /* What the host does itself when an image is out, in no time: the sums' bytes from image * tail_step on, in the order y, x, c, become the
     * tensor tail_in; then these layers. ntail 0: nothing. */
    struct bl_host_tensor tail_in;
    const uint32_t *tail;
    uint32_t ntail;
    size_t tail_step;
};

/* The program of the image whose random streams have number `stream`; g: the first of the table. */
static inline const struct bl_host_program *bl_host_program_at(const struct bl_host_program *g, uint64_t stream)
{
    return g && g->which ? &g[g->which[stream - g->first]] : g;
}

/* Kept in the host's memory `stat` (BL_MEM_KEPT), one a layer, over all images. `cycles` grows when the layer ends, and only then (bl_host_next):
 * by it a job knows which layers have ended. */
struct bl_host_stat { uint64_t begun, cycles, load_cycles, ops; };

/* Of a program with streams: where a stream is, in the host's memory `streams`; what its ticks were since the setup: nothing to read was
 * ready, no place to write to was free, both were and the host pushed for others (or all images are done), or an image was at work. */
enum bl_host_state { BL_HOST_NO_IMAGE, BL_HOST_NO_CREDIT, BL_HOST_TURN, BL_HOST_RUN, BL_HOST_STATES };
enum bl_host_moment { BL_HOST_BEGUN, BL_HOST_READ, BL_HOST_ENDED, BL_HOST_MOMENTS };
struct bl_host_at {
    uint32_t begun, ended;            /* images whose first push is out; images done, as the host sees them */
    uint32_t state;
    uint32_t full, most;              /* slots taken that not everybody has read; the most that were */
    uint64_t since, spent[BL_HOST_STATES];
    uint64_t first[BL_HOST_MOMENTS];  /* of image 0, when the host sees it, in ticks since the setup */
};
/* When an image was begun (its first push) and ended, in ticks since the setup: in the host's memory `times`, one an image. */
struct bl_host_time { uint64_t begun, ended; };

uint64_t bl_host_outputs(const struct bl_host_layer *l);
/* Host work: one layer that no array does, from memory to memory. */
void bl_host_work(const struct bl_host_layer *l, uint8_t *memory);
/* Arrays hold weights as they are stored; what their zero points would have taken off is the zero point times the sum of the window,
 * which the host adds up: once a window and group, for all outputs. Corrects sums[o * pixels + p] and returns the additions. */
uint64_t bl_host_weight_zeros(const struct bl_host_layer *l, int32_t *sums, const uint8_t *memory);
/* Requantises all sums of an array layer: sums[o * pixels + p]. */
void bl_host_requant(const struct bl_host_layer *l, const int32_t *sums, uint8_t *memory);
/* The output code of a pooling window whose n cells inside the image have this maximum, or this sum, zero points taken off; that of a RELU or
 * LUT layer for one input code. */
int32_t bl_host_pooled_code(const struct bl_host_layer *l, int32_t v, uint32_t n);
int32_t bl_host_element_code(const struct bl_host_layer *l, int32_t x);
/* The outputs of a pooling layer whose windows a platform has reduced: the largest byte of each, or the sum of its bytes with the input's
 * zero point (as kept) where there is padding; sums[output]. */
void bl_host_pooled(const struct bl_host_layer *l, const int32_t *sums, uint8_t *memory);

#ifdef __cplusplus
}
#endif

#endif

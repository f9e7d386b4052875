/* window.h - im2col: where the products of a conv or fc layer's window find their activations. Pure functions. For hosts, feeders and
 * mappers; the integer reference (platforms/net/reference.c) has a convolution of its own, on purpose.
 *
 * An output of the layer has l->k products. Those of a convolution run over the group's channels, then the rows, then the columns of
 * the window: k = (channel * kh + row) * kw + column, where the tensor lies in the order c, y, x; of a layer with l->yxc over the rows,
 * the columns, then the group's channels, where it lies in the order y, x, c. The windows of an image are numbered row by row, l->width a
 * row; those of a fully connected layer (l->flat) are rows of k neighbours, l->rows_of_group a group. */
#ifndef BL_WINDOW_H
#define BL_WINDOW_H

#include "components/host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One window. A group's input is its part of the layer's, bl_window_group bytes behind that of the first one. */
struct bl_window {
    const struct bl_host_layer *l;
    uint32_t group;
    int32_t y, x;                     /* corner of the window in the image, in pixels: below 0 in the padding; flat: row, 0 */
    int64_t corner;                   /* the same as a byte of the group's input; meaningless by itself when it lies in the padding */
    bool inside;                      /* no product is padding */
};
/* n neighbouring products. at >= 0: their activations are the n bytes of the group's input from `at` on. at < 0: they are padding, whose
 * activation is the input's zero point. */
struct bl_taps { int64_t at; uint32_t n; };

/* Window p, 0 .. pixels - 1, of a group; for a flat layer p counts from 0 in each group (and is taken modulo rows_of_group). */
void bl_window_at(struct bl_window *w, const struct bl_host_layer *l, uint32_t group, uint32_t p);

/* The run of products that begins at product k, k < end <= l->k: t->n of them, at least one, no more than there are before `end`. Returns
 * the product behind the run. A run is not always the longest: it ends with the row of a window. */
uint32_t bl_window_next(const struct bl_window *w, uint32_t k, uint32_t end, struct bl_taps *t);

/* The activations of products k .. k+n-1, k + n <= l->k, one byte each. in: the group's input (bl_window_input). */
void bl_window_read(const struct bl_window *w, const uint8_t *in, uint32_t k, uint32_t n, uint8_t *to);

/* Where a group's input begins in the layer's: channels are outermost, or, with l->yxc, within each pixel. */
static inline size_t bl_window_group(const struct bl_host_layer *l, uint32_t group)
{
    return l->yxc && !l->flat ? (size_t)group * (l->k / (l->kh * l->kw)) : (size_t)group * l->group_bytes;
}
/* The group's input in a host's memory. */
static inline const uint8_t *bl_window_input(const struct bl_window *w, const uint8_t *memory)
{
    return memory + w->l->in[0].at + bl_window_group(w->l, w->group);
}
/* What padding reads: the input's zero point, as a tensor keeps it. */
static inline uint8_t bl_window_pad(const struct bl_host_layer *l) { return (uint8_t)(l->in[0].zero + l->in[0].bias); }

#ifdef __cplusplus
}
#endif

#endif

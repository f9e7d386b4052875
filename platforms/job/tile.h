/* tile.h - tiling shared by the mappers: the windows of a conv or fc layer (components/window.h says where their products find
 * their activations), and the cut of products and outputs into what an array holds at a time. */
#ifndef BL_PLATFORMS_TILE_H
#define BL_PLATFORMS_TILE_H

#include "components/host.h"
#include "platforms/job/mapper.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills geometry and tiles (without rows) of `out` for an array of `rows` products x `cols` outputs.
 * Groups are cut apart: a tile never mixes two. Memory comes from the job. 0, or -1 after a bl_error that
 * names the layer (weights with a zero point, which would need a sum of the activations). */
int bl_tile_cut(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, struct bl_host_layer *out);

/* The same, but groups that are small enough are packed block-diagonally: as many whole ones in a tile as its rows and columns hold. */
int bl_tile_pack(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, struct bl_host_layer *out);

/* Puts `copies` of every tile, which were cut before, behind one another; each copy has a share of the windows, as equal as can be.
 * copies: 1 .. windows of a tile. */
void bl_tile_copy(struct bl_job *job, uint32_t copies, struct bl_host_layer *out);

/* How the weights of a tile lie in rows. */
struct bl_tile_form {
    uint32_t rows, cols, w_bits;       /* products and outputs that an array takes; cells of a weight */
    bool by_output;                    /* row o * w_bits + b holds bit b of the weights of output o, one a product, and all cols * w_bits rows are
                                        * written; else row k holds the weights of product k, that of output o from bit o * w_bits on, and the
                                        * rows of the tile's products are written */
};
/* Fills the rows of all tiles of `out`, which were cut for that form: two's complement, 0 where a tile has no weight. Memory comes from
 * the job. */
void bl_tile_rows(struct bl_job *job, uint32_t layer, const struct bl_tile_form *form, struct bl_host_layer *out);
/* The same of weights[cout][k] in another order of products than the layer's own. */
void bl_tile_rows_of(struct bl_job *job, uint32_t layer, const int8_t *weights, const struct bl_tile_form *form, struct bl_host_layer *out);

/* Bit `bit` of the weights of output `o`, products k .. k+n-1, packed into words, product k in bit 0; the
 * words must be zero. Two's complement of the layer's 8-bit weights. */
void bl_tile_plane(const struct bl_layer *l, uint32_t o, uint32_t k, uint32_t n, unsigned bit, uint64_t *words);

#ifdef __cplusplus
}
#endif

#endif

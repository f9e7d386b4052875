/* prune.h - the offline side of DB-PIM on a whole net: block-wise pruning, then fixed threshold approximation (Duan et al., section IV-C,
 * Fig. 5), without training again. What each layer loses and what it takes to store. */
#ifndef BL_DB_PRUNE_H
#define BL_DB_PRUNE_H

#include "platforms/db_pim/record.h"
#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BL_DB_ALPHA = 8 };      /* filters of a block, in the paper */

/* Which weights of n filters are kept: a block is the weights of `alpha` neighbouring filters at one of the k positions, and the
 * floor(sparsity * blocks) blocks of the least L2 norm are masked, of equal ones those that come first, filters before positions; and all
 * blocks of zeros, which need no cells (ours: what is pruned already stays so). A last block of
 * fewer filters is judged by its mean square (ours). w: codes; scale: of each filter, since norms are those of real weights. kept: a byte a weight,
 * n x k, written. 0, or -1 without memory. */
int bl_db_mask_blocks(uint8_t *kept, const struct bl_db_weights *w, const float *scale, uint32_t alpha, double sparsity);

/* Whether the array runs the layer: a convolution or matrix product, but no depthwise one, which is the SIMD core's. */
bool bl_db_on_array(const struct bl_net *net, uint32_t layer);
/* The paper's choice of what is pruned: convolutions of the array, but the first layer (ours); sparsity[net->nlayers] is written, 0: not pruned. */
void bl_db_choose(const struct bl_net *net, double sparsity, double *out);

struct bl_db_pruning {
    const double *sparsity;    /* of each layer, 0 .. 1; 0 where bl_db_on_array is false */
    uint32_t alpha;            /* filters of a block */
    bool fta;                  /* then approximate all layers of the array */
};

/* What became of a layer of the array; zeros for others. */
struct bl_db_pruned {
    bool on_array;
    double sparsity;           /* asked for */
    uint64_t weights, kept;    /* kept: not masked */
    uint64_t phi[BL_DB_BLOCKS + 1];            /* kept weights by their non-zero digits, before the approximation */
    uint32_t filters[BL_DB_MOST_PHI + 1];      /* by threshold; zeros without fta */
    double rms, relative;      /* of what was changed, masks included, in codes; rms over rms of the weights before (0: those were 0) */
    uint32_t worst;            /* the largest change, in codes */
    struct bl_db_bits bits;    /* of all records: dyadic with fta, else binary with masks */
};

/* Changes the weights of a finished net; out[net->nlayers]. Refused, with the layer: weights with a zero point. 0, or -1 after a bl_error; a net with such
 * weights is left as it was, one that memory ended for is half changed. */
int bl_db_prune(struct bl_net *net, const struct bl_db_pruning *how, struct bl_db_pruned *out, struct bl_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

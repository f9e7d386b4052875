/* ap_map.h - how a layer is folded onto clusters of associative processors, weight-stationary, and the columns and macro-
 * operations of one of them. Pure functions. A matrix product has i x j weights and u columns of inputs: pairs in the order (column,
 * output, product), numbered ((column * i) + output) * j + product; one row holds one pair. */
#ifndef COMPONENTS_AP_MAP_H
#define COMPONENTS_AP_MAP_H

#include "components/bf_imna/ap.h"

static inline uint64_t bl_ap_ceil(uint64_t n, uint64_t by) { return (n + by - 1) / by; }

enum bl_ap_fold { AP_MULTI,          /* as many whole columns of inputs as fit in a cluster a step; a larger matrix is folded */
                  AP_SINGLE,         /* one column a cluster and step */
                  AP_IDEAL };        /* pairs dense over all clusters */

/* Where the pairs of a step stand: one behind the other, so that all but the last processor are full; or whole windows spread evenly over
 * all processors of the cluster, ceil(windows / caps) each, as long as these fit the rows (section III.A, maximum parallelism). */
enum bl_ap_pack { AP_DENSE, AP_SPREAD };

struct bl_ap_chip { uint32_t clusters, caps, rows; enum bl_ap_fold fold; enum bl_ap_pack pack; };
struct bl_ap_gemm { uint32_t i, j, u, groups; };       /* groups: outputs o of group g read inputs of group g */

static inline uint64_t bl_ap_pairs(const struct bl_ap_chip *c) { return (uint64_t)c->caps * c->rows; }   /* of a cluster */
/* Steps of the layer: i j <= pairs: ceil(u / (clusters * floor(pairs / (i j)))); else ceil(i j / pairs) * ceil(u / clusters).
 * A single column (u = 1) and AP_IDEAL are spread over all clusters: ceil(i j u / (clusters * pairs)). */
uint64_t bl_ap_steps(const struct bl_ap_chip *c, const struct bl_ap_gemm *g);

/* What a cluster does in a step: pairs first .. first+count-1. weights: it needs others than in the step before. */
struct bl_ap_slice { uint64_t first, count; bool weights; };
void bl_ap_slice(const struct bl_ap_chip *c, const struct bl_ap_gemm *g, uint64_t step, uint32_t cluster, struct bl_ap_slice *out);
/* Rows of a processor that the pairs of a slice of matrix products take, all but the last one's. */
uint32_t bl_ap_rows(const struct bl_ap_chip *c, const struct bl_ap_gemm *g, const struct bl_ap_slice *s);
/* Inputs and weights that differ: what the mesh must carry when processors that share one are served by a broadcast. */
uint64_t bl_ap_inputs(const struct bl_ap_gemm *g, const struct bl_ap_slice *s);
uint64_t bl_ap_weights(const struct bl_ap_gemm *g, const struct bl_ap_slice *s);

/* Columns of a processor: weights at 0, input words (and the word beside the sum) at a, sum at b, carry at c. width = wbits + abits +
 * ceil(log2 longest), need = wbits + 2 width + 1. */
struct bl_ap_columns { uint32_t a, b, c, width, need; };
void bl_ap_columns(uint32_t wbits, uint32_t abits, uint32_t longest, struct bl_ap_columns *out);

enum { AP_STEP_MOST = 8 };
/* The macro-operations of a step: inputs (and weights) written, everything else cleared by one write, products, rounds, sums read word by word.
 * rows: in use; phase, len: its windows. wbits 1: weights are 0 and 1, unsigned (of -1 and +1, see bl_ap_layer). Returns how many. */
uint32_t bl_ap_gemm_step(struct bl_ap_cmd out[AP_STEP_MOST], uint32_t wbits, uint32_t abits, bool weights, uint32_t rows, uint32_t phase,
                         uint32_t len, uint32_t most_rows);

/* n bits of src from bit `from` on to bit `to` of dst, whose bits from there on are still 0. */
void bl_ap_copy_bits(uint64_t *dst, uint64_t to, const uint64_t *src, uint64_t from, uint64_t n);

#endif

/* ap_work.h - what the parts of a BF-IMNA chip tell each other: the layer in work, as lanes of a word, and what a cluster
 * does of it in a step; the layer tables that the mapper supplies. */
#ifndef COMPONENTS_AP_WORK_H
#define COMPONENTS_AP_WORK_H

#include "components/bf_imna/ap_map.h"

enum { AP_CLUSTERS_MOST = 256, AP_CAPS_MOST = 1 << 20 };

/* ---- the word `layer`, from the chip to the cluster controllers ---- */
enum { WORK_SEQ,                     /* moves with every piece of work; 0: none yet */
       WORK_KIND,                    /* enum bl_ap_work */
       WORK_I, WORK_J, WORK_U, WORK_GROUPS, WORK_WBITS, WORK_ABITS,
       WORK_LANES };
/* Matrix products; ReLU of sums; maxima and sums of windows (i = groups = 1, j = window, u = outputs). */
enum bl_ap_work { WORK_GEMM, WORK_RELU, WORK_MAX, WORK_SUM, WORK_KINDS };

static inline struct bl_ap_gemm bl_ap_work_gemm(const uint32_t *w)
{
    return (struct bl_ap_gemm){ w[WORK_I], w[WORK_J], w[WORK_U], w[WORK_GROUPS] };
}

/* The macro-operations of one processor in a step: rows in use and its windows. weights: they are written as well. */
uint32_t bl_ap_program(struct bl_ap_cmd out[AP_STEP_MOST], const uint32_t *work, bool weights, uint32_t rows, uint32_t phase, uint32_t most_rows);
/* Bits of a result word, and the column it begins in; columns that are needed. */
uint32_t bl_ap_result(const uint32_t *work, uint32_t most_rows, uint32_t *first, uint32_t *need);

/* What the mesh and the memory of a cluster move in a step. */
struct bl_ap_traffic {
    uint64_t in_bits, values, weights;       /* to the processors; inputs and weights in it */
    uint64_t words, width;                   /* results, and their bits */
    uint32_t pieces;                         /* of the window that is cut into most: its partial sums are added in the memory */
};
void bl_ap_traffic(const struct bl_ap_chip *c, const uint32_t *work, const struct bl_ap_slice *s, struct bl_ap_traffic *out);

/* ---- tables by layer, data of the chip ---- */
struct bl_ap_layer {
    uint32_t wbits, abits;                   /* columns of a weight and of an input word; 0: no matrix product */
    /* Weights are -1 and +1: the plane has 0 and 1, a sum of products is twice that of the plane less the sum of the window's inputs */
    bool plus_minus;
    bool relu;                               /* sums below 0 become 0, on the processors */
    const int32_t *bias;                     /* one an output, added by the host before ReLU */
    const uint64_t *planes;                  /* wbits planes of cout * k bits: bit b of weight (o, k) at o * k_of_layer + k */
    size_t plane_words;                      /* words from one plane to the next; one spare word behind the last bit */
};

#endif

/* osa.h - what the parts of OSA-HCIM share: which bit products are digital, analog or discarded at a boundary B
 * (Chen et al., ASP-DAC 2024, sections III and V-B), the lanes of command words, tables by layer. */
#ifndef COMPONENTS_OSA_H
#define COMPONENTS_OSA_H

#include <stdint.h>

/* ---- allocation --------------------------------------------------------------------------------
 * The product of weight bit i and activation bit j has order k = i + j: digital when k >= B, analog when
 * B-4 <= k < B, else discarded. B = 0 makes everything digital. Analog products of one i are one conversion. */

enum { BL_OSA_BITS = 8, BL_OSA_WINDOW = 4 };

struct bl_osa_conversion { uint8_t i, lo, width; };      /* weight bit, lowest activation bit, DAC bits 1..4 */
struct bl_osa_alloc {
    uint8_t digital, conversions, analog_bits, discarded;
    struct bl_osa_conversion list[BL_OSA_BITS];           /* in the order of conversion: rising i */
};
/* w, a: bits of weights and activations, 1..8. */
void bl_osa_allocate(struct bl_osa_alloc *out, int w, int a, int b);

struct bl_osa_product { uint8_t i, j; };
/* All w*a products in the order of digital issue, descending k, then descending i; digital[b] is how many of
 * them are digital at boundary b, 0 .. w+a-1. Returns w*a. */
int bl_osa_order(struct bl_osa_product order[64], uint8_t digital[2 * BL_OSA_BITS], int w, int a);

/* The boundary in effect: the s highest orders are always digital (saliency set), so B is at most w+a-1-s. */
static inline int bl_osa_bound(int b, int w, int a, int s) { return b < w + a - 1 - s ? b : w + a - 1 - s; }

/* ---- command words: eight lanes of eight bits ---------------------------------------------------
 * A command stands for one t_D (digital) or one slot (analog). SEQ moves with every command. */
enum {
    OSA_FLAGS, OSA_ROW,          /* flags; weight bit i: the row within each HMU */
    OSA_REG, OSA_OP, OSA_SEQ,    /* activation register; macro op modulo 256; command modulo 256 */
    OSA_PLANE, OSA_K, OSA_SALW,  /* digital: activation bit j, order k, k - (w+a-1-s) in the saliency set */
    OSA_LO = 5, OSA_WIDTH, OSA_B,  /* analog: lowest activation bit, DAC bits, boundary */
    OSA_LANES = 8
};
enum {
    OSA_VALID = 1, OSA_LAST = 2,     /* a command; the last of its op on this side */
    OSA_NEG = 4,                     /* the weight's sign bit: subtracted */
    OSA_SAL = 8, OSA_SAL_LAST = 16,  /* belongs to the saliency set; its last */
    OSA_ONLY = 32,                   /* with LAST: the op has no analog part */
    OSA_CLOSE = 64,                  /* the op before this one had its last digital command earlier */
    OSA_HALF = 128                   /* the upper four rows of each HMU: of two weights of 4 bits in eight rows the second */
};
/* The boundary word, from the controller (`plan`) and from the OSE (`b`). */
enum { PLAN_B, PLAN_SEQ,             /* boundary of op number SEQ - 1, modulo 256 */
       PLAN_TOP,                     /* OSE: its largest candidate */
       PLAN_HALVES = PLAN_TOP,       /* controller: ops (passes) that each item of activations takes, 1 or 2 */
       PLAN_W, PLAN_A, PLAN_S,       /* controller: bits of weights, of activations, saliency orders */
       PLAN_ASKS,                    /* controller: 1 when the boundary comes from the OSE */
       PLAN_REGS,                    /* controller: activation registers in turn */
       PLAN_LANES = 8 };

/* ---- choices and sizes that the mapper and the calibration ask for ----------------------------------- */
enum { OSA_MODE_DIGITAL, OSA_MODE_FIXED, OSA_MODE_OSA };                     /* osa_controller.mode */
enum { OSA_RANGE_FULL, OSA_RANGE_HALF, OSA_RANGE_CAL, OSA_RANGE_AUTO };      /* osa_adc.range */
enum { OSA_MEASURED_LAYERS = 256 };                                          /* of osa_adc with `measure`, at most */
enum { OSA_DAT_BITS = 8 };                                                   /* osa_dat.dat_bits that lose nothing */

/* Ops that may be between their first issue and their result's way out: registers of the accumulator. */
enum { BL_OSA_RESULTS = 8 };

/* ---- tables by layer, data of the parts named; entry number = the word `layer` ----------- */

/* controller.bits, ose.bits, rw_io.bits: of a layer's weights (2 .. 8) and activations (1 .. 8); other: they are not those of the controller's
 * parameters, for which its s and the list of candidates are. */
struct bl_osa_bits { uint8_t w, a, other; };

/* Orders of the saliency set where the parameter says s: no more than half of the narrower operand, one at least. */
static inline int bl_osa_salient(int s, int w, int a)
{
    int most = (w < a ? w : a) / 2;

    return s < most ? s : most > 0 ? most : 1;
}

/* Boundaries to choose from at other bits (ours; Section V-B has 5 .. 10 at 8 x 8): from *lowest on, as many as are returned. 1 .. 6 where w + a is 12, and as
 * much higher as there are more bits; 1 .. 5 down to 8 bits together, 1 and 2 down to 4; below that none: everything is digital. */
static inline uint32_t bl_osa_candidates(int w, int a, int *lowest)
{
    *lowest = w + a > 12 ? w + a - 11 : 1;
    return w + a >= 12 ? 6 : w + a >= 8 ? 5 : w + a >= 4 ? 2 : 0;
}

struct bl_osa_saliency {             /* nq.saliency, ose.saliency */
    int32_t nshift;                  /* q = min(7, DMAC >> nshift), 0..8 */
    int32_t threshold[15];           /* falling; candidates - 1 of them are used */
};
struct bl_osa_ranges {               /* osa_adc.ranges, with range cal: of the conversion of weight bit i at boundary b */
    double lo[16][BL_OSA_BITS], hi[16][BL_OSA_BITS];   /* [b][i], units of V: sum of weight bit x level */
};
/* What osa_adc measures of V with `measure`: memory `stat`, [layer][16 boundaries][8 weight bits]. */
struct bl_osa_stat { uint64_t n, sum, squares; };

#endif

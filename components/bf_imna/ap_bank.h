/* ap_bank.h - one associative processor at work on its part of a step: the columns it is given, its program, its results.
 * Shared by the chip's two fidelities; cells live in memory of the caller. */
#ifndef COMPONENTS_AP_BANK_H
#define COMPONENTS_AP_BANK_H

#include "components/bf_imna/ap_work.h"

/* Where the columns come from. */
struct bl_ap_source {
    const uint32_t *work;
    const struct bl_ap_layer *layer;             /* weights of a matrix product */
    const uint64_t *planes;                      /* inputs, AP_PLANES of them: bit b of ((column - column0) * groups + group) * j + k */
    size_t plane_words;
    uint64_t column0;
    uint32_t (*value)(const void *ctx, uint64_t pair);   /* elementwise work: the word of a pair */
    const void *ctx;
};

struct bl_ap_lane {
    struct bl_ap_cells x;
    uint64_t *rowtag, *coltag, *scratch, *load;  /* load: operand columns, x.words each */
    struct bl_ap_cmd cmd[AP_STEP_MOST];
    struct bl_ap_at at;
    struct bl_ap_uop u;
    struct bl_ap_count n;
    uint32_t ncmd, icmd, loaded, read;           /* program; operand columns written; columns or words read */
    uint32_t rows, phase, first, width;          /* rows in use; where results stand */
    uint64_t pair;                               /* of row 0 */
    int32_t *result;
    uint64_t due;                                /* cycle in which the operation at work ends */
    bool whole;                                  /* the next operation is a macro-operation */
};

enum { AP_PLANES = 8 };                          /* bits of the codes that a host keeps */
enum { AP_LOADS = 64 };                          /* operand columns of a step, at most */
/* Bytes of the memory of a lane; place gives a lane its pointers into it, leave takes them away: a lane at rest has none. */
size_t bl_ap_lane_bytes(uint32_t cols, uint32_t rows);
void bl_ap_lane_place(struct bl_ap_lane *l, void *memory, uint32_t cols, uint32_t rows);

void bl_ap_lane_leave(struct bl_ap_lane *l);

/* Gives the lane `rows` pairs from `pair` on: its operand columns and program. weights: they are written in this step; else
 * they stand there, or, with restore, are put back as they stood (cells shared by many processors). */
void bl_ap_lane_begin(struct bl_ap_lane *l, const struct bl_ap_source *s, uint64_t pair, uint32_t rows, bool weights, bool restore,
                      uint32_t most_rows);
/* The next operation, which lasts *cycles: false when there is none. macro: macro-operations at once. */
bool bl_ap_lane_step(struct bl_ap_lane *l, bool macro, enum bl_ap_timing timing, uint32_t write_cycles, uint64_t *cycles);

#endif

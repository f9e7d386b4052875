/* chain.h - the way of an operation through a macro, from the host's `op` to its `mac`: what a slice costs in ticks and what its parts
 * count, by the parameters of general parts alone. Nothing is simulated here. */
#ifndef BL_WEIGHT_STATIONARY_CHAIN_H
#define BL_WEIGHT_STATIONARY_CHAIN_H

#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

enum ws_kind { WS_SLICER, WS_DAC, WS_ARRAY, WS_TREE, WS_ADC, WS_SUM, WS_HOST, WS_KINDS };

/* A part on the way. uses: it is told which rows and columns are in use. */
struct ws_stage {
    enum ws_kind kind;
    const char *path;
    bool uses;
    uint64_t rows, cols;               /* of the array; of others rows and columns that they serve */
    uint64_t each;                     /* lanes of a column: trees, columns of cells, 1 */
    uint64_t a, b;                     /* array: w_bits, sets; adc: bits; sum: place; dac: bits */
};
struct ws_chain {
    struct ws_stage stage[8];
    uint32_t n;
    uint64_t slices;                   /* of an operation */
    uint64_t depth;                    /* ticks that a slice is on its way through the clocked parts */
    uint64_t write;                    /* ticks that a row takes */
    uint64_t slot, period;             /* fs: of a conversion by the ADCs, 0: there are none; of the clock */
};

/* That of every macro of the array, which must be alike. 0; 1: a part on the way has no model, or macros differ, which *why says (kept by
 * the job); -1 after a bl_error. */
int ws_chain_find(struct bl_job *job, struct bl_sim *s, struct ws_chain *c, const char **why);

/* How often a tally of a stage is counted by a step (a slice), an operation or a row that is written, with rows and cols in use. */
enum ws_per { WS_STEP, WS_OP, WS_ROW, WS_PERS };
struct ws_count { enum ws_per per; uint64_t n; };
/* Tally number i of the stage's class that the model knows: its name, or NULL behind the last one. */
const char *ws_tally(enum ws_kind kind, uint32_t i);
struct ws_count ws_count_of(const struct ws_stage *st, uint32_t i, uint64_t rows, uint64_t cols);
/* Is it weights that are written, not an operation? */
bool ws_writes(enum ws_kind kind, uint32_t i);
const char *ws_class(enum ws_kind kind);

#endif

/* db_pim_top.h - the struct of the class `db_pim_top`, for its own files: db_pim_top.c (from layer to layer, instructions), db_pim_data.c (what
 * goes between the tensors and the buffers). */
#ifndef BL_DB_PIM_TOP_H
#define BL_DB_PIM_TOP_H

#include "components/db_pim/db_jobs.h"
#include "components/host_ops.h"
#include "components/memory_item.h"

enum { UNIT_FULL = BL_STALL, UNIT_LATE, LOAD_LATE, SIMD_LATE, FILL_FULL, INST_FETCH };
enum db_phase { DB_BEGIN, DB_CODE, DB_FILLING, DB_FINISH, DB_DONE };
enum { DB_UNITS = 5, DB_OUTS = 8, DB_WORD_LANES = 2, DB_WORD_BYTES = 16, DB_FILL_LANES = BL_MEMORY_DATA + DB_WORD_LANES, DB_MOST_LANES = 64 };

struct db_pim_top {
    struct bl_part p;
    bl_push load, run, acc, out, simd, fill;
    bl_in loaded, stored, worked;
    bl_pop sum;
    bl_event timer;
    bl_table program, images, code, layers, fills, outs, channels, weights, accs;
    bl_tally instruction, word, requant, work, add;
    bl_tally at_fill, at_load, at_pass, at_simd;        /* cycles, by what the instruction at hand was about */
    int64_t code_bytes, fetch_bits, lanes, coding, double_load, host_cycles;
    uint32_t phase, image, at;
    uint64_t busy_until;
    uint32_t pc, fetched;               /* next instruction; those before `fetched` are in the instruction buffer */
    uint64_t fetching, since;           /* cycle in which a fetch ends, 0: none; from which the instruction is at hand */
    uint32_t base[DB_COUNTS];           /* counters when the layer began */
    bool convolves;                     /* the SIMD core convolves the layer at hand */
    uint32_t filling, fill_at;          /* fill job; its next word */
    uint32_t out_job[DB_OUTS], out_first, out_end;      /* out jobs whose sums are to come, by number modulo DB_OUTS */
    uint32_t out_next;                  /* sum of the oldest */
    uint8_t *memory;
    int32_t *sums;
    struct bl_host_stat *stat;
};

static inline const struct bl_host_program *db_program(const struct db_pim_top *t) { return BL_ROWS(struct bl_host_program, t->program); }
static inline const struct db_code *db_code_of(const struct db_pim_top *t) { return BL_ROWS(struct db_code, t->layers) + t->at; }

/* In init: 0, or -1 after a refusal of jobs that reach beyond their tables. */
int bl_db_data_check(struct db_pim_top *t, const struct bl_host_program *g);
/* A word of the fill job at hand goes to the input buffer; it has room. Returns whether it was the last. */
bool bl_db_fill_word(struct db_pim_top *t);
/* Sums that have come are kept: one item. */
void bl_db_take_sums(struct db_pim_top *t);
/* The sums of a convolution that the SIMD core does. */
void bl_db_convolve(struct db_pim_top *t);

#endif

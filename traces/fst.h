/* fst.h - what the FST writer offers beyond struct bl_wave_ops. */
#ifndef BL_TRACES_FST_H
#define BL_TRACES_FST_H

#include <stddef.h>

#include "kernel/sim.h"

/* bl_fst_writer with the options 1 to 3 (BL_WAVE_ZLIB, BL_WAVE_LIVE, both): bl_wave_writer_as finds them. */
extern const struct bl_wave_ops bl_fst_variants[3];

/* With options of BL_WAVE_*; times are counts of 10^exponent s (traces.h, bl_wave_open_unit). */
struct bl_wave *bl_fst_open(unsigned options, int exponent, const char *path, const struct bl_wave_var *vars, size_t nvars,
                            uint64_t start, struct bl_diag *diag);

/* For tests: blocks are written once they hold this many bytes of changes; 0 sets the default
 * (32 MiB) again. Counts for writers opened afterwards. */
void bl_fst_block_bytes(size_t bytes);

#endif

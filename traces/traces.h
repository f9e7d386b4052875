/* traces.h - the trace writers there are, and how large a trace will be. Wave forms only; the save file
 * of a viewer is gtkw.h. */
#ifndef BL_TRACES_TRACES_H
#define BL_TRACES_TRACES_H

#include "kernel/sim.h"

extern const struct bl_wave_ops bl_fst_writer, bl_vcd_writer, bl_vcd_gz_writer;

/* The writer for a file name, by its suffix (the longest that fits: "run.vcd.gz" is no ".gz"), or NULL. */
const struct bl_wave_ops *bl_wave_writer(const char *path);

/* The known suffixes, longest first, ended by NULL: for help and for messages. */
const char *const *bl_wave_suffixes(void);

/* Bytes that `changes` changes of signals of `mean_bits` bits will take, within a factor of about two:
 * vcd: one text line, mean_bits + 4 bytes;
 * vcd.gz: a quarter of that;
 * fst: 0.6 (1 + mean_bits / 8), what zlib leaves of a step in time and the bits.
 * The factors are means of counters, small values and random data; signals that repeat each other cost
 * less in fst, random data up to 1.7 times as much. */
uint64_t bl_wave_estimate(const struct bl_wave_ops *ops, uint64_t changes, double mean_bits);

#endif

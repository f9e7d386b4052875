/* traces.h - the trace writers there are, and how large a trace will be. Wave forms only; the save file
 * of a viewer is gtkw.h. */
#ifndef BL_TRACES_TRACES_H
#define BL_TRACES_TRACES_H

#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct bl_wave_ops bl_fst_writer, bl_vcd_writer, bl_vcd_live_writer, bl_vcd_gz_writer;

/* How a writer does it. LIVE makes what is traced visible soon (FST: a block each 2 s or 1 MiB; VCD: each 0.1 s, for a
 * pipe): the content is the same, the bytes of the file depend on the clock of the machine. */
enum {
    BL_WAVE_ZLIB = 1,          /* FST: zlib level 1 instead of LZ4: smaller, slower */
    BL_WAVE_LIVE = 2
};

/* The writer for a file name, by its suffix (the longest that fits: "run.vcd.gz" is no ".gz"), or NULL. "-" is VCD on
 * standard output, live. */
const struct bl_wave_ops *bl_wave_writer(const char *path);
/* The same with options (BL_WAVE_*); those that a form does not have change nothing. */
const struct bl_wave_ops *bl_wave_writer_as(const char *path, unsigned options);

/* Like ops->open of a wave form, but every time that is told counts 10^exponent s (-21 to 3; ops->open: -15), and the file says
 * so: for what comes from a file of another unit. */
struct bl_wave *bl_wave_open_unit(const struct bl_wave_ops *ops, int exponent, const char *path, const struct bl_wave_var *vars,
                                  size_t nvars, uint64_t start, struct bl_diag *diag);

/* Timelines show parts and channels instead of signals (struct bl_wave_ops, timeline): .json and .kanata. NULL: none. */
extern const struct bl_wave_ops bl_timeline_writer, bl_kanata_writer;
const struct bl_wave_ops *bl_timeline_form(const char *path);

/* The known suffixes, longest first, ended by NULL: for help and for messages. */
const char *const *bl_wave_suffixes(void);

/* Bytes that `changes` changes of signals of `mean_bits` bits will take, within a factor of about two:
 * vcd: one text line, mean_bits + 4 bytes;
 * vcd.gz: a quarter of that;
 * fst: 0.8 (1 + mean_bits / 8), what LZ4 leaves of a step in time and the bits; zlib leaves two thirds of it.
 * The factors are means of counters, small values and random data; signals that repeat each other cost
 * less in fst, random data up to 1.7 times as much. */
uint64_t bl_wave_estimate(const struct bl_wave_ops *ops, uint64_t changes, double mean_bits);

#ifdef __cplusplus
}
#endif

#endif

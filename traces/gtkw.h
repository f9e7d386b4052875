/* gtkw.h - a save file for GTKWave beside a dump, so that it opens as a picture and not as a list. */
#ifndef BL_TRACES_GTKW_H
#define BL_TRACES_GTKW_H

#include "kernel/sim.h"

struct bl_gtkw_mark {
    char letter;               /* 'A' .. 'Z', each at most once */
    uint64_t fs;
    const char *name;          /* one word; NULL: the letter alone */
};

struct bl_gtkw_opts {
    uint64_t start_fs, end_fs; /* what is seen at first; end <= start: the first nanosecond from start */
    const struct bl_gtkw_mark *marks;
    size_t nmarks;
};

/* Writes `path` for the dump `dump_name` that was made from the same variables, and stands in the same
 * directory (a plain file name). Clocks come first, then one coloured row of verdicts a part (for 2 to 64
 * parts), then a group a scope; a verdict is shown by name, and
 * below it the other name the kernel declares for it, NAME_color, as boxes coloured by stall; analog and
 * power signals are curves. Colours need small files beside it: STEM.verdict.N.txt, and for a VCD, which
 * has no names of its own, STEM.names.N.txt; N counts different lists of names. o may be NULL.
 * 0, or -1 after a bl_error; then `path` is as it was before. */
int bl_gtkw_write(const char *path, const char *dump_name, const struct bl_wave_var *vars, size_t n,
                  const struct bl_gtkw_opts *o, struct bl_diag *diag);

#endif

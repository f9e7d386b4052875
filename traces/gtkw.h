/* gtkw.h - a save file for GTKWave beside a dump, so that it opens as a picture and not as a list. */
#ifndef BL_TRACES_GTKW_H
#define BL_TRACES_GTKW_H

#include "kernel/sim.h"

struct bl_gtkw_mark {
    char letter;               /* 'A' .. 'Z', each at most once */
    uint64_t fs;
    const char *name;          /* one word; NULL: the letter alone */
};

/* Leaves out marks, which are in order of time, whose labels would lie on those before them when `span_fs` is seen at a time, and letters the
 * others from A on. Returns how many there are then. */
size_t bl_gtkw_thin(struct bl_gtkw_mark *marks, size_t n, uint64_t span_fs);

struct bl_gtkw_opts {
    uint64_t start_fs, end_fs; /* what is seen at first; end <= start: the first nanosecond from start */
    const struct bl_gtkw_mark *marks;
    size_t nmarks;
};

/* Writes `path` for the dump `dump_name` that was made from the same variables, and stands in the same
 * directory (a plain file name). Clocks come first, then the verdicts of the parts, a row each (for 2 to 64 parts; of more, each
 * in its group), then a closed group a scope. A verdict is shown by the other name that the kernel declares for it, NAME_color, as
 * named boxes coloured by stall; analog and power signals are curves. Names and colours need small files, which GTKWave wants one a list:
 * they are in the hidden folder .STEM.names beside it: verdict.N.txt, and for a VCD, which has no names of its own, names.N.txt; N
 * counts different lists of names. o may be NULL.
 * 0, or -1 after a bl_error; then `path` is as it was before. */
int bl_gtkw_write(const char *path, const char *dump_name, const struct bl_wave_var *vars, size_t n,
                  const struct bl_gtkw_opts *o, struct bl_diag *diag);

#endif

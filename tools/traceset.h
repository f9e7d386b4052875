/* traceset.h - the traces of one run: opened by the names of their files, their size foretold, closed together
 * with the save files for GTKWave. */
#ifndef BL_TRACESET_H
#define BL_TRACESET_H

#include "kernel/sim.h"
#include "tools/options.h"

/* filters: the files beside the save file that hold names and colours; owned, like gtkw. */
struct bl_traceset_entry {
    const char *path;
    const struct bl_wave_ops *ops;
    struct bl_trace *trace;
    char *gtkw;
    struct bl_texts filters;
};
struct bl_traceset {
    struct bl_traceset_entry *v;
    size_t n;
    struct bl_trace_opts opts;
};

/* Checks names and the window "T0:T1" (either may be empty): 0, or -1 after having reported every error. */
int bl_traceset_init(struct bl_traceset *t, const struct bl_texts *files, const struct bl_texts *globs, const char *window,
                     uint64_t power_window_fs, struct bl_diag *diag);
/* After elaboration: 0, or -1 after a bl_error. */
int bl_traceset_begin(struct bl_traceset *t, struct bl_sim *s, struct bl_diag *diag);
/* Says how large the traces will be when the run is `done` of `total` through. */
void bl_traceset_foretell(const struct bl_traceset *t, uint64_t done, uint64_t total, struct bl_diag *diag);
/* Closes what began and writes a save file beside each: 0, or -1 when one of them failed. `written` gets the names
 * of the files that are whole, those that a save file needs behind it; they live as long as the set. */
int bl_traceset_end(struct bl_traceset *t, struct bl_sim *s, struct bl_texts *written, struct bl_diag *diag);
void bl_traceset_fini(struct bl_traceset *t);

#endif

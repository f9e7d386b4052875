/* stops.h - where a run stops on its way: to save snapshots to files (--save-at) and to a ring (--rewind), and at the
 * event that is traced around. What stops changes nothing of the run. */
#ifndef BL_STOPS_H
#define BL_STOPS_H

#include "tools/run/rewind.h"

struct bl_stops {
    struct bl_diag *diag;
    struct bl_setup *u;
    struct bl_save { uint64_t at; const char *path; bool done, whole; } *save;
    size_t nsaves;
    uint64_t stop;                       /* where the run breaks off next; 0: nowhere */
    struct bl_rewind rewind;
    bool failed;                         /* something could not be written */
};

/* save_at: pairs of a time and a file. 0, or -1 after a bl_error. */
int bl_stops_init(struct bl_stops *s, const struct bl_texts *save_at, const struct bl_rewind_opts *rewind,
                  uint64_t power_window_fs, struct bl_diag *diag);
/* When the setup is built and put back, before it runs: 0, or -1 after a bl_error. */
int bl_stops_begin(struct bl_stops *s, struct bl_setup *u, uint64_t until);
/* The run ended with BL_END_BREAK: does what is due there. Then the run goes on. */
void bl_stops_reached(struct bl_stops *s);
/* The run has ended in another way. `written` gets the names of the files that are whole. */
void bl_stops_end(struct bl_stops *s, enum bl_end end, struct bl_texts *written);
void bl_stops_fini(struct bl_stops *s);

#endif

/* gtkw_in.h - a save file on its way, shared by gtkw.c and gtkw_rows.c. */
#ifndef BL_TRACES_GTKW_IN_H
#define BL_TRACES_GTKW_IN_H

#include "kernel/sim.h"
#include "traces/out.h"

enum { MOST_FILTERS = 120 };   /* GTKWave holds 128 translate files */

/* A translate file: the names of one list, with colours or without. */
struct filter {
    const struct bl_wave_var *names;
    bool coloured;
    char *file;                /* without directory */
};

struct gtkw {
    const char *path, *stem;   /* stem: the file name in path, nstem characters of it */
    size_t nstem;
    const struct bl_wave_var *vars;
    size_t n;
    uint32_t *colour;          /* by verdict: 1 + its alias to be coloured */
    bool fst;
    struct bl_bytes text;
    struct filter *filter;
    size_t nfilters, lost;
    struct bl_diag *diag;
};

/* gtkw_rows.c: writes the rows to g->text, and notes the translate files that they ask for. */
void bl_gtkw_put_rows(struct gtkw *g);

#endif

/* sweep.h - the three things that `bitline sweep` does: run points, show what a database has, take result files into it. */
#ifndef BL_SWEEP_H
#define BL_SWEEP_H

#include "tools/sweep/point.h"

struct bl_sweep_opts {
    /* of a point */
    struct bl_setup_opts setup;
    struct bl_texts sets, images, data;
    struct bl_whole until;
    /* of running */
    struct bl_texts vary, zip;
    const char *sample, *slice, *results, *limit_time, *engine, *sbatch;
    struct bl_whole jobs, at_once;
    bool retry_failed, dry_run, quiet;
    /* of running and collecting */
    const char *db;
    /* of the report */
    const char *as, *columns, *where, *best, *pareto, *plot, *by, *which, *output;
};
extern const struct bl_option bl_sweep_options[];

/* Exit statuses, as of commands. */
int bl_sweep_start(const char *platform, const struct bl_sweep_opts *o, struct bl_diag *diag);
int bl_sweep_collect(const struct bl_texts *files, const struct bl_sweep_opts *o, struct bl_diag *diag);
int bl_sweep_report(const char *db, const struct bl_sweep_opts *o, struct bl_diag *diag);

#endif

/* drive.h - runs the points of a plan by a crew, and puts what comes of them where it belongs. */
#ifndef BL_SWEEP_DRIVE_H
#define BL_SWEEP_DRIVE_H

#include "tools/sweep/results.h"

struct bl_drive {
    struct bl_plan *plan;
    struct bl_store *store;            /* one of these two */
    struct bl_slice_file *file;
    uint32_t workers;
    double limit_s;                    /* of a point; 0: none */
    bool retry_failed, quiet;
    size_t most;                       /* so many of the open points are run; 0: all */
    struct bl_diag *diag;
    size_t ran, wrong, failed, known;  /* out: points that ran here, of them wrong or failed; those that had a row */
    bool interrupted;                  /* out */
};
/* Is the point to be run as things are? Else *failed may be one more. */
bool bl_drive_is_open(struct bl_drive *d, size_t point, size_t *failed);
/* How many points are to be run as things are; `failed`: rows of failed points, which are left alone. */
size_t bl_drive_open_points(struct bl_drive *d, size_t *failed);
/* 0, or -1 after a bl_error; what was put before stands. */
int bl_drive_run(struct bl_drive *d);

#endif

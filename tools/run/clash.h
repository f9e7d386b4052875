/* clash.h - names that would destroy each other: the files that a run writes against those that it reads, and against one
 * another. */
#ifndef BL_CLASH_H
#define BL_CLASH_H

#include "platforms/job/setup.h"
#include "tools/report/outputs.h"
#include "tools/run/stops.h"
#include "tools/run/traceset.h"

struct bl_run_files {
    const struct bl_setup *u;            /* platform, net, images, labels and calibration are read; they are found by now */
    const struct bl_outputs *out;        /* the rest is written, */
    const struct bl_traceset *traces;
    const struct bl_stops *stops;
    const char *restore;                 /* but for this snapshot, which is read; NULL: none */
    struct bl_diag *diag;
};

/* Is this output one of the files that the run reads: platform, technology, net, images, labels, calibration, modules? 0, or -1 after having
 * said so. */
int bl_clash_input(const struct bl_setup *u, const char *out, struct bl_diag *diag);
/* Reports, traces, save files and snapshots are different files, and none is one that is read: 0, or -1 after having
 * reported every clash. */
int bl_clash_check(const struct bl_run_files *f);

#endif

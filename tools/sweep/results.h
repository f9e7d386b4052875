/* results.h - where the results of a sweep go: a database (store.h), or the result file of a slice, to which lines are only appended. */
#ifndef BL_SWEEP_RESULTS_H
#define BL_SWEEP_RESULTS_H

#include <stdio.h>

#include "tools/sweep/plan.h"
#include "tools/sweep/store.h"

/* The result file of a slice: a line of JSON for each point that was run (record.h), its key first, written as a whole and synced to the disk before the next. */
struct bl_slice_file { char *path; int fd; json_t *states; struct bl_diag *diag; };      /* states: of the keys that it has, "done" or "failed" */

/* Opens DIR/SWEEP.I-of-N.jsonl, makes it where it is not there, and reads which keys it and the other files of the sweep have, whatever N was; DIR/SWEEP.known, where it is there, has keys,
 * one a line, that are done elsewhere. A last line that was cut off is ended. NULL after a bl_error. */
struct bl_slice_file *bl_slice_open(const char *folder, const struct bl_plan *p, struct bl_diag *diag);
int bl_slice_put(struct bl_slice_file *f, const struct bl_plan *p, size_t point, const struct bl_record *r);
void bl_slice_close(struct bl_slice_file *f);

/* Adds the results of a file to the database, those that are not there yet: how many lines it has (of them `added` new), or -1 after a bl_error. A cut last line is passed over. */
long bl_collect(struct bl_store *t, const char *path, long *added, struct bl_diag *diag);

#endif

/* rows.h - what a database tells, in memory: a row a point, columns by name. */
#ifndef BL_SWEEP_ROWS_H
#define BL_SWEEP_ROWS_H

#include "tools/sweep/store.h"

struct bl_rows {
    json_t *rows;                      /* a list of objects: numbers and texts by column */
    json_t *columns;                   /* an object: every column that any row has, in order; 1: an axis, 2: a figure, 3: of the run */
    size_t sweeps;
};
enum { BL_AXIS = 1, BL_FIGURE = 2, BL_OF_RUN = 3 };

/* The points of sweep `which`: "1" is the first of the database, or the beginning of its id; NULL: of all. 0, or -1 after a bl_error. An axis "--seed" is column `seed`;
 * columns of the run: platform, net, sweep (from 1), point (from 1), state, message, seconds, cpu_seconds, peak_kb, attempts, command, host, started, key. */
int bl_rows_read(struct bl_rows *r, struct bl_store *t, const char *which, struct bl_diag *diag);
void bl_rows_fini(struct bl_rows *r);

/* Keeps the rows for which the expression holds. */
void bl_rows_where(struct bl_rows *r, const char *expr);
/* Keeps the row where the goal ("max EXPR", "min EXPR") is best, the first of equals; none when no row has it. */
void bl_rows_best(struct bl_rows *r, const char *goal);
/* Keeps those that no other one beats: none is at least as good in both goals and better in one. By the first goal, best first; of equals all. */
void bl_rows_pareto(struct bl_rows *r, const char *goal1, const char *goal2);

#endif

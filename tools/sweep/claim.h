/* claim.h - a statement of a paper beside what a study gives: a line `row` of a study.
 *
 *   row 'throughput at 8 bits' --printed 140434 --unit GOPS --from peak --value 'gops' --where 'bits == 8' --status exact
 *   row 'gain over digital'    --printed 1.95 --value tops_per_w --where 'mode == "osa"' --over 'mode == "digital"' --within 3% --status calibrated
 *   row 'accuracy on CIFAR100' --printed 67.4..72.1 --unit % --because 'the trained net is not public'
 *
 * --printed   a number, LOW..HIGH, >LOW or <HIGH; left out: the paper has a curve only, and the row is ours
 * --value     an expression over the columns of the one row that --where leaves (tools/sweep/README.md): the points of all sweeps; with --from NAME those of a `get`; with
 *             --in LIST (layers, parts, figures, totals, path ...) what stands there in the report of the one point that --point leaves
 * --sum       of all rows that --where leaves, not of one
 * --over      the value is divided by the same expression of the one row that this leaves
 * --over-from, --over-point: the value is divided by that of another `get`, of another point's list, at --over (left out: at --where)
 * --within    how far it may be off: "3%" of the printed value, "0.5" in its unit; left out: half of the last digit that is printed, nothing of > and <
 * --status    exact: follows from the paper alone; derived: with choices that the text leaves open; calibrated: a constant was fitted to this very figure;
 *             predicted: neither was looked at
 * --x         NAME=VALUE: its place on the axis of the study's picture, in which printed figures and ours stand; without any such row a picture is that of `report --plot`
 * --because   it cannot be reproduced, and why; then none of --value ... --status */
#ifndef BL_SWEEP_CLAIM_H
#define BL_SWEEP_CLAIM_H

#include <jansson.h>

#include "tools/sweep/rows.h"
#include "tools/sweep/study.h"

struct bl_claim {
    const char *what, *printed, *unit, *value, *where, *over, *from, *over_from, *in, *point, *over_point, *sum, *x, *within, *status, *because;      /* of the line; NULL: not given */
    double low, high, may;             /* what is printed (NAN: nothing), and how far off it may be, in its unit */
    int decimals;                      /* of what is printed; -1: nothing is */
};

/* 0, or -1 after a bl_error that begins with `where`. */
int bl_claim_read(struct bl_claim *c, const struct bl_study_line *line, const char *where, struct bl_diag *diag);

/* Where values are looked for: rows, and the command that made them all (NULL: each has its own). */
struct bl_claim_rows { struct bl_rows rows; char *command; };

/* What the rows give, of a quotient its second value out of `over`: an object with what, printed, unit, x, ours (a text with the digits that are printed), value (a number), by (the expression), deviation (a share, 0 within LOW..HIGH), status, within, holds, command
 * (that gives the value), over (that gives what it is divided by), because; those that do not apply are null. NULL after a bl_error: no such column; none or several rows are left, or one without the value. */
json_t *bl_claim_row(const struct bl_claim *c, const struct bl_claim_rows *of, const struct bl_claim_rows *over, const char *where, struct bl_diag *diag);
/* The one row for which `expr` holds (NULL: the only one), or NULL after a bl_error that names `option`. */
const json_t *bl_claim_one(const struct bl_rows *rows, const char *expr, const char *option, const char *where, struct bl_diag *diag);
/* The object of a row that did not run, because. */
json_t *bl_claim_unasked(const struct bl_claim *c, const char *because);

/* The picture of rows that have an x, to FILE.svg; none: nothing. 0, or -1 after a bl_error. */
int bl_claim_plot(const json_t *rows, const char *file, struct bl_diag *diag);

/* A table of CSV (RFC 4180) as rows: a cell that is a number is one. 0, or -1 after a bl_error. */
int bl_rows_of_csv(struct bl_rows *r, const char *path, struct bl_diag *diag);
/* The list `in` of a report as rows; an object is one. 0, or -1 after a bl_error that begins with `where`. */
int bl_rows_of_report(struct bl_rows *r, const json_t *report, const char *in, const char *where, struct bl_diag *diag);

/* Where the values of a statement are: to `of`, and of a quotient to `over`. base: the study's files, before ".sqlite" and of the folder of tables; command: of a `get` NAME,
 * to be freed, NULL: there is no such line. 0, or -1 after a bl_error. */
struct bl_claim_files { const char *base, *folder; char *(*command)(void *ctx, const char *name); void *ctx; };
int bl_claim_find(const struct bl_claim *c, const struct bl_claim_files *f, const char *where, struct bl_claim_rows *of, struct bl_claim_rows *over, struct bl_diag *diag);
void bl_claim_rows_fini(struct bl_claim_rows *x);

#endif

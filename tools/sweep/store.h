/* store.h - the database of a sweep: SQLite in WAL mode, a row for each point that was run, by its key. tools/sweep/README.md is its schema.
 * Several programs may use one database at a time. */
#ifndef BL_SWEEP_STORE_H
#define BL_SWEEP_STORE_H

#include <jansson.h>

#include "kernel/sim.h"
#include "tools/sweep/record.h"

enum { BL_STORE_FORM = 1, BL_STORE_APPLICATION = 0x424C5357 };     /* "BLSW" */

/* What is known of a point: nothing; another living program is at it; it has a row. */
enum bl_state { BL_UNKNOWN, BL_CLAIMED, BL_ROW_DONE, BL_ROW_FAILED };

struct bl_store;
extern int bl_store_wait_ms;           /* how long another program may hold the database: 10000 */

/* Opens the database; create: makes it where there is none. NULL after a bl_error: no such file, no database of sweeps, one of a newer form, not writable,
 * locked for more than ten seconds. A database that is only read may be read-only. */
struct bl_store *bl_store_open(const char *path, bool create, struct bl_diag *diag);
void bl_store_close(struct bl_store *t);           /* NULL is allowed */

enum bl_state bl_store_state(struct bl_store *t, const char *key);
/* Takes the point for this program, unless it has a row or another living program has it: 1 taken; 0 not; -1 after a bl_error. A claim whose program is gone
 * (of this host) counts for nothing; retry: a row that failed neither. */
int bl_store_claim(struct bl_store *t, const char *key, bool retry);
/* Gives back all that this program has taken and not put. */
void bl_store_release(struct bl_store *t);
/* Adds the row of a record, or replaces one that failed, and gives up the claim; a row that is done stays as it is. 0, or -1 after a bl_error; then the database is
 * as before. */
int bl_store_put(struct bl_store *t, const struct bl_record *o);

/* A sweep and its points, once: id names it by what it asks for. axes: a list of paths. 0, or -1 after a bl_error. */
int bl_store_begin_sweep(struct bl_store *t, const char *id, const char *command, const json_t *axes);
int bl_store_sweep_point(struct bl_store *t, const char *id, size_t n, const char *key, const json_t *values);
bool bl_store_has_point(struct bl_store *t, const char *id, size_t n, const char *key);
int bl_store_end_sweep(struct bl_store *t);        /* what was told since begin stands in the database, or nothing of it */

/* Forgets which sweeps there were; what ran is kept. 0, or -1 after a bl_error. */
int bl_store_forget_sweeps(struct bl_store *t);

/* Mean seconds of the points of a platform and net with so many images that ended well; < 0: none is known. */
double bl_store_seconds(struct bl_store *t, const char *platform, const char *net, uint32_t images);

/* The rows of a sweep (NULL: of all), in the order of its points: row is told of each, texts as long as the call. 0, or -1 after a bl_error. */
struct bl_store_row {
    const char *sweep, *key, *state, *values, *setting, *axes, *message, *log, *command, *host, *folder, *started, *platform, *net;
    int64_t n; double seconds, cpu_seconds; int64_t peak_kb, attempts;
};
int bl_store_rows(struct bl_store *t, const char *sweep, void (*row)(void *ctx, const struct bl_store_row *r), void *ctx);

/* The JSON report of a point, to be freed; NULL after a bl_error: it has none. */
json_t *bl_store_report(struct bl_store *t, const char *key);

#endif

/* store_in.h - the database as the files of the store see it; private to them. */
#ifndef BL_SWEEP_STORE_IN_H
#define BL_SWEEP_STORE_IN_H

#include <sqlite3.h>

#include "tools/sweep/store.h"

struct bl_store {
    sqlite3 *db;
    char *path;
    struct bl_diag *diag;
    char host[256], boot[64];          /* who this program is, in claims */
    int64_t pid, born;
};

/* Says what SQLite says of the database, with the cure: always -1. */
int bl_store_fail(struct bl_store *t, const char *what);
/* SQL without results: 0, or -1 after a bl_error. */
int bl_store_do(struct bl_store *t, const char *sql);
/* A statement with texts bound to ?1, ?2, ... as far as `texts` says (NULL among them is NULL); NULL after a bl_error. */
sqlite3_stmt *bl_store_ask(struct bl_store *t, const char *sql, size_t n, const char *const *texts);
/* Runs a statement that gives nothing, and ends it. */
int bl_store_end(struct bl_store *t, sqlite3_stmt *q);

/* Ticks of the system's clock at which a process began; 0: there is none of this number. */
int64_t bl_process_born(int64_t pid);

#endif

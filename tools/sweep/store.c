/* store.c - the database: opened, made, and what is wrong with it told. */
#include "tools/sweep/store_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 20 };
int bl_store_wait_ms = 10000;

static const char SCHEMA[] =
    "CREATE TABLE IF NOT EXISTS points (key TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL CHECK (state IN ('done', 'wrong', 'failed')),"
    " platform TEXT NOT NULL, net TEXT, images INTEGER NOT NULL, figures TEXT, message TEXT, log TEXT, command TEXT NOT NULL, host TEXT, folder TEXT,"
    " started TEXT, seconds REAL, cpu_seconds REAL, peak_kb INTEGER, attempts INTEGER, report BLOB);"
    "CREATE TABLE IF NOT EXISTS sweeps (id TEXT PRIMARY KEY NOT NULL, command TEXT NOT NULL, axes TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sweep_points (sweep TEXT NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, setting TEXT NOT NULL, PRIMARY KEY (sweep, n)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY NOT NULL, host TEXT NOT NULL, boot TEXT NOT NULL, pid INTEGER NOT NULL, born INTEGER NOT NULL);";

/* ---- what SQLite says ---- */

static const char *cure(int code)
{
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:   return "another program holds it for more than ten seconds; end that one, or try again";
    case SQLITE_FULL:     return "there is no room on the disk; make some, and give the same command again: it goes on where it was";
    case SQLITE_IOERR:    return "the disk takes no more, or is damaged; mend that, and give the same command again: it goes on where it was";
    case SQLITE_READONLY:
    case SQLITE_PERM:     return "it may not be written, or its folder not, where SQLite keeps files of its own beside it";
    case SQLITE_CANTOPEN: return "it cannot be opened; is there such a folder, and may files be made in it?";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:  return "it is no database of SQLite, or a damaged one; name another file";
    default:              return "the database cannot be used";
    }
}

int bl_store_fail(struct bl_store *t, const char *what)
{
    int code = t->db ? sqlite3_extended_errcode(t->db) : SQLITE_NOMEM;

    return bl_error(t->diag, "%s: %s: %s (SQLite: %s)", t->path, what, cure(code), t->db ? sqlite3_errmsg(t->db) : "no memory");
}

int bl_store_do(struct bl_store *t, const char *sql)
{
    return sqlite3_exec(t->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : bl_store_fail(t, "not written");
}

sqlite3_stmt *bl_store_ask(struct bl_store *t, const char *sql, size_t n, const char *const *texts)
{
    sqlite3_stmt *q = NULL;

    if (sqlite3_prepare_v2(t->db, sql, -1, &q, NULL) != SQLITE_OK) {
        bl_store_fail(t, "not read");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        sqlite3_bind_text(q, (int)i + 1, texts[i], -1, SQLITE_TRANSIENT);
    return q;
}

int bl_store_end(struct bl_store *t, sqlite3_stmt *q)
{
    int code = q ? sqlite3_step(q) : SQLITE_ERROR, status = 0;

    if (q && code != SQLITE_DONE && code != SQLITE_ROW)
        status = bl_store_fail(t, "not written");
    sqlite3_finalize(q);
    return q ? status : -1;
}

/* ---- opening ---- */

static int64_t pragma(struct bl_store *t, const char *sql)
{
    sqlite3_stmt *q = bl_store_ask(t, sql, 0, NULL);
    int64_t v = -1;

    if (q && sqlite3_step(q) == SQLITE_ROW)
        v = sqlite3_column_int64(q, 0);
    else if (q)
        bl_store_fail(t, "not read");
    sqlite3_finalize(q);
    return v;
}

/* The file is one of ours, or an empty one: 1, 0; or -1 after a bl_error. Seen at one moment: another program may be making it. */
static int is_ours(struct bl_store *t)
{
    if (bl_store_do(t, "BEGIN") < 0)
        return -1;
    int64_t app = pragma(t, "PRAGMA application_id"), form = app < 0 ? -1 : pragma(t, "PRAGMA user_version");
    int64_t tables = form < 0 ? -1 : pragma(t, "SELECT count(*) FROM sqlite_master");

    sqlite3_exec(t->db, "COMMIT", NULL, NULL, NULL);
    if (tables < 0)
        return -1;
    if (app == BL_STORE_APPLICATION && form == BL_STORE_FORM)
        return 1;
    if (app == BL_STORE_APPLICATION)
        return bl_error(t->diag, "%s: is of form %lld, this bitline writes form %d; use the bitline that made it, or another file", t->path, (long long)form, BL_STORE_FORM);
    return tables ? bl_error(t->diag, "%s: is a database of another program; name another file", t->path) : 0;
}

/* Another program may be making it just now, for which SQLite does not wait by itself. */
static int set_wal(struct bl_store *t)
{
    const struct timespec pause = { 0, PAUSE_MS * 1000000L };
    int code = SQLITE_BUSY;

    for (int i = 0; (!i || i < bl_store_wait_ms / PAUSE_MS) && (code & 0xFF) == SQLITE_BUSY; i++) {
        if (i)
            nanosleep(&pause, NULL);
        code = sqlite3_exec(t->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK ? 0 : bl_store_fail(t, "not written");
}

static int make(struct bl_store *t)
{
    char sql[200];

    snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", BL_STORE_APPLICATION, BL_STORE_FORM);
    if (bl_store_do(t, "BEGIN IMMEDIATE") < 0)
        return -1;
    if (bl_store_do(t, SCHEMA) == 0 && bl_store_do(t, sql) == 0)
        return 0;
    sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static int open_to_write(struct bl_store *t)
{
    int ours;

    if (sqlite3_open_v2(t->path, &t->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
        return bl_store_fail(t, "not opened");
    sqlite3_busy_timeout(t->db, bl_store_wait_ms);
    if ((ours = is_ours(t)) < 0 || set_wal(t) < 0)
        return -1;
    if (sqlite3_db_readonly(t->db, "main") == 1)
        return bl_error(t->diag, "%s: may not be written; name another file, or change its mode", t->path);
    return ours ? 0 : make(t);
}

/* Where not even SQLite's own files may be made, the database is read as it lies. */
static int open_as_it_lies(struct bl_store *t)
{
    size_t n = strlen(t->path) + 40;
    char *uri = malloc(n);
    int code = SQLITE_NOMEM;

    sqlite3_close(t->db);
    t->db = NULL;
    if (uri) {
        snprintf(uri, n, "file:%s?immutable=1", t->path);
        code = sqlite3_open_v2(uri, &t->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    }
    free(uri);
    return code == SQLITE_OK ? 0 : bl_store_fail(t, "not opened");
}

static int open_to_read(struct bl_store *t)
{
    if (access(t->path, F_OK) != 0)
        return bl_error(t->diag, "%s: there is no such file; `bitline sweep PLATFORM --vary ... --db %s` makes one", t->path, t->path);
    /* Who may write tidies up SQLite's own files at the end; a file that may not be written is opened all the same. */
    if (sqlite3_open_v2(t->path, &t->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return bl_store_fail(t, "not opened");
    sqlite3_busy_timeout(t->db, bl_store_wait_ms);
    if (sqlite3_exec(t->db, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL) == SQLITE_CANTOPEN && open_as_it_lies(t) < 0)
        return -1;
    int ours = is_ours(t);
    return ours ? (ours < 0 ? -1 : 0) : bl_error(t->diag, "%s: is empty; expected a database that `bitline sweep` has written", t->path);
}

static void who_am_i(struct bl_store *t)
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

    if (gethostname(t->host, sizeof t->host - 1))
        snprintf(t->host, sizeof t->host, "?");
    if (!f || !fgets(t->boot, sizeof t->boot, f))
        snprintf(t->boot, sizeof t->boot, "?");
    if (f)
        fclose(f);
    t->boot[strcspn(t->boot, "\n")] = 0;
    t->pid = getpid();
    t->born = bl_process_born(t->pid);
}

struct bl_store *bl_store_open(const char *path, bool create, struct bl_diag *diag)
{
    struct bl_store *t = calloc(1, sizeof *t);

    if (!t || !(t->path = strdup(path))) {
        free(t);
        bl_error(diag, "%s: no memory", path);
        return NULL;
    }
    t->diag = diag;
    who_am_i(t);
    if ((create ? open_to_write(t) : open_to_read(t)) == 0)
        return t;
    bl_store_close(t);
    return NULL;
}

void bl_store_close(struct bl_store *t)
{
    if (!t)
        return;
    sqlite3_close(t->db);
    free(t->path);
    free(t);
}

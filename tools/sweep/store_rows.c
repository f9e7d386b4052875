/* store_rows.c - rows of the database: points that ran, claims of points that run, sweeps and their points. */
#include "tools/sweep/store_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- claims ---- */

int64_t bl_process_born(int64_t pid)
{
    char name[64], text[1024] = "";
    long long born = 0;

    snprintf(name, sizeof name, "/proc/%lld/stat", (long long)pid);
    FILE *f = fopen(name, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = 0;
    const char *at = strrchr(text, ')');              /* the program's name may hold anything */
    for (int field = 3; at && field <= 22; field++)
        at = strchr(at + 1, ' ');
    return at && sscanf(at, " %lld", &born) == 1 ? born : 0;
}

/* The claim of a program of this host that still is there. */
static bool is_alive(const struct bl_store *t, sqlite3_stmt *q)
{
    const char *host = (const char *)sqlite3_column_text(q, 0), *boot = (const char *)sqlite3_column_text(q, 1);
    int64_t pid = sqlite3_column_int64(q, 2), born = sqlite3_column_int64(q, 3);

    return host && boot && !strcmp(host, t->host) && !strcmp(boot, t->boot) && !(pid == t->pid && born == t->born) && bl_process_born(pid) == born;
}

static enum bl_state row_state(struct bl_store *t, const char *key)
{
    sqlite3_stmt *q = bl_store_ask(t, "SELECT state = 'failed' FROM points WHERE key = ?1", 1, &key);
    enum bl_state state = BL_UNKNOWN;

    if (q && sqlite3_step(q) == SQLITE_ROW)
        state = sqlite3_column_int(q, 0) ? BL_ROW_FAILED : BL_ROW_DONE;
    sqlite3_finalize(q);
    return state;
}

enum bl_state bl_store_state(struct bl_store *t, const char *key)
{
    enum bl_state state = row_state(t, key);

    if (state != BL_UNKNOWN)
        return state;
    sqlite3_stmt *q = bl_store_ask(t, "SELECT host, boot, pid, born FROM claims WHERE key = ?1", 1, &key);
    if (q && sqlite3_step(q) == SQLITE_ROW && is_alive(t, q))
        state = BL_CLAIMED;
    sqlite3_finalize(q);
    return state;
}

static int claim(struct bl_store *t, const char *key, bool retry)
{
    enum bl_state state = bl_store_state(t, key);

    if (state == BL_CLAIMED || state == BL_ROW_DONE || (state == BL_ROW_FAILED && !retry))
        return 0;
    const char *texts[] = { key, t->host, t->boot };
    sqlite3_stmt *q = bl_store_ask(t, "INSERT OR REPLACE INTO claims VALUES (?1, ?2, ?3, ?4, ?5)", 3, texts);
    if (q) {
        sqlite3_bind_int64(q, 4, t->pid);
        sqlite3_bind_int64(q, 5, t->born);
    }
    return bl_store_end(t, q) < 0 ? -1 : 1;
}

int bl_store_claim(struct bl_store *t, const char *key, bool retry)
{
    if (bl_store_do(t, "BEGIN IMMEDIATE") < 0)
        return -1;
    int got = claim(t, key, retry);
    if (got >= 0 && bl_store_do(t, "COMMIT") == 0)
        return got;
    sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

void bl_store_release(struct bl_store *t)
{
    const char *texts[] = { t->host, t->boot };
    sqlite3_stmt *q = NULL;

    if (sqlite3_prepare_v2(t->db, "DELETE FROM claims WHERE host = ?1 AND boot = ?2 AND pid = ?3", -1, &q, NULL) != SQLITE_OK)
        return;                        /* a claim of a program that is gone counts for nothing */
    for (int i = 0; i < 2; i++)
        sqlite3_bind_text(q, i + 1, texts[i], -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(q, 3, t->pid);
    sqlite3_step(q);
    sqlite3_finalize(q);
}

/* ---- points ---- */

static int bind_report(sqlite3_stmt *q, int at, const char *text, size_t n)
{
    uLongf room = compressBound((uLong)n);
    unsigned char *packed = text ? malloc(room) : NULL;
    int code = SQLITE_OK;

    if (text && (!packed || compress2(packed, &room, (const unsigned char *)text, (uLong)n, 1) != Z_OK))
        code = SQLITE_NOMEM;
    else if (text)
        code = sqlite3_bind_blob64(q, at, packed, room, SQLITE_TRANSIENT);
    free(packed);
    return code;
}

static int put(struct bl_store *t, const struct bl_record *o)
{
    static const char SQL[] =
        "INSERT INTO points (key, state, platform, net, figures, message, log, command, host, folder, started, images, seconds, cpu_seconds, peak_kb, attempts, report)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT (key) DO UPDATE SET state = excluded.state,"
        " platform = excluded.platform, net = excluded.net, figures = excluded.figures, message = excluded.message, log = excluded.log, command = excluded.command,"
        " host = excluded.host, folder = excluded.folder, started = excluded.started, images = excluded.images, seconds = excluded.seconds,"
        " cpu_seconds = excluded.cpu_seconds, peak_kb = excluded.peak_kb, attempts = excluded.attempts, report = excluded.report WHERE points.state = 'failed'";
    char *values = o->values ? json_dumps(o->values, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
    const char *texts[] = { o->key, o->state, o->platform, o->net, values, o->message, o->log, o->command, o->host, o->folder, o->started };
    sqlite3_stmt *q = bl_store_ask(t, SQL, sizeof texts / sizeof *texts, texts);

    free(values);
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 12, o->images);
    sqlite3_bind_double(q, 13, o->seconds);
    sqlite3_bind_double(q, 14, o->cpu_seconds);
    sqlite3_bind_int64(q, 15, o->peak_kb);
    sqlite3_bind_int64(q, 16, o->attempts);
    if (bind_report(q, 17, o->report, o->nreport) != SQLITE_OK) {
        sqlite3_finalize(q);
        return bl_error(t->diag, "%s: no memory for a report", t->path);
    }
    return bl_store_end(t, q);
}

int bl_store_put(struct bl_store *t, const struct bl_record *o)
{
    if (bl_store_do(t, "BEGIN IMMEDIATE") < 0)
        return -1;
    if (put(t, o) == 0 && bl_store_end(t, bl_store_ask(t, "DELETE FROM claims WHERE key = ?1", 1, &o->key)) == 0 && bl_store_do(t, "COMMIT") == 0)
        return 0;
    sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

double bl_store_seconds(struct bl_store *t, const char *platform, const char *net, uint32_t images)
{
    const char *texts[] = { platform, net };
    sqlite3_stmt *q = bl_store_ask(t, "SELECT avg(seconds) FROM points WHERE state != 'failed' AND platform = ?1 AND net IS ?2 AND images = ?3", 2, texts);
    double seconds = -1;

    if (q)
        sqlite3_bind_int64(q, 3, images);
    if (q && sqlite3_step(q) == SQLITE_ROW && sqlite3_column_type(q, 0) != SQLITE_NULL)
        seconds = sqlite3_column_double(q, 0);
    sqlite3_finalize(q);
    return seconds;
}

/* ---- sweeps ---- */

int bl_store_begin_sweep(struct bl_store *t, const char *id, const char *command, const json_t *axes)
{
    char *text = json_dumps(axes, JSON_COMPACT);
    const char *texts[] = { id, command, text };
    int status = bl_store_do(t, "BEGIN IMMEDIATE") < 0 || bl_store_end(t, bl_store_ask(t, "INSERT OR IGNORE INTO sweeps VALUES (?1, ?2, ?3)", 3, texts)) < 0 ? -1 : 0;

    free(text);
    return status;
}

int bl_store_sweep_point(struct bl_store *t, const char *id, size_t n, const char *key, const json_t *values)
{
    char *text = json_dumps(values, JSON_COMPACT);
    const char *texts[] = { id, key, text };
    sqlite3_stmt *q = bl_store_ask(t, "INSERT OR REPLACE INTO sweep_points (sweep, key, setting, n) VALUES (?1, ?2, ?3, ?4)", 3, texts);

    free(text);
    if (q)
        sqlite3_bind_int64(q, 4, (int64_t)n);
    return bl_store_end(t, q);
}

bool bl_store_has_point(struct bl_store *t, const char *id, size_t n, const char *key)
{
    const char *texts[] = { id, key };
    sqlite3_stmt *q = bl_store_ask(t, "SELECT 1 FROM sweep_points WHERE sweep = ?1 AND key = ?2 AND n = ?3", 2, texts);

    if (q)
        sqlite3_bind_int64(q, 3, (int64_t)n);
    bool has = q && sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return has;
}

int bl_store_end_sweep(struct bl_store *t)
{
    if (bl_store_do(t, "COMMIT") == 0)
        return 0;
    sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

int bl_store_forget_sweeps(struct bl_store *t)
{
    return bl_store_do(t, "BEGIN IMMEDIATE; DELETE FROM sweep_points; DELETE FROM sweeps; COMMIT");
}

static const char *column(sqlite3_stmt *q, int i) { return (const char *)sqlite3_column_text(q, i); }

int bl_store_rows(struct bl_store *t, const char *sweep, void (*row)(void *ctx, const struct bl_store_row *r), void *ctx)
{
    static const char SQL[] =
        "SELECT s.id, sp.key, coalesce(p.state, 'missing'), p.figures, sp.setting, s.axes, p.message, p.log, p.command, p.host, p.folder, p.started, sp.n,"
        " p.seconds, p.cpu_seconds, p.peak_kb, p.attempts, p.platform, p.net FROM sweeps s JOIN sweep_points sp ON sp.sweep = s.id LEFT JOIN points p ON p.key = sp.key"
        " WHERE ?1 IS NULL OR s.id = ?1 ORDER BY s.rowid, sp.n";
    sqlite3_stmt *q = bl_store_ask(t, SQL, 1, &sweep);
    int code = SQLITE_ERROR;

    while (q && (code = sqlite3_step(q)) == SQLITE_ROW) {
        struct bl_store_row r = {
            .sweep = column(q, 0), .key = column(q, 1), .state = column(q, 2), .values = column(q, 3), .setting = column(q, 4), .axes = column(q, 5),
            .message = column(q, 6), .log = column(q, 7), .command = column(q, 8), .host = column(q, 9), .folder = column(q, 10), .started = column(q, 11),
            .n = sqlite3_column_int64(q, 12), .seconds = sqlite3_column_double(q, 13), .cpu_seconds = sqlite3_column_double(q, 14),
            .peak_kb = sqlite3_column_int64(q, 15), .attempts = sqlite3_column_int64(q, 16), .platform = column(q, 17), .net = column(q, 18) };
        row(ctx, &r);
    }
    int status = q && code != SQLITE_DONE ? bl_store_fail(t, "not read") : q ? 0 : -1;
    sqlite3_finalize(q);
    return status;
}

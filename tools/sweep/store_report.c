/* store_report.c - the whole report of a point, out of the database. */
#include <stdlib.h>
#include <zlib.h>

#include "tools/memory.h"
#include "tools/sweep/store_in.h"

enum { ROOM = 1 << 20 };

/* Grows until all of it fits; the length of the text is not stored. NULL: no memory, or no zlib stream. */
static char *unpacked(const void *packed, size_t n, size_t *length)
{
    for (uLongf room = ROOM; room < (uLongf)1 << 34; room *= 4) {
        uLongf got = room;
        char *text = malloc(room);
        int code = text ? uncompress((unsigned char *)text, &got, packed, (uLong)n) : Z_MEM_ERROR;
        if (code == Z_OK)
            return *length = got, text;
        free(text);
        if (code != Z_BUF_ERROR)
            break;
    }
    return NULL;
}

json_t *bl_store_report(struct bl_store *t, const char *key)
{
    sqlite3_stmt *q = bl_store_ask(t, "SELECT report FROM points WHERE key = ?1 AND report IS NOT NULL", 1, &key);
    size_t n = 0;
    char *text = NULL;

    if (!q)
        return NULL;
    const bool found = sqlite3_step(q) == SQLITE_ROW;
    if (found)
        text = unpacked(sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0), &n);
    sqlite3_finalize(q);
    json_t *report = text ? bl_memory_load(text, n, 0, NULL) : NULL;
    free(text);
    if (!report)
        bl_error(t->diag, found ? "%s: the report of point %.12s cannot be read" : "%s: point %.12s has no report", t->path, key);
    return report;
}

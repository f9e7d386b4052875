/* store_report.c - the whole report of a point as JSON. */
#include <stdlib.h>

#include "tools/memory.h"
#include "tools/sweep/store_in.h"

json_t *bl_store_report_of(struct bl_store *t, const char *key)
{
    size_t n = 0;
    char *text = bl_store_report(t, key, &n);
    json_t *report = text ? bl_memory_load(text, n, 0, NULL) : NULL;

    free(text);
    if (!report)
        bl_error(t->diag, "%s: point %.12s has no report", t->path, key);
    return report;
}

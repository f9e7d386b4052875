/* stated.c - a value as a file states it beside the one in force. */
#include "platforms/file/stated.h"

#include <stdlib.h>
#include <string.h>

static void unheard(void *ctx, const char *line) { (void)ctx, (void)line; }

static bool as_number(const char *text, double *v)
{
    char *end;

    *v = strtod(text, &end);
    return end != text && !*end;
}

bool bl_stated_is(const char *value, const char *stated)
{
    struct bl_diag quiet = { .put = unheard };
    uint64_t a, b;
    double x, y;

    if (strcmp(value, stated) == 0)
        return true;
    if (as_number(value, &x) && as_number(stated, &y))
        return !(x < y || x > y);
    if (bl_parse_volts(value, &x, &quiet, "") == 0 && bl_parse_volts(stated, &y, &quiet, "") == 0)
        return !(x < y || x > y);
    return bl_parse_time(value, &a, &quiet, "") == 0 && bl_parse_time(stated, &b, &quiet, "") == 0 && a == b;
}

bool bl_param_named(struct bl_sim *s, const char *path, const char *cls, const char *name, struct bl_param_row *row)
{
    for (size_t i = 0; bl_param_row(s, path, cls, i, row); i++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

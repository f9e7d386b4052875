/* origins.c - where the values of a platform come from: the rows of its `sources:` beside what a run has. */
#include "tools/memory.h"
#include "tools/report/sections.h"

#include <string.h>

json_t *bl_j_sources(const struct bl_platform *p, struct bl_sim *s)
{
    json_t *rows = json_array();
    char value[BL_SOURCE_VALUE];
    bool same;

    for (size_t i = 0; i < bl_platform_sources(p); i++) {
        const struct bl_source *r = bl_platform_source(p, i);
        if (!bl_source_found(p, s, i, value, &same))
            bl_memory_lose();              /* what is not there was refused before */
        else
            json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:b, s:s, s:s}", "name", r->name, "value", value, "stated", r->value, "same",
                                                  same, "tag", bl_tag_name[r->tag], "source", r->source));
    }
    return rows;
}

const json_t *bl_j_source_of(const json_t *rows, const char *part, const char *param)
{
    size_t n = strcspn(part, "["), i;
    const json_t *row;

    json_array_foreach(rows, i, row) {
        const char *name = bl_j_text(row, "name");
        if (json_is_true(json_object_get(row, "same")) && !strncmp(name, part, n) && name[n] == '.' && !strcmp(name + n + 1, param))
            return row;
    }
    return NULL;
}

void bl_fill_origins(const json_t *r, struct bl_table *t)
{
    bl_fill_sources(bl_j_at(r, "provenance", "parameters"), t);
}

/* A time of many femto- or picoseconds, as a file must have it, in its own unit; anything else as it is. */
static const char *readable(const char *value, char *buf)
{
    const size_t n = strspn(value, "0123456789");
    uint64_t fs = 0;

    if (n < 4 || n > 15 || (strcmp(value + n, " fs") && strcmp(value + n, " ps")))
        return value;
    for (size_t i = 0; i < n; i++)
        fs = 10 * fs + (uint64_t)(value[i] - '0');
    return bl_time_exact(value[n + 1] == 'p' ? 1000 * fs : fs, buf);
}

void bl_fill_sources(const json_t *rows, struct bl_table *t)
{
    static const char *const heads[] = { "parameter", ">value", "tag", "source" };
    const json_t *row;
    char value[40], stated[40];
    size_t i;

    bl_table_start(t, heads, sizeof heads / sizeof *heads);
    json_array_foreach(rows, i, row) {
        bool same = json_is_true(json_object_get(row, "same"));
        bl_cell(t, "%s", bl_j_text(row, "name"));
        bl_cell(t, "%s", readable(bl_j_text(row, "value"), value));
        bl_cell(t, "%s", same ? bl_j_text(row, "tag") : "set");
        if (same)
            bl_cell(t, "%s", bl_j_text(row, "source"));
        else
            bl_cell(t, "not the %s of the platform file (%s: %s)", readable(bl_j_text(row, "stated"), stated), bl_j_text(row, "tag"), bl_j_text(row, "source"));
    }
}

void bl_notes_origins(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    if (json_array_size(bl_j_at(r, "provenance", "parameters")))
        line(out, "Tags as those of prices; set: another value than the one whose source is known. Only fact and derived have a source outside of this model.");
}

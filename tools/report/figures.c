/* figures.c - the sections of a report about the figures that a platform counts by itself: of the platform, and, "LAYER.NAME", of layers. */
#include "tools/report/sections.h"

#include <string.h>

/* A figure "LAYER.NAME" of a layer: its name there; NULL: it is one of the platform. */
static const char *of_layer(const json_t *r, const char *figure, const char *layer)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(r, "layers"), i, row) {
        const char *name = bl_j_text(row, "name");
        const size_t n = strlen(name);
        if ((!layer || !strcmp(name, layer)) && !strncmp(figure, name, n) && figure[n] == '.' && figure[n + 1])
            return figure + n + 1;
    }
    return NULL;
}

struct kinds { const char *name[BL_TABLE_COLUMNS], *help[BL_TABLE_COLUMNS], *unit[BL_TABLE_COLUMNS]; size_t n; };

static bool known_kind(const struct kinds *k, const char *name)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->name[i], name))
            return true;
    return false;
}

/* What figures of layers there are: as many as a table has columns for beside the name of the layer. */
static struct kinds kinds_of(const json_t *r)
{
    struct kinds k = { .n = 0 };
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(r, "figures"), i, row) {
        const char *name = of_layer(r, bl_j_text(row, "name"), NULL);
        if (!name || known_kind(&k, name) || k.n == BL_TABLE_COLUMNS - 1)
            continue;
        k.name[k.n] = name;
        k.unit[k.n] = bl_j_text(row, "unit");
        k.help[k.n++] = bl_j_text(row, "help");
    }
    return k;
}

static void figure_cell(const json_t *row, struct bl_table *t)
{
    if (json_is_number(json_object_get(row, "value")))
        bl_cell(t, "%.6g", bl_j_real(row, "value"));
    else
        bl_cell(t, "-");
}

static const json_t *figure_of(const json_t *r, const char *layer, const char *name)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(r, "figures"), i, row) {
        const char *here = of_layer(r, bl_j_text(row, "name"), layer);
        if (here && !strcmp(here, name))
            return row;
    }
    return NULL;
}

/* A row a layer, a column a figure. */
void bl_fill_layer_figures(const json_t *r, struct bl_table *t)
{
    const struct kinds k = kinds_of(r);
    const json_t *row;
    size_t i;

    *t = (struct bl_table){ .columns = k.n ? k.n + 1 : 0, .head = { "layer" }, .align = { 'l' } };
    for (i = 0; i < k.n; i++) {
        t->head[i + 1] = k.name[i];
        t->align[i + 1] = 'r';
    }
    json_array_foreach(json_object_get(r, "layers"), i, row) {
        bool any = false;
        for (size_t n = 0; n < k.n; n++)
            any |= figure_of(r, bl_j_text(row, "name"), k.name[n]) != NULL;
        for (size_t n = 0; any && n < k.n; n++) {
            if (!n)
                bl_cell(t, "%s", bl_j_text(row, "name"));
            figure_cell(figure_of(r, bl_j_text(row, "name"), k.name[n]), t);
        }
    }
}

void bl_notes_layer_figures(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const struct kinds k = kinds_of(r);
    char text[400];

    for (size_t i = 0; i < k.n; i++) {
        snprintf(text, sizeof text, "%s: %s%s%s%s", k.name[i], k.help[i], *k.unit[i] ? " [" : "", k.unit[i], *k.unit[i] ? "]" : "");
        line(out, text);
    }
}

void bl_fill_figures(const json_t *r, struct bl_table *t)
{
    const struct kinds k = kinds_of(r);
    static const char *const heads[] = { "figure", ">value", "unit", "meaning" };
    const json_t *row;
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(r, "figures"), i, row) {
        const char *name = of_layer(r, bl_j_text(row, "name"), NULL);
        if (name && known_kind(&k, name))
            continue;                  /* it is in the table of layers */
        bl_cell(t, "%s", bl_j_text(row, "name"));
        figure_cell(row, t);
        bl_cell(t, "%s", bl_j_text(row, "unit"));
        bl_cell(t, "%s", bl_j_text(row, "help"));
    }
}

/* tech_areas.c - the area that a technology states: of one part of a class. */
#include "platforms/file/tech_in.h"

#include <stdlib.h>
#include <string.h>

static int um2_of(struct bl_tech *t, const struct bl_yaml *v, double *um2)
{
    const char *text = bl_yaml_text(t->doc, v, "the value");
    char *unit;

    if (!text)
        return -1;
    *um2 = strtod(text, &unit);
    const bool none = unit == text;
    unit += strspn(unit, " ");
    *um2 *= strcmp(unit, "mm2") ? 1 : 1e6;
    if (none || (strcmp(unit, "um2") && strcmp(unit, "mm2")) || !(*um2 > 0 && *um2 < 1e15))
        return bl_yaml_error(t->doc, v, 0, "'%s' is no area; expected one above 0 like '1250 um2' or '0.8 mm2'", text);
    return 0;
}

static int area_row(struct bl_tech *t, const struct bl_yaml *row, struct bl_area *area)
{
    static const char *const known[] = { "value", "tag", "source" };
    int status;

    area->cls = row->key->text;
    area->where = bl_yaml_where(t->doc, row->key, 0);
    if (bl_yaml_is(t->doc, row, BL_YAML_MAP, "an area", "'{ value: 1250 um2, tag: fact, source: \"...\" }'") < 0)
        return -1;
    status = bl_yaml_known(t->doc, row, "an area", known, 3);
    for (size_t k = 0; k < 3; k++)
        if (!bl_yaml_get(row, known[k]))
            return bl_yaml_error(t->doc, row, 0, "the area of '%s' has no '%s'; expected value, tag and source", area->cls, known[k]);
    if (!(area->source = bl_yaml_text(t->doc, bl_yaml_get(row, "source"), "the source")))
        status = -1;
    return status | um2_of(t, bl_yaml_get(row, "value"), &area->um2) | tech_tag(t->doc, bl_yaml_get(row, "tag"), &area->tag);
}

int tech_areas(struct bl_tech *t, const struct bl_yaml *rows)
{
    int status = 0;

    if (bl_yaml_is(t->doc, rows, BL_YAML_MAP, "'areas'", "lines like 'sar_adc: { value: 1250 um2, ... }'") < 0 ||
        !(t->areas = bl_yaml_keep(t->doc, rows->n, sizeof *t->areas)))
        return -1;
    for (const struct bl_yaml *v = rows->first; v; v = v->next)
        status |= area_row(t, v, &t->areas[t->nareas++]);
    return status;
}

int tech_check_areas(const struct bl_tech *t, const struct bl_class *const *classes, bool some)
{
    int status = 0;

    for (const struct bl_area *a = t->areas; a < t->areas + t->nareas; a++)
        if (!bl_class_find(classes, a->cls) && !some)
            status = tech_unknown_class(t, a->cls, a->where, classes);
    return status;
}

size_t bl_tech_areas(const struct bl_tech *t) { return t->nareas; }
const struct bl_area *bl_tech_area(const struct bl_tech *t, size_t i) { return &t->areas[i]; }

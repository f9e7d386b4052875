/* parts.c - the parts of a platform file: their rows and their parameters. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A parameter's value as the kernel reads it: a list becomes "[8, 9]". What check_values told is not told again. */
static const char *param_text(struct bl_platform *p, const struct bl_yaml *v, const char *what, bool is_array)
{
    if (v->kind == BL_YAML_MAP) {
        bl_yaml_error(p->doc, v, 0, "%s is a map; expected a value or a list like '[8, 9]'", what);
        return NULL;
    }
    for (const struct bl_yaml *e = v->kind == BL_YAML_LIST ? v->first : v; e; e = v->kind == BL_YAML_LIST ? e->next : NULL) {
        const char *t = bl_yaml_text(p->doc, e, what);
        if (!t || value_is_told(e))
            return NULL;
        if (strcmp(t, plan_index) == 0 && !is_array) {
            bl_yaml_error(p->doc, e, 0, "%s is '%s', but this is a single part; give it a 'count', or a number", what, t);
            return NULL;
        }
        if (v->kind == BL_YAML_LIST && strpbrk(t, ",[]")) {
            bl_yaml_error(p->doc, e, strcspn(t, ",[]"), "%s has the element '%s'; expected one number", what, t);
            return NULL;
        }
    }
    return value_as_text(p, v);
}

static int part_params(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part)
{
    char what[96];
    int status = 0;

    if (!(part->params = bl_yaml_keep(p->doc, row->n, sizeof *part->params)))
        return -1;
    for (const struct bl_yaml *v = row->first; v; v = v->next) {
        const char *name = v->key->text;
        if (strcmp(name, "class") == 0 || strcmp(name, "count") == 0 || strcmp(name, "clock") == 0)
            continue;
        snprintf(what, sizeof what, "parameter '%.64s'", name);
        const char *text = text_word(name) == strlen(name) ? param_text(p, v, what, part->is_array) : NULL;
        if (text)
            part->params[part->nparams++] = (struct param_plan){ name, text, bl_yaml_where(p->doc, v, 0) };
        else if (text_word(name) == strlen(name))
            status = -1;
        else
            status = bl_yaml_error(p->doc, v->key, 0, "'%s' is no name for a parameter; expected letters, digits and '_'", name);
    }
    return status;
}

static int part_clock(struct bl_platform *p, const struct bl_yaml *v, struct part_plan *part)
{
    const char *names[64];
    size_t n = 0;

    if (!(part->clock = bl_yaml_text(p->doc, v, "the clock")) || value_is_told(v))
        return -1;
    for (size_t i = 0; i < p->nclocks; i++) {
        if (strcmp(p->clocks[i].name, part->clock) == 0)
            return 0;
        if (n < sizeof names / sizeof *names)
            names[n++] = p->clocks[i].name;
    }
    const char *near = bl_nearest(part->clock, names, n);
    if (near)
        return bl_yaml_error(p->doc, v, 0, "no clock is called '%s'; did you mean '%s'?", part->clock, near);
    return bl_yaml_error(p->doc, v, 0, "no clock is called '%s'; declare it under 'clocks'", part->clock);
}

/* "count: $n" with an unknown $n: many, and nobody compares how many. */
static int part_count(struct bl_platform *p, const struct bl_yaml *n, struct part_plan *part)
{
    uint64_t count = 1;

    part->is_array = n != NULL;
    part->count = 1;
    if (!n || value_is_told(n))
        return 0;
    if (bl_yaml_count(p->doc, n, "'count'", 1, PLAN_MOST_PARTS, &count) < 0)
        return -1;
    part->count = (uint32_t)count;
    return 0;
}

static int part_row(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part)
{
    const char *name = row->key->text;

    part->name = name;
    part->count = 1;
    if (text_names(name) != strlen(name))
        return bl_yaml_error(p->doc, row->key, text_names(name), "'%s' is no name for a part; expected letters, digits, '_', and "
                             "'count' for many of them", name);
    if (strcmp(name, "clock") == 0 || strncmp(name, "clock.", 6) == 0)
        return bl_yaml_error(p->doc, row->key, 0, "no part may be called 'clock', because '--set clock.NAME' is a clock");
    if (bl_yaml_is(p->doc, row, BL_YAML_MAP, "a part", "'{ class: NAME, ... }'") < 0)
        return -1;
    const struct bl_yaml *cls = bl_yaml_get(row, "class"), *clock = bl_yaml_get(row, "clock"), *use = bl_yaml_get(row, "use");
    if (use && cls)
        return bl_yaml_error(p->doc, cls->key, 0, "part '%s' has a class and uses a file; expected one of them", name);
    if (!cls && !use)
        return bl_yaml_error(p->doc, row->key, 0, "part '%s' has no class; expected '{ class: NAME, ... }'", name);
    int status = part_count(p, bl_yaml_get(row, "count"), part);
    if (use)
        return plan_use(p, row, part) | status;
    if (!(part->cls = bl_yaml_text(p->doc, cls, "the class")))
        return -1;
    part->where = bl_yaml_where(p->doc, cls, 0);
    status |= clock ? part_clock(p, clock, part) : 0;
    return status | part_params(p, row, part);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct part_plan *const *)a)->name, (*(const struct part_plan *const *)b)->name);
}

int plan_parts(struct bl_platform *p, const struct bl_yaml *parts)
{
    int status = 0;

    if (bl_yaml_is(p->doc, parts, BL_YAML_MAP, "'parts'", "a line 'NAME: { class: NAME, ... }' for each part") < 0 ||
        !(p->parts = bl_yaml_keep(p->doc, parts->n, sizeof *p->parts)) ||
        !(p->by_name = bl_yaml_keep(p->doc, parts->n, sizeof(*p->by_name))))
        return -1;
    if (parts->n == 0)
        return bl_yaml_error(p->doc, parts, 0, "'parts' is empty; expected at least one part");
    for (const struct bl_yaml *row = parts->first; row; row = row->next) {
        struct part_plan *part = &p->parts[p->nparts];
        p->by_name[p->nparts++] = part;
        status |= part_row(p, row, part);
    }
    qsort(p->by_name, p->nparts, sizeof *p->by_name, by_name);
    return status;
}

const struct part_plan *plan_part(const struct bl_platform *p, const char *name)
{
    const struct part_plan key = { .name = name }, *at = &key;
    const struct part_plan **found = bsearch(&at, p->by_name, p->nparts, sizeof *p->by_name, by_name);

    return found ? *found : NULL;
}

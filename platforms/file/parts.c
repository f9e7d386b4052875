/* parts.c - the parts of a platform file: their rows, their parameters, picking some of them by index,
 * and the calls that add them. */
#include "kernel/model.h"
#include "platforms/file/plan.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"
static const char INDEX[] = "$index";

/* The length of the name at s: a letter or '_', then letters, digits and '_'. */
size_t text_word(const char *s) { return *s && strchr(LETTERS, *s) ? strspn(s, LETTERS DIGITS) : 0; }

/* The length of one or more names joined by dots. */
size_t text_names(const char *s)
{
    size_t n = text_word(s), more;

    while (n && s[n] == '.' && (more = text_word(s + n + 1)))
        n += 1 + more;
    return n;
}

/* ---- rows */

/* A parameter's value as the kernel reads it: a list becomes "[8, 9]". */
static const char *param_text(struct bl_platform *p, const struct bl_yaml *v, const char *what, bool is_array)
{
    const struct bl_yaml *one = v->kind == BL_YAML_LIST ? v->first : v;
    size_t room = 4, at = 0;
    char *text;

    if (v->kind == BL_YAML_MAP) {
        bl_yaml_error(p->doc, v, 0, "%s is a map; expected a value or a list like '[8, 9]'", what);
        return NULL;
    }
    for (const struct bl_yaml *e = one; e; e = v->kind == BL_YAML_LIST ? e->next : NULL) {
        const char *t = bl_yaml_text(p->doc, e, what), *dollar = t ? strchr(t, '$') : NULL;
        if (!t)
            return NULL;
        if (dollar && (strcmp(t, INDEX) != 0 || !is_array)) {
            bl_yaml_error(p->doc, e, (size_t)(dollar - t), strcmp(t, INDEX) ? "%s is '%s'; '$' stands only in '$index'" :
                          "%s is '%s', but this is a single part; give it a 'count', or a number", what, t);
            return NULL;
        }
        if (v->kind == BL_YAML_LIST && strpbrk(t, ",[]")) {
            bl_yaml_error(p->doc, e, strcspn(t, ",[]"), "%s has the element '%s'; expected one number", what, t);
            return NULL;
        }
        room += strlen(t) + 2;
    }
    if (v->kind == BL_YAML_TEXT)
        return v->text;
    if (!(text = bl_yaml_keep(p->doc, room, 1)))
        return NULL;
    at = (size_t)snprintf(text, room, "[");
    for (const struct bl_yaml *e = one; e; e = e->next)
        at += (size_t)snprintf(text + at, room - at, "%s%s", e->text, e->next ? ", " : "");
    snprintf(text + at, room - at, "]");
    return text;
}

static int part_params(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part)
{
    char what[96];

    if (!(part->params = bl_yaml_keep(p->doc, row->n, sizeof *part->params)))
        return -1;
    for (const struct bl_yaml *v = row->first; v; v = v->next) {
        const char *name = v->key->text;
        if (strcmp(name, "class") == 0 || strcmp(name, "count") == 0 || strcmp(name, "clock") == 0)
            continue;
        if (text_word(name) != strlen(name))
            return bl_yaml_error(p->doc, v->key, 0, "'%s' is no name for a parameter; expected letters, digits and '_'", name);
        snprintf(what, sizeof what, "parameter '%.64s'", name);
        const char *text = param_text(p, v, what, part->is_array);
        if (!text)
            return -1;
        part->params[part->nparams++] = (struct param_plan){ name, text, bl_yaml_where(p->doc, v, 0) };
    }
    return 0;
}

static int part_clock(struct bl_platform *p, const struct bl_yaml *v, struct part_plan *part)
{
    const char *names[64];
    size_t n = 0;

    if (!(part->clock = bl_yaml_text(p->doc, v, "the clock")))
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

static int part_row(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part)
{
    const char *name = row->key->text;
    uint64_t count = 1;

    part->name = name;
    if (text_names(name) != strlen(name))
        return bl_yaml_error(p->doc, row->key, text_names(name), "'%s' is no name for a part; expected letters, digits, '_', and "
                             "'count' for many of them", name);
    if (strcmp(name, "clock") == 0 || strncmp(name, "clock.", 6) == 0)
        return bl_yaml_error(p->doc, row->key, 0, "no part may be called 'clock', because '--set clock.NAME' is a clock");
    if (bl_yaml_is(p->doc, row, BL_YAML_MAP, "a part", "'{ class: NAME, ... }'") < 0)
        return -1;
    const struct bl_yaml *cls = bl_yaml_get(row, "class"), *n = bl_yaml_get(row, "count"), *clock = bl_yaml_get(row, "clock");
    if (!cls)
        return bl_yaml_error(p->doc, row->key, 0, "part '%s' has no class; expected '{ class: NAME, ... }'", name);
    if (!(part->cls = bl_yaml_text(p->doc, cls, "the class")) ||
        (n && bl_yaml_count(p->doc, n, "'count'", 1, PLAN_MOST_PARTS, &count) < 0))
        return -1;
    part->where = bl_yaml_where(p->doc, cls, 0);
    part->is_array = n != NULL;
    part->count = (uint32_t)count;
    int status = clock ? part_clock(p, clock, part) : 0;
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

/* ---- picking */

char *text_keep(struct bl_platform *p, const char *s, size_t n)
{
    char *to = bl_yaml_keep(p->doc, n + 1, 1);

    return to ? memcpy(to, s, n) : NULL;
}

static int no_part(struct text_in *in, const char *at, const char *name)
{
    const struct bl_platform *p = in->p;
    const char **names = malloc(p->nparts * sizeof(*names)), *near = NULL;

    for (size_t i = 0; names && i < p->nparts; i++)
        names[i] = p->parts[i].name;
    if (names)
        near = bl_nearest(name, names, p->nparts);
    if (near)
        text_error(in, at, "no part is called '%s'; did you mean '%s'?", name, near);
    else
        text_error(in, at, "no part is called '%s'; expected one declared under 'parts'", name);
    free(names);
    return -1;
}

static int element(struct text_in *in, const struct part_plan *part, uint32_t *index)
{
    size_t n = strspn(in->at, DIGITS);

    if (n == 0)
        return text_error(in, in->at, "expected '*', a number, or a range like '0..3' in the brackets");
    unsigned long v = n > 9 ? ULONG_MAX : strtoul(in->at, NULL, 10);
    if (v >= part->count)
        return text_error(in, in->at, "'%s' has the parts 0 to %u; %.*s is none of them", part->name, part->count - 1,
                          n > 20 ? 20 : (int)n, in->at);
    in->at += n;
    *index = (uint32_t)v;
    return 0;
}

/* What stands in the brackets of NAME[...]. */
static int brackets(struct text_in *in, struct pick *pick)
{
    const struct part_plan *part = pick->part;
    const char *start = in->at++;
    uint32_t last;

    if (!part->is_array)
        return text_error(in, start, "'%s' is a single part; write '%s' without brackets, or give it a 'count'", part->name,
                          part->name);
    if (*in->at == '*') {
        in->at++;
        pick->is_many = true;
    } else {
        if (element(in, part, &pick->first) < 0)
            return -1;
        pick->n = 1;
        if (in->at[0] == '.' && in->at[1] == '.') {
            const char *second = in->at += 2;
            if (element(in, part, &last) < 0)
                return -1;
            if (last < pick->first)
                return text_error(in, second, "the range runs backwards; expected the smaller index first");
            pick->n = last - pick->first + 1;
            pick->is_many = true;
        }
    }
    if (*in->at != ']')
        return text_error(in, in->at, "expected ']'");
    in->at++;
    return 0;
}

int text_elements(struct text_in *in, size_t n, struct pick *pick)
{
    char *name = text_keep(in->p, in->at, n);

    if (!name)
        return -1;
    if (!(pick->part = plan_part(in->p, name)))
        return no_part(in, in->at, name);
    pick->first = 0;
    pick->n = pick->part->count;
    in->at += n;
    if (*in->at == '[')
        return brackets(in, pick);
    if (pick->part->is_array)
        return text_error(in, in->at, "'%s' has %u parts; write '%s[*]' for all, or '%s[0]'", name, pick->n, name, name);
    return 0;
}

int text_pick(struct text_in *in, struct pick *pick, const char **last, const char *what)
{
    const char *start = in->at;
    size_t all = text_names(start), n = all;

    if (all == 0)
        return text_error(in, start, "expected %s, like 'tree[3].NAME'", what);
    if (start[all] != '[')
        while (n && start[n] != '.')
            n--;
    if (n == 0)
        return text_error(in, start + all, "expected '.' and the name of %s after '%.*s'", what, (int)all, start);
    if (text_elements(in, n, pick) < 0)
        return -1;
    if (*in->at != '.' || !(n = text_word(in->at + 1)))
        return text_error(in, in->at, "expected '.' and the name of %s", what);
    *last = text_keep(in->p, in->at + 1, n);
    in->at += n + 1;
    return *last ? 0 : -1;
}

/* ---- to the kernel */

bool plan_picks(const struct pick *pick, const struct part_plan *part, uint32_t i)
{
    return pick->part == part && i >= pick->first && i - pick->first < pick->n;
}

/* Does a --set from number `from` on give this parameter, of this part or of one below it, a value? */
static bool is_set(const struct bl_platform *p, size_t from, const struct part_plan *part, uint32_t i, const char *below,
                   const char *param)
{
    for (const struct set_plan *set = p->sets + from; set < p->sets + p->nsets; set++)
        if (plan_picks(&set->pick, part, i) && strcmp(set->param, param) == 0 && strcmp(set->below, below) == 0)
            return true;
    return false;
}

/* The text with the index in the place of each $index; to be freed when it is not `text`. */
static char *with_index(const char *text, uint32_t i)
{
    size_t room = strlen(text) * 2 + 16, at = 0;
    char *to = malloc(room);

    for (const char *s = text; to && *s;)
        if (strncmp(s, INDEX, sizeof INDEX - 1) == 0) {
            at += (size_t)snprintf(to + at, room - at, "%u", i);
            s += sizeof INDEX - 1;
        } else
            to[at++] = *s++;
    if (to)
        to[at] = '\0';
    return to;
}

static int apply_param(struct bl_sim *s, const char *path, const struct param_plan *param, uint32_t i)
{
    if (!strchr(param->text, '$'))
        return bl_set(s, path, param->name, param->text, param->where);
    char *text = with_index(param->text, i);
    int status = text ? bl_set(s, path, param->name, text, param->where) : -1;
    free(text);
    return status;
}

/* A part inside a composite is not there yet: the kernel keeps the value until it is built. */
static int apply_below(const struct bl_platform *p, struct bl_sim *s, const struct set_plan *set, const char *path)
{
    const struct part_plan *part = set->pick.part;
    const struct bl_class *c = bl_class_find(bl_classes_of(s), part->cls);
    bool wire = strcmp(set->param, "depth") == 0 || strcmp(set->param, "sync") == 0;

    if (c && !c->build && wire)
        return bl_error(p->diag, "%s: no wire of the file ends at %s.%s, so it has no %s to set", set->where, path, set->below,
                        set->param);
    if (c && !c->build)
        return bl_error(p->diag, "%s: %s (class %s) is no composite, so there is no part '%s.%s'; expected %s.PARAM", set->where,
                        path, part->cls, path, set->below, path);
    size_t room = strlen(path) + strlen(set->below) + 2;
    char *whole = malloc(room);
    if (!whole)
        return bl_error(p->diag, "%s: no memory", set->where);
    snprintf(whole, room, "%s.%s", path, set->below);
    int status = bl_set(s, whole, set->param, set->value, set->where);
    free(whole);
    return status;
}

static int apply_one(const struct bl_platform *p, struct bl_sim *s, const struct part_plan *part, uint32_t i, const char *path)
{
    int status = 0;

    if (bl_add(s, path, part->cls, part->clock, part->where) < 0)
        return -1;
    for (size_t k = 0; k < part->nparams; k++)
        if (!is_set(p, 0, part, i, "", part->params[k].name))
            status |= apply_param(s, path, &part->params[k], i);
    for (size_t k = 0; k < p->nsets; k++) {
        const struct set_plan *set = &p->sets[k];
        if (!plan_picks(&set->pick, part, i) || is_set(p, k + 1, part, i, set->below, set->param))
            continue;
        status |= *set->below ? apply_below(p, s, set, path) : bl_set(s, path, set->param, set->value, set->where);
    }
    return status;
}

int plan_apply_parts(const struct bl_platform *p, struct bl_sim *s)
{
    int status = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++) {
        size_t room = strlen(part->name) + 16;
        char *path = malloc(room);
        int wrong = path ? 0 : bl_error(p->diag, "%s: no memory for its parts", p->path);
        /* An error in one element stands in all of them: said once. */
        for (uint32_t i = 0; i < part->count && !wrong; i++) {
            snprintf(path, room, part->is_array ? "%s[%u]" : "%s", part->name, i);
            wrong = apply_one(p, s, part, i, path);
        }
        free(path);
        status |= wrong;
    }
    return status;
}

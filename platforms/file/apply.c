/* apply.c - the parts of a platform file on their way to the kernel: each instance of each file with its path, its clocks and its places
 * in messages, its parts with their parameters. */
#include "kernel/model.h"
#include "platforms/file/plan.h"
#include "platforms/file/spell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- instances */

int place_open(struct place *at, const struct place *outer, const struct part_plan *as, uint32_t index, uint32_t n)
{
    size_t room = outer ? strlen(outer->path) + strlen(as->name) + 32 : 1, more = outer ? strlen(outer->chain) + strlen(as->name) + strlen(as->use->at) + 48 : 1;

    *at = (struct place){ .p = as ? as->use->of[index] : NULL, .outer = outer, .as = as, .index = index, .path = malloc(room), .chain = malloc(more) };
    if (!at->path || !at->chain) {
        place_close(at);
        return -1;
    }
    *at->path = *at->chain = '\0';
    if (!outer)
        return 0;
    size_t k = (size_t)snprintf(at->path, room, "%s%s", outer->path, as->name);
    if (as->is_array)
        k += (size_t)snprintf(at->path + k, room - k, n > 1 ? "[%u..%u" : "[%u", index, index + n - 1);
    snprintf(at->path + k, room - k, as->is_array ? "]." : ".");
    if (as->is_array)
        snprintf(at->chain, more, ", used as %s[%u] at %s%s", as->name, index, as->use->at, outer->chain);
    else
        snprintf(at->chain, more, ", used as %s at %s%s", as->name, as->use->at, outer->chain);
    return 0;
}

void place_close(struct place *at)
{
    free(at->path);
    free(at->chain);
    at->path = at->chain = NULL;
}

char *place_where(const struct place *at, const char *where)
{
    bool is_of_file = strncmp(where, "--set ", 6) != 0 || strstr(where, "', used at ");
    size_t n = strlen(where), m = is_of_file ? strlen(at->chain) : 0;
    char *text = malloc(n + m + 1);

    if (!text)
        return NULL;
    memcpy(text, where, n);
    memcpy(text + n, at->chain, m);
    text[n + m] = '\0';
    return text;
}

const char *place_clock(const struct place *at, const char *clock)
{
    for (; clock && at->outer; at = at->outer)
        clock = use_clock(at->outer->p, at->as, clock);
    return clock;
}

uint32_t use_alike(const struct part_plan *part, uint32_t i)
{
    uint32_t n = 1;

    while (i + n < part->count && part->use->of[i + n] == part->use->of[i])
        n++;
    return n;
}

/* ---- parameters */

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
    size_t n = strlen(plan_index);
    char *to = malloc(strlen(text) * 2 + 16), *end = to;

    for (const char *s = text; to && *s;)
        if (strncmp(s, plan_index, n) == 0) {
            end = spell_number(end, i);
            s += n;
        } else
            *end++ = *s++;
    if (to)
        *end = '\0';
    return to;
}

static int apply_param(const struct place *at, struct bl_sim *s, const char *path, const struct param_plan *param, uint32_t i)
{
    char *where = place_where(at, param->where), *text = strchr(param->text, '$') ? with_index(param->text, i) : NULL;
    bool whole = where && (text || !strchr(param->text, '$'));
    int status = whole ? bl_set(s, path, param->name, text ? text : param->text, where) : -1;

    free(text);
    free(where);
    return status;
}

/* A part inside a composite is not there yet: the kernel keeps the value until it is built. */
static int apply_below(const struct bl_platform *p, struct bl_sim *s, const struct set_plan *set, const char *path)
{
    const struct part_plan *part = set->pick.part;
    const struct bl_class *c = bl_class_find(bl_classes_of(s), part->cls);
    bool wire = strcmp(set->param, "depth") == 0 || strcmp(set->param, "sync") == 0;

    if (c && !c->build && wire)
        return bl_error(p->first->diag, "%s: no wire of the file ends at %s.%s, so it has no %s to set", set->where, path, set->below,
                        set->param);
    if (c && !c->build)
        return bl_error(p->first->diag, "%s: %s (class %s) is no composite, so there is no part '%s.%s'; expected %s.PARAM", set->where,
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

/* The clock that the row names, or, in a used file with one clock, that one, as the first file calls it. Parts without one need none, and
 * a composite hands it on. */
static const char *clock_of(const struct place *at, struct bl_sim *s, const struct part_plan *part)
{
    const struct bl_class *c = part->clock || !at->outer || at->p->nclocks != 1 ? NULL : bl_class_find(bl_classes_of(s), part->cls);
    bool has = c && (c->tick || c->run || c->build);

    return place_clock(at, has ? at->p->clocks[0].name : part->clock);
}

static int apply_one(const struct place *at, struct bl_sim *s, const struct part_plan *part, uint32_t i, const char *path)
{
    const struct bl_platform *p = at->p;
    char *where = place_where(at, part->where);
    int status = where ? bl_add(s, path, part->cls, clock_of(at, s, part), where) : -1;

    free(where);
    if (status < 0)
        return -1;
    for (size_t k = 0; k < part->nparams; k++)
        if (!is_set(p, 0, part, i, "", part->params[k].name))
            status |= apply_param(at, s, path, &part->params[k], i);
    for (size_t k = 0; k < p->nsets; k++) {
        const struct set_plan *set = &p->sets[k];
        if (!plan_picks(&set->pick, part, i) || is_set(p, k + 1, part, i, set->below, set->param))
            continue;
        status |= *set->below ? apply_below(p, s, set, path) : bl_set(s, path, set->param, set->value, set->where);
    }
    return status;
}

/* ---- files */

static int apply_file(const struct place *at, struct bl_sim *s);

/* Element i of a part that is a file: a scope, and what the file has. */
static int apply_use(const struct place *at, struct bl_sim *s, const struct part_plan *part, uint32_t i, const char *path)
{
    struct place below;
    char *where = place_where(at, part->use->at);
    int status = where ? bl_scope(s, path, where) : -1;

    free(where);
    if (status < 0 || place_open(&below, at, part, i, 1) < 0)
        return -1;
    status = apply_file(&below, s);
    place_close(&below);
    return status;
}

static int apply_file(const struct place *at, struct bl_sim *s)
{
    const struct bl_platform *p = at->p;
    int status = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++) {
        char *path = malloc(strlen(at->path) + strlen(part->name) + 16);
        int wrong = path ? 0 : bl_error(p->first->diag, "%s: no memory for its parts", p->path);
        /* An error in one element stands in all of them: said once. */
        for (uint32_t i = 0; i < part->count && !wrong && (part->use ? used_plan(part, i) != NULL : part->cls != NULL); i++) {      /* else refused */
            char *end = spell(spell(path, at->path), part->name);
            if (part->is_array)
                spell_range(end, i, i);
            wrong = part->use ? apply_use(at, s, part, i, path) : apply_one(at, s, part, i, path);
        }
        free(path);
        status |= wrong;
    }
    return status;
}

int plan_apply_parts(const struct bl_platform *p, struct bl_sim *s)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return bl_error(p->diag, "%s: no memory for its parts", p->path);
    all.p = p;
    int status = apply_file(&all, s);
    place_close(&all);
    return status;
}

/* used_expects.c - what the files that a platform uses expect: a line for each instance, with its path in front. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <string.h>

static const char CLOCK[] = "clock.";

/* How many lines there are below a place. */
static size_t lines_of(const struct bl_platform *p)
{
    size_t n = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0; part->use && part->use->expects && part->use->of && i < part->count; i++)
            n += part->use->of[i]->nexpects + lines_of(part->use->of[i]);
    return n;
}

static char *joined(struct bl_platform *first, const char *a, const char *b)
{
    size_t room = strlen(a) + strlen(b) + 1;
    char *text = bl_yaml_keep(first->doc, room, 1);

    if (text)
        snprintf(text, room, "%s%s", a, b);
    return text;
}

/* The clock of the file that a line about cycles means; NULL after an error. */
static const char *clock_in(const struct place *at, const struct bl_expect *e, struct bl_diag *diag, const char *where)
{
    const struct bl_platform *p = at->p;

    for (size_t i = 0; i < p->nclocks; i++)
        if (e->parts ? strcmp(e->parts + sizeof CLOCK - 1, p->clocks[i].name) == 0 : p->nclocks == 1)
            return place_clock(at, p->clocks[i].name);
    if (e->parts)
        bl_error(diag, "%s: '%s.%s' matches nothing; expected 'clock.NAME.cycles' with a clock of this file", where, e->parts, e->item);
    else
        bl_error(diag, "%s: 'cycles' of which clock? There are %zu; write 'clock.NAME.cycles'", where, p->nclocks);
    return NULL;
}

/* "array.busy > 5 %" -> "macro[0].array.busy > 5 %"; bare energy is that of the instance, cycles those of its clock. */
static int add_line(struct bl_platform *first, const struct place *at, const struct bl_expect *e)
{
    struct bl_expect *to = &first->expects[first->nexpects];
    bool cycles = strcmp(e->item, "cycles") == 0 && (!e->parts || strncmp(e->parts, CLOCK, sizeof CLOCK - 1) == 0);
    char *path = joined(first, at->path, "");

    *to = *e;
    if (!path || !(to->where = joined(first, e->where, at->chain)))
        return -1;
    if (cycles) {
        const char *clock = clock_in(at, e, first->diag, to->where);
        to->parts = clock ? joined(first, CLOCK, clock) : NULL;
    } else if (e->parts)
        to->parts = joined(first, path, e->parts);
    else {
        path[strlen(path) - 1] = '\0';      /* the dot behind it */
        to->parts = path;
    }
    if (!to->parts || !(path = joined(first, to->parts, ".")))
        return -1;
    const char *item = e->text + strspn(e->text, " ") + (e->parts ? strlen(e->parts) + 1 : 0);
    to->text = joined(first, path, item);
    first->nexpects++;
    return to->text ? 0 : -1;
}

static int add_below(struct bl_platform *first, const struct place *at)
{
    const struct bl_platform *p = at->p;
    struct place below;
    int status = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0, wrong = 0; part->use && part->use->expects && part->use->of && i < part->count && !wrong; i++) {
            if (place_open(&below, at, part, i, 1) < 0)
                return -1;
            for (size_t k = 0; k < below.p->nexpects; k++)
                wrong |= add_line(first, &below, &below.p->expects[k]) < 0;
            wrong |= add_below(first, &below) < 0;
            place_close(&below);
            status |= wrong ? -1 : 0;
        }
    return status;
}

int plan_used_expects(struct bl_platform *p)
{
    size_t n = lines_of(p);
    struct bl_expect *all = n ? bl_yaml_keep(p->doc, n + p->nexpects, sizeof *all) : p->expects;
    struct place at;

    if (!n)
        return 0;
    if (!all || place_open(&at, NULL, NULL, 0, 1) < 0)
        return -1;
    if (p->nexpects)
        memcpy(all, p->expects, p->nexpects * sizeof *all);
    p->expects = all;
    at.p = p;
    int status = add_below(p, &at);
    place_close(&at);
    return status;
}

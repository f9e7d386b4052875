/* units.c - the parts of a report as units (a part, or a large array of equal parts), and rows of a unit
 * added up by name. */
#include "tools/report/units.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_ABOVE = 8 };

static void *room_for(void *v, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return v;
    *room = *room ? 2 * *room : 16;
    if (!(v = realloc(v, *room * size))) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    return v;
}

/* ---- units: a part, or all elements of an array with more than GROUP_ABOVE of them */

static struct bl_unit *unit_named(struct bl_units *u, const char *name, const json_t *part)
{
    const char *cls = bl_j_text(part, "class");

    for (size_t i = u->n; i-- > 0; )
        if (!strcmp(u->v[i].name, name) && !strcmp(u->v[i].cls, cls))
            return &u->v[i];
    u->v = room_for(u->v, u->n, &u->room, sizeof *u->v);
    struct bl_unit *new = &u->v[u->n++];
    *new = (struct bl_unit){ .cls = cls, .time = bl_j_text(part, "unit") };
    snprintf(new->name, BL_UNIT_NAME, "%s", name);
    return new;
}

static void unit_add(struct bl_unit *u, const json_t *part)
{
    u->part = room_for(u->part, u->n, &u->room, sizeof(*u->part));
    u->part[u->n++] = part;
    u->parts += bl_j_parts(part);
}

void bl_units_free(struct bl_units *u)
{
    for (size_t i = 0; i < u->n; i++)
        free(u->v[i].part);
    free(u->v);
}

struct bl_units bl_units_of(const json_t *r)
{
    struct bl_units arrays = { 0 }, u = { 0 };
    const json_t *part;
    char name[BL_UNIT_NAME];
    size_t i;

    json_array_foreach(json_object_get(r, "parts"), i, part) {
        bl_any_index(bl_j_text(part, "path"), name);
        unit_add(unit_named(&arrays, name, part), part);
    }
    for (i = 0; i < arrays.n; i++) {
        struct bl_unit *a = &arrays.v[i];
        if (a->parts > GROUP_ABOVE || a->parts > a->n) {
            struct bl_unit *g = unit_named(&u, a->name, a->part[0]);
            for (size_t k = 0; k < a->n; k++)
                unit_add(g, a->part[k]);
            snprintf(name, sizeof name, "%.200s (%llu)", a->name, (unsigned long long)a->parts);
            strcpy(g->name, name);
            continue;
        }
        for (size_t k = 0; k < a->n; k++)
            unit_add(unit_named(&u, bl_j_text(a->part[k], "path"), a->part[k]), a->part[k]);
    }
    bl_units_free(&arrays);
    return u;
}

/* ---- rows of one unit, added up by name */

struct bl_item *bl_item_of(struct bl_items *l, const char *name, const char *peer, const char *state)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].name, name) && !strcmp(l->v[i].peer, peer) && !strcmp(l->v[i].state, state))
            return &l->v[i];
    l->v = room_for(l->v, l->n, &l->room, sizeof *l->v);
    l->v[l->n] = (struct bl_item){ .name = name, .peer = peer, .state = state, .tag = '-' };
    return &l->v[l->n++];
}

/* Largest first; equal ones stay in the order of the report. */
void bl_sort_items(struct bl_items *l)
{
    for (size_t i = 1; i < l->n; i++)
        for (size_t k = i; k && l->v[k].n > l->v[k - 1].n; k--) {
            struct bl_item t = l->v[k];
            l->v[k] = l->v[k - 1];
            l->v[k - 1] = t;
        }
}

struct bl_items bl_verdicts_of(const struct bl_unit *u, const char *what)
{
    struct bl_items l = { 0 };
    const json_t *row;
    size_t k;

    for (size_t i = 0; i < u->n; i++)
        json_array_foreach(json_object_get(u->part[i], "verdicts"), k, row)
            bl_item_of(&l, bl_j_text(row, "name"), "", "")->n += bl_j_count(row, what);
    return l;
}

uint64_t bl_elapsed_of(const struct bl_unit *u)
{
    uint64_t n = 0;

    for (size_t i = 0; i < u->n; i++)
        n += bl_j_count(u->part[i], "elapsed");
    return n;
}

uint64_t bl_tick_of(const json_t *r, const json_t *part)
{
    const json_t *clock;
    size_t i;

    if (strcmp(bl_j_text(part, "unit"), "cycles"))
        return 1;
    json_array_foreach(json_object_get(r, "clocks"), i, clock)
        if (!strcmp(bl_j_text(clock, "name"), bl_j_text(part, "clock")))
            return bl_j_count(clock, "period_fs");
    return 1;
}

uint64_t bl_fs_of(const json_t *r, const json_t *part, uint64_t ticks)
{
    uint64_t fs;

    return __builtin_mul_overflow(ticks, bl_tick_of(r, part), &fs) ? UINT64_MAX : fs;
}

const char *bl_power_text(double nw, char *buf)
{
    static const char *const unit[] = { "nW", "uW", "mW", "W", "kW" };
    size_t i = 0;

    for (; nw >= 999.95 && i < 4; i++)
        nw /= 1000;
    snprintf(buf, 40, "%.4g %s", nw, unit[i]);
    return buf;
}

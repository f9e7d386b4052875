/* wire_sets.c - what --set changes of wires: depths and stages of those that end at a port, which may be one behind exported ones. */
#include "platforms/file/plan.h"

#include <stdlib.h>
#include <string.h>

/* ---- which wires */

static const struct export_plan *export_of(const struct end_plan *e, uint32_t part)
{
    const struct bl_platform *of = used_plan(e->pick.part, part);

    return of ? plan_export(of, e->port.name) : NULL;
}

bool may_end_at(const struct end_plan *e, const struct wire_set *set)
{
    if (e->pick.part != set->pick.part)
        return false;
    if (!set->behind)
        return strcmp(e->port.name, set->port.name) == 0;
    const struct export_plan *x = export_of(e, set->pick.first);
    for (size_t i = 0; x && i < x->nto; i++)
        if (may_end_at(&x->to[i], set->behind))
            return true;
    return false;
}

bool ends_at(const struct end_plan *e, uint32_t i, const struct wire_set *set)
{
    struct element at = end_element(e, i);
    const struct port_pick *port = &set->port;

    if (!plan_picks(&set->pick, e->pick.part, at.part))
        return false;
    if (!set->behind)
        return strcmp(e->port.name, port->name) == 0 &&
               (!port->in_brackets || port->is_all || (at.port >= port->first && at.port < port->first + port->n));
    const struct export_plan *x = export_of(e, at.part);
    uint32_t k = x && x->is_array ? at.port : 0;
    if (!x || !export_count(x))
        return may_end_at(e, set);
    for (const struct end_plan *to = x->to; to < x->to + x->nto; k -= end_total(to++))
        if (k < end_total(to))
            return ends_at(to, k, set->behind);
    return false;
}

/* Where nobody knows how many ports [*] are, each number may be among them. */
static bool touches(const struct wire_plan *w, const struct wire_set *set)
{
    const struct end_plan *const ends[] = { &w->from, &w->to };

    for (int k = 0; k < 2; k++) {
        if (end_total(ends[k]) == 0 && may_end_at(ends[k], set))
            return true;
        for (uint32_t i = 0; i < end_total(ends[k]); i++)
            if (ends_at(ends[k], i, set))
                return true;
    }
    return false;
}

/* ---- what of them */

int plan_set_wires(struct bl_platform *p, const struct wire_set *which, const char *what, const char *value)
{
    bool depth = strcmp(what, "depth") == 0;
    unsigned long least = depth, most = depth ? PLAN_MOST_DEPTH : PLAN_MOST_SYNC, v;
    struct wire_set *set = &p->wire_sets[p->nwire_sets];
    size_t n = strspn(value, "0123456789"), found = 0;

    for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++) {
        if (w->is_refused || !touches(w, which))
            continue;                       /* a line that was refused has no ends */
        found++;
        if (depth && !w->link.depth)
            return bl_error(p->diag, "%s: the wire at %s is %s; only a channel has a depth", which->where, w->where,
                            w->link.pipe ? "a pipe, whose line says its items" : "written without a depth");
    }
    if (!found)
        return 0;
    v = n && n < 10 && !value[n] ? strtoul(value, NULL, 10) : most + 1;
    if (v < least || v > most)
        return bl_error(p->diag, "%s: '%s' is '%s'; expected a whole number from %lu to %lu", which->where, what, value, least, most);
    *set = *which;
    set->depth = depth ? (uint32_t)v : 0;
    set->sync = depth ? 0 : BL_SYNC((int)v);
    p->nwire_sets++;
    return 1;
}

int check_wire_sets(const struct bl_platform *p)
{
    int status = 0;

    for (struct wire_set *set = p->wire_sets; set < p->wire_sets + p->nwire_sets; set++) {
        bool found = false;
        for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires && !found; w++)
            found = touches(w, set);
        if (!found)
            status = bl_error(p->first->diag, "%s: no wire of the file ends there, so it has no %s to set", set->where, set->depth ? "depth" : "sync");
    }
    return status;
}

struct bl_link link_of(const struct bl_platform *p, const struct wire_plan *w, uint32_t i)
{
    struct bl_link link = w->link;

    for (const struct wire_set *set = p->wire_sets; set < p->wire_sets + p->nwire_sets; set++)
        if (ends_at(&w->from, i, set) || ends_at(&w->to, i, set)) {
            link.depth = set->depth ? set->depth : link.depth;
            link.sync = set->sync ? set->sync : link.sync;
        }
    return link;
}

/* further.c - what else is wrong with a platform file that is refused: its technology, and its parts and ports as the kernel sees them. So all that can
 * be known of a file is told in one go. */
#include "kernel/model.h"
#include "platforms/file/alike.h"
#include "platforms/file/plan.h"

#include <stdlib.h>

/* ---- ports that lines name */

static void check_end(const struct place *at, struct bl_sim *s, const struct end_plan *e, const char *where)
{
    struct end_plan one = *e;

    if (!e->pick.part || !e->port.name || e->pick.part->use)
        return;                             /* refused, or a port that a file shows, which is looked for there */
    one.port.in_brackets = one.port.is_many = one.port.is_all = false;
    char *name = port_path(at, &one, 0), *place = place_where(at, where);
    if (name && place)
        bl_port_check(s, name, place);
    free(name);
    free(place);
}

static void check_file(const struct place *at, struct bl_sim *s)
{
    const struct bl_platform *p = at->p;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0; used_plan(part, i); i++) {
            struct place below;
            if (place_open(&below, at, part, i, 1) < 0)
                return;
            check_file(&below, s);
            place_close(&below);
        }
    for (const struct export_plan *x = p->exports; x < p->exports + p->nexports; x++)
        for (size_t i = 0; i < x->nto; i++)
            check_end(at, s, &x->to[i], x->where);
    for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++) {
        if (w->is_refused)
            continue;
        check_end(at, s, &w->from, w->where);
        check_end(at, s, &w->to, w->where);
    }
}

void plan_check_ports(const struct bl_platform *p, struct bl_sim *s)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return;
    all.p = p;
    check_file(&all, s);
    place_close(&all);
}

/* ---- a file that is refused */

bool has_modules(const struct bl_platform *p)
{
    bool has = p->nmodules > 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0; used_plan(part, i) && !has; i++)
            has = has_modules(used_plan(part, i));
    return has;
}

void look_further(struct bl_platform *p)
{
    struct bl_fold fold;

    if (!p->classes || !p->by_name)
        return;
    if (p->tech_name && !p->tech_is_tried)
        load_tech(p);
    if (has_modules(p))
        return;
    bl_fold_start(&fold, p->diag);
    struct bl_sim *s = bl_open(p->classes, &fold.diag);
    bl_fold_hold(&fold);
    if (s) {
        plan_apply_parts(p, s);
        plan_check_ports(p, s);
    }
    bl_fold_release(&fold, BL_FOLD_COUNT);
    bl_close(s);
}

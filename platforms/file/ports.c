/* ports.c - `ports` of a platform file: what it shows of itself to files that use it. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- how many */

uint32_t end_each(const struct end_plan *e)
{
    const struct bl_platform *of = used_plan(e->pick.part, e->pick.first);
    const struct export_plan *x = of ? plan_export(of, e->port.name) : NULL;

    return x && e->port.is_all ? export_count(x) : e->port.n;
}

uint32_t end_total(const struct end_plan *e) { return e->pick.n * end_each(e); }

uint32_t export_count(const struct export_plan *x)
{
    uint32_t n = 0;

    for (size_t i = 0; i < x->nto; i++) {
        if (end_total(&x->to[i]) == 0)
            return 0;
        n += end_total(&x->to[i]);
    }
    return n;
}

/* ---- the key of the file */

static int one_end(struct bl_platform *p, const struct bl_yaml *v, struct end_plan *to)
{
    const char *text = bl_yaml_text(p->doc, v, "a port");
    struct text_in in = { .p = p, .node = v, .text = text, .at = text };

    if (!text || (p->is_vague && strchr(text, '$')))
        return -1;
    text_blanks(&in);
    if (text_end(&in, to) != 0)
        return -1;
    text_blanks(&in);
    return *in.at ? text_error(&in, in.at, "'%s' was not expected behind a port; expected 'PART.PORT'", in.at) : 0;
}

static int export_row(struct bl_platform *p, const struct bl_yaml *v, struct export_plan *x)
{
    const struct bl_yaml *e = v->kind == BL_YAML_LIST ? v->first : v;
    const char *name = v->key->text;
    int status = 0;

    *x = (struct export_plan){ .name = name, .where = bl_yaml_where(p->doc, v, 0), .is_array = v->kind == BL_YAML_LIST };
    if (text_word(name) != strlen(name) || !*name)
        return bl_yaml_error(p->doc, v->key, text_word(name), "'%s' is no name for a port; expected letters, digits and '_'", name);
    if (v->kind == BL_YAML_MAP || !e)
        return bl_yaml_error(p->doc, v, 0, "port '%s' is %s; expected 'PART.PORT' or a list of them", name, e ? "a map" : "an empty list");
    if (!(x->to = bl_yaml_keep(p->doc, v->kind == BL_YAML_LIST ? v->n : 1, sizeof *x->to)))
        return -1;
    for (; e; e = v->kind == BL_YAML_LIST ? e->next : NULL) {
        struct end_plan *to = &x->to[x->nto];
        if (one_end(p, e, to) < 0) {
            status = -1;
            continue;
        }
        x->nto++;
        x->is_array |= to->pick.is_many || to->port.is_many;
    }
    if (export_count(x) > PLAN_MOST_PORTS)
        return bl_yaml_error(p->doc, v, 0, "port '%s' is %u ports; expected at most %d", name, export_count(x), PLAN_MOST_PORTS);
    return status;
}

int plan_exports(struct bl_platform *p, const struct bl_yaml *ports)
{
    int status = 0;

    if (bl_yaml_is(p->doc, ports, BL_YAML_MAP, "'ports'", "'{ NAME: PART.PORT }'") < 0 ||
        !(p->exports = bl_yaml_keep(p->doc, ports->n, sizeof *p->exports)))
        return -1;
    for (const struct bl_yaml *v = ports->first; v; v = v->next)
        if (export_row(p, v, &p->exports[p->nexports++]) < 0)
            status = -1;
    if (status < 0)
        p->is_vague = true;
    return status;
}

const struct export_plan *plan_export(const struct bl_platform *p, const char *name)
{
    for (const struct export_plan *x = p->exports; x < p->exports + p->nexports; x++)
        if (strcmp(x->name, name) == 0)
            return x;
    return NULL;
}

int no_export(struct text_in *in, const char *at, const struct part_plan *part, const char *name)
{
    const struct bl_platform *of = part->use->of[0];
    const char *names[64] = { NULL };
    char list[300] = "";
    size_t n = 0;

    for (; n < of->nexports && n < 64; n++) {
        names[n] = of->exports[n].name;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n ? ", " : "", names[n]);
    }
    const char *near = bl_nearest(name, names, n);
    if (near)
        return text_error(in, at, "%s has no port '%s'; did you mean '%s'? Its file exports %s", part->name, name, near, list);
    return text_error(in, at, "%s has no port '%s'; its file exports %s", part->name, name, n ? list : "none");
}

/* ---- to the kernel */

int apply_exports(const struct place *at, struct bl_sim *s)
{
    int status = 0;

    for (const struct export_plan *x = at->p->exports; x < at->p->exports + at->p->nexports; x++) {
        uint32_t all = export_count(x), k = 0;
        size_t room = strlen(at->path) + strlen(x->name) + 16;
        char *name = malloc(room), *where = place_where(at, x->where);
        for (size_t i = 0; name && where && i < x->nto; i++)
            for (uint32_t j = 0; j < end_total(&x->to[i]); j++, k++) {
                char *to = port_path(at, &x->to[i], j);
                snprintf(name, room, x->is_array && all > 1 ? "%s%s[%u]" : "%s%s", at->path, x->name, k);
                status |= to ? bl_export(s, name, to, where) : -1;
                free(to);
            }
        status |= name && where ? 0 : bl_error(at->p->diag, "%s: no memory for its ports", at->p->path);
        free(name);
        free(where);
    }
    return status;
}

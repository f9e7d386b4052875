/* wiring.c - the lines of a platform file as pairs of ports: which goes with which, what --set changes of them, and on to the kernel, for
 * each instance of a file. */
#include "kernel/model.h"
#include "platforms/file/plan.h"
#include "platforms/file/spell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_many(const struct end_plan *e) { return e->pick.is_many || e->port.is_many; }

/* How many wires a line draws; 0: nobody knows yet. */
static uint32_t drawn(const struct wire_plan *w)
{
    uint32_t a = end_total(&w->from), b = end_total(&w->to);

    return !a || !b ? 0 : a > b ? a : b;
}

/* ---- as many on both sides */

/* "core has 2 x 2 ports 'req'"; of a class: and the parameter that says how many. */
static void count_text(char *to, size_t room, const struct end_plan *e, const char *has, const char *param)
{
    uint32_t each = end_each(e);
    char n[40];

    if (e->pick.n > 1 && each > 1)
        snprintf(n, sizeof n, "%u x %u", e->pick.n, each);
    else
        snprintf(n, sizeof n, "%u", e->pick.n * each);
    snprintf(to, room, "%s %s%s port%s '%s'%s%s%s", e->pick.part->name, has, n, end_total(e) == 1 ? "" : "s", e->port.name, param ? " (" : "",
             param ? param : "", param ? ")" : "");
}

/* The port in the table of its class; NULL: of a used file, or there is none. */
static const struct bl_field *field_of(const struct end_plan *e, const struct bl_sim *s)
{
    const struct bl_class *c = s && e->pick.part->cls ? bl_class_find(bl_classes_of(s), e->pick.part->cls) : NULL;

    for (const struct bl_field *f = c ? c->fields : NULL; f && f->kind; f++)
        if (f->kind != BL_KIND_CAUSE && strcmp(f->name, e->port.name) == 0)
            return f;
    return NULL;
}

/* The parameter that counts the ports of [*], or NULL. */
static const char *counted_by(const struct end_plan *e, const struct bl_sim *s)
{
    const struct bl_field *port = e->port.is_all ? field_of(e, s) : NULL;
    const struct bl_class *c = port ? bl_class_find(bl_classes_of(s), e->pick.part->cls) : NULL;

    for (const struct bl_field *f = c && port->count < 0 ? c->fields : NULL; f && f->kind; f++)
        if (f->kind == BL_KIND_INT && f->at == (size_t)-port->count)
            return f->name;
    return NULL;
}

static int not_as_many(const struct wire_plan *w, const struct bl_sim *s, struct bl_diag *diag, const char *where)
{
    const struct end_plan *a = &w->from, *b = &w->to;
    const char *by_a = counted_by(a, s), *by_b = counted_by(b, s);
    uint32_t all_a = end_total(a), all_b = end_total(b);
    char from[200], to[200], cure[120] = "";

    if (!a->port.in_brackets && !b->port.in_brackets)
        return bl_error(diag, "%s: %u of '%s' are wired to %u of '%s'; expected as many on both sides", where, all_a, a->pick.part->name, all_b,
                        b->pick.part->name);
    count_text(from, sizeof from, a, "has ", by_a);
    count_text(to, sizeof to, b, "", by_b);
    if (by_b && all_a % b->pick.n == 0)
        snprintf(cure, sizeof cure, ": set %s to %u", by_b, all_a / b->pick.n);
    else if (by_a && all_b % a->pick.n == 0)
        snprintf(cure, sizeof cure, ": set %s to %u", by_a, all_b / a->pick.n);
    return bl_error(diag, "%s: %s, %s; expected as many on both sides%s", where, from, to, cure);
}

int check_pairs(const struct bl_platform *p, const struct wire_plan *w, const struct bl_sim *s, struct bl_diag *diag, const char *where_from,
                const char *where_to)
{
    const struct end_plan *a = &w->from, *b = &w->to;
    uint32_t all_a = end_total(a), all_b = end_total(b);
    char name[200];

    if (all_a == all_b || !all_a || !all_b || p->is_vague)
        return 0;
    if (is_many(a) && is_many(b))
        return not_as_many(w, s, diag, where_to);
    if (w->link.sharing)
        return 0;
    snprintf(name, sizeof name, is_many(b) && b->port.in_brackets ? "%.90s.%.90s" : "%.190s", is_many(b) ? b->pick.part->name : a->pick.part->name,
             b->port.name);
    if (is_many(b) && (w->link.depth || w->link.pipe))
        return bl_error(diag, "%s: one port is wired to %u of '%s'; a channel has one reader: only a word goes to many", where_to, all_b, name);
    if (is_many(b))
        return 0;
    if (a->port.in_brackets)
        snprintf(name, sizeof name, "%.90s.%.90s", a->pick.part->name, a->port.name);
    return bl_error(diag, "%s: %u of '%s' are wired to one port; a port has one driver: name one of them, or let waiting parts "
                    "share it ('many', 'resolved')", where_from, all_a, name);
}

/* ---- one pair */

struct element end_element(const struct end_plan *e, uint32_t i)
{
    uint32_t each = end_each(e), at = end_total(e) <= 1 ? 0 : i;

    return each <= 1 ? (struct element){ e->pick.first + at, e->port.first } : (struct element){ e->pick.first + at / each, e->port.first + at % each };
}

/* Is the index of the port shown? An array of one has none. */
static bool shows_index(const struct end_plan *e, uint32_t part)
{
    const struct bl_platform *of = used_plan(e->pick.part, part);
    const struct export_plan *x = of ? plan_export(of, e->port.name) : NULL;

    if (x)
        return x->is_array && export_count(x) != 1;
    return e->port.in_brackets && !(e->port.is_all && e->port.n == 1);
}

/* Elements `from` to `to` of an end, "core[0..1].req[0..3]" below `path`, to be freed. */
static char *range_text(const char *path, const struct end_plan *e, struct element from, struct element to)
{
    char *text = malloc(strlen(path) + strlen(e->pick.part->name) + strlen(e->port.name) + 64);

    if (!text)
        return NULL;
    char *end = spell(spell(text, path), e->pick.part->name);
    if (e->pick.part->is_array)
        end = spell_range(end, from.part, to.part);
    end = spell(spell(end, "."), e->port.name);
    if (e->port.is_all && !end_each(e))
        spell(end, "[*]");
    else if (shows_index(e, from.part))
        spell_range(end, from.port, to.port);
    return text;
}

/* Elements i to i + n - 1 of a line; n 0: all of the end, since nobody knows how many. */
static char *some_text(const char *path, const struct end_plan *e, uint32_t i, uint32_t n)
{
    struct element first = { e->pick.first, e->port.first }, last = { e->pick.first + e->pick.n - 1, e->port.first + (e->port.n ? e->port.n - 1 : 0) };

    return n ? range_text(path, e, end_element(e, i), end_element(e, i + n - 1)) : range_text(path, e, first, last);
}

char *port_path(const struct place *at, const struct end_plan *e, uint32_t i)
{
    return range_text(at->path, e, end_element(e, i), end_element(e, i));
}

char *leaf_path(const struct place *at, const struct end_plan *e, uint32_t i)
{
    struct element x = end_element(e, i);
    const struct bl_platform *of = used_plan(e->pick.part, x.part);
    const struct export_plan *port = of ? plan_export(of, e->port.name) : NULL;
    struct place below;
    char *text = NULL;

    if (!port || !export_count(port))
        return port_path(at, e, i);
    if (place_open(&below, at, e->pick.part, x.part, 1) < 0)
        return NULL;
    uint32_t k = port->is_array ? x.port : 0;
    for (const struct end_plan *to = port->to; to < port->to + port->nto; k -= end_total(to++))
        if (k < end_total(to)) {
            text = leaf_path(&below, to, k);
            break;
        }
    place_close(&below);
    return text;
}

/* ---- told */

/* How many from element i on have its link, and stand together in both texts. */
static uint32_t alike(const struct bl_platform *p, const struct wire_plan *w, uint32_t i)
{
    struct bl_link link = link_of(p, w, i);
    const struct end_plan *a = &w->from, *b = &w->to;
    bool square = (a->pick.n > 1 && end_each(a) > 1) || (b->pick.n > 1 && end_each(b) > 1);
    uint32_t n = 1;

    for (; i + n < drawn(w); n++) {
        struct bl_link other = link_of(p, w, i + n);
        if (other.depth != link.depth || other.sync != link.sync || other.pipe != link.pipe)
            break;
    }
    return square && n < drawn(w) ? 1 : n;
}

static int tell(const struct place *at, const struct wire_plan *w, uint32_t i, uint32_t n, uint32_t times, bool leaf, bl_wire_visit *visit, void *ctx)
{
    char *from = leaf ? leaf_path(at, &w->from, i) : some_text(at->path, &w->from, i, n), *to = leaf ? leaf_path(at, &w->to, i) : some_text(at->path, &w->to, i, n);
    char *where = place_where(at, w->where);
    struct bl_wire_row row = { from, to, where, link_of(at->p, w, i), n * times };
    bool whole = from && to && where;

    if (whole)
        visit(ctx, &row);
    free(from);
    free(to);
    free(where);
    return whole ? 0 : bl_error(at->p->first->diag, "%s: no memory for its wires", at->p->path);
}

/* The lines of one file, then those of what it uses. */
static int visit_lines(const struct place *at, uint32_t times, bool each, bl_wire_visit *visit, void *ctx)
{
    const struct bl_platform *p = at->p;
    struct place below;
    int status = 0;

    for (const struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++) {
        if (!drawn(w))                      /* [*] before the kernel was asked */
            status |= tell(at, w, 0, 0, times, false, visit, ctx);
        for (uint32_t i = 0, n; i < drawn(w); i += n) {
            n = each ? 1 : alike(p, w, i);
            status |= tell(at, w, i, n, times, each, visit, ctx);
        }
    }
    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0, n; part->use && part->use->of && i < part->count; i += n) {
            n = each ? 1 : use_alike(part, i);
            if (place_open(&below, at, part, i, n) < 0)
                return -1;
            status |= visit_lines(&below, times * n, each, visit, ctx);
            place_close(&below);
        }
    return status;
}

int bl_platform_wires(const struct bl_platform *p, bool each, bl_wire_visit *visit, void *ctx)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return bl_error(p->diag, "%s: no memory for its wires", p->path);
    all.p = p;
    int status = visit_lines(&all, 1, each, visit, ctx);
    place_close(&all);
    return status;
}

/* ---- to the kernel */

/* "in[0]" of an array of one is called "in", here as everywhere. */
static int lone_port(const struct place *at, struct bl_sim *s, struct end_plan *e)
{
    struct end_plan plain = *e;

    plain.port.in_brackets = false;
    char *name = port_path(at, &plain, 0);
    uint32_t n = name ? bl_port_count(s, name) : 0;
    free(name);
    e->port.in_brackets = n != 1;
    return n ? 0 : -1;
}

/* How many ports [*] are: the kernel knows the classes, the plan what used files export. Equal for all parts of an end. */
static int count_ports(const struct place *at, struct bl_sim *s, struct end_plan *e, const char *line)
{
    const struct part_plan *part = e->pick.part;
    const struct bl_field *f = e->port.in_brackets ? field_of(e, s) : NULL;

    if (!e->port.is_all && f && f->count && e->port.first == 0 && e->port.n == 1)
        return lone_port(at, s, e);
    if (!e->port.is_all)
        return 0;
    for (uint32_t i = e->pick.first; i < e->pick.first + e->pick.n; i++) {
        struct end_plan one = *e;
        one.pick.first = i;
        one.port.n = one.port.is_all = one.port.in_brackets = 0;
        char *name = range_text(at->path, &one, (struct element){ i, 0 }, (struct element){ i, 0 });
        uint32_t n = part->use ? end_each(&(struct end_plan){ .pick = { .part = part, .first = i, .n = 1 }, .port = e->port }) :
                     !name ? 0 : field_of(e, s) ? bl_port_count(s, name) : 1;      /* no such port: said when it is wired */
        free(name);
        if (!n)
            return -1;
        if (i != e->pick.first && n != e->port.n) {
            char *where = place_where(at, line);
            bl_error(at->p->first->diag, "%s: %s[%u] has %u ports '%s', %s[%u] has %u; name the parts one by one", where ? where : line, part->name,
                     e->pick.first, e->port.n, e->port.name, part->name, i, n);
            free(where);
            return -1;
        }
        e->port.n = n;
    }
    return 0;
}

static int wire_line(const struct place *at, struct bl_sim *s, struct wire_plan *w)
{
    int status = count_ports(at, s, &w->from, w->from.at) | count_ports(at, s, &w->to, w->to.at);
    char *where = place_where(at, w->where), *where_from = place_where(at, w->from.at), *where_to = place_where(at, w->to.at);

    if (!where || !where_from || !where_to)
        status = bl_error(at->p->first->diag, "%s: no memory for its wires", at->p->path);
    else if (status == 0)
        status = check_pairs(at->p, w, s, at->p->first->diag, where_from, where_to);
    for (uint32_t i = 0; status == 0 && i < drawn(w); i++) {
        char *from = port_path(at, &w->from, i), *to = port_path(at, &w->to, i);
        status = from && to ? bl_wire(s, from, to, link_of(at->p, w, i), where) : -1;
        free(from);
        free(to);
    }
    free(where);
    free(where_from);
    free(where_to);
    return status;
}

/* What a file uses comes first: its exports are counted then. */
static int wire_file(const struct place *at, struct bl_sim *s)
{
    const struct bl_platform *p = at->p;
    struct place below;
    int status = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0, wrong = 0; part->use && i < part->count && !wrong; i++) {
            if (place_open(&below, at, part, i, 1) < 0)
                return -1;
            wrong = wire_file(&below, s) < 0;
            status |= wrong ? -1 : 0;
            place_close(&below);
        }
    for (struct export_plan *x = p->exports; x < p->exports + p->nexports; x++)
        for (size_t i = 0; i < x->nto; i++)
            status |= count_ports(at, s, &x->to[i], x->where);
    if (status == 0 && at->outer)
        status = apply_exports(at, s);
    for (struct wire_plan *w = p->wires; w < p->wires + p->nwires; w++)
        status |= wire_line(at, s, w);
    return status < 0 ? -1 : check_wire_sets(p);
}

int plan_apply_wires(const struct bl_platform *p, struct bl_sim *s)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return bl_error(p->diag, "%s: no memory for its wires", p->path);
    all.p = p;
    int status = wire_file(&all, s);
    place_close(&all);
    return status;
}

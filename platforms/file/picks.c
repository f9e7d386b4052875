/* picks.c - texts that name some elements of a part or of a port: "tree[3].sum", "core[*].req[0..3]". */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define DIGITS  "0123456789"

/* A letter or '_', then letters, digits and '_'. */
size_t text_word(const char *s) { return *s && strchr(LETTERS, *s) ? strspn(s, LETTERS DIGITS) : 0; }

size_t text_names(const char *s)
{
    size_t n = text_word(s), more;

    while (n && s[n] == '.' && (more = text_word(s + n + 1)))
        n += 1 + more;
    return n;
}

char *text_keep(struct bl_platform *p, const char *s, size_t n)
{
    char *to = bl_yaml_keep(p->doc, n + 1, 1);

    return to ? memcpy(to, s, n) : NULL;
}

bool plan_picks(const struct pick *pick, const struct part_plan *part, uint32_t i)
{
    return pick->part == part && i >= pick->first && i - pick->first < pick->n;
}

/* ---- brackets */

/* One number in the brackets of NAME, which has `count` elements; 0: nobody knows how many. */
static int element(struct text_in *in, const char *name, const char *of, uint32_t count, uint32_t *index)
{
    const char *start = in->at;
    char is[100] = "";
    unsigned long v;
    int n = text_whole(in, &v);

    if (n == 0)
        return text_error(in, in->at, "expected '*', a number, or a range like '0..3' in the brackets");
    if (n < 0)
        return -1;
    if (*start == '$')
        snprintf(is, sizeof is, " (it is %lu%s%.60s)", v, in->from ? ", from " : "", in->from ? in->from : "");
    if (count && v >= count && !in->p->is_vague)
        return text_error(in, start, "'%s' has the %s 0 to %u; %.*s%s is none of them", name, of, count - 1, n > 20 ? 20 : n, start, is);
    if (!count && v >= PLAN_MOST_PORTS)
        return text_error(in, start, "'%s' has at most %d %s; %.*s%s is none of them", name, PLAN_MOST_PORTS, of, n > 20 ? 20 : n, start, is);
    *index = (uint32_t)v;
    return 0;
}

struct elements { uint32_t first, n; bool is_many, is_all; };

/* What stands in the brackets at in->at. */
static int brackets(struct text_in *in, const char *name, const char *of, uint32_t count, struct elements *e)
{
    uint32_t last = 0;

    in->at++;
    *e = (struct elements){ .n = count };
    if (*in->at == '*') {
        in->at++;
        e->is_many = e->is_all = true;
    } else {
        if (element(in, name, of, count, &e->first) < 0)
            return -1;
        e->n = 1;
        if (in->at[0] == '.' && in->at[1] == '.') {
            const char *second = in->at += 2;
            if (element(in, name, of, count, &last) < 0)
                return -1;
            if (last < e->first)
                return text_error(in, second, "the range runs backwards; expected the smaller index first");
            e->n = last - e->first + 1;
            e->is_many = true;
        }
    }
    if (*in->at != ']')
        return text_error(in, in->at, "expected ']'");
    in->at++;
    return 0;
}

/* ---- parts */

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

int text_elements(struct text_in *in, size_t n, struct pick *pick)
{
    char *name = text_keep(in->p, in->at, n);
    struct elements e;

    if (!name)
        return -1;
    if (!(pick->part = plan_part(in->p, name)))
        return no_part(in, in->at, name);
    pick->first = 0;
    pick->n = pick->part->count;
    in->at += n;
    if (*in->at == '[' && !pick->part->is_array)
        return text_error(in, in->at, "'%s' is a single part; write '%s' without brackets, or give it a 'count'", name, name);
    if (*in->at == '[') {
        if (brackets(in, name, "parts", pick->part->count, &e) < 0)
            return -1;
        pick->first = e.first;
        pick->n = e.n;
        pick->is_many = e.is_many;
        return 0;
    }
    if (pick->part->is_array)
        return text_error(in, in->at, "'%s' has %u part%s; write '%s[*]' for all, or '%s[0]'", name, pick->n, pick->n == 1 ? "" : "s", name, name);
    return 0;
}

/* ---- ports */

int text_port(struct text_in *in, struct port_pick *port)
{
    size_t n = text_word(in->at);
    struct elements e;

    *port = (struct port_pick){ .name = text_keep(in->p, in->at, n), .n = 1 };
    if (!port->name)
        return -1;
    in->at += n;
    if (*in->at != '[')
        return 0;
    if (brackets(in, port->name, "ports", 0, &e) < 0)
        return -1;
    port->first = e.first;
    port->n = e.n;
    port->in_brackets = true;
    port->is_many = e.is_many;
    port->is_all = e.is_all;
    return 0;
}

/* That a used file shows this port, in such a number. 1: nobody can tell. */
static int check_export(struct text_in *in, const char *at, const struct end_plan *end)
{
    const struct part_plan *part = end->pick.part;
    const struct bl_platform *of = used_plan(part, end->pick.first);
    const struct export_plan *x = of ? plan_export(of, end->port.name) : NULL;

    if (!of || (!x && of->is_vague))
        return in->p->reads && part->use ? 1 : 0;       /* that the file was refused is told; or none was read */
    if (!x)
        return no_export(in, at, part, end->port.name);
    uint32_t n = export_count(x);
    if (!end->port.in_brackets && x->is_array && n != 1)
        return text_error(in, in->at, "%s of %s is an array of ports; write '%s[*]' for all, or '%s[0]'", x->name, part->name, x->name, x->name);
    if (end->port.in_brackets && !x->is_array && (end->port.first || (!end->port.is_all && end->port.n > 1)))
        return text_error(in, at, "%s of %s is a single port; write it without brackets", x->name, part->name);
    if (x->is_array && n && end->port.in_brackets && !end->port.is_all && end->port.first + end->port.n > n)
        return text_error(in, at, "'%s' has the ports 0 to %u; %u is none of them", x->name, n - 1, end->port.first + end->port.n - 1);
    return 0;
}

/* How long the name of the part is in "macro.sar.x[2]" (brackets of a part end it): up to the last dot; or shorter, when that is a file
 * that is used, so that the message is about its ports. */
static size_t part_before(struct bl_platform *p, const char *start, size_t all)
{
    size_t n = all;
    char *whole = start[all] == '[' ? text_keep(p, start, all) : NULL;

    if (whole && plan_part(p, whole))
        return all;
    while (n && start[n] != '.')
        n--;
    char *name = n ? text_keep(p, start, n) : NULL;
    for (size_t k = n; name && k && !plan_part(p, name); ) {
        while (k && name[--k] != '.')
            ;
        name[k] = '\0';
        const struct part_plan *part = k ? plan_part(p, name) : NULL;
        if (part && part->use)
            return k;
    }
    return n;
}

int text_end(struct text_in *in, struct end_plan *end)
{
    const char *start = in->at;
    size_t all = text_names(start), n = part_before(in->p, start, all);

    end->at = in->node ? bl_yaml_where(in->p->doc, in->node, (size_t)(start - in->text)) : in->where;
    if (all == 0)
        return text_error(in, start, "expected a port, like 'tree[3].NAME'");
    if (n == 0 && start[all] == '[')
        n = all;
    if (n == 0)
        return text_error(in, start + all, "expected '.' and the name of a port after '%.*s'", (int)all, start);
    if (text_elements(in, n, &end->pick) < 0)
        return -1;
    if (*in->at != '.' || !text_word(in->at + 1))
        return text_error(in, in->at, "expected '.' and the name of a port");
    const char *at = ++in->at;
    if (text_port(in, &end->port) < 0)
        return -1;
    return check_export(in, at, end);
}

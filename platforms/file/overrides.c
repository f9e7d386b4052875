/* overrides.c - what the command line changes in a platform file: its parameters, those of parts, of what composites hold and of files
 * that are used, depths of channels, clocks, the supply and the technology. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- clocks */

static int set_clock(struct bl_platform *p, const char *name, const char *value, const char *where)
{
    const char *names[64], *near;
    size_t n = 0;

    for (size_t i = 0; i < p->nclocks; i++)
        if (strcmp(p->clocks[i].name, name) == 0) {
            uint64_t fs;
            if (bl_parse_time(value, &fs, p->diag, where) < 0)
                return -1;
            if (fs == 0)
                return bl_error(p->diag, "%s: the period of a clock is 0; expected one like '5 ns' or '200 MHz'", where);
            p->clocks[i].period = fs;
            return 0;
        } else if (n < COUNT(names))
            names[n++] = p->clocks[i].name;
    near = bl_nearest(name, names, n);
    return bl_error(p->diag, near ? "%s: no clock is called '%s'; did you mean '%s'?" :
                    "%s: no clock is called '%s'; expected one declared under 'clocks'%s", where, name, near ? near : "");
}

/* ---- parts and wires */

/* How long the name of a part is at the front of "tile[3].mem.jitter": the longest that is declared, or, for the
 * message, the longest that could be one; 0: none could. */
static size_t head_of(struct bl_platform *p, const char *text)
{
    size_t all = text_names(text), n;

    if (text[all] != '[')
        while (all && text[all] != '.')
            all--;
    for (n = all; n; n--) {
        if (n < all && text[n] != '.')
            continue;
        char *name = text_keep(p, text, n);
        if (!name || plan_part(p, name))
            break;
    }
    return n ? n : all;
}

/* "dot[*].count": keys of a part in the file that are no parameters. */
static int check_structure(struct text_in *in, size_t head)
{
    static const char *const keys[] = { "class", "count", "clock" };
    const char *behind = in->text + head;
    char *name = text_keep(in->p, in->text, head);
    const struct part_plan *part = name ? plan_part(in->p, name) : NULL;

    behind += *behind == '[' ? strcspn(behind, "]") + 1 : 0;
    for (size_t i = 0; part && *behind == '.' && i < COUNT(keys); i++)
        if (strcmp(behind + 1, keys[i]) == 0)
            return text_error(in, behind, "'%s' of '%s' is structure, not a parameter; edit it in the file, at %s", keys[i], name,
                              part->where);
    return 0;
}

/* Splits ".mem[0].jitter" at its last dot: what is below the part, and the parameter. */
static int below_and_param(struct text_in *in, struct set_plan *set)
{
    const char *rest = in->at + 1, *dot = *in->at == '.' ? strrchr(in->at, '.') : NULL;

    if (!dot || text_word(dot + 1) == 0)
        return text_error(in, in->at, "expected '.' and the name of a parameter");
    if (text_word(dot + 1) != strlen(dot + 1))
        return text_error(in, dot, "'%s' is no name of a parameter", dot + 1);
    size_t n = dot < rest ? 0 : (size_t)(dot - rest);
    if (!(set->below = text_keep(in->p, rest, n)) || !(set->param = text_keep(in->p, dot + 1, strlen(dot + 1))))
        return -1;
    return 0;
}

/* "x", "x[2]": a port, and nothing behind it. */
static bool is_port(const char *text)
{
    size_t n = text_word(text);

    return n && (!text[n] || (text[n] == '[' && strchr(text + n, ']') && !strchr(text + n, ']')[1]));
}

/* A wire that ends there: of this file, or of the one that uses it, when this one exports that port. */
static int set_wire(struct bl_platform *p, struct set_text *given, struct wire_set *wire, const char *what)
{
    bool is_up = false;

    wire->where = given->where;
    int found = plan_set_wires(p, wire, what, given->value);
    for (const struct export_plan *x = p->exports; !found && p->outer && x < p->exports + p->nexports; x++)
        for (size_t k = 0; k < x->nto; k++)
            is_up |= may_end_at(&x->to[k], wire);
    if (!is_up)
        return found;
    struct wire_set *up = bl_yaml_keep(p->doc, 1, sizeof *up);
    if (!up)
        return -1;
    *up = *wire;
    given->behind = up;
    given->is_up = true;
    return 1;
}

static int set_part(struct bl_platform *p, struct set_text *given)
{
    const char *text = given->path;
    struct text_in in = { .p = p, .text = text, .at = text, .where = given->where };
    struct set_plan *set = &p->sets[p->nsets];
    size_t head = head_of(p, text);

    if (head == 0)
        return text_error(&in, text, "expected a parameter, like 'tree[3].NAME'");
    if (check_structure(&in, head) < 0 || text_elements(&in, head, &set->pick) < 0 || below_and_param(&in, set) < 0)
        return -1;
    bool is_wire = strcmp(set->param, "depth") == 0 || strcmp(set->param, "sync") == 0;
    if (is_wire && is_port(set->below)) {
        struct wire_set wire = { .pick = set->pick };
        struct text_in port = { .p = p, .text = set->below, .at = set->below, .where = given->where };
        int found = text_port(&port, &wire.port) < 0 ? -1 : set_wire(p, given, &wire, set->param);
        if (found)
            return found < 0 ? -1 : 0;
    }
    if (strpbrk(set->below, "*") || strstr(set->below, ".."))
        return text_error(&in, in.at + 1, "'%s' is inside a composite, where each part is named by itself, like 'mem[0]'", set->below);
    set->value = given->value;
    set->where = given->where;
    p->nsets++;
    return 0;
}

/* ---- parts that are files */

/* Is "x.depth", "req[1].sync" a wire at a port that this file exports, and no part of it? */
static bool is_at_export(struct bl_platform *p, const char *text)
{
    size_t n = text_word(text);
    const char *behind = text + n + (text[n] == '[' ? strcspn(text + n, "]") + 1 : 0);
    char *name = n ? text_keep(p, text, n) : NULL;

    return name && (strcmp(behind, ".depth") == 0 || strcmp(behind, ".sync") == 0) && !plan_part(p, name) && plan_export(p, name);
}

/* The part at the front, when it is a file; `in` stands there. */
static const struct part_plan *use_of(struct bl_platform *p, const struct set_text *given, struct text_in *in, size_t *head)
{
    char *name = NULL;

    *in = (struct text_in){ .p = p, .text = given->path, .at = given->path, .where = given->where };
    if (strpbrk(given->path, ".[") && (*head = head_of(p, given->path)))
        name = text_keep(p, given->path, *head);
    const struct part_plan *part = name ? plan_part(p, name) : NULL;
    return part && part->use ? part : NULL;
}

static int check_use_structure(struct text_in *in, const struct part_plan *part)
{
    static const char *const keys[] = { "use", "count", "clock", "clocks", "expect" };

    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(in->at + 1, keys[i]) == 0)
            return text_error(in, in->at, "'%s' of '%s' is structure, not a parameter; edit it in the file, at %s", keys[i], part->name,
                              part->use->at);
    if (strncmp(in->at, ".clock.", 7) == 0)
        return text_error(in, in->at, "the clocks of %s are bound to those of this platform; set clock.NAME, which is its own", part->use->file);
    return 0;
}

static int give_to_use(struct bl_platform *p, const struct set_text *given, struct text_in *in, const struct part_plan *part, size_t head)
{
    struct use_plan *use = part->use;
    struct pick pick = { 0 };

    if (text_elements(in, head, &pick) < 0)
        return -1;
    if (*in->at != '.' || !text_word(in->at + 1))
        return text_error(in, in->at, "expected '.' and the name of a parameter");
    if (check_use_structure(in, part) < 0)
        return -1;
    if (!use->sets && !(use->sets = bl_yaml_keep(p->doc, p->ngiven_sets, sizeof *use->sets)))
        return -1;
    use->sets[use->nsets++] = (struct set_use){ pick, { .path = in->at + 1, .value = given->value, .where = given->where } };
    return 0;
}

int plan_sets_of_uses(struct bl_platform *p)
{
    int status = 0;

    for (size_t i = 0; p->by_name && i < p->ngiven_sets; i++) {
        struct text_in in;
        size_t head;
        const struct part_plan *part = use_of(p, &p->given_sets[i], &in, &head);
        if (!part)
            continue;
        p->given_sets[i].is_gone = true;
        status |= give_to_use(p, &p->given_sets[i], &in, part, head);
    }
    return status;
}

/* Wires at ports that a used file exports are ours; or those of who uses us. */
static int take_from(struct bl_platform *p, const struct part_plan *part, uint32_t i)
{
    const struct bl_platform *of = part->use->of[i];

    for (size_t k = 0; of && k < of->ngiven_sets; k++) {
        const struct set_text *given = &of->given_sets[k];
        struct set_text own = *given;
        struct wire_set wire = { .pick = { .part = part, .first = i, .n = 1 }, .behind = given->behind };
        const char *dot = strrchr(given->path, '.');
        if (!given->is_up)
            continue;
        own.is_up = false;
        struct text_in in = { .p = p, .text = given->path, .at = given->path, .where = given->where };
        int found = !given->behind && text_port(&in, &wire.port) < 0 ? -1 : set_wire(p, &own, &wire, dot + 1);
        if (found > 0 && own.is_up)
            p->given_sets[p->ngiven_sets++] = own;      /* there is room for as many as all used ones have */
        if (found == 0)
            return bl_error(p->diag, "%s: no wire of the file ends at %s.%.*s, so it has no %s to set", given->where, part->name,
                            (int)(dot - given->path), given->path, dot + 1);
        if (found < 0)
            return -1;
    }
    return 0;
}

/* ---- all of them */

static int set_one(struct bl_platform *p, struct set_text *given)
{
    static const char *const words[] = { "voltage", "tech" };
    const char *names[64], *path = given->path;
    char list[500] = "";
    size_t n = 0;

    for (size_t i = 0; i < p->nvalues; i++) {
        if (strcmp(p->values[i].name, path) == 0)
            return 0;                       /* plan_values took it */
        if (n < COUNT(names) - COUNT(words))
            names[n++] = p->values[i].name;
    }
    if (p->outer && text_word(path) == strlen(path))
        return no_value(p->diag, given->where, file_base(p->path), path, bl_yaml_get(bl_yaml_root(p->doc), "params"));
    if (is_at_export(p, path) && p->outer) {
        given->is_up = true;
        return 0;
    }
    if (!p->outer && strcmp(path, "voltage") == 0)
        return plan_volts(p, given->value, given->where);
    if (!p->outer && strcmp(path, "tech") == 0) {
        p->tech_name = given->value;
        p->tech_is_set = true;
        p->tech_where = given->where;
        return 0;
    }
    if (!p->outer && strncmp(path, "clock.", 6) == 0)
        return set_clock(p, path + 6, given->value, given->where);
    if (strchr(path, '.'))
        return set_part(p, given);
    for (size_t i = 0; i < COUNT(words); i++)
        names[n++] = words[i];
    const char *near = bl_nearest(path, names, n);
    if (near)
        return bl_error(p->diag, "%s: '%s' cannot be set; did you mean '%s'?", given->where, path, near);
    for (size_t i = 0; i < p->nvalues && strlen(list) < sizeof list - 80; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%.64s", i ? ", " : "a parameter of the file (", p->values[i].name);
    return bl_error(p->diag, "%s: '%s' cannot be set; expected %s%sPART.PARAM, PART[*].PARAM, PART.PORT.depth, clock.NAME, "
                    "voltage or tech", given->where, path, list, p->nvalues ? "), " : "");
}

int plan_sets(struct bl_platform *p)
{
    size_t own = p->ngiven_sets, from_uses = 0;
    int status = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0; part->use && part->use->of && i < part->count; i++)
            from_uses += part->use->of[i] ? part->use->of[i]->ngiven_sets : 0;
    struct set_text *given = bl_yaml_keep(p->doc, own + from_uses, sizeof *given);
    if (!given || !(p->sets = bl_yaml_keep(p->doc, own, sizeof *p->sets)) ||
        !(p->wire_sets = bl_yaml_keep(p->doc, own + from_uses, sizeof *p->wire_sets)))
        return -1;
    if (own)
        memcpy(given, p->given_sets, own * sizeof *given);
    p->given_sets = given;
    for (size_t i = 0; i < own; i++)
        if (!p->given_sets[i].is_gone)
            status |= set_one(p, &p->given_sets[i]);
    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0; part->use && part->use->of && i < part->count; i++)
            if (take_from(p, part, i) < 0) {
                status = -1;
                break;                      /* what is wrong in one element is so in all */
            }
    return status;
}

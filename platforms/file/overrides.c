/* overrides.c - what the command line changes in a platform file: parameters of parts and of what composites hold,
 * depths of channels, clocks, the supply and the technology. */
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
    if (n && (strpbrk(set->below, "*") || strstr(set->below, "..")))
        return text_error(in, rest, "'%s' is inside a composite, where each part is named by itself, like 'mem[0]'", set->below);
    return 0;
}

static int set_part(struct bl_platform *p, const char *text, const char *where, const char *value)
{
    struct text_in in = { .p = p, .text = text, .at = text, .where = where };
    struct set_plan *set = &p->sets[p->nsets];
    size_t head = head_of(p, text);

    if (head == 0)
        return text_error(&in, text, "expected a parameter, like 'tree[3].NAME'");
    if (check_structure(&in, head) < 0 || text_elements(&in, head, &set->pick) < 0 || below_and_param(&in, set) < 0)
        return -1;
    bool depth = strcmp(set->param, "depth") == 0;
    if (text_word(set->below) && text_word(set->below) == strlen(set->below) && (depth || strcmp(set->param, "sync") == 0)) {
        struct wire_set wire = { .pick = set->pick, .port = set->below };
        int found = plan_set_wires(p, &wire, set->param, value, where);
        if (found)
            return found < 0 ? -1 : 0;
    }
    set->value = value;
    set->where = where;
    p->nsets++;
    return 0;
}

/* ---- all of them */

static int set_one(struct bl_platform *p, const char *text)
{
    static const char *const words[] = { "voltage", "tech" };
    size_t n = strlen(text) + 1;
    char *own = bl_yaml_keep(p->doc, n, 1), *where = bl_yaml_keep(p->doc, n + 16, 1);

    if (!own || !where)
        return -1;
    memcpy(own, text, n);
    snprintf(where, n + 16, "--set '%s'", text);
    char *value = strchr(own, '=');
    if (!value || value == own || !value[1])
        return bl_error(p->diag, "%s: expected PATH=VALUE, like 'gen[3].every=2' or 'clock.core=250 MHz'", where);
    *value++ = '\0';
    if (strcmp(own, "voltage") == 0)
        return plan_volts(p, value, where);
    if (strcmp(own, "tech") == 0) {
        p->tech_name = value;
        p->tech_is_set = true;
        p->tech_where = where;
        return 0;
    }
    if (strncmp(own, "clock.", 6) == 0)
        return set_clock(p, own + 6, value, where);
    if (strchr(own, '.'))
        return set_part(p, own, where, value);
    const char *near = bl_nearest(own, words, COUNT(words));
    if (near)
        return bl_error(p->diag, "%s: '%s' cannot be set; did you mean '%s'?", where, own, near);
    return bl_error(p->diag, "%s: '%s' cannot be set; expected PART.PARAM, PART[*].PARAM, PART.PORT.depth, clock.NAME, "
                    "voltage or tech", where, own);
}

int plan_sets(struct bl_platform *p, const struct bl_set_opt *sets, size_t n)
{
    int status = 0;

    if (!(p->sets = bl_yaml_keep(p->doc, n, sizeof *p->sets)) || !(p->wire_sets = bl_yaml_keep(p->doc, n, sizeof *p->wire_sets)))
        return -1;
    for (size_t i = 0; i < n; i++)
        status |= set_one(p, sets[i].text);
    return status;
}

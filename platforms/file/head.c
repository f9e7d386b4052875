/* head.c - the head of a platform file: its name, clocks, supply, and what it names of others. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- clocks */

static int clock_period(struct bl_platform *p, const struct bl_yaml *v, struct clock_plan *c)
{
    const char *text = bl_yaml_text(p->doc, v, "the period"), *where = text ? bl_yaml_where(p->doc, v, 0) : NULL;

    if (!text || value_is_told(v) || bl_parse_time(text, &c->period, p->diag, where) < 0)
        return -1;
    return c->period ? 0 : bl_yaml_error(p->doc, v, 0, "the period of a clock is 0; expected one like '5 ns' or '200 MHz'");
}

static int clock_plan(struct bl_platform *p, const struct bl_yaml *v, struct clock_plan *c)
{
    static const char *const known[] = { "period", "phase" };

    c->name = v->key->text;
    c->where = bl_yaml_where(p->doc, v->key, 0);
    if (c->name[strspn(c->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
        return bl_yaml_error(p->doc, v->key, 0, "'%s' is no name for a clock; expected letters, digits and '_'", c->name);
    if (v->kind != BL_YAML_MAP)
        return clock_period(p, v, c);
    const struct bl_yaml *period = bl_yaml_get(v, "period"), *phase = bl_yaml_get(v, "phase");
    if (bl_yaml_known(p->doc, v, "a clock", known, COUNT(known)) < 0)
        return -1;
    if (!period)
        return bl_yaml_error(p->doc, v, 0, "clock '%s' has no 'period'; expected one like 'period: 5 ns'", c->name);
    if (clock_period(p, period, c) < 0 || !phase)
        return phase ? -1 : 0;
    const char *text = bl_yaml_text(p->doc, phase, "the phase");
    return text && !value_is_told(phase) ? bl_parse_time(text, &c->phase, p->diag, bl_yaml_where(p->doc, phase, 0)) : -1;
}

int plan_clocks(struct bl_platform *p, const struct bl_yaml *clocks)
{
    int status = 0;

    if (bl_yaml_is(p->doc, clocks, BL_YAML_MAP, "'clocks'", "'{ core: 200 MHz }'") < 0 ||
        !(p->clocks = bl_yaml_keep(p->doc, clocks->n, sizeof *p->clocks)))
        return -1;
    for (const struct bl_yaml *v = clocks->first; v; v = v->next)
        status |= clock_plan(p, v, &p->clocks[p->nclocks++]);
    return status;
}

/* ---- the head of the file */

int plan_volts(struct bl_platform *p, const char *text, const char *where)
{
    if (bl_parse_volts(text, &p->microvolts, p->diag, where) < 0)
        return -1;
    if (p->microvolts < 1e3 || p->microvolts > 1e8)
        return bl_error(p->diag, "%s: a supply of '%s'; expected 1 mV to 100 V", where, text);
    return 0;
}

/* The text of an optional key of the root. */
static int head_text(struct bl_platform *p, const char *key, const char **text, const char **where)
{
    const struct bl_yaml *v = bl_yaml_get(p->tree, key);
    char what[32];

    snprintf(what, sizeof what, "'%s'", key);
    if (v && !(*text = bl_yaml_text(p->doc, v, what)))
        return -1;
    if (v && where)
        *where = bl_yaml_where(p->doc, v, 0);
    return 0;
}

int plan_head(struct bl_platform *p)
{
    const char *volts = NULL, *where = NULL;
    int status = head_text(p, "platform", &p->name, NULL) | head_text(p, "about", &p->about, NULL) |
                 head_text(p, "mapper", &p->mapper, &p->where_mapper) | head_text(p, "voltage", &volts, &where) |
                 head_text(p, "tech", &p->tech_name, &p->tech_where);

    if (!bl_yaml_get(bl_yaml_root(p->doc), "platform"))
        status = bl_error(p->diag, "%s:1:1: the file has no 'platform'; expected 'platform: NAME' at its top", p->path);
    if (volts && !value_is_told(bl_yaml_get(p->tree, "voltage")))
        status |= plan_volts(p, volts, where);
    return status;
}

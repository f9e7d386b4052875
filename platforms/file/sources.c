/* sources.c - `sources:`, where the values of a platform come from: each with its tag, its source, and the value that stands there. */
#include "platforms/file/plan.h"
#include "platforms/file/stated.h"
#include "platforms/file/tech_in.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- read */

static int source_row(struct bl_platform *p, const struct bl_yaml *row, struct bl_source *to)
{
    static const char *const known[] = { "value", "tag", "source" };

    to->name = row->key->text;
    to->where = bl_yaml_where(p->doc, row->key, 0);
    if (bl_yaml_is(p->doc, row, BL_YAML_MAP, "a source", "'{ value: 2, tag: fact, source: \"...\" }'") < 0)
        return -1;
    int status = bl_yaml_known(p->doc, row, "a source", known, COUNT(known));
    for (size_t k = 0; k < COUNT(known); k++)
        if (!bl_yaml_get(row, known[k]))
            status = bl_yaml_error(p->doc, row, 0, "the source of '%s' has no '%s'; expected value, tag and source", to->name, known[k]);
    if (status < 0)
        return -1;
    const struct bl_yaml *value = bl_yaml_get(row, "value");
    status = tech_tag(p->doc, bl_yaml_get(row, "tag"), &to->tag);
    if (value->kind == BL_YAML_MAP)
        status = bl_yaml_error(p->doc, value, 0, "the value is a map; expected a value or a list like '[8, 9]'");
    else if (!(to->value = value_as_text(p, value)))
        status = -1;
    return (to->source = bl_yaml_text(p->doc, bl_yaml_get(row, "source"), "the source")) ? status : -1;
}

int plan_sources(struct bl_platform *p, const struct bl_yaml *rows)
{
    int status = 0;

    if (bl_yaml_is(p->doc, rows, BL_YAML_MAP, "'sources'", "lines like 'adc.rho: { value: 2, tag: free, source: \"...\" }'") < 0 ||
        !(p->sources = bl_yaml_keep(p->doc, rows->n, sizeof *p->sources)))
        return -1;
    for (const struct bl_yaml *row = rows->first; row; row = row->next)
        status |= source_row(p, row, &p->sources[p->nsources++]);
    return status;
}

size_t bl_platform_sources(const struct bl_platform *p) { return p->nsources; }
const struct bl_source *bl_platform_source(const struct bl_platform *p, size_t i) { return &p->sources[i]; }

/* ---- the values in force */

/* What is looked for, and found so far: the first value, or the first that is not the one stated. */
struct sought { const char *path, *param, *stated; size_t n; char *buf; bool found, same; };      /* n: characters of the path */

static void see(struct sought *x, const char *value)
{
    bool same = bl_stated_is(value, x->stated);

    if (x->found && (same || !x->same))
        return;
    snprintf(x->buf, BL_SOURCE_VALUE, "%s", value);
    x->found = true;
    x->same = same;
}

static void see_clocks(struct sought *x, const struct bl_sim *s)
{
    char text[40];

    for (size_t i = 0; i < bl_clock_count(s); i++) {
        struct bl_clock_row c;
        bl_clock_at(s, i, &c);
        if (strcmp(c.name, x->param) == 0)
            see(x, bl_time_text(c.period_fs, text));
    }
}

/* Is `path` the part that is sought, an element of it, or some, "core[0..3]"? */
static bool is_of(const char *path, const struct sought *x)
{
    if (strncmp(path, x->path, x->n) || (path[x->n] && path[x->n] != '['))
        return false;
    const char *end = strchr(path + x->n, ']');
    return !path[x->n] || (end && !end[1]);
}

static void see_parts(struct sought *x, struct bl_sim *s)
{
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row part;
        struct bl_param_row row;
        bl_part_at(s, i, &part);
        if (part.cls && is_of(part.path, x) && bl_param_named(s, part.path, part.cls, x->param, &row))
            see(x, row.value);
    }
}

/* The platform's own parameters, and those of the files that it uses. */
static void see_use(void *ctx, const struct bl_use_row *row)
{
    struct sought *x = ctx;

    for (size_t i = 0; is_of(row->path, x) && i < row->nparams; i++)
        if (strcmp(row->params[i].name, x->param) == 0)
            see(x, row->params[i].value);
}

const char *bl_source_found(const struct bl_platform *p, struct bl_sim *s, size_t i, char buf[BL_SOURCE_VALUE], bool *same)
{
    const struct bl_source *r = &p->sources[i];
    const char *dot = strrchr(r->name, '.');
    struct sought x = { .path = r->name, .n = dot ? (size_t)(dot - r->name) : 0, .param = dot ? dot + 1 : r->name, .stated = r->value, .buf = buf };
    char volts[40];

    if (!dot && strcmp(r->name, "voltage") == 0 && p->microvolts > 0) {
        snprintf(volts, sizeof volts, "%.15g V", p->microvolts / 1e6);
        see(&x, volts);
    } else if (x.n == 5 && strncmp(x.path, "clock", x.n) == 0) {
        see_clocks(&x, s);
    } else {
        bl_platform_uses(p, see_use, &x);
        if (dot)
            see_parts(&x, s);
    }
    *same = x.same;
    return x.found ? buf : NULL;
}

int bl_sources_resolve(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag)
{
    char buf[BL_SOURCE_VALUE];
    bool same;
    int status = 0;

    for (size_t i = 0; i < p->nsources; i++) {
        const unsigned before = p->diag ? p->diag->errors : 0;
        if (bl_source_found(p, s, i, buf, &same))
            continue;
        if (p->diag && p->diag->errors != before)
            return -1;                     /* without memory nothing is found */
        status = bl_error(diag, "%s: 'sources' names '%s', and there is no such parameter; expected PART.PARAM, a parameter of the file, "
                          "clock.NAME or voltage (`bitline show` lists what is there)", p->sources[i].where, p->sources[i].name);
    }
    return status;
}

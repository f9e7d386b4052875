/* use.c - parts that are files: `core: { use: dimc.yaml, count: 2, cols: 32 }`. Gives the parameters of the file their values and its
 * clocks ours, and plans it, once for all instances that are alike. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- the row */

static const struct bl_yaml *part_of_file(const struct used_file *f, const char *key)
{
    return f->doc ? bl_yaml_get(bl_yaml_root(f->doc), key) : NULL;
}

static bool is_ours(const char *key)
{
    static const char *const keys[] = { "use", "count", "clock", "clocks", "expect", "class" };

    for (size_t i = 0; i < COUNT(keys); i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* The values of the row are of one part, or of all that are alike, and the file has such parameters. */
static int check_values_of(struct bl_platform *p, const struct part_plan *part)
{
    const struct use_plan *use = part->use;
    const struct bl_yaml *params = part_of_file(use->found, "params");
    int status = 0;

    for (const struct bl_yaml *v = use->row->first; v && use->found->doc; v = v->next) {
        if (is_ours(v->key->text))
            continue;
        if (!params || !bl_yaml_get(params, v->key->text))
            status |= no_value(p->diag, bl_yaml_where(p->doc, v->key, 0), use->file, v->key->text, params);
        for (const struct bl_yaml *e = v->kind == BL_YAML_LIST ? v->first : v; e; e = v->kind == BL_YAML_LIST ? e->next : NULL) {
            if (e->kind != BL_YAML_TEXT || (!*e->text && !e->quoted))
                status |= bl_yaml_error(p->doc, e, 0, "parameter '%s' is %s; expected a value or a list of values", v->key->text,
                                        e->kind == BL_YAML_TEXT ? "empty" : "a map or a list of lists");
            else if (value_is_told(e))
                status = -1;
            else if (strcmp(e->text, plan_index) == 0 && !part->is_array)
                status |= bl_yaml_error(p->doc, e, 0, "parameter '%s' is '%s', but this is a single part; give it a 'count', or a value",
                                        v->key->text, e->text);
        }
    }
    return status;
}

static int read_row(struct bl_platform *p, struct part_plan *part, const struct bl_yaml *v)
{
    struct use_plan *use = part->use;
    const struct bl_yaml *expect = bl_yaml_get(use->row, "expect");
    const char *text = bl_yaml_text(p->doc, v, "the file to use"), *says = expect ? bl_yaml_text(p->doc, expect, "'expect'") : "true";
    struct bl_found at = { 0 };

    if (!text || value_is_told(v) || !says)
        return -1;
    if (strcmp(says, "true") != 0 && strcmp(says, "false") != 0)
        return bl_yaml_error(p->doc, expect, 0, "'expect' is '%s'; expected true, or false to leave out what that file expects", says);
    use->expects = strcmp(says, "true") == 0;
    while (!strncmp(text, "./", 2))
        text += 2;
    use->file = text_keep(p, file_base(text), strlen(file_base(text)));
    if (!use->file || !p->reads)
        return use->file ? 0 : -1;
    if (find_used(p, use, text, &at) < 0)
        return -1;
    if (check_chain(p, use, at.path) < 0) {
        bl_found_fini(&at);
        return -1;
    }
    if (!(use->found = used_file_of(p, use, &at)))
        return -1;
    if (check_values_of(p, part) == 0)
        return 0;
    use->found = NULL;                      /* with other values its own errors would be others */
    return -1;
}

int plan_use(struct bl_platform *p, const struct bl_yaml *row, struct part_plan *part)
{
    const struct bl_yaml *v = bl_yaml_get(row, "use");
    struct use_plan *use = part->use = bl_yaml_keep(p->doc, 1, sizeof *use);

    if (!use)
        return -1;
    *use = (struct use_plan){ .row = row, .at = bl_yaml_where(p->doc, row->key, 0), .where = bl_yaml_where(p->doc, v, 0),
                              .clock = bl_yaml_get(row, "clock"), .clocks = bl_yaml_get(row, "clocks") };
    part->where = use->where;
    if (use->clock && use->clocks)
        return bl_yaml_error(p->doc, use->clocks->key, 0, "'clock' and 'clocks' exclude each other; expected 'clocks: { ITS: OURS }' alone");
    return read_row(p, part, v);
}

/* ---- clocks */

static const char *known_clock(struct bl_platform *p, const struct bl_yaml *v)
{
    const char *names[64], *text = bl_yaml_text(p->doc, v, "the clock"), *near;
    size_t n = 0;

    for (size_t i = 0; text && i < p->nclocks; i++) {
        if (strcmp(p->clocks[i].name, text) == 0)
            return p->clocks[i].name;
        if (n < COUNT(names))
            names[n++] = p->clocks[i].name;
    }
    if (!text || value_is_told(v))
        return NULL;
    near = bl_nearest(text, names, n);
    bl_yaml_error(p->doc, v, 0, near ? "no clock is called '%s'; did you mean '%s'?" : "no clock is called '%s'; declare it under 'clocks'%s", text,
                  near ? near : "");
    return NULL;
}

const char *use_clock(const struct bl_platform *p, const struct part_plan *part, const char *its)
{
    const struct use_plan *use = part->use;
    const struct bl_yaml *v = use->clock ? use->clock : use->clocks ? bl_yaml_get(use->clocks, its) : NULL;
    const char *ours = v ? v->text : its;

    for (size_t i = 0; i < p->nclocks; i++)
        if (strcmp(p->clocks[i].name, ours) == 0)
            return p->clocks[i].name;
    return NULL;
}

/* Each clock of the file is one of ours, and each that the row names is one of the file. */
static int bind_clocks(struct bl_platform *p, const struct part_plan *part)
{
    const struct use_plan *use = part->use;
    const struct bl_yaml *its = part_of_file(use->found, "clocks");
    size_t n = its && its->kind == BL_YAML_MAP ? its->n : 0;
    int status = 0;

    if (!use->found->doc)
        return 0;
    if (use->clocks && bl_yaml_is(p->doc, use->clocks, BL_YAML_MAP, "'clocks'", "'{ ITS: OURS }'") < 0)
        return -1;
    if (use->clock && n != 1)
        return bl_yaml_error(p->doc, use->clock, 0, n ? "%s has %zu clocks; expected 'clocks: { ITS: OURS, .. }'" :
                             "%s has no clock that could be this one; leave 'clock' out%.0zu", use->file, n);
    if (use->clock)
        return known_clock(p, use->clock) || value_is_told(use->clock) ? 0 : -1;
    for (const struct bl_yaml *v = use->clocks ? use->clocks->first : NULL; v; v = v->next) {
        if (!n || !bl_yaml_get(its, v->key->text))
            status |= bl_yaml_error(p->doc, v->key, 0, "%s has no clock '%s'; expected one of its own in front of ':'", use->file, v->key->text);
        status |= known_clock(p, v) || value_is_told(v) ? 0 : -1;
    }
    for (const struct bl_yaml *v = n ? its->first : NULL; v; v = v->next) {
        if (use_clock(p, part, v->key->text) || (use->clocks && bl_yaml_get(use->clocks, v->key->text)))
            continue;
        status |= n == 1 ? bl_error(p->diag, "%s: clock '%s' of %s is bound to nothing; add 'clock: NAME'", use->at, v->key->text, use->file) :
                  bl_error(p->diag, "%s: clock '%s' of %s is bound to nothing; add 'clocks: { %s: NAME }'", use->at, v->key->text, use->file,
                           v->key->text);
    }
    return status;
}

/* ---- one plan for all that are alike */

static void put(char **at, const char *end, const char *text)
{
    size_t n = strlen(text) + 1;

    if (*at && n <= (size_t)(end - *at))
        *at = (char *)memcpy(*at, text, n) + n - 1;
}

/* "FILE\ncols=72\n\n--set array.x.depth=4": equal for equal plans. */
static char *key_of(const struct used_file *f, const struct given *given, size_t ngiven, const struct set_text *sets, size_t nsets)
{
    size_t room = strlen(f->at.path) + 8;

    for (size_t i = 0; i < ngiven; i++)
        room += strlen(given[i].name) + strlen(given[i].text) + 4;
    for (size_t i = 0; i < nsets; i++)
        room += strlen(sets[i].path) + strlen(sets[i].value) + strlen(sets[i].where) + 4;
    char *key = calloc(room, 1), *at = key, *end = key ? key + room : NULL;
    for (size_t i = 0; i < ngiven; i++) {
        put(&at, end, given[i].name);
        put(&at, end, given[i].value->kind == BL_YAML_LIST ? "=l" : "=");
        put(&at, end, given[i].text);
        put(&at, end, "\n");
    }
    for (size_t i = 0; i < nsets; i++) {
        put(&at, end, sets[i].path);
        put(&at, end, "=");
        put(&at, end, sets[i].value);
        put(&at, end, "\n");
        put(&at, end, sets[i].where);
    }
    put(&at, end, f->at.path);
    return key;
}

static struct made *made_before(const struct bl_platform *first, const char *key)
{
    for (struct made *m = first->made; m; m = m->next)
        if (strcmp(m->key, key) == 0)
            return m;
    return NULL;
}

/* The plan of the file with these values; `key` is given away. */
static struct bl_platform *plan_of(struct bl_platform *p, const struct part_plan *part, uint32_t i, char *key, const struct given *given,
                                   size_t ngiven, const struct set_text *sets, size_t nsets)
{
    const struct use_plan *use = part->use;
    struct made *m = key ? made_before(p->first, key) : NULL;
    size_t room = strlen(part->name) + strlen(use->at) + strlen(p->chain) + 40;
    char *chain;

    if (m || !key || !(chain = bl_yaml_keep(p->doc, room, 1)) || !(m = calloc(1, sizeof *m))) {
        free(key);
        return m ? m->plan : NULL;
    }
    if (part->is_array)
        snprintf(chain, room, ", used as %s[%u] at %s%s", part->name, i, use->at, p->chain);
    else
        snprintf(chain, room, ", used as %s at %s%s", part->name, use->at, p->chain);
    *m = (struct made){ .next = p->first->made, .key = key };
    p->first->made = m;
    if (++p->first->nmade > PLAN_MOST_PLANS) {
        bl_error(p->diag, "%s: files are used in more than %d ways, each with other values; give them fewer", use->where, PLAN_MOST_PLANS);
        return NULL;
    }
    m->plan = plan_file(use->found->at.path, use->found->bytes, use->found->n, sets, nsets, true, p, chain, given, ngiven, NULL, p->first->diag);
    return m->plan;
}

/* Element i: its values, the --sets that concern it, its plan. */
static struct bl_platform *plan_element(struct bl_platform *p, const struct part_plan *part, uint32_t i)
{
    const struct use_plan *use = part->use;
    struct given *given = calloc(use->row->n + 1, sizeof *given);
    struct set_text *sets = calloc(use->nsets + 1, sizeof *sets);
    struct bl_platform *of = NULL;
    size_t n = 0, k = 0;
    bool whole = given && sets;

    for (const struct bl_yaml *v = whole ? use->row->first : NULL; v && whole; v = v->next)
        if (!is_ours(v->key->text)) {
            given[n] = (struct given){ .name = v->key->text, .where = bl_yaml_where(p->doc, v, 0), .value = value_at(p, v, i) };
            whole = given[n].value && (given[n].text = value_as_text(p, given[n].value));
            n++;
        }
    for (size_t s = 0; whole && s < use->nsets; s++)
        if (plan_picks(&use->sets[s].pick, part, i))
            sets[k++] = use->sets[s].set;
    if (whole)
        of = plan_of(p, part, i, key_of(use->found, given, n, sets, k), given, n, sets, k);
    free(given);
    free(sets);
    return of;
}

static bool has_index(const struct bl_yaml *v)
{
    bool has = v->kind == BL_YAML_TEXT && strcmp(v->text, plan_index) == 0;

    for (const struct bl_yaml *e = v->kind == BL_YAML_TEXT ? NULL : v->first; e; e = e->next)
        has |= has_index(e);
    return has;
}

static int plan_one_use(struct bl_platform *p, const struct part_plan *part)
{
    struct use_plan *use = part->use;
    bool alike = use->nsets == 0 && !has_index(use->row);
    int status = 0;

    if (!use->found)
        return p->reads ? -1 : 0;
    if (!(use->of = bl_yaml_keep(p->doc, part->count, sizeof(*use->of))))
        return -1;
    status = bind_clocks(p, part);
    for (uint32_t i = 0; i < part->count; i++) {
        use->of[i] = alike && i ? use->of[0] : plan_element(p, part, i);
        if (!use->of[i])
            return -1;                      /* what is wrong in one element mostly is so in all */
        p->nbelow += 1 + use->of[i]->nbelow;
        if (p->nbelow > PLAN_MOST_PARTS)
            return bl_error(p->diag, "%s: the files that are used have more than %d parts together; use fewer", use->at, PLAN_MOST_PARTS);
    }
    return status;
}

int plan_uses(struct bl_platform *p)
{
    int status = 0;

    for (struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        if (part->use && part->use->file)
            status |= plan_one_use(p, part);
        else if (p->outer && !part->use)
            p->nbelow += part->count;
    return status;
}

const struct bl_platform *used_plan(const struct part_plan *part, uint32_t i)
{
    return part && part->use && part->use->of && i < part->count ? part->use->of[i] : NULL;
}

void free_uses(struct bl_platform *p)
{
    for (struct made *m = p->made, *next; m; m = next) {
        next = m->next;
        bl_platform_free(m->plan);
        free(m->key);
        free(m);
    }
    for (struct used_file *f = p->files, *next; f; f = next) {
        next = f->next;
        bl_yaml_free(f->doc);
        bl_found_fini(&f->at);
        free(f->bytes);
        free(f);
    }
}

/* values.c - the parameters of a platform file: what `params` declares, the values given by a file that uses it and by the command line,
 * and $NAME, which stands for them. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
const char plan_index[] = "$index";

/* ---- what is declared */

static int check_value(struct bl_platform *p, const struct bl_yaml *v)
{
    const char *name = v->key->text;

    for (const struct bl_yaml *e = v->kind == BL_YAML_LIST ? v->first : v; e; e = v->kind == BL_YAML_LIST ? e->next : NULL) {
        if (e->kind != BL_YAML_TEXT || (!*e->text && !e->quoted))
            return bl_yaml_error(p->doc, e, 0, "params: '%s' is %s; expected a value or a list of values, like '64' or '[8, 9]'", name,
                                 e->kind == BL_YAML_TEXT ? "empty" : "a map or a list of lists");
        const char *dollar = strchr(e->text, '$');
        if (dollar)
            return bl_yaml_error(p->doc, e, (size_t)(dollar - e->text), "params: '%s' is '%s'; a preset is a plain value, without '$'", name,
                                 e->text);
    }
    return 0;
}

/* The value of a parameter that was refused: nobody says more about it. */
static const struct bl_yaml refused = { .kind = BL_YAML_TEXT, .text = "$" };

static int value_plan(struct bl_platform *p, const struct bl_yaml *v)
{
    static const char *const taken[] = { "index", "class", "use", "count", "clock", "clocks", "expect" }, *const ours[] = { "voltage", "tech" };
    const char *name = v->key->text;

    if (text_word(name) != strlen(name) || !*name)
        return bl_yaml_error(p->doc, v->key, text_word(name), "'%s' is no name for a parameter; expected letters, digits and '_'", name);
    for (size_t i = 0; i < COUNT(taken); i++)
        if (strcmp(taken[i], name) == 0)
            return bl_yaml_error(p->doc, v->key, 0, "no parameter may be called '%s', because that has a meaning in the row of a part", name);
    for (size_t i = 0; i < COUNT(ours); i++)
        if (strcmp(ours[i], name) == 0)
            return bl_yaml_error(p->doc, v->key, 0, "no parameter may be called '%s', because '--set %s=..' has a meaning of its own", name, name);
    struct value_plan *value = &p->values[p->nvalues++];
    *value = (struct value_plan){ name, bl_yaml_where(p->doc, v->key, 0), v, v, false };
    if (check_value(p, v) == 0)
        return 0;
    value->value = &refused;
    return -1;
}

static struct value_plan *value_of(const struct bl_platform *p, const char *name, size_t n)
{
    for (struct value_plan *v = p->values; v < p->values + p->nvalues; v++)
        if (strlen(v->name) == n && memcmp(v->name, name, n) == 0)
            return v;
    return NULL;
}

/* "cols=72" of the command line; a later one wins. Names without a parameter are left to plan_sets. */
static int set_value(struct bl_platform *p, const struct set_text *set)
{
    struct value_plan *v = value_of(p, set->path, strlen(set->path));
    struct bl_yaml *text = v ? bl_yaml_keep(p->doc, 1, sizeof *text) : NULL;

    if (!v)
        return 0;
    if (!text)
        return -1;
    if (strchr(set->value, '$'))
        return bl_error(p->diag, "%s: '%s' has a '$'; expected a plain value", set->where, set->value);
    *text = (struct bl_yaml){ .kind = BL_YAML_TEXT, .text = set->value, .from = set->where };
    v->value = text;
    v->is_given = true;
    return 0;
}

int plan_values(struct bl_platform *p, const struct given *given, size_t n)
{
    const struct bl_yaml *params = bl_yaml_get(bl_yaml_root(p->doc), "params");
    int status = 0;

    if (params && (bl_yaml_is(p->doc, params, BL_YAML_MAP, "'params'", "'{ cols: 64 }'") < 0 ||
                   !(p->values = bl_yaml_keep(p->doc, params->n, sizeof *p->values))))
        return -1;
    for (const struct bl_yaml *v = params ? params->first : NULL; v; v = v->next)
        status |= value_plan(p, v);
    for (size_t i = 0; i < n; i++) {
        struct value_plan *v = value_of(p, given[i].name, strlen(given[i].name));
        if (v) {                            /* who gives it asked for the names of this file before */
            v->value = given[i].value;
            v->is_given = true;
        }
    }
    for (size_t i = 0; i < p->ngiven_sets; i++)
        status |= set_value(p, &p->given_sets[i]);
    return status;
}

int no_value(struct bl_diag *diag, const char *where, const char *file, const char *name, const struct bl_yaml *params)
{
    const char *names[128] = { NULL }, *near;
    char list[200] = "";
    size_t n = 0;

    for (const struct bl_yaml *v = params && params->kind == BL_YAML_MAP ? params->first : NULL; v && n < COUNT(names); v = v->next)
        names[n++] = v->key->text;
    if ((near = bl_nearest(name, names, n)))
        return bl_error(diag, "%s: %s has no parameter '%s'; did you mean '%s'?", where, file, name, near);
    for (size_t i = 0; i < n; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", names[i]);
    return bl_error(diag, "%s: %s has no parameter '%s'; its parameters are %s", where, file, name, n ? list : "none");
}

/* ---- each '$' of the file */

struct dollars { struct bl_platform *p; bool *used; int status; };

static int unknown(struct dollars *d, const struct bl_yaml *v, size_t at, const char *name)
{
    struct bl_platform *p = d->p;
    const char *names[128] = { NULL }, *near;
    size_t n = 0;

    p->is_vague = true;
    if (strcmp(name, plan_index + 1) == 0)
        return bl_yaml_error(p->doc, v, at, "'$index' stands only in the row of a part");
    for (size_t i = 0; i < p->nvalues && n < COUNT(names); i++)
        names[n++] = p->values[i].name;
    if (n < COUNT(names))
        names[n++] = plan_index + 1;
    if ((near = bl_nearest(name, names, n))) {
        const struct value_plan *meant = value_of(p, near, strlen(near));
        if (meant)
            d->used[meant - p->values] = true;
        return bl_yaml_error(p->doc, v, at, "'$%s' is not known; did you mean '$%s'?", name, near);
    }
    return bl_yaml_error(p->doc, v, at, "'$%s' is not known; expected '$index', or a name declared under 'params'", name);
}

/* Looks at the '$' at v->text + at: how many characters its name has. */
static size_t look_at(struct dollars *d, const struct bl_yaml *v, size_t at, bool is_line)
{
    const char *text = v->text, *name = text + at + 1;
    size_t n = text_word(name);
    bool alone = is_line ? (at == 0 || strchr(" [.=<>", text[at - 1])) && (!name[n] || strchr(" ].", name[n])) : at == 0 && !name[n];

    if (n == 0 || !alone) {
        d->p->is_vague = true;
        d->status |= bl_yaml_error(d->p->doc, v, at, is_line ? "'%s' has a '$'; '$NAME' stands there for a whole number alone, nothing is joined to it" :
                                   "the value is '%s'; '$NAME' stands for a whole value or element alone, nothing is joined to it", text);
        return n;
    }
    struct value_plan *value = value_of(d->p, name, n);
    if (value)
        d->used[value - d->p->values] = true;
    else if (is_line || n + 1 != sizeof plan_index - 1 || memcmp(name, plan_index + 1, n) != 0) {
        char *own = text_keep(d->p, name, n);
        d->status |= own ? unknown(d, v, at, own) : -1;
    }
    return n;
}

static void look_below(struct dollars *d, const struct bl_yaml *v, bool is_line)
{
    for (const struct bl_yaml *e = v->kind == BL_YAML_TEXT ? NULL : v->first; e; e = e->next)
        look_below(d, e, is_line);
    for (size_t at = 0; v->kind == BL_YAML_TEXT && v->text[at += strcspn(v->text + at, "$")]; at++)
        at += look_at(d, v, at, is_line);
}

/* Keys of the file below which '$' is a character like others, and those that hold lines. */
static const char *const plain[] = { "platform", "about", "modules", "mapper", "params" }, *const lines[] = { "wires", "ports", "expect" };

static bool is_among(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

int check_values(struct bl_platform *p)
{
    struct dollars d = { p, calloc(p->nvalues + 1, sizeof(bool)), 0 };

    if (!d.used)
        return bl_error(p->diag, "%s: no memory for its parameters", p->path);
    for (const struct bl_yaml *v = bl_yaml_root(p->doc)->first; v; v = v->next)
        if (!is_among(v->key->text, plain, COUNT(plain)))
            look_below(&d, v, is_among(v->key->text, lines, COUNT(lines)));
    for (size_t i = 0; i < p->nvalues; i++)
        if (!d.used[i])
            d.status |= bl_error(p->diag, "%s: params: '%s' is used nowhere", p->values[i].where, p->values[i].name);
    free(d.used);
    return d.status;
}

/* ---- values in their places */

bool value_is_told(const struct bl_yaml *v) { return v->kind == BL_YAML_TEXT && strchr(v->text, '$') && strcmp(v->text, plan_index) != 0; }

/* A copy that stands where `at` does. */
static struct bl_yaml *copy_at(struct bl_platform *p, const struct bl_yaml *v, const struct bl_yaml *at)
{
    struct bl_yaml *to = bl_yaml_keep(p->doc, 1, sizeof *to), **last;

    if (!to)
        return NULL;
    *to = *v;
    to->line = at->line;
    to->col = at->col;
    to->exact = false;
    to->key = at->key;
    to->next = NULL;
    to->first = NULL;
    last = (struct bl_yaml **)(uintptr_t)&to->first;
    for (const struct bl_yaml *e = v->kind == BL_YAML_LIST ? v->first : NULL; e; e = e->next) {
        if (!(*last = copy_at(p, e, at)))
            return NULL;
        last = (struct bl_yaml **)(uintptr_t)&(*last)->next;
    }
    return to;
}

/* v with all below it filled: a copy, whose `next` is for the caller. */
static struct bl_yaml *fill(struct bl_platform *p, const struct bl_yaml *v, bool is_line, bool in_list)
{
    const struct value_plan *value = v->kind == BL_YAML_TEXT && *v->text == '$' && !is_line ? value_of(p, v->text + 1, strlen(v->text + 1)) : NULL;
    struct bl_yaml *to, **last;

    if (value && in_list && value->value->kind == BL_YAML_LIST) {
        bl_yaml_error(p->doc, v, 0, "'%s' is a list; it stands for a whole value, not for an element of a list", v->text);
        return NULL;
    }
    if (value)
        return copy_at(p, value->value, v);
    if (!(to = bl_yaml_keep(p->doc, 1, sizeof *to)))
        return NULL;
    *to = *v;
    if (v->kind == BL_YAML_TEXT || is_line)
        return to;
    last = (struct bl_yaml **)(uintptr_t)&to->first;
    for (const struct bl_yaml *e = v->first; e; e = e->next) {
        if (!(*last = fill(p, e, false, v->kind == BL_YAML_LIST)))
            return NULL;
        last = (struct bl_yaml **)(uintptr_t)&(*last)->next;
    }
    return to;
}

const struct bl_yaml *plan_filled(struct bl_platform *p)
{
    const struct bl_yaml *root = bl_yaml_root(p->doc);
    struct bl_yaml *to = bl_yaml_keep(p->doc, 1, sizeof *to), **last;
    bool failed = false;

    if (p->nvalues == 0 || !to)
        return to ? root : NULL;
    *to = *root;
    to->first = NULL;
    last = (struct bl_yaml **)(uintptr_t)&to->first;
    for (const struct bl_yaml *v = root->first; v; v = v->next) {
        bool as_it_is = is_among(v->key->text, plain, COUNT(plain)) || is_among(v->key->text, lines, COUNT(lines));
        if (!(*last = fill(p, v, as_it_is, false)))
            failed = true;                  /* the others are looked at all the same */
        else
            last = (struct bl_yaml **)(uintptr_t)&(*last)->next;
    }
    return failed ? NULL : to;
}

const struct bl_yaml *value_at(struct bl_platform *p, const struct bl_yaml *v, uint32_t index)
{
    char text[16];
    struct bl_yaml *to = copy_at(p, v, v);

    snprintf(text, sizeof text, "%u", index);
    for (const struct bl_yaml *e = !to ? NULL : to->kind == BL_YAML_LIST ? to->first : to; e; e = to->kind == BL_YAML_LIST ? e->next : NULL)
        if (e->text && strcmp(e->text, plan_index) == 0 &&
            !(((struct bl_yaml *)(uintptr_t)e)->text = text_keep(p, text, strlen(text))))
            return NULL;
    return to;
}

const char *value_as_text(struct bl_platform *p, const struct bl_yaml *v)
{
    size_t room = 4, at;
    char *text;

    if (v->kind == BL_YAML_TEXT)
        return v->text;
    for (const struct bl_yaml *e = v->first; e; e = e->next)
        room += strlen(e->text) + 2;
    if (!(text = bl_yaml_keep(p->doc, room, 1)))
        return NULL;
    at = (size_t)snprintf(text, room, "[");
    for (const struct bl_yaml *e = v->first; e; e = e->next)
        at += (size_t)snprintf(text + at, room - at, "%s%s", e->text, e->next ? ", " : "");
    snprintf(text + at, room - at, "]");
    return text;
}

/* ---- in lines */

int text_whole(struct text_in *in, unsigned long *v)
{
    const char *digits = in->at, *start = in->at;
    size_t n = strspn(digits, "0123456789");

    if (*start == '$' && in->node) {
        size_t name = text_word(start + 1);
        const struct value_plan *value = value_of(in->p, start + 1, name);
        if (!value)
            return -1;                      /* told by check_values */
        digits = value->value->kind == BL_YAML_TEXT ? value->value->text : "a list";
        n = strspn(digits, "0123456789");
        if (n == 0 || digits[n])
            return text_error(in, start, "'$%s' is %s%s%s; expected a whole number here", value->name, value->value->kind == BL_YAML_TEXT ? "'" : "",
                              digits, value->value->kind == BL_YAML_TEXT ? "'" : "");
        in->at = start + 1 + name;
        in->from = value->value->from;
    } else
        in->at += n;
    *v = n == 0 || n > 9 ? (unsigned long)-1 : strtoul(digits, NULL, 10);
    return (int)(in->at - start);
}

const char *text_filled(struct bl_platform *p, const char *text)
{
    size_t room = strlen(text) + 1, at = 0;
    char *to;

    for (const char *s = text; (s = strchr(s, '$')); s++) {
        const struct value_plan *v = value_of(p, s + 1, text_word(s + 1));
        room += v && v->value->kind == BL_YAML_TEXT ? strlen(v->value->text) : 0;
    }
    if (!(to = bl_yaml_keep(p->doc, room, 1)))
        return NULL;
    while (*text) {
        size_t n = *text == '$' ? text_word(text + 1) : 0;
        const struct value_plan *v = n ? value_of(p, text + 1, n) : NULL;
        if (v && v->value->kind == BL_YAML_TEXT) {
            at += (size_t)snprintf(to + at, room - at, "%s", v->value->text);
            text += n + 1;
        } else
            to[at++] = *text++;
    }
    return to;
}

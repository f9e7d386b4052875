/* tech_needs.c - what a technology needs beside itself: cells that are slow to write need a parameter of the parts that write them. */
#include "platforms/file/stated.h"
#include "platforms/file/tech_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- read and checked */

static int need_row(struct bl_tech *t, const struct bl_yaml *v, struct tech_need *need)
{
    need->where = bl_yaml_where(t->doc, v->key, 0);
    if (!(need->value = bl_yaml_text(t->doc, v, "what is needed")))
        return -1;
    if (strcmp(v->key->text, "voltage") == 0) {
        need->param = v->key->text;
        return tech_voltage(t, v, &need->microvolts);
    }
    return tech_name(t, v->key, "need", "CLASS.PARAM, like 'adder_tree.stages', or 'voltage'", &need->cls, &need->param);
}

int tech_needs(struct bl_tech *t, const struct bl_yaml *rows)
{
    int status = 0;

    if (bl_yaml_is(t->doc, rows, BL_YAML_MAP, "'needs'", "lines like 'adder_tree.stages: 3' or 'voltage: 0.8 V'") < 0 ||
        !(t->needs = bl_yaml_keep(t->doc, rows->n, sizeof *t->needs)))
        return -1;
    for (const struct bl_yaml *v = rows->first; v; v = v->next)
        status |= need_row(t, v, &t->needs[t->nneeds++]);
    return status;
}

static const struct bl_field *param_of(const struct bl_class *c, const char *name)
{
    for (const struct bl_field *f = c->fields; f && f->kind; f++)
        if (bl_field_is(f, BL_IS_PARAM) && strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

static int no_param(const struct bl_tech *t, const struct tech_need *need, const struct bl_class *c)
{
    enum { MOST = 128 };
    const char *names[MOST], *near;
    size_t n = 0;

    for (const struct bl_field *f = c->fields; f && f->kind && n < MOST; f++)
        if (bl_field_is(f, BL_IS_PARAM))
            names[n++] = f->name;
    if ((near = bl_nearest(need->param, names, n)))
        return bl_error(t->diag, "%s: class %s has no parameter '%s'; did you mean '%s'?", need->where, c->name, need->param, near);
    return bl_error(t->diag, "%s: class %s has no parameter '%s'; `bitline show %s` lists what it has", need->where, c->name, need->param, c->name);
}

/* Is `word` among "full half cal"? */
static bool is_choice(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
        if (strcspn(w, " ") == n && strncmp(w, word, n) == 0)
            return true;
    return false;
}

static int check_value(const struct bl_tech *t, const struct tech_need *need, const struct bl_field *f)
{
    uint64_t fs;
    char *end;

    if (f->kind == BL_KIND_TIME)
        return bl_parse_time(need->value, &fs, t->diag, need->where);
    if (f->kind == BL_KIND_CHOICE)
        return is_choice(f->text, need->value) ? 0 :
            bl_error(t->diag, "%s: '%s' of class %s is never '%s'; expected one of: %s", need->where, f->name, need->cls, need->value, f->text);
    if (f->kind == BL_KIND_LIST)
        return bl_error(t->diag, "%s: '%s' of class %s is a list; a technology can need a number, a time or a choice", need->where, f->name, need->cls);
    double v = strtod(need->value, &end);
    if (end == need->value || *end || !(v >= f->least && v <= f->most))
        return bl_error(t->diag, "%s: '%s' of class %s is never '%s'; expected %.15g to %.15g", need->where, f->name, need->cls, need->value,
                        f->least, f->most);
    return 0;
}

int tech_check_needs(const struct bl_tech *t, const struct bl_class *const *classes, bool some)
{
    int status = 0;

    for (const struct tech_need *need = t->needs; need < t->needs + t->nneeds; need++) {
        const struct bl_class *c = need->cls ? bl_class_find(classes, need->cls) : NULL;
        const struct bl_field *f = c ? param_of(c, need->param) : NULL;
        if (!need->cls || (!c && some))
            continue;
        if (!c)
            status |= tech_unknown_class(t, need->cls, need->where, classes);
        else
            status |= f ? check_value(t, need, f) : no_param(t, need, c);
    }
    return status;
}

/* ---- compared with what is in force */

/* What is told of needs that name one parameter with one value: their classes, the parts that have another, and how to set them. */
struct unmet { char classes[200], parts[480], cure[640]; size_t nclasses, nparts; };

enum { SHOWN = 6 };

static void append(char *to, size_t room, size_t shown, const char *before, const char *text)
{
    size_t n = strlen(to);

    if (shown < SHOWN)
        snprintf(to + n, room - n, "%s%s%s", n ? ", " : "", before, text);
    else if (shown == SHOWN)
        snprintf(to + n, room - n, ", ..");
}

/* A value as the shell takes it. */
static const char *quoted(const char *value, char *buf, size_t room)
{
    snprintf(buf, room, strchr(value, ' ') ? "'%s'" : "%s", value);
    return buf;
}

/* "core[3].seq" -> "core[*].seq" */
static const char *any_index(const char *path, char *buf, size_t room)
{
    size_t n = 0;

    for (; *path && n + 3 < room; path++) {
        buf[n++] = *path;
        if (*path == '[') {
            buf[n++] = '*';
            path += strspn(path + 1, "0123456789");
        }
    }
    buf[n] = '\0';
    return buf;
}

/* Parts of one array that have one value are told together. */
static void see_part(struct unmet *u, const struct tech_need *need, const char *path, const char *value)
{
    char text[320], name[96], set[64];

    snprintf(text, sizeof text, "%s has %.50s", any_index(path, name, sizeof name), value);
    if (strstr(u->parts, text))
        return;
    append(u->parts, sizeof u->parts, u->nparts, "", text);
    snprintf(text, sizeof text, "%s.%.60s=%s", name, need->param, quoted(need->value, set, sizeof set));
    append(u->cure, sizeof u->cure, u->nparts++, "--set ", text);
}

static void see_need(struct unmet *u, const struct tech_need *need, struct bl_sim *s)
{
    size_t before = u->nparts;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row part;
        struct bl_param_row row;
        bl_part_at(s, i, &part);
        if (part.cls && strcmp(part.cls, need->cls) == 0 && bl_param_named(s, part.path, part.cls, need->param, &row) &&
            !bl_stated_is(row.value, need->value))
            see_part(u, need, part.path, row.value);
    }
    if (u->nparts > before)
        append(u->classes, sizeof u->classes, u->nclasses++, "", need->cls);
}

/* Has the platform file a parameter of this name, which sets all parts at once? */
struct asked { const char *name; bool found; };

static void see_params(void *ctx, const struct bl_use_row *row)
{
    struct asked *a = ctx;

    for (size_t i = 0; !*row->path && i < row->nparams; i++)
        a->found |= strcmp(row->params[i].name, a->name) == 0;
}

static bool is_of_file(const struct bl_platform *p, const char *name)
{
    struct asked a = { name, false };

    return p && bl_platform_uses(p, see_params, &a) == 0 && a.found;
}

static bool is_first(const struct bl_tech *t, const struct tech_need *need)
{
    for (const struct tech_need *k = t->needs; k < need; k++)
        if (strcmp(k->param, need->param) == 0 && strcmp(k->value, need->value) == 0)
            return false;
    return true;
}

/* The line of this need and those that follow with the same parameter and value; false: they are met. */
static bool param_line(const struct bl_tech *t, const struct tech_need *need, const struct bl_platform *p, struct bl_sim *s, char *line, size_t room)
{
    struct unmet u = { 0 };
    char set[64];

    for (const struct tech_need *k = need; k < t->needs + t->nneeds; k++)
        if (strcmp(k->param, need->param) == 0 && strcmp(k->value, need->value) == 0) {
            if (s)
                see_need(&u, k, s);
            else
                append(u.classes, sizeof u.classes, u.nclasses++, "", k->cls);
        }
    if (!s)
        snprintf(line, room, "%s: technology %s needs %s = %s in %s; what the saved run had is not known: times and counts stay those of that run, "
                 "which should have been made with --set tech=%s", need->where, t->name, need->param, need->value, u.classes, t->name);
    if (!u.nparts)
        return !s;
    if (is_of_file(p, need->param))
        snprintf(u.cure, sizeof u.cure, "--set %s=%s", need->param, quoted(need->value, set, sizeof set));
    snprintf(line, room, "%s: technology %s needs %s = %s in %s; %s: add %s", need->where, t->name, need->param, need->value, u.classes, u.parts,
             u.cure);
    return true;
}

static bool supply_line(const struct bl_tech *t, const struct tech_need *need, bool is_saved, double microvolts, char *line, size_t room)
{
    char set[64], has[48];

    if (!(microvolts < need->microvolts || microvolts > need->microvolts))
        return false;
    if (microvolts > 0)
        snprintf(has, sizeof has, "it is %.15g V", microvolts / 1e6);
    else
        snprintf(has, sizeof has, "none is said");
    snprintf(line, room, "%s: technology %s needs a voltage of %s; %s: add %s%s", need->where, t->name, need->value, has,
             is_saved ? "--voltage " : "--set voltage=", quoted(need->value, set, sizeof set));
    return true;
}

unsigned bl_tech_unmet(const struct bl_tech *t, const struct bl_platform *p, struct bl_sim *s, double microvolts,
                       void (*tell)(void *ctx, const char *line), void *ctx)
{
    unsigned n = 0;
    char line[2000];

    for (const struct tech_need *need = t->needs; need < t->needs + t->nneeds; need++) {
        if (need->cls && !is_first(t, need))
            continue;
        if (need->cls ? !param_line(t, need, p, s, line, sizeof line) : !supply_line(t, need, !s, microvolts, line, sizeof line))
            continue;
        tell(ctx, line);
        n++;
    }
    return n;
}

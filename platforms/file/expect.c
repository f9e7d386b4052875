/* expect.c - the `expect` lines of a platform file: parsed with the file, resolved after elaboration,
 * compared with the account after the run. */
#include "platforms/file/load.h"
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *const bl_relation_text[6] = { "<", "<=", ">", ">=", "==", "!=" };
static const char *const unit_text[] = { "a plain number", "percent ('5 %')", "an energy ('1.5 nJ')" };
static const char CLOCK[] = "clock.";

/* ---- one line */

static int relation(struct text_in *in, enum bl_relation *is)
{
    static const enum bl_relation longest_first[] = { BL_AT_MOST, BL_AT_LEAST, BL_EQUAL, BL_UNEQUAL, BL_LESS, BL_MORE };

    for (size_t i = 0; i < 6; i++) {
        const char *t = bl_relation_text[longest_first[i]];
        if (strncmp(in->at, t, strlen(t)) == 0) {
            *is = longest_first[i];
            in->at += strlen(t);
            return 0;
        }
    }
    return text_error(in, in->at, "expected one of < <= > >= == != and a number");
}

/* "5 %", "12", "1.5 nJ". */
static int number(struct text_in *in, struct bl_expect *e)
{
    const char *start = in->at;
    size_t n = strspn(start, "0123456789.");
    char *end;

    if (n == 0)
        return text_error(in, start, "expected a number that is zero or more, like '12', '5 %%' or '1.5 nJ'");
    n += strspn(start + n, " ");
    if (start[n] && start[n] != '%' && start[n] != 'e' && start[n] != 'E') {
        e->unit = BL_IN_YJ;
        if (start[strlen(start) - 1] != 'J')
            return text_error(in, start + n, "'%s' is no unit; expected '%%', an energy like '1.5 nJ', or nothing", start + n);
        return bl_parse_energy(start, &e->value, in->p->diag, bl_yaml_where(in->p->doc, in->node, (size_t)(start - in->text)));
    }
    e->value = strtod(start, &end);
    end += strspn(end, " ");
    e->unit = *end == '%' ? BL_IN_PERCENT : BL_IN_COUNT;
    if (*end == '%' && e->value > 100)
        return text_error(in, start, "a share is at most 100 %%; found '%s'", start);
    end += *end == '%';
    end += strspn(end, " ");
    if (*end || end == start)
        return text_error(in, end, "'%s' was not expected behind the number", end);
    return 0;
}

/* "tree[*].out_full", "energy", "clock.core.cycles": all up to the relation. */
static int subject(struct text_in *in, struct bl_expect *e)
{
    size_t n = strcspn(in->at, "<>=!"), end = n;

    while (end && in->at[end - 1] == ' ')
        end--;
    size_t blank = strcspn(in->at, " ");
    if (end == 0)
        return text_error(in, in->at, "expected what to compare, like 'tree[*].out_full' or 'energy'");
    if (blank < end)
        return text_error(in, in->at + blank + 1, "'%.*s' was not expected here; expected one of < <= > >= == !=",
                          (int)(end - blank - 1), in->at + blank + 1);
    char *own = bl_yaml_keep(in->p->doc, end + 1, 1), *dot = own ? strrchr(memcpy(own, in->at, end), '.') : NULL;
    if (!own)
        return -1;
    if (dot && (dot == own || !dot[1]))
        return text_error(in, in->at + (dot - own), "expected PART.ITEM, like 'tree[*].out_full'");
    if (!dot && strcmp(own, "energy") != 0 && strcmp(own, "cycles") != 0)
        return text_error(in, in->at, "'%s' names no part; expected PART.ITEM like 'tree[*].out_full', or 'energy' or 'cycles'",
                          own);
    e->parts = dot ? own : NULL;
    e->item = dot ? dot + 1 : own;
    if (dot)
        *dot = '\0';
    in->at += n;
    return 0;
}

static int expect_line(struct bl_platform *p, const struct bl_yaml *node, struct bl_expect *e)
{
    const char *text = bl_yaml_text(p->doc, node, "an expectation");
    struct text_in in = { .p = p, .node = node };

    if (!text || p->is_vague)
        return text ? 0 : -1;
    if (strchr(text, '$')) {                /* characters move, so an error is one of the line */
        text = text_filled(p, text);
        in.node = NULL;
    }
    in.text = in.at = e->text = text;
    if (!text)
        return -1;
    e->where = in.where = bl_yaml_where(p->doc, node, 0);
    text_blanks(&in);
    if (subject(&in, e) < 0 || relation(&in, &e->is) < 0)
        return -1;
    text_blanks(&in);
    return number(&in, e);
}

int plan_expects(struct bl_platform *p, const struct bl_yaml *expects)
{
    int status = 0;

    if (bl_yaml_is(p->doc, expects, BL_YAML_LIST, "'expect'", "lines like '- tree[*].out_full < 5 %'") < 0 ||
        !(p->expects = bl_yaml_keep(p->doc, expects->n, sizeof *p->expects)))
        return -1;
    for (const struct bl_yaml *node = expects->first; node; node = node->next)
        status |= expect_line(p, node, &p->expects[p->nexpects++]);
    return status;
}

/* ---- what a line speaks of */

/* '*' any text, '?' any character; both cross dots, and brackets are plain characters. */
static bool matches(const char *glob, const char *text)
{
    const char *star = NULL, *retry = NULL;

    while (*text)
        if (*glob == '*') {
            star = glob++;
            retry = text;
        } else if (*glob == '?' || *glob == *text) {
            glob++;
            text++;
        } else if (star) {
            glob = star + 1;
            text = ++retry;
        } else
            return false;
    while (*glob == '*')
        glob++;
    return *glob == '\0';
}

/* A value found: in percent it is spent of elapsed. */
struct found { enum bl_expect_unit unit; double value; bl_yj whole; uint64_t elapsed; bool in_cycles; };

static struct found plain(enum bl_expect_unit unit, bl_yj whole)
{
    return (struct found){ .unit = unit, .value = (double)whole, .whole = whole };
}

static bool part_item(struct bl_sim *s, size_t part, const struct bl_part_row *row, const char *item, struct found *f)
{
    struct bl_verdict_row v;
    struct bl_tally_row t;

    for (uint32_t i = 0; i < row->verdicts; i++) {
        bl_verdict_at(s, part, i, &v);
        if (strcasecmp(v.name, item) == 0) {
            *f = plain(BL_IN_PERCENT, v.spent);
            f->elapsed = row->elapsed;
            f->in_cycles = row->in_cycles;
            f->value = row->elapsed ? (double)v.spent * 100.0 / (double)row->elapsed : 0;
            return true;
        }
    }
    for (uint32_t i = 0; i < row->tallies; i++) {
        bl_tally_at(s, part, i, &t);
        if (strcmp(t.name, item) == 0) {
            *f = plain(BL_IN_COUNT, t.count);
            return true;
        }
    }
    if (strcmp(item, "energy") == 0)
        *f = plain(BL_IN_YJ, row->tree_energy);
    else if (strcmp(item, "cycles") == 0 && row->in_cycles)
        *f = plain(BL_IN_COUNT, row->elapsed);
    else
        return false;
    return true;
}

/* Called with every thing a line speaks of; a negative return ends the walk. */
typedef int visitor(void *ctx, const char *path, const struct found *f);

/* How many things matched; *parts counts the parts whose path did, *last is one of them. */
static size_t walk(const struct bl_expect *e, struct bl_sim *s, visitor *visit, void *ctx, size_t *parts, size_t *last)
{
    size_t n = 0;
    struct bl_clock_row clock;
    struct bl_part_row row;
    struct found f;
    bool clocks = e->parts ? strncmp(e->parts, CLOCK, sizeof CLOCK - 1) == 0 : bl_clock_count(s) == 1;

    *parts = 0;
    if (!e->parts && strcmp(e->item, "energy") == 0) {
        f = plain(BL_IN_YJ, bl_energy(s));
        visit(ctx, "the platform", &f);
        return 1;
    }
    for (size_t i = 0; clocks && strcmp(e->item, "cycles") == 0 && i < bl_clock_count(s); i++) {
        bl_clock_at(s, i, &clock);
        if (e->parts && !matches(e->parts + sizeof CLOCK - 1, clock.name))
            continue;
        f = plain(BL_IN_COUNT, clock.cycles);
        n++;
        visit(ctx, clock.name, &f);
    }
    for (size_t i = 0; e->parts && !clocks && i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (!matches(e->parts, row.path))
            continue;
        ++*parts;
        *last = i;
        if (part_item(s, i, &row, e->item, &f)) {
            n++;
            visit(ctx, row.path, &f);
        }
    }
    return n;
}

/* ---- resolve */

struct units { const struct bl_expect *e; struct bl_diag *diag; bool wrong; };

static int check_unit(void *ctx, const char *path, const struct found *f)
{
    struct units *u = ctx;

    if (f->unit == u->e->unit || u->wrong)
        return 0;
    u->wrong = true;
    return bl_error(u->diag, "%s: '%s' of %s is compared with %s; expected %s", u->e->where, u->e->item, path,
                    unit_text[u->e->unit], unit_text[f->unit]);
}

static int no_item(const struct bl_expect *e, struct bl_sim *s, size_t part, struct bl_diag *diag)
{
    struct bl_part_row row;
    size_t n = 0;

    bl_part_at(s, part, &row);
    const char **names = malloc((row.verdicts + row.tallies + 2u) * sizeof(*names)), *near = NULL;
    for (uint32_t i = 0; names && i < row.verdicts; i++) {
        struct bl_verdict_row v;
        bl_verdict_at(s, part, i, &v);
        names[n++] = v.name;
    }
    for (uint32_t i = 0; names && i < row.tallies; i++) {
        struct bl_tally_row t;
        bl_tally_at(s, part, i, &t);
        names[n++] = t.name;
    }
    if (names) {
        names[n++] = "energy";
        names[n++] = "cycles";
        near = bl_nearest(e->item, names, n);
    }
    bl_error(diag, near ? "%s: %s (class %s) has no '%s'; did you mean '%s'?" :
             "%s: %s (class %s) has no '%s'; expected a verdict, a tally, energy or cycles%s", e->where, row.path, row.cls, e->item,
             near ? near : "");
    free(names);
    return -1;
}

static int no_match(const struct bl_expect *e, struct bl_sim *s, struct bl_diag *diag)
{
    size_t n = bl_part_count(s);

    if (!e->parts)
        return bl_error(diag, "%s: 'cycles' of which clock? There are %zu; write 'clock.NAME.cycles'", e->where,
                        bl_clock_count(s));
    if (strncmp(e->parts, CLOCK, sizeof CLOCK - 1) == 0)
        return bl_error(diag, "%s: '%s.%s' matches nothing; expected 'clock.NAME.cycles' with a clock of this platform", e->where,
                        e->parts, e->item);
    const char **names = malloc((n + 1) * sizeof(*names)), *near = NULL;
    for (size_t i = 0; names && i < n; i++) {
        struct bl_part_row row;
        bl_part_at(s, i, &row);
        names[i] = row.path;
    }
    if (names)
        near = bl_nearest(e->parts, names, n);
    bl_error(diag, near ? "%s: no part matches '%s'; did you mean '%s'?" :
             "%s: no part matches '%s'; expected a path, with '*' for any text%s", e->where, e->parts, near ? near : "");
    free(names);
    return -1;
}

int bl_expect_resolve(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag)
{
    int status = 0;

    for (size_t i = 0; i < p->nexpects; i++) {
        const struct bl_expect *e = &p->expects[i];
        struct units u = { e, diag, false };
        size_t parts, last = 0, n = walk(e, s, check_unit, &u, &parts, &last);
        if (n == 0)
            status = parts ? no_item(e, s, last, diag) : no_match(e, s, diag);
        if (u.wrong)
            status = -1;
    }
    return status;
}

/* ---- check */

struct tried { const struct bl_expect *e; size_t wrong; char first[256]; };

static bool holds(const struct bl_expect *e, double v)
{
    switch (e->is) {
    case BL_LESS: return v < e->value;
    case BL_AT_MOST: return v <= e->value;
    case BL_MORE: return v > e->value;
    case BL_AT_LEAST: return v >= e->value;
    case BL_EQUAL: return v == e->value;
    default: return v != e->value;
    }
}

static char *value_text(const struct found *f, char *buf, size_t room)
{
    static const char *const unit[] = { "yJ", "zJ", "aJ", "fJ", "pJ", "nJ", "uJ", "mJ", "J", "kJ" };
    char whole[40];
    size_t i = 0;
    double v = f->value;

    for (; f->unit == BL_IN_YJ && v >= 999.995 && i < sizeof unit / sizeof unit[0] - 1; i++)
        v /= 1000;
    if (f->unit == BL_IN_COUNT)
        snprintf(buf, room, "%s", bl_yj_text(f->whole, whole));
    else
        snprintf(buf, room, "%.5g %s", v, f->unit == BL_IN_PERCENT ? "%" : unit[i]);
    return buf;
}

static int try_one(void *ctx, const char *path, const struct found *f)
{
    struct tried *t = ctx;
    char whole[40];

    if (holds(t->e, f->value) || t->wrong++)
        return 0;
    bl_yj_text(f->whole, whole);
    if (f->unit == BL_IN_PERCENT)
        snprintf(t->first, sizeof t->first, "%s has %.6g %% (%s of %llu %s)", path, f->value, whole,
                 (unsigned long long)f->elapsed, f->in_cycles ? "cycles" : "fs");
    else
        snprintf(t->first, sizeof t->first, "%s has %s", path, value_text(f, whole, sizeof whole));
    return 0;
}

/* ---- what was found */

struct span { size_t n; struct found least, most; };

static int widen(void *ctx, const char *path, const struct found *f)
{
    struct span *x = ctx;

    (void)path;
    if (x->n == 0 || f->value < x->least.value)
        x->least = *f;
    if (x->n++ == 0 || f->value > x->most.value)
        x->most = *f;
    return 0;
}

char *bl_expect_found(const struct bl_platform *p, struct bl_sim *s, size_t i, char buf[BL_EXPECT_FOUND])
{
    struct span x = { 0 };
    size_t parts, last = 0;
    char least[64], most[64];

    walk(&p->expects[i], s, widen, &x, &parts, &last);
    value_text(&x.least, least, sizeof least);
    value_text(&x.most, most, sizeof most);
    snprintf(buf, BL_EXPECT_FOUND, "%s%s%s", least, strcmp(least, most) ? " .. " : "", strcmp(least, most) ? most : "");
    return buf;
}

int bl_expect_check(const struct bl_platform *p, struct bl_sim *s, struct bl_diag *diag)
{
    int wrong = 0;

    for (size_t i = 0; i < p->nexpects; i++) {
        struct tried t = { .e = &p->expects[i] };
        size_t parts, last = 0, n = walk(t.e, s, try_one, &t, &parts, &last);
        if (t.wrong == 0)
            continue;
        wrong++;
        if (n > 1)
            bl_error(diag, "%s: expected %s, but %s; false for %zu of %zu", t.e->where, t.e->text, t.first, t.wrong, n);
        else
            bl_error(diag, "%s: expected %s, but %s", t.e->where, t.e->text, t.first);
    }
    return wrong;
}

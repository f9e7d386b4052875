/* diff.c - two wave files as functions of time: where they differ first, and how often each signal does. */
#include "tools/wave/values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report/table.h"

/* One file: its values now, and those of the step that has been read but is not due yet. */
struct bl_wave {
    struct bl_wave_source *source;
    const struct bl_wave_head *head;
    struct bl_value *now, *next;       /* by variable */
    uint32_t *pair;                    /* by variable: 1 + its pair; aliases have none of their own */
    uint32_t *changed; size_t nchanged;
    bool *flagged;
    struct bl_diag *diag;
    bl_zs at;                          /* time of the step */
    bool more, begun, dark;            /* dark: nothing is dumped from here on */
    const char *path;
};

struct pair { uint32_t var[2]; bl_zs first; uint64_t times; };

struct diff {
    struct bl_wave side[2];
    struct pair *pair; size_t npairs;
    bl_zs first; size_t first_pair;    /* the first difference */
    char value[2][80];
    bool any;
    struct bl_table alone;
    const struct bl_cut_opts *o;
    struct bl_diag *diag;
};

/* ---- reading ---- */

static struct bl_value *next_of(struct bl_wave *w, uint32_t var)
{
    if (!w->flagged[var]) {
        w->flagged[var] = true;
        w->changed[w->nchanged++] = var;
    }
    return &w->next[var];
}

/* What a store of a value returned. */
static int stored(const struct bl_wave *w, int rc) { return rc ? bl_error(w->diag, "%s: no memory for a value", w->path) : 0; }

static int told_time(struct bl_wave *w, uint64_t at)
{
    w->at = bl_zs_of(at, w->head->exponent);
    return 0;
}
static int told_bits(struct bl_wave *w, uint32_t var, const uint64_t *x)
{
    static const uint64_t happened[1] = { 1 };
    bool event = w->head->vars[var].kind == BL_WAVE_EVENT;
    return stored(w, bl_value_bits(next_of(w, var), event ? 1 : w->head->vars[var].width, event ? happened : x));
}
static int told_states(struct bl_wave *w, uint32_t var, const char *x)
{
    return w->dark && bl_states_unknown(x) ? 0
           : stored(w, bl_value_text(next_of(w, var), BL_VALUE_STATES, x, w->head->vars[var].width));
}
static int told_real(struct bl_wave *w, uint32_t var, double x)
{
    bl_value_real(next_of(w, var), x);
    return 0;
}
static int told_string(struct bl_wave *w, uint32_t var, const char *x, size_t n)
{
    return stored(w, bl_value_text(next_of(w, var), BL_VALUE_STRING, x, n));
}

/* $dumpoff of a VCD and a blackout of an FST are one: an x that is told in it, as other programs do, is no value. */
static int told_dump(struct bl_wave *w, bool on)
{
    w->dark = !on;
    for (uint32_t i = 0; !on && i < w->head->nvars; i++)
        if (!w->head->vars[i].alias)
            next_of(w, i)->kind = BL_VALUE_NONE;
    return 0;
}

static const struct bl_wave_ops reader = { .suffix = "", .help = "", .time = told_time, .bits = told_bits, .states = told_states,
                                           .real = told_real, .string = told_string, .dump = told_dump };

static int step(struct bl_wave *w)
{
    int rc = bl_wave_source_step(w->source, &reader, w);

    w->more = rc > 0;
    return rc < 0 ? -1 : 0;
}

static void apply(struct bl_wave *w)
{
    for (size_t i = 0; i < w->nchanged; i++) {
        uint32_t var = w->changed[i];
        struct bl_value old = w->now[var];
        w->now[var] = w->next[var];
        w->next[var] = old;
        w->flagged[var] = false;
    }
    w->begun = true;
}

/* An event is no state: it holds for its time alone. */
static void forget_events(struct bl_wave *w)
{
    for (size_t i = 0; i < w->nchanged; i++)
        if (w->head->vars[w->changed[i]].kind == BL_WAVE_EVENT)
            w->now[w->changed[i]].kind = BL_VALUE_NONE;
    w->nchanged = 0;
}

static int open_side(struct bl_wave *w, const char *path, struct bl_diag *diag)
{
    w->path = path;
    w->diag = diag;
    if (!(w->source = bl_wave_source_open(path, diag)))
        return -1;
    w->head = bl_wave_source_head(w->source);
    size_t n = w->head->nvars + 1;
    w->now = calloc(n, sizeof *w->now);
    w->next = calloc(n, sizeof *w->next);
    w->pair = calloc(n, sizeof *w->pair);
    w->changed = calloc(n, sizeof *w->changed);
    w->flagged = calloc(n, sizeof *w->flagged);
    if (!w->now || !w->next || !w->pair || !w->changed || !w->flagged)
        return bl_error(diag, "%s: no memory for %zu signals", path, n);
    return 0;
}

static void close_side(struct bl_wave *w)
{
    for (size_t i = 0; w->now && w->next && i < w->head->nvars; i++) {
        bl_value_fini(&w->now[i]);
        bl_value_fini(&w->next[i]);
    }
    void *all[] = { w->now, w->next, w->pair, w->changed, w->flagged };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
    if (w->source)
        bl_wave_source_close(w->source);
}

/* ---- pairs: signals of equal name and shape ---- */

struct named { const struct bl_wave_var *v; uint32_t var; };

static int by_name(const void *a, const void *b)
{
    const struct bl_wave_var *x = ((const struct named *)a)->v, *y = ((const struct named *)b)->v;
    int scope = strcmp(x->scope, y->scope);

    return scope ? scope : strcmp(x->name, y->name);
}

/* The variables that count, by name. */
static size_t listed(const struct bl_wave *w, const struct bl_cut_opts *o, struct named *to)
{
    size_t n = 0;

    for (uint32_t i = 0; i < w->head->nvars; i++)
        if (bl_watch_wants(o->globs, o->nglobs, w->head->vars[i].scope, w->head->vars[i].name))
            to[n++] = (struct named){ &w->head->vars[i], i };
    qsort(to, n, sizeof *to, by_name);
    return n;
}

static void alone(struct diff *d, int side, const struct bl_wave_var *v, const char *why)
{
    bl_cell(&d->alone, "%s%s%s", v->scope, *v->scope ? "." : "", v->name);
    bl_cell(&d->alone, "%s", side == 0 ? "A" : side == 1 ? "B" : "A and B");
    bl_cell(&d->alone, "%s", why);
}

static uint32_t root_of(const struct bl_wave *w, uint32_t var)
{
    while (w->head->vars[var].alias)
        var = w->head->vars[var].alias - 1;
    return var;
}

static void add_pair(struct diff *d, const struct named *a, const struct named *b)
{
    uint32_t x = root_of(&d->side[0], a->var), y = root_of(&d->side[1], b->var);
    bool bits = a->v->kind == BL_WAVE_BITS;

    if (a->v->kind != b->v->kind || (bits && a->v->width != b->v->width)) {
        alone(d, 2, a->v, "other kinds or widths");
        return;
    }
    if (d->side[0].pair[x] && d->side[0].pair[x] == d->side[1].pair[y])
        return;                                /* other names of a pair */
    d->pair[d->npairs++] = (struct pair){ .var = { x, y } };
    d->side[0].pair[x] = d->side[1].pair[y] = (uint32_t)d->npairs;
}

static int find_pairs(struct diff *d, const struct bl_cut_opts *o)
{
    struct named *a = calloc(d->side[0].head->nvars + 1, sizeof *a), *b = calloc(d->side[1].head->nvars + 1, sizeof *b);

    d->pair = calloc(d->side[0].head->nvars + 1, sizeof *d->pair);
    if (!a || !b || !d->pair) {
        free(a);
        free(b);
        return bl_error(d->diag, "%s: no memory", d->side[0].path);
    }
    size_t na = listed(&d->side[0], o, a), nb = listed(&d->side[1], o, b), i = 0, k = 0;
    while (i < na || k < nb) {
        int c = i == na ? 1 : k == nb ? -1 : by_name(&a[i], &b[k]);
        if (c < 0)
            alone(d, 0, a[i++].v, "not in B");
        else if (c > 0)
            alone(d, 1, b[k++].v, "not in A");
        else
            add_pair(d, &a[i++], &b[k++]);
    }
    free(a);
    free(b);
    return 0;
}

/* ---- comparing ---- */

/* Within the tolerance. */
static bool near(const struct bl_cut_opts *o, double a, double b)
{
    double larger = fmax(fabs(a), fabs(b));

    return isfinite(a) && isfinite(b) && fabs(a - b) <= o->relative * larger + o->absolute;
}

static bool same(const struct diff *d, const struct bl_value *a, const struct bl_value *b, uint32_t width)
{
    return bl_value_same(a, b, width) || (a->kind == BL_VALUE_REAL && b->kind == BL_VALUE_REAL && near(d->o, a->real, b->real));
}

static void compare(struct diff *d, uint32_t number, bl_zs at)
{
    struct pair *p = &d->pair[number];
    uint32_t width = d->side[0].head->vars[p->var[0]].kind == BL_WAVE_EVENT ? 1 : d->side[0].head->vars[p->var[0]].width;
    const struct bl_value *a = &d->side[0].now[p->var[0]], *b = &d->side[1].now[p->var[1]];

    if (same(d, a, b, width) || (p->times && p->first == at))
        return;
    if (!p->times++)
        p->first = at;
    if (d->any && (d->first < at || d->first_pair <= number))
        return;
    d->any = true;
    d->first = at;
    d->first_pair = number;
    bl_value_show(a, width, d->value[0], sizeof d->value[0]);
    bl_value_show(b, width, d->value[1], sizeof d->value[1]);
}

/* Values count from the time at which both traces have begun. */
static int run(struct diff *d, bl_zs from, bl_zs to)
{
    struct bl_wave *a = &d->side[0], *b = &d->side[1];
    bool all = true;

    if (step(a) || step(b))
        return -1;
    while (a->more || b->more) {
        bl_zs t = !a->more || (b->more && b->at < a->at) ? b->at : a->at;
        if (to && t >= to)
            break;
        for (int k = 0; k < 2; k++)
            if (d->side[k].more && d->side[k].at == t)
                apply(&d->side[k]);
        if (a->begun && b->begun && t >= from) {
            for (uint32_t i = 0; all && i < d->npairs; i++)
                compare(d, i, t);
            for (int k = 0; !all && k < 2; k++)
                for (size_t i = 0; d->side[k].at == t && d->side[k].more && i < d->side[k].nchanged; i++)
                    if (d->side[k].pair[d->side[k].changed[i]])
                        compare(d, d->side[k].pair[d->side[k].changed[i]] - 1, t);
            all = false;
        }
        for (int k = 0; k < 2; k++)
            if (d->side[k].more && d->side[k].at == t) {
                forget_events(&d->side[k]);
                if (step(&d->side[k]))
                    return -1;
            }
    }
    return 0;
}

/* ---- saying ---- */

static void name_of(const struct diff *d, size_t pair, char *buf, size_t room)
{
    const struct bl_wave_var *v = &d->side[0].head->vars[d->pair[pair].var[0]];

    snprintf(buf, room, "%s%s%s", v->scope, *v->scope ? "." : "", v->name);
}

static int say(struct diff *d)
{
    static const char *const heads[] = { "signal", ">first", ">times" };
    char name[1024], time[BL_ZS_TEXT];
    size_t differ = 0;
    struct bl_table t;

    printf("A  %s\nB  %s\n\n", d->side[0].path, d->side[1].path);
    if (d->any) {
        name_of(d, d->first_pair, name, sizeof name);
        printf("first difference at %s: %s: A %s, B %s\n\n", bl_zs_text(d->first, time), name, d->value[0], d->value[1]);
    }
    bl_table_start(&t, heads, 3);
    for (size_t i = 0; i < d->npairs; i++)
        if (d->pair[i].times) {
            name_of(d, i, name, sizeof name);
            bl_cell(&t, "%s", name);
            bl_cell(&t, "%s", bl_zs_text(d->pair[i].first, time));
            bl_cell(&t, "%llu", (unsigned long long)d->pair[i].times);
            differ++;
        }
    if (differ) {
        bl_table_print(&t, stdout);
        printf("\n");
    }
    bl_table_fini(&t);
    if (bl_table_rows(&d->alone)) {
        bl_table_print(&d->alone, stdout);
        printf("\n");
    }
    size_t lone = bl_table_rows(&d->alone);
    printf("%zu of %zu signals differ", differ, d->npairs);
    if (lone)
        printf(", %zu cannot be compared", lone);
    printf("\n");
    return differ || lone ? 1 : 0;
}

int bl_trace_diff(const char *a, const char *b, const struct bl_cut_opts *o, struct bl_diag *diag)
{
    static const char *const heads[] = { "signal", "in", "why" };
    struct diff d = { .diag = diag, .o = o };
    int rc = -1;

    bl_table_start(&d.alone, heads, 3);
    if ((open_side(&d.side[0], a, diag) | open_side(&d.side[1], b, diag)) == 0 && find_pairs(&d, o) == 0 &&
        run(&d, o->from, o->to) == 0)
        rc = say(&d);
    for (int k = 0; k < 2 && rc >= 0; k++)
        rc = bl_wave_judge(d.side[k].source, d.side[k].path, o->strict, diag) ? -1 : rc;
    bl_table_fini(&d.alone);
    close_side(&d.side[0]);
    close_side(&d.side[1]);
    free(d.pair);
    return rc;
}

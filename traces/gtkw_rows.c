/* gtkw_rows.c - the rows of a GTKWave save file: how each is drawn, their groups, and which translate file a row asks for. */
#include <stdio.h>
#include <stdlib.h>

#include "traces/gtkw_in.h"
#include "traces/vars.h"

/* Flags of a row, from GTKWave's analyzer.h. */
#define HEX        UINT64_C(0x2)
#define DECIMAL    UINT64_C(0x4)
#define BINARY     UINT64_C(0x8)
#define RIGHT      UINT64_C(0x20)
#define BLANK      UINT64_C(0x200)
#define SIGNED     UINT64_C(0x400)
#define ASCII      UINT64_C(0x800)
#define COLLAPSED  UINT64_C(0x1000)
#define TRANSLATED UINT64_C(0x2000)
#define ANALOG     UINT64_C(0x8000)
#define STRETCH    UINT64_C(0x20000)
#define FULL_SCALE UINT64_C(0x80000)
#define CLOSED     UINT64_C(0x400000)
#define GROUP      UINT64_C(0x800000)
#define GROUP_END  UINT64_C(0x1000000)
#define FST_NAMES  UINT64_C(0x100000000)

enum { MOST_IN_OVERVIEW = 64,          /* parts */
       MOST_DIGITS = 512 };            /* bits of a row: more digits than that nobody reads */

/* ---- which translate file -------------------------------------------------------------------- */

/* The number of the filter for these names, 0 when GTKWave can hold no more of them. */
static size_t filter_of(struct gtkw *g, const struct bl_wave_var *names, bool coloured)
{
    size_t of_kind = 1;

    for (size_t i = 0; i < g->nfilters; i++) {
        of_kind += g->filter[i].coloured == coloured;
        if (g->filter[i].coloured == coloured && bl_vars_same_names(g->filter[i].names, names))
            return i + 1;
    }
    if (g->nfilters == MOST_FILTERS) {
        g->lost++;
        return 0;
    }
    struct filter *f = &g->filter[g->nfilters];
    size_t room = g->nstem + 50;
    f->file = malloc(room);
    if (!f->file) {
        g->text.bad = true;
        return 0;
    }
    snprintf(f->file, room, ".%.*s.names/%s.%zu.txt", (int)g->nstem, g->stem, coloured ? "verdict" : "names", of_kind);
    f->names = names;
    f->coloured = coloured;
    return ++g->nfilters;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void put_flags(struct gtkw *g, uint64_t flags)
{
    char t[24];

    snprintf(t, sizeof t, "@%llx\n", (unsigned long long)flags);
    bl_put_text(&g->text, t);
}

static void put_name(struct gtkw *g, const struct bl_wave_var *v)
{
    bl_put_text(&g->text, v->scope);
    if (*v->scope)
        bl_put8(&g->text, '.');
    bl_put_text(&g->text, v->name);
    if (v->kind == BL_WAVE_BITS && v->width > 1) {
        bl_put8(&g->text, '[');
        bl_put_decimal(&g->text, v->width - 1);
        bl_put_text(&g->text, ":0]");
    }
    bl_put8(&g->text, '\n');
}

/* label: shown instead of the name, or NULL. */
static void put_translated(struct gtkw *g, const struct bl_wave_var *v, const struct bl_wave_var *names, bool coloured,
                           const char *label)
{
    size_t number = filter_of(g, names, coloured);

    put_flags(g, HEX | RIGHT | (number ? TRANSLATED : 0));
    if (number) {
        bl_put8(&g->text, '^');
        bl_put_decimal(&g->text, number);
        bl_put8(&g->text, ' ');
        bl_put_text(&g->text, g->filter[number - 1].file);
        bl_put8(&g->text, '\n');
    }
    if (label) {
        bl_put_text(&g->text, "+{");
        bl_put_text(&g->text, label);
        bl_put_text(&g->text, "} ");
    }
    put_name(g, v);
    if (number)
        bl_put_text(&g->text, "^0 disabled\n");
}

static uint64_t flags_of(const struct gtkw *g, const struct bl_wave_var *v)
{
    bool curve = v->flags & (BL_WAVE_ANALOG | BL_WAVE_POWER);
    uint64_t number = v->flags & BL_WAVE_SIGNED || v->kind == BL_WAVE_REAL ? SIGNED : DECIMAL;

    if (v->kind == BL_WAVE_STRING)
        return RIGHT | ASCII;
    if (v->kind == BL_WAVE_EVENT || (v->kind == BL_WAVE_BITS && v->width == 1 && !v->nnames))
        return RIGHT | BINARY;
    if (curve)
        return RIGHT | number | ANALOG | FULL_SCALE;
    if (v->kind == BL_WAVE_REAL || v->flags & BL_WAVE_SIGNED)
        return RIGHT | number;
    if (v->nnames && g->fst)           /* the dump's tables hold binary values, so only these are found */
        return RIGHT | BINARY | FST_NAMES;
    return RIGHT | (v->width == 1 ? BINARY : HEX);
}

/* In the place of a row of thousands of digits: that it is in the dump. */
static void put_remark(struct gtkw *g, const struct bl_wave_var *v)
{
    put_flags(g, BLANK);
    bl_put8(&g->text, '-');
    bl_put_text(&g->text, v->name);
    bl_put_text(&g->text, ": ");
    bl_put_decimal(&g->text, v->width);
    bl_put_text(&g->text, " bits; --watch shows one lane\n");
}

static void put_row(struct gtkw *g, size_t i)
{
    const struct bl_wave_var *v = &g->vars[i];

    if (v->kind == BL_WAVE_BITS && v->width > MOST_DIGITS) {
        put_remark(g, v);
        return;
    }
    if (g->colour[i]) {                        /* its names, and colours */
        put_translated(g, &g->vars[g->colour[i] - 1], v, true, NULL);
        return;
    }
    if (v->nnames && !g->fst) {
        put_translated(g, v, v, false, NULL);
    } else {
        put_flags(g, flags_of(g, v));
        put_name(g, v);
    }
    if (flags_of(g, v) & ANALOG) {             /* two empty rows: the curve is three rows high */
        put_flags(g, STRETCH);
        bl_put_text(&g->text, "-\n-\n");
    }
}

static bool is_clock(const struct bl_wave_var *v)
{
    return v->flags & BL_WAVE_CLOCK;
}

/* Shown in the place of its verdict, not in its own. */
static bool is_colour(const struct gtkw *g, size_t i)
{
    return g->vars[i].alias && g->colour[g->vars[i].alias - 1] == i + 1;
}

/* The parts with a coloured verdict, when so many are shown in the overview and nowhere else; or 0. */
static size_t in_overview(const struct gtkw *g)
{
    size_t parts = 0;

    for (size_t i = 0; i < g->n; i++)
        parts += g->colour[i] != 0;
    return parts < 2 || parts > MOST_IN_OVERVIEW ? 0 : parts;
}

static void put_group_line(struct gtkw *g, uint64_t flags, const char *scope)
{
    put_flags(g, flags | BLANK);
    bl_put8(&g->text, '-');
    bl_put_text(&g->text, scope);
    bl_put8(&g->text, '\n');
}

/* What every part spends its time on, one coloured row a part: the picture of a stall study. */
static void put_overview(struct gtkw *g)
{
    if (!in_overview(g))
        return;
    put_flags(g, BLANK);
    bl_put_text(&g->text, "-verdicts\n");
    for (size_t i = 0; i < g->n; i++)
        if (g->colour[i])
            put_translated(g, &g->vars[g->colour[i] - 1], &g->vars[i], true, g->vars[i].scope);
    for (size_t i = 0; i < g->n; i++)
        if (g->vars[i].flags & BL_WAVE_MAIN)
            put_row(g, i);
    put_flags(g, BLANK);
    bl_put_text(&g->text, "-signals\n");
}

void bl_gtkw_put_rows(struct gtkw *g)
{
    const char *open = "";
    bool overview = false, all_there = in_overview(g) > 0;

    for (size_t i = 0; i < g->n; i++)
        if (is_clock(&g->vars[i]))
            put_row(g, i);
    for (size_t i = 0; i < g->n; i++) {
        const struct bl_wave_var *v = &g->vars[i];
        if (*v->scope && !overview) {          /* below what belongs to the whole */
            put_overview(g);
            overview = true;
        }
        if (is_clock(v) || is_colour(g, i) || (all_there && g->colour[i]))
            continue;
        if (strcmp(open, v->scope)) {
            if (*open)
                put_group_line(g, GROUP_END | CLOSED | COLLAPSED, open);
            if (*v->scope)
                put_group_line(g, GROUP | CLOSED, v->scope);
            open = v->scope;
        }
        put_row(g, i);
    }
    if (*open)
        put_group_line(g, GROUP_END | CLOSED | COLLAPSED, open);
}

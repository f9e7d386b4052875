/* gtkw.c - GTKWave save files: rows, groups, names, colours, the first view. */
#include "traces/gtkw.h"

#include <stdio.h>
#include <stdlib.h>

#include "traces/out.h"
#include "traces/traces.h"
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

enum {
    WINDOW_W = 1400, WINDOW_H = 900, TREE_W = 180, NAMES_W = 300,
    WAVE_PIXELS = WINDOW_W - TREE_W - NAMES_W - 60,
    MANY_ROWS = 200,           /* from here groups are closed at first */
    MOST_IN_OVERVIEW = 64,     /* parts */
    MOST_FILTERS = 120,        /* GTKWave holds 128 translate files */
    LETTERS = 26
};

static const char IDLE_COLOUR[] = "gray35", BUSY_COLOUR[] = "DarkGreen";
static const char *const STALL_COLOUR[] = {
    "red", "DarkOrange", "gold3", "magenta", "tomato", "DarkOrchid", "coral", "DeepPink", "sienna", "salmon"
};
enum { NSTALLS = sizeof STALL_COLOUR / sizeof STALL_COLOUR[0] };

/* A translate file: the names of one list, with colours or without. */
struct filter {
    const struct bl_wave_var *names;
    bool coloured;
    char *file;                /* without directory */
};

struct gtkw {
    const char *path, *stem;   /* stem: the file name in path, nstem characters of it */
    size_t nstem;
    const struct bl_wave_var *vars;
    size_t n;
    uint32_t *colour;          /* by verdict: 1 + its alias to be coloured */
    bool fst;
    struct bl_bytes text;
    struct filter *filter;
    size_t nfilters, lost;
    struct bl_diag *diag;
};

/* ---- translate files ------------------------------------------------------------------------- */

static int write_file(const char *path, struct bl_bytes *b, struct bl_diag *diag)
{
    struct bl_out out;

    if (b->bad)
        return bl_error(diag, "%s: out of memory", path);
    if (bl_out_open(&out, path, true, diag))
        return -1;
    if (!bl_out_append(&out, b->at, b->n))
        bl_out_publish(&out);
    return bl_out_close(&out);
}

static int write_filter(const struct gtkw *g, const struct filter *f)
{
    const struct bl_wave_var *v = f->names;
    size_t ndir = (size_t)(g->stem - g->path), nfile = strlen(f->file) + 1;
    struct bl_bytes b = { 0 };
    char *path = malloc(ndir + nfile), value[24];

    if (!path)
        return bl_error(g->diag, "%s: out of memory", f->file);
    memcpy(path, g->path, ndir);
    memcpy(path + ndir, f->file, nfile);
    for (uint32_t i = 0; i < v->nnames; i++) {
        snprintf(value, sizeof value, "%0*lx ", (int)((v->width + 3) / 4 < 16 ? (v->width + 3) / 4 : 16), (unsigned long)i);
        bl_put_text(&b, value);
        if (f->coloured) {
            bl_put8(&b, '?');
            bl_put_text(&b, i == 0 ? IDLE_COLOUR : i == 1 ? BUSY_COLOUR : STALL_COLOUR[(i - 2) % NSTALLS]);
            bl_put8(&b, '?');
        }
        bl_put_text(&b, v->names[i]);
        bl_put8(&b, '\n');
    }
    int rc = write_file(path, &b, g->diag);
    bl_bytes_fini(&b);
    free(path);
    return rc;
}

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
    size_t room = g->nstem + 40;
    f->file = malloc(room);
    if (!f->file) {
        g->text.bad = true;
        return 0;
    }
    snprintf(f->file, room, "%.*s.%s.%zu.txt", (int)g->nstem, g->stem, coloured ? "verdict" : "names", of_kind);
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

static void put_row(struct gtkw *g, size_t i)
{
    const struct bl_wave_var *v = &g->vars[i];

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
    if (g->colour[i])
        put_translated(g, &g->vars[g->colour[i] - 1], v, true, NULL);
}

static bool is_clock(const struct bl_wave_var *v)
{
    return v->flags & BL_WAVE_CLOCK;
}

/* Shown below its verdict, not in its own place. */
static bool is_colour(const struct gtkw *g, size_t i)
{
    return g->vars[i].alias && g->colour[g->vars[i].alias - 1] == i + 1;
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
    size_t parts = 0;

    for (size_t i = 0; i < g->n; i++)
        parts += g->colour[i] != 0;
    if (parts < 2 || parts > MOST_IN_OVERVIEW)
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

static void put_rows(struct gtkw *g)
{
    uint64_t closed = g->n > MANY_ROWS ? CLOSED : 0;
    const char *open = "";
    bool overview = false;

    for (size_t i = 0; i < g->n; i++)
        if (is_clock(&g->vars[i]))
            put_row(g, i);
    for (size_t i = 0; i < g->n; i++) {
        const struct bl_wave_var *v = &g->vars[i];
        if (is_clock(v) || is_colour(g, i))
            continue;
        if (*v->scope && !overview) {          /* below what belongs to the whole */
            put_overview(g);
            overview = true;
        }
        if (strcmp(open, v->scope)) {
            if (*open)
                put_group_line(g, GROUP_END | (closed ? CLOSED | COLLAPSED : 0), open);
            if (*v->scope)
                put_group_line(g, GROUP | closed, v->scope);
            open = v->scope;
        }
        put_row(g, i);
    }
    if (*open)
        put_group_line(g, GROUP_END | (closed ? CLOSED | COLLAPSED : 0), open);
}

/* ---- the first view -------------------------------------------------------------------------- */

/* A pixel is 2^-zoom / 200 units of time. log2 by its exponent and a straight line between powers of
 * two, at most 0.09 too low, which is added. */
static double zoom_for(uint64_t span)
{
    double unit = (double)span * 200 / WAVE_PIXELS, log2 = 0.09;

    for (; unit >= 2; unit /= 2)
        log2 += 1;
    return unit < 1 ? 0 : -(log2 + unit - 1);
}

static int put_view(struct gtkw *g, const struct bl_gtkw_opts *o)
{
    const struct bl_gtkw_mark *at[LETTERS] = { 0 };
    uint64_t span = o->end_fs > o->start_fs ? o->end_fs - o->start_fs : 1000000;
    char t[200];

    for (size_t i = 0; i < o->nmarks; i++) {
        const struct bl_gtkw_mark *m = &o->marks[i];
        if (m->letter < 'A' || m->letter > 'Z' || at[m->letter - 'A'])
            return bl_error(g->diag, "%s: marker '%c': a letter from A to Z, each at most once, is expected",
                            g->path, m->letter);
        at[m->letter - 'A'] = m;
    }
    snprintf(t, sizeof t, "[timestart] %llu\n[size] %d %d\n[pos] -1 -1\n*%.6f -1", (unsigned long long)o->start_fs,
             WINDOW_W, WINDOW_H, zoom_for(span));
    bl_put_text(&g->text, t);
    for (int i = 0; i < LETTERS; i++) {
        bl_put_text(&g->text, at[i] ? " " : " -1");
        if (at[i])
            bl_put_decimal(&g->text, at[i]->fs);
    }
    bl_put8(&g->text, '\n');
    for (int i = 0; i < LETTERS; i++)
        if (at[i] && at[i]->name) {
            bl_put_text(&g->text, "[markername] ");
            bl_put8(&g->text, (unsigned char)at[i]->letter);
            bl_put_text(&g->text, at[i]->name);
            bl_put8(&g->text, '\n');
        }
    return 0;
}

/* Opens the first level of the scope tree. */
static void put_tree(struct gtkw *g)
{
    char t[120];
    const char *last = "";

    for (size_t i = 0; i < g->n; i++) {
        const char *scope = g->vars[i].scope;
        size_t k = strcspn(scope, ".");
        if (!scope[k] || (!strncmp(last, scope, k) && last[k] == '.'))
            continue;
        bl_put_text(&g->text, "[treeopen] ");
        bl_put(&g->text, scope, k + 1);
        bl_put8(&g->text, '\n');
        last = scope;
    }
    snprintf(t, sizeof t, "[sst_width] %d\n[signals_width] %d\n[sst_expanded] 1\n[sst_vpaned_height] 300\n",
             TREE_W, NAMES_W);
    bl_put_text(&g->text, t);
}

static int write_all(struct gtkw *g, const char *dump_name, const struct bl_gtkw_opts *o)
{
    static const struct bl_gtkw_opts none;

    bl_put_text(&g->text, "[*] bitline\n[dumpfile] \"");
    bl_put_text(&g->text, dump_name);
    /* Without a directory of its own in [savefile], GTKWave finds the dump and the lists of names beside
     * the save file, wherever it is started. */
    bl_put_text(&g->text, "\"\n[savefile] \"");
    bl_put_text(&g->text, g->stem);
    bl_put_text(&g->text, "\"\n");
    if (put_view(g, o ? o : &none))
        return -1;
    put_tree(g);
    put_rows(g);
    bl_put_text(&g->text, "[pattern_trace] 1\n[pattern_trace] 0\n");
    if (g->lost)
        bl_note(g->diag, "%s: %zu signals are shown without names: GTKWave holds %d lists of names",
                g->path, g->lost, MOST_FILTERS);
    for (size_t i = 0; i < g->nfilters; i++)
        if (write_filter(g, &g->filter[i]))
            return -1;
    return write_file(g->path, &g->text, g->diag);
}

int bl_gtkw_write(const char *path, const char *dump_name, const struct bl_wave_var *vars, size_t n,
                  const struct bl_gtkw_opts *o, struct bl_diag *diag)
{
    const char *slash = strrchr(path, '/');
    struct gtkw g = { .path = path, .stem = slash ? slash + 1 : path, .vars = vars, .n = n, .diag = diag,
                      .fst = bl_wave_writer(dump_name) == &bl_fst_writer };

    if (bl_vars_check(vars, n, path, diag))
        return -1;
    if (!*dump_name || strpbrk(dump_name, "/\"\n"))
        return bl_error(diag, "%s: the dump is '%s', a file name without directory is expected; keep both files in "
                        "one directory", path, dump_name);
    g.nstem = strlen(g.stem);
    if (g.nstem > 5 && !strcmp(g.stem + g.nstem - 5, ".gtkw"))
        g.nstem -= 5;
    g.colour = calloc(n, sizeof *g.colour);
    g.filter = calloc(MOST_FILTERS, sizeof *g.filter);
    int rc = -1;
    if (!g.colour || !g.filter) {
        bl_error(diag, "%s: out of memory", path);
    } else {
        for (size_t i = 0; i < n; i++)
            if (vars[i].alias && !vars[i].nnames && vars[vars[i].alias - 1].flags & BL_WAVE_VERDICT
                && vars[vars[i].alias - 1].nnames && !g.colour[vars[i].alias - 1])
                g.colour[vars[i].alias - 1] = (uint32_t)i + 1;
        rc = write_all(&g, dump_name, o);
    }
    for (size_t i = 0; i < g.nfilters; i++)
        free(g.filter[i].file);
    free(g.filter);
    free(g.colour);
    bl_bytes_fini(&g.text);
    return rc;
}

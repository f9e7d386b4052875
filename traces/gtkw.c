/* gtkw.c - GTKWave save files: the first view, then the rows; and the translate files with names and colours. */
#include "traces/gtkw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "traces/gtkw_in.h"
#include "traces/traces.h"
#include "traces/vars.h"

enum {
    WINDOW_W = 1400, WINDOW_H = 900, TREE_W = 180, NAMES_W = 300,
    WAVE_PIXELS = WINDOW_W - TREE_W - NAMES_W - 60,
    LETTERS = 26,
    LABEL_PIXELS = 7           /* a letter of a marker's label, which stands around its marker */
};

static const char IDLE_COLOUR[] = "gray35", BUSY_COLOUR[] = "DarkGreen";
static const char *const STALL_COLOUR[] = {
    "red", "DarkOrange", "gold3", "magenta", "tomato", "DarkOrchid", "coral", "DeepPink", "sienna", "salmon"
};
enum { NSTALLS = sizeof STALL_COLOUR / sizeof STALL_COLOUR[0] };

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

/* The folder of the translate files: hidden, since there are many and nobody opens them. */
static int make_folder(const struct gtkw *g)
{
    size_t room = (size_t)(g->stem - g->path) + g->nstem + 16;
    char *path = malloc(room);
    int rc = 0;

    if (!path)
        return bl_error(g->diag, "%s: out of memory", g->path);
    snprintf(path, room, "%.*s.%.*s.names", (int)(g->stem - g->path), g->path, (int)g->nstem, g->stem);
    if (mkdir(path, 0777) && errno != EEXIST)
        rc = bl_error(g->diag, "%s: cannot be made: %s; it would hold the names and colours that %s shows", path, strerror(errno), g->path);
    free(path);
    return rc;
}

static int write_filter(const struct gtkw *g, const struct filter *f)
{
    const struct bl_wave_var *v = f->names;
    size_t ndir = (size_t)(g->stem - g->path), nfile = strlen(f->file) + 1;
    struct bl_bytes b = { 0 };
    const uint32_t digits = v->width < 64 ? (v->width + 3) / 4 : 16;
    char *path = malloc(ndir + nfile);

    if (!path)
        return bl_error(g->diag, "%s: out of memory", f->file);
    memcpy(path, g->path, ndir);
    memcpy(path + ndir, f->file, nfile);
    for (uint32_t i = 0; i < v->nnames; i++) {
        for (uint32_t d = digits; d-- > 0;)
            bl_put8(&b, (uint8_t)"0123456789abcdef"[(uint64_t)i >> 4 * d & 15]);
        bl_put8(&b, ' ');
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

static size_t letters_of(const struct bl_gtkw_mark *m) { return m->name ? strlen(m->name) + 1 : 1; }

size_t bl_gtkw_thin(struct bl_gtkw_mark *marks, size_t n, uint64_t span_fs)
{
    size_t kept = 0;

    for (size_t i = 0; i < n && kept < LETTERS; i++) {
        double need = kept ? (double)(letters_of(&marks[kept - 1]) + letters_of(&marks[i])) * LABEL_PIXELS / 2 : 0;
        if (kept && (double)(marks[i].fs - marks[kept - 1].fs) * WAVE_PIXELS < need * (double)span_fs)
            continue;
        marks[kept] = marks[i];
        marks[kept].letter = (char)('A' + kept);
        kept++;
    }
    return kept;
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
    bl_gtkw_put_rows(g);
    bl_put_text(&g->text, "[pattern_trace] 1\n[pattern_trace] 0\n");
    if (g->lost)
        bl_note(g->diag, "%s: %zu signals are shown without names: GTKWave holds %d lists of names",
                g->path, g->lost, MOST_FILTERS);
    if (g->nfilters && make_folder(g))
        return -1;
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

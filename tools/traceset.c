/* traceset.c - begins, watches and ends the traces of one run. */
#include "tools/traceset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/files.h"
#include "traces/gtkw.h"
#include "traces/traces.h"

enum { SEEN_PERIODS = 100 };           /* cycles of the first clock that GTKWave shows at first */

/* ---- opening */

static int window(struct bl_trace_opts *o, const char *text, struct bl_diag *diag)
{
    const char *colon = strchr(text, ':');
    char from[64];

    if (!colon || strlen(text) >= sizeof from)
        return bl_error(diag, "--window '%s': expected T0:T1, like '1 us:2 us'; either may be left out", text);
    snprintf(from, sizeof from, "%.*s", (int)(colon - text), text);
    if (*from && bl_parse_time(from, &o->from_fs, diag, "--window") < 0)
        return -1;
    if (colon[1] && bl_parse_time(colon + 1, &o->to_fs, diag, "--window") < 0)
        return -1;
    if (colon[1] && o->to_fs <= o->from_fs)
        return bl_error(diag, "--window '%s': it ends before it begins; expected T0 < T1", text);
    return 0;
}

static int unknown_suffix(const char *path, struct bl_diag *diag)
{
    char list[128] = "";

    for (const char *const *s = bl_wave_suffixes(); *s; s++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s.%s", *list ? ", " : "", *s);
    return bl_error(diag, "--trace %s: its form is not known; expected a name that ends in one of %s", path, list);
}

/* "out/a.vcd.gz" -> "out/a.gtkw"; when another trace has that name already, "out/a.vcd.gz.gtkw". */
static char *save_name(const struct bl_traceset *t, const struct bl_traceset_entry *e)
{
    size_t n = strlen(e->path), stem = n - strlen(e->ops->suffix) - 1;
    char *name = malloc(n + 6);

    if (!name)
        return NULL;
    snprintf(name, n + 6, "%.*s.gtkw", (int)stem, e->path);
    for (const struct bl_traceset_entry *x = t->v; x < e; x++)
        if (x->gtkw && !strcmp(x->gtkw, name))
            snprintf(name, n + 6, "%s.gtkw", e->path);
    return name;
}

int bl_traceset_init(struct bl_traceset *t, const struct bl_texts *files, const struct bl_texts *globs, const char *win,
                     uint64_t power_window_fs, struct bl_diag *diag)
{
    int status = 0;

    *t = (struct bl_traceset){ .opts = { .globs = globs->v, .nglobs = globs->n, .power_window_fs = power_window_fs } };
    if (!(t->v = calloc(files->n + 1, sizeof *t->v)))
        return bl_error(diag, "no memory for the traces");
    if (!files->n && (globs->n || win || power_window_fs))
        status = bl_error(diag, "--%s: nothing is traced; name a file with --trace", globs->n ? "watch" : win ? "window" : "power-window");
    for (size_t i = 0; i < files->n; i++) {
        struct bl_traceset_entry *e = &t->v[t->n];
        e->path = files->v[i];
        for (size_t k = 0; k < t->n; k++)
            if (!strcmp(t->v[k].path, e->path))
                status = bl_error(diag, "--trace %s: is named twice", e->path);
        if (!(e->ops = bl_wave_writer(e->path))) {
            status = unknown_suffix(e->path, diag);
            continue;
        }
        e->gtkw = save_name(t, e);
        status |= bl_may_save(e->path, diag);
        t->n++;
    }
    return win && window(&t->opts, win, diag) < 0 ? -1 : status;
}

int bl_traceset_begin(struct bl_traceset *t, struct bl_sim *s, struct bl_diag *diag)
{
    for (size_t i = 0; i < t->n; i++)
        if (!(t->v[i].trace = bl_trace_begin(s, t->v[i].ops, t->v[i].path, &t->opts, diag)))
            return -1;
    return 0;
}

/* ---- how large it will be */

static void size_text(uint64_t bytes, char *buf, size_t room)
{
    static const char *const unit[] = { "bytes", "kB", "MB", "GB", "TB" };
    double v = (double)bytes;
    size_t i = 0;

    for (; v >= 999.5 && i < 4; i++)
        v /= 1000;
    snprintf(buf, room, "%.3g %s", v, unit[i]);
}

void bl_traceset_foretell(const struct bl_traceset *t, uint64_t done, uint64_t total, struct bl_diag *diag)
{
    char size[32];

    for (size_t i = 0; i < t->n && done && t->opts.to_fs == 0; i++) {
        size_t n, real = 0;
        const struct bl_wave_var *vars = bl_trace_vars(t->v[i].trace, &n);
        double bits = 0, changes = (double)bl_trace_changes(t->v[i].trace) * (double)total / (double)done;
        for (size_t k = 0; k < n; k++)
            if (!vars[k].alias) {
                bits += vars[k].width;
                real++;
            }
        size_text(bl_wave_estimate(t->v[i].ops, changes < 1e18 ? (uint64_t)changes : UINT64_C(1000000000000000000),
                                   real ? bits / (double)real : 1), size, sizeof size);
        bl_note(diag, "%s: will be about %s (within a factor of two); --watch and --window make it smaller", t->v[i].path, size);
    }
}

/* ---- closing */

static int write_save(struct bl_traceset *t, struct bl_traceset_entry *e, struct bl_sim *s, struct bl_diag *diag)
{
    const char *slash = strrchr(e->path, '/');
    struct bl_gtkw_opts o = { .start_fs = t->opts.from_fs, .end_fs = bl_now(s) };
    struct bl_clock_row clock;
    size_t n;
    const struct bl_wave_var *vars = bl_trace_vars(e->trace, &n);

    if (bl_clock_count(s)) {
        bl_clock_at(s, 0, &clock);
        uint64_t seen;
        if (!__builtin_mul_overflow(clock.period_fs, SEEN_PERIODS, &seen) && o.end_fs > o.start_fs && o.end_fs - o.start_fs > seen)
            o.end_fs = o.start_fs + seen;
    }
    return bl_gtkw_write(e->gtkw, slash ? slash + 1 : e->path, vars, n, &o, diag);
}

/* "^2 a.verdict.1.txt" in a save file names a filter, which stands in the same folder; number 0 is none. */
static void add_filter(struct bl_traceset_entry *e, const char *line, size_t n)
{
    const char *slash = strrchr(e->gtkw, '/');
    size_t folder = slash ? (size_t)(slash - e->gtkw) + 1 : 0, number = 1 + strspn(line + 1, "0123456789");
    bool named = line[1] != '0' && n > number + 1 && line[number] == ' ';
    char *name = named ? malloc(folder + n + 1) : NULL;

    if (!name)
        return;
    snprintf(name, folder + n + 1, "%.*s%.*s", (int)folder, e->gtkw, (int)(n - number - 1), line + number + 1);
    for (size_t i = 0; i < e->filters.n; i++)
        if (!strcmp(e->filters.v[i], name)) {
            free(name);
            return;
        }
    bl_texts_add(&e->filters, name);
}

static void find_filters(struct bl_traceset_entry *e, struct bl_diag *diag)
{
    size_t n;
    char *text = (char *)bl_read_all(e->gtkw, &n, diag);

    for (char *line = text; line && *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n'))
        if (*line == '^')
            add_filter(e, line, strcspn(line, "\n"));
    free(text);
}

int bl_traceset_end(struct bl_traceset *t, struct bl_sim *s, struct bl_texts *written, struct bl_diag *diag)
{
    int status = 0;

    for (size_t i = 0; i < t->n; i++) {
        struct bl_traceset_entry *e = &t->v[i];
        if (!e->trace)
            continue;
        int save = write_save(t, e, s, diag), trace = bl_trace_end(s, e->trace);
        e->trace = NULL;
        if (trace == 0)
            bl_texts_add(written, e->path);
        if (save == 0) {
            bl_texts_add(written, e->gtkw);
            find_filters(e, diag);
        }
        for (size_t k = 0; k < e->filters.n; k++)
            bl_texts_add(written, e->filters.v[k]);
        status |= save | trace;
    }
    return status ? -1 : 0;
}

void bl_traceset_fini(struct bl_traceset *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; k < t->v[i].filters.n; k++)
            free((char *)(uintptr_t)t->v[i].filters.v[k]);
        free(t->v[i].filters.v);
        free(t->v[i].gtkw);
    }
    free(t->v);
}

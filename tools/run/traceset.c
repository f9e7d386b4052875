/* traceset.c - begins, watches and ends the traces of one run. */
#include "tools/run/traceset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "traces/gtkw.h"
#include "traces/traces.h"

enum { SEEN_PERIODS = 100 };           /* cycles of the first clock that GTKWave shows around the first marker */

/* ---- opening */

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

/* "100MB", "64 kB", "5000": bytes. */
static int part_size(const char *text, uint64_t *bytes, struct bl_diag *diag)
{
    static const struct { const char *name; uint64_t bytes; } unit[] = {
        { "", 1 }, { "B", 1 }, { "kB", 1000 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 } };
    char *end;

    *bytes = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (*bytes)
        end += strspn(end, " ");
    for (size_t i = 0; *bytes && i < sizeof unit / sizeof unit[0]; i++)
        if (!strcmp(end, unit[i].name) && !__builtin_mul_overflow(*bytes, unit[i].bytes, bytes))
            return 0;
    return bl_error(diag, "--part-size '%s': expected a number of bytes, like '100MB'", text);
}

static int add_entry(struct bl_traceset *t, const char *path, bool timeline, struct bl_diag *diag)
{
    struct bl_traceset_entry *e = &t->v[t->n];
    bool live = !timeline && !strcmp(path, "-");
    int status = 0;

    unsigned how = (t->args->live ? BL_WAVE_LIVE : 0u) | (t->args->fst_pack && !strcmp(t->args->fst_pack, "zlib") ? BL_WAVE_ZLIB : 0u);

    e->path = path;
    e->ops = timeline ? bl_timeline_form(path) : bl_wave_writer_as(path, how);
    for (size_t k = 0; k < t->n; k++)
        if (!strcmp(t->v[k].path, e->path))
            status = bl_error(diag, "--%s %s: is named twice", timeline ? "timeline" : "trace", path);
    if (!e->ops && timeline)
        return bl_error(diag, "--timeline %s: its form is not known; expected a name that ends in .json or .kanata", path);
    if (!e->ops)
        return unknown_suffix(path, diag);
    t->live |= live;
    t->n++;
    if (live && t->opts.part_bytes)
        return bl_error(diag, "--part-size: stdout has no parts; name a file with --trace");
    if (live)
        return status;
    if (!timeline && !(e->gtkw = save_name(t, e)))
        return bl_error(diag, "%s: no memory for the name of its save file", path);
    return status | bl_may_save(path, diag);
}

static int needs_a_file(const struct bl_trace_args *a, struct bl_diag *diag)
{
    const char *what = a->watch.n ? "watch" : a->window ? "window" : a->power_window.given ? "power-window" : a->depth.given ? "depth" :
                       a->part_size ? "part-size" : a->images ? "trace-images" : NULL;

    if (a->trace.n + a->timeline.n || !what)
        return 0;
    return bl_error(diag, "--%s: nothing is traced; name a file with --trace", what);
}

int bl_traceset_init(struct bl_traceset *t, const struct bl_trace_args *a, struct bl_diag *diag)
{
    int status = needs_a_file(a, diag);

    *t = (struct bl_traceset){ .args = a, .opts = { .globs = a->watch.v, .nglobs = a->watch.n, .power_window_fs = a->power_window.v,
                                                    .depth = a->depth.v < 1000 ? (unsigned)a->depth.v : 1000 } };
    if (!(t->v = calloc(a->trace.n + a->timeline.n + 1, sizeof *t->v)))
        return bl_error(diag, "no memory for the traces");
    if (a->part_size)
        status |= part_size(a->part_size, &t->opts.part_bytes, diag);
    for (size_t i = 0; i < a->trace.n; i++)
        status |= add_entry(t, a->trace.v[i], false, diag);
    for (size_t i = 0; i < a->timeline.n; i++)
        status |= add_entry(t, a->timeline.v[i], true, diag);
    if (a->depth.given && !a->depth.v)
        status = bl_error(diag, "--depth: 0 names deep is nothing; expected at least 1");
    return a->window && bl_window_init(t, a->window, diag) < 0 ? -1 : status;
}

int bl_traceset_begin(struct bl_traceset *t, struct bl_sim *s, struct bl_diag *diag)
{
    if (t->args->window && bl_window_begin(t, t->args->window, s, diag) < 0)
        return -1;
    if (t->opts.from_fs < t->least_fs)
        t->opts.from_fs = t->least_fs;
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
        if (t->v[i].ops->timeline)
            continue;
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

enum { MOST_MARKS = 26 };

/* The first stall of each cause, by name, in order of time: markers A, B, ... */
struct marks { struct bl_gtkw_mark v[MOST_MARKS]; const char *cause[MOST_MARKS]; char text[MOST_MARKS][96]; size_t n; };

static void mark(struct marks *m, uint64_t fs, const char *part, const char *cause)
{
    size_t at = 0;

    for (size_t i = 0; i < m->n; i++)
        if (!strcmp(m->cause[i], cause)) {
            if (m->v[i].fs <= fs)
                return;
            m->n--;                            /* an earlier one: the old one goes */
            memmove(&m->v[i], &m->v[i + 1], (m->n - i) * sizeof m->v[0]);
            memmove(&m->cause[i], &m->cause[i + 1], (m->n - i) * sizeof m->cause[0]);
            memmove(&m->text[i], &m->text[i + 1], (m->n - i) * sizeof m->text[0]);
            break;
        }
    while (at < m->n && m->v[at].fs <= fs)
        at++;
    if (at == MOST_MARKS)
        return;
    size_t behind = (m->n < MOST_MARKS ? m->n : MOST_MARKS - 1) - at;
    memmove(&m->v[at + 1], &m->v[at], behind * sizeof m->v[0]);
    memmove(&m->cause[at + 1], &m->cause[at], behind * sizeof m->cause[0]);
    memmove(&m->text[at + 1], &m->text[at], behind * sizeof m->text[0]);
    m->v[at] = (struct bl_gtkw_mark){ .fs = fs };
    m->cause[at] = cause;
    snprintf(m->text[at], sizeof m->text[at], "%s.%s", part, cause);
    m->n = at + behind + 1;
}

static void find_marks(struct marks *m, const struct bl_sim *s, const struct bl_trace *trace)
{
    size_t n;
    const struct bl_wave_var *vars = bl_trace_vars(trace, &n);

    m->n = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t v = 2; vars[i].flags & BL_WAVE_VERDICT && !vars[i].alias && v < vars[i].nnames; v++) {
            uint64_t fs = bl_trace_first(s, trace, i, v);
            if (fs != UINT64_MAX)
                mark(m, fs, vars[i].scope, vars[i].names[v]);
        }
    for (size_t i = 0; i < m->n; i++)
        m->v[i].name = m->text[i];
}

static const char *dump_name(const struct bl_traceset_entry *e)
{
    const char *path = e->parts.n ? e->parts.v[0] : e->path, *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int write_save(struct bl_traceset *t, struct bl_traceset_entry *e, struct bl_sim *s, struct bl_diag *diag)
{
    struct marks marks;
    find_marks(&marks, s, e->trace);
    struct bl_gtkw_opts o = { .start_fs = t->opts.from_fs, .end_fs = bl_now(s), .marks = marks.v };
    struct bl_clock_row clock;
    uint64_t seen;
    size_t n;
    const struct bl_wave_var *vars = bl_trace_vars(e->trace, &n);

    if (bl_clock_count(s) && marks.n) {        /* some cycles before the first stall and those behind it; else all of the run */
        bl_clock_at(s, 0, &clock);
        if (!__builtin_mul_overflow(clock.period_fs, SEEN_PERIODS, &seen) && o.end_fs > o.start_fs && o.end_fs - o.start_fs > seen) {
            uint64_t first = marks.v[0].fs, before = seen / 8;
            o.start_fs = first > o.start_fs + before ? first - before : o.start_fs;
            o.end_fs = o.start_fs + seen;
        }
    }
    o.nmarks = bl_gtkw_thin(marks.v, marks.n, o.end_fs > o.start_fs ? o.end_fs - o.start_fs : 1);
    return bl_gtkw_write(e->gtkw, dump_name(e), vars, n, &o, diag);
}

/* "^2 .a.names/verdict.1.txt" in a save file names a translate file: its folder goes wherever the save file goes. */
static void find_filters(struct bl_traceset_entry *e, struct bl_diag *diag)
{
    size_t n;
    char *text = (char *)bl_read_all(e->gtkw, &n, diag), *line = text ? strstr(text, "\n^1 ") : NULL, *end = line ? strchr(line, '/') : NULL;
    const char *slash = strrchr(e->gtkw, '/');
    size_t folder = slash ? (size_t)(slash - e->gtkw) + 1 : 0;

    if (end) {
        size_t room = folder + (size_t)(end - line);
        char *name = malloc(room);
        if (name) {
            snprintf(name, room, "%.*s%.*s", (int)folder, e->gtkw, (int)(end + 1 - line - 4), line + 4);
            bl_texts_add(&e->filters, name);
        }
    }
    free(text);
}

static void name_parts(struct bl_traceset_entry *e)
{
    size_t room = strlen(e->path) + 32;

    for (uint32_t k = 0; k < bl_trace_parts(e->trace); k++) {
        char *name = malloc(room);
        if (name)
            bl_texts_add(&e->parts, bl_trace_part_name(e->path, e->ops->suffix, k, name, room));
    }
}

static void add_all(struct bl_texts *to, const struct bl_texts *from)
{
    for (size_t i = 0; i < from->n; i++)
        bl_texts_add(to, from->v[i]);
}

static int end_one(struct bl_traceset *t, struct bl_traceset_entry *e, struct bl_sim *s, struct bl_texts *written, struct bl_diag *diag)
{
    name_parts(e);
    int save = e->gtkw ? write_save(t, e, s, diag) : 0, trace = bl_trace_end(s, e->trace);
    e->trace = NULL;
    if (trace == 0 && strcmp(e->path, "-"))
        bl_texts_add(written, e->parts.n ? e->parts.v[0] : e->path);
    if (save == 0 && e->gtkw) {
        bl_texts_add(written, e->gtkw);
        find_filters(e, diag);
    }
    add_all(written, &e->filters);
    for (size_t i = 1; trace == 0 && i < e->parts.n; i++)
        bl_texts_add(written, e->parts.v[i]);
    return save | trace;
}

int bl_traceset_end(struct bl_traceset *t, struct bl_sim *s, struct bl_texts *written, struct bl_diag *diag)
{
    int status = 0;

    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].trace)
            status |= end_one(t, &t->v[i], s, written, diag);
    return status ? -1 : 0;
}

/* NAME.17.vcd of NAME.vcd, by whatever name: the number is what stands before the form in the name behind all links. */
static bool is_part(const struct bl_traceset_entry *e, const char *other)
{
    char *name = bl_real_name(other), *part = malloc(strlen(e->path) + 32);
    size_t n = name ? strlen(name) : 0, k = strlen(e->ops->suffix) + 1, digits = 0;
    bool same = false;

    while (n > k + digits && name[n - k - 1 - digits] >= '0' && name[n - k - 1 - digits] <= '9')
        digits++;
    if (part && digits && digits < 10 && !strcmp(name + n - k + 1, e->ops->suffix)) {
        uint32_t number = (uint32_t)strtoul(name + n - k - digits, NULL, 10);
        same = bl_same_file(bl_trace_part_name(e->path, e->ops->suffix, number, part, strlen(e->path) + 32), name);
    }
    free(name);
    free(part);
    return same;
}

bool bl_traceset_writes(const struct bl_traceset *t, const struct bl_traceset_entry *e, const char *name)
{
    return t->opts.part_bytes ? is_part(e, name) : bl_same_file(e->path, name);
}

static void texts_free(struct bl_texts *t)
{
    for (size_t k = 0; k < t->n; k++)
        free((char *)(uintptr_t)t->v[k]);
    free(t->v);
}

void bl_traceset_fini(struct bl_traceset *t)
{
    for (size_t i = 0; i < t->n; i++) {
        texts_free(&t->v[i].filters);
        texts_free(&t->v[i].parts);
        free(t->v[i].gtkw);
    }
    free(t->v);
    free(t->from);
    free(t->to);
}

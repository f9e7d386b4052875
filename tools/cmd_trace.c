/* cmd_trace.c - `bitline trace`: what is in a wave file, another form of it, a part of it, two of them compared. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/commands.h"
#include "platforms/file/io.h"
#include "tools/report/table.h"
#include "tools/wave/values.h"

struct trace_opts {
    struct bl_texts watch;
    const char *window, *output, *tolerance;
    bool signals, strict;
};

/* ---- info: a reader that counts ---- */

struct bl_wave { uint64_t times, changes, last; uint64_t *of; };   /* of: changes by variable */

static int count_time(struct bl_wave *w, uint64_t fs) { w->times++; w->last = fs; return 0; }
static int count(struct bl_wave *w, uint32_t v) { w->changes++; w->of[v]++; return 0; }
static int count_bits(struct bl_wave *w, uint32_t v, const uint64_t *x) { (void)x; return count(w, v); }
static int count_states(struct bl_wave *w, uint32_t v, const char *x) { (void)x; return count(w, v); }
static int count_real(struct bl_wave *w, uint32_t v, double x) { (void)x; return count(w, v); }
static int count_string(struct bl_wave *w, uint32_t v, const char *x, size_t n) { (void)x, (void)n; return count(w, v); }

static const struct bl_wave_ops counter = { .suffix = "", .help = "", .time = count_time, .bits = count_bits, .states = count_states,
                                            .real = count_real, .string = count_string };

static void print_signals(const struct bl_wave_head *h, const struct bl_wave *w)
{
    static const char *const heads[] = { "signal", ">bits", ">changes" };
    struct bl_table t;

    bl_table_start(&t, heads, 3);
    for (size_t i = 0; i < h->nvars; i++) {
        const struct bl_wave_var *v = &h->vars[i];
        size_t root = i;
        while (h->vars[root].alias)
            root = h->vars[root].alias - 1;
        bl_cell(&t, "%s%s%s", v->scope, *v->scope ? "." : "", v->name);
        if (v->kind == BL_WAVE_BITS)
            bl_cell(&t, "%u", (unsigned)v->width);
        else
            bl_cell(&t, "%s", v->kind == BL_WAVE_REAL ? "real" : v->kind == BL_WAVE_STRING ? "string" : "event");
        bl_cell(&t, "%llu", (unsigned long long)w->of[root]);
    }
    printf("\n");
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

static void print_head(const char *path, const struct bl_wave_head *h, const struct bl_wave *w)
{
    char start[BL_ZS_TEXT], end[BL_ZS_TEXT], unit[BL_ZS_TEXT];
    uint64_t odd = 0;

    printf("%s\n  form      %s%s%s\n", path, h->form, *h->version ? ", written by " : "", h->version);
    printf("  unit      %s\n", bl_zs_text(bl_zs_of(h->unit, h->exponent), unit));
    printf("  time      %s to %s\n", bl_zs_text(bl_zs_of(h->start, h->exponent), start),
           bl_zs_text(bl_zs_of(h->end > w->last ? h->end : w->last, h->exponent), end));
    printf("  signals   %zu, by %zu names\n", h->nsignals, h->nvars);
    printf("  changes   %llu, at %llu times\n", (unsigned long long)w->changes, (unsigned long long)w->times);
    if (h->blocks)
        printf("  blocks    %llu\n", (unsigned long long)h->blocks);
    for (size_t i = 0; i < h->nodd; i++)
        odd += h->odd[i].times;
    if (odd)
        printf("  odd       %llu places, of %zu kinds, were passed over\n", (unsigned long long)odd, h->nodd);
    if (h->torn)
        printf("  unfinished from byte %llu on: a crashed writer or a cut copy; what is before it is read\n", (unsigned long long)h->torn_at);
}

static int info(const char *path, const struct trace_opts *o, struct bl_diag *diag)
{
    struct bl_wave_source *s = bl_wave_source_open(path, diag);
    struct bl_wave w = { 0 };
    int rc = 1;

    if (!s)
        return BL_REFUSED;
    const struct bl_wave_head *h = bl_wave_source_head(s);
    if (!(w.of = calloc(h->nvars + 1, sizeof *w.of)))
        rc = bl_error(diag, "%s: no memory for %zu signals", path, h->nvars);
    while (rc > 0)
        rc = bl_wave_source_step(s, &counter, &w);
    if (rc == 0) {
        print_head(path, h, &w);
        if (o->signals)
            print_signals(h, &w);
        fflush(stdout);
        rc = bl_wave_judge(s, path, o->strict, diag);
    }
    free(w.of);
    bl_wave_source_close(s);
    return rc ? BL_REFUSED : BL_DONE;
}

/* ---- the command ---- */

static int window(struct bl_cut_opts *o, const char *text, struct bl_diag *diag)
{
    const char *colon = strchr(text, ':');
    char from[64];

    if (!colon || strlen(text) >= sizeof from)
        return bl_error(diag, "--window '%s': expected T0:T1, like '1 us:2 us'; either may be left out", text);
    snprintf(from, sizeof from, "%.*s", (int)(colon - text), text);
    if (*from && bl_zs_parse(from, &o->from, diag, "--window") < 0)
        return -1;
    if (colon[1] && bl_zs_parse(colon + 1, &o->to, diag, "--window") < 0)
        return -1;
    if (colon[1] && o->to <= o->from)
        return bl_error(diag, "--window '%s': it ends before it begins; expected T0 < T1", text);
    return 0;
}

/* "1e-6", "1e-6,1e-12": relative, absolute. */
static int tolerance(struct bl_cut_opts *o, const char *text, struct bl_diag *diag)
{
    char *end, *from;

    o->relative = strtod(text, &end);
    if (end != text && *end == ',') {
        o->absolute = strtod(from = end + 1, &end);
        end = end == from ? from - 1 : end;
    }
    if (end == text || *end || !(o->relative >= 0 && o->relative < 1) || !(o->absolute >= 0 && o->absolute < 1e300))
        return bl_error(diag, "--tolerance '%s': expected a part of the larger number below 1, and an absolute one if need be: '1e-6', "
                        "'1e-6,1e-12'", text);
    return 0;
}

/* What each of them takes; files: besides the first word. */
static const struct { const char *name; size_t files; bool part, output; const char *words; } verbs[] = {
    { "info",    1, false, false, "info FILE" },
    { "convert", 2, false, false, "convert FILE NEW" },
    { "diff",    2, true,  false, "diff A B" },
    { "cut",     1, true,  true,  "cut FILE -o NEW" },
};
enum { INFO, CONVERT, DIFF, CUT, VERBS };

static int check(size_t verb, const struct bl_texts *words, const struct trace_opts *o, struct bl_diag *diag)
{
    if (words->n - 1 != verbs[verb].files)
        return bl_error(diag, "bitline trace %s: expected `bitline trace %s`", verbs[verb].name, verbs[verb].words);
    if (!verbs[verb].part && (o->watch.n || o->window))
        return bl_error(diag, "bitline trace %s: takes the whole file; --watch and --window belong to cut and diff", verbs[verb].name);
    if (verbs[verb].output != (o->output != NULL))
        return bl_error(diag, "bitline trace %s: %s; expected `bitline trace %s`", verbs[verb].name, o->output ?
                        "-o belongs to cut" : "the new file is missing", verbs[verb].words);
    if (o->tolerance && verb != DIFF)
        return bl_error(diag, "bitline trace %s: --tolerance belongs to diff", verbs[verb].name);
    if (o->signals && verb != INFO)
        return bl_error(diag, "bitline trace %s: --signals belongs to info", verbs[verb].name);
    return 0;
}

static int trace(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct trace_opts *o = opts;
    struct bl_cut_opts c = { .globs = o->watch.v, .nglobs = o->watch.n, .strict = o->strict };
    const char *names[VERBS], *near;
    size_t verb = 0;
    int rc;

    for (; verb < VERBS && strcmp(verbs[verb].name, words->v[0]); verb++)
        names[verb] = verbs[verb].name;
    if (verb == VERBS) {
        near = bl_nearest(words->v[0], names, VERBS);
        return bl_error(diag, "trace: '%s' is not known; %s%s", words->v[0], near ? "did you mean " : "expected info, convert, diff or cut",
                        near ? near : ""), BL_REFUSED;
    }
    if (check(verb, words, o, diag) || (o->window && window(&c, o->window, diag)) ||
        (o->tolerance && tolerance(&c, o->tolerance, diag)))
        return BL_REFUSED;
    if (verb == INFO)
        return info(words->v[1], o, diag);
    if (verb == DIFF)
        rc = bl_trace_diff(words->v[1], words->v[2], &c, diag);
    else
        rc = bl_trace_cut(words->v[1], verb == CUT ? o->output : words->v[2], &c, diag);
    return rc < 0 ? BL_REFUSED : rc ? BL_WRONG : BL_DONE;
}

#define T struct trace_opts
static const struct bl_option options[] = {
    { "watch", 0, BL_OPT_MANY, offsetof(T, watch), "GLOB", "cut, diff: only signals that match; '!GLOB' takes away again" },
    { "window", 0, BL_OPT_TEXT, offsetof(T, window), "T0:T1", "cut, diff: only between these times; either may be left out" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "FILE", "cut: the new file" },
    { "tolerance", 0, BL_OPT_TEXT, offsetof(T, tolerance), "R[,A]", "diff: reals no further apart than R times the larger, plus A, are\n"
      "equal: '1e-6'" },
    { "strict", 0, BL_OPT_FLAG, offsetof(T, strict), NULL, "what a file has that cannot be read is an error: exit status 2" },
    { "signals", 0, BL_OPT_FLAG, offsetof(T, signals), NULL, "info: also every signal and how often it changes" },
    { 0 }
};
const struct bl_command cmd_trace = {
    .name = "trace", .help = "what is in a waveform; another form or a part of it; two compared",
    .grammar = { .words = "info|convert|diff|cut FILE ...", .least = 2, .most = 3, .options = options, .size = sizeof(T), .notes =
        "bitline trace info FILE            form, times, signals, whether it is whole\n"
        "bitline trace convert FILE NEW     into the form of NEW's name: .fst, .vcd or .vcd.gz\n"
        "bitline trace cut FILE -o NEW      fewer signals, less time\n"
        "bitline trace diff A B             first difference, then how often each signal differs\n"
        "Files are FST (also of other programs), VCD, EVCD, and these in gzip, told by what is in them. A new file keeps the unit of\n"
        "time. What cannot be read (a value of another kind, an unknown identifier, a cut end) is passed over and said once, with its\n"
        "line and how often.\n"
        "Exit status: 0 done, or equal; 1 different; 2 a damaged file, one that could not be written, or --strict.\n" },
    .run = trace };

/* cmd_show.c - `bitline show`: what a class declares, what a platform or one of its parts is made of. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "tools/show/classes.h"
#include "tools/commands.h"
#include "tools/report/report.h"
#include "tools/run/setup_options.h"
#include "tools/show/show.h"
#include "tools/report/table.h"

struct show_opts { struct bl_setup_opts setup; struct bl_texts sets; bool json, signals; };

static void put_json(json_t *o)
{
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    printf("\n");
    json_decref(o);
}

/* ---- a class */

static void put_line(void *ctx, const char *text)
{
    (void)ctx;
    printf("%s\n", text);
}

static int show_class(const struct bl_class *c, const struct show_opts *o, struct bl_diag *diag)
{
    struct bl_show show = { put_line, NULL };

    if (o->signals || o->sets.n || o->setup.seed.given)
        return bl_error(diag, "show: a class has no signals and nothing to set; these options are for platforms"), BL_REFUSED;
    if (o->json)
        put_json(bl_class_json(c));
    else
        bl_class_show(c, &show);
    return BL_DONE;
}

/* ---- names of its signals: what a trace that writes nothing is told */

static struct bl_wave *no_open(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t start, struct bl_diag *diag)
{
    static char nothing;

    (void)path, (void)vars, (void)n, (void)start, (void)diag;
    return (struct bl_wave *)(void *)&nothing;
}
static int no_time(struct bl_wave *w, uint64_t fs) { (void)w, (void)fs; return 0; }
static int no_bits(struct bl_wave *w, uint32_t v, const uint64_t *x) { (void)w, (void)v, (void)x; return 0; }
static int no_states(struct bl_wave *w, uint32_t v, const char *x) { (void)w, (void)v, (void)x; return 0; }
static int no_real(struct bl_wave *w, uint32_t v, double x) { (void)w, (void)v, (void)x; return 0; }
static int no_string(struct bl_wave *w, uint32_t v, const char *x, size_t n) { (void)w, (void)v, (void)x, (void)n; return 0; }
static int no_close(struct bl_wave *w, uint64_t end) { (void)w, (void)end; return 0; }

static const struct bl_wave_ops no_writer = { .suffix = "", .help = "writes nothing", .open = no_open, .time = no_time,
    .bits = no_bits, .states = no_states, .real = no_real, .string = no_string, .close = no_close };

static int show_signals(struct bl_sim *s, bool json, struct bl_diag *diag)
{
    struct bl_trace_opts o = { 0 };
    struct bl_trace *trace = bl_trace_begin(s, &no_writer, "the platform", &o, diag);
    static const char *const keys[] = { "name", ">bits", "help" };
    json_t *a = json_array();
    struct bl_table t;
    size_t n;

    if (!trace) {
        json_decref(a);
        return BL_REFUSED;
    }
    const struct bl_wave_var *v = bl_trace_vars(trace, &n);
    bl_table_start(&t, keys, 3);
    for (size_t i = 0; i < n; i++) {
        if (v[i].alias)
            continue;
        bl_cell(&t, "%s%s%s", v[i].scope, *v[i].scope ? "." : "", v[i].name);
        bl_cell(&t, "%u", v[i].width);
        bl_cell(&t, "%s", v[i].help ? v[i].help : "");
        json_array_append_new(a, json_pack("{s:s, s:I, s:s?}", "name", t.cell[t.cells - 3], "bits", (json_int_t)v[i].width, "help",
                                           v[i].help));
    }
    if (json)
        put_json(a);
    else {
        bl_table_print(&t, stdout);
        json_decref(a);
    }
    bl_table_fini(&t);
    bl_trace_end(s, trace);
    return BL_DONE;
}

/* ---- the command */

static int show_built(const struct bl_setup *u, const char *part, const struct show_opts *o, struct bl_diag *diag)
{
    bool is_part = part && (bl_part_find(u->sim, part) != SIZE_MAX || bl_platform_count(u->platform, part));
    const struct bl_class *c = part && !is_part ? bl_class_find(bl_classes_of(u->sim), part) : NULL;

    if (c)                                 /* bitline's own, or of a module of the platform */
        return show_class(c, o, diag);
    if (o->signals && part)
        return bl_error(diag, "show: --signals lists those of the whole platform; leave out '%s'", part), BL_REFUSED;
    if (o->signals)
        return show_signals(u->sim, o->json, diag);
    json_t *j = part ? bl_show_part(u, part, diag) : bl_show_platform(u);
    if (!j)
        return BL_REFUSED;
    if (o->json) {
        put_json(j);
        return BL_DONE;
    }
    if (part)
        bl_show_part_print(j);
    else
        bl_show_platform_print(j);
    json_decref(j);
    return BL_DONE;
}

static int show_platform(const struct bl_texts *words, const struct show_opts *o, struct bl_diag *diag)
{
    struct bl_setup_opts so = o->setup;
    int status = BL_REFUSED;

    so.platform = words->v[0];
    so.set = bl_words_of(&o->sets);
    struct bl_setup *u = bl_setup_platform(&so, diag);
    if (u && bl_setup_build(u) == 0)
        status = show_built(u, words->n > 1 ? words->v[1] : NULL, o, diag);
    bl_setup_close(u);
    return status;
}

static void say_nothing(void *ctx, const char *line) { (void)ctx, (void)line; }

/* Names the class that a word is most like, when no platform has its name. Was there one? */
static bool meant_a_class(const char *word, struct bl_diag *diag)
{
    struct bl_diag silent = { .put = say_nothing };
    struct bl_found at = { 0 };
    json_t *all = json_array();
    const char *names[256], *near;
    size_t n = 0;

    if (bl_find(BL_FILE_PLATFORM, word, "", &at, &silent) < 0)
        for (; bl_classes[n] && n < sizeof names / sizeof *names; n++) {
            json_array_append_new(all, bl_class_json(bl_classes[n]));
            names[n] = bl_j_text(json_array_get(all, n), "name");
        }
    bl_found_fini(&at);
    if ((near = bl_nearest(word, names, n)))
        bl_error(diag, "show: '%s' is neither a class nor a platform; did you mean the class '%s'?", word, near);
    json_decref(all);
    return near != NULL;
}

static int show(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct show_opts *o = opts;
    const struct bl_class *c = words->n == 1 ? bl_class_find(bl_classes, words->v[0]) : NULL;

    if (words->n == 1 && !c && meant_a_class(words->v[0], diag))
        return BL_REFUSED;
    return c ? show_class(c, o, diag) : show_platform(words, o, diag);
}

#define T struct show_opts
static const struct bl_option options[] = {
    { "signals", 0, BL_OPT_FLAG, offsetof(T, signals), NULL, "the names that --watch matches, instead of the parts" },
    { "json", 0, BL_OPT_FLAG, offsetof(T, json), NULL, "as JSON" },
    BL_SET_OPTIONS(T),
    { 0 }
};
const struct bl_command cmd_show = {
    .name = "show", .help = "what a class declares, or what a platform or one of its parts is made of",
    .grammar = { .words = "CLASS|PLATFORM [PART|CLASS]", .least = 1, .most = 2, .options = options, .size = sizeof(T), .notes =
        "`bitline ls` lists the names. Where a class and a platform share one, write the path of its file for the latter.\n"
        "A CLASS behind a platform may be one of its modules; a part of that name comes first.\n" },
    .run = show };

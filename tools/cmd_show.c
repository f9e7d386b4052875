/* cmd_show.c - `bitline show`: what a class declares, or what a platform is made of. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/plan.h"
#include "tools/classes.h"
#include "tools/commands.h"
#include "tools/table.h"
#include "tools/world.h"

struct show_opts { struct bl_world_opts w; bool json, signals; };

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

    if (o->signals || o->w.set.n || o->w.seed.given)
        return bl_error(diag, "bitline show: a class has no signals and nothing to set; these options are for platforms"), BL_REFUSED;
    if (o->json)
        put_json(bl_class_json(c));
    else
        bl_class_show(c, &show);
    return BL_DONE;
}

/* ---- a platform, as JSON */

static json_t *clocks(struct bl_sim *s)
{
    json_t *a = json_array();
    char period[40], phase[40];

    for (size_t i = 0; i < bl_clock_count(s); i++) {
        struct bl_clock_row c;
        bl_clock_at(s, i, &c);
        json_array_append_new(a, json_pack("{s:s, s:s, s:s}", "name", c.name, "period", bl_time_text(c.period_fs, period), "phase",
                                           bl_time_text(c.phase_fs, phase)));
    }
    return a;
}

static json_t *parts(struct bl_sim *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        json_array_append_new(a, json_pack("{s:s, s:s, s:s?}", "path", p.path, "class", p.cls, "clock", p.clock));
    }
    return a;
}

static json_t *prices(struct bl_sim *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_price_count(s); i++) {
        const struct bl_price *p = bl_price_at(s, i);
        json_array_append_new(a, json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "class", p->cls, "item", p->item, "value",
                                           bl_j_of_count(p->value), "unit", p->is_power ? "nW" : "yJ", "tag", bl_tag_name[p->tag],
                                           "source", p->source));
    }
    return a;
}

static json_t *platform_json(const struct bl_world *w)
{
    const struct bl_platform *p = w->platform;
    json_t *expects = json_array();

    for (size_t i = 0; i < bl_platform_expects(p); i++)
        json_array_append_new(expects, json_string(bl_platform_expect(p, i)->text));
    return json_pack("{s:s, s:s?, s:s, s:s?, s:s?, s:o, s:I, s:o, s:o, s:o}", "name", bl_platform_name(p), "about",
                     bl_platform_about(p), "file", w->platform_at.path + w->platform_at.hidden, "mapper",
                     w->mapper ? w->mapper->name : NULL, "tech", bl_platform_tech(p) ? bl_tech_name(bl_platform_tech(p)) : NULL,
                     "clocks", clocks(w->sim), "wires", (json_int_t)p->nwires, "parts", parts(w->sim), "expect", expects, "prices",
                     prices(w->sim));
}

/* ---- the same as text */

static void list(const char *title, const json_t *rows, const char *const *keys, size_t n)
{
    struct bl_table t;
    const json_t *row;
    size_t i;

    if (!json_array_size(rows))
        return;
    bl_table_start(&t, keys, n);
    json_array_foreach(rows, i, row)
        for (size_t k = 0; k < n; k++)
            bl_cell(&t, "%s", bl_j_text(row, keys[k]));
    printf("\n%s (%zu)\n", title, json_array_size(rows));
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

static void list_prices(const json_t *rows)
{
    static const char *const heads[] = { "class", "item", ">price", "tag", "source" };
    struct bl_table t;
    const json_t *row;
    size_t i;
    char text[40];

    if (!json_array_size(rows))
        return;
    bl_table_start(&t, heads, 5);
    json_array_foreach(rows, i, row) {
        uint64_t v = bl_j_count(row, "value");
        bl_cell(&t, "%s", bl_j_text(row, "class"));
        bl_cell(&t, "%s", bl_j_text(row, "item"));
        if (strcmp(bl_j_text(row, "unit"), "nW"))
            bl_cell(&t, "%s", bl_energy_text(v, text));
        else
            bl_cell(&t, "%.4g uW", (double)v / 1000);
        bl_cell(&t, "%s", bl_j_text(row, "tag"));
        bl_cell(&t, "%s", bl_j_text(row, "source"));
    }
    printf("\nPrices (%zu)\n", json_array_size(rows));
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
}

static void print_platform(const json_t *o)
{
    static const char *const clock_keys[] = { "name", "period", "phase" }, *const part_keys[] = { "path", "class", "clock" };
    const json_t *row;
    size_t i;

    printf("%s: %s\n", bl_j_text(o, "name"), bl_j_text(o, "about"));
    printf("  file    %s\n", bl_j_text(o, "file"));
    printf("  mapper  %s\n", *bl_j_text(o, "mapper") ? bl_j_text(o, "mapper") : "none: it runs by itself");
    printf("  tech    %s\n", *bl_j_text(o, "tech") ? bl_j_text(o, "tech") : "none: nothing has a price");
    printf("  wires   %llu lines\n", (unsigned long long)bl_j_count(o, "wires"));
    list("Clocks", json_object_get(o, "clocks"), clock_keys, 3);
    list("Parts", json_object_get(o, "parts"), part_keys, 3);
    if (json_array_size(json_object_get(o, "expect")))
        printf("\nExpectations (%zu)\n", json_array_size(json_object_get(o, "expect")));
    json_array_foreach(json_object_get(o, "expect"), i, row)
        printf("  %s\n", json_string_value(row));
    list_prices(json_object_get(o, "prices"));
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
        json_array_append_new(a, json_pack("{s:s, s:I, s:s?}", "name", t.cell[t.cells - 3], "bits", (json_int_t)v[i].width, "help", v[i].help));
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

static int show_platform(const char *name, const struct show_opts *o, struct bl_diag *diag)
{
    struct bl_world_opts wo = o->w;
    struct bl_world w = { 0 };
    int status = BL_REFUSED;

    wo.net = "none";
    if (bl_world_platform(&w, name, &wo, diag) == 0 && bl_world_build(&w) == 0) {
        status = BL_DONE;
        if (o->signals) {
            status = show_signals(w.sim, o->json, diag);
        } else {
            json_t *j = platform_json(&w);
            if (o->json)
                put_json(j);
            else {
                print_platform(j);
                json_decref(j);
            }
        }
    }
    bl_world_close(&w);
    return status;
}

static int show(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct show_opts *o = opts;
    const struct bl_class *c = bl_class_find(bl_classes, words->v[0]);

    return c ? show_class(c, o, diag) : show_platform(words->v[0], o, diag);
}

#define T struct show_opts
static const struct bl_option options[] = {
    { "signals", 0, BL_OPT_FLAG, offsetof(T, signals), NULL, "the names that --watch matches, instead of the parts" },
    { "json", 0, BL_OPT_FLAG, offsetof(T, json), NULL, "as JSON" },
    BL_SET_OPTIONS(T),
    { 0 }
};
const struct bl_command cmd_show = {
    .name = "show", .help = "what a class declares, or what a platform is made of",
    .grammar = { .words = "CLASS|PLATFORM", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "`bitline ls` lists the names. Where a class and a platform share one, write platforms/NAME.yaml for the latter.\n" },
    .run = show };

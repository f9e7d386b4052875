/* test_show.c - show_platform.c, show_part.c and platforms/file/params.c: what is in force, as JSON and as text. */
#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"
#include "tools/commands.h"
#include "platforms/file/io.h"
#include "tools/report/report.h"
#include "tools/show/show.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 512 };

/* `bitline show WORD [PART] ...`, its output as text. */
static char *show(const char *a, const char *b, const char *c, const char *d)
{
    const char *dir = getenv("BL_TMP"), *words[] = { a, b, c, d };
    char name[] = "bitline", command[] = "show", out[NAME], word[4][128], *argv[6] = { name, command };
    struct heard h;
    int argc = 2;
    size_t n;

    for (int i = 0; i < 4 && words[i]; i++, argc++) {
        snprintf(word[i], sizeof word[i], "%s", words[i]);
        argv[argc] = word[i];
    }
    snprintf(out, sizeof out, "%s/show.%ld", dir ? dir : "/tmp", (long)getpid());
    ck_assert_ptr_nonnull(freopen(out, "w", stdout));
    int status = bl_program(argc, argv, heard_start(&h));
    fflush(stdout);
    ck_assert_msg(status == BL_DONE, "%s", h.text);
    char *text = (char *)bl_read_all(out, &n, &h.diag);
    ck_assert_msg(text != NULL, "%s", h.text);
    unlink(out);
    return text;
}

static json_t *show_json(const char *a, const char *b, const char *c)
{
    char *text = show(a, "--json", b, c);
    json_t *j = json_loads(text, 0, NULL);

    ck_assert_msg(j != NULL, "%s", text);
    free(text);
    return j;
}

static const json_t *with(const json_t *list, const char *key, const char *value)
{
    const json_t *row;
    size_t i;

    json_array_foreach(list, i, row)
        if (!strcmp(bl_j_text(row, key), value))
            return row;
    ck_abort_msg("no %s", value);
    return NULL;
}

START_TEST(parameters)
{
    static const struct { const char *set, *part, *param, *value; bool changed; } row[] = {
        { NULL, "adc", "range", "full", false }, { "adc.range=half", "adc", "range", "half", true },
        { "adc.noise=0.25", "adc", "noise", "0.25", true }, { "adc.noise=0", "adc", "noise", "0", false },
        { "adc.rho=3", "adc", "rho", "3", true }, { "ose.thresholds=[5, 4, 3, 2, 1]", "ose", "thresholds", "[5, 4, 3, 2, 1]", true },
        { "ose.forced=[9, 4]", "ose", "forced", "[9, 4]", true }, { NULL, "ose", "forced", "[]", false },
        { NULL, "ose", "candidates", "[5, 6, 7, 8, 9, 10]", false }, { NULL, "controller", "mode", "osa", false },
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char set[64];
        snprintf(set, sizeof set, "--set=%s", row[i].set ? row[i].set : "host.host_cycles=0");
        json_t *j = show_json("osa_hcim", set, NULL);
        const json_t *part = with(json_object_get(j, "parts"), "path", row[i].part);
        const json_t *p = with(json_object_get(part, "parameters"), "name", row[i].param);
        ck_assert_str_eq(bl_j_text(p, "value"), row[i].value);
        ck_assert_int_eq(json_is_true(json_object_get(p, "changed")), row[i].changed);
        json_decref(j);
    }
}
END_TEST

START_TEST(wires)
{
    json_t *j = show_json("back_pressure", "--set=gen[1..2].x.depth=5", NULL), *w = json_object_get(j, "wires");
    static const char *const from[] = { "gen[0].x", "gen[1..2].x", "gen[3].x" }, *const to[] = { "sink[0].x", "sink[1..2].x", "sink[3].x" };

    ck_assert_uint_eq(json_array_size(w), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(bl_j_text(json_array_get(w, i), "from"), from[i]);
        ck_assert_str_eq(bl_j_text(json_array_get(w, i), "to"), to[i]);
        ck_assert_str_eq(bl_j_text(json_array_get(w, i), "link"), i == 1 ? "depth 5" : "depth 2");
        ck_assert_uint_eq(bl_j_count(json_array_get(w, i), "count"), i == 1 ? 2 : 1);
    }
    json_decref(j);
}
END_TEST

START_TEST(part)
{
    json_t *j = show_json("back_pressure", "sink[2]", "--set=gen[2].x.depth=9");
    const json_t *port = with(json_object_get(j, "ports"), "name", "x"), *peer = json_array_get(json_object_get(port, "wired"), 0);

    ck_assert_str_eq(bl_j_text(j, "class"), "sink");
    ck_assert_str_eq(bl_j_text(j, "clock"), "core");
    ck_assert_str_eq(bl_j_text(with(json_object_get(j, "parameters"), "name", "every"), "value"), "3");
    ck_assert_uint_eq(json_array_size(json_object_get(port, "wired")), 1);
    ck_assert_str_eq(bl_j_text(peer, "port"), "gen[2].x");
    ck_assert_str_eq(bl_j_text(peer, "link"), "depth 9");
    json_decref(j);
}
END_TEST

/* What is inside a composite is wired by its class, not by the file. */
START_TEST(composite)
{
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts: { d: { class: duo, count: 2 } }\n";
    const char *set[] = { "d[1].in.weights=[4, 2]" };
    const struct bl_setup_opts o = { .platform = "p.yaml", .platform_text = TEXT, .platform_bytes = strlen(TEXT), .set = { set, 1 },
                                     .classes = small_classes };
    struct heard h;
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    json_t *j = bl_show_part(u, "d[1].in", &h.diag);
    ck_assert_msg(j != NULL, "%s", h.text);
    const json_t *list = with(json_object_get(j, "parameters"), "name", "weights");
    ck_assert_str_eq(bl_j_text(j, "inside"), "d[1]");
    ck_assert_str_eq(bl_j_text(list, "value"), "[4, 2]");
    ck_assert(json_is_true(json_object_get(list, "changed")));
    ck_assert_uint_eq(json_array_size(json_object_get(with(json_object_get(j, "ports"), "name", "x"), "wired")), 0);
    json_decref(j);
    ck_assert_ptr_null(bl_show_part(u, "d[1].im", &h.diag));
    ck_assert_str_eq(h.text, "show: no part is called 'd[1].im'; did you mean 'd[1].in'?");
    bl_setup_close(u);
}
END_TEST

/* A class behind a platform is shown, unless a part has its name. */
START_TEST(class_of_a_platform)
{
    char *alone = show("sink", NULL, NULL, NULL), *behind = show("osa_hcim", "sink", NULL, NULL), *one = show("osa_hcim", "adc", NULL, NULL);

    ck_assert_str_eq(alone, behind);
    ck_assert_ptr_nonnull(strstr(one, "osa_adc"));
    free(alone);
    free(behind);
    free(one);
}
END_TEST

START_TEST(as_text)
{
    static const char *const has[][2] = {
        { "", "\n  gen[*]   lanes             1\n" }, { "", "           values       random  *\n" },
        { "", "           every      1, .., 2  *\n" },
        { "", "\nWires (4)\n  wires  from             to            link\n      4  gen[0..3].x  ->  sink[0..3].x  depth 2\n" },
        { "gen[1]", "gen[1]\n  class   gen\n  clock   core\n" }, { "gen[1]", "  x     push  -> sink[1].x  depth 2  items\n" },
        { "sink[1]", "  x     pop   <- gen[1].x  depth 2  items\n" },
    };

    for (size_t i = 0; i < sizeof has / sizeof has[0]; i++) {
        char *text = show("back_pressure", *has[i][0] ? has[i][0] : "--set=gen[3].every=2", NULL, NULL);
        ck_assert_msg(strstr(text, has[i][1]) != NULL, "not there:\n%s\nin:\n%s", has[i][1], text);
        free(text);
    }
}
END_TEST

/* Each element of an array is a port; an array of one has no brackets. */
struct taps { struct bl_part p; bl_outs q; bl_outs r; int64_t n; };
static bl_verdict taps_tick(void *self) { return self ? BL_IDLE : BL_BUSY; }
static const struct bl_field taps_fields[] = {
    BL_OUTS(struct taps, q, BL_BY(struct taps, n), 1, 8, "taps"), BL_OUTS(struct taps, r, 1, 1, 8, "one"),
    BL_PARAM(struct taps, n, 3, 1, 9, "taps"), { 0 }
};
static const struct bl_class taps_class = { .name = "taps", .help = "", .size = sizeof(struct taps), .tick = taps_tick, .fields = taps_fields };
static const struct bl_class *const taps_classes[] = { &taps_class, NULL };

START_TEST(arrays_of_ports)
{
    static const char TEXT[] = "platform: p\nclocks: { core: 5 ns }\nparts: { t: { class: taps, n: 2 } }\n";
    static const char *const names[] = { "q[0]", "q[1]", "r" };
    const struct bl_setup_opts o = { .platform = "p.yaml", .platform_text = TEXT, .platform_bytes = strlen(TEXT), .classes = taps_classes };
    struct heard h;
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    json_t *j = bl_show_part(u, "t", &h.diag);
    ck_assert_msg(j != NULL, "%s", h.text);
    const json_t *ports = json_object_get(j, "ports");
    ck_assert_uint_eq(json_array_size(ports), 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_str_eq(bl_j_text(json_array_get(ports, i), "name"), names[i]);
    json_decref(j);
    bl_setup_close(u);
}
END_TEST

/* A file that is used: a row for its values, rows for its parts, and its ports with who is wired to what is behind them. */
START_TEST(used_files)
{
    static const char *const has[][2] = {
        { "", "\nUsed files\n  part        file" }, { "", "  core[0..7]  platforms/bf_imna/ap_core.yaml  rows 4800, cols 64, fidelity macro, stop 0, program [1, 0, 0, 0, 0, 0, 8, 4800, 0" },
        { "", "      8  core[0..7].seq.op         ->  core[0..7].cam.op" }, { "", "  core[7].seq     ap_sequencer  core\n" },
        { "core[3]", "core[3]\n  file    a platform file that is used; its parts are those below\n" },
        { "core[3]", "  out       core[3].seq.out_word  -- port[3].item  depth 4 sync 1" },
        { "core[3].seq", "  out_word   push   -> port[3].item            depth 4 sync 1" }, { "core[3].cam", "  inside  core[3]\n" },
    };

    for (size_t i = 0; i < sizeof has / sizeof has[0]; i++) {
        char *text = *has[i][0] ? show("bf_imna_mesh", has[i][0], NULL, NULL) : show("bf_imna_mesh", NULL, NULL, NULL);
        ck_assert_msg(strstr(text, has[i][1]) != NULL, "not there: %s", has[i][1]);
        free(text);
    }
    json_t *j = show_json("bf_imna_mesh", "--set=core[2].stop=9", NULL);
    const json_t *use = with(json_object_get(j, "uses"), "path", "core[2]");
    ck_assert_str_eq(bl_j_text(with(json_object_get(use, "params"), "name", "stop"), "value"), "9");
    ck_assert_uint_eq(bl_j_count(with(json_object_get(j, "uses"), "path", "core[3..7]"), "count"), 5);
    ck_assert(json_is_null(json_object_get(with(json_object_get(j, "parts"), "path", "core[2]"), "class")));
    json_decref(j);
    j = show_json("osa_hcim", "--set=cols=72", NULL);
    const json_t *cols = with(json_object_get(j, "params"), "name", "cols");
    ck_assert(!strcmp(bl_j_text(cols, "value"), "72") && !strcmp(bl_j_text(cols, "preset"), "144"));
    json_decref(j);
}
END_TEST

/* The block `array:`, parameters of the file put in and presets filled in; a platform without one says nothing of it. */
START_TEST(array_block)
{
    static const char TEXT[] = "\n  mapper  weight_stationary\n  array   host host, rows 128, cols 64, w_bits 8, a_bits 8, macros 4, sets 1, "
                               "slots 64, pack by_input, feed direct, groups pack, result exact, placement rounds, duplicate true, mapping plain\n";
    char *text = show("imc", "--set=macros=4", "--set=rows=128", NULL), *buffered = show("imc_buffer", NULL, NULL, NULL);
    char *without = show("back_pressure", NULL, NULL, NULL);

    ck_assert_msg(strstr(text, TEXT) != NULL, "not there:\n%s\nin:\n%s", TEXT, text);
    ck_assert_msg(strstr(buffered, ", macros 2, sets 1, slots 64, pack by_input, feed buffered, ") != NULL, "%s", buffered);
    ck_assert_ptr_null(strstr(without, "  array   "));
    free(text);
    free(buffered);
    free(without);
    json_t *j = show_json("imc_sets", "--set=sets=3", NULL), *none = show_json("back_pressure", NULL, NULL);
    json_t *want = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "host", "host", "rows", 64, "cols", 64, "w_bits", 8,
                             "a_bits", 8, "macros", 1, "sets", 3, "slots", 64, "pack", "by_input", "feed", "direct", "groups", "pack", "result", "exact",
                             "placement", "rounds", "duplicate", "true", "mapping", "plain");
    ck_assert(json_equal(json_object_get(j, "array"), want));
    ck_assert_ptr_null(json_object_get(none, "array"));
    json_decref(want);
    json_decref(none);
    json_decref(j);
}
END_TEST

Suite *suite_show(void);
Suite *suite_show(void)
{
    Suite *s = suite_create("show");
    TCase *t = tcase_create("show");

    tcase_add_test(t, parameters);
    tcase_add_test(t, wires);
    tcase_add_test(t, part);
    tcase_add_test(t, composite);
    tcase_add_test(t, arrays_of_ports);
    tcase_add_test(t, used_files);
    tcase_add_test(t, array_block);
    tcase_add_test(t, class_of_a_platform);
    tcase_add_test(t, as_text);
    suite_add_tcase(s, t);
    return s;
}

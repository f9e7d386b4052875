/* test_timeline.c - timelines of a run (flow.c, timeline.c, kanata.c; kernel/observe/signals.c): Chrome events that are JSON, whose slices are the account and whose arrows have
 * two ends; a Kanata log in which every item begins, moves and ends. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"
#include "traces/traces.h"

void bl_out_kill_after(unsigned long writes);     /* out.h, which does not go together with kernel.h */

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_work_class, &kp_stage_class, NULL };
static struct kp_told told;

/* gen -> stage -> work -> sink: the work is slow, so all before it stall; one more pair that flows freely. */
static struct bl_sim *line(void)
{
    static const char *const part[][2] = { { "gen", "gen" }, { "stage", "stage" }, { "work", "work" }, { "sink", "sink" }, { "g2", "gen" },
                                           { "s2", "sink" } };
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "clk", 5 * BL_NS, 0, NULL));
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        kp_ok(bl_add(s, part[i][0], part[i][1], NULL, NULL));
    kp_ok(bl_wire(s, "gen.x", "stage.a", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "stage.b", "work.a", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "work.b", "sink.x", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "g2.x", "s2.x", (struct bl_link){ .depth = 4 }, NULL));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static char *scratch(const char *name, char *buf)
{
    const char *dir = getenv("BL_TMP");

    snprintf(buf, 512, "%s/line%ld.%s", dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

static struct bl_sim *traced(const char *path, uint64_t from, uint64_t to, uint64_t until)
{
    struct bl_sim *s = line();
    struct bl_trace_opts o = { .from_fs = from, .to_fs = to };
    struct bl_trace *t = bl_trace_begin(s, bl_timeline_form(path), path, &o, NULL);

    ck_assert_ptr_nonnull(t);
    bl_run(s, until);
    kp_ok(bl_trace_end(s, t));
    return s;
}

static const char *text_of(const json_t *e, const char *key) { const char *t = json_string_value(json_object_get(e, key)); return t ? t : ""; }
static double number_of(const json_t *e, const char *key) { return json_number_value(json_object_get(e, key)); }

/* The time that a thread spent under a name, us; the slices of a thread must not overlap. */
static double spent(const json_t *events, int thread, const char *name)
{
    double sum = 0, last = 0;
    size_t i;
    json_t *e;

    json_array_foreach(events, i, e) {
        if (strcmp(text_of(e, "ph"), "X") || json_integer_value(json_object_get(e, "tid")) != thread)
            continue;
        ck_assert_msg(number_of(e, "ts") >= last - 1e-9 && number_of(e, "dur") > 0, "slices of %d overlap", thread);
        last = number_of(e, "ts") + number_of(e, "dur");
        if (!strcmp(text_of(e, "name"), name))
            sum += number_of(e, "dur");
    }
    return sum;
}

static int thread_of(const json_t *events, const char *path)
{
    size_t i;
    json_t *e;

    json_array_foreach(events, i, e)
        if (!strcmp(text_of(e, "name"), "thread_name") && !strcmp(text_of(json_object_get(e, "args"), "name"), path))
            return (int)json_integer_value(json_object_get(e, "tid"));
    ck_abort_msg("no thread %s", path);
    return 0;
}

START_TEST(slices_are_the_account)
{
    char path[512];
    struct bl_sim *s = traced(scratch("a.json", path), 0, 0, 2000 * BL_NS);
    json_error_t why;
    json_t *events = json_load_file(path, 0, &why);
    int stalls = 0;

    ck_assert_msg(json_is_array(events), "%s", why.text);
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row row;
        bl_part_at(s, p, &row);
        int thread = thread_of(events, row.path);
        for (uint32_t v = 1; v < row.verdicts; v++) {
            struct bl_verdict_row r;
            bl_verdict_at(s, p, v, &r);
            double us = spent(events, thread, r.name), want = (double)r.spent * 0.005;
            ck_assert_msg(us > want - 1e-6 && us < want + 1e-6, "%s.%s: %g us, the account says %g", row.path, r.name, us, want);
            stalls += v > 1 && r.spent;
        }
    }
    ck_assert_int_ge(stalls, 3);
    json_decref(events);
    unlink(path);
    bl_close(s);
}
END_TEST

/* What a viewer makes of a time: nanoseconds, as Perfetto does it. */
static int64_t viewed(double us) { return (int64_t)(us * 1000.0); }

/* Numbers whose nearest double times 1000 is cut to a nanosecond less: 2.3, 1.001, 109.314, ..; with and without parts of one. */
START_TEST(viewers_keep_the_nanoseconds)
{
    static const char *const verdicts[] = { "idle", "busy" };
    static const struct bl_wave_var var = { .scope = "p", .name = "verdict", .width = 1, .names = verdicts, .nnames = 2, .flags = BL_WAVE_VERDICT };
    static const uint64_t step[] = { 1000000, 6000000, 1234567, 999999, 17000001, 2500000000, 333333333333 };
    char path[512];
    struct bl_wave *w = bl_timeline_writer.open(scratch("v.json", path), &var, 1, 0, NULL);
    uint64_t fs = 0, busy = 1, idle = 0, n = 0;
    size_t i;
    json_t *e;

    ck_assert_ptr_nonnull(w);
    for (size_t k = 0; k < 40000; k++, fs += step[k / 97 % 7] + (k % 5 ? 0 : 7000000 * (k % 1000))) {
        kp_ok(bl_timeline_writer.time(w, fs));
        kp_ok(bl_timeline_writer.bits(w, 0, k % 3 == 2 ? &idle : &busy));
    }
    kp_ok(bl_timeline_writer.close(w, fs));
    json_t *events = json_load_file(path, 0, NULL);
    ck_assert(json_is_array(events));
    int64_t end = 0;
    json_array_foreach(events, i, e) {
        if (strcmp(text_of(e, "ph"), "X"))
            continue;
        ck_assert_msg(viewed(number_of(e, "ts")) >= end, "slice %d begins at %.17g before %lld ns", (int)n, number_of(e, "ts"), (long long)end);
        end = viewed(number_of(e, "ts")) + viewed(number_of(e, "dur"));
        n++;
    }
    ck_assert_uint_gt(n, 20000);
    json_decref(events);
    unlink(path);
}
END_TEST

/* Killed after any of its writes: the array is there, with its end, but for the moment in which the end moves on; its events are the first
 * ones of the whole run. */
START_TEST(killed)
{
    char path[512], whole[512];
    int status, open = 0;
    unsigned long k = 1;

    bl_close(traced(scratch("k.json", whole), 0, 0, 20000 * BL_NS));
    json_t *all = json_load_file(whole, 0, NULL);
    ck_assert(json_array_size(all) > 5000);
    scratch("l.json", path);
    for (;; k++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            bl_out_kill_after(k);
            bl_close(traced(path, 0, 0, 20000 * BL_NS));
            _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status))
            break;
        json_t *events = json_load_file(path, 0, NULL);
        if (!events) {
            FILE *f = fopen(path, "a");
            fputs("]", f);
            fclose(f);
            events = json_load_file(path, 0, NULL);
            open++;
        }
        ck_assert_msg(json_is_array(events), "killed after write %lu", k);
        size_t n = json_array_size(events);
        ck_assert(n <= json_array_size(all) && (k > 1 || n == 0));
        ck_assert(n == 0 || json_equal(json_array_get(events, n - 1), json_array_get(all, n - 1)));
        json_decref(events);
        k += k > 40 ? 30 : 0;
    }
    ck_assert_uint_gt(k, 200);
    ck_assert_int_le(open, 5);
    json_decref(all);
    unlink(path);
    unlink(whole);
}
END_TEST

/* Of a channel whose ends are not both shown no arrow is drawn; the other ones have theirs. */
static const struct { const char *globs[3]; size_t n; bool any; } shown[] = {
    { { "gen" }, 1, false }, { { "stage" }, 1, false }, { { "gen", "work" }, 2, false }, { { "gen", "stage" }, 2, true }, { { "!sink" }, 1, true },
};
START_TEST(arrows_between_those_shown)
{
    char path[512];
    struct bl_sim *s = line();
    struct bl_trace_opts o = { .globs = shown[_i].globs, .nglobs = shown[_i].n };
    struct bl_trace *t = bl_trace_begin(s, bl_timeline_form("a.json"), scratch("some.json", path), &o, NULL);
    size_t i, begun = 0, ended = 0;

    ck_assert_msg(t != NULL, "%s", told.text);
    bl_run(s, 1000 * BL_NS);
    kp_ok(bl_trace_end(s, t));
    json_t *events = json_load_file(path, 0, NULL), *e;
    ck_assert(json_is_array(events));
    json_array_foreach(events, i, e) {
        begun += !strcmp(text_of(e, "ph"), "s");
        ended += !strcmp(text_of(e, "ph"), "f");
    }
    ck_assert_uint_eq(begun, ended);
    ck_assert_msg((begun > 0) == shown[_i].any, "%zu arrows", begun);
    json_decref(events);
    unlink(path);
    bl_close(s);
}
END_TEST

/* Each id has one beginning and one end, later, at the ends of the channel; as many as were popped. */
START_TEST(arrows_have_two_ends)
{
    enum { MOST = 4000 };
    double begun[MOST];
    int ends[MOST] = { 0 };
    char path[512];
    struct bl_sim *s = traced(scratch("f.json", path), _i * 300 * BL_NS, 0, 2000 * BL_NS);
    json_t *events = json_load_file(path, 0, NULL), *e;
    size_t i, arrows = 0, counters = 0;
    uint64_t popped = 0, count;

    ck_assert(json_is_array(events));
    json_array_foreach(events, i, e) {
        size_t id = (size_t)json_integer_value(json_object_get(e, "id"));
        counters += !strcmp(text_of(e, "ph"), "C");
        if (!strcmp(text_of(e, "ph"), "s")) {
            ck_assert(id < MOST && !ends[id]);
            begun[id] = number_of(e, "ts");
            ends[id] = 1;
        } else if (!strcmp(text_of(e, "ph"), "f")) {
            ck_assert(id < MOST && ends[id] == 1 && number_of(e, "ts") >= begun[id]);
            ck_assert_str_eq(text_of(e, "bp"), "e");
            ends[id] = 2;
            arrows++;
        }
    }
    for (size_t k = 0; k < MOST; k++)
        ck_assert_int_ne(ends[k], 1);
    kp_ok(bl_peek(s, "sink.k", &count));
    popped += count;
    kp_ok(bl_peek(s, "s2.k", &count));
    popped += count;
    ck_assert_uint_gt(counters, 50);
    if (_i)
        ck_assert_uint_gt(arrows, 100);
    else
        ck_assert_uint_ge(arrows, popped);
    json_decref(events);
    unlink(path);
    bl_close(s);
}
END_TEST

/* Every item: I, then S, then R, once each; nothing of an item after R or before I; cycles only go forward. */
START_TEST(kanata_items_live_once)
{
    enum { MOST = 4000 };
    char state[MOST] = { 0 };
    char path[512], line_text[300], a[40], b[40], c[40];
    struct bl_sim *s = traced(scratch("k.kanata", path), 0, _i ? 1000 * BL_NS : 0, 2000 * BL_NS);
    FILE *f = fopen(path, "r");
    unsigned long items = 0, retired = 0, stalls = 0, cycles = 0, next = 0;

    ck_assert_ptr_nonnull(f);
    ck_assert(fgets(line_text, sizeof line_text, f) && !strcmp(line_text, "Kanata\t0004\n"));
    ck_assert(fgets(line_text, sizeof line_text, f) && !strcmp(line_text, "C=\t0\n"));
    while (fgets(line_text, sizeof line_text, f)) {
        int n = sscanf(line_text + 1, "\t%39[^\t\n]\t%39[^\t\n]\t%39[^\t\n]", a, b, c);
        unsigned long id = strtoul(a, NULL, 10);
        if (*line_text == 'C') {
            ck_assert_uint_gt(id, 0);
            cycles += id;
            continue;
        }
        ck_assert(n == 3 && id < MOST);
        if (*line_text == 'I')
            ck_assert(id == next++ && !state[id] && ++items && (state[id] = 'I'));
        else
            ck_assert_msg(state[id] == 'I', "item %lu is not alive: %s", id, line_text);
        stalls += *line_text == 'S' && *b == '1';
        if (*line_text == 'R' && ++retired)
            state[id] = 'R';
        if (*line_text == 'W')
            ck_assert_int_eq(state[strtoul(b, NULL, 10)], 'I');
    }
    fclose(f);
    ck_assert_uint_eq(items, retired);
    ck_assert_uint_gt(items, 100);
    ck_assert_uint_gt(stalls, 10);
    ck_assert_uint_le(cycles, _i ? 200 : 400);
    ck_assert_uint_gt(cycles, _i ? 190 : 390);
    unlink(path);
    bl_close(s);
}
END_TEST

START_TEST(names)
{
    ck_assert_ptr_eq(bl_timeline_form("out/a.json"), &bl_timeline_writer);
    ck_assert_ptr_eq(bl_timeline_form("a.kanata"), &bl_kanata_writer);
    ck_assert_ptr_null(bl_timeline_form("a.fst"));
    ck_assert_ptr_null(bl_timeline_form(".json"));
}
END_TEST

Suite *suite_timeline(void);
Suite *suite_timeline(void)
{
    Suite *s = suite_create("timeline");
    TCase *c = tcase_create("all");

    tcase_add_test(c, slices_are_the_account);
    tcase_add_test(c, viewers_keep_the_nanoseconds);
    tcase_add_test(c, killed);
    tcase_add_loop_test(c, arrows_have_two_ends, 0, 3);
    tcase_add_loop_test(c, arrows_between_those_shown, 0, sizeof shown / sizeof *shown);
    tcase_add_loop_test(c, kanata_items_live_once, 0, 2);
    tcase_add_test(c, names);
    suite_add_tcase(s, c);
    return s;
}

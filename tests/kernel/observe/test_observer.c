/* test_observer.c - who looks on: nobody, one alone, several at once. Each sees what it sees alone, and a run goes as without;
 * where it breaks off (break.c). */
#include "kernel/observe/inside.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/kparts.h"
#include "tests/rigs/wave_rig.h"

static const struct bl_class *const classes[] = {
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_put_class, &kp_look_class, &kp_add_class, &kp_echo_class, NULL
};

/* Clocked, waiting and combinational parts in two clocks, with pipes and naps. */
static const char *const script = "clock core 10 0; clock side 15 5; part g gen core; part a stage core; part b stage core; part k sink core;"
    "set k every 3; part x sink side; part e echo; set e delay 12 fs; part h gen core; part p put core; part y add; part l look side;"
    "wire g.x a.a d2; wire a.b b.a pipe; wire b.b k.x d2; wire h.x e.a d2; wire e.b x.x d4 s2; wire p.q y.a; wire p.q y.b; wire y.y l.d";

enum { CAUSES = 1, TRACE = 2, BREAK_ON = 4, BREAK_AT = 8, ALL = 15, END = 3000, AT = 1234 };

static void line(void *ctx, const char *text) { heard_put(ctx, text); }

struct seen { struct bl_sim *s; struct heard chain; uint8_t *wave; size_t bytes; uint64_t broke[2]; int breaks; };

/* Runs to the end, with those that `who` names; shuffled when the seed is not 0. */
static void watch(struct seen *x, unsigned who, uint64_t shuffle)
{
    struct bl_trace_opts o = { 0 };
    struct bl_trace *t = NULL;
    struct bl_condition *c = NULL;
    char *path = scratch("observer.vcd");

    *x = (struct seen){ .s = bl_open(classes, NULL) };
    kp_ok(kp_script(x->s, script));
    bl_option(x->s, BL_SHUFFLE, shuffle);
    kp_ok(bl_elaborate(x->s));
    if (who & BREAK_AT)
        bl_break_at(x->s, AT);
    if (who & TRACE)
        ck_assert_ptr_nonnull(t = bl_trace_begin(x->s, &bl_vcd_writer, path, &o, NULL));
    if (who & CAUSES)
        kp_ok(bl_why(x->s, "l.last", NULL));
    if (who & BREAK_ON) {
        ck_assert_ptr_nonnull(c = bl_condition_open(x->s, "p.q >= 100", NULL));
        bl_break(x->s, c);
    }
    ck_assert_int_eq(x->s->observer != NULL, who || shuffle);
    while (bl_run(x->s, END) == BL_END_BREAK) {
        ck_assert_int_lt(x->breaks, 2);
        x->broke[x->breaks++] = bl_now(x->s);
    }
    heard_start(&x->chain);
    bl_why_tell(x->s, &(struct bl_show){ line, &x->chain });
    if (t) {
        kp_ok(bl_trace_end(x->s, t));
        x->wave = file_bytes(path, &x->bytes);
    }
    bl_condition_close(c);
}

static void done(struct seen *x)
{
    bl_close(x->s);
    free(x->wave);
}

START_TEST(together_as_alone)
{
    uint64_t shuffle = _i > ALL ? 7 : 0;
    unsigned who = (unsigned)_i & ALL;
    struct seen none, all, causes, trace;

    watch(&none, 0, shuffle);
    watch(&all, who, shuffle);
    watch(&causes, CAUSES, shuffle);
    watch(&trace, TRACE, shuffle);
    ck_assert(bl_state_equal(none.s, all.s));
    ck_assert_uint_eq(causes.chain.n > 20, true);
    if (who & CAUSES)
        ck_assert_str_eq(all.chain.text, causes.chain.text);
    if (who & TRACE) {
        ck_assert_uint_eq(all.bytes, trace.bytes);
        ck_assert_mem_eq(all.wave, trace.wave, trace.bytes);
    }
    ck_assert_int_eq(all.breaks, !!(who & BREAK_ON) + !!(who & BREAK_AT));
    if (who & BREAK_ON)
        ck_assert_uint_eq(all.broke[0], 990);              /* p.q is k + 1 after edge k */
    if (who & BREAK_AT)
        ck_assert(all.broke[all.breaks - 1] < AT && all.broke[all.breaks - 1] + 10 >= AT);
    done(&none);
    done(&all);
    done(&causes);
    done(&trace);
}
END_TEST

/* The loop sees the table of the one who looks on, and nothing when that one has left. */
START_TEST(coming_and_going)
{
    struct bl_trace_opts o = { 0 };
    struct bl_sim *s = bl_open(classes, NULL);

    kp_ok(kp_script(s, script));
    kp_ok(bl_elaborate(s));
    ck_assert_ptr_null(s->observer);
    struct bl_trace *t = bl_trace_begin(s, &bl_vcd_writer, scratch("come.vcd"), &o, NULL);
    ck_assert_ptr_eq(s->observer, &watch_observer);
    bl_break_at(s, 50);
    ck_assert_ptr_ne(s->observer, &watch_observer);
    ck_assert_int_eq(bl_run(s, 100), BL_END_BREAK);
    ck_assert_ptr_eq(s->observer, &watch_observer);
    bl_run(s, 100);
    kp_ok(bl_trace_end(s, t));
    ck_assert_ptr_null(s->observer);
    bl_break_at(s, 150);
    ck_assert_ptr_eq(s->observer, &break_observer);
    bl_break_at(s, 0);
    ck_assert_ptr_null(s->observer);
    bl_run(s, 200);
    bl_close(s);
}
END_TEST

/* Two traces, of [0, to) and of everything, each when it is wanted; the bytes of both. */
static struct bl_sim *windows(bool one, bool whole, uint64_t to, uint8_t *wave[2], size_t bytes[2])
{
    struct bl_trace_opts o[2] = { { .to_fs = to }, { 0 } };
    struct bl_trace *t[2] = { NULL };
    struct bl_sim *s = bl_open(classes, NULL);
    const bool wanted[2] = { one, whole };

    kp_ok(kp_script(s, script));
    kp_ok(bl_elaborate(s));
    for (int i = 0; i < 2; i++)
        if (wanted[i])
            ck_assert_ptr_nonnull(t[i] = bl_trace_begin(s, &bl_vcd_writer, scratch(i ? "whole.vcd" : "window.vcd"), &o[i], NULL));
    ck_assert_int_eq(bl_run(s, END), BL_END_LIMIT);
    ck_assert_int_eq(s->observer != NULL, whole || (one && to > END));       /* who is through does not look on any more */
    for (int i = 0; i < 2; i++)
        if (t[i]) {
            kp_ok(bl_trace_end(s, t[i]));
            wave[i] = file_bytes(scratch(i ? "whole.vcd" : "window.vcd"), &bytes[i]);
        }
    return s;
}

START_TEST(behind_its_window)
{
    static const uint64_t ends[] = { 1, 10, 15, 500, 505, 1234, END - 1, END, END + 1 };
    uint8_t *alone[2], *both[2];
    size_t na[2], nb[2];
    struct bl_sim *none = windows(false, false, ends[_i], alone, na), *one = windows(true, false, ends[_i], alone, na);
    struct bl_sim *all = windows(false, true, ends[_i], alone, na), *two = windows(true, true, ends[_i], both, nb);

    ck_assert(bl_state_equal(none, one) && bl_state_equal(none, all) && bl_state_equal(none, two));
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(na[i], nb[i]);
        ck_assert_mem_eq(alone[i], both[i], na[i]);
        free(alone[i]);
        free(both[i]);
    }
    bl_close(none);
    bl_close(one);
    bl_close(all);
    bl_close(two);
}
END_TEST

/* A break that lies beyond this run looks on and never breaks it. */
START_TEST(a_break_of_another_run)
{
    struct bl_sim *s = bl_open(classes, NULL);

    kp_ok(kp_script(s, script));
    kp_ok(bl_elaborate(s));
    bl_break_at(s, 2000);
    ck_assert_int_eq(bl_run(s, 1000), BL_END_LIMIT);
    ck_assert_ptr_nonnull(s->observer);
    ck_assert_int_eq(bl_run(s, END), BL_END_BREAK);
    ck_assert_ptr_null(s->observer);
    ck_assert_int_eq(bl_run(s, END), BL_END_LIMIT);
    bl_close(s);
}
END_TEST

/* What a program may get wrong: a name of no known form, two traces to one file, no options, an end too many. */
START_TEST(mistakes_of_a_program)
{
    struct heard h;
    struct bl_sim *s = bl_open(classes, heard_start(&h));
    char *path = scratch("mistakes.vcd");

    kp_ok(kp_script(s, script));
    kp_ok(bl_elaborate(s));
    ck_assert_ptr_null(bl_trace_begin(s, bl_wave_writer("x.foo"), "x.foo", NULL, NULL));
    ck_assert_ptr_null(bl_trace_begin(s, &bl_vcd_writer, NULL, NULL, NULL));
    ck_assert_str_eq(h.text, "x.foo: a trace has no writer; is the form of this name known? bl_wave_writer gives NULL for others than those of "
                     "bl_wave_suffixes\na trace has no path");
    struct bl_trace *t = bl_trace_begin(s, &bl_vcd_writer, path, NULL, NULL);
    ck_assert_ptr_nonnull(t);
    heard_start(&h);
    ck_assert_ptr_null(bl_trace_begin(s, &bl_vcd_writer, path, NULL, NULL));
    ck_assert_ptr_nonnull(strstr(h.text, "mistakes.vcd: another trace writes there; end it first, or take another name"));
    bl_run(s, 100);
    kp_ok(bl_trace_end(s, t));
    heard_start(&h);
    ck_assert_int_eq(bl_trace_end(s, t), -1);
    ck_assert_int_eq(bl_trace_end(s, NULL), -1);
    ck_assert_str_eq(h.text, "bl_trace_end: this trace is not open; it has ended already\nbl_trace_end: there is no trace; did bl_trace_begin return "
                     "NULL?");
    kp_ok(bl_trace_end(s, bl_trace_begin(s, &bl_vcd_writer, path, NULL, NULL)));
    bl_close(s);
}
END_TEST

Suite *suite_observer(void);
Suite *suite_observer(void)
{
    Suite *s = suite_create("observer");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, together_as_alone, 0, 2 * (ALL + 1));
    tcase_add_test(tc, coming_and_going);
    tcase_add_loop_test(tc, behind_its_window, 0, 9);
    tcase_add_test(tc, a_break_of_another_run);
    tcase_add_test(tc, mistakes_of_a_program);
    suite_add_tcase(s, tc);
    return s;
}

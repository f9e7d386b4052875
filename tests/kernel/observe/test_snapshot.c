/* test_snapshot.c - state saved and put back: bit for bit the same run, here or at other addresses; runs that break
 * off; what failed can be put back. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kp_network.h"
#include "traces/traces.h"

#include <unistd.h>

static struct kp_told told;

/* ---- the same run ---- */

/* A block that moves whatever is allocated next. */
static void *junk(uint64_t seed) { return malloc(1 + (size_t)(kp_mix(seed) % 100000)); }

static void goes_on_as_before(uint64_t seed, unsigned option, uint64_t value)
{
    struct kp_rng r = { seed * 7 + 3 };
    struct bl_sim *a = kp_network(&told, seed, option, value), *b = kp_network(&told, seed, option, value);
    uint64_t end = 200000 + kp_below(&r, 200000), at = kp_below(&r, 200000);
    void *between = junk(seed);
    struct bl_sim *c = kp_network(&told, seed, option, value);
    size_t n, m;

    bl_run(a, end);
    bl_run(b, at);
    void *then = kp_saved(&told, b, &n);
    ck_assert_uint_eq(bl_saved_time(then), at);
    bl_run(b, end);
    KP_HOLDS(bl_state_equal(a, b), "network %llu: a snapshot changed the run", (unsigned long long)seed);
    if (kp_below(&r, 2))
        bl_run(c, kp_below(&r, 300000));          /* what was there before does not matter */
    ck_assert_msg(bl_restore(c, then, n) == 0, "%s", told.text);
    void *again = kp_saved(&told, c, &m);
    ck_assert(n == m && !memcmp(then, again, n));
    for (uint64_t t = at; t < end;) {
        t += 1 + kp_below(&r, 100000);
        bl_run(c, t < end ? t : end);
    }
    KP_HOLDS(bl_state_equal(a, c), "network %llu: another run from %llu on", (unsigned long long)seed, (unsigned long long)at);
    ck_assert_uint_eq(bl_deltas(a), bl_deltas(c));
    ck_assert_uint_eq(bl_activations(a), bl_activations(c));
    ck_assert_msg(bl_restore(b, then, n) == 0, "%s", told.text);         /* back in time, in place */
    bl_run(b, end);
    kp_same(kp_account(a), kp_account(b), "rewound");
    kp_same(kp_account(a), kp_account(c), "restored");
    free(then);
    free(again);
    free(between);
    bl_close(a);
    bl_close(b);
    bl_close(c);
}

START_TEST(restored_is_the_same_run)
{
    for (uint64_t seed = 1; seed <= 25; seed++)
        goes_on_as_before(seed + 25 * (uint64_t)_i, BL_SHUFFLE, 0);
}
END_TEST

START_TEST(restored_shuffled_and_awake)
{
    for (uint64_t seed = 500; seed < 515; seed++) {
        goes_on_as_before(seed, BL_SHUFFLE, seed);
        goes_on_as_before(seed, BL_NO_NAP, 1);
    }
}
END_TEST

/* Before the first run there is a state as well; and an account that was looked at in between stays right. */
START_TEST(from_the_start_and_after_a_look)
{
    struct bl_sim *a = kp_network(&told, 77, 0, 0), *b = kp_network(&told, 77, 0, 0);
    size_t n, m;
    void *start = kp_saved(&told, a, &n), *mid;

    bl_run(a, 90000);
    mid = kp_saved(&told, a, &m);
    bl_run(a, 100000);
    free(kp_account(a));                          /* open stalls are booked at 100000 .. */
    ck_assert_int_eq(bl_restore(a, mid, m), 0);
    bl_run(a, 100000);                            /* .. and again, for they were not yet at 90000 */
    bl_run(b, 100000);
    kp_same(kp_account(a), kp_account(b), "looked at");
    ck_assert_int_eq(bl_restore(a, start, n), 0);
    ck_assert_uint_eq(bl_now(a), 0);
    bl_run(a, 100000);
    kp_same(kp_account(a), kp_account(b), "from the start");
    free(start);
    free(mid);
    bl_close(a);
    bl_close(b);
}
END_TEST

static char *content(const char *path)
{
    FILE *f = fopen(path, "rb");
    size_t n = 0;
    char *text = calloc(1, 1 << 22);

    ck_assert(f && text);
    n = fread(text, 1, (1 << 22) - 1, f);
    ck_assert_uint_gt(n, 100);
    fclose(f);
    return text;
}

/* A trace that begins after a restore is the one of the same window of a whole run. */
START_TEST(traces_after_a_restore)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct kp_rng r = { seed };
        struct bl_sim *a = kp_network(&told, seed, 0, 0), *b = kp_network(&told, seed, 0, 0), *c = kp_network(&told, seed, 0, 0);
        uint64_t at = 20000 + kp_below(&r, 20000);
        struct bl_trace_opts o = { .from_fs = at, .to_fs = at + 30000 };
        const char *dir = getenv("BL_TMP");
        char whole[512], part[512];
        size_t n;

        snprintf(whole, sizeof whole, "%s/snap%ld.a.vcd", dir ? dir : "/tmp", (long)getpid());
        snprintf(part, sizeof part, "%s/snap%ld.b.vcd", dir ? dir : "/tmp", (long)getpid());
        struct bl_trace *t = bl_trace_begin(a, bl_wave_writer(whole), whole, &o, NULL);
        bl_run(a, at + 30000);
        ck_assert_int_eq(bl_trace_end(a, t), 0);
        bl_break_at(b, seed % 2 ? at : 0);        /* before what comes at or after it, or exactly there */
        ck_assert_int_eq(bl_run(b, at), seed % 2 ? BL_END_BREAK : BL_END_LIMIT);
        void *then = kp_saved(&told, b, &n);
        ck_assert_int_eq(bl_restore(c, then, n), 0);
        t = bl_trace_begin(c, bl_wave_writer(part), part, &o, NULL);
        bl_run(c, at + 30000);
        ck_assert_int_eq(bl_trace_end(c, t), 0);
        kp_same(content(whole), content(part), "traces");
        remove(whole);
        remove(part);
        free(then);
        bl_close(a);
        bl_close(b);
        bl_close(c);
    }
}
END_TEST

/* ---- breaking off ---- */

START_TEST(breaks_change_nothing)
{
    for (uint64_t seed = 30; seed < 45; seed++) {
        struct kp_rng r = { seed };
        struct bl_sim *a = kp_network(&told, seed, 0, 0), *b = kp_network(&told, seed, 0, 0);
        uint64_t at = 0;
        enum bl_end end;

        bl_run(a, 300000);
        do {
            at += 1 + kp_below(&r, 20000);
            bl_break_at(b, at);
            end = bl_run(b, 300000);
            if (end == BL_END_BREAK)
                KP_HOLDS(bl_now(b) < at && at <= 300000, "broke off at %llu for %llu", (unsigned long long)bl_now(b), (unsigned long long)at);
        } while (end == BL_END_BREAK);
        ck_assert_uint_gt(at, 300000);
        ck_assert_uint_eq(bl_now(b), 300000);
        KP_HOLDS(bl_state_equal(a, b), "network %llu: breaks changed the run", (unsigned long long)seed);
        bl_close(a);
        bl_close(b);
    }
}
END_TEST

/* p.q counts up every 3 cycles of 10 fs; it is 5 after the commit at 120. */
START_TEST(breaks_on_a_condition)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part p put; set p every 3"));
    kp_ok(bl_elaborate(s));
    struct bl_condition *c = bl_condition_open(s, "p.q == 5", NULL), *never = bl_condition_open(s, "p.q == 9", NULL);
    bl_break(s, never);
    ck_assert_int_eq(bl_run(s, 100), BL_END_LIMIT);
    bl_break(s, c);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_BREAK);
    ck_assert_uint_eq(kp_peek(s, "p.q"), 5);
    uint64_t at = bl_now(s);
    ck_assert_uint_eq(at, 120);
    ck_assert_int_eq(bl_run(s, at + 100), BL_END_LIMIT);        /* once */
    bl_break(s, never);
    bl_break_at(s, 231);                                       /* whichever is first */
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_BREAK);
    ck_assert_uint_eq(bl_now(s), 230);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_BREAK);
    ck_assert_uint_eq(kp_peek(s, "p.q"), 9);
    bl_condition_close(c);
    bl_condition_close(never);
    bl_close(s);
}
END_TEST

/* What comes after the end of the work is never reached. */
START_TEST(no_break_behind_the_end)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part g gen; part k sink; set g n 3; wire g.x k.x d2"));
    kp_ok(bl_elaborate(s));
    bl_break_at(s, 1000000);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    uint64_t at = bl_now(s);
    ck_assert_uint_lt(at, 100);
    ck_assert_int_eq(bl_run(s, 2000000), BL_END_BREAK);        /* here it is within the run */
    ck_assert_uint_eq(bl_now(s), at);
    ck_assert_int_eq(bl_run(s, 2000000), BL_END_STARVED);
    bl_close(s);
}
END_TEST

/* ---- after a failure ---- */

/* frail: in its third cycle something does not hold. */
struct frail { struct bl_part p; bl_out q; };

static bl_verdict frail_tick(void *self)
{
    struct frail *t = self;

    *bl_put16(t->q) = (uint16_t)(bl_cycle(t) * 3);
    if (bl_cycle(t) == 3)
        bl_fail(t, "three");
    return BL_BUSY;
}
static const struct bl_field frail_fields[] = { BL_OUT(struct frail, q, 1, 16, "counts"), { 0 } };
static const struct bl_class frail_class = { .name = "frail", .help = "fails", .size = sizeof(struct frail), .tick = frail_tick,
                                             .fields = frail_fields };

START_TEST(what_failed_can_be_put_back)
{
    static const struct bl_class *const classes[] = { &frail_class, NULL };
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    size_t n;

    kp_ok(kp_script(s, "clock c 10 0; part f frail"));
    kp_ok(bl_elaborate(s));
    bl_run(s, 15);
    void *then = kp_saved(&told, s, &n), *failed, *again;
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "f, at 30 fs: three");
    failed = kp_saved(&told, s, &n);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    ck_assert_int_eq(bl_run(s, 25), BL_END_LIMIT);
    ck_assert_uint_eq(kp_peek(s, "f.q"), 6);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    again = kp_saved(&told, s, &n);
    ck_assert(!memcmp(failed, again, n));
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    ck_assert_int_eq(bl_restore(s, failed, n), 0);             /* a state that has failed stays one */
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    free(then);
    free(failed);
    free(again);
    bl_close(s);
}
END_TEST

Suite *suite_snapshot(void);
Suite *suite_snapshot(void)
{
    Suite *s = suite_create("snapshot");
    TCase *c = tcase_create("snapshot");

    tcase_add_loop_test(c, restored_is_the_same_run, 0, 4);
    tcase_add_test(c, restored_shuffled_and_awake);
    tcase_add_test(c, from_the_start_and_after_a_look);
    tcase_add_test(c, traces_after_a_restore);
    tcase_add_test(c, breaks_change_nothing);
    tcase_add_test(c, breaks_on_a_condition);
    tcase_add_test(c, no_break_behind_the_end);
    tcase_add_test(c, what_failed_can_be_put_back);
    suite_add_tcase(s, c);
    return s;
}

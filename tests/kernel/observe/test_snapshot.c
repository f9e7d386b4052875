/* test_snapshot.c - state saved and put back: bit for bit the same run, here or at other addresses; what is refused
 * changes nothing; runs that break off; what failed can be put back. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kp_network.h"
#include "traces/traces.h"

#include <unistd.h>

static struct kp_told told;

static void *saved(struct bl_sim *s, size_t *n)
{
    *n = bl_save_bytes(s);
    void *b = malloc(*n);

    ck_assert_ptr_nonnull(b);
    ck_assert_msg(bl_save(s, b, *n) == 0, "%s", told.text);
    return b;
}

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
    void *then = saved(b, &n);
    ck_assert_uint_eq(bl_saved_time(then), at);
    bl_run(b, end);
    KP_HOLDS(bl_state_equal(a, b), "network %llu: a snapshot changed the run", (unsigned long long)seed);
    if (kp_below(&r, 2))
        bl_run(c, kp_below(&r, 300000));          /* what was there before does not matter */
    ck_assert_msg(bl_restore(c, then, n) == 0, "%s", told.text);
    void *again = saved(c, &m);
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
    void *start = saved(a, &n), *mid;

    bl_run(a, 90000);
    mid = saved(a, &m);
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
        void *then = saved(b, &n);
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

/* ---- refusals ---- */

static const char *const platforms[] = {
    "clock c 10 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 20 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 10 1; part g gen; part k sink; wire g.x k.x d4",
    "clock d 10 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 10 0; part h gen; part k sink; wire h.x k.x d4",
    "clock c 10 0; part g gen; part k sink; wire g.x k.x d3",
    "clock c 10 0; part g gen; part k sink; wire g.x k.x p",
    "clock c 10 0; part g gen; part k sink; set k every 2; wire g.x k.x d4",
    "clock c 10 0; part g gen; part k sink; set g bits 15; set k bits 15; wire g.x k.x d4",
    "clock c 10 0; part g gen; part k sink; part q put; wire g.x k.x d4",
};

static struct bl_sim *small(const char *script)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    kp_ok(kp_script(s, script));
    return s;
}

/* Puts `b` back into s, which has run: refused with `says`, and s is as it was. */
static void refused(struct bl_sim *s, const void *b, size_t n, const char *says)
{
    size_t m;
    void *before = saved(s, &m), *after;

    kp_listen(&told);
    ck_assert_int_eq(bl_restore(s, b, n), -1);
    ck_assert_msg(strstr(told.text, says) != NULL, "%s", told.text);
    after = saved(s, &m);
    ck_assert(!memcmp(before, after, m));
    free(before);
    free(after);
}

START_TEST(other_platforms)
{
    struct bl_sim *a = small(platforms[0]), *b = small(platforms[_i]);
    size_t n;

    kp_ok(bl_elaborate(a));
    kp_ok(bl_elaborate(b));
    bl_run(a, 100);
    void *then = saved(a, &n);
    bl_run(b, 55);
    if (_i)
        refused(b, then, n, "is of another platform");
    else
        ck_assert_int_eq(bl_restore(b, then, n), 0);
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

static int price(struct bl_sim *s, uint64_t yj)
{
    return bl_set_price(s, &(struct bl_price){ .cls = "gen", .item = "sent", .value = yj, .tag = BL_FREE, .source = "test" }, NULL);
}

START_TEST(other_settings)
{
    static const char data[8] = "abcdefg";
    struct bl_sim *a = small(platforms[0]), *b = small(platforms[0]);
    size_t n;

    kp_ok(price(a, 7));
    kp_ok(price(b, _i == 1 ? 8 : 7));
    bl_seed(b, _i == 2 ? 5 : 1);
    bl_option(b, BL_SHUFFLE, _i == 3 ? 5 : 0);
    bl_option(b, BL_NO_NAP, _i == 4);
    kp_ok(bl_supply(a, "g", 0, data, 4));
    kp_ok(bl_supply(b, "g", 0, data, _i == 5 ? 5 : 4));
    if (_i == 6)
        kp_ok(bl_supply(b, "g", 1, data, 4));
    kp_ok(bl_elaborate(a));
    kp_ok(bl_elaborate(b));
    bl_run(a, 100);
    void *then = saved(a, &n);
    bl_run(b, 55);
    if (_i)
        refused(b, then, n, "is of another platform");
    else
        ck_assert_int_eq(bl_restore(b, then, n), 0);
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

/* Every length but the right one, and every flipped byte of the head. State itself is guarded by who keeps it. */
START_TEST(cut_or_flipped)
{
    struct bl_sim *s = small(platforms[0]);
    size_t n;

    kp_ok(bl_elaborate(s));
    bl_run(s, 100);
    unsigned char *then = saved(s, &n), *larger = malloc(n + 1);
    bl_run(s, 200);
    for (size_t k = 0; k < n; k += k < 100 ? 1 : 97)
        refused(s, then, k, k < 80 ? "are no snapshot" : "it is cut");
    memcpy(larger, then, n);
    larger[n] = 0;
    refused(s, larger, n + 1, "it is cut, or something stands behind it");
    for (size_t k = 0; k < 80; k++) {
        then[k] ^= 0x10;
        refused(s, then, n, "are no snapshot");
        then[k] ^= 0x10;
    }
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    ck_assert_uint_eq(bl_now(s), 100);
    free(larger);
    free(then);
    bl_close(s);
}
END_TEST

/* nosy: looks for trouble in its tick. */
static struct bl_sim *nosy_sim;
static int nosy_results[2];
static unsigned char nosy_bytes[1 << 16];
struct nosy { struct bl_part p; };

static bl_verdict nosy_tick(void *self)
{
    nosy_results[0] = bl_save(nosy_sim, nosy_bytes, sizeof nosy_bytes);
    nosy_results[1] = bl_restore(nosy_sim, nosy_bytes, sizeof nosy_bytes);
    bl_stop(self);
    return BL_BUSY;
}
static const struct bl_class nosy_class = { .name = "nosy", .help = "saves at work", .size = sizeof(struct nosy), .tick = nosy_tick };

START_TEST(only_between_times)
{
    static const struct bl_class *const classes[] = { &nosy_class, NULL };
    struct bl_sim *s = nosy_sim = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part n nosy"));
    ck_assert_int_eq(bl_save(s, nosy_bytes, sizeof nosy_bytes), -1);
    ck_assert_int_eq(bl_restore(s, nosy_bytes, sizeof nosy_bytes), -1);
    kp_ok(bl_elaborate(s));
    ck_assert_int_eq(bl_save(s, nosy_bytes, bl_save_bytes(s) - 1), -1);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_int_eq(nosy_results[0], -1);
    ck_assert_int_eq(nosy_results[1], -1);
    ck_assert_msg(strstr(told.text, "before elaboration; there is no state") && strstr(told.text, "put back before elaboration") &&
                  strstr(told.text, "ask bl_save_bytes") && strstr(told.text, "in the middle of a time") &&
                  strstr(told.text, "in the middle of a run"), "%s", told.text);
    ck_assert_int_eq(bl_save(s, nosy_bytes, sizeof nosy_bytes), 0);
    bl_close(s);
}
END_TEST

START_TEST(not_under_an_open_trace)
{
    struct bl_sim *s = small(platforms[0]);
    const char *dir = getenv("BL_TMP");
    char path[512];
    size_t n;

    snprintf(path, sizeof path, "%s/snap%ld.open.vcd", dir ? dir : "/tmp", (long)getpid());
    kp_ok(bl_elaborate(s));
    struct bl_trace *t = bl_trace_begin(s, bl_wave_writer(path), path, &(struct bl_trace_opts){ .from_fs = 0 }, NULL);
    bl_run(s, 100);
    void *then = saved(s, &n);
    bl_run(s, 200);
    refused(s, then, n, "a trace is open");
    ck_assert_int_eq(bl_trace_end(s, t), 0);
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    free(then);
    remove(path);
    bl_close(s);
}
END_TEST

/* Else the chain would mix two runs. */
START_TEST(not_while_causes_are_recorded)
{
    struct bl_sim *s = small(platforms[0]), *r = small(platforms[0]);
    size_t n;

    kp_ok(bl_elaborate(s));
    kp_ok(bl_elaborate(r));
    bl_run(s, 100);
    void *then = saved(s, &n);
    kp_ok(bl_why(r, "k.x", NULL));
    refused(r, then, n, "while causes are recorded");
    bl_run(r, 100);
    ck_assert(bl_state_equal(s, r));
    free(then);
    bl_close(s);
    bl_close(r);
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
    void *then = saved(s, &n), *failed, *again;
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_str_eq(told.text, "f, at 30 fs: three");
    failed = saved(s, &n);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    ck_assert_int_eq(bl_run(s, 25), BL_END_LIMIT);
    ck_assert_uint_eq(kp_peek(s, "f.q"), 6);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    again = saved(s, &n);
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
    tcase_add_loop_test(c, other_platforms, 0, sizeof platforms / sizeof *platforms);
    tcase_add_loop_test(c, other_settings, 0, 7);
    tcase_add_test(c, cut_or_flipped);
    tcase_add_test(c, only_between_times);
    tcase_add_test(c, not_under_an_open_trace);
    tcase_add_test(c, not_while_causes_are_recorded);
    tcase_add_test(c, what_failed_can_be_put_back);
    suite_add_tcase(s, c);
    return s;
}

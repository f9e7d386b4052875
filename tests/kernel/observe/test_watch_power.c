/* test_watch_power.c - traces (tell.c): power over windows; watching and failing writers change nothing. */
#include "tests/rigs/watch_rig.h"

/* ---- power ---- */

static struct bl_sim *powered(void)
{
    struct bl_sim *s = opened();
    static const struct bl_price prices[] = {
        { .cls = "gen", .item = "sent", .value = 1000000, .is_power = false, .tag = BL_FREE, .source = NULL }, { .cls = "gen", .item = "static", .value = 2000, .is_power = true, .tag = BL_FREE, .source = NULL },
        { .cls = "work", .item = "busy", .value = 30000, .is_power = true, .tag = BL_FREE, .source = NULL }, { .cls = "echo", .item = "busy", .value = 7000, .is_power = true, .tag = BL_FREE, .source = NULL },
        { .cls = "sink", .item = "got", .value = 12345, .is_power = false, .tag = BL_FREE, .source = NULL },
    };

    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        kp_ok(bl_set_price(s, &prices[i], NULL));
    kp_ok(bl_clock(s, "clk", 1000, 0, NULL));
    add(s, "g", "gen");
    add(s, "w", "work");
    add(s, "e", "echo");
    add(s, "k", "sink");
    add(s, "h", "gen");                  /* one item a cycle, the first at 0 */
    add(s, "i", "sink");
    kp_ok(bl_wire(s, "h.x", "i.x", KP_CHANNEL(2), NULL));
    kp_setf(s, "g", "luck", 60);
    kp_ok(bl_set(s, "e", "delay", "2600 fs", NULL));
    kp_ok(bl_wire(s, "g.x", "w.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "w.b", "e.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "e.b", "k.x", KP_CHANNEL(2), NULL));
    ready(s);
    return s;
}

/* The integral of the row called `name` from the start of the trace to `end`, in yJ, from what was told. */
static double integral(const char *text, const char *name, uint64_t end)
{
    double sum = 0, level = 0;
    uint64_t at = 0, now = 0;
    char key[64];
    bool first = true;

    snprintf(key, sizeof key, "%s=", name);
    for (const char *p = text; *p; p += strcspn(p, " "), p += *p == ' ') {
        if (*p == '@')
            now = strtoull(p + 1, NULL, 10);
        if (strncmp(p, key, strlen(key)))
            continue;
        double v = strtod(p + strlen(key), NULL);      /* the mean of the window that ends now: level held since */
        if (!first)
            sum += level * (double)(now - at);
        first = false;
        at = now;
        level = v;
    }
    return (sum + level * (double)(end - at)) * 1e6;    /* mW x fs = 1e6 yJ */
}

START_TEST(power_rows_integrate_to_the_energy)
{
    static const uint64_t size[] = { 1000, 700, 1234, 10000, 333 };
    uint64_t window = size[_i % 5], from = _i / 5 == 0 ? 0 : _i / 5 == 1 ? 5000 : 5300, end = from + 40 * window;
    struct bl_sim *s = powered(), *plain = powered();
    static const char *const globs[] = { "*power_mw", NULL };
    static const char *const names[] = { "power_mw", "e.power_mw", "g.power_mw", "h.power_mw", "i.power_mw", "k.power_mw", "w.power_mw" };
    double before[7], after[7];

    for (int round = 0; round < 2; round++) {    /* energies just before the first and the last window's edge */
        if (round || from)
            bl_run(plain, round ? end : from);
        double *e = round ? after : before;
        e[0] = (double)bl_energy(plain);
        for (size_t p = 0; p < 6; p++) {
            struct bl_part_row r;
            bl_part_at(plain, p, &r);
            e[p + 1] = (double)r.energy;
        }
    }
    struct bl_trace *t = begin(s, globs, from, 0, window);
    for (uint64_t at = 0; at < end + window; at += 777)
        bl_run(s, at);
    bl_run(s, end + window);
    kp_ok(bl_trace_end(s, t));
    ck_assert_uint_eq(fake[0].nvars, 7);
    for (int i = 0; i < 7; i++) {
        /* A row at a window's end is the mean of that window, so it is held for the next one: shift by a window. */
        double got = integral(fake[0].text, names[i], end + window), want = after[i] - before[i];
        ck_assert_msg(got > want * (1 - 1e-9) - 1 && got < want * (1 + 1e-9) + 1, "%s, window %llu from %llu: %.0f yJ, expected %.0f", names[i],
                      (unsigned long long)window, (unsigned long long)from, got, want);
        ck_assert(want > 0);
    }
    bl_close(s);
    bl_close(plain);
}
END_TEST

START_TEST(no_window_ends_after_the_run)
{
    for (uint64_t end = 995; end < 1005; end++) {
        struct bl_sim *s = powered();
        struct bl_trace *t = begin(s, NULL, 0, 0, 1000);
        bl_run(s, end);
        bl_run(s, end);
        kp_ok(bl_trace_end(s, t));              /* the writer asserts that times do not pass the end */
        ck_assert_uint_eq(fake[0].end, end);
        bl_close(s);
    }
}
END_TEST

/* ---- watching and failing change nothing ---- */

START_TEST(watching_changes_nothing)
{
    struct bl_sim *a = powered(), *b = powered();
    struct bl_trace *t = begin(b, NULL, 3000, 150000, 5000), *u = begin(b, NULL, 0, 0, 0);

    ck_assert_ptr_nonnull(t);
    ck_assert_ptr_nonnull(u);
    for (uint64_t k = 1; k <= 200; k++) {
        bl_run(a, k * 1000);
        bl_run(b, k * 1000);
        KP_HOLDS(bl_state_equal(a, b), "states differ at %llu", (unsigned long long)k * 1000);
    }
    ck_assert_uint_eq(bl_activations(a), bl_activations(b));
    kp_ok(bl_trace_end(b, t));
    ck_assert_uint_eq(fake[0].end, 150000);
    bl_run(a, 250000);
    bl_run(b, 250000);
    ck_assert(bl_state_equal(a, b));
    kp_same(kp_account(a), kp_account(b), "watched");
    bl_close(b);                                 /* closes u */
    ck_assert(fake[1].closed);
    ck_assert_uint_eq(fake[1].end, 250000);
    bl_close(a);
}
END_TEST

START_TEST(a_failing_writer_ends_only_its_trace)
{
    struct bl_sim *a = powered();

    bl_run(a, 40000);
    for (size_t at = 1; at < 120; at += 1 + at / 8) {
        struct bl_sim *b = powered();
        fake_next = 0;
        fail_at = at;
        struct bl_trace *t = begin(b, NULL, 0, 0, 3000);
        ck_assert_int_eq(bl_run(b, 40000), BL_END_LIMIT);
        KP_HOLDS(bl_state_equal(a, b), "a trace that fails changes the run");
        KP_HOLDS(fake[0].calls == at, "%zu calls, expected %zu", fake[0].calls, at);
        KP_HOLDS(bl_trace_end(b, t) == -1, "the failure is not told");
        KP_HOLDS(fake[0].closed && fake[0].calls == at, "not closed");
        bl_close(b);
    }
    bl_close(a);
}
END_TEST

Suite *suite_watch_power(void);
Suite *suite_watch_power(void)
{
    Suite *s = suite_create("watch_power");
    TCase *c = tcase_create("watch_power");

    tcase_add_loop_test(c, power_rows_integrate_to_the_energy, 0, 15);
    tcase_add_test(c, no_window_ends_after_the_run);
    tcase_add_test(c, watching_changes_nothing);
    tcase_add_test(c, a_failing_writer_ends_only_its_trace);
    suite_add_tcase(s, c);
    return s;
}

/* test_conformance.c - random process networks on our kernel (kernel/, kernel/ieee/): the log is that of a scheduler written apart from it, and
 * nothing that must not matter does: the shuffle seed, pieces, a trace, unrelated processes. README tells how. */
#include "tests/conformance/on_kernel.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

enum { NETS = 500, CHUNKS = 10 };

/* ---- two ways to run a network ---- */

struct way { const char *name; struct kernel_run how; bool in_order; };   /* in_order: also within a delta */

static const struct kernel_run plain;

/* The first line that differs, or SIZE_MAX; a run that fails differs from the start. */
static size_t compare(const struct net *n, const struct way *w, FILE *report)
{
    struct net_log a = { 0 }, b = { 0 };
    struct kernel_run how = w->how;
    struct net other;
    bool ok;

    if (w->how.crowd) {
        net_make(&other, n->seed + 1000000, false);
        how.crowd = &other;
    }
    ok = net_on_kernel(n, &how, &a);
    if (w->in_order)
        ok = net_on_kernel(n, &plain, &b) && ok;
    else
        net_on_oracle(n, &b);
    log_settle(&a, !w->in_order);
    log_settle(&b, !w->in_order);
    size_t at = ok ? log_difference(&a, &b) : 0;
    if (report && at != SIZE_MAX)
        log_show(report, n, &a, &b, at);
    log_free(&a);
    log_free(&b);
    return at;
}

static bool differs(const struct net *n, void *ctx) { return compare(n, ctx, NULL) != SIZE_MAX; }

static void same(uint64_t seed, const struct way *w)
{
    struct net n;

    net_make(&n, seed, seed % 2);
    if (compare(&n, w, NULL) == SIZE_MAX)
        return;
    net_shrink(&n, differs, (void *)(uintptr_t)w);
    fprintf(stderr, "network %llu, %s: the log differs; the smallest network that does:\n", (unsigned long long)seed, w->name);
    net_write(stderr, &n);
    compare(&n, w, stderr);
    ck_abort_msg("network %llu differs: %s", (unsigned long long)seed, w->name);
}

static const struct net crowd;
static const struct way ways[] = {
    { "as the oracle", { 0 }, false },
    { "shuffled, as the oracle", { .shuffle = 1 }, false },
    { "shuffled by another seed, as the oracle", { .shuffle = 7919 }, false },
    { "in pieces", { .piece = 24 }, true },
    { "everything traced", { .traced = true }, true },
    { "among unrelated networks", { .crowd = &crowd }, true },
};

START_TEST(test_networks)
{
    for (uint64_t seed = 1 + (uint64_t)_i; seed <= (uint64_t)fewer(NETS, NETS / 5); seed += CHUNKS)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
            same(seed, &ways[w]);
}
END_TEST

/* A description survives its text: SystemC's program and the reader of a failure see the same network. */
START_TEST(test_text)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        char *text[2];
        size_t bytes[2];
        struct net n;
        net_make(&n, seed, seed % 2);
        for (int k = 0; k < 2; k++) {
            FILE *f = open_memstream(&text[k], &bytes[k]);
            net_write(f, &n);
            fclose(f);
            f = fmemopen(text[k], bytes[k], "r");
            ck_assert_msg(net_read(f, &n), "%s", text[k]);
            fclose(f);
        }
        ck_assert_str_eq(text[0], text[1]);
        free(text[0]);
        free(text[1]);
    }
}
END_TEST

/* ---- clocked parts that nap and wake: unrelated parts, before, between and after them, change nothing ---- */

static const char *const clocked =
    "clock m 10 0; clock n 15 5; part m.gen gen m; set m.gen every 7; part m.work work m; part m.sink sink m;"
    "wire m.gen.x m.work.a d2;"
    "wire m.work.b m.sink.x d1; part n.gen gen n; set n.gen luck 60; part n.stage stage n; part n.sink sink n; set n.sink every 5;"
    "wire n.gen.x n.stage.a d4; wire n.stage.b n.sink.x pipe; part m.put put m; set m.put every 9; part n.look look n;"
    "wire m.put.q n.look.d s2";
static const char *const noise =                   /* @: its name, #: its clock */
    "part @.gen gen #; set @.gen luck 100; part @.sink sink #; set @.sink every 3; wire @.gen.x @.sink.x d3;"
    "part @.put put #; part @.look look #; wire @.put.q @.look.d";

static void add_noise(struct bl_sim *s, const char *name, const char *clock)
{
    char text[512];
    size_t n = 0;

    for (const char *p = noise; *p; p++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s", *p == '@' || *p == '#' ? 8 : 1,
                              *p == '@' ? name : *p == '#' ? clock : p);
    kp_ok(kp_script(s, text));
}

/* The account of the parts under m. and n., and what the sinks saw; malloc'ed. */
static char *account_of_clocked(bool noisy, bool awake)
{
    static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_put_class,
                                                      &kp_look_class, NULL };
    static const char *const at[][2] = { { "a", "a" }, { "m.h", "m" }, { "m.z", "m" }, { "n.a", "n" }, { "z", "z" } };
    struct bl_sim *s = bl_open(classes, NULL);
    char *kept = NULL;
    size_t bytes;
    FILE *f = open_memstream(&kept, &bytes);

    bl_option(s, BL_NO_NAP, awake);
    kp_ok(kp_script(s, clocked));
    for (size_t i = 0; noisy && i < sizeof at / sizeof *at; i++) {
        if (i % 4 == 0)
            kp_ok(bl_clock(s, at[i][1], 4 + i, 0, NULL));
        add_noise(s, at[i][0], at[i][1]);
    }
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 20000);
    char *all = kp_account(s), *rest = all;
    bool mine = false;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (*line != ' ')
            mine = (*line == 'm' || *line == 'n') && !strstr(line, ".h.") && !strstr(line, ".z.") && !strstr(line, ".a.");
        if (mine)
            fprintf(f, "%s\n", line);
    }
    fprintf(f, "%llu %llu %llu\n", (unsigned long long)kp_peek(s, "m.sink.hash"), (unsigned long long)kp_peek(s, "n.sink.hash"),
            (unsigned long long)kp_peek(s, "n.look.seen"));
    fclose(f);
    free(all);
    bl_close(s);
    return kept;
}

START_TEST(test_naps_among_unrelated_parts)
{
    char *expected = account_of_clocked(false, true);

    ck_assert_msg(strstr(expected, "m.gen") && strlen(expected) > 500, "%s", expected);
    free(expected);
    for (int k = 0; k < 4; k++)
        kp_same(account_of_clocked(k & 1, k & 2), account_of_clocked(false, true), "unrelated parts");
}
END_TEST

Suite *suite_conformance(void);
Suite *suite_conformance(void)
{
    Suite *s = suite_create("conformance");
    TCase *t = tcase_create("networks");

    tcase_add_loop_test(t, test_networks, 0, CHUNKS);
    tcase_add_test(t, test_text);
    tcase_add_test(t, test_naps_among_unrelated_parts);
    suite_add_tcase(s, t);
    return s;
}

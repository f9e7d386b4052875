/* test_restart.c - everything begins again: random platforms that do so several times are so many runs one after the other, in their
 * accounts and in their waveforms; in pieces, from snapshots, in other orders; what is kept, and what is refused. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kp_network.h"
#include "tests/rigs/numbers.h"
#include "traces/traces.h"

#include <unistd.h>

Suite *suite_restart(void);

static struct kp_told told;

/* ---- a part that ends rounds ---- */

enum { CELLS = 4 };

struct pacer {
    struct bl_part p;
    int64_t cycles, rounds, first;
    uint64_t *counted, *cell;
    uint32_t ended[2];
    uint64_t draws, own;             /* sum of draws of this round; drawn in init */
    bl_tally edge;
};

static int pacer_init(void *self)
{
    struct pacer *t = self;

    t->counted = bl_alloc(t, CELLS * sizeof *t->counted);
    t->cell = bl_alloc(t, CELLS * sizeof *t->cell);
    t->own = bl_random(t) & 0xffff;
    return 0;
}

/* Round r ends with its cycle cycles + r - 1, so that no two are alike. */
static bl_verdict pacer_tick(void *self)
{
    struct pacer *t = self;
    uint64_t round = bl_stream(t) - (uint64_t)t->first;

    t->counted[round % CELLS]++;
    t->cell[bl_cycle(t) % CELLS]++;
    t->draws += bl_random(t) & 0xffff;
    charge(&t->edge, 1);
    if (bl_cycle(t) + 1 < (uint64_t)t->cycles + bl_stream(t))
        return BL_BUSY;
    t->ended[1]++;
    bl_pause_next(t);
    if (round + 1 < (uint64_t)t->rounds)
        bl_restart(t, bl_stream(t) + 1);
    else
        bl_stop_next(t);
    return BL_NAP(BL_IDLE);
}

#define T struct pacer
static const struct bl_field pacer_fields[] = {
    BL_PARAM(T, cycles, 100, 1, 1e9, "least cycles of a round"), BL_PARAM(T, rounds, 1, 1, 1e9, "rounds"), BL_PARAM(T, first, 0, 0, 1e9, "first stream"),
    BL_MEM_KEPT(T, counted, "edges by round"), BL_MEM(T, cell, "edges of this round"), BL_VIEW_AS(T, ended, 2, 32, "rounds ended", BL_KEPT),
    BL_VIEW(T, draws, 1, 64, "drawn"), BL_VIEW(T, own, 1, 64, "drawn in init"), BL_TALLY(T, edge, "an edge"), { 0 }
};
static const struct bl_class pacer_class = { .name = "pacer", .help = "ends rounds", .size = sizeof(T), .restarts = true,
    .init = pacer_init, .tick = pacer_tick, .fields = pacer_fields };
#undef T

static const struct bl_class *const classes[] = {
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_fork_class, &kp_join_class, &kp_put_class,
    &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class, &kp_echo_class, &pacer_class, NULL
};

static struct bl_sim *paced(uint64_t seed, unsigned first, unsigned rounds, uint64_t shuffle)
{
    struct bl_sim *s = kp_network_of(&told, classes, seed, BL_SHUFFLE, shuffle);

    bl_first_stream(s, first);
    kp_ok(bl_add(s, "pacer", "pacer", "c0", NULL));
    kp_setf(s, "pacer", "cycles", 20 + (int)(kp_mix(seed) % 100));
    kp_setf(s, "pacer", "rounds", (int)rounds);
    kp_setf(s, "pacer", "first", (int)first);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static void to_the_end(struct bl_sim *s)
{
    enum bl_end end;

    while ((end = bl_run(s, BL_FOREVER)) == BL_END_PAUSED)
        continue;
    ck_assert_int_eq(end, BL_END_STOPPED);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);           /* and stays there */
}

/* ---- accounts add up ---- */

START_TEST(rounds_are_runs)
{
    static struct numbers all, sum;

    for (uint64_t seed = 1; seed <= 20; seed++) {
        enum { ROUNDS = 3 };
        unsigned first = (unsigned)(kp_mix(seed) % 3);
        struct bl_sim *s = paced(seed + 20 * (uint64_t)_i, first, ROUNDS, 0);

        to_the_end(s);
        kp_verdicts_add_up(s);
        numbers_of(s, &all, false);
        for (unsigned i = 0; i < ROUNDS; i++) {
            struct bl_sim *one = paced(seed + 20 * (uint64_t)_i, first + i, 1, 0);
            to_the_end(one);
            numbers_of(one, &sum, i > 0);
            bl_close(one);
        }
        ck_assert_uint_eq(all.n, sum.n);
        for (size_t i = 0; i < all.n; i++)
            KP_HOLDS(all.v[i] == sum.v[i], "network %llu: number %zu is %llu, of the runs %llu", (unsigned long long)seed + 20 * (uint64_t)_i, i,
                     (unsigned long long)all.v[i], (unsigned long long)sum.v[i]);
        bl_close(s);
    }
}
END_TEST

/* Limits, pauses and snapshots in the middle, at a restart too; other orders; nobody naps. */
START_TEST(in_pieces_and_from_snapshots)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct kp_rng r = { seed };
        struct bl_sim *a = paced(seed, 1, 4, 0), *b = paced(seed, 1, 4, 0), *c = paced(seed, 1, 4, 0), *d = paced(seed, 1, 4, seed);
        size_t n;

        to_the_end(a);
        while (bl_run(b, bl_now(b) + 1 + kp_below(&r, 60000)) != BL_END_STOPPED) {
            void *then = kp_saved(&told, b, &n);
            ck_assert_msg(bl_restore(c, then, n) == 0, "%s", told.text);
            free(then);
            if (kp_below(&r, 8) == 0) {
                to_the_end(c);
                KP_HOLDS(bl_state_equal(a, c), "network %llu: another state from a snapshot", (unsigned long long)seed);
            }
        }
        KP_HOLDS(bl_state_equal(a, b), "network %llu: another state in pieces", (unsigned long long)seed);
        to_the_end(d);
        kp_same(kp_account(a), kp_account(d), "shuffled");
        bl_close(a);
        bl_close(b);
        bl_close(c);
        bl_close(d);
    }
}
END_TEST

/* ---- waveforms ---- */

/* The file as text, times counted from the first one that it shows. */
static char *shifted(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[4096], *text = NULL;
    unsigned long long first = UINT64_MAX, fs;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);

    ck_assert(f && to);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "#%llu", &fs) == 1) {
            first = first == UINT64_MAX ? fs : first;
            fprintf(to, "#%llu\n", fs - first);
        } else {
            fputs(line, to);
        }
    }
    fclose(f);
    fclose(to);
    remove(path);
    ck_assert_uint_gt(bytes, 100);
    return text;
}

/* From here to the next pause; a view that is kept is the one thing that goes on. */
static char *traced(struct bl_sim *s, const char *name)
{
    static const char *const globs[] = { "!pacer.ended*" };
    const char *dir = getenv("BL_TMP");
    char path[512];

    snprintf(path, sizeof path, "%s/%s%ld.vcd", dir ? dir : "/tmp", name, (long)getpid());
    struct bl_trace *t = bl_trace_begin(s, bl_wave_writer(path), path, &(struct bl_trace_opts){ globs, 1, .from_fs = bl_now(s) }, NULL);
    ck_assert_ptr_nonnull(t);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_PAUSED);
    ck_assert_int_eq(bl_trace_end(s, t), 0);
    return shifted(path);
}

START_TEST(waveforms_of_rounds_are_those_of_runs)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct bl_sim *s = paced(seed, 0, 3, 0), *one = paced(seed, 2, 1, 0);

        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_PAUSED);
        char *a = traced(s, "round"), *b = traced(one, "run");
        kp_same(a, b, "a round and a run");
        bl_close(s);
        bl_close(one);
    }
}
END_TEST

/* The last value of each variable of a VCD. */
struct last { char id[8], value[200]; };

static size_t last_values(const char *path, struct last *v, size_t room)
{
    FILE *f = fopen(path, "r");
    char line[4096];
    size_t n = 0, k;

    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f) && strncmp(line, "$enddefinitions", 15))
        continue;
    while (fgets(line, sizeof line, f)) {
        char *blank = strchr(line, ' '), *id = *line == 'b' ? blank + 1 : line + 1;
        if (*line == '#' || *line == '$' || *line == '\n')
            continue;
        id[strcspn(id, "\n")] = 0;
        for (k = 0; k < n && strcmp(v[k].id, id); k++)
            continue;
        n += k == n;
        ck_assert_uint_le(n, room);
        snprintf(v[k].id, sizeof v[k].id, "%.7s", id);
        snprintf(v[k].value, sizeof v[k].value, "%.*s", (int)((*line == 'b' ? blank : id) - line), line);
    }
    fclose(f);
    return n;
}

/* One that goes through a restart shows the values that one begun behind it shows. */
START_TEST(waveforms_go_through_a_restart)
{
    static struct last all[4000], some[4000];
    const char *dir = getenv("BL_TMP");
    char path[2][512];

    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/through%d%ld.vcd", dir ? dir : "/tmp", i, (long)getpid());
    for (uint64_t seed = 1; seed <= 24; seed++) {
        struct bl_sim *s[2] = { paced(seed, 0, 2, 0), paced(seed, 0, 2, 0) };
        struct bl_trace *x[2];

        x[0] = bl_trace_begin(s[0], bl_wave_writer(path[0]), path[0], NULL, NULL);
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(bl_run(s[i], BL_FOREVER), BL_END_PAUSED);
        uint64_t until = bl_now(s[1]) + kp_mix(seed) % 20000;
        x[1] = bl_trace_begin(s[1], bl_wave_writer(path[1]), path[1], NULL, NULL);
        for (int i = 0; i < 2; i++) {
            bl_run(s[i], until);
            ck_assert_int_eq(bl_trace_end(s[i], x[i]), 0);
        }
        size_t n = last_values(path[0], all, 4000), m = last_values(path[1], some, 4000);
        ck_assert_uint_eq(n, m);
        for (size_t i = 0; i < n; i++) {
            size_t k = 0;
            while (k < m && strcmp(some[k].id, all[i].id))
                k++;
            KP_HOLDS(k < m && !strcmp(some[k].value, all[i].value), "network %llu: %s is %s, and %s", (unsigned long long)seed, all[i].id,
                     all[i].value, some[k].value);
        }
        for (int i = 0; i < 2; i++) {
            remove(path[i]);
            bl_close(s[i]);
        }
    }
}
END_TEST

/* ---- what is kept ---- */

START_TEST(kept_or_begun_again)
{
    struct bl_sim *s = paced(3, 5, 3, 0), *one = paced(3, 7, 1, 0), *zero = paced(3, 0, 1, 0);
    const struct pacer *a = bl_part_of(s, "pacer"), *b = bl_part_of(one, "pacer"), *c = bl_part_of(zero, "pacer");
    uint64_t cycles = 20 + kp_mix(3) % 100;

    to_the_end(s);
    to_the_end(one);
    to_the_end(zero);
    for (uint64_t i = 0; i < 3; i++)
        ck_assert_uint_eq(a->counted[i], cycles + 5 + i);
    ck_assert_uint_eq(a->ended[0], 0);
    ck_assert_uint_eq(a->ended[1], 3);
    ck_assert(!memcmp(a->cell, b->cell, CELLS * sizeof *a->cell));
    ck_assert_uint_eq(a->edge.n, 3 * cycles + 5 + 6 + 7);
    ck_assert_uint_eq(a->draws, b->draws);                             /* of stream 7 both */
    ck_assert_uint_ne(a->draws, c->draws);
    ck_assert_uint_eq(a->own, c->own);                                 /* init draws of stream 0, whatever the run begins with */
    bl_close(s);
    bl_close(one);
    bl_close(zero);
}
END_TEST

START_TEST(by_the_host)
{
    struct bl_sim *s = paced(4, 2, 1, 0), *plain = kp_network(&told, 4, 0, 0);
    static struct numbers once, twice;

    ck_assert_int_eq(bl_restart_now(s, 2), 0);                         /* of what has not begun: nothing */
    ck_assert_uint_eq(bl_now(s), 0);
    to_the_end(s);
    numbers_of(s, &once, false);
    ck_assert_int_eq(bl_restart_now(s, 2), 0);                         /* what was to stop it is forgotten */
    to_the_end(s);
    numbers_of(s, &twice, false);
    for (size_t i = 0; i < once.n; i++)
        ck_assert_uint_eq(twice.v[i], 2 * once.v[i]);
    ck_assert_int_eq(bl_restart_now(plain, 0), -1);
    ck_assert_msg(strstr(told.text, "no class of the platform says .restarts"), "%s", told.text);
    bl_close(s);
    bl_close(plain);
}
END_TEST

/* What a restart changes has no cause: a chain does not go back beyond it. */
START_TEST(causes_end_there)
{
    struct bl_sim *s = paced(5, 0, 2, 0);
    struct bl_part_row r;

    kp_ok(bl_why(s, "pacer.edge", NULL));
    to_the_end(s);
    bl_part_at(s, bl_part_find(s, "pacer"), &r);
    ck_assert_uint_eq(r.elapsed, 2 * (20 + kp_mix(5) % 100) + 1);
    bl_close(s);
}
END_TEST

static bl_verdict rash_tick(void *self)
{
    bl_restart(self, 1);
    return BL_BUSY;
}

static const struct bl_field none[] = { { 0 } };
static const struct bl_class rash_class = { .name = "rash", .help = "restarts", .size = sizeof(struct bl_part), .tick = rash_tick, .fields = none };

static void run_rash(void *arg)
{
    static const struct bl_class *const rash[] = { &rash_class, NULL };
    struct bl_sim *s = bl_open(rash, kp_listen(&told));

    (void)arg;
    kp_ok(bl_clock(s, "c", 10, 0, NULL));
    kp_ok(bl_add(s, "r", "rash", "c", NULL));
    kp_ok(bl_elaborate(s));
    bl_run(s, 100);
}

START_TEST(a_class_says_so)
{
    char text[1000];

    kp_aborts(run_rash, NULL, text, sizeof text);
    ck_assert_msg(strstr(text, "r: bl_restart in a class that does not say .restarts = true"), "%s", text);
}
END_TEST

Suite *suite_restart(void)
{
    Suite *s = suite_create("restart");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 300);
    tcase_add_loop_test(tc, rounds_are_runs, 0, 4);
    tcase_add_test(tc, in_pieces_and_from_snapshots);
    tcase_add_test(tc, waveforms_of_rounds_are_those_of_runs);
    tcase_add_test(tc, waveforms_go_through_a_restart);
    tcase_add_test(tc, kept_or_begun_again);
    tcase_add_test(tc, by_the_host);
    tcase_add_test(tc, causes_end_there);
    tcase_add_test(tc, a_class_says_so);
    suite_add_tcase(s, tc);
    return s;
}

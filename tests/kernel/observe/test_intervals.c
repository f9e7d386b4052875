/* test_intervals.c - statistics over time: what an interval says is what a run that ends at its end has more than one that ends where it began,
 * part by part; channels are held against a look at every femtosecond; a run is the same with them and without. */
#include "tests/rigs/kp_base.h"
#include "tests/rigs/kparts.h"

Suite *suite_intervals(void);

enum { MOST = 4096, PARTS = 8, COUNTERS = 64, CHANNELS = 4 };

static struct kp_told told;

/* ---- a small machine: two clocks, a part in its own time, one that restarts everything or ends it, prices ---- */

struct again { struct bl_part p; bl_tally ended; int64_t at, restarts; uint32_t seen; };

static bl_verdict again_tick(void *self)
{
    struct again *t = self;

    t->seen++;
    if (bl_cycle(t) + 1 != (uint64_t)t->at)
        return BL_BUSY;
    if (bl_stream(t) < (uint64_t)t->restarts)
        bl_restart(t, bl_stream(t) + 1);
    else
        bl_stop(t);
    charge(&t->ended, 1);
    return BL_BUSY;
}

#define T struct again
static const struct bl_field again_fields[] = {
    BL_TALLY(T, ended, "ends"), BL_PARAM(T, at, 40, 1, 1e6, "cycles"), BL_PARAM(T, restarts, 0, 0, 100, "how often"), { 0 }
};
static const struct bl_class again_class = { .name = "again", .help = "begins again", .size = sizeof(T), .restarts = true, .tick = again_tick,
    .fields = again_fields };
#undef T

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_echo_class, &kp_stage_class, &again_class, NULL };

static const struct bl_price prices[] = {
    { .cls = "gen", .item = "sent", .value = 1000000 }, { .cls = "gen", .item = "static", .value = 2000, .is_power = true },
    { .cls = "echo", .item = "busy", .value = 7000, .is_power = true }, { .cls = "sink", .item = "got", .value = 12345 },
    { .cls = "again", .item = "ended", .value = 77 },
};

static struct bl_sim *opened(int at, int restarts, unsigned option)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    if (option)
        bl_option(s, option, 1);
    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        kp_ok(bl_set_price(s, &prices[i], NULL));
    kp_ok(bl_clock(s, "c", 1000, 300, NULL));
    kp_ok(bl_clock(s, "d", 1501, 0, NULL));
    kp_ok(bl_add(s, "gen", "gen", "c", NULL));
    kp_ok(bl_add(s, "stage", "stage", "c", NULL));
    kp_ok(bl_add(s, "echo", "echo", NULL, NULL));
    kp_ok(bl_add(s, "sink", "sink", "d", NULL));
    kp_ok(bl_add(s, "again", "again", "d", NULL));
    kp_ok(bl_wire(s, "gen.x", "stage.a", (struct bl_link){ .depth = 3 }, NULL));
    kp_ok(bl_wire(s, "stage.b", "echo.a", (struct bl_link){ .depth = 2 }, NULL));
    kp_ok(bl_wire(s, "echo.b", "sink.x", (struct bl_link){ .depth = 5 }, NULL));
    kp_setf(s, "gen", "luck", 200);
    kp_setf(s, "sink", "luck", 120);
    kp_ok(bl_set(s, "echo", "delay", "2600 fs", NULL));
    kp_setf(s, "again", "at", at);
    kp_setf(s, "again", "restarts", restarts);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- what is told ---- */

struct row { uint64_t from, to, spent[COUNTERS]; bl_yj energy[PARTS]; struct bl_level level[CHANNELS]; };
struct rows { struct bl_sim *s; struct row v[MOST]; size_t n, most; };
static struct rows rows, other;

static size_t counters_of(const struct bl_sim *s)
{
    size_t n = 0;

    for (size_t i = 0; i < bl_part_count(s); i++)
        n += bl_spent(s, i, NULL);
    ck_assert_uint_le(n, COUNTERS);
    return n;
}

static int closed(void *ctx, const struct bl_interval *i)
{
    struct rows *r = ctx;
    struct row *x = &r->v[r->n];

    if (r->n == r->most)
        return 1;
    ck_assert_uint_lt(r->n++, MOST);
    memset(x, 0, sizeof *x);
    x->from = i->from_fs;
    x->to = i->to_fs;
    memcpy(x->spent, i->spent, counters_of(r->s) * sizeof *x->spent);
    memcpy(x->energy, i->energy, bl_part_count(r->s) * sizeof *x->energy);
    memcpy(x->level, i->level, bl_level_count(r->s) * sizeof *x->level);
    return 0;
}

static void begin(struct bl_sim *s, struct rows *r, uint64_t every)
{
    r->s = s;
    r->n = 0;
    r->most = MOST;
    ck_assert_int_eq(bl_intervals_begin(s, every, closed, r), 0);
}

/* The account as of now in the form of a row. */
static void account(struct bl_sim *s, struct row *x)
{
    size_t at = 0;

    memset(x, 0, sizeof *x);
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        x->energy[i] = p.energy;
        for (uint32_t k = 0; k < p.verdicts; k++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, i, k, &v);
            x->spent[at++] = v.spent;
        }
    }
}

static void ck_difference(const struct row *got, const struct row *before, const struct row *after)
{
    for (int k = 0; k < COUNTERS; k++)
        KP_HOLDS(got->spent[k] == after->spent[k] - before->spent[k], "counter %d of %llu", k, (unsigned long long)got->from);
    for (int k = 0; k < PARTS; k++)
        KP_HOLDS(got->energy[k] == after->energy[k] - before->energy[k], "energy of part %d of %llu", k, (unsigned long long)got->from);
}

/* ---- tests ---- */

static const uint64_t lengths[] = { 1, 700, 1000, 1501, 3333, 60000, 1000000 };

/* A run to a time ends before anything of that time happens. */
START_TEST(an_interval_is_what_a_run_to_its_end_has_more)
{
    const uint64_t every = lengths[_i];
    struct bl_sim *a = opened(200, 0, 0), *b = opened(200, 0, 0);
    static struct row before, after;

    begin(a, &rows, every);
    ck_assert_int_eq(bl_run(a, 4000), BL_END_LIMIT);
    if (every > 1)
        ck_assert_int_eq(bl_run(a, 50000), BL_END_LIMIT);
    ck_assert_int_eq(bl_intervals_end(a), 0);
    ck_assert_uint_eq(rows.n, (bl_now(a) + every - 1) / every);
    account(b, &before);
    for (size_t i = 0; i < rows.n; i++, before = after) {
        ck_assert_uint_eq(rows.v[i].from, i * every);
        ck_assert_uint_eq(rows.v[i].to, i + 1 < rows.n ? (i + 1) * every : bl_now(a));
        bl_run(b, rows.v[i].to);
        account(b, &after);
        ck_difference(&rows.v[i], &before, &after);
    }
    bl_close(a);
    bl_close(b);
}
END_TEST

static uint32_t held(const struct bl_ring *r) { return *(const uint32_t *)r->push_word->now - *(const uint32_t *)r->pop_word->now; }

START_TEST(levels_are_those_of_every_femtosecond)
{
    const bool again = _i >= 7;          /* everything begins again every 30020 fs, with empty channels */
    const uint64_t every = lengths[_i % 7], end = every == 1 ? 3000 : again ? 100000 : 40000;
    struct bl_sim *a = opened(again ? 20 : 200, again ? 9 : 0, 0), *b = opened(again ? 20 : 200, again ? 9 : 0, 0);
    const struct bl_ring *ring[3];
    static uint64_t sum[MOST][3];
    static uint32_t most[MOST][3];

    begin(a, &rows, every);
    bl_run(a, end);
    ck_assert_uint_eq(bl_level_count(a), 3);
    static const char *const from[] = { "echo.b", "gen.x", "stage.b" }, *const to[] = { "sink.x", "stage.a", "echo.a" };
    for (size_t k = 0; k < 3; k++) {
        struct bl_level_row row;
        bl_level_at(a, k, &row);
        ck_assert_str_eq(row.from, from[k]);
        ck_assert_str_eq(row.to, to[k]);
        ck_assert_uint_eq(row.depth, k == 0 ? 5 : k == 1 ? 3 : 2);
        ck_assert(!row.is_pipe);
    }
    ck_assert_int_eq(bl_intervals_end(a), 0);
    ck_assert_uint_eq(bl_level_count(a), 0);
    ring[0] = ((struct kp_echo *)bl_part_of(b, "echo"))->b.r;
    ring[1] = ((struct kp_gen *)bl_part_of(b, "gen"))->x.r;
    ring[2] = ((struct kp_stage *)bl_part_of(b, "stage"))->b.r;
    memset(sum, 0, sizeof sum);
    memset(most, 0, sizeof most);
    for (uint64_t t = 0; t < end; t++) {
        bl_run(b, t + 1);                /* everything of t has happened */
        for (size_t k = 0; k < 3; k++) {
            uint32_t n = held(ring[k]);
            sum[t / every][k] += n;
            most[t / every][k] = n > most[t / every][k] ? n : most[t / every][k];
        }
    }
    for (size_t i = 0; i < rows.n; i++)
        for (size_t k = 0; k < 3; k++) {
            KP_HOLDS(rows.v[i].level[k].most == most[i][k], "most of channel %zu in interval %zu", k, i);
            KP_HOLDS(rows.v[i].level[k].mean == (double)sum[i][k] / (double)(rows.v[i].to - rows.v[i].from), "mean of channel %zu in interval %zu", k, i);
        }
    bl_close(a);
    bl_close(b);
}
END_TEST

static void ck_rows_equal(const struct rows *a, const struct rows *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++)
        KP_HOLDS(!memcmp(&a->v[i], &b->v[i], sizeof a->v[i]), "interval %zu differs", i);
}

/* Nobody naps, the order of parts is another one, in pieces: the same numbers; and the state is that of a run without them. */
START_TEST(nothing_else_changes)
{
    static const unsigned option[] = { 0, BL_NO_NAP, BL_SHUFFLE };
    struct bl_sim *plain = opened(200, 0, 0);

    bl_run(plain, 123456);
    for (size_t i = 0; i < 3; i++) {
        struct bl_sim *a = opened(200, 0, option[i]);
        begin(a, i ? &other : &rows, 3333);
        for (uint64_t t = 1000; t < 123456; t += i ? 7001 : 200000)
            bl_run(a, t);
        bl_run(a, 123456);
        if (i == 0)
            ck_assert(bl_state_equal(a, plain));
        ck_assert_uint_eq(bl_activations(a) >= bl_activations(plain), 1);
        ck_assert_int_eq(bl_intervals_end(a), 0);
        if (i)
            ck_rows_equal(&rows, &other);
        bl_close(a);
    }
    bl_close(plain);
}
END_TEST

/* Everything begins again several times, and the last cycle counts something: all of it is in some interval. */
START_TEST(sums_are_the_account)
{
    static const int length[] = { 100, 1501 * 40, 700, 15010, 1000000 };
    struct bl_sim *a = opened(40, 5, 0);
    static struct row sum, all, none;

    memset(&sum, 0, sizeof sum);
    memset(&none, 0, sizeof none);
    begin(a, &rows, (uint64_t)length[_i]);
    ck_assert_int_eq(bl_run(a, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(a), 5 * 40 * 1501 + 39 * 1501);         /* at the edge before, but for the last one */
    ck_assert_int_eq(bl_intervals_end(a), 0);
    for (size_t i = 0; i < rows.n; i++) {
        for (int k = 0; k < COUNTERS; k++)
            sum.spent[k] += rows.v[i].spent[k];
        for (int k = 0; k < PARTS; k++)
            sum.energy[k] += rows.v[i].energy[k];
    }
    account(a, &all);
    ck_difference(&sum, &none, &all);
    bl_close(a);
}
END_TEST

/* The run stops at the end of an interval, in whose last moment something is counted: a row of no length says it. */
START_TEST(the_very_end_has_no_length)
{
    struct bl_sim *a = opened(11, 0, 0);

    begin(a, &rows, 1501 * 5);
    ck_assert_int_eq(bl_run(a, BL_FOREVER), BL_END_STOPPED);
    ck_assert_uint_eq(bl_now(a), 1501 * 10);
    ck_assert_uint_eq(rows.n, 2);
    ck_assert_int_eq(bl_intervals_end(a), 0);
    ck_assert_uint_eq(rows.n, 3);
    ck_assert_uint_eq(rows.v[2].from, rows.v[2].to);
    ck_assert(rows.v[2].energy[bl_part_find(a, "again")] == 77);
    bl_close(a);
    a = opened(12, 0, 0);
    begin(a, &rows, 1501 * 5);
    bl_run(a, 1501 * 10);                                            /* nothing is left: no such row */
    ck_assert_int_eq(bl_intervals_end(a), 0);
    ck_assert_uint_eq(rows.n, 2);
    bl_close(a);
}
END_TEST

/* From the middle of a run, beside a trace, and only as many as are wanted. */
START_TEST(begun_late_and_left_early)
{
    struct bl_sim *a = opened(200, 0, 0), *b = opened(200, 0, 0);
    static struct row before, after;

    bl_run(a, 20000);
    begin(a, &rows, 3000);
    rows.most = 4;
    bl_run(a, 50000);
    ck_assert_uint_eq(rows.n, 4);
    ck_assert_int_eq(bl_intervals_end(a), 0);
    ck_assert_uint_eq(rows.n, 4);
    bl_run(b, 20000);
    account(b, &before);
    for (size_t i = 0; i < 4; i++, before = after) {
        bl_run(b, 20000 + 3000 * (i + 1));
        account(b, &after);
        ck_difference(&rows.v[i], &before, &after);
    }
    begin(a, &rows, 3000);                                           /* once more */
    bl_run(a, 60000);
    bl_close(a);                                                     /* who does not end them loses the last */
    ck_assert_uint_eq(rows.n, 3);
    bl_close(b);
}
END_TEST

static void ck_said(const char *what)
{
    ck_assert_msg(strstr(told.text, what) != NULL, "%s\nexpected '%s'", told.text, what);
    kp_listen(&told);
}

static struct bl_sim *inside;
static int asks(void *ctx, const struct bl_interval *i)
{
    (void)ctx, (void)i;
    ck_assert_int_eq(bl_intervals_end(inside), -1);
    return 1;
}

START_TEST(refused)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_int_eq(bl_intervals_begin(NULL, 1, closed, &rows), -1);
    ck_assert_int_eq(bl_intervals_begin(s, 1, closed, &rows), -1);
    ck_said("before elaboration; call bl_elaborate first");
    bl_close(s);
    s = opened(200, 0, 0);
    ck_assert_int_eq(bl_intervals_begin(s, 0, closed, &rows), -1);
    ck_said("of no length");
    ck_assert_int_eq(bl_intervals_begin(s, 1, NULL, &rows), -1);
    ck_said("closed is NULL");
    ck_assert_int_eq(bl_intervals_end(s), -1);
    ck_said("none are on");
    inside = s;
    ck_assert_int_eq(bl_intervals_begin(s, 1000, asks, NULL), 0);
    ck_assert_int_eq(bl_intervals_begin(s, 1000, closed, &rows), -1);
    ck_said("twice; end the first");
    void *state = malloc(bl_save_bytes(s));
    ck_assert_int_eq(bl_save(s, state, bl_save_bytes(s)), 0);
    ck_assert_int_eq(bl_restore(s, state, bl_save_bytes(s)), -1);
    ck_said("while statistics over time are on");
    bl_run(s, 10000);
    ck_said("in the middle of a run");
    ck_assert_int_eq(bl_intervals_end(s), 0);
    ck_assert_int_eq(bl_restore(s, state, bl_save_bytes(s)), 0);
    struct bl_level_row row;
    bl_level_at(s, 0, &row);
    ck_said("channel");
    free(state);
    bl_close(s);
}
END_TEST

Suite *suite_intervals(void)
{
    Suite *s = suite_create("intervals");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, an_interval_is_what_a_run_to_its_end_has_more, 0, 7);
    tcase_add_loop_test(tc, levels_are_those_of_every_femtosecond, 0, 14);
    tcase_add_test(tc, nothing_else_changes);
    tcase_add_loop_test(tc, sums_are_the_account, 0, 5);
    tcase_add_test(tc, the_very_end_has_no_length);
    tcase_add_test(tc, begun_late_and_left_early);
    tcase_add_test(tc, refused);
    suite_add_tcase(s, tc);
    return s;
}

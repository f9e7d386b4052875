/* test_slots.c - the slots of macros against a plain count over lists of cycles: layers of any length, one macro and several, parts that say what
 * comes then; what is said wrongly. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

#include <signal.h>
#include <stdlib.h>

static struct kp_told told;

enum { ROWS = 12, COLS = 7, CYCLES = 400, MACROS = 3 };

struct said { enum bl_slots_at at; uint64_t rows, cols; };

/* What a macro does in a cycle: runs of a few cycles of one thing, by the seed. */
static struct said said_at(uint64_t seed, uint64_t cycle)
{
    const uint64_t x = kp_mix(seed * 77 + cycle / (1 + seed % 4)), at = x % 7;
    struct said s = { at < 2 ? BL_SLOTS_WAIT : at == 2 ? BL_SLOTS_BLOCKED : at == 3 ? BL_SLOTS_LOAD : BL_SLOTS_USE, 0, 0 };

    if (seed % 5 == 4 && cycle > CYCLES / 3)          /* it is through early */
        s.at = BL_SLOTS_WAIT;
    if (s.at == BL_SLOTS_USE) {
        s.rows = 1 + (x >> 8) % ROWS;
        s.cols = 1 + (x >> 16) % COLS;
    }
    return s;
}

/* mac: does so, and says it; lie: is busy and says nothing; every `layer` cycles it pauses the run. */
struct mac { struct bl_part p; int64_t seed, layer, lie, rows; };
static bl_verdict mac_tick(void *self)
{
    struct mac *t = self;
    const struct said s = said_at((uint64_t)t->seed, bl_cycle(t));

    if (!t->lie)
        bl_slots(t, 0, s.at, s.rows, s.cols);
    if (t->layer && (bl_cycle(t) + 1) % (uint64_t)t->layer == 0)
        bl_pause_next(t);
    return s.at >= BL_SLOTS_LOAD ? BL_BUSY : BL_IDLE;
}
#define T struct mac
static const struct bl_field mac_fields[] = {
    BL_PARAM(T, seed, 0, 0, 1e6, "of what it does"), BL_PARAM(T, layer, 0, 0, 1e6, "cycles"), BL_PARAM(T, lie, 0, 0, 1, "says nothing"),
    BL_PARAM(T, rows, ROWS, 1, 100, "rows"), BL_SLOTS(BL_BY(T, rows), COLS), { 0 } };
static const struct bl_class mac_class = { .name = "mac", .help = "a macro", .size = sizeof(T), .tick = mac_tick, .fields = mac_fields };

/* many: several, in a process without a clock: each says at once what it does for `long_` fs, and what then, for ever. */
struct many { struct bl_part p; int64_t n, step; };
static bl_verdict many_run(void *self)
{
    struct many *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(10, BL_IDLE);
    for (uint32_t k = 0; k < (uint32_t)t->n; k++) {
        bl_slots(t, k, BL_SLOTS_LOAD, 0, 0);
        bl_slots_then(t, k, 100, BL_SLOTS_USE, 2, 3);
    }
    AWAIT_TIME(1000, BL_BUSY);
    bl_slots(t, 0, BL_SLOTS_WAIT, 0, 0);
    if (t->step)
        bl_slots(t, (uint32_t)t->step, BL_SLOTS_WAIT, 0, 0);
    AWAIT_TIME(500, BL_IDLE);
    bl_stop(t);
    BL_END;
}
#define M struct many
static const struct bl_field many_fields[] = { BL_PARAM(M, n, 2, 1, 100, "macros"), BL_PARAM(M, step, 0, 0, 100, "wrong one"),
                                               BL_SLOTS_EACH(BL_BY(M, n), 4, 5), { 0 } };
static const struct bl_class many_class = { .name = "many", .help = "macros", .size = sizeof(M), .run = many_run, .fields = many_fields };
static const struct bl_class *const classes[] = { &mac_class, &many_class, NULL };

static struct bl_sim *made(const char *script, unsigned option)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    if (option)
        bl_option(s, option, 1);
    ck_assert_int_eq(kp_script(s, script), 0);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- the plain count ---- */

static bool acts(enum bl_slots_at at) { return at == BL_SLOTS_LOAD || at == BL_SLOTS_USE; }

/* The kind of a cycle in which macro m waits, in the layer [from, to). */
static int wait_kind(const uint64_t *seed, int n, int m, uint64_t from, uint64_t to, uint64_t cycle)
{
    bool before = false;

    for (uint64_t c = from; c < cycle; c++)
        before |= acts(said_at(seed[m], c).at);
    for (uint64_t c = cycle; c < to; c++)
        if (acts(said_at(seed[m], c).at))
            return !before ? BL_SLOT_EDGES : said_at(seed[m], c).at == BL_SLOTS_LOAD ? BL_SLOT_LOAD : BL_SLOT_STARVED;
    uint64_t own = from, last = from;
    for (uint64_t c = from; c < to; c++)
        for (int k = 0; k < n; k++)
            if (acts(said_at(seed[k], c).at)) {
                last = c + 1;
                own = k == m ? c + 1 : own;
            }
    uint64_t waited = 0;                     /* waits of the tail come first as finished, however blocked cycles lie among them */
    for (uint64_t c = own; c < cycle; c++)
        waited += said_at(seed[m], c).at == BL_SLOTS_WAIT;
    return !before || waited < last - own ? BL_SLOT_FINISHED : BL_SLOT_EDGES;
}

static void count(const uint64_t *seed, int n, int m, uint64_t from, uint64_t to, uint64_t *v)
{
    for (uint64_t c = from; c < to; c++) {
        const struct said s = said_at(seed[m], c);
        if (s.at == BL_SLOTS_USE) {
            v[BL_SLOT_USEFUL] += s.rows * s.cols;
            v[BL_SLOT_ROWS] += (ROWS - s.rows) * s.cols;
            v[BL_SLOT_COLUMNS] += ROWS * (COLS - s.cols);
        } else {
            v[s.at == BL_SLOTS_LOAD ? BL_SLOT_LOAD : s.at == BL_SLOTS_BLOCKED ? BL_SLOT_BLOCKED : wait_kind(seed, n, m, from, to, c)] += ROWS * COLS;
        }
    }
}

static void compare(struct bl_sim *s, const uint64_t *seed, int n, uint64_t layer)
{
    uint64_t v[MACROS * BL_SLOT_NUMBERS];

    ck_assert_uint_eq(bl_slots_macros(s), (size_t)n);
    bl_slots_total(s, v);
    for (int m = 0; m < n; m++) {
        uint64_t want[BL_SLOT_KINDS] = { 0 };
        bl_slot_count got[BL_SLOT_KINDS];
        struct bl_slots_row row;
        ck_assert_int_eq(bl_slots_at(s, (size_t)m, &row), 0);
        for (uint64_t from = 0; from < CYCLES; from += layer)
            count(seed, n, m, from, from + layer < CYCLES ? from + layer : CYCLES, want);
        bl_slots_of(&row, v + m * BL_SLOT_NUMBERS, got);
        ck_assert_str_eq(row.clock, "c");
        ck_assert_uint_eq(row.rows * row.cols, ROWS * COLS);
        ck_assert_uint_eq(bl_slots_time(v + m * BL_SLOT_NUMBERS), CYCLES);
        for (int k = 0; k < BL_SLOT_KINDS; k++)
            ck_assert_msg(got[k] == want[k], "seeds %llu.., layers of %llu: macro %d, kind %d: %llu slots, counted %llu", (unsigned long long)seed[0],
                          (unsigned long long)layer, m, k, (unsigned long long)got[k], (unsigned long long)want[k]);
    }
}

START_TEST(random_layers)
{
    static const unsigned options[] = { 0, BL_NO_NAP, BL_PATH };
    const int n = 1 + _i % MACROS;
    uint64_t seed[MACROS], layer = 1 + kp_mix((uint64_t)_i) % (CYCLES + 20);
    char script[512];
    int len = snprintf(script, sizeof script, "clock c 1000 0;");

    for (int m = 0; m < n; m++) {
        seed[m] = kp_mix((uint64_t)_i * 10 + (uint64_t)m) % 1000;
        len += snprintf(script + len, sizeof script - (size_t)len, "part m%d mac; set m%d seed %llu;%s", m, m, (unsigned long long)seed[m], m ? "" : "set m0 layer ");
        if (!m)
            len += snprintf(script + len, sizeof script - (size_t)len, "%llu;", (unsigned long long)layer);
    }
    struct bl_sim *s = made(script, options[_i % 3]);
    uint64_t looks = 0;
    while (bl_run(s, CYCLES * 1000) == BL_END_PAUSED && bl_now(s) < CYCLES * 1000)
        looks++;
    compare(s, seed, n, layer);
    compare(s, seed, n, layer);              /* to look changes nothing */
    ck_assert_msg(bl_slots_check(s) == 0, "%s", told.text);
    ck_assert_uint_eq(looks, (CYCLES - 1) / layer);
    bl_close(s);
}
END_TEST

/* A snapshot in the middle of a layer goes on as the run does. */
START_TEST(snapshots_have_them)
{
    struct bl_sim *s = made("clock c 1000 0; part a mac; set a seed 9; part b mac; set b seed 12", 0);
    struct bl_sim *u = made("clock c 1000 0; part a mac; set a seed 9; part b mac; set b seed 12", 0);
    const uint64_t seed[] = { 9, 12 };

    bl_run(s, 123000);
    void *buf = malloc(bl_save_bytes(s));
    ck_assert_ptr_nonnull(buf);
    ck_assert_int_eq(bl_save(s, buf, bl_save_bytes(s)), 0);
    ck_assert_msg(bl_restore(u, buf, bl_save_bytes(s)) == 0, "%s", told.text);
    bl_run(u, CYCLES * 1000);
    compare(u, seed, 2, CYCLES);
    free(buf);
    bl_close(s);
    bl_close(u);
}
END_TEST

/* 1510 fs: waits 10, written 100, at work 900; then the first waits 500, while the other works on. */
START_TEST(what_comes_then)
{
    struct bl_sim *s = made("part m many", 0);
    bl_slot_count got[BL_SLOT_KINDS];
    struct bl_slots_row row;
    uint64_t v[2 * BL_SLOT_NUMBERS];

    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    bl_slots_total(s, v);
    ck_assert_int_eq(bl_slots_at(s, 1, &row), 0);
    ck_assert(row.k == 1 && !row.clock && row.rows == 4 && row.cols == 5);
    ck_assert_int_eq(bl_slots_at(s, 2, &row), -1);
    bl_slots_at(s, 0, &row);
    bl_slots_of(&row, v, got);
    const uint64_t first[BL_SLOT_KINDS] = { [BL_SLOT_USEFUL] = 900 * 6, [BL_SLOT_ROWS] = 900 * 6, [BL_SLOT_COLUMNS] = 900 * 8, [BL_SLOT_LOAD] = 2000,
                                            [BL_SLOT_EDGES] = 200, [BL_SLOT_FINISHED] = 500 * 20 };
    for (int k = 0; k < BL_SLOT_KINDS; k++)
        ck_assert_uint_eq((uint64_t)got[k], first[k]);
    bl_slots_of(&row, v + BL_SLOT_NUMBERS, got);
    ck_assert_uint_eq((uint64_t)got[BL_SLOT_USEFUL], 1400 * 6);
    ck_assert_uint_eq((uint64_t)got[BL_SLOT_FINISHED], 0);
    ck_assert_int_eq(bl_slots_check(s), 0);
    bl_close(s);
}
END_TEST

/* ---- what is said wrongly ---- */

START_TEST(work_that_was_not_said)
{
    struct bl_sim *s = made("clock c 1000 0; part a mac; set a seed 9; set a lie 1", 0);

    bl_run(s, CYCLES * 1000);
    ck_assert_int_eq(bl_slots_check(s), -1);
    ck_assert_msg(strstr(told.text, "a: slots of macro 0: class mac says that it operated or was written in 0 cycles, and of these and all others there are 400"),
                  "%s", told.text);
    bl_close(s);
}
END_TEST

START_TEST(misuse)
{
    static const char *const script[] = { "clock c 1000 0; part a mac; set a seed 9; set a rows 2", "part m many; set m step 5" };
    struct bl_sim *s = made(script[_i], 0);

    bl_run(s, 4000000);                      /* more rows than it has; a macro that it has not */
    bl_close(s);
}
END_TEST

static const struct bl_field none[] = { BL_SLOTS(0, 4), { 0 } }, twice[] = { BL_SLOTS(4, 4), BL_SLOTS(2, 2), { 0 } }, no_param[] = { BL_SLOTS(-8, 4), { 0 } };
static const struct { const struct bl_field *fields; const char *says; } tables[] = {
    { none, "class bad: slots of a macro of no rows or no columns" }, { twice, "class bad: slots slots is tabled twice" }, { no_param, "rows" } };

START_TEST(wrong_tables)
{
    const struct bl_class bad = { .name = "bad", .help = "bad", .size = sizeof(T), .tick = mac_tick, .fields = tables[_i].fields };
    const struct bl_class *const list[] = { &bad, NULL };
    struct bl_sim *s = bl_open(list, kp_listen(&told));

    bl_clock(s, "c", 1000, 0, NULL);
    ck_assert_int_eq(bl_add(s, "a", "bad", NULL, NULL), -1);
    ck_assert_msg(strstr(told.text, tables[_i].says), "%s", told.text);
    bl_close(s);
}
END_TEST

START_TEST(nobody_has_any)
{
    struct bl_slots_row row;

    ck_assert_uint_eq(bl_slots_macros(NULL), 0);
    ck_assert_int_eq(bl_slots_at(NULL, 0, &row), -1);
    ck_assert_int_eq(bl_slots_check(NULL), 0);
}
END_TEST

Suite *suite_slots(void);
Suite *suite_slots(void)
{
    Suite *s = suite_create("slots");
    TCase *c = tcase_create("slots");

    tcase_add_loop_test(c, random_layers, 0, 120);
    tcase_add_test(c, snapshots_have_them);
    tcase_add_test(c, what_comes_then);
    tcase_add_test(c, work_that_was_not_said);
    tcase_add_loop_test_raise_signal(c, misuse, SIGABRT, 0, 2);
    tcase_add_loop_test(c, wrong_tables, 0, (int)(sizeof tables / sizeof *tables));
    tcase_add_test(c, nobody_has_any);
    suite_add_tcase(s, c);
    return s;
}

/* test_db_pim_san.c - the sparse allocation network by itself: which bytes come in which row, against a plain model of packing, over several
 * passes, sets and masks at any pace of its macros; damaged masks and windows end the run. */
#include "components/db_pim/db_pim.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_db_pim_san(void);

enum { CORES = 2, PORTS = CORES * DB_MACROS, PASSES = 6, WINDOWS = 20, LANES = DB_ITEM_LANES, MOST = PASSES * DB_ROWS };
static struct rig r;
static uint64_t words[CORES][4 * LANES], x[PASSES * WINDOWS * DB_MACROS * DB_WINDOW], tags[PASSES * WINDOWS * DB_MACROS * DB_WIN_LANES];
static uint64_t want[PORTS][MOST][DB_WINDOW], want_tag[PORTS][MOST][DB_ROW_LANES];
static uint32_t rows[PORTS], items;

static bool keeps(uint32_t core, uint32_t set, uint32_t k)
{
    const uint64_t *part = words[core] + (2 * set + k / 1024) * LANES + 1;

    return part[k % 1024 / 64] >> k % 64 & 1;
}

/* Masks of both sets: dense, sparse, empty stretches; at most 256 kept. */
static void masks(uint64_t seed)
{
    for (uint32_t c = 0; c < CORES; c++)
        for (uint32_t set = 0; set < DB_SETS; set++) {
            uint32_t kept = 0;
            for (uint32_t part = 0; part < 2; part++) {
                memset(words[c] + (2 * set + part) * LANES, 0, LANES * sizeof words[c][0]);
                words[c][(2 * set + part) * LANES] = set * DB_SET + DB_MASK + part;
            }
            for (uint32_t k = 0; k < WINDOWS * DB_WINDOW && kept < 256; k++) {
                const uint64_t of = rig_random(seed, c * 2 + set, k / 40, 8) % 4, v = rig_random(seed + 9, c * 2 + set, k, 8);
                if (of == 0 || (of == 1 && v < 100) || (of == 2 && v < 20)) {
                    words[c][(2 * set) * LANES + 1 + k / 64] |= UINT64_C(1) << k % 64;
                    kept++;
                }
            }
        }
}

/* The rows of one macro for one pass. */
static void model(uint32_t pass, uint32_t port, uint32_t set, uint32_t valid)
{
    const uint32_t core = port / DB_MACROS, m = port % DB_MACROS;
    uint32_t n = 0, row = 0;

    for (uint32_t k = 0; k < WINDOWS * DB_WINDOW; k++) {
        if (!keeps(core, set, k))
            continue;
        if (!n) {
            const uint64_t tag[] = { 0, set * DB_ROWS + row++, valid };
            memcpy(want_tag[port][rows[port]++], tag, sizeof tag);
        }
        want[port][rows[port] - 1][n] = rig_random(4, pass * DB_MACROS + m, k, 8);
        n = (n + 1) % DB_WINDOW;
    }
    if (row)
        want_tag[port][rows[port] - 1][DB_ROW_LAST] = 1;
}

static void make(uint32_t feed_rows, uint64_t seed)
{
    masks(seed);
    memset(rows, 0, sizeof rows);
    memset(want, 0, sizeof want);
    memset(x, 0, sizeof x);
    items = 0;
    for (uint32_t p = 0; p < PASSES; p++) {
        const uint32_t set = (uint32_t)(p + seed) % DB_SETS, valid = p < 3 ? DB_MACROS : p - 2;
        for (uint32_t w = 0; w < WINDOWS; w++)
            for (uint32_t m = 0; m < (feed_rows == 1 ? valid : 1); m++, items++) {
                const uint64_t tag[] = { w + 1 == WINDOWS, set, valid, m };
                memcpy(tags + (size_t)items * DB_WIN_LANES, tag, sizeof tag);
                for (uint32_t i = 0; i < feed_rows * DB_WINDOW; i++)
                    x[items * feed_rows * DB_WINDOW + i] = rig_random(4, p * DB_MACROS + m + i / DB_WINDOW, w * DB_WINDOW + i % DB_WINDOW, 8);
            }
        for (uint32_t port = 0; port < PORTS; port++)
            if (port % DB_MACROS < valid)
                model(p, port, set, valid);
    }
}

#define NET "part w0 give;set w0 lanes 17;set w0 bits 64;part w1 give;set w1 lanes 17;set w1 bits 64;part g give;part h give;set g first 20;" \
            "part s db_pim_san;set s cores 2;set s macros 8;wire g.x s.x d2;wire h.x s.x_tag d2;wire w0.x s.mask[0] d2;wire w1.x s.mask[1] d2;"

static void begin(uint32_t feed_rows, uint32_t pace)
{
    char s[4096];
    size_t n = (size_t)snprintf(s, sizeof s, NET "set s feed_rows %u;", feed_rows);

    for (uint32_t i = 0; i < PORTS; i++)
        n += (size_t)snprintf(s + n, sizeof s - n, "part k%u take;part n%u take;wire s.row[%u] k%u.x p2;wire s.row_tag[%u] n%u.x p2;set %c%u chance %u;", i, i, i,
                              i, i, i, i % 3 ? 'k' : 'n', i, pace ? 10 + 11 * i % 70 : 100);
    rig_begin(&r, "%s", s);
    rig_items(&r, "w0", words[0], (size_t)4 * LANES);
    rig_items(&r, "w1", words[1], (size_t)4 * LANES);
    rig_items(&r, "g", x, (size_t)items * feed_rows * DB_WINDOW);
    rig_items(&r, "h", tags, (size_t)items * DB_WIN_LANES);
}

START_TEST(packing)
{
    const uint32_t feed_rows = _i % 2 ? 4 : 1;
    uint64_t all = 0;

    make(feed_rows, (uint64_t)_i / 4);
    begin(feed_rows, _i / 2 % 2);
    rig_ticks(&r, 8000);
    for (uint32_t i = 0; i < PORTS; i++) {
        char k[8], n[8];
        snprintf(k, sizeof k, "k%u", i % 8);
        snprintf(n, sizeof n, "n%u", i % 8);
        ck_assert_uint_eq(rig_count(&r, k), rows[i]);
        ck_assert_uint_eq(rig_count(&r, n), rows[i]);
        all += rows[i];
        for (uint32_t row = 0; row < rows[i]; row++) {
            ck_assert_mem_eq(rig_item(&r, k, row), want[i][row], sizeof want[i][row]);
            ck_assert_mem_eq(rig_item(&r, n, row), want_tag[i][row], sizeof want_tag[i][row]);
        }
    }
    ck_assert_uint_eq(rig_peek(&r, "s.rows"), all);
    rig_end(&r);
}
END_TEST

/* Rows that nobody takes: one core's macro holds all, at its port. */
START_TEST(held)
{
    make(1, 0);
    begin(1, 0);
    rig_begin(&r, "%sset k5 first 400;", r.script + strlen("clock c 1000 0;"));
    rig_items(&r, "w0", words[0], (size_t)4 * LANES);
    rig_items(&r, "w1", words[1], (size_t)4 * LANES);
    rig_items(&r, "g", x, (size_t)items * DB_WINDOW);
    rig_items(&r, "h", tags, (size_t)items * DB_WIN_LANES);
    rig_ticks(&r, 400);
    ck_assert_uint_gt(rig_spent(&r, "s", "stall_feed"), 200);
    ck_assert_uint_gt(rig_waited(&r, "s", "row", 5), 200);
    ck_assert_uint_eq(rig_waited(&r, "s", "row", 1), 0);
    rig_end(&r);
}
END_TEST

/* Damage. */
static void fails(const char *text)
{
    begin(1, 0);
    rig_fails(&r, 4000, text);
}

START_TEST(damaged)
{
    make(1, 0);
    words[1][0] = DB_MASK + 2;
    fails("s, at 1 ps: mask part 2 of set 0 of core 1; a mask has 2048 bits, so expected parts below 2");
    make(1, 0);
    memset(words[0] + 1, 0xff, 40);
    fails("s, at 1 ps: the mask of core 0 keeps 320 positions; its array holds 256, so cut the K tile");
    make(1, 0);
    memset(words[0] + 1, 0, 1024 / 8);
    words[0][LANES + 1] = 1;                                    /* behind the 20 windows of a pass */
    fails("s, at 97 ps: the final window of a pass is number 19, and core 0 has 0 rows of 1: its mask keeps positions behind it");
    make(1, 0);
    tags[DB_WIN_VALID] = 5;
    fails("s, at 21 ps: window 0, set 0, position 0 of 5; expected windows below 128, sets below 2, positions below at most 4");
    make(1, 0);
    tags[DB_WIN_SET] = 2;
    fails("s, at 21 ps: window 0, set 2, position 0 of 4; expected windows below 128, sets below 2, positions below at most 4");
}
END_TEST

START_TEST(wrong)
{
    rig_begin(&r, "part s db_pim_san;set s feed_rows 2");
    rig_refuses(&r, "f:2: s: feed_rows is 2; expected 1 (128 bits a tick) or 4 (512 bits a tick)");
    make(1, 0);
    rig_begin(&r, "part w0 give;set w0 lanes 17;set w0 bits 64;part g give;part h give;part s db_pim_san;set s cores 1;set s macros 2;wire g.x s.x d2;"
              "wire h.x s.x_tag d2;wire w0.x s.mask[0] d2;part k take;part n take;wire s.row[0] k.x p2;wire s.row_tag[0] n.x p2;"
              "part l take;part o take;wire s.row[1] l.x p2;wire s.row_tag[1] o.x p2");
    rig_refuses(&r, "f:7: s: macros is 2 and cores 1; expected macros 4, four a core");
}
END_TEST

Suite *suite_db_pim_san(void)
{
    Suite *s = suite_create("db_pim_san");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, packing, 0, 16);
    tcase_add_test(tc, held);
    tcase_add_test(tc, damaged);
    tcase_add_test(tc, wrong);
    suite_add_tcase(s, tc);
    return s;
}

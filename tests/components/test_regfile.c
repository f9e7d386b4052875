/* test_regfile.c - registers of several readers and writers: any sizes and paces against a plain model of each tick; clashes; waits; refusals. */
#include "tests/rigs/memory_rig.h"

static struct rig r;

enum { MOST = 6, ITEMS = 50, TICKS = 1500 };
static struct mem_items rd[MOST], wr[MOST];

/* ---- a plain model: all reads of a tick, then all writes, the higher writer last ---- */

struct model {
    uint32_t words, bits, lanes, readers, writers;
    struct mem_link rd[MOST], q[MOST], wr[MOST];
    uint64_t value[64][10], answer[MOST][ITEMS][10], clashes, edge[MOST][ITEMS], taken[MOST];
};
static struct model m;

static void model_tick(void)
{
    bool by[64] = { false };

    for (uint32_t k = 0; k < m.readers; k++)
        if (mem_avail(&m.rd[k]) && mem_room(&m.q[k])) {
            memcpy(m.answer[k][m.q[k].pushed++], m.value[rd[k].word[m.rd[k].popped]], sizeof *m.value);
            m.rd[k].popped++;
        }
    for (uint32_t k = 0; k < m.writers; k++)
        if (mem_avail(&m.wr[k])) {
            const uint64_t *item = wr[k].word + m.wr[k].popped++ * (1 + m.lanes);
            memcpy(m.value[item[0]], item + 1, m.lanes * sizeof *item);
            if (m.bits % 64)
                m.value[item[0]][m.lanes - 1] &= (UINT64_C(1) << m.bits % 64) - 1;
            m.clashes += by[item[0]];
            by[item[0]] = true;
        }
}

static void make_items(struct kp_rng *g)
{
    for (uint32_t k = 0; k < MOST; k++) {
        rd[k].n = wr[k].n = 0;
        for (uint32_t i = 0; i < ITEMS; i++) {
            *mem_item(&rd[k], 1) = kp_below(g, m.words);
            uint64_t *item = mem_item(&wr[k], 1 + m.lanes);
            item[0] = kp_below(g, m.words);
            for (uint32_t w = 1; w <= m.lanes; w++)
                item[w] = kp_next(g);
        }
    }
}

static const char *const rn[] = { "r0", "r1", "r2", "r3", "r4", "r5" }, *const wn[] = { "w0", "w1", "w2", "w3", "w4", "w5" };
static const char *const kn[] = { "k0", "k1", "k2", "k3", "k4", "k5" };
/* How often the source of indices, the sink of values and the source of writes number k act. */
struct paces { int rd, q, wr; };

static void make_file(struct kp_rng *g, int i)
{
    memset(&m, 0, sizeof m);
    m.words = 1 + kp_below(g, 64);
    m.bits = i < 40 ? mem_some_bits(i) : 600;
    m.lanes = (m.bits + 63) / 64;
    m.readers = 1 + kp_below(g, MOST);
    m.writers = 1 + kp_below(g, MOST);
    make_items(g);
}

static void begin(struct kp_rng *g, struct paces *pace)
{
    char script[8000];
    int at = snprintf(script, sizeof script, "part f regfile; set f words %u; set f bits %u; set f readers %u; set f writers %u;", m.words, m.bits, m.readers,
                      m.writers);

    for (uint32_t k = 0; k < MOST; k++)
        pace[k] = (struct paces){ 20 + (int)kp_below(g, 81), 20 + (int)kp_below(g, 81), 20 + (int)kp_below(g, 81) };
    for (uint32_t k = 0; k < m.readers; k++) {
        m.rd[k].depth = 1 + kp_below(g, 3);
        m.q[k].depth = 1 + kp_below(g, 3);
        at += snprintf(script + at, sizeof script - (size_t)at, "part r%u give; set r%u seed %u; set r%u chance %d; part k%u take; set k%u seed %u; set k%u chance %d;"
                       "wire r%u.x f.rd[%u] d%u; wire f.q[%u] k%u.x d%u;", k, k, 10 + k, k, pace[k].rd, k, k, 20 + k, k, pace[k].q, k, k, m.rd[k].depth, k, k,
                       m.q[k].depth);
    }
    for (uint32_t k = 0; k < m.writers; k++) {
        m.wr[k].depth = 1 + kp_below(g, 3);
        at += snprintf(script + at, sizeof script - (size_t)at, "part w%u give; set w%u seed %u; set w%u chance %d; wire w%u.x f.wr[%u] d%u;", k, k, 30 + k, k,
                       pace[k].wr, k, k, m.wr[k].depth);
    }
    rig_begin(&r, "%s", script);
    for (uint32_t k = 0; k < m.readers; k++)
        rig_items(&r, rn[k], rd[k].word, rd[k].n);
    for (uint32_t k = 0; k < m.writers; k++)
        rig_items(&r, wn[k], wr[k].word, wr[k].n);
}

static void check_reader(uint32_t k)
{
    ck_assert_uint_eq(rig_count(&r, kn[k]), ITEMS);
    for (uint64_t i = 0; i < ITEMS; i++) {
        ck_assert_uint_eq(rig_edge(&r, kn[k], i), m.edge[k][i]);
        ck_assert_mem_eq(rig_item(&r, kn[k], i), m.answer[k][i], m.lanes * sizeof(uint64_t));
    }
}

START_TEST(as_the_model)
{
    struct kp_rng g = { 500u + (uint64_t)_i };
    struct paces pace[MOST];

    make_file(&g, _i);
    begin(&g, pace);
    rig_ticks(&r, TICKS);
    for (uint64_t now = 0; now < TICKS; now++) {
        for (uint32_t k = 0; k < m.readers; k++)
            if (mem_take(&m.q[k], 20 + k, now, pace[k].q))
                m.edge[k][m.taken[k]++] = now;
        model_tick();
        for (uint32_t k = 0; k < MOST; k++) {
            mem_give(&m.rd[k], m.rd[k].depth ? ITEMS : 0, 10 + k, now, pace[k].rd);
            mem_give(&m.wr[k], m.wr[k].depth ? ITEMS : 0, 30 + k, now, pace[k].wr);
            mem_edge(&m.rd[k]);
            mem_edge(&m.q[k]);
            mem_edge(&m.wr[k]);
        }
    }
    for (uint32_t k = 0; k < m.readers; k++)
        check_reader(k);
    ck_assert_uint_eq(rig_peek(&r, "f.clash"), m.clashes);
    ck_assert_uint_eq(rig_peek(&r, "f.read_bit"), (uint64_t)m.readers * ITEMS * m.bits);
    ck_assert_uint_eq(rig_peek(&r, "f.write_bit"), (uint64_t)m.writers * ITEMS * m.bits);
    rig_end(&r);
}
END_TEST

/* ---- by hand ---- */

/* Three writers name one register in one tick: two clashes, the last one's value stays; a reader of that tick sees the one before. */
START_TEST(clash)
{
    static const uint64_t item[3][2] = { { 5, 11 }, { 5, 12 }, { 5, 13 } }, index[] = { 5, 5 };

    rig_begin(&r, "part a give; part b give; part c give; part i give; part f regfile; set f writers 3; part k take; wire a.x f.wr[0] d2; wire b.x f.wr[1] d2;"
              "wire c.x f.wr[2] d2; wire i.x f.rd[0] d2; wire f.q[0] k.x d2");
    rig_items(&r, "a", item[0], 2);
    rig_items(&r, "b", item[1], 2);
    rig_items(&r, "c", item[2], 2);
    rig_items(&r, "i", index, 2);
    rig_ticks(&r, 10);
    ck_assert_uint_eq(rig_peek(&r, "f.clash"), 2);
    ck_assert_uint_eq(rig_peek(&r, "f.write"), 3);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], 0);
    ck_assert_uint_eq(rig_item(&r, "k", 1)[0], 13);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 2);
    ck_assert_uint_eq(rig_edge(&r, "k", 1), 3);
    ck_assert_uint_eq(rig_spent(&r, "f", "busy"), 2);
    rig_end(&r);
}
END_TEST

#define TWO "part i give; part j give; set i limit 4; set j limit 4; part f regfile; set f words 1; set f readers 3; set f writers 2; part k take; part l take;" \
            "wire i.x f.rd[1] d2; wire j.x f.rd[2] d2; wire f.q[1] k.x d2; wire f.q[2] l.x d2;"
static const uint64_t zeros[4];

/* A reader without room waits there and holds up nobody; without anything to do the first reader that is wired is waited for. */
START_TEST(waiting)
{
    rig_begin(&r, TWO "set l first 30");
    rig_items(&r, "i", zeros, 4);
    rig_items(&r, "j", zeros, 4);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 5);
    ck_assert_uint_eq(rig_waited(&r, "f", "q", 2), 31 - 5);
    ck_assert_uint_eq(rig_waited(&r, "f", "rd", 1), 1 + 40 - 33);
    ck_assert_uint_eq(rig_waited(&r, "f", "rd", 0), 0);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_register)
{
    static const uint64_t index[] = { 0, 1 };

    rig_begin(&r, TWO);
    rig_items(&r, "i", index, 2);
    rig_items(&r, "j", zeros, 4);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "f, at 2 ps: register 1 is asked for; expected 0 .. 0 (words)");
    rig_end(&r);
}
END_TEST

static const struct { const char *script, *text; } refusals[] = {
    { TWO "part m take; wire f.q[0] m.x d2", "f:6: f: of rd[0] and q[0] only one is wired; a reader needs both" },
    { "part f regfile", "f:2: f: nothing is wired to rd or wr; expected a reader or a writer" },
    { TWO "set f words 65537", "f:16: f.words is 65537; expected 1 .. 65536 (registers)" },
};

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_regfile(void);
Suite *suite_regfile(void)
{
    Suite *s = suite_create("regfile");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, as_the_model, 0, 44);
    tcase_add_test(tc, clash);
    tcase_add_test(tc, waiting);
    tcase_add_test(tc, no_such_register);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}

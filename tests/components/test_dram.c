/* test_dram.c - the far memory: latency, interval, queue and turns against a plain model of each tick; images; a long latency costs nothing. */
#include "tests/rigs/memory_rig.h"

#include "components/dram.h"

static struct rig r;

enum { CLIENTS = 5, REQUESTS = 30, WORDS = 128, TICKS = 6000 };
static struct mem_items req[CLIENTS];

/* ---- a plain model of each tick ---- */

struct request { uint32_t client, words; uint64_t address, ready, data[3]; bool write; };
struct model {
    uint32_t clients, width, lanes, latency, interval, queue, turn, first, n;
    struct mem_link req[CLIENTS], rsp[CLIENTS];
    struct request at[CLIENTS * REQUESTS];         /* all requests, in the order in which they were taken; n of them wait */
    uint64_t bus, word[WORDS][3], answer[CLIENTS][8 * REQUESTS][3], edge[CLIENTS][8 * REQUESTS], taken[CLIENTS];
};
static struct model m;

static bool model_leave(uint64_t now)
{
    struct request *q = &m.at[m.first];

    if (!m.n || q->ready > now || m.bus > now || (!q->write && !mem_room(&m.rsp[q->client])))
        return false;
    if (q->write)
        memcpy(m.word[q->address], q->data, sizeof q->data);
    else
        memcpy(m.answer[q->client][m.rsp[q->client].pushed++], m.word[q->address], sizeof q->data);
    m.bus = now + m.interval;
    q->address++;
    if (!--q->words) {
        m.first++;
        m.n--;
    }
    return true;
}

static void model_take(uint64_t now)
{
    for (uint32_t i = 0; i < m.clients && m.n < m.queue; i++) {
        const uint32_t k = (m.turn + i) % m.clients;
        if (!mem_avail(&m.req[k]))
            continue;
        const uint64_t *x = req[k].word + m.req[k].popped++ * (2 + m.lanes);
        struct request *q = &m.at[m.first + m.n++];
        *q = (struct request){ k, x[0] & 1 ? 1 : (uint32_t)x[2], x[1], x[0] & 1 ? now : now + m.latency - 1, { 0 }, x[0] & 1 };
        memcpy(q->data, x + 2, m.lanes * sizeof *x);
        if (m.width % 64)
            q->data[m.lanes - 1] &= (UINT64_C(1) << m.width % 64) - 1;
        m.turn = (k + 1) % m.clients;
        return;
    }
}

static void make_requests(struct kp_rng *g, uint32_t k)
{
    req[k].n = 0;
    for (uint32_t i = 0; i < REQUESTS; i++) {
        uint64_t *x = mem_item(&req[k], 2 + m.lanes);
        x[0] = kp_below(g, 2);
        x[1] = kp_below(g, WORDS - 8);
        for (uint32_t w = 0; w < m.lanes; w++)
            x[2 + w] = kp_next(g);
        if (!x[0])
            x[2] = 1 + kp_below(g, 8);
    }
}

START_TEST(as_the_model)
{
    struct kp_rng g = { 300u + (uint64_t)_i };
    static const char *const gn[] = { "g0", "g1", "g2", "g3", "g4" }, *const kn[] = { "k0", "k1", "k2", "k3", "k4" };
    static const uint32_t latencies[] = { 1, 1, 2, 3, 7, 20, 40 };
    int64_t chance[2][CLIENTS];
    char script[6000];

    memset(&m, 0, sizeof m);
    m.clients = 1 + kp_below(&g, CLIENTS);
    m.width = mem_some_bits(_i % 40);
    m.lanes = (m.width + 63) / 64;
    m.latency = latencies[kp_below(&g, 7)];
    m.interval = 1 + kp_below(&g, 3) * kp_below(&g, 3);
    m.queue = 1 + kp_below(&g, 6);
    int at = snprintf(script, sizeof script, "part f dram; set f clients %u; set f bytes %u; set f width %u; set f latency %u; set f interval %u; set f queue %u;",
                      m.clients, WORDS * m.width / 8 + 1, m.width, m.latency, m.interval, m.queue);
    for (uint32_t k = 0; k < m.clients; k++) {
        make_requests(&g, k);
        m.req[k].depth = 1 + kp_below(&g, 3);
        m.rsp[k].depth = 1 + kp_below(&g, 4);
        chance[0][k] = 10 + kp_below(&g, 91);
        chance[1][k] = 20 + kp_below(&g, 81);
        at += snprintf(script + at, sizeof script - (size_t)at, "part g%u give; set g%u seed %u; set g%u chance %d; part k%u take; set k%u seed %u; set k%u chance %d;"
                       "wire g%u.x f.req[%u] d%u; wire f.rsp[%u] k%u.x d%u;", k, k, 10 + k, k, (int)chance[0][k], k, k, 20 + k, k, (int)chance[1][k], k, k,
                       m.req[k].depth, k, k, m.rsp[k].depth);
    }
    rig_begin(&r, "%s", script);
    for (uint32_t k = 0; k < m.clients; k++)
        rig_items(&r, gn[k], req[k].word, req[k].n);
    rig_ticks(&r, TICKS);
    for (uint64_t now = 0; now < TICKS; now++) {
        for (uint32_t k = 0; k < m.clients; k++)
            if (mem_take(&m.rsp[k], 20 + k, now, chance[1][k]))
                m.edge[k][m.taken[k]++] = now;
        const bool left = model_leave(now);
        model_take(now);
        if (!left)
            model_leave(now);
        for (uint32_t k = 0; k < m.clients; k++) {
            mem_give(&m.req[k], REQUESTS, 10 + k, now, chance[0][k]);
            mem_edge(&m.req[k]);
            mem_edge(&m.rsp[k]);
        }
    }
    ck_assert_uint_eq(m.n, 0);
    for (uint32_t k = 0; k < m.clients; k++) {
        ck_assert_uint_eq(rig_count(&r, kn[k]), m.taken[k]);
        for (uint64_t i = 0; i < m.taken[k]; i++) {
            KP_HOLDS(rig_edge(&r, kn[k], i) == m.edge[k][i], "%s: word %llu in tick %llu, expected %llu\n%s", kn[k], (unsigned long long)i,
                     (unsigned long long)rig_edge(&r, kn[k], i), (unsigned long long)m.edge[k][i], r.script);
            ck_assert_mem_eq(rig_item(&r, kn[k], i), m.answer[k][i], m.lanes * sizeof(uint64_t));
        }
    }
    for (uint64_t i = 0; i < WORDS; i++)
        ck_assert_mem_eq(rig_memory(&r, "f", "word") + i * m.lanes, m.word[i], m.lanes * sizeof(uint64_t));
    ck_assert_uint_eq(rig_peek(&r, "f.request"), m.clients * REQUESTS);
    ck_assert_uint_eq(rig_peek(&r, "f.read_bit") + rig_peek(&r, "f.write_bit"), (rig_peek(&r, "f.read") + rig_peek(&r, "f.write")) * m.width);
    rig_end(&r);
}
END_TEST

/* ---- by hand ---- */

#define ONE "part a give; part f dram; set f bytes 8192; part k take; wire a.x f.req[0] d2; wire f.rsp[0] k.x d2;"

/* A read of four words that is taken in tick 1: the first leaves in tick `latency`, one an interval. */
static const struct { int latency, interval; uint64_t first, last; } reads[] = { { 1, 1, 2, 5 }, { 20, 1, 21, 24 }, { 20, 3, 21, 30 }, { 2, 10, 3, 33 } };

START_TEST(a_burst)
{
    req[0].n = 0;
    mem_read(&req[0], 3, 7, 4);
    rig_begin(&r, ONE "set f latency %d; set f interval %d", reads[_i].latency, reads[_i].interval);
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_ticks(&r, 50);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), reads[_i].first);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), reads[_i].last);
    ck_assert_uint_eq(rig_spent(&r, "f", "busy"), reads[_i].latency == 1 ? 4 : 5);
    ck_assert_uint_eq(rig_spent(&r, "f", "latency"), reads[_i].last - 1 - (reads[_i].latency == 1 ? 4 : 5));
    rig_end(&r);
}
END_TEST

/* It sleeps until the word is due: ten thousand ticks of latency are a few of work. */
START_TEST(a_long_latency)
{
    req[0].n = 0;
    mem_read(&req[0], 3, 7, 2);
    rig_begin(&r, ONE "set f latency 10000; set f interval 1000");
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_ticks(&r, 12000);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 10001);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 11001);
    ck_assert_uint_lt(bl_activations(r.s[0]), 12000 + 60);      /* the sink looks in every tick */
    rig_end(&r);
}
END_TEST

/* The bytes of an image, (width + 7) / 8 a word; bits that a word does not have are not there. */
START_TEST(images)
{
    static const uint32_t widths[] = { 1, 8, 12, 24, 32, 60, 64, 72, 128, 136 };
    static uint8_t image[17 * 20];
    const uint32_t width = widths[_i], each = (width + 7) / 8, lanes = (width + 63) / 64;

    for (uint32_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)kp_mix(i + 1);
    req[0].n = 0;
    mem_read(&req[0], 2 + lanes, 0, 20);
    rig_begin(&r, ONE "set f width %u; set f latency 1", width);
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_supply(&r, "f", "image", image, (size_t)each * 20);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), 20);
    for (uint32_t i = 0; i < 20; i++)
        for (uint32_t b = 0; b < lanes * 64; b++)
            KP_HOLDS((rig_item(&r, "k", i)[b / 64] >> b % 64 & 1) == (b < width ? image[i * each + b / 8] >> b % 8 & 1u : 0), "word %u, bit %u of %u", i, b, width);
    rig_end(&r);
}
END_TEST

/* One client's link is full: the bus stands, for the others as well. */
START_TEST(full)
{
    req[0].n = req[1].n = 0;
    mem_read(&req[0], 3, 0, 6);
    mem_read(&req[1], 3, 0, 1);
    rig_begin(&r, ONE "part b give; part l take; set f clients 2; set f latency 5; set k first 40; wire b.x f.req[1] d2; wire f.rsp[1] l.x d2");
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_items(&r, "b", req[1].word, req[1].n);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_waited(&r, "f", "rsp", 0), 41 - 7);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 45);
    ck_assert_uint_eq(rig_edge(&r, "l", 0), 46);
    ck_assert_uint_eq(rig_waited(&r, "f", "req", 0), 1 + 60 - 46);      /* in the beginning, and at the end: the turn is its again */
    rig_end(&r);
}
END_TEST

static const struct { uint64_t address, words; const char *text; } wrong[] = {
    { 1024, 1, "f, at 1 ps: client 0 asks for 1 words from 1024 on; expected at least one, within 0 .. 1023" },
    { 1020, 5, "f, at 1 ps: client 0 asks for 5 words from 1020 on; expected at least one, within 0 .. 1023" },
    { 3, 0, "f, at 1 ps: client 0 asks for 0 words from 3 on; expected at least one, within 0 .. 1023" },
};

START_TEST(no_such_words)
{
    req[0].n = 0;
    mem_read(&req[0], 3, wrong[_i].address, wrong[_i].words);
    rig_begin(&r, ONE);
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, wrong[_i].text);
    rig_end(&r);
}
END_TEST

static const struct { const char *script, *text; } refusals[] = {
    { ONE "set f bytes 7", "f:3: f: bytes is 7; expected room for a word of 64 bits" },
    { ONE "set f queue 65", "f:8: f.queue is 65; expected 1 .. 64 (requests in it)" },
    { ONE "set f latency 0", "f:8: f.latency is 0; expected 1 .. 10000 (ticks from a request to its first word)" },
};

START_TEST(refused)
{
    static const uint8_t image[8193];

    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
    rig_begin(&r, ONE);
    rig_supply(&r, "f", "image", image, sizeof image);
    rig_refuses(&r, "f:3: f: image has 8193 bytes, 8 a word; expected at most 8192, for the 1024 words that bytes and width make");
}
END_TEST

Suite *suite_dram(void);
Suite *suite_dram(void)
{
    Suite *s = suite_create("dram");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, as_the_model, 0, 80);
    tcase_add_loop_test(tc, a_burst, 0, (int)(sizeof reads / sizeof *reads));
    tcase_add_test(tc, a_long_latency);
    tcase_add_loop_test(tc, images, 0, 10);
    tcase_add_test(tc, full);
    tcase_add_loop_test(tc, no_such_words, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}

/* test_sram.c - the banked memory: its timing in numbers, and any sizes, ports, masks, tags and paces against a plain model of each tick. */
#include "tests/rigs/memory_rig.h"

#include <signal.h>

static struct rig r;

enum { CLIENTS = 8, REQUESTS = 60, TICKS = 3000 };
static struct mem_items req[CLIENTS], tags[CLIENTS];

/* ---- the numbers ---- */

static void eight_reads(uint32_t clients)
{
    for (uint32_t k = 0; k < clients; k++) {
        req[k].n = 0;
        for (uint64_t a = 0; a < 8; a++)
            mem_read(&req[k], 3, a, 0);
    }
    rig_items(&r, "a", req[0].word, req[0].n);
    if (clients > 1)
        rig_items(&r, "b", req[1].word, req[1].n);
}

/* Eight reads by one client: when the last one is back. Full rate needs a response link of latency + 1. */
static const struct { int latency, depth; uint64_t last; } alone[] = { { 1, 2, 9 }, { 3, 2, 17 }, { 3, 4, 11 }, { 1, 1, 16 }, { 16, 17, 24 } };

START_TEST(one_client)
{
    rig_begin(&r, "part a give; part s sram; set s strict 0; set s latency %d; part k take; wire a.x s.req[0] d2; wire s.rsp[0] k.x d%d", alone[_i].latency,
              alone[_i].depth);
    eight_reads(1);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), 8);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), alone[_i].last);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 1 + (uint64_t)alone[_i].latency);
    ck_assert_uint_eq(rig_peek(&r, "s.read"), 8);
    ck_assert_uint_eq(rig_peek(&r, "s.read_bit"), 8 * 64);
    ck_assert_uint_eq(rig_peek(&r, "s.unwritten"), 8);
    ck_assert_uint_eq(rig_peek(&r, "s.conflict"), 0);
    rig_end(&r);
}
END_TEST

static const struct { const char *ports; int banks; uint64_t last[2], conflicts; } shared[] = {
    { "1rw", 1, { 16, 17 }, 15 }, { "1r1w", 1, { 16, 17 }, 15 }, { "1rw", 4, { 9, 10 }, 1 }, { "2rw", 1, { 9, 9 }, 0 },
    { "free", 1, { 9, 9 }, 0 }
};

START_TEST(two_clients)
{
    rig_begin(&r, "part a give; part b give; part s sram; set s strict 0; set s clients 2; set s banks %d; set s ports %s; part k take; part l take;"
              "wire a.x s.req[0] d2; wire b.x s.req[1] d2; wire s.rsp[0] k.x d2; wire s.rsp[1] l.x d2", shared[_i].banks, shared[_i].ports);
    eight_reads(2);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), shared[_i].last[0]);
    ck_assert_uint_eq(rig_last_edge(&r, "l"), shared[_i].last[1]);
    ck_assert_uint_eq(rig_peek(&r, "s.conflict"), shared[_i].conflicts);
    ck_assert_uint_eq(rig_peek(&r, "s.lost[0]") + rig_peek(&r, "s.lost[1]"), shared[_i].conflicts);
    rig_end(&r);
}
END_TEST

/* More clients than a word has bits: each is served in turn, and everybody at once where ports are free. */
START_TEST(many_clients)
{
    enum { MANY = 130 };
    static char script[12000];
    const bool free_ports = _i;
    size_t at = (size_t)snprintf(script, sizeof script, "part s sram; set s strict 0; set s clients %d; set s ports %s; part k take;", MANY, free_ports ? "free" : "1rw");

    for (int k = 0; k < MANY; k++)
        at += (size_t)snprintf(script + at, sizeof script - at, "part g%d give; set g%d limit 1; set g%d lanes 3; set g%d bits 64; wire g%d.x s.req[%d] d2;", k, k, k,
                               k, k, k);
    snprintf(script + at, sizeof script - at, "wire s.rsp[%d] k.x d2", MANY - 1);
    rig_begin(&r, "%s", script);
    for (int k = 0; k < MANY; k++) {
        static char names[MANY][8];
        static uint64_t item[MANY][3];
        snprintf(names[k], sizeof names[k], "g%d", k);
        item[k][0] = k < MANY - 1;      /* all but the last one write */
        item[k][1] = 5;
        item[k][2] = (uint64_t)k;
        rig_items(&r, names[k], item[k], 3);
    }
    rig_ticks(&r, 200);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), free_ports ? 2 : 1 + MANY);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], free_ports ? 0 : MANY - 2);
    ck_assert_uint_eq(rig_peek(&r, "s.write"), MANY - 1);
    ck_assert_uint_eq(rig_peek(&r, "s.conflict"), free_ports ? 0 : MANY * (MANY - 1) / 2);
    rig_end(&r);
}
END_TEST

/* ---- a plain model of each tick ---- */

enum { ONE_RW, ONE_R_ONE_W, TWO_RW, FREE };
static const char *const ports[] = { "1rw", "1r1w", "2rw", "free" };

struct model {
    uint32_t clients, words, bits, banks, ports, latency, lanes, req_lanes;
    bool mask, tagged;
    struct mem_link req[CLIENTS], tag[CLIENTS], rsp[CLIENTS], rsp_tag[CLIENTS];
    uint32_t turn[256], under[CLIENTS];
    uint64_t due[CLIENTS][REQUESTS], read_at[CLIENTS][REQUESTS], back[CLIENTS];      /* reads done, answers pushed */
    uint64_t reads[CLIENTS], conflicts, unwritten;
    uint8_t bit[256][600];                  /* [word][bit] */
    bool written[256];
    uint8_t answer[CLIENTS][REQUESTS][600];
};
static struct model m;

static const uint64_t *head(uint32_t k) { return req[k].word + m.req[k].popped * m.req_lanes; }
static bool has_head(uint32_t k) { return mem_avail(&m.req[k]) && (!m.tagged || mem_avail(&m.tag[k])); }
static bool can_answer(uint32_t k) { return m.under[k] < mem_room(&m.rsp[k]) && (!m.tagged || m.under[k] < mem_room(&m.rsp_tag[k])); }

static void model_write(const uint64_t *item)
{
    for (uint32_t b = 0; b < m.bits; b++)
        if (!m.mask || item[2 + m.lanes] >> b / 8 & 1) {
            m.bit[item[1]][b] = item[2 + b / 64] >> b % 64 & 1;
            m.written[item[1]] = true;
        }
}

static void model_read(uint32_t k, uint64_t now, const uint64_t *item)
{
    const uint64_t n = m.reads[k]++;

    memcpy(m.answer[k][n], m.bit[item[1]], m.bits);
    m.due[k][n] = now + m.latency - 1;
    m.read_at[k][n] = m.req[k].popped;
    m.under[k]++;
    m.unwritten += !m.written[item[1]];
}

static void model_bank(uint32_t bank, uint64_t now, bool wants[CLIENTS])
{
    const uint64_t *write[CLIENTS];
    uint32_t writes = 0, reads = 0, first = m.turn[bank];

    for (uint32_t i = 0; i < m.clients; i++) {
        const uint32_t k = (first + i) % m.clients;
        if (!wants[k] || head(k)[1] % m.banks != bank)
            continue;
        const uint64_t *item = head(k);
        const bool w = item[0] & 1;
        if (!w && !can_answer(k))
            continue;
        wants[k] = false;
        if (m.ports == FREE ? false : m.ports == ONE_RW ? reads + writes > 0 : m.ports == TWO_RW ? reads + writes > 1 : w ? writes > 0 : reads > 0) {
            m.conflicts++;
            continue;
        }
        if (reads + writes == 0)
            m.turn[bank] = (k + 1) % m.clients;
        if (w)
            write[writes++] = item;
        else
            model_read(k, now, item);
        reads += !w;
        m.req[k].popped++;
        m.tag[k].popped += m.tagged;
    }
    for (uint32_t i = 0; i < writes; i++)
        model_write(write[i]);
}

static void model_tick(uint64_t now)
{
    bool wants[CLIENTS];

    for (uint32_t k = 0; k < m.clients; k++)
        wants[k] = has_head(k);
    for (uint32_t bank = 0; bank < m.banks; bank++)
        model_bank(bank, now, wants);
    for (uint32_t k = 0; k < m.clients; k++)
        if (m.back[k] < m.reads[k] && m.due[k][m.back[k]] == now) {
            m.back[k]++;
            m.under[k]--;
            m.rsp[k].pushed++;
            m.rsp_tag[k].pushed += m.tagged;
        }
}

/* Requests of all kinds; bits beyond those of a word are not zero, and must not come back. */
static void make_requests(struct kp_rng *g, uint32_t k)
{
    req[k].n = tags[k].n = 0;
    for (uint32_t i = 0; i < REQUESTS; i++) {
        uint64_t *x = mem_item(&req[k], m.req_lanes), *tag = mem_item(&tags[k], 2);
        x[0] = kp_below(g, 2);
        x[1] = kp_below(g, m.words);
        for (uint32_t w = 2; w < m.req_lanes; w++)
            x[w] = kp_next(g);
        tag[0] = k;
        tag[1] = i;
    }
}

static void check_client(uint32_t k, const uint64_t *edges)
{
    const char name[3] = { 'k', (char)('0' + k), 0 }, tag[3] = { 'u', (char)('0' + k), 0 };

    ck_assert_uint_eq(rig_count(&r, name), m.back[k]);
    for (uint64_t i = 0; i < m.back[k]; i++) {
        const uint64_t *item = rig_item(&r, name, i);
        KP_HOLDS(rig_edge(&r, name, i) == edges[i], "%s: answer %llu in tick %llu, expected %llu\n%s", name, (unsigned long long)i,
                 (unsigned long long)rig_edge(&r, name, i), (unsigned long long)edges[i], r.script);
        for (uint32_t b = 0; b < m.lanes * 64; b++)
            KP_HOLDS((item[b / 64] >> b % 64 & 1) == (b < m.bits ? m.answer[k][i][b] : 0), "%s: answer %llu, bit %u", name, (unsigned long long)i, b);
        if (m.tagged)
            ck_assert_uint_eq(rig_item(&r, tag, i)[1], m.read_at[k][i]);
    }
}

/* Sizes of one memory at random, number `i`. */
static void make_memory(struct kp_rng *g, int i)
{
    memset(&m, 0, sizeof m);
    m.clients = 1 + kp_below(g, CLIENTS);
    m.words = 1 + kp_below(g, 256);
    for (m.banks = 1u << kp_below(g, 6); m.banks > m.words; m.banks /= 2)
        ;
    m.bits = i < 48 ? mem_some_bits(i) : 512 + kp_below(g, 64);
    m.ports = kp_below(g, 4);
    if (m.ports == FREE)
        m.banks = 1;                   /* of two writes to a word the later client in turn stays */
    m.latency = kp_below(g, 8) ? 1 + kp_below(g, 4) : 16;
    m.mask = m.bits <= 512 && kp_below(g, 2);
    m.tagged = kp_below(g, 2);
    m.lanes = (m.bits + 63) / 64;
    m.req_lanes = 2 + m.lanes + m.mask;
}

/* How often source, sink and source of tags of a client act. */
struct paces { int req, rsp, tag; };

/* A client's part of the script, and its links in the model. */
static int add_client(struct kp_rng *g, uint32_t k, const struct paces *c, char *to, size_t room)
{
    m.req[k].depth = 1 + kp_below(g, 3);
    m.rsp[k].depth = m.rsp_tag[k].depth = 1 + kp_below(g, 5);
    m.tag[k].depth = 2;
    int n = snprintf(to, room, "part g%u give; set g%u seed %u; set g%u chance %d; part k%u take; set k%u seed %u; set k%u chance %d;"
                     "wire g%u.x s.req[%u] d%u; wire s.rsp[%u] k%u.x d%u;", k, k, 10 + k, k, c->req, k, k, 20 + k, k, c->rsp, k, k, m.req[k].depth, k, k,
                     m.rsp[k].depth);
    if (m.tagged)
        n += snprintf(to + n, room - (size_t)n, "part t%u give; set t%u lanes 2; set t%u bits 8; set t%u seed %u; set t%u chance %d; part u%u take;"
                      "set u%u seed %u; set u%u chance %d; wire t%u.x s.req_tag[%u] d2; wire s.rsp_tag[%u] u%u.x d%u;", k, k, k, k, 30 + k, k, c->tag, k, k,
                      20 + k, k, c->rsp, k, k, k, k, m.rsp_tag[k].depth);
    return n;
}

static void begin(struct kp_rng *g, struct paces *pace)
{
    static char gname[CLIENTS][3], tname[CLIENTS][3];
    char script[8000];
    int at = snprintf(script, sizeof script, "part s sram; set s strict 0; set s clients %u; set s words %u; set s bits %u; set s banks %u; set s ports %s;"
                      "set s latency %u; set s mask %d;", m.clients, m.words, m.bits, m.banks, ports[m.ports], m.latency, m.mask);

    for (uint32_t k = 0; k < m.clients; k++) {
        make_requests(g, k);
        pace[k] = (struct paces){ 20 + (int)kp_below(g, 81), 20 + (int)kp_below(g, 81), 20 + (int)kp_below(g, 81) };
        at += add_client(g, k, &pace[k], script + at, sizeof script - (size_t)at);
    }
    rig_begin(&r, "%s", script);
    for (uint32_t k = 0; k < m.clients; k++) {
        snprintf(gname[k], 3, "g%c", '0' + (int)k);
        snprintf(tname[k], 3, "t%c", '0' + (int)k);
        rig_items(&r, gname[k], req[k].word, req[k].n);
        if (m.tagged)
            rig_items(&r, tname[k], tags[k].word, tags[k].n);
    }
}

START_TEST(as_the_model)
{
    struct kp_rng g = { 1000u + (uint64_t)_i };
    static uint64_t edges[CLIENTS][REQUESTS];
    struct paces pace[CLIENTS];
    uint64_t taken[CLIENTS] = { 0 };

    make_memory(&g, _i);
    begin(&g, pace);
    rig_ticks(&r, TICKS);
    for (uint64_t now = 0; now < TICKS; now++) {
        for (uint32_t k = 0; k < m.clients; k++)
            if (mem_take(&m.rsp[k], 20 + k, now, pace[k].rsp)) {
                edges[k][taken[k]++] = now;
                m.rsp_tag[k].popped++;
            }
        model_tick(now);
        for (uint32_t k = 0; k < m.clients; k++) {
            mem_give(&m.req[k], REQUESTS, 10 + k, now, pace[k].req);
            mem_give(&m.tag[k], REQUESTS, 30 + k, now, pace[k].tag);
            mem_edge(&m.req[k]);
            mem_edge(&m.tag[k]);
            mem_edge(&m.rsp[k]);
            mem_edge(&m.rsp_tag[k]);
        }
    }
    for (uint32_t k = 0; k < m.clients; k++)
        check_client(k, edges[k]);
    ck_assert_uint_eq(rig_peek(&r, "s.conflict"), m.conflicts);
    ck_assert_uint_eq(rig_peek(&r, "s.unwritten"), m.unwritten);
    ck_assert_uint_eq(rig_peek(&r, "s.read") + rig_peek(&r, "s.write"), m.clients * REQUESTS);
    rig_end(&r);
}
END_TEST

/* ---- masks, waits, mistakes ---- */

/* What a write costs is the bits that it writes; a word that got none is still unwritten. */
START_TEST(masked_bits)
{
    static const uint64_t masks[] = { 0, 1, 4, 6, 7 };
    static const struct { uint32_t bits; uint64_t written; } last[] = { { 20, 8 + 8 + 4 }, { 23, 8 + 8 + 7 }, { 25, 3 * 8 + 1 }, { 34, 4 * 8 + 2 } };

    for (int i = 0; i < 4; i++) {                /* the last byte may be a part of one */
        req[0].n = 0;
        mem_write(&req[0], 4, 0, UINT64_MAX);
        req[0].word[3] = 0xff;
        rig_begin(&r, "part a give; part s sram; set s bits %u; set s mask 1; wire a.x s.req[0] d2", last[i].bits);
        rig_items(&r, "a", req[0].word, req[0].n);
        rig_ticks(&r, 10);
        ck_assert_uint_eq(rig_peek(&r, "s.write_bit"), last[i].written);
        ck_assert_uint_eq(rig_memory(&r, "s", "word")[0], (UINT64_C(1) << last[i].bits) - 1);
        rig_end(&r);
    }
    req[0].n = 0;
    for (int i = 0; i < 5; i++) {
        mem_write(&req[0], 4, 0, UINT64_MAX);
        req[0].word[req[0].n - 1] = masks[i];
    }
    rig_begin(&r, "part a give; part s sram; set s bits 20; set s mask 1; wire a.x s.req[0] d2");
    rig_items(&r, "a", req[0].word, 4);
    rig_ticks(&r, 10);
    ck_assert_uint_eq(rig_memory(&r, "s", "written")[0], 0);
    rig_end(&r);
    rig_begin(&r, "part a give; part s sram; set s bits 20; set s mask 1; wire a.x s.req[0] d2");
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_ticks(&r, 10);
    ck_assert_uint_eq(rig_peek(&r, "s.write"), 5);
    ck_assert_uint_eq(rig_peek(&r, "s.write_bit"), 0 + 8 + 4 + 12 + 20);
    ck_assert_uint_eq(rig_memory(&r, "s", "written")[0], 1);
    ck_assert_uint_eq(rig_memory(&r, "s", "word")[0], 0xfffff);
    rig_end(&r);
}
END_TEST

/* A client without room for answers holds up nobody else, and its writes go on where they are its head. */
START_TEST(full_client)
{
    rig_begin(&r, "part a give; part b give; part s sram; set s strict 0; set s clients 2; part k take; set k first 30; part l take; wire a.x s.req[0] d2;"
              "wire b.x s.req[1] d2; wire s.rsp[0] k.x d2; wire s.rsp[1] l.x d2");
    eight_reads(2);
    rig_ticks(&r, 50);
    ck_assert_uint_eq(rig_last_edge(&r, "l"), 2 + 8 + 1);          /* two of client 0 before its link was full */
    ck_assert_uint_eq(rig_peek(&r, "s.conflict"), 3);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), 37);
    ck_assert_uint_eq(rig_waited(&r, "s", "rsp", 0), 31 - 11);
    ck_assert_uint_eq(rig_waited(&r, "s", "rsp", 1), 0);
    rig_end(&r);
}
END_TEST

/* Of a request and its tag, of an answer and its tag the missing one is waited for. */
START_TEST(waits_for_tags)
{
    rig_begin(&r, "part a give; part t give; set t lanes 1; set t bits 8; set t limit 8; set t first 20; part s sram; set s strict 0; part k take; part u take;"
              "set u first 50; wire a.x s.req[0] d2; wire t.x s.req_tag[0] d2; wire s.rsp[0] k.x d2; wire s.rsp_tag[0] u.x d2");
    eight_reads(1);
    rig_ticks(&r, 80);
    ck_assert_uint_eq(rig_waited(&r, "s", "req_tag", 0), 20);
    ck_assert_uint_eq(rig_waited(&r, "s", "rsp_tag", 0), 51 - 23);
    ck_assert_uint_eq(rig_waited(&r, "s", "rsp", 0), 0);
    ck_assert_uint_eq(rig_count(&r, "u"), 8);
    rig_end(&r);
}
END_TEST

START_TEST(no_such_word)
{
    req[0].n = 0;
    mem_read(&req[0], 3, 100, 0);
    rig_begin(&r, "part a give; part s sram; set s words 100; part k take; wire a.x s.req[0] d2; wire s.rsp[0] k.x d2");
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "s, at 1 ps: client 0 asks for word 100; expected 0 .. 99 (words)");
    rig_end(&r);
}
END_TEST

START_TEST(answer_to_nobody)
{
    req[0].n = 0;
    mem_read(&req[0], 3, 1, 0);
    rig_begin(&r, "part a give; part s sram; set s words 100; wire a.x s.req[0] d2");
    rig_items(&r, "a", req[0].word, req[0].n);
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "s, at 1 ps: client 0 reads, and nothing is wired to rsp[0]");
    rig_end(&r);
}
END_TEST

START_TEST(strict_read)
{
    rig_begin(&r, "part a give; part s sram; set s strict 1; part k take; wire a.x s.req[0] d2; wire s.rsp[0] k.x d2");
    eight_reads(1);
    rig_fails(&r, 20, "s, at 1 ps: word 0 is read that was never written (strict=0 only counts it)");
}
END_TEST

#define ONE "part a give; part s sram; part k take; wire a.x s.req[0] d2; wire s.rsp[0] k.x d2;"
static const struct { const char *script, *text; } refusals[] = {
    { ONE "set s banks 3", "f:3: s: banks is 3, words 1024; expected a power of two, at most the number of words" },
    { ONE "set s words 8; set s banks 16", "f:3: s: banks is 16, words 8; expected a power of two, at most the number of words" },
    { ONE "set s mask 1; set s bits 513", "f:3: s: mask is one lane, a bit a byte, so bits is at most 512 with it; found 513" },
    { ONE "set s words 16777216; set s bits 1024", "f:3: s: words 16777216 x bits 1024 are more than the 2^27 64-bit words that one memory may have" },
    { ONE "set s latency 17", "f:7: s.latency is 17; expected 1 .. 16 (ticks of a read: 1 answers in the tick of the request)" },
    { ONE "set s clients 257", "f:7: s.clients is 257; expected 1 .. 256 (pairs of req and rsp)" },
    { ONE "part t give; set t lanes 1; set t bits 8; wire t.x s.req_tag[0] d2", "f:3: s: req_tag is wired and rsp_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { ONE "set s clients 2; part b give; set b lanes 3; set b bits 64; wire b.x s.req[1] d2; part t give; set t lanes 1; set t bits 8; wire t.x s.req_tag[1] d2",
      "f:3: s: req_tag[1] is wired and rsp_tag[1] is not; a tag comes in and goes out beside its data, so wire both or none" },
    /* as many words as there may be: only the wire is wrong */
    { ONE "set s words 16777216; set s bits 512; set a lanes 4", "f:5: a.x is 4 x 64 bit, s.req[0] is 10 x 64 bit; expected equal widths" },
    { ONE "set a lanes 4", "f:5: a.x is 4 x 64 bit, s.req[0] is 3 x 64 bit; expected equal widths" },
};

START_TEST(refused)
{
    rig_begin(&r, "%s", refusals[_i].script);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

Suite *suite_sram(void);
Suite *suite_sram(void)
{
    Suite *s = suite_create("sram");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, one_client, 0, (int)(sizeof alone / sizeof *alone));
    tcase_add_loop_test(tc, two_clients, 0, (int)(sizeof shared / sizeof *shared));
    tcase_add_loop_test(tc, many_clients, 0, 2);
    tcase_add_loop_test(tc, as_the_model, 0, 64);
    tcase_add_test(tc, masked_bits);
    tcase_add_test(tc, full_client);
    tcase_add_test(tc, waits_for_tags);
    tcase_add_test(tc, no_such_word);
    tcase_add_test(tc, answer_to_nobody);
    tcase_add_test(tc, strict_read);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(s, tc);
    return s;
}

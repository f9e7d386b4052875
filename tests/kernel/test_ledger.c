/* test_ledger.c - where every cycle, every stall and every joule goes, and the rows that show it (kernel/observe/account.c). */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* gated: stalls while its input is odd; waits on that input, a word or a wire. */
struct gated { struct bl_part p; bl_in d; };
enum { SHUT = BL_STALL, NO_REASON };
static bl_verdict gated_tick(void *self)
{
    struct gated *t = self;
    uint16_t d = *bl_get16(t->d);

    return d % 4 == 1 ? SHUT : d % 4 == 3 ? NO_REASON : BL_BUSY;
}
static const struct bl_field gated_fields[] = {
    BL_IN(struct gated, d, 1, 16, "a gate"), BL_WAITS(SHUT, d), BL_CAUSE(NO_REASON, "nobody knows why"), { 0 }
};
static const struct bl_class gated_class = { .name = "gated", .help = "behind a gate", .size = sizeof(struct gated), .tick = gated_tick,
                                             .fields = gated_fields };
static const struct bl_class *const classes[] = { &gated_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class,
    &kp_fork_class, &kp_join_class, &kp_put_class, &kp_add_class, &kp_inv_class, &kp_echo_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(classes, kp_listen(&told)); }
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }
static void add(struct bl_sim *s, const char *path, const char *cls) { kp_ok(bl_add(s, path, cls, NULL, NULL)); }
static void join(struct bl_sim *s, const char *from, const char *to, struct bl_link l) { kp_ok(bl_wire(s, from, to, l, NULL)); }

static size_t part_index(struct bl_sim *s, const char *path)
{
    struct bl_part_row r;

    for (size_t p = 0; p < bl_part_count(s); p++) {
        bl_part_at(s, p, &r);
        if (!strcmp(r.path, path))
            return p;
    }
    ck_abort_msg("no part %s", path);
    return 0;
}

static struct bl_verdict_row verdict(struct bl_sim *s, const char *path, const char *name)
{
    struct bl_part_row r;
    struct bl_verdict_row v = { 0 };
    size_t p = part_index(s, path);

    bl_part_at(s, p, &r);
    for (uint32_t i = 0; i < r.verdicts; i++) {
        bl_verdict_at(s, p, i, &v);
        if (!strcmp(v.name, name))
            return v;
    }
    ck_abort_msg("no verdict %s.%s", path, name);
    return v;
}

static uint64_t spent(struct bl_sim *s, const char *path, const char *name) { return verdict(s, path, name).spent; }

static uint64_t blamed(struct bl_sim *s, const char *path, const char *name) { return verdict(s, path, name).blamed_fs; }

static uint64_t waited(struct bl_sim *s, const char *path, const char *cause, const char *peer, const char *peer_verdict)
{
    size_t p = part_index(s, path), rows = bl_wait_rows(s, p);

    for (size_t i = 0; i < rows; i++) {
        struct bl_wait_row w;
        bl_wait_at(s, p, i, &w);
        if (!strcmp(w.cause, cause) && !strcmp(w.peer, peer) && !strcmp(w.peer_verdict, peer_verdict))
            return w.fs;
    }
    ck_abort_msg("no row %s %s %s %s", path, cause, peer, peer_verdict);
    return 0;
}

/* gen -> stage -> stage -> work that takes 10 cycles -> sink */
static struct bl_sim *chain_of_waits(void)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    add(s, "g", "gen");
    add(s, "a", "stage");
    add(s, "b", "stage");
    add(s, "slow", "work");
    add(s, "k", "sink");
    kp_setf(s, "slow", "cycles", 9);
    join(s, "g.x", "a.a", KP_CHANNEL(2));
    join(s, "a.b", "b.a", KP_CHANNEL(2));
    join(s, "b.b", "slow.a", KP_CHANNEL(2));
    join(s, "slow.b", "k.x", KP_CHANNEL(2));
    return s;
}

START_TEST(verdicts_add_up_at_any_time)
{
    struct bl_sim *s = chain_of_waits();

    add(s, "e", "echo");
    add(s, "eg", "gen");
    add(s, "ek", "sink");
    kp_ok(bl_set(s, "e", "delay", "2345 fs", NULL));
    join(s, "eg.x", "e.a", KP_CHANNEL(1));
    join(s, "e.b", "ek.x", KP_CHANNEL(1));
    ready(s);
    struct kp_rng r = { 4 };
    for (uint64_t t = 0; t < 150000; t += kp_below(&r, 700)) {
        bl_run(s, t);
        kp_verdicts_add_up(s);
    }
    ck_assert_uint_gt(spent(s, "e", "busy"), 0);
    bl_close(s);
}
END_TEST

START_TEST(the_root_gets_all_the_blame)
{
    struct bl_sim *s = chain_of_waits();

    ready(s);
    bl_run(s, 1000 * 1000);
    uint64_t g = spent(s, "g", "out_full"), a = spent(s, "a", "full"), b = spent(s, "b", "full");
    ck_assert_uint_gt(g, 800);
    ck_assert_uint_gt(a, 800);
    ck_assert_uint_gt(b, 800);
    /* While slow works (or hands over) it is the root of every wait for room. */
    uint64_t on_slow = blamed(s, "slow", "busy") + blamed(s, "slow", "full") + blamed(s, "slow", "empty") + blamed(s, "slow", "idle");
    uint64_t elsewhere = 0;
    static const char *const others[] = { "a", "b" };
    for (int i = 0; i < 2; i++)
        elsewhere += blamed(s, others[i], "busy") + blamed(s, others[i], "full") + blamed(s, others[i], "idle") +
                     blamed(s, others[i], "empty");
    uint64_t k = spent(s, "k", "no_input"), empty = spent(s, "a", "empty") + spent(s, "b", "empty") + spent(s, "slow", "empty");
    uint64_t on_g = blamed(s, "g", "busy") + blamed(s, "g", "idle") + blamed(s, "g", "out_full");
    uint64_t all = 1000 * (g + a + b + k + empty);
    ck_assert_uint_eq(on_slow + elsewhere + on_g, all);
    /* In ten cycles g, a, b and k stall nine each. The freed place goes up by one part a cycle: for one cycle a and g
     * wait for b at work, for one g waits for a at work; the other 33 are slow's. */
    ck_assert_uint_le(on_slow * 36, 34 * all);
    ck_assert_uint_ge(on_slow * 36, 32 * all);
    ck_assert_uint_ge(blamed(s, "b", "busy"), 2 * 99 * 1000);
    ck_assert_uint_le(blamed(s, "b", "busy"), 2 * 101 * 1000);
    ck_assert_uint_eq(blamed(s, "k", "busy"), 0);
    bl_close(s);
}
END_TEST

START_TEST(a_plain_chain_blames_exactly)
{
    struct bl_sim *s = opened();

    /* A sink that takes one item in 100 cycles, napping producers: every stall ends at the sink. */
    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    add(s, "g", "gen");
    add(s, "a", "stage");
    add(s, "k", "sink");
    kp_setf(s, "k", "every", 100);
    join(s, "g.x", "a.a", KP_CHANNEL(1));
    join(s, "a.b", "k.x", KP_CHANNEL(1));
    ready(s);
    bl_run(s, 1000 * 1000);
    uint64_t stalled = spent(s, "g", "out_full") + spent(s, "a", "full");
    uint64_t on_k = blamed(s, "k", "idle") + blamed(s, "k", "busy") + blamed(s, "k", "no_input");
    ck_assert_uint_gt(stalled, 1900);
    ck_assert_uint_le(1000 * stalled - on_k, 1000 * 2 * 20);       /* all but the handing over of ten items */
    ck_assert_uint_eq(waited(s, "a", "full", "k", "idle") + waited(s, "a", "full", "k", "busy") +
                      waited(s, "a", "full", "k", "no_input"), 1000 * spent(s, "a", "full"));
    ck_assert_uint_eq(waited(s, "g", "out_full", "a", "idle") + waited(s, "g", "out_full", "a", "busy") +
                      waited(s, "g", "out_full", "a", "full") + waited(s, "g", "out_full", "a", "empty"),
                      1000 * spent(s, "g", "out_full"));
    ck_assert_uint_gt(waited(s, "g", "out_full", "a", "full"), 950000);
    bl_close(s);
}
END_TEST

/* A wait on a word blames its driver; through wires, the clocked part behind the first of them. */
START_TEST(waits_on_words_and_wires)
{
    struct bl_sim *s = opened();
    struct kp_told why;

    kp_ok(kp_script(s, "clock c 1000 0; part p put; part q put; set q step 0; part a add; part i inv; part j inv; part w gated; part x gated;"
                       "wire p.q w.d; wire p.q i.a; wire i.y j.a; wire j.y a.a; wire q.q a.b; wire a.y x.d"));
    ready(s);
    bl_run(s, 8000);                 /* w reads 0 1 2 .. 7: shut at 1, 5 */
    ck_assert_uint_eq(spent(s, "w", "shut"), 2);
    ck_assert_uint_eq(spent(s, "x", "shut"), 2);
    ck_assert_uint_eq(spent(s, "x", "no_reason"), 2);
    ck_assert_uint_eq(waited(s, "w", "shut", "p", "busy"), 2000);
    ck_assert_uint_eq(waited(s, "x", "shut", "p", "busy"), 2000);
    ck_assert_uint_eq(blamed(s, "p", "busy"), 4000);
    bl_explain_wait(s, kp_listen(&why));
    ck_assert_str_eq(why.text, "  w: no_reason\n  x: no_reason");
    bl_close(s);
}
END_TEST

START_TEST(looking_at_an_account_does_not_change_it)
{
    struct bl_sim *a = chain_of_waits(), *b = chain_of_waits();

    ready(a);
    ready(b);
    for (uint64_t t = 0; t < 60000; t += 377) {
        bl_run(a, t);
        bl_run(b, t);
        free(kp_account(a));
        free(kp_account(a));
    }
    kp_same(kp_account(a), kp_account(b), "looked at");
    bl_close(a);
    bl_close(b);
}
END_TEST

START_TEST(a_verdict_in_flight_counts)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    add(s, "k", "sink");
    add(s, "g", "gen");
    kp_setf(s, "g", "every", 1000);
    join(s, "g.x", "k.x", KP_CHANNEL(2));
    ready(s);
    bl_run(s, 5000);                 /* edges 0 .. 4: k waits at 0, is busy at 1, waits from 2 on */
    ck_assert_uint_eq(spent(s, "k", "busy"), 1);
    ck_assert_uint_eq(spent(s, "k", "no_input"), 4);
    ck_assert_uint_eq(spent(s, "g", "busy"), 1);
    ck_assert_uint_eq(spent(s, "g", "idle"), 4);
    ck_assert_uint_eq(blamed(s, "g", "busy"), 1000);
    ck_assert_uint_eq(blamed(s, "g", "idle"), 3000);
    ck_assert_uint_eq(waited(s, "k", "no_input", "g", "busy"), 1000);
    ck_assert_uint_eq(waited(s, "k", "no_input", "g", "idle"), 3000);
    bl_close(s);
}
END_TEST

/* ---- energy ---- */

static void price(struct bl_sim *s, const char *cls, const char *item, uint64_t value, bool is_power)
{
    struct bl_price p = { .cls = cls, .item = item, .value = value, .is_power = is_power, .tag = BL_DERIVED, .source = "a test" };

    ck_assert_msg(bl_set_price(s, &p, NULL) == 0, "%s", told.text);
}

/* Each part's energy is that of its rows, the whole that of its parts. */
static void energies_add_up(struct bl_sim *s)
{
    struct bl_part_row r;
    struct bl_tally_row t;
    bl_yj all = 0;

    for (size_t p = 0; p < bl_part_count(s); p++) {
        bl_part_at(s, p, &r);
        bl_yj sum = r.static_energy;
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            sum += v.energy;
        }
        for (uint32_t i = 0; i < r.tallies; i++) {
            bl_tally_at(s, p, i, &t);
            sum += t.energy;
        }
        ck_assert(sum == r.energy);
        all += sum;
    }
    ck_assert(all == bl_energy(s));
}

START_TEST(energy_is_exact_beyond_64_bits)
{
    struct bl_sim *s = opened();
    char text[40], want[40];
    struct bl_part_row r;
    struct bl_tally_row t;
    const uint64_t big = UINT64_C(18000000000000000001);

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    add(s, "g", "gen");
    add(s, "k", "sink");
    add(s, "e", "echo");
    kp_ok(bl_set(s, "e", "delay", "100 fs", NULL));
    kp_setf(s, "g", "every", 10);
    join(s, "g.x", "e.a", KP_CHANNEL(2));
    join(s, "e.b", "k.x", KP_CHANNEL(2));
    price(s, "gen", "sent", big, false);
    price(s, "gen", "busy", 7, true);
    price(s, "gen", "static", big, true);
    price(s, "sink", "got", 3, false);
    price(s, "sink", "got", 5, false);          /* the later price counts */
    price(s, "sink", "no_input", 11, true);
    price(s, "echo", "busy", 13, true);
    ready(s);
    bl_run(s, 1000000);
    ck_assert_uint_eq(kp_peek(s, "g.sent"), 100);
    bl_part_at(s, part_index(s, "g"), &r);
    bl_yj stat = (bl_yj)big * 1000000, e = stat + (bl_yj)100 * big + 7 * 100 * 1000;
    ck_assert_str_eq(bl_yj_text(r.energy, text), bl_yj_text(e, want));
    ck_assert_str_eq(want, "18001800000000000001700100");
    ck_assert(r.static_energy == stat);
    ck_assert(verdict(s, "g", "busy").energy == 700000);
    bl_tally_at(s, part_index(s, "g"), 0, &t);
    ck_assert(t.energy == (bl_yj)100 * big && t.price_yj == big && t.tag == BL_DERIVED);
    ck_assert_str_eq(t.source, "a test");
    bl_tally_at(s, part_index(s, "k"), 0, &t);
    ck_assert(t.energy == 5 * t.count && t.price_yj == 5 && t.count == 100);
    bl_tally_at(s, part_index(s, "k"), 1, &t);
    ck_assert(t.price_yj == 0 && t.tag == -1 && t.source == NULL);
    ck_assert_uint_eq(spent(s, "e", "busy"), 100 * 100);
    ck_assert(verdict(s, "e", "busy").energy == 13 * 10000);
    ck_assert(verdict(s, "k", "no_input").energy == (bl_yj)11 * 1000 * spent(s, "k", "no_input"));
    energies_add_up(s);
    ck_assert_uint_eq(bl_price_count(s), 7);
    ck_assert_str_eq(bl_price_at(s, 2)->item, "static");
    bl_close(s);
}
END_TEST

static const struct { const char *cls, *item; bool is_power; const char *text; } bad_prices[] = {
    { "gem", "sent", false, "tech:3: a price for class 'gem', which is not known" },
    { "gen", "send", false, "tech:3: class gen has no tally or verdict 'send' to price; did you mean 'sent'?" },
    { "gen", "sent", true, "tech:3: gen.sent is priced in power; expected energy: it is a counted event" },
    { "gen", "out_full", false, "tech:3: gen.out_full is priced in energy; expected power: it is a time" },
    { "gen", "static", false, "tech:3: gen.static is priced in energy; expected power: it is a time" },
};

START_TEST(bad_prices_are_refused)
{
    struct bl_sim *s = opened();
    struct bl_price p = { .cls = bad_prices[_i].cls, .item = bad_prices[_i].item, .value = 1, .is_power = bad_prices[_i].is_power, .tag = BL_FACT, .source = NULL };

    ck_assert_int_eq(bl_set_price(s, &p, "tech:3"), -1);
    ck_assert_str_eq(told.text, bad_prices[_i].text);
    bl_close(s);
    s = opened();
    ready(s);
    p = (struct bl_price){ .cls = "gen", .item = "sent", .value = 1, .is_power = false, .tag = BL_FACT, .source = NULL };
    ck_assert_int_eq(bl_set_price(s, &p, "tech:3"), -1);
    ck_assert_str_eq(told.text, "tech:3: a price is set after elaboration");
    bl_close(s);
}
END_TEST

/* ---- deadlock ---- */

static void in_a_ring(struct bl_sim *s, uint64_t fs)
{
    struct bl_root_row r;

    bl_roots(s, &r);
    ck_assert_uint_eq(r.ring, fs);
    ck_assert_uint_eq(r.in_flight + r.several, 0);
}

START_TEST(a_deadlock_is_explained)
{
    struct bl_sim *s = opened();
    struct kp_told why;

    /* Two joins feed each other through stages: nothing ever starts. A gen runs into a full channel. */
    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    add(s, "a", "stage");
    add(s, "b", "stage");
    add(s, "f", "fork");
    add(s, "g", "gen");
    add(s, "k", "sink");
    join(s, "a.b", "b.a", KP_CHANNEL(1));
    join(s, "b.b", "a.a", KP_CHANNEL(1));
    join(s, "g.x", "f.a", KP_CHANNEL(2));
    add(s, "j", "join");
    join(s, "f.b", "j.a", KP_CHANNEL(1));
    join(s, "f.c", "j.b", KP_CHANNEL(1));
    add(s, "d", "stage");
    join(s, "j.c", "d.a", KP_CHANNEL(1));
    add(s, "w", "work");
    join(s, "d.b", "w.a", KP_CHANNEL(1));
    kp_setf(s, "g", "n", 4);
    join(s, "w.b", "k.x", KP_CHANNEL(1));
    ready(s);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STARVED);
    bl_explain_wait(s, kp_listen(&why));
    ck_assert_str_eq(why.text, "  a: empty, on port a, for b (empty)\n"
                               "  b: empty, on port a, for a (empty)\n"
                               "  d: empty, on port a, for j (empty)\n"
                               "  f: empty, on port a, for g (idle)\n"
                               "  j: empty, on port a, for f (empty)\n"
                               "  k: no_input, on port x, for w (empty)\n"
                               "  w: empty, on port a, for d (empty)");
    /* Nobody is the root of the ring of a and b; the rest wait for g. */
    ck_assert_uint_eq(blamed(s, "a", "empty") + blamed(s, "b", "empty"), 0);
    in_a_ring(s, 2 * bl_now(s));
    bl_run(s, bl_now(s) + 50000);
    in_a_ring(s, 2 * bl_now(s));
    kp_verdicts_add_up(s);
    bl_close(s);
}
END_TEST

static uint32_t awaited(const struct bl_sim *s, uint32_t part)
{
    const struct peers *p = s->frozen.nodes[part]->peers;
    uint32_t word = s->run.account[part].word, v = word & 0xffff, at = word >> 16;

    return p && p[v].n ? p[v].at[at ? at - 1 : 0].node : NONE;
}

/* Who is at the root is found again only when a verdict changes; a plain walk over the waits says the same. */
START_TEST(roots_equal_a_plain_walk)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct kp_rng r = { seed };
        struct bl_sim *s = opened();
        char path[16], from[32], to[32];
        enum { N = 12 };

        kp_ok(bl_clock(s, "c", 10, 0, NULL));
        for (int i = 0; i < N; i++) {
            snprintf(path, sizeof path, "p[%d]", i);
            add(s, path, i == 0 ? "gen" : i == N - 1 ? "sink" : kp_below(&r, 3) ? "stage" : "work");
            if (i == 0 || i == N - 1)
                kp_setf(s, path, "luck", 40 + kp_below(&r, 200));
            snprintf(from, sizeof from, "p[%d].%s", i - 1, i == 1 ? "x" : "b");
            snprintf(to, sizeof to, "%s.%s", path, i == N - 1 ? "x" : "a");
            if (i)
                join(s, from, to, KP_CHANNEL(1 + kp_below(&r, 2)));
        }
        ready(s);
        for (uint64_t t = 1; t < 4000; t += 10) {
            bl_run(s, t);
            for (uint32_t x = 0; x < N; x++) {
                uint32_t y = x, hops = 0;
                while (awaited(s, y) != NONE && hops++ < N)
                    y = awaited(s, y);
                if (hops > N) {               /* a loop: its first member */
                    uint32_t z = y, first = y;
                    do {
                        z = awaited(s, z);
                        first = z < first ? z : first;
                    } while (z != y);
                    y = first;
                }
                KP_HOLDS(awaited(s, x) == NONE || s->run.account[x].root == y,
                         "seed %llu, time %llu: root of p[%u] is %u, expected %u", (unsigned long long)seed, (unsigned long long)t, x,
                         s->run.account[x].root, y);
            }
        }
        bl_close(s);
    }
}
END_TEST

/* heed: stalls on a word for ever. */
struct heed { struct bl_part p; bl_in d; };
enum { NOT_YET = BL_STALL };
static bl_verdict heed_tick(void *self) { return ((struct heed *)self)->d.w ? NOT_YET : BL_IDLE; }
static const struct bl_field heed_fields[] = { BL_IN(struct heed, d, 1, 16, "a word"), BL_WAITS(NOT_YET, d), { 0 } };
static const struct bl_class heed_class = { .name = "heed", .help = "waits for a word", .size = sizeof(struct heed), .tick = heed_tick,
                                            .fields = heed_fields };
static const struct bl_class *const heed_classes[] = { &heed_class, &kp_put_class, NULL };

/* The peer behind a word is its driver, with a synchroniser between as without. */
START_TEST(a_synchroniser_hides_no_peer)
{
    struct bl_sim *s = bl_open(heed_classes, NULL);
    struct bl_wait_row row;

    kp_ok(kp_script(s, "clock a 10 0; clock b 10 0; part h heed b; part p put a"));
    kp_ok(bl_wire(s, "p.q", "h.d", KP_SYNC(0, _i), NULL));
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 100);
    ck_assert_uint_eq(bl_wait_rows(s, 0), 2);
    bl_wait_at(s, 0, BL_BUSY, &row);
    ck_assert_str_eq(row.peer, "p");
    ck_assert_str_eq(row.peer_verdict, "busy");
    ck_assert_uint_eq(row.fs, 100);
    bl_close(s);
}
END_TEST

START_TEST(energy_texts)
{
    static const struct { bl_yj e; const char *text; } row[] = {
        { 0, "0 yJ" }, { 999, "999 yJ" }, { 1000, "1 zJ" }, { 12345678, "12.35 aJ" }, { 999949, "999.9 zJ" }, { 999951, "1 aJ" },
        { (bl_yj)1000000 * 1000000 * 1000000 * 1000000, "1 J" },
    };
    char buf[40];

    for (int i = 0; i < (int)(sizeof row / sizeof row[0]); i++)
        ck_assert_str_eq(bl_energy_text(row[i].e, buf), row[i].text);
}
END_TEST

START_TEST(parts_by_path)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "core", 5 * BL_NS, 0, NULL));
    add(s, "b", "put");
    add(s, "a[10]", "put");
    add(s, "a[2]", "put");
    ck_assert_uint_eq(bl_part_find(s, "b"), SIZE_MAX);
    ready(s);
    ck_assert_uint_eq(bl_part_find(s, "a[2]"), 0);
    ck_assert_uint_eq(bl_part_find(s, "a[10]"), 1);
    ck_assert_uint_eq(bl_part_find(s, "b"), 2);
    ck_assert_uint_eq(bl_part_find(s, "a"), SIZE_MAX);
    ck_assert_uint_eq(bl_part_find(s, ""), SIZE_MAX);
    bl_close(s);
}
END_TEST

START_TEST(names_of_ends)
{
    static const char *const want[] = { "limit", "stopped", "paused", "starved", "interrupted", "failed", "break" };

    for (int i = BL_END_LIMIT; i <= BL_END_BREAK; i++)
        ck_assert_str_eq(bl_end_name[i], want[i]);
}
END_TEST

Suite *suite_ledger(void);
Suite *suite_ledger(void)
{
    Suite *s = suite_create("ledger");
    TCase *c = tcase_create("ledger");

    tcase_add_test(c, verdicts_add_up_at_any_time);
    tcase_add_test(c, the_root_gets_all_the_blame);
    tcase_add_test(c, a_plain_chain_blames_exactly);
    tcase_add_test(c, waits_on_words_and_wires);
    tcase_add_test(c, looking_at_an_account_does_not_change_it);
    tcase_add_test(c, a_verdict_in_flight_counts);
    tcase_add_test(c, energy_is_exact_beyond_64_bits);
    tcase_add_loop_test(c, bad_prices_are_refused, 0, sizeof bad_prices / sizeof *bad_prices);
    tcase_add_test(c, a_deadlock_is_explained);
    tcase_add_test(c, roots_equal_a_plain_walk);
    tcase_add_loop_test(c, a_synchroniser_hides_no_peer, 0, 3);
    tcase_add_test(c, energy_texts);
    tcase_add_test(c, parts_by_path);
    tcase_add_test(c, names_of_ends);
    suite_add_tcase(s, c);
    return s;
}

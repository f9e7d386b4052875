/* test_datapaths.c - random platforms of general parts: whatever looks on, whoever sleeps and wherever a run is cut, the account is the
 * same; tokens fired in any order predict what is taken, what is given, and where it ends. */
#include "tests/rigs/datapaths.h"

#include "tests/rigs/effort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/scripted.h"
#include "traces/traces.h"

Suite *suite_datapaths(void);

enum { PLATFORMS = 200 };
#define LONG_ENOUGH UINT64_C(100000000)      /* fs: every platform has come to its end */

/* Those of components/, and the scripted clients of a memory. */
static const struct bl_class *const *all_classes(void)
{
    static const struct bl_class *all[256];
    size_t n = 0;

    for (; bl_classes[n]; n++)
        all[n] = bl_classes[n];
    ck_assert_uint_lt(n + 1, sizeof all / sizeof *all);
    all[n] = &rig_give_class;
    return all;
}

static struct bl_sim *open_one(const struct datapath *d, struct kp_told *told)
{
    struct bl_sim *s = bl_open(all_classes(), kp_listen(told));
    int bad = kp_script(s, d->script);
    char path[16];

    for (uint32_t k = 0; k < d->nclients; k++) {
        const struct dp_client *c = &d->client[k];
        snprintf(path, sizeof path, "n%u", c->node);
        bad |= bl_supply(s, path, "items", c->item, c->n * sizeof *c->item);
    }
    ck_assert_msg(bad == 0, "platform %llu: %s\n%s", (unsigned long long)d->seed, told->text, d->script);
    return s;
}

static void elaborate(struct bl_sim *s, const struct datapath *d, const struct kp_told *told)
{
    ck_assert_msg(bl_elaborate(s) == 0, "platform %llu: %s\n%s", (unsigned long long)d->seed, told->text, d->script);
}

/* ---- the same bytes ---- */

enum way { PLAIN, AWAKE, SHUFFLED, IN_PIECES, RESTORED, TRACED, WAYS };
static const char *const way_name[WAYS] = { "plain", "nobody sleeps", "shuffled", "in pieces", "from a snapshot", "traced" };

static void run_in_pieces(struct bl_sim *s)
{
    for (uint64_t t = 1; t < LONG_ENOUGH; t = t * 3 / 2 + 777)
        bl_run(s, t);
}

/* Goes on in another simulation from where s is in the middle. */
static struct bl_sim *moved_over(struct bl_sim *s, const struct datapath *d, struct kp_told *told)
{
    size_t n;

    bl_run(s, 17 * 1000 + 321);
    void *bytes = kp_saved(told, s, &n);
    struct bl_sim *other = open_one(d, told);
    elaborate(other, d, told);
    ck_assert_msg(bl_restore(other, bytes, n) == 0, "%s", told->text);
    free(bytes);
    bl_close(s);
    return other;
}

/* A tally of actor i; a channel may have the same name, so it is not peeked. */
static uint64_t tally(struct bl_sim *s, uint32_t i, const char *name)
{
    struct bl_part_row part;
    struct bl_tally_row t;
    char path[16];

    snprintf(path, sizeof path, "n%u", i);
    for (size_t p = 0; p < bl_part_count(s); p++) {
        bl_part_at(s, p, &part);
        for (uint32_t k = 0; !strcmp(part.path, path) && k < part.tallies; k++) {
            bl_tally_at(s, p, k, &t);
            if (!strcmp(t.name, name))
                return t.count;
        }
    }
    ck_abort_msg("%s has no tally %s", path, name);
}

/* A value that the actor shows. */
static uint64_t view(struct bl_sim *s, uint32_t i, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "n%u.%s", i, name);
    return kp_peek(s, path);
}

static struct bl_sim *run_one(const struct datapath *d, enum way way, struct kp_told *told)
{
    struct bl_sim *s = open_one(d, told);

    if (way == AWAKE)
        bl_option(s, BL_NO_NAP, 1);
    if (way == SHUFFLED)
        bl_option(s, BL_SHUFFLE, 1 + d->seed);
    elaborate(s, d, told);
    struct bl_trace *trace = way == TRACED ? bl_trace_begin(s, &bl_vcd_writer, "/dev/null", &(struct bl_trace_opts){ 0 }, &told->diag) : NULL;
    ck_assert_msg(way != TRACED || trace, "%s", told->text);
    if (way == IN_PIECES)
        run_in_pieces(s);
    if (way == RESTORED)
        s = moved_over(s, d, told);
    bl_run(s, LONG_ENOUGH);
    if (trace)
        ck_assert_int_eq(bl_trace_end(s, trace), 0);
    return s;
}

static void same_whoever_looks_on(const struct datapath *d)
{
    char *plain = NULL;

    for (enum way way = PLAIN; way < WAYS; way++) {
        struct kp_told told;
        struct bl_sim *s = run_one(d, way, &told);
        char *text = kp_account(s), what[64];
        kp_verdicts_add_up(s);
        bl_close(s);
        snprintf(what, sizeof what, "platform %llu, %s", (unsigned long long)d->seed, way_name[way]);
        if (plain)
            kp_same(strdup(plain), text, what);
        else
            plain = text;
    }
    free(plain);
}

/* ---- tokens ---- */

/* Tallies of an actor that count the items it took of its first input and gave on its first output; NULL: it has none. */
static const char *const took[] = { NULL, "taken", "conv", "item", "sum", "add", NULL, "item", "result", "grant", NULL, NULL };
static const char *const gave[] = { "made", NULL, "conv", NULL, NULL, "result", "slice", "item", "result", "grant", NULL, NULL };

static void same_tokens(struct datapath *d, bool backwards)
{
    struct kp_told told;
    struct bl_sim *s = run_one(d, PLAIN, &told);

    dp_fire_all(d, backwards);
    for (uint32_t i = 0; i < d->nnodes; i++) {
        const struct dp_node *n = &d->node[i];
        if (took[n->kind])
            ck_assert_msg(tally(s, i, took[n->kind]) == n->took, "platform %llu, n%u took %llu, fired %u\n%s", (unsigned long long)d->seed, i,
                          (unsigned long long)tally(s, i, took[n->kind]), n->took, d->script);
        if (gave[n->kind])
            ck_assert_msg(tally(s, i, gave[n->kind]) == n->gave, "platform %llu, n%u gave %llu, fired %u\n%s", (unsigned long long)d->seed, i,
                          (unsigned long long)tally(s, i, gave[n->kind]), n->gave, d->script);
    }
    bl_close(s);
}

START_TEST(fired_tokens_predict_the_end)
{
    static struct datapath d;

    dp_make(&d, (uint64_t)_i + 1, false);
    same_tokens(&d, _i % 2);
}
END_TEST

/* All that is made arrives, once: how many, and the sum of their values, which no stage here changes. */
START_TEST(nothing_is_lost_or_doubled)
{
    static struct datapath d;
    uint64_t made = 0, taken = 0, sum = 0, values = 0;
    struct kp_told told;

    dp_make(&d, (uint64_t)_i + 1, true);
    struct bl_sim *s = run_one(&d, PLAIN, &told);
    for (uint32_t k = 0; k < d.nclients; k++)
        made += d.client[k].reads, values += d.client[k].sum;
    for (uint32_t i = 0; i < d.nnodes; i++) {
        const uint32_t n = d.node[i].size;
        if (d.node[i].kind == DP_GEN)
            made += n, values += (uint64_t)n * (n - 1) / 2;
        if (d.node[i].kind == DP_SINK)
            taken += view(s, i, "n"), sum += view(s, i, "sum");
    }
    ck_assert_uint_eq(taken, made);
    ck_assert_uint_eq(sum, values);
    bl_close(s);
}
END_TEST

START_TEST(one_account_whoever_looks_on)
{
    static struct datapath d;

    dp_make(&d, (uint64_t)_i + 1, false);
    same_whoever_looks_on(&d);
    dp_make(&d, (uint64_t)_i + 1, true);
    same_whoever_looks_on(&d);
}
END_TEST

/* ---- no race ---- */

static int run_ordered(void *ctx, struct bl_order *o)
{
    struct kp_told told;
    struct bl_sim *s = open_one(ctx, &told);

    elaborate(s, ctx, &told);
    bl_order_use(s, o);
    bl_run(s, LONG_ENOUGH);
    bl_close(s);
    return 0;
}

START_TEST(parts_meet_through_ports_alone)
{
    static struct datapath d;
    struct kp_told told;

    dp_make(&d, (uint64_t)_i + 1, _i % 2);
    struct bl_races races = { .runs = 2, .seed = 5, .run = run_ordered, .ctx = &d, .diag = kp_listen(&told) };
    ck_assert_msg(bl_races(&races) == 0, "platform %d: %s\n%s", _i + 1, told.text, d.script);
    ck_assert_uint_gt(races.times, 10);
}
END_TEST

/* The generator makes what it is for: platforms that end with items under way, of every kind, on several clocks. */
START_TEST(the_generator_reaches_everything)
{
    static struct datapath d;
    uint32_t kinds = 0, shared = 0, clients = 0, stuck = 0, clocks = 0;

    for (uint64_t seed = 1; seed <= PLATFORMS; seed++) {
        uint32_t left = 0;
        dp_make(&d, seed, false);
        dp_fire_all(&d, false);
        for (uint32_t i = 0; i < d.nnodes; i++) {
            kinds |= 1u << d.node[i].kind;
            left += d.node[i].kind == DP_GEN && d.node[i].gave < d.node[i].size;
        }
        stuck += left != 0;
        clocks |= 1u << d.clocks;
    }
    ck_assert_uint_eq(kinds, (1u << DP_ARBITER) - 1);
    for (uint64_t seed = 1; seed <= PLATFORMS; seed++) {
        dp_make(&d, seed, true);
        for (uint32_t i = 0; i < d.nnodes; i++)
            shared |= 1u << d.node[i].kind;
        clients |= 1u << d.nclients;
    }
    ck_assert_uint_eq(shared, 1u << DP_GEN | 1u << DP_SINK | 1u << DP_DAC | 1u << DP_FIFO | 1u << DP_TREE | 1u << DP_ARBITER | 1u << DP_CLIENT |
                              1u << DP_MEMORY);
    ck_assert_uint_eq(clients, (1u << (DP_PORTS + 1)) - 1);
    ck_assert_uint_eq(clocks, 14);
    ck_assert_msg(stuck > PLATFORMS / 20, "%u of %d platforms end in a deadlock", stuck, PLATFORMS);
}
END_TEST

Suite *suite_datapaths(void)
{
    Suite *s = suite_create("datapaths");
    TCase *c = tcase_create("random");

    tcase_add_test(c, the_generator_reaches_everything);
    tcase_add_loop_test(c, fired_tokens_predict_the_end, 0, fewer(PLATFORMS, 40));
    tcase_add_loop_test(c, nothing_is_lost_or_doubled, 0, fewer(PLATFORMS, 40));
    tcase_add_loop_test(c, one_account_whoever_looks_on, 0, fewer(PLATFORMS, 10));
    tcase_add_loop_test(c, parts_meet_through_ports_alone, 0, fewer(40, 10));
    suite_add_tcase(s, c);
    return s;
}

/* test_biased_merge.c - the contract of model.h met by one class at once: arrays of ports that may stay open, widths from wires and a
 * computed one, a table, a wait for links or an event, blame by element, a process that begins with its first item. What each of them
 * promises by itself is in test_ports.c, test_shape.c, test_declare.c, test_awaits.c and test_waits.c. */
#include "components/lanes.h"
#include "components/tags.h"
#include "tests/rigs/parts_rig.h"

/* ---- biased_merge: takes an item of each client in turn, adds its layer's bias and shifts; stands still for `pause` when it is kicked
 * while it waits. eager: the same, from the start of the run on. ---- */

enum { NO_INPUT = BL_STALL, OUT_FULL, KICKED };
struct bias { int32_t add, shift; };            /* y = (x + add) >> shift, add below 2^bits */
struct merge {
    struct bl_part p;
    bl_pops in, tag;
    bl_push out;
    bl_in layer;
    bl_event kick;
    bl_table bias;
    bl_tally item;
    int64_t clients, lanes, bits, tag_lanes, out_bits;
    uint64_t pause, begun, kicks;
    uint32_t turn;
};

static int merge_shape(void *self)
{
    struct merge *t = self;

    t->out_bits = t->bits + 1;
    return t->out_bits <= 32 ? 0 : bl_refuse(t, "bits is %lld and a sum has one bit more; expected at most 31", (long long)t->bits);
}

static int merge_init(void *self)
{
    struct merge *t = self;

    for (uint64_t l = 0; l < t->bias.n; l++) {
        const struct bias *b = BL_ROWS(struct bias, t->bias) + l;
        if (b->add < 0 || (int64_t)b->add >> t->bits || b->shift < 0 || b->shift > 31)
            return bl_refuse(t, "bias[%llu] adds %d and shifts by %d; expected 0 .. 2^bits - 1 and 0 .. 31", (unsigned long long)l, b->add, b->shift);
    }
    return 0;
}

static bool has_item(const struct merge *t) { return bl_pair_avail(t->in.at[t->turn], t->tag.at[t->turn]); }
static bl_verdict missing(const struct merge *t)
{
    return BL_AT(NO_INPUT, t->turn + bl_pair_missing(t->in.at[t->turn], (uint32_t)t->in.n));
}

static void give_on(struct merge *t)
{
    const uint32_t layer = bl_wired(t->layer) ? *bl_get16(t->layer) : 0;
    const struct bias none = { 0, 0 }, b = layer < t->bias.n ? BL_ROWS(struct bias, t->bias)[layer] : none;
    const void *x = bl_pop_item(t->in.at[t->turn]);
    void *y = bl_push_item(t->out);

    for (uint32_t i = 0; i < bl_push_lanes(t->out); i++)
        bl_lane_put(y, (uint32_t)t->out_bits, i, (bl_lane_get(x, (uint32_t)t->bits, false, i) + b.add) >> b.shift);
    if (bl_wired(t->tag.at[t->turn]))
        bl_pop_item(t->tag.at[t->turn]);
    charge(&t->item, 1);
}

static bl_verdict merge_run(void *self)
{
    struct merge *t = self;

    BL_BEGIN(t);
    t->begun = bl_time(t);
    for (;; t->turn = (t->turn + 1) % (uint32_t)t->in.n) {
        AWAIT_OR(has_item(t), missing(t), t->kick);
        if (bl_triggered(t, t->kick)) {
            t->kicks++;
            AWAIT_TIME(t->pause, KICKED);
        }
        AWAIT(has_item(t), missing(t));
        AWAIT(bl_room(t->out), OUT_FULL);
        give_on(t);
    }
    BL_END;
}

#define T struct merge
static const struct bl_field merge_fields[] = {
    BL_POPS(T, in, BL_BY(T, clients), BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_POPS_OPT(T, tag, BL_BY(T, clients), BL_BY(T, tag_lanes), 8, "their tags, which end here"),
    BL_PUSH(T, out, BL_BY(T, lanes), BL_BY(T, out_bits), "sums"), BL_IN_OPT(T, layer, 1, 16, "row of bias in force; open: 0"),
    BL_EVENT(T, kick, "stand still"), BL_DATA(T, bias, struct bias, "a row a layer; behind the last: x as it is"),
    BL_PARAM(T, clients, 2, 1, BL_PORTS_MOST, "elements of in"), BL_SIZE(T, lanes, 4096, "values"), BL_SIZE(T, bits, 32, "bits of a value"),
    BL_SIZE(T, tag_lanes, BL_TAG_MOST, "lanes of a tag"), BL_COMPUTED(T, out_bits, "bits + 1"),
    BL_TIME(T, pause, BL_NS, 0, BL_MS, "how long it stands still"),
    BL_WAITS(NO_INPUT, in, tag), BL_WAITS(OUT_FULL, out), BL_CAUSE(KICKED, "stands still"), BL_TALLY(T, item, "an item"),
    BL_VIEW(T, begun, 1, 64, "when it ran first, fs"), BL_VIEW(T, kicks, 1, 64, "kicks that it felt"), { 0 }
};
#undef T
static const struct bl_class merge_class = { .name = "biased_merge", .help = "merges its clients in turn and adds a bias",
    .size = sizeof(struct merge), .shape = merge_shape, .init = merge_init, .run = merge_run, .no_init = true, .fields = merge_fields };
static const struct bl_class eager_class = { .name = "eager", .help = "the same, from the start on",
    .size = sizeof(struct merge), .shape = merge_shape, .init = merge_init, .run = merge_run, .fields = merge_fields };

/* ---- bell: its event fires at the times of its list, fs ---- */

struct bell { struct bl_part p; bl_event e; struct bl_list times; uint32_t i; };
static bl_verdict bell_run(void *self)
{
    struct bell *t = self;

    BL_BEGIN(t);
    for (; t->i < t->times.n; t->i++) {
        bl_notify(t, t->e, (uint64_t)t->times.v[t->i] - bl_time(t));
        AWAIT_EVENT(t->e, BL_IDLE);
    }
    BL_END;
}
static const struct bl_field bell_fields[] = { BL_EVENT(struct bell, e, "rings"), BL_LIST(struct bell, times, "[]", 0, 1000000, "fs"), { 0 } };
static const struct bl_class bell_class = { .name = "bell", .help = "rings", .size = sizeof(struct bell), .run = bell_run, .fields = bell_fields };
static const struct bl_class *const merges[] = { &merge_class, &eager_class, &bell_class, NULL };

static struct rig r;

/* Three clients: each a source, its item not before its edge; the sink takes one a tick. An item given at edge e is taken at e + 1. */
#define CLIENTS(cls) "part m " cls "; set m clients 3; part g[0] give; part g[1] give; part g[2] give; part k take; wire m.out k.x d2;" \
    "wire g[0].x m.in[0] d2; wire g[1].x m.in[1] d2; wire g[2].x m.in[2] d2;" \
    "set g[0] seed 3; set g[1] seed 4; set g[2] seed 5; set g[0] limit 8; set g[1] limit 8; set g[2] limit 8;"
#define SIZES "set g[0] lanes 2; set g[0] bits 9;"

/* ---- values, widths, the table ---- */

static const struct bias table[] = { { 1, 0 }, { 0, 1 }, { 1, 3 } };
static const int64_t widths[] = { 1, 7, 8, 15, 16, 24, 31 };

/* Item n leaves at the n-th free place of `out`: two at edge 0, then one an edge. The layer moves at edges 6 and 15, and at 20 to one behind
 * the table. */
START_TEST(adds_the_bias_of_the_layer)
{
    static const uint64_t layers[] = { 0, 1, 2, 7 }, edges[] = { 0, 6, 15, 20 };
    static char text[1200];
    const int64_t bits = widths[_i];

    snprintf(text, sizeof text, CLIENTS("biased_merge") "set g[0] lanes 3; set g[0] bits %lld; set g[1] lanes 3; set g[2] bits %lld; "
             "part l put; wire l.q m.layer", (long long)bits, (long long)bits);
    rig_begin_with(&r, merges, text);
    rig_items(&r, "l", layers, 4);
    rig_supply(&r, "l", "at", edges, sizeof edges);
    rig_supply(&r, "m", "bias", table, sizeof table);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_peek(&r, "k.bits"), (uint64_t)bits + 1);
    ck_assert_uint_eq(rig_peek(&r, "g[1].bits"), (uint64_t)bits);           /* by way of the merge */
    ck_assert_uint_eq(rig_peek(&r, "g[2].lanes"), 3);
    ck_assert_uint_eq(rig_count(&r, "k"), 24);
    for (uint64_t n = 0; n < 24; n++) {
        const uint64_t given = n ? n - 1 : 0;
        uint32_t k = 0;
        while (k + 1 < 4 && edges[k + 1] <= given)
            k++;
        ck_assert_uint_eq(rig_edge(&r, "k", n), n + 1);
        for (uint32_t lane = 0; lane < 3; lane++) {
            const uint64_t x = rig_random(3 + n % 3, n / 3, lane, (uint32_t)bits);
            const uint64_t y = layers[k] < 3 ? (x + (uint64_t)table[layers[k]].add) >> table[layers[k]].shift : x;
            KP_HOLDS(rig_item(&r, "k", n)[lane] == y, "%lld bits, item %llu, lane %u: %llu, expected %llu", (long long)bits, (unsigned long long)n,
                     lane, (unsigned long long)rig_item(&r, "k", n)[lane], (unsigned long long)y);
        }
    }
    ck_assert_uint_eq(rig_peek(&r, "m.item"), 24);
    rig_end(&r);
}
END_TEST

START_TEST(without_a_table_nothing_is_added)
{
    rig_begin_with(&r, merges, CLIENTS("biased_merge") SIZES);
    rig_ticks(&r, 30);
    ck_assert_uint_eq(rig_count(&r, "k"), 24);
    for (uint64_t n = 0; n < 24; n++)
        ck_assert_uint_eq(rig_item(&r, "k", n)[1], rig_random(3 + n % 3, n / 3, 1, 9));
    rig_sleeps(&r, 50);
    rig_end(&r);
}
END_TEST

/* ---- when it begins, and when it stands still ---- */

/* Items come at edge 5. One that begins with its first item feels no kick before; one that begins with the run does. */
START_TEST(begins_with_its_first_item)
{
    static const struct { const char *script; uint64_t begun, kicks, first; } of[] = {
        { CLIENTS("biased_merge") SIZES, 5000, 0, 6 }, { CLIENTS("eager") SIZES, 0, 1, 12 },
    };

    for (size_t i = 0; i < 2; i++) {
        static char text[1400];
        snprintf(text, sizeof text, "%s part b bell; set b times [4500]; wire b.e m.kick; set m pause 6700 fs; set g[0] first 5; set g[1] first 5; "
                 "set g[2] first 5", of[i].script);
        rig_begin_with(&r, merges, text);
        rig_ticks(&r, 50);
        ck_assert_uint_eq(rig_peek(&r, "m.begun"), of[i].begun);
        ck_assert_uint_eq(rig_peek(&r, "m.kicks"), of[i].kicks);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), of[i].first);
        ck_assert_uint_eq(rig_spent(&r, "m", "kicked"), 6700 * of[i].kicks);
        rig_end(&r);
    }
}
END_TEST

/* Client 1 gives its items at edges 10 and 20. Kicked at 3.3 while it waits for the first, it stands still to 10.8: the item of edge 10 leaves then.
 * A second kick at 5.0, while it stands still, is not remembered; one at 30.0 finds it waiting again, one at 30.5 standing still. */
START_TEST(stands_still_when_kicked)
{
    static const uint64_t at[] = { 10, 20, 40 };

    rig_begin_with(&r, merges, CLIENTS("biased_merge") SIZES "set g[1] limit 3; set m pause 7500 fs; part b bell; wire b.e m.kick; "
                   "set b times [3300, 5000, 30000, 30500]");
    rig_supply(&r, "g[1]", "at", at, sizeof at);
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 1);
    ck_assert_uint_eq(rig_edge(&r, "k", 1), 11);         /* 10.8, in the next edge */
    ck_assert_uint_eq(rig_edge(&r, "k", 4), 21);         /* not kicked: at once */
    ck_assert_uint_eq(rig_edge(&r, "k", 7), 41);         /* it stood still to 37.5, and the item came at 40 */
    ck_assert_uint_eq(rig_peek(&r, "m.kicks"), 2);
    ck_assert_uint_eq(rig_spent(&r, "m", "kicked"), 2 * 7500);
    rig_end(&r);
}
END_TEST

/* ---- whom it waits for ---- */

static uint64_t blamed(const char *path, const char *verdict)
{
    struct bl_part_row part;
    struct bl_verdict_row v;
    const size_t row = bl_part_find(r.s[0], path);

    bl_part_at(r.s[0], row, &part);
    for (uint32_t i = 0; i < part.verdicts; i++) {
        bl_verdict_at(r.s[0], row, i, &v);
        if (!strcmp(v.name, verdict))
            return v.blamed_fs;
    }
    ck_abort_msg("%s has no verdict %s", path, verdict);
    return 0;
}

/* Client 1 gives its items at edges 10 and 20, client 2 its first at 13. The merge waits from 0 to 10 for client 1, to 13 for client 2, to 20 for
 * client 1; three items are there then, of which out takes two; and from 21 on for client 1, which has no more. */
START_TEST(blames_the_element)
{
    static const uint64_t slow[] = { 10, 20 }, late[] = { 13 };

    rig_begin_with(&r, merges, CLIENTS("biased_merge") SIZES "set g[1] limit 2");
    rig_supply(&r, "g[1]", "at", slow, sizeof slow);
    rig_supply(&r, "g[2]", "at", late, sizeof late);
    rig_ticks(&r, 30);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 0), 0);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 1), 10 + 7 + 9);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 2), 3);
    ck_assert_uint_eq(rig_spent(&r, "m", "no_input"), 29000);
    ck_assert_uint_eq(rig_spent(&r, "m", "out_full"), 1000);
    ck_assert_uint_gt(blamed("g[2]", "rig_pace"), 0);
    ck_assert_uint_gt(blamed("g[1]", "rig_pace"), blamed("g[2]", "rig_pace"));
    ck_assert_uint_eq(blamed("g[0]", "rig_pace") + blamed("g[0]", "idle"), 0);
    rig_end(&r);
}
END_TEST

/* Client 1 alone has tags; its first comes at edge 6. Data is there, so it is the tag that is waited for, and both are taken at once. */
START_TEST(tags_are_optional)
{
    static const uint64_t at[] = { 6 };

    rig_begin_with(&r, merges, CLIENTS("biased_merge") SIZES "part h give; set h lanes 3; set h limit 2; wire h.x m.tag[1] d2");
    rig_supply(&r, "h", "at", at, sizeof at);
    rig_ticks(&r, 30);
    ck_assert_uint_eq(rig_peek(&r, "m.tag_lanes"), 3);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 1);
    ck_assert_uint_eq(rig_edge(&r, "k", 1), 7);
    ck_assert_uint_eq(rig_waited(&r, "m", "in", 1), 0);
    ck_assert_uint_eq(rig_waited(&r, "m", "tag", 0) + rig_waited(&r, "m", "tag", 2), 0);
    ck_assert_uint_gt(rig_waited(&r, "m", "tag", 1), 6);            /* and in the end for the third tag, which never comes */
    ck_assert_uint_eq(rig_count(&r, "k"), 7);                       /* 0 1 2 0 1 2 0 */
    ck_assert_uint_eq(rig_peek(&r, "h.given"), 2);
    rig_end(&r);
}
END_TEST

/* ---- what is refused ---- */

static const struct bias large[] = { { 511, 0 }, { 512, 0 } }, turned[] = { { 0, 32 } };
static const struct { const char *script; const void *table; size_t bytes; const char *says; } bad[] = {
    { CLIENTS("biased_merge") "set m bits 32; set g[0] lanes 2", table, sizeof table,
      "f:2: m: bits is 32 and a sum has one bit more; expected at most 31" },
    { CLIENTS("biased_merge") "set g[2] bits 32; set g[0] lanes 2", table, sizeof table,
      "f:2: m: bits is 32 and a sum has one bit more; expected at most 31" },
    { CLIENTS("biased_merge") SIZES, large, sizeof large, "f:2: m: bias[1] adds 512 and shifts by 0; expected 0 .. 2^bits - 1 and 0 .. 31" },
    { CLIENTS("biased_merge") SIZES, turned, sizeof turned, "f:2: m: bias[0] adds 0 and shifts by 32; expected 0 .. 2^bits - 1 and 0 .. 31" },
    { CLIENTS("biased_merge") SIZES, table, sizeof table - 4,
      "m.bias is supplied with 20 bytes; expected a multiple of 8, the bytes of one struct bias" },
    { CLIENTS("biased_merge") SIZES "set m out_bits 9", table, sizeof table,
      "f:20: m.out_bits cannot be set: class biased_merge computes it (bits + 1)" },
};

START_TEST(refused)
{
    rig_begin_with(&r, merges, bad[_i].script);
    rig_supply(&r, "m", "bias", bad[_i].table, bad[_i].bytes);
    rig_refuses(&r, bad[_i].says);
}
END_TEST

Suite *suite_biased_merge(void);
Suite *suite_biased_merge(void)
{
    Suite *s = suite_create("biased_merge");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, adds_the_bias_of_the_layer, 0, sizeof widths / sizeof *widths);
    tcase_add_test(c, without_a_table_nothing_is_added);
    tcase_add_test(c, begins_with_its_first_item);
    tcase_add_test(c, stands_still_when_kicked);
    tcase_add_test(c, blames_the_element);
    tcase_add_test(c, tags_are_optional);
    tcase_add_loop_test(c, refused, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(s, c);
    return s;
}

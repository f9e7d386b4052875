/* kp_arrays.h - parts with arrays of ports, of each kind: clocked, waiting, combinational, composite. */
#ifndef BL_TESTS_KP_ARRAYS_H
#define BL_TESTS_KP_ARRAYS_H

#include "tests/rigs/kparts.h"

/* ---- merge: an item a cycle from its clients in turn, with who it is from; naps when none has one ---- */

struct ka_merge {
    struct bl_part p;
    bl_pops in;
    bl_push out;
    bl_outs from;
    bl_tally item;
    int64_t clients, turn;
};
enum { KA_NO_INPUT = BL_STALL, KA_OUT_FULL };

static bl_verdict ka_merge_tick(void *self)
{
    struct ka_merge *t = self;

    if (!bl_room(t->out))
        return BL_NAP(KA_OUT_FULL);
    for (uint64_t i = 0; i < t->in.n; i++) {
        uint64_t k = ((uint64_t)t->turn + i) % t->in.n;
        if (!bl_avail(t->in.at[k]))
            continue;
        *bl_push16(t->out) = *bl_pop16(t->in.at[k]);
        ++*bl_put16(t->from.at[k]);
        charge(&t->item, 1);
        t->turn = (int64_t)((k + 1) % t->in.n);
        return BL_BUSY;
    }
    return BL_NAP(KA_NO_INPUT);
}

#define T struct ka_merge
static const struct bl_field ka_merge_fields[] = {
    BL_POPS(T, in, BL_BY(T, clients), 1, 16, "items"), BL_PUSH(T, out, 1, 16, "items in turn"),
    BL_OUTS(T, from, BL_BY(T, clients), 1, 16, "items of this one so far"), BL_TALLY(T, item, "an item"),
    BL_PARAM(T, clients, 2, 0, 5000, "of what is merged"), BL_VIEW(T, turn, 1, 16, "whose turn it is"),
    BL_WAITS(KA_NO_INPUT, in), BL_WAITS(KA_OUT_FULL, out), { 0 }
};
#undef T
static const struct bl_class ka_merge_class = { .name = "merge", .help = "takes from its clients in turn", .size = sizeof(struct ka_merge),
    .tick = ka_merge_tick, .fields = ka_merge_fields };

/* ---- deal: a waiting part that gives items on, one to each in turn; `far` may stay open ---- */

struct ka_deal {
    struct bl_part p;
    bl_pop in;
    bl_pushes out, far;
    int64_t ways;
    uint64_t k;
};

static bl_verdict ka_deal_run(void *self)
{
    struct ka_deal *t = self;

    BL_BEGIN(t);
    for (;; t->k++) {
        AWAIT(bl_avail(t->in), KA_NO_INPUT);
        AWAIT(bl_room(t->out.at[t->k % t->out.n]), KA_OUT_FULL);
        const uint16_t v = *bl_pop16(t->in);
        *bl_push16(t->out.at[t->k % t->out.n]) = v;
        if (bl_room(t->far.at[t->k % t->far.n]))
            *bl_push16(t->far.at[t->k % t->far.n]) = v;
    }
    BL_END;
}

#define T struct ka_deal
static const struct bl_field ka_deal_fields[] = {
    BL_POP(T, in, 1, 16, "items"), BL_PUSHES(T, out, BL_BY(T, ways), 1, 16, "each k-th one"), BL_PUSHES_OPT(T, far, 2, 1, 16, "each second one"),
    BL_PARAM(T, ways, 3, 1, BL_PORTS_MOST, "of the deal"), BL_VIEW(T, k, 1, 64, "items so far"),
    BL_WAITS(KA_NO_INPUT, in), BL_WAITS(KA_OUT_FULL, out), { 0 }
};
#undef T
static const struct bl_class ka_deal_class = { .name = "deal", .help = "gives to each in turn", .size = sizeof(struct ka_deal),
    .run = ka_deal_run, .fields = ka_deal_fields };

/* ---- sums: combinational, y[k] = x[0] + .. + x[k]; an input that is open is 0 ---- */

struct ka_sums { struct bl_part p; bl_ins x; bl_outs y; int64_t n; };

static void ka_sums_comb(void *self)
{
    struct ka_sums *t = self;
    uint16_t sum = 0;

    for (uint64_t k = 0; k < t->x.n; k++) {
        sum = (uint16_t)(sum + *bl_get16(t->x.at[k]));
        *bl_put16(t->y.at[k]) = sum;
    }
}

#define T struct ka_sums
static const struct bl_field ka_sums_fields[] = {
    BL_INS_OPT(T, x, BL_BY(T, n), 1, 16, "summands"), BL_OUTS_AS(T, y, BL_BY(T, n), 1, 16, "partial sums", BL_ANALOG),
    BL_PARAM(T, n, 3, 1, 64, "of them"), { 0 }
};
#undef T
static const struct bl_class ka_sums_class = { .name = "sums", .help = "partial sums of wires", .size = sizeof(struct ka_sums),
    .comb = ka_sums_comb, .fields = ka_sums_fields };

/* ---- words: q[k] has two lanes, and counts up by k + 1; read: naps until one of its words moves, and adds them up ---- */

struct ka_words { struct bl_part p; bl_outs q; int64_t n, every, first; };
struct ka_read { struct bl_part p; bl_ins d; bl_tally seen; int64_t n; uint64_t sum; };

static int ka_words_init(void *self)
{
    struct ka_words *t = self;

    for (uint64_t k = 0; t->first && k < t->q.n; k++)          /* the ends are there in init */
        bl_put16(t->q.at[k])[0] = (uint16_t)((uint64_t)t->first + k);
    return 0;
}

static bl_verdict ka_words_tick(void *self)
{
    struct ka_words *t = self;
    uint64_t turn = bl_cycle(t) / (uint64_t)t->every % t->q.n;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    uint16_t *q = bl_put16(t->q.at[turn]);
    q[0] = (uint16_t)(q[0] + turn + 1);
    q[1] = (uint16_t)~q[0];
    return BL_BUSY;
}

static bl_verdict ka_read_tick(void *self)
{
    struct ka_read *t = self;
    uint64_t sum = 0;

    for (uint64_t k = 0; k < t->d.n; k++)
        sum += *bl_get16(t->d.at[k]);
    if (sum == t->sum)
        return BL_NAP(BL_IDLE);
    t->sum = sum;
    charge(&t->seen, 1);
    return BL_BUSY;
}

#define T struct ka_words
static const struct bl_field ka_words_fields[] = {
    BL_OUTS(T, q, BL_BY(T, n), 2, 16, "counters"), BL_PARAM(T, n, 3, 1, 64, "of them"), BL_PARAM(T, every, 1, 1, 1000, "cycles"),
    BL_PARAM(T, first, 0, 0, 1000, "reset value of q[0], and one more each"), { 0 }
};
#undef T
#define T struct ka_read
static const struct bl_field ka_read_fields[] = {
    BL_INS(T, d, BL_BY(T, n), 2, 16, "words"), BL_TALLY(T, seen, "a change"), BL_PARAM(T, n, 3, 1, 64, "of them"),
    BL_VIEW(T, sum, 1, 64, "of lane 0"), { 0 }
};
#undef T
static const struct bl_class ka_words_class = { .name = "words", .help = "drives words", .size = sizeof(struct ka_words),
    .init = ka_words_init, .tick = ka_words_tick, .fields = ka_words_fields };
static const struct bl_class ka_read_class = { .name = "read", .help = "sleeps on words", .size = sizeof(struct ka_read),
    .tick = ka_read_tick, .fields = ka_read_fields };

/* ---- hub: a composite, its in[k] those of a merge in reverse; `miss` of them are forgotten ---- */

struct ka_hub { struct bl_part p; bl_pops in; bl_push out; int64_t n, miss; };

static void ka_hub_build(void *self)
{
    struct ka_hub *t = self;
    char own[32], child[32];

    bl_child(t, "m", "merge", NULL);
    bl_child_set(t, "m", "clients", "%lld", (long long)t->n);
    for (int64_t k = t->miss; k < t->n; k++) {
        snprintf(own, sizeof own, "in[%lld]", (long long)k);
        snprintf(child, sizeof child, "m.in[%lld]", (long long)(t->n - 1 - k));
        bl_child_export(t, own, child);
    }
    bl_child_export(t, "out", "m.out");
}

#define T struct ka_hub
static const struct bl_field ka_hub_fields[] = {
    BL_POPS(T, in, BL_BY(T, n), 1, 16, "items"), BL_PUSH(T, out, 1, 16, "merged"), BL_PARAM(T, n, 2, 1, BL_PORTS_MOST, "clients"),
    BL_PARAM(T, miss, 0, 0, BL_PORTS_MOST, "not exported"), { 0 }
};
#undef T
static const struct bl_class ka_hub_class = { .name = "hub", .help = "a merge in a box", .size = sizeof(struct ka_hub),
    .build = ka_hub_build, .fields = ka_hub_fields };

static const struct bl_class *const ka_classes[] = {
    &ka_merge_class, &ka_deal_class, &ka_sums_class, &ka_words_class, &ka_read_class, &ka_hub_class, &kp_gen_class, &kp_sink_class,
    &kp_stage_class, &kp_work_class, &kp_fork_class, &kp_join_class, &kp_put_class, &kp_look_class, &kp_log_class, &kp_add_class,
    &kp_inv_class, &kp_echo_class, NULL
};

/* Three generators of unlike speed into a merge, into a sink. */
#define KA_MERGE "clock c 10 0; part m merge; set m clients 3; part g[0] gen; part g[1] gen; part g[2] gen; part k sink;" \
    "set g[0] every 7; set g[1] every 5; set g[2] every 40; set g[1] seed 1; set g[2] seed 2;" \
    "wire g[0].x m.in[0] d2; wire g[1].x m.in[1] d2; wire g[2].x m.in[2] d2; wire m.out k.x d2;"
/* Three words, which a combinational part sums up, and which another part reads. */
#define KA_WORDS "clock c 10 0; part w words; set w every 4; part r read; wire w.q[0] r.d[0]; wire w.q[1] r.d[1]; wire w.q[2] r.d[2];"

#endif

/* kparts.h - small parts for the tests of the kernel: sources, stages, works, forks, joins and sinks of items of any
 * width, words and wires, a waiting part. */
#ifndef BL_TESTS_KPARTS_H
#define BL_TESTS_KPARTS_H

#include "tests/rigs/kp_build.h"

/* ---- items of any width, their value known from (seed, number, lane) ---- */

static inline uint32_t kp_bytes(const struct bl_ring *r) { return r->lanes * (r->bits > 64 ? (r->bits + 63) / 64 * 8 : r->elem); }

static inline void *kp_push(bl_push e)
{
    switch (e.r->elem) {
    case 1: return bl_push8(e);
    case 2: return bl_push16(e);
    case 4: return bl_push32(e);
    default: return bl_push64(e);
    }
}

static inline const void *kp_pop(bl_pop e)
{
    switch (e.r->elem) {
    case 1: return bl_pop8(e);
    case 2: return bl_pop16(e);
    case 4: return bl_pop32(e);
    default: return bl_pop64(e);
    }
}

static inline uint64_t kp_value(uint64_t seed, uint64_t k, uint32_t at, uint32_t bits)
{
    uint64_t v = kp_mix(kp_mix(seed * 1000003 + k) + at);

    return bits < 64 ? v & ((UINT64_C(1) << bits) - 1) : v;
}

/* Writes item k of a stream, or says whether `item` is that. Lanes wider than 64 bits are several words. */
static inline bool kp_item(const struct bl_ring *r, uint64_t seed, uint64_t k, void *write, const void *read)
{
    uint32_t words = r->bits > 64 ? (r->bits + 63) / 64 : 1, n = r->lanes * words;
    bool same = true;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t left = r->bits > 64 ? r->bits - i % words * 64 : r->bits;
        uint64_t v = kp_value(seed, k, i, left < 64 ? left : 64), got = 0;
        if (write)
            memcpy((unsigned char *)write + (size_t)i * r->elem, &v, r->elem);
        if (read) {
            memcpy(&got, (const unsigned char *)read + (size_t)i * r->elem, r->elem);
            same &= got == v;
        }
    }
    return same;
}

static inline uint64_t kp_hash(uint64_t h, const void *item, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        h = (h ^ ((const unsigned char *)item)[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* ---- gen and sink: `every` cycles, with `luck`/256 a cycle; without either they nap ---- */

struct kp_gen { struct bl_part p; bl_push x; bl_tally sent; int64_t lanes, bits, every, n, luck, seed; uint64_t k; };
struct kp_sink { struct bl_part p; bl_pop x; bl_tally got, wrong; int64_t lanes, bits, every, luck, seed; uint64_t k, hash, last; };
enum { KP_OUT_FULL = BL_STALL };
enum { KP_NO_INPUT = BL_STALL };

static bl_verdict kp_gen_tick(void *self)
{
    struct kp_gen *t = self;

    if (t->n && t->k == (uint64_t)t->n)
        return BL_NAP(BL_IDLE);
    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (t->luck < 256 && (int64_t)(bl_random(t) & 255) >= t->luck)
        return BL_IDLE;
    if (!bl_room(t->x))
        return t->every == 1 && t->luck == 256 ? BL_NAP(KP_OUT_FULL) : KP_OUT_FULL;
    kp_item(t->x.r, (uint64_t)t->seed, t->k++, kp_push(t->x), NULL);
    charge(&t->sent, 1);
    return BL_BUSY;
}

static bl_verdict kp_sink_tick(void *self)
{
    struct kp_sink *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (t->luck < 256 && (int64_t)(bl_random(t) & 255) >= t->luck)
        return BL_IDLE;
    if (!bl_avail(t->x))
        return t->every == 1 && t->luck == 256 ? BL_NAP(KP_NO_INPUT) : KP_NO_INPUT;
    const void *item = kp_pop(t->x);
    if (t->seed >= 0 && !kp_item(t->x.r, (uint64_t)t->seed, t->k, NULL, item))
        charge(&t->wrong, 1);
    t->hash = kp_hash(t->hash, item, kp_bytes(t->x.r));
    t->last = bl_cycle(t);
    t->k++;
    charge(&t->got, 1);
    return BL_BUSY;
}

static const struct bl_field kp_gen_fields[] = {
    BL_PUSH(struct kp_gen, x, BL_BY(struct kp_gen, lanes), BL_BY(struct kp_gen, bits), "items"),
    BL_TALLY(struct kp_gen, sent, "one item"),
    BL_PARAM(struct kp_gen, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct kp_gen, bits, 16, 1, 4096, "bits of a lane"),
    BL_PARAM(struct kp_gen, every, 1, 1, 1000000, "cycles between two items"),
    BL_PARAM(struct kp_gen, n, 0, 0, 1000000, "items; 0 is endless"),
    BL_PARAM(struct kp_gen, luck, 256, 1, 256, "256ths of the cycles"),
    BL_PARAM(struct kp_gen, seed, 0, 0, 1000000, "of the values"),
    { .kind = BL_KIND_CAUSE, .name = "OUT_FULL", .help = "waits on x", .at = KP_OUT_FULL, .text = "x" },
    BL_VIEW(struct kp_gen, k, 1, 64, "items so far"), { 0 }
};
static const struct bl_field kp_sink_fields[] = {
    BL_POP(struct kp_sink, x, BL_BY(struct kp_sink, lanes), BL_BY(struct kp_sink, bits), "items"),
    BL_TALLY(struct kp_sink, got, "one item"), BL_TALLY(struct kp_sink, wrong, "an item that is not the expected one"),
    BL_PARAM(struct kp_sink, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct kp_sink, bits, 16, 1, 4096, "bits of a lane"),
    BL_PARAM(struct kp_sink, every, 1, 1, 1000000, "cycles between two items"),
    BL_PARAM(struct kp_sink, luck, 256, 1, 256, "256ths of the cycles"),
    BL_PARAM(struct kp_sink, seed, -1, -1, 1000000, "of the expected values, or -1"),
    { .kind = BL_KIND_CAUSE, .name = "NO_INPUT", .help = "waits on x", .at = KP_NO_INPUT, .text = "x" },
    BL_VIEW(struct kp_sink, k, 1, 64, "items so far"), BL_VIEW(struct kp_sink, hash, 1, 64, "of the items"),
    BL_VIEW(struct kp_sink, last, 1, 64, "cycle of the last item"), { 0 }
};
static const struct bl_class kp_gen_class = { .name = "gen", .help = "sends items", .size = sizeof(struct kp_gen),
    .tick = kp_gen_tick, .fields = kp_gen_fields };
static const struct bl_class kp_sink_class = { .name = "sink", .help = "takes items", .size = sizeof(struct kp_sink),
    .tick = kp_sink_tick, .fields = kp_sink_fields };

/* ---- stage: one item a cycle from a to b; work: holds an item for `cycles`; fork and join ---- */

struct kp_stage { struct bl_part p; bl_pop a; bl_push b; bl_tally moved; int64_t lanes, bits; };
struct kp_work { struct bl_part p; bl_pop a; bl_push b; bl_tally done; int64_t lanes, bits, cycles, left; unsigned char item[64]; };
struct kp_fork { struct bl_part p; bl_pop a; bl_push b, c; int64_t lanes, bits, turn; };
struct kp_join { struct bl_part p; bl_pop a, b; bl_push c; int64_t lanes, bits, turn; };
enum { KP_FULL = BL_STALL, KP_EMPTY };

static bl_verdict kp_stage_tick(void *self)
{
    struct kp_stage *t = self;

    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(t->b))
        return BL_NAP(KP_FULL);
    const void *item = kp_pop(t->a);
    memcpy(kp_push(t->b), item, kp_bytes(t->a.r));
    charge(&t->moved, 1);
    return BL_BUSY;
}

static bl_verdict kp_work_tick(void *self)
{
    struct kp_work *t = self;

    if (t->left > 1) {
        t->left--;
        return BL_BUSY;
    }
    if (t->left == 1) {
        if (!bl_room(t->b))
            return BL_NAP(KP_FULL);
        memcpy(kp_push(t->b), t->item, kp_bytes(t->b.r));
        charge(&t->done, 1);
        t->left = 0;
        return BL_BUSY;
    }
    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    memcpy(t->item, kp_pop(t->a), kp_bytes(t->a.r));
    t->left = t->cycles;
    return BL_BUSY;
}

static bl_verdict kp_fork_tick(void *self)
{
    struct kp_fork *t = self;
    bl_push to = t->turn ? t->c : t->b;

    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(to))
        return BL_NAP(KP_FULL);
    memcpy(kp_push(to), kp_pop(t->a), kp_bytes(t->a.r));
    t->turn = !t->turn;
    return BL_BUSY;
}

static bl_verdict kp_join_tick(void *self)
{
    struct kp_join *t = self;
    bl_pop first = t->turn ? t->b : t->a, other = t->turn ? t->a : t->b;

    if (!bl_avail(first) && !bl_avail(other))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(t->c))
        return BL_NAP(KP_FULL);
    memcpy(kp_push(t->c), kp_pop(bl_avail(first) ? first : other), kp_bytes(t->c.r));
    t->turn = !t->turn;
    return BL_BUSY;
}

#define KP_WIDE(T) BL_PARAM(T, lanes, 1, 1, 4096, "lanes"), BL_PARAM(T, bits, 16, 1, 4096, "bits of a lane")
#define KP_PORT(K, T, f) K(T, f, BL_BY(T, lanes), BL_BY(T, bits), "items")
#define KP_CAUSES(out, in) { .kind = BL_KIND_CAUSE, .name = "FULL", .help = "waits on " #out, .at = KP_FULL, .text = #out }, \
                           { .kind = BL_KIND_CAUSE, .name = "EMPTY", .help = "waits on " #in, .at = KP_EMPTY, .text = #in }

static const struct bl_field kp_stage_fields[] = {
    KP_PORT(BL_POP, struct kp_stage, a), KP_PORT(BL_PUSH, struct kp_stage, b), BL_TALLY(struct kp_stage, moved, "one item"),
    KP_WIDE(struct kp_stage), KP_CAUSES(b, a), { 0 }
};
static const struct bl_field kp_work_fields[] = {
    KP_PORT(BL_POP, struct kp_work, a), KP_PORT(BL_PUSH, struct kp_work, b), BL_TALLY(struct kp_work, done, "one item"),
    KP_WIDE(struct kp_work), BL_PARAM(struct kp_work, cycles, 3, 1, 1000, "cycles an item"), KP_CAUSES(b, a),
    BL_VIEW(struct kp_work, left, 1, 10, "cycles left"), { 0 }
};
static const struct bl_field kp_fork_fields[] = {
    KP_PORT(BL_POP, struct kp_fork, a), KP_PORT(BL_PUSH, struct kp_fork, b), KP_PORT(BL_PUSH, struct kp_fork, c),
    KP_WIDE(struct kp_fork), KP_CAUSES(b, a), { 0 }
};
static const struct bl_field kp_join_fields[] = {
    KP_PORT(BL_POP, struct kp_join, a), KP_PORT(BL_POP, struct kp_join, b), KP_PORT(BL_PUSH, struct kp_join, c),
    KP_WIDE(struct kp_join), KP_CAUSES(c, a), { 0 }
};
static const struct bl_class kp_stage_class = { .name = "stage", .help = "passes items on", .size = sizeof(struct kp_stage),
    .tick = kp_stage_tick, .fields = kp_stage_fields };
static const struct bl_class kp_work_class = { .name = "work", .help = "takes its time", .size = sizeof(struct kp_work),
    .tick = kp_work_tick, .fields = kp_work_fields };
static const struct bl_class kp_fork_class = { .name = "fork", .help = "one to two", .size = sizeof(struct kp_fork),
    .tick = kp_fork_tick, .fields = kp_fork_fields };
static const struct bl_class kp_join_class = { .name = "join", .help = "two to one", .size = sizeof(struct kp_join),
    .tick = kp_join_tick, .fields = kp_join_fields };

/* ---- words: put counts, look naps until its input moves, log keeps what it read; wires: add and inv ---- */

struct kp_put { struct bl_part p; bl_out q; int64_t every, first, step; };
struct kp_look { struct bl_part p; bl_in d; bl_tally seen; uint64_t last, hash; };
struct kp_log { struct bl_part p; bl_in d; uint32_t at[64]; };     /* the value read in each of the first cycles */
struct kp_add { struct bl_part p; bl_in a, b; bl_out y; };
struct kp_inv { struct bl_part p; bl_in a; bl_out y; };

static int kp_put_init(void *self)
{
    struct kp_put *t = self;

    *bl_put16(t->q) = (uint16_t)t->first;
    return 0;
}

static bl_verdict kp_put_tick(void *self)
{
    struct kp_put *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    *bl_put16(t->q) = (uint16_t)(*bl_put16(t->q) + t->step);
    return BL_BUSY;
}

static bl_verdict kp_look_tick(void *self)
{
    struct kp_look *t = self;
    uint16_t v = *bl_get16(t->d);

    if (v == t->last)
        return BL_NAP(BL_IDLE);
    t->last = v;
    t->hash = t->hash * 31 + v + bl_cycle(t);
    charge(&t->seen, 1);
    return BL_BUSY;
}

static bl_verdict kp_log_tick(void *self)
{
    struct kp_log *t = self;

    if (bl_cycle(t) < 64)
        t->at[bl_cycle(t)] = *bl_get16(t->d);
    return BL_BUSY;
}

static void kp_add_comb(void *self)
{
    struct kp_add *t = self;

    *bl_put16(t->y) = (uint16_t)(*bl_get16(t->a) + *bl_get16(t->b));
}

static void kp_inv_comb(void *self)
{
    struct kp_inv *t = self;

    *bl_put16(t->y) = (uint16_t)~*bl_get16(t->a);
}

static const struct bl_field kp_put_fields[] = {
    BL_OUT(struct kp_put, q, 1, 16, "a counter"), BL_PARAM(struct kp_put, every, 1, 1, 100000, "cycles between two steps"),
    BL_PARAM(struct kp_put, first, 0, 0, 65535, "reset value"), BL_PARAM(struct kp_put, step, 1, 0, 65535, "a step"), { 0 }
};
static const struct bl_field kp_look_fields[] = {
    BL_IN(struct kp_look, d, 1, 16, "a word"), BL_TALLY(struct kp_look, seen, "one change"),
    BL_VIEW(struct kp_look, last, 1, 64, "value"), BL_VIEW(struct kp_look, hash, 1, 64, "of values and cycles"), { 0 }
};
static const struct bl_field kp_log_fields[] = {
    BL_IN(struct kp_log, d, 1, 16, "a word"), BL_VIEW(struct kp_log, at, 64, 32, "what was read"), { 0 }
};
static const struct bl_field kp_add_fields[] = {
    BL_IN(struct kp_add, a, 1, 16, "a"), BL_IN(struct kp_add, b, 1, 16, "b"), BL_OUT(struct kp_add, y, 1, 16, "a + b"), { 0 }
};
static const struct bl_field kp_inv_fields[] = {
    BL_IN(struct kp_inv, a, 1, 16, "a"), BL_OUT(struct kp_inv, y, 1, 16, "not a"), { 0 }
};
static const struct bl_class kp_put_class = { .name = "put", .help = "drives a word", .size = sizeof(struct kp_put),
    .init = kp_put_init, .tick = kp_put_tick, .fields = kp_put_fields };
static const struct bl_class kp_look_class = { .name = "look", .help = "sleeps on a word", .size = sizeof(struct kp_look),
    .tick = kp_look_tick, .fields = kp_look_fields };
static const struct bl_class kp_log_class = { .name = "log", .help = "keeps what it reads", .size = sizeof(struct kp_log),
    .tick = kp_log_tick, .fields = kp_log_fields };
static const struct bl_class kp_add_class = { .name = "add", .help = "a sum of wires", .size = sizeof(struct kp_add),
    .comb = kp_add_comb, .fields = kp_add_fields };
static const struct bl_class kp_inv_class = { .name = "inv", .help = "an inverted wire", .size = sizeof(struct kp_inv),
    .comb = kp_inv_comb, .fields = kp_inv_fields };

/* ---- echo: a waiting part between two channels, `delay` an item ---- */

struct kp_echo { struct bl_part p; bl_pop a; bl_push b; bl_tally done; int64_t lanes, bits; uint64_t delay; unsigned char item[64]; };
enum { KP_WAIT_IN = BL_STALL, KP_WAIT_OUT };

static bl_verdict kp_echo_run(void *self)
{
    struct kp_echo *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_avail(t->a), KP_WAIT_IN);
        memcpy(t->item, kp_pop(t->a), kp_bytes(t->a.r));
        if (t->delay)
            AWAIT_TIME(t->delay, BL_BUSY);
        AWAIT(bl_room(t->b), KP_WAIT_OUT);
        memcpy(kp_push(t->b), t->item, kp_bytes(t->b.r));
        charge(&t->done, 1);
    }
    BL_END;
}

static const struct bl_field kp_echo_fields[] = {
    KP_PORT(BL_POP, struct kp_echo, a), KP_PORT(BL_PUSH, struct kp_echo, b), BL_TALLY(struct kp_echo, done, "one item"),
    KP_WIDE(struct kp_echo), BL_TIME(struct kp_echo, delay, 0, 0, BL_US, "an item"),
    { .kind = BL_KIND_CAUSE, .name = "WAIT_IN", .help = "waits on a", .at = KP_WAIT_IN, .text = "a" },
    { .kind = BL_KIND_CAUSE, .name = "WAIT_OUT", .help = "waits on b", .at = KP_WAIT_OUT, .text = "b" }, { 0 }
};
static const struct bl_class kp_echo_class = { .name = "echo", .help = "a waiting stage", .size = sizeof(struct kp_echo),
    .run = kp_echo_run, .fields = kp_echo_fields };

static const struct bl_class *const kp_classes[] = {
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_fork_class, &kp_join_class, &kp_put_class,
    &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class, &kp_echo_class, NULL
};

#endif

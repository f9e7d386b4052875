/* resting.h - small parts that rest, for tests of the account: slow makes items at its own pace, pass hands them on from two sides, take takes
 * them, asks and serves meet by words. */
#ifndef BL_TESTS_RESTING_H
#define BL_TESTS_RESTING_H

#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

static struct kp_told told;

/* ---- small parts that rest ---- */

/* slow: an item every `every` cycles from cycle `from` on, n of them. */
struct slow { struct bl_part p; bl_push x; int64_t every, from, n; uint64_t k; };
enum { FULL = BL_STALL };
static bl_verdict slow_tick(void *self)
{
    struct slow *t = self;
    uint64_t now = bl_cycle(t);

    if (t->k == (uint64_t)t->n)
        return BL_NAP(BL_IDLE);
    if (now < (uint64_t)t->from || (now - (uint64_t)t->from + 1) % (uint64_t)t->every)
        return BL_BUSY;
    if (!bl_room(t->x))
        return FULL;
    *bl_push16(t->x) = (uint16_t)t->k++;
    return BL_BUSY;
}
#define S struct slow
static const struct bl_field slow_fields[] = {
    BL_PUSH(S, x, 1, 16, "items"), BL_PARAM(S, every, 4, 1, 1000, "cycles an item"), BL_PARAM(S, from, 0, 0, 1000, "cycle of the first"),
    BL_PARAM(S, n, 10, 0, 1000, "items"), BL_WAITS(FULL, x), { 0 }
};
static const struct bl_class slow_class = { .name = "slow", .help = "takes its time", .size = sizeof(S), .tick = slow_tick, .fields = slow_fields };

/* pass: hands items on, of a or of b; idle when there is none, or at a cause. */
struct pass { struct bl_part p; bl_pop a, b; bl_push x; int64_t idle; };
enum { NOTHING = BL_STALL, NO_PLACE };
static bl_verdict pass_tick(void *self)
{
    struct pass *t = self;
    bl_pop from = bl_avail(t->a) ? t->a : t->b;

    if (!bl_avail(from))
        return BL_NAP(t->idle ? BL_IDLE : NOTHING);
    if (!bl_room(t->x))
        return BL_NAP(NO_PLACE);
    *bl_push16(t->x) = *bl_pop16(from);
    return BL_BUSY;
}
#define P struct pass
static const struct bl_field pass_fields[] = {
    BL_POP(P, a, 1, 16, "items"), BL_POP_OPT(P, b, 1, 16, "items"), BL_PUSH(P, x, 1, 16, "the same"),
    BL_PARAM(P, idle, 1, 0, 1, "1: says idle, 0: a cause, when there is none"),
    BL_FEED(a), BL_FEED(b), BL_WAITS(NOTHING, a, b), BL_WAITS(NO_PLACE, x), { 0 }
};
static const struct bl_class pass_class = { .name = "pass", .help = "hands on", .size = sizeof(P), .tick = pass_tick, .fields = pass_fields };

/* take: takes an item in a cycle of its own; end: after `n` of them it stops the run. */
struct take { struct bl_part p; bl_pop x; int64_t n, k; };
static bl_verdict take_tick(void *self)
{
    struct take *t = self;

    if (!bl_avail(t->x))
        return BL_NAP(BL_IDLE);
    bl_pop16(t->x);
    if (++t->k == t->n)
        bl_stop(t);
    return BL_BUSY;
}
#define K struct take
static const struct bl_field take_fields[] = { BL_POP(K, x, 1, 16, "items"), BL_PARAM(K, n, 0, 0, 1000, "items"), BL_FEED(x), { 0 } };
static const struct bl_class take_class = { .name = "take", .help = "takes", .size = sizeof(K), .tick = take_tick, .fields = take_fields };

/* asks: an order by a word, and idle until the answer comes back; serves: answers a number of cycles later. */
struct asks { struct bl_part p; bl_in got; bl_out order; int64_t n; uint32_t k; };
enum { AWAITS = BL_STALL };
static bl_verdict asks_tick(void *self)
{
    struct asks *t = self;

    if (*bl_get32(t->got) != t->k)
        return BL_NAP(AWAITS);
    if (t->k == (uint32_t)t->n)
        return BL_NAP(BL_IDLE);
    *bl_put32(t->order) = ++t->k;
    return BL_BUSY;
}
#define Q struct asks
static const struct bl_field asks_fields[] = {
    BL_IN(Q, got, 1, 32, "answers"), BL_OUT(Q, order, 1, 32, "orders"), BL_PARAM(Q, n, 5, 0, 100, "orders"), BL_WAITS(AWAITS, got), { 0 }
};
static const struct bl_class asks_class = { .name = "asks", .help = "asks", .size = sizeof(Q), .tick = asks_tick, .fields = asks_fields };

struct serves { struct bl_part p; bl_in order; bl_out got; int64_t late; uint32_t seen, left; };
static bl_verdict serves_tick(void *self)
{
    struct serves *t = self;

    if (!t->left && *bl_get32(t->order) == t->seen)
        return BL_NAP(BL_IDLE);
    if (!t->left) {
        t->seen = *bl_get32(t->order);
        t->left = (uint32_t)t->late;
    }
    if (--t->left == 0)
        *bl_put32(t->got) = t->seen;
    return BL_BUSY;
}
#define V struct serves
static const struct bl_field serves_fields[] = {
    BL_IN(V, order, 1, 32, "orders"), BL_OUT(V, got, 1, 32, "answers"), BL_PARAM(V, late, 3, 1, 100, "cycles of work"), BL_FEED(order), { 0 }
};
static const struct bl_class serves_class = { .name = "serves", .help = "answers", .size = sizeof(V), .tick = serves_tick, .fields = serves_fields };

static const struct bl_class *const classes[] = { &slow_class, &pass_class, &take_class, &asks_class, &serves_class, &kp_gen_class, NULL };

static inline struct bl_sim *made(const char *script)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_int_eq(kp_script(s, script), 0);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static inline struct bl_time_row times(struct bl_sim *s, const char *path)
{
    struct bl_time_row t;

    bl_time_at(s, bl_part_find(s, path), &t);
    return t;
}

static inline uint64_t fed(struct bl_sim *s, const char *path, size_t k)
{
    struct bl_feed_row f;

    bl_feed_at(s, bl_part_find(s, path), k, &f);
    return f.spent;
}

/* All that parts waited and were starved, fs: clocks of 1000 fs, between edges. */
static inline uint64_t all_waits(struct bl_sim *s)
{
    uint64_t fs = 0;

    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_time_row t;
        bl_time_at(s, p, &t);
        fs += (t.waits + t.starved) * 1000;
    }
    return fs;
}

static inline uint64_t all_roots(struct bl_sim *s)
{
    struct bl_root_row r;
    uint64_t fs = 0;

    bl_roots(s, &r);
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row row;
        bl_part_at(s, p, &row);
        fs += kp_blamed(s, row.path);
    }
    return fs + r.in_flight + r.ring + r.several;
}

#endif

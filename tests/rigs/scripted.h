/* scripted.h - scripted sources and recording sinks for small platforms (parts_rig.h): give and take of items, put and look of words. */
#ifndef BL_TESTS_SCRIPTED_H
#define BL_TESTS_SCRIPTED_H

#include "tests/rigs/kp_build.h"

/* ---- what sources and sinks are made of ---- */

/* An item is `lanes` values; one of more than 64 bits is several 64-bit words. So an item is rig_words 64-bit words here. */
static inline uint32_t rig_words(uint32_t lanes, uint32_t bits) { return bits <= 64 ? lanes : lanes * ((bits + 63) / 64); }

/* A lane or word of an item, as it lies in a link; `at` counts words as rig_words does. */
static inline uint64_t rig_load(const void *item, uint32_t elem, uint32_t at)
{
    return elem == 1 ? ((const uint8_t *)item)[at] : elem == 2 ? ((const uint16_t *)item)[at] :
           elem == 4 ? ((const uint32_t *)item)[at] : ((const uint64_t *)item)[at];
}

static inline void rig_store(void *item, uint32_t elem, uint32_t at, uint64_t v)
{
    if (elem == 1)
        ((uint8_t *)item)[at] = (uint8_t)v;
    else if (elem == 2)
        ((uint16_t *)item)[at] = (uint16_t)v;
    else if (elem == 4)
        ((uint32_t *)item)[at] = (uint32_t)v;
    else
        ((uint64_t *)item)[at] = v;
}

/* Word `at` of item i that a source with this seed makes when it is given none: uniform in the bits that the word has. */
static inline uint64_t rig_random(uint64_t seed, uint64_t i, uint32_t at, uint32_t bits)
{
    const uint32_t word = bits <= 64 ? 0 : at % ((bits + 63) / 64), left = bits - 64 * word;
    const uint64_t v = kp_mix(kp_mix(seed * 0x10001 + 1) ^ kp_mix(i << 32 | at));

    return left >= 64 ? v : v & ((UINT64_C(1) << left) - 1);
}

/* Whether a part with a chance acts in this cycle: by the cycle alone, so that sleep changes nothing. */
static inline bool rig_acts(int64_t seed, uint64_t cycle, int64_t chance)
{
    return chance >= 100 || kp_mix((uint64_t)seed << 40 ^ cycle) % 100 < (uint64_t)chance;
}

enum { RIG_WAIT = BL_STALL, RIG_PACE };

/* ---- give: items from a table (words as rig_words), or `limit` random ones; item k not before edge at[k] ---- */

struct rig_give {
    struct bl_part p;
    bl_push x;
    bl_table items, at;
    bl_tally given;
    int64_t lanes, bits, limit, first, every, chance, seed;
    uint64_t n, next;
};

static inline uint64_t rig_give_count(const struct rig_give *t)
{
    return t->items.n ? t->items.n / rig_words((uint32_t)t->lanes, (uint32_t)t->bits) : (uint64_t)t->limit;
}

static inline bl_verdict rig_give_tick(void *self)
{
    struct rig_give *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits), bits = (uint32_t)t->bits;
    const uint64_t now = bl_cycle(t), due = t->n < t->at.n ? BL_ROWS(uint64_t, t->at)[t->n] : 0;

    if (t->n >= rig_give_count(t))
        return BL_NAP(BL_IDLE);
    if (now < (uint64_t)t->first || now < t->next || now < due || !rig_acts(t->seed, now, t->chance))
        return RIG_PACE;
    if (!bl_room(t->x))
        return t->chance < 100 ? RIG_WAIT : BL_NAP(RIG_WAIT);
    void *item = bl_push_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        rig_store(item, bl_elem(t->x), i, t->items.n ? BL_ROWS(uint64_t, t->items)[t->n * n + i] : rig_random((uint64_t)t->seed, t->n, i, bits));
    t->n++;
    t->next = now + (uint64_t)t->every;
    charge(&t->given, 1);
    return BL_BUSY;
}

#define T struct rig_give
static const struct bl_field rig_give_fields[] = {
    BL_PUSH(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_DATA(T, items, uint64_t, "words of the items"),
    BL_DATA(T, at, uint64_t, "edge before which an item is not given"), BL_TALLY(T, given, "an item"),
    BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"), BL_PARAM(T, limit, 0, 0, 1e9, "random items, when there is no table"),
    BL_PARAM(T, first, 0, 0, 1e9, "edge of the first one"), BL_PARAM(T, every, 1, 1, 1e9, "cycles between two"),
    BL_PARAM(T, chance, 100, 0, 100, "of a cycle"), BL_PARAM(T, seed, 1, 0, 1e6, "of values and chance"), BL_VIEW(T, n, 1, 64, "items so far"),
    BL_WAITS(RIG_WAIT, x), BL_CAUSE(RIG_PACE, "its own pace"), { 0 }
};
#undef T
static const struct bl_class rig_give_class = { .name = "give", .help = "gives scripted items", .size = sizeof(struct rig_give),
    .tick = rig_give_tick, .fields = rig_give_fields };

/* ---- take: takes items and records them with their edges ---- */

struct rig_take {
    struct bl_part p;
    bl_pop x;
    bl_tally taken;
    int64_t lanes, bits, first, every, chance, seed, keep;
    uint64_t n, next;
    uint64_t *edge, *items;             /* [keep], [keep][words] */
};

static inline int rig_take_init(void *self)
{
    struct rig_take *t = self;

    t->edge = bl_alloc(t, (size_t)t->keep * sizeof *t->edge);
    t->items = bl_alloc(t, (size_t)t->keep * rig_words((uint32_t)t->lanes, (uint32_t)t->bits) * sizeof *t->items);
    return 0;
}

static inline bl_verdict rig_take_tick(void *self)
{
    struct rig_take *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);
    const uint64_t now = bl_cycle(t);

    if (now < (uint64_t)t->first || now < t->next || !rig_acts(t->seed, now, t->chance))
        return RIG_PACE;
    if (!bl_avail(t->x))
        return t->chance < 100 ? RIG_WAIT : BL_NAP(RIG_WAIT);
    KP_HOLDS(t->n < (uint64_t)t->keep, "%s: more than %lld items; set keep", bl_path(t), (long long)t->keep);
    const void *item = bl_pop_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        t->items[t->n * n + i] = rig_load(item, bl_elem(t->x), i);
    t->edge[t->n++] = now;
    t->next = now + (uint64_t)t->every;
    charge(&t->taken, 1);
    return BL_BUSY;
}

#define T struct rig_take
static const struct bl_field rig_take_fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_TALLY(T, taken, "an item"),
    BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"), BL_PARAM(T, first, 0, 0, 1e9, "edge from which it takes"),
    BL_PARAM(T, every, 1, 1, 1e9, "cycles between two"), BL_PARAM(T, chance, 100, 0, 100, "of a cycle"), BL_PARAM(T, seed, 2, 0, 1e6, "of the chance"),
    BL_PARAM(T, keep, 256, 1, 1e6, "items that are recorded"), BL_VIEW(T, n, 1, 64, "items so far"),
    BL_MEM(T, edge, "when"), BL_MEM(T, items, "what"), BL_WAITS(RIG_WAIT, x), BL_CAUSE(RIG_PACE, "its own pace"), { 0 }
};
#undef T
static const struct bl_class rig_take_class = { .name = "take", .help = "records items", .size = sizeof(struct rig_take),
    .init = rig_take_init, .tick = rig_take_tick, .fields = rig_take_fields };

/* ---- put: drives a word; value k of the table is written at edge at[k] (seen from at[k] + 1 on), k = 0 before the run if at[0] is 0 ---- */

struct rig_put { struct bl_part p; bl_out q; bl_table items, at; int64_t lanes, bits; uint64_t n; };

static inline void rig_put_next(struct rig_put *t)
{
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);

    for (uint32_t i = 0; i < n; i++)
        rig_store(bl_put_item(t->q), bl_elem(t->q), i, BL_ROWS(uint64_t, t->items)[t->n * n + i]);
    t->n++;
}

static inline int rig_put_init(void *self)
{
    struct rig_put *t = self;

    if (t->at.n && !BL_ROWS(uint64_t, t->at)[0])
        rig_put_next(t);
    return 0;
}

static inline bl_verdict rig_put_tick(void *self)
{
    struct rig_put *t = self;

    if (t->n >= t->at.n || bl_cycle(t) < BL_ROWS(uint64_t, t->at)[t->n])
        return BL_IDLE;
    rig_put_next(t);
    return BL_BUSY;
}

#define T struct rig_put
static const struct bl_field rig_put_fields[] = {
    BL_OUT(T, q, BL_BY(T, lanes), BL_BY(T, bits), "a word"), BL_DATA(T, items, uint64_t, "words of its values"),
    BL_DATA(T, at, uint64_t, "edges at which they are written"), BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"),
    BL_VIEW(T, n, 1, 64, "values so far"), { 0 }
};
#undef T
static const struct bl_class rig_put_class = { .name = "put", .help = "drives a scripted word", .size = sizeof(struct rig_put),
    .init = rig_put_init, .tick = rig_put_tick, .fields = rig_put_fields };

/* ---- look: records each change of a word, with the edge at which it is seen first ---- */

struct rig_look {
    struct bl_part p;
    bl_in d;
    int64_t lanes, bits, keep;
    uint64_t n;
    uint64_t *edge, *items, *now;       /* [keep], [keep][words], [words] */
};

static inline int rig_look_init(void *self)
{
    struct rig_look *t = self;
    const size_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);

    t->edge = bl_alloc(t, (size_t)t->keep * sizeof *t->edge);
    t->items = bl_alloc(t, (size_t)t->keep * n * sizeof *t->items);
    t->now = bl_alloc(t, n * sizeof *t->now);
    return 0;
}

static inline bl_verdict rig_look_tick(void *self)
{
    struct rig_look *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);
    bool same = true;

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t v = rig_load(bl_get_item(t->d), bl_elem(t->d), i);
        same = same && v == t->now[i];
        t->now[i] = v;
    }
    if (same)
        return BL_NAP(BL_IDLE);
    KP_HOLDS(t->n < (uint64_t)t->keep, "%s: more than %lld changes; set keep", bl_path(t), (long long)t->keep);
    memcpy(t->items + t->n * n, t->now, n * sizeof *t->now);
    t->edge[t->n++] = bl_cycle(t);
    return BL_BUSY;
}

#define T struct rig_look
static const struct bl_field rig_look_fields[] = {
    BL_IN(T, d, BL_BY(T, lanes), BL_BY(T, bits), "a word"), BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"),
    BL_PARAM(T, keep, 256, 1, 1e6, "changes that are recorded"), BL_VIEW(T, n, 1, 64, "changes so far"),
    BL_MEM(T, edge, "when"), BL_MEM(T, items, "what"), BL_MEM(T, now, "the last value"), { 0 }
};
#undef T
static const struct bl_class rig_look_class = { .name = "look", .help = "records a word", .size = sizeof(struct rig_look),
    .init = rig_look_init, .tick = rig_look_tick, .fields = rig_look_fields };

#endif

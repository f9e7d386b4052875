/* memory_rig.h - for the tests of memories and of what lies between them and their clients: requests as items, a plain model of a
 * link, and what a source and a sink of parts_rig.h do with it. A test that needs exact edges runs its own model of one part beside them. */
#ifndef BL_TESTS_MEMORY_RIG_H
#define BL_TESTS_MEMORY_RIG_H

#include "components/memory_item.h"
#include "tests/rigs/parts_rig.h"

/* ---- items one after the other, as rig_items takes them ---- */

struct mem_items { uint64_t word[65536]; size_t n; };

static inline uint64_t *mem_item(struct mem_items *m, size_t lanes)
{
    uint64_t *at = m->word + m->n;

    KP_HOLDS(m->n + lanes <= sizeof m->word / sizeof *m->word, "more words than a mem_items holds");
    m->n += lanes;
    memset(at, 0, lanes * sizeof *at);
    return at;
}

/* A read (of n words, for a DRAM), and a write of one lane, both `lanes` long. */
static inline void mem_read(struct mem_items *m, size_t lanes, uint64_t address, uint64_t n)
{
    uint64_t *item = mem_item(m, lanes);

    item[BL_MEMORY_ADDRESS] = address;
    item[BL_MEMORY_DATA] = n;
}
static inline void mem_write(struct mem_items *m, size_t lanes, uint64_t address, uint64_t data)
{
    uint64_t *item = mem_item(m, lanes);

    item[BL_MEMORY_KIND] = BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = address;
    item[BL_MEMORY_DATA] = data;
}

/* Item k of a take is item i of a give with this seed and no table. */
static inline void mem_is_random(const struct rig *r, const char *take, uint64_t k, uint64_t seed, uint64_t i)
{
    const uint32_t lanes = (uint32_t)rig_peek(r, "%s.lanes", take), bits = (uint32_t)rig_peek(r, "%s.bits", take);
    const uint64_t *item = rig_item(r, take, k);

    for (uint32_t w = 0; w < rig_words(lanes, bits); w++)
        KP_HOLDS(item[w] == rig_random(seed, i, w, bits), "%s: item %llu, word %u is not that of item %llu of seed %llu\n%s", take,
                 (unsigned long long)k, w, (unsigned long long)i, (unsigned long long)seed, r->script);
}

/* The sizes at which something may go wrong. */
static const uint32_t mem_lanes[] = { 1, 8, 31, 32, 33, 64, 65, 144 };
static const uint32_t mem_wide[] = { 33, 48, 63, 64, 65, 127, 128, 144 };
static inline uint32_t mem_some_lanes(struct kp_rng *g) { return mem_lanes[kp_below(g, 8)]; }
/* Bits 1 .. 32, one after the other, then wide ones. */
static inline uint32_t mem_some_bits(int i) { return i < 32 ? (uint32_t)i + 1 : mem_wide[(i - 32) % 8]; }

/* ---- a link, as both of its ends see it ---- */

struct mem_link { uint32_t depth; uint64_t pushed, popped, seen_pushed, seen_popped; };

static inline uint32_t mem_avail(const struct mem_link *l) { return (uint32_t)(l->seen_pushed - l->popped); }
static inline uint32_t mem_room(const struct mem_link *l) { return l->depth - (uint32_t)(l->pushed - l->seen_popped); }
static inline void mem_edge(struct mem_link *l)
{
    l->seen_pushed = l->pushed;
    l->seen_popped = l->popped;
}
/* What a give with n items and this chance does in a cycle; what a take does: true, it took one. */
static inline void mem_give(struct mem_link *l, uint64_t n, int64_t seed, uint64_t cycle, int64_t chance)
{
    l->pushed += l->pushed < n && rig_acts(seed, cycle, chance) && mem_room(l);
}
static inline bool mem_take(struct mem_link *l, int64_t seed, uint64_t cycle, int64_t chance)
{
    const bool takes = rig_acts(seed, cycle, chance) && mem_avail(l);

    l->popped += takes;
    return takes;
}

#endif

/* dram.h - the order of a far memory: requests are served as they came; a read of n words taken in tick t gives its words from
 * max(t + latency - 1, bus free) on, one an interval; a write taken in tick t takes the bus for an interval from max(t, bus free) on. A
 * request holds its place in the queue until its last word has left. In a tick first the word that is due leaves, so it makes room for a
 * request; then one request is taken, whose word may leave at once when none has left. Pure; used by dram (many clients) and host (one). */
#ifndef BL_DRAM_H
#define BL_DRAM_H

#include "components/memory_item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BL_DRAM_QUEUE = 64 };

struct bl_dram_request { uint64_t address, ready; uint32_t client, words; bool write; };
struct bl_dram {
    struct bl_dram_request at[BL_DRAM_QUEUE];
    uint64_t bus;                      /* first tick in which the bus is free */
    uint32_t first, n;                 /* place of the oldest request; how many */
};

/* What an item of memory_item.h asks: a write is of one word. */
static inline struct bl_dram_request bl_dram_request(const uint64_t *item, uint32_t client)
{
    const bool write = bl_memory_writes(item);
    const uint64_t n = write ? 1 : item[BL_MEMORY_DATA];

    return (struct bl_dram_request){ item[BL_MEMORY_ADDRESS], 0, client, n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, write };
}

/* Whether it asks for no word, or for one that is not among so many. */
static inline bool bl_dram_outside(const struct bl_dram_request *r, uint64_t words)
{
    return !r->words || r->words > words || r->address > words - r->words;
}

/* A request joins in this tick, and there must be a place; a write is one word. Returns its place, where the data of a write is kept
 * by the caller. `latency` in ticks, from 1. */
static inline uint32_t bl_dram_join(struct bl_dram *d, uint64_t tick, struct bl_dram_request r, uint64_t latency)
{
    const uint32_t place = (d->first + d->n++) % BL_DRAM_QUEUE;

    r.ready = r.write ? tick : tick + latency - 1;
    d->at[place] = r;
    return place;
}

/* The first tick in which the next word may leave, or be written, as things stand; there must be a request. */
static inline uint64_t bl_dram_when(const struct bl_dram *d)
{
    const uint64_t ready = d->at[d->first].ready;

    return ready > d->bus ? ready : d->bus;
}

/* The request whose next word may leave, or be written, in this tick; NULL: none. */
static inline const struct bl_dram_request *bl_dram_due(const struct bl_dram *d, uint64_t tick)
{
    return d->n && bl_dram_when(d) <= tick ? &d->at[d->first] : NULL;
}

/* That word leaves. */
static inline void bl_dram_leave(struct bl_dram *d, uint64_t tick, uint64_t interval)
{
    struct bl_dram_request *r = &d->at[d->first];

    d->bus = tick + interval;
    r->address++;
    if (--r->words)
        return;
    d->first = (d->first + 1) % BL_DRAM_QUEUE;
    d->n--;
}

#endif

/* datapaths.h - random platforms of general parts, as a script for kp_build.h, and a second account of them by firing tokens: an
 * actor fires when its inputs have items and its outputs have room, in any order, until nobody can. Where no arbiter and no shared
 * memory stands, the network is determinate, so any order leaves the same tokens: those that the simulation must leave too. */
#ifndef BL_TESTS_DATAPATHS_H
#define BL_TESTS_DATAPATHS_H

#include "components/memory_item.h"
#include "tests/rigs/kp_base.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum dp_kind { DP_GEN, DP_SINK, DP_DAC, DP_FIFO, DP_TREE, DP_SHIFT_ADD, DP_SLICER, DP_FORK, DP_JOIN, DP_ARBITER, DP_CLIENT, DP_MEMORY };
enum { DP_NODES = 64, DP_LINKS = 96, DP_PORTS = 4, DP_SCRIPT = 24000, DP_REQUESTS = 24 };

/* An actor. size: gen: items in all; fifo: depth; tree: registers; shift_add: partials a result; slicer: slices a value. */
struct dp_node {
    enum dp_kind kind;
    uint32_t size, nin, nout, in[DP_PORTS], out[DP_PORTS], clock;
    uint32_t held, took, gave;         /* as fired: inside; items taken (of in[0]) and given (on out[0]) */
};
struct dp_link { uint32_t depth, bits, items, from; };
/* What a client of the memory asks, in order; how many of it are reads, and the sum of what they must find. */
struct dp_client { uint32_t node, n, reads; uint64_t sum, item[DP_REQUESTS][BL_MEMORY_DATA + 1]; };
struct datapath {
    uint64_t seed, draws;
    struct dp_node node[DP_NODES];
    struct dp_link link[DP_LINKS];
    uint32_t nnodes, nlinks, clocks;
    bool shared;                       /* arbiters and a shared memory may be in it */
    struct dp_client client[DP_PORTS];
    uint32_t nclients;
    size_t n;
    char script[DP_SCRIPT];
};

static inline uint32_t dp_draw(struct datapath *d, uint32_t below) { return (uint32_t)(kp_mix(d->seed << 20 ^ ++d->draws) % below); }

__attribute__((format(printf, 2, 3)))
static inline void dp_say(struct datapath *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    d->n += (size_t)vsnprintf(d->script + d->n, sizeof d->script - d->n, fmt, ap);
    va_end(ap);
    KP_HOLDS(d->n < sizeof d->script, "script longer than DP_SCRIPT");
}

/* ---- making one ---- */

static inline uint32_t dp_node(struct datapath *d, enum dp_kind kind, const char *cls, uint32_t size)
{
    const uint32_t i = d->nnodes++;

    KP_HOLDS(i < DP_NODES, "more actors than DP_NODES");
    d->node[i] = (struct dp_node){ .kind = kind, .size = size, .clock = dp_draw(d, d->clocks) };
    dp_say(d, "part n%u %s c%u;", i, cls, d->node[i].clock);
    return i;
}

/* An output of node i, not yet wired; the port is written when it is. */
static inline uint32_t dp_open(struct datapath *d, uint32_t i, uint32_t bits)
{
    const uint32_t l = d->nlinks++;

    KP_HOLDS(l < DP_LINKS && d->node[i].nout < DP_PORTS, "more links than DP_LINKS");
    d->link[l] = (struct dp_link){ .bits = bits, .from = i };
    d->node[i].out[d->node[i].nout++] = l;
    return l;
}

static inline void dp_close(struct datapath *d, uint32_t l, uint32_t i, const char *out, const char *in)
{
    struct dp_link *k = &d->link[l];

    k->depth = 1 + dp_draw(d, 4);
    d->node[i].in[d->node[i].nin++] = l;
    dp_say(d, "wire n%u.%s n%u.%s d%u", k->from, out, i, in, k->depth);
    dp_say(d, d->node[k->from].clock == d->node[i].clock ? ";" : " s%u;", 1 + dp_draw(d, 3));
}

/* How the open output l is called. */
static inline const char *dp_out(const struct datapath *d, uint32_t l, char text[16])
{
    static const char *const port[] = { "x", "", "y", "y", "sum", "y", "y", "out", "y", "out", "x", "rsp" };
    const struct dp_node *n = &d->node[d->link[l].from];
    uint32_t k = 0;

    while (n->out[k] != l)
        k++;
    if (n->kind == DP_FORK || n->kind == DP_MEMORY)
        snprintf(text, 16, "%s[%u]", port[n->kind], k);
    else
        snprintf(text, 16, "%s", port[n->kind]);
    return text;
}

static inline uint32_t dp_stage(struct datapath *d, uint32_t l)
{
    const uint32_t bits = d->link[l].bits;
    const enum dp_kind kind = bits > 8 ? DP_FIFO : (enum dp_kind)(DP_DAC + dp_draw(d, d->shared ? 3 : 5));
    uint32_t size, i, step, out = bits;
    char text[16];

    switch (kind) {
    case DP_DAC:
        i = dp_node(d, kind, "dac", 0);
        break;
    case DP_FIFO:
        size = 1 + dp_draw(d, 6);
        i = dp_node(d, kind, "fifo", size);
        dp_say(d, "set n%u depth %u;", i, size);
        break;
    case DP_TREE:
        size = dp_draw(d, 4);
        i = dp_node(d, kind, "adder_tree", size);
        dp_say(d, "set n%u form values;set n%u lanes 1;set n%u operands 1;set n%u bits %u;set n%u stages %u;", i, i, i, i, bits, i, size + 1);
        break;
    case DP_SHIFT_ADD:
        size = 1 + dp_draw(d, 4);
        i = dp_node(d, kind, "shift_add", size);
        dp_say(d, "set n%u lanes 1;set n%u steps %u;set n%u width 8;set n%u is_signed 0;", i, i, size, i, i);
        out = 8;
        break;
    default:
        step = 1 + dp_draw(d, bits);
        size = (bits + step - 1) / step;
        i = dp_node(d, DP_SLICER, "slicer", size);
        dp_say(d, "set n%u form values;set n%u bits %u;set n%u step %u;", i, i, bits, i, step);
        out = step;
        break;
    }
    dp_close(d, l, i, dp_out(d, l, text), "x");
    return dp_open(d, i, out);
}

static inline void dp_end(struct datapath *d, uint32_t l)
{
    const uint32_t i = dp_node(d, DP_SINK, "sink", 0);
    char text[16];

    dp_say(d, "set n%u every %u;", i, 1 + dp_draw(d, 4));
    dp_close(d, l, i, dp_out(d, l, text), "x");
}

static inline uint32_t dp_fork(struct datapath *d, uint32_t l, uint32_t *open, uint32_t n)
{
    const uint32_t ways = 2 + dp_draw(d, 2), i = dp_node(d, DP_FORK, "demux", 0);
    char text[16];

    dp_say(d, "set n%u by all;set n%u ways %u;", i, i, ways);
    dp_close(d, l, i, dp_out(d, l, text), "in");
    for (uint32_t k = 0; k < ways; k++)
        open[n++] = dp_open(d, i, d->link[l].bits);
    return n;
}

static inline uint32_t dp_join(struct datapath *d, uint32_t a, uint32_t b)
{
    const uint32_t i = d->shared ? dp_node(d, DP_ARBITER, "arbiter", 0) : dp_node(d, DP_JOIN, "simd", 0);
    static const char *const policy[] = { "fixed", "rr", "oldest" };
    char text[16];

    if (d->shared)
        dp_say(d, "set n%u policy %s;", i, policy[dp_draw(d, 3)]);
    dp_close(d, a, i, dp_out(d, a, text), d->shared ? "in[0]" : "a");
    dp_close(d, b, i, dp_out(d, b, text), d->shared ? "in[1]" : "b");
    return dp_open(d, i, d->link[a].bits);
}

/* Writes and reads in the client's own part of the memory: a read finds what its client wrote last, whoever else is served. */
static inline void dp_requests(struct datapath *d, struct dp_client *c, uint64_t base)
{
    uint64_t cell[4] = { 0 };

    c->n = 5 + dp_draw(d, DP_REQUESTS - 4);
    for (uint32_t i = 0; i < c->n; i++) {
        const uint32_t at = i < 4 ? i : dp_draw(d, 4);
        const bool write = i < 4 || dp_draw(d, 3) == 0;
        if (write)
            cell[at] = kp_mix(d->seed << 20 ^ ++d->draws);
        c->reads += !write;
        c->sum += write ? 0 : cell[at];
        memcpy(c->item[i], (const uint64_t[]){ write ? BL_MEMORY_WRITE : BL_MEMORY_READ, base + at, write ? cell[at] : 0 }, sizeof c->item[i]);
    }
}

/* A banked memory of a few clients; their answers are open. */
static inline uint32_t dp_memory(struct datapath *d, uint32_t *open, uint32_t n)
{
    static const char *const ports[] = { "1rw", "1r1w", "2rw" };
    uint32_t req[DP_PORTS];
    char text[16];

    d->nclients = 1 + dp_draw(d, DP_PORTS);
    for (uint32_t k = 0; k < d->nclients; k++) {
        d->client[k].node = dp_node(d, DP_CLIENT, "give", 0);
        dp_requests(d, &d->client[k], 5 * k);
        req[k] = dp_open(d, d->client[k].node, 64);
    }
    const uint32_t i = dp_node(d, DP_MEMORY, "sram", 0);
    dp_say(d, "set n%u clients %u;set n%u words 64;set n%u banks %u;set n%u ports %s;set n%u latency %u;", i, d->nclients, i, i, 1u << dp_draw(d, 3), i,
           ports[dp_draw(d, 3)], i, 1 + dp_draw(d, 3));
    for (uint32_t k = 0; k < d->nclients; k++) {
        snprintf(text, sizeof text, "req[%u]", k);
        dp_close(d, req[k], i, "x", text);
        open[n++] = dp_open(d, i, 64);
    }
    return n;
}

/* A platform: sources, then so many random stages, forks and joins, then sinks at what is open. shared: joins are arbiters, and stages
 * give one item for each that they take, so that all that is made arrives. */
static inline void dp_make(struct datapath *d, uint64_t seed, bool shared)
{
    uint32_t open[DP_LINKS], n = 0;

    memset(d, 0, sizeof *d);
    d->seed = seed;
    d->shared = shared;
    d->clocks = 1 + dp_draw(d, 3);
    for (uint32_t c = 0; c < d->clocks; c++)
        dp_say(d, "clock c%u %u %u;", c, 1000 + 500 * dp_draw(d, 4), dp_draw(d, 300));
    for (uint32_t k = 1 + dp_draw(d, 3); k > 0; k--) {
        const uint32_t limit = 1 + dp_draw(d, 30), i = dp_node(d, DP_GEN, "gen", limit);
        dp_say(d, "set n%u bits 8;set n%u limit %u;set n%u every %u;", i, i, limit, i, 1 + dp_draw(d, 3));
        open[n++] = dp_open(d, i, 8);
    }
    if (shared && dp_draw(d, 2))
        n = dp_memory(d, open, n);
    for (uint32_t k = 2 + dp_draw(d, 10); k > 0; k--) {
        const uint32_t what = dp_draw(d, 4), at = dp_draw(d, n), other = dp_draw(d, n);
        if (what == 0 && n < 6 && !shared)
            n = dp_fork(d, open[at], open, n), open[at] = open[--n];
        else if (what == 1 && other != at && d->link[open[at]].bits == d->link[open[other]].bits)
            open[at] = dp_join(d, open[at], open[other]), open[other] = open[--n];
        else
            open[at] = dp_stage(d, open[at]);
    }
    while (n)
        dp_end(d, open[--n]);
}

/* ---- firing tokens ---- */

static inline bool dp_all(const struct datapath *d, const uint32_t *links, uint32_t n, bool room)
{
    for (uint32_t k = 0; k < n; k++)
        if (room ? d->link[links[k]].items == d->link[links[k]].depth : !d->link[links[k]].items)
            return false;
    return true;
}

static inline void dp_move(struct datapath *d, struct dp_node *n, bool takes, bool gives)
{
    for (uint32_t k = 0; takes && k < n->nin; k++)
        d->link[n->in[k]].items--;
    for (uint32_t k = 0; gives && k < n->nout; k++)
        d->link[n->out[k]].items++;
    n->took += takes;
    n->gave += gives;
}

/* Fires actor i once, if it can. */
static inline bool dp_fire(struct datapath *d, uint32_t i)
{
    struct dp_node *n = &d->node[i];
    const bool item = dp_all(d, n->in, n->nin, false), room = dp_all(d, n->out, n->nout, true);
    bool takes = item && room, gives = takes;

    if (n->kind == DP_GEN) {
        takes = false;
        gives = room && n->gave < n->size;
    } else if ((n->kind == DP_FIFO || n->kind == DP_TREE) && n->size) {
        gives = room && n->held;
        takes = !gives && item && n->held < n->size;
        n->held += takes;
        n->held -= gives;
    } else if (n->kind == DP_SHIFT_ADD) {
        gives = item && room && n->held + 1 == n->size;
        takes = gives || (item && n->held + 1 < n->size);
        n->held = gives ? 0 : n->held + takes;
    } else if (n->kind == DP_SLICER) {
        gives = room && (n->held || item);
        takes = gives && !n->held;
        n->held = takes ? n->size - 1 : n->held - gives;
    }
    dp_move(d, n, takes, gives);
    return takes || gives;
}

/* Until nobody can fire: in the order of the actors, or from the last one back. */
static inline void dp_fire_all(struct datapath *d, bool backwards)
{
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < d->nnodes; i++)
            moved |= dp_fire(d, backwards ? d->nnodes - 1 - i : i);
    }
}

#endif

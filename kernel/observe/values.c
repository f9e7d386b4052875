/* values.c - the present values of signals: lanes from where they are stored, packed as a trace shows them. */
#include "kernel/observe/watch.h"

static uint64_t signal_load(const unsigned char *p, uint32_t elem)
{
    uint64_t v = 0;

    switch (elem) {                  /* little-endian hosts */
    case 1: return *p;
    case 2: memcpy(&v, p, 2); return v;
    case 4: memcpy(&v, p, 4); return v;
    default: memcpy(&v, p, 8); return v;
    }
}

static void put_bits(uint64_t *to, uint32_t at, uint64_t v, uint32_t bits)
{
    uint32_t w = at / 64, o = at % 64;

    if (bits < 64)
        v &= (UINT64_C(1) << bits) - 1;
    to[w] |= v << o;
    if (o && o + bits > 64)
        to[w + 1] |= v >> (64 - o);
}

/* Lanes of `bits` each from their storage, packed into to[], which is all zeros. */
static void pack(uint64_t *to, const unsigned char *from, const struct signal *g)
{
    uint32_t at = 0;

    if (g->bits > 64) {
        uint32_t words = (g->bits + 63) / 64;
        from += (size_t)g->lane * words * 8;
        if (g->lanes == 1 || g->bits % 64 == 0) {
            memcpy(to, from, (size_t)g->lanes * words * 8);
            if (g->bits % 64)
                to[words - 1] &= (UINT64_C(1) << g->bits % 64) - 1;
            return;
        }
        for (uint32_t l = 0; l < g->lanes; l++, from += words * 8)
            for (uint32_t left = g->bits, w = 0; w < words; w++, left -= left < 64 ? left : 64) {
                put_bits(to, at, signal_load(from + w * 8, 8), left < 64 ? left : 64);
                at += left < 64 ? left : 64;
            }
        return;
    }
    from += (size_t)g->lane * g->elem;
    if (g->bits == 8 * g->elem) {
        memcpy(to, from, (size_t)g->lanes * g->elem);
        return;
    }
    for (uint32_t l = 0; l < g->lanes; l++, at += g->bits)
        put_bits(to, at, signal_load(from + (size_t)l * g->elem, g->elem), g->bits);
}

static void signal_value(const struct bl_sim *s, const struct signal *g, uint64_t *to)
{
    if (g->from == A_COUNT) {
        const struct bl_ring *r = s->frozen.rings[g->index];
        to[0] = *(const uint32_t *)r->push_word->now - *(const uint32_t *)r->pop_word->now;
        return;
    }
    if (g->words == 1)
        to[0] = 0;
    else
        memset(to, 0, g->words * sizeof *to);
    if (g->from == A_WORD) {
        pack(to, (const unsigned char *)s->frozen.words[g->index]->now + g->skip, g);
    } else if (g->from == A_VIEW) {
        pack(to, s->frozen.nodes[g->node]->self + g->skip, g);
    } else if (g->from == AN_ITEM) {
        const struct bl_ring *r = s->frozen.rings[g->index];
        uint32_t pushed = *(const uint32_t *)r->push_word->now;
        if (pushed)
            pack(to, r->data + (size_t)((pushed - 1) & r->mask) * r->slot + g->skip, g);
    }
}

bool signal_collect(const struct bl_sim *s, const struct signal *g)
{
    uint64_t *old = g->old, value[WIDEST / 64], differs = 0;

    for (uint32_t i = 0; g->src && i < g->words; i++) {
        uint64_t v = placed_value(g->src + 8 * (size_t)i, 0, i + 1 < g->words ? UINT64_MAX : g->mask);
        differs |= old[i] ^ v;
        old[i] = v;
    }
    if (g->src)
        return differs != 0;
    signal_value(s, g, value);
    if (!memcmp(old, value, g->words * sizeof *old))
        return false;
    memcpy(old, value, g->words * sizeof *old);
    return true;
}

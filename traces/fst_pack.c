/* fst_pack.c - equal chains are found first, then each chain that is left is packed: by LZ4, or deflated by one
 * stream that lives as long as the writer. */
#include "traces/fst_in.h"

#include <stdlib.h>

enum {
    LEVEL = 1,                 /* higher levels cost much and gain little on chains */
    SHORTEST = 32,             /* raw bytes below which packing never pays */
    SAMPLE = 1024,
    GAIN = 8, REST = 7,        /* a chain that shrinks by less than 1/8 is stored plain for 7 blocks: deflate
                                  is slowest where it gains nothing */
    SMALL = 8192,              /* up to here the small stream: resetting the big one clears 128 KiB */
    LONG = 8192, LZ4_SAMPLE = 4096     /* LZ4: longer chains are packed by the better of two searches */
};

int bl_fst_pack_init(struct bl_wave *w)
{
    w->ntwins = 16;
    while (w->ntwins < 2 * (size_t)w->nchains)
        w->ntwins *= 2;
    w->twin = malloc(w->ntwins * sizeof *w->twin);
    w->lz4 = malloc(sizeof *w->lz4);
    if (!w->twin || !w->lz4 || deflateInit2(&w->z, LEVEL, Z_DEFLATED, 15, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return -1;
    if (deflateInit2(&w->small, LEVEL, Z_DEFLATED, 12, 7, Z_DEFAULT_STRATEGY) != Z_OK) {
        deflateEnd(&w->z);
        return -1;
    }
    w->has_z = true;
    return 0;
}

void bl_fst_pack_fini(struct bl_wave *w)
{
    free(w->twin);
    free(w->lz4);
    if (w->has_z) {
        deflateEnd(&w->z);
        deflateEnd(&w->small);
    }
}

/* Deflates n bytes to fewer than n at `to`; 0 when that cannot be done. */
static size_t deflated(struct bl_wave *w, uint8_t *to, const uint8_t *src, size_t n)
{
    z_stream *z = n <= SMALL ? &w->small : &w->z;

    if (n < SHORTEST || n > UINT32_MAX || deflateReset(z) != Z_OK)
        return 0;
    /* One try for a match, not four: records repeat at the same distance or not at all. A fifth faster, and smaller,
       since a block of symbols then ends up with fewer different distances. */
    if (z == &w->z)
        deflateTune(z, 4, 4, 8, 1);
    z->next_in = (z_const Bytef *)(uintptr_t)src;
    z->avail_in = (uInt)n;
    z->next_out = to;
    z->avail_out = (uInt)n - 1;
    if (deflate(z, Z_FINISH) != Z_STREAM_END)
        return 0;
    return n - 1 - z->avail_out;
}

size_t bl_fst_squeeze(struct bl_wave *w, struct bl_bytes *b, const uint8_t *src, size_t n)
{
    uint8_t *to = bl_bytes_room(b, n);
    size_t packed = to ? deflated(w, to, src, n) : 0;

    if (packed) {
        b->n += packed;
        return packed;
    }
    bl_put(b, src, n);
    return n;
}

/* The same by LZ4. Below 64 KiB its block call searches by four bytes, which suits counters (the upper bytes repeat, not
 * the lowest); its stream call by five, which suits 32-bit words of few values, whose record is five bytes. */
static size_t lz4_by_4(struct bl_wave *w, uint8_t *to, const uint8_t *src, size_t n)
{
    return (size_t)LZ4_compress_fast_extState(w->lz4, (const char *)src, (char *)to, (int)n, (int)n - 1, 1);
}

static size_t lz4_by_5(struct bl_wave *w, uint8_t *to, const uint8_t *src, size_t n)
{
    LZ4_initStream(w->lz4, sizeof *w->lz4);
    return (size_t)LZ4_compress_fast_continue(w->lz4, (const char *)src, (char *)to, (int)n, (int)n - 1, 1);
}

static size_t lz4_packed(struct bl_wave *w, uint8_t *to, const struct chain *c)
{
    const uint8_t *middle = c->at + c->n / 2;

    if (c->n < SHORTEST)
        return 0;
    if (c->n < LONG)
        return lz4_by_4(w, to, c->at, c->n);
    size_t four = lz4_by_4(w, to, middle, LZ4_SAMPLE), five = lz4_by_5(w, to, middle, LZ4_SAMPLE);
    if (!five || (four && four <= five))
        return lz4_by_4(w, to, c->at, c->n);
    return lz4_by_5(w, to, c->at, c->n);
}

/* Whether deflate will gain anything worth its time; asked of a piece from the middle of a long chain. */
static bool looks_packable(struct bl_wave *w, uint8_t *scratch, const struct chain *c)
{
    if (c->n < 4 * SAMPLE)
        return true;
    size_t packed = deflated(w, scratch, c->at + c->n / 2, SAMPLE);
    return packed && packed <= SAMPLE - SAMPLE / GAIN;
}

/* One chain: its raw length and packed bytes, or 0 and the bytes as they are. */
static void put_chain(struct bl_wave *w, struct bl_bytes *b, struct chain *c)
{
    size_t head = b->n, packed = 0;

    bl_put_varint(b, c->n);
    uint8_t *to = bl_bytes_room(b, c->n);
    if (w->pack == '4') {
        packed = to ? lz4_packed(w, to, c) : 0;
    } else if (c->rest) {
        c->rest--;
    } else if (to && c->n >= SHORTEST) {
        packed = looks_packable(w, to, c) ? deflated(w, to, c->at, c->n) : 0;
        c->rest = packed && packed <= c->n - c->n / GAIN ? 0 : REST;
    }
    if (packed && b->n - head + packed <= c->n) {
        b->n += packed;
        return;
    }
    b->n = head;
    bl_put8(b, 0);
    bl_put(b, c->at, c->n);
}

static uint64_t hash(const struct chain *c)
{
    const uint64_t k = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t h = (c->n ^ (uint64_t)c->width << 32 ^ (uint64_t)c->kind << 48) * k, v = 0;
    uint32_t i = 0;

    for (; i + 8 <= c->n; i += 8) {
        memcpy(&v, c->at + i, 8);
        h = (h ^ v) * k;
        h ^= h >> 32;
    }
    for (v = 0; i < c->n; i++)
        v = v << 8 | c->at[i];
    h = (h ^ v) * k;
    return h ^ h >> 29;
}

/* An earlier chain of the same shape and bytes, or -1 and `i` is entered for later ones. */
static int64_t twin_of(struct bl_wave *w, uint32_t i)
{
    const struct chain *c = &w->chain[i];
    uint64_t h = hash(c);
    size_t at = h & (w->ntwins - 1);

    for (; w->twin[at].chain; at = (at + 1) & (w->ntwins - 1)) {
        const struct chain *t = &w->chain[w->twin[at].chain - 1];
        if (w->twin[at].hash == h && t->n == c->n && t->width == c->width && t->kind == c->kind
            && !memcmp(t->at, c->at, c->n))
            return w->twin[at].chain - 1;
    }
    w->twin[at] = (struct twin){ h, i + 1 };
    return -1;
}

/* Where the first chain of a block goes when it is chain number `first`. Position 1, but for this: fstapi
 * up to at least GTKWave 3.3.118 keeps the number L of the last chain of the block before, and sets a length
 * for L to (first position - old position of L). When L does not change in this block and that comes out
 * negative, it is taken for an alias. Either the alias points behind L, which fstapi ignores, or we leave
 * bytes that nobody reads before the first chain, so that the length is not negative. */
static size_t first_position(const struct bl_wave *w, uint32_t first)
{
    if (first == 0 || w->last_own <= first || w->last_at < 2 || w->last_at - 2 >= w->last_own)
        return 1;
    return w->last_at;
}

uint64_t bl_fst_pack_chains(struct bl_wave *w, struct bl_bytes *b)
{
    struct bl_bytes index = { 0 };
    size_t base = b->n, last = 0;
    int64_t last_twin = -1;
    uint64_t raw = 0, unchanged = 0;
    uint32_t own = 0;

    memset(w->twin, 0, w->ntwins * sizeof *w->twin);
    bl_put8(b, (unsigned char)w->pack);
    for (uint32_t i = 0; i < w->nchains; i++) {
        if (!w->chain[i].n) {
            unchanged++;
            continue;
        }
        if (unchanged)
            bl_put_varint(&index, unchanged << 1);
        unchanged = 0;
        raw += w->chain[i].n;
        int64_t twin = twin_of(w, i);
        if (twin < 0) {
            if (!last)
                for (size_t pad = first_position(w, i) - 1; pad; pad--)
                    bl_put8(b, 0);
            size_t here = b->n - base;
            own = i;
            bl_put_svarint(&index, (int64_t)(here - last) * 2 + 1);
            last = here;
            put_chain(w, b, &w->chain[i]);
        } else {
            bl_put_svarint(&index, twin == last_twin ? 1 : -(twin + 1) * 2 + 1);
            last_twin = twin;
        }
    }
    if (unchanged)
        bl_put_varint(&index, unchanged << 1);
    bl_put(b, index.at, index.n);
    bl_put_u64be(b, index.n);
    b->bad |= index.bad;
    bl_bytes_fini(&index);
    w->last_own = own;
    w->last_at = last;
    return raw;
}

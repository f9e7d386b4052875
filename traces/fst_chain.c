/* fst_chain.c - a change of a signal becomes a record of its chain, in the file's own form at once:
 * a varint of the steps in time since its last change, then the value. */
#include "traces/fst_in.h"

#include <assert.h>
#include <stdlib.h>

enum { HEAD = 5, SLACK = 8 };     /* bytes of a 32-bit varint; room for whole-word stores */
enum { LARGE = 64 << 10 };        /* a buffer that is not kept for the next block unless it is used */

static int grow(struct bl_wave *w, struct chain *c, size_t need)
{
    size_t cap = c->cap ? c->cap : 32;

    while (cap - c->n < need)
        cap *= 2;
    uint8_t *at = cap <= INT32_MAX ? realloc(c->at, cap) : NULL;
    if (!at)
        return bl_out_fail(&w->out, cap <= INT32_MAX ? "out of memory" : "2 GiB of changes of one signal in one step");
    c->at = at;
    c->cap = (uint32_t)cap;
    return 0;
}

/* The place for a record of at most `need` bytes; *delta is the step in time indexes. */
static inline uint8_t *record(struct bl_wave *w, struct chain *c, size_t need, uint32_t *delta)
{
    if (c->cap - c->n < need && grow(w, c, need))
        return NULL;
    *delta = w->index - c->tick;
    c->tick = w->index;
    c->last = c->n;
    return c->at + c->n;
}

static inline int done(struct bl_wave *w, struct chain *c, const uint8_t *end)
{
    uint32_t n = (uint32_t)(end - c->at);

    w->buffered += n - c->n;
    c->n = n;
    return 0;
}

static inline uint8_t *varint(uint8_t *p, uint32_t v)
{
    for (; v > 127; v >>= 7)
        *p++ = (uint8_t)(v | 128);
    *p++ = (uint8_t)v;
    return p;
}

static inline void store_be64(uint8_t *p, uint64_t v)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
#else
    bl_set_u64be(p, v);
#endif
}

/* Left aligned, most significant byte first. The shift is below 8, so that a word spills into its
 * upper neighbour only. */
static uint8_t *put_wide(uint8_t *p, const uint64_t *words, uint32_t width)
{
    size_t bytes = bits_bytes(width), top = bytes % 8;
    unsigned s = (8 - width % 8) % 8;

    for (size_t i = (bytes + 7) / 8; i-- > 0;) {
        uint64_t v = words[i] << s;
        size_t n = top ? top : 8;
        if (i && s)
            v |= words[i - 1] >> (64 - s);
        store_be64(p, v << (64 - 8 * n));
        p += n;
        top = 0;
    }
    return p;
}

static __attribute__((noinline)) int other_bits(struct bl_wave *w, struct chain *c, const uint64_t *words)
{
    size_t bytes = bits_bytes(c->width);
    uint32_t delta;
    uint8_t *p = record(w, c, HEAD + SLACK + bytes, &delta);

    assert(c->kind == BL_WAVE_BITS || c->kind == BL_WAVE_EVENT);
    if (!p)
        return -1;
    if (c->width == 1)
        return done(w, c, varint(p, delta << 2 | (uint32_t)(c->kind == BL_WAVE_EVENT || (words[0] & 1)) << 1));
    p = varint(p, delta << 1);
    if (c->width > 64)
        return done(w, c, put_wide(p, words, c->width));
    store_be64(p, words[0] << (64 - c->width));
    return done(w, c, p + bytes);
}

int bl_fst_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    assert(var < w->nvars);
    struct chain *c = &w->chain[w->slot[var]];
    uint32_t delta = w->index - c->tick, n = c->n, size = c->bytes;

    /* Nearly every change: 2 to 64 bits, changed not long ago, and room for the widest. */
    if (!size || delta >= 64 || c->cap - n < HEAD + 2 * SLACK)
        return other_bits(w, c, words);
    uint8_t *at = c->at + n;
    *at = (uint8_t)(delta << 1);
    store_be64(at + 1, words[0] << c->left);
    c->tick = w->index;
    c->last = n;
    c->n = n + 1 + size;
    w->buffered += 1 + size;
    return 0;
}

/* n characters 0 and 1, MSB first, as bytes, left aligned. */
static uint8_t *put_known(uint8_t *p, const char *ascii, size_t n)
{
    memset(p, 0, bits_bytes((uint32_t)n));
    for (size_t i = 0; i < n; i++)
        p[i / 8] |= (uint8_t)((ascii[i] & 1) << (7 - i % 8));
    return p + bits_bytes((uint32_t)n);
}

/* 0, 1: plain; the others have a number of their own when the signal has one bit. */
static const char STATES[] = "01xzhuwl-";
static const uint8_t CODE[] = { 0, 0, 1, 3, 5, 7, 9, 11, 13 };

int bl_fst_states(struct bl_wave *w, uint32_t var, const char *ascii)
{
    assert(var < w->nvars);
    struct chain *c = &w->chain[w->slot[var]];
    size_t known = strspn(ascii, "01"), n = strspn(ascii, STATES);
    uint32_t delta;

    assert(c->kind == BL_WAVE_BITS);
    if (n != c->width || ascii[n])
        return bl_out_fail(&w->out, "a value that is not one of 01xzhuwl- for each bit");
    uint8_t *p = record(w, c, HEAD + n, &delta);
    if (!p)
        return -1;
    if (known == n)
        return done(w, c, n == 1 ? varint(p, delta << 2 | (uint32_t)(*ascii & 1) << 1) : put_known(varint(p, delta << 1), ascii, n));
    if (n == 1)
        return done(w, c, varint(p, delta << 4 | CODE[strchr(STATES, *ascii) - STATES]));
    p = varint(p, delta << 1 | 1);
    memcpy(p, ascii, n);
    return done(w, c, p + n);
}

void bl_fst_double(uint8_t at[8], double value)
{
    uint64_t v;

    memcpy(&v, &value, sizeof v);
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

int bl_fst_real(struct bl_wave *w, uint32_t var, double value)
{
    assert(var < w->nvars);
    struct chain *c = &w->chain[w->slot[var]];
    uint32_t delta;
    uint8_t *p = record(w, c, HEAD + 8, &delta);

    assert(c->kind == BL_WAVE_REAL);
    if (!p)
        return -1;
    p = varint(p, delta << 1 | 1);
    bl_fst_double(p, value);
    return done(w, c, p + 8);
}

int bl_fst_string(struct bl_wave *w, uint32_t var, const char *text, size_t bytes)
{
    assert(var < w->nvars);
    struct chain *c = &w->chain[w->slot[var]];
    uint32_t delta;

    assert(c->kind == BL_WAVE_STRING);
    if (bytes > INT32_MAX / 4)
        return bl_out_fail(&w->out, "a text of more than 512 MiB");
    uint8_t *p = record(w, c, 2 * HEAD + bytes, &delta);
    if (!p)
        return -1;
    p = varint(varint(p, delta << 1), (uint32_t)bytes);
    if (bytes)
        memcpy(p, text, bytes);
    return done(w, c, p + bytes);
}

/* The newest record of a chain, as the frame spells it: a character a bit, or a raw double. */
static void newest(const struct chain *c, uint8_t *frame)
{
    const uint8_t *p = c->at + c->last;
    uint32_t head = 0;
    unsigned shift = 0;

    for (; *p & 128; shift += 7)
        head |= (uint32_t)(*p++ & 127) << shift;
    head |= (uint32_t)*p++ << shift;
    if (c->kind == BL_WAVE_REAL) {
        memcpy(frame, p, 8);
    } else if (c->width == 1) {
        *frame = (uint8_t)(head & 1 ? STATES[(head >> 1 & 7) + 2] : "01"[head >> 1 & 1]);
    } else if (head & 1) {
        memcpy(frame, p, c->width);
    } else {
        for (uint32_t i = 0; i < c->width; i++)
            frame[i] = (uint8_t)('0' + (p[i / 8] >> (7 - i % 8) & 1));
    }
}

void bl_fst_next_frame(struct bl_wave *w)
{
    uint8_t *frame = w->frame;

    for (uint32_t i = 0; i < w->nchains; i++) {
        struct chain *c = &w->chain[i];
        /* The frame of an event stays unknown: a value there would be drawn as one more event. */
        if (c->n && c->kind != BL_WAVE_STRING && c->kind != BL_WAVE_EVENT)
            newest(c, frame);
        frame += frame_bytes(c);
        /* What one busy block needed is given back, or the buffers of all signals would grow to it in turn. */
        if (c->cap > LARGE && c->n < c->cap / 8) {
            free(c->at);
            c->at = NULL;
            c->cap = 0;
        }
        c->n = c->last = c->tick = 0;
    }
}

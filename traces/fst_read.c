/* fst_read.c - reads FST files: finds their blocks, then tells one time after the other. A block is unpacked when
 * its time comes and dropped after it; a torn last block is left out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "traces/fst_read_in.h"

enum {
    HEADER = 0, CHANGES = 1, BLACKOUT = 2, GEOMETRY = 3, HIER_GZIP = 4, CHANGES_ALIAS = 5, HIER_LZ4 = 6, HIER_LZ4_TWICE = 7,
    CHANGES_ALIAS_2 = 8, SKIP = 255, HEADER_BYTES = 330
};

/* ---- header ---------------------------------------------------------------------------------- */

static int fixed_text(struct bl_wave_source *s, const uint8_t *at, size_t room, const char **text)
{
    const uint8_t *nul = memchr(at, 0, room);
    size_t n = nul ? (size_t)(nul - at) : room;

    while (n && at[n - 1] <= ' ')
        n--;
    char *copy = bl_read_text(s, (const char *)at, n);
    for (size_t i = 0; copy && i < n; i++)
        copy[i] = copy[i] >= ' ' && copy[i] <= '~' ? copy[i] : '_';
    *text = copy;
    return copy ? 0 : -1;
}

static int read_header(struct bl_wave_source *s)
{
    static const uint8_t e[8] = { 0x69, 0x57, 0x14, 0x8b, 0x0a, 0xbf, 0x05, 0x40 };
    int exponent;

    if (s->n < HEADER_BYTES)
        return bl_read_bad(s, s->n, "the file ends in its header, expected %d bytes", HEADER_BYTES);
    bool little = !memcmp(s->at + 25, e, 8), big = true;
    for (int i = 0; i < 8; i++)
        big = big && s->at[25 + i] == e[7 - i];
    if (!little && !big)
        return bl_read_bad(s, 25, "the double 2.718.. that tells the byte order is not there");
    s->fst->big_doubles = big;
    exponent = (int8_t)s->at[73];
    if (exponent < -21 || exponent > 3)
        return bl_read_bad(s, 73, "a unit of time of 10^%d s, expected 10^-21 (1 zs) to 10^3", exponent);
    s->head.exponent = exponent;
    s->head.form = "fst";
    return fixed_text(s, s->at + 74, 128, &s->head.version) || fixed_text(s, s->at + 202, 119, &s->head.date) ? -1 : 0;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static int add_block(struct bl_wave_source *s, uint64_t at, uint64_t length, uint8_t type)
{
    struct fst_reader *r = s->fst;
    enum { LEAST = 32 + 3 + 2 + 8 + 24 };      /* fixed part, frame head, count and pack type, index length, times */
    struct fst_block b = { .at = at + 9, .end = at + 1 + length, .type = type };

    if (length < LEAST)
        return bl_read_bad(s, at + 1, "a block of changes of %" PRIu64 " bytes, expected at least %d", length, LEAST);
    b.begin = bl_get_u64be(s->at + at + 9);
    b.finish = bl_get_u64be(s->at + at + 17);
    if (b.begin > b.finish || (r->nblocks && b.finish < r->block[r->nblocks - 1].finish))
        return bl_read_bad(s, at + 9, "a block from time %" PRIu64 " to %" PRIu64 ", expected it behind the one before",
                           b.begin, b.finish);
    if (r->nblocks == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct fst_block *more = realloc(r->block, cap * sizeof *more);
        if (!more)
            return bl_error(s->diag, "%s: out of memory", s->name);
        r->block = more;
        r->cap = cap;
    }
    r->block[r->nblocks++] = b;
    return 0;
}

/* Geometry and blackouts are looked at when all is known. A second one takes the place of the first, as in fstapi. */
static int note_block(struct bl_wave_source *s, uint64_t at, uint64_t length, uint8_t type)
{
    struct fst_reader *r = s->fst;

    switch (type) {
    case CHANGES: case CHANGES_ALIAS: case CHANGES_ALIAS_2:
        return add_block(s, at, length, type);
    case BLACKOUT:
        r->blackout = at;
        return 0;
    case GEOMETRY:
        r->geometry = at;
        return 0;
    case HIER_GZIP: case HIER_LZ4: case HIER_LZ4_TWICE:
        if (r->hierarchy)
            return bl_read_bad(s, at, "a second hierarchy, expected one");
        r->hierarchy = at;
        return 0;
    case SKIP:
        return 0;
    default:
        return bl_read_bad(s, at, "a block of type %u, which FST does not have", type);
    }
}

static int find_blocks(struct bl_wave_source *s)
{
    uint64_t at = HEADER_BYTES;

    while (at < s->n) {
        uint8_t type = s->at[at];
        uint64_t length = s->n - at >= 9 ? bl_get_u64be(s->at + at + 1) : UINT64_MAX;
        if (type == SKIP && length == 0)           /* fstapi was killed while it wrote it */
            length = UINT64_MAX;
        if (length > s->n - at - 1) {
            bl_read_torn(s, at);
            return 0;
        }
        if (length < 8)
            return bl_read_bad(s, at + 1, "a block of %" PRIu64 " bytes, expected at least 8", length);
        if (note_block(s, at, length, type))
            return -1;
        at += 1 + length;
    }
    return 0;
}

/* ---- declarations ---------------------------------------------------------------------------- */

uint8_t *bl_fst_read_packed(struct bl_wave_source *s, uint64_t at, uint64_t n, uint64_t raw, uint8_t type, const char *what)
{
    uint8_t *to = raw <= bl_unpack_most(type, n) && raw <= INT32_MAX ? malloc(raw + 1) : NULL;

    if (to && n == raw && type == 'Z')
        memcpy(to, s->at + at, n);
    else if (!to || !bl_unpack(&s->fst->unpack, type, s->at + at, n, to, raw)) {
        free(to);
        bl_read_bad(s, at, "%s: %" PRIu64 " packed bytes do not give the %" PRIu64 " they promise", what, n, raw);
        return NULL;
    }
    return to;
}

/* The hierarchy of fstapi's type 7 is LZ4 of (LZ4), the length in between in front. */
static uint8_t *unpack_twice(struct bl_wave_source *s, const uint8_t *p, const uint8_t *end, uint64_t raw)
{
    uint64_t middle;

    if (!bl_get_varint(&p, end, &middle)) {
        bl_read_bad(s, (uint64_t)(p - s->at), "a hierarchy without the length of its first packing");
        return NULL;
    }
    uint8_t *inner = bl_fst_read_packed(s, (uint64_t)(p - s->at), (uint64_t)(end - p), middle, '4', "the hierarchy");
    uint8_t *to = inner && raw <= bl_unpack_most('4', middle) && raw <= INT32_MAX ? malloc(raw + 1) : NULL;
    if (to && bl_unpack(&s->fst->unpack, '4', inner, middle, to, raw)) {
        free(inner);
        return to;
    }
    if (inner)
        bl_read_bad(s, s->fst->hierarchy, "the hierarchy does not give the %" PRIu64 " bytes it promises", raw);
    free(inner);
    free(to);
    return NULL;
}

static int read_hierarchy(struct bl_wave_source *s)
{
    uint64_t at = s->fst->hierarchy, length = bl_get_u64be(s->at + at + 1);
    const uint8_t *from = s->at + at + 17, *end = s->at + at + 1 + length;
    uint8_t *raw;

    if (length < 16)
        return bl_read_bad(s, at + 1, "a hierarchy of %" PRIu64 " bytes, expected at least 16", length);
    uint64_t nraw = bl_get_u64be(s->at + at + 9);
    if (s->at[at] == HIER_GZIP)
        raw = bl_unpack_gzip(from, (size_t)(end - from), nraw);
    else if (s->at[at] == HIER_LZ4)
        raw = bl_fst_read_packed(s, at + 17, (uint64_t)(end - from), nraw, '4', "the hierarchy");
    else
        raw = unpack_twice(s, from, end, nraw);
    if (!raw)
        return s->at[at] != HIER_GZIP ? -1
               : bl_read_bad(s, at + 17, "the hierarchy's gzip stream does not give the %" PRIu64 " bytes it promises", nraw);
    int rc = bl_fst_read_hier(s, raw, nraw, at);
    free(raw);
    return rc;
}

/* A crashed fstapi leaves the hierarchy beside the file, as it is. */
static int read_side_hierarchy(struct bl_wave_source *s)
{
    struct bl_bytes name = { 0 };
    uint8_t piece[4096];
    struct bl_bytes raw = { 0 };
    size_t got;

    bl_put_text(&name, s->name);
    bl_put(&name, ".hier", 6);
    FILE *f = s->mapped && !name.bad ? fopen((char *)name.at, "rb") : NULL;
    bl_bytes_fini(&name);
    if (!f)
        return bl_read_bad(s, s->n, "no hierarchy (block of type 4, 6 or 7), and no %s.hier beside the file", s->name);
    while ((got = fread(piece, 1, sizeof piece, f)) > 0)
        bl_put(&raw, piece, got);
    fclose(f);
    int rc = raw.bad ? bl_error(s->diag, "%s.hier: out of memory", s->name) : bl_fst_read_hier(s, raw.at, raw.n, 0);
    bl_bytes_fini(&raw);
    return rc;
}

static int lay_out(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;

    for (size_t i = 0; i < s->nvars; i++)
        s->head.nsignals += !s->vars[i].alias;
    r->n = (uint32_t)r->nhandles;
    r->signal = calloc((size_t)r->n + 1, sizeof *r->signal);
    r->due = calloc((size_t)r->n / 64 + 1, sizeof *r->due);
    r->some = calloc((size_t)r->n / 4096 + 1, sizeof *r->some);
    if (!r->signal || !r->due || !r->some)
        return bl_error(s->diag, "%s: out of memory for %u signals", s->name, r->n);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct fst_handle *h = &r->handle[i];
        r->signal[i] = (struct fst_signal){ .width = h->width, .port = h->port, .skip = !h->var, .kind = BL_WAVE_BITS };
        if (h->var) {
            r->signal[i].var = h->var - 1;
            r->signal[i].kind = s->vars[h->var - 1].kind;
        }
    }
    return s->nvars ? 0 : bl_read_bad(s, r->hierarchy, "no variables, expected at least one");
}

/* The widths say once more what the hierarchy says. */
static int check_geometry(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;
    uint64_t at = r->geometry, length = bl_get_u64be(s->at + at + 1), width = 0;

    if (length < 24)
        return bl_read_bad(s, at + 1, "a geometry of %" PRIu64 " bytes, expected at least 24", length);
    uint64_t raw = bl_get_u64be(s->at + at + 9), n = bl_get_u64be(s->at + at + 17);
    if (n != r->n)
        return bl_read_bad(s, at + 17, "widths of %" PRIu64 " signals, expected the %u of the hierarchy", n, r->n);
    uint8_t *copy = bl_fst_read_packed(s, at + 25, length - 24, raw, 'Z', "the geometry");
    if (!copy)
        return -1;
    const uint8_t *p = copy, *end = copy + raw;
    int rc = 0;
    for (uint32_t i = 0; i < r->n && !rc; i++) {
        const struct fst_signal *g = &r->signal[i];
        uint64_t want = g->kind == BL_WAVE_STRING ? UINT32_MAX : g->width;
        if (!bl_get_varint(&p, end, &width) || width != want)
            rc = bl_read_bad(s, at, "the width of signal %u is %" PRIu64 ", expected %" PRIu64 " as in the hierarchy",
                             i + 1, width, want);
    }
    free(copy);
    return rc;
}

static int read_blackouts(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;
    uint64_t at = r->blackout, length = bl_get_u64be(s->at + at + 1), n, delta, time = 0;
    const uint8_t *p = s->at + at + 9, *end = s->at + at + 1 + length;

    if (!bl_get_varint(&p, end, &n) || n > (uint64_t)(end - p) / 2)
        return bl_read_bad(s, at + 9, "a count of blackouts that does not fit its block");
    r->dump = calloc(n + 1, sizeof *r->dump);
    if (!r->dump)
        return bl_error(s->diag, "%s: out of memory", s->name);
    for (; r->ndumps < n; r->ndumps++) {
        bool on = p < end && *p++;
        if (!bl_get_varint(&p, end, &delta) || __builtin_add_overflow(time, delta, &time))
            return bl_read_bad(s, (uint64_t)(p - s->at), "a blackout that is cut off");
        r->dump[r->ndumps].at = time;
        r->dump[r->ndumps].on = on;
    }
    return 0;
}

int bl_fst_read_open(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst = calloc(1, sizeof *r);

    if (!r)
        return bl_error(s->diag, "%s: out of memory", s->name);
    if (read_header(s) || find_blocks(s))
        return -1;
    if (!r->nblocks)
        return bl_read_bad(s, s->head.torn ? s->head.torn_at : s->n,
                           "the file has no whole block of changes, expected at least one");
    if ((r->hierarchy ? read_hierarchy(s) : read_side_hierarchy(s)) || lay_out(s) || (r->geometry && check_geometry(s))
        || (r->blackout && read_blackouts(s)))
        return -1;
    s->head.blocks = r->nblocks;
    s->head.start = r->block[0].begin;
    s->head.end = r->block[r->nblocks - 1].finish;
    return 0;
}

void bl_fst_read_close(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;

    bl_fst_read_drop(r);
    bl_unpack_fini(&r->unpack);
    free(r->block);
    free(r->handle);
    free(r->signal);
    free(r->due);
    free(r->some);
    free(r->dump);
    free(r);
}

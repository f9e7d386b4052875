/* fst_read_block.c - takes one block of an FST file apart: its times, its index, and the chains of the signals that are
 * wanted, unpacked. */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/fst_read_in.h"

enum { FIXED = 24, TAIL = 24 };    /* begin, end, memory in front; three lengths of the times behind */

struct extent { const uint8_t *p, *end; };

/* Where the parts of a block are, and its chains as the index gives them. */
struct parts {
    struct bl_wave_source *s;
    const struct fst_block *b;
    struct extent frame, chains, index, times;     /* chains begin at the pack type */
    uint64_t frame_raw, frame_handles, handles, times_raw, ntimes;
    uint8_t pack;
    uint64_t *at;              /* by signal: where its chain begins in `chains`, 0: it has none */
    uint32_t *owner;           /* by signal: the signal whose chain this is */
    uint64_t *length;          /* by owner */
};

static uint64_t offset(const struct parts *q, const uint8_t *p)
{
    return (uint64_t)(p - q->s->at);
}

/* ---- taking a block apart --------------------------------------------------------------------- */

static int find_parts(struct parts *q)
{
    const uint8_t *file = q->s->at, *p = file + q->b->at + FIXED, *end = file + q->b->end - TAIL;
    uint64_t stored;

    if (!bl_get_varint(&p, end, &q->frame_raw) || !bl_get_varint(&p, end, &stored)
        || !bl_get_varint(&p, end, &q->frame_handles) || stored > (uint64_t)(end - p))
        return bl_read_bad(q->s, offset(q, p), "a frame that does not fit its block");
    q->frame = (struct extent){ p, p + stored };
    p += stored;
    if (!bl_get_varint(&p, end, &q->handles) || p == end || q->handles > q->s->fst->n || q->frame_handles > q->s->fst->n)
        return bl_read_bad(q->s, offset(q, p), "chains of %" PRIu64 " signals, expected at most %u", q->handles, q->s->fst->n);
    q->pack = *p == '!' ? 'Z' : *p;
    if (q->pack != 'Z' && q->pack != 'F' && q->pack != '4')
        return bl_read_bad(q->s, offset(q, p), "chains packed by method '%c', expected Z, F or 4",
                           *p >= ' ' && *p <= '~' ? *p : '?');
    const uint8_t *base = p;
    q->times_raw = bl_get_u64be(end);
    stored = bl_get_u64be(end + 8);
    q->ntimes = bl_get_u64be(end + 16);
    if (stored > (uint64_t)(end - base) - 1 || (uint64_t)(end - base) - 1 - stored < 8)
        return bl_read_bad(q->s, offset(q, end) + 8, "a table of times of %" PRIu64 " bytes, which does not fit its block",
                           stored);
    q->times = (struct extent){ end - stored, end };
    uint64_t index = bl_get_u64be(end - stored - 8);
    if (index > (uint64_t)(end - base) - 1 - stored - 8)
        return bl_read_bad(q->s, offset(q, end - stored) - 8,
                           "an index of %" PRIu64 " bytes, which does not fit its block", index);
    q->index = (struct extent){ end - stored - 8 - index, end - stored - 8 };
    q->chains = (struct extent){ base, q->index.p };
    return 0;
}

static int read_times(struct parts *q)
{
    struct bl_wave_source *s = q->s;
    struct fst_reader *r = s->fst;
    uint64_t at = offset(q, q->times.p), stored = (uint64_t)(q->times.end - q->times.p), time = 0, delta, last = r->now;

    if (q->ntimes > q->times_raw)
        return bl_read_bad(s, at, "%" PRIu64 " times in %" PRIu64 " bytes, expected at most one a byte", q->ntimes,
                           q->times_raw);
    uint8_t *raw = bl_fst_read_packed(s, at, stored, q->times_raw, 'Z', "the table of times");
    if (!raw)
        return -1;
    const uint8_t *p = raw, *end = raw + q->times_raw;
    r->time = malloc((q->ntimes + 1) * sizeof *r->time);
    r->list = calloc(q->ntimes + 1, sizeof *r->list);
    int rc = r->time && r->list ? 0 : bl_error(s->diag, "%s: out of memory", s->name);
    for (uint64_t i = 0; i < q->ntimes && !rc; i++) {
        if (!bl_get_varint(&p, end, &delta) || __builtin_add_overflow(time, delta, &time))
            rc = bl_read_bad(s, at, "time number %" PRIu64 " of the table is cut off or beyond 64 bits", i);
        else if (time < last)
            rc = bl_read_bad(s, at, "time %" PRIu64 " follows %" PRIu64, time, last);
        r->time[i] = last = rc ? last : time;
    }
    free(raw);
    r->ntimes = q->ntimes;
    return rc;
}

/* Notes that `signal` uses the chain of an earlier one, as the index has it: signal number from 1. */
static int alias(struct parts *q, uint64_t signal, uint64_t of)
{
    if (of == 0 || of > signal)
        return bl_read_bad(q->s, offset(q, q->index.p),
                           "signal %" PRIu64 " shares the chain of signal %" PRIu64 ", expected an earlier one",
                           signal + 1, of);
    q->at[signal] = q->at[of - 1];
    q->owner[signal] = q->owner[of - 1];
    return 0;
}

static int own(struct parts *q, uint64_t signal, uint64_t *position, uint64_t step, uint32_t *last)
{
    uint64_t room = (uint64_t)(q->chains.end - q->chains.p);

    if (step == 0 || step >= room || *position + step >= room)
        return bl_read_bad(q->s, offset(q, q->index.p),
                           "the chain of signal %" PRIu64 " begins %" PRIu64 " bytes behind position %" PRIu64
                           ", expected inside the %" PRIu64 " bytes of chains", signal + 1, step, *position, room);
    if (*position)
        q->length[*last] = step;
    *position += step;
    *last = (uint32_t)signal;
    q->at[signal] = *position;
    q->owner[signal] = (uint32_t)signal;
    return 0;
}

/* One entry of the index from signal *i on. Type 8: signed, odd numbers are a step or (not above 0) an alias; types 1
 * and 5: odd numbers are a step, 0 announces an alias. Even numbers are a run without changes. */
static int entry(struct parts *q, const uint8_t **p, uint64_t *i, uint64_t *position, uint32_t *last, uint64_t *twin)
{
    const uint8_t *end = q->index.end;
    uint64_t v;
    int64_t signed_v;

    if (q->b->type == 8 && **p & 1) {
        if (!bl_get_svarint(p, end, &signed_v))
            return bl_read_bad(q->s, offset(q, q->index.p), "an index that is cut off");
        if (signed_v > 1)
            return own(q, (*i)++, position, (uint64_t)signed_v >> 1, last);
        *twin = signed_v < 0 ? ((uint64_t)-signed_v + 1) >> 1 : *twin;
        return alias(q, (*i)++, *twin);
    }
    if (!bl_get_varint(p, end, &v))
        return bl_read_bad(q->s, offset(q, q->index.p), "an index that is cut off");
    if (q->b->type != 8 && v & 1)
        return own(q, (*i)++, position, v >> 1, last);
    if (q->b->type != 8 && v == 0)
        return bl_get_varint(p, end, &v) ? alias(q, (*i)++, v)
               : bl_read_bad(q->s, offset(q, q->index.p), "an index that is cut off");
    if (v >> 1 > q->handles - *i)
        return bl_read_bad(q->s, offset(q, q->index.p), "an index of more than %" PRIu64 " signals", q->handles);
    *i += v >> 1;
    return 0;
}

static int read_index(struct parts *q)
{
    const uint8_t *p = q->index.p;
    uint64_t position = 0, twin = 0, i = 0;
    uint32_t last = 0;

    while (p < q->index.end && i < q->handles)
        if (entry(q, &p, &i, &position, &last, &twin))
            return -1;
    if (p < q->index.end)
        return bl_read_bad(q->s, offset(q, p), "an index of more than %" PRIu64 " signals", q->handles);
    if (position)
        q->length[last] = (uint64_t)(q->chains.end - q->chains.p) - position;
    return 0;
}

/* ---- chains ------------------------------------------------------------------------------------ */

/* The bytes of each chain that somebody wants. Two walks: how much there is, then unpack. A chain is
 * "varint raw length, packed bytes", or "0, bytes". */
static int unpack_chains(struct parts *q, struct extent *data)
{
    struct bl_wave_source *s = q->s;
    struct fst_reader *r = s->fst;
    uint64_t sum = 0, raw;

    for (int pass = 0; pass < 2; pass++) {
        uint8_t *to = r->chains;
        for (uint64_t i = 0; i < q->handles; i++) {
            const uint8_t *p = q->chains.p + q->at[i], *end = p + q->length[i];
            if (!q->at[i] || q->owner[i] != i || !data[i].p)
                continue;
            if (!bl_get_varint(&p, end, &raw))
                return bl_read_bad(s, offset(q, p), "the chain of signal %" PRIu64 " is cut off", i + 1);
            size_t n = (size_t)(end - p);
            if (raw > bl_unpack_most(q->pack, n) || raw > INT32_MAX)
                return bl_read_bad(s, offset(q, p), "the chain of signal %" PRIu64 ": %zu bytes promise %" PRIu64,
                                   i + 1, n, raw);
            sum += raw;
            if (pass == 0)
                continue;
            if (raw && !bl_unpack(&r->unpack, q->pack, p, n, to, raw))
                return bl_read_bad(s, offset(q, p),
                                   "the chain of signal %" PRIu64 ": %zu packed bytes do not give the %" PRIu64
                                   " they promise", i + 1, n, raw);
            data[i] = raw ? (struct extent){ to, to + raw } : (struct extent){ p, end };
            to += raw;
        }
        if (pass == 0 && !(r->chains = malloc(sum + 1)))
            return bl_error(s->diag, "%s: out of memory for a block of %" PRIu64 " bytes", s->name, sum);
    }
    return 0;
}

static int start_signals(struct parts *q)
{
    struct fst_reader *r = q->s->fst;
    struct extent *data = calloc(q->handles + 1, sizeof *data);
    int rc = data ? 0 : bl_error(q->s->diag, "%s: out of memory", q->s->name);

    for (uint64_t i = 0; i < q->handles && !rc; i++)       /* a mark for unpack_chains: wanted */
        if (q->at[i] && bl_fst_read_wanted(q->s, i))
            data[q->owner[i]].p = q->chains.p;
    rc = rc ? rc : unpack_chains(q, data);
    for (uint64_t i = 0; i < q->handles && !rc; i++) {
        struct fst_signal *g = &r->signal[i];
        if (!q->at[i] || !bl_fst_read_wanted(q->s, i))
            continue;
        g->p = data[q->owner[i]].p;
        g->end = data[q->owner[i]].end;
        rc = bl_fst_read_start(q->s, g);
    }
    free(data);
    return rc;
}

static int read_frame(struct parts *q)
{
    struct fst_reader *r = q->s->fst;
    uint64_t want = 0, at = offset(q, q->frame.p);

    for (uint64_t i = 0; i < q->frame_handles; i++)
        want += r->signal[i].kind == BL_WAVE_REAL ? 8 : r->signal[i].width;
    if (want != q->frame_raw)
        return bl_read_bad(q->s, at, "a frame of %" PRIu64 " bytes, expected %" PRIu64 ", the sum of widths", q->frame_raw,
                           want);
    r->framed = q->frame_handles;
    r->frame = bl_fst_read_packed(q->s, at, (uint64_t)(q->frame.end - q->frame.p), want, 'Z', "the frame");
    return r->frame ? 0 : -1;
}

void bl_fst_read_drop(struct fst_reader *r)
{
    free(r->time);
    free(r->list);
    free(r->chains);
    free(r->frame);
    r->time = NULL;
    r->list = NULL;
    r->chains = r->frame = NULL;
    r->ntimes = r->tick = 0;
}

int bl_fst_read_load(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;
    struct parts q = { .s = s, .b = &r->block[r->loaded] };
    bool first = r->loaded == 0;

    bl_fst_read_drop(r);
    r->loaded++;
    if (find_parts(&q))
        return -1;
    q.at = calloc(q.handles + 1, sizeof *q.at);
    q.length = calloc(q.handles + 1, sizeof *q.length);
    q.owner = calloc(q.handles + 1, sizeof *q.owner);
    int rc = q.at && q.length && q.owner ? 0 : bl_error(s->diag, "%s: out of memory", s->name);
    rc = rc || read_times(&q) || read_index(&q) || start_signals(&q) ? -1 : 0;
    if (!rc && first && r->ntimes && q.b->begin < r->time[0])
        rc = read_frame(&q);
    free(q.at);
    free(q.length);
    free(q.owner);
    return rc;
}

/* fst_read_tell.c - tells what the blocks of an FST file hold, one time after the other in the order of signals: each chain
 * waits in the list of the time of its next record. */
#include <stdlib.h>

#include "traces/fst_read_in.h"

/* ---- chains ------------------------------------------------------------------------------------ */

static int bad_chain(struct bl_wave_source *s, const struct fst_signal *g, const char *what)
{
    const struct fst_reader *r = s->fst;

    return bl_read_bad(s, r->block[r->loaded - 1].at, "in this block, the chain of signal %td: %s", g - r->signal + 1, what);
}

/* Puts a signal into the list of the time of its next record. *delta 0: that is now. */
static inline int schedule(struct bl_wave_source *s, struct fst_signal *g, uint64_t tick, uint64_t *delta)
{
    struct fst_reader *r = s->fst;

    if (!bl_get_varint(&g->p, g->end, &g->head))
        return bad_chain(s, g, "a record that is cut off");
    *delta = g->head >> (g->width != 1 ? 1 : g->head & 1 ? 4 : 2);
    if (*delta >= r->ntimes - tick)
        return bad_chain(s, g, "a record behind the last time of the block");
    if (*delta) {
        g->next = r->list[tick + *delta];
        r->list[tick + *delta] = (uint32_t)(g - r->signal) + 1;
    }
    return 0;
}

int bl_fst_read_start(struct bl_wave_source *s, struct fst_signal *g)
{
    struct fst_reader *r = s->fst;
    uint64_t delta = 0;

    if (g->p == g->end)
        return 0;
    if (r->ntimes == 0)
        return bad_chain(s, g, "changes in a block without times");
    if (schedule(s, g, 0, &delta))
        return -1;
    if (delta == 0) {
        g->next = r->list[0];
        r->list[0] = (uint32_t)(g - r->signal) + 1;
    }
    return 0;
}

/* ---- telling ----------------------------------------------------------------------------------- */

static int tell_real(const struct fst_reader *r, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var,
                     const uint8_t *p)
{
    uint64_t v = 0;
    double value;

    for (int i = 0; i < 8; i++)
        v |= (uint64_t)p[i] << 8 * (r->big_doubles ? 7 - i : i);
    memcpy(&value, &v, sizeof value);
    return to->real(w, var, value) ? -1 : 0;
}

/* n bytes, most significant first and left aligned, as words. */
static int tell_bits(const struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const uint8_t *p,
                     uint32_t width)
{
    uint64_t *words = s->words;
    size_t n = (width + 7) / 8, count = (n + 7) / 8;
    unsigned shift = (8 - width % 8) % 8;

    for (size_t k = 0; k < count; k++) {
        size_t end = n - 8 * k, from = end > 8 ? end - 8 : 0;
        uint64_t v = 0;
        for (size_t i = from; i < end; i++)
            v = v << 8 | p[i];
        words[k] = v;
    }
    words[count] = 0;
    for (size_t k = 0; shift && k < count; k++)
        words[k] = words[k] >> shift | words[k + 1] << (64 - shift);
    return to->bits(w, var, words) ? -1 : 0;
}

/* The states of a port come first, then twice their strengths, which no other form has a place for. */
static int tell_port(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const uint8_t *p)
{
    uint32_t n = s->vars[var].width;

    for (uint32_t i = 0; i < n; i++)
        s->states[i] = bl_read_port_state((char)p[i]);
    return bl_read_tell_chars(s, to, w, var, s->states, n);
}

static int tell_chars(struct bl_wave_source *s, const struct fst_signal *g, const struct bl_wave_ops *to, struct bl_wave *w, const uint8_t *p)
{
    return g->port ? tell_port(s, to, w, g->var, p) : bl_read_tell_chars(s, to, w, g->var, (const char *)p, g->width);
}

/* Tells the record at g->p and moves behind it. */
static int tell(struct bl_wave_source *s, struct fst_signal *g, const struct bl_wave_ops *to, struct bl_wave *w)
{
    static const char *const STATES[] = { "x", "z", "h", "u", "w", "l", "-", "x" };
    static const uint64_t BIT[] = { 0, 1 };
    uint64_t n = g->kind == BL_WAVE_REAL ? 8 : g->head & 1 ? g->width : (g->width + 7) / 8;

    if (g->kind == BL_WAVE_EVENT)
        return to->bits(w, g->var, &BIT[1]) ? -1 : 0;
    if (g->width == 1 && g->head & 1)
        return to->states(w, g->var, STATES[g->head >> 1 & 7]) ? -1 : 0;
    if (g->width == 1)
        return to->bits(w, g->var, &BIT[g->head >> 1 & 1]) ? -1 : 0;
    if (g->kind == BL_WAVE_STRING && !bl_get_varint(&g->p, g->end, &n))
        return bad_chain(s, g, "a text without its length");
    if (n > (uint64_t)(g->end - g->p))
        return bad_chain(s, g, "a value that is cut off");
    const uint8_t *p = g->p;
    g->p += n;
    switch (g->kind) {
    case BL_WAVE_REAL:
        return tell_real(s->fst, to, w, g->var, p);
    case BL_WAVE_STRING:
        return to->string(w, g->var, (const char *)p, n) ? -1 : 0;
    default:
        if (g->head & 1)
            return tell_chars(s, g, to, w, p);
        return g->port ? bl_read_odd(s, s->fst->block[s->fst->loaded - 1].at, "bits for a port, which has states and strengths; skipped", "", 0)
               : tell_bits(s, to, w, g->var, p, g->width);
    }
}

/* All records of a signal at this time; then it waits for its next. */
static int tell_signal(struct bl_wave_source *s, struct fst_signal *g, const struct bl_wave_ops *to, struct bl_wave *w)
{
    uint64_t delta = 0;

    while (delta == 0) {
        if (tell(s, g, to, w))
            return -1;
        if (g->p == g->end)
            return 0;
        if (schedule(s, g, s->fst->tick, &delta))
            return -1;
    }
    return 0;
}

/* What changes at this tick, sorted by number: the bits of `due`, found through the bits of `some`. */
static int tell_tick(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    struct fst_reader *r = s->fst;
    uint32_t i = r->list[r->tick];
    int rc = 0;

    if (i && !r->signal[i - 1].next)
        return tell_signal(s, &r->signal[i - 1], to, w);
    for (; i; i = r->signal[i - 1].next) {
        r->due[(i - 1) / 64] |= UINT64_C(1) << ((i - 1) & 63);
        r->some[(i - 1) / 4096] |= UINT64_C(1) << ((i - 1) / 64 & 63);
    }
    for (size_t k = 0; k <= r->n / 4096; k++)
        for (; r->some[k]; r->some[k] &= r->some[k] - 1) {
            size_t word = 64 * k + (size_t)__builtin_ctzll(r->some[k]);
            for (; r->due[word]; r->due[word] &= r->due[word] - 1)
                if (!rc)
                    rc = tell_signal(s, &r->signal[64 * word + (size_t)__builtin_ctzll(r->due[word])], to, w);
        }
    return rc;
}

static int tell_frame(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    struct fst_reader *r = s->fst;
    const uint8_t *p = r->frame;
    int rc = 0;

    for (uint64_t i = 0; i < r->framed && !rc; i++) {
        const struct fst_signal *g = &r->signal[i];
        bool wanted = bl_fst_read_wanted(s, i);
        if (wanted && g->kind == BL_WAVE_REAL)
            rc = tell_real(r, to, w, g->var, p);
        else if (wanted && g->kind == BL_WAVE_BITS)
            rc = tell_chars(s, g, to, w, p);
        p += g->kind == BL_WAVE_REAL ? 8 : g->width;
    }
    free(r->frame);
    r->frame = NULL;
    return rc;
}

/* Blocks whose times are all told make room for the next. 1: there is a time; 0: that was all. */
static int more(struct bl_wave_source *s)
{
    struct fst_reader *r = s->fst;

    while (r->tick == r->ntimes) {
        if (r->loaded == r->nblocks)
            return 0;
        if (bl_fst_read_load(s))
            return -1;
    }
    return 1;
}

int bl_fst_read_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w)
{
    struct fst_reader *r = s->fst;
    int rc = more(s);

    if (rc <= 0)
        return rc;
    uint64_t at = r->frame ? r->block[0].begin : r->time[r->tick];
    const struct fst_dump *d = r->dump;
    if (r->next_dump < r->ndumps && d[r->next_dump].at < at && d[r->next_dump].at > r->now
        && d[r->next_dump].at > s->head.start)
        at = d[r->next_dump].at;
    r->now = at;
    if (to->time(w, at))
        return -1;
    for (; r->next_dump < r->ndumps && d[r->next_dump].at <= at; r->next_dump++)
        if (to->dump && to->dump(w, d[r->next_dump].on))
            return -1;
    if (r->frame && at == r->block[0].begin && tell_frame(s, to, w))
        return -1;
    /* A block begins with the time at which the one before it ended. */
    while ((rc = more(s)) > 0 && r->time[r->tick] == at) {
        if (tell_tick(s, to, w))
            return -1;
        r->tick++;
    }
    return rc < 0 ? -1 : 1;
}

/* kanata.c - a run as a Kanata log, for Konata: a row an item of a channel, from the push until its taker has finished
 * with it, with what its taker stalled on. FORMAT.md describes the records. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/flow.h"
#include "traces/traces.h"

enum { CHUNK = 1 << 16, FIRST_STALL = 2 };
static const uint64_t NOBODY = UINT64_MAX;

struct bl_wave {
    struct bl_out out;
    struct bl_bytes text;
    struct bl_flow flow;
    uint32_t *verdict;         /* by part */
    uint64_t *at_work;         /* by channel: the item that its taker has taken last */
    uint32_t *pushed, *popped; /* by channel: what was told at this time */
    uint64_t *newest;          /* by part: the item it took last, of any channel */
    uint32_t *shown;           /* by channel: the stall that its item at work shows, 0: none */
    uint64_t now, cycle, written, items, retired;    /* written: cycle that the log is at */
    bool ticking, moved;       /* the clock has been seen; something else happened at this time */
};

__attribute__((format(printf, 2, 3))) static void put(struct bl_wave *w, const char *fmt, ...)
{
    char line[1200];
    va_list ap;

    if (w->cycle > w->written) {
        snprintf(line, sizeof line, "C\t%llu\n", (unsigned long long)(w->cycle - w->written));
        bl_put_text(&w->text, line);
        w->written = w->cycle;
    }
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    bl_put_text(&w->text, line);
}

typedef unsigned long long ull;

/* ---- the life of an item ---- */

static void end_stall(struct bl_wave *w, uint32_t channel)
{
    if (w->shown[channel])
        put(w, "E\t%llu\t1\tst\n", (ull)w->at_work[channel]);
    w->shown[channel] = 0;
}

/* The item at work shows what its taker stalls on. */
static void show_stall(struct bl_wave *w, uint32_t channel)
{
    const struct bl_flow_channel *c = &w->flow.channel[channel];
    const struct bl_flow_part *p = c->taker == UINT32_MAX ? NULL : &w->flow.part[c->taker];
    uint32_t v = p && w->verdict[c->taker] >= FIRST_STALL ? w->verdict[c->taker] : 0;
    ull id = w->at_work[channel];

    if (w->at_work[channel] == NOBODY || v == w->shown[channel])
        return;
    end_stall(w, channel);
    w->shown[channel] = v;
    if (v) {
        put(w, "S\t%llu\t1\tst\n", id);
        put(w, "L\t%llu\t2\t%s: %s\n", id, p->path, v < p->nverdicts ? p->verdict[v] : "?");
    }
}

static void retire(struct bl_wave *w, uint32_t channel)
{
    ull id = w->at_work[channel];

    if (w->at_work[channel] == NOBODY)
        return;
    end_stall(w, channel);
    put(w, "E\t%llu\t0\tX\n", id);
    put(w, "R\t%llu\t%llu\t0\n", id, (ull)w->retired++);
    w->at_work[channel] = NOBODY;
}

static void take(struct bl_wave *w, uint32_t channel)
{
    struct bl_flow_channel *c = &w->flow.channel[channel];
    uint64_t id;

    retire(w, channel);
    if (!bl_flow_pop(c, &id))
        return;
    put(w, "S\t%llu\t0\tX\n", (ull)id);
    w->at_work[channel] = id;
    if (c->taker != UINT32_MAX)
        w->newest[c->taker] = id;
}

static bool alive(const struct bl_wave *w, uint64_t id)
{
    for (size_t i = 0; i < w->flow.nchannels; i++)
        if (w->at_work[i] == id)
            return true;
    return false;
}

static void give(struct bl_wave *w, uint32_t channel)
{
    struct bl_flow_channel *c = &w->flow.channel[channel];
    uint64_t id = w->items, from = c->giver == UINT32_MAX ? NOBODY : w->newest[c->giver];
    uint32_t number = c->pushed;

    if (!bl_flow_push(c, id)) {
        w->text.bad = true;
        return;
    }
    w->items++;
    put(w, "I\t%llu\t%llu\t%u\n", (ull)id, (ull)id, (unsigned)channel);
    put(w, "L\t%llu\t0\t%s #%u\n", (ull)id, c->name, (unsigned)number);
    put(w, "S\t%llu\t0\tqX\n", (ull)id);
    if (from != NOBODY && alive(w, from))
        put(w, "W\t%llu\t%llu\t0\n", (ull)id, (ull)from);
}

/* Everything of a time is known: what was there is taken first, then what is new is given, and taken at once if it
 * was; then the stalls. */
static void settle(struct bl_wave *w)
{
    for (uint32_t i = 0; w->moved && i < w->flow.nchannels; i++) {
        struct bl_flow_channel *c = &w->flow.channel[i];
        while (c->known && c->popped != w->popped[i] && c->popped != c->pushed)
            take(w, i);
    }
    for (uint32_t i = 0; w->moved && i < w->flow.nchannels; i++) {
        struct bl_flow_channel *c = &w->flow.channel[i];
        while (c->known && c->pushed != w->pushed[i] && !w->text.bad) {
            give(w, i);
            if (c->popped != w->popped[i])
                take(w, i);
        }
    }
    for (uint32_t i = 0; w->moved && i < w->flow.nchannels; i++)
        show_stall(w, i);
    w->moved = false;
}

/* ---- what is told ---- */

static void counted(struct bl_wave *w, const struct bl_flow_var *v, uint32_t value)
{
    struct bl_flow_channel *c = &w->flow.channel[v->index];

    (v->kind == BL_FLOW_PUSHED ? w->pushed : w->popped)[v->index] = value;
    if (c->known)
        return;
    *(v->kind == BL_FLOW_PUSHED ? &c->pushed : &c->popped) = value;
    c->known = v->kind == BL_FLOW_POPPED;      /* pushed comes before popped */
}

static int bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    const struct bl_flow_var *v = &w->flow.var[var];

    if (v->kind == BL_FLOW_CLOCK && v->index == 0 && words[0]) {
        w->cycle += w->ticking;
        w->ticking = true;
    } else if (v->kind == BL_FLOW_VERDICT) {
        w->verdict[v->index] = (uint32_t)words[0];
        w->moved = true;
    } else if (v->kind == BL_FLOW_PUSHED || v->kind == BL_FLOW_POPPED) {
        counted(w, v, (uint32_t)words[0]);
        w->moved = true;
    }
    return w->text.bad ? bl_out_fail(&w->out, "out of memory") : 0;
}

static int real(struct bl_wave *w, uint32_t var, double value)
{
    (void)w, (void)var, (void)value;           /* there is no place for power in a Kanata log */
    return 0;
}

static int tell_time(struct bl_wave *w, uint64_t fs)
{
    settle(w);
    if (w->text.n >= CHUNK) {
        if (bl_out_append(&w->out, w->text.at, w->text.n))
            return -1;
        bl_out_safe(&w->out, w->now);
        w->text.n = 0;
    }
    w->now = fs;
    return 0;
}

/* Items under way are flushed: nobody will say what became of them. */
static void forget(struct bl_wave *w)
{
    uint64_t id;

    for (uint32_t i = 0; i < w->flow.nchannels; i++) {
        retire(w, i);
        for (struct bl_flow_channel *c = &w->flow.channel[i]; c->n;)
            if (bl_flow_pop(c, &id))
                put(w, "R\t%llu\t%llu\t1\n", (ull)id, (ull)w->retired++);
        bl_flow_forget(&w->flow.channel[i]);
    }
}

static int dump(struct bl_wave *w, bool on)
{
    if (!on) {
        settle(w);
        forget(w);
    }
    return 0;
}

static uint64_t bytes(const struct bl_wave *w) { return w->out.end + w->text.n; }

/* ---- open and close ---- */

static void drop(struct bl_wave *w)
{
    bl_flow_fini(&w->flow);
    bl_bytes_fini(&w->text);
    void *all[] = { w->verdict, w->at_work, w->pushed, w->popped, w->newest, w->shown, w };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]);
}

static int make_room(struct bl_wave *w)
{
    size_t parts = w->flow.nparts + 1, channels = w->flow.nchannels + 1;

    w->verdict = calloc(parts, sizeof *w->verdict);
    w->newest = malloc(parts * sizeof *w->newest);
    w->at_work = malloc(channels * sizeof *w->at_work);
    w->pushed = calloc(channels, sizeof *w->pushed);
    w->popped = calloc(channels, sizeof *w->popped);
    w->shown = calloc(channels, sizeof *w->shown);
    if (!w->verdict || !w->newest || !w->at_work || !w->pushed || !w->popped || !w->shown)
        return -1;
    memset(w->newest, 0xff, parts * sizeof *w->newest);
    memset(w->at_work, 0xff, channels * sizeof *w->at_work);
    return 0;
}

static struct bl_wave *open_log(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start_fs, struct bl_diag *diag)
{
    struct bl_wave *w = calloc(1, sizeof *w);

    if (!w || bl_flow_init(&w->flow, vars, nvars) || make_room(w)) {
        bl_error(diag, "%s: out of memory", path);
    } else if (bl_out_open(&w->out, path, false, diag) == 0) {
        w->now = start_fs;
        bl_put_text(&w->text, "Kanata\t0004\nC=\t0\n");
        return w;
    }
    if (w)
        drop(w);
    return NULL;
}

static int close_log(struct bl_wave *w, uint64_t end_fs)
{
    (void)end_fs;
    settle(w);
    forget(w);
    if (w->text.bad)
        bl_out_fail(&w->out, "out of memory");
    else
        bl_out_append(&w->out, w->text.at, w->text.n);
    int rc = bl_out_close(&w->out);
    drop(w);
    return rc;
}

const struct bl_wave_ops bl_kanata_writer = {
    .suffix = "kanata", .help = "Kanata log, for Konata", .timeline = true,
    .open = open_log, .time = tell_time, .bits = bits, .real = real, .dump = dump, .bytes = bytes, .close = close_log
};

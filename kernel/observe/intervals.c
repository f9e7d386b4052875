/* intervals.c - statistics over time: what each part spent and used and how full each channel was, interval by interval. An interval is closed
 * when time moves to its end or beyond: nothing is put into the run. */
#include "kernel/observe/watch.h"

#include <stdlib.h>

static const uint32_t NUMBER = MOST_TRACES;      /* in what the loop tells of a word, where traces have theirs */
__extension__ typedef unsigned __int128 item_fs;

struct channel {
    const struct bl_ring *ring;
    struct bl_level_row row;
    uint32_t level, most;            /* as of `since`; the highest that it had for any time of this interval */
    uint64_t since;
    item_fs sum;                     /* of this interval */
    bool moved;
};

struct intervals {
    uint64_t every, from;            /* fs; where the one that is open began */
    int (*closed)(void *ctx, const struct bl_interval *i);
    void *ctx;
    size_t counters;                 /* of verdicts of all parts that spend time */
    uint64_t *spent, *before;        /* of an interval; all as of `from` */
    bl_yj *energy, *energy_before;   /* by part */
    struct channel *channel; struct bl_level *level; size_t nchannels;
    uint32_t *moved, nmoved;         /* channels whose counters moved at this time */
    struct arena names;
    bool over, open;                 /* over: `closed` wants no more; open: everything is there, and it listens */
};

/* ---- channels ---- */

static uint32_t items_in(const struct bl_ring *r) { return *(const uint32_t *)r->push_word->now - *(const uint32_t *)r->pop_word->now; }

/* What it held since the last time that somebody looked. */
static void hold(struct channel *c, uint64_t to)
{
    if (to <= c->since)
        return;
    c->sum += (item_fs)c->level * (to - c->since);
    c->most = c->level > c->most ? c->level : c->most;
    c->since = to;
}

/* Everything of this time has happened. */
static void look(struct intervals *v, uint64_t now)
{
    for (uint32_t k = 0; k < v->nmoved; k++) {
        struct channel *c = &v->channel[v->moved[k]];
        hold(c, now);
        c->level = items_in(c->ring);
        c->moved = false;
    }
    v->nmoved = 0;
}

static void mark(struct intervals *v, uint32_t k)
{
    if (v->channel[k].moved)
        return;
    v->channel[k].moved = true;
    v->moved[v->nmoved++] = k;
}

static void mark_all(struct bl_sim *s)
{
    struct intervals *v = s->onlookers->intervals;

    for (uint32_t k = 0; k < v->nchannels; k++)
        mark(v, k);
}

static const char *end_text(struct intervals *v, const struct bl_node *n, enum bl_field_kind kind, uint32_t ring)
{
    uint32_t element;

    for (uint32_t i = 0; i < n->nports; i++)
        if (n->port[i] == ring && port_field(n, i, &element)->kind == kind)
            return arena_text(&v->names, "%s.%s", n->path, port_text(&v->names, n, i));
    return n->path;
}

static void add_channel(struct intervals *v, const struct bl_sim *s, const struct bl_node *n, uint32_t ring)
{
    const struct bl_ring *r = s->frozen.rings[ring];
    const struct link_info *l = &s->frozen.links[ring];

    v->channel[v->nchannels++] = (struct channel){ .ring = r, .since = s->core->now, .level = items_in(r), .row = {
        .from = end_text(v, n, BL_KIND_PUSH, ring), .to = end_text(v, s->frozen.nodes[l->pop_node], BL_KIND_POP, ring),
        .depth = r->depth, .is_pipe = l->pipe } };
}

/* In path order of who pushes; those with an open end hold nothing that anybody waits for. */
static void find_channels(struct intervals *v, const struct bl_sim *s)
{
    uint32_t element;

    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0; k < n->nports; k++) {
            if (n->port[k] == NONE || port_field(n, k, &element)->kind != BL_KIND_PUSH)
                continue;
            const struct link_info *l = &s->frozen.links[n->port[k]];
            if (l->push_node == n->id && l->pop_node != NONE)
                add_channel(v, s, n, n->port[k]);
        }
    }
}

static void hear(struct bl_sim *s, const struct intervals *v)
{
    for (uint32_t k = 0; k < v->nchannels; k++) {
        listen_to(s, v->channel[k].ring->push_word, WATCHES, NUMBER << TRACE_SHIFT | k);
        listen_to(s, v->channel[k].ring->pop_word, WATCHES, NUMBER << TRACE_SHIFT | k);
    }
    freeze_listeners(s);
}

/* ---- an interval ends ---- */

static bool spends(const struct bl_node *n) { return !is_scope(n) && has_account(n->info->cls); }

static uint32_t spent_at(const struct bl_sim *s, size_t part, uint64_t at, uint64_t *v)
{
    const struct bl_node *n = s->frozen.nodes[part];

    if (!spends(n))
        return 0;
    for (uint32_t k = 0; v && k < n->info->nverdicts; k++)
        v[k] = ledger_spent(s, n, k, at);
    return n->info->nverdicts;
}

uint32_t bl_spent(const struct bl_sim *s, size_t part, uint64_t *v)
{
    if (NOBODY(s) || no_row(s, __func__, "part", part, bl_part_count(s)))
        return 0;
    return spent_at(s, part, s->core->now, v);
}

/* All as of `at`, and what came to it since the last time; true: anything did. */
static bool take(struct intervals *v, const struct bl_sim *s, uint64_t at)
{
    bool any = false;
    size_t k = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++) {
        bl_yj e = is_scope(s->frozen.nodes[i]) ? 0 : energy_of(s, s->frozen.nodes[i], at);
        v->energy[i] = e - v->energy_before[i];
        v->energy_before[i] = e;
        any |= v->energy[i] != 0;
        uint32_t n = spent_at(s, i, at, v->spent + k);
        for (size_t end = k + n; k < end; k++) {
            uint64_t all = v->spent[k];
            v->spent[k] = all - v->before[k];
            v->before[k] = all;
            any |= v->spent[k] != 0;
        }
    }
    return any;
}

static void take_levels(struct intervals *v, uint64_t at)
{
    for (size_t k = 0; k < v->nchannels; k++) {
        struct channel *c = &v->channel[k];
        hold(c, at);
        v->level[k] = (struct bl_level){ at > v->from ? (double)c->sum / (double)(at - v->from) : 0, c->most };
        c->sum = 0;
        c->most = 0;
    }
}

/* Of no length: what happened at the very end of the run. */
static void end_at(struct intervals *v, const struct bl_sim *s, uint64_t at)
{
    bool any = take(v, s, at);

    take_levels(v, at);
    struct bl_interval i = { v->from, at, v->spent, v->energy, v->level };
    if ((any || at > v->from) && v->closed(v->ctx, &i))
        v->over = true;
    v->from = at;
}

static void listen_no_more(struct bl_sim *s)
{
    if (s->onlookers->intervals->open)
        hear_no_more(s, NUMBER);
    s->onlookers->intervals->open = false;
    onlookers_changed(s);
}

static void intervals_time_over(struct bl_sim *s, uint64_t until)
{
    struct intervals *v = s->onlookers->intervals;

    look(v, s->core->now);
    while (!v->over && until - v->from >= v->every)
        end_at(v, s, v->from + v->every);
    if (v->over)
        listen_no_more(s);
}

static void intervals_heard(struct bl_sim *s, uint32_t id)
{
    if (id >> TRACE_SHIFT == NUMBER)
        mark(s->onlookers->intervals, id & ((1u << TRACE_SHIFT) - 1));
}

const struct observer intervals_observer = {
    .heard = intervals_heard, .restarted = mark_all, .begins = mark_all, .time_over = intervals_time_over
};

bool intervals_on(const struct onlookers *o) { return o->intervals && o->intervals->open; }

/* ---- begun and ended ---- */

static struct intervals *begin(struct bl_sim *s)
{
    struct intervals *v = onlookers_of(s)->intervals = fresh(1, sizeof *v);

    for (size_t i = 0; i < s->frozen.nparts; i++)
        v->counters += spent_at(s, i, 0, NULL);
    v->spent = fresh(v->counters + 1, sizeof *v->spent);
    v->before = fresh(v->counters + 1, sizeof *v->before);
    v->energy = fresh(s->frozen.nparts + 1, sizeof *v->energy);
    v->energy_before = fresh(s->frozen.nparts + 1, sizeof *v->energy_before);
    v->channel = fresh(s->frozen.nrings + 1, sizeof *v->channel);
    v->level = fresh(s->frozen.nrings + 1, sizeof *v->level);
    v->moved = fresh(s->frozen.nrings + 1, sizeof *v->moved);
    find_channels(v, s);
    take(v, s, v->from = s->core->now);
    hear(s, v);
    v->open = true;
    onlookers_changed(s);
    return v;
}

static int may_begin(struct bl_sim *s, uint64_t every)
{
    const char *why = !s->elaborated ? "before elaboration; call bl_elaborate first" : s->run.in_run ? "in the middle of a run; begin when bl_run has returned" :
        !every ? "of no length; give it in fs" : s->onlookers && s->onlookers->intervals ? "twice; end the first with bl_intervals_end" : NULL;

    return why ? bl_error(s->diag, "statistics over time are asked for %s", why) : 0;
}

int bl_intervals_begin(struct bl_sim *s, uint64_t every_fs, int (*closed)(void *ctx, const struct bl_interval *i), void *ctx)
{
    if (NOBODY(s) || NO_FUNCTION(s->diag, closed) || may_begin(s, every_fs))
        return -1;
    BORDER(s, -1);
    struct intervals *v = begin(s);
    v->every = every_fs;
    v->closed = closed;
    v->ctx = ctx;
    return 0;
}

size_t bl_level_count(const struct bl_sim *s)
{
    return NOBODY(s) || !s->onlookers || !s->onlookers->intervals ? 0 : s->onlookers->intervals->nchannels;
}

void bl_level_at(const struct bl_sim *s, size_t i, struct bl_level_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_level_row){ 0 };
    if (!no_row(s, __func__, "channel", i, bl_level_count(s)))
        *row = s->onlookers->intervals->channel[i].row;
}

void intervals_free(struct onlookers *o)
{
    struct intervals *v = o->intervals;

    if (!v)
        return;
    void *owned[] = { v->spent, v->before, v->energy, v->energy_before, v->channel, v->level, v->moved };
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
    arena_free(&v->names);
    free(v);
    o->intervals = NULL;
}

int bl_intervals_end(struct bl_sim *s)
{
    if (NOBODY(s))
        return -1;
    if (s->run.in_run || !s->onlookers || !s->onlookers->intervals)
        return bl_error(s->diag, "bl_intervals_end: %s", s->run.in_run ? "in the middle of a run; end them when bl_run has returned" :
                        "none are on; bl_intervals_begin first");
    BORDER(s, -1);
    struct intervals *v = s->onlookers->intervals;
    if (v->open) {
        end_at(v, s, s->core->now);      /* what moved at this very time was held for none of it */
        listen_no_more(s);
    }
    intervals_free(s->onlookers);
    return 0;
}

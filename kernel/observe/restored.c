/* restored.c - what a snapshot says of the kernel's own state, looked at before it is used: every number is one of this simulation, every list
 * holds what its elements say, nothing is counted twice. What a component keeps in its struct and memory only it can judge. */
#include "kernel/ieee/inside.h"
#include "kernel/observe/inside.h"

/* ---- what never changes ---- */

static void mix_in(uint64_t *h, const void *at, size_t bytes)
{
    uint64_t v = 0;

    for (const unsigned char *p = at; bytes; bytes -= bytes < 8 ? bytes : 8, p += 8) {
        memcpy(&v, p, bytes < 8 ? bytes : 8);
        *h = mix(*h ^ v);
    }
}

static void mix_field(uint64_t *h, const struct bl_node *n, const struct bl_field *f)
{
    const unsigned char *at = n->self + f->at;

    if (bl_field_is(f, BL_IS_PARAM) || f->kind == BL_KIND_COMPUTED || f->kind == BL_KIND_EVENT || bl_field_is(f, BL_IS_OF_RUN))
        mix_in(h, at, field_bytes(f));
    else if (f->kind == BL_KIND_DATA || f->count)        /* how many there are, behind their address */
        mix_in(h, at + sizeof(void *), sizeof(uint64_t));
}

uint64_t constants_of(const struct bl_sim *s)
{
    uint64_t h = 1;

    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
            if (!bl_field_is(f, BL_IS_SAID))
                mix_field(&h, n, f);
        uint64_t stages = i < s->frozen.nparts ? 0 : sync_stages(n);
        mix_in(&h, &stages, sizeof stages);
    }
    for (uint32_t i = 0; i < s->frozen.nlocks; i++)
        mix_in(&h, &s->run.lock[i].ev, sizeof s->run.lock[i].ev);
    return h;
}

/* ---- processes ---- */

static bool is_bool(const void *at) { return *(const unsigned char *)at <= 1; }

static bool good_process(const struct bl_sim *s, uint32_t p)
{
    const struct process *x = &s->frozen.process[p];
    const struct proc *q = &s->run.proc[p];
    const struct bl_part *part = x->self;
    bool good = q->state < 2 * RESTART && !(q->state & RESTART) && q->armed <= x->waiters.n && is_bool(&q->timing) && is_bool(&q->timed_out) &&
                is_bool(&q->works) && part->wait <= BL_WAIT_END;

    if (!good || (q->works && part->at) || (s->run.ev[x->timer].pending && !q->timing))
        return false;
    for (uint32_t i = 0; i < x->waiters.n; i++) {
        const struct waiter *w = &s->run.waiter[x->waiters.first + i];
        if (w->proc != p || (w->ev != NONE && (w->ev >= s->frozen.first_timer || i >= q->armed)))
            return false;
    }
    return true;
}

/* Who is queued stands in the queue, once. */
static bool good_queue(const struct bl_sim *s)
{
    const struct core *c = s->core;
    uint64_t *seen = lent(s->frozen.nprocs / 64 + 1, sizeof *seen);
    uint32_t queued = 0;
    bool good = c->run_head <= s->frozen.queue_mask && c->run_n <= s->frozen.nprocs;

    for (uint32_t p = 0; p < s->frozen.nprocs; p++)
        queued += (s->run.proc[p].state & QUEUED) != 0;
    for (uint32_t i = 0; good && i < c->run_n; i++) {
        uint32_t p = s->run.run_queue[(c->run_head + i) & s->frozen.queue_mask];
        good = p < s->frozen.nprocs && s->run.proc[p].state & QUEUED && !(seen[p / 64] >> (p & 63) & 1);
        if (good)
            seen[p / 64] |= UINT64_C(1) << (p & 63);
    }
    give_back(seen);
    return good && queued == c->run_n;
}

static bool good_processes(const struct bl_sim *s)
{
    for (uint32_t p = 0; p < s->frozen.nprocs; p++)
        if (!good_process(s, p))
            return false;
    for (uint32_t i = 0; i < s->frozen.nlocks; i++)
        if (s->run.lock[i].owner != NONE && s->run.lock[i].owner >= s->frozen.nprocs)
            return false;
    return good_queue(s);
}

/* ---- events ---- */

static uint32_t waiters_of(const struct bl_sim *s)
{
    const struct process *last = s->frozen.nprocs ? &s->frozen.process[s->frozen.nprocs - 1] : NULL;

    return last ? last->waiters.first + last->waiters.n : 1;
}

/* The list of event e: *n elements of it are counted. */
static bool good_list(const struct bl_sim *s, uint32_t e, uint32_t waiters, uint32_t *n)
{
    uint32_t before = 0;

    for (uint32_t w = s->run.ev[e].first; w; before = w, w = s->run.waiter[w].next)
        if (w >= waiters || s->run.waiter[w].ev != e || s->run.waiter[w].prev != before || ++*n > waiters)
            return false;
    return s->run.ev[e].last == before;
}

static bool good_lists(const struct bl_sim *s)
{
    uint32_t waiters = waiters_of(s), n = 0, in = 0;

    for (uint32_t e = 0; e < s->frozen.nevents; e++)
        if (!good_list(s, e, waiters, &n))
            return false;
    for (uint32_t w = 1; w < waiters; w++)
        in += s->run.waiter[w].ev != NONE;
    return n == in;
}

static bool good_deltas(const struct bl_sim *s)
{
    const struct core *c = s->core;
    uint32_t n = 0, pending = 0;

    if (c->ndelta > 2 * s->frozen.nevents)
        return false;
    for (uint32_t e = 0; e < s->frozen.nevents; e++) {
        if (s->run.ev[e].pending > DELTA)
            return false;
        pending += s->run.ev[e].pending == DELTA;
    }
    for (uint32_t i = 0; i < c->ndelta; i++) {
        uint32_t e = s->run.delta_queue[i];
        if (e != NONE && (e >= s->frozen.nevents || s->run.ev[e].pending != DELTA || s->run.ev[e].next != i))
            return false;
        n += e != NONE;
    }
    return n == pending;
}

/* A slot of the wheel: its events belong there, in order. */
static bool good_slot(const struct bl_sim *s, uint32_t slot, uint32_t *n)
{
    const struct wheel *w = &s->core->wheel;
    uint32_t before = NONE;

    for (uint32_t e = w->head[slot]; e != NONE; before = e, e = s->run.ev[e].next) {
        if (e >= s->frozen.nevents || ++*n > s->frozen.nevents)
            return false;
        const struct ev *ev = &s->run.ev[e];
        if (ev->pending != TIMED || ev->prev != before || ev->when < w->cur || ev->when < s->core->now || wheel_slot(w, ev->when) != slot ||
            (slot < 64 && before != NONE && s->run.ev[before].when > ev->when))
            return false;
    }
    return before != NONE && w->tail[slot] == before;
}

static bool good_wheel(const struct bl_sim *s)
{
    const struct wheel *w = &s->core->wheel;
    uint32_t n = 0, timed = 0;

    for (uint32_t level = 0; level < LEVELS; level++) {
        if ((w->levels >> level & 1) != (w->taken[level] != 0))
            return false;
        for (uint32_t k = 0; k < 64; k++)
            if (w->taken[level] >> k & 1 && !good_slot(s, level * 64 + k, &n))
                return false;
    }
    for (uint32_t e = 0; e < s->frozen.nevents; e++)
        timed += s->run.ev[e].pending == TIMED;
    return w->levels < 1u << LEVELS && n == timed;
}

/* ---- clocks ---- */

/* Each bit of `up` says whether that word of `down` is not 0; no bit stands behind the last. */
static bool good_level(const uint64_t *up, const uint64_t *down, uint32_t words)
{
    for (uint32_t i = 0; i < (words + 63) / 64 * 64; i++)
        if ((up[i / 64] >> (i & 63) & 1) != (i < words && down[i]))
            return false;
    return true;
}

static bool good_domain(const struct bl_sim *s, const struct domain *d)
{
    const struct domain_state *st = d->st;

    if (d->n & 63 && d->awake[d->n / 64] >> (d->n & 63))
        return false;
    if (!good_level(d->awake1, d->awake, d->words) || !good_level(d->awake2, d->awake1, d->words1))
        return false;
    return st->since <= s->core->now && (st->next == UINT64_MAX || (d->n && st->next >= s->core->now && st->next == edge_time(d, st->cycle)));
}

static bool good_clocks(const struct bl_sim *s)
{
    uint32_t left = s->frozen.ncombs & 63;

    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (!good_domain(s, &s->frozen.domains[i]))
            return false;
    return !(s->run.comb_dirty[s->frozen.ncombs / 64] >> left);
}

/* ---- accounts ---- */

static bool good_word(const struct bl_node *n, bl_verdict v)
{
    return said_verdict(v) < n->info->nverdicts && v >> 16 <= waits_at(n, said_verdict(v));
}

/* Who waits for x, in its list: *n are counted. */
static bool good_waiting(const struct bl_sim *s, uint32_t x, size_t *n)
{
    uint32_t before = NONE;

    for (uint32_t y = s->run.waits[x].first; y != NONE; before = y, y = s->run.waits[y].next)
        if (y >= s->frozen.nnodes || s->run.waits[y].peer != x || s->run.waits[y].prev != before || ++*n > s->frozen.nnodes)
            return false;
    return true;
}

static bool good_roots(const struct bl_sim *s, const struct root_list *l)
{
    bool good = l->n <= ROOTS;

    for (uint32_t i = 0; good && i < l->n; i++)
        good = l->at[i].row < s->frozen.naccounts + ROOT_ROWS;
    return good;
}

static bool good_rest(const struct bl_sim *s, const struct bl_node *n)
{
    const struct rest *r = &s->run.rest[n->id];
    const struct roots *t = n->roots == NONE ? NULL : &s->run.roots[n->roots];

    return is_bool(&r->acted) && r->last < (n->nfeeds ? n->nfeeds : 1) && (!t || (t->now <= 1 && good_roots(s, &t->list[0]) && good_roots(s, &t->list[1])));
}

static bool good_accounts(const struct bl_sim *s)
{
    size_t n = 0, waiting = 0;

    for (uint32_t i = 0; i < s->frozen.nnodes; i++) {
        const struct account *a = &s->run.account[i];
        const struct waits *w = s->run.waits ? &s->run.waits[i] : NULL;
        if (!good_word(s->frozen.nodes[i], a->word) || (a->root != NONE && a->root >= s->frozen.nnodes) || !good_rest(s, s->frozen.nodes[i]))
            return false;
        if (!w)
            continue;
        if (!good_word(s->frozen.nodes[i], w->word) || w->peer != ledger_awaited(s->frozen.nodes[i], w->word) || *(const unsigned char *)&w->listed || !is_bool(&w->acted) || !is_bool(&w->guessed) || w->since > s->core->now || (w->ring && w->peer == NONE))
            return false;
        waiting += w->peer != NONE;
    }
    for (uint32_t i = 0; s->run.waits && i < s->frozen.nnodes; i++)
        if (!good_waiting(s, i, &n))
            return false;
    return n == waiting;
}

/* ---- channels ---- */

static uint32_t count_at(const void *at) { return *(const uint32_t *)at; }

static bool good_channels(const struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nrings; i++) {
        const struct bl_ring *g = s->frozen.rings[i];
        if (count_at(g->push_word->next) - count_at(g->popped) > g->depth || count_at(g->pushed) - count_at(g->pop_word->next) > g->depth)
            return false;
    }
    return true;
}

static bool good_core(const struct bl_sim *s)
{
    const struct core *c = s->core;

    if (c->ending >= EDGE_PAUSE && (c->edge_at < c->now || (c->ending & EDGE_RESTART && !s->was)))
        return false;
    return c->started <= 1 && c->ending < 2 * EDGE_RESTART && c->since <= c->now && c->deltas_before <= c->deltas;
}

const char *state_wrong(const struct bl_sim *s)
{
    static const struct { bool (*good)(const struct bl_sim *s); const char *what; } all[] = {
        { good_core, "the time" }, { good_deltas, "events of the next delta" }, { good_processes, "processes" }, { good_lists, "waits for events" },
        { good_wheel, "timed events" }, { good_clocks, "clocks" }, { good_accounts, "the account" }, { good_channels, "channels" }, { path_good, "the critical path" },
        { slots_good, "the slots of macros" },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i].good(s))
            return all[i].what;
    return NULL;
}

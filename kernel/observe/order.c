/* order.c - an evaluate phase in another order than that of the contract: any order of the ticks of all due domains and
 * of the runnable processes that IEEE 1666 allows; only along a pipe the taker stays before the giver. */
#include "kernel/observe/inside.h"

#include <stdlib.h>

static uint64_t key_of(const struct bl_order *o, uint32_t unit)
{
    return mix(mix(o->seed + o->sim->core->deltas * UINT64_C(0x9e3779b97f4a7c15)) + unit);
}

uint64_t order_seed(uint64_t seed, uint64_t k) { return mix(seed * UINT64_C(0x9e3779b97f4a7c15) + k + 1); }

/* By part: the parts that take from its pipes, as spans of one array. */
static void find_takers(struct bl_order *o, const struct bl_sim *s)
{
    o->taker_first = fresh(s->frozen.nnodes + 2, sizeof *o->taker_first);
    o->taker = fresh(s->frozen.nrings + 1, sizeof *o->taker);
    for (size_t i = 0; i < s->frozen.nrings; i++)
        if (s->frozen.links[i].pipe)
            o->taker_first[s->frozen.links[i].push_node + 2]++;
    for (size_t i = 2; i < s->frozen.nnodes + 2; i++)
        o->taker_first[i] += o->taker_first[i - 1];
    for (size_t i = 0; i < s->frozen.nrings; i++)          /* afterwards [n] and [n + 1] bound the span of part n */
        if (s->frozen.links[i].pipe)
            o->taker[o->taker_first[s->frozen.links[i].push_node + 1]++] = s->frozen.links[i].pop_node;
}

void order_init(struct bl_order *o, struct bl_sim *s)
{
    size_t n = s->frozen.nnodes + 1;

    o->sim = s;
    onlookers_of(s)->order = o;          /* from the start: whatever comes, it is freed */
    o->todo = fresh(n, sizeof *o->todo);
    o->sorted = fresh(n, sizeof *o->sorted);
    o->stack = fresh(n, sizeof *o->stack);
    o->mark = fresh(n, 1);
    o->late = fresh(n, sizeof *o->late);
    find_takers(o, s);
    onlookers_changed(s);
}

void order_shuffle(struct bl_sim *s, uint64_t seed)
{
    struct bl_order *o = onlookers_of(s)->own_order = fresh(1, sizeof *o);

    o->seed = seed;
    order_init(o, s);
}

void order_fini(struct bl_order *o)
{
    if (o->look)
        o->look(o, o->sim);
    o->sim->onlookers->order = NULL;
    onlookers_changed(o->sim);
    o->sim = NULL;
    free(o->todo);
    free(o->sorted);
    free(o->stack);
    free(o->mark);
    free(o->late);
    free(o->taker);
    free(o->taker_first);
}

/* ---- who is still to come ---- */

static int by_key(const void *a, const void *b)
{
    const struct pick *x = a, *y = b;

    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->unit < y->unit ? -1 : x->unit > y->unit;
}

/* In the order of the contract. A sleeping part of a domain with pipes may be woken before its turn. */
static void collect(struct bl_order *o, struct bl_sim *s)
{
    o->at = o->n = 0;
    for (size_t i = 0; i < s->frozen.ndomains; i++) {
        struct domain *d = &s->frozen.domains[i];
        if (d->st->next != s->core->now)
            continue;
        d->nvisited = d->nnapping = 0;
        for (uint32_t slot = 0; slot < d->n; slot++)
            if (d->piped || d->awake[slot / 64] >> (slot & 63) & 1)
                o->todo[o->n++].unit = d->slot[slot].node->id;
    }
    while (s->core->run_n)
        o->todo[o->n++].unit = s->frozen.procs[next_runnable(s)]->id;
}

enum { NOT_HERE, WAITING, PLACED };

/* sorted[0..n) goes to todo at `to`, each part behind the takers of its pipes. */
static void takers_first(struct bl_order *o, uint32_t n, uint32_t to)
{
    for (uint32_t i = 0; i < n; i++)
        o->mark[o->sorted[i].unit] = WAITING;
    for (uint32_t i = 0, depth; i < n; i++) {
        if (o->mark[o->sorted[i].unit] == PLACED)
            continue;
        o->stack[0] = o->sorted[i].unit;
        for (depth = 1; depth;) {
            uint32_t unit = o->stack[depth - 1], k = o->taker_first[unit], end = o->taker_first[unit + 1];
            while (k < end && o->mark[o->taker[k]] != WAITING)
                k++;
            if (k < end) {
                o->stack[depth++] = o->taker[k];
                continue;
            }
            o->mark[unit] = PLACED;
            o->todo[to++].unit = unit;
            depth--;
        }
    }
    for (uint32_t i = 0; i < n; i++)
        o->mark[o->sorted[i].unit] = NOT_HERE;
}

/* The permutation of those that are still to come. */
static void permute(struct bl_order *o)
{
    uint32_t n = o->n - o->at;

    for (uint32_t i = 0; i < n; i++)
        o->sorted[i] = (struct pick){ key_of(o, o->todo[o->at + i].unit), o->todo[o->at + i].unit };
    qsort(o->sorted, n, sizeof *o->sorted, by_key);
    takers_first(o, n, o->at);
    for (uint32_t i = o->at; i < o->n; i++)
        o->todo[i].key = key_of(o, o->todo[i].unit);
}

/* Processes that immediate notifications released: at the end, or where the permutation has them. */
static void join(struct bl_order *o, struct bl_sim *s, bool permuted)
{
    while (s->core->run_n) {
        uint32_t unit = s->frozen.procs[next_runnable(s)]->id, place;
        struct pick p = { key_of(o, unit), unit };
        if (o->n == s->frozen.nnodes + 1) {
            memmove(o->todo, o->todo + o->at, (o->n - o->at) * sizeof *o->todo);
            o->n -= o->at;
            o->at = 0;
        }
        for (place = permuted ? o->at : o->n; place < o->n && by_key(&o->todo[place], &p) < 0; place++)
            ;
        memmove(o->todo + place + 1, o->todo + place, (o->n++ - place) * sizeof *o->todo);
        o->todo[place] = p;
    }
}

/* ---- the phase ---- */

/* One clocked part by itself, if it is awake; `ticked` when all have had their turn. */
static void tick(struct bl_sim *s, struct domain *d, const struct bl_node *n)
{
    if (!(d->awake[n->slot / 64] >> (n->slot & 63) & 1))
        return;
    s->run.in_tick = true;
    s->core->activations++;
    s->run.at_work = n;
    bl_verdict v = n->info->cls->tick(n->self);
    if (v != s->run.account[n->id].word)
        tick_other(s, d, n->slot, v);
    s->run.in_tick = false;
    s->run.at_work = NULL;
}

static void ticked(struct bl_sim *s, struct domain *d)
{
    for (uint32_t w = 0; w < d->words; w++)
        if (d->awake[w])
            d->visited[d->nvisited++] = w;
    domain_nap(s, d);
}

static void run_unit(struct bl_sim *s, uint32_t unit)
{
    const struct bl_node *n = s->frozen.nodes[unit];

    if (n->proc == NONE)
        tick(s, &s->frozen.domains[n->domain], n);
    else if (s->run.proc[n->proc].state & QUEUED)        /* nobody suspended or killed it meanwhile */
        resume(s, n->proc);
}

/* Whose turn it is; *held waits for its own. */
static uint32_t next_unit(struct bl_order *o, uint32_t *held, uint64_t after_keep)
{
    if (*held != NONE && (after_keep == o->hold || o->at == o->n)) {
        uint32_t unit = *held;
        *held = NONE;
        return unit;
    }
    return o->todo[o->at++].unit;
}

static void run_all(struct bl_order *o, struct bl_sim *s, bool studied)
{
    uint64_t keep = studied ? o->keep : 0, picks = 0, limit = volley_limit(s) + o->n;
    uint32_t held = NONE, last = NONE;
    bool permuted = false;

    while (o->at < o->n || held != NONE) {
        if (picks == keep && !permuted) {
            if (studied)
                o->unit = o->todo[o->at].unit;
            if (studied && o->hold != UINT64_MAX)
                held = o->todo[o->at++].unit;
            permute(o);
            permuted = true;
        }
        uint32_t unit = next_unit(o, &held, picks - keep);
        if (studied && permuted && unit == o->unit && o->moved == UINT64_MAX) {
            o->moved = picks - keep;
            o->other = last;
        }
        run_unit(s, unit);
        last = unit;
        if (limit - ++picks <= LOOP_LOOK && volley_over(s, limit - picks))
            return;
        join(o, s, permuted);
    }
    if (studied)
        o->picks = picks;
}

static bool order_evaluate(struct bl_sim *s)
{
    struct bl_order *o = s->onlookers->order;
    bool due = false;

    if (o->look)
        o->look(o, s);
    if (s->core->deltas < o->from)
        return evaluate(s);
    o->nlate = 0;
    o->evaluating = true;
    if (s->core->deltas == o->from)
        o->moved = UINT64_MAX;
    collect(o, s);
    run_all(o, s, s->core->deltas == o->from);
    o->evaluating = false;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (s->frozen.domains[i].st->next == s->core->now) {
            ticked(s, &s->frozen.domains[i]);
            due = true;
        }
    for (uint32_t i = 0; i < o->nlate; i++)
        part_wake(s, s->frozen.nodes[o->late[i]]);
    return due;
}

/* Else it would stand there twice when it becomes runnable again in this phase. */
static void order_drops(struct bl_sim *s, const struct bl_node *n)
{
    struct bl_order *o = s->onlookers->order;
    uint32_t at = o->at;

    while (o->evaluating && at < o->n && o->todo[at].unit != n->id)
        at++;
    if (!o->evaluating || at == o->n)
        return;
    memmove(o->todo + at, o->todo + at + 1, (o->n - at - 1) * sizeof *o->todo);
    o->n--;
}

static bool order_wakes(struct bl_sim *s, const struct bl_node *n)
{
    struct bl_order *o = s->onlookers->order;

    if (!o->evaluating)
        return false;
    for (uint32_t i = 0; i < o->nlate; i++)
        if (o->late[i] == n->id)
            return true;
    o->late[o->nlate++] = n->id;
    return true;
}

const struct observer order_observer = { .evaluate = order_evaluate, .wakes = order_wakes, .drops = order_drops };

/* why.c - who causes what, recorded while a run is asked about: changes of words, activations and events, each with the
 * record of its cause, in a ring; the chain behind the last change of a signal. What is said of them: chain.c. */
#include "kernel/observe/why.h"

#include <stdlib.h>

enum { ASKED = 1 << 18, LOOP = 1 << 12 };            /* records kept */

static uint64_t add(struct bl_sim *s, enum kind kind, uint32_t id, uint64_t parent)
{
    struct record *r = s->onlookers->record;
    const struct core *c = s->core;

    *cause_at(r, r->next) = (struct cause){ .kind = (uint8_t)kind, .id = id, .parent = parent, .fs = c->now, .delta = c->deltas,
                                      .here = (uint32_t)(c->deltas - c->deltas_before) };
    return r->next++;
}

/* ---- what the loop tells: see struct observer ---- */

static uint64_t newest_input(const struct bl_sim *s, const struct bl_node *n)
{
    const struct record *r = s->onlookers->record;
    uint64_t newest = 0;

    for (uint32_t i = n->reads.first; i < n->reads.first + n->reads.n; i++) {
        uint64_t k = r->changed[s->frozen.reads[i]];
        if (k > newest && cause_there(r, k) && cause_at(r, k)->delta == s->core->deltas)
            newest = k;
    }
    return newest;
}

/* The change that a synchroniser shows: it took it in as many edges ago as it has more stages than one. */
static uint64_t passed_on(const struct bl_sim *s, const struct bl_node *n, uint64_t cycle)
{
    const struct record *r = s->onlookers->record;
    const struct domain *d = &s->frozen.domains[n->domain];
    uint64_t edges = sync_stages(n) - 1, taken = edge_time(d, cycle > edges ? cycle - edges : 0);
    uint64_t k = r->changed[n->port[0]];

    while (cause_there(r, k) && cause_at(r, k)->fs >= taken)
        k = cause_at(r, k)->before;
    return k;
}

/* The record of what part n does in this delta; a tick and a settling get one when something comes of them. */
static uint64_t activity(struct bl_sim *s, const struct bl_node *n)
{
    struct record *r = s->onlookers->record;
    uint64_t *k = &r->active[n->id];

    if (n->proc != NONE || (cause_there(r, *k) && cause_at(r, *k)->delta == s->core->deltas))
        return *k;
    if (n->info->cls->comb)
        return *k = add(s, SETTLED, n->id, newest_input(s, n));
    uint64_t cycle = edges_before(&s->frozen.domains[n->domain], s->core->now);
    *k = add(s, TICKED, n->id, r->woken[n->id].by && r->woken[n->id].cycle == cycle ? r->woken[n->id].by : 0);
    cause_at(r, *k)->now = s->frozen.domains[n->domain].st->before + cycle;
    if (n->id >= s->frozen.nparts) {
        cause_at(r, *k)->how = PASSES;
        cause_at(r, *k)->parent = passed_on(s, n, cycle);
    }
    return *k;
}

/* What a combinational part does has a record when something comes of it. */
static void why_ran(struct bl_sim *s, const struct bl_node *n)
{
    struct record *r = s->onlookers->record;

    if (n->proc != NONE)
        r->active[n->id] = add(s, RAN, n->id, r->released[n->proc]);
}

static void why_released(struct bl_sim *s, uint32_t p) { s->onlookers->record->released[p] = s->onlookers->record->current; }
static void why_notified(struct bl_sim *s, uint32_t e) { s->onlookers->record->notified[e] = s->run.at_work ? activity(s, s->run.at_work) : 0; }

static void why_fired(struct bl_sim *s, uint32_t e)
{
    struct record *r = s->onlookers->record;
    bool moved = r->word_of[e] != NONE;
    uint64_t k = add(s, FIRED, e, moved ? r->changed[r->word_of[e]] : r->notified[e]);

    cause_at(r, k)->how = moved ? MOVED : e >= s->frozen.first_timer ? UP : s->run.advancing ? TIMED_ONE : s->run.at_work ? AT_ONCE : DELTA_ONE;
    r->current = k;
}

static void why_woken(struct bl_sim *s, const struct bl_node *n)
{
    const struct domain *d = &s->frozen.domains[n->domain];
    struct woken *w = &s->onlookers->record->woken[n->id];

    if (d->awake[n->slot / 64] >> (n->slot & 63) & 1)
        return;
    w->cycle = edges_before(d, s->core->now + !(s->run.advancing || s->run.in_tick));      /* along a pipe it is this very edge */
    w->by = s->run.in_tick && s->run.at_work ? activity(s, s->run.at_work) : s->onlookers->record->current;
}

/* ---- changes ---- */

static uint64_t lane_of(const struct bl_word *w, const void *bytes, uint32_t lane)
{
    uint32_t size = w->bits > 64 ? (w->bits + 63) / 64 * 8 : w->elem;
    uint64_t v = 0;

    memcpy(&v, (const unsigned char *)bytes + (size_t)lane * size, size < 8 ? size : 8);
    return v;
}

static bool lane_differs(const struct bl_word *w, uint32_t lane)
{
    uint32_t size = w->bits > 64 ? (w->bits + 63) / 64 * 8 : w->elem;

    return memcmp((const unsigned char *)w->now + (size_t)lane * size, (const unsigned char *)w->next + (size_t)lane * size, size);
}

/* The chain is kept as it is now: the ring will go on. */
static void remember(struct record *r, uint64_t k)
{
    r->last = k;
    r->cut = false;
    for (r->nchain = 0; k && r->nchain < STEPS; k = cause_at(r, k)->parent) {
        r->cut = !cause_there(r, k);
        if (r->cut)
            return;
        r->chain[r->nchain++] = *cause_at(r, k);
    }
}

/* A word that will be committed with another value, or (next is now) was written in place. */
static void change(struct bl_sim *s, const struct bl_word *w, uint32_t owner)
{
    struct record *r = s->onlookers->record;
    bool asked = w->id == r->word[0] || w->id == r->word[1], one = asked && r->lane != NONE && w->lanes > 1;
    uint32_t lane = one ? r->lane : 0;
    uint64_t k = add(s, CHANGED, w->id, 0);

    cause_at(r, k)->parent = owner == NONE ? 0 : activity(s, s->frozen.nodes[owner]);
    cause_at(r, k)->before = r->changed[w->id];
    r->changed[w->id] = k;
    while (w->now != w->next && !one && !lane_differs(w, lane))
        lane++;
    cause_at(r, k)->lane = lane;
    cause_at(r, k)->old = lane_of(w, w->now, lane);
    cause_at(r, k)->now = lane_of(w, w->next, lane);
    if (asked && (!one || w->now == w->next || lane_differs(w, lane)))
        remember(r, k);
}

static void look_at_view(struct bl_sim *s)
{
    struct record *r = s->onlookers->record;
    uint64_t v, k;

    if (r->node == NONE || bl_peek(s, r->name, &v) || v == r->value)
        return;
    uint64_t by = activity(s, s->frozen.nodes[r->node]);
    k = add(s, SEEN, r->node, by);
    cause_at(r, k)->lane = said_port(s->run.account[r->node].word);        /* means something when it is the verdict that is asked about */
    cause_at(r, k)->old = r->value;
    cause_at(r, k)->now = r->value = v;
    remember(r, k);
}

/* After the evaluate phase: what it wrote. */
static void why_written(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nwords; i++) {
        const struct bl_word *w = s->frozen.words[i];
        if (w->now != w->next && memcmp(w->now, w->next, w->bytes))
            change(s, w, s->frozen.word_owner[i]);
    }
    look_at_view(s);
}

static void why_settled(struct bl_sim *s, const struct settler *c)
{
    for (uint32_t k = 0; k < c->nout; k++)
        if (memcmp(c->out[k]->now, c->out[k]->next, c->out[k]->bytes))
            change(s, c->out[k], c->node->id);
    if (c->node->id == s->onlookers->record->node)
        look_at_view(s);
}

static void why_moved(struct bl_sim *s, const struct bl_word *w)
{
    if (w->now == w->next)
        change(s, w, s->frozen.word_owner[w->id]);
    s->onlookers->record->current = s->onlookers->record->changed[w->id];
}

/* What a restart changes has no cause, and nothing that comes has one before it. */
static void why_restarted(struct bl_sim *s)
{
    struct record *r = s->onlookers->record;

    memset(r->changed, 0, (s->frozen.nwords + 1) * sizeof *r->changed);
    memset(r->active, 0, (s->frozen.nnodes + 1) * sizeof *r->active);
    memset(r->woken, 0, (s->frozen.nnodes + 1) * sizeof *r->woken);
    memset(r->notified, 0, (s->frozen.nevents + 1) * sizeof *r->notified);
    memset(r->released, 0, (s->frozen.nprocs + 1) * sizeof *r->released);
    r->current = 0;
    if (r->node != NONE)
        bl_peek(s, r->name, &r->value);
}

/* ---- begin and end ---- */

static void open_record(struct bl_sim *s, uint64_t size)
{
    struct onlookers *o = onlookers_of(s);
    struct record *r = o->record = fresh(1, sizeof *r);

    r->ring = fresh(size, sizeof *r->ring);
    r->size = size;
    r->next = 1;
    r->from_start = !s->core->started;
    r->changed = fresh(s->frozen.nwords + 1, sizeof *r->changed);
    r->active = fresh(s->frozen.nnodes + 1, sizeof *r->active);
    r->woken = fresh(s->frozen.nnodes + 1, sizeof *r->woken);
    r->notified = fresh(s->frozen.nevents + 1, sizeof *r->notified);
    r->released = fresh(s->frozen.nprocs + 1, sizeof *r->released);
    r->word_of = fresh(s->frozen.nevents + 1, sizeof *r->word_of);
    memset(r->word_of, 0xff, (s->frozen.nevents + 1) * sizeof *r->word_of);
    for (size_t i = 0; i < s->frozen.nheard; i++)
        if (s->frozen.heard[i].what == FIRES || s->frozen.heard[i].what == FIRES_POS || s->frozen.heard[i].what == FIRES_NEG)
            r->word_of[s->frozen.heard[i].id] = s->frozen.heard[i].word;
    r->word[0] = r->word[1] = r->lane = r->node = NONE;
    onlookers_changed(s);
}

void why_near_limit(struct bl_sim *s)
{
    if (!onlookers_of(s)->record)
        open_record(s, LOOP);
}

void why_close(struct bl_sim *s, bool asked_too)
{
    struct record *r = onlookers_of(s)->record;

    if (!r || (r->asked && !asked_too))
        return;
    void *all[] = { r->ring, r->changed, r->active, r->woken, r->notified, r->released, r->word_of, r->name, r };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    s->onlookers->record = NULL;
    onlookers_changed(s);
}

/* What was recorded because of a loop is dropped when the loop ended. */
static bool why_breaks(struct bl_sim *s)
{
    why_close(s, false);
    return false;
}

const struct observer why_observer = {
    .released = why_released, .ran = why_ran, .notified = why_notified, .fired = why_fired, .woken = why_woken, .written = why_written,
    .moved = why_moved, .settled = why_settled, .restarted = why_restarted, .breaks = why_breaks
};

static int ask_why(struct bl_sim *s, const char *signal, struct bl_diag *diag)
{
    struct look l;

    if (s->elaborated && s->core->started)
        return bl_error(diag, "why %s: asked in the middle of a run; ask before it", signal);
    if (!s->elaborated || look_up(s, signal, &l) || (l.field && bl_field_is(l.field, BL_IS_PARAM)))
        return bl_error(diag, "why %s: there is no such signal, or it is wider than 64 bits a lane; expected PART.PORT, PART.VIEW, "
                        "PART.TALLY or PART.verdict (`bitline show PLATFORM --signals` lists names)", signal);
    open_record(s, ASKED);
    s->onlookers->record->asked = true;
    s->onlookers->record->name = fresh(strlen(signal) + 1, 1);
    strcpy(s->onlookers->record->name, signal);
    if (l.field && bl_field_is(l.field, BL_IS_WORD)) {
        s->onlookers->record->word[0] = l.port;
        s->onlookers->record->lane = l.lane;
    } else if (l.field && bl_field_is(l.field, BL_IS_CHANNEL)) {
        s->onlookers->record->word[0] = s->frozen.rings[l.port]->push_word->id;
        s->onlookers->record->word[1] = s->frozen.rings[l.port]->pop_word->id;
    } else {
        s->onlookers->record->node = l.node->id;
        s->onlookers->record->value = look_at(&l);
    }
    return 0;
}

int bl_why(struct bl_sim *s, const char *signal, struct bl_diag *diag)
{
    if (MISSING(s, signal))
        return -1;
    BORDER(s, -1);
    return ask_why(s, signal, diag);
}

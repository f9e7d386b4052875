/* layout.c - storage of an elaborated simulation: words, registered ones in chunks of 64 neighbours, rings,
 * processes and events, who listens to which word; handles written into the structs. */
#include "kernel/kernel.h"

#include <stdlib.h>

enum { CHUNK_WORD = 64 };               /* bytes; larger words are committed one by one, larger wires not compared */

/* ---- the records of words ---- */

enum { LINE = 64, WORDS_AT_ONCE = 64 };
_Static_assert(sizeof(struct bl_word) == LINE, "a word is one line of the cache");

static struct bl_word *word_record(struct bl_sim *s)
{
    if (!s->nspare_words) {
        unsigned char *at = arena_get(&s->fixed, WORDS_AT_ONCE * sizeof(struct bl_word) + LINE - 1);
        s->spare_words = (struct bl_word *)(void *)(at + (LINE - (uintptr_t)at % LINE) % LINE);
        s->nspare_words = WORDS_AT_ONCE;
    }
    s->nspare_words--;
    return s->spare_words++;
}

struct bl_word *word_new(struct bl_sim *s, uint32_t owner, uint32_t port, uint32_t lanes, uint32_t bits)
{
    struct bl_word *w = word_record(s);

    *w = (struct bl_word){ .id = (uint32_t)s->nwords, .lanes = lanes, .bits = bits, .elem = elem_of(bits),
                           .bytes = item_bytes(lanes, bits), .sim = s };
    s->words = grown(s->words, s->nwords, &s->room_words, sizeof *s->words);
    s->word_owner = grown(s->word_owner, s->nwords, &s->room_owners, sizeof *s->word_owner);
    s->word_port = grown(s->word_port, s->nwords, &s->room_word_ports, sizeof *s->word_port);
    s->word_owner[s->nwords] = owner;
    s->word_port[s->nwords] = port;
    s->words[s->nwords++] = w;
    return w;
}

const char *word_name(const struct bl_word *w)
{
    struct bl_sim *s = w->sim;
    uint32_t part = s->word_owner[w->id], port = s->word_port[w->id];

    if (port == NONE)
        return s->nodes[part]->path;
    if (part == NONE)                    /* an open port */
        for (part = 0; port >= (size_t)(s->nodes[part]->port - s->ports) + s->nodes[part]->info->nfields; part++)
            ;
    const struct bl_node *n = s->nodes[part];
    const struct bl_field *f = &n->info->cls->fields[port - (size_t)(n->port - s->ports)];
    bool open = s->word_owner[w->id] == NONE && f->kind != BL_KIND_IN;
    return arena_text(&s->fixed, "%s.%s%s", n->path, f->name, open ? " (open)" : "");
}

/* ---- words and rings ---- */

bool in_chunk(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->word_owner[w->id];

    return owner != NONE && s->nodes[owner]->info->cls->tick && w->bytes <= CHUNK_WORD;
}

static uint32_t aligned(uint32_t bytes) { return (bytes + 7) / 8 * 8; }

static bool wide_wire(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->word_owner[w->id];

    return owner == NONE || (s->nodes[owner]->info->cls->comb && w->bytes > CHUNK_WORD);
}

static bool settled(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->word_owner[w->id];

    return w->now != w->next && owner != NONE && s->nodes[owner]->info->cls->comb;
}

/* Bytes of every chunk and of the words that are committed one by one; chunk_bytes counts. */
static size_t count_bytes(struct bl_sim *s)
{
    size_t alone = 0;

    for (size_t i = 0; i < s->nwords; i++) {
        const struct bl_word *w = s->words[i];
        if (in_chunk(s, w)) {
            const struct bl_node *n = s->nodes[s->word_owner[w->id]];
            s->domains[n->domain].chunk_bytes[n->slot / 64] += aligned(w->bytes);
        } else if (!(w->special & MANY_DRIVER)) {            /* which has no storage of its own */
            alone += (size_t)aligned(w->bytes) * (wide_wire(s, w) ? 1 : 2);
        }
    }
    return alone;
}

/* Words are in order of their owners. Those alone have now and next side by side, from `alone` on. */
static void place_words(struct bl_sim *s, unsigned char *alone)
{
    for (size_t i = 0; i < s->nwords; i++) {
        struct bl_word *w = s->words[i];
        if (in_chunk(s, w)) {
            const struct bl_node *n = s->nodes[s->word_owner[w->id]];
            struct domain *d = &s->domains[n->domain];
            uint32_t k = n->slot / 64;
            w->now = d->chunk_now[k] + d->chunk_bytes[k];
            w->next = d->chunk_next[k] + d->chunk_bytes[k];
            d->chunk_bytes[k] += aligned(w->bytes);
        } else if (!(w->special & MANY_DRIVER)) {
            w->now = alone;
            w->next = wide_wire(s, w) ? alone : alone + aligned(w->bytes);
            alone = (unsigned char *)w->next + aligned(w->bytes);
            w->special |= w->now == w->next ? WIDE_WIRE : settled(s, w) ? SETTLED_WIRE : 0;
        }
    }
    buses_layout(s);
}

static void layout_words(struct bl_sim *s)
{
    size_t alone = count_bytes(s);

    for (size_t i = 0; i < s->ndomains; i++) {
        struct domain *d = &s->domains[i];
        for (uint32_t k = 0; k < d->words; k++) {
            d->chunk_now[k] = arena_get(&s->state, d->chunk_bytes[k]);
            d->chunk_next[k] = arena_get(&s->state, d->chunk_bytes[k]);
            d->chunk_bytes[k] = 0;
        }
    }
    place_words(s, arena_get(&s->state, alone));
    for (size_t i = 0; i < s->nrings; i++) {
        struct bl_ring *g = s->rings[i];
        const struct link_info *in = &s->links[i];
        g->data = arena_get(&s->state, (size_t)(g->mask + 1) * g->slot);
        g->pushed = s->words[in->seen_pushed]->now;
        g->popped = in->pipe ? g->pop_word->next : s->words[in->seen_popped]->now;
        if (in->pipe && !s->pipe_giver)
            s->pipe_giver = memset(arena_get(&s->fixed, s->nwords * sizeof *s->pipe_giver), 0xff, s->nwords * sizeof *s->pipe_giver);
        if (in->pipe) {
            s->pipe_giver[g->pop_word->id] = in->push_node;
            g->pop_word->special |= PIPE_POP;
            s->domains[s->nodes[in->push_node]->domain].piped = true;
        }
    }
    s->dirty = arena_get(&s->fixed, (s->nwords + 1) * sizeof *s->dirty);
}

/* ---- handles and what a part reads ---- */

static void write_handle(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    unsigned char *at = n->self + f->at;

    if (bl_field_is(f, BL_IS_WORD))
        memcpy(at, &s->words[n->port[k]], sizeof(void *));
    else if (bl_field_is(f, BL_IS_CHANNEL))
        memcpy(at, &s->rings[n->port[k]], sizeof(void *));
    else if (bl_field_is(f, BL_IS_END))
        memcpy(at, &n->port[k], sizeof n->port[k]);
}

/* The word through which port k shows a part that something moved; NONE when it shows nothing. */
static uint32_t read_word(const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    enum bl_field_kind kind = n->info->cls->fields[k].kind;

    if (kind == BL_KIND_IN)
        return n->port[k];
    if (kind == BL_KIND_POP)
        return s->links[n->port[k]].seen_pushed;
    if (kind == BL_KIND_PUSH)
        return s->links[n->port[k]].seen_popped;
    return NONE;
}

static void bind_parts(struct bl_sim *s)
{
    uint32_t used = 0;

    s->reads = arena_get(&s->fixed, (s->nports + 1) * sizeof *s->reads);
    for (size_t i = 0; i < s->nnodes; i++) {
        struct bl_node *n = s->nodes[i];
        const struct bl_class *c = n->info->cls;
        n->reads.first = used;
        for (uint32_t k = 0; !c->build && k < n->info->nfields; k++) {
            write_handle(s, n, k);
            uint32_t w = read_word(s, n, k);
            if (w == NONE || s->word_owner[w] == NONE)
                continue;
            s->reads[used++] = w;
            listen_to(s, s->words[w], c->tick ? WAKES : c->comb ? COMBS : RELEASES, c->tick ? n->id : c->comb ? n->slot : n->proc);
        }
        n->reads.n = used - n->reads.first;
    }
}

/* ---- listeners ---- */

void listen_to(struct bl_sim *s, struct bl_word *w, uint32_t what, uint32_t id)
{
    s->heard = grown(s->heard, s->nheard, &s->room_heard, sizeof *s->heard);
    s->heard[s->nheard++] = (struct raw_listen){ w->id, what, id };
}

static struct bl_listen listener(struct bl_sim *s, const struct raw_listen *h)
{
    struct bl_listen l = { .what = h->what, .id = h->id };

    if (h->what == WAKES) {
        const struct bl_node *n = s->nodes[h->id];
        l.word = &s->domains[n->domain].awake[n->slot / 64];
        l.bit = UINT64_C(1) << (n->slot & 63);
    } else if (h->what == COMBS) {
        l.word = &s->comb_dirty[h->id / 64];
        l.bit = UINT64_C(1) << (h->id & 63);
    }
    return l;
}

/* A write must be announced when its word is committed alone, or when somebody listens who is no clocked part, or sleeps.
 * Parts that fall asleep and wake up count themselves (clock.c). */
static void set_ask(struct bl_sim *s, struct bl_word *w)
{
    uint32_t sleep = 0;
    bool always = w->now != w->next && !in_chunk(s, w);

    for (const struct bl_listen *l = s->listen + w->listen, *end = l + w->nlisten; l < end; l++) {
        always |= l->what != WAKES;
        sleep += l->what == WAKES && !(*l->word & l->bit);
    }
    w->ask = (always && !(w->special & SETTLED_WIRE)) + sleep;
}

void count_asks(struct bl_sim *s)
{
    for (size_t i = 0; i < s->nwords; i++)
        set_ask(s, s->words[i]);
}

void freeze_listeners(struct bl_sim *s)
{
    uint32_t *first = fresh(s->nwords + 1, sizeof *first);       /* by word; afterwards of the next one */
    unsigned kinds = 0;

    free(s->listen);                     /* traces come and go */
    s->listen = fresh(s->nheard + 1, sizeof *s->listen);
    for (size_t i = 0; i < s->nheard; i++) {
        first[s->heard[i].word + 1]++;
        kinds |= 1u << s->heard[i].what;
    }
    for (size_t i = 0; i < s->nwords; i++)
        first[i + 1] += first[i];
    for (uint32_t what = WAKES; what <= WATCHES; what++)      /* in order of kind: dispatch relies on it */
        for (size_t i = 0; kinds >> what & 1 && i < s->nheard; i++)
            if (s->heard[i].what == what)
                s->listen[first[s->heard[i].word]++] = listener(s, &s->heard[i]);
    for (size_t i = 0; i < s->nwords; i++) {
        s->words[i]->listen = i ? first[i - 1] : 0;
        s->words[i]->nlisten = first[i] - s->words[i]->listen;
        set_ask(s, s->words[i]);
    }
    free(first);
}

/* ---- processes and events ---- */

static void layout_settlers(struct bl_sim *s)
{
    s->comb_dirty = arena_get(&s->state, (s->ncombs / 64 + 1) * sizeof *s->comb_dirty);
    s->settler = arena_get(&s->fixed, (s->ncombs + 1) * sizeof *s->settler);
    for (uint32_t i = 0; i < s->ncombs; i++) {
        struct bl_node *n = s->combs[i];
        struct settler *c = &s->settler[i];
        *c = (struct settler){ .comb = n->info->cls->comb, .self = n->self, .node = n,
                               .out = arena_get(&s->fixed, (n->info->nfields + 1) * sizeof *c->out) };
        for (uint32_t k = 0; k < n->info->nfields; k++)
            if (n->info->cls->fields[k].kind == BL_KIND_OUT && s->words[n->port[k]]->now != s->words[n->port[k]]->next)
                c->out[c->nout++] = s->words[n->port[k]];
    }
}

/* A process and its timer, which is its event. It may be in the list of each event that its class tables, or in that of one lock. */
static void layout_process(struct bl_sim *s, uint32_t p, uint32_t *waiters)
{
    struct bl_node *n = s->procs[p];
    struct process *x = &s->process[p];

    *x = (struct process){ .run = n->info->cls->run, .self = n->self, .node = n, .timer = s->nevents++, .proc = &s->proc[p],
                           .waiters = { *waiters, n->info->nawaited } };
    n->timer = x->timer;
    *waiters += x->waiters.n;
}

static void layout_processes(struct bl_sim *s)
{
    uint32_t waiters = 1, room = 1;      /* no waiter has number 0: events begin as zeroes, which nobody touches */
    size_t events = (size_t)s->nevents + s->nprocs;

    s->first_timer = s->nevents;
    while (room < s->nprocs)
        room *= 2;
    s->queue_mask = room - 1;
    s->process = arena_get(&s->fixed, (s->nprocs + 1) * sizeof *s->process);
    s->proc = arena_get(&s->state, (s->nprocs + 1) * sizeof *s->proc);
    s->run_queue = arena_get(&s->state, room * sizeof *s->run_queue);
    for (uint32_t p = 0; p < s->nprocs; p++)
        layout_process(s, p, &waiters);
    resets_layout(s);
    s->waiter = arena_get(&s->state, waiters * sizeof *s->waiter);
    for (uint32_t p = 0; waiters > 1 && p < s->nprocs; p++)
        for (uint32_t w = 0; w < s->process[p].waiters.n; w++)
            s->waiter[s->process[p].waiters.first + w] = (struct waiter){ .ev = NONE, .proc = p };
    s->ev = arena_get(&s->state, (events + 1) * sizeof *s->ev);
    s->delta_queue = arena_get(&s->state, (2 * events + 1) * sizeof *s->delta_queue);
}

/* Where clocked parts find their accounts. */
static void give_accounts(struct bl_sim *s)
{
    for (size_t i = 0; i < s->ndomains; i++)
        for (uint32_t k = 0; k < s->domains[i].n; k++) {
            struct slot *at = &s->domains[i].slot[k];
            at->account = &s->account[at->node->id];
        }
}

void layout_all(struct bl_sim *s)
{
    domain_layout(s);
    layout_words(s);
    ledger_layout(s);
    give_accounts(s);
    layout_processes(s);
    layout_settlers(s);
    bind_parts(s);
    freeze_listeners(s);
}

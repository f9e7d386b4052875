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
    if (!s->frozen.nspare_words) {
        unsigned char *at = arena_get(&s->fixed, WORDS_AT_ONCE * sizeof(struct bl_word) + LINE - 1);
        s->frozen.spare_words = (struct bl_word *)(void *)(at + (LINE - (uintptr_t)at % LINE) % LINE);
        s->frozen.nspare_words = WORDS_AT_ONCE;
    }
    s->frozen.nspare_words--;
    return s->frozen.spare_words++;
}

struct bl_word *word_new(struct bl_sim *s, uint32_t owner, uint32_t port, uint32_t lanes, uint32_t bits)
{
    struct bl_word *w = word_record(s);

    *w = (struct bl_word){ .id = (uint32_t)s->frozen.nwords, .lanes = lanes, .bits = bits, .elem = elem_of(bits),
                           .bytes = item_bytes(lanes, bits), .sim = s };
    s->frozen.words = grown(s->frozen.words, s->frozen.nwords, &s->frozen.room_words, sizeof *s->frozen.words);
    s->frozen.word_owner = grown(s->frozen.word_owner, s->frozen.nwords, &s->frozen.room_owners, sizeof *s->frozen.word_owner);
    s->frozen.word_port = grown(s->frozen.word_port, s->frozen.nwords, &s->frozen.room_word_ports, sizeof *s->frozen.word_port);
    s->frozen.word_owner[s->frozen.nwords] = owner;
    s->frozen.word_port[s->frozen.nwords] = port;
    s->frozen.words[s->frozen.nwords++] = w;
    return w;
}

const char *word_name(const struct bl_word *w)
{
    struct bl_sim *s = w->sim;
    uint32_t part = s->frozen.word_owner[w->id], port = s->frozen.word_port[w->id];

    if (port == NONE)
        return s->frozen.nodes[part]->path;
    if (part == NONE)                    /* an open port */
        for (part = 0; port >= (size_t)(s->frozen.nodes[part]->port - s->frozen.ports) + s->frozen.nodes[part]->nports; part++)
            ;
    const struct bl_node *n = s->frozen.nodes[part];
    uint32_t element, place = port - (uint32_t)(n->port - s->frozen.ports);
    bool open = s->frozen.word_owner[w->id] == NONE && port_field(n, place, &element)->kind != BL_KIND_IN;
    return arena_text(&s->fixed, "%s.%s%s", n->path, port_text(&s->fixed, n, place), open ? " (open)" : "");
}

/* ---- words and rings ---- */

bool in_chunk(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->frozen.word_owner[w->id];

    return owner != NONE && s->frozen.nodes[owner]->info->cls->tick && w->bytes <= CHUNK_WORD;
}

bool bl_wired_in(bl_in e) { return bl_in_(e)->sim->frozen.word_owner[bl_in_(e)->id] != NONE; }

static uint32_t aligned(uint32_t bytes) { return (bytes + 7) / 8 * 8; }

static bool wide_wire(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->frozen.word_owner[w->id];

    return owner == NONE || (s->frozen.nodes[owner]->info->cls->comb && w->bytes > CHUNK_WORD);
}

static bool settled(const struct bl_sim *s, const struct bl_word *w)
{
    uint32_t owner = s->frozen.word_owner[w->id];

    return w->now != w->next && owner != NONE && s->frozen.nodes[owner]->info->cls->comb;
}

/* Bytes of every chunk and of the words that are committed one by one; chunk_bytes counts. */
static size_t count_bytes(struct bl_sim *s)
{
    size_t alone = 0;

    for (size_t i = 0; i < s->frozen.nwords; i++) {
        const struct bl_word *w = s->frozen.words[i];
        if (in_chunk(s, w)) {
            const struct bl_node *n = s->frozen.nodes[s->frozen.word_owner[w->id]];
            s->frozen.domains[n->domain].chunk_bytes[n->slot / 64] += aligned(w->bytes);
        } else if (!(w->special & MANY_DRIVER)) {            /* which has no storage of its own */
            alone += (size_t)aligned(w->bytes) * (wide_wire(s, w) ? 1 : 2);
        }
    }
    return alone;
}

/* Words are in order of their owners. Those alone have now and next side by side, from `alone` on. */
static void place_words(struct bl_sim *s, unsigned char *alone)
{
    for (size_t i = 0; i < s->frozen.nwords; i++) {
        struct bl_word *w = s->frozen.words[i];
        if (in_chunk(s, w)) {
            const struct bl_node *n = s->frozen.nodes[s->frozen.word_owner[w->id]];
            struct domain *d = &s->frozen.domains[n->domain];
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

    for (size_t i = 0; i < s->frozen.ndomains; i++) {
        struct domain *d = &s->frozen.domains[i];
        for (uint32_t k = 0; k < d->words; k++) {
            d->chunk_now[k] = arena_get(&s->state, d->chunk_bytes[k]);
            d->chunk_next[k] = arena_get(&s->state, d->chunk_bytes[k]);
            d->chunk_bytes[k] = 0;
        }
    }
    place_words(s, arena_get(&s->state, alone));
    for (size_t i = 0; i < s->frozen.nrings; i++) {
        struct bl_ring *g = s->frozen.rings[i];
        const struct link_info *in = &s->frozen.links[i];
        g->data = arena_get(&s->state, (size_t)(g->mask + 1) * g->slot);
        g->pushed = s->frozen.words[in->seen_pushed]->now;
        g->popped = in->pipe ? g->pop_word->next : s->frozen.words[in->seen_popped]->now;
        if (in->pipe && !s->frozen.pipe_giver)
            s->frozen.pipe_giver = memset(arena_get(&s->fixed, s->frozen.nwords * sizeof *s->frozen.pipe_giver), 0xff,
                                          s->frozen.nwords * sizeof *s->frozen.pipe_giver);
        if (in->pipe) {
            s->frozen.pipe_giver[g->pop_word->id] = in->push_node;
            g->pop_word->special |= PIPE_POP;
            s->frozen.domains[s->frozen.nodes[in->push_node]->domain].piped = true;
        }
    }
    s->run.dirty = arena_get(&s->fixed, (s->frozen.nwords + 1) * sizeof *s->run.dirty);
}

/* ---- handles and what a part reads ---- */

/* Ends of an array are memory of the frozen arena; only the handle is in the struct. */
static void write_handle(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    uint32_t count = n->first[k + 1] - n->first[k];
    unsigned char *at = n->self + f->at;

    if (f->count) {
        const bl_pops array = { arena_get(&s->fixed, (count + 1) * sizeof *array.at), count };     /* behind the last: NULL */
        memcpy(at, &array, sizeof array);
        at = (unsigned char *)(uintptr_t)array.at;
    }
    for (uint32_t i = n->first[k]; i < n->first[k + 1]; i++, at += sizeof(void *)) {
        if (bl_field_is(f, BL_IS_WORD)) {
            const uintptr_t word = (uintptr_t)s->frozen.words[n->port[i]] + s->frozen.words[n->port[i]]->elem;
            memcpy(at, &word, sizeof word);
        } else if (bl_field_is(f, BL_IS_CHANNEL)) {
            memcpy(at, &s->frozen.rings[n->port[i]], sizeof(void *));
        } else if (bl_field_is(f, BL_IS_END)) {
            const uint32_t number = n->port[i] == NONE ? NONE : n->port[i] + 1;     /* 0 is a field in no table */
            memcpy(at, &number, sizeof number);
        }
    }
}

/* The word through which a port of this kind shows its part that something moved; NONE when it shows nothing. */
static uint32_t read_word(const struct bl_sim *s, enum bl_field_kind kind, uint32_t port)
{
    if (kind == BL_KIND_IN)
        return port;
    if (kind == BL_KIND_POP)
        return s->frozen.links[port].seen_pushed;
    if (kind == BL_KIND_PUSH)
        return s->frozen.links[port].seen_popped;
    return NONE;
}

/* Part n reads what is behind the ports of field k, and is told when it moves. */
static void bind_reads(struct bl_sim *s, const struct bl_node *n, uint32_t k, uint32_t *used)
{
    const struct bl_class *c = n->info->cls;

    for (uint32_t i = n->first[k]; i < n->first[k + 1]; i++) {
        uint32_t w = read_word(s, c->fields[k].kind, n->port[i]);
        if (w == NONE || s->frozen.word_owner[w] == NONE)
            continue;
        s->frozen.reads[(*used)++] = w;
        listen_to(s, s->frozen.words[w], c->tick ? WAKES : c->comb ? COMBS : RELEASES, c->tick ? n->id : c->comb ? n->slot : n->proc);
    }
}

static void bind_parts(struct bl_sim *s)
{
    uint32_t used = 0;

    s->frozen.reads = arena_get(&s->fixed, (s->frozen.nports + 1) * sizeof *s->frozen.reads);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        n->reads.first = used;
        for (uint32_t k = 0; !n->info->cls->build && k < n->info->nfields; k++) {
            write_handle(s, n, k);
            bind_reads(s, n, k, &used);
        }
        n->reads.n = used - n->reads.first;
    }
}

/* ---- listeners ---- */

void listen_to(struct bl_sim *s, struct bl_word *w, uint32_t what, uint32_t id)
{
    s->frozen.heard = grown(s->frozen.heard, s->frozen.nheard, &s->frozen.room_heard, sizeof *s->frozen.heard);
    s->frozen.heard[s->frozen.nheard++] = (struct raw_listen){ w->id, what, id };
}

static struct bl_listen listener(struct bl_sim *s, const struct raw_listen *h)
{
    struct bl_listen l = { .what = h->what, .id = h->id };

    if (h->what == WAKES) {
        const struct bl_node *n = s->frozen.nodes[h->id];
        l.word = &s->frozen.domains[n->domain].awake[n->slot / 64];
        l.bit = UINT64_C(1) << (n->slot & 63);
    } else if (h->what == COMBS) {
        l.word = &s->run.comb_dirty[h->id / 64];
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

    for (const struct bl_listen *l = s->frozen.listen + w->listen, *end = l + w->nlisten; l < end; l++) {
        always |= l->what != WAKES;
        sleep += l->what == WAKES && !(*l->word & l->bit);
    }
    w->ask = (always && !(w->special & SETTLED_WIRE)) + sleep;
}

void count_asks(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nwords; i++)
        set_ask(s, s->frozen.words[i]);
}

void freeze_listeners(struct bl_sim *s)
{
    uint32_t *first = lent(s->frozen.nwords + 1, sizeof *first);       /* by word; afterwards of the next one */
    unsigned kinds = 0;

    free(s->frozen.listen);                     /* traces come and go */
    s->frozen.listen = NULL;
    s->frozen.listen = fresh(s->frozen.nheard + 1, sizeof *s->frozen.listen);
    for (size_t i = 0; i < s->frozen.nheard; i++) {
        first[s->frozen.heard[i].word + 1]++;
        kinds |= 1u << s->frozen.heard[i].what;
    }
    for (size_t i = 0; i < s->frozen.nwords; i++)
        first[i + 1] += first[i];
    for (uint32_t what = WAKES; what <= WATCHES; what++)      /* in order of kind: dispatch relies on it */
        for (size_t i = 0; kinds >> what & 1 && i < s->frozen.nheard; i++)
            if (s->frozen.heard[i].what == what)
                s->frozen.listen[first[s->frozen.heard[i].word]++] = listener(s, &s->frozen.heard[i]);
    for (size_t i = 0; i < s->frozen.nwords; i++) {
        s->frozen.words[i]->listen = i ? first[i - 1] : 0;
        s->frozen.words[i]->nlisten = first[i] - s->frozen.words[i]->listen;
        set_ask(s, s->frozen.words[i]);
    }
    give_back(first);
}

/* ---- processes and events ---- */

static void layout_settlers(struct bl_sim *s)
{
    s->run.comb_dirty = arena_get(&s->state, (s->frozen.ncombs / 64 + 1) * sizeof *s->run.comb_dirty);
    s->frozen.settler = arena_get(&s->fixed, (s->frozen.ncombs + 1) * sizeof *s->frozen.settler);
    for (uint32_t i = 0; i < s->frozen.ncombs; i++) {
        struct bl_node *n = s->frozen.combs[i];
        struct settler *c = &s->frozen.settler[i];
        *c = (struct settler){ .comb = n->info->cls->comb, .self = n->self, .node = n,
                               .out = arena_get(&s->fixed, (n->nports + 1) * sizeof *c->out) };
        for (uint32_t k = 0; k < n->info->nfields; k++)
            for (uint32_t p = n->first[k]; n->info->cls->fields[k].kind == BL_KIND_OUT && p < n->first[k + 1]; p++)
                if (s->frozen.words[n->port[p]]->now != s->frozen.words[n->port[p]]->next)
                    c->out[c->nout++] = s->frozen.words[n->port[p]];
    }
}

/* A process and its timer, which is its event. It may be in the list of each event that its class tables, or in that of one lock. */
static void layout_process(struct bl_sim *s, uint32_t p, uint32_t *waiters)
{
    struct bl_node *n = s->frozen.procs[p];
    struct process *x = &s->frozen.process[p];

    *x = (struct process){ .run = n->info->cls->run, .self = n->self, .node = n, .timer = s->frozen.nevents++, .proc = &s->run.proc[p],
                           .waiters = { *waiters, n->info->nawaited } };
    n->timer = x->timer;
    *waiters += x->waiters.n;
}

static void layout_processes(struct bl_sim *s)
{
    uint32_t waiters = 1, room = 1;      /* no waiter has number 0: events begin as zeroes, which nobody touches */
    size_t events = (size_t)s->frozen.nevents + s->frozen.nprocs;

    s->frozen.first_timer = s->frozen.nevents;
    while (room < s->frozen.nprocs)
        room *= 2;
    s->frozen.queue_mask = room - 1;
    s->frozen.process = arena_get(&s->fixed, (s->frozen.nprocs + 1) * sizeof *s->frozen.process);
    s->run.proc = arena_get(&s->state, (s->frozen.nprocs + 1) * sizeof *s->run.proc);
    s->run.run_queue = arena_get(&s->state, room * sizeof *s->run.run_queue);
    for (uint32_t p = 0; p < s->frozen.nprocs; p++)
        layout_process(s, p, &waiters);
    resets_layout(s);
    s->run.waiter = arena_get(&s->state, waiters * sizeof *s->run.waiter);
    for (uint32_t p = 0; waiters > 1 && p < s->frozen.nprocs; p++)
        for (uint32_t w = 0; w < s->frozen.process[p].waiters.n; w++)
            s->run.waiter[s->frozen.process[p].waiters.first + w] = (struct waiter){ .ev = NONE, .proc = p };
    s->run.ev = arena_get(&s->state, (events + 1) * sizeof *s->run.ev);
    s->run.delta_queue = arena_get(&s->state, (2 * events + 1) * sizeof *s->run.delta_queue);
}

/* Where clocked parts find their accounts. */
static void give_accounts(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        for (uint32_t k = 0; k < s->frozen.domains[i].n; k++) {
            struct slot *at = &s->frozen.domains[i].slot[k];
            at->account = &s->run.account[at->node->id];
        }
}

void layout_all(struct bl_sim *s)
{
    domain_layout(s);
    layout_words(s);
    ledger_layout(s);
    ledger_begin(s);
    give_accounts(s);
    layout_processes(s);
    layout_settlers(s);
    bind_parts(s);
    path_layout(s);
    slots_layout(s);
    freeze_listeners(s);
}

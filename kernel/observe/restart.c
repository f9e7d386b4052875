/* restart.c - everything begins again: the state after elaboration comes back, while time goes on and accounts, tallies and what
 * classes keep stay as they are. Edges, and time as parts see it, are counted from there. */
#include "kernel/observe/path.h"

#include <stdlib.h>

static struct bl_sim *sim_of(const void *self) { return ((const struct bl_part *)self)->node->sim; }

/* ---- what is remembered ---- */

enum { PAGE = 4096 };
struct page { struct page *next; unsigned char *at; size_t bytes; };     /* its bytes follow; pages of zeros are not kept */

static bool all_zero(const unsigned char *at, size_t n) { return !*at && !memcmp(at, at + 1, n - 1); }

static struct page *keep_pages(struct bl_sim *s)
{
    struct page *first = NULL, **end = &first;

    for (const struct chunk *c = s->state.first; c; c = c->next)
        for (size_t at = 0; at < c->used; at += PAGE) {
            size_t n = c->used - at < PAGE ? c->used - at : PAGE;
            unsigned char *bytes = chunk_bytes(c) + at;
            if (all_zero(bytes, n))
                continue;
            *end = arena_get(&s->origin, sizeof **end + n);
            **end = (struct page){ NULL, bytes, n };
            memcpy(*end + 1, bytes, n);
            end = &(*end)->next;
        }
    return first;
}

static void keep_counts(struct bl_sim *s, void *at, size_t bytes, uint32_t elem)
{
    struct origin *r = s->was;

    if (!bytes)
        return;
    r->kept = grown(r->kept, r->nkept, &r->room_kept, sizeof *r->kept);
    r->kept[r->nkept++] = (struct counts){ at, bytes / elem, elem };
    r->bytes += bytes;
}

static void keep_memory(struct bl_sim *s, const struct bl_node *n, const void *at)
{
    for (size_t i = 0; i < s->frozen.nmemories; i++)
        if (s->frozen.memories[i].node == n->id && s->frozen.memories[i].at == at)
            keep_counts(s, (void *)(uintptr_t)at, s->frozen.memories[i].bytes / 8 * 8, 8);
}

static void keep_of_part(struct bl_sim *s, const struct bl_node *n)
{
    for (uint32_t i = 0; i < n->info->ntallies; i++)
        keep_counts(s, n->self + n->info->tally[i]->at, sizeof(bl_tally), sizeof(bl_tally));
    for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
        if (f->flags & BL_KEPT && f->kind == BL_KIND_VIEW) {
            keep_counts(s, n->self + f->at, (size_t)f->least, f->elem);
        } else if (f->flags & BL_KEPT && f->kind == BL_KIND_MEM) {
            void *at;
            memcpy(&at, n->self + f->at, sizeof at);
            keep_memory(s, n, at);
        }
}

static void keep_path(struct bl_sim *s)
{
    const struct path *p = s->onlookers->path;

    keep_counts(s, p->total, p->rows * sizeof *p->total, sizeof *p->total);
    for (size_t i = 0; i < s->frozen.nparts; i++)
        if (p->walker[i].nstreams)
            keep_counts(s, &p->actor[i].seen, 3 * sizeof(uint64_t), sizeof(uint64_t));
}

void origin_keep(struct bl_sim *s)
{
    bool wanted = false;
    size_t nslots;

    for (size_t i = 0; i < s->frozen.ninfos; i++)
        wanted |= s->frozen.infos[i]->cls->restarts;
    if (!wanted)
        return;
    s->was = arena_get(&s->origin, sizeof *s->was);
    s->was->pages = keep_pages(s);
    keep_counts(s, s->run.spent, s->frozen.naccounts * sizeof *s->run.spent, sizeof *s->run.spent);
    keep_counts(s, s->run.rested, s->frozen.nrests * sizeof *s->run.rested, sizeof *s->run.rested);
    keep_counts(s, s->run.blamed, (s->frozen.naccounts + ROOT_ROWS) * sizeof *s->run.blamed, sizeof *s->run.blamed);
    keep_counts(s, s->run.pair_spent, s->frozen.npairs * sizeof *s->run.pair_spent, sizeof *s->run.pair_spent);
    if (s->onlookers && s->onlookers->path)
        keep_path(s);                    /* behind blame: bl_account_read finds that behind the rests */
    uint64_t *slots = slots_sums(s, &nslots);
    keep_counts(s, slots, nslots * sizeof *slots, sizeof *slots);
    for (size_t i = 0; i < s->frozen.nnodes; i++)
        keep_of_part(s, s->frozen.nodes[i]);
    s->was->aside = arena_get(&s->origin, s->was->bytes + s->frozen.ndomains * sizeof(uint64_t));
}

void origin_forget(struct bl_sim *s)
{
    if (s->was)
        free(s->was->kept);
    arena_free(&s->origin);
}

/* ---- a restart ---- */

/* Stalls and verdicts that go on are booked up to now. */
static void close_account(struct bl_sim *s)
{
    const uint64_t now = s->core->now;

    path_close(s);
    slots_cut(s);
    ledger_book_open(s);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        struct account *a = &s->run.account[i];
        if (has_account(n->info->cls))
            s->run.spent[n->account + a->verdict] += ledger_clock(s, n, now) - a->since;
        rest_at(s, n, now, s->run.rested + n->rest);
        if (s->run.waits)
            s->run.blamed[s->frozen.naccounts + ROOT_RING] += s->run.waits[i].ring;
    }
}

/* The counts go aside, with the edges so far, or come back. */
static void counts_aside(struct bl_sim *s, bool back)
{
    unsigned char *at = s->was->aside;

    for (size_t i = 0; i < s->was->nkept; i++) {
        const struct counts *k = &s->was->kept[i];
        memcpy(back ? k->at : at, back ? at : k->at, k->n * k->elem);
        at += k->n * k->elem;
    }
    for (size_t i = 0; i < s->frozen.ndomains; i++, at += sizeof(uint64_t)) {
        uint64_t edges = back ? 0 : edges_of_all(&s->frozen.domains[i], s->core->now);
        memcpy(back ? (void *)&s->frozen.domains[i].st->before : at, back ? at : (void *)&edges, sizeof edges);
    }
}

static void put_back(struct bl_sim *s)
{
    for (struct chunk *c = s->state.first; c; c = c->next)
        memset(chunk_bytes(c), 0, c->used);
    for (const struct page *p = s->was->pages; p; p = p->next)
        memcpy(p->at, p + 1, p->bytes);
}

void begin_now(struct bl_sim *s)
{
    const uint64_t now = s->core->now;

    s->core->since = now;
    for (size_t i = 0; i < s->frozen.ndomains; i++) {
        struct domain *d = &s->frozen.domains[i];
        d->st->since = now;
        d->st->next = d->n ? edge_time(d, 0) : UINT64_MAX;
    }
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct account *a = &s->run.account[i];
        a->since = s->frozen.nodes[i]->info->cls->tick ? 0 : now;
        a->root_since = now;
        s->run.rest[i].since = a->since;
    }
    path_begins_anew(s);
    slots_begin_anew(s);
}

void drop_scratch(struct bl_sim *s)
{
    for (uint32_t i = 0; i < s->run.ndirty; i++)
        s->run.dirty[i]->queued = 0;
    for (uint32_t i = 0; i < s->run.nchanged; i++)
        s->run.changed_flag[s->run.changed[i] / 64] = 0;
    s->run.ndirty = s->run.nchanged = 0;
    s->run.at_work = NULL;
    s->interrupted = 0;
    s->run.booked = UINT64_MAX;              /* at this time open stalls are not booked */
}

void restart_all(struct bl_sim *s, uint64_t stream)
{
    const sig_atomic_t interrupted = s->interrupted;
    struct core was = *s->core;

    close_account(s);
    counts_aside(s, false);
    put_back(s);
    counts_aside(s, true);
    drop_scratch(s);
    s->interrupted = interrupted;
    s->core->now = was.now;
    s->core->deltas = s->core->deltas_before = was.deltas;
    s->core->activations = was.activations;
    s->core->phase = was.phase;
    s->core->stream = stream;
    begin_now(s);
    count_asks(s);
    OBSERVE(s, restarted, (s));
}

/* ---- what parts and the host ask ---- */

/* The time of the part's next edge, for what is wanted there. */
static void at_next_edge(const void *self, uint32_t what)
{
    const struct bl_node *n = ((const struct bl_part *)self)->node;
    struct bl_sim *s = n->sim;
    const struct domain *d = n->domain == NONE ? NULL : &s->frozen.domains[n->domain];

    s->core->edge_at = d ? edge_time(d, edges_before(d, s->core->now + 1)) : s->core->now + 1;
    s->core->ending |= what;
    s->core->ender = 1 + n->id;
}

void bl_pause_next(void *self) { at_next_edge(self, EDGE_PAUSE); }
void bl_stop_next(void *self) { at_next_edge(self, EDGE_STOP); }
uint64_t bl_stream(const void *self) { return sim_of(self)->core->stream; }

void bl_restart(void *self, uint64_t stream)
{
    if (!((const struct bl_part *)self)->node->info->cls->restarts)
        bl_misuse(self, "bl_restart in a class that does not say .restarts = true");
    at_next_edge(self, EDGE_RESTART);
    sim_of(self)->core->stream_next = stream;
}

void bl_first_stream(struct bl_sim *s, uint64_t stream) { s->first_stream = stream; }

static int may_restart(struct bl_sim *s)
{
    const char *why = !s->elaborated ? "before elaboration" : !s->was ? "and no class of the platform says .restarts" :
        s->failed ? "of a run that has failed" : s->run.in_run ? "in the middle of a run; ask when bl_run has returned" : NULL;

    return why ? bl_error(s->diag, "a restart is asked for %s", why) : 0;
}

int bl_restart_now(struct bl_sim *s, uint64_t stream)
{
    if (may_restart(s))
        return -1;
    restart_all(s, stream);
    return 0;
}

int bl_begin_anew(struct bl_sim *s, uint64_t stream)
{
    if (may_restart(s))
        return -1;
    put_back(s);
    drop_scratch(s);
    s->core->stream = stream;
    count_asks(s);
    OBSERVE(s, restarted, (s));
    return 0;
}

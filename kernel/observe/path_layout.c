/* path_layout.c - which words the critical path hears, how many changes of each it keeps, and which outputs of a part depend on which inputs. */
#include "kernel/observe/path.h"

enum { WIDEST_OTHER = 64, STREAM_MOST = 32, WAYS_MOST = 63 };

static const struct bl_field *field_at(const struct bl_node *n, uint32_t place)
{
    uint32_t element;

    return port_field(n, place, &element);
}

/* The word that an end reads: a pop end sees how many were pushed. */
static uint32_t word_read(const struct bl_sim *s, const struct bl_node *n, uint32_t place)
{
    const enum bl_field_kind kind = field_at(n, place)->kind;
    const uint32_t port = n->port[place];

    if (port == NONE || (kind != BL_KIND_IN && kind != BL_KIND_POP && kind != BL_KIND_PUSH))
        return NONE;
    return kind == BL_KIND_IN ? port : kind == BL_KIND_POP ? s->frozen.links[port].seen_pushed : s->frozen.links[port].seen_popped;
}

static uint32_t own_counter(const struct bl_sim *s, const struct bl_node *n, uint32_t place)
{
    const enum bl_field_kind kind = field_at(n, place)->kind;
    const uint32_t port = n->port[place];

    if (port == NONE || (kind != BL_KIND_POP && kind != BL_KIND_PUSH))
        return NONE;
    return kind == BL_KIND_POP ? s->frozen.rings[port]->pop_word->id : s->frozen.rings[port]->push_word->id;
}

/* ---- who is heard ---- */

static void hear(struct bl_sim *s, struct path *p, uint32_t word, uint32_t kept);

/* What stands behind a wire, or a synchroniser. */
static void hear_behind(struct bl_sim *s, struct path *p, const struct bl_node *owner)
{
    const bool sync = owner->id >= s->frozen.nparts;

    if (sync)
        hear(s, p, owner->port[0], (uint32_t)sync_stages(owner) + 2);
    for (uint32_t i = 0; !sync && owner->info->cls->comb && i < owner->nports; i++)
        if (field_at(owner, i)->kind == BL_KIND_IN && owner->port[i] != NONE)
            hear(s, p, owner->port[i], 2);
}

static void hear(struct bl_sim *s, struct path *p, uint32_t word, uint32_t kept)
{
    const uint32_t owner = s->frozen.word_owner[word];

    if (owner == NONE || s->frozen.words[word]->bus)
        return;                              /* nobody drives it, or several */
    if (p->of_word[word]) {
        struct listening *l = &p->listening[p->of_word[word] - 1];
        l->kept = kept > l->kept ? kept : l->kept;
        return;
    }
    p->listening[p->nheard] = (struct listening){ .word = word, .kept = kept, .owner = s->frozen.nodes[owner] };
    p->of_word[word] = ++p->nheard;
    hear_behind(s, p, s->frozen.nodes[owner]);
}

static bool declared_at(const struct bl_node *n, uint32_t place)
{
    uint32_t element;
    const struct bl_field *f = port_field(n, place, &element);
    bool is = f->kind == BL_KIND_POP || f->kind == BL_KIND_PUSH;

    for (uint32_t v = 0; !is && v < n->info->nverdicts; v++)
        for (uint32_t i = 0; i < n->info->waits_on[v].n; i++)
            is |= n->info->waits_on[v].port[i] == f;
    return is;
}

static uint64_t latency_at(const struct bl_node *n, uint32_t place)
{
    const char *name = field_at(n, place)->name;

    for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
        if (f->kind == BL_KIND_STREAM && !strcmp(f->text, name))
            return field_count(n, f->lanes);
    return 0;
}

/* Of other words those are heard that are not wide and come from somebody of whom the part hears nothing else. */
static bool heard_beside(const struct bl_sim *s, const struct bl_node *n, const struct walker *w, uint32_t word)
{
    const uint32_t owner = s->frozen.word_owner[word];

    if (s->frozen.words[word]->bytes > WIDEST_OTHER || owner == NONE || s->frozen.nodes[owner]->info->cls->comb)
        return false;
    for (uint32_t i = 0; i < n->nports; i++) {
        const uint32_t other = word_read(s, n, i);
        if (other != NONE && other != word && (declared_at(n, i) || w->latency[i]) && s->frozen.word_owner[other] == owner)
            return false;
    }
    return true;
}

static void hear_part(struct bl_sim *s, struct path *p, const struct bl_node *n)
{
    struct walker *w = &p->walker[n->id];

    for (uint32_t i = 0; i < n->nports; i++) {
        w->latency[i] = latency_at(n, i);
        if (w->latency[i] > STREAM_MOST)
            w->latency[i] = 0;               /* too long to be kept: its work is its own */
    }
    for (uint32_t i = 0; i < n->nports; i++) {
        const uint32_t word = word_read(s, n, i), own = own_counter(s, n, i);
        const bool wanted = word != NONE && (declared_at(n, i) || w->latency[i] || heard_beside(s, n, w, word));
        if (wanted)
            hear(s, p, word, (uint32_t)w->latency[i] + 2);
        if (own != NONE)
            hear(s, p, own, 2);
        w->heard[i] = wanted && p->of_word[word] ? p->of_word[word] - 1 : NONE;
        w->own[i] = own != NONE && p->of_word[own] ? p->of_word[own] - 1 : NONE;
        if (field_at(n, i)->kind == BL_KIND_PUSH)
            w->push[i / 64] |= UINT64_C(1) << (i & 63);
        if (w->own[i] != NONE && w->heard[i] != NONE)
            w->end[w->nends++] = (struct end){ i, w->heard[i], w->own[i], s->frozen.words[own], field_at(n, i)->kind == BL_KIND_PUSH,
                                               s->frozen.links[n->port[i]].pipe };
        if (w->latency[i] && w->heard[i] != NONE)
            w->streams[w->nstreams++] = i;
    }
}

/* ---- ways: way 0 is that of outputs without a row, and depends on all ---- */

static void lay_ways(struct path *p, const struct bl_node *n)
{
    struct walker *w = &p->walker[n->id];

    w->ways = 1;
    for (uint32_t i = 0; i < n->nports; i++)
        w->in[i] = 1;
    for (const struct bl_field *f = n->info->cls->fields; f && f->kind && w->ways < WAYS_MOST; f++) {
        if (f->kind != BL_KIND_WAY)
            continue;
        for (uint32_t k = 0; k < listed(f->text); k++) {
            const struct bl_field *in = listed_port(n->info->cls, f->text, k);
            const uint32_t field = class_field_index(n->info->cls, in);
            for (uint32_t i = n->first[field]; i < n->first[field + 1]; i++)
                w->in[i] |= UINT64_C(1) << w->ways;
        }
        const uint32_t out = class_field_index(n->info->cls, class_field(n->info->cls, f->name));
        for (uint32_t i = n->first[out]; i < n->first[out + 1]; i++)
            w->in[i] = UINT64_C(1) << w->ways;     /* its room, and what it drives */
        w->ways++;
    }
}

/* The way of a word: that of the output; of room that a pop makes, the first that depends on the end. */
static uint32_t way_of_word(const struct bl_sim *s, const struct path *p, const struct listening *l)
{
    const uint32_t port = s->frozen.word_port[l->word];
    const struct bl_node *n = l->owner;

    if (port == NONE || n->id >= s->frozen.nparts || !p->walker[n->id].in)
        return 0;
    const uint64_t in = p->walker[n->id].in[port - (uint32_t)(n->port - s->frozen.ports)] & ~UINT64_C(1);
    return in ? (uint32_t)__builtin_ctzll(in) : 0;
}

/* ---- streams, by the word ---- */

static void list_readers(struct bl_sim *s, struct path *p)
{
    uint32_t all = 0;

    p->readers = arena_get(&s->fixed, (s->frozen.nports + 1) * sizeof *p->readers);
    for (uint32_t h = 0; h < p->nheard; h++) {
        p->listening[h].streams.first = all;
        for (size_t i = 0; i < s->frozen.nparts; i++)
            for (uint32_t k = 0; k < p->walker[i].nstreams; k++)
                if (p->walker[i].heard[p->walker[i].streams[k]] == h)
                    p->readers[all++] = (struct reader){ s->frozen.nodes[i], p->walker[i].latency[p->walker[i].streams[k]] };
        p->listening[h].streams.n = all - p->listening[h].streams.first;
    }
}

/* ---- layout ---- */

static void lay_walkers(struct bl_sim *s, struct path *p)
{
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        struct walker *w = &p->walker[i];
        w->period = n->info->cls->tick ? s->frozen.domains[n->domain].period : 0;
        w->heard = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->heard);
        w->own = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->own);
        w->in = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->in);
        w->latency = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->latency);
        w->end = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->end);
        w->streams = arena_get(&s->fixed, (n->nports + 1) * sizeof *w->streams);
        w->push = arena_get(&s->fixed, (n->nports / 64 + 1) * sizeof *w->push);
        lay_ways(p, n);
        if (has_account(n->info->cls) && !n->info->cls->comb)
            hear_part(s, p, n);
        else
            memset(w->heard, 0xff, n->nports * sizeof *w->heard);
    }
}

void path_layout(struct bl_sim *s)
{
    if (!(s->options & BL_PATH))
        return;
    struct path *p = arena_get(&s->fixed, sizeof *p);
    uint32_t changes = 0, books = 0;

    onlookers_of(s)->path = p;
    p->of_word = arena_get(&s->fixed, (s->frozen.nwords + 1) * sizeof *p->of_word);
    p->listening = arena_get(&s->fixed, (s->frozen.nwords + 1) * sizeof *p->listening);
    p->walker = arena_get(&s->fixed, (s->frozen.nnodes + 1) * sizeof *p->walker);
    lay_walkers(s, p);
    list_readers(s, p);
    for (uint32_t h = 0; h < p->nheard; h++) {
        struct listening *l = &p->listening[h];
        l->through = l->owner->id >= s->frozen.nparts || l->owner->info->cls->comb;
        l->first = changes;
        l->way = way_of_word(s, p, l);
        changes += l->kept;
        listen_to(s, s->frozen.words[l->word], BOOKS, h);
    }
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        p->walker[i].first = books;
        books += p->walker[i].ways;
    }
    p->ties = s->frozen.naccounts;
    p->kinds = p->ties + (uint32_t)s->frozen.nports;
    p->rows = p->kinds + PATH_KINDS;
    p->heard = arena_get(&s->state, (p->nheard + 1) * sizeof *p->heard);
    p->change = arena_get(&s->state, (changes + 1) * sizeof *p->change);
    p->actor = arena_get(&s->state, (s->frozen.nnodes + 1) * sizeof *p->actor);
    p->books = arena_get(&s->state, (books + 1) * sizeof *p->books);
    p->total = arena_get(&s->state, p->rows * sizeof *p->total);
    p->cut = arena_get(&s->state, sizeof *p->cut);
}

/* ledger.c - where every cycle and every joule went. A part's verdict is a registered word and its account
 * the integral of it; stalls are also booked by what the awaited peer was doing, and on the part at the
 * root of the chain of waits. Energy is exact: whole yJ and nW in 128 bits. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- layout ---- */

/* The part behind the other end of port k (of an array: of its first), and NONE for an open one. */
static uint32_t peer_of(const struct bl_sim *s, const struct bl_node *n, uint32_t k)
{
    enum bl_field_kind kind = n->info->cls->fields[k].kind;
    uint32_t port = port_at(n, k);

    if (port == NONE)
        return NONE;
    if (kind == BL_KIND_POP)
        return s->frozen.links[port].push_node;
    if (kind == BL_KIND_PUSH)
        return s->frozen.links[port].pop_node;
    uint32_t owner = kind == BL_KIND_IN ? s->frozen.word_owner[port] : NONE;
    while (owner != NONE && owner >= s->frozen.nparts)       /* a synchroniser: who drives it */
        owner = s->frozen.word_owner[s->frozen.nodes[owner]->port[0]];
    return owner;
}

/* A combinational peer has no verdict: what is waited for is the clocked part behind it. */
static uint32_t behind_wires(const struct bl_sim *s, uint32_t peer)
{
    for (size_t hops = 0; peer != NONE && s->frozen.nodes[peer]->info->cls->comb; hops++) {
        const struct bl_node *n = s->frozen.nodes[peer];
        uint32_t next = NONE;
        for (uint32_t k = 0; k < n->info->nfields && next == NONE; k++)
            if (n->info->cls->fields[k].kind == BL_KIND_IN)
                next = peer_of(s, n, k);
        peer = hops < s->frozen.nnodes ? next : NONE;
    }
    return peer;
}

static void find_peers(struct bl_sim *s, struct bl_node *n)
{
    const struct class_info *in = n->info;
    bool waits = false;

    for (uint32_t v = 0; v < in->nverdicts; v++)
        waits |= in->waits_on[v] != NULL;
    if (!waits)
        return;
    struct peer *peer = arena_get(&s->fixed, in->nverdicts * sizeof *peer);
    for (uint32_t v = 0; v < in->nverdicts; v++) {
        const struct bl_field *port = in->waits_on[v];
        peer[v].node = port ? behind_wires(s, peer_of(s, n, class_field_index(in->cls, port))) : NONE;
        peer[v].pairs = s->frozen.npairs;
        if (peer[v].node != NONE)
            s->frozen.npairs += s->frozen.nodes[peer[v].node]->info->nverdicts;
    }
    n->peer = peer;
}

static void find_prices(struct bl_sim *s, struct class_info *in)
{
    in->power_nw = arena_get(&s->fixed, (in->nverdicts + 1) * sizeof *in->power_nw);
    in->price_yj = arena_get(&s->fixed, (in->ntallies + 1) * sizeof *in->price_yj);
    for (size_t i = 0; i < s->frozen.nprices; i++) {
        const struct bl_price *p = &s->frozen.prices[i];
        if (strcmp(p->cls, in->cls->name))
            continue;
        if (!strcmp(p->item, "static"))
            in->power_nw[in->nverdicts] = p->value;
        for (uint32_t v = 0; p->is_power && v < in->nverdicts; v++)
            if (!strcmp(p->item, in->verdict[v]))
                in->power_nw[v] = p->value;
        for (uint32_t t = 0; !p->is_power && t < in->ntallies; t++)
            if (!strcmp(p->item, in->tally[t]->name))
                in->price_yj[t] = p->value;
    }
}

void ledger_layout(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        const struct class_info *in = n->info;
        n->account = s->frozen.naccounts;
        s->frozen.naccounts += in->nverdicts;
        find_peers(s, n);
    }
    for (size_t i = 0; i < s->frozen.ninfos; i++)
        find_prices(s, s->frozen.infos[i]);
    s->run.account = arena_get(&s->state, (s->frozen.nnodes + 1) * sizeof *s->run.account);
    s->run.spent = arena_get(&s->state, (s->frozen.naccounts + 1) * sizeof *s->run.spent);
    s->run.blamed = arena_get(&s->state, (s->frozen.naccounts + 1) * sizeof *s->run.blamed);
    s->run.pair_spent = arena_get(&s->state, (s->frozen.npairs + 1) * sizeof *s->run.pair_spent);
    if (s->frozen.npairs)
        s->run.waits = arena_get(&s->state, s->frozen.nnodes * sizeof *s->run.waits);
    for (size_t i = 0; s->frozen.npairs && i < s->frozen.nnodes; i++)
        s->run.waits[i] = (struct waits){ .peer = NONE, .first = NONE, .next = NONE, .prev = NONE };
    s->run.changed = arena_get(&s->fixed, (s->frozen.nnodes + 1) * sizeof *s->run.changed);
    s->run.changed_flag = arena_get(&s->fixed, (s->frozen.nnodes / 64 + 1) * sizeof *s->run.changed_flag);
    s->run.affected = arena_get(&s->fixed, (s->frozen.nnodes + 1) * sizeof *s->run.affected);
}

/* ---- verdicts ---- */

/* A part's own count of time at `now`: cycles when it is clocked, else fs. */
uint64_t ledger_clock(const struct bl_sim *s, const struct bl_node *n, uint64_t now)
{
    return n->info->cls->tick ? edges_before(&s->frozen.domains[n->domain], now) : now;
}

void ledger_verdict(struct bl_sim *s, struct bl_node *n, bl_verdict v)
{
    struct account *a = &s->run.account[n->id];

    if (v == a->verdict)
        return;
    if (v >= n->info->nverdicts)
        bl_misuse(n->self, "a verdict that its class does not declare");
    uint64_t at = n->info->cls->tick ? s->frozen.domains[n->domain].st->cycle : s->core->now;
    s->run.spent[n->account + a->verdict] += at - a->since;
    a->since = at;
    a->verdict = v;
    uint64_t bit = UINT64_C(1) << (n->id & 63);
    if (!(s->run.changed_flag[n->id / 64] & bit)) {
        s->run.changed_flag[n->id / 64] |= bit;
        s->run.changed[s->run.nchanged++] = n->id;
    }
    OBSERVE(s, verdict, (s, n));
}

/* ---- blame ----
 * waits[x].peer is whom x waits for, waits[x].first the list of who waits for x: a forest with loops only
 * in a deadlock. root of x: the end of its chain, where the time goes to. */

static void book_blame(struct bl_sim *s, uint32_t x)
{
    struct account *a = &s->run.account[x];
    struct waits *w = &s->run.waits[x];
    uint64_t dt = s->core->now - a->root_since;

    a->root_since = s->core->now;
    if (w->peer == NONE || dt == 0)
        return;
    s->run.pair_spent[s->frozen.nodes[x]->peer[w->verdict].pairs + s->run.waits[w->peer].verdict] += dt;
    s->run.blamed[s->frozen.nodes[a->root]->account + s->run.waits[a->root].verdict] += dt;
}

static void unlink_wait(struct bl_sim *s, uint32_t x)
{
    struct waits *w = &s->run.waits[x];

    if (w->peer == NONE)
        return;
    if (w->next != NONE)
        s->run.waits[w->next].prev = w->prev;
    if (w->prev != NONE)
        s->run.waits[w->prev].next = w->next;
    else
        s->run.waits[w->peer].first = w->next;
    w->peer = NONE;
}

static void link_wait(struct bl_sim *s, uint32_t x, uint32_t peer)
{
    struct waits *w = &s->run.waits[x];

    w->peer = peer;
    if (peer == NONE)
        return;
    w->prev = NONE;
    w->next = s->run.waits[peer].first;
    if (w->next != NONE)
        s->run.waits[w->next].prev = x;
    s->run.waits[peer].first = x;
}

/* Puts x and everybody who waits for it, directly or through others, on the list once. */
static uint32_t collect(struct bl_sim *s, uint32_t x, uint32_t n)
{
    if (s->run.waits[x].listed)
        return n;
    s->run.waits[x].listed = true;
    s->run.affected[n] = x;
    for (uint32_t i = n++; i < n; i++)
        for (uint32_t y = s->run.waits[s->run.affected[i]].first; y != NONE; y = s->run.waits[y].next)
            if (!s->run.waits[y].listed) {
                s->run.waits[y].listed = true;
                s->run.affected[n++] = y;
            }
    return n;
}

/* The end of x's chain of waits. Nodes on the list have no root yet and get it on the way; in a loop the
 * root is its member that comes first in path order. */
static void find_root(struct bl_sim *s, uint32_t x)
{
    uint32_t y = x, steps = 0, root;

    while (s->run.waits[y].listed && s->run.waits[y].peer != NONE && steps++ <= s->frozen.nnodes)
        y = s->run.waits[y].peer;
    root = s->run.waits[y].peer == NONE ? y : s->run.waits[y].listed ? NONE : s->run.account[y].root;
    if (root == NONE) {                  /* y is in a loop */
        uint32_t z = s->run.waits[y].peer;
        for (root = y; z != y; z = s->run.waits[z].peer)
            root = z < root ? z : root;
    }
    for (y = x; s->run.waits[y].listed; y = s->run.waits[y].peer) {
        s->run.waits[y].listed = false;
        s->run.account[y].root = root;
        if (s->run.waits[y].peer == NONE)
            break;
    }
}

void ledger_blame(struct bl_sim *s)
{
    uint32_t n = 0;

    if (!s->frozen.npairs) {                    /* nobody can wait for another */
        for (uint32_t i = 0; i < s->run.nchanged; i++)
            s->run.changed_flag[s->run.changed[i] / 64] = 0;
        s->run.nchanged = 0;
        return;
    }
    for (uint32_t i = 0; i < s->run.nchanged; i++)
        n = collect(s, s->run.changed[i], n);
    for (uint32_t i = 0; i < n; i++)
        book_blame(s, s->run.affected[i]);
    for (uint32_t i = 0; i < s->run.nchanged; i++) {
        uint32_t x = s->run.changed[i], v = s->run.account[x].verdict;
        s->run.changed_flag[x / 64] = 0;
        unlink_wait(s, x);
        s->run.waits[x].verdict = v;
        link_wait(s, x, ledger_awaited(s->frozen.nodes[x], v));
    }
    for (uint32_t i = 0; i < n; i++)
        if (s->run.waits[s->run.affected[i]].listed)
            find_root(s, s->run.affected[i]);
    s->run.nchanged = 0;
}

/* Stalls that are still going on are booked up to now, once a time. */
void ledger_book_open(struct bl_sim *s)
{
    if (s->run.booked == s->core->now || !s->frozen.npairs)
        return;
    for (size_t x = 0; x < s->frozen.nnodes; x++)
        book_blame(s, (uint32_t)x);
    s->run.booked = s->core->now;
}

/* ---- prices and energy ---- */

/* A tally takes energy, "static" and a verdict take power. */
static int check_price(struct bl_sim *s, const struct class_info *in, const struct bl_price *p, const char *where)
{
    const char *known[192];
    size_t n = 0;

    for (uint32_t t = 0; t < in->ntallies && n < 127; t++)
        known[n++] = in->tally[t]->name;
    size_t tallies = n;
    known[n++] = "static";
    for (uint32_t v = 0; v < in->nverdicts && n < 192; v++)
        known[n++] = in->verdict[v];
    for (size_t i = 0; i < n; i++) {
        if (strcmp(known[i], p->item))
            continue;
        if (p->is_power == (i >= tallies))
            return 0;
        return bl_error(s->diag, "%s: %s.%s is priced in %s; expected %s", where_of(where), p->cls, p->item,
                        p->is_power ? "power" : "energy", p->is_power ? "energy: it is a counted event" : "power: it is a time");
    }
    const char *near = bl_nearest(p->item, known, n);
    return bl_error(s->diag, "%s: class %s has no tally or verdict '%s' to price%s%s%s", where_of(where), p->cls, p->item,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int bl_set_price(struct bl_sim *s, const struct bl_price *p, const char *where)
{
    const struct bl_class *c = bl_class_find(s->classes, p->cls);

    if (!s->building)
        return bl_error(s->diag, "%s: a price is set after elaboration", where_of(where));
    if (!c)
        return bl_error(s->diag, "%s: a price for class '%s', which is not known", where_of(where), p->cls);
    if (class_check(s, c) || check_price(s, class_info_of(s, c), p, where))
        return -1;
    s->frozen.prices = grown(s->frozen.prices, s->frozen.nprices, &s->frozen.room_prices, sizeof *s->frozen.prices);
    s->frozen.prices[s->frozen.nprices] = *p;
    s->frozen.prices[s->frozen.nprices].cls = c->name;
    s->frozen.prices[s->frozen.nprices].item = arena_text(&s->fixed, "%s", p->item);
    s->frozen.prices[s->frozen.nprices].source = arena_text(&s->fixed, "%s", p->source ? p->source : "");
    s->frozen.nprices++;
    return 0;
}

size_t bl_price_count(const struct bl_sim *s) { return s->frozen.nprices; }
const struct bl_price *bl_price_at(const struct bl_sim *s, size_t i) { return &s->frozen.prices[i]; }

uint64_t ledger_tally(const struct bl_node *n, uint32_t t)
{
    bl_tally v;

    memcpy(&v, n->self + n->info->tally[t]->at, sizeof v);
    return v.n;
}

uint64_t ledger_spent(const struct bl_sim *s, const struct bl_node *n, uint32_t v, uint64_t now)
{
    const struct account *a = &s->run.account[n->id];
    bool timed = n->info->cls->tick || n->info->cls->run;

    return s->run.spent[n->account + v] + (timed && a->verdict == v ? ledger_clock(s, n, now) - a->since : 0);
}

bl_yj ledger_verdict_energy(const struct bl_sim *s, const struct bl_node *n, uint32_t v, uint64_t now)
{
    uint64_t unit = n->info->cls->tick ? s->frozen.domains[n->domain].period : 1;

    return n->info->power_nw[v] ? (bl_yj)ledger_spent(s, n, v, now) * unit * n->info->power_nw[v] : 0;
}

bl_yj ledger_energy(const struct bl_sim *s, const struct bl_node *n, uint64_t now)
{
    bl_yj e = (bl_yj)n->info->power_nw[n->info->nverdicts] * now;

    for (uint32_t v = 0; v < n->info->nverdicts; v++)
        e += ledger_verdict_energy(s, n, v, now);
    for (uint32_t t = 0; t < n->info->ntallies; t++)
        e += (bl_yj)ledger_tally(n, t) * n->info->price_yj[t];
    return e;
}

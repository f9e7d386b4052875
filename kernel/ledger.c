/* ledger.c - where every cycle went. A part's verdict is a registered word and its account the integral of it;
 * stalls are also booked by what the awaited peer was doing, and on the part at the root of the chain of waits. */
#include "kernel/kernel.h"

/* ---- layout ---- */

/* The part behind the other end of element i of port k, and NONE for an open one. */
static uint32_t peer_of(const struct bl_sim *s, const struct bl_node *n, uint32_t k, uint32_t i)
{
    enum bl_field_kind kind = n->info->cls->fields[k].kind;
    uint32_t port = n->port[n->first[k] + i];

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

/* A combinational peer has no verdict, unless its class works: what is waited for is the clocked part behind it. */
static uint32_t behind_wires(const struct bl_sim *s, uint32_t peer)
{
    for (size_t hops = 0; peer != NONE && !has_account(s->frozen.nodes[peer]->info->cls); hops++) {
        const struct bl_node *n = s->frozen.nodes[peer];
        uint32_t next = NONE;
        for (uint32_t k = 0; k < n->info->nfields && next == NONE; k++)
            if (n->info->cls->fields[k].kind == BL_KIND_IN)
                next = peer_of(s, n, k, 0);
        peer = hops < s->frozen.nnodes ? next : NONE;
    }
    return peer;
}

/* Which feed of n the port is, 0 when it is none. */
static uint32_t feed_of(const struct bl_node *n, struct waiting_port w)
{
    for (uint32_t k = 0; k < waits_at(n, BL_IDLE); k++) {
        struct waiting_port f = port_waited(n, BL_IDLE, k);
        if (f.port == w.port && f.index == w.index)
            return k;
    }
    return 0;
}

static void find_peers(struct bl_sim *s, struct bl_node *n)
{
    const struct class_info *in = n->info;
    size_t all = 0;

    for (uint32_t v = 0; v < in->nverdicts; v++)
        all += waits_at(n, v);
    if (!all)
        return;
    struct peers *peers = arena_get(&s->fixed, in->nverdicts * sizeof *peers);
    struct peer *peer = arena_get(&s->fixed, all * sizeof *peer);
    for (uint32_t v = 0; v < in->nverdicts; v++) {
        peers[v] = (struct peers){ peer, waits_at(n, v) };
        for (uint32_t k = 0; k < peers[v].n; k++, peer++) {
            struct waiting_port w = port_waited(n, v, k);
            peer->node = behind_wires(s, peer_of(s, n, class_field_index(in->cls, w.port), w.index));
            peer->pairs = s->frozen.npairs;
            peer->feed = n->info->rests >> v & 1 ? feed_of(n, w) : 0;
            if (peer->node != NONE)
                s->frozen.npairs += s->frozen.nodes[peer->node]->info->nverdicts;
        }
    }
    n->peers = peers;
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
    rest_layout(s);
    s->run.account = arena_get(&s->state, (s->frozen.nnodes + 1) * sizeof *s->run.account);
    s->run.spent = arena_get(&s->state, (s->frozen.naccounts + 1) * sizeof *s->run.spent);
    s->run.blamed = arena_get(&s->state, (s->frozen.naccounts + ROOT_ROWS) * sizeof *s->run.blamed);
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

static inline void take_verdict(struct bl_sim *s, struct bl_node *n, bl_verdict v)
{
    struct account *a = &s->run.account[n->id];
    const bl_verdict was = a->word;
    const uint32_t old = said_verdict(was);
    uint64_t bit = UINT64_C(1) << (n->id & 63);

    a->word = v;
    if (!(s->run.changed_flag[n->id / 64] & bit)) {
        s->run.changed_flag[n->id / 64] |= bit;
        s->run.changed[s->run.nchanged++] = n->id;
    }
    uint64_t at = n->info->cls->tick ? s->frozen.domains[n->domain].st->cycle : s->core->now;
    if ((n->rests >> old | n->rests >> said_verdict(v)) & 1)
        rest_changed(s, n, was, v, at);
    if (__builtin_expect(said_verdict(v) == old, 0))
        return;                              /* it only waits at another port */
    s->run.spent[n->account + old] += at - a->since;
    a->since = at;
    OBSERVE(s, verdict, (s, n));
}

/* One that names a port, or that there is none of. */
static __attribute__((noinline)) void take_rare(struct bl_sim *s, struct bl_node *n, bl_verdict v)
{
    check_said(n, v);
    take_verdict(s, n, v);
}

void ledger_verdict(struct bl_sim *s, struct bl_node *n, bl_verdict v)
{
    if (v == s->run.account[n->id].word)
        return;
    if (__builtin_expect(v >= n->info->nverdicts, 0))
        take_rare(s, n, v);
    else
        take_verdict(s, n, v);
}

void method_returned(const struct bl_node *n)
{
    const struct bl_part *part = (const struct bl_part *)n->self;

    if (part->at || part->wait == BL_WAIT_END)
        bl_misuse(part, "bl_work in a run between BL_BEGIN and BL_END; give the verdict to its AWAITs");
}

void bl_work(void *self, bl_verdict v)
{
    struct bl_part *part = self;
    struct bl_node *n = node_of(self, __func__);
    const struct bl_class *c = n->info->cls;
    struct bl_sim *s = n->sim;

    if (c->comb && !c->works)
        bl_misuse(self, "bl_work in a combinational part without an account; its class must say .works = true");
    if (!c->comb && !c->run)
        bl_misuse(self, "bl_work in a clocked part; return the verdict from its tick");
    if (s->run.in_init || s->run.at_work != n)
        bl_misuse(self, "bl_work outside its own comb or run; only a part at work says what it does");
    if (n->proc != NONE) {
        if (part->at)
            bl_misuse(self, "bl_work in a run between BL_BEGIN and BL_END; give the verdict to its AWAITs");
        s->run.proc[n->proc].works = true;
        s->run.proc[n->proc].verdict = v;
    }
    ledger_verdict(s, n, v);
}

/* ---- counts ---- */

uint64_t ledger_tally(const struct bl_node *n, uint32_t t)
{
    bl_tally v;

    memcpy(&v, n->self + n->info->tally[t]->at, sizeof v);
    return v.n;
}

uint64_t ledger_spent(const struct bl_sim *s, const struct bl_node *n, uint32_t v, uint64_t now)
{
    const struct account *a = &s->run.account[n->id];

    return s->run.spent[n->account + v] + (has_account(n->info->cls) && a->verdict == v ? ledger_clock(s, n, now) - a->since : 0);
}

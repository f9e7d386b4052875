/* roots.c - who waits for whom, and who is at the root of it: the forest of waits, the end of each chain, and where time went that somebody
 * else was the reason of. What the core asks of it after a commit is ledger_blame. */
#include "kernel/observe/inside.h"

/* ---- rests: who is at the root of one is known at once, and booked with the act that makes a wait of it ---- */

static void list_add(const struct bl_sim *s, struct root_list *l, uint32_t row, uint64_t fs)
{
    uint32_t i = 0;

    while (i < l->n && l->at[i].row != row)
        i++;
    if (i == ROOTS)                      /* one row for all that find no place */
        l->at[i = ROOTS - 1].row = s->frozen.naccounts + ROOT_SEVERAL;
    else if (i == l->n)
        l->at[l->n++] = (struct root){ .row = row };
    l->at[i].fs += fs;
}

/* Time that somebody waited, from `since` on, for what q gave at last: as far as q rested then, for the roots of that rest; else for q. */
static void follow(const struct bl_sim *s, uint32_t q, uint64_t since, uint64_t fs, struct root_list *to)
{
    const struct bl_node *n = s->frozen.nodes[q];
    const struct roots *r = n->roots == NONE ? NULL : &s->run.roots[n->roots];
    const struct root_list *was = r ? &r->list[!r->now] : NULL;
    uint64_t rested = r && r->end > since ? r->end - since : 0;
    bl_verdict v = said_verdict(s->run.waits[q].word);

    for (uint32_t i = 0; rested && fs && i < was->n; i++) {
        uint64_t part = was->at[i].fs < rested ? was->at[i].fs : rested;
        part = part < fs ? part : fs;
        list_add(s, to, was->at[i].row, part);
        rested -= part;
        fs -= part;
    }
    if (fs)
        list_add(s, to, n->account + (n->rests >> v & 1 ? BL_BUSY : v), fs);
}

static void book_list(struct bl_sim *s, const struct root_list *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        s->run.blamed[l->at[i].row] += l->at[i].fs;
}

/* Chains that went by another feed than the one that came, or in a ring, are followed back now that it is known who came. */
static void follow_all(struct bl_sim *s, const struct bl_node *n, struct root_list *now, bool wrong, uint32_t q)
{
    const uint32_t ring = s->frozen.naccounts + ROOT_RING;
    const struct root_list known = *now;

    now->n = 0;
    for (uint32_t i = 0; i < known.n; i++)
        if (wrong || known.at[i].row == ring)
            follow(s, q, s->run.waits[n->id].since, known.at[i].fs, now);
        else
            list_add(s, now, known.at[i].row, known.at[i].fs);
}

static void rest_ends(struct bl_sim *s, const struct bl_node *n)
{
    struct roots *r = &s->run.roots[n->roots];
    struct root_list *now = &r->list[r->now];
    const struct waits *w = &s->run.waits[n->id];
    const uint32_t last = s->run.rest[n->id].last, q = n->peers[BL_IDLE].at[last].node;
    bool wrong = w->guessed && n->peers[said_verdict(w->word)].at[said_port(w->word)].feed != last, ring = false;

    if (!w->acted)
        now->n = 0;
    for (uint32_t i = 0; i < now->n; i++)
        ring |= now->at[i].row == s->frozen.naccounts + ROOT_RING;
    if (q != NONE && (wrong || ring))
        follow_all(s, n, now, wrong, q);
    book_list(s, now);
}

static void ring_ends(struct bl_sim *s, uint32_t x)
{
    struct waits *w = &s->run.waits[x];
    struct root_list all = { .n = 0 };

    if (w->ring >= s->core->now - w->since)  /* nobody but the ring itself knows more */
        s->run.blamed[s->frozen.naccounts + ROOT_RING] += w->ring;
    else
        follow(s, w->peer, w->since, w->ring, &all);
    book_list(s, &all);
    w->ring = 0;
}

static bool rests_at(const struct bl_sim *s, uint32_t x, bl_verdict v) { return s->frozen.nodes[x]->rests >> said_verdict(v) & 1; }
static bool rest_is_over(const struct bl_sim *s, uint32_t x)
{
    return s->frozen.nodes[x]->roots != NONE && rests_at(s, x, s->run.waits[x].word) && !rests_at(s, x, s->run.account[x].word);
}

/* What x waited for until now; nobody's part of the forest has changed yet, so the order among several does not matter. */
static void wait_ends(struct bl_sim *s, uint32_t x)
{
    if (s->run.waits[x].ring && s->run.account[x].word != s->run.waits[x].word)
        ring_ends(s, x);
    if (rest_is_over(s, x))
        rest_ends(s, s->frozen.nodes[x]);
}

/* ---- the forest ----
 * waits[x].peer is whom x waits for, waits[x].first the list of who waits for x: a forest with loops only
 * in a deadlock. root of x: the end of its chain, where the time goes to. */

/* Time that x waited for the root of its chain; NONE: for the ring in which it ends. */
static inline void book_root(struct bl_sim *s, uint32_t x, uint32_t root, uint64_t dt)
{
    const struct bl_node *n = s->frozen.nodes[x];
    struct waits *w = &s->run.waits[x];
    uint32_t row = root == NONE ? s->frozen.naccounts + ROOT_RING : s->frozen.nodes[root]->account + said_verdict(s->run.waits[root].word);

    if (n->rests >> said_verdict(w->word) & 1)
        list_add(s, &s->run.roots[n->roots].list[s->run.roots[n->roots].now], row, dt);
    else if (root == NONE)
        w->ring += dt;
    else
        s->run.blamed[row] += dt;
}

static inline void book_blame(struct bl_sim *s, uint32_t x)
{
    struct account *a = &s->run.account[x];
    struct waits *w = &s->run.waits[x];
    uint64_t dt = s->core->now - a->root_since;

    a->root_since = s->core->now;
    if (w->peer == NONE || dt == 0)
        return;
    s->run.pair_spent[ledger_peer(s->frozen.nodes[x], w->word)->pairs + said_verdict(s->run.waits[w->peer].word)] += dt;
    book_root(s, x, a->root, dt);
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

enum { LISTED = 1, PASSED };         /* has no root yet; on the way from the one whose root is looked for */

/* Puts x and everybody who waits for it, directly or through others, on the list once. */
static inline uint32_t collect(struct bl_sim *s, uint32_t x, uint32_t n)
{
    if (s->run.waits[x].listed)
        return n;
    s->run.waits[x].listed = LISTED;
    s->run.affected[n] = x;
    for (uint32_t i = n++; i < n; i++)
        for (uint32_t y = s->run.waits[s->run.affected[i]].first; y != NONE; y = s->run.waits[y].next)
            if (!s->run.waits[y].listed) {
                s->run.waits[y].listed = LISTED;
                s->run.affected[n++] = y;
            }
    return n;
}

/* The end of x's chain of waits, NONE when that is a ring. Nodes on the list have no root yet and get it on the way. */
static void find_root(struct bl_sim *s, uint32_t x)
{
    struct waits *const all = s->run.waits;
    uint32_t y = x, root;

    for (; all[y].listed == LISTED && all[y].peer != NONE; y = all[y].peer)
        all[y].listed = PASSED;
    root = all[y].listed == PASSED ? NONE : all[y].peer == NONE ? y : s->run.account[y].root;
    for (y = x; all[y].listed; y = all[y].peer) {
        all[y].listed = false;
        s->run.account[y].root = root;
        if (all[y].peer == NONE)
            break;
    }
}

/* x says v from now on. */
static void say(struct bl_sim *s, uint32_t x, bl_verdict v)
{
    const struct bl_node *n = s->frozen.nodes[x];
    struct waits *w = &s->run.waits[x];
    const bool rests = rests_at(s, x, v), rested = rests_at(s, x, w->word);

    if (!rests && rested && n->roots != NONE) {
        struct roots *r = &s->run.roots[n->roots];
        r->now = !r->now;
        r->list[r->now].n = 0;
        r->end = s->core->now;
    }
    w->acted |= !rests;
    if (!rests || !rested)
        w->since = s->core->now;
    w->guessed = rests && !(v >> 16);
    v = rests ? rest_says(s, n, v) : v;
    unlink_wait(s, x);
    w->word = v;
    link_wait(s, x, ledger_awaited(n, v));
}

/* Before anything happens, who has feeds waits for them. */
void ledger_begin(struct bl_sim *s)
{
    for (uint32_t x = 0; s->frozen.npairs && x < s->frozen.nnodes; x++)
        if (s->frozen.nodes[x]->nfeeds) {
            say(s, x, BL_IDLE);
            s->run.waits[x].listed = LISTED;
        }
    for (uint32_t x = 0; s->frozen.npairs && x < s->frozen.nnodes; x++)
        if (s->run.waits[x].listed)
            find_root(s, x);
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
    for (uint32_t i = 0; i < s->run.nchanged; i++)
        wait_ends(s, s->run.changed[i]);
    for (uint32_t i = 0; i < s->run.nchanged; i++) {
        uint32_t x = s->run.changed[i];
        s->run.changed_flag[x / 64] = 0;
        say(s, x, s->run.account[x].word);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct waits *w = &s->run.waits[s->run.affected[i]];
        if (w->peer == NONE)
            w->listed = false;               /* nobody asks for the root of who waits for nobody */
        else if (w->listed)
            find_root(s, s->run.affected[i]);
    }
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

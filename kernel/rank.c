/* rank.c - the order that wiring implies: combinational parts after what they read, and along a pipe the
 * taker's tick before the giver's. A loop is an error that names its way. */
#include "kernel/kernel.h"

#include <stdlib.h>

struct edge { uint32_t from, to; };
enum { LOOP_END = 32 };                  /* of a longer loop the first and the last so many are named */

struct graph {
    struct bl_sim *sim;
    struct edge *edge;
    size_t n, room;
};

static void add_edge(struct graph *g, uint32_t from, uint32_t to)
{
    g->edge = lent_grown(g->edge, g->n, &g->room, sizeof *g->edge);
    g->edge[g->n++] = (struct edge){ from, to };
}

static int by_from(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->to != y->to ? (x->to < y->to ? -1 : 1) : 0;
}

/* Says the loop through nodes that still wait for somebody: follows waiting predecessors until one repeats. */
static int name_loop(struct graph *g, const uint32_t *waits, const char *kind)
{
    struct bl_sim *s = g->sim;
    uint32_t at = 0, *seen = lent(s->frozen.nnodes, sizeof *seen), step = 0;
    uint32_t *way = lent(s->frozen.nnodes + 1, sizeof *way), *before = lent(s->frozen.nnodes, sizeof *before);

    for (size_t i = g->n; i-- > 0;)      /* of several predecessors the first */
        if (waits[g->edge[i].from])
            before[g->edge[i].to] = g->edge[i].from;
    while (!waits[at])
        at++;
    while (!seen[at]) {
        way[step] = at;
        seen[at] = ++step;
        at = before[at];
    }
    uint32_t first = seen[at] - 1, length = step - first, named = 0;
    char *text = arena_text(&s->fixed, "%s", s->frozen.nodes[at]->path);
    for (uint32_t i = step; i-- > first;)
        if (length <= 2 * LOOP_END || named++ < LOOP_END || i < first + LOOP_END)
            text = arena_text(&s->fixed, "%s -> %s", text, s->frozen.nodes[way[i]]->path);
        else if (named == LOOP_END + 1)
            text = arena_text(&s->fixed, "%s -> (%u more)", text, length - 2 * LOOP_END);
    give_back(before);
    const char *where = s->frozen.nodes[at]->where;
    give_back(seen);
    give_back(way);
    return bl_error(s->diag, "%s: %s: %s; put a clocked part between", where_of(where), kind, text);
}

/* rank = the longest way from a node without predecessors. */
static int longest_ways(struct graph *g, const char *kind)
{
    struct bl_sim *s = g->sim;

    if (!g->n)
        return 0;
    uint32_t *waits = lent(s->frozen.nnodes + 1, sizeof *waits), *queue = lent(s->frozen.nnodes + 1, sizeof *queue);
    size_t *first = lent(s->frozen.nnodes + 2, sizeof *first), head = 0, tail = 0;
    int bad = 0;

    put_sorted(g->edge, g->n, sizeof *g->edge, by_from);
    for (size_t i = 0; i < g->n; i++) {
        waits[g->edge[i].to]++;
        first[g->edge[i].from + 1]++;
    }
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        first[i + 1] += first[i];
        if (!waits[i])
            queue[tail++] = (uint32_t)i;
    }
    while (head < tail) {
        uint32_t v = queue[head++];
        for (size_t i = first[v]; i < first[v + 1]; i++) {
            struct bl_node *to = s->frozen.nodes[g->edge[i].to];
            if (to->rank <= s->frozen.nodes[v]->rank)
                to->rank = s->frozen.nodes[v]->rank + 1;
            if (--waits[to->id] == 0)
                queue[tail++] = to->id;
        }
    }
    if (tail < s->frozen.nnodes)
        bad = name_loop(g, waits, kind);
    give_back(waits);
    give_back(queue);
    give_back(first);
    return bad;
}

static int by_rank(const void *a, const void *b)
{
    const struct bl_node *x = *(struct bl_node *const *)a, *y = *(struct bl_node *const *)b;

    return x->rank != y->rank ? (x->rank < y->rank ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

/* A combinational part settles after the one that drives what it reads. */
static void depends_on(struct graph *g, const struct bl_node *n, uint32_t word)
{
    uint32_t owner = word < g->sim->frozen.nwords ? g->sim->frozen.word_owner[word] : NONE;

    if (owner != NONE && g->sim->frozen.nodes[owner]->info->cls->comb)
        add_edge(g, owner, n->id);
}

static int rank_combs(struct bl_sim *s)
{
    struct graph g = { .sim = s };

    s->frozen.combs = arena_get(&s->fixed, (s->frozen.nnodes + 1) * sizeof *s->frozen.combs);
    for (size_t i = 0; s->declared.any_comb && i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        if (!n->info->cls->comb)
            continue;
        s->frozen.combs[s->frozen.ncombs++] = n;
        for (uint32_t k = 0; k < n->info->nfields; k++)
            for (uint32_t p = n->first[k]; n->info->cls->fields[k].kind == BL_KIND_IN && p < n->first[k + 1]; p++)
                depends_on(&g, n, n->port[p]);
    }
    int bad = longest_ways(&g, "combinational loop");
    give_back(g.edge);
    put_sorted(s->frozen.combs, s->frozen.ncombs, sizeof *s->frozen.combs, by_rank);
    for (uint32_t i = 0; i < s->frozen.ncombs; i++)
        s->frozen.combs[i]->slot = i;
    return bad;
}

static int rank_pipes(struct bl_sim *s)
{
    struct graph g = { .sim = s };

    for (size_t i = 0; i < s->frozen.nrings; i++)
        if (s->frozen.links[i].pipe)
            add_edge(&g, s->frozen.links[i].pop_node, s->frozen.links[i].push_node);
    int bad = longest_ways(&g, "loop of pipes (its ready signal would go round)");
    give_back(g.edge);
    return bad;
}

int rank_all(struct bl_sim *s) { return rank_combs(s) | rank_pipes(s); }

/* path_rows.c - the critical path as the host reads it: cut off at the end of a layer or a run, its rows, who is in step with whom; streams that
 * were declared and are none. */
#include "kernel/observe/path.h"

#include <stdio.h>

static struct path *path_of(const struct bl_sim *s) { return s->onlookers ? s->onlookers->path : NULL; }

/* ---- begun ---- */

void path_start(struct bl_sim *s)
{
    struct path *p = path_of(s);

    for (uint32_t h = 0; p && h < p->nheard; h++)
        p->heard[h].count = *(const uint32_t *)s->frozen.words[p->listening[h].word]->now;
    if (p)
        onlookers_changed(s);
}

/* ---- where it ends ---- */

/* Who asked for the end, else who works, else who acted last; of equal ones the first in path order. NULL: nobody has time of its own. */
static const struct bl_node *last_actor(const struct bl_sim *s, const struct path *p)
{
    const struct bl_node *last = NULL;
    bool busy = false;

    if (s->core->ender && p->walker[s->core->ender - 1].heard)
        return s->frozen.nodes[s->core->ender - 1];
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        const bool works = said_verdict(p->actor[i].v) == BL_BUSY;
        if (!has_account(n->info->cls) || n->info->cls->comb)
            continue;
        if (!last || works > busy || (works == busy && p->actor[i].acted > p->actor[last->id].acted)) {
            last = n;
            busy = works;
        }
    }
    return last;
}

static void path_now(struct bl_sim *s, struct path *p, struct book *to)
{
    const struct bl_node *n = last_actor(s, p);

    to->n = 0;
    p->delta = UINT64_MAX;                   /* what has happened is seen */
    if (n)
        path_reach(s, n, 0, s->core->now, to);
}

static void add_book(const struct book *b, uint64_t *v)
{
    for (uint64_t i = 0; i < b->n; i++)
        v[b->at[i].row] += b->at[i].fs;
}

bool bl_path_on(const struct bl_sim *s) { return !NOBODY(s) && s->elaborated && path_of(s); }
size_t bl_path_numbers(const struct bl_sim *s) { return bl_path_on(s) ? path_of(s)->rows : 0; }

void bl_path_cut(struct bl_sim *s)
{
    struct book b;

    if (!bl_path_on(s) || s->core->now == *path_of(s)->cut)
        return;
    path_now(s, path_of(s), &b);
    add_book(&b, path_of(s)->total);
    path_begins_anew(s);
}

void path_close(struct bl_sim *s)
{
    if (path_of(s))
        bl_path_cut(s);
}

void bl_path_total(struct bl_sim *s, uint64_t *v)
{
    struct book b;

    if (!bl_path_on(s) || MISSING(s, v))
        return;
    memcpy(v, path_of(s)->total, path_of(s)->rows * sizeof *v);
    if (s->core->now == *path_of(s)->cut)
        return;
    path_now(s, path_of(s), &b);
    add_book(&b, v);
}

/* ---- rows ---- */

static const struct bl_node *node_of_row(const struct bl_sim *s, uint32_t row)
{
    uint32_t lo = 0, hi = (uint32_t)s->frozen.nnodes;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->frozen.nodes[mid]->account <= row)
            lo = mid;
        else
            hi = mid;
    }
    return s->frozen.nodes[lo];
}

static void tie_row(const struct bl_sim *s, uint32_t port, struct bl_path_row *row)
{
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        const size_t first = (size_t)(n->port - s->frozen.ports);
        if (port < first || port >= first + n->nports)
            continue;
        const uint32_t h = path_of(s)->walker[i].heard[port - first];
        row->part = n->path;
        row->other = h != NONE && path_of(s)->listening[h].owner->id < s->frozen.nparts ? path_of(s)->listening[h].owner->path : n->path;
        return;
    }
}

int bl_path_at(const struct bl_sim *s, size_t i, struct bl_path_row *row)
{
    static const char *const kinds[PATH_KINDS] = { "port", "feed", "word", "late", "alone", "tied", "more" };
    const struct path *p = bl_path_on(s) ? path_of(s) : NULL;

    *row = (struct bl_path_row){ NULL, NULL, NULL, false };
    if (!p || i >= p->rows)
        return -1;
    if (i >= p->kinds) {
        row->verdict = kinds[i - p->kinds];
    } else if (i >= p->ties) {
        tie_row(s, (uint32_t)i - p->ties, row);
    } else {
        const struct bl_node *n = node_of_row(s, (uint32_t)i);
        row->part = n->path;
        row->verdict = n->info->verdict[i - n->account];
        row->own = waits_for_others(n, (uint32_t)i - n->account);
    }
    return 0;
}

/* ---- streams ---- */

static int check_stream(struct bl_sim *s, const struct bl_node *n, const struct actor *x)
{
    const uint64_t busy = ledger_spent(s, n, BL_BUSY, s->core->now), period = s->frozen.domains[n->domain].period, alone = x->alone / period;

    if (x->seen + busy < 100 || (x->both * 100 >= x->seen * 99 && alone * 100 <= busy))
        return 0;
    return bl_error(s->diag, "%s: class %s says that a word is a stream of its work (BL_STREAM), and it is not: work in %llu of %llu cycles in which one "
                    "changed, and %llu of %llu cycles of work follow no change; take the row away, or name the word that every piece of work comes with",
                    n->path, n->info->cls->name, (unsigned long long)x->both, (unsigned long long)x->seen, (unsigned long long)alone,
                    (unsigned long long)busy);
}

int bl_path_check(struct bl_sim *s)
{
    const struct path *p = bl_path_on(s) ? path_of(s) : NULL;
    int bad = 0;

    for (size_t i = 0; p && i < s->frozen.nparts; i++)
        if (p->walker[i].nstreams)
            bad |= check_stream(s, s->frozen.nodes[i], &p->actor[i]);
    return bad;
}

/* ---- restored ---- */

static bool good_book(const struct path *p, const struct book *b)
{
    bool good = b->n <= BOOK_ROWS;

    for (uint64_t i = 0; good && i < b->n; i++)
        good = b->at[i].row < p->rows;
    return good;
}

bool path_good(const struct bl_sim *s)
{
    const struct path *p = path_of(s);
    bool good = !p || (*p->cut <= s->core->now && s->core->ender <= s->frozen.nparts);

    for (uint32_t h = 0; good && p && h < p->nheard; h++) {
        good = p->heard[h].latest < p->listening[h].kept;
        for (uint32_t k = 0; good && k < p->listening[h].kept; k++) {
            const struct change *c = &p->change[p->listening[h].first + k];
            good = c->kept <= 1 && c->row < p->rows && c->own < p->rows && c->at <= s->core->now && c->u <= c->at && good_book(p, &c->book);
        }
    }
    for (size_t i = 0; good && p && i < s->frozen.nparts; i++) {
        const struct walker *w = &p->walker[i];
        const bl_verdict v = p->actor[i].v;
        good = !w->heard || (said_verdict(v) < s->frozen.nodes[i]->info->nverdicts && v >> 16 <= waits_at(s->frozen.nodes[i], said_verdict(v)));
        for (uint32_t k = 0; good && k < w->ways; k++)
            good = p->books[w->first + k].since <= s->core->now && good_book(p, &p->books[w->first + k].book);
    }
    return good;
}

/* faster.c - what if: parts on a clock so many times as fast, each in a domain of its own; and whether that can be asked at all. */
#include "kernel/observe/path.h"

#include <stdio.h>

/* ---- before elaboration ---- */

/* The clock of a part, as it is declared; NULL: none. */
static const struct domain *clock_of(const struct bl_sim *s, const struct bl_node *n)
{
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (n->clock_name && !strcmp(s->frozen.domains[i].name, n->clock_name))
            return &s->frozen.domains[i];
    return NULL;
}

/* Who names no clock has the only one, and keeps it when there are more. */
static void name_clocks(struct bl_sim *s)
{
    for (size_t i = 0; s->frozen.ndomains == 1 && i < s->frozen.nnodes; i++)
        if (!s->frozen.nodes[i]->clock_name)
            s->frozen.nodes[i]->clock_name = s->frozen.domains[0].name;
}

int bl_faster(struct bl_sim *s, const char *path, uint64_t times)
{
    if (MISSING(s, path))
        return -1;
    BORDER(s, -1);
    struct bl_node *n = node_named(s, path);
    char name[200];

    if (!s->building)
        return too_late(s, "a faster clock is asked for", NULL);
    if (!n || is_scope(n))
        return bl_error(s->diag, "%s: is no part of the platform file; expected one with a class of its own", path), failed(s);
    name_clocks(s);
    const struct domain *d = clock_of(s, n);
    if (!d || !n->info->cls->tick)
        return bl_error(s->diag, "%s: class %s has no clock that could be faster; change the time that it takes", path, n->info->cls->name), failed(s);
    if (times < 2 || d->period % times || d->phase % times)
        return bl_error(s->diag, "%s*%llu: the period of clock %s, %llu fs, has no whole %llu-th part; expected a divisor of it from 2 on", path,
                        (unsigned long long)times, d->name, (unsigned long long)d->period, (unsigned long long)times), failed(s);
    snprintf(name, sizeof name, "%.150s*%llu", d->name, (unsigned long long)times);
    const uint64_t period = d->period / times, phase = d->phase;
    bool known = false;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        known |= !strcmp(s->frozen.domains[i].name, name);
    if (!known && bl_clock(s, name, period, phase, NULL))
        return -1;
    n->clock_name = copy(&s->texts, name);
    s->declared.loose = true;
    return 0;
}

/* ---- of a simulation as it is: what a group of parts on another clock would break ---- */

static bool in_group(const struct bl_node *n, const char *const *paths, size_t n_paths)
{
    for (size_t i = 0; i < n_paths; i++)
        if (!strcmp(n->path, paths[i]))
            return true;
    return false;
}

static int check_pipes(struct bl_sim *s, const char *const *paths, size_t n)
{
    int bad = 0;

    for (size_t i = 0; i < s->frozen.nrings; i++) {
        const struct link_info *l = &s->frozen.links[i];
        if (!l->pipe || l->push_node == NONE || l->pop_node == NONE)
            continue;
        const struct bl_node *a = s->frozen.nodes[l->push_node], *b = s->frozen.nodes[l->pop_node];
        if (in_group(a, paths, n) != in_group(b, paths, n))
            bad |= bl_error(s->diag, "a pipe from %s to %s would cross clocks, and a pipe is one register: make both faster", a->path, b->path);
    }
    return bad;
}

/* The clocked part that drives a word is in the group, or not, as the one that it is a stream for: else orders are missed, or seen twice. */
static int check_stream(struct bl_sim *s, const struct bl_node *n, uint32_t word, const char *const *paths, size_t n_paths, unsigned depth)
{
    const uint32_t owner = s->frozen.word_owner[word];
    const struct bl_node *q = owner == NONE || owner >= s->frozen.nparts ? NULL : s->frozen.nodes[owner];
    int bad = 0;

    if (!q || depth > 8)
        return 0;
    if (q->info->cls->run)
        return 0;                            /* in its own time: it belongs to no clock */
    if (!q->info->cls->comb)
        return in_group(n, paths, n_paths) == in_group(q, paths, n_paths) ? 0 :
            bl_error(s->diag, "%s works by each word of %s (BL_STREAM): on another clock it would miss words; make both faster", n->path, q->path);
    for (uint32_t i = 0; i < q->nports && !bad; i++) {
        uint32_t element;
        if (q->port[i] != NONE && port_field(q, i, &element)->kind == BL_KIND_IN && s->frozen.words[q->port[i]]->bytes == s->frozen.words[word]->bytes)
            bad |= check_stream(s, n, q->port[i], paths, n_paths, depth + 1);
    }
    return bad;
}

int bl_faster_check(struct bl_sim *s, const char *const *paths, size_t n)
{
    if (MISSING(s, paths))
        return -1;
    int bad = check_pipes(s, paths, n);

    for (size_t i = 0; i < s->frozen.nparts; i++) {
        const struct bl_node *x = s->frozen.nodes[i];
        for (const struct bl_field *f = x->info->cls->fields; f && f->kind; f++) {
            const struct bl_field *port = f->kind == BL_KIND_STREAM ? listed_port(x->info->cls, f->text, 0) : NULL;
            const uint32_t word = port ? port_at(x, class_field_index(x->info->cls, port)) : NONE;
            if (word != NONE)
                bad |= check_stream(s, x, word, paths, n, 0);
        }
    }
    return bad;
}

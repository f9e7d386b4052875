/* now.c - where a simulation stands between two times: what comes next, what each part is at and for whom it waits, what is in each channel. */
#include "kernel/observe/inside.h"

/* ---- times ---- */

/* The earliest event of the wheel, which stays as it is; UINT64_MAX: none. It is in the first slot of the lowest level. */
static uint64_t first_event(const struct wheel *w, const struct ev *ev)
{
    uint64_t first = UINT64_MAX;

    if (!w->levels)
        return first;
    uint32_t level = (uint32_t)__builtin_ctz(w->levels), slot = level * 64 + (uint32_t)__builtin_ctzll(w->taken[level]);
    for (uint32_t e = w->head[slot]; e != NONE; e = ev[e].next)
        first = ev[e].when < first ? ev[e].when : first;
    return first;
}

uint64_t bl_due(const struct bl_sim *s)
{
    if (NOBODY(s) || !s->elaborated)
        return BL_FOREVER;
    const struct core *c = s->core;
    if (!c->started || c->run_n | c->ndelta)
        return c->now;
    uint64_t t = first_event(&c->wheel, s->run.ev);
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        t = s->frozen.domains[i].st->next < t ? s->frozen.domains[i].st->next : t;
    return c->ending >= EDGE_PAUSE && c->edge_at < t ? c->edge_at : t;
}

uint64_t bl_clock_edge(const struct bl_sim *s, size_t i, uint64_t fs)
{
    if (NOBODY(s) || no_row(s, __func__, "clock", i, bl_clock_count(s)))
        return BL_FOREVER;
    const struct domain *d = &s->frozen.domains[i];
    const uint64_t at = edge_time(d, edges_before(d, fs));
    return at < fs ? BL_FOREVER : at;    /* beyond the end of time */
}

/* ---- parts ---- */

/* When it came to its verdict: the account of a clocked part counts edges. */
static uint64_t since(const struct bl_sim *s, const struct bl_node *n)
{
    uint64_t at = s->run.account[n->id].since;

    return n->info->cls->tick ? edge_time(&s->frozen.domains[n->domain], at) : at;
}

void bl_stand_at(const struct bl_sim *s, size_t part, struct bl_stand_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_stand_row){ 0 };
    if (no_row(s, __func__, "part", part, bl_part_count(s)) || !has_account(s->frozen.nodes[part]->info->cls))
        return;
    const struct bl_node *n = s->frozen.nodes[part];
    const bl_verdict v = rest_says(s, n, s->run.account[n->id].word);
    const uint32_t verdict = said_verdict(v);
    const struct waiting_port at = port_waited(n, verdict, said_port(v));
    const uint32_t peer = at.port ? ledger_awaited(n, v) : NONE;

    *row = (struct bl_stand_row){ .verdict = n->info->verdict[verdict], .number = verdict, .rests = n->info->rests >> verdict & 1,
                                  .since_fs = since(s, n), .port = at.port ? at.port->name : NULL, .index = at.index, .of = at.of };
    if (peer == NONE)
        return;
    const struct bl_node *there = s->frozen.nodes[peer];
    row->peer = there->path;
    row->peer_verdict = has_account(there->info->cls) ? there->info->verdict[s->run.account[peer].verdict] : NULL;
}

/* ---- channels ---- */

size_t bl_channel_count(const struct bl_sim *s) { return !NOBODY(s) && s->elaborated ? s->frozen.nrings : 0; }

/* The port of a part that ring `r` is at, by the kind of its field; false: a synchroniser's, or nobody's. */
static bool end_of(const struct bl_sim *s, uint32_t node, enum bl_field_kind kind, uint32_t r, struct bl_channel_end *end)
{
    const struct bl_node *n = node == NONE || node >= s->frozen.nparts ? NULL : s->frozen.nodes[node];

    for (uint32_t k = 0; n && k < n->info->nfields; k++)
        for (uint32_t p = n->first[k]; n->info->cls->fields[k].kind == kind && p < n->first[k + 1]; p++)
            if (n->port[p] == r) {
                *end = (struct bl_channel_end){ n->path, n->info->cls->fields[k].name, p - n->first[k], n->first[k + 1] - n->first[k] };
                return true;
            }
    return false;
}

void bl_channel_at(const struct bl_sim *s, size_t i, struct bl_channel_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_channel_row){ 0 };
    if (no_row(s, __func__, "channel", i, bl_channel_count(s)))
        return;
    const struct bl_ring *r = s->frozen.rings[i];
    const struct link_info *l = &s->frozen.links[i];
    const uint32_t pushed = *(const uint32_t *)r->push_word->now, popped = *(const uint32_t *)r->pop_word->now;

    *row = (struct bl_channel_row){ .capacity = r->depth, .level = pushed - popped, .pushed = pushed, .popped = popped, .pipe = l->pipe };
    end_of(s, l->push_node, BL_KIND_PUSH, (uint32_t)i, &row->from);
    end_of(s, l->pop_node, BL_KIND_POP, (uint32_t)i, &row->to);
}

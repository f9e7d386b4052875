/* account.c - the account as the host reads it: a row a part, verdict, tally and pair of who waits for whom; and the texts
 * that it is shown with. */
#include "kernel/observe/inside.h"

#include <stdio.h>

const char *const bl_end_name[7] = {
    [BL_END_LIMIT] = "limit", [BL_END_STOPPED] = "stopped", [BL_END_PAUSED] = "paused", [BL_END_STARVED] = "starved",
    [BL_END_INTERRUPTED] = "interrupted", [BL_END_FAILED] = "failed", [BL_END_BREAK] = "break"
};

/* There is an account after an elaboration that succeeded. */
size_t bl_part_count(const struct bl_sim *s) { return !NOBODY(s) && s->elaborated ? s->frozen.nparts : 0; }
size_t bl_clock_count(const struct bl_sim *s) { return !NOBODY(s) && s->elaborated ? s->frozen.ndomains : 0; }

size_t bl_part_find(const struct bl_sim *s, const char *path)
{
    const struct bl_node *n = !MISSING(s, path) && s->elaborated ? node_named(s, path) : NULL;

    return n ? n->id : SIZE_MAX;
}

void bl_clock_at(const struct bl_sim *s, size_t i, struct bl_clock_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_clock_row){ 0 };
    if (no_row(s, __func__, "clock", i, bl_clock_count(s)))
        return;
    const struct domain *d = &s->frozen.domains[i];
    *row = (struct bl_clock_row){ d->name, d->period, d->phase, edges_of_all(d, s->core->now) };
}

bl_yj bl_energy(struct bl_sim *s)
{
    bl_yj e = 0;

    for (size_t i = 0; i < bl_part_count(s); i++)
        e += energy_of(s, s->frozen.nodes[i], s->core->now);
    return e;
}

char *bl_energy_text(bl_yj e, char *buf)
{
    if (MISSING_SAID(NULL, buf))
        return NULL;
    static const char *const unit[] = { "yJ", "zJ", "aJ", "fJ", "pJ", "nJ", "uJ", "mJ", "J", "kJ" };
    size_t i = 0;
    double v = (double)e;

    for (; v >= 999.95 && i < sizeof unit / sizeof unit[0] - 1; i++)
        v /= 1000;
    snprintf(buf, 40, "%.4g %s", v, unit[i]);
    return buf;
}

/* Of a part and everything below it, which follows it in path order. */
static bl_yj tree_energy(const struct bl_sim *s, size_t part)
{
    const struct bl_node *n = s->frozen.nodes[part];
    bl_yj e = energy_of(s, n, s->core->now);
    size_t len = strlen(n->path);

    for (size_t i = part + 1; i < s->frozen.nparts; i++) {
        const struct bl_node *below = s->frozen.nodes[i];
        if (strncmp(below->path, n->path, len) || below->path[len] != '.')
            break;
        e += energy_of(s, below, s->core->now);
    }
    return e;
}

static bool no_part_row(const struct bl_sim *s, size_t part, const char *call) { return no_row(s, call, "part", part, bl_part_count(s)); }

void bl_part_at(struct bl_sim *s, size_t part, struct bl_part_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_part_row){ 0 };
    if (no_part_row(s, part, __func__))
        return;
    const struct bl_node *n = s->frozen.nodes[part];
    const struct bl_class *c = n->info->cls;

    *row = (struct bl_part_row){ .path = n->path, .cls = is_scope(n) ? NULL : c->name, .verdicts = is_scope(n) ? 0 : n->info->nverdicts, .tallies = n->info->ntallies,
                                 .clock = c->tick ? s->frozen.domains[n->domain].name : NULL, .in_cycles = c->tick != NULL,
                                 .elapsed = !has_account(c) ? 0 : c->tick ? edges_of_all(&s->frozen.domains[n->domain], s->core->now) : s->core->now,
                                 .energy = energy_of(s, n, s->core->now),
                                 .static_energy = (bl_yj)n->price[n->info->nverdicts] * s->core->now,
                                 .tree_energy = tree_energy(s, part) };
}

void bl_verdict_at(struct bl_sim *s, size_t part, uint32_t i, struct bl_verdict_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_verdict_row){ 0 };
    if (no_part_row(s, part, __func__) || no_row(s, __func__, "verdict", i, s->frozen.nodes[part]->info->nverdicts))
        return;
    const struct bl_node *n = s->frozen.nodes[part];

    ledger_book_open(s);
    *row = (struct bl_verdict_row){ .name = n->info->verdict[i], .help = n->info->verdict_help[i], .port = n->info->waits_text[i],
                                    .spent = ledger_spent(s, n, i, s->core->now), .blamed_fs = s->run.blamed[n->account + i],
                                    .energy = verdict_energy(s, n, i, s->core->now), .rests = n->info->rests >> i & 1 };
}

void bl_tally_at(struct bl_sim *s, size_t part, uint32_t i, struct bl_tally_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_tally_row){ .tag = -1 };
    if (no_part_row(s, part, __func__) || no_row(s, __func__, "tally", i, s->frozen.nodes[part]->info->ntallies))
        return;
    const struct bl_node *n = s->frozen.nodes[part];
    const struct bl_field *f = n->info->tally[i];
    const uint32_t k = n->info->nverdicts + 1 + i;
    const struct bl_price *p = n->info->priced[k];

    *row = (struct bl_tally_row){ .name = f->name, .help = f->help, .unwanted = (f->flags & BL_UNWANTED) != 0, .count = ledger_tally(n, i), .price_yj = n->price[k], .tag = -1 };
    row->energy = (bl_yj)row->count * row->price_yj;
    if (p) {
        row->tag = (int)p->tag;
        row->source = p->source;
    }
}

static size_t verdicts_there(const struct bl_sim *s, const struct peer *p)
{
    return p->node == NONE ? 0 : s->frozen.nodes[p->node]->info->nverdicts;
}

size_t bl_wait_rows(struct bl_sim *s, size_t part)
{
    if (NOBODY(s) || no_part_row(s, part, __func__))
        return 0;
    const struct bl_node *n = s->frozen.nodes[part];
    size_t rows = 0;

    for (uint32_t v = 0; n->peers && v < n->info->nverdicts; v++)
        for (uint32_t k = 0; k < n->peers[v].n; k++)
            rows += verdicts_there(s, &n->peers[v].at[k]);
    return rows;
}

void bl_wait_at(struct bl_sim *s, size_t part, size_t i, struct bl_wait_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_wait_row){ 0 };
    if (no_part_row(s, part, __func__))
        return;
    const struct bl_node *n = s->frozen.nodes[part];
    const size_t asked = i;

    for (uint32_t v = 0; n->peers && v < n->info->nverdicts; v++)
        for (uint32_t k = 0; k < n->peers[v].n; k++) {
            const struct peer *p = &n->peers[v].at[k];
            if (i < verdicts_there(s, p)) {
                const struct bl_node *peer = s->frozen.nodes[p->node];
                struct waiting_port at = port_waited(n, v, k);
                ledger_book_open(s);
                *row = (struct bl_wait_row){ n->info->verdict[v], peer->path, peer->info->verdict[i], s->run.pair_spent[p->pairs + i],
                                             at.port->name, at.index, at.of, n->peers[v].n > 1 };
                return;
            }
            i -= verdicts_there(s, p);
        }
    no_row(s, __func__, "wait", asked, bl_wait_rows(s, part));
}

/* ---- where the time went ---- */

static uint64_t *rests_of(const struct bl_sim *s, const struct bl_node *n)
{
    uint64_t *v = lent(REST_FEED + n->nfeeds, sizeof *v);

    rest_at(s, n, s->core->now, v);
    return v;
}

void bl_time_at(struct bl_sim *s, size_t part, struct bl_time_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_time_row){ 0 };
    if (no_part_row(s, part, __func__) || !has_account(s->frozen.nodes[part]->info->cls))
        return;
    BORDER(s, );
    const struct bl_node *n = s->frozen.nodes[part];
    uint64_t *rest = rests_of(s, n);

    *row = (struct bl_time_row){ .not_started = rest[REST_BEFORE], .finished = rest[REST_AFTER], .idle = rest[REST_IDLE],
                                 .busy = ledger_spent(s, n, BL_BUSY, s->core->now) };
    for (uint32_t k = 0; k < n->nfeeds; k++)
        row->starved += rest[REST_FEED + k];
    for (uint32_t v = BL_STALL; v < n->info->nverdicts; v++)
        if (!(n->info->rests >> v & 1))
            *(n->info->waits_on[v].n ? &row->waits : &row->own) += ledger_spent(s, n, v, s->core->now);
    give_back(rest);
}

size_t bl_feed_rows(const struct bl_sim *s, size_t part)
{
    return NOBODY(s) || no_part_row(s, part, __func__) ? 0 : s->frozen.nodes[part]->nfeeds;
}

void bl_feed_at(struct bl_sim *s, size_t part, size_t i, struct bl_feed_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_feed_row){ 0 };
    if (no_part_row(s, part, __func__) || no_row(s, __func__, "feed", i, bl_feed_rows(s, part)))
        return;
    BORDER(s, );
    const struct bl_node *n = s->frozen.nodes[part];
    struct waiting_port at = port_waited(n, BL_IDLE, (uint32_t)i);
    uint64_t *rest = rests_of(s, n);

    *row = (struct bl_feed_row){ at.port->name, at.index, at.of, rest[REST_FEED + i] };
    give_back(rest);
}

void bl_roots(struct bl_sim *s, struct bl_root_row *row)
{
    if (MISSING(s, row))
        return;
    *row = (struct bl_root_row){ 0 };
    if (!bl_part_count(s))
        return;
    ledger_book_open(s);
    *row = (struct bl_root_row){ .in_flight = s->run.blamed[s->frozen.naccounts + ROOT_RING],
                                 .several = s->run.blamed[s->frozen.naccounts + ROOT_SEVERAL] };
    for (size_t i = 0; s->run.waits && i < s->frozen.nnodes; i++)
        *(s->run.waits[i].peer != NONE && s->run.account[i].root == NONE ? &row->ring : &row->in_flight) += s->run.waits[i].ring;
}

/* ---- who waits for whom ---- */

void bl_explain_wait(struct bl_sim *s, struct bl_diag *diag)
{
    char text[300];

    if (NOBODY(s))
        return;
    for (size_t i = 0; i < bl_part_count(s); i++) {
        const struct bl_node *n = s->frozen.nodes[i];
        bl_verdict v = s->run.account[i].word;
        uint32_t cause = said_verdict(v);
        if (cause < BL_STALL)
            continue;
        struct waiting_port at = port_waited(n, cause, said_port(v));
        const char *port = at.port ? waiting_port_text(at, text, sizeof text) : "";
        if (ledger_awaited(n, v) == NONE) {
            bl_note(diag, "  %s: %s%s%s", n->path, n->info->verdict[cause], at.port ? ", on port " : "", port);
            continue;
        }
        const struct bl_node *peer = s->frozen.nodes[ledger_awaited(n, v)];
        bl_note(diag, "  %s: %s, on port %s, for %s (%s)", n->path, n->info->verdict[cause], port, peer->path,
                has_account(peer->info->cls) ? peer->info->verdict[s->run.account[peer->id].verdict] : "combinational");
    }
}

/* gap.c - why a run took more than the closed forms: cycles by the account of the first macro's array, which has a tile in every round,
 * energy by who used it. The rows add up to the difference exactly. */
#include "platforms/weight_stationary/spread.h"

#include <string.h>

#include "kernel/model.h"

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* ---- rows ---- */

static void add(struct bl_gap *g, const char *cause, const char *help, uint64_t cycles, bl_yj energy)
{
    if ((cycles || energy) && g->n < BL_GAP_ROWS)
        g->row[g->n++] = (struct bl_gap_row){ cause, help, cycles, energy };
}

/* ---- the array's account ---- */

struct account { uint64_t elapsed, access, busy, no_input, out_full, converters, adders; };

static uint64_t tally_of(struct bl_sim *s, size_t part, const char *name)
{
    struct bl_tally_row tally;

    return ws_tally_of_part(s, part, name, &tally) ? tally.count : 0;
}

static uint64_t spent(struct bl_sim *s, size_t part, const char *name)
{
    struct bl_part_row row;
    struct bl_verdict_row v;

    bl_part_at(s, part, &row);
    for (uint32_t i = 0; i < row.verdicts; i++) {
        bl_verdict_at(s, part, i, &v);
        if (!strcmp(v.name, name))
            return v.spent;
    }
    return 0;
}

/* Cycles that a part was held up by converters; or by others that were busy. */
static uint64_t held_by(struct bl_sim *s, size_t part, bool converters, uint64_t period)
{
    struct bl_wait_row w;
    uint64_t fs = 0;

    for (size_t i = 0; i < bl_wait_rows(s, part); i++) {
        bl_wait_at(s, part, i, &w);
        const struct bl_class *c = w.peer ? bl_part_class(s, w.peer) : NULL;
        const bool is_adc = c && !strcmp(c->name, "sar_adc");
        if (c && !strcmp(w.cause, "out_full") && is_adc == converters && (is_adc || !strcmp(w.peer_verdict, "busy")))
            fs += w.fs;
    }
    return period ? fs / period : 0;
}

static struct account account_of(struct bl_sim *s, const struct ws_chain *c)
{
    struct account a = { 0 };
    struct bl_part_row row;
    struct bl_clock_row clock;

    for (uint32_t k = 0; k < c->n; k++) {
        const size_t part = c->stage[k].kind == WS_ARRAY ? bl_part_find(s, c->stage[k].path) : SIZE_MAX;
        if (part == SIZE_MAX)
            continue;
        bl_part_at(s, part, &row);
        bl_clock_at(s, 0, &clock);
        a = (struct account){ row.elapsed, tally_of(s, part, "access"), spent(s, part, "busy"), spent(s, part, "no_input"), spent(s, part, "out_full"),
                              held_by(s, part, true, clock.period_fs), held_by(s, part, false, clock.period_fs) };
    }
    return a;
}

/* ---- cycles ---- */

/* Cycles that a part waited for what comes at its port. */
static uint64_t waited_at(struct bl_sim *s, const char *path, const char *port, uint64_t period)
{
    const size_t part = bl_part_find(s, path);
    struct bl_wait_row w;
    uint64_t fs = 0;

    for (size_t i = 0; part != SIZE_MAX && i < bl_wait_rows(s, part); i++) {
        bl_wait_at(s, part, i, &w);
        fs += w.port && !strcmp(w.port, port) && !strcmp(w.cause, "no_input") ? w.fs : 0;
    }
    return fs / period;
}

/* Of the cycles in which no input was there, by what the macro's feeder was at while the first part behind it waited: the ones that waited are
 * those, a pipeline later. Returns what is left. */
static uint64_t by_feeder(struct bl_job *job, struct bl_sim *s, const struct ws_chain *c, struct bl_gap *g, uint64_t starved)
{
    const size_t part = bl_part_find(s, c->stage[0].path);

    for (size_t i = 0; part != SIZE_MAX && i < bl_wait_rows(s, part) && g->n < BL_GAP_ROWS / 2; i++) {
        struct bl_wait_row w;
        bl_wait_at(s, part, i, &w);
        const struct bl_class *peer = w.peer ? bl_part_class(s, w.peer) : NULL;
        const uint64_t cycles = least(w.fs / c->period, starved);
        if (!peer || strcmp(peer->name, "feeder") || strcmp(w.cause, "no_input") || !cycles)
            continue;
        const uint64_t late = strcmp(w.peer_verdict, "no_input") ? 0 : least(waited_at(s, w.peer, "rsp", c->period), cycles);
        char *cause = bl_job_alloc(job, strlen(w.peer_verdict) + sizeof "feeder ");
        add(g, "buffer late", "its feeder waits for words of a window", late, 0);
        if (!strcmp(w.peer_verdict, "no_input"))
            add(g, "no job", "its feeder has none: weights are on their way, or sums of the tile before are not kept yet", cycles - late, 0);
        else
            add(g, strcat(strcpy(cause, "feeder "), w.peer_verdict), "what its feeder was at while the macro had no input", cycles, 0);
        starved -= cycles;
    }
    return starved;
}

/* Of the run: layers that no array does; ends of layers and host work in the others; sending rows; filling and draining by closed form. */
struct parts { uint64_t off, ends, load, fill, barrier; };

static int parts_of(struct bl_job *job, struct bl_sim *s, struct bl_gap *g, struct parts *p, const char **why)
{
    const struct bl_result *r = bl_job_result(job);
    const struct bl_array *a = bl_platform_array(bl_job_options(job)->file);
    const uint64_t work = spent(s, bl_part_find(s, a->host), "host_work");
    uint64_t off_layers = 0, on_layers = 0;

    for (uint32_t i = 0; i < r->nlayers; i++) {
        struct bl_ideal x;
        const int status = ws_spread_ideal(job, s, i, &x, why);
        if (status)
            return status;
        g->ideal += x.busy * r->images;
        g->ideal_energy += x.operations * r->images;
        if (x.on_array) {
            on_layers++;
            p->load += r->layers[i].load_cycles;
            p->fill += x.cycles ? (x.cycles - 1 - x.load - x.busy - x.barrier) * r->images : 0;
            p->barrier += x.cycles ? x.barrier * r->images : 0;
        } else {
            off_layers++;
            p->off += r->layers[i].cycles;
        }
    }
    const uint64_t ends = off_layers * r->images;
    p->ends = on_layers * r->images + work - least(work, p->off - ends);
    return 0;
}

static void cycles_rows(struct bl_job *job, struct bl_sim *s, const struct ws_chain *c, struct bl_gap *g, const struct account *a, struct parts p)
{
    const struct bl_array *array = bl_platform_array(bl_job_options(job)->file);
    const bool apart = array->n[BL_ARRAY_FEED] == BL_DIRECT && array->n[BL_ARRAY_SETS] == 1;
    uint64_t starved;

    if (apart)                             /* rows and operations have times of their own */
        starved = a->elapsed - a->access - a->out_full - p.load - p.off - p.ends;
    else {
        p.load = a->busy - a->access;      /* the ticks in which this array stored a row and did nothing else */
        p.off = least(p.off, a->no_input);
        p.ends = least(p.ends, a->no_input - p.off);
        starved = a->no_input - p.off - p.ends;
    }
    const uint64_t fill = least(p.fill, starved), barrier = least(p.barrier, starved - fill);
    add(g, "weights", apart ? "rows of all macros are sent and stored, one a cycle" : "this macro's rows are stored", p.load, 0);
    add(g, "pipeline", "it fills and drains in each round", fill, 0);
    add(g, "barrier", "a round ends with the last of its macros, which have their operations in turn", barrier, 0);
    starved -= fill + barrier;
    if (array->n[BL_ARRAY_FEED] == BL_BUFFERED)
        starved = by_feeder(job, s, c, g, starved);
    add(g, "input starved", "no operation is there: others have the turn, windows or jobs are late", starved, 0);
    add(g, "converters busy", "the ADCs are at work on the slices before", a->converters, 0);
    add(g, "adders busy", "trees and accumulators are at work on the slices before", a->adders, 0);
    add(g, "output held", "nobody takes the results", a->out_full - a->converters - a->adders, 0);
    add(g, "ends of layers", "a cycle each, and host work of layers on the array", p.ends, 0);
    add(g, "layers off the array", "the host does them", p.off, 0);
    if (a->access > g->ideal)
        add(g, "more operations", "than the closed form has", a->access - g->ideal, 0);
}

/* ---- energy ---- */

enum user { OPERATIONS, WEIGHTS, HOST, MOVERS, POWER, USERS };

static enum user user_of(const char *cls, const char *tally)
{
    enum ws_kind kind = WS_SLICER;
    uint32_t i = 0;

    if (!strcmp(cls, "weight_loader"))
        return WEIGHTS;
    while (kind < WS_KINDS && strcmp(ws_class(kind), cls))
        kind++;
    if (kind == WS_KINDS)
        return MOVERS;
    while (ws_tally(kind, i) && strcmp(ws_tally(kind, i), tally))
        i++;
    if (ws_tally(kind, i))
        return ws_writes(kind, i) ? WEIGHTS : OPERATIONS;
    return kind == WS_HOST ? HOST : OPERATIONS;
}

static bool energy_rows(struct bl_sim *s, struct bl_gap *g)
{
    bl_yj used[USERS] = { 0 }, all = 0;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row row;
        struct bl_tally_row tally;
        bl_part_at(s, i, &row);
        for (uint32_t k = 0; row.cls && k < row.tallies; k++) {
            bl_tally_at(s, i, k, &tally);
            used[user_of(row.cls, tally.name)] += tally.energy;
            all += tally.energy;
        }
    }
    g->energy = bl_energy(s);
    used[POWER] = g->energy - all;
    if (used[OPERATIONS] < g->ideal_energy)
        return false;
    add(g, "weights written", "rows of weights, by macros, loaders and host", 0, used[WEIGHTS]);
    add(g, "operations", "what the closed form does not count of them", 0, used[OPERATIONS] - g->ideal_energy);
    add(g, "host work", "between layers", 0, used[HOST]);
    add(g, "buffers and movers", "memories, feeders, collectors and other parts beside the macros", 0, used[MOVERS]);
    add(g, "power", "drawn all the time, or by verdict", 0, used[POWER]);
    return true;
}

int ws_gap(struct bl_job *job, struct bl_sim *s, struct bl_gap *g, const char **why)
{
    struct ws_chain c;
    struct ws_prices prices;
    struct parts p = { 0 };
    int status;

    *g = (struct bl_gap){ 0 };
    if (bl_job_result(job)->images != bl_job_options(job)->count) {
        *why = "the run was ended before its last image";
        return 1;
    }
    if (bl_clock_count(s) != 1) {
        *why = "the platform has several clocks";
        return 1;
    }
    if ((status = ws_spread_priced(job, s, &c, &prices, why)) || (status = parts_of(job, s, g, &p, why)))
        return status;
    const struct account a = account_of(s, &c);
    g->cycles = a.elapsed;
    if (a.access >= g->ideal)
        cycles_rows(job, s, &c, g, &a, p);
    if (a.access >= g->ideal && energy_rows(s, g))
        return 0;
    return bl_error(bl_job_diag(job), "the run has less work than the closed form, %llu cycles of the array beside %llu: a fault of the program",
                    (unsigned long long)a.access, (unsigned long long)g->ideal);
}

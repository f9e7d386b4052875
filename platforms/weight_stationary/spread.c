/* spread.c - a layer's tiles by the mapping that is asked for, and what the closed forms say of them. */
#include "platforms/weight_stationary/spread.h"

#include <stdio.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/job/tile.h"

/* Kept with the job. map: of each layer. */
struct spread { unsigned mapping; struct ws_chain chain; struct ws_prices prices; struct ws_map *map; bool is_priced; };

static const struct bl_array *array_of(struct bl_job *job) { return bl_platform_array(bl_job_options(job)->file); }

static struct ws_work work_of(struct bl_job *job, uint32_t layer)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct bl_layer *l = &net->layers[layer];
    const struct bl_tensor *to = &net->tensors[l->out];
    const struct bl_array *a = array_of(job);

    return (struct ws_work){ .k = l->k, .n = l->cout / l->groups, .groups = l->groups, .windows = l->kind == BL_FC ? l->rows : (uint64_t)to->h * to->w,
                             .rows = a->n[BL_ARRAY_ROWS], .cols = a->n[BL_ARRAY_COLS], .macros = a->n[BL_ARRAY_MACROS], .sets = a->n[BL_ARRAY_SETS] };
}

/* ---- what is asked for ---- */

/* The mapping, and where it is asked for; the command line stands over the file. -1 after a bl_error. */
static int asked(struct bl_job *job, unsigned *mapping, const char **where)
{
    static const char *const words[] = { "plain", "copies", "latency", "energy", "edp" };
    const char *objective = bl_job_options(job)->objective;

    *mapping = array_of(job)->n[BL_ARRAY_MAPPING];
    *where = array_of(job)->at[BL_ARRAY_MAPPING];
    if (!objective)
        return 0;
    *where = "--objective";
    for (*mapping = 0; *mapping <= BL_MAP_EDP; ++*mapping)
        if (!strcmp(objective, words[*mapping]))
            return 0;
    return bl_error(bl_job_diag(job), "--objective %s: expected plain, copies, latency, energy or edp", objective);
}

/* Before elaboration prices are those of the technology; the sizes of parts, which could scale them, are not known yet. */
static int prices_of_tech(struct bl_job *job, const struct ws_chain *c, struct ws_prices *p, const char *where)
{
    const struct bl_tech *t = bl_platform_tech(bl_job_options(job)->file);
    uint32_t found = 0;

    for (size_t k = 0; t && k < bl_tech_count(t); k++) {
        const struct bl_price *price = bl_tech_price(t, k);
        for (uint32_t s = 0; s < c->n; s++)
            for (uint32_t i = 0; ws_tally(c->stage[s].kind, i); i++) {
                if (strcmp(ws_class(c->stage[s].kind), price->cls) || strcmp(ws_tally(c->stage[s].kind, i), price->item) || price->is_power)
                    continue;
                if (price->nsizes)
                    return bl_error(bl_job_diag(job), "%s: the mapping with least energy is asked for, and the price of %s.%s depends on sizes, which are not "
                                    "known yet; take copies or latency", where, price->cls, price->item);
                p->yj[s][i] = price->value;
                found++;
            }
    }
    return found ? 0 : bl_error(bl_job_diag(job), "%s: the mapping with least energy is asked for, and no operation of the macros has a price; name a technology "
                                "that has, or take copies or latency", where);
}

/* ---- results that shall be exact ---- */

enum { FULL, UNIT };                   /* range of a sar_adc (components/sar_adc.c) */

static uint64_t ask(struct bl_ask *a, const char *part, const char *param)
{
    char name[320];

    snprintf(name, sizeof name, "%s.%s", part, param);
    return bl_ask_int(a, name);
}

/* Converters hold each sum of a column, one code a level, where every value must equal the reference. */
static int check_converters(struct bl_job *job, struct bl_sim *s, const struct ws_stage *adc)
{
    const struct bl_array *a = array_of(job);
    struct bl_ask asks = bl_job_ask(job, s);
    const uint64_t range = ask(&asks, adc->path, "range"), most = a->n[BL_ARRAY_ROWS] * ((UINT64_C(1) << ask(&asks, adc->path, "in_bits")) - 1);
    uint64_t needs = 1;

    while ((UINT64_C(1) << needs) < most + (range == UNIT))
        needs++;
    if (asks.failed || range > UNIT || adc->a >= needs)
        return asks.failed ? -1 : 0;
    return bl_error(bl_job_diag(job), "%s: array: result is exact, but %s has %llu bits, and a column of %u rows sums up to %llu; take %llu, or say 'result: approximate'",
                    a->at[BL_ARRAY_RESULT], adc->path, (unsigned long long)adc->a, a->n[BL_ARRAY_ROWS], (unsigned long long)most, (unsigned long long)needs);
}

static int check_exact(struct bl_job *job, struct bl_sim *s)
{
    struct ws_chain c;
    const char *why;

    if (array_of(job)->n[BL_ARRAY_RESULT] != BL_EXACT || ws_chain_find(job, s, &c, &why))
        return 0;                      /* parts that nobody knows may be exact */
    for (uint32_t i = 0; i < c.n; i++)
        if (c.stage[i].kind == WS_ADC && check_converters(job, s, &c.stage[i]))
            return -1;
    return 0;
}

int ws_spread_begin(struct bl_job *job, struct bl_sim *s)
{
    struct spread *x = *bl_job_state(job) = bl_job_alloc(job, sizeof *x);
    const struct bl_array *a = array_of(job);
    const char *why = "", *where;

    x->map = bl_job_alloc(job, bl_job_options(job)->net->nlayers * sizeof *x->map);
    if (asked(job, &x->mapping, &where) || check_exact(job, s))
        return -1;
    if (x->mapping < BL_MAP_LATENCY)
        return 0;
    if (a->n[BL_ARRAY_SETS] > 1 && a->n[BL_ARRAY_MACROS] > 1)
        return bl_error(bl_job_diag(job), "%s: the best mapping is asked for, and several macros of several sets have no closed form; take copies or plain", where);
    const int status = ws_chain_find(job, s, &x->chain, &why);
    if (status)
        return status < 0 ? -1 : bl_error(bl_job_diag(job), "%s: the best mapping is asked for, but %s; take copies or plain", where, why);
    return x->mapping == BL_MAP_LATENCY ? 0 : prices_of_tech(job, &x->chain, &x->prices, where);
}

int ws_spread_cut(struct bl_job *job, uint32_t layer, struct bl_host_layer *out)
{
    struct spread *x = *bl_job_state(job);
    const struct ws_work w = work_of(job, layer);
    const bool pack = array_of(job)->n[BL_ARRAY_GROUPS] == BL_PACKED;
    const struct ws_map map = x->mapping < BL_MAP_LATENCY ? ws_map_rule(&w, pack, x->mapping == BL_MAP_COPIES) :
                              ws_map_best(&x->chain, &x->prices, &w, pack, x->mapping);
    const int status = map.packed > 1 ? bl_tile_pack(job, layer, (uint32_t)(map.packed * w.k), (uint32_t)(map.packed * w.n), out) :
                       bl_tile_cut(job, layer, (uint32_t)map.rows, (uint32_t)map.cols, out);

    x->map[layer] = map;
    if (!status)
        bl_tile_copy(job, (uint32_t)map.copies, out);
    return status;
}

/* ---- what it takes ---- */

bool ws_tally_of_part(struct bl_sim *s, size_t part, const char *name, struct bl_tally_row *tally)
{
    struct bl_part_row row;

    bl_part_at(s, part, &row);
    for (uint32_t i = 0; i < row.tallies; i++) {
        bl_tally_at(s, part, i, tally);
        if (!strcmp(tally->name, name))
            return true;
    }
    return false;
}

static uint64_t price_of(struct bl_sim *s, size_t part, const char *name)
{
    struct bl_tally_row tally;

    return ws_tally_of_part(s, part, name, &tally) ? tally.price_yj : 0;
}

int ws_spread_priced(struct bl_job *job, struct bl_sim *s, struct ws_chain *c, struct ws_prices *p, const char **why)
{
    const bool direct = array_of(job)->n[BL_ARRAY_FEED] == BL_DIRECT && array_of(job)->n[BL_ARRAY_PLACEMENT] == BL_ROUNDS;
    struct spread *x = direct ? *bl_job_state(job) : NULL;
    const int status = x && x->is_priced ? 0 : ws_chain_find(job, s, c, why);

    if (x && x->is_priced) {
        *c = x->chain;
        *p = x->prices;
        return 0;
    }
    *p = (struct ws_prices){ 0 };
    for (uint32_t k = 0; !status && k < c->n; k++) {
        const size_t part = bl_part_find(s, c->stage[k].path);
        for (uint32_t i = 0; part != SIZE_MAX && ws_tally(c->stage[k].kind, i); i++)
            p->yj[k][i] = price_of(s, part, ws_tally(c->stage[k].kind, i));
    }
    if (x && !status) {
        x->chain = *c;
        x->prices = *p;
        x->is_priced = true;
    }
    return status;
}

int ws_spread_ideal(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_ideal *out, const char **why)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];
    const struct ws_work w = l->kind == BL_CONV || l->kind == BL_FC ? work_of(job, layer) : (struct ws_work){ 0 };
    struct ws_chain c;
    struct ws_prices p;
    const int status = ws_spread_priced(job, s, &c, &p, why);

    if (status)
        return status;
    *out = (struct bl_ideal){ .cycles = 1 };
    if (!w.k)
        return 0;
    if (w.sets > 1 && w.macros > 1) {
        *why = "several macros of several sets have no closed form";
        return 1;
    }
    const bool direct = array_of(job)->n[BL_ARRAY_FEED] == BL_DIRECT;
    const struct ws_map rule = ws_map_rule(&w, array_of(job)->n[BL_ARRAY_GROUPS] == BL_PACKED, false);
    const struct ws_map *map = direct ? &((const struct spread *)*bl_job_state(job))->map[layer] : &rule;
    const struct ws_cost cost = ws_cost_of(&c, &p, &w, map);
    *out = (struct bl_ideal){ .on_array = true, .tiles = cost.tiles, .copies = map->copies, .rounds = cost.rounds, .packed = map->packed,
                              .rows = map->packed > 1 ? map->packed * w.k : map->rows, .cols = map->packed > 1 ? map->packed * w.n : map->cols,
                              .steps = cost.steps, .busy = cost.busy, .load = cost.load, .barrier = cost.barrier, .cycles = direct ? cost.cycles : 0, .utilisation = cost.utilisation,
                              .operations = cost.operations, .writes = cost.writes };
    return 0;
}

/* ideal.c - cycles and energy of a layer in closed form, and the search for the best cut. */
#include "platforms/weight_stationary/ideal.h"

#include <string.h>

static uint64_t per(uint64_t a, uint64_t b) { return (a + b - 1) / b; }
static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* ---- tiles ---- */

/* Equal tiles: so many, with rows and columns in use. */
struct kind { uint64_t n, rows, cols; };
enum { KINDS = 4 };

/* Those of one copy: full ones, and what is left along rows and columns; of packed groups those with fewer. Returns how many kinds. */
static uint32_t kinds_of(const struct ws_work *w, const struct ws_map *map, struct kind kind[KINDS])
{
    const uint64_t full_k = w->k / map->rows, full_n = w->n / map->cols, rest_k = w->k % map->rows, rest_n = w->n % map->cols;
    uint32_t n = 0;

    if (map->packed > 1) {
        const uint64_t rest = w->groups % map->packed;
        kind[n++] = (struct kind){ w->groups / map->packed, map->packed * w->k, map->packed * w->n };
        if (rest)
            kind[n++] = (struct kind){ 1, rest * w->k, rest * w->n };
        return n;
    }
    if (full_k && full_n)
        kind[n++] = (struct kind){ w->groups * full_k * full_n, map->rows, map->cols };
    if (rest_k && full_n)
        kind[n++] = (struct kind){ w->groups * full_n, rest_k, map->cols };
    if (full_k && rest_n)
        kind[n++] = (struct kind){ w->groups * full_k, map->rows, rest_n };
    if (rest_k && rest_n)
        kind[n++] = (struct kind){ w->groups, rest_k, rest_n };
    return n;
}

static uint64_t tiles_of(const struct ws_work *w, const struct ws_map *map)
{
    return map->packed > 1 ? per(w->groups, map->packed) : w->groups * per(w->k, map->rows) * per(w->n, map->cols);
}

/* Rows of tile t of one copy, in the order of tiles: groups, outputs, products inside. */
static uint64_t rows_of(const struct ws_work *w, const struct ws_map *map, uint64_t t)
{
    const uint64_t high = per(w->k, map->rows);

    if (map->packed > 1)
        return (t + 1 < per(w->groups, map->packed) || w->groups % map->packed == 0 ? map->packed : w->groups % map->packed) * w->k;
    return t % high + 1 < high || w->k % map->rows == 0 ? map->rows : w->k % map->rows;
}

/* ---- cycles ---- */

/* Ticks in which the host sends n rows to a macro that takes `write` for each: two wait on the link, one is being written. */
static uint64_t sent(uint64_t n, uint64_t write) { return n < 3 ? n : 3 + (n - 3) * write; }

/* Ticks until all rows of the round that begins with tile `first` are written, without the last one's being seen. */
static uint64_t round_load(const struct ws_chain *c, const struct ws_work *w, const struct ws_map *map, uint64_t tiles, uint64_t first)
{
    const uint64_t one = tiles / map->copies, write = c->write ? c->write : 1;
    uint64_t start = 0, end = 0;

    for (uint64_t t = first; t < tiles && t < first + w->macros; t++) {
        const uint64_t rows = rows_of(w, map, t % one);
        end = most(end, start + rows * write);
        start += sent(rows, write);
    }
    return end;
}

/* Ticks from the first of n slices to the one in which what comes of the last is seen. Converters have a time of their own: a result that
 * is there when an edge comes is seen at the next one. */
static uint64_t slices_ticks(const struct ws_chain *c, uint64_t n)
{
    return c->slot < c->period ? n : n * c->slot / c->period + 1;
}

/* A round of m tiles, without its rows: the operations go out one a tick, in turn; a macro takes one when the one before has left the
 * slowest part. With several copies `more` macros have one window above `share`. */
static uint64_t round_ticks(const struct ws_chain *c, uint64_t m, uint64_t share, uint64_t more)
{
    const uint64_t op = slices_ticks(c, c->slices) - (c->slot >= c->period), windows = share + (more > 0), last = more ? more : m, all = share * m + more;

    return c->depth + 1 + (op >= m ? slices_ticks(c, windows * c->slices) + last : all + slices_ticks(c, c->slices));
}

/* The same, and how much of it the first macro, which has most windows, would not need alone. */
static uint64_t round_of(const struct ws_chain *c, uint64_t m, uint64_t share, uint64_t more, uint64_t times, struct ws_cost *cost)
{
    const uint64_t all = times * round_ticks(c, m, share, more);

    cost->barrier += all - times * round_ticks(c, 1, share + (more > 0), 0);
    return all;
}

/* Several sets: rows of the next round go out beside the operations of this one. One macro. */
static uint64_t beside(const struct ws_chain *c, const struct ws_work *w, const struct ws_map *map, const struct kind *kind, uint32_t n)
{
    const uint64_t ops = round_ticks(c, 1, w->windows, 0) - 1;
    uint64_t cycles = 0, first = kind[0].rows;

    (void)map;
    for (uint32_t i = 0; i < n; i++)
        cycles += kind[i].n * most(ops, kind[i].rows + 1);
    return cycles - most(ops, first + 1) + first + 1 + ops;
}

static uint64_t cycles_of(const struct ws_chain *c, const struct ws_work *w, const struct ws_map *map, const struct kind *kind, uint32_t n,
                          struct ws_cost *cost)
{
    const uint64_t rest = cost->tiles % w->macros, share = w->windows / map->copies, more = w->windows % map->copies * (cost->tiles / map->copies);

    for (uint64_t t = 0; t < cost->tiles; t += w->macros)
        cost->load += round_load(c, w, map, cost->tiles, t);
    if (w->sets > 1 && w->macros == 1)
        return 1 + beside(c, w, map, kind, n);
    if (cost->rounds == 1)
        return 1 + cost->load + round_of(c, cost->tiles, share, more, 1, cost);
    return 1 + cost->load + round_of(c, w->macros, w->windows, 0, cost->tiles / w->macros, cost) + (rest ? round_of(c, rest, w->windows, 0, 1, cost) : 0);
}

/* ---- energy ---- */

/* Of a tile, by what it is in proportion to: a step, an operation, a row. */
static void energies_of(const struct ws_chain *c, const struct ws_prices *p, const struct kind *kind, bl_yj of[WS_PERS])
{
    memset(of, 0, WS_PERS * sizeof *of);
    for (uint32_t s = 0; s < c->n; s++)
        for (uint32_t i = 0; ws_tally(c->stage[s].kind, i); i++)
            if (p->yj[s][i]) {
                const struct ws_count count = ws_count_of(&c->stage[s], i, kind->rows, kind->cols);
                of[count.per] += (bl_yj)p->yj[s][i] * count.n;
            }
}

struct ws_cost ws_cost_of(const struct ws_chain *c, const struct ws_prices *p, const struct ws_work *w, const struct ws_map *map)
{
    struct kind kind[KINDS];
    const uint32_t n = kinds_of(w, map, kind);
    struct ws_cost cost = { .tiles = tiles_of(w, map) * map->copies };

    cost.rounds = per(cost.tiles, w->macros);
    cost.steps = cost.rounds * per(w->windows, map->copies);
    cost.busy = cost.steps * c->slices;
    cost.cycles = cycles_of(c, w, map, kind, n, &cost);
    cost.ops = cost.tiles / map->copies * w->windows;
    for (uint32_t i = 0; i < n; i++) {
        bl_yj of[WS_PERS];
        energies_of(c, p, &kind[i], of);
        cost.operations += kind[i].n * w->windows * (of[WS_STEP] * c->slices + of[WS_OP]);
        cost.writes += kind[i].n * kind[i].rows * map->copies * of[WS_ROW];
    }
    cost.utilisation = (double)(w->k * w->n * w->groups) * (double)w->windows / ((double)(cost.steps * w->macros) * (double)(w->rows * w->cols));
    return cost;
}

/* ---- mappings ---- */

static uint64_t groups_that_fit(const struct ws_work *w, bool pack)
{
    const uint64_t fit = least(least(w->rows / w->k, w->cols / w->n), w->groups);

    return pack && fit > 1 ? fit : 1;
}

struct ws_map ws_map_rule(const struct ws_work *w, bool pack, bool copies)
{
    struct ws_map map = { groups_that_fit(w, pack), least(w->rows, w->k), least(w->cols, w->n), 1 };
    const uint64_t tiles = tiles_of(w, &map);

    if (copies && tiles < w->macros)
        map.copies = least(w->macros / tiles, w->windows);
    return map;
}

struct search { const struct ws_chain *c; const struct ws_prices *p; const struct ws_work *w; unsigned mapping; struct ws_map best; double found; };

static void look_at(struct search *s, struct ws_map map)
{
    const struct ws_cost cost = ws_cost_of(s->c, s->p, s->w, &map);
    const double energy = (double)(cost.operations + cost.writes), cycles = (double)cost.cycles;
    const double value = s->mapping == BL_MAP_LATENCY ? cycles : s->mapping == BL_MAP_ENERGY ? energy : energy * cycles;

    if (s->found < 0 || value < s->found) {
        s->found = value;
        s->best = map;
    }
}

/* Every number of copies that fits, most of them first. */
static void look_at_copies(struct search *s, struct ws_map map)
{
    const uint64_t tiles = tiles_of(s->w, &map);

    for (map.copies = tiles < s->w->macros ? least(s->w->macros / tiles, s->w->windows) : 1; map.copies; map.copies--)
        look_at(s, map);
}

/* The next smaller tile that changes how many there are; 0: none. */
static uint64_t smaller(uint64_t all, uint64_t tile) { return tile > 1 ? per(all, per(all, tile) + 1) < tile ? per(all, per(all, tile) + 1) : tile - 1 : 0; }

struct ws_map ws_map_best(const struct ws_chain *c, const struct ws_prices *p, const struct ws_work *w, bool pack, unsigned mapping)
{
    struct search s = { c, p, w, mapping, ws_map_rule(w, pack, true), -1 };

    look_at(&s, s.best);
    for (uint64_t g = groups_that_fit(w, pack); g > 1; g--)
        look_at_copies(&s, (struct ws_map){ g, least(w->rows, w->k), least(w->cols, w->n), 1 });
    for (uint64_t rows = least(w->rows, w->k); rows; rows = smaller(w->k, rows))
        for (uint64_t cols = least(w->cols, w->n); cols; cols = smaller(w->n, cols))
            look_at_copies(&s, (struct ws_map){ 1, rows, cols, 1 });
    return s.best;
}

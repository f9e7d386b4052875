/* host_direct.c - the host with macros wired to it: rounds of so many tiles as there are macros. Rows go out one a tick, tile after
 * tile; when all are written one operation a tick is given and one result taken, results first, window by window and macro by macro:
 * the turn goes to the macro behind the one that had it, past those without room. The round ends with its last result. With several
 * sets of weights the rows of the next round go out beside the operations of this one, into the set after this one's. */
#include "components/host_in.h"
#include "components/window.h"

/* ---- the program fits ---- */

static int check_layer(struct host *t, uint32_t i, const struct bl_host_layer *l)
{
    for (uint32_t k = 0; k < l->ntiles; k++)
        if (l->tile[k].nk > t->ins || l->tile[k].nout > t->outs)
            return bl_refuse(t, "layer %u has a tile of %u x %u; the array takes %lld x %lld", i, l->tile[k].nk, l->tile[k].nout,
                             (long long)t->ins, (long long)t->outs);
    if (l->row_words >= t->row_lanes)
        return bl_refuse(t, "layer %u has rows of %u words; the row that is wired holds %lld", i, l->row_words, (long long)t->row_lanes - 1);
    return 0;
}

static int check_wires(struct host *t, const struct bl_host_program *g)
{
    for (uint32_t m = 0; m < t->macros; m++) {
        const struct { const char *port; bool wired; } all[] = { { "op", bl_wired(t->op.at[m]) }, { "w", bl_wired(t->w.at[m]) },
            { "rows", bl_wired(t->rows.at[m]) }, { "mac", bl_wired(t->mac.at[m]) }, { "op_tag", g->sets < 2 || bl_wired(t->op_tag.at[m]) } };
        for (uint32_t k = 0; k < sizeof all / sizeof *all; k++)
            if (!all[k].wired)
                return bl_refuse(t, "%s[%u] is not wired, and the net runs on %lld macro%s%s", all[k].port, m, (long long)t->macros,
                                 t->macros > 1 ? "s" : "", k < 4 ? "" : " of several sets: the tag says which set an operation is for");
    }
    return 0;
}

int bl_host_direct_check(struct host *t, const struct bl_host_program *g)
{
    bool any = false;

    for (uint32_t i = 0; i < g->nlayers; i++)
        any |= g->layer[i].kind == BL_HOST_ARRAY && !g->layer[i].nsteps && !g->nstreams;
    if (!any)
        return 0;
    if (check_wires(t, g))
        return -1;
    if (g->row_words && g->row_words + 1 != t->row_lanes)
        return bl_refuse(t, "rows have %u words; the row that is wired to w[0] holds %lld, so cols x w_bits of 'array' is not that of the macro",
                         g->row_words, (long long)t->row_lanes - 1);
    for (uint32_t i = 0; i < g->nlayers; i++)
        if (g->layer[i].kind == BL_HOST_ARRAY && !g->layer[i].nsteps && check_layer(t, i, &g->layer[i]))
            return -1;
    return 0;
}

/* ---- rounds ---- */

static uint32_t sets_of(const struct bl_host_program *g) { return g->sets ? g->sets : 1; }
/* The tile behind the round that begins with tile `first`. */
static uint32_t round_end(const struct host *t, const struct bl_host_layer *l, uint32_t first)
{
    return l->ntiles - first < t->macros ? l->ntiles : first + (uint32_t)t->macros;
}
/* The set that the round of a tile is in. */
static uint32_t set_of(const struct host *t, const struct bl_host_program *g, uint32_t tile)
{
    return tile / (uint32_t)t->macros % sets_of(g);
}

/* Sends the next row. */
static bl_verdict load_row(struct host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const uint32_t m = t->load_tile % (uint32_t)t->macros, n = bl_host_rows(l, &l->tile[t->load_tile]);

    if (!bl_room(t->w.at[m]))
        return BL_AT(WEIGHTS_FULL, m);
    uint64_t *item = bl_push64(t->w.at[m]);
    item[0] = ((uint64_t)set_of(t, g, t->load_tile) * g->set_rows + t->load_row) | (uint64_t)(g->tells_columns ? l->tile[t->load_tile].nout : 0) << 32 |
              (uint64_t)(g->tells_products ? l->tile[t->load_tile].nk : 0) << 48;
    memset(item + 1, 0, (size_t)(t->row_lanes - 1) * sizeof *item);
    memcpy(item + 1, l->tile[t->load_tile].rows + (size_t)t->load_row * l->row_words, l->row_words * sizeof *item);
    charge(&t->row, 1);
    t->macro[m].rows++;
    if (++t->load_row == n) {
        t->load_row = 0;
        t->load_tile++;
    }
    return BL_BUSY;
}

/* The first macro whose rows are not all written, or `macros`. */
static uint32_t late_rows(const struct host *t, uint32_t tiles)
{
    uint32_t m = 0;

    while (m < tiles && *bl_get32(t->rows.at[m]) == t->macro[m].rows)
        m++;
    return m;
}

/* ---- operations ---- */

/* The activations of window p for a tile's products, group after group. */
static void gather(const struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile, uint32_t p, uint8_t *act)
{
    const uint32_t each = tile->nk / tile->groups;
    struct bl_window window;

    for (uint32_t g = 0; g < tile->groups; g++) {
        bl_window_at(&window, l, tile->group + g, p);
        bl_window_read(&window, bl_window_input(&window, t->memory), tile->k, each, act + (size_t)g * each);
    }
    memset(act + tile->nk, 0, (size_t)t->ins - tile->nk);
}

int32_t *bl_host_sum(const struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile, uint32_t n, uint32_t p)
{
    const uint32_t group = tile->group + n / (tile->nout / tile->groups), first = l->flat ? group * l->rows_of_group : 0;

    return t->sums + (size_t)(tile->out + n) * l->pixels + first + p;
}

/* Takes a result of the macro whose turn it is, past those that have none. */
static bool take_result(struct host *t, const struct bl_host_layer *l, uint32_t tiles)
{
    for (uint32_t i = 0, m = t->take; i < tiles; i++, m = (m + 1) % tiles) {
        if (!bl_avail(t->mac.at[m]))
            continue;
        const struct bl_host_tile *tile = &l->tile[t->tile + m];
        const int32_t *mac = (const int32_t *)(const void *)bl_pop32(t->mac.at[m]);
        for (uint32_t n = 0; n < tile->nout; n++)
            *bl_host_sum(t, l, tile, n, tile->first + t->macro[m].back) += mac[n];
        charge(&t->add, tile->nout);
        t->macro[m].back++;
        t->take = (m + 1) % tiles;
        return true;
    }
    return false;
}

/* Gives an operation to the macro whose turn it is, past those without room and those that had all. *full: one without room. */
static bool give_op(struct host *t, const struct bl_host_program *g, const struct bl_host_layer *l, uint32_t tiles, uint32_t *full)
{
    for (uint32_t i = 0, m = t->give; i < tiles; i++, m = (m + 1) % tiles) {
        const struct bl_host_tile *tile = &l->tile[t->tile + m];
        if (t->macro[m].issued == bl_host_share(l, tile))
            continue;
        if (!bl_room(t->op.at[m]) || (bl_wired(t->op_tag.at[m]) && !bl_room(t->op_tag.at[m]))) {
            *full = *full < tiles ? *full : m;
            continue;
        }
        gather(t, l, tile, tile->first + t->macro[m].issued, bl_push8(t->op.at[m]));
        if (bl_wired(t->op_tag.at[m]))
            *bl_push8(t->op_tag.at[m]) = (uint8_t)set_of(t, g, t->tile);
        charge(&t->issue, 1);
        t->macro[m].issued++;
        t->stat[t->at].ops++;
        t->give = (m + 1) % tiles;
        return true;
    }
    return false;
}

static bool all_back(const struct host *t, const struct bl_host_layer *l, uint32_t tiles)
{
    uint32_t m = 0;

    while (m < tiles && t->macro[m].back == bl_host_share(l, &l->tile[t->tile + m]))
        m++;
    return m == tiles;
}

static void end_round(struct host *t, const struct bl_host_layer *l, uint32_t tiles)
{
    t->tile += tiles;
    t->give = t->take = 0;
    for (uint32_t m = 0; m < tiles; m++)
        t->macro[m].issued = t->macro[m].back = 0;
    t->phase = t->tile == l->ntiles ? HOST_FINISH : HOST_ROUND;
}

static bl_verdict run_ops(struct host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const uint32_t end = round_end(t, l, t->tile), tiles = end - t->tile;
    uint32_t full = tiles;
    bool moved = take_result(t, l, tiles);

    moved |= give_op(t, g, l, tiles, &full);
    if (sets_of(g) > 1 && t->load_tile < round_end(t, l, end))
        moved |= load_row(t, g, l) == BL_BUSY;
    if (all_back(t, l, tiles))
        end_round(t, l, tiles);
    if (moved)
        return BL_BUSY;
    return BL_NAP(full < tiles ? BL_AT(OP_FULL, full) : BL_AT(RESULT_LATE, t->take));
}

bl_verdict bl_host_direct(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];

    if (t->phase == HOST_ROUND) {
        const uint32_t end = round_end(t, l, t->tile);
        if (t->load_tile < end) {
            t->stat[t->at].load_cycles++;
            return load_row(t, g, l);
        }
        const uint32_t late = late_rows(t, end - t->tile);
        if (late < end - t->tile) {
            t->stat[t->at].load_cycles++;
            return BL_AT(ROWS_LATE, late);
        }
        t->phase = HOST_OPS;
    }
    return run_ops(t, g, l);
}

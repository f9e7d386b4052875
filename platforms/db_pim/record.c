/* record.c - filters to macros, positions to tiles, weights to cells. */
#include "platforms/db_pim/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CORES = 64 };

static const int8_t *filter_of(const struct bl_db_plan *p, uint32_t f) { return p->of.w + (size_t)f * p->of.k; }

/* ---- columns of each filter ---- */

static int count_columns(struct bl_db_plan *p, uint32_t f, struct bl_diag *diag)
{
    const int8_t *w = filter_of(p, f);
    uint32_t phi = 0;

    for (uint32_t i = 0; i < p->of.k; i++) {
        uint32_t own = bl_db_phi(w[i]);
        if (own > BL_DB_MOST_PHI)
            return bl_error(diag, "%s: filter %u, weight %u: found %d, which has %u non-zero signed digits, expected 1 or 2; `bitline prune --fta` makes such "
                            "weights", p->of.name, f, i, w[i], own);
        if (own && phi && own != phi)
            return bl_error(diag, "%s: filter %u, weight %u: found %d, which has %u non-zero signed digits, where the weights before it have %u; `bitline prune "
                            "--fta` gives all weights of a filter the same number", p->of.name, f, i, w[i], own, phi);
        phi = own ? own : phi;
    }
    p->columns[f] = (uint8_t)phi;
    return 0;
}

/* ---- masks and macros ---- */

static void mask_of(const struct bl_db_plan *p, uint32_t f, uint16_t *mask)
{
    const int8_t *w = filter_of(p, f);

    for (uint32_t i = 0; i < p->of.k; i++)
        if (w[i] || p->coding == BL_DB_BINARY)
            mask[i / BL_DB_COMPARTMENTS] |= (uint16_t)(1u << i % BL_DB_COMPARTMENTS);
}

/* Does filter f, of this mask, go into macro m? Dyadic cells cannot keep a zero, so masks must be the same. */
static bool joins(const struct bl_db_plan *p, const struct bl_db_macro *m, uint32_t f, const uint16_t *mask)
{
    if (m->columns + p->columns[f] > BL_DB_COLUMNS)
        return false;
    return p->coding != BL_DB_DYADIC || !p->columns[f] || !m->columns || !memcmp(m->mask, mask, p->windows * sizeof *mask);
}

static void fill_macros(struct bl_db_plan *p, uint16_t *masks, uint16_t *mask)
{
    struct bl_db_macro *m = NULL;

    for (uint32_t f = 0; f < p->of.n; f++) {
        memset(mask, 0, p->windows * sizeof *mask);
        mask_of(p, f, mask);
        if (!m || !joins(p, m, f, mask)) {
            m = &p->macros[p->nmacros];
            *m = (struct bl_db_macro){ .filter = f, .mask = masks + (size_t)p->nmacros++ * p->windows };
        }
        m->filters++;
        m->columns += p->columns[f];
        for (uint32_t i = 0; i < p->windows; i++)
            m->mask[i] |= mask[i];
    }
    for (uint32_t i = 0; i < p->nmacros; i++)
        for (uint32_t v = 0; v < p->windows; v++)
            p->macros[i].kept += (uint32_t)__builtin_popcount(p->macros[i].mask[v]);
}

/* ---- tiles ---- */

static bool keeps(const struct bl_db_macro *m, uint32_t i) { return m->mask[i / BL_DB_COMPARTMENTS] >> i % BL_DB_COMPARTMENTS & 1; }

/* Has every core of the tile, with so many positions already, room for position i? */
static bool has_room(const struct bl_db_plan *p, const struct bl_db_tile *t, const uint32_t *kept, uint32_t i)
{
    for (uint32_t c = 0; c < t->macros; c++)
        if (kept[c] == BL_DB_KEPT && keeps(&p->macros[t->macro + c], i))
            return false;
    return true;
}

/* The K tile of this N tile that begins at position t->from: its end, and its rows. */
static void end_tile(const struct bl_db_plan *p, struct bl_db_tile *t)
{
    const uint32_t first = t->from - t->from % BL_DB_COMPARTMENTS;
    uint32_t kept[MOST_CORES] = { 0 }, most = 0;

    for (t->to = t->from; t->to < p->of.k && t->to - first < BL_DB_MASK_BITS && has_room(p, t, kept, t->to); t->to++)
        for (uint32_t c = 0; c < t->macros; c++)
            kept[c] += keeps(&p->macros[t->macro + c], t->to);
    for (uint32_t c = 0; c < t->macros; c++)
        most = kept[c] > most ? kept[c] : most;
    t->rows = (most + BL_DB_COMPARTMENTS - 1) / BL_DB_COMPARTMENTS;
}

/* All tiles; with tiles NULL they are only counted. */
static void cut(struct bl_db_plan *p, struct bl_db_tile *tiles)
{
    p->ntiles = 0;
    for (uint32_t m = 0; m < p->nmacros; m += p->cores) {
        uint32_t macros = p->nmacros - m < p->cores ? p->nmacros - m : p->cores;
        for (struct bl_db_tile t = { .macro = m, .macros = macros }; t.from < p->of.k; t.from = t.to) {
            end_tile(p, &t);
            if (!t.rows)
                continue;
            if (tiles)
                tiles[p->ntiles] = t;
            p->ntiles++;
        }
    }
}

int bl_db_plan(struct bl_db_plan *p, struct bl_db_weights of, enum bl_db_coding coding, uint32_t cores, struct bl_diag *diag)
{
    assert(cores >= 1 && cores <= MOST_CORES);
    *p = (struct bl_db_plan){ .of = of, .coding = coding, .cores = cores, .windows = (of.k + BL_DB_COMPARTMENTS - 1) / BL_DB_COMPARTMENTS };
    uint16_t *masks = calloc((size_t)of.n * p->windows, sizeof *masks), *mask = calloc(p->windows, sizeof *mask);
    int rc = 0;

    p->columns = calloc(of.n, sizeof *p->columns);
    p->macros = calloc(of.n, sizeof *p->macros);
    if (!masks || !mask || !p->columns || !p->macros)
        rc = bl_error(diag, "%s: out of memory", of.name);
    for (uint32_t f = 0; f < of.n && !rc; f++)
        if (coding == BL_DB_DYADIC)
            rc = count_columns(p, f, diag);
        else
            p->columns[f] = BL_DB_DENSE_COLUMNS;
    if (!rc) {
        fill_macros(p, masks, mask);
        masks = NULL;                                   /* now of the macros */
        cut(p, NULL);
        if (!(p->tiles = calloc(p->ntiles ? p->ntiles : 1, sizeof *p->tiles)))
            rc = bl_error(diag, "%s: out of memory", of.name);
        else
            cut(p, p->tiles);
    }
    free(masks);
    free(mask);
    if (rc)
        bl_db_plan_fini(p);
    return rc;
}

void bl_db_plan_fini(struct bl_db_plan *p)
{
    if (p->nmacros)
        free(p->macros[0].mask);                        /* all masks are one block */
    free(p->macros);
    free(p->columns);
    free(p->tiles);
    *p = (struct bl_db_plan){ 0 };
}

/* ---- records ---- */

/* The cells of position i in macro m, column by column. */
static uint64_t word_of(const struct bl_db_plan *p, const struct bl_db_macro *m, uint32_t i)
{
    uint64_t word = 0;
    uint32_t d = 0;

    for (uint32_t f = m->filter; f < m->filter + m->filters; d += p->columns[f++]) {
        const int8_t w = filter_of(p, f)[i];
        struct bl_db_cell c[BL_DB_BLOCKS];
        if (p->coding == BL_DB_DYADIC)
            for (uint32_t b = 0, n = bl_db_cells(w, c); b < n; b++)
                word |= (uint64_t)bl_db_cell_bits(c[b]) << BL_DB_CELL_BITS * (d + b);
        else
            for (uint32_t b = 0; b < BL_DB_DENSE_COLUMNS; b++)
                word |= (uint64_t)((uint8_t)w >> b & 1) << BL_DB_CELL_BITS * (d + b);
    }
    return word;
}

void bl_db_record(const struct bl_db_plan *p, uint32_t tile, uint32_t core, struct bl_db_record *out)
{
    const struct bl_db_tile *t = &p->tiles[tile];
    const struct bl_db_macro *m = &p->macros[t->macro + core];

    memset(out, 0, sizeof *out);
    out->window = t->from / BL_DB_COMPARTMENTS;
    out->windows = (t->to + BL_DB_COMPARTMENTS - 1) / BL_DB_COMPARTMENTS - out->window;
    out->columns = m->columns;
    for (uint32_t i = t->from; i < t->to; i++) {
        if (!keeps(m, i))
            continue;
        out->mask[i / BL_DB_COMPARTMENTS - out->window] |= (uint16_t)(1u << i % BL_DB_COMPARTMENTS);
        out->cells[out->kept++] = word_of(p, m, i);
    }
    out->rows = (out->kept + BL_DB_COMPARTMENTS - 1) / BL_DB_COMPARTMENTS;
}

struct bl_db_bits bl_db_record_bits(const struct bl_db_plan *p, const struct bl_db_record *r)
{
    const uint64_t cells = (uint64_t)r->kept * r->columns;

    return (struct bl_db_bits){ cells, p->coding == BL_DB_DYADIC ? BL_DB_META_BITS * cells : 0,
                                p->coding == BL_DB_BINARY ? 0 : (uint64_t)r->windows * BL_DB_COMPARTMENTS };
}

struct bl_db_bits bl_db_plan_bits(const struct bl_db_plan *p)
{
    struct bl_db_bits sum = { 0 };
    struct bl_db_record r;

    for (uint32_t t = 0; t < p->ntiles; t++)
        for (uint32_t c = 0; c < p->tiles[t].macros; c++) {
            bl_db_record(p, t, c, &r);
            struct bl_db_bits b = bl_db_record_bits(p, &r);
            sum.cells += b.cells;
            sum.meta += b.meta;
            sum.mask += b.mask;
        }
    return sum;
}

/* ---- row steps ---- */

static uint64_t up(uint64_t n, uint64_t by) { return (n + by - 1) / by; }

uint64_t bl_db_row_steps(const struct bl_db_plan *p, uint64_t m, uint32_t macros)
{
    uint64_t rows = 0;

    for (uint32_t t = 0; t < p->ntiles; t++)
        rows += p->tiles[t].rows;
    return rows * up(m, macros);
}

uint64_t bl_db_ideal_steps(uint32_t n, uint32_t kept, uint32_t columns, uint64_t m, uint32_t cores, uint32_t macros)
{
    return up(n, (uint64_t)cores * (BL_DB_COLUMNS / columns)) * up(kept, BL_DB_COMPARTMENTS) * up(m, macros);
}

/* chip_supply.c - what the requant and the join of each core do: of a resident net one row, of a reloaded one a row a
 * group of layers. */
#include "platforms/weight_stationary/chip.h"

#include "components/join.h"
#include "components/requant.h"

/* Tables of one core. */
struct tables { struct bl_requant *channel; struct bl_requant_range *range; struct bl_join_role *role; uint32_t rows, cols; };

static struct tables tables_of(struct bl_job *job, uint32_t rows, uint32_t cols)
{
    struct tables t = { bl_job_alloc(job, (size_t)rows * cols * sizeof *t.channel), bl_job_alloc(job, rows * sizeof *t.range),
                        bl_job_alloc(job, rows * sizeof *t.role), rows, cols };

    for (uint32_t i = 0; i < rows; i++) {
        t.range[i] = (struct bl_requant_range){ 0, 0, 255 };
        t.role[i] = (struct bl_join_role){ 1, 1 };
    }
    return t;
}

/* Tile `tile` of a layer, in row `row`. Activations lie in the buffer as the host keeps them: with their bias, unsigned. */
static void fill(const struct tables *t, uint32_t row, const struct bl_host_layer *h, const struct chip_layer *x, uint32_t tile)
{
    const struct bl_host_tile *w = &h->tile[tile];

    for (uint32_t i = 0; i < w->nout; i++)
        t->channel[(size_t)row * t->cols + i] = h->requant[w->out + i];
    t->range[row] = (struct bl_requant_range){ h->out.zero + h->out.bias, h->lo + h->out.bias, h->hi + h->out.bias };
    t->role[row] = (struct bl_join_role){ tile % x->chain == 0, (tile + 1) % x->chain == 0 };
}

int chip_tables(struct bl_job *job, struct bl_sim *s, struct chip *c)
{
    const bool reload = c->array->n[BL_ARRAY_PLACEMENT] == BL_RELOAD;
    const uint32_t rows = reload && c->net.nlayers ? c->net.nlayers : 1, cols = c->array->n[BL_ARRAY_COLS];
    const struct bl_host_program *g = bl_job_program(job);
    int bad = 0;

    for (uint32_t k = 0; k < c->units.ncores; k++) {
        const struct tables t = tables_of(job, rows, cols);
        for (uint32_t i = 0; i < c->net.nlayers; i++) {
            const struct chip_layer *x = &c->net.layer[i];
            if (x->array && k >= x->core && k - x->core < x->tiles * x->copies)
                fill(&t, reload ? x->group : 0, &g->layer[x->layer], x, (k - x->core) % x->tiles);
        }
        bad |= bl_supply(s, c->units.core[k].requant, "channel", t.channel, (size_t)rows * cols * sizeof *t.channel) |
               bl_supply(s, c->units.core[k].requant, "range", t.range, rows * sizeof *t.range) |
               bl_supply(s, c->units.core[k].join, "role", t.role, rows * sizeof *t.role);
    }
    return bad;
}

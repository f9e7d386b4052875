/* events.c - energy as prices of events: what Eqs. (1) to (11), or the blocks of a macro, give one step, over what a general part counts. */
#include "platforms/imc/events.h"

#include <math.h>
#include <string.h>

struct list { const struct bl_imc_macro *m; struct bl_imc_event *v; unsigned n; };

uint64_t bl_imc_event_steps(const struct bl_imc_macro *m)
{
    const uint64_t slices = (m->a_bits + m->dac_bits - 1) / m->dac_bits;

    return m->model == BL_IMC_GATES && m->steps > 0 ? (uint64_t)ceil(m->steps) : slices;
}

uint64_t bl_imc_event_bits(const struct bl_imc_macro *m)
{
    const uint64_t steps = bl_imc_event_steps(m);

    return m->model == BL_IMC_GATES && m->steps > 0 ? (m->a_bits + steps - 1) / steps : m->dac_bits;
}

uint64_t bl_imc_event_count(const struct bl_imc_macro *m, const struct bl_imc_event *e, uint64_t rows, uint64_t cols)
{
    switch (e->per) {
    case BL_IMC_PER_STEP: return e->each;
    case BL_IMC_PER_ROW: return e->each * rows;
    case BL_IMC_PER_COLUMN: return e->each * cols;
    case BL_IMC_PER_CELL: return e->each * rows * cols;
    case BL_IMC_PER_WORDLINE: return e->each * rows * m->d1;
    default: return e->each * m->d2 * cols;
    }
}

/* `energy` fJ of a step of the whole macro is shared by all events of an item. What is there already gets more. */
static void add(struct list *l, const char *cls, const char *item, enum bl_imc_per per, uint64_t each, double energy, enum bl_tag tag,
                const char *keys, const char *source)
{
    struct bl_imc_event *e = l->v;

    if (!(energy > 0) || !each)
        return;
    while (e < l->v + l->n && (strcmp(e->cls, cls) || strcmp(e->item, item)))
        e++;
    if (e == l->v + l->n) {
        *e = (struct bl_imc_event){ .cls = cls, .item = item, .per = per, .each = each, .tag = tag, .keys = keys, .source = source };
        l->n++;
    }
    e->price += energy / (double)bl_imc_event_count(l->m, e, l->m->d2, l->m->d1);
}

/* ---- Eqs. (1) to (11) */

#define OF "Houshmand et al., "
static void equations(struct list *l)
{
    const struct bl_imc_macro *m = l->m;
    const struct bl_imc_energy e = bl_imc_energy(m, (double)m->d2, (double)m->d1);
    const double steps = (double)bl_imc_event_steps(m);
    const bool digital = m->type == BL_IMC_DIMC;
    const char *of_cells = "c_inv node act";

    if (m->array == BL_IMC_LITERAL && !digital)
        add(l, "imc_array", "access", BL_IMC_PER_STEP, 1, (e.wl + e.bl) / steps, BL_CALIBRATED, "c_inv node", OF "Eqs. (4), (5), as printed");
    else {
        add(l, "imc_array", "wordline", BL_IMC_PER_WORDLINE, m->w_bits, e.wl / steps, BL_CALIBRATED, of_cells, OF "Eq. (4), a cell");
        add(l, "imc_array", "bitline", BL_IMC_PER_BITLINE, m->m * m->w_bits, e.bl / steps, BL_CALIBRATED, of_cells, OF "Eq. (5), a cell");
    }
    add(l, "imc_array", "mac", BL_IMC_PER_CELL, m->w_bits, e.logic / steps, BL_CALIBRATED, of_cells, OF "Eq. (6), a cell with all bits of a step");
    add(l, "dac", "conv", BL_IMC_PER_ROW, 1, e.dac / steps, BL_CALIBRATED, "k3 dac_bits", OF "Eq. (11)");
    add(l, "sar_adc", "conv", BL_IMC_PER_COLUMN, m->w_bits, e.adc / steps, BL_FACT, "adc_bits", OF "Eq. (8)");
    if (digital)
        add(l, "adder_tree", "operand", BL_IMC_PER_CELL, m->dac_bits, e.tree / steps, BL_CALIBRATED, of_cells, OF "Eqs. (9), (10), an operand's share");
    else
        add(l, "shift_add", "place_add", BL_IMC_PER_COLUMN, m->w_bits - 1, e.tree / steps, BL_CALIBRATED, "c_inv node adc_bits",
            OF "Eqs. (9), (10), an adder's share");
}

/* ---- blocks of gates and converters */

/* Which part a block is of. */
static void of_block(struct list *l, const struct bl_imc_block *b, double energy)
{
    const struct bl_imc_macro *m = l->m;
    const bool digital = m->type == BL_IMC_DIMC;
    const char *keys = "act blocks", *source = "the description's blocks; gates and converters of zigzag-imc, for the structure of section IV";

    switch (b->kind) {
    case BL_IMC_TREES:
        if (digital)
            add(l, "adder_tree", "sum", BL_IMC_PER_COLUMN, bl_imc_event_bits(m), energy, BL_CALIBRATED, keys, source);
        else
            add(l, "shift_add", "add", BL_IMC_PER_COLUMN, 1, energy, BL_CALIBRATED, keys, source);
        break;
    case BL_IMC_ADDERS:
    case BL_IMC_REGISTERS: add(l, "shift_add", "add", BL_IMC_PER_COLUMN, 1, energy, BL_CALIBRATED, keys, source); break;
    case BL_IMC_ADCS: add(l, "sar_adc", "conv", BL_IMC_PER_COLUMN, m->w_bits, energy, BL_FACT, "adc_bits blocks", source); break;
    case BL_IMC_DACS: add(l, "dac", "conv", BL_IMC_PER_ROW, 1, energy, BL_CALIBRATED, "k3 blocks", source); break;
    default: add(l, "imc_array", "access", BL_IMC_PER_STEP, 1, energy, BL_CALIBRATED, keys, source);
    }
}

/* A pass of the blocks is passes / steps of the model's MVM; the machine's steps share it. */
static void gates(struct list *l, const struct bl_imc_block *blocks, unsigned n)
{
    const struct bl_imc_macro *m = l->m;
    const double passes = m->passes > 0 ? m->passes : 1, share = bl_imc_steps(m) * passes / (double)bl_imc_event_steps(m);

    for (unsigned i = 0; i < n; i++)
        of_block(l, &blocks[i], bl_imc_block_cost(m, &blocks[i]).energy * share);
}

unsigned bl_imc_events(const struct bl_imc_macro *m, const struct bl_imc_block *blocks, unsigned n, struct bl_imc_event out[BL_IMC_EVENTS])
{
    struct bl_imc_block own[BL_IMC_BLOCKS];
    struct list l = { m, out, 0 };

    if (m->model == BL_IMC_EQUATIONS)
        equations(&l);
    else if (blocks)
        gates(&l, blocks, n);
    else
        gates(&l, own, bl_imc_structure(m, own));
    return l.n;
}

struct bl_imc_event bl_imc_write_event(const struct bl_imc_macro *m)
{
    const double c_inv = m->c_inv > 0 ? m->c_inv : bl_imc_c_inv(m->node);

    return (struct bl_imc_event){ .cls = "imc_array", .item = "bit", .each = 1, .tag = BL_CALIBRATED, .keys = "c_inv node act",
                                  .price = c_inv * m->volts * m->volts * (double)(1 + m->m) * m->act,
                                  .source = OF "Eqs. (3) to (5), a row selected, over its cells; peripherals of writing are not in the model" };
}

/* ---- sums */

uint64_t bl_imc_event_yj(const struct bl_imc_event *e) { return (uint64_t)llrint(e->price * 1e9); }

double bl_imc_step_energy(const struct bl_imc_macro *m, const struct bl_imc_event *e, unsigned n, uint64_t rows, uint64_t cols)
{
    double sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += e[i].price * (double)bl_imc_event_count(m, &e[i], rows, cols);
    return sum;
}

bl_yj bl_imc_step_yj(const struct bl_imc_macro *m, const struct bl_imc_event *e, unsigned n, uint64_t rows, uint64_t cols)
{
    bl_yj sum = 0;

    for (unsigned i = 0; i < n; i++)
        sum += (bl_yj)bl_imc_event_yj(&e[i]) * bl_imc_event_count(m, &e[i], rows, cols);
    return sum;
}

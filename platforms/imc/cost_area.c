/* cost_area.c - a macro as blocks of gates and converters: their area, their delay, their energy, and the peak figures of it all. */
#include "platforms/imc/cost.h"

#include "kernel/model.h"

#define K(name) bl_imc_constants[BL_IMC_##name].value

const char *const bl_imc_block_name[BL_IMC_BLOCK_KINDS] = { "multiplier", "tree", "adder", "register", "adc", "dac", "line", "cells" };

/* A full adder is three NAND2 and two XOR2. */
static double adder_area(void) { return (3 + 2 * K(XOR_AREA)) * K(NAND_AREA); }
static double adder_cap(void) { return (3 + 2 * K(XOR_CAP)) * K(NAND_CAP); }
static double to_sum(void) { return 2 * K(XOR_DELAY) * K(NAND_DELAY); }
static double to_carry(void) { return (2 + K(XOR_DELAY)) * K(NAND_DELAY); }
static double through_carry(void) { return 2 * K(NAND_DELAY); }

double bl_imc_adc_area(uint64_t bits)
{
    double levels = (double)(UINT64_C(1) << bits);

    return bits < 12 ? bl_exp((K(ADC_SLOPE) * (double)bits + K(ADC_AREA)) * bl_log(10)) * levels : K(ADC_COARSE) * levels;
}

double bl_imc_adc_delay(uint64_t bits, uint64_t rows) { return (double)bits * (K(ADC_ROW) * (double)rows + K(ADC_STEP)); }

/* All sums of the levels but the last one, then the longest carry of the last adder, which is as wide as its operands. */
static double tree_delay(uint64_t inputs, uint64_t bits)
{
    uint64_t levels = bl_imc_log2(bl_imc_pad(inputs));

    return levels ? (double)(levels - 1) * to_sum() + to_carry() + (double)(bits + levels - 2) * through_carry() : 0;
}

static double tree_adders(const struct bl_imc_block *b) { return bl_imc_full_adders(bl_imc_pad(b->inputs), b->bits); }

/* Of one block at 28 nm. */
static struct bl_imc_block_cost one(const struct bl_imc_macro *m, const struct bl_imc_block *b)
{
    double v2 = m->volts * m->volts, bits = (double)b->bits;

    switch (b->kind) {
    case BL_IMC_MULTIPLIERS: return (struct bl_imc_block_cost){ K(MUL_SHARE) * K(NAND_CAP) * v2 * bits, K(NAND_AREA) * bits, K(NAND_DELAY) };
    case BL_IMC_TREES: return (struct bl_imc_block_cost){ adder_cap() * v2 * tree_adders(b), adder_area() * tree_adders(b), tree_delay(b->inputs, b->bits) };
    case BL_IMC_ADDERS: return (struct bl_imc_block_cost){ adder_cap() * v2 * bits, adder_area() * bits, 0 };
    case BL_IMC_REGISTERS: return (struct bl_imc_block_cost){ K(DFF_CAP) * K(NAND_CAP) * v2 * bits, K(DFF_AREA) * K(NAND_AREA) * bits, 0 };
    case BL_IMC_ADCS: return (struct bl_imc_block_cost){ bl_imc_adc_energy(b->bits, m->volts), bl_imc_adc_area(b->bits), bl_imc_adc_delay(b->bits, b->inputs) };
    case BL_IMC_DACS: return (struct bl_imc_block_cost){ b->bits > 1 ? m->k3 * bits * v2 : 0, 0, 0 };
    case BL_IMC_LINES: return (struct bl_imc_block_cost){ K(C_INV) * v2, 0, 0 };
    default: return (struct bl_imc_block_cost){ 0, b->um2, 0 };
    }
}

struct bl_imc_block_cost bl_imc_block_cost(const struct bl_imc_macro *m, const struct bl_imc_block *b)
{
    struct bl_imc_block_cost c = one(m, b);
    double node = m->node / K(C_INV_NODE);
    bool converter = b->kind == BL_IMC_ADCS || b->kind == BL_IMC_DACS;

    /* The charge of a converter is set by noise, not by the node; given cells are at the node already. */
    c.energy *= b->in & BL_IMC_IN_ENERGY ? b->count * b->act * (converter ? 1 : node) : 0;
    c.area *= b->in & BL_IMC_IN_AREA ? b->count * 1e-6 * (b->kind == BL_IMC_CELLS ? 1 : node) : 0;
    if (b->kind == BL_IMC_ADCS && m->share > 1)
        c.delay *= (double)m->share;             /* its columns one after the other */
    if (b->kind == BL_IMC_TREES && m->stages > 1)
        c.delay /= (double)m->stages;
    c.delay += b->sums * to_sum() + b->couts * to_carry() + b->carries * through_carry();
    if (!(b->in & BL_IMC_IN_CLOCK) || !b->stage)
        c.delay = 0;
    return c;
}

/* ---- the structure of a macro */

struct list { struct bl_imc_block *v; unsigned n; };

static struct bl_imc_block *add(struct list *l, const char *what, enum bl_imc_block_kind kind, double count, uint64_t bits)
{
    struct bl_imc_block *b = &l->v[l->n++];

    *b = (struct bl_imc_block){ .what = what, .kind = kind, .in = BL_IMC_IN_ALL, .count = count, .act = 1, .bits = bits, .stage = 1 };
    return b;
}

/* n operands of p bits at neighbouring places make one: full adders, and the path through them, whose last carry runs over `last` bits. */
static void place_adders(struct list *l, double count, uint64_t n, uint64_t p, uint64_t last)
{
    uint64_t levels = bl_imc_log2(bl_imc_pad(n));
    struct bl_imc_block *b;

    if (n < 2)
        return;
    b = add(l, "place adders", BL_IMC_ADDERS, count * ((double)(p * (n - 1)) + (double)n * ((double)levels - 0.5)), 1);
    b->sums = (double)(levels - 1);
    b->couts = 1;
    b->carries = (double)last;
}

/* Steps are added up: `width` bits, of which a new sum reaches `in`. */
static void accumulators(struct list *l, const struct bl_imc_macro *m, uint64_t width, uint64_t in)
{
    struct bl_imc_block *b;

    if (m->dac_bits >= m->a_bits)
        return;
    b = add(l, "accumulator adders", BL_IMC_ADDERS, (double)m->d1, width);
    b->couts = 1;
    b->carries = (double)(width - in) - (m->variant == BL_IMC_ZIGZAG ? 1 : 0);
    add(l, "accumulator registers", BL_IMC_REGISTERS, (double)m->d1, width);
}

static void analog(struct list *l, const struct bl_imc_macro *m)
{
    double d1 = (double)m->d1, columns = d1 * (double)m->w_bits;
    double share = m->share ? (double)m->share : 1;
    uint64_t width = m->adc_bits + m->w_bits;

    add(l, "bitlines", BL_IMC_LINES, columns * (double)m->d2, 1)->act = m->act;
    add(l, "multipliers", BL_IMC_MULTIPLIERS, columns * (double)m->d2, 1)->act = m->act;
    add(l, "DACs", BL_IMC_DACS, (double)m->d2, m->dac_bits);
    add(l, "ADCs", BL_IMC_ADCS, columns / share, m->adc_bits)->inputs = m->d2;
    l->v[l->n - 1].act = share;              /* conversions of each in a step */
    place_adders(l, d1, m->w_bits, m->adc_bits, m->variant == BL_IMC_ZIGZAG ? m->w_bits - 1 : width - 1);
    accumulators(l, m, m->a_bits + width, width);
}

static void digital(struct list *l, const struct bl_imc_macro *m)
{
    double s = (double)m->dac_bits, d1 = (double)m->d1;
    uint64_t width = m->w_bits + bl_imc_log2(bl_imc_pad(m->d2));
    struct bl_imc_block *tree;

    add(l, "multipliers", BL_IMC_MULTIPLIERS, s * d1 * (double)m->d2, m->w_bits)->act = m->act;
    tree = add(l, "adder trees", BL_IMC_TREES, s * d1, m->w_bits);
    tree->inputs = m->d2;
    tree->act = m->act;
    if (m->stages > 1)
        add(l, "pipeline registers", BL_IMC_REGISTERS, s * d1 * (double)(m->stages - 1), width)->act = m->act;
    place_adders(l, d1, m->dac_bits, width, m->dac_bits - 1);
    accumulators(l, m, m->a_bits + width, width + (m->dac_bits > 1 ? m->dac_bits : 0));
}

unsigned bl_imc_structure(const struct bl_imc_macro *m, struct bl_imc_block blocks[BL_IMC_BLOCKS])
{
    struct list l = { blocks, 0 };

    if (m->type == BL_IMC_AIMC)
        analog(&l, m);
    else
        digital(&l, m);
    return l.n;
}

/* ---- all of it */

struct bl_imc_cost bl_imc_cost(const struct bl_imc_macro *m, const struct bl_imc_block *blocks, unsigned n)
{
    struct bl_imc_block own[BL_IMC_BLOCKS];
    struct bl_imc_cost c = { .eq = bl_imc_energy(m, (double)m->d2, (double)m->d1), .macs = bl_imc_macs(m) };
    double stage[BL_IMC_STAGES + 1] = { 0 }, steps = bl_imc_steps(m), passes = m->passes > 0 ? m->passes : 1, macros = (double)m->macros;

    if (!blocks) {
        n = bl_imc_structure(m, own);
        blocks = own;
    }
    for (unsigned i = 0; i < n; i++) {
        struct bl_imc_block_cost b = bl_imc_block_cost(m, &blocks[i]);
        c.gates += b.energy * passes * steps;
        c.area += b.area * macros;
        stage[blocks[i].stage] += b.delay;
    }
    for (unsigned i = 1; i <= BL_IMC_STAGES; i++)
        c.clock = stage[i] * passes > c.clock ? stage[i] * passes : c.clock;
    c.fj_mac = (m->model == BL_IMC_GATES ? c.gates : c.eq.total) * macros / c.macs;
    c.tops = 2 * c.macs / (c.clock * steps) * 1e-3;
    c.tops_w = 2000 / c.fj_mac;
    c.tops_mm2 = c.tops / c.area;
    return c;
}

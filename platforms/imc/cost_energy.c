/* cost_energy.c - the energy of a macro: Eqs. (1) to (11) of the paper, with its misprints mended, and the constants. */
#include "platforms/imc/cost.h"

#include <math.h>
#include <stddef.h>

#define PAPER "Houshmand et al., "
#define FITTED "zigzag-imc, fitted to area, delay and energy of four 28 nm DIMC chips"
#define OF_GATES "zigzag-imc, relative to a NAND2"
#define OF_ADC "zigzag-imc, fitted to AIMC chips"

const struct bl_imc_constant bl_imc_constants[BL_IMC_CONSTANTS] = {
    /*                      name            value    unit   tag            what it is                                        source */
    [BL_IMC_K1]         = { "k1",           100,     "fF",  BL_FACT,       "ADC, a bit, Eq. (8)",                            PAPER "Eq. (8), there in fJ and multiplied by V^2" },
    [BL_IMC_K2]         = { "k2",           0.001,   "fF",  BL_FACT,       "ADC, times 4^bits, Eq. (8)",                     PAPER "Eq. (8), there in aJ and multiplied by V^2" },
    [BL_IMC_K3]         = { "k3",           44,      "fF",  BL_CALIBRATED, "DAC, a bit, Eq. (11)",                           PAPER "Eq. (11), fitted to AIMC chips; zigzag has 50" },
    [BL_IMC_G_MUL]      = { "g_mul",        1,       "",    BL_FACT,       "gates a multiplier of two bits, Eq. (6)",        PAPER "Section IV-B" },
    [BL_IMC_G_FA]       = { "g_fa",         5,       "",    BL_FACT,       "gates a full adder, Eq. (9)",                    PAPER "Section IV-C; zigzag's gates amount to 6" },
    [BL_IMC_GATE_INV]   = { "c_gate/c_inv", 2,       "",    BL_FACT,       "a gate in inverters, Eq. (6)",                   PAPER "Section IV-B" },
    [BL_IMC_ACT]        = { "act",          0.5,     "",    BL_FREE,       "share that switches: cells, logic, trees",       "the paper assumes 50 % sparsity, and its equations have no factor for it" },
    [BL_IMC_C_INV]      = { "c_inv",        0.35,    "fF",  BL_CALIBRATED, "an inverter at 28 nm",                           "half of a NAND2, " FITTED },
    [BL_IMC_C_INV_NODE] = { "c_inv node",   28,      "nm",  BL_FREE,       "c_inv is in proportion to the node",             "a convention; Fig. 6 of the paper prints no values" },
    [BL_IMC_NAND_AREA]  = { "nand area",    0.614,   "um2", BL_CALIBRATED, "NAND2 and NOR2",                                 FITTED },
    [BL_IMC_NAND_DELAY] = { "nand delay",   0.0478,  "ns",  BL_CALIBRATED, "NAND2 and NOR2, at 0.9 V",                       FITTED },
    [BL_IMC_NAND_CAP]   = { "nand cap",     0.7,     "fF",  BL_CALIBRATED, "NAND2 and NOR2, both inputs",                    FITTED },
    [BL_IMC_XOR_AREA]   = { "xor area",     2.4,     "",    BL_FACT,       "XOR2 in NAND2",                                  OF_GATES },
    [BL_IMC_XOR_DELAY]  = { "xor delay",    2.4,     "",    BL_FACT,       "XOR2 in NAND2",                                  OF_GATES },
    [BL_IMC_XOR_CAP]    = { "xor cap",      1.5,     "",    BL_FACT,       "XOR2 in NAND2",                                  OF_GATES },
    [BL_IMC_DFF_AREA]   = { "dff area",     6,       "",    BL_FACT,       "flip-flop in NAND2; its delay is 0",             OF_GATES },
    [BL_IMC_DFF_CAP]    = { "dff cap",      3,       "",    BL_FACT,       "flip-flop in NAND2",                             OF_GATES },
    [BL_IMC_MUL_SHARE]  = { "mul share",    0.5,     "",    BL_FACT,       "of a multiplier's inputs only one moves",        "zigzag-imc" },
    [BL_IMC_ADC_ROW]    = { "adc row",      0.00653, "ns",  BL_CALIBRATED, "ADC, a bit and a row of its bitline",            OF_ADC },
    [BL_IMC_ADC_STEP]   = { "adc step",     0.64,    "ns",  BL_CALIBRATED, "ADC, a bit",                                     OF_ADC },
    [BL_IMC_ADC_SLOPE]  = { "adc slope",    -0.0369, "",    BL_CALIBRATED, "ADC area: 10^(slope bits + area) 2^bits um2",    OF_ADC },
    [BL_IMC_ADC_AREA]   = { "adc area",     1.206,   "",    BL_CALIBRATED, "ADC area, below 12 bits",                        OF_ADC },
    [BL_IMC_ADC_COARSE] = { "adc coarse",   0.5,     "um2", BL_CALIBRATED, "ADC area, times 2^bits from 12 bits on",         OF_ADC },
};
#define K(name) bl_imc_constants[BL_IMC_##name].value

double bl_imc_c_inv(double node) { return K(C_INV) * node / K(C_INV_NODE); }

uint64_t bl_imc_pad(uint64_t n)
{
    uint64_t p = 1;

    while (p < n)
        p *= 2;
    return p;
}

uint64_t bl_imc_log2(uint64_t n)
{
    uint64_t bits = 0;

    for (; n > 1; n /= 2)
        bits++;
    return bits;
}

double bl_imc_full_adders(uint64_t n, uint64_t b) { return (double)(b * n + n) - (double)(b + bl_imc_log2(n) + 1); }
double bl_imc_full_adders_printed(uint64_t n, uint64_t b) { return (double)(b * n + n + bl_imc_log2(n)) - (double)(b + 1); }

double bl_imc_adc_energy(uint64_t bits, double volts)
{
    return (K(K1) * (double)bits + K(K2) * (double)(UINT64_C(1) << 2 * bits)) * volts * volts;
}

/* CC_BS of Eq. (11) and CC_acc of Eq. (9). */
static double slices(const struct bl_imc_macro *m) { return (double)((m->a_bits + m->dac_bits - 1) / m->dac_bits); }
double bl_imc_steps(const struct bl_imc_macro *m) { return m->steps > 0 ? m->steps : slices(m); }

double bl_imc_macs(const struct bl_imc_macro *m) { return (double)m->d1 * (double)m->d2 * (double)m->macros; }
double bl_imc_cells(const struct bl_imc_macro *m) { return bl_imc_macs(m) * (double)m->w_bits * (double)m->m; }

uint64_t bl_imc_adc_needs(const struct bl_imc_macro *m)
{
    return bl_imc_log2(bl_imc_pad(m->d2 * ((UINT64_C(1) << m->dac_bits) - 1) + 1));
}

uint64_t bl_imc_input_rate(const struct bl_imc_macro *m)
{
    const uint64_t steps = (m->a_bits + m->dac_bits - 1) / m->dac_bits;

    return (m->d2 * m->a_bits + steps - 1) / steps;
}

uint64_t bl_imc_write_cycles(const struct bl_imc_macro *m)
{
    const uint64_t row = m->d1 * m->w_bits;

    return m->weight_port && m->weight_port < row ? (row + m->weight_port - 1) / m->weight_port : 1;
}

/* Eqs. (4) and (5), of one step. */
static void cells(const struct bl_imc_macro *m, double c_inv, double rows, double cols, struct bl_imc_energy *e)
{
    double cell = c_inv * m->volts * m->volts * (double)m->w_bits;

    if (m->array == BL_IMC_LITERAL) {
        e->wl = cell * (double)m->d1;
        e->bl = cell * (double)m->d2 * (double)m->m;
    } else {
        e->wl = cell * (double)m->d1 * rows * m->act;
        e->bl = cell * (double)m->d2 * (double)m->m * cols * m->act;
    }
}

struct bl_imc_energy bl_imc_energy(const struct bl_imc_macro *m, double rows, double cols)
{
    double steps = slices(m), v2 = m->volts * m->volts, c_inv = m->c_inv > 0 ? m->c_inv : bl_imc_c_inv(m->node);
    double c_gate = K(GATE_INV) * c_inv, w = (double)m->w_bits, adder = c_gate * K(G_FA) * v2;
    struct bl_imc_energy e = { 0 };

    cells(m, c_inv, rows, cols, &e);
    if (m->type == BL_IMC_DIMC) {                /* weights stay, so CC_prech is 0 until other ones are selected */
        e.select = e.wl + e.bl;
        e.wl = e.bl = 0;
        e.logic = v2 * c_gate * K(G_MUL) * w * rows * cols * (double)m->dac_bits * steps * m->act;                                       /* Eq. (6) */
        e.tree = adder * cols * (double)m->dac_bits * bl_imc_full_adders(bl_imc_pad(m->d2), m->w_bits) * rows / (double)m->d2 * steps * m->act;   /* (9) */
    } else {
        e.wl *= steps;                           /* Eq. (3): all bitlines change in every step */
        e.bl *= steps;
        e.adc = bl_imc_adc_energy(m->adc_bits, m->volts) * w * cols * steps;                                                                     /* (8) */
        e.tree = adder * cols * bl_imc_full_adders(bl_imc_pad(m->w_bits), m->adc_bits) * steps;                                                  /* (9) */
        e.dac = m->dac_bits > 1 ? m->k3 * (double)m->dac_bits * v2 * rows * steps : 0;                                                          /* (11) */
    }
    e.total = e.wl + e.bl + e.logic + e.adc + e.tree + e.dac;
    return e;
}

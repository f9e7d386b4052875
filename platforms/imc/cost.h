/* cost.h - one analytical cost model for analog and digital in-memory computing: energy, area and clock of a macro. Pure functions.
 * Energy: Houshmand, Sun and Verhelst, "Benchmarking and modeling of analog and digital SRAM in-memory computing architectures",
 * Eqs. (1) to (11). Area, clock and the energy of gates: constants and formulas of zigzag and zigzag-imc (KU Leuven, MICAS).
 * Units: energy fJ, capacitance fF, voltage V, time ns, area um2 (mm2 where it says so), node nm. */
#ifndef BL_IMC_COST_H
#define BL_IMC_COST_H

#include "kernel/sim.h"

/* ---- the macro */

enum bl_imc_type { BL_IMC_AIMC, BL_IMC_DIMC };
/* Eqs. (4) and (5) are energies of one row and one operand column. ARRAY: an operation drives d2 rows and d1 operand columns.
 * LITERAL: as printed, once each, and without activity. */
enum bl_imc_array { BL_IMC_ARRAY, BL_IMC_LITERAL };
/* Clock: zigzag of 2026, or the older zigzag-imc, which charges one carry more in an accumulator, and the whole width of the result
 * where an analog macro adds its bit columns. */
enum bl_imc_variant { BL_IMC_ZIGZAG, BL_IMC_ZIGZAG_IMC };
/* What is compared with a chip: the equations of the paper, or the sum over gates. */
enum bl_imc_model { BL_IMC_EQUATIONS, BL_IMC_GATES };

/* One full-precision matrix-vector product (MVM) is d1 outputs of d2 products each, in every macro. */
struct bl_imc_macro {
    enum bl_imc_type type;
    uint64_t d1, d2;           /* output operands side by side; rows that one MVM adds up: 1 .. 65536 */
    uint64_t m;                /* rows of weights stored for a row of products: 1 .. 4096 */
    uint64_t macros;           /* equal ones side by side: 1 .. 65536 */
    uint64_t w_bits, a_bits;   /* of a weight, of an input: 1 .. 16 */
    uint64_t dac_bits;         /* of an input a step, 1 .. a_bits: resolution of the DAC (1: no DAC), or input bits in parallel */
    uint64_t adc_bits;         /* AIMC: 1 .. 16; DIMC: 0 */
    uint64_t share;            /* AIMC: neighbouring columns of cells that one ADC converts in turn, 1 .. 64; it divides them */
    uint64_t stages;           /* DIMC: of the adder trees' pipeline, 1 .. 64 */
    uint64_t input_port, weight_port;      /* bits a cycle, of inputs and of weights; 0: as wide as an operation, or a row, needs */
    uint64_t buffer, banks;    /* words of 64 bits of a buffer that all macros share, 0: none, the host feeds them; its banks, a power of two */
    unsigned clipped;          /* AIMC: the ADC spans less than a column's largest sum, on purpose */
    double volts;              /* 0.1 .. 2 */
    double node;               /* 3 .. 350 nm */
    double act;                /* share of cells, gates and full adders that switch, 0.001 .. 1 */
    double k3;                 /* DAC, fF a bit and conversion: 44 (paper), 50 (zigzag) */
    double c_inv;              /* of the equations, fF; 0: bl_imc_c_inv(node) */
    enum bl_imc_array array;
    enum bl_imc_variant variant;
    enum bl_imc_model model;
    double steps, passes;      /* of gates and clock: input steps of an MVM (0: a_bits / dac_bits, rounded up, as in the equations); times
                                * that all blocks work in a step (0: once) */
};

/* Input steps of an MVM, each a clock. */
double bl_imc_steps(const struct bl_imc_macro *m);
/* Multiply-accumulates of an MVM, and bits of storage; of all macros. */
double bl_imc_macs(const struct bl_imc_macro *m);
double bl_imc_cells(const struct bl_imc_macro *m);
/* Bits that an ADC needs for the largest sum of a column: d2 cells of 1, times the largest step of an input. */
uint64_t bl_imc_adc_needs(const struct bl_imc_macro *m);

/* Bits of inputs that a macro takes a cycle; cycles that a row of weights takes. */
uint64_t bl_imc_input_rate(const struct bl_imc_macro *m);
uint64_t bl_imc_write_cycles(const struct bl_imc_macro *m);

/* What is wrong with a macro, told by the key of its description. Returns how many things are. */
typedef void bl_imc_told(void *ctx, const char *key, const char *text);
unsigned bl_imc_check(const struct bl_imc_macro *m, bl_imc_told *told, void *ctx);

/* ---- constants: fact (the source states it), derived (arithmetic on facts), calibrated (fitted to chips), free (a choice of ours) */

enum bl_imc_constant_id {
    BL_IMC_K1, BL_IMC_K2, BL_IMC_K3, BL_IMC_G_MUL, BL_IMC_G_FA, BL_IMC_GATE_INV, BL_IMC_ACT, BL_IMC_C_INV, BL_IMC_C_INV_NODE,
    BL_IMC_NAND_AREA, BL_IMC_NAND_DELAY, BL_IMC_NAND_CAP, BL_IMC_XOR_AREA, BL_IMC_XOR_DELAY, BL_IMC_XOR_CAP, BL_IMC_DFF_AREA, BL_IMC_DFF_CAP,
    BL_IMC_MUL_SHARE, BL_IMC_ADC_ROW, BL_IMC_ADC_STEP, BL_IMC_ADC_SLOPE, BL_IMC_ADC_AREA, BL_IMC_ADC_COARSE, BL_IMC_CONSTANTS
};
struct bl_imc_constant { const char *name; double value; const char *unit; enum bl_tag tag; const char *use, *source; };
extern const struct bl_imc_constant bl_imc_constants[BL_IMC_CONSTANTS];

/* Capacitance of an inverter, fF: in proportion to the node, 0.35 at 28 nm. */
double bl_imc_c_inv(double node);

/* ---- energy: Eqs. (1) to (11) */

/* Full adders of a tree over n operands of b bits, Eq. (10) as its sum gives it: b n + n - b - log2 n - 1; n a power of two.
 * The closed form that is printed has + log2 n, which is 2 log2 n too many for every n > 1. */
double bl_imc_full_adders(uint64_t n, uint64_t b);
double bl_imc_full_adders_printed(uint64_t n, uint64_t b);
/* The next power of two, and log2 of one. */
uint64_t bl_imc_pad(uint64_t n);
uint64_t bl_imc_log2(uint64_t n);
/* One conversion, Eq. (8); k1 and k2 are capacitances. */
double bl_imc_adc_energy(uint64_t bits, double volts);

/* Of one MVM of one macro. total = E_cell + logic + adc + tree + dac, where E_cell = wl + bl. `select` is no part of it: what a digital
 * macro pays in its cells, once, when another of its m rows of weights is selected; an analog one pays for its cells in every step. */
struct bl_imc_energy { double wl, bl, logic, adc, tree, dac, total, select; };
/* With `rows` of d2 and `cols` of d1 in use (both may be means): what is unused converts, adds and switches nothing; but a wordline
 * spans all columns and a bitline all rows, and the tree of a digital macro scales with the rows in use. */
struct bl_imc_energy bl_imc_energy(const struct bl_imc_macro *m, double rows, double cols);

/* ---- area, clock and energy by gates */

enum bl_imc_block_kind {
    BL_IMC_MULTIPLIERS,        /* of one input bit with `bits` weight bits: a NOR2 each */
    BL_IMC_TREES,              /* over `inputs` operands of `bits` */
    BL_IMC_ADDERS,             /* of `bits` full adders */
    BL_IMC_REGISTERS,          /* of `bits` */
    BL_IMC_ADCS,               /* of `bits`, at a bitline of `inputs` rows */
    BL_IMC_DACS,               /* of `bits` */
    BL_IMC_LINES,              /* cells of a wordline or bitline, C_inv each */
    BL_IMC_CELLS,              /* memory of `um2` each, at the node */
    BL_IMC_BLOCK_KINDS
};
extern const char *const bl_imc_block_name[BL_IMC_BLOCK_KINDS];
enum { BL_IMC_IN_ENERGY = 1, BL_IMC_IN_AREA = 2, BL_IMC_IN_CLOCK = 4, BL_IMC_IN_ALL = 7, BL_IMC_BLOCKS = 32, BL_IMC_STAGES = 4 };

/* `count` equal blocks in a macro. */
struct bl_imc_block {
    const char *what;          /* a name for people */
    enum bl_imc_block_kind kind;
    unsigned in;               /* what it counts in: BL_IMC_IN_.. */
    double count, act, um2;    /* act: share of them that switch in a pass */
    uint64_t bits, inputs;
    uint64_t stage;            /* of the pipeline, 1 .. 4, whose delay it is part of; 0: beside the critical path */
    double sums, couts, carries;   /* of full adders on that path: input to sum, input to carry, carry to carry; a tree has its own */
};
struct bl_imc_block_cost { double energy, area, delay; };      /* fJ a pass and mm2, of one macro; ns */

double bl_imc_adc_area(uint64_t bits);                         /* um2 at 28 nm */
double bl_imc_adc_delay(uint64_t bits, uint64_t rows);         /* ns */
struct bl_imc_block_cost bl_imc_block_cost(const struct bl_imc_macro *m, const struct bl_imc_block *b);
/* The blocks of a macro without cells: multipliers, trees or converters, adders of places, accumulators. Returns how many. */
unsigned bl_imc_structure(const struct bl_imc_macro *m, struct bl_imc_block blocks[BL_IMC_BLOCKS]);

/* ---- all of it */

struct bl_imc_cost {
    struct bl_imc_energy eq;   /* of one MVM of one macro */
    double gates;              /* the same by blocks */
    double area;               /* mm2, all macros */
    double clock;              /* ns a step */
    double macs;               /* of an MVM of all macros */
    double fj_mac;             /* by the model that the macro names */
    double tops, tops_w, tops_mm2;   /* peak; one multiply-accumulate is two operations */
};
/* blocks NULL: those of bl_imc_structure. */
struct bl_imc_cost bl_imc_cost(const struct bl_imc_macro *m, const struct bl_imc_block *blocks, unsigned n);

#endif

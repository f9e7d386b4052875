/* dp_array.c - dot products as charge: 1152 x 256 XNOR cells (ten transistors, one capacitor), kept as packed bits, one input bit at a
 * time. The cells stand in 32 units of 36 rows. Serial switches between the units split the dot-product line (DPL): they connect
 * as many units as the layer needs. Eqs. (1) and (4) of IMAGINE. */
#include "kernel/model.h"
#include "components/bits.h"
#include "components/imagine/imagine.h"
#include "components/rows.h"

#include <math.h>

struct dp_array {
    struct bl_part p;
    bl_in cfg, cmd, x;
    bl_pop row;
    bl_out v, rows;
    bl_tally dp, drive, unsplit, write, unwritten;
    int64_t xnor_zero, split, strict;
    double vddl, c_c, c_p, c_l, tau0, cap_sigma;
    uint64_t t_dp;
    uint32_t seq, kind, phase, written;  /* kind: of the command in force: a dot product lasts until the next one */
    uint32_t n_on, columns, words;       /* active rows; columns in use; words of connected rows */
    double alpha;                        /* alpha_eff, settling included */
    uint64_t mask[CIM_WORDS];            /* rows that inject */
    uint64_t valid[CIM_WORDS];           /* rows that were written */
    uint64_t *cell;                      /* [column][CIM_WORDS] */
    double *gain;                        /* by column: capacitor mismatch */
};

/* Cells are 0 at first. The mismatch of a column's capacitors is drawn once. */
static int init(void *self)
{
    struct dp_array *t = self;

    t->cell = bl_alloc(t, sizeof *t->cell * CIM_COLS * CIM_WORDS);
    t->gain = bl_alloc(t, sizeof *t->gain * CIM_COLS);
    for (int c = 0; c < CIM_COLS; c++)
        t->gain[c] = 1 + (t->cap_sigma > 0 ? t->cap_sigma * bl_normal(t) : 0);
    return 0;
}

/* Rows that inject, and the attenuation of Eq. (4): idle rows of a connected unit load but do not inject. */
static void begin_phase(struct dp_array *t, const uint32_t *cfg)
{
    uint32_t units = t->split ? CIM_UNITS : imagine_units(cfg), r_w = imagine_stride(cfg[CFG_R_W]);

    t->phase = cfg[CFG_SEQ];
    t->n_on = 0;
    memset(t->mask, 0, sizeof t->mask);
    for (uint32_t c = 0; c < cfg[CFG_C_IN]; c++)
        for (uint32_t k = 0; k < (cfg[CFG_DENSE] ? 1 : cfg[CFG_KH] * cfg[CFG_KW]); k++) {
            uint32_t row = imagine_row(cfg[CFG_DENSE], k / cfg[CFG_KW], k % cfg[CFG_KW], c);
            t->mask[row / 64] |= UINT64_C(1) << (row % 64);
            t->n_on++;
        }
    t->columns = cfg[CFG_C_OUT] * r_w;
    t->words = imagine_ceil(imagine_units(cfg) * CIM_UNIT, 64);
    t->alpha = imagine_alpha(units * CIM_UNIT, t->c_c, t->c_p, t->c_l);
    if (t->tau0 > 0)
        t->alpha *= 1 - bl_exp(-(double)t->t_dp * 1e-6 / (t->tau0 * units * units));
}

static void write_row(struct dp_array *t)
{
    const uint64_t *row = bl_pop64(t->row);
    uint64_t at = row[0] % CIM_ROWS;

    for (uint32_t c = 0; c < CIM_COLS; c++) {
        uint64_t *w = t->cell + c * CIM_WORDS + at / 64;
        *w = (*w & ~(UINT64_C(1) << (at % 64))) | (row[1 + c / 64] >> (c % 64) & 1) << (at % 64);
    }
    bl_rows_write(t->valid, at);
    charge(&t->write, 1);
    *bl_put32(t->rows) = ++t->written;
    bl_slots(t, 0, BL_SLOTS_LOAD, 0, 0);         /* takes no time; what it waited for were weights */
}

/* An operation lasts from its first command to the end of its conversion: the whole column is held. */
static void say_use(struct dp_array *t)
{
    if (t->kind == CIM_IDLE)
        bl_slots(t, 0, BL_SLOTS_WAIT, 0, 0);
    else
        bl_slots(t, 0, BL_SLOTS_USE, t->n_on, t->columns < CIM_COLS ? t->columns : CIM_COLS);
}

/* Charge that the DP-IN drivers see in a cell, in 1/65536 C_c: C_c (1 - N_on C_c / C_tot). */
static uint64_t drive(const struct dp_array *t, uint32_t units)
{
    return (uint64_t)rint(65536 * (1 - t->n_on * imagine_alpha(units * CIM_UNIT, t->c_c, t->c_p, t->c_l)));
}

/* V = V_DDL (1 + alpha_eff sum X_i[k] W_i), X and W = +1 or -1; with xnor_zero = none an input bit 0 injects nothing. */
static void multiply(struct dp_array *t, uint32_t bit)
{
    const uint64_t *x = bl_get64(t->x) + bit * CIM_WORDS, *mask = t->mask;
    int64_t *v = (int64_t *)bl_put64(t->v);
    uint64_t both[CIM_WORDS];
    uint16_t ones[CIM_COLS];
    int32_t on = (int32_t)t->n_on;

    for (uint32_t i = 0; i < t->words; i++)
        bl_rows_read_word(t, t->valid, i, mask[i], t->strict, &t->unwritten, "row");
    if (t->xnor_zero == XNOR_NONE) {
        on = 0;
        for (uint32_t i = 0; i < t->words; i++) {
            both[i] = t->mask[i] & x[i];
            on += __builtin_popcountll(both[i]);
        }
        mask = both;
    }
    bl_bits_xnor(ones, x, t->cell, mask, t->columns, t->words, CIM_WORDS);
    for (uint32_t c = 0; c < t->columns; c++)
        v[c] = (int64_t)rint(t->vddl * (1 + t->alpha * t->gain[c] * (2 * ones[c] - on)) * CIM_FV);
    charge(&t->dp, (uint64_t)on * t->columns);
    uint64_t cells = (uint64_t)on * t->columns, split = drive(t, imagine_units(bl_get32(t->cfg)));
    uint64_t drawn = t->split ? drive(t, CIM_UNITS) : split;
    charge(&t->drive, cells * drawn);
    charge(&t->unsplit, cells * (drawn - split));
}

static bl_verdict run(void *self)
{
    struct dp_array *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_get32(t->cmd)[CMD_SEQ] != t->seq || bl_avail(t->row), t->kind == CIM_DP ? BL_BUSY : BL_IDLE);
        while (bl_avail(t->row))
            write_row(t);
        if (bl_get32(t->cmd)[CMD_SEQ] != t->seq) {
            const uint32_t *cmd = bl_get32(t->cmd), *cfg = bl_get32(t->cfg);
            t->seq = cmd[CMD_SEQ];
            t->kind = cmd[CMD_KIND];
            if (cfg[CFG_SEQ] != t->phase)
                begin_phase(t, cfg);
            if (cmd[CMD_KIND] == CIM_DP)
                multiply(t, cmd[CMD_BIT]);
        }
        say_use(t);
    }
    BL_END;
}

#define T struct dp_array
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, cmd, CMD_LANES, 32, "command of the timer: number, kind (CIM_...), bit"),
    BL_IN(T, x, CIM_BITS * CIM_WORDS, 64, "inputs: bit planes of 1152 rows"),
    BL_POP_OPT(T, row, 1 + CIM_COLS / 64, 64, "a row to write: its number, 256 bits"),
    BL_OUT_AS(T, v, CIM_COLS, 64, "DPL voltages of the last input bit, fV", BL_SIGNED | BL_ANALOG),
    BL_OUT(T, rows, 1, 32, "rows written so far"),
    BL_FEED(cmd), BL_SLOTS(CIM_ROWS, CIM_COLS),
    BL_CHOICE(T, xnor_zero, XNOR_MINUS, "minus none", "what an input bit 0 injects: -W, or nothing"),
    BL_CHOICE(T, split, SPLIT_SERIAL, "serial none", "DPL split into units that are connected as needed, or one DPL of 1152 rows"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "1: a row that injects and was never written stops the run; 0: it is counted"),
    BL_REAL(T, vddl, 0.4, 0.1, 2, "low supply, V"),
    BL_REAL(T, c_c, 0.7, 0.01, 100, "cell capacitor, fF"),
    BL_REAL(T, c_p, 0.0607, 0, 100, "parasitics of a connected row, fF"),
    BL_REAL(T, c_l, 40, 0, 10000, "load of MBIW and ADC, fF"),
    BL_REAL(T, tau0, 0, 0, 1000, "settling: V_inf (1 - exp(-t_dp / tau)), tau = tau0 units^2, ns; 0: settled (our rule)"),
    BL_TIME(T, t_dp, 5 * BL_NS, 4 * BL_NS, 10 * BL_NS, "time that a dot product has to settle: that of the timer"),
    BL_REAL(T, cap_sigma, 0, 0, 0.2, "relative mismatch of a column's attenuation, sigma"),
    BL_TALLY(T, dp, "one cell of an active row, one input bit"),
    BL_TALLY(T, drive, "1/65536 C_c that a DP-IN driver sees"),
    BL_TALLY(T, unsplit, "of these, what it would not see with a split DPL"),
    BL_TALLY(T, write, "a row of 256 cells written"),
    BL_TROUBLE(T, unwritten, "a row that injected one input bit and was never written"),
    BL_MEM(T, cell, "weight bits, column after column"), BL_MEM(T, gain, "capacitor mismatch by column"),
    BL_VIEW(T, n_on, 1, 32, "rows that inject"), { 0 }
};
const struct bl_class dp_array_class = { .name = "dp_array",
    .help = "1152 x 256 charge-domain dot-product array, serial-split",
    .size = sizeof(T), .init = init, .run = run, .fields = fields };

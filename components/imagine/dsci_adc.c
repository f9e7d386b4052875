/* dsci_adc.c - ADCs that inject charge (DSCI: distribution-shaping charge injection), one an output: a 5 b ABN offset, a 7 b
 * calibration, then r_out decisions (SAR) whose injections are divided by the ABN gain gamma. Eq. (7) of IMAGINE. A decision
 * that comes before the ladder has settled ends the run. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

#include <math.h>

struct dsci_adc {
    struct bl_part p;
    bl_in cfg, cmd, v, ready, cal, cal_cmd;
    bl_out code, sign;
    bl_table abn;
    bl_tally bit, cal_bit;
    int64_t measure;
    double vddl, vddh, alpha_adc, abn_step, cal_step, noise, sa_sigma, sa_all;
    uint32_t seq, cal_seq, kind, cal_kind;   /* kind: of the commands in force */
    double sa[CIM_COLS];                 /* offset of the sense amplifier, V */
    int32_t sa_nv[CIM_COLS];             /* the same, nV, to look at */
    double residue[CIM_COLS];            /* on the DPL, from V_DDL */
    uint32_t sar[CIM_COLS];
    int64_t *stat;                       /* measured: [row of offsets][output]{ count, least, most, offset; fV } */
};

static int init(void *self)
{
    struct dsci_adc *t = self;

    for (int c = 0; c < CIM_COLS; c++)
        t->sa[c] = t->sa_all + (t->sa_sigma > 0 ? t->sa_sigma * bl_normal(t) : 0);
    for (int c = 0; c < CIM_COLS; c++)
        t->sa_nv[c] = (int32_t)rint(t->sa[c] * 1e9);
    t->stat = bl_alloc(t, sizeof *t->stat * (t->measure ? STAT_LANES * (t->abn.n + CIM_COLS) : 1));
    return 0;
}

/* Volts that the calibration unit injects for a code: +-0.47 mV * 2^(k-1) for each of its bits. */
static double injected(const struct dsci_adc *t, uint32_t code) { return t->cal_step * (code - 63.5); }

/* ---- conversion ---- */

static void measure(struct dsci_adc *t, size_t at, int64_t fv, int64_t offset)
{
    int64_t *s = t->stat + STAT_LANES * at;

    if (!s[STAT_COUNT] || fv < s[STAT_LEAST])
        s[STAT_LEAST] = fv;
    if (!s[STAT_COUNT] || fv > s[STAT_MOST])
        s[STAT_MOST] = fv;
    s[STAT_COUNT]++;
    s[STAT_OFFSET] = offset;
}

/* The columns are disconnected from the MBIW; offset and calibration inject. */
static void sample(struct dsci_adc *t, const uint32_t *cfg)
{
    const int64_t *v = (const int64_t *)bl_get64(t->v);
    const int8_t *abn = BL_ROWS(int8_t, t->abn);
    size_t row = (size_t)cfg[CFG_ABN] * CIM_COLS;
    uint32_t stride = imagine_stride(cfg[CFG_R_W]), msb = cfg[CFG_R_W] - 1;

    for (uint32_t o = 0; o < cfg[CFG_C_OUT]; o++) {
        uint32_t c = (o * stride + msb) % CIM_COLS;      /* the column whose ADC converts output o */
        double offset = t->sa[c] + (t->sa_sigma > 0 || t->sa_all != 0 ? injected(t, bl_get8(t->cal)[c]) : 0);
        double dv = (double)v[o] / CIM_FV - t->vddl + offset;
        if (t->measure)
            measure(t, (row + CIM_COLS <= t->abn.n ? row : 0) + o, (int64_t)rint(dv * CIM_FV), (int64_t)rint(offset * CIM_FV));
        if (row + CIM_COLS <= t->abn.n)
            dv += t->abn_step * abn[row + o];
        t->residue[o] = t->noise > 0 ? dv + t->noise * bl_normal(t) : dv;
        t->sar[o] = 0;
    }
}

/* A decision, its bit kept, and the injection of +-2^(k-1) LSB. */
static void decide(struct dsci_adc *t, const uint32_t *cfg, uint32_t k)
{
    double step = imagine_lsb(t->alpha_adc, t->vddh, cfg[CFG_R_OUT]) / cfg[CFG_GAMMA] * (double)(UINT32_C(1) << k) / 2;

    if (!(*bl_get8(t->ready) & 1))
        bl_fail(t, "a decision before the ladder settled: take a longer t_off or t_sar, or a faster ladder");
    for (uint32_t o = 0; o < cfg[CFG_C_OUT]; o++) {
        bool one = t->residue[o] >= 0;
        t->sar[o] |= (uint32_t)one << k;
        t->residue[o] += one ? -step : step;
    }
    charge(&t->bit, cfg[CFG_C_OUT]);
    if (k == 0)
        memcpy(bl_put32(t->code), t->sar, cfg[CFG_C_OUT] * sizeof *t->sar);
}

static void obey_timer(struct dsci_adc *t)
{
    const uint32_t *cmd = bl_get32(t->cmd), *cfg = bl_get32(t->cfg);

    t->seq = cmd[CMD_SEQ];
    t->kind = cmd[CMD_KIND];
    if (cmd[CMD_KIND] == CIM_OFFSET)
        sample(t, cfg);
    else if (cmd[CMD_KIND] == CIM_SAR)
        decide(t, cfg, cmd[CMD_BIT]);
    else if (cmd[CMD_KIND] == CIM_SAR_ALL)
        for (uint32_t k = cfg[CFG_R_OUT]; k-- > 0; )
            decide(t, cfg, k);
}

/* ---- calibration: the DPL at V_DDL, the sense amplifiers decide on what is injected so far ---- */
static void calibrate(struct dsci_adc *t)
{
    const uint32_t *cmd = bl_get32(t->cal_cmd);
    uint64_t *sign = bl_put64(t->sign);

    t->cal_seq = cmd[CMD_SEQ];
    t->cal_kind = cmd[CMD_KIND];
    if (cmd[CMD_KIND] != CIM_SAR)
        return;
    memset(sign, 0, CIM_COLS / 8);
    for (uint32_t c = 0; c < CIM_COLS; c++) {
        double r = t->sa[c];
        for (uint32_t k = 6; k > cmd[CMD_BIT]; k--)
            r += t->cal_step * (double)(1 << k) / 2 * (bl_get8(t->cal)[c] >> k & 1 ? 1 : -1);
        sign[c / 64] |= (uint64_t)(r >= 0) << (c % 64);
    }
    charge(&t->cal_bit, CIM_COLS);
}

/* From the injection of the offset to the end of the operation, and while it is calibrated. */
static bl_verdict at_work(const struct dsci_adc *t)
{
    bool converts = t->kind == CIM_OFFSET || t->kind == CIM_SAR || t->kind == CIM_SAR_ALL;

    return converts || t->cal_kind == CIM_SAR ? BL_BUSY : BL_IDLE;
}

static bl_verdict run(void *self)
{
    struct dsci_adc *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_get32(t->cmd)[CMD_SEQ] != t->seq || bl_get32(t->cal_cmd)[CMD_SEQ] != t->cal_seq, at_work(t));
        if (bl_get32(t->cmd)[CMD_SEQ] != t->seq)
            obey_timer(t);
        if (bl_get32(t->cal_cmd)[CMD_SEQ] != t->cal_seq)
            calibrate(t);
    }
    BL_END;
}

#define T struct dsci_adc
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, cmd, CMD_LANES, 32, "command of the timer: number, kind (CIM_...), bit"),
    BL_IN(T, v, CIM_COLS, 64, "voltage of output o, fV"), BL_IN(T, ready, 1, 1, "the ladder has settled"),
    BL_IN_OPT(T, cal, CIM_COLS, 8, "calibration codes"),
    BL_IN_OPT(T, cal_cmd, CMD_LANES, 32, "command of the calibration engine"),
    BL_OUT(T, code, CIM_COLS, CIM_CODE_BITS, "codes: the master latches"),
    BL_OUT(T, sign, 1, CIM_COLS, "calibration: 1 where the residue is not below 0"),
    BL_FEED(cmd), BL_FEED(cal_cmd),
    BL_DATA(T, abn, int8_t, "ABN offsets in steps of abn_step: rows of an offset a column"),
    BL_REAL(T, vddl, 0.4, 0.1, 2, "low supply, V"), BL_REAL(T, vddh, 0.8, 0.2, 4, "high supply, V"),
    BL_REAL(T, alpha_adc, 0.5775, 0.1, 1,
            "C_sar / (C_sar + C_p): LSB = alpha_adc V_DDH / 2^(r_out - 1); 0.5 gives the paper's 3.125 mV"),
    BL_REAL(T, abn_step, 0.001875, 0, 0.1, "step of the 5 b ABN offset, V: +-30 mV"),
    BL_REAL(T, cal_step, 0.00047, 0, 0.1, "resolution of the 7 b calibration, V"),
    BL_REAL(T, noise, 0, 0, 1, "Gaussian noise of a conversion, V rms"),
    BL_REAL(T, sa_sigma, 0, 0, 1, "offset of the sense amplifiers, V, sigma"),
    BL_REAL(T, sa_all, 0, -1, 1, "an offset that all of them have, V"),
    BL_PARAM(T, measure, 0, 0, 1,
             "1 keeps count, least and most of each output's voltage, and its offset after calibration"),
    BL_TALLY(T, bit, "one decision of one output"), BL_TALLY(T, cal_bit, "one decision of the calibration"),
    BL_VIEW_AS(T, sa_nv, CIM_COLS, 32, "offset of the sense amplifier, nV", BL_SIGNED),
    BL_MEM_KEPT(T, stat, "measured, by row of the table of offsets and output: count, least, most, offset, fV from V_DDL"), { 0 }
};
const struct bl_class dsci_adc_class = { .name = "dsci_adc",
    .help = "distribution-shaping charge-injection SAR ADCs, 1 to 8 b",
    .size = sizeof(T), .init = init, .run = run, .fields = fields };

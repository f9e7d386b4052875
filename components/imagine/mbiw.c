/* mbiw.c - multi-bit input and weight accumulation (MBIW) by charge sharing: first over time, the input bits (Eq. (5), its constant
 * term corrected), then over the columns of a weight (Eq. (6)). Asserts that CS_DP and ACC_in never overlap. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

#include <math.h>

struct mbiw {
    struct bl_part p;
    bl_in cfg, cmd, v_dpl, cs_dp, acc_in;
    bl_out v;
    bl_tally acc, share;
    double vddl, alpha_mb, imbalance;
    uint32_t seq, kind, phase;           /* kind: of the command in force */
    double acc_v[CIM_COLS];              /* on the accumulation capacitors, V */
    double alpha[CIM_COLS];
};

static int init(void *self)
{
    struct mbiw *t = self;

    for (int c = 0; c < CIM_COLS; c++)
        t->alpha[c] = t->alpha_mb * (1 + (t->imbalance > 0 ? t->imbalance * bl_normal(t) : 0));
    return 0;
}

static void check_phase(struct mbiw *t, const uint32_t *cfg)
{
    uint32_t r_w = cfg[CFG_R_W], most = CIM_COLS / imagine_stride(r_w);

    t->phase = cfg[CFG_SEQ];
    if (r_w == 3 && cfg[CFG_C_OUT] > most)
        bl_fail(t, "%u outputs of r_w = 3: a weight would lie across a block of four columns; at most %u, one a block",
                cfg[CFG_C_OUT], most);
    else if (cfg[CFG_C_OUT] > most)
        bl_fail(t, "%u outputs of r_w = %u need %u columns; the macro has %d", cfg[CFG_C_OUT], r_w, cfg[CFG_C_OUT] * r_w,
                CIM_COLS);
}

/* Phases 1 and 2. V_acc = (1 - alpha_mb) V_acc + alpha_mb V_DPL, from V_DDL on; a binary input bypasses it. */
static void accumulate(struct mbiw *t, const uint32_t *cfg, uint32_t bit)
{
    const int64_t *v = (const int64_t *)bl_get64(t->v_dpl);
    uint32_t n = cfg[CFG_C_OUT] * imagine_stride(cfg[CFG_R_W]);

    for (uint32_t c = 0; c < n && c < CIM_COLS; c++) {
        double dpl = (double)v[c] / CIM_FV, before = bit ? t->acc_v[c] : t->vddl;
        t->acc_v[c] = cfg[CFG_R_IN] == 1 ? dpl : (1 - t->alpha[c]) * before + t->alpha[c] * dpl;
    }
    if (cfg[CFG_R_IN] > 1)
        charge(&t->acc, n);
}

/* Phases 3 and 4: the LSB column shares with V_DDL, then each column with the next; binary weights bypass them. */
static void share(struct mbiw *t, const uint32_t *cfg)
{
    uint32_t r_w = cfg[CFG_R_W], stride = imagine_stride(r_w);
    int64_t *out = (int64_t *)bl_put64(t->v);

    for (uint32_t o = 0; o < cfg[CFG_C_OUT] && (o + 1) * stride <= CIM_COLS; o++) {
        const double *k = t->acc_v + o * stride;
        double v = r_w > 1 ? (k[0] + t->vddl) / 2 : k[0];
        for (uint32_t j = 1; j < r_w; j++)
            v = (v + k[j]) / 2;
        out[o] = (int64_t)rint(v * CIM_FV);
    }
    if (r_w > 1)
        charge(&t->share, cfg[CFG_C_OUT] * r_w);
}

/* Charge is shared from a command until the next one. */
static bl_verdict at_work(const struct mbiw *t) { return t->kind == CIM_ACCUMULATE || t->kind == CIM_SHARE ? BL_BUSY : BL_IDLE; }

static bl_verdict run(void *self)
{
    struct mbiw *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_get32(t->cmd)[CMD_SEQ] != t->seq || (*bl_get8(t->cs_dp) & *bl_get8(t->acc_in) & 1), at_work(t));
        const uint32_t *cmd = bl_get32(t->cmd), *cfg = bl_get32(t->cfg);
        if (*bl_get8(t->cs_dp) & *bl_get8(t->acc_in) & 1)
            bl_fail(t, "CS_DP and ACC_in overlap: the stored V_acc is corrupted");
        if (cmd[CMD_SEQ] == t->seq)
            break;
        t->seq = cmd[CMD_SEQ];
        t->kind = cmd[CMD_KIND];
        if (cfg[CFG_SEQ] != t->phase)
            check_phase(t, cfg);
        if (cmd[CMD_KIND] == CIM_ACCUMULATE)
            accumulate(t, cfg, cmd[CMD_BIT]);
        else if (cmd[CMD_KIND] == CIM_SHARE)
            share(t, cfg);
    }
    BL_END;
}

#define T struct mbiw
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, cmd, CMD_LANES, 32, "command of the timer: number, kind (CIM_...), bit"),
    BL_IN(T, v_dpl, CIM_COLS, 64, "DPL voltages of the last input bit, fV"),
    BL_IN(T, cs_dp, 1, 1, "DP units connected"), BL_IN(T, acc_in, 1, 1, "accumulation capacitors connected"),
    BL_OUT_AS(T, v, CIM_COLS, 64, "voltage of output o, on the column of its MSB, fV", BL_SIGNED | BL_ANALOG),
    BL_FEED(cmd),
    BL_REAL(T, vddl, 0.4, 0.1, 2, "low supply, V"),
    BL_REAL(T, alpha_mb, 0.5, 0.01, 0.99, "(C_mb + C_adc) / (C_acc + C_mb + C_adc)"),
    BL_REAL(T, imbalance, 0, 0, 0.1, "relative mismatch of alpha_mb by column, sigma (chip: below 1 %)"),
    BL_TALLY(T, acc, "accumulation of one column, one input bit"), BL_TALLY(T, share, "one column of a weight shared"), { 0 }
};
const struct bl_class mbiw_class = { .name = "mbiw", .help = "multi-bit input and weight accumulation by charge sharing",
    .size = sizeof(T),
    .init = init, .run = run, .fields = fields };

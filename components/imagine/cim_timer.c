/* cim_timer.c - time generator inside a CIM cycle: precharge, one dot product an input bit (CS_DP), accumulation (ACC_in),
 * weight sharing, offset and calibration injection, SAR steps. Self-timed from the edge at which the operation begins. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

struct cim_timer {
    struct bl_part p;
    bl_in cfg, gate;
    bl_out cmd, cs_dp, acc_in, adc_on;
    bl_tally phase;
    int64_t phases;
    uint64_t t_dp, t_pre, t_acc, t_off, t_sar, t_settle, t_w;
    double slow;
    uint64_t started;
    uint32_t op, seq, bit, r_in, r_out, r_w, n_cim;
};

static uint64_t slowed(const struct cim_timer *t, uint64_t fs) { return (uint64_t)((double)fs * t->slow); }
/* With phases off all of the analog time before the ADC passes at once, and all of the conversion. */
static uint64_t span(const struct cim_timer *t, uint64_t fs) { return t->phases ? slowed(t, fs) : 0; }

static int init(void *self)
{
    struct cim_timer *t = self;

    if (t->t_settle > t->t_sar)
        return bl_refuse(t, "t_settle is longer than t_sar: a step is a decision, then its injection settles");
    return 0;
}

/* A new operation, its configuration kept for its whole time. */
static bool operation_begins(struct cim_timer *t)
{
    uint32_t op = bl_get32(t->gate)[GATE_OP];

    if (op == t->op)
        return false;
    t->op = op;
    return op != 0;                            /* a new phase counts from 0 */
}

static void begin_operation(struct cim_timer *t)
{
    const uint32_t *cfg = bl_get32(t->cfg);

    t->r_in = cfg[CFG_R_IN];
    t->r_out = cfg[CFG_R_OUT];
    t->r_w = cfg[CFG_R_W];
    t->n_cim = cfg[CFG_N_CIM];
    t->started = bl_time(t);
    t->bit = 0;
}

static void say_command(struct cim_timer *t, uint32_t kind, uint32_t bit)
{
    uint32_t *cmd = bl_put32(t->cmd);

    cmd[CMD_SEQ] = ++t->seq;
    cmd[CMD_KIND] = kind;
    cmd[CMD_BIT] = bit;
    *bl_put8(t->cs_dp) = kind == CIM_DP;
    *bl_put8(t->acc_in) = kind == CIM_ACCUMULATE && t->r_in > 1;
    *bl_put8(t->adc_on) = kind == CIM_OFFSET || kind == CIM_SAR || kind == CIM_SAR_ALL;
    charge(&t->phase, 1);
}

static uint64_t before_adc(const struct cim_timer *t)
{
    return t->r_in * (slowed(t, t->t_pre) + slowed(t, t->t_dp) + (t->r_in > 1 ? slowed(t, t->t_acc) : 0)) +
           (t->r_w > 1 ? t->r_w * slowed(t, t->t_w) : 0);
}
static uint64_t conversion(const struct cim_timer *t) { return slowed(t, t->t_off) + t->r_out * slowed(t, t->t_sar); }

static void end_operation(struct cim_timer *t)
{
    uint64_t took = bl_time(t) - t->started, most = t->n_cim * bl_period(t);

    if (most && took > most)
        bl_fail(t, "an operation takes %llu ps, but N_cim is %u cycles of %llu ps: take a slower clock or a larger N_cim",
                (unsigned long long)(took / BL_PS), t->n_cim, (unsigned long long)(bl_period(t) / BL_PS));
    say_command(t, CIM_IDLE, 0);
}

static bl_verdict run(void *self)
{
    struct cim_timer *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(operation_begins(t), BL_IDLE);
        begin_operation(t);
        if (!t->phases)
            AWAIT_TIME(before_adc(t), BL_BUSY);
        for (; t->bit < t->r_in; t->bit++) {
            if (t->phases) {
                say_command(t, CIM_PRECHARGE, t->bit);
                AWAIT_TIME(span(t, t->t_pre), BL_BUSY);
            }
            say_command(t, CIM_DP, t->bit);
            AWAIT_TIME(span(t, t->t_dp), BL_BUSY);
            say_command(t, CIM_ACCUMULATE, t->bit);        /* binary inputs pass through: no charge is shared, no time */
            AWAIT_TIME(t->r_in > 1 ? span(t, t->t_acc) : 0, BL_BUSY);
        }
        say_command(t, CIM_SHARE, 0);
        AWAIT_TIME(t->r_w > 1 ? t->r_w * span(t, t->t_w) : 0, BL_BUSY);
        say_command(t, CIM_OFFSET, 0);
        if (t->phases) {
            AWAIT_TIME(slowed(t, t->t_off), BL_BUSY);
            for (t->bit = t->r_out; t->bit-- > 0; ) {
                AWAIT_TIME(slowed(t, t->t_sar) - slowed(t, t->t_settle), BL_BUSY);
                say_command(t, CIM_SAR, t->bit);
                AWAIT_TIME(slowed(t, t->t_settle), BL_BUSY);
            }
        } else {
            AWAIT_TIME(conversion(t) - slowed(t, t->t_settle), BL_BUSY);
            say_command(t, CIM_SAR_ALL, 0);
            AWAIT_TIME(slowed(t, t->t_settle), BL_BUSY);
        }
        end_operation(t);
    }
    BL_END;
}

#define T struct cim_timer
static const struct bl_field fields[] = {
    BL_IN(T, cfg, CFG_LANES, 32, "configuration of the phase: lanes CFG_... of components/imagine/imagine.h"),
    BL_IN(T, gate, GATE_LANES, 32, "an operation begins when their number moves"),
    BL_OUT(T, cmd, CMD_LANES, 32, "what the analog core does: number, kind, bit"), BL_WORDS_OF(cmd, CMD_KIND, CIM_KIND_NAMES),
    BL_OUT(T, cs_dp, 1, 1, "DP units connected"), BL_OUT(T, acc_in, 1, 1, "accumulation capacitors connected"),
    BL_OUT(T, adc_on, 1, 1, "the ADCs work: the ladder is on"),
    BL_PARAM(T, phases, 1, 0, 1, "0: no time between the commands before the ADC, all decisions at the time of the last"),
    BL_TIME(T, t_dp, 5 * BL_NS, 4 * BL_NS, 10 * BL_NS, "dot product of one input bit (chip: 5 ns +- 1)"),
    BL_TIME(T, t_pre, 2500 * BL_PS, 0, BL_US, "precharge of the DPL, an input bit"),
    BL_TIME(T, t_acc, 2500 * BL_PS, 0, BL_US, "accumulation, an input bit (r_in > 1)"),
    BL_TIME(T, t_w, 2500 * BL_PS, 0, BL_US, "weight sharing, a weight bit (r_w > 1)"),
    BL_TIME(T, t_off, 4507 * BL_PS, 0, BL_US, "injection of offset and calibration"),
    BL_TIME(T, t_sar, 7367 * BL_PS, BL_PS, BL_US, "a SAR step"),
    BL_TIME(T, t_settle, 5 * BL_NS, 0, BL_US, "its last part: the injection settles"),
    BL_REAL(T, slow, 1, 0.1, 100, "all times x this (5.098 at 0.3/0.6 V)"),
    BL_FEED(gate), BL_TALLY(T, phase, "a command"),
    BL_VIEW(T, op, 1, 32, "operations begun in this phase"), { 0 }
};
const struct bl_class cim_timer_class = { .name = "cim_timer", .help = "time generator of the CIM macro: self-timed phases",
    .size = sizeof(T),
    .init = init, .run = run, .fields = fields };

/* cal_engine.c - calibration of the ADCs: seven decisions of every sense amplifier, all columns at once; a residue of 0 or
 * more injects downwards (bit 0), one below 0 upwards (bit 1). Runs once at the start, and when asked to. */
#include "kernel/model.h"
#include "components/imagine/imagine.h"

enum { CAL_BITS = 7 };

struct cal_engine {
    struct bl_part p;
    bl_in start, sign;
    bl_out cal, cmd, cal_on;
    bl_tally calibration;
    int64_t at_start;
    uint64_t t_step;
    double slow;
    uint32_t seq, started, k;
    uint8_t code[CIM_COLS];
};

static uint64_t decision_time(const struct cal_engine *t) { return (uint64_t)((double)t->t_step * t->slow); }

static void say_command(struct cal_engine *t, uint32_t kind, uint32_t bit)
{
    uint32_t *cmd = bl_put32(t->cmd);

    cmd[CMD_SEQ] = ++t->seq;
    cmd[CMD_KIND] = kind;
    cmd[CMD_BIT] = bit;
}

static void keep_decision(struct cal_engine *t, uint32_t k)
{
    const uint64_t *sign = bl_get64(t->sign);

    for (uint32_t c = 0; c < CIM_COLS; c++)
        t->code[c] |= (uint8_t)(!(sign[c / 64] >> (c % 64) & 1) << k);
    memcpy(bl_put8(t->cal), t->code, CIM_COLS);
}

static bl_verdict run(void *self)
{
    struct cal_engine *t = self;

    BL_BEGIN(t);
    for (;;) {
        if (!t->at_start || t->seq) {
            AWAIT(*bl_get32(t->start) != t->started, BL_IDLE);
            t->started = *bl_get32(t->start);
        }
        memset(t->code, 0, sizeof t->code);
        *bl_put8(t->cal_on) = 1;
        for (t->k = CAL_BITS; t->k-- > 0; ) {
            say_command(t, CIM_SAR, t->k);
            AWAIT_TIME(decision_time(t), BL_BUSY);
            keep_decision(t, t->k);
        }
        say_command(t, CIM_IDLE, 0);
        *bl_put8(t->cal_on) = 0;
        charge(&t->calibration, 1);
    }
    BL_END;
}

#define T struct cal_engine
static const struct bl_field fields[] = {
    BL_IN_OPT(T, start, 1, 32, "calibrates when it moves"),
    BL_IN(T, sign, 1, CIM_COLS, "1 where the residue is not below 0"),
    BL_OUT(T, cal, CIM_COLS, 8, "calibration codes"), BL_OUT(T, cmd, CMD_LANES, 32, "command for the ADCs"),
    BL_WORDS_OF(cmd, CMD_KIND, CIM_KIND_NAMES),
    BL_OUT(T, cal_on, 1, 1, "calibrating: the ladder is on"),
    BL_PARAM(T, at_start, 1, 0, 1, "1 calibrates when the simulation begins"),
    BL_TIME(T, t_step, 7367 * BL_PS, BL_PS, BL_US, "a decision and its injection"),
    BL_REAL(T, slow, 1, 0.1, 100, "times x this (5.098 at 0.3/0.6 V)"),
    BL_FEED(start), BL_TALLY(T, calibration, "a calibration of all columns"), { 0 }
};
const struct bl_class cal_engine_class = { .name = "cal_engine", .help = "7 b calibration of the sense amplifiers",
    .size = sizeof(T),
    .run = run, .fields = fields };

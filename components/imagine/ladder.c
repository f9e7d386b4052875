/* ladder.c - resistive reference ladder of the ADCs: on while they work, it settles within t_settle; its current is paid
 * for by real time (verdict busy). */
#include "kernel/model.h"

struct ladder {
    struct bl_part p;
    bl_in adc_on, cal_on;
    bl_out ready;
    uint64_t t_settle;
    double slow;
};

static bool is_on(const struct ladder *t) { return (*bl_get8(t->adc_on) | *bl_get8(t->cal_on)) & 1; }

static bl_verdict run(void *self)
{
    struct ladder *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(is_on(t), BL_IDLE);
        AWAIT_FOR(!is_on(t), (uint64_t)((double)t->t_settle * t->slow), BL_BUSY);
        if (is_on(t)) {
            *bl_put8(t->ready) = 1;
            AWAIT(!is_on(t), BL_BUSY);
            *bl_put8(t->ready) = 0;
        }
    }
    BL_END;
}

#define T struct ladder
static const struct bl_field fields[] = {
    BL_IN(T, adc_on, 1, 1, "the ADCs convert"), BL_IN_OPT(T, cal_on, 1, 1, "the ADCs are calibrated"),
    BL_OUT(T, ready, 1, 1, "the levels have settled"), BL_FEED(adc_on), BL_FEED(cal_on),
    BL_TIME(T, t_settle, 5 * BL_NS, 0, BL_US, "settling time of all S-IN lines"),
    BL_REAL(T, slow, 1, 0.1, 100, "times x this (5.098 at 0.3/0.6 V)"), { 0 }
};
const struct bl_class ladder_class = { .name = "ladder",
    .help = "resistive ladder: references of the ADCs, scaled by the ABN gain",
    .size = sizeof(T), .run = run, .fields = fields };

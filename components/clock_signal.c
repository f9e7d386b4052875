/* clock_signal - a clock as a signal of the event layer, for waiting parts that listen to its edges. An edge takes two
 * deltas: in the first it is written, in the second its listeners run. Clock domains (`clocks:`) need no such part. */
#include "kernel/model.h"

struct clock_signal {
    struct bl_part p;
    bl_out q;
    uint64_t period, high, start;
    int64_t first;
    bool level;
};

static int init(void *self)
{
    struct clock_signal *t = self;

    if (t->high >= t->period)
        return bl_refuse(t, "high is %llu fs of a period of %llu fs; expected less: a clock has two edges a period",
                         (unsigned long long)t->high, (unsigned long long)t->period);
    t->level = !t->first;                /* before its first edge it is at the other level */
    *bl_put8(t->q) = t->level;
    return 0;
}

static bl_verdict run(void *self)
{
    struct clock_signal *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->start, BL_IDLE);
    for (;;) {
        t->level = !t->level;
        *bl_put8(t->q) = t->level;
        AWAIT_TIME(t->level ? t->high : t->period - t->high, BL_BUSY);
    }
    BL_END;
}

#define T struct clock_signal
static const struct bl_field fields[] = {
    BL_OUT_AS(T, q, 1, 1, "the clock", BL_MAIN),
    BL_TIME(T, period, 10 * BL_NS, 2, 1000 * BL_MS, "from rising edge to rising edge"),
    BL_TIME(T, high, 5 * BL_NS, 1, 1000 * BL_MS, "how much of it the clock is high"),
    BL_TIME(T, start, 0, 0, 1000 * BL_MS, "time of the first edge"),
    BL_PARAM(T, first, 1, 0, 1, "level that the first edge leads to"), { 0 }
};
const struct bl_class clock_signal_class = { .name = "clock_signal", .help = "clock signal for waiting parts",
    .size = sizeof(T), .init = init, .run = run, .fields = fields };

/* own_parts.c - components of one's own outside of the tree: a counter and a reader, wired in C, run, and their account.
 * Build: cc own_parts.c $(pkg-config --cflags --libs bitline) */
#include "kernel/model.h"
#include "kernel/sim.h"

#include <stdio.h>

enum { OUT_FULL = BL_STALL, NO_INPUT = BL_STALL };   /* stall causes, numbered class by class */
struct counter { struct bl_part p; bl_push out; uint32_t n; };

static bl_verdict count(void *self)
{
    struct counter *t = self;
    if (!bl_room(t->out))
        return BL_NAP(OUT_FULL);
    *bl_push32(t->out) = ++t->n;
    return BL_BUSY;
}

static const struct bl_field counter_fields[] = { BL_PUSH(struct counter, out, 1, 32, "1, 2, 3, .."), BL_WAITS(OUT_FULL, out), { 0 } };
static const struct bl_class counter_class = { .name = "counter", .size = sizeof(struct counter), .tick = count, .fields = counter_fields };

struct reader { struct bl_part p; bl_pop in; bl_tally taken; uint64_t sum; };

static bl_verdict take(void *self)                 /* one item, then 30 ns of thought */
{
    struct reader *t = self;
    BL_BEGIN(t);
    while (true) {
        AWAIT(bl_avail(t->in), NO_INPUT);
        t->sum += *bl_pop32(t->in);
        charge(&t->taken, 1);
        AWAIT_TIME(30 * BL_NS, BL_BUSY);
    }
    BL_END;
}

static const struct bl_field reader_fields[] = { BL_POP(struct reader, in, 1, 32, "numbers"), BL_TALLY(struct reader, taken, "a number"),
                                                 BL_VIEW(struct reader, sum, 1, 64, "sum"), BL_WAITS(NO_INPUT, in), { 0 } };
static const struct bl_class reader_class = { .name = "reader", .size = sizeof(struct reader), .run = take, .fields = reader_fields };

int main(void)
{
    const struct bl_class *const classes[] = { &counter_class, &reader_class, NULL };
    struct bl_sim *s = bl_open(classes, NULL);
    uint64_t sum = 0;

    bl_clock(s, "core", 5 * BL_NS, 0, NULL);
    bl_add(s, "c", "counter", NULL, NULL);
    bl_add(s, "r", "reader", NULL, NULL);
    bl_wire(s, "c.out", "r.in", (struct bl_link){ .depth = 2 }, NULL);
    if (bl_elaborate(s) || bl_run(s, 1 * BL_US) != BL_END_LIMIT || bl_peek(s, "r.sum", &sum))
        return 1;
    struct bl_verdict_row row;
    bl_verdict_at(s, 0, OUT_FULL, &row);
    printf("sum %llu, the counter stalled %llu of 200 cycles on port %s\n", (unsigned long long)sum, (unsigned long long)row.spent, row.port);
    bl_close(s);
    return sum == 34 * 35 / 2 ? 0 : 1;
}

/* races.c - does the order within an evaluate phase matter? Runs are compared, point by point (points.c); a difference is narrowed
 * down by more runs: to a time and delta, to the phase that makes it, to two neighbours in its order. */
#include "kernel/observe/races.h"

#include <stdlib.h>

struct cut { uint64_t from, keep, hold; };       /* as in struct bl_order */
static const struct cut unpermuted = { UINT64_MAX, 0, UINT64_MAX }, permuted = { 0, 0, UINT64_MAX };

static int run(struct study *y, enum role role, const struct cut *c)
{
    y->role = role;
    y->order = (struct bl_order){ .seed = y->order.seed, .from = c->from, .keep = c->keep, .hold = c->hold, .look = study_look, .ctx = y };
    y->now = y->lo = y->hi = (struct point){ 0 };
    y->at = 0;
    y->over = y->met = false;
    if (role == KEEPS) {
        y->nkept = 0;
        y->stride = 1;
    }
    return y->r->run(y->r->ctx, &y->order);
}

static int differs(struct study *y, const struct cut *c) { return run(y, COMPARES, c) ? -1 : y->met; }

/* From kept points that differ to the first delta that does: y->hi. 0: another run of the same seed shows no difference. */
static int narrow(struct study *y)
{
    uint64_t early = y->longest + 1;         /* a large memory may have differed before it was looked at */
    int d;

    for (y->stride = 2; y->stride > 1; early = 0) {
        y->from = y->lo.time > early ? y->lo.time - early : 0;
        y->to = y->hi.time;
        y->window = true;
        if (run(y, KEEPS, &unpermuted) || (d = differs(y, &permuted)) < 0)
            return -1;
        if (!d)
            return 0;
    }
    return 1;
}

/* c differs with *part and does not with `no`: *part moves towards `no` as far as it still does. */
static int bisect(struct study *y, struct cut *c, uint64_t *part, uint64_t no)
{
    uint64_t yes = *part;

    while (yes + 1 < no || yes > no + 1) {
        *part = yes < no ? yes + (no - yes) / 2 : no + (yes - no) / 2;
        int d = differs(y, c);
        if (d < 0)
            return -1;
        *(d ? &yes : &no) = *part;
    }
    *part = yes;
    return 0;
}

/* The last delta from which on a permutation still makes the difference that shows after delta `shown`. */
static int find_phase(struct study *y, struct cut *c, uint64_t shown)
{
    uint64_t no = shown + 1;
    int d;

    c->from = shown;
    for (uint64_t back = 1; (d = differs(y, c)) == 0 && c->from > 1; back *= 2) {
        no = c->from;
        c->from = c->from > back ? c->from - back : 1;
    }
    return d <= 0 ? d : bisect(y, c, &c->from, no) ? -1 : 1;
}

/* Two neighbours in the order of that delta. */
static int find_pair(struct study *y, struct cut *c)
{
    if (differs(y, c) < 0 || bisect(y, c, &c->keep, y->order.picks) || differs(y, c) < 0)
        return -1;
    c->hold = y->order.moved;
    return bisect(y, c, &c->hold, 0) ? -1 : 1;
}

/* The copy of the unpermuted run and what differs from it. */
static int show(struct study *y, const struct cut *c)
{
    if (differs(y, c) < 0)
        return -1;
    y->wanted = y->hi.index;
    return run(y, COPIES, &unpermuted) || run(y, SHOWS, c) ? -1 : 1;
}

/* y->hi and y->lo hold a difference of a permuted run. */
static int study(struct study *y)
{
    struct point lo = y->lo, hi = y->hi;
    struct cut c = permuted;
    char time[40];
    int d = differs(y, &unpermuted), known = d == 0;

    if (known) {
        y->lo = lo;
        y->hi = hi;
        d = narrow(y);
        d = d > 0 ? find_phase(y, &c, y->hi.delta) : d;
        d = d > 0 ? find_pair(y, &c) : d;
    }
    if (d > 0 && known)
        return show(y, &c);
    if (d >= 0)
        bl_error(y->r->diag, "two runs in the same order differ, first by %s: something outlives a run (a static variable that init "
                 "does not set?)", bl_time_text(known ? hi.fs : y->hi.fs, time));
    return d < 0 ? -1 : 1;
}

int bl_races(struct bl_races *r)
{
    if (MISSING_SAID(NULL, r) || NO_FUNCTION(r->diag, r->run))
        return -1;
    struct study y = { .r = r, .order.seed = r->seed, .kept = block(ENTRIES, sizeof *y.kept) };
    if (!y.kept)
        return bl_error(r->diag, "out of memory: there is none for what runs are compared by");
    int result = run(&y, KEEPS, &unpermuted) ? -1 : 0;

    r->times = y.end.time;
    r->deltas = y.end.delta;
    for (uint64_t k = 0; k < r->runs && result == 0; k++) {
        y.order.seed = order_seed(r->seed, k);
        result = differs(&y, &permuted);
        if (result == 1)
            result = study(&y);
    }
    free(y.kept);
    free(y.piece);
    free(y.copy);
    return result;
}

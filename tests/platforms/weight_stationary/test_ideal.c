/* test_ideal.c - cuts of layers (ideal.c, with what chain.c knows of the parts' counts): the rule by cases, the search beside trying
 * everything, and what is least where it must be. Cycles and energies of runs are compared in tests/platforms/imc/test_imc_drawn.c. */
#include "kernel/model.h"
#include "platforms/net/draw.h"
#include "platforms/weight_stationary/ideal.h"
#include "tests/rigs/effort.h"

#include <check.h>

Suite *suite_ideal(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static uint64_t pick(uint64_t *s, uint64_t lo, uint64_t hi) { return lo + bl_draw(7, (*s)++) % (hi - lo + 1); }
static uint64_t per(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

static const struct { struct ws_work w; bool pack, copies; struct ws_map map; uint64_t tiles, rounds, steps; } rules[] = {
    /*  k   n  groups windows rows cols macros sets                packed rows cols copies */
    { { 32, 12, 1, 100, 32, 12, 8, 1 }, true, true,                { 1, 32, 12, 8 }, 8, 1, 13 },
    { { 32, 12, 1, 100, 32, 12, 8, 1 }, true, false,               { 1, 32, 12, 1 }, 1, 1, 100 },
    { { 33, 13, 1, 100, 32, 12, 8, 1 }, true, true,                { 1, 32, 12, 2 }, 8, 1, 50 },
    { { 96, 36, 1, 100, 32, 12, 8, 1 }, true, true,                { 1, 32, 12, 1 }, 9, 2, 200 },
    { { 32, 12, 1, 3, 32, 12, 8, 1 }, true, true,                  { 1, 32, 12, 3 }, 3, 1, 1 },
    { { 9, 1, 64, 25, 32, 12, 8, 1 }, true, true,                  { 3, 9, 1, 1 }, 22, 3, 75 },
    { { 9, 1, 64, 25, 32, 12, 8, 1 }, false, true,                 { 1, 9, 1, 1 }, 64, 8, 200 },
    { { 40, 1, 2, 10, 32, 12, 8, 1 }, true, true,                  { 1, 32, 1, 2 }, 8, 1, 5 },
};

START_TEST(rule)
{
    const struct ws_chain c = { .slices = 4, .depth = 4, .period = 1 };
    const struct ws_map map = ws_map_rule(&rules[_i].w, rules[_i].pack, rules[_i].copies), *want = &rules[_i].map;
    const struct ws_cost cost = ws_cost_of(&c, &(struct ws_prices){ 0 }, &rules[_i].w, &map);

    ck_assert(map.packed == want->packed && map.rows == want->rows && map.cols == want->cols && map.copies == want->copies);
    ck_assert_uint_eq(cost.tiles, rules[_i].tiles);
    ck_assert_uint_eq(cost.rounds, rules[_i].rounds);
    ck_assert_uint_eq(cost.steps, rules[_i].steps);
    ck_assert_uint_eq(cost.busy, 4 * cost.steps);
}
END_TEST

/* A digital macro whose events have prices. */
static struct ws_chain digital(const struct ws_work *w)
{
    const struct ws_stage all[] = { { .kind = WS_SLICER, .path = "s", .each = 1 }, { .kind = WS_ARRAY, .path = "a", .a = 8, .b = 1, .each = 1 },
                                    { .kind = WS_TREE, .path = "t", .each = 1 }, { .kind = WS_SUM, .path = "p", .a = 1, .each = 1 } };
    struct ws_chain c = { .n = 4, .slices = 8, .depth = 4, .period = 1 };

    for (int i = 0; i < 4; i++) {
        c.stage[i] = all[i];
        c.stage[i].rows = w->rows;
        c.stage[i].cols = w->cols;
        c.stage[i].uses = true;
    }
    return c;
}

static double value_of(unsigned mapping, const struct ws_cost *c)
{
    const double energy = (double)(c->operations + c->writes), cycles = (double)c->cycles;

    return mapping == BL_MAP_LATENCY ? cycles : mapping == BL_MAP_ENERGY ? energy : energy * cycles;
}

static double better(double a, double b) { return a < 0 || b < a ? b : a; }

/* The least of all cuts there are: every tile of rows x cols or of groups, and every number of copies that fits. */
static double least_of_all(const struct ws_chain *c, const struct ws_prices *p, const struct ws_work *w, unsigned mapping)
{
    double least = -1;

    for (uint64_t packed = 1; packed <= w->groups; packed++)
        for (uint64_t rows = 1; rows <= w->k && rows <= w->rows; rows++)
            for (uint64_t cols = 1; cols <= w->n && cols <= w->cols; cols++) {
                if (packed > 1 && (packed * w->k > w->rows || packed * w->n > w->cols || rows < w->k || cols < w->n))
                    continue;
                const uint64_t tiles = packed > 1 ? per(w->groups, packed) : w->groups * per(w->k, rows) * per(w->n, cols);
                for (uint64_t copies = 1; copies == 1 || (copies * tiles <= w->macros && copies <= w->windows); copies++) {
                    const struct ws_map map = { packed, rows, cols, copies };
                    const struct ws_cost cost = ws_cost_of(c, p, w, &map);
                    least = better(least, value_of(mapping, &cost));
                }
            }
    return least;
}

/* Tiles of other sizes than the search looks at never make it better: as many of them cost the same or more. */
START_TEST(search)
{
    const unsigned mapping = BL_MAP_LATENCY + (unsigned)_i;

    for (uint64_t seed = 0; seed < (uint64_t)fewer(200, 20); seed++) {
        uint64_t s = seed * 50;
        const struct ws_work w = { pick(&s, 1, 20), pick(&s, 1, 6), pick(&s, 0, 1) ? 1 : pick(&s, 2, 9), pick(&s, 1, 30), pick(&s, 1, 24), pick(&s, 1, 8), pick(&s, 1, 12), 1 };
        const struct ws_chain c = digital(&w);
        struct ws_prices p = { 0 };
        p.yj[1][1] = pick(&s, 1, 50);           /* mac */
        p.yj[1][5] = pick(&s, 0, 400);          /* bit */
        p.yj[2][1] = pick(&s, 0, 100);          /* operand */
        p.yj[3][0] = pick(&s, 0, 100);          /* add */
        const struct ws_map best = ws_map_best(&c, &p, &w, true, mapping);
        const struct ws_cost cost = ws_cost_of(&c, &p, &w, &best);
        ck_assert_msg(value_of(mapping, &cost) <= least_of_all(&c, &p, &w, mapping), "seed %llu: %.15g, the least is %.15g", (unsigned long long)seed,
                      value_of(mapping, &cost), least_of_all(&c, &p, &w, mapping));
    }
}
END_TEST

/* Names of tallies are those of the classes. */
START_TEST(tallies)
{
    for (int k = 0; k < WS_KINDS; k++) {
        const struct bl_class *c = bl_class_find(bl_classes, ws_class((enum ws_kind)k));
        ck_assert_ptr_nonnull(c);
        for (uint32_t i = 0; ws_tally((enum ws_kind)k, i); i++) {
            const struct bl_field *f = c->fields;
            while (f->kind && (f->kind != BL_KIND_TALLY || strcmp(f->name, ws_tally((enum ws_kind)k, i))))
                f++;
            ck_assert_msg(f->kind, "class %s has no tally %s", c->name, ws_tally((enum ws_kind)k, i));
        }
    }
}
END_TEST

Suite *suite_ideal(void)
{
    Suite *s = suite_create("ideal");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rule, 0, COUNT(rules));
    tcase_add_loop_test(tc, search, 0, 3);
    tcase_add_test(tc, tallies);
    suite_add_tcase(s, tc);
    return s;
}

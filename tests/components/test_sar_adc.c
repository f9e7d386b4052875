/* test_sar_adc.c - converters by successive approximation: when a value is sampled, decided and given at any clock, codes and values of
 * every range, shared converters, noise and offsets, tags, refusals. */
#include "components/sar.h"
#include "tests/rigs/parts_rig.h"

#include <math.h>

static struct rig r;
static const uint32_t columns[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

/* ---- ticks: y is seen share * bits * step ticks + 1 after the push of x, one in share * bits * step ---- */

static const struct { uint32_t bits, share, step; } paces[] = { { 1, 1, 1 }, { 3, 1, 1 }, { 3, 1, 2 }, { 8, 1, 1 }, { 5, 4, 1 }, { 12, 2, 3 }, { 2, 64, 1 } };
START_TEST(timing)
{
    const uint64_t slots = (uint64_t)paces[_i].share * paces[_i].bits * paces[_i].step;

    for (int events = 0; events < 2; events++) {
        rig_begin(&r, "part g give; set g limit 4; part a sar_adc; set a lanes 64; set a bits %u; set a share %u; set a step %u; set a events %d; "
                  "set a range given; set a hi 100; part k take; wire g.x a.x d2; wire a.y k.x d2", paces[_i].bits, paces[_i].share, paces[_i].step, events);
        rig_ticks(&r, 6 * slots);
        ck_assert_uint_eq(rig_count(&r, "k"), 4);
        for (uint64_t i = 0; i < 4; i++)
            ck_assert_uint_eq(rig_edge(&r, "k", i), (i + 1) * slots + 1);
        ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 4 * slots * RIG_PERIOD);
        ck_assert_uint_eq(rig_spent(&r, "a", "no_input"), 2 * slots * RIG_PERIOD);
        ck_assert_uint_eq(rig_peek(&r, "a.conv"), 4 * 64);
        ck_assert_uint_eq(rig_peek(&r, "a.decision"), 4 * 64 * paces[_i].bits);
        rig_sleeps(&r, 1000);
        rig_end(&r);
    }
}
END_TEST

/* A result that finds no room waits, and so does the next conversion. */
START_TEST(held)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 3; part a sar_adc; set a lanes 2; set a bits 4; set a range given; set a hi 100; part k take; part gt give; "
                  "set gt lanes 3; set gt limit 3; part kt take; wire g.x a.x d2; wire a.y k.x d1; wire gt.x a.x_tag d2; wire a.y_tag kt.x d1; "
                  "set %s first 20", side ? "kt" : "k");
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, side ? "kt" : "k", 0), 20);
        ck_assert_uint_eq(rig_edge(&r, side ? "kt" : "k", 1), 21);      /* it waited at the link's one place */
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "y_tag" : "y", 0), 12);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "y" : "y_tag", 0), 0);
        for (uint64_t i = 0; i < 3; i++)
            for (uint32_t l = 0; l < 3; l++)
                ck_assert_uint_eq(rig_item(&r, "kt", i)[l], rig_random(1, i, l, 8));
        rig_end(&r);
    }
}
END_TEST

/* What is waited for is the one of two that did not come. */
START_TEST(late)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 1; part a sar_adc; set a lanes 2; set a bits 4; set a range given; set a hi 100; part k take; part gt give; "
                  "set gt lanes 3; set gt limit 1; part kt take; wire g.x a.x d2; wire a.y k.x d1; wire gt.x a.x_tag d2; wire a.y_tag kt.x d1; "
                  "set %s first 20", side ? "gt" : "g");
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 25);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x_tag" : "x", 0), side ? 20 : 36);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x" : "x_tag", 0), side ? 16 : 0);
        rig_end(&r);
    }
}
END_TEST

/* measure=1: how many values came in a layer, the least and the most of all columns. */
START_TEST(measured)
{
    static const uint64_t item[] = { 5, (uint32_t)-7, 3, 4, 100, 6, 9, 8, 2, 1, 0, (uint32_t)-1 }, layer[] = { 2, 1 }, at[] = { 0, 6 };

    rig_begin(&r, "part g give; part a sar_adc; set a lanes 4; set a bits 4; set a range given; set a hi 100; set a measure 1; part k take; part p put; "
              "wire g.x a.x d2; wire a.y k.x d2; wire p.q a.layer");
    rig_items(&r, "g", item, 12);
    rig_items(&r, "p", layer, 2);
    rig_supply(&r, "p", "at", at, sizeof at);
    rig_ticks(&r, 40);
    const struct bl_sar_seen *seen = (const void *)rig_memory(&r, "a", "stat"), want[] = { { 0 }, { -1, 2, 4 }, { -7, 100, 8 }, { 0 } };
    for (int i = 0; i < 4; i++)
        ck_assert_msg(seen[i].n == want[i].n && seen[i].least == want[i].least && seen[i].most == want[i].most, "layer %d: %d values, %d .. %d", i,
                      (int)seen[i].n, (int)seen[i].least, (int)seen[i].most);
    rig_end(&r);
}
END_TEST

/* A range may reach from end to end of 32 bits. */
START_TEST(whole_range)
{
    static const uint64_t item[] = { (uint32_t)INT32_MIN, (uint32_t)INT32_MAX };

    rig_begin(&r, "part g give; part a sar_adc; set a lanes 2; set a bits 4; set a range given; set a out code; set a lo -2147483648; set a hi 2147483648; "
              "part k take; wire g.x a.x d2; wire a.y k.x d2");
    rig_items(&r, "g", item, 2);
    rig_ticks(&r, 20);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], 0);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[1], 15);
    ck_assert_uint_eq(rig_peek(&r, "a.clipped"), 0);
    rig_end(&r);
}
END_TEST

/* ---- half steps: the clock's period may be any number of fs ---- */

static const struct { uint64_t period; uint32_t bits, step; uint64_t decision[3]; } halves[] = {
    { 1000000, 3, 2, { 1000000, 3000000, 5000000 } }, { 3003003, 3, 1, { 1501502, 4504505, 7507508 } }, { 10000000, 3, 1, { 5000000, 15000000, 25000000 } },
};

/* Decision m falls at half step 2 m + 1; the rounding of sar.h, in the run: the counter of decisions moves then. */
START_TEST(decisions)
{
    const uint64_t slot = halves[_i].period * halves[_i].bits * halves[_i].step;
    static const uint64_t item[] = { 5 };

    rig_begin(&r, "clock c %llu 0; part g give; part a sar_adc; set a lanes 1; set a bits %u; set a step %u; set a range unit; part k take; "
              "wire g.x a.x d2; wire a.y k.x d2", (unsigned long long)halves[_i].period, halves[_i].bits, halves[_i].step);
    rig_items(&r, "g", item, 1);
    ck_assert_msg(rig_build(&r, 0) == 0, "%s", r.told.text);
    for (uint32_t m = 0; m < halves[_i].bits; m++) {
        bl_run(r.s[0], halves[_i].decision[m]);     /* up to that time: not yet */
        ck_assert_uint_eq(rig_peek(&r, "a.decision"), m);
        ck_assert_uint_eq(rig_peek(&r, "a.conv"), m > 0);
        bl_run(r.s[0], halves[_i].decision[m] + 1);
        ck_assert_uint_eq(rig_peek(&r, "a.decision"), m + 1);
        ck_assert_uint_eq(rig_peek(&r, "a.conv"), 1);           /* sampled with the first decision */
    }
    bl_run(r.s[0], slot + 1 + 2 * halves[_i].period);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], 5);
    rig_end(&r);
}
END_TEST

/* step_time is the time of a step, whatever the clock; no clock is needed then. */
START_TEST(own_time)
{
    rig_begin(&r, "part g give; set g limit 3; part a sar_adc; set a lanes 4; set a bits 4; set a step 7; set a step_time 1500 fs; set a range unit; "
              "part k take; wire g.x a.x d2; wire a.y k.x d2");
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 7);         /* given at 6000 fs */
    ck_assert_uint_eq(rig_edge(&r, "k", 2), 19);
    rig_end(&r);
}
END_TEST

/* ---- codes and values ---- */

/* The code by the definition: the last one whose lower end is not above v. */
static uint32_t code_of(double lo, double hi, uint32_t bits, double v)
{
    const double lsb = (hi - lo) / (double)(1u << bits);
    uint32_t code = 0;

    while (code + 1 < 1u << bits && v >= lo + (code + 1) * lsb)
        code++;
    return code;
}

static double value_of(double lo, double hi, uint32_t bits, uint32_t code)
{
    const double lsb = (hi - lo) / (double)(1u << bits);

    return rint(lo + (code + (lsb > 1 ? 0.5 : 0)) * lsb);
}

enum { ITEMS = 6 };
static uint64_t items[ITEMS * 144];

static void draw_items(struct kp_rng *rng, uint32_t lanes, int32_t from, uint32_t span)
{
    for (uint32_t i = 0; i < ITEMS * lanes; i++)
        items[i] = (uint32_t)(from + (int32_t)kp_below(rng, span));
}

/* Every number of bits, every width of an array; range, sharing and events are drawn. Both ends pause. */
START_TEST(function)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t bits = 1; bits <= 12; bits++) {
        const uint32_t lanes = columns[_i], share = lanes % 4 == 0 && kp_below(&rng, 2) ? 4 : 1, in_bits = 1 + kp_below(&rng, 8), rows = 1 + kp_below(&rng, 300);
        const uint32_t range = kp_below(&rng, 3), is_code = kp_below(&rng, 2);
        const double lo = range == 2 ? -50.0 - kp_below(&rng, 100) : 0;
        const double hi = range == 0 ? (double)(rows * ((1u << in_bits) - 1)) : range == 1 ? (double)(1u << bits) : lo + 1 + kp_below(&rng, 900);
        static const char *const name[] = { "full", "unit", "given" };
        uint64_t clipped = 0;
        draw_items(&rng, lanes, (int32_t)lo - 20, (uint32_t)(hi - lo) + 60);
        rig_begin(&r, "part g give; set g chance 40; part a sar_adc; set a lanes %u; set a bits %u; set a share %u; set a range %s; set a lo %g; set a hi %g; "
                  "set a rows %u; set a in_bits %u; set a out %s; set a events %u; part k take; set k chance 30; wire g.x a.x d2; wire a.y k.x d1", lanes, bits,
                  share, name[range], range == 2 ? lo : 0, range == 2 ? hi : 1, rows, in_bits, is_code ? "code" : "value", kp_below(&rng, 2));
        rig_items(&r, "g", items, ITEMS * lanes);
        rig_ticks(&r, 40 + ITEMS * (bits * share + 20));
        KP_HOLDS(rig_count(&r, "k") == ITEMS, "results are lost");
        for (uint32_t i = 0; i < ITEMS; i++)
            for (uint32_t l = 0; l < lanes; l++) {
                const double v = (int32_t)items[i * lanes + l];
                const uint32_t code = code_of(lo, hi, bits, v);
                const int64_t want = is_code ? (int64_t)code : (int64_t)value_of(lo, hi, bits, code);
                const int64_t got = is_code ? (int64_t)rig_item(&r, "k", i)[l] : rig_signed(&r, "k", i, l);
                KP_HOLDS(got == want, "%s\n%g: %lld, expected %lld", r.script, v, (long long)got, (long long)want);
                clipped += v < lo || v >= hi;
            }
        ck_assert_uint_eq(rig_peek(&r, "a.clipped"), clipped);
        rig_end(&r);
    }
}
END_TEST

/* range unit: what fits into the codes comes out as it went in. */
START_TEST(exact)
{
    for (uint32_t i = 0; i < ITEMS * 8; i++)
        items[i] = i;
    rig_begin(&r, "part g give; part a sar_adc; set a lanes 8; set a bits 6; set a range unit; part k take; wire g.x a.x d2; wire a.y k.x d2");
    rig_items(&r, "g", items, ITEMS * 8);
    rig_ticks(&r, 60);
    for (uint32_t i = 0; i < ITEMS * 8; i++)
        ck_assert_uint_eq(rig_item(&r, "k", i / 8)[i % 8], i);
    rig_end(&r);
}
END_TEST

/* range table: the layer in force when the item is taken; range scale: the word's two doubles. */
START_TEST(ranges_from_outside)
{
    static const struct bl_range table[] = { { 0, 256 }, { -512, 512 } };
    static const uint64_t at[] = { 0, 8 }, layers[] = { 0, 1 };
    uint64_t scales[4];

    memcpy(scales, table, sizeof scales);
    draw_items(&(struct kp_rng){ 9 }, 4, 0, 250);
    for (int scale = 0; scale < 2; scale++) {
        rig_begin(&r, "part g give; set g limit 2; set g every 10; part a sar_adc; set a lanes 4; set a bits 4; set a range %s; part k take; part p put; "
                  "wire g.x a.x d2; wire a.y k.x d2; wire p.q a.%s", scale ? "scale" : "table", scale ? "scale" : "layer");
        rig_items(&r, "g", items, 8);
        rig_items(&r, "p", scale ? scales : layers, scale ? 4 : 2);
        rig_supply(&r, "p", "at", at, sizeof at);
        if (!scale)
            rig_supply(&r, "a", "ranges", table, sizeof table);
        rig_ticks(&r, 40);
        for (uint32_t i = 0; i < 8; i++) {
            const struct bl_range *t = &table[i / 4];
            ck_assert_int_eq(rig_signed(&r, "k", i / 4, i % 4),
                             (int64_t)value_of(t->lo, t->hi, 4, code_of(t->lo, t->hi, 4, (double)items[i])));
        }
        rig_end(&r);
    }
}
END_TEST

/* ---- noise and offsets ---- */

/* An offset of all converters moves every code by it. */
START_TEST(offset)
{
    for (uint32_t i = 0; i < 8; i++)
        items[i] = 10 + i;
    rig_begin(&r, "part g give; part a sar_adc; set a lanes 8; set a bits 6; set a range unit; set a offset -3; part k take; wire g.x a.x d2; wire a.y k.x d2");
    rig_items(&r, "g", items, 8);
    rig_ticks(&r, 20);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(rig_item(&r, "k", 0)[i], items[i] - 3);
    rig_end(&r);
}
END_TEST

/* Noise and the converters' own offsets have their deviation, in LSB, and are the same with and without events. */
static double spread(const char *param, int events, bool one_converter, double *mean)
{
    enum { N = 64 * 60 };
    double sum = 0, squares = 0;

    rig_begin(&r, "part g give; part a sar_adc; set a lanes 64; set a bits 10; set a range given; set a lo -2048; set a hi 2048; set a %s 4; set a events %d; "
              "set a share %d; part k take; wire g.x a.x d2; wire a.y k.x d2", param, events, one_converter ? 64 : 1);
    static uint64_t zeros[N];
    rig_items(&r, "g", zeros, N);
    rig_ticks(&r, one_converter ? 41000 : 700);
    for (uint32_t i = 0; i < 60; i++)
        for (uint32_t l = 0; l < 64; l++) {
            const double v = (double)rig_signed(&r, "k", i, l) / 4;            /* LSB 4; the middle of a step */
            sum += v;
            squares += v * v;
        }
    *mean = sum / N;
    rig_end(&r);
    return sqrt(squares / N - *mean * *mean);
}

START_TEST(noise)
{
    double mean, again;
    const double sigma = spread("noise", 1, false, &mean);

    ck_assert_msg(fabs(sigma - 4) < 0.2 && fabs(mean) < 0.3, "%g %g", sigma, mean);
    ck_assert(spread("noise", 0, false, &again) == sigma && again == mean);
    const double own = spread("offset_sigma", 1, false, &mean);
    ck_assert_msg(fabs(own - 4) < 1.2 && fabs(mean) < 2.5, "%g %g", own, mean);      /* 64 draws */
    ck_assert(spread("offset_sigma", 0, true, &mean) == 0);                          /* one converter: one offset for all columns */
    ck_assert(mean != 0);
}
END_TEST

/* ---- refusals, failures ---- */

#define WIRED "part g give; part k take; wire g.x a.x d2; wire a.y k.x d2; "
static const struct { const char *script, *text; struct bl_range table[2]; size_t n; } refused[] = {
    { "part a sar_adc; set a lanes 6; set a share 4; " WIRED,
      "f:2: a: 6 columns and share 4; expected whole converters: a share that divides the columns", { { 0, 0 } }, 0 },
    { "part a sar_adc; set a lanes 6; set a lo -1; set a hi 7; " WIRED,
      "f:2: a: lo is -1 and hi 7, and range is not given: they would do nothing; set range to given, or leave them out", { { 0, 0 } }, 0 },
    { "part a sar_adc; set a lanes 6; set a range table; " WIRED,
      "f:2: a: range is table and no ranges are supplied; calibrate the platform, or take another range", { { 0, 0 } }, 0 },
    { "part a sar_adc; set a lanes 6; set a range scale; " WIRED, "f:2: a: range is scale and nothing is wired to scale", { { 0, 0 } }, 0 },
    { "part a sar_adc; set a lanes 6; set a range given; set a lo 1; " WIRED, "f:2: a: range is given, from lo 1 to hi 1; expected hi above lo",
      { { 0, 0 } }, 0 },
    { "part a sar_adc; set a lanes 6; set a range table; " WIRED, "f:2: a: ranges: layer 1 has [5, 4]; it must rise and stay within 32 bits",
      { { 0, 1 }, { 5, 4 } }, 2 },
    { "part a sar_adc; set a lanes 6; set a range table; " WIRED, "f:2: a: ranges: layer 0 has [0, 1e+10]; it must rise and stay within 32 bits",
      { { 0, 1e10 } }, 1 },
    { "part a sar_adc; set a lanes 6; part gt give; set gt lanes 1; wire gt.x a.x_tag d2; " WIRED,
      "f:2: a: x_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none", { { 0, 0 } }, 0 },
    { "clock c 10 0; clock d 10 0; part a sar_adc; set a lanes 1; part g give c; part k take c; wire g.x a.x d2; wire a.y k.x d2",
      "f:3: a: no clock and no step_time; name a clock, whose cycles step counts, or give the time of a step", { { 0, 0 } }, 0 },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    if (refused[_i].n)
        rig_supply(&r, "a", "ranges", refused[_i].table, refused[_i].n * sizeof *refused[_i].table);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

START_TEST(failures)
{
    static const struct bl_range table[] = { { 0, 256 }, { 7, 7 } };
    static const uint64_t zero[] = { 0 };
    const uint64_t layer[] = { (uint64_t)_i };

    rig_begin(&r, "part g give; set g limit 1; part a sar_adc; set a lanes 4; set a range table; part k take; part p put; wire g.x a.x d2; wire a.y k.x d2; "
              "wire p.q a.layer");
    rig_items(&r, "p", layer, 1);
    rig_supply(&r, "p", "at", zero, sizeof zero);
    rig_supply(&r, "a", "ranges", table, sizeof table);
    rig_fails(&r, 40, _i == 1 ? "a, at 0 s: the range is [7, 7]; expected one that is not empty, within 32 bits" :
                                "a, at 0 s: layer 2; ranges has 2");
}
END_TEST

static const struct rig_range ranges[] = {
    { "lanes", 0, 4096, 0, NULL }, { "bits", 1, 12, 8, NULL }, { "share", 1, 64, 1, NULL }, { "step", 1, 1000, 1, NULL },
    { "range", 0, 0, 0, "full unit given table scale" }, { "rows", 1, 4096, 64, NULL }, { "in_bits", 1, 8, 1, NULL }, { "out", 0, 0, 1, "code value" },
    { "events", 0, 1, 1, NULL }, { "noise", 0, 100, 0, NULL }, { "offset_sigma", 0, 100, 0, NULL },
};
START_TEST(parameters) { rig_ranges("sar_adc", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_sar_adc(void);
Suite *suite_sar_adc(void)
{
    Suite *s = suite_create("sar_adc");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, timing, 0, (int)(sizeof paces / sizeof *paces));
    tcase_add_test(tc, held);
    tcase_add_test(tc, late);
    tcase_add_test(tc, measured);
    tcase_add_test(tc, whole_range);
    tcase_add_loop_test(tc, decisions, 0, (int)(sizeof halves / sizeof *halves));
    tcase_add_test(tc, own_time);
    tcase_add_loop_test(tc, function, 0, (int)(sizeof columns / sizeof *columns));
    tcase_add_test(tc, exact);
    tcase_add_test(tc, ranges_from_outside);
    tcase_add_test(tc, offset);
    tcase_add_test(tc, noise);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_loop_test(tc, failures, 1, 3);
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

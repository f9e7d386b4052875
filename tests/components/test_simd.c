/* test_simd.c - the arithmetic unit: every operation against plain arithmetic in all widths, windows, saturation, when results leave,
 * tags that choose, refusals. */
#include "tests/rigs/parts_rig.h"

static struct rig r;
enum op { ADD, MUL, RELU, MAX, AVG, SCALE, MAC, COPY, OPS };
static const char *const names[] = { "add", "mul", "relu", "max", "avg", "scale", "mac", "copy" };
__extension__ typedef __int128 wide;

static bool reduces(enum op op) { return op == ADD || op == MAX || op == AVG || op == MAC; }
static bool takes_b(enum op op) { return op == ADD || op == MUL || op == MAC; }

/* ---- a plain model ---- */

struct how { enum op op; uint32_t lanes, bits, window, is_signed, shift, out; int64_t factor; };

static wide operand(const struct how *h, uint64_t seed, uint64_t item, uint32_t l)
{
    const uint64_t v = rig_random(seed, item, l, h->bits);

    return h->is_signed && v >> (h->bits - 1) ? (int64_t)v - (INT64_C(1) << h->bits) : (int64_t)v;
}

static wide floor_of(wide a, wide b) { return a / b - (a % b && (a < 0) != (b < 0)); }

static wide mean(wide sum, wide n)
{
    const wide low = floor_of(sum, n), twice = 2 * (sum - low * n);

    return low + (twice > n || (twice == n && low % 2));
}

static wide result_of(const struct how *h, uint64_t i, uint32_t l)
{
    const uint32_t n = reduces(h->op) ? h->window : 1;
    wide sum = 0;

    for (uint64_t k = i * n; k < (i + 1) * n; k++) {
        const wide a = operand(h, 1, k, l), b = takes_b(h->op) ? operand(h, 5, k, l) : 0;
        const wide v[OPS] = { sum + a + b, a * b, a > 0 ? a : 0, k == i * n || a > sum ? a : sum, sum + a,
                              floor_of(a * h->factor + (h->shift ? (wide)1 << (h->shift - 1) : 0), (wide)1 << h->shift), sum + a * b, a };
        sum = v[h->op];
    }
    return h->op == AVG ? mean(sum, n) : sum;
}

static wide fits(const struct how *h, wide v)
{
    const wide most = ((wide)1 << (h->is_signed ? h->out - 1 : h->out)) - 1, least = h->is_signed ? -most - 1 : 0;

    return v > most ? most : v < least ? least : v;
}

enum { RESULTS = 5 };

/* Every operation in every width; the others are drawn. All links pause. */
START_TEST(function)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t bits = 1; bits <= 32; bits++) {
        struct how h = { (enum op)_i, 1 + kp_below(&rng, 12), bits, 1 + kp_below(&rng, 5), kp_below(&rng, 2), kp_below(&rng, 32), 0,
                         (int64_t)kp_below(&rng, 2000) - 1000 };
        const uint32_t out = kp_below(&rng, 33);
        const uint32_t items = RESULTS * (reduces(h.op) ? h.window : 1);
        char b[200] = "";
        uint64_t over = 0;
        h.out = out ? out : bits;
        if (takes_b(h.op))
            snprintf(b, sizeof b, "part gb give; set gb limit %u; set gb seed 5; set gb chance 70; wire gb.x s.b d2", items);
        rig_begin(&r, "part g give; set g limit %u; set g chance 60; part s simd; set s op %s; set s lanes %u; set s bits %u; set s window %u; "
                  "set s is_signed %u; set s factor %lld; set s shift %u; set s out_bits %u; part k take; set k chance 60; wire g.x s.a d2; "
                  "wire s.y k.x d1; part gt give; set gt lanes 2; set gt seed 3; set gt limit %u; set gt chance 80; part kt take; set kt seed 6; "
                  "set kt chance 70; wire gt.x s.a_tag d2; wire s.y_tag kt.x d2; %s", items, names[_i], h.lanes, bits, reduces(h.op) ? h.window : 1,
                  h.is_signed, (long long)h.factor, h.shift, out, items, b);
        rig_ticks(&r, 250);
        KP_HOLDS(rig_count(&r, "k") == RESULTS && rig_count(&r, "kt") == RESULTS, "results are lost: %s", r.script);
        for (uint64_t i = 0; i < RESULTS; i++) {
            for (uint32_t l = 0; l < h.lanes; l++) {
                const wide exact = result_of(&h, i, l), want = fits(&h, exact);
                const int64_t got = h.is_signed ? rig_signed(&r, "k", i, l) : (int64_t)rig_item(&r, "k", i)[l];
                KP_HOLDS(got == (int64_t)want, "%s\nresult %llu, lane %u: %lld, expected %lld", r.script, (unsigned long long)i, l, (long long)got,
                         (long long)want);
                over += want != exact;
            }
            KP_HOLDS(rig_item(&r, "kt", i)[1] == rig_random(3, (i + 1) * (items / RESULTS) - 1, 1, 8), "another tag");
        }
        ck_assert_uint_eq(rig_peek(&r, "s.overflow"), over);
        ck_assert_uint_eq(rig_peek(&r, "s.result"), RESULTS * h.lanes);
        ck_assert_uint_eq(rig_peek(&r, "s.add"), h.op == ADD || h.op == AVG || h.op == MAC ? items * h.lanes : 0);
        ck_assert_uint_eq(rig_peek(&r, "s.mul"), h.op == MUL || h.op == SCALE || h.op == MAC ? items * h.lanes : 0);
        ck_assert_uint_eq(rig_peek(&r, "s.compare"), h.op == RELU || h.op == MAX ? items * h.lanes : 0);
        rig_end(&r);
    }
}
END_TEST

/* Without b, add gives a on, or sums its window. */
START_TEST(add_without_b)
{
    static const uint64_t items[] = { 1, 2, 3, 4, 5, 250 };

    rig_begin(&r, "part g give; part s simd; set s lanes 1; set s bits 8; set s window 3; set s is_signed 0; set s out_bits 9; part k take; "
              "wire g.x s.a d2; wire s.y k.x d2");
    rig_items(&r, "g", items, 6);
    rig_ticks(&r, 20);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], 6);
    ck_assert_uint_eq(rig_item(&r, "k", 1)[0], 259);
    rig_end(&r);
}
END_TEST

/* ---- ticks ---- */

START_TEST(timing)
{
    rig_begin(&r, "part g give; set g limit 12; part s simd; set s lanes 1; set s bits 8; set s op max; set s window %d; part k take; set k every %d; "
              "wire g.x s.a d2; wire s.y k.x d2", _i % 2 ? 4 : 1, _i / 2 ? 8 : 1);
    rig_ticks(&r, 120);
    static const uint64_t first[] = { 2, 5, 2, 5 }, last[] = { 13, 13, 90, 21 };
    ck_assert_uint_eq(rig_edge(&r, "k", 0), first[_i]);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), last[_i]);
    ck_assert_uint_eq(rig_spent(&r, "s", "busy"), 12);
    ck_assert_uint_eq(rig_spent(&r, "s", "out_full"), rig_waited(&r, "s", "y", 0));
    if (_i == 2)
        ck_assert_uint_gt(rig_spent(&r, "s", "out_full"), 60);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* Of a, a_tag and b the one that is missing is waited for. */
START_TEST(waits)
{
    static const char *const late[] = { "g", "gt", "gb" }, *const port[] = { "a", "a_tag", "b" };
    static const uint64_t at[] = { 20 };

    rig_begin(&r, "part g give; set g limit 1; part gb give; set gb limit 1; part gt give; set gt lanes 1; set gt limit 1; part s simd; set s lanes 1; "
              "set s bits 8; part k take; part kt take; wire g.x s.a d2; wire gb.x s.b d2; wire gt.x s.a_tag d2; wire s.y k.x d2; wire s.y_tag kt.x d2");
    rig_supply(&r, late[_i], "at", at, sizeof at);
    rig_ticks(&r, 22);
    ck_assert_uint_eq(rig_peek(&r, "s.result"), 1);
    ck_assert_uint_eq(rig_waited(&r, "s", port[_i], 0), _i ? 20 : 21);      /* ticks 1 .. 20; a also in tick 0 */
    ck_assert_uint_eq(rig_spent(&r, "s", "no_input"), 21);
    rig_end(&r);
}
END_TEST

/* ---- op: tag ---- */

START_TEST(by_tag)
{
    static const uint64_t a[] = { 5, 0xf6, 7, 0xfe, 9, 3, 100 }, b[] = { 3, 2, 1, 1, 4, 2, 100 };
    static const uint64_t tags[] = { 0, ADD, 0, MUL, 0, RELU, 0, RELU, 0, MAX, 0, COPY, 0, MAC };
    static const int64_t want[] = { 8, -20, 7, 0, 9, 3, 127 };

    rig_begin(&r, "part g give; part gb give; part gt give; part s simd; set s lanes 1; set s bits 8; set s op tag; set s lane 1; set s tag 2; part k take; "
              "part kt take; wire g.x s.a d2; wire gb.x s.b d2; wire gt.x s.a_tag d2; wire s.y k.x d2; wire s.y_tag kt.x d2");
    rig_items(&r, "g", a, 7);
    rig_items(&r, "gb", b, 7);
    rig_items(&r, "gt", tags, 14);
    rig_ticks(&r, 30);
    for (uint32_t i = 0; i < 7; i++) {
        ck_assert_int_eq(rig_signed(&r, "k", i, 0), want[i]);
        ck_assert_uint_eq(rig_item(&r, "kt", i)[1], tags[2 * i + 1]);
    }
    rig_end(&r);
}
END_TEST

#define BY_TAG "part g give; set g limit 3; part gt give; part s simd; set s lanes 1; set s bits 8; set s op tag; set s lane 0; set s tag 1; part k take; " \
               "part kt take; wire g.x s.a d2; wire gt.x s.a_tag d2; wire s.y k.x d2; wire s.y_tag kt.x d2; "
static const struct { uint64_t tags[3]; const char *text; } wrong[] = {
    { { 8, 0, 0 }, "s, at 1 ps: the tag says operation 8, which is none of 0 .. 7, or needs b, to which nothing is wired" },
    { { MUL, 0, 0 }, "s, at 1 ps: the tag says operation 1, which is none of 0 .. 7, or needs b, to which nothing is wired" },
    { { ADD, MAX, 0 }, "s, at 2 ps: the tag says operation 3 within a window of operation 0; the items of a window have one" },
};
START_TEST(wrong_tags)
{
    rig_begin(&r, BY_TAG "set s window 2");
    rig_items(&r, "gt", wrong[_i].tags, 3);
    rig_fails(&r, 20, wrong[_i].text);
}
END_TEST

/* ---- refusals ---- */

#define WIRED "part g give; part k take; wire g.x s.a d2; wire s.y k.x d2; "
#define SIMD "part s simd; set s lanes 1; set s bits 8; "
static const struct { const char *script, *text; } refused[] = {
    { SIMD "set s op mul; " WIRED, "f:2: s: op needs both operands and nothing is wired to b" },
    { SIMD "set s op relu; part gb give; wire gb.x s.b d2; " WIRED,
      "f:2: s: op takes one operand and something is wired to b; leave b open, or choose add, mul, mac or tag" },
    { SIMD "set s op relu; set s window 2; " WIRED, "f:2: s: window is 2; of add, max, avg and mac alone several items make one result" },
    { SIMD "set s op tag; " WIRED, "f:2: s: op is tag, so lane 0 of a_tag is the operation; wire a tag that has it" },
    { SIMD "set s op tag; set s lane 1; part gt give; part kt take; set kt lanes 1; wire gt.x s.a_tag d2; wire s.y_tag kt.x d2; " WIRED,
      "f:2: s: op is tag, so lane 1 of a_tag is the operation; wire a tag that has it" },
    { SIMD "part gt give; set gt lanes 1; wire gt.x s.a_tag d2; " WIRED,
      "f:2: s: a_tag is wired and y_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { SIMD "part kt take; set kt lanes 1; wire s.y_tag kt.x d2; " WIRED,
      "f:2: s: y_tag is wired and a_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

static const struct rig_range ranges[] = {
    { "lanes", 0, 4096, 0, NULL }, { "bits", 0, 32, 0, NULL }, { "op", 0, 0, 0, "add mul relu max avg scale mac copy tag" },
    { "window", 1, 65536, 1, NULL }, { "out_bits", 0, 32, 0, NULL }, { "is_signed", 0, 1, 1, NULL }, { "shift", 0, 31, 0, NULL },
};
START_TEST(parameters) { rig_ranges("simd", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_simd(void);
Suite *suite_simd(void)
{
    Suite *s = suite_create("simd");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, function, 0, OPS);
    tcase_add_test(tc, add_without_b);
    tcase_add_loop_test(tc, timing, 0, 4);
    tcase_add_loop_test(tc, waits, 0, 3);
    tcase_add_test(tc, by_tag);
    tcase_add_loop_test(tc, wrong_tags, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

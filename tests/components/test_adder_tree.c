/* test_adder_tree.c - adder trees: ticks and verdicts of pipelines, sums against plain additions over all widths, with tags and
 * with both ends pausing; saturation, full adders, full widths, what is refused, who sleeps. */
#include "components/tree.h"
#include "tests/rigs/parts_rig.h"

static struct rig r;
static const uint32_t rows[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

static const struct { uint32_t items, stages, every; uint64_t last, busy, out_full; } pipelines[] = {
    { 10, 1, 1, 11, 10, 0 }, { 10, 3, 1, 13, 12, 0 }, { 10, 3, 3, 31, 12, 14 }, { 20, 5, 2, 44, 24, 17 },
};
START_TEST(timing)
{
    rig_begin(&r, "part g give; set g limit %u; part t adder_tree; set t stages %u; part k take; set k every %u; set t lanes 1; "
              "wire g.x t.x d2; wire t.sum k.x d2", pipelines[_i].items, pipelines[_i].stages, pipelines[_i].every);
    rig_ticks(&r, 100);
    ck_assert_uint_eq(rig_count(&r, "k"), pipelines[_i].items);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 1 + pipelines[_i].stages);
    ck_assert_uint_eq(rig_last_edge(&r, "k"), pipelines[_i].last);
    ck_assert_uint_eq(rig_spent(&r, "t", "busy"), pipelines[_i].busy);
    ck_assert_uint_eq(rig_spent(&r, "t", "out_full"), pipelines[_i].out_full);
    ck_assert_uint_eq(rig_spent(&r, "t", "no_input"), 100 - pipelines[_i].busy - pipelines[_i].out_full);
    ck_assert_uint_eq(rig_spent(&r, "t", "idle"), 0);
    ck_assert_uint_eq(rig_waited(&r, "t", "x", 0), 100 - pipelines[_i].busy - pipelines[_i].out_full);
    ck_assert_uint_eq(rig_waited(&r, "t", "sum", 0), pipelines[_i].out_full);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* A sum alone moves on by itself: nobody comes behind it, and the tree is not put to sleep over it. */
START_TEST(alone)
{
    rig_begin(&r, "part g give; set g limit 3; set g every 10; part t adder_tree; set t stages 6; part k take; set t lanes 1; wire g.x t.x d2; wire t.sum k.x d2");
    rig_ticks(&r, 60);
    ck_assert_uint_eq(rig_count(&r, "k"), 3);
    for (uint64_t i = 0; i < 3; i++)
        ck_assert_uint_eq(rig_edge(&r, "k", i), 7 + 10 * i);
    ck_assert_uint_eq(rig_spent(&r, "t", "busy"), 3 * 6);
    ck_assert_uint_eq(rig_spent(&r, "t", "no_input"), 60 - 3 * 6);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* ---- sums ---- */

struct shape { uint32_t n, bits, lanes, is_signed, values; };

/* Operand i of tree l in item `item` of the source with seed 1. */
static int64_t operand(const struct shape *s, uint64_t item, uint32_t l, uint32_t i)
{
    const uint32_t words = (s->n + 63) / 64;
    uint64_t v = 0;

    if (s->values)
        v = rig_random(1, item, l * s->n + i, s->bits);
    for (uint32_t b = 0; !s->values && b < s->bits; b++)
        v |= (rig_random(1, item, (l * s->bits + b) * words + i / 64, s->n) >> i % 64 & 1) << b;
    return s->is_signed && v >> (s->bits - 1) ? (int64_t)v - (INT64_C(1) << s->bits) : (int64_t)v;
}

static int64_t sum_of(const struct shape *s, uint64_t item, uint32_t l)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < s->n; i++)
        sum += operand(s, item, l, i);
    return sum;
}

static int64_t got(const struct shape *s, uint64_t item, uint32_t l)
{
    return s->is_signed ? rig_signed(&r, "k", item, l) : (int64_t)rig_item(&r, "k", item)[l];
}

enum { ITEMS = 12 };

/* Every number of bits on every number of rows; form, sign, stages, trees and tags are drawn. Both ends pause. */
START_TEST(sums)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t bits = 1; bits <= 32; bits++) {
        const struct shape s = { rows[_i], bits, 1 + kp_below(&rng, 5), kp_below(&rng, 2), kp_below(&rng, 2) };
        const uint32_t stages = 1 + kp_below(&rng, 6), tag = 1 + kp_below(&rng, 64);
        rig_begin(&r, "part g give; set g limit %u; set g chance 60; part t adder_tree; set t operands %u; set t bits %u; set t lanes %u; "
                  "set t is_signed %u; set t form %s; set t stages %u; part k take; set k chance 50; wire g.x t.x d2; wire t.sum k.x d2; "
                  "part gt give; set gt lanes %u; set gt seed 3; set gt limit %u; set gt chance 70; part kt take; set kt seed 4; set kt chance 70; "
                  "wire gt.x t.x_tag d3; wire t.sum_tag kt.x d1", ITEMS, s.n, bits, s.lanes, s.is_signed, s.values ? "values" : "planes", stages,
                  tag, ITEMS);
        rig_ticks(&r, 300);
        KP_HOLDS(rig_count(&r, "k") == ITEMS && rig_count(&r, "kt") == ITEMS, "items are lost");
        for (uint64_t i = 0; i < ITEMS; i++) {
            for (uint32_t l = 0; l < s.lanes; l++)
                KP_HOLDS(got(&s, i, l) == sum_of(&s, i, l), "%s\n%lld, expected %lld", r.script, (long long)got(&s, i, l), (long long)sum_of(&s, i, l));
            for (uint32_t l = 0; l < tag; l++)
                KP_HOLDS(rig_item(&r, "kt", i)[l] == rig_random(3, i, l, 8), "another tag");
        }
        ck_assert_uint_eq(rig_peek(&r, "t.sum_bits"), bl_tree_bits(s.n, bits, s.is_signed));
        ck_assert_uint_eq(rig_peek(&r, "t.fa"), ITEMS * s.lanes * bl_tree_full_adders(s.n, bits));
        ck_assert_uint_eq(rig_peek(&r, "t.overflow"), 0);
        rig_end(&r);
    }
}
END_TEST

/* Sums beyond out_bits stay at its ends, and are counted. */
START_TEST(saturation)
{
    const uint32_t is_signed = (uint32_t)_i % 2, out = (uint32_t)_i / 2 + 1;
    const struct shape s = { 33, 4, 3, is_signed, 1 };
    const int64_t most = (INT64_C(1) << (is_signed ? out - 1 : out)) - 1, least = is_signed ? -most - 1 : 0;
    uint64_t over = 0;

    rig_begin(&r, "part g give; set g limit %u; part t adder_tree; set t operands 33; set t bits 4; set t form values; set t is_signed %u; "
              "set t out_bits %u; set t lanes 3; set t stages %u; part k take; wire g.x t.x d2; wire t.sum k.x d2", ITEMS, is_signed, out,
              1 + out % 3);
    rig_ticks(&r, 40);
    for (uint64_t i = 0; i < ITEMS; i++)
        for (uint32_t l = 0; l < 3; l++) {
            const int64_t v = sum_of(&s, i, l), fits = v > most ? most : v < least ? least : v;
            KP_HOLDS(got(&s, i, l) == fits, "%lld, expected %lld", (long long)got(&s, i, l), (long long)fits);
            over += fits != v;
        }
    ck_assert_uint_eq(rig_peek(&r, "t.overflow"), over);
    ck_assert(out <= 6 ? over > 0 : out < 10 || over == 0);
    rig_end(&r);
}
END_TEST

/* As wide as a sum may be: nothing is lost, with and without a sign. */
START_TEST(widest)
{
    for (uint32_t is_signed = 0; is_signed < 2; is_signed++) {
        const struct shape s = { 4096, 32, 1, is_signed, 1 };
        rig_begin(&r, "part g give; set g limit 2; part t adder_tree; set t operands 4096; set t bits 32; set t form values; set t is_signed %u; "
                  "set t lanes 1; set t out_bits 63; part k take; wire g.x t.x d2; wire t.sum k.x d2", is_signed);
        rig_ticks(&r, 10);
        ck_assert_int_eq(got(&s, 1, 0), sum_of(&s, 1, 0));
        ck_assert_uint_eq(rig_peek(&r, "t.overflow"), 0);
        rig_end(&r);
    }
}
END_TEST

/* ---- a tag waits for its data and the other way round ---- */

START_TEST(both_or_none)
{
    static const uint64_t late[] = { 20 };

    for (int side = 0; side < 2; side++) {          /* which of the two comes late */
        rig_begin(&r, "part g give; set g limit 1; part t adder_tree; set t lanes 1; part k take; part gt give; set gt lanes 2; set gt limit 1; "
                  "part kt take; wire g.x t.x d2; wire t.sum k.x d2; wire gt.x t.x_tag d2; wire t.sum_tag kt.x d2");
        rig_supply(&r, side ? "gt" : "g", "at", late, sizeof late);
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 22);
        ck_assert_uint_eq(rig_edge(&r, "kt", 0), 22);
        ck_assert_uint_eq(rig_waited(&r, "t", side ? "x_tag" : "x", 0), side ? 20 : 39);
        ck_assert_uint_eq(rig_waited(&r, "t", side ? "x" : "x_tag", 0), side ? 19 : 0);
        rig_end(&r);
        rig_begin(&r, "part g give; set g limit 4; part t adder_tree; set t lanes 1; part k take; part gt give; set gt lanes 2; set gt limit 4; "
                  "part kt take; wire g.x t.x d2; wire t.sum k.x d2; wire gt.x t.x_tag d2; wire t.sum_tag kt.x d2; set %s first 30",
                  side ? "kt" : "k");
        rig_ticks(&r, 60);                            /* two fit into the link that nobody empties */
        ck_assert_uint_eq(rig_edge(&r, "k", 1), side ? 3 : 31);
        ck_assert_uint_eq(rig_edge(&r, "k", 3), 33);
        ck_assert_uint_eq(rig_edge(&r, "kt", 3), 33);
        ck_assert_uint_eq(rig_waited(&r, "t", side ? "sum_tag" : "sum", 0), 28);
        rig_end(&r);
    }
}
END_TEST

/* ---- widths and refusals ---- */

static const struct { uint32_t n, bits, is_signed, width; uint64_t fa; } sizes[] = {
    { 64, 8, 1, 14, 561 }, { 64, 8, 0, 14, 561 }, { 144, 1, 0, 8, 502 }, { 256, 4, 1, 12, 1267 }, { 3, 4, 1, 6, 13 }, { 16, 4, 0, 8, 71 },
    { 32, 4, 0, 9, 150 }, { 64, 4, 0, 10, 309 }, { 256, 8, 0, 16, 2287 }, { 1024, 8, 0, 18, 9197 },
};
START_TEST(stated_sizes)
{
    rig_begin(&r, "part g give; set g limit 1; part t adder_tree; set t operands %u; set t bits %u; set t is_signed %u; set t lanes 1; part k take; "
              "wire g.x t.x d2; wire t.sum k.x d2", sizes[_i].n, sizes[_i].bits, sizes[_i].is_signed);
    rig_ticks(&r, 10);
    ck_assert_uint_eq(rig_peek(&r, "k.bits"), sizes[_i].width);
    ck_assert_uint_eq(rig_peek(&r, "t.fa"), sizes[_i].fa);
    rig_end(&r);
}
END_TEST

/* 80 numbers of full adders: those of all levels of a ripple-carry tree, added up. */
START_TEST(full_adders)
{
    for (uint32_t n = 2; n <= 1024; n *= 2)
        for (uint32_t bits = 1; bits <= 8; bits++) {
            uint64_t want = 0;
            for (uint32_t adders = n / 2, width = bits; adders; adders /= 2, width++)
                want += (uint64_t)adders * width;
            rig_begin(&r, "part g give; set g limit 1; part t adder_tree; set t operands %u; set t bits %u; set t lanes 2; part k take; "
                      "wire g.x t.x d2; wire t.sum k.x d2", n, bits);
            rig_ticks(&r, 4);
            ck_assert_uint_eq(rig_peek(&r, "t.fa"), 2 * want);
            rig_end(&r);
        }
}
END_TEST

static const struct { const char *script, *text; } refused[] = {
    { "part t adder_tree; set t lanes 1024; set t operands 4096; set t bits 32; set t form values; part g give; part k take; wire g.x t.x d2; wire t.sum k.x d2",
      "f:2: t: an item of x is 4194304 lanes (lanes x operands) of 32 bits (bits), 4194304 words; expected at most 2^20 words of 64 bits" },
    { "part t adder_tree; set t lanes 1; part g give; part k take; wire g.x t.x d2; wire t.sum k.x d2; part gt give; set gt lanes 3; wire gt.x t.x_tag d2",
      "f:2: t: x_tag is wired and sum_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
    { "part t adder_tree; set t lanes 1; part g give; part k take; wire g.x t.x d2; wire t.sum k.x d2; part kt take; set kt lanes 3; wire t.sum_tag kt.x d2",
      "f:2: t: sum_tag is wired and x_tag is not; a tag comes in and goes out beside its data, so wire both or none" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

static const struct rig_range ranges[] = {
    { "operands", 1, 4096, 64, NULL }, { "bits", 1, 32, 8, NULL }, { "lanes", 0, 1024, 0, NULL }, { "is_signed", 0, 1, 0, NULL },
    { "form", 0, 0, 0, "planes values" }, { "stages", 1, 64, 1, NULL }, { "out_bits", 0, 63, 0, NULL }, { "tag", 0, 64, 0, NULL },
};
START_TEST(parameters) { rig_ranges("adder_tree", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_adder_tree(void);
Suite *suite_adder_tree(void)
{
    Suite *s = suite_create("adder_tree");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, timing, 0, (int)(sizeof pipelines / sizeof *pipelines));
    tcase_add_loop_test(tc, sums, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(tc, saturation, 0, 24);
    tcase_add_test(tc, widest);
    tcase_add_test(tc, alone);
    tcase_add_test(tc, both_or_none);
    tcase_add_loop_test(tc, stated_sizes, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(tc, full_adders);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

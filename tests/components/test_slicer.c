/* test_slicer.c - bit-serial input: ticks of slices, skipped ones, what slices hold in every width and form, tags and flags. */
#include "tests/rigs/parts_rig.h"

static struct rig r;
static const uint32_t rows[] = { 1, 8, 31, 32, 33, 64, 65, 144 };

/* ---- ticks ---- */

START_TEST(two_items)
{
    rig_begin(&r, "part g give; set g limit 2; part s slicer; set s lanes 3; part k take; wire g.x s.x d2; wire s.y k.x d2");
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), 16);
    for (uint64_t i = 0; i < 16; i++)
        ck_assert_uint_eq(rig_edge(&r, "k", i), 2 + i);
    ck_assert_uint_eq(rig_spent(&r, "s", "busy"), 16);
    ck_assert_uint_eq(rig_spent(&r, "s", "no_input"), 24);
    ck_assert_uint_eq(rig_peek(&r, "s.slice"), 16);
    ck_assert_uint_eq(rig_peek(&r, "s.bit"), 2 * 8 * 3);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* Items 0, 81h, 40h, ffh, msb first, zero slices left out: 0 | 7 0 | 6 | 7 .. 0 at ticks 2 .. 13. */
START_TEST(skipping)
{
    static const uint64_t items[] = { 0, 0x81, 0x40, 0xff };
    static const struct { uint32_t shift, last, bit; } want[2][12] = {
        { { 0, 1, 0 }, { 7, 0, 1 }, { 0, 1, 1 }, { 6, 1, 1 }, { 7, 0, 1 }, { 6, 0, 1 }, { 5, 0, 1 }, { 4, 0, 1 }, { 3, 0, 1 }, { 2, 0, 1 },
          { 1, 0, 1 }, { 0, 1, 1 } },
        { { 0, 1, 0 }, { 0, 0, 1 }, { 7, 1, 1 }, { 6, 1, 1 }, { 0, 0, 1 }, { 1, 0, 1 }, { 2, 0, 1 }, { 3, 0, 1 }, { 4, 0, 1 }, { 5, 0, 1 },
          { 6, 0, 1 }, { 7, 1, 1 } },
    };

    for (int lsb = 0; lsb < 2; lsb++) {
        rig_begin(&r, "part g give; part s slicer; set s lanes 1; set s skip 1; set s order %s; part k take; part kt take; wire g.x s.x d2; "
                  "wire s.y k.x d2; wire s.y_tag kt.x d2", lsb ? "lsb" : "msb");
        rig_items(&r, "g", items, 4);
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_count(&r, "k"), 12);
        ck_assert_uint_eq(rig_count(&r, "kt"), 12);
        for (uint32_t i = 0; i < 12; i++) {
            ck_assert_uint_eq(rig_edge(&r, "k", i), 2 + i);
            ck_assert_uint_eq(rig_edge(&r, "kt", i), 2 + i);
            ck_assert_uint_eq(rig_item(&r, "k", i)[0], want[lsb][i].bit);
            ck_assert_uint_eq(rig_item(&r, "kt", i)[0], want[lsb][i].shift);
            ck_assert_uint_eq(rig_item(&r, "kt", i)[1], want[lsb][i].last);
        }
        ck_assert_uint_eq(rig_peek(&r, "s.slice"), 12);
        ck_assert_uint_eq(rig_peek(&r, "s.skipped"), 20);
        rig_end(&r);
    }
}
END_TEST

/* A taker that takes every third tick holds the slicer, at the port that is full. */
START_TEST(held)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 2; part s slicer; set s lanes 1; part k take; part kt take; wire g.x s.x d2; wire s.y k.x d2; "
                  "wire s.y_tag kt.x d2; set %s every 3", side ? "kt" : "k");
        rig_ticks(&r, 60);
        ck_assert_uint_eq(rig_last_edge(&r, side ? "kt" : "k"), 2 + 3 * 15);
        ck_assert_uint_eq(rig_spent(&r, "s", "busy"), 16);
        ck_assert_uint_eq(rig_waited(&r, "s", side ? "y_tag" : "y", 0), rig_spent(&r, "s", "out_full"));
        ck_assert_uint_gt(rig_spent(&r, "s", "out_full"), 20);
        ck_assert_uint_eq(rig_waited(&r, "s", side ? "y" : "y_tag", 0), 0);
        rig_end(&r);
    }
}
END_TEST

/* What is waited for is the one of two that did not come. */
START_TEST(late)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 1; part gt give; set gt lanes 1; set gt limit 1; part s slicer; set s lanes 1; part k take; part kt take; "
                  "wire g.x s.x d2; wire gt.x s.x_tag d2; wire s.y k.x d2; wire s.y_tag kt.x d2; set %s first 20", side ? "gt" : "g");
        rig_ticks(&r, 60);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 22);
        ck_assert_uint_gt(rig_waited(&r, "s", side ? "x_tag" : "x", 0), 19);
        ck_assert_uint_eq(rig_waited(&r, "s", side ? "x" : "x_tag", 0), side ? 60 - 8 - 20 : 0);
        rig_end(&r);
    }
}
END_TEST

/* ---- what slices hold ---- */

enum { ITEMS = 6 };
struct how { uint32_t lanes, bits, step, values, msb, is_signed, skip, tag, ends; };

static uint32_t slice_of(const struct how *h, uint64_t item, uint32_t lane, uint32_t s)
{
    return (uint32_t)rig_random(1, item, lane, h->bits) >> s * h->step & ((1u << h->step) - 1);
}

static bool is_zero(const struct how *h, uint64_t item, uint32_t s)
{
    for (uint32_t l = 0; l < h->lanes; l++)
        if (slice_of(h, item, l, s))
            return false;
    return true;
}

static void check_slice(const struct how *h, uint64_t at, uint64_t item, uint32_t s)
{
    const uint64_t *y = rig_item(&r, "k", at);
    const uint32_t words = (h->lanes + 63) / 64;

    for (uint32_t l = 0; l < h->lanes; l++) {
        uint32_t got = h->values ? (uint32_t)y[l] : 0;
        for (uint32_t b = 0; !h->values && b < h->step; b++)
            got |= (uint32_t)(y[b * words + l / 64] >> l % 64 & 1) << b;
        KP_HOLDS(got == slice_of(h, item, l, s), "%s\nslice %u of item %llu, lane %u: %u", r.script, s, (unsigned long long)item, l, got);
    }
}

static void check_tag(const struct how *h, uint64_t at, uint64_t item, uint32_t s, bool last)
{
    const uint64_t *tag = rig_item(&r, "kt", at);
    const uint32_t slices = (h->bits + h->step - 1) / h->step;

    for (uint32_t l = 0; l < h->tag; l++)
        KP_HOLDS(tag[l] == rig_random(3, item, l, 8), "another tag");
    if (h->ends < h->tag)
        last = last && rig_random(3, item, h->ends, 8) & 1;
    KP_HOLDS(tag[h->tag] == s * h->step, "%s\nshift %llu", r.script, (unsigned long long)tag[h->tag]);
    KP_HOLDS(tag[h->tag + 1] == (last | (uint64_t)(h->is_signed && s + 1 == slices) << 1), "%s\nflags %llu", r.script, (unsigned long long)tag[h->tag + 1]);
}

static void check_all(const struct how *h)
{
    const uint32_t slices = (h->bits + h->step - 1) / h->step;
    uint64_t at = 0, bits = 0;

    for (uint64_t item = 0; item < ITEMS; item++) {
        uint32_t order[16], n = 0;
        for (uint32_t i = 0; i < slices; i++) {
            const uint32_t s = h->msb ? slices - 1 - i : i;
            if (!h->skip || !is_zero(h, item, s))
                order[n++] = s;
        }
        if (!n)
            order[n++] = 0;
        for (uint32_t i = 0; i < n; i++, at++) {
            const uint32_t s = order[i], width = h->bits - s * h->step < h->step ? h->bits - s * h->step : h->step;
            check_slice(h, at, item, s);
            check_tag(h, at, item, s, i + 1 == n);
            bits += (uint64_t)width * h->lanes;
        }
    }
    ck_assert_uint_eq(rig_count(&r, "k"), at);
    ck_assert_uint_eq(rig_count(&r, "kt"), at);
    ck_assert_uint_eq(rig_peek(&r, "s.slice"), at);
    ck_assert_uint_eq(rig_peek(&r, "s.skipped"), ITEMS * slices - at);
    ck_assert_uint_eq(rig_peek(&r, "s.bit"), bits);
}

/* Every number of bits on every number of values; the others are drawn. All four links pause. */
START_TEST(slices)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t bits = 1; bits <= 16; bits++)
        for (uint32_t round = 0; round < 2; round++) {
            struct how h = { .lanes = rows[_i], .bits = bits, .step = 1 + kp_below(&rng, bits), .values = kp_below(&rng, 2), .msb = kp_below(&rng, 2),
                             .is_signed = kp_below(&rng, 2), .skip = kp_below(&rng, 2), .tag = kp_below(&rng, 3) * 5 };
            h.ends = h.tag && kp_below(&rng, 2) ? kp_below(&rng, h.tag) : 99;
            char tags[300] = "";
            if (h.tag)
                snprintf(tags, sizeof tags, "part gt give; set gt lanes %u; set gt seed 3; set gt limit %u; set gt chance 60; wire gt.x s.x_tag d2; "
                         "set s ends %d", h.tag, ITEMS, h.ends == 99 ? -1 : (int)h.ends);
            rig_begin(&r, "part g give; set g limit %u; set g chance 50; part s slicer; set s lanes %u; set s bits %u; set s step %u; set s form %s; "
                      "set s order %s; set s is_signed %u; set s skip %u; part k take; set k chance 60; part kt take; set kt seed 4; set kt chance 70; "
                      "wire g.x s.x d2; wire s.y k.x d2; wire s.y_tag kt.x d3; %s", ITEMS, h.lanes, bits, h.step, h.values ? "values" : "planes",
                      h.msb ? "msb" : "lsb", h.is_signed, h.skip, tags);
            rig_ticks(&r, 600);
            check_all(&h);
            rig_end(&r);
        }
}
END_TEST

/* ---- refusals ---- */

#define WIRED "part g give; part k take; wire g.x s.x d2; wire s.y k.x d2; "
static const struct { const char *script, *text; } refused[] = {
    { "part s slicer; set s lanes 1; set s bits 4; set s step 5; " WIRED, "f:2: s: step is 5, bits 4; expected a step of at most the bits" },
    { "part s slicer; set s lanes 1; set s skip 1; " WIRED,
      "f:2: s: skip leaves slices out, so who takes y must see their shift: wire y_tag too" },
    { "part s slicer; set s lanes 1; part gt give; set gt lanes 2; wire gt.x s.x_tag d2; " WIRED,
      "f:2: s: x_tag is wired and y_tag is not; a tag goes out beside its data" },
    { "part s slicer; set s lanes 1; set s ends 2; part gt give; set gt lanes 2; wire gt.x s.x_tag d2; part kt take; wire s.y_tag kt.x d2; " WIRED,
      "f:2: s: ends is lane 2 of x_tag, which has 2 lanes" },
    { "part s slicer; set s lanes 1; set s ends 0; part kt take; wire s.y_tag kt.x d2; " WIRED, "f:2: s: ends is lane 0 of x_tag, which has 0 lanes" },
    { "part s slicer; set s lanes 1; set s ends 0; set s tag 1; part kt take; wire s.y_tag kt.x d2; " WIRED,
      "f:2: s: ends is lane 0 of x_tag, and nothing is wired to x_tag; wire it, or set ends to -1" },
    { "part s slicer; set s lanes 1; part gt give; set gt lanes 63; wire gt.x s.x_tag d2; part kt take; wire s.y_tag kt.x d2; " WIRED,
      "f:2: s: tag is 63 lanes and two are appended; a tag has at most 64" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

static const struct rig_range ranges[] = {
    { "lanes", 0, 4096, 0, NULL }, { "bits", 1, 16, 8, NULL }, { "step", 1, 16, 1, NULL }, { "form", 0, 0, 0, "planes values" },
    { "order", 0, 0, 0, "lsb msb" }, { "is_signed", 0, 1, 0, NULL }, { "skip", 0, 1, 0, NULL }, { "ends", -1, 63, -1, NULL }, { "tag", 0, 64, 0, NULL },
};
START_TEST(parameters) { rig_ranges("slicer", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_slicer(void);
Suite *suite_slicer(void)
{
    Suite *s = suite_create("slicer");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_items);
    tcase_add_test(tc, skipping);
    tcase_add_test(tc, held);
    tcase_add_test(tc, late);
    tcase_add_loop_test(tc, slices, 0, (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

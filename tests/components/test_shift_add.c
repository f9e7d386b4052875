/* test_shift_add.c - slices and bit columns put back together: by counter and by tag, in every width, wrapping, and when results leave. */
#include "tests/rigs/parts_rig.h"

static struct rig r;
__extension__ typedef __int128 wide;

/* ---- ticks: y leaves in the tick that takes the last partial ---- */

START_TEST(timing)
{
    rig_begin(&r, "part g give; set g limit 6; set g bits 8; part a shift_add; set a lanes 2; set a steps 3; part k take; set k every %d; "
              "wire g.x a.x d2; wire a.y k.x d1", _i ? 10 : 1);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), 2);
    ck_assert_uint_eq(rig_edge(&r, "k", 0), 4);
    ck_assert_uint_eq(rig_edge(&r, "k", 1), _i ? 14 : 7);
    ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 6);
    ck_assert_uint_eq(rig_spent(&r, "a", "out_full"), 0);
    ck_assert_uint_eq(rig_peek(&r, "a.add"), 12);
    ck_assert_uint_eq(rig_peek(&r, "a.result"), 4);
    rig_sleeps(&r, 1000);
    rig_end(&r);
}
END_TEST

/* Without room the last partial stays where it is. */
START_TEST(held)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 9; set g bits 8; part a shift_add; set a lanes 1; set a steps 3; part k take; part kt take; "
                  "part gt give; set gt lanes 4; set gt limit 9; wire g.x a.x d2; wire a.y k.x d1; wire gt.x a.x_tag d2; wire a.y_tag kt.x d1; "
                  "set %s first 30", side ? "kt" : "k");
        rig_ticks(&r, 60);
        ck_assert_uint_eq(rig_peek(&r, "k.n"), 3);
        ck_assert_uint_eq(rig_edge(&r, side ? "kt" : "k", 1), 32);
        ck_assert_uint_eq(rig_spent(&r, "a", "busy"), 9);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "y_tag" : "y", 0), 25);       /* ticks 6 .. 30 */
        ck_assert_uint_eq(rig_spent(&r, "a", "out_full"), 25);
        for (uint32_t l = 0; l < 4; l++)
            ck_assert_uint_eq(rig_item(&r, "kt", 1)[l], rig_random(1, 5, l, 8));
        rig_end(&r);
    }
}
END_TEST

/* What is waited for is the one of two that did not come. */
START_TEST(late)
{
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 1; set g bits 8; part a shift_add; set a lanes 1; set a steps 1; part k take; part kt take; part gt give; "
                  "set gt lanes 4; set gt limit 1; wire g.x a.x d2; wire a.y k.x d1; wire gt.x a.x_tag d2; wire a.y_tag kt.x d1; set %s first 20",
                  side ? "gt" : "g");
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 22);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x_tag" : "x", 0), side ? 20 : 39);
        ck_assert_uint_eq(rig_waited(&r, "a", side ? "x" : "x_tag", 0), side ? 19 : 0);
        rig_end(&r);
    }
}
END_TEST

/* ---- function ---- */

struct how { uint32_t lanes, bits, steps, step, msb, top_negative, place, place_negative, is_signed, width; };

static int64_t lane(const struct how *h, uint64_t item, uint32_t at)
{
    const uint64_t v = rig_random(1, item, at, h->bits);

    return h->is_signed && v >> (h->bits - 1) ? (int64_t)v - (INT64_C(1) << h->bits) : (int64_t)v;
}

static wide placed(const struct how *h, uint64_t item, uint32_t l)
{
    wide sum = 0;

    for (uint32_t j = 0; j < h->place; j++) {
        const wide v = (wide)lane(h, item, l * h->place + j) * ((wide)1 << j);
        sum += h->place_negative && j + 1 == h->place ? -v : v;
    }
    return sum;
}

static wide wrapped(wide v, uint32_t width)
{
    const wide top = (wide)1 << (width - 1), all = (wide)1 << width;
    wide low = v % all;

    low = low < 0 ? low + all : low;
    return low >= top ? low - all : low;
}

enum { RESULTS = 4 };

/* Every number of bits; the others are drawn, the width so that all fits or not. All links pause. */
START_TEST(by_counter)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t bits = 1; bits <= 32; bits++) {
        struct how h = { 1 + kp_below(&rng, 9), bits, 1 + kp_below(&rng, 8), 1 + kp_below(&rng, 7), kp_below(&rng, 2), kp_below(&rng, 2), 1 + kp_below(&rng, 16),
                         kp_below(&rng, 2), kp_below(&rng, 2), 0 };
        const uint32_t least = (h.steps - 1) * h.step + 1;
        uint64_t over = 0;
        h.width = (least < 2 ? 2 : least) + kp_below(&rng, 63 - (least < 2 ? 2 : least));
        rig_begin(&r, "part g give; set g limit %u; set g bits %u; set g chance 70; part a shift_add; set a lanes %u; set a steps %u; set a step %u; "
                  "set a order %s; set a top_negative %u; set a place %u; set a place_negative %u; set a is_signed %u; set a width %u; part k take; "
                  "set k chance 40; wire g.x a.x d2; wire a.y k.x d1", RESULTS * h.steps, bits, h.lanes, h.steps, h.step, h.msb ? "msb" : "lsb",
                  h.top_negative, h.place, h.place_negative, h.is_signed, h.width);
        rig_ticks(&r, 200);
        KP_HOLDS(rig_count(&r, "k") == RESULTS, "results are lost");
        for (uint32_t i = 0; i < RESULTS; i++)
            for (uint32_t l = 0; l < h.lanes; l++) {
                wide sum = 0, exact;
                for (uint32_t s = 0; s < h.steps; s++, sum = wrapped(exact, h.width)) {
                    const uint32_t slice = h.msb ? h.steps - 1 - s : s;
                    const wide v = placed(&h, i * h.steps + s, l) * ((wide)1 << slice * h.step);
                    exact = h.top_negative && slice + 1 == h.steps ? sum - v : sum + v;
                    over += wrapped(exact, h.width) != exact;
                }
                KP_HOLDS(rig_signed(&r, "k", i, l) == (int64_t)sum, "%s\nresult %u, lane %u: %lld, expected %lld", r.script, i, l,
                         (long long)rig_signed(&r, "k", i, l), (long long)sum);
            }
        ck_assert_uint_eq(rig_peek(&r, "a.overflow"), over);
        ck_assert_uint_eq(rig_peek(&r, "a.add"), RESULTS * h.steps * h.lanes);
        ck_assert_uint_eq(rig_peek(&r, "a.place_add"), RESULTS * h.steps * h.lanes * (h.place - 1));
        ck_assert_uint_eq(rig_peek(&r, "a.result"), RESULTS * h.lanes);
        rig_end(&r);
    }
}
END_TEST

/* The last two lanes of a tag say shift, sign and end; the last partial's tag goes out with the result. Shifts up to 255. */
START_TEST(by_tag)
{
    enum { PARTIALS = 60 };
    static uint64_t tags[PARTIALS * 4];
    struct kp_rng rng = { (uint64_t)_i + 1 };
    struct how h = { 5, 1 + kp_below(&rng, 32), 0, 0, 0, 0, 1, 0, 1, 2 + kp_below(&rng, 62) };
    wide sum[5] = { 0 };
    uint64_t n = 0;

    for (uint32_t i = 0; i < PARTIALS; i++) {
        tags[4 * i] = i;
        tags[4 * i + 1] = kp_below(&rng, 256);
        tags[4 * i + 2] = kp_below(&rng, 8) ? kp_below(&rng, 20) : kp_below(&rng, 256);
        tags[4 * i + 3] = (i + 1 == PARTIALS || !kp_below(&rng, 4)) | kp_below(&rng, 2) << 1;
    }
    rig_begin(&r, "part g give; set g limit %u; set g bits %u; set g chance 70; part a shift_add; set a lanes 5; set a by tag; set a width %u; part k take; "
              "set k chance 60; part gt give; set gt chance 80; part kt take; set kt chance 60; set kt seed 7; wire g.x a.x d2; wire gt.x a.x_tag d2; "
              "wire a.y k.x d1; wire a.y_tag kt.x d1; set a tag 4", PARTIALS, h.bits, h.width);
    rig_items(&r, "gt", tags, PARTIALS * 4);
    rig_ticks(&r, 400);
    for (uint32_t i = 0; i < PARTIALS; i++) {
        for (uint32_t l = 0; l < 5; l++) {
            const uint64_t shift = tags[4 * i + 2];
            const wide v = shift < 64 ? (wide)lane(&h, i, l) * ((wide)1 << shift) : 0;
            sum[l] = wrapped(tags[4 * i + 3] & 2 ? sum[l] - v : sum[l] + v, h.width);
        }
        if (!(tags[4 * i + 3] & 1))
            continue;
        for (uint32_t l = 0; l < 5; sum[l++] = 0)
            KP_HOLDS(rig_signed(&r, "k", n, l) == (int64_t)sum[l], "%s\nresult %llu: %lld, expected %lld", r.script, (unsigned long long)n,
                     (long long)rig_signed(&r, "k", n, l), (long long)sum[l]);
        for (uint32_t l = 0; l < 4; l++)
            KP_HOLDS(rig_item(&r, "kt", n)[l] == tags[4 * i + l], "another tag");
        n++;
    }
    ck_assert_uint_eq(rig_count(&r, "k"), n);
    ck_assert_uint_eq(rig_count(&r, "kt"), n);
    rig_end(&r);
}
END_TEST

/* A tag may end here. */
START_TEST(tag_ends)
{
    rig_begin(&r, "part g give; set g limit 4; set g bits 8; part a shift_add; set a lanes 1; set a steps 2; part k take; part gt give; set gt lanes 3; "
              "set gt limit 4; wire g.x a.x d2; wire gt.x a.x_tag d2; wire a.y k.x d1");
    rig_ticks(&r, 20);
    ck_assert_uint_eq(rig_count(&r, "k"), 2);
    ck_assert_uint_eq(rig_peek(&r, "gt.given"), 4);
    rig_end(&r);
}
END_TEST

/* ---- refusals ---- */

#define WIRED "part g give; set g bits 8; part k take; wire g.x a.x d2; wire a.y k.x d2; "
static const struct { const char *script, *text; } refused[] = {
    { "part a shift_add; set a lanes 1; set a steps 5; set a step 8; " WIRED,
      "f:2: a: the last of 5 steps of 8 bits is shifted beyond a width of 32 bits" },
    { "part a shift_add; set a lanes 1; part kt take; set kt lanes 2; wire a.y_tag kt.x d2; " WIRED,
      "f:2: a: y_tag is wired and x_tag is not; a tag may end here, but not begin" },
    { "part a shift_add; set a lanes 1; set a by tag; " WIRED,
      "f:2: a: by is tag, so the last two lanes of x_tag are shift and flags; wire it to the tag of a slicer" },
    { "part a shift_add; set a lanes 1; set a by tag; part gt give; set gt lanes 1; wire gt.x a.x_tag d2; " WIRED,
      "f:2: a: by is tag, so the last two lanes of x_tag are shift and flags; wire it to the tag of a slicer" },
    { "part a shift_add; set a lanes 65536; set a place 16; set a bits 32; part g give; part k take; wire g.x a.x d2; wire a.y k.x d2; set a lanes 65537",
      "f:10: a.lanes is 65537; expected 0 .. 65536 (values of a result)" },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

static const struct rig_range ranges[] = {
    { "steps", 1, 32, 8, NULL }, { "step", 1, 16, 1, NULL }, { "order", 0, 0, 0, "lsb msb" }, { "top_negative", 0, 1, 0, NULL },
    { "place", 1, 16, 1, NULL }, { "place_negative", 0, 1, 0, NULL }, { "by", 0, 0, 0, "counter tag" }, { "width", 2, 63, 32, NULL },
    { "bits", 0, 32, 0, NULL }, { "tag", 0, 64, 0, NULL },
};
START_TEST(parameters) { rig_ranges("shift_add", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_shift_add(void);
Suite *suite_shift_add(void)
{
    Suite *s = suite_create("shift_add");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, timing, 0, 2);
    tcase_add_test(tc, held);
    tcase_add_test(tc, late);
    tcase_add_loop_test(tc, by_counter, 0, 8);
    tcase_add_loop_test(tc, by_tag, 0, 20);
    tcase_add_test(tc, tag_ends);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

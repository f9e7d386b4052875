/* test_requant_part.c - the part requant.c: which channel and layer a value has, latency, tags, clipping, refusals. The arithmetic is
 * that of requant.h (test_requant.c). */
#include "components/requant.h"
#include "tests/rigs/parts_rig.h"

static struct rig r;
static const uint32_t widths[] = { 1, 8, 31, 32, 33, 64, 65, 144 };
enum { CHANNELS = 200, LAYERS = 3, ITEMS = 8 };
static struct bl_requant rows[LAYERS * CHANNELS];

/* A row a channel and layer, each with another bias and scale. */
static void make_rows(struct kp_rng *rng, uint32_t channels, enum bl_rule rule)
{
    for (uint32_t i = 0; i < LAYERS * channels; i++) {
        rows[i] = (struct bl_requant){ .bias = (int32_t)kp_below(rng, 2000) - 1000 };
        bl_requant_scales(&rows[i], rule, 0.5f, 0.01f * (float)(1 + kp_below(rng, 90)), 1e5f * (float)(1 + kp_below(rng, 9000)));
    }
}

static uint32_t check(uint64_t item, uint32_t l, const struct bl_requant *row, int32_t zero, int32_t lo, int32_t hi)
{
    const int32_t sum = (int32_t)rig_random(1, item, l, 32), want = bl_requant_sum(row, sum, zero, lo, hi);

    KP_HOLDS(rig_item(&r, "k", item)[l] == (uint8_t)want, "%s\nitem %llu, lane %u: %llu, expected %d", r.script, (unsigned long long)item, l,
             (unsigned long long)rig_item(&r, "k", item)[l], want);
    return want == lo || want == hi;
}

/* Channel (i * lanes + l) modulo channels, in the layer that the word says when the item is taken. Both ends pause. */
START_TEST(by_counter)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };

    for (uint32_t round = 0; round < 12; round++) {
        const uint32_t lanes = widths[_i], channels = 1 + kp_below(&rng, CHANNELS), layer = kp_below(&rng, LAYERS), is_signed = kp_below(&rng, 2);
        const int32_t lo = is_signed ? -100 : 10, hi = is_signed ? 100 : 240, zero = (int32_t)kp_below(&rng, 100) - (is_signed ? 50 : 0);
        const uint64_t zeros[] = { 0 }, layers[] = { layer };
        uint32_t clipped = 0;
        make_rows(&rng, channels, (enum bl_rule)(round % 3));
        rig_begin(&r, "part g give; set g limit %u; set g chance 60; part q requant; set q lanes %u; set q channels %u; set q zero %d; set q lo %d; set q hi %d; "
                  "part k take; set k chance 50; part p put; wire g.x q.x d2; wire q.y k.x d2; wire p.q q.layer", ITEMS, lanes, channels, zero, lo, hi);
        rig_items(&r, "p", layers, 1);
        rig_supply(&r, "p", "at", zeros, sizeof zeros);
        rig_supply(&r, "q", "channel", rows, LAYERS * channels * sizeof *rows);
        rig_ticks(&r, 80);
        ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
        for (uint64_t i = 0; i < ITEMS; i++)
            for (uint32_t l = 0; l < lanes; l++)
                clipped += check(i, l, &rows[layer * channels + (i * lanes + l) % channels], zero, lo, hi);
        ck_assert_uint_eq(rig_peek(&r, "q.item"), ITEMS);
        ck_assert_uint_eq(rig_peek(&r, "q.value"), ITEMS * lanes);
        ck_assert_uint_eq(rig_peek(&r, "q.clipped"), clipped);
        rig_end(&r);
    }
}
END_TEST

/* A row of `range` a layer stands for zero, lo and hi. */
START_TEST(by_range)
{
    struct kp_rng rng = { 9 };
    static const struct bl_requant_range range[LAYERS] = { { 0, 0, 255 }, { 130, 100, 200 }, { -3, -128, 127 } };
    const uint64_t zeros[] = { 0 }, layers[] = { (uint64_t)_i };

    make_rows(&rng, 8, BL_F32);
    rig_begin(&r, "part g give; set g limit %u; part q requant; set q lanes 8; set q channels 8; part k take; part p put; wire g.x q.x d2; wire q.y k.x d2;"
              "wire p.q q.layer", ITEMS);
    rig_items(&r, "p", layers, 1);
    rig_supply(&r, "p", "at", zeros, sizeof zeros);
    rig_supply(&r, "q", "channel", rows, LAYERS * 8 * sizeof *rows);
    rig_supply(&r, "q", "range", range, sizeof range);
    rig_ticks(&r, 40);
    ck_assert_uint_eq(rig_count(&r, "k"), ITEMS);
    for (uint64_t i = 0; i < ITEMS; i++)
        for (uint32_t l = 0; l < 8; l++)
            check(i, l, &rows[_i * 8 + (int)l], range[_i].zero, range[_i].lo, range[_i].hi);
    rig_end(&r);
}
END_TEST

START_TEST(range_refused)
{
    static const struct bl_requant_range range = { 0, 0, 255 };
    struct kp_rng rng = { 9 };

    make_rows(&rng, 8, BL_F32);
    rig_begin(&r, "part g give; part q requant; set q lanes 8; set q channels 8; part k take; wire g.x q.x d2; wire q.y k.x d2");
    rig_supply(&r, "q", "channel", rows, LAYERS * 8 * sizeof *rows);
    rig_supply(&r, "q", "range", &range, sizeof range);
    rig_refuses(&r, "f:3: q: range has 1 rows, channel those of 3 layers; expected a row a layer");
}
END_TEST

/* No rows: nobody may ask. */
START_TEST(no_rows)
{
    rig_begin(&r, "part g give; set g limit 1; part q requant; set q lanes 8; set q channels 8; part k take; wire g.x q.x d2; wire q.y k.x d2");
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_msg(strstr(r.told.text, "layer 0; channel has rows for 0") != NULL, "%s", r.told.text);
    rig_end(&r);
}
END_TEST

/* The channel of the first lane comes with the tag, low byte first; the tag goes on or ends here. */
START_TEST(by_tag)
{
    struct kp_rng rng = { (uint64_t)_i + 1 };
    const uint32_t lanes = widths[_i], channels = CHANNELS;
    uint64_t tags[ITEMS * 4];

    make_rows(&rng, channels, BL_F32);
    for (uint32_t i = 0; i < ITEMS; i++) {
        tags[4 * i] = tags[4 * i + 3] = i;
        tags[4 * i + 1] = kp_below(&rng, channels);
        tags[4 * i + 2] = 0;
    }
    for (int ends = 0; ends < 2; ends++) {
        rig_begin(&r, "part g give; set g limit %u; set g chance 60; part q requant; set q lanes %u; set q channels %u; set q by tag; set q lane 1; part k take; "
                  "set k chance 50; part gt give; set gt chance 70; set q tag 4; wire gt.x q.x_tag d2; wire g.x q.x d2; wire q.y k.x d2; %s", ITEMS, lanes,
                  channels, ends ? "" : "part kt take; wire q.y_tag kt.x d3");
        rig_items(&r, "gt", tags, ITEMS * 4);
        rig_supply(&r, "q", "channel", rows, channels * sizeof *rows);
        rig_ticks(&r, 80);
        for (uint64_t i = 0; i < ITEMS; i++) {
            for (uint32_t l = 0; l < lanes; l++)
                check(i, l, &rows[(tags[4 * i + 1] + l) % channels], 0, 0, 255);
            if (!ends)
                KP_HOLDS(!memcmp(rig_item(&r, "kt", i), tags + 4 * i, 4 * sizeof *tags), "another tag");
        }
        rig_end(&r);
    }
}
END_TEST

/* More channels than a byte says. */
START_TEST(high_byte)
{
    static struct bl_requant many[300];
    static const uint64_t tag[] = { 0x2b, 1 }, sum[] = { 7 };

    for (uint32_t i = 0; i < 300; i++)
        many[i] = (struct bl_requant){ .rule = BL_F32, .mult = i == 299 ? 3.0f : 1.0f };
    rig_begin(&r, "part g give; part q requant; set q lanes 1; set q channels 300; set q by tag; set q tag 2; part k take; part gt give; wire gt.x q.x_tag d2; "
              "wire g.x q.x d2; wire q.y k.x d2");
    rig_items(&r, "g", sum, 1);
    rig_items(&r, "gt", tag, 2);
    rig_supply(&r, "q", "channel", many, sizeof many);
    rig_ticks(&r, 20);
    ck_assert_uint_eq(rig_item(&r, "k", 0)[0], 21);
    rig_end(&r);
}
END_TEST

START_TEST(timing)
{
    make_rows(&(struct kp_rng){ 1 }, 1, BL_F32);
    for (int side = 0; side < 3; side++) {              /* nobody, y or y_tag holds */
        rig_begin(&r, "part g give; set g limit 10; part q requant; set q lanes 2; part k take; part gt give; set gt lanes 1; set gt limit 10; part kt take; "
                  "wire gt.x q.x_tag d2; wire q.y_tag kt.x d2; wire g.x q.x d2; wire q.y k.x d2; set %s every %d", side == 2 ? "kt" : "k", side ? 3 : 1);
        rig_supply(&r, "q", "channel", rows, sizeof *rows);
        rig_ticks(&r, 60);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 2);
        ck_assert_uint_eq(rig_last_edge(&r, side == 2 ? "kt" : "k"), side ? 29 : 11);
        ck_assert_uint_eq(rig_spent(&r, "q", "busy"), 10);
        ck_assert_uint_eq(rig_waited(&r, "q", side == 2 ? "y_tag" : "y", 0), side ? 14 : 0);
        ck_assert_uint_eq(rig_spent(&r, "q", "out_full"), side ? 14 : 0);
        rig_sleeps(&r, 1000);
        rig_end(&r);
    }
}
END_TEST

/* What is waited for is the one of two that did not come. */
START_TEST(late)
{
    make_rows(&(struct kp_rng){ 1 }, 1, BL_F32);
    for (int side = 0; side < 2; side++) {
        rig_begin(&r, "part g give; set g limit 1; part q requant; set q lanes 2; part k take; part gt give; set gt lanes 1; set gt limit 1; part kt take; "
                  "wire gt.x q.x_tag d2; wire q.y_tag kt.x d2; wire g.x q.x d2; wire q.y k.x d2; set %s first 20", side ? "gt" : "g");
        rig_supply(&r, "q", "channel", rows, sizeof *rows);
        rig_ticks(&r, 40);
        ck_assert_uint_eq(rig_edge(&r, "k", 0), 22);
        ck_assert_uint_eq(rig_waited(&r, "q", side ? "x_tag" : "x", 0), side ? 20 : 39);
        ck_assert_uint_eq(rig_waited(&r, "q", side ? "x" : "x_tag", 0), side ? 19 : 0);
        rig_end(&r);
    }
}
END_TEST

/* ---- refusals, failures ---- */

#define WIRED "part g give; part k take; wire g.x q.x d2; wire q.y k.x d2; "
static const struct { const char *script, *text; size_t n; } refused[] = {
    { "part q requant; set q lanes 1; set q channels 4; " WIRED, "f:2: q: channel has 6 rows; expected one a channel of each layer, a multiple of channels (4)", 6 },
    { "part q requant; set q lanes 1; set q lo 5; set q hi 4; " WIRED,
      "f:2: q: lo is 5, hi 4; expected lo at most hi, and both within 0 .. 255 or within -128 .. 127", 1 },
    { "part q requant; set q lanes 1; set q lo -5; set q hi 128; " WIRED,
      "f:2: q: lo is -5, hi 128; expected lo at most hi, and both within 0 .. 255 or within -128 .. 127", 1 },
    { "part q requant; set q lanes 1; set q by tag; " WIRED, "f:2: q: by is tag, so lanes 0 and 1 of x_tag are the channel; wire a tag that has them", 1 },
    { "part q requant; set q lanes 1; set q by tag; set q lane 1; part gt give; set gt lanes 2; wire gt.x q.x_tag d2; " WIRED,
      "f:2: q: by is tag, so lanes 1 and 2 of x_tag are the channel; wire a tag that has them", 1 },
    { "part q requant; set q lanes 1; part kt take; set kt lanes 2; wire q.y_tag kt.x d2; " WIRED,
      "f:2: q: y_tag is wired and x_tag is not; a tag may end here, but not begin", 1 },
};
START_TEST(refusals)
{
    rig_begin(&r, "%s", refused[_i].script);
    if (refused[_i].n)
        rig_supply(&r, "q", "channel", rows, refused[_i].n * sizeof *rows);
    rig_refuses(&r, refused[_i].text);
}
END_TEST

START_TEST(no_such_layer)
{
    static const uint64_t zeros[] = { 0 }, layers[] = { 3 };

    rig_begin(&r, "part q requant; set q lanes 1; " WIRED "set g limit 1; part p put; wire p.q q.layer");
    rig_items(&r, "p", layers, 1);
    rig_supply(&r, "p", "at", zeros, sizeof zeros);
    rig_supply(&r, "q", "channel", rows, 3 * sizeof *rows);
    rig_fails(&r, 10, "q, at 1 ps: layer 3; channel has rows for 3");
}
END_TEST

START_TEST(no_such_channel)
{
    static const uint64_t tags[][2] = { { 4, 1 }, { 4, 0 } };
    static const char *const told[] = { "q, at 1 ps: the tag says channel 260; it has 4", "q, at 1 ps: the tag says channel 4; it has 4" };

    for (int i = 0; i < 2; i++) {
        rig_begin(&r, "part q requant; set q lanes 1; set q by tag; set q channels 4; set q tag 2; " WIRED "set g limit 1; part gt give; wire gt.x q.x_tag d2");
        rig_items(&r, "gt", tags[i], 2);
        rig_supply(&r, "q", "channel", rows, 4 * sizeof *rows);
        rig_fails(&r, 10, told[i]);
    }
}
END_TEST

static const struct rig_range ranges[] = {
    { "lanes", 0, 65536, 0, NULL }, { "channels", 1, 65536, 1, NULL }, { "by", 0, 0, 0, "counter tag" }, { "zero", -128, 255, 0, NULL },
    { "lo", -128, 255, 0, NULL }, { "hi", -128, 255, 255, NULL },
};
START_TEST(parameters) { rig_ranges("requant", ranges, sizeof ranges / sizeof *ranges); }
END_TEST

Suite *suite_requant_part(void);
Suite *suite_requant_part(void)
{
    Suite *s = suite_create("requant_part");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, by_counter, 0, (int)(sizeof widths / sizeof *widths));
    tcase_add_loop_test(tc, by_range, 0, LAYERS);
    tcase_add_test(tc, range_refused);
    tcase_add_test(tc, no_rows);
    tcase_add_loop_test(tc, by_tag, 0, (int)(sizeof widths / sizeof *widths));
    tcase_add_test(tc, high_byte);
    tcase_add_test(tc, timing);
    tcase_add_test(tc, late);
    tcase_add_loop_test(tc, refusals, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tc, no_such_layer);
    tcase_add_test(tc, no_such_channel);
    tcase_add_test(tc, parameters);
    suite_add_tcase(s, tc);
    return s;
}

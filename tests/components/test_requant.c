/* test_requant.c - requantisation against exact integer arithmetic, and its corner cases. */
#include "components/requant.h"

#include <check.h>
#include <string.h>

#include "platforms/net/draw.h"

Suite *suite_requant(void);

static const struct { const char *what; int32_t acc; float mult; int32_t zp, lo, hi, out; } CASES[] = {
    /*                          acc          mult    zp    lo   hi   out */
    { "zero",                     0,         1.0f,    0,    0, 255,    0 },
    { "half to even, down",       1,         0.5f,    0,    0, 255,    0 },
    { "half to even, up",         3,         0.5f,    0,    0, 255,    2 },
    { "negative half",           -1,         0.5f,    7,    0, 255,    7 },
    { "negative half, up",       -3,         0.5f,    7,    0, 255,    5 },
    { "zero point after round",   1,         0.5f,    1,    0, 255,    1 },
    { "saturates high",         300,         1.0f,    0,    0, 255,  255 },
    { "saturates low",         -300,         1.0f,    0, -128, 127, -128 },
    { "clamp holds zero point",  10,         1.0f,  120, -128, 127,  127 },
    { "relu clamps at zp",      -10,         1.0f,   20,   20, 255,   20 },
    { "largest sum",      INT32_MAX,         1e9f,    3,    0, 255,  255 },
    { "smallest sum",     INT32_MIN,         1e9f,    3,    0, 255,    0 },
    { "float rounding of acc", 16777217, 1.0f / 16777216.0f, 0, 0, 255, 1 },
    { "just below a half",  8388607, 1.0f / 16777216.0f,   0,    0, 255,    0 },
};

START_TEST(cases)
{
    int32_t got = bl_requant(CASES[_i].acc, CASES[_i].mult, CASES[_i].zp, CASES[_i].lo, CASES[_i].hi);

    ck_assert_msg(got == CASES[_i].out, "%s: got %d, wanted %d", CASES[_i].what, (int)got, (int)CASES[_i].out);
}
END_TEST

START_TEST(odd_floats)
{
    ck_assert_int_eq(bl_requant_real(INFINITY, 5, 0, 255), 255);
    ck_assert_int_eq(bl_requant_real(-INFINITY, 5, 0, 255), 0);
    ck_assert_int_eq(bl_requant_real(NAN, 5, 0, 255), 0);
    ck_assert_int_eq(bl_requant_real(-0.0f, 5, 0, 255), 5);
}
END_TEST

/* v as m * 2^e, then rounded to even with shifts: no floating point. */
static int64_t round_exact(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    int64_t m = (u & 0x7fffff) | (u >> 23 & 255 ? 0x800000 : 0);
    int e = (int)(u >> 23 & 255) - 150;

    if (e >= 0)
        m = e > 30 ? INT64_MAX / 2 : m << e;
    else if (e < -40)
        m = 0;
    else {
        int64_t whole = m >> -e, rest = m & ((INT64_C(1) << -e) - 1), half = INT64_C(1) << (-e - 1);
        m = whole + (rest > half || (rest == half && (whole & 1)));
    }
    return u >> 31 ? -m : m;
}

START_TEST(against_integers)
{
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t d = bl_draw(11, 2 * i), f = bl_draw(11, 2 * i + 1);
        int32_t acc = (int32_t)((uint32_t)d >> (f & 15));          /* many sizes */
        acc = f & 16 ? -acc : acc;
        float mult = (float)((f >> 8 & 0xffffff) + 1) / (float)(1u << (f >> 32 & 31)), v = (float)acc * mult;
        int32_t zp = (int32_t)(f >> 40 & 255), lo = f & 32 ? zp : 0;
        int64_t want = round_exact(v) + zp;
        want = want < lo ? lo : want > 255 ? 255 : want;
        ck_assert_int_eq(bl_requant(acc, mult, zp, lo, 255), want);
    }
}
END_TEST

START_TEST(rows_and_sums)
{
    static const int32_t ACC[5] = { -4, -1, 1, 3, 4000 };
    uint8_t out[5];

    bl_requant_row(ACC, out, 5, 0.5f, -2, -128, 127);
    ck_assert_int_eq((int8_t)out[0], -4);
    ck_assert_int_eq((int8_t)out[1], -2);
    ck_assert_int_eq((int8_t)out[2], -2);
    ck_assert_int_eq((int8_t)out[3], 0);
    ck_assert_int_eq((int8_t)out[4], 127);
    ck_assert_int_eq(bl_requant_add(3, 0.5f, -1, 1.0f, 10, 0, 255), 10);   /* 0.5 to even */
    ck_assert_int_eq(bl_requant_add(5, 0.5f, 1, 1.0f, 10, 0, 255), 14);    /* 3.5 to even */
}
END_TEST

START_TEST(multipliers)
{
    /* (s_x * s_w) / s_y rounds twice: the other order gives another float for these */
    float sx = 0.1f, sw = 0.3f, sy = 0.7f, p = sx * sw, want = p / sy;
    ck_assert(bl_requant_mult(sx, sw, sy) >= want && bl_requant_mult(sx, sw, sy) <= want);
    ck_assert(bl_requant_mean(2.0f, 0.5f, 16) >= 0.25f && bl_requant_mean(2.0f, 0.5f, 16) <= 0.25f);
}
END_TEST

Suite *suite_requant(void)
{
    Suite *s = suite_create("requant");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, cases, 0, sizeof CASES / sizeof *CASES);
    tcase_add_test(c, odd_floats);
    tcase_add_test(c, against_integers);
    tcase_add_test(c, rows_and_sums);
    tcase_add_test(c, multipliers);
    suite_add_tcase(s, c);
    return s;
}

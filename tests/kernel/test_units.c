/* test_units.c - units.c: exact times, prices and voltages from text and back. */
#include "kernel/sim.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static const struct { const char *text; uint64_t fs; } good_times[] = {
    { "0", 0 },
    { "0 ns", 0 },
    { "6 ns", 6000000 },
    { "6ns", 6000000 },
    { " 6  ns ", 6000000 },
    { "1.5 us", 1500000000 },
    { "2.50 ps", 2500 },
    { "1e3 fs", 1000 },
    { "1.25E-1 ps", 125 },
    { "200 MHz", 5000000 },
    { "0.2 GHz", 5000000 },
    { "62.5 MHz", 16000000 },
    { "1 Hz", UINT64_C(1000000000000000) },
    { "1 THz", 1000 },
    { "1000 THz", 1 },
    { "5 s", UINT64_C(5000000000000000) },
    { "18446.7 s", UINT64_C(18446700000000000000) },
    { "18446.744073709551 s", UINT64_C(18446744073709551000) },
    { "18446744073709551.6 ps", UINT64_C(18446744073709551600) },         /* eighteen digits, and near the longest */
    { "000000000000000000006 ns", 6000000 },                              /* leading zeros are no digits */
    { "0.000000000000000000e0 ns", 0 },
    { "123456789012345678 fs", UINT64_C(123456789012345678) },
    { "1e19 fs", UINT64_C(10000000000000000000) },
    { "10e+18 fs", UINT64_C(10000000000000000000) },
    { "0e99 s", 0 },
    { "1000000000000000e-30 s", 1 },
    { "0.001 Hz", UINT64_C(1000000000000000000) },
    { "500 THz", 2 },
    { "1e-4 Hz", UINT64_C(10000000000000000000) },
};

START_TEST(good_time)
{
    struct heard h;
    uint64_t fs = 99;

    ck_assert_msg(bl_parse_time(good_times[_i].text, &fs, heard_start(&h), NULL) == 0, "%s", h.text);
    ck_assert_uint_eq(fs, good_times[_i].fs);
    ck_assert_str_eq(h.text, "");
}
END_TEST

static const struct { const char *text, *message; } bad_times[] = {
    { "333 MHz", "f:1:2: '333 MHz' has a period of no whole number of fs; the nearest are 3003003 fs (333.000000333 MHz) and "
                 "3003004 fs (332.999889444 MHz)" },
    { "1.5 fs", "f:1:2: '1.5 fs' is no whole number of fs; the nearest are 1 fs and 2 fs" },
    { "1.0000005 ns", "f:1:2: '1.0000005 ns' is no whole number of fs; the nearest are 1 ns and 1000001 fs" },
    { "1e-60 s", "f:1:2: '1e-60 s' is no whole number of fs; the nearest are 0 s and 1 fs" },
    { "6", "f:1:2: '6' has no unit; write it like '6 ns' or '200 MHz'" },
    { "6 nz", "f:1:2: '6 nz' has the unknown unit 'nz'; did you mean 'ns'?" },
    { "6 NS", "f:1:2: '6 NS' has the unknown unit 'NS'; did you mean 'ns'?" },
    { "200 Mhz", "f:1:2: '200 Mhz' has the unknown unit 'Mhz'; did you mean 'MHz'?" },
    { "6 parsec", "f:1:2: '6 parsec' has the unknown unit 'parsec'; expected one of fs ps ns us ms s Hz kHz MHz GHz THz" },
    { "6 ns 3", "f:1:2: '6 ns 3' has the unknown unit 'ns 3'; did you mean 'ns'?" },
    { "soon", "f:1:2: 'soon' is not a time; expected a number and a unit, like '6 ns' or '200 MHz'" },
    { "", "f:1:2: '' is not a time; expected a number and a unit, like '6 ns' or '200 MHz'" },
    { ".", "f:1:2: '.' is not a time; expected a number and a unit, like '6 ns' or '200 MHz'" },
    { "-5 ns", "f:1:2: '-5 ns' is negative; expected zero or more" },
    { "1234567890123456789 fs", "f:1:2: '1234567890123456789 fs' has more than 18 digits; write it shorter" },
    { "20000 s", "f:1:2: '20000 s' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "1e99 fs", "f:1:2: '1e99 fs' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "1e-9 Hz", "f:1:2: '1e-9 Hz' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "1e-90 Hz", "f:1:2: '1e-90 Hz' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "0 MHz", "f:1:2: '0 MHz' has no period; expected a frequency above 0" },
    { "2000 THz", "f:1:2: '2000 THz' has a period below 1 fs; the shortest is 1 fs (1000 THz)" },
    { "1e20 fs", "f:1:2: '1e20 fs' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "18446.7440737096 s", "f:1:2: '18446.7440737096 s' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "5e-5 Hz", "f:1:2: '5e-5 Hz' is too long; times go up to 18446744073709551614 fs, about 5 hours" },
    { "1e-38 fs", "f:1:2: '1e-38 fs' is no whole number of fs; the nearest are 0 s and 1 fs" },
    { "1e-39 fs", "f:1:2: '1e-39 fs' is no whole number of fs; the nearest are 0 s and 1 fs" },
    { "99.5 fs", "f:1:2: '99.5 fs' is no whole number of fs; the nearest are 99 fs and 100 fs" },
    { "3 THz", "f:1:2: '3 THz' has a period of no whole number of fs; the nearest are 333 fs (3.003003003 THz) and 334 fs (2.99401197605 THz)" },
    { "0.3 Hz", "f:1:2: '0.3 Hz' has a period of no whole number of fs; the nearest are 3333333333333333 fs (0.3 Hz) and 3333333333333334 fs (0.3 Hz)" },
    { "-.5 ns", "f:1:2: '-.5 ns' is negative; expected zero or more" },
    { "- 5 ns", "f:1:2: '- 5 ns' is not a time; expected a number and a unit, like '6 ns' or '200 MHz'" },
    { "6 n", "f:1:2: '6 n' has the unknown unit 'n'; expected one of fs ps ns us ms s Hz kHz MHz GHz THz" },
    { "1e40 Hz", "f:1:2: '1e40 Hz' has a period below 1 fs; the shortest is 1 fs (1000000000000000 Hz)" },
};

START_TEST(bad_time)
{
    struct heard h;
    uint64_t fs = 99;

    ck_assert_int_eq(bl_parse_time(bad_times[_i].text, &fs, heard_start(&h), "f:1:2"), -1);
    ck_assert_str_eq(h.text, bad_times[_i].message);
    ck_assert_uint_eq(fs, 99);
    ck_assert_uint_eq(h.diag.errors, 1);
}
END_TEST

START_TEST(without_prefix)
{
    struct heard h;
    uint64_t fs;

    ck_assert_int_eq(bl_parse_time("6", &fs, heard_start(&h), NULL), -1);
    ck_assert_str_eq(h.text, "'6' has no unit; write it like '6 ns' or '200 MHz'");
}
END_TEST

static const struct { uint64_t fs; const char *text; } time_texts[] = {
    { 0, "0 s" }, { 1, "1 fs" }, { 100, "100 fs" }, { 1000, "1 ps" }, { 1500, "1.5 ps" }, { 6000000, "6 ns" },
    { 1500000000, "1.5 us" }, { 500000000000, "500 us" }, { UINT64_C(1000000000000000), "1 s" }, { 1000001, "1000001 fs" },
    { 1001000, "1001 ps" }, { 62500000, "62.5 ns" }, { UINT64_MAX, "18446744073709551615 fs" },
};

START_TEST(time_text)
{
    char buf[40];

    ck_assert_ptr_eq(bl_time_text(time_texts[_i].fs, buf), buf);
    ck_assert_str_eq(buf, time_texts[_i].text);
}
END_TEST

/* What is written is read back as the same time, whatever its size; 18 digits are the limit of the reader. */
START_TEST(time_there_and_back)
{
    uint64_t x = 7;

    for (int i = 0; i < 20000; i++) {
        struct heard h;
        char buf[40];
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        uint64_t fs = (x >> (5 + x % 59)) * (i % 3 ? 1 : 1000), back = ~fs;
        if (fs >= UINT64_C(1000000000000000000))
            continue;
        bl_time_text(fs, buf);
        ck_assert_msg(bl_parse_time(buf, &back, heard_start(&h), NULL) == 0, "%s", h.text);
        ck_assert_uint_eq(back, fs);
    }
}
END_TEST

typedef int parser(const char *, double *, struct bl_diag *, const char *);
static const struct { parser *parse; const char *text; double value; } good_reals[] = {
    { bl_parse_energy, "12.5 fJ", 12.5e9 },
    { bl_parse_energy, "834 fJ", 834e9 },
    { bl_parse_energy, "1 yJ", 1 },
    { bl_parse_energy, "0.4 yJ", 0.4 },
    { bl_parse_energy, "3 aJ", 3e6 },
    { bl_parse_energy, "3.98 pJ", 3.98e12 },
    { bl_parse_energy, "2 nJ", 2e15 },
    { bl_parse_energy, "1 J", 1e24 },
    { bl_parse_energy, "1e-4 J", 1e20 },       /* steps of 10^22: one less, just that, one more, and twice */
    { bl_parse_energy, "1e-3 J", 1e21 },
    { bl_parse_energy, "1e-2 J", 1e22 },
    { bl_parse_energy, "1e-1 J", 1e23 },
    { bl_parse_energy, "1e19 J", 1e43 },
    { bl_parse_energy, "1e20 J", 1e44 },
    { bl_parse_energy, "1e21 J", 1e22 * 1e22 * 10 },
    { bl_parse_energy, "1e-21 yJ", 1e-21 },
    { bl_parse_energy, "1e-22 yJ", 1e-22 },
    { bl_parse_energy, "1e-23 yJ", 1 / 1e22 / 10 },
    { bl_parse_energy, "0", 0 },
    { bl_parse_power, "3 uW", 3000 },
    { bl_parse_power, "1.2 mW", 1.2e6 },
    { bl_parse_power, "500 pW", 0.5 },
    { bl_parse_power, "2 W", 2e9 },
    { bl_parse_volts, "0.6 V", 600000 },
    { bl_parse_volts, "900 mV", 900000 },
};

START_TEST(good_real)
{
    struct heard h;
    double v = -1;

    ck_assert_msg(good_reals[_i].parse(good_reals[_i].text, &v, heard_start(&h), NULL) == 0, "%s", h.text);
    ck_assert_double_eq(v, good_reals[_i].value);
}
END_TEST

static const struct { parser *parse; const char *text, *message; } bad_reals[] = {
    { bl_parse_energy, "834", "f: '834' has no unit; write it like '12.5 fJ'" },
    { bl_parse_energy, "834 fF", "f: '834 fF' has the unknown unit 'fF'; did you mean 'fJ'?" },
    { bl_parse_energy, "3 calories", "f: '3 calories' has the unknown unit 'calories'; expected one of yJ zJ aJ fJ pJ nJ uJ mJ J" },
    { bl_parse_power, "1.2", "f: '1.2' has no unit; write it like '3 uW'" },
    { bl_parse_power, "much", "f: 'much' is not a power; expected a number and a unit, like '3 uW'" },
    { bl_parse_volts, "-0.6 V", "f: '-0.6 V' is negative; expected zero or more" },
    { bl_parse_volts, "nan V", "f: 'nan V' is not a voltage; expected a number and a unit, like '0.6 V'" },
};

START_TEST(bad_real)
{
    struct heard h;
    double v = -1;

    ck_assert_int_eq(bad_reals[_i].parse(bad_reals[_i].text, &v, heard_start(&h), "f"), -1);
    ck_assert_str_eq(h.text, bad_reals[_i].message);
    ck_assert_double_eq(v, -1);
}
END_TEST

START_TEST(yj_text)
{
    char buf[40];

    ck_assert_str_eq(bl_yj_text(0, buf), "0");
    ck_assert_str_eq(bl_yj_text(834000000000, buf), "834000000000");
    ck_assert_str_eq(bl_yj_text((bl_yj)UINT64_MAX + 1, buf), "18446744073709551616");
    ck_assert_str_eq(bl_yj_text(~(bl_yj)0, buf), "340282366920938463463374607431768211455");
}
END_TEST

Suite *suite_units(void);
Suite *suite_units(void)
{
    Suite *s = suite_create("units");
    TCase *t = tcase_create("units");

    tcase_add_loop_test(t, good_time, 0, COUNT(good_times));
    tcase_add_loop_test(t, bad_time, 0, COUNT(bad_times));
    tcase_add_test(t, without_prefix);
    tcase_add_loop_test(t, time_text, 0, COUNT(time_texts));
    tcase_add_test(t, time_there_and_back);
    tcase_add_loop_test(t, good_real, 0, COUNT(good_reals));
    tcase_add_loop_test(t, bad_real, 0, COUNT(bad_reals));
    tcase_add_test(t, yj_text);
    suite_add_tcase(s, t);
    return s;
}

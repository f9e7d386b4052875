/* test_what_if.c - what a change would bring: reruns by a parameter and on faster clocks, on shipped platforms; bounds hold; what cannot be asked is refused
 * before anything runs. */
#include "tests/rigs/heard.h"
#include "tools/run/what_if.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct heard h;

struct asked { struct bl_setup_opts so; struct bl_setup *u; struct bl_texts of; struct bl_what_if w; };

static void ask(struct asked *a, const char *platform, const char *const *what, size_t n)
{
    memset(a, 0, sizeof *a);
    a->so = (struct bl_setup_opts){ .platform = platform, .path = true, .images = { true, 1 } };
    a->u = bl_setup_open(&a->so, heard_start(&h));
    ck_assert_msg(a->u != NULL, "%s", h.text);
    for (size_t i = 0; i < n; i++)
        bl_texts_add(&a->of, (char *)(uintptr_t)what[i]);
    a->w = (struct bl_what_if){ .so = &a->so, .asked = &a->of, .base = a->u, .diag = a->u->diag };
}

static void done(struct asked *a)
{
    bl_texts_free(&a->of);
    bl_setup_close(a->u);
}

static json_t *rows_of(struct asked *a)
{
    ck_assert_msg(bl_what_if_check(&a->w) == 0, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(a->u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    json_t *rows = bl_what_if_rows(&a->w);
    ck_assert_msg(rows != NULL, "%s", h.text);
    return rows;
}

static json_int_t number(const json_t *rows, size_t i, const char *key) { return json_integer_value(json_object_get(json_array_get(rows, i), key)); }
static const char *text(const json_t *rows, size_t i, const char *key)
{
    const char *s = json_string_value(json_object_get(json_array_get(rows, i), key));

    return s ? s : "";
}

/* IMAGINE's DRAM side is in step: one of its parts alone brings next to nothing, or costs; all of them a third of the run. */
START_TEST(imagine_in_step)
{
    static const char *const what[] = { "dram_port*2", "weight_loader*2", "host*2", "dram_port*2,weight_loader*2,host*2" };
    static const json_int_t cycles[] = { 12, 4, -221, 6849 };
    const json_int_t cycle = 782253000;
    struct asked a;

    ask(&a, "imagine", what, 4);
    json_t *rows = rows_of(&a);
    ck_assert_uint_eq(json_array_size(rows), 4 + 3);         /* two of the three single ones at once; the fourth has them all */
    for (size_t i = 0; i < 4; i++) {
        ck_assert_str_eq(text(rows, i, "change"), what[i]);
        ck_assert_int_lt(llabs(number(rows, i, "saved_fs") - cycles[i] * cycle) - 1, cycle);
        ck_assert_int_le(number(rows, i, "saved_fs"), number(rows, i, "at_most_fs"));
        ck_assert_str_eq(text(rows, i, "outputs"), "same");
        ck_assert_int_eq(number(rows, i, "fs") + number(rows, i, "saved_fs"), (json_int_t)bl_now(a.u->sim));
    }
    for (size_t i = 4; i < 7; i++) {
        size_t p = i == 6 ? 1 : 0, q = i == 4 ? 1 : 2;
        ck_assert_int_eq(number(rows, i, "interaction_fs"), number(rows, i, "saved_fs") - number(rows, p, "saved_fs") - number(rows, q, "saved_fs"));
    }
    json_decref(rows);
    done(&a);
}
END_TEST

static const struct { const char *platform, *what; } held[] = {
    { "osa_hcim", "rw_io*2" }, { "osa_hcim", "host*2" }, { "osa_hcim", "act_regs*3" }, { "osa_hcim", "rw_io*2,host*2" }, { "bf_imna", "map*2" },
    { "bf_imna", "mesh*2" }, { "bf_imna", "ctrl*2" }, { "bf_imna", "chip*2" }, { "bf_imna", "chip*5,ctrl*5" }, { "bf_imna", "chip*2,ctrl*2,map*2,mesh*2" },
    { "imagine", "dram_port*3" }, { "imagine", "dram_port*3,host*3,weight_loader*3" }, { "imagine", "out_latch*3" },
};

/* A faster clock brings no more than (1 - 1/f) of what its parts have on the path, but for a cycle. */
START_TEST(bounds_hold)
{
    struct bl_clock_row c;
    struct asked a;

    ask(&a, held[_i].platform, &held[_i].what, 1);
    json_t *rows = rows_of(&a);
    bl_clock_at(a.u->sim, 0, &c);
    ck_assert_msg(number(rows, 0, "saved_fs") <= number(rows, 0, "at_most_fs") + (json_int_t)c.period_fs, "%s: %s saves %lld fs of %lld", held[_i].platform,
                  held[_i].what, (long long)number(rows, 0, "saved_fs"), (long long)number(rows, 0, "at_most_fs"));
    json_decref(rows);
    done(&a);
}
END_TEST

/* A parameter has no bound here; other work is said. */
START_TEST(by_a_parameter)
{
    static const char *const what[] = { "adc.rho=1", "ose.l_ose=9" };
    struct asked a;

    ask(&a, "osa_hcim", what, 2);
    json_t *rows = rows_of(&a);
    ck_assert(json_is_null(json_object_get(json_array_get(rows, 0), "at_most_fs")));
    ck_assert_str_eq(text(rows, 0, "outputs"), "same");
    ck_assert_uint_eq(json_array_size(rows), 3);
    ck_assert_str_eq(text(rows, 2, "change"), "adc.rho=1,ose.l_ose=9");
    json_decref(rows);
    done(&a);
}
END_TEST

/* Without a net the work is what parts count. Any sink of back_pressure ends the run: a faster one ends it sooner, with other work, so there is no bound;
 * with a faster map the cluster does the same. */
START_TEST(without_a_net)
{
    static const struct { const char *platform, *what, *outputs; bool bound; } rows_[] = {
        { "back_pressure", "sink[0]*2", "differ", false }, { "bf_imna_mesh", "map*2", "same", true } };
    struct asked a = { .so = { .platform = rows_[_i].platform, .path = true } };

    a.u = bl_setup_open(&a.so, heard_start(&h));
    ck_assert_msg(a.u != NULL, "%s", h.text);
    bl_texts_add(&a.of, (char *)(uintptr_t)rows_[_i].what);
    a.w = (struct bl_what_if){ .so = &a.so, .asked = &a.of, .base = a.u, .diag = a.u->diag };
    json_t *rows = rows_of(&a);
    ck_assert_int_gt(number(rows, 0, "saved_fs"), 0);
    ck_assert_str_eq(text(rows, 0, "outputs"), rows_[_i].outputs);
    ck_assert_int_eq(json_is_integer(json_object_get(json_array_get(rows, 0), "at_most_fs")), rows_[_i].bound);
    ck_assert(!rows_[_i].bound || number(rows, 0, "saved_fs") <= number(rows, 0, "at_most_fs"));
    json_decref(rows);
    done(&a);
}
END_TEST

static const struct { const char *platform, *what, *says; } refused[] = {
    { "imagine", "fetch_agu*2", "a pipe from fetch_agu to lmem would cross clocks, and a pipe is one register: make both faster" },
    { "osa_hcim", "controller*2", "dat works by each word of controller (BL_STREAM): on another clock it would miss words; make both faster" },
    { "osa_hcim", "nobody*2", "--what-if nobody*2: there is no part 'nobody'; `bitline show` lists them" },
    { "osa_hcim", "host*7", "--what-if host*7: host*7: the period of clock core, 6000000 fs, has no whole 7-th part; expected a divisor of it from 2 on" },
    { "osa_hcim", "host*", "--what-if host*: 'host*' has no factor; expected a whole number from 2 on behind the '*', as dram_port*2" },
    { "osa_hcim", "host", "--what-if host: 'host' names no part and factor; expected PART*F, as dram_port*2" },
    { "osa_hcim", "adc*2", "--what-if adc*2: adc: class osa_adc has no clock that could be faster; change the time that it takes" },
    { "osa_hcim", "adc.rho=9", "adc.rho" }, { "osa_hcim", "nothing=1", "'nothing' cannot be set" },
    { "osa_hcim", "host*2,host*3", "--what-if: 'host*3' changes what another item of the same change changes; say it once" },
};

START_TEST(what_is_refused)
{
    struct asked a;

    ask(&a, refused[_i].platform, &refused[_i].what, 1);
    heard_start(&h);
    ck_assert_int_eq(bl_what_if_check(&a.w), -1);
    ck_assert_msg(strstr(h.text, refused[_i].says) != NULL, "'%s' is not in: %s", refused[_i].says, h.text);
    ck_assert_uint_eq(bl_now(a.u->sim), 0);
    done(&a);
}
END_TEST

Suite *suite_what_if(void);
Suite *suite_what_if(void)
{
    Suite *s = suite_create("what_if");
    TCase *c = tcase_create("reruns"), *d = tcase_create("refusals");

    tcase_add_test(c, imagine_in_step);
    tcase_add_loop_test(c, bounds_hold, 0, sizeof held / sizeof *held);
    tcase_add_test(c, by_a_parameter);
    tcase_add_loop_test(c, without_a_net, 0, 2);
    tcase_add_loop_test(d, what_is_refused, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return s;
}

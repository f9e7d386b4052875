/* small_report.h - reports of small platforms made of the classes in small_parts.h, for tests of what is done
 * with reports. */
#ifndef BL_TESTS_SMALL_REPORT_H
#define BL_TESTS_SMALL_REPORT_H

#include "tests/rigs/heard.h"
#include "tests/rigs/small_parts.h"
#include "tools/report/report.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* src sends every cycle, snk takes every fourth: src stalls on three of four once the channel is full. */
static const char SMALL_PLATFORM[] =
    "platform: small\n"
    "clocks: { core: 5 ns }\n"
    "parts:\n"
    "  a: { class: src, clock: core }\n"
    "  b: { class: snk, clock: core, every: 4 }\n"
    "  many: { class: put, clock: core, count: 9 }\n"
    "wires:\n"
    "  - a.x -> b.x depth 2\n"
    "expect:\n"
    "  - a.out_full > 50 %\n"
    "  - b.got == 3\n";

static const struct bl_price small_prices[] = {
    { .cls = "src", .item = "sent", .value = 1000, .is_power = false, .tag = BL_FACT, .source = "a paper" },
    { .cls = "src", .item = "out_full", .value = 7, .is_power = true, .tag = BL_DERIVED, .source = "two papers" },
    { .cls = "snk", .item = "static", .value = 3, .is_power = true, .tag = BL_CALIBRATED, .source = "fitted" },
    { .cls = "put", .item = "busy", .value = 2, .is_power = true, .tag = BL_FREE, .source = "we said so" },
};

/* A result as a job would hand it over; every figure differs from every other. */
static inline const struct bl_result *small_result(double snr)
{
    static struct bl_layer_result layers[2];
    static struct bl_figure figures[2] = { { "boundary_3", "ops", "at B = 3", 17 }, { "nan", "", "no number", NAN } };
    static struct bl_result r;

    layers[0] = (struct bl_layer_result){ .name = "conv<1>", .kind = "conv", .in_c = 1, .in_h = 28, .in_w = 27, .out_c = 16, .out_h = 14,
        .out_w = 13, .kh = 3, .kw = 5, .stride = 2, .groups = 1, .on_array = true, .w_bits = 4, .a_bits = 6, .out_bits = 8, .macs = 28224, .tiles = 6, .ops = 77, .cycles = 12,
        .load_cycles = 4, .outputs = 3136, .mismatches = 5, .max_abs_err = 9, .utilisation = 0.25, .signal = 4, .error = 2,
        .energy = 1234 };
    layers[1] = (struct bl_layer_result){ .name = "flat", .kind = "reshape", .a_bits = 8, .out_bits = 8, .in_c = 16, .in_h = 14, .in_w = 13, .out_c = 2912, .out_h = 1,
        .out_w = 1, .kh = 1, .kw = 1, .stride = 1, .groups = 1 };
    r = (struct bl_result){ .images = 2, .has_labels = true, .correct = 1, .reference_correct = 2, .agree = 1, .outputs = 20,
        .mismatches = 3, .snr_db = snr, .first = { true, 1, 0, 2, 3, 4, -5, 6 }, .cycles_min = 100, .cycles_median = 110,
        .cycles_max = 120, .macs = 56448, .ops = 154, .nlayers = 2, .layers = layers, .nfigures = 2, .figures = figures,
        .approximate = true };
    return &r;
}

struct small_run { struct heard h; struct bl_platform *p; struct bl_sim *s; struct bl_texts no, said; struct bl_report_in in; };

static inline void small_said(void *ctx, const char *line) { bl_texts_add(ctx, strdup(line)); }

/* What --set would give the next of them; the text NULL: nothing. */
static struct bl_set_opt small_set __attribute__((unused));

/* Runs a platform to `until` and asks for its report; r->h has what was said. */
static inline json_t *small_report_of(struct small_run *r, const char *platform, const struct bl_class *const *classes, uint64_t until,
                                      const struct bl_result *result)
{
    struct bl_diag *diag = heard_start(&r->h), said = { .put = small_said, .ctx = &r->said };
    static const struct bl_net net = { .name = "tiny.csv", .nlayers = 2, .generated = true };

    r->no = r->said = (struct bl_texts){ 0 };
    r->p = bl_platform_parse("dir/small.yaml", platform, strlen(platform), &small_set, small_set.text != NULL, diag);
    r->s = bl_open(classes, diag);
    ck_assert_msg(r->p && bl_platform_apply(r->p, r->s) == 0, "%s", r->h.text);
    for (size_t i = 0; i < sizeof small_prices / sizeof small_prices[0]; i++)
        if (bl_class_find(classes, small_prices[i].cls))
            ck_assert_int_eq(bl_set_price(r->s, &small_prices[i], "test"), 0);
    ck_assert_msg(bl_elaborate(r->s) == 0 && bl_expect_resolve(r->p, r->s, diag) == 0, "%s", r->h.text);
    if (until)
        ck_assert_int_eq(bl_run(r->s, until), BL_END_LIMIT);
    bl_expect_check(r->p, r->s, &said);
    r->in = (struct bl_report_in){ .sim = r->s, .platform = r->p, .platform_file = "dir/small.yaml", .end = "limit",
        .false_expects = &r->said, .sets = &r->no, .seed = 1, .until_fs = until, .result = result, .net = result ? &net : NULL,
        .net_file = "tiny.csv", .count = 2 };
    return bl_report_make(&r->in, diag);
}

static inline json_t *small_report(struct small_run *r, uint64_t until, const struct bl_result *result)
{
    return small_report_of(r, SMALL_PLATFORM, small_classes, until, result);
}

static inline void small_done(struct small_run *r, json_t *report)
{
    json_decref(report);
    bl_close(r->s);
    bl_platform_free(r->p);
    for (size_t i = 0; i < r->said.n; i++)
        free((char *)(uintptr_t)r->said.v[i]);
    free(r->said.v);
}

static inline char *small_view(const json_t *report, enum bl_form form)
{
    struct heard h;
    size_t n;
    char *text = bl_report_view(report, form, NULL, &n, heard_start(&h));

    ck_assert_msg(text && strlen(text) == n, "%s", h.text);
    return text;
}

/* The same as one line: each run of blanks and ends of lines is one blank, so that it does not matter where a line was broken. */
static inline char *small_flat(char *text)
{
    char *to = text;

    for (const char *c = text; *c; c++)
        if (*c != ' ' && *c != '\n')
            *to++ = *c;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
    return text;
}

#endif

/* test_path_account.c - the critical path of the shipped platforms: known answers; each declaration is needed, a false one refused; and no rerun saves
 * more than the rows that it shortens had. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/undeclared.h"

#include <stdio.h>

static struct heard h;

struct ran { struct bl_setup *u; uint64_t *v; };

static struct ran ran_with(const char *platform, const struct bl_class *const *classes, const char *const *sets, size_t nsets)
{
    struct bl_setup_opts o = { .platform = platform, .classes = classes, .path = true, .set = { sets, nsets },
                               .images = { strcmp(platform, "bf_imna_mesh") && strcmp(platform, "back_pressure"), 1 } };
    struct ran r = { .u = bl_setup_open(&o, heard_start(&h)) };

    ck_assert_msg(r.u != NULL, "%s", h.text);
    bl_setup_run(r.u, strcmp(platform, "back_pressure") ? BL_FOREVER : 2 * BL_US, NULL, NULL);
    r.v = calloc(bl_path_numbers(r.u->sim), sizeof *r.v);
    bl_path_total(r.u->sim, r.v);
    return r;
}

static struct ran ran(const char *platform, const struct bl_class *const *classes) { return ran_with(platform, classes, NULL, 0); }

static void end(struct ran *r)
{
    free(r->v);
    bl_setup_close(r->u);
}

/* Of a part, of one of its verdicts (NULL: all), fs. part NULL: of everybody. */
static uint64_t share(const struct ran *r, const char *part, const char *verdict)
{
    uint64_t fs = 0;

    for (size_t i = 0; i < bl_path_numbers(r->u->sim); i++) {
        struct bl_path_row row;
        ck_assert_int_eq(bl_path_at(r->u->sim, i, &row), 0);
        if (row.part && !row.other && (!part || !strcmp(row.part, part)) && (!verdict || !strcmp(row.verdict, verdict)))
            fs += r->v[i];
    }
    return fs;
}

static double percent(const struct ran *r, const char *part) { return 100 * (double)share(r, part, NULL) / (double)bl_now(r->u->sim); }

/* ---- answers ---- */

static const struct { const char *platform, *part; double percent; } answers[] = {
    { "bf_imna", "chip", 97.0 }, { "bf_imna", "map", 2.4 }, { "bf_imna", "mesh", 0.5 }, { "bf_imna_mesh", "core[0].seq", 58.8 },
    { "bf_imna_mesh", "map", 36.2 }, { "back_pressure", "sink[0]", 99.2 }, { "osa_hcim", "adc", 0 }, { "osa_hcim", "accumulator", 0.2 },
};

START_TEST(known_answers)
{
    struct ran r = ran(answers[_i].platform, NULL);

    ck_assert_uint_eq(share(&r, NULL, NULL), bl_now(r.u->sim));
    ck_assert_msg(percent(&r, answers[_i].part) > answers[_i].percent - 0.06 && percent(&r, answers[_i].part) < answers[_i].percent + 0.06,
                  "%s: %s has %.2f %%, expected %.1f", answers[_i].platform, answers[_i].part, percent(&r, answers[_i].part), answers[_i].percent);
    end(&r);
}
END_TEST

/* The digital side of OSA-HCIM limits by the commands that it issues, a cycle each, and by nothing else. */
START_TEST(osa_is_limited_by_its_commands)
{
    struct ran r = ran("osa_hcim", NULL);
    const size_t part = bl_part_find(r.u->sim, "controller");
    struct bl_tally_row t;

    bl_tally_at(r.u->sim, part, 0, &t);
    ck_assert_str_eq(t.name, "issue");
    ck_assert_uint_eq(share(&r, "controller", "busy"), t.count * 6 * BL_NS);
    end(&r);
}
END_TEST

/* Each layer's path adds up to the layer, and layers to the run. */
START_TEST(layers_add_up)
{
    static const char *const of[] = { "osa_hcim", "imagine", "bf_imna", "imc" };
    struct ran r = ran(of[_i], NULL);
    const struct bl_result *x = bl_job_result(r.u->job);
    struct bl_clock_row c;
    uint64_t *sum = calloc(bl_path_numbers(r.u->sim), sizeof *sum);

    bl_clock_at(r.u->sim, 0, &c);
    for (uint32_t i = 0; i < x->nlayers; i++) {
        struct ran layer = { r.u, x->layers[i].path };
        ck_assert_uint_eq(x->layers[i].npath, bl_path_numbers(r.u->sim));
        ck_assert_uint_eq(share(&layer, NULL, NULL), x->layers[i].cycles * c.period_fs);
        for (size_t k = 0; k < x->layers[i].npath; k++)
            sum[k] += x->layers[i].path[k];
    }
    for (size_t k = 0; k < bl_path_numbers(r.u->sim); k++)
        ck_assert_uint_eq(sum[k], r.v[k]);
    free(sum);
    end(&r);
}
END_TEST

/* ---- declarations ---- */

static const struct { const char *platform, *cls; enum bl_field_kind kind; const char *name, *part; double with[2], without[2]; } needed[] = {
    /*                                       row          part           % with     % without */
    { "osa_hcim", "osa_accumulator", BL_KIND_STREAM, NULL, "accumulator", { 0, 1 },   { 80, 95 } },
    { "osa_hcim", "osa_dat",         BL_KIND_STREAM, NULL, "controller",  { 85, 92 }, { 0, 10 } },
    { "bf_imna", "cluster_ctrl",     BL_KIND_CAUSE, "COMPUTING", "chip",  { 96, 98 }, { 0, 1 } },
    { "bf_imna", "cluster_link",     BL_KIND_FEED, NULL,   "mesh",        { 0.3, 0.6 }, { 0.6, 100 } },
    { "imagine", "bus",              BL_KIND_WAY, NULL,    "lmem",        { 6, 7.5 }, { 3, 4.5 } },   /* words that come back need no request */
    { "osa_hcim", "rw_io",           BL_KIND_FEED, NULL,   "rw_io",       { 4, 7 },   { 10, 100 } },
};

START_TEST(without_a_declaration)
{
    struct undeclared un;
    struct ran r = ran(needed[_i].platform, NULL), v = ran(needed[_i].platform, undeclared(&un, needed[_i].cls, needed[_i].kind, needed[_i].name, NULL));
    double with = percent(&r, needed[_i].part), without = percent(&v, needed[_i].part);

    ck_assert_msg(with >= needed[_i].with[0] && with <= needed[_i].with[1], "%s: %s has %.2f %%", needed[_i].platform, needed[_i].part, with);
    ck_assert_msg(without >= needed[_i].without[0] && without <= needed[_i].without[1], "%s without that of %s: %s has %.2f %%, with it %.2f",
                  needed[_i].platform, needed[_i].cls, needed[_i].part, without, with);
    ck_assert_uint_eq(share(&v, NULL, NULL), bl_now(v.u->sim));        /* the sum says nothing of it */
    end(&r);
    end(&v);
}
END_TEST

START_TEST(a_false_stream)
{
    struct undeclared un;
    struct ran r = ran("osa_hcim", NULL), v = ran("osa_hcim", declared_too(&un, "osa_controller", (struct bl_field)BL_STREAM(act, 1)));

    heard_start(&h);
    ck_assert_int_eq(bl_path_check(r.u->sim), 0);
    ck_assert_int_eq(bl_path_check(v.u->sim), -1);
    ck_assert_msg(strstr(h.text, "controller: class osa_controller says that a word is a stream of its work (BL_STREAM), and it is not: ") != NULL, "%s", h.text);
    end(&r);
    end(&v);
}
END_TEST

/* ---- bounds ---- */

/* A rerun with one parameter changed saves no more than the rows that it shortens had, but for a cycle of rounding. */
static const struct { const char *platform, *base, *change, *parts; } bounds[] = {
    { "osa_hcim", "adc.rho=3", "adc.rho=2", "adc" }, { "osa_hcim", "adc.rho=3", "adc.rho=1", "adc" }, { "osa_hcim", "adc.rho=2", "adc.rho=1", "adc" },
    { "osa_hcim", "ose.l_ose=8", "ose.l_ose=1", "ose" }, { "osa_hcim", "ose.l_ose=40", "ose.l_ose=1", "ose" },
    { "osa_hcim", "accumulator.l_acc=8", "accumulator.l_acc=1", "accumulator" }, { "osa_hcim", "dat.l_dat=4", "dat.l_dat=1", "dat" },
    { "osa_hcim", "dat.l_dat=8", "dat.l_dat=2", "dat" }, { "bf_imna", "write_cycles=4", "write_cycles=2", "chip map" },
    { "bf_imna", "map.write_cycles=4", "map.write_cycles=2", "map" },
    { "bf_imna", "map.write_cycles=8", "map.write_cycles=1", "map" }, { "bf_imna", "mesh.flit_cycles=4", "mesh.flit_cycles=2", "mesh" },
    { "bf_imna", "mesh.flit_cycles=16", "mesh.flit_cycles=2", "mesh" }, { "imagine", "host.host_cycles=2", "host.host_cycles=0", "host" },
};

static uint64_t shares(const struct ran *r, const char *parts)
{
    char copy[200], *save = NULL;
    uint64_t fs = 0;

    snprintf(copy, sizeof copy, "%s", parts);
    for (const char *p = strtok_r(copy, " ", &save); p; p = strtok_r(NULL, " ", &save))
        fs += share(r, p, NULL);
    return fs;
}

START_TEST(no_rerun_saves_more)
{
    struct ran r = ran_with(bounds[_i].platform, NULL, &bounds[_i].base, 1), v = ran_with(bounds[_i].platform, NULL, &bounds[_i].change, 1);
    struct bl_clock_row c;
    const uint64_t before = bl_now(r.u->sim), after = bl_now(v.u->sim), most = shares(&r, bounds[_i].parts);

    bl_clock_at(r.u->sim, 0, &c);
    ck_assert_msg(before <= after + most + c.period_fs, "%s: %s after %s saves %llu fs, and %s had %llu on the path", bounds[_i].platform, bounds[_i].change,
                  bounds[_i].base, (unsigned long long)(before - after), bounds[_i].parts, (unsigned long long)most);
    end(&r);
    end(&v);
}
END_TEST

Suite *suite_path_account(void);
Suite *suite_path_account(void)
{
    Suite *s = suite_create("path_account");
    TCase *c = tcase_create("answers"), *d = tcase_create("declarations"), *e = tcase_create("bounds");

    tcase_add_loop_test(c, known_answers, 0, sizeof answers / sizeof *answers);
    tcase_add_test(c, osa_is_limited_by_its_commands);
    tcase_add_loop_test(c, layers_add_up, 0, 4);
    tcase_add_loop_test(d, without_a_declaration, 0, sizeof needed / sizeof *needed);
    tcase_add_test(d, a_false_stream);
    tcase_add_loop_test(e, no_rerun_saves_more, 0, sizeof bounds / sizeof *bounds);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    suite_add_tcase(s, e);
    return s;
}

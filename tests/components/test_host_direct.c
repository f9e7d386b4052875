/* test_host_direct.c - the host with macros wired to it, by real simulation on digital macros of any size: every value of every layer
 * is exact, and every layer takes the cycles of the ideal tables, whatever the macros, sets, stages and shapes. */
#include "tests/rigs/imc_rig.h"

Suite *suite_host_direct(void);

/* ---- the numbers of the tables themselves ---- */

enum layer { CONV, FC, DEPTHWISE, BIG };

static struct bl_net *net_of(enum layer what)
{
    struct grow g = what == CONV ? grow_start(3, 16, 14, 14) : what == FC ? grow_start(3, 1568, 1, 1) :
                    what == DEPTHWISE ? grow_start(3, 64, 25, 5) : grow_start(3, 32, 16, 16);
    struct bl_layer l = { .groups = what == DEPTHWISE ? 64 : 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1,
                          .pad_t = 1, .pad_l = 1, .pad_b = 1, .pad_r = 1 };

    if (what == CONV)
        l.stride_h = l.stride_w = 2;
    if (what == FC)
        grow_fc(&g, 1, 1, 10, false);
    else
        grow_conv(&g, l, what == DEPTHWISE ? 64 : 32);
    return grow_end(&g);
}

static const struct { enum layer what; struct imc m; uint64_t cycles; } table[] = {
    { CONV, { 64, 64, 8, 1, 1, 1 }, 1339 }, { CONV, { 64, 64, 8, 1, 2, 1 }, 942 }, { CONV, { 64, 64, 8, 1, 1, 2 }, 1257 },
    { FC, { 64, 64, 8, 1, 1, 1 }, 1919 }, { FC, { 64, 64, 8, 1, 2, 1 }, 1763 }, { FC, { 64, 64, 8, 1, 1, 2 }, 1607 },
    { DEPTHWISE, { 64, 64, 8, 1, 1, 1 }, 10637 }, { BIG, { 64, 64, 8, 1, 1, 1 }, 10559 }, { BIG, { 128, 128, 8, 1, 1, 1 }, 6451 },
};

START_TEST(layer_takes)
{
    const struct imc *m = &table[_i].m;

    ck_assert_uint_eq(imc_runs_grown(m->sets > 1 ? IMC_SETS : IMC, m, net_of(table[_i].what), NULL), table[_i].cycles);
}
END_TEST

static const struct { struct imc m; uint64_t cycles; } demos[] = {
    { { 64, 64, 8, 1, 1, 1 }, 4843 }, { { 64, 64, 8, 1, 2, 1 }, 4290 }, { { 64, 64, 8, 1, 4, 1 }, 3815 }, { { 64, 64, 8, 1, 1, 2 }, 4449 },
    { { 128, 64, 8, 1, 1, 1 }, 4277 }, { { 64, 16, 8, 1, 1, 1 }, 6181 }, { { 32, 8, 8, 1, 1, 1 }, 16214 },
};

/* The demo's net on its images, bit for bit; all images take the same. */
START_TEST(demo_takes)
{
    const struct imc *m = &demos[_i].m;
    struct demo d = demo_open();
    const struct rig_opts o = { .job = { .images = d.set, .count = 2 } };

    ck_assert_uint_eq(imc_runs(m->sets > 1 ? IMC_SETS : IMC, m, d.net, &o), demos[_i].cycles);
    demo_close(&d);
}
END_TEST

/* Two slices for four macros: one operation a cycle is the limit, not the slices. */
START_TEST(more_macros_than_slices)
{
    const struct imc m = { 64, 8, 2, 1, 4, 1 };
    struct grow g = grow_start(5, 1, 7, 208);

    grow_fc(&g, 1, 7, 8, false);
    ck_assert_uint_eq(imc_runs_grown("tests/platforms/weight_stationary/nibbles.yaml", &m, grow_end(&g), NULL), 244);
}
END_TEST

/* ---- any net on any machine ---- */

static void grow_any(struct grow *g)
{
    const struct bl_tensor *x = grow_at(g);
    const uint32_t groups = x->c % 2 ? pick(&g->s, 0, 1) ? x->c : 1 : pick(&g->s, 1, 2);
    struct bl_layer l = { .groups = groups, .kh = pick(&g->s, 1, 3), .kw = pick(&g->s, 1, 3), .stride_h = pick(&g->s, 1, 2), .stride_w = 1,
                          .dil_h = pick(&g->s, 1, 2), .dil_w = 1, .pad_t = 1, .pad_l = 2, .pad_b = 2, .pad_r = 0, .relu = pick(&g->s, 0, 1) };

    grow_conv(g, l, groups * pick(&g->s, 1, groups > 2 ? 3 : 11));
}

static struct bl_net *any_net(uint64_t seed)
{
    struct grow g = grow_start(seed, 3, 7, 6);

    grow_any(&g);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_any(&g);
    const struct bl_tensor y = *grow_at(&g);
    uint32_t groups = y.c * y.h % 2 ? 1 : 2;
    grow_host(&g, (struct bl_layer){ .kind = BL_RESHAPE });
    grow_fc(&g, groups, 1, groups * pick(&g.s, 1, 9), false);
    return grow_end(&g);
}

enum { MACHINES = 40 };

START_TEST(any_machine)
{
    uint64_t s = (uint64_t)_i * 977 + 5;
    const uint32_t sizes[] = { 9, 16, 31, 33, 64, 100 }, one = pick(&s, 0, 1);
    struct imc m = { sizes[pick(&s, 0, 5)], pick(&s, 3, 20), 8, pick(&s, 1, 4), one ? 1 : pick(&s, 2, 5), pick(&s, 1, 3) };

    imc_runs_grown(m.sets > 1 ? IMC_SETS : IMC, &m, any_net((uint64_t)_i + 1), NULL);
}
END_TEST

/* Rows of inputs by group, one tile of several groups. */
START_TEST(flat_groups)
{
    const struct imc m = { 64, 16, 8, 1, 1 + (uint64_t)_i % 2, 1 };
    struct grow g = grow_start((uint64_t)_i + 1, 1, 6 * 3, 10);

    grow_fc(&g, 6, 3, 12, false);
    imc_runs_grown(IMC, &m, grow_end(&g), NULL);
}
END_TEST

/* Order and naps change nothing. */
START_TEST(same_however)
{
    const struct imc m = { 31, 12, 8, 2, 3, 1 };
    const struct rig_opts o = { .no_nap = _i == 0, .shuffle = (uint64_t)_i };

    imc_runs_grown(IMC, &m, any_net(7), &o);
}
END_TEST

/* ---- refusals ---- */

static const struct { const char *from, *to, *says; } wrong[] = {
    { "  - host.op_tag[*] -> macro[*].x_tag depth 2\n", "",
      "host: op_tag[0] is not wired, and the net runs on 1 macro of several sets: the tag says which set an operation is for" },
    { "  - macro[*].written -> host.rows[*]\n", "", "host: rows[0] is not wired, and the net runs on 1 macro" },
    { "w_bits: 8", "w_bits: 4", "host: rows have 4 words; the row that is wired to w[0] holds 8, so cols x w_bits of 'array' is not that of the macro" },
};

START_TEST(refused)
{
    static char text[4096];
    struct demo d = demo_open();
    struct net_rig r = { 0 };
    FILE *f = fopen(IMC_SETS, "r");
    const size_t n = fread(text, 1, sizeof text - 64, f);
    char *at = strstr(text, wrong[_i].from), rest[4096];
    struct bl_job_opts o = { .platform = IMC_SETS, .net = d.net, .images = d.set, .count = 1 };

    fclose(f);
    ck_assert(n && at);
    snprintf(rest, sizeof rest, "%s%s", wrong[_i].to, at + strlen(wrong[_i].from));
    strcpy(at, rest);
    r.p = bl_platform_load_text(IMC_SETS, text, strlen(text), NULL, 0, heard_start(&r.h));
    ck_assert_msg(r.p != NULL, "%s", r.h.text);
    for (uint32_t i = 0; i < d.net->nlayers; i++)
        d.net->layers[i].wbits = d.net->layers[i].wbits ? 4 : 0;
    r.s = bl_open(bl_classes, &r.h.diag);
    ck_assert_int_eq(bl_platform_apply(r.p, r.s), 0);
    o.file = r.p;
    r.job = bl_job_open(bl_mapper_find("weight_stationary"), r.s, &o, &r.h.diag);
    ck_assert_msg(r.job != NULL, "%s", r.h.text);
    ck_assert_int_lt(bl_elaborate(r.s), 0);
    ck_assert_msg(strstr(r.h.text, wrong[_i].says) != NULL, "%s", r.h.text);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_host_direct(void)
{
    Suite *s = suite_create("host_direct");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, layer_takes, 0, COUNT(table));
    tcase_add_loop_test(tc, demo_takes, 0, COUNT(demos));
    tcase_add_test(tc, more_macros_than_slices);
    tcase_add_loop_test(tc, any_machine, 0, MACHINES);
    tcase_add_loop_test(tc, flat_groups, 0, 4);
    tcase_add_loop_test(tc, same_however, 0, 3);
    tcase_add_loop_test(tc, refused, 0, COUNT(wrong));
    suite_add_tcase(s, tc);
    return s;
}

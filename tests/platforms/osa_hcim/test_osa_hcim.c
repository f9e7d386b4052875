/* test_osa_hcim.c - OSA-HCIM as a system (components/osa_hcim/): accounts and energy add up to the last bit, nothing depends on order, naps,
 * watching or the lines of the file, two simulations in one process are one, deadlocks are explained. */
#include "platforms/file/io.h"
#include "tests/rigs/net_rig.h"
#include "traces/traces.h"

#include <stdarg.h>

Suite *suite_osa_hcim(void);

static const char tech[] = "tech=platforms/osa_hcim/tech/65nm.yaml";

static struct bl_net *small_net(void)
{
    struct grow g = grow_start(12, 4, 6, 5);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .relu = true }, 10);
    grow_fc(&g, 1, 1, 6, false);
    return grow_end(&g);
}

/* ---- everything an account says, as text ---- */

struct text { char *s; size_t n; };
enum { MOST_TEXT = 1 << 17 };

static void say(struct text *t, const char *fmt, ...) BL_PRINTF(2, 3);
static void say(struct text *t, const char *fmt, ...)
{
    va_list v;

    if (!t->s)
        t->s = malloc(MOST_TEXT);
    va_start(v, fmt);
    t->n += (size_t)vsnprintf(t->s + t->n, MOST_TEXT - t->n, fmt, v);
    va_end(v);
    ck_assert_uint_lt(t->n, MOST_TEXT);
}

static void say_part(struct text *t, struct bl_sim *s, size_t i)
{
    struct bl_part_row p;
    struct bl_verdict_row v;
    struct bl_tally_row y;
    struct bl_wait_row w;
    char e[40], e2[40];

    bl_part_at(s, i, &p);
    say(t, "%s %s %s: %llu, %s yJ of which %s\n", p.path, p.cls, p.clock ? p.clock : "-", (unsigned long long)p.elapsed,
        bl_yj_text(p.energy, e), bl_yj_text(p.static_energy, e2));
    for (uint32_t k = 0; k < p.verdicts; k++) {
        bl_verdict_at(s, i, k, &v);
        say(t, "  %s %s: %llu, blamed %llu, %s\n", v.name, v.port ? v.port : "-", (unsigned long long)v.spent, (unsigned long long)v.blamed_fs,
            bl_yj_text(v.energy, e));
    }
    for (uint32_t k = 0; k < p.tallies; k++) {
        bl_tally_at(s, i, k, &y);
        say(t, "  %s: %llu x %llu = %s\n", y.name, (unsigned long long)y.count, (unsigned long long)y.price_yj, bl_yj_text(y.energy, e));
    }
    for (size_t k = 0; k < bl_wait_rows(s, i); k++) {
        bl_wait_at(s, i, k, &w);
        say(t, "  %s for %s %s: %llu\n", w.cause, w.peer, w.peer_verdict, (unsigned long long)w.fs);
    }
}

static char *account(struct bl_sim *s, const struct bl_result *r)
{
    struct text t = { 0 };
    struct bl_clock_row c;
    char e[40];

    say(&t, "%llu fs, %s yJ\n", (unsigned long long)bl_now(s), bl_yj_text(bl_energy(s), e));
    for (size_t i = 0; i < bl_clock_count(s); i++) {
        bl_clock_at(s, i, &c);
        say(&t, "clock %s: %llu %llu %llu\n", c.name, (unsigned long long)c.period_fs, (unsigned long long)c.phase_fs,
            (unsigned long long)c.cycles);
    }
    for (size_t i = 0; i < bl_part_count(s); i++)
        say_part(&t, s, i);
    say(&t, "%u images, %u %u %u, %llu of %llu differ, %.17g dB, cycles %llu %llu %llu\n", r->images, r->correct, r->reference_correct,
        r->agree, (unsigned long long)r->mismatches, (unsigned long long)r->outputs, r->snr_db, (unsigned long long)r->cycles_min,
        (unsigned long long)r->cycles_median, (unsigned long long)r->cycles_max);
    for (uint32_t i = 0; i < r->nlayers; i++)
        say(&t, "layer %s: %llu ops, %llu cycles, %llu loading, %llu differ by %u, %s yJ\n", r->layers[i].name,
            (unsigned long long)r->layers[i].ops, (unsigned long long)r->layers[i].cycles, (unsigned long long)r->layers[i].load_cycles,
            (unsigned long long)r->layers[i].mismatches, r->layers[i].max_abs_err, bl_yj_text(r->layers[i].energy, e));
    for (uint32_t i = 0; i < r->nfigures; i++)
        say(&t, "%s = %.17g %s\n", r->figures[i].name, r->figures[i].value, r->figures[i].unit);
    return t.s;
}

/* ---- what adds up ---- */

/* The platform's own technology prices events; power while running and in a verdict is added to it. */
static const struct bl_price power[] = {
    { .cls = "osa_controller", .item = "static", .value = 1234567890123, .is_power = true, .tag = BL_FREE, .source = "test" },
    { .cls = "osa_adc", .item = "static", .value = 7, .is_power = true, .tag = BL_FREE, .source = "test" },
    { .cls = "osa_adc", .item = "busy", .value = 777, .is_power = true, .tag = BL_FREE, .source = "test" },
    { .cls = "host", .item = "op_full", .value = 99, .is_power = true, .tag = BL_FREE, .source = "test" },
    { 0 }
};

static bl_yj priced(const char *cls, const char *item, uint64_t fs)
{
    for (const struct bl_price *p = power; p->cls; p++)
        if (!strcmp(p->cls, cls) && !strcmp(p->item, item))
            return (bl_yj)p->value * fs;
    return 0;
}

static bl_yj part_adds_up(struct bl_sim *s, size_t i)
{
    struct bl_part_row p;
    struct bl_verdict_row v;
    struct bl_tally_row y;
    uint64_t spent = 0, unit;
    bl_yj sum;

    bl_part_at(s, i, &p);
    unit = p.in_cycles ? CORE_FS : 1;
    if (p.elapsed)
        ck_assert_uint_eq(p.elapsed, p.in_cycles ? bl_now(s) / CORE_FS : bl_now(s));   /* edges before now */
    sum = p.static_energy;
    ck_assert(p.static_energy == priced(p.cls, "static", bl_now(s)));
    for (uint32_t k = 0; k < p.verdicts; k++) {
        bl_verdict_at(s, i, k, &v);
        spent += v.spent;
        sum += v.energy;
        ck_assert_msg(v.energy == priced(p.cls, v.name, v.spent * unit), "%s.%s", p.path, v.name);
    }
    ck_assert_msg(spent == p.elapsed, "%s: verdicts of %llu, elapsed %llu", p.path, (unsigned long long)spent, (unsigned long long)p.elapsed);
    for (uint32_t k = 0; k < p.tallies; k++) {
        bl_tally_at(s, i, k, &y);
        ck_assert(y.energy == (bl_yj)y.count * y.price_yj);
        sum += y.energy;
    }
    ck_assert_msg(sum == p.energy, "%s: energy of its rows is not its energy", p.path);
    return p.energy;
}

static const char *const modes[] = { "controller.mode=digital", "controller.mode=fixed", "controller.mode=osa" };

START_TEST(adds_up)
{
    struct demo d = demo_open();
    struct net_rig r;
    struct rig_opts o = { .sets = { modes[_i % 3], _i >= 3 ? "host.host_cycles=3" : NULL }, .prices = power,
                          .job = { .net = d.net, .images = d.set, .count = 2 } };
    const struct bl_result *res = rig_run(&r, &o);
    bl_yj sum = 0, layers = 0;

    for (size_t i = 0; i < bl_part_count(r.s); i++)
        sum += part_adds_up(r.s, i);
    ck_assert(sum == bl_energy(r.s));
    ck_assert(sum > (bl_yj)1 << 70);               /* more than 64 bits hold */
    for (uint32_t i = 0; i < res->nlayers; i++)
        layers += res->layers[i].energy;
    ck_assert(layers == sum);                      /* the run ends with its last layer */
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- what changes nothing ---- */

/* Platform file number `n`: its lines under `parts` and under `wires` in another order, without `drop` (or NULL); `sources` sets nothing. */
static const char *moved_file(char path[512], uint64_t n, const char *drop)
{
    static char line[128][160];
    char name[40];
    FILE *f = fopen(OSA, "r");
    int lines = 0, first[3] = { 0 }, block = 0;
    uint64_t s = n * 1000;

    ck_assert_ptr_nonnull(f);
    while (lines < 127 && fgets(line[lines], sizeof *line, f) && strncmp(line[lines], "sources:", 8)) {
        if (!strncmp(line[lines], "parts:", 6) || !strncmp(line[lines], "wires:", 6))
            first[block++] = lines + 1;
        if (!drop || !strstr(line[lines], drop))
            lines++;
    }
    ck_assert(lines < 127 && block == 2);
    fclose(f);
    first[2] = lines;
    for (int b = 0; b < 2 && n; b++)
        for (int end = b ? lines : first[1] - 1, i = end - 1; i > first[b]; i--) {
            int j = first[b] + (int)pick(&s, 0, (uint32_t)(i - first[b]));
            char t[160];
            memcpy(t, line[i], sizeof t);
            memcpy(line[i], line[j], sizeof t);
            memcpy(line[j], t, sizeof t);
        }
    snprintf(name, sizeof name, "moved%d.yaml", (int)n);
    ck_assert_ptr_nonnull(f = fopen(scratch(path, name), "w"));
    for (int i = 0; i < lines; i++)
        fputs(line[i], f);
    fclose(f);
    return path;
}

static const struct variant { uint64_t shuffle; bool no_nap; uint64_t moved; const char *watch[3]; bool traced; } variants[] = {
    { .shuffle = 1 }, { .shuffle = 2 }, { .shuffle = 77 }, { .no_nap = true }, { .moved = 1 }, { .moved = 2 },
    { .shuffle = 3, .no_nap = true, .moved = 3 }, { .traced = true, .watch = { "host.*" } }, { .traced = true, .watch = { "*.verdict" } },
    { .traced = true, .watch = { "dat.*", "!dat.tag" }, .shuffle = 5 },
};

static char *account_of(const struct variant *v, const struct rig_opts *base)
{
    struct rig_opts o = *base;
    struct net_rig r;
    char path[512], wave[512];
    struct bl_trace *t = NULL;
    size_t n = 0;

    while (o.sets[n])
        n++;
    o.sets[n] = tech;
    o.shuffle = v->shuffle;
    o.no_nap = v->no_nap;
    o.platform = v->moved ? moved_file(path, v->moved, NULL) : NULL;
    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    if (v->traced) {
        struct bl_trace_opts w = { .globs = v->watch, .nglobs = v->watch[1] ? 2 : 1 };
        t = bl_trace_begin(r.s, &bl_fst_writer, scratch(wave, "watch.fst"), &w, &r.h.diag);
        ck_assert_msg(t != NULL, "%s", r.h.text);
    }
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    if (t) {
        ck_assert_uint_gt(bl_trace_changes(t), 100);
        ck_assert_int_eq(bl_trace_end(r.s, t), 0);
    }
    char *text = account(r.s, bl_job_result(r.job));
    rig_close(&r);
    return text;
}

/* Noise draws random numbers, so the streams are looked at too. */
START_TEST(same_account)
{
    struct demo d = demo_open();
    static const struct variant plain = { 0 };
    struct rig_opts o = { .sets = { _i % 2 ? "controller.mode=digital" : "controller.mode=osa", "adc.noise=0.5" },
                          .job = { .net = d.net, .images = d.set, .count = 1 } };
    char *want = account_of(&plain, &o), *got = account_of(&variants[_i / 2], &o);

    ck_assert_uint_gt(strlen(want), 5000);
    ck_assert_str_eq(got, want);
    free(want);
    free(got);
    demo_close(&d);
}
END_TEST

/* ---- traces, byte for byte ---- */

static char *trace_of(const struct bl_net *net, const struct variant *v, const struct bl_wave_ops *ops, size_t *n)
{
    struct rig_opts o = { .sets = { "controller.mode=osa", "adc.noise=0.5", tech }, .shuffle = v->shuffle, .no_nap = v->no_nap,
                          .job = { .net = net, .count = 1 } };
    struct bl_trace_opts all = { .power_window_fs = 50 * (uint64_t)CORE_FS };
    struct net_rig r;
    char path[512], wave[512];
    struct heard h;

    o.platform = v->moved ? moved_file(path, v->moved, NULL) : NULL;
    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    struct bl_trace *t = bl_trace_begin(r.s, ops, scratch(wave, "same.wave"), &all, &r.h.diag);
    ck_assert_msg(t != NULL, "%s", r.h.text);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    ck_assert_int_eq(bl_trace_end(r.s, t), 0);
    rig_close(&r);
    char *bytes = bl_read_all(wave, n, heard_start(&h));
    ck_assert_ptr_nonnull(bytes);
    remove(wave);
    return bytes;
}

START_TEST(same_trace)
{
    static const struct variant plain = { 0 };
    const struct bl_wave_ops *ops = _i % 2 ? &bl_vcd_writer : &bl_fst_writer;
    struct bl_net *net = small_net();
    size_t n, m;
    char *want = trace_of(net, &plain, ops, &n), *got = trace_of(net, &variants[_i / 2], ops, &m);

    ck_assert_uint_gt(n, 5000);
    ck_assert_uint_eq(n, m);
    ck_assert(!memcmp(want, got, n));
    free(want);
    free(got);
    bl_net_free(net);
}
END_TEST

/* Depths of channels and the number of registers change time, never results. */
START_TEST(any_depth)
{
    static const char *const abuf[] = { "act_regs.abuf=1", "act_regs.abuf=2" };
    struct bl_net *net = small_net();
    struct net_rig r;
    char path[512], text[8192];
    struct rig_opts o = { .sets = { "controller.mode=digital", abuf[_i & 1], tech }, .job = { .net = net, .count = 2 } };
    FILE *f = fopen(OSA, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);

    fclose(f);
    text[n] = 0;
    for (char *at = text; (at = strstr(at, " depth 2")); at++)
        at[7] = (char)('1' + _i / 2);
    ck_assert_ptr_nonnull(f = fopen(scratch(path, "depth.yaml"), "w"));
    fputs(text, f);
    fclose(f);
    o.platform = path;
    const struct bl_result *res = rig_run(&r, &o);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_uint_eq(res->layers[i].mismatches, 0);
    ck_assert_uint_gt(res->cycles_min, 64 * res->ops / 2);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- two simulations in one process ---- */

START_TEST(two_in_one_process)
{
    struct demo d = demo_open();
    struct net_rig a, b, c;
    struct rig_opts o = { .sets = { modes[_i], "adc.noise=0.25" }, .job = { .net = d.net, .images = d.set, .count = fewer(2, 1) } }, other = o;
    enum bl_end end = BL_END_LIMIT;
    uint64_t steps = 0, unlike = 0;

    other.job.first = 5;                           /* a third one with other images: states that must differ */
    ck_assert(rig_open(&a, &o) == 0 && rig_open(&b, &o) == 0 && rig_open(&c, &other) == 0);
    for (uint64_t t = 0; end == BL_END_LIMIT; steps++) {
        t += 1000 * (uint64_t)CORE_FS;
        end = bl_job_run(a.job, a.s, t, NULL, NULL);
        ck_assert_int_eq(bl_job_run(b.job, b.s, t, NULL, NULL), end);
        ck_assert_msg(bl_state_equal(a.s, b.s), "states differ at cycle %llu", (unsigned long long)(t / CORE_FS));
        if (bl_now(c.s) < t && end == BL_END_LIMIT && bl_job_run(c.job, c.s, t, NULL, NULL) == BL_END_LIMIT)
            unlike += !bl_state_equal(a.s, c.s);
    }
    ck_assert_int_eq(end, BL_END_STOPPED);
    ck_assert_uint_gt(steps, 15);
    ck_assert_uint_gt(unlike, steps / 2);
    rig_close(&a);
    rig_close(&b);
    rig_close(&c);
    demo_close(&d);
}
END_TEST

/* ---- deadlocks are found and explained ---- */

static const struct { const char *without, *says; } dead[] = {
    { "-> controller.b\n",
      "  act_regs: regs_held, on port released, for controller (ose_late)\n"
      "  controller: ose_late, on port b\n"
      "  host: op_full, on port op, for act_regs (regs_held)" },
    { "-> analog_ctl.b\n",
      "  act_regs: analog_held, on port analog, for analog_ctl (wait_b)\n"
      "  analog_ctl: wait_b, on port b\n"
      "  controller: regs_held, on port analog, for analog_ctl (wait_b)\n"
      "  host: op_full, on port op, for act_regs (analog_held)" },
};

START_TEST(deadlock)
{
    struct bl_net *net = small_net();
    struct net_rig r;
    char path[512];
    struct rig_opts o = { .platform = moved_file(path, 0, dead[_i].without), .sets = { tech, "controller.mode=osa" }, .job = { .net = net, .count = 1 } };

    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STARVED);
    ck_assert_uint_eq(bl_job_result(r.job)->images, 0);
    ck_assert_uint_eq(r.h.n, 0);
    bl_explain_wait(r.s, &r.h.diag);
    ck_assert_str_eq(r.h.text, dead[_i].says);
    for (size_t i = 0; i < bl_part_count(r.s); i++) {
        struct bl_part_row p;
        struct bl_verdict_row v;
        uint64_t spent = 0;
        bl_part_at(r.s, i, &p);
        for (uint32_t k = 0; k < p.verdicts; k++) {
            bl_verdict_at(r.s, i, k, &v);
            spent += v.spent;
        }
        ck_assert_uint_eq(spent, p.elapsed);
    }
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

/* ---- bits that the macro is not set for are refused; narrow weights on a narrow macro are exact ---- */

static const struct { const char *set; const char *says; } narrow[] = {
    { "controller.w_bits=4", "controller.w_bits is 4, but layer '" },
    { "controller.w_bits=7", "controller.w_bits is 7, but layer '" },
    { "controller.a_bits=7", "controller.a_bits is 7, but layer '" },
};

/* A number that is set but that nothing reads is said, and only then. */
static const struct { const char *sets[4], *says; } unused[] = {
    { { "controller.mode=osa", "controller.boundary=6" },
      "controller.boundary does nothing in this mode; --set controller.mode=fixed uses it" },
    { { "controller.mode=digital", "controller.boundary=6" },
      "controller.boundary does nothing in this mode; --set controller.mode=fixed uses it" },
    { { "controller.mode=fixed", "controller.boundary=6" }, "" },
    { { "controller.mode=osa" }, "" },
    { { "controller.mode=osa", "ose.thresholds=[140, 112, 84, 56, 27]" }, "ose.thresholds does nothing: those of " },
    { { "controller.mode=osa", "ose.thresholds=[140, 112, 84, 56, 28]" }, "" },
    { { "controller.mode=osa", "nq.nshift=3" }, "nq.nshift = 3 does nothing: " },
    { { "controller.mode=fixed", "nq.nshift=3", "ose.thresholds=[5, 4, 3, 2, 1]" }, "" },
};

START_TEST(says_what_is_unused)
{
    char path[512];
    struct bl_net *net = small_net();
    FILE *f = fopen(scratch(path, "unused.yaml"), "w");

    fprintf(f, "calibration: osa_hcim\nnet: %s\nlayers:\n", net->name);
    for (uint32_t i = 0; i < net->nlayers; i++)
        fprintf(f, "  %s: { nshift: 0, thresholds: [60, 50, 40, 30, 20] }\n", net->layers[i].name);
    fclose(f);
    for (size_t n = 0; n < COUNT(unused); n++) {
        struct net_rig r;
        struct rig_opts o = { .sets = { tech, unused[n].sets[0], unused[n].sets[1], unused[n].sets[2] },
                              .job = { .net = net, .count = 1, .calibration = path } };
        ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
        ck_assert_msg(strncmp(r.h.text, unused[n].says, strlen(unused[n].says)) == 0 && !*unused[n].says == !*r.h.text, "%zu: %s", n,
                      r.h.text);
        rig_close(&r);
    }
    remove(path);
    bl_net_free(net);
}
END_TEST

START_TEST(narrow_macro)
{
    struct bl_net *net = small_net();
    struct net_rig r;

    for (size_t n = 0; n < COUNT(narrow); n++) {
        struct rig_opts o = { .sets = { tech, "controller.mode=osa", narrow[n].set }, .job = { .net = net, .count = 1 } };
        ck_assert_int_ne(rig_open(&r, &o), 0);
        ck_assert_msg(strncmp(r.h.text, narrow[n].says, strlen(narrow[n].says)) == 0, "%s", r.h.text);
        rig_close(&r);
    }
    for (uint32_t i = 0; i < net->nlayers; i++) {
        net->layers[i].wbits = 4;
        for (size_t k = 0; k < (size_t)net->layers[i].cout * net->layers[i].k; k++)
            net->layers[i].weight[k] /= 16;
    }
    struct rig_opts o = { .sets = { tech, "controller.mode=digital", "controller.w_bits=4" }, .job = { .net = net, .count = 1 } };
    const struct bl_result *res = rig_run(&r, &o);
    ck_assert_uint_eq(res->layers[0].mismatches + res->layers[1].mismatches, 0);
    ck_assert_uint_eq(res->outputs > 0, 1);
    rig_close(&r);
    bl_net_free(net);
}
END_TEST

Suite *suite_osa_hcim(void)
{
    Suite *s = suite_create("osa_hcim");
    TCase *t = tcase_create("osa_platform");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, narrow_macro);
    tcase_add_test(t, says_what_is_unused);
    tcase_add_loop_test(t, adds_up, 0, 6);
    tcase_add_loop_test(t, same_account, 0, 2 * COUNT(variants));
    tcase_add_loop_test(t, same_trace, 0, 2 * 7);
    tcase_add_loop_test(t, any_depth, 0, 8);
    tcase_add_loop_test(t, two_in_one_process, 0, 3);
    tcase_add_loop_test(t, deadlock, 0, COUNT(dead));
    suite_add_tcase(s, t);
    return s;
}

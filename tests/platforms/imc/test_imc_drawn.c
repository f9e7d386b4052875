/* test_imc_drawn.c - machines of drawn descriptions (platforms/imc/machine.c) with drawn nets: bit for bit, in the cycles of the closed forms,
 * with the energy of the cost model to the yJ, and a gap that adds up (platforms/weight_stationary/chain.c, ideal.c, spread.c, gap.c). */
#include "platforms/imc/machine.h"
#include "platforms/imc/mapping.h"
#include "tests/rigs/imc_rig.h"

Suite *suite_imc_drawn(void);

enum { NAME = 512 };

/* A description, the machine that it becomes, and a net for it. */
struct drawn { struct bl_imc_file f; char *text, platform[NAME], tech[NAME]; struct bl_net *net; bool copies; };

static void describe(struct drawn *d, uint64_t seed)
{
    uint64_t s = seed * 1000;
    const bool digital = pick(&s, 0, 1);
    const uint32_t bits = pick(&s, 0, 2) ? 1 : pick(&s, 1, 4), d2 = pick(&s, 2, 80), volts = pick(&s, 5, 9), w_bits = pick(&s, 0, 1) ? 8 : pick(&s, 2, 8);
    uint32_t needs = 1;
    struct heard h;

    while ((1u << needs) <= d2 * ((1u << bits) - 1))
        needs++;
    d->text = malloc(1024);
    const int n = snprintf(d->text, 1024, "macro: drawn\ntype: %s\nd1: %u\nd2: %u\nm: %u\nmacros: %u\nw_bits: %u\na_bits: 8\ndac_bits: %u\nvoltage: 0.%u V\nnode: %u nm\n"
                           "act: 0.%u\nmodel: %s\n", digital ? "dimc" : "aimc", pick(&s, 1, 24), d2, pick(&s, 1, 4), pick(&s, 0, 1) ? 1 : pick(&s, 2, 7), w_bits, bits,
                           volts, pick(&s, 0, 1) ? 28 : pick(&s, 7, 65), pick(&s, 1, 9), pick(&s, 0, 3) ? "equations" : "gates");
    static const char *const shares[] = { "1", "1", "2", "4" };
    if (!digital)
        snprintf(d->text + n, 1024 - (size_t)n, "adc_bits: %u\nshare: %s\n", needs + pick(&s, 0, 1), w_bits % 4 ? "1" : shares[pick(&s, 0, 3)]);
    else
        snprintf(d->text + n, 1024 - (size_t)n, "stages: %u\n", pick(&s, 0, 1) ? 1 : pick(&s, 2, 6));
    if (pick(&s, 0, 1))
        snprintf(d->text + strlen(d->text), 1024 - strlen(d->text), "weight_port: %u\n", pick(&s, 4, 64));
    if (!pick(&s, 0, 3))
        snprintf(d->text + strlen(d->text), 1024 - strlen(d->text), "buffer: 16384\nbanks: %u\n", 1u << pick(&s, 0, 4));
    ck_assert_msg(bl_imc_file_read(&d->f, "drawn.yaml", d->text, strlen(d->text), (struct bl_words){ NULL, 0 }, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_msg(bl_imc_machine_check(&d->f, &h.diag) == 0, "%s", h.text);
    d->copies = !d->f.macro.buffer && pick(&s, 0, 1);
}

static void write_files(struct drawn *d)
{
    char here[NAME];
    FILE *f = fopen(scratch(d->platform, "drawn.yaml"), "w");

    scratch(d->tech, "drawn.tech.yaml");
    ck_assert_ptr_nonnull(f);
    snprintf(here, sizeof here, "./%s", strrchr(d->tech, '/') + 1);
    bl_imc_write_platform(&d->f, "a test", here, f);
    fclose(f);
    ck_assert_ptr_nonnull(f = fopen(d->tech, "w"));
    bl_imc_write_tech(&d->f, "a test", f);
    fclose(f);
}

/* Weights of fewer bits. */
static void narrow(struct bl_net *net, uint32_t bits)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct bl_layer *l = &net->layers[i];
        const int32_t half = 1 << (bits - 1);
        for (uint64_t k = 0; l->weight && k < (uint64_t)l->cout * l->k; k++)
            l->weight[k] = (int8_t)(((l->weight[k] & (2 * half - 1)) ^ half) - half);
        l->wbits = l->weight ? bits : l->wbits;
    }
}

static void draw_net(struct drawn *d, uint64_t seed)
{
    struct grow g = grow_start(seed, pick(&(uint64_t){ seed }, 1, 6), 6, 5);
    const uint32_t groups = grow_at(&g)->c, wide = pick(&g.s, 1, 20);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 2, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .relu = true }, groups * wide);
    grow_conv(&g, (struct bl_layer){ .groups = pick(&g.s, 0, 1) ? groups * wide : groups, .kh = 2, .kw = 2, .stride_h = 1, .stride_w = 2, .dil_h = 1, .dil_w = 1 }, groups * wide);
    grow_fc(&g, 1, 1, pick(&g.s, 1, 30), false);
    narrow(g.net, (uint32_t)d->f.macro.w_bits);
    d->net = grow_end(&g);
}

/* ---- what it must take ---- */

/* Rows and columns of every tile, in order. */
struct tile { uint64_t rows, cols; };
static uint64_t tiles_of(const struct bl_imc_macro *m, const struct bl_layer *l, struct tile *tile)
{
    const uint64_t n = l->cout / l->groups, fit = imc_least(imc_least(m->d2 / l->k, m->d1 / n), l->groups), some = fit > 1 ? fit : 1;
    uint64_t count = 0;

    for (uint64_t g = 0; g < l->groups; g += some)
        for (uint64_t o = 0; o < n; o += m->d1)
            for (uint64_t k = 0; k < l->k; k += m->d2) {
                const uint64_t groups = imc_least(some, l->groups - g);
                ck_assert_uint_lt(count, 4096);
                tile[count++] = (struct tile){ some > 1 ? groups * l->k : imc_least(m->d2, l->k - k), some > 1 ? groups * n : imc_least(m->d1, n - o) };
            }
    return count;
}

/* Energy of a layer: the cost model's steps, with all rows and columns in use where a row loader, which knows no tiles, writes; and writing. Steps of the busiest macro: those of the model's mapping. */
static bl_yj energy_of(const struct drawn *d, const struct bl_layer *l, uint64_t windows)
{
    static struct tile tile[4096];
    struct bl_imc_event e[BL_IMC_EVENTS];
    const struct bl_imc_macro *m = &d->f.macro;
    const struct bl_imc_event write = bl_imc_write_event(m);
    const unsigned n = bl_imc_events(m, NULL, 0, e);
    const uint64_t tiles = tiles_of(m, l, tile), copies = d->copies && tiles < m->macros ? imc_least(m->macros / tiles, windows) : 1;
    bl_yj sum = 0;

    for (uint64_t t = 0; t < tiles; t++)
        sum += windows * bl_imc_event_steps(m) * (m->buffer ? bl_imc_step_yj(m, e, n, m->d2, m->d1) : bl_imc_step_yj(m, e, n, tile[t].rows, tile[t].cols)) +
               (bl_yj)(copies * tile[t].rows * m->d1 * m->w_bits) * bl_imc_event_yj(&write);
    return sum;
}

static void ck_gap(struct net_rig *r, uint64_t elapsed)
{
    const char *why;
    struct bl_gap g;
    uint64_t cycles;
    bl_yj energy;

    ck_assert_int_eq(bl_job_gap(r->job, r->s, &g, &why), 0);
    cycles = g.ideal;
    energy = g.ideal_energy;
    for (uint32_t i = 0; i < g.n; i++) {
        cycles += g.row[i].cycles;
        energy += g.row[i].energy;
        ck_assert(g.row[i].cycles <= elapsed && g.row[i].energy <= bl_energy(r->s));
    }
    ck_assert_uint_eq(g.cycles, elapsed);
    ck_assert_uint_eq(cycles, elapsed);
    ck_assert(energy == bl_energy(r->s) && g.energy == energy);
}

/* With digital macros on a host nothing is late and nobody holds anything up. */
static void ck_nothing_late(struct net_rig *r, const struct drawn *d)
{
    static const char *const late[] = { "input starved", "adders busy", "output held", "more operations", "converters busy", "operations", "host work" };
    const char *why;
    struct bl_gap g;

    ck_assert_int_eq(bl_job_gap(r->job, r->s, &g, &why), 0);
    for (uint32_t i = 0; d->f.macro.type == BL_IMC_DIMC && !d->f.macro.buffer && i < g.n; i++)
        for (size_t k = 0; k < sizeof late / sizeof *late; k++)
            ck_assert_msg(strcmp(g.row[i].cause, late[k]), "%s: %llu cycles\n%s", late[k], (unsigned long long)g.row[i].cycles, d->text);
}

static void ck_layer(const struct drawn *d, struct net_rig *r, uint32_t i, uint64_t *busy)
{
    const struct bl_layer *l = &d->net->layers[i];
    const struct bl_tensor *y = &d->net->tensors[l->out];
    const struct bl_imc_macro *m = &d->f.macro;
    const uint64_t windows = l->kind == BL_FC ? 1 : (uint64_t)y->h * y->w, kernel = l->kind == BL_FC ? 1 : (uint64_t)l->kh * l->kw;
    const struct bl_imc_layer layer = { l->k / kernel * l->groups, l->cout, kernel, l->groups, windows };
    const struct bl_layer_result *res = &bl_job_result(r->job)->layers[i];
    struct bl_imc_mapping map;
    struct bl_ideal x;
    const char *why;

    ck_assert_msg(!res->mismatches, "layer %s: %llu values differ\n%s", l->name, (unsigned long long)res->mismatches, d->text);
    ck_assert_msg(bl_job_ideal(r->job, r->s, i, &x, &why) == 0, "%s", why);
    ck_assert_uint_eq(x.cycles > 0, !m->buffer);
    ck_assert_msg(m->buffer || res->cycles == x.cycles, "layer %s: %llu cycles, closed form %llu\n%s", l->name, (unsigned long long)res->cycles, (unsigned long long)x.cycles, d->text);
    ck_assert_int_eq(bl_imc_map(m, &layer, &map), 0);
    *busy += x.busy;
    if (!d->copies && map.dup > 1)
        return;
    ck_assert_uint_eq(x.steps, map.steps);
    ck_assert_uint_eq(x.tiles, map.tiles * map.dup);
    ck_assert_uint_eq(x.rounds, map.rounds);
    ck_assert_double_eq_tol(x.utilisation, map.utilisation, 1e-12);
}

static void run_drawn(struct drawn *d, struct net_rig *r, const char *set)
{
    const struct rig_opts o = { .platform = d->platform, .mapper = "weight_stationary", .sets = { set },
                                .job = { .net = d->net, .count = 1, .seed = 1, .objective = d->copies ? NULL : "plain" } };

    rig_run(r, &o);
}

static struct drawn draw(uint64_t seed)
{
    struct drawn d = { .copies = false };

    describe(&d, seed);
    draw_net(&d, seed);
    write_files(&d);
    return d;
}

static void drawn_fini(struct drawn *d)
{
    remove(d->platform);
    remove(d->tech);
    bl_net_free(d->net);
    bl_imc_file_fini(&d->f);
    free(d->text);
}

static uint64_t access_of(struct net_rig *r)
{
    uint64_t n;

    ck_assert_int_eq(bl_peek(r->s, "macro[0].array.access", &n), 0);
    return n;
}

/* Ideal: values, cycles by layer, the array's busy cycles, energy to the yJ, and the gap. */
START_TEST(ideal)
{
    const uint64_t seeds = (uint64_t)fewer(300, 30);

    for (uint64_t seed = (uint64_t)_i; seed < seeds; seed += 10) {
        struct drawn d = draw(seed);
        struct net_rig r;
        uint64_t busy = 0, cycles = 0;
        bl_yj energy = 0;
        run_drawn(&d, &r, NULL);
        for (uint32_t i = 0; i < d.net->nlayers; i++) {
            const struct bl_layer *l = &d.net->layers[i];
            const struct bl_tensor *y = &d.net->tensors[l->out];
            ck_layer(&d, &r, i, &busy);
            energy += energy_of(&d, l, l->kind == BL_FC ? 1 : (uint64_t)y->h * y->w);
            cycles += bl_job_result(r.job)->layers[i].cycles;
        }
        ck_assert_uint_eq(access_of(&r), busy);
        ck_assert_msg(energy == bl_energy(r.s), "%.15g yJ, expected %.15g\n%s", (double)bl_energy(r.s), (double)energy, d.text);
        ck_gap(&r, cycles);
        ck_nothing_late(&r, &d);
        rig_close(&r);
        drawn_fini(&d);
    }
}
END_TEST

/* Held up: rows that are slow to write, links of one item, host work, a slow macro of several: the values stay, and the gap adds up. */
START_TEST(held_up)
{
    static const char *const sets[] = { "macro[*].array.write_cycles=3", "macro[*].slicer.x.depth=1", "host.host_cycles=2", "macro[*].array.x.depth=1", "macro[*].acc.x.depth=1" };
    const uint64_t seeds = (uint64_t)fewer(40, 4);

    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct drawn d = draw(seed + 1000);
        struct net_rig r;
        uint64_t cycles = 0;
        run_drawn(&d, &r, sets[_i]);
        for (uint32_t i = 0; i < d.net->nlayers; i++) {
            ck_assert_uint_eq(bl_job_result(r.job)->layers[i].mismatches, 0);
            cycles += bl_job_result(r.job)->layers[i].cycles;
        }
        ck_gap(&r, cycles);
        rig_close(&r);
        drawn_fini(&d);
    }
}
END_TEST

/* Two macros on a banked buffer: values, the first array's operations, and a gap that adds up, whatever the buffer holds up. */
START_TEST(buffered)
{
    static const char *const banks[] = { "banks=1", "banks=2", "banks=8" }, *const latency[] = { "buf.latency=1", "buf.latency=3" };

    for (uint64_t seed = (uint64_t)_i; seed < (uint64_t)fewer(60, 6); seed += 3) {
        uint64_t s = seed * 77, access, cycles = 0, busy = 0;
        struct drawn d = { .copies = false };
        struct net_rig r;
        char rows[32], cols[32];
        d.f.macro.w_bits = 8;
        draw_net(&d, seed + 500);
        snprintf(rows, sizeof rows, "rows=%u", pick(&s, 1, 40));
        snprintf(cols, sizeof cols, "cols=%u", pick(&s, 1, 20));
        const struct rig_opts o = { .platform = "platforms/imc/imc_buffer.yaml", .mapper = "weight_stationary", .sets = { rows, cols, banks[_i], latency[seed / 3 % 2] },
                                    .job = { .net = d.net, .count = 1, .seed = 1 } };
        const struct bl_result *res = rig_run(&r, &o);
        for (uint32_t i = 0; i < d.net->nlayers; i++) {
            struct bl_ideal x;
            const char *why;
            ck_assert_uint_eq(res->layers[i].mismatches, 0);
            ck_assert_int_eq(bl_job_ideal(r.job, r.s, i, &x, &why), 0);
            cycles += res->layers[i].cycles;
            busy += x.busy;
        }
        ck_assert_int_eq(bl_peek(r.s, "core[0].macro.array.access", &access), 0);
        ck_assert_uint_eq(access, busy);
        ck_gap(&r, cycles);
        rig_close(&r);
        bl_net_free(d.net);
    }
}
END_TEST

/* A port of 64 bits for rows of 128 and no second set: each round takes the cycles of its rows once more, all of them booked as weights. */
static struct drawn with_port(const char *port)
{
    struct drawn d = { .copies = true, .text = malloc(512) };
    struct heard h;

    snprintf(d.text, 512, "macro: drawn\ntype: dimc\nd1: 16\nd2: 32\nw_bits: 8\na_bits: 8\nvoltage: 0.9 V\nnode: 28 nm\n%s", port);
    ck_assert_msg(bl_imc_file_read(&d.f, "drawn.yaml", d.text, strlen(d.text), (struct bl_words){ NULL, 0 }, heard_start(&h)) == 0, "%s", h.text);
    draw_net(&d, 7);
    write_files(&d);
    return d;
}

static uint64_t weights_of(struct net_rig *r)
{
    struct bl_gap g;
    const char *why;
    uint64_t cycles = 0;

    ck_assert_int_eq(bl_job_gap(r->job, r->s, &g, &why), 0);
    for (uint32_t i = 0; i < g.n; i++)
        cycles += strcmp(g.row[i].cause, "weights") ? 0 : g.row[i].cycles;
    return cycles;
}

START_TEST(weight_port)
{
    struct tile tile[64];
    uint64_t cycles[2] = { 0 }, weights[2], rows = 0;

    for (int wide = 0; wide < 2; wide++) {
        struct drawn d = with_port(wide ? "" : "weight_port: 64\n");
        struct net_rig r;
        run_drawn(&d, &r, NULL);
        for (uint32_t i = 0; i < d.net->nlayers; i++) {
            cycles[wide] += bl_job_result(r.job)->layers[i].cycles;
            for (uint64_t t = 0, n = wide ? tiles_of(&d.f.macro, &d.net->layers[i], tile) : 0; t < n; t++)
                rows += tile[t].rows;
        }
        weights[wide] = weights_of(&r);
        rig_close(&r);
        drawn_fini(&d);
    }
    ck_assert_uint_eq(cycles[0], cycles[1] + rows);
    ck_assert_uint_eq(weights[0], weights[1] + rows);
}
END_TEST

Suite *suite_imc_drawn(void)
{
    Suite *s = suite_create("imc_drawn");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, ideal, 0, 10);
    tcase_add_loop_test(tc, held_up, 0, 5);
    tcase_add_test(tc, weight_port);
    tcase_add_loop_test(tc, buffered, 0, 3);
    suite_add_tcase(s, tc);
    return s;
}

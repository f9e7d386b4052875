/* test_paper_imc.c - published figures of in-memory-computing macros: the four designs of Table II of Houshmand et al., the networks of MLPerf
 * Tiny on them, where analog overtakes digital, and seven chips with what zigzag-imc's own validation finds for them. */
#include "platforms/file/find.h"
#include "platforms/imc/macro_file.h"
#include "platforms/imc/mapping.h"
#include "tests/rigs/command_rig.h"

#include <math.h>
#include <string.h>

#define MACROS "platforms/imc/macros/"
#define CK_NEAR(got, want, share) ck_assert_msg(fabs((got) / (want) - 1) <= (share), "got %.9g, wanted %.9g", (double)(got), (double)(want))
enum { DESIGNS = 4 };

static const char *const design[DESIGNS] = { "jia_isscc21", "si_isscc20", "chih_isscc21", "tu_isscc22" };

static void open_path(struct bl_imc_file *f, const char *path, const char *set)
{
    struct heard h;
    char *text = content(path);

    ck_assert_msg(bl_imc_file_read(f, path, text, strlen(text), (struct bl_words){ &set, set ? 1 : 0 }, heard_start(&h)) == 0, "%s", h.text);
    free(text);
}

static void open_with(struct bl_imc_file *f, const char *name, const char *set)
{
    char path[NAME];

    snprintf(path, sizeof path, MACROS "%s.yaml", name);
    open_path(f, path, set);
}

static struct bl_imc_macro macro_of(const char *name, const char *set)
{
    struct bl_imc_file f;

    open_with(&f, name, set);
    struct bl_imc_macro m = f.macro;
    bl_imc_file_fini(&f);
    return m;
}

/* ---- Table II */

static const struct { const char *name, *set; double tops_w, cells, pj; } PEAK[] = {
    { "jia_isscc21", NULL, 174.34, 294912, 845.8 }, { "si_isscc20", NULL, 28.36, 262144, 36.1 }, { "chih_isscc21", NULL, 98.83, 262144, 331.6 },
    { "tu_isscc22", NULL, 81.35, 294912, 9.44 }, { "jia_isscc21", "array_reading=literal", 251.7, 294912, 0 },
    { "si_isscc20", "table2=printed", 35.0, 16384, 0 }, { "tu_isscc22", "table2=printed", 0, 36864, 0 }, { "chih_isscc21", "table2=printed", 98.83, 262144, 0 },
    { "jia_isscc21", "table2=printed", 174.34, 294912, 0 }, { "chih_isscc21", "voltage=0.72 V", 122.0, 262144, 0 },
};

START_TEST(peaks)
{
    struct bl_imc_macro m = macro_of(PEAK[_i].name, PEAK[_i].set);
    struct bl_imc_cost c = bl_imc_cost(&m, NULL, 0);

    if (PEAK[_i].tops_w > 0)
        CK_NEAR(c.tops_w, PEAK[_i].tops_w, 2e-3);
    if (PEAK[_i].pj > 0)
        CK_NEAR(c.eq.total * 1e-3, PEAK[_i].pj, 1e-3);
    ck_assert_double_eq(bl_imc_cells(&m), PEAK[_i].cells);
}
END_TEST

START_TEST(adc_at_0v8)
{
    CK_NEAR(bl_imc_adc_energy(8, 0.8), 553.943, 1e-5);
    CK_NEAR(bl_imc_adc_energy(5, 0.8), 320.655, 1e-5);
    CK_NEAR(bl_imc_adc_energy(4, 0.8), 256.2, 1e-3);
    CK_NEAR(bl_imc_adc_energy(6, 0.8), 386.6, 1e-3);
}
END_TEST

/* ---- single layers */

static const struct { struct bl_imc_layer l; uint64_t tiles[DESIGNS], dup[DESIGNS], steps[DESIGNS]; double used[DESIGNS], fj_mac[DESIGNS]; } LAYER[] = {
    { { 32, 32, 9, 1, 256 }, { 1, 20, 2, 27 }, { 1, 1, 2, 7 }, { 256, 768, 128, 37 }, { 0.1250, 0.7500, 0.2812, 0.8649 }, { 42.30, 0, 0, 0 } },   /* ResNet8 */
    { { 64, 64, 9, 64, 125 }, { 1, 0, 0, 0 }, { 1, 0, 0, 0 }, { 125, 0, 0, 0 }, { 0.0078125, 0, 0, 0 }, { 1353.7, 0, 0, 71.5 } },                /* DS-CNN */
    { { 640, 128, 1, 1, 1 }, { 2, 160, 6, 220 }, { 0 }, { 2, 20, 2, 2 }, { 0 }, { 0 } },                                                        /* DeepAutoEncoder */
};

START_TEST(single_layers)
{
    for (int d = 0; d < DESIGNS; d++) {
        struct bl_imc_macro m = macro_of(design[d], NULL);
        struct bl_imc_mapping x;
        ck_assert_int_eq(bl_imc_map(&m, &LAYER[_i].l, &x), 0);
        ck_assert(!LAYER[_i].tiles[d] || x.tiles == LAYER[_i].tiles[d]);
        ck_assert(!LAYER[_i].dup[d] || x.dup == LAYER[_i].dup[d]);
        ck_assert(!LAYER[_i].steps[d] || x.steps == LAYER[_i].steps[d]);
        if (LAYER[_i].used[d] > 0)
            CK_NEAR(x.utilisation, LAYER[_i].used[d], 3e-4);
        if (LAYER[_i].fj_mac[d] > 0)
            CK_NEAR(x.energy / x.macs, LAYER[_i].fj_mac[d], 1e-3);
    }
}
END_TEST

/* ---- networks, as the shipped layer tables have them */

static unsigned table(const char *net, struct bl_imc_layer *layers, unsigned most)
{
    char path[NAME], line[512], type[16];
    unsigned long long c, k, kh, kw, groups, h, w;
    unsigned n = 0;

    snprintf(path, sizeof path, "platforms/nets/mlperftiny_%s.csv", net);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%*[^,],%15[^,],%llu,%*u,%*u,%llu,%llu,%llu,%*u,%*[^,],%llu,%llu,%llu,", type, &c, &k, &kh, &kw, &groups, &h, &w) == 8 &&
            (strstr(type, "conv") || !strcmp(type, "fc"))) {
            ck_assert_uint_lt(n, most);
            layers[n++] = (struct bl_imc_layer){ c, k, kh * kw, groups, h * w };
        }
    fclose(f);
    return n;
}

static const struct { const char *net; double macs, tops_w[DESIGNS], used[DESIGNS], in[DESIGNS], out[DESIGNS]; } NET[] = {
    /*                   MACs      TOPS/W                              cells in use, %             bits in a MAC               bits out a MAC */
    { "ic_resnet8",      12501632, { 24.608, 23.251, 98.828, 81.354 }, { 4.20, 65.3, 16.8, 62.6 }, { 0.158, 0.50, 0, 0.43 },   { 0.055, 0.873, 0, 1.51 } },
    { "kws_dscnn",       2656768,  { 6.323, 16.302, 30.843, 67.404 }, { 3.20, 39.9, 6.13, 34.3 }, { 0 },                     { 0 } },
    { "vww_mbv1_025",    7489664,  { 5.558, 13.214, 35.281, 67.931 },  { 0.946, 34.6, 3.46, 33.2 }, { 0 },                     { 0 } },
    { "ad_autoenc",      264192,   { 27.618, 27.770, 98.828, 81.354 }, { 13.3, 96.3, 31.0, 29.9 }, { 0 },                      { 0 } },
};

static struct bl_imc_mapping network(const char *net, const struct bl_imc_macro *m)
{
    struct bl_imc_layer layers[64];
    struct bl_imc_mapping x, total = { 0 };
    unsigned n = table(net, layers, 64);

    for (unsigned i = 0; i < n; i++) {
        ck_assert_int_eq(bl_imc_map(m, &layers[i], &x), 0);
        bl_imc_map_add(m, &total, &x);
    }
    return total;
}

START_TEST(networks)
{
    for (int d = 0; d < DESIGNS; d++) {
        struct bl_imc_macro m = macro_of(design[d], NULL);
        struct bl_imc_mapping x = network(NET[_i].net, &m);
        ck_assert_double_eq(x.macs, NET[_i].macs);
        CK_NEAR(2000 * x.macs / x.energy, NET[_i].tops_w[d], 1e-3);
        CK_NEAR(100 * x.utilisation, NET[_i].used[d], 3e-3);
        if (NET[_i].in[d] > 0)
            CK_NEAR(x.bits_in / x.macs, NET[_i].in[d], 1e-2);
        if (NET[_i].out[d] > 0)
            CK_NEAR(x.bits_out / x.macs, NET[_i].out[d], 1e-2);
    }
}
END_TEST

/* Fully connected layers use a weight once: 4 bits a MAC, 160 times what ResNet8 loads. */
START_TEST(weight_traffic)
{
    struct bl_imc_macro m = macro_of(design[0], NULL);
    struct bl_imc_mapping autoencoder = network("ad_autoenc", &m), resnet = network("ic_resnet8", &m);

    ck_assert_double_eq(autoencoder.bits_weights / autoencoder.macs, 4);
    ck_assert_double_eq_tol(resnet.bits_weights / resnet.macs, 0.025, 1e-3);
    CK_NEAR(autoencoder.bits_weights / autoencoder.macs / (resnet.bits_weights / resnet.macs), 160, 2e-2);
}
END_TEST

/* The paper: large analog arrays lose on depthwise and pointwise networks, many small macros win. Its other claim, that they are the best on
 * ResNet8 and on the autoencoder, holds only when all four input bits are converted at once, and then for the autoencoder alone. */
START_TEST(claims)
{
    for (int n = 1; n <= 2; n++) {
        double best = 0, tops_w[DESIGNS];
        for (int d = 0; d < DESIGNS; d++) {
            struct bl_imc_macro m = macro_of(design[d], NULL);
            struct bl_imc_mapping x = network(NET[n].net, &m);
            tops_w[d] = 2000 * x.macs / x.energy;
            best = fmax(best, tops_w[d]);
        }
        ck_assert_double_eq(best, tops_w[3]);
        ck_assert(tops_w[0] < tops_w[1] && tops_w[0] < tops_w[2]);
    }
    struct bl_imc_macro at_once = macro_of(design[0], "dac_bits=4"), digital = macro_of(design[2], NULL);
    struct bl_imc_mapping a = network("ad_autoenc", &at_once), d = network("ad_autoenc", &digital), r = network("ic_resnet8", &at_once);
    CK_NEAR(2000 * a.macs / a.energy, 100.4, 2e-3);
    CK_NEAR(2000 * r.macs / r.energy, 80.7, 2e-3);
    ck_assert_double_lt(a.energy / a.macs, d.energy / d.macs);
}
END_TEST

/* Rows, in steps of nine, from which the large analog array needs less than the digital one. */
START_TEST(crossover)
{
    static const struct { const char *set; int rows; } want[] = { { "dac_bits=1", 612 }, { "dac_bits=2", 324 }, { "dac_bits=4", 162 } };
    struct bl_imc_macro digital = macro_of(design[2], NULL);
    double limit = bl_imc_energy(&digital, 256, 64).total / (256 * 64);

    for (int i = 0; i < COUNT(want); i++) {
        struct bl_imc_macro m = macro_of(design[0], want[i].set);
        int rows = 9;
        while (rows < 1152 && bl_imc_energy(&m, rows, 64).total / (64.0 * rows) > limit)
            rows += 9;
        ck_assert_int_eq(rows, want[i].rows);
    }
}
END_TEST

/* ---- chips: what zigzag-imc's validation scripts give, and what the chips' papers print */

static const struct { const char *chip; double fj_mac, area, clock; bool energy; } CHIP[] = {
    { "papistas_cicc21", 1.69506, 1.24429, 44.00812, true },   { "jssc23_9896828", 936.60813, 0.456694, 7.5404, false },
    { "isscc23_7_8", 108.51648, 1.963808, 2.81284, true },     { "tu_isscc22_int8", 55.105312, 0.883483, 4.27332, true },
    { "isscc22_11_7", 231.76125, 0.023797, 3.17392, false },   { "isscc23_7_2", 100.057781, 0.146149, 5.4014, true },
    { "isscc23_16_3", 116.164125, 0.33075, 2.38044, false },
};

START_TEST(chips)
{
    struct bl_imc_file f;

    open_with(&f, CHIP[_i].chip, NULL);
    struct bl_imc_cost c = bl_imc_cost(&f.macro, f.blocks, f.nblocks);
    CK_NEAR(c.fj_mac, CHIP[_i].fj_mac, 1e-4);
    CK_NEAR(c.area, CHIP[_i].area, 1e-4);
    CK_NEAR(c.clock, CHIP[_i].clock, 1e-4);
    ck_assert(f.reported.usable_area && f.reported.usable_clock && f.reported.usable_tops_w == CHIP[_i].energy);
    if (CHIP[_i].energy)
        CK_NEAR(c.tops_w, f.reported.tops_w, 0.13);
    bl_imc_file_fini(&f);
}
END_TEST

/* " | 18.7 | 18.43 | -1.4 %": what cannot be compared is in brackets. */
static void figures(char *row, size_t room, double reported, double model, bool usable)
{
    size_t n = strlen(row);

    if (!(reported > 0))
        snprintf(row + n, room - n, " | | %.4g |", model);
    else
        snprintf(row + n, room - n, usable ? " | %.4g | %.4g | %+.1f %%" : " | %.4g | %.4g | (%+.1f %%)", reported, model, 100 * (model / reported - 1));
}

/* The table in the page of the model is made of this: a row for each description that says what is printed of area or clock. */
START_TEST(page_table)
{
    char *page = content("platforms/imc/README.md");
    struct bl_found *found;
    const size_t n = bl_find_all(BL_FILE_MACRO, &found);
    int found_chips = 0;

    for (size_t i = 0; i < n; i++) {
        struct bl_imc_file f;
        char row[256];
        open_path(&f, found[i].path, NULL);
        struct bl_imc_cost c = bl_imc_cost(&f.macro, f.blocks, f.nblocks);
        if (!(f.reported.area > 0 || f.reported.clock > 0)) {
            bl_imc_file_fini(&f);
            continue;
        }
        found_chips++;
        snprintf(row, sizeof row, "| `%s`", f.name);
        figures(row, sizeof row, f.reported.tops_w, c.tops_w, f.reported.usable_tops_w);
        figures(row, sizeof row, f.reported.area, c.area, f.reported.usable_area);
        figures(row, sizeof row, f.reported.clock, c.clock, f.reported.usable_clock);
        strcat(row, " |\n");
        ck_assert_msg(strstr(page, row) != NULL, "platforms/imc/README.md has no row\n%s", row);
        bl_imc_file_fini(&f);
    }
    ck_assert_int_ge(found_chips, COUNT(CHIP));
    bl_found_list_fini(found, n);
    free(page);
}
END_TEST

Suite *suite_paper_imc(void);
Suite *suite_paper_imc(void)
{
    Suite *s = suite_create("paper_imc");
    TCase *t = tcase_create("Houshmand et al.");

    tcase_add_loop_test(t, peaks, 0, COUNT(PEAK));
    tcase_add_test(t, adc_at_0v8);
    tcase_add_loop_test(t, single_layers, 0, COUNT(LAYER));
    tcase_add_loop_test(t, networks, 0, COUNT(NET));
    tcase_add_test(t, weight_traffic);
    tcase_add_test(t, claims);
    tcase_add_test(t, crossover);
    tcase_add_loop_test(t, chips, 0, COUNT(CHIP));
    tcase_add_test(t, page_table);
    suite_add_tcase(s, t);
    return s;
}

/* test_paper_db_pim_offline.c - what Duan et al. say of DB-PIM that is arithmetic of its offline side: digits, storage, sparsities, the speed-up that
 * fewer rows give (no time but that of rows), cells in use. What is our choice of shapes, or fitted, says so. */
#include "platforms/db_pim/fta.h"
#include "platforms/db_pim/prune.h"
#include "platforms/file/io.h"
#include "tests/rigs/net_rig.h"

#include <string.h>

Suite *suite_paper_db_pim_offline(void);

#define CK_NEAR(got, want, off) ck_assert_msg(fabs((got) - (want)) <= (off), "got %.6g, wanted %.6g", (double)(got), (double)(want))

/* ---- section IV-A: a third fewer non-zero bits; Table I; section IV-C: the example */

START_TEST(digits)
{
    uint32_t csd = 0, binary = 0;

    for (int w = INT8_MIN; w <= INT8_MAX; w++) {
        csd += bl_db_phi((int8_t)w);
        binary += (uint32_t)__builtin_popcount((unsigned)w & 0xff);
    }
    ck_assert_uint_eq(binary, 1024);
    CK_NEAR(1 - (double)csd / binary, 0.306, 5e-4);         /* over all int8; "33 % on average" is that of long numbers */
}
END_TEST

START_TEST(example)
{
    int8_t f[] = { -63, 0, 64, 0, 0, -8, 13 };
    static const int8_t wanted[] = { -64, 0, 64, 1, 0, -8, 16 };
    static const uint8_t mask[] = { 1, 0, 1, 1, 0, 1, 1 }, phi[] = { 2, 0, 1, 0, 0, 1, 3 };

    for (int i = 0; i < 7; i++)
        ck_assert_uint_eq(bl_db_phi(f[i]), phi[i]);
    ck_assert_uint_eq(bl_db_threshold(f, mask, 7), 1);
    bl_db_approximate(f, mask, 7, 1);
    ck_assert_int_eq(memcmp(f, wanted, sizeof f), 0);
    ck_assert_int_eq(-64 + 2, (int8_t)0xc2);                /* section V-C: 1100_0010 */
}
END_TEST

/* ---- section VI-B: 75 % of the bits are zero with two digits, 87.5 % with thresholds 0, 1, 2, 2, 1, 0, 90 % with 60 % of the blocks masked */

static double bit_sparsity(const uint8_t *phi, uint32_t n, double masked)
{
    enum { K = 320 };
    int8_t *w = malloc((size_t)n * K);
    struct bl_db_plan p;
    struct heard h;

    for (uint32_t f = 0; f < n; f++)
        for (uint32_t i = 0; i < K; i++)
            w[f * K + i] = i % 10 < 10 * masked ? 0 : bl_db_closest((int8_t)(37 * i + f), phi[f]);
    ck_assert_int_eq(bl_db_plan(&p, (struct bl_db_weights){ w, n, K, "layer" }, BL_DB_DYADIC, BL_DB_CORES, heard_start(&h)), 0);
    const double zero = 1 - (double)bl_db_plan_bits(&p).cells / (8.0 * n * K);
    bl_db_plan_fini(&p);
    free(w);
    return zero;
}

START_TEST(sparsities)
{
    static const uint8_t two[8] = { 2, 2, 2, 2, 2, 2, 2, 2 }, mixed[6] = { 0, 1, 2, 2, 1, 0 };

    CK_NEAR(bit_sparsity(two, 8, 0), 0.75, 1e-12);
    CK_NEAR(bit_sparsity(mixed, 6, 0), 0.875, 1e-12);
    CK_NEAR(bit_sparsity(two, 8, 0.2), 0.8, 1e-12);
    CK_NEAR(bit_sparsity(two, 8, 0.6), 0.9, 1e-12);
}
END_TEST

/* ---- layer tables: our choice of shapes (platforms/nets/README.md) */

struct shape { char name[40], type[16]; uint32_t cin, cout, kh, kw, h, w; };
enum { MOST_SHAPES = 100 };

static uint32_t shapes_of(const char *net, struct shape *s)
{
    char path[80], line[256];
    uint32_t n = 0;

    snprintf(path, sizeof path, "platforms/nets/%s.csv", net);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f)) {
        ck_assert_uint_lt(n, MOST_SHAPES);
        if (sscanf(line, "%39[^,],%15[^,],%u,%*u,%*u,%u,%u,%u,%*u,%*[^,],%*u,%u,%u,", s[n].name, s[n].type, &s[n].cin, &s[n].cout, &s[n].kh, &s[n].kw, &s[n].h,
                   &s[n].w) == 8 && (!strcmp(s[n].type, "conv") || !strcmp(s[n].type, "pwconv") || !strcmp(s[n].type, "fc")))
            n++;
    }
    fclose(f);
    return n;
}

/* Row steps of a net: filters of `columns` columns, `masked` of the positions of convolutions but the first and those of squeeze-and-excite. */
static double steps(const struct shape *s, uint32_t n, uint32_t columns, double masked)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = s[i].cin * s[i].kh * s[i].kw;
        const bool pruned = i > 0 && strcmp(s[i].type, "fc") && !strstr(s[i].name, "se_");
        sum += bl_db_ideal_steps(s[i].cout, k - (pruned ? (uint32_t)(masked * k + 1e-9) : 0), columns, (uint64_t)s[i].h * s[i].w, BL_DB_CORES, BL_DB_MACROS);
    }
    return (double)sum;
}

/* Section VI-C: "close to 4x" with all thresholds 2. The others are derived: rows alone. cells: static fill of the array in %, and that of whole tiles of
 * 256 positions over the time of rows; paper: U_act of Table II. */
static const struct { const char *net, *name; double two, p20, p40, p60, one, cells, tiles, paper; } NETS[] = {
    { "vgg19_cifar100", "VGG19, one FC layer", 4.00, 4.97, 6.59, 9.80, 7.27, 99.9, 90.8, 86.77 },
    { "vgg19_4096_cifar100", "VGG19, FC of 4096", 4.00, 4.78, 5.96, 7.93, 7.38, 99.7, 92.1, 86.77 },
    { "resnet18_cifar100", "ResNet18", 4.00, 4.96, 6.56, 9.75, 6.27, 99.9, 85.4, 86.29 },
    { "mobilenetv2_cifar100", "MobileNetV2", 3.17, 3.62, 4.77, 6.68, 4.49, 91.8, 22.6, 81.38 },
    { "alexnet_3x3_cifar100", "AlexNet", 4.00, 4.47, 5.09, 5.90, 7.70, 99.7, 91.4, 85.04 },
    { "efficientnetb0_s2_cifar100", "EfficientNet-B0", 3.43, 3.92, 4.68, 6.06, 5.26, 89.1, 29.9, 78.44 },
};

START_TEST(speed_up_of_rows)
{
    struct shape s[MOST_SHAPES];
    const uint32_t n = shapes_of(NETS[_i].net, s);
    const double dense = steps(s, n, 8, 0);

    CK_NEAR(dense / steps(s, n, 2, 0), NETS[_i].two, 0.005 + 1e-9);
    CK_NEAR(dense / steps(s, n, 2, .2), NETS[_i].p20, 0.005 + 1e-9);
    CK_NEAR(dense / steps(s, n, 2, .4), NETS[_i].p40, 0.005 + 1e-9);
    CK_NEAR(dense / steps(s, n, 2, .6), NETS[_i].p60, 0.005 + 1e-9);
    CK_NEAR(dense / steps(s, n, 1, 0), NETS[_i].one, 0.005 + 1e-9);
}
END_TEST

START_TEST(page_has_them)
{
    struct heard h;
    size_t len;
    char row[200], *page = bl_read_all("platforms/db_pim/README.md", &len, heard_start(&h));

    ck_assert_msg(page != NULL, "%s", h.text);
    snprintf(row, sizeof row, "\n| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %.1f |", NETS[_i].name, NETS[_i].two, NETS[_i].p20, NETS[_i].p40, NETS[_i].p60,
             NETS[_i].one, NETS[_i].cells, NETS[_i].tiles);
    ck_assert_msg(strstr(page, row) != NULL, "platforms/db_pim/README.md has no row%s", row);
    free(page);
}
END_TEST

/* Fig. 11, in words: VGG19 gains most, then ResNet18, MobileNetV2 least; with thresholds of 2, 20 to 60 % masked, and thresholds of 1. */
START_TEST(order_of_nets)
{
    static const char *const nets[] = { "vgg19_cifar100", "resnet18_cifar100", "mobilenetv2_cifar100" };
    static const struct { uint32_t columns; double masked; } ways[] = { { 2, 0 }, { 2, .2 }, { 2, .4 }, { 2, .6 }, { 1, 0 } };

    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        double gain[3];
        for (int i = 0; i < 3; i++) {
            struct shape s[MOST_SHAPES];
            const uint32_t n = shapes_of(nets[i], s);
            gain[i] = steps(s, n, 8, 0) / steps(s, n, ways[w].columns, ways[w].masked);
        }
        ck_assert_msg(gain[0] > 0.9999 * gain[1] && gain[1] > gain[2], "way %zu: %g %g %g", w, gain[0], gain[1], gain[2]);      /* 4.000 both, with 2 */
    }
}
END_TEST

/* Fitted, no prediction: 80 % of VGG19's filters with one digit and 20 % with two come near the 5.50 of Fig. 11. */
START_TEST(fitted_mix_of_thresholds)
{
    static const struct { const char *net; double gain; } rows[] = { { "vgg19_cifar100", 5.28 }, { "vgg19_4096_cifar100", 5.46 } };

    for (int r = 0; r < 2; r++) {
        struct shape s[MOST_SHAPES];
        const uint32_t n = shapes_of(rows[r].net, s);
        double sum = 0;
        for (uint32_t i = 0; i < n; i++)                    /* 1.2 columns a filter, 128 columns an N tile */
            sum += ceil(1.2 * s[i].cout / 128) * ceil(s[i].cin * s[i].kh * s[i].kw / 16.0) * ceil(s[i].h * s[i].w / 4.0);
        CK_NEAR(steps(s, n, 8, 0) / sum, rows[r].gain, 0.005);
        ck_assert(rows[r].gain > 0.95 * 5.50 && rows[r].gain < 1.05 * 5.50);
    }
}
END_TEST

/* Cells that keep a digit, of all that stand in the rows in use; then of whole tiles of 256 positions, a time of rows each. */
START_TEST(cells_in_use)
{
    struct shape s[MOST_SHAPES];
    const uint32_t n = shapes_of(NETS[_i].net, s);
    double used = 0, cells = 0, busy = 0, tiles = 0;

    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = s[i].cin * s[i].kh * s[i].kw;
        const double digits_kept = 2.0 * s[i].cout * k, groups = ceil(s[i].h * s[i].w / 4.0), whole = ceil(k / 256.0) * 256;
        used += digits_kept;
        cells += (double)bl_db_ideal_steps(s[i].cout, k, 2, 1, BL_DB_CORES, 1) * BL_DB_CORES * BL_DB_COLUMNS * BL_DB_COMPARTMENTS;
        busy += digits_kept * groups;
        tiles += ceil(s[i].cout / 64.0) * whole * BL_DB_CORES * BL_DB_COLUMNS * groups;
    }
    CK_NEAR(100 * used / cells, NETS[_i].cells, 0.05);
    CK_NEAR(100 * busy / tiles, NETS[_i].tiles, 0.05);
    CK_NEAR(100 * used / cells, NETS[_i].paper, 15);        /* the order of nets is that of Table II, the numbers are 10 to 15 points above */
    ck_assert(100 * used / cells > NETS[_i].paper);
}
END_TEST

Suite *suite_paper_db_pim_offline(void)
{
    Suite *s = suite_create("paper_db_pim_offline");
    TCase *t = tcase_create("offline");

    tcase_add_test(t, digits);
    tcase_add_test(t, example);
    tcase_add_test(t, sparsities);
    tcase_add_loop_test(t, speed_up_of_rows, 0, COUNT(NETS));
    tcase_add_loop_test(t, page_has_them, 0, COUNT(NETS));
    tcase_add_test(t, order_of_nets);
    tcase_add_test(t, fitted_mix_of_thresholds);
    tcase_add_loop_test(t, cells_in_use, 0, COUNT(NETS));
    suite_add_tcase(s, t);
    return s;
}

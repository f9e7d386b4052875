/* test_ap_map.c - folding: steps of whole networks, every pair exactly once, what moves, bits copied at any offset. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "components/bf_imna/ap_work.h"
#include "platforms/net/net.h"

static const struct bl_ap_chip lr = { 64, 64, 4800, AP_MULTI, AP_DENSE };

static uint64_t steps_of(const char *net_file, enum bl_ap_fold fold)
{
    struct bl_net *net = bl_net_load(net_file, 1, NULL);
    struct bl_ap_chip chip = lr;
    uint64_t steps = 0;

    ck_assert_ptr_nonnull(net);
    chip.fold = fold;
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        const struct bl_tensor *t = &net->tensors[l->out];
        if (l->kind == BL_CONV || l->kind == BL_FC)
            steps += bl_ap_steps(&chip, &(struct bl_ap_gemm){ l->cout, l->k, l->kind == BL_FC ? l->rows : t->h * t->w, l->groups });
    }
    bl_net_free(net);
    return steps;
}

/* Check 11: steps of the limited-resources chip, all output channels also for grouped layers. VGG16 is among the long tests. */
START_TEST(steps)
{
    static const struct { const char *net; enum bl_ap_fold fold; uint64_t steps; } rows[] = {
        { "platforms/nets/resnet18_imagenet.csv", AP_MULTI, 120 }, { "platforms/nets/resnet18_imagenet.csv", AP_SINGLE, 519 },
        { "platforms/nets/resnet50_imagenet.csv", AP_MULTI, 283 }, { "platforms/nets/resnet50_imagenet.csv", AP_SINGLE, 1064 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        ck_assert_msg(steps_of(rows[r].net, rows[r].fold) == rows[r].steps, "%s: %llu steps, expected %llu", rows[r].net,
                      (unsigned long long)steps_of(rows[r].net, rows[r].fold), (unsigned long long)rows[r].steps);
}
END_TEST

START_TEST(steps_of_large_nets)
{
    ck_assert_uint_eq(steps_of("platforms/nets/alexnet_imagenet.csv", AP_MULTI), 46);
    ck_assert_uint_eq(steps_of("platforms/nets/alexnet_imagenet.csv", AP_SINGLE), 88);
    ck_assert_uint_eq(steps_of("platforms/nets/vgg16_imagenet.csv", AP_MULTI), 859);
    ck_assert_uint_eq(steps_of("platforms/nets/vgg16_imagenet.csv", AP_SINGLE), 2569);
}
END_TEST

/* Every pair of a product is in exactly one slice, whatever the shape and the fold. */
START_TEST(every_pair_once)
{
    static const struct bl_ap_gemm shapes[] = { { 3, 9, 50, 1 }, { 16, 9, 196, 1 }, { 40, 33, 7, 1 }, { 7, 13, 1, 1 }, { 64, 9, 12, 64 },
                                                { 1, 49, 300, 1 }, { 2, 1000, 3, 1 } };
    struct bl_ap_chip chip = { 3, 2, 100, AP_MULTI, AP_DENSE };

    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int fold = AP_MULTI; fold <= AP_IDEAL; fold++) {
            const struct bl_ap_gemm *g = &shapes[k];
            uint64_t all = (uint64_t)g->i * g->j * g->u;
            uint8_t *seen = calloc(all, 1);
            chip.fold = (enum bl_ap_fold)fold;
            for (uint64_t s = 0, n = bl_ap_steps(&chip, g); s < n; s++)
                for (uint32_t c = 0; c < chip.clusters; c++) {
                    struct bl_ap_slice x;
                    bl_ap_slice(&chip, g, s, c, &x);
                    ck_assert_uint_le(x.count, bl_ap_pairs(&chip));
                    for (uint64_t p = x.first; p < x.first + x.count; p++)
                        seen[p]++;
                }
            for (uint64_t p = 0; p < all; p++)
                ck_assert_msg(seen[p] == 1, "shape %zu, fold %d: pair %llu is done %u times", k, fold, (unsigned long long)p, seen[p]);
            free(seen);
        }
}
END_TEST

/* AlexNet's conv2 fills a cluster exactly: 256 x 1200 pairs; one column of 1200 inputs is broadcast to 256 outputs. */
START_TEST(traffic)
{
    const uint32_t work[WORK_LANES] = { 1, WORK_GEMM, 256, 1200, 729, 1, 8, 8 };
    struct bl_ap_gemm g = bl_ap_work_gemm(work);
    struct bl_ap_slice s;
    struct bl_ap_traffic x;

    bl_ap_slice(&lr, &g, 0, 5, &s);
    ck_assert_uint_eq(s.count, 307200);
    bl_ap_traffic(&lr, work, &s, &x);
    ck_assert_uint_eq(x.values, 1200);
    ck_assert_uint_eq(x.weights, 307200);
    ck_assert_uint_eq(x.in_bits, 8 * (1200 + 307200));
    ck_assert_uint_eq(x.words, 256);                  /* four windows a processor, none is cut */
    ck_assert_uint_eq(x.width, 16 + 11);
    ck_assert_uint_le(x.pieces, 1);
    bl_ap_slice(&lr, &g, 1, 5, &s);
    bl_ap_traffic(&lr, work, &s, &x);
    ck_assert_uint_eq(x.weights, 0);                  /* weight-stationary */
}
END_TEST

START_TEST(cut_windows)
{
    const struct { uint32_t i, j; uint32_t pieces; uint64_t words; } rows[] = { { 10, 4800, 1, 10 }, { 9, 5000, 3, 9 + 9 }, { 4, 25088, 7, 0 } };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const uint32_t work[WORK_LANES] = { 1, WORK_GEMM, rows[r].i, rows[r].j, 2, 1, 8, 8 };
        struct bl_ap_chip one = { 1, 64, 4800, AP_MULTI, AP_DENSE };
        struct bl_ap_gemm g = bl_ap_work_gemm(work);
        struct bl_ap_slice s;
        struct bl_ap_traffic x;
        bl_ap_slice(&one, &g, 0, 0, &s);
        s.first = 0;
        s.count = (uint64_t)rows[r].i * rows[r].j;
        bl_ap_traffic(&one, work, &s, &x);
        ck_assert_msg(x.pieces <= rows[r].pieces && x.pieces >= (rows[r].j + 4799) / 4800, "row %zu: %u pieces", r, x.pieces);
        if (rows[r].words)
            ck_assert_uint_eq(x.words, rows[r].words);
    }
}
END_TEST

/* Columns and cycles of a step of M x M bits: windows of 144 products, one of them and 33 (4752 rows), and one with writes of four cycles. */
static const struct { uint32_t m, columns[3], one, all, reram; } PRECISION[] = {
    { 1, { 22, 26, 32 }, 1436, 15484, 2400 },  { 2, { 27, 31, 37 }, 1668, 15716, 2788 },   { 3, { 32, 36, 42 }, 1924, 15972, 3216 },
    { 4, { 37, 41, 47 }, 2204, 16252, 3684 },  { 5, { 42, 46, 52 }, 2508, 16556, 4192 },   { 6, { 47, 51, 57 }, 2836, 16884, 4740 },
    { 8, { 57, 61, 67 }, 3564, 17612, 5956 },  { 12, { 77, 81, 87 }, 5308, 19356, 8868 },  { 16, { 97, 101, 107 }, 7436, 21484, 12420 },
};

static uint64_t cycles_of(uint32_t m, uint32_t rows, uint32_t write_cycles)
{
    struct bl_ap_cmd cmd[AP_STEP_MOST];
    uint32_t n = bl_ap_gemm_step(cmd, m, m, true, rows, 0, 144, 4800);
    uint64_t cycles = 0;

    while (n--)
        cycles += bl_ap_duration(&cmd[n], AP_EXACT, write_cycles);
    return cycles;
}

START_TEST(precision)
{
    static const uint32_t longest[3] = { 144, 576, 4800 };

    for (int k = 0; k < 3; k++) {
        struct bl_ap_columns x;
        bl_ap_columns(PRECISION[_i].m, PRECISION[_i].m, longest[k], &x);
        ck_assert_uint_eq(x.need, PRECISION[_i].columns[k]);
    }
    ck_assert_uint_eq(cycles_of(PRECISION[_i].m, 144, 2), PRECISION[_i].one);
    ck_assert_uint_eq(cycles_of(PRECISION[_i].m, 4752, 2), PRECISION[_i].all);
    ck_assert_uint_eq(cycles_of(PRECISION[_i].m, 144, 4), PRECISION[_i].reram);
}
END_TEST

/* Rows of a processor: whole windows, as many for each, unless they do not fit or are cut. */
START_TEST(rows_of_a_processor)
{
    static const struct { struct bl_ap_chip chip; struct bl_ap_gemm g; struct bl_ap_slice s; uint32_t rows; } rows[] = {
        { { 1, 1000, 4800, AP_MULTI, AP_DENSE }, { 32, 144, 49, 1 }, { 0, 225792, true }, 4800 },
        { { 1, 2000, 4800, AP_MULTI, AP_SPREAD }, { 32, 144, 49, 1 }, { 0, 225792, true }, 144 },
        { { 1, 1000, 4800, AP_MULTI, AP_SPREAD }, { 32, 144, 49, 1 }, { 0, 225792, true }, 288 },
        { { 1, 48, 4800, AP_MULTI, AP_SPREAD }, { 32, 144, 49, 1 }, { 0, 225792, true }, 4752 },
        { { 1, 47, 4800, AP_MULTI, AP_SPREAD }, { 32, 144, 49, 1 }, { 0, 225792, true }, 4800 },
        { { 1, 2000, 4800, AP_MULTI, AP_SPREAD }, { 32, 144, 49, 1 }, { 72, 144, true }, 4800 },
        { { 1, 9, 4800, AP_MULTI, AP_SPREAD }, { 1, 9000, 1, 1 }, { 0, 9000, true }, 4800 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_msg(bl_ap_rows(&rows[i].chip, &rows[i].g, &rows[i].s) == rows[i].rows, "row %zu: %u", i, bl_ap_rows(&rows[i].chip, &rows[i].g, &rows[i].s));
}
END_TEST

START_TEST(bits_at_any_offset)
{
    uint64_t src[4] = { 0x0123456789abcdef, 0xfedcba9876543210, 0xdeadbeefcafebabe, 0x55aa55aa55aa55aa };

    for (uint64_t from = 0; from < 130; from += 7)
        for (uint64_t to = 0; to < 130; to += 11)
            for (uint64_t n = 0; n <= 120; n += 13) {
                uint64_t dst[5] = { 0 };
                bl_ap_copy_bits(dst, to, src, from, n);
                for (uint64_t k = 0; k < 320; k++) {
                    uint64_t want = k >= to && k < to + n ? src[(from + k - to) / 64] >> ((from + k - to) & 63) & 1 : 0;
                    ck_assert_uint_eq(dst[k / 64] >> (k & 63) & 1, want);
                }
            }
}
END_TEST

Suite *suite_ap_map(void);
Suite *suite_ap_map(void)
{
    Suite *s = suite_create("ap_map");
    TCase *tc = tcase_create("all"), *slow = tcase_create("long");

    tcase_add_test(tc, steps);
    tcase_add_test(tc, every_pair_once);
    tcase_add_test(tc, traffic);
    tcase_add_test(tc, cut_windows);
    tcase_add_test(tc, bits_at_any_offset);
    tcase_add_loop_test(tc, precision, 0, sizeof PRECISION / sizeof *PRECISION);
    tcase_add_test(tc, rows_of_a_processor);
    tcase_set_tags(slow, "long");
    tcase_set_timeout(slow, 120);
    tcase_add_test(slow, steps_of_large_nets);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, slow);
    return s;
}

/* test_osa_hcim_calibration_file.c - calibration files of OSA-HCIM: what is written is read back, and every line that is said about
 * the files tests/bad/cal_*.yaml. */
#include "platforms/osa_hcim/calibration_file.h"
#include "platforms/file/io.h"
#include "tests/rigs/net_rig.h"

#include <dirent.h>

Suite *suite_osa_hcim_calibration_file(void);

/* conv0 of 3 outputs, relu1, fc2 of 4 outputs. */
static struct bl_net *small_net(void)
{
    struct grow g = grow_start(3, 1, 3, 3);

    grow_conv(&g, (struct bl_layer){ .groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 }, 3);
    grow_host(&g, (struct bl_layer){ .kind = BL_RELU });
    grow_fc(&g, 1, 1, 4, false);
    return grow_end(&g);
}

/* ---- there and back ---- */

static struct osa_tables *random_tables(const struct bl_net *net, uint64_t s)
{
    struct osa_tables *t = osa_tables_new(net->nlayers);

    t->has_thresholds = pick(&s, 0, 3) != 0;
    t->has_ranges = pick(&s, 0, 3) != 0;
    t->nthresholds = t->has_thresholds ? pick(&s, 0, 15) : 0;
    for (uint32_t l = 0; l < net->nlayers; l++) {
        int32_t last = 1000000;
        uint32_t boundaries = !t->has_ranges || (l == 2 && pick(&s, 0, 2) == 0) ? 0 : 15;      /* none in a layer */
        if (l == 1)
            continue;                              /* host work */
        t->saliency[l].nshift = (int32_t)pick(&s, 0, 8);
        for (uint32_t i = 0; i < t->nthresholds; i++)
            t->saliency[l].threshold[i] = last = (int32_t)pick(&s, 0, (uint32_t)last);
        for (uint32_t b = 1; b <= boundaries; b++)
            for (uint32_t i = 0, n = pick(&s, 0, 8); i < n; i++) {
                t->ranges[l].lo[b][i] = pick(&s, 0, 50000) / 100.0;
                t->ranges[l].hi[b][i] = (50001 + pick(&s, 0, 166000)) / 100.0;
            }
        if (!pick(&s, 0, 1))
            continue;
        t->fold[l] = calloc(net->layers[l].cout, sizeof **t->fold);
        for (uint32_t o = 0; o < net->layers[l].cout; o++)
            t->fold[l][o] = (int32_t)pick(&s, 0, 2000000) - 1000000;
    }
    return t;
}

static bool same_double(double a, double b) { return a >= b && a <= b; }

static void same(const struct osa_tables *a, const struct osa_tables *b, const struct bl_net *net)
{
    ck_assert_uint_eq(a->nlayers, b->nlayers);
    ck_assert_int_eq(a->has_thresholds, b->has_thresholds);
    ck_assert_int_eq(a->has_ranges, b->has_ranges);
    ck_assert_uint_eq(a->nthresholds, b->nthresholds);
    for (uint32_t l = 0; l < a->nlayers; l++) {
        ck_assert_mem_eq(&a->saliency[l], &b->saliency[l], sizeof *a->saliency);
        for (int b2 = 0; b2 < 16; b2++)
            for (int i = 0; i < BL_OSA_BITS; i++)
                ck_assert(same_double(a->ranges[l].lo[b2][i], b->ranges[l].lo[b2][i]) && same_double(a->ranges[l].hi[b2][i], b->ranges[l].hi[b2][i]));
        ck_assert_int_eq(a->fold[l] != NULL, b->fold[l] != NULL);
        if (a->fold[l])
            ck_assert_mem_eq(a->fold[l], b->fold[l], net->layers[l].cout * sizeof **a->fold);
    }
}

static char *slurp(const char *path)
{
    struct heard h;
    size_t n;
    char *bytes = bl_read_all(path, &n, heard_start(&h)), *text;

    ck_assert_msg(bytes != NULL, "%s", h.text);
    text = calloc(n + 1, 1);
    memcpy(text, bytes, n);
    free(bytes);
    return text;
}

START_TEST(round_trip)
{
    static const char *const how[] = { "a line", "and: another [one", NULL };
    struct bl_net *net = small_net();
    struct heard h;
    char path[512], left[600];

    for (uint64_t seed = 0; seed < 40; seed++) {
        struct osa_tables *t = random_tables(net, seed * 10000);
        ck_assert_int_eq(osa_tables_write(scratch(path, "tables.yaml"), t, net, how, heard_start(&h)), 0);
        char *once = slurp(path);
        struct osa_tables *back = osa_tables_read(path, net, &h.diag);
        ck_assert_msg(back != NULL, "seed %d: %s\n%s", (int)seed, h.text, once);
        same(t, back, net);
        ck_assert_int_eq(osa_tables_write(path, back, net, how, &h.diag), 0);
        char *twice = slurp(path);
        ck_assert_str_eq(once, twice);
        ck_assert(!strncmp(once, "# a line\n# and: another [one\ncalibration: osa_hcim\n", 48));
        free(once);
        free(twice);
        osa_tables_free(t);
        osa_tables_free(back);
    }
    snprintf(left, sizeof left, "%s.tmp", path);
    ck_assert_ptr_null(fopen(left, "r"));          /* written beside, then renamed */
    remove(path);
    bl_net_free(net);
}
END_TEST

/* Names of ONNX nodes may hold anything. */
START_TEST(odd_names)
{
    static const char *const names[] = { "a\"b", "c\\d", "e: f", "#g", "[h]", "/conv1/Conv_quant", "'", "- i", "\\\"" };
    struct grow g = grow_start(3, 4, 1, 1);
    struct heard h;
    char path[512];

    grow_fc(&g, 1, 1, 2, false);
    struct bl_net *net = grow_end(&g);
    const char *before = net->layers[0].name, *net_before = net->name;
    for (int i = 0; i < COUNT(names); i++) {
        net->layers[0].name = net->name = names[i];
        struct osa_tables *t = osa_tables_new(1), *back;
        t->saliency[0].nshift = i % 9;
        ck_assert_int_eq(osa_tables_write(scratch(path, "names.yaml"), t, net, (const char *const[]){ NULL }, heard_start(&h)), 0);
        back = osa_tables_read(path, net, &h.diag);
        ck_assert_msg(back != NULL, "%s: %s", names[i], h.text);
        same(t, back, net);
        osa_tables_free(t);
        osa_tables_free(back);
    }
    net->layers[0].name = before;
    net->name = net_before;
    remove(path);
    bl_net_free(net);
}
END_TEST

START_TEST(cannot_write)
{
    struct bl_net *net = small_net();
    struct osa_tables *t = osa_tables_new(net->nlayers);
    struct heard h;
    char longest[5000];

    ck_assert_int_lt(osa_tables_write("tests/no_such_folder/x.yaml", t, net, (const char *const[]){ NULL }, heard_start(&h)), 0);
    ck_assert_str_eq(h.text, "tests/no_such_folder/x.yaml: cannot be written: No such file or directory");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    ck_assert_int_lt(osa_tables_write(longest, t, net, (const char *const[]){ NULL }, heard_start(&h)), 0);
    ck_assert_uint_eq(h.diag.errors, 1);
    ck_assert_int_lt(osa_tables_read("tests/none.yaml", net, heard_start(&h)) ? 0 : -1, 0);
    ck_assert_str_eq(h.text, "tests/none.yaml: cannot be opened: No such file or directory; check the path");
    osa_tables_free(t);
    bl_net_free(net);
}
END_TEST

/* ---- refused: behind "tests/bad/cal_NAME.yaml:" stand line, column and text ---- */

static const struct { const char *name, *lines[4]; } bad[] = {
    { "other_kind", {
      "1:14: this is a calibration for the mapper 'imagine', and the platform's mapper is 'osa_hcim', which needs one of its own: `bitline calibrate "
      "PLATFORM --net NET -o FILE` makes it; --calibration none runs without" } },
    { "list_kind", {
      "1:14: expected `calibration: osa_hcim` and `layers:`; `bitline calibrate` writes such files" } },
    { "no_kind", {
      "1:1: expected `calibration: osa_hcim` and `layers:`; `bitline calibrate` writes such files" } },
    { "no_layers", {
      "1:14: expected `calibration: osa_hcim` and `layers:`; `bitline calibrate` writes such files" } },
    { "platform", {
      "1:1: a calibration file has no 'platform'; expected one of calibration, net, layers",
      "2:1: a calibration file has no 'clocks'; expected one of calibration, net, layers" } },
    { "layers_list", {
      "2:9: layers is a list; expected { conv1: { nshift: 0 } }" } },
    { "unknown_layer", {
      "5:3: net grown has no layer 'conv9'; is this the calibration of another net?" } },
    { "missing_layer", {
      "4:3: layer 'fc2' of net grown is missing" } },
    { "host_layer", {
      "4:3: layer 'relu1' is host work (relu); expected a conv or fc layer of net grown" } },
    { "unknown_key", {
      "3:12: a layer has no 'nshif'; did you mean 'nshift'?",
      "4:8: a layer is a single value; expected { nshift: 0, thresholds: [60, 40] }" } },
    { "nshift", {
      "3:20: nshift is '9'; expected a whole number from 0 to 8",
      "4:18: nshift is '-1'; expected a whole number from 0 to 8" } },
    { "thresholds", {
      "4:22: threshold 61; expected whole numbers 0 .. 1000000, not rising",
      "6:22: a threshold is 'many'; expected a number of size 1e9 or less" } },
    { "thresholds2", {
      "3:29: threshold 20.5; expected whole numbers 0 .. 1000000, not rising",
      "4:23: threshold 1000001; expected whole numbers 0 .. 1000000, not rising" } },
    { "thresholds3", {
      "3:24: thresholds is a single value; expected [60, 40, 20]",
      "4:27: threshold -1; expected whole numbers 0 .. 1000000, not rising" } },
    { "thresholds4", {
      "3:77: more than 15 thresholds",
      "4:23: a threshold is '1e300'; expected a number of size 1e9 or less" } },
    { "thresholds_count", {
      "4:22: 1 thresholds here, 2 in the layers before" } },
    { "thresholds_some", {
      "3:10: layer 'conv0' has no 'thresholds'; other layers have" } },
    { "range_some", {
      "4:8: layer 'fc2' has no 'range'; other layers have" } },
    { "range_empty", {
      "5:21: range [5, 5] is empty; expected lo < hi",
      "8:12: range [7, 6] is empty; expected lo < hi" } },
    { "range_boundary", {
      "3:21: 'b16' is no boundary; expected b1 .. b15",
      "4:19: 'b' is no boundary; expected b1 .. b15" } },
    { "range_boundary2", {
      "3:21: 'b0' is no boundary; expected b1 .. b15",
      "4:19: '8' is no boundary; expected b1 .. b15" } },
    { "range_shape", {
      "3:19: range is a list; expected { b8: [[0, 64]] }",
      "4:24: a range is a single value; expected [0, 64]" } },
    { "range_shape2", {
      "3:26: expected at most 8 ranges [lo, hi], one a conversion",
      "4:23: the ranges of a boundary is a single value; expected [[0, 64], [2, 80]]" } },
    { "range_shape3", {
      "3:90: expected at most 8 ranges [lo, hi], one a conversion",
      "4:28: hi is 'inf'; expected a number of size 1e9 or less" } },
    { "fold", {
      "3:18: fold has 2 values; the layer has 3 outputs",
      "4:23: fold 3.5; expected whole numbers" } },
    { "fold2", {
      "3:18: fold is a single value; expected [12, -3]",
      "4:23: a fold is '1e10'; expected a number of size 1e9 or less" } },
    { "no_yaml", {
      "3:1: did not find expected node content while parsing a flow node" } },
};

START_TEST(refused)
{
    struct bl_net *net = small_net();
    struct heard h;
    char path[128], want[2048];
    size_t n = 0;

    snprintf(path, sizeof path, "tests/bad/cal_%s.yaml", bad[_i].name);
    for (int k = 0; k < 4 && bad[_i].lines[k]; k++)
        n += (size_t)snprintf(want + n, sizeof want - n, "%s%s:%s", k ? "\n" : "", path, bad[_i].lines[k]);
    ck_assert_ptr_null(osa_tables_read(path, net, heard_start(&h)));
    ck_assert_str_eq(h.text, want);
    ck_assert_uint_ge(h.diag.errors, 1);
    bl_net_free(net);
}
END_TEST

/* Damaged files are read or refused with a message, whatever the damage. */
START_TEST(damaged)
{
    struct bl_net *net = small_net();
    struct heard h;
    char path[512];
    uint64_t s = (uint64_t)_i * 1000;
    struct osa_tables *t = random_tables(net, 10000), *back;

    ck_assert_int_eq(osa_tables_write(scratch(path, "damaged.yaml"), t, net, (const char *const[]){ NULL }, heard_start(&h)), 0);
    char *text = slurp(path);
    size_t n = strlen(text);
    for (uint32_t k = pick(&s, 1, 4); k; k--) {
        size_t at = pick(&s, 0, (uint32_t)n - 1), from = pick(&s, 0, (uint32_t)n - 1);
        switch (pick(&s, 0, 3)) {
        case 0: text[at] = "[]{}:,-#\"' \nx9.e"[pick(&s, 0, 15)]; break;
        case 1: text[at] = (char)pick(&s, 1, 255); break;
        case 2: text[n = at + 1] = 0; break;       /* cut */
        default: memmove(text + at, text + from, n - (at > from ? at : from)); break;
        }
    }
    FILE *f = fopen(path, "w");
    fwrite(text, 1, n, f);
    fclose(f);
    back = osa_tables_read(path, net, heard_start(&h));
    ck_assert_int_eq(back == NULL, h.diag.errors > 0);
    osa_tables_free(back);
    osa_tables_free(t);
    free(text);
    remove(path);
    bl_net_free(net);
}
END_TEST

/* A file that nobody looks at tests nothing. */
START_TEST(no_orphans)
{
    DIR *dir = opendir("tests/bad");

    ck_assert_ptr_nonnull(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        size_t n = strlen(e->d_name);
        int i = 0;
        if (strncmp(e->d_name, "cal_", 4) != 0 || n < 9)
            continue;
        while (i < COUNT(bad) && (strlen(bad[i].name) != n - 9 || strncmp(bad[i].name, e->d_name + 4, n - 9) != 0))
            i++;
        ck_assert_msg(i < COUNT(bad), "tests/bad/%s is in no table", e->d_name);
    }
    closedir(dir);
}
END_TEST

Suite *suite_osa_hcim_calibration_file(void)
{
    Suite *s = suite_create("osa_hcim_calibration_file");
    TCase *t = tcase_create("all");

    tcase_add_test(t, round_trip);
    tcase_add_test(t, odd_names);
    tcase_add_test(t, cannot_write);
    tcase_add_loop_test(t, refused, 0, COUNT(bad));
    tcase_add_loop_test(t, damaged, 0, fewer(300, 100));
    tcase_add_test(t, no_orphans);
    suite_add_tcase(s, t);
    return s;
}

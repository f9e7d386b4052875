/* test_bf_imna_switch.c - bits that change between images of a run: results and cycles are those of separate runs, whoever runs the images; weights that stay in the
 * processors are written anew; what is refused. */
#include "tests/rigs/command_rig.h"
#include "tools/report/report.h"

Suite *suite_bf_imna_switch(void);

#define TABLE "tests/platforms/bf_imna/bits_at.csv:"
static const char *const TURNS[] = { "1=" TABLE "four", "2=" TABLE "full", "3=" TABLE "mixed", "4=none", "5=" TABLE "four", "6=" TABLE "mixed", "9=none" };
/* Which of them is in force in images 0 to 9; -1: none yet. */
static const int IN_FORCE[10] = { -1, 0, 1, 2, 3, 4, 5, 5, 5, 6 };

static json_t *run(const char *platform, const char *const *more)
{
    const char *words[MOST_WORDS] = { "run", platform, "-q", "--report", "json", "-o", NULL };
    struct heard h;
    char json[NAME];
    int n = 7;

    words[6] = scratch("s.json", json);
    while (*more)
        words[n++] = *more++;
    words[n] = NULL;
    ck_assert_msg(program_of(&h, NULL, words) == BL_DONE, "%s", h.text);
    json_t *r = bl_report_read(json, heard_start(&h));
    ck_assert_ptr_nonnull(r);
    remove(json);
    return r;
}

static double figure(const json_t *r, const char *name)
{
    const json_t *all = json_object_get(r, "figures");

    for (size_t i = 0; i < json_array_size(all); i++)
        if (!strcmp(bl_j_text(json_array_get(all, i), "name"), name))
            return bl_j_real(json_array_get(all, i), "value");
    return -1;
}

static uint64_t layer_sum(const json_t *r, const char *key)
{
    const json_t *all = json_object_get(r, "layers");
    uint64_t sum = 0;

    for (size_t i = 0; i < json_array_size(all); i++)
        sum += bl_j_count(json_array_get(all, i), key);
    return sum;
}

static const char *const *all_turns(const char *more)
{
    static const char *words[20];
    int n = 0;

    for (int i = 0; i < COUNT(TURNS); i++) {
        words[n++] = "--bits-at";
        words[n++] = TURNS[i];
    }
    words[n++] = "--images";
    words[n++] = "10";
    words[n++] = more;
    words[n] = NULL;
    return words;
}

/* Every value equals the integer reference, which has the bits of the image; cycles, counts and energy are the sums of ten separate runs: nothing more. */
START_TEST(switched)
{
    uint64_t cycles = 0, ops = 0, errors = 0;
    json_t *together = run("bf_imna", all_turns(NULL));

    for (int i = 0; i < 10; i++) {
        char first[8], turn[80];
        const char *alone[] = { "--images", "1", "--first", first, IN_FORCE[i] < 0 ? NULL : "--bits-at", turn, NULL };
        snprintf(first, sizeof first, "%d", i);
        if (IN_FORCE[i] >= 0)
            snprintf(turn, sizeof turn, "0=%s", strchr(TURNS[IN_FORCE[i]], '=') + 1);
        json_t *r = run("bf_imna", alone);
        cycles += layer_sum(r, "cycles");
        ops += layer_sum(r, "macro_operations");
        errors += layer_sum(r, "mismatches");
        json_decref(r);
    }
    ck_assert_uint_eq(errors, 0);
    ck_assert_uint_eq(layer_sum(together, "mismatches"), 0);
    ck_assert_uint_eq(layer_sum(together, "cycles"), cycles);
    ck_assert_uint_eq(layer_sum(together, "macro_operations"), ops);
    ck_assert_double_eq(figure(together, "switches"), 7);          /* 2 has the bits of the model too, but is another net than image 0 and 4 */
    ck_assert_double_eq(figure(together, "switch"), 0);            /* weights stream with every fold */
    json_decref(together);
}
END_TEST

START_TEST(by_processes)
{
    json_t *one = run("bf_imna", all_turns(NULL)), *two = run("bf_imna", all_turns("-j2"));

    ck_assert(json_equal(json_object_get(one, "layers"), json_object_get(two, "layers")));
    ck_assert(json_equal(json_object_get(one, "parts"), json_object_get(two, "parts")));
    ck_assert(json_equal(json_object_get(one, "figures"), json_object_get(two, "figures")));
    json_decref(one);
    json_decref(two);
}
END_TEST

/* Resident weights: 20432 of them (144 + 4608 + 15680) at 4 bits are 80 flits of 1024, two cycles each, and four columns of two cycles. */
START_TEST(resident)
{
    const char *const more[] = { "--images", "2", "--bits-at", "1=" TABLE "four", NULL };
    json_t *r = run("bf_imna_ir", more);

    ck_assert_uint_eq(layer_sum(r, "mismatches"), 0);
    ck_assert_double_eq(figure(r, "switch_bits"), 20432 * 4);
    ck_assert_double_eq(figure(r, "switch"), 80 * 2 + 4 * 2);
    json_decref(r);
}
END_TEST

/* A run that is saved between two images of other bits, and goes on. */
START_TEST(saved)
{
    struct heard h;
    char snap[NAME], whole[NAME], rest[NAME];
    const char *const turn = "1=" TABLE "mixed";

    scratch("w.json", whole);
    scratch("r.json", rest);
    scratch("s.snap", snap);
    ck_assert_msg(program(&h, NULL, "run", "bf_imna", "-q", "--images", "3", "--bits-at", turn, "--save-at", "40 us", snap, "--report", "json", "-o", whole, NULL) == BL_DONE,
                  "%s", h.text);
    ck_assert_msg(program(&h, NULL, "run", "bf_imna", "-q", "--images", "3", "--bits-at", turn, "--restore", snap, "--report", "json", "-o", rest, NULL) == BL_DONE, "%s",
                  h.text);
    json_t *a = bl_report_read(whole, heard_start(&h)), *b = bl_report_read(rest, heard_start(&h));
    ck_assert(json_equal(json_object_get(a, "layers"), json_object_get(b, "layers")));
    ck_assert_int_eq(program(&h, NULL, "run", "bf_imna", "-q", "--images", "3", "--bits-at", "1=" TABLE "four", "--restore", snap, NULL), BL_REFUSED);
    ck_assert_ptr_nonnull(strstr(h.text, "the snapshot is of another job"));
    json_decref(a);
    json_decref(b);
    remove(whole);
    remove(rest);
    remove(snap);
}
END_TEST

static const struct { const char *words[12], *says; } WRONG[] = {
    { { "run", "bf_imna", "--bits-at", "four", NULL }, "--bits-at four: expected IMAGE=TABLE:COLUMN, as in 4=hawqv3:low, or IMAGE=none" },
    { { "run", "bf_imna", "--bits-at", "1=", NULL }, "--bits-at 1=: expected IMAGE=TABLE:COLUMN" },
    { { "run", "bf_imna", "--bits-at", "-1=none", NULL }, "--bits-at -1=none: expected IMAGE=TABLE:COLUMN" },
    { { "run", "bf_imna", "--bits-at", "2=none", "--bits-at", "1=none", NULL }, "bits from image 1 on: expected at most 255 changes, by rising images" },
    { { "run", "bf_imna", "--bits-at", "1=" TABLE "few", NULL }, "found no columns 'layer' and 'few'" },
    { { "run", "osa_hcim", "--bits-at", "1=none", NULL }, "bits from image 1 on: the parts of mapper osa_hcim have the same bits in all images; expected a mapper that can change them" },
    { { "run", "imc", "--bits-at", "1=none", NULL }, "the parts of mapper weight_stationary have the same bits" },
    { { "run", "bf_imna", "--net", "none", "--bits-at", "1=none", NULL }, "--bits-at: the run has no net; name one with --net" },
    { { "run", "bf_imna", "--net", "mlperftiny_ic_resnet8", "--set", "layer[*].a_bits=4", "--set", "layer[01_conv].a_bits=2", "--bits-at", "1=none", NULL },
      "a layer that rounds again comes between" },
};

START_TEST(refusals)
{
    struct heard h;

    ck_assert_int_eq(program_of(&h, NULL, WRONG[_i].words), BL_REFUSED);
    ck_assert_msg(strstr(h.text, WRONG[_i].says) != NULL, "wanted '%s', got '%s'", WRONG[_i].says, h.text);
}
END_TEST

Suite *suite_bf_imna_switch(void)
{
    Suite *s = suite_create("bf_imna_switch");
    TCase *c = tcase_create("all");

    tcase_add_test(c, switched);
    tcase_add_test(c, by_processes);
    tcase_add_test(c, resident);
    tcase_add_test(c, saved);
    tcase_add_loop_test(c, refusals, 0, COUNT(WRONG));
    tcase_set_timeout(c, 180);
    suite_add_tcase(s, c);
    return s;
}

/* test_chip_study.c - `bitline study chip`: its table, its picture, from when on it pays. */
#include "tests/rigs/command_rig.h"
#include "tools/sweep/record.h"

Suite *suite_chip_study(void);

/* The demo net on 29, 30 and 36 macros, on one bank and on free ports: the numbers of the chip's own tests. */
START_TEST(table)
{
    struct heard h;
    char out[NAME], csv[NAME], svg[NAME];

    scratch("study.txt", out);
    scratch("study.csv", csv);
    scratch("study.svg", svg);
    ck_assert_int_eq(program(&h, out, "study", "chip", "--macros", "29,30,36", "--banks", "free,1", "--images", "8", "-o", csv, "--plot", svg, NULL), BL_DONE);
    char *text = content(csv);
    ck_assert_ptr_nonnull(strstr(text, "\nfashion_cnn.onnx,29,1 1 1,2,free,64,1568,127551,2204,3644,\"conv1, 1568 of 1568 ticks an image, 100 %\",6.16,0,9418,15016,17223,10.98\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nfashion_cnn.onnx,30,2 1 1,2,free,64,784,"));
    ck_assert_ptr_nonnull(strstr(text, "\nfashion_cnn.onnx,36,5 2 1,2,free,64,320,"));
    ck_assert_ptr_nonnull(strstr(text, "\nfashion_cnn.onnx,29,1 1 1,2,1,64,"));
    free(text);
    text = content(svg);
    ck_assert(!strncmp(text, "<svg ", 5) && strstr(text, "<polyline") && strstr(text, "</svg>"));
    free(text);
    text = content(out);
    ck_assert_str_eq(text, "resident pays from 1 images on: setup 15016 / (reload 17223 - interval 1568)\n");
    free(text);
    remove(out);
    remove(csv);
    remove(svg);
}
END_TEST

/* ResNet8 with one vector unit and with two; intervals that take turns count by their mean. */
START_TEST(resnet8)
{
    struct heard h;
    char out[NAME];

    scratch("study.txt", out);
    ck_assert_int_eq(program(&h, out, "study", "chip", "--net", "mlperftiny_ic_resnet8", "--macros", "32", "--banks", "free", "--images", "8", NULL), BL_DONE);
    char *text = content(out);
    ck_assert_msg(strstr(text, ",32,1 1 1 1 1 1 1 1 1 1,2,free,64,8198,") != NULL, "%s", text);
    free(text);
    remove(out);
}
END_TEST

/* What a sweep keeps of such a run: the numbers of `pipeline` by name. */
START_TEST(columns_of_a_sweep)
{
    json_t *report = json_pack("{s:{s:i, s:f, s:s, s:[i]}, s:{s:i}}", "pipeline", "steady_interval", 1568, "images_per_s", 127551.0, "limits", "conv1", "maps", 1, "result",
                               "images", 8),
           *values = bl_record_values(report);

    ck_assert_int_eq(json_integer_value(json_object_get(values, "pipeline.steady_interval")), 1568);
    ck_assert(json_real_value(json_object_get(values, "pipeline.images_per_s")) > 127550);
    ck_assert_ptr_null(json_object_get(values, "pipeline.limits"));
    ck_assert_ptr_null(json_object_get(values, "pipeline.maps"));
    ck_assert_int_eq(json_integer_value(json_object_get(values, "images")), 8);
    json_decref(values);
    json_decref(report);
}
END_TEST

Suite *suite_chip_study(void)
{
    Suite *s = suite_create("chip_study");
    TCase *t = tcase_create("study");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, table);
    tcase_add_test(t, resnet8);
    tcase_add_test(t, columns_of_a_sweep);
    suite_add_tcase(s, t);
    return s;
}

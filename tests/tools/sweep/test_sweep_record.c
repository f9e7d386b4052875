/* test_sweep_record.c - record.c: what a sweep keeps of a report: of images under way together the numbers, by name. */
#include "tools/sweep/record.h"

#include <check.h>

Suite *suite_sweep_record(void);

START_TEST(of_a_pipeline)
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

Suite *suite_sweep_record(void)
{
    Suite *s = suite_create("sweep_record");
    TCase *t = tcase_create("record");

    tcase_add_test(t, of_a_pipeline);
    suite_add_tcase(s, t);
    return s;
}

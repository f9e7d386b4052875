/* test_strips.c - statistics over time and the time of layers as text and as CSV (strips.c, series.c), from a report written here by hand. */
#include "tests/rigs/small_report.h"
#include "tools/report/sections.h"

#include <string.h>

Suite *suite_strips(void);

/* Two parts and three intervals of 10 ns, the last of 5: p is at work in 0, 4 and all of 10, 10 and 5 ticks; q in its own time for 96 %, never, half. */
static const char REPORT[] =
    "{'schema': 'bitline.report/1', 'platform': {'name': 'x', 'file': 'x.yaml'}, 'end': 'done', 'simulated_fs': 25000000,"
    " 'clocks': [{'name': 'c', 'period_fs': 1000000, 'phase_fs': 0, 'cycles': 25}], 'inputs': {'files': [], 'set': [], 'seed': 1},"
    " 'provenance': {'prices': []}, 'totals': {'macs': 0},"
    " 'layers': [{'name': 'one', 'kind': 'conv', 'cycles': 10, 'verdicts': ["
    "   {'part': 'p', 'verdict': 'full', 'spent': 6}, {'part': 'p', 'verdict': 'busy', 'spent': 4}, {'part': 'q', 'verdict': 'busy', 'spent': 9600000},"
    "   {'part': 'q', 'verdict': 'idle', 'spent': 400000}]}, {'name': 'two', 'kind': 'fc', 'cycles': 15, 'verdicts': ["
    "   {'part': 'p', 'verdict': 'busy', 'spent': 15}, {'part': 'q', 'verdict': 'no_input', 'spent': 15000000}]},"
    "   {'name': 'none', 'kind': 'fc', 'cycles': 0, 'verdicts': []}],"
    " 'parts': [{'path': 'p', 'class': 'P', 'clock': 'c', 'unit': 'cycles', 'elapsed': 25, 'tallies': [], 'verdicts': ["
    "   {'name': 'idle', 'spent': 0}, {'name': 'busy', 'spent': 19}, {'name': 'full', 'spent': 6}]},"
    "   {'path': 'q', 'class': 'Q', 'clock': null, 'unit': 'fs', 'elapsed': 25000000, 'tallies': [], 'verdicts': ["
    "   {'name': 'busy', 'spent': 9600000}, {'name': 'no_input', 'spent': 15000000, 'rests': true}]}],"
    " 'intervals': {'every_fs': 10000000, 'from_fs': 0, 'to_fs': 25000000, 'count': 3, 'energy_yj': ['40', '400', '50'], 'power_w': [4e-12, 4e-11, 1e-11],"
    "   'parts': [{'path': 'p', 'unit': 'cycles', 'elapsed': [10, 10, 5], 'verdicts': [{'name': 'busy', 'spent': [0, 4, 5]}, {'name': 'full', 'spent': [10, 6, 0]}],"
    "     'energy_yj': ['40', '400', '50'], 'power_w': [4e-12, 4e-11, 1e-11]},"
    "     {'path': 'q', 'unit': 'fs', 'elapsed': [10000000, 10000000, 5000000], 'verdicts': [{'name': 'busy', 'spent': [9600000, 0, 2500000]}]}],"
    "   'channels': [{'from': 'p.x', 'to': 'q.a', 'kind': 'channel', 'depth': 4, 'mean': [0.1, 2, 4], 'most': [1, 3, 4]},"
    "     {'from': 'q.b', 'to': 'p.y', 'kind': 'pipe', 'depth': 1, 'mean': [0, 0, 0], 'most': [0, 0, 0]}]}}";

static json_t *by_hand(void)
{
    char text[sizeof REPORT];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = REPORT[i] == '\'' ? '"' : REPORT[i];
    struct heard h;
    json_t *r = bl_report_parse("by hand", text, strlen(text), heard_start(&h));
    ck_assert_msg(r != NULL, "%s", h.text);
    return r;
}

static void ck_has(const char *text, const char *what) { ck_assert_msg(strstr(text, what) != NULL, "no\n%s\nin\n%.3000s", what, text); }

START_TEST(text)
{
    json_t *r = by_hand();
    char *page = small_view(r, BL_TEXT);

    ck_has(page, "\nOver time\n  part     busy %  busy, tenths\n  p          36.0  .4#\n  q          48.4  #.5\n  (power)    45.0  1#3\n"
                 "  From 0 fs on; a character is one of them (3 intervals of 10 ns): . nothing, 0\n    under 5 %, 1 to 9 tenths, # 95 % and more. (power): of the highest.\n");
    ck_has(page, "\nHow full channels were\n  channel from  most  of  full, tenths\n  p.x              4   4  05#\n  The fullest of 2 channels");
    ck_has(page, "\nWhere the time of each layer went\n  layer  cycles  busiest             waited longest\n"
                 "  one        10  q 96.0 %, p 40.0 %  p full 60.0 %\n  two        15  p 100.0 %           -\n\n");
    free(page);
    json_object_del(r, "intervals");
    page = small_view(r, BL_TEXT);
    ck_assert(!strstr(page, "Over time") && !strstr(page, "How full"));
    free(page);
    json_decref(r);
}
END_TEST

/* More intervals than characters: neighbours are one. */
START_TEST(many_intervals)
{
    json_t *r = by_hand(), *iv = json_object_get(r, "intervals"), *part = json_array_get(json_object_get(iv, "parts"), 0), *busy = json_array(), *all = json_array();

    for (int i = 0; i < 96; i++) {
        json_array_append_new(busy, json_integer(i < 48 ? 10 : i % 2 ? 4 : 0));
        json_array_append_new(all, json_integer(10));
    }
    json_object_set_new(json_array_get(json_object_get(part, "verdicts"), 0), "spent", busy);
    json_object_set_new(part, "elapsed", all);
    json_object_set_new(iv, "count", json_integer(96));
    json_object_set_new(iv, "to_fs", json_integer(960000000));
    char *page = small_view(r, BL_TEXT);
    ck_has(page, "  p          60.0  ########################222222222222222222222222\n");
    ck_has(page, "a character is 20 ns (96 intervals of 10 ns)");
    free(page);
    json_decref(r);
}
END_TEST

START_TEST(csv)
{
    json_t *r = by_hand();
    char *all = small_view(r, BL_CSV), *one = NULL;
    size_t n;
    struct heard h;

    ck_has(all, "# Where the time of each layer went (layer_verdicts)\nlayer,part,verdict,spent\none,p,full,6\none,p,busy,4\none,q,busy,9600000\n");
    ck_has(all, "# Intervals: verdicts of parts (interval_verdicts)\npart,verdict,from_fs,to_fs,spent,elapsed,unit\np,busy,10000000,20000000,4,10,cycles\n"
                "p,busy,20000000,25000000,5,5,cycles\np,full,0,10000000,10,10,cycles\n");
    ck_has(all, "part,from_fs,to_fs,energy_yj,power_w\n,0,10000000,40,4e-12\n,10000000,20000000,400,4e-11\n,20000000,25000000,50,1e-11\np,0,10000000,40,4e-12\n");
    ck_has(all, "from,to,depth,from_fs,to_fs,mean,most\np.x,q.a,4,0,10000000,0.1,1\np.x,q.a,4,10000000,20000000,2,3\n");
    ck_assert(!strstr(all, "tenths") && !strstr(all, "busiest"));          /* those are for people */
    free(all);
    FILE *out = open_memstream(&one, &n);
    ck_assert_int_eq(bl_report_csv_table(r, "interval_channels", out, heard_start(&h)), 0);
    ck_assert_int_eq(bl_report_csv_table(r, "over_time", out, heard_start(&h)), -1);
    fclose(out);
    ck_assert(!strncmp(one, "from,to,depth,", 14));
    ck_has(h.text, "there is no such table");
    free(one);
    json_decref(r);
}
END_TEST

Suite *suite_strips(void)
{
    Suite *s = suite_create("strips");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, text);
    tcase_add_test(tc, many_intervals);
    tcase_add_test(tc, csv);
    suite_add_tcase(s, tc);
    return s;
}

/* test_serve_run.c - a run under `bitline serve`: it stands where it should, shows what `bitline run` would, is put back, traced and stopped at a hang; its
 * report has the bytes of a run that nobody saw, and its journal gives all files once more (tools/serve/, tools/run/finish.c). */
#include "tests/rigs/serve_rig.h"
#include "tools/report/report.h"

#include <sys/stat.h>

static char json[NAME], plain[NAME], journal[NAME], folder[NAME], again[NAME];

static void begin(void)
{
    scratch("s.json", json);
    scratch("p.json", plain);
    scratch("s.journal", journal);
    scratch("s.folder", folder);
    scratch("s.again", again);
    mkdir(folder, 0777);
    mkdir(again, 0777);
}

static void end(void)
{
    char command[6 * NAME];

    snprintf(command, sizeof command, "rm -rf %s %s %s %s %s", json, plain, journal, folder, again);
    ck_assert_int_eq(system(command), 0);
}

static uint64_t now(const struct served *s)
{
    char text[NAME];

    return strtoull(serve_text(s, "state", "now_fs", text), NULL, 10);
}

/* The value of a signal, or of its first lane. */
static int64_t value(const struct served *s, const char *name)
{
    char path[NAME];

    snprintf(path, sizeof path, "values?name=%s", name);
    json_t *o = serve_json(s, path, NULL), *x = json_array_get(json_object_get(o, "values"), 0);
    int64_t v = json_object_get(x, "value") ? json_integer_value(json_object_get(x, "value")) : json_integer_value(json_array_get(json_object_get(x, "lanes"), 0));

    json_decref(o);
    return v;
}

/* ---- where it stands ---- */

/* Clock core has edges at 0, 5 ns, ... */
START_TEST(steps)
{
    struct served s = SERVE("back_pressure", "--set", "sink[*].stop=100000");
    char text[NAME];

    ck_assert_uint_eq(now(&s), 0);
    serve_do(&s, "step", "{\"cycles\":1}");
    ck_assert_uint_eq(now(&s), 5000000);
    serve_do(&s, "step", "{\"cycles\":7,\"clock\":\"core\"}");
    ck_assert_uint_eq(now(&s), 40000000);
    serve_do(&s, "step", "{\"events\":1}");
    ck_assert_uint_eq(now(&s), 45000000);
    serve_do(&s, "step", "{\"to\":\"123 ns\"}");
    ck_assert_uint_eq(now(&s), 123000000);
    serve_do(&s, "step", "{\"cycles\":1}");
    ck_assert_uint_eq(now(&s), 125000000);
    ck_assert_int_eq(value(&s, "sink[0].n"), value(&s, "sink[3].n"));
    serve_do(&s, "step", "{\"until\":\"sink[1].n == 50\"}");
    ck_assert_int_eq(value(&s, "sink[1].n"), 50);
    ck_assert_str_eq(serve_text(&s, "state", "why", text), "condition");
    ck_assert_uint_eq(now(&s) % 5000000, 0);
    serve_do(&s, "resume", "{}");
    serve_do(&s, "pause", "{}");
    serve_wait(&s);
    ck_assert_uint_eq(now(&s) % 5000000, 0);                     /* before an edge */
    ck_assert_int_eq(serve_quit(&s), 1);                         /* interrupted */
}
END_TEST

/* Stopped in many ways, looked at from every side, traced, put back: the report is that of a run that nobody saw, and so it is once more. */
START_TEST(the_same_bytes)
{
    static const char *const looks[] = { "state", "parts", "waits", "channels", "path", "layers", "signals", "values?name=adc.code&name=host.op", "report", "watches", "snapshots" };
    struct served s = SERVE("osa_hcim", "--images", "2", "--report-json", json, "--journal", journal, "--folder", folder);
    char file[2][NAME + 40], out[NAME + 40];
    struct heard h;

    serve_do(&s, "step", "{\"cycles\":100}");
    serve_do(&s, "watch", "{\"globs\":[\"adc.*\",\"controller.verdict\",\"core\"]}");
    for (int i = 0; i < 40; i++) {
        serve_do(&s, "step", i % 3 ? "{\"events\":1}" : "{\"cycles\":97}");
        ck_assert_int_eq(serve_ask(&s, looks[i % COUNT(looks)], NULL)->status, 200);
    }
    serve_do(&s, "snapshot", "{}");
    serve_do(&s, "cut", "{\"number\":1}");
    serve_do(&s, "step", "{\"until\":\"adc.code[2] == 7\"}");
    serve_wait(&s);
    serve_do(&s, "watch", "{}");
    serve_do(&s, "step", "{\"cycles\":900}");
    serve_do(&s, "unwatch", "{\"number\":2}");
    serve_do(&s, "rewind", "{\"fs\":0}");
    serve_do(&s, "step", "{\"to\":\"40 us\"}");
    serve_wait(&s);
    serve_do(&s, "resume", "{}");
    serve_wait(&s);
    ck_assert_int_eq(serve_quit(&s), 0);

    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "2", "-q", "--report-json", plain, NULL), 0);
    ck_same_files(json, plain);
    snprintf(out, sizeof out, "%s/r.json", again);
    ck_assert_msg(program(&h, NULL, "run", "osa_hcim", "--images", "2", "-q", "--report", "json", "-o", out, "--journal", journal, NULL) == 0, "%s", h.text);
    ck_same_files(out, plain);
    for (int i = 1; i <= 3; i++) {
        snprintf(file[0], sizeof file[0], "%s/watch%d.fst", folder, i);
        snprintf(file[1], sizeof file[1], "%s/watch%d.fst", again, i);
        size_t n[2];
        unsigned char *b[2] = { bl_read_all(file[0], &n[0], &h.diag), bl_read_all(file[1], &n[1], &h.diag) };
        ck_assert_msg(b[0] && b[1] && n[0] == n[1] && n[0] > 1000 && !memcmp(b[0], b[1], n[0]), "%s", file[1]);
        free(b[0]);
        free(b[1]);
    }
}
END_TEST

/* Ended on the way, by a command or by Ctrl-C: the journal gives the same report. */
START_TEST(interrupted)
{
    struct served s = SERVE("osa_hcim", "--images", "2", "--report-json", json, "--journal", journal, "--folder", folder);
    char out[NAME + 40];
    struct heard h;

    serve_do(&s, "step", "{\"to\":\"77 us\"}");
    serve_wait(&s);
    serve_do(&s, "watch", "{\"globs\":[\"host.*\"]}");
    serve_do(&s, "step", "{\"cycles\":1000}");
    if (_i) {
        kill(s.pid, SIGINT);
        ck_assert_int_eq(serve_status(&s), 1);
    } else {
        ck_assert_int_eq(serve_quit(&s), 1);
    }
    snprintf(out, sizeof out, "%s/r.json", again);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "2", "-q", "--report", "json", "-o", out, "--journal", journal, NULL), BL_WRONG);
    ck_assert_ptr_nonnull(strstr(h.text, "interrupted at"));
    ck_same_files(json, out);
}
END_TEST

/* Killed in the middle of a run: what the journal has so far can be done again. */
START_TEST(killed)
{
    struct served s = SERVE("osa_hcim", "--images", "1", "--journal", journal, "--folder", folder);
    char out[NAME + 40];
    struct heard h;

    serve_do(&s, "step", "{\"cycles\":1000}");
    serve_do(&s, "watch", "{\"globs\":[\"host.*\"]}");
    serve_do(&s, "resume", "{}");
    kill(s.pid, SIGKILL);
    ck_assert_int_eq(serve_status(&s), 1009);
    snprintf(out, sizeof out, "%s/r.json", again);
    ck_assert_msg(program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--report", "json", "-o", out, "--journal", journal, NULL) == 0, "%s", h.text);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--images", "1", "-q", "--report-json", plain, NULL), 0);
    ck_same_files(plain, out);
}
END_TEST

/* ---- what is seen ---- */

/* Rows of the API are those of the report. */
START_TEST(views)
{
    struct served s = SERVE("osa_hcim", "--images", "1");
    size_t i, k;
    json_t *row, *v, *part = NULL;
    char text[NAME];

    serve_do(&s, "resume", "{}");
    serve_wait(&s);
    ck_assert_str_eq(serve_text(&s, "state", "end", text), "done");
    json_t *report = serve_json(&s, "report", NULL), *parts = serve_json(&s, "parts", NULL), *path = serve_json(&s, "path", NULL), *layers = serve_json(&s, "layers", NULL);
    ck_assert_str_eq(bl_j_text(report, "end"), "done");
    json_array_foreach(parts, i, row) {
        json_array_foreach(json_object_get(report, "parts"), k, part)
            if (!strcmp(bl_j_text(part, "path"), bl_j_text(row, "path")))
                break;
        ck_assert_ptr_nonnull(part);
        json_array_foreach(json_object_get(row, "verdicts"), k, v) {
            json_t *want = json_array_get(json_object_get(part, "verdicts"), k);
            ck_assert_str_eq(bl_j_text(v, "name"), bl_j_text(want, "name"));
            ck_assert_uint_eq(bl_j_count(v, "spent"), bl_j_count(want, "spent"));
        }
    }
    ck_assert_uint_gt(json_array_size(parts), 9);
    ck_assert_uint_eq(bl_j_count(path, "fs"), bl_j_count(json_object_get(report, "path"), "fs"));
    ck_assert(json_equal(json_object_get(path, "rows"), json_object_get(json_object_get(report, "path"), "rows")));
    ck_assert_uint_eq(json_array_size(layers), json_array_size(json_object_get(report, "layers")));
    json_array_foreach(layers, i, row)
        ck_assert_uint_eq(bl_j_count(row, "done"), 1);
    ck_assert_ptr_nonnull(strstr(serve_ask(&s, "report?as=text", NULL)->body, "limited by"));
    json_decref(report);
    json_decref(parts);
    json_decref(path);
    json_decref(layers);
    ck_assert_int_eq(serve_quit(&s), 0);
}
END_TEST

/* gen is held up by sink, which takes an item in three cycles, behind a channel of two. */
START_TEST(waits_and_channels)
{
    struct served s = SERVE("back_pressure");
    size_t i, seen = 0;
    json_t *row;

    serve_do(&s, "channels", NULL);              /* from now on the most is kept */
    serve_do(&s, "step", "{\"until\":\"gen[2].verdict == out_full\"}");
    serve_do(&s, "step", "{\"until\":\"gen[2].verdict == busy\"}");
    serve_do(&s, "step", "{\"until\":\"gen[2].verdict == out_full\"}");
    serve_do(&s, "step", "{\"cycles\":1}");
    json_t *waits = serve_json(&s, "waits", NULL), *channels = serve_json(&s, "channels", NULL);
    json_array_foreach(waits, i, row)
        if (!strcmp(bl_j_text(row, "part"), "gen[2]")) {
            ck_assert_str_eq(bl_j_text(row, "verdict"), "out_full");
            ck_assert_str_eq(bl_j_text(row, "port"), "x");
            ck_assert_str_eq(bl_j_text(row, "peer"), "sink[2]");
            ck_assert_uint_eq(bl_j_count(row, "waits_fs"), 10000000);
            seen++;
        }
    json_array_foreach(json_object_get(channels, "rows"), i, row) {
        ck_assert_uint_eq(bl_j_count(row, "capacity"), 2);
        ck_assert_uint_eq(bl_j_count(row, "high"), 2);
        seen += !strcmp(bl_j_text(row, "from"), "gen[3].x") && !strcmp(bl_j_text(row, "to"), "sink[3].x");
    }
    ck_assert_uint_eq(seen, 2);
    json_decref(waits);
    json_decref(channels);
    serve_quit(&s);
}
END_TEST

START_TEST(values_of_signals)
{
    struct served s = SERVE("osa_hcim", "--images", "1");
    json_t *o, *row;
    size_t i;

    serve_do(&s, "step", "{\"until\":\"adc.verdict == busy\"}");
    o = serve_json(&s, "values?name=adc.verdict&name=adc.code&name=host.op&name=adc.code%5B1%5D&name=adc.rho", NULL);
    row = json_array_get(json_object_get(o, "values"), 0);
    ck_assert_str_eq(bl_j_text(row, "word"), "busy");
    row = json_array_get(json_object_get(o, "values"), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(row, "lanes")), 8);
    row = json_array_get(json_object_get(o, "values"), 2);
    ck_assert(json_is_integer(json_object_get(row, "value")) && !json_object_get(row, "word"));
    ck_assert_uint_eq(json_array_size(json_object_get(o, "values")), 5);
    json_decref(o);
    o = serve_json(&s, "signals?match=adc.*", NULL);
    json_array_foreach(json_object_get(o, "rows"), i, row)
        ck_assert_msg(!strncmp(bl_j_text(row, "name"), "adc.", 4), "%s", bl_j_text(row, "name"));
    json_decref(o);
    serve_quit(&s);
}
END_TEST

/* ---- traces ---- */

START_TEST(watch_and_download)
{
    struct served s = SERVE("osa_hcim", "--images", "1");
    char file[NAME], command[4 * NAME];

    serve_do(&s, "watch", "{\"globs\":[\"adc.*\"]}");
    ck_assert_int_eq(serve_ask(&s, "cut", "{\"number\":1}")->status, 409);
    ck_assert_int_eq(serve_ask(&s, "watches/1.fst", NULL)->status, 409);
    serve_do(&s, "step", "{\"cycles\":500}");
    serve_do(&s, "cut", "{\"number\":1}");
    ck_assert_int_eq(serve_ask(&s, "watches/1.fst", NULL)->status, 200);
    ck_assert_ptr_nonnull(strstr(got.bytes, "filename=\"watch1.fst\""));
    FILE *f = fopen(scratch("down.fst", file), "w");
    ck_assert_uint_eq(fwrite(got.body, 1, got.n, f), got.n);
    fclose(f);
    snprintf(command, sizeof command, "%s trace info --strict %s | grep -q %s", getenv("BITLINE"), file, "'3000 ns\\|3 us'");
    ck_assert_int_eq(system(command), 0);
    remove(file);
    serve_do(&s, "resume", "{}");
    serve_wait(&s);
    serve_do(&s, "unwatch", "{\"number\":1}");
    ck_assert_int_eq(serve_ask(&s, "unwatch", "{\"number\":1}")->status, 409);
    ck_assert_int_eq(serve_quit(&s), 0);
}
END_TEST

/* ---- rewinds ---- */

/* Snapshots are put back in any order, ahead too, and the run is always the same. */
START_TEST(there_and_back)
{
    struct served s = SERVE("back_pressure", "--keep", "4", "--report-json", json);
    int64_t at[6];
    char body[64];
    struct heard h;

    for (int i = 0; i < 6; i++) {                /* 0, 200 ns, 400 ns, ... */
        at[i] = value(&s, "sink[1].n");
        serve_do(&s, "snapshot", "{}");
        serve_do(&s, "step", "{\"cycles\":40}");
    }
    json_t *kept = serve_json(&s, "snapshots", NULL);
    ck_assert_uint_eq(json_array_size(kept), 4);
    ck_assert_uint_eq(bl_j_count(json_array_get(kept, 0), "fs"), 0);
    for (size_t k = 0; k < 8; k++) {
        uint64_t fs = bl_j_count(json_array_get(kept, k * 3 % 4), "fs");
        snprintf(body, sizeof body, "{\"fs\":%llu}", (unsigned long long)fs);
        serve_do(&s, "rewind", body);
        ck_assert_uint_eq(now(&s), fs);
        ck_assert_int_eq(value(&s, "sink[1].n"), at[fs / 200000000]);
    }
    json_decref(kept);
    serve_do(&s, "resume", "{}");
    serve_wait(&s);
    serve_do(&s, "rewind", "{\"fs\":0}");        /* from the end */
    serve_do(&s, "resume", "{}");
    serve_wait(&s);
    ck_assert_int_eq(serve_quit(&s), 0);
    ck_assert_int_eq(program(&h, NULL, "run", "back_pressure", "-q", "--report-json", plain, NULL), 0);
    ck_same_files(json, plain);
}
END_TEST

/* ---- hangs ---- */

/* Sinks that take next to nothing: 1000 cycles after the last item the run stands, with who waits for whom. */
START_TEST(hangs)
{
    struct served s = SERVE("back_pressure", "--set", "sink[*].every=1000000", "--hang-cycles", "1000", "--folder", folder, "--go");
    char text[NAME], snap[NAME + 40];
    struct stat is;

    serve_wait(&s);
    ck_assert_str_eq(serve_text(&s, "state", "why", text), "hang");
    json_t *o = serve_json(&s, "state", NULL), *hang = json_object_get(o, "hang");
    ck_assert_uint_lt(bl_j_count(hang, "moved_fs"), 100000000);
    ck_assert_uint_ge(bl_j_count(hang, "found_fs") - bl_j_count(hang, "moved_fs"), UINT64_C(5000000000));
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(hang, "chain"), 0)), "gen[0]: out_full, on port x, for sink[0] (paused)");
    json_decref(o);
    ck_assert_int_eq(serve_ask(&s, "hang.snap", NULL)->status, 200);
    snprintf(snap, sizeof snap, "%s/hang.snap", folder);
    ck_assert_int_eq(stat(snap, &is), 0);
    serve_do(&s, "resume", "{}");                /* the same hang is told once */
    serve_do(&s, "pause", "{}");
    serve_wait(&s);
    ck_assert_str_ne(serve_text(&s, "state", "why", text), "hang");
    serve_quit(&s);
}
END_TEST

START_TEST(deadlock)
{
    struct served s = SERVE("osa_hcim", "--net", "none", "--until", "1 us", "--go", "--folder", folder, "--journal", journal, "--report-json", json);
    char text[NAME], out[NAME + 40];
    struct heard h;

    serve_wait(&s);
    ck_assert_str_eq(serve_text(&s, "state", "end", text), "deadlock");
    json_t *o = serve_json(&s, "state", NULL);
    ck_assert_uint_ge(json_array_size(json_object_get(json_object_get(o, "hang"), "chain")), 1);
    json_decref(o);
    ck_assert_int_eq(serve_quit(&s), 1);
    snprintf(out, sizeof out, "%s/r.json", again);
    ck_assert_int_eq(program(&h, NULL, "run", "osa_hcim", "--net", "none", "--until", "1 us", "-q", "--report", "json", "-o", out, "--journal", journal, NULL), BL_WRONG);
    ck_same_files(json, out);
}
END_TEST

/* ---- runs of a database ---- */

START_TEST(runs)
{
    char db[NAME], path[NAME];
    struct heard h;

    ck_assert_msg(program(&h, NULL, "sweep", "back_pressure", "--vary", "gen[*].every=1,2", "-q", "--db", scratch("runs.sqlite", db), NULL) < BL_REFUSED, "%s", h.text);
    struct served s = SERVE("back_pressure", "--db", db);
    json_t *o = serve_json(&s, "runs", NULL), *rows = json_object_get(o, "rows");
    ck_assert_uint_eq(json_array_size(rows), 2);
    snprintf(path, sizeof path, "runs/%s", bl_j_text(json_array_get(rows, 1), "key"));
    json_t *report = serve_json(&s, path, NULL);
    ck_assert_str_eq(bl_j_text(report, "schema"), BL_REPORT_SCHEMA);
    strcat(path, "?as=text");
    ck_assert_ptr_nonnull(strstr(serve_ask(&s, path, NULL)->body, "back_pressure"));
    ck_assert_int_eq(serve_ask(&s, "runs/0000", NULL)->status, 404);
    json_decref(report);
    json_decref(o);
    serve_quit(&s);
    remove(db);
}
END_TEST

Suite *suite_serve_run(void);
Suite *suite_serve_run(void)
{
    Suite *s = suite_create("serve_run");
    TCase *t = tcase_create("run");

    tcase_add_checked_fixture(t, begin, end);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, steps);
    tcase_add_test(t, the_same_bytes);
    tcase_add_loop_test(t, interrupted, 0, 2);
    tcase_add_test(t, killed);
    tcase_add_test(t, views);
    tcase_add_test(t, waits_and_channels);
    tcase_add_test(t, values_of_signals);
    tcase_add_test(t, watch_and_download);
    tcase_add_test(t, there_and_back);
    tcase_add_test(t, hangs);
    tcase_add_test(t, deadlock);
    tcase_add_test(t, runs);
    suite_add_tcase(s, t);
    return s;
}

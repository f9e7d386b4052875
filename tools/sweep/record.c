/* record.c - the figures of a report by name, and a record as a line of JSON. */
#include "tools/sweep/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/report/report.h"
#include "tools/memory.h"

/* ---- the figures ---- */

static void put_number(json_t *to, const char *name, const json_t *v)
{
    if (json_is_number(v))
        json_object_set(to, name, (json_t *)(uintptr_t)v);
    else if (json_is_true(v))
        json_object_set_new(to, name, json_integer(1));
    else if (json_is_false(v))
        json_object_set_new(to, name, json_integer(0));
}

/* Of `correct` images a share, where there are labels. */
static void put_share(json_t *to, const char *name, const json_t *result, const char *count)
{
    double images = (double)bl_j_count(result, "images");

    if (json_is_number(json_object_get(result, count)) && images > 0)
        json_object_set_new(to, name, json_real((double)bl_j_count(result, count) / images));
}

static void put_result(json_t *to, const json_t *r)
{
    const json_t *v, *cycles = json_object_get(r, "cycles_an_image");
    const char *name;
    bool labels = json_is_true(json_object_get(r, "has_labels"));

    json_object_foreach((json_t *)(uintptr_t)r, name, v)
        put_number(to, name, v);
    if (labels)
        put_share(to, "accuracy", r, "correct");
    if (labels)
        put_share(to, "reference_accuracy", r, "reference_correct");
    put_share(to, "agreement", r, "agree");
    put_number(to, "cycles_an_image", json_object_get(cycles, "median"));
}

/* Of images under way together, "pipeline.steady_interval", ...; the interval and images a second of a whole run have other names. */
static void put_pipeline(json_t *to, const json_t *p)
{
    const json_t *v;
    const char *key;
    char name[64];

    json_object_foreach((json_t *)(uintptr_t)p, key, v) {
        snprintf(name, sizeof name, "pipeline.%.50s", key);
        put_number(to, name, v);
    }
}

static void put_totals(json_t *to, const json_t *report)
{
    const json_t *v, *totals = json_object_get(report, "totals");
    double seconds = (double)bl_j_count(report, "simulated_fs") / 1e15, images = (double)bl_j_count(json_object_get(report, "result"), "images");
    double joules = bl_j_real(totals, "energy_j");
    const char *name;

    json_object_foreach((json_t *)(uintptr_t)totals, name, v)
        put_number(to, name, v);
    json_object_set_new(to, "simulated_s", json_real(seconds));
    if (seconds > 0)
        json_object_set_new(to, "power_w", json_real(joules / seconds));
    if (images > 0 && seconds > 0)
        json_object_set_new(to, "images_per_s", json_real(images / seconds));
    if (images > 0)
        json_object_set_new(to, "energy_j_an_image", json_real(joules / images));
}

/* Energies by class, "energy_j.sar_adc": a part of the total each. */
static void put_classes(json_t *to, const json_t *report)
{
    const json_t *part;
    char name[128];
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part) {
        double joules = bl_j_real(part, "energy_j");
        if (!*bl_j_text(part, "class") || joules <= 0)
            continue;
        snprintf(name, sizeof name, "energy_j.%s", bl_j_text(part, "class"));
        json_object_set_new(to, name, json_real(bl_j_real(to, name) + joules));
    }
}

static void put_figures(json_t *to, const json_t *report)
{
    const json_t *f, *e;
    size_t i;
    int broken = 0;

    json_array_foreach(json_object_get(report, "figures"), i, f)
        put_number(to, bl_j_text(f, "name"), json_object_get(f, "value"));
    json_array_foreach(json_object_get(report, "expects"), i, e)
        broken += json_is_false(json_object_get(e, "holds"));
    json_object_set_new(to, "false_expects", json_integer(broken));
}

json_t *bl_record_values(const json_t *report)
{
    json_t *to = json_object();

    json_object_set(to, "end", json_object_get(report, "end"));
    put_figures(to, report);
    put_result(to, json_object_get(report, "result"));
    put_pipeline(to, json_object_get(report, "pipeline"));
    put_totals(to, report);
    put_classes(to, report);
    return to;
}

/* ---- a line of a result file ---- */

static json_t *text(const char *s) { return s ? bl_j_of_text(s) : json_null(); }

char *bl_record_line(const struct bl_record *o, const struct bl_asked *by)
{
    json_t *report = o->report ? json_stringn(o->report, o->nreport) : NULL;
    json_t *j = json_pack("{s:s, s:s, s:s, s:o, s:I, s:O?, s:O?}", "key", o->key, "state", o->state, "sweep", by->sweep, "sweep_command", text(by->command), "n",
                          (json_int_t)by->n, "setting", by->setting, "axes", by->axes);
    const struct { const char *name; json_t *v; } more[] = {
        { "platform", text(o->platform) }, { "net", text(o->net) }, { "images", json_integer(o->images) }, { "values", json_incref(o->values ? o->values : json_null()) },
        { "message", text(o->message) }, { "log", text(o->log) }, { "command", text(o->command) }, { "host", text(o->host) }, { "folder", text(o->folder) },
        { "started", text(o->started) }, { "seconds", json_real(o->seconds) }, { "cpu_seconds", json_real(o->cpu_seconds) },
        { "peak_kb", json_integer(o->peak_kb) }, { "attempts", json_integer(o->attempts) }, { "report", report ? report : json_null() },
    };

    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        json_object_set_new(j, more[i].name, more[i].v);
    char *line = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return line;
}

static const char *text_or_null(const json_t *o, const char *key) { return json_string_value(json_object_get(o, key)); }

bool bl_record_read(const char *bytes, size_t n, struct bl_record *o, json_t **line)
{
    json_t *j = bl_memory_load(bytes, n, JSON_REJECT_DUPLICATES, NULL), *values = json_object_get(j, "values");

    *line = j;
    *o = (struct bl_record){
        .key = text_or_null(j, "key"), .state = text_or_null(j, "state"), .platform = text_or_null(j, "platform"), .net = text_or_null(j, "net"),
        .images = (uint32_t)bl_j_count(j, "images"), .values = json_is_object(values) ? values : NULL, .message = text_or_null(j, "message"), .log = text_or_null(j, "log"),
        .command = text_or_null(j, "command"), .host = text_or_null(j, "host"), .folder = text_or_null(j, "folder"), .started = text_or_null(j, "started"),
        .seconds = bl_j_real(j, "seconds"), .cpu_seconds = bl_j_real(j, "cpu_seconds"), .peak_kb = (int64_t)bl_j_count(j, "peak_kb"),
        .attempts = (int64_t)bl_j_count(j, "attempts"), .report = text_or_null(j, "report"),
        .nreport = json_string_length(json_object_get(j, "report")) };
    return o->key && strlen(o->key) == 64 && o->state && o->platform && o->command;
}

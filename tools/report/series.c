/* series.c - statistics over time, and where the time of layers went, as rows of numbers for CSV: one a line, written as they come, since there may
 * be a million of them. */
#include "tools/report/sections.h"

static const json_t *intervals(const json_t *r, const char *key) { return json_object_get(json_object_get(r, "intervals"), key); }

static void text(FILE *out, const char *s) { bl_csv_cell(s, ",", out); }

/* A count, or an energy in digits, as it stands in JSON. */
static void value(FILE *out, const json_t *v, const char *end)
{
    if (json_is_string(v))
        bl_csv_cell(json_string_value(v), end, out);
    else if (json_is_integer(v))
        fprintf(out, "%lld%s", (long long)json_integer_value(v), end);
    else
        fprintf(out, "%.15g%s", json_number_value(v), end);
}

/* The ends of interval i. */
static void span(FILE *out, const json_t *r, size_t i)
{
    const uint64_t every = bl_j_count(json_object_get(r, "intervals"), "every_fs"), to = bl_j_count(json_object_get(r, "intervals"), "to_fs");
    const uint64_t from = bl_j_count(json_object_get(r, "intervals"), "from_fs") + i * every;

    fprintf(out, "%llu,%llu,", (unsigned long long)from, (unsigned long long)(to - from < every ? to : from + every));
}

/* ---- parts ---- */

static bool has_parts(const json_t *r) { return json_array_size(intervals(r, "parts")) > 0; }

static bool nothing(const json_t *v) { return json_is_integer(v) && !json_integer_value(v); }

static void put_parts(const json_t *r, FILE *out)
{
    const json_t *part, *verdict, *spent;
    size_t i, k, n;

    fputs("part,verdict,from_fs,to_fs,spent,elapsed,unit\n", out);
    json_array_foreach(intervals(r, "parts"), i, part)
        json_array_foreach(json_object_get(part, "verdicts"), k, verdict)
            json_array_foreach(json_object_get(verdict, "spent"), n, spent) {
                if (nothing(spent))
                    continue;
                text(out, bl_j_text(part, "path"));
                text(out, bl_j_text(verdict, "name"));
                span(out, r, n);
                value(out, spent, ",");
                value(out, json_array_get(json_object_get(part, "elapsed"), n), ",");
                bl_csv_cell(bl_j_text(part, "unit"), "\n", out);
            }
}

/* ---- energy ---- */

static bool has_energy(const json_t *r) { return json_array_size(intervals(r, "energy_yj")) > 0; }

static void energy_of(const json_t *r, const json_t *part, const char *name, FILE *out)
{
    const json_t *e;
    size_t n;

    json_array_foreach(json_object_get(part, "energy_yj"), n, e) {
        text(out, name);
        span(out, r, n);
        value(out, e, ",");
        value(out, json_array_get(json_object_get(part, "power_w"), n), "\n");
    }
}

static void put_energy(const json_t *r, FILE *out)
{
    const json_t *part;
    size_t i;

    fputs("part,from_fs,to_fs,energy_yj,power_w\n", out);
    energy_of(r, json_object_get(r, "intervals"), "", out);      /* of everything */
    json_array_foreach(intervals(r, "parts"), i, part)
        energy_of(r, part, bl_j_text(part, "path"), out);
}

/* ---- channels ---- */

static bool has_channels(const json_t *r) { return json_array_size(intervals(r, "channels")) > 0; }

static void put_channels(const json_t *r, FILE *out)
{
    const json_t *channel, *mean;
    size_t i, n;

    fputs("from,to,depth,from_fs,to_fs,mean,most\n", out);
    json_array_foreach(intervals(r, "channels"), i, channel)
        json_array_foreach(json_object_get(channel, "mean"), n, mean) {
            text(out, bl_j_text(channel, "from"));
            text(out, bl_j_text(channel, "to"));
            value(out, json_object_get(channel, "depth"), ",");
            span(out, r, n);
            value(out, mean, ",");
            value(out, json_array_get(json_object_get(channel, "most"), n), "\n");
        }
}

/* ---- layers ---- */

static bool has_layers(const json_t *r) { return json_array_size(json_object_get(json_array_get(json_object_get(r, "layers"), 0), "verdicts")) > 0; }

static void put_layers(const json_t *r, FILE *out)
{
    const json_t *layer, *row;
    size_t i, k;

    fputs("layer,part,verdict,spent\n", out);
    json_array_foreach(json_object_get(r, "layers"), i, layer)
        json_array_foreach(json_object_get(layer, "verdicts"), k, row) {
            text(out, bl_j_text(layer, "name"));
            text(out, bl_j_text(row, "part"));
            text(out, bl_j_text(row, "verdict"));
            value(out, json_object_get(row, "spent"), "\n");
        }
}

const struct bl_series bl_series[] = {
    { "Where the time of each layer went", "layer_verdicts", has_layers, put_layers },
    { "Intervals: verdicts of parts", "interval_verdicts", has_parts, put_parts },
    { "Intervals: energy of parts", "interval_energy", has_energy, put_energy },
    { "Intervals: channels", "interval_channels", has_channels, put_channels },
    { NULL, NULL, NULL, NULL }
};

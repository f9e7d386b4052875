/* pipeline.c - images under way together: what limits them, where each layer's macros had nothing to do and why, what lay in the buffer. */
#include <string.h>

#include "tools/report/sections.h"

static const char *const PAIR[] = { "", "" };

static unsigned long long count(const json_t *o, const char *key) { return bl_j_count(o, key); }

/* ---- to JSON ---- */

static json_t *layer(const struct bl_pipe_layer *l)
{
    json_t *o = json_pack("{s:o, s:o, s:I, s:I, s:I, s:o}", "name", bl_j_of_text(l->name), "unit", bl_j_of_text(l->unit), "tiles", (json_int_t)l->tiles, "copies",
                          (json_int_t)l->copies, "cores", (json_int_t)l->cores, "busy", bl_j_of_count(l->busy));

    for (int b = 0; b < BL_BUBBLES; b++)
        json_object_set_new(o, bl_bubble_name[b], bl_j_of_count(l->bubble[b]));
    json_object_set_new(o, "made", bl_j_of_count(l->made));
    json_object_set_new(o, "read", bl_j_of_count(l->read));
    return o;
}

static json_t *layers(const struct bl_pipeline *p)
{
    json_t *a = json_array();

    for (uint32_t i = 0; i < p->nlayers; i++)
        json_array_append_new(a, layer(&p->layer[i]));
    return a;
}

static json_t *maps(const struct bl_pipeline *p)
{
    json_t *a = json_array();

    for (uint32_t i = 0; i < p->nmaps; i++)
        json_array_append_new(a, json_pack("{s:o, s:o, s:I, s:I}", "name", bl_j_of_text(p->map[i].name), "bytes", bl_j_of_count(p->map[i].bytes), "slots",
                                           (json_int_t)p->map[i].slots, "most", (json_int_t)p->map[i].most));
    return a;
}

void bl_report_pipeline(json_t *report, const struct bl_result *r)
{
    const struct bl_pipeline *p = r ? r->pipeline : NULL;

    if (!p)
        return;
    json_t *o = json_pack("{s:s, s:s, s:b}", "placement", p->placement, "limits", p->limits, "ideal_buffer", p->ideal);
    const struct { const char *key; uint64_t v; } counts[] = { { "setup", p->setup }, { "elapsed", p->elapsed }, { "first", p->first }, { "latency", p->latency },
        { "drain", p->drain }, { "reserved_bytes", p->reserved }, { "high_water_bytes", p->most }, { "cores", p->cores }, { "unused_cores", p->unused } };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(o, counts[i].key, bl_j_of_count(counts[i].v));
    json_object_set_new(o, "interval", json_pack("{s:o, s:o, s:o}", "min", bl_j_of_count(p->interval[0]), "median", bl_j_of_count(p->interval[1]), "max",
                                                 bl_j_of_count(p->interval[2])));
    json_object_set_new(o, "steady_interval", bl_j_of_count(p->steady));
    json_object_set_new(o, "images_per_s", json_real(p->images_per_s));
    json_object_set_new(o, "layers", layers(p));
    json_object_set_new(o, "maps", maps(p));
    json_object_set_new(report, "pipeline", o);
}

/* ---- to text ---- */

/* Of all macros and all ticks, %. */
static double busy(const json_t *o)
{
    const double all = bl_j_real(o, "elapsed") * bl_j_real(o, "cores");
    const json_t *row;
    double sum = 0;
    size_t i;

    json_array_foreach(json_object_get(o, "layers"), i, row)
        sum += bl_j_real(row, "busy");
    return all > 0 ? 100 * sum / all : 0;
}

static void ticks(struct bl_table *t, const char *what, const json_t *o, const char *key, const char *meaning)
{
    bl_cell(t, "%s", what);
    bl_cell(t, "%llu ticks%s%s", count(o, key), *meaning ? ", " : "", meaning);
}

void bl_fill_pipeline(const json_t *r, struct bl_table *t)
{
    const json_t *o = json_object_get(r, "pipeline"), *interval = json_object_get(o, "interval");

    BL_START(t, PAIR);
    if (!o)
        return;
    if (*bl_j_text(o, "limits")) {
        bl_cell(t, "limits:");
        bl_cell(t, "%s", bl_j_text(o, "limits"));
    }
    bl_cell(t, "placement");
    bl_cell(t, "%s, %llu macros%s%s", bl_j_text(o, "placement"), count(o, "cores"), count(o, "unused_cores") ? ", some unused" : "",
            json_is_true(json_object_get(o, "ideal_buffer")) ? "; the buffer has ports for everybody: an ideal, not a memory" : "");
    bl_cell(t, "macros busy");
    bl_cell(t, "%.2f %%", busy(o));
    bl_cell(t, "throughput");
    bl_cell(t, "%.6g images/s", bl_j_real(o, "images_per_s"));
    if (count(interval, "median")) {
        bl_cell(t, "from image to image");
        bl_cell(t, "%llu min, %llu median, %llu max ticks; %llu in the later half", count(interval, "min"), count(interval, "median"), count(interval, "max"),
                count(o, "steady_interval"));
    }
    ticks(t, "first image", o, "first", "from its first word to its last");
    ticks(t, "latency", o, "latency", "the median of the middle third");
    ticks(t, "drain", o, "drain", "from the beginning of the last image to the end");
    ticks(t, "setup", o, "setup", "weights, once, before the first image");
    bl_cell(t, "buffer");
    bl_cell(t, "%llu bytes of slots, %llu in use at once", count(o, "reserved_bytes"), count(o, "high_water_bytes"));
    if (count(o, "unused_cores")) {
        bl_cell(t, "unused");
        bl_cell(t, "%llu macros hold no tile", count(o, "unused_cores"));
    }
}

void bl_fill_bubbles(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", "on", ">tiles", ">copies", ">macros", ">busy %", ">no_image", ">no_credit", ">start", ">memory", ">back", ">made", ">read" };
    const json_t *row, *o = json_object_get(r, "pipeline");
    const double elapsed = bl_j_real(o, "elapsed");
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(o, "layers"), i, row) {
        const double all = elapsed * (double)count(row, "cores");
        bl_cell(t, "%s", bl_j_text(row, "name"));
        bl_cell(t, "%s", *bl_j_text(row, "unit") ? bl_j_text(row, "unit") : "macros");
        for (int k = 0; k < 3; k++)
            if (all > 0)
                bl_cell(t, "%llu", count(row, (const char *const[]){ "tiles", "copies", "cores" }[k]));
            else
                bl_cell(t, "-");
        bl_cell_share(t, all > 0 ? (double)count(row, "busy") / all : -1, all > 0 ? "%.2f" : "-", all > 0 ? 100 * (double)count(row, "busy") / all : 0.0);
        for (int b = 0; b < BL_BUBBLES; b++)
            if (all > 0)
                bl_cell(t, "%.2f", 100 * (double)count(row, bl_bubble_name[b]) / all);
            else
                bl_cell(t, "-");
        bl_cell(t, "%llu", count(row, "made"));
        bl_cell(t, "%llu", count(row, "read"));
    }
}

void bl_notes_bubbles(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    (void)r;
    line(out, "In % of macros x elapsed ticks, all of it: busy; no_image: nothing to read; no_credit: no free slot to write to; start: pushes, first "
              "windows, ends; memory: windows late out of the buffer; back: held up from behind. made, read: ticks of the first image.");
}

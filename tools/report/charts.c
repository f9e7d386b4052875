/* charts.c - which charts a report has, and what several of them need. */
#include "tools/report/charts.h"

#include <math.h>
#include <stdlib.h>

const struct bl_chart_of bl_charts[] = {
    { "path", bl_chart_path }, { "what_if", bl_chart_what_if }, { "figures", bl_chart_figures }, { "layers", bl_chart_roofline },
    { "layers", bl_chart_precision }, { "parts", bl_chart_waits }, { "parts", bl_chart_gantt }, { "parts", bl_chart_used },
    { "energy", bl_chart_layer_energy }, { "energy", bl_chart_part_energy }, { "energy", bl_chart_power }, { NULL, NULL }
};

struct ranked { double v; size_t at; };

static int larger(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return x->v < y->v ? 1 : x->v > y->v ? -1 : x->at < y->at ? -1 : 1;
}

bool *bl_largest(const double *v, size_t n, size_t most)
{
    struct ranked *r = calloc(n + 1, sizeof *r);
    bool *shown = calloc(n + 1, sizeof *shown);

    if (!r || !shown) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    for (size_t i = 0; i < n; i++)
        r[i] = (struct ranked){ v[i], i };
    qsort(r, n, sizeof *r, larger);
    for (size_t i = 0; i < n && i < most; i++)
        shown[r[i].at] = true;
    free(r);
    return shown;
}

json_t *bl_largest_names(json_t *numbers, size_t most)
{
    json_t *kept = json_object(), *v;
    const char *name;

    while (json_object_size(kept) < most && json_object_size(numbers)) {
        const char *best = NULL;
        json_object_foreach(numbers, name, v)
            if (!best || json_number_value(v) > bl_j_real(numbers, best))
                best = name;
        if (json_object_set_new(kept, best, json_true()))
            break;                         /* no memory: bl_memory_lost knows */
        json_object_del(numbers, best);
    }
    json_decref(numbers);
    return kept;
}

double bl_seconds(uint64_t fs) { return (double)fs / 1e15; }

double bl_joules(bl_yj e) { return (double)e / 1e24; }

char *bl_si_text(double v, const char *unit, char *buf)
{
    static const char *const prefix[] = { "a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T", "P", "E" };
    int at = 6;

    for (; fabs(v) >= 999.995 && at < 12; at++)
        v /= 1000;
    for (; v != 0 && fabs(v) < 0.999995 && at > 0; at--)
        v *= 1000;
    snprintf(buf, 40, "%.5g %s%s", v, prefix[at], unit);
    return buf;
}

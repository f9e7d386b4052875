/* html_over.c - charts over time: what each part did, how much of it was work, and the power. */
#include "tools/report/charts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/report/over.h"

/* Parts that have a lane; slots of time; verdicts and parts with a pattern of their own. */
enum { LANES = 24, SLOTS = 60, POWER_SLOTS = 200, SERIES = 9, POWERS = 6 };

static const char BY_LAYER[] = "time of all images, layer after layer, s", BY_TIME[] = "time, s";

/* Which lanes are drawn: those that worked most. To be freed. */
static bool *busiest(const struct bl_over *o)
{
    double *v = calloc(o->lanes + 1, sizeof *v);

    if (!v)
        return bl_memory_lose(), NULL;
    for (size_t i = 0; i < o->lanes; i++) {
        double all = 0;
        for (size_t k = 0; k < o->slots; k++) {
            v[i] += (double)bl_spent_at(o, &o->lane[i], "busy", k);
            all += (double)o->lane[i].elapsed[k];
        }
        v[i] = all > 0 ? v[i] / all : -1;
    }
    bool *shown = bl_largest(v, o->lanes, LANES);
    for (size_t i = 0; i < o->lanes; i++)
        shown[i] &= v[i] >= 0;
    free(v);
    return shown;
}

static void cell_span(struct bl_chart *c, const char *who, double from, double to)
{
    char a[40], b[40];

    bl_cell(&c->table, "%s", who);
    bl_cell(&c->table, "%s", bl_si_text(from, "s", a));
    bl_cell(&c->table, "%s", bl_si_text(to, "s", b));
}

/* ---- what each part did ---- */

/* The verdict that took most of slot k; NULL: no time went by. */
static const char *most_of(const struct bl_over *o, const struct bl_lane *l, size_t k)
{
    const char *best = NULL;
    uint64_t most = 0;

    for (size_t i = 0; i < l->verdicts; i++)
        if (l->spent[i * o->slots + k] > most) {
            most = l->spent[i * o->slots + k];
            best = l->verdict[i];
        }
    return best;
}

/* Verdicts by the slots that they have: the first SERIES of them keep their names. */
static json_t *names_of(const struct bl_over *o, const bool *shown)
{
    json_t *n = json_object();
    const char *name;

    for (size_t i = 0; i < o->lanes; i++)
        for (size_t k = 0; shown[i] && k < o->slots; k++)
            if ((name = most_of(o, &o->lane[i], k)))
                json_object_set_new(n, name, json_integer((json_int_t)bl_j_count(n, name) + 1));
    return bl_largest_names(n, SERIES);
}

/* Neighbours at one verdict are one bar. */
static void lane(struct bl_chart *c, const struct bl_over *o, const struct bl_lane *l, const json_t *kept)
{
    for (size_t k = 0, next; k < o->slots; k = next) {
        const char *name = most_of(o, l, k);
        uint64_t spent = 0, all = 0;
        for (next = k; next < o->slots; next++) {
            const char *here = most_of(o, l, next);
            if (name != here && (!name || !here || strcmp(name, here)))
                break;
            spent += name ? bl_spent_at(o, l, name, next) : 0;
            all += l->elapsed[next];
        }
        if (!name || o->at[next] <= o->at[k])
            continue;
        cell_span(c, l->path, o->at[k], o->at[next]);
        bl_cell(&c->table, "%s", name);
        bl_cell(&c->table, "%.1f", 100 * (double)spent / (double)all);
        bl_chart_bar(c, l->path, json_object_get(kept, name) ? name : "another", o->at[k], o->at[next]);
    }
}

void bl_chart_gantt(const json_t *r, FILE *out)
{
    static const char *const heads[] = { "part", ">from", ">to", "mostly", ">% of it" };
    struct bl_chart_text text = { "gantt", "What each part did", "The verdict that took most of each interval; neighbours at the same verdict are one bar. "
        "Of many parts those that worked most.", BY_TIME, "" };
    struct bl_chart c;
    struct bl_over o;

    bl_over_of(r, SLOTS, &o);
    if (o.by_layer) {
        text.about = "The verdict that took most of each layer; run with --interval to see it by time. Of many parts those that worked most.";
        text.x = BY_LAYER;
    }
    bool *shown = busiest(&o);
    json_t *kept = shown ? names_of(&o, shown) : NULL;
    BL_CHART(&c, BL_BARS, &text, heads);
    for (size_t i = 0; shown && i < o.lanes; i++)
        if (shown[i])
            lane(&c, &o, &o.lane[i], kept);
    bl_chart_end(&c, out);
    json_decref(kept);
    free(shown);
    bl_over_fini(&o);
}

/* ---- how much of it was work ---- */

static void cells(struct bl_chart *c, const struct bl_over *o, const struct bl_lane *l)
{
    char label[16];

    for (size_t k = 0; k < o->slots; k++) {
        const double busy = l->elapsed[k] ? (double)bl_spent_at(o, l, "busy", k) / (double)l->elapsed[k] : -1;
        if (busy < 0 || o->at[k + 1] <= o->at[k])
            continue;
        cell_span(c, l->path, o->at[k], o->at[k + 1]);
        bl_cell(&c->table, "%.1f", 100 * busy);
        snprintf(label, sizeof label, "%.0f", 100 * busy);
        bl_chart_cell(c, l->path, o->at[k], o->at[k + 1], busy, label);
    }
}

void bl_chart_used(const json_t *r, FILE *out)
{
    static const char *const heads[] = { "part", ">from", ">to", ">busy %" };
    struct bl_chart_text text = { "used", "Utilisation over time", "Numbers and shades: how much of the interval the part was busy, %. Of many parts those that worked most.", BY_TIME, "" };
    struct bl_chart c;
    struct bl_over o;

    bl_over_of(r, SLOTS, &o);
    if (o.by_layer) {
        text.title = "Utilisation by layer";
        text.about = "Numbers and shades: how much of the layer the part was busy, %; run with --interval to see it by time. Of many parts those that worked most.";
        text.x = BY_LAYER;
    }
    bool *shown = busiest(&o);
    BL_CHART(&c, BL_HEAT, &text, heads);
    for (size_t i = 0; shown && i < o.lanes; i++)
        if (shown[i])
            cells(&c, &o, &o.lane[i]);
    bl_chart_end(&c, out);
    free(shown);
    bl_over_fini(&o);
}

/* ---- power ---- */

/* Which lanes took most energy. To be freed. */
static bool *hungriest(const struct bl_over *o)
{
    double *v = calloc(o->lanes + 1, sizeof *v);

    if (!v)
        return bl_memory_lose(), NULL;
    for (size_t i = 0; i < o->lanes; i++)
        for (size_t k = 0; o->lane[i].joules && k < o->slots; k++)
            v[i] += o->lane[i].joules[k];
    bool *shown = bl_largest(v, o->lanes, POWERS);
    for (size_t i = 0; i < o->lanes; i++)
        shown[i] &= v[i] > 0;
    free(v);
    return shown;
}

/* One part above the other, what is left to all others on top. */
static void slot(struct bl_chart *c, const struct bl_over *o, const bool *shown, size_t k)
{
    const double seconds = o->at[k + 1] - o->at[k], all = o->joules[k] / seconds;
    double from = 0;
    char power[40];

    for (size_t i = 0; i <= o->lanes; i++) {
        const bool rest = i == o->lanes;
        const char *name = !rest ? o->lane[i].path : from > 0 ? "other parts" : "all parts";
        const double w = rest ? all - from : shown[i] ? o->lane[i].joules[k] / seconds : 0;
        if (w <= 1e-9 * all)                /* what is left over of sums of doubles is nothing */
            continue;
        cell_span(c, name, o->at[k], o->at[k + 1]);
        bl_cell(&c->table, "%s", bl_si_text(w, "W", power));
        bl_chart_area(c, name, o->at[k], o->at[k + 1], from, from + w);
        from += w;
    }
}

void bl_chart_power(const json_t *r, FILE *out)
{
    static const char *const heads[] = { "part", ">from", ">to", ">power" };
    struct bl_chart_text text = { "power", "Power over time", "Mean power of each interval, one part above the other.", BY_TIME, "power, W" };
    struct bl_chart c;
    struct bl_over o;

    bl_over_of(r, POWER_SLOTS, &o);
    if (o.by_layer) {
        text.title = "Power by layer";
        text.about = "Mean power of each layer; run with --interval to see it by time and part.";
        text.x = BY_LAYER;
    }
    bool *shown = hungriest(&o);
    BL_CHART(&c, BL_AREAS, &text, heads);
    for (size_t k = 0; shown && o.joules && k < o.slots; k++)
        if (o.at[k + 1] > o.at[k])
            slot(&c, &o, shown, k);
    bl_chart_end(&c, out);
    free(shown);
    bl_over_fini(&o);
}

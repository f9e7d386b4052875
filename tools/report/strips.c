/* strips.c - statistics over time, and where the time of layers went, as text: a row a part with a character a stretch of time; a row a layer with
 * the parts that were at work most and waited most. */
#include "tools/report/sections.h"
#include "tools/report/units.h"

#include <stdlib.h>
#include <string.h>

enum { STRETCHES = 48, CHANNELS = 16, NAMED = 3 };      /* characters of a strip; channels shown; parts named of a layer */

static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

/* ---- strips ---- */

/* Tenths: '.' nothing, '0' less than a twentieth, '#' more than 19 of 20. */
static char tenths(double v) { return v <= 0 ? '.' : v >= 0.95 ? '#' : (char)('0' + (int)(10 * v + 0.5)); }

static double number_at(const json_t *list, size_t i)
{
    json_t *v = json_array_get(list, i);

    return json_is_string(v) ? strtod(json_string_value(v), NULL) : json_number_value(v);
}

struct strips { size_t intervals, stretches; };

static struct strips strips_of(const json_t *r)
{
    const size_t n = (size_t)bl_j_count(json_object_get(r, "intervals"), "count");

    return (struct strips){ n, n < STRETCHES ? n : STRETCHES };
}

static size_t stretch(const struct strips *s, size_t interval) { return interval * s->stretches / s->intervals; }

/* A part, or all elements of a large array: its numbers of each stretch. */
struct strip { const char *name; double busy[STRETCHES], all[STRETCHES]; };

static void add_list(const struct strips *s, const json_t *list, double *to)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        to[stretch(s, i)] += number_at(list, i);
}

static void add_part(const struct strips *s, const json_t *part, struct strip *to)
{
    const json_t *v;
    size_t i;

    json_array_foreach(json_object_get(part, "verdicts"), i, v)
        if (!strcmp(bl_j_text(v, "name"), "busy"))
            add_list(s, json_object_get(v, "spent"), to->busy);
    add_list(s, json_object_get(part, "elapsed"), to->all);
}

static void strip_row(struct bl_table *t, const char *name, const struct strips *s, const double *part, const double *whole)
{
    char text[STRETCHES + 1];
    double a = 0, b = 0;

    for (size_t i = 0; i < s->stretches; i++) {
        text[i] = tenths(share(part[i], whole[i]));
        a += part[i];
        b += whole[i];
    }
    text[s->stretches] = '\0';
    bl_cell(t, "%s", name);
    bl_cell(t, "%.1f", 100 * share(a, b));
    bl_cell(t, "%s", text);
}

/* Of the highest of all stretches. */
static void power_row(struct bl_table *t, const struct strips *s, const json_t *iv)
{
    double power[STRETCHES] = { 0 }, n[STRETCHES] = { 0 }, most[STRETCHES], top = 0;
    const json_t *list = json_object_get(iv, "power_w");

    if (!list)
        return;
    for (size_t i = 0; i < json_array_size(list); i++) {
        power[stretch(s, i)] += number_at(list, i);
        n[stretch(s, i)]++;
    }
    for (size_t i = 0; i < s->stretches; i++)
        top = share(power[i], n[i]) > top ? share(power[i], n[i]) : top;
    for (size_t i = 0; i < s->stretches; i++)
        most[i] = top * n[i];
    strip_row(t, "(power)", s, power, most);
}

/* The rows of intervals by path. */
static json_t *by_path(const json_t *rows, const char *key)
{
    json_t *index = json_object(), *row;
    size_t i;

    json_array_foreach(rows, i, row)
        json_object_set(index, bl_j_text(row, key), row);
    return index;
}

void bl_fill_over_time(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", ">busy %", "busy, tenths" };
    const json_t *iv = json_object_get(r, "intervals");
    const struct strips s = strips_of(r);

    BL_START(t, heads);
    if (!s.intervals)
        return;
    struct bl_units u = bl_units_of(r);
    json_t *index = by_path(json_object_get(iv, "parts"), "path");
    for (size_t i = 0; i < u.n; i++) {
        struct strip x = { .name = u.v[i].name };
        for (size_t k = 0; k < u.v[i].n; k++)
            add_part(&s, json_object_get(index, bl_j_text(u.v[i].part[k], "path")), &x);
        double all = 0;
        for (size_t k = 0; k < s.stretches; k++)
            all += x.all[k];
        if (all > 0)
            strip_row(t, x.name, &s, x.busy, x.all);
    }
    power_row(t, &s, iv);
    json_decref(index);
    bl_units_free(&u);
}

void bl_notes_over_time(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *iv = json_object_get(r, "intervals");
    const struct strips s = strips_of(r);
    const uint64_t length = bl_j_count(iv, "to_fs") - bl_j_count(iv, "from_fs"), every = bl_j_count(iv, "every_fs");
    struct bl_times times = { 0 };
    char from[40], one[40], length_text[40], text[320];

    bl_times_see(&times, s.stretches < s.intervals ? length / s.stretches : every);
    snprintf(text, sizeof text, "From %s on; a character is %s (%zu intervals of %s): . nothing, 0 under 5 %%, 1 to 9 tenths, # 95 %% and more.%s",
             bl_time_exact(bl_j_count(iv, "from_fs"), from), s.stretches < s.intervals ? bl_times_text(&times, times.largest, one) : "one of them", s.intervals,
             bl_time_exact(every, length_text), json_object_get(iv, "power_w") ? " (power): of the highest." : "");
    line(out, text);
}

/* ---- channels ---- */

struct level { const json_t *row; double mean; };

static int fuller(const void *a, const void *b)
{
    const struct level *x = a, *y = b;

    return x->mean < y->mean ? 1 : x->mean > y->mean ? -1 : strcmp(bl_j_text(x->row, "from"), bl_j_text(y->row, "from"));
}

static double mean_of(const json_t *channel)
{
    const json_t *mean = json_object_get(channel, "mean");
    double sum = 0;

    for (size_t i = 0; i < json_array_size(mean); i++)
        sum += number_at(mean, i);
    return share(sum, (double)json_array_size(mean)) / bl_j_real(channel, "depth");
}

static void channel_row(struct bl_table *t, const struct strips *s, const struct level *l)
{
    double mean[STRETCHES] = { 0 }, depth[STRETCHES] = { 0 };
    const json_t *list = json_object_get(l->row, "mean"), *most = json_object_get(l->row, "most");
    double top = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        mean[stretch(s, i)] += number_at(list, i);
        depth[stretch(s, i)] += bl_j_real(l->row, "depth");
        top = number_at(most, i) > top ? number_at(most, i) : top;
    }
    bl_cell(t, "%s", bl_j_text(l->row, "from"));
    bl_cell(t, "%.0f", top);
    bl_cell(t, "%.0f", bl_j_real(l->row, "depth"));
    char text[STRETCHES + 1];
    for (size_t i = 0; i < s->stretches; i++)
        text[i] = tenths(share(mean[i], depth[i]));
    text[s->stretches] = '\0';
    bl_cell(t, "%s", text);
}

void bl_fill_levels(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "channel from", ">most", ">of", "full, tenths" };
    const json_t *all = json_object_get(json_object_get(r, "intervals"), "channels");
    const struct strips s = strips_of(r);
    const size_t n = json_array_size(all);
    struct level *l = calloc(n + 1, sizeof *l);

    BL_START(t, heads);
    if (!l) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    for (size_t i = 0; i < n; i++)
        l[i] = (struct level){ json_array_get(all, i), mean_of(json_array_get(all, i)) };
    qsort(l, n, sizeof *l, fuller);
    for (size_t i = 0; s.intervals && i < n && i < CHANNELS && l[i].mean > 0; i++)
        channel_row(t, &s, &l[i]);
    free(l);
}

void bl_notes_levels(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const size_t n = json_array_size(json_object_get(json_object_get(r, "intervals"), "channels"));
    char text[160];

    snprintf(text, sizeof text, "The fullest of %zu channels, by their mean level. most: items that it held for any time, of those that fit.", n);
    line(out, text);
}

/* ---- layers ---- */

struct spent { const char *name, *verdict; double busy, wait, all; };

static bool rests(const json_t *parts, const char *path, const char *verdict)
{
    const json_t *v;
    size_t i;

    if (!strcmp(verdict, "idle"))
        return true;
    json_array_foreach(json_object_get(json_object_get(parts, path), "verdicts"), i, v)
        if (!strcmp(bl_j_text(v, "name"), verdict))
            return json_is_true(json_object_get(v, "rests"));
    return false;
}

static int busier(const void *a, const void *b)
{
    const struct spent *x = a, *y = b;
    const double d = share(y->busy, y->all) - share(x->busy, x->all);

    return d < 0 ? -1 : d > 0 ? 1 : strcmp(x->name, y->name);
}

static int waited_more(const void *a, const void *b)
{
    const struct spent *x = a, *y = b;
    const double d = share(y->wait, y->all) - share(x->wait, x->all);

    return d < 0 ? -1 : d > 0 ? 1 : strcmp(x->name, y->name);
}

/* By unit: its time in the layer, that at work, and that at the cause at which it waited longest. */
static void spent_in(const json_t *layer, const json_t *parts, const json_t *unit_of, const struct bl_units *u, struct spent *v)
{
    struct bl_items waits = { 0 };
    const json_t *row;
    size_t i;

    for (i = 0; i < u->n; i++)
        v[i] = (struct spent){ .name = u->v[i].name, .verdict = "" };
    json_array_foreach(json_object_get(layer, "verdicts"), i, row) {
        const char *path = bl_j_text(row, "part"), *verdict = bl_j_text(row, "verdict");
        struct spent *x = &v[json_integer_value(json_object_get(unit_of, path))];
        const double n = (double)bl_j_count(row, "spent");
        x->all += n;
        if (!strcmp(verdict, "busy"))
            x->busy += n;
        else if (!rests(parts, path, verdict))
            bl_item_of(&waits, x->name, verdict, "")->n += bl_j_count(row, "spent");
    }
    for (i = 0; i < waits.n; i++)
        for (size_t k = 0; k < u->n; k++)
            if (!strcmp(v[k].name, waits.v[i].name) && (double)waits.v[i].n > v[k].wait) {
                v[k].wait = (double)waits.v[i].n;
                v[k].verdict = waits.v[i].peer;
            }
    free(waits.v);
}

static void named_cell(struct bl_table *t, const struct spent *v, size_t n, bool busy)
{
    char text[NAMED * (BL_UNIT_NAME + 80)] = "";
    size_t at = 0;

    for (size_t i = 0; i < n && i < NAMED; i++) {
        const double part = share(busy ? v[i].busy : v[i].wait, v[i].all);
        if (part < 0.0005)
            break;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s%s%s %.1f %%", i ? ", " : "", v[i].name, busy ? "" : " ", busy ? "" : v[i].verdict, 100 * part);
    }
    bl_cell(t, "%s", *text ? text : "-");
}

static json_t *units_by_path(const struct bl_units *u)
{
    json_t *index = json_object();

    for (size_t i = 0; i < u->n; i++)
        for (size_t k = 0; k < u->v[i].n; k++)
            json_object_set_new(index, bl_j_text(u->v[i].part[k], "path"), json_integer((json_int_t)i));
    return index;
}

void bl_fill_layer_times(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", ">cycles", "busiest", "waited longest" };
    const json_t *layer;
    size_t i;

    BL_START(t, heads);
    struct bl_units u = bl_units_of(r);
    struct spent *v = calloc(u.n + 1, sizeof *v);
    json_t *unit_of = units_by_path(&u), *parts = by_path(json_object_get(r, "parts"), "path");
    if (!v) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    json_array_foreach(json_object_get(r, "layers"), i, layer) {
        if (!json_array_size(json_object_get(layer, "verdicts")))
            continue;
        spent_in(layer, parts, unit_of, &u, v);
        bl_cell(t, "%s", bl_j_text(layer, "name"));
        bl_cell(t, "%llu", (unsigned long long)bl_j_count(layer, "cycles"));
        qsort(v, u.n, sizeof *v, busier);
        named_cell(t, v, u.n, true);
        qsort(v, u.n, sizeof *v, waited_more);
        named_cell(t, v, u.n, false);
    }
    free(v);
    json_decref(unit_of);
    json_decref(parts);
    bl_units_free(&u);
}

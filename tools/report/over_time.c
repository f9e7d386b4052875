/* over_time.c - statistics over time kept while a run goes on, and as `intervals` of its report. */
#include "tools/report/over_time.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

enum { LEAST_ROWS = 16 };                 /* that fit whatever they cost */

/* ---- channels, each by itself or all between elements of arrays ---- */

static bool add_channel(struct bl_intervals *v, const char *from, const char *to, const struct bl_level_row *row)
{
    struct bl_channel_of_many *c = &v->channel[v->nchannels];

    *c = (struct bl_channel_of_many){ strdup(from), strdup(to), row->depth, 1, row->is_pipe };
    v->nchannels++;
    return c->from && c->to;
}

static bool place(struct bl_intervals *v, size_t i, const struct bl_level_row *row, bool many)
{
    char from[BL_UNIT_NAME], to[BL_UNIT_NAME];
    uint32_t k = many ? 0 : (uint32_t)v->nchannels;

    if (!many) {
        v->channel_of[i] = k;
        return add_channel(v, row->from, row->to, row);
    }
    bl_any_index(row->from, from);
    bl_any_index(row->to, to);
    while (k < v->nchannels && (strcmp(v->channel[k].from, from) || strcmp(v->channel[k].to, to) || v->channel[k].depth != row->depth))
        k++;
    v->channel_of[i] = k;
    if (k == v->nchannels)
        return add_channel(v, from, to, row);
    v->channel[k].channels++;
    return true;
}

static bool find_channels(struct bl_intervals *v)
{
    const size_t n = bl_level_count(v->sim);
    bool good = (v->channel = calloc(n + 1, sizeof *v->channel)) && (v->channel_of = calloc(n + 1, sizeof *v->channel_of));

    for (size_t i = 0; i < n && good; i++) {
        struct bl_level_row row;
        bl_level_at(v->sim, i, &row);
        good = place(v, i, &row, bl_part_count(v->sim) > BL_PART_ROWS);
    }
    return good;
}

/* ---- one interval ---- */

static bool grow(struct bl_intervals *v)
{
    const size_t room = v->room ? 2 * v->room : 64;
    void *spent = realloc(v->spent, (room * v->rows.counters + 1) * sizeof *v->spent);
    void *energy = realloc(v->energy, (room * v->rows.n + 1) * sizeof *v->energy);
    void *level = realloc(v->level, (room * v->nchannels + 1) * sizeof *v->level);

    v->spent = spent ? spent : v->spent;
    v->energy = energy ? energy : v->energy;
    v->level = level ? level : v->level;
    if (!spent || !energy || !level)
        return false;
    v->room = room;
    return true;
}

static void add_parts(struct bl_intervals *v, size_t row, const struct bl_interval *i)
{
    const uint64_t *from = i->spent;

    for (size_t part = 0; part < bl_part_count(v->sim); part++) {
        const struct bl_part_row_of *p = &v->rows.v[v->rows.of[part]];
        v->energy[row * v->rows.n + v->rows.of[part]] += i->energy[part];
        for (uint32_t k = 0; k < p->verdicts; k++)
            v->spent[row * v->rows.counters + p->at + k] += *from++;
    }
}

/* Of many the mean of their means, and the most that any of them held. */
static void add_levels(struct bl_intervals *v, size_t row, const struct bl_interval *i)
{
    struct bl_level *to = v->level + row * v->nchannels;

    for (size_t k = 0; k < bl_level_count(v->sim); k++) {
        struct bl_level *l = &to[v->channel_of[k]];
        l->mean += i->level[k].mean / v->channel[v->channel_of[k]].channels;
        l->most = i->level[k].most > l->most ? i->level[k].most : l->most;
    }
}

static int closed(void *ctx, const struct bl_interval *i)
{
    struct bl_intervals *v = ctx;
    const bool rest = i->to_fs == i->from_fs && v->n;        /* what happened at the very end */

    v->no_room = v->n == v->most && !rest;
    v->no_memory = !v->no_room && v->n == v->room && !rest && !grow(v);
    if (v->no_room || v->no_memory)
        return 1;
    if (!rest) {
        memset(v->spent + v->n * v->rows.counters, 0, v->rows.counters * sizeof *v->spent);
        memset(v->energy + v->n * v->rows.n, 0, v->rows.n * sizeof *v->energy);
        for (size_t k = 0; k < v->nchannels; k++)
            v->level[v->n * v->nchannels + k] = (struct bl_level){ 0 };
        v->n++;
        add_levels(v, v->n - 1, i);
    }
    add_parts(v, v->n - 1, i);
    v->to = i->to_fs;
    return 0;
}

/* ---- begun and ended ---- */

size_t bl_intervals_numbers(const struct bl_intervals *v) { return v->rows.counters + 2 * v->rows.n + 2 * v->nchannels; }

/* The least of 1, 2, 5, 10, 20, ... fs of which no more than `most` fit into `fs`. */
static uint64_t that_fits(uint64_t fs, size_t most)
{
    static const uint64_t step[] = { 1, 2, 5 };
    uint64_t ten = 1;

    for (;; ten *= 10)
        for (int i = 0; i < 3; i++)
            if (fs / (step[i] * ten) + (fs % (step[i] * ten) != 0) <= most || ten > UINT64_MAX / 100)
                return step[i] * ten;
}

static int too_many(const struct bl_intervals *v, uint64_t fs, struct bl_diag *diag)
{
    char every[40], all[40], fits[40];
    struct bl_times shown = { fs, 0 };

    return bl_error(diag, "--interval: %s has %llu intervals of %s, and %zu fit (%zu numbers each); take --interval \"%s\" or longer", bl_times_text(&shown, fs, all),
                    (unsigned long long)(fs / v->every + (fs % v->every != 0)), bl_time_text(v->every, every), v->most, bl_intervals_numbers(v),
                    bl_time_text(that_fits(fs, v->most), fits));
}

int bl_intervals_start(struct bl_intervals *v, struct bl_sim *s, uint64_t every, uint64_t until, struct bl_diag *diag)
{
    *v = (struct bl_intervals){ .sim = s, .every = every, .from = bl_now(s), .to = bl_now(s) };
    if (bl_intervals_begin(s, every, closed, v))
        return -1;
    v->on = true;
    if (bl_part_rows_init(&v->rows, s, BL_PART_ROWS) || !find_channels(v))
        return bl_error(diag, "no memory for statistics over time");
    const size_t numbers = bl_intervals_numbers(v);
    v->most = numbers * LEAST_ROWS < BL_INTERVAL_NUMBERS ? BL_INTERVAL_NUMBERS / numbers : LEAST_ROWS;
    const uint64_t fs = until == BL_FOREVER ? 0 : until - v->from;
    return fs / every + (fs % every != 0) > v->most ? too_many(v, fs, diag) : 0;
}

int bl_intervals_stop(struct bl_intervals *v, struct bl_diag *diag)
{
    if (!v->on)
        return 0;
    v->on = false;
    bl_intervals_end(v->sim);
    v->done = !v->no_memory && !v->no_room;
    if (v->no_memory)
        return bl_error(diag, "no memory for statistics over time; take a longer --interval");
    return v->no_room ? too_many(v, bl_now(v->sim) - v->from, diag) : 0;
}

void bl_intervals_fini(struct bl_intervals *v)
{
    if (v->on)
        bl_intervals_end(v->sim);
    for (size_t i = 0; i < v->nchannels; i++) {
        free(v->channel[i].from);
        free(v->channel[i].to);
    }
    free(v->channel);
    free(v->channel_of);
    free(v->spent);
    free(v->energy);
    free(v->level);
    bl_part_rows_fini(&v->rows);
    *v = (struct bl_intervals){ 0 };
}

/* ---- as JSON ---- */

static uint64_t length(const struct bl_intervals *v, size_t i)
{
    return i + 1 < v->n ? v->every : v->to - v->from - (v->n - 1) * v->every;
}

static json_t *spent_list(const struct bl_intervals *v, size_t counter, bool *any)
{
    json_t *a = json_array();

    *any = false;
    for (size_t i = 0; i < v->n; i++) {
        uint64_t n = v->spent[i * v->rows.counters + counter];
        json_array_append_new(a, bl_j_of_count(n));
        *any |= n != 0;
    }
    return a;
}

/* All verdicts of a row that took time, and what they add up to. */
static void set_spent(json_t *o, const struct bl_intervals *v, const struct bl_part_row_of *p)
{
    json_t *elapsed = json_array(), *verdicts = json_array();

    for (size_t i = 0; i < v->n; i++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < p->verdicts; k++)
            sum += v->spent[i * v->rows.counters + p->at + k];
        json_array_append_new(elapsed, bl_j_of_count(sum));
    }
    for (uint32_t k = 0; k < p->verdicts; k++) {
        struct bl_verdict_row row;
        bool any;
        json_t *list = spent_list(v, p->at + k, &any);
        bl_verdict_at(v->sim, p->part, k, &row);
        if (any)
            json_array_append_new(verdicts, json_pack("{s:s, s:O}", "name", row.name, "spent", list));
        json_decref(list);
    }
    json_object_set_new(o, "elapsed", elapsed);
    json_object_set_new(o, "verdicts", verdicts);
}

/* energy[i * stride] of each interval; nothing where all is 0. */
static bool set_energy(json_t *o, const struct bl_intervals *v, const bl_yj *energy, size_t stride)
{
    json_t *exact = json_array(), *power = json_array();
    bool any = false;

    for (size_t i = 0; i < v->n; i++) {
        const bl_yj e = energy[i * stride];
        const uint64_t fs = length(v, i);
        json_array_append_new(exact, bl_j_of_yj(e));
        json_array_append_new(power, json_real(fs ? (double)e / (double)fs / 1e9 : 0));      /* 1 yJ / fs = 1 nW */
        any |= e != 0;
    }
    if (any) {
        json_object_set(o, "energy_yj", exact);
        json_object_set(o, "power_w", power);
    }
    json_decref(exact);
    json_decref(power);
    return any;
}

static json_t *parts(const struct bl_intervals *v)
{
    json_t *a = json_array();

    for (size_t i = 0; i < v->rows.n; i++) {
        const struct bl_part_row_of *p = &v->rows.v[i];
        struct bl_part_row row;
        bl_part_at(v->sim, p->part, &row);
        json_t *o = json_pack("{s:s, s:o}", "path", p->path, "unit", !p->verdicts ? json_null() : json_string(row.in_cycles ? "cycles" : "fs"));
        set_spent(o, v, p);
        bool used = set_energy(o, v, v->energy + i, v->rows.n);
        if (p->verdicts || used)
            json_array_append(a, o);
        json_decref(o);
    }
    return a;
}

static json_t *channels(const struct bl_intervals *v)
{
    json_t *a = json_array();

    for (size_t k = 0; k < v->nchannels; k++) {
        const struct bl_channel_of_many *c = &v->channel[k];
        json_t *mean = json_array(), *most = json_array();
        for (size_t i = 0; i < v->n; i++) {
            const struct bl_level *l = &v->level[i * v->nchannels + k];
            json_array_append_new(mean, json_real(l->mean));
            json_array_append_new(most, json_integer(l->most));
        }
        json_t *o = json_pack("{s:s, s:s, s:s, s:I}", "from", c->from, "to", c->to, "kind", c->is_pipe ? "pipe" : "channel", "depth", (json_int_t)c->depth);
        if (c->channels > 1)
            json_object_set_new(o, "channels", json_integer(c->channels));
        json_object_set_new(o, "mean", mean);
        json_object_set_new(o, "most", most);
        json_array_append_new(a, o);
    }
    return a;
}

json_t *bl_j_of_intervals(const struct bl_intervals *v)
{
    json_t *o = json_pack("{s:o, s:o, s:o, s:I}", "every_fs", bl_j_of_count(v->every), "from_fs", bl_j_of_count(v->from), "to_fs", bl_j_of_count(v->to),
                          "count", (json_int_t)v->n);
    bl_yj *all = calloc(v->n + 1, sizeof *all);

    for (size_t i = 0; all && i < v->n; i++)
        for (size_t k = 0; k < v->rows.n; k++)
            all[i] += v->energy[i * v->rows.n + k];
    if (all)
        set_energy(o, v, all, 1);
    else
        bl_memory_lose();
    free(all);
    json_object_set_new(o, "parts", parts(v));
    json_object_set_new(o, "channels", channels(v));
    return o;
}

/* over.c - intervals, or layers one behind the other, as slots of time. */
#include "tools/report/over.h"

#include <stdlib.h>
#include <string.h>

static void *room(size_t n, size_t size)
{
    void *v = calloc(n + 1, size);

    if (!v) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    return v;
}

static uint64_t count_at(const json_t *list, size_t i)
{
    const json_t *v = json_array_get(list, i);

    return json_is_string(v) ? strtoull(json_string_value(v), NULL, 10) : json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v) : 0;
}

/* ---- intervals ---- */

/* `each` neighbours of a list of counts as one. */
static void put_counts(const json_t *list, size_t each, uint64_t *to)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        to[i / each] += count_at(list, i);
}

/* Exact digits are read as a real number: charts show three of them. */
static double *joules_of(const json_t *list, size_t each, size_t slots)
{
    double *to = json_is_array(list) ? room(slots, sizeof *to) : NULL;

    for (size_t i = 0; i < json_array_size(list) && i / each < slots; i++)
        to[i / each] += strtod(json_string_value(json_array_get(list, i)) ? json_string_value(json_array_get(list, i)) : "0", NULL) / 1e24;
    return to;
}

static void interval_lane(const struct bl_over *o, const json_t *part, size_t each, struct bl_lane *l)
{
    const json_t *rows = json_object_get(part, "verdicts"), *row;
    size_t k;

    *l = (struct bl_lane){ .path = bl_j_text(part, "path"), .elapsed = room(o->slots, sizeof(uint64_t)), .verdicts = json_array_size(rows),
                           .spent = room(o->slots * json_array_size(rows), sizeof(uint64_t)), .verdict = room(json_array_size(rows), sizeof(char *)) };
    put_counts(json_object_get(part, "elapsed"), each, l->elapsed);
    json_array_foreach(rows, k, row) {
        l->verdict[k] = bl_j_text(row, "name");
        put_counts(json_object_get(row, "spent"), each, l->spent + k * o->slots);
    }
    l->joules = joules_of(json_object_get(part, "energy_yj"), each, o->slots);
}

/* Lists are as long as `count` says, or the report was not written by us: then it has no intervals. */
static bool is_whole(const json_t *v, size_t n)
{
    const json_t *part, *row;
    size_t i, k;

    json_array_foreach(json_object_get(v, "parts"), i, part) {
        if (json_array_size(json_object_get(part, "elapsed")) != n)
            return false;
        json_array_foreach(json_object_get(part, "verdicts"), k, row)
            if (json_array_size(json_object_get(row, "spent")) != n)
                return false;
    }
    return n > 0;
}

static void by_intervals(const json_t *v, size_t most, struct bl_over *o)
{
    const size_t n = json_array_size(json_object_get(json_array_get(json_object_get(v, "parts"), 0), "elapsed"));
    const uint64_t from = bl_j_count(v, "from_fs"), to = bl_j_count(v, "to_fs"), every = bl_j_count(v, "every_fs");
    const json_t *part;
    size_t i;

    if (!is_whole(v, n))
        return;
    const size_t each = (n + most - 1) / most;
    o->slots = (n + each - 1) / each;
    o->at = room(o->slots + 1, sizeof *o->at);
    for (i = 0; i <= o->slots; i++)
        o->at[i] = (i < o->slots ? (double)from + (double)(i * each) * (double)every : (double)to) / 1e15;
    o->joules = joules_of(json_object_get(v, "energy_yj"), each, o->slots);
    o->lane = room(json_array_size(json_object_get(v, "parts")), sizeof *o->lane);
    json_array_foreach(json_object_get(v, "parts"), i, part)
        interval_lane(o, part, each, &o->lane[o->lanes++]);
}

/* ---- layers ---- */

static struct bl_lane *lane_of(struct bl_over *o, const char *path)
{
    for (size_t i = o->lanes; i-- > 0; )
        if (!strcmp(o->lane[i].path, path))
            return &o->lane[i];
    return NULL;
}

static uint64_t *spent_of(const struct bl_over *o, struct bl_lane *l, const char *verdict)
{
    for (size_t k = 0; k < l->verdicts; k++)
        if (!strcmp(l->verdict[k], verdict))
            return l->spent + k * o->slots;
    return NULL;
}

static void layer_lanes(const json_t *parts, struct bl_over *o)
{
    const json_t *part, *row;
    size_t i, k;

    o->lane = room(json_array_size(parts), sizeof *o->lane);
    json_array_foreach(parts, i, part) {
        const json_t *rows = json_object_get(part, "verdicts");
        struct bl_lane *l = &o->lane[o->lanes++];
        *l = (struct bl_lane){ .path = bl_j_text(part, "path"), .elapsed = room(o->slots, sizeof(uint64_t)), .verdicts = json_array_size(rows),
                               .spent = room(o->slots * json_array_size(rows), sizeof(uint64_t)), .verdict = room(json_array_size(rows), sizeof(char *)) };
        json_array_foreach(rows, k, row)
            l->verdict[k] = bl_j_text(row, "name");
    }
}

/* The time of a layer is that of its path, or, where none was recorded, its share of the cycles. */
static double layer_seconds(const json_t *layer, double run, double cycles)
{
    const json_t *path = json_object_get(layer, "path");

    return json_is_object(path) ? (double)bl_j_count(path, "fs") / 1e15 : cycles > 0 ? run * (double)bl_j_count(layer, "cycles") / cycles : 0;
}

static void by_layers(const json_t *r, struct bl_over *o)
{
    const json_t *layers = json_object_get(r, "layers"), *layer, *row;
    double cycles = 0;
    size_t i, k;

    json_array_foreach(layers, i, layer) {
        if (!json_array_size(json_object_get(layer, "verdicts")) && bl_j_count(layer, "cycles"))
            return;                        /* layers overlap, or the report is of before */
        cycles += (double)bl_j_count(layer, "cycles");
    }
    o->by_layer = true;
    o->slots = json_array_size(layers);
    o->at = room(o->slots + 1, sizeof *o->at);
    o->joules = room(o->slots, sizeof *o->joules);
    layer_lanes(json_object_get(r, "parts"), o);
    json_array_foreach(layers, i, layer) {
        o->at[i + 1] = o->at[i] + layer_seconds(layer, (double)bl_j_count(r, "simulated_fs") / 1e15, cycles);
        o->joules[i] = (double)bl_j_yj(layer, "energy_yj") / 1e24;
        json_array_foreach(json_object_get(layer, "verdicts"), k, row) {
            struct bl_lane *l = lane_of(o, bl_j_text(row, "part"));
            uint64_t *spent = l ? spent_of(o, l, bl_j_text(row, "verdict")) : NULL;
            if (!spent)
                continue;
            spent[i] += bl_j_count(row, "spent");
            l->elapsed[i] += bl_j_count(row, "spent");
        }
    }
}

/* ---- either ---- */

void bl_over_of(const json_t *r, size_t most, struct bl_over *o)
{
    *o = (struct bl_over){ 0 };
    by_intervals(json_object_get(r, "intervals"), most, o);
    if (!o->slots)
        by_layers(r, o);
}

void bl_over_fini(struct bl_over *o)
{
    for (size_t i = 0; i < o->lanes; i++) {
        free(o->lane[i].elapsed);
        free(o->lane[i].spent);
        free(o->lane[i].verdict);
        free(o->lane[i].joules);
    }
    free(o->lane);
    free(o->at);
    free(o->joules);
}

uint64_t bl_spent_at(const struct bl_over *o, const struct bl_lane *l, const char *verdict, size_t k)
{
    for (size_t i = 0; i < l->verdicts; i++)
        if (!strcmp(l->verdict[i], verdict))
            return l->spent[i * o->slots + k];
    return 0;
}

/* json_parts.c - the rows of a report's parts, from the ledger. A platform of more than BL_PART_ROWS parts has a row for all elements of
 * an array: nobody reads a million rows, and each is about 1 KB. */
#include "tools/report/report.h"
#include "tools/report/units.h"

#include "platforms/file/params.h"

#include <stdlib.h>
#include <string.h>

/* ---- one part */

static json_t *verdicts(struct bl_sim *s, size_t part, uint32_t n)
{
    json_t *a = json_array();

    for (uint32_t i = 0; i < n; i++) {
        struct bl_verdict_row v;
        bl_verdict_at(s, part, i, &v);
        json_t *row = json_pack("{s:s, s:o, s:o, s:o}", "name", v.name, "port", bl_j_of_text(v.port), "spent", bl_j_of_count(v.spent),
                                "blamed_fs", bl_j_of_count(v.blamed_fs));
        if (v.rests)
            json_object_set_new(row, "rests", json_true());
        json_array_append_new(a, row);
    }
    return a;
}

static json_t *times(struct bl_sim *s, size_t part)
{
    struct bl_time_row t;

    bl_time_at(s, part, &t);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "busy", bl_j_of_count(t.busy), "own", bl_j_of_count(t.own), "waits",
                     bl_j_of_count(t.waits), "starved", bl_j_of_count(t.starved), "not_started", bl_j_of_count(t.not_started), "finished",
                     bl_j_of_count(t.finished), "idle", bl_j_of_count(t.idle));
}

static json_t *feeds(struct bl_sim *s, size_t part)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_feed_rows(s, part); i++) {
        struct bl_feed_row f;
        bl_feed_at(s, part, i, &f);
        json_array_append_new(a, json_pack("{s:o, s:o}", "port", f.of > 1 ? json_sprintf("%s[%u]", f.port, f.index) : json_string(f.port),
                                           "spent", bl_j_of_count(f.spent)));
    }
    return a;
}

static json_t *waits(struct bl_sim *s, size_t part)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_wait_rows(s, part); i++) {
        struct bl_wait_row w;
        bl_wait_at(s, part, i, &w);
        if (!w.fs)
            continue;
        json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "cause", w.cause, "peer", w.peer, "peer_verdict", w.peer_verdict, "fs",
                                bl_j_of_count(w.fs));
        if (w.one_of_several)            /* else the verdict's row says it */
            json_object_set_new(row, "port", w.of > 1 ? json_sprintf("%s[%u]", w.port, w.index) : json_string(w.port));
        json_array_append_new(a, row);
    }
    return a;
}

static json_t *tallies(struct bl_sim *s, size_t part, uint32_t n)
{
    json_t *a = json_array();

    for (uint32_t i = 0; i < n; i++) {
        struct bl_tally_row t;
        bl_tally_at(s, part, i, &t);
        json_t *row = json_pack("{s:s, s:s, s:o}", "name", t.name, "help", t.help ? t.help : "", "count", bl_j_of_count(t.count));
        if (t.unwanted)
            json_object_set_new(row, "unwanted", json_true());
        json_array_append_new(a, row);
    }
    return a;
}

/* The parameters in force, of whatever they come from: the class, the file, --set. */
static json_t *params(struct bl_sim *s, const struct bl_part_row *p)
{
    struct bl_param_row row;
    json_t *o = json_object();

    for (size_t i = 0; p->cls && bl_param_row(s, p->path, p->cls, i, &row); i++)
        json_object_set_new(o, row.name, bl_j_of_text(row.value));
    return o;
}

static json_t *part_row(struct bl_sim *s, size_t i)
{
    struct bl_part_row p;

    bl_part_at(s, i, &p);
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o}", "path", p.path, "class", bl_j_of_text(p.cls ? p.cls : ""), "clock", bl_j_of_text(p.clock),
                          "unit", p.in_cycles ? json_string("cycles") : p.elapsed ? json_string("fs") : json_null(),
                          "elapsed", bl_j_of_count(p.elapsed));
    json_object_set_new(o, "params", params(s, &p));
    json_object_set_new(o, "verdicts", p.elapsed ? verdicts(s, i, p.verdicts) : json_array());
    json_object_set_new(o, "time", p.elapsed ? times(s, i) : json_null());
    json_object_set_new(o, "feeds", p.elapsed ? feeds(s, i) : json_array());
    json_object_set_new(o, "waits", waits(s, i));
    json_object_set_new(o, "tallies", tallies(s, i, p.tallies));
    for (size_t k = 0; p.cls && k < bl_price_count(s); k++)
        if (!strcmp(bl_price_at(s, k)->cls, p.cls))
            bl_j_add_sizes(o, s, i, bl_price_at(s, k));
    return o;
}

/* ---- a row for many: the parts that agree in all texts and sizes, with the sums of their counts */

struct groups { json_t *rows, *index; uint64_t simulated; };     /* index: of a key, 1 + the place of its latest row */

static void without_indices(json_t *row, const char *key)
{
    char name[BL_UNIT_NAME];

    if (!json_is_string(json_object_get(row, key)))
        return;
    bl_any_index(bl_j_text(row, key), name);
    json_object_set_new(row, key, json_string(name));
}

static bool add(json_t *to, const json_t *from, const char *key, bool really)
{
    uint64_t sum;

    if (__builtin_add_overflow(bl_j_count(to, key), bl_j_count(from, key), &sum) || sum > INT64_MAX)
        return false;
    if (really)
        json_object_set_new(to, key, bl_j_of_count(sum));
    return true;
}

static bool add_times(json_t *to, const json_t *from, bool really)
{
    const char *key;
    json_t *of = json_object_get(to, "time"), *v;
    bool fits = true;

    json_object_foreach(json_object_get(from, "time"), key, v)
        fits &= add(of, json_object_get(from, "time"), key, really);
    return fits;
}

/* Rows of verdicts or tallies, which have the same order in both. */
static bool add_list(json_t *to, const json_t *from, const char *list, const char *key, bool really)
{
    bool fits = true;
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(from, list), i, row)
        fits &= add(json_array_get(json_object_get(to, list), i), row, key, really);
    return fits;
}

static bool same_text(const json_t *a, const json_t *b, const char *key) { return !strcmp(bl_j_text(a, key), bl_j_text(b, key)); }

/* Waits for the same; those that the sum has not seen yet come behind. */
static bool add_waits(json_t *to, const json_t *from, bool really)
{
    json_t *all = json_object_get(to, "waits"), *row, *known;
    bool fits = true;
    size_t i, k;

    json_array_foreach(json_object_get(from, "waits"), i, row) {
        bool found = false;
        json_array_foreach(all, k, known) {
            if (!same_text(row, known, "cause") || !same_text(row, known, "peer") || !same_text(row, known, "peer_verdict") ||
                !same_text(row, known, "port"))
                continue;
            fits &= add(known, row, "fs", really);
            found = true;
            break;
        }
        if (!found && really)
            json_array_append(all, row);
    }
    return fits;
}

/* What is not the same in all parts is no parameter of the row. */
static void keep_same_params(json_t *to, const json_t *from)
{
    json_t *all = json_object_get(to, "params"), *value;
    const char *name;
    void *next;

    json_object_foreach_safe(all, next, name, value)
        if (!json_equal(value, json_object_get(json_object_get(from, "params"), name)))
            json_object_del(all, name);
}

/* Asked first whether all of it fits: then nothing stops on the way. */
static bool add_all(json_t *to, const json_t *from, bool really)
{
    return add(to, from, "elapsed", really) && add_list(to, from, "verdicts", "spent", really) &&
           add_list(to, from, "verdicts", "blamed_fs", really) && add_list(to, from, "tallies", "count", really) && add_waits(to, from, really) &&
           add_times(to, from, really) && add_list(to, from, "feeds", "spent", really);
}

/* Sums stay below 2^63, and so does the time of all its parts: else a row of the same path follows. */
static bool fits(const struct groups *g, json_t *to, const json_t *row)
{
    const uint64_t n = bl_j_count(to, "parts") + 1;

    return (!*bl_j_text(to, "class") || n <= INT64_MAX / (g->simulated ? g->simulated : 1)) && add_all(to, row, false);
}

static char *key_of(const json_t *row)
{
    json_t *key = json_pack("[O?, O?, O?, O?, O?]", json_object_get(row, "path"), json_object_get(row, "class"), json_object_get(row, "clock"),
                            json_object_get(row, "unit"), json_object_get(row, "sizes"));
    char *text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);

    json_decref(key);
    return text;
}

/* Takes the row. */
static void add_to_groups(struct groups *g, json_t *row)
{
    json_t *wait;
    size_t i;

    without_indices(row, "path");
    json_array_foreach(json_object_get(row, "waits"), i, wait) {
        without_indices(wait, "peer");
        without_indices(wait, "port");
    }
    char *key = key_of(row);
    const uint64_t at = key ? bl_j_count(g->index, key) : 0;
    json_t *to = at ? json_array_get(g->rows, at - 1) : NULL;
    if (to && fits(g, to, row)) {
        add_all(to, row, true);
        keep_same_params(to, row);
        json_object_set_new(to, "parts", bl_j_of_count(bl_j_count(to, "parts") + 1));
        json_decref(row);
    } else {
        json_object_set_new(row, "parts", json_integer(1));
        json_array_append_new(g->rows, row);
        if (key)
            json_object_set_new(g->index, key, bl_j_of_count(json_array_size(g->rows)));
    }
    free(key);
}

json_t *bl_j_of_parts(struct bl_sim *s)
{
    struct groups g = { json_array(), json_object(), bl_now(s) };

    for (size_t i = 0; i < bl_part_count(s); i++)
        if (bl_part_count(s) > BL_PART_ROWS)
            add_to_groups(&g, part_row(s, i));
        else
            json_array_append_new(g.rows, part_row(s, i));
    json_decref(g.index);
    return g.rows;
}

json_t *bl_j_of_spent(struct bl_sim *s, const struct bl_part_rows *rows, const uint64_t *spent)
{
    json_t *a = json_array();

    for (size_t i = 0; i < rows->n; i++)
        for (uint32_t k = 0; k < rows->v[i].verdicts; k++) {
            struct bl_verdict_row v;
            if (!spent[rows->v[i].at + k])
                continue;
            bl_verdict_at(s, rows->v[i].part, k, &v);
            json_array_append_new(a, json_pack("{s:s, s:s, s:o}", "part", rows->v[i].path, "verdict", v.name, "spent",
                                               bl_j_of_count(spent[rows->v[i].at + k])));
        }
    return a;
}

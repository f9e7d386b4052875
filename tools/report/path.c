/* path.c - the critical path in a report: its rows as JSON, who was in step with whom, and what is said of it. A share is a bound on what mending
 * can bring, never a saving. */
#include "tools/report/path.h"

#include <stdlib.h>
#include <string.h>

/* ---- as JSON ---- */

static json_t *verdict_rows(const struct bl_sim *s, const uint64_t *v, json_t *ties, json_t *steps, uint64_t *all)
{
    json_t *rows = json_array();
    struct bl_path_row row;

    for (size_t i = 0; i < bl_path_numbers(s); i++) {
        if (!v[i] || bl_path_at(s, i, &row))
            continue;
        if (!row.part) {
            json_object_set_new(steps, row.verdict, bl_j_of_count(v[i]));
            *all += strcmp(row.verdict, "more") ? 0 : v[i];
        } else if (row.other) {
            json_array_append_new(ties, json_pack("{s:s, s:s, s:o}", "part", row.part, "other", row.other, "fs", bl_j_of_count(v[i])));
        } else {
            json_t *o = json_pack("{s:s, s:s, s:o}", "part", row.part, "verdict", row.verdict, "fs", bl_j_of_count(v[i]));
            if (row.own)
                json_object_set_new(o, "alone", json_true());
            json_array_append_new(rows, o);
            *all += v[i];
        }
    }
    return rows;
}

json_t *bl_j_of_path(const struct bl_sim *s, const uint64_t *v)
{
    json_t *ties = json_array(), *steps = json_object();
    uint64_t all = 0;
    json_t *rows = verdict_rows(s, v, ties, steps, &all);
    json_t *o = json_pack("{s:o, s:o, s:o, s:o}", "fs", bl_j_of_count(all), "rows", rows, "ties", ties, "steps", steps);

    json_object_set_new(o, "groups", bl_path_groups(o));
    return o;
}

/* ---- groups: parts whose ties reach half of the smaller share are one ---- */

struct share { const char *part; uint64_t fs; size_t group; };
struct shares { struct share *v; size_t n; };

static struct share *share_of(struct shares *l, const char *part)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].part, part))
            return &l->v[i];
    return NULL;
}

static size_t root_of(const struct shares *l, size_t i)
{
    while (l->v[i].group != i)
        i = l->v[i].group;
    return i;
}

/* What two parts are tied by, both ways. */
static uint64_t tied(const json_t *ties, const char *a, const char *b)
{
    const json_t *row;
    uint64_t fs = 0;
    size_t i;

    json_array_foreach(ties, i, row) {
        const char *p = bl_j_text(row, "part"), *q = bl_j_text(row, "other");
        if ((!strcmp(p, a) && !strcmp(q, b)) || (!strcmp(p, b) && !strcmp(q, a)))
            fs += bl_j_count(row, "fs");
    }
    return fs;
}

static void join(struct shares *l, const json_t *ties)
{
    for (size_t i = 0; i < l->n; i++)
        for (size_t k = i + 1; k < l->n; k++) {
            const uint64_t less = l->v[i].fs < l->v[k].fs ? l->v[i].fs : l->v[k].fs;
            if (less && tied(ties, l->v[i].part, l->v[k].part) >= less - less / 2) {
                size_t a = root_of(l, i), b = root_of(l, k);
                l->v[a > b ? a : b].group = a < b ? a : b;
            }
        }
}

static int larger(const void *a, const void *b)
{
    const uint64_t x = bl_j_count(*(json_t *const *)a, "fs"), y = bl_j_count(*(json_t *const *)b, "fs");

    return x < y ? 1 : x > y ? -1 : strcmp(bl_j_text(json_array_get(json_object_get(*(json_t *const *)a, "parts"), 0), "part"),
                                           bl_j_text(json_array_get(json_object_get(*(json_t *const *)b, "parts"), 0), "part"));
}

/* The members, in order of their paths, with what each has on the path. */
static json_t *group(const struct shares *l, size_t root)
{
    json_t *parts = json_array();
    uint64_t fs = 0;

    for (size_t i = root; i < l->n; i++)
        if (root_of(l, i) == root) {
            json_array_append_new(parts, json_pack("{s:s, s:o}", "part", l->v[i].part, "fs", bl_j_of_count(l->v[i].fs)));
            fs += l->v[i].fs;
        }
    return json_pack("{s:o, s:o}", "parts", parts, "fs", bl_j_of_count(fs));
}

json_t *bl_path_groups(const json_t *path)
{
    const json_t *rows = json_object_get(path, "rows"), *row;
    struct shares l = { calloc(json_array_size(rows) + 1, sizeof *l.v), 0 };
    json_t **sorted = calloc(json_array_size(rows) + 1, sizeof(json_t *)), *all = json_array();
    size_t n = 0, i;

    if (!l.v || !sorted) {
        fprintf(stderr, "bitline: no memory for the report\n");
        exit(2);
    }
    json_array_foreach(rows, i, row) {
        struct share *x = share_of(&l, bl_j_text(row, "part"));
        if (!x) {
            l.v[l.n] = (struct share){ bl_j_text(row, "part"), 0, l.n };
            x = &l.v[l.n++];
        }
        x->fs += bl_j_count(row, "fs");
    }
    join(&l, json_object_get(path, "ties"));
    for (i = 0; i < l.n; i++)
        if (root_of(&l, i) == i)
            sorted[n++] = group(&l, i);
    qsort(sorted, n, sizeof(json_t *), larger);
    for (i = 0; i < n; i++)
        json_array_append_new(all, sorted[i]);
    free(sorted);
    free(l.v);
    return all;
}

/* ---- as text ---- */

enum { NAMED = 3, SHOWN = 12, MEMBERS = 5, NAMES = 1500 };     /* groups of a headline, of a table; members of a group by name */

static double percent_of(uint64_t part, uint64_t whole) { return whole ? 100 * (double)part / (double)whole : 0; }

/* Members with less than a hundredth of the group are left out, and of many all but the first: they are in the tables. */
static void names(const json_t *g, char *text, size_t room)
{
    const json_t *parts = json_object_get(g, "parts"), *row;
    size_t at = 0, n = 0, i;

    *text = '\0';
    json_array_foreach(parts, i, row)
        if (100 * (double)bl_j_count(row, "fs") >= (double)bl_j_count(g, "fs") && ++n <= MEMBERS && at < room - 1)
            at += (size_t)snprintf(text + at, room - at, "%s%s", n > 1 ? " + " : "", bl_j_text(row, "part"));
    if (n > MEMBERS && at < room - 1)
        at += (size_t)snprintf(text + at, room - at, " + %zu more", n - MEMBERS);
    if (n > 1 && at < room - 1)
        snprintf(text + at, room - at, ", in step,");
}

/* More than a twentieth by words that are not declared, or by nothing. */
static bool estimated(const json_t *path)
{
    const json_t *steps = json_object_get(path, "steps");

    return 20 * (double)(bl_j_count(steps, "word") + bl_j_count(steps, "alone")) > (double)bl_j_count(path, "fs");
}

void bl_path_headline(const json_t *path, char *text, size_t room)
{
    const json_t *g;
    const uint64_t all = bl_j_count(path, "fs");
    size_t at = 0, i;
    char who[NAMES];

    snprintf(text, room, "not recorded");
    if (!json_is_object(path))
        return;
    snprintf(text, room, "nothing: no time has passed");
    json_array_foreach(json_object_get(path, "groups"), i, g) {
        const double share = percent_of(bl_j_count(g, "fs"), all);
        if (at >= room - 1 || i >= NAMED || (i && share < 5))
            break;
        names(g, who, sizeof who);
        at += (size_t)snprintf(text + at, room - at, "%s%s %.1f %%", i ? "; " : estimated(path) ? "(estimate) " : "", who, share);
    }
}

static void member_rows(const json_t *path, const json_t *g, struct bl_table *t, struct bl_times *times)
{
    const json_t *part, *row;
    const uint64_t all = bl_j_count(path, "fs");
    const bool step = json_array_size(json_object_get(g, "parts")) > 1;
    size_t i, k;
    char time[40];

    json_array_foreach(json_object_get(g, "parts"), i, part)
        json_array_foreach(json_object_get(path, "rows"), k, row) {
            const uint64_t fs = bl_j_count(row, "fs");
            if (strcmp(bl_j_text(row, "part"), bl_j_text(part, "part")) || percent_of(fs, all) < 0.05)
                continue;
            bl_cell(t, "%s%s", step ? "  " : "", bl_j_text(row, "part"));
            bl_cell(t, "%s%s", bl_j_text(row, "verdict"), json_is_true(json_object_get(row, "alone")) ? " (own)" : "");
            bl_cell(t, "%s", bl_times_text(times, fs, time));
            bl_cell_share(t, percent_of(fs, all) / 100, "%.1f", percent_of(fs, all));
        }
}

static void fill_path(const json_t *path, struct bl_table *t)
{
    static const char *const heads[] = { "part", "while it was", ">at most", ">%" };
    const json_t *g;
    const uint64_t all = bl_j_count(path, "fs");
    struct bl_times times = { 0 };
    char time[40];
    size_t i;

    BL_START(t, heads);
    bl_times_see(&times, all);
    json_array_foreach(json_object_get(path, "groups"), i, g)
        bl_times_see(&times, bl_j_count(g, "fs"));
    json_array_foreach(json_object_get(path, "groups"), i, g) {
        const uint64_t fs = bl_j_count(g, "fs");
        if (i >= SHOWN || percent_of(fs, all) < 0.05)
            break;
        if (json_array_size(json_object_get(g, "parts")) > 1) {
            bl_cell(t, "in step:");
            bl_cell(t, "%s", "");
            bl_cell(t, "%s", bl_times_text(&times, fs, time));
            bl_cell_share(t, percent_of(fs, all) / 100, "%.1f", percent_of(fs, all));
        }
        member_rows(path, g, t, &times);
    }
    const uint64_t more = bl_j_count(json_object_get(path, "steps"), "more");
    if (percent_of(more, all) < 0.05)
        return;
    bl_cell(t, "(small rows of many parts)");
    bl_cell(t, "%s", "");
    bl_cell(t, "%s", bl_times_text(&times, more, time));
    bl_cell_share(t, percent_of(more, all) / 100, "%.1f", percent_of(more, all));
}

void bl_fill_path(const json_t *r, struct bl_table *t) { fill_path(json_object_get(r, "path"), t); }

void bl_notes_path(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *path = json_object_get(r, "path");

    line(out, "The critical path: where the time went, back from the end of the run. A change that shortens a row brings at most its time, and only if "
              "the work stays as it is; of parts in step all must be mended. What it brings says a rerun.");
    if (estimated(path))
        line(out, "An estimate: more than 5 % of it went by inputs that no class declares (BL_FEED, BL_WAITS), or by nothing that is known.");
}

void bl_fill_layer_paths(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "layer", "limited by" };
    const json_t *row;
    char text[NAMES];
    size_t i;

    BL_START(t, heads);
    json_array_foreach(json_object_get(r, "layers"), i, row) {
        if (!json_is_object(json_object_get(row, "path")) || !bl_j_count(json_object_get(row, "path"), "fs"))
            continue;
        bl_path_headline(json_object_get(row, "path"), text, sizeof text);
        bl_cell(t, "%s", bl_j_text(row, "name"));
        bl_cell(t, "%s", text);
    }
}

/* ---- what if ---- */

/* Signed: a change may cost. */
static void cell_saved(struct bl_table *t, const struct bl_times *times, json_int_t fs)
{
    char time[40];

    bl_cell(t, "%s%s", fs < 0 ? "-" : "", bl_times_text(times, (uint64_t)(fs < 0 ? -fs : fs), time));
}

void bl_fill_what_if(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "change", ">time", ">saved", ">%", ">at most", "outputs", ">together" };
    const uint64_t before = bl_j_count(r, "simulated_fs");
    struct bl_times times = { 0 };
    const json_t *row;
    char time[40];
    size_t i;

    BL_START(t, heads);
    bl_times_see(&times, before);
    json_array_foreach(json_object_get(r, "what_if"), i, row)
        bl_times_see(&times, bl_j_count(row, "fs"));
    json_array_foreach(json_object_get(r, "what_if"), i, row) {
        const json_t *both = json_object_get(row, "interaction_fs"), *most = json_object_get(row, "at_most_fs");
        const json_int_t saved = json_integer_value(json_object_get(row, "saved_fs"));
        const bool ended = !strcmp(bl_j_text(row, "end"), bl_end_name[BL_END_STOPPED]);
        bl_cell(t, "%s", bl_j_text(row, "change"));
        bl_cell(t, "%s", bl_times_text(&times, bl_j_count(row, "fs"), time));
        if (ended) {
            cell_saved(t, &times, saved);
            bl_cell(t, "%.1f", before ? 100 * (double)saved / (double)before : 0);
        } else {
            bl_cell(t, "%s", bl_j_text(row, "end"));
            bl_cell(t, "-");
        }
        bl_cell(t, "%s", json_is_integer(most) ? bl_times_text(&times, bl_j_count(row, "at_most_fs"), time) : "-");
        bl_cell(t, "%s", json_is_string(json_object_get(row, "outputs")) ? bl_j_text(row, "outputs") : "-");
        if (json_is_integer(both))
            cell_saved(t, &times, json_integer_value(both));
        else
            bl_cell(t, "%s", "");
    }
}

void bl_notes_what_if(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *row;
    bool differ = false;
    size_t i;

    json_array_foreach(json_object_get(r, "what_if"), i, row)
        differ |= !strcmp(bl_j_text(row, "outputs"), "differ");
    line(out, "Each row is a run of its own with that change; at most: what the critical path allows. Parts on a faster clock have no synchronisers and count "
              "their own cycles faster too. together: what two save beyond the sum of both; when it is positive both must be mended.");
    if (differ)
        line(out, "outputs differ: it did other work, and its time is that of this other work.");
}

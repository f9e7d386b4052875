/* compare.c - two accounts, value by value: the same thing in both stands in one row, with its difference. */
#include "tools/report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* in_cycles: the part at hand counts cycles, not time. */
struct pair { struct bl_table *t; bool all; size_t differ; const char *group; bool in_cycles; };

static void head(struct pair *p, const char *name)
{
    bl_cell(p->t, "%s", p->group ? p->group : "");
    bl_cell(p->t, "%s", name);
    p->group = "";
}

static void text_row(struct pair *p, const char *name, const char *a, const char *b)
{
    bool same = !strcmp(a, b);

    p->differ += !same;
    if (same && !p->all)
        return;
    head(p, name);
    bl_cell(p->t, "%s", a);
    bl_cell(p->t, "%s", b);
    bl_cell(p->t, "%s", same ? "" : "differs");
    bl_cell(p->t, "%s", "");
}

static void share_cell(struct bl_table *t, double a, double b)
{
    if (a > 0)
        bl_cell(t, "%+.2f %%", 100 * (b - a) / a);
    else
        bl_cell(t, "%s", "");
}

static void count_row(struct pair *p, const char *name, uint64_t a, uint64_t b)
{
    p->differ += a != b;
    if (a == b && !p->all)
        return;
    head(p, name);
    bl_cell(p->t, "%llu", (unsigned long long)a);
    bl_cell(p->t, "%llu", (unsigned long long)b);
    if (a == b) {
        bl_cell(p->t, "%s", "");
        bl_cell(p->t, "%s", "");
        return;
    }
    bl_cell(p->t, "%c%llu", b > a ? '+' : '-', (unsigned long long)(b > a ? b - a : a - b));
    share_cell(p->t, (double)a, (double)b);
}

/* Both times in one unit; their difference in its own, so that a small one is seen. */
static void time_row(struct pair *p, const char *name, uint64_t a, uint64_t b)
{
    uint64_t more = b > a ? b - a : a - b;
    struct bl_times both = { 0 }, diff = { 0 };
    char text[40];

    p->differ += a != b;
    if (a == b && !p->all)
        return;
    bl_times_see(&both, a);
    bl_times_see(&both, b);
    bl_times_see(&diff, more);
    head(p, name);
    bl_cell(p->t, "%s", bl_times_text(&both, a, text));
    bl_cell(p->t, "%s", bl_times_text(&both, b, text));
    if (a == b)
        bl_cell(p->t, "%s", "");
    else
        bl_cell(p->t, "%c%s", b > a ? '+' : '-', bl_times_text(&diff, more, text));
    share_cell(p->t, a == b ? 0 : (double)a, (double)b);
}

/* What a part spent: cycles, or a time. */
static void spent_row(struct pair *p, const char *name, uint64_t a, uint64_t b)
{
    char text[160];

    if (!p->in_cycles) {
        time_row(p, name, a, b);
        return;
    }
    snprintf(text, sizeof text, "%.120s, cycles", name);
    count_row(p, text, a, b);
}

/* The difference of two exact energies is exact before it is rounded for the eye. */
static void energy_row(struct pair *p, const char *name, bl_yj a, bl_yj b)
{
    char text[40];

    p->differ += a != b;
    if (a == b && !p->all)
        return;
    head(p, name);
    bl_cell(p->t, "%s", bl_energy_text(a, text));
    bl_cell(p->t, "%s", bl_energy_text(b, text));
    if (a == b)
        bl_cell(p->t, "%s", "");
    else
        bl_cell(p->t, "%c%s", b > a ? '+' : '-', bl_energy_text(b > a ? b - a : a - b, text));
    share_cell(p->t, a == b ? 0 : (double)a, (double)b);
}

static void real_row(struct pair *p, const char *name, const json_t *a, const json_t *b)
{
    bool na = json_is_number(a), nb = json_is_number(b), same = na == nb && (!na || json_number_value(a) == json_number_value(b));
    double x = json_number_value(a), y = json_number_value(b);

    p->differ += !same;
    if ((same && !p->all) || (!na && !nb))
        return;
    head(p, name);
    if (na)
        bl_cell(p->t, "%.6g", x);
    else
        bl_cell(p->t, "-");
    if (nb)
        bl_cell(p->t, "%.6g", y);
    else
        bl_cell(p->t, "-");
    if (same || !na || !nb)
        bl_cell(p->t, "%s", "");
    else
        bl_cell(p->t, "%+.6g", y - x);
    share_cell(p->t, same || !na || !nb ? 0 : fabs(x), fabs(x) + (y - x));
}

/* ---- lists of both, matched by a key */

static const json_t *with_key(const json_t *list, const char *key, const char *value)
{
    const json_t *row;
    size_t i;

    json_array_foreach(list, i, row)
        if (!strcmp(bl_j_text(row, key), value))
            return row;
    return NULL;
}

typedef void row_fn(struct pair *p, const json_t *a, const json_t *b);

/* Calls `row` for every name of a, with NULL where b has none, then for those that only b has. */
static void lists(struct pair *p, const json_t *a, const json_t *b, const char *key, row_fn *row)
{
    const json_t *x;
    size_t i, n = json_array_size(b);

    json_array_foreach(a, i, x) {
        const json_t *same = i < n ? json_array_get(b, i) : NULL;      /* usually at the same place */
        if (!same || strcmp(bl_j_text(same, key), bl_j_text(x, key)))
            same = with_key(b, key, bl_j_text(x, key));
        row(p, x, same);
    }
    json_array_foreach(b, i, x)
        if ((i >= json_array_size(a) || strcmp(bl_j_text(json_array_get(a, i), key), bl_j_text(x, key))) &&
            !with_key(a, key, bl_j_text(x, key)))
            row(p, NULL, x);
}

static const char *either(const json_t *a, const json_t *b, const char *key) { return bl_j_text(a ? a : b, key); }

static void verdict(struct pair *p, const json_t *a, const json_t *b)
{
    spent_row(p, either(a, b, "name"), bl_j_count(a, "spent"), bl_j_count(b, "spent"));
}

static void tally(struct pair *p, const json_t *a, const json_t *b)
{
    count_row(p, either(a, b, "name"), bl_j_count(a, "count"), bl_j_count(b, "count"));
}

static void part(struct pair *p, const json_t *a, const json_t *b)
{
    p->group = either(a, b, "path");
    if (!a || !b)
        text_row(p, "part", a ? "is there" : "-", b ? "is there" : "-");
    p->in_cycles = !strcmp(either(a, b, "unit"), "cycles");
    spent_row(p, "elapsed", bl_j_count(a, "elapsed"), bl_j_count(b, "elapsed"));
    lists(p, json_object_get(a, "verdicts"), json_object_get(b, "verdicts"), "name", verdict);
    lists(p, json_object_get(a, "tallies"), json_object_get(b, "tallies"), "name", tally);
    energy_row(p, "energy", bl_j_yj(a, "energy_yj"), bl_j_yj(b, "energy_yj"));
}

static void layer(struct pair *p, const json_t *a, const json_t *b)
{
    static const char *const keys[] = { "macs", "tiles", "macro_operations", "cycles", "weight_load_cycles", "mismatches", "max_abs_err" };

    static const char *const bits[] = { "weights", "inputs", "outputs" };
    const json_t *x = json_object_get(a, "bits"), *y = json_object_get(b, "bits");

    p->group = either(a, b, "name");
    for (size_t i = 0; x && y && i < sizeof bits / sizeof bits[0]; i++)
        count_row(p, i == 0 ? "bits of weights" : i == 1 ? "bits of inputs" : "bits of outputs", bl_j_count(x, bits[i]), bl_j_count(y, bits[i]));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        count_row(p, keys[i], bl_j_count(a, keys[i]), bl_j_count(b, keys[i]));
    real_row(p, "utilisation", json_object_get(a, "utilisation"), json_object_get(b, "utilisation"));
    if (json_is_string(json_object_get(a, "energy_yj")) && json_is_string(json_object_get(b, "energy_yj")))
        energy_row(p, "energy", bl_j_yj(a, "energy_yj"), bl_j_yj(b, "energy_yj"));
}

static void figure(struct pair *p, const json_t *a, const json_t *b)
{
    real_row(p, either(a, b, "name"), json_object_get(a, "value"), json_object_get(b, "value"));
}

static void clock(struct pair *p, const json_t *a, const json_t *b)
{
    spent_row(p, either(a, b, "name"), bl_j_count(a, "cycles"), bl_j_count(b, "cycles"));
    time_row(p, "period", bl_j_count(a, "period_fs"), bl_j_count(b, "period_fs"));
}

static void set(struct pair *p, const json_t *a, const json_t *b)
{
    const json_t *x = json_object_get(a, "set"), *y = json_object_get(b, "set");

    for (size_t i = 0; i < json_array_size(x) || i < json_array_size(y); i++) {
        const char *s = json_string_value(json_array_get(x, i)), *t = json_string_value(json_array_get(y, i));
        text_row(p, "--set", s ? s : "-", t ? t : "-");
    }
}

static void file(struct pair *p, const json_t *a, const json_t *b)
{
    const char *x = bl_j_text(a, "sha256"), *y = bl_j_text(b, "sha256");

    text_row(p, either(a, b, "role"), a ? bl_j_text(a, "file") : "-", b ? bl_j_text(b, "file") : "-");
    if (a && b && strcmp(x, y)) {          /* the first digits say that they differ; both are whole in the reports */
        char s[20], t[20];
        snprintf(s, sizeof s, "%.8s...", x);
        snprintf(t, sizeof t, "%.8s...", y);
        text_row(p, "  sha256", s, strcmp(s, t) ? t : y);
    }
}

static void result(struct pair *p, const json_t *a, const json_t *b)
{
    static const char *const keys[] = { "images", "correct", "reference_correct", "agree", "outputs", "mismatches", "macro_operations" };
    static const char *const metrics[] = { "top5", "reference_top5", "mse", "reference_mse", "auc", "reference_auc" };
    const json_t *x = json_object_get(a, "cycles_an_image"), *y = json_object_get(b, "cycles_an_image");

    if (!json_is_object(a) && !json_is_object(b))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        count_row(p, keys[i], bl_j_count(a, keys[i]), bl_j_count(b, keys[i]));
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
        if (json_object_get(a, metrics[i]) || json_object_get(b, metrics[i]))
            real_row(p, metrics[i], json_object_get(a, metrics[i]), json_object_get(b, metrics[i]));
    real_row(p, "snr_db", json_object_get(a, "snr_db"), json_object_get(b, "snr_db"));
    count_row(p, "cycles an image", bl_j_count(x, "median"), bl_j_count(y, "median"));
}

size_t bl_compare(const json_t *a, const json_t *b, bool all, struct bl_table *t)
{
    static const char *const heads[] = { "", "", ">A", ">B", ">difference", ">" };
    const json_t *x = json_object_get(a, "totals"), *y = json_object_get(b, "totals");
    struct pair p = { t, all, 0, "run", true };

    bl_table_start(t, heads, sizeof heads / sizeof heads[0]);
    text_row(&p, "platform", bl_j_text(json_object_get(a, "platform"), "name"), bl_j_text(json_object_get(b, "platform"), "name"));
    text_row(&p, "end", bl_j_text(a, "end"), bl_j_text(b, "end"));
    p.group = "inputs";
    lists(&p, bl_j_at(a, "inputs", "files"), bl_j_at(b, "inputs", "files"), "role", file);
    set(&p, json_object_get(a, "inputs"), json_object_get(b, "inputs"));
    count_row(&p, "--seed", bl_j_count(json_object_get(a, "inputs"), "seed"), bl_j_count(json_object_get(b, "inputs"), "seed"));
    p.group = "totals";
    time_row(&p, "simulated time", bl_j_count(a, "simulated_fs"), bl_j_count(b, "simulated_fs"));
    count_row(&p, "macs", bl_j_count(x, "macs"), bl_j_count(y, "macs"));
    energy_row(&p, "energy", bl_j_yj(x, "energy_yj"), bl_j_yj(y, "energy_yj"));
    real_row(&p, "tops", json_object_get(x, "tops"), json_object_get(y, "tops"));
    real_row(&p, "tops_per_w", json_object_get(x, "tops_per_w"), json_object_get(y, "tops_per_w"));
    p.group = "clocks";
    lists(&p, json_object_get(a, "clocks"), json_object_get(b, "clocks"), "name", clock);
    p.group = "result";
    result(&p, json_object_get(a, "result"), json_object_get(b, "result"));
    p.group = "figures";
    lists(&p, json_object_get(a, "figures"), json_object_get(b, "figures"), "name", figure);
    lists(&p, json_object_get(a, "layers"), json_object_get(b, "layers"), "name", layer);
    lists(&p, json_object_get(a, "parts"), json_object_get(b, "parts"), "path", part);
    return p.differ;
}

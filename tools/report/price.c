/* price.c - what a report's counts and times cost: exact sums of whole yJ, from the prices that stand in
 * the report itself or in another technology file. The kernel's ledger is not asked. */
#include "tools/report/report.h"

#include <string.h>

struct pricing {
    json_t *report;
    const char *name;
    struct bl_diag *diag;
    const json_t *prices;
    bl_yj total, by_tag[4];
    bool overflow;
};

/* ---- sums */

static bl_yj sum(struct pricing *p, bl_yj a, bl_yj b)
{
    bl_yj s = a + b;

    p->overflow |= s < a;
    return s;
}

/* The price of an item; the last one counts, as in the kernel. */
static const json_t *price_of(const struct pricing *p, const char *cls, const char *item, const char *unit)
{
    for (size_t i = json_array_size(p->prices); i-- > 0; ) {
        const json_t *row = json_array_get(p->prices, i);
        if (!strcmp(bl_j_text(row, "class"), cls) && !strcmp(bl_j_text(row, "item"), item) &&
            !strcmp(bl_j_text(row, "unit"), unit))
            return row;
    }
    return NULL;
}

/* Books `times` events or fs on the price of an item; *price becomes its row or NULL. */
static bl_yj book(struct pricing *p, const char *cls, const char *item, const char *unit, uint64_t times, const json_t **price)
{
    bl_yj e;

    if (!(*price = price_of(p, cls, item, unit)))
        return 0;
    e = (bl_yj)times * bl_j_count(*price, "value");
    for (int t = 0; t < 4; t++)
        if (!strcmp(bl_j_text(*price, "tag"), bl_tag_name[t]))
            p->by_tag[t] = sum(p, p->by_tag[t], e);
    return e;
}

/* ---- one part */

static uint64_t period_of(const struct pricing *p, const char *clock)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(p->report, "clocks"), i, row)
        if (!strcmp(bl_j_text(row, "name"), clock))
            return bl_j_count(row, "period_fs");
    return 0;
}

static int price_verdicts(struct pricing *p, json_t *part, bl_yj *energy)
{
    const char *path = bl_j_text(part, "path"), *cls = bl_j_text(part, "class");
    bool cycles = !strcmp(bl_j_text(part, "unit"), "cycles");
    uint64_t unit = cycles ? period_of(p, bl_j_text(part, "clock")) : 1, all = 0, elapsed = bl_j_count(part, "elapsed");
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(part, "verdicts"), i, row) {
        uint64_t spent = bl_j_count(row, "spent"), fs;
        const json_t *price;
        if (__builtin_mul_overflow(spent, unit, &fs) || __builtin_add_overflow(all, spent, &all))
            return bl_error(p->diag, "%s: part %s: '%s' took %llu %s, longer than time goes", p->name, path,
                            bl_j_text(row, "name"), (unsigned long long)spent, cycles ? "cycles" : "fs");
        bl_yj e = book(p, cls, bl_j_text(row, "name"), "nW", fs, &price);
        json_object_set_new(row, "energy_yj", bl_j_of_yj(e));
        *energy = sum(p, *energy, e);
    }
    if (all != elapsed)
        return bl_error(p->diag, "%s: part %s: its verdicts add up to %llu of %llu elapsed; the report was changed or is damaged",
                        p->name, path, (unsigned long long)all, (unsigned long long)elapsed);
    return 0;
}

static int price_part(struct pricing *p, json_t *part)
{
    const char *cls = bl_j_text(part, "class");
    const json_t *price;
    bl_yj energy = 0, still = book(p, cls, "static", "nW", bl_j_count(p->report, "simulated_fs"), &price);
    json_t *row;
    size_t i;

    if (price_verdicts(p, part, &energy) < 0)
        return -1;
    json_array_foreach(json_object_get(part, "tallies"), i, row) {
        bl_yj e = book(p, cls, bl_j_text(row, "name"), "yJ", bl_j_count(row, "count"), &price);
        json_object_set_new(row, "price_yj", price ? bl_j_of_count(bl_j_count(price, "value")) : json_null());
        json_object_set_new(row, "tag", price ? json_string(bl_j_text(price, "tag")) : json_null());
        json_object_set_new(row, "energy_yj", bl_j_of_yj(e));
        energy = sum(p, energy, e);
    }
    energy = sum(p, energy, still);
    json_object_set_new(part, "static_yj", bl_j_of_yj(still));
    json_object_set_new(part, "energy_yj", bl_j_of_yj(energy));
    p->total = sum(p, p->total, energy);
    return 0;
}

/* A scope has the energy of all that is below it, whose rows follow. */
static void price_scopes(json_t *parts)
{
    json_t *scope, *part;
    size_t i;

    json_array_foreach(parts, i, scope) {
        const char *path = bl_j_text(scope, "path");
        size_t n = strlen(path);
        bl_yj energy = 0;
        if (*bl_j_text(scope, "class"))
            continue;
        for (size_t k = i + 1; (part = json_array_get(parts, k)) && !strncmp(bl_j_text(part, "path"), path, n) &&
             bl_j_text(part, "path")[n] == '.'; k++)
            energy += *bl_j_text(part, "class") ? bl_j_yj(part, "energy_yj") : 0;
        json_object_set_new(scope, "energy_yj", bl_j_of_yj(energy));
    }
}

/* ---- the whole */

static json_t *ratio(double over, double under) { return under > 0 ? json_real(over / under) : json_null(); }

/* 1 MAC counts as 2 operations; TOPS = 1e12 operations a second, and a second is 1e15 fs. */
static void totals(struct pricing *p)
{
    json_t *t = json_object_get(p->report, "totals"), *tags = json_object();
    double ops = 2 * (double)bl_j_count(t, "macs"), joules = (double)p->total / 1e24;

    json_object_set_new(t, "energy_j", json_real(joules));
    json_object_set_new(t, "energy_yj", bl_j_of_yj(p->total));
    json_object_set_new(t, "tops", ratio(ops * 1e3, (double)bl_j_count(p->report, "simulated_fs")));
    json_object_set_new(t, "tops_per_w", ratio(ops / 1e12, joules));
    for (int i = 0; i < 4; i++)
        json_object_set_new(tags, bl_tag_name[i], bl_j_of_yj(p->by_tag[i]));
    json_object_set_new(t, "energy_yj_by_tag", tags);
}

int bl_report_price(json_t *report, const char *name, struct bl_diag *diag)
{
    struct pricing p = { .report = report, .name = name, .diag = diag, .prices = bl_j_at(report, "provenance", "prices") };
    json_t *part;
    size_t i;

    json_array_foreach(json_object_get(report, "parts"), i, part)
        if (price_part(&p, part) < 0)
            return -1;
    if (p.overflow)
        return bl_error(diag, "%s: the energy does not fit 128 bits of yJ; the prices or counts are out of any range", name);
    price_scopes(json_object_get(report, "parts"));
    totals(&p);
    return 0;
}

int bl_report_reprice(json_t *report, const char *name, const struct bl_tech *tech, const char *tech_file,
                      double microvolts, struct bl_diag *diag)
{
    json_t *from = json_object_get(report, "provenance"), *rows = json_array(), *layer;
    const char *node = bl_tech_node(tech);
    size_t k;

    for (size_t i = 0; i < bl_tech_count(tech); i++) {
        const struct bl_price *t = bl_tech_price(tech, i);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "class", t->cls, "item", t->item, "value",
                                              bl_j_of_count(t->value), "unit", t->is_power ? "nW" : "yJ", "tag",
                                              bl_tag_name[t->tag], "source", t->source));
    }
    json_object_set_new(from, "tech", json_pack("{s:s, s:s?, s:s}", "name", bl_tech_name(tech), "node", node, "file", tech_file));
    json_object_set_new(from, "voltage_uv", microvolts > 0 ? json_real(microvolts) : json_null());
    json_object_set_new(from, "repriced", json_true());
    json_object_set_new(from, "prices", rows);
    json_array_foreach(json_object_get(report, "layers"), k, layer)
        json_object_set_new(layer, "energy_yj", json_null());
    return bl_report_price(report, name, diag);
}

/* price.c - what a report's counts and times cost: exact sums of whole yJ, from the prices that stand in
 * the report itself or in another technology file. The kernel's ledger is not asked. */
#include "tools/report/report.h"
#include "tools/report/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row of provenance.prices. */
struct priced { struct bl_price p; struct bl_price_size size[BL_PRICE_SIZES]; const char *unit, *tag; };

struct pricing {
    json_t *report;
    const char *name;
    struct bl_diag *diag;
    struct priced *priced; size_t n;
    json_t *notes;                       /* of prices stated for another size: "PATH: TEXT", how many parts and the first of them */
    bl_yj total, by_tag[4];
    bool overflow;
};

/* ---- prices as rows, and back */

static json_t *of_size(double v, bool is_time)
{
    char text[40];

    if (is_time)
        return json_string(bl_time_text((uint64_t)v, text));
    return fabs(v) < 1e15 && v == rint(v) ? json_integer((json_int_t)v) : json_real(v);
}

static void unheard(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

/* NAN: it is not there, or no size. */
static double size_in(const json_t *o, const char *param)
{
    const json_t *v = json_object_get(o, param);
    struct bl_diag quiet = { .put = unheard };
    uint64_t fs;

    if (json_is_string(v))
        return bl_parse_time(json_string_value(v), &fs, &quiet, "") < 0 ? (double)NAN : (double)fs;
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

json_t *bl_j_of_price(const struct bl_price *p)
{
    json_t *row = json_pack("{s:s, s:s, s:o, s:s, s:s, s:s}", "class", p->cls, "item", p->item, "value", bl_j_of_count(p->value), "unit",
                            p->is_power ? "nW" : "yJ", "tag", bl_tag_name[p->tag], "source", p->source);
    json_t *stated = json_object(), *scales = json_array();

    for (size_t k = 0; k < p->nsizes; k++) {
        json_object_set_new(stated, p->sizes[k].param, of_size(p->sizes[k].stated, p->sizes[k].is_time));
        if (p->sizes[k].scales)
            json_array_append_new(scales, json_string(p->sizes[k].param));
    }
    if (json_array_size(scales))
        json_object_set_new(row, "exact", json_real(p->exact > 0 ? p->exact : (double)p->value));
    if (p->nsizes) {
        json_object_set(row, "for", stated);
        json_object_set(row, "scales", scales);
    }
    json_decref(stated);
    json_decref(scales);
    return row;
}

void bl_j_add_sizes(json_t *part, struct bl_sim *s, size_t at, const struct bl_price *p)
{
    json_t *sizes = json_object_get(part, "sizes");

    if (p->nsizes && !sizes)
        json_object_set_new(part, "sizes", sizes = json_object());
    for (size_t k = 0; k < p->nsizes; k++)
        json_object_set_new(sizes, p->sizes[k].param, of_size(bl_part_size(s, at, p->sizes[k].param), p->sizes[k].is_time));
}

static int read_price(struct pricing *p, const json_t *row, struct priced *to)
{
    json_t *stated = json_object_get(row, "for"), *v;
    const json_t *scales = json_object_get(row, "scales");
    const char *param;
    size_t i;

    to->unit = bl_j_text(row, "unit");
    to->tag = bl_j_text(row, "tag");
    to->p = (struct bl_price){ .cls = bl_j_text(row, "class"), .item = bl_j_text(row, "item"), .value = bl_j_count(row, "value"),
                               .is_power = !strcmp(to->unit, "nW"), .sizes = to->size, .exact = bl_j_real(row, "exact") };
    json_object_foreach(stated, param, v) {
        struct bl_price_size z = { .param = param, .stated = size_in(stated, param), .is_time = json_is_string(v) };
        if (to->p.nsizes == BL_PRICE_SIZES || !(z.stated > 0))
            return bl_error(p->diag, "%s: the price of %s.%s is for a '%s' that is no size; the report was changed or is damaged", p->name,
                            to->p.cls, to->p.item, param);
        json_array_foreach(scales, i, v)
            z.scales |= json_is_string(v) && !strcmp(json_string_value(v), param);
        to->size[to->p.nsizes++] = z;
    }
    return 0;
}

static int read_prices(struct pricing *p)
{
    const json_t *rows = bl_j_at(p->report, "provenance", "prices"), *row;
    size_t i;

    if (!(p->priced = calloc(json_array_size(rows) + 1, sizeof *p->priced)))
        return bl_error(p->diag, "%s: no memory for its prices", p->name);
    json_array_foreach(rows, i, row)
        if (read_price(p, row, &p->priced[p->n++]) < 0)
            return -1;
    return 0;
}

/* ---- sums */

static bl_yj sum(struct pricing *p, bl_yj a, bl_yj b)
{
    bl_yj s = a + b;

    p->overflow |= s < a;
    return s;
}

/* The price of an item; the last one counts, as in the kernel. */
static const struct priced *price_of(const struct pricing *p, const char *cls, const char *item, const char *unit)
{
    for (size_t i = p->n; i-- > 0; )
        if (!strcmp(p->priced[i].p.cls, cls) && !strcmp(p->priced[i].p.item, item) && !strcmp(p->priced[i].unit, unit))
            return &p->priced[i];
    return NULL;
}

static void note(struct pricing *p, const json_t *part, const char *text)
{
    const char *path = bl_j_text(part, "path");
    char name[BL_UNIT_NAME], key[BL_UNIT_NAME + BL_PRICE_NOTE];

    bl_any_index(path, name);
    snprintf(key, sizeof key, "%s: %s", name, text);
    json_t *known = json_object_get(p->notes, key);
    if (known)
        json_object_set_new(known, "n", bl_j_of_count(bl_j_count(known, "n") + bl_j_parts(part)));
    else
        json_object_set_new(p->notes, key, json_pack("{s:s, s:s, s:s, s:o}", "path", path, "name", name, "text", text, "n",
                                                    bl_j_of_count(bl_j_parts(part))));
}

/* What an item of a part costs; by NULL: nothing. */
struct charge { const struct priced *by; uint64_t price; bl_yj energy; };

static int value_of(struct pricing *p, const json_t *part, const struct priced *by, bool counts, uint64_t *value)
{
    double its[BL_PRICE_SIZES];
    char text[BL_PRICE_NOTE];
    const char *path = bl_j_text(part, "path"), *said;

    for (size_t k = 0; k < by->p.nsizes; k++) {
        its[k] = size_in(json_object_get(part, "sizes"), by->size[k].param);
        if (isnan(its[k]) && by->size[k].scales)
            return bl_error(p->diag, "%s: part %s: its '%s' was not saved, and the price of %s.%s scales with it; run it again with this "
                            "technology, --set tech=FILE", p->name, path, by->size[k].param, by->p.cls, by->p.item);
    }
    if (counts && by->p.nsizes && (said = bl_price_note(&by->p, its, text)))
        note(p, part, said);
    if (bl_price_scaled(&by->p, its, value) == 0)
        return 0;
    return bl_error(p->diag, "%s: part %s: the price of %s.%s, scaled to its size, is not within 1 .. 9e18 %s", p->name, path, by->p.cls,
                    by->p.item, by->unit);
}

/* Books `times` events or fs. */
static int book(struct pricing *p, const json_t *part, const char *item, const char *unit, uint64_t times, struct charge *c)
{
    *c = (struct charge){ .by = price_of(p, bl_j_text(part, "class"), item, unit) };
    if (!c->by)
        return 0;
    if (value_of(p, part, c->by, times != 0, &c->price) < 0)
        return -1;
    c->energy = (bl_yj)times * c->price;
    for (int t = 0; t < 4; t++)
        if (!strcmp(c->by->tag, bl_tag_name[t]))
            p->by_tag[t] = sum(p, p->by_tag[t], c->energy);
    return 0;
}

/* A power that is not the one of its class's row is told. */
static void tell_power(json_t *row, const char *key, const struct charge *c)
{
    for (size_t k = 0; c->by && k < c->by->p.nsizes; k++)
        if (c->by->size[k].scales)
            json_object_set_new(row, key, bl_j_of_count(c->price));
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
    const char *path = bl_j_text(part, "path");
    bool cycles = !strcmp(bl_j_text(part, "unit"), "cycles");
    uint64_t unit = cycles ? period_of(p, bl_j_text(part, "clock")) : 1, all = 0, elapsed = bl_j_count(part, "elapsed");
    json_t *row;
    size_t i;

    json_array_foreach(json_object_get(part, "verdicts"), i, row) {
        uint64_t spent = bl_j_count(row, "spent"), fs;
        struct charge c;
        if (__builtin_mul_overflow(spent, unit, &fs) || __builtin_add_overflow(all, spent, &all))
            return bl_error(p->diag, "%s: part %s: '%s' took %llu %s, longer than time goes", p->name, path,
                            bl_j_text(row, "name"), (unsigned long long)spent, cycles ? "cycles" : "fs");
        if (book(p, part, bl_j_text(row, "name"), "nW", fs, &c) < 0)
            return -1;
        json_object_set_new(row, "energy_yj", bl_j_of_yj(c.energy));
        tell_power(row, "price_nw", &c);
        *energy = sum(p, *energy, c.energy);
    }
    if (all != elapsed)
        return bl_error(p->diag, "%s: part %s: its verdicts add up to %llu of %llu elapsed; the report was changed or is damaged",
                        p->name, path, (unsigned long long)all, (unsigned long long)elapsed);
    return 0;
}

static int price_part(struct pricing *p, json_t *part)
{
    struct charge still, c;
    bl_yj energy = 0;
    json_t *row;
    size_t i;
    uint64_t fs;

    if (__builtin_mul_overflow(bl_j_count(p->report, "simulated_fs"), bl_j_parts(part), &fs))
        return bl_error(p->diag, "%s: part %s: %llu parts stood for longer than time goes; the report was changed or is damaged", p->name,
                        bl_j_text(part, "path"), (unsigned long long)bl_j_parts(part));
    if (book(p, part, "static", "nW", fs, &still) < 0 || price_verdicts(p, part, &energy) < 0)
        return -1;
    json_array_foreach(json_object_get(part, "tallies"), i, row) {
        if (book(p, part, bl_j_text(row, "name"), "yJ", bl_j_count(row, "count"), &c) < 0)
            return -1;
        json_object_set_new(row, "price_yj", c.by ? bl_j_of_count(c.price) : json_null());
        json_object_set_new(row, "tag", c.by ? json_string(c.by->tag) : json_null());
        json_object_set_new(row, "energy_yj", bl_j_of_yj(c.energy));
        energy = sum(p, energy, c.energy);
    }
    energy = sum(p, energy, still.energy);
    json_object_set_new(part, "static_yj", bl_j_of_yj(still.energy));
    bl_j_set_energy(part, energy);
    tell_power(part, "static_nw", &still);
    p->total = sum(p, p->total, energy);
    return 0;
}

/* A scope has the energy of all that is below it, whose rows follow; rows of many parts may have others between. */
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
        for (size_t k = i + 1; (part = json_array_get(parts, k)); k++) {
            const bool below = !strncmp(bl_j_text(part, "path"), path, n) && bl_j_text(part, "path")[n] == '.';
            if (!below && !json_object_get(scope, "parts"))
                break;
            energy += below && *bl_j_text(part, "class") ? bl_j_yj(part, "energy_yj") : 0;
        }
        bl_j_set_energy(scope, energy);
    }
}

/* ---- the whole */

static json_t *ratio(double over, double under) { return under > 0 ? json_real(over / under) : json_null(); }

/* 1 MAC counts as 2 operations; TOPS = 1e12 operations a second, and a second is 1e15 fs. */
static void totals(struct pricing *p)
{
    json_t *t = json_object_get(p->report, "totals"), *tags = json_object();
    double ops = 2 * (double)bl_j_count(t, "macs"), joules = (double)p->total / 1e24;

    bl_j_set_energy(t, p->total);
    json_object_set_new(t, "tops", ratio(ops * 1e3, (double)bl_j_count(p->report, "simulated_fs")));
    json_object_set_new(t, "tops_per_w", ratio(ops / 1e12, joules));
    for (int i = 0; i < 4; i++)
        json_object_set_new(tags, bl_tag_name[i], bl_j_of_yj(p->by_tag[i]));
    json_object_set_new(t, "energy_yj_by_tag", tags);
}

/* Parts of one array that say the same are one line. */
static void tell_notes(struct pricing *p)
{
    json_t *lines = json_array(), *at;
    const char *key;

    json_object_foreach(p->notes, key, at) {
        unsigned long long n = bl_j_count(at, "n");
        if (n > 1)
            json_array_append_new(lines, json_sprintf("%s (%llu): %s", bl_j_text(at, "name"), n, bl_j_text(at, "text")));
        else
            json_array_append_new(lines, json_sprintf("%s: %s", bl_j_text(at, "path"), bl_j_text(at, "text")));
    }
    json_object_del(json_object_get(p->report, "provenance"), "notes");
    if (json_array_size(lines))
        json_object_set(json_object_get(p->report, "provenance"), "notes", lines);
    json_decref(lines);
}

static int price_all(struct pricing *p)
{
    json_t *part;
    size_t i;

    if (read_prices(p) < 0)
        return -1;
    json_array_foreach(json_object_get(p->report, "parts"), i, part)
        if (price_part(p, part) < 0)
            return -1;
    if (p->overflow)
        return bl_error(p->diag, "%s: the energy does not fit 128 bits of yJ; the prices or counts are out of any range", p->name);
    price_scopes(json_object_get(p->report, "parts"));
    totals(p);
    bl_report_summary(p->report);
    tell_notes(p);
    return 0;
}

int bl_report_price(json_t *report, const char *name, struct bl_diag *diag)
{
    struct pricing p = { .report = report, .name = name, .diag = diag, .notes = json_object() };
    int status = price_all(&p);

    free(p.priced);
    json_decref(p.notes);
    return status;
}

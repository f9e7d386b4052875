/* energy.c - the section of a report about energy: what every part's operations cost, and how much of it
 * stands on prices that nobody measured. */
#include "tools/report/charts.h"
#include "tools/report/sections.h"

#include <stdlib.h>
#include <string.h>

#include "tools/memory.h"

static const json_t *price_row(const json_t *r, const char *cls, const char *item)
{
    const json_t *prices = bl_j_at(r, "provenance", "prices");

    for (size_t i = json_array_size(prices); i-- > 0; ) {
        const json_t *p = json_array_get(prices, i);
        if (!strcmp(bl_j_text(p, "class"), cls) && !strcmp(bl_j_text(p, "item"), item))
            return p;
    }
    return NULL;
}

/* key: where the row has the price of the part, when that is not the one of its class. */
static void add_energy(struct bl_items *l, const json_t *r, const char *cls, const char *name, const json_t *row, const char *key, uint64_t n,
                       bl_yj energy)
{
    const json_t *price = energy ? price_row(r, cls, name) : NULL;
    struct bl_item *it = energy ? bl_item_of(l, name, "", "") : NULL;

    if (!it)
        return;
    uint64_t here = json_object_get(row, key) ? bl_j_count(row, key) : bl_j_count(price, "value");
    it->price = it->energy && it->price < here ? it->price : here;
    it->most = it->most > here ? it->most : here;
    it->n += n;
    it->energy += energy;
    it->tag = bl_tag_letter(bl_j_text(price, "tag"));
    it->power = !strcmp(bl_j_text(price, "unit"), "nW");
}

struct bl_items bl_energies_of(const json_t *r, const struct bl_unit *u)
{
    struct bl_items l = { 0 };
    const json_t *row;
    size_t k;

    for (size_t i = 0; i < u->n; i++) {
        json_array_foreach(json_object_get(u->part[i], "tallies"), k, row)
            add_energy(&l, r, u->cls, bl_j_text(row, "name"), row, "price_yj", bl_j_count(row, "count"), bl_j_yj(row, "energy_yj"));
        json_array_foreach(json_object_get(u->part[i], "verdicts"), k, row)
            add_energy(&l, r, u->cls, bl_j_text(row, "name"), row, "price_nw", 0, bl_j_yj(row, "energy_yj"));
        add_energy(&l, r, u->cls, "static", u->part[i], "static_nw", 0, bl_j_yj(u->part[i], "static_yj"));
    }
    return l;
}

/* A file that is used: its parts have rows of their own, which this one is the sum of. */
static void scope_row(struct bl_table *t, const struct bl_unit *u, bl_yj all)
{
    bl_yj energy = 0;
    char text[40];

    for (size_t i = 0; i < u->n; i++)
        energy += bl_j_yj(u->part[i], "energy_yj");
    if (!energy)
        return;
    bl_cell(t, "%s", u->name);
    for (int i = 0; i < 5; i++)
        bl_cell(t, "%s", i == 1 ? "all below" : "");
    bl_cell(t, "%s", bl_energy_text(energy, text));
    bl_cell_share(t, (double)energy / (double)all, "%.1f", 100 * (double)energy / (double)all);
}

/* Parts of one array may have several sizes, and then several prices. */
static void price_cell(struct bl_table *t, const struct bl_item *it)
{
    char least[40], most[40];
    const char *a = it->power ? bl_power_text((double)it->price, least) : bl_energy_text(it->price, least);
    const char *b = it->power ? bl_power_text((double)it->most, most) : bl_energy_text(it->most, most);

    if (strcmp(a, b))
        bl_cell(t, "%s .. %s", a, b);
    else
        bl_cell(t, "%s", a);
}

void bl_fill_energy(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "part", "class", "item", "tag", ">count", ">price", ">energy", ">%" };
    struct bl_units u = bl_units_of(r);
    bl_yj all = bl_j_yj(json_object_get(r, "totals"), "energy_yj");
    char text[40];

    BL_START(t, heads);
    for (size_t i = 0; i < u.n; i++) {
        struct bl_items l = bl_energies_of(r, &u.v[i]);
        if (!*u.v[i].cls)
            scope_row(t, &u.v[i], all);
        for (size_t k = 0; k < l.n; k++) {
            struct bl_item *it = &l.v[k];
            bl_cell(t, "%s", k ? "" : u.v[i].name);
            bl_cell(t, "%s", k ? "" : u.v[i].cls);
            bl_cell(t, "%s", it->name);
            bl_cell(t, "%c", it->tag);
            if (it->power)
                bl_cell(t, "%s", "");
            else
                bl_cell(t, "%llu", (unsigned long long)it->n);
            price_cell(t, it);
            bl_cell(t, "%s", bl_energy_text(it->energy, text));
            bl_cell_share(t, (double)it->energy / (double)all, "%.1f", 100 * (double)it->energy / (double)all);
        }
        free(l.v);
    }
    bl_units_free(&u);
}

static bool is_priced(const json_t *r, const char *cls)
{
    const json_t *row;
    size_t i;

    json_array_foreach(bl_j_at(r, "provenance", "prices"), i, row)
        if (!strcmp(bl_j_text(row, "class"), cls))
            return true;
    return false;
}

/* Classes that count and have no price at all, of a run that has prices: the account cannot know what their parts use. */
void bl_fill_unpriced(const json_t *r, struct bl_table *t)
{
    static const char *const heads[] = { "class", ">parts", "counts" };
    struct bl_items l = { 0 };
    const json_t *part, *row;
    size_t i, k;

    BL_START(t, heads);
    if (!json_array_size(bl_j_at(r, "provenance", "prices")))
        return;
    json_array_foreach(json_object_get(r, "parts"), i, part)
        if (json_array_size(json_object_get(part, "tallies")) && !is_priced(r, bl_j_text(part, "class"))) {
            struct bl_item *it = bl_item_of(&l, bl_j_text(part, "class"), "", "");
            it->price = it->n ? it->price : i;
            it->n += bl_j_parts(part);
        }
    for (i = 0; i < l.n; i++) {
        char names[256] = "";
        size_t at = 0;
        part = json_array_get(json_object_get(r, "parts"), l.v[i].price);
        json_array_foreach(json_object_get(part, "tallies"), k, row)
            if (at < sizeof names)
                at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", k ? ", " : "", bl_j_text(row, "name"));
        bl_cell(t, "%s", l.v[i].name);
        bl_cell(t, "%llu", (unsigned long long)l.v[i].n);
        bl_cell(t, "%s", names);
    }
    free(l.v);
}

void bl_notes_unpriced(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    (void)r;
    line(out, "The technology has no price for these classes: what their parts use is in no figure of energy below.");
}

/* Tallies that were counted and have no price, although their class has some, each class and name once. */
static struct bl_items unpriced(const json_t *r)
{
    struct bl_items l = { 0 };
    const json_t *part, *row;
    size_t i, k;

    json_array_foreach(json_object_get(r, "parts"), i, part)
        json_array_foreach(json_object_get(part, "tallies"), k, row)
            if (bl_j_count(row, "count") && !price_row(r, bl_j_text(part, "class"), bl_j_text(row, "name")) &&
                is_priced(r, bl_j_text(part, "class")))
                bl_item_of(&l, bl_j_text(part, "class"), bl_j_text(row, "name"), "")->n++;
    return l;
}

/* What was stated for another size: as many lines as a person reads. */
static void notes_of_sizes(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    enum { MOST = 12 };
    const json_t *notes = bl_j_at(r, "provenance", "notes"), *row;
    char text[64];
    size_t i;

    json_array_foreach(notes, i, row)
        if (i < MOST)
            line(out, json_string_value(row) ? json_string_value(row) : "");
    snprintf(text, sizeof text, "and %zu more like these (provenance.notes of the JSON report)", json_array_size(notes) - MOST);
    if (json_array_size(notes) > MOST)
        line(out, text);
}

static void notes_of_needs(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *row;
    size_t i;

    if (json_array_size(bl_j_at(r, "provenance", "needs")))
        line(out, "The technology needs what this run did not have, so its energies are those of no machine:");
    json_array_foreach(bl_j_at(r, "provenance", "needs"), i, row)
        line(out, json_string_value(row) ? json_string_value(row) : "");
}

/* " for cols 144, bits 1"; "" for any size. */
static const char *stated_for(const json_t *price, char *buf, size_t room)
{
    json_t *stated = json_object_get(price, "for"), *v;
    const char *param;
    size_t at = 0;

    *buf = '\0';
    json_object_foreach(stated, param, v)
        if (at < room)
            at += (size_t)(json_is_string(v) ? snprintf(buf + at, room - at, "%s %s %s", at ? "," : " for", param, json_string_value(v)) :
                           snprintf(buf + at, room - at, "%s %s %.15g", at ? "," : " for", param, json_number_value(v)));
    return buf;
}

static void notes_of_unpriced(const struct bl_items *l, void (*line)(FILE *, const char *), FILE *out)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = l->n ? open_memstream(&text, &n) : NULL;

    for (size_t i = 0; to && i < l->n; i++)
        fprintf(to, "%s%s.%s", i ? ", " : "Counted, without a price: ", l->v[i].name, l->v[i].peer);
    if (to && !fclose(to) && text)
        line(out, text);
    else if (l->n)
        bl_memory_lose();
    free(text);
}

void bl_notes_energy(const json_t *r, void (*line)(FILE *, const char *), FILE *out)
{
    const json_t *prices = bl_j_at(r, "provenance", "prices"), *row;
    struct bl_items l = unpriced(r);
    char text[1024], price[40], sizes[256];
    size_t i, n = 0;

    if (json_array_size(prices))
        line(out, "Tags: F fact, D derived, C calibrated to a published figure, f free choice. C and f are no validation:");
    json_array_foreach(prices, i, row) {
        char tag = bl_tag_letter(bl_j_text(row, "tag"));
        if (tag != 'C' && tag != 'f')
            continue;
        uint64_t v = bl_j_count(row, "value");
        snprintf(text, sizeof text, "  %c %s.%s, %s%s: %s", tag, bl_j_text(row, "class"), bl_j_text(row, "item"),
                 !strcmp(bl_j_text(row, "unit"), "nW") ? bl_power_text((double)v, price) : bl_energy_text(v, price), stated_for(row, sizes, sizeof sizes),
                 bl_j_text(row, "source"));
        line(out, text);
        n++;
    }
    if (json_array_size(prices) && !n)
        line(out, "  (no price is calibrated or free)");
    notes_of_needs(r, line, out);
    notes_of_sizes(r, line, out);
    notes_of_unpriced(&l, line, out);
    free(l.v);
}

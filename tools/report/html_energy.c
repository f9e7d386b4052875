/* html_energy.c - charts of energy: by layer, and by what drew it, marked by where its price comes from. */
#include "tools/report/charts.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 40 };

/* ---- by layer ---- */

void bl_chart_layer_energy(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "layer_energy", "Energy by layer", "Of all images. Of many layers those that took most.", "energy, J", "" };
    static const char *const heads[] = { "layer", ">energy", ">%", ">a MAC" };
    const json_t *layers = json_object_get(r, "layers"), *row;
    const double images = (double)bl_j_count(json_object_get(r, "result"), "images");
    double *v = calloc(json_array_size(layers) + 1, sizeof *v), all = 0;
    struct bl_chart c;
    char energy[40];
    size_t i;

    BL_CHART(&c, BL_BARS, &text, heads);
    json_array_foreach(layers, i, row)
        if (v)
            all += v[i] = bl_joules(bl_j_yj(row, "energy_yj"));
    bool *shown = v ? bl_largest(v, json_array_size(layers), ROWS) : NULL;
    json_array_foreach(layers, i, row) {
        const double macs = images * (double)bl_j_count(row, "macs");
        if (!shown || !shown[i] || v[i] <= 0)
            continue;
        bl_cell(&c.table, "%s", bl_j_text(row, "name"));
        bl_cell(&c.table, "%s", bl_si_text(v[i], "J", energy));
        bl_cell(&c.table, "%.1f", 100 * v[i] / all);
        if (macs > 0)
            bl_cell(&c.table, "%s", bl_si_text(v[i] / macs, "J", energy));
        else
            bl_cell(&c.table, "-");
        bl_chart_bar(&c, bl_j_text(row, "name"), "", 0, v[i]);
    }
    bl_chart_end(&c, out);
    free(shown);
    free(v);
}

/* ---- by what drew it ---- */

struct drain { const char *part, *item; char tag; bl_yj e; };
struct drains { struct drain *v; size_t n, room; };

static void add(struct drains *l, const struct bl_unit *u, const struct bl_item *it)
{
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 64;
        struct drain *v = realloc(l->v, l->room * sizeof *v);
        if (!v) {
            l->room = l->n;
            bl_memory_lose();
            return;
        }
        l->v = v;
    }
    l->v[l->n++] = (struct drain){ u->name, it->name, it->tag, it->energy };
}

static struct drains drains_of(const json_t *r, const struct bl_units *u)
{
    struct drains l = { 0 };

    for (size_t i = 0; i < u->n; i++) {
        struct bl_items items = *u->v[i].cls ? bl_energies_of(r, &u->v[i]) : (struct bl_items){ 0 };     /* "": the sum of parts that have rows */
        for (size_t k = 0; k < items.n; k++)
            add(&l, &u->v[i], &items.v[k]);
        free(items.v);
    }
    return l;
}

static const char *tag_word(char letter)
{
    for (int i = 0; i < 4; i++)
        if (bl_tag_letter(bl_tag_name[i]) == letter)
            return bl_tag_name[i];
    return "no tag";
}

static void bar(struct bl_chart *c, const struct drain *d, double all)
{
    char energy[40], name[160];

    snprintf(name, sizeof name, "%.90s.%.60s", d->part, d->item);
    bl_cell(&c->table, "%s", name);
    bl_cell(&c->table, "%s", tag_word(d->tag));
    bl_cell(&c->table, "%s", bl_si_text(bl_joules(d->e), "J", energy));
    bl_cell(&c->table, "%.1f", 100 * bl_joules(d->e) / all);
    bl_chart_bar(c, name, tag_word(d->tag), 0, bl_joules(d->e));
}

void bl_chart_part_energy(const json_t *r, FILE *out)
{
    static const struct bl_chart_text text = { "part_energy", "Energy by part and what it did", "By where the price comes from: only fact and derived have a source, "
        "calibrated and free are no validation. Of many those that took most.", "energy, J", "" };
    static const char *const heads[] = { "part.item", "price", ">energy", ">%" };
    struct bl_units u = bl_units_of(r);
    struct drains l = drains_of(r, &u);
    struct bl_chart c;
    double *v = calloc(l.n + 1, sizeof *v);

    BL_CHART(&c, BL_BARS, &text, heads);
    for (size_t i = 0; v && i < l.n; i++)
        v[i] = bl_joules(l.v[i].e);
    bool *shown = v ? bl_largest(v, l.n, ROWS) : NULL;
    for (size_t i = 0; shown && i < l.n; i++)
        if (shown[i])
            bar(&c, &l.v[i], bl_joules(bl_j_yj(json_object_get(r, "totals"), "energy_yj")));
    bl_chart_end(&c, out);
    free(shown);
    free(v);
    free(l.v);
    bl_units_free(&u);
}

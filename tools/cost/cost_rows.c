/* cost_rows.c - a macro's energy, area, clock and peak figures with the source of every number, as rows of JSON. */
#include "tools/cost/cost_rows.h"

#include <string.h>

/* A row; unit, tag and source may be NULL. */
static json_t *row(json_t *section, const char *name, json_t *value, const char *unit)
{
    json_t *r = json_pack("{s:s, s:o}", "name", name, "value", value);

    if (unit && *unit)
        json_object_set_new(r, "unit", json_string(unit));
    json_array_append_new(section, r);
    return r;
}

static json_t *number(json_t *section, const char *name, double value, const char *unit) { return row(section, name, json_real(value), unit); }

static void part(json_t *section, const char *name, double value, const char *unit, double total)
{
    if (value > 0)
        json_object_set_new(number(section, name, value, unit), "share", json_real(value / total));
}

static void sourced(json_t *r, enum bl_tag tag, const char *source)
{
    json_object_set_new(r, "tag", json_string(bl_tag_name[tag]));
    json_object_set_new(r, "source", json_string(source));
}

/* ---- what the file says */

static json_t *value_of(const struct bl_imc_file *f, const struct bl_imc_key *k)
{
    const struct bl_imc_values v = { .m = f->macro };
    const char *at = (const char *)&v + k->at, *words = k->words;

    if (k->kind == BL_IMC_COUNT)
        return *(const uint64_t *)(const void *)at ? json_integer((json_int_t)*(const uint64_t *)(const void *)at) : NULL;
    if (k->kind != BL_IMC_CHOICE)
        return *(const double *)(const void *)at > 0 || k->preset > 0 ? json_real(*(const double *)(const void *)at) : NULL;
    for (unsigned i = *(const unsigned *)(const void *)at; i; i--)
        words = strchr(words, '|') + 1;
    return json_stringn(words, strcspn(words, "|"));
}

static json_t *given(const struct bl_imc_file *f)
{
    json_t *a = json_array();

    for (const struct bl_imc_key *k = bl_imc_keys; k->name; k++) {
        json_t *v = strcmp(k->name, "table2") ? value_of(f, k) : NULL;
        struct bl_imc_source s = bl_imc_source_of(f, k->name);
        if (v)
            sourced(row(a, k->name, v, k->kind == BL_IMC_VOLTS ? "V" : k->kind == BL_IMC_NM ? "nm" : NULL), s.tag, s.source);
    }
    return a;
}

static json_t *constants(void)
{
    json_t *a = json_array();

    for (unsigned i = 0; i < BL_IMC_CONSTANTS; i++) {
        const struct bl_imc_constant *c = &bl_imc_constants[i];
        json_t *r = number(a, c->name, c->value, c->unit);
        sourced(r, c->tag, c->source);
        json_object_set_new(r, "use", json_string(c->use));
    }
    return a;
}

/* ---- what it costs */

static json_t *energy(const struct bl_imc_energy *e)
{
    json_t *a = json_array();

    part(a, "wordlines, Eq. (4)", e->wl, "fJ", e->total);
    part(a, "bitlines, Eq. (5)", e->bl, "fJ", e->total);
    part(a, "logic, Eq. (6)", e->logic, "fJ", e->total);
    part(a, "ADCs, Eq. (8)", e->adc, "fJ", e->total);
    part(a, "adder trees, Eq. (9)", e->tree, "fJ", e->total);
    part(a, "DACs, Eq. (11)", e->dac, "fJ", e->total);
    number(a, "total, Eq. (1)", e->total, "fJ");
    if (e->select > 0)
        number(a, "once, to select other weights, Eqs. (4), (5)", e->select, "fJ");
    return a;
}

/* Three sections of the blocks; those of no energy, area or delay are left out. */
static void blocks(json_t *top, const struct bl_imc_file *f, const struct bl_imc_cost *c)
{
    struct bl_imc_block own[BL_IMC_BLOCKS];
    const struct bl_imc_block *b = f->blocks ? f->blocks : own;
    unsigned n = f->blocks ? f->nblocks : bl_imc_structure(&f->macro, own);
    double passes = f->macro.passes > 0 ? f->macro.passes : 1, steps = bl_imc_steps(&f->macro);
    json_t *gates = json_array(), *area = json_array(), *clock = json_array();

    for (unsigned i = 0; i < n; i++) {
        struct bl_imc_block_cost x = bl_imc_block_cost(&f->macro, &b[i]);
        part(gates, b[i].what, x.energy * passes * steps, "fJ", c->gates);
        part(area, b[i].what, x.area * (double)f->macro.macros, "mm2", c->area);
        if (x.delay > 0)
            json_object_set_new(number(clock, b[i].what, x.delay * passes, "ns"), "stage", json_integer((json_int_t)b[i].stage));
    }
    number(gates, "total", c->gates, "fJ");
    number(area, f->blocks ? "total" : "total without cells", c->area, "mm2");
    number(clock, "longest stage", c->clock, "ns");
    json_object_set_new(top, "gates", gates);
    json_object_set_new(top, "area", area);
    json_object_set_new(top, "clock", clock);
}

static json_t *peak(const struct bl_imc_file *f, const struct bl_imc_cost *c)
{
    json_t *a = json_array();

    number(a, "energy efficiency", c->tops_w, "TOPS/W");
    number(a, "density", c->tops_mm2, "TOPS/mm2");
    number(a, "throughput", c->tops, "TOPS");
    number(a, "energy of a multiply-accumulate", c->fj_mac, "fJ");
    number(a, "multiply-accumulates of an MVM", c->macs, NULL);
    number(a, "steps of an MVM", bl_imc_steps(&f->macro), NULL);
    number(a, "clock", 1000 / c->clock, "MHz");
    number(a, "storage", bl_imc_cells(&f->macro), "bit");
    return a;
}

static void compare(json_t *a, const char *name, double reported, double model, const char *unit, bool usable)
{
    json_t *r;

    if (!(reported > 0))
        return;
    r = number(a, name, reported, unit);
    json_object_set_new(r, "model", json_real(model));
    json_object_set_new(r, "deviation", json_real(model / reported - 1));
    json_object_set_new(r, "usable", json_boolean(usable));
}

static json_t *chip(const struct bl_imc_file *f, const struct bl_imc_cost *c)
{
    const struct bl_imc_reported *r = &f->reported;
    json_t *a = json_array();

    compare(a, "energy efficiency", r->tops_w, c->tops_w, "TOPS/W", r->usable_tops_w);
    compare(a, "area", r->area, c->area, "mm2", r->usable_area);
    compare(a, "clock", r->clock, c->clock, "ns", r->usable_clock);
    return a;
}

/* ---- what must be known to read it */

static json_t *notes(const struct bl_imc_file *f)
{
    const struct bl_imc_macro *m = &f->macro;
    json_t *a = json_array();
    uint64_t n = m->type == BL_IMC_AIMC ? m->w_bits : m->d2, full = m->clipped ? bl_imc_adc_needs(m) : 0;

    if (bl_imc_pad(n) != n)
        json_array_append_new(a, json_sprintf("the adder tree has %llu operands, which is no power of two; it is counted as one of %llu", (unsigned long long)n,
                                              (unsigned long long)bl_imc_pad(n)));
    if (full)
        json_array_append_new(a, json_sprintf("the ADC has %llu bits, and a column's largest sum needs %llu: it is clipped or rounded, on purpose",
                                              (unsigned long long)m->adc_bits, (unsigned long long)full));
    if (m->volts != 0.9)
        json_array_append_new(a, json_string("delays are those at 0.9 V, whatever the supply, and of 28 nm, whatever the node"));
    if (m->node < 22 || m->node > 28)
        json_array_append_new(a, json_string("gates were fitted at 28 nm and checked at 22; other nodes are extrapolated in proportion"));
    if (!f->blocks)
        json_array_append_new(a, json_string("the area has no cells: give them as 'blocks' to compare it with a chip"));
    if (f->reported.source)
        json_array_append_new(a, json_sprintf("reported: %s", f->reported.source));
    return a;
}

json_t *bl_cost_rows(const struct bl_imc_file *f)
{
    struct bl_imc_cost c = bl_imc_cost(&f->macro, f->blocks, f->nblocks);
    json_t *top = json_pack("{s:s, s:s, s:s, s:s}", "schema", "bitline.cost/1", "macro", f->name, "about", f->about ? f->about : "", "model",
                            f->macro.model == BL_IMC_GATES ? "gates" : "equations");

    json_object_set_new(top, "given", given(f));
    json_object_set_new(top, "energy", energy(&c.eq));
    blocks(top, f, &c);
    json_object_set_new(top, "peak", peak(f, &c));
    json_object_set_new(top, "chip", chip(f, &c));
    json_object_set_new(top, "notes", notes(f));
    json_object_set_new(top, "constants", constants());
    return top;
}

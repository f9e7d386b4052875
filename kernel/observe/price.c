/* price.c - what the operations of a part cost, and the energy that comes of it. A price is one of a class; where it says for which
 * size it was stated, parts of another size have their own. Energy is exact: whole yJ and nW in 128 bits. */
#include "kernel/observe/inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- sizes: what a class has, and what a part is ---- */

static bool is_size(const struct bl_field *f)
{
    return f->kind == BL_KIND_INT || f->kind == BL_KIND_REAL || f->kind == BL_KIND_TIME || f->kind == BL_KIND_COMPUTED;
}

static double size_of(const struct bl_node *n, const struct bl_field *f)
{
    int64_t whole;
    double real;

    if (f->kind == BL_KIND_REAL) {
        memcpy(&real, n->self + f->at, sizeof real);
        return real;
    }
    memcpy(&whole, n->self + f->at, sizeof whole);
    return f->kind == BL_KIND_TIME ? (double)(uint64_t)whole : (double)whole;
}

static int no_size(const struct bl_class *c, const struct bl_price *p, const char *param, struct bl_diag *diag, const char *where)
{
    const struct bl_field *f = class_field(c, param);
    const char *near = f ? NULL : class_near(c, param, BL_IS_PARAM | BL_IS_COUNT);

    if (f && f->kind == BL_KIND_CHOICE)
        return bl_error(diag, "%s: the price of %s.%s is for a '%s', which is a choice (%s); expected a parameter that is a number or a time",
                        where_of(where), p->cls, p->item, param, f->text);
    if (f)
        return bl_error(diag, "%s: the price of %s.%s is for a '%s', which is %s; expected a parameter that is a number or a time",
                        where_of(where), p->cls, p->item, param, f->kind == BL_KIND_LIST ? "a list" : bl_field_kinds[f->kind].text);
    if (near)
        return bl_error(diag, "%s: the price of %s.%s is for a '%s': class %s has no such parameter; did you mean '%s'?", where_of(where),
                        p->cls, p->item, param, c->name, near);
    return bl_error(diag, "%s: the price of %s.%s is for a '%s': class %s has no such parameter; `bitline show %s` lists what it has",
                    where_of(where), p->cls, p->item, param, c->name, c->name);
}

/* Texts and sizes that a price must have. */
static bool names_missing(struct bl_diag *d, const struct bl_price *p, const char *call)
{
    const void *const said[] = { p->cls, p->item, p->nsizes ? (const void *)p->sizes : p };

    if (missing(d, call, "p->cls, p->item, p->sizes", said, 3))
        return true;
    for (size_t k = 0; p->nsizes <= BL_PRICE_SIZES && k < p->nsizes; k++)      /* too many are refused before they are read */
        if (missing(d, call, "p->sizes[].param", (const void *const[]){ p->sizes[k].param }, 1))
            return true;
    if ((unsigned)p->tag > BL_FREE)
        bl_error(d, "%s: the tag of the price of %s.%s is %d; expected BL_FACT, BL_DERIVED, BL_CALIBRATED or BL_FREE", call, p->cls, p->item,
                 (int)p->tag);
    return (unsigned)p->tag > BL_FREE;
}

int bl_price_check(const struct bl_class *c, const struct bl_price *p, struct bl_diag *diag, const char *where)
{
    int bad = 0;

    if (MISSING_SAID(diag, c, p) || names_missing(diag, p, __func__))
        return -1;

    if (p->nsizes > BL_PRICE_SIZES)
        return bl_error(diag, "%s: the price of %s.%s is for %zu sizes; expected at most %d", where_of(where), p->cls, p->item, p->nsizes,
                        BL_PRICE_SIZES);
    for (size_t k = 0; k < p->nsizes; k++) {
        const struct bl_price_size *z = &p->sizes[k];
        const struct bl_field *f = class_field(c, z->param);
        if (!f || !is_size(f))
            bad = no_size(c, p, z->param, diag, where);
        else if (z->is_time != (f->kind == BL_KIND_TIME))
            bad = bl_error(diag, "%s: the price of %s.%s is for a '%s' that is %s; expected %s", where_of(where), p->cls, p->item, z->param,
                           z->is_time ? "a time" : "a number", z->is_time ? "a number" : "a time with its unit, like '6 ns'");
        else if (!(z->stated > 0))
            bad = bl_error(diag, "%s: the price of %s.%s is for a '%s' of %.15g; expected one above 0", where_of(where), p->cls, p->item,
                           z->param, z->stated);
    }
    return bad;
}

/* ---- a price for a part ---- */

/* Rounded; of the sizes stated, `value` itself, which may be above 2^53. */
static double scaled_to(const struct bl_price *p, const double its[], bool *same)
{
    double here = 1, stated = 1;

    for (size_t k = 0; k < p->nsizes; k++)
        if (p->sizes[k].scales) {
            here *= its[k];
            stated *= p->sizes[k].stated;
        }
    *same = here == stated || !p->value;
    return rint((p->exact > 0 ? p->exact : (double)p->value) * here / stated);
}

int bl_price_scaled(const struct bl_price *p, const double its[], uint64_t *value)
{
    bool same;

    if (MISSING_SAID(NULL, p, value) || (p->nsizes && MISSING_SAID(NULL, its, p->sizes)))
        return -1;
    double scaled = scaled_to(p, its, &same), most = 9.2e18;

    *value = p->value;
    if (!same && scaled >= 1 && scaled < most)
        *value = (uint64_t)scaled;
    return same || (scaled >= 1 && scaled < most) ? 0 : -1;
}

static size_t add_size(char *buf, size_t at, const struct bl_price_size *z, double v, bool first)
{
    char time[40];

    if (at >= BL_PRICE_NOTE)
        return at;
    if (isnan(v))
        return at + (size_t)snprintf(buf + at, BL_PRICE_NOTE - at, "%s%s unknown", first ? " " : ", ", z->param);
    if (z->is_time)
        return at + (size_t)snprintf(buf + at, BL_PRICE_NOTE - at, "%s%s %s", first ? " " : ", ", z->param, bl_time_text((uint64_t)v, time));
    return at + (size_t)snprintf(buf + at, BL_PRICE_NOTE - at, "%s%s %.15g", first ? " " : ", ", z->param, v);
}

char *bl_price_note(const struct bl_price *p, const double its[], char *buf)
{
    if (MISSING_SAID(NULL, p, buf) || (p->nsizes && MISSING_SAID(NULL, its, p->sizes)))
        return NULL;
    size_t at = (size_t)snprintf(buf, BL_PRICE_NOTE, "%s.%s was stated for", p->cls, p->item);
    bool differs = false;

    for (size_t k = 0; k < p->nsizes; k++)
        at = add_size(buf, at, &p->sizes[k], p->sizes[k].stated, k == 0);
    if (at < BL_PRICE_NOTE)
        at += (size_t)snprintf(buf + at, BL_PRICE_NOTE - at, "; this part has");
    for (size_t k = 0; k < p->nsizes; k++)
        if (!p->sizes[k].scales && its[k] != p->sizes[k].stated) {
            at = add_size(buf, at, &p->sizes[k], its[k], !differs);
            differs = true;
        }
    return differs ? buf : NULL;
}

double bl_part_size(const struct bl_sim *s, size_t part, const char *param)
{
    if (MISSING(s, param) || no_row(s, __func__, "part", part, bl_part_count(s)))
        return (double)NAN;
    const struct bl_node *n = s->frozen.nodes[part];
    const struct bl_field *f = class_field(n->info->cls, param);

    return f && is_size(f) ? size_of(n, f) : (double)NAN;
}

/* ---- set by the host ---- */

/* A tally takes energy, "static" and a verdict take power. */
static int check_item(struct bl_sim *s, const struct class_info *in, const struct bl_price *p, const char *where)
{
    const char *known[192];
    size_t n = 0;

    for (uint32_t t = 0; t < in->ntallies && n < 127; t++)
        known[n++] = in->tally[t]->name;
    size_t tallies = n;
    known[n++] = "static";
    for (uint32_t v = 0; v < in->nverdicts && n < 192; v++)
        known[n++] = in->verdict[v];
    for (size_t i = 0; i < n; i++) {
        if (strcmp(known[i], p->item))
            continue;
        if (p->is_power == (i >= tallies))
            return 0;
        return bl_error(s->diag, "%s: %s.%s is priced in %s; expected %s", where_of(where), p->cls, p->item,
                        p->is_power ? "power" : "energy", p->is_power ? "energy: it is a counted event" : "power: it is a time");
    }
    const char *near = bl_nearest(p->item, known, n);
    return bl_error(s->diag, "%s: class %s has no tally or verdict '%s' to price%s%s%s", where_of(where), p->cls, p->item,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* The kernel's own copy: names of parameters are those of the class. */
static struct bl_price kept(struct bl_sim *s, const struct bl_class *c, const struct bl_price *p)
{
    struct bl_price own = *p;
    struct bl_price_size *sizes = arena_get(&s->fixed, (p->nsizes + 1) * sizeof *sizes);

    own.cls = c->name;
    own.item = arena_text(&s->fixed, "%s", p->item);
    own.source = arena_text(&s->fixed, "%s", p->source ? p->source : "");
    own.sizes = sizes;
    for (size_t k = 0; k < p->nsizes; k++) {
        sizes[k] = p->sizes[k];
        sizes[k].param = class_field(c, p->sizes[k].param)->name;
    }
    return own;
}

static bool no_price(const struct bl_sim *s, size_t i)
{
    bl_error(s->diag, "bl_price_at: price %zu is asked for; there are %zu (bl_price_count)", i, s->frozen.nprices);
    return true;
}

static int set_price(struct bl_sim *s, const struct bl_price *p, const char *where)
{
    if (names_missing(s->diag, p, "bl_set_price"))
        return -1;
    const struct bl_class *c = bl_class_find(s->classes, p->cls);
    struct frozen *f = &s->frozen;

    if (!s->building)
        return bl_error(s->diag, "%s: a price is set after elaboration", where_of(where));
    if (!c)
        return bl_error(s->diag, "%s: a price for class '%s', which is not known", where_of(where), p->cls);
    if (class_check(s, c) || check_item(s, class_info_of(s, c), p, where) || bl_price_check(c, p, s->diag, where))
        return -1;
    f->prices = grown(f->prices, f->nprices, &f->room_prices, sizeof *f->prices);
    f->price_where = grown(f->price_where, f->nprices, &f->room_where, sizeof(*f->price_where));
    f->prices[f->nprices] = kept(s, c, p);
    f->price_where[f->nprices++] = copy(&s->texts, where);
    return 0;
}

int bl_set_price(struct bl_sim *s, const struct bl_price *p, const char *where)
{
    if (MISSING(s, p))
        return failed(s);
    BORDER(s, -1);
    return set_price(s, p, where) ? (s->building ? failed(s) : -1) : 0;
}

size_t bl_price_count(const struct bl_sim *s) { return NOBODY(s) ? 0 : s->frozen.nprices; }

const struct bl_price *bl_price_at(const struct bl_sim *s, size_t i)
{
    return NOBODY(s) || (i >= s->frozen.nprices && no_price(s, i)) ? NULL : &s->frozen.prices[i];
}

/* ---- of every part, by elaboration ---- */

static uint32_t places(const struct class_info *in) { return in->nverdicts + 1 + in->ntallies; }

/* The place of an item among those of its class. */
static uint32_t place_of(const struct class_info *in, const struct bl_price *p)
{
    if (p->is_power && !strcmp(p->item, "static"))
        return in->nverdicts;
    for (uint32_t v = 0; p->is_power && v < in->nverdicts; v++)
        if (!strcmp(p->item, in->verdict[v]))
            return v;
    for (uint32_t t = 0; !p->is_power && t < in->ntallies; t++)
        if (!strcmp(p->item, in->tally[t]->name))
            return in->nverdicts + 1 + t;
    return NONE;
}

static void lay_class(struct bl_sim *s, struct class_info *in)
{
    uint64_t *price = arena_get(&s->fixed, places(in) * sizeof *price);

    in->priced = arena_get(&s->fixed, places(in) * sizeof(*in->priced));
    for (size_t i = 0; i < s->frozen.nprices; i++) {
        const struct bl_price *p = &s->frozen.prices[i];
        uint32_t k = strcmp(p->cls, in->cls->name) ? NONE : place_of(in, p);
        if (k == NONE)
            continue;
        in->priced[k] = p;
        price[k] = p->value;
    }
    in->price = price;
}

static int cannot_scale(struct bl_sim *s, const struct bl_node *n, const struct bl_price *p, const double *its)
{
    char stated[BL_PRICE_NOTE], here[BL_PRICE_NOTE];
    size_t a = 0, b = 0;
    bool first = true;

    for (size_t k = 0; k < p->nsizes; k++)
        if (p->sizes[k].scales) {
            a = add_size(stated, a, &p->sizes[k], p->sizes[k].stated, first);
            b = add_size(here, b, &p->sizes[k], its[k], first);
            first = false;
        }
    const char *unit = p->is_power ? "nW" : "yJ";
    return bl_error(s->diag, "%s: %s: %s.%s is %llu %s for%s and scales with that; for this part's%s it would be %s %s; %s",
                    where_of(s->frozen.price_where[p - s->frozen.prices]), n->path, p->cls, p->item, (unsigned long long)p->value, unit, stated,
                    here, scaled_to(p, its, &first) < 1 ? "less than half of 1" : "more than 9e18", unit,
                    "state it for a size nearer to this one, or for more of them at once");
}

/* What a part pays: 0, or -1 after a bl_error. */
static int price_part(struct bl_sim *s, const struct bl_node *n, uint64_t *price)
{
    double its[BL_PRICE_SIZES];
    int bad = 0;

    for (uint32_t k = 0; k < places(n->info); k++) {
        const struct bl_price *p = n->info->priced[k];
        price[k] = n->info->price[k];
        if (!p || !p->nsizes)
            continue;
        for (size_t z = 0; z < p->nsizes; z++)
            its[z] = size_of(n, class_field(n->info->cls, p->sizes[z].param));
        if (bl_price_scaled(p, its, &price[k]))
            bad = cannot_scale(s, n, p, its);
    }
    return bad;
}

static bool scales(const struct class_info *in)
{
    for (uint32_t k = 0; k < places(in); k++)
        for (size_t z = 0; in->priced[k] && z < in->priced[k]->nsizes; z++)
            if (in->priced[k]->sizes[z].scales)
                return true;
    return false;
}

/* Its own prices, unless they are those of its class or of the part before it. */
static int lay_part(struct bl_sim *s, struct bl_node *n, const struct bl_node *before)
{
    size_t bytes = places(n->info) * sizeof *n->price;
    uint64_t *price = lent(places(n->info), sizeof *price), *own;
    int status = price_part(s, n, price);

    if (!memcmp(price, n->info->price, bytes)) {
        n->price = n->info->price;
    } else if (before && before->info == n->info && !memcmp(price, before->price, bytes)) {
        n->price = before->price;
    } else {
        n->price = own = arena_get(&s->fixed, bytes);
        memcpy(own, price, bytes);
    }
    give_back(price);
    return status;
}

int prices_lay(struct bl_sim *s)
{
    enum { MOST_TOLD = 5 };
    int refused = 0;

    for (size_t i = 0; i < s->frozen.ninfos; i++)
        lay_class(s, s->frozen.infos[i]);
    for (size_t i = 0; i < s->frozen.nnodes && refused < MOST_TOLD; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        n->price = n->info->price;
        if (s->frozen.nprices && scales(n->info))
            refused += lay_part(s, n, i ? s->frozen.nodes[i - 1] : NULL) != 0;
    }
    return refused ? -1 : 0;
}

/* ---- energy ---- */

bl_yj verdict_energy(const struct bl_sim *s, const struct bl_node *n, uint32_t v, uint64_t now)
{
    uint64_t unit = n->info->cls->tick ? s->frozen.domains[n->domain].period : 1;

    return n->price[v] ? (bl_yj)ledger_spent(s, n, v, now) * unit * n->price[v] : 0;
}

bl_yj energy_of(const struct bl_sim *s, const struct bl_node *n, uint64_t now)
{
    const uint32_t still = n->info->nverdicts;
    bl_yj e = (bl_yj)n->price[still] * now;

    for (uint32_t v = 0; v < n->info->nverdicts; v++)
        e += verdict_energy(s, n, v, now);
    for (uint32_t t = 0; t < n->info->ntallies; t++)
        e += (bl_yj)ledger_tally(n, t) * n->price[still + 1 + t];
    return e;
}

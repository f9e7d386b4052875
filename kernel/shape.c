/* shape.c - widths that parts take from their wires (BL_SIZE), and what classes compute of them (shape). A wire with one known end
 * gives the other; a part whose wired ports are all known is shaped, and its computed widths go on. Nothing is ever taken back, so the
 * order of wires and parts cannot matter. What contradicts a width is found when the wires are joined. */
#include "kernel/bind.h"

#include <stdio.h>
#include <stdlib.h>

/* Two ports of one width: a wire, or a port of a composite and the child's port behind it. */
struct tie { struct end a, b; const char *where; };

struct shaper {
    struct bl_sim *sim;
    struct tie *tie;
    size_t n, room;
    bool *shaped;                        /* by part: its shape has run, or it needs none */
    uint32_t *unknown;                   /* by part: widths of wired ports that are not known yet; afterwards: its group, see root */
    bool bad;
};

/* ---- ties ---- */

static bool finds(struct bl_sim *s, const char *text, struct end *e) { return resolves(s, text, e) && bl_field_is(e->field, BL_IS_PORT); }

static void add_tie(struct shaper *h, const struct end *a, const struct end *b, const char *where)
{
    h->tie = lent_grown(h->tie, h->n, &h->room, sizeof *h->tie);
    h->tie[h->n++] = (struct tie){ *a, *b, where };
}

static void find_ties(struct shaper *h)
{
    struct bl_sim *s = h->sim;
    struct end a, b;

    sort_wires(s);
    for (size_t i = 0; i < s->declared.nwires; i++) {
        const struct raw_wire *r = &s->declared.wires[i];
        if (finds(s, r->from, &a) && finds(s, r->to, &b) && a.field->kind != b.field->kind)
            add_tie(h, &a, &b, r->where);
    }
    for (size_t i = 0; i < s->declared.nexports; i++) {
        const char *port = s->declared.exports[i].port, *dot = strrchr(port, '.');
        a.node = part_of(s, port, (size_t)(dot - port));
        a.field = a.node ? class_field(a.node->info->cls, arena_text(&s->fixed, "%.*s", (int)strcspn(dot + 1, "["), dot + 1)) : NULL;
        if (a.field && bl_field_is(a.field, BL_IS_PORT) && finds(s, port, &b))
            add_tie(h, &a, &b, a.node->where);
    }
}

/* ---- widths ---- */

/* The field that says a number of lanes or bits, when it may be unknown: a BL_SIZE or a BL_COMPUTED. */
static const struct bl_field *open_field(const struct bl_node *n, int32_t x)
{
    if (x < 0 && n->info->shaped)
        for (const struct bl_field *f = n->info->cls->fields; f->kind; f++)
            if (f->at == (size_t)-x && (f->flags & BL_FROM_WIRE || f->kind == BL_KIND_COMPUTED))
                return f;
    return NULL;
}

uint32_t port_width(const struct bl_node *n, int32_t x)
{
    const struct bl_field *f = open_field(n, x);
    uint32_t v = field_count(n, x);

    return !v && f && f->flags & BL_FROM_WIRE ? 1 : v;
}

/* A number of lanes or bits of a part's port; 0: not known yet. */
static uint32_t width(const struct shaper *h, const struct bl_node *n, int32_t x)
{
    const struct bl_field *f = open_field(n, x);

    return f && f->kind == BL_KIND_COMPUTED && !h->shaped[n->id] ? 0 : field_count(n, x);
}

/* Gives an unknown size the width at the other end of its wire; true: it moved. */
static bool give(struct shaper *h, const struct tie *t, const struct end *to, int32_t x, uint32_t known)
{
    const struct bl_field *f = open_field(to->node, x);
    int64_t v = known;

    if (!known || !f || f->kind == BL_KIND_COMPUTED || field_count(to->node, x))
        return false;
    if ((double)v > f->most) {
        bl_error(h->sim->diag, "%s: %s.%s takes %lld from the wire at %s; expected 1 .. %.15g (%s)", where_of(t->where), to->node->path,
                 f->name, (long long)v, to->field->name, f->most, f->help);
        h->bad = true;
    }
    memcpy(to->node->self + f->at, &v, sizeof v);
    return true;
}

static bool pass(struct shaper *h, const struct tie *t)
{
    const struct end *a = &t->a, *b = &t->b;
    bool moved = give(h, t, a, a->field->lanes, width(h, b->node, b->field->lanes));

    moved |= give(h, t, b, b->field->lanes, width(h, a->node, a->field->lanes));
    moved |= give(h, t, a, a->field->bits, width(h, b->node, b->field->bits));
    return give(h, t, b, b->field->bits, width(h, a->node, a->field->bits)) | moved;
}

/* ---- parts ---- */

static void count_unknown(struct shaper *h, const struct end *e)
{
    const int32_t x[2] = { e->field->lanes, e->field->bits };

    for (int i = 0; i < 2; i++) {
        const struct bl_field *f = open_field(e->node, x[i]);
        h->unknown[e->node->id] += f && f->flags & BL_FROM_WIRE && !field_count(e->node, x[i]);
    }
}

/* Every part whose wired ports are known; true: one was shaped. */
static bool shape_parts(struct shaper *h)
{
    struct bl_sim *s = h->sim;
    bool moved = false;

    memset(h->unknown, 0, s->frozen.nparts * sizeof *h->unknown);
    for (size_t i = 0; i < h->n; i++) {
        count_unknown(h, &h->tie[i].a);
        count_unknown(h, &h->tie[i].b);
    }
    for (size_t i = 0; i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        unsigned before = s->diag->errors;
        if (h->shaped[i] || h->unknown[i])
            continue;
        h->shaped[i] = moved = true;
        if (!n->info->cls->shape || !n->info->cls->shape(n->self))
            continue;
        h->bad = true;
        if (s->diag->errors == before)
            bl_error(s->diag, "%s: shape refused its parameters", n->path);
    }
    return moved;
}

/* ---- what stays unknown ---- */

static uint32_t root(uint32_t *of, uint32_t x)
{
    while (of[x] != x)
        x = of[x] = of[of[x]];
    return x;
}

/* The sizes of a port that stay unknown become -1, apart from those that no wire could say. */
static void mark(const struct end *e)
{
    const int32_t x[2] = { e->field->lanes, e->field->bits };
    const int64_t unknown = -1;

    for (int i = 0; i < 2; i++) {
        const struct bl_field *f = open_field(e->node, x[i]);
        if (f && f->flags & BL_FROM_WIRE && !field_count(e->node, x[i]))
            memcpy(e->node->self + f->at, &unknown, sizeof unknown);
    }
}

static bool marked(const struct bl_node *n, const struct bl_field *f)
{
    int64_t v = 0;

    if (f->flags & BL_FROM_WIRE)
        memcpy(&v, n->self + f->at, sizeof v);
    return v < 0;
}

/* The sizes of a group of parts that wait for each other, as text. */
static void name_group(struct shaper *h, uint32_t *of, uint32_t group, char *text, size_t room)
{
    struct bl_sim *s = h->sim;
    unsigned told = 0, more = 0;
    size_t at = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (const struct bl_field *f = s->frozen.nodes[i]->info->cls->fields; !h->shaped[i] && root(of, (uint32_t)i) == group && f->kind; f++)
            if (marked(s->frozen.nodes[i], f)) {
                if (told++ < 6 && at < room)
                    at += (size_t)snprintf(text + at, room - at, "%s%s.%s", told > 1 ? ", " : "", s->frozen.nodes[i]->path, f->name);
                else
                    more++;
            }
    if (more && at < room)
        snprintf(text + at, room - at, " and %u more", more);
}

/* Parts that no width reaches: those that wait for each other are said together. */
static void name_unknown(struct shaper *h)
{
    struct bl_sim *s = h->sim;
    uint32_t *of = h->unknown;
    char text[1024];

    for (uint32_t i = 0; i < s->frozen.nparts; i++)
        of[i] = i;
    for (size_t i = 0; i < h->n; i++) {
        uint32_t a = h->tie[i].a.node->id, b = h->tie[i].b.node->id;
        mark(&h->tie[i].a);
        mark(&h->tie[i].b);
        if (h->shaped[a] || h->shaped[b])
            continue;
        a = root(of, a);
        b = root(of, b);
        of[a > b ? a : b] = a > b ? b : a;
    }
    for (uint32_t i = 0; i < s->frozen.nparts; i++)
        if (!h->shaped[i] && of[i] == i) {
            const struct bl_node *n = s->frozen.nodes[i];
            name_group(h, of, i, text, sizeof text);
            bl_error(s->diag, "%s: %s: nothing says how wide it is: each of these waits for a wire of another: %s; give one of them",
                     where_of(n->where), n->path, text);
            h->bad = true;
        }
}

int shape_all(struct bl_sim *s)
{
    struct shaper h = { .sim = s };
    bool needed = false;

    for (size_t i = 0; i < s->frozen.ninfos; i++)
        needed |= s->frozen.infos[i]->shaped;
    if (!needed)
        return 0;
    h.shaped = lent(s->frozen.nparts + 1, sizeof *h.shaped);
    h.unknown = lent(s->frozen.nparts + 1, sizeof *h.unknown);
    for (size_t i = 0; i < s->frozen.nparts; i++)
        h.shaped[i] = !s->frozen.nodes[i]->info->shaped;
    find_ties(&h);
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < h.n; i++)          /* to and fro: a line of parts takes one round, whichever end is known */
            moved |= pass(&h, &h.tie[i]);
        for (size_t i = h.n; i-- > 0;)
            moved |= pass(&h, &h.tie[i]);
        moved |= shape_parts(&h);
    }
    name_unknown(&h);
    give_back(h.tie);
    give_back(h.shaped);
    give_back(h.unknown);
    return h.bad ? -1 : 0;
}

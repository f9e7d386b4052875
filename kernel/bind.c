/* bind.c - what is wired of a simulation: outputs get their words, wires are joined (join.c); then what only all wires together
 * say: which events are one, the ports of composites, open ports, who is told of an event. */
#include "kernel/bind.h"

#include <stdlib.h>

/* A word for the output, or for each of an array. */
static void make_words(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    struct end e = { n, &n->info->cls->fields[k], n->first[k] };
    uint32_t bits, lanes = width_of(s, &e, &bits);

    for (; e.index < n->first[k + 1]; e.index++)
        *port_of(&e) = word_new(s, n->id, place_of(s, &e), lanes, bits)->id;
}

static void make_outputs(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0; k < n->info->nfields; k++) {
            const struct bl_field *f = &n->info->cls->fields[k];
            if (bl_field_is(f, BL_IS_AWAITED))
                n->port[n->first[k]] = s->frozen.nevents++;
            else if (f->kind == BL_KIND_OUT && !n->info->cls->build)
                make_words(s, n, k);
        }
    }
}

/* Events that wires join become one, the first of them. */
static void merge_events(struct bl_sim *s, const uint32_t *same)
{
    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (uint32_t k = 0; k < s->frozen.nodes[i]->info->nfields; k++)
            if (bl_field_is(&s->frozen.nodes[i]->info->cls->fields[k], BL_IS_AWAITED))
                s->frozen.nodes[i]->port[s->frozen.nodes[i]->first[k]] = event_root(same, port_at(s->frozen.nodes[i], k));
    for (size_t i = 0; i < s->declared.nedges; i++) {
        const struct edge_wire *x = &s->declared.edges[i];
        if (!x->ring)
            listen_to(s, s->frozen.words[signal_of(s, x->word)], fires_at(x->edge), event_root(same, x->event));
        else if (*x->ring < s->frozen.nrings)
            listen_to(s, x->pushes ? s->frozen.rings[*x->ring]->push_word : s->frozen.rings[*x->ring]->pop_word, FIRES, event_root(same, x->event));
    }
}

/* ---- ports of composites ---- */

enum { SAID = 5 };                       /* of one array: so many errors of a kind are said one by one */

/* `bad` ports of field k were refused for the same, the first of them one by one: 0, or -1 when there were any. */
static int say_rest(struct bl_sim *s, const struct bl_node *n, uint32_t k, uint32_t bad)
{
    if (bad <= SAID)
        return bad ? -1 : 0;
    return bl_error(s->diag, "%s: %s: and %u more of the %u ports '%s'", where_of(n->where), n->path, bad - SAID,
                    n->first[k + 1] - n->first[k], n->info->cls->fields[k].name);
}

/* Every port of a composite is that of one child, of the same kind and width; every export has such a port. */
static int check_export(struct bl_sim *s, const struct end *own)
{
    const struct bl_node *n = own->node;
    const char *name = end_text(s, own), *at = where_of(n->where);
    struct end child;
    uint32_t bits, child_bits;

    if (resolve(s, name, n->where, &child))
        return -1;
    uint32_t lanes = width_of(s, own, &bits), child_lanes = width_of(s, &child, &child_bits);
    if (child.field->kind == own->field->kind && lanes == child_lanes && bits == child_bits)
        return 0;
    return bl_error(s->diag, "%s: %s is %s of %u x %u bit, %s behind it %s of %u x %u bit; expected the same", at, name,
                    bl_field_kinds[own->field->kind].text, lanes, bits, end_text(s, &child), bl_field_kinds[child.field->kind].text,
                    child_lanes, child_bits);
}

static int check_exports(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    uint32_t missing = 0;
    int bad = 0;

    for (struct end own = { n, &n->info->cls->fields[k], n->first[k] }; own.index < n->first[k + 1]; own.index++) {
        if (names_find(&s->declared.export_names, end_text(s, &own)) != NONE)
            bad |= check_export(s, &own);
        else if (missing++ < SAID)
            bl_error(s->diag, "%s: %s: class %s exports no child's port as its own %s (bl_child_export in build)", where_of(n->where),
                     n->path, n->info->cls->name, port_text(&s->texts, n, own.index));
    }
    return bad | say_rest(s, n, k, missing);
}

static int check_composites(struct bl_sim *s)
{
    int bad = 0;

    for (size_t i = 0; s->declared.any_build && i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0; n->info->cls->build && k < n->info->nfields; k++)
            if (bl_field_is(&n->info->cls->fields[k], BL_IS_PORT))
                bad |= check_exports(s, n, k);
    }
    for (size_t i = 0; i < s->declared.nexports; i++) {
        const char *port = s->declared.exports[i].port, *dot = strrchr(port, '.');
        struct bl_node *n = node_named(s, arena_text(&s->fixed, "%.*s", (int)(dot - port), port));
        if (n && is_scope(n))
            continue;
        size_t len = strcspn(dot + 1, "[");
        const struct bl_field *f = n ? class_field(n->info->cls, arena_copy(&s->texts, dot + 1, len)) : NULL;
        uint32_t element;
        if (n && !f)
            bad = bl_error(s->diag, "%s: %s: class %s has no port '%s' to export %s as", where_of(n->where), n->path,
                           n->info->cls->name, dot + 1, s->declared.exports[i].to);
        else if (n && (!(f = port_of_text(s, n, dot + 1, n->where, &element)) || element_of(s, n, f, n->where, &element)))
            bad = -1;
    }
    return bad;
}

/* ---- open ports ---- */

static void leave_open(struct bl_sim *s, const struct end *e)
{
    uint32_t bits, lanes = width_of(s, e, &bits);

    if (e->field->kind == BL_KIND_IN) {
        *port_of(e) = word_new(s, NONE, place_of(s, e), lanes, bits)->id;
        return;
    }
    struct bl_ring *g = arena_get(&s->fixed, sizeof *g);
    *g = (struct bl_ring){ .lanes = lanes, .bits = bits, .elem = elem_of(bits), .slot = item_bytes(lanes, bits) };
    g->push_word = g->pop_word = word_new(s, NONE, place_of(s, e), 1, 32);    /* depth 0 has no room, equal counters no item */
    s->frozen.rings = grown(s->frozen.rings, s->frozen.nrings, &s->frozen.room_rings, sizeof *s->frozen.rings);
    s->frozen.links = grown(s->frozen.links, s->frozen.nrings, &s->frozen.room_links, sizeof *s->frozen.links);
    s->frozen.links[s->frozen.nrings] = (struct link_info){ NONE, NONE, g->push_word->id, g->push_word->id, false };
    *port_of(e) = (uint32_t)s->frozen.nrings;
    s->frozen.rings[s->frozen.nrings++] = g;
}

static int check_open_of(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    const struct bl_field *f = &n->info->cls->fields[k];
    bool may = f->flags & BL_OPTIONAL;
    uint32_t open = 0;

    for (struct end e = { n, f, n->first[k] }; e.index < n->first[k + 1]; e.index++) {
        if (*port_of(&e) != NONE || (may && !bl_field_is(f, BL_IS_PORT)))
            continue;
        if (may)
            leave_open(s, &e);
        else if (open++ < SAID)
            bl_error(s->diag, "%s: %s is %s and nothing is wired to it (%s)", where_of(n->where), end_text(s, &e),
                     bl_field_kinds[f->kind].text, f->help);
    }
    return say_rest(s, n, k, open);
}

static int check_open(struct bl_sim *s)
{
    int bad = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0, end = n->info->cls->build ? 0 : n->info->nfields; k < end; k++)
            if (bl_field_is(&n->info->cls->fields[k], BL_IS_NEEDED))
                bad |= check_open_of(s, n, k);
    }
    return bad;
}

/* ---- who is told of an event ---- */

static int by_event(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return x[0] != y[0] ? (x[0] < y[0] ? -1 : 1) : x[1] != y[1] ? (x[1] < y[1] ? -1 : 1) : 0;
}

/* Processes that list it, and clocked parts, whose naps it ends; each kind in natural path order. */
static void bind_told(struct bl_sim *s)
{
    size_t n, most = s->declared.nsenses + 1;
    bool events = s->frozen.nevents;

    for (size_t i = 0; events && i < s->frozen.nparts; i++)
        most += s->frozen.nodes[i]->info->cls->tick ? s->frozen.nodes[i]->info->nfields : 0;
    uint32_t (*pair)[2] = lent(most, sizeof *pair);
    n = bind_senses(s, pair);
    for (size_t i = 0; events && i < s->frozen.nparts; i++)
        for (uint32_t k = 0; s->frozen.nodes[i]->info->cls->tick && k < s->frozen.nodes[i]->info->nfields; k++)
            if (s->frozen.nodes[i]->info->cls->fields[k].kind == BL_KIND_EVENT) {
                pair[n][0] = port_at(s->frozen.nodes[i], k);
                pair[n++][1] = (uint32_t)i | CLOCKED_LISTENER;
            }
    put_sorted(pair, n, sizeof *pair, by_event);
    s->frozen.told_of = arena_get(&s->fixed, (s->frozen.nevents + s->frozen.nprocs + 1) * sizeof *s->frozen.told_of);
    s->frozen.told = arena_get(&s->fixed, (n + 1) * sizeof *s->frozen.told);
    for (size_t i = 0; i < n; i++) {
        s->frozen.told[i] = pair[i][1];
        if (i == 0 || pair[i - 1][0] != pair[i][0])
            s->frozen.told_of[pair[i][0]].first = (uint32_t)i;
        s->frozen.told_of[pair[i][0]].n++;
    }
    give_back(pair);
}

int bind_all(struct bl_sim *s)
{
    unsigned before = s->diag->errors;
    int bad = 0;

    make_outputs(s);
    uint32_t *same = arena_get(&s->fixed, (s->frozen.nevents + 1) * sizeof *same);
    for (uint32_t e = 0; e < s->frozen.nevents; e++)
        same[e] = e;
    bad |= join_wires(s, same);
    bad |= bind_buses(s);
    if (s->frozen.nevents) {
        merge_events(s, same);
        bad |= bind_locks(s);
    }
    bad |= check_composites(s);
    bad |= check_scopes(s);
    bad |= check_open(s);
    bind_told(s);
    bind_resets(s);
    free(s->declared.wires);                      /* nobody asks for what was declared any more */
    free(s->declared.senses);
    s->declared.wires = NULL;
    s->declared.senses = NULL;
    s->declared.nwires = s->declared.nsenses = 0;
    arena_free(&s->declared.raw);
    return bad || s->diag->errors != before ? -1 : 0;
}

/* bind.c - wires become words, channels, pipes and events: ends resolved through composites, kinds,
 * drivers and widths checked in one pass, storage laid out, handles written into the structs. */
#include "kernel/bind.h"

#include <stdio.h>
#include <stdlib.h>

enum { REFUSED = -2 };                   /* a port whose wire was refused: said once, not again as an open port */

/* ---- ends ---- */

static int no_port(struct bl_sim *s, const struct bl_node *n, const char *port, const char *where)
{
    const char *near = class_near(n->info->cls, port, BL_IS_END);

    if (n->proc == NONE && !strcmp(port, "process"))
        return bl_error(s->diag, "%s: '%s' is no waiting part; only these have a sensitivity list", where_of(where), n->path);
    return bl_error(s->diag, "%s: %s: class %s has no port '%s'%s%s%s", where_of(where), n->path, n->info->cls->name, port,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

struct bl_node *part_of(struct bl_sim *s, const char *text, size_t n)
{
    const uint32_t last = s->declared.bound ? s->declared.bound->id : 0;
    char path[512];

    for (uint32_t i = last; i < s->frozen.nparts && i <= last + 1; i++)     /* mostly that of the text before, or the next one */
        if (!strncmp(s->frozen.nodes[i]->path, text, n) && !s->frozen.nodes[i]->path[n])
            return s->declared.bound = s->frozen.nodes[i];
    if (n >= sizeof path)
        return NULL;                     /* no path is that long */
    memcpy(path, text, n);
    path[n] = '\0';
    return s->declared.bound = node_named(s, path);
}

int resolve(struct bl_sim *s, const char *text, const char *where, struct end *e)
{
    uint32_t x;
    for (int hops = 0; s->declared.nexports && hops < 64 && (x = names_find(&s->declared.export_names, text)) != NONE; hops++)
        text = s->declared.exports[x].to;
    const char *dot = strrchr(text, '.');
    if (!dot)
        return bl_error(s->diag, "%s: '%s' names no port; expected PART.PORT", where_of(where), text);
    e->node = part_of(s, text, (size_t)(dot - text));
    if (!e->node) {
        const char *path = arena_copy(&s->texts, text, (size_t)(dot - text));
        const char *near = bl_nearest(path, s->frozen.node_names.name, s->frozen.node_names.n < 4096 ? s->frozen.node_names.n : 4096);
        return bl_error(s->diag, "%s: there is no part '%s'%s%s%s", where_of(where), path, near ? "; did you mean '" : "",
                        near ? near : "", near ? "'?" : "");
    }
    e->field = class_field(e->node->info->cls, dot + 1);
    if (!e->field || !bl_field_is(e->field, BL_IS_END))
        return no_port(s, e->node, dot + 1, where);
    if (e->node->info->cls->build && bl_field_is(e->field, BL_IS_PORT))
        return -1;                       /* exported by no child: check_composites says so, once */
    e->index = class_field_index(e->node->info->cls, e->field);
    return 0;
}

bool is_free(const struct end *e) { return *port_of(e) == NONE || *port_of(e) == (uint32_t)REFUSED; }

static void refuse(const struct end *e)
{
    if (e->field && bl_field_is(e->field, BL_IS_NEEDED) && *port_of(e) == NONE)
        *port_of(e) = (uint32_t)REFUSED;
}

uint32_t width_of(struct bl_sim *s, const struct end *e, uint32_t *bits)
{
    uint32_t lanes = field_count(e->node, e->field->lanes);

    *bits = field_count(e->node, e->field->bits);
    if (lanes == 0 || *bits == 0 || lanes * (((uint64_t)*bits + 63) / 64) > 1u << 20)
        bl_error(s->diag, "%s: %s.%s is %u lanes of %u bits; expected at least 1 of 1, together at most 2^20 words of 64 bits",
                 where_of(e->node->where), e->node->path, e->field->name, lanes, *bits);
    return lanes;
}

/* ---- words, rings, events ---- */

static uint32_t place_of(const struct bl_sim *s, const struct end *e) { return (uint32_t)(port_of(e) - s->frozen.ports); }

static struct bl_word *word_of(struct bl_sim *s, const struct end *e, uint32_t lanes, uint32_t bits)
{
    return word_new(s, e->node->id, place_of(s, e), lanes, bits);
}

static void make_outputs(struct bl_sim *s)
{
    uint32_t *port = s->frozen.ports = arena_get(&s->fixed, (s->frozen.nports + 1) * sizeof *port);

    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        const struct class_info *in = n->info;
        n->port = port;
        port += in->nfields;
        for (uint32_t k = 0; k < in->nfields; k++) {
            const struct bl_field *f = &in->cls->fields[k];
            struct end e = { n, f, k };
            uint32_t bits;
            n->port[k] = NONE;
            if (bl_field_is(f, BL_IS_AWAITED))
                n->port[k] = s->frozen.nevents++;
            if (f->kind != BL_KIND_OUT || in->cls->build)
                continue;
            uint32_t lanes = width_of(s, &e, &bits);
            n->port[k] = word_of(s, &e, lanes, bits)->id;
        }
    }
}

/* ---- one wire ---- */

int wrong_width(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    uint32_t abits, bbits, alanes = width_of(s, a, &abits), blanes = width_of(s, b, &bbits);

    if (alanes == blanes && abits == bbits)
        return 0;
    return bl_error(s->diag, "%s: %s is %u x %u bit, %s is %u x %u bit; expected equal widths", where_of(r->where), r->from,
                    alanes, abits, r->to, blanes, bbits);
}

int two_drivers(struct bl_sim *s, const struct raw_wire *r, const char *first)
{
    return bl_error(s->diag, "%s: %s has two drivers, %s and %s; a port takes one wire", where_of(r->where), r->to, first, r->from);
}

static int two_readers(struct bl_sim *s, const struct raw_wire *r, const char *first)
{
    return bl_error(s->diag, "%s: %s feeds two channels, to %s and to %s; a push end takes one wire", where_of(r->where), r->from,
                    first, r->to);
}

/* Two clocks between a and b; *sync is how many stages stand between, 0 when one clock or none said. */
static int crossing(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b, uint32_t *sync)
{
    bool a_clocked = a->node->info->cls->tick != NULL, b_clocked = b->node->info->cls->tick != NULL;

    *sync = r->link.sync > 1 ? (uint32_t)r->link.sync - 1 : 0;
    if ((a_clocked && a->node->domain == NONE) || (b_clocked && b->node->domain == NONE))
        return 0;                        /* a clock that is not there is reported already */
    if (a_clocked != b_clocked && (a->node->info->cls->run || b->node->info->cls->run))
        return 0;                        /* a self-timed end: synchronisers are allowed, 0 unless said */
    if (!a_clocked || !b_clocked || a->node->domain == b->node->domain) {
        if (*sync)
            return bl_error(s->diag, "%s: %s -> %s says sync %u and stays in one clock; leave it out", where_of(r->where),
                            r->from, r->to, *sync);
        return 0;
    }
    if (r->link.pipe)
        return bl_error(s->diag, "%s: %s -> %s is a pipe between clock %s and clock %s; a pipe stays in one clock, use depth "
                        "and sync", where_of(r->where), r->from, r->to, s->frozen.domains[a->node->domain].name,
                        s->frozen.domains[b->node->domain].name);
    if (r->link.sync <= 0)
        return bl_error(s->diag, "%s: %s (clock %s) -> %s (clock %s) crosses clocks; say how many synchroniser stages it has, "
                        "sync 2 (or sync 0)", where_of(r->where), r->from, s->frozen.domains[a->node->domain].name, r->to,
                        s->frozen.domains[b->node->domain].name);
    return 0;
}

static int join_ring(struct bl_sim *s, const struct raw_wire *r, struct end *a, struct end *b)
{
    uint32_t sync, bits;

    if (r->link.sharing && (!is_free(a) || !is_free(b)))
        return join_shared(s, r, a, b);
    if (!is_free(a))
        return two_readers(s, r, word_name(s->frozen.rings[*port_of(a)]->pop_word));
    if (!is_free(b))
        return two_drivers(s, r, word_name(s->frozen.rings[*port_of(b)]->push_word));
    if (wrong_width(s, r, a, b) || crossing(s, r, a, b, &sync))
        return -1;
    if (r->link.sharing && !a->node->info->cls->run && !b->node->info->cls->run)
        return bl_error(s->diag, "%s: %s -> %s: 'many' is for ends of waiting parts and neither is one; leave it out", where_of(r->where),
                        r->from, r->to);
    if (!r->link.pipe && r->link.depth == 0)
        return bl_error(s->diag, "%s: channel %s -> %s has no depth; say depth N (or pipe)", where_of(r->where), r->from, r->to);
    if (!r->link.pipe && r->link.depth > 1u << 24)
        return bl_error(s->diag, "%s: channel %s -> %s has depth %u; expected 1 .. 2^24 (or pipe)", where_of(r->where), r->from,
                        r->to, r->link.depth);
    if (r->link.pipe && (!a->node->info->cls->tick || !b->node->info->cls->tick))
        return bl_error(s->diag, "%s: pipe %s -> %s: both ends must be clocked; use depth", where_of(r->where), r->from, r->to);
    struct bl_ring *g = arena_get(&s->fixed, sizeof *g);
    g->lanes = width_of(s, a, &bits);
    g->bits = bits;
    g->elem = elem_of(bits);
    g->slot = (item_bytes(g->lanes, bits) + 7) / 8 * 8;
    g->depth = r->link.pipe ? 1 : r->link.depth;
    for (g->mask = 1; g->mask < g->depth; g->mask *= 2)
        ;
    g->mask--;
    g->push_word = word_of(s, a, 1, 32);
    g->pop_word = word_of(s, b, 1, 32);
    struct link_info in = { a->node->id, b->node->id, g->push_word->id, g->pop_word->id, r->link.pipe };
    if (sync && b->node->info->cls->tick)     /* each clocked end sees the other's counter through its flip-flops */
        in.seen_pushed = synchronise(s, g->push_word, b->node, sync);
    if (sync && a->node->info->cls->tick)
        in.seen_popped = synchronise(s, g->pop_word, a->node, sync);
    s->frozen.rings = grown(s->frozen.rings, s->frozen.nrings, &s->frozen.room_rings, sizeof *s->frozen.rings);
    s->frozen.links = grown(s->frozen.links, s->frozen.nrings, &s->frozen.room_links, sizeof *s->frozen.links);
    s->frozen.links[s->frozen.nrings] = in;
    *port_of(a) = *port_of(b) = (uint32_t)s->frozen.nrings;
    s->frozen.rings[s->frozen.nrings++] = g;
    return 0;
}

static int join_word(struct bl_sim *s, const struct raw_wire *r, struct end *a, struct end *b)
{
    uint32_t sync;

    if (!is_free(b) && !r->link.sharing)
        return two_drivers(s, r, word_name(s->frozen.words[*port_of(b)]));
    if (wrong_width(s, r, a, b) || crossing(s, r, a, b, &sync))
        return -1;
    if (r->link.sharing && *port_of(b) != (uint32_t)REFUSED)
        return join_bus(s, r, a, b);
    *port_of(b) = sync && b->node->info->cls->tick ? synchronise(s, s->frozen.words[*port_of(a)], b->node, sync) : *port_of(a);
    return 0;
}

int check_edge(struct bl_sim *s, const struct raw_wire *r, const struct end *a)
{
    const struct bl_word *w = r->link.edge != BL_ANY_EDGE ? s->frozen.words[*port_of(a)] : NULL;

    if (!w || one_bit(w))
        return 0;
    return bl_error(s->diag, "%s: %s is %u x %u bit; an edge is one of a single bit, expected any change", where_of(r->where), r->from,
                    w->lanes, w->bits);
}

/* An output fires an event; which events are one is known later. */
static int join_edge(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    s->declared.edges = grown(s->declared.edges, s->declared.nedges, &s->declared.room_edges, sizeof *s->declared.edges);
    s->declared.edges[s->declared.nedges++] = (struct edge_wire){ *port_of(a), *port_of(b), r->link.edge };
    return check_edge(s, r, a);
}

static uint32_t event_root(const uint32_t *same, uint32_t e)
{
    while (same[e] != e)
        e = same[e];
    return e;
}

static int join_ends(struct bl_sim *s, const struct raw_wire *r, struct end *a, struct end *b, uint32_t *same)
{
    enum bl_field_kind from = a->field->kind, to = b->field->kind;

    switch (check_link(s, r, from, to)) {
    case BAD_WORD:
        return -1;
    case A_CHANNEL:
        return join_ring(s, r, a, b);
    case A_WORD:
        return join_word(s, r, a, b);
    case AN_EDGE:
        return join_edge(s, r, a, b);
    case ONE_EVENT: {
        uint32_t x = event_root(same, *port_of(a)), y = event_root(same, *port_of(b));
        same[x > y ? x : y] = x > y ? y : x;
        return 0;
    }
    default:
        break;
    }
    bool turned = link_as(to, from) == A_CHANNEL || link_as(to, from) == A_WORD;
    return bl_error(s->diag, "%s: %s is %s and %s is %s; %s", where_of(r->where), r->from, bl_field_kinds[from].text, r->to,
                    bl_field_kinds[to].text, turned ? "turn the wire around" :
                    "expected push -> pop, output -> input, event -> event, output -> event, lock -> lock, or an output, event or process -> PART.process");
}

static int join(struct bl_sim *s, const struct raw_wire *r, uint32_t *same)
{
    struct end a = { 0 }, b = { 0 };
    int bad = 0;

    if (resolve(s, r->from, r->where, &a))
        bad = -1, a.field = NULL;
    const struct bl_node *process = process_named(s, r->to);
    bool to_process = process || (!bad && a.field->kind == BL_KIND_PROCESS);
    if (!to_process && resolve(s, r->to, r->where, &b))
        bad = -1, b.field = NULL;
    if (!bad)
        bad = to_process ? join_process(s, r, &a, process) : join_ends(s, r, &a, &b, same);
    if (bad) {
        refuse(&a);
        refuse(&b);
    }
    return bad;
}

uint32_t fires_at(enum bl_edge edge) { return edge == BL_RISING ? FIRES_POS : edge == BL_FALLING ? FIRES_NEG : FIRES; }

/* Events that wires join become one, the first of them. */
static void merge_events(struct bl_sim *s, const uint32_t *same)
{
    for (size_t i = 0; i < s->frozen.nparts; i++)
        for (uint32_t k = 0; k < s->frozen.nodes[i]->info->nfields; k++)
            if (bl_field_is(&s->frozen.nodes[i]->info->cls->fields[k], BL_IS_AWAITED))
                s->frozen.nodes[i]->port[k] = event_root(same, s->frozen.nodes[i]->port[k]);
    for (size_t i = 0; i < s->declared.nedges; i++) {
        const struct edge_wire *x = &s->declared.edges[i];
        listen_to(s, s->frozen.words[signal_of(s, x->word)], fires_at(x->edge), event_root(same, x->event));
    }
}

/* ---- ports of composites ---- */

/* Every port of a composite is that of one child, of the same kind and width; every export has such a port. */
static int check_export(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    struct end own = { n, &n->info->cls->fields[k], k }, child;
    const char *name = arena_text(&s->fixed, "%s.%s", n->path, own.field->name), *at = where_of(n->where);
    uint32_t bits, child_bits;

    if (names_find(&s->declared.export_names, name) == NONE)
        return bl_error(s->diag, "%s: %s: class %s exports no child's port as its own %s (bl_child_export in build)", at, n->path,
                        n->info->cls->name, own.field->name);
    if (resolve(s, name, n->where, &child))
        return -1;
    uint32_t lanes = width_of(s, &own, &bits), child_lanes = width_of(s, &child, &child_bits);
    if (child.field->kind == own.field->kind && lanes == child_lanes && bits == child_bits)
        return 0;
    return bl_error(s->diag, "%s: %s is %s of %u x %u bit, %s.%s behind it %s of %u x %u bit; expected the same", at, name,
                    bl_field_kinds[own.field->kind].text, lanes, bits, child.node->path, child.field->name,
                    bl_field_kinds[child.field->kind].text, child_lanes, child_bits);
}

static int check_composites(struct bl_sim *s)
{
    int bad = 0;

    for (size_t i = 0; s->declared.any_build && i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0; n->info->cls->build && k < n->info->nfields; k++)
            if (bl_field_is(&n->info->cls->fields[k], BL_IS_PORT))
                bad |= check_export(s, n, k);
    }
    for (size_t i = 0; i < s->declared.nexports; i++) {
        const char *port = s->declared.exports[i].port, *dot = strrchr(port, '.');
        struct bl_node *n = node_named(s, arena_text(&s->fixed, "%.*s", (int)(dot - port), port));
        if (n && !class_field(n->info->cls, dot + 1))
            bad = bl_error(s->diag, "%s: %s: class %s has no port '%s' to export %s as", where_of(n->where), n->path,
                           n->info->cls->name, dot + 1, s->declared.exports[i].to);
    }
    return bad;
}

/* ---- open ports ---- */

static void leave_open(struct bl_sim *s, struct bl_node *n, uint32_t k)
{
    struct end e = { n, &n->info->cls->fields[k], k };
    uint32_t bits, lanes = width_of(s, &e, &bits);

    if (e.field->kind == BL_KIND_IN) {
        n->port[k] = word_new(s, NONE, place_of(s, &e), lanes, bits)->id;
        return;
    }
    struct bl_ring *g = arena_get(&s->fixed, sizeof *g);
    *g = (struct bl_ring){ .lanes = lanes, .bits = bits, .elem = elem_of(bits), .slot = item_bytes(lanes, bits) };
    g->push_word = g->pop_word = word_new(s, NONE, place_of(s, &e), 1, 32);   /* depth 0 has no room, equal counters no item */
    s->frozen.rings = grown(s->frozen.rings, s->frozen.nrings, &s->frozen.room_rings, sizeof *s->frozen.rings);
    s->frozen.links = grown(s->frozen.links, s->frozen.nrings, &s->frozen.room_links, sizeof *s->frozen.links);
    s->frozen.links[s->frozen.nrings] = (struct link_info){ NONE, NONE, g->push_word->id, g->push_word->id, false };
    n->port[k] = (uint32_t)s->frozen.nrings;
    s->frozen.rings[s->frozen.nrings++] = g;
}

static int check_open(struct bl_sim *s)
{
    int bad = 0;

    for (size_t i = 0; i < s->frozen.nparts; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        for (uint32_t k = 0, end = n->info->cls->build ? 0 : n->info->nfields; k < end; k++) {
            const struct bl_field *f = &n->info->cls->fields[k];
            if (!bl_field_is(f, BL_IS_NEEDED) || n->port[k] != NONE)
                continue;
            if (f->flags & BL_OPTIONAL && bl_field_is(f, BL_IS_PORT))
                leave_open(s, n, k);
            else
                bad = bl_error(s->diag, "%s: %s.%s is %s and nothing is wired to it (%s)", where_of(n->where), n->path, f->name,
                               bl_field_kinds[f->kind].text, f->help);
        }
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
    uint32_t (*pair)[2] = fresh(most, sizeof *pair);
    n = bind_senses(s, pair);
    for (size_t i = 0; events && i < s->frozen.nparts; i++)
        for (uint32_t k = 0; s->frozen.nodes[i]->info->cls->tick && k < s->frozen.nodes[i]->info->nfields; k++)
            if (s->frozen.nodes[i]->info->cls->fields[k].kind == BL_KIND_EVENT) {
                pair[n][0] = s->frozen.nodes[i]->port[k];
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
    free(pair);
}

static int by_target(const void *a, const void *b)
{
    const struct raw_wire *x = a, *y = b;
    int c = natural_order(x->to, y->to);

    c = c ? c : strcmp(x->to, y->to);                  /* t[02] and t[2] */
    c = c ? c : natural_order(x->from, y->from);
    return c ? c : strcmp(x->from, y->from);
}

int bind_all(struct bl_sim *s)
{
    unsigned before = s->diag->errors;
    int bad = 0;

    make_outputs(s);
    put_sorted(s->declared.wires, s->declared.nwires, sizeof *s->declared.wires, by_target);
    uint32_t *same = arena_get(&s->fixed, (s->frozen.nevents + 1) * sizeof *same);
    for (uint32_t e = 0; e < s->frozen.nevents; e++)
        same[e] = e;
    for (size_t i = 0; i < s->declared.nwires; i++)
        bad |= join(s, &s->declared.wires[i], same);
    bad |= bind_buses(s);
    if (s->frozen.nevents) {
        merge_events(s, same);
        bad |= bind_locks(s);
    }
    bad |= check_composites(s);
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

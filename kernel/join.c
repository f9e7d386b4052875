/* join.c - the wires, one by one: ends resolved through composites, kinds, drivers, widths and clocks checked; each becomes a word,
 * a channel or a pipe, or makes two events one. */
#include "kernel/bind.h"

#include <stdio.h>

#define MOST_RING (UINT64_C(1) << 32)    /* bytes of a channel */
enum { REFUSED = -2 };                   /* a port whose wire was refused: said once, not again as an open port */

/* ---- ends ---- */

struct bl_node *part_of(struct bl_sim *s, const char *text, size_t n)
{
    struct bl_node **bound = s->declared.bound, *found = NULL;
    char path[512];

    for (uint32_t k = 2; k-- > 0 && !found;) {          /* mostly that of one of the two texts before, or its neighbour */
        const uint32_t last = bound[k] ? bound[k]->id : 0;
        for (uint32_t i = last; i < s->frozen.nparts && i <= last + 1 && !found; i++)
            if (!strncmp(s->frozen.nodes[i]->path, text, n) && !s->frozen.nodes[i]->path[n])
                found = s->frozen.nodes[i];
    }
    if (!found && n < sizeof path) {                    /* no path is longer */
        memcpy(path, text, n);
        path[n] = '\0';
        found = node_named(s, path);
    }
    if (found != bound[0]) {
        bound[1] = bound[0];
        bound[0] = found;
    }
    return found;
}

/* The port behind one that is exported. A scope's export stands in somebody's file: what is wrong behind it is said at that place. */
static const char *behind_exports(struct bl_sim *s, const char *text, const char **where, struct raw_export **via)
{
    uint32_t x;

    for (int hops = 0; s->declared.nexports && hops < 64 && (x = names_find(&s->declared.export_names, text)) != NONE; hops++) {
        *via = &s->declared.exports[x];
        *where = (*via)->where ? (*via)->where : *where;
        text = (*via)->to;
    }
    return text;
}

/* The part's port that a text means; via: the last export on the way to it. */
static int look_for(struct bl_sim *s, const char *text, const char *where, struct end *e, struct raw_export **via)
{
    uint32_t element;

    text = behind_exports(s, text, &where, via);
    if (*via && (*via)->told)
        return -1;
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
    e->field = port_of_text(s, e->node, dot + 1, where, &element);
    if (!e->field || element_of(s, e->node, e->field, where, &element))
        return -1;
    e->index = e->node->first[class_field_index(e->node->info->cls, e->field)] + element;
    if (!e->node->info->cls->build || !bl_field_is(e->field, BL_IS_PORT))
        return 0;
    const char *name = end_text(s, e);   /* an array of one may have been written with [0] */
    if (!strcmp(name, text) || names_find(&s->declared.export_names, name) == NONE)
        return -1;                       /* exported by no child: check_composites says so, once */
    return look_for(s, name, where, e, via);
}

int resolve(struct bl_sim *s, const char *text, const char *where, struct end *e)
{
    struct raw_export *via = NULL;
    int bad = look_for(s, text, where, e, &via);

    if (bad && via)
        via->told = true;
    return bad;
}

static void unheard(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

bool resolves(struct bl_sim *s, const char *text, struct end *e)
{
    struct bl_diag quiet = { .put = unheard }, *diag = s->diag;
    struct raw_export *via = NULL;

    s->diag = &quiet;
    bool found = !look_for(s, text, NULL, e, &via);
    s->diag = diag;
    return found;
}

const char *end_text(struct bl_sim *s, const struct end *e)
{
    return arena_text(&s->texts, "%s.%s", e->node->path, port_text(&s->texts, e->node, e->index));
}

bool is_free(const struct end *e) { return *port_of(e) == NONE || *port_of(e) == (uint32_t)REFUSED; }

static void refuse(const struct end *e)
{
    if (e->field && bl_field_is(e->field, BL_IS_NEEDED) && *port_of(e) == NONE)
        *port_of(e) = (uint32_t)REFUSED;
}

uint32_t width_of(struct bl_sim *s, const struct end *e, uint32_t *bits)
{
    uint32_t lanes = port_width(e->node, e->field->lanes);

    *bits = port_width(e->node, e->field->bits);
    if (lanes == 0 || *bits == 0 || lanes * (((uint64_t)*bits + 63) / 64) > 1u << 20)
        bl_error(s->diag, "%s: %s.%s is %u lanes of %u bits; expected at least 1 of 1, together at most 2^20 words of 64 bits",
                 where_of(e->node->where), e->node->path, e->field->name, lanes, *bits);
    return lanes;
}

/* ---- what it becomes ---- */

static struct bl_word *word_of(struct bl_sim *s, const struct end *e, uint32_t lanes, uint32_t bits)
{
    return word_new(s, e->node->id, place_of(s, e), lanes, bits);
}

int wrong_width(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    uint32_t abits, bbits, alanes = width_of(s, a, &abits), blanes = width_of(s, b, &bbits);

    if (alanes == blanes && abits == bbits)
        return 0;
    return bl_error(s->diag, "%s: %s is %u x %u bit, %s is %u x %u bit; expected equal widths", where_of(r->where), r->from,
                    alanes, abits, r->to, blanes, bbits);
}

/* The wire that reached this end before r did; in an error only, so it may take its time. */
static const struct raw_wire *wire_before(struct bl_sim *s, const struct raw_wire *r, const struct end *b)
{
    struct end e = { 0 };

    for (const struct raw_wire *w = s->declared.wires; w < r; w++)
        if (!process_named(s, w->to) && !resolve(s, w->to, w->where, &e) && e.node == b->node && e.index == b->index)
            return w;
    return NULL;
}

/* An end that is not written as the port of a part, but through what is exported. */
static bool is_indirect(const struct bl_sim *s, const char *text) { return names_find(&s->declared.export_names, text) != NONE; }

int two_drivers(struct bl_sim *s, const struct raw_wire *r, const struct end *b, const char *first)
{
    const struct raw_wire *w = wire_before(s, r, b);

    if (w && w->where && (is_indirect(s, w->from) || is_indirect(s, w->to) || is_indirect(s, r->to)))
        return bl_error(s->diag, "%s: %s has two drivers, %s (%s) and %s; a port takes one wire", where_of(r->where), r->to, w->from, w->where,
                        r->from);
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
    if (r->link.sync <= 0 && !s->declared.loose)
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
        return two_drivers(s, r, b, word_name(s->frozen.rings[*port_of(b)]->push_word));
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
    if (r->link.pipe > BL_PIPE_MOST)
        return bl_error(s->diag, "%s: pipe %s -> %s has %u items; expected 1 .. %d, or depth N", where_of(r->where), r->from, r->to,
                        r->link.pipe, BL_PIPE_MOST);
    struct bl_ring *g = arena_get(&s->fixed, sizeof *g);
    g->lanes = width_of(s, a, &bits);
    g->bits = bits;
    g->elem = elem_of(bits);
    g->slot = (item_bytes(g->lanes, bits) + 7) / 8 * 8;
    g->depth = r->link.pipe ? r->link.pipe : r->link.depth;
    for (g->mask = 1; g->mask < g->depth; g->mask *= 2)
        ;
    g->mask--;
    if ((uint64_t)(g->mask + 1) * g->slot > MOST_RING)
        return bl_error(s->diag, "%s: channel %s -> %s holds %u items of %u bytes each; expected at most 4 GiB in all", where_of(r->where), r->from, r->to, g->depth,
                        (unsigned)g->slot);
    g->push_word = word_of(s, a, 1, 32);
    g->pop_word = word_of(s, b, 1, 32);
    struct link_info in = { a->node->id, b->node->id, g->push_word->id, g->pop_word->id, r->link.pipe != 0 };
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
        return two_drivers(s, r, b, word_name(s->frozen.words[*port_of(b)]));
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

uint32_t fires_at(enum bl_edge edge) { return edge == BL_RISING ? FIRES_POS : edge == BL_FALLING ? FIRES_NEG : FIRES; }

/* An output fires an event; which events are one is known later. */
static int join_edge(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    s->declared.edges = grown(s->declared.edges, s->declared.nedges, &s->declared.room_edges, sizeof *s->declared.edges);
    const bool channel = bl_field_is(a->field, BL_IS_CHANNEL);

    s->declared.edges[s->declared.nedges++] = (struct edge_wire){ *port_of(a), *port_of(b), r->link.edge, channel ? port_of(a) : NULL,
                                                                  a->field->kind == BL_KIND_PUSH };
    return channel ? 0 : check_edge(s, r, a);
}

uint32_t event_root(const uint32_t *same, uint32_t e)
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
                    "expected push -> pop, output -> input, event -> event, output, push or pop -> event, lock -> lock, or an output, event or process -> PART.process");
}

static int join_wire(struct bl_sim *s, const struct raw_wire *r, uint32_t *same)
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

static int by_target(const void *a, const void *b)
{
    const struct raw_wire *x = a, *y = b;
    int c = natural_order(x->to, y->to);

    c = c ? c : strcmp(x->to, y->to);                  /* t[02] and t[2] */
    c = c ? c : natural_order(x->from, y->from);
    return c ? c : strcmp(x->from, y->from);
}

void sort_wires(struct bl_sim *s) { put_sorted(s->declared.wires, s->declared.nwires, sizeof *s->declared.wires, by_target); }

int join_wires(struct bl_sim *s, uint32_t *same)
{
    int bad = 0;

    sort_wires(s);
    for (size_t i = 0; i < s->declared.nwires; i++)
        bad |= join_wire(s, &s->declared.wires[i], same);
    return bad;
}

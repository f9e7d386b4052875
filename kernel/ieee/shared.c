/* shared.c - what several waiting parts share: an end of a channel; a signal that many write, or of four states that is
 * resolved. */
#include "kernel/bind.h"
#include "kernel/ieee/inside.h"

#include <stdlib.h>

/* ---- wiring ----
 * A word that drives one has `bus`, its number plus 1. Buses that meet at an input become one; `same` leads to it. */

static uint32_t bus_root(const struct bl_sim *s, uint32_t n)
{
    while (s->frozen.buses[n].same != n)
        n = s->frozen.buses[n].same;
    return n;
}

uint32_t signal_of(const struct bl_sim *s, uint32_t word)
{
    uint32_t bus = s->frozen.words[word]->bus;

    return bus ? s->frozen.buses[bus_root(s, bus - 1)].word->id : word;
}

static int check_bus(struct bl_sim *s, const struct raw_wire *r, const struct end *a)
{
    const struct bl_word *w = s->frozen.words[*port_of(a)];

    if (!a->node->info->cls->run)
        return bl_error(s->diag, "%s: %s is of a clocked or combinational part; a signal with several drivers takes waiting parts only",
                        where_of(r->where), r->from);
    if (r->link.sync > 1)
        return bl_error(s->diag, "%s: %s -> %s shares a signal and says sync %d; expected none: put a part with run between that "
                        "writes an output of its own", where_of(r->where), r->from, r->to, r->link.sync - 1);
    if (r->link.sharing == BL_RESOLVED && w->bits != 2)
        return bl_error(s->diag, "%s: %s is %u x %u bit; a resolved signal has lanes of 2 bits (BL_LOW, BL_HIGH, BL_Z, BL_X)",
                        where_of(r->where), r->from, w->lanes, w->bits);
    return 0;
}

static uint32_t bus_with(struct bl_sim *s, struct bl_word *driver, enum bl_sharing sharing)
{
    if (!driver->bus) {
        s->frozen.buses = grown(s->frozen.buses, s->frozen.nbuses, &s->frozen.room_buses, sizeof *s->frozen.buses);
        struct bl_word *w = word_new(s, s->frozen.word_owner[driver->id], s->frozen.word_port[driver->id], driver->lanes, driver->bits);
        s->frozen.buses[s->frozen.nbuses] = (struct bus){ .word = w, .sharing = sharing, .same = (uint32_t)s->frozen.nbuses, .writer = NONE };
        driver->bus = (uint32_t)++s->frozen.nbuses;
    }
    return bus_root(s, driver->bus - 1);
}

int join_bus(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    if (check_bus(s, r, a))
        return -1;
    uint32_t x = bus_with(s, s->frozen.words[*port_of(a)], r->link.sharing), y = x;
    if (*port_of(b) != NONE) {
        for (y = 0; y < s->frozen.nbuses && s->frozen.buses[y].word->id != *port_of(b); y++)
            ;
        if (y == s->frozen.nbuses)
            return bl_error(s->diag, "%s: %s has a driver of its own, %s, and shares %s; mark both wires 'many' or 'resolved'",
                            where_of(r->where), r->to, word_name(s->frozen.words[*port_of(b)]), r->from);
        y = bus_root(s, y);
    }
    if (s->frozen.buses[x].sharing != r->link.sharing || s->frozen.buses[y].sharing != r->link.sharing)
        return bl_error(s->diag, "%s: %s -> %s: one signal is marked both 'many' and 'resolved'", where_of(r->where), r->from, r->to);
    s->frozen.buses[x > y ? x : y].same = x > y ? y : x;
    *port_of(b) = s->frozen.buses[bus_root(s, x)].word->id;
    return 0;
}

/* A further user of one end of a channel: both it and the first are waiting parts. */
int join_shared(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    const struct end *known = is_free(a) ? b : a, *more = is_free(a) ? a : b;
    uint32_t ring = *port_of(known);

    if (!is_free(more))
        return ring == *port_of(more) ? 0 : two_drivers(s, r, b, word_name(s->frozen.rings[*port_of(b)]->push_word));
    const struct bl_node *first = s->frozen.nodes[more == a ? s->frozen.links[ring].push_node : s->frozen.links[ring].pop_node];
    if (!first->info->cls->run || !more->node->info->cls->run || r->link.sharing != BL_MANY)
        return bl_error(s->diag, "%s: %s -> %s: %s and %s would share one end of a channel; only waiting parts may, on wires marked 'many'",
                        where_of(r->where), r->from, r->to, first->path, more->node->path);
    if (r->link.depth != s->frozen.rings[ring]->depth)
        return bl_error(s->diag, "%s: %s -> %s has depth %u and is a channel of depth %u already; expected the same", where_of(r->where),
                        r->from, r->to, r->link.depth, s->frozen.rings[ring]->depth);
    if (wrong_width(s, r, a, b))
        return -1;
    *port_of(more) = ring;
    return 0;
}

/* The inputs of a field read the bus that theirs became. */
static void read_signals(struct bl_sim *s, struct bl_node *n, uint32_t k, const uint32_t *bus_at)
{
    for (uint32_t i = n->first[k]; i < n->first[k + 1]; i++) {
        uint32_t bus = n->port[i] < s->frozen.nwords ? bus_at[n->port[i]] : 0;
        if (bus)
            n->port[i] = s->frozen.buses[bus_root(s, bus - 1)].word->id;
        else if (n->port[i] < s->frozen.nwords)
            n->port[i] = signal_of(s, n->port[i]);
    }
}

/* Inputs read the bus that theirs became; each bus knows its drivers, in path order. */
int bind_buses(struct bl_sim *s)
{
    uint32_t used = 0;

    if (!s->frozen.nbuses)
        return 0;
    s->frozen.bus_drivers = arena_get(&s->fixed, s->frozen.nwords * sizeof *s->frozen.bus_drivers);
    uint32_t *bus_at = lent(s->frozen.nwords, sizeof *bus_at);          /* by word: bus + 1 whose signal it is */
    for (uint32_t k = 0; k < s->frozen.nbuses; k++)
        bus_at[s->frozen.buses[k].word->id] = k + 1;
    for (size_t i = 0; i < s->frozen.nnodes; i++)
        for (uint32_t k = 0; k < s->frozen.nodes[i]->info->nfields; k++)
            if (s->frozen.nodes[i]->info->cls->fields[k].kind == BL_KIND_IN)
                read_signals(s, s->frozen.nodes[i], k, bus_at);
    give_back(bus_at);
    for (uint32_t k = 0; k < s->frozen.nbuses; k++) {
        s->frozen.buses[k].drivers.first = used;
        for (uint32_t w = 0; w < s->frozen.nwords; w++)
            if (s->frozen.words[w]->bus && bus_root(s, s->frozen.words[w]->bus - 1) == k)
                s->frozen.bus_drivers[used++] = w;
        s->frozen.buses[k].drivers.n = used - s->frozen.buses[k].drivers.first;
    }
    for (uint32_t w = 0; w < s->frozen.nwords; w++)
        if (s->frozen.words[w]->bus) {
            s->frozen.words[w]->bus = bus_root(s, s->frozen.words[w]->bus - 1) + 1;
            s->frozen.words[w]->special = s->frozen.buses[s->frozen.words[w]->bus - 1].sharing == BL_MANY ? MANY_DRIVER : RESOLVED_DRIVER;
        }
    return 0;
}

void buses_layout(struct bl_sim *s)
{
    for (size_t i = 0; s->frozen.nbuses && i < s->frozen.nwords; i++)
        if (s->frozen.words[i]->special & MANY_DRIVER) {
            s->frozen.words[i]->now = s->frozen.buses[s->frozen.words[i]->bus - 1].word->now;
            s->frozen.words[i]->next = s->frozen.buses[s->frozen.words[i]->bus - 1].word->next;
        }
}

/* ---- work ---- */

/* The four-state table: Z gives way, equal values agree, all else is X. */
static uint8_t resolve_two(uint8_t a, uint8_t b) { return a == BL_Z ? b : b == BL_Z || a == b ? a : BL_X; }

static void bus_resolve(struct bl_sim *s, const struct bus *bus)
{
    uint8_t *to = bus->word->next;

    for (uint32_t l = 0; l < bus->word->lanes; l++) {
        uint8_t v = BL_Z;
        for (uint32_t i = bus->drivers.first; i < bus->drivers.first + bus->drivers.n; i++)
            v = resolve_two(v, ((const uint8_t *)s->frozen.words[s->frozen.bus_drivers[i]]->next)[l] & 3);
        to[l] = v;
    }
}

void buses_reset(struct bl_sim *s)
{
    for (size_t i = 0; i < s->frozen.nbuses; i++)
        if (s->frozen.buses[i].same == i && s->frozen.buses[i].sharing == BL_RESOLVED)
            bus_resolve(s, &s->frozen.buses[i]);
}

static void queue_bus(struct bl_sim *s, const struct bus *bus)
{
    if (bus->word->queued)
        return;
    bus->word->queued = 1;
    s->run.dirty[s->run.ndirty++] = bus->word;
}

void bus_write(struct bl_sim *s, const struct bl_word *driver)
{
    struct bus *bus = &s->frozen.buses[driver->bus - 1];
    char time[40];

    if (s->run.in_init)
        return;
    if (bus->word->queued && bus->writer != driver->id) {
        bl_error(s->diag, "%s and %s both write one signal in one delta, at %s; expected one writer a delta (or a resolved signal)",
                 word_name(s->frozen.words[bus->writer]), word_name(driver), bl_time_text(s->core->now, time));
        s->core->ending |= END_FAIL;
    }
    bus->writer = driver->id;
    queue_bus(s, bus);
}

void bus_commit(struct bl_sim *s, const struct bl_word *driver)
{
    const struct bus *bus = &s->frozen.buses[driver->bus - 1];

    bus_resolve(s, bus);                 /* every driver's `next` is final in the update phase */
    queue_bus(s, bus);
}

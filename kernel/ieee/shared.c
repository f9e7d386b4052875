/* shared.c - what several waiting parts share: an end of a channel; a signal that many write, or of four states that is
 * resolved. */
#include "kernel/bind.h"
#include "kernel/ieee/inside.h"

#include <stdlib.h>

/* ---- wiring ----
 * A word that drives one has `bus`, its number plus 1. Buses that meet at an input become one; `same` leads to it. */

static uint32_t bus_root(const struct bl_sim *s, uint32_t n)
{
    while (s->buses[n].same != n)
        n = s->buses[n].same;
    return n;
}

uint32_t signal_of(const struct bl_sim *s, uint32_t word)
{
    uint32_t bus = s->words[word]->bus;

    return bus ? s->buses[bus_root(s, bus - 1)].word->id : word;
}

static int check_bus(struct bl_sim *s, const struct raw_wire *r, const struct end *a)
{
    const struct bl_word *w = s->words[*port_of(a)];

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
        s->buses = grown(s->buses, s->nbuses, &s->room_buses, sizeof *s->buses);
        s->buses[s->nbuses] = (struct bus){ .sharing = sharing, .same = (uint32_t)s->nbuses, .writer = NONE,
                                          .word = word_new(s, s->word_owner[driver->id], s->word_port[driver->id], driver->lanes, driver->bits) };
        driver->bus = (uint32_t)++s->nbuses;
    }
    return bus_root(s, driver->bus - 1);
}

int join_bus(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    if (check_bus(s, r, a))
        return -1;
    uint32_t x = bus_with(s, s->words[*port_of(a)], r->link.sharing), y = x;
    if (*port_of(b) != NONE) {
        for (y = 0; y < s->nbuses && s->buses[y].word->id != *port_of(b); y++)
            ;
        if (y == s->nbuses)
            return bl_error(s->diag, "%s: %s has a driver of its own, %s, and shares %s; mark both wires 'many' or 'resolved'",
                            where_of(r->where), r->to, word_name(s->words[*port_of(b)]), r->from);
        y = bus_root(s, y);
    }
    if (s->buses[x].sharing != r->link.sharing || s->buses[y].sharing != r->link.sharing)
        return bl_error(s->diag, "%s: %s -> %s: one signal is marked both 'many' and 'resolved'", where_of(r->where), r->from, r->to);
    s->buses[x > y ? x : y].same = x > y ? y : x;
    *port_of(b) = s->buses[bus_root(s, x)].word->id;
    return 0;
}

/* A further user of one end of a channel: both it and the first are waiting parts. */
int join_shared(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b)
{
    const struct end *known = is_free(a) ? b : a, *more = is_free(a) ? a : b;
    uint32_t ring = *port_of(known);

    if (!is_free(more))
        return ring == *port_of(more) ? 0 : two_drivers(s, r, word_name(s->rings[*port_of(b)]->push_word));
    const struct bl_node *first = s->nodes[more == a ? s->links[ring].push_node : s->links[ring].pop_node];
    if (!first->info->cls->run || !more->node->info->cls->run || r->link.sharing != BL_MANY)
        return bl_error(s->diag, "%s: %s -> %s: %s and %s would share one end of a channel; only waiting parts may, on wires marked 'many'",
                        where_of(r->where), r->from, r->to, first->path, more->node->path);
    if (r->link.depth != s->rings[ring]->depth)
        return bl_error(s->diag, "%s: %s -> %s has depth %u and is a channel of depth %u already; expected the same", where_of(r->where),
                        r->from, r->to, r->link.depth, s->rings[ring]->depth);
    if (wrong_width(s, r, a, b))
        return -1;
    *port_of(more) = ring;
    return 0;
}

/* Inputs read the bus that theirs became; each bus knows its drivers, in path order. */
int bind_buses(struct bl_sim *s)
{
    uint32_t used = 0, of_word = NONE;

    if (!s->nbuses)
        return 0;
    s->bus_drivers = arena_get(&s->fixed, s->nwords * sizeof *s->bus_drivers);
    uint32_t *bus_at = fresh(s->nwords, sizeof *bus_at);          /* by word: bus + 1 whose signal it is */
    for (uint32_t k = 0; k < s->nbuses; k++)
        bus_at[s->buses[k].word->id] = k + 1;
    for (size_t i = 0; i < s->nnodes; i++)
        for (uint32_t k = 0; k < s->nodes[i]->info->nfields; k++) {
            uint32_t *port = &s->nodes[i]->port[k];
            if (s->nodes[i]->info->cls->fields[k].kind != BL_KIND_IN || *port >= s->nwords)
                continue;
            of_word = bus_at[*port];
            *port = of_word ? s->buses[bus_root(s, of_word - 1)].word->id : signal_of(s, *port);
        }
    free(bus_at);
    for (uint32_t k = 0; k < s->nbuses; k++) {
        s->buses[k].drivers.first = used;
        for (uint32_t w = 0; w < s->nwords; w++)
            if (s->words[w]->bus && bus_root(s, s->words[w]->bus - 1) == k)
                s->bus_drivers[used++] = w;
        s->buses[k].drivers.n = used - s->buses[k].drivers.first;
    }
    for (uint32_t w = 0; w < s->nwords; w++)
        if (s->words[w]->bus) {
            s->words[w]->bus = bus_root(s, s->words[w]->bus - 1) + 1;
            s->words[w]->special = s->buses[s->words[w]->bus - 1].sharing == BL_MANY ? MANY_DRIVER : RESOLVED_DRIVER;
        }
    return 0;
}

void buses_layout(struct bl_sim *s)
{
    for (size_t i = 0; s->nbuses && i < s->nwords; i++)
        if (s->words[i]->special & MANY_DRIVER) {
            s->words[i]->now = s->buses[s->words[i]->bus - 1].word->now;
            s->words[i]->next = s->buses[s->words[i]->bus - 1].word->next;
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
            v = resolve_two(v, ((const uint8_t *)s->words[s->bus_drivers[i]]->next)[l] & 3);
        to[l] = v;
    }
}

void buses_reset(struct bl_sim *s)
{
    for (size_t i = 0; i < s->nbuses; i++)
        if (s->buses[i].same == i && s->buses[i].sharing == BL_RESOLVED)
            bus_resolve(s, &s->buses[i]);
}

static void queue_bus(struct bl_sim *s, const struct bus *bus)
{
    if (bus->word->queued)
        return;
    bus->word->queued = 1;
    s->dirty[s->ndirty++] = bus->word;
}

void bus_write(struct bl_sim *s, const struct bl_word *driver)
{
    struct bus *bus = &s->buses[driver->bus - 1];
    char time[40];

    if (s->in_init)
        return;
    if (bus->word->queued && bus->writer != driver->id) {
        bl_error(s->diag, "%s and %s both write one signal in one delta, at %s; expected one writer a delta (or a resolved signal)",
                 word_name(s->words[bus->writer]), word_name(driver), bl_time_text(s->core->now, time));
        s->core->ending |= END_FAIL;
    }
    bus->writer = driver->id;
    queue_bus(s, bus);
}

void bus_commit(struct bl_sim *s, const struct bl_word *driver)
{
    const struct bus *bus = &s->buses[driver->bus - 1];

    bus_resolve(s, bus);                 /* every driver's `next` is final in the update phase */
    queue_bus(s, bus);
}

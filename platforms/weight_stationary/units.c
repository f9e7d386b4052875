/* units.c - who is wired to whom: from the host's `go` to a dma, feeders and collectors; from each feeder, row loader and row counter along
 * the wires to the collector behind the same macro. */
#include "platforms/weight_stationary/units.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"

enum { NOWHERE = UINT16_MAX, MOST_HOPS = 64 };

/* A wire by its parts; `from` and `to` are paths, the port behind them, the element of an array of ports. */
struct end { const char *part, *port; uint32_t element; };
struct edge { struct edge *next; struct end from, to; };
struct graph { struct bl_job *job; struct bl_sim *s; const struct bl_array *a; bool chip; struct edge *first, **last; };

/* ---- the wires ---- */

/* "core[0].feeder.req[3]" */
static struct end end_of(struct bl_job *job, const char *text)
{
    const size_t n = strlen(text) + 1;
    char *own = memcpy(bl_job_alloc(job, n), text, n), *dot = strrchr(own, '.'), *bracket = dot ? strchr(dot, '[') : NULL;

    if (!dot)
        return (struct end){ own, "", 0 };
    *dot = '\0';
    if (bracket)
        *bracket = '\0';
    return (struct end){ own, dot + 1, bracket ? (uint32_t)strtoul(bracket + 1, NULL, 10) : 0 };
}

static void add_wire(void *ctx, const struct bl_wire_row *row)
{
    struct graph *g = ctx;
    struct edge *e = bl_job_alloc(g->job, sizeof *e);

    *e = (struct edge){ NULL, end_of(g->job, row->from), end_of(g->job, row->to) };
    *g->last = e;
    g->last = &e->next;
}

static bool is_class(const struct graph *g, const char *part, const char *cls)
{
    const struct bl_class *c = bl_part_class(g->s, part);

    return c && !strcmp(c->name, cls);
}

/* The collector that a part's data comes to, as a core; NOWHERE: none. Memories and hosts are no way, nor is the core below. */
static uint16_t core_behind(const struct graph *g, const struct units *u, const char *part, int hops)
{
    static const char *const ends[] = { "sram", "dram", "dma", "host" };

    for (uint32_t c = 0; c < u->ncores; c++)
        if (u->core[c].collector.part && !strcmp(u->core[c].collector.part, part))
            return (uint16_t)c;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (is_class(g, part, ends[i]))
            return NOWHERE;
    for (const struct edge *e = g->first; e && hops < MOST_HOPS; e = e->next) {
        const uint16_t c = strcmp(e->from.part, part) || !strcmp(e->to.port, "above") ? NOWHERE : core_behind(g, u, e->to.part, hops + 1);
        if (c != NOWHERE)
            return c;
    }
    return NOWHERE;
}

/* ---- units ---- */

static int unplaced(const struct graph *g, const char *what, const char *part)
{
    return bl_error(bl_job_diag(g->job), "%s: array: feed is buffered, but no wires lead from %s '%s' to a collector that %s.go gives jobs to",
                    g->a->at[BL_ARRAY_FEED], what, part, g->a->host);
}

/* Those of class `cls` that `go` leads to, by element; -1 after a bl_error for one that is of no use. */
static int find_go(const struct graph *g, struct units *u)
{
    uint32_t collectors = 0, feeders = 0;

    for (const struct edge *e = g->first; e; e = e->next) {
        if (strcmp(e->from.part, g->a->host) || strcmp(e->from.port, "go"))
            continue;
        const struct unit unit = { e->to.part, (uint16_t)e->from.element, NOWHERE };
        if (is_class(g, unit.part, "dma"))
            u->dma = unit;
        else if (g->chip && is_class(g, unit.part, "vector"))
            u->vec[u->nvec++] = unit;
        else if (is_class(g, unit.part, "collector") && collectors < u->ncores)
            u->core[collectors++].collector = unit;
        else if (is_class(g, unit.part, "feeder"))
            feeders++;
        else
            return bl_error(bl_job_diag(g->job), "%s: array: macros is %u, so %s.go leads to a dma, %u feeders and %u collectors; go[%u] leads to '%s'",
                            g->a->at[BL_ARRAY_MACROS], u->ncores, g->a->host, u->ncores, u->ncores, unit.go, unit.part);
    }
    if (!u->dma.part || feeders != u->ncores || collectors != u->ncores)
        return bl_error(bl_job_diag(g->job), "%s: array: macros is %u, so %s.go leads to a dma, %u feeders and %u collectors; found %s dma, %u feeders and "
                        "%u collectors", g->a->at[BL_ARRAY_MACROS], u->ncores, g->a->host, u->ncores, u->ncores, u->dma.part ? "a" : "no", feeders,
                        collectors);
    return 0;
}

static int find_feeders(const struct graph *g, struct units *u)
{
    for (const struct edge *e = g->first; e; e = e->next) {
        if (strcmp(e->from.part, g->a->host) || strcmp(e->from.port, "go") || !is_class(g, e->to.part, "feeder"))
            continue;
        const uint16_t c = core_behind(g, u, e->to.part, 0);
        if (c == NOWHERE)
            return unplaced(g, "feeder", e->to.part);
        u->core[c].feeder = (struct unit){ e->to.part, (uint16_t)e->from.element, NOWHERE };
    }
    return 0;
}

/* Who counts at which element of `done`. */
static void find_done(const struct graph *g, struct units *u)
{
    for (const struct edge *e = g->first; e; e = e->next) {
        if (strcmp(e->to.part, g->a->host) || strcmp(e->to.port, "done"))
            continue;
        const uint16_t at = (uint16_t)e->to.element, c = core_behind(g, u, e->from.part, 0);
        struct unit *lines = !strcmp(e->from.part, u->dma.part) ? &u->dma : NULL;
        for (uint32_t i = 0; i < u->nvec && !lines; i++)
            lines = strcmp(e->from.part, u->vec[i].part) ? NULL : &u->vec[i];
        if (lines)
            lines->done = at < lines->done ? at : lines->done;
        else if (c == NOWHERE)
            continue;
        else if (is_class(g, e->from.part, "collector"))
            u->core[c].collector.done = at;
        else if (is_class(g, e->from.part, "feeder"))
            u->core[c].feeder.done = at;
        else
            u->core[c].written = at;
    }
}

static void find_targets(const struct graph *g, struct units *u)
{
    for (const struct edge *e = g->first; e; e = e->next) {
        if (strcmp(e->from.part, u->dma.part) || strcmp(e->from.port, "near"))
            continue;
        const uint16_t at = (uint16_t)e->from.element, c = core_behind(g, u, e->to.part, 0);
        if (is_class(g, e->to.part, "sram")) {
            u->buffer = e->to.part;
            u->buffer_target = at;
        } else if (c != NOWHERE) {
            u->core[c].target = at;
            u->core[c].loader = e->to.part;
            u->core[c].checks_rows = is_class(g, e->to.part, "weight_loader");
        }
    }
}

/* The part whose PORT is wired to `to`'s, when it is of class `cls`; NULL: there is none. */
static const char *before(const struct graph *g, const char *part, const char *port, const char *cls)
{
    for (const struct edge *e = g->first; part && e; e = e->next)
        if (!strcmp(e->to.part, part) && !strcmp(e->to.port, port) && is_class(g, e->from.part, cls))
            return e->from.part;
    return NULL;
}

/* The part that PART.PORT is wired to; NULL: none. */
static const char *behind(const struct graph *g, const char *part, const char *port)
{
    for (const struct edge *e = g->first; part && e; e = e->next)
        if (!strcmp(e->from.part, part) && !strcmp(e->from.port, port))
            return e->to.part;
    return NULL;
}

/* The core above, by the wires; NULL: none. */
static const char *above(const struct graph *g, const char *join)
{
    for (const struct edge *e = g->first; e; e = e->next)
        if (!strcmp(e->to.part, join) && !strcmp(e->to.port, "above"))
            return e->from.part;
    return NULL;
}

/* What a chip has besides. */
static int find_chip(const struct graph *g, struct units *u)
{
    for (uint32_t c = 0; c < u->ncores; c++) {
        struct core *k = &u->core[c];
        k->requant = before(g, k->collector.part, "y", "requant");
        k->join = before(g, k->requant, "x", "join");
        k->array = behind(g, k->loader, "row");
        k->input = behind(g, k->feeder.part, "x");
        k->tree = behind(g, k->array, "y");
        if (k->tree && !is_class(g, k->tree, "adder_tree"))
            k->tree = NULL;
        if (!k->join)
            return bl_error(bl_job_diag(g->job), "%s: array: placement is %s, but no join and requant lead to '%s', the collector of macro %u",
                            g->a->at[BL_ARRAY_PLACEMENT], bl_array_word(g->a, BL_ARRAY_PLACEMENT), k->collector.part, c);
        const char *up = c ? above(g, k->join) : NULL;
        if (c && (!up || strcmp(up, u->core[c - 1].join)))
            return bl_error(bl_job_diag(g->job), "%s: array: %s.above is wired to %s; placement %s needs %s.below there", g->a->at[BL_ARRAY_PLACEMENT],
                            k->join, up ? up : "nothing", bl_array_word(g->a, BL_ARRAY_PLACEMENT), u->core[c - 1].join);
    }
    for (uint32_t i = 0; i < u->nvec; i++)
        if (u->vec[i].done == NOWHERE)
            return bl_error(bl_job_diag(g->job), "%s: array: '%s.done' is not wired to %s.done", g->a->at[BL_ARRAY_PLACEMENT], u->vec[i].part, g->a->host);
    return 0;
}

static int missing(const struct graph *g, const char *what, uint32_t core)
{
    return bl_error(bl_job_diag(g->job), "%s: array: feed is buffered, but %s of macro %u is not wired", g->a->at[BL_ARRAY_FEED], what, core);
}

static int check_all(const struct graph *g, const struct units *u)
{
    int bad = u->buffer ? 0 : bl_error(bl_job_diag(g->job), "%s: array: feed is buffered, but no near[..] of '%s' leads to a part of class sram",
                                       g->a->at[BL_ARRAY_FEED], u->dma.part);

    if (u->dma.done == NOWHERE)
        bad = bl_error(bl_job_diag(g->job), "%s: array: feed is buffered, but '%s.done' is not wired to %s.done", g->a->at[BL_ARRAY_FEED],
                       u->dma.part, g->a->host);
    for (uint32_t c = 0; c < u->ncores; c++) {
        const struct core *k = &u->core[c];
        const char *what = !k->feeder.part ? "the feeder" : k->feeder.done == NOWHERE ? "'done' of the feeder" :
                           k->collector.done == NOWHERE ? "'done' of the collector" : k->written == NOWHERE ? "the count of rows written" :
                           k->target == NOWHERE ? "near[..] of the dma to the weights" : NULL;
        if (what)
            bad = missing(g, what, c);
    }
    return bad;
}

int bl_units_find(struct bl_job *job, struct bl_sim *s, const struct bl_array *a, bool chip, struct units *u)
{
    struct graph g = { job, s, a, chip, NULL, NULL };

    g.last = &g.first;

    *u = (struct units){ .dma = { NULL, NOWHERE, NOWHERE }, .ncores = a->n[BL_ARRAY_MACROS] };
    u->core = bl_job_alloc(job, u->ncores * sizeof *u->core);
    u->vec = bl_job_alloc(job, BL_PORTS_MOST * sizeof *u->vec);
    for (uint32_t c = 0; c < u->ncores; c++)
        u->core[c] = (struct core){ .feeder = { NULL, NOWHERE, NOWHERE }, .collector = { NULL, NOWHERE, NOWHERE }, .written = NOWHERE, .target = NOWHERE };
    if (bl_platform_wires(bl_job_options(job)->file, true, add_wire, &g) < 0 || find_go(&g, u) || find_feeders(&g, u))
        return -1;
    find_done(&g, u);
    find_targets(&g, u);
    return check_all(&g, u) || (chip && find_chip(&g, u)) ? -1 : 0;
}

/* ---- sizes ---- */

uint64_t bl_units_ask(struct bl_ask *ask, const char *part, const char *param)
{
    char name[256];

    if (strlen(part) + strlen(param) + 2 > sizeof name)
        return 0;
    strcat(strcat(strcpy(name, part), "."), param);
    return bl_ask_int(ask, name);
}

static int check_width(struct bl_job *job, struct bl_ask *ask, const struct bl_array *a, const char *part, const char *param, uint32_t width)
{
    const uint64_t is = bl_units_ask(ask, part, param);

    return ask->failed ? -1 : is == width ? 0 :
        bl_error(bl_job_diag(job), "%s: array: feed is buffered, so words are as wide everywhere: %s.%s is %llu, but width of %s is %u; set it to %u",
                 a->at[BL_ARRAY_FEED], part, param, (unsigned long long)is, a->host, width, width);
}

uint32_t bl_units_width(struct bl_job *job, struct bl_sim *s, const struct bl_array *a, const struct units *u)
{
    struct bl_ask ask = bl_job_ask(job, s);
    const uint32_t width = (uint32_t)bl_units_ask(&ask, a->host, "width");
    int bad = check_width(job, &ask, a, u->dma.part, "width", width) | check_width(job, &ask, a, u->buffer, "bits", width);

    for (uint32_t c = 0; c < u->ncores; c++)
        bad |= check_width(job, &ask, a, u->core[c].feeder.part, "bits", width) | check_width(job, &ask, a, u->core[c].collector.part, "bits", width) |
               (u->core[c].checks_rows ? check_width(job, &ask, a, u->core[c].loader, "word_bits", width) : 0);
    for (uint32_t i = 0; i < u->nvec; i++)
        bad |= check_width(job, &ask, a, u->vec[i].part, "bits", width);
    return bad || ask.failed ? 0 : width;
}

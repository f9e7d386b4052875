/* elab.c - a simulation from open to frozen: clocks, parts, parameters and wires as they are declared,
 * composites built, everything put in natural path order and laid out. */
#include "kernel/kernel.h"

#include <stdio.h>
#include <stdlib.h>

struct bl_sim *bl_open(const struct bl_class *const *classes, struct bl_diag *diag)
{
    struct bl_sim *s = fresh(1, sizeof *s);

    s->classes = classes;
    s->diag = diag ? diag : &s->own_diag;
    s->seed = 1;
    s->building = true;
    return s;
}

void bl_close(struct bl_sim *s)
{
    if (!s)
        return;
    watch_free(s);
    if (s->order)
        order_fini(s->order);
    free(s->own_order);
    why_close(s, true);
    if (s->building)
        for (size_t i = 0; i < s->nnodes; i++)
            free(s->nodes[i]->self);
    void *all[] = { s->nodes, s->node_by_name, s->infos, s->domains, s->wires, s->senses, s->supplies, s->exports, s->sets,
                    s->memories, s->prices, s->words, s->heard, s->listen, s->links, s->rings, s->procs, s->traces,
                    s->resets, s->edges, s->buses, s->handles };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    names_free(&s->node_names);
    names_free(&s->export_names);
    arena_free(&s->fixed);
    arena_free(&s->state);
    free(s);
}

const struct bl_class *const *bl_classes_of(const struct bl_sim *s) { return s->classes; }
void bl_seed(struct bl_sim *s, uint64_t seed) { s->seed = seed; }

void bl_option(struct bl_sim *s, unsigned option, uint64_t value)
{
    if (option == BL_SHUFFLE) {
        free(s->own_order);
        s->own_order = value ? fresh(1, sizeof *s->own_order) : NULL;
        if (value)
            s->own_order->seed = value;
    }
    if (value)
        s->options |= option;
    else
        s->options &= ~(uint64_t)option;
}

static char *copy(struct bl_sim *s, const char *text) { return text ? arena_text(&s->fixed, "%s", text) : NULL; }

/* A refused call is not forgotten: the simulation cannot be elaborated. */
static int failed(struct bl_sim *s)
{
    s->failed = true;
    return -1;
}

static int too_late(struct bl_sim *s, const char *what, const char *where)
{
    return bl_error(s->diag, "%s: %s after elaboration; declare everything before bl_elaborate", where_of(where), what);
}

/* ---- declarations ---- */

int bl_clock(struct bl_sim *s, const char *name, uint64_t period, uint64_t phase, const char *where)
{
    if (!s->building)
        return too_late(s, "a clock is declared", where);
    for (size_t i = 0; i < s->ndomains; i++)
        if (!strcmp(s->domains[i].name, name)) {
            bl_error(s->diag, "%s: clock '%s' is declared twice", where_of(where), name);
            return failed(s);
        }
    if (period == 0) {
        bl_error(s->diag, "%s: clock '%s' has period 0; expected at least 1 fs", where_of(where), name);
        return failed(s);
    }
    s->domains = grown(s->domains, s->ndomains, &s->room_domains, sizeof *s->domains);
    s->domains[s->ndomains++] = (struct domain){ .name = copy(s, name), .where = copy(s, where), .period = period, .phase = phase };
    return 0;
}

static int unknown_class(struct bl_sim *s, const char *path, const char *cls, const char *where)
{
    const char *known[512];
    size_t n = 0;

    for (const struct bl_class *const *c = s->classes; *c && n < 512; c++)
        known[n++] = (*c)->name;
    const char *near = bl_nearest(cls, known, n);
    if (near)
        return bl_error(s->diag, "%s: %s: class '%s' is not known; did you mean '%s'?", where_of(where), path, cls, near);
    return bl_error(s->diag, "%s: %s: class '%s' is not known; `bitline ls classes` lists them", where_of(where), path, cls);
}

static int check_path(struct bl_sim *s, const char *path, const char *where)
{
    size_t good = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]");

    if (!*path || path[good] || *path == '.' || path[strlen(path) - 1] == '.' || strstr(path, "..") || strlen(path) > 400)
        return bl_error(s->diag, "%s: '%s' is no instance path; expected names of letters, digits and _, an index in [], "
                        "joined by dots, at most 400 characters", where_of(where), path);
    return 0;
}

static uint32_t add_part(struct bl_sim *s, const char *path, const char *cls, const char *clock, uint32_t parent, const char *where)
{
    const struct bl_class *c = bl_class_find(s->classes, cls);

    if (!c)
        return unknown_class(s, path, cls, where), NONE;
    if (check_path(s, path, where) || class_check(s, c))
        return NONE;
    uint32_t old = names_find(&s->node_names, path);
    if (old != NONE) {
        bl_error(s->diag, "%s: part '%s' is declared twice%s%s", where_of(where), path,
                 s->nodes[old]->where ? "; the first is at " : "", s->nodes[old]->where ? s->nodes[old]->where : "");
        return NONE;
    }
    struct bl_node *n = arena_get(&s->fixed, sizeof *n);
    n->sim = s;
    n->path = copy(s, path);
    n->where = copy(s, where);
    n->clock_name = copy(s, clock);
    n->info = class_info_of(s, c);
    n->self = fresh(1, c->size);
    n->id = (uint32_t)s->nnodes;
    n->domain = n->slot = n->proc = n->comb = NONE;
    n->parent = parent;
    ((struct bl_part *)(void *)n->self)->node = n;
    class_preset(c, n->self);
    names_add(&s->node_names, n->path);
    s->nodes = grown(s->nodes, s->nnodes, &s->room_nodes, sizeof *s->nodes);
    s->nodes[s->nnodes++] = n;
    return n->id;
}

int bl_add(struct bl_sim *s, const char *path, const char *cls, const char *clock, const char *where)
{
    if (!s->building)
        return too_late(s, "a part is added", where);
    return add_part(s, path, cls, clock, NONE, where) == NONE ? failed(s) : 0;
}

struct bl_node *node_named(const struct bl_sim *s, const char *path)
{
    uint32_t k = names_find(&s->node_names, path);

    return k == NONE ? NULL : s->nodes[s->node_by_name ? s->node_by_name[k] : k];
}

static struct bl_node *part_for(struct bl_sim *s, const char *path, const char *where)
{
    struct bl_node *n = node_named(s, path);

    if (!n) {
        const char *near = bl_nearest(path, s->node_names.name, s->node_names.n < 4096 ? s->node_names.n : 4096);
        bl_error(s->diag, "%s: there is no part '%s'%s%s%s", where_of(where), path, near ? "; did you mean '" : "",
                 near ? near : "", near ? "'?" : "");
    }
    return n;
}

/* Does the path lead below a composite that is not built yet? */
static bool below_composite(const struct bl_sim *s, const char *path)
{
    char head[512];

    for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
        snprintf(head, sizeof head, "%.*s", (int)(dot - path), path);
        const struct bl_node *n = node_named(s, head);
        if (n && n->info->cls->build)
            return true;
    }
    return false;
}

int bl_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    if (!s->building)
        return too_late(s, "a parameter is set", where);
    if (!node_named(s, path) && !s->built && below_composite(s, path)) {
        s->sets = grown(s->sets, s->nsets, &s->room_sets, sizeof *s->sets);
        s->sets[s->nsets++] = (struct raw_set){ copy(s, path), copy(s, param), copy(s, text), copy(s, where) };
        return 0;
    }
    struct bl_node *n = part_for(s, path, where);
    return n && !class_set(s, n, param, text, where) ? 0 : failed(s);
}

int bl_wire(struct bl_sim *s, const char *from, const char *to, struct bl_link link, const char *where)
{
    if (!s->building)
        return too_late(s, "a wire is drawn", where);
    s->wires = grown(s->wires, s->nwires, &s->room_wires, sizeof *s->wires);
    s->wires[s->nwires++] = (struct raw_wire){ copy(s, from), copy(s, to), copy(s, where), link };
    return 0;
}

int bl_sensitive(struct bl_sim *s, const char *path, const char *to, enum bl_edge edge, const char *where)
{
    if (!s->building)
        return too_late(s, "a sensitivity is declared", where);
    s->senses = grown(s->senses, s->nsenses, &s->room_senses, sizeof *s->senses);
    s->senses[s->nsenses++] = (struct raw_sense){ copy(s, path), copy(s, to), copy(s, where), (int)edge };
    return 0;
}

int bl_supply(struct bl_sim *s, const char *path, unsigned index, const void *bytes, size_t n)
{
    struct bl_node *node = part_for(s, path, NULL);

    if (!node)
        return failed(s);
    if (!s->building)
        return too_late(s, "an input is supplied", NULL);
    s->supplies = grown(s->supplies, s->nsupplies, &s->room_supplies, sizeof *s->supplies);
    s->supplies[s->nsupplies++] = (struct raw_supply){ node->id, index, bytes, n };
    return 0;
}

static int by_part(const void *a, const void *b)
{
    const struct raw_supply *x = a, *y = b;

    return x->node != y->node ? (x->node < y->node ? -1 : 1) : x->index < y->index ? -1 : x->index > y->index;
}

/* In order once the parts have their places (put_in_order). */
const void *bl_data(const void *self, unsigned index, size_t *bytes)
{
    const struct bl_node *n = ((const struct bl_part *)self)->node;
    const struct bl_sim *s = n->sim;
    const struct raw_supply key = { .node = n->id, .index = index }, *found = NULL;

    for (size_t i = 0; s->building && i < s->nsupplies && !found; i++)
        found = by_part(&key, &s->supplies[i]) ? NULL : &s->supplies[i];
    if (!s->building && s->nsupplies)
        found = bsearch(&key, s->supplies, s->nsupplies, sizeof key, by_part);
    if (bytes)
        *bytes = found ? found->n : 0;
    return found ? found->bytes : NULL;
}

/* ---- composites ---- */

static struct bl_node *node_of(void *self) { return ((struct bl_part *)self)->node; }

/* Where what a build function declares comes from. */
static const char *built_by(const struct bl_node *n)
{
    return arena_text(&n->sim->fixed, "%s%s%s, in build of class %s", n->where ? n->where : "", n->where ? ": " : "", n->path,
                      n->info->cls->name);
}

static void in_build(const void *self, const char *what)
{
    if (!((const struct bl_part *)self)->node->sim->building)
        bl_misuse(self, what);
}

void bl_child(void *self, const char *name, const char *cls, const char *clock)
{
    struct bl_node *n = node_of(self);
    in_build(self, "bl_child outside build");
    char *path = arena_text(&n->sim->fixed, "%s.%s", n->path, name);

    if (add_part(n->sim, path, cls, clock ? clock : n->clock_name, n->id, built_by(n)) == NONE)
        n->sim->failed = true;
}

void bl_child_set(void *self, const char *name, const char *param, const char *fmt, ...)
{
    struct bl_node *n = node_of(self);
    char text[1024];
    va_list ap;

    in_build(self, "bl_child_set outside build");
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (bl_set(n->sim, arena_text(&n->sim->fixed, "%s.%s", n->path, name), param, text, built_by(n)))
        n->sim->failed = true;
}

void bl_child_wire(void *self, const char *from, const char *to, uint32_t depth)
{
    struct bl_node *n = node_of(self);
    struct arena *a = &n->sim->fixed;

    in_build(self, "bl_child_wire outside build");
    bl_wire(n->sim, arena_text(a, "%s.%s", n->path, from), arena_text(a, "%s.%s", n->path, to),
            (struct bl_link){ .depth = depth }, built_by(n));
}

void bl_child_export(void *self, const char *port, const char *child_port)
{
    struct bl_node *n = node_of(self);
    struct bl_sim *s = n->sim;
    struct raw_export e = { arena_text(&s->fixed, "%s.%s", n->path, port), arena_text(&s->fixed, "%s.%s", n->path, child_port) };

    in_build(self, "bl_child_export outside build");
    if (!names_add(&s->export_names, e.port)) {
        bl_error(s->diag, "%s: port '%s' is exported twice; a port is that of one child", built_by(n), port);
        s->failed = true;
        return;
    }
    s->exports = grown(s->exports, s->nexports, &s->room_exports, sizeof *s->exports);
    s->exports[s->nexports++] = e;
}

/* ---- init's own calls ---- */

void *bl_alloc(void *self, size_t bytes)
{
    struct bl_node *n = node_of(self);
    struct bl_sim *s = n->sim;

    if (!s->in_init)
        bl_misuse(self, "bl_alloc outside init");
    void *at = arena_get(&s->state, bytes);
    s->memories = grown(s->memories, s->nmemories, &s->room_memories, sizeof *s->memories);
    s->memories[s->nmemories++] = (struct memory){ n->id, at, bytes };
    return at;
}

int bl_refuse(void *self, const char *fmt, ...)
{
    struct bl_node *n = node_of(self);
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return bl_error(n->sim->diag, "%s%s%s: %s", n->where ? n->where : "", n->where ? ": " : "", n->path, text);
}

/* ---- elaboration ---- */

static int by_path(const void *a, const void *b)
{
    const struct bl_node *const *x = a, *const *y = b;

    int c = natural_order((*x)->path, (*y)->path);

    return c ? c : strcmp((*x)->path, (*y)->path);     /* t[02] and t[2] */
}

/* Natural path order; ids, parents, supplies and the name table follow. Structs move into the arena. */
static void put_in_order(struct bl_sim *s)
{
    uint32_t *to = fresh(s->nnodes + 1, sizeof *to);

    if (s->nnodes)
        qsort(s->nodes, s->nnodes, sizeof *s->nodes, by_path);
    for (uint32_t i = 0; i < s->nnodes; i++)
        to[s->nodes[i]->id] = i;
    s->node_by_name = fresh(s->nnodes + 1, sizeof *s->node_by_name);
    for (uint32_t i = 0; i < s->nnodes; i++)
        s->node_by_name[names_find(&s->node_names, s->nodes[i]->path)] = i;
    for (size_t i = 0; i < s->nsupplies; i++)
        s->supplies[i].node = to[s->supplies[i].node];
    if (s->nsupplies)
        qsort(s->supplies, s->nsupplies, sizeof *s->supplies, by_part);
    for (uint32_t i = 0; i < s->nnodes; i++) {
        struct bl_node *n = s->nodes[i];
        n->id = i;
        n->parent = n->parent == NONE ? NONE : to[n->parent];
        unsigned char *old = n->self;
        n->self = arena_get(&s->state, n->info->cls->size);
        memcpy(n->self, old, n->info->cls->size);
        free(old);
    }
    s->building = false;
    s->nparts = s->nnodes;
    free(to);
}

static int find_clock(struct bl_sim *s, struct bl_node *n)
{
    const struct bl_class *c = n->info->cls;

    if (!n->clock_name && s->ndomains == 1 && (c->tick || c->run)) {
        n->domain = 0;
        return 0;
    }
    if (!n->clock_name)
        return c->tick ? bl_error(s->diag, "%s: %s: class %s is clocked and no clock is named; %zu clocks are declared",
                                  where_of(n->where), n->path, c->name, s->ndomains) : 0;
    for (size_t i = 0; i < s->ndomains; i++)
        if (!strcmp(s->domains[i].name, n->clock_name)) {
            n->domain = (uint32_t)i;
            return 0;
        }
    return bl_error(s->diag, "%s: %s: there is no clock '%s'", where_of(n->where), n->path, n->clock_name);
}

static int by_name(const void *a, const void *b)
{
    const struct domain *x = a, *y = b;
    int c = natural_order(x->name, y->name);

    return c ? c : strcmp(x->name, y->name);           /* c02 and c2 */
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t stream_key(uint64_t seed, const char *path)
{
    uint64_t h = mix(seed + UINT64_C(0x9e3779b97f4a7c15));

    while (*path)
        h = mix(h ^ (unsigned char)*path++);
    return h;
}

/* Memory from bl_alloc hangs in a BL_MEM field, or it would be no part of the state. */
static int check_memories(struct bl_sim *s)
{
    int bad = 0;

    for (size_t i = 0; i < s->nmemories; i++) {
        const struct bl_node *n = s->nodes[s->memories[i].node];
        bool held = false;
        for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
            held |= f->kind == BL_KIND_MEM && !memcmp(n->self + f->at, &s->memories[i].at, sizeof(void *));
        if (!held)
            bad = bl_error(s->diag, "%s: class %s: memory from bl_alloc (%zu bytes) is in no BL_MEM field; table it", n->path,
                           n->info->cls->name, s->memories[i].bytes);
    }
    return bad;
}

static int init_parts(struct bl_sim *s)
{
    int bad = 0;

    s->in_init = true;
    for (size_t i = 0; i < s->nnodes; i++)
        if (s->nodes[i]->info->cls->init) {
            unsigned before = s->diag->errors;
            if (s->nodes[i]->info->cls->init(s->nodes[i]->self)) {
                bad = -1;
                if (s->diag->errors == before)
                    bl_error(s->diag, "%s: init refused its parameters", s->nodes[i]->path);
            }
        }
    s->in_init = false;
    bad |= check_memories(s);
    s->ndirty = 0;
    for (size_t i = 0; i < s->nbuses; i++)
        if (s->buses[i].same == i && s->buses[i].sharing == BL_RESOLVED)
            bus_resolve(s, &s->buses[i]);
    for (size_t i = 0; i < s->nwords; i++) {
        struct bl_word *w = s->words[i];
        w->queued = 0;
        if (w->now != w->next)
            memcpy(w->now, w->next, w->bytes);
    }
    return bad;
}

/* Sets that were kept until their part is there; those of a composite come before its own build. */
static void apply_sets(struct bl_sim *s, const char *path)
{
    for (size_t i = 0; i < s->nsets; i++)
        if (s->sets[i].path && (!path || !strcmp(path, s->sets[i].path))) {
            bl_set(s, s->sets[i].path, s->sets[i].param, s->sets[i].text, s->sets[i].where);
            s->sets[i].path = NULL;
        }
}

static void build_composites(struct bl_sim *s)
{
    for (size_t i = 0; i < s->nnodes; i++)       /* nnodes grows while composites build */
        if (s->nodes[i]->info->cls->build) {
            apply_sets(s, s->nodes[i]->path);
            s->nodes[i]->info->cls->build(s->nodes[i]->self);
        }
    s->built = true;
    apply_sets(s, NULL);
}

int bl_elaborate(struct bl_sim *s)
{
    int bad = s->failed ? -1 : 0;
    unsigned before = s->diag->errors;

    if (!s->building)
        return too_late(s, "elaboration is asked for again", NULL);
    build_composites(s);
    bad |= s->failed ? -1 : 0;
    if (s->ndomains)
        qsort(s->domains, s->ndomains, sizeof *s->domains, by_name);
    s->core = arena_get(&s->state, sizeof *s->core);
    wheel_init(&s->core->wheel);
    put_in_order(s);
    for (size_t i = 1; i < s->nsupplies; i++)
        if (!by_part(&s->supplies[i - 1], &s->supplies[i]))
            bad = bl_error(s->diag, "%s: input %u is supplied twice; expected once", s->nodes[s->supplies[i].node]->path,
                           s->supplies[i].index);
    for (size_t i = 0; i < s->nnodes; i++) {
        struct bl_node *n = s->nodes[i];
        bad |= find_clock(s, n);
        n->key = stream_key(s->seed, n->path);
        if (n->info->cls->run) {
            s->procs = grown(s->procs, s->nprocs, &s->room_procs, sizeof *s->procs);
            n->proc = s->nprocs;
            s->procs[s->nprocs++] = n;
        }
    }
    if (bad | bind_all(s) | rank_all(s))
        return -1;
    layout_all(s);
    if (init_parts(s) || s->diag->errors != before)
        return -1;                       /* a refusal counts, whatever its init or build went on to return */
    s->frozen = true;
    if (s->own_order)
        order_init(s->own_order, s);
    return 0;
}

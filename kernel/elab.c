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
    onlookers_close(s);
    void *all[] = { s->nodes, s->node_by_name, s->infos, s->domains, s->wires, s->senses, s->supplies, s->exports, s->sets, s->sets_of,
                    s->memories, s->prices, s->words, s->word_owner, s->word_port, s->heard, s->listen, s->links, s->rings, s->procs,
                    s->resets, s->edges, s->buses };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    names_free(&s->node_names);
    names_free(&s->export_names);
    names_free(&s->set_paths);
    arena_free(&s->fixed);
    arena_free(&s->declared);
    arena_free(&s->raw);
    arena_free(&s->texts);
    arena_free(&s->state);
    free(s);
}

const struct bl_class *const *bl_classes_of(const struct bl_sim *s) { return s->classes; }
void bl_seed(struct bl_sim *s, uint64_t seed) { s->seed = seed; }

void bl_option(struct bl_sim *s, unsigned option, uint64_t value)
{
    if (option == BL_SHUFFLE)
        s->shuffle = value;
    if (value)
        s->options |= option;
    else
        s->options &= ~(uint64_t)option;
}

static char *copy(struct arena *a, const char *text) { return text ? arena_copy(a, text, strlen(text)) : NULL; }

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
    s->domains[s->ndomains++] = (struct domain){ .name = copy(&s->texts, name), .where = copy(&s->texts, where), .period = period, .phase = phase };
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

static bool in_path(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '[' || c == ']';
}

static int check_path(struct bl_sim *s, const char *path, const char *where)
{
    size_t n = 0;

    while (in_path(path[n]) && !(path[n] == '.' && path[n + 1] == '.'))
        n++;
    if (n == 0 || path[n] || *path == '.' || path[n - 1] == '.' || n > 400)
        return bl_error(s->diag, "%s: '%s' is no instance path; expected names of letters, digits and _, an index in [], "
                        "joined by dots, at most 400 characters", where_of(where), path);
    return 0;
}

static uint32_t add_part(struct bl_sim *s, char *path, const char *cls, const char *clock, const char *where)
{
    struct class_info *in = s->nnodes ? s->nodes[s->nnodes - 1]->info : NULL;      /* parts of a class come in rows */

    if (!in || strcmp(in->cls->name, cls)) {
        const struct bl_class *c = bl_class_find(s->classes, cls);
        if (!c)
            return unknown_class(s, path, cls, where), NONE;
        if (check_path(s, path, where) || class_check(s, c))
            return NONE;
        in = class_info_of(s, c);
    } else if (check_path(s, path, where)) {
        return NONE;
    }
    if (!names_add(&s->node_names, path)) {
        uint32_t old = names_find(&s->node_names, path);
        bl_error(s->diag, "%s: part '%s' is declared twice%s%s", where_of(where), path,
                 s->nodes[old]->where ? "; the first is at " : "", s->nodes[old]->where ? s->nodes[old]->where : "");
        return NONE;
    }
    struct bl_node *n = arena_get(&s->fixed, sizeof *n);
    n->sim = s;
    n->path = path;
    n->where = where;
    n->clock_name = clock;
    n->info = in;
    n->self = arena_get(&s->declared, in->cls->size);
    n->id = (uint32_t)s->nnodes;
    n->domain = n->slot = n->proc = NONE;
    s->nports += in->nfields;
    s->any_build |= in->cls->build != NULL;
    s->any_comb |= in->cls->comb != NULL;
    ((struct bl_part *)(void *)n->self)->node = n;
    class_preset(in->cls, n->self);
    s->nodes = grown(s->nodes, s->nnodes, &s->room_nodes, sizeof *s->nodes);
    s->nodes[s->nnodes++] = n;
    return n->id;
}

int bl_add(struct bl_sim *s, const char *path, const char *cls, const char *clock, const char *where)
{
    if (!s->building)
        return too_late(s, "a part is added", where);
    return add_part(s, copy(&s->texts, path), cls, copy(&s->texts, clock), copy(&s->texts, where)) == NONE ? failed(s) : 0;
}

struct bl_node *node_named(const struct bl_sim *s, const char *path)
{
    if (s->building && s->nnodes && !strcmp(s->nodes[s->nnodes - 1]->path, path))
        return s->nodes[s->nnodes - 1];      /* most of what is declared is about the part declared last */
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

/* Until the part is there. */
static void keep_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    uint32_t k = names_find(&s->set_paths, path);
    size_t i = s->nsets++;

    s->sets = grown(s->sets, i, &s->room_sets, sizeof *s->sets);
    s->sets[i] = (struct raw_set){ k == NONE ? copy(&s->texts, path) : s->sets[s->sets_of[k].first].path, copy(&s->texts, param), copy(&s->texts, text),
                                   copy(&s->texts, where), 0 };
    if (k == NONE) {
        k = s->set_paths.n;
        names_add(&s->set_paths, s->sets[i].path);
        s->sets_of = grown(s->sets_of, k, &s->room_sets_of, sizeof *s->sets_of);
        s->sets_of[k].first = i;
    } else {
        s->sets[s->sets_of[k].last].next = i;
    }
    s->sets_of[k].last = i;
}

int bl_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    if (!s->building)
        return too_late(s, "a parameter is set", where);
    if (!node_named(s, path) && !s->built && below_composite(s, path)) {
        keep_set(s, path, param, text, where);
        return 0;
    }
    struct bl_node *n = part_for(s, path, where);
    return n && !class_set(s, n, param, text, where) ? 0 : failed(s);
}

static struct raw_wire *new_wire(struct bl_sim *s)
{
    s->wires = grown(s->wires, s->nwires, &s->room_wires, sizeof *s->wires);
    return &s->wires[s->nwires++];
}

int bl_wire(struct bl_sim *s, const char *from, const char *to, struct bl_link link, const char *where)
{
    if (!s->building)
        return too_late(s, "a wire is drawn", where);
    *new_wire(s) = (struct raw_wire){ copy(&s->raw, from), copy(&s->raw, to), copy(&s->raw, where), link };
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
    struct bl_sim *s = n->sim;

    if (s->builder != n)
        s->built_by = arena_text(&s->fixed, "%s%s%s, in build of class %s", n->where ? n->where : "", n->where ? ": " : "", n->path,
                                 n->info->cls->name);
    s->builder = n;
    return s->built_by;
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
    char *path = arena_text(&n->sim->texts, "%s.%s", n->path, name);

    if (add_part(n->sim, path, cls, clock ? copy(&n->sim->texts, clock) : n->clock_name, built_by(n)) == NONE)
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
    if (bl_set(n->sim, arena_text(&n->sim->texts, "%s.%s", n->path, name), param, text, built_by(n)))
        n->sim->failed = true;
}

void bl_child_wire(void *self, const char *from, const char *to, uint32_t depth)
{
    struct bl_node *n = node_of(self);
    struct arena *a = &n->sim->raw;

    in_build(self, "bl_child_wire outside build");
    *new_wire(n->sim) = (struct raw_wire){ arena_text(a, "%s.%s", n->path, from), arena_text(a, "%s.%s", n->path, to), built_by(n),
                                           { .depth = depth } };
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

/* Structs in order of their parts in the arena of the state; they may have been declared so. */
static void move_structs(struct bl_sim *s, bool in_order)
{
    if (in_order) {
        s->state = s->declared;
        s->declared = (struct arena){ 0 };
        return;
    }
    for (size_t i = 0; i < s->nnodes; i++) {
        struct bl_node *n = s->nodes[i];
        n->self = memcpy(arena_get(&s->state, n->info->cls->size), n->self, n->info->cls->size);
    }
    arena_free(&s->declared);
}

/* Natural path order; ids, supplies and the name table follow. A part's number by name is that of its declaration. */
static void put_in_order(struct bl_sim *s)
{
    uint32_t *to = s->node_by_name = fresh(s->nnodes + 1, sizeof *to);
    bool in_order = true;

    put_sorted(s->nodes, s->nnodes, sizeof *s->nodes, by_path);
    for (uint32_t i = 0; i < s->nnodes; i++) {
        in_order &= s->nodes[i]->id == i;
        to[s->nodes[i]->id] = i;
        s->nodes[i]->id = i;
    }
    for (size_t i = 0; i < s->nsupplies; i++)
        s->supplies[i].node = to[s->supplies[i].node];
    put_sorted(s->supplies, s->nsupplies, sizeof *s->supplies, by_part);
    move_structs(s, in_order);
    s->building = false;
    s->nparts = s->nnodes;
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

    s->in_init = s->passive = true;
    for (size_t i = 0; i < s->nnodes; i++)
        if (s->nodes[i]->info->cls->init) {
            unsigned before = s->diag->errors;
            if (s->nodes[i]->info->cls->init(s->nodes[i]->self)) {
                bad = -1;
                if (s->diag->errors == before)
                    bl_error(s->diag, "%s: init refused its parameters", s->nodes[i]->path);
            }
        }
    s->in_init = s->passive = false;
    bad |= check_memories(s);
    s->ndirty = 0;
    buses_reset(s);
    for (size_t i = 0; i < s->nwords; i++) {
        struct bl_word *w = s->words[i];
        w->queued = 0;
        if (w->now != w->next)
            memcpy(w->now, w->next, w->bytes);
    }
    return bad;
}

/* A set that was kept, once. */
static void apply_set(struct bl_sim *s, struct raw_set *x)
{
    if (x->param)
        bl_set(s, x->path, x->param, x->text, x->where);
    x->param = NULL;
}

/* Those of a composite come before its own build. */
static void apply_sets_of(struct bl_sim *s, const char *path)
{
    uint32_t k = names_find(&s->set_paths, path);

    if (k == NONE)
        return;
    for (size_t i = s->sets_of[k].first;; i = s->sets[i].next) {
        apply_set(s, &s->sets[i]);
        if (i == s->sets_of[k].last)
            return;
    }
}

static void build_composites(struct bl_sim *s)
{
    for (size_t i = 0; s->any_build && i < s->nnodes; i++)       /* nnodes grows while composites build */
        if (s->nodes[i]->info->cls->build) {
            apply_sets_of(s, s->nodes[i]->path);
            s->nodes[i]->info->cls->build(s->nodes[i]->self);
        }
    s->built = true;
    for (size_t i = 0; i < s->nsets; i++)
        apply_set(s, &s->sets[i]);
}

int bl_elaborate(struct bl_sim *s)
{
    int bad = s->failed ? -1 : 0;
    unsigned before = s->diag->errors;

    if (!s->building)
        return too_late(s, "elaboration is asked for again", NULL);
    build_composites(s);
    bad |= s->failed ? -1 : 0;
    put_sorted(s->domains, s->ndomains, sizeof *s->domains, by_name);
    put_in_order(s);
    s->core = arena_get(&s->state, sizeof *s->core);
    wheel_init(&s->core->wheel);
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
    if (s->shuffle)
        order_shuffle(s, s->shuffle);
    return 0;
}

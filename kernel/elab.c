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
    struct declared *d = &s->declared;
    struct frozen *f = &s->frozen;
    void *all[] = { d->wires, d->senses, d->edges, d->sets, d->sets_of, d->exports, f->nodes, f->node_by_name, f->infos, f->domains,
                    f->supplies, f->memories, f->prices, f->words, f->word_owner, f->word_port, f->heard, f->listen, f->rings, f->links,
                    f->procs, f->resets, f->buses };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    names_free(&s->frozen.node_names);
    names_free(&s->declared.export_names);
    names_free(&s->declared.set_paths);
    arena_free(&s->fixed);
    arena_free(&s->declared.structs);
    arena_free(&s->declared.raw);
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
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (!strcmp(s->frozen.domains[i].name, name)) {
            bl_error(s->diag, "%s: clock '%s' is declared twice", where_of(where), name);
            return failed(s);
        }
    if (period == 0) {
        bl_error(s->diag, "%s: clock '%s' has period 0; expected at least 1 fs", where_of(where), name);
        return failed(s);
    }
    s->frozen.domains = grown(s->frozen.domains, s->frozen.ndomains, &s->frozen.room_domains, sizeof *s->frozen.domains);
    s->frozen.domains[s->frozen.ndomains++] = (struct domain){ .name = copy(&s->texts, name), .where = copy(&s->texts, where),
                                                               .period = period, .phase = phase };
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
    return bl_error(s->diag, "%s: %s: class '%s' is not among this program's classes, nor in its modules; `bitline ls "
                    "classes` lists bitline's own", where_of(where), path, cls);
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
    struct class_info *in = s->frozen.nnodes ? s->frozen.nodes[s->frozen.nnodes - 1]->info : NULL;      /* parts of a class come in rows */

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
    if (!names_add(&s->frozen.node_names, path)) {
        uint32_t old = names_find(&s->frozen.node_names, path);
        bl_error(s->diag, "%s: part '%s' is declared twice%s%s", where_of(where), path,
                 s->frozen.nodes[old]->where ? "; the first is at " : "", s->frozen.nodes[old]->where ? s->frozen.nodes[old]->where : "");
        return NONE;
    }
    struct bl_node *n = arena_get(&s->fixed, sizeof *n);
    n->sim = s;
    n->path = path;
    n->where = where;
    n->clock_name = clock;
    n->info = in;
    n->self = arena_get(&s->declared.structs, in->cls->size);
    n->id = (uint32_t)s->frozen.nnodes;
    n->domain = n->slot = n->proc = NONE;
    s->frozen.nports += in->nfields;
    s->declared.any_build |= in->cls->build != NULL;
    s->declared.any_comb |= in->cls->comb != NULL;
    ((struct bl_part *)(void *)n->self)->node = n;
    class_preset(in->cls, n->self);
    s->frozen.nodes = grown(s->frozen.nodes, s->frozen.nnodes, &s->frozen.room_nodes, sizeof *s->frozen.nodes);
    s->frozen.nodes[s->frozen.nnodes++] = n;
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
    if (s->building && s->frozen.nnodes && !strcmp(s->frozen.nodes[s->frozen.nnodes - 1]->path, path))
        return s->frozen.nodes[s->frozen.nnodes - 1];      /* most of what is declared is about the part declared last */
    uint32_t k = names_find(&s->frozen.node_names, path);

    return k == NONE ? NULL : s->frozen.nodes[s->frozen.node_by_name ? s->frozen.node_by_name[k] : k];
}

static struct bl_node *part_for(struct bl_sim *s, const char *path, const char *where)
{
    struct bl_node *n = node_named(s, path);

    if (!n) {
        const char *near = bl_nearest(path, s->frozen.node_names.name, s->frozen.node_names.n < 4096 ? s->frozen.node_names.n : 4096);
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
    struct declared *d = &s->declared;
    uint32_t k = names_find(&d->set_paths, path);
    size_t i = d->nsets++;

    d->sets = grown(d->sets, i, &d->room_sets, sizeof *d->sets);
    d->sets[i] = (struct raw_set){ k == NONE ? copy(&s->texts, path) : d->sets[d->sets_of[k].first].path, copy(&s->texts, param),
                                   copy(&s->texts, text), copy(&s->texts, where), 0 };
    if (k == NONE) {
        k = d->set_paths.n;
        names_add(&d->set_paths, d->sets[i].path);
        d->sets_of = grown(d->sets_of, k, &d->room_sets_of, sizeof *d->sets_of);
        d->sets_of[k].first = i;
    } else {
        d->sets[d->sets_of[k].last].next = i;
    }
    d->sets_of[k].last = i;
}

int bl_set(struct bl_sim *s, const char *path, const char *param, const char *text, const char *where)
{
    if (!s->building)
        return too_late(s, "a parameter is set", where);
    if (!node_named(s, path) && !s->declared.built && below_composite(s, path)) {
        keep_set(s, path, param, text, where);
        return 0;
    }
    struct bl_node *n = part_for(s, path, where);
    return n && !class_set(s, n, param, text, where) ? 0 : failed(s);
}

static struct raw_wire *new_wire(struct bl_sim *s)
{
    s->declared.wires = grown(s->declared.wires, s->declared.nwires, &s->declared.room_wires, sizeof *s->declared.wires);
    return &s->declared.wires[s->declared.nwires++];
}

int bl_wire(struct bl_sim *s, const char *from, const char *to, struct bl_link link, const char *where)
{
    if (!s->building)
        return too_late(s, "a wire is drawn", where);
    *new_wire(s) = (struct raw_wire){ copy(&s->declared.raw, from), copy(&s->declared.raw, to), copy(&s->declared.raw, where), link };
    return 0;
}

int bl_supply(struct bl_sim *s, const char *path, unsigned index, const void *bytes, size_t n)
{
    struct bl_node *node = part_for(s, path, NULL);

    if (!node)
        return failed(s);
    if (!s->building)
        return too_late(s, "an input is supplied", NULL);
    s->frozen.supplies = grown(s->frozen.supplies, s->frozen.nsupplies, &s->frozen.room_supplies, sizeof *s->frozen.supplies);
    s->frozen.supplies[s->frozen.nsupplies++] = (struct raw_supply){ node->id, index, bytes, n };
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

    for (size_t i = 0; s->building && i < s->frozen.nsupplies && !found; i++)
        found = by_part(&key, &s->frozen.supplies[i]) ? NULL : &s->frozen.supplies[i];
    if (!s->building && s->frozen.nsupplies)
        found = bsearch(&key, s->frozen.supplies, s->frozen.nsupplies, sizeof key, by_part);
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

    if (s->declared.builder != n)
        s->declared.built_by = arena_text(&s->fixed, "%s%s%s, in build of class %s", n->where ? n->where : "", n->where ? ": " : "", n->path,
                                          n->info->cls->name);
    s->declared.builder = n;
    return s->declared.built_by;
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
    struct arena *a = &n->sim->declared.raw;

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
    if (!names_add(&s->declared.export_names, e.port)) {
        bl_error(s->diag, "%s: port '%s' is exported twice; a port is that of one child", built_by(n), port);
        s->failed = true;
        return;
    }
    s->declared.exports = grown(s->declared.exports, s->declared.nexports, &s->declared.room_exports, sizeof *s->declared.exports);
    s->declared.exports[s->declared.nexports++] = e;
}

/* ---- init's own calls ---- */

void *bl_alloc(void *self, size_t bytes)
{
    struct bl_node *n = node_of(self);
    struct bl_sim *s = n->sim;

    if (!s->run.in_init)
        bl_misuse(self, "bl_alloc outside init");
    void *at = arena_get(&s->state, bytes);
    s->frozen.memories = grown(s->frozen.memories, s->frozen.nmemories, &s->frozen.room_memories, sizeof *s->frozen.memories);
    s->frozen.memories[s->frozen.nmemories++] = (struct memory){ n->id, at, bytes };
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
        s->state = s->declared.structs;
        s->declared.structs = (struct arena){ 0 };
        return;
    }
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        n->self = memcpy(arena_get(&s->state, n->info->cls->size), n->self, n->info->cls->size);
    }
    arena_free(&s->declared.structs);
}

/* Natural path order; ids, supplies and the name table follow. A part's number by name is that of its declaration. */
static void put_in_order(struct bl_sim *s)
{
    uint32_t *to = s->frozen.node_by_name = fresh(s->frozen.nnodes + 1, sizeof *to);
    bool in_order = true;

    put_sorted(s->frozen.nodes, s->frozen.nnodes, sizeof *s->frozen.nodes, by_path);
    for (uint32_t i = 0; i < s->frozen.nnodes; i++) {
        in_order &= s->frozen.nodes[i]->id == i;
        to[s->frozen.nodes[i]->id] = i;
        s->frozen.nodes[i]->id = i;
    }
    for (size_t i = 0; i < s->frozen.nsupplies; i++)
        s->frozen.supplies[i].node = to[s->frozen.supplies[i].node];
    put_sorted(s->frozen.supplies, s->frozen.nsupplies, sizeof *s->frozen.supplies, by_part);
    move_structs(s, in_order);
    s->building = false;
    s->frozen.nparts = s->frozen.nnodes;
}

static int find_clock(struct bl_sim *s, struct bl_node *n)
{
    const struct bl_class *c = n->info->cls;

    if (!n->clock_name && s->frozen.ndomains == 1 && (c->tick || c->run)) {
        n->domain = 0;
        return 0;
    }
    if (!n->clock_name)
        return c->tick ? bl_error(s->diag, "%s: %s: class %s is clocked and no clock is named; %zu clocks are declared",
                                  where_of(n->where), n->path, c->name, s->frozen.ndomains) : 0;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        if (!strcmp(s->frozen.domains[i].name, n->clock_name)) {
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

    for (size_t i = 0; i < s->frozen.nmemories; i++) {
        const struct bl_node *n = s->frozen.nodes[s->frozen.memories[i].node];
        bool held = false;
        for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
            held |= f->kind == BL_KIND_MEM && !memcmp(n->self + f->at, &s->frozen.memories[i].at, sizeof(void *));
        if (!held)
            bad = bl_error(s->diag, "%s: class %s: memory from bl_alloc (%zu bytes) is in no BL_MEM field; table it", n->path,
                           n->info->cls->name, s->frozen.memories[i].bytes);
    }
    return bad;
}

static int init_parts(struct bl_sim *s)
{
    int bad = 0;

    s->run.in_init = s->run.passive = true;
    for (size_t i = 0; i < s->frozen.nnodes; i++)
        if (s->frozen.nodes[i]->info->cls->init) {
            unsigned before = s->diag->errors;
            if (s->frozen.nodes[i]->info->cls->init(s->frozen.nodes[i]->self)) {
                bad = -1;
                if (s->diag->errors == before)
                    bl_error(s->diag, "%s: init refused its parameters", s->frozen.nodes[i]->path);
            }
        }
    s->run.in_init = s->run.passive = false;
    bad |= check_memories(s);
    s->run.ndirty = 0;
    buses_reset(s);
    for (size_t i = 0; i < s->frozen.nwords; i++) {
        struct bl_word *w = s->frozen.words[i];
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
    uint32_t k = names_find(&s->declared.set_paths, path);

    if (k == NONE)
        return;
    for (size_t i = s->declared.sets_of[k].first;; i = s->declared.sets[i].next) {
        apply_set(s, &s->declared.sets[i]);
        if (i == s->declared.sets_of[k].last)
            return;
    }
}

static void build_composites(struct bl_sim *s)
{
    for (size_t i = 0; s->declared.any_build && i < s->frozen.nnodes; i++)       /* nnodes grows while composites build */
        if (s->frozen.nodes[i]->info->cls->build) {
            apply_sets_of(s, s->frozen.nodes[i]->path);
            s->frozen.nodes[i]->info->cls->build(s->frozen.nodes[i]->self);
        }
    s->declared.built = true;
    for (size_t i = 0; i < s->declared.nsets; i++)
        apply_set(s, &s->declared.sets[i]);
}

int bl_elaborate(struct bl_sim *s)
{
    int bad = s->failed ? -1 : 0;
    unsigned before = s->diag->errors;

    if (!s->building)
        return too_late(s, "elaboration is asked for again", NULL);
    build_composites(s);
    bad |= s->failed ? -1 : 0;
    put_sorted(s->frozen.domains, s->frozen.ndomains, sizeof *s->frozen.domains, by_name);
    put_in_order(s);
    s->core = arena_get(&s->state, sizeof *s->core);
    wheel_init(&s->core->wheel);
    for (size_t i = 1; i < s->frozen.nsupplies; i++)
        if (!by_part(&s->frozen.supplies[i - 1], &s->frozen.supplies[i]))
            bad = bl_error(s->diag, "%s: input %u is supplied twice; expected once", s->frozen.nodes[s->frozen.supplies[i].node]->path,
                           s->frozen.supplies[i].index);
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        struct bl_node *n = s->frozen.nodes[i];
        bad |= find_clock(s, n);
        n->key = stream_key(s->seed, n->path);
        if (n->info->cls->run) {
            s->frozen.procs = grown(s->frozen.procs, s->frozen.nprocs, &s->frozen.room_procs, sizeof *s->frozen.procs);
            n->proc = s->frozen.nprocs;
            s->frozen.procs[s->frozen.nprocs++] = n;
        }
    }
    if (bad | bind_all(s) | rank_all(s))
        return -1;
    layout_all(s);
    if (init_parts(s) || s->diag->errors != before)
        return -1;                       /* a refusal counts, whatever its init or build went on to return */
    s->elaborated = true;
    if (s->shuffle)
        order_shuffle(s, s->shuffle);
    return 0;
}

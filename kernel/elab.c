/* elab.c - a simulation from open to frozen: composites built, everything put in natural path order, bound and laid out, then
 * `init` of every part, which asks for its memory. */
#include "kernel/kernel.h"

#include <stdlib.h>

struct bl_sim *bl_open(const struct bl_class *const *classes, struct bl_diag *diag)
{
    if (MISSING_SAID(diag, classes))
        return NULL;
    for (size_t i = 0; classes[i]; i++)
        if (!classes[i]->name || !*classes[i]->name) {
            bl_error(diag, "bl_open: the class at place %zu of the table has no name; expected that of its file", i);
            return NULL;
        }
    struct bl_sim *s = block(1, sizeof *s);
    if (!s) {
        bl_error(diag, "out of memory: there is none for a simulation");
        return NULL;
    }
    s->classes = classes;
    s->diag = diag ? diag : &s->own_diag;
    s->seed = 1;
    s->building = true;
    return s;
}

static void close_or_no_memory(struct bl_sim *s)
{
    BORDER(s, );
    onlookers_close(s);
}

/* Traces are closed, with what there is to say; without memory nothing more is said. */
static void close_onlookers(struct bl_sim *s)
{
    close_or_no_memory(s);
    if (s->no_memory)
        onlookers_close(s);
}

void bl_close(struct bl_sim *s)
{
    if (!s)
        return;
    if (s->run.in_run || s->elaborating) {
        busy(s, __func__);
        return;
    }
    close_onlookers(s);
    struct declared *d = &s->declared;
    struct frozen *f = &s->frozen;
    void *all[] = { d->wires, d->senses, d->edges, d->sets, d->sets_of, d->exports, f->nodes, f->node_by_name, f->infos, f->domains,
                    f->memories, f->prices, f->price_where, f->words, f->word_owner, f->word_port, f->heard, f->listen, f->rings, f->links,
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
    origin_forget(s);
    arena_free(&s->state);
    free(s);
}

const struct bl_class *const *bl_classes_of(const struct bl_sim *s) { return NOBODY(s) ? NULL : s->classes; }
const struct bl_diag *bl_diag_of(const struct bl_sim *s) { return NOBODY(s) ? NULL : s->diag; }

void bl_seed(struct bl_sim *s, uint64_t seed)
{
    if (NOBODY(s))
        return;
    if (s->building)
        s->seed = seed;
    else
        too_late(s, "a seed is given", NULL);
}

void bl_option(struct bl_sim *s, unsigned option, uint64_t value)
{
    if (NOBODY(s))
        return;
    if (!s->building) {
        too_late(s, "an option is given", NULL);
        return;
    }
    if (option != BL_SHUFFLE && option != BL_NO_NAP && option != BL_PATH) {
        bl_error(s->diag, "option %u is not known; expected one of BL_SHUFFLE (%d), BL_NO_NAP (%d) and BL_PATH (%d), each by a call of its own", option,
                 BL_SHUFFLE, BL_NO_NAP, BL_PATH);
        s->failed = true;
        return;
    }
    if (option == BL_SHUFFLE)
        s->shuffle = value;
    if (option == BL_PATH)
        s->path_whole = value > 1;
    if (value)
        s->options |= option;
    else
        s->options &= ~(uint64_t)option;
}

/* ---- what init asks for ---- */

void *bl_alloc(void *self, size_t bytes)
{
    const struct bl_node *n = node_of(self, __func__);
    struct bl_sim *s = n->sim;

    if (!s->run.in_init)
        bl_misuse(self, "bl_alloc outside init");
    void *at = arena_get(&s->state, bytes);
    s->frozen.memories = grown(s->frozen.memories, s->frozen.nmemories, &s->frozen.room_memories, sizeof *s->frozen.memories);
    s->frozen.memories[s->frozen.nmemories++] = (struct memory){ n->id, at, bytes };
    return at;
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

/* Natural path order; ids and the name table follow. A part's number by name is that of its declaration. */
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

static int elaborate(struct bl_sim *s)
{
    int bad = s->failed ? -1 : 0;
    unsigned before = s->diag->errors;

    build_composites(s);
    if (s->no_memory)
        return -1;                       /* a build was told so, and may have gone on */
    bad |= s->failed ? -1 : 0;
    put_sorted(s->frozen.domains, s->frozen.ndomains, sizeof *s->frozen.domains, by_name);
    put_in_order(s);
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
    if (ports_lay(s))
        return -1;                       /* wires cannot be told apart */
    if (shape_all(s))                    /* without widths most of what bind_all would say is not so */
        return -1;
    if (bad | bind_all(s) | rank_all(s))
        return -1;
    s->core = arena_get(&s->state, sizeof *s->core);
    wheel_init(&s->core->wheel);
    layout_all(s);
    if (init_parts(s) || s->diag->errors != before || prices_lay(s))
        return -1;                       /* a refusal counts, whatever its init or build went on to return */
    s->elaborated = true;
    s->core->stream = s->first_stream;
    path_start(s);
    origin_keep(s);
    if (s->shuffle)
        order_shuffle(s, s->shuffle);
    return 0;
}

static int elaborate_or_no_memory(struct bl_sim *s)
{
    BORDER(s, -1);
    return elaborate(s);
}

int bl_elaborate(struct bl_sim *s)
{
    if (NOBODY(s))
        return -1;
    if (s->elaborating || s->run.in_run)
        return busy(s, __func__);
    if (!s->building)
        return too_late(s, "elaboration is asked for again", NULL);
    s->elaborating = true;
    int bad = elaborate_or_no_memory(s);
    s->elaborating = false;
    s->elaborated &= !bad;
    return bad;
}

/* points.c - what parts hold after each time of a run, or after each delta of a few times, as a hash: kept, compared with what is kept of
 * another run, or, where two differ, copied and told. */
#include "kernel/observe/races.h"

#include <stdio.h>
#include <stdlib.h>

enum { AT_ONCE = 4096 };             /* bytes of a memory hashed at each time, on average */

/* ---- what is compared ---- */

static void add_piece(struct study *y, const void *at, size_t bytes, enum held what, uint32_t id)
{
    if (!bytes)
        return;
    y->piece = grown(y->piece, y->npieces, &y->room, sizeof *y->piece);
    y->piece[y->npieces++] = (struct piece){ at, bytes, what == MEMORY || what == ITEMS ? (bytes - 1) / AT_ONCE + 1 : 1, what, id };
    if (y->piece[y->npieces - 1].every > y->longest)
        y->longest = y->piece[y->npieces - 1].every;
}

/* A struct without its handles: the bytes between them. */
static void add_struct(struct study *y, const struct bl_node *n)
{
    size_t size = n->info->cls->size;
    unsigned char *handle = lent(1, size);

    memset(handle + offsetof(struct bl_part, node), 1, sizeof(void *));
    for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
        if (bl_field_is(f, BL_IS_HANDLE))
            memset(handle + f->at, 1, sizeof(void *));
    for (size_t i = 0, j; i < size; i = j) {
        for (j = i; j < size && handle[j] == handle[i]; j++)
            ;
        if (!handle[i])
            add_piece(y, n->self + i, j - i, STRUCT, n->id);
    }
    give_back(handle);
}

static void add_pieces(struct study *y, const struct bl_sim *s)
{
    y->npieces = y->longest = 0;
    for (size_t i = 0; i < s->frozen.nnodes; i++) {
        if (!s->frozen.nodes[i]->info->cls->build)
            add_struct(y, s->frozen.nodes[i]);
        add_piece(y, &s->run.account[i].verdict, sizeof s->run.account[i].verdict, VERDICT, (uint32_t)i);
    }
    for (size_t i = 0; i < s->frozen.nwords; i++)
        add_piece(y, s->frozen.words[i]->now, s->frozen.words[i]->bytes, WORD, (uint32_t)i);
    for (size_t i = 0; i < s->frozen.nrings; i++) {
        const struct bl_ring *g = s->frozen.rings[i];
        add_piece(y, g->data, g->depth ? (size_t)(g->mask + 1) * g->slot : 0, ITEMS, (uint32_t)i);
    }
    for (size_t i = 0; i < s->frozen.nmemories; i++)
        add_piece(y, s->frozen.memories[i].at, s->frozen.memories[i].bytes, MEMORY, s->frozen.memories[i].node);
}

static uint64_t hash(uint64_t h, const unsigned char *p, size_t bytes)
{
    uint64_t v;

    for (; bytes >= sizeof v; p += sizeof v, bytes -= sizeof v) {
        memcpy(&v, p, sizeof v);
        h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    if (bytes) {
        v = 0;
        memcpy(&v, p, bytes);
        h = (h ^ v ^ (uint64_t)bytes << 56) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    return h;
}

/* ---- what is said of a difference ---- */

/* The field of the class's table that byte `at` of a struct belongs to; NULL: none. */
static const struct bl_field *field_at(const struct bl_node *n, size_t at)
{
    for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
        if (!bl_field_is(f, BL_IS_HANDLE) && at >= f->at && at < f->at + field_bytes(f))
            return f;
    return NULL;
}

/* Bytes of the value that a byte belongs to. */
static size_t value_bytes(const struct bl_sim *s, const struct piece *p, size_t at)
{
    if (p->what == STRUCT) {
        const struct bl_node *n = s->frozen.nodes[p->id];
        const struct bl_field *f = field_at(n, (size_t)(p->at - n->self) + at);
        size_t elem = f && f->kind == BL_KIND_VIEW ? view_elem(f, field_count(n, f->lanes), field_count(n, f->bits)) : 0;
        return elem == 1 || elem == 2 || elem == 4 ? elem : 8;
    }
    return p->what == WORD ? s->frozen.words[p->id]->elem : p->what == VERDICT ? sizeof s->run.account->verdict : 1;
}

static const char *struct_name(const struct bl_node *n, size_t at, size_t elem, char *text, size_t room)
{
    const struct bl_field *f = field_at(n, at);

    if (f && f->kind == BL_KIND_VIEW && (size_t)f->least > elem)
        snprintf(text, room, "%s.%s[%zu]", n->path, f->name, (at - f->at) / elem);
    else if (f)
        snprintf(text, room, "%s.%s", n->path, f->name);
    else
        snprintf(text, room, "byte %zu of %s's struct", at, n->path);
    return text;
}

static const char *piece_name(const struct bl_sim *s, const struct piece *p, size_t at, char *text, size_t room)
{
    const struct bl_node *n = p->what == STRUCT || p->what == VERDICT || p->what == MEMORY ? s->frozen.nodes[p->id] : NULL;

    if (p->what == STRUCT)
        return struct_name(n, (size_t)(p->at - n->self) + at, value_bytes(s, p, at), text, room);
    if (p->what == VERDICT) {
        snprintf(text, room, "%s.verdict", n->path);
    } else if (p->what == WORD && s->frozen.words[p->id]->lanes > 1) {
        snprintf(text, room, "%s[%zu]", word_name(s->frozen.words[p->id]), at / s->frozen.words[p->id]->elem);
    } else if (p->what == WORD) {
        snprintf(text, room, "%s", word_name(s->frozen.words[p->id]));
    } else if (p->what == ITEMS) {
        snprintf(text, room, "%s, byte %zu of its items", word_name(s->frozen.rings[p->id]->push_word), at);
    } else {
        const char *name = "memory";
        for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
            if (f->kind == BL_KIND_MEM && !memcmp(n->self + f->at, &p->at, sizeof(void *)))
                name = f->name;
        snprintf(text, room, "%s.%s, byte %zu", n->path, name, at);
    }
    return text;
}

static void value_text(const struct bl_sim *s, const struct piece *p, const unsigned char *bytes, size_t at, char *text, size_t room)
{
    size_t width = value_bytes(s, p, at), start = at / width * width;
    uint64_t v = 0;

    memcpy(&v, bytes + start, width < p->bytes - start ? width : p->bytes - start);
    if (p->what == VERDICT && v < s->frozen.nodes[p->id]->info->nverdicts)
        snprintf(text, room, "%s", s->frozen.nodes[p->id]->info->verdict[v]);
    else
        snprintf(text, room, "%llu", (unsigned long long)v);
}

/* The first byte that differs from the copy, if it can be one that has a name; false: none. */
static bool first_difference(const struct study *y, bool named, size_t *piece, size_t *at, const unsigned char **was)
{
    const struct bl_sim *s = y->order.sim;

    *was = y->copy;
    for (*piece = 0; *piece < y->npieces; *was += y->piece[(*piece)++].bytes) {
        const struct piece *p = &y->piece[*piece];
        for (*at = 0; *at < p->bytes; ++*at)
            if ((*was)[*at] != p->at[*at] && !(named && p->what == STRUCT &&
                                               !field_at(s->frozen.nodes[p->id], (size_t)(p->at - s->frozen.nodes[p->id]->self) + *at)))
                return true;
    }
    return false;
}

static void say_difference(struct study *y)
{
    const struct bl_sim *s = y->order.sim;
    const char *one = s->frozen.nodes[y->order.unit]->path, *other = s->frozen.nodes[y->order.other]->path;
    char name[600], time[40], value[2][64];
    const unsigned char *was;
    size_t i, at;

    bl_error(y->r->diag, "race at %s, delta %llu: the order of %s and %s in this evaluate phase matters; they share what is "
             "no port, or one notifies the other at once", bl_time_text(y->phase.fs, time), (unsigned long long)y->phase.here, one, other);
    if (!y->copy || (!first_difference(y, true, &i, &at, &was) && !first_difference(y, false, &i, &at, &was)))
        return;                              /* it shows in the number of deltas only */
    value_text(s, &y->piece[i], was, at, value[0], sizeof value[0]);
    value_text(s, &y->piece[i], y->piece[i].at, at, value[1], sizeof value[1]);
    bl_note(y->r->diag, "  seen at %s, delta %llu: %s is %s when %s runs first, %s when %s does", bl_time_text(y->now.fs, time),
            (unsigned long long)y->now.here, piece_name(s, &y->piece[i], at, name, sizeof name), value[0], one, value[1], other);
}

/* ---- points ---- */

static void stop(struct study *y)
{
    y->over = true;
    bl_interrupt(y->order.sim);
}

static void found(struct study *y)
{
    y->met = true;
    y->hi = y->now;
    stop(y);
}

static void keep(struct study *y)
{
    if (y->nkept == ENTRIES && y->now.index % y->stride == 0) {      /* every second one goes */
        size_t n = 0;
        y->stride *= 2;
        for (size_t i = 0; i < y->nkept; i++)
            if (y->kept[i].index % y->stride == 0)
                y->kept[n++] = y->kept[i];
        y->nkept = n;
    }
    if (y->now.index % y->stride == 0)
        y->kept[y->nkept++] = y->now;
}

static bool same_point(const struct point *a, const struct point *b)
{
    return a->index == b->index && a->fs == b->fs && a->here == b->here && a->chain == b->chain;
}

static void compare(struct study *y)
{
    bool more = y->at == y->nkept;

    if (more ? y->stride > 1 || !y->window : y->now.index < y->kept[y->at].index)
        return;
    if (more || !same_point(&y->now, &y->kept[y->at]))
        found(y);
    else
        y->lo = y->kept[y->at++];
}

static void make_copy(struct study *y)
{
    size_t n = 0;

    for (size_t i = 0; i < y->npieces; i++)
        n += y->piece[i].bytes;
    y->copy = fresh(1, n + 1);
    n = 0;
    for (size_t i = 0; i < y->npieces; i++) {
        memcpy(y->copy + n, y->piece[i].at, y->piece[i].bytes);
        n += y->piece[i].bytes;
    }
}

static void wanted(struct study *y)
{
    if (y->now.index != y->wanted)
        return;
    if (y->role == COPIES)
        make_copy(y);
    else
        say_difference(y);
    found(y);
}

/* The last delta is complete; so is its time when `last`. */
static void point(struct study *y, bool last)
{
    static void (*const act[])(struct study *) = { keep, compare, wanted, wanted };
    bool inside = y->window && y->now.time >= y->from;

    if (y->window ? inside : last) {
        for (size_t i = 0; i < y->npieces; i++)
            if (inside || y->now.time % y->piece[i].every == 0)
                y->now.chain = hash(y->now.chain, y->piece[i].at, y->piece[i].bytes);
        act[y->role](y);
        y->now.index++;
    }
    y->now.time += last;
    if (y->window && y->now.time > y->to && !y->over)
        stop(y);
}

/* At the end everything is compared once more. */
static void finish(struct study *y)
{
    point(y, true);
    if (y->over)
        return;
    for (size_t i = 0; i < y->npieces; i++)
        y->now.chain = hash(y->now.chain, y->piece[i].at, y->piece[i].bytes);
    if (y->role == KEEPS)
        y->end = y->now;
    else if (y->role == COMPARES && (y->window ? y->at < y->nkept : !same_point(&y->now, &y->end)))
        found(y);
    else if (y->role == SHOWS)
        say_difference(y);
    y->over = true;
}

/* Before each delta the last one is looked at; when the simulation is closed, for the last time. */
void study_look(struct bl_order *o, struct bl_sim *s)
{
    struct study *y = o->ctx;
    const struct core *c = s->core;

    if (y->over)
        return;
    if (y->now.delta == c->deltas) {
        finish(y);
        return;
    }
    if (y->now.delta)
        point(y, y->now.fs != c->now);
    y->now.fs = c->now;
    y->now.delta = c->deltas;
    y->now.here = y->window ? (c->deltas - c->deltas_before) : 0;
    if (c->deltas == o->from) {
        y->phase = y->now;
        y->phase.here = (c->deltas - c->deltas_before);
    }
}

void bl_order_use(struct bl_sim *s, struct bl_order *o)
{
    if (MISSING(s, o))
        return;
    if (!s->elaborated || s->run.in_run) {
        bl_error(s->diag, "bl_order_use: expected a simulation that is elaborated, between runs");
        s->failed = true;
        return;
    }
    BORDER(s, );
    if (onlookers_of(s)->order)
        order_fini(s->onlookers->order);
    order_init(o, s);
    add_pieces(o->ctx, s);
}

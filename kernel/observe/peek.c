/* peek.c - looking into a simulation by name. */
#include "kernel/observe/inside.h"

#include <stdlib.h>

/* "a.b[3].x[2]" -> part a.b[3], field x, lane 2 (0 when none is written). */
static struct bl_node *split_name(struct bl_sim *s, const char *name, char *field, size_t room, uint32_t *lane)
{
    const char *dot = strrchr(name, '.');
    char path[512];

    if (!dot || (size_t)(dot - name) >= sizeof path || strlen(dot + 1) >= room)
        return NULL;
    memcpy(path, name, (size_t)(dot - name));
    path[dot - name] = 0;
    strcpy(field, dot + 1);
    *lane = 0;
    char *bracket = strchr(field, '[');
    if (bracket) {
        size_t digits = strspn(bracket + 1, "0123456789");
        if (digits == 0 || digits > 9 || strcmp(bracket + 1 + digits, "]"))
            return NULL;
        *bracket = 0;
        *lane = (uint32_t)strtoul(bracket + 1, NULL, 10);
    }
    return node_named(s, path);
}

static int lane_of(const void *p, uint32_t lanes, uint32_t bits, uint32_t elem, uint32_t lane, struct look *l)
{
    if (lane >= lanes || bits > 64)
        return -1;
    l->at = (const unsigned char *)p + (size_t)lane * elem;
    l->elem = elem;
    l->bits = bits;
    return 0;
}

static int look_field(const struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, uint32_t lane, struct look *l)
{
    uint32_t k = class_field_index(n->info->cls, f);
    const unsigned char *at = n->self + f->at;

    if (bl_field_is(f, BL_IS_WORD)) {
        if (n->port[k] == NONE)
            return -1;
        const struct bl_word *w = s->frozen.words[n->port[k]];
        return lane_of(w->now, w->lanes, w->bits, w->elem, lane, l);
    }
    if (bl_field_is(f, BL_IS_CHANNEL)) {    /* items in the channel */
        l->minus = s->frozen.rings[n->port[k]]->pop_word->now;
        return lane_of(s->frozen.rings[n->port[k]]->push_word->now, 1, 32, 4, lane, l);
    }
    if (f->kind == BL_KIND_VIEW) {
        uint32_t lanes = field_count(n, f->lanes), bits = field_count(n, f->bits), elem = view_elem(f, lanes, bits);
        return elem ? lane_of(at, lanes, bits, elem, lane, l) : -1;
    }
    if (f->kind == BL_KIND_LIST) {
        const struct bl_list *list = (const struct bl_list *)(const void *)at;
        return lane_of(list->v, list->n, 64, 8, lane, l);
    }
    return bl_field_is(f, BL_IS_VALUE) ? lane_of(at, 1, 64, 8, lane, l) : -1;    /* of a double: its bits */
}

/* The part of "PATH.FIELD[lane]", its field (NULL: not in its table). */
struct bl_node *field_named(struct bl_sim *s, const char *name, const struct bl_field **f, uint32_t *lane)
{
    char field[256];
    struct bl_node *n = split_name(s, name, field, sizeof field, lane);

    *f = n ? class_field(n->info->cls, field) : NULL;
    return n;
}

int look_up(struct bl_sim *s, const char *name, struct look *l)
{
    char field[256];
    uint32_t lane;
    struct bl_node *n = split_name(s, name, field, sizeof field, &lane);

    *l = (struct look){ .node = n };
    if (!n)
        return -1;
    if (s->elaborated && !strcmp(field, "verdict"))
        return lane_of(&s->run.account[n->id].verdict, 1, 32, 4, lane, l);
    const struct bl_field *f = l->field = class_field(n->info->cls, field);
    bool there = f && (bl_field_is(f, BL_IS_PARAM) || (s->elaborated && (!n->info->cls->build || f->kind == BL_KIND_VIEW)));
    return there ? look_field(s, n, f, lane, l) : -1;      /* before elaboration there are parameters only */
}

uint64_t look_at(const struct look *l)
{
    uint64_t value = 0;

    memcpy(&value, l->at, l->elem);         /* little-endian hosts */
    return l->minus ? (uint32_t)value - *(const uint32_t *)l->minus : value;
}

int bl_peek(struct bl_sim *s, const char *name, uint64_t *value)
{
    struct look l;

    if (look_up(s, name, &l))
        return -1;
    *value = look_at(&l);
    return 0;
}

void *bl_part_of(struct bl_sim *s, const char *path)
{
    struct bl_node *n = node_named(s, path);

    return n && !is_scope(n) ? n->self : NULL;
}

const struct bl_class *bl_part_class(struct bl_sim *s, const char *path)
{
    const struct bl_node *n = node_named(s, path);

    return n && !is_scope(n) ? n->info->cls : NULL;
}

const void *bl_memory(struct bl_sim *s, const char *path, const char *field, size_t *bytes)
{
    struct bl_node *n = node_named(s, path);
    const struct bl_field *f = n ? class_field(n->info->cls, field) : NULL;
    const void *at;

    if (!f || f->kind != BL_KIND_MEM)
        return NULL;
    memcpy(&at, n->self + f->at, sizeof at);
    const struct memory *found = NULL;   /* an empty memory may lie where the next one begins */
    for (size_t i = 0; i < s->frozen.nmemories; i++) {
        const struct memory *m = &s->frozen.memories[i];
        if (m->node == n->id && m->at == at && (!found || m->bytes > found->bytes))
            found = m;
    }
    if (found && bytes)
        *bytes = found->bytes;
    return found ? at : NULL;
}

/* peek.c - looking into a simulation by name. */
#include "kernel/observe/inside.h"

#include <stdlib.h>

/* "[2]" at the end of a name, which is cut off: 2; NONE: there is none. False: something else is in the brackets. */
static bool cut_index(char *name, uint32_t *index)
{
    char *bracket = strrchr(name, '[');

    *index = NONE;
    if (!bracket)
        return true;
    size_t digits = strspn(bracket + 1, "0123456789");
    if (digits == 0 || digits > 9 || strcmp(bracket + 1 + digits, "]"))
        return false;
    *index = (uint32_t)strtoul(bracket + 1, NULL, 10);
    *bracket = 0;
    return true;
}

/* The tally of this name; it may be that of a port as well. */
static const struct bl_field *tally_named(const struct bl_node *n, const char *name)
{
    for (uint32_t t = 0; t < n->info->ntallies; t++)
        if (!strcmp(n->info->tally[t]->name, name))
            return n->info->tally[t];
    return NULL;
}

/* "a.b[3].x[2][5]" -> part a.b[3], field x, and what its brackets hold, NONE: nothing. "a.b[3].tally.x": its tally x. */
static struct bl_node *split_name(struct bl_sim *s, const char *name, char *field, size_t room, uint32_t index[2], bool *is_tally)
{
    const char *dot = strrchr(name, '.');
    char path[512];

    if (!dot || (size_t)(dot - name) >= sizeof path || strlen(dot + 1) >= room)
        return NULL;
    memcpy(path, name, (size_t)(dot - name));
    path[dot - name] = 0;
    strcpy(field, dot + 1);
    if (!cut_index(field, &index[1]) || !cut_index(field, &index[0]) || strchr(field, '['))
        return NULL;
    if (index[0] == NONE) {
        index[0] = index[1];
        index[1] = NONE;
    }
    struct bl_node *n = node_named(s, path);
    char *last = strrchr(path, '.');
    *is_tally = !n && last && !strcmp(last, ".tally");
    if (*is_tally)
        *last = 0;
    return *is_tally ? node_named(s, path) : n;
}

/* Brackets name an element of an array and then a lane; of all others, and of an array of one, a lane. */
static bool place_named(const struct bl_node *n, const struct bl_field *f, const uint32_t index[2], uint32_t *place, uint32_t *lane)
{
    uint32_t k = class_field_index(n->info->cls, f), count = bl_field_is(f, BL_IS_PORT) ? n->first[k + 1] - n->first[k] : 1;
    bool element = count > 1 || index[1] != NONE;

    *place = bl_field_is(f, BL_IS_PORT) ? n->first[k] + (element ? index[0] : 0) : NONE;
    *lane = index[element];
    return element ? f->count && index[0] < count : true;
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

static int look_port(const struct bl_sim *s, enum bl_field_kind kind, uint32_t lane, struct look *l)
{
    if (kind == BL_KIND_IN || kind == BL_KIND_OUT) {
        if (l->port == NONE)
            return -1;
        const struct bl_word *w = s->frozen.words[l->port];
        return lane_of(w->now, w->lanes, w->bits, w->elem, lane, l);
    }
    l->minus = s->frozen.rings[l->port]->pop_word->now;        /* items in the channel */
    return lane_of(s->frozen.rings[l->port]->push_word->now, 1, 32, 4, lane, l);
}

static int look_field(const struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, uint32_t lane, struct look *l)
{
    const unsigned char *at = n->self + f->at;

    if (bl_field_is(f, BL_IS_PORT))
        return look_port(s, f->kind, lane, l);
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

int look_up(struct bl_sim *s, const char *name, struct look *l)
{
    char field[256];
    uint32_t index[2], place;
    bool is_tally = false;
    struct bl_node *n = split_name(s, name, field, sizeof field, index, &is_tally);

    *l = (struct look){ .node = n, .port = NONE, .lane = NONE };
    if (!n)
        return -1;
    if (s->elaborated && !is_tally && !strcmp(field, "verdict") && index[1] == NONE)
        return lane_of(&s->run.account[n->id].verdict, 1, 16, 2, index[0] == NONE ? 0 : index[0], l);
    const struct bl_field *f = l->field = is_tally ? tally_named(n, field) : class_field(n->info->cls, field);
    bool there = f && (bl_field_is(f, BL_IS_PARAM) || (s->elaborated && (!n->info->cls->build || f->kind == BL_KIND_VIEW)));
    if (!there || !place_named(n, f, index, &place, &l->lane))
        return -1;                       /* before elaboration there are parameters only */
    l->port = place == NONE ? NONE : n->port[place];
    return look_field(s, n, f, l->lane == NONE ? 0 : l->lane, l);
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

    if (MISSING(s, name, value) || look_up(s, name, &l))
        return -1;
    *value = look_at(&l);
    return 0;
}

void *bl_part_of(struct bl_sim *s, const char *path)
{
    struct bl_node *n = MISSING(s, path) ? NULL : node_named(s, path);

    return n && !is_scope(n) ? n->self : NULL;
}

const struct bl_class *bl_part_class(struct bl_sim *s, const char *path)
{
    const struct bl_node *n = MISSING(s, path) ? NULL : node_named(s, path);

    return n && !is_scope(n) ? n->info->cls : NULL;
}

const void *bl_memory(struct bl_sim *s, const char *path, const char *field, size_t *bytes)
{
    struct bl_node *n = MISSING(s, path, field) ? NULL : node_named(s, path);
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

/* peek.c - looking into a simulation by name, and comparing the state of two. */
#include "kernel/kernel.h"

#include <stdio.h>
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

static int lane_of(const unsigned char *p, uint32_t lanes, uint32_t bits, uint32_t elem, uint32_t lane, uint64_t *value)
{
    if (lane >= lanes || bits > 64)
        return -1;
    *value = 0;
    memcpy(value, p + (size_t)lane * elem, elem);
    return 0;
}

static int peek_field(const struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, uint32_t lane, uint64_t *value)
{
    uint32_t k = class_field_index(n->info->cls, f);
    const unsigned char *at = n->self + f->at;

    switch (f->kind) {
    case BL_KIND_IN:
    case BL_KIND_OUT: {
        if (n->port[k] == NONE)
            return -1;
        const struct bl_word *w = s->words[n->port[k]];
        return lane_of(w->now, w->lanes, w->bits, w->elem, lane, value);
    }
    case BL_KIND_POP:
    case BL_KIND_PUSH: {                    /* items in the channel */
        if (lane)
            return -1;
        const struct bl_ring *r = s->rings[n->port[k]];
        *value = *(const uint32_t *)r->push_word->now - *(const uint32_t *)r->pop_word->now;
        return 0;
    }
    case BL_KIND_VIEW: {
        uint32_t lanes = field_count(n, f->lanes), bits = field_count(n, f->bits), elem = view_elem(f, lanes, bits);
        return elem ? lane_of(at, lanes, bits, elem, lane, value) : -1;
    }
    case BL_KIND_LIST: {
        const struct bl_list *l = (const struct bl_list *)(const void *)at;
        if (lane >= l->n)
            return -1;
        memcpy(value, &l->v[lane], sizeof *value);
        return 0;
    }
    case BL_KIND_TALLY:
    case BL_KIND_INT:
    case BL_KIND_REAL:                      /* the bits of the double */
    case BL_KIND_TIME:
    case BL_KIND_CHOICE:
        memcpy(value, at, sizeof *value);
        return lane ? -1 : 0;
    default:
        return -1;
    }
}

/* The part of "PATH.FIELD[lane]", its field (NULL: not in its table). */
struct bl_node *field_named(struct bl_sim *s, const char *name, const struct bl_field **f, uint32_t *lane)
{
    char field[256];
    struct bl_node *n = split_name(s, name, field, sizeof field, lane);

    *f = n ? class_field(n->info->cls, field) : NULL;
    return n;
}

int bl_peek(struct bl_sim *s, const char *name, uint64_t *value)
{
    char field[256];
    uint32_t lane;
    struct bl_node *n = split_name(s, name, field, sizeof field, &lane);

    if (!n)
        return -1;
    if (s->frozen && !strcmp(field, "verdict")) {
        *value = s->account[n->id].verdict;
        return lane ? -1 : 0;
    }
    const struct bl_field *f = class_field(n->info->cls, field);
    if (f && !s->frozen && (f->kind < BL_KIND_INT || f->kind > BL_KIND_LIST))
        return -1;                          /* before elaboration there are parameters only */
    return f && (!n->info->cls->build || f->kind >= BL_KIND_INT) ? peek_field(s, n, f, lane, value) : -1;
}

void *bl_part_of(struct bl_sim *s, const char *path)
{
    struct bl_node *n = node_named(s, path);

    return n ? n->self : NULL;
}

const void *bl_memory(struct bl_sim *s, const char *path, const char *field, size_t *bytes)
{
    struct bl_node *n = node_named(s, path);
    const struct bl_field *f = n ? class_field(n->info->cls, field) : NULL;
    const void *at;

    if (!f || f->kind != BL_KIND_MEM)
        return NULL;
    memcpy(&at, n->self + f->at, sizeof at);
    for (size_t i = 0; i < s->nmemories; i++)
        if (s->memories[i].node == n->id && s->memories[i].at == at) {
            if (bytes)
                *bytes = s->memories[i].bytes;
            return at;
        }
    return NULL;
}

/* ---- equal states ---- */

/* A copy of a struct with its handles masked; malloc'ed. */
static unsigned char *masked(const struct bl_node *n)
{
    size_t size = n->info->cls->size;
    unsigned char *copy = fresh(1, size);

    memcpy(copy, n->self, size);
    memset(copy + offsetof(struct bl_part, node), 0, sizeof(void *));
    for (const struct bl_field *f = n->info->cls->fields; f && f->kind; f++)
        if (f->kind <= BL_KIND_OUT || f->kind == BL_KIND_MEM)
            memset(copy + f->at, 0, sizeof(void *));
    return copy;
}

static bool chunks_equal(const struct bl_sim *a, const struct bl_sim *b)
{
    const size_t head = (sizeof(struct chunk) + 15) / 16 * 16;
    const struct chunk *x = a->state.first, *y = b->state.first;

    for (; x && y; x = x->next, y = y->next)
        if (x->used != y->used || memcmp((const char *)x + head, (const char *)y + head, x->used))
            return false;
    return x == y;
}

/* Structs are masked in place for the comparison and put back. */
bool bl_state_equal(const struct bl_sim *a, const struct bl_sim *b)
{
    const struct bl_sim *two[2] = { a, b };
    unsigned char **saved[2];

    if (a == b)
        return true;
    if (a->nnodes != b->nnodes || a->state.used != b->state.used)
        return false;
    for (int k = 0; k < 2; k++) {
        saved[k] = fresh(a->nnodes + 1, sizeof **saved);
        for (size_t i = 0; i < a->nnodes; i++) {
            const struct bl_node *n = two[k]->nodes[i];
            unsigned char *m = masked(n);
            saved[k][i] = fresh(1, n->info->cls->size);
            memcpy(saved[k][i], n->self, n->info->cls->size);
            memcpy(n->self, m, n->info->cls->size);
            free(m);
        }
    }
    bool same = chunks_equal(a, b);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < a->nnodes; i++) {
            const struct bl_node *n = two[k]->nodes[i];
            memcpy(n->self, saved[k][i], n->info->cls->size);
            free(saved[k][i]);
        }
        free(saved[k]);
    }
    return same;
}

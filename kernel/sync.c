/* sync.c - synchronisers: hidden clocked parts, each of which carries a word over to another clock. */
#include "kernel/bind.h"

struct sync_part { struct bl_part p; bl_in in; bl_out out; int64_t stages; unsigned char *stage; };

static bl_verdict sync_tick(void *self)
{
    struct sync_part *t = self;
    const struct bl_word *in = bl_in_(t->in), *out = bl_out_(t->out);
    uint32_t n = in->bytes, last = (uint32_t)t->stages - 1;
    const unsigned char *from = last ? t->stage + (size_t)(last - 1) * n : in->now;
    bool moved = memcmp(out->next, from, n) != 0;

    memcpy(bl_put_item(t->out), from, n);
    for (uint32_t i = last; i-- > 0;) {
        const unsigned char *up = i ? t->stage + (size_t)(i - 1) * n : in->now;
        moved |= memcmp(t->stage + (size_t)i * n, up, n) != 0;
        memcpy(t->stage + (size_t)i * n, up, n);
    }
    return moved ? BL_BUSY : BL_NAP(BL_IDLE);
}

static int sync_init(void *self)
{
    struct sync_part *t = self;
    const struct bl_word *in = bl_in_(t->in);

    t->stage = bl_alloc(t, (size_t)t->stages * in->bytes);
    memcpy(bl_out_(t->out)->next, in->next, in->bytes);       /* the driver's init, which came first, set it */
    for (int64_t i = 0; i < t->stages; i++)
        memcpy(t->stage + (size_t)i * in->bytes, in->next, in->bytes);
    return 0;
}

static const struct bl_field sync_fields[] = {
    BL_IN(struct sync_part, in, 1, 1, "value of the other clock"), BL_OUT(struct sync_part, out, 1, 1, "value in this clock"),
    BL_MEM(struct sync_part, stage, "the flip-flops"), { 0 }
};
static const struct bl_class sync_class = { .name = "sync", .help = "synchroniser between two clocks",
    .size = sizeof(struct sync_part), .init = sync_init, .tick = sync_tick, .fields = sync_fields };

uint64_t sync_stages(const struct bl_node *n) { return (uint64_t)((const struct sync_part *)(const void *)n->self)->stages; }

uint32_t synchronise(struct bl_sim *s, const struct bl_word *from, const struct bl_node *reader, uint32_t stages)
{
    struct bl_node *n = arena_get(&s->fixed, sizeof *n);

    *n = (struct bl_node){ .sim = s, .path = arena_text(&s->fixed, "%s.sync", word_name(from)), .clock_name = reader->clock_name,
                           .info = class_info_of(s, &sync_class), .id = (uint32_t)s->frozen.nnodes, .domain = reader->domain,
                           .slot = NONE, .proc = NONE };
    struct sync_part *t = arena_get(&s->state, sizeof *t);
    n->self = (unsigned char *)t;
    t->p.node = n;
    t->stages = (int64_t)stages;
    s->frozen.nodes = grown(s->frozen.nodes, s->frozen.nnodes, &s->frozen.room_nodes, sizeof *s->frozen.nodes);
    s->frozen.nodes[s->frozen.nnodes++] = n;
    struct bl_word *w = word_new(s, n->id, NONE, from->lanes, from->bits);
    n->port = arena_get(&s->fixed, n->info->nfields * sizeof *n->port);
    n->first = n->info->first;
    n->nports = n->info->nfields;
    s->frozen.nports += n->nports;
    n->port[0] = from->id;
    n->port[1] = w->id;
    n->port[2] = NONE;
    return w->id;
}

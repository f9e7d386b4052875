/* arbiter.c - several clients, one way out: gives on one item a tick. Policies: `fixed` (the lowest index first), `rr` (round
 * robin, from behind the last one granted), `oldest` (who has stood at the head longest, then the lower index). Latency 1. */
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { FIXED, ROUND_ROBIN, OLDEST };

struct arbiter {
    struct bl_part p;
    bl_pops in, in_tag;
    bl_push out, out_tag, who;
    bl_tally grant, wait;
    int64_t clients, lanes, bits, tag, policy;
    uint64_t *since;                    /* [clients]: cycle in which the head was first seen, plus one; 0: there is none */
    uint32_t turn;
};

static int init(void *self)
{
    struct arbiter *t = self;
    char name[32];

    for (uint32_t k = 0; k < t->in.n; k++)
        if (bl_tags_both(t, bl_tag_name_of(name, "in_tag", k, t->in.n), bl_wired(t->in_tag.at[k]), "out_tag", bl_wired(t->out_tag)))
            return -1;
    t->since = bl_alloc(t, t->in.n * sizeof *t->since);
    return 0;
}

/* The client to be granted, or in.n: nobody has anything. */
static uint32_t choose(struct arbiter *t)
{
    const uint32_t n = (uint32_t)t->in.n;
    uint32_t best = n;

    for (uint32_t i = 0, k = t->turn; i < n; i++, k = k + 1 == n ? 0 : k + 1) {
        if (!bl_pair_avail(t->in.at[k], t->in_tag.at[k]))
            continue;
        if (!t->since[k])
            t->since[k] = bl_cycle(t) + 1;
        if (best == n || (t->policy == OLDEST && (t->since[k] < t->since[best])))
            best = k;
    }
    return best;
}

static bool room(const struct arbiter *t) { return bl_pair_room(t->out, t->out_tag) && (!bl_wired(t->who) || bl_room(t->who)); }

/* Of out, out_tag and who the first one that is full. */
static bl_verdict full(const struct arbiter *t)
{
    return BL_AT(OUT_FULL, !bl_pair_room(t->out, t->out_tag) ? bl_pair_full(t->out, 1) : 2);
}

static void pass(struct arbiter *t, uint32_t k)
{
    bl_pass(t->in.at[k], t->out);
    bl_pass_tag(t->in_tag.at[k], t->out_tag);
    if (bl_wired(t->who))
        *bl_push16(t->who) = (uint16_t)k;
    charge(&t->grant, 1);
    charge(&t->wait, bl_cycle(t) + 1 - t->since[k]);
    t->since[k] = 0;
    if (t->policy == ROUND_ROBIN)
        t->turn = (k + 1) % (uint32_t)t->in.n;
}

static bl_verdict tick(void *self)
{
    struct arbiter *t = self;
    const uint32_t k = choose(t);

    if (k == t->in.n)
        return BL_NAP(BL_AT(NO_INPUT, t->turn + bl_pair_missing(t->in.at[t->turn], (uint32_t)t->in.n)));
    if (!room(t))
        return BL_NAP(full(t));
    pass(t, k);
    return BL_BUSY;
}

#define T struct arbiter
static const struct bl_field fields[] = {
    BL_POPS(T, in, BL_BY(T, clients), BL_BY(T, lanes), BL_BY(T, bits), "items of the clients"),
    BL_POPS_OPT(T, in_tag, BL_BY(T, clients), BL_BY(T, tag), 8, "their tags"),
    BL_PUSH(T, out, BL_BY(T, lanes), BL_BY(T, bits), "the items granted, one a tick"),
    BL_PUSH_OPT(T, out_tag, BL_BY(T, tag), 8, "their tags"),
    BL_PUSH_OPT(T, who, 1, 16, "which client each came from"),
    BL_PARAM(T, clients, 2, 1, BL_PORTS_MOST, "elements of in"),
    BL_CHOICE(T, policy, ROUND_ROBIN, "fixed rr oldest", "who is granted: the lowest index, in turn, or who stands at the head longest"),
    BL_SIZE(T, lanes, 65536, "values of an item"), BL_SIZE(T, bits, 65536, "bits of a value"), BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_FEED(in), BL_FEED(in_tag),
    BL_WAITS(NO_INPUT, in, in_tag), BL_WAITS(OUT_FULL, out, out_tag, who),
    BL_TALLY(T, grant, "an item given on"), BL_TROUBLE(T, wait, "a tick that a head waited before its grant"),
    BL_VIEW(T, turn, 1, 16, "client whose turn is next"), BL_MEM(T, since, "since when each head stands"), { 0 }
};
const struct bl_class arbiter_class = { .name = "arbiter", .help = "several clients, one way out",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };

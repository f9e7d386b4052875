/* kp_network.h - random networks: chains through stages, works, echoes, forks and joins over several clocks, and words. */
#ifndef BL_TESTS_KP_NETWORK_H
#define BL_TESTS_KP_NETWORK_H

#include "tests/rigs/kparts.h"

struct kp_net { struct kp_rng r; struct bl_sim *s; uint32_t clocks, parts; int stages, bits, lanes; struct kp_told *told; };

static const char *const kp_clocks[] = { "c0", "c1", "c2" };

static inline const char *kp_net_part(struct kp_net *n, const char *cls, uint32_t clock, char *path)
{
    snprintf(path, 32, "%s[%u]", cls, n->parts++);
    kp_ok(bl_add(n->s, path, cls, kp_clocks[clock], NULL));
    kp_setf(n->s, path, "lanes", n->lanes);
    kp_setf(n->s, path, "bits", n->bits);
    return path;
}

/* Joins two ends by a random link that suits their clocks; waiting parts have no pipes and no synchronisers. */
static inline void kp_net_link(struct kp_net *n, const char *from, const char *port, uint32_t cf, bool wf, const char *to, const char *in, uint32_t ct,
                    bool wt)
{
    struct bl_link l = { .depth = 1 + kp_below(&n->r, 4) };
    char a[48], b[48];

    if (!wf && !wt && cf == ct && kp_below(&n->r, 3) == 0)
        l = KP_PIPE;
    else if (!wf && !wt && cf != ct)
        l.sync = BL_SYNC((int)kp_below(&n->r, 4));
    snprintf(a, sizeof a, "%s.%s", from, port);
    snprintf(b, sizeof b, "%s.%s", to, in);
    ck_assert_msg(bl_wire(n->s, a, b, l, NULL) == 0, "%s", n->told->text);
}

static inline void kp_net_end(struct kp_net *n, const char *from, const char *port, uint32_t clock, bool waiting)
{
    uint32_t c = kp_below(&n->r, 3) ? clock : kp_below(&n->r, n->clocks);
    char path[32];

    kp_net_part(n, "sink", c, path);
    if (kp_below(&n->r, 3) == 0)
        kp_setf(n->s, path, "every", 1 + kp_below(&n->r, 9));
    if (kp_below(&n->r, 3) == 0)
        kp_setf(n->s, path, "luck", 1 + kp_below(&n->r, 256));
    kp_net_link(n, from, port, clock, waiting, path, "x", c, false);
}

static inline void kp_net_chain(struct kp_net *n)
{
    static const char *const middle[] = { "stage", "stage", "work", "echo", "fork", "join" };
    uint32_t clock = kp_below(&n->r, n->clocks);
    char at[32], next[32], port[4] = "x";
    bool waiting = false;

    kp_net_part(n, "gen", clock, at);
    if (kp_below(&n->r, 2))
        kp_setf(n->s, at, "luck", 1 + kp_below(&n->r, 256));
    if (kp_below(&n->r, 3) == 0)
        kp_setf(n->s, at, "n", 1 + kp_below(&n->r, 300));
    kp_setf(n->s, at, "seed", kp_below(&n->r, 1000));
    for (int i = 0; i < n->stages; i++) {
        const char *cls = middle[kp_below(&n->r, 6)];
        uint32_t c = kp_below(&n->r, 4) ? clock : kp_below(&n->r, n->clocks);
        bool w = !strcmp(cls, "echo");
        kp_net_part(n, cls, c, next);
        kp_net_link(n, at, port, clock, waiting, next, "a", c, w);
        if (!strcmp(cls, "work"))
            kp_setf(n->s, next, "cycles", 1 + kp_below(&n->r, 12));
        if (w && kp_below(&n->r, 3)) {
            char delay[32];
            snprintf(delay, sizeof delay, "%u fs", kp_below(&n->r, 9000));
            kp_ok(bl_set(n->s, next, "delay", delay, NULL));
        }
        if (!strcmp(cls, "fork"))
            kp_net_end(n, next, "c", c, false);
        if (!strcmp(cls, "join")) {
            char extra[32];
            kp_net_part(n, "gen", c, extra);
            kp_setf(n->s, extra, "every", 1 + kp_below(&n->r, 5));
            kp_net_link(n, extra, "x", c, false, next, "b", c, false);
        }
        snprintf(port, sizeof port, "%s", !strcmp(cls, "join") ? "c" : "b");
        memcpy(at, next, sizeof at);
        clock = c;
        waiting = w;
    }
    kp_net_end(n, at, port, clock, waiting);
}

static inline void kp_net_words(struct kp_net *n)
{
    uint32_t ca = kp_below(&n->r, n->clocks), cb = kp_below(&n->r, n->clocks);
    struct kp_rng *r = &n->r;
    char p[32], q[32], a[32], l[32], m[32], text[48], to[48];

    snprintf(p, sizeof p, "put[%u]", n->parts++);
    snprintf(q, sizeof q, "put[%u]", n->parts++);
    snprintf(a, sizeof a, "add[%u]", n->parts++);
    snprintf(l, sizeof l, "look[%u]", n->parts++);
    snprintf(m, sizeof m, "look[%u]", n->parts++);
    kp_ok(bl_add(n->s, p, "put", kp_clocks[ca], NULL));
    kp_ok(bl_add(n->s, q, "put", kp_clocks[ca], NULL));
    kp_ok(bl_add(n->s, a, "add", NULL, NULL));
    kp_ok(bl_add(n->s, l, "look", kp_clocks[ca], NULL));
    kp_ok(bl_add(n->s, m, "look", kp_clocks[cb], NULL));
    kp_setf(n->s, p, "every", 1 + kp_below(r, 50));
    kp_setf(n->s, q, "every", 1 + kp_below(r, 50));
    kp_setf(n->s, q, "step", 65535);
    const char *const wires[][4] = { { p, "q", a, "a" }, { q, "q", a, "b" }, { a, "y", l, "d" }, { p, "q", m, "d" } };
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "%s.%s", wires[i][0], wires[i][1]);
        snprintf(to, sizeof to, "%s.%s", wires[i][2], wires[i][3]);
        kp_ok(bl_wire(n->s, text, to, (struct bl_link){ .sync = i == 3 && ca != cb ? BL_SYNC((int)kp_below(r, 3)) : 0 }, NULL));
    }
}

/* Network `seed` of classes that have kp_classes among them, declared. */
static inline struct bl_sim *kp_network_of(struct kp_told *told, const struct bl_class *const *classes, uint64_t seed, unsigned option, uint64_t value)
{
    static const uint64_t period[] = { 1000, 2000, 3000, 1501, 333, 1000 };
    struct kp_net n = { .r = { seed }, .s = bl_open(classes, kp_listen(told)), .told = told };

    n.clocks = 1 + kp_below(&n.r, 3);
    n.bits = 1 + (int)kp_below(&n.r, 64);
    n.lanes = 1 + (int)kp_below(&n.r, 8);
    for (uint32_t i = 0; i < n.clocks; i++)
        kp_ok(bl_clock(n.s, kp_clocks[i], period[kp_below(&n.r, 6)], kp_below(&n.r, 2) ? kp_below(&n.r, 4000) : 0, NULL));
    for (uint32_t i = 0, chains = 1 + kp_below(&n.r, 6); i < chains; i++) {
        n.stages = (int)kp_below(&n.r, 8);
        kp_net_chain(&n);
    }
    for (uint32_t i = kp_below(&n.r, 3); i-- > 0;)
        kp_net_words(&n);
    if (option)
        bl_option(n.s, option, value);
    return n.s;
}

/* Network `seed`, elaborated. */
static inline struct bl_sim *kp_network(struct kp_told *told, uint64_t seed, unsigned option, uint64_t value)
{
    struct bl_sim *s = kp_network_of(told, kp_classes, seed, option, value);

    ck_assert_msg(bl_elaborate(s) == 0, "%s", told->text);
    return s;
}

#endif

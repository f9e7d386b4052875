/* kparts.h - small parts for the tests of the kernel: sources, stages, works, forks, joins and sinks of items of any
 * width, words and wires, waiting parts; and what every suite needs: messages kept, an account as text. */
#ifndef BL_TESTS_KPARTS_H
#define BL_TESTS_KPARTS_H

#include "kernel/model.h"
#include "kernel/sim.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An assertion for hot loops: those of Check write to a pipe every time. */
#define KP_HOLDS(ok, ...) do { if (!(ok)) ck_abort_msg(__VA_ARGS__); } while (0)

/* ---- items of any width, their value known from (seed, number, lane) ---- */

static inline uint64_t kp_mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

/* A small generator for the tests themselves. */
struct kp_rng { uint64_t x; };
static inline uint64_t kp_next(struct kp_rng *r) { return kp_mix(r->x += UINT64_C(0x9e3779b97f4a7c15)); }
static inline uint32_t kp_below(struct kp_rng *r, uint32_t n) { return (uint32_t)((kp_next(r) >> 32) * n >> 32); }

static inline uint32_t kp_bytes(const struct bl_ring *r) { return r->lanes * (r->bits > 64 ? (r->bits + 63) / 64 * 8 : r->elem); }

static inline void *kp_push(bl_push e)
{
    switch (e.r->elem) {
    case 1: return bl_push8(e);
    case 2: return bl_push16(e);
    case 4: return bl_push32(e);
    default: return bl_push64(e);
    }
}

static inline const void *kp_pop(bl_pop e)
{
    switch (e.r->elem) {
    case 1: return bl_pop8(e);
    case 2: return bl_pop16(e);
    case 4: return bl_pop32(e);
    default: return bl_pop64(e);
    }
}

static inline uint64_t kp_value(uint64_t seed, uint64_t k, uint32_t at, uint32_t bits)
{
    uint64_t v = kp_mix(kp_mix(seed * 1000003 + k) + at);

    return bits < 64 ? v & ((UINT64_C(1) << bits) - 1) : v;
}

/* Writes item k of a stream, or says whether `item` is that. Lanes wider than 64 bits are several words. */
static inline bool kp_item(const struct bl_ring *r, uint64_t seed, uint64_t k, void *write, const void *read)
{
    uint32_t words = r->bits > 64 ? (r->bits + 63) / 64 : 1, n = r->lanes * words;
    bool same = true;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t left = r->bits > 64 ? r->bits - i % words * 64 : r->bits;
        uint64_t v = kp_value(seed, k, i, left < 64 ? left : 64), got = 0;
        if (write)
            memcpy((unsigned char *)write + (size_t)i * r->elem, &v, r->elem);
        if (read) {
            memcpy(&got, (const unsigned char *)read + (size_t)i * r->elem, r->elem);
            same &= got == v;
        }
    }
    return same;
}

static inline uint64_t kp_hash(uint64_t h, const void *item, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        h = (h ^ ((const unsigned char *)item)[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* ---- gen and sink: `every` cycles, with `luck`/256 a cycle; without either they nap ---- */

struct kp_gen { struct bl_part p; bl_push x; bl_tally sent; int64_t lanes, bits, every, n, luck, seed; uint64_t k; };
struct kp_sink { struct bl_part p; bl_pop x; bl_tally got, wrong; int64_t lanes, bits, every, luck, seed; uint64_t k, hash, last; };
enum { KP_OUT_FULL = BL_STALL };
enum { KP_NO_INPUT = BL_STALL };

static bl_verdict kp_gen_tick(void *self)
{
    struct kp_gen *t = self;

    if (t->n && t->k == (uint64_t)t->n)
        return BL_NAP(BL_IDLE);
    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (t->luck < 256 && (int64_t)(bl_random(t) & 255) >= t->luck)
        return BL_IDLE;
    if (!bl_room(t->x))
        return t->every == 1 && t->luck == 256 ? BL_NAP(KP_OUT_FULL) : KP_OUT_FULL;
    kp_item(t->x.r, (uint64_t)t->seed, t->k++, kp_push(t->x), NULL);
    charge(&t->sent, 1);
    return BL_BUSY;
}

static bl_verdict kp_sink_tick(void *self)
{
    struct kp_sink *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    if (t->luck < 256 && (int64_t)(bl_random(t) & 255) >= t->luck)
        return BL_IDLE;
    if (!bl_avail(t->x))
        return t->every == 1 && t->luck == 256 ? BL_NAP(KP_NO_INPUT) : KP_NO_INPUT;
    const void *item = kp_pop(t->x);
    if (t->seed >= 0 && !kp_item(t->x.r, (uint64_t)t->seed, t->k, NULL, item))
        charge(&t->wrong, 1);
    t->hash = kp_hash(t->hash, item, kp_bytes(t->x.r));
    t->last = bl_cycle(t);
    t->k++;
    charge(&t->got, 1);
    return BL_BUSY;
}

static const struct bl_field kp_gen_fields[] = {
    BL_PUSH(struct kp_gen, x, BL_BY(struct kp_gen, lanes), BL_BY(struct kp_gen, bits), "items"),
    BL_TALLY(struct kp_gen, sent, "one item"),
    BL_PARAM(struct kp_gen, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct kp_gen, bits, 16, 1, 4096, "bits of a lane"),
    BL_PARAM(struct kp_gen, every, 1, 1, 1000000, "cycles between two items"),
    BL_PARAM(struct kp_gen, n, 0, 0, 1000000, "items; 0 is endless"),
    BL_PARAM(struct kp_gen, luck, 256, 1, 256, "256ths of the cycles"),
    BL_PARAM(struct kp_gen, seed, 0, 0, 1000000, "of the values"),
    { .kind = BL_KIND_CAUSE, .name = "OUT_FULL", .help = "waits on x", .at = KP_OUT_FULL, .text = "x" },
    BL_VIEW(struct kp_gen, k, 1, 64, "items so far"), { 0 }
};
static const struct bl_field kp_sink_fields[] = {
    BL_POP(struct kp_sink, x, BL_BY(struct kp_sink, lanes), BL_BY(struct kp_sink, bits), "items"),
    BL_TALLY(struct kp_sink, got, "one item"), BL_TALLY(struct kp_sink, wrong, "an item that is not the expected one"),
    BL_PARAM(struct kp_sink, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct kp_sink, bits, 16, 1, 4096, "bits of a lane"),
    BL_PARAM(struct kp_sink, every, 1, 1, 1000000, "cycles between two items"),
    BL_PARAM(struct kp_sink, luck, 256, 1, 256, "256ths of the cycles"),
    BL_PARAM(struct kp_sink, seed, -1, -1, 1000000, "of the expected values, or -1"),
    { .kind = BL_KIND_CAUSE, .name = "NO_INPUT", .help = "waits on x", .at = KP_NO_INPUT, .text = "x" },
    BL_VIEW(struct kp_sink, k, 1, 64, "items so far"), BL_VIEW(struct kp_sink, hash, 1, 64, "of the items"),
    BL_VIEW(struct kp_sink, last, 1, 64, "cycle of the last item"), { 0 }
};
static const struct bl_class kp_gen_class = { .name = "gen", .help = "sends items", .size = sizeof(struct kp_gen),
    .tick = kp_gen_tick, .fields = kp_gen_fields };
static const struct bl_class kp_sink_class = { .name = "sink", .help = "takes items", .size = sizeof(struct kp_sink),
    .tick = kp_sink_tick, .fields = kp_sink_fields };

/* ---- stage: one item a cycle from a to b; work: holds an item for `cycles`; fork and join ---- */

struct kp_stage { struct bl_part p; bl_pop a; bl_push b; bl_tally moved; int64_t lanes, bits; };
struct kp_work { struct bl_part p; bl_pop a; bl_push b; bl_tally done; int64_t lanes, bits, cycles, left; unsigned char item[64]; };
struct kp_fork { struct bl_part p; bl_pop a; bl_push b, c; int64_t lanes, bits, turn; };
struct kp_join { struct bl_part p; bl_pop a, b; bl_push c; int64_t lanes, bits, turn; };
enum { KP_FULL = BL_STALL, KP_EMPTY };

static bl_verdict kp_stage_tick(void *self)
{
    struct kp_stage *t = self;

    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(t->b))
        return BL_NAP(KP_FULL);
    const void *item = kp_pop(t->a);
    memcpy(kp_push(t->b), item, kp_bytes(t->a.r));
    charge(&t->moved, 1);
    return BL_BUSY;
}

static bl_verdict kp_work_tick(void *self)
{
    struct kp_work *t = self;

    if (t->left > 1) {
        t->left--;
        return BL_BUSY;
    }
    if (t->left == 1) {
        if (!bl_room(t->b))
            return BL_NAP(KP_FULL);
        memcpy(kp_push(t->b), t->item, kp_bytes(t->b.r));
        charge(&t->done, 1);
        t->left = 0;
        return BL_BUSY;
    }
    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    memcpy(t->item, kp_pop(t->a), kp_bytes(t->a.r));
    t->left = t->cycles;
    return BL_BUSY;
}

static bl_verdict kp_fork_tick(void *self)
{
    struct kp_fork *t = self;
    bl_push to = t->turn ? t->c : t->b;

    if (!bl_avail(t->a))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(to))
        return BL_NAP(KP_FULL);
    memcpy(kp_push(to), kp_pop(t->a), kp_bytes(t->a.r));
    t->turn = !t->turn;
    return BL_BUSY;
}

static bl_verdict kp_join_tick(void *self)
{
    struct kp_join *t = self;
    bl_pop first = t->turn ? t->b : t->a, other = t->turn ? t->a : t->b;

    if (!bl_avail(first) && !bl_avail(other))
        return BL_NAP(KP_EMPTY);
    if (!bl_room(t->c))
        return BL_NAP(KP_FULL);
    memcpy(kp_push(t->c), kp_pop(bl_avail(first) ? first : other), kp_bytes(t->c.r));
    t->turn = !t->turn;
    return BL_BUSY;
}

#define KP_WIDE(T) BL_PARAM(T, lanes, 1, 1, 4096, "lanes"), BL_PARAM(T, bits, 16, 1, 4096, "bits of a lane")
#define KP_PORT(K, T, f) K(T, f, BL_BY(T, lanes), BL_BY(T, bits), "items")
#define KP_CAUSES(out, in) { .kind = BL_KIND_CAUSE, .name = "FULL", .help = "waits on " #out, .at = KP_FULL, .text = #out }, \
                           { .kind = BL_KIND_CAUSE, .name = "EMPTY", .help = "waits on " #in, .at = KP_EMPTY, .text = #in }

static const struct bl_field kp_stage_fields[] = {
    KP_PORT(BL_POP, struct kp_stage, a), KP_PORT(BL_PUSH, struct kp_stage, b), BL_TALLY(struct kp_stage, moved, "one item"),
    KP_WIDE(struct kp_stage), KP_CAUSES(b, a), { 0 }
};
static const struct bl_field kp_work_fields[] = {
    KP_PORT(BL_POP, struct kp_work, a), KP_PORT(BL_PUSH, struct kp_work, b), BL_TALLY(struct kp_work, done, "one item"),
    KP_WIDE(struct kp_work), BL_PARAM(struct kp_work, cycles, 3, 1, 1000, "cycles an item"), KP_CAUSES(b, a),
    BL_VIEW(struct kp_work, left, 1, 10, "cycles left"), { 0 }
};
static const struct bl_field kp_fork_fields[] = {
    KP_PORT(BL_POP, struct kp_fork, a), KP_PORT(BL_PUSH, struct kp_fork, b), KP_PORT(BL_PUSH, struct kp_fork, c),
    KP_WIDE(struct kp_fork), KP_CAUSES(b, a), { 0 }
};
static const struct bl_field kp_join_fields[] = {
    KP_PORT(BL_POP, struct kp_join, a), KP_PORT(BL_POP, struct kp_join, b), KP_PORT(BL_PUSH, struct kp_join, c),
    KP_WIDE(struct kp_join), KP_CAUSES(c, a), { 0 }
};
static const struct bl_class kp_stage_class = { .name = "stage", .help = "passes items on", .size = sizeof(struct kp_stage),
    .tick = kp_stage_tick, .fields = kp_stage_fields };
static const struct bl_class kp_work_class = { .name = "work", .help = "takes its time", .size = sizeof(struct kp_work),
    .tick = kp_work_tick, .fields = kp_work_fields };
static const struct bl_class kp_fork_class = { .name = "fork", .help = "one to two", .size = sizeof(struct kp_fork),
    .tick = kp_fork_tick, .fields = kp_fork_fields };
static const struct bl_class kp_join_class = { .name = "join", .help = "two to one", .size = sizeof(struct kp_join),
    .tick = kp_join_tick, .fields = kp_join_fields };

/* ---- words: put counts, look naps until its input moves, log keeps what it read; wires: add and inv ---- */

struct kp_put { struct bl_part p; bl_out q; int64_t every, first, step; };
struct kp_look { struct bl_part p; bl_in d; bl_tally seen; uint64_t last, hash; };
struct kp_log { struct bl_part p; bl_in d; uint32_t at[64]; };     /* the value read in each of the first cycles */
struct kp_add { struct bl_part p; bl_in a, b; bl_out y; };
struct kp_inv { struct bl_part p; bl_in a; bl_out y; };

static int kp_put_init(void *self)
{
    struct kp_put *t = self;

    *bl_put16(t->q) = (uint16_t)t->first;
    return 0;
}

static bl_verdict kp_put_tick(void *self)
{
    struct kp_put *t = self;

    if (bl_cycle(t) % (uint64_t)t->every)
        return BL_IDLE;
    *bl_put16(t->q) = (uint16_t)(*bl_put16(t->q) + t->step);
    return BL_BUSY;
}

static bl_verdict kp_look_tick(void *self)
{
    struct kp_look *t = self;
    uint16_t v = *bl_get16(t->d);

    if (v == t->last)
        return BL_NAP(BL_IDLE);
    t->last = v;
    t->hash = t->hash * 31 + v + bl_cycle(t);
    charge(&t->seen, 1);
    return BL_BUSY;
}

static bl_verdict kp_log_tick(void *self)
{
    struct kp_log *t = self;

    if (bl_cycle(t) < 64)
        t->at[bl_cycle(t)] = *bl_get16(t->d);
    return BL_BUSY;
}

static void kp_add_comb(void *self)
{
    struct kp_add *t = self;

    *bl_put16(t->y) = (uint16_t)(*bl_get16(t->a) + *bl_get16(t->b));
}

static void kp_inv_comb(void *self)
{
    struct kp_inv *t = self;

    *bl_put16(t->y) = (uint16_t)~*bl_get16(t->a);
}

static const struct bl_field kp_put_fields[] = {
    BL_OUT(struct kp_put, q, 1, 16, "a counter"), BL_PARAM(struct kp_put, every, 1, 1, 100000, "cycles between two steps"),
    BL_PARAM(struct kp_put, first, 0, 0, 65535, "reset value"), BL_PARAM(struct kp_put, step, 1, 0, 65535, "a step"), { 0 }
};
static const struct bl_field kp_look_fields[] = {
    BL_IN(struct kp_look, d, 1, 16, "a word"), BL_TALLY(struct kp_look, seen, "one change"),
    BL_VIEW(struct kp_look, last, 1, 64, "value"), BL_VIEW(struct kp_look, hash, 1, 64, "of values and cycles"), { 0 }
};
static const struct bl_field kp_log_fields[] = {
    BL_IN(struct kp_log, d, 1, 16, "a word"), BL_VIEW(struct kp_log, at, 64, 32, "what was read"), { 0 }
};
static const struct bl_field kp_add_fields[] = {
    BL_IN(struct kp_add, a, 1, 16, "a"), BL_IN(struct kp_add, b, 1, 16, "b"), BL_OUT(struct kp_add, y, 1, 16, "a + b"), { 0 }
};
static const struct bl_field kp_inv_fields[] = {
    BL_IN(struct kp_inv, a, 1, 16, "a"), BL_OUT(struct kp_inv, y, 1, 16, "not a"), { 0 }
};
static const struct bl_class kp_put_class = { .name = "put", .help = "drives a word", .size = sizeof(struct kp_put),
    .init = kp_put_init, .tick = kp_put_tick, .fields = kp_put_fields };
static const struct bl_class kp_look_class = { .name = "look", .help = "sleeps on a word", .size = sizeof(struct kp_look),
    .tick = kp_look_tick, .fields = kp_look_fields };
static const struct bl_class kp_log_class = { .name = "log", .help = "keeps what it reads", .size = sizeof(struct kp_log),
    .tick = kp_log_tick, .fields = kp_log_fields };
static const struct bl_class kp_add_class = { .name = "add", .help = "a sum of wires", .size = sizeof(struct kp_add),
    .comb = kp_add_comb, .fields = kp_add_fields };
static const struct bl_class kp_inv_class = { .name = "inv", .help = "an inverted wire", .size = sizeof(struct kp_inv),
    .comb = kp_inv_comb, .fields = kp_inv_fields };

/* ---- echo: a waiting part between two channels, `delay` an item ---- */

struct kp_echo { struct bl_part p; bl_pop a; bl_push b; bl_tally done; int64_t lanes, bits; uint64_t delay; unsigned char item[64]; };
enum { KP_WAIT_IN = BL_STALL, KP_WAIT_OUT };

static bl_verdict kp_echo_run(void *self)
{
    struct kp_echo *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_avail(t->a), KP_WAIT_IN);
        memcpy(t->item, kp_pop(t->a), kp_bytes(t->a.r));
        if (t->delay)
            AWAIT_TIME(t->delay, BL_BUSY);
        AWAIT(bl_room(t->b), KP_WAIT_OUT);
        memcpy(kp_push(t->b), t->item, kp_bytes(t->b.r));
        charge(&t->done, 1);
    }
    BL_END;
}

static const struct bl_field kp_echo_fields[] = {
    KP_PORT(BL_POP, struct kp_echo, a), KP_PORT(BL_PUSH, struct kp_echo, b), BL_TALLY(struct kp_echo, done, "one item"),
    KP_WIDE(struct kp_echo), BL_TIME(struct kp_echo, delay, 0, 0, BL_US, "an item"),
    { .kind = BL_KIND_CAUSE, .name = "WAIT_IN", .help = "waits on a", .at = KP_WAIT_IN, .text = "a" },
    { .kind = BL_KIND_CAUSE, .name = "WAIT_OUT", .help = "waits on b", .at = KP_WAIT_OUT, .text = "b" }, { 0 }
};
static const struct bl_class kp_echo_class = { .name = "echo", .help = "a waiting stage", .size = sizeof(struct kp_echo),
    .run = kp_echo_run, .fields = kp_echo_fields };

static const struct bl_class *const kp_classes[] = {
    &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_fork_class, &kp_join_class, &kp_put_class,
    &kp_look_class, &kp_log_class, &kp_add_class, &kp_inv_class, &kp_echo_class, NULL
};

/* ---- messages kept, lines joined by '\n' ---- */

struct kp_told { struct bl_diag diag; size_t n; char text[16384]; };

static inline void kp_tell(void *ctx, const char *line)
{
    struct kp_told *h = ctx;
    int n = snprintf(h->text + h->n, sizeof h->text - h->n, "%s%s", h->n ? "\n" : "", line);

    ck_assert_msg(n >= 0 && h->n + (size_t)n < sizeof h->text, "too many messages");
    h->n += (size_t)n;
}

static inline struct bl_diag *kp_listen(struct kp_told *h)
{
    memset(h, 0, sizeof *h);
    h->diag = (struct bl_diag){ .put = kp_tell, .ctx = h };
    return &h->diag;
}

/* ---- building ---- */

#define KP_CHANNEL(d) ((struct bl_link){ .depth = (d) })
#define KP_PIPE       ((struct bl_link){ .pipe = true })
#define KP_WORD       ((struct bl_link){ 0 })
#define KP_SYNC(d, n) ((struct bl_link){ .depth = (d), .sync = BL_SYNC(n) })

/* A platform as text: statements separated by ';', the k-th said to stand at "f:k". Errors are in the diag.
 *   clock NAME PERIOD PHASE    part PATH CLASS [CLOCK]    set PATH PARAM TEXT    price CLASS ITEM VALUE
 *   wire FROM TO [dDEPTH] [pipe] [sSTAGES] [rising|falling] [many|resolved] [reset|async_reset]
 *   sense PATH TO any|rise|fall */
static inline void kp_word(const char *w, struct bl_link *l)
{
    l->sharing = !strncmp(w, "many", 4) ? BL_MANY : !strncmp(w, "resolved", 8) ? BL_RESOLVED : l->sharing;
    l->reset = !strncmp(w, "reset", 5) ? BL_SYNC_RESET : !strncmp(w, "async_reset", 11) ? BL_ASYNC_RESET : l->reset;
    l->edge = !strncmp(w, "rising", 6) ? BL_RISING : !strncmp(w, "falling", 7) ? BL_FALLING : l->edge;
    if (*w == 'd')
        l->depth = (uint32_t)strtoul(w + 1, NULL, 10);
    else if (*w == 's')
        l->sync = BL_SYNC((int)strtol(w + 1, NULL, 10));
    else if (*w == 'p')
        l->pipe = true;
}

static inline int kp_statement(struct bl_sim *s, const char *text, const char *where)
{
    char verb[16] = "", a[512] = "", b[512] = "", c[64] = "", d[64] = "";
    int rest = 0, n = sscanf(text, " %15s %511s %511s %n%63s %63s", verb, a, b, &rest, c, d);

    if (!strcmp(verb, "clock"))
        return bl_clock(s, a, strtoull(b, NULL, 10), strtoull(c, NULL, 10), where);
    if (!strcmp(verb, "part"))
        return bl_add(s, a, b, n > 3 ? c : NULL, where);
    if (!strcmp(verb, "set"))
        return bl_set(s, a, b, text + rest, where);
    if (!strcmp(verb, "sense"))
        return bl_sensitive(s, a, b, *c == 'r' ? BL_RISING : *c == 'f' ? BL_FALLING : BL_ANY_EDGE, where);
    if (!strcmp(verb, "price"))
        return bl_set_price(s, &(struct bl_price){ a, b, strtoull(c, NULL, 10), false, BL_FREE, NULL }, where);
    KP_HOLDS(!strcmp(verb, "wire"), "no statement: %s", text);
    struct bl_link l = { 0 };
    for (const char *w = n > 3 ? text + rest : ""; *w; w += strcspn(w, " "), w += strspn(w, " "))
        kp_word(w, &l);
    return bl_wire(s, a, b, l, where);
}

static inline int kp_script(struct bl_sim *s, const char *script)
{
    char text[1200], where[16];
    int bad = 0;

    for (int k = 1; *script; k++) {
        size_t n = strcspn(script, ";");
        KP_HOLDS(n < sizeof text, "statement too long");
        memcpy(text, script, n);
        text[n] = 0;
        snprintf(where, sizeof where, "f:%d", k);
        if (text[strspn(text, " ")])
            bad |= kp_statement(s, text, where);
        script += n + (script[n] == ';');
    }
    return bad;
}

static inline void kp_ok(int result) { ck_assert_int_eq(result, 0); }

static inline void kp_setf(struct bl_sim *s, const char *path, const char *param, long long v)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", v);
    kp_ok(bl_set(s, path, param, text, NULL));
}

static inline uint64_t kp_peek(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "%s is not there", name);
    return v;
}

/* Every row of the account as text; malloc'ed. */
static inline char *kp_account(struct bl_sim *s)
{
    char *text = NULL, yj[40];
    size_t bytes = 0;
    FILE *f = open_memstream(&text, &bytes);

    ck_assert_ptr_nonnull(f);
    fprintf(f, "end %llu\n", (unsigned long long)bl_now(s));
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        bl_part_at(s, p, &r);
        fprintf(f, "%s elapsed %llu energy %s\n", r.path, (unsigned long long)r.elapsed, bl_yj_text(r.energy, yj));
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            fprintf(f, "  %s %llu blamed %llu\n", v.name, (unsigned long long)v.spent, (unsigned long long)v.blamed_fs);
        }
        for (uint32_t i = 0; i < r.tallies; i++) {
            struct bl_tally_row t;
            bl_tally_at(s, p, i, &t);
            fprintf(f, "  tally %s %llu\n", t.name, (unsigned long long)t.count);
        }
        for (size_t i = 0; i < bl_wait_rows(s, p); i++) {
            struct bl_wait_row w;
            bl_wait_at(s, p, i, &w);
            fprintf(f, "  %s by %s %s %llu\n", w.cause, w.peer, w.peer_verdict, (unsigned long long)w.fs);
        }
    }
    fclose(f);
    return text;
}

/* Both texts are freed. Says the first line that differs and the part it belongs to. */
static inline void kp_same(char *a, char *b, const char *what)
{
    size_t i = 0, line = 0, part = 0;

    for (; a[i] && a[i] == b[i]; i++)
        if (a[i] == '\n') {
            line = i + 1;
            part = a[line] == ' ' ? part : line;
        }
    KP_HOLDS(a[i] == b[i], "%s: accounts differ in %.*s: '%.*s' and '%.*s'", what, (int)strcspn(a + part, " "), a + part,
             (int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"), b + line);
    free(a);
    free(b);
}

static inline void kp_verdicts_add_up(struct bl_sim *s)
{
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        uint64_t sum = 0;
        bl_part_at(s, p, &r);
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            sum += v.spent;
        }
        ck_assert_msg(sum == r.elapsed, "%s: verdicts add up to %llu, elapsed %llu", r.path, (unsigned long long)sum,
                      (unsigned long long)r.elapsed);
    }
}

/* Runs f(arg) in a child that must abort; what it wrote to stderr is in text. */
static inline void kp_aborts(void (*f)(void *), void *arg, char *text, size_t room)
{
    int fd[2], status;
    size_t n = 0;
    ssize_t got;

    ck_assert_int_eq(pipe(fd), 0);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        dup2(fd[1], 2);
        close(fd[0]);
        close(fd[1]);
        signal(SIGABRT, SIG_DFL);
        f(arg);
        _exit(0);
    }
    close(fd[1]);
    while (n + 1 < room && (got = read(fd[0], text + n, room - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = 0;
    close(fd[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "it did not abort; it wrote: %s", text);
}

#endif

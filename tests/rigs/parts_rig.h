/* parts_rig.h - parts of components/ in a small platform: scripted sources, recording sinks. Each platform runs three times: as it is,
 * with nobody asleep (BL_NO_NAP), and shuffled. The three must agree in all that is recorded and in the whole account, and the
 * verdicts of each part must add up to its cycles; so a wake that is lost or an order that matters fails whatever test meets it.
 *
 *     struct rig r;
 *     rig_begin(&r, "part g give; set g limit 10; part t adder_tree; part k take; wire g.x t.x d2; wire t.sum k.x d2");
 *     rig_ticks(&r, 100);                      edges 0 .. 99 of clock c
 *     ck_assert_uint_eq(rig_edge(&r, "k", 9), 11);
 *     rig_end(&r); */
#ifndef BL_TESTS_PARTS_RIG_H
#define BL_TESTS_PARTS_RIG_H

#include "tests/rigs/kp_build.h"

#include <stdarg.h>

/* ---- what sources and sinks are made of ---- */

/* An item is `lanes` values; one of more than 64 bits is several 64-bit words. So an item is rig_words 64-bit words here. */
static inline uint32_t rig_words(uint32_t lanes, uint32_t bits) { return bits <= 64 ? lanes : lanes * ((bits + 63) / 64); }

/* A lane or word of an item, as it lies in a link; `at` counts words as rig_words does. */
static inline uint64_t rig_load(const void *item, uint32_t elem, uint32_t at)
{
    return elem == 1 ? ((const uint8_t *)item)[at] : elem == 2 ? ((const uint16_t *)item)[at] :
           elem == 4 ? ((const uint32_t *)item)[at] : ((const uint64_t *)item)[at];
}

static inline void rig_store(void *item, uint32_t elem, uint32_t at, uint64_t v)
{
    if (elem == 1)
        ((uint8_t *)item)[at] = (uint8_t)v;
    else if (elem == 2)
        ((uint16_t *)item)[at] = (uint16_t)v;
    else if (elem == 4)
        ((uint32_t *)item)[at] = (uint32_t)v;
    else
        ((uint64_t *)item)[at] = v;
}

/* Word `at` of item i that a source with this seed makes when it is given none: uniform in the bits that the word has. */
static inline uint64_t rig_random(uint64_t seed, uint64_t i, uint32_t at, uint32_t bits)
{
    const uint32_t word = bits <= 64 ? 0 : at % ((bits + 63) / 64), left = bits - 64 * word;
    const uint64_t v = kp_mix(kp_mix(seed * 0x10001 + 1) ^ kp_mix(i << 32 | at));

    return left >= 64 ? v : v & ((UINT64_C(1) << left) - 1);
}

/* Whether a part with a chance acts in this cycle: by the cycle alone, so that sleep changes nothing. */
static inline bool rig_acts(int64_t seed, uint64_t cycle, int64_t chance)
{
    return chance >= 100 || kp_mix((uint64_t)seed << 40 ^ cycle) % 100 < (uint64_t)chance;
}

enum { RIG_WAIT = BL_STALL, RIG_PACE };

/* ---- give: items from a table (words as rig_words), or `limit` random ones; item k not before edge at[k] ---- */

struct rig_give {
    struct bl_part p;
    bl_push x;
    bl_table items, at;
    bl_tally given;
    int64_t lanes, bits, limit, first, every, chance, seed;
    uint64_t n, next;
};

static inline uint64_t rig_give_count(const struct rig_give *t)
{
    return t->items.n ? t->items.n / rig_words((uint32_t)t->lanes, (uint32_t)t->bits) : (uint64_t)t->limit;
}

static inline bl_verdict rig_give_tick(void *self)
{
    struct rig_give *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits), bits = (uint32_t)t->bits;
    const uint64_t now = bl_cycle(t), due = t->n < t->at.n ? BL_ROWS(uint64_t, t->at)[t->n] : 0;

    if (t->n >= rig_give_count(t))
        return BL_NAP(BL_IDLE);
    if (now < (uint64_t)t->first || now < t->next || now < due || !rig_acts(t->seed, now, t->chance))
        return RIG_PACE;
    if (!bl_room(t->x))
        return t->chance < 100 ? RIG_WAIT : BL_NAP(RIG_WAIT);
    void *item = bl_push_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        rig_store(item, bl_elem(t->x), i, t->items.n ? BL_ROWS(uint64_t, t->items)[t->n * n + i] : rig_random((uint64_t)t->seed, t->n, i, bits));
    t->n++;
    t->next = now + (uint64_t)t->every;
    charge(&t->given, 1);
    return BL_BUSY;
}

#define T struct rig_give
static const struct bl_field rig_give_fields[] = {
    BL_PUSH(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_DATA(T, items, uint64_t, "words of the items"),
    BL_DATA(T, at, uint64_t, "edge before which an item is not given"), BL_TALLY(T, given, "an item"),
    BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"), BL_PARAM(T, limit, 0, 0, 1e9, "random items, when there is no table"),
    BL_PARAM(T, first, 0, 0, 1e9, "edge of the first one"), BL_PARAM(T, every, 1, 1, 1e9, "cycles between two"),
    BL_PARAM(T, chance, 100, 0, 100, "of a cycle"), BL_PARAM(T, seed, 1, 0, 1e6, "of values and chance"), BL_VIEW(T, n, 1, 64, "items so far"),
    BL_WAITS(RIG_WAIT, x), BL_CAUSE(RIG_PACE, "its own pace"), { 0 }
};
#undef T
static const struct bl_class rig_give_class = { .name = "give", .help = "gives scripted items", .size = sizeof(struct rig_give),
    .tick = rig_give_tick, .fields = rig_give_fields };

/* ---- take: takes items and records them with their edges ---- */

struct rig_take {
    struct bl_part p;
    bl_pop x;
    bl_tally taken;
    int64_t lanes, bits, first, every, chance, seed, keep;
    uint64_t n, next;
    uint64_t *edge, *items;             /* [keep], [keep][words] */
};

static inline int rig_take_init(void *self)
{
    struct rig_take *t = self;

    t->edge = bl_alloc(t, (size_t)t->keep * sizeof *t->edge);
    t->items = bl_alloc(t, (size_t)t->keep * rig_words((uint32_t)t->lanes, (uint32_t)t->bits) * sizeof *t->items);
    return 0;
}

static inline bl_verdict rig_take_tick(void *self)
{
    struct rig_take *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);
    const uint64_t now = bl_cycle(t);

    if (now < (uint64_t)t->first || now < t->next || !rig_acts(t->seed, now, t->chance))
        return RIG_PACE;
    if (!bl_avail(t->x))
        return t->chance < 100 ? RIG_WAIT : BL_NAP(RIG_WAIT);
    KP_HOLDS(t->n < (uint64_t)t->keep, "%s: more than %lld items; set keep", bl_path(t), (long long)t->keep);
    const void *item = bl_pop_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        t->items[t->n * n + i] = rig_load(item, bl_elem(t->x), i);
    t->edge[t->n++] = now;
    t->next = now + (uint64_t)t->every;
    charge(&t->taken, 1);
    return BL_BUSY;
}

#define T struct rig_take
static const struct bl_field rig_take_fields[] = {
    BL_POP(T, x, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_TALLY(T, taken, "an item"),
    BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"), BL_PARAM(T, first, 0, 0, 1e9, "edge from which it takes"),
    BL_PARAM(T, every, 1, 1, 1e9, "cycles between two"), BL_PARAM(T, chance, 100, 0, 100, "of a cycle"), BL_PARAM(T, seed, 2, 0, 1e6, "of the chance"),
    BL_PARAM(T, keep, 256, 1, 1e6, "items that are recorded"), BL_VIEW(T, n, 1, 64, "items so far"),
    BL_MEM(T, edge, "when"), BL_MEM(T, items, "what"), BL_WAITS(RIG_WAIT, x), BL_CAUSE(RIG_PACE, "its own pace"), { 0 }
};
#undef T
static const struct bl_class rig_take_class = { .name = "take", .help = "records items", .size = sizeof(struct rig_take),
    .init = rig_take_init, .tick = rig_take_tick, .fields = rig_take_fields };

/* ---- put: drives a word; value k of the table is written at edge at[k] (seen from at[k] + 1 on), k = 0 before the run if at[0] is 0 ---- */

struct rig_put { struct bl_part p; bl_out q; bl_table items, at; int64_t lanes, bits; uint64_t n; };

static inline void rig_put_next(struct rig_put *t)
{
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);

    for (uint32_t i = 0; i < n; i++)
        rig_store(bl_put_item(t->q), bl_elem(t->q), i, BL_ROWS(uint64_t, t->items)[t->n * n + i]);
    t->n++;
}

static inline int rig_put_init(void *self)
{
    struct rig_put *t = self;

    if (t->at.n && !BL_ROWS(uint64_t, t->at)[0])
        rig_put_next(t);
    return 0;
}

static inline bl_verdict rig_put_tick(void *self)
{
    struct rig_put *t = self;

    if (t->n >= t->at.n || bl_cycle(t) < BL_ROWS(uint64_t, t->at)[t->n])
        return BL_IDLE;
    rig_put_next(t);
    return BL_BUSY;
}

#define T struct rig_put
static const struct bl_field rig_put_fields[] = {
    BL_OUT(T, q, BL_BY(T, lanes), BL_BY(T, bits), "a word"), BL_DATA(T, items, uint64_t, "words of its values"),
    BL_DATA(T, at, uint64_t, "edges at which they are written"), BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"),
    BL_VIEW(T, n, 1, 64, "values so far"), { 0 }
};
#undef T
static const struct bl_class rig_put_class = { .name = "put", .help = "drives a scripted word", .size = sizeof(struct rig_put),
    .init = rig_put_init, .tick = rig_put_tick, .fields = rig_put_fields };

/* ---- look: records each change of a word, with the edge at which it is seen first ---- */

struct rig_look {
    struct bl_part p;
    bl_in d;
    int64_t lanes, bits, keep;
    uint64_t n;
    uint64_t *edge, *items, *now;       /* [keep], [keep][words], [words] */
};

static inline int rig_look_init(void *self)
{
    struct rig_look *t = self;
    const size_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);

    t->edge = bl_alloc(t, (size_t)t->keep * sizeof *t->edge);
    t->items = bl_alloc(t, (size_t)t->keep * n * sizeof *t->items);
    t->now = bl_alloc(t, n * sizeof *t->now);
    return 0;
}

static inline bl_verdict rig_look_tick(void *self)
{
    struct rig_look *t = self;
    const uint32_t n = rig_words((uint32_t)t->lanes, (uint32_t)t->bits);
    bool same = true;

    for (uint32_t i = 0; i < n; i++) {
        const uint64_t v = rig_load(bl_get_item(t->d), bl_elem(t->d), i);
        same = same && v == t->now[i];
        t->now[i] = v;
    }
    if (same)
        return BL_NAP(BL_IDLE);
    KP_HOLDS(t->n < (uint64_t)t->keep, "%s: more than %lld changes; set keep", bl_path(t), (long long)t->keep);
    memcpy(t->items + t->n * n, t->now, n * sizeof *t->now);
    t->edge[t->n++] = bl_cycle(t);
    return BL_BUSY;
}

#define T struct rig_look
static const struct bl_field rig_look_fields[] = {
    BL_IN(T, d, BL_BY(T, lanes), BL_BY(T, bits), "a word"), BL_SIZE(T, lanes, 1 << 20, "values"), BL_SIZE(T, bits, 1 << 20, "bits"),
    BL_PARAM(T, keep, 256, 1, 1e6, "changes that are recorded"), BL_VIEW(T, n, 1, 64, "changes so far"),
    BL_MEM(T, edge, "when"), BL_MEM(T, items, "what"), BL_MEM(T, now, "the last value"), { 0 }
};
#undef T
static const struct bl_class rig_look_class = { .name = "look", .help = "records a word", .size = sizeof(struct rig_look),
    .init = rig_look_init, .tick = rig_look_tick, .fields = rig_look_fields };

/* ---- the rig ---- */

enum { RIG_RUNS = 3, RIG_DATA = 64, RIG_CLASSES = 256, RIG_SCRIPT = 16384 };
#define RIG_PERIOD UINT64_C(1000)       /* fs, of clock c, which every script has that does not begin with a clock of its own */

struct rig_data { const char *path, *field; const void *bytes; size_t n; };
struct rig {
    char script[RIG_SCRIPT];
    const struct bl_class *classes[RIG_CLASSES];
    struct rig_data data[RIG_DATA];
    size_t ndata;
    struct bl_sim *s[RIG_RUNS];         /* as it is; nobody asleep; shuffled */
    struct kp_told told;
    enum bl_end end;
};

/* The script, as printf writes it. Classes: those of components/ and give, take, put, look; `more` own ones, or NULL. */
static inline void rig_begin_with(struct rig *r, const struct bl_class *const *more, const char *script)
{
    size_t n = 0;

    memset(r, 0, sizeof *r);
    snprintf(r->script, sizeof r->script, "%s%s", strncmp(script, "clock ", 6) ? "clock c 1000 0;" : "", script);
    for (; bl_classes[n]; n++)
        r->classes[n] = bl_classes[n];
    r->classes[n++] = &rig_give_class;
    r->classes[n++] = &rig_take_class;
    r->classes[n++] = &rig_put_class;
    r->classes[n++] = &rig_look_class;
    for (; more && *more; more++)
        r->classes[n++] = *more;
    KP_HOLDS(n < RIG_CLASSES, "more classes than RIG_CLASSES");
}

__attribute__((format(printf, 2, 3)))
static inline void rig_begin(struct rig *r, const char *fmt, ...)
{
    static char text[RIG_SCRIPT - 64];
    va_list ap;

    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    KP_HOLDS(n >= 0 && (size_t)n < sizeof text, "script longer than RIG_SCRIPT");
    rig_begin_with(r, NULL, text);
}

/* Bytes of a BL_DATA field; they must live until rig_end. */
static inline void rig_supply(struct rig *r, const char *path, const char *field, const void *bytes, size_t n)
{
    KP_HOLDS(r->ndata < RIG_DATA, "more data than RIG_DATA");
    r->data[r->ndata++] = (struct rig_data){ path, field, bytes, n };
}
/* Items of a give or values of a put: n 64-bit words in all. */
static inline void rig_items(struct rig *r, const char *path, const uint64_t *words, size_t n)
{
    rig_supply(r, path, "items", words, n * sizeof *words);
}

static inline int rig_build(struct rig *r, unsigned k)
{
    struct bl_sim *s = r->s[k] = bl_open(r->classes, kp_listen(&r->told));
    int bad = kp_script(s, r->script);

    for (size_t i = 0; i < r->ndata; i++)
        bad |= bl_supply(s, r->data[i].path, r->data[i].field, r->data[i].bytes, r->data[i].n);
    if (k == 1)
        bl_option(s, BL_NO_NAP, 1);
    if (k == 2)
        bl_option(s, BL_SHUFFLE, 7);
    return bad | bl_elaborate(s);
}

/* The three have the same account, wait for wait, and each part's verdicts add up to its cycles. */
static inline void rig_same_part(const struct rig *r, unsigned k, size_t part)
{
    struct bl_part_row a, b;
    struct bl_verdict_row v, w;
    struct bl_tally_row x, y;
    struct bl_wait_row f, g;
    uint64_t sum = 0;

    bl_part_at(r->s[0], part, &a);
    bl_part_at(r->s[k], part, &b);
    KP_HOLDS(!strcmp(a.path, b.path) && a.elapsed == b.elapsed, "run %u: %s is another part, or as old", k, a.path);
    for (uint32_t i = 0; i < a.verdicts; i++, sum += v.spent) {
        bl_verdict_at(r->s[0], part, i, &v);
        bl_verdict_at(r->s[k], part, i, &w);
        KP_HOLDS(v.spent == w.spent && v.blamed_fs == w.blamed_fs, "run %u: %s, verdict %s: %llu and %llu, blamed %llu and %llu", k, a.path, v.name,
                 (unsigned long long)v.spent, (unsigned long long)w.spent, (unsigned long long)v.blamed_fs, (unsigned long long)w.blamed_fs);
    }
    KP_HOLDS(sum == a.elapsed, "%s: its verdicts are %llu, its cycles %llu", a.path, (unsigned long long)sum, (unsigned long long)a.elapsed);
    for (uint32_t i = 0; i < a.tallies; i++) {
        bl_tally_at(r->s[0], part, i, &x);
        bl_tally_at(r->s[k], part, i, &y);
        KP_HOLDS(x.count == y.count, "run %u: %s.%s: %llu and %llu", k, a.path, x.name, (unsigned long long)x.count, (unsigned long long)y.count);
    }
    for (size_t i = 0, n = bl_wait_rows(r->s[0], part); i < n; i++) {
        bl_wait_at(r->s[0], part, i, &f);
        bl_wait_at(r->s[k], part, i, &g);
        KP_HOLDS(f.fs == g.fs, "run %u: %s waits %s at %s[%u] for %s: %llu and %llu", k, a.path, f.cause, f.port, f.index, f.peer_verdict,
                 (unsigned long long)f.fs, (unsigned long long)g.fs);
    }
}

static inline void rig_same_memory(const struct rig *r, unsigned k, const char *path, const char *field)
{
    size_t n, m;
    const void *a = bl_memory(r->s[0], path, field, &n), *b = bl_memory(r->s[k], path, field, &m);

    KP_HOLDS(a && b && n == m && !memcmp(a, b, n), "run %u: %s.%s differs", k, path, field);
}

static inline void rig_same(const struct rig *r, unsigned k)
{
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(r->s[0]); i++) {
        rig_same_part(r, k, i);
        bl_part_at(r->s[0], i, &row);
        if (!row.cls || (strcmp(row.cls, "take") && strcmp(row.cls, "look")))
            continue;
        rig_same_memory(r, k, row.path, "edge");
        rig_same_memory(r, k, row.path, "items");
    }
}

/* Builds the three when that is not done yet, runs them to a time and compares them. A run that fails is the test's to expect (r->end,
 * r->told). */
static inline void rig_run(struct rig *r, uint64_t until_fs)
{
    for (unsigned k = 0; k < RIG_RUNS; k++) {
        if (!r->s[k])
            ck_assert_msg(rig_build(r, k) == 0, "%s\n%s", r->told.text, r->script);
        const enum bl_end end = bl_run(r->s[k], until_fs);
        KP_HOLDS(!k || end == r->end || (k == 1 && r->end == BL_END_STARVED && end == BL_END_LIMIT), "run %u ends otherwise: %s", k, bl_end_name[end]);
        if (!k)
            r->end = end;
        if (k)
            rig_same(r, k);
    }
}

/* To where edges 0 .. n - 1 of a clock with RIG_PERIOD have happened; nothing may fail. */
static inline void rig_ticks(struct rig *r, uint64_t n)
{
    rig_run(r, n * RIG_PERIOD);
    ck_assert_msg(r->end != BL_END_FAILED, "%s\n%s", r->told.text, r->script);
}

static inline void rig_end(struct rig *r)
{
    for (unsigned k = 0; k < RIG_RUNS; k++)
        if (r->s[k])
            bl_close(r->s[k]);
    memset(r->s, 0, sizeof r->s);
}

/* Whoever waits sleeps: in `ticks` more of them nothing is called but what has a chance under 100 or another pace of its own. */
static inline void rig_sleeps(struct rig *r, uint64_t ticks)
{
    const uint64_t before = bl_activations(r->s[0]), edges = bl_now(r->s[0]) / RIG_PERIOD;

    rig_ticks(r, edges + ticks);
    ck_assert_uint_eq(bl_activations(r->s[0]), before);
}

/* The run, to its end after n ticks at most, must fail with exactly this text. */
static inline void rig_fails(struct rig *r, uint64_t n, const char *text)
{
    ck_assert_msg(rig_build(r, 0) == 0, "%s\n%s", r->told.text, r->script);
    ck_assert_int_eq(bl_run(r->s[0], n * RIG_PERIOD), BL_END_FAILED);
    ck_assert_str_eq(r->told.text, text);
    rig_end(r);
}

/* The platform must be refused, the first message being exactly this one. */
static inline void rig_refuses(struct rig *r, const char *text)
{
    ck_assert_msg(rig_build(r, 0) != 0, "not refused: %s", r->script);
    r->told.text[strcspn(r->told.text, "\n")] = 0;
    ck_assert_str_eq(r->told.text, text);
    rig_end(r);
}

/* A parameter's range and preset, as the class declares them; of a choice: its words, and the preset's number. */
struct rig_range { const char *param; double least, most, preset; const char *words; };
static inline void rig_ranges(const char *cls, const struct rig_range *want, size_t n)
{
    const struct bl_class *c = bl_class_find(bl_classes, cls);

    ck_assert_ptr_nonnull(c);
    for (size_t i = 0; i < n; i++) {
        const struct bl_field *f = c->fields;
        while (f->kind && (!bl_field_is(f, BL_IS_PARAM) || strcmp(f->name, want[i].param)))
            f++;
        ck_assert_msg(f->kind, "%s has no parameter %s", cls, want[i].param);
        ck_assert_msg(f->preset == want[i].preset, "%s.%s: preset %g", cls, want[i].param, f->preset);
        if (want[i].words)
            ck_assert_str_eq(f->text, want[i].words);
        else
            ck_assert_msg(f->least == want[i].least && f->most == want[i].most, "%s.%s: %g .. %g", cls, want[i].param, f->least, f->most);
    }
}

/* ---- what was recorded, and what else there is to ask ---- */

static inline const uint64_t *rig_memory(const struct rig *r, const char *path, const char *field)
{
    const uint64_t *m = bl_memory(r->s[0], path, field, NULL);

    KP_HOLDS(m, "%s.%s is not there", path, field);
    return m;
}

static inline uint64_t rig_peek(const struct rig *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline uint64_t rig_peek(const struct rig *r, const char *fmt, ...)
{
    char name[200];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(name, sizeof name, fmt, ap);
    va_end(ap);
    return kp_peek(r->s[0], name);
}

/* Of a take or look: how many items; the edge of one; its words. */
static inline uint64_t rig_count(const struct rig *r, const char *path) { return rig_peek(r, "%s.n", path); }
static inline uint64_t rig_edge(const struct rig *r, const char *path, uint64_t i)
{
    KP_HOLDS(i < rig_count(r, path), "%s has %llu items, no number %llu", path, (unsigned long long)rig_count(r, path), (unsigned long long)i);
    return rig_memory(r, path, "edge")[i];
}
static inline uint64_t rig_last_edge(const struct rig *r, const char *path) { return rig_edge(r, path, rig_count(r, path) - 1); }
static inline const uint64_t *rig_item(const struct rig *r, const char *path, uint64_t i)
{
    rig_edge(r, path, i);
    return rig_memory(r, path, "items") + i * rig_words((uint32_t)rig_peek(r, "%s.lanes", path), (uint32_t)rig_peek(r, "%s.bits", path));
}
/* A lane of up to 64 bits, in two's complement. */
static inline int64_t rig_signed(const struct rig *r, const char *path, uint64_t i, uint32_t lane)
{
    const uint32_t bits = (uint32_t)rig_peek(r, "%s.bits", path);
    const uint64_t v = rig_item(r, path, i)[lane];

    return bits >= 64 ? (int64_t)v : (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* Cycles of a part at a verdict, by its name in lower case ("busy", "out_full"). */
static inline uint64_t rig_spent(const struct rig *r, const char *path, const char *verdict)
{
    struct bl_part_row row;
    struct bl_verdict_row v;
    const size_t part = bl_part_find(r->s[0], path);

    KP_HOLDS(part != SIZE_MAX, "%s is not there", path);
    bl_part_at(r->s[0], part, &row);
    for (uint32_t i = 0; i < row.verdicts; i++) {
        bl_verdict_at(r->s[0], part, i, &v);
        if (!strcmp(v.name, verdict))
            return v.spent;
    }
    ck_abort_msg("%s has no verdict %s", path, verdict);
}

/* Time, in cycles of RIG_PERIOD, that a part waited at a port (element `index` of an array). */
static inline uint64_t rig_waited(const struct rig *r, const char *path, const char *port, uint32_t index)
{
    struct bl_wait_row w;
    const size_t part = bl_part_find(r->s[0], path);
    uint64_t fs = 0;

    for (size_t i = 0, n = bl_wait_rows(r->s[0], part); i < n; i++) {
        bl_wait_at(r->s[0], part, i, &w);
        if (w.port && !strcmp(w.port, port) && w.index == index)
            fs += w.fs;
    }
    return fs / RIG_PERIOD;
}

#endif

/* parts_rig.h - parts of components/ in a small platform: scripted sources, recording sinks (scripted.h). Each platform runs three times: as it is,
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

#include "tests/rigs/scripted.h"

#include <stdarg.h>

/* ---- the rig ---- */

enum { RIG_RUNS = 3, RIG_DATA = 192, RIG_CLASSES = 256, RIG_SCRIPT = 32768 };
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
    const uint64_t edges = bl_now(r->s[0]) / RIG_PERIOD + 2;         /* two, to fall asleep */

    rig_ticks(r, edges);
    const uint64_t before = bl_activations(r->s[0]);
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

/* osa_bench.h - one component alone on the bench: parts that drive its inputs from tables, feed and drain its
 * channels, and look at its outputs cycle by cycle. Row n of a table stands in cycle n, the last one for ever. */
#ifndef TESTS_OSA_BENCH_H
#define TESTS_OSA_BENCH_H

#include "kernel/model.h"
#include "kernel/sim.h"
#include "components/lanes.h"
#include "components/osa_hcim/osa.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_PERIOD (6 * BL_NS)

/* ---- a word from a table of 64-bit values, one a lane (several a lane when it is wider) ---- */
struct drive { struct bl_part p; bl_out x; bl_table table; int64_t lanes, bits; };

static bl_verdict drive_tick(void *self)
{
    struct drive *t = self;
    size_t n = (size_t)t->lanes * (size_t)(t->bits <= 64 ? 1 : (t->bits + 63) / 64);
    const uint64_t *table = BL_ROWS(uint64_t, t->table);
    uint64_t rows = t->table.n / n, row = bl_cycle(t) < rows ? bl_cycle(t) : rows - 1;

    void *word = bl_put_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        bl_lane_put(word, t->bits < 64 ? (uint32_t)t->bits : 64, i, (int64_t)table[row * n + i]);
    return BL_BUSY;
}
static const struct bl_field drive_fields[] = {
    BL_OUT(struct drive, x, BL_BY(struct drive, lanes), BL_BY(struct drive, bits), "the word"),
    BL_DATA(struct drive, table, uint64_t, "rows"), BL_PARAM(struct drive, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct drive, bits, 8, 1, 4096, "bits"), { 0 } };
static const struct bl_class drive_class = { .name = "drive", .help = "drives a word", .size = sizeof(struct drive),
    .tick = drive_tick, .fields = drive_fields };

/* ---- a channel's items from a table, one a cycle from cycle `from` on ---- */
struct feed { struct bl_part p; bl_push x; bl_table table; int64_t lanes, bits, from; uint32_t sent; };

static bl_verdict feed_tick(void *self)
{
    struct feed *t = self;
    size_t n = (size_t)t->lanes;
    const uint64_t *table = BL_ROWS(uint64_t, t->table);

    if ((int64_t)bl_cycle(t) < t->from || t->sent * n >= t->table.n || !bl_room(t->x))
        return BL_IDLE;
    const uint64_t *row = table + t->sent++ * n;
    void *item = bl_push_item(t->x);
    for (uint32_t i = 0; i < n; i++)
        bl_lane_put(item, (uint32_t)t->bits, i, (int64_t)row[i]);
    return BL_BUSY;
}
static const struct bl_field feed_fields[] = {
    BL_PUSH(struct feed, x, BL_BY(struct feed, lanes), BL_BY(struct feed, bits), "the items"),
    BL_DATA(struct feed, table, uint64_t, "rows"), BL_PARAM(struct feed, lanes, 1, 1, 4096, "lanes"), BL_PARAM(struct feed, bits, 8, 1, 64, "bits"),
    BL_PARAM(struct feed, from, 0, 0, 1e9, "first cycle"), BL_VIEW(struct feed, sent, 1, 32, "items sent"), { 0 } };
static const struct bl_class feed_class = { .name = "feed", .help = "feeds a channel", .size = sizeof(struct feed),
    .tick = feed_tick, .fields = feed_fields };

/* ---- takes 32-bit items, none before cycle `from`, and keeps the last of them and its cycle ---- */
enum { TAKE_LANES = 8 };
struct take { struct bl_part p; bl_pop x; int64_t from; uint32_t taken; int32_t last[TAKE_LANES]; uint64_t cycle; };

static bl_verdict take_tick(void *self)
{
    struct take *t = self;

    if ((int64_t)bl_cycle(t) < t->from || !bl_avail(t->x))
        return BL_IDLE;
    memcpy(t->last, bl_pop32(t->x), sizeof t->last);
    t->cycle = bl_cycle(t);
    t->taken++;
    return BL_BUSY;
}
static const struct bl_field take_fields[] = {
    BL_POP(struct take, x, TAKE_LANES, 32, "the items"), BL_PARAM(struct take, from, 0, 0, 1e9, "first cycle"),
    BL_VIEW(struct take, taken, 1, 32, "items taken"), BL_VIEW(struct take, cycle, 1, 64, "cycle of the last"),
    BL_VIEW_AS(struct take, last, TAKE_LANES, 32, "the last", BL_SIGNED), { 0 } };
static const struct bl_class take_class = { .name = "take", .help = "drains a channel", .size = sizeof(struct take),
    .tick = take_tick, .fields = take_fields };

/* ---- the bench ---- */
struct bench {
    struct bl_sim *s;
    uint64_t cycle;
    struct bl_diag diag;
    char said[4096];                   /* the messages so far */
    int bad;                           /* a parameter was refused */
    const struct bl_class *table[5];
};

static inline void bench_hear(void *ctx, const char *line)
{
    char *said = ctx;
    size_t n = strlen(said);

    snprintf(said + n, sizeof ((struct bench *)0)->said - n, "%s\n", line);
}

/* Opens a bench with the class as "dut"; `params`: "name=value;name=value". */
static inline void bench_open_at(struct bench *b, const struct bl_class *cls, const char *params, uint64_t period)
{
    char text[512], *save = NULL;

    memset(b, 0, sizeof *b);
    b->diag = (struct bl_diag){ .put = bench_hear, .ctx = b->said };
    b->table[0] = cls;
    b->table[1] = &drive_class;
    b->table[2] = &feed_class;
    b->table[3] = &take_class;
    b->s = bl_open(b->table, &b->diag);
    bl_clock(b->s, "core", period, 0, NULL);
    bl_add(b->s, "dut", cls->name, "core", NULL);
    snprintf(text, sizeof text, "%s", params);
    for (char *one = strtok_r(text, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        char *eq = strchr(one, '=');
        ck_assert_ptr_nonnull(eq);
        *eq = 0;
        b->bad |= bl_set(b->s, "dut", one, eq + 1, NULL);
    }
}

static inline void bench_open(struct bench *b, const struct bl_class *cls, const char *params)
{
    bench_open_at(b, cls, params, BENCH_PERIOD);
}

static inline void bench_part(struct bench *b, const char *cls, const char *port, int lanes, int bits,
                              const uint64_t *table, size_t bytes)
{
    char path[40], text[60], to[60];

    snprintf(path, sizeof path, "%s_%s", cls, port);
    snprintf(to, sizeof to, "dut.%s", port);
    bl_add(b->s, path, cls, "core", NULL);
    snprintf(text, sizeof text, "%d", lanes);
    bl_set(b->s, path, "lanes", text, NULL);
    snprintf(text, sizeof text, "%d", bits);
    bl_set(b->s, path, "bits", text, NULL);
    bl_supply(b->s, path, "table", table, bytes);
    snprintf(text, sizeof text, "%s.x", path);
    bl_wire(b->s, text, to, (struct bl_link){ .depth = strcmp(cls, "feed") ? 0 : 2 }, NULL);
}
#define BENCH_DRIVE(b, port, lanes, bits, table) bench_part(b, "drive", port, lanes, bits, table, sizeof(table))
#define BENCH_FEED(b, port, lanes, bits, table) bench_part(b, "feed", port, lanes, bits, table, sizeof(table))

static inline void bench_take(struct bench *b, const char *port, int from)
{
    char to[60], text[20];

    bl_add(b->s, "take", "take", "core", NULL);
    snprintf(text, sizeof text, "%d", from);
    bl_set(b->s, "take", "from", text, NULL);
    snprintf(to, sizeof to, "dut.%s", port);
    bl_wire(b->s, to, "take.x", (struct bl_link){ .depth = 2 }, NULL);
}

static inline void bench_ready(struct bench *b) { ck_assert_msg(!b->bad && bl_elaborate(b->s) == 0, "%s", b->said); }

/* The next cycle: everything until right before its end. */
static inline void bench_step(struct bench *b)
{
    b->cycle++;
    bl_run(b->s, b->cycle * BENCH_PERIOD);
}

static inline void bench_steps(struct bench *b, int n)
{
    while (n-- > 0)
        bench_step(b);
}

static inline int64_t bench_see(struct bench *b, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(b->s, name, &v) == 0, "nothing is called %s", name);
    return (int64_t)v;
}

/* The parameters are refused, when set or by elaboration, and the message names what it should. */
static inline void bench_refused(const struct bl_class *cls, const char *params, void (*wires)(struct bench *),
                                 const char *words)
{
    struct bench b;

    bench_open(&b, cls, params);
    wires(&b);
    ck_assert_msg(b.bad || bl_elaborate(b.s) == -1, "%s is accepted", params);
    ck_assert_msg(strstr(b.said, words) && strstr(b.said, "dut"), "%s: said \"%s\", expected \"%s\"", params, b.said, words);
    bl_close(b.s);
}

/* Commands as the controllers write them. */
#define CMD_NONE(seq) 0, 0, 0, 0, seq, 0, 0, 0

#define SUITE_OF(name, ...) \
    Suite *suite_##name(void); \
    Suite *suite_##name(void) \
    { \
        const TTest *const tests[] = { __VA_ARGS__ }; \
        Suite *s = suite_create(#name); \
        TCase *t = tcase_create("all"); \
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) \
            tcase_add_test(t, tests[i]); \
        suite_add_tcase(s, t); \
        return s; \
    }

#endif

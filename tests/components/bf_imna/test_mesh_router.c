/* test_mesh_router.c - a mesh of routers: every flit arrives once, one hop a cycle, x before y; broadcasts as trees; no loss when
 * a receiver is slow. And memory_processor.c, whose one port serves reads first. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "kernel/sim.h"
#include "tests/rigs/heard.h"

enum { FLIT = 18, SIDE = 8 };

/* ---- a node: sends the flits of its table, takes what comes and keeps when ---- */
struct node {
    struct bl_part p;
    bl_push out;
    bl_pop in;
    bl_table flits;
    int64_t every;
    uint32_t sent, got;
    uint64_t last, sum, check;          /* cycle of the last flit; sum of tags; of payloads */
};

static bl_verdict node_tick(void *self)
{
    struct node *t = self;

    if (t->sent < t->flits.n / FLIT && bl_room(t->out))
        memcpy(bl_push64(t->out), BL_ROWS(uint64_t, t->flits) + (size_t)t->sent++ * FLIT, FLIT * sizeof(uint64_t));
    if (bl_avail(t->in) && bl_cycle(t) % (uint64_t)t->every == 0) {
        const uint64_t *f = bl_pop64(t->in);
        t->got++;
        t->last = bl_cycle(t);
        t->sum += f[0];
        t->check += f[FLIT - 1];
    }
    return BL_BUSY;
}

static const struct bl_field node_fields[] = {
    BL_PUSH(struct node, out, FLIT, 64, "flits"), BL_POP(struct node, in, FLIT, 64, "flits"),
    BL_DATA(struct node, flits, uint64_t, "to be sent"), BL_PARAM(struct node, every, 1, 1, 1000, "takes a flit in multiples of this cycle"),
    BL_VIEW(struct node, got, 1, 32, "flits"), BL_VIEW(struct node, last, 1, 64, "cycle of the last"),
    BL_VIEW(struct node, sum, 1, 64, "sum of tags"), BL_VIEW(struct node, check, 1, 64, "sum of payloads"), { 0 } };
static const struct bl_class node_class = { .name = "node", .help = "test node", .size = sizeof(struct node), .tick = node_tick,
    .fields = node_fields };
extern const struct bl_class mesh_router_class, memory_processor_class;
static const struct bl_class *const classes[] = { &mesh_router_class, &node_class, NULL };

static char *named(char *text, const char *what, int n, const char *port)
{
    snprintf(text, 40, "%s[%d]%s%s", what, n, *port ? "." : "", port);
    return text;
}

static void wire(struct bl_sim *s, const char *a, int i, const char *p, const char *b, int k, const char *q)
{
    char from[40], to[40];

    ck_assert_int_eq(bl_wire(s, named(from, a, i, p), named(to, b, k, q), (struct bl_link){ .depth = 2 }, NULL), 0);
}

static struct bl_sim *mesh(void)
{
    struct bl_sim *s = bl_open(classes, NULL);
    char name[40], v[8];

    bl_clock(s, "mesh", 2 * BL_NS, 0, NULL);
    for (int n = 0; n < SIDE * SIDE; n++) {
        bl_add(s, named(name, "r", n, ""), "mesh_router", "mesh", NULL);
        snprintf(v, sizeof v, "%d", n % SIDE);
        bl_set(s, name, "x", v, NULL);
        snprintf(v, sizeof v, "%d", n / SIDE);
        bl_set(s, name, "y", v, NULL);
        bl_add(s, named(name, "n", n, ""), "node", "mesh", NULL);
    }
    for (int n = 0; n < SIDE * SIDE; n++) {
        wire(s, "n", n, "out", "r", n, "local_in");
        wire(s, "r", n, "local_out", "n", n, "in");
        if (n % SIDE + 1 < SIDE) {
            wire(s, "r", n, "east_out", "r", n + 1, "west_in");
            wire(s, "r", n + 1, "west_out", "r", n, "east_in");
        }
        if (n / SIDE + 1 < SIDE) {
            wire(s, "r", n, "south_out", "r", n + SIDE, "north_in");
            wire(s, "r", n + SIDE, "north_out", "r", n, "south_in");
        }
    }
    return s;
}

static uint64_t peek(struct bl_sim *s, const char *what, int n, const char *item)
{
    char name[40];
    uint64_t v = 0;

    ck_assert_int_eq(bl_peek(s, named(name, what, n, item), &v), 0);
    return v;
}

static void flit(uint64_t *f, uint64_t tag, uint64_t to)
{
    memset(f, 0, FLIT * sizeof *f);
    f[0] = tag;
    f[1] = to;
    f[FLIT - 1] = tag * 1000003;
}

static int distance(int a, int b) { return abs(a % SIDE - b % SIDE) + abs(a / SIDE - b / SIDE); }

/* One flit alone: a hop a cycle, one more into the router and one out of it. */
START_TEST(one_flit)
{
    static const int ways[][2] = { { 0, 0 }, { 0, 63 }, { 63, 0 }, { 7, 56 }, { 27, 28 }, { 10, 50 } };

    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
        struct bl_sim *s = mesh();
        uint64_t f[FLIT];
        char name[40];
        uint64_t hops = 0;
        flit(f, 5, UINT64_C(1) << ways[k][1]);
        bl_supply(s, named(name, "n", ways[k][0], ""), "flits", f, sizeof f);
        ck_assert_int_eq(bl_elaborate(s), 0);
        bl_run(s, 100 * BL_NS);
        ck_assert_uint_eq(peek(s, "n", ways[k][1], "got"), 1);
        ck_assert_uint_eq(peek(s, "n", ways[k][1], "last"), (uint64_t)distance(ways[k][0], ways[k][1]) + 2);
        for (int n = 0; n < SIDE * SIDE; n++)
            hops += peek(s, "r", n, "hop");
        ck_assert_uint_eq(hops, (uint64_t)distance(ways[k][0], ways[k][1]));
        bl_close(s);
    }
}
END_TEST

/* A broadcast is a tree: 63 hops reach 64 nodes. */
START_TEST(broadcast)
{
    struct bl_sim *s = mesh();
    uint64_t f[FLIT], hops = 0, copies = 0, delivered = 0;

    flit(f, 9, UINT64_MAX);
    bl_supply(s, "n[27]", "flits", f, sizeof f);
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 200 * BL_NS);
    for (int n = 0; n < SIDE * SIDE; n++) {
        ck_assert_uint_eq(peek(s, "n", n, "got"), 1);
        ck_assert_uint_eq(peek(s, "n", n, "sum"), 9);
        hops += peek(s, "r", n, "hop");
        copies += peek(s, "r", n, "copy");
        delivered += peek(s, "r", n, "delivered");
    }
    ck_assert_uint_eq(hops, 63);
    ck_assert_uint_eq(delivered, 64);
    ck_assert_uint_eq(copies, 63);               /* a tree of 64 leaves parts 63 times */
    bl_close(s);
}
END_TEST

/* All nodes send to random ones, some take slowly: every flit arrives once, unchanged. */
START_TEST(traffic)
{
    enum { EACH = 30 };
    struct bl_sim *s = mesh();
    static uint64_t f[SIDE * SIDE][EACH][FLIT], want[SIDE * SIDE], sum[SIDE * SIDE];
    uint32_t x = 77;
    char name[40];

    for (int n = 0; n < SIDE * SIDE; n++) {
        for (int k = 0; k < EACH; k++) {
            uint64_t to = 0;
            for (int i = 1 + (k % 5 == 0) * 3; i--;)
                to |= UINT64_C(1) << ((x = x * 1664525 + 1013904223) >> 26);
            flit(f[n][k], (uint64_t)(n * EACH + k + 1), to);
            for (int d = 0; d < SIDE * SIDE; d++) {
                want[d] += to >> d & 1;
                sum[d] += to >> d & 1 ? f[n][k][0] : 0;
            }
        }
        bl_supply(s, named(name, "n", n, ""), "flits", f[n], sizeof f[n]);
        if (n % 7 == 0)
            bl_set(s, name, "every", "5", NULL);
    }
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 4 * BL_US);
    for (int n = 0; n < SIDE * SIDE; n++) {
        ck_assert_uint_eq(peek(s, "n", n, "got"), want[n]);
        ck_assert_uint_eq(peek(s, "n", n, "sum"), sum[n]);
        ck_assert_uint_eq(peek(s, "n", n, "check"), sum[n] * 1000003);
    }
    bl_close(s);
}
END_TEST

/* Nodes 26, 28 and 19 send to 27 without end, the node itself too: each input has its turn, so each gets a quarter of the way out. */
START_TEST(round_robin)
{
    enum { EACH = 40 };
    static const int from[] = { 26, 28, 19, 27 };
    static uint64_t f[4][EACH][FLIT];
    struct bl_sim *s = mesh();
    char name[40];
    uint64_t copies = 0;

    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < EACH; i++)
            flit(f[k][i], UINT64_C(1) << 16 * k, UINT64_C(1) << 27);       /* the tags that came tell how many of each */
        bl_supply(s, named(name, "n", from[k], ""), "flits", f[k], sizeof f[k]);
    }
    ck_assert_int_eq(bl_elaborate(s), 0);
    for (uint64_t c = 8; c < 100; c++) {
        bl_run(s, 2 * c * BL_NS);
        uint64_t sum = peek(s, "n", 27, "sum"), least = UINT64_MAX, most = 0;
        for (int k = 0; k < 4; k++) {
            uint64_t came = sum >> 16 * k & 0xffff;
            least = came < least ? came : least;
            most = came > most ? came : most;
        }
        ck_assert_msg(most <= least + 2, "cycle %d: %d flits of one, %d of another", (int)c, (int)most, (int)least);
    }
    ck_assert_uint_eq(peek(s, "r", 27, "delivered"), peek(s, "n", 27, "got") + 1);      /* one is in the channel */
    for (int n = 0; n < SIDE * SIDE; n++)
        copies += peek(s, "r", n, "copy");
    ck_assert_uint_eq(copies, 0);
    bl_close(s);
}
END_TEST

START_TEST(refused)
{
    static const struct { const char *x, *y, *width, *height, *told; } rows[] = {
        { "8", "0", "8", "8", "r: node (8, 0) of a mesh of 8 x 8" }, { "0", "8", "8", "8", "r: node (0, 8) of a mesh of 8 x 8" },
        { "3", "1", "13", "5", "r: node (3, 1) of a mesh of 13 x 5" }, { "7", "7", "8", "8", NULL }, { "0", "63", "1", "64", NULL } };

    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct heard h;
        struct bl_sim *s = bl_open(classes, heard_start(&h));
        bl_clock(s, "mesh", 2 * BL_NS, 0, NULL);
        bl_add(s, "r", "mesh_router", "mesh", NULL);
        bl_set(s, "r", "x", rows[k].x, NULL);
        bl_set(s, "r", "y", rows[k].y, NULL);
        bl_set(s, "r", "width", rows[k].width, NULL);
        bl_set(s, "r", "height", rows[k].height, NULL);
        ck_assert_msg(bl_elaborate(s) == (rows[k].told ? -1 : 0), "row %zu: %s", k, h.text);
        if (rows[k].told)
            ck_assert_ptr_nonnull(strstr(h.text, rows[k].told));
        bl_close(s);
    }
}
END_TEST

/* ---- the memory processor ---- */

struct user {
    struct bl_part p;
    bl_push rd, wr;
    bl_pop word, col;
    uint32_t reads, writes;
    uint64_t words, first, sum, columns, bits;   /* words read, cycle of the first, their sum; columns, ones in them */
};

static bl_verdict user_tick(void *self)
{
    struct user *t = self;

    if (t->writes < 20 && bl_room(t->wr)) {
        uint64_t *w = bl_push64(t->wr);
        w[0] = t->writes;
        w[1] = 0x10000u + 3u * t->writes++;
    }
    if (bl_cycle(t) >= 60 && t->reads < 23 && bl_room(t->rd)) {
        uint32_t *r = bl_push32(t->rd);
        r[0] = t->reads >= 20;
        r[1] = t->reads < 20 ? t->reads : t->reads - 20;
        t->reads++;
    }
    while (bl_avail(t->word)) {
        t->first = t->words++ ? t->first : bl_cycle(t);
        t->sum += *bl_pop64(t->word);
    }
    for (; bl_avail(t->col); t->columns++)
        t->bits += (uint64_t)__builtin_popcountll(*bl_pop64(t->col));
    return BL_BUSY;
}

static const struct bl_field user_fields[] = {
    BL_PUSH(struct user, rd, 2, 32, "reads"), BL_PUSH(struct user, wr, 2, 64, "writes"), BL_POP(struct user, word, 1, 64, "words"),
    BL_POP(struct user, col, 1, 64, "columns"), BL_VIEW(struct user, words, 1, 64, ""), BL_VIEW(struct user, sum, 1, 64, ""),
    BL_VIEW(struct user, columns, 1, 64, ""), BL_VIEW(struct user, bits, 1, 64, ""), { 0 } };
static const struct bl_class user_class = { .name = "user", .help = "test user", .size = sizeof(struct user), .tick = user_tick,
    .fields = user_fields };

START_TEST(memory)
{
    static const struct bl_class *const both[] = { &memory_processor_class, &user_class, NULL };
    struct bl_sim *s = bl_open(both, NULL);
    uint64_t v, sum = 0, ones = 0;

    bl_clock(s, "core", BL_NS, 0, NULL);
    bl_add(s, "m", "map", NULL, NULL);
    bl_add(s, "u", "user", NULL, NULL);
    bl_set(s, "m", "rows", "64", NULL);
    bl_set(s, "m", "strict", "0", NULL);
    bl_wire(s, "u.rd", "m.rd", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(s, "u.wr", "m.wr", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(s, "m.word", "u.word", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(s, "m.col", "u.col", (struct bl_link){ .depth = 2 }, NULL);
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 200 * BL_NS);
    for (unsigned k = 0; k < 20; k++) {
        sum += 3 * k;                                          /* 16 bits are kept */
        for (int b = 0; b < 3; b++)
            ones += 3 * k >> b & 1;
    }
    bl_peek(s, "u.sum", &v);
    ck_assert_uint_eq(v, sum);
    bl_peek(s, "u.words", &v);
    ck_assert_uint_eq(v, 20);
    bl_peek(s, "u.columns", &v);
    ck_assert_uint_eq(v, 3);
    bl_peek(s, "u.bits", &v);
    ck_assert_uint_eq(v, ones);
    bl_peek(s, "m.unwritten", &v);
    ck_assert_uint_eq(v, 0);
    bl_close(s);
}
END_TEST

Suite *suite_mesh_router(void);
Suite *suite_mesh_router(void)
{
    Suite *s = suite_create("mesh_router");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, one_flit);
    tcase_add_test(tc, broadcast);
    tcase_add_test(tc, traffic);
    tcase_add_test(tc, round_robin);
    tcase_add_test(tc, refused);
    tcase_add_test(tc, memory);
    suite_add_tcase(s, tc);
    return s;
}

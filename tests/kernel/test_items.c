/* test_items.c - items of any width: copied whole, with their bytes asked; which ports are wired; pipes of several items, whose taker
 * ticks first. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

/* ---- copy: a to b, and d to q, without a look at lanes; more and in may stay open ---- */

struct copy {
    struct bl_part p;
    bl_pop a, more; bl_push b, out; bl_in d, in; bl_out q;
    int64_t lanes, bits;
    uint32_t elem, bytes, wired, odd;
};

static int copy_init(void *self)
{
    struct copy *t = self;

    t->elem = bl_elem(t->a);
    t->bytes = bl_item_bytes(t->b);
    t->odd = bl_elem(t->b) != t->elem || bl_elem(t->d) != t->elem || bl_elem(t->q) != t->elem || bl_item_bytes(t->a) != t->bytes ||
             bl_item_bytes(t->d) != t->bytes || bl_item_bytes(t->q) != t->bytes;
    t->wired = bl_wired(t->a) | bl_wired(t->b) << 1 | bl_wired(t->d) << 2 | bl_wired(t->more) << 3 | bl_wired(t->out) << 4 | bl_wired(t->in) << 5;
    return 0;
}

static bl_verdict copy_tick(void *self)
{
    struct copy *t = self;

    memcpy(bl_put_item(t->q), bl_get_item(t->d), t->bytes);
    if (!bl_avail(t->a) || !bl_room(t->b))
        return BL_IDLE;
    const void *seen = bl_peek_item(t->a), *item = bl_pop_item(t->a);
    t->odd += seen != item;
    memcpy(bl_push_item(t->b), item, t->bytes);
    return BL_BUSY;
}

#define T struct copy
static const struct bl_field copy_fields[] = {
    BL_POP(T, a, BL_BY(T, lanes), BL_BY(T, bits), "items"), BL_PUSH(T, b, BL_BY(T, lanes), BL_BY(T, bits), "items"),
    BL_POP_OPT(T, more, 1, 8, "items"), BL_PUSH_OPT(T, out, 1, 8, "items"), BL_IN_OPT(T, in, 1, 8, "a word"),
    BL_IN_OPT(T, d, BL_BY(T, lanes), BL_BY(T, bits), "a word"), BL_OUT(T, q, BL_BY(T, lanes), BL_BY(T, bits), "a word"),
    BL_SIZE(T, lanes, 4096, "lanes"), BL_SIZE(T, bits, 4096, "bits"),
    BL_VIEW(T, elem, 1, 32, "bytes of a lane"), BL_VIEW(T, bytes, 1, 32, "of an item"), BL_VIEW(T, wired, 1, 32, "ports"),
    BL_VIEW(T, odd, 1, 32, "what is not as it should"), { 0 }
};
#undef T
static const struct bl_class copy_class = { .name = "copy", .help = "copies", .size = sizeof(struct copy), .init = copy_init,
                                            .tick = copy_tick, .fields = copy_fields };
static const struct bl_class *const classes[] = { &copy_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, NULL };

static struct kp_told told;

static struct bl_sim *made(const char *script)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, script));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

static const struct { uint32_t lanes, bits, elem, bytes; } widths[] = {
    { 1, 1, 1, 1 }, { 5, 8, 1, 5 }, { 3, 9, 2, 6 }, { 7, 16, 2, 14 }, { 2, 17, 4, 8 }, { 3, 32, 4, 12 }, { 3, 33, 8, 24 }, { 1, 64, 8, 8 },
    { 1, 65, 8, 16 }, { 3, 144, 8, 72 }, { 4096, 4, 1, 4096 }, { 1, 4096, 8, 512 },
};

START_TEST(items_are_copied_whole)
{
    char script[300];

    snprintf(script, sizeof script, "clock c 1 0; part g gen; set g lanes %u; set g bits %u; set g seed 5; part c[0] copy; part c[1] copy; "
             "part k sink; set k seed 5; wire g.x c[0].a d2; wire c[0].b c[1].a p; wire c[1].b k.x d2; wire c[0].q c[1].d; wire c[1].q c[0].d; "
             "set k lanes %u; set k bits %u", widths[_i].lanes, widths[_i].bits, widths[_i].lanes, widths[_i].bits);
    struct bl_sim *s = made(script);
    ck_assert_int_eq(bl_run(s, 200), BL_END_LIMIT);
    ck_assert_uint_eq(kp_peek(s, "k.wrong"), 0);
    ck_assert_uint_ge(kp_peek(s, "k.got"), 190);
    for (int k = 0; k < 2; k++) {
        ck_assert_uint_eq(kp_peek(s, k ? "c[1].elem" : "c[0].elem"), widths[_i].elem);
        ck_assert_uint_eq(kp_peek(s, k ? "c[1].bytes" : "c[0].bytes"), widths[_i].bytes);
        ck_assert_uint_eq(kp_peek(s, k ? "c[1].odd" : "c[0].odd"), 0);
        ck_assert_uint_eq(kp_peek(s, k ? "c[1].wired" : "c[0].wired"), 7);
    }
    bl_close(s);
}
END_TEST

START_TEST(wired_ports_know_it)
{
    struct bl_sim *s = made("clock c 1 0; clock f 3 0; part g[0] gen c; set g[0] bits 8; part c[0] copy c; part c[1] copy f; part k[0] sink c; "
                            "set k[0] bits 8; part g[1] gen c; set g[1] bits 8; part k[1] sink c; set k[1] bits 8; part k[2] sink f; set k[2] bits 8; "
                            "wire g[0].x c[0].a d1; wire c[0].b k[0].x d1; wire g[1].x c[0].more d1; wire c[0].out k[1].x d1; "
                            "wire c[1].q c[0].in s0; wire c[0].q c[1].in s2; part g[2] gen f; set g[2] bits 8; wire g[2].x c[1].a d1; "
                            "wire c[1].b k[2].x d1");

    ck_assert_uint_eq(kp_peek(s, "c[0].wired"), 1 | 2 | 8 | 16 | 32);
    ck_assert_uint_eq(kp_peek(s, "c[1].wired"), 1 | 2 | 32);
    bl_close(s);
}
END_TEST

/* ---- pipes of several items ---- */

/* A full pipe takes an item in the cycle in which one leaves: a giver that is never out of items is held only when the pipe is full
 * and the taker does not take. Cycle by cycle, of gen -> N places -> sink that takes every m-th cycle, with the room of a pipe
 * (taker first) or of a channel (as of the last edge). */
static void model(uint32_t places, bool pipe, uint32_t every, uint32_t cycles, uint64_t *sent, uint64_t *got)
{
    uint64_t in = 0, out = 0;

    for (uint32_t t = 0; t < cycles; t++) {
        uint64_t before = in - out;
        bool takes = t % every == 0 && before > 0;
        out += takes;
        in += (pipe ? before - takes : before) < places;
    }
    *sent = in;
    *got = out;
}

static const uint32_t fifo[][2] = { { 1, 1 }, { 1, 3 }, { 2, 1 }, { 2, 3 }, { 2, 5 }, { 3, 2 }, { 4, 7 }, { 64, 1 }, { 64, 40 } };

START_TEST(the_taker_of_a_pipe_comes_first)
{
    enum { CYCLES = 400 };

    for (int way = 0; way < 8; way++) {      /* pipe or channel; giver or taker first by path; napping or awake */
        const bool pipe = way & 1;
        const char *give = way & 2 ? "z" : "a", *take = way & 2 ? "a" : "z";
        char script[300], name[20];
        uint64_t sent, got;
        snprintf(script, sizeof script, "clock c 1 0; part %s gen; set %s seed 3; part %s sink; set %s seed 3; set %s every %u; wire %s.x %s.x %c%u", give,
                 give, take, take, take, fifo[_i][1], give, take, pipe ? 'p' : 'd', fifo[_i][0]);
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        kp_ok(kp_script(s, script));
        bl_option(s, BL_NO_NAP, way >> 2);
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        ck_assert_int_eq(bl_run(s, CYCLES), BL_END_LIMIT);
        model(fifo[_i][0], pipe, fifo[_i][1], CYCLES, &sent, &got);
        snprintf(name, sizeof name, "%s.sent", give);
        KP_HOLDS(kp_peek(s, name) == sent, "%s: sent %llu, expected %llu", script, (unsigned long long)kp_peek(s, name), (unsigned long long)sent);
        snprintf(name, sizeof name, "%s.got", take);
        KP_HOLDS(kp_peek(s, name) == got, "%s: got %llu, expected %llu", script, (unsigned long long)kp_peek(s, name), (unsigned long long)got);
        snprintf(name, sizeof name, "%s.wrong", take);
        ck_assert_uint_eq(kp_peek(s, name), 0);
        bl_close(s);
    }
}
END_TEST

/* A full line of pipes moves as one, whatever each of them holds. */
START_TEST(a_line_of_pipes_moves_as_one)
{
    struct bl_sim *s = made("clock c 1 0; part g gen; set g bits 16; part m[0] stage; part m[1] stage; part k sink; set k every 4; wire g.x m[0].a p2; "
                            "wire m[0].b m[1].a p3; wire m[1].b k.x p2");
    uint64_t sent, got;

    bl_run(s, 200);
    sent = kp_peek(s, "g.sent");
    got = kp_peek(s, "k.got");
    ck_assert_uint_eq(sent - got, 7);                     /* full: 2 + 3 + 2 */
    for (uint64_t t = 200; t < 240; t++) {
        bl_run(s, t + 1);
        ck_assert_uint_eq(kp_peek(s, "g.sent") - sent, kp_peek(s, "k.got") - got);
    }
    ck_assert_uint_eq(kp_peek(s, "k.got") - got, 10);
    bl_close(s);
}
END_TEST

START_TEST(a_pipe_has_64_items_at_most)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 1 0; part g gen; part k sink; wire g.x k.x p65"));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, "f:4: pipe g.x -> k.x has 65 items; expected 1 .. 64, or depth N");
    bl_close(s);
}
END_TEST

Suite *suite_items(void);
Suite *suite_items(void)
{
    Suite *s = suite_create("items");
    TCase *c = tcase_create("items");

    tcase_add_loop_test(c, items_are_copied_whole, 0, sizeof widths / sizeof *widths);
    tcase_add_test(c, wired_ports_know_it);
    tcase_add_loop_test(c, the_taker_of_a_pipe_comes_first, 0, sizeof fifo / sizeof *fifo);
    tcase_add_test(c, a_line_of_pipes_moves_as_one);
    tcase_add_test(c, a_pipe_has_64_items_at_most);
    suite_add_tcase(s, c);
    return s;
}

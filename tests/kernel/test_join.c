/* test_join.c - one wire: every refusal with its text: ends, kinds, drivers, widths, clocks. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

/* ---- ear waits for an event; bit: a one-bit word and a wide one; opt, nothing: of any width ---- */

struct ear { struct bl_part p; bl_event e; int64_t how; };
struct bit { struct bl_part p; bl_out q; bl_out wide; };
struct opt { struct bl_part p; bl_pop a; int64_t bits; };
struct nothing { struct bl_part p; bl_out q; int64_t lanes; };

static bl_verdict ear_run(void *self)
{
    struct ear *t = self;

    BL_BEGIN(t);
    AWAIT_EVENT(t->e, BL_IDLE);
    BL_END;
}

static bl_verdict idle_tick(void *self)
{
    (void)self;
    return BL_NAP(BL_IDLE);
}

static const struct bl_field ear_fields[] = { BL_EVENT(struct ear, e, "heard"), BL_PARAM(struct ear, how, 0, 0, 1, "static"), { 0 } };
static const struct bl_field bit_fields[] = { BL_OUT(struct bit, q, 1, 1, "a bit"), BL_OUT(struct bit, wide, 1, 16, "wide"), { 0 } };
static const struct bl_field opt_fields[] = {
    BL_POP_OPT(struct opt, a, 1, BL_BY(struct opt, bits), "items"), BL_PARAM(struct opt, bits, 16, 0, 4000000, "of a"), { 0 }
};
static const struct bl_field nothing_fields[] = {
    BL_OUT(struct nothing, q, BL_BY(struct nothing, lanes), 8, "lanes"), BL_PARAM(struct nothing, lanes, 0, 0, 1e12, "of q"), { 0 }
};
static const struct bl_class ear_class = { .name = "ear", .help = "", .size = sizeof(struct ear), .run = ear_run, .fields = ear_fields };
static const struct bl_class bit_class = { .name = "bit", .help = "", .size = sizeof(struct bit), .tick = idle_tick, .fields = bit_fields };
static const struct bl_class opt_class = { .name = "opt", .help = "", .size = sizeof(struct opt), .tick = idle_tick, .fields = opt_fields };
static const struct bl_class nothing_class = { .name = "nothing", .help = "", .size = sizeof(struct nothing), .tick = idle_tick,
                                               .fields = nothing_fields };

static const struct bl_class *const classes[] = { &ear_class, &bit_class, &opt_class, &nothing_class, &kp_gen_class, &kp_sink_class,
    &kp_put_class, &kp_look_class, &kp_echo_class, NULL };

static struct kp_told told;

#define C "clock c 10 0;"
#define CD "clock c 10 0; clock d 15 0;"

static const struct { const char *script, *told; } refused[] = {
    { C "part g gen; part a sink; part b sink; wire g.x a.x d1; wire g.x b.x d1",
      "f:6: g.x feeds two channels, to a.x and to b.x; a push end takes one wire" },
    { C "part a gen; part b gen; part k sink; wire a.x k.x d1; wire b.x k.x d1",
      "f:6: k.x has two drivers, a.x and b.x; a port takes one wire" },
    { C "part a put; part b put; part l look; wire b.q l.d; wire a.q l.d", "f:5: l.d has two drivers, a.q and b.q; a port takes one wire" },
    { C "part g gen; set g lanes 4; part k sink; set k bits 17; wire g.x k.x d1",
      "f:6: g.x is 4 x 16 bit, k.x is 1 x 17 bit; expected equal widths" },
    { C "part b bit; part l look; wire b.q l.d", "f:4: b.q is 1 x 1 bit, l.d is 1 x 16 bit; expected equal widths" },
    { C "part g gen; part k sink; wire k.x g.x d1", "f:4: k.x is a pop end and g.x is a push end; turn the wire around" },
    { C "part p put; part l look; wire l.d p.q", "f:4: l.d is an input and p.q is an output; turn the wire around" },
    { C "part g gen; part l look; wire g.x l.d", "f:4: g.x is a push end and l.d is an input; expected push -> pop, output -> input, "
      "event -> event, output, push or pop -> event, lock -> lock, or an output, event or process -> PART.process" },
    { C "part g gen; part k sink; wire g.x k.x", "f:4: channel g.x -> k.x has no depth; say depth N (or pipe)" },
    { C "part g gen; part k sink; wire g.x k.x d16777217", "f:4: channel g.x -> k.x has depth 16777217; expected 1 .. 2^24 (or pipe)" },
    { C "part g gen; part k sink; set g lanes 200; set k lanes 200; wire g.x k.x d16777216",
      "f:6: channel g.x -> k.x holds 16777216 items of 400 bytes each; expected at most 4 GiB in all" },
    { C "part p put; part l look; wire p.q l.d d2", "f:4: p.q -> l.d is a word; 'depth' means nothing there: leave it out" },
    { C "part g gen; part e echo; part k sink; wire g.x e.a pipe; wire e.b k.x d1",
      "f:5: pipe g.x -> e.a: both ends must be clocked; use depth" },
    { CD "part g gen c; part k sink d; wire g.x k.x pipe",
      "f:5: g.x -> k.x is a pipe between clock c and clock d; a pipe stays in one clock, use depth and sync" },
    { CD "part g gen c; part k sink d; wire g.x k.x d2",
      "f:5: g.x (clock c) -> k.x (clock d) crosses clocks; say how many synchroniser stages it has, sync 2 (or sync 0)" },
    { CD "part p put c; part l look d; wire p.q l.d",
      "f:5: p.q (clock c) -> l.d (clock d) crosses clocks; say how many synchroniser stages it has, sync 2 (or sync 0)" },
    { C "part g gen; part k sink; wire g.x k.x d2 s2", "f:4: g.x -> k.x says sync 2 and stays in one clock; leave it out" },
    { C "part g gen; part k sink; wire g k.x d1", "f:4: 'g' names no port; expected PART.PORT\nf:2: g.x is a push end and nothing is wired to it (items)" },
    { C "part gen1 gen; part k sink; wire gen2.x k.x d1", "f:4: there is no part 'gen2'; did you mean 'gen1'?\n"
      "f:2: gen1.x is a push end and nothing is wired to it (items)" },
    { C "part p put; part l look; wire p.qq l.d", "f:4: p: class put has no port 'qq'; did you mean 'q'?" },
    { C "part p put; part l look; wire p.step l.d", "f:4: p: class put has no port 'step'" },
    { C "part n nothing", "f:2: n.q is 0 lanes of 8 bits; expected at least 1 of 1, together at most 2^20 words of 64 bits" },
    { C "part n nothing; set n lanes 2000000", "f:2: n.q is 2000000 lanes of 8 bits; expected at least 1 of 1, together at most 2^20 words of 64 bits" },
    { C "part n nothing; set n lanes 100000000000", "f:2: n.q is 0 lanes of 8 bits; expected at least 1 of 1, together at most 2^20 words of 64 bits" },
    { C "part n opt; set n bits 0", "f:2: n.a is 1 lanes of 0 bits; expected at least 1 of 1, together at most 2^20 words of 64 bits" },
    { C "part e ear; wire q.x e.process; wire e.e q.process; wire e.how e.process",
      "f:5: e: class ear has no port 'how'\nf:3: there is no part 'q'\nf:4: there is no part 'q'" },
    { C "part p put; part g gen; part k sink; wire g.x k.x d1; part e ear; wire e.e p.process; wire k.x e.process",
      "f:8: k.x -> e.process: a process listens to an output or an event; expected one\n"
      "f:7: 'p' is no waiting part; only these have a sensitivity list" },
    { C "part b bit; part e ear; wire b.q e.process rising; wire b.wide e.process rising; wire b.wide e.process falling; wire b.wide e.process",
      "f:5: b.wide is 1 x 16 bit; an edge is one of a single bit, expected any change\n"
      "f:6: b.wide is 1 x 16 bit; an edge is one of a single bit, expected any change" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_script(s, refused[_i].script);
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, refused[_i].told);
    ck_assert_int_eq(bl_run(s, 10), BL_END_FAILED);
    bl_close(s);
}
END_TEST

/* vast: an output whose width a parameter says, without a bound of its own. */
struct vast { struct bl_part p; bl_out q; int64_t bits; };
static bl_verdict vast_tick(void *self) { return self ? BL_BUSY : BL_IDLE; }
static const struct bl_field vast_fields[] = {
    BL_OUT(struct vast, q, 1, BL_BY(struct vast, bits), "a word"), BL_PARAM(struct vast, bits, 1, 0, 1e12, "of the word"), { 0 }
};
static const struct bl_class vast_class = { .name = "vast", .help = "a wide word", .size = sizeof(struct vast), .tick = vast_tick,
                                            .fields = vast_fields };
static const struct bl_class *const vast_classes[] = { &vast_class, NULL };
static const struct { long long bits; bool good; } vast_widths[] = {
    { 0, false }, { 1, true }, { 1 << 26, true }, { (1 << 26) + 1, false }, { 4294967232, false }, { 4294967295, false }, { 4294967296, false }
};

START_TEST(no_width_wraps_around)
{
    struct bl_sim *s = bl_open(vast_classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part v vast"));
    kp_setf(s, "v", "bits", vast_widths[_i].bits);
    ck_assert_int_eq(bl_elaborate(s), vast_widths[_i].good ? 0 : -1);
    ck_assert_int_eq(!strstr(told.text, "v.q is 1 lanes of "), vast_widths[_i].good);
    bl_close(s);
}
END_TEST

Suite *suite_join(void);
Suite *suite_join(void)
{
    Suite *s = suite_create("join");
    TCase *c = tcase_create("join");

    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(c, no_width_wraps_around, 0, sizeof vast_widths / sizeof *vast_widths);
    suite_add_tcase(s, c);
    return s;
}

/* test_feeds.c - what a table says of dependence: feeds, streams and ways are read, checked and shown. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_build.h"

static struct kp_told told;

static bl_verdict any_tick(void *self) { (void)self; return BL_IDLE; }

struct depends { struct bl_part p; bl_pop a, b; bl_push out; bl_in cmd, mode; bl_out q; int64_t late, any; };
#define D struct depends
#define WORDS BL_IN(D, cmd, 1, 8, "command"), BL_IN(D, mode, 1, 8, "mode"), BL_OUT(D, q, 1, 8, "word out"), \
    BL_PARAM(D, late, 3, 1, 9, "latency"), BL_PARAM(D, any, 3, 0, 9, "latency, or none")
#define ENDS BL_POP(D, a, 1, 8, "first"), BL_POP(D, b, 1, 8, "second"), BL_PUSH(D, out, 1, 8, "items"), WORDS
static const struct bl_field depends_fields[] = {
    ENDS, BL_FEED(a), BL_FEED(cmd), BL_STREAM(cmd, BL_BY(D, late)), BL_STREAM(mode, 4), BL_WAY(out, a, b), BL_WAY(q, cmd), { 0 }
};
static const struct bl_class depends_class = { .name = "depends", .help = "depends", .size = sizeof(D), .tick = any_tick,
                                               .fields = depends_fields };

START_TEST(what_is_said_is_shown)
{
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &depends_class, NULL }, kp_listen(&told));

    ck_assert_int_eq(class_check(s, &depends_class), 0);
    ck_assert_ptr_eq(class_field(&depends_class, "cmd"), &depends_fields[3]);        /* the port, none of the rows */
    bl_class_show(&depends_class, &(struct bl_show){ kp_tell, &told });
    const char *want = "  feed       a                                                   an idle part waits for it\n"
                       "  feed       cmd                                                 an idle part waits for it\n"
                       "  stream     cmd              latency late                       each change is work of its cycle\n"
                       "  stream     mode             latency 4                          each change is work of its cycle\n"
                       "  way        out              from a, b                          depends on no other input\n"
                       "  way        q                from cmd                           depends on no other input";
    ck_assert_msg(strstr(told.text, want) != NULL, "%s", told.text);
    bl_close(s);
}
END_TEST

static void any_comb(void *self) { (void)self; }
static void any_build(void *self) { (void)self; }
enum { TICK, RUN, COMB, WORKS, BUILD };
#define SAYS(...) (const struct bl_field[]){ ENDS, __VA_ARGS__, { 0 } }
#define WIRES(...) (const struct bl_field[]){ WORDS, __VA_ARGS__, { 0 } }

static int said_by(const struct bl_field *fields, int form)
{
    const struct bl_class c = { .name = "c", .help = "", .size = sizeof(D), .tick = form == TICK ? any_tick : NULL,
        .run = form == RUN ? any_tick : NULL, .comb = form == COMB || form == WORKS ? any_comb : NULL, .works = form == WORKS,
        .build = form == BUILD ? any_build : NULL, .fields = fields };
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &c, NULL }, kp_listen(&told));
    int bad = class_check(s, &c);

    bl_close(s);
    return bad;
}

START_TEST(what_may_be_said)
{
    for (int form = TICK; form <= RUN; form++) {
        ck_assert_int_eq(said_by(SAYS(BL_FEED(a)), form), 0);
        ck_assert_int_eq(said_by(SAYS(BL_FEED(mode), BL_FEED(b)), form), 0);
        ck_assert_int_eq(said_by(SAYS(BL_WAY(q, a, b, cmd, mode), BL_WAY(out, cmd)), form), 0);
    }
    ck_assert_int_eq(said_by(WIRES(BL_FEED(cmd)), WORKS), 0);
    ck_assert_int_eq(said_by(WIRES(BL_WAY(q, cmd)), COMB), 0);
    ck_assert_int_eq(said_by(SAYS(BL_STREAM(cmd, 1), BL_STREAM(mode, BL_BY(D, late)), BL_FEED(cmd)), TICK), 0);
}
END_TEST

#define REFUSED(fields, form, want) do { ck_assert_int_eq(said_by(fields, form), -1); ck_assert_str_eq(told.text, want); } while (0)
START_TEST(what_is_refused)
{
    REFUSED(SAYS(BL_FEED(cmdd)), TICK, "class c: feed cmdd is 'cmdd', which is no port; did you mean 'cmd'?");
    REFUSED(SAYS(BL_FEED(late)), TICK, "class c: feed late is 'late', which is no port");
    REFUSED(SAYS(BL_FEED(q)), RUN, "class c: feed q is q, which is an output; expected a pop end or an input");
    REFUSED(SAYS(BL_FEED(out)), TICK, "class c: feed out is out, which is a push end; expected a pop end or an input");
    REFUSED(SAYS(BL_FEED(a), BL_FEED(b), BL_FEED(a)), TICK, "class c: feed a is tabled twice");
    REFUSED(WIRES(BL_FEED(cmd)), COMB, "class c: feed cmd: a combinational class has no account that could be idle");
    REFUSED(SAYS(BL_FEED(a)), BUILD, "class c: feed a: a composite class has no account that could be idle");
    REFUSED(SAYS(BL_STREAM(a, 1)), TICK, "class c: stream a is a, which is a pop end; expected an input");
    REFUSED(SAYS(BL_STREAM(cmd, 0)), TICK, "class c: stream cmd: its latency is 0; expected 1 or more");
    REFUSED(SAYS(BL_STREAM(cmd, BL_BY(D, any))), TICK,
            "class c: stream cmd: its latency is parameter any, which may be 0; expected 1 or more");
    REFUSED(SAYS(BL_STREAM(cmd, -24)), TICK, "class c: stream cmd: its latency is no parameter of the table");
    REFUSED(SAYS(BL_STREAM(cmd, 1), BL_STREAM(cmd, 2)), TICK, "class c: stream cmd is tabled twice");
    REFUSED(SAYS(BL_STREAM(cmd, 1)), RUN, "class c: stream cmd: only a clocked class works cycle by cycle");
    REFUSED(WIRES(BL_STREAM(cmd, 1)), WORKS, "class c: stream cmd: only a clocked class works cycle by cycle");
    REFUSED(SAYS(BL_WAY(a, b)), TICK, "class c: way a is to a, which is a pop end; expected a push end or an output");
    REFUSED(SAYS(BL_WAY(outt, b)), TICK, "class c: way outt is to 'outt', which is no port; did you mean 'out'?");
    REFUSED(SAYS(BL_WAY(out, q)), TICK, "class c: way out comes from q, which is an output; expected a pop end or an input");
    REFUSED(SAYS(BL_WAY(out, a, b, a)), RUN, "class c: way out lists port a twice");
    REFUSED(SAYS(BL_WAY(out, )), TICK, "class c: way out lists 0 ports; expected 1 .. 32");
    REFUSED(SAYS(BL_WAY(out, a), BL_WAY(q, a), BL_WAY(out, b)), TICK, "class c: way out is tabled twice");
    REFUSED(SAYS(BL_WAY(out, a)), BUILD, "class c: way out: the children of a composite class say what depends on what");
}
END_TEST

Suite *suite_feeds(void);
Suite *suite_feeds(void)
{
    Suite *s = suite_create("feeds");
    TCase *c = tcase_create("rows");

    tcase_add_test(c, what_is_said_is_shown);
    tcase_add_test(c, what_may_be_said);
    tcase_add_test(c, what_is_refused);
    suite_add_tcase(s, c);
    return s;
}

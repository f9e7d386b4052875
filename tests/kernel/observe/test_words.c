/* test_words.c - words for the values of ports and views (words.c): what a table may say, and what traces and conditions make of it. */
#include "tests/rigs/watch_rig.h"

/* A part that writes its cycle, modulo 4, wherever a word may stand. */
struct modes {
    struct bl_part p;
    bl_out mode, cmd, cfg, many;
    bl_push item;
    int64_t wide;
    uint8_t state[3], flag;
};

static bl_verdict modes_tick(void *self)
{
    struct modes *t = self;
    uint8_t k = bl_cycle(t) % 4;

    *bl_put8(t->mode) = k;
    bl_put8(t->cmd)[1] = k;
    bl_put8(t->cfg)[17] = k;
    bl_put8(t->many)[63] = k;
    t->state[2] = k;
    if (bl_room(t->item))
        bl_push8(t->item)[1] = k;
    return BL_BUSY;
}

#define M struct modes
#define PORTS BL_OUT(M, mode, 1, 2, "mode"), BL_OUT(M, cmd, 3, 8, "lane 1: kind"), BL_OUT(M, cfg, 40, 8, "lane 17: form"), \
    BL_OUT(M, many, 64, 2, "a mode each"), BL_PUSH_OPT(M, item, 2, 8, "lane 1: kind"), BL_PARAM(M, wide, 4, 1, 9, "bits"), \
    BL_VIEW(M, state, 3, 2, "states"), BL_VIEW(M, flag, 1, 1, "a bit")
static const struct bl_field modes_fields[] = {
    PORTS, BL_WORDS(mode, "idle read write flush"), BL_WORDS_OF(cmd, 1, "none go"), BL_WORDS_OF(cfg, 17, "flat deep"),
    BL_WORDS(many, "off on"), BL_WORDS_OF(item, 1, "get put"), BL_WORDS(state, "rest work"), { 0 }
};
static const struct bl_class modes_class = { .name = "modes", .help = "modes", .size = sizeof(M), .tick = modes_tick, .fields = modes_fields };

static struct bl_sim *running(void)
{
    static const struct bl_class *const known[] = { &modes_class, NULL };
    struct bl_sim *s = bl_open(known, kp_listen(&told));

    fake_next = fail_at = 0;
    ck_assert_msg(kp_script(s, "clock clk 10 0; part m modes") == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* The names of the values of m.NAME, or "none"; "absent": there is no such variable. */
static const char *words_in(const struct bl_wave_var *v, size_t n, const char *name)
{
    static char text[200];

    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].scope, "m") || strcmp(v[i].name, name))
            continue;
        *text = '\0';
        for (uint32_t k = 0; k < v[i].nnames; k++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k ? " " : "", v[i].names[k]);
        return v[i].nnames ? text : "none";
    }
    return "absent";
}

/* A lane with words of its own also stands beside the vector of all; lanes that all have words stand apart up to 64. */
static const struct { const char *name, *words; } variables[] = {
    { "mode", "idle read write flush" }, { "cmd[0]", "none" }, { "cmd[1]", "none go" }, { "cmd[2]", "none" },
    { "cfg", "none" }, { "cfg[17]", "flat deep" }, { "cfg[16]", "absent" },
    { "many[0]", "off on" }, { "many[63]", "off on" }, { "many", "absent" },
    { "state[0]", "rest work" }, { "state[2]", "rest work" }, { "flag", "none" },
};
START_TEST(variables_have_words)
{
    struct bl_sim *s = running();
    struct bl_trace *t = begin(s, NULL, 0, 0, 0);
    size_t n;
    const struct bl_wave_var *v = bl_trace_vars(t, &n);

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        ck_assert_msg(!strcmp(words_in(v, n, variables[i].name), variables[i].words), "%s: %s", variables[i].name,
                      words_in(v, n, variables[i].name));
    bl_run(s, 25);
    kp_ok(bl_trace_end(s, t));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "m.cfg[17]=2"));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "m.many[63]=2"));
    bl_close(s);
}
END_TEST

/* A lane that is asked for has its words; one that is not wanted stays away, though it has. */
START_TEST(lanes_that_are_asked_for)
{
    static const char *const some[] = { "m.cfg[3]", "m.state[1]", NULL }, *const others[] = { "!m.cfg", NULL }, *const lane[] = { "m.cfg[17]", NULL };
    struct bl_sim *s = running();
    size_t n;

    struct bl_trace *t = begin(s, some, 0, 0, 0);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(words_in(v, n, "cfg[3]"), "none");
    ck_assert_str_eq(words_in(v, n, "state[1]"), "rest work");
    kp_ok(bl_trace_end(s, t));
    v = bl_trace_vars(t = begin(s, others, 0, 0, 0), &n);
    ck_assert_str_eq(words_in(v, n, "cfg[17]"), "absent");
    ck_assert_str_eq(words_in(v, n, "mode"), "idle read write flush");
    kp_ok(bl_trace_end(s, t));
    v = bl_trace_vars(t = begin(s, lane, 0, 0, 0), &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(words_in(v, n, "cfg[17]"), "flat deep");
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

struct taker { struct bl_part p; bl_pop x; };
static bl_verdict taker_tick(void *self)
{
    struct taker *t = self;

    if (bl_avail(t->x))
        bl_pop8(t->x);
    return BL_BUSY;
}
static const struct bl_field taker_fields[] = { BL_POP(struct taker, x, 2, 8, "items"), { 0 } };
static const struct bl_class taker_class = { .name = "taker", .help = "takes", .size = sizeof(struct taker), .tick = taker_tick, .fields = taker_fields };

START_TEST(items_have_words)
{
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &modes_class, &taker_class, NULL }, kp_listen(&told));
    size_t n;

    fake_next = fail_at = 0;
    ck_assert_msg(kp_script(s, "clock clk 10 0; part m modes; part k taker; wire m.item k.x d2") == 0 && bl_elaborate(s) == 0, "%s", told.text);
    struct bl_trace *t = begin(s, NULL, 0, 0, 0);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_str_eq(words_in(v, n, "item[0]"), "none");
    ck_assert_str_eq(words_in(v, n, "item[1]"), "get put");
    ck_assert_str_eq(words_in(v, n, "item_count"), "none");
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

/* ---- conditions ---- */

/* After the tick of cycle 1: every code is 1. */
static const struct { const char *text; bool holds; } held[] = {
    { "m.mode == read", true }, { "m.mode == write", false }, { "m.mode != idle", true }, { "m.mode == 1", true },
    { "m.cmd[1] == go", true }, { "m.cfg[17] == deep", true }, { "m.many[63] == on", true }, { "m.many[62] == off", true },
    { "m.state[2] == work", true }, { "m.state[0] == rest", true }, { "m.state == rest", true },
};
START_TEST(conditions_take_words)
{
    struct bl_sim *s = running();

    bl_run(s, 15);
    struct bl_condition *c = bl_condition_open(s, held[_i].text, NULL);
    ck_assert_msg(c != NULL, "%s", told.text);
    ck_assert_msg(bl_condition_holds(c) == held[_i].holds, "%s", held[_i].text);
    bl_condition_close(c);
    bl_close(s);
}
END_TEST

static const struct { const char *text, *want; } refused[] = {
    { "m.mode == reed", "condition 'm.mode == reed': 'reed' is none of: idle read write flush" },
    { "m.cmd[1] == read", "condition 'm.cmd[1] == read': 'read' is none of: none go" },
    { "m.cmd[0] == go", "condition 'm.cmd[0] == go': 'go' is no whole number; expected one like 200, -3 or 0xc8" },
    { "m.mode >= read", "condition 'm.mode >= read': 'read' is a name, and names have no order; expected == or !=" },
};
START_TEST(conditions_refuse_other_words)
{
    struct bl_sim *s = running();

    ck_assert_ptr_null(bl_condition_open(s, refused[_i].text, NULL));
    ck_assert_str_eq(told.text, refused[_i].want);
    bl_close(s);
}
END_TEST

/* ---- the table ---- */

START_TEST(words_are_shown)
{
    kp_listen(&told);
    bl_class_show(&modes_class, &(struct bl_show){ kp_tell, &told });
    const char *want = "  words      mode             idle read write flush              0, 1, ...: what its values mean\n"
                       "  words      cmd[1]           none go                            0, 1, ...: what its values mean\n";
    ck_assert_msg(strstr(told.text, want) != NULL, "%s", told.text);
}
END_TEST

#define SAYS(...) (const struct bl_field[]){ PORTS, __VA_ARGS__, { 0 } }
static int said_by(const struct bl_field *fields)
{
    const struct bl_class c = { .name = "c", .help = "", .size = sizeof(M), .tick = modes_tick, .fields = fields };
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &c, NULL }, kp_listen(&told));
    int bad = class_check(s, &c);

    bl_close(s);
    return bad;
}
#define REFUSED(fields, want) do { ck_assert_int_eq(said_by(fields), -1); ck_assert_str_eq(told.text, want); } while (0)

static const struct bl_field by_parameter[] = {
    BL_PARAM(M, wide, 4, 1, 9, "bits"), BL_OUT(M, mode, 1, BL_BY(M, wide), "mode"), BL_WORDS(mode, "a b"), { 0 } };

START_TEST(what_is_no_word)
{
    ck_assert_int_eq(said_by(SAYS(BL_WORDS(mode, "a"))), 0);
    ck_assert_int_eq(said_by(SAYS(BL_WORDS(mode, "a b c d"))), 0);
    ck_assert_int_eq(said_by(SAYS(BL_WORDS_OF(cmd, 0, "a b"), BL_WORDS_OF(cmd, 2, "a b"))), 0);
    REFUSED(SAYS(BL_WORDS(mode, "a b c d e")), "class c: words of mode: 5 words for 2 bits; expected 1 .. 4");
    REFUSED(SAYS(BL_WORDS(mode, "")), "class c: words of mode: 0 words for 2 bits; expected 1 .. 4");
    REFUSED(SAYS(BL_WORDS(mode, "a b a")), "class c: words of mode: 'a' stands there twice");
    REFUSED(SAYS(BL_WORDS(mode, "a  b")), "class c: words of mode: '' is empty; expected one blank between two words");
    REFUSED(SAYS(BL_WORDS(mood, "a b")), "class c: words of mood, which is no field; expected a push end, an output or a view");
    REFUSED(SAYS(BL_WORDS(wide, "a b")), "class c: words of wide, which is a parameter; expected a push end, an output or a view");
    REFUSED(SAYS(BL_WORDS(flag, "a b")), "class c: words of flag, whose lanes have 1 bit; expected a fixed number of bits, 2 .. 64");
    REFUSED(by_parameter, "class c: words of mode, whose lanes have bits by a parameter; expected a fixed number of bits, 2 .. 64");
    REFUSED(SAYS(BL_WORDS_OF(cmd, 3, "a b")), "class c: words of lane 3 of cmd; expected a lane that it has");
    REFUSED(SAYS(BL_WORDS_OF(cmd, -2, "a b")), "class c: words of lane -2 of cmd; expected a lane that it has");
    REFUSED(SAYS(BL_WORDS(mode, "a b"), BL_WORDS(mode, "c d")), "class c: words mode is tabled twice");
    REFUSED(SAYS(BL_WORDS_OF(cmd, 1, "a b"), BL_WORDS_OF(cmd, 1, "c d")), "class c: words cmd is tabled twice");
    REFUSED(SAYS(BL_WORDS_OF(cmd, 1, "a b"), BL_WORDS(cmd, "c d")), "class c: words cmd is tabled twice");
}
END_TEST

Suite *suite_words(void);
Suite *suite_words(void)
{
    Suite *s = suite_create("words");
    TCase *c = tcase_create("words");

    tcase_add_test(c, variables_have_words);
    tcase_add_test(c, lanes_that_are_asked_for);
    tcase_add_test(c, items_have_words);
    tcase_add_loop_test(c, conditions_take_words, 0, sizeof held / sizeof *held);
    tcase_add_loop_test(c, conditions_refuse_other_words, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, words_are_shown);
    tcase_add_test(c, what_is_no_word);
    suite_add_tcase(s, c);
    return s;
}

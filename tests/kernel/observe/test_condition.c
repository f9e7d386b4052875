/* test_condition.c - conditions on one signal: what they mean, at every kind of signal, and what is refused. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

struct dial { struct bl_part p; bl_out code, level, wide; bl_tally turn; int64_t mode, n; double real; struct bl_list l; int8_t view; uint64_t big; };
enum { DIAL_STUCK = BL_STALL, DIAL_LATE };

/* In cycle k: code = k, level = -k, view = k - 5; every third cycle it is stuck. */
static bl_verdict dial_tick(void *self)
{
    struct dial *t = self;
    uint64_t k = bl_cycle(t);

    *bl_put16(t->code) = (uint16_t)k;
    bl_put8(t->level)[1] = (uint8_t)-k;
    t->view = (int8_t)(k - 5);
    t->big = UINT64_MAX - k;
    charge(&t->turn, 2);
    return k % 3 ? BL_BUSY : DIAL_STUCK;
}

static const struct bl_field dial_fields[] = {
    BL_OUT(struct dial, code, 1, 12, "counts up"), BL_OUT_AS(struct dial, level, 2, 7, "counts down", BL_SIGNED),
    BL_OUT(struct dial, wide, 1, 65, "wide"), BL_TALLY(struct dial, turn, "a turn"),
    BL_CHOICE(struct dial, mode, 1, "slow full quick", "how"), BL_PARAM(struct dial, n, -3, -5, 5, "a number"),
    BL_REAL(struct dial, real, 0.5, 0, 1, "a real"), BL_LIST(struct dial, l, "[4, -5]", -9, 9, "a list"),
    BL_VIEW_AS(struct dial, view, 1, 8, "a view", BL_SIGNED), BL_VIEW(struct dial, big, 1, 64, "64 bits"),
    BL_CAUSE(DIAL_STUCK, "it does not turn"), BL_CAUSE(DIAL_LATE, "never"), { 0 }
};
static const struct bl_class dial_class = { .name = "dial", .help = "a dial", .size = sizeof(struct dial), .tick = dial_tick,
                                            .fields = dial_fields };
static const struct bl_class *const classes[] = { &dial_class, &kp_gen_class, &kp_sink_class, NULL };

static struct kp_told told;

static struct bl_sim *built(void)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_msg(kp_script(s, "clock c 10 0; part top.d[3] dial; part g gen; part k sink; set k every 4; wire g.x k.x d4") == 0 &&
                  bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* After the tick of cycle 9 (it is stuck there, and the gen has been full for long). */
static const struct { const char *text; bool holds; } held[] = {
    { "top.d[3].code==9", true }, { " top.d[3].code  ==\t9 ", true }, { "top.d[3].code == 0x9", true }, { "top.d[3].code==10", false },
    { "top.d[3].code!=9", false }, { "top.d[3].code!=8", true }, { "top.d[3].code<9", false }, { "top.d[3].code<10", true },
    { "top.d[3].code<=9", true }, { "top.d[3].code<=8", false }, { "top.d[3].code>=9", true }, { "top.d[3].code>=10", false },
    { "top.d[3].code>8", true }, { "top.d[3].code>9", false }, { "top.d[3].code[0] == 4095", false },
    { "top.d[3].level[1] == -9", true }, { "top.d[3].level[1] < 0", true }, { "top.d[3].level[0] == 0", true },
    { "top.d[3].level[1] > -9", false }, { "top.d[3].view == 4", true }, { "top.d[3].view >= -128", true },
    { "top.d[3].big == 18446744073709551606", true }, { "top.d[3].big == 0xfffffffffffffff6", true }, { "top.d[3].big > 9223372036854775807", true },
    { "top.d[3].turn == 20", true }, { "top.d[3].mode == full", true }, { "top.d[3].mode != quick", true }, { "top.d[3].mode == 1", true },
    { "top.d[3].n == -3", true }, { "top.d[3].l[1] == -5", true }, { "top.d[3].verdict == dial_stuck", true },
    { "top.d[3].verdict != busy", true }, { "top.d[3].verdict == 2", true }, { "top.d[3].verdict >= 3", false },
    { "g.x == 4", true }, { "k.x >= 4", true }, { "k.x < 4", false },
};

START_TEST(holding)
{
    struct bl_sim *s = built();
    struct bl_condition *c;

    bl_run(s, 99);
    c = bl_condition_open(s, held[_i].text, NULL);
    ck_assert_msg(c != NULL, "%s", told.text);
    ck_assert_msg(bl_condition_holds(c) == held[_i].holds, "%s", held[_i].text);
    bl_condition_close(c);
    bl_close(s);
}
END_TEST

/* It follows the signal: true in one cycle, at the time after whose commit the value is there. */
START_TEST(following)
{
    struct bl_sim *s = built();
    struct bl_condition *c = bl_condition_open(s, "top.d[3].code == 7", NULL);
    int times = 0;

    ck_assert_ptr_nonnull(c);
    for (uint64_t t = 5; t < 200; t += 10) {
        bl_run(s, t);
        if (bl_condition_holds(c)) {
            ck_assert_uint_eq(t, 75);
            times++;
        }
    }
    ck_assert_int_eq(times, 1);
    bl_condition_close(c);
    bl_close(s);
}
END_TEST

static const struct { const char *text, *says; } refused[] = {
    { "", "expected PATH.NAME OP VALUE" }, { "top.d[3].code", "expected PATH.NAME OP VALUE" }, { "top.d[3].code = 3", "expected PATH.NAME OP VALUE" },
    { "== 3", "expected PATH.NAME OP VALUE" }, { "top.d[3].code ==", "expected PATH.NAME OP VALUE" }, { "top.d[3].code == ==", "is no whole number" },
    { "top.d[3].code === 3", "is no whole number" }, { "top.d[3].code ! 3", "expected PATH.NAME OP VALUE" },
    { "top.d[3].cod == 3", "there is no signal 'top.d[3].cod'" }, { "top.d.code == 3", "there is no signal" }, { "code == 3", "there is no signal" },
    { "top.d[3].code[1] == 3", "name one lane" }, { "top.d[3].wide == 3", "at most 64 bits" }, { "top.d[3].real == 0", "is a real number" },
    { "top.d[3].code == 4096", "0 .. 4095" }, { "top.d[3].code == -1", "0 .. 4095" }, { "top.d[3].level == 64", "-64 .. 63" },
    { "top.d[3].big == 18446744073709551616", "is no whole number" }, { "top.d[3].big == -1", "0 .. 18446744073709551615" },
    { "top.d[3].code == full", "is no whole number" }, { "top.d[3].code == 3x", "is no whole number" }, { "top.d[3].code == 0x", "is no whole number" },
    { "top.d[3].mode == slo", "is none of: slow full quick" }, { "top.d[3].mode < full", "names have no order" },
    { "top.d[3].verdict == dial_stuk", "did you mean 'dial_stuck'?" }, { "top.d[3].verdict == zzzzzz", "bitline show dial" },
    { "top.d[3].verdict == DIAL_STUCK", "has no verdict" }, { "top.d[3].verdict == 4", "0 .. 3" }, { "top.d[3].verdict > busy", "names have no order" },
};

START_TEST(refusing)
{
    struct bl_sim *s = built();

    ck_assert_ptr_null(bl_condition_open(s, refused[_i].text, NULL));
    ck_assert_msg(strstr(told.text, refused[_i].says) != NULL, "'%s' gave: %s", refused[_i].text, told.text);
    bl_close(s);
}
END_TEST

START_TEST(after_elaboration_only)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part d dial"));
    ck_assert_ptr_null(bl_condition_open(s, "d.n == -3", NULL));
    ck_assert_msg(strstr(told.text, "after elaboration") != NULL, "%s", told.text);
    bl_close(s);
}
END_TEST

Suite *suite_condition(void);
Suite *suite_condition(void)
{
    Suite *s = suite_create("condition");
    TCase *c = tcase_create("condition");

    tcase_add_loop_test(c, holding, 0, sizeof held / sizeof *held);
    tcase_add_loop_test(c, refusing, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, following);
    tcase_add_test(c, after_elaboration_only);
    suite_add_tcase(s, c);
    return s;
}

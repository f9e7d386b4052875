/* test_link.c - each word of a wire on each kind of wire: taken, or refused because it means nothing there. */
#include "tests/rigs/kparts.h"

/* ---- a part that waits and one that ticks, with ends of every kind ---- */

struct ends { struct bl_part p; bl_pop pop; bl_push push; bl_in in; bl_out out; bl_event e; bl_lock lock; bl_process who; };
static bl_verdict ends_work(void *self)
{
    ((struct bl_part *)self)->wait = BL_WAIT_END;
    return BL_IDLE;
}
static const struct bl_field ends_fields[] = {
    BL_POP_OPT(struct ends, pop, 1, 2, "items"), BL_PUSH_OPT(struct ends, push, 1, 2, "items"), BL_IN_OPT(struct ends, in, 1, 2, "word"),
    BL_OUT(struct ends, out, 1, 2, "word"), BL_EVENT(struct ends, e, "event"), BL_MUTEX(struct ends, lock, "lock"),
    BL_PROCESS(struct ends, who, "process"), { 0 }
};
struct bit { struct bl_part p; bl_out q; bl_event e; };
static const struct bl_field bit_fields[] = { BL_OUT(struct bit, q, 1, 1, "bit"), BL_EVENT(struct bit, e, "event"), { 0 } };
static const struct bl_class ends_class = { .name = "ends", .help = "waits", .size = sizeof(struct ends), .run = ends_work, .fields = ends_fields };
static const struct bl_class bit_class = { .name = "bit", .help = "a bit", .size = sizeof(struct bit), .run = ends_work, .fields = bit_fields };
static const struct bl_class *const classes[] = { &ends_class, &bit_class, NULL };

/* By word: y taken, n refused as meaning nothing there. A channel without depth or pipe is another matter: it has d2. */
static const struct { const char *name; struct bl_link link; } words[] = {
    { "depth", { .depth = 2 } }, { "pipe", { .pipe = true } }, { "sync", { .sync = BL_SYNC(0) } }, { "rising", { .edge = BL_RISING } },
    { "falling", { .edge = BL_FALLING } }, { "many", { .sharing = BL_MANY } }, { "resolved", { .sharing = BL_RESOLVED } },
    { "reset", { .reset = BL_SYNC_RESET } }, { "async_reset", { .reset = BL_ASYNC_RESET } },
};
enum { NWORDS = sizeof words / sizeof *words };

static const struct { const char *from, *to, *what, *taken; } kinds[] = {
    { "a.push", "b.pop", "a channel or a pipe", "y-ynnynnn" }, { "a.out", "b.in", "a word", "nnynnyynn" },
    { "c.q", "b.e", "an output that fires an event", "nnnyynnnn" }, { "a.e", "b.e", "one event", "nnnnnnnnn" },
    { "a.lock", "b.lock", "one lock", "nnnnnnnnn" },
    { "c.q", "b.process", "an output in the sensitivity list of a process, or its reset", "nnnyynnyy" },
    { "a.e", "b.process", "an event in the sensitivity list of a process", "nnnnnnnnn" },
    { "a.who", "b.process", "control of a process", "nnnnnnnnn" },
};

START_TEST(each_word_on_each_kind_of_wire)
{
    for (int w = 0; w < NWORDS; w++) {
        struct kp_told told;
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        struct bl_link link = words[w].link;
        char want[512] = "";
        kp_ok(kp_script(s, "part a ends; part b ends; part c bit; wire b.who a.process"));
        if (strcmp(kinds[_i].from, "a.who"))
            kp_ok(kp_script(s, "wire a.who b.process"));
        link.depth = _i == 0 && !link.pipe ? 2 : link.depth;
        kp_ok(bl_wire(s, kinds[_i].from, kinds[_i].to, link, "f:9"));
        bool taken = kinds[_i].taken[w] == 'y';
        if (kinds[_i].taken[w] == 'n')
            snprintf(want, sizeof want, "f:9: %s -> %s is %s; '%s' means nothing there: leave it out", kinds[_i].from, kinds[_i].to,
                     kinds[_i].what, words[w].name);
        ck_assert_int_eq(bl_elaborate(s), taken ? 0 : -1);
        if (kinds[_i].taken[w] == '-')
            ck_assert_str_eq(told.text, "f:9: pipe a.push -> b.pop: both ends must be clocked; use depth");
        else
            ck_assert_str_eq(told.text, want);
        bl_close(s);
    }
}
END_TEST

START_TEST(a_shared_signal_has_no_synchroniser)
{
    struct kp_told told;
    static const struct bl_class *const both[] = { &ends_class, &bit_class, &kp_look_class, &kp_put_class, NULL };
    struct bl_sim *s = bl_open(both, kp_listen(&told));

    kp_ok(kp_script(s, "part a ends; part b ends; wire a.who b.process; wire b.who a.process; wire a.out b.in many s2"));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, "f:5: a.out -> b.in says sync 2 and stays in one clock; leave it out");
    bl_close(s);
}
END_TEST

Suite *suite_link(void);
Suite *suite_link(void)
{
    Suite *s = suite_create("link");
    TCase *c = tcase_create("link");

    tcase_add_loop_test(c, each_word_on_each_kind_of_wire, 0, sizeof kinds / sizeof *kinds);
    tcase_add_test(c, a_shared_signal_has_no_synchroniser);
    suite_add_tcase(s, c);
    return s;
}

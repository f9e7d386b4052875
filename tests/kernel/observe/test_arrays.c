/* test_arrays.c - elements of arrays of ports seen by those who look on: values by name, conditions, traces, causes, who waits for
 * whom, snapshots, runs compared, classes printed. */
#include "tests/rigs/kp_arrays.h"
#include "tests/rigs/watch_rig.h"

static struct bl_sim *made(const char *script)
{
    struct bl_sim *s = bl_open(ka_classes, kp_listen(&told));

    ck_assert_msg(kp_script(s, script) == 0 && bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* ---- values by name ---- */

/* After 45 fs: edges 0 and 4; q[0] counted once, q[1] once. One and many, in words, channels and views. */
static const struct { const char *name; int found; uint64_t value; } peeks[] = {
    { "w.q[0]", 0, 1 }, { "w.q[1]", 0, 2 }, { "w.q[2]", 0, 0 }, { "w.q[1][0]", 0, 2 }, { "w.q[1][1]", 0, 65533 }, { "r.d[1][1]", 0, 65533 },
    { "w.q", -1, 0 }, { "w.q[3]", -1, 0 }, { "w.q[1][2]", -1, 0 }, { "w.q[1][1][0]", -1, 0 }, { "w.q[1]x", -1, 0 }, { "w.q[][1]", -1, 0 },
    { "one.q", 0, 2 }, { "one.q[0]", 0, 2 }, { "one.q[1]", 0, 65533 }, { "one.q[0][1]", 0, 65533 }, { "one.q[1][0]", -1, 0 },
    { "r.sum", 0, 1 }, { "r.sum[0]", 0, 1 }, { "r.sum[0][0]", -1, 0 }, { "r.verdict[0][0]", -1, 0 }, { "w.n", 0, 3 },
    { "m.in[0]", 0, 2 }, { "m.in[1]", 0, 1 }, { "m.in", -1, 0 }, { "m.in[0][0]", 0, 2 }, { "m.in[0][1]", -1, 0 }
};

#define SEEN KA_WORDS "part one words; set one n 1; set one every 4; part g gen; part m merge; part h gen; set h n 1; part k sink; set k every 100;" \
    "wire g.x m.in[0] d2; wire h.x m.in[1] d2; wire m.out k.x d1;"

START_TEST(values_by_name)
{
    struct bl_sim *s = made(SEEN);
    uint64_t v = 0;

    bl_run(s, 45);
    ck_assert_int_eq(bl_peek(s, peeks[_i].name, &v), peeks[_i].found);
    ck_assert_uint_eq(v, peeks[_i].value);
    bl_close(s);
}
END_TEST

static const struct { const char *text, *told; bool holds; } conditions[] = {
    { "w.q[1] == 2", "", true }, { "w.q[1][1] > 65533", "", false }, { "m.in[0] == 2", "", true },
    { "w.q == 2", "condition 'w.q == 2': 'w.q' is no port with a value of at most 64 bits; name an element of the array, and a lane, as in "
                  "q[0] and q[0][0]", false },
    { "w.q[4] == 2", "condition 'w.q[4] == 2': 'w.q[4]' is no port with a value of at most 64 bits; name an element of the array, and a "
                     "lane, as in q[0] and q[0][0]", false },
};

START_TEST(conditions_on_an_element)
{
    struct bl_sim *s = made(SEEN);

    bl_run(s, 45);
    struct bl_condition *c = bl_condition_open(s, conditions[_i].text, &told.diag);
    ck_assert_str_eq(told.text, conditions[_i].told);
    ck_assert_int_eq(c == NULL, told.n > 0);
    if (c)
        ck_assert_int_eq(bl_condition_holds(c), conditions[_i].holds);
    bl_condition_close(c);
    bl_close(s);
}
END_TEST

/* ---- traces ---- */

static const struct { const char *glob, *vars; } choices[] = {
    { "w.*", "w.verdict w.verdict_color w.q[0][0] w.q[0][1] w.q[1][0] w.q[1][1] w.q[2][0] w.q[2][1]" },
    { "w.q", "w.q[0][0] w.q[0][1] w.q[1][0] w.q[1][1] w.q[2][0] w.q[2][1]" },
    { "w.q[1]", "w.q[1][0] w.q[1][1]" }, { "w.q[2][1]", "w.q[2][1]" },
    { "one.q", "one.q[0] one.q[1]" }, { "one.q[1]", "one.q[1]" },
    { "d.*", "d.verdict d.verdict_color d.out_count[0] d.out[0] d.out_count[1] d.out[1] d.far_count[1] d.far[1] d.k" },      /* far[0] is open */
    { "d.out_count", "d.out_count[0] d.out_count[1]" }, { "d.far_count[1]", "d.far_count[1]" }, { "a.*", "a.y" },
};

START_TEST(names_in_a_trace)
{
    struct bl_sim *s = made(KA_WORDS "part one words; set one n 1; part g gen; part d deal; set d ways 2; part k[0] sink; part k[1] sink; part f sink;"
                            "wire g.x d.in d2; wire d.out[0] k[0].x d2; wire d.out[1] k[1].x d2; wire d.far[1] f.x d2; part p put;"
                            "part a sums; set a n 1; wire p.q a.x");
    const char *globs[] = { choices[_i].glob, NULL };
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    char text[1000] = "";
    size_t n;

    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s.%s", i ? " " : "", v[i].scope, v[i].name);
    ck_assert_str_eq(text, choices[_i].vars);
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

START_TEST(values_in_a_trace)
{
    static const char *const globs[] = { "w.q", "m.from", "g*.x_count", NULL };
    struct bl_sim *s = made("clock c 10 0; part w words; set w n 2; set w every 2; part m merge; part g[0] gen; part g[1] gen; set g[0] every 4; set g[1] n 1; part k sink;"
             "wire g[0].x m.in[0] d2; wire g[1].x m.in[1] d2; wire m.out k.x d2");
    struct bl_trace *t = begin(s, globs, 0, 0, 0);

    bl_run(s, 51);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, "@0 g[0].x_count=1 g[1].x_count=1 m.from[0]=0 m.from[1]=0 w.q[0][0]=1 w.q[0][1]=fffe w.q[1][0]=0 w.q[1][1]=0 "
                     "@10 g[0].x_count=0 m.from[0]=1 @20 g[1].x_count=0 m.from[1]=1 w.q[1][0]=2 w.q[1][1]=fffd "
                     "@40 g[0].x_count=1 w.q[0][0]=2 w.q[0][1]=fffd @50 g[0].x_count=0 m.from[0]=2");
    bl_close(s);
}
END_TEST

/* ---- causes, and who waits ---- */

static void line(void *ctx, const char *text) { kp_tell(ctx, text); }

static const struct { const char *script, *signal; uint64_t until; const char *says; } chains[] = {
    { KA_WORDS, "w.q[1]", 60, "w.q[1][0] 0 -> 2 at 40 fs, delta 1\n  by w at 40 fs: edge 4 of clock c" },
    { KA_WORDS, "r.d[2][1]", 100, "w.q[2][1] 0 -> 65532 at 80 fs, delta 1\n  by w at 80 fs: edge 8 of clock c" },
    { KA_WORDS, "r.sum", 60, "r.sum 1 -> 3 at 50 fs, delta 1\n"
                             "  by r at 50 fs: edge 5 of clock c\n"
                             "    its nap ended by w.q[1][0] 0 -> 2 at 40 fs, delta 1\n"
                             "      by w at 40 fs: edge 4 of clock c" },
    { KA_MERGE, "m.in[1]", 65, "m.in[1] popped 1 -> 2 at 60 fs, delta 1\n  by m at 60 fs: edge 6 of clock c" },
    { KA_MERGE "set g[1] every 6", "m.verdict", 75, "m.verdict ka_no_input -> busy at 70 fs, delta 1\n"
                                                    "  by m at 70 fs: edge 7 of clock c\n"
                                                    "    its nap ended by g[1].x pushed 1 -> 2 at 60 fs, delta 1\n"
                                                    "      by g[1] at 60 fs: edge 6 of clock c" },
};

START_TEST(causes_name_the_element)
{
    struct bl_sim *s = made(chains[_i].script);
    const struct bl_show show = { line, &told };

    ck_assert_msg(bl_why(s, chains[_i].signal, &told.diag) == 0, "%s", told.text);
    bl_run(s, chains[_i].until);
    bl_why_tell(s, &show);
    ck_assert_str_eq(told.text, chains[_i].says);
    bl_close(s);
}
END_TEST

START_TEST(no_cause_of_a_whole_array)
{
    struct bl_sim *s = made(KA_WORDS);

    ck_assert_int_eq(bl_why(s, "w.q", &told.diag), -1);
    ck_assert_ptr_nonnull(strstr(told.text, "why w.q: there is no such signal"));
    bl_close(s);
}
END_TEST

/* ---- state ---- */

/* Handles are masked: a snapshot goes back into a simulation whose ends lie elsewhere, and runs on alike. */
START_TEST(saved_and_restored)
{
    struct bl_sim *a = made(KA_MERGE), *b = made(KA_MERGE);
    const struct ka_merge *m = bl_part_of(b, "m");
    const bl_pop *at = m->in.at;
    size_t n;

    bl_run(a, 333);
    void *then = kp_saved(&told, a, &n);
    const struct ka_merge *of_a = bl_part_of(a, "m");
    for (size_t i = 0; i + sizeof(void *) <= n; i++)
        ck_assert(memcmp((unsigned char *)then + i, &of_a->in.at, sizeof(void *)));
    ck_assert_msg(bl_restore(b, then, n) == 0, "%s", told.text);
    ck_assert_ptr_eq(m->in.at, at);
    ck_assert_uint_eq(m->in.n, 3);
    bl_run(a, 2000);
    bl_run(b, 2000);
    ck_assert(bl_state_equal(a, b));
    kp_same(kp_account(a), kp_account(b), "restored");
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

static const char *const others[] = {
    "clock c 10 0; part m merge; set m clients 3; part g[0] gen; part g[1] gen; part g[2] gen; part k sink; set g[0] every 7; set g[1] every 5;"
    "set g[2] every 40; set g[1] seed 1; set g[2] seed 2; wire g[0].x m.in[1] d2; wire g[1].x m.in[0] d2; wire g[2].x m.in[2] d2; wire m.out k.x d2;",
    KA_MERGE "part g[3] gen; part k[1] sink; wire g[3].x k[1].x d2",
};

START_TEST(another_wiring_is_refused)
{
    struct bl_sim *a = made(KA_MERGE), *b = made(others[_i]);
    size_t n;

    bl_run(a, 333);
    void *then = kp_saved(&told, a, &n);
    ck_assert_int_eq(bl_restore(b, then, n), -1);
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

/* ---- runs compared ---- */

/* Two parts that write one static variable and show it through an element each. */
struct shout { struct bl_part p; bl_outs q; int64_t me; };
static uint16_t last;

static bl_verdict shout_tick(void *self)
{
    struct shout *t = self;

    last = (uint16_t)(last * 3 + t->me);
    *bl_put16(t->q.at[1]) = last;
    return BL_BUSY;
}

static const struct bl_field shout_fields[] = {
    BL_OUTS(struct shout, q, 2, 1, 16, "what was heard"), BL_PARAM(struct shout, me, 0, 0, 100, "what is said"), { 0 }
};
static const struct bl_class shout_class = { .name = "shout", .help = "shares a variable", .size = sizeof(struct shout), .tick = shout_tick,
                                             .fields = shout_fields };
static const struct bl_class *const shouting[] = { &shout_class, NULL };

static int shout_once(void *ctx, struct bl_order *o)
{
    struct bl_sim *s = bl_open(shouting, kp_listen(ctx));

    last = 0;
    int bad = kp_script(s, "clock c 10 0; part a shout; part b shout; set a me 1; set b me 2") | bl_elaborate(s);
    if (!bad) {
        bl_order_use(s, o);
        bl_run(s, 100);
    }
    bl_close(s);
    return bad;
}

START_TEST(a_race_names_the_element)
{
    static struct kp_told said;
    struct bl_races r = { .runs = 8, .seed = 1, .run = shout_once, .ctx = &told, .diag = kp_listen(&said) };

    ck_assert_int_eq(bl_races(&r), 1);
    ck_assert_msg(strstr(said.text, "a.q[1]") || strstr(said.text, "b.q[1]"), "%s", said.text);
    bl_close(NULL);
}
END_TEST

/* ---- a class printed ---- */

START_TEST(a_class_shows_its_arrays)
{
    const struct bl_show show = { line, &told };

    kp_listen(&told);
    bl_class_show(&ka_deal_class, &show);
    ck_assert_ptr_nonnull(strstr(told.text, "  push       out[ways]        1 x 16 bit                         each k-th one\n"));
    ck_assert_ptr_nonnull(strstr(told.text, "  push       far[2]           1 x 16 bit, may stay open          each second one\n"));
    ck_assert_ptr_nonnull(strstr(told.text, "  pop        in               1 x 16 bit                         items\n"));
}
END_TEST

Suite *suite_arrays(void);
Suite *suite_arrays(void)
{
    Suite *s = suite_create("arrays");
    TCase *c = tcase_create("arrays");

    tcase_add_loop_test(c, values_by_name, 0, sizeof peeks / sizeof *peeks);
    tcase_add_loop_test(c, conditions_on_an_element, 0, sizeof conditions / sizeof *conditions);
    tcase_add_loop_test(c, names_in_a_trace, 0, sizeof choices / sizeof *choices);
    tcase_add_test(c, values_in_a_trace);
    tcase_add_loop_test(c, causes_name_the_element, 0, sizeof chains / sizeof *chains);
    tcase_add_test(c, no_cause_of_a_whole_array);
    tcase_add_test(c, saved_and_restored);
    tcase_add_loop_test(c, another_wiring_is_refused, 0, sizeof others / sizeof *others);
    tcase_add_test(c, a_race_names_the_element);
    tcase_add_test(c, a_class_shows_its_arrays);
    suite_add_tcase(s, c);
    return s;
}

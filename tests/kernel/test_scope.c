/* test_scope.c - scope.c: rows with the energy of what is below them, ports that are shown, arrays of ports element by element, and
 * what is refused, at the place of the export. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

static const struct bl_class *const classes[] = { &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_put_class, &kp_look_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(classes, kp_listen(&told)); }

#define TWO "clock c 10 0; scope a; scope a.b; part a.b.g gen; part a.s stage; part k sink; export a.b.x a.b.g.x; export a.y a.s.b; " \
            "wire a.b.x a.s.a d2; wire a.y k.x d2; set a.b.g n 7"

START_TEST(a_row_with_the_energy_of_its_parts)
{
    struct bl_sim *s = opened();
    struct bl_part_row row, all;

    kp_ok(kp_script(s, TWO "; price gen sent 3; price sink got 5"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 1000);
    bl_part_at(s, bl_part_find(s, "a"), &all);
    bl_part_at(s, bl_part_find(s, "a.b"), &row);
    ck_assert(!row.cls && !row.clock && !row.verdicts && !row.tallies && !row.elapsed && !row.energy);
    ck_assert(row.tree_energy == 21 && all.tree_energy == 21 && bl_energy(s) == 21 + 35);
    ck_assert_uint_eq(bl_part_count(s), 5);
    ck_assert(!bl_part_of(s, "a.b") && !bl_part_class(s, "a.b") && bl_part_of(s, "a.b.g"));
    bl_close(s);
}
END_TEST

/* The same parts wired directly: equal in all but the rows of the scopes, whichever is declared first. */
START_TEST(only_a_name)
{
    static const char *const script[] = { TWO,
        ("clock c 10 0; part k sink; scope a; export a.y a.s.b; part a.s stage; scope a.b; export a.b.x a.b.g.x; part a.b.g gen; "
         "set a.b.g n 7; wire a.y k.x d2; wire a.b.x a.s.a d2"),
        "clock c 10 0; part a.b.g gen; part a.s stage; part k sink; wire a.b.g.x a.s.a d2; wire a.s.b k.x d2; set a.b.g n 7" };
    uint64_t got[3], hash[3];

    for (int i = 0; i < 3; i++) {
        struct bl_sim *s = opened();
        kp_ok(kp_script(s, script[i]));
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        bl_run(s, 95);
        got[i] = kp_peek(s, "k.got");
        hash[i] = kp_peek(s, "k.hash");
        bl_close(s);
    }
    ck_assert(got[0] == 7 && got[1] == 7 && got[2] == 7 && hash[0] == hash[1] && hash[0] == hash[2]);
}
END_TEST

START_TEST(elements_of_an_array)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; scope a; part a.g gen; part a.h gen; export a.req[0] a.g.x; export a.req[1] a.h.x; set a.h n 2;"
                       "set a.g n 3; part k sink; part l sink; wire a.req[1] k.x d2; wire a.req[0] l.x d2"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 200);
    ck_assert_uint_eq(kp_peek(s, "k.got"), 2);
    ck_assert_uint_eq(kp_peek(s, "l.got"), 3);
    bl_close(s);
}
END_TEST

START_TEST(snapshots_know_scopes)
{
    struct bl_sim *a = opened(), *b, *c;
    size_t n;

    kp_ok(kp_script(a, TWO) | bl_elaborate(a));
    bl_run(a, 35);
    void *bytes = kp_saved(&told, a, &n);
    b = opened();
    kp_ok(kp_script(b, TWO) | bl_elaborate(b));
    kp_ok(bl_restore(b, bytes, n));
    ck_assert(bl_state_equal(a, b));
    c = opened();                          /* the same but for a scope */
    kp_ok(kp_script(c, TWO "; scope z") | bl_elaborate(c));
    ck_assert_int_eq(bl_restore(c, bytes, n), -1);
    free(bytes);
    bl_close(a);
    bl_close(b);
    bl_close(c);
}
END_TEST

#define A "clock c 10 0; scope a; part a.g gen; part k sink;"

static const struct { const char *script, *told; } refused[] = {
    { "scope a; scope a", "f:2: part 'a' is declared twice; the first is at f:1" },
    { "scope a; part a gen", "f:2: part 'a' is declared twice; the first is at f:1" },
    { "scope a-b", "f:1: 'a-b' is no instance path; expected names of letters, digits and _, an index in [], joined by dots, at most "
                   "400 characters" },
    { "clock c 10 0; scope a; part b scope", "f:3: b: class 'scope' is not among this program's classes, nor in its modules; `bitline ls "
                                             "classes` lists bitline's own" },
    { A "export b.x a.g.x", "f:5: port 'b.x' is exported, but 'b' is no scope; declare it with bl_scope before" },
    { A "export a.g.y a.g.x", "f:5: port 'a.g.y' is exported, but 'a.g' is no scope; declare it with bl_scope before" },
    { A "export a.x k.x", "f:5: k.x is exported as a.x; expected a port of a part below a" },
    { A "export a.x a.y", "f:5: a.y is exported as a.x; expected a port of a part below a" },
    { A "export a.x a.g.x; export a.x a.g.y", "f:6: port 'a.x' is exported twice; a port of a scope is that of one part" },
    { A "set a every 3", "f:5: 'a' is a scope; only the parts below it have parameters and data" },
    /* said at the export, once, wired or not; the open port behind it as always */
    { A "export a.x a.g.z; wire a.x k.x d2", "f:5: a.g: class gen has no port 'z'\nf:3: a.g.x is a push end" },
    { A "export a.z a.g.z; wire a.g.x k.x d2", "f:5: a.g: class gen has no port 'z'" },
    { A "export a.x a.h.x; wire a.x k.x d2", "f:5: there is no part 'a.h'; did you mean 'a.g'?\nf:3: a.g.x is a push end" },
    { A "export a.x a.g.x; wire a.y k.x d2", "f:6: a has no port 'y'; it exports x\n" },
    { A "wire a.y k.x d2", "f:5: a has no port 'y'; it exports none\n" },
    { A "part b gen; scope d; part d.h gen; export a.x[0] a.g.x; export a.x[1] d.h.x", "f:9: d.h.x is exported as a.x[1]; expected a port of a "
        "part below a" },
    /* two drivers, one of them through a scope */
    { A "part b gen; export a.x a.g.x; wire a.x k.x d2; wire b.x k.x d2", "f:8: k.x has two drivers, a.x (f:7) and b.x; a port takes one wire" },
    { "clock c 10 0; scope a; part a.k sink; part b gen; part d gen; export a.x a.k.x; wire d.x a.k.x d2; wire b.x a.x d2",
      "f:8: a.x has two drivers, d.x (f:7) and b.x; a port takes one wire" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened();
    int bad = kp_script(s, refused[_i].script);

    bad |= bl_elaborate(s);
    ck_assert_int_eq(bad, -1);
    ck_assert_msg(strstr(told.text, refused[_i].told) == told.text, "'%s', expected '%s'", told.text, refused[_i].told);
    bl_close(s);
}
END_TEST

START_TEST(not_after_elaboration)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, TWO) | bl_elaborate(s));
    ck_assert_int_eq(bl_scope(s, "z", "f:1") | bl_export(s, "a.z", "a.s.b", "f:2"), -1);
    ck_assert_str_eq(told.text, "f:1: a scope is declared after elaboration; declare everything before bl_elaborate\n"
                                "f:2: a port is exported after elaboration; declare everything before bl_elaborate");
    bl_close(s);
}
END_TEST

Suite *suite_scope(void);
Suite *suite_scope(void)
{
    Suite *s = suite_create("scope");
    TCase *c = tcase_create("scope");

    tcase_add_test(c, a_row_with_the_energy_of_its_parts);
    tcase_add_test(c, only_a_name);
    tcase_add_test(c, elements_of_an_array);
    tcase_add_test(c, snapshots_know_scopes);
    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, not_after_elaboration);
    suite_add_tcase(s, c);
    return s;
}

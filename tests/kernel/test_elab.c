/* test_elab.c - from open to frozen: order of declarations, paths, clocks, inputs, init and what it refuses. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

/* ---- picky: refuses, reads inputs, allocates ---- */

struct wide_row { uint64_t v[6]; };        /* 48 bytes */
struct picky { struct bl_part p; int64_t size, silent; bl_table bytes, rows; unsigned char *mem; uint64_t sum; };

static int picky_init(void *self)
{
    struct picky *t = self;

    if (t->silent)
        return -1;
    if (t->size == 13)
        return bl_refuse(t, "size is %lld; expected another one", (long long)t->size);
    for (uint64_t i = 0; i < t->bytes.n; i++)
        t->sum += BL_ROWS(unsigned char, t->bytes)[i];
    for (uint64_t i = 0; i < t->rows.n; i++)
        t->sum += 1000 * BL_ROWS(struct wide_row, t->rows)[i].v[5];
    t->mem = bl_alloc(t, (size_t)t->size);
    for (int64_t i = 0; i < t->size; i++)
        t->sum += t->mem[i]++;
    return 0;
}

static bl_verdict picky_tick(void *self)
{
    (void)self;
    return BL_NAP(BL_IDLE);
}

static const struct bl_field picky_fields[] = {
    BL_PARAM(struct picky, size, 4, 0, 100, "bytes"), BL_PARAM(struct picky, silent, 0, 0, 1, "refuses without a word"),
    BL_DATA(struct picky, bytes, unsigned char, "are summed"), BL_DATA(struct picky, rows, struct wide_row, "the last of each, in thousands"),
    BL_MEM(struct picky, mem, "bytes"), BL_VIEW(struct picky, sum, 1, 64, "of inputs"), { 0 }
};
static const struct bl_class picky_class = { .name = "picky", .help = "is never content", .size = sizeof(struct picky),
                                             .init = picky_init, .tick = picky_tick, .fields = picky_fields };

static const struct bl_class *const classes[] = { &picky_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class,
    &kp_put_class, &kp_look_class, &kp_echo_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void) { return bl_open(classes, kp_listen(&told)); }
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }

/* ---- order ---- */

static const char *const lines[] = {
    "clock c 10 0;", "clock d 15 3;", "part t[2] gen c;", "part t[10] gen d;", "part e echo;", "part k[2] sink c;",
    "part k[10] sink d;", "part w[1] stage c;", "part w[0] work c;", "part p put c;", "part l[1] look c;", "part l[0] look d;",
};
static const char *const wires[] = {
    "set t[2] luck 90;", "set t[10] seed 3;", "set e delay 33 fs;", "set w[0] cycles 3;", "wire t[2].x w[0].a pipe;",
    "wire w[0].b w[1].a d2;", "wire w[1].b k[2].x d1;", "wire t[10].x e.a d2;", "wire e.b k[10].x d3;", "wire p.q l[1].d;",
    "wire p.q l[0].d s2;", "price gen sent 5;",
};

static struct bl_sim *permuted(uint64_t seed)
{
    enum { N = sizeof lines / sizeof *lines, M = sizeof wires / sizeof *wires };
    struct bl_sim *s = opened();
    struct kp_rng r = { seed };
    const char *a[N], *b[M];

    memcpy(a, lines, sizeof a);
    memcpy(b, wires, sizeof b);
    for (uint32_t i = N; seed && i-- > 1;) {
        uint32_t k = kp_below(&r, i + 1);
        const char *x = a[i];
        a[i] = a[k];
        a[k] = x;
    }
    for (uint32_t i = M; seed && i-- > 1;) {
        uint32_t k = kp_below(&r, i + 1);
        const char *x = b[i];
        b[i] = b[k];
        b[k] = x;
    }
    for (uint32_t i = 0; i < N; i++)
        kp_ok(kp_script(s, a[i]));
    for (uint32_t i = 0; i < M; i++)
        kp_ok(kp_script(s, b[i]));
    ready(s);
    return s;
}

START_TEST(order_of_declarations_changes_nothing)
{
    for (uint64_t seed = 1; seed < 20; seed++) {
        struct bl_sim *a = permuted(0), *b = permuted(seed);
        for (uint64_t t = 0; t < 20000; t += 3000) {
            bl_run(a, t);
            bl_run(b, t);
            KP_HOLDS(bl_state_equal(a, b), "states differ at %llu", (unsigned long long)t);
        }
        kp_same(kp_account(a), kp_account(b), "permuted");
        ck_assert_uint_eq(bl_activations(a), bl_activations(b));
        bl_close(a);
        bl_close(b);
    }
}
END_TEST

START_TEST(parts_stand_in_natural_path_order)
{
    static const char *const order[] = { "e", "k[2]", "k[10]", "l[0]", "l[1]", "p", "t[2]", "t[10]", "w[0]", "w[1]" };
    struct bl_sim *s = permuted(5);
    struct bl_part_row r;
    struct bl_clock_row c;

    ck_assert_uint_eq(bl_part_count(s), 10);       /* synchronisers are hidden */
    for (size_t i = 0; i < 10; i++) {
        bl_part_at(s, i, &r);
        ck_assert_str_eq(r.path, order[i]);
    }
    ck_assert_uint_eq(bl_clock_count(s), 2);
    bl_clock_at(s, 1, &c);
    ck_assert_str_eq(c.name, "d");
    bl_close(s);
}
END_TEST

/* Paths that natural order takes for equal still have one order. */
START_TEST(twins_have_an_order)
{
    for (int k = 0; k < 2; k++) {
        struct bl_sim *s = opened();
        struct bl_part_row r;
        kp_ok(kp_script(s, k ? "clock c 10 0; part t[2] put; part t[02] put; part t[002] put"
                             : "clock c 10 0; part t[002] put; part t[02] put; part t[2] put"));
        ready(s);
        static const char *const order[] = { "t[002]", "t[02]", "t[2]" };
        for (size_t i = 0; i < 3; i++) {
            bl_part_at(s, i, &r);
            ck_assert_str_eq(r.path, order[i]);
        }
        bl_close(s);
    }
}
END_TEST

/* ---- what is refused ---- */

static const struct { const char *script, *told; } refused[] = {
    { "part a put", "f:1: a: class put is clocked and no clock is named; 0 clocks are declared" },
    { "clock c 10 0; clock d 10 0; part a put", "f:3: a: class put is clocked and no clock is named; 2 clocks are declared" },
    { "clock c 10 0; part a put d", "f:2: a: there is no clock 'd'" },
    { "clock c 10 0; part a put d; part b look c; wire a.q b.d", "f:2: a: there is no clock 'd'" },
    { "clock c 10 0; part a gen e; part b sink d; wire a.x b.x d2",
      "f:2: a: there is no clock 'e'\nf:3: b: there is no clock 'd'" },
    { "clock c 10 0; part a picky; set a size 13; part b picky; set b size 13", "f:2: a: size is 13; expected another one\n"
                                                                                  "f:4: b: size is 13; expected another one" },
    { "clock c 10 0; part a picky; set a silent 1", "a: init refused its parameters" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened();
    int bad = kp_script(s, refused[_i].script);

    bad |= bl_elaborate(s);
    ck_assert_int_eq(bad, -1);
    ck_assert_msg(strstr(told.text, refused[_i].told) == told.text, "'%s', expected '%s'", told.text, refused[_i].told);
    ck_assert_uint_gt(told.diag.errors, 0);
    bl_close(s);
}
END_TEST

/* ---- inputs, memory, parameters ---- */

START_TEST(inputs_and_memory)
{
    struct bl_sim *s = opened();
    static const unsigned char x[] = { 1, 2, 3, 250 };
    static const struct wide_row rows[2] = { { { 0, 0, 0, 0, 0, 3 } }, { { 0, 0, 0, 0, 0, 4 } } };
    size_t n = 0;

    kp_ok(kp_script(s, "clock c 10 0; part z picky; part a picky; set a size 10"));
    kp_ok(bl_supply(s, "z", "bytes", x, sizeof x));
    kp_ok(bl_supply(s, "z", "rows", rows, sizeof rows));
    kp_ok(bl_supply(s, "a", "rows", NULL, 0));         /* nothing, said */
    ready(s);
    ck_assert_uint_eq(kp_peek(s, "z.sum"), 7256);
    ck_assert_uint_eq(kp_peek(s, "a.sum"), 0);
    const unsigned char *m = bl_memory(s, "a", "mem", &n);
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(n, 10);
    ck_assert_uint_eq(m[9], 1);
    ck_assert_ptr_null(bl_memory(s, "a", "size", &n));
    ck_assert_ptr_null(bl_memory(s, "b", "mem", &n));
    const struct picky *z = bl_part_of(s, "z"), *a = bl_part_of(s, "a");
    ck_assert_ptr_eq(z->rows.at, rows);
    ck_assert_uint_eq(z->rows.n, 2);
    ck_assert_ptr_null(BL_ROWS(struct wide_row, a->bytes));
    ck_assert_uint_eq(a->rows.n, 0);
    bl_close(s);
    s = opened();
    ck_assert_int_eq(bl_supply(s, "y", "bytes", x, 1), -1);
    ck_assert_str_eq(told.text, "there is no part 'y'");
    ck_assert_int_eq(bl_elaborate(s), -1);            /* what was refused before is not forgotten */
    bl_close(s);
}
END_TEST

/* ---- refusals that their function does not return ---- */

static void bossy_build(void *self) { bl_refuse(self, "no"); }
static int meek_init(void *self) { return bl_refuse(self, "no") * 0; }
static bl_verdict meek_tick(void *self) { return self ? BL_BUSY : BL_IDLE; }
static const struct bl_class bossy_class = { .name = "bossy", .help = "refuses in build", .size = sizeof(struct bl_part),
                                             .build = bossy_build };
static const struct bl_class meek_class = { .name = "meek", .help = "refuses, returns 0", .size = sizeof(struct bl_part),
                                            .init = meek_init, .tick = meek_tick };
static const struct bl_class *const unruly[] = { &bossy_class, &meek_class, NULL };
static const struct { const char *script, *text; } unheard[] = {
    { "clock c 10 0; part b bossy", "f:2: b: no" },
    { "clock c 10 0; part m meek", "f:2: m: no" },
};

START_TEST(a_refusal_counts_whatever_is_returned)
{
    struct bl_sim *s = bl_open(unruly, kp_listen(&told));

    kp_ok(kp_script(s, unheard[_i].script));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, unheard[_i].text);
    ck_assert_uint_eq(bl_part_count(s), 0);
    bl_explain_wait(s, &told.diag);
    bl_close(s);
}
END_TEST

static const struct { const char *field; size_t at, bytes; const char *told; } unfit[] = {
    { "row", 0, 48, "z: class picky has no data 'row'; did you mean 'rows'?" },
    { "size", 0, 48, "z: class picky has no data 'size'; `bitline show picky` lists what it has" },
    { "rows", 0, 100, "z.rows is supplied with 100 bytes; expected a multiple of 48, the bytes of one struct wide_row" },
    { "rows", 4, 48, "z.rows is supplied at an address that is no multiple of 8, as struct wide_row needs; expected an array of that type" },
    { "bytes", 0, 48, "z.bytes is supplied twice; expected once" },
};

START_TEST(data_that_do_not_fit)
{
    static const struct wide_row rows[3];
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part z picky; part y picky"));
    kp_ok(bl_supply(s, "z", "bytes", "x", 1));
    kp_ok(bl_supply(s, "y", "bytes", "x", 1));           /* the same field of another part */
    ck_assert_int_eq(bl_supply(s, "z", unfit[_i].field, (const char *)rows + unfit[_i].at, unfit[_i].bytes), -1);
    ck_assert_str_eq(told.text, unfit[_i].told);
    ck_assert_int_eq(bl_elaborate(s), -1);
    bl_close(s);
}
END_TEST

START_TEST(data_for_a_class_that_takes_none)
{
    struct bl_sim *s = opened();

    kp_ok(kp_script(s, "clock c 10 0; part g gen"));
    ck_assert_int_eq(bl_supply(s, "g", "rows", "x", 1), -1);
    ck_assert_str_eq(told.text, "g: 'rows' is supplied, and class gen takes no data (BL_DATA)");
    bl_close(s);
    s = opened();
    kp_ok(kp_script(s, "clock c 10 0; part z picky"));
    ck_assert_int_eq(bl_supply(s, "z", "bytes", NULL, 3), -1);
    ck_assert_str_eq(told.text, "z.bytes is supplied with 3 bytes at NULL; expected their address");
    bl_close(s);
}
END_TEST

static void keep_line(void *ctx, const char *line)
{
    if (strstr(line, " data "))
        snprintf((char *)ctx + strlen(ctx), 300 - strlen(ctx), "%s\n", line);
}

START_TEST(data_are_shown_with_their_type)
{
    char text[300] = "";

    bl_class_show(&picky_class, &(struct bl_show){ keep_line, text });
    ck_assert_str_eq(text, "  data       bytes            unsigned char, 1 byte each         are summed\n"
                           "  data       rows             struct wide_row, 48 bytes each     the last of each, in thousands\n");
}
END_TEST

Suite *suite_elab(void);
Suite *suite_elab(void)
{
    Suite *s = suite_create("elab");
    TCase *c = tcase_create("elab");

    tcase_add_test(c, order_of_declarations_changes_nothing);
    tcase_add_test(c, parts_stand_in_natural_path_order);
    tcase_add_test(c, twins_have_an_order);
    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    tcase_add_test(c, inputs_and_memory);
    tcase_add_loop_test(c, a_refusal_counts_whatever_is_returned, 0, sizeof unheard / sizeof *unheard);
    tcase_add_loop_test(c, data_that_do_not_fit, 0, sizeof unfit / sizeof *unfit);
    tcase_add_test(c, data_for_a_class_that_takes_none);
    tcase_add_test(c, data_are_shown_with_their_type);
    suite_add_tcase(s, c);
    return s;
}

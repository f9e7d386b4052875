/* test_price.c - prices that say for which size they were stated: scaled once for each part, told where they are not; and a tally
 * that has the name of a port. Energy itself is in tests/kernel/test_ledger.c. */
#include "kernel/observe/inside.h"
#include "tests/rigs/kparts.h"

#include <math.h>

/* mill: counts each cycle; has sizes of every kind. */
struct mill {
    struct bl_part p;
    bl_push round; bl_tally rounds;
    int64_t cols, bits, form, area; double cap; uint64_t slew; struct bl_list list;
};
enum { MILL_REST = BL_STALL };
static bl_verdict mill_tick(void *self)
{
    struct mill *t = self;

    charge(&t->rounds, 1);
    if (bl_room(t->round))
        *bl_push8(t->round) = 1;
    return t->rounds.n % 2 ? BL_BUSY : MILL_REST;
}
static int mill_shape(void *self)
{
    struct mill *t = self;

    t->area = t->cols * t->bits;
    return 0;
}
#define T struct mill
static const struct bl_field mill_fields[] = {
    BL_PUSH_OPT(T, round, 1, 8, "a round"), BL_PARAM(T, cols, 144, 0, 1 << 20, "columns"), BL_PARAM(T, bits, 1, 0, 64, "bits"),
    BL_CHOICE(T, form, 0, "planes values", "form"), BL_REAL(T, cap, 0.5, 0, 100, "fF"), BL_TIME(T, slew, 6 * BL_NS, 0, BL_US, "slew"),
    BL_LIST(T, list, "[1]", 0, 9, "list"), BL_COMPUTED(T, area, "cols x bits"), BL_CAUSE(MILL_REST, "rests"),
    BL_TALLY_AS(T, rounds, "round", "a round"), { 0 }
};
#undef T
static const struct bl_class mill_class = { .name = "mill", .help = "counts", .size = sizeof(struct mill), .tick = mill_tick, .shape = mill_shape,
                                            .fields = mill_fields };
static const struct bl_class *const classes[] = { &mill_class, NULL };

static struct kp_told told;

static struct bl_sim *opened(void)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(bl_clock(s, "c", 1000, 0, NULL));
    return s;
}

static void mill(struct bl_sim *s, const char *path, const char *cols, const char *bits)
{
    kp_ok(bl_add(s, path, "mill", NULL, NULL));
    kp_ok(bl_set(s, path, "cols", cols, NULL));
    kp_ok(bl_set(s, path, "bits", bits, NULL));
}

static const struct bl_price_size by_cols[] = { { "cols", 144, false, true }, { "bits", 1, false, false } };

static struct bl_price price(const char *item, uint64_t value, const struct bl_price_size *z, size_t n)
{
    return (struct bl_price){ .cls = "mill", .item = item, .value = value, .is_power = strcmp(item, "round") != 0, .tag = BL_FACT, .source = "a test",
                              .sizes = z, .nsizes = n };
}

static uint64_t price_of(struct bl_sim *s, const char *path)
{
    struct bl_tally_row t;

    bl_tally_at(s, bl_part_find(s, path), 0, &t);
    return t.price_yj;
}

/* 834 fJ for 144 columns are 417 fJ for 72; energy, static power and the power of a verdict alike. */
START_TEST(a_part_of_another_size_pays_its_share)
{
    struct bl_sim *s = opened();
    const struct bl_price all[] = { price("round", 834000000000, by_cols, 2), price("static", 1001, by_cols, 2), price("mill_rest", 7, by_cols, 2) };

    for (int i = 0; i < 3; i++)
        kp_ok(bl_set_price(s, &all[i], NULL));
    mill(s, "a", "144", "1");
    mill(s, "b", "72", "1");
    mill(s, "c[0]", "288", "4");
    mill(s, "c[1]", "288", "4");
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 10000);
    static const struct { const char *path; uint64_t round, still, rest; } want[] = {
        { "a", 834000000000, 1001, 7 }, { "b", 417000000000, 500, 4 }, { "c[0]", 1668000000000, 2002, 14 },
        { "c[1]", 1668000000000, 2002, 14 }
    };
    bl_yj sum = 0;
    for (int i = 0; i < 4; i++) {
        struct bl_part_row r;
        struct bl_verdict_row v;
        size_t at = bl_part_find(s, want[i].path);
        bl_part_at(s, at, &r);
        bl_verdict_at(s, at, MILL_REST, &v);
        ck_assert_uint_eq(price_of(s, want[i].path), want[i].round);
        ck_assert(r.static_energy == (bl_yj)want[i].still * 10000);
        ck_assert(v.spent == 5 && v.energy == (bl_yj)want[i].rest * 5000);
        ck_assert(r.energy == r.static_energy + v.energy + (bl_yj)10 * want[i].round);
        sum += r.energy;
    }
    ck_assert(sum == bl_energy(s));
    bl_close(s);
}
END_TEST

/* value x product(its / stated): one rounding, from what was not rounded before; a computed size, a number and a time scale alike. */
static const struct { uint64_t value; double exact; struct bl_price_size z[3]; uint64_t want; } products[] = {
    { 10, 0, { { "cols", 144, false, true } }, 5 },
    { 11, 10.6, { { "cols", 144, false, true }, { "bits", 1, false, true } }, 21 },             /* 10.6 x 2 = 21.2, and 11 x 2 = 22 */
    { 1001, 0, { { "cols", 144, false, true }, { "bits", 8, false, true } }, 250 },              /* 250.25 */
    { 3, 0, { { "area", 144, false, true } }, 6 },
    { 1000, 0, { { "cap", 2, false, true } }, 250 },
    { 1000, 0, { { "slew", 24e6, true, true } }, 250 },
    { 1000, 0, { { "slew", 24e6, true, false } }, 1000 },
    { UINT64_C(18000000000000000001), 0, { { "cols", 72, false, true } }, UINT64_C(18000000000000000001) },
    { 0, 0, { { "cols", 144, false, true } }, 0 },
};

START_TEST(a_product_is_rounded_once)
{
    struct bl_sim *s = opened();
    size_t n = 0;

    while (n < 3 && products[_i].z[n].param)
        n++;
    struct bl_price p = price("round", products[_i].value, products[_i].z, n);
    p.exact = products[_i].exact;
    kp_ok(bl_set_price(s, &p, NULL));
    mill(s, "a", "72", "4");
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_uint_eq(price_of(s, "a"), products[_i].want);
    ck_assert(bl_part_size(s, 0, "area") == 288 && bl_part_size(s, 0, "cap") == 0.5 && bl_part_size(s, 0, "slew") == 6e6);
    ck_assert(isnan(bl_part_size(s, 0, "form")) && isnan(bl_part_size(s, 0, "nothing")));
    bl_close(s);
}
END_TEST

/* The last price of an item counts, with its sizes. */
START_TEST(a_later_price_replaces_sizes_too)
{
    struct bl_sim *s = opened();
    struct bl_price a = price("round", 1, by_cols, 2), b = price("round", 50, NULL, 0);

    kp_ok(bl_set_price(s, &a, NULL));
    kp_ok(bl_set_price(s, &b, NULL));
    mill(s, "a", "1", "4");                      /* the first one would be 0.007 yJ here */
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_uint_eq(price_of(s, "a"), 50);
    bl_close(s);
}
END_TEST

static const struct { const struct bl_price_size z[2]; size_t n; const char *text; } wrong[] = {
    { { { "colls", 1, false, true } }, 1, "t:3: the price of mill.round is for a 'colls': class mill has no such parameter; did you mean 'cols'?" },
    { { { "depth", 1, false, true } }, 1, "t:3: the price of mill.round is for a 'depth': class mill has no such parameter; `bitline show mill` lists what it has" },
    { { { "form", 1, false, true } }, 1, "t:3: the price of mill.round is for a 'form', which is a choice (planes values); expected a parameter "
                                         "that is a number or a time" },
    { { { "list", 1, false, false } }, 1, "t:3: the price of mill.round is for a 'list', which is a list; expected a parameter that is a number "
                                          "or a time" },
    { { { "round", 1, false, false } }, 1, "t:3: the price of mill.round is for a 'round', which is a push end; expected a parameter that is a "
                                           "number or a time" },
    { { { "cols", 0, false, true } }, 1, "t:3: the price of mill.round is for a 'cols' of 0; expected one above 0" },
    { { { "cols", NAN, false, true } }, 1, "t:3: the price of mill.round is for a 'cols' of nan; expected one above 0" },
    { { { "slew", 6, false, true }, { "cols", 6, true, true } }, 2, "t:3: the price of mill.round is for a 'slew' that is a number; expected a time "
      "with its unit, like '6 ns'\nt:3: the price of mill.round is for a 'cols' that is a time; expected a number" },
};

/* What has no name is refused by whoever looks at a price, and what the class does not have when it is set. */
START_TEST(unnamed_and_unknown_prices_are_refused)
{
    struct bl_sim *s = opened();
    const struct bl_price unnamed = { .cls = "mill", .value = 1, .tag = BL_FREE }, nothing = price("nothing", 1, NULL, 0);

    ck_assert_int_eq(bl_price_check(&mill_class, &unnamed, kp_listen(&told), "t:1"), -1);
    ck_assert_msg(strstr(told.text, "bl_price_check: p->item") == told.text, "%s", told.text);
    kp_listen(&told);
    ck_assert_int_eq(bl_set_price(s, &nothing, "t:2"), -1);
    ck_assert_msg(strstr(told.text, "t:2: ") == told.text && strstr(told.text, "nothing"), "%s", told.text);
    bl_close(s);
}
END_TEST

START_TEST(wrong_sizes_are_refused)
{
    struct bl_sim *s = opened();
    struct bl_price p = price("round", 1, wrong[_i].z, wrong[_i].n);

    ck_assert_int_eq(bl_set_price(s, &p, "t:3"), -1);
    ck_assert_str_eq(told.text, wrong[_i].text);
    ck_assert_uint_eq(bl_price_count(s), 0);
    p.nsizes = BL_PRICE_SIZES + 1;
    ck_assert_int_eq(bl_set_price(s, &p, "t:3"), -1);
    bl_close(s);
}
END_TEST

/* What the host gave may go: the kernel has a copy of all of it. */
START_TEST(a_copy_is_kept)
{
    struct bl_sim *s = opened();
    char cls[] = "mill", item[] = "round", source[] = "a test", param[] = "cols";
    struct bl_price_size size = { param, 144, false, true };
    struct bl_price p = { .cls = cls, .item = item, .source = source, .value = 1000, .tag = BL_FACT, .sizes = &size, .nsizes = 1 };

    kp_ok(bl_set_price(s, &p, NULL));
    cls[0] = item[0] = source[0] = param[0] = 'x';
    size.stated = 1;
    p.value = 7;
    mill(s, "a", "72", "1");
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    ck_assert_uint_eq(price_of(s, "a"), 500);
    const struct bl_price *own = bl_price_at(s, 0);
    ck_assert(!strcmp(own->cls, "mill") && !strcmp(own->item, "round") && !strcmp(own->source, "a test") && !strcmp(own->sizes[0].param, "cols"));
    ck_assert(own->value == 1000 && own->sizes[0].stated == 144);
    bl_close(s);
}
END_TEST

/* Scaled by a library: what cannot be scaled is left as it was. */
START_TEST(scaled_or_left)
{
    static const struct { uint64_t value; double its; int status; uint64_t want; } row[] = {
        { 144, 1, 0, 1 }, { 72, 1, -1, 72 }, { 73, 1, 0, 1 }, { 1, 144, 0, 1 }, { 0, 1, 0, 0 }, { 1000, 0, -1, 1000 },
        { UINT64_C(4600000000000000000), 288, -1, UINT64_C(4600000000000000000) },
        { UINT64_C(4500000000000000000), 288, 0, UINT64_C(9000000000000000000) } };

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct bl_price p = price("round", row[i].value, by_cols, 1);
        uint64_t v = 99;
        ck_assert_int_eq(bl_price_scaled(&p, &row[i].its, &v), row[i].status);
        ck_assert_uint_eq(v, row[i].want);
    }
}
END_TEST

START_TEST(too_small_and_too_large)
{
    static const struct { uint64_t value; const char *cols, *text; } row[] = {
        { 72, "1", NULL },                       /* 0.5 rounds to 0 */
        { 73, "1", "" },                         /* 0.507 */
        { 1000, "0", NULL },
        { UINT64_C(9000000000000000000), "288", "more than 9e18" },
    };
    for (int i = 0; i < 4; i++) {
        struct bl_sim *s = opened();
        struct bl_price p = price("round", row[i].value, by_cols, 2);
        char want[300];
        kp_ok(bl_set_price(s, &p, "t:3"));
        mill(s, "a", row[i].cols, "1");
        int status = bl_elaborate(s);
        if (row[i].text && !*row[i].text) {
            ck_assert(status == 0 && price_of(s, "a") == 1);
        } else {
            snprintf(want, sizeof want, "t:3: a: mill.round is %llu yJ for cols 144 and scales with that; for this part's cols %s it would be %s yJ; "
                     "state it for a size nearer to this one, or for more of them at once", (unsigned long long)row[i].value, row[i].cols,
                     row[i].text ? row[i].text : "less than half of 1");
            ck_assert_int_eq(status, -1);
            ck_assert_str_eq(told.text, want);
        }
        bl_close(s);
    }
}
END_TEST

START_TEST(notes_name_what_does_not_scale)
{
    static const struct bl_price_size z[] = { { "cols", 144, false, false }, { "bits", 1, false, true }, { "slew", 6e6, true, false } };
    const struct bl_price p = price("round", 1, z, 3);
    char buf[BL_PRICE_NOTE];

    ck_assert_ptr_null(bl_price_note(&p, (double[]){ 144, 7, 6e6 }, buf));
    ck_assert_str_eq(bl_price_note(&p, (double[]){ 72, 7, 6e6 }, buf), "mill.round was stated for cols 144, bits 1, slew 6 ns; this part has cols 72");
    ck_assert_str_eq(bl_price_note(&p, (double[]){ (double)NAN, 1, 7e6 }, buf),
                     "mill.round was stated for cols 144, bits 1, slew 6 ns; this part has cols unknown, slew 7 ns");
}
END_TEST

/* What makes prices differ is part of what a snapshot belongs to; what is only told is not. */
START_TEST(a_snapshot_knows_what_scales)
{
    static const struct bl_price_size z[][1] = { { { "cols", 144, false, true } }, { { "cols", 72, false, true } }, { { "cols", 144, false, true } } };
    struct bl_sim *s[3];

    for (int i = 0; i < 3; i++) {
        struct bl_price p = price("round", 1000, z[i], 1);
        s[i] = opened();
        kp_ok(bl_set_price(s[i], &p, NULL));
        mill(s[i], "a", "144", "1");
        ck_assert_msg(bl_elaborate(s[i]) == 0, "%s", told.text);
        bl_run(s[i], 5000);
    }
    size_t n = bl_save_bytes(s[0]);
    void *buf = malloc(n);
    kp_ok(bl_save(s[0], buf, n));
    ck_assert_int_eq(bl_restore(s[2], buf, n), 0);
    ck_assert_int_eq(bl_restore(s[1], buf, n), -1);
    free(buf);
    for (int i = 0; i < 3; i++)
        bl_close(s[i]);
}
END_TEST

/* A port and a tally of one name: the port is PATH.round, the tally PATH.tally.round; conditions take both. */
START_TEST(a_tally_beside_a_port_of_its_name)
{
    struct bl_sim *s = opened();
    uint64_t v;
    struct bl_tally_row t;

    mill(s, "a", "144", "1");
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_run(s, 7000);
    ck_assert(bl_peek(s, "a.tally.round", &v) == 0 && v == 7);
    ck_assert(bl_peek(s, "a.round", &v) == 0 && v == 0);             /* items in the channel */
    ck_assert_int_eq(bl_peek(s, "a.tally.cols", &v), -1);
    ck_assert_int_eq(bl_peek(s, "a.tally.verdict", &v), -1);
    ck_assert_int_eq(bl_peek(s, "b.tally.round", &v), -1);
    bl_tally_at(s, 0, 0, &t);
    ck_assert(!strcmp(t.name, "round") && t.count == 7);
    struct bl_condition *c = bl_condition_open(s, "a.tally.round == 7", kp_listen(&told));
    ck_assert_msg(c && bl_condition_holds(c), "%s", told.text);
    bl_condition_close(c);
    bl_close(s);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
Suite *suite_price(void);
Suite *suite_price(void)
{
    Suite *s = suite_create("price");
    TCase *t = tcase_create("price");

    tcase_add_test(t, unnamed_and_unknown_prices_are_refused);
    tcase_add_test(t, a_part_of_another_size_pays_its_share);
    tcase_add_loop_test(t, a_product_is_rounded_once, 0, COUNT(products));
    tcase_add_test(t, a_later_price_replaces_sizes_too);
    tcase_add_loop_test(t, wrong_sizes_are_refused, 0, COUNT(wrong));
    tcase_add_test(t, a_copy_is_kept);
    tcase_add_test(t, scaled_or_left);
    tcase_add_test(t, too_small_and_too_large);
    tcase_add_test(t, notes_name_what_does_not_scale);
    tcase_add_test(t, a_snapshot_knows_what_scales);
    tcase_add_test(t, a_tally_beside_a_port_of_its_name);
    suite_add_tcase(s, t);
    return s;
}

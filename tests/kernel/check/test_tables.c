/* test_tables.c - class tables that are wrong: fields at one place, at an odd one, outside of the struct, without a good name, with ranges
 * and counts that are none; a class twice, without a name. tests/kernel/test_class.c has what else a table may say. */
#include "kernel/ieee/ieee.h"
#include "tests/rigs/kparts.h"

#include <math.h>

struct box { struct bl_part p; bl_event e, f; bl_in d; bl_out q; bl_table rows; bl_tally n; int64_t a, b; double real; uint64_t t; struct bl_list l;
             uint8_t bytes[16]; void *mem; };
#define T struct box
#define AT(f) offsetof(T, f)

static bl_verdict run(void *self) { ((struct bl_part *)self)->wait = BL_WAIT_END; return BL_IDLE; }

#define FIELDS(...) (const struct bl_field[]){ __VA_ARGS__, { 0 } }
#define EVENT_AT(name_, at_) { .kind = BL_KIND_EVENT, .name = name_, .help = "", .at = at_ }
#define INT_AT(name_, at_) { .kind = BL_KIND_INT, .name = name_, .help = "", .at = at_, .most = 9 }

static const struct { const char *what; const struct bl_field *fields; const char *told; } tables[] = {
    { "two events at one place", FIELDS(EVENT_AT("e", AT(e)), EVENT_AT("f", AT(e))),
      "class box: fields e and f lie at the same bytes of the struct (32); expected a member of its own for each" },
    { "an event in a parameter", FIELDS(INT_AT("a", AT(a)), EVENT_AT("e", AT(a) + 4)),
      "class box: fields a and e lie at the same bytes of the struct (%zu + 4); expected a member of its own for each" },
    { "a view of a handle", FIELDS(BL_IN_OPT(T, d, 1, 8, ""), { .kind = BL_KIND_VIEW, .name = "v", .at = AT(d), .lanes = 1, .bits = 64,
      .least = 8, .elem = 8 }), "class box: fields d and v lie at the same bytes of the struct (40); expected a member of its own for each" },
    { "a handle in a view", FIELDS({ .kind = BL_KIND_VIEW, .name = "v", .at = AT(d), .lanes = 8, .bits = 8, .least = 8, .elem = 1 },
      BL_IN_OPT(T, d, 1, 8, "")), "class box: fields v and d lie at the same bytes of the struct (40); expected a member of its own for each" },
    { "an odd event", FIELDS(EVENT_AT("e", AT(bytes) + 1)),
      "class box: field e lies at byte %zu + 1 of its struct; expected a multiple of 4, as its type needs: is the struct packed, or the field "
      "another one?" },
    { "an odd input", FIELDS({ .kind = BL_KIND_IN, .name = "d", .at = AT(bytes) + 4, .lanes = 1, .bits = 8, .flags = BL_OPTIONAL }),
      "class box: field d lies at byte %zu + 4 of its struct; expected a multiple of 8, as its type needs: is the struct packed, or the field "
      "another one?" },
    { "an odd list", FIELDS({ .kind = BL_KIND_LIST, .name = "l", .at = AT(l) - 4, .text = "" }),
      "class box: field l lies at byte %zu - 4 of its struct; expected a multiple of 8, as its type needs: is the struct packed, or the field "
      "another one?" },
    { "outside", FIELDS(INT_AT("a", sizeof(T))), "class box: field a does not lie in its struct behind struct bl_part" },
    { "in struct bl_part", FIELDS(INT_AT("a", 8)), "class box: field a does not lie in its struct behind struct bl_part" },
    { "no name", FIELDS(INT_AT("", AT(a))), "class box: a field is called ''; expected letters, digits and _, as in C" },
    { "a dot", FIELDS(INT_AT("a.b", AT(a))), "class box: a field is called 'a.b'; expected letters, digits and _, as in C" },
    { "a blank, and a bracket", FIELDS(INT_AT("a b", AT(a)), INT_AT("c[2]", AT(b))),
      "class box: a field is called 'a b'; expected letters, digits and _, as in C\n"
      "class box: a field is called 'c[2]'; expected letters, digits and _, as in C" },
    { "a digit first", FIELDS(INT_AT("3d", AT(a))), "class box: a field is called '3d'; expected letters, digits and _, as in C" },
    { "no end", FIELDS({ .kind = (enum bl_field_kind)99, .name = "a" }), "class box: its table of fields does not end with { 0 }" },
    { "lanes by nothing", FIELDS({ .kind = BL_KIND_IN, .name = "d", .at = AT(d), .lanes = -(int32_t)AT(n), .bits = 8, .flags = BL_OPTIONAL },
      INT_AT("a", AT(a))), "class box: lanes of d are said by byte %zu of its struct, where no whole-number parameter lies; expected BL_BY with a "
      "BL_PARAM, BL_SIZE or BL_COMPUTED of the table" },
    { "bits far away", FIELDS({ .kind = BL_KIND_OUT, .name = "q", .at = AT(q), .lanes = 1, .bits = -1000000 }),
      "class box: bits of q are said by byte 1000000 of its struct, where no whole-number parameter lies; expected BL_BY with a BL_PARAM, BL_SIZE "
      "or BL_COMPUTED of the table" },
    { "a choice of no words", FIELDS({ .kind = BL_KIND_CHOICE, .name = "a", .at = AT(a) }),
      "class box: a has no text; expected what its macro (BL_CHOICE, BL_LIST, BL_DATA) asks for" },
    { "a list without preset", FIELDS({ .kind = BL_KIND_LIST, .name = "l", .at = AT(l) }),
      "class box: l has no text; expected what its macro (BL_CHOICE, BL_LIST, BL_DATA) asks for" },
    { "data of nothing", FIELDS({ .kind = BL_KIND_DATA, .name = "rows", .at = AT(rows), .text = "t", .lanes = 8 }),
      "class box: data rows have elements of 0 bytes, aligned to 8; expected those of a type (BL_DATA)" },
    { "data without alignment", FIELDS({ .kind = BL_KIND_DATA, .name = "rows", .at = AT(rows), .text = "t", .elem = 8 }),
      "class box: data rows have elements of 8 bytes, aligned to 0; expected those of a type (BL_DATA)" },
    { "a range turned around", FIELDS(BL_PARAM(T, a, 5, 9, 1, "")),
      "class box: a is of 9 .. 1; expected a least that is not above the most" },
    { "a range of NAN", FIELDS(BL_REAL(T, real, 0, (double)NAN, 1, "")),
      "class box: real is of nan .. 1; expected a least that is not above the most" },
    { "more than 63 bits", FIELDS(BL_PARAM(T, a, 0, 0, 0x1p70, "")),
      "class box: a is of 0 .. 1.18059162071741e+21; expected what its type can hold" },
    { "a time before 0", FIELDS({ .kind = BL_KIND_TIME, .name = "t", .at = AT(t), .least = -1, .most = 5 }),
      "class box: t is of -1 .. 5; expected what its type can hold" },
    { "a lock of -1 places", FIELDS({ .kind = BL_KIND_LOCK, .name = "e", .at = AT(e), .preset = -1 }),
      "class box: e has -1 places; expected 0 (a mutex) .. 2^31" },
};

/* "(%zu + 4)" in a message: where that field of the struct lies. */
static void expected(char *want, size_t room, const char *told)
{
    static const struct { const char *kind; size_t at; } places[] = {
        { "fields a and e", AT(a) }, { "field e lies", AT(bytes) }, { "field d lies", AT(bytes) }, { "field l lies", AT(l) }, { "lanes of d", AT(n) },
    };
    const char *form = strstr(told, "%zu");
    size_t at = 0;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        at = strstr(told, places[i].kind) ? places[i].at : at;
    if (!form) {
        snprintf(want, room, "%s", told);
        return;
    }
    long more = 0;
    if (form[3] == ' ' && (form[4] == '+' || form[4] == '-'))
        more = strtol(form + 6, NULL, 10) * (form[4] == '+' ? 1 : -1);
    snprintf(want, room, "%.*s%zu%s", (int)(form - told), told, (size_t)((long)at + more), form + (more ? 7 : 3));
}

START_TEST(a_wrong_table_is_refused)
{
    static struct kp_told told;
    const struct bl_class box = { .name = "box", .help = "", .size = sizeof(T), .run = run, .fields = tables[_i].fields };
    const struct bl_class *const classes[] = { &box, NULL };
    struct bl_sim *s = bl_open(classes, kp_listen(&told));
    char want[600];

    expected(want, sizeof want, tables[_i].told);
    ck_assert_int_eq(bl_add(s, "m", "box", NULL, NULL), -1);
    ck_assert_msg(!strcmp(told.text, want), "%s\n  told:     %s\n  expected: %s", tables[_i].what, told.text, want);
    ck_assert_int_eq(bl_elaborate(s), -1);
    bl_close(s);
}
END_TEST

/* What is unusual and right: views of plain data that a parameter has too, of one another, and of parts of a field. */
START_TEST(a_right_table_is_taken)
{
    static struct kp_told told;
    const struct bl_field fields[] = {
        BL_PARAM(T, a, 0, INT64_MIN, 0x1p63, ""), BL_VIEW(T, a, 1, 64, ""), BL_VIEW(T, bytes, 16, 8, ""), BL_VIEW(T, bytes[3], 1, 8, ""),
        BL_TIME(T, t, 0, 0, UINT64_MAX, ""), BL_EVENT(T, e, ""), BL_EVENT(T, f, ""), { 0 }
    };
    struct bl_field named[8];
    memcpy(named, fields, sizeof fields);
    named[1].name = "a_again";
    const struct bl_class box = { .name = "box", .help = "", .size = sizeof(T), .run = run, .fields = named };
    const struct bl_class *const classes[] = { &box, NULL };
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    ck_assert_msg(bl_add(s, "m", "box", NULL, NULL) == 0, "%s", told.text);
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    bl_close(s);
}
END_TEST

START_TEST(names_of_classes)
{
    static const struct { const char *one, *two, *told; } names[] = {
        { "box", "box", "class box: 2 classes of the table given to bl_open are called so; expected one" },
        { "a box", "other", "class 'a box': expected a name of letters, digits and _" },
    };
    static struct kp_told told;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct bl_class one = { .name = names[i].one, .help = "", .size = sizeof(T), .run = run, .fields = FIELDS(EVENT_AT("e", AT(e))) };
        const struct bl_class two = { .name = names[i].two, .help = "", .size = sizeof(T), .run = run, .fields = FIELDS(EVENT_AT("e", AT(e))) };
        const struct bl_class *const classes[] = { &one, &two, NULL };
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        ck_assert_int_eq(bl_add(s, "m", names[i].one, NULL, NULL), -1);
        ck_assert_str_eq(told.text, names[i].told);
        bl_close(s);
    }
}
END_TEST

Suite *suite_tables(void);
Suite *suite_tables(void)
{
    Suite *s = suite_create("tables");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, a_wrong_table_is_refused, 0, (int)(sizeof tables / sizeof *tables));
    tcase_add_test(c, a_right_table_is_taken);
    tcase_add_test(c, names_of_classes);
    suite_add_tcase(s, c);
    return s;
}

/* test_kinds.c - the table of the kinds of fields, row by row; the order of the enum is asked for nowhere. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

enum { CH = BL_IS_CHANNEL, WORD = BL_IS_WORD, END = BL_IS_END, NEEDED = BL_IS_NEEDED, HANDLE = BL_IS_HANDLE, AWAITED = BL_IS_AWAITED,
       OF_RUN = BL_IS_OF_RUN, PARAM = BL_IS_PARAM, VALUE = BL_IS_VALUE, SIGNED = BL_IS_SIGNED, COUNT = BL_IS_COUNT, SAID = BL_IS_SAID,
       NO_ROW = 1 << 30 };

/* What each kind is. The compiler refuses this when a kind of the enum is missing (-Wswitch). */
static unsigned expected(enum bl_field_kind k)
{
    switch (k) {
    case BL_END_OF_FIELDS: return NO_ROW;
    case BL_KIND_POP:      return CH | END | NEEDED | HANDLE;
    case BL_KIND_PUSH:     return CH | END | NEEDED | HANDLE;
    case BL_KIND_IN:       return WORD | END | NEEDED | HANDLE;
    case BL_KIND_OUT:      return WORD | END | HANDLE;
    case BL_KIND_EVENT:    return END | AWAITED;
    case BL_KIND_LOCK:     return END | AWAITED | OF_RUN;
    case BL_KIND_PROCESS:  return END | NEEDED | OF_RUN;
    case BL_KIND_TALLY:    return VALUE;
    case BL_KIND_INT:      return PARAM | VALUE | SIGNED | COUNT;
    case BL_KIND_REAL:     return PARAM | VALUE;
    case BL_KIND_TIME:     return PARAM | VALUE;
    case BL_KIND_CHOICE:   return PARAM | VALUE;
    case BL_KIND_LIST:     return PARAM | SIGNED;
    case BL_KIND_CAUSE:    return SAID;
    case BL_KIND_FEED:     return SAID;
    case BL_KIND_STREAM:   return SAID;
    case BL_KIND_WAY:      return SAID;
    case BL_KIND_WORDS:    return SAID;
    case BL_KIND_SLOTS:    return SAID;
    case BL_KIND_VIEW:     return 0;
    case BL_KIND_MEM:      return HANDLE;
    case BL_KIND_DATA:     return HANDLE;
    case BL_KIND_COMPUTED: return VALUE | SIGNED | COUNT;
    }
    return NO_ROW;
}

START_TEST(each_kind_has_its_row)
{
    unsigned rows = 0;

    for (unsigned n = 0; n < 64; n++) {
        enum bl_field_kind k = (enum bl_field_kind)n;
        ck_assert_msg(kind_known(k) == (expected(k) != NO_ROW), "kind %u: is there a row?", n);
        if (!kind_known(k))
            continue;
        const struct bl_field f = { .kind = k, .name = "f", .least = 5 };
        ck_assert_msg(bl_field_kinds[k].is == expected(k), "%s: is %#x, expected %#x", bl_field_kinds[k].text, bl_field_kinds[k].is, expected(k));
        ck_assert(*bl_field_kinds[k].word && *bl_field_kinds[k].text);
        ck_assert_uint_eq(field_bytes(&f), k == BL_KIND_VIEW ? 5 : bl_field_kinds[k].size);
        ck_assert_msg(!bl_field_is(&f, VALUE) || field_bytes(&f) == 8, "%s: not 8 bytes", bl_field_kinds[k].text);
        const struct bl_field array = { .kind = k, .name = "f", .count = 3 };
        ck_assert(!bl_field_is(&f, BL_IS_PORT) || field_bytes(&array) == sizeof(bl_pops));
        rows++;
    }
    ck_assert_uint_eq(rows, 23);
}
END_TEST

static const struct { enum bl_field_kind kind; const char *word, *text; size_t size; } rows[] = {
    { BL_KIND_POP, "pop", "a pop end", 8 }, { BL_KIND_PUSH, "push", "a push end", 8 }, { BL_KIND_IN, "in", "an input", 8 },
    { BL_KIND_OUT, "out", "an output", 8 }, { BL_KIND_EVENT, "event", "an event", 4 }, { BL_KIND_LOCK, "lock", "a lock", 4 },
    { BL_KIND_PROCESS, "process", "a process", 4 }, { BL_KIND_TALLY, "tally", "a tally", 8 }, { BL_KIND_INT, "parameter", "a parameter", 8 },
    { BL_KIND_REAL, "parameter", "a parameter", 8 }, { BL_KIND_TIME, "parameter", "a parameter", 8 },
    { BL_KIND_CHOICE, "parameter", "a parameter", 8 }, { BL_KIND_LIST, "parameter", "a parameter", sizeof(struct bl_list) },
    { BL_KIND_CAUSE, "stall", "a stall cause", 0 }, { BL_KIND_VIEW, "view", "a view", 0 }, { BL_KIND_MEM, "memory", "memory", 8 },
    { BL_KIND_FEED, "feed", "a feed", 0 }, { BL_KIND_STREAM, "stream", "a stream", 0 }, { BL_KIND_WAY, "way", "a way", 0 },
    { BL_KIND_WORDS, "words", "words", 0 }, { BL_KIND_SLOTS, "slots", "slots", 0 },
    { BL_KIND_DATA, "data", "a data table", 16 },
    { BL_KIND_COMPUTED, "computed", "a computed number", 8 },
};

START_TEST(each_row_has_its_words)
{
    const struct bl_kind_row *r = &bl_field_kinds[rows[_i].kind];

    ck_assert_str_eq(r->word, rows[_i].word);
    ck_assert_str_eq(r->text, rows[_i].text);
    ck_assert_uint_eq(r->size, rows[_i].size);
}
END_TEST

START_TEST(an_unknown_kind_is_told)
{
    static const struct bl_field fields[] = { { .kind = (enum bl_field_kind)63, .name = "f" }, { 0 } };
    static const struct bl_class bad = { .name = "bad", .size = 64, .fields = fields };
    struct kp_told told;
    struct bl_sim *s = bl_open((const struct bl_class *const[]){ &bad, NULL }, kp_listen(&told));

    ck_assert_int_eq(class_check(s, &bad), -1);
    ck_assert_str_eq(told.text, "class bad: its table of fields does not end with { 0 }");
    bl_close(s);
}
END_TEST

/* The order of the enum means nothing: no source asks of kinds of fields more than whether they are equal. */
#define RANGES " '[<>]=? *BL_(KIND_[A-Z]+|END_OF_FIELDS)|BL_KIND_[A-Z]+ *[<>]|(\\bf|port|field|fields\\[[a-z]+\\])(->|\\.)kind *[<>]' "

START_TEST(no_range_of_kinds)
{
    char line[512] = "";
    FILE *planted = popen("printf '%s\\n' 'f->kind <= BL_KIND_OUT' 'k > BL_KIND_IN' 'BL_KIND_POP < k' 'cls->fields[k].kind < 3' 'a.field->kind >= 4' "
                          "'f->kind == BL_KIND_IN' | grep -cE" RANGES, "r");
    FILE *found = popen("grep -rnE --include='*.[ch]'" RANGES "kernel components platforms tools traces", "r");

    ck_assert(planted && found);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, planted));
    ck_assert_str_eq(line, "5\n");
    *line = '\0';
    ck_assert_msg(!fgets(line, sizeof line, found), "a range of kinds: %s", line);
    pclose(planted);
    ck_assert_int_eq(pclose(found) >> 8, 1);      /* grep looked and found nothing */
}
END_TEST

Suite *suite_kinds(void);
Suite *suite_kinds(void)
{
    Suite *s = suite_create("kinds");
    TCase *c = tcase_create("kinds");

    tcase_add_test(c, each_kind_has_its_row);
    tcase_add_loop_test(c, each_row_has_its_words, 0, sizeof rows / sizeof *rows);
    tcase_add_test(c, an_unknown_kind_is_told);
    tcase_add_test(c, no_range_of_kinds);
    suite_add_tcase(s, c);
    return s;
}

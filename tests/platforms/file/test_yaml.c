/* test_yaml.c - yaml.c: the tree, its places, and what it refuses, message for message. */
#include "platforms/file/yaml.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct bl_yaml_doc *parse(const char *text, struct heard *h)
{
    return bl_yaml_read("f.yaml", text, strlen(text), heard_start(h));
}

static const char TREE[] =
    "# a comment\n"
    "name: trees   # behind a value\n"
    "clocks: { core: 200 MHz, slow: { period: 5 ns } }\n"
    "list:\n"
    "  - a.x -> b.y  depth 2\n"
    "  - 'it''s'\n"
    "  - \"tab\\u0041\"\n"
    "empty:\n"
    "µ: 'é -> x'\n"
    "long: one\n"
    "  two\n";

START_TEST(tree)
{
    struct heard h;
    struct bl_yaml_doc *doc = parse(TREE, &h);

    ck_assert_msg(doc != NULL, "%s", h.text);
    const struct bl_yaml *root = bl_yaml_root(doc), *v = bl_yaml_get(root, "clocks");
    ck_assert_uint_eq(root->n, 6);
    ck_assert_str_eq(bl_yaml_get(root, "name")->text, "trees");
    ck_assert_str_eq(bl_yaml_where(doc, bl_yaml_get(root, "name"), 0), "f.yaml:2:7");
    ck_assert_int_eq(v->kind, BL_YAML_MAP);
    ck_assert_str_eq(bl_yaml_where(doc, bl_yaml_get(v, "slow")->key, 0), "f.yaml:3:26");
    ck_assert_str_eq(bl_yaml_get(bl_yaml_get(v, "slow"), "period")->text, "5 ns");
    ck_assert_ptr_null(bl_yaml_get(root, "nothing"));
    v = bl_yaml_get(root, "list");
    ck_assert_uint_eq(v->n, 3);
    ck_assert_str_eq(v->first->text, "a.x -> b.y  depth 2");
    ck_assert_str_eq(v->first->next->text, "it's");
    ck_assert(v->first->next->quoted && !v->first->quoted);
    ck_assert_str_eq(v->first->next->next->text, "tabA");
    ck_assert_str_eq(bl_yaml_get(root, "empty")->text, "");
    ck_assert_str_eq(bl_yaml_get(root, "long")->text, "one two");
    bl_yaml_free(doc);
}
END_TEST

/* An offset inside a value becomes a column where that is possible, else the place where the value begins. */
START_TEST(columns)
{
    struct heard h;
    struct bl_yaml_doc *doc = parse(TREE, &h);
    const struct bl_yaml *root = bl_yaml_root(doc), *list = bl_yaml_get(root, "list")->first;

    bl_yaml_error(doc, list, 7, "plain");
    bl_yaml_error(doc, list->next, 3, "escaped");
    bl_yaml_error(doc, list->next->next, 4, "escaped");
    bl_yaml_error(doc, bl_yaml_get(root, "µ"), 3, "counted in characters");
    bl_yaml_error(doc, bl_yaml_get(root, "long"), 4, "of two lines");
    ck_assert_str_eq(h.text, "f.yaml:5:12: plain\nf.yaml:6:5: escaped\nf.yaml:7:5: escaped\n"
                             "f.yaml:9:7: counted in characters\nf.yaml:10:7: of two lines");
    ck_assert_uint_eq(h.diag.errors, 5);
    bl_yaml_free(doc);
}
END_TEST

static const struct { const char *text, *message; } bad[] = {
    { "", "f.yaml:1:1: the file is empty; expected 'name: value' lines" },
    { "# only a comment\n", "f.yaml:1:1: the file is empty; expected 'name: value' lines" },
    { "- a\n- b\n", "f.yaml:1:1: expected 'name: value' lines" },
    { "a: \"x\\x7fy\"\n", "f.yaml:1:4: a value with a line break or control character in it; write it on one line, without '|' or '>'" },
    { "a: \"x\\x1fy\"\n", "f.yaml:1:4: a value with a line break or control character in it; write it on one line, without '|' or '>'" },
    { "just text\n", "f.yaml:1:1: expected 'name: value' lines" },
    { "a: 1\nb: 2\na: 3\n", "f.yaml:3:1: 'a' stands here a second time, first in line 1; leave one of them away" },
    { "p: { x: 1, y: 2, x: 3 }\n", "f.yaml:1:18: 'x' stands here a second time, first in line 1; leave one of them away" },
    { "a: &here 1\n", "f.yaml:1:4: '&here' is an anchor, which is not supported; write the value where it is needed" },
    { "a: &m { b: 1 }\n", "f.yaml:1:4: '&m' is an anchor, which is not supported; write the value where it is needed" },
    { "a: &l [1]\n", "f.yaml:1:4: '&l' is an anchor, which is not supported; write the value where it is needed" },
    { "a: *here\n", "f.yaml:1:4: '*here' is an alias, which is not supported; a value that begins with '*' must stand in quotes" },
    { "- *.busy < 5 %\n", "f.yaml:1:4: did not find expected alphabetic or numeric character while scanning an alias; a value that "
                          "begins with '*' must stand in quotes" },
    { "a: !!int 3\n", "f.yaml:1:4: 'tag:yaml.org,2002:int' is a tag, which is not supported; leave it away" },
    { "a: !x { b: 1 }\n", "f.yaml:1:4: '!x' is a tag, which is not supported; leave it away" },
    { "a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document; expected one in a file: leave '---' and what follows away" },
    { "a: |\n  one\n  two\n", "f.yaml:1:4: a value with a line break or control character in it; write it on one line, without '|' "
                              "or '>'" },
    { "a: \"x\\0y\"\n", "f.yaml:1:4: a value with a line break or control character in it; write it on one line, without '|' or '>'" },
    { "? [a, b]\n: 1\n", "f.yaml:1:3: a key that is no text; expected 'name: value'" },
    { "a: { b: 1\nc: 2\n", "f.yaml:2:2: did not find expected ',' or '}' while parsing a flow mapping that was opened in line 1, column 4" },
    { "a: { in: g[0].x }\n", "f.yaml:1:11: did not find expected ',' or '}' while parsing a flow mapping that was opened in line 1, column 4; inside '{ }' and '[ ]' a value with '[' "
      "in it stands in quotes, like 'g[0].x'" },
    { "platform mine\na: 1\n", "f.yaml:2:2: a ':' was not expected here; does the line before lack the ':' of 'name: value', or is it indented otherwise? A value with ': ' in it "
      "stands in quotes" },
    { "a:\n\t- b\n", "f.yaml:2:1: found character that cannot start any token while scanning for the next token; indent with "
                     "blanks, not with tabs" },
    { "a: % 5\n", "f.yaml:1:4: found character that cannot start any token while scanning for the next token; a value that begins "
                  "with this character must stand in quotes" },
    { "a: 1\nb: \xff\xfe\n", "f.yaml:2:1: invalid leading UTF-8 octet; expected UTF-8 text without control characters" },
    { "a: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]\n", "f.yaml:1:19: nested deeper than 16" },
};

START_TEST(refused)
{
    struct heard h;

    ck_assert_ptr_null(parse(bad[_i].text, &h));
    ck_assert_str_eq(h.text, bad[_i].message);
}
END_TEST

START_TEST(too_large)
{
    struct heard h;
    size_t n = BL_YAML_MAX_BYTES + 1;
    char *big = malloc(n);

    memset(big, '#', n);
    ck_assert_ptr_null(bl_yaml_read("f.yaml", big, n, heard_start(&h)));
    ck_assert_str_eq(h.text, "f.yaml: 4194305 bytes; expected at most 4194304");
    memset(big, 'x', n);
    memcpy(big, "a: ", 3);
    ck_assert_ptr_null(bl_yaml_read("f.yaml", big, BL_YAML_MAX_TEXT + 4, heard_start(&h)));
    ck_assert_str_eq(h.text, "f.yaml:1:4: a value of 4097 bytes; expected at most 4096");
    free(big);
}
END_TEST

START_TEST(questions)
{
    static const char *const known[] = { "value", "source" };
    struct heard h;
    struct bl_yaml_doc *doc = parse("n: 12\nm: twelve\nbig: 99999999999999999999\nsauce: { a: 1 }\nvlaue:\nq: ''\nzz: [1]\n", &h);
    const struct bl_yaml *root = bl_yaml_root(doc);
    uint64_t v = 0;

    ck_assert_int_eq(bl_yaml_count(doc, bl_yaml_get(root, "n"), "'n'", 1, 12, &v), 0);
    ck_assert_uint_eq(v, 12);
    ck_assert_int_eq(bl_yaml_count(doc, bl_yaml_get(root, "n"), "'n'", 1, 11, &v), -1);
    ck_assert_int_eq(bl_yaml_count(doc, bl_yaml_get(root, "n"), "'n'", 13, 99, &v), -1);
    ck_assert_int_eq(bl_yaml_count(doc, bl_yaml_get(root, "m"), "'m'", 0, 9, &v), -1);
    ck_assert_int_eq(bl_yaml_count(doc, bl_yaml_get(root, "big"), "'big'", 0, 4294967295, &v), -1);
    ck_assert_ptr_null(bl_yaml_text(doc, bl_yaml_get(root, "sauce"), "the source"));
    ck_assert_ptr_null(bl_yaml_text(doc, bl_yaml_get(root, "q"), "the quote"));
    ck_assert_int_eq(bl_yaml_is(doc, bl_yaml_get(root, "vlaue"), BL_YAML_MAP, "'parts'", "parts"), -1);
    ck_assert_int_eq(bl_yaml_is(doc, bl_yaml_get(root, "zz"), BL_YAML_MAP, "'parts'", "parts"), -1);
    ck_assert_int_eq(bl_yaml_is(doc, bl_yaml_get(root, "zz"), BL_YAML_LIST, "'zz'", "wires"), 0);
    ck_assert_str_eq(h.text,
        "f.yaml:1:4: 'n' is '12'; expected a whole number from 1 to 11\n"
        "f.yaml:1:4: 'n' is '12'; expected a whole number from 13 to 99\n"
        "f.yaml:2:4: 'm' is 'twelve'; expected a whole number from 0 to 9\n"
        "f.yaml:3:6: 'big' is '99999999999999999999'; expected a whole number from 0 to 4294967295\n"
        "f.yaml:4:8: the source is a map; expected a single value\n"
        "f.yaml:6:4: the quote is empty; expected a value\n"
        "f.yaml:5:7: 'parts' is empty; expected parts\n"
        "f.yaml:7:5: 'parts' is a list; expected parts");
    heard_start(&h);
    ck_assert_int_eq(bl_yaml_known(doc, root, "a price", known, 2), -1);
    ck_assert_str_eq(h.text,
        "f.yaml:1:1: a price has no 'n'; expected one of value, source\n"
        "f.yaml:2:1: a price has no 'm'; expected one of value, source\n"
        "f.yaml:3:1: a price has no 'big'; expected one of value, source\n"
        "f.yaml:4:1: a price has no 'sauce'; did you mean 'source'?\n"
        "f.yaml:5:1: a price has no 'vlaue'; did you mean 'value'?\n"
        "f.yaml:6:1: a price has no 'q'; expected one of value, source\n"
        "f.yaml:7:1: a price has no 'zz'; expected one of value, source");
    bl_yaml_free(doc);
}
END_TEST

/* Damaged files are parsed or refused with a message, never both, never neither. */
START_TEST(damaged)
{
    uint64_t x = 1;

    for (int i = 0; i < 3000; i++) {
        struct heard h;
        char text[sizeof TREE];
        memcpy(text, TREE, sizeof TREE);
        for (int k = 0; k < 1 + i % 4; k++) {
            x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            text[(x >> 33) % (sizeof TREE - 1)] = (x >> 20) % 3 ? "{}[]:-,'\"&*!|>%@\n\t #"[(x >> 25) % 20] : (char)(x >> 50);
        }
        struct bl_yaml_doc *doc = bl_yaml_read("f.yaml", text, sizeof TREE - 1, heard_start(&h));
        ck_assert_msg((doc == NULL) == (h.diag.errors > 0), "case %d: %s", i, h.text);
        ck_assert_msg(h.n == 0 || strncmp(h.text, "f.yaml:", 7) == 0, "case %d: %s", i, h.text);
        bl_yaml_free(doc);
    }
}
END_TEST

Suite *suite_yaml(void);
Suite *suite_yaml(void)
{
    Suite *s = suite_create("yaml");
    TCase *t = tcase_create("yaml");

    tcase_add_test(t, tree);
    tcase_add_test(t, columns);
    tcase_add_loop_test(t, refused, 0, COUNT(bad));
    tcase_add_test(t, too_large);
    tcase_add_test(t, questions);
    tcase_add_test(t, damaged);
    suite_add_tcase(s, t);
    return s;
}

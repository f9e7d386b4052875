/* test_flat.c - FlatBuffers read with every access checked: values, defaults, and files cut or damaged at every byte. */
#include "platforms/net/flat.h"

#include <check.h>
#include <stdlib.h>

#include "tests/rigs/heard.h"
#include "tests/rigs/tflite_make.h"

Suite *suite_flat(void);

/* Root: 0 u8 200, 1 i16 -5, 2 f32 2.5, 3 vector of i32, 4 vector of two tables, 6 table. */
static void write_file(struct tm *m)
{
    const struct tm_field root[] = { { 0, 1, 200 }, { 1, 2, (uint16_t)-5 }, { 2, 4, tm_float_bits(2.5f) }, { 3, TM_REF, 0 }, { 4, TM_REF, 0 },
                                     { 6, TM_REF, 0 } };
    const struct tm_field leaf[] = { { 1, 4, 77 } };
    const int32_t numbers[] = { 1, -2, 3 };
    uint32_t top, v;

    m->n = 0;
    tm_put(m, 0, 4);
    tm_put(m, 0x34333231, 4);
    top = tm_table(m, root, 6);
    tm_word(m, 0, top);
    tm_refer(m, top, 3, tm_bytes(m, numbers, 3, 4));
    tm_refer(m, top, 4, v = tm_vector(m, 2));
    tm_item(m, v, 0, tm_table(m, leaf, 1));
    tm_item(m, v, 1, tm_table(m, leaf, 0));
    tm_refer(m, top, 6, tm_table(m, leaf, 1));
}

/* Asks for everything; the sum of what came, so that no read is left out. */
static int64_t read_all(const uint8_t *bytes, size_t n, struct flat *f, struct bl_diag *diag)
{
    struct flat_table root, leaf;
    struct flat_vector v;
    int64_t sum;

    if (!flat_open(f, "x", bytes, n, "1234", "Root", &root, diag))
        return -1;
    sum = (int64_t)flat_uint(f, &root, 0, 1, 0) + flat_int(f, &root, 1, 2, 0) + (int64_t)flat_float(f, &root, 2, 0.0f);
    v = flat_vector(f, &root, 3, 4);
    for (uint32_t i = 0; i < v.n; i++)
        sum += flat_item_int(f, v, i, 4);
    v = flat_vector(f, &root, 4, 4);
    for (uint32_t i = 0; i < v.n; i++) {
        leaf = flat_item(f, v, i, "Leaf");
        sum += flat_int(f, &leaf, 1, 4, 5);
    }
    leaf = flat_table(f, &root, 6, "Leaf");
    return sum + flat_int(f, &leaf, 1, 4, 0) + flat_int(f, &root, 5, 8, 1000) + (int64_t)flat_uint(f, &root, 60, 8, 20000);
}
enum { SUM = 200 - 5 + 2 + 2 + 77 + 5 + 77 + 1000 + 20000 };

START_TEST(values)
{
    struct tm m;
    struct flat f;
    struct heard h;

    write_file(&m);
    ck_assert_int_eq(read_all(m.b, m.n, &f, heard_start(&h)), SUM);
    ck_assert_msg(!f.failed && !h.n, "%s", h.text);
}
END_TEST

/* Each byte set to others, each length: a value or one message, and nothing outside of a block of exactly these bytes is read. */
START_TEST(damage)
{
    static const uint8_t OTHER[] = { 0, 1, 2, 4, 127, 128, 254, 255 };
    struct tm m;
    unsigned refused = 0;

    write_file(&m);
    for (size_t n = 0; n <= m.n; n++)
        for (size_t i = 0; i < (n == m.n ? m.n * 8 : 1); i++) {
            struct flat f = { .failed = false };
            struct heard h;
            uint8_t *copy = malloc(n + 1);
            memcpy(copy, m.b, n);
            if (n == m.n)
                copy[i / 8] = OTHER[i % 8];
            uint8_t *exact = realloc(copy, n ? n : 1);
            read_all(exact, n, &f, heard_start(&h));
            ck_assert_uint_eq(h.diag.errors, f.failed);
            refused += f.failed;
            free(exact);
        }
    ck_assert_uint_gt(refused, m.n);
}
END_TEST

static const struct { const char *what; uint32_t at; uint64_t value; unsigned size; const char *says; } BAD[] = {
    { "letters", 4, 0, 1, "x: found no '1234' at byte 4; is it another format?" },
    { "root", 0, 0xffffff, 4, "x: Root at byte 16777215: is outside of the file; the file is cut or damaged" },
    { "list of fields", 26, 0x7fffffff, 4, "its list of fields is outside of the file" },
    { "odd list", 8, 17, 2, "it or its list of fields ends outside of the file" },
    { "table", 10, 60000, 2, "it or its list of fields ends outside of the file" },
    { "field", 12, 60000, 2, "Root at byte 26: a field lies outside of it" },
    { "field over the table's head", 12, 2, 2, "Root at byte 26: a field lies outside of it" },
    { "vector", 37, 0xfffffff0, 4, "Root at byte 26: a vector begins outside of the file" },
};

START_TEST(messages)
{
    struct tm m;
    struct flat f;
    struct heard h;

    write_file(&m);
    for (unsigned i = 0; i < BAD[_i].size; i++)
        m.b[BAD[_i].at + i] = (uint8_t)(BAD[_i].value >> (8 * i));
    read_all(m.b, m.n, &f, heard_start(&h));
    ck_assert_uint_eq(h.diag.errors, 1);
    ck_assert_msg(strstr(h.text, BAD[_i].says) != NULL, "%s: %s", BAD[_i].what, h.text);
}
END_TEST

/* One vector that many fields refer to: its elements count each time. */
START_TEST(shared_vectors)
{
    struct tm m = { .n = 0 };
    struct tm_field root[32];
    int32_t numbers[30] = { 0 };
    struct flat f;
    struct flat_table top;
    struct heard h;

    for (unsigned i = 0; i < 32; i++)
        root[i] = (struct tm_field){ i, TM_REF, 0 };
    tm_put(&m, 0, 4);
    tm_put(&m, 0x34333231, 4);
    uint32_t at = tm_table(&m, root, 32), v;
    tm_word(&m, 0, at);
    v = tm_bytes(&m, numbers, 30, 4);
    for (unsigned i = 0; i < 32; i++)
        tm_refer(&m, at, i, v);
    ck_assert(flat_open(&f, "x", m.b, m.n, "1234", "Root", &top, heard_start(&h)));
    unsigned i = 0;
    while (!f.failed && i < 32)
        flat_vector(&f, &top, i++, 4);
    ck_assert_msg(f.failed && strstr(h.text, "more elements than the file has bytes"), "%u: %s", i, h.text);
    ck_assert_uint_gt(i, 5);
}
END_TEST

Suite *suite_flat(void)
{
    Suite *s = suite_create("flat");
    TCase *c = tcase_create("all");

    tcase_add_test(c, values);
    tcase_add_test(c, damage);
    tcase_add_loop_test(c, messages, 0, sizeof BAD / sizeof *BAD);
    tcase_add_test(c, shared_vectors);
    suite_add_tcase(s, c);
    return s;
}

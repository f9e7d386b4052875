/* test_npy.c - npy.c and array.c: .npy files of every version, type, byte order and memory order; cut, damaged and strange ones refused. */
#include "platforms/net/array.h"

#include <check.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_npy(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
enum { ROOM = 4096 };

/* A file of that header and data; returns its length. */
static size_t make(uint8_t *to, unsigned version, const char *header, const void *data, size_t n)
{
    size_t len = strlen(header), at = 0;
    const uint8_t head[12] = { 0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0, (uint8_t)len, (uint8_t)(len >> 8), 0, 0 };

    memcpy(to, head, at = version == 1 ? 10 : 12);
    memcpy(to + at, header, len);
    memcpy(to + at + len, data, n);
    return at + len + n;
}

/* Six numbers, -1 0 1 2 3 100, as each type has them; unsigned ones begin with the largest. */
static const struct { const char *descr, *type; unsigned size; bool big, real; double first; } TYPES[] = {
    { "|u1", "uint8", 1, false, false, 255 },    { "|i1", "int8", 1, false, false, -1 },
    { "<u2", "uint16", 2, false, false, 65535 }, { ">u2", "uint16", 2, true, false, 65535 },
    { "<i2", "int16", 2, false, false, -1 },     { ">i2", "int16", 2, true, false, -1 },
    { "<i4", "int32", 4, false, false, -1 },     { ">i4", "int32", 4, true, false, -1 },
    { "<i8", "int64", 8, false, false, -1 },     { ">i8", "int64", 8, true, false, -1 },
    { "<u4", "uint32", 4, false, false, 4294967295.0 }, { "=i4", "int32", 4, false, false, -1 },
    { "<f4", "float32", 4, false, true, -1 },    { ">f4", "float32", 4, true, true, -1 },
    { "<f8", "float64", 8, false, true, -1 },    { ">f8", "float64", 8, true, true, -1 },
};
static const int NUMBERS[6] = { -1, 0, 1, 2, 3, 100 };

static void put(uint8_t *to, unsigned size, bool big, bool real, int v)
{
    uint64_t bits = (uint64_t)(int64_t)v;
    double d = v;
    float f = (float)v;
    uint32_t low;

    if (real && size == 8)
        memcpy(&bits, &d, sizeof bits);
    if (real && size == 4) {
        memcpy(&low, &f, sizeof low);
        bits = low;
    }
    for (unsigned i = 0; i < size; i++)
        to[big ? size - 1 - i : i] = (uint8_t)(bits >> 8 * i);
}

START_TEST(types)
{
    uint8_t file[ROOM], data[48];
    char header[200];
    struct heard h;
    struct bl_array a;

    for (int i = 0; i < 6; i++)
        put(data + (size_t)i * TYPES[_i].size, TYPES[_i].size, TYPES[_i].big, TYPES[_i].real, NUMBERS[i]);
    for (unsigned version = 1; version <= 3; version++) {
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2, 3), }          \n", TYPES[_i].descr);
        size_t n = make(file, version, header, data, 6 * TYPES[_i].size);
        ck_assert_msg(bl_array_npy("a.npy", file, n, &a, heard_start(&h)) == 0, "%s", h.text);
        ck_assert_str_eq(bl_array_type(&a), TYPES[_i].type);
        ck_assert(a.rank == 2 && a.dim[0] == 2 && a.dim[1] == 3 && a.elems == 6);
        for (unsigned i = 0; i < 6; i++) {
            double want = i ? NUMBERS[i] : TYPES[_i].first;
            ck_assert_double_eq(bl_array_real(&a, i), want);
            if (!TYPES[_i].real)
                ck_assert_int_eq(bl_array_whole(&a, i), (int64_t)want);
        }
    }
}
END_TEST

/* Headers as several programs write them, of the numbers 0 .. 5, and the order in which elements come. */
static const struct { const char *header; uint32_t rank; uint64_t dim[3]; uint8_t order[6]; } FORMS[] = {
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }\n", 1, { 6 }, { 0, 1, 2, 3, 4, 5 } },
    { "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }\n", 2, { 2, 3 }, { 0, 2, 4, 1, 3, 5 } },
    { "{'descr': '|u1', 'fortran_order': True, 'shape': (1, 3, 2), }\n", 3, { 1, 3, 2 }, { 0, 3, 1, 4, 2, 5 } },
    { "{\"shape\":(3,2),\"fortran_order\":False,\"descr\":\"u1\"}", 2, { 3, 2 }, { 0, 1, 2, 3, 4, 5 } },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (6L,)}   \n", 1, { 6 }, { 0, 1, 2, 3, 4, 5 } },
};

START_TEST(forms)
{
    static const uint8_t DATA[6] = { 0, 1, 2, 3, 4, 5 };
    uint8_t file[ROOM];
    struct heard h;
    struct bl_array a;
    size_t n = make(file, 1, FORMS[_i].header, DATA, 6);

    ck_assert_msg(bl_array_npy("a.npy", file, n, &a, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_uint_eq(a.rank, FORMS[_i].rank);
    ck_assert_mem_eq(a.dim, FORMS[_i].dim, a.rank * sizeof *a.dim);
    for (unsigned i = 0; i < 6; i++)
        ck_assert_int_eq(bl_array_whole(&a, i), FORMS[_i].order[i]);
}
END_TEST

START_TEST(a_single_number)
{
    uint8_t file[ROOM];
    char shape[40];
    struct heard h;
    struct bl_array a;
    size_t n = make(file, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (), }\n", "\0\0\0\x3f", 4);

    ck_assert_msg(bl_array_npy("a.npy", file, n, &a, heard_start(&h)) == 0, "%s", h.text);
    ck_assert_double_eq(bl_array_real(&a, 0), 0.5);
    ck_assert_str_eq(bl_array_shape(&a, shape, sizeof shape), "a single number");
}
END_TEST

#define U1(rest) "{'descr': '|u1', " rest
static const struct { const char *header; size_t data; const char *says; } BAD[] = {
    { "", 4, "the header is no dict" },
    { "[1, 2]", 4, "the header is no dict" },
    { "{", 4, "the header is no dict of 'descr', 'fortran_order' and 'shape'" },
    { "{'descr", 4, "is no dict of" },
    { "{'descr' '|u1'}", 4, "is no dict of" },
    { U1("'fortran_order': False, 'shape': (4,), 'more': 1}"), 4, "has the key 'more'" },
    { U1("'descr': '|u1', 'fortran_order': False, 'shape': (4,)}"), 4, "has twice 'descr'" },
    { U1("'fortran_order': False}"), 4, "lacks 'shape'" },
    { "{'fortran_order': False, 'shape': (4,)}", 4, "lacks 'descr'" },
    { U1("'shape': (4,)}"), 4, "lacks 'fortran_order'" },
    { U1("'fortran_order': 1, 'shape': (4,)}"), 4, "neither True nor False" },
    { U1("'fortran_order': False, 'shape': 4}"), 4, "is no tuple" },
    { U1("'fortran_order': False, 'shape': (4"), 4, "is cut or damaged" },
    { U1("'fortran_order': False, 'shape': (4 4)}"), 4, "is cut or damaged" },
    { U1("'fortran_order': False, 'shape': (-4,)}"), 4, "dimension 0 of the header's 'shape' is no whole number" },
    { U1("'fortran_order': False, 'shape': (99999999999999999999,)}"), 4, "below 2^48" },
    { U1("'fortran_order': False, 'shape': (281474976710655, 281474976710655)}"), 4, "fewer than 2^48 elements" },
    { U1("'fortran_order': False, 'shape': (0, 4)}"), 0, "dimension 0 is 0" },
    { U1("'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,4)}"), 4, "more than 8 dimensions" },
    { U1("'fortran_order': False, 'shape': (5,)}"), 4, "found 4 bytes of data, expected 5 for 5 of uint8; the file is cut or padded" },
    { U1("'fortran_order': False, 'shape': (3,)}"), 4, "found 4 bytes of data, expected 3" },
    { "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)}", 15, "found 15 bytes of data, expected 16 for 2 x 2 of float32" },
    { "{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}", 4, "found elements of type '|b1', which are true or false; expected uint8, int8 or float32" },
    { "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}", 4, "'|O', which are Python's objects" },
    { "{'descr': '<f2', 'fortran_order': False, 'shape': (2,)}", 4, "found elements of type '<f2'" },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}", 4, "found elements of type '<c8'" },
    { "{'descr': '<U16', 'fortran_order': False, 'shape': (2,)}", 4, "found elements of type '<U16'" },
    { "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 4, "found a structured type" },
    { "{'descr': 5, 'fortran_order': False, 'shape': (4,)}", 4, "'descr' is no text" },
    { "{'descr': '', 'fortran_order': False, 'shape': (4,)}", 4, "found elements of type ''" },
    { U1("'fortran_order': False, 'shape': (4,)} x"), 4, "" },                  /* what follows the dict is padding: read */
};

START_TEST(bad)
{
    static const uint8_t DATA[64];
    uint8_t file[ROOM];
    struct heard h;
    struct bl_array a;
    size_t n = make(file, 1, BAD[_i].header, DATA, BAD[_i].data);
    int rc = bl_array_npy("a.npy", file, n, &a, heard_start(&h));

    ck_assert_int_eq(rc, *BAD[_i].says ? -1 : 0);
    ck_assert_msg(strstr(h.text, BAD[_i].says) && (!rc || !strncmp(h.text, "a.npy: ", 7)), "wanted '%s', got '%s'", BAD[_i].says, h.text);
}
END_TEST

/* Every beginning of a file is refused, and a file with any one byte changed is read or refused, in memory of just its size. */
START_TEST(cut_and_changed)
{
    uint8_t file[ROOM];
    struct heard h;
    struct bl_array a;
    size_t n = make(file, (unsigned)_i, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2), }\n", "\1\2\3\4\5\6\7\10", 8);

    for (size_t len = 0; len <= n; len++) {
        uint8_t *copy = malloc(len + 1);
        memcpy(copy, file, len);
        ck_assert_int_eq(bl_array_npy("a.npy", copy, len, &a, heard_start(&h)), len == n ? 0 : -1);
        free(copy);
    }
    for (size_t at = 0; at < n; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            uint8_t *copy = malloc(n);
            memcpy(copy, file, n);
            copy[at] ^= (uint8_t)(1u << bit);
            if (!bl_array_npy("a.npy", copy, n, &a, heard_start(&h)))
                for (uint64_t i = 0; i < a.elems; i++)
                    ck_assert(bl_array_real(&a, i) >= -1e308 || 1);
            else
                ck_assert_uint_gt(h.n, 0);
            free(copy);
        }
}
END_TEST

static const struct { unsigned char version[2]; const char *says; } VERSIONS[] = {
    { { 0, 0 }, "found version 0.0 of the format, expected 1.0, 2.0 or 3.0" }, { { 4, 0 }, "found version 4.0" }, { { 1, 1 }, "found version 1.1" } };

START_TEST(versions)
{
    uint8_t file[ROOM];
    struct heard h;
    struct bl_array a;
    size_t n = make(file, 2, "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }\n", "abcd", 4);

    memcpy(file + 6, VERSIONS[_i].version, 2);
    ck_assert_int_eq(bl_array_npy("a.npy", file, n, &a, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, VERSIONS[_i].says));
    file[6] = 2;
    file[7] = 0;
    file[11] = 0x7f;                                       /* a header of 2 GB */
    ck_assert_int_eq(bl_array_npy("a.npy", file, n, &a, heard_start(&h)), -1);
    ck_assert_ptr_nonnull(strstr(h.text, "found a header of"));
}
END_TEST

/* ---- numbers alone ---- */

static const struct { const char *type; size_t len; uint64_t each, images; const char *says; } RAW[] = {
    { "u8", 12, 4, 3, "" }, { "i8", 4, 4, 1, "" }, { "f32", 32, 4, 2, "" }, { "f64", 32, 4, 1, "" },
    { "u8", 13, 4, 0, "found 13 bytes, expected a multiple of 4: images of 4 u8" },
    { "f32", 12, 4, 0, "found 12 bytes, expected a multiple of 16: images of 4 f32" },
    { "u8", 0, 4, 0, "found 0 bytes" },
    { "u16", 16, 4, 0, "--raw=u16: expected u8, i8, f32 or f64" },
};

START_TEST(raw)
{
    static const uint8_t DATA[64] = { 0x80, 0xff };
    struct heard h;
    struct bl_array a;
    int rc = bl_array_raw("x.bin", DATA, RAW[_i].len, RAW[_i].type, RAW[_i].each, &a, heard_start(&h));

    ck_assert_int_eq(rc, *RAW[_i].says ? -1 : 0);
    ck_assert_msg(strstr(h.text, RAW[_i].says) != NULL, "wanted '%s', got '%s'", RAW[_i].says, h.text);
    if (rc)
        return;
    ck_assert(a.rank == 2 && a.dim[0] == RAW[_i].images && a.dim[1] == RAW[_i].each);
    if (a.type == 'i')
        ck_assert_int_eq(bl_array_whole(&a, 0), -128);
}
END_TEST

Suite *suite_npy(void)
{
    Suite *s = suite_create("npy");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, types, 0, COUNT(TYPES));
    tcase_add_loop_test(c, forms, 0, COUNT(FORMS));
    tcase_add_test(c, a_single_number);
    tcase_add_loop_test(c, bad, 0, COUNT(BAD));
    tcase_add_loop_test(c, cut_and_changed, 1, 4);
    tcase_add_loop_test(c, versions, 0, COUNT(VERSIONS));
    tcase_add_loop_test(c, raw, 0, COUNT(RAW));
    suite_add_tcase(s, c);
    return s;
}

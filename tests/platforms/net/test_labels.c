/* test_labels.c - labels as IDX, .npy, text and bytes; each mistake in them by name. */
#include "platforms/net/labels.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rigs/heard.h"

Suite *suite_labels(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define BYTES(s) s, sizeof s - 1
#define NPY(len, header, data) BYTES("\x93NUMPY\x01\x00" len "\0" header data)

/* Each has the labels 7, 0 and 2. */
static const struct { const char *bytes; size_t n; } GOOD[] = {
    { BYTES("\0\0\x08\x01\0\0\0\x03\x07\0\x02") },
    { BYTES("7\n0\n2\n") },
    { BYTES("7\n\n 0 \r\n\t2") },
    { BYTES("007\n0\n2\n\n") },
    { BYTES("\x07\x00\x02") },
    { NPY("8", "{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}\n", "\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0") },
    { NPY(":", "{'descr': '>i2', 'fortran_order': True, 'shape': (3, 1)}\n\n", "\0\7\0\0\0\2") },
};

START_TEST(good)
{
    struct heard h;
    uint32_t *v = bl_labels_read("y", GOOD[_i].bytes, GOOD[_i].n, 3, heard_start(&h));

    ck_assert_msg(v != NULL, "%s", h.text);
    ck_assert(v[0] == 7 && v[1] == 0 && v[2] == 2);
    free(v);
}
END_TEST

static const struct { const char *bytes; size_t n; const char *says; } BAD[] = {
    { BYTES("\0\0\x08\x01\0\0\0\x04\x07\0\x02\1"), "y: found 4 labels, expected 3, one for each image" },
    { BYTES("\0\0\x08\x01\0\0\0\x03\x07\0"), "y: found 2 bytes of data, expected 3" },
    { BYTES("\0\0\x08\x03\0\0\0\x03\0\0\0\1\0\0\0\1\7\0\2"), "y: found no IDX file of unsigned bytes with 1 sizes" },
    { BYTES("7\n0\n"), "y: found 2 labels, expected 3" },
    { BYTES("7\n0\n2\n4\n"), "y: found 4 labels, expected 3" },
    { BYTES(""), "y: found 0 labels, expected 3" },
    { BYTES("\n\n"), "y: found 0 labels, expected 3" },
    { BYTES("7\ncat\n2\n"), "y:2: found 'cat', expected one class a line, a whole number" },
    { BYTES("7\n0 2\n"), "y:2: found '0 2', expected one class a line" },
    { BYTES("7,0,2\n"), "y:1: found '7,0,2', expected one class a line" },
    { BYTES("7\n-1\n2\n"), "y:2: found '-1'" },
    { BYTES("7\n1.5\n2\n"), "y:2: found '1.5'" },
    { BYTES("7\n99999999999999999999\n2\n"), "y:2: found '99999999999999999999'" },
    { BYTES("7\n2147483648\n2\n"), "y:2: found '2147483648'" },
    { BYTES("\x07\x00\x02\x01"), "y: found 4 bytes that are no IDX, .npy or text; as labels of a byte each expected 3" },
    { NPY("8", "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}\n", "\7\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"),
      "y: found labels of type float64, expected integers: save them with .astype(\"int64\")" },
    { NPY("9", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,2)}\n", "\7\0\2\1\1\1"), "y: found labels of shape 3 x 2, expected one number an image" },
    { NPY("7", "{'descr': '|i1', 'fortran_order': False,'shape': (3,)}\n", "\7\xff\2"), "y: label 1 is -1, expected a class, 0 or more" },
    { NPY("7", "{'descr': '|u1', 'fortran_order': False,'shape': (4,)}\n", "\7\1\2\3"), "y: found 4 labels, expected 3" },
    { BYTES("\x93NUMPY\x01\0"), "y: found 8 bytes, the beginning of the header alone needs 10" },
};

START_TEST(bad)
{
    struct heard h;

    ck_assert_ptr_null(bl_labels_read("y", BAD[_i].bytes, BAD[_i].n, 3, heard_start(&h)));
    ck_assert_msg(!strncmp(h.text, BAD[_i].says, strlen(BAD[_i].says)), "wanted '%s', got '%s'", BAD[_i].says, h.text);
}
END_TEST

Suite *suite_labels(void)
{
    Suite *s = suite_create("labels");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, good, 0, COUNT(GOOD));
    tcase_add_loop_test(c, bad, 0, COUNT(BAD));
    suite_add_tcase(s, c);
    return s;
}

/* test_chip_file.c - platform files of chips of any size: they fit their room and can be read, and the one of chip.yaml's numbers has its wires. */
#include "platforms/imc/chip_file.h"
#include "platforms/file/load.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_chip_file(void);

START_TEST(any_size)
{
    static const uint32_t macros[] = { 1, 2, 29, 64, BL_CHIP_MACROS };
    static char text[BL_CHIP_TEXT];

    for (uint32_t v = 0; v <= BL_CHIP_VECTORS; v++) {
        const struct bl_chip_made m = { .macros = macros[_i], .vectors = v, .banks = v, .more = "duplicate: false" };
        struct heard h;
        ck_assert_ptr_eq(bl_chip_text(&m, text), text);
        ck_assert_uint_lt(strlen(text), BL_CHIP_TEXT - 1);
        struct bl_platform *p = bl_platform_load_text("platforms/imc/chip.yaml", text, strlen(text), NULL, 0, heard_start(&h));
        ck_assert_msg(p != NULL, "%u vector units: %s", v, h.text);
        ck_assert_uint_eq(bl_platform_array(p)->n[BL_ARRAY_MACROS], macros[_i]);
        bl_platform_free(p);
    }
}
END_TEST

struct wires { char *at[4096]; size_t n; };

static void keep(void *ctx, const struct bl_wire_row *row)
{
    struct wires *w = ctx;

    ck_assert_uint_lt(w->n, 4096);
    w->at[w->n] = malloc(strlen(row->from) + strlen(row->to) + 40);
    sprintf(w->at[w->n++], "%s -> %s, %u", row->from, row->to, row->link.depth);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void wires_of(struct bl_platform *p, struct wires *w)
{
    ck_assert_int_eq(bl_platform_wires(p, true, keep, w), 0);
    qsort(w->at, w->n, sizeof *w->at, by_text);
    bl_platform_free(p);
}

START_TEST(shipped)
{
    static char text[BL_CHIP_TEXT];
    static struct wires a, b;
    struct heard h;

    bl_chip_text(&(struct bl_chip_made){ .macros = 32, .vectors = 2, .banks = 32 }, text);
    wires_of(bl_platform_load_text("platforms/imc/chip.yaml", text, strlen(text), NULL, 0, heard_start(&h)), &a);
    wires_of(bl_platform_load("platforms/imc/chip.yaml", NULL, 0, &h.diag), &b);
    ck_assert_uint_eq(a.n, b.n);
    for (size_t i = 0; i < a.n; i++) {
        ck_assert_str_eq(a.at[i], b.at[i]);
        free(a.at[i]);
        free(b.at[i]);
    }
}
END_TEST

Suite *suite_chip_file(void)
{
    Suite *s = suite_create("chip_file");
    TCase *t = tcase_create("text");

    tcase_add_loop_test(t, any_size, 0, 5);
    tcase_add_test(t, shipped);
    suite_add_tcase(s, t);
    return s;
}

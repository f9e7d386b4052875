/* test_rows.c - validity bits of rows: written and read one by one, by masks and by ranges against an array of flags; a strict memory
 * stops the run and names the row. */
#include "components/rows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sim.h"
#include "platforms/net/draw.h"
#include "tests/rigs/heard.h"

Suite *suite_rows(void);

static const uint32_t sizes[] = { 1, 8, 31, 32, 33, 63, 64, 65, 127, 128, 144, 1000 };

START_TEST(against_flags)
{
    const uint32_t rows = sizes[_i];
    uint64_t *written = calloc(1, bl_rows_bytes(rows)), want = 0;
    bool *flag = calloc(rows, sizeof *flag);
    bl_tally unwritten = { 0 };

    ck_assert_uint_eq(bl_rows_words(rows), (rows + 63) / 64);
    for (uint32_t n = 0; n < 4 * rows; n++) {
        uint64_t d = bl_draw(rows, n), row = d % rows, many = 1 + (d >> 32) % (rows - row), w = row / 64, mask = 0;
        switch (d >> 20 & 7) {
        case 0:
            bl_rows_write(written, row);
            flag[row] = true;
            break;
        case 1:
            many = many % 7 + 1 <= rows - row ? many % 7 + 1 : 1;
            bl_rows_write_all(written, row, many);
            for (uint64_t r = row; r < row + many; r++)
                flag[r] = true;
            break;
        case 2: case 3:
            bl_rows_read(NULL, written, row, 0, &unwritten, "row");
            want += !flag[row];
            break;
        case 4: case 5:
            bl_rows_read_all(NULL, written, row, many, 0, &unwritten, "row");
            for (uint64_t r = row; r < row + many; r++)
                want += !flag[r];
            break;
        default:
            mask = bl_draw(n, 1) & bl_rows_mask(w, 0, rows);
            bl_rows_read_word(NULL, written, w, mask, 0, &unwritten, "row");
            for (uint64_t r = 64 * w; r < rows && r < 64 * w + 64; r++)
                want += mask >> r % 64 & 1 && !flag[r];
        }
        ck_assert_uint_eq(unwritten.n, want);
        ck_assert_int_eq(bl_rows_written(written, row), flag[row]);
    }
    for (uint32_t r = 0; r < rows; r++)
        ck_assert_int_eq(bl_rows_written(written, r), flag[r]);
    for (uint32_t r = rows; r % 64; r++)
        ck_assert(!bl_rows_written(written, r));             /* nothing behind the last one */
    free(written);
    free(flag);
}
END_TEST

START_TEST(masks)
{
    for (uint64_t first = 0; first < 200; first += 1 + first % 3)
        for (uint64_t end = first; end <= 200; end++)
            for (uint64_t w = 0; w < 4; w++) {
                uint64_t want = 0;
                for (uint64_t b = 0; b < 64; b++)
                    want |= (uint64_t)(64 * w + b >= first && 64 * w + b < end) << b;
                ck_assert_uint_eq(bl_rows_mask(w, first, end), want);
            }
}
END_TEST

/* ---- a memory of 200 rows that writes rows 0 .. 99 and reads one ---- */

struct memory { struct bl_part p; bl_tally unwritten; int64_t row, many, strict; uint64_t written[4]; };

static bl_verdict tick(void *self)
{
    struct memory *t = self;

    bl_rows_write_all(t->written, 0, 100);
    if (t->many)
        bl_rows_read_all(t, t->written, (uint64_t)t->row, (uint64_t)t->many, t->strict, &t->unwritten, "word");
    else
        bl_rows_read(t, t->written, (uint64_t)t->row, t->strict, &t->unwritten, "row");
    return BL_NAP(BL_IDLE);
}
#define T struct memory
static const struct bl_field fields[] = { BL_PARAM(T, row, 0, 0, 199, "row read"), BL_PARAM(T, many, 0, 0, 200, "rows read, 0: one"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "strict"), BL_TALLY(T, unwritten, "rows read that were never written"), { 0 } };
#undef T
static const struct bl_class memory_class = { .name = "memory", .help = "validity bits", .size = sizeof(struct memory), .tick = tick,
    .fields = fields };

static const struct { const char *row, *many; uint64_t counted; const char *says; } reads[] = {
    { "99", "0", 0, NULL }, { "100", "0", 1, "row 100 is read that was never written (strict=0 only counts it)" },
    { "0", "100", 0, NULL }, { "90", "50", 40, "word 100 is read that was never written (strict=0 only counts it)" },
    { "150", "50", 50, "word 150 is read that was never written (strict=0 only counts it)" },
};

static struct bl_sim *memory_of(int i, const char *strict, struct heard *h)
{
    static const struct bl_class *const classes[] = { &memory_class, NULL };
    struct bl_sim *s = bl_open(classes, heard_start(h));

    bl_clock(s, "core", BL_NS, 0, NULL);
    bl_add(s, "m", "memory", "core", NULL);
    bl_set(s, "m", "row", reads[i].row, NULL);
    bl_set(s, "m", "many", reads[i].many, NULL);
    bl_set(s, "m", "strict", strict, NULL);
    ck_assert_int_eq(bl_elaborate(s), 0);
    return s;
}

START_TEST(strict_or_counted)
{
    struct heard h;
    struct bl_sim *s = memory_of(_i, "0", &h);
    uint64_t v = 0;
    char text[200];

    ck_assert_int_ne(bl_run(s, 10 * BL_NS), BL_END_FAILED);
    bl_peek(s, "m.unwritten", &v);
    ck_assert_uint_eq(v, reads[_i].counted);
    bl_close(s);
    s = memory_of(_i, "1", &h);
    ck_assert((bl_run(s, 10 * BL_NS) == BL_END_FAILED) == (reads[_i].says != NULL));
    snprintf(text, sizeof text, "m, at 0 s: %s", reads[_i].says ? reads[_i].says : "");
    ck_assert_str_eq(h.text, reads[_i].says ? text : "");
    bl_close(s);
}
END_TEST

Suite *suite_rows(void)
{
    Suite *s = suite_create("rows");
    TCase *t = tcase_create("rows");

    tcase_add_loop_test(t, against_flags, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(t, masks);
    tcase_add_loop_test(t, strict_or_counted, 0, (int)(sizeof reads / sizeof *reads));
    suite_add_tcase(s, t);
    return s;
}

/* test_fst_unpack.c - FastLZ written by hand: literals, matches near and far, and what does not fit exactly. */
#include "traces/read_in.h"

#include <check.h>
#include <string.h>

enum { DISTANT = 8191, ROOM = 20000 };           /* DISTANT: from this distance on two bytes more, at level 2 */
static uint8_t packed[ROOM], want[ROOM], got[ROOM + 64];
static size_t np, nw;

/* n bytes as literals, 32 at a time; the first byte of a stream says the level in its upper bits. */
static void literals(unsigned level, size_t n)
{
    while (n) {
        size_t k = n < 32 ? n : 32;
        packed[np] = (uint8_t)((np ? 0 : (level - 1) << 5) | (k - 1));
        np++;
        for (; k; k--, n--) {
            want[nw] = (uint8_t)(nw * 37 ^ nw >> 5);
            packed[np++] = want[nw++];
        }
    }
}

/* Three to eight bytes from so far back. */
static void match(size_t distance, size_t length)
{
    size_t d = distance - 1;

    packed[np++] = (uint8_t)((length - 2) << 5 | (d < DISTANT ? d >> 8 : 31));
    packed[np++] = (uint8_t)(d < DISTANT ? d : 255);
    if (d >= DISTANT) {
        packed[np++] = (uint8_t)((d - DISTANT) >> 8);
        packed[np++] = (uint8_t)(d - DISTANT);
    }
    for (size_t i = 0; i < length; i++, nw++)
        want[nw] = want[nw - distance];
}

static bool unpacked(size_t raw)
{
    struct unpacker u = { .begun = false };

    memset(got, 0xEE, sizeof got);
    return bl_unpack(&u, 'F', packed, np, got, raw);
}

static void start(void) { np = nw = 0; }

static const struct { unsigned level; size_t first, distance, length; } streams[] = {
    { 1, 40, 1, 5 }, { 1, 40, 40, 3 }, { 1, 9000, 8000, 6 }, { 2, 40, 7, 8 }, { 2, 9000, DISTANT, 4 }, { 2, 9000, DISTANT + 1, 4 }, { 2, 9000, DISTANT + 259, 6 },
    { 2, 12000, DISTANT + 2600, 5 },
};

START_TEST(streams_are_unpacked)
{
    start();
    literals(streams[_i].level, streams[_i].first);
    match(streams[_i].distance, streams[_i].length);
    literals(streams[_i].level, 5);
    ck_assert(unpacked(nw));
    ck_assert_mem_eq(got, want, nw);
    ck_assert_int_eq(got[nw], 0xEE);
    ck_assert(!unpacked(nw - 1));
    ck_assert(!unpacked(nw + 1));
}
END_TEST

/* What is cut anywhere, or asks for more than there is room for or was before, gives nothing. */
START_TEST(damaged_streams_are_refused)
{
    start();
    literals(2, 100);
    match(30, 7);
    const size_t whole = np, all = nw;
    for (np = 0; np < whole; np++)
        ck_assert_msg(!unpacked(all), "cut at byte %zu", np);
    np = whole;
    ck_assert(unpacked(all));
    for (size_t raw = 0; raw < all; raw++)
        ck_assert_msg(!unpacked(raw), "into %zu bytes", raw);
    start();
    literals(1, 10);
    match(10, 3);
    packed[np - 1] = 10;                     /* one byte before the first */
    ck_assert(!unpacked(nw));
    packed[0] = 0x40;                        /* level 3 */
    ck_assert(!unpacked(nw));
}
END_TEST

Suite *suite_fst_unpack(void);
Suite *suite_fst_unpack(void)
{
    Suite *s = suite_create("fst_unpack");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, streams_are_unpacked, 0, sizeof streams / sizeof *streams);
    tcase_add_test(c, damaged_streams_are_refused);
    suite_add_tcase(s, c);
    return s;
}

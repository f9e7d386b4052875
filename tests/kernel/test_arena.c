/* test_arena.c - memory of a simulation, names to numbers, growing arrays, natural order of paths. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_base.h"

/* Texts are packed; what is taken between them is still aligned, and nothing overlaps. */
START_TEST(texts_lie_between_aligned_memory)
{
    struct arena a = { 0 };
    struct { char *text; uint64_t *at; } kept[300];
    char want[32];

    for (size_t i = 0; i < 300; i++) {
        kept[i].text = i % 2 ? arena_text(&a, "%s%zu", "part", i) : arena_copy(&a, "part of a name", i % 15);
        kept[i].at = arena_get(&a, sizeof *kept[i].at);
        ck_assert_uint_eq((uintptr_t)kept[i].at % 16, 0);
        ck_assert_uint_eq(*kept[i].at, 0);
        *kept[i].at = UINT64_MAX - i;
    }
    for (size_t i = 0; i < 300; i++) {
        snprintf(want, sizeof want, "part%zu", i);
        if (i % 2 == 0)
            snprintf(want, sizeof want, "%.*s", (int)(i % 15), "part of a name");
        KP_HOLDS(!strcmp(kept[i].text, want), "text %zu is '%s', expected '%s'", i, kept[i].text, want);
        ck_assert_uint_eq(*kept[i].at, UINT64_MAX - i);
    }
    arena_free(&a);
}
END_TEST

/* Each name has the number in which it came, through all sizes of the table, and no other name has one. */
START_TEST(names_have_their_numbers)
{
    enum { N = 40000 };
    struct names t = { 0 };
    struct arena a = { 0 };
    char text[32];

    ck_assert_uint_eq(names_find(&t, "x[0]"), NONE);
    for (uint32_t i = 0; i < N; i++) {
        ck_assert(names_add(&t, arena_text(&a, "part[%u]", i)));
        KP_HOLDS(t.n == i + 1, "%u names after the %uth", t.n, i + 1);
        if (i % 97 == 0)
            ck_assert(!names_add(&t, arena_text(&a, "part[%u]", i / 2)));
    }
    for (uint32_t i = 0; i < N; i++) {
        snprintf(text, sizeof text, "part[%u]", i);
        KP_HOLDS(names_find(&t, text) == i, "%s is number %u", text, names_find(&t, text));
        snprintf(text, sizeof text, "part[%u]", N + i);
        KP_HOLDS(names_find(&t, text) == NONE, "%s is number %u", text, names_find(&t, text));
    }
    names_free(&t);
    arena_free(&a);
}
END_TEST

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;

    return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* Whatever the order before: pairs (value, place before) come out sorted, none lost. */
START_TEST(sorted_from_any_order)
{
    struct kp_rng r = { 3 };
    uint32_t item[40][2];

    put_sorted(NULL, 0, sizeof *item, by_value);
    for (uint32_t round = 0; round < 200; round++) {
        uint32_t n = (uint32_t)kp_below(&r, 40), seen[40] = { 0 };
        for (uint32_t i = 0; i < n; i++) {
            item[i][0] = round % 4 == 0 ? i : round % 4 == 1 ? n - i : (uint32_t)kp_below(&r, 10);
            item[i][1] = i;
        }
        put_sorted(item, n, sizeof *item, by_value);
        for (uint32_t i = 0; i < n; i++) {
            KP_HOLDS(i == 0 || item[i - 1][0] <= item[i][0], "round %u: %u stands before %u", round, item[i - 1][0], item[i][0]);
            seen[item[i][1]]++;
        }
        for (uint32_t i = 0; i < n; i++)
            ck_assert_uint_eq(seen[i], 1);
    }
}
END_TEST

START_TEST(memory_is_zeroed_aligned_and_apart)
{
    struct arena a = { 0 };
    struct kp_rng r = { 1 };
    struct { unsigned char *at; size_t n; } kept[400];

    for (size_t i = 0; i < 400; i++) {
        kept[i].n = i == 200 ? 3000000 : kp_below(&r, 5000);
        kept[i].at = arena_get(&a, kept[i].n);
        ck_assert_uint_eq((uintptr_t)kept[i].at % 16, 0);
        for (size_t k = 0; k < kept[i].n; k++)
            KP_HOLDS(kept[i].at[k] == 0, "not zeroed");
        memset(kept[i].at, (int)(i % 255 + 1), kept[i].n);
    }
    for (size_t i = 0; i < 400; i++)
        for (size_t k = 0; k < kept[i].n; k++)
            KP_HOLDS(kept[i].at[k] == i % 255 + 1, "piece %zu overlaps another", i);
    size_t used = 0;
    for (size_t i = 0; i < 400; i++)
        used += (kept[i].n + 15) / 16 * 16;
    ck_assert_uint_eq(a.used, used);
    arena_free(&a);
    ck_assert_ptr_null(a.first);
    ck_assert_uint_eq(a.used, 0);
}
END_TEST

START_TEST(text_of_any_length)
{
    struct arena a = { 0 };
    char *long_text = malloc(100001);

    memset(long_text, 'x', 100000);
    long_text[100000] = 0;
    ck_assert_str_eq(arena_text(&a, "%s.%d", "tile[3]", 42), "tile[3].42");
    ck_assert_str_eq(arena_text(&a, "%s", ""), "");
    ck_assert_str_eq(arena_text(&a, "%s", long_text), long_text);
    free(long_text);
    arena_free(&a);
}
END_TEST

START_TEST(names_are_numbered_as_they_come)
{
    struct names t = { 0 };
    enum { N = 20000 };
    static char name[N][16];

    ck_assert_uint_eq(names_find(&t, "n0"), NONE);
    for (uint32_t i = 0; i < N; i++) {
        snprintf(name[i], sizeof name[i], "n%u", i);
        KP_HOLDS(names_add(&t, name[i]) && !names_add(&t, name[i]) && t.n == i + 1, "adding %s", name[i]);
    }
    for (uint32_t i = 0; i < N; i++)
        KP_HOLDS(names_find(&t, name[i]) == i && t.name[i] == name[i], "finding %s", name[i]);
    ck_assert_uint_eq(names_find(&t, "n20000"), NONE);
    ck_assert_uint_eq(names_find(&t, ""), NONE);
    names_free(&t);
    ck_assert_uint_eq(names_find(&t, "n1"), NONE);
}
END_TEST

START_TEST(arrays_grow)
{
    uint64_t *x = NULL;
    size_t room = 0;

    for (size_t n = 0; n < 100000; n++) {
        x = grown(x, n, &room, sizeof *x);
        KP_HOLDS(room > n, "room %zu", room);
        x[n] = n * n;
    }
    for (size_t n = 0; n < 100000; n++)
        KP_HOLDS(x[n] == n * n, "item %zu", n);
    free(x);
}
END_TEST

/* In rising order. */
static const char *const in_order[] = {
    "", "a", "a.b", "a0", "a1b", "a01c", "a2", "a10", "a18446744073709551616", "a18446744073709551617", "a[2]", "a[2].x",
    "a[3]", "a[10]", "a[10].x", "a[100]", "aa", "b"
};

START_TEST(natural_order_of_paths)
{
    enum { N = sizeof in_order / sizeof *in_order };

    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            int c = natural_order(in_order[i], in_order[k]);
            KP_HOLDS((i < k && c < 0) || (i == k && c == 0) || (i > k && c > 0), "'%s' and '%s' gave %d", in_order[i],
                          in_order[k], c);
        }
    ck_assert_int_eq(natural_order("t[002]", "t[2]"), 0);
    ck_assert_int_lt(natural_order("t[0]", "t[1]"), 0);
    ck_assert_int_eq(natural_order("t[00]", "t[0]"), 0);
}
END_TEST

static int sign(int x) { return (x > 0) - (x < 0); }

START_TEST(natural_order_is_an_order)
{
    struct kp_rng r = { 7 };
    char s[60][8];

    for (size_t i = 0; i < 60; i++) {
        size_t n = kp_below(&r, 7);
        for (size_t k = 0; k < n; k++)
            s[i][k] = "019a.["[kp_below(&r, 6)];
        s[i][n] = 0;
    }
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < 60; j++) {
            KP_HOLDS(sign(natural_order(s[i], s[j])) == -sign(natural_order(s[j], s[i])), "'%s' '%s'", s[i], s[j]);
            for (size_t k = 0; k < 60; k++)
                if (natural_order(s[i], s[j]) <= 0 && natural_order(s[j], s[k]) <= 0)
                    KP_HOLDS(natural_order(s[i], s[k]) <= 0, "'%s' '%s' '%s'", s[i], s[j], s[k]);
        }
}
END_TEST

Suite *suite_arena(void);
Suite *suite_arena(void)
{
    Suite *s = suite_create("arena");
    TCase *c = tcase_create("arena");

    tcase_add_test(c, names_have_their_numbers);
    tcase_add_test(c, memory_is_zeroed_aligned_and_apart);
    tcase_add_test(c, texts_lie_between_aligned_memory);
    tcase_add_test(c, sorted_from_any_order);
    tcase_add_test(c, text_of_any_length);
    tcase_add_test(c, names_are_numbered_as_they_come);
    tcase_add_test(c, arrays_grow);
    tcase_add_test(c, natural_order_of_paths);
    tcase_add_test(c, natural_order_is_an_order);
    suite_add_tcase(s, c);
    return s;
}

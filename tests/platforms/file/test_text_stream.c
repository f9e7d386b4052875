/* test_text_stream.c - a stream into memory: its bytes, and that a piece that found no memory is told, whatever came behind it. */
#include "platforms/file/io.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

START_TEST(bytes)
{
    struct bl_text t;

    ck_assert(bl_text_start(&t));
    for (int i = 0; i < 30000; i++)
        fprintf(t.out, "%05d\n", i);
    fputc('\0', t.out);
    fputs("end", t.out);
    ck_assert(bl_text_end(&t));
    ck_assert_uint_eq(t.n, 6 * 30000 + 4);
    for (int i = 0; i < 30000; i++)
        ck_assert_int_eq(atoi(t.bytes + 6 * i), i);
    ck_assert_str_eq(t.bytes + 6 * 30000 + 1, "end");
    free(t.bytes);
}
END_TEST

START_TEST(nothing)
{
    struct bl_text t;

    ck_assert(bl_text_start(&t) && bl_text_end(&t) && t.n == 0);
    ck_assert_str_eq(t.bytes, "");
    free(t.bytes);
}
END_TEST

/* With less memory than the text needs; what comes later is small and finds room. */
START_TEST(no_memory)
{
#if defined(__SANITIZE_ADDRESS__)
    return;                            /* it needs more than any limit */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return;
#endif
#endif
    char *big = malloc(64 << 20);
    struct bl_text t;
    struct rlimit before, less = { 200 << 20, 200 << 20 };

    ck_assert(big && bl_text_start(&t) && getrlimit(RLIMIT_AS, &before) == 0);
    memset(big, 'x', 64 << 20);
    less.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &less), 0);
    for (int i = 0; i < 8; i++)
        fwrite(big, 1, 64 << 20, t.out);
    fputs("small", t.out);
    ck_assert(!bl_text_end(&t));
    setrlimit(RLIMIT_AS, &before);
    free(big);
    free(t.bytes);
}
END_TEST

Suite *suite_text_stream(void);
Suite *suite_text_stream(void)
{
    Suite *s = suite_create("text_stream");
    TCase *t = tcase_create("all");

    tcase_add_test(t, bytes);
    tcase_add_test(t, nothing);
    tcase_add_test(t, no_memory);
    suite_add_tcase(s, t);
    return s;
}

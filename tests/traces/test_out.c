/* test_out.c - the bytes and the checked file under every trace writer. */
#include "tests/rigs/wave_rig.h"
#include "traces/out.h"

START_TEST(numbers)
{
    static const struct { int64_t v; const char *bytes; size_t n; bool is_signed; } cases[] = {
        { 0, "\x00", 1, false }, { 127, "\x7f", 1, false }, { 128, "\x80\x01", 2, false }, { 300, "\xac\x02", 2, false },
        { 0, "\x00", 1, true }, { 3, "\x03", 1, true }, { 13, "\x0d", 1, true }, { -1, "\x7f", 1, true },
        { 41, "\x29", 1, true }, { 64, "\xc0\x00", 2, true }, { -64, "\x40", 1, true }, { -65, "\xbf\x7f", 2, true },
        { INT64_MIN, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 10, true },
    };
    struct bl_bytes b = { 0 };

    if (cases[_i].is_signed)
        bl_put_svarint(&b, cases[_i].v);
    else
        bl_put_varint(&b, (uint64_t)cases[_i].v);
    ck_assert_uint_eq(b.n, cases[_i].n);
    ck_assert_int_eq(memcmp(b.at, cases[_i].bytes, b.n), 0);
    bl_bytes_fini(&b);
}
END_TEST

START_TEST(texts)
{
    struct bl_bytes b = { 0 };

    bl_put_decimal(&b, 0);
    bl_put8(&b, ' ');
    bl_put_decimal(&b, UINT64_MAX);
    bl_put_text(&b, " x");
    bl_put_u64be(&b, UINT64_C(0x0102030405060708));
    bl_put8(&b, 0);
    ck_assert_str_eq((char *)b.at, "0 18446744073709551615 x\1\2\3\4\5\6\7\x08");
    bl_bytes_fini(&b);
}
END_TEST

/* Growth keeps what is there; an impossible wish is remembered, not followed. */
START_TEST(growth)
{
    struct bl_bytes b = { 0 };

    for (unsigned i = 0; i < 100000; i++)
        bl_put8(&b, i * 7 & 255);
    ck_assert_uint_eq(b.n, 100000);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_uint_eq(b.at[i], i * 7 & 255);
    ck_assert_ptr_null(bl_bytes_room(&b, SIZE_MAX - 10));
    ck_assert(b.bad);
    ck_assert_uint_eq(b.n, 100000);
    while (b.n < b.cap)
        bl_put8(&b, 1);
    bl_put8(&b, 1);                    /* would have to grow */
    ck_assert_uint_eq(b.n, b.cap);
    bl_bytes_fini(&b);
}
END_TEST

static void holds(const char *path, const char *want)
{
    char text[100] = "";
    FILE *f = fopen(path, "rb");

    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    ck_assert_str_eq(text, want);
}

START_TEST(beside)
{
    char *path = scratch("beside"), *tmp;
    struct bl_out o;

    ck_assert_int_eq(bl_out_open(&o, path, true, quiet()), 0);
    ck_assert_int_eq(bl_out_append(&o, "hello world", 11), 0);
    ck_assert_int_eq(bl_out_patch(&o, 6, "W", 1), 0);
    ck_assert_ptr_nonnull(tmp = unpublished(path));
    holds(tmp, "hello World");
    ck_assert_int_ne(access(path, F_OK), 0);
    if (_i) {
        ck_assert_int_eq(bl_out_publish(&o), 0);
        ck_assert_int_eq(bl_out_append(&o, "!", 1), 0);
    }
    ck_assert_int_eq(bl_out_close(&o), 0);
    ck_assert_ptr_null(unpublished(path));
    ck_assert_int_eq(access(path, F_OK), _i ? 0 : -1);
    if (_i)
        holds(path, "hello World!");
    unlink(path);
}
END_TEST

/* A link is followed by both kinds of writer, also one that leads to a file that is not there yet; it stays a link. */
START_TEST(links)
{
    char *target = scratch("target"), *link = scratch("link");
    struct bl_out o;
    struct stat st;

    for (int there = 0; there < 2; there++) {
        ck_assert_int_eq(symlink(strrchr(target, '/') + 1, link), 0);
        ck_assert_int_eq(bl_out_open(&o, link, _i, quiet()), 0);
        ck_assert_int_eq(bl_out_append(&o, "by link", 7), 0);
        ck_assert_int_eq(_i ? bl_out_publish(&o) : 0, 0);
        ck_assert_int_eq(bl_out_close(&o), 0);
        ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
        holds(target, "by link");
        ck_assert_int_eq(unlink(link), 0);
    }
    ck_assert_ptr_null(unpublished(target));
    ck_assert_ptr_null(unpublished(link));
    unlink(target);
}
END_TEST

/* A file that waits under the name of a former scheme, or under none, is not written to. */
START_TEST(not_through_a_trap)
{
    char *path = scratch("trap"), *trap = joined(path, ".tmp"), *victim = scratch("victim");
    struct bl_out o;
    FILE *f = fopen(victim, "w");

    fputs("mine", f);
    fclose(f);
    ck_assert_int_eq(symlink(victim, trap), 0);
    ck_assert_int_eq(bl_out_open(&o, path, true, quiet()), 0);
    ck_assert_int_eq(bl_out_append(&o, "x", 1), 0);
    ck_assert_int_eq(bl_out_publish(&o), 0);
    ck_assert_int_eq(bl_out_close(&o), 0);
    holds(path, "x");
    holds(victim, "mine");
    unlink(trap);
    unlink(victim);
    unlink(path);
}
END_TEST

/* Two writers of one file: the second is told, whatever kind it is, and the first goes on. After the first one's end it may. */
START_TEST(one_at_a_time)
{
    char *path = scratch("two"), *link = scratch("other_name");
    struct bl_out a, b;

    ck_assert_int_eq(symlink(strrchr(path, '/') + 1, link), 0);
    ck_assert_int_eq(bl_out_open(&a, path, _i, quiet()), 0);
    ck_assert_int_eq(bl_out_append(&a, "first", 5), 0);
    ck_assert_int_eq(_i ? bl_out_publish(&a) : 0, 0);
    for (int kind = 0; kind < 4; kind++) {
        ck_assert_int_eq(bl_out_open(&b, kind & 2 ? link : path, kind & 1, quiet()), -1);
        ck_assert_msg(strstr(last_message, "is being written by another run"), "%s", last_message);
    }
    ck_assert_int_eq(bl_out_append(&a, " and only", 9), 0);
    ck_assert_int_eq(bl_out_close(&a), 0);
    holds(path, "first and only");
    ck_assert_int_eq(bl_out_open(&b, path, _i, quiet()), 0);
    ck_assert_int_eq(bl_out_close(&b), 0);
    unlink(path);
    unlink(link);
}
END_TEST

/* What does not fit leaves no half; one message, then silence. */
START_TEST(full)
{
    char *path = scratch("full"), block[600];
    struct bl_out o;
    struct stat st;

    memset(block, 'x', sizeof block);
    unsigned errors = quiet()->errors;
    limit_files(1000);
    int opened = bl_out_open(&o, path, false, quiet());
    int first = opened ? -1 : bl_out_append(&o, block, sizeof block);
    bl_out_safe(&o, 123);
    int more = bl_out_append(&o, block, sizeof block) + bl_out_append(&o, block, 1) + bl_out_patch(&o, 0, block, 1);
    limit_files(0);
    ck_assert_int_eq(opened, 0);
    ck_assert_int_eq(first, 0);
    ck_assert_int_eq(more, -3);
    ck_assert_uint_eq(quiet()->errors, errors + 1);
    ck_assert(strstr(last_message, path) && strstr(last_message, "File too large") && strstr(last_message, "123 fs"));
    ck_assert_int_eq(bl_out_close(&o), -1);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_size, sizeof block);
    unlink(path);
}
END_TEST

/* Some file systems tell of a full disk only at the close: then the trace is not whole, and nothing waits beside it. Here the
 * descriptor is gone. */
START_TEST(close_fails)
{
    char *path = scratch("close");
    struct bl_out o;
    unsigned errors = quiet()->errors;

    ck_assert_int_eq(bl_out_open(&o, path, _i, quiet()), 0);
    ck_assert_int_eq(bl_out_append(&o, "x", 1), 0);
    bl_out_safe(&o, 7000);
    ck_assert_int_eq(close(o.fd), 0);
    ck_assert_int_eq(bl_out_close(&o), -1);
    ck_assert_uint_eq(quiet()->errors, errors + 1);
    ck_assert_msg(strstr(last_message, "close: cannot write: Bad file descriptor; the trace on disk is readable up to 7000 fs"), "%s", last_message);
    ck_assert_ptr_null(unpublished(path));
    ck_assert_int_eq(access(path, F_OK), _i ? -1 : 0);
    unlink(path);
}
END_TEST

/* Each way to write fails once, with one message; nothing was safe yet. */
START_TEST(each_call_fails)
{
    for (int call = 0; call < 3; call++) {
        char *path = scratch("gone");
        struct bl_out o;
        unsigned errors = quiet()->errors;
        ck_assert_int_eq(bl_out_open(&o, path, false, quiet()), 0);
        int fd = o.fd;
        o.fd = -1;
        ck_assert_int_eq(call == 0 ? bl_out_append(&o, "x", 1) : call == 1 ? bl_out_patch(&o, 0, "x", 1) : bl_out_cut(&o, 0), -1);
        ck_assert_msg(strstr(last_message, "Bad file descriptor; nothing of the trace is on disk;"), "%s", last_message);
        o.fd = fd;
        ck_assert_int_eq(bl_out_append(&o, "x", 1) + bl_out_patch(&o, 0, "x", 1) + bl_out_cut(&o, 0) + bl_out_publish(&o), -4);
        ck_assert_uint_eq(quiet()->errors, errors + 1);
        ck_assert_int_eq(bl_out_close(&o), -1);
        holds(path, "");
        unlink(path);
    }
}
END_TEST

/* What is cut off is written anew; the file that is replaced hands on who may read it. */
START_TEST(cut_and_modes)
{
    char *path = scratch("cut");
    struct bl_out o;
    struct stat st;
    FILE *f = fopen(path, "w");

    fclose(f);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(bl_out_open(&o, path, _i, quiet()), 0);
    ck_assert(bl_out_regular(&o));
    ck_assert_int_eq(bl_out_append(&o, "0123456789", 10), 0);
    ck_assert_int_eq(bl_out_cut(&o, 4), 0);
    ck_assert_uint_eq(o.end, 4);
    ck_assert_int_eq(bl_out_append(&o, "abc", 3), 0);
    ck_assert_uint_eq(o.end, 7);
    ck_assert_int_eq(bl_out_patch(&o, 1, "XY", 2), 0);
    ck_assert_int_eq(_i ? bl_out_publish(&o) : 0, 0);
    ck_assert_int_eq(bl_out_close(&o), 0);
    holds(path, "0XY3abc");
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    unlink(path);
}
END_TEST

/* A folder cannot be replaced; a name in no folder cannot be made; a folder that is taken away meanwhile. */
START_TEST(nowhere)
{
    char *folder = scratch("folder"), *inside = joined(folder, "/x");
    struct bl_out o;

    ck_assert_int_eq(bl_out_open(&o, inside, _i, quiet()), -1);
    ck_assert_msg(strstr(last_message, "x: cannot create: No such file or directory; choose a directory"), "%s", last_message);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(bl_out_open(&o, folder, _i, quiet()), -1);
    ck_assert_msg(strstr(last_message, _i ? "is no regular file; this form is renamed into place" : "cannot create: Is a directory"), "%s",
                  last_message);
    ck_assert_int_eq(bl_out_open(&o, inside, true, quiet()), 0);
    char *tmp = unpublished(inside);
    ck_assert_ptr_nonnull(tmp);
    ck_assert_int_eq(unlink(tmp), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(bl_out_publish(&o), -1);
    ck_assert_msg(strstr(last_message, "x: cannot write: No such file or directory"), "%s", last_message);
    ck_assert_int_eq(bl_out_close(&o), -1);
}
END_TEST

static const struct { uint64_t count; int exponent; const char *between, *text; } ticks[] = {
    { 5, 0, " ", "5 s" }, { 5, -1, " ", "500 ms" }, { 5, -2, " ", "50 ms" }, { 5, -3, " ", "5 ms" }, { 5, -4, "", "500us" }, { 0, -4, " ", "0 us" },
    { 5, 1, " ", "50 s" }, { 5, 2, " ", "500 s" }, { 123, -15, " ", "123 fs" }, { 123, -16, " ", "12300 as" }, { 7, -21, " ", "7 zs" },
    { 7, -14, " ", "70 fs" }, { UINT64_MAX, -9, " ", "18446744073709551615 ns" },
};
START_TEST(ticks_as_text)
{
    char buf[BL_TICKS_TEXT];

    ck_assert_str_eq(bl_ticks_text(ticks[_i].count, ticks[_i].exponent, ticks[_i].between, buf), ticks[_i].text);
}
END_TEST

/* A pipe is written like a file, as a live viewer wants it. */
START_TEST(pipes)
{
    char *path = scratch("pipe"), got[20] = "";
    struct bl_out o;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    FILE *f = NULL;
    pid_t pid = fork();
    if (pid == 0) {
        int rc = bl_out_open(&o, path, false, quiet()) || bl_out_append(&o, "live", 4) || bl_out_close(&o);
        _exit(rc);
    }
    ck_assert_ptr_nonnull(f = fopen(path, "rb"));
    ck_assert_uint_eq(fread(got, 1, 10, f), 4);
    ck_assert_str_eq(got, "live");
    int status;
    waitpid(pid, &status, 0);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fclose(f);
    unlink(path);
}
END_TEST

Suite *suite_out(void);
Suite *suite_out(void)
{
    Suite *s = suite_create("out");
    TCase *t = tcase_create("out");

    tcase_add_loop_test(t, numbers, 0, 13);
    tcase_add_test(t, texts);
    tcase_add_test(t, growth);
    tcase_add_loop_test(t, beside, 0, 2);
    tcase_add_loop_test(t, links, 0, 2);
    tcase_add_test(t, not_through_a_trap);
    tcase_add_loop_test(t, one_at_a_time, 0, 2);
    tcase_add_test(t, full);
    tcase_add_test(t, pipes);
    tcase_add_loop_test(t, close_fails, 0, 2);
    tcase_add_test(t, each_call_fails);
    tcase_add_loop_test(t, cut_and_modes, 0, 2);
    tcase_add_loop_test(t, nowhere, 0, 2);
    tcase_add_loop_test(t, ticks_as_text, 0, (int)(sizeof ticks / sizeof *ticks));
    suite_add_tcase(s, t);
    return s;
}

/* test_io.c - files as a whole: read with a bound, saved beside and renamed, links kept, nothing left behind when it fails. */
#include "platforms/file/io.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME = 512 };
static char dir[NAME];

static void folder(void)
{
    const char *tmp = getenv("BL_TMP");

    ck_assert_int_lt(snprintf(dir, sizeof dir, "%s/io%ld", tmp ? tmp : "/tmp", (long)getpid()), (int)sizeof dir);
    mkdir(dir, 0777);
}

static char *in_dir(const char *name, char *buf)
{
    ck_assert_int_lt(snprintf(buf, NAME, "%s/%s", dir, name), NAME);
    return buf;
}

static void holds(const char *path, const char *text)
{
    struct heard h;
    size_t n;
    char *bytes = bl_read_all(path, &n, heard_start(&h));

    ck_assert_msg(bytes != NULL, "%s", h.text);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_str_eq(bytes, text);
    free(bytes);
}

/* Lengths around the sizes in which a reader grows, with bytes of every value, whole and up to a bound. */
START_TEST(reads_every_length)
{
    static const size_t lengths[] = { 0, 1, 4095, 4096, 4097, 8191, 8192, 65535, 65536, 65537, 200001 };
    size_t n = lengths[_i], got;
    unsigned char *bytes = malloc(n + 1);
    struct heard h;
    char path[NAME];

    folder();
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 37 >> 3);
    ck_assert_msg(bl_save_all(in_dir("a", path), bytes, n, heard_start(&h)) == 0, "%s", h.text);
    unsigned char *back = bl_read_all(path, &got, &h.diag);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_eq(got, n);
    ck_assert(!memcmp(back, bytes, n) && back[n] == '\0');
    free(back);
    for (size_t most = 1; most < n + 2; most = most * 5 + 3) {
        ck_assert_ptr_nonnull(back = bl_read_some(path, "", most, &got, &h.diag));
        ck_assert_uint_eq(got, most < n ? most : n);
        ck_assert(!memcmp(back, bytes, got));
        free(back);
    }
    free(bytes);
}
END_TEST

/* No file is left that was to be renamed. */
static void nothing_beside(void)
{
    char pattern[NAME];
    glob_t g;

    ck_assert_msg(glob(in_dir("*.tmp", pattern), 0, NULL, &g) == GLOB_NOMATCH, "%s stays", g.gl_pathv ? g.gl_pathv[0] : "?");
    globfree(&g);
}

START_TEST(saves_beside)
{
    struct heard h;
    char path[NAME], link[NAME], real[NAME];
    struct stat st;

    folder();
    in_dir("file", path);
    ck_assert_int_eq(bl_save_all(path, "old", 3, heard_start(&h)), 0);
    ck_assert_int_eq(bl_save_all(path, "newer", 5, &h.diag), 0);
    holds(path, "newer");
    ck_assert_int_eq(symlink("file", in_dir("link", link)), 0);
    ck_assert_int_eq(bl_save_all(link, "by link", 7, &h.diag), 0);
    ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    holds(in_dir("file", real), "by link");
    ck_assert_int_eq(unlink(real), 0);
    ck_assert_int_eq(bl_save_all(link, "link to nothing", 15, &h.diag), 0);
    ck_assert(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    holds(real, "link to nothing");
    ck_assert_int_eq(chmod(real, 0640), 0);
    ck_assert_int_eq(bl_save_all(path, "newer", 5, &h.diag), 0);
    ck_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
    nothing_beside();
    ck_assert_int_eq(bl_save_all("/dev/null", "gone", 4, &h.diag), 0);
    ck_assert(stat("/dev/null", &st) == 0 && !S_ISREG(st.st_mode));
    ck_assert_uint_eq(h.n, 0);
}
END_TEST

/* A full disk: the old file is as it was, and nothing stands beside it. */
START_TEST(fails_whole)
{
    static char large[20000];
    struct heard h;
    char path[NAME], trap[NAME], told[3 * NAME];

    folder();
    in_dir("none/file", path);
    ck_assert_int_eq(bl_save_all(path, "x", 1, heard_start(&h)), -1);
    snprintf(told, sizeof told, "%s: cannot be written: No such file or directory", path);
    ck_assert_str_eq(h.text, told);
    in_dir("kept", path);
    ck_assert_int_eq(bl_save_all(path, "kept", 4, heard_start(&h)), 0);
    ck_assert_int_eq(symlink("kept", in_dir("kept.tmp", trap)), 0);         /* a name that was once used for this is left alone */
    struct rlimit small = { 10000, RLIM_INFINITY }, any = { RLIM_INFINITY, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    int status = bl_save_all(path, large, sizeof large, heard_start(&h));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    ck_assert_int_eq(status, -1);
    snprintf(told, sizeof told, "%s: cannot be written: File too large", path);
    ck_assert_str_eq(h.text, told);
    holds(path, "kept");
    ck_assert_int_eq(unlink(trap), 0);
    nothing_beside();
    ck_assert_int_eq(bl_save_all("/dev/full", "lost", 4, heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "/dev/full: cannot be written: No space left on device");
}
END_TEST

/* What has no end is not read to it; what is larger than the caller expects is refused before it is read. */
START_TEST(too_large)
{
    struct heard h;
    char path[NAME], told[2 * NAME];
    size_t n;

    folder();
    in_dir("large", path);
    ck_assert_int_eq(bl_save_all(path, "x", 1, heard_start(&h)), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY }), 0);       /* whoever runs this may have one */
    ck_assert_int_eq(truncate(path, (off_t)5 << 40), 0);           /* a hole: 5 TiB */
    ck_assert_ptr_null(bl_read_all(path, &n, &h.diag));
    snprintf(told, sizeof told, "%s: holds more than 16384 MiB, expected at most so much of such a file", path);
    ck_assert_str_eq(h.text, told);
    ck_assert_ptr_null(bl_read_most(path, (size_t)3 << 20, &n, heard_start(&h)));
    ck_assert_msg(strstr(h.text, "more than 3 MiB") != NULL, "%s", h.text);
    ck_assert_int_eq(truncate(path, (off_t)3 << 20), 0);
    void *b = bl_read_most(path, (size_t)3 << 20, &n, heard_start(&h));
    ck_assert(b && n == (size_t)3 << 20 && h.n == 0);
    free(b);
    ck_assert_ptr_null(bl_read_most("/dev/zero", (size_t)1 << 20, &n, heard_start(&h)));
    ck_assert_str_eq(h.text, "/dev/zero: holds more than 1 MiB, expected at most so much of such a file when it is no regular one");
    ck_assert_ptr_null(bl_read_all("/dev/zero", &n, heard_start(&h)));
    ck_assert_str_eq(h.text, "/dev/zero: holds more than 256 MiB, expected at most so much of such a file when it is no regular one");
}
END_TEST

START_TEST(may_save)
{
    struct heard h;
    char path[NAME], told[3 * NAME];

    folder();
    ck_assert_int_eq(bl_may_save(in_dir("new", path), heard_start(&h)), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(bl_may_save(dir, heard_start(&h)), -1);
    snprintf(told, sizeof told, "%s: is a folder; expected the name of a file to write", dir);
    ck_assert_str_eq(h.text, told);
    ck_assert_int_eq(bl_may_save(in_dir("none/x", path), heard_start(&h)), -1);
    snprintf(told, sizeof told, "%s: cannot be written: %s/none: No such file or directory; make the folder first", path, dir);
    ck_assert_str_eq(h.text, told);
    ck_assert_int_eq(bl_may_save("/dev/null", heard_start(&h)), 0);
    ck_assert_int_eq(bl_may_replace("/dev/null", heard_start(&h)), -1);
    ck_assert_str_eq(h.text, "/dev/null: is no regular file; expected the name of a file to write");
}
END_TEST

START_TEST(same_files)
{
    struct heard h;
    char a[NAME], b[NAME], c[NAME];

    folder();
    in_dir("a", a);
    in_dir("./a", b);
    in_dir("c", c);
    ck_assert(!bl_same_file(a, c));
    ck_assert_int_eq(bl_save_all(a, "", 0, heard_start(&h)), 0);
    ck_assert(bl_same_file(a, b));
    ck_assert(!bl_same_file(a, c));
    ck_assert_int_eq(symlink("a", c), 0);
    ck_assert(bl_same_file(a, c));
    ck_assert(bl_same_file("./not_there", "not_there") && !bl_same_file("not_there", "nor_there"));
    char sub[NAME], up[NAME], dangling[NAME];
    mkdir(in_dir("sub", sub), 0777);
    ck_assert(bl_same_file(in_dir("q", a), in_dir("sub/../q", up)));                /* of a file that is not there yet */
    ck_assert_int_eq(symlink("sub/../q", in_dir("dangling", dangling)), 0);
    ck_assert(bl_same_file(a, dangling) && bl_same_file(dangling, up) && !bl_same_file(dangling, in_dir("sub/q", b)));
    ck_assert_int_eq(symlink(".", in_dir("self", b)), 0);
    ck_assert(bl_same_file(in_dir("self/self/q", c), dangling));
    ck_assert_int_eq(bl_save_all(a, "", 0, &h.diag), 0);
    ck_assert(bl_same_file(a, dangling) && bl_same_file(c, up));
    ck_assert_int_eq(link(a, in_dir("hard", b)), 0);
    ck_assert(bl_same_file(a, b));
    ck_assert(!bl_same_file("/dev/null", "/dev/null"));      /* no file that one could destroy */
}
END_TEST

/* Links are followed as far as the system does: 40 of them. */
START_TEST(a_chain_of_links)
{
    char name[NAME], to[NAME], path[NAME];
    struct heard h;

    folder();
    ck_assert_int_eq(bl_save_all(in_dir("end", path), "", 0, heard_start(&h)), 0);
    for (int i = 1; i <= 40; i++) {
        snprintf(to, sizeof to, i == 1 ? "end" : "l%d", i - 1);
        char own[16];
        snprintf(own, sizeof own, "l%d", i);
        ck_assert_int_eq(symlink(to, in_dir(own, name)), 0);
    }
    char *far = bl_real_name(in_dir("l40", name)), *end = bl_real_name(path);
    ck_assert_str_eq(far, end);
    free(far);
    free(end);
}
END_TEST

START_TEST(texts)
{
    struct heard h;
    struct bl_text t;
    char path[NAME];

    folder();
    ck_assert_int_eq(bl_text_open(&t, in_dir("text", path), heard_start(&h)), 0);
    for (int i = 0; i < 3000; i++)
        fprintf(t.out, "%d\n", i % 10);
    ck_assert_int_eq(bl_text_save(&t, path, &h.diag), 0);
    size_t n;
    char *all = bl_read_all(path, &n, &h.diag);
    ck_assert_uint_eq(n, 6000);
    ck_assert_int_eq(strncmp(all + 5996, "8\n9\n", 4), 0);
    free(all);
    ck_assert_int_eq(bl_text_open(&t, "/dev/null", heard_start(&h)), 0);
    ck_assert_int_eq(bl_text_save(&t, "/dev/null", &h.diag), -1);
    ck_assert_str_eq(h.text, "/dev/null: is no regular file; expected the name of a file to write");
}
END_TEST

Suite *suite_io(void);
Suite *suite_io(void)
{
    Suite *s = suite_create("io");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, reads_every_length, 0, 11);
    tcase_add_test(tc, saves_beside);
    tcase_add_test(tc, fails_whole);
    tcase_add_test(tc, too_large);
    tcase_add_test(tc, may_save);
    tcase_add_test(tc, same_files);
    tcase_add_test(tc, a_chain_of_links);
    tcase_add_test(tc, texts);
    suite_add_tcase(s, tc);
    return s;
}

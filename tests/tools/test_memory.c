/* test_memory.c - memory that runs out: the n-th allocation of the program or of a library that it uses fails, for many n. It must end with
 * a message and status 2, or give the very bytes that it gives otherwise, where the allocation was not needed; never crash, and nothing in
 * between. Every command is tried. */
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"
#include "tools/commands.h"
#include "traces/traces.h"
#include "traces/wave_read.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long fail_at;                     /* the allocation that fails, counted down; 0: none */
static long counted;                     /* allocations so far */

static bool fails(void) { return counted++, fail_at > 0 && --fail_at == 0; }

/* The whole process allocates here, its libraries as well; under a sanitizer, which has an allocator of its own, only what is ours. */
#if defined __SANITIZE_ADDRESS__
#define HERE(name) __wrap_##name
#define THERE(name) __real_##name
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define HERE(name) __wrap_##name
#define THERE(name) __real_##name
#endif
#endif
#ifndef HERE
#define HERE(name) name
#define THERE(name) __libc_##name
#endif
void *THERE(malloc)(size_t n);
void *THERE(calloc)(size_t n, size_t size);
void *THERE(realloc)(void *p, size_t n);
void *HERE(malloc)(size_t n);
void *HERE(calloc)(size_t n, size_t size);
void *HERE(realloc)(void *p, size_t n);

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}
void *HERE(malloc)(size_t n) { return fails() ? none() : THERE(malloc)(n); }
void *HERE(calloc)(size_t n, size_t size) { return fails() ? none() : THERE(calloc)(n, size); }
void *HERE(realloc)(void *p, size_t n) { return fails() ? none() : THERE(realloc)(p, n); }

/* ---- calls of the system that fail: the n-th of read, write, close, rename or truncate, in our own code ---- */

static long io_fail_at, io_counted;

static bool io_fails(void)
{
    bool now = io_fail_at > 0 && --io_fail_at == 0;

    io_counted++;
    errno = now ? EIO : errno;
    return now;
}

ssize_t read(int fd, void *to, size_t n) { return io_fails() ? -1 : syscall(SYS_read, fd, to, n); }
ssize_t write(int fd, const void *from, size_t n) { return io_fails() ? -1 : syscall(SYS_write, fd, from, n); }
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return io_fails() ? -1 : syscall(SYS_pwrite64, fd, from, n, at); }
int rename(const char *from, const char *to) { return io_fails() ? -1 : (int)syscall(SYS_rename, from, to); }
int ftruncate(int fd, off_t n) { return io_fails() ? -1 : (int)syscall(SYS_ftruncate, fd, n); }

int close(int fd)
{
    bool fails = io_fails();
    int rc = (int)syscall(SYS_close, fd);

    errno = fails ? EIO : errno;       /* the file is closed all the same */
    return fails ? -1 : rc;
}

/* ---- every command: whole, or refused with a message ---------------------------------------------- */

enum { NAME = 700, WORDS = 16, MOST_FILES = 8 };

/* @NAME is a file of this test that is written by the command, !NAME one that is there before. */
static const char *const commands[][WORDS] = {
    { "check", "back_pressure" },
    { "check", "osa_hcim", "--net", "fashion_cnn" },
    { "run", "back_pressure", "--until", "1 us", "--quiet" },
    { "run", "osa_hcim", "--images", "1", "--until", "1 us", "--quiet", "--report-json", "@r.json", "--report-html", "@r.html" },
    { "run", "back_pressure", "--until", "2 us", "-q", "--trace", "@t.fst", "--trace", "@t.vcd.gz", "--timeline", "@t.json", "-o", "@r.txt" },
    { "run", "back_pressure", "--until", "2 us", "-q", "--timeline", "@t.kanata", "--save-at", "1 us", "@s.snap", "--report", "json" },
    { "run", "back_pressure", "--until", "2 us", "-q", "--restore", "!s.snap" },
    { "run", "back_pressure", "--until", "1 us", "-q", "--races", "1" },
    { "run", "back_pressure", "--until", "1 us", "-q", "--why", "sink[1].x@500ns" },
    { "report", "!r.json" }, { "report", "!o.json", "--report", "html", "-o", "@r.html", "--tech", "platforms/osa_hcim/tech/65nm.yaml" },
    { "compare", "!r.json", "!q.json", "--all" }, { "compare", "!r.json", "!q.json", "!o.json" }, { "report", "!r.json", "--as", "csv" },
    { "sweep", "report", "!w.sqlite", "--as", "json", "-o", "@w.json" }, { "sweep", "report", "!w.sqlite", "--pareto", "max seed, min simulated_s" }, { "study" },
    { "calibrate", "osa_hcim", "--images", "1", "-o", "@c.yaml" },
    { "ls" }, { "ls", "--json", "classes" },
    { "show", "adder_tree" }, { "show", "adder_tree", "--json" }, { "show", "back_pressure" }, { "show", "osa_hcim", "--json" },
    { "show", "back_pressure", "--signals" }, { "show", "osa_hcim", "adc" },
    { "trace", "info", "!t.vcd", "--signals" }, { "trace", "convert", "!t.vcd", "@u.fst" }, { "trace", "cut", "!t.fst", "-o", "@u.vcd.gz", "--watch", "gen*" },
    { "trace", "diff", "!t.fst", "!t.vcd" },
    { "cost", "jia_isscc21" }, { "cost", "isscc22_11_7", "--as", "platform" }, { "cost", "isscc22_11_7", "--as", "tech" },
    { "cost", "tu_isscc22", "--net", "lenet5_mnist", "--as", "csv" }, { "net", "lenet5_mnist", "--on", "chih_isscc21", "--objective", "edp" },
    { "run", "imc", "--images", "1", "-q", "--analytical", "--report-json", "@r.json" },
    { "prune", "fashion_cnn", "--fta", "--sparsity", "0.5", "-o", "@p.onnx" }, { "prune", "lenet5_mnist", "--fta", "--as", "json" },
    { "run", "back_pressure", "--until", "2 us", "-q", "--interval", "300 ns", "--report-json", "@r.json" },
    { "compare", "!r.json", "!q.json", "--as", "html", "-o", "@c.html" }, { "sweep", "report", "!w.sqlite", "--as", "html", "-o", "@w.html" },
    { "quantise", "fashion_cnn", "--w-bits", "3", "--a-bits", "6", "--images", "2", "-o", "@f.onnx" },
    { "quantise", "fashion_cnn", "--sensitivity", "--w-bits", "3", "--mean-bits", "5", "--images", "1", "-o", "@f.csv", "--as", "json" },
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static char *file_of(const char *name, char *buf)
{
    const char *dir = getenv("BL_TMP");

    snprintf(buf, NAME, "%s/mem%ld.%s", dir && *dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

/* Exit status of a child that runs the words with its n-th allocation (of_system: call of the system) failing; -1 when a signal ended it. How
 * many it made, to *made. */
static int with_failure(bool of_system, long n, const char *const *word, char *const *filled, const char *out, const char *err, long *made)
{
    int status, tell[2];
    ck_assert_int_eq(pipe(tell), 0);
    fflush(NULL);
    pid_t child = fork();

    if (child == 0) {
        char *argv[WORDS + 2] = { (char[]){ "bitline" } };
        struct bl_diag diag = { 0 };
        int argc = 1;
        for (; word[argc - 1]; argc++)
            argv[argc] = filled[argc - 1];
        if (!freopen(out, "w", stdout) || !freopen(err, "w", stderr))
            _exit(98);
        counted = io_counted = 0;
        *(of_system ? &io_fail_at : &fail_at) = n;
        int rc = bl_main(argc, argv, &diag);
        fail_at = io_fail_at = 0;
        long *made_here = of_system ? &io_counted : &counted;
        (void)!write(tell[1], made_here, sizeof *made_here);
        fflush(stderr);
        _exit(rc);
    }
    close(tell[1]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    *made = 0;
    (void)!read(tell[0], made, sizeof *made);
    close(tell[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void make_inputs(void)
{
    static const char *const makers[][WORDS] = {
        { "run", "back_pressure", "--until", "2 us", "-q", "--report-json", "!r.json", "--save-at", "1 us", "!s.snap", "--trace", "!t.fst", "--trace", "!t.vcd" },
        { "run", "back_pressure", "--until", "1 us", "-q", "--report-json", "!q.json" },
        { "sweep", "back_pressure", "--until", "1 us", "-q", "--vary=--seed=1,2", "--db", "!w.sqlite" },
        { "run", "osa_hcim", "--images", "1", "--until", "1 us", "-q", "--report-json", "!o.json" } };
    char room[WORDS][NAME], *filled[WORDS];
    long made;

    for (size_t k = 0; k < sizeof makers / sizeof makers[0]; k++) {
        for (int i = 0; i < WORDS && makers[k][i]; i++)
            filled[i] = makers[k][i][0] == '!' ? file_of(makers[k][i] + 1, room[i]) : strcpy(room[i], makers[k][i]);
        ck_assert_int_ne(with_failure(false, 0, makers[k], filled, "/dev/null", "/dev/null", &made), BL_REFUSED);
    }
}

static unsigned char *bytes_of(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    unsigned char *b = NULL;

    *n = 0;
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    b = malloc(*n + 1);
    ck_assert(b && fread(b, 1, *n, f) == *n);
    fclose(f);
    return b;
}

struct kept { char path[NAME]; unsigned char *bytes; size_t n; };

static bool same_bytes(const struct kept *k)
{
    size_t n;
    unsigned char *b = bytes_of(k->path, &n);
    bool same = b && n == k->n && !memcmp(b, k->bytes, n);

    free(b);
    return same;
}

/* Each n-th fails: the same bytes, or refused with a message. Returns how often it was refused. */
static int each_fails(const char *const *word, bool of_system)
{
    char room[WORDS][NAME], *filled[WORDS], out[NAME], err[NAME];
    struct kept kept[MOST_FILES];
    size_t nkept = 1;
    long all, made;
    int bad = 0, refused = 0;

    make_inputs();
    strcpy(kept[0].path, file_of("out", out));
    file_of("err", err);
    for (int i = 0; i < WORDS && word[i]; i++) {
        filled[i] = strchr("@!", word[i][0]) ? file_of(word[i] + 1, room[i]) : strcpy(room[i], word[i]);
        if (word[i][0] == '@')
            strcpy(kept[nkept++].path, filled[i]);
    }
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    int want = with_failure(of_system, 0, word, filled, out, err, &all);
    clock_gettime(CLOCK_MONOTONIC, &to);
    const bool slow = to.tv_sec - from.tv_sec + (to.tv_nsec - from.tv_nsec) / 1e9 > 0.4;       /* then fewer of them */
    ck_assert_msg((want == BL_DONE || want == BL_WRONG) && all > 1, "exit %d, %ld calls", want, all);
    for (size_t k = 0; k < nkept; k++)
        ck_assert_ptr_nonnull(kept[k].bytes = bytes_of(kept[k].path, &kept[k].n));
    const long step = all / (slow ? fewer(12, 3) : fewer(110, 20)) + 1;
    for (long n = 1; n <= all; n += n < (slow ? fewer(6, 3) : fewer(40, 15)) ? 1 : step) {
        int status = with_failure(of_system, n, word, filled, out, err, &made);
        size_t said, k = 0;
        free(bytes_of(err, &said));
        while (k < nkept && (status != want || same_bytes(&kept[k])))
            k++;
        if (status == want && k == nkept)
            continue;
        refused += status == BL_REFUSED;
        if (status == BL_REFUSED && said)
            continue;
        printf("%s %ld of %ld of `%s %s`: exit %d, %zu bytes of message%s%s\n", of_system ? "call" : "allocation", n, all, word[0], word[1] ? word[1] : "", status, said,
               k < nkept && status == want ? ", another " : "", k < nkept && status == want ? kept[k].path : "");
        bad++;
    }
    ck_assert_int_eq(bad, 0);
    for (size_t k = 0; k < nkept; k++) {
        free(kept[k].bytes);
        unlink(kept[k].path);
    }
    return refused;
}

START_TEST(nth_allocation) { ck_assert_int_ge(each_fails(commands[_i], false), 2); }
END_TEST

/* A trace that fails while it is written stays, readable up to there, and so do files that were whole before. */
START_TEST(nth_call)
{
    static const int which[] = { 0, 3, 4, 5, 6, 9, 10, 22, 23 };

    ck_assert_int_ge(each_fails(commands[which[_i]], true), 1);
}
END_TEST

/* ---- readers and writers of waves ------------------------------------------------------------------ */

/* Reads one trace and writes another: 0, or 2 when that was refused. */
static int convert(const char *from, const char *to, struct bl_diag *diag)
{
    struct bl_wave_source *s = bl_wave_source_open(from, diag);
    const struct bl_wave_ops *out = bl_wave_writer(to);
    int rc = s ? 1 : -1;

    if (s) {
        const struct bl_wave_head *h = bl_wave_source_head(s);
        struct bl_wave *w = bl_wave_open_unit(out, h->exponent, to, h->vars, h->nvars, h->start, diag);
        while (w && rc > 0)
            rc = bl_wave_source_step(s, out, w);
        rc = !w || out->close(w, h->end) ? -1 : rc;
        bl_wave_source_close(s);
    }
    return (rc < 0) != (diag->errors > 0) ? 99 : rc < 0 ? BL_REFUSED : BL_DONE;
}

static void no_line(void *ctx, const char *line) { (void)ctx; (void)line; }

START_TEST(nth_of_trace)
{
    static const char *const from[] = { "bitline.fst", "wrapped.fst", "small.vcd", "small.vcd.gz", "gtkwave_F.fst", "gtkwave_4.fst" };
    const char *dir = getenv("BL_TMP");
    char source[100], to[700];
    int status, refused = 0;

    snprintf(source, sizeof source, "tests/fuzz/corpus/%s", from[_i]);
    snprintf(to, sizeof to, "%s/nth_%ld.%s", dir && *dir ? dir : "/tmp", (long)getpid(), _i % 2 ? "vcd.gz" : "fst");
    for (long n = 1; n < 150; n += n < 40 ? 1 : fewer(1, 6)) {
        pid_t child = fork();
        if (child == 0) {
            struct bl_diag diag = { .put = no_line };
            fail_at = n;
            _exit(convert(source, to, &diag));
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == BL_DONE || WEXITSTATUS(status) == BL_REFUSED),
                      "allocation %ld for %s: status %x", n, source, (unsigned)status);
        refused += WEXITSTATUS(status) == BL_REFUSED;
    }
    ck_assert_int_ge(refused, 15);
    ck_assert_int_eq(status, 0);
    unlink(to);
}
END_TEST

Suite *suite_memory(void);
Suite *suite_memory(void)
{
    Suite *s = suite_create("memory");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, nth_allocation, 0, COMMANDS);
    tcase_add_loop_test(tc, nth_call, 0, 9);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, nth_of_trace, 0, 6);
    suite_add_tcase(s, tc);
    return s;
}

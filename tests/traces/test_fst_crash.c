/* test_fst_crash.c - what is left of an FST file after a crash: killed, cut and full-disk files are read by fst2vcd and by our
 * own reader up to their last whole block. */
#include "tests/rigs/effort.h"
#include "tests/rigs/fst_walk.h"
#include "tests/rigs/wave_rig.h"
#include "traces/fst.h"
#include "traces/out.h"

static const struct trace LONG = { MIXED, NMIXED, 21, 1000, 5000, 120, 10, 0 };

static size_t distinct_times(const struct dump *d)
{
    size_t n = d->n > 0;

    for (size_t i = 1; i < d->n; i++)
        n += d->at[i].time != d->at[i - 1].time;
    return n;
}

/* d is what a whole run has up to d's last time. */
static void is_prefix(const struct dump *d)
{
    char *path = scratch("whole.fst");

    bl_fst_block_bytes(0);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &LONG), 0);
    struct dump all = read_fst(path);
    size_t n = 0;
    ck_assert_uint_gt(d->n, 0);
    while (n < all.n && all.at[n].time <= d->at[d->n - 1].time)
        n++;
    struct dump part = all;
    part.n = n;
    same_dumps(&part, d);
    free_dump(&all);
    unlink(path);
}

static void run_killed(const struct bl_wave_ops *ops, const char *path, unsigned long writes)
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        bl_fst_block_bytes(1);         /* every step is a block: three writes each */
        bl_out_kill_after(writes);
        tell(ops, path, &LONG);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Killed after any of the first 50 writes, and after 50 later ones. Write 1 is the whole beginning, under another name;
 * then a block, its type, the header. Both readers find every finished block, no more. */
START_TEST(killed)
{
    char *whole = scratch("whole.fst"), *path = scratch("killed.fst");
    const struct bl_wave_ops *ops = bl_wave_writer_as("a.fst", _i ? BL_WAVE_ZLIB : 0);
    uint64_t rnd = 99;

    ck_assert_int_eq(tell(ops, whole, &LONG), 0);
    struct dump all = read_ours(whole);
    for (unsigned long i = (unsigned)_i; i < 100; i += (unsigned)fewer(2, 12)) {
        unsigned long writes = i < 50 ? i + 1 : 51 + draw(&rnd) % 290;
        unlink(path);
        run_killed(ops, path, writes);
        if (writes == 1) {
            ck_assert_int_ne(access(path, F_OK), 0);
            unlink(unpublished(path));
            continue;
        }
        struct dump d = read_fst(path), part = all;
        ck_assert_uint_eq(distinct_times(&d), 1 + writes / 3);
        for (part.n = 0; part.n < all.n && all.at[part.n].time <= d.last; part.n++)
            ;
        same_dumps(&part, &d);
        ours_agrees(path, &d);
        free_dump(&d);
    }
    free_dump(&all);
    unlink(whole);
    unlink(path);
}
END_TEST

static void write_file(const char *path, const uint8_t *b, size_t n)
{
    FILE *f = fopen(path, "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(b, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* Killed inside the write of a block: at every byte of it, the blocks before it are read, exactly. fst2vcd is asked at each
 * byte near the block's ends, where its lengths are, and at some in between. */
START_TEST(torn_block)
{
    enum { WRITES = 3 * 5 + 2 };
    char *path = scratch("torn.fst");
    size_t n, at = 330;
    int rc;

    run_killed(&bl_fst_writer, path, WRITES);
    uint8_t *b = file_bytes(path, &n);
    while (b[at] != 255)
        at += 1 + be64(b + at + 1);
    ck_assert_uint_eq(at + 1 + be64(b + at + 1), n);
    struct dump whole = read_fst(path);
    ck_assert_uint_eq(distinct_times(&whole), 1 + 5);
    is_prefix(&whole);
    for (size_t cut = at; cut <= n; cut += cut == n ? 1 : cut + every(5) < n ? every(5) : n - cut) {
        struct bl_wave_source *s = bl_wave_source_bytes("torn", b, cut, quiet());
        ck_assert_msg(s != NULL, "%s", last_message);
        ck_assert_uint_eq(bl_wave_source_head(s)->torn_at, cut > at && cut < n ? at : 0);
        struct dump d = step_all(s, &rc);
        ck_assert_int_eq(rc, 0);
        same_dumps(&whole, &d);
        free_dump(&d);
        if (cut > at && !quick() && (cut < at + 60 || cut > n - 40 || cut % 61 == 0)) {
            write_file(path, b, cut);
            d = read_fst(path);
            same_dumps(&whole, &d);
            free_dump(&d);
        }
    }
    free_dump(&whole);
    free(b);
    unlink(path);
}
END_TEST

/* A file that was closed, cut anywhere (a copy that broke off): every block that is whole is read, nothing else. */
START_TEST(cut_copy)
{
    static const struct trace t = { MIXED, NMIXED, 3, 0, 50, 6, 2, 0 };
    char *path = scratch("cut.fst");
    size_t n;
    int rc;

    bl_fst_block_bytes(1);
    ck_assert_int_eq(tell(&bl_fst_writer, path, &t), 0);
    uint8_t *b = file_bytes(path, &n);
    struct dump all = read_ours(path);
    for (size_t cut = 0; cut < n; cut += every(5)) {
        struct bl_wave_source *s = bl_wave_source_bytes("cut", b, cut, quiet());
        if (!s) {
            ck_assert_msg(strstr(last_message, "cut: ") && (cut < 9 || strstr(last_message, "at byte")), "%s", last_message);
            continue;
        }
        struct dump d = step_all(s, &rc), part = all;
        ck_assert_int_eq(rc, 0);
        for (part.n = 0; part.n < all.n && all.at[part.n].time <= d.last; part.n++)
            ;
        same_dumps(&part, &d);
        free_dump(&d);
    }
    free_dump(&all);
    free(b);
    unlink(path);
}
END_TEST

/* No room after so many bytes: an error that names file and time, and a file that ends there. */
START_TEST(disk_full)
{
    static const rlim_t limits[] = { 100, 20000, 40000, 70000 };
    char *path = scratch("full.fst");
    uint64_t safe = 0;

    bl_fst_block_bytes(2000);
    limit_files(limits[_i]);
    int told = tell(&bl_fst_writer, path, &LONG);
    limit_files(0);
    ck_assert_int_eq(told, -1);
    ck_assert_ptr_nonnull(strstr(last_message, path));
    ck_assert_ptr_null(unpublished(path));
    if (_i == 0) {
        ck_assert_ptr_nonnull(strstr(last_message, "nothing of the trace is on disk"));
        ck_assert_int_ne(access(path, F_OK), 0);
        return;
    }
    const char *at = strstr(last_message, "up to ");
    ck_assert_msg(at && sscanf(at, "up to %" SCNu64 " fs", &safe) == 1, "%s", last_message);
    size_t n;
    uint8_t *b = file_bytes(path, &n);
    walk_fst(b, n);
    free(b);
    struct dump d = read_fst(path);
    ck_assert_uint_eq(d.last, safe);
    is_prefix(&d);
    ours_agrees(path, &d);
    free_dump(&d);
    unlink(path);
}
END_TEST

Suite *suite_fst_crash(void);
Suite *suite_fst_crash(void)
{
    Suite *s = suite_create("fst_crash");
    TCase *t = tcase_create("fst_crash");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, killed, 0, 2);
    tcase_add_test(t, torn_block);
    tcase_add_test(t, cut_copy);
    tcase_add_loop_test(t, disk_full, 0, 4);
    suite_add_tcase(s, t);
    return s;
}

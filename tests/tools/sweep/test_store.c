/* test_store.c - the database (store.c, store_rows.c): rows and claims of several programs, and what is wrong with a file. */
#include "tests/rigs/command_rig.h"
#include "tools/sweep/store.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char path[NAME];
static struct heard said;

static const char *key_of(int n)
{
    static char key[4][65];
    static int turn;

    turn = (turn + 1) % 4;
    snprintf(key[turn], 65, "%064d", n);
    return key[turn];
}

static struct bl_record record(int n, const char *state, const char *message)
{
    return (struct bl_record){ .key = key_of(n), .state = state, .platform = "p", .net = "n", .images = 1, .message = message, .command = "bitline run p", .seconds = 2,
                               .report = "{}", .nreport = 2, .attempts = 1 };
}

static struct bl_store *open_new(void)
{
    remove(scratch("db", path));
    struct bl_store *t = bl_store_open(path, true, heard_start(&said));

    ck_assert_msg(t != NULL, "%s", said.text);
    return t;
}

static void sql(const char *text)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void one_text(void *ctx, const struct bl_store_row *r)
{
    snprintf((char *)ctx + strlen(ctx), 400 - strlen(ctx), "%s%lld %s %s;", r->sweep, (long long)r->n, r->state, r->message ? r->message : "-");
}

/* ---- rows ---- */

START_TEST(a_row_that_is_done_stays)
{
    struct bl_store *t = open_new();
    struct bl_record failed = record(1, "failed", "first"), done = record(1, "done", "second"), again = record(1, "done", "third");
    json_t *axes = json_pack("[s]", "a"), *setting = json_pack("{s:s}", "a", "1");
    char text[400] = "";

    ck_assert_int_eq(bl_store_state(t, key_of(1)), BL_UNKNOWN);
    ck_assert_int_eq(bl_store_put(t, &failed), 0);
    ck_assert_int_eq(bl_store_state(t, key_of(1)), BL_ROW_FAILED);
    ck_assert_int_eq(bl_store_claim(t, key_of(1), false), 0);
    ck_assert_int_eq(bl_store_claim(t, key_of(1), true), 1);
    ck_assert_int_eq(bl_store_put(t, &done), 0);
    ck_assert_int_eq(bl_store_claim(t, key_of(1), true), 0);
    ck_assert_int_eq(bl_store_put(t, &again), 0);
    ck_assert_int_eq(bl_store_begin_sweep(t, "s", "bitline sweep", axes), 0);
    ck_assert_int_eq(bl_store_sweep_point(t, "s", 0, key_of(1), setting), 0);
    ck_assert_int_eq(bl_store_sweep_point(t, "s", 1, key_of(2), setting), 0);
    ck_assert_int_eq(bl_store_end_sweep(t), 0);
    ck_assert_int_eq(bl_store_rows(t, NULL, one_text, text), 0);
    ck_assert_str_eq(text, "s0 done second;s1 missing -;");
    ck_assert(bl_store_seconds(t, "p", "n", 1) == 2.0 && bl_store_seconds(t, "p", NULL, 1) < 0 && bl_store_seconds(t, "p", "n", 2) < 0);
    bl_store_close(t);
    json_decref(axes);
    json_decref(setting);
}
END_TEST

/* ---- claims ---- */

/* A program that claims key 1 and then waits. */
static pid_t other_program(void)
{
    int fd[2];
    char byte;

    ck_assert_int_eq(pipe(fd), 0);
    pid_t pid = fork();
    if (!pid) {
        struct heard h;
        struct bl_store *t = bl_store_open(path, true, heard_start(&h));
        byte = t && bl_store_claim(t, key_of(1), false) == 1 ? 'y' : 'n';
        if (write(fd[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(fd[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    close(fd[0]);
    close(fd[1]);
    return pid;
}

START_TEST(claims)
{
    struct bl_store *t = open_new();
    pid_t pid = other_program();

    ck_assert_int_eq(bl_store_state(t, key_of(1)), BL_CLAIMED);
    ck_assert_int_eq(bl_store_claim(t, key_of(1), false), 0);
    ck_assert_int_eq(bl_store_claim(t, key_of(2), false), 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(bl_store_state(t, key_of(1)), BL_UNKNOWN);
    ck_assert_int_eq(bl_store_claim(t, key_of(1), false), 1);
    bl_store_release(t);
    bl_store_close(t);
    pid = other_program();             /* released: the next one gets it */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
END_TEST

/* ---- what is wrong with a file ---- */

static void ck_refused(bool create, const char *told)
{
    struct heard h;
    char want[1500];

    ck_assert_ptr_null(bl_store_open(path, create, heard_start(&h)));
    snprintf(want, sizeof want, "%s: %s", path, told);
    ck_assert_str_eq(h.text, want);
}

static void put_text(const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

START_TEST(no_database)
{
    static char text[3000];

    char told[NAME + 100];

    memset(text, 'x', sizeof text - 1);
    remove(scratch("db", path));
    snprintf(told, sizeof told, "there is no such file; `bitline sweep PLATFORM --vary ... --db %s` makes one", path);
    ck_refused(false, told);
    put_text(text);
    ck_refused(true, "not read: it is no database of SQLite, or a damaged one; name another file (SQLite: file is not a database)");
    put_text("");
    ck_refused(false, "is empty; expected a database that `bitline sweep` has written");
    snprintf(path, sizeof path, "/nowhere/at/all.sqlite");
    ck_refused(true, "not opened: it cannot be opened; is there such a folder, and may files be made in it? (SQLite: unable to open database file)");
    scratch("db", path);
    remove(path);
    sql("CREATE TABLE other (x)");
    ck_refused(true, "is a database of another program; name another file");
    bl_store_close(open_new());
    sql("PRAGMA user_version = 7");
    ck_refused(true, "is of form 7, this bitline writes form 1; use the bitline that made it, or another file");
}
END_TEST

START_TEST(locked)
{
    struct bl_store *t = open_new();
    struct bl_record r = record(1, "done", NULL);
    sqlite3 *db;

    bl_store_wait_ms = 50;
    bl_store_close(t);
    ck_assert_ptr_nonnull(t = bl_store_open(path, true, heard_start(&said)));
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(bl_store_put(t, &r), -1);
    ck_assert_msg(strstr(said.text, "not written: another program holds it for more than ten seconds; end that one, or try again (SQLite: database is locked)"), "%s", said.text);
    ck_assert_int_eq(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(bl_store_put(t, &r), 0);
    sqlite3_close(db);
    bl_store_close(t);
    bl_store_wait_ms = 10000;
}
END_TEST

/* A file that may not grow is a full disk: an error, and what was put before stands. */
START_TEST(full)
{
    bl_store_close(open_new());
    pid_t pid = fork();
    if (!pid) {
        struct rlimit limit = { 200000, 200000 };
        struct bl_store *t = bl_store_open(path, true, heard_start(&said));
        static char report[20000];
        int n = 0, k = 0;
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        for (srand(1); k < (int)sizeof report; k++)
            report[k] = (char)('a' + rand() % 26);
        for (; n < 100; n++) {
            struct bl_record r = record(n, "done", NULL);
            r.report = report;
            r.nreport = sizeof report;
            if (bl_store_put(t, &r) < 0)
                break;
        }
        _exit(n > 2 && n < 100 && strstr(said.text, "the same command again: it goes on where it was") ? n : 200);
    }
    int status, kept = 0;
    waitpid(pid, &status, 0);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 100);
    struct bl_store *t = bl_store_open(path, true, heard_start(&said));
    ck_assert_ptr_nonnull(t);
    while (bl_store_state(t, key_of(kept)) == BL_ROW_DONE)
        kept++;
    ck_assert_int_eq(kept, WEXITSTATUS(status));
    bl_store_close(t);
}
END_TEST

Suite *suite_store(void);
Suite *suite_store(void)
{
    Suite *s = suite_create("store");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, a_row_that_is_done_stays);
    tcase_add_test(tc, claims);
    tcase_add_test(tc, no_database);
    tcase_add_test(tc, locked);
    tcase_add_test(tc, full);
    suite_add_tcase(s, tc);
    return s;
}

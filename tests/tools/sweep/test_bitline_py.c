/* test_bitline_py.c - tools/bitline.py, the reader in Python, on a report and a database that are made here (bitline_py.py asserts). */
#include "tests/rigs/command_rig.h"
#include "tests/rigs/effort.h"

#include <string.h>

START_TEST(reader)
{
    char json[NAME], db[NAME], out[NAME], line[3 * NAME], said[4000];
    struct heard h;

    if (system("python3 -c 'import sqlite3' >/dev/null 2>&1") != 0) {
        SKIP_MISSING("tools/bitline.py", "python3 is not installed");
        return;
    }
    remove(scratch("db", db));
    ck_assert_msg(program(&h, scratch("json", json), "run", "osa_hcim", "--images=1", "--interval=20 us", "--report=json", NULL) == BL_DONE, "%s", h.text);
    ck_assert_int_eq(program(&h, scratch("out", out), "sweep", "osa_hcim", "--images=1", "--vary=adc.rho=1,2", "--vary=--seed=7,8", "--db", db, "-q", NULL), BL_DONE);
    snprintf(line, sizeof line, "python3 tests/tools/sweep/bitline_py.py %s %s 2>&1", json, db);
    FILE *f = popen(line, "r");
    ck_assert_ptr_nonnull(f);
    said[fread(said, 1, sizeof said - 1, f)] = 0;
    pclose(f);
    ck_assert_str_eq(said, "ok\n");
}
END_TEST

Suite *suite_bitline_py(void);
Suite *suite_bitline_py(void)
{
    Suite *s = suite_create("bitline_py");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, reader);
    suite_add_tcase(s, tc);
    return s;
}

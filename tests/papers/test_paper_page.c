/* test_paper_page.c - platforms/PAPERS.md, of the rows that take seconds: each is what its study gives now, to the letter, and holds. tests/papers/page.sh does the same with all. */
#include <string.h>

#include "tests/rigs/command_rig.h"

Suite *suite_paper_page(void);

/* A row of a table, but not its head. */
static bool is_row(const char *line) { return line[0] == '|' && strncmp(line, "|---", 4) && strncmp(line, "| statement |", 13); }

START_TEST(quick_rows)
{
    char folder[NAME], made[2 * NAME], *next;
    struct heard h;
    int rows = 0;

    snprintf(made, sizeof made, "%s/PAPERS.md", scratch("papers", folder));
    ck_assert_msg(program(&h, NULL, "papers", "--quick", "-q", "-o", folder, NULL) == BL_DONE, "a row does not hold; %s", h.text);
    char *page = content("platforms/PAPERS.md"), *now = content(made);
    for (char *line = now; (next = strchr(line, '\n')); line = next + 1) {
        char whole[4000];
        snprintf(whole, sizeof whole, "\n%.*s\n", (int)(next - line), line);
        for (char *at; (at = strstr(whole, folder)); )                /* where the studies' own files are */
            memmove(at + strlen("out"), at + strlen(folder), strlen(at + strlen(folder)) + 1), memcpy(at, "out", 3);
        ck_assert_msg(!is_row(line) || strstr(page, whole) != NULL, "platforms/PAPERS.md has no row%stests/papers/page.sh -u writes it anew; say in the commit what moved the number", whole);
        rows += is_row(line);
    }
    ck_assert_int_gt(rows, 80);
    free(page);
    free(now);
}
END_TEST

Suite *suite_paper_page(void)
{
    Suite *s = suite_create("paper_page");
    TCase *t = tcase_create("all");

    tcase_add_test(t, quick_rows);
    suite_add_tcase(s, t);
    return s;
}

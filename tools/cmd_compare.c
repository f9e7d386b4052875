/* cmd_compare.c - `bitline compare`: two saved runs side by side. */
#include <stddef.h>

#include "tools/commands.h"
#include "tools/report/compare.h"

struct compare_opts { bool all, exit_code; };

static int compare(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct compare_opts *o = opts;
    json_t *a = bl_report_read(words->v[0], diag), *b = bl_report_read(words->v[1], diag);
    struct bl_table t = { 0 };
    size_t differ = 0;

    if (a && b) {
        differ = bl_compare(a, b, o->all, &t);
        printf("A  %s\nB  %s\n\n", words->v[0], words->v[1]);
        if (bl_table_rows(&t))
            bl_table_print(&t, stdout);
        printf("%s%zu value%s differ%s\n", bl_table_rows(&t) ? "\n" : "", differ, differ == 1 ? "" : "s", differ == 1 ? "s" : "");
        bl_table_fini(&t);
    }
    int status = !a || !b ? BL_REFUSED : o->exit_code && differ ? BL_WRONG : BL_DONE;
    json_decref(a);
    json_decref(b);
    return status;
}

#define T struct compare_opts
static const struct bl_option options[] = {
    { "all", 'a', BL_OPT_FLAG, offsetof(T, all), NULL, "also what is equal" },
    { "exit-code", 0, BL_OPT_FLAG, offsetof(T, exit_code), NULL, "exit with 1 when anything differs" },
    { 0 }
};
const struct bl_command cmd_compare = {
    .name = "compare", .help = "two saved runs side by side, with their differences",
    .grammar = { .words = "A.json B.json", .least = 2, .most = 2, .options = options, .size = sizeof(T), .notes =
        "A and B are JSON reports of `bitline run`. Without --all only rows that differ are shown.\n" },
    .run = compare };

/* cmd_compare.c - `bitline compare`: saved runs side by side. */
#include <stddef.h>

#include "tools/commands.h"
#include "tools/report/compare.h"

struct compare_opts { bool all, exit_code; };

static int show(json_t *const *reports, const struct bl_texts *words, const struct compare_opts *o)
{
    struct bl_table t = { 0 };
    size_t differ = words->n == 2 ? bl_compare(reports[0], reports[1], o->all, &t) : bl_compare_many(reports, words->n, o->all, &t);

    for (size_t i = 0; i < words->n; i++)
        printf("%c  %s\n", (char)('A' + i), words->v[i]);
    printf("\n");
    if (bl_table_rows(&t))
        bl_table_fit(&t, 2, BL_TEXT_WIDTH, stdout);
    printf("%s%zu value%s differ%s\n", bl_table_rows(&t) ? "\n" : "", differ, differ == 1 ? "" : "s", differ == 1 ? "s" : "");
    bl_table_fini(&t);
    return o->exit_code && differ ? BL_WRONG : BL_DONE;
}

static int compare(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    json_t *reports[BL_COMPARE_MOST] = { NULL };
    bool whole = true;

    for (size_t i = 0; i < words->n; i++)
        whole &= (reports[i] = bl_report_read(words->v[i], diag)) != NULL;
    int status = whole ? show(reports, words, opts) : BL_REFUSED;
    for (size_t i = 0; i < words->n; i++)
        json_decref(reports[i]);
    return status;
}

#define T struct compare_opts
static const struct bl_option options[] = {
    { "all", 'a', BL_OPT_FLAG, offsetof(T, all), NULL, "also what is equal" },
    { "exit-code", 0, BL_OPT_FLAG, offsetof(T, exit_code), NULL, "exit with 1 when anything differs" },
    { 0 }
};
const struct bl_command cmd_compare = {
    .name = "compare", .help = "saved runs side by side, two with their differences",
    .grammar = { .words = "A.json B.json...", .least = 2, .most = BL_COMPARE_MOST, .options = options, .size = sizeof(T), .notes =
        "They are JSON reports of `bitline run`, two to fourteen. Without --all only rows that differ are shown.\n" },
    .run = compare };

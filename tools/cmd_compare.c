/* cmd_compare.c - `bitline compare`: saved runs side by side. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/memory.h"
#include "tools/report/compare.h"

struct compare_opts { bool all, exit_code; const char *as, *output; };

static size_t as_text(json_t *const *reports, const struct bl_texts *words, bool all, FILE *out)
{
    struct bl_table t = { 0 };
    size_t differ = bl_compare_runs(reports, words->n, all, &t);

    for (size_t i = 0; i < words->n; i++)
        fprintf(out, "%c  %s\n", (char)('A' + i), words->v[i]);
    fprintf(out, "\n");
    if (bl_table_rows(&t))
        bl_table_fit(&t, 2, BL_TEXT_WIDTH, out);
    fprintf(out, "%s%zu value%s differ%s\n", bl_table_rows(&t) ? "\n" : "", differ, differ == 1 ? "" : "s", differ == 1 ? "s" : "");
    bl_table_fini(&t);
    return differ;
}

static int show(json_t *const *reports, const struct bl_texts *words, const struct compare_opts *o, struct bl_diag *diag)
{
    const bool html = o->as && !strcmp(o->as, "html");
    struct bl_text text;

    if (o->output && bl_text_open(&text, o->output, diag) < 0)
        return BL_REFUSED;
    FILE *out = o->output ? text.out : stdout;
    size_t differ = html ? bl_compare_html(reports, words->v, words->n, o->all, out) : as_text(reports, words, o->all, out);
    if (o->output && bl_memory_lost()) {
        fclose(text.out);
        free(text.bytes);
        return bl_error(diag, "%s: no memory for what would stand in it", o->output), BL_REFUSED;
    }
    if (o->output && bl_text_save(&text, o->output, diag) < 0)
        return BL_REFUSED;
    return o->exit_code && differ ? BL_WRONG : BL_DONE;
}

static int compare(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    json_t *reports[BL_COMPARE_MOST] = { NULL };
    bool whole = true;

    for (size_t i = 0; i < words->n; i++)
        whole &= (reports[i] = bl_report_read(words->v[i], diag)) != NULL;
    int status = whole ? show(reports, words, opts, diag) : BL_REFUSED;
    for (size_t i = 0; i < words->n; i++)
        json_decref(reports[i]);
    return status;
}

#define T struct compare_opts
static const struct bl_option options[] = {
    { "all", 'a', BL_OPT_FLAG, offsetof(T, all), NULL, "also what is equal" },
    { "exit-code", 0, BL_OPT_FLAG, offsetof(T, exit_code), NULL, "exit with 1 when anything differs" },
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|html", "the form (text); html: a page with charts of the runs" },
    { "output", 'o', BL_OPT_TEXT, offsetof(T, output), "FILE", "into this file" },
    { 0 }
};
const struct bl_command cmd_compare = {
    .name = "compare", .help = "saved runs side by side, two with their differences",
    .grammar = { .words = "A.json B.json...", .least = 2, .most = BL_COMPARE_MOST, .options = options, .size = sizeof(T), .notes =
        "They are JSON reports of `bitline run`, two to fourteen. Without --all only rows that differ are shown.\n" },
    .run = compare };

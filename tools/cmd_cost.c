/* cmd_cost.c - `bitline cost`: energy, area and clock of an in-memory-computing macro by the analytical model; nothing is simulated. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "tools/commands.h"
#include "tools/cost/cost_rows.h"

struct cost_opts { const char *as; struct bl_texts sets; };

static void show(const struct cost_opts *o, const struct bl_imc_file *f)
{
    json_t *cost = bl_cost_rows(f);

    if (o->as && !strcmp(o->as, "json"))
        bl_cost_json(cost, stdout);
    else if (o->as && !strcmp(o->as, "csv"))
        bl_cost_csv(cost, stdout);
    else
        bl_cost_text(cost, stdout);
    json_decref(cost);
}

static int cost(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct cost_opts *o = opts;
    struct bl_found at = { 0 };
    struct bl_imc_file f = { 0 };
    unsigned before = diag->errors;
    size_t n = 0;
    void *bytes = bl_find(BL_FILE_MACRO, words->v[0], "", &at, diag) < 0 ? NULL : bl_read_all(at.path, &n, diag);
    bool ok = bytes && bl_imc_file_read(&f, at.path + at.hidden, bytes, n, bl_words_of(&o->sets), diag) == 0 && diag->errors == before;

    if (ok)
        show(o, &f);
    bl_imc_file_fini(&f);
    free(bytes);
    bl_found_fini(&at);
    return ok ? BL_DONE : BL_REFUSED;
}

#define T struct cost_opts
static const struct bl_option options[] = {
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json", "form (text)" },
    { "set", 0, BL_OPT_MANY, offsetof(T, sets), "KEY=VALUE", "a key of the description, over what the file says" }, { 0 } };
const struct bl_command cmd_cost = {
    .name = "cost", .help = "energy, area and clock of an analog or digital in-memory-computing macro, without simulation",
    .grammar = { .words = "MACRO", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "MACRO is a description (platforms/imc/README.md), or the name of one in platforms/imc/macros. Readings that the paper leaves open are\n"
        "keys: --set array_reading=literal, --set table2=printed, --set act=1, --set k3=50, --set variant=zigzag_imc, --set model=gates.\n"
        "Every number comes with its tag: fact, derived, calibrated or free. Exit status: 0, or 2 after a refusal.\n" },
    .run = cost };

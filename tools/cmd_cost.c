/* cmd_cost.c - `bitline cost`: energy, area and clock of an in-memory-computing macro by the analytical model; nothing is simulated. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "platforms/imc/machine.h"
#include "tools/commands.h"
#include "tools/cost/cost_rows.h"

struct cost_opts { const char *as, *net; struct bl_texts sets; };

/* The command that made a file, as a person types it again. */
static char *made_by(const char *macro, const struct cost_opts *o)
{
    size_t room = strlen(macro) + 64;
    char *made;

    for (size_t i = 0; i < o->sets.n; i++)
        room += strlen(o->sets.v[i]) + 8;
    if (!(made = malloc(room)))
        return NULL;
    size_t n = (size_t)snprintf(made, room, "bitline cost %s", macro);
    for (size_t i = 0; i < o->sets.n; i++)
        n += (size_t)snprintf(made + n, room - n, " --set %s", o->sets.v[i]);
    snprintf(made + n, room - n, " --as %s", o->as);
    return made;
}

static int write_machine(const struct cost_opts *o, const char *macro, const struct bl_imc_file *f, struct bl_diag *diag)
{
    const bool fits = bl_imc_machine_check(f, diag) == 0;
    char *made = fits ? made_by(macro, o) : NULL;

    if (fits && !made)
        return bl_error(diag, "%s: no memory for its machine", macro);
    if (made && !strcmp(o->as, "tech"))
        bl_imc_write_tech(f, made, stdout);
    else if (made)
        bl_imc_write_platform(f, made, f->name, stdout);
    free(made);
    return made ? 0 : -1;
}

/* A net by the model alone. */
static int show_net(const struct cost_opts *o, const struct bl_imc_file *f, struct bl_diag *diag)
{
    struct bl_found at = { 0 };
    size_t n = 0;
    void *bytes = bl_find(BL_FILE_NET, o->net, "", &at, diag) < 0 ? NULL : bl_read_all(at.path, &n, diag);
    struct bl_net *net = bytes ? bl_net_rounded(at.path, bytes, n, NULL, 1, diag) : NULL;

    if (net) {
        json_t *cost = bl_cost_net_rows(f, net);
        if (o->as && !strcmp(o->as, "json"))
            bl_cost_json(cost, stdout);
        else
            (o->as && !strcmp(o->as, "csv") ? bl_cost_net_csv : bl_cost_net_text)(cost, stdout);
        json_decref(cost);
    }
    free(bytes);
    bl_found_fini(&at);
    bl_net_free(net);
    return net ? 0 : -1;
}

static int show(const struct cost_opts *o, const char *macro, const struct bl_imc_file *f, struct bl_diag *diag)
{
    const bool machine = o->as && (!strcmp(o->as, "platform") || !strcmp(o->as, "tech"));

    if (machine && o->net)
        return bl_error(diag, "cost: --net has no form '%s'; leave out --as, or take csv or json; `bitline net %s --on PLATFORM` is of the machine", o->as, o->net);
    if (machine)
        return write_machine(o, macro, f, diag);
    if (o->net)
        return show_net(o, f, diag);
    json_t *cost = bl_cost_rows(f);

    if (o->as && !strcmp(o->as, "json"))
        bl_cost_json(cost, stdout);
    else if (o->as && !strcmp(o->as, "csv"))
        bl_cost_csv(cost, stdout);
    else
        bl_cost_text(cost, stdout);
    json_decref(cost);
    return 0;
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
        ok = show(o, words->v[0], &f, diag) == 0;
    bl_imc_file_fini(&f);
    free(bytes);
    bl_found_fini(&at);
    return ok ? BL_DONE : BL_REFUSED;
}

#define T struct cost_opts
static const struct bl_option options[] = {
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json|platform|tech",
      "form (text); a platform file and a technology file make it a machine" },
    { "net", 0, BL_OPT_TEXT, offsetof(T, net), "FILE", "a network on the macros, layer by layer, by the model alone" },
    { "set", 0, BL_OPT_MANY, offsetof(T, sets), "KEY=VALUE", "a key of the description, over what the file says" }, { 0 } };
const struct bl_command cmd_cost = {
    .name = "cost", .help = "energy, area and clock of an analog or digital in-memory-computing macro, without simulation",
    .grammar = { .words = "MACRO", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "MACRO is a description (platforms/imc/README.md), or the name of one in platforms/imc/macros. Readings that the paper leaves open are\n"
        "keys: --set array_reading=literal, --set table2=printed, --set act=1, --set k3=50, --set variant=zigzag_imc, --set model=gates.\n"
        "Every number comes with its tag: fact, derived, calibrated or free. Exit status: 0, or 2 after a refusal.\n" },
    .run = cost };

/* cmd_report.c - `bitline report`: a saved run in another form, or at other prices. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/sha256.h"
#include "tools/commands.h"
#include "tools/report/outputs.h"

struct report_opts { struct bl_outputs out; const char *tech, *voltage, *as, *table; };

static bool has_row(const json_t *part, const char *list, const char *name)
{
    const json_t *row;
    size_t i;

    json_array_foreach(json_object_get(part, list), i, row)
        if (!strcmp(bl_j_text(row, "name"), name))
            return true;
    return false;
}

struct saved { const json_t *report; struct bl_diag *diag; };

/* A class of a module is not here, but the run says what it counted. */
static int counted(void *ctx, const struct bl_price *price, const char *where)
{
    const struct saved *run = ctx;
    const json_t *part;
    size_t i;

    json_array_foreach(json_object_get(run->report, "parts"), i, part) {
        if (strcmp(bl_j_text(part, "class"), price->cls))
            continue;
        if (!price->is_power ? has_row(part, "tallies", price->item) :
            !strcmp(price->item, "static") || has_row(part, "verdicts", price->item))
            return 1;
        return bl_error(run->diag, "%s: class %s of a module has no %s '%s' in this run", where, price->cls, price->is_power ? "verdict" : "tally",
                        price->item);
    }
    return 0;
}

/* The technology that the saved run was priced with. */
static const char *own_tech(const json_t *r, const char *name, struct bl_diag *diag)
{
    const char *file = bl_j_text(bl_j_at(r, "provenance", "tech"), "file");

    if (*file)
        return file;
    bl_error(diag, "--voltage: the run in %s has no technology, so nothing has a price that it could scale; name one with --tech", name);
    return NULL;
}

/* Has it still the bytes that it had? Of a report that was repriced already that is not known. */
static int check_own(const json_t *r, const struct bl_tech *t, struct bl_diag *diag)
{
    const json_t *row;
    char now[65];
    size_t i;

    json_array_foreach(bl_j_at(r, "inputs", "files"), i, row)
        if (!strcmp(bl_j_text(row, "role"), "tech") && !strcmp(bl_j_text(row, "file"), bl_j_text(bl_j_at(r, "provenance", "tech"), "file")) &&
            strcmp(bl_j_text(row, "sha256"), bl_sha256(bl_tech_file(t)->bytes, bl_tech_file(t)->n, now)))
            return bl_error(diag, "--voltage: %s is not what it was when the run was made; --tech %s takes it as it is now", bl_j_text(row, "file"),
                            bl_j_text(row, "file"));
    return 0;
}

/* At the voltage of the saved run, unless another one is given; with its technology, unless another one is. */
static int reprice(json_t *r, const char *name, const struct report_opts *o, struct bl_diag *diag)
{
    struct bl_found at = { 0 };
    struct bl_tech *t = NULL;
    struct saved run = { r, diag };
    double uv = bl_j_real(json_object_get(r, "provenance"), "voltage_uv");
    const char *tech = o->tech ? o->tech : own_tech(r, name, diag);
    int status = -1;

    if (!tech)
        return -1;

    if (o->voltage && bl_parse_volts(o->voltage, &uv, diag, "--voltage") < 0)
        return -1;
    if (o->voltage && (uv < 1e3 || uv > 1e8))
        return bl_error(diag, "--voltage: a supply of '%s'; expected 1 mV to 100 V", o->voltage);
    if (bl_find(BL_FILE_TECH, tech, o->tech ? "" : "--voltage: the technology of the run: ", &at, diag) == 0 &&
        (t = bl_tech_load(at.path, uv, diag)) && (o->tech || check_own(r, t, diag) == 0) && bl_tech_check_with(t, bl_classes, counted, &run) == 0)
        status = bl_report_reprice(r, name, t, at.path + at.hidden, uv, diag);
    bl_tech_free(t);
    bl_found_fini(&at);
    return status;
}

static int report(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct report_opts *o = opts;
    struct bl_texts written = { 0 };
    struct bl_outputs out = o->out;
    json_t *r;
    int status = BL_REFUSED;

    if (o->as && o->out.form)
        return bl_error(diag, "--as %s, --report %s: mean the same; give one of them", o->as, o->out.form), BL_REFUSED;
    out.form = o->as ? o->as : o->out.form;
    if (o->table && (!out.form || strcmp(out.form, "csv") || out.file))
        return bl_error(diag, "--table %s: is printed as CSV; expected --as csv, and no -o", o->table), BL_REFUSED;
    if (bl_outputs_check(&out, diag) < 0 || !(r = bl_report_read(words->v[0], diag)))
        return BL_REFUSED;
    if (((!o->tech && !o->voltage) || reprice(r, words->v[0], o, diag) == 0) &&
        (o->table ? bl_report_csv_table(r, o->table, stdout, diag) : bl_outputs_write(&out, r, &written, diag)) == 0)
        status = BL_DONE;
    for (size_t i = 0; i < written.n; i++)
        free((char *)(uintptr_t)written.v[i]);
    free(written.v);
    json_decref(r);
    return status;
}

#define T struct report_opts
static const struct bl_option options[] = {
    BL_OUTPUT_OPTIONS(T),
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|json|html|csv", "as --report" },
    { "table", 0, BL_OPT_TEXT, offsetof(T, table), "NAME", "--as csv: this table alone: run, layers, parts, stalls, energy, ..." },
    { "tech", 0, BL_OPT_TEXT, offsetof(T, tech), "FILE", "compute every energy anew from these prices" },
    { "voltage", 0, BL_OPT_TEXT, offsetof(T, voltage), "V", "scale the prices to this supply (that of the saved run);\n"
      "without --tech those of its own technology" },
    { 0 }
};
const struct bl_command cmd_report = {
    .name = "report", .help = "show a saved run, also at other prices",
    .grammar = { .words = "RUN.json", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Repricing is exact: counts and times are those of the run. Its waveform stays as it is.\n" },
    .run = report };

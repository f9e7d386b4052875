/* cmd_report.c - `bitline report`: a saved run in another form, or at other prices. */
#include <stddef.h>
#include <stdlib.h>

#include "platforms/file/find.h"
#include "tools/commands.h"
#include "tools/report/outputs.h"

struct report_opts { struct bl_outputs out; const char *tech, *voltage; };

/* At the voltage of the saved run, unless another one is given. */
static int reprice(json_t *r, const char *name, const struct report_opts *o, struct bl_diag *diag)
{
    struct bl_found at = { 0 };
    struct bl_tech *t = NULL;
    double uv = bl_j_real(json_object_get(r, "provenance"), "voltage_uv");
    int status = -1;

    if (o->voltage && bl_parse_volts(o->voltage, &uv, diag, "--voltage") < 0)
        return -1;
    if (o->voltage && (uv < 1e3 || uv > 1e8))
        return bl_error(diag, "--voltage: a supply of '%s'; expected 1 mV to 100 V", o->voltage);
    if (bl_find(BL_FILE_TECH, o->tech, "", &at, diag) == 0 &&
        (t = bl_tech_load(at.path, uv, diag)) && bl_tech_check(t, bl_classes) == 0)
        status = bl_report_reprice(r, name, t, at.path + at.hidden, uv, diag);
    bl_tech_free(t);
    bl_found_fini(&at);
    return status;
}

static int report(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct report_opts *o = opts;
    struct bl_texts written = { 0 };
    json_t *r;
    int status = BL_REFUSED;

    if (o->voltage && !o->tech)
        return bl_error(diag, "--voltage: prices are scaled when they are read; name them with --tech"), BL_REFUSED;
    if (bl_outputs_check(&o->out, diag) < 0 || !(r = bl_report_read(words->v[0], diag)))
        return BL_REFUSED;
    if ((!o->tech || reprice(r, words->v[0], o, diag) == 0) && bl_outputs_write(&o->out, r, &written, diag) == 0)
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
    { "tech", 0, BL_OPT_TEXT, offsetof(T, tech), "FILE", "compute every energy anew from these prices" },
    { "voltage", 0, BL_OPT_TEXT, offsetof(T, voltage), "V", "scale them to this supply (that of the saved run)" },
    { 0 }
};
const struct bl_command cmd_report = {
    .name = "report", .help = "show a saved run, also at other prices",
    .grammar = { .words = "RUN.json", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Repricing is exact: counts and times are those of the run. Its waveform stays as it is.\n" },
    .run = report };

/* clash.c - names that would destroy each other: whatever a run writes is looked for among what it reads and what else it
 * writes. */
#include "tools/run/clash.h"

#include <string.h>

#include "platforms/file/io.h"

/* Neither need be there: then nothing meets. */
static int clash(const struct bl_run_files *f, const char *out, const char *other, const char *what)
{
    if (!out || !other || !bl_same_file(out, other))
        return 0;
    return bl_error(f->diag, "%s: would be overwritten: it is also %s; expected different files", out, what);
}

/* The same of a trace, which may be in numbered parts. */
static int trace_clash(const struct bl_run_files *f, const struct bl_traceset_entry *e, const char *other)
{
    const char *what = f->traces->opts.part_bytes ? "a part of a trace" : "a trace";

    return other && bl_traceset_writes(f->traces, e, other)
           ? bl_error(f->diag, "%s: would be overwritten: it is also %s; expected different files", other, what) : 0;
}

/* Against what is read: a file, or (out NULL) trace e. */
static int out_against(const struct bl_run_files *f, const char *out, const struct bl_traceset_entry *e)
{
    const struct bl_setup *u = f->u;
    const struct { const char *path, *what; } in[] = {
        { u->platform_at.path, "the platform" }, { u->net_at.path, "the net" },
        { u->labels_at.path, "the labels" }, { u->calibration_at.path, "the calibration" },
        { f->restore, "the snapshot that is restored" } };
    int bad = 0;

    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
        bad |= out ? clash(f, out, in[i].path, in[i].what) : trace_clash(f, e, in[i].path);
    for (size_t i = 0; i < u->nimages_at; i++)
        bad |= out ? clash(f, out, u->images_at[i].path, "the images") : trace_clash(f, e, u->images_at[i].path);
    for (size_t i = 1; i < bl_platform_files(u->platform); i++) {
        const char *path = bl_platform_file(u->platform, i)->path;
        bad |= out ? clash(f, out, path, "read by the platform") : trace_clash(f, e, path);
    }
    return bad;
}

/* A snapshot, or the trace around an event. */
static int check_other(const struct bl_run_files *f, const char *file, const char *const out[3])
{
    int bad = out_against(f, file, NULL);

    for (size_t i = 0; i < 3; i++)
        bad |= out[i] ? clash(f, file, out[i], "a report") : 0;
    for (size_t k = 0; k < f->traces->n; k++)
        bad |= trace_clash(f, &f->traces->v[k], file) | clash(f, file, f->traces->v[k].gtkw, "the save file of a trace");
    return bad;
}

int bl_clash_input(const struct bl_setup *u, const char *out, struct bl_diag *diag)
{
    const struct bl_run_files f = { .u = u, .diag = diag };

    return out_against(&f, out, NULL) ? -1 : 0;
}

int bl_clash_check(const struct bl_run_files *f)
{
    const struct bl_outputs *o = f->out;
    const char *out[3] = { o->file && strcmp(o->file, "-") ? o->file : NULL, o->json, o->html };
    int bad = 0;

    for (size_t i = 0; i < 3; i++)
        bad |= out[i] ? out_against(f, out[i], NULL) : 0;
    for (size_t k = 0; k < f->traces->n; k++) {
        const struct bl_traceset_entry *e = &f->traces->v[k];
        bad |= out_against(f, NULL, e) | (e->gtkw ? out_against(f, e->gtkw, NULL) : 0);
        for (size_t i = 0; i < 3; i++)
            bad |= trace_clash(f, e, out[i]) | (out[i] ? clash(f, out[i], e->gtkw, "the save file of a trace") : 0);
        for (size_t i = 0; i < k; i++)
            bad |= clash(f, e->path, f->traces->v[i].path, "another trace");
    }
    for (size_t i = 0; i < f->stops->nsaves; i++)
        bad |= check_other(f, f->stops->save[i].path, out);
    for (size_t i = 0; i < f->stops->rewind.trace.n; i++) {
        const struct bl_traceset_entry *e = &f->stops->rewind.trace.v[i];
        bad |= check_other(f, e->path, out) | check_other(f, e->gtkw, out);
        for (size_t k = 0; k < f->stops->nsaves; k++)
            bad |= clash(f, e->path, f->stops->save[k].path, "a snapshot that is saved") |
                   clash(f, e->gtkw, f->stops->save[k].path, "a snapshot that is saved");
    }
    return bad;
}

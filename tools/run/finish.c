/* finish.c - a run that has ended, or stands: how it is judged, and its report. */
#include <string.h>

#include "tools/memory.h"
#include "tools/run/going.h"

json_t *bl_finish_report(struct run *r)
{
    const struct bl_setup *u = r->u;
    struct bl_report_in in = {
        .sim = u->sim, .platform = u->platform, .platform_file = u->platform_at.path + u->platform_at.hidden,
        .mapper = u->mapper ? u->mapper->name : NULL, .microvolts = bl_platform_microvolts(u->platform), .net = u->net,
        .net_file = u->net ? u->net_at.path + u->net_at.hidden : NULL, .images = u->images, .result = u->job ? bl_job_result(u->job) : NULL,
        .end = r->end, .waits = &r->waits, .false_expects = r->checked ? &r->said : NULL, .sets = &r->o->sets, .seed = u->seed,
        .first = u->first, .count = u->count, .until_fs = r->o->until.given ? r->o->until.v : BL_FOREVER,
        .form = &u->o.form, .what_if = r->rows, .intervals = r->intervals.done ? &r->intervals : NULL,
        .inputs = u->input, .ninputs = u->ninputs };
    json_t *j = bl_report_make(&in, r->diag);

    if (j && r->o->analytical && bl_report_analytical(j, u->job, u->sim, r->diag) < 0)
        r->bad_output = true;
    return j;
}

void bl_finish_end(struct run *r, enum bl_end end)
{
    if (bl_out_of_memory(r->u->sim))
        bl_memory_lose();
    bl_going_ended(r, end);
    bl_stops_end(&r->stops, end, &r->written);
    r->bad_output |= r->stops.failed;
    bl_going_end_traces(r);
    bl_judge(r);
    r->bad_output |= bl_path_check(r->u->sim) < 0;       /* a declaration that is not true */
    r->bad_output |= bl_slots_check(r->u->sim) < 0;
}

void bl_finish_again(struct run *r)
{
    bl_texts_free_all(&r->said);
    bl_texts_free_all(&r->waits);
    r->said = r->waits = (struct bl_texts){ 0 };
    r->checked = r->wrong = false;
    r->end = NULL;
}

/* Files first, then their names in what people read. */
static void write_report(struct run *r)
{
    json_t *j = bl_finish_report(r);
    struct bl_outputs out = r->o->out;

    out.aside = r->traces.live;
    out.silent = r->o->quiet && (!out.form || (out.file && strcmp(out.file, "-"))) && !r->wrong && !r->bad_output;
    if (!j || bl_outputs_write(&out, j, &r->written, r->diag) < 0)
        r->bad_output = true;
    json_decref(j);
}

int bl_finish_write(struct run *r)
{
    if (r->o->setup.dump && r->u->job)
        bl_judge_dump(r);
    if (r->o->what_if.n && !strcmp(r->end, "done")) {
        r->rows = bl_what_if_rows(&r->what_if);
        r->bad_output |= !r->rows;
    }
    write_report(r);
    return r->bad_output ? BL_REFUSED : r->wrong ? BL_WRONG : BL_DONE;
}

void bl_finish_close(struct run *r)
{
    bl_stops_fini(&r->stops);
    bl_intervals_fini(&r->intervals);
    bl_setup_close(r->u);
    bl_traceset_fini(&r->traces);
    bl_texts_free_all(&r->written);
    bl_texts_free_all(&r->said);
    bl_texts_free_all(&r->waits);
    json_decref(r->rows);
}

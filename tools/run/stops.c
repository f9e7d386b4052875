/* stops.c - where a run stops on its way, to save a snapshot or at an event. */
#include "tools/run/stops.h"

#include <stdlib.h>

#include "platforms/file/io.h"
#include "tools/report/outputs.h"
#include "tools/run/snapshot_file.h"

int bl_stops_init(struct bl_stops *s, const struct bl_texts *save_at, const struct bl_rewind_opts *rewind,
                  uint64_t power_window_fs, struct bl_diag *diag)
{
    int status = 0;

    *s = (struct bl_stops){ .diag = diag };
    if (save_at->n && !(s->save = calloc(save_at->n / 2, sizeof *s->save)))
        return bl_error(diag, "--save-at: no memory");
    for (size_t i = 0; i + 1 < save_at->n; i += 2) {
        struct bl_save *v = &s->save[s->nsaves];
        v->path = save_at->v[i + 1];
        status |= bl_parse_time(save_at->v[i], &v->at, diag, "--save-at") | bl_may_save(v->path, diag);
        for (size_t k = 0; k < s->nsaves; k++)
            if (bl_same_file(s->save[k].path, v->path))
                status |= bl_error(diag, "--save-at %s: is named twice", v->path);
        s->nsaves++;
    }
    return bl_rewind_init(&s->rewind, rewind, power_window_fs, diag) < 0 || status ? -1 : 0;
}

/* Saves what is asked for at or before this time. */
static void save_until(struct bl_stops *s, uint64_t fs)
{
    for (size_t i = 0; i < s->nsaves; i++)
        if (!s->save[i].done && s->save[i].at <= fs) {
            s->save[i].done = true;
            s->save[i].whole = bl_snapshot_write(s->u, s->save[i].at, s->save[i].path) == 0;
            s->failed |= !s->save[i].whole;
        }
}

static void go_to_next(struct bl_stops *s)
{
    s->stop = s->rewind.next;
    for (size_t i = 0; i < s->nsaves; i++)
        if (!s->save[i].done && (!s->stop || s->save[i].at < s->stop))
            s->stop = s->save[i].at;
    bl_break_at(s->u->sim, s->stop);
}

int bl_stops_begin(struct bl_stops *s, struct bl_setup *u, uint64_t until)
{
    uint64_t now = bl_now(u->sim);
    char a[40], b[40];
    int status = 0;

    s->u = u;
    for (size_t i = 0; i < s->nsaves; i++) {
        if (s->save[i].at < now)
            status = bl_error(s->diag, "--save-at '%s': the run begins at %s", bl_time_text(s->save[i].at, a), bl_time_text(now, b));
        if (s->save[i].at > until)
            status = bl_error(s->diag, "--save-at '%s': the run ends at %s (--until)", bl_time_text(s->save[i].at, a), bl_time_text(until, b));
    }
    if (status || bl_rewind_begin(&s->rewind, u, until) < 0)
        return -1;
    if (now == 0)
        save_until(s, 0);                /* before anything has happened */
    go_to_next(s);
    return s->failed ? -1 : 0;
}

void bl_stops_reached(struct bl_stops *s)
{
    uint64_t at = s->stop;
    int event = bl_rewind_event(&s->rewind);

    if (event == 0 && at) {
        save_until(s, at);
        if (at == s->rewind.next)
            s->failed |= bl_rewind_keep(&s->rewind) < 0;
    }
    s->failed |= event < 0;
    go_to_next(s);
}

void bl_stops_end(struct bl_stops *s, enum bl_end end, struct bl_texts *written)
{
    char a[40], b[40];

    for (size_t i = 0; i < s->nsaves; i++)
        if (s->save[i].whole)
            bl_outputs_wrote(written, s->save[i].path);
        else if (!s->save[i].done)
            s->failed |= bl_error(s->diag, "--save-at '%s': the run ended before, at %s; %s is not written",
                                  bl_time_text(s->save[i].at, a), bl_time_text(bl_now(s->u->sim), b), s->save[i].path) < 0;
    s->failed |= bl_rewind_end(&s->rewind, end) < 0;
    for (size_t i = 0; i < s->rewind.written.n; i++)
        bl_outputs_wrote(written, s->rewind.written.v[i]);
}

void bl_stops_fini(struct bl_stops *s)
{
    bl_rewind_fini(&s->rewind);
    free(s->save);
}

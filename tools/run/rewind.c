/* rewind.c - a ring of snapshots in memory, and from it a trace of what came before an event. */
#include "tools/run/rewind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/alike.h"

enum { CYCLES = 1000, COUNT = 4, LEAST = 2 };   /* COUNT snapshots a span apart always reach a span back from now */

/* ---- options */

/* "64 MiB", "500 kB" -> bytes; false when it is not of that form. */
static bool bytes_of(const char *text, uint64_t *bytes)
{
    static const struct { const char *name; uint64_t unit; } units[] = {
        { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 } };
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    end += strspn(end, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units && *text >= '0' && *text <= '9'; i++)
        if (!strcmp(end, units[i].name))
            return !__builtin_mul_overflow((uint64_t)n, units[i].unit, bytes);
    return false;
}

/* "20 us/8", "20 us", "64 MiB", "" */
static int read_ring(struct bl_rewind *r, const char *text)
{
    const char *slash = strrchr(text, '/');
    char spacing[64], *end = NULL;

    r->count = COUNT;
    if (!*text || bytes_of(text, &r->limit))
        return 0;
    snprintf(spacing, sizeof spacing, "%.*s", (int)(slash ? (size_t)(slash - text) : strlen(text)), text);
    if (bl_parse_time(spacing, &r->spacing, r->diag, "--rewind") < 0)
        return -1;
    unsigned long n = slash ? strtoul(slash + 1, &end, 10) : COUNT;
    if ((slash && (slash[1] < '0' || slash[1] > '9' || *end)) || n < LEAST || n > 1000000 || !r->spacing)
        return bl_error(r->diag, "--rewind '%s': expected SPACING/COUNT, like '20 us/8' (at least %d of them, not 0 apart), or memory, like "
                        "'64 MiB'", text, LEAST);
    r->count = (uint32_t)n;
    return 0;
}

static int read_around(struct bl_rewind *r, const char *text)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;

    r->cycles = CYCLES;
    if (!text)
        return 0;
    if (digits && !text[digits] && digits < 19)
        r->cycles = strtoull(text, NULL, 10);
    else if (bl_parse_time(text, &r->span, r->diag, "--around") < 0)
        return -1;
    if ((digits && !text[digits]) ? !r->cycles : !r->span)
        return bl_error(r->diag, "--around '%s': expected at least one cycle, or a time", text);
    return 0;
}

int bl_rewind_init(struct bl_rewind *r, const struct bl_rewind_opts *o, uint64_t power_window_fs, struct bl_diag *diag)
{
    *r = (struct bl_rewind){ .o = o, .diag = diag, .on = o->ring || o->event };
    if (!r->on && (o->around || o->file))
        return bl_error(diag, "--around%s: of which event? Name it with --trace-around", o->file ? "-file" : "");
    if (!r->on)
        return 0;
    bl_texts_add(&r->file, o->file ? o->file : "around.fst");
    if (read_ring(r, o->ring ? o->ring : "") | read_around(r, o->around))
        return -1;
    r->trace_args = (struct bl_trace_args){ .trace = r->file, .power_window = { .given = power_window_fs > 0, .v = power_window_fs } };
    return bl_traceset_init(&r->trace, &r->trace_args, diag);
}

/* Without --trace-around it is what --rewind is good for: something that does not hold. */
static const char *event(const struct bl_rewind *r) { return r->o->event ? r->o->event : "assertion"; }

/* ---- the ring */

static int take(struct bl_rewind *r)
{
    struct bl_snap *at = &r->ring[r->taken % r->count];
    size_t bytes = bl_save_bytes(r->u->sim);

    if (!at->bytes && !(at->bytes = malloc(bytes)))
        return bl_error(r->diag, "--rewind: no memory for another snapshot of %zu bytes; keep fewer", bytes);
    at->now = bl_now(r->u->sim);
    r->taken++;
    r->n += r->n < r->count;
    return bl_save(r->u->sim, at->bytes, bytes);
}

int bl_rewind_begin(struct bl_rewind *r, struct bl_setup *u, uint64_t until)
{
    struct bl_clock_row clock;
    size_t bytes = bl_save_bytes(u->sim);

    r->u = u;
    r->until = until;
    if (!r->on)
        return 0;
    if (!r->span && !bl_clock_count(u->sim))
        return bl_error(r->diag, "--around: the platform has no clock to count cycles of; give a time, like --around '1 us'");
    if (!r->span) {
        bl_clock_at(u->sim, 0, &clock);
        if (__builtin_mul_overflow(clock.period_fs, r->cycles, &r->span))
            r->span = BL_FOREVER;
    }
    if (!r->spacing)
        r->spacing = r->span;
    if (r->limit && r->limit / bytes < LEAST)
        return bl_error(r->diag, "--rewind %s: a snapshot takes %zu bytes; expected room for at least %d", r->o->ring, bytes, LEAST);
    if (r->limit)
        r->count = r->limit / bytes < 1000000 ? (uint32_t)(r->limit / bytes) : 1000000;
    if (strcmp(event(r), "assertion") && strcmp(event(r), "end") &&
        !(r->condition = bl_condition_open(u->sim, event(r), r->diag)))
        return -1;
    bl_break(u->sim, r->condition);
    if (!(r->ring = calloc(r->count, sizeof *r->ring)))
        return bl_error(r->diag, "--rewind: no memory for %u snapshots; keep fewer", r->count);
    r->next = bl_now(u->sim) > BL_FOREVER - r->spacing ? 0 : bl_now(u->sim) + r->spacing;
    return take(r);
}

int bl_rewind_keep(struct bl_rewind *r)
{
    const uint64_t now = bl_now(r->u->sim), ahead = r->next - now;
    bool moved = r->ring[(r->taken - 1) % r->count].now != now;
    uint64_t step = ahead > r->spacing && !moved ? ahead : r->spacing;    /* over a long gap in steps that double */

    r->next = r->next > BL_FOREVER - step ? 0 : r->next + step;
    return moved ? take(r) : 0;
}

/* ---- the replay */

static void nobody(void *ctx, const char *line)
{
    (void)ctx;
    (void)line;
}

/* The latest snapshot at or before a time, else the first that there is. */
static const struct bl_snap *from(const struct bl_rewind *r, uint64_t fs)
{
    const struct bl_snap *best = &r->ring[(r->taken - r->n) % r->count];

    for (uint32_t i = 0; i < r->n; i++) {
        const struct bl_snap *s = &r->ring[(r->taken - r->n + i) % r->count];
        if (s->now <= fs)
            best = s;
    }
    return best;
}

/* Runs the second simulation to where the first one stands. */
static void run_again(struct bl_rewind *r, struct bl_setup *v, enum bl_end end)
{
    struct bl_condition *c = end == BL_END_BREAK ? bl_condition_open(v->sim, event(r), &v->fold->diag) : NULL;
    uint64_t now = bl_now(r->u->sim);

    bl_break(v->sim, c);
    if (end == BL_END_INTERRUPTED)
        bl_break_at(v->sim, now + 1);
    while (bl_run(v->sim, r->until) == BL_END_PAUSED && bl_now(v->sim) < r->until)      /* the job's owner looks at layers; here nobody does */
        continue;
    bl_break(v->sim, NULL);
    bl_condition_close(c);
}

static bool same_state(struct bl_rewind *r, struct bl_setup *v)
{
    return bl_now(r->u->sim) == bl_now(v->sim) && bl_state_equal(r->u->sim, v->sim);
}

static int replay(struct bl_rewind *r, struct bl_setup *v, enum bl_end end, const char *what)
{
    uint64_t now = bl_now(r->u->sim), begin = now > r->span ? now - r->span : 0;
    const struct bl_snap *s = from(r, begin);
    char a[40], b[40], c[40];

    if (s->now > begin)
        bl_note(r->diag, "%s: begins at %s; the ring does not reach back to %s: keep more snapshots (--rewind)", r->file.v[0],
                bl_time_text(s->now, a), bl_time_text(begin, b));
    begin = s->now > begin ? s->now : begin;
    if (bl_restore(v->sim, s->bytes, bl_save_bytes(v->sim)) < 0)
        return bl_error(r->diag, "--trace-around: the snapshot does not fit; were files changed during the run?");
    r->trace.opts.from_fs = begin;
    if (bl_traceset_begin(&r->trace, v->sim, r->diag) < 0)
        return -1;
    run_again(r, v, end);
    int status = bl_traceset_end(&r->trace, v->sim, &r->written, r->diag);
    if (status < 0)
        return -1;
    if (!same_state(r, v))
        return bl_error(r->diag, "%s: the run from %s to %s was not the same the second time; a part has state that no snapshot holds",
                        r->file.v[0], bl_time_text(s->now, a), bl_time_text(now, b));
    return bl_note(r->diag, "%s: %s to %s, where %s; run again from the snapshot of %s, and the state at the end is the same to the last bit",
                   r->file.v[0], bl_time_text(begin, a), bl_time_text(now, b), what, bl_time_text(s->now, c));
}

/* The traces of the run itself, and its state, stay untouched: the replay has a simulation of its own. */
static int trace_it(struct bl_rewind *r, enum bl_end end, const char *what)
{
    struct bl_diag quiet = { .put = nobody };
    int status = -1;

    r->done = true;
    struct bl_setup *v = bl_setup_open(&r->u->o, &quiet);
    if (v)
        status = replay(r, v, end, what);
    else
        bl_error(r->diag, "--trace-around: the platform cannot be built again; were files changed during the run?");
    bl_setup_close(v);
    return status;
}

int bl_rewind_event(struct bl_rewind *r)
{
    if (!r->condition || !bl_condition_holds(r->condition))
        return 0;
    int status = trace_it(r, BL_END_BREAK, event(r));
    bl_condition_close(r->condition);
    r->condition = NULL;
    r->next = 0;
    return status < 0 ? -1 : 1;
}

int bl_rewind_end(struct bl_rewind *r, enum bl_end end)
{
    if (!r->on || r->done)
        return 0;
    if (!strcmp(event(r), "end"))
        return trace_it(r, end, "the run ended");
    if (!strcmp(event(r), "assertion") && end == BL_END_FAILED)
        return trace_it(r, end, "the run failed");
    if (r->o->event && !strcmp(event(r), "assertion"))
        bl_note(r->diag, "--trace-around assertion: none failed, so nothing is traced");
    else if (r->o->event)
        bl_note(r->diag, "--trace-around '%s': it never came, so nothing is traced", event(r));
    return 0;
}

void bl_rewind_fini(struct bl_rewind *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        free(r->ring[i].bytes);
    free(r->ring);
    bl_condition_close(r->condition);
    bl_traceset_fini(&r->trace);
    free(r->file.v);
    free(r->written.v);
}

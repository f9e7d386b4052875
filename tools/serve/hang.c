/* hang.c - a hang: no part works and none has changed what it is at for so many cycles, and somebody waits. Exact, without a look at every cycle: each
 * part says since when it is at its verdict. */
#include "tools/serve/serve.h"

#include <stdio.h>

#include "tools/run/snapshot_file.h"

enum { CYCLES = 100000 };

/* When something moved last, as far as that is not after `limit`; false: later than that, or nobody waits. */
static bool nothing_since(struct bl_sim *s, uint64_t limit, uint64_t *last)
{
    struct bl_stand_row row;
    bool waits = false;

    *last = 0;
    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_stand_at(s, i, &row);
        if (!row.verdict)
            continue;
        if (row.number == 1 || row.since_fs > limit)
            return false;
        waits |= !row.rests;
        *last = row.since_fs > *last ? row.since_fs : *last;
    }
    return waits;
}

bool bl_hang_look(struct bl_server *s)
{
    const struct bl_whole asked = s->o->hang_cycles;
    struct bl_sim *sim = s->r->u->sim;
    struct bl_clock_row clock;
    uint64_t span, last;

    if (!bl_clock_count(sim) || (asked.given && !asked.v))
        return false;
    bl_clock_at(sim, 0, &clock);
    if (__builtin_mul_overflow(clock.period_fs, asked.given ? asked.v : CYCLES, &span) || bl_now(sim) < span)
        return false;
    if (!nothing_since(sim, bl_now(sim) - span, &last) || (s->hang.found && s->hang.fs == last))
        return false;
    s->hang.found = true;
    s->hang.fs = last;
    s->hang.since = bl_now(sim);
    return true;
}

static void add_line(void *ctx, const char *line)
{
    while (*line == ' ')
        line++;
    json_array_append_new(ctx, json_string(line));
}

void bl_hang_keep(struct bl_server *s)
{
    char path[4096], text[40];

    json_decref(s->hang.chain);
    s->hang.chain = json_array();
    struct bl_diag diag = { .put = add_line, .ctx = s->hang.chain };
    bl_explain_wait(s->r->u->sim, &diag);
    if (s->standing != BL_ENDED)
        bl_live_keep(&s->live);
    snprintf(path, sizeof path, "%s/hang.snap", s->folder);
    if (!s->hang.found) {
        s->hang.found = true;
        s->hang.fs = s->hang.since = bl_now(s->r->u->sim);
    }
    if (bl_snapshot_write(s->r->u, bl_now(s->r->u->sim), path) == 0)
        bl_note(s->diag, "hang: nothing has moved since %s; the run stands, and %s is its snapshot (bitline run --restore)", bl_time_text(s->hang.fs, text), path);
}

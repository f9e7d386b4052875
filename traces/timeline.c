/* timeline.c - a run as Chrome trace events (JSON), for ui.perfetto.dev: a track a part, a slice a verdict, counters,
 * an arrow an item of a channel. FORMAT.md describes the records. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/flow.h"
#include "traces/traces.h"

enum { CHUNK = 1 << 16, PAGE = 4096, AHEAD = 1 << 17, IDLE = 0, FIRST_STALL = 2, FEMTO = 1000000000 };    /* FEMTO: fs in a microsecond, the unit of Chrome */

struct track { uint64_t since; uint32_t verdict; bool on; };

struct bl_wave {
    struct bl_out out;
    struct bl_bytes text;
    struct bl_flow flow;
    struct track *track;       /* by part */
    uint64_t now, arrows;
    uint64_t used;             /* where the next event goes in the file: behind it are blanks, and the end of the array */
    bool any;                  /* an event has been told */
    bool stream;               /* a pipe: it gets its end when it is closed */
};

/* ---- records ---- */

/* Viewers hold nanoseconds: they read the number as a double, multiply by 1000 and cut off the rest. The double nearest to what is meant
 * may then be one nanosecond less, and two slices overlap; so the next double is taken. */
static bool survives(double us, uint64_t fs) { return (uint64_t)(us * 1000) >= fs / 1000000; }

static void put_us(struct bl_bytes *b, uint64_t fs)
{
    char text[40];
    int n = snprintf(text, sizeof text, "%" PRIu64 ".%09u", fs / FEMTO, (unsigned)(fs % FEMTO));
    double us = strtod(text, NULL);

    while (text[n - 1] == '0')
        n--;
    n -= text[n - 1] == '.';
    if (!survives(us, fs)) {
        while (!survives(us, fs))
            us = nextafter(us, INFINITY);
        n = snprintf(text, sizeof text, "%.17g", us);
    }
    bl_put(b, text, (size_t)n);
}

/* The keys that every event has; a thread of 0 belongs to the whole. */
static void begin(struct bl_wave *w, const char *phase, uint32_t thread)
{
    bl_put_text(&w->text, w->any ? ",\n{\"ph\":\"" : " \n{\"ph\":\"");
    bl_put_text(&w->text, phase);
    bl_put_text(&w->text, "\",\"pid\":1,\"tid\":");
    bl_put_decimal(&w->text, thread);
    bl_put_text(&w->text, ",\"name\":");
    w->any = true;
}

static void put_time(struct bl_wave *w, const char *key, uint64_t fs)
{
    bl_put_text(&w->text, key);
    put_us(&w->text, fs);
}

static void put_label(struct bl_wave *w, const char *what, uint32_t thread, const char *name)
{
    begin(w, "M", thread);
    bl_put_json(&w->text, what);
    bl_put_text(&w->text, ",\"args\":{\"name\":");
    bl_put_json(&w->text, name);
    bl_put_text(&w->text, "}}");
}

static void put_labels(struct bl_wave *w)
{
    put_label(w, "process_name", 0, "bitline");
    for (uint32_t i = 0; i < w->flow.nparts; i++) {
        put_label(w, "thread_name", i + 1, w->flow.part[i].path);
        begin(w, "M", i + 1);
        bl_put_text(&w->text, "\"thread_sort_index\",\"args\":{\"sort_index\":");
        bl_put_decimal(&w->text, i + 1);
        bl_put_text(&w->text, "}}");
    }
}

/* What a part was at from `since` to now; idle time is left blank. */
static void end_slice(struct bl_wave *w, uint32_t part, uint64_t end)
{
    const struct bl_flow_part *p = &w->flow.part[part];
    struct track *t = &w->track[part];

    if (!t->on || t->verdict == IDLE || end <= t->since)
        return;
    begin(w, "X", part + 1);
    bl_put_json(&w->text, t->verdict < p->nverdicts ? p->verdict[t->verdict] : "?");
    bl_put_text(&w->text, t->verdict >= FIRST_STALL ? ",\"cat\":\"stall\"" : ",\"cat\":\"work\"");
    put_time(w, ",\"ts\":", t->since);
    put_time(w, ",\"dur\":", end - t->since);
    bl_put8(&w->text, '}');
}

static void put_counter(struct bl_wave *w, const char *name, const char *key, const char *value)
{
    begin(w, "C", 0);
    bl_put_json(&w->text, name);
    put_time(w, ",\"ts\":", w->now);
    bl_put_text(&w->text, ",\"args\":{\"");
    bl_put_text(&w->text, key);
    bl_put_text(&w->text, "\":");
    bl_put_text(&w->text, value);
    bl_put_text(&w->text, "}}");
}

static void put_end_of_arrow(struct bl_wave *w, const char *phase, const struct bl_flow_channel *c, uint32_t part, uint64_t fs)
{
    begin(w, phase, part + 1);
    bl_put_json(&w->text, c->name);
    bl_put_text(&w->text, ",\"cat\":\"channel\",\"id\":");
    bl_put_decimal(&w->text, w->arrows);
    put_time(w, ",\"ts\":", fs);
    bl_put8(&w->text, '}');
}

/* Both ends at once, when the item is taken: an arrow always has two. */
static void put_arrow(struct bl_wave *w, const struct bl_flow_channel *c, uint64_t pushed_at)
{
    w->arrows++;
    put_end_of_arrow(w, "s", c, c->giver, pushed_at);
    put_end_of_arrow(w, "f\",\"bp\":\"e", c, c->taker, w->now);
}

/* ---- the file: an array that is closed at every moment ----
 * Events are written over blanks in front of its end. A write inside of one page is done or not done, whenever the program is killed; so no
 * event crosses pages, unless it is longer than one. */

static int put_ahead(struct bl_wave *w)
{
    uint64_t end = w->out.end;
    char *blanks = malloc(AHEAD);
    int rc = -1;

    if (!blanks)
        return bl_out_fail(&w->out, "out of memory");
    memset(blanks, ' ', AHEAD);
    blanks[AHEAD - 1] = '\n';
    if (end == 0) {
        blanks[0] = '[';
        blanks[AHEAD - 2] = ']';
        w->used = 1;
        rc = bl_out_append(&w->out, blanks, AHEAD);
    } else if (bl_out_append(&w->out, blanks, AHEAD) == 0 && bl_out_patch(&w->out, end - 2, " ", 1) == 0) {
        rc = bl_out_patch(&w->out, w->out.end - 2, "]", 1);
    }
    free(blanks);
    return rc;
}

/* Writes n bytes of whole events, which fit into a page or are one. */
static int put_events(struct bl_wave *w, const uint8_t *at, size_t n)
{
    while (n && w->used + n + 2 > w->out.end)
        if (put_ahead(w))
            return -1;
    if (n && bl_out_patch(&w->out, w->used, at, n))
        return -1;
    w->used += n;
    return 0;
}

/* Events begin with a line's end, and have no other one. */
static int flush(struct bl_wave *w)
{
    const uint8_t *p = w->text.at, *end = p + w->text.n, *from = p;

    if (w->stream && bl_out_append(&w->out, p, w->text.n))
        return -1;
    while (!w->stream && p < end) {
        const uint8_t *nl = p + 2 < end ? memchr(p + 2, '\n', (size_t)(end - p - 2)) : NULL, *next = nl ? nl - 1 : end;
        size_t room = PAGE - (size_t)((w->used + (size_t)(p - from)) % PAGE), n = (size_t)(next - p);
        if (n > room) {
            if (put_events(w, from, (size_t)(p - from)))
                return -1;
            w->used += n <= PAGE ? room % PAGE : 0;
            from = p;
        }
        p = next;
    }
    if (!w->stream && put_events(w, from, (size_t)(end - from)))
        return -1;
    w->text.n = 0;
    bl_out_safe(&w->out, w->now);
    return 0;
}

/* ---- what is told ---- */

static void counted(struct bl_wave *w, const struct bl_flow_var *v, uint32_t value)
{
    struct bl_flow_channel *c = &w->flow.channel[v->index];
    uint64_t since;

    if (!c->known) {                           /* pushed comes before popped */
        *(v->kind == BL_FLOW_PUSHED ? &c->pushed : &c->popped) = value;
        c->known = v->kind == BL_FLOW_POPPED;
        return;
    }
    if (v->kind == BL_FLOW_PUSHED)
        while (c->pushed != value && !w->text.bad)
            w->text.bad = !bl_flow_push(c, w->now);      /* no memory: arrows would be missing */
    else
        while (c->popped != value)
            if (bl_flow_pop(c, &since))
                put_arrow(w, c, since);
}

static void judged(struct bl_wave *w, uint32_t part, uint32_t verdict)
{
    end_slice(w, part, w->now);
    w->track[part] = (struct track){ w->now, verdict, true };
}

static int bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    const struct bl_flow_var *v = &w->flow.var[var];
    char text[24];

    if (v->kind == BL_FLOW_VERDICT)
        judged(w, v->index, (uint32_t)words[0]);
    else if (v->kind == BL_FLOW_PUSHED || v->kind == BL_FLOW_POPPED)
        counted(w, v, (uint32_t)words[0]);
    if (v->kind == BL_FLOW_DEPTH) {
        snprintf(text, sizeof text, "%" PRIu64, words[0]);
        put_counter(w, v->name, "items", text);
    }
    return w->text.bad ? bl_out_fail(&w->out, "out of memory") : 0;
}

static int real(struct bl_wave *w, uint32_t var, double value)
{
    char text[40];

    snprintf(text, sizeof text, "%.9g", value);
    put_counter(w, w->flow.var[var].name, "mW", text);
    return 0;
}

static int tell_time(struct bl_wave *w, uint64_t fs)
{
    if (w->text.n >= CHUNK && flush(w))
        return -1;
    w->now = fs;
    return 0;
}

static int dump(struct bl_wave *w, bool on)
{
    for (uint32_t i = 0; !on && i < w->flow.nparts; i++) {
        end_slice(w, i, w->now);
        w->track[i].on = false;
    }
    for (size_t i = 0; i < w->flow.nchannels; i++)
        bl_flow_forget(&w->flow.channel[i]);
    return 0;
}

static uint64_t bytes(const struct bl_wave *w) { return (w->stream ? w->out.end : w->used) + w->text.n; }

/* ---- open and close ---- */

static void drop(struct bl_wave *w)
{
    bl_flow_fini(&w->flow);
    bl_bytes_fini(&w->text);
    free(w->track);
    free(w);
}

static struct bl_wave *open_json(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start_fs, struct bl_diag *diag)
{
    struct bl_wave *w = calloc(1, sizeof *w);

    if (!w || bl_flow_init(&w->flow, vars, nvars) || !(w->track = calloc(w->flow.nparts + 1, sizeof *w->track))) {
        bl_error(diag, "%s: out of memory", path);
    } else if (bl_out_open(&w->out, path, false, diag) == 0) {
        w->now = start_fs;
        w->stream = !bl_out_regular(&w->out);
        if (w->stream)
            bl_put8(&w->text, '[');
        put_labels(w);
        if (w->stream || put_ahead(w) == 0)
            return w;
        bl_out_close(&w->out);
    }
    if (w)
        drop(w);
    return NULL;
}

static int close_json(struct bl_wave *w, uint64_t end_fs)
{
    for (uint32_t i = 0; i < w->flow.nparts; i++)
        end_slice(w, i, end_fs);
    if (w->text.bad)
        bl_out_fail(&w->out, "out of memory");
    else if (flush(w) == 0 && (w->stream || bl_out_cut(&w->out, w->used) == 0))
        bl_out_append(&w->out, "\n]\n", 3);
    int rc = bl_out_close(&w->out);
    drop(w);
    return rc;
}

const struct bl_wave_ops bl_timeline_writer = {
    .suffix = "json", .help = "Chrome trace events, for ui.perfetto.dev", .timeline = true,
    .open = open_json, .time = tell_time, .bits = bits, .real = real, .dump = dump, .bytes = bytes, .close = close_json
};

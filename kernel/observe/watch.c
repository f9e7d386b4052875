/* watch.c - traces: begun and ended, in files and parts of files, over windows of time and of conditions; told what may have changed,
 * and when a time is over. What the writer is told then: tell.c. */
#include "kernel/observe/watch.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- begin ---- */

/* What is not compared is announced. */
static void hear(struct bl_trace *t, struct bl_sim *s, struct bl_word *w, uint32_t first)
{
    if (!in_chunk(s, w))
        listen_to(s, w, WATCHES, t->number << TRACE_SHIFT | first);
}

static void listen(struct bl_trace *t, struct bl_sim *s)
{
    for (uint32_t k = 0; k < t->n; k++) {
        const struct signal *g = &t->sig[k];
        if (!g->together)
            continue;
        if (g->from == A_WORD || g->from == A_COUNTER)
            hear(t, s, s->frozen.words[g->index], k);
        if (g->from == A_COUNT || g->from == AN_ITEM)
            hear(t, s, s->frozen.rings[g->index]->push_word, k);
        if (g->from == A_COUNT)
            hear(t, s, s->frozen.rings[g->index]->pop_word, k);
    }
    freeze_listeners(s);
}

void hear_no_more(struct bl_sim *s, uint32_t number)
{
    size_t n = 0;

    for (size_t i = 0; i < s->frozen.nheard; i++)
        if (s->frozen.heard[i].what != WATCHES || s->frozen.heard[i].id >> TRACE_SHIFT != number)
            s->frozen.heard[n++] = s->frozen.heard[i];
    if (n == s->frozen.nheard)
        return;
    s->frozen.nheard = n;
    freeze_listeners(s);
}

/* In a place of its own from the start: bl_close frees it, whatever comes. */
static struct bl_trace *take_slot(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;
    uint32_t number = 0;

    while (number < o->ntraces && o->traces[number])
        number++;
    o->traces = grown(o->traces, o->ntraces, &o->room_traces, sizeof(struct bl_trace *));
    struct bl_trace *t = fresh(1, sizeof *t);
    t->number = number;
    t->ended = true;                     /* until it has begun */
    o->ntraces += number == o->ntraces;
    o->traces[number] = t;
    o->begun = true;
    onlookers_changed(s);
    return t;
}

static size_t traces_now(const struct onlookers *o)
{
    size_t n = 0;

    for (size_t i = 0; i < o->ntraces; i++)
        n += o->traces[i] != NULL;
    return n;
}

static void place_shadow(struct bl_trace *t)
{
    size_t words = 0;

    for (size_t i = 0; i < t->n; i++)
        words += t->sig[i].words;
    t->shadow = fresh(words + 1, sizeof *t->shadow);
    words = 0;
    for (size_t i = 0; i < t->n; words += t->sig[i++].words)
        t->sig[i].old = t->shadow + words;
}

static struct bl_trace *trace_new(struct bl_sim *s, const struct bl_wave_ops *ops, const char *path, const struct bl_trace_opts *o,
                                  struct bl_diag *diag)
{
    struct bl_trace *t = take_slot(s);

    t->ops = ops;
    t->diag = diag;
    t->o = *o;
    t->path = arena_text(&t->names, "%s", path);
    if (t->o.to_fs == 0)
        t->o.to_fs = UINT64_MAX;
    if (t->o.from_fs < s->core->now)
        t->o.from_fs = s->core->now;
    t->verdict_of = fresh(s->frozen.nnodes + 1, sizeof *t->verdict_of);
    memset(t->verdict_of, 0xff, (s->frozen.nnodes + 1) * sizeof *t->verdict_of);
    t->first = fresh(s->frozen.naccounts + 1, sizeof *t->first);
    memset(t->first, 0xff, (s->frozen.naccounts + 1) * sizeof *t->first);
    signals_choose(t, s);
    t->marks = fresh(t->n / 64 + 1, sizeof *t->marks);
    place_shadow(t);
    probes_place(t, s);
    return t;
}

char *bl_trace_part_name(const char *path, const char *suffix, uint32_t part, char *buf, size_t room)
{
    size_t n = strlen(path), k = strlen(suffix) + 1;

    snprintf(buf, room, "%.*s.%u.%s", (int)(n > k ? n - k : n), path, part, suffix);
    return buf;
}

struct bl_wave *trace_open_part(const struct bl_trace *t, uint64_t fs)
{
    size_t room = strlen(t->path) + 32;
    char *name = lent(room, 1);
    const char *path = t->o.part_bytes ? bl_trace_part_name(t->path, t->ops->suffix, t->part, name, room) : t->path;
    struct bl_wave *w = t->ops->open(path, t->vars, t->n, fs, t->diag);

    give_back(name);
    return w;
}

static int open_all(struct bl_trace *t, struct bl_sim *s)
{
    if (t->n == 0)
        return bl_error(t->diag, "%s: no signal is watched; the globs match nothing (`bitline show PLATFORM --signals` lists names)",
                        t->path);
    if (t->n >= 1u << TRACE_SHIFT)
        return bl_error(t->diag, "%s: %zu signals; at most 2^26 in one trace", t->path, t->n);
    if (t->o.part_bytes && !t->ops->bytes)
        return bl_error(t->diag, "%s: this form has no parts; expected one of those that `bitline run --help` names", t->path);
    if (t->o.from_when && !(t->from_when = bl_condition_open(s, t->o.from_when, t->diag)))
        return -1;
    if (t->o.to_when && !(t->to_when = bl_condition_open(s, t->o.to_when, t->diag)))
        return -1;
    t->wave = trace_open_part(t, t->o.from_fs);
    return t->wave ? 0 : -1;
}

static int may_begin(struct bl_sim *s, const struct bl_wave_ops *ops, const char *path, struct bl_diag *diag)
{
    if (s->elaborating || s->run.in_run)
        return busy(s, "bl_trace_begin");
    if (!path)
        return bl_error(diag, "a trace has no path");
    if (!ops)
        return bl_error(diag, "%s: a trace has no writer; is the form of this name known? bl_wave_writer gives NULL for others than those of "
                        "bl_wave_suffixes", path);
    if (!s->elaborated || traces_now(onlookers_of(s)) == MOST_TRACES)
        return bl_error(diag, "%s: a trace begins after elaboration, at most %d at once", path, MOST_TRACES);
    for (size_t i = 0; i < s->onlookers->ntraces; i++)
        if (s->onlookers->traces[i] && !strcmp(s->onlookers->traces[i]->path, path))
            return bl_error(diag, "%s: another trace writes there; end it first, or take another name", path);
    return 0;
}

static int end(struct bl_sim *s, struct bl_trace *t);

static struct bl_trace *begin(struct bl_sim *s, const struct bl_wave_ops *ops, const char *path, const struct bl_trace_opts *o,
                              struct bl_diag *diag)
{
    static const struct bl_trace_opts everything;

    if (may_begin(s, ops, path, diag))
        return NULL;
    struct bl_trace *t = trace_new(s, ops, path, o ? o : &everything, diag);
    if (open_all(t, s)) {
        end(s, t);
        return NULL;
    }
    listen(t, s);
    t->ended = false;
    t->window = t->o.from_fs;
    if (t->o.from_fs == s->core->now)
        power_starts(s, t, t->o.from_fs);
    return t;
}

struct bl_trace *bl_trace_begin(struct bl_sim *s, const struct bl_wave_ops *ops, const char *path,
                                const struct bl_trace_opts *o, struct bl_diag *diag)
{
    if (NOBODY(s))
        return NULL;
    BORDER(s, NULL);
    return begin(s, ops, path, o, diag ? diag : s->diag);
}

const struct bl_wave_var *bl_trace_vars(const struct bl_trace *t, size_t *n)
{
    if (MISSING_SAID(NULL, t, n))
        return NULL;
    *n = t->n;
    return t->vars;
}

uint64_t bl_trace_changes(const struct bl_trace *t) { return MISSING_SAID(NULL, t) ? 0 : t->changes; }
uint32_t bl_trace_parts(const struct bl_trace *t) { return !MISSING_SAID(NULL, t) && t->o.part_bytes ? t->part + 1 : 0; }

uint64_t bl_trace_first(const struct bl_sim *s, const struct bl_trace *t, size_t var, uint32_t value)
{
    if (MISSING(s, t) || no_row(s, __func__, "variable", var, t->n))
        return UINT64_MAX;
    const struct signal *g = &t->sig[var];
    bool verdict = g->from == A_VERDICT && value < s->frozen.nodes[g->node]->info->nverdicts;

    return verdict ? t->first[s->frozen.nodes[g->node]->account + value] : UINT64_MAX;
}

/* ---- what the loop tells: see struct observer ---- */

static int flush_one(struct bl_sim *s, struct bl_trace *t, uint64_t until)
{
    uint64_t now = s->core->now;

    if (t->ended || now >= t->o.to_fs)
        return 0;
    if (until <= t->o.from_fs) {
        if (until == t->o.from_fs)
            power_starts(s, t, until);
        return 0;
    }
    if (window_show(s, t))
        return -1;
    if (!t->started || t->dark)
        return 0;
    if (t->to_when)
        window_end_when(t, now);
    return t->dark || now >= t->o.to_fs ? 0 : tell_between(s, t, until < t->o.to_fs ? until : t->o.to_fs);
}

/* Behind its window a run is as fast as without a trace. */
static void is_over(struct bl_sim *s, struct bl_trace *t)
{
    t->over = true;
    hear_no_more(s, t->number);
    onlookers_changed(s);
}

/* Everything of this time has happened. A trace that fails has said so; it ends there, readable, and the run goes on. */
static void watch_time_over(struct bl_sim *s, uint64_t until)
{
    struct onlookers *o = s->onlookers;

    for (size_t i = 0; i < o->ntraces; i++) {
        struct bl_trace *t = o->traces[i];
        if (t && flush_one(s, t, until))
            t->ended = true;
        if (t && !t->over && (t->ended || until >= t->o.to_fs))
            is_over(s, t);
    }
    o->begun = false;
    for (size_t i = 0; i < s->frozen.ndomains; i++)
        s->frozen.domains[i].nvisited = s->frozen.domains[i].nnapping = 0;
    for (size_t w = 0; o->ran && w < s->frozen.nnodes / 64 + 1; w++)
        o->ran[w] = 0;
}

/* id: trace number << 26 | first of its variables. */
static void watch_heard(struct bl_sim *s, uint32_t id)
{
    if (id >> TRACE_SHIFT < s->onlookers->ntraces)
        mark_told(s->onlookers->traces[id >> TRACE_SHIFT], id & ((1u << TRACE_SHIFT) - 1));
}

static void watch_verdict(struct bl_sim *s, const struct bl_node *n)
{
    for (size_t i = 0; i < s->onlookers->ntraces; i++) {
        struct bl_trace *t = s->onlookers->traces[i];
        if (t && t->verdict_of[n->id] != NONE)
            mark_told(t, t->verdict_of[n->id]);
    }
}

/* Its views may have moved. */
static void watch_ran(struct bl_sim *s, const struct bl_node *n)
{
    if (s->onlookers->ran)
        s->onlookers->ran[n->id / 64] |= UINT64_C(1) << (n->id & 63);
}

static void watch_begins(struct bl_sim *s) { s->onlookers->begun = true; }

/* Everything may differ, and clocks begin once more. */
static void watch_restarted(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;

    o->begun = true;
    for (size_t i = 0; i < o->ntraces; i++) {
        struct bl_trace *t = o->traces[i];
        if (!t)
            continue;
        t->again = true;
        for (size_t c = 0; c < t->nclocks; c++)
            t->clock[c].next = s->core->now;
        for (uint32_t k = 0; k < t->n; k++)
            if (t->sig[k].together)
                mark_told(t, k);
    }
}

bool watch_shows(const struct onlookers *o)
{
    bool shows = false;

    for (size_t i = 0; i < o->ntraces; i++)
        shows |= o->traces[i] && !o->traces[i]->over;
    return shows;
}

void watch_misused(struct bl_sim *s)
{
    if (s->onlookers->misused)
        return;
    s->onlookers->misused = true;
    watch_free(s);
}

const struct observer watch_observer = {
    .ran = watch_ran, .heard = watch_heard, .verdict = watch_verdict, .restarted = watch_restarted, .begins = watch_begins, .time_over = watch_time_over
};

/* ---- end ---- */

static void trace_free(struct bl_sim *s, struct bl_trace *t)
{
    struct onlookers *o = s->onlookers;

    o->traces[t->number] = NULL;
    while (o->ntraces && !o->traces[o->ntraces - 1])
        o->ntraces--;
    onlookers_changed(s);
    probes_free(t, s);
    void *owned[] = { t->vars, t->sig, t->clock, t->marks, t->shadow, t->verdict_of, t->first };
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free(owned[i]);
    arena_free(&t->names);
    free(t);
}

static int last_changes(struct bl_sim *s, struct bl_trace *t)
{
    uint64_t now = s->core->now;

    if (now < t->o.from_fs || now >= t->o.to_fs)
        return 0;
    return window_show(s, t) || (t->darkens && window_darken(t, now)) ? -1 : 0;
}

static bool is_open(const struct bl_sim *s, const struct bl_trace *t)
{
    for (size_t i = 0; t && s->onlookers && i < s->onlookers->ntraces; i++)
        if (s->onlookers->traces[i] == t)
            return true;
    return false;
}

static int end(struct bl_sim *s, struct bl_trace *t)
{
    if (!is_open(s, t))
        return bl_error(s->diag, "bl_trace_end: %s", t ? "this trace is not open; it has ended already" : "there is no trace; did bl_trace_begin return NULL?");
    int bad = t->ended || s->no_memory ? -1 : last_changes(s, t);
    uint64_t now = s->core->now;
    struct bl_wave *wave = t->wave;

    t->ended = true;
    t->wave = NULL;
    if (wave && t->ops->close(wave, now < t->o.to_fs ? now : t->o.to_fs))
        bad = -1;
    if (t->from_when)
        bl_condition_close(t->from_when);
    if (t->to_when)
        bl_condition_close(t->to_when);
    t->from_when = t->to_when = NULL;
    if (!t->over && !s->onlookers->misused && !s->no_memory)
        hear_no_more(s, t->number);
    trace_free(s, t);
    return bad;
}

int bl_trace_end(struct bl_sim *s, struct bl_trace *t)
{
    if (NOBODY(s))
        return -1;
    if (s->run.in_run || s->elaborating)
        return busy(s, __func__);
    BORDER(s, -1);
    return end(s, t);
}

void watch_free(struct bl_sim *s)
{
    struct onlookers *o = s->onlookers;

    for (size_t i = o->ntraces; i-- > 0;)
        if (i < o->ntraces && o->traces[i])
            end(s, o->traces[i]);
}

/* live.c - traces and snapshots of a run that stands at an order point. */
#include "tools/serve/live.h"

#include <stdlib.h>
#include <string.h>

#include "traces/traces.h"

int bl_live_init(struct bl_live *l, struct run *r, const char *folder, size_t most, struct bl_diag *diag)
{
    *l = (struct bl_live){ .r = r, .diag = diag, .folder = folder, .most = most < BL_KEPT_MOST ? most : BL_KEPT_MOST,
                           .nlayers = r->u->net ? r->u->net->nlayers : 0 };
    if (!(l->items = calloc(l->nlayers + 1, sizeof *l->items)))
        return bl_error(diag, "no memory for the counts of %u layers", l->nlayers);
    return 0;
}

/* ---- traces ---- */

struct bl_watch *bl_live_watch_at(const struct bl_live *l, uint32_t number)
{
    return number && number <= l->nwatches ? &l->watch[number - 1] : NULL;
}

static size_t open_watches(const struct bl_live *l)
{
    size_t n = 0;

    for (size_t i = 0; i < l->nwatches; i++)
        n += l->watch[i].trace != NULL;
    return n;
}

static char *path_of(const struct bl_live *l, size_t number)
{
    size_t room = strlen(l->folder) + 32;
    char *path = malloc(room);

    if (path)
        snprintf(path, room, "%s%swatch%zu.fst", l->folder, *l->folder ? "/" : "", number);
    return path;
}

static void drop_watch(struct bl_watch *w)
{
    bl_texts_free_all(&w->globs);
    free(w->path);
}

int bl_live_watch(struct bl_live *l, const char *const *globs, size_t n)
{
    struct bl_watch *all, w = { .number = (uint32_t)l->nwatches + 1, .from = bl_now(l->r->u->sim) };

    if (open_watches(l) == BL_WATCHES_MOST)
        return bl_error(l->diag, "watch: %d traces are open; end one of them first", BL_WATCHES_MOST);
    all = realloc(l->watch, (l->nwatches + 1) * sizeof *all);
    if (!all)
        return bl_error(l->diag, "watch: no memory for another trace");
    l->watch = all;
    w.path = path_of(l, w.number);
    for (size_t i = 0; i < n; i++) {
        char *copy = strdup(globs[i]);
        if (copy)
            bl_texts_add(&w.globs, copy);
    }
    if (!w.path || w.globs.n != n) {
        drop_watch(&w);
        return bl_error(l->diag, "watch: no memory for another trace");
    }
    const struct bl_trace_opts o = { .globs = w.globs.v, .nglobs = n };
    if (!(w.trace = bl_trace_begin(l->r->u->sim, &bl_fst_writer, w.path, &o, l->diag))) {
        drop_watch(&w);
        return -1;
    }
    l->watch[l->nwatches++] = w;
    return (int)w.number;
}

static int end_watch(struct bl_live *l, struct bl_watch *w)
{
    w->to = bl_now(l->r->u->sim);
    w->failed |= bl_trace_end(l->r->u->sim, w->trace) < 0;
    w->trace = NULL;
    return w->failed ? -1 : 0;
}

static struct bl_watch *open_one(const struct bl_live *l, const char *what, uint32_t number)
{
    struct bl_watch *w = bl_live_watch_at(l, number);

    if (!w || !w->trace)
        bl_error(l->diag, "%s %u: %s", what, number, w ? "this trace has ended already" : "there is no trace of this number");
    return w && w->trace ? w : NULL;
}

int bl_live_unwatch(struct bl_live *l, uint32_t number)
{
    struct bl_watch *w = open_one(l, "unwatch", number);

    return !w ? -1 : end_watch(l, w) < 0 ? bl_error(l->diag, "unwatch %u: the trace could not be written", number) : 0;
}

int bl_live_cut(struct bl_live *l, uint32_t number)
{
    struct bl_watch *w = open_one(l, "cut", number);
    int status = w ? bl_trace_flush(l->r->u->sim, w->trace) : -1;

    if (status == 0)
        w->to = bl_now(l->r->u->sim);
    return !w || status >= 0 ? status : bl_error(l->diag, "cut %u: the trace could not be written", number);
}

int bl_live_end(struct bl_live *l)
{
    int status = 0;

    for (size_t i = 0; i < l->nwatches; i++)
        if (l->watch[i].trace)
            status |= end_watch(l, &l->watch[i]);
        else
            status |= l->watch[i].failed ? -1 : 0;
    return status;
}

/* ---- snapshots ---- */

static void drop(struct bl_live *l, size_t i)
{
    free(l->kept[i].bytes);
    free(l->kept[i].items);
    l->nkept--;
    memmove(&l->kept[i], &l->kept[i + 1], (l->nkept - i) * sizeof l->kept[0]);
}

/* The one whose neighbours are closest to each other: what is left covers the run evenly, and most densely where it was looked at most. */
static size_t least_missed(const struct bl_live *l)
{
    size_t best = 1;

    for (size_t i = 2; i + 1 < l->nkept; i++)
        if (l->kept[i + 1].fs - l->kept[i - 1].fs < l->kept[best + 1].fs - l->kept[best - 1].fs)
            best = i;
    return best;
}

/* Where a snapshot of that time is, or would be. */
static size_t place(const struct bl_live *l, uint64_t fs)
{
    size_t i = 0;

    while (i < l->nkept && l->kept[i].fs < fs)
        i++;
    return i;
}

int bl_live_keep(struct bl_live *l)
{
    const uint64_t now = bl_now(l->r->u->sim);
    size_t at = place(l, now);

    if (at < l->nkept && l->kept[at].fs == now)
        return 0;
    struct bl_kept k = { .fs = now, .n = bl_setup_save_bytes(l->r->u), .items = calloc(l->nlayers + 1, sizeof *k.items) };
    k.bytes = malloc(k.n + 1);
    if (!k.bytes || !k.items || bl_setup_save(l->r->u, k.bytes, k.n) < 0) {
        free(k.bytes);
        free(k.items);
        return bl_error(l->diag, "no snapshot of %zu bytes could be kept", k.n);
    }
    memcpy(k.items, l->items, l->nlayers * sizeof *k.items);
    if (l->nkept && l->nkept >= l->most) {
        drop(l, l->nkept < 3 ? l->nkept - 1 : least_missed(l));
        at = place(l, now);
    }
    memmove(&l->kept[at + 1], &l->kept[at], (l->nkept - at) * sizeof k);
    l->kept[at] = k;
    l->nkept++;
    return 0;
}

/* Those that were open, by number. */
static size_t end_all(struct bl_live *l, uint32_t open[BL_WATCHES_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < l->nwatches; i++)
        if (l->watch[i].trace) {
            open[n++] = l->watch[i].number;
            end_watch(l, &l->watch[i]);
        }
    return n;
}

int bl_live_rewind(struct bl_live *l, uint64_t fs)
{
    const size_t at = place(l, fs);
    uint32_t open[BL_WATCHES_MOST];
    char text[40];
    int status = 0;

    if (at == l->nkept || l->kept[at].fs != fs)
        return bl_error(l->diag, "rewind: there is no snapshot of %s", bl_time_text(fs, text));
    size_t n = end_all(l, open);
    if (bl_setup_restore(l->r->u, l->kept[at].bytes, l->kept[at].n) < 0)
        return bl_error(l->diag, "rewind: the snapshot of %s does not fit", bl_time_text(fs, text));
    memcpy(l->items, l->kept[at].items, l->nlayers * sizeof *l->items);
    bl_finish_again(l->r);
    for (size_t i = 0; i < n; i++) {
        struct bl_texts globs = bl_live_watch_at(l, open[i])->globs;
        status |= bl_live_watch(l, globs.v, globs.n) < 0;
    }
    return status ? -1 : 0;
}

void bl_live_fini(struct bl_live *l)
{
    for (size_t i = 0; i < l->nwatches; i++)
        drop_watch(&l->watch[i]);
    free(l->watch);
    while (l->nkept)
        drop(l, l->nkept - 1);
    free(l->items);
    l->watch = NULL;
    l->items = NULL;
    l->nwatches = 0;
}

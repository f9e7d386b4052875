/* repeat.c - a steered run once more, from its journal. */
#include "tools/serve/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"
#include "tools/sweep/point.h"

int bl_repeat_open(struct bl_repeat *p, const char *path, const char *beside, struct bl_diag *diag)
{
    const char *slash = beside && strcmp(beside, "-") ? strrchr(beside, '/') : NULL;

    *p = (struct bl_repeat){ .diag = diag, .path = path };
    if (!path)
        return 0;
    if (!(p->folder = strndup(beside ? beside : "", slash ? (size_t)(slash - beside) + (slash == beside) : 0)))
        return bl_error(diag, "--journal %s: no memory", path);
    if (!(p->file = bl_read_all(path, &p->nfile, diag)))
        return -1;
    return bl_entries_read(&p->e, path, p->file, p->nfile, diag);
}

/* ---- the same run ---- */

static int check_run(const struct bl_repeat *p, struct run *r)
{
    uint64_t until = r->o->until.given ? r->o->until.v : BL_FOREVER;
    char key[65];

    if (bl_identity(r->u, until, key, p->diag) < 0)
        return -1;
    if (strcmp(key, p->e.key))
        return bl_error(p->diag, "--journal %s: is of another run; give the same files and options, with the same build: %s --journal %s", p->path,
                        p->e.run, p->path);
    if (p->e.path == r->o->no_path)
        return bl_error(p->diag, "--journal %s: the run was %s the critical path, and its report says so; %s --no-path", p->path,
                        p->e.path ? "recorded with" : "without", p->e.path ? "leave out" : "give");
    return 0;
}

/* Snapshots that the journal goes back to: is there room for all of them? */
static int check_rewinds(const struct bl_repeat *p)
{
    size_t different = 0;

    for (size_t i = 0; i < p->e.n; i++) {
        size_t k = 0;
        while (k < i && !(p->e.v[k].what == BL_DO_REWIND && p->e.v[k].to == p->e.v[i].to))
            k++;
        different += p->e.v[i].what == BL_DO_REWIND && k == i;
    }
    if (different < BL_KEPT_MOST)
        return 0;
    return bl_error(p->diag, "--journal %s: goes back to %zu times; expected fewer than %d", p->path, different, BL_KEPT_MOST);
}

/* ---- what is due ---- */

static bool goes_back_to(const struct bl_repeat *p, uint64_t fs)
{
    for (size_t i = p->at; i < p->e.n; i++)
        if (p->e.v[i].what == BL_DO_REWIND && p->e.v[i].to == fs)
            return true;
    return false;
}

static int does(struct bl_repeat *p, const struct bl_entry *e)
{
    int number;

    switch (e->what) {
    case BL_DO_WATCH:
        number = bl_live_watch(&p->live, e->globs, e->nglobs);
        if (number >= 0 && (uint32_t)number != e->number)
            return bl_error(p->diag, "%s:%u: trace %u; expected %d, the next number", p->path, e->line, e->number, number);
        return number < 0 ? -1 : 0;
    case BL_DO_UNWATCH: return bl_live_unwatch(&p->live, e->number);
    case BL_DO_CUT: return bl_live_cut(&p->live, e->number) < 0 ? -1 : 0;
    case BL_DO_REWIND: return bl_live_rewind(&p->live, e->to);
    default: return 0;
    }
}

/* Everything up to an order point; true: the run was put back, and goes on from there. */
static bool do_until(struct bl_repeat *p, uint64_t point, enum bl_end *end)
{
    struct bl_sim *s = p->live.r->u->sim;

    if (goes_back_to(p, point) && bl_live_keep(&p->live) < 0)
        p->failed = true;
    while (p->at < p->e.n && p->e.v[p->at].fs <= point && !p->failed) {
        const struct bl_entry *e = &p->e.v[p->at++];
        if (does(p, e) < 0)
            p->failed = bl_error(p->diag, "%s:%u: cannot be done here", p->path, e->line) < 0;
        if (e->what == BL_DO_END && !strcmp(e->end, "interrupted"))
            *end = BL_END_INTERRUPTED;
        if (e->what == BL_DO_REWIND && !p->failed && e->to <= bl_now(s))
            return true;
    }
    return false;
}

/* A rewind is done, and more may be due where it has led to. */
static void do_all(struct bl_repeat *p, enum bl_end *end)
{
    struct bl_sim *s = p->live.r->u->sim;
    const bool over = *end == BL_END_STOPPED || *end == BL_END_STARVED;

    if (!do_until(p, bl_now(s) + over, end))
        return;
    *end = BL_END_BREAK;
    while (do_until(p, bl_now(s), end))
        continue;
}

int bl_repeat_begin(struct bl_repeat *p, struct run *r)
{
    enum bl_end end = BL_END_BREAK;

    if (!p->path)
        return 0;
    if (check_run(p, r) < 0 || check_rewinds(p) < 0 || bl_live_init(&p->live, r, p->folder, BL_KEPT_MOST, p->diag) < 0)
        return -1;
    p->begun = true;
    do_all(p, &end);
    return p->failed ? -1 : 0;
}

void bl_repeat_aim(struct bl_repeat *p)
{
    struct bl_sim *s = p->live.r->u->sim;
    const uint64_t now = bl_now(s);

    p->stop = p->at < p->e.n ? p->e.v[p->at].fs : 0;
    for (size_t i = p->at; i < p->e.n; i++)
        if (p->e.v[i].what == BL_DO_REWIND && p->e.v[i].to > now && p->e.v[i].to < p->stop)
            p->stop = p->e.v[i].to;
    bl_break_at(s, p->stop > now ? p->stop : 0);
}

enum bl_end bl_repeat_due(struct bl_repeat *p, enum bl_end end)
{
    struct bl_setup *u = p->live.r->u;

    if (end == BL_END_BREAK && bl_now(u->sim) < p->stop) {
        enum bl_end at = bl_setup_run(u, p->stop, NULL, NULL);
        end = at == BL_END_LIMIT ? BL_END_BREAK : at;
    }
    do_all(p, &end);
    return p->failed ? BL_END_FAILED : end;
}

int bl_repeat_end(struct bl_repeat *p, struct bl_texts *written)
{
    if (!p->begun)
        return 0;
    bl_break_at(p->live.r->u->sim, 0);
    if (bl_live_end(&p->live) < 0)
        p->failed = bl_error(p->diag, "--journal %s: a trace could not be written", p->path) < 0;
    for (size_t i = 0; i < p->live.nwatches; i++)
        bl_outputs_wrote(written, p->live.watch[i].path);
    while (p->at < p->e.n && (p->e.v[p->at].what == BL_DO_NOTE || p->e.v[p->at].what == BL_DO_END))
        p->at++;
    if (p->at < p->e.n && !p->failed)
        p->failed = bl_error(p->diag, "%s:%u: the run ended before that; is the journal of this build?", p->path, p->e.v[p->at].line) < 0;
    return p->failed ? -1 : 0;
}

void bl_repeat_close(struct bl_repeat *p)
{
    if (p->begun)
        bl_live_fini(&p->live);
    if (p->e.lines)
        bl_entries_fini(&p->e);
    free(p->file);
    free(p->folder);
}

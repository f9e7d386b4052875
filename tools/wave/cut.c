/* cut.c - copies a part of a wave file into another one: fewer signals, less time, another form. */
#include "tools/wave/values.h"

#include <stdlib.h>
#include <string.h>

#include "platforms/file/io.h"

/* armed: the window begins at the present time, whose values are not all known yet. */
enum state { BEFORE, ARMED, OPEN, OVER };

struct bl_wave {
    const char *path;
    struct bl_diag *diag;
    const struct bl_wave_ops *ops;
    struct bl_wave *to;
    const struct bl_wave_var *from;    /* variables of the source */
    struct bl_wave_var *vars;          /* those that are kept */
    size_t nvars, nfrom;
    uint32_t *place;                   /* by variable of the source: 1 + its place in vars; 0: not kept */
    struct bl_value *value;            /* by kept variable */
    uint64_t start, end, now;          /* the window; now: time of the last step */
    enum state state;
    bool dark;
};

/* ---- which signals: an alias of something that is not kept becomes the signal ---- */

static int choose(struct bl_wave *w, const struct bl_wave_head *h, const struct bl_cut_opts *o)
{
    w->from = h->vars;
    w->nfrom = h->nvars;
    w->vars = calloc(h->nvars + 1, sizeof *w->vars);
    w->place = calloc(h->nvars + 1, sizeof *w->place);
    w->value = calloc(h->nvars + 1, sizeof *w->value);
    if (!w->vars || !w->place || !w->value)
        return bl_error(w->diag, "%s: no memory for %zu signals", w->path, h->nvars);
    for (size_t i = 0; i < h->nvars; i++) {
        const struct bl_wave_var *v = &h->vars[i];
        size_t root = i;
        if (!bl_watch_wants(o->globs, o->nglobs, v->scope, v->name))
            continue;
        while (h->vars[root].alias)
            root = h->vars[root].alias - 1;
        w->vars[w->nvars] = *v;
        w->vars[w->nvars].alias = w->place[root];
        if (!w->place[root])
            w->place[root] = (uint32_t)w->nvars + 1;
        w->nvars++;
    }
    if (!w->nvars)
        return bl_error(w->diag, "%s: no signal is watched; the globs match nothing (`bitline trace info --signals` lists names)", w->path);
    return 0;
}

/* ---- the beginning of the window ---- */

static int tell_all(struct bl_wave *w)
{
    if (w->ops->time(w->to, w->start))
        return -1;
    for (uint32_t i = 0; i < w->nvars; i++) {
        static const uint64_t none[1];
        struct bl_value *v = &w->value[i];
        bool event = w->vars[i].kind == BL_WAVE_EVENT;
        if (w->vars[i].alias || (event && (w->state != ARMED || v->kind == BL_VALUE_NONE)))
            continue;
        if (event ? w->ops->bits(w->to, i, none) : bl_value_tell(v, w->ops, w->to, i))
            return -1;
    }
    w->state = OPEN;
    return 0;
}

static int told_time(struct bl_wave *w, uint64_t at)
{
    if (w->state == ARMED && tell_all(w))
        return -1;
    if (w->state == BEFORE && at >= w->start) {
        if (at == w->start)
            w->state = ARMED;
        else if (at < w->end && tell_all(w))
            return -1;
    }
    for (size_t i = 0; w->state == ARMED && i < w->nvars; i++)
        if (w->vars[i].kind == BL_WAVE_EVENT)
            w->value[i].kind = BL_VALUE_NONE;          /* those of before */
    if (at >= w->end) {
        if (w->state == BEFORE && tell_all(w))
            return -1;
        w->state = OVER;
        return 0;
    }
    w->now = at;
    return w->state == OPEN ? w->ops->time(w->to, at) : 0;
}

/* ---- changes ---- */

static struct bl_value *kept(struct bl_wave *w, uint32_t var, uint32_t *place)
{
    *place = w->place[var] - 1;
    return w->place[var] && w->state != OVER ? &w->value[*place] : NULL;
}

static int told_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    uint32_t i;
    struct bl_value *v = kept(w, var, &i);

    if (!v)
        return 0;
    if (w->vars[i].kind == BL_WAVE_EVENT)
        v->kind = BL_VALUE_BITS;
    else if (bl_value_bits(v, w->vars[i].width, words))
        return bl_error(w->diag, "%s: no memory", w->path);
    return w->state == OPEN ? w->ops->bits(w->to, i, words) : 0;
}

static int told_states(struct bl_wave *w, uint32_t var, const char *ascii)
{
    uint32_t i;
    struct bl_value *v = w->dark && bl_states_unknown(ascii) ? NULL : kept(w, var, &i);

    if (!v)
        return 0;
    if (bl_value_text(v, BL_VALUE_STATES, ascii, w->vars[i].width))
        return bl_error(w->diag, "%s: no memory", w->path);
    return w->state == OPEN ? w->ops->states(w->to, i, ascii) : 0;
}

static int told_real(struct bl_wave *w, uint32_t var, double real)
{
    uint32_t i;
    struct bl_value *v = kept(w, var, &i);

    if (!v)
        return 0;
    bl_value_real(v, real);
    return w->state == OPEN ? w->ops->real(w->to, i, real) : 0;
}

static int told_string(struct bl_wave *w, uint32_t var, const char *text, size_t n)
{
    uint32_t i;
    struct bl_value *v = kept(w, var, &i);

    if (!v)
        return 0;
    if (bl_value_text(v, BL_VALUE_STRING, text, n))
        return bl_error(w->diag, "%s: no memory", w->path);
    return w->state == OPEN ? w->ops->string(w->to, i, text, n) : 0;
}

static int told_dump(struct bl_wave *w, bool on)
{
    w->dark = !on;
    for (size_t i = 0; !on && i < w->nvars; i++)
        w->value[i].kind = BL_VALUE_NONE;
    return w->state == OPEN && w->ops->dump ? w->ops->dump(w->to, on) : 0;
}

static const struct bl_wave_ops cutter = { .suffix = "", .help = "", .time = told_time, .bits = told_bits, .states = told_states,
                                           .real = told_real, .string = told_string, .dump = told_dump };

/* ---- the whole ---- */

static int copy(struct bl_wave *w, struct bl_wave_source *s)
{
    bool *want = calloc(w->nfrom + 1, sizeof *want);
    int rc = 1;

    if (!want)
        return bl_error(w->diag, "%s: no memory", w->path);
    for (size_t i = 0; i < w->nfrom; i++)
        want[i] = w->place[i] != 0;
    bl_wave_source_want(s, want);
    free(want);
    while (rc > 0 && w->state != OVER)
        rc = bl_wave_source_step(s, &cutter, w);
    if (rc < 0)
        return -1;
    if (w->state == ARMED && tell_all(w))
        return -1;
    if (w->state == BEFORE)
        return bl_error(w->diag, "%s: the window begins behind its end; expected an earlier one (`bitline trace info` says when it ends)",
                        w->path);
    return 0;
}

static int cut(struct bl_wave *w, struct bl_wave_source *s, const char *to, const struct bl_cut_opts *o)
{
    const struct bl_wave_head *h = bl_wave_source_head(s);

    uint64_t from = bl_zs_count(o->from, h->exponent);

    w->start = from > h->start ? from : h->start;
    w->end = o->to ? bl_zs_count(o->to, h->exponent) : UINT64_MAX;
    w->state = from > h->start ? BEFORE : OPEN;        /* from the very start on every change is copied, not only the last of a time */
    if (w->end <= w->start)
        return bl_error(w->diag, "%s: the window ends before the trace begins", w->path);
    if (choose(w, h, o) || !(w->to = bl_wave_open_unit(w->ops, h->exponent, to, w->vars, w->nvars, w->start, w->diag)))
        return -1;
    int rc = copy(w, s);
    uint64_t end = w->state == OVER ? w->end : w->now;
    return w->ops->close(w->to, end > w->start ? end : w->start) ? -1 : rc;
}

int bl_trace_cut(const char *from, const char *to, const struct bl_cut_opts *o, struct bl_diag *diag)
{
    struct bl_wave w = { .path = from, .diag = diag, .ops = bl_wave_writer(to) };

    if (!w.ops)
        return bl_error(diag, "%s: its form is not known; expected a name that ends in .fst, .vcd or .vcd.gz", to);
    if (bl_same_file(from, to))
        return bl_error(diag, "%s: would be overwritten while it is read; expected different files", to);
    struct bl_wave_source *s = bl_wave_source_open(from, diag);
    int rc = s ? cut(&w, s, to, o) : -1;
    rc = rc ? rc : bl_wave_judge(s, from, o->strict, diag);
    for (size_t i = 0; w.value && i < w.nvars; i++)
        bl_value_fini(&w.value[i]);
    free(w.value);
    free(w.vars);
    free(w.place);
    if (s)
        bl_wave_source_close(s);
    return rc;
}

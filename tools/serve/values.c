/* values.c - signals by name: which there are, and what they are now, lane by lane, with the word for it where the class has one. */
#include "tools/serve/serve.h"

#include <stdlib.h>
#include <string.h>

#include "tools/report/report.h"

enum { SIGNALS_MOST = 2000, LANES_MOST = 4096 };

/* ---- a trace that is never told anything: it knows the names */

struct bl_wave { int none; };
static struct bl_wave nobody;

static struct bl_wave *open_names(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t start_fs, struct bl_diag *diag)
{
    return (void)path, (void)vars, (void)n, (void)start_fs, (void)diag, &nobody;
}

static int at_time(struct bl_wave *w, uint64_t fs) { return (void)w, (void)fs, 0; }
static int bits(struct bl_wave *w, uint32_t var, const uint64_t *v) { return (void)w, (void)var, (void)v, 0; }
static int states(struct bl_wave *w, uint32_t var, const char *v) { return (void)w, (void)var, (void)v, 0; }
static int real(struct bl_wave *w, uint32_t var, double v) { return (void)w, (void)var, (void)v, 0; }
static int text(struct bl_wave *w, uint32_t var, const char *v, size_t n) { return (void)w, (void)var, (void)v, (void)n, 0; }
static int closed(struct bl_wave *w, uint64_t end_fs) { return (void)w, (void)end_fs, 0; }
static const struct bl_wave_ops names_only = { .suffix = "names", .help = "nothing", .open = open_names, .time = at_time, .bits = bits, .states = states,
                                               .real = real, .string = text, .close = closed };

static struct bl_trace *open_trace(struct bl_server *s, const char *glob)
{
    const char *const globs[] = { glob };
    const struct bl_trace_opts o = { .globs = globs, .nglobs = *glob != '\0' };

    return bl_trace_begin(s->r->u->sim, &names_only, "the names of signals", &o, &s->said);
}

static json_t *full_name(const struct bl_wave_var *v)
{
    char name[1400];

    snprintf(name, sizeof name, "%s%s%s", v->scope, *v->scope ? "." : "", v->name);
    return bl_j_of_text(name);
}

json_t *bl_values_signals(struct bl_server *s, const char *match)
{
    struct bl_trace *t = open_trace(s, match);
    json_t *a = t ? json_array() : NULL;
    size_t n = 0;

    if (!t)
        return NULL;
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    for (size_t i = 0; i < n && json_array_size(a) < SIGNALS_MOST; i++)
        if (!v[i].alias && !(v[i].flags & BL_WAVE_CLOCK))
            json_array_append_new(a, json_pack("{s:o, s:i, s:o}", "name", full_name(&v[i]), "bits", (int)v[i].width, "help", bl_j_of_text(v[i].help)));
    bl_trace_end(s->r->u->sim, t);
    return json_pack("{s:o, s:o}", "of", json_integer((json_int_t)n), "rows", a);
}

/* ---- values */

/* A lane as its signal counts: signed when it is declared so. */
static json_t *number(uint64_t v, const struct bl_wave_var *var)
{
    if (var && var->flags & BL_WAVE_SIGNED && var->width && var->width < 64) {
        const uint32_t spare = 64 - var->width;
        return json_integer((json_int_t)((int64_t)(v << spare) >> spare));
    }
    return var && var->flags & BL_WAVE_SIGNED ? json_integer((json_int_t)v) : bl_j_of_count(v);
}

static json_t *lanes_of(struct bl_server *s, const char *name)
{
    char lane[1400];
    json_t *a = json_array();
    uint64_t v;

    for (uint32_t i = 0; i < LANES_MOST; i++) {
        snprintf(lane, sizeof lane, "%s[%u]", name, i);
        if (bl_peek(s->r->u->sim, lane, &v))
            break;
        json_array_append_new(a, bl_j_of_count(v));
    }
    return a;
}

/* "adc.verdict", when the run stands at one. */
static const char *verdict_word(struct bl_server *s, const char *name, uint64_t v)
{
    const char *dot = strrchr(name, '.');
    struct bl_verdict_row row;
    char path[1024];

    if (!dot || strcmp(dot, ".verdict") || (size_t)(dot - name) >= sizeof path)
        return NULL;
    snprintf(path, sizeof path, "%.*s", (int)(dot - name), name);
    size_t part = bl_part_find(s->r->u->sim, path);
    if (part == SIZE_MAX)
        return NULL;
    bl_verdict_at(s->r->u->sim, part, (uint32_t)v, &row);
    return row.name;
}

/* Of a channel the value is its count, whatever its items are. */
static bool is_channel(struct bl_server *s, const char *name)
{
    char count[1400];

    snprintf(count, sizeof count, "%.*s_count%s", (int)strcspn(name, "["), name, name + strcspn(name, "["));
    struct bl_trace *t = open_trace(s, count);
    if (t)
        bl_trace_end(s->r->u->sim, t);
    return t != NULL;
}

json_t *bl_values_of(struct bl_server *s, const char *name)
{
    uint64_t v;
    json_t *lanes, *o = json_pack("{s:o}", "name", bl_j_of_text(name));

    if (bl_peek(s->r->u->sim, name, &v)) {
        json_decref(o);
        return NULL;
    }
    const char *word = verdict_word(s, name, v);
    struct bl_trace *t = strpbrk(name, "*?!") || word || is_channel(s, name) ? NULL : open_trace(s, name);
    size_t n = 0;
    const struct bl_wave_var *var = t ? bl_trace_vars(t, &n) : NULL;

    lanes = strchr(name, ']') ? json_array() : lanes_of(s, name);
    if (json_array_size(lanes) > 1)
        json_object_set(o, "lanes", lanes);
    else
        json_object_set_new(o, "value", number(v, n == 1 ? var : NULL));
    if (!word && n == 1 && var->names && v < var->nnames)
        word = var->names[v];
    if (word)
        json_object_set_new(o, "word", bl_j_of_text(word));
    json_decref(lanes);
    if (t)
        bl_trace_end(s->r->u->sim, t);
    s->message[0] = 0;
    return o;
}

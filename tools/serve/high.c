/* high.c - how full channels ever were: a trace whose writer keeps the most of each count, and nothing else. Only while somebody looks on. */
#include "tools/serve/serve.h"

#include <stdlib.h>
#include <string.h>

struct bl_wave { char **name; uint64_t *most; size_t n; };     /* name NULL: no count of a channel */
struct bl_high { struct bl_trace *trace; struct bl_wave wave; uint64_t since; };

static struct bl_wave *to_fill;        /* by the call of bl_trace_begin that is on */

static struct bl_wave *open_counts(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t start_fs, struct bl_diag *diag)
{
    struct bl_wave *w = to_fill;

    (void)start_fs;
    w->name = calloc(n + 1, sizeof *w->name);
    w->most = calloc(n + 1, sizeof *w->most);
    w->n = w->name && w->most ? n : 0;
    for (size_t i = 0; i < w->n; i++)
        if (vars[i].flags & BL_WAVE_DEPTH) {
            size_t room = strlen(vars[i].scope) + strlen(vars[i].name) + 2;
            if ((w->name[i] = malloc(room)))
                snprintf(w->name[i], room, "%s.%s", vars[i].scope, vars[i].name);
        }
    if (!w->name || !w->most)
        bl_error(diag, "%s: no memory for the counts of channels", path);
    return w->name && w->most ? w : NULL;
}

static int at_time(struct bl_wave *w, uint64_t fs) { return (void)w, (void)fs, 0; }

static int count(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    if (*words > w->most[var])
        w->most[var] = *words;
    return 0;
}

static int none(struct bl_wave *w, uint32_t var, const char *ascii) { return (void)w, (void)var, (void)ascii, 0; }
static int real(struct bl_wave *w, uint32_t var, double v) { return (void)w, (void)var, (void)v, 0; }
static int text(struct bl_wave *w, uint32_t var, const char *s, size_t n) { return (void)w, (void)var, (void)s, (void)n, 0; }
static int closed(struct bl_wave *w, uint64_t end_fs) { return (void)w, (void)end_fs, 0; }

static const struct bl_wave_ops counts = { .suffix = "counts", .help = "the most of every channel", .open = open_counts, .time = at_time, .bits = count,
                                           .states = none, .real = real, .string = text, .close = closed };

static void ignore(void *ctx, const char *line) { (void)ctx, (void)line; }

void bl_high_begin(struct bl_server *s)
{
    static const char *const globs[] = { "*_count" };
    const struct bl_trace_opts o = { .globs = globs, .nglobs = 1 };
    struct bl_diag quiet = { .put = ignore };

    if (s->high || !(s->high = calloc(1, sizeof *s->high)))
        return;
    to_fill = &s->high->wave;
    s->high->since = bl_now(s->r->u->sim);
    s->high->trace = bl_trace_begin(s->r->u->sim, &counts, "the counts of channels", &o, &quiet);      /* NULL: there are no channels */
}

void bl_high_end(struct bl_server *s)
{
    if (!s->high)
        return;
    if (s->high->trace)
        bl_trace_end(s->r->u->sim, s->high->trace);
    for (size_t i = 0; i < s->high->wave.n; i++)
        free(s->high->wave.name[i]);
    free(s->high->wave.name);
    free(s->high->wave.most);
    free(s->high);
    s->high = NULL;
}

uint64_t bl_high_since(const struct bl_server *s) { return s->high && s->high->trace ? s->high->since : BL_FOREVER; }

bool bl_high_of(const struct bl_server *s, const struct bl_channel_end *from, uint64_t *most)
{
    char name[1024];

    if (!s->high || !from->part)
        return false;
    if (from->of > 1)
        snprintf(name, sizeof name, "%s.%s_count[%u]", from->part, from->port, from->index);
    else
        snprintf(name, sizeof name, "%s.%s_count", from->part, from->port);
    for (size_t i = 0; i < s->high->wave.n; i++)
        if (s->high->wave.name[i] && !strcmp(s->high->wave.name[i], name)) {
            *most = s->high->wave.most[i];
            return true;
        }
    return false;
}

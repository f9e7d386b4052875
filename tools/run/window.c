/* window.c - reads --window: two times, two cycles of a clock, or two conditions. */
#include <stdlib.h>
#include <string.h>

#include "tools/run/traceset.h"

static const char CYCLES[] = " cycles";

static bool is_condition(const char *text) { return strpbrk(text, "=<>!") != NULL; }

/* " cycles" or " cycles of CLOCK" at the end, or NULL. */
static const char *cycles_of(const char *text)
{
    const char *at = strstr(text, CYCLES), *behind = at ? at + sizeof CYCLES - 1 : NULL;

    return at && (!*behind || !strncmp(behind, " of ", 4)) ? at : NULL;
}

static int not_a_window(const char *text, struct bl_diag *diag)
{
    return bl_error(diag, "--window '%s': expected T0:T1, like '1 us:2 us', '100:200 cycles of core' or 'adc.code > 200:adc.code == 0'; "
                    "either may be left out", text);
}

static int ends_early(const char *text, struct bl_diag *diag)
{
    return bl_error(diag, "--window '%s': it ends before it begins; expected T0 < T1", text);
}

/* One side of the colon: a condition, a time, or nothing. */
static int side(const char *text, char **when, uint64_t *fs, struct bl_diag *diag)
{
    text += strspn(text, " ");
    if (!*text)
        return 0;
    if (!is_condition(text))
        return bl_parse_time(text, fs, diag, "--window");
    if (!(*when = strdup(text)))
        return bl_error(diag, "no memory for the window");
    return 0;
}

int bl_window_init(struct bl_traceset *t, const char *text, struct bl_diag *diag)
{
    const char *colon = strchr(text, ':');
    struct bl_trace_opts *o = &t->opts;
    char *from;

    if (!colon || strchr(colon + 1, ':'))
        return not_a_window(text, diag);
    if (cycles_of(text))
        return 0;
    if (!(from = strndup(text, (size_t)(colon - text))))
        return bl_error(diag, "no memory for the window");
    int status = side(from, &t->from, &o->from_fs, diag) | side(colon + 1, &t->to, &o->to_fs, diag);
    free(from);
    o->from_when = t->from;
    o->to_when = t->to;
    if (!status && o->to_fs && o->to_fs <= o->from_fs)
        return ends_early(text, diag);
    return status;
}

static int find_clock(struct bl_sim *s, const char *name, struct bl_clock_row *row, struct bl_diag *diag)
{
    const char *names[64];
    size_t n = bl_clock_count(s), k = 0;

    for (size_t i = 0; i < n; i++) {
        bl_clock_at(s, i, row);
        if (name ? !strcmp(row->name, name) : n == 1)
            return 0;
        if (k < 64)
            names[k++] = row->name;
    }
    if (!name)
        return bl_error(diag, "--window: there are %zu clocks; expected 'cycles of CLOCK'", n);
    const char *near = bl_nearest(name, names, k);
    if (near)
        return bl_error(diag, "--window: there is no clock '%s'; did you mean '%s'?", name, near);
    return bl_error(diag, "--window: there is no clock '%s'; expected one like '%s'", name, k ? names[0] : "(none is there)");
}

/* A cycle begins with its edge. */
static int cycle(const char *text, size_t n, const struct bl_clock_row *c, uint64_t *fs)
{
    char *end, copy[32];

    while (n && text[n - 1] == ' ')
        n--;
    if (!n)
        return 0;
    if (n >= sizeof copy || text[0] < '0' || text[0] > '9')
        return -1;
    memcpy(copy, text, n);
    copy[n] = '\0';
    uint64_t k = strtoull(copy, &end, 10);
    return *end || __builtin_mul_overflow(k, c->period_fs, fs) || __builtin_add_overflow(*fs, c->phase_fs, fs) ? -1 : 0;
}

int bl_window_begin(struct bl_traceset *t, const char *text, struct bl_sim *s, struct bl_diag *diag)
{
    const char *colon = strchr(text, ':'), *cycles = cycles_of(text), *of = cycles ? strstr(cycles, " of ") : NULL;
    struct bl_clock_row row;

    if (!cycles)
        return 0;
    if (colon > cycles)
        return not_a_window(text, diag);
    if (find_clock(s, of ? of + 4 : NULL, &row, diag))
        return -1;
    if (cycle(text, (size_t)(colon - text), &row, &t->opts.from_fs) || cycle(colon + 1, (size_t)(cycles - colon - 1), &row, &t->opts.to_fs))
        return not_a_window(text, diag);
    return t->opts.to_fs && t->opts.to_fs <= t->opts.from_fs ? ends_early(text, diag) : 0;
}

/* alike.c - holds messages back and tells those that differ only in an index as one. */
#include "platforms/file/alike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_BACK = 64, MOST_INDICES = 8 };

static void put(void *ctx, const char *line)
{
    struct bl_fold *f = ctx;
    char *copy = f->holding ? strdup(line) : NULL;

    if (copy)
        bl_texts_add(&f->held, copy);
    else
        bl_note(f->to, "%s", line);
}

void bl_fold_start(struct bl_fold *f, struct bl_diag *to)
{
    *f = (struct bl_fold){ .diag = { .put = put, .ctx = f }, .to = to };
}

void bl_fold_hold(struct bl_fold *f) { f->holding = true; }

void bl_fold_count(struct bl_fold *f)
{
    if (f->to)
        f->to->errors += f->diag.errors - f->told;
    f->told = f->diag.errors;
}

/* ---- groups */

/* Messages of one kind: the first, how many, and how the indices of the last differ from those of the first. */
struct group { const char *first; unsigned long at[MOST_INDICES]; bool steps[MOST_INDICES]; size_t n, indices; };

/* The number in "[12]" at s; *n is its length with the brackets, 0 when there is none. */
static unsigned long index_at(const char *s, size_t *n)
{
    size_t digits = *s == '[' ? strspn(s + 1, "0123456789") : 0;

    *n = digits && digits < 10 && s[1 + digits] == ']' ? digits + 2 : 0;
    return *n ? strtoul(s + 1, NULL, 10) : 0;
}

/* Are the texts equal but for their indices? Those of `line` are put into at[]. */
static bool alike(const char *first, const char *line, unsigned long at[MOST_INDICES], size_t *indices)
{
    *indices = 0;
    while (*first && *line) {
        size_t a, b;
        index_at(first, &a);
        unsigned long i = index_at(line, &b);
        if (a && b && *indices < MOST_INDICES) {
            at[(*indices)++] = i;
            first += a;
            line += b;
        } else if (*first++ != *line++)
            return false;
    }
    return *first == *line;
}

/* The line goes on where the group ends: every index stays, or all that moved before move up by one again. */
static bool counts_up(const struct group *g, const unsigned long at[MOST_INDICES])
{
    bool any = false;

    for (size_t i = 0; i < g->indices; i++) {
        bool step = at[i] == g->at[i] + 1;
        if ((at[i] != g->at[i] && !step) || (g->n > 1 && step != g->steps[i]))
            return false;
        any |= step;
    }
    return any;
}

static bool join(struct group *g, const char *line, enum bl_fold_form form)
{
    unsigned long at[MOST_INDICES];
    size_t indices;

    if (!alike(g->first, line, at, &indices) || indices == 0)
        return false;
    if (form == BL_FOLD_RANGE && !counts_up(g, at))
        return false;
    for (size_t i = 0; i < indices; i++) {
        g->steps[i] = at[i] != g->at[i];
        g->at[i] = at[i];
    }
    g->n++;
    return true;
}

static void tell(struct bl_fold *f, const struct group *g, enum bl_fold_form form)
{
    char *text = NULL;
    size_t n, k = 0;
    FILE *out = g->n > 1 ? open_memstream(&text, &n) : NULL;

    if (!out) {
        bl_note(f->to, "%s", g->first);
        return;
    }
    for (const char *s = g->first; form == BL_FOLD_RANGE && *s;) {
        unsigned long i = index_at(s, &n);
        bool range = n && k < g->indices && g->steps[k];
        if (range)
            fprintf(out, "[%lu..%lu]", i, g->at[k]);
        else
            fprintf(out, "%.*s", n ? (int)n : 1, s);
        k += n != 0;
        s += n ? n : 1;
    }
    if (form == BL_FOLD_COUNT)
        fprintf(out, "%s (and %zu more like it)", g->first, g->n - 1);
    fclose(out);
    bl_note(f->to, "%s", text ? text : g->first);
    free(text);
}

void bl_fold_release(struct bl_fold *f, enum bl_fold_form form)
{
    struct group *g = calloc(f->held.n + 1, sizeof *g);
    size_t n = 0;

    f->holding = false;
    for (size_t i = 0; i < f->held.n; i++) {
        size_t k = n, least = n > LOOK_BACK ? n - LOOK_BACK : 0;
        while (g && k > least && !join(&g[k - 1], f->held.v[i], form))
            k--;
        if (!g)
            bl_note(f->to, "%s", f->held.v[i]);
        else if (k == least) {
            g[n] = (struct group){ .first = f->held.v[i], .n = 1 };
            alike(g[n].first, g[n].first, g[n].at, &g[n].indices);
            n++;
        }
    }
    for (size_t k = 0; k < n; k++)
        tell(f, &g[k], form);
    bl_texts_free_all(&f->held);
    free(g);
    bl_fold_count(f);
}

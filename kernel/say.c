/* say.c - messages for the person in front of the program, and the nearest known word. */
#include "kernel/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What names no place begins with the program's name, which belongs in front of a line on stderr only. */
static const char *without_program(const char *line) { return strncmp(line, "bitline: ", 9) ? line : line + 9; }

static void put_line(struct bl_diag *d, const char *fmt, va_list ap)
{
    char small[512], *line = small;
    va_list again;

    fmt = fmt ? fmt : "bl_error or bl_note: fmt is NULL; expected a text";
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= (int)sizeof small) {
        char *big = malloc((size_t)n + 1);
        if (big) {
            vsnprintf(big, (size_t)n + 1, fmt, again);
            line = big;
        }
    }
    va_end(again);
    if (d && d->put)
        d->put(d->ctx, without_program(line));
    else
        fprintf(stderr, "bitline: %s\n", without_program(line));
    if (line != small)
        free(line);
}

int bl_error(struct bl_diag *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_line(d, fmt, ap);
    va_end(ap);
    if (d)
        d->errors++;
    return -1;
}

int bl_note(struct bl_diag *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    put_line(d, fmt, ap);
    va_end(ap);
    return 0;
}

/* Edit distance of two words, with a neighbour swap as one step; longer than `most` counts as most + 1. */
static unsigned distance(const char *a, const char *b, unsigned most)
{
    enum { LIMIT = 64 };
    unsigned d[3][LIMIT + 1];
    size_t na = strlen(a), nb = strlen(b);

    if (na > LIMIT || nb > LIMIT)
        return most + 1;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *now = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
            if (up[j] + 1 < best)
                best = up[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
                best = up2[j - 2] + 1;
            now[j] = best;
        }
    }
    return d[na % 3][nb];
}

const char *bl_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = word ? strlen(word) : 0;
    unsigned limit = len < 2 ? 0 : (unsigned)(len + 2) / 3, best = limit + 1;   /* one letter is near to none */
    const char *found = NULL;

    for (size_t i = 0; word && names && i < n; i++) {
        unsigned d = names[i] ? distance(word, names[i], limit) : limit + 1;
        if (d < best) {
            best = d;
            found = names[i];
        }
    }
    return found;
}

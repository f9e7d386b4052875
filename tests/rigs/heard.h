/* heard.h - collects messages, so that a test can compare them with the exact text it expects. */
#ifndef BL_TESTS_HEARD_H
#define BL_TESTS_HEARD_H

#include "kernel/sim.h"

#include <string.h>

struct heard { struct bl_diag diag; size_t n; char text[8192]; };   /* lines, joined by '\n' */

static inline void heard_put(void *ctx, const char *line)
{
    struct heard *h = ctx;
    size_t n = strlen(line);

    if (h->n + n + 2 > sizeof h->text)
        return;
    if (h->n)
        h->text[h->n++] = '\n';
    memcpy(h->text + h->n, line, n + 1);
    h->n += n;
}

static inline struct bl_diag *heard_start(struct heard *h)
{
    *h = (struct heard){ .diag = { .put = heard_put, .ctx = h } };
    return &h->diag;
}

#endif

/* images.c - which images of a run are traced. */
#include "tools/run/images.h"

#include <stdlib.h>
#include <string.h>

/* Digits, then what ends them. */
static const char *number(const char *text, uint64_t *v)
{
    char *end;

    if (*text < '0' || *text > '9' || strspn(text, "0123456789") > 9)
        return NULL;
    *v = strtoul(text, &end, 10);
    return end;
}

int bl_images_init(struct bl_images *x, const char *text, struct bl_diag *diag)
{
    *x = (struct bl_images){ .given = text != NULL, .text = text };
    if (!text)
        return 0;
    const char *end = number(text, &x->first);
    x->last = x->first;
    if (end && !strncmp(end, "..", 2))
        end = number(end + 2, &x->last);
    if (!end || *end)
        return bl_error(diag, "--trace-images %s: expected an image, or two and all between them: 7, 0..4", text);
    if (x->last < x->first)
        return bl_error(diag, "--trace-images %s: ends before it begins; expected %llu..%llu", text, (unsigned long long)x->last,
                        (unsigned long long)x->first);
    return 0;
}

int bl_images_check(const struct bl_images *x, const struct bl_setup *u, struct bl_diag *diag)
{
    if (!x->given)
        return 0;
    if (!u->net)
        return bl_error(diag, "--trace-images %s: the run has no net, so no images; --window says times", x->text);
    if (x->first < u->first || x->last >= (uint64_t)u->first + u->count)
        return bl_error(diag, "--trace-images %s: the run has images %u to %llu", x->text, u->first, (unsigned long long)u->first + u->count - 1);
    return 0;
}

void bl_images_span(const struct bl_images *x, const struct bl_setup *u, uint32_t *from, uint32_t *to)
{
    *from = x->given ? (uint32_t)(x->first - u->first) : 0;
    *to = x->given ? (uint32_t)(x->last - u->first) + 1 : 0;
}

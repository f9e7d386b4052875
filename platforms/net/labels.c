/* labels.c - labels in four forms. */
#include "platforms/net/labels.h"

#include <stdio.h>
#include <stdlib.h>

#include "platforms/net/array.h"

struct list { const char *name; uint32_t *class; uint64_t n; uint32_t images; struct bl_diag *diag; };

static int count_differs(const struct list *l, uint64_t found)
{
    return bl_error(l->diag, "%s: found %llu labels, expected %u, one for each image", l->name, (unsigned long long)found, l->images);
}

/* ---- .npy, IDX, bytes ---- */

static int of_array(struct list *l, const struct bl_array *a)
{
    char shape[200];

    if (a->type == 'f')
        return bl_error(l->diag, "%s: found labels of type %s, expected integers: save them with .astype(\"int64\")", l->name, bl_array_type(a));
    if (a->elems != a->dim[0] && a->rank)
        return bl_error(l->diag, "%s: found labels of shape %s, expected one number an image (of one-hot rows, .argmax(1))", l->name,
                        bl_array_shape(a, shape, sizeof shape));
    if (a->elems != l->images)
        return count_differs(l, a->elems);
    for (uint64_t i = 0; i < a->elems; i++) {
        int64_t v = bl_array_whole(a, i);
        if (v < 0 || v > INT32_MAX)
            return bl_error(l->diag, "%s: label %llu is %lld, expected a class, 0 or more", l->name, (unsigned long long)i, (long long)v);
        l->class[i] = (uint32_t)v;
    }
    return 0;
}

static int of_bytes(struct list *l, const uint8_t *p, size_t len)
{
    if (len != l->images)
        return bl_error(l->diag, "%s: found %zu bytes that are no IDX, .npy or text; as labels of a byte each expected %u, one for each image", l->name, len,
                        l->images);
    for (size_t i = 0; i < len; i++)
        l->class[i] = p[i];
    return 0;
}

/* ---- text ---- */

/* Printable characters alone: bytes of classes below 32 are no text. */
static bool is_text(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] >= 127 || (p[i] < 32 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t'))
            return false;
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* One line without its end; blank ones are passed over. */
static int of_line(struct list *l, const char *from, const char *to, uint64_t line)
{
    uint64_t v = 0;

    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    if (from == to)
        return 0;
    for (const char *c = from; c < to; c++) {
        v = *c >= '0' && *c <= '9' && v <= INT32_MAX ? v * 10 + (uint64_t)(*c - '0') : UINT64_MAX;
        if (v > INT32_MAX)
            return bl_error(l->diag, "%s:%llu: found '%.*s', expected one class a line, a whole number", l->name, (unsigned long long)line,
                            (int)(to - from < 40 ? to - from : 40), from);
    }
    if (l->n < l->images)
        l->class[l->n] = (uint32_t)v;
    l->n++;
    return 0;
}

static int of_text(struct list *l, const char *p, size_t len)
{
    uint64_t line = 1;

    for (const char *end = p + len; p < end; line++) {
        const char *to = p;
        while (to < end && *to != '\n')
            to++;
        if (of_line(l, p, to, line))
            return -1;
        p = to < end ? to + 1 : end;
    }
    return l->n == l->images ? 0 : count_differs(l, l->n);
}

uint32_t *bl_labels_read(const char *name, const void *bytes, size_t len, uint32_t images, struct bl_diag *diag)
{
    struct list l = { name, calloc((size_t)images + 1, sizeof *l.class), 0, images, diag };
    struct bl_array a;
    int rc;

    if (!l.class) {
        bl_error(diag, "%s: no memory for %u labels", name, images);
        return NULL;
    }
    if (bl_array_is_npy(bytes, len))
        rc = bl_array_npy(name, bytes, len, &a, diag) ? -1 : of_array(&l, &a);
    else if (bl_array_is_idx(bytes, len))
        rc = bl_array_idx(name, bytes, len, 1, 1, &a, diag) ? -1 : of_array(&l, &a);
    else if (is_text(bytes, len))
        rc = of_text(&l, bytes, len);
    else
        rc = of_bytes(&l, bytes, len);
    if (!rc)
        return l.class;
    free(l.class);
    return NULL;
}

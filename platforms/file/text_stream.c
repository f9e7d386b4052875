/* text_stream.c - a stream into memory whose ferror tells that memory ran out: of open_memstream, a text that could not grow lacks a piece in its middle,
 * and nothing says so when later pieces found room. */
#define _GNU_SOURCE                    /* fopencookie */
#include "platforms/file/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct grown { char **bytes; size_t *n, room; };

/* Room for n bytes and the 0 behind them. */
static bool grow(struct grown *g, size_t n)
{
    size_t room = g->room ? g->room : 1024;

    while (room <= n)
        room *= 2;
    if (room == g->room)
        return true;
    char *bytes = realloc(*g->bytes, room);
    if (!bytes)
        return false;
    *g->bytes = bytes;
    g->room = room;
    return true;
}

/* 0 of a cookie's writer is an error. */
static ssize_t put(void *cookie, const char *from, size_t n)
{
    struct grown *g = cookie;

    if (!grow(g, *g->n + n)) {
        errno = ENOMEM;
        return 0;
    }
    memcpy(*g->bytes + *g->n, from, n);
    *g->n += n;
    (*g->bytes)[*g->n] = '\0';
    return (ssize_t)n;
}

static int done(void *cookie)
{
    free(cookie);
    return 0;
}

FILE *bl_text_stream(char **bytes, size_t *n)
{
    struct grown *g = calloc(1, sizeof *g);

    *bytes = NULL;
    *n = 0;
    if (!g)
        return NULL;
    *g = (struct grown){ bytes, n, 0 };
    FILE *out = grow(g, 0) ? fopencookie(g, "w", (cookie_io_functions_t){ .write = put, .close = done }) : NULL;
    if (!out) {
        free(*bytes);
        *bytes = NULL;
        free(g);
        return NULL;
    }
    (*bytes)[0] = '\0';
    return out;
}

bool bl_text_stream_close(FILE *out)
{
    const bool bad = fflush(out) != 0 || ferror(out);

    return fclose(out) == 0 && !bad;
}

/* text_stream.c - a stream into memory whose ferror tells that memory ran out: of open_memstream, a text that could not grow lacks a piece in its middle,
 * and nothing says so when later pieces found room. */
#define _GNU_SOURCE                    /* fopencookie */
#include "platforms/file/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for n bytes and the 0 behind them. */
static bool grow(struct bl_text *t, size_t n)
{
    size_t room = t->room ? t->room : 1024;

    while (room <= n)
        room *= 2;
    if (room == t->room)
        return true;
    char *bytes = realloc(t->bytes, room);
    if (!bytes)
        return false;
    t->bytes = bytes;
    t->room = room;
    return true;
}

/* 0 of a cookie's writer is an error. */
static ssize_t put(void *cookie, const char *from, size_t n)
{
    struct bl_text *t = cookie;

    if (!grow(t, t->n + n)) {
        errno = ENOMEM;
        return 0;
    }
    memcpy(t->bytes + t->n, from, n);
    t->n += n;
    t->bytes[t->n] = '\0';
    return (ssize_t)n;
}

bool bl_text_start(struct bl_text *t)
{
    *t = (struct bl_text){ 0 };
    if (!grow(t, 0))
        return false;
    t->bytes[0] = '\0';
    t->out = fopencookie(t, "w", (cookie_io_functions_t){ .write = put });
    if (t->out)
        return true;
    free(t->bytes);
    t->bytes = NULL;
    return false;
}

bool bl_text_end(struct bl_text *t)
{
    const bool bad = fflush(t->out) != 0 || ferror(t->out);

    return fclose(t->out) == 0 && !bad;
}

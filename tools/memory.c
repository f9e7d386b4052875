/* memory.c - remembers that memory ran out in a library that drops what it cannot hold. The only state of the program beside the run itself: it
 * belongs to the process, as the library's choice of an allocator does. */
#include "tools/memory.h"

#include <stdlib.h>
#include <unistd.h>

#include "tools/commands.h"

static bool lost, reading;

/* jansson's reader goes on when a string cannot grow, and then writes beyond what it has: the process must end there. */
static void give_up(void)
{
    static const char text[] = "bitline: out of memory while a JSON text was read\n";
    ssize_t n = write(2, text, sizeof text - 1);

    (void)n;
    _exit(BL_REFUSED);
}

static void *allocate(size_t n)
{
    void *p = malloc(n ? n : 1);

    lost |= !p;
    if (!p && reading)
        give_up();
    return p;
}

json_t *bl_memory_load(const void *bytes, size_t n, size_t flags, json_error_t *e)
{
    reading = true;
    json_t *j = json_loadb(bytes, n, flags, e);
    reading = false;
    return j;
}

void bl_memory_watch(void)
{
    lost = false;
    json_set_alloc_funcs(allocate, free);
}

void bl_memory_lose(void) { lost = true; }
bool bl_memory_lost(void) { return lost; }

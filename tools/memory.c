/* memory.c - remembers that memory ran out in a library that drops what it cannot hold. The only state of the program beside the run itself: it
 * belongs to the process, as the library's choice of an allocator does. */
#include "tools/memory.h"

#include <jansson.h>
#include <stdlib.h>

static bool lost;

static void *allocate(size_t n)
{
    void *p = malloc(n ? n : 1);

    lost |= !p;
    return p;
}

void bl_memory_watch(void)
{
    lost = false;
    json_set_alloc_funcs(allocate, free);
}

void bl_memory_lose(void) { lost = true; }
bool bl_memory_lost(void) { return lost; }

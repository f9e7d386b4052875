/* inside.h - what the files of kernel/ieee/ share among themselves; traces, causes and snapshots look at it. */
#ifndef BL_IEEE_INSIDE_H
#define BL_IEEE_INSIDE_H

#include "kernel/kernel.h"
#include "kernel/ieee/ieee.h"

struct sense { const uint32_t *port; uint32_t proc; bool event; enum bl_edge edge; };   /* port: its event or word, once bound */
struct reset { uint32_t proc, word; bool level, asynchronous; };
struct lock { uint32_t ev, places, owner; };         /* state: places free; owner: a process that holds it, NONE */
struct lock_info { const char *name; uint32_t places; };   /* frozen; 0 places: a mutex */

/* A signal with several drivers: they write words of their own, which share the storage of `word` (BL_MANY) or of which
 * `word` is the resolution. */
struct bus {
    struct bl_word *word;
    struct span drivers;             /* words, in sim->frozen.bus_drivers */
    enum bl_sharing sharing;
    uint32_t same;                   /* while wires are bound: the bus that it is a part of */
    uint32_t writer;                 /* who wrote in this delta */
};

#endif

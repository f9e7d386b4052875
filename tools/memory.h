/* memory.h - whether memory ran out where nobody looks: JSON values are built by hundreds of calls, and one that fails leaves out a row. */
#ifndef BL_MEMORY_H
#define BL_MEMORY_H

#include <stdbool.h>

/* From now on every allocation of jansson that fails is remembered. */
void bl_memory_watch(void);
/* Something else was lost for want of memory. */
void bl_memory_lose(void);
/* Was anything lost since bl_memory_watch? Then what was made may be incomplete, and nothing of it is written. */
bool bl_memory_lost(void);

#endif

/* memory.h - whether memory ran out where nobody looks: JSON values are built by hundreds of calls, and one that fails leaves out a row. */
#ifndef BL_MEMORY_H
#define BL_MEMORY_H

#include <jansson.h>
#include <stdbool.h>

/* From now on every allocation of jansson that fails is remembered. */
void bl_memory_watch(void);
/* Something else was lost for want of memory. */
void bl_memory_lose(void);
/* Was anything lost since bl_memory_watch? Then what was made may be incomplete, and nothing of it is written. */
bool bl_memory_lost(void);

/* json_loadb, after bl_memory_watch: where memory ends, the process does, with a message and exit status 2. */
json_t *bl_memory_load(const void *bytes, size_t n, size_t flags, json_error_t *e);

#endif

/* fst.h - what the FST writer offers beyond struct bl_wave_ops. */
#ifndef BL_TRACES_FST_H
#define BL_TRACES_FST_H

#include <stddef.h>

/* For tests: blocks are written once they hold this many bytes of changes; 0 sets the default
 * (32 MiB) again. Counts for writers opened afterwards. */
void bl_fst_block_bytes(size_t bytes);

#endif

/* join.h - what a join does in a layer: of a chain of tiles whose sums are added, is it the first, the last one? */
#ifndef BL_JOIN_H
#define BL_JOIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bl_join_role { uint8_t first, last; };

#ifdef __cplusplus
}
#endif

#endif

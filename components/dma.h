/* dma.h - a job of the class dma: `rows` rows of `words` words each, far_step words apart in the far memory and one behind the other
 * near by, from far to the near target, or (out) from there to far. */
#ifndef BL_DMA_H
#define BL_DMA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bl_dma_job {
    uint64_t far;
    uint32_t near, words, rows, far_step;
    uint16_t target, out;
    uint16_t line;                     /* element of `done` that counts it */
};

#ifdef __cplusplus
}
#endif

#endif

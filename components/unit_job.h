/* unit_job.h - a job of the units around an array: feeder sends it windows, collector keeps its results. Windows first ..
 * first + count - 1 of tile `tile` of layer `layer` of the host's program; near: word address in the buffer, of the layer's input
 * tensor (feeder) or of the sums of window 0 (collector). */
#ifndef BL_UNIT_JOB_H
#define BL_UNIT_JOB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bl_unit_job {
    uint32_t layer, tile, first, count, near;
    uint32_t add;                      /* collector: 1: to the sums that are there; 0: they are the first */
    uint32_t pace;                     /* feeder: ticks from window to window behind it, so that it knows when it is late; 0: not known */
};

#ifdef __cplusplus
}
#endif

#endif

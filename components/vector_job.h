/* vector_job.h - a job of the class vector: layer `layer` of the host's program, from the tensors at words a and b (kinds of two
 * inputs) of a buffer to that at word `out`. Bytes lie in the order y, x, c. */
#ifndef BL_VECTOR_JOB_H
#define BL_VECTOR_JOB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bl_vector_job {
    uint32_t layer, a, b, out;
    uint16_t line;                     /* element of `done` that counts it */
};

#ifdef __cplusplus
}
#endif

#endif

/* labels.h - one class an image, in a file: IDX1, .npy of integers, text with a number a line, or unsigned bytes. */
#ifndef BL_NET_LABELS_H
#define BL_NET_LABELS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/sim.h"

/* As many labels as there are images, in order, to be freed; NULL after a bl_error. What it is follows from the bytes: bytes that are no
 * text are labels themselves. Classes are below 2^31; whether the net has them is asked by bl_dataset_fits. */
uint32_t *bl_labels_read(const char *name, const void *bytes, size_t len, uint32_t images, struct bl_diag *diag);

#endif

/* reference_in.h - layers of the reference that have no products (reference_points.c); private to reference.c. */
#ifndef BL_REFERENCE_IN_H
#define BL_REFERENCE_IN_H

#include "platforms/net/net.h"

/* The bytes of a tensor as integers; NULL: none. */
void bl_ref_bytes(const struct bl_tensor *t, const uint8_t *bytes, int16_t *out);
void bl_ref_pair(const struct bl_layer *l, const struct bl_tensor *a, const struct bl_tensor *b, const struct bl_tensor *y,
                 const int16_t *ina, const int16_t *inb, int16_t *out);
void bl_ref_move(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, const int16_t *in2,
                 int16_t *out);
void bl_ref_softmax(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out);

#endif

/* reference_in.h - layers of the reference that have no products (reference_points.c); private to reference.c. */
#ifndef BL_REFERENCE_IN_H
#define BL_REFERENCE_IN_H

#include "platforms/net/reference.h"

/* The bytes of tensor t as its values; NULL: none. */
void bl_ref_put(const struct bl_tensor *x, const uint8_t *bytes, struct bl_ref_out *out, uint32_t t);
/* Outputs [*first, *last) whose input at tap offset `off` (may be negative) lies in [0, n). */
void bl_ref_inside(int64_t off, uint32_t stride, uint32_t n, uint32_t nout, uint32_t *first, uint32_t *last);
/* reference_product.c: BL_CONV and BL_FC, to codes or, where `real` is not NULL, to real values; false: no memory. */
bool bl_ref_product(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out, float *real);
void bl_ref_table(const struct bl_layer *l, const struct bl_tensor *y, const int16_t *in, float *out);
void bl_ref_quant(const struct bl_layer *l, const struct bl_tensor *y, const float *in, int16_t *out);
void bl_ref_move_real(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const float *in, const float *in2,
                      float *out);
void bl_ref_pair(const struct bl_layer *l, const struct bl_tensor *a, const struct bl_tensor *b, const struct bl_tensor *y,
                 const int16_t *ina, const int16_t *inb, int16_t *out);
void bl_ref_move(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, const int16_t *in2,
                 int16_t *out);
void bl_ref_softmax(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out);

#endif

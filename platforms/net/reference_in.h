/* reference_in.h - layers of the reference by file, and how they let themselves be stopped; private to reference*.c. */
#ifndef BL_REFERENCE_IN_H
#define BL_REFERENCE_IN_H

#include "platforms/net/reference.h"

/* The bytes of tensor t as its values; NULL: none. */
void bl_ref_put(const struct bl_tensor *x, const uint8_t *bytes, struct bl_ref_out *out, uint32_t t);
/* Outputs [*first, *last) whose input at tap offset `off` (may be negative) lies in [0, n). */
void bl_ref_inside(int64_t off, uint32_t stride, uint32_t n, uint32_t nout, uint32_t *first, uint32_t *last);
/* How far a layer is, in products or cells of windows. */
struct bl_ref_steps { const struct bl_ref_out *out; uint64_t done, total, ask; };
#define BL_REF_ASK (UINT64_C(1) << 20)
/* n more are done; false: the layer shall stop. */
static inline bool bl_ref_step(struct bl_ref_steps *s, uint64_t n)
{
    s->done += n;
    if (s->done < s->ask || !s->out->poll)
        return true;
    s->ask = s->done + BL_REF_ASK;
    return !s->out->poll(s->out->poll_ctx, s->done, s->total);
}

/* reference_product.c: BL_CONV and BL_FC, to codes or, where `real` is not NULL, to real values. 0; -1: no memory; 1: stopped. */
int bl_ref_product(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, const int16_t *in, int16_t *out, float *real,
                   struct bl_ref_steps *steps);
/* reference_float.c: BL_FLOAT, window by window and row by row. 0; 1: stopped. */
int bl_ref_float(const struct bl_float *f, const float *a, const float *b, float *y, struct bl_ref_steps *steps);
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

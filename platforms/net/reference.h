/* reference.h - integer reference inference: the result every bit-true platform must equal.
 * Plain loops over the meaning given in net.h; shares only components/requant.h with the hardware path. */
#ifndef BL_REFERENCE_H
#define BL_REFERENCE_H

#include "platforms/net/net.h"

/* Every tensor of a net after a run: value[t] holds bl_tensor_elems(tensor t) integers in c, y, x order,
 * each within the tensor's dtype. */
struct bl_ref_out {
    const struct bl_net *net;
    int16_t **value;           /* NULL for a float32 tensor, whose values are real[t] */
    float **real;
    uint32_t *last;            /* by tensor: the layer after which it goes; UINT32_MAX: it stays */
    /* Asked inside a layer, about every million products and cells of windows: `done` of its `total` are done. True stops the layer. May be NULL,
     * which it is after bl_ref_init. */
    bool (*poll)(void *ctx, uint64_t done, uint64_t total);
    void *poll_ctx;
};

/* Memory for one net, reused by every run; the net must outlive it. -1 after a bl_error. */
int bl_ref_init(struct bl_ref_out *out, const struct bl_net *net, struct bl_diag *diag);
/* The same with tensors that are there only from the layer that makes them to the last one that reads them; constants and the net's
 * outputs stay. For bl_reference_begin and bl_reference_layer. */
int bl_ref_init_lean(struct bl_ref_out *out, const struct bl_net *net, struct bl_diag *diag);
void bl_ref_fini(struct bl_ref_out *out);
/* Image by image and layer by layer: begin, then each layer in order. The layer's inputs may be gone afterwards, its output is there
 * until the next layer at least. 0; -1: no memory; 1: `poll` has stopped the layer, which may be asked for once more and then begins anew. */
int bl_reference_begin(const uint8_t *image, struct bl_ref_out *out);
int bl_reference_layer(uint32_t layer, struct bl_ref_out *out);
/* Of a convolution or matrix product whose turn it is: the sums of products of all cells of its output, without bias, in units of s_x s_w.
 * Changes nothing else; returns as bl_reference_layer does. */
int bl_reference_sums(uint32_t layer, const struct bl_ref_out *out, int32_t *sums);
/* Runs every layer, and returns as bl_reference_layer does. `image`: the bytes of the net's input tensor, or of its inputs one after the other (two's complement for BL_S8), as
 * bl_dataset_image or bl_dataset_made give them. The net must be finished. */
int bl_reference_run(const struct bl_net *net, const uint8_t *image, struct bl_ref_out *out);
/* Index of the largest element of the net's output, the first one of equals. */
uint32_t bl_ref_class(const struct bl_ref_out *out);

#endif

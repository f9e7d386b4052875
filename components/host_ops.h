/* host_ops.h - what host parts share: the way from image to image and layer to layer, and what becomes of a layer's sums. A host part of
 * its own class says only what stands between: how a layer gets onto its arrays and back. */
#ifndef BL_HOST_OPS_H
#define BL_HOST_OPS_H

#include "kernel/model.h"
#include "components/host.h"

/* Where a host part keeps what every host has: fields of its struct. */
struct bl_host_place {
    void *self;
    uint32_t *image, *at;             /* where it is: image, layer */
    uint64_t *busy_until;             /* cycle in which the host work of the layer ends */
    uint8_t *memory;
    int32_t *sums;                    /* of an array layer: [cout][pixels] */
    struct bl_host_stat *stat;
    bl_tally *requant, *work;         /* outputs of array layers, of the others */
    bl_tally *add;                    /* 32-bit additions that array layers leave to the host */
    int64_t host_cycles;              /* cycles of host work an output */
    const uint8_t *images;            /* what the host supplied: image after image */
};
/* The place of a part whose fields have these names; `adds` is the tally of additions. Made anew in each call, since it holds pointers. */
#define BL_HOST_PLACE(t, adds) { (t), &(t)->image, &(t)->at, &(t)->busy_until, (t)->memory, (t)->sums, (t)->stat, &(t)->requant, &(t)->work, \
                                 &(t)->adds, (t)->host_cycles, BL_ROWS(uint8_t, (t)->images) }

/* In init: 0, or -1 when these are fewer bytes than the program's images. */
int bl_host_images(void *self, uint64_t bytes, const struct bl_host_program *g);
/* Begins a layer; the first one of an image takes it from the images: the number of its random streams says which. */
void bl_host_begin(const struct bl_host_place *h, const struct bl_host_program *g);
/* Whether the host is still at work on the layer at hand, which takes host_cycles an output; asked once a cycle from the one on in
 * which all its sums are there. */
bool bl_host_works(const struct bl_host_place *h, const struct bl_host_program *g);
/* Makes the outputs of the layer at hand: an array's sums requantised, everything else as host work. */
void bl_host_outcome(const struct bl_host_place *h, const struct bl_host_program *g);
/* Ends the layer, counts its outputs, and pauses the run for its owner before the next cycle. true: it was the last one of the image,
 * and the host has nothing more to do; there everything begins again for the next image, or the run stops. Its class says .restarts. */
bool bl_host_next(const struct bl_host_place *h, const struct bl_host_program *g);

#endif

/* reference_run.h - the integer reference of a net by itself, image by image: `bitline net --check`. */
#ifndef BL_REFERENCE_RUN_H
#define BL_REFERENCE_RUN_H

#include "platforms/job/setup.h"
#include "platforms/net/reference.h"
#include "platforms/net/score.h"

struct bl_reference_figures {
    enum bl_metric metric;
    bool labelled;             /* the images have labels */
    uint32_t done, count;      /* images that were run, of so many */
    uint32_t right, top5;      /* of the labelled */
    uint32_t class;            /* of the last image */
    double error, auc;         /* BL_MSE: the mean over all images; the area under the ROC curve, NAN: none */
};
/* Runs the images that *o names: as bl_reference_command, but silent. After BL_WRONG (interrupted) the figures are of those that were run. */
int bl_reference_measure(const struct bl_net *net, const struct bl_setup_opts *o, struct bl_reference_figures *out, struct bl_diag *diag);

/* The same, and what the net has computed is shown after each image: number i of `count`. */
struct bl_reference_each { void (*show)(void *ctx, uint32_t i, uint32_t count, const struct bl_ref_out *out); void *ctx; };
int bl_reference_measure_each(const struct bl_net *net, const struct bl_setup_opts *o, const struct bl_reference_each *each, struct bl_reference_figures *out,
                              struct bl_diag *diag);
/* The images that *o names, or the first `most` of them where it does not say how many, as bytes of the net's inputs, one after the other, to be
 * freed; NULL after a bl_error. */
uint8_t *bl_reference_images(const struct bl_net *net, const struct bl_setup_opts *o, uint32_t most, uint32_t *count, struct bl_diag *diag);

/* Of *o what is about images: inputs, labels, form, images, first, seed, metric. Prints a line for each figure; an exit status. */
int bl_reference_command(const struct bl_net *net, const struct bl_setup_opts *o, struct bl_diag *diag);

#endif

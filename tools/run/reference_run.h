/* reference_run.h - the integer reference of a net by itself, image by image: `bitline net --check`. */
#ifndef BL_REFERENCE_RUN_H
#define BL_REFERENCE_RUN_H

#include "platforms/job/setup.h"

/* Of *o what is about images: inputs, labels, form, images, first, seed, metric. Prints a line for each figure; an exit status. */
int bl_reference_command(const struct bl_net *net, const struct bl_setup_opts *o, struct bl_diag *diag);

#endif

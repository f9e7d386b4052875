/* net_options.h - what --images and --data mean: how many images, or the files they are in. */
#ifndef BL_NET_OPTIONS_H
#define BL_NET_OPTIONS_H

#include "platforms/job/setup.h"

/* The values of --images: whole numbers are how many, all others files, as those of --data. Files go into `files`, to be freed by
 * bl_texts_free, which so->inputs then reads. 0, or -1 after a bl_error. */
int bl_net_options(struct bl_setup_opts *so, const struct bl_texts *images, const struct bl_texts *data, struct bl_texts *files, struct bl_diag *diag);

#endif

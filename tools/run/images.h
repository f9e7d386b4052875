/* images.h - which images of a run are traced: "0..4", "7", as messages and --first number them. */
#ifndef BL_RUN_IMAGES_H
#define BL_RUN_IMAGES_H

#include "platforms/job/setup.h"

struct bl_images { bool given; uint64_t first, last; const char *text; };

/* 0, or -1 after a bl_error; NULL: all, so none is named. */
int bl_images_init(struct bl_images *x, const char *text, struct bl_diag *diag);
/* The run has them: 0, or -1 after a bl_error. */
int bl_images_check(const struct bl_images *x, const struct bl_setup *u, struct bl_diag *diag);
/* Counted from the first one of the run: from .. to - 1. None is named: nothing. */
void bl_images_span(const struct bl_images *x, const struct bl_setup *u, uint32_t *from, uint32_t *to);

#endif

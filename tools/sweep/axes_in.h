/* axes_in.h - what the files of axes share; private to them. */
#ifndef BL_SWEEP_AXES_IN_H
#define BL_SWEEP_AXES_IN_H

#include "tools/sweep/axes.h"

/* Reads "V,V,..." into the axis (axis_values.c): 0, or -1 after a bl_error; `option` stands in front of it. */
int bl_axis_values(struct bl_axis *x, const char *option, const char *text, struct bl_diag *diag);
/* Adds units / 10^decimals with the axis' unit as a text; decimals that end in zeros are not shortened. NULL: no memory. */
const char *bl_axis_number(struct bl_axis *x, int64_t units, unsigned decimals);
/* Points by "random:N" or "lhs:N" (axes_sample.c). */
int bl_axes_sample(struct bl_axes *a, const char *sample, uint64_t seed, struct bl_diag *diag);
/* The dimension that each axis is in; how many there are. */
size_t bl_axes_dims(const struct bl_axes *a, size_t dim_of[BL_AXES_MOST]);
int bl_axes_room(struct bl_axes *a, size_t points, struct bl_diag *diag);

#endif

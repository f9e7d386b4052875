/* axes.h - which points a sweep has: what --vary and --zip say, in all combinations or in samples of them. */
#ifndef BL_SWEEP_AXES_H
#define BL_SWEEP_AXES_H

#include "platforms/file/texts.h"
#include "kernel/sim.h"

enum { BL_AXES_MOST = 32, BL_POINTS_MOST = 1000000 };

/* "adc.rho=1,2,4": a path as --set takes it, or an option of `bitline run` ("--seed"), and its values as they were written. */
struct bl_axis {
    char *path;
    struct bl_texts values;            /* owned */
    bool zipped;                       /* all zipped axes go in step */
    bool is_range;                     /* "LO:HI" without a step: only samples have values */
    int64_t lo, hi;                    /* of a range, times 10^decimals */
    unsigned decimals;
    char unit[16];
};
struct bl_axes {
    struct bl_axis axis[BL_AXES_MOST];
    size_t naxes, npoints;
    const char **cell;                 /* npoints x naxes: values of the axes, the first axis is the slowest */
};

/* `vary` and `zip` are lists of "PATH=V,V,...", a V being a text, "LO:HI:STEP" (both ends; also negative, with one unit, "1:64:*2"), or with `sample`
 * also "LO:HI". sample: NULL is all combinations; "random:N"; "lhs:N", a Latin hypercube; drawn from `seed`. A zipped group
 * is one dimension, behind the others. 0, or -1 after having reported every error; either way bl_axes_fini. */
int bl_axes_init(struct bl_axes *a, const struct bl_texts *vary, const struct bl_texts *zip, const char *sample, uint64_t seed, struct bl_diag *diag);
const char *bl_axes_value(const struct bl_axes *a, size_t point, size_t axis);
void bl_axes_fini(struct bl_axes *a);

#endif

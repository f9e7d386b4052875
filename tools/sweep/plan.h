/* plan.h - the points of a sweep before anything runs: their words, their keys, which are equal, and what is wrong with them. */
#ifndef BL_SWEEP_PLAN_H
#define BL_SWEEP_PLAN_H

#include <jansson.h>

#include "tools/sweep/axes.h"
#include "tools/sweep/point.h"

struct bl_plan_point {
    struct bl_texts words;             /* behind `bitline run`; owned */
    struct bl_point_id id;
    size_t same_as;                    /* an earlier point with the same key, or itself */
    bool checked;
};
struct bl_plan {
    const struct bl_axes *axes;
    const struct bl_texts *base;
    struct bl_plan_point *point;       /* axes->npoints of them */
    const char *command;               /* `bitline sweep ...` of all of it, as a shell takes it */
    char id[17];                       /* names what the sweep asks for */
    uint32_t slice, slices;            /* only points with n % slices == slice - 1 are checked and run; slices 0: all */
};

/* The words of all points: `base` (the platform, and options of all), then the values of the axes. An axis "--NAME" is an option of `bitline run`. 0 or -1. */
int bl_plan_init(struct bl_plan *p, const struct bl_axes *axes, const struct bl_texts *base, uint32_t slice, uint32_t slices, struct bl_diag *diag);
/* Elaborates them one by one: 0, or -1 after the errors of the first ten that are refused, each with the point in front. `look` is told how many of how many, may be NULL. */
int bl_plan_check(struct bl_plan *p, void (*look)(void *ctx, uint64_t done, uint64_t total), void *ctx, struct bl_diag *diag);
bool bl_plan_has(const struct bl_plan *p, size_t point);     /* of the slice? */
/* "adc.rho=2 cols=64", to be freed; "the only point" without axes. NULL: no memory. */
char *bl_plan_name(const struct bl_plan *p, size_t point);
json_t *bl_plan_axes(const struct bl_plan *p);               /* a list of paths; to be freed */
json_t *bl_plan_setting(const struct bl_plan *p, size_t point);  /* path: value; to be freed */
void bl_plan_fini(struct bl_plan *p);

#endif

/* axes.c - puts the values of axes together: all combinations of them. */
#include "tools/sweep/axes_in.h"

#include <stdlib.h>
#include <string.h>

/* ---- the options ---- */

static int add_axis(struct bl_axes *a, const char *text, bool zipped, struct bl_diag *diag)
{
    const char *option = zipped ? "--zip" : "--vary", *eq = strchr(text, '=');

    if (!eq || eq == text || !eq[1])
        return bl_error(diag, "%s %s: expected PATH=VALUES, as in adc.rho=1,2,4 or cols=16:128:16", option, text);
    if (a->naxes == BL_AXES_MOST)
        return bl_error(diag, "%s %s: is one axis too many; expected at most %d", option, text, BL_AXES_MOST);
    struct bl_axis *x = &a->axis[a->naxes++];
    x->zipped = zipped;
    if (!(x->path = strndup(text, (size_t)(eq - text))))
        return bl_error(diag, "%s %s: no memory", option, text);
    for (size_t i = 0; i + 1 < a->naxes; i++)
        if (!strcmp(a->axis[i].path, x->path))
            return bl_error(diag, "%s %s: %s is varied twice; give all its values in one place", option, text, x->path);
    return bl_axis_values(x, option, eq + 1, diag);
}

static int add_axes(struct bl_axes *a, const struct bl_texts *vary, const struct bl_texts *zip, struct bl_diag *diag)
{
    int status = 0;

    for (size_t i = 0; i < vary->n; i++)
        status |= add_axis(a, vary->v[i], false, diag);
    for (size_t i = 0; i < zip->n; i++)
        status |= add_axis(a, zip->v[i], true, diag);
    if (zip->n == 1)
        status = bl_error(diag, "--zip %s: goes in step with nothing; give a second --zip, or use --vary", zip->v[0]);
    return status;
}

/* Zipped axes have one value each at every step. */
static int check_zipped(const struct bl_axes *a, struct bl_diag *diag)
{
    const struct bl_axis *first = NULL;

    for (size_t i = 0; i < a->naxes; i++) {
        const struct bl_axis *x = &a->axis[i];
        if (!x->zipped)
            continue;
        if (x->is_range)
            return bl_error(diag, "--zip %s: a range without a step has no values to go in step; expected LO:HI:STEP", x->path);
        if (first && first->values.n != x->values.n)
            return bl_error(diag, "--zip %s has %zu values, --zip %s has %zu; expected equally many", first->path, first->values.n, x->path, x->values.n);
        if (!first)
            first = x;
    }
    return 0;
}

/* ---- the points ---- */

size_t bl_axes_dims(const struct bl_axes *a, size_t dim_of[BL_AXES_MOST])
{
    size_t n = 0, zip = BL_AXES_MOST;

    for (size_t i = 0; i < a->naxes; i++) {
        if (!a->axis[i].zipped)
            dim_of[i] = n++;
        else
            dim_of[i] = zip = zip == BL_AXES_MOST ? n++ : zip;
    }
    return n;
}

int bl_axes_room(struct bl_axes *a, size_t points, struct bl_diag *diag)
{
    if (points > BL_POINTS_MOST)
        return bl_error(diag, "a sweep of more than %d points; expected fewer: take samples (--sample lhs:1000), or share it out by its first axis", BL_POINTS_MOST);
    a->cell = calloc(points * a->naxes + 1, sizeof *a->cell);
    a->npoints = points;
    return a->cell ? 0 : bl_error(diag, "no memory for %zu points", points);
}

static int all_combinations(struct bl_axes *a, struct bl_diag *diag)
{
    size_t dim_of[BL_AXES_MOST], count[BL_AXES_MOST] = { 0 }, every[BL_AXES_MOST], dims = bl_axes_dims(a, dim_of), points = 1;

    for (size_t i = 0; i < a->naxes; i++) {
        const struct bl_axis *x = &a->axis[i];
        if (x->is_range)
            return bl_error(diag, "--vary %s: a range without a step is for samples; expected LO:HI:STEP, or --sample", x->path);
        count[dim_of[i]] = x->values.n;
    }
    for (size_t d = dims; d-- > 0; points *= count[d]) {
        every[d] = points;
        if (points > BL_POINTS_MOST)
            break;
    }
    if (bl_axes_room(a, points, diag) < 0)
        return -1;
    for (size_t p = 0; p < points; p++)
        for (size_t i = 0; i < a->naxes; i++)
            a->cell[p * a->naxes + i] = a->axis[i].values.v[p / every[dim_of[i]] % count[dim_of[i]]];
    return 0;
}

int bl_axes_init(struct bl_axes *a, const struct bl_texts *vary, const struct bl_texts *zip, const char *sample, uint64_t seed, struct bl_diag *diag)
{
    *a = (struct bl_axes){ 0 };
    if (add_axes(a, vary, zip, diag) < 0 || check_zipped(a, diag) < 0)
        return -1;
    return sample ? bl_axes_sample(a, sample, seed, diag) : all_combinations(a, diag);
}

const char *bl_axes_value(const struct bl_axes *a, size_t point, size_t axis) { return a->cell[point * a->naxes + axis]; }

void bl_axes_fini(struct bl_axes *a)
{
    for (size_t i = 0; i < a->naxes; i++) {
        free(a->axis[i].path);
        bl_texts_free_all(&a->axis[i].values);
    }
    free(a->cell);
    *a = (struct bl_axes){ 0 };
}

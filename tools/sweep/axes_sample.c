/* axes_sample.c - samples of axes instead of all combinations: independent draws, or a Latin hypercube (McKay, Beckman and Conover,
 * Technometrics 21(2), 1979): N strata a dimension, each of them drawn once. */
#include "tools/sweep/axes_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/draw.h"

enum { PLACES = 4 };                   /* of a sample of a range, behind those of its ends, unless these are whole */

struct draws { uint64_t key, n; };

static double unit_draw(struct draws *d) { return (double)(bl_draw(d->key, d->n++) >> 11) * 0x1p-53; }

/* 0 .. n - 1 in a random order (Fisher and Yates). */
static void shuffle(size_t *order, size_t n, struct draws *d)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)(unit_draw(d) * (double)i), was = order[i - 1];
        order[i - 1] = order[k];
        order[k] = was;
    }
}

/* The value at u of 0 <= u < 1: of the list, or of the range; whole when its ends are. */
static const char *value_at(struct bl_axis *x, double u)
{
    int64_t scale = 1;
    unsigned places = x->decimals ? PLACES : 0;

    if (!x->is_range)
        return x->values.v[(size_t)(u * (double)x->values.n)];
    for (unsigned i = 0; i < places; i++)
        scale *= 10;
    int64_t least = x->lo * scale, most = x->hi * scale;
    return bl_axis_number(x, least + (int64_t)(u * ((double)(most - least) + 1)), x->decimals + places);
}

static int fill(struct bl_axes *a, bool latin, uint64_t seed, struct bl_diag *diag)
{
    size_t dim_of[BL_AXES_MOST], n = a->npoints, dims = bl_axes_dims(a, dim_of);
    size_t *stratum = calloc(n * dims + 1, sizeof *stratum);
    struct draws d = { bl_draw_key(seed, "sweep"), 0 };
    double at[BL_AXES_MOST];

    if (!stratum)
        return bl_error(diag, "no memory for %zu points", n);
    for (size_t k = 0; latin && k < dims; k++)
        shuffle(stratum + k * n, n, &d);
    for (size_t p = 0; p < n; p++) {
        for (size_t k = 0; k < dims; k++)
            at[k] = latin ? ((double)stratum[k * n + p] + unit_draw(&d)) / (double)n : unit_draw(&d);
        for (size_t i = 0; i < a->naxes; i++)
            if (!(a->cell[p * a->naxes + i] = value_at(&a->axis[i], at[dim_of[i]]))) {
                free(stratum);
                return bl_error(diag, "no memory for %zu points", n);
            }
    }
    free(stratum);
    return 0;
}

int bl_axes_sample(struct bl_axes *a, const char *sample, uint64_t seed, struct bl_diag *diag)
{
    const char *colon = strchr(sample, ':');
    bool latin = !strncmp(sample, "lhs:", 4);
    char *end = NULL;
    unsigned long long n = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoull(colon + 1, &end, 10) : 0;

    if ((!latin && strncmp(sample, "random:", 7)) || !n || *end)
        return bl_error(diag, "--sample %s: expected random:N or lhs:N, N points", sample);
    if (!a->naxes)
        return bl_error(diag, "--sample %s: there is nothing to draw from; expected a --vary", sample);
    return bl_axes_room(a, n > BL_POINTS_MOST ? (size_t)BL_POINTS_MOST + 1 : (size_t)n, diag) < 0 ? -1 : fill(a, latin, seed, diag);
}

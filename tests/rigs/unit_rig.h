/* unit_rig.h - layers, tiles and jobs for the units around an array (feeder, collector), and their windows by plain loops. */
#ifndef BL_TESTS_UNIT_RIG_H
#define BL_TESTS_UNIT_RIG_H

#include "components/host.h"
#include "components/unit_job.h"
#include "tests/rigs/memory_rig.h"

/* One layer of the array with up to eight tiles, and the program around it. */
struct unit_net { struct bl_host_tile tile[8]; struct bl_host_layer layer; struct bl_host_program program; uint32_t groups; };

/* A convolution: c channels in `groups` groups, stride, padding and dilation the same in both directions. Its tiles follow. */
static inline void unit_conv(struct unit_net *n, uint32_t c, uint32_t h, uint32_t w, uint32_t kh, uint32_t kw, uint32_t stride, uint32_t pad, uint32_t dil,
                             uint32_t groups)
{
    const uint32_t rows = (h + 2 * pad - dil * (kh - 1) - 1) / stride + 1, columns = (w + 2 * pad - dil * (kw - 1) - 1) / stride + 1;

    memset(n, 0, sizeof *n);
    n->groups = groups;
    n->layer = (struct bl_host_layer){ .kind = BL_HOST_ARRAY, .in[0] = { .c = c, .h = h, .w = w, .zero = 3, .bias = 128 }, .kh = kh, .kw = kw, .stride_h = stride,
                                       .stride_w = stride, .dil_h = dil, .dil_w = dil, .pad_t = pad, .pad_l = pad, .pixels = rows * columns, .width = columns,
                                       .cout = groups, .k = c / groups * kh * kw, .group_bytes = c / groups * h * w, .tile = n->tile };
    n->program = (struct bl_host_program){ .nlayers = 1, .images = 1, .layer = &n->layer };
}

/* `rows` windows of k neighbours in each group. */
static inline void unit_flat(struct unit_net *n, uint32_t groups, uint32_t rows, uint32_t k)
{
    memset(n, 0, sizeof *n);
    n->groups = groups;
    n->layer = (struct bl_host_layer){ .kind = BL_HOST_ARRAY, .in[0] = { .c = groups, .h = rows, .w = k }, .pixels = groups * rows, .width = 1, .cout = groups, .k = k,
                                       .group_bytes = rows * k, .flat = true, .rows_of_group = rows, .tile = n->tile };
    n->program = (struct bl_host_program){ .nlayers = 1, .images = 1, .layer = &n->layer };
}

/* Products k .. k + nk - 1 of `groups` groups from `group` on, side by side. */
static inline void unit_tile(struct unit_net *n, uint32_t group, uint32_t groups, uint32_t k, uint32_t nk)
{
    n->tile[n->layer.ntiles++] = (struct bl_host_tile){ .out = 0, .nout = 1, .k = k, .nk = nk * groups, .group = group, .groups = groups };
}

/* The byte of the input tensor that product i of a tile has in window p; -1: padding. */
static inline int64_t unit_byte(const struct unit_net *n, const struct bl_host_tile *t, uint32_t p, uint32_t i)
{
    const struct bl_host_layer *l = &n->layer;
    const uint32_t per = t->nk / t->groups, group = t->group + i / per, k = t->k + i % per;

    if (l->flat)
        return (int64_t)group * l->group_bytes + (int64_t)p * l->k + k;
    const uint32_t c = k / (l->kh * l->kw), of = l->in[0].c / n->groups;
    const int64_t y = (int64_t)(p / l->width * l->stride_h + k / l->kw % l->kh * l->dil_h) - l->pad_t,
                  x = (int64_t)(p % l->width * l->stride_w + k % l->kw * l->dil_w) - l->pad_l;
    if (y < 0 || x < 0 || y >= (int64_t)l->in[0].h || x >= (int64_t)l->in[0].w)
        return -1;
    return ((int64_t)(group * of + c) * l->in[0].h + y) * l->in[0].w + x;
}

static inline uint32_t unit_bytes(const struct unit_net *n) { return n->layer.in[0].c * n->layer.in[0].h * n->layer.in[0].w; }

#endif

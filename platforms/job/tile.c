/* tile.c - im2col geometry and the cut of a layer into weight tiles. */
#include "platforms/job/tile.h"

static const struct bl_host_tap *taps(struct bl_job *job, const struct bl_layer *l, const struct bl_tensor *in)
{
    struct bl_host_tap *t = bl_job_alloc(job, l->k * sizeof *t);
    uint32_t k = 0;

    for (uint32_t c = 0; c < l->k / (l->kh * l->kw); c++)
        for (uint32_t i = 0; i < l->kh; i++)
            for (uint32_t j = 0; j < l->kw; j++) {
                uint32_t dy = i * l->dil_h, dx = j * l->dil_w;
                t[k++] = (struct bl_host_tap){ (int32_t)((c * in->h + dy) * in->w + dx), (int16_t)dy, (int16_t)dx };
            }
    return t;
}

static void cut(struct bl_job *job, const struct bl_layer *l, uint32_t rows, uint32_t cols, struct bl_host_layer *out)
{
    uint32_t per_group = l->cout / l->groups, ktiles = (l->k + rows - 1) / rows, ntiles = (per_group + cols - 1) / cols;
    struct bl_host_tile *tile = bl_job_alloc(job, (size_t)l->groups * ktiles * ntiles * sizeof *tile);

    out->ntiles = 0;
    for (uint32_t g = 0; g < l->groups; g++)
        for (uint32_t n = 0; n < per_group; n += cols)
            for (uint32_t k = 0; k < l->k; k += rows)
                tile[out->ntiles++] = (struct bl_host_tile){
                    .out = g * per_group + n, .nout = per_group - n < cols ? per_group - n : cols,
                    .k = k, .nk = l->k - k < rows ? l->k - k : rows, .group = g };
    out->tile = tile;
}

int bl_tile_cut(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, struct bl_host_layer *out)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct bl_layer *l = &net->layers[layer];
    const struct bl_tensor *in = &net->tensors[l->in[0]], *to = &net->tensors[l->out];

    if (!rows || !cols)
        return bl_error(bl_job_diag(job), "layer %s: tiles of %u products x %u outputs; expected 1 x 1 at least", l->name, rows, cols);
    if ((uint64_t)(l->kh - 1) * l->dil_h > INT16_MAX || (uint64_t)(l->kw - 1) * l->dil_w > INT16_MAX)
        return bl_error(bl_job_diag(job), "layer %s: a window of %u x %u, dilated by %u/%u; the host takes spans up to %d", l->name, l->kh,
                        l->kw, l->dil_h, l->dil_w, INT16_MAX + 1);
    out->flat = l->kind == BL_FC;
    out->cout = l->cout;
    out->k = l->k;
    out->rows_of_group = l->rows;
    out->pixels = out->flat ? l->groups * l->rows : to->h * to->w;
    out->width = out->flat ? 1 : to->w;
    out->group_bytes = out->flat ? l->rows * l->k : in->c / l->groups * in->h * in->w;
    if (!out->flat)
        out->tap = taps(job, l, in);
    cut(job, l, rows, cols, out);
    return 0;
}

void bl_tile_plane(const struct bl_layer *l, uint32_t o, uint32_t k, uint32_t n, unsigned bit, uint64_t *words)
{
    const int8_t *w = l->weight + (size_t)o * l->k + k;

    for (uint32_t i = 0; i < n; i++)
        words[i / 64] |= (uint64_t)((uint8_t)w[i] >> bit & 1) << (i % 64);
}

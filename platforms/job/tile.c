/* tile.c - the windows of a layer and its cut into weight tiles. */
#include "platforms/job/tile.h"

/* Whole groups that a tile may hold, at least 1. */
static uint32_t groups_of(const struct bl_layer *l, uint32_t rows, uint32_t cols)
{
    const uint32_t by_rows = rows / l->k, by_cols = cols / (l->cout / l->groups), least = by_rows < by_cols ? by_rows : by_cols;

    return least < 1 ? 1 : least < l->groups ? least : l->groups;
}

/* `most` groups in a tile: several only where one fits whole. */
static void cut(struct bl_job *job, const struct bl_layer *l, uint32_t rows, uint32_t cols, uint32_t most, struct bl_host_layer *out)
{
    uint32_t per_group = l->cout / l->groups, ktiles = (l->k + rows - 1) / rows, ntiles = (per_group + cols - 1) / cols;
    struct bl_host_tile *tile = bl_job_alloc(job, (size_t)l->groups * ktiles * ntiles * sizeof *tile);

    out->ntiles = 0;
    for (uint32_t g = 0, some; g < l->groups; g += some) {
        some = l->groups - g < most ? l->groups - g : most;
        for (uint32_t n = 0; n < per_group; n += cols)
            for (uint32_t k = 0; k < l->k; k += rows)
                tile[out->ntiles++] = (struct bl_host_tile){
                    .out = g * per_group + n, .nout = some > 1 ? some * per_group : per_group - n < cols ? per_group - n : cols,
                    .k = k, .nk = some > 1 ? some * l->k : l->k - k < rows ? l->k - k : rows, .group = g, .groups = some };
    }
    out->tile = tile;
}

static int tile(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, bool packed, struct bl_host_layer *out)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct bl_layer *l = &net->layers[layer];
    const struct bl_tensor *in = &net->tensors[l->in[0]], *to = &net->tensors[l->out];

    if (!rows || !cols)
        return bl_error(bl_job_diag(job), "layer %s: tiles of %u products x %u outputs; expected 1 x 1 at least", l->name, rows, cols);
    out->flat = l->kind == BL_FC;
    out->cout = l->cout;
    out->k = l->k;
    out->rows_of_group = l->rows;
    out->pixels = out->flat ? l->groups * l->rows : to->h * to->w;
    out->width = out->flat ? 1 : to->w;
    out->group_bytes = out->flat ? l->rows * l->k : in->c / l->groups * in->h * in->w;
    cut(job, l, rows, cols, packed ? groups_of(l, rows, cols) : 1, out);
    return 0;
}

int bl_tile_cut(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, struct bl_host_layer *out)
{
    return tile(job, layer, rows, cols, false, out);
}

int bl_tile_pack(struct bl_job *job, uint32_t layer, uint32_t rows, uint32_t cols, struct bl_host_layer *out)
{
    return tile(job, layer, rows, cols, true, out);
}

void bl_tile_copy(struct bl_job *job, uint32_t copies, struct bl_host_layer *out)
{
    const uint32_t n = out->ntiles, windows = bl_host_windows(out), each = windows / copies, more = windows % copies;
    struct bl_host_tile *tile = copies > 1 ? bl_job_alloc(job, (size_t)n * copies * sizeof *tile) : out->tile;

    for (uint32_t c = 0, first = 0; copies > 1 && c < copies; c++) {
        const uint32_t share = each + (c < more);
        for (uint32_t i = 0; i < n; i++) {
            tile[c * n + i] = out->tile[i];
            tile[c * n + i].first = first;
            tile[c * n + i].windows = share;
        }
        first += share;
    }
    out->tile = tile;
    out->ntiles = n * copies;
}

/* ---- rows ---- */

/* Bit `bit` of the weights of output o, products k .. k+n-1, into a row from its bit `at` on. */
static void plane_at(const struct bl_layer *l, uint32_t o, uint32_t k, uint32_t n, unsigned bit, uint64_t *row, uint32_t at)
{
    const int8_t *w = l->weight + (size_t)o * l->k + k;

    for (uint32_t i = 0; i < n; i++, at++)
        row[at / 64] |= (uint64_t)((uint8_t)w[i] >> bit & 1) << (at % 64);
}

void bl_tile_plane(const struct bl_layer *l, uint32_t o, uint32_t k, uint32_t n, unsigned bit, uint64_t *words)
{
    plane_at(l, o, k, n, bit, words, 0);
}

static void fill_by_output(const struct bl_layer *l, const struct bl_host_tile *t, const struct bl_tile_form *f, uint32_t words, uint64_t *rows)
{
    const uint32_t each = t->nk / t->groups, per_group = t->nout / t->groups;

    for (uint32_t o = 0; o < t->nout; o++)
        for (uint32_t b = 0; b < f->w_bits; b++)
            plane_at(l, t->out + o, t->k, each, b, rows + (size_t)(o * f->w_bits + b) * words, o / per_group * each);
}

static void fill_by_input(const struct bl_layer *l, const struct bl_host_tile *t, const struct bl_tile_form *f, uint32_t words, uint64_t *rows)
{
    const uint32_t each = t->nk / t->groups, per_group = t->nout / t->groups;

    for (uint32_t o = 0; o < t->nout; o++) {
        const int8_t *w = l->weight + (size_t)(t->out + o) * l->k + t->k;
        uint64_t *row = rows + (size_t)(o / per_group * each) * words;
        for (uint32_t k = 0; k < each; k++, row += words)
            for (uint32_t b = 0, at = o * f->w_bits; b < f->w_bits; b++, at++)
                row[at / 64] |= (uint64_t)((uint8_t)w[k] >> b & 1) << at % 64;
    }
}

void bl_tile_rows(struct bl_job *job, uint32_t layer, const struct bl_tile_form *f, struct bl_host_layer *out)
{
    bl_tile_rows_of(job, layer, bl_job_options(job)->net->layers[layer].weight, f, out);
}

void bl_tile_rows_of(struct bl_job *job, uint32_t layer, const int8_t *weights, const struct bl_tile_form *f, struct bl_host_layer *out)
{
    struct bl_layer l = bl_job_options(job)->net->layers[layer];
    const uint32_t bits = f->by_output ? f->rows : f->cols * f->w_bits;

    l.weight = (int8_t *)(uintptr_t)weights;      /* only read */
    out->row_words = (bits + 63) / 64;
    for (uint32_t i = 0; i < out->ntiles; i++) {
        struct bl_host_tile *t = &out->tile[i];
        t->nrows = f->by_output ? f->cols * f->w_bits : t->nk;
        uint64_t *rows = bl_job_alloc(job, (size_t)t->nrows * out->row_words * sizeof *rows);
        (f->by_output ? fill_by_output : fill_by_input)(&l, t, f, out->row_words, rows);
        t->rows = rows;
    }
}

/* codes.c - macro operations of OSA-HCIM by their arithmetic: ones of each pair of bits, then what the parts make of them. Each function
 * names the part whose work it is. */
#include "platforms/osa_hcim/codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "components/bits.h"
#include "components/sar.h"
#include "components/tree.h"
#include "components/window.h"
#include "kernel/model.h"

enum { HMU_MOST = 8, BOUNDARIES = 16, STATS_A_LAYER = BOUNDARIES * BL_OSA_BITS };
enum { QMAX = 7, ADC_BITS = 3, WIDTH = 24 };

/* Products whose weight bit and activation bit are 1, by activation bit and row (HMU * 8 + weight bit): the adder trees' sums. */
struct ones { uint32_t at[BL_OSA_BITS][HMU_MOST * BL_OSA_BITS]; };

struct osa_codes {
    struct bl_sums *sums;
    struct osa_settings set;
    struct bl_osa_alloc alloc[BOUNDARIES];
    struct bl_osa_product order[64];
    uint8_t digital[2 * BL_OSA_BITS];
    int salient;                       /* products of the saliency set */
    const struct osa_try *t;
    uint32_t nlayers;
    struct bl_osa_stat *stat[BL_SUMS_WORKERS];
    bool empty[BL_SUMS_WORKERS];       /* an empty range was met */
};

/* ---- a macro operation ---- */

static void count_ones(struct ones *n, const struct bl_host_tile *tile, const uint8_t *act, uint32_t nw)
{
    uint64_t planes[BL_OSA_BITS * BL_BITS_WORDS];

    bl_bits_planes(planes, nw, act, tile->nk);
    for (uint32_t j = 0; j < BL_OSA_BITS; j++)
        bl_bits_dots(n->at[j], tile->rows, tile->nrows, planes + j * nw, 1, nw);
}

/* osa_dat */
static int32_t dmac(const struct osa_codes *c, const struct ones *n, uint32_t h, int i, int j)
{
    int64_t v = n->at[j][h * BL_OSA_BITS + (uint32_t)i];

    bl_tree_saturate(&v, (uint32_t)c->set.dat_bits, false);
    return (int32_t)v;
}

/* nq and ose: the saliency S. */
static int32_t saliency(const struct osa_codes *c, const struct ones *n, int32_t shift)
{
    const int least = c->set.w_bits + c->set.a_bits - 1 - c->set.orders;
    int32_t s = 0;

    for (int p = 0; p < c->salient; p++) {
        const int i = c->order[p].i, j = c->order[p].j;
        int32_t sum = 0;
        for (uint32_t h = 0; h < c->set.hmu; h++) {
            int32_t q = dmac(c, n, h, i, j) >> shift;
            sum += q < QMAX ? q : QMAX;
        }
        s += c->set.order_weight && i + j > least ? sum << (i + j - least) : sum;
    }
    return s;
}

/* ose: the boundary; then what is in effect. */
static int choose(const struct osa_codes *c, const struct ones *n, uint32_t layer)
{
    const struct bl_osa_saliency *table = &c->t->tables->saliency[layer];
    const int32_t s = saliency(c, n, table->nshift);
    uint32_t i = 0;

    while (i + 1 < c->set.ncandidates && s < table->threshold[i])
        i++;
    return osa_in_effect(&c->set, c->set.candidate[i]);
}

/* osa_controller and osa_accumulator, digital side. */
static void add_digital(const struct osa_codes *c, const struct ones *n, int b, int32_t *sum)
{
    for (int p = 0; p < c->digital[b]; p++) {
        const int i = c->order[p].i, j = c->order[p].j;
        const bool negative = i + 1 == c->set.w_bits;
        for (uint32_t h = 0; h < c->set.hmu; h++) {
            int32_t v = dmac(c, n, h, i, j) << (i + j);
            sum[h] += negative ? -v : v;
        }
    }
}

/* osa_adc */
static bool scale_of(struct osa_codes *c, uint32_t worker, uint32_t layer, int b, const struct bl_osa_conversion *v, struct bl_sar_scale *scale)
{
    double lo = 0, hi = (double)((int64_t)c->set.cols * ((1 << v->width) - 1));

    if (c->t->tables) {
        lo = c->t->tables->ranges[layer].lo[b][v->i];
        hi = c->t->tables->ranges[layer].hi[b][v->i];
        if (!(hi > lo)) {
            c->empty[worker] = true;
            return false;
        }
    }
    *scale = bl_sar_scale(lo, hi, ADC_BITS);
    return true;
}

static int16_t convert(const struct bl_sar_scale *scale, uint32_t v)
{
    const double held = bl_sar_sample(scale, (double)v, 0, 0);
    uint32_t code = 0;

    for (uint32_t bit = ADC_BITS; bit-- > 0;)
        code = bl_sar_decide(scale, held, code, bit);
    return (int16_t)bl_sar_middle(scale, code);
}

static void measure(struct bl_osa_stat *st, const uint32_t *v, uint32_t hmu)
{
    for (uint32_t h = 0; h < hmu; h++) {
        st->n++;
        st->sum += v[h];
        st->squares += (uint64_t)v[h] * v[h];
    }
}

/* osa_dac, hcima_array, osa_adc and osa_accumulator, analog side. */
static void add_analog(struct osa_codes *c, uint32_t worker, uint32_t layer, const struct ones *n, int b, int32_t *sum)
{
    const struct bl_osa_alloc *alloc = &c->alloc[b];

    for (uint32_t k = 0; k < alloc->conversions; k++) {
        const struct bl_osa_conversion *conv = &alloc->list[k];
        const bool negative = conv->i + 1 == c->set.w_bits;
        struct bl_sar_scale scale;
        uint32_t v[HMU_MOST] = { 0 };
        for (uint32_t h = 0; h < c->set.hmu; h++)
            for (uint32_t bit = 0; bit < conv->width; bit++)
                v[h] += n->at[conv->lo + bit][h * BL_OSA_BITS + conv->i] << bit;
        if (c->t->measure)
            measure(&c->stat[worker][(layer * BOUNDARIES + (uint32_t)b) * BL_OSA_BITS + conv->i], v, c->set.hmu);
        if (!scale_of(c, worker, layer, b, conv, &scale))
            continue;
        for (uint32_t h = 0; h < c->set.hmu; h++) {
            int32_t a = convert(&scale, v[h]) * (1 << (conv->i + conv->lo));
            sum[h] += negative ? -a : a;
        }
    }
}

/* ---- an array layer ---- */

/* host: the activations of window p for a tile's products. */
static void gather(const struct bl_sums_at *at, const struct bl_host_tile *tile, uint32_t p, uint8_t *act)
{
    const uint32_t each = tile->nk / tile->groups;
    struct bl_window window;

    for (uint32_t g = 0; g < tile->groups; g++) {
        bl_window_at(&window, at->program, tile->group + g, p);
        bl_window_read(&window, bl_window_input(&window, at->memory), tile->k, each, act + (size_t)g * each);
    }
}

static void operation(struct osa_codes *c, const struct bl_sums_at *at, const struct bl_host_tile *tile, uint32_t p)
{
    const struct bl_host_layer *l = at->program;
    const uint32_t first = l->flat ? tile->group * l->rows_of_group : 0;
    int32_t sum[HMU_MOST] = { 0 };
    uint8_t act[BL_BITS_MOST];
    struct ones n;

    gather(at, tile, p, act);
    count_ones(&n, tile, act, l->row_words);
    const int b = c->t->boundary >= 0 ? c->t->boundary : choose(c, &n, l->config);
    add_digital(c, &n, b, sum);
    add_analog(c, at->worker, l->config, &n, b, sum);
    for (uint32_t o = 0; o < tile->nout; o++)
        at->sums[(size_t)(tile->out + o) * l->pixels + first + p] += (int32_t)bl_tree_wrap(sum[o], WIDTH);
}

static void make(void *ctx, const struct bl_sums_at *at)
{
    const struct bl_host_layer *l = at->program;

    for (uint32_t i = 0; i < l->ntiles; i++)
        for (uint32_t p = 0; p < bl_host_windows(l); p++)
            operation(ctx, at, &l->tile[i], p);
}

static void made(void *ctx, const struct bl_sums_at *at)
{
    const struct osa_codes *c = ctx;

    c->t->made(c->t->made_ctx, at);
}

/* ---- all images ---- */

bool osa_codes_can(struct bl_sim *s, const struct osa_settings *p)
{
    static const struct bl_need shipped[] = { { "host", "host" }, { "controller", "osa_controller" }, { "nq", "nq" }, { "ose", "ose" },
        { "adc", "osa_adc" }, { "dat", "osa_dat" }, { "dac", "osa_dac" }, { "array", "hcima_array" }, { "accumulator", "osa_accumulator" },
        { "act_regs", "osa_act_regs" }, { "analog_ctl", "osa_analog_ctl" } };

    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        const struct bl_class *c = bl_part_class(s, shipped[i].part);
        if (!c || strcmp(c->name, shipped[i].cls))
            return false;
    }
    return !(p->noise > 0) && !p->nforced;
}

static void add_stats(struct osa_codes *c)
{
    for (uint32_t w = 1; w < bl_sums_workers(c->sums); w++)
        for (size_t i = 0; i < (size_t)c->nlayers * STATS_A_LAYER; i++) {
            c->stat[0][i].n += c->stat[w][i].n;
            c->stat[0][i].sum += c->stat[w][i].sum;
            c->stat[0][i].squares += c->stat[w][i].squares;
        }
}

double osa_codes_run(struct osa_codes *c, const struct osa_try *t)
{
    const struct bl_sums_by by = { make, t->made ? made : NULL, c, t->fold, t->limit };
    bool empty = false;

    c->t = t;
    for (uint32_t w = 0; w < bl_sums_workers(c->sums); w++) {
        c->empty[w] = false;
        if (t->measure)
            memset(c->stat[w], 0, (size_t)c->nlayers * STATS_A_LAYER * sizeof **c->stat);
    }
    double loss = bl_sums_run(c->sums, &by);
    for (uint32_t w = 0; w < bl_sums_workers(c->sums); w++)
        empty |= c->empty[w];
    if (t->measure)
        add_stats(c);
    return empty ? (double)NAN : loss;
}

const struct bl_osa_stat *osa_codes_stat(struct osa_codes *c) { return c->stat[0]; }

struct osa_codes *osa_codes_open(struct bl_job *job, const struct osa_settings *p, uint32_t workers, struct bl_diag *diag)
{
    struct osa_codes *c = calloc(1, sizeof *c);
    bool bad = !c;

    for (uint32_t w = 0; w < workers && !bad; w++)
        bad = !(c->stat[w] = calloc((size_t)bl_job_options(job)->net->nlayers * STATS_A_LAYER + 1, sizeof **c->stat));
    if (bad) {
        bl_error(diag, "out of memory");
        osa_codes_close(c);
        return NULL;
    }
    c->set = *p;
    c->nlayers = bl_job_options(job)->net->nlayers;
    const int all = bl_osa_order(c->order, c->digital, p->w_bits, p->a_bits);
    for (int b = 0; b < BOUNDARIES; b++)
        bl_osa_allocate(&c->alloc[b], p->w_bits, p->a_bits, b);
    c->salient = p->orders * (p->orders + 1) / 2 < all ? p->orders * (p->orders + 1) / 2 : all;
    c->sums = bl_sums_open(job, workers, diag);
    if (c->sums)
        return c;
    osa_codes_close(c);
    return NULL;
}

void osa_codes_close(struct osa_codes *c)
{
    if (!c)
        return;
    for (uint32_t w = 0; w < BL_SUMS_WORKERS; w++)
        free(c->stat[w]);
    bl_sums_close(c->sums);
    free(c);
}

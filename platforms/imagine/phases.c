/* phases.c - a layer as phases of IMAGINE: windows larger than 3 x 3 as several, channels and outputs as many as the
 * macro holds, strips of rows as LMEM holds them; weights as +-1 bits over the columns of each output. */
#include "components/window.h"
#include "platforms/imagine/phases.h"

#include <string.h>

enum { CHANNELS = 128, LEAST_CHANNELS = 4 };    /* of a 3 x 3 phase; below these, fewer outputs are taken as well */
enum { SUB = 3 };                               /* side of the window that the shift register holds */

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* T_cim(r_in, r_out, r_w), fs. */
static uint64_t t_cim(const struct imagine_settings *p)
{
    uint64_t inputs = p->r_in * (p->t_dp + p->t_pre + (p->r_in > 1 ? p->t_acc : 0));

    return p->t_off + inputs + (p->r_w > 1 ? p->r_w * p->t_w : 0) + p->r_out * p->t_sar;
}

uint32_t imagine_outputs(const struct imagine_settings *p, uint32_t wbits)
{
    return CIM_COLS / imagine_stride(p->r_w) / imagine_ceil(wbits, p->r_w);
}

/* ---- the cut ---- */

/* How a layer is cut: channels and outputs a phase, strips of output rows. */
struct cut {
    const struct bl_layer *l;
    const struct bl_tensor *in, *to;
    bool flat, dense;
    uint32_t h, w, ho, wo;                /* of the image; flat: rows as pixels one above the other */
    uint32_t channels, per_group;         /* of a group */
    uint32_t ctile, otile, slices, strip; /* channels, outputs, weight slices of an output; output rows */
};

/* The largest number of output rows whose strips fit the two banks; 0: none. */
static uint32_t rows_that_fit(const struct imagine_settings *p, const struct cut *k)
{
    uint32_t kh = k->dense ? 1 : least(k->l->kh, SUB);

    if (p->loop)
        return k->ho;
    for (uint32_t n = k->ho; n; n--) {
        uint64_t need = (uint64_t)(n - 1) * k->l->stride_h + kh, rows = need < k->h ? need : k->h;
        uint64_t in = rows * k->w * k->ctile * p->r_in, out = (uint64_t)n * k->wo * k->otile * k->slices * p->r_out;
        if ((in + 31) / 32 * 4 <= p->bytes && (out + 31) / 32 * 4 <= p->bytes)
            return n;
    }
    return 0;
}

static void make_cut(const struct imagine_settings *p, const struct bl_net *net, uint32_t layer, struct cut *k)
{
    const struct bl_layer *l = &net->layers[layer];
    *k = (struct cut){ .l = l, .in = &net->tensors[l->in[0]], .to = &net->tensors[l->out], .flat = l->kind == BL_FC };
    k->dense = k->flat || l->kh * l->kw == 1;
    k->h = k->flat ? l->rows : k->in->h;
    k->w = k->flat ? 1 : k->in->w;
    k->ho = k->flat ? l->rows : k->to->h;
    k->wo = k->flat ? 1 : k->to->w;
    k->channels = k->flat ? l->k : k->in->c / l->groups;
    k->per_group = l->cout / l->groups;
    k->slices = imagine_ceil(l->wbits, p->r_w);
    k->otile = least(imagine_outputs(p, l->wbits), k->per_group);
    k->ctile = least(k->channels, k->dense ? CIM_ROWS : CHANNELS);
    k->strip = rows_that_fit(p, k);
    while (!k->strip && (k->ctile > LEAST_CHANNELS || k->otile > 1)) {     /* fewer channels at a time, then fewer outputs as well */
        if (k->ctile <= LEAST_CHANNELS)
            k->otile = (k->otile + 1) / 2;
        k->ctile = (k->ctile + 1) / 2;
        k->strip = rows_that_fit(p, k);
    }
}

static uint32_t subs(uint32_t k) { return imagine_ceil(k, SUB); }

/* ---- what is refused ---- */

static int check(struct bl_diag *diag, const struct imagine_settings *p, const struct cut *k)
{
    const struct bl_layer *l = k->l;

    if (l->dil_h > 1 || l->dil_w > 1)
        return bl_error(diag, "layer %s: dilation %u/%u; im2col of IMAGINE takes neighbours only (dilation 1)", l->name,
                        l->dil_h, l->dil_w);
    if (!k->flat && (l->pad_t >= l->kh || l->pad_l >= l->kw || l->pad_b >= l->kh || l->pad_r >= l->kw) &&
        l->pad_t + l->pad_l + l->pad_b + l->pad_r)
        return bl_error(diag, "layer %s: padding %u/%u/%u/%u (top, left, bottom, right) is as wide as its window of "
                        "%u x %u; expected less",
                        l->name, l->pad_t, l->pad_l, l->pad_b, l->pad_r, l->kh, l->kw);
    if (!k->otile)
        return bl_error(diag, "layer %s: %u slices of r_w = %u do not fit the columns", l->name, k->slices, p->r_w);
    if (!k->strip)
        return bl_error(diag, "layer %s does not fit: one output row of %u pixels needs more than the %llu bytes of an "
                        "LMEM bank even with %u channels and one output at a time; set lmem.bytes", l->name, k->wo,
                        (unsigned long long)p->bytes, k->ctile);
    return 0;
}

int imagine_sets(const struct imagine_settings *p, const struct bl_net *net, uint32_t layer, uint32_t *n,
                 struct bl_diag *diag)
{
    struct cut k;

    *n = 0;
    if (net->layers[layer].kind != BL_CONV && net->layers[layer].kind != BL_FC)
        return 0;
    make_cut(p, net, layer, &k);
    if (check(diag, p, &k))
        return -1;
    *n = k.l->groups * subs(k.l->kh) * subs(k.l->kw) * imagine_ceil(k.channels, k.ctile) *
        imagine_ceil(k.per_group, k.otile);
    return 0;
}

/* ---- one weight set ---- */

/* Where it lies in the layer. */
struct set { uint32_t group, ky, kx, kh, kw, c, nc, o, no; };

/* Bit b of w as the macro has it: bits of w + 2^(B-1), 1 for +1 and 0 for -1, so that sum 2^b bit = 2 w + 1. Weights of -1 and +1 (odd: wbits 1) are
 * themselves such a sum: bits of (w + 2^B - 1) / 2. */
static void pack(const struct cut *k, const struct imagine_settings *p, const struct set *at, uint32_t *words)
{
    uint32_t bits = k->slices * p->r_w, stride = imagine_stride(p->r_w);
    const bool odd = k->l->wbits == 1;

    for (uint32_t o = 0; o < at->no; o++)
        for (uint32_t t = 0; t < at->kh * at->kw; t++)
            for (uint32_t c = 0; c < at->nc; c++) {
                uint32_t ky = t / at->kw, kx = t % at->kw, row = imagine_row(k->dense, ky, kx, c);
                size_t n = k->flat ? at->c + c : ((size_t)(at->c + c) * k->l->kh + at->ky + ky) * k->l->kw + at->kx + kx;
                size_t output = at->group * k->per_group + at->o + o;
                const int32_t w = k->l->weight[output * k->l->k + n];
                const uint32_t u = odd ? (uint32_t)(w + (1 << bits) - 1) / 2 : (uint32_t)(w + (1 << (bits - 1)));
                for (uint32_t b = 0; b < bits; b++) {
                    uint32_t column = (o * k->slices + b / p->r_w) * stride + b % p->r_w;
                    words[row * (CIM_COLS / 32) + column / 32] |= (u >> b & 1) << (column % 32);
                }
            }
}

/* Where the strip from input row `from` is, and where the sums of output rows from oy go. */
static void place(const struct cut *k, const struct set *at, uint32_t oy, uint32_t from, const struct bl_host_layer *h,
                  struct imagine_phase *ph)
{
    ph->step_c = k->flat ? 1 : k->in->h * k->in->w;
    ph->step_x = 1;
    ph->step_y = k->flat ? k->l->k : k->in->w;
    ph->from = h->in[0].at + (size_t)at->group * h->group_bytes + (size_t)at->c * ph->step_c + (size_t)from * ph->step_y;
    ph->out = at->group * k->per_group + at->o;
    ph->pixel = (k->flat ? at->group * k->l->rows : 0) + oy * k->wo;
    ph->slices = k->slices;
}

/* The configuration of output rows oy .. oy + n - 1, and where their strip of the input is. */
static void configure(const struct cut *k, const struct imagine_settings *p, const struct set *at, uint32_t oy, uint32_t n,
                      const struct bl_host_layer *h, struct imagine_phase *ph)
{
    uint32_t *cfg = ph->cfg;
    struct bl_window window;

    bl_window_at(&window, h, at->group, oy * k->wo);
    int32_t first = window.y + (int32_t)at->ky;
    int32_t last = first + (int32_t)((n - 1) * k->l->stride_h + at->kh), from = first, to = last;
    from = from < 0 ? 0 : from >= (int32_t)k->h ? (int32_t)k->h - 1 : from;
    to = to > (int32_t)k->h ? (int32_t)k->h : to <= from ? from + 1 : to;
    cfg[CFG_DENSE] = k->dense;
    cfg[CFG_R_IN] = p->r_in;
    cfg[CFG_R_OUT] = p->r_out;
    cfg[CFG_R_W] = p->r_w;
    cfg[CFG_C_IN] = at->nc;
    cfg[CFG_C_OUT] = at->no * k->slices;
    cfg[CFG_KH] = at->kh;
    cfg[CFG_KW] = at->kw;
    cfg[CFG_SH] = k->flat ? 1 : k->l->stride_h;
    cfg[CFG_SW] = k->flat ? 1 : k->l->stride_w;
    cfg[CFG_PT] = (uint32_t)(from - first);
    cfg[CFG_PL] = k->l->pad_l - at->kx;                /* may be below 0: two's complement */
    cfg[CFG_H] = (uint32_t)(to - from);
    cfg[CFG_W] = k->w;
    cfg[CFG_HO] = n;
    cfg[CFG_WO] = k->wo;
    cfg[CFG_PAD] = imagine_narrowed(bl_window_pad(h), h->in[0].bits, p->r_in);
    cfg[CFG_ROWMAJOR] = p->rowmajor;
    cfg[CFG_SERIAL] = p->serial;
    cfg[CFG_NEWROW] = p->newrow;
    ph->t_cim = t_cim(p);
    place(k, at, oy, (uint32_t)from, h, ph);
}

/* What a layer's weight sets have in common. */
struct layer_cut {
    struct bl_job *job;
    const struct imagine_settings *p;
    const struct bl_host_layer *h;
    const struct imagine_tuning *tuning;  /* NULL: none */
    struct cut k;
    struct imagine_layer *out;
};

/* Phases of weight set n: one a strip. row: of its ABN offsets in their table. */
static void add_set(struct layer_cut *x, const struct set *at, uint32_t n, uint32_t row, int8_t *abn)
{
    const struct imagine_settings *p = x->p;
    const struct cut *k = &x->k;
    struct imagine_phase *phase = (struct imagine_phase *)(uintptr_t)x->out->phase + x->out->nphases;
    uint32_t units = imagine_ceil(at->nc, k->dense ? CIM_UNIT : 4), gamma = x->tuning ? x->tuning->gamma[n] : p->gamma;
    uint32_t *words = bl_job_alloc(x->job, (size_t)units * CIM_UNIT * CIM_COLS / 8);

    for (uint32_t j = 0; x->tuning && j < CIM_COLS; j++)
        abn[j] = (int8_t)x->tuning->abn[n][j];
    pack(k, p, at, words);
    for (uint32_t oy = 0; oy < k->ho; oy += k->strip, phase++, x->out->nphases++) {
        configure(k, p, at, oy, least(k->ho - oy, k->strip), x->h, phase);
        phase->nrows = oy ? 0 : units * CIM_UNIT;
        phase->weights = words;
        phase->cfg[CFG_GAMMA] = gamma;
        phase->cfg[CFG_ABN] = row;
        phase->abn = abn;
        phase->trim = x->tuning ? x->tuning->trim[n] : NULL;
        phase->abn_step = p->abn_step;
        phase->lsb = imagine_lsb(p->alpha_adc, p->vddh, p->r_out) / gamma;
        phase->volts = p->vddl * imagine_alpha((p->split ? units : CIM_UNITS) * CIM_UNIT, p->c_c, p->c_p, p->c_l) /
                       imagine_shares(p->r_in, p->r_w);
    }
}

/* ---- the whole layer ---- */

int imagine_cut(struct bl_job *job, uint32_t layer, const struct bl_host_layer *h, const struct imagine_settings *p,
                const struct imagine_tuning *tuning, uint32_t table, int8_t (*abn)[CIM_COLS], struct imagine_layer *out)
{
    const struct bl_net *net = bl_job_options(job)->net;
    struct layer_cut x = { .job = job, .p = p, .h = h, .tuning = tuning, .out = out };
    const struct cut *k = &x.k;
    uint32_t n = 0;

    if (imagine_sets(p, net, layer, &n, bl_job_diag(job)))
        return -1;
    make_cut(p, net, layer, &x.k);
    out->phase = bl_job_alloc(job, (size_t)n * imagine_ceil(k->ho, k->strip) * sizeof *out->phase);
    out->odd = k->l->wbits == 1;
    n = 0;
    for (uint32_t g = 0; g < k->l->groups; g++)
        for (uint32_t ky = 0; ky < k->l->kh; ky += SUB)
            for (uint32_t kx = 0; kx < k->l->kw; kx += SUB)
                for (uint32_t c = 0; c < k->channels; c += k->ctile)
                    for (uint32_t o = 0; o < k->per_group; o += k->otile, n++) {
                        const struct set at = { g, ky, kx, least(k->l->kh - ky, SUB), least(k->l->kw - kx, SUB),
                                                c, least(k->channels - c, k->ctile), o, least(k->per_group - o, k->otile) };
                        add_set(&x, &at, n, table + n, abn[table + n]);
                    }
    return 0;
}

/* layer_table_build.c - wires the rows of a layer table and makes up scales, weights and biases from a seed.
 * The rules are stated in platforms/nets/README.md ("Layer tables"); nothing here claims accuracy. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "components/requant.h"
#include "platforms/net/layer_table.h"
#include "platforms/net/draw.h"

/* Targets of the standard deviation of a layer's output, in steps of the quantiser. A ReLU output is
 * unsigned (255 = 3 sigma), any other uses both sides of zero point 128 (128 = 4 sigma). */
#define SIGMA_RELU   85.0
#define SIGMA_PLAIN  32.0
#define REAL_RANGE    6.0                          /* real value of a full-scale activation, as ReLU6 has it */
#define WEIGHT_POWER 2730.5                        /* mean square of a triangular draw over -127 .. 127 */

struct made {                  /* what a row turned into */
    uint32_t in, out;          /* tensors */
    bool used;                 /* another row reads it */
};

struct builder {
    const char *name;
    const struct row *rows;
    uint32_t nrows;
    uint64_t seed;
    struct bl_diag *diag;
    struct bl_net *net;
    struct made *made;
    double *power;             /* by tensor: mean of (q - zero)^2 */
    uint32_t power_cap;
};

static int no_memory(const struct builder *b) { return bl_error(b->diag, "%s: no memory", b->name); }

/* ---- wiring ---- */

static bool fits(const struct row *r, const struct bl_tensor *t)
{
    if (r->type == ROW_FC)
        return bl_tensor_elems(t) == r->v[COL_CIN];
    return t->c == r->v[COL_CIN] && t->h == r->v[COL_H] && t->w == r->v[COL_W];
}

/* Length of "layer1.0." in "layer1.0.conv1"; 0 without a dot. */
static size_t block_prefix(const struct row *r)
{
    const char *dot = strrchr(r->name, '.');

    return dot ? (size_t)(dot - r->name) + 1 : 0;
}

/* What the first row of r's block reads; for a name without block, what the last but one weighted row
 * before r reads (the two convolutions of a basic block). -1: there is none. */
static int64_t block_input(const struct builder *b, uint32_t r)
{
    size_t n = block_prefix(&b->rows[r]);
    int weighted = 0;

    for (uint32_t i = 0; n && i < r; i++)
        if (!strncmp(b->rows[i].name, b->rows[r].name, n))
            return b->made[i].in;
    for (uint32_t i = r; !n && i-- > 0;)
        if (b->rows[i].type <= ROW_FC && ++weighted == 2)
            return b->made[i].in;
    return -1;
}

/* The latest tensor before row r (but not `except`) that fits; only one that nobody reads when `unread`. */
static int64_t latest(const struct builder *b, uint32_t r, int64_t except, bool unread)
{
    for (uint32_t i = r; i-- > 0;)
        if (b->made[i].out != except && fits(&b->rows[r], &b->net->tensors[b->made[i].out]) && !(unread && b->made[i].used))
            return b->made[i].out;
    if (!unread && b->net->input != except && fits(&b->rows[r], &b->net->tensors[b->net->input]))
        return b->net->input;
    return -1;
}

static int64_t first_input(const struct builder *b, uint32_t r)
{
    const char *last = b->rows[r].name + block_prefix(&b->rows[r]);
    int64_t t;

    if (!r)
        return b->net->input;
    if (last != b->rows[r].name && (!strcmp(last, "downsample") || !strcmp(last, "shortcut")) && (t = block_input(b, r)) >= 0 &&
        fits(&b->rows[r], &b->net->tensors[t]))
        return t;
    t = b->made[r - 1].out;
    return fits(&b->rows[r], &b->net->tensors[t]) || b->rows[r].type == ROW_MUL ? t : latest(b, r, -1, false);
}

static int64_t second_input(const struct builder *b, uint32_t r, int64_t first)
{
    int64_t t = b->rows[r].type == ROW_MUL ? latest(b, r, first, false) : latest(b, r, first, true);

    if (t < 0 && (t = block_input(b, r)) >= 0 && (t == first || !fits(&b->rows[r], &b->net->tensors[t])))
        return -1;
    return t;
}

static void mark_used(struct builder *b, uint32_t r, uint32_t tensor)
{
    for (uint32_t i = 0; i < r; i++)
        if (b->made[i].out == tensor)
            b->made[i].used = true;
}

/* ---- scales ---- */

static int64_t add_tensor(struct builder *b, const struct bl_tensor *t, double power)
{
    int64_t i = bl_net_tensor(b->net, t);

    if (i >= b->power_cap) {
        uint32_t cap = 2 * b->power_cap + 64;
        double *p = realloc(b->power, cap * sizeof *p);
        if (!p)
            return no_memory(b);
        b->power = p;
        b->power_cap = cap;
    }
    if (i < 0)
        return no_memory(b);
    b->power[i] = power;
    return i;
}

/* exp by scaling and squaring; sums and products only, so every machine gets the same bits. */
static double plain_exp(double x)
{
    double r = x / 256.0, sum = 1.0, term = 1.0;

    for (int i = 1; i < 14; i++) {
        term = term * r / i;
        sum += term;
    }
    for (int i = 0; i < 8; i++)
        sum *= sum;
    return sum;
}

static int make_lut(struct builder *b, struct bl_layer *l, bool swish, const struct bl_tensor *x, const struct bl_tensor *y)
{
    if (!(l->lut = bl_net_alloc(b->net, 256, 1)))
        return no_memory(b);
    for (int q = 0; q < 256; q++) {
        double real = (double)x->scale * (q - x->zero), gate = 1.0 / (1.0 + plain_exp(-real));
        float v = (float)((swish ? real * gate : gate) / (double)y->scale);
        l->lut[q] = (uint8_t)bl_requant_real(v, y->zero, 0, 255);
    }
    return 0;
}

/* Scale, zero point and power of a row's output from those of its inputs x and s (ADD: both). */
static double code_output(const struct builder *b, const struct bl_layer *l, const struct row *r, struct bl_tensor *y)
{
    const struct bl_tensor *x = &b->net->tensors[l->in[0]], *s = &b->net->tensors[l->in[1]];
    double px = b->power[l->in[0]], ps = b->power[l->in[1]], sx = (double)x->scale, ss = (double)s->scale;
    double sigma = l->relu ? SIGMA_RELU : SIGMA_PLAIN, cells = (double)(r->v[COL_KH] * r->v[COL_KW]), real;

    y->scale = x->scale;
    y->zero = x->zero;
    switch (l->kind) {
    case BL_CONV: case BL_FC: case BL_ADD:
        y->zero = l->relu ? 0 : 128;
        real = l->relu ? REAL_RANGE / 255.0 : REAL_RANGE / 128.0;
        if (l->kind == BL_ADD)
            real = sqrt(sx * sx * px + ss * ss * ps) / sigma;
        y->scale = (float)real;
        return l->relu ? sigma * sigma / 2.0 : sigma * sigma;
    case BL_RELU: y->zero = 0; return px / 2.0;
    case BL_MAXPOOL: return px * 1.5 < 16384.0 ? px * 1.5 : 16384.0;
    case BL_AVGPOOL: return px * (0.32 + 0.68 / cells);       /* half-normal values: mean^2 is 0.32 of the mean square */
    case BL_SUBSAMPLE: return px * (double)r->v[COL_CIN] / (double)r->v[COL_COUT];
    case BL_MUL: y->scale = x->scale * 0.5f; return px;       /* a gate is about one half */
    case BL_LUT:
        if (r->type == ROW_SIGMOID) {
            y->scale = 1.0f / 256.0f;
            y->zero = 0;
            return 16384.0;
        }
        real = (0.28 + (255 - x->zero) * sx) / 255.0;         /* swish is never below -0.2785 */
        y->scale = (float)real;
        y->zero = (int32_t)rint(0.28 / real);
        return px * sx * sx / (2.0 * real * real);
    default: return px;
    }
}

/* ---- weights ---- */

/* Weights are triangular over -127 .. 127 (the mean of two bytes), four a draw. */
static void make_weights(struct bl_layer *l, uint64_t key)
{
    size_t n = (size_t)l->cout * l->k;

    for (size_t i = 0; i < n; i += 4) {
        uint64_t d = bl_draw(key, i / 4);
        for (size_t j = i; j < i + 4 && j < n; j++, d >>= 16) {
            int w = ((int)(d & 255) + (int)(d >> 8 & 255) - 255) / 2;
            l->weight[j] = (int8_t)w;
        }
    }
}

/* Weight scales that bring the output to its target deviation, 0.75 to 1.25 of it by channel; biases
 * uniform within a quarter of the sum's deviation. */
static int make_layer(struct builder *b, struct bl_layer *l, const struct row *r, const struct bl_tensor *y)
{
    const struct bl_tensor *x = &b->net->tensors[l->in[0]];
    uint64_t k = r->v[COL_CIN] / r->v[COL_GROUPS] * r->v[COL_KH] * r->v[COL_KW], key = bl_draw_key(b->seed, r->name);
    double sigma = l->relu ? SIGMA_RELU : SIGMA_PLAIN;
    double sum = sqrt((double)k * WEIGHT_POWER * (b->power[l->in[0]] > 1.0 ? b->power[l->in[0]] : 1.0));

    if (bl_net_weights(b->net, l, (uint32_t)r->v[COL_COUT], (uint32_t)k))
        return no_memory(b);
    make_weights(l, key);
    for (uint32_t o = 0; o < l->cout; o++) {
        uint64_t d = bl_draw(~key, o);
        double spread = 0.75 + (double)(d & 255) / 512.0, unit = ((double)(d >> 8 & 0xffff) - 32768.0) / 32768.0;
        l->wscale[o] = (float)(sigma / sum * spread * (double)y->scale / (double)x->scale);
        l->bias[o] = (int32_t)rint(unit * sum / 4.0);
    }
    return 0;
}

/* ---- rows ---- */

static enum bl_kind kind_of(const struct row *r)
{
    static const enum bl_kind KIND[ROW_TYPES] = {
        [ROW_CONV] = BL_CONV, [ROW_DWCONV] = BL_CONV, [ROW_PWCONV] = BL_CONV, [ROW_FC] = BL_FC, [ROW_RELU] = BL_RELU,
        [ROW_RELU6] = BL_RELU, [ROW_POOL_AVG] = BL_AVGPOOL, [ROW_POOL_MAX] = BL_MAXPOOL, [ROW_ADD] = BL_ADD, [ROW_MUL] = BL_MUL,
        [ROW_SIGMOID] = BL_LUT, [ROW_SWISH] = BL_LUT, [ROW_SOFTMAX] = BL_RELU, [ROW_SUBSAMPLE] = BL_SUBSAMPLE,
    };

    return KIND[r->type];
}

static bool fuses_relu(const struct builder *b, uint32_t r)
{
    const struct row *a = &b->rows[r], *n = a + 1;

    return r + 1 < b->nrows && (n->type == ROW_RELU || n->type == ROW_RELU6) && (a->type <= ROW_FC || a->type == ROW_ADD) &&
           n->v[COL_CIN] == a->v[COL_COUT] && n->v[COL_H] == a->v[COL_HOUT] && n->v[COL_W] == a->v[COL_WOUT];
}

static void set_relu(struct bl_layer *l, const struct row *r)
{
    if (r->type != ROW_RELU && r->type != ROW_RELU6)
        return;
    l->relu = true;
    l->relu_max = r->type == ROW_RELU6 ? 6.0f : 0.0f;
}

static int find_inputs(struct builder *b, uint32_t r, struct bl_layer *l)
{
    const struct row *row = &b->rows[r];
    int64_t a = first_input(b, r), s = a;

    if (a >= 0 && (l->kind == BL_ADD || l->kind == BL_MUL))
        s = second_input(b, r, a);
    if (a < 0 || s < 0)
        return bl_error(b->diag, "%s:%u:%u: layer '%s': found no earlier output of %llu x %llu x %llu (Cin, H, W) for its %s input",
                        b->name, row->line, row->column[COL_CIN], row->name, (unsigned long long)row->v[COL_CIN],
                        (unsigned long long)row->v[COL_H], (unsigned long long)row->v[COL_W], a < 0 ? "first" : "second");
    l->in[0] = (uint32_t)(l->kind == BL_MUL ? s : a);
    l->in[1] = (uint32_t)(l->kind == BL_MUL ? a : s);
    mark_used(b, r, l->in[0]);
    mark_used(b, r, l->in[1]);
    return 0;
}

static void set_window(struct bl_layer *l, const struct row *r)
{
    l->kh = (uint32_t)r->v[COL_KH];
    l->kw = (uint32_t)r->v[COL_KW];
    l->stride_h = l->stride_w = (uint32_t)r->v[COL_STRIDE];
    l->pad_t = r->pad[0];
    l->pad_b = r->pad[1];
    l->pad_l = r->pad[2];
    l->pad_r = r->pad[3];
    l->groups = l->kind == BL_CONV || l->kind == BL_FC ? (uint32_t)r->v[COL_GROUPS] : 1;
    l->line = r->line;
}

/* Builds row *r and the ReLU rows fused into it; moves *r past them. */
static int build_row(struct builder *b, uint32_t *r)
{
    const struct row *row = &b->rows[*r];
    struct bl_layer l = { .name = row->name, .kind = kind_of(row) };
    struct bl_tensor y = { .name = row->name, .c = (uint32_t)row->v[COL_COUT], .h = (uint32_t)row->v[COL_HOUT],
                           .w = (uint32_t)row->v[COL_WOUT], .dtype = BL_U8 };
    bool fused = fuses_relu(b, *r);
    int64_t out;

    set_relu(&l, row + fused);
    set_window(&l, row);
    if (find_inputs(b, *r, &l))
        return -1;
    double power = code_output(b, &l, row, &y);
    if ((l.kind == BL_CONV || l.kind == BL_FC) && make_layer(b, &l, row, &y))
        return -1;
    if (l.kind == BL_LUT && make_lut(b, &l, row->type == ROW_SWISH, &b->net->tensors[l.in[0]], &y))
        return -1;
    if ((out = add_tensor(b, &y, power)) < 0)
        return -1;
    l.out = (uint32_t)out;
    if (bl_net_layer(b->net, &l) < 0)
        return no_memory(b);
    for (uint32_t i = 0; i <= fused; i++)
        b->made[*r + i] = (struct made){ .in = l.in[0], .out = l.out };
    *r += 1 + fused;
    return 0;
}

static int build_rows(struct builder *b)
{
    const struct row *f = &b->rows[0];
    struct bl_tensor x = { .name = "input", .c = (uint32_t)f->v[COL_CIN], .h = (uint32_t)f->v[COL_H], .w = (uint32_t)f->v[COL_W],
                           .dtype = BL_U8, .scale = (float)(REAL_RANGE / 255.0) };
    uint32_t r = 0;

    if (add_tensor(b, &x, 10922.5) < 0)            /* half zeros, half uniform bytes */
        return -1;
    while (r < b->nrows) {
        if (b->rows[r].type == ROW_SOFTMAX) {
            if (r + 1 < b->nrows || !r)
                return bl_error(b->diag, "%s:%u: layer '%s': found softmax inside the net, supported only as its last row", b->name,
                                b->rows[r].line, b->rows[r].name);
            bl_note(b->diag, "%s:%u: softmax '%s' is left out: the largest output stays the same", b->name, b->rows[r].line, b->rows[r].name);
            break;
        }
        if (build_row(b, &r))
            return -1;
    }
    b->net->input = 0;
    b->net->output = b->net->ntensors - 1;
    b->net->generated = true;
    return bl_net_finish(b->net, b->diag);
}

struct bl_net *bl_layers_build(const char *name, const struct row *rows, uint32_t nrows, uint64_t seed, struct bl_diag *diag)
{
    struct builder b = { .name = name, .rows = rows, .nrows = nrows, .seed = seed, .diag = diag };

    b.net = bl_net_new(name);
    b.made = calloc(nrows, sizeof *b.made);
    if (!b.net || !b.made)
        no_memory(&b);
    if (!b.net || !b.made || build_rows(&b)) {
        bl_net_free(b.net);
        b.net = NULL;
    }
    free(b.made);
    free(b.power);
    return b.net;
}

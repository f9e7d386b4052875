/* net_finish.c - the checks of a net that was built, and the constants that its layers compute by. */
#include "platforms/net/net.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "components/requant.h"

enum { MEAN_CELLS = 1 << 23 };       /* times 255 is still a 32-bit sum */

static int bad(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag, const char *what)
{
    if (l->line)
        return bl_error(diag, "%s:%u: layer '%s' (%s): %s", net->name, l->line, l->name, bl_kind_name(l->kind), what);
    return bl_error(diag, "%s: layer '%s' (%s): %s", net->name, l->name, bl_kind_name(l->kind), what);
}

static int check_tensor(const struct bl_net *net, const struct bl_tensor *t, struct bl_diag *diag)
{
    uint64_t plane = (uint64_t)t->h * t->w;

    if (!t->c || !plane || plane > BL_NET_MAX_ELEMS || t->c > BL_NET_MAX_ELEMS / plane)
        return bl_error(diag, "%s: tensor '%s': found shape %u x %u x %u, expected 1 to %u elements", net->name, t->name,
                        t->c, t->h, t->w, BL_NET_MAX_ELEMS);
    if (!isfinite(t->scale) || t->scale < FLT_MIN)
        return bl_error(diag, "%s: tensor '%s': found scale %g, expected a positive number", net->name, t->name, (double)t->scale);
    if (t->dtype != BL_REAL && (t->bits < 1 || t->bits > (t->odd ? 7u : 8u)))
        return bl_error(diag, "%s: tensor '%s': found %s codes of %u bits, expected 1 to %u", net->name, t->name, bl_tensor_coding(t), t->bits, t->odd ? 7u : 8u);
    if (t->odd && (t->dtype != BL_S8 || t->zero))
        return bl_error(diag, "%s: tensor '%s': odd codes are signed and have no zero point", net->name, t->name);
    if (t->zero < bl_tensor_min(t) || t->zero > bl_tensor_max(t))
        return bl_error(diag, "%s: tensor '%s': found zero point %d, expected %d to %d", net->name, t->name, (int)t->zero,
                        (int)bl_tensor_min(t), (int)bl_tensor_max(t));
    return 0;
}

/* Whether `out` windows fit: none may start beyond the last cell, or in the trailing padding alone. */
static bool windows_fit(uint64_t in, uint64_t lead, uint64_t trail, uint64_t k, uint64_t dil, uint64_t stride, uint64_t out)
{
    uint64_t span = (k - 1) * dil + 1, have = in + lead + trail;

    return have >= span && (out - 1) <= (have - span) / stride;
}

static int check_window(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    const uint32_t small[] = { l->kh, l->kw, l->dil_h, l->dil_w, l->stride_h, l->stride_w,
                               l->pad_t, l->pad_l, l->pad_b, l->pad_r };

    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (small[i] > 1u << 16 || (i < 6 && !small[i]))
            return bad(net, l, diag, "window, stride, dilation or padding out of range (1 to 65536, padding from 0)");
    if (!windows_fit(x->h, l->pad_t, l->pad_b, l->kh, l->dil_h, l->stride_h, y->h) ||
        !windows_fit(x->w, l->pad_l, l->pad_r, l->kw, l->dil_w, l->stride_w, y->w))
        return bl_error(diag, "%s: layer '%s' (%s): found output %u x %u, more than windows of %u x %u, stride %u/%u fit in input "
                        "%u x %u with padding %u/%u/%u/%u (top, left, bottom, right)", net->name, l->name, bl_kind_name(l->kind),
                        y->h, y->w, l->kh, l->kw, l->stride_h, l->stride_w, x->h, x->w, l->pad_t, l->pad_l, l->pad_b, l->pad_r);
    if (l->kind != BL_CONV && (l->pad_t >= (l->kh - 1) * l->dil_h + 1 || l->pad_l >= (l->kw - 1) * l->dil_w + 1 ||
        (uint64_t)(y->h - 1) * l->stride_h >= (uint64_t)x->h + l->pad_t ||
        (uint64_t)(y->w - 1) * l->stride_w >= (uint64_t)x->w + l->pad_l))
        return bad(net, l, diag, "a pooling window lies in the padding alone; its mean or maximum would mean nothing");
    if (l->kind != BL_CONV && ((l->dil_h > 1 && l->pad_t) || (l->dil_w > 1 && l->pad_l)))
        return bad(net, l, diag, "a dilated pooling window with padding is not supported");
    if (l->kind == BL_AVGPOOL && (uint64_t)l->kh * l->kw > MEAN_CELLS)
        return bad(net, l, diag, "the window has more than 2^23 cells, their sum may exceed 32 bits");
    return 0;
}

/* Words of weights: 1 to 16 bits, and every weight within them. */
static int check_words(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const int32_t top = l->wbits < 8 ? (1 << l->wbits) / 2 - 1 : INT8_MAX, low = l->wbits == 1 ? -1 : -top - 1;

    if (l->wbits < 1 || l->wbits > 16 || l->abits < 1 || l->abits > 16)
        return bl_error(diag, "%s: layer '%s' (%s): found weights of %u bits and activations of %u, expected 1 to 16", net->name, l->name,
                        bl_kind_name(l->kind), l->wbits, l->abits);
    for (size_t i = 0; i < (size_t)l->cout * l->k; i++)
        if (l->weight[i] < low || l->weight[i] > (l->wbits == 1 ? 1 : top) || (l->wbits == 1 && !l->weight[i]))
            return bl_error(diag, "%s: layer '%s' (%s): found weight %d, but its weights have %u bits", net->name, l->name, bl_kind_name(l->kind),
                            (int)l->weight[i], l->wbits);
    return 0;
}

/* 32-bit accumulators: |bias| + 255 * sum (|w| + |wzero|) must fit (255: of inputs of 8 bits), which bounds partial sums, folded bias and
 * window sums too. */
static int check_sums(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]];
    const int64_t most = bl_tensor_max(x) - bl_tensor_min(x);

    for (uint32_t o = 0; o < l->cout; o++) {
        const int8_t *w = l->weight + (size_t)o * l->k;
        int64_t sum = 0;
        if (!isfinite(l->wscale[o]) || l->wscale[o] < FLT_MIN)
            return bad(net, l, diag, "a weight scale is not a positive number");
        if (l->wzero[o] < -256 || l->wzero[o] > 256)
            return bad(net, l, diag, "a weight zero point is outside its type");
        for (uint32_t i = 0; i < l->k; i++)
            sum += labs((long)w[i]) + labs((long)l->wzero[o]);
        if (most * sum + llabs((long long)l->bias[o]) > INT32_MAX)
            return bl_error(diag, "%s: layer '%s' (%s): output channel %u: bias %d and %u products may exceed a 32-bit sum",
                            net->name, l->name, bl_kind_name(l->kind), o, (int)l->bias[o], l->k);
    }
    return 0;
}

static int check_weighted(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];

    if (!l->weight || !l->wzero || !l->bias || !l->wscale || !l->requant || !l->cout || !l->k)
        return bad(net, l, diag, "has no weights");
    if (!l->groups || l->cout % l->groups)
        return bad(net, l, diag, "output channels are no multiple of groups");
    if (l->kind == BL_CONV) {
        if (x->c % l->groups || (uint64_t)(x->c / l->groups) * l->kh * l->kw != l->k || y->c != l->cout)
            return bl_error(diag, "%s: layer '%s' (conv): found %u weights an output and %u outputs, expected %u / %u groups x %u x %u "
                            "and %u", net->name, l->name, l->k, l->cout, x->c, l->groups, l->kh, l->kw, y->c);
        if (check_window(net, l, diag))
            return -1;
    } else {
        uint64_t rows = (uint64_t)l->groups * l->rows, in = rows <= BL_NET_MAX_ELEMS ? rows * l->k : 0;
        uint64_t out = (uint64_t)l->rows * l->cout;
        if (in != bl_tensor_elems(x) || out != bl_tensor_elems(y))
            return bl_error(diag, "%s: layer '%s' (fc): found %llu inputs and %llu outputs, expected %zu and %zu", net->name, l->name,
                            (unsigned long long)in, (unsigned long long)out, bl_tensor_elems(x), bl_tensor_elems(y));
    }
    return check_words(net, l, diag) ? -1 : check_sums(net, l, diag);
}

static bool same_shape(const struct bl_tensor *a, const struct bl_tensor *b)
{
    return a->c == b->c && a->h == b->h && a->w == b->w;
}

/* Whether the codes of a stand in b as they are: of one meaning, and no more bits. */
static bool same_code(const struct bl_tensor *a, const struct bl_tensor *b)
{
    return a->dtype == b->dtype && a->bits + (a->odd && !b->odd) <= b->bits && (a->odd || !b->odd) && a->zero == b->zero && a->scale >= b->scale && a->scale <= b->scale;
}

/* Whether x, broadcast, has y's shape. */
static bool stretches(const struct bl_tensor *x, const struct bl_tensor *y)
{
    return (x->c == y->c || x->c == 1) && (x->h == y->h || x->h == 1) && (x->w == y->w || x->w == 1);
}

static int check_move(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *b = &net->tensors[l->in[1]], *y = &net->tensors[l->out];
    size_t cells = bl_tensor_elems(x) + bl_tensor_elems(b), n = bl_tensor_elems(y);

    if (!l->from || !same_code(x, y) || !same_code(b, y))
        return bad(net, l, diag, l->from ? "inputs and output must have one scale and one zero point" : "has no table");
    if (l->fill < bl_tensor_min(y) || l->fill > bl_tensor_max(y))
        return bad(net, l, diag, "its filling is outside of the output's type");
    for (size_t i = 0; i < n; i++)
        if (l->from[i] >= cells && l->from[i] != BL_MOVE_FILL)
            return bad(net, l, diag, "moves a cell from outside of its inputs");
    return 0;
}

static int check_shapes(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out], *b = &net->tensors[l->in[1]];

    switch (l->kind) {
    case BL_CONV: case BL_FC:
        return check_weighted(net, l, diag);
    case BL_MAXPOOL: case BL_AVGPOOL:
        if (x->c != y->c)
            return bad(net, l, diag, "pooling must keep the number of channels");
        return check_window(net, l, diag);
    case BL_ADD: case BL_SUB: case BL_MUL: case BL_MAX: case BL_MIN:
        if (l->kind >= BL_MAX && (!same_code(x, y) || !same_code(b, y)))
            return bad(net, l, diag, "inputs and output must have one scale and one zero point");
        return stretches(x, y) && stretches(b, y) ? 0 :
               bad(net, l, diag, "inputs must have the output's shape, or size 1 where it is larger");
    case BL_MOVE:
        return check_move(net, l, diag);
    case BL_SOFTMAX:
        return l->exps && same_shape(x, y) && y->zero == bl_tensor_min(y) && y->scale >= 0x1p-8f && y->scale <= 0x1p-8f ? 0 :
               bad(net, l, diag, "input and output must have one shape, the output scale 1/256 and the lowest zero point");
    case BL_TABLE: case BL_QUANT:
        return same_shape(x, y) && (l->kind == BL_QUANT || l->reals) ? 0 : bad(net, l, diag, "input and output must have one shape");
    case BL_FLOAT:
        return 0;                                          /* sizes are its reader's */
    case BL_RELU: case BL_LUT:
        if (l->kind == BL_LUT && !l->lut)
            return bad(net, l, diag, "has no table");
        return same_shape(x, y) ? 0 : bad(net, l, diag, "input and output must have one shape");
    case BL_RESHAPE:
        return bl_tensor_elems(x) == bl_tensor_elems(y) && same_code(x, y) ? 0 :
               bad(net, l, diag, "input and output must have as many elements, one scale and one zero point");
    case BL_SUBSAMPLE:
        return y->c >= x->c && l->stride_h && l->stride_w && same_code(x, y) && y->h == (x->h - 1) / l->stride_h + 1 &&
               y->w == (x->w - 1) / l->stride_w + 1 ? 0 :
               bad(net, l, diag, "expected every stride-th row and column, no fewer channels, one scale and zero point");
    default:
        return bad(net, l, diag, "unknown kind");
    }
}

/* The clamp of a fused ReLU: real 0 is the zero point, relu_max is rint(relu_max / scale) above it. */
static void set_clamp(const struct bl_net *net, struct bl_layer *l)
{
    const struct bl_tensor *y = &net->tensors[l->out];

    if (l->clamped)
        return;
    l->lo = bl_tensor_min(y);
    l->hi = bl_tensor_max(y);
    if (l->clip) {
        l->lo = bl_requant_real(l->clip_lo / y->scale, y->zero, l->lo, l->hi);
        l->hi = bl_requant_real(l->clip_hi / y->scale, y->zero, bl_tensor_min(y), l->hi);
        l->lo = l->lo > l->hi ? l->hi : l->lo;
    }
    if (!l->relu)
        return;
    if (y->zero > l->lo)
        l->lo = y->zero;
    if (l->relu_max > 0.0f)
        l->hi = bl_requant_real(l->relu_max / y->scale, y->zero, l->lo, l->hi);
}

/* What each output's sums become; a bias in float32 is added behind the multiplication, so the division by s_y comes after it. */
static int set_requant(const struct bl_net *net, struct bl_layer *l, struct bl_diag *diag)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];

    if ((l->real_bias || l->gain || l->offset) && net->rule != BL_F32)
        return bad(net, l, diag, "a float32 bias, gain or offset is for nets of the rule f32 alone");
    for (uint32_t o = 0; o < l->cout; o++) {
        struct bl_requant *r = &l->requant[o];
        bl_requant_scales(r, net->rule, x->scale, l->wscale[o], y->scale);
        if (l->alpha > 0.0f || l->alpha < 0.0f)
            r->mult = x->scale * l->wscale[o] * l->alpha / y->scale;
        r->bias = l->bias[o];
        if (l->real_bias || l->gain || l->offset) {
            r->tail = l->gain || l->offset ? BL_TAIL_NORM : BL_TAIL_BIAS;
            r->mult = x->scale * l->wscale[o];
            if (l->alpha > 0.0f || l->alpha < 0.0f)
                r->mult = r->mult * l->alpha;
            r->real = l->real_bias ? l->real_bias[o] : 0.0f;
            r->gain = l->gain ? l->gain[o] : 1.0f;
            r->offset = l->offset ? l->offset[o] : 0.0f;
            r->step = y->scale;
        }
        if (!isfinite(r->mult) || !isfinite(r->real) || !isfinite(r->gain) || !isfinite(r->offset))
            return bad(net, l, diag, r->tail ? "a bias, gain or offset is no finite number" : "s_x * s_w / s_y is no finite number");
    }
    return 0;
}

static bool is_pair(enum bl_kind kind)
{
    return kind == BL_ADD || kind == BL_SUB || kind == BL_MUL || kind == BL_MAX || kind == BL_MIN;
}

/* What hosts and reference compute by: components/requant_work.h. */
static void set_work(const struct bl_net *net, struct bl_layer *l)
{
    static const enum bl_pair_op OP[BL_KINDS] = { [BL_ADD] = BL_PAIR_ADD, [BL_SUB] = BL_PAIR_SUB, [BL_MUL] = BL_PAIR_MUL,
                                                  [BL_MAX] = BL_PAIR_MAX, [BL_MIN] = BL_PAIR_MIN };
    const struct bl_tensor *x = &net->tensors[l->in[0]], *b = &net->tensors[l->in[1]], *y = &net->tensors[l->out];

    l->mean = (struct bl_mean){ l->mean.form, x->zero, y->zero, l->lo, l->hi, x->scale, y->scale };
    if (!is_pair(l->kind))
        return;
    l->pair = (struct bl_pair){ .form = l->pair.form, .za = x->zero, .zb = b->zero, .zy = y->zero, .lo = l->lo, .hi = l->hi };
    bl_pair_scales(&l->pair, OP[l->kind], net->rule, x->scale, b->scale, y->scale);
}

static bool has_two(const struct bl_layer *l)
{
    return is_pair(l->kind) || l->kind == BL_MOVE || (l->kind == BL_FLOAT && bl_float_has_two(l->real.op));
}

/* Which kinds may read and make float32 tensors. */
static int check_types(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    bool in = net->tensors[l->in[0]].dtype == BL_REAL, in2 = net->tensors[l->in[1]].dtype == BL_REAL, out = net->tensors[l->out].dtype == BL_REAL;
    bool product = l->kind == BL_CONV || l->kind == BL_FC;

    if (product || l->kind == BL_TABLE ? in : l->kind == BL_QUANT || l->kind == BL_FLOAT ? !in || !in2 : in != in2)
        return bad(net, l, diag, "its inputs are not of the type that it reads: codes, or float32");
    if (l->kind == BL_TABLE || l->kind == BL_FLOAT ? !out : l->kind == BL_QUANT ? out : !product && out != in)
        return bad(net, l, diag, "its output is not of the type that it makes: codes, or float32");
    if (in && l->kind < BL_TABLE && l->kind != BL_MOVE && l->kind != BL_RESHAPE)
        return bad(net, l, diag, "works on codes; its input is float32");
    if (product && out && (net->rule != BL_F32 || l->relu || l->clip))
        return bad(net, l, diag, "a float32 output is for nets of the rule f32 alone, and has no fused clip");
    return 0;
}

static int finish_layer(struct bl_net *net, struct bl_layer *l, bool *ready, struct bl_diag *diag)
{
    unsigned nin = has_two(l) ? 2 : 1;

    for (unsigned i = 0; i < nin; i++)
        if (l->in[i] >= net->ntensors || !ready[l->in[i]])
            return bad(net, l, diag, "reads a tensor that no earlier layer makes");
    if (l->out >= net->ntensors || ready[l->out])
        return bad(net, l, diag, "writes a tensor that is already made, or none");
    if (nin == 1)
        l->in[1] = l->in[0];
    ready[l->out] = true;
    if (l->weight && l->abits < net->tensors[l->in[0]].bits)
        l->abits = net->tensors[l->in[0]].bits;
    if (check_types(net, l, diag) || check_shapes(net, l, diag))
        return -1;
    if (l->relu_max < 0.0f || !isfinite(l->relu_max))
        return bad(net, l, diag, "the upper clip of a ReLU must be positive");
    set_clamp(net, l);
    if (l->lo > l->hi || l->lo < bl_tensor_min(&net->tensors[l->out]) || l->hi > bl_tensor_max(&net->tensors[l->out]))
        return bad(net, l, diag, "clamps to nothing, or outside of the output's type");
    set_work(net, l);
    return l->requant ? set_requant(net, l, diag) : 0;
}

static int check_work(const struct bl_net *net, struct bl_diag *diag)
{
    uint64_t steps = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        uint64_t n = bl_layer_steps(net, i);
        steps = n > BL_NET_MAX_STEPS - steps ? BL_NET_MAX_STEPS + 1 : steps + n;
        if (steps > BL_NET_MAX_STEPS)
            return bl_error(diag, "%s: layer '%s' (%s): with %llu million products and cells of windows the net has more than %llu million an image, which "
                            "would take minutes before anything could be seen", net->name, net->layers[i].name, bl_layer_kind(&net->layers[i]),
                            (unsigned long long)(n / 1000000), (unsigned long long)(BL_NET_MAX_STEPS / 1000000));
    }
    return 0;
}

/* What hosts and the reference need for the tensors is known to fit before anything of it is taken. */
static int check_memory(const struct bl_net *net, struct bl_diag *diag)
{
    uint64_t bytes = 0;

    for (uint32_t t = 0; t < net->ntensors; t++)
        bytes += bl_tensor_bytes(&net->tensors[t]);
    return bytes <= BL_NET_MAX_BYTES ? 0 :
        bl_error(diag, "%s: needs %llu MB of tensors, more than %llu MB; is the input larger than meant?", net->name,
                 (unsigned long long)(bytes >> 20), (unsigned long long)(BL_NET_MAX_BYTES >> 20));
}

int bl_net_finish(struct bl_net *net, struct bl_diag *diag)
{
    int rc = 0;

    if (!net->ntensors || !net->nlayers || !net->ninputs || net->input >= net->ntensors || net->ninputs > net->ntensors - net->input ||
        net->output >= net->ntensors)
        return bl_error(diag, "%s: found %u layers, expected at least one between an input and an output", net->name, net->nlayers);
    bool *ready = calloc(net->ntensors, sizeof *ready);
    if (!ready)
        return bl_error(diag, "%s: no memory", net->name);
    for (uint32_t t = 0; t < net->ntensors; t++)
        ready[t] = net->tensors[t].data || t - net->input < net->ninputs;
    for (uint32_t t = 0; !rc && t < net->ntensors; t++)
        rc = check_tensor(net, &net->tensors[t], diag);
    for (uint32_t i = 0; !rc && i < net->nlayers; i++)
        rc = finish_layer(net, &net->layers[i], ready, diag);
    for (uint32_t t = 0; !rc && t < net->ntensors; t++)
        if (!ready[t])
            rc = bl_error(diag, "%s: tensor '%s' is made by no layer", net->name, net->tensors[t].name);
    free(ready);
    rc = rc || check_memory(net, diag) ? -1 : check_work(net, diag);
    net->finished = !rc;
    return rc;
}

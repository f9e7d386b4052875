/* quantise_fold.c - mean errors of a net of fewer bits, measured on images, into its biases: original and net run side by side, layer by layer. */
#include <math.h>
#include <stdlib.h>

#include "platforms/net/net_narrow_in.h"
#include "platforms/net/quantise.h"
#include "platforms/net/reference.h"

struct fold {
    struct bl_net *net;
    const struct bl_net *was;
    const struct bl_fold_images *images;
    struct bl_ref_out *a, *b;  /* by image: of the original, and of the net */
    int32_t *sums;             /* of the layer at hand */
    double *moved;
    struct bl_diag *diag;
};

static int no_memory(const struct fold *f) { return bl_error(f->diag, "%s: no memory for %u images at a time; take fewer", f->net->name, f->images->count); }

/* ---- images ---- */

/* Image i begins in both nets: a narrowed input takes it narrowed. */
static int begin(struct fold *f, uint32_t i, uint8_t *narrow)
{
    const size_t n = bl_net_input_bytes(f->was);
    const uint8_t *image = f->images->bytes + i * n;
    size_t at = 0;

    for (uint32_t k = 0; k < f->was->ninputs; k++) {
        const struct bl_tensor *t = &f->net->tensors[f->net->input + k];
        for (size_t e = 0; e < bl_tensor_bytes(t); e++, at++)
            narrow[at] = bl_tensor_narrow(t, image[at]);
    }
    return bl_reference_begin(image, &f->a[i]) || bl_reference_begin(narrow, &f->b[i]) ? no_memory(f) : 0;
}

static int begin_all(struct fold *f)
{
    uint8_t *narrow = malloc(bl_net_input_bytes(f->was) + 1);
    int rc = narrow ? 0 : no_memory(f);

    for (uint32_t i = 0; !rc && i < f->images->count; i++)
        rc = bl_ref_init_lean(&f->a[i], f->was, f->diag) || bl_ref_init_lean(&f->b[i], f->net, f->diag) ? -1 : begin(f, i, narrow);
    free(narrow);
    return rc;
}

/* ---- biases ---- */

enum { ROUNDS = 20 };                          /* of looking for a bias */
static const double LEAST_OPEN = 0.05;         /* of the cells; with fewer between the clips a step would be wild */

/* Layer i of the net, whose sums of products without bias lie in f->sums: image after image. */
struct at { const struct bl_layer *l; const struct bl_tensor *y; size_t cells, each; };

static struct at layer_at(const struct bl_net *net, uint32_t i)
{
    const struct bl_layer *l = &net->layers[i];
    const struct bl_tensor *y = &net->tensors[l->out];

    return (struct at){ l, y, bl_tensor_elems(y), bl_tensor_elems(y) / l->cout };
}

/* Cell number k (of `each`) of output o: a matrix has its columns together. */
static size_t cell_of(const struct at *a, uint32_t o, size_t k)
{
    const uint32_t per = a->l->cout / a->l->groups;

    if (a->l->kind == BL_CONV)
        return o * a->each + k;
    return ((size_t)(o / per) * a->l->rows + k) * per + o % per;
}

static double real_of(const struct at *a, const struct bl_ref_out *out, size_t cell)
{
    if (out->real[a->l->out])
        return (double)out->real[a->l->out][cell];
    return (double)(out->value[a->l->out][cell] - a->y->zero) * (double)a->y->scale;
}

/* Sum of output o over all images of the original, which has just run that layer. */
static double wanted(const struct fold *f, const struct at *was, uint32_t o)
{
    double sum = 0;

    for (uint32_t i = 0; i < f->images->count; i++)
        for (size_t k = 0; k < was->each; k++)
            sum += real_of(was, &f->a[i], cell_of(was, o, k));
    return sum;
}

/* The same of the net with the bias that r has; *open: cells that are cut off at neither end. */
static double given(const struct fold *f, const struct at *a, uint32_t o, const struct bl_requant *r, double *open)
{
    double sum = 0;

    *open = 0;
    for (uint32_t i = 0; i < f->images->count; i++)
        for (size_t k = 0; k < a->each; k++) {
            const int32_t s = f->sums[i * a->cells + cell_of(a, o, k)];
            if (a->y->dtype == BL_REAL) {
                sum += (double)bl_requant_float(r, s);
                *open += 1;
                continue;
            }
            const int32_t q = bl_requant_sum(r, s, a->y->zero, a->l->lo, a->l->hi);
            sum += (double)(q - a->y->zero) * (double)a->y->scale;
            *open += q > a->l->lo && q < a->l->hi;
        }
    return sum;
}

/* What the output gains with one more unit of the bias. */
static double slope_of(const struct fold *f, const struct bl_layer *l, uint32_t o)
{
    const double unit = (double)f->net->tensors[l->in[0]].scale * (double)l->wscale[o];

    return unit * (l->alpha > 0.0f || l->alpha < 0.0f ? (double)l->alpha : 1) * (l->gain ? (double)l->gain[o] : 1);
}

/* The bias with which output o has the mean that is wanted, or comes nearest. Each round takes the mean error off, as many cells follow as are open;
 * a bias beyond one that was too small or too large is halfway between instead. */
static int32_t best_bias(const struct fold *f, const struct at *a, uint32_t o, double want)
{
    const double all = (double)a->each * f->images->count, slope = slope_of(f, a->l, o);
    double least = INFINITY, open, below = -INT32_MAX, above = INT32_MAX;
    struct bl_requant r = a->l->requant[o];
    int32_t best = r.bias;

    for (int round = 0; round < ROUNDS && fabs(slope) > 0; round++) {
        const double error = want - given(f, a, o, &r, &open);
        if (fabs(error) < least) {
            least = fabs(error);
            best = r.bias;
        }
        *(error * slope > 0 ? &below : &above) = r.bias;
        const double step = rint(error / ((open > LEAST_OPEN * all ? open : LEAST_OPEN * all) * slope));
        double bias = r.bias + (fabs(step) > 0 ? step : error * slope > 0 ? 1 : -1);
        if (!(bias > below && bias < above))
            bias = rint((below + above) / 2);
        if (!(bias > below && bias < above) || !(fabs(error) > 0))
            break;
        r.bias = (int32_t)bias;
    }
    return best;
}

/* Biases of layer i of the net, which is layer j of the original. */
static int fold_layer(struct fold *f, uint32_t i, uint32_t j)
{
    const struct at a = layer_at(f->net, i), was = layer_at(f->was, j);
    struct bl_layer *l = &f->net->layers[i];

    if (!(f->sums = calloc(a.cells * f->images->count, sizeof *f->sums)))
        return no_memory(f);
    for (uint32_t k = 0; k < f->images->count; k++)
        if (bl_reference_sums(i, &f->b[k], f->sums + k * a.cells))
            return no_memory(f);
    for (uint32_t o = 0; o < l->cout; o++) {
        const int32_t bias = best_bias(f, &a, o, wanted(f, &was, o));
        const double change = fabs(((double)bias - l->bias[o]) * slope_of(f, l, o)) / (a.y->dtype == BL_REAL ? 1 : (double)a.y->scale);
        l->bias[o] = l->requant[o].bias = bias;
        if (f->moved && change > f->moved[i])
            f->moved[i] = change;
    }
    free(f->sums);
    f->sums = NULL;
    return 0;
}

/* ---- layers ---- */

/* One layer on all images of a net. */
static int run_layer(const struct fold *f, struct bl_ref_out *out, uint32_t layer)
{
    for (uint32_t i = 0; i < f->images->count; i++) {
        if (f->images->poll && f->images->poll(f->images->ctx, layer))
            return 1;
        if (bl_reference_layer(layer, &out[i]))
            return no_memory(f);
    }
    return 0;
}

/* Layers of the net in order, those of the original beside them; a layer that only rounds again has no counterpart. */
static int run_layers(struct fold *f)
{
    uint32_t j = 0;
    int rc = 0;

    for (uint32_t i = 0; !rc && i < f->net->nlayers; i++) {
        const bool own = f->net->layers[i].out >= f->was->ntensors;
        if (!own)
            rc = run_layer(f, f->a, j);
        if (!rc && !own && narrow_product(&f->net->layers[i]))
            rc = fold_layer(f, i, j);
        if (!rc)
            rc = run_layer(f, f->b, i);
        j += !own;
    }
    return rc;
}

int bl_net_fold(struct bl_net *net, const struct bl_net *original, const struct bl_fold_images *images, double *moved, struct bl_diag *diag)
{
    struct fold f = { .net = net, .was = original, .images = images, .moved = moved, .diag = diag };
    int rc;

    f.a = calloc(images->count, sizeof *f.a);
    f.b = calloc(images->count, sizeof *f.b);
    for (uint32_t i = 0; moved && i < net->nlayers; i++)
        moved[i] = 0;
    rc = !f.a || !f.b ? no_memory(&f) : begin_all(&f) ? -1 : run_layers(&f);
    for (uint32_t i = 0; i < images->count; i++) {
        if (f.a)
            bl_ref_fini(&f.a[i]);
        if (f.b)
            bl_ref_fini(&f.b[i]);
    }
    free(f.a);
    free(f.b);
    free(f.sums);
    return rc ? rc : bl_net_finish(net, diag);
}

/* quantise_rows.c - the account of `bitline quantise`: a row a layer with weights, what was lost, figures before and after; and of its
 * --sensitivity: a row a layer, in it one for each number of bits. */
#include "tools/quantise/quantise_rows.h"

static uint64_t weights_of(const struct bl_layer *l) { return (uint64_t)l->cout * l->k; }

/* The layer of `net` that makes that tensor. */
static uint32_t maker(const struct bl_net *net, uint32_t tensor)
{
    uint32_t i = 0;

    while (net->layers[i].out != tensor)
        i++;
    return i;
}

static json_t *layer_row(const struct bl_quantise_account *a, const struct bl_layer *was)
{
    const uint32_t i = maker(a->after, was->out);
    const struct bl_layer *is = &a->after->layers[i];
    const struct bl_fit_error e = bl_fit_error(was, is);

    return json_pack("{s:s, s:s, s:i, s:i, s:I, s:f, s:f, s:i, s:f}", "layer", was->name, "kind", bl_layer_kind(was), "w_bits", (int)is->wbits, "a_bits", (int)is->abits,
                     "weights", (json_int_t)weights_of(was), "rms", e.rms, "relative", e.relative, "cut", (int)e.cut, "bias_moved", a->moved ? a->moved[i] : 0);
}

/* Weights, and the bits that they take. */
static json_t *total_row(const struct bl_net *net)
{
    uint64_t weights = 0, bits = 0;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].weight) {
            weights += weights_of(&net->layers[i]);
            bits += weights_of(&net->layers[i]) * net->layers[i].wbits;
        }
    return json_pack("{s:I, s:I, s:f}", "weights", (json_int_t)weights, "bits", (json_int_t)bits, "mean_w_bits", weights ? (double)bits / (double)weights : 0);
}

json_t *bl_quantise_rows(const struct bl_quantise_account *a)
{
    json_t *layers = json_array();

    for (uint32_t i = 0; i < a->before->nlayers; i++)
        if (a->before->layers[i].weight)
            json_array_append_new(layers, layer_row(a, &a->before->layers[i]));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:s?, s:i}", "schema", "bitline.quantise/1", "net", a->before->name, "scales", a->scales,
                     "images", (int)a->images, "layers", layers, "total", total_row(a->after), "before", bl_reference_row(a->was), "after", bl_reference_row(a->is),
                     "output", a->output, "moved", (int)a->rounded);
}

/* ---- sensitivity */

static json_t *sensitive_row(const struct bl_sensitivity_account *a, uint32_t i)
{
    const struct bl_layer *l = &a->net->layers[i];
    json_t *tried = json_array();

    for (uint32_t k = 0; k < a->losses.n && a->losses.bits[k] < l->wbits; k++) {
        json_t *one = bl_reference_row(&a->figures[(size_t)i * a->losses.n + k]);
        json_object_set_new(one, "w_bits", json_integer(a->losses.bits[k]));
        json_object_set_new(one, "output_error", json_real(a->losses.loss[(size_t)i * a->losses.n + k]));
        json_array_append_new(tried, one);
    }
    json_t *row = json_pack("{s:s, s:s, s:I, s:i, s:o}", "layer", l->name, "kind", bl_layer_kind(l), "weights", (json_int_t)weights_of(l), "has", (int)l->wbits, "tried", tried);
    json_object_set_new(row, "chosen", a->chosen ? json_integer(a->chosen[i] ? a->chosen[i] : l->wbits) : json_null());
    return row;
}

json_t *bl_sensitivity_rows(const struct bl_sensitivity_account *a)
{
    json_t *layers = json_array(), *bits = json_array();

    for (uint32_t k = 0; k < a->losses.n; k++)
        json_array_append_new(bits, json_integer(a->losses.bits[k]));
    for (uint32_t i = 0; i < a->net->nlayers; i++)
        if (a->net->layers[i].weight)
            json_array_append_new(layers, sensitive_row(a, i));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "schema", "bitline.sensitivity/1", "net", a->net->name, "scales", a->scales,
                     "a_bits", (int)a->a_bits, "bits", bits, "layers", layers, "asked", a->chosen ? json_real(a->asked) : json_null(),
                     "mean", a->chosen ? json_real(bl_bits_mean(a->net, a->chosen)) : json_null(), "before", bl_reference_row(a->was), "after", bl_reference_row(a->is),
                     "output", a->output);
}

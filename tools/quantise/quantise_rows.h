/* quantise_rows.h - what `bitline quantise` says of a net, as JSON, and the three forms of it; the same of its --sensitivity. */
#ifndef BL_QUANTISE_ROWS_H
#define BL_QUANTISE_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "platforms/net/quantise.h"
#include "tools/run/reference_rows.h"

struct bl_quantise_account {
    const struct bl_net *before, *after;       /* the same net; `after` may have more layers, but the same tensors */
    const char *scales;        /* "fitted" or "powers" */
    uint32_t images;           /* whose mean errors the biases carry; 0: none */
    const double *moved;       /* by layer of `after`: the largest change of a bias, in steps of its output */
    const struct bl_reference_figures *was, *is;       /* NULL: there are no images */
    const char *output;        /* the file that is written, or NULL */
    uint32_t rounded;          /* of it: layers that round as ONNX does from now on */
};
/* { "schema": "bitline.quantise/1", "net", "scales", "images", "layers": [..], "total": {..}, "before", "after", "output", "moved" }; rows as in
 * platforms/nets/README.md. Never NULL (tools/memory.h). */
json_t *bl_quantise_rows(const struct bl_quantise_account *a);
void bl_quantise_text(const json_t *account, FILE *out);
void bl_quantise_csv(const json_t *account, FILE *out);

struct bl_sensitivity_account {
    const struct bl_net *net;
    const char *scales;
    struct bl_bits_losses losses;
    const struct bl_reference_figures *figures;        /* [net->nlayers][losses.n] */
    unsigned a_bits;           /* of the layer's inputs, 0: as they are */
    const struct bl_reference_figures *was, *is;       /* of the net as it is, and with `chosen`; NULL: nothing is chosen */
    const uint8_t *chosen;     /* by layer; NULL */
    double asked;              /* mean bits */
    const char *output;
};
/* { "schema": "bitline.sensitivity/1", "net", "scales", "a_bits", "bits": [..], "layers": [..], "asked", "mean", "before", "after", "output" }. */
json_t *bl_sensitivity_rows(const struct bl_sensitivity_account *a);
void bl_sensitivity_text(const json_t *account, FILE *out);
void bl_sensitivity_csv(const json_t *account, FILE *out);

void bl_quantise_json(const json_t *account, FILE *out);       /* either of them */

#endif

/* quantise.h - fewer bits for an 8-bit net with less loss than by narrowing (net.h), without training: each output's weights get the scale of least
 * squared error, each output's mean error over images goes into its bias; and which layers to give fewer bits. */
#ifndef BL_QUANTISE_H
#define BL_QUANTISE_H

#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As bl_net_narrow, but for weights of 2 to 7 bits: of the scales 2^n that would be, and others, each output (of a product in groups: all of one
 * column) has the one for which sum (w - wz - step q)^2 is least over codes q = clamp(rne((w - wz) / step)). The bias keeps its real value. */
int bl_net_fit(struct bl_net *net, const struct bl_narrow *to, struct bl_diag *diag);

/* How far the weights of a layer are from those of the same layer before; real values, so that scales may differ. */
struct bl_fit_error {
    double rms;                /* of the difference, in steps of the weights before, averaged over outputs */
    double relative;           /* root of sum of its squares over that of the weights' squares; 0: those were 0 */
    uint32_t cut;              /* weights that lie more than half a step beyond the outermost codes */
};
struct bl_fit_error bl_fit_error(const struct bl_layer *was, const struct bl_layer *is);

/* What is asked now and then while images run; true stops. `layer` counts those of the net. */
typedef bool bl_fold_poll(void *ctx, uint32_t layer);
/* Images that show the net's mean errors. */
struct bl_fold_images {
    const uint8_t *bytes;      /* `count` images one after the other, bl_net_input_bytes each, as the original takes them */
    uint32_t count;
    bl_fold_poll *poll;        /* may be NULL */
    void *ctx;
};
/* Layer by layer gives each output the bias with which its mean over images and cells, clips included, is that of the original, or nearest; so
 * each layer also makes up for what the layers before have left. `net` is what bl_net_fit or bl_net_narrow made of another copy of the
 * original. moved[net->nlayers], or NULL: the largest change of a bias of that layer, in steps of its output (of 1, where that is float32).
 * Memory: what a layer needs, for each image twice. 0; 1: stopped; -1 after a bl_error. After 1 and -1 the net is of no use. */
int bl_net_fold(struct bl_net *net, const struct bl_net *original, const struct bl_fold_images *images, double *moved, struct bl_diag *diag);

/* Losses of the net when one layer alone has few bits, and the bits that each layer shall have for the least sum of losses. */
struct bl_bits_losses {
    const uint8_t *bits;       /* `n` of them, rising, below what the layers have */
    uint32_t n;
    const double *loss;        /* [net->nlayers][n], of layers with weights; 0 or more; what the layer has costs 0 */
};
/* Mean bits of all weights, when layer i has bits[i] or, where that is 0, what it has. */
double bl_bits_mean(const struct bl_net *net, const uint8_t *bits);
/* Bits by layer, out[net->nlayers] (0: those it has), whose mean over all weights is at most `mean`, with the least sum of losses; of equal sums the later
 * layers keep more. Exact, but for nets whose bits at that mean are more than 2^18 times the common factor of their layers' weights: there costs
 * are rounded up by 2^-18 of the whole. 0, or -1 after a bl_error: even the fewest bits everywhere are more. */
int bl_bits_choose(const struct bl_net *net, const struct bl_bits_losses *losses, double mean, uint8_t *out, struct bl_diag *diag);

#ifdef __cplusplus
}
#endif

#endif

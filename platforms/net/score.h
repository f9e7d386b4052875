/* score.h - how good outputs are: the class among the five largest, or the error with which a net gives its input back. */
#ifndef BL_NET_SCORE_H
#define BL_NET_SCORE_H

#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

enum bl_metric {
    BL_TOP1,                   /* the class is the largest output, the first one of equals */
    BL_TOP5,                   /* also: the label is among the five largest, of equals the first ones */
    BL_MSE                     /* mean (x - y)^2 of input and output, real values; with labels 0 and 1 the area under the ROC curve */
};

/* "top1", "top5" or "error", NULL: "top1". 0, or -1 after a bl_error. */
int bl_metric_named(const char *text, enum bl_metric *out, struct bl_diag *diag);
/* Has the net what the metric asks for? labels: `count` of them, or NULL. 0, or -1 after a bl_error. */
int bl_metric_fits(enum bl_metric metric, const struct bl_net *net, const uint32_t *labels, uint32_t count, struct bl_diag *diag);

/* The real values of tensor t: from `codes` of 16 bits, or from `real`; out[bl_tensor_elems(t)]. */
void bl_score_reals(const struct bl_tensor *t, const int16_t *codes, const float *real, double *out);
/* The same from its bytes, as an image has them. */
void bl_score_bytes(const struct bl_tensor *t, const uint8_t *bytes, double *out);
/* Is value v[label] among the five largest of n? Equal values count in their order. */
bool bl_score_top5(const double *v, size_t n, uint32_t label);
double bl_score_error(const double *x, const double *y, size_t n);       /* mean (x - y)^2 */
/* The share of pairs of one error with label 1 and one with label 0 in which the first is larger; equal ones count half. NAN: no pair.
 * 0 .. 1; the same as the area under the ROC curve. */
double bl_score_auc(const double *error, const uint32_t *labels, size_t n);

#ifdef __cplusplus
}
#endif

#endif

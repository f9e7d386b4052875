/* osa_hcim.h - shared by the mapper of OSA-HCIM and its calibration: the platform's settings. */
#ifndef BL_PLATFORMS_OSA_HCIM_H
#define BL_PLATFORMS_OSA_HCIM_H

#include "components/osa_hcim/osa.h"
#include "platforms/job/mapper.h"

struct osa_tables;

enum { OSA_LIST_MOST = 64 };           /* elements of a list parameter */

/* What decides on results, as the parts of the platform have it. */
struct osa_settings {
    uint64_t mode, range;              /* OSA_MODE_... of the controller, OSA_RANGE_... of the ADC */
    uint64_t order_weight, dat_bits;
    int boundary, w_bits, a_bits;     /* bits: the most of a layer */
    int orders;                        /* s: the highest orders, always digital */
    int32_t nshift;
    uint32_t cols, hmu;                /* products and outputs of a macro operation */
    uint32_t outs;                     /* outputs that weights of 4 bits have: as many, or twice as many in both halves of the rows */
    double noise;                      /* of the ADC, LSB */
    uint32_t ncandidates, nforced;
    int64_t candidate[OSA_LIST_MOST], forced[OSA_LIST_MOST];      /* boundaries, of the OSE */
};
/* 0, or -1 after a bl_error that names the parameter that is missing or does not agree with another. */
int osa_settings(struct bl_ask *ask, struct osa_settings *p);
/* Activations and weights of the net have no bits that the controller never asks for, which would be lost in silence: 0, or -1 after a
 * bl_error that names the layer. */
int osa_settings_fit(const struct osa_settings *p, const struct bl_net *net, struct bl_diag *diag);
/* Bits with which a layer runs. */
struct bl_osa_bits osa_bits(const struct osa_settings *p, const struct bl_net *net, uint32_t layer);
/* All layers run with those of the controller's parameters, as calibrations are for: 0, or -1 after a bl_error. */
int osa_same_bits(const struct osa_settings *p, const struct bl_net *net, const char *calibration, struct bl_diag *diag);
/* Notes what is set but not read with these settings and these tables (NULL: none), so that nobody studies a number that does nothing. */
void osa_note_unused(struct bl_job *job, struct bl_sim *s, const struct osa_settings *p, const struct osa_tables *t);
static inline bool osa_on_array(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }
/* The boundary that a candidate of the OSE comes to. */
int osa_in_effect(const struct osa_settings *p, int64_t boundary);

/* ADC ranges (mean +- 3 sigma of V, by layer, boundary and weight bit) and OSE thresholds (the search of
 * Fig. 4(b) with the NMSE of the net's output as loss), both by running the platform. */
int osa_hcim_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag);

#endif

/* trial.h - what the calibration of OSA-HCIM tries, over all its images: by the arithmetic of the shipped parts (codes.h), which is the
 * quick way, or by running the platform. Both give the same numbers. */
#ifndef BL_PLATFORMS_OSA_TRIAL_H
#define BL_PLATFORMS_OSA_TRIAL_H

#include "platforms/osa_hcim/calibration_file.h"

struct bl_setup;
struct osa_codes;

struct osa_trial {
    const struct bl_calibrate_opts *o;
    struct osa_tables *tables;         /* what is being found */
    struct bl_setup *setup;            /* that the codes belong to */
    struct osa_codes *codes;           /* NULL: every try is a run of the platform */
};

/* 0, or -1 after a bl_error. quick: by codes, where the platform's parts and settings allow it. */
int osa_trial_open(struct osa_trial *t, const struct bl_calibrate_opts *o, const struct osa_settings *p, bool quick, struct osa_tables *tables,
                   struct bl_diag *diag);
void osa_trial_close(struct osa_trial *t);
/* V at the fixed boundary b, with the ranges of `from` (NULL: full scale): *stat is [layer][16][BL_OSA_BITS], to be freed. */
int osa_trial_measure(const struct osa_trial *t, int64_t b, const struct osa_tables *from, struct bl_osa_stat **stat, double *loss, struct bl_diag *diag);
/* The loss with these thresholds in all layers, in two passes: one measures the folds, which stay in the tables, one uses them. A loss above
 * `limit` may be told as INFINITY. */
int osa_trial_loss(const struct osa_trial *t, const int32_t *threshold, double limit, double *loss, struct bl_diag *diag);
/* The platform itself with the tables as they are. */
int osa_trial_run(const struct osa_trial *t, struct bl_outcome *out, struct bl_diag *diag);

#endif

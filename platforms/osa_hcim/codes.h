/* codes.h - the sums that the shipped parts of OSA-HCIM make of a macro operation, without their cycles: the same ones counted, the same
 * allocation, the same decisions of OSE and ADC. For calibration, which tries many settings; what it finds is run on the platform at the end. */
#ifndef BL_PLATFORMS_OSA_CODES_H
#define BL_PLATFORMS_OSA_CODES_H

#include "platforms/job/job_sums.h"
#include "platforms/osa_hcim/calibration_file.h"

struct osa_codes;

/* What is tried. */
struct osa_try {
    int boundary;                      /* of every operation, 0 .. 14 (0: digital); -1: the OSE's choice, by tables */
    const struct osa_tables *tables;   /* its ranges and thresholds; NULL: full-scale ranges */
    bool measure;                      /* V is measured, as by osa_adc with `measure` */
    void (*made)(void *ctx, const struct bl_sums_at *at);      /* as in struct bl_sums_by, as are the others */
    void *made_ctx;
    int32_t *const *fold;
    double limit;
};

/* Whether a platform with these settings can be had by its arithmetic: the shipped parts, no noise, no forced boundaries. */
bool osa_codes_can(struct bl_sim *s, const struct osa_settings *p);
/* NULL after a bl_error. The job, as in bl_sums_open, is of a platform that can. */
struct osa_codes *osa_codes_open(struct bl_job *job, const struct osa_settings *p, uint32_t workers, struct bl_diag *diag);
void osa_codes_close(struct osa_codes *c);
/* The loss as bl_sums_run gives it; NAN when a conversion was made whose range in the tables is empty, which a run refuses. */
double osa_codes_run(struct osa_codes *c, const struct osa_try *t);
/* What the last run with `measure` has measured: [layer][16][BL_OSA_BITS]. */
const struct bl_osa_stat *osa_codes_stat(struct osa_codes *c);

#endif

/* osa_hcim.h - shared by the mapper of OSA-HCIM and its calibration. */
#ifndef BL_PLATFORMS_OSA_HCIM_H
#define BL_PLATFORMS_OSA_HCIM_H

#include "platforms/job/mapper.h"

/* ADC ranges (mean +- 3 sigma of V, by layer, boundary and weight bit) and OSE thresholds (the search of
 * Fig. 4(b) with the NMSE of the net's output as loss), both by running the platform. */
int osa_hcim_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag);

#endif

/* ranges.h - the ranges of analog macros' converters, layer by layer: measured by running the platform, kept in a calibration file,
 * supplied to every sar_adc whose range is `table`. */
#ifndef BL_WEIGHT_STATIONARY_RANGES_H
#define BL_WEIGHT_STATIONARY_RANGES_H

#include "platforms/job/mapper.h"

/* In supply of the mapper: the ranges of the calibration, if there is one. 0, or -1 after a bl_error. */
int bl_ranges_supply(struct bl_job *job, struct bl_sim *s);
int bl_ranges_calibrate(const struct bl_calibrate_opts *o, struct bl_diag *diag);

#endif

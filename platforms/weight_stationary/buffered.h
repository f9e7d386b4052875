/* buffered.h - macros fed from a buffer (`feed: buffered`): the host's steps and the jobs of its units. */
#ifndef BL_WEIGHT_STATIONARY_BUFFERED_H
#define BL_WEIGHT_STATIONARY_BUFFERED_H

#include "components/host.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

/* In begin, pack (when tiles have rows) and supply of the mapper: 0, or -1 after a bl_error. */
int bl_buffered_begin(struct bl_job *job, struct bl_sim *s, const struct bl_array *a);
int bl_buffered_plan(struct bl_job *job, const struct bl_array *a, uint32_t layer, struct bl_host_layer *out);
int bl_buffered_supply(struct bl_job *job, struct bl_sim *s);

#endif

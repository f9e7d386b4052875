/* tried.h - the losses that a search has found so far, in a file beside its output, OUTPUT.tried: a search that was ended goes on from there. */
#ifndef BL_PLATFORMS_OSA_TRIED_H
#define BL_PLATFORMS_OSA_TRIED_H

#include "platforms/job/mapper.h"

/* n thresholds each. NULL is a list that knows nothing and keeps nothing: of nets and images that are in memory only. */
struct osa_tried;

/* Reads what a search over the same files, settings and limits has left; what another one has left is begun anew. 0, or -1 after a bl_error, when
 * the file is not one of these or cannot be written. */
int osa_tried_open(struct osa_tried **list, const struct bl_calibrate_opts *o, uint32_t n, struct bl_diag *diag);
bool osa_tried_find(const struct osa_tried *list, const int32_t *threshold, double *loss);
/* Kept at once. 0, or -1 after a bl_error. */
int osa_tried_add(struct osa_tried *list, const int32_t *threshold, double loss, struct bl_diag *diag);
/* over: the search has ended, and the file goes. */
void osa_tried_close(struct osa_tried *list, bool over);

#endif

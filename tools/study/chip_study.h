/* chip_study.h - `bitline study chip`: a net on chips of other sizes, as a table and a picture. */
#ifndef BL_CHIP_STUDY_H
#define BL_CHIP_STUDY_H

#include "kernel/sim.h"

/* Lists are "29,30,33" or "29..58"; of banks also "free". NULL: macros from what the net needs to twice as many; 2 vector units; banks 32, 1, 2, 4, .. 64
 * and free; slots as many as are of use. The first of each is the base: every other one is tried with the base of the others. */
struct bl_chip_study {
    const char *net, *macros, *vectors, *banks, *slots;
    uint64_t images;                   /* of a run; 0: 30 */
    const char *output, *plot;         /* CSV file (NULL: stdout), SVG file (NULL: none) */
};
/* An exit status; what is wrong has been said. */
int bl_study_chip(const struct bl_chip_study *o, struct bl_diag *diag);

#endif

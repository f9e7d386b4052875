/* what_if.h - what a change would bring: the run once more with it. */
#ifndef BL_WHAT_IF_H
#define BL_WHAT_IF_H

#include <jansson.h>

#include "platforms/job/setup.h"

struct bl_what_if {
    const struct bl_setup_opts *so;    /* of the run that is compared with */
    const struct bl_texts *asked;      /* "adc.rho=1", "dram_port*2,host*2": a run each */
    struct bl_setup *base;             /* that run */
    void (*runs)(struct bl_sim *s);    /* told which simulation runs now; NULL: none */
    struct bl_diag *diag;
};
/* Before anything runs: names, factors, pipes and streams: 0, or -1 after a bl_error for each that cannot be. */
int bl_what_if_check(const struct bl_what_if *w);
/* After the run: a row each, and one for each two of at most four, {change, fs, saved_fs, at_most_fs, outputs, end, interaction_fs}; see
 * tools/report/README.md. NULL after a bl_error. */
json_t *bl_what_if_rows(const struct bl_what_if *w);

#endif

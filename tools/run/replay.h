/* replay.h - runs made to learn something, not for a report: --races and --why. */
#ifndef BL_REPLAY_H
#define BL_REPLAY_H

#include "platforms/job/setup.h"

/* Each makes its runs as the options say, to until_fs (BL_FOREVER: to its end), prints what it found on
 * standard output, and returns an exit status. */

/* `runs` permuted runs beside the one in the order of the contract: BL_WRONG when a race is found. */
int bl_replay_races(const struct bl_setup_opts *o, uint64_t runs, uint64_t until_fs, struct bl_diag *diag);
/* `question` is "SIGNAL@TIME", or "SIGNAL": its last change in the run. */
int bl_replay_why(const struct bl_setup_opts *o, const char *question, uint64_t until_fs, struct bl_diag *diag);

#endif

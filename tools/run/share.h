/* share.h - the images of a run shared among processes: each takes the next image, runs it from reset and hands back what it has
 * counted; the process that began them adds that up in order of the images. So the account is that of one process, to the last bit. */
#ifndef BL_SHARE_H
#define BL_SHARE_H

#include <signal.h>

#include "platforms/job/setup.h"

enum { BL_SHARE_MOST = 64 };

struct bl_share {
    struct bl_setup *u;                /* built, with a net; nothing has run */
    uint32_t workers;                  /* processes, 2 .. BL_SHARE_MOST */
    uint32_t from, to;                 /* images from .. to - 1 (of 0 .. count - 1) are run by this process, whose traces are open then */
    uint64_t until;
    struct bl_diag *diag;
    /* Image `next` comes, and all before it are in the account: told before `from`, and before `to` when all of these have run. */
    void (*comes)(void *ctx, uint32_t next);
    void (*progress)(void *ctx, uint32_t done, uint32_t total);
    void *ctx;
    const volatile sig_atomic_t *interrupted;
    uint32_t lost;                     /* out: images whose process ended on its own */
};
/* Runs to the end of the work or to `until`, as bl_setup_run. */
enum bl_end bl_share_run(struct bl_share *x);

#endif

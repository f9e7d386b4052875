/* job_share.h - the images of a job run one by one, by several processes that each have a copy of it, and added up by one of them:
 * tools/run/share.c. Host parts begin every image from reset, so the sum is that of one run. */
#ifndef BL_PLATFORMS_JOB_SHARE_H
#define BL_PLATFORMS_JOB_SHARE_H

#include "platforms/job/mapper.h"

/* Runs image `image` (0 .. count - 1) as if it were the only one: at time 0, without anybody's account. BL_END_PAUSED when it has ended. */
enum bl_end bl_job_alone(struct bl_job *job, struct bl_sim *s, uint32_t image);
/* What it has counted, the simulation's account included, as bytes: buf has bl_job_share_bytes bytes, after the image has run. */
size_t bl_job_share_bytes(struct bl_job *job, struct bl_sim *s);
void bl_job_share(struct bl_job *job, struct bl_sim *s, void *buf);
/* Adds these, of `image`, to a job whose images have been added in order so far, or run: 0, or -1 after a bl_error. Time goes on by theirs. */
int bl_job_join(struct bl_job *job, struct bl_sim *s, uint32_t image, const void *buf);
/* Goes on from an image, with account and results as they are; numbers: of an account to be added (bl_account_add), or NULL. */
int bl_job_from(struct bl_job *job, struct bl_sim *s, uint32_t image, const uint64_t *numbers);
/* Runs the image at hand to its end: BL_END_PAUSED; else as bl_job_run. */
enum bl_end bl_job_image(struct bl_job *job, struct bl_sim *s, uint64_t until_fs);
/* The last image was added: sums up. */
void bl_job_joined(struct bl_job *job, struct bl_sim *s);

#endif

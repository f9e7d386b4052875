/* snapshot_file.h - the file of a snapshot: which run it is of, then its state, packed, under a checksum. */
#ifndef BL_SNAPSHOT_H
#define BL_SNAPSHOT_H

#include "platforms/job/setup.h"

/* Writes the state of a built run between two times, as another file beside it that is then renamed: 0, or -1 after a bl_error.
 * at_fs: the time it was asked for, at or after the last one that has happened. */
int bl_snapshot_write(struct bl_setup *u, uint64_t at_fs, const char *path);
/* Puts a file back into a run that was built by the same build of the same platform, net, images and seed: 0; or -1
 * after a bl_error, and then nothing is changed. *at_fs: the time that was asked for when it was saved. */
int bl_snapshot_read(struct bl_setup *u, const char *path, uint64_t *at_fs);

#endif

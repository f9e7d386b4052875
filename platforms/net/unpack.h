/* unpack.h - a whole file, plain or gzipped, in memory. */
#ifndef BL_NET_UNPACK_H
#define BL_NET_UNPACK_H

#include <stddef.h>

#include "kernel/sim.h"

/* Its bytes, unpacked when they are gzip, to be freed; at most 4 GiB, of what is no regular file (a pipe, /dev/zero) 256 MiB. NULL after a
 * bl_error. */
unsigned char *bl_read_gz(const char *path, size_t *len, struct bl_diag *diag);

#endif

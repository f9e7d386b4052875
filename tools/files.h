/* files.h - files read and written as a whole. */
#ifndef BL_FILES_H
#define BL_FILES_H

#include "kernel/sim.h"

/* Do two names lead to one file (also one that is not there yet)? */
bool bl_same_file(const char *a, const char *b);
/* The bytes of a file, to be freed, with a NUL behind them; NULL after a bl_error. */
unsigned char *bl_read_all(const char *path, size_t *n, struct bl_diag *diag);
/* Writes NAME.tmp and renames it, so a reader sees the old file or the new one; what is no regular file (a pipe,
 * /dev/stdout) is written to directly. 0, or -1 after a bl_error; then the old file is as it was. */
int bl_save_all(const char *path, const void *bytes, size_t n, struct bl_diag *diag);
/* Finds out before a long run whether bl_save_all could write there: 0, or -1 after a bl_error. */
int bl_may_save(const char *path, struct bl_diag *diag);

#endif

/* setup_in.h - a setup as its own files see it; private to them. */
#ifndef BL_SETUP_IN_H
#define BL_SETUP_IN_H

#include "platforms/job/layer_bits.h"
#include "platforms/job/setup.h"

/* Remembers the digest of a file that was read; `shown` is kept. 0, or -1 after a bl_error. */
int bl_setup_input(struct bl_setup *u, const char *role, const char *shown, const void *bytes, size_t n);
/* Reads a file for that; shown NULL: as it was found. */
int bl_setup_file(struct bl_setup *u, const char *role, const struct bl_found *at, const char *shown);

/* Of a function that was given NULL: -1 after a bl_error. */
int bl_setup_missing(const char *what);

#endif

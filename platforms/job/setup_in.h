/* setup_in.h - a setup as its own files see it; private to them. */
#ifndef BL_SETUP_IN_H
#define BL_SETUP_IN_H

#include "platforms/job/layer_bits.h"
#include "platforms/job/setup.h"

/* Remembers the digest of a file that was read; `shown` is kept. 0, or -1 after a bl_error. */
int bl_setup_input(struct bl_setup *u, const char *role, const char *shown, const void *bytes, size_t n);
/* Reads a file for that; shown NULL: as it was found. */
int bl_setup_file(struct bl_setup *u, const char *role, const struct bl_found *at, const char *shown);

/* The nets of `bits_at`, made from the bytes of the net's file: 0, or -1 after a bl_error; then given back. */
int bl_setup_later(struct bl_setup *u, const void *bytes, size_t n);
void bl_setup_later_free(struct bl_setup *u);
/* Of a function that was given NULL: -1 after a bl_error. */
int bl_setup_missing(const char *what);

#endif

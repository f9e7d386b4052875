/* io.h - files as a whole: read into memory, and written beside their name and then renamed. */
#ifndef BL_IO_H
#define BL_IO_H

#include <stdio.h>

#include "kernel/sim.h"

/* The bytes of a file, to be freed, with a NUL behind them; NULL after a bl_error, also when there are more than `most`, of what is no regular
 * file (a pipe, /dev/zero) more than 256 MiB. */
void *bl_read_most(const char *path, size_t most, size_t *n, struct bl_diag *diag);
/* The same of a file of any sensible size: up to 16 GiB. */
void *bl_read_all(const char *path, size_t *n, struct bl_diag *diag);
/* The same of at most `most` bytes; `prefix` ("" or "file:line:col: ") stands in front of the message. */
void *bl_read_some(const char *path, const char *prefix, size_t most, size_t *n, struct bl_diag *diag);

/* Writes a new file beside it (NAME.RANDOM.tmp) and renames it, so a reader sees the old file or the new one, whoever else writes there; of a
 * link the file it leads to; what is no regular file (a pipe, /dev/stdout) is written to directly. 0, or -1 after a bl_error; then the
 * old file is as it was. */
int bl_save_all(const char *path, const void *bytes, size_t n, struct bl_diag *diag);
/* Finds out before a long run whether bl_save_all could write there: 0, or -1 after a bl_error. */
int bl_may_save(const char *path, struct bl_diag *diag);
/* Is there something of this name that is no regular file, where only a file makes sense? 0, or -1 after a bl_error. */
int bl_may_replace(const char *path, struct bl_diag *diag);
/* The name behind all links, in the real path of its folder, to be freed; the file need not be there yet. NULL: no memory. */
char *bl_real_name(const char *path);
/* Do two names lead to one file (also one that is not there yet)? */
bool bl_same_file(const char *a, const char *b);

/* A text that is written like a stream and saved as a file: bl_text_open, fprintf to `out`, bl_text_save. */
struct bl_text { FILE *out; char *bytes; size_t n, room; };
/* A text alone, as of open_memstream, whose ferror tells when memory ran out: false, there is no memory at all. It stays where it is until bl_text_end,
 * which says whether `bytes`, to be freed, are whole: n of them and a 0. */
bool bl_text_start(struct bl_text *t);
bool bl_text_end(struct bl_text *t);
/* 0, or -1 after a bl_error about `path`. */
int bl_text_open(struct bl_text *t, const char *path, struct bl_diag *diag);
/* bl_save_all of the text, which is gone then; nothing but a regular file is written. */
int bl_text_save(struct bl_text *t, const char *path, struct bl_diag *diag);

#endif

/* vars.h - the list of traced variables, as all writers see it: checked, numbered, put in scopes.
 * Inside traces/ only. */
#ifndef BL_TRACES_VARS_H
#define BL_TRACES_VARS_H

#include "kernel/sim.h"

enum { BL_WAVE_MAX_WIDTH = 1 << 26 };    /* bits; the kernel itself brings what is wider than 4096 in pieces */

/* Refuses what no viewer would read: blanks in names, widths out of range, an alias that is not
 * an earlier variable of the same shape, more names than values. 0, or -1 after a bl_error. */
int bl_vars_check(const struct bl_wave_var *vars, size_t n, const char *path, struct bl_diag *diag);

/* Numbers the signals 0.. in order of declaration; an alias has the number of what it names.
 * Returns n numbers to be freed, NULL without memory. *signals becomes how many there are. */
uint32_t *bl_vars_slots(const struct bl_wave_var *vars, size_t n, uint32_t *signals);

/* Walks from one dotted scope to another: up() once for each scope left, then down() with each
 * name entered. */
void bl_scope_step(const char *from, const char *to, void (*up)(void *ctx),
                   void (*down)(void *ctx, const char *name, size_t len), void *ctx);

/* Where the range begins that a name ends in, "[7:4]" of 4 bits; NULL: it has none, or of another width. */
const char *bl_vars_range(const struct bl_wave_var *v);

/* Two lists of value names are the same table. */
bool bl_vars_same_names(const struct bl_wave_var *a, const struct bl_wave_var *b);

/* A text as viewers read it: C escapes for what is not printable, for blanks and for \ ' " ?.
 * Writes at most 4 * n bytes to `to` and returns how many. */
size_t bl_text_escape(char *to, const char *text, size_t n);

#endif

/* instant.h - points in time of wave files of any unit, so fine and so far that files of different units can be compared. */
#ifndef BL_WAVE_INSTANT_H
#define BL_WAVE_INSTANT_H

#include "kernel/sim.h"

/* Zeptoseconds (10^-21 s, the finest unit a wave file has). What lies beyond, 3.4e17 s, is BL_ZS_END. */
__extension__ typedef unsigned __int128 bl_zs;
#define BL_ZS_END (~(bl_zs)0)
enum { BL_ZS_TEXT = 64 };

/* A count of 10^exponent s (-21 to 3), and the least count that is not before an instant; UINT64_MAX when none is. */
bl_zs bl_zs_of(uint64_t count, int exponent);
uint64_t bl_zs_count(bl_zs t, int exponent);
/* "20000 s", "1.5 ns", "0": 0, or -1 after a bl_error with the prefix `where`. */
int bl_zs_parse(const char *text, bl_zs *t, struct bl_diag *diag, const char *where);
/* As bl_time_text where that can; else a whole number of the largest unit that is exact. buf of BL_ZS_TEXT bytes. Returns buf. */
char *bl_zs_text(bl_zs t, char *buf);

#endif

/* vcd.h - what the VCD writer offers beyond struct bl_wave_ops. */
#ifndef BL_TRACES_VCD_H
#define BL_TRACES_VCD_H

#include "kernel/sim.h"

enum bl_vcd_form { BL_VCD_PLAIN, BL_VCD_LIVE, BL_VCD_GZIP };

/* Times are counts of 10^exponent s (traces.h, bl_wave_open_unit). */
struct bl_wave *bl_vcd_open(enum bl_vcd_form form, int exponent, const char *path, const struct bl_wave_var *vars, size_t nvars,
                            uint64_t start, struct bl_diag *diag);

#endif

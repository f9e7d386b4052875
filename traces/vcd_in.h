/* vcd_in.h - the VCD writer's signals, shared by vcd.c and vcd_head.c. */
#ifndef BL_TRACES_VCD_IN_H
#define BL_TRACES_VCD_IN_H

#include "traces/out.h"
#include "traces/vars.h"

enum { VCD_ID_BYTES = 8 };     /* five digits in base 94 name 2^32 signals */

struct vcd_signal {            /* by variable; an alias has its signal's */
    char id[VCD_ID_BYTES];     /* a blank, the name, the line's end */
    uint32_t width;
    uint8_t nid, kind;
    bool plain, alias;         /* plain: 2 to 64 bits, as nearly all are */
};

/* vcd_head.c: writes everything in front of the first time, and fills signal[] by variable. slot: the variables' numbers, of
 * bl_vars_slots; exponent: the unit of time is 10^exponent s. */
void bl_vcd_put_head(struct bl_bytes *b, int exponent, const struct bl_wave_var *vars, size_t n, const uint32_t *slot,
                     struct vcd_signal *signal);

#endif

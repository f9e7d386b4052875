/* part_rows.h - the parts of a simulation as rows of an account: each by itself; of more than BL_PART_ROWS parts, all elements of an array (of all
 * arrays around it too) that have one class and one clock. */
#ifndef BL_PLATFORMS_PART_ROWS_H
#define BL_PLATFORMS_PART_ROWS_H

#include "kernel/sim.h"

enum { BL_PART_ROWS = 10000, BL_UNIT_NAME = 256 };

/* "t[12].a[3]" -> "t[*].a[*]"; buf of BL_UNIT_NAME bytes. */
void bl_any_index(const char *path, char *buf);

struct bl_part_row_of {
    const char *path;                  /* "core[*].adc[*]" of many */
    size_t part;                       /* the first of them: it has the class, the clock and the names of verdicts of all */
    uint32_t verdicts;                 /* counters, 0 of parts that spend no time */
    size_t at;                         /* the first of its counters */
};
struct bl_part_rows {
    struct bl_part_row_of *v; size_t n;
    uint32_t *of;                      /* by part: its row */
    size_t counters;                   /* of all rows */
    char *texts;                       /* owned: paths of many */
    uint32_t widest;                   /* verdicts of a part, at most */
};
/* Of an elaborated simulation, which must outlive them; most: parts above which arrays are one row, BL_PART_ROWS. 0, or -1: no memory. */
int bl_part_rows_init(struct bl_part_rows *r, struct bl_sim *s, size_t most);
void bl_part_rows_fini(struct bl_part_rows *r);
/* What each row spent so far by verdict, in the unit of its parts: v[counters]. */
void bl_part_rows_spent(const struct bl_part_rows *r, const struct bl_sim *s, uint64_t *v);

#endif

/* fst_walk.h - a walk over the blocks of an FST file, as the format has them. */
#ifndef BL_TESTS_FST_WALK_H
#define BL_TESTS_FST_WALK_H

#include "tests/rigs/wave_rig.h"

/* Blocks fill the file without gaps; each block of changes begins where the one before ended. Returns how many of
 * these there are. */
static inline unsigned walk_fst(const uint8_t *b, size_t n)
{
    unsigned changes = 0;
    uint64_t end = be64(b + 9);

    ck_assert_uint_eq(be64(b + 1), 329);
    for (size_t at = 330; at < n;) {
        ck_assert_uint_le(at + 9, n);
        ck_assert(b[at] == 3 || b[at] == 4 || b[at] == 8);
        if (b[at] == 8) {
            ck_assert_uint_eq(be64(b + at + 9), end);
            end = be64(b + at + 17);
            changes++;
        }
        at += 1 + be64(b + at + 1);
        ck_assert_uint_le(at, n);
    }
    ck_assert_uint_eq(be64(b + 17), end);
    ck_assert_uint_eq(be64(b + 65), changes);
    return changes;
}

#endif

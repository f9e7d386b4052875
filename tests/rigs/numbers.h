/* numbers.h - every number of an account in one row, so that the accounts of several runs can be added up. */
#ifndef BL_TESTS_NUMBERS_H
#define BL_TESTS_NUMBERS_H

#include <check.h>

#include "kernel/sim.h"

struct numbers { uint64_t v[20000]; size_t n; };

static inline void put_number(struct numbers *x, uint64_t v, bool adds)
{
    ck_assert_uint_lt(x->n, 20000);
    x->v[x->n] = adds ? x->v[x->n] + v : v;
    x->n++;
}

/* Every number of the account, put or added. */
static inline void numbers_of(struct bl_sim *s, struct numbers *x, bool add)
{
    x->n = 0;
    put_number(x, bl_now(s), add);
    for (size_t i = 0; i < bl_clock_count(s); i++) {
        struct bl_clock_row c;
        bl_clock_at(s, i, &c);
        put_number(x, c.cycles, add);
    }
    for (size_t p = 0; p < bl_part_count(s); p++) {
        struct bl_part_row r;
        bl_part_at(s, p, &r);
        put_number(x, r.elapsed, add);
        for (uint32_t i = 0; i < r.verdicts; i++) {
            struct bl_verdict_row v;
            bl_verdict_at(s, p, i, &v);
            put_number(x, v.spent, add);
            put_number(x, v.blamed_fs, add);
        }
        for (uint32_t i = 0; i < r.tallies; i++) {
            struct bl_tally_row t;
            bl_tally_at(s, p, i, &t);
            put_number(x, t.count, add);
        }
        for (size_t i = 0; i < bl_wait_rows(s, p); i++) {
            struct bl_wait_row w;
            bl_wait_at(s, p, i, &w);
            put_number(x, w.fs, add);
        }
    }
}

#endif

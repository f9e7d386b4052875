/* kp_base.h - an assertion for hot loops, and random numbers for the tests themselves. */
#ifndef BL_TESTS_KP_BASE_H
#define BL_TESTS_KP_BASE_H

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An assertion for hot loops: those of Check write to a pipe every time. */
#define KP_HOLDS(ok, ...) do { if (!(ok)) ck_abort_msg(__VA_ARGS__); } while (0)

static inline uint64_t kp_mix(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x7fb5d329728ea185);
    x = (x ^ x >> 27) * UINT64_C(0x81dadef4bc2dd44d);
    return x ^ x >> 33;
}

/* A small generator for the tests themselves. */
struct kp_rng { uint64_t x; };
static inline uint64_t kp_next(struct kp_rng *r) { return kp_mix(r->x += UINT64_C(0x9e3779b97f4a7c15)); }
static inline uint32_t kp_below(struct kp_rng *r, uint32_t n) { return (uint32_t)((kp_next(r) >> 32) * n >> 32); }

#endif

/* ap_equations.c - Eqs. 1 to 15 of BF-IMNA: run times as counts of compares, writes and reads, as the paper has them. */
#include "components/bf_imna/ap.h"

/* Compares of additions whose words grow by a bit each round. */
static uint64_t growing(uint64_t m, uint32_t rounds)
{
    uint64_t sum = 0;

    for (uint32_t q = 1; q <= rounds; q++)
        sum += 4 * (m + q - 1);
    return sum;
}

struct bl_ap_events bl_ap_equation(enum bl_ap_equation number, const struct bl_ap_shape *x)
{
    uint64_t m = x->m, half = x->l / 2 - 1, iu = (uint64_t)x->i * x->u, sh = x->k * (uint64_t)(x->s / 2 - 1), p;
    uint32_t lgl = bl_ap_log2(x->l), lgj = bl_ap_log2(x->j), lgs = bl_ap_log2(x->s);

    switch (number) {
    case EQ_ADD: return (struct bl_ap_events){ 4 * m, 2 * m + 4 * m, m + 1 };
    case EQ_MUL: return (struct bl_ap_events){ 4 * m * m, 2 * m + 4 * m * m, 2 * m };
    case EQ_REDUCE1D: p = growing(m, lgl); return (struct bl_ap_events){ p, 2 * m + p + half, half + 1 };
    case EQ_REDUCE2D: p = 4 * m + 4 * half; return (struct bl_ap_events){ p, 2 * m + p, 1 };
    case EQ_REDUCE2DSEG: p = 4 * m + 4 * bl_ap_log2(x->l / 2); return (struct bl_ap_events){ p, 2 * m + p, 1 };
    case EQ_GEMM1D:
        p = 4 * m * m + growing(2 * m, lgj);
        return (struct bl_ap_events){ p, 2 * m + p + iu * (x->j - 1), iu * (x->j - 1) + 2 * m + lgj };
    case EQ_GEMM2D: p = 4 * m * m + 4 * iu * (x->j - 1); return (struct bl_ap_events){ p, 2 * m + p, 2 * m + lgj };
    case EQ_GEMM2DSEG: p = 4 * m * m + 4 * lgj; return (struct bl_ap_events){ p, 2 * m + p, 2 * m + lgj };
    case EQ_AVG1D: p = growing(m, lgs); return (struct bl_ap_events){ p, 2 * m + p + sh, sh + m };
    case EQ_AVG2D: p = 4 * m + 4 * sh; return (struct bl_ap_events){ p, 2 * m + p, m };
    case EQ_AVG2DSEG: p = 4 * m + 4 * (uint64_t)bl_ap_log2(x->s / 2); return (struct bl_ap_events){ p, 2 * m + p, m };
    case EQ_MAX1D: return (struct bl_ap_events){ 4 * m * lgs, 2 * m + lgs * (4 * m + 2) + sh, sh + m };
    case EQ_MAX2D: return (struct bl_ap_events){ 4 * m + 4 * sh, 6 * m + 6 * sh + 2, m };
    case EQ_MAX2DSEG:
        p = bl_ap_log2(x->s / 2);
        return (struct bl_ap_events){ 4 * m + 4 * p, 6 * m + p * (4 + 2 * (uint64_t)x->k) + 2, m };
    default: return (struct bl_ap_events){ m - 1, 2 * m + 1, m + 1 };
    }
}

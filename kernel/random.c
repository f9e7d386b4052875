/* random.c - keys of random streams, and the logarithm and exponential that models use:
 * only + - * / and sqrt, so that every machine gets the same bits. */
#include "kernel/kernel.h"

#include <math.h>

uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint64_t stream_key(uint64_t seed, const char *path)
{
    uint64_t h = mix(seed + UINT64_C(0x9e3779b97f4a7c15));

    while (*path)
        h = mix(h ^ (unsigned char)*path++);
    return h;
}

static double split(double x, int *e)     /* x = m * 2^e, m in [sqrt 1/2, sqrt 2); x normal and positive */
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    *e = (int)(bits >> 52) - 1022;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3fe) << 52;
    memcpy(&x, &bits, sizeof x);
    if (x < 0.70710678118654752) {
        x *= 2;
        --*e;
    }
    return x;
}

double bl_log(double x)
{
    int e;

    if (!(x >= 2.2250738585072014e-308) || x > 1.7976931348623157e308)
        return x == 0 ? -INFINITY : x > 0 ? (x > 1 ? INFINITY : bl_log(x * 0x1p60) - 41.588830833596718) : NAN;
    /* log m = 2 atanh z, z = (m - 1) / (m + 1), |z| < 0.172 */
    double m = split(x, &e), z = (m - 1) / (m + 1), z2 = z * z, sum = 0;
    for (int k = 23; k > 0; k -= 2)
        sum = sum * z2 + 1.0 / k;
    return e * 6.93147180369123816490e-01 + (2 * z * sum + e * 1.90821492927058770002e-10);
}

double bl_exp(double x)
{
    if (x != x)
        return x;
    if (x > 709.78)
        return INFINITY;
    if (x < -708.39)
        return 0;
    double n = floor(x * 1.44269504088896340736 + 0.5);
    double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10, sum = 1;
    for (int k = 17; k > 0; k--)
        sum = 1 + r * sum / k;
    double scale;
    if (n > 1023) {
        sum *= 2;
        n = 1023;
    }
    uint64_t bits = (uint64_t)(1023 + (int)n) << 52;       /* 2^n */
    memcpy(&scale, &bits, sizeof scale);
    return sum * scale;
}

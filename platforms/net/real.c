/* real.c - exponential, hyperbolic tangent and logistic function without libm. */
#include "platforms/net/real.h"

#include <math.h>

enum { TERMS = 14 };                   /* 0.35^15 / 15! is below 2^-60 */

/* e^r - 1, |r| <= 0.36, by Horner's scheme. */
static double less_one(double r)
{
    double sum = 1.0;

    for (int i = TERMS; i > 1; i--)
        sum = 1.0 + sum * r / i;
    return sum * r;
}

/* x 2^n; exact but where the result is subnormal. */
static double times_power(double x, int n)
{
    for (; n >= 32; n -= 32)
        x *= 0x1p32;
    for (; n <= -32; n += 32)
        x *= 0x1p-32;
    for (; n > 0; n--)
        x *= 2.0;
    for (; n < 0; n++)
        x *= 0.5;
    return x;
}

double bl_real_exp(double x)
{
    const double high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;      /* ln 2 in two parts; n * high is exact */
    double n, r;

    if (!(x > -746.0))
        return x < 0.0 ? 0.0 : x;
    if (x > 710.0)
        return INFINITY;
    n = rint(x * 0x1.71547652b82fep0);
    r = x - n * high;
    r = r - n * low;
    return times_power(1.0 + less_one(r), (int)n);
}

double bl_real_tanh(double x)
{
    double a = x < 0.0 ? -x : x, e, t;

    if (a < 0.18) {
        e = less_one(2.0 * a);
        t = e / (e + 2.0);
    } else {
        t = a > 30.0 ? 1.0 : 1.0 - 2.0 / (bl_real_exp(2.0 * a) + 1.0);
    }
    return x < 0.0 ? -t : x > 0.0 ? t : x;
}

double bl_real_logistic(double x) { return 1.0 / (1.0 + bl_real_exp(-x)); }

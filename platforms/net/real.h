/* real.h - functions of real numbers for tables made at load: the same bits on every machine, since they use sums, products and
 * quotients alone. Errors are below 2^-50 of the result, so that rounding to float32 is right but for about one value in 2^26. */
#ifndef BL_NET_REAL_H
#define BL_NET_REAL_H

double bl_real_exp(double x);          /* 0 below -745, infinite above 709; NaN stays */
double bl_real_tanh(double x);
double bl_real_logistic(double x);     /* 1 / (1 + e^-x) */

#endif

/* expr.h - small expressions over the columns of a row: what --where, --best, --pareto, --plot and --columns take.
 *
 *   "accuracy >= 0.9 and adc.rho != 3"    "energy_j / images"    "max(a, b) - log2(cols)"    "controller.mode == 'fixed'"
 *
 * From the weakest: or; and; not; < <= > >= == !=; + -; * /; a sign; numbers, 'texts', names of columns, ( ), min max abs sqrt log2 log10. A text of digits and a unit
 * ("100MHz", "6 ns", "0.8V") counts as that number in Hz, s, V. What a row does not have is missing: so is all that is computed from it, and no comparison with it holds. */
#ifndef BL_SWEEP_EXPR_H
#define BL_SWEEP_EXPR_H

#include <jansson.h>

#include "kernel/sim.h"

/* Either a number (NAN: missing) or a text, which belongs to the row or the expression: text NULL: a number; n bytes, no NUL. */
struct bl_value { double number; const char *text; size_t n; };

/* Checks it against the names of columns, an object of anything: 0, or -1 after a bl_error with `option` in front. */
int bl_expr_check(const char *expr, const json_t *columns, const char *option, struct bl_diag *diag);
/* Its value in a row, an object of numbers and texts; the expression was checked. */
struct bl_value bl_expr_value(const char *expr, const json_t *row);
double bl_expr_number(const char *expr, const json_t *row);
bool bl_expr_holds(const char *expr, const json_t *row);     /* a number other than 0 */

/* The next expression of a list separated by commas; NULL behind the last. To be freed. */
char *bl_expr_next(const char **list);
/* "max EXPR" or "min EXPR": *sign 1 or -1, and the expression behind it; without either 1 and the text. */
const char *bl_expr_goal(const char *text, int *sign);

#endif

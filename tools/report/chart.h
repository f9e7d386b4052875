/* chart.h - a chart of a page: marks that web/charts.js draws, and the table under it, a row for each mark. Nothing is computed in the
 * browser but places and colours. */
#ifndef BL_REPORT_CHART_H
#define BL_REPORT_CHART_H

#include <jansson.h>
#include <stdio.h>

#include "tools/report/table.h"

enum bl_shape {
    BL_BARS,       /* from x0 to x of each row y, by series: stacks, spans of time */
    BL_HEAT,       /* the same, but shades say a value between 0 and 1 */
    BL_AREAS,      /* from y0 to y over x0 to x, by series */
    BL_POINTS,     /* at x, y, by series; lines through points beside them */
};
struct bl_chart {
    const char *id;                    /* of the page: letters and _ */
    json_t *spec;                      /* what the script reads; `rows` are the marks */
    struct bl_table table;
};
struct bl_chart_text { const char *id, *title, *about, *x, *y; };      /* about: how to read it, a sentence; x, y: titles of the axes, "" none */

/* Heads as for bl_table_start; the texts must outlive the chart. */
void bl_chart_start(struct bl_chart *c, enum bl_shape shape, const struct bl_chart_text *text, const char *const *heads, size_t n);
/* The mark that the last row of the table tells of. `series` "" where there is one. Numbers that are none are refused: no mark then. */
void bl_chart_bar(struct bl_chart *c, const char *row, const char *series, double x0, double x);
void bl_chart_cell(struct bl_chart *c, const char *row, double x0, double x, double value, const char *label);
void bl_chart_area(struct bl_chart *c, const char *series, double x0, double x, double y0, double y);
void bl_chart_point(struct bl_chart *c, const char *name, const char *series, double x, double y);
/* A line across BL_BARS at `x` of that row, as a bound. */
void bl_chart_bound(struct bl_chart *c, const char *row, const char *series, double x);
/* The next point of the line of that name. */
void bl_chart_line(struct bl_chart *c, const char *name, double x, double y);
/* Of BL_POINTS a line through those that no other one beats: none is at least as good in both and better in one; points without
 * a series say which they are. Signs: 1 larger is better, -1 smaller. */
void bl_chart_front(struct bl_chart *c, int x_sign, int y_sign);
/* Axis "x" or "y" is logarithmic; or its numbers are whole, percent, ... as the format of d3 says ("~s" when nothing is said). */
void bl_chart_log(struct bl_chart *c, const char *axis);
void bl_chart_format(struct bl_chart *c, const char *axis, const char *format);
/* Instead of numbers: from k to k + 1 on the axis is the k-th of n names. */
void bl_chart_names(struct bl_chart *c, const char *axis, const char *const *names, size_t n);
size_t bl_chart_marks(const struct bl_chart *c);
/* Puts it onto the page, unless it has no mark, and frees it. */
void bl_chart_end(struct bl_chart *c, FILE *out);

#endif

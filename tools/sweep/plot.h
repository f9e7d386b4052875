/* plot.h - a plot of rows: a script of gnuplot that holds its data, and the picture where gnuplot is installed. */
#ifndef BL_SWEEP_PLOT_H
#define BL_SWEEP_PLOT_H

#include "tools/sweep/rows.h"

struct bl_plot {
    const char *plot, *by;             /* "X,Y", expressions; a column whose values are the lines (NULL: one line) */
    const char *file;                  /* FILE.svg, FILE.png, FILE.html (show_html.c), or FILE.gp: the script alone */
    const struct bl_rows *rows;
    const char *label;                 /* of the axis of Y; NULL: its expression */
    struct bl_diag *diag;
};
/* Before any row is taken away: 0, or -1 after a bl_error. */
int bl_plot_check(const struct bl_plot *p);
/* Writes FILE.gp and, unless that was asked for, calls gnuplot for the picture; without gnuplot says so. goals: of a Pareto front to be drawn, or NULLs. 0, or -1 after a bl_error. */
int bl_plot_write(const struct bl_plot *p, const char *const goals[2]);
/* The two expressions of `plot`, to be freed; -1 after a bl_error. */
int bl_plot_xy(const struct bl_plot *p, char *xy[2]);
/* Which line a row is of, by its value of column `by` (NULL: ""). */
void bl_plot_series(const json_t *row, const char *by, char *buf, size_t n);
/* Where a row stands: its number, or, where x is a text without one, the number of the text in `words`, in the order in which they come. NAN: nowhere. */
double bl_plot_place(const json_t *row, const char *expr, json_t *words);

#endif

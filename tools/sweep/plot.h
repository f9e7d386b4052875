/* plot.h - a plot of rows: a script of gnuplot that holds its data, and the picture where gnuplot is installed. */
#ifndef BL_SWEEP_PLOT_H
#define BL_SWEEP_PLOT_H

#include "tools/sweep/rows.h"

struct bl_plot {
    const char *plot, *by;             /* "X,Y", expressions; a column whose values are the lines (NULL: one line) */
    const char *file;                  /* FILE.svg, FILE.png, or FILE.gp: the script alone */
    const struct bl_rows *rows;
    const char *label;                 /* of the axis of Y; NULL: its expression */
    struct bl_diag *diag;
};
/* Before any row is taken away: 0, or -1 after a bl_error. */
int bl_plot_check(const struct bl_plot *p);
/* Writes FILE.gp and, unless that was asked for, calls gnuplot for the picture; without gnuplot says so. goals: of a Pareto front to be drawn, or NULLs. 0, or -1 after a bl_error. */
int bl_plot_write(const struct bl_plot *p, const char *const goals[2]);

#endif

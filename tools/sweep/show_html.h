/* show_html.h - the points of a sweep as a page: those of a plot, and which of them no other one beats. */
#ifndef BL_SWEEP_SHOW_HTML_H
#define BL_SWEEP_SHOW_HTML_H

#include <stdio.h>

#include "tools/report/table.h"
#include "tools/sweep/plot.h"

/* The head of the page and its charts: the plot, where one is asked for; the front of the goals (NULLs: of the first two columns that it is usual to look at), of which the reader
 * may choose any other two columns. 0, or -1 after a bl_error. */
int bl_sweep_charts(const char *db, const struct bl_plot *p, const char *const goals[2], FILE *out);
/* The table, and the end of the page. */
void bl_sweep_page_end(const char *title, const struct bl_table *t, FILE *out);

#endif

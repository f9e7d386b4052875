/* compare.h - two reports side by side. */
#ifndef BL_COMPARE_H
#define BL_COMPARE_H

#include "tools/report/report.h"
#include "tools/report/table.h"

/* Fills a table with what differs between a and b (with `all`: everything), in the order of report a; what only b
 * has comes last. Returns how many values differ. The table refers to texts of both reports. */
size_t bl_compare(const json_t *a, const json_t *b, bool all, struct bl_table *t);

/* The same of 3 to BL_COMPARE_MOST reports, a column each, without differences. The table is on its own. */
enum { BL_COMPARE_MOST = 14 };
size_t bl_compare_many(json_t *const *reports, size_t n, bool all, struct bl_table *t);
/* Of any number: the one or the other. */
size_t bl_compare_runs(json_t *const *reports, size_t n, bool all, struct bl_table *t);
/* The same as a page, with charts. `files`: their names. Returns how many values differ. */
size_t bl_compare_html(json_t *const *reports, const char *const *files, size_t n, bool all, FILE *out);

#endif

/* table.h - rows of text under headings, printed with aligned columns or as HTML. */
#ifndef BL_TABLE_H
#define BL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "kernel/sim.h"

enum { BL_TABLE_COLUMNS = 16, BL_TEXT_WIDTH = 80 };     /* of a terminal: no line of a report is wider */

struct bl_table {
    size_t columns;
    const char *head[BL_TABLE_COLUMNS];
    char align[BL_TABLE_COLUMNS];      /* 'l' or 'r' */
    char **cell;                       /* owned */
    double *share;                     /* of each cell: 0..1 draws a bar behind it in HTML; < 0: none */
    size_t cells, room;
};

/* n headings; one that begins with '>' is aligned to the right. The texts must outlive the table. */
void bl_table_start(struct bl_table *t, const char *const *heads, size_t n);
void bl_cell(struct bl_table *t, const char *fmt, ...) BL_PRINTF(2, 3);
/* A cell with a bar of `share` of the column's width. */
void bl_cell_share(struct bl_table *t, double share, const char *fmt, ...) BL_PRINTF(3, 4);
size_t bl_table_rows(const struct bl_table *t);
void bl_table_print(const struct bl_table *t, FILE *out);
/* The same in lines of at most `width` characters (fit.c): long texts are broken into several lines, and columns for which there is no room come in
 * a table below, behind the first `keys` columns once more. */
void bl_table_fit(const struct bl_table *t, size_t keys, size_t width, FILE *out);
/* A paragraph of such lines, `indent` blanks before each; further ones two more. What a terminal would obey is as bl_safe_text has it. */
void bl_wrap(const char *text, size_t indent, size_t width, FILE *out);
/* Characters, not bytes. */
size_t bl_wide(const char *text);
void bl_table_csv(const struct bl_table *t, FILE *out);     /* the headings first, where it has any */
void bl_table_html(const struct bl_table *t, FILE *out);
void bl_table_fini(struct bl_table *t);

/* Text as a terminal may have it: of its bytes those that it would obey (below blank, but for the end of a line and a tab; DEL; C1) are \xNN. */
void bl_safe_text(const char *text, FILE *out);
/* A field of a CSV file (RFC 4180), quoted where it must be; then `end`, a comma or the end of the line. */
void bl_csv_cell(const char *text, const char *end, FILE *out);
/* Text with the five characters of HTML escaped. */
void bl_html_text(const char *text, FILE *out);

#endif

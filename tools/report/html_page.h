/* html_page.h - the frame of a page that needs nothing else: no other file, no network. */
#ifndef BL_REPORT_HTML_PAGE_H
#define BL_REPORT_HTML_PAGE_H

#include <stdio.h>

#include "tools/report/table.h"

/* Up to and with the heading `title`; kind stands behind it in the name of the window. Any texts; they are escaped. */
void bl_page_start(const char *title, const char *kind, FILE *out);
/* The end: who wrote it, and the scripts that draw the charts. */
void bl_page_end(const char *version, FILE *out);
void bl_page_heading(const char *id, const char *text, FILE *out);
/* A table that scrolls where it is too wide, by keys too. */
void bl_page_table(const char *name, const struct bl_table *t, FILE *out);
void bl_page_note(FILE *out, const char *text);

#endif

/* reference_rows.h - figures of the reference in the accounts of commands: a JSON object, a line of text; and what was written. */
#ifndef BL_REFERENCE_ROWS_H
#define BL_REFERENCE_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "tools/run/reference_run.h"

/* { "images", and of "right", "top5", "error", "auc" those that there are }; null without figures. Never NULL (tools/memory.h). */
json_t *bl_reference_row(const struct bl_reference_figures *f);
/* "before: 100 images, 88 of the labels right (88.00 %)"; nothing for null. */
void bl_reference_text(const char *when, const json_t *row, FILE *out);
/* "OUT is written", and how many layers round otherwise from now on. */
void bl_written_text(const char *output, unsigned moved, FILE *out);

#endif

/* path.h - the critical path in a report (path.c). */
#ifndef BL_REPORT_PATH_H
#define BL_REPORT_PATH_H

#include "tools/report/report.h"
#include "tools/report/sections.h"

/* Of v, rows as in bl_path_at: {fs, rows, ties, steps, groups}. */
json_t *bl_j_of_path(const struct bl_sim *s, const uint64_t *v);
/* Its groups, largest first: parts that are in step, or one part. */
json_t *bl_path_groups(const json_t *path);
/* "host + dram_port, in step, 81.7 %; fetch_agu 17.0 %"; path null: "not recorded". */
void bl_path_headline(const json_t *path, char *text, size_t room);
void bl_fill_path(const json_t *r, struct bl_table *t);
void bl_fill_layer_paths(const json_t *r, struct bl_table *t);
void bl_fill_what_if(const json_t *r, struct bl_table *t);
void bl_notes_what_if(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_notes_path(const json_t *r, void (*line)(FILE *, const char *), FILE *out);

#endif

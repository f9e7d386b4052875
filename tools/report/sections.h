/* sections.h - the sections of a report as tables, shared by the text and the HTML view. */
#ifndef BL_REPORT_TABLES_H
#define BL_REPORT_TABLES_H

#include "tools/report/report.h"
#include "tools/report/table.h"

struct bl_section {
    const char *title, *id;
    /* Fills a table; one without rows is left out. */
    void (*fill)(const json_t *report, struct bl_table *t);
    /* Says below the table what must be known to read it, one line a `line` call. May be NULL. */
    void (*notes)(const json_t *report, void (*line)(FILE *out, const char *text), FILE *out);
    bool text_only;                    /* pages have charts of it, CSV its numbers */
};
/* In the order of the report, ended by title NULL. */
extern const struct bl_section bl_sections[];

/* origins.c: where the values of a platform come from; a table of such rows, of a report or of `bitline show`. */
void bl_fill_origins(const json_t *r, struct bl_table *t);
void bl_notes_origins(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_fill_sources(const json_t *rows, struct bl_table *t);
/* analytical.c */
void bl_fill_analytical(const json_t *r, struct bl_table *t);
void bl_notes_analytical(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_fill_gap(const json_t *r, struct bl_table *t);
/* figures.c */
void bl_fill_figures(const json_t *r, struct bl_table *t);
void bl_fill_layer_figures(const json_t *r, struct bl_table *t);
void bl_notes_layer_figures(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
/* summary.c: the first page. */
void bl_fill_summary(const json_t *r, struct bl_table *t);
void bl_notes_summary(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
/* area.c */
void bl_fill_area(const json_t *r, struct bl_table *t);
void bl_notes_area(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
/* cycles.c and energy.c: the sections about time and energy. */
void bl_fill_parts(const json_t *r, struct bl_table *t);
void bl_fill_stalls(const json_t *r, struct bl_table *t);
void bl_fill_blame(const json_t *r, struct bl_table *t);
void bl_fill_unwanted(const json_t *r, struct bl_table *t);
void bl_fill_unpriced(const json_t *r, struct bl_table *t);
void bl_fill_energy(const json_t *r, struct bl_table *t);
void bl_notes_blame(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_notes_parts(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_notes_unpriced(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_notes_energy(const json_t *r, void (*line)(FILE *, const char *), FILE *out);

/* strips.c: over time, and by layer, as text. */
void bl_fill_over_time(const json_t *r, struct bl_table *t);
void bl_notes_over_time(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_fill_levels(const json_t *r, struct bl_table *t);
void bl_notes_levels(const json_t *r, void (*line)(FILE *, const char *), FILE *out);
void bl_fill_layer_times(const json_t *r, struct bl_table *t);
/* series.c: the same as rows of numbers, for CSV. */
struct bl_series { const char *title, *id; bool (*there)(const json_t *report); void (*put)(const json_t *report, FILE *out); };
extern const struct bl_series bl_series[];              /* ended by title NULL */

/* pipeline.c: images under way together. */
void bl_fill_pipeline(const json_t *r, struct bl_table *t);
void bl_fill_bubbles(const json_t *r, struct bl_table *t);
void bl_notes_bubbles(const json_t *r, void (*line)(FILE *, const char *), FILE *out);

#define BL_START(t, heads) bl_table_start(t, heads, sizeof(heads) / sizeof(heads)[0])

#endif

/* charts.h - the charts of a report, by the section that they stand in; charts.c says which. */
#ifndef BL_REPORT_CHARTS_H
#define BL_REPORT_CHARTS_H

#include "tools/report/chart.h"
#include "tools/memory.h"
#include "tools/report/units.h"

struct bl_chart_of {
    const char *section;               /* id of it (sections.h) */
    /* Puts the chart onto the page; nothing where the report lacks the data. */
    void (*put)(const json_t *report, FILE *out);
};
/* In the order of the page, ended by put NULL. */
extern const struct bl_chart_of bl_charts[];

/* html_path.c: what limits. Of several reports the paths of whole runs, a row each of that name. */
void bl_chart_path(const json_t *report, FILE *out);
void bl_chart_paths(json_t *const *reports, const char *const *names, size_t n, FILE *out);
void bl_chart_what_if(const json_t *report, FILE *out);
/* html_time.c */
void bl_chart_waits(const json_t *report, FILE *out);
/* html_over.c: over time, by intervals (--interval) or, without, by layers. */
void bl_chart_gantt(const json_t *report, FILE *out);
void bl_chart_power(const json_t *report, FILE *out);
void bl_chart_used(const json_t *report, FILE *out);
/* html_energy.c */
void bl_chart_layer_energy(const json_t *report, FILE *out);
void bl_chart_part_energy(const json_t *report, FILE *out);
/* html_layers.c */
void bl_chart_roofline(const json_t *report, FILE *out);
void bl_chart_precision(const json_t *report, FILE *out);
void bl_chart_figures(const json_t *report, FILE *out);

/* Which of n values are the `most` largest, of equals the first ones: to be freed. */
bool *bl_largest(const double *v, size_t n, size_t most);
/* Of an object of numbers, which it ends, the names of the `most` largest: an object, largest first, of equals the first ones. */
json_t *bl_largest_names(json_t *numbers, size_t most);
double bl_seconds(uint64_t fs);
double bl_joules(bl_yj e);
/* Five digits with a prefix: "483.42 us". buf of 40 bytes; returns buf. unit of at most 10 characters. */
char *bl_si_text(double v, const char *unit, char *buf);
/* What operations, power and rest of a unit took, an item a price: energy.c. v is freed by the caller. */
struct bl_items bl_energies_of(const json_t *report, const struct bl_unit *u);

#define BL_CHART(c, shape, text, heads) bl_chart_start(c, shape, text, heads, sizeof(heads) / sizeof(heads)[0])

#endif

/* report.h - the account of a run as one JSON value (schema "bitline.report/1", tools/report/README.md), the only
 * source of the text and HTML views, of repricing and of comparing. */
#ifndef BL_REPORT_H
#define BL_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "platforms/file/load.h"
#include "platforms/job/setup.h"
#include "tools/options.h"

#define BL_REPORT_SCHEMA "bitline.report/1"

/* ---- making one (report_json.c) --------------------------------------------------------------- */

struct bl_report_in {
    struct bl_sim *sim;
    const struct bl_platform *platform;
    const char *platform_file, *mapper;        /* mapper NULL: none */
    double microvolts;                         /* the supply prices are scaled to; 0: as given */
    const struct bl_net *net;                  /* NULL: run without a net */
    const char *net_file, *images;             /* images: name of the data set, NULL: made up */
    const struct bl_result *result;            /* NULL without a net */
    const char *end;                           /* "done", ...: see tools/report/README.md */
    const struct bl_texts *waits;              /* of a deadlock: who waits for whom; may be NULL */
    const struct bl_texts *false_expects;      /* messages of bl_expect_check; NULL: not checked */
    const struct bl_texts *sets;
    uint64_t seed, first, count, until_fs;     /* until_fs BL_FOREVER: no limit */
    const struct bl_intervals *intervals;      /* statistics over time that have ended; NULL: nobody asked */
    const json_t *what_if;                     /* rows of bl_what_if_rows; NULL: nothing was asked */
    const struct bl_data_opts *form;   /* how files of images were read; NULL or zeros: in no special way */
    const struct bl_input *inputs; size_t ninputs;    /* every file that was read */
};
/* The report of a run; energies are computed from counts, times and prices and compared with the ledger's.
 * NULL after a bl_error. Freed with json_decref. */
json_t *bl_report_make(const struct bl_report_in *in, struct bl_diag *diag);

/* ---- where values come from (origins.c) ----------------------------------------------------------- */

/* The rows of the platform's `sources:` as the run has them: name, value, stated, same, tag, source. */
json_t *bl_j_sources(const struct bl_platform *p, struct bl_sim *s);
/* The row of a parameter of a part, "adc[0]" and "rho", that is as stated; NULL: none. */
const json_t *bl_j_source_of(const json_t *rows, const char *part, const char *param);

/* `parts` of a report (json_parts.c): the account of every part; above 10 000 of them, of every array. */
json_t *bl_j_of_parts(struct bl_sim *s);
/* `verdicts` of a layer: what parts spent meanwhile, where they spent anything. */
json_t *bl_j_of_spent(struct bl_sim *s, const struct bl_part_rows *rows, const uint64_t *spent);

/* ---- prices (price.c, reprice.c) ----------------------------------------------------------------- */

/* A row of provenance.prices. */
json_t *bl_j_of_price(const struct bl_price *p);
/* Adds to a part's row the values that it has for the sizes of a price of its class; at: its row in the account of s. */
void bl_j_add_sizes(json_t *part, struct bl_sim *s, size_t at, const struct bl_price *p);

/* What bl_tech_unmet tells, as a list of texts: `path` in front of a line, which may be an absolute one, becomes `shown`. */
struct bl_tech_lines { const char *path, *shown; json_t *to; };
void bl_tech_line(void *ctx, const char *line);

/* Computes every energy of the report from its counts, times and provenance.prices, in exact 128-bit integers.
 * 0, or -1 after a bl_error (`name` in front) when the account does not add up, or a size was not saved that a price scales with. */
int bl_report_price(json_t *report, const char *name, struct bl_diag *diag);
/* The same with the prices of `tech` instead, at least one of which is for a class of the run; tech_file is the name shown, microvolts as in bl_tech_load.
 * Energies of layers, which have no counts of their own, become null. */
int bl_report_reprice(json_t *report, const char *name, const struct bl_tech *tech, const char *tech_file,
                      double microvolts, struct bl_diag *diag);

/* What the run comes to, as numbers of `totals` (summary.c); the last step of both of the above. */
void bl_report_summary(json_t *report);

/* ---- images under way together (pipeline.c) ----------------------------------------------------------- */

/* Puts `pipeline` into the report of a run whose images were; else there is none. */
struct bl_result;
void bl_report_pipeline(json_t *report, const struct bl_result *r);
/* ---- area (area.c) --------------------------------------------------------------------------------- */

/* Puts `area` into the report: what the technology states for the classes of its parts, each with as many as there are, and the sum.
 * Without such a class there is none. */
void bl_report_area(json_t *report, const struct bl_tech *tech);

/* ---- the closed forms beside it (analytical.c) -------------------------------------------------------- */

/* Puts `analytical` into the report of a run that has ended: what the mapper's closed forms say of each layer, and the causes that add up to
 * the difference. 0, or -1 after a bl_error, also where there are none. */
int bl_report_analytical(json_t *report, struct bl_job *job, struct bl_sim *s, struct bl_diag *diag);

/* ---- files and views --------------------------------------------------------------------------------- */

/* Reads and checks a report; NULL after a bl_error. `name` stands in messages. */
json_t *bl_report_read(const char *path, struct bl_diag *diag);
json_t *bl_report_parse(const char *name, const void *bytes, size_t n, struct bl_diag *diag);

/* What stands at the end of the text and HTML views: files written beside the report. May be empty. */
struct bl_written { const struct bl_texts *files; const char *gtkwave; };

enum bl_form { BL_TEXT, BL_JSON, BL_HTML, BL_CSV };
/* The form called "text", "json", "html" or "csv"; NULL is text. */
enum bl_form bl_form_named(const char *name);
/* The view as bytes, to be freed; NULL after a bl_error. `w` may be NULL. */
char *bl_report_view(const json_t *report, enum bl_form form, const struct bl_written *w, size_t *n, struct bl_diag *diag);
void bl_report_text(const json_t *report, const struct bl_written *w, FILE *out);
void bl_report_html(const json_t *report, const struct bl_written *w, FILE *out);
/* All tables as CSV, each behind a line "# TITLE (NAME)"; or one of them, by its name, alone: 0, or -1 after a bl_error. */
void bl_report_csv(const json_t *report, FILE *out);
int bl_report_csv_table(const json_t *report, const char *name, FILE *out, struct bl_diag *diag);

/* ---- values of a report (report.c); what is missing reads as "", 0 or an empty list -------------------- */

const char *bl_j_text(const json_t *o, const char *key);
/* A count: an integer, or above 2^63 - 1 its digits as a string. */
uint64_t bl_j_count(const json_t *o, const char *key);
json_t *bl_j_of_count(uint64_t v);
/* A text, NULL as null. JSON is UTF-8; names of files and layers may be any bytes: then those above 127 become '?'. */
json_t *bl_j_of_text(const char *s);
/* How many parts a row of `parts` stands for. */
uint64_t bl_j_parts(const json_t *row);
double bl_j_real(const json_t *o, const char *key);
/* An exact energy, a string of digits. */
bl_yj bl_j_yj(const json_t *o, const char *key);
json_t *bl_j_of_yj(bl_yj e);
/* `energy_j`, a number for whoever computes with it, and `energy_yj`, exact. */
void bl_j_set_energy(json_t *o, bl_yj e);
const json_t *bl_j_at(const json_t *report, const char *section, const char *key);

/* Times that stand together: bl_times_see each of them first, then all are shown in one unit, which the largest
 * chooses, with as many places as they need and at most five digits of the largest. buf of 40 bytes; returns buf. */
struct bl_times { uint64_t largest, grain; };
void bl_times_see(struct bl_times *t, uint64_t fs);
char *bl_times_text(const struct bl_times *t, uint64_t fs, char *buf);
/* A time by itself, all its digits in the unit that it fills: "2.81284 ns", "6 ns"; buf of 40 bytes. */
char *bl_time_exact(uint64_t fs, char *buf);
/* The letter of a price's tag: F fact, D derived, C calibrated, f free; '-' for none. */
char bl_tag_letter(const char *tag);

#endif

/* papers.h - all statements of the papers, each beside what its study gives, as one document: gathered, and written as Markdown and as a page.
 *
 * The document is JSON: a list of papers, each
 *   { "name": "osa_hcim", "title", "figures": [ { "study": "papers/osa_hcim/energy", "title", "state", "rows": [...], "conflicts": [ { "what", "arithmetic" } ], "makes": [commands that rows need first], "picture": file or null,
 *     "needs": file or null } ] }
 * state: "ran", "left out" (by `quick`), "lacks" (what it needs is not there). Rows: tools/sweep/claim.h. The study `about` of a paper comes first; its title is the paper's. */
#ifndef BL_PAPERS_H
#define BL_PAPERS_H

#include <jansson.h>

#include "tools/sweep/study.h"

struct bl_papers_opts { const char *paper, *folder, *jobs; bool quick, quiet; };      /* paper: its name, or NULL: all; folder: studies lie below it */

/* Runs all studies of papers, slow ones not when quick. The document, or NULL after a bl_error; *wrong: a row did not hold, a study failed. */
json_t *bl_papers_gather(const struct bl_papers_opts *o, bool *wrong, struct bl_diag *diag);

/* How many rows have a status ("exact"), and of these the deviation farthest from what is printed, a share. */
struct bl_papers_sum { size_t rows, hold, open; double most; };       /* open: neither holds nor not: nothing printed, or not run */
struct bl_papers_sum bl_papers_count(const json_t *papers, const char *status);
extern const char *const bl_papers_statuses[5];

bool bl_papers_is_about(const json_t *figure);
/* A paper's texts for both forms, in `buf` of n bytes. */
const char *bl_papers_off(const json_t *row, char *buf, size_t n);
/* "3 of 4 exactly": what the top says of a status. */
const char *bl_papers_says(const json_t *papers, size_t status, char *buf, size_t n);

void bl_papers_markdown(const json_t *papers, FILE *out);
void bl_papers_page(const json_t *papers, FILE *out);

#endif

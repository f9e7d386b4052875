/* study.h - a study: a script of commands beside its platform, whose sweeps go into one database and whose report is a table and a picture; one of a paper
 * also has the paper's statements, each beside what the runs give. */
#ifndef BL_STUDY_H
#define BL_STUDY_H

#include <jansson.h>

#include "platforms/file/texts.h"
#include "kernel/sim.h"

enum { BL_STUDY_COMMANDS = 50, BL_STUDY_LINES = 100 };

/* Commands, and from BL_FIRST_REMARK on what is said of them. */
enum bl_verb { BL_SWEEP, BL_REPORT, BL_CALIBRATE, BL_PRUNE, BL_GET, BL_LET, BL_ROW, BL_CONFLICT, BL_NEEDS, BL_SLOW, BL_FIRST_REMARK = BL_LET };

struct bl_study_line { struct bl_texts words; unsigned row; enum bl_verb verb; const char *have; };       /* words are owned, and what stands before is `have` or NULL; row in the file, from 1 */
struct bl_study { char *title; struct bl_study_line line[BL_STUDY_LINES]; size_t n, commands; };

/* Reads a script, n bytes: its first line is "# TITLE"; others are remarks (# ...) or commands, words as a shell has them ('...' holds blanks); $OUT in a word is the folder of the study's files.
 *
 *   sweep, report, calibrate, prune ...   as `bitline` has them
 *   get NAME COMMAND ...           what `bitline COMMAND ...` prints, a table of CSV, becomes $OUT/NAME.csv
 *   let NAME WORD ...              from here on the word $NAME stands for these
 *   have FILE COMMAND ...          only where this file is, which does not come with bitline
 *   row 'STATEMENT' ...            tools/sweep/claim.h
 *   conflict 'STATEMENTS' 'ARITHMETIC'   two statements of the paper that cannot both hold
 *   needs FILE                     which does not come with bitline: without it nothing runs, and rows say so
 *   slow                           takes minutes
 *
 * 0, or -1 after a bl_error with `name` in front. */
int bl_study_read(struct bl_study *s, const char *name, const void *bytes, size_t n, struct bl_diag *diag);
void bl_study_fini(struct bl_study *s);

/* Is there such a line? */
bool bl_study_has(const struct bl_study *s, enum bl_verb verb);
/* The first file that it needs and that is not there; NULL: all are. */
const char *bl_study_lacks(const struct bl_study *s);

struct bl_study_opts { const char *name, *path, *folder, *jobs; bool quiet; };     /* path: of the script, for messages; NULL: name */
/* The commands that make files for others (calibrate, prune), as a shell has them: a list of texts. */
json_t *bl_study_makes(const struct bl_study *s, const struct bl_study_opts *o);

/* Runs all commands: sweeps into FOLDER/STUDY.sqlite, where points that have a row do not run again; `report` writes FOLDER/STUDY.txt, with --plot FOLDER/STUDY.svg; a `calibrate` or `prune` that was
 * done by this build and whose file is there is passed over. rows: a list, or NULL: gets an object for each `row`, claim.h. An exit status: that of the first command that is not BL_DONE; BL_WRONG
 * also when a row does not hold. */
int bl_study_run(const struct bl_study *s, const struct bl_study_opts *o, json_t *rows, struct bl_diag *diag);
/* The text of a sheet of rows, or of the report that was made. */
int bl_study_show(const struct bl_study_opts *o, const json_t *rows, struct bl_diag *diag);

#endif

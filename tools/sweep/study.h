/* study.h - a study: a script of at most ten commands beside its platform, whose sweeps go into one database and whose report is a table and a picture. */
#ifndef BL_STUDY_H
#define BL_STUDY_H

#include "platforms/file/texts.h"
#include "kernel/sim.h"

enum { BL_STUDY_LINES = 10 };

struct bl_study_line { struct bl_texts words; unsigned row; };       /* words are owned; row in the file, from 1 */
struct bl_study { char *title; struct bl_study_line line[BL_STUDY_LINES]; size_t n; };

/* Reads a script, n bytes: its first line is "# TITLE"; others are remarks (# ...) or commands, words as a shell has them ('...' holds blanks). A command is `sweep`, `report`, `calibrate` or `prune`
 * without "bitline"; $OUT in a word is the folder of the study's files. 0, or -1 after a bl_error with `name` in front. */
int bl_study_read(struct bl_study *s, const char *name, const void *bytes, size_t n, struct bl_diag *diag);
void bl_study_fini(struct bl_study *s);

/* Runs all commands: sweeps into FOLDER/STUDY.sqlite, where points that have a row do not run again; `report` writes FOLDER/STUDY.txt, with --plot FOLDER/STUDY.svg; a `calibrate` or `prune` that was done
 * by this build and whose file is there is passed over. An exit status: that of the first command that is not BL_DONE. */
struct bl_study_opts { const char *name, *folder, *jobs; bool quiet; };
int bl_study_run(const struct bl_study *s, const struct bl_study_opts *o, struct bl_diag *diag);

#endif

/* journal.h - what reached a run while it was steered, line by line: JSON, the first line says of which run. Times are order points (live.h).
 *
 *   {"schema":"bitline.journal/1","key":"SHA-256 of what the run depends on","path":true,"run":"bitline run osa_hcim --images 1"}
 *   {"fs":1000000,"do":"watch","number":1,"globs":["adc.*"]}     a trace begins: watch1.fst
 *   {"fs":2000000,"do":"cut","number":1}                          what it holds so far was put on disk, as a block
 *   {"fs":3000000,"do":"unwatch","number":1}                      it ends
 *   {"fs":3000000,"do":"rewind","to":1000000}                     the state of that time was put back
 *   {"fs":4000000,"do":"end","end":"interrupted"}                 the run was ended there; or "done", "deadlock", ...
 *
 * "pause", "resume" and "step" are told as well; they change nothing. */
#ifndef BL_SERVE_JOURNAL_H
#define BL_SERVE_JOURNAL_H

#include <jansson.h>

#include "platforms/job/setup.h"

#define BL_JOURNAL_SCHEMA "bitline.journal/1"
enum { BL_JOURNAL_LINE = 65536 };      /* bytes of a line, at most */

/* ---- writing ---- */

struct bl_journal {
    char *text; size_t n, room;        /* all of it, so far */
    const char *path; int fd;          /* a file that grows with it; NULL: none */
    struct bl_diag *diag;
    bool failed;
};
/* Begins with the line of the run. 0, or -1 after a bl_error. */
int bl_journal_open(struct bl_journal *j, const char *path, const char *key, bool with_path, const char *run, struct bl_diag *diag);
/* Adds {"fs":...,"do":...} and the members of `more`, which is taken; NULL: none. A file that cannot be written is told once. */
void bl_journal_add(struct bl_journal *j, uint64_t fs, const char *what, json_t *more);
/* 0, or -1 when the file is not whole. */
int bl_journal_close(struct bl_journal *j);

/* ---- reading ---- */

enum bl_do { BL_DO_NOTE, BL_DO_WATCH, BL_DO_UNWATCH, BL_DO_CUT, BL_DO_REWIND, BL_DO_END };
struct bl_entry { enum bl_do what; uint64_t fs, to; uint32_t number, line; const char **globs; size_t nglobs; const char *end; };
struct bl_entries { struct bl_entry *v; size_t n; json_t *lines; const char *key, *run; bool path; };

/* Of (bytes, length), as `name`: 0, or -1 after a bl_error that names the line. Entries live until bl_entries_fini. */
int bl_entries_read(struct bl_entries *e, const char *name, const void *bytes, size_t n, struct bl_diag *diag);
void bl_entries_fini(struct bl_entries *e);

#endif

/* repeat.h - `bitline run --journal FILE`: a run to which everything comes once more that came to it when it was steered, at the same order points. */
#ifndef BL_SERVE_REPEAT_H
#define BL_SERVE_REPEAT_H

#include "tools/serve/journal.h"
#include "tools/serve/live.h"

struct bl_repeat {
    struct bl_live live;
    struct bl_entries e;
    struct bl_diag *diag;
    const char *path;
    char *folder;                      /* where its traces go */
    void *file; size_t nfile;
    size_t at;                         /* entries that were done */
    uint64_t stop;                     /* where the run stops next; 0: nowhere */
    bool begun, failed;
};

/* Reads the file, when there is one (path NULL: none). beside: the file that its traces are written beside, NULL: in the current folder. 0, or -1
 * after a bl_error. */
int bl_repeat_open(struct bl_repeat *p, const char *path, const char *beside, struct bl_diag *diag);
/* The run is built: is it that of the journal? Does what was done before it began. 0, or -1 after a bl_error. */
int bl_repeat_begin(struct bl_repeat *p, struct run *r);
/* Before each piece of the run: where it breaks off. */
void bl_repeat_aim(struct bl_repeat *p);
/* The piece ended like that: does what is due. How it goes on: BL_END_BREAK, or how the run ended. */
enum bl_end bl_repeat_due(struct bl_repeat *p, enum bl_end end);
/* Ends the traces. `written` gets their names. 0, or -1 after a bl_error, also when there was more to do. */
int bl_repeat_end(struct bl_repeat *p, struct bl_texts *written);
void bl_repeat_close(struct bl_repeat *p);

#endif

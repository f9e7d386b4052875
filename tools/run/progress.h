/* progress.h - how far a run is, on stderr: a bar on a terminal; else, when it takes longer than BL_PROGRESS_QUIET, a
 * line every tenth of the way. */
#ifndef BL_PROGRESS_H
#define BL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define BL_PROGRESS_QUIET 2.0          /* seconds of wall time without a line */

struct bl_progress { bool quiet, bar, drawn; uint64_t tenth; double began; unsigned percent; };

void bl_progress_init(struct bl_progress *p, bool quiet);
/* Has the run taken so long that people want to hear of it? Never when it is quiet. */
bool bl_progress_long(const struct bl_progress *p);
/* `what`: "images", "layers", or "% of the time". */
void bl_progress(struct bl_progress *p, uint64_t done, uint64_t total, const char *what);
/* What a long run is doing just now, in place of the bar, on a terminal alone: "image 3 of 10, reference of conv3: 45 %". */
void bl_progress_part(struct bl_progress *p, const char *what, const char *name, unsigned percent);
/* The same of what has no end that is known. */
void bl_progress_doing(struct bl_progress *p, const char *text);
/* Takes the bar away; before anything else is printed, and at the end. */
void bl_progress_clear(struct bl_progress *p);

#endif

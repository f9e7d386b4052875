/* find.h - where data files are looked for by name: platforms, technologies, networks and what belongs to them. */
#ifndef BL_FIND_H
#define BL_FIND_H

#include "kernel/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A file that was found; what people see is path + hidden, so that no data directory shows up in a report. */
struct bl_found { char *path; size_t hidden; };

enum bl_file_kind { BL_FILE_PLATFORM, BL_FILE_TECH, BL_FILE_NET, BL_FILE_IMAGES, BL_FILE_LABELS, BL_FILE_CALIBRATION, BL_FILE_BITS, BL_FILE_MACRO,
                    BL_FILE_STUDY, BL_FILE_PAPER };

/* A name with a slash or a suffix is that file, here or, unless it is absolute, below $BITLINE_DATA or the installed data (where
 * make install put them; when they are not there, ../share/bitline beside the running program).
 * A bare word is the file of that name in the current folder or in the folders of its kind below it ("osa_hcim":
 * platforms/osa_hcim/osa_hcim.yaml), else in those below $BITLINE_DATA, else in the installed ones; the first of these three
 * places that has it decides, and two files there are an error. 0, or -1 after a bl_error with prefix `where` ("" or "FILE:1:2: "). */
int bl_find(enum bl_file_kind kind, const char *name, const char *where, struct bl_found *found, struct bl_diag *diag);
void bl_found_fini(struct bl_found *f);
/* The name of a file that another file named, without the data directory of that one. */
const char *bl_shown(const struct bl_found *f, const char *path);

/* What there is of a kind in the three places, sorted by the names people see, each once. Returns how many; *found is freed
 * with bl_found_list_fini. */
size_t bl_find_all(enum bl_file_kind kind, struct bl_found **found);
void bl_found_list_fini(struct bl_found *found, size_t n);

/* The three places for a message, with what is wrong about them: "here, in $BITLINE_DATA (/opt/mine, which is not there) or where
 * bitline is installed (/usr/share/bitline)". To be freed. */
char *bl_find_places(void);

bool bl_may_read(const char *path);

#ifdef __cplusplus
}
#endif

#endif

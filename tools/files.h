/* files.h - where data files are looked for. */
#ifndef BL_FILES_H
#define BL_FILES_H

#include "kernel/sim.h"

/* A file that was found; what people see is path + hidden, so that no data directory shows up in a report. */
struct bl_found { char *path; size_t hidden; };

/* Looks for `name` as it is, then below $BITLINE_DATA and the installed data directory. A bare word also stands
 * for FOLDER/WORD.SUFFIX ("osa_hcim": folder "platforms", suffixes "yaml", ended by NULL). 0, or -1 after a bl_error
 * that says what was expected (`what`: "a platform"). */
int bl_find(const char *name, const char *folder, const char *const *suffixes, const char *what, struct bl_found *found,
            struct bl_diag *diag);
void bl_found_fini(struct bl_found *f);
/* The name of a file that another file named, without the data directory of that one. */
const char *bl_shown(const struct bl_found *f, const char *path);

/* Names below FOLDER (as "FOLDER/NAME") with one of the suffixes (ended by NULL) in all the places of bl_find, sorted,
 * each once; where they are is in found[]. Returns how many; *found is freed with bl_found_list_fini. */
size_t bl_find_all(const char *folder, const char *const *suffixes, struct bl_found **found);
void bl_found_list_fini(struct bl_found *found, size_t n);

bool bl_may_read(const char *path);

#endif

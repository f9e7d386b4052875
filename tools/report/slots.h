/* slots.h - the slots of macros in a report (slots.c). */
#ifndef BL_REPORT_SLOTS_H
#define BL_REPORT_SLOTS_H

#include "tools/report/report.h"
#include "tools/report/sections.h"

/* Of v, as bl_slots_total gives it (NULL: none): a row for the macros of a class and size. */
json_t *bl_j_of_slots(const struct bl_sim *s, const uint64_t *v);
json_t *bl_j_of_all_slots(struct bl_sim *s);           /* of the run */
void bl_fill_slots(const json_t *r, struct bl_table *t);
void bl_notes_slots(const json_t *r, void (*line)(FILE *, const char *), FILE *out);

#endif

/* units.h - the parts of a report as units, and rows of a unit added up by name: what the sections about
 * time and energy are made of. */
#ifndef BL_REPORT_UNITS_H
#define BL_REPORT_UNITS_H

#include "platforms/job/part_rows.h"
#include "tools/report/report.h"

/* A part, or all elements of an array of more than eight equal parts: "tree[*] (64)". */
struct bl_unit {
    char name[BL_UNIT_NAME];
    const char *cls, *time;            /* time: "cycles", "fs" or "" */
    const json_t **part; size_t n, room;     /* its rows */
    uint64_t parts;                    /* that these rows stand for */
};
struct bl_units { struct bl_unit *v; size_t n, room; };
/* "4.2 mW", four digits; buf of 40 bytes. Returns buf. */
const char *bl_power_text(double nw, char *buf);
/* The texts of units and items belong to the report. */
struct bl_units bl_units_of(const json_t *report);
void bl_units_free(struct bl_units *u);
uint64_t bl_elapsed_of(const struct bl_unit *u);
/* fs of what the part counts its time in: the period of its clock, or 1. */
uint64_t bl_tick_of(const json_t *report, const json_t *part);
/* So many ticks as time; what does not fit is the most that does. */
uint64_t bl_fs_of(const json_t *report, const json_t *part, uint64_t ticks);

/* Rows of one unit that have the same three names, added up. */
struct bl_item {
    const char *name, *peer, *state;
    char tag;
    uint64_t n;
    bl_yj energy;
    bool power;
    uint64_t price, most;              /* the least and the largest of the parts */
};
struct bl_items { struct bl_item *v; size_t n, room; };      /* v is freed by the caller */
/* The item of these names, a new one at the end when there is none yet. */
struct bl_item *bl_item_of(struct bl_items *l, const char *name, const char *peer, const char *state);
void bl_sort_items(struct bl_items *l);                      /* largest n first, equal ones as they stood */
struct bl_items bl_verdicts_of(const struct bl_unit *u, const char *what);   /* what: "spent" or "blamed_fs" */

#endif

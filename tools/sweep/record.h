/* record.h - what came of a point: the row that the database has of it, and the line that a result file has. */
#ifndef BL_SWEEP_RECORD_H
#define BL_SWEEP_RECORD_H

#include <jansson.h>
#include <stdint.h>

#include "kernel/sim.h"

/* "done": a report, exit status 0; "wrong": a report, exit status 1 (a wrong result, a false expectation, a deadlock); "failed": no report. Texts belong to whoever
 * made it. */
struct bl_record {
    const char *key, *state;
    const char *platform, *net;        /* net NULL: none */
    uint32_t images;
    json_t *values;                    /* of the report, by name: numbers and texts; NULL: none */
    const char *report; size_t nreport;    /* the whole report as JSON text; NULL: none */
    const char *message, *log;         /* why it failed; the end of what the run said */
    const char *command, *host, *folder, *started;    /* started: UTC, "2026-01-31T12:34:56Z" */
    double seconds, cpu_seconds;
    int64_t peak_kb, attempts;
};

/* The figures of a report that a table of points wants, by name; to be freed. tools/sweep/README.md lists them. */
json_t *bl_record_values(const json_t *report);

/* One line of JSON, key first, without its end; to be freed. NULL: no memory. `by` says what asked for it. */
struct bl_asked { const char *sweep, *command; size_t n; const json_t *setting, *axes; };
char *bl_record_line(const struct bl_record *o, const struct bl_asked *by);
/* Reads such a line: its texts point into *line, which is freed with json_decref. false: it is none. */
bool bl_record_read(const char *text, size_t n, struct bl_record *o, json_t **line);

#endif

/* wave_read.h - reads waves: FST, VCD and VCD in gzip, of bitline and of other programs. What it finds is told
 * to a struct bl_wave_ops, so that a writer, a comparison or a mere count can stand behind it. */
#ifndef BL_TRACES_WAVE_READ_H
#define BL_TRACES_WAVE_READ_H

#include "kernel/sim.h"

struct bl_wave_source;

/* What is known before the first change is read. Owned by the source, until it is closed. */
struct bl_wave_head {
    const char *form;          /* "fst", "vcd" or "vcd.gz" */
    const char *version, *date;        /* as the writer said them; "" when it did not */
    const struct bl_wave_var *vars;    /* as bl_wave_ops.open takes them: help NULL, flags 0, names when the file has
                                          them; a width may exceed what a writer takes, up to BL_WAVE_READ_WIDTH */
    size_t nvars, nsignals;    /* signals: variables that are no alias */
    int exponent;              /* every time counts 10^exponent s: -15 is 1 fs, -8 is 10 ns */
    uint64_t unit;             /* the file's own unit of time, so counted: 1, but 244 for a timescale of 244 ns */
    uint64_t start, end;       /* first and last time; the end of a VCD is known after the last step only: 0 until then */
    uint64_t blocks;           /* blocks of changes that are whole; 0 in VCD */
    bool torn;                 /* a crashed writer or a cut copy left the end unfinished; everything before it is read */
    uint64_t torn_at;          /* the byte from which on: of a block, a gzip member, or the last change of a VCD */
    const struct bl_wave_odd *odd;     /* what could not be read and was passed over, of each kind one; grows with each step */
    size_t nodd;
};
enum { BL_WAVE_READ_WIDTH = 1 << 26 };

/* A kind of oddity: a value of another kind, an identifier that no variable has, a time that goes back. */
struct bl_wave_odd {
    uint64_t at, times;        /* of the first: its line in a VCD, its byte in an FST; how many there were */
    const char *what;          /* what it is, and what was done instead */
    char first[48];            /* the word that is odd, printable; may be "" */
};

/* Opens a file, or n bytes in memory (not copied; they outlive the source), by what is in it, not by its name. `name`
 * is for messages. NULL after a bl_error, which names the offset in the file (line in a VCD), what was found and what
 * was expected. What is not as a writer takes it is brought to that form: a blank or unprintable character of a name
 * becomes '_', a range [n-1:0] is taken off the name, states other than 01xzhuwl- become x, the states of a port (EVCD) become
 * what GTKWave shows, tables of value names that are not the names of 0..n-1 are dropped. A VCD with odd lines is read all the
 * same, as GTKWave does; what was passed over is in the head. */
struct bl_wave_source *bl_wave_source_open(const char *path, struct bl_diag *diag);
struct bl_wave_source *bl_wave_source_bytes(const char *name, const void *bytes, size_t n, struct bl_diag *diag);
const struct bl_wave_head *bl_wave_source_head(const struct bl_wave_source *s);

/* Before the first step: only variables with want[var] are told from now on. A signal is told when any of its names
 * (aliases) is wanted. In FST, what is not wanted is not even unpacked. */
void bl_wave_source_want(struct bl_wave_source *s, const bool *want);

/* The next time and all its changes: calls to->time(w, time) once, in counts of head->exponent, then bits, states, real and string (and dump, when
 * `to` has it), in the order of variables in FST, in the order of the file in VCD; `var` is never an alias. open and
 * close are not called. Times rise strictly. A time without changes is told as well (the end of a trace is one).
 * Returns 1; 0 when there is no more; -1 after a bl_error, or when a call of `to` returned other than 0.
 *
 * Convert:  w = bl_wave_open_unit(out, h->exponent, path, h->vars, h->nvars, h->start, diag);
 *           while ((rc = bl_wave_source_step(s, out, w)) > 0) {}
 *           out->close(w, h->end);
 * Compare:  two sources stepped in turn, each told to a bl_wave_ops whose struct bl_wave holds the present values. */
int bl_wave_source_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w);
/* One bl_note for each kind of oddity so far, "FILE:LINE: 'WORD': WHAT", and one when the file is unfinished. Returns how many. */
size_t bl_wave_source_report(const struct bl_wave_source *s, struct bl_diag *to);
void bl_wave_source_close(struct bl_wave_source *s);

#endif

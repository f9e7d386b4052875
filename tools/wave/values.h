/* values.h - the present values of a wave file that is read step by step: what cut and diff stand on. */
#ifndef BL_WAVE_VALUES_H
#define BL_WAVE_VALUES_H

#include "traces/traces.h"
#include "traces/wave_read.h"
#include "tools/wave/instant.h"

enum bl_value_kind { BL_VALUE_NONE, BL_VALUE_BITS, BL_VALUE_STATES, BL_VALUE_REAL, BL_VALUE_STRING };
struct bl_value {
    enum bl_value_kind kind;
    double real;
    uint64_t *words;           /* bits: (width + 63) / 64 */
    char *text; size_t n, room;    /* states (width characters) and strings */
};

/* Each stores a value: 0, or -1 without memory. */
int bl_value_bits(struct bl_value *v, uint32_t width, const uint64_t *words);
int bl_value_text(struct bl_value *v, enum bl_value_kind kind, const char *text, size_t n);
void bl_value_real(struct bl_value *v, double real);
void bl_value_fini(struct bl_value *v);
bool bl_value_same(const struct bl_value *a, const struct bl_value *b, uint32_t width);
/* "0x1f", "01xz", "0.5", "\"text\"" (C escapes for what is not printable), "nothing"; cut to the room. Returns buf. */
char *bl_value_show(const struct bl_value *v, uint32_t width, char *buf, size_t room);
/* All x, as a dump has it where nothing is dumped. */
bool bl_states_unknown(const char *ascii);
/* Tells a value to a writer, nothing when there is none. */
int bl_value_tell(const struct bl_value *v, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var);

/* What of a file counts, and what is equal. */
struct bl_cut_opts {
    const char *const *globs; size_t nglobs;
    bl_zs from, to;            /* [from, to); to 0: to the end */
    double relative, absolute; /* diff: two reals are equal when they are no more apart than relative times the larger, plus absolute */
    bool strict;               /* what was passed over or is unfinished is an error */
};
/* Says what a reader passed over: 0, or -1 after a bl_error when there was something and that is an error. */
int bl_wave_judge(const struct bl_wave_source *s, const char *path, bool strict, struct bl_diag *diag);

/* cut.c: copies what the globs name, within [from, to), to a file in the form of its name and in the unit of the source. 0, or -1
 * after a bl_error; then there is no file, or what it holds is what was read up to the failure. */
int bl_trace_cut(const char *from, const char *to, const struct bl_cut_opts *o, struct bl_diag *diag);
/* diff.c: prints where two files differ. 0 equal, 1 different, -1 after a bl_error. */
int bl_trace_diff(const char *a, const char *b, const struct bl_cut_opts *o, struct bl_diag *diag);

#endif

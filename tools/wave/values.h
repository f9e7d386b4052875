/* values.h - the present values of a wave file that is read step by step: what cut and diff stand on. */
#ifndef BL_WAVE_VALUES_H
#define BL_WAVE_VALUES_H

#include "traces/traces.h"
#include "traces/wave_read.h"

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
/* "0x1f", "01xz", "0.5", "\"text\"", "nothing"; cut to the room. Returns buf. */
char *bl_value_show(const struct bl_value *v, uint32_t width, char *buf, size_t room);
/* Tells a value to a writer, nothing when there is none. */
int bl_value_tell(const struct bl_value *v, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var);

/* trace_cut.c: copies what the globs name, within [from, to), to a file in the form of its name. 0, or -1 after a
 * bl_error; then there is no file, or what it holds is what was read up to the failure. */
struct bl_cut_opts { const char *const *globs; size_t nglobs; uint64_t from_fs, to_fs; };
int bl_trace_cut(const char *from, const char *to, const struct bl_cut_opts *o, struct bl_diag *diag);
/* trace_diff.c: prints where two files differ. 0 equal, 1 different, -1 after a bl_error. */
int bl_trace_diff(const char *a, const char *b, const struct bl_cut_opts *o, struct bl_diag *diag);

#endif

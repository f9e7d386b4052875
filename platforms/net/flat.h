/* flat.h - a FlatBuffer read where it lies, every access checked: tables, vectors, strings by the numbers of their fields.
 * Format: the FlatBuffers internals text (little-endian; a table points back at its list of field offsets; references are relative).
 * Nothing is assumed aligned. Answers are plain values; the first fault is reported once and kept, and whatever is asked after it is
 * empty or the default, so that a reader may ask on and look at `failed` where it matters. */
#ifndef BL_NET_FLAT_H
#define BL_NET_FLAT_H

#include "kernel/sim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flat {
    const char *name;          /* of the file, for messages */
    const uint8_t *bytes;
    size_t len;                /* below 2^31 */
    struct bl_diag *diag;
    size_t counted;            /* elements of vectors so far: many references to one vector must not make a small file large */
    bool failed;
};

/* at 0: there is none, every field has its default. `what`: the name of its type, for messages. */
struct flat_table { uint32_t at, fields, bytes, nfields; const char *what; };
struct flat_vector { uint32_t at, n; };        /* n elements from byte `at` */

/* Begins: checks length and the four letters at byte 4; gives the root table. false after a message. */
bool flat_open(struct flat *f, const char *name, const void *bytes, size_t len, const char *letters, const char *what,
               struct flat_table *root, struct bl_diag *diag);
/* A message about a table of the file, as "NAME: WHAT at byte N: ..." of which `why` is the rest. */
void flat_bad(struct flat *f, const struct flat_table *t, const char *why);

/* Numbers of field `id`, or the default when it is absent. */
uint64_t flat_uint(struct flat *f, const struct flat_table *t, unsigned id, unsigned size, uint64_t absent);
int64_t flat_int(struct flat *f, const struct flat_table *t, unsigned id, unsigned size, int64_t absent);
float flat_float(struct flat *f, const struct flat_table *t, unsigned id, float absent);
bool flat_has(struct flat *f, const struct flat_table *t, unsigned id);

struct flat_table flat_table(struct flat *f, const struct flat_table *t, unsigned id, const char *what);
/* A vector of elements of `size` bytes; text is a vector of 1. Of tables: size 4, then flat_item. */
struct flat_vector flat_vector(struct flat *f, const struct flat_table *t, unsigned id, unsigned size);
struct flat_table flat_item(struct flat *f, struct flat_vector v, uint32_t i, const char *what);

/* Element i < n of a vector. */
int64_t flat_item_int(const struct flat *f, struct flat_vector v, uint32_t i, unsigned size);
float flat_item_float(const struct flat *f, struct flat_vector v, uint32_t i);

#endif

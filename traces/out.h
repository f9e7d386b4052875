/* out.h - what every trace writer stands on: bytes that grow in memory, and an output file whose
 * every write is checked. Inside traces/ only, and for its tests. */
#ifndef BL_TRACES_OUT_H
#define BL_TRACES_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/sim.h"

/* ---- bytes in memory ---------------------------------------------------------------------- */

/* Starts as all zeros. When memory runs out `bad` stays set, nothing grows any more and what does
 * not fit is dropped, so a builder looks at it once, at its end. */
struct bl_bytes {
    uint8_t *at;
    size_t n, cap;
    bool bad;
};

/* Makes room for `more` bytes and returns where they go, NULL without memory; n is not changed. */
uint8_t *bl_bytes_room(struct bl_bytes *b, size_t more);
void bl_bytes_fini(struct bl_bytes *b);

static inline void bl_put(struct bl_bytes *b, const void *src, size_t n)
{
    uint8_t *p = b->cap - b->n >= n && b->at ? b->at + b->n : bl_bytes_room(b, n);

    if (p && n) {
        memcpy(p, src, n);
        b->n += n;
    }
}

static inline void bl_put8(struct bl_bytes *b, unsigned v)
{
    uint8_t byte = (uint8_t)v;

    bl_put(b, &byte, 1);
}

static inline void bl_put_text(struct bl_bytes *b, const char *s)
{
    bl_put(b, s, strlen(s));
}

void bl_put_u64be(struct bl_bytes *b, uint64_t v);
void bl_set_u64be(uint8_t *at, uint64_t v);
/* Little endian groups of seven bits: unsigned (LEB128), and signed (SLEB128). */
void bl_put_varint(struct bl_bytes *b, uint64_t v);
void bl_put_svarint(struct bl_bytes *b, int64_t v);
void bl_put_decimal(struct bl_bytes *b, uint64_t v);

/* ---- a checked file ----------------------------------------------------------------------- */

/* "1500 ps", "10 ns": a count of 10^exponent s without loss, in the unit below the exponent, `between` in between. buf of
 * BL_TICKS_TEXT bytes. Returns buf. */
enum { BL_FEMTO = -15, BL_TICKS_TEXT = 64 };
char *bl_ticks_text(uint64_t count, int exponent, const char *between, char *buf);

/* Anything but `end` and `fd` is private. After the first failed write all later writes fail in
 * silence: one message, which names the file and the last time that is safe on disk. */
struct bl_out {
    int fd;
    char *path;
    char *place, *beside;      /* where it will be, behind all links; NAME.RANDOM.tmp until published, then NULL */
    uint64_t end;              /* bytes in the file */
    uint64_t safe_at;
    int exponent;              /* safe_at is a count of 10^exponent s; -15 from bl_out_open on */
    bool safe, failed;
    struct bl_diag *diag;
};

/* Creates the file ("-": standard output), or with `beside` one of another name in its folder, which takes its name at bl_out_publish. Of a
 * link the file it leads to. While it is open another bl_out_open of it is refused, in this process and others.
 * 0, or -1 after a bl_error; then there is nothing to close. */
int bl_out_open(struct bl_out *o, const char *path, bool beside, struct bl_diag *diag);
/* Adds n bytes at the end. When they do not fit, the file is cut back to what it was. */
int bl_out_append(struct bl_out *o, const void *bytes, size_t n);
/* Overwrites n bytes that exist. */
int bl_out_patch(struct bl_out *o, uint64_t at, const void *bytes, size_t n);
/* Takes away what is behind the first `end` bytes. */
int bl_out_cut(struct bl_out *o, uint64_t end);
/* A regular file, which can be patched and cut; a pipe cannot. */
bool bl_out_regular(const struct bl_out *o);
int bl_out_publish(struct bl_out *o);
/* Everything up to this time can now be read from the file. */
void bl_out_safe(struct bl_out *o, uint64_t at);
/* Reports a failure that was not a write (what went wrong as text); returns -1. */
int bl_out_fail(struct bl_out *o, const char *what);
/* Closes; removes what was never published. -1 if any write of this file has failed. */
int bl_out_close(struct bl_out *o);

/* For tests only: SIGKILL to this process right after its n-th write from now; 0 switches it off. */
void bl_out_kill_after(unsigned long writes);

#endif

/* fst_read_in.h - the FST reader's own structures, shared by fst_read.c, fst_read_block.c and fst_read_tell.c. Byte
 * layouts are described in FORMAT.md. */
#ifndef BL_TRACES_FST_READ_IN_H
#define BL_TRACES_FST_READ_IN_H

#include "traces/read_in.h"

/* A whole block of changes: [at, end) of the file without type and length. */
struct fst_block {
    uint64_t at, end, begin, finish;
    uint8_t type;
};

/* One signal in the block that is told: its records from p on. */
struct fst_signal {
    const uint8_t *p, *end;
    uint64_t head;             /* the varint in front of its next value */
    uint32_t next;             /* 1 + the next signal that is due at the same time */
    uint32_t var, width;       /* width: characters of a value in the file, 0 for reals and strings */
    uint32_t kind;             /* enum bl_wave_kind */
    bool port, skip;           /* port: of its value only the states count; skip: no variable of ours */
};

struct fst_dump { uint64_t at; bool on; };

/* A signal as the hierarchy declares it. */
struct fst_handle { uint32_t var, width; bool port; };        /* var: 1 + its first variable, 0: passed over */

struct fst_reader {
    struct fst_block *block;
    size_t nblocks, cap;
    uint64_t hierarchy, geometry, blackout;    /* where their blocks stand; 0: there is none */
    bool big_doubles;
    struct unpacker unpack;
    struct fst_handle *handle;
    size_t nhandles, handles;  /* handles: room */
    struct fst_signal *signal;
    uint32_t n;
    struct fst_dump *dump;
    size_t ndumps, next_dump;

    /* the block that is told */
    size_t loaded;             /* blocks loaded so far; this one is block[loaded - 1] */
    uint64_t *time;
    size_t ntimes, tick;       /* tick: the next time to tell */
    uint32_t *list;            /* by time: 1 + the first signal that changes there */
    uint8_t *chains;           /* unpacked */
    uint8_t *frame;            /* values at the begin, before the first time; NULL: told, or not needed */
    uint64_t framed;           /* signals in it */
    uint64_t now;
    uint64_t *due, *some;      /* signals that change now, by number; and which words of `due` are not 0 */
};

/* fst_read_hier.c: one walk over the raw hierarchy; `offset` is where its block stands. Fills s->vars and handle[]. */
int bl_fst_read_hier(struct bl_wave_source *s, const uint8_t *raw, size_t n, uint64_t offset);
/* fst_read.c: n bytes at `at` that give `raw`, plain when both are equal. To be freed; NULL after a bl_error that names `what`. */
uint8_t *bl_fst_read_packed(struct bl_wave_source *s, uint64_t at, uint64_t n, uint64_t raw, uint8_t type, const char *what);
/* fst_read_block.c: frees what the present block needed. */
void bl_fst_read_drop(struct fst_reader *r);
/* Drops the present block and takes the next one apart; 0, or -1 after a bl_error. */
int bl_fst_read_load(struct bl_wave_source *s);
/* fst_read_tell.c: a signal of the present block, its records unpacked, waits for the first of them. */
int bl_fst_read_start(struct bl_wave_source *s, struct fst_signal *g);

static inline bool bl_fst_read_wanted(const struct bl_wave_source *s, uint64_t handle)
{
    const struct fst_signal *g = &s->fst->signal[handle];

    return !g->skip && (!s->want || s->want[g->var]);
}

#endif

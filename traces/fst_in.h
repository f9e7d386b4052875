/* fst_in.h - the FST writer's own structures, shared by fst.c, fst_hier.c, fst_chain.c and
 * fst_pack.c. Byte layouts are described in FORMAT.md. */
#ifndef BL_TRACES_FST_IN_H
#define BL_TRACES_FST_IN_H

#include <lz4.h>
#include <time.h>
#include <zlib.h>

#include "traces/out.h"
#include "traces/vars.h"

/* The changes of one signal in the block under construction, already in the file's form. Half a cache line. */
struct chain {
    uint8_t *at;
    uint32_t n, cap;
    uint32_t last;             /* where its newest record starts */
    uint32_t tick;             /* time index of its newest record */
    uint32_t width;            /* bits; 1 for an event, 0 for reals and strings */
    uint8_t kind;              /* enum bl_wave_kind */
    uint8_t rest;              /* blocks for which packing is not tried again */
    uint8_t bytes, left;       /* 2 to 64 bits, as nearly all are: bytes of a value, zeros behind it in 64; otherwise 0 */
};
_Static_assert(sizeof(void *) != 8 || sizeof(struct chain) == 32, "a change touches one cache line of its chain");

/* Where equal chains meet: slots of an open hash table, valid for one block. */
struct twin {
    uint64_t hash;
    uint32_t chain;            /* 1 + number; 0: free */
};

struct bl_wave {
    struct bl_out out;
    size_t nvars;
    uint32_t *slot;            /* variable -> chain */
    struct chain *chain;
    uint32_t nchains, nscopes, nshort;         /* nshort: names that were too long and are shortened */
    uint32_t index;            /* time index of `now` in this block */
    uint64_t begin, now, start;
    size_t buffered, limit;    /* bytes of changes and times in this block; when to write it */
    uint64_t nblocks;
    int exponent;              /* times are counts of 10^exponent s */
    bool published;            /* the file has its name: the prologue is on disk */
    struct bl_bytes prologue;  /* geometry and hierarchy, until published */
    struct bl_bytes times;     /* varint deltas of this block's times */
    struct bl_bytes dumps;     /* blackouts so far, as the file has them */
    uint64_t ndumps, told_dumps, dumped;       /* how many; of these in the file; the time of the last */
    struct bl_bytes block;     /* what is written next */
    uint8_t *frame;            /* values at the block's begin, as the file wants them: chain after chain */
    size_t nframe;
    char pack;                 /* how chains are packed: '4' (LZ4) or 'Z' (zlib) */
    bool live;                 /* small blocks, soon */
    struct timespec flushed;   /* live: when the last block was written */
    LZ4_stream_t *lz4;         /* the state of its encoder */
    z_stream z, small;         /* level 1, reused; small: cheap to reset, for short chains */
    bool has_z;
    struct twin *twin;
    size_t ntwins;             /* a power of two */
    uint32_t last_own;         /* of the last block written: the last chain with bytes of its own, */
    size_t last_at;            /* and its position; 0: it had none */
};

/* Bits as the file has them: left aligned in whole bytes. */
static inline size_t bits_bytes(uint32_t width)
{
    return (width + 7) / 8;
}

/* What a signal takes of the frame: a character a bit, or a double. */
static inline size_t frame_bytes(const struct chain *c)
{
    return c->kind == BL_WAVE_REAL ? 8 : c->width;
}

/* fst_hier.c: geometry and hierarchy blocks into w->prologue; sets w->nscopes and w->nshort. -1: no memory. */
int bl_fst_prologue(struct bl_wave *w, const struct bl_wave_var *vars);

/* fst_chain.c: the calls of struct bl_wave_ops that bring a change. */
int bl_fst_bits(struct bl_wave *w, uint32_t var, const uint64_t *words);
int bl_fst_states(struct bl_wave *w, uint32_t var, const char *ascii);
int bl_fst_real(struct bl_wave *w, uint32_t var, double value);
int bl_fst_string(struct bl_wave *w, uint32_t var, const char *text, size_t bytes);
/* Moves the newest value of every chain into the frame and empties the chains. */
void bl_fst_next_frame(struct bl_wave *w);
/* A double as this writer stores it on every machine: little endian. */
void bl_fst_double(uint8_t at[8], double value);

/* fst_pack.c */
int bl_fst_pack_init(struct bl_wave *w);
void bl_fst_pack_fini(struct bl_wave *w);
/* Appends n bytes deflated, or plain when that is not smaller; returns the stored length. */
size_t bl_fst_squeeze(struct bl_wave *w, struct bl_bytes *b, const uint8_t *src, size_t n);
/* Appends the pack type, all chains and their index; returns the sum of raw chain lengths. */
uint64_t bl_fst_pack_chains(struct bl_wave *w, struct bl_bytes *b);

#endif

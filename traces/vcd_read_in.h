/* vcd_read_in.h - the VCD reader's own structures, shared by vcd_read.c and vcd_read_head.c. */
#ifndef BL_TRACES_VCD_READ_IN_H
#define BL_TRACES_VCD_READ_IN_H

#include "traces/read_in.h"

struct id { const char *text; uint32_t n, var; };     /* text NULL: a free slot */

struct vcd_reader {
    const uint8_t *p, *end;    /* the text that is there; all of it in a plain file */
    bool gzip, has_z, last;    /* last: nothing comes behind `end` */
    z_stream z;
    uint64_t member;           /* where the gzip member begins that is being read */
    uint8_t *window;
    size_t room;
    uint64_t line;             /* number of the line p is in */
    struct id *id;             /* open hash table, a power of two */
    size_t nids, slots;
    uint32_t *slot;            /* variable -> signal, for s->want */
    bool timed, ended, off;    /* timed: `next` was read; off: inside $dumpoff .. $end */
    uint64_t now, next;
};

struct word { const char *at; size_t n; };

/* vcd_read.c. "NAME:LINE: 'WORD': WHAT"; returns -1. */
int bl_vcd_read_bad(struct bl_wave_source *s, const char *what, struct word w);
/* The next word; n 0 at the end of the text. A last word without a blank behind it may be cut off: it is dropped. A word is good
 * until the next one is read. 0, or -1 after a bl_error. */
int bl_vcd_read_word(struct bl_wave_source *s, struct word *w);
/* Everything up to $end, words joined by one blank, into `to` (may be NULL). */
int bl_vcd_read_section(struct bl_wave_source *s, struct bl_bytes *to);
/* vcd_read_head.c: everything up to $enddefinitions. */
int bl_vcd_read_head(struct bl_wave_source *s);

static inline bool bl_vcd_is(struct word w, const char *text)
{
    return w.n == strlen(text) && !memcmp(w.at, text, w.n);
}

static inline uint64_t bl_vcd_hash(struct word w)
{
    uint64_t h = w.n;

    for (size_t i = 0; i < w.n; i++)
        h = (h ^ (uint8_t)w.at[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

/* Where an identifier stands in the table, or would stand: then its text is NULL. */
static inline struct id *bl_vcd_find(struct vcd_reader *r, struct word w)
{
    size_t at = bl_vcd_hash(w) & (r->slots - 1);

    while (r->id[at].text && (r->id[at].n != w.n || memcmp(r->id[at].text, w.at, w.n)))
        at = (at + 1) & (r->slots - 1);
    return &r->id[at];
}

#endif

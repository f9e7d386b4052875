/* vcd_read_in.h - the VCD reader's own structures, shared by vcd_read.c, vcd_read_head.c and vcd_read_value.c. */
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
    uint32_t *also;            /* by variable: 1 + the next one of the same identifier that has another shape */
    size_t nalso;
    struct bl_bytes kept;      /* a value, while the words behind it are read */
    bool ended, off;           /* off: inside $dumpoff .. $end */
    uint64_t now, next;
};

struct word { const char *at; size_t n; };

/* vcd_read.c. "NAME:LINE: 'WORD': WHAT"; returns -1. */
int bl_vcd_read_bad(struct bl_wave_source *s, const char *what, struct word w);
/* Counts a word that is passed over, with its line; returns 0. */
int bl_vcd_read_odd(struct bl_wave_source *s, const char *what, struct word w);
/* The next word; n 0 at the end of the text. A word is good until the next one is read. 0, or -1 after a bl_error. */
int bl_vcd_read_word(struct bl_wave_source *s, struct word *w);
/* Makes the word just read the next one again. */
static inline void bl_vcd_read_back(struct bl_wave_source *s, struct word w) { s->vcd->p -= w.n; }
/* Does another word stand behind the one just read, on its line? */
int bl_vcd_read_same_line(struct bl_wave_source *s, bool *yes);
/* Does the word just read touch the end of the text? Then it may be cut off. */
static inline bool bl_vcd_read_at_end(const struct bl_wave_source *s) { return s->vcd->last && s->vcd->p == s->vcd->end; }
/* The rest of the line, from the word just read on, which is taken. */
int bl_vcd_read_line(struct bl_wave_source *s, struct word first, struct word *line);
/* The text ends in the middle of something; the word is where that begins. Returns 0. */
int bl_vcd_read_torn(struct bl_wave_source *s, struct word w);
/* Everything up to $end, words joined by one blank, into `to` (may be NULL). 0, 1 when the text ends before it, -1. */
int bl_vcd_read_section(struct bl_wave_source *s, struct bl_bytes *to);
/* vcd_read_head.c: everything up to $enddefinitions. */
int bl_vcd_read_head(struct bl_wave_source *s);
/* vcd_read_value.c: tells the change that begins with this word. 0, or -1. */
int bl_vcd_read_change(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, struct word x);

static inline bool bl_vcd_is(struct word w, const char *text)
{
    return w.n == strlen(text) && !memcmp(w.at, text, w.n);
}

/* "#" and a digit, a sign or nothing: what can only be a time. */
static inline bool bl_vcd_is_time(struct word w)
{
    return w.n && *w.at == '#' && (w.n == 1 || (w.at[1] >= '0' && w.at[1] <= '9') || w.at[1] == '-' || w.at[1] == '.');
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

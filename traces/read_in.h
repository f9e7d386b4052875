/* read_in.h - what the readers of waves share: the bytes of a file, declarations as they are found, messages.
 * Used by wave_read.c, wave_open.c, wave_odd.c, fst_unpack.c and the files fst_read*.c and vcd_read*.c only. */
#ifndef BL_TRACES_READ_IN_H
#define BL_TRACES_READ_IN_H

#include <zlib.h>

#include "traces/out.h"
#include "traces/wave_read.h"

/* Memory that is freed as a whole, when the source is closed. */
struct room { struct room *next; };

struct fst_reader;
struct vcd_reader;
enum { MOST_ODD = 32 };        /* kinds: one for each call of bl_read_odd */

struct bl_wave_source {
    struct bl_wave_head head;
    const char *name;
    struct bl_diag *diag;
    const uint8_t *at;         /* the file */
    size_t n;
    void *mapped;              /* what to unmap, what to free: where `at` came from */
    size_t nmapped;
    uint8_t *owned;
    struct room *rooms;
    struct bl_wave_var *vars;
    size_t nvars, cap;
    struct bl_bytes path;      /* the scope declarations are in now, dotted */
    const char *scope;         /* a copy of it, made when a variable needs it; NULL: not yet */
    bool *want;                /* by variable that is no alias; NULL: all */
    uint64_t *words;           /* room for a value of the widest signal, as words and */
    char *states;              /* as letters */
    struct bl_wave_odd odd[MOST_ODD];
    struct fst_reader *fst;    /* one of the two */
    struct vcd_reader *vcd;
};

/* wave_read.c. NULL or -1 after a bl_error. */
void *bl_read_alloc(struct bl_wave_source *s, size_t bytes);
char *bl_read_text(struct bl_wave_source *s, const char *text, size_t n);   /* a copy with a NUL */
/* n bytes as printable text, what is not printable as \xNN, cut to the room. Returns to. */
char *bl_read_show(char *to, size_t room, const char *at, size_t n);
/* wave_odd.c: counts something that is passed over; `what` is a literal, one for each kind. Returns 0. */
int bl_read_odd(struct bl_wave_source *s, uint64_t at, const char *what, const char *word, size_t n);
/* Notes that the file is unfinished from this byte on; the first one counts. */
void bl_read_torn(struct bl_wave_source *s, uint64_t at);
/* "NAME: at byte OFFSET: WHAT"; returns -1. */
int bl_read_bad(struct bl_wave_source *s, uint64_t offset, const char *fmt, ...) BL_PRINTF(3, 4);
int bl_read_down(struct bl_wave_source *s, const char *scope, size_t n);
void bl_read_up(struct bl_wave_source *s);
/* Declares a variable in the present scope; the name may carry a range. Returns it, for names and alias. */
struct bl_wave_var *bl_read_var(struct bl_wave_source *s, const char *name, size_t n, enum bl_wave_kind kind, uint32_t width);
/* C escapes back to bytes, in place; returns how many there are. */
size_t bl_read_unescape(char *text, size_t n);

/* A value of n characters MSB first, told as words when all are 0 or 1, else as states in the letters of the writers. */
int bl_read_tell_chars(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w, uint32_t var, const char *at, size_t n);

/* The state of a port (EVCD) as GTKWave shows it. */
char bl_read_port_state(char evcd);

/* fst_read.c and vcd_read.c; open is told the whole file in s->at and fills s->head. */
int bl_fst_read_open(struct bl_wave_source *s);
int bl_fst_read_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w);
void bl_fst_read_close(struct bl_wave_source *s);
int bl_vcd_read_open(struct bl_wave_source *s, bool gzip);
int bl_vcd_read_step(struct bl_wave_source *s, const struct bl_wave_ops *to, struct bl_wave *w);
void bl_vcd_read_close(struct bl_wave_source *s);


/* fst_unpack.c: n bytes that must give exactly `raw` bytes. False: they do not. A stream is kept for zlib. */
struct unpacker { z_stream z; bool begun; };
bool bl_unpack(struct unpacker *u, uint8_t type, const uint8_t *src, size_t n, uint8_t *to, size_t raw);
/* The most n packed bytes can give: what claims more is refused before memory is taken for it. */
uint64_t bl_unpack_most(uint8_t type, size_t n);
void bl_unpack_fini(struct unpacker *u);
/* A gzip stream that gives `raw` bytes, in memory to be freed; NULL: it does not. */
uint8_t *bl_unpack_gzip(const uint8_t *src, size_t n, uint64_t raw);
/* The first bytes, up to `room`, of what a gzip file holds; returns how many. */
size_t bl_unpack_begin(const uint8_t *src, size_t n, uint8_t *to, size_t room);
/* Behind a member that has ended: is there another one in the n bytes at `at`? Then the stream goes on there. What else follows is
 * none of the file's, as gzip has it. */
bool bl_unpack_next_member(z_stream *z, const uint8_t *at, size_t n);
/* All members of a gzip file, up to `most` bytes. 0: whole; 1: its end is cut off or damaged, what it gave before is there; -1:
 * it gives more, or memory is out. */
int bl_unpack_members(const uint8_t *src, size_t n, size_t most, struct bl_bytes *to);

static inline uint64_t bl_get_u64be(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

/* Moves *p over a varint that ends before `end`; false: it does not, or is longer than 64 bits. */
static inline bool bl_get_varint(const uint8_t **p, const uint8_t *end, uint64_t *v)
{
    uint64_t sum = 0;
    const uint8_t *q = *p;

    if (q < end && *q < 128) {
        *v = *q;
        *p = q + 1;
        return true;
    }
    for (unsigned shift = 0; q < end && shift < 64; shift += 7) {
        sum |= (uint64_t)(*q & 127) << shift;
        if (!(*q++ & 128)) {
            *v = sum;
            *p = q;
            return true;
        }
    }
    return false;
}

static inline bool bl_get_svarint(const uint8_t **p, const uint8_t *end, int64_t *v)
{
    const uint8_t *from = *p;
    uint64_t sum;

    if (!bl_get_varint(p, end, &sum))
        return false;
    unsigned bits = 7 * (unsigned)(*p - from);
    if (bits < 64 && sum >> (bits - 1) & 1)
        sum |= ~UINT64_C(0) << bits;
    memcpy(v, &sum, sizeof sum);
    return true;
}

#endif

/* path.h - the critical path as it is recorded, as structs. Rows: a verdict each (as in the account), a port each (ties), kinds of steps. */
#ifndef BL_OBSERVE_PATH_H
#define BL_OBSERVE_PATH_H

#include "kernel/observe/inside.h"

enum { BOOK_ROWS = 48 };
struct booked { uint64_t fs, row; };
struct book { uint64_t n; struct booked at[BOOK_ROWS]; };      /* a path: where its time went; row 0 takes the time that finds no place, once there is any */

/* Kinds of steps that ended a wait, as time; then what books had no room for. */
enum path_kind { BY_PORT, BY_FEED, BY_WORD, LATE, ALONE, TIED, NO_ROOM, PATH_KINDS };

struct change {                      /* state: of a heard word, and the path that ends with who drove it */
    uint64_t at, delta;              /* when it was committed */
    uint64_t u, own_fs;              /* when its driver acted; what that one worked since the end of `book` */
    uint32_t row, own;               /* the driver's verdict from u on, and before */
    uint32_t old, kept;              /* of a counter: its value before; kept: there is one */
    struct book book;
};
struct heard { uint32_t latest, count; uint64_t after; };        /* state: count: of a counter, as of the last commit; after: 1 + the delta of the latest change, 0: none */

struct actor {                       /* state: a part */
    uint64_t acted;                  /* when it last did */
    bl_verdict v;                    /* what it is at since its books end */
    uint64_t edge;                   /* of the last change of a stream, the edge at which it is seen; 0: it was looked at */
    uint64_t covered, counted;       /* work up to there comes of changes; is counted */
    uint64_t seen, both, alone;      /* edges at which a change was seen; those of them with work; work that follows none, fs */
};
struct way_book { uint64_t since; struct book book; };   /* state: of the outputs of one way */

struct listening {                   /* frozen: of a heard word */
    uint32_t word, first, kept;      /* its first change; how many are kept */
    const struct bl_node *owner;
    uint32_t way;                    /* of its owner */
    bool through;                    /* it drives a wire or synchronises: it has no book of its own */
    struct span streams;             /* who works by it: in path->readers */
};
struct end { uint32_t place, heard, own; const struct bl_word *word; bool push, pipe; };     /* frozen: word: the counter that it drives */
struct walker {                      /* frozen: of a part */
    uint32_t ways, first;            /* its books */
    uint64_t period;                 /* 0: a process */
    uint32_t *heard;                 /* by place in node->port: the heard word that its end reads, NONE */
    uint32_t *own;                   /* the counter of an end that it drives itself, NONE */
    uint64_t *in;                    /* a bit for each way that depends on it */
    uint64_t *latency;               /* of a stream, in cycles; 0: it is none */
    struct end *end; uint32_t nends; /* of channels that are heard on both sides, */
    uint32_t *streams, nstreams;     /* and of streams */
    uint64_t *push;                  /* a bit a place: a push end */
};
struct reader { const struct bl_node *n; uint64_t latency; };    /* of a stream, cycles */
struct path {                        /* frozen, but for what it points to */
    uint32_t nheard, rows, ties, kinds;          /* ties, kinds: the first row of each; rows: all */
    struct listening *listening; uint32_t *of_word;      /* by word: 1 + its number among the heard */
    struct walker *walker;           /* by node */
    struct reader *readers;
    struct heard *heard; struct change *change; struct actor *actor; struct way_book *books;     /* state */
    uint64_t *total, *cut;           /* state: of what is cut off; when that was */
    uint64_t delta;                  /* changes of earlier deltas are seen */
};

/* ---- path_layout.c ---- */
static inline bool waits_for_others(const struct bl_node *n, bl_verdict v)
{
    const uint32_t k = said_verdict(v);

    return k == BL_IDLE ? n->nfeeds > 0 : k != BL_BUSY && n->info->waits_on[k].n > 0;
}
static inline struct change *change_of(const struct path *p, uint32_t h, uint32_t back)    /* the latest, the one before, .. */
{
    const struct listening *l = &p->listening[h];
    const uint32_t latest = p->heard[h].latest;

    return &p->change[l->first + (latest >= back ? latest - back : latest + l->kept - back)];      /* back is below kept */
}

static inline void copy_book(struct book *to, const struct book *from)
{
    if (to != from)
        memcpy(to, from, sizeof from->n + from->n * sizeof *from->at);
}

/* ---- path.c ---- */
void book_add(const struct path *p, struct book *b, uint32_t row, uint64_t fs);
/* The path that ends with n at `now`, by one of its ways. */
void path_reach(struct bl_sim *s, const struct bl_node *n, uint32_t way, uint64_t now, struct book *to);
/* Into c, the change of a word of n that is committed now: when n acted, what it did, the path that ends there. One that is just in time is a book of
 * its way from here on. */
void path_keep(struct bl_sim *s, struct change *c, const struct bl_node *n, uint32_t way);

#endif

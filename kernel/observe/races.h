/* races.h - what points.c and races.c share: one run, studied point by point. */
#ifndef BL_OBSERVE_RACES_H
#define BL_OBSERVE_RACES_H

#include "kernel/observe/inside.h"

enum { ENTRIES = 1 << 16 };          /* points kept of a run */
enum held { STRUCT, MEMORY, WORD, ITEMS, VERDICT };
struct piece { const unsigned char *at; size_t bytes, every; enum held what; uint32_t id; };   /* id: part, word or ring */

struct point { uint64_t index, time, fs, delta, here, chain; };   /* time: how many times with events came before */

enum role { KEEPS, COMPARES, COPIES, SHOWS };
struct study {                       /* of one run against what is kept of the unpermuted one */
    struct bl_races *r;
    struct bl_order order;
    struct piece *piece;
    size_t npieces, room;
    uint64_t longest;                /* times between two looks at the largest memory */
    enum role role;
    struct point now;                /* the state that the last delta left */
    bool over, met;                  /* met: a difference; or the point that was wanted */
    struct point lo, hi;             /* the last point that was equal, the first that was not */
    struct point phase;              /* the delta that is studied, when the run came there */
    struct point *kept, end;         /* of the unpermuted run; the last one */
    size_t nkept, at;
    uint64_t stride;
    bool window;                     /* of times [from, to], where every delta is a point and everything is hashed; */
    uint64_t from, to;               /* without it every time is one */
    uint64_t wanted;                 /* COPIES, SHOWS: index of the point */
    unsigned char *copy;
};

/* To be struct bl_order's look, whose ctx is a study: what its role says is done at each point. */
void study_look(struct bl_order *o, struct bl_sim *s);

#endif

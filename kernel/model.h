/* model.h - everything a component needs: ports, links, words, verdicts, naps, waits, tallies,
 * random draws and the class table. Components include it, and kernel/ieee/ieee.h when they need that.
 *
 * A component is a struct whose first member is `struct bl_part p`, up to five functions, a const
 * table of its fields and a const class. See README, "add a component". */
#ifndef BL_MODEL_H
#define BL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define BL_NORETURN_ [[noreturn]]
extern "C" {
#else
#define BL_NORETURN_ _Noreturn
#endif

/* ---- time: uint64_t femtoseconds ------------------------------------------------------------ */

#define BL_FS UINT64_C(1)
#define BL_PS UINT64_C(1000)
#define BL_NS UINT64_C(1000000)
#define BL_US UINT64_C(1000000000)
#define BL_MS UINT64_C(1000000000000)

/* ---- what is inside a component's struct ---------------------------------------------------- */

struct bl_node;                 /* the kernel's record of a part; not for components */

struct bl_part {                /* first member of every component's struct */
    struct bl_node *node;
    uint64_t draws;             /* random numbers taken so far */
    uint64_t until;             /* when an AWAIT_FOR ends, fs */
    uint32_t at;                /* where a waiting part resumes; 0 is the top */
    uint32_t wait;              /* what it waits for: enum bl_wait */
};

/* Ends of links. All are bound by elaboration; a component only uses them. */
typedef struct { struct bl_ring *r; } bl_pop;    /* takes items from a channel or pipe */
typedef struct { struct bl_ring *r; } bl_push;   /* gives items */
typedef struct { uintptr_t w; } bl_in;           /* reads a word or wire of another part */
typedef struct { uintptr_t w; } bl_out;          /* drives one: a registered word, or a wire in a comb part */
typedef struct { uint32_t id; } bl_event;        /* an event of the event layer */
/* As many ends as a parameter says, 1 .. BL_PORTS_MOST: at[0 .. n - 1], each an end like any other. Given by elaboration: both are
 * known in init and later. */
typedef struct { const bl_pop  *at; uint64_t n; } bl_pops;
typedef struct { const bl_push *at; uint64_t n; } bl_pushes;
typedef struct { const bl_in   *at; uint64_t n; } bl_ins;
typedef struct { const bl_out  *at; uint64_t n; } bl_outs;
enum { BL_PORTS_MOST = 1024 };
typedef struct { uint64_t n; } bl_tally;         /* a counted operation that has a price */
typedef struct { const void *at; uint64_t n; } bl_table;         /* what the host supplied: n elements, immutable; 0: nothing */
#define BL_ROWS(type, t) ((const type *)(t).at)                  /* NULL when nothing was supplied */

/* ---- verdicts: what a cycle went to --------------------------------------------------------- */

typedef uint32_t bl_verdict;
enum { BL_IDLE, BL_BUSY, BL_STALL };  /* a class's own stall causes count up from BL_STALL, at most 62 of them */
#define BL_NAPPING 0x8000u
/* Return BL_NAP(v) from tick when nothing changes until a word, wire or link end of this part moves:
 * the part leaves its clock, its verdict stays v, and it ticks again at the first edge strictly
 * after the move. An event in its table (BL_EVENT) ends a nap too: bl_notify(t, t->timer, n * bl_period(t)) and
 * a nap is a wait of n cycles. A part that would tick without effect may nap; it never has to. Never nap while
 * anything in the part still moves by itself (a pipeline stage, a counter): `bitline run --no-nap`
 * keeps everybody awake and must give the same bytes. */
#define BL_NAP(v) ((bl_verdict)(v) | BL_NAPPING)
/* Verdict v, waiting at the k-th of the ports that v lists (BL_WAITS), from 0; without it: at the first. Of several things that
 * are missing a part names the first one; when anybody of several would do, the one whose turn is next. The account and the traces
 * know the cause only; who is waited for and who is blamed goes by the port. To be napped on too: BL_NAP(BL_AT(v, k)). */
#define BL_AT(v, k) ((bl_verdict)(v) | bl_at_(k) << 16)
static inline uint32_t bl_at_(uint64_t k) { return k < 0xfffe ? (uint32_t)k + 1 : 0xffff; }   /* no port has number 65 534: misuse */

/* v is this part's verdict from now on. For a combinational part, whose class says `works` (in comb; it has an account then, in fs),
 * and for a method (in run; once it has called this, what it returns counts no more). What lasts no time is booked nowhere. A part
 * that must stop working by itself is a `run` part: comb cannot notify. A tick and an AWAIT say their verdict as they return it. */
void bl_work(void *self, bl_verdict v);

/* ---- slots: what a macro does (BL_SLOTS) ------------------------------------------------------ */

/* Macro k of the part (0: the only one) is at this from now on, a clocked part: from this edge on, until it says something else:
 * it waits (so it begins); it holds results that nobody takes; weights are written into it; it operates with so many rows and columns,
 * at most those it has. Only BL_SLOTS_USE has rows and cols. Each edge at which a clocked part that is a macro (BL_SLOTS) is busy
 * must be one of the last two. */
enum bl_slots_at { BL_SLOTS_WAIT, BL_SLOTS_BLOCKED, BL_SLOTS_LOAD, BL_SLOTS_USE };
void bl_slots(void *self, uint32_t k, enum bl_slots_at at, uint64_t rows, uint64_t cols);
/* What it is at then holds for `after` more cycles (of a part without a clock: fs), unless it says something else before. */
void bl_slots_then(void *self, uint32_t k, uint64_t after, enum bl_slots_at at, uint64_t rows, uint64_t cols);

/* ---- links as the kernel lays them out (use the functions below) ---------------------------- */

/* A bl_in or bl_out is the address of its word, a multiple of 64, plus the bytes of a lane, 1, 2, 4 or 8: one bit tells whether it is
 * used in the width of its table, and whether it is in a table at all. */
struct bl_word {                /* one registered word, or one wire (a wide one has now == next) */
    void *now, *next;           /* lanes, each in 1, 2, 4 or 8 bytes, or packed bits in 64-bit words */
    __extension__ union {       /* C11 has anonymous structs, C++17 does not */
        __extension__ struct {
            uint32_t elem;      /* bytes of one lane in memory: 1, 2, 4, 8 */
            uint32_t ask;       /* how many must be told of a write: sleeping readers, and 1 for all others */
        };
        uint64_t gate;          /* both in one comparison: elem, as long as nobody asks */
    };
    uint16_t queued, special;   /* announced and not yet committed; how it is announced */
    uint32_t bytes;
    uint32_t listen, nlisten;   /* who listens: the first of them, how many */
    uint32_t id;
    uint32_t bus;               /* 1 + number of the signal that it drives together with others, or 0 */
    uint32_t lanes, bits;       /* bits: of one lane */
    struct bl_sim *sim;
};

struct bl_ring {                /* a channel or a pipe */
    unsigned char *data;
    const uint32_t *pushed;     /* items pushed, as the pop end sees it */
    const uint32_t *popped;     /* items popped, as the push end sees it */
    struct bl_word *push_word, *pop_word;  /* the two counters */
    uint32_t depth, mask, slot; /* items that fit; ring size - 1; bytes of one item */
    uint32_t lanes, bits, elem;
};

void bl_announce(struct bl_word *w, uint32_t elem);           /* a write somebody waits for */
/* A modeller's mistake found at work: says where and when, closes the traces, aborts (SIGABRT). */
BL_NORETURN_ void bl_misuse(const void *self, const char *what);
BL_NORETURN_ void bl_misuse_port(const struct bl_word *w, const char *what);

/* The same, of a handle that is NULL; what: "an input". */
BL_NORETURN_ void bl_misuse_untabled(const char *what);
static inline struct bl_ring *bl_pop_(bl_pop e)  { if (__builtin_expect(!e.r, 0)) bl_misuse_untabled("a pop end");  return e.r; }
static inline struct bl_ring *bl_push_(bl_push e) { if (__builtin_expect(!e.r, 0)) bl_misuse_untabled("a push end"); return e.r; }
static inline struct bl_word *bl_word_(uintptr_t w, const char *what)
{
    if (__builtin_expect(!w, 0))
        bl_misuse_untabled(what);
    return (struct bl_word *)(w & ~(uintptr_t)15);
}
static inline struct bl_word *bl_in_(bl_in e) { return bl_word_(e.w, "an input"); }
static inline struct bl_word *bl_out_(bl_out e) { return bl_word_(e.w, "an output"); }

#define BL_BORDER(ok, w, what) \
    do { if (__builtin_expect(!(ok), 0)) bl_misuse_port(w, what); } while (0)

static inline void *bl_word_write_(uintptr_t at, uint32_t elem)
{
    if (__builtin_expect(!(at & elem), 0))
        bl_misuse_port(bl_word_(at, "an output"), "output written in another width than its table says");
    struct bl_word *w = (struct bl_word *)(at - elem);
    if (__builtin_expect(w->gate != elem, 0))
        bl_announce(w, elem);
    return w->next;
}

static inline const void *bl_word_read_(uintptr_t at, uint32_t elem)
{
    if (__builtin_expect(!(at & elem), 0))
        bl_misuse_port(bl_word_(at, "an input"), "input read in another width than its table says");
    return ((const struct bl_word *)(at - elem))->now;
}

static inline void *bl_ring_push_(struct bl_ring *r, uint32_t elem)
{
    struct bl_word *c = r->push_word;
    uint32_t n = *(uint32_t *)c->next;

    BL_BORDER(r->elem == elem, c, "item pushed in another width than its table says");
    BL_BORDER(n - *r->popped < r->depth, c, "push without room: ask bl_room first");
    *(uint32_t *)c->next = n + 1;
    if (c->ask && !c->queued)
        bl_announce(c, 4);
    return r->data + (size_t)(n & r->mask) * r->slot;
}

static inline const void *bl_ring_front_(const struct bl_ring *r, uint32_t elem, uint32_t skip)
{
    uint32_t n = *(const uint32_t *)r->pop_word->next;

    BL_BORDER(r->elem == elem, r->pop_word, "item popped in another width than its table says");
    BL_BORDER(skip < *r->pushed - n, r->pop_word, "pop without an item: ask bl_avail first");
    return r->data + (size_t)((n + skip) & r->mask) * r->slot;
}

static inline const void *bl_ring_pop_(struct bl_ring *r, uint32_t elem)
{
    const void *item = bl_ring_front_(r, elem, 0);
    struct bl_word *c = r->pop_word;

    ++*(uint32_t *)c->next;
    if (c->ask && !c->queued)
        bl_announce(c, 4);
    return item;
}

/* ---- channels and pipes ----------------------------------------------------------------------
 * An item is `lanes` values in their natural C type, or packed bits (64-bit words, LSW first).
 * Pointers from push, pop and peek live until the function returns; a pushed item must be filled
 * before that. A channel's ends see each other as of the last edge; a pipe's push end also sees
 * what the pop end takes in this cycle. */

/* Items that may be popped now. */
static inline uint32_t bl_avail(bl_pop e) { return *bl_pop_(e)->pushed - *(const uint32_t *)e.r->pop_word->next; }
/* Items that may be pushed now. */
static inline uint32_t bl_room(bl_push e)
{
    return bl_push_(e)->depth - (*(const uint32_t *)e.r->push_word->next - *e.r->popped);
}
static inline uint8_t  *bl_push8 (bl_push e) { return (uint8_t  *)bl_ring_push_(bl_push_(e), 1); }
static inline uint16_t *bl_push16(bl_push e) { return (uint16_t *)bl_ring_push_(bl_push_(e), 2); }
static inline uint32_t *bl_push32(bl_push e) { return (uint32_t *)bl_ring_push_(bl_push_(e), 4); }
static inline uint64_t *bl_push64(bl_push e) { return (uint64_t *)bl_ring_push_(bl_push_(e), 8); }
static inline const uint8_t  *bl_pop8 (bl_pop e) { return (const uint8_t  *)bl_ring_pop_(bl_pop_(e), 1); }
static inline const uint16_t *bl_pop16(bl_pop e) { return (const uint16_t *)bl_ring_pop_(bl_pop_(e), 2); }
static inline const uint32_t *bl_pop32(bl_pop e) { return (const uint32_t *)bl_ring_pop_(bl_pop_(e), 4); }
static inline const uint64_t *bl_pop64(bl_pop e) { return (const uint64_t *)bl_ring_pop_(bl_pop_(e), 8); }
/* The item that a pop would take, left where it is. */
static inline const uint8_t  *bl_peek8 (bl_pop e) { return (const uint8_t  *)bl_ring_front_(bl_pop_(e), 1, 0); }
static inline const uint16_t *bl_peek16(bl_pop e) { return (const uint16_t *)bl_ring_front_(bl_pop_(e), 2, 0); }
static inline const uint32_t *bl_peek32(bl_pop e) { return (const uint32_t *)bl_ring_front_(bl_pop_(e), 4, 0); }
static inline const uint64_t *bl_peek64(bl_pop e) { return (const uint64_t *)bl_ring_front_(bl_pop_(e), 8, 0); }
static inline uint32_t bl_pop_lanes(bl_pop e) { return bl_pop_(e)->lanes; }
static inline uint32_t bl_pop_depth(bl_pop e) { return bl_pop_(e)->depth; }     /* items that fit; 0: nothing is wired to it */
static inline uint32_t bl_push_depth(bl_push e) { return bl_push_(e)->depth; }
static inline uint32_t bl_push_lanes(bl_push e) { return bl_push_(e)->lanes; }

/* ---- words and wires --------------------------------------------------------------------------
 * A read gives the value as of the last edge (a wire: as settled after it). A write gives the place
 * of the next value, which holds the last one written: writing part of the lanes keeps the others. */

static inline const uint8_t  *bl_get8 (bl_in e) { return (const uint8_t  *)bl_word_read_(e.w, 1); }
static inline const uint16_t *bl_get16(bl_in e) { return (const uint16_t *)bl_word_read_(e.w, 2); }
static inline const uint32_t *bl_get32(bl_in e) { return (const uint32_t *)bl_word_read_(e.w, 4); }
static inline const uint64_t *bl_get64(bl_in e) { return (const uint64_t *)bl_word_read_(e.w, 8); }
static inline uint8_t  *bl_put8 (bl_out e) { return (uint8_t  *)bl_word_write_(e.w, 1); }
static inline uint16_t *bl_put16(bl_out e) { return (uint16_t *)bl_word_write_(e.w, 2); }
static inline uint32_t *bl_put32(bl_out e) { return (uint32_t *)bl_word_write_(e.w, 4); }
static inline uint64_t *bl_put64(bl_out e) { return (uint64_t *)bl_word_write_(e.w, 8); }
static inline uint32_t bl_in_lanes(bl_in e) { return bl_in_(e)->lanes; }
static inline uint32_t bl_out_lanes(bl_out e) { return bl_out_(e)->lanes; }

/* ---- items of any width -------------------------------------------------------------------------
 * For a part that copies items, or widens lanes itself (components/lanes.h): an item or word as bytes, whatever its lanes are. */

static inline const void *bl_pop_item(bl_pop e) { return bl_ring_pop_(bl_pop_(e), bl_pop_(e)->elem); }
static inline const void *bl_peek_item(bl_pop e) { return bl_ring_front_(bl_pop_(e), bl_pop_(e)->elem, 0); }
static inline void *bl_push_item(bl_push e) { return bl_ring_push_(bl_push_(e), bl_push_(e)->elem); }
static inline const void *bl_get_item(bl_in e) { return bl_in_(e)->now; }
static inline void *bl_put_item(bl_out e) { return bl_word_write_(e.w, bl_out_(e)->elem); }

static inline uint32_t bl_elem_pop(bl_pop e) { return bl_pop_(e)->elem; }
static inline uint32_t bl_elem_push(bl_push e) { return bl_push_(e)->elem; }
static inline uint32_t bl_elem_in(bl_in e) { return bl_in_(e)->elem; }
static inline uint32_t bl_elem_out(bl_out e) { return bl_out_(e)->elem; }
static inline uint32_t bl_bytes_(uint32_t lanes, uint32_t bits, uint32_t elem) { return lanes * (bits <= 64 ? elem : (bits + 63) / 64 * 8); }
static inline uint32_t bl_item_bytes_pop(bl_pop e) { return bl_bytes_(bl_pop_(e)->lanes, bl_pop_(e)->bits, bl_pop_(e)->elem); }
static inline uint32_t bl_item_bytes_push(bl_push e) { return bl_bytes_(bl_push_(e)->lanes, bl_push_(e)->bits, bl_push_(e)->elem); }
static inline uint32_t bl_item_bytes_in(bl_in e) { return bl_in_(e)->bytes; }
static inline uint32_t bl_item_bytes_out(bl_out e) { return bl_out_(e)->bytes; }
/* Bytes of a lane in memory, 1, 2, 4 or 8 (8: also one of the words of packed bits); bytes of an item. */
#define bl_elem(e) _Generic((e), bl_pop: bl_elem_pop, bl_push: bl_elem_push, bl_in: bl_elem_in, bl_out: bl_elem_out)(e)
#define bl_item_bytes(e) \
    _Generic((e), bl_pop: bl_item_bytes_pop, bl_push: bl_item_bytes_push, bl_in: bl_item_bytes_in, bl_out: bl_item_bytes_out)(e)

/* Whether something is wired to a port that may stay open. */
#define bl_wired(e) _Generic((e), bl_pop: bl_wired_pop, bl_push: bl_wired_push, bl_in: bl_wired_in)(e)
static inline bool bl_wired_pop(bl_pop e) { return bl_pop_(e)->depth != 0; }
static inline bool bl_wired_push(bl_push e) { return bl_push_(e)->depth != 0; }
bool bl_wired_in(bl_in e);

/* ---- tallies, draws, time, ends ----------------------------------------------------------------- */

static inline void charge(bl_tally *t, uint64_t n) { t->n += n; }

/* A uniform 64-bit draw from the stream of (seed, path of the part, number of the stream (bl_stream), draw number); in init of stream 0. */
uint64_t bl_random(void *self);
/* A standard normal draw (Marsaglia polar; exact to the last bit on every machine). */
double bl_normal(void *self);
/* Natural logarithm and exponential for models, equal on every machine; relative error under 1e-14. */
double bl_log(double x);
double bl_exp(double x);

const char *bl_path(const void *self);   /* instance path, for messages */
uint64_t bl_time(const void *self);      /* now, fs since the run began, or began again (bl_restart) */
uint64_t bl_delta(const void *self);     /* number of the present delta, from 1; it grows; how much is not promised */
uint64_t bl_cycle(const void *self);     /* edges of the part's own clock strictly before now */
uint64_t bl_period(const void *self);    /* fs, of the clock the part names (a waiting part may name one too) */
void bl_stop(void *self);                /* the run ends, done, when everything of this time has happened */
void bl_pause(void *self);               /* the run returns to the host then, and can go on */
/* The same before anything happens at the next edge of the part's clock (1 fs from now where it names none): so the cycle at hand
 * counts in full. bl_restart: everything begins again there, from the state after elaboration, with the random streams of number
 * `stream`; what goes on is time as hosts and traces see it, the account, tallies, and what a table says is kept (BL_KEPT). bl_time and
 * bl_cycle count from there. Its class says .restarts. Of several of them the pause comes first; each may be asked for once an edge. */
void bl_pause_next(void *self);
void bl_stop_next(void *self);
void bl_restart(void *self, uint64_t stream);
uint64_t bl_stream(const void *self);    /* number of the random streams in force, 0 unless the host or bl_restart says another */
/* An assertion of the model does not hold ("phases overlap", "decided before the ladder settled"): reported as "PATH, at
 * TIME: text"; the run ends, failed, when everything of this time has happened, and its outputs are kept. */
void bl_fail(void *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* In init only: zeroed memory of the state arena, to be kept in a BL_MEM field. */
void *bl_alloc(void *self, size_t bytes);
/* In shape and init: refuses the parameters ("INSTANCE: text"); returns -1 to return. */
int bl_refuse(void *self, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- events --------------------------------------------------------------------------------------- */

/* Notifies after fs; 0 is the next delta. The earlier of two pending notifications wins. An event that is wired to an
 * output fires by itself, when the output changes (or rises, or falls). */
void bl_notify(const void *self, bl_event e, uint64_t fs);
void bl_cancel(const void *self, bl_event e);

/* ---- waiting parts: `run` -----------------------------------------------------------------------
 * A stackless process between BL_BEGIN and BL_END: each wait returns, and the function is called again.
 * So: locals that outlive a wait live in the struct; no AWAIT inside a switch; one AWAIT a source line.
 * The verdict says what the time until the wait ends goes to. What a waiting part pushes, pops or writes is
 * seen by others in the next delta of the same time; a clocked reader sees it at its next edge. It needs no
 * clock; if the platform names one, bl_period and bl_cycle speak of it. */

enum bl_wait { BL_WAIT_LINKS, BL_WAIT_TIME, BL_WAIT_EVENT, BL_WAIT_STATIC, BL_WAIT_END };

void bl_arm_time(void *self, uint64_t fs);
uint64_t bl_later(const void *self, uint64_t fs);   /* bl_time + fs, or the end of time */
void bl_arm_any(void *self, const bl_event *list, size_t n);
void bl_arm_all(void *self, const bl_event *list, size_t n);
bool bl_timed_out(const void *self);     /* the last wait with a limit ended by its time */
bool bl_triggered(const void *self, bl_event e);   /* e fired for this evaluate phase */
bool bl_heard(const void *self);         /* the last AWAIT_OR ended by an event: for that macro */

/* Places are lines counted from BL_BEGIN: a line added above the process changes no snapshot. */
#define BL_BEGIN(t)  struct bl_part *const bl_self = &(t)->p; enum { bl_first_ = __LINE__ }; switch (bl_self->at) { case 0:
#define BL_HERE_     (__LINE__ - bl_first_)
#define BL_END       bl_self->wait = BL_WAIT_END; return BL_IDLE; \
                     default: bl_misuse(bl_self, "run resumed at an unknown place (AWAIT inside a switch?)"); }
#define BL_WAIT_HERE_(what, arm, verdict) \
    do { bl_self->at = BL_HERE_; bl_self->wait = (what); arm; return (verdict); case BL_HERE_:; } while (0)
#define BL_LIST_(...) (const bl_event[]){ __VA_ARGS__ }, sizeof((const bl_event[]){ __VA_ARGS__ }) / sizeof(bl_event)
/* Until cond holds; looked at when a word, wire or link end of this part moves, never polled (so cond speaks
 * of these: for events there is AWAIT_EVENT, for time AWAIT_FOR). */
#define AWAIT(cond, verdict) \
    do { bl_self->at = BL_HERE_; bl_self->wait = BL_WAIT_LINKS; __attribute__((fallthrough)); \
         case BL_HERE_: if (!(cond)) return (verdict); } while (0)
/* Until cond holds, at most fs (0: at most one delta): ask cond again to know which. */
#define AWAIT_FOR(cond, fs, verdict) \
    do { bl_self->until = bl_later(bl_self, (fs)); bl_self->at = BL_HERE_; \
         if (cond) break; \
         if (0) { case BL_HERE_: if ((cond) || bl_time(bl_self) >= bl_self->until) break; } \
         bl_self->wait = BL_WAIT_LINKS; \
         bl_arm_time(bl_self, bl_self->until - bl_time(bl_self)); \
         return (verdict); } while (0)
/* For fs femtoseconds; 0 is one delta. */
#define AWAIT_TIME(fs, verdict) BL_WAIT_HERE_(BL_WAIT_TIME, bl_arm_time(bl_self, (fs)), verdict)
/* Until e fires; until the first of several fires; until each of several has fired (repeats count once). */
#define AWAIT_EVENT(e, verdict) AWAIT_ANY(verdict, e)
#define AWAIT_ANY(verdict, ...) BL_WAIT_HERE_(BL_WAIT_EVENT, bl_arm_any(bl_self, BL_LIST_(__VA_ARGS__)), verdict)
#define AWAIT_ALL(verdict, ...) BL_WAIT_HERE_(BL_WAIT_EVENT, bl_arm_all(bl_self, BL_LIST_(__VA_ARGS__)), verdict)
/* The same, at most fs (bl_timed_out says which); when both come at one instant the event wins. */
#define AWAIT_EVENT_FOR(e, fs, verdict) AWAIT_ANY_FOR(fs, verdict, e)
#define AWAIT_ANY_FOR(fs, verdict, ...) \
    BL_WAIT_HERE_(BL_WAIT_EVENT, (bl_arm_any(bl_self, BL_LIST_(__VA_ARGS__)), bl_arm_time(bl_self, (fs))), verdict)
#define AWAIT_ALL_FOR(fs, verdict, ...) \
    BL_WAIT_HERE_(BL_WAIT_EVENT, (bl_arm_all(bl_self, BL_LIST_(__VA_ARGS__)), bl_arm_time(bl_self, (fs))), verdict)
/* The same for a list made of data: n events from `list` on, which the part tables one by one; at least one. */
#define AWAIT_ANY_OF(list, n, verdict) BL_WAIT_HERE_(BL_WAIT_EVENT, bl_arm_any(bl_self, (list), (n)), verdict)
#define AWAIT_ALL_OF(list, n, verdict) BL_WAIT_HERE_(BL_WAIT_EVENT, bl_arm_all(bl_self, (list), (n)), verdict)
#define AWAIT_ANY_OF_FOR(list, n, fs, verdict) \
    BL_WAIT_HERE_(BL_WAIT_EVENT, (bl_arm_any(bl_self, (list), (n)), bl_arm_time(bl_self, (fs))), verdict)
#define AWAIT_ALL_OF_FOR(list, n, fs, verdict) \
    BL_WAIT_HERE_(BL_WAIT_EVENT, (bl_arm_all(bl_self, (list), (n)), bl_arm_time(bl_self, (fs))), verdict)

/* Until cond holds, looked at as in AWAIT, or one of the events fires: bl_triggered says which one did. An event that fired before the
 * wait ends no wait, but stays triggered in its evaluate phase; one that is remembered while the part is suspended is not triggered any more. */
#define AWAIT_OR(cond, verdict, ...) \
    do { bl_self->at = BL_HERE_; bl_self->wait = BL_WAIT_LINKS; \
         if (cond) break; \
         if (0) { case BL_HERE_: if ((cond) || bl_heard(bl_self)) break; } \
         bl_arm_any(bl_self, BL_LIST_(__VA_ARGS__)); \
         return (verdict); } while (0)
/* The same, at most fs; when an event and the end of the time come at one instant the event wins. */
#define AWAIT_OR_FOR(cond, fs, verdict, ...) \
    do { bl_self->until = bl_later(bl_self, (fs)); bl_self->at = BL_HERE_; bl_self->wait = BL_WAIT_LINKS; \
         if (cond) break; \
         if (0) { case BL_HERE_: if ((cond) || bl_heard(bl_self) || bl_time(bl_self) >= bl_self->until) break; } \
         bl_arm_any(bl_self, BL_LIST_(__VA_ARGS__)); \
         bl_arm_time(bl_self, bl_self->until - bl_time(bl_self)); \
         return (verdict); } while (0)

/* ---- composites: `build` ---------------------------------------------------------------------------
 * Called once, parameters set. Paths of children start with the composite's own. Errors are
 * collected by elaboration; nothing is returned. */

void bl_child(void *self, const char *name, const char *cls, const char *clock);  /* clock NULL: the composite's own */
void bl_child_set(void *self, const char *name, const char *param, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void bl_child_wire(void *self, const char *from, const char *to, uint32_t depth);  /* depth 0: word or wire */
void bl_child_export(void *self, const char *port, const char *child_port);        /* own port = that of a child; an array: one call an element, "in[2]" */

/* ---- the class table --------------------------------------------------------------------------------- */

enum bl_field_kind {
    BL_END_OF_FIELDS, BL_KIND_POP, BL_KIND_PUSH, BL_KIND_IN, BL_KIND_OUT, BL_KIND_EVENT, BL_KIND_LOCK,
    BL_KIND_PROCESS, BL_KIND_TALLY, BL_KIND_INT, BL_KIND_REAL, BL_KIND_TIME, BL_KIND_CHOICE, BL_KIND_LIST, BL_KIND_CAUSE, BL_KIND_VIEW,
    BL_KIND_MEM, BL_KIND_DATA, BL_KIND_COMPUTED, BL_KIND_FEED, BL_KIND_STREAM, BL_KIND_WAY, BL_KIND_WORDS,
    BL_KIND_SLOTS
};
/* BL_MAIN: also shown at the top of the waveform, beside the verdicts. BL_FROM_WIRE: a parameter made by BL_SIZE. BL_KEPT: a view, or
 * memory, of what is counted over the whole run: a restart leaves it, and counts of several runs are added up (bl_account_add).
 * BL_UNWANTED: a tally made by BL_TROUBLE. */
enum { BL_OPTIONAL = 1, BL_SIGNED = 2, BL_ANALOG = 4, BL_MAIN = 8, BL_FROM_WIRE = 16, BL_KEPT = 32, BL_UNWANTED = 64 };

struct bl_field {
    enum bl_field_kind kind;
    const char *name, *help;
    size_t at;                  /* offset in the struct; of a cause: its number */
    int32_t lanes, bits;        /* of a port or view; negative: -(offset) of the int64_t parameter that says it; lanes of a STREAM: latency,
                                 * of DATA: alignment, of WORDS: 1 + the lane, 0: each; SLOTS: rows and columns */
    int32_t count;              /* of an array of ports: how many, negative as above (a BL_PARAM); 0: one port, no array */
    double least, most, preset; /* of a parameter; least of a view: bytes of the field, of SLOTS: how many macros, as lanes; preset of a lock: places, 0 of a mutex */
    uint32_t elem;              /* of a view: bytes of one value, 0 when its type does not say; DATA: bytes of an element */
    const char *text;           /* CHOICE: "full half cal"; CAUSE: the ports waited on, "in, tag", or NULL; FEED, STREAM: the port;
                                 * WAY: the inputs; LIST: preset text; DATA: the type; WORDS: "idle read write" */
    unsigned flags;
};

/* What the fields of a kind are: one row a kind, in kernel/kinds.c. */
struct bl_kind_row {
    const char *word, *text;    /* as bl_class_show writes it; as messages do, "a pop end" */
    size_t size;                /* bytes in the struct; 0: none (CAUSE), or another number each (VIEW) */
    unsigned is;
};
enum {
    BL_IS_CHANNEL = 1,          /* an end of a channel */
    BL_IS_WORD = 2,             /* an end of a word or wire */
    BL_IS_PORT = 3,             /* one or the other: it has lanes and bits */
    BL_IS_END = 4,              /* a wire may end there, */
    BL_IS_NEEDED = 8,           /* and one must, unless it is a port with BL_OPTIONAL */
    BL_IS_HANDLE = 16,          /* a pointer that the kernel gives: neither saved nor compared */
    BL_IS_AWAITED = 32,         /* there is an event behind it */
    BL_IS_OF_RUN = 64,          /* only a class with run has it */
    BL_IS_PARAM = 128,          /* is set from text */
    BL_IS_VALUE = 256,          /* 8 bytes to be looked at */
    BL_IS_SIGNED = 512,         /* whole numbers that may be negative */
    BL_IS_COUNT = 1024,         /* BL_BY may name it as a number of lanes or bits */
    BL_IS_SAID = 4096           /* no field of the struct: the class says something of its fields */
};
extern const struct bl_kind_row bl_field_kinds[];
static inline bool bl_field_is(const struct bl_field *f, unsigned what) { return (bl_field_kinds[f->kind].is & what) != 0; }

/* The functions. Each may be NULL; a class has tick, comb, run or build, never two of them. */
struct bl_class {
    const char *name;           /* equal to the file's name */
    const char *help;           /* one line */
    size_t size;
    int (*init)(void *self);         /* check parameters, allocate, set reset values; 0, or -1 from bl_refuse */
    bl_verdict (*tick)(void *self);  /* once a cycle of its clock; order among parts cannot matter */
    void (*comb)(void *self);        /* pure: from words and wires to wires */
    bl_verdict (*run)(void *self);   /* a waiting process */
    void (*build)(void *self);       /* a composite */
    bool works;                      /* a comb class with an account: it calls bl_work */
    bool restarts;                   /* it calls bl_restart: the state after elaboration is remembered */
    bool no_init;                    /* run: not when the run starts; first when a link end of it moves or its static list fires */
    int (*shape)(void *self);        /* parameters set, composites built, nothing bound: fills BL_COMPUTED; 0, or -1 from bl_refuse */
    const struct bl_field *fields;
};

#define BL_IS_(T, f, type) (offsetof(T, f) + 0 * _Generic(&((T *)0)->f, type *: sizeof(char)))
#define BL_BY(T, f) (-(int32_t)BL_IS_(T, f, int64_t))   /* lanes, bits or count are the value of parameter f */

#define BL_PORT_(T, f, k, type, l, b, h, fl) \
    { .kind = k, .name = #f, .help = h, .at = BL_IS_(T, f, type), .lanes = l, .bits = b, .flags = fl }
#define BL_POP(T, f, lanes, bits, help)      BL_PORT_(T, f, BL_KIND_POP, bl_pop, lanes, bits, help, 0)
#define BL_PUSH(T, f, lanes, bits, help)     BL_PORT_(T, f, BL_KIND_PUSH, bl_push, lanes, bits, help, 0)
#define BL_IN(T, f, lanes, bits, help)       BL_PORT_(T, f, BL_KIND_IN, bl_in, lanes, bits, help, 0)
#define BL_OUT(T, f, lanes, bits, help)      BL_PORT_(T, f, BL_KIND_OUT, bl_out, lanes, bits, help, 0)
/* Ports that may be left open: a pop without items, a push without room, an input that stays 0. */
#define BL_POP_OPT(T, f, lanes, bits, help)  BL_PORT_(T, f, BL_KIND_POP, bl_pop, lanes, bits, help, BL_OPTIONAL)
#define BL_PUSH_OPT(T, f, lanes, bits, help) BL_PORT_(T, f, BL_KIND_PUSH, bl_push, lanes, bits, help, BL_OPTIONAL)
#define BL_IN_OPT(T, f, lanes, bits, help)   BL_PORT_(T, f, BL_KIND_IN, bl_in, lanes, bits, help, BL_OPTIONAL)
/* Signed and analog outputs are drawn so in waveforms. */
#define BL_OUT_AS(T, f, lanes, bits, help, flags) BL_PORT_(T, f, BL_KIND_OUT, bl_out, lanes, bits, help, flags)
/* Arrays: `count` ports of one width, BL_BY(T, p) with p a BL_PARAM, or a number. Element k is wired as "PART.f[k]". */
#define BL_PORTS_(T, f, k, type, c, l, b, h, fl) \
    { .kind = k, .name = #f, .help = h, .at = BL_IS_(T, f, type), .lanes = l, .bits = b, .count = c, .flags = fl }
#define BL_POPS(T, f, count, lanes, bits, help)   BL_PORTS_(T, f, BL_KIND_POP, bl_pops, count, lanes, bits, help, 0)
#define BL_PUSHES(T, f, count, lanes, bits, help) BL_PORTS_(T, f, BL_KIND_PUSH, bl_pushes, count, lanes, bits, help, 0)
#define BL_INS(T, f, count, lanes, bits, help)    BL_PORTS_(T, f, BL_KIND_IN, bl_ins, count, lanes, bits, help, 0)
#define BL_OUTS(T, f, count, lanes, bits, help)   BL_PORTS_(T, f, BL_KIND_OUT, bl_outs, count, lanes, bits, help, 0)
#define BL_POPS_OPT(T, f, count, lanes, bits, help)   BL_PORTS_(T, f, BL_KIND_POP, bl_pops, count, lanes, bits, help, BL_OPTIONAL)
#define BL_PUSHES_OPT(T, f, count, lanes, bits, help) BL_PORTS_(T, f, BL_KIND_PUSH, bl_pushes, count, lanes, bits, help, BL_OPTIONAL)
#define BL_INS_OPT(T, f, count, lanes, bits, help)    BL_PORTS_(T, f, BL_KIND_IN, bl_ins, count, lanes, bits, help, BL_OPTIONAL)
#define BL_OUTS_AS(T, f, count, lanes, bits, help, flags) BL_PORTS_(T, f, BL_KIND_OUT, bl_outs, count, lanes, bits, help, flags)
#define BL_EVENT(T, f, help)                 BL_PORT_(T, f, BL_KIND_EVENT, bl_event, 0, 0, help, 0)
#define BL_TALLY(T, f, help)                 BL_TALLY_AS(T, f, #f, help)
/* The same of what a design wants to be rare, lost time or lost values: the report names it when it is not 0, priced or not. */
#define BL_TROUBLE(T, f, h) \
    { .kind = BL_KIND_TALLY, .name = #f, .help = h, .at = BL_IS_(T, f, bl_tally), .flags = BL_UNWANTED }
/* Or called otherwise than its field: a tally may have the name of a port. */
#define BL_TALLY_AS(T, f, called, h)         { .kind = BL_KIND_TALLY, .name = called, .help = h, .at = BL_IS_(T, f, bl_tally) }
/* A parameter: int64_t within [least, most]. */
#define BL_PARAM(T, f, dflt, lo, hi, h) \
    { .kind = BL_KIND_INT, .name = #f, .help = h, .at = BL_IS_(T, f, int64_t), .preset = dflt, .least = lo, .most = hi }
/* A number of lanes or bits within [1, hi]. 0, the preset, takes that of what is wired to the ports that name it (BL_BY). It is
 * known in shape, when a wired port names it; 0 stays where nothing is wired to any of them: such ports are open, 1 wide. */
#define BL_SIZE(T, f, hi, h) \
    { .kind = BL_KIND_INT, .name = #f, .help = h, .at = BL_IS_(T, f, int64_t), .most = hi, .flags = BL_FROM_WIRE }
/* An int64_t that the class computes in `shape`, of its parameters and sizes: ports may name it, nobody sets it. */
#define BL_COMPUTED(T, f, h) { .kind = BL_KIND_COMPUTED, .name = #f, .help = h, .at = BL_IS_(T, f, int64_t) }
#define BL_REAL(T, f, dflt, lo, hi, h) \
    { .kind = BL_KIND_REAL, .name = #f, .help = h, .at = BL_IS_(T, f, double), .preset = dflt, .least = lo, .most = hi }
/* A time: uint64_t fs, written with its unit ("6 ns"). */
#define BL_TIME(T, f, dflt, lo, hi, h) \
    { .kind = BL_KIND_TIME, .name = #f, .help = h, .at = BL_IS_(T, f, uint64_t), .preset = (double)(dflt), \
      .least = (double)(lo), .most = (double)(hi) }
/* One of several words, separated by blanks in `words`; the int64_t field holds its number. */
#define BL_CHOICE(T, f, dflt, words, h) \
    { .kind = BL_KIND_CHOICE, .name = #f, .help = h, .at = BL_IS_(T, f, int64_t), .preset = dflt, .text = words }
/* A list of up to BL_LIST_MAX integers: a struct bl_list. */
#define BL_LIST(T, f, dflt, lo, hi, h) \
    { .kind = BL_KIND_LIST, .name = #f, .help = h, .at = BL_IS_(T, f, struct bl_list), .text = dflt, .least = lo, .most = hi }
/* A stall cause; with BL_WAITS the ports whose peers are waited for, one or several, so that the ledger can blame them: the part
 * says which with BL_AT. An array of ports stands for its elements in order. Causes come in the order of their enumeration, each once. */
#define BL_CAUSE(c, h)    { .kind = BL_KIND_CAUSE, .name = #c, .help = h, .at = c }
#define BL_WAITS(c, ...)  { .kind = BL_KIND_CAUSE, .name = #c, .help = "waits on " #__VA_ARGS__, .at = c, .text = #__VA_ARGS__ }
/* What the account of a run cannot see by itself; a port array stands for each of its elements.
 * Feed: an idle part waits for this input (a pop end, a word), if it waits for anything; one row each. */
#define BL_FEED(port)     { .kind = BL_KIND_FEED, .name = #port, .help = "an idle part waits for it", .text = #port }
/* Stream: every change of this word is work of the very cycle in which it is seen, and there is no other work; what comes of it
 * comes `latency` cycles after, a number from 1 on or BL_BY. Of clocked classes. */
#define BL_STREAM(port, latency) \
    { .kind = BL_KIND_STREAM, .name = #port, .help = "each change is work of its cycle", .lanes = latency, .text = #port }
/* Way: this output depends on these inputs only; an output without a row depends on all. */
#define BL_WAY(output, ...) { .kind = BL_KIND_WAY, .name = #output, .help = "depends on no other input", .text = #__VA_ARGS__ }
/* Slots: the part is a macro of `rows` x `cols` cells (BL_BY, or numbers), or has `macros` such: what became of rows x cols x time
 * is counted by macro and layer. The part says by bl_slots what each does. One row a class. */
#define BL_SLOTS(rows, cols) BL_SLOTS_EACH(0, rows, cols)
#define BL_SLOTS_EACH(macros, rows, cols) \
    { .kind = BL_KIND_SLOTS, .name = "slots", .help = "rows x columns that work at once", .lanes = rows, .bits = cols, .least = macros }
/* Words: what the values 0, 1, ... of a push end, an output or a view mean, separated by blanks; BL_WORDS_OF: of one of its lanes. Waveforms
 * show them, conditions take them. The lanes have a fixed number of bits, 2 .. 64: one bit is drawn as a line, without a word. */
#define BL_WORDS(f, words) BL_WORDS_(f, 0, words)
#define BL_WORDS_OF(f, lane, words) BL_WORDS_(f, (lane) + 1, words)
#define BL_WORDS_(f, l, words) { .kind = BL_KIND_WORDS, .name = #f, .help = "0, 1, ...: what its values mean", .lanes = l, .text = words }
/* A field shown in waveforms and to bl_peek: `n` neighbours of an integer type or bool, of which `b` bits are
 * shown; more than 64 bits: packed in uint64_t. */
#define BL_VIEW(T, f, n, b, h) BL_VIEW_AS(T, f, n, b, h, 0)
#define BL_VIEW_AS(T, f, n, b, h, fl) \
    { .kind = BL_KIND_VIEW, .name = #f, .help = h, .at = offsetof(T, f), .lanes = n, .bits = b, .flags = fl, \
      .least = (double)sizeof(((T *)0)->f), .elem = BL_ELEM_(((T *)0)->f) }
#define BL_ELEM_(x) _Generic((x), bool: 1, uint8_t: 1, int8_t: 1, uint16_t: 2, int16_t: 2, uint32_t: 4, int32_t: 4, \
    uint64_t: 8, int64_t: 8, bool *: 1, uint8_t *: 1, int8_t *: 1, uint16_t *: 2, int16_t *: 2, uint32_t *: 4, \
    int32_t *: 4, uint64_t *: 8, int64_t *: 8, default: 0)
/* Memory from bl_alloc; such that a restart leaves: 64-bit counters. */
#define BL_MEM(T, f, h)   BL_MEM_(T, f, h, 0)
#define BL_MEM_KEPT(T, f, h) BL_MEM_(T, f, h, BL_KEPT)
#define BL_MEM_(T, f, h, fl) { .kind = BL_KIND_MEM, .name = #f, .help = h, .at = offsetof(T, f) + 0 * sizeof(*((T *)0)->f), .flags = fl }
/* A table of `type` that the host supplies (bl_supply), read as BL_ROWS(type, t->f)[0 .. t->f.n - 1] from build or init on; it is
 * immutable and no state. A part that cannot live without it refuses in init and names the field. */
#define BL_DATA(T, f, type, h) \
    { .kind = BL_KIND_DATA, .name = #f, .help = h, .at = BL_IS_(T, f, bl_table), .elem = sizeof(type), .lanes = _Alignof(type), .text = #type }

enum { BL_LIST_MAX = 64 };
struct bl_list { uint32_t n; int64_t v[BL_LIST_MAX]; };

#ifdef __cplusplus
}
#endif

#endif

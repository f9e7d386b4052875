/* kernel.h - what the kernel's files share. Nobody outside kernel/ includes it.
 * Frozen: rebuilt by elaboration, never saved. State: plain data in the state arena, no pointers but
 * the handles inside component structs. */
#ifndef BL_KERNEL_H
#define BL_KERNEL_H

#include "kernel/model.h"
#include "kernel/sim.h"
#include "kernel/wheel.h"

#include <setjmp.h>
#include <signal.h>

/* ---- arena.c ------------------------------------------------------------------------------- */

/* A call of the host. When memory ends inside of it, it reports an error and is left by longjmp: it gives `result`, and whatever
 * is done with the simulation afterwards, but closing it, does too. What it leaves half done is freed by bl_close, what was lent to it at once. */
struct border { jmp_buf back; struct border *outer; struct bl_sim *s; struct bl_diag *diag; struct lent *lent; };
void border_enter(struct border *b, struct bl_sim *s);
void border_leave(struct border *b);
#define BORDER(sim, result) \
    struct border border_ __attribute__((cleanup(border_leave))); \
    border_enter(&border_, sim); \
    if (__builtin_expect(border_.s->no_memory, 0) || __builtin_expect(setjmp(border_.back), 0)) \
        return result

void *block(size_t n, size_t item);                     /* n zeroed items, or NULL: for calls without a BORDER */
void memory_ends_after(uint64_t blocks);                /* for tests: so many blocks are still given in this thread; UINT64_MAX: all */

struct arena { struct chunk *first, *last; size_t used; };
struct chunk { struct chunk *next; size_t used, size; };
void *arena_get(struct arena *a, size_t bytes);         /* zeroed, aligned to 16; like all that follow it does not return without memory */
unsigned char *chunk_bytes(const struct chunk *c);      /* the first of c->used bytes */
void arena_free(struct arena *a);
char *arena_text(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3), nonnull(2)));
char *arena_copy(struct arena *a, const char *text, size_t n);          /* its first n characters */

struct names { uint32_t *slot; const char **name; uint32_t size, n; };  /* name -> number, by hash */
uint32_t names_find(const struct names *t, const char *name);           /* NONE when unknown */
bool names_add(struct names *t, const char *name);                      /* its number is t->n before the call; false: known */
void names_free(struct names *t);

/* n zeroed items, to be freed: kept in a struct before anything else asks for memory, or it is lost when there is none. */
void *fresh(size_t n, size_t item);
/* n zeroed items for the call that is on, freed by give_back, or when memory ends. */
struct lent { _Alignas(16) struct lent *next; struct lent **prev; };
void *lent(size_t n, size_t item);
void *lent_grown(void *items, size_t n, size_t *room, size_t item);     /* to hold n + 1 of them */
void give_back(void *at);
/* Grows *items (malloc'ed) to hold n + 1 of them. */
void *grown_now(void *items, size_t *room, size_t item);
static inline void *grown(void *items, size_t n, size_t *room, size_t item) { return n < *room ? items : grown_now(items, room, item); }
int natural_order(const char *a, const char *b);        /* t[2] before t[10] */
/* qsort, of nothing as well; what is in order, as most hosts declare it, is only looked at. */
void put_sorted(void *items, size_t n, size_t item, int (*order)(const void *, const void *));

/* ---- the simulation ------------------------------------------------------------------------------ */

/* How a write is told in other ways than by queueing the word for the update. */
enum special { WIDE_WIRE = 1, MANY_DRIVER = 2, SETTLED_WIRE = 4, PIPE_POP = 8, RESOLVED_DRIVER = 16 };
enum listener { WAKES, COMBS, RELEASES, FIRES, FIRES_POS, FIRES_NEG, RESETS, BOOKS, WATCHES };
struct bl_listen {                   /* who is told when a word changes */
    uint32_t what, id;
    uint64_t *word, bit;             /* WAKES: its bit in the awake bitmap; COMBS: in the bitmap of those to settle */
};
struct span { uint32_t first, n; };

struct class_info {                  /* frozen, one a class in use */
    const struct bl_class *cls;
    uint32_t nfields, nverdicts, ntallies, nawaited;
    bool arrays;                              /* some of its ports come in arrays */
    const uint32_t *first;                    /* of its parts when there are none: bl_node's first */
    bool own_process;                         /* a field is called "process" */
    bool shaped;                              /* it has sizes from wires, or computes some */
    const char **verdict, **verdict_help;     /* names by number */
    struct waited *waits_on;                  /* by verdict, of idle the feeds, */
    uint64_t rests;                           /* a bit a verdict: idle, and causes all of whose ports are feeds; also in bl_node */
    const char **waits_text;                  /* and as their list, "in, tag", or NULL */
    const struct bl_field **tally;            /* by number */
    const struct bl_price **priced;           /* by verdict; then of the static power; then by tally; NULL: nothing */
    const uint64_t *price;                    /* in the same order, nW and yJ, of the sizes that they were stated for */
};

struct waited { const struct bl_field **port; uint32_t n; };         /* the ports that a cause lists, in order */

struct peer {                        /* frozen: whom a part meets at one port that one verdict lists */
    uint32_t node;                   /* NONE: nobody */
    uint32_t pairs;                  /* first of the counters of (this verdict and port, verdict of the peer) */
    uint32_t feed;                   /* of a verdict at which the part rests: which of its feeds that port is */
};
struct peers { const struct peer *at; uint32_t n; };                 /* frozen: of one verdict, by element of its ports */

struct bl_node {                     /* frozen: one part */
    struct bl_sim *sim;
    uint32_t proc, timer;            /* waiting: its number and its event */
    struct class_info *info;
    unsigned char *self;             /* its struct */
    uint32_t *port;                  /* nports of them: word or ring or event number, NONE; */
    const uint32_t *first;           /* by field: its first one, of an array the others follow; [nfields] is nports */
    uint32_t nports;
    uint32_t id;                     /* place in natural path order */
    uint64_t rests;                  /* as in class_info */
    uint32_t domain, slot;           /* clocked: its place there; combinational: slot is its place among all of these */
    uint32_t rank;
    uint32_t account;                /* first of its verdict counters */
    uint32_t rest, nfeeds, roots;    /* first of its counters of rest; feeds, element by element; its roots, NONE without feeds */
    struct span reads;               /* words it reads, in sim->frozen.reads */
    uint64_t key;                    /* of its random stream */
    const struct peers *peers;       /* by verdict; NULL when none of them waits on a port */
    const uint64_t *price;           /* as in its class_info; its own where it has another size */
    const char *path, *where, *clock_name;
};

struct account {                     /* state: what a part is at, since when, and who is at the root of it */
    union {
        bl_verdict word;             /* as the part says it: its verdict and 1 + the port that it waits at (BL_AT), 0: the first */
        uint16_t verdict;            /* little-endian hosts */
    };
    uint32_t root;                   /* while it waits; NONE: its chain ends in a ring of waits */
    uint64_t since;                  /* cycle, or fs of a waiting part */
    uint64_t root_since;             /* fs */
};

struct slot {                        /* frozen: a clocked part at its place in the domain */
    bl_verdict (*tick)(void *);
    void *self;
    struct account *account;
    struct bl_node *node;
};

struct settler {                     /* frozen: a combinational part and its wires that are compared */
    void (*comb)(void *);
    void *self;
    struct bl_node *node;
    struct bl_word **out;
    uint32_t nout;
};

struct waits {                       /* state: the wait-for graph, one node a part */
    bl_verdict word;
    uint32_t peer;                   /* whom it waits for, NONE */
    uint32_t first, next, prev;      /* who waits for it; its neighbours in such a list */
    uint8_t listed;                  /* scratch of ledger_blame */
    bool acted;                      /* it has said another verdict than one at which it rests */
    bool guessed;                    /* it rests, names no feed, and is taken to wait for the one that came last time */
    uint64_t ring;                   /* fs of the present wait in a ring of waits */
    uint64_t since;                  /* fs, of the present wait or rest */
};

/* rest.c: counters of what a part that does nothing waits for, in its own time. */
enum { REST_BEFORE, REST_AFTER, REST_IDLE, REST_FEED };  /* not_started, finished, idle without a feed; then one a feed */
struct rest { uint64_t since; uint32_t last; bool acted; };      /* state; last: the feed that ended the last one */
enum { ROOTS = 12, ROOT_RING = 0, ROOT_SEVERAL = 1, ROOT_ROWS = 2 };     /* rows of `blamed` behind those of verdicts */
struct root { uint32_t row; uint64_t fs; };
struct root_list { uint32_t n; struct root at[ROOTS]; };
struct roots { struct root_list list[2]; uint32_t now; uint64_t end; };      /* state: list[now]: since the last act; the other: of the rest before, which ended then (fs) */

struct domain {                      /* frozen */
    const char *name, *where;
    uint64_t period, phase;
    uint32_t n, words;               /* parts; 64-bit words of the lowest bitmap level */
    uint32_t words1, words2;
    struct slot *slot;
    uint64_t *awake, *awake1, *awake2;   /* state: three levels */
    struct domain_state *st;
    unsigned char **chunk_now, **chunk_next;  /* registered words of 64 neighbours */
    uint32_t *chunk_bytes;
    uint32_t *visited, nvisited;     /* scratch of one time */
    uint32_t *napping, nnapping;
    bool piped;                      /* parts may wake within a tick phase, see bl_announce */
};
struct domain_state {
    uint64_t next, cycle;            /* next edge (UINT64_MAX: asleep), number of that edge */
    uint64_t since, before;          /* fs of the last restart, from where edges are numbered; edges before it */
};

/* What a process is at, beside waiting. Nothing set is the common case. */
enum { QUEUED = 1, ENDED = 2, SUSPENDED = 4, DUE = 8, DISABLED = 16, RESTART = 32 };

struct process {                     /* frozen: a waiting part; 64 bytes */
    _Alignas(16) bl_verdict (*run)(void *);
    void *self;
    struct proc *proc;               /* its state */
    struct bl_node *node;
    uint32_t timer;                  /* its event */
    uint32_t nresets, first_reset;   /* signals that reset it, in sim->frozen.resets */
    struct span waiters;             /* its places in lists of waiters */
};

struct proc {                        /* state of a waiting part */
    uint32_t state;                  /* QUEUED ... */
    uint16_t armed;                  /* how many of its waiters are in use */
    bool timing;                     /* its timer is set */
    bool timed_out;
    uint32_t need;                   /* so many of them must still fire: 1 of an or-list, all of an and-list */
    uint32_t count;                  /* static releases still to come */
    bl_verdict verdict;              /* of its account */
    bool works;                      /* a method that says it by bl_work */
    uint64_t counted;                /* the evaluate phase of the last static release that this wait counted */
};

struct waiter { uint32_t ev, next, prev, proc; };    /* state: a process in the list of an event; ev NONE: in none; next, prev 0: at its end */

#define CLOCKED_LISTENER UINT32_C(0x80000000)    /* in told: a clocked part, by node */

struct core {                        /* scalar state */
    uint64_t now, deltas, activations;
    uint64_t phase;                  /* number of the evaluate phase that is on, or next; more than the deltas */
    uint32_t run_head, run_n, ndelta, started, ending;
    uint32_t comb_dirty_any;
    uint64_t deltas_before;          /* this time, for the limit */
    uint64_t stream, since, edge_at; /* number of the random streams; fs of the last restart; when EDGE_... are due */
    uint64_t stream_next;            /* of EDGE_RESTART */
    uint64_t ender;                  /* 1 + the part that asked for an end last; 0: none */
    struct wheel wheel;
};
enum { END_STOP = 1, END_PAUSE = 2, END_FAIL = 4, EDGE_PAUSE = 8, EDGE_STOP = 16, EDGE_RESTART = 32 };

struct raw_wire { const char *from, *to, *where; struct bl_link link; };
struct raw_set { char *path, *param, *text, *where; size_t next; };    /* next: the next one of its path, 0: none */
struct sets_of { size_t first, last; };
/* An output that fires an event, or an end of a channel (its ring is known when all wires are joined). */
struct edge_wire { uint32_t word, event; enum bl_edge edge; const uint32_t *ring; bool pushes; };
struct raw_export { char *port, *to, *where; bool told; };  /* where: of a scope, a composite's is NULL; told: of an error */
struct link_info { uint32_t push_node, pop_node, seen_pushed, seen_popped; bool pipe; };  /* of a ring; words as its ends see them */
struct raw_listen { uint32_t word, what, id; };           /* a listener as collected */
struct memory { uint32_t node; const void *at; size_t bytes; };

/* Whoever looks on: what the loop tells, and where it asks. sim->observer is NULL when nobody does, and each of these is NULL
 * when that one does not want it. kernel/observe/ makes the tables, and one that passes on what several want. */
struct observer {
    bool (*evaluate)(struct bl_sim *s);              /* in place of evaluate() */
    bool (*wakes)(struct bl_sim *s, const struct bl_node *n);        /* an event fired for a clocked part: true: it is woken later */
    void (*drops)(struct bl_sim *s, const struct bl_node *n);        /* a process is not runnable any more */
    void (*released)(struct bl_sim *s, uint32_t proc);
    void (*ran)(struct bl_sim *s, const struct bl_node *n);          /* a waiting or combinational part is about to run */
    void (*notified)(struct bl_sim *s, uint32_t e);
    void (*fired)(struct bl_sim *s, uint32_t e);
    void (*woken)(struct bl_sim *s, const struct bl_node *n);        /* perhaps from a nap */
    void (*written)(struct bl_sim *s);               /* the evaluate phase is over, nothing is committed */
    void (*moved)(struct bl_sim *s, const struct bl_word *w);        /* its listeners are about to be told */
    void (*settled)(struct bl_sim *s, const struct settler *c);      /* it ran, nobody was told */
    void (*heard)(struct bl_sim *s, uint32_t id);    /* a word changed that listen_to(WATCHES, id) named */
    void (*verdict)(struct bl_sim *s, const struct bl_node *n);      /* it changed */
    void (*restarted)(struct bl_sim *s);             /* any value may be another one */
    void (*begins)(struct bl_sim *s);                /* a run, after the host may have written anything */
    bool (*breaks)(struct bl_sim *s);                /* everything of this time has happened: does the run break off? */
    uint64_t (*horizon)(struct bl_sim *s, uint64_t until);           /* to look for no later time, and to break off when there is none */
    void (*reached)(struct bl_sim *s);               /* the horizon: the run breaks off */
    void (*time_over)(struct bl_sim *s, uint64_t until);             /* time moves to `until` */
};
#define OBSERVED(s, what) (__builtin_expect((s)->observer != NULL, 0) && (s)->observer->what)
#define OBSERVE(s, what, arguments) do { if (OBSERVED(s, what)) (s)->observer->what arguments; } while (0)

/* What the host and the build functions say. Elaboration turns it into what is frozen; little of it is asked afterwards. */
struct declared {
    struct arena structs;                                  /* of parts, until elaboration */
    struct arena raw;                                      /* texts of wires, until these are bound */
    bool built;                                            /* all composites are */
    bool loose;                                            /* bl_faster: a wire between two clocks that does not say `sync` has none */
    bool any_build, any_comb;                              /* classes of parts that were declared */
    struct raw_wire *wires; size_t nwires, room_wires;
    struct sense *senses; size_t nsenses, room_senses;
    struct edge_wire *edges; size_t nedges, room_edges;
    struct raw_set *sets; size_t nsets, room_sets;         /* below composites, until these are built */
    struct names set_paths; struct sets_of *sets_of; size_t room_sets_of;  /* by path */
    struct raw_export *exports; size_t nexports, room_exports;
    struct names export_names;                             /* number in exports */
    const char *built_by; const struct bl_node *builder;   /* whose build declared something last, as a `where` */
    struct bl_node *bound[2];                              /* whose ends were resolved last and before: the two sides of a line of wires */
};

/* Rebuilt by elaboration from the same declarations, never saved; counts that grow until it is over. */
struct frozen {
    struct bl_node **nodes; size_t nnodes, room_nodes;     /* after elaboration in natural order, */
    size_t nparts;                                         /* then hidden synchronisers */
    struct names node_names; uint32_t *node_by_name;       /* names number -> node id, after elaboration */
    struct class_info **infos; size_t ninfos, room_infos;
    struct domain *domains; size_t ndomains, room_domains;
    struct memory *memories; size_t nmemories, room_memories;
    struct bl_price *prices; size_t nprices, room_prices;
    const char **price_where; size_t room_where;            /* a `where` each */

    struct bl_word **words; size_t nwords, room_words;
    struct bl_word *spare_words; uint32_t nspare_words;
    uint32_t *word_owner; size_t room_owners;              /* node; of a counter too */
    uint32_t *word_port; size_t room_word_ports;           /* in ports: the one that it is named after; NONE: a synchroniser's */
    uint32_t *ports; size_t nports;                        /* of all parts, see bl_node */
    struct raw_listen *heard; size_t nheard, room_heard;   /* listeners as collected, */
    struct bl_listen *listen;                              /* and by word, in order of kind */
    struct bl_ring **rings; size_t nrings, room_rings;
    struct link_info *links; size_t room_links;            /* by ring */
    uint32_t *pipe_giver;                                  /* by word: the push end's part of a pipe's pop counter, else NONE; NULL: no pipes */
    uint32_t *reads;

    struct bl_node **combs; uint32_t ncombs;
    struct settler *settler;                               /* by combinational part, in rank order */
    struct bl_node **procs; uint32_t nprocs; size_t room_procs;
    struct process *process;
    uint32_t queue_mask;                                   /* of the run queue, a ring of a power of two */
    uint32_t nevents, first_timer;                         /* the last events are the timers of the processes, in their order */
    struct span *told_of; uint32_t *told;                  /* by event: who is told of it wherever it stands */
    uint32_t naccounts, npairs, nroots; size_t nrests;
    struct slots *slots;                                   /* slots.c: NULL: no part is a macro */

    struct reset *resets; size_t nresets, room_resets;     /* kernel/ieee/: by process, once bound */
    struct lock_info *lock_info; uint32_t nlocks;
    struct bus *buses; size_t nbuses, room_buses; uint32_t *bus_drivers;
};

/* Handles of what is state, and scratch that is empty between times. */
struct running {
    uint64_t *comb_dirty;                                  /* state: a bit a combinational part that is to settle */
    struct proc *proc; struct waiter *waiter;
    uint32_t *run_queue;
    struct ev *ev; uint32_t *delta_queue;
    struct lock *lock;
    struct account *account; uint64_t *spent, *blamed, *pair_spent;
    struct rest *rest; uint64_t *rested, *resting, *feed_was; struct roots *roots;   /* resting: since the last act; feed_was: when it began to rest */
    struct waits *waits; uint32_t *affected;               /* who waits for whom, as of the last commit; NULL: nobody can */

    struct bl_word **dirty; uint32_t ndirty;               /* words announced in this delta */
    uint32_t *changed, nchanged; uint64_t *changed_flag;   /* verdicts changed in this delta */
    const struct bl_node *at_work;                         /* the part at work, for messages; NULL */
    uint64_t booked;                                       /* time up to which open stalls are booked */
    uint64_t most_runs;                                    /* resumes in one evaluate phase before that is called a loop */
    uint64_t soon;                                         /* no timed event is earlier: a bound, not state */
    uint64_t edge;                                         /* the next edge of any domain: from their states */
    bool in_tick, in_init;
    bool passive;                                          /* init or comb is at work: nothing is notified */
    bool advancing;                                        /* timed events fire; the edges of this time come after them */
    bool in_run;                                           /* bl_run is on: what is state and what is scratch cannot be told apart */
};

struct bl_sim {
    const struct bl_class *const *classes;
    struct bl_diag *diag;
    struct bl_diag own_diag;
    bool path_whole;                 /* the path is not cut at pauses */
    uint64_t seed, options, shuffle; /* shuffle: the seed of BL_SHUFFLE, 0: none */
    uint64_t first_stream;
    bool building, elaborated, failed;
    bool elaborating;                /* bl_elaborate is on */
    bool no_memory;                  /* there was none: it can only be closed */
    volatile sig_atomic_t interrupted;
    struct arena fixed, state;       /* what is frozen; what is saved */
    struct arena origin; struct origin *was;          /* restart.c: the state after elaboration; NULL: no class restarts */
    struct arena texts;              /* paths and what else stays; apart, since texts are not aligned */
    struct core *core;               /* in the state */
    struct declared declared;
    struct frozen frozen;
    struct running run;
    const struct observer *observer; /* NULL: nobody looks on */
    struct onlookers *onlookers;     /* kernel/observe/ keeps here who does; NULL: never anybody */
    void (*last_look)(struct bl_sim *s);             /* before the process is aborted; NULL: nobody has anything to close */
};

/* ---- class.c ---- */
struct class_info *class_info_of(struct bl_sim *s, const struct bl_class *c);
void class_preset(const struct bl_class *c, void *self);
const struct bl_field *class_field(const struct bl_class *c, const char *name);
uint32_t class_field_index(const struct bl_class *c, const struct bl_field *f);
int class_set(struct bl_sim *s, const struct bl_node *n, const char *param, const char *text, const char *where);
int64_t class_choice(const struct bl_field *f, const char *word);        /* number of a word of a CHOICE; -1: none */
int list_from(const char *text, struct bl_list *l);  /* of a LIST: 0, or -1 for what is none */
const char *class_near(const struct bl_class *c, const char *name, unsigned is);    /* of fields that are (BL_IS_): the name nearest to it; NULL */
bool kind_known(enum bl_field_kind k);
size_t field_bytes(const struct bl_field *f);          /* in the struct of its part */
uint32_t field_count(const struct bl_node *n, int32_t lanes_or_bits);   /* resolves BL_BY */
static inline uint32_t elem_of(uint32_t bits) { return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8; }
uint32_t view_elem(const struct bl_field *f, uint32_t lanes, uint32_t bits);  /* bytes of a lane; 0: it does not fit */
uint32_t item_bytes(uint32_t lanes, uint32_t bits);

/* ---- ports.c ---- */
uint32_t port_count(const struct bl_node *n, const struct bl_field *f);  /* ports of a field, by the parameters as they are; 0: out of range */
const struct bl_field *count_param(const struct bl_class *c, const struct bl_field *f);     /* that says how many; NULL: none */
int ports_lay(struct bl_sim *s);                     /* port, first, nports of every part: 0, or -1 after a bl_error */
const struct bl_field *port_field(const struct bl_node *n, uint32_t place, uint32_t *element);      /* the field that node->port[place] belongs to */
const char *port_text(struct arena *a, const struct bl_node *n, uint32_t place);   /* "in[2]"; an array of one: "in" */
/* "in[2]" -> field in, element 2 (NONE: not said): NULL after a bl_error. Then what is said of the element is checked: 0 or -1. */
const struct bl_field *port_of_text(struct bl_sim *s, const struct bl_node *n, const char *text, const char *where, uint32_t *element);
int element_of(struct bl_sim *s, const struct bl_node *n, const struct bl_field *f, const char *where, uint32_t *element);
static inline uint32_t port_at(const struct bl_node *n, uint32_t field) { return n->port[n->first[field]]; }    /* of an array: element 0 */

/* ---- declare.c, scope.c, shape.c, bind.c, sync.c, rank.c, layout.c ---- */
struct bl_node *node_named(const struct bl_sim *s, const char *path);
struct bl_node *part_for(struct bl_sim *s, const char *path, const char *where);   /* the same; NULL after a bl_error */
/* Both texts are kept; NULL after a bl_error: there is one of this path. */
struct bl_node *node_add(struct bl_sim *s, char *path, struct class_info *in, const char *clock, const char *where);
int check_path(struct bl_sim *s, const char *path, const char *where);
int failed(struct bl_sim *s);                        /* -1, of NULL too: a refused call is not forgotten, the simulation cannot be elaborated */
char *copy(struct arena *a, const char *text);       /* NULL stays NULL */
extern const struct bl_class scope_class;            /* nothing but a struct bl_part */
static inline bool is_scope(const struct bl_node *n) { return n->info->cls == &scope_class; }
bool export_add(struct bl_sim *s, struct raw_export e);               /* false: there is one of this port */
int no_scope_port(struct bl_sim *s, const struct bl_node *n, const char *port, const char *where);
uint32_t scope_port_count(struct bl_sim *s, const struct bl_node *n, const char *port);      /* of "PATH.PORT"; 0 after a bl_error */
int check_scopes(struct bl_sim *s);                  /* what they export is there */
int too_late(struct bl_sim *s, const char *what, const char *where);  /* -1: what is done to one that is elaborated */
int bind_all(struct bl_sim *s);
int shape_all(struct bl_sim *s);                     /* widths that come from wires: 0, or -1 after a bl_error */
uint64_t sync_stages(const struct bl_node *n);       /* of a hidden part, a synchroniser */
int rank_all(struct bl_sim *s);
void layout_all(struct bl_sim *s);
void listen_to(struct bl_sim *s, struct bl_word *w, uint32_t what, uint32_t id);
void freeze_listeners(struct bl_sim *s);
void count_asks(struct bl_sim *s);                   /* of every word, from who is awake */
bool in_chunk(const struct bl_sim *s, const struct bl_word *w);       /* only the tick of its owner writes it */
struct bl_word *word_new(struct bl_sim *s, uint32_t owner, uint32_t port, uint32_t lanes, uint32_t bits);
const char *word_name(const struct bl_word *w);      /* "PATH.PORT" of the driver, made anew by each call: for messages */

/* ---- random.c ---- */
uint64_t mix(uint64_t x);                            /* SplitMix64's finaliser (Steele et al., 2014) */
uint64_t stream_key(uint64_t seed, const char *path);

/* ---- clock.c ---- */
void domain_layout(struct bl_sim *s);
void domain_tick(struct bl_sim *s, struct domain *d);
void domain_nap(struct bl_sim *s, struct domain *d);
void tick_other(struct bl_sim *s, struct domain *d, uint32_t slot, bl_verdict v);   /* a tick returned another verdict than the last, or naps */
void domain_commit(struct bl_sim *s, struct domain *d);
void part_wake(struct bl_sim *s, const struct bl_node *n);
void dispatch(struct bl_sim *s, const struct bl_word *w);   /* tells all who listen to a word that it changed */
void commit_dirty(struct bl_sim *s);
void settle(struct bl_sim *s);
uint64_t edges_before(const struct domain *d, uint64_t t);     /* since the last restart */
uint64_t edge_time(const struct domain *d, uint64_t cycle);
uint64_t edges_of_all(const struct domain *d, uint64_t t);     /* since the run began */

/* ---- kernel/ieee/: what the core asks of it ---- */
void release_rare(struct bl_sim *s, uint32_t proc, bool timed_out);     /* of a process that is not simply waiting */
void after_run(struct bl_sim *s, uint32_t proc);                 /* it ended, or was killed or reset by itself */
bool reset_lets_run(const struct bl_sim *s, uint32_t proc);      /* from the top, while one is active */
void reset_now(struct bl_sim *s, uint32_t reset);                /* its signal changed */
void resets_layout(struct bl_sim *s);                            /* each process knows its own */
void static_release(struct bl_sim *s, uint32_t proc, uint32_t caller);  /* an event of its list fired */
void bus_write(struct bl_sim *s, const struct bl_word *driver);  /* of a many-writer signal, announced */
void bus_commit(struct bl_sim *s, const struct bl_word *driver); /* of a resolved signal, updated */
void buses_layout(struct bl_sim *s);                             /* drivers share the storage of a many-writer signal */
void buses_reset(struct bl_sim *s);                              /* what the drivers begin with, resolved */

/* ---- kernel/check/: what is asked for and used wrongly; class tables ---- */
bool nobody(const char *call);                       /* true, after a bl_error: the simulation is NULL */
bool missing_said(struct bl_diag *d, const char *call, const char *names, const void *const *at, size_t n);
static inline bool missing(struct bl_diag *d, const char *call, const char *names, const void *const *at, size_t n)
{
    bool all = true;

    for (size_t i = 0; i < n; i++)
        all &= at[i] != NULL;
    return __builtin_expect(!all, 0) && missing_said(d, call, names, at, n);
}
#define COUNT_OF_(...) (sizeof((const void *const[]){ __VA_ARGS__ }) / sizeof(void *))
/* True after a bl_error: one of these arguments is NULL. */
#define MISSING_SAID(diag, ...) missing((diag), __func__, #__VA_ARGS__, (const void *const[]){ __VA_ARGS__ }, COUNT_OF_(__VA_ARGS__))
#define NO_FUNCTION(diag, f) (!(f) && missing_said((diag), __func__, #f, (const void *const[]){ NULL }, 1))
#define NOBODY(s) (__builtin_expect(!(s), 0) && nobody(__func__))
#define MISSING(s, ...) (NOBODY(s) || MISSING_SAID((s)->diag, __VA_ARGS__))
int class_check(struct bl_sim *s, const struct bl_class *c);         /* its table: 0, or -1 after a bl_error for each mistake */
int busy(struct bl_sim *s, const char *call);        /* -1 after a bl_error: another call is on, and now it fails */
int check_words(struct bl_sim *s, const struct raw_wire *r);         /* what the words of a wire may be at all: 0 or -1 */
bool no_row(const struct bl_sim *s, const char *call, const char *what, size_t at, size_t n);        /* true after a bl_error: at is not below n */
struct bl_sim *sim_at_work(void);                    /* whose call is on in this thread, NULL: none's */
_Noreturn void no_part(const void *self, const char *call);
_Noreturn void no_time(const void *self, const char *call);
_Noreturn void wild_event(const void *self, bl_event e, const char *call);
_Noreturn void wild_lock(const void *self, uint32_t id, const char *call);
_Noreturn void wild_process(const void *self, uint32_t id, const char *call);
_Noreturn void no_events(const void *self, const char *call, const bl_event *list, size_t n);
static inline struct bl_node *node_of(const void *self, const char *call)
{
    struct bl_node *n = self ? ((const struct bl_part *)self)->node : NULL;

    if (__builtin_expect(!n, 0))
        no_part(self, call);
    return n;
}
#define SIM_OF(self) (node_of(self, __func__)->sim)
/* The number of an event; handles count from 1, see write_handle. */
static inline uint32_t event_number(const struct bl_sim *s, const void *self, bl_event e, const char *call)
{
    if (__builtin_expect(e.id - 1 >= s->frozen.first_timer, 0))
        wild_event(self, e, call);
    return e.id - 1;
}

/* ---- kernel/observe/: what the core asks of it ---- */
enum { LOOP_LOOK = 64 };                             /* deltas before the limit, or resumes, in which a loop is looked at */
void why_near_limit(struct bl_sim *s);               /* records from here on, unless somebody does */
void why_loop(struct bl_sim *s);                     /* says who is in the loop */
void order_shuffle(struct bl_sim *s, uint64_t seed); /* permutes every evaluate phase, from elaboration on */
void onlookers_close(struct bl_sim *s);
void path_layout(struct bl_sim *s);                  /* with BL_PATH: what the critical path hears and keeps */
void path_start(struct bl_sim *s);                   /* after init */
void path_close(struct bl_sim *s);                   /* as bl_path_cut, when it is recorded */
void slots_layout(struct bl_sim *s);                 /* slots.c: of parts that are macros */
void slots_cut(struct bl_sim *s);                    /* a layer ends, or all begins again: waits get their names */
void path_heard(struct bl_sim *s, uint32_t h);       /* a word changed that listen_to(BOOKS, h) named */
void origin_keep(struct bl_sim *s);                  /* restart.c: remembers the state, when a class restarts */
void origin_forget(struct bl_sim *s);
void restart_all(struct bl_sim *s, uint64_t stream); /* now; the next run initialises */
void ledger_begin(struct bl_sim *s);                 /* roots.c: before anything happens, who has feeds waits for them */
void ledger_blame(struct bl_sim *s);                 /* after a commit: roots of the verdicts that changed */
void rest_layout(struct bl_sim *s);                  /* rest.c */
void rest_changed(struct bl_sim *s, const struct bl_node *n, bl_verdict was, bl_verdict v, uint64_t at);     /* at: its own time; one of both is a rest */
int prices_lay(struct bl_sim *s);                    /* what each part pays, by its parameters: 0, or -1 after a bl_error */

/* ---- events.c ---- */
/* Behind all that are runnable. */
static inline void enqueue(struct bl_sim *s, uint32_t p)
{
    s->run.proc[p].state |= QUEUED;
    s->run.run_queue[(s->core->run_head + s->core->run_n++) & s->frozen.queue_mask] = p;
    OBSERVE(s, released, (s, p));
}

/* Something that process p waits for moved, or its time is over. */
static inline void release(struct bl_sim *s, uint32_t p, bool timed_out)
{
    if (s->run.proc[p].state) {
        release_rare(s, p, timed_out);
        return;
    }
    s->run.proc[p].timed_out = timed_out;
    enqueue(s, p);
}

static inline void fire_timer(struct bl_sim *s, uint32_t p)
{
    s->run.proc[p].timing = false;
    release(s, p, true);
}

void withdraw(struct bl_sim *s, uint32_t e);                     /* its notification that is pending */
void check_waits(const struct bl_sim *s, const struct bl_node *n);   /* misuse unless it is at work and waits */
void disarm(struct bl_sim *s, uint32_t proc);                    /* it waits for nothing any more */
void fire(struct bl_sim *s, uint32_t e);
void fire_deltas(struct bl_sim *s);
void notify(struct bl_sim *s, uint32_t e, uint64_t fs);
uint32_t proc_of(const void *self);

/* ---- sched.c ---- */
bool evaluate(struct bl_sim *s);                     /* the present phase, in the order of the contract: has a clock an edge? */
void resume(struct bl_sim *s, uint32_t proc);
uint32_t next_runnable(struct bl_sim *s);
uint64_t volley_limit(const struct bl_sim *s);       /* resumes in one evaluate phase */
bool volley_over(struct bl_sim *s, uint64_t left);   /* asked when few are left */

static inline bool has_account(const struct bl_class *c) { return c->tick || c->run || c->works; }    /* time of its own */

/* ---- waits.c ---- */
/* The verdict and the port in what a part says. */
static inline uint32_t said_verdict(bl_verdict v) { return v & 0xffff; }
static inline uint32_t said_port(bl_verdict v) { return v >> 16 ? (v >> 16) - 1 : 0; }
uint32_t listed(const char *text);                   /* names in a list, "in, tag"; NULL: 0 */
void feeds_listed(struct bl_sim *s, struct class_info *in);          /* what idle waits for, and at which causes a part rests */
const struct bl_field *listed_port(const struct bl_class *c, const char *text, uint32_t k);      /* the k-th of them; NULL: no port */
const char *listed_name(const char *text, uint32_t k, size_t *len);       /* its k-th name, NULL: there is none */
uint32_t waits_at(const struct bl_node *n, uint32_t verdict);         /* how many ports it lists, the elements of arrays each */
struct waiting_port { const struct bl_field *port; uint32_t index, of; };  /* an element of an array of so many; of one: a single port */
struct waiting_port port_waited(const struct bl_node *n, uint32_t verdict, uint32_t k);    /* the k-th of these; port NULL: there is none */
const char *waiting_port_text(struct waiting_port at, char *text, size_t room);                /* "in[2]"; returns text */
void check_said(const struct bl_node *n, bl_verdict v);              /* misuse, unless its class declares v and the port */

/* ---- ledger.c ---- */
/* Whom a part meets where it waits when it says v; NULL: v waits at no port. */
static inline const struct peer *ledger_peer(const struct bl_node *n, bl_verdict v)
{
    const struct peers *p = n->peers ? &n->peers[said_verdict(v)] : NULL;

    return p && p->n ? &p->at[said_port(v)] : NULL;
}
/* Whom it waits for, NONE: nobody. */
static inline uint32_t ledger_awaited(const struct bl_node *n, bl_verdict v) { const struct peer *p = ledger_peer(n, v); return p ? p->node : NONE; }
void ledger_layout(struct bl_sim *s);
void ledger_verdict(struct bl_sim *s, struct bl_node *n, bl_verdict v);   /* n's verdict becomes v now */
void method_returned(const struct bl_node *n);      /* one that said its verdict by bl_work; what it returned counts no more */
uint64_t ledger_spent(const struct bl_sim *s, const struct bl_node *n, uint32_t verdict, uint64_t now);
uint64_t ledger_tally(const struct bl_node *n, uint32_t tally);
uint64_t ledger_clock(const struct bl_sim *s, const struct bl_node *n, uint64_t now);   /* its own count of time: cycles, or fs */

const char *where_of(const char *where);     /* "" or the prefix */

#endif

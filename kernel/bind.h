/* bind.h - what bind.c, join.c, link.c and kernel/ieee/ share while wires are bound: a resolved end of a wire. */
#ifndef BL_BIND_H
#define BL_BIND_H

#include "kernel/kernel.h"

struct end { struct bl_node *node; const struct bl_field *field; uint32_t index; };      /* index: in node->port, of one element of an array */

/* The part whose path is the first n characters of a text, or NULL. */
struct bl_node *part_of(struct bl_sim *s, const char *text, size_t n);
/* "PATH.PORT" or "PATH.PORT[2]", through composites: 0, or -1 after a bl_error. */
int resolve(struct bl_sim *s, const char *text, const char *where, struct end *e);
/* The same without a word, and without a trace: what is wrong stays to be told. */
bool resolves(struct bl_sim *s, const char *text, struct end *e);
const char *end_text(struct bl_sim *s, const struct end *e);      /* "PATH.in[2]", made anew by each call: for messages */
static inline uint32_t *port_of(const struct end *e) { return &e->node->port[e->index]; }
static inline uint32_t place_of(const struct bl_sim *s, const struct end *e) { return (uint32_t)(port_of(e) - s->frozen.ports); }
/* Lanes of a port; a width out of range is reported. */
uint32_t width_of(struct bl_sim *s, const struct end *e, uint32_t *bits);
/* An edge is one of an output of a single bit. */
int check_edge(struct bl_sim *s, const struct raw_wire *r, const struct end *a);
uint32_t fires_at(enum bl_edge edge);    /* the kind of listener that it makes */
static inline bool one_bit(const struct bl_word *w) { return w->lanes == 1 && w->bits == 1; }
/* What those who listen to an output listen to: its word, or the signal that it drives together with others. */
uint32_t signal_of(const struct bl_sim *s, uint32_t word);

/* ---- shape.c ---- */
/* Lanes or bits of a port, once all are shaped; 1: a size that nothing is wired to. */
uint32_t port_width(const struct bl_node *n, int32_t lanes_or_bits);

/* ---- sync.c ---- */
/* A synchroniser of `stages` flip-flops into the clock of `reader`; the word it drives. */
uint32_t synchronise(struct bl_sim *s, const struct bl_word *from, const struct bl_node *reader, uint32_t stages);

/* ---- link.c ---- */
#define TO_PROCESS BL_END_OF_FIELDS      /* in place of a kind: the part itself, PART.process */
enum joint { NO_LINK, BAD_WORD, A_CHANNEL, A_WORD, AN_EDGE, ONE_EVENT, A_SENSE, A_CONTROL };
enum joint link_as(enum bl_field_kind from, enum bl_field_kind to);
/* The same; BAD_WORD after a bl_error about a word of the wire. */
enum joint check_link(struct bl_sim *s, const struct raw_wire *r, enum bl_field_kind from, enum bl_field_kind to);

/* ---- ieee/control.c ---- */
const struct bl_node *process_named(struct bl_sim *s, const char *text);             /* the waiting part of "PART.process", or NULL */
int join_process(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct bl_node *to);
void bind_resets(struct bl_sim *s);

/* ---- ieee/static.c ---- */
size_t bind_senses(struct bl_sim *s, uint32_t (*pair)[2]);       /* a pair (event, process) of each static sensitivity; makes events */

/* ---- join.c ---- */
void sort_wires(struct bl_sim *s);       /* by where they lead: the order of their lines cannot matter */
/* All, by where they lead; same: by event, an earlier one that it is one with, or itself. 0, or -1 after a bl_error. */
int join_wires(struct bl_sim *s, uint32_t *same);
uint32_t event_root(const uint32_t *same, uint32_t e);   /* the first of all that are one with it */
/* What two ends may be refused for. */
bool is_free(const struct end *e);       /* no wire, or one that was refused */
int wrong_width(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b);
int two_drivers(struct bl_sim *s, const struct raw_wire *r, const struct end *b, const char *first);

/* ---- ieee/shared.c, ieee/lock.c ---- */
/* To a channel that one of them has already. */
int join_shared(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b);
int join_bus(struct bl_sim *s, const struct raw_wire *r, const struct end *a, const struct end *b);
int bind_buses(struct bl_sim *s);
int bind_locks(struct bl_sim *s);        /* after equal ones have one event */

#endif

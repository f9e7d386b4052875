/* events.h - the energy of a macro as prices of what its parts count in a step: a cell, a conversion, an addition. Prices times
 * counts are the energy of cost.h; so a machine of general parts, which counts the same things event by event, has the same total. */
#ifndef BL_IMC_EVENTS_H
#define BL_IMC_EVENTS_H

#include "platforms/imc/cost.h"

/* What a count of a step is in proportion to, of `rows` of d2 and `cols` of d1 in use. */
enum bl_imc_per {
    BL_IMC_PER_STEP,           /* 1 */
    BL_IMC_PER_ROW,            /* rows */
    BL_IMC_PER_COLUMN,         /* cols */
    BL_IMC_PER_CELL,           /* rows x cols */
    BL_IMC_PER_WORDLINE,       /* rows x d1: a wordline spans all columns */
    BL_IMC_PER_BITLINE         /* d2 x cols: a bitline spans all rows */
};
/* An event: the tally of the general part (components/) that counts it, `each` times per. */
struct bl_imc_event {
    const char *cls, *item;
    enum bl_imc_per per;
    uint64_t each;             /* events of a step for each of what it is in proportion to */
    double price;              /* fJ an event */
    enum bl_tag tag;           /* the weakest of the constants in it */
    const char *keys;          /* of the description, whose own tags may be weaker: "act node" */
    const char *source;
};
enum { BL_IMC_EVENTS = 8 };

/* How many serial steps an MVM takes in the machine, and bits of an input in each: a_bits / dac_bits, but with model: gates those of `steps`. */
uint64_t bl_imc_event_steps(const struct bl_imc_macro *m);
uint64_t bl_imc_event_bits(const struct bl_imc_macro *m);

/* The events of a step, by the model that the macro names; blocks NULL: those of bl_imc_structure. None costs nothing. Returns how many. */
unsigned bl_imc_events(const struct bl_imc_macro *m, const struct bl_imc_block *blocks, unsigned n, struct bl_imc_event out[BL_IMC_EVENTS]);
/* What writing a cell costs: Eqs. (3) to (5) with one precharge for each row that is selected, over its cells, fJ. No part of an MVM. */
struct bl_imc_event bl_imc_write_event(const struct bl_imc_macro *m);

/* How often an event happens in a step. */
uint64_t bl_imc_event_count(const struct bl_imc_macro *m, const struct bl_imc_event *e, uint64_t rows, uint64_t cols);
/* A price in whole yJ, as a technology has it. */
uint64_t bl_imc_event_yj(const struct bl_imc_event *e);
/* One step of one macro: fJ; and yJ, exactly, at prices in whole yJ. */
double bl_imc_step_energy(const struct bl_imc_macro *m, const struct bl_imc_event *e, unsigned n, uint64_t rows, uint64_t cols);
bl_yj bl_imc_step_yj(const struct bl_imc_macro *m, const struct bl_imc_event *e, unsigned n, uint64_t rows, uint64_t cols);

#endif

/* units.h - the units around a buffer that the host gives jobs to, found by the wires of the platform file. */
#ifndef BL_WEIGHT_STATIONARY_UNITS_H
#define BL_WEIGHT_STATIONARY_UNITS_H

#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

/* A unit: its path; its elements of the host's `go` and `done`. */
struct unit { const char *part; uint16_t go, done; };
/* A macro between its feeder and its collector; `written` counts its rows at an element of `done`, `target` is the one of the dma that
 * leads to its row loader, which may be somebody's own: only the class weight_loader looks at the width of the program's rows. */
struct core {
    struct unit feeder, collector;
    const char *loader;
    bool checks_rows;
    uint16_t written, target;
    const char *join, *requant;        /* of a chip: between macro and collector; */
    const char *array, *input, *tree;  /* what takes the rows of weights; what takes the windows; an adder_tree behind the array, or NULL */
};
struct units {
    struct unit dma;                   /* with several lines `done` is the first one's */
    struct unit *vec;                  /* of a chip */
    uint32_t nvec;
    const char *buffer;
    uint16_t buffer_target;            /* of the dma */
    uint32_t ncores;
    struct core *core;
};

/* chip: there may be vector units, and each core has a join and a requant; joins stand in a chain, below to above. Cores in the order of the collectors' elements of `go`. 0, or -1 after a bl_error for what is missing. Memory comes from the job. */
int bl_units_find(struct bl_job *job, struct bl_sim *s, const struct bl_array *a, bool chip, struct units *u);
/* Words of all of them are as wide as the host's: that width, or 0 after a bl_error. */
uint32_t bl_units_width(struct bl_job *job, struct bl_sim *s, const struct bl_array *a, const struct units *u);
/* PART.PARAM, a number. */
uint64_t bl_units_ask(struct bl_ask *ask, const char *part, const char *param);

#endif

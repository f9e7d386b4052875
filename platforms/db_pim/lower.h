/* lower.h - a layer on DB-PIM as instructions and jobs: the mapper's own (mapper.c asks and supplies, lower.c makes them, listing.c prints them). */
#ifndef BL_DB_LOWER_H
#define BL_DB_LOWER_H

#include "components/db_pim/db_jobs.h"
#include "platforms/db_pim/record.h"
#include "platforms/job/mapper.h"

/* A list that grows. */
struct db_list { void *at; uint32_t n, room; size_t each; };

/* The chip, as its parts say. */
struct db_chip { uint32_t cores, buffer_words, sums, feed_rows, double_load; enum bl_db_coding coding; };

/* What became of a layer. */
struct db_layer {
    struct db_code code;
    bool simd, binary;                 /* the SIMD core does it; its weights are in two's complement */
    uint32_t tiles, bands;
    uint64_t row_steps;                /* an image */
    uint64_t used, slots;              /* cells with a digit, cells of rows at work in all cores; times the groups of positions */
    uint64_t positions, places;        /* of output, and of groups of four; each tile */
};

struct db_lowered {
    struct db_chip chip;
    struct db_list code, fills, loads, runs, accs, outs, shapes;
    struct db_list records, channels, weights;         /* uint64_t, uint32_t, int8_t */
    struct db_layer *layer;
};

/* Begins: lists for a net of so many layers. Memory comes from the job. */
struct db_lowered *bl_db_lowered(struct bl_job *job, struct db_chip chip, uint32_t nlayers);
/* Instructions of a conv or fc layer; of one that the SIMD core does. 0, or -1 after a bl_error that names the layer. */
int bl_db_lower(struct bl_job *job, struct db_lowered *d, uint32_t layer, struct bl_host_layer *h);
void bl_db_lower_simd(struct bl_job *job, struct db_lowered *d, uint32_t layer);
/* The instructions of all layers, as text. */
void bl_db_listing(struct bl_job *job, const struct db_lowered *d, FILE *to);

#endif

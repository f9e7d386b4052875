/* ap_chip.h - the chip's state, shared by ap_chip.c (layers) and ap_steps.c (steps of clusters). */
#ifndef COMPONENTS_AP_CHIP_H
#define COMPONENTS_AP_CHIP_H

#include "kernel/model.h"
#include "components/bf_imna/ap_bank.h"
#include "components/host.h"

enum { MICRO, MACRO };
enum { WORKERS_MOST = 64 };
enum stage { BEGIN, PRODUCTS, RELU, POOL, FINISH, DONE, WINDOWS };

struct ap_chip {
    struct bl_part p;
    bl_in start, ended;
    bl_out layer, computed;
    bl_event timer;
    bl_table program, images, layers;
    bl_tally compare, write, read, clear, matched, line, cell, driven, partial, bias, requant, work, job;
    int64_t clusters, caps, rows, cols, fold, pack, fidelity, timing, write_cycles, workers, host_cycles, memory_limit, observe, cluster_rows;
    uint32_t stage, image, at;
    uint32_t works;                          /* pieces of work handed out so far */
    uint32_t piece_of_work[WORK_LANES];      /* the one in work, as the word `layer` */
    uint64_t busy_until;
    uint8_t *memory;
    int32_t *sums, *result;                  /* result: of the cluster at work, micro: of all */
    int32_t *window_sums;                    /* of inputs, by window: for layers of weights -1 and +1 */
    struct bl_host_stat *stat;
    uint8_t *act;                            /* one input column, as bytes */
    uint64_t *planes;                        /* input columns of the step at work, as bit planes */
    size_t plane_words, results;             /* words of one plane; results of a cluster's step, at most */
    unsigned char *lanes, *cells;            /* struct bl_ap_lane; their memory: a worker's, micro: of every processor in use */
    uint32_t nlanes, per_cluster;            /* micro: processors of a cluster that any layer uses */
    uint32_t *piece_at;                      /* partial sums to be added: where, and what */
    int32_t *piece;
    uint32_t pieces;
    uint64_t end[AP_CLUSTERS_MOST];          /* cycle in which the step at work ends; 0: none */
    uint32_t begun[AP_CLUSTERS_MOST];        /* steps begun */
    uint64_t steps[AP_CLUSTERS_MOST];        /* of this piece of work */
    uint32_t seen_op, seen_kind, seen_hits;  /* micro: the processor observed */
    uint64_t step_cycles;                    /* of the last step computed */
};

static inline const struct bl_host_program *programs_of(const struct ap_chip *t) { return BL_ROWS(struct bl_host_program, t->program); }
/* That of the image in work. */
static inline const struct bl_host_program *program_of(const struct ap_chip *t) { return bl_host_program_at(programs_of(t), bl_stream(t)); }
static inline const struct bl_host_layer *layer_of(const struct ap_chip *t) { return &program_of(t)->layer[t->at]; }
/* Layer i of that program; the tables stand one behind the other. */
static inline const struct bl_ap_layer *table_at(const struct ap_chip *t, const struct bl_host_program *g, uint32_t i)
{
    return BL_ROWS(struct bl_ap_layer, t->layers) + (size_t)(g - programs_of(t)) * g->nlayers + i;
}
static inline const struct bl_ap_layer *table_of(const struct ap_chip *t, uint32_t i) { return table_at(t, program_of(t), i); }
static inline struct bl_ap_lane *lane_of(const struct ap_chip *t, uint32_t i) { return (struct bl_ap_lane *)(void *)t->lanes + i; }

static inline struct bl_ap_chip chip_of(const struct ap_chip *t)
{
    return (struct bl_ap_chip){ (uint32_t)t->clusters, (uint32_t)t->caps, (uint32_t)t->rows, (enum bl_ap_fold)t->fold, (enum bl_ap_pack)t->pack };
}

/* Where the results of the piece in work go. */
static inline int32_t *results_of(struct ap_chip *t) { return t->stage == WINDOWS ? t->window_sums : t->sums; }

/* Bytes of the cells of a lane, a multiple of 64. */
static inline size_t lane_bytes(const struct ap_chip *t)
{
    return bl_ap_lane_bytes((uint32_t)t->cols, (uint32_t)t->rows) / 64 * 64 + 64;
}

/* Begins and ends steps of clusters as their controllers say; returns the cycle in which something happens next. */
uint64_t bl_ap_chip_serve(struct ap_chip *t, uint64_t now);

#endif

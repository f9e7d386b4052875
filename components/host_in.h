/* host_in.h - the struct of the class `host`, for its own files: host.c (from layer to layer), host_direct.c (macros wired to it),
 * host_steps.c (macros fed from a buffer), host_streams.c (several images at once). */
#ifndef COMPONENTS_HOST_IN_H
#define COMPONENTS_HOST_IN_H

#include "components/dram.h"
#include "components/host_ops.h"

enum { OP_FULL = BL_STALL, WEIGHTS_FULL, ROWS_LATE, RESULT_LATE, HOST_WORK, UNIT_FULL, UNIT_LATE, FAR_FULL };
enum { HOST_SHOWN = 64, HOST_NO_IMAGE = UINT16_MAX };
enum host_phase { HOST_BEGIN, HOST_ROUND, HOST_OPS, HOST_FINISH, HOST_DONE };

/* One macro that is wired to the host: rows sent to it since the image began; windows given and sums taken of its tile. */
struct host_macro { uint32_t rows, issued, back; };

struct host {
    struct bl_part p;
    bl_pushes op, op_tag, w;
    bl_ins rows;
    bl_pops mac;
    bl_out layer;
    bl_pushes go;
    bl_ins done;
    bl_pop req;
    bl_push rsp;
    bl_table program, images;
    bl_tally row, issue, add, requant, work, step_tally, far_read, far_write;
    int64_t ins, outs, macros, row_lanes, host_cycles, units, counts;
    int64_t width, latency, interval, queue, req_lanes, rsp_lanes;
    int64_t shown, any_shown;         /* streams that a waveform shows; 1 when there are some */
    uint32_t phase;
    uint32_t image, at, tile;         /* where it is: image, layer, first weight tile of the round */
    uint32_t load_tile, load_row;     /* the next row to be sent */
    uint32_t give, take;              /* macros whose turn is next: of an op, of a sum */
    uint64_t busy_until;              /* cycle in which the host work ends */
    struct host_macro *macro;
    uint32_t step;                    /* of the layer */
    uint64_t since;                   /* cycle from which on the step is at hand */
    uint32_t stream;                  /* 1 + the one whose pushes are going out; 0: none */
    uint32_t ended;                   /* images */
    uint32_t in_flight;               /* images begun and not ended; of each stream: */
    uint32_t image_of[HOST_SHOWN], state_of[HOST_SHOWN], slots_of[HOST_SHOWN];
    uint64_t buffer_bytes, buffer_most;        /* in slots taken and not yet read by all: now, and at most so far */
    uint64_t setup_cycles;            /* tick in which the first image may begin; 0: not yet */
    struct bl_host_at *streams;       /* [nstreams] */
    struct bl_host_time *times;       /* [images] */
    uint32_t *base;                   /* [counts]: where the counters were when the layer began */
    struct bl_dram far;
    uint64_t *far_data;               /* [BL_DRAM_QUEUE]: words to be written */
    int32_t *far_sums;
    uint8_t *memory;
    int32_t *sums;
    struct bl_host_stat *stat;
};

/* In init: 0, or -1 after a refusal of a program whose tiles do not fit what is wired. */
int bl_host_direct_check(struct host *t, const struct bl_host_program *g);
/* A cycle of an array layer whose macros are wired to the host. The last one of the layer leaves phase HOST_FINISH. */
bl_verdict bl_host_direct(struct host *t, const struct bl_host_program *g);
/* The same for layers whose macros are fed from a buffer; steps_begin when such a layer begins. */
int bl_host_steps_check(struct host *t, const struct bl_host_program *g);
void bl_host_steps_begin(struct host *t);
bl_verdict bl_host_steps(struct host *t, const struct bl_host_program *g);
/* Whether something came of its far memory in this tick; *full: a word finds no room. */
bool bl_host_far(struct host *t, const struct bl_host_program *g, bool *full);
/* The same for programs with streams: checks and memory in init; a cycle. */
int bl_host_streams_begin(struct host *t, const struct bl_host_program *g);
bl_verdict bl_host_streams(struct host *t, const struct bl_host_program *g);
/* Where the sum of window p of output out + n of a tile is kept. */
int32_t *bl_host_sum(const struct host *t, const struct bl_host_layer *l, const struct bl_host_tile *tile, uint32_t n, uint32_t p);

#endif

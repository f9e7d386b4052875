/* host_in.h - the struct of the class `host`, for its own files: host.c (from layer to layer), host_direct.c (macros wired to it). */
#ifndef COMPONENTS_HOST_IN_H
#define COMPONENTS_HOST_IN_H

#include "components/host_ops.h"

enum { OP_FULL = BL_STALL, WEIGHTS_FULL, ROWS_LATE, RESULT_LATE, HOST_WORK };
enum host_phase { HOST_BEGIN, HOST_ROUND, HOST_OPS, HOST_FINISH, HOST_DONE };

/* One macro that is wired to the host: rows sent to it since the run began; windows given and sums taken of its tile. */
struct host_macro { uint32_t rows, issued, back; };

struct host {
    struct bl_part p;
    bl_pushes op, op_tag, w;
    bl_ins rows;
    bl_pops mac;
    bl_out layer;
    bl_table program, images;
    bl_tally row, issue, add, requant, work;
    int64_t ins, outs, macros, row_lanes, host_cycles;
    uint32_t phase;
    uint32_t image, at, tile;         /* where it is: image, layer, first weight tile of the round */
    uint32_t load_tile, load_row;     /* the next row to be sent */
    uint32_t give, take;              /* macros whose turn is next: of an op, of a sum */
    uint64_t busy_until;              /* cycle in which the host work ends */
    struct host_macro *macro;
    uint8_t *memory;
    int32_t *sums;
    struct bl_host_stat *stat;
};

/* In init: 0, or -1 after a refusal of a program whose tiles do not fit what is wired. */
int bl_host_direct_check(struct host *t, const struct bl_host_program *g);
/* A cycle of an array layer whose macros are wired to the host. The last one of the layer leaves phase HOST_FINISH. */
bl_verdict bl_host_direct(struct host *t, const struct bl_host_program *g);

#endif

/* layer_table.h - rows of a layer table, between reading (layer_table.c) and wiring (layer_table_build.c). Private. */
#ifndef BL_LAYERS_H
#define BL_LAYERS_H

#include "platforms/net/net.h"

enum row_type { ROW_CONV, ROW_DWCONV, ROW_PWCONV, ROW_FC, ROW_RELU, ROW_RELU6, ROW_POOL_AVG, ROW_POOL_MAX, ROW_ADD,
                ROW_MUL, ROW_SIGMOID, ROW_SWISH, ROW_SOFTMAX, ROW_SUBSAMPLE, ROW_TYPES };

enum { COL_NAME, COL_TYPE, COL_CIN, COL_H, COL_W, COL_COUT, COL_KH, COL_KW, COL_STRIDE, COL_PAD, COL_GROUPS, COL_HOUT,
       COL_WOUT, COL_MACS, COL_PARAMS, COLS };

struct row {
    char name[64];
    enum row_type type;
    uint64_t v[COLS];          /* by column; 0 for NAME, TYPE and PAD */
    uint32_t pad[4];           /* top, bottom, left, right: the order of the file */
    uint32_t line, column[COLS];
};

/* Turns checked rows into a net with made-up weights; NULL after a bl_error. `name` as in bl_layers_read. */
struct bl_net *bl_layers_build(const char *name, const struct row *rows, uint32_t nrows, uint64_t seed, struct bl_diag *diag);

#endif

/* prune_rows.h - what `bitline prune` says of a net, as JSON, and the three forms of it. */
#ifndef BL_PRUNE_ROWS_H
#define BL_PRUNE_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "platforms/db_pim/prune.h"
#include "tools/run/reference_rows.h"

struct bl_prune_account {
    const struct bl_net *net;
    const struct bl_db_pruned *layers;         /* of each layer of the net */
    uint32_t alpha;
    bool fta;
    const struct bl_reference_figures *before, *after;     /* NULL: no images were named */
    const char *output;        /* the file that is written, or NULL */
    uint32_t moved;            /* of it: layers that round as ONNX does from now on */
};

/* { "schema": "bitline.prune/1", "net", "alpha", "fta", "layers": [..], "total": {..}, "before", "after", "output", "moved" }; rows as in
 * platforms/db_pim/README.md. Never NULL (tools/memory.h). */
json_t *bl_prune_rows(const struct bl_prune_account *a);
void bl_prune_text(const json_t *account, FILE *out);
void bl_prune_csv(const json_t *account, FILE *out);
void bl_prune_json(const json_t *account, FILE *out);

#endif

/* ap_work.c - the macro-operations of a step of matrix products, ReLU, maxima and sums, and what it moves. */
#include "components/bf_imna/ap_work.h"

#include <string.h>

enum { FLAGS = 2 };

/* Elementwise work: a word in the first columns, the word beside it in rounds behind it, then flags. */
static uint32_t elements(struct bl_ap_cmd *out, const uint32_t *work, uint32_t rows, uint32_t phase, uint32_t most_rows)
{
    uint32_t m = work[WORK_ABITS], len = work[WORK_J], first, need, width = bl_ap_result(work, most_rows, &first, &need), n = 0;

    out[n++] = (struct bl_ap_cmd){ .op = AP_LOAD, .a = first, .n = m, .rows = rows };
    if (work[WORK_KIND] == WORK_RELU) {
        out[n++] = (struct bl_ap_cmd){ .op = AP_RELU, .m = m, .a = 0, .f = m, .rows = rows };
        out[n++] = (struct bl_ap_cmd){ .op = AP_READ, .a = 0, .n = m, .rows = rows };
        return n;
    }
    if (work[WORK_KIND] == WORK_MAX) {
        out[n++] = (struct bl_ap_cmd){ .op = AP_CLEAR, .a = m, .n = m + FLAGS, .rows = rows };
        out[n++] = (struct bl_ap_cmd){ .op = AP_MAXRED, .m = m, .a = m, .b = 0, .f = 2 * m, .rows = rows, .phase = phase, .len = len };
    } else {
        out[n++] = (struct bl_ap_cmd){ .op = AP_CLEAR, .a = m, .n = need - m, .rows = rows };
        out[n++] = (struct bl_ap_cmd){ .op = AP_REDUCE, .m = m, .a = width, .b = 0, .rows = rows, .phase = phase, .len = len };
    }
    out[n++] = (struct bl_ap_cmd){ .op = AP_WREAD, .a = first, .n = width, .rows = rows, .phase = phase, .len = len };
    return n;
}

uint32_t bl_ap_program(struct bl_ap_cmd out[AP_STEP_MOST], const uint32_t *work, bool weights, uint32_t rows, uint32_t phase, uint32_t most_rows)
{
    if (work[WORK_KIND] == WORK_GEMM)
        return bl_ap_gemm_step(out, work[WORK_WBITS], work[WORK_ABITS], weights, rows, phase, work[WORK_J], most_rows);
    return elements(out, work, rows, phase, most_rows);
}

uint32_t bl_ap_result(const uint32_t *work, uint32_t most_rows, uint32_t *first, uint32_t *need)
{
    uint32_t m = work[WORK_ABITS], longest = work[WORK_J] < most_rows ? work[WORK_J] : most_rows;
    struct bl_ap_columns x;

    switch (work[WORK_KIND]) {
    case WORK_GEMM:
        bl_ap_columns(work[WORK_WBITS], m, longest, &x);
        *first = x.b;
        *need = x.need;
        return x.width;
    case WORK_RELU: *need = m + 1; break;
    case WORK_MAX: *need = 2 * m + FLAGS; break;
    default: *need = 2 * (m + bl_ap_log2(longest));
    }
    *first = 0;
    return work[WORK_KIND] == WORK_SUM ? *need / 2 : m;
}

void bl_ap_traffic(const struct bl_ap_chip *c, const uint32_t *work, const struct bl_ap_slice *s, struct bl_ap_traffic *t)
{
    struct bl_ap_gemm g = bl_ap_work_gemm(work);
    uint64_t j = g.j, end = s->first + s->count, window = UINT64_MAX;
    const uint32_t rows = work[WORK_KIND] == WORK_GEMM ? bl_ap_rows(c, &g, s) : c->rows;
    uint32_t pieces = 0, first, need;

    memset(t, 0, sizeof *t);
    t->width = bl_ap_result(work, c->rows, &first, &need);
    t->values = work[WORK_KIND] == WORK_GEMM ? bl_ap_inputs(&g, s) : s->count;
    t->weights = work[WORK_KIND] == WORK_GEMM ? bl_ap_weights(&g, s) : 0;
    t->in_bits = t->values * work[WORK_ABITS] + t->weights * work[WORK_WBITS];
    for (uint64_t at = s->first; at < end; at += rows) {
        uint64_t stop = at + rows < end ? at + rows : end;
        t->words += (stop - 1) / j - at / j + 1;
        pieces = at / j == window ? pieces + 1 : at % j ? 2 : 1;
        t->pieces = pieces > t->pieces ? pieces : t->pieces;
        window = (stop - 1) / j;
        pieces = window == at / j ? pieces : 1;
    }
}

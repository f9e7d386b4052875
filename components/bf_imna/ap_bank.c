/* ap_bank.c - one associative processor's part of a step: it takes its operand columns from bit planes, runs its program and
 * gives its results as words. */
#include "components/bf_imna/ap_bank.h"

#include <string.h>

static const uint8_t straight[AP_PASSES] = { 0, 1, 2, 3 };

size_t bl_ap_lane_bytes(uint32_t cols, uint32_t rows)
{
    size_t words = bl_ap_words(rows);

    return (bl_ap_size(cols, (uint32_t)words) + words + AP_KEY_WORDS + AP_SCRATCH(words) + AP_LOADS * words) * sizeof(uint64_t);
}

void bl_ap_lane_place(struct bl_ap_lane *l, void *memory, uint32_t cols, uint32_t rows)
{
    uint32_t words = bl_ap_words(rows);

    l->x = (struct bl_ap_cells){ memory, cols, rows, words, 0 };
    l->rowtag = l->x.cell + bl_ap_size(cols, words);
    l->coltag = l->rowtag + words;
    l->scratch = l->coltag + AP_KEY_WORDS;
    l->load = l->scratch + AP_SCRATCH(words);
}

void bl_ap_lane_leave(struct bl_ap_lane *l)
{
    l->x.cell = l->rowtag = l->coltag = l->scratch = l->load = NULL;
    l->result = NULL;
}

/* ---- operand columns ---- */

static void weight_columns(struct bl_ap_lane *l, const struct bl_ap_source *s, uint64_t *to)
{
    uint64_t ij = (uint64_t)s->work[WORK_I] * s->work[WORK_J];

    for (uint32_t b = 0; b < s->work[WORK_WBITS]; b++)
        for (uint64_t r = 0; r < l->rows;) {
            uint64_t q = (l->pair + r) % ij, n = ij - q < l->rows - r ? ij - q : l->rows - r;
            bl_ap_copy_bits(to + (size_t)b * l->x.words, r, s->layer->planes + b * s->layer->plane_words, q, n);
            r += n;
        }
}

static void input_columns(struct bl_ap_lane *l, const struct bl_ap_source *s, uint64_t *to)
{
    uint64_t i = s->work[WORK_I], j = s->work[WORK_J], groups = s->work[WORK_GROUPS], per = i / groups;

    for (uint64_t r = 0; r < l->rows;) {
        uint64_t p = l->pair + r, k = p % j, o = p / j % i, column = p / j / i - s->column0;
        uint64_t n = j - k < l->rows - r ? j - k : l->rows - r;
        for (uint32_t b = 0; b < s->work[WORK_ABITS] && b < AP_PLANES; b++)      /* words are no narrower than codes; upper columns are 0 */
            bl_ap_copy_bits(to + (size_t)b * l->x.words, r, s->planes + b * s->plane_words, (column * groups + o / per) * j + k, n);
        r += n;
    }
}

static void value_columns(struct bl_ap_lane *l, const struct bl_ap_source *s)
{
    for (uint32_t r = 0; r < l->rows; r++) {
        uint32_t v = s->value(s->ctx, l->pair + r);
        for (uint32_t b = 0; b < s->work[WORK_ABITS]; b++)
            l->load[(size_t)b * l->x.words + r / 64] |= (uint64_t)(v >> b & 1) << (r & 63);
    }
}

void bl_ap_lane_begin(struct bl_ap_lane *l, const struct bl_ap_source *s, uint64_t pair, uint32_t rows, bool load_weights, bool restore,
                      uint32_t most_rows)
{
    bool products = s->work[WORK_KIND] == WORK_GEMM;
    uint32_t need, w = products && load_weights ? s->work[WORK_WBITS] : 0;

    l->pair = pair;
    l->rows = rows;
    l->phase = (uint32_t)(pair % s->work[WORK_J]);
    l->width = bl_ap_result(s->work, most_rows, &l->first, &need);
    l->ncmd = bl_ap_program(l->cmd, s->work, load_weights, rows, l->phase, most_rows);
    l->icmd = l->loaded = l->read = 0;
    memset(&l->at, 0, sizeof l->at);
    memset(l->load, 0, (size_t)(w + s->work[WORK_ABITS]) * l->x.words * sizeof *l->load);
    if (w)
        weight_columns(l, s, l->load);
    if (products && !w && restore) {
        memset(l->x.cell, 0, (size_t)s->work[WORK_WBITS] * l->x.words * sizeof *l->x.cell);
        weight_columns(l, s, l->x.cell);
    }
    if (products)
        input_columns(l, s, l->load + (size_t)w * l->x.words);
    else
        value_columns(l, s);
}

/* ---- results ---- */

static int32_t result_word(const struct bl_ap_lane *l, bool is_signed)
{
    uint64_t v = 0;

    for (uint32_t k = 0; k < l->width; k++) {
        uint32_t c = l->first + k;
        v |= (l->coltag[c / 64] >> (c & 63) & 1) << k;
    }
    if (is_signed && l->width < 64 && v >> (l->width - 1) & 1)
        v |= UINT64_MAX << l->width;
    return (int32_t)(uint32_t)v;
}

static void take_column(struct bl_ap_lane *l, uint32_t bit)
{
    for (uint32_t r = 0; r < l->rows; r++) {
        uint32_t v = (uint32_t)(l->rowtag[r / 64] >> (r & 63) & 1) << bit;
        l->result[r] = (int32_t)((bit ? (uint32_t)l->result[r] : 0) | v);
    }
}

bool bl_ap_lane_step(struct bl_ap_lane *l, bool macro, enum bl_ap_timing timing, uint32_t write_cycles, uint64_t *cycles)
{
    for (; l->icmd < l->ncmd; l->icmd++, memset(&l->at, 0, sizeof l->at)) {
        const struct bl_ap_cmd *c = &l->cmd[l->icmd];
        l->whole = macro && bl_ap_is_macro(c->op);
        if (l->whole) {
            struct bl_ap_count executed = { 0 };
            bl_ap_run(&l->x, c, straight, l->rowtag, l->coltag, l->scratch, timing == AP_PAPER2D ? &executed : &l->n);
            if (timing == AP_PAPER2D)
                bl_ap_paper2d(c, &executed, &l->n);
            *cycles = bl_ap_duration(c, timing, write_cycles);
            l->icmd++;
            memset(&l->at, 0, sizeof l->at);
            return true;
        }
        if (!bl_ap_next(c, &l->at, straight, &l->u))
            continue;
        const uint64_t *data = c->op == AP_LOAD ? l->load + (size_t)l->loaded++ * l->x.words : l->rowtag;
        if (l->u.kind == WR_ROW)
            bl_ap_row_key(c, &l->u, l->coltag);
        bl_ap_do(&l->x, &l->u, data, l->rowtag, l->coltag, &l->n);
        if (c->op == AP_WREAD)
            l->result[l->read++] = result_word(l, l->icmd && l->cmd[l->icmd - 1].op == AP_REDUCE && l->cmd[l->icmd - 1].n);
        else if (c->op == AP_READ)
            take_column(l, l->read++);
        bool writes = l->u.kind == WR_H || l->u.kind == WR_V || l->u.kind == WR_COL || l->u.kind == WR_ROW;
        *cycles = timing == AP_PEAK && c->op != AP_LOAD ? 0 : writes ? write_cycles : 1;
        return true;
    }
    return false;
}

/* imc_array.c - an array of memory cells that multiplies: `rows` wordlines, `cols` weights of `w_bits` cells side by side, in `sets`
 * of which one is at work at a time. digital: an input slice of `step` bit planes is ANDed with every cell column, and the products
 * leave as planes, one bit a row, for an adder tree. analog: the level on each wordline times each cell, summed along the bitlines.
 * Column c's weight bit b with input plane s is plane (c * step + s) * w_bits + b; analog sum c * w_bits + b.
 * Latency 1. Weights come row by row; a row occupies the array for write_cycles, and goes before an operation, which waits unless
 * the array is dual and the operation is for another set. A row may say how many columns of its tile are in use; rows of a tile come
 * from row 0 on, so the last one says how many rows are. What is in use is what an operation is charged for; `used` tells it to others. */
#include "components/bits.h"
#include "components/item_size.h"
#include "components/planes.h"
#include "components/rows.h"
#include "components/tags.h"
#include "components/use.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { DIGITAL, ANALOG };
enum { PLANES = 8 };                    /* most bits of an input step */

struct imc_array {
    struct bl_part p;
    bl_pop x, x_tag, w;
    bl_push y, y_tag;
    bl_out written, used;
    bl_tally access, mac, wordline, bitline, row, bit, held, unwritten;
    int64_t rows, cols, w_bits, kind, step, sets, set_lane, write_cycles, dual, strict, tag;
    int64_t x_lanes, x_bits, y_lanes, y_bits, w_lanes;
    uint64_t *cell;                     /* [sets][cols * w_bits][words of rows] */
    uint64_t *valid;                    /* [sets][words of rows]: rows that were written */
    uint64_t *plane;                    /* [8][words of rows]: the input at hand */
    uint64_t *product;                  /* [planes of y]: products of up to 32 rows, which lie narrower in y */
    uint16_t *use;                      /* [sets][2]: rows and columns in use; 0: all */
    uint32_t writing, set;              /* ticks that the row under way still takes; its set */
    uint32_t stored;                    /* rows in all, as `written` says */
};

static uint32_t words(const struct imc_array *t) { return bl_bits_words(t->rows); }
static bool is_narrow(const struct imc_array *t) { return t->kind == DIGITAL && !bl_planes_are_words((uint32_t)t->rows); }

static int shape(void *self)
{
    struct imc_array *t = self;
    const bool digital = t->kind == DIGITAL;

    t->w_lanes = 1 + bl_bits_words(t->cols * t->w_bits);
    t->x_lanes = digital ? t->step : t->rows;
    t->x_bits = digital ? t->rows : t->step;
    t->y_lanes = t->cols * t->w_bits * (digital ? t->step : 1);
    t->y_bits = digital ? t->rows : 32;
    if (t->set_lane >= t->tag)
        return bl_refuse(t, "set_lane is lane %lld of x_tag, which has %lld lanes", (long long)t->set_lane, (long long)t->tag);
    return bl_item_fits(t, "y", t->y_lanes, digital ? "cols x w_bits x step" : "cols x w_bits", t->y_bits, digital ? "rows" : "of a sum");
}

static int init(void *self)
{
    struct imc_array *t = self;
    const size_t set = (size_t)t->sets * words(t);

    if (bl_tags_both(t, "x_tag", bl_wired(t->x_tag), "y_tag", bl_wired(t->y_tag)))
        return -1;
    if (t->set_lane >= 0 && !bl_wired(t->x_tag))
        return bl_refuse(t, "set_lane is lane %lld of x_tag, and nothing is wired to x_tag; wire it, or set set_lane to -1", (long long)t->set_lane);
    t->cell = bl_alloc(t, set * (size_t)(t->cols * t->w_bits) * sizeof *t->cell);
    t->valid = bl_alloc(t, set * sizeof *t->valid);
    t->use = bl_alloc(t, (size_t)t->sets * 2 * sizeof *t->use);
    t->plane = bl_alloc(t, (size_t)PLANES * words(t) * sizeof *t->plane);
    t->product = bl_alloc(t, is_narrow(t) ? (size_t)t->y_lanes * sizeof *t->product : sizeof *t->product);
    return 0;
}

/* ---- weights ---- */

/* Rows and columns of a set that are in use. */
static struct bl_use use_of(const struct imc_array *t, uint32_t set)
{
    const uint16_t *use = t->use + (size_t)2 * set;

    return (struct bl_use){ use[0] ? use[0] : (uint32_t)t->rows, use[1] ? use[1] : (uint32_t)t->cols };
}

/* Row `row` of a set, whose columns from `cols` on are not in use (0: it does not say). */
static void use_row(struct imc_array *t, uint32_t set, uint32_t row, uint32_t cols)
{
    uint16_t *use = t->use + (size_t)2 * set;

    use[0] = (uint16_t)(cols ? row + 1 : 0);
    use[1] = (uint16_t)cols;
    if (!t->dual)                               /* else another set may be at work */
        bl_use_put(bl_put16(t->used), use_of(t, set));
}

static void store_row(struct imc_array *t)
{
    const uint64_t *item = bl_pop64(t->w), n = (uint32_t)item[0], cols = item[0] >> 32;
    const uint32_t nw = words(t), columns = (uint32_t)(t->cols * t->w_bits), row = (uint32_t)(n % (uint64_t)t->rows);

    if (n >= (uint64_t)(t->rows * t->sets)) {
        bl_fail(t, "row %llu; it has %lld sets of %lld rows", (unsigned long long)n, (long long)t->sets, (long long)t->rows);
        return;
    }
    if (cols > (uint64_t)t->cols) {
        bl_fail(t, "a row of a tile of %llu columns; it has %lld", (unsigned long long)cols, (long long)t->cols);
        return;
    }
    t->set = (uint32_t)(n / (uint64_t)t->rows);
    use_row(t, t->set, row, (uint32_t)cols);
    uint64_t *at = t->cell + (size_t)t->set * columns * nw + row / 64, one = UINT64_C(1) << row % 64;
    for (uint32_t c = 0; c < columns; c++, at += nw)
        *at = item[1 + c / 64] >> c % 64 & 1 ? *at | one : *at & ~one;
    bl_rows_write(t->valid + (size_t)t->set * nw, row);
    t->writing = (uint32_t)t->write_cycles;
    charge(&t->row, 1);
    charge(&t->bit, columns);
}

/* The row under way, or the next one. Returns whether one is being written in this tick. */
static bool write_rows(struct imc_array *t)
{
    if (!t->writing && bl_avail(t->w))
        store_row(t);
    if (!t->writing)
        return false;
    if (!--t->writing)
        *bl_put32(t->written) = ++t->stored;
    return true;
}

/* ---- an operation ---- */

static void load_planes(struct imc_array *t, const void *x)
{
    const uint32_t nw = words(t), step = (uint32_t)t->step;

    if (t->kind == ANALOG)
        bl_bits_planes(t->plane, nw, x, (uint32_t)t->rows);
    else if (is_narrow(t))
        bl_planes_get(t->plane, x, (uint32_t)t->rows, 0, step);
    else
        memcpy(t->plane, x, (size_t)step * nw * sizeof *t->plane);
}

/* Ones that meet a row never written. */
static void check_rows(struct imc_array *t, uint32_t set)
{
    const uint32_t nw = words(t);
    const uint64_t *valid = t->valid + (size_t)set * nw, *plane = t->plane;

    for (uint32_t s = 0; s < t->step; s++, plane += nw)
        for (uint32_t w = 0; w < nw; w++)
            bl_rows_read_word(t, valid, w, plane[w], t->strict, &t->unwritten, "row");
}

/* n cell columns with one input plane. */
static void and_columns(uint64_t *restrict y, const uint64_t *restrict cell, const uint64_t *restrict in, uint32_t n, uint32_t nw)
{
    if (nw == 1) {                              /* four at once: two vector operations on most processors */
        const uint64_t v = in[0];
        for (; n >= 4; n -= 4, y += 4, cell += 4) {
            y[0] = cell[0] & v;
            y[1] = cell[1] & v;
            y[2] = cell[2] & v;
            y[3] = cell[3] & v;
        }
    }
    if (nw == 2) {
        const uint64_t even = in[0], odd = in[1];
        for (; n >= 2; n -= 2, y += 4, cell += 4) {
            y[0] = cell[0] & even;
            y[1] = cell[1] & odd;
            y[2] = cell[2] & even;
            y[3] = cell[3] & odd;
        }
    }
    for (uint32_t c = 0; c < n; c++, y += nw, cell += nw) {
        uint32_t w = 0;
        for (; w + 4 <= nw; w += 4) {
            y[w] = cell[w] & in[w];
            y[w + 1] = cell[w + 1] & in[w + 1];
            y[w + 2] = cell[w + 2] & in[w + 2];
            y[w + 3] = cell[w + 3] & in[w + 3];
        }
        for (; w < nw; w++)
            y[w] = cell[w] & in[w];
    }
}

static void multiply_digital(struct imc_array *t, const uint64_t *cell)
{
    const uint32_t nw = words(t), step = (uint32_t)t->step, w_bits = (uint32_t)t->w_bits, columns = (uint32_t)t->cols * w_bits;
    void *y = bl_push_item(t->y);
    uint64_t *to = is_narrow(t) ? t->product : y;

    if (step == 1) {
        and_columns(to, cell, t->plane, columns, nw);
    } else {
        uint64_t *at = to;
        for (uint32_t c = 0; c < t->cols; c++, cell += (size_t)w_bits * nw)
            for (uint32_t s = 0; s < step; s++, at += (size_t)w_bits * nw)
                and_columns(at, cell, t->plane + (size_t)s * nw, w_bits, nw);
    }
    if (is_narrow(t))
        bl_planes_put(y, (uint32_t)t->rows, to, 0, columns * step);
}

/* A wordline spans all columns, a bitline all rows of all sets. */
static void charge_use(struct imc_array *t, struct bl_use use)
{
    const uint64_t w_bits = (uint64_t)t->w_bits;

    bl_use_put(bl_put16(t->used), use);
    bl_slots(t, 0, BL_SLOTS_USE, use.rows, use.cols);
    charge(&t->access, 1);
    charge(&t->mac, (uint64_t)use.rows * use.cols * w_bits);
    charge(&t->wordline, use.rows * (uint64_t)t->cols * w_bits);
    charge(&t->bitline, (uint64_t)(t->rows * t->sets) * use.cols * w_bits);
}

static void operate(struct imc_array *t, uint32_t set)
{
    const uint32_t columns = (uint32_t)(t->cols * t->w_bits);
    const uint64_t *cell = t->cell + (size_t)set * columns * words(t);

    load_planes(t, bl_pop_item(t->x));
    check_rows(t, set);
    if (t->kind == DIGITAL)
        multiply_digital(t, cell);
    else
        bl_bits_dots(bl_push32(t->y), cell, columns, t->plane, (uint32_t)t->step, words(t));
    bl_pass_tag(t->x_tag, t->y_tag);
    charge_use(t, use_of(t, set));
}

/* The set of the operation at the head of x. */
static uint32_t set_of(struct imc_array *t)
{
    const uint32_t set = t->set_lane < 0 ? 0 : bl_peek8(t->x_tag)[t->set_lane];

    if (set < t->sets)
        return set;
    bl_fail(t, "an operation on set %u; it has %lld", set, (long long)t->sets);
    return 0;
}

/* No operation in this tick. */
static bl_verdict writes(struct imc_array *t)
{
    bl_slots(t, 0, BL_SLOTS_LOAD, 0, 0);
    return BL_BUSY;
}

static bl_verdict waits(struct imc_array *t, enum bl_slots_at at, bl_verdict v)
{
    bl_slots(t, 0, at, 0, 0);
    return BL_NAP(v);
}

static bl_verdict tick(void *self)
{
    struct imc_array *t = self;
    const bool wrote = write_rows(t);

    if (!bl_pair_avail(t->x, t->x_tag))
        return wrote ? writes(t) : waits(t, BL_SLOTS_WAIT, BL_AT(NO_INPUT, bl_pair_missing(t->x, 1)));
    const uint32_t set = set_of(t);
    if (wrote && !(t->dual && set != t->set)) {
        charge(&t->held, 1);
        return writes(t);
    }
    if (!bl_pair_room(t->y, t->y_tag))
        return wrote ? writes(t) : waits(t, BL_SLOTS_BLOCKED, BL_AT(OUT_FULL, bl_pair_full(t->y, 1)));
    operate(t, set);
    return BL_BUSY;
}

#define T struct imc_array
static const struct bl_field fields[] = {
    BL_POP(T, x, BL_BY(T, x_lanes), BL_BY(T, x_bits), "input: step planes of a bit a row; analog: a level of step bits a row"),
    BL_POP_OPT(T, x_tag, BL_BY(T, tag), 8, "their tags"),
    BL_POP(T, w, BL_BY(T, w_lanes), 64, "set * rows + row (from bit 32 on: columns of its tile in use, 0: all), then its bits: weight of column c from bit c * w_bits on"),
    BL_PUSH(T, y, BL_BY(T, y_lanes), BL_BY(T, y_bits), "products as planes of a bit a row; analog: sums of a bitline"),
    BL_PUSH_OPT(T, y_tag, BL_BY(T, tag), 8, "tags"), BL_OUT(T, written, 1, 32, "rows stored so far"),
    BL_OUT(T, used, BL_USE_LANES, 16, "rows and columns in use in the latest operation, or row; 0: all"),
    BL_PARAM(T, rows, 64, 1, 4096, "wordlines at work in an operation"), BL_PARAM(T, cols, 64, 1, 4096, "weights of a row"),
    BL_PARAM(T, w_bits, 8, 1, 8, "cells of a weight"),
    BL_CHOICE(T, kind, DIGITAL, "digital analog", "products of bits, or sums along bitlines"),
    BL_PARAM(T, step, 1, 1, PLANES, "bits of an input slice"), BL_PARAM(T, sets, 1, 1, 64, "sets of weights"),
    BL_PARAM(T, set_lane, -1, -1, BL_TAG_MOST - 1, "lane of the tag that says the set; -1: set 0"),
    BL_PARAM(T, write_cycles, 1, 1, 64, "ticks to write a row"),
    BL_PARAM(T, dual, 0, 0, 1, "a set may be written while another one is at work"),
    BL_PARAM(T, strict, BL_ROWS_STRICT, 0, 1, "an input of 1 on a row never written ends the run; 0: it is counted"),
    BL_SIZE(T, tag, BL_TAG_MOST, "lanes of a tag"),
    BL_COMPUTED(T, x_lanes, "step, or rows"), BL_COMPUTED(T, x_bits, "rows, or step"),
    BL_COMPUTED(T, y_lanes, "cols x w_bits (x step)"), BL_COMPUTED(T, y_bits, "rows, or 32"),
    BL_COMPUTED(T, w_lanes, "1 + ceil(cols x w_bits / 64)"),
    BL_FEED(x), BL_FEED(x_tag), BL_SLOTS(BL_BY(T, rows), BL_BY(T, cols)),
    BL_WAITS(NO_INPUT, x, x_tag), BL_WAITS(OUT_FULL, y, y_tag),
    BL_TALLY(T, access, "an operation"), BL_TALLY(T, mac, "a cell in use in an operation: rows x cols x w_bits"),
    BL_TALLY(T, wordline, "a cell at a wordline in use, in an operation"), BL_TALLY(T, bitline, "a cell at a bitline in use, in an operation"),
    BL_TALLY(T, row, "a row written"), BL_TALLY(T, bit, "a cell written"),
    BL_TROUBLE(T, held, "a tick that an operation waited for a row to be written"),
    BL_TROUBLE(T, unwritten, "an input of 1 on a row never written"),
    BL_VIEW(T, writing, 1, 8, "ticks that the row under way still takes"), BL_VIEW(T, stored, 1, 32, "rows stored"),
    BL_MEM(T, cell, "the cells"), BL_MEM(T, valid, "rows written"), BL_MEM(T, use, "rows and columns in use, by set"), BL_MEM(T, plane, "the input at hand"),
    BL_MEM(T, product, "products of few rows"), { 0 }
};
const struct bl_class imc_array_class = { .name = "imc_array", .help = "memory array that multiplies, digital or analog",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

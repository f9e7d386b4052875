/* db_jobs.h - what the top controller of DB-PIM tells the units around its cores: instructions of 64 bits, and the jobs that these name by
 * number. Made by the mapper, immutable during the run; each unit checks its own before the run. */
#ifndef BL_DB_JOBS_H
#define BL_DB_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "components/db_pim/db_shape.h"

/* ---- instructions: bits 60 .. 63 the operation, 48 .. 55 a counter, 0 .. 31 a number; all others 0 ---- */

enum db_op {
    DB_NOP,                            /* not an instruction: a stream of zeros is refused */
    DB_FILL,                           /* part `number` of tensors goes to the input buffer */
    DB_LOAD,                           /* record `number` goes to its core */
    DB_RUN,                            /* windows of job `number` go to the network */
    DB_ACC,                            /* results of job `number` are expected in the output buffer */
    DB_OUT,                            /* sums of job `number` go through the SIMD core */
    DB_SIMD,                           /* the SIMD core does the layer */
    DB_WAIT,                           /* until a counter has moved `number` since the layer began */
    DB_END,                            /* of the layer */
    DB_OPS
};
enum db_count { DB_LOADED, DB_STORED, DB_SUMMED, DB_WORKED, DB_COUNTS };      /* records; results; out jobs; layers of the SIMD core */

static inline uint64_t db_inst(enum db_op op, uint32_t count, uint32_t number) { return (uint64_t)op << 60 | (uint64_t)count << 48 | number; }
static inline uint32_t db_inst_op(uint64_t i) { return (uint32_t)(i >> 60); }
static inline uint32_t db_inst_count(uint64_t i) { return (uint32_t)(i >> 48 & 0xff); }
static inline uint32_t db_inst_number(uint64_t i) { return (uint32_t)i; }

/* Of a layer: its instructions first .. first + n - 1; of one that the SIMD core convolves, where its weights [cout][k] begin. */
struct db_code { uint32_t first, n; uint64_t weights; };

/* ---- jobs ---- */

/* How the input of a layer lies in the input buffer: pixel (y, x) of rows row0 .. row0 + rows - 1 begins at byte ((y - row0) * w + x) * pitch, and
 * has all channels one after the other. Output positions are numbered row by row, out_w a row. A window is positions k of (ky, kx, channel),
 * channels chan .. chan + chans - 1. What is outside of the image reads `pad`. */
struct db_shape {
    uint32_t h, w, pitch, row0, rows, chan, chans, kh, kw, stride_h, stride_w, dil_h, dil_w, out_w;
    int32_t pad_t, pad_l;
    uint8_t pad;
};

/* fill: pixels first .. first + count - 1 of the layer's input, `pitch` bytes each. flat: a pixel is a row of k neighbours. */
struct db_fill_job { uint32_t layer, first, count, pitch, flat; };

/* load: nrows rows, each a number and row_words words, from word `at` on; `bits` of them are stored in cells, meta and mask. */
struct db_load_job { uint64_t at; uint32_t core, nrows, bits; };

/* run: output positions first .. first + count - 1, windows of K positions from `from` on. */
struct db_run_job { uint32_t shape, first, count, from, windows, set; };

/* acc: each core gives `count` items, in order of positions: sum f of item p is number near + p * stride + offset[core] + f; first: it is the
 * first one there, and not added. Cores without a bit in `cores` give none. */
struct db_acc_job { uint32_t near, stride, count, cores, first; uint32_t offset[BL_DB_CORES]; };

/* out: sums near .. near + count * stride - 1, of output positions first .. first + count - 1; sum s of a position is of the layer's output
 * channel[at + s]. */
struct db_out_job { uint32_t layer, near, stride, first, count, at; };

#endif

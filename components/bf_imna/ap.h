/* ap.h - associative processing (Yantir et al., IEEE TVLSI 2018; Rakka et al., BF-IMNA): the LUT passes with their
 * derivation, macro operations as sequences of compares and writes, and their execution on bit-sliced columns. Pure functions. */
#ifndef COMPONENTS_AP_H
#define COMPONENTS_AP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- LUT passes ------------------------------------------------------------------------------------
 * A pass compares a few columns with `match` and writes `value` into the columns of `write`, in all rows that match.
 * List the states whose output differs from the input. If a pass turns state s into s', and s' is itself matched by a
 * pass, that pass must come first: else the rows just written are matched again. Columns that keep their value are not
 * written. Bits of a state: Cr B A for sums, A B F1 F2 for the maximum, F A for ReLU, Cr S for the vertical resolve. */
struct bl_ap_pass { uint8_t match, write, value; };

enum { AP_PASSES = 4 };
/* B + A + Cr: 011 -> Cr1 B0; 001 -> B1; 100 -> Cr0 B1; 110 -> B0. 001 becomes 011 and 110 becomes 100, so 011 stands
 * before 001 and 100 before 110: 6 of 24 orders are right. 000, 010, 101 and 111 do not change. */
static const struct bl_ap_pass bl_ap_add[AP_PASSES] = { { 3, 6, 4 }, { 1, 2, 2 }, { 4, 6, 2 }, { 6, 2, 0 } };
/* B - A - Br: 001 -> Br1 B1; 011 -> B0; 110 -> Br0 B0; 100 -> B1. 011 becomes 001, 100 becomes 110. */
static const struct bl_ap_pass bl_ap_sub[AP_PASSES] = { { 1, 6, 6 }, { 3, 2, 0 }, { 6, 6, 0 }, { 4, 2, 2 } };
/* Maximum of A and B into B, MSB first; F1 F2: 00 undecided, 01 A won, 11 B won (Table IV). No pass leads to a state that
 * another one matches, so every order is right. */
static const struct bl_ap_pass bl_ap_max[AP_PASSES] = { { 8, 5, 5 }, { 4, 3, 3 }, { 9, 4, 4 }, { 5, 4, 0 } };
/* ReLU: A = 1 where the flag, the copied sign, is 1, becomes 0 (Table III). */
static const struct bl_ap_pass bl_ap_relu[1] = { { 3, 1, 0 } };
/* Carry row into sum row: 10 -> 01, 11 -> 10. 11 becomes 10, so 10 stands first. */
static const struct bl_ap_pass bl_ap_resolve[2] = { { 2, 3, 1 }, { 3, 1, 0 } };

/* No pass may come after one whose rows it would match again: the index of the first pass that stands too late, or -1. */
int bl_ap_order_wrong(const struct bl_ap_pass *table, const uint8_t *order, int n);

/* ---- cells: columns of 64 rows a word ---------------------------------------------------------------
 * Column c begins at cell + c * words; rows from `rows` to 64 * words are 0. Behind the last column lies one of spare words. */
enum { AP_VECTOR = 8, AP_COLS_MOST = 512, AP_KEY_WORDS = AP_COLS_MOST / 64, AP_ROWS_MOST = 1 << 20 };
static inline uint32_t bl_ap_words(uint32_t rows) { return (rows + 64 * AP_VECTOR - 1) / (64 * AP_VECTOR) * AP_VECTOR; }

static inline size_t bl_ap_size(uint32_t cols, uint32_t words) { return (size_t)(cols + 1) * words + 2 * AP_VECTOR; }
/* cell: bl_ap_size words, zero at first. limit: 0, or 1 + the widest variant of bl_ap_run to take (for tests). */
struct bl_ap_cells { uint64_t *cell; uint32_t cols, rows, words, limit; };

/* What was done. Events weigh 1 each (Eqs. 1 to 15); cycles are bl_ap_cycles. */
struct bl_ap_count {
    uint64_t compare, write, read;   /* read: of a column or row */
    uint64_t clear;                  /* writes of zeros that the equations leave out */
    uint64_t matched;                /* rows (or columns) matched by compares of LUT passes */
    uint64_t line;                   /* rows or columns sensed by compares and reads */
    uint64_t cell;                   /* cells written: columns that change, in rows that match */
    uint64_t driven;                 /* the same when both result columns of a pass are driven */
};

/* ---- micro-operations ------------------------------------------------------------------------------- */

enum bl_ap_kind { UOP_NONE, CMP_H, WR_H, CMP_V, WR_V, RD_COL, WR_COL, RD_ROW, WR_ROW, UOP_MACRO, UOP_KINDS };
#define AP_KIND_NAMES "none compare write compare_v write_v read_col write_col read_row write_row macro"
enum { UOP_ALL = 1,          /* WR_H: all rows, whatever the tags (the tag register's set_all) */
       UOP_CLEAR = 2 };      /* counted as clear, not as write */

struct bl_ap_uop {
    enum bl_ap_kind kind;
    uint32_t at;                     /* column or row of a read or write of one */
    uint32_t rows;                   /* rows in use: only these are sensed and written */
    uint32_t flags, driven;          /* driven: result columns of a pass, 0: those of the mask */
    uint64_t key[AP_KEY_WORDS], mask[AP_KEY_WORDS];   /* columns: horizontal key and mask; mask limits vertical ones */
    uint32_t nrow, row[3];           /* CMP_V, WR_V: rows that are not masked */
    uint8_t row_key;                 /* their key, row[0] in bit 0 */
};

/* One micro-operation on the cells. rowtag, coltag: as they stand (read by writes), and the match of compares and reads.
 * data: the column of WR_COL; the row of WR_ROW is u->key. */
void bl_ap_do(const struct bl_ap_cells *x, const struct bl_ap_uop *u, const uint64_t *data, uint64_t *rowtag, uint64_t *coltag,
              struct bl_ap_count *n);

/* ---- macro-operations --------------------------------------------------------------------------------- */

enum bl_ap_op {
    AP_NOP,
    AP_LOAD,     /* n columns from a, one operand column each */
    AP_CLEAR,    /* columns a .. a+n-1 */
    AP_ADD,      /* B += A: m-bit words at a and b, carry in column c, which must be 0 (and is the result's top bit) */
    AP_SUB,      /* B -= A, borrow in column c */
    AP_MUL,      /* C = A * B, m bits at a, n bits at b (0: m as well), m + n bits at c, which must be 0 */
    AP_MULS,     /* the same, B in two's complement of at least 2 bits */
    AP_RELU,     /* word at a, m bits in two's complement, flag in column f */
    AP_MAX,      /* B = max(A, B), unsigned words of m bits at a and b, flags in f and f+1 (0 before and after) */
    AP_REDUCE,   /* sums of windows: see below; m-bit words at b, operands at a */
    AP_MAXRED,   /* maxima of windows, words of m bits at b, operands at a, flags f, f+1 */
    AP_VSUM,     /* strict vertical sum: n words in rows a .. a+n-1, carry row b, m columns from c; result in row a */
    AP_READ,     /* n columns from a, read bit-sequentially */
    AP_WREAD,    /* the first row of every window: n columns from a, read word-sequentially */
    AP_OPS
};
#define AP_OP_NAMES "nop load clear add sub mul muls relu max reduce maxred vsum read wread"
extern const char *const bl_ap_op_name[AP_OPS];

/* Windows: rows 0 .. rows-1 hold windows of `len` rows each, of which the first begins `phase` rows before row 0; the last
 * may be cut as well. A cut window is a window of the rows that are there.
 * AP_REDUCE and AP_MAXRED: in each round the upper half of a window's rows is transferred, word by word, beside the lower
 * half (one read, one write each) and all rows add. A row without partner gets a zero word, which counts as a transfer.
 * AP_REDUCE with n = 0: the words grow by a bit each round, carry into the column above, which must be 0.
 * With n = W: two's complement; the sign is extended to W bits first, rounds add modulo 2^W, carry in column c. */
enum { AP_CMD_LANES = 10 };
struct bl_ap_cmd { uint32_t op, m, a, b, c, f, n, rows, phase, len; };

struct bl_ap_windows { uint32_t groups; struct { uint32_t first, len, count; } g[3]; };
void bl_ap_windows(uint32_t phase, uint32_t len, uint32_t rows, struct bl_ap_windows *out);
uint32_t bl_ap_log2(uint32_t n);                               /* rounded up; 0 for n <= 1 */
/* Rounds of the longest window, transfers of all of them. */
uint32_t bl_ap_rounds(const struct bl_ap_windows *w);
uint64_t bl_ap_transfers(const struct bl_ap_windows *w, uint64_t *zero_words);

/* What is wrong with a command on an array of cols x rows, in words, or NULL. */
const char *bl_ap_refuse(const struct bl_ap_cmd *c, uint32_t cols, uint32_t rows);
/* Columns that it works on: its words, carry and flags. */
uint32_t bl_ap_cmd_columns(const struct bl_ap_cmd *c);
/* Events by formula: compare, write, read, clear only. All durations are independent of data. */
void bl_ap_cost(const struct bl_ap_cmd *c, struct bl_ap_count *n);
static inline uint64_t bl_ap_cycles(const struct bl_ap_count *n, uint32_t write_cycles)
{
    return n->compare + n->read + (n->write + n->clear) * write_cycles;
}

/* exact: the above. paper2d: Eqs. 7, 10 and 13 for the rounds, whose vertical passes hand no carry on: not realisable. peak: a
 * step is 3M^2 + 11M in all (inferred from Table VIII): here the product, with the writes of its M operand columns taken off. */
enum bl_ap_timing { AP_EXACT, AP_PAPER2D, AP_PEAK };
uint64_t bl_ap_duration(const struct bl_ap_cmd *c, enum bl_ap_timing timing, uint32_t write_cycles);

/* Adds the counts of a command in policy paper2d: those of its execution, but of the rounds what Eqs. 4, 5 and 13 have. A vertical addition is
 * four compares and four writes (a maximum four and six) in the m columns of the words; each compare senses them all, and a column
 * matches one of two and drives the cells of two rows. */
void bl_ap_paper2d(const struct bl_ap_cmd *c, const struct bl_ap_count *executed, struct bl_ap_count *n);

/* The command as micro-operations, one a call: false at its end. Zero *at first. order: of the four passes. */
struct bl_ap_at { uint32_t t, stage, round, group, window, k; uint32_t len[3]; struct bl_ap_windows w; };
bool bl_ap_next(const struct bl_ap_cmd *c, struct bl_ap_at *at, const uint8_t order[AP_PASSES], struct bl_ap_uop *u);
/* The key of a WR_ROW of that command: the word in the column tags, moved to the columns it is written to. */
void bl_ap_row_key(const struct bl_ap_cmd *c, struct bl_ap_uop *u, const uint64_t *coltag);

/* All of AP_ADD .. AP_VSUM at once: the same passes on the same bits, 512 rows at a time, and the same tags and counts as
 * the micro-operations. scratch: AP_SCRATCH(words). */
#define AP_SCRATCH(words) (2 * ((words) + AP_VECTOR))
void bl_ap_run(const struct bl_ap_cells *x, const struct bl_ap_cmd *c, const uint8_t order[AP_PASSES], uint64_t *rowtag,
               uint64_t *coltag, uint64_t *scratch, struct bl_ap_count *n);
static inline uint32_t bl_ap_mul_bits(const struct bl_ap_cmd *c) { return c->n ? c->n : c->m; }   /* of B */
static inline bool bl_ap_is_macro(uint32_t op) { return op >= AP_ADD && op <= AP_VSUM; }

/* ---- the paper's run times as event counts (Eqs. 1 to 15), for the policy `paper2d` and for checks ---- */

struct bl_ap_events { uint64_t c, w, r; };
struct bl_ap_shape { uint32_t m, l, i, j, u, s, k; };          /* bits; words; matrices i x j, j x u; pooling window, operations */
enum bl_ap_equation { EQ_ADD = 1, EQ_MUL, EQ_REDUCE1D, EQ_REDUCE2D, EQ_REDUCE2DSEG, EQ_GEMM1D, EQ_GEMM2D, EQ_GEMM2DSEG,
                      EQ_AVG1D, EQ_AVG2D, EQ_AVG2DSEG, EQ_MAX1D, EQ_MAX2D, EQ_MAX2DSEG, EQ_RELU };
struct bl_ap_events bl_ap_equation(enum bl_ap_equation number, const struct bl_ap_shape *x);

#endif

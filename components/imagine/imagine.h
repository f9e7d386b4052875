/* imagine.h - what the parts of IMAGINE share (Kneip et al., "IMAGINE: An 8-to-1b 22nm FD-SOI Compute-In-Memory CNN
 * Accelerator"): sizes of the macro, the configuration word, items of the datapath, commands inside a CIM cycle. */
#ifndef COMPONENTS_IMAGINE_H
#define COMPONENTS_IMAGINE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CIM_ROWS = 1152, CIM_COLS = 256, CIM_UNIT = 36, CIM_UNITS = 32,   /* DP units of 36 rows: 4 channels of 3 x 3 */
    CIM_WORDS = CIM_ROWS / 64, CIM_BITS = 8, CIM_BUS = 128,           /* bits of an input; LMEM word */
    CIM_CODE_BITS = 28,                       /* codes of up to 8 bits are the chip's; more: studies of an ideal ADC */
    CIM_BLOCK = 4                             /* columns that share a MBIW unit: weights of up to 4 bits */
};

/* The configuration word: 32 lanes of 32 bits, constant while a phase (one pass of an image over the macro) runs.
 * A phase begins in the cycle after CFG_SEQ moved. */
enum {
    CFG_SEQ,
    CFG_DENSE,                                /* 0: 3 x 3, row = 36 unit + 12 kx + 4 ky + channel % 4; 1: row = channel */
    CFG_R_IN, CFG_R_OUT, CFG_R_W, CFG_N_CIM,
    CFG_C_IN, CFG_C_OUT,                      /* channels; outputs of r_w columns each (r_w = 3: a block of 4) */
    CFG_KH, CFG_KW, CFG_SH, CFG_SW, CFG_PT, CFG_PL,   /* window (1 .. 3), stride, padding above and left */
    CFG_H, CFG_W, CFG_HO, CFG_WO,             /* pixels of the input in LMEM, of the output */
    CFG_PAD,                                  /* value of a padded input, as the macro sees it */
    CFG_CONVERT,                              /* 1: inputs signed -> unsigned on the way in; 2: outputs back; 3: both */
    CFG_ROWMAJOR,                             /* LMEM layout: 0 column of pixels after column (Eq. 9), 1 row after row */
    CFG_SERIAL,                               /* 1: the fetch of a position waits until the one before is stored (rule R4) */
    CFG_NEWROW,                               /* 1: N_cim - 1 cycles for each column at a row start, as Eq. (9) is worded */
    CFG_GAMMA,                                /* ABN gain: 1 2 4 8 16 (32) */
    CFG_ABN,                                  /* row of the table of ABN offsets */
    CFG_SWAPS,                                /* role swaps of the two LMEM banks so far */
    CFG_LANES = 32
};

static inline uint32_t imagine_ceil(uint32_t a, uint32_t b) { return (a + b - 1) / b; }
/* Columns that a weight of r_w bits takes. */
static inline uint32_t imagine_stride(uint32_t r_w) { return r_w == 3 ? CIM_BLOCK : r_w; }
static inline uint32_t imagine_units(const uint32_t *cfg)
{
    return cfg[CFG_DENSE] ? imagine_ceil(cfg[CFG_C_IN], CIM_UNIT) : imagine_ceil(cfg[CFG_C_IN], 4);
}
static inline uint32_t imagine_row(bool dense, uint32_t ky, uint32_t kx, uint32_t c)
{
    return dense ? c : c / 4 * CIM_UNIT + kx * 12 + ky * 4 + c % 4;
}
/* Words of a kernel column (n_in of Eq. 9) and of an output position (n_out). */
static inline uint32_t imagine_n_in(const uint32_t *cfg)
{
    uint32_t pixel = cfg[CFG_C_IN] * cfg[CFG_R_IN];

    return cfg[CFG_ROWMAJOR] ? cfg[CFG_KH] * imagine_ceil(pixel, CIM_BUS) : imagine_ceil(cfg[CFG_KH] * pixel, CIM_BUS);
}
static inline uint32_t imagine_n_out(const uint32_t *cfg) { return imagine_ceil(cfg[CFG_C_OUT] * cfg[CFG_R_OUT], CIM_BUS); }
static inline uint32_t imagine_positions(const uint32_t *cfg) { return cfg[CFG_HO] * cfg[CFG_WO]; }
/* Columns of pixels that are new at a position: all at a row start, else the stride's. */
static inline uint32_t imagine_new_columns(const uint32_t *cfg, bool row_start)
{
    return row_start || cfg[CFG_SW] > cfg[CFG_KW] ? cfg[CFG_KW] : cfg[CFG_SW];
}
/* Bits that r bits drop of an activation of `bits`. */
static inline uint32_t imagine_dropped(uint32_t bits, uint32_t r) { return bits > r ? bits - r : 0; }
/* An activation v of `bits` bits as r bits: halves to even, as everything that narrows rounds, so that 0 stays 0. */
static inline uint32_t imagine_narrowed(uint32_t v, uint32_t bits, uint32_t r)
{
    uint32_t drop = imagine_dropped(bits, r), top = (UINT32_C(1) << r) - 1, half = drop ? UINT32_C(1) << (drop - 1) : 0, n = v >> drop;
    uint32_t rest = v - (n << drop);

    n += rest > half || (drop && rest == half && (n & 1));
    return n > top ? top : n;
}
/* Bit address of pixel (y, x) of an image of h x w pixels. */
static inline int64_t imagine_pixel(bool rowmajor, int32_t y, int32_t x, uint32_t h, uint32_t w, uint32_t bits)
{
    return (rowmajor ? (int64_t)y * w + x : (int64_t)x * h + y) * bits;
}

/* ---- words of the datapath: 64-bit lanes ---- */

/* A read: address in bits, then what the word is. Data: two lanes, then the same description. */
enum { RD_ADDR, RD_META, RD_LANES };
enum { WORD_LO, WORD_HI, WORD_META, WORD_MASKS, WORD_LANES };
/* meta: first bit of the word within its column of pixels (16), bits (8), bits from .. to - 1 that are data, not padding
 * (8, 8), flags */
enum { META_END = 1, META_PAUSE = 2, META_COLUMN = 4 };   /* ends a position; later column of a row start, column: begins */
static inline uint64_t imagine_meta(uint32_t first, uint32_t n, uint32_t from, uint32_t to, uint32_t flags)
{
    return first | (uint64_t)n << 16 | (uint64_t)from << 24 | (uint64_t)to << 32 | (uint64_t)flags << 40;
}
static inline uint32_t meta_first(uint64_t m) { return (uint32_t)(m & 0xffff); }
static inline uint32_t meta_n(uint64_t m) { return (uint32_t)(m >> 16 & 255); }
static inline uint32_t meta_from(uint64_t m) { return (uint32_t)(m >> 24 & 255); }
static inline uint32_t meta_to(uint64_t m) { return (uint32_t)(m >> 32 & 255); }
static inline uint32_t meta_flags(uint64_t m) { return (uint32_t)(m >> 40 & 255); }

/* A store: bit address, bits, data. */
enum { WR_ADDR, WR_BITS, WR_LO, WR_HI, WR_LANES };
/* What the DRAM side asks of LMEM and loader: kind, address (bits; words of a row for weights), 32 bits of data. */
enum { DRAM_KIND, DRAM_ADDR, DRAM_DATA, DRAM_LANES };
enum { DRAM_WEIGHT, DRAM_FILL, DRAM_DRAIN };
#define DRAM_NAMES "weight fill drain"

/* ---- choices that the mapper asks for ---- */
enum { XNOR_MINUS, XNOR_NONE };                        /* dp_array.xnor_zero */
enum { SPLIT_SERIAL, SPLIT_NONE };                     /* dp_array.split */
enum { DATAPATH_PIPELINED, DATAPATH_SERIAL };          /* imagine_host.datapath */
enum { NEWROW_PHYSICAL, NEWROW_PAPER };                /* imagine_host.newrow */
enum { LMEM_PACKED, LMEM_ROWMAJOR };                   /* imagine_host.lmem_layout */

/* What dsci_adc measures of an output with `measure`, fV from V_DDL: memory `stat`, [row of the table of offsets][output]. */
enum { STAT_COUNT, STAT_LEAST, STAT_MOST, STAT_OFFSET, STAT_LANES };

/* ---- gate: rules R1 and R2 as wires (cim_gate.c) ---- */
enum { GATE_OP, GATE_LAST, GATE_FREE, GATE_LANES };    /* ops begun, this cycle's included; last cycle of an op; R1 holds */

/* ---- commands inside a CIM cycle (cim_timer.c) ---- */
enum { CMD_SEQ, CMD_KIND, CMD_BIT, CMD_LANES };
enum { CIM_IDLE, CIM_PRECHARGE, CIM_DP, CIM_ACCUMULATE, CIM_SHARE, CIM_OFFSET, CIM_SAR, CIM_SAR_ALL, CIM_KINDS };
#define CIM_KIND_NAMES "idle precharge dp accumulate share offset sar sar_all"

/* ---- analog formulas ---- */

#define CIM_FV 1e15                           /* voltages in words are int64_t femtovolts */

/* Eq. (4): capacitances in fF, c_p for each connected row. */
static inline double imagine_alpha(uint32_t rows, double c_c, double c_p, double c_l)
{
    return c_c / (rows * c_c + rows * c_p + c_l);
}
/* LSB of r bits at gain 1, volts. */
static inline double imagine_lsb(double alpha_adc, double vddh, uint32_t r)
{
    return alpha_adc * vddh / (double)(UINT32_C(1) << (r - 1));
}
/* V_MBIW - V_DDL = V_DDL alpha_eff S / this, with S = sum of (2x - 2^r_in + 1) W: binary inputs and weights bypass their
 * sharing. */
static inline double imagine_shares(uint32_t r_in, uint32_t r_w)
{
    return (double)((r_in > 1 ? UINT32_C(1) << r_in : 1) * (r_w > 1 ? UINT32_C(1) << r_w : 1));
}

#endif

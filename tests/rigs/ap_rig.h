/* ap_rig.h - one associative processor for tests: sequencer, array, key/mask and tag registers, with a link in front,
 * run on a program; and columns of numbers. */
#ifndef TESTS_AP_RIG_H
#define TESTS_AP_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/bf_imna/ap_cam.h"
#include "kernel/model.h"
#include "kernel/sim.h"

enum { AP_RIG_CMDS = 64 };

struct ap_rig {
    struct bl_sim *s;
    uint32_t rows, array, words, ncmds, ncols;   /* rows in use; of the array */
    struct bl_ap_cmd cmd[AP_RIG_CMDS];
    uint64_t *column;                     /* operand columns in the order of their loads */
};

/* ---- takes the columns and words that are read, from cycle `from` on ---- */
struct ap_taker {
    struct bl_part p;
    bl_pop col, word;
    int64_t rows, cols, from;
    uint64_t columns, words, sum;         /* items; sum of the words' lowest 64 bits */
};

static bl_verdict ap_taker_tick(void *self)
{
    struct ap_taker *t = self;

    if (bl_cycle(t) < (uint64_t)t->from)
        return BL_BUSY;
    for (; bl_avail(t->col); t->columns++)
        bl_pop64(t->col);
    for (; bl_avail(t->word); t->words++)
        t->sum += *bl_pop64(t->word);
    return BL_NAP(BL_IDLE);
}

#define K struct ap_taker
static const struct bl_field ap_taker_fields[] = {
    BL_POP_OPT(K, col, 1, BL_BY(K, rows), "columns"), BL_POP_OPT(K, word, 1, BL_BY(K, cols), "words"),
    BL_PARAM(K, rows, 64, 33, AP_ROWS_MOST, "rows"), BL_PARAM(K, cols, 64, 33, AP_COLS_MOST, "columns"),
    BL_PARAM(K, from, 0, 0, 1e9, "nothing is taken before this cycle"),
    BL_VIEW(K, columns, 1, 64, "columns taken"), BL_VIEW(K, words, 1, 64, "words taken"), BL_VIEW(K, sum, 1, 64, "their sum"), { 0 }
};
#undef K
static const struct bl_class ap_taker_class = { .name = "ap_taker", .help = "test: takes what is read",
    .size = sizeof(struct ap_taker), .tick = ap_taker_tick, .fields = ap_taker_fields };

extern const struct bl_class ap_sequencer_class, cam_array_class, keymask_regs_class, mesh_link_class, tag_regs_class;
static const struct bl_class *const ap_rig_classes[] = { &ap_sequencer_class, &ap_taker_class, &cam_array_class, &keymask_regs_class,
    &mesh_link_class, &tag_regs_class, NULL };

static const char *const ap_rig_parts[][2] = { { "seq", "ap_sequencer" }, { "cam", "cam_array" }, { "hreg", "keymask_regs" },
    { "vreg", "keymask_regs" }, { "rowtag", "tag_regs" }, { "coltag", "tag_regs" }, { "link", "mesh_link" }, { "taker", "ap_taker" } };
static const struct { const char *from, *to; uint32_t depth; } ap_rig_wires[] = {
    { "seq.op", "cam.op", 0 }, { "seq.hkey", "hreg.next_key", 0 }, { "seq.hmask", "hreg.next_mask", 0 }, { "seq.hload", "hreg.load", 0 },
    { "seq.vkey", "vreg.next_key", 0 }, { "seq.vmask", "vreg.next_mask", 0 }, { "seq.vload", "vreg.load", 0 },
    { "hreg.key", "cam.hkey", 0 }, { "hreg.mask", "cam.hmask", 0 }, { "vreg.key", "cam.vkey", 0 }, { "vreg.mask", "cam.vmask", 0 },
    { "rowtag.q", "cam.rowtag", 0 }, { "coltag.q", "cam.coltag", 0 }, { "cam.match_row", "rowtag.match", 0 },
    { "cam.match_col", "coltag.match", 0 }, { "cam.results", "rowtag.results", 0 }, { "cam.results", "coltag.results", 0 },
    { "cam.match_row", "seq.match_row", 0 }, { "cam.match_col", "seq.match_col", 0 }, { "seq.begun", "link.released", 0 },
    { "link.out", "seq.col", 4096 }, { "seq.out_col", "taker.col", 4 }, { "seq.out_word", "taker.word", 4 },
};

static inline void ap_rig_set(struct ap_rig *g, const char *part, const char *param, const char *fmt, unsigned long long v)
{
    char text[64];

    snprintf(text, sizeof text, fmt, v);
    ck_assert_int_eq(bl_set(g->s, part, param, text, NULL), 0);
}

static inline void ap_rig_open(struct ap_rig *g, uint32_t rows, uint32_t cols, struct bl_diag *diag)
{
    *g = (struct ap_rig){ .s = bl_open(ap_rig_classes, diag), .rows = rows, .words = ((rows < 33 ? 33 : rows) + 63) / 64 };
    rows = rows < 33 ? 33 : rows;          /* the smallest array; the commands use fewer rows */
    g->array = rows;
    bl_clock(g->s, "core", BL_NS, 0, NULL);
    for (size_t i = 0; i < sizeof ap_rig_parts / sizeof *ap_rig_parts; i++)
        bl_add(g->s, ap_rig_parts[i][0], ap_rig_parts[i][1], "core", NULL);
    for (size_t i = 0; i < sizeof ap_rig_wires / sizeof *ap_rig_wires; i++)
        bl_wire(g->s, ap_rig_wires[i].from, ap_rig_wires[i].to, (struct bl_link){ .depth = ap_rig_wires[i].depth }, NULL);
    for (int i = 0; i < 3; i++) {
        static const char *const sized[] = { "seq", "cam", "taker" };
        ap_rig_set(g, sized[i], "rows", "%llu", rows);
        ap_rig_set(g, sized[i], "cols", "%llu", cols);
    }
    ap_rig_set(g, "cam", "strict", "%llu", 0);     /* many tests rely on cells that are 0 at first */
    ap_rig_set(g, "hreg", "bits", "%llu", cols);
    ap_rig_set(g, "vreg", "bits", "%llu", rows);
    ap_rig_set(g, "rowtag", "bits", "%llu", rows);
    ap_rig_set(g, "coltag", "bits", "%llu", cols);
    ap_rig_set(g, "coltag", "lane", "%llu", 1);
    ap_rig_set(g, "link", "bits", "%llu", rows);
    g->column = calloc((size_t)4096 * g->words, sizeof *g->column);
}

static inline void ap_rig_do(struct ap_rig *g, struct bl_ap_cmd c)
{
    c.rows = c.rows ? c.rows : g->rows;
    g->cmd[g->ncmds++] = c;
    ck_assert_uint_le(g->ncmds, AP_RIG_CMDS);
}

/* A LOAD of m-bit numbers v[0..n-1], row by row, into the columns from a. */
static inline void ap_rig_load(struct ap_rig *g, uint32_t a, uint32_t m, const uint32_t *v, uint32_t n)
{
    for (uint32_t k = 0; k < m; k++, g->ncols++)
        for (uint32_t r = 0; r < n; r++)
            g->column[(size_t)g->ncols * g->words + r / 64] |= (uint64_t)(v[r] >> k & 1) << (r & 63);
    ap_rig_do(g, (struct bl_ap_cmd){ .op = AP_LOAD, .a = a, .n = m });
}

static inline void ap_rig_ready(struct ap_rig *g, const char *fidelity)
{
    ck_assert_int_eq(bl_set(g->s, "seq", "fidelity", fidelity, NULL), 0);
    ap_rig_set(g, "link", "limit", "%llu", g->ncols);
    ap_rig_set(g, "seq", "stop", "%llu", g->ncmds);
    bl_supply(g->s, "seq", "commands", g->cmd, g->ncmds * sizeof *g->cmd);
    bl_supply(g->s, "link", "first", g->column, (size_t)g->ncols * g->words * sizeof *g->column);
}

static inline void ap_rig_run(struct ap_rig *g, const char *fidelity)
{
    ap_rig_ready(g, fidelity);
    ck_assert_int_eq(bl_elaborate(g->s), 0);
    ck_assert_int_eq(bl_run(g->s, BL_FOREVER), BL_END_STOPPED);
}

static inline void ap_rig_close(struct ap_rig *g)
{
    bl_close(g->s);
    free(g->column);
}

static inline uint64_t ap_rig_peek(struct ap_rig *g, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(g->s, name, &v) == 0, "no value %s", name);
    return v;
}

/* The number in columns a .. a+m-1 of a row. */
static inline uint64_t ap_rig_word(struct ap_rig *g, uint32_t a, uint32_t m, uint32_t row)
{
    const uint64_t *cell = bl_memory(g->s, "cam", "cells", NULL);
    uint32_t words = bl_ap_words(g->array);
    uint64_t v = 0;

    for (uint32_t k = 0; k < m; k++)
        v |= (cell[(size_t)(a + k) * words + row / 64] >> (row & 63) & 1) << k;
    return v;
}

static inline uint64_t ap_rig_spent(struct ap_rig *g, const char *verdict)
{
    struct bl_part_row part;
    struct bl_verdict_row v;

    for (size_t i = 0; i < bl_part_count(g->s); i++) {
        bl_part_at(g->s, i, &part);
        for (uint32_t k = 0; !strcmp(part.path, "seq") && k < part.verdicts; k++) {
            bl_verdict_at(g->s, i, k, &v);
            if (!strcmp(v.name, verdict))
                return v.spent;
        }
    }
    ck_abort_msg("no verdict %s", verdict);
    return 0;
}

/* Compares, writes and reads of the array so far, and the cycles that they are. */
struct ap_rig_events { uint64_t c, w, r, cycles; };
static inline struct ap_rig_events ap_rig_events(struct ap_rig *g)
{
    struct ap_rig_events e = { ap_rig_peek(g, "cam.compare"), ap_rig_peek(g, "cam.write"), ap_rig_peek(g, "cam.read"), 0 };

    e.cycles = e.c + 2 * e.w + e.r;
    return e;
}

#endif

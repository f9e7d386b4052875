/* imagine_rig.h - the IMAGINE datapath for tests, from LMEM to LMEM: a part that gives configurations one after the other,
 * the wiring, with or without the macro, and readers of counters. */
#ifndef TESTS_IMAGINE_RIG_H
#define TESTS_IMAGINE_RIG_H

#include "kernel/model.h"
#include "kernel/sim.h"
#include "components/imagine/imagine.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- gives the phases of its table, CFG_LANES words each; each when the one before is stored ---- */
struct give_phases { struct bl_part p; bl_in stored, rows; bl_out cfg; bl_table table; uint32_t n; int64_t wait, early, need, hold; };

static bl_verdict give_tick(void *self)
{
    struct give_phases *t = self;
    const uint32_t *table = BL_ROWS(uint32_t, t->table), *stored = bl_get32(t->stored);
    uint32_t phases = (uint32_t)(t->table.n / CFG_LANES);

    if (t->wait++ < 4 || *bl_get32(t->rows) < t->need || (int64_t)bl_cycle(t) < t->hold)
        return BL_BUSY;                        /* the counters of the new phase stand, the last store has landed */
    if (t->n && stored[0] != stored[1] && !(t->early && stored[0] == (uint32_t)t->early))
        return BL_NAP(BL_IDLE);
    if (t->n == phases) {
        bl_stop(t);
        return BL_IDLE;
    }
    uint32_t *cfg = bl_put32(t->cfg);
    memcpy(cfg, table + (size_t)t->n * CFG_LANES, CFG_LANES * sizeof *cfg);
    cfg[CFG_SEQ] = ++t->n;
    t->wait = 0;
    return BL_BUSY;
}
static const struct bl_field give_fields[] = {
    BL_IN(struct give_phases, stored, 2, 32, "words stored, words of the phase"),
    BL_IN_OPT(struct give_phases, rows, 1, 32, "rows written"),
    BL_DATA(struct give_phases, table, uint32_t, "phases"), BL_PARAM(struct give_phases, need, 0, 0, 1 << 20, "rows to wait for"),
    BL_PARAM(struct give_phases, hold, 0, 0, 1 << 20, "cycle of the first phase"),
    BL_OUT(struct give_phases, cfg, CFG_LANES, 32, "configuration"),
    BL_PARAM(struct give_phases, early, 0, 0, 1000000, "words stored at which the next phase is given too early"), { 0 } };
static const struct bl_class give_phases_class = { .name = "give_phases", .help = "gives configurations",
    .size = sizeof(struct give_phases),
    .tick = give_tick, .fields = give_fields };

/* ---- gives the items of its table, one a cycle ---- */
struct give_items { struct bl_part p; bl_push item; bl_table table; int64_t lanes; uint64_t n; };

static bl_verdict items_tick(void *self)
{
    struct give_items *t = self;
    size_t n = (size_t)t->lanes;

    if (t->n * n >= t->table.n || !bl_room(t->item))
        return BL_NAP(BL_IDLE);
    memcpy(bl_push64(t->item), BL_ROWS(uint64_t, t->table) + t->n++ * n, n * sizeof(uint64_t));
    return BL_BUSY;
}
static const struct bl_field items_fields[] = {
    BL_PUSH(struct give_items, item, BL_BY(struct give_items, lanes), 64, "items"),
    BL_DATA(struct give_items, table, uint64_t, "items"), BL_PARAM(struct give_items, lanes, 1, 1, 64, "lanes of one"), { 0 } };
static const struct bl_class give_items_class = { .name = "give_items", .help = "gives items",
    .size = sizeof(struct give_items),
    .tick = items_tick, .fields = items_fields };

/* ---- the rig ---- */
extern const struct bl_class lmem_class, fetch_agu_class, im2col_class, shift_reg_class, cim_gate_class, cim_ctrl_class,
    out_latch_class, store_class, cim_timer_class, dp_array_class, mbiw_class, ladder_class, dsci_adc_class,
    cal_engine_class;
static const struct bl_class *const datapath_classes[] = { &give_phases_class, &lmem_class, &fetch_agu_class, &im2col_class,
    &shift_reg_class,
    &cim_gate_class, &cim_ctrl_class, &out_latch_class, &store_class, NULL };
static const struct bl_class *const macro_classes[] = { &give_phases_class, &give_items_class, &lmem_class, &fetch_agu_class,
    &im2col_class,
    &shift_reg_class, &cim_gate_class, &cim_ctrl_class, &out_latch_class, &store_class, &cim_timer_class, &dp_array_class,
    &mbiw_class, &ladder_class, &dsci_adc_class, &cal_engine_class, NULL };

struct path_rig { struct bl_sim *s; struct heard h; };

static inline void path_wire(struct path_rig *r, const char *from, const char *to, bool pipe)
{
    bl_wire(r->s, from, to, (struct bl_link){ .depth = pipe, .pipe = pipe }, NULL);
}

/* The four stages alone; what is there may be extended before path_ready. */
static inline void path_open(struct path_rig *r, const struct bl_class *const *classes, uint64_t period_fs)
{
    static const char *const part[] = { "lmem", "fetch_agu", "im2col", "shift_reg", "cim_gate", "cim_ctrl", "out_latch",
        "store" };
    static const char *const listens[] = { "lmem", "fetch_agu", "im2col", "shift_reg", "cim_gate", "cim_ctrl", "out_latch",
        "store" };
    static const char *const word[][2] = {
        { "cim_gate.gate", "shift_reg.gate" }, { "cim_gate.gate", "cim_ctrl.gate" }, { "cim_gate.gate", "out_latch.gate" },
        { "shift_reg.loaded", "cim_gate.loaded" }, { "shift_reg.loaded", "cim_ctrl.loaded" }, { "cim_ctrl.cim",
            "cim_gate.cim" },
        { "out_latch.loads", "cim_gate.loads" }, { "out_latch.loads", "store.loads" }, { "out_latch.slave", "store.slave" },
        { "store.stored", "cim_gate.stored" }, { "store.stored", "cim_ctrl.stored" }, { "store.stored", "im2col.stored" },
        { "store.stored", "lmem.stored" }, { "store.stored", "give.stored" } };
    char to[40];

    *r = (struct path_rig){ 0 };
    r->s = bl_open(classes, heard_start(&r->h));
    bl_clock(r->s, "core", period_fs, 0, NULL);
    bl_add(r->s, "give", "give_phases", "core", NULL);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        bl_add(r->s, part[i], part[i], strcmp(part[i], "cim_gate") ? "core" : NULL, NULL);
    bl_set(r->s, "lmem", "strict", "0", NULL);         /* what is looked at here is time: the banks may hold nothing */
    path_wire(r, "fetch_agu.rd", "lmem.rd", true);
    path_wire(r, "lmem.q", "im2col.q", true);
    path_wire(r, "im2col.word", "shift_reg.word", true);
    path_wire(r, "store.wr", "lmem.wr", true);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        path_wire(r, word[i][0], word[i][1], false);
    for (size_t i = 0; i < sizeof listens / sizeof *listens; i++) {
        snprintf(to, sizeof to, "%s.cfg", listens[i]);
        path_wire(r, "give.cfg", to, false);
    }
}

/* The macro between them, with feeders of weight rows and of LMEM words. */
static inline void macro_open_with(struct path_rig *r, const struct bl_class *const *classes, uint64_t period_fs)
{
    static const char *const part[] = { "cim_timer", "dp_array", "mbiw", "ladder", "dsci_adc", "cal_engine" };
    static const char *const word[][2] = {
        { "cim_gate.gate", "cim_timer.gate" }, { "cim_timer.cmd", "dp_array.cmd" }, { "cim_timer.cmd", "mbiw.cmd" },
        { "cim_timer.cmd", "dsci_adc.cmd" }, { "cim_timer.cs_dp", "mbiw.cs_dp" }, { "cim_timer.acc_in", "mbiw.acc_in" },
        { "cim_timer.adc_on", "ladder.adc_on" }, { "cal_engine.cal_on", "ladder.cal_on" }, { "ladder.ready",
            "dsci_adc.ready" },
        { "shift_reg.x", "dp_array.x" }, { "dp_array.v", "mbiw.v_dpl" }, { "mbiw.v", "dsci_adc.v" }, { "dsci_adc.code",
            "out_latch.code" },
        { "dsci_adc.sign", "cal_engine.sign" }, { "cal_engine.cal", "dsci_adc.cal" }, { "cal_engine.cmd",
            "dsci_adc.cal_cmd" },
        { "dp_array.rows", "give.rows" }, { "give.cfg", "cim_timer.cfg" }, { "give.cfg", "dp_array.cfg" }, { "give.cfg",
            "mbiw.cfg" },
        { "give.cfg", "dsci_adc.cfg" } };

    path_open(r, classes, period_fs);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        bl_add(r->s, part[i], part[i], strcmp(part[i], "cim_timer") ? NULL : "core", NULL);
    bl_set(r->s, "dp_array", "strict", "0", NULL);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        path_wire(r, word[i][0], word[i][1], false);
    bl_add(r->s, "rows", "give_items", "core", NULL);
    bl_add(r->s, "words", "give_items", "core", NULL);
    bl_set(r->s, "rows", "lanes", "5", NULL);
    bl_set(r->s, "words", "lanes", "3", NULL);
    bl_wire(r->s, "rows.item", "dp_array.row", (struct bl_link){ .depth = 2 }, NULL);
    bl_wire(r->s, "words.item", "lmem.dram", (struct bl_link){ .depth = 2 }, NULL);
}

static inline void macro_open(struct path_rig *r, uint64_t period_fs) { macro_open_with(r, macro_classes, period_fs); }

/* Sets "part.param=value;part.param=value". */
static inline void path_set(struct path_rig *r, const char *sets)
{
    char text[512], *save = NULL;

    snprintf(text, sizeof text, "%s", sets);
    for (char *one = strtok_r(text, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        char *dot = strchr(one, '.'), *eq = strchr(one, '=');
        ck_assert(dot && eq && dot < eq);
        *dot = *eq = 0;
        bl_set(r->s, one, dot + 1, eq + 1, NULL);
    }
}

static inline void path_ready(struct path_rig *r, const uint32_t *cfg, uint32_t phases)
{
    bl_supply(r->s, "give", "table", cfg, phases * CFG_LANES * sizeof *cfg);
    ck_assert_msg(bl_elaborate(r->s) == 0, "%s", r->h.text);
}

static inline uint64_t path_peek(struct path_rig *r, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(r->s, name, &v) == 0, "nothing is called %s", name);
    return v;
}

/* Cycles of a verdict of a part. */
static inline uint64_t path_spent(struct path_rig *r, const char *part, const char *verdict)
{
    for (size_t i = 0; i < bl_part_count(r->s); i++) {
        struct bl_part_row p;
        bl_part_at(r->s, i, &p);
        for (uint32_t v = 0; !strcmp(p.path, part) && v < p.verdicts; v++) {
            struct bl_verdict_row row;
            bl_verdict_at(r->s, i, v, &row);
            if (!strcmp(row.name, verdict))
                return row.spent;
        }
    }
    ck_abort_msg("no %s.%s", part, verdict);
    return 0;
}

/* Runs to the end: cycles from the first word fetched to the last one stored, both included, of the last phase. */
static inline uint64_t path_run(struct path_rig *r)
{
    enum bl_end end = bl_run(r->s, BL_FOREVER);

    ck_assert_msg(end == BL_END_STOPPED, "ended with %d: %s", (int)end, r->h.text);
    return path_peek(r, "store.ended") - path_peek(r, "im2col.began") + 1;
}

/* A layer: window k x kw, ho x wo outputs, padding that makes the input as large. */
static inline void path_layer(uint32_t *cfg, uint32_t k, uint32_t kw, uint32_t ho, uint32_t wo, uint32_t c_in, uint32_t r_in,
                              uint32_t c_out,
                              uint32_t r_out, uint32_t n_cim)
{
    memset(cfg, 0, CFG_LANES * sizeof *cfg);
    cfg[CFG_KH] = k, cfg[CFG_KW] = kw, cfg[CFG_SH] = cfg[CFG_SW] = 1, cfg[CFG_PT] = k / 2, cfg[CFG_PL] = kw / 2;
    cfg[CFG_HO] = cfg[CFG_H] = ho, cfg[CFG_WO] = cfg[CFG_W] = wo;
    cfg[CFG_C_IN] = c_in, cfg[CFG_R_IN] = r_in, cfg[CFG_C_OUT] = c_out, cfg[CFG_R_OUT] = r_out, cfg[CFG_N_CIM] = n_cim;
    cfg[CFG_R_W] = cfg[CFG_GAMMA] = 1;
}

#endif

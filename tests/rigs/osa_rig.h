/* osa_rig.h - the whole OSA-HCIM macro for tests: a host that feeds rows and ops and collects results with their
 * cycles, the wiring, and readers of accounts. The cycle of a result is the edge at which the host takes it, counted
 * from the edge at which the first digital command stands: the edge that ends the first cycle with the full sum. */
#ifndef TESTS_OSA_RIG_H
#define TESTS_OSA_RIG_H

#include "kernel/model.h"
#include "kernel/sim.h"
#include "components/osa_hcim/osa.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RIG_COLS = 144, RIG_HMU = 8, RIG_ROWS = 64 };

struct rig_result { uint64_t cycle; int32_t mac[RIG_HMU]; };

/* ---- the host: sets of rows, each followed by `batch` ops ---- */
struct rig_host {
    struct bl_part p;
    bl_push op, w;
    bl_pop mac;
    bl_in rows, cmd;
    bl_table weights, x;
    int64_t ops, hold, gap, nrows, batch, stop;
    uint64_t start;                     /* edge after the one at which the first digital command stands */
    uint32_t sent_rows, sent, got, set;
    struct rig_result *results;
};

static int rig_host_init(void *self)
{
    struct rig_host *t = self;

    t->results = bl_alloc(self, (size_t)(t->ops + 1) * sizeof *t->results);
    return 0;
}

static void rig_send(struct rig_host *t)
{
    if (t->sent_rows < t->nrows * (t->set + 1)) {
        if (bl_room(t->w)) {
            const unsigned char *rows = t->weights.at;
            memcpy(bl_push64(t->w), rows + (size_t)t->sent_rows++ * 32 % t->weights.n, 32);
        }
        return;
    }
    if (*bl_get32(t->rows) < t->sent_rows || t->sent == t->ops)
        return;
    if (t->sent == t->batch * (t->set + 1)) {
        t->set += t->got == t->sent;
        return;
    }
    if (!bl_room(t->op) || (t->gap && bl_cycle(t) % (uint64_t)t->gap))
        return;
    memcpy(bl_push8(t->op), BL_ROWS(uint8_t, t->x) + (size_t)t->sent++ * RIG_COLS % t->x.n, RIG_COLS);
}

static bl_verdict rig_host_tick(void *self)
{
    struct rig_host *t = self;

    rig_send(t);
    if (!t->start && bl_get8(t->cmd)[OSA_FLAGS] & OSA_VALID)
        t->start = bl_cycle(t);
    if (bl_avail(t->mac) && bl_cycle(t) >= (uint64_t)t->hold) {
        struct rig_result *r = &t->results[t->got++];
        memcpy(r->mac, bl_pop32(t->mac), sizeof r->mac);
        r->cycle = bl_cycle(t) - t->start + 1;
        if (t->got == t->ops && t->stop)
            bl_stop(self);
    }
    return BL_BUSY;
}

#define H struct rig_host
static const struct bl_field rig_host_fields[] = {
    BL_PUSH(H, op, RIG_COLS, 8, "ops"),
    BL_PUSH(H, w, 4, 64, "rows"),
    BL_POP(H, mac, RIG_HMU, 32, "results"),
    BL_IN(H, rows, 1, 32, "rows written"),
    BL_IN(H, cmd, OSA_LANES, 8, "digital command, to see the start"),
    BL_DATA(H, weights, uint8_t, "rows, 32 bytes each"), BL_DATA(H, x, uint8_t, "activations"), BL_PARAM(H, ops, 1, 0, 1e9, "ops to send"),
    BL_PARAM(H, batch, 1000000000, 1, 1e9, "ops after which the next set of rows is sent"),
    BL_PARAM(H, nrows, RIG_ROWS, 0, 1e6, "rows of a set"),
    BL_PARAM(H, hold, 0, 0, 1e9, "no result is taken before this cycle"),
    BL_PARAM(H, gap, 0, 0, 1e6, "ops are sent in multiples of this cycle only"),
    BL_PARAM(H, stop, 1, 0, 1, "the run stops with the last result"),
    BL_MEM(H, results, "results"),
    { 0 }
};
#undef H
static const struct bl_class rig_host_class = { .name = "rig_host", .help = "test host", .size = sizeof(struct rig_host),
    .init = rig_host_init, .tick = rig_host_tick, .fields = rig_host_fields };

/* ---- a probe on HMU 0: the DMAC of each (i, j) and the code of each i, as they came last ---- */
struct rig_probe {
    struct bl_part p;
    bl_in dmac, dtag, code, atag;
    uint8_t dmacs[8][8], codes[8];
};

static bl_verdict rig_probe_tick(void *self)
{
    struct rig_probe *t = self;
    const uint8_t *d = bl_get8(t->dtag), *a = bl_get8(t->atag);

    if (d[OSA_FLAGS] & OSA_VALID)
        t->dmacs[d[OSA_ROW]][d[OSA_PLANE]] = bl_get8(t->dmac)[0];
    if (a[OSA_FLAGS] & OSA_VALID)
        t->codes[a[OSA_ROW]] = bl_get8(t->code)[0];
    return BL_IDLE;
}

#define P struct rig_probe
static const struct bl_field rig_probe_fields[] = {
    BL_IN(P, dmac, RIG_HMU, 8, "DMAC"), BL_IN(P, dtag, OSA_LANES, 8, "its command"),
    BL_IN(P, code, RIG_HMU, 3, "code"), BL_IN(P, atag, OSA_LANES, 8, "its command"), { 0 }
};
#undef P
static const struct bl_class rig_probe_class = { .name = "rig_probe", .help = "test probe",
    .size = sizeof(struct rig_probe), .tick = rig_probe_tick, .fields = rig_probe_fields };

/* ---- the platform ---- */
extern const struct bl_class din_class, hcima_array_class, nq_class, osa_accumulator_class, osa_act_regs_class, osa_adc_class,
    osa_analog_ctl_class, osa_controller_class, osa_dac_class, osa_dat_class, osa_release_class, ose_class,
    precharge_class, rw_io_class, wl_driver_class;
static const struct bl_class *const rig_classes[] = {
    &din_class, &hcima_array_class, &nq_class, &osa_accumulator_class, &osa_act_regs_class, &osa_adc_class,
    &osa_analog_ctl_class, &osa_controller_class, &osa_dac_class, &osa_dat_class, &osa_release_class, &ose_class,
    &precharge_class, &rw_io_class, &wl_driver_class, &rig_host_class, &rig_probe_class, NULL
};

static const char *const rig_parts[][2] = {
    { "host", "rig_host" }, { "act_regs", "osa_act_regs" }, { "rw_io", "rw_io" }, { "controller", "osa_controller" },
    { "analog_ctl", "osa_analog_ctl" }, { "dwl", "wl_driver" }, { "awl", "wl_driver" }, { "din", "din" },
    { "dac", "osa_dac" }, { "array", "hcima_array" }, { "dat", "osa_dat" }, { "nq", "nq" }, { "ose", "ose" },
    { "adc", "osa_adc" }, { "accumulator", "osa_accumulator" }, { "precharge", "precharge" },
    { "release", "osa_release" }, { "probe", "rig_probe" },
};

static const struct { const char *from, *to; uint32_t depth; } rig_wires[] = {
    { "host.op", "act_regs.op", 2 }, { "host.w", "rw_io.w", 2 }, { "accumulator.mac", "host.mac", 2 },
    { "rw_io.rows", "host.rows", 0 }, { "controller.cmd", "host.cmd", 0 },
    { "controller.digital", "release.digital", 0 }, { "analog_ctl.analog", "release.analog", 0 },
    { "adc.ready", "release.ready", 0 }, { "release.released", "act_regs.released", 0 },
    { "release.released", "controller.released", 0 }, { "analog_ctl.analog", "controller.analog", 0 },
    { "controller.digital", "act_regs.digital", 0 }, { "analog_ctl.analog", "act_regs.analog", 0 },
    { "act_regs.stat", "controller.act", 0 },
    { "ose.b", "controller.b", 0 }, { "rw_io.rwen", "controller.rwen", 0 },
    { "accumulator.pushed", "controller.pushed", 0 }, { "controller.cim", "rw_io.cim", 0 },
    { "controller.plan", "analog_ctl.plan", 0 }, { "ose.b", "analog_ctl.b", 0 }, { "adc.ready", "analog_ctl.ready", 0 },
    { "controller.cmd", "dwl.cmd", 0 }, { "controller.cmd", "din.cmd", 0 }, { "controller.cmd", "array.dcmd", 0 },
    { "controller.cmd", "dat.cmd", 0 }, { "controller.cmd", "precharge.cmd", 0 }, { "analog_ctl.cmd", "awl.cmd", 0 },
    { "analog_ctl.cmd", "dac.cmd", 0 }, { "analog_ctl.cmd", "array.acmd", 0 }, { "analog_ctl.cmd", "adc.cmd", 0 },
    { "act_regs.regs", "din.regs", 0 }, { "act_regs.regs", "dac.regs", 0 }, { "rw_io.wr", "array.wr", 0 },
    { "dwl.wl", "array.dwl", 0 }, { "din.gblb", "array.gblb", 0 }, { "awl.wl", "array.awl", 0 },
    { "dac.gbl", "array.gbl", 0 }, { "array.dout", "dat.dout", 0 }, { "array.v_sum", "adc.v_sum", 0 },
    { "dat.sal_dmac", "nq.dmac", 0 }, { "dat.dmac", "accumulator.dmac", 0 }, { "dat.sal_tag", "nq.tag", 0 },
    { "dat.tag", "accumulator.dtag", 0 }, { "nq.q", "ose.q", 0 }, { "nq.sal", "ose.sal", 0 },
    { "adc.amac", "accumulator.amac", 0 }, { "adc.tag", "accumulator.atag", 0 },
    { "dat.dmac", "probe.dmac", 0 }, { "dat.tag", "probe.dtag", 0 }, { "adc.code", "probe.code", 0 },
    { "adc.tag", "probe.atag", 0 },
};

/* Prices of the specification: per-HMU events, fJ (1 fJ = 10^9 yJ); the OSE's is per macro op. */
static const struct { const char *cls, *item; uint64_t fj; enum bl_tag tag; } rig_prices[] = {
    { "osa_dat", "sum", 834, BL_FREE }, { "hcima_array", "dcim", 455, BL_FREE }, { "osa_accumulator", "dadd", 227, BL_FREE },
    { "osa_adc", "conv", 1056, BL_DERIVED }, { "osa_dac", "conv", 137, BL_FREE }, { "osa_dac", "bit", 148, BL_FREE },
    { "hcima_array", "share", 494, BL_FREE }, { "osa_accumulator", "aadd", 301, BL_FREE },
    { "ose", "decide", 3980, BL_DERIVED },
};

struct rig {
    struct bl_sim *s;
    uint64_t *rows;                     /* sets of weights as items of rw_io.w */
    uint8_t *x;
    const struct rig_result *r;
};

/* weight(set, h, c) as the rows of one set. */
static inline void rig_weights(uint64_t *rows, int set, int8_t (*weight)(int set, int h, int c))
{
    for (int h = 0; h < RIG_HMU; h++)
        for (int i = 0; i < 8; i++, rows += 4) {
            memset(rows, 0, 32);
            rows[0] = (uint64_t)(h * 8 + i);
            for (int c = 0; c < RIG_COLS; c++)
                rows[1 + c / 64] |= (uint64_t)((uint8_t)weight(set, h, c) >> i & 1) << (c & 63);
        }
}

/* Sets "part.param=value" ones, separated by ';'. */
static inline int rig_set(struct bl_sim *s, const char *sets)
{
    char text[1024], *save = NULL;

    snprintf(text, sizeof text, "%s", sets);
    for (char *one = strtok_r(text, ";", &save); one; one = strtok_r(NULL, ";", &save)) {
        char *dot = strchr(one, '.'), *eq = strchr(one, '=');
        ck_assert(dot && eq);
        *dot = *eq = 0;
        if (bl_set(s, one, dot + 1, eq + 1, NULL))
            return -1;
    }
    return 0;
}

static inline struct bl_sim *rig_wire(struct bl_diag *diag, uint64_t period)
{
    struct bl_sim *s = bl_open(rig_classes, diag);

    bl_clock(s, "core", period, 0, NULL);
    for (size_t i = 0; i < sizeof rig_parts / sizeof *rig_parts; i++)
        bl_add(s, rig_parts[i][0], rig_parts[i][1], "core", NULL);
    for (size_t i = 0; i < sizeof rig_wires / sizeof *rig_wires; i++)
        bl_wire(s, rig_wires[i].from, rig_wires[i].to, (struct bl_link){ .depth = rig_wires[i].depth }, NULL);
    for (size_t i = 0; i < sizeof rig_prices / sizeof *rig_prices; i++)
        bl_set_price(s, &(struct bl_price){ .cls = rig_prices[i].cls, .item = rig_prices[i].item,
                     .value = rig_prices[i].fj * UINT64_C(1000000000), .tag = rig_prices[i].tag, .source = "spec" }, NULL);
    return s;
}

/* Opens, sets, supplies nx ops (reused cyclically) and `sets` sets of weights. */
static inline void rig_open_sets(struct rig *g, uint64_t ops, const char *params, const uint8_t *x, size_t nx,
                                 int8_t (*weight)(int set, int h, int c), int sets)
{
    char text[40];
    size_t set_bytes = RIG_ROWS * 4 * sizeof(uint64_t);

    g->s = rig_wire(NULL, 6 * BL_NS);
    g->rows = malloc(set_bytes * (size_t)sets);
    g->x = malloc(nx * RIG_COLS);
    memcpy(g->x, x, nx * RIG_COLS);
    for (int k = 0; k < sets; k++)
        rig_weights(g->rows + k * RIG_ROWS * 4, k, weight);
    ck_assert_int_eq(bl_supply(g->s, "host", "weights", g->rows, set_bytes * (size_t)sets), 0);
    ck_assert_int_eq(bl_supply(g->s, "host", "x", g->x, nx * RIG_COLS), 0);
    snprintf(text, sizeof text, "host.ops=%llu", (unsigned long long)ops);
    ck_assert_int_eq(rig_set(g->s, text), 0);
    ck_assert_int_eq(rig_set(g->s, params), 0);
}

static inline void rig_open(struct rig *g, uint64_t ops, const char *params, const uint8_t *x, size_t nx,
                            int8_t (*weight)(int set, int h, int c))
{
    rig_open_sets(g, ops, params, x, nx, weight, 1);
}

static inline void rig_run(struct rig *g)
{
    ck_assert_int_eq(bl_elaborate(g->s), 0);
    ck_assert_int_eq(bl_run(g->s, BL_FOREVER), BL_END_STOPPED);
    g->r = bl_memory(g->s, "host", "results", NULL);
    ck_assert_ptr_nonnull(g->r);
}

static inline void rig_close(struct rig *g)
{
    bl_close(g->s);
    free(g->rows);
    free(g->x);
}

static inline uint64_t rig_peek(struct rig *g, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(g->s, name, &v) == 0, "no value %s", name);
    return v;
}

/* Time that a part spent at a verdict: cycles, or fs for the ADC. */
static inline uint64_t rig_spent(struct rig *g, const char *path, const char *verdict)
{
    struct bl_part_row part;
    struct bl_verdict_row row;

    for (size_t i = 0; i < bl_part_count(g->s); i++) {
        bl_part_at(g->s, i, &part);
        if (strcmp(part.path, path))
            continue;
        for (uint32_t v = 0; v < part.verdicts; v++) {
            bl_verdict_at(g->s, i, v, &row);
            if (strcmp(row.name, verdict) == 0)
                return row.spent;
        }
    }
    ck_abort_msg("no verdict %s of %s", verdict, path);
    return 0;
}

/* Time in fs that a part spent at a cause waiting for a peer, whatever that did. */
static inline uint64_t rig_waited(struct rig *g, const char *path, const char *cause, const char *peer)
{
    struct bl_part_row part;
    struct bl_wait_row row;
    uint64_t sum = 0;

    for (size_t i = 0; i < bl_part_count(g->s); i++) {
        bl_part_at(g->s, i, &part);
        for (size_t k = 0; strcmp(part.path, path) == 0 && k < bl_wait_rows(g->s, i); k++) {
            bl_wait_at(g->s, i, k, &row);
            if (strcmp(row.cause, cause) == 0 && strcmp(row.peer, peer) == 0)
                sum += row.fs;
        }
    }
    return sum;
}

#endif

/* imagine_alone.h - one part of IMAGINE between feeders: items into its channels, rows of a table onto its words, what it
 * gives kept with the cycle. */
#ifndef TESTS_IMAGINE_ALONE_H
#define TESTS_IMAGINE_ALONE_H

#include "tests/rigs/imagine_rig.h"

/* ---- keeps the first items of a channel and their cycles ---- */
enum { KEPT = 64, MOST_LANES = 5 };
struct keep_items { struct bl_part p; bl_pop item; int64_t lanes, from; uint32_t n; uint64_t cycle[KEPT],
    v[KEPT][MOST_LANES]; };

static bl_verdict keep_tick(void *self)
{
    struct keep_items *t = self;

    if (!bl_avail(t->item) || t->n == KEPT || (int64_t)bl_cycle(t) < t->from)
        return BL_IDLE;
    t->cycle[t->n] = bl_cycle(t);
    memcpy(t->v[t->n++], bl_pop64(t->item), (size_t)t->lanes * sizeof(uint64_t));
    return BL_BUSY;
}
static const struct bl_field keep_fields[] = {
    BL_POP(struct keep_items, item, BL_BY(struct keep_items, lanes), 64, "items"),
    BL_PARAM(struct keep_items, lanes, 1, 1, MOST_LANES, "lanes"),
    BL_PARAM(struct keep_items, from, 0, 0, 1000, "first cycle"), { 0 } };
static const struct bl_class keep_items_class = { .name = "keep_items", .help = "keeps items",
    .size = sizeof(struct keep_items),
    .tick = keep_tick, .fields = keep_fields };

/* ---- a word of 32-bit lanes from its table, one row a cycle, the last for ever ---- */
struct give_word { struct bl_part p; bl_out word; bl_table table; int64_t lanes, bits; };
static bl_verdict word_tick(void *self)
{
    struct give_word *t = self;
    size_t lanes = (size_t)t->lanes;
    uint64_t n = bl_cycle(t) < t->table.n / lanes ? bl_cycle(t) : t->table.n / lanes - 1;

    memcpy(bl_put32(t->word), BL_ROWS(uint32_t, t->table) + n * lanes, lanes * sizeof(uint32_t));
    return BL_BUSY;
}
static const struct bl_field word_fields[] = {
    BL_OUT(struct give_word, word, BL_BY(struct give_word, lanes), BL_BY(struct give_word, bits), "the word"),
    BL_DATA(struct give_word, table, uint32_t, "rows"), BL_PARAM(struct give_word, bits, 32, 17, 32, "bits of a lane"),
    BL_PARAM(struct give_word, lanes, 1, 1, CIM_COLS, "lanes"), { 0 } };
static const struct bl_class give_word_class = { .name = "give_word", .help = "drives a word",
    .size = sizeof(struct give_word),
    .tick = word_tick, .fields = word_fields };

/* 1-bit words for the ladder. */
struct give_bit { struct bl_part p; bl_out bit; int64_t from, to; };
static bl_verdict bit_tick(void *self)
{
    struct give_bit *t = self;

    *bl_put8(t->bit) = (int64_t)bl_cycle(t) >= t->from && (int64_t)bl_cycle(t) < t->to;
    return BL_BUSY;
}
static const struct bl_field bit_fields[] = { BL_OUT(struct give_bit, bit, 1, 1, "the bit"), BL_PARAM(struct give_bit, from,
    0, 0, 1000, "first"),
    BL_PARAM(struct give_bit, to, 0, 0, 1000, "end"), { 0 } };
static const struct bl_class give_bit_class = { .name = "give_bit", .help = "drives a bit", .size = sizeof(struct give_bit),
    .tick = bit_tick,
    .fields = bit_fields };

extern const struct bl_class bus_class, weight_loader_class;
static const struct bl_class *const classes[] = { &give_items_class, &keep_items_class, &give_word_class, &give_bit_class,
    &lmem_class,
    &bus_class, &weight_loader_class, &im2col_class, &ladder_class, &cal_engine_class, &dsci_adc_class,
    &fetch_agu_class, &shift_reg_class, &cim_gate_class, &cim_ctrl_class, &out_latch_class, &store_class, NULL };

static inline void parts_open(struct path_rig *r, const char *dut)
{
    *r = (struct path_rig){ 0 };
    r->s = bl_open(classes, heard_start(&r->h));
    bl_clock(r->s, "core", 10 * BL_NS, 0, NULL);
    bl_add(r->s, "dut", dut, strcmp(dut, "ladder") && strcmp(dut, "cim_gate") ? "core" : NULL, NULL);
}

static inline void feed(struct path_rig *r, const char *name, const char *port, int lanes, const uint64_t *items,
                        size_t bytes)
{
    char text[40], to[40];

    bl_add(r->s, name, "give_items", "core", NULL);
    snprintf(text, sizeof text, "%d", lanes);
    bl_set(r->s, name, "lanes", text, NULL);
    bl_supply(r->s, name, "table", items, bytes);
    snprintf(text, sizeof text, "%s.item", name);
    snprintf(to, sizeof to, "dut.%s", port);
    bl_wire(r->s, text, to, (struct bl_link){ .depth = 2 }, NULL);
}

static inline void keep(struct path_rig *r, const char *name, const char *port, int lanes, int from)
{
    char text[40], to[40];

    bl_add(r->s, name, "keep_items", "core", NULL);
    snprintf(text, sizeof text, "%d", lanes);
    bl_set(r->s, name, "lanes", text, NULL);
    snprintf(text, sizeof text, "%d", from);
    bl_set(r->s, name, "from", text, NULL);
    snprintf(text, sizeof text, "%s.item", name);
    snprintf(to, sizeof to, "dut.%s", port);
    bl_wire(r->s, to, text, (struct bl_link){ .depth = 2 }, NULL);
}

/* Row n of a table is at the port in cycle n + 1, the last row for ever. */
static inline void drive(struct path_rig *r, const char *port, int lanes, const uint32_t *rows, size_t bytes)
{
    char text[40], to[40];

    bl_add(r->s, port, "give_word", "core", NULL);
    snprintf(text, sizeof text, "%d", lanes);
    bl_set(r->s, port, "lanes", text, NULL);
    bl_set(r->s, port, "bits", lanes == CIM_COLS ? "28" : "32", NULL);       /* 256 lanes are codes: CIM_CODE_BITS */
    bl_supply(r->s, port, "table", rows, bytes);
    snprintf(text, sizeof text, "%s.word", port);
    snprintf(to, sizeof to, "dut.%s", port);
    path_wire(r, text, to, false);
}

static inline void configure(struct path_rig *r, const uint32_t *cfg, size_t bytes)
{
    drive(r, "cfg", CFG_LANES, cfg, bytes);
}

static inline void ready(struct path_rig *r, uint64_t cycles)
{
    ck_assert_msg(bl_elaborate(r->s) == 0, "%s", r->h.text);
    ck_assert_int_eq(bl_run(r->s, cycles * 10 * BL_NS), BL_END_LIMIT);
}

static inline uint32_t lane(struct path_rig *r, const char *name, uint32_t i)
{
    char text[40];

    snprintf(text, sizeof text, "%s[%u]", name, i);
    return (uint32_t)path_peek(r, text);
}

static inline const struct keep_items *run_to(struct path_rig *r, uint64_t cycles, const char *kept)
{
    ck_assert_msg(r->s && bl_run(r->s, cycles * 10 * BL_NS) == BL_END_LIMIT, "%s", r->h.text);
    return bl_part_of(r->s, kept);
}

#endif

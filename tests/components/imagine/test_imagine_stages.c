/* test_imagine_stages.c - the four stages of IMAGINE part by part: addresses of FETCH, shift register, rules R1 and R2,
 * controller, output latches, packing of codes. */
#include "tests/rigs/imagine_alone.h"
#include "platforms/net/draw.h"

Suite *suite_imagine_stages(void);

/* ---- FETCH: precision first, channel second, kernel last, columns of a row start in a burst ---- */
START_TEST(addresses)
{
    static const struct { uint32_t size, c_in, r_in, stride, rowmajor, newrow; } rows[] = {
        { 3, 8, 8, 1, 0, 0 }, { 3, 8, 8, 1, 0, 1 }, { 2, 5, 3, 2, 0, 0 }, { 2, 20, 8, 1, 1, 0 }, { 2, 4, 1, 4, 0, 0 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t cfg[CFG_LANES], n = 0, size = rows[i].size, s = rows[i].stride, pixel = rows[i].c_in * rows[i].r_in;
        struct path_rig r;
        path_layer(cfg, 3, 3, size, size, rows[i].c_in, rows[i].r_in, 8, 8, 2);
        cfg[CFG_SEQ] = 1, cfg[CFG_SH] = cfg[CFG_SW] = s, cfg[CFG_H] = cfg[CFG_W] = size * s;
        cfg[CFG_ROWMAJOR] = rows[i].rowmajor, cfg[CFG_NEWROW] = rows[i].newrow;
        parts_open(&r, "fetch_agu");
        configure(&r, cfg, sizeof cfg);
        keep(&r, "kept", "rd", RD_LANES, 0);
        ready(&r, 100);
        const struct keep_items *k = bl_part_of(r.s, "kept");
        for (uint32_t at = 0; at < size * size; at++)
            for (uint32_t kx = at % size && s < 3 ? 3 - s : 0, first = kx; kx < 3; kx++) {
                int32_t y0 = (int32_t)(at / size * s) - 1, x = (int32_t)(at % size * s + kx) - 1;
                uint32_t step = rows[i].rowmajor ? pixel : 3 * pixel;       /* bits that lie together */
                for (uint32_t b = 0; b < 3 * pixel; n++) {
                    uint32_t bits = step - b % step < 128 ? step - b % step : 128;
                    int32_t y = y0 + (int32_t)(rows[i].rowmajor ? b / pixel : 0), h = (int32_t)(size * s);
                    int64_t want = (int64_t)(rows[i].rowmajor ? y * h + x : x * h + y) * pixel + b % step;
                    uint64_t meta = k->v[n][RD_META];
                    ck_assert_msg((int64_t)k->v[n][RD_ADDR] == want, "%d, word %u: at %d, expected %d", (int)i, n,
                                  (int)k->v[n][RD_ADDR], (int)want);
                    ck_assert_uint_eq(meta_first(meta), b);
                    ck_assert_uint_eq(meta_n(meta), bits);
                    for (uint32_t j = 0; j < bits; j++) {
                        int32_t py = y0 + (int32_t)((b + j) / pixel);
                        ck_assert_int_eq(j >= meta_from(meta) && j < meta_to(meta), py >= 0 && py < h && x >= 0 && x < h);
                    }
                    bool pause = rows[i].newrow && at % size == 0 && kx != first;
                    uint32_t flags = b ? 0 : META_COLUMN | (pause ? META_PAUSE : 0);
                    ck_assert_uint_eq(meta_flags(meta), flags | (kx == 2 && b + bits == 3 * pixel ? META_END : 0));
                    b += bits;
                }
            }
        ck_assert_uint_eq(k->n, n);
        bl_close(r.s);
    }
}
END_TEST

static const struct { uint32_t lane, value, dense; const char *words; } refusals[] = {
    { CFG_R_IN, 0, 0, "phase 1: CFG_R_IN is 0; expected 1 .. 8" }, { CFG_R_IN, 9, 0, "CFG_R_IN is 9" },
    { CFG_R_OUT, 0, 0, "CFG_R_OUT is 0" }, { CFG_R_W, 5, 0, "CFG_R_W is 5; expected 1 .. 4" },
    { CFG_N_CIM, 0, 0, "CFG_N_CIM is 0" },
    { CFG_C_IN, 129, 0, "CFG_C_IN is 129; expected 1 .. 128" },
    { CFG_C_IN, 1153, 1, "CFG_C_IN is 1153; expected 1 .. 1152" },
    { CFG_KH, 4, 0, "CFG_KH is 4; expected 1 .. 3" }, { CFG_KW, 3, 1, "CFG_KW is 3; expected 1 .. 1" },
    { CFG_SW, 0, 0, "CFG_SW is 0" } };

START_TEST(refused)
{
    uint32_t cfg[CFG_LANES], k = refusals[_i].dense ? 1 : 3;
    struct path_rig r;

    path_layer(cfg, k, k, 4, 4, 16, 8, 16, 8, 1);
    cfg[CFG_DENSE] = refusals[_i].dense;
    cfg[refusals[_i].lane] = refusals[_i].value;
    path_open(&r, datapath_classes, 10 * BL_NS);
    path_ready(&r, cfg, 1);
    ck_assert_int_eq(bl_run(r.s, BL_US), BL_END_FAILED);
    ck_assert_msg(strstr(r.h.text, refusals[_i].words) && strstr(r.h.text, "fetch_agu"), "said \"%s\"", r.h.text);
    bl_close(r.s);
}
END_TEST

/* ---- shift register: older kernel columns move down by one, gated by R1; bit planes of 1152 rows ---- */
START_TEST(columns_shift)
{
    /* 30 bits a column, two sub-blocks; three columns, then one each */
    enum { C_IN = 5, R_IN = 2, COLUMNS = 5, HOLD = 9 };
    uint32_t cfg[CFG_LANES], gate[HOLD + 1][GATE_LANES] = { 0 }, want[R_IN][CIM_ROWS];
    uint64_t word[COLUMNS][WORD_LANES] = { 0 };
    struct path_rig r;

    path_layer(cfg, 3, 3, 1, 3, C_IN, R_IN, 8, 8, 1);
    cfg[CFG_SEQ] = 1;
    gate[HOLD][GATE_FREE] = 1;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        word[i][WORD_LO] = bl_draw(17, i) & ((1 << 30) - 1);
        word[i][WORD_META] = imagine_meta(0, 30, 0, 30, META_COLUMN | (i >= 2 ? META_END : 0));
        word[i][WORD_MASKS] = 3;
    }
    for (uint32_t done = 1; done <= 3; done++) {
        parts_open(&r, "shift_reg");
        configure(&r, cfg, sizeof cfg);
        drive(&r, "gate", GATE_LANES, gate[0], sizeof gate);
        feed(&r, "word", "word", WORD_LANES, word[0], (done + 2) * sizeof word[0]);
        ready(&r, 40);
        memset(want, 0, sizeof want);
        for (uint32_t kx = 0; kx < 3; kx++)
            for (uint32_t b = 0; b < 30; b++) {
                uint32_t ky = b / (C_IN * R_IN), c = b / R_IN % C_IN;
                want[b % R_IN][imagine_row(false, ky, kx, c)] = word[done - 1 + kx][WORD_LO] >> b & 1;
            }
        for (uint32_t k = 0; k < R_IN; k++)
            for (uint32_t row = 0; row < CIM_ROWS; row++) {
                char name[40];
                if (row % 64)
                    continue;
                snprintf(name, sizeof name, "dut.x[%u]", k * CIM_WORDS + row / 64);
                uint64_t plane = path_peek(&r, name), all = 0;
                for (uint32_t j = 0; j < 64; j++)
                    all |= (uint64_t)want[k][row + j] << j;
                ck_assert_msg(plane == all, "position %u, bit %u, rows from %u", done, k, row);
            }
        ck_assert_uint_eq(path_peek(&r, "dut.loaded"), done);
        ck_assert_uint_eq(path_peek(&r, "dut.words"), done + 2);
        ck_assert_uint_eq(path_peek(&r, "dut.block"), 2 * (done + 2));
        ck_assert_uint_eq(path_spent(&r, "dut", "sr_hold"), HOLD);       /* from cycle 1, when a word is there, to HOLD */
        bl_close(r.s);
    }
}
END_TEST

/* ---- rules R1 and R2, state by state; a result is 4 words ---- */
static const struct { uint32_t begun, left, loaded, loads, stored, n_cim, op, last, room; } gates[] = {
    { 0, 0, 0, 0, 0, 1, 0, 0, 1 },             /* nothing there: the shift register may be written */
    { 0, 0, 1, 0, 0, 1, 1, 1, 1 },             /* inputs complete: an operation of one cycle, its last one */
    { 0, 0, 1, 0, 0, 3, 1, 0, 0 },             /* of three: its inputs must stay */
    { 1, 2, 1, 0, 0, 3, 1, 0, 0 }, { 1, 1, 1, 0, 0, 3, 1, 1, 1 },       /* at work; in its last cycle */
    { 1, 0, 2, 1, 0, 1, 1, 0, 0 }, { 1, 0, 2, 1, 2, 1, 1, 0, 0 },       /* four, two words unsent: must wait */
    { 1, 0, 2, 1, 3, 1, 2, 1, 1 }, { 1, 0, 2, 1, 3, 2, 2, 0, 0 },       /* one unsent: may start */
    { 1, 0, 1, 1, 4, 1, 1, 0, 1 } };           /* all sent, no inputs yet */

START_TEST(handshake)
{
    uint32_t cfg[CFG_LANES], cim[2] = { gates[_i].begun, gates[_i].left };
    uint32_t loaded = gates[_i].loaded, loads = gates[_i].loads, stored[2] = { gates[_i].stored, 99 };
    struct path_rig r;

    path_layer(cfg, 3, 3, 4, 4, 16, 8, 64, 8, gates[_i].n_cim);
    parts_open(&r, "cim_gate");
    configure(&r, cfg, sizeof cfg);
    drive(&r, "cim", 2, cim, sizeof cim);
    drive(&r, "loaded", 1, &loaded, sizeof loaded);
    drive(&r, "loads", 1, &loads, sizeof loads);
    drive(&r, "stored", 2, stored, sizeof stored);
    ready(&r, 3);
    ck_assert_uint_eq(lane(&r, "dut.gate", GATE_OP), gates[_i].op);
    ck_assert_uint_eq(lane(&r, "dut.gate", GATE_LAST), gates[_i].last);
    ck_assert_uint_eq(lane(&r, "dut.gate", GATE_FREE), gates[_i].room);
    bl_close(r.s);
}
END_TEST

/* ---- controller: two operations of two cycles, and whom it waits for between them ---- */
START_TEST(operations)
{
    static const uint32_t op[] = { 0, 0, 0, 1, 1, 1, 1, 2 }, loaded[] = { 0, 0, 0, 1, 1, 1, 2 };
    static const struct { uint32_t cycle, begun, left; } rows[] = { { 4, 0, 0 }, { 5, 1, 1 }, { 6, 1, 0 }, { 8, 1, 0 },
        { 9, 2, 1 }, { 10, 2, 0 }, { 20, 2, 0 } };
    uint32_t cfg[CFG_LANES], gate[8][GATE_LANES] = { 0 }, stored[11][2];
    struct path_rig r;

    path_layer(cfg, 3, 3, 1, 2, 16, 8, 64, 8, 2);
    cfg[CFG_SEQ] = 1;
    for (int i = 0; i < 8; i++)
        gate[i][GATE_OP] = op[i];
    for (uint32_t i = 0; i < 11; i++)
        stored[i][0] = i < 10 ? 0 : 8, stored[i][1] = 8;
    parts_open(&r, "cim_ctrl");
    configure(&r, cfg, sizeof cfg);
    drive(&r, "gate", GATE_LANES, gate[0], sizeof gate);
    drive(&r, "loaded", 1, loaded, sizeof loaded);
    drive(&r, "stored", 2, stored[0], sizeof stored);
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bl_run(r.s, (rows[i].cycle * 10 - 1) * BL_NS);       /* as it was before the edge of this cycle */
        ck_assert_msg(lane(&r, "dut.cim", 0) == rows[i].begun && lane(&r, "dut.cim", 1) == rows[i].left,
                      "before cycle %u: %u begun, %u left", rows[i].cycle, lane(&r, "dut.cim", 0), lane(&r, "dut.cim", 1));
    }
    ck_assert_uint_eq(path_spent(&r, "dut", "busy"), 4);
    ck_assert_uint_eq(path_spent(&r, "dut", "cim_wait_in"), 4);          /* cycles 1, 2, 3 and 6 */
    ck_assert_uint_eq(path_spent(&r, "dut", "cim_wait_out"), 1);         /* cycle 7: inputs are there, no start */
    ck_assert_uint_eq(path_peek(&r, "dut.op"), 2);
    ck_assert_uint_eq(path_peek(&r, "dut.cycle"), 9);                    /* 2 to 10, until all is stored */
    bl_close(r.s);
}
END_TEST

/* ---- output latches: the slaves take the masters in the last cycle of an operation only ---- */
START_TEST(slaves)
{
    enum { ROWS = 10 };
    static const struct { uint32_t cycle, loads, row; } rows[] = { { 4, 0, 0 }, { 5, 1, 3 }, { 6, 1, 3 }, { 7, 2, 5 },
        { 9, 2, 5 }, { 10, 0, 5 }, { 20, 0, 5 } };
    static uint32_t cfg[ROWS][CFG_LANES], gate[ROWS][GATE_LANES], code[ROWS][CIM_COLS];
    struct path_rig r;

    for (uint32_t i = 0; i < ROWS; i++) {
        path_layer(cfg[i], 3, 3, 1, 2, 16, 8, 64, 8, 1);
        cfg[i][CFG_SEQ] = i < 8 ? 1 : 2;
        gate[i][GATE_LAST] = i == 3 || i == 5;
        for (uint32_t o = 0; o < CIM_COLS; o++)
            code[i][o] = i * 1000 + o;
    }
    parts_open(&r, "out_latch");
    configure(&r, cfg[0], sizeof cfg);
    drive(&r, "gate", GATE_LANES, gate[0], sizeof gate);
    drive(&r, "code", CIM_COLS, code[0], sizeof code);
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bl_run(r.s, (rows[i].cycle * 10 - 1) * BL_NS);
        ck_assert_msg(path_peek(&r, "dut.loads") == rows[i].loads, "before cycle %u", rows[i].cycle);
        for (uint32_t o = 0; o < CIM_COLS; o += 51)
            ck_assert_uint_eq(lane(&r, "dut.slave", o), rows[i].row ? rows[i].row * 1000 + o : 0);
    }
    ck_assert_uint_eq(path_peek(&r, "dut.load"), 2);
    bl_close(r.s);
}
END_TEST

/* ---- STORE: 24 codes of 6 bits are a word of 128 and one of 16 bits, at the pixel's place ---- */
START_TEST(codes_packed)
{
    enum { C_OUT = 24, R_OUT = 6, POSITIONS = 4 };
    static const uint32_t loads[] = { 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4 };

    for (uint32_t mode = 0; mode < 4; mode++) {
        uint32_t cfg[CFG_LANES], slave[CIM_COLS], flip = mode & 2 ? 32 : 0;
        struct path_rig r;
        path_layer(cfg, 3, 3, 2, 2, 16, 8, C_OUT, R_OUT, 1);
        cfg[CFG_SEQ] = 1, cfg[CFG_ROWMAJOR] = mode & 1, cfg[CFG_CONVERT] = mode & 2;
        for (uint32_t o = 0; o < CIM_COLS; o++)
            slave[o] = (o * 37 + 11) & 63;
        parts_open(&r, "store");
        configure(&r, cfg, sizeof cfg);
        drive(&r, "slave", CIM_COLS, slave, sizeof slave);
        drive(&r, "loads", 1, loads, sizeof loads);
        keep(&r, "kept", "wr", WR_LANES, 0);
        ready(&r, 40);
        const struct keep_items *k = bl_part_of(r.s, "kept");
        ck_assert_uint_eq(k->n, 2 * POSITIONS);
        for (uint32_t i = 0; i < 2 * POSITIONS; i++) {
            uint32_t y = i / 4, x = i / 2 % 2, pixel = mode & 1 ? y * 2 + x : x * 2 + y, from = i % 2 * 128;
            ck_assert_uint_eq(k->v[i][WR_ADDR], pixel * C_OUT * R_OUT + from);
            ck_assert_uint_eq(k->v[i][WR_BITS], i % 2 ? 16 : 128);
            for (uint32_t b = 0; b < k->v[i][WR_BITS]; b++)
                ck_assert_uint_eq(k->v[i][WR_LO + b / 64] >> (b % 64) & 1,
                                  (slave[(from + b) / R_OUT] ^ flip) >> ((from + b) % R_OUT) & 1);
        }
        ck_assert_uint_eq(k->cycle[1] - k->cycle[0], 1);                 /* a word a cycle */
        ck_assert_uint_eq(lane(&r, "dut.stored", 0), 8);
        ck_assert_uint_eq(lane(&r, "dut.stored", 1), 8);
        ck_assert_uint_eq(path_spent(&r, "dut", "busy"), 8);
        ck_assert_uint_gt(path_spent(&r, "dut", "store_idle"), 0);       /* two words, then cycles without a result */
        bl_close(r.s);
    }
}
END_TEST

Suite *suite_imagine_stages(void)
{
    Suite *s = suite_create("imagine_stages");
    TCase *t = tcase_create("alone");

    tcase_add_test(t, addresses);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, columns_shift);
    tcase_add_loop_test(t, handshake, 0, (int)(sizeof gates / sizeof *gates));
    tcase_add_test(t, operations);
    tcase_add_test(t, slaves);
    tcase_add_test(t, codes_packed);
    suite_add_tcase(s, t);
    return s;
}

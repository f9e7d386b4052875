/* test_imagine_parts.c - parts of IMAGINE alone: LMEM at any bit address, the one bus of the DRAM port, rows of weights,
 * padding and conversion in im2col, the ladder's settling. */
#include "tests/rigs/imagine_alone.h"
#include "platforms/net/draw.h"

Suite *suite_imagine_parts(void);

/* ---- LMEM: filled by 32 b words, read as 128 b from any bit, a word a cycle ---- */
START_TEST(bits_of_lmem)
{
    static const uint32_t cfg[CFG_LANES];
    static const int64_t at[] = { 0, 1, 63, 64, 100, 127, 129, 384, 500, -5, -64, -130 };
    enum { READS = sizeof at / sizeof *at, PADDED = 8 };
    uint64_t fill[16][DRAM_LANES], read[PADDED + READS][RD_LANES], whole[8] = { 0 };
    struct path_rig r;

    for (uint64_t i = 0; i < 16; i++) {
        fill[i][DRAM_KIND] = DRAM_FILL, fill[i][DRAM_ADDR] = 32 * i, fill[i][DRAM_DATA] = bl_draw(9, i) & UINT32_MAX;
        whole[i / 2] |= fill[i][DRAM_DATA] << 32 * (i % 2);
    }
    for (int i = 0; i < PADDED + READS; i++) {         /* words of padding first, which read nothing */
        read[i][RD_ADDR] = (uint64_t)(i < PADDED ? 0 : at[i - PADDED]);
        read[i][RD_META] = imagine_meta(0, 128, 0, i < PADDED ? 0 : 128, 0);
    }
    parts_open(&r, "lmem");
    bl_set(r.s, "dut", "bytes", "64", NULL);
    configure(&r, cfg, sizeof cfg);
    feed(&r, "fill", "dram", DRAM_LANES, fill[0], sizeof fill);
    feed(&r, "read", "rd", RD_LANES, read[0], sizeof read);
    keep(&r, "kept", "q", WORD_LANES, 40);     /* the reads stand still meanwhile, and the fills get their turn */
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    const struct keep_items *k = run_to(&r, 100, "kept");
    ck_assert_uint_eq(k->n, PADDED + READS);
    for (int i = PADDED; i < PADDED + READS; i++)
        for (int64_t b = 0; b < 128; b++) {
            int64_t bit = at[i - PADDED] + b;
            uint64_t want = bit >= 0 && bit < 512 ? whole[bit / 64] >> (bit % 64) & 1 : 0;
            ck_assert_msg((k->v[i][b / 64] >> (b % 64) & 1) == want, "bit %d of the word at %d", (int)b,
                          (int)at[i - PADDED]);
        }
    ck_assert_uint_eq(path_peek(&r, "dut.read"), READS);
    ck_assert_uint_eq(path_peek(&r, "dut.fill"), 16);
    ck_assert_uint_gt(path_spent(&r, "dut", "out_full"), 10);
    bl_close(r.s);
}
END_TEST

/* ---- words of LMEM that nobody wrote are counted, padding and what lies outside of the bank are not ---- */
START_TEST(unwritten_words)
{
    static const uint32_t cfg[CFG_LANES];
    static const struct { int64_t at; uint32_t from, to, unwritten; } rows[] = {     /* words 0, 1 and 3 of 16 are filled */
        { 0, 0, 64, 0 }, { 0, 0, 65, 1 }, { 0, 0, 128, 1 }, { 0, 96, 128, 0 }, { 31, 0, 33, 0 }, { 31, 33, 128, 2 },
        { -64, 64, 128, 0 }, { -64, 0, 128, 0 }, { 448, 0, 128, 2 }, { 64, 0, 0, 0 } };
    enum { READS = sizeof rows / sizeof *rows, PADDED = 8 };
    uint64_t fill[3][DRAM_LANES] = { { DRAM_FILL, 0, 1 }, { DRAM_FILL, 32, 2 }, { DRAM_FILL, 96, 3 } }, read[PADDED + READS][RD_LANES];
    uint64_t want = 0;
    struct path_rig r;

    for (int i = 0; i < PADDED + READS; i++) {
        const int k = i < PADDED ? READS - 1 : i - PADDED;
        read[i][RD_ADDR] = (uint64_t)rows[k].at;
        read[i][RD_META] = imagine_meta(0, 128, rows[k].from, rows[k].to, 0);
        want += rows[k].unwritten;
    }
    parts_open(&r, "lmem");
    bl_set(r.s, "dut", "bytes", "64", NULL);
    bl_set(r.s, "dut", "strict", "0", NULL);
    configure(&r, cfg, sizeof cfg);
    feed(&r, "fill", "dram", DRAM_LANES, fill[0], sizeof fill);
    feed(&r, "read", "rd", RD_LANES, read[0], sizeof read);
    keep(&r, "kept", "q", WORD_LANES, 20);     /* the reads stand still meanwhile, and the fills get their turn */
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    ck_assert_uint_eq(run_to(&r, 100, "kept")->n, PADDED + READS);
    ck_assert_uint_eq(path_peek(&r, "dut.fill"), 3);
    ck_assert_uint_eq(path_peek(&r, "dut.unwritten"), want);
    bl_close(r.s);
}
END_TEST

/* ---- im2col: padding in front, conversion, sub-blocks ---- */
START_TEST(padding_and_conversion)
{
    uint32_t cfg[CFG_LANES] = { 0 };
    uint64_t q[2][WORD_LANES] = { { 0x1122334455667788, 0x99aabbccddeeff00, imagine_meta(0, 128, 32, 128, META_COLUMN), 0 },
                                  { 0x0123456789abcdef, 0, imagine_meta(128, 64, 0, 64, META_END), 0 } };
    struct path_rig r;

    path_layer(cfg, 3, 3, 1, 1, 8, 8, 8, 8, 1);
    cfg[CFG_PAD] = 0x5a, cfg[CFG_CONVERT] = 1, cfg[CFG_SEQ] = 1;
    parts_open(&r, "im2col");
    configure(&r, cfg, sizeof cfg);
    feed(&r, "q", "q", WORD_LANES, q[0], sizeof q);
    bl_add(r.s, "kept", "keep_items", "core", NULL);
    bl_set(r.s, "kept", "lanes", "4", NULL);
    path_wire(&r, "dut.word", "kept.item", true);
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    const struct keep_items *k = run_to(&r, 20, "kept");
    ck_assert_uint_eq(k->n, 2);
    ck_assert_uint_eq(k->v[0][WORD_LO], 0x91a2b3c45a5a5a5a);      /* four padded values, then each with its top bit turned */
    ck_assert_uint_eq(k->v[0][WORD_HI], 0x192a3b4c5d6e7f80);
    ck_assert_uint_eq(k->v[1][WORD_LO], 0x81a3c5e7092b4d6f);
    ck_assert_uint_eq(k->v[0][WORD_MASKS], 3 | UINT64_C(7) << 32);     /* the columns shift: two units, all three of them */
    ck_assert_uint_eq(k->v[1][WORD_MASKS], 3 | UINT64_C(4) << 32);
    ck_assert_uint_eq(path_peek(&r, "dut.padded"), 1);
    bl_close(r.s);
}
END_TEST

/* ---- DRAM port and weight loader: eight words a row, one word a cycle ---- */
START_TEST(rows_of_weights)
{
    uint64_t req[24][DRAM_LANES];
    struct path_rig r;

    for (uint64_t i = 0; i < 24; i++)
        req[i][DRAM_KIND] = DRAM_WEIGHT, req[i][DRAM_ADDR] = 8 * 7 + i, req[i][DRAM_DATA] = i + 1;
    parts_open(&r, "bus");
    bl_set(r.s, "dut", "targets", "2", NULL);
    bl_set(r.s, "dut", "map", "[0, 1, 1]", NULL);
    feed(&r, "req", "req", DRAM_LANES, req[0], sizeof req);
    bl_add(r.s, "loader", "weight_loader", "core", NULL);
    bl_set(r.s, "loader", "word_bits", "32", NULL);
    bl_wire(r.s, "dut.to[0]", "loader.in", (struct bl_link){ .depth = 2 }, NULL);
    bl_add(r.s, "kept", "keep_items", "core", NULL);
    bl_set(r.s, "kept", "lanes", "5", NULL);
    bl_wire(r.s, "loader.row", "kept.item", (struct bl_link){ .depth = 2 }, NULL);
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    const struct keep_items *k = run_to(&r, 60, "kept");
    ck_assert_uint_eq(k->n, 3);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(k->v[i][0], 7 + i);
        for (uint64_t w = 0; w < 4; w++)
            ck_assert_uint_eq(k->v[i][1 + w], (8 * i + 2 * w + 1) | (8 * i + 2 * w + 2) << 32);
    }
    ck_assert_uint_eq(k->cycle[2] - k->cycle[0], 16);
    ck_assert_uint_eq(path_peek(&r, "dut.word"), 24);
    bl_close(r.s);
}
END_TEST

/* ---- the ladder: 5 ns after it is switched on, off at once ---- */
START_TEST(ladder_settles)
{
    struct path_rig r;

    parts_open(&r, "ladder");
    bl_add(r.s, "adc", "give_bit", "core", NULL);
    bl_set(r.s, "adc", "from", "3", NULL);
    bl_set(r.s, "adc", "to", "6", NULL);
    path_wire(&r, "adc.bit", "dut.adc_on", false);
    ck_assert_msg(bl_elaborate(r.s) == 0, "%s", r.h.text);
    static const struct { uint64_t ps; int ready; } rows[] = { { 30001, 0 }, { 35000, 0 }, { 35001, 1 }, { 60000, 1 },
        { 60001, 0 }, { 90000, 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bl_run(r.s, rows[i].ps * BL_PS);
        ck_assert_msg((int)path_peek(&r, "dut.ready") == rows[i].ready, "at %d ps", (int)rows[i].ps);
    }
    ck_assert_uint_eq(path_spent(&r, "dut", "busy"), 30 * BL_NS);      /* its current is paid for this long */
    bl_close(r.s);
}
END_TEST

/* ---- what init refuses ---- */
START_TEST(refusals)
{
    struct path_rig r;
    static const uint32_t cfg[CFG_LANES];

    parts_open(&r, "lmem");
    bl_set(r.s, "dut", "bytes", "40", NULL);
    configure(&r, cfg, sizeof cfg);
    ck_assert_int_eq(bl_elaborate(r.s), -1);
    ck_assert_msg(strstr(r.h.text, "bytes is 40; a bank holds whole words of 16 bytes"), "%s", r.h.text);
    bl_close(r.s);
}
END_TEST

Suite *suite_imagine_parts(void)
{
    Suite *s = suite_create("imagine_parts");
    TCase *t = tcase_create("alone");

    tcase_add_test(t, bits_of_lmem);
    tcase_add_test(t, unwritten_words);
    tcase_add_test(t, padding_and_conversion);
    tcase_add_test(t, rows_of_weights);
    tcase_add_test(t, ladder_settles);
    tcase_add_test(t, refusals);
    suite_add_tcase(s, t);
    return s;
}

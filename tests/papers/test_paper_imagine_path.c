/* test_paper_imagine_path.c - IMAGINE (Kneip et al.), the four-stage datapath (components/imagine/) through the event simulation: Eq. (8), (9), (10) on
 * a grid of 1536 layers, images with their stall counters, row starts, layouts. Cycles are exact. */
#include "tests/rigs/effort.h"
#include "tests/rigs/imagine_rig.h"

#define BIG "1048576"                          /* an LMEM that holds the image: the paper's would split the layer */

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }
static uint32_t words(uint32_t bits) { return (bits + 127) / 128; }

static uint64_t cycles_of(struct path_rig *r, const uint32_t *cfg)
{
    path_open(r, datapath_classes, 10 * BL_NS);
    bl_set(r->s, "lmem", "bytes", BIG, NULL);
    path_ready(r, cfg, 1);
    return path_run(r);
}

/* ---- 1: the grid ---- */

/* Six positions without row starts: first output after n_in + 1 + N_cim + n_out, then a period each. */
static void grid_point(uint32_t c_in, uint32_t r_in, uint32_t c_out, uint32_t r_out, uint32_t n_cim)
{
    uint32_t cfg[CFG_LANES], n_in = words(3 * r_in * c_in), n_out = words(r_out * c_out);
    uint64_t period = n_cim - 1 + most(n_in, n_out), first = n_in + 1 + n_cim + n_out, got[3];
    static const uint32_t positions[3] = { 1, 4, 6 };

    for (int serial = 0; serial < 2; serial++) {
        for (int i = serial; i < 3; i++) {     /* the first output of a serial run is that of a pipelined one */
            struct path_rig r;
            path_layer(cfg, 3, 1, 1, positions[i], c_in, r_in, c_out, r_out, n_cim);
            cfg[CFG_SERIAL] = (uint32_t)serial;
            got[i] = cycles_of(&r, cfg);
            bl_close(r.s);
        }
        uint64_t each = serial ? first : period;
        ck_assert_msg(got[0] == first && got[2] - got[1] == 2 * each && got[2] == first + 5 * each,
                      "C_in %u r_in %u C_out %u r_out %u N_cim %u %s: %d, %d, %d cycles; expected %d and %d each",
                      c_in, r_in, c_out, r_out, n_cim, serial ? "serial" : "pipelined", (int)got[0], (int)got[1], (int)got[2],
                      (int)first, (int)each);
    }
}

START_TEST(grid)
{
    static const uint32_t bits[] = { 1, 2, 4, 8 }, c_out[] = { 16, 64, 128, 256 };

    for (uint32_t c_in = 4; c_in <= 128; c_in *= (uint32_t)fewer(2, 8))
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                for (uint32_t n_cim = 1; n_cim <= 4; n_cim++)
                    grid_point(c_in, bits[i], c_out[j], bits[_i], n_cim);
}
END_TEST

/* ---- 2, 3, 4: whole images ---- */
START_TEST(images)
{
    static const struct { uint32_t size, c_in, r_in, c_out, r_out, n_cim, n_in, n_out, cycles, serial, fetches, stores;
                          const char *part, *cause; uint32_t stall, fetch_stall; } rows[] = {
        { 32, 128, 8, 64, 8, 1, 24, 4, 26118, 32256, 26112, 4096, NULL, NULL, 0, 0 },
        { 32, 4, 1, 256, 8, 1, 1, 16, 16389, 0, 1088, 16384, "cim_ctrl", "cim_wait_out", 15283, 15253 },
        { 16, 64, 8, 64, 8, 3, 12, 4, 3974, 5504, 3456, 1024, "shift_reg", "sr_hold", 510, UINT32_MAX },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint32_t serial = 0; serial < (rows[i].serial ? 2 : 1); serial++) {
            uint32_t cfg[CFG_LANES];
            struct path_rig r;
            path_layer(cfg, 3, 3, rows[i].size, rows[i].size, rows[i].c_in, rows[i].r_in, rows[i].c_out, rows[i].r_out,
                       rows[i].n_cim);
            cfg[CFG_SERIAL] = serial;
            ck_assert_uint_eq(imagine_n_in(cfg), rows[i].n_in);
            ck_assert_uint_eq(imagine_n_out(cfg), rows[i].n_out);
            ck_assert_uint_eq(cycles_of(&r, cfg), serial ? rows[i].serial : rows[i].cycles);
            ck_assert_uint_eq(path_peek(&r, "store.word"), rows[i].stores);
            ck_assert_uint_eq(path_peek(&r, "im2col.words"), rows[i].fetches);
            ck_assert_uint_eq(path_peek(&r, "cim_ctrl.op"), rows[i].size * rows[i].size);
            if (!serial && rows[i].part)
                ck_assert_uint_eq(path_spent(&r, rows[i].part, rows[i].cause), rows[i].stall);
            if (!serial && rows[i].fetch_stall != UINT32_MAX)
                ck_assert_uint_eq(path_spent(&r, "im2col", "fetch_stall"), rows[i].fetch_stall);
            bl_close(r.s);
        }
}
END_TEST

/* T = K n_in + 1 + N_cim + n_out + (H-1) P1 + H (W-1) P; with newrow = paper (K - 1)(N_cim - 1) more a row start. */
START_TEST(row_starts)
{
    static const uint32_t rows[][7] = {        /* h, w, r_in, c_in, r_out, c_out, N_cim */
        { 4, 8, 8, 128, 8, 64, 2 }, { 4, 8, 8, 128, 8, 64, 1 }, { 5, 7, 4, 16, 8, 256, 3 }, { 6, 6, 1, 4, 1, 16, 4 }, { 3, 9,
            2, 64, 4, 128, 2 },
        { 1, 1, 8, 8, 8, 8, 1 }, { 2, 1, 8, 128, 8, 64, 2 }, { 7, 2, 8, 32, 2, 64, 1 }, { 4, 8, 8, 64, 8, 256, 2 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint32_t paper = 0; paper < 2; paper++) {
            const uint32_t *v = rows[i];
            uint32_t cfg[CFG_LANES], n_in = words(3 * v[2] * v[3]), n_out = words(v[4] * v[5]), n = v[6];
            uint32_t extra = paper * 2 * (n - 1), p = n - 1 + most(n_in, n_out), p1 = n - 1 + most(3 * n_in + extra, n_out);
            struct path_rig r;
            path_layer(cfg, 3, 3, v[0], v[1], v[3], v[2], v[5], v[4], n);
            cfg[CFG_NEWROW] = paper;
            uint64_t want = 3 * n_in + extra + 1 + n + n_out + (v[0] - 1) * p1 + v[0] * (v[1] - 1) * p, got = cycles_of(&r,
                cfg);
            ck_assert_msg(got == want, "%u x %u, n_in %u, n_out %u, N_cim %u%s: %d cycles, expected %d", v[0], v[1], n_in,
                          n_out, n,
                          paper ? ", paper" : "", (int)got, (int)want);
            bl_close(r.s);
        }
}
END_TEST

/* A2: three accesses instead of two at C_in 16, r_in 4, three instead of one at C_in 4, r_in 1. A4: s new columns a step. */
START_TEST(layout_and_stride)
{
    static const struct { uint32_t c_in, r_in, rowmajor, stride, n_in, fetches; } rows[] = {
        { 16, 4, 0, 1, 2, 8 * (3 + 7) * 2 }, { 16, 4, 1, 1, 3, 8 * (3 + 7) * 3 }, { 4, 1, 0, 1, 1, 8 * (3 + 7) }, { 4, 1, 1,
            1, 3, 8 * (3 + 7) * 3 },
        { 16, 4, 0, 2, 2, 8 * (3 + 7 * 2) * 2 }, { 16, 4, 0, 4, 2, 8 * (3 + 7 * 3) * 2 } };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t cfg[CFG_LANES];
        struct path_rig r;
        path_layer(cfg, 3, 3, 8, 8, rows[i].c_in, rows[i].r_in, 16, 8, 1);
        cfg[CFG_ROWMAJOR] = rows[i].rowmajor;
        cfg[CFG_SH] = cfg[CFG_SW] = rows[i].stride;
        cfg[CFG_H] = cfg[CFG_W] = 8 * rows[i].stride;
        ck_assert_uint_eq(imagine_n_in(cfg), rows[i].n_in);
        cycles_of(&r, cfg);
        ck_assert_uint_eq(path_peek(&r, "im2col.words"), rows[i].fetches);
        bl_close(r.s);
    }
}
END_TEST

Suite *suite_paper_imagine_path(void);
Suite *suite_paper_imagine_path(void)
{
    Suite *s = suite_create("paper_imagine_path");
    TCase *t = tcase_create("datapath");

    tcase_add_loop_test(t, grid, 0, 4);
    tcase_add_test(t, images);
    tcase_add_test(t, row_starts);
    tcase_add_test(t, layout_and_stride);
    suite_add_tcase(s, t);
    return s;
}

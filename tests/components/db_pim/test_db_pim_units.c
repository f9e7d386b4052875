/* test_db_pim_units.c - the units around DB-PIM's cores by themselves: db_pim_loader.c (when rows leave), db_pim_psums.c (adding, port, sums out),
 * db_pim_reader.c (windows against a plain im2col, both feeds), db_pim_simd.c (how long a layer takes); what each refuses of its jobs. */
#include "components/db_pim/db_jobs.h"
#include "components/db_pim/db_pim.h"
#include "components/host.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_db_pim_units(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct rig r;

/* ---- weight loader ---- */

enum { RECORDS = 12 };
static uint64_t records[RECORDS * DB_ITEM_LANES];
static struct db_load_job loads[3];
static const uint64_t numbers[] = { 0, 1, 2 };

#define LOADER "part g give;set g lanes 1;set g bits 32;part l db_pim_loader;set l cores 2;wire g.x l.job d4;part a take;part b take;wire l.row[0] a.x d2;" \
               "wire l.row[1] b.x d2;part d look;wire l.done d.d;"

static void make_loads(void)
{
    static const uint32_t number[RECORDS] = { DB_HEADER, 0, 1, DB_MASK, DB_HEADER, 0, 1, 2, DB_MASK, DB_HEADER, 0, DB_MASK };

    memset(records, 0, sizeof records);
    for (uint32_t i = 0; i < RECORDS; i++) {
        uint64_t *item = records + (size_t)i * DB_ITEM_LANES;
        item[0] = number[i] + (i >= 4 && i < 9 ? DB_SET : 0);
        item[1] = number[i] == DB_HEADER ? 0x5555 | UINT64_C(0xffff) << 16 : number[i] == DB_MASK ? (UINT64_C(1) << (i == 3 ? 20 : i == 8 ? 40 : 5)) - 1 : 0;
        for (uint32_t k = 1; number[i] < DB_ROWS && k < DB_ITEM_LANES; k++)
            item[k] = rig_random(3, i, k, 64);
    }
    loads[0] = (struct db_load_job){ 0, 0, 4, 1000 };
    loads[1] = (struct db_load_job){ (uint64_t)4 * DB_ITEM_LANES, 1, 5, 5 };
    loads[2] = (struct db_load_job){ (uint64_t)9 * DB_ITEM_LANES, 0, 3, 300 };
}

/* 1000 bits on 64 lines are 16 ticks: its four rows after 4, 8, 12, 16 of them; five bits are one, its rows one a tick; the jobs go without a gap. */
static const struct { uint32_t bus; uint64_t edge[RECORDS]; } leave[] = {
    { 64, { 5, 9, 13, 17, 18, 19, 20, 21, 22, 24, 26, 27 } }, { 0, { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 } },
};

START_TEST(loader)
{
    make_loads();
    rig_begin(&r, LOADER "set l bus %u", leave[_i].bus);
    rig_items(&r, "g", numbers, 3);
    rig_supply(&r, "l", "jobs", loads, sizeof loads);
    rig_supply(&r, "l", "records", records, sizeof records);
    rig_ticks(&r, 80);
    ck_assert_uint_eq(rig_count(&r, "a"), 7);
    ck_assert_uint_eq(rig_count(&r, "b"), 5);
    for (uint32_t i = 0; i < RECORDS; i++) {
        const char *k = i >= 4 && i < 9 ? "b" : "a";
        const uint64_t at = i < 4 ? i : i < 9 ? i - 4 : i - 5;
        ck_assert_uint_eq(rig_edge(&r, k, at), leave[_i].edge[i]);
        ck_assert_mem_eq(rig_item(&r, k, at), records + (size_t)i * DB_ITEM_LANES, DB_ITEM_LANES * sizeof *records);
    }
    ck_assert_uint_eq(rig_peek(&r, "l.bits"), 1305);
    ck_assert_uint_eq(rig_peek(&r, "l.rows"), RECORDS);
    rig_end(&r);
}
END_TEST

static void loader_refuses(const char *text)
{
    rig_begin(&r, LOADER);
    rig_items(&r, "g", numbers, 3);
    rig_supply(&r, "l", "jobs", loads, sizeof loads);
    rig_supply(&r, "l", "records", records, sizeof records);
    rig_refuses(&r, text);
}

START_TEST(loader_wrong)
{
    make_loads();
    loads[1].core = 2;
    loader_refuses("f:5: l: job 1 is for core 2, 5 rows of 17 words from word 68 on; expected cores below 2, at least a row, words below 204");
    make_loads();
    records[2 * DB_ITEM_LANES] = 2;
    loader_refuses("f:5: l: job 0, row 2 of 4 has another number than its place says; the record is damaged");
    make_loads();
    records[5 * DB_ITEM_LANES] = 0;
    loader_refuses("f:5: l: job 1, row 1 of 5 has another number than its place says; the record is damaged");
    make_loads();
    records[1] |= UINT64_C(1) << 40;
    loader_refuses("f:5: l: job 0, row 0 of 4 is no header; the record is damaged");
    make_loads();
    records[1] = 0x11 | UINT64_C(0xff) << 16;
    loader_refuses("f:5: l: job 0, row 1 of 4 has a cell in a column that is not used; the record is damaged");
    make_loads();
    records[1] |= UINT64_C(1) << 32;
    loader_refuses("f:5: l: job 0, row 1 of 4 has a sign or an index beside binary weights; the record is damaged");
    make_loads();
    records[3 * DB_ITEM_LANES + 1] = 0xffff;
    loader_refuses("f:5: l: job 0 has 2 rows of cells, 1 parts of a mask, which keeps 16 positions; expected a row for 16 of them, at most 256, in 1 or 2 parts");
    make_loads();
    memset(records + 3 * DB_ITEM_LANES + 1, 0xff, 64);
    loader_refuses("f:5: l: job 0 has 2 rows of cells, 1 parts of a mask, which keeps 512 positions; expected a row for 16 of them, at most 256, in 1 or 2 parts");
    make_loads();
    loads[2].nrows = 4;
    loader_refuses("f:5: l: job 2 is for core 0, 4 rows of 17 words from word 153 on; expected cores below 2, at least a row, words below 204");
    make_loads();
    rig_begin(&r, LOADER);
    rig_items(&r, "g", (const uint64_t[]){ 0, 7 }, 2);
    rig_supply(&r, "l", "jobs", loads, sizeof loads);
    rig_supply(&r, "l", "records", records, sizeof records);
    rig_fails(&r, 100, "l, at 9 ps: job 7 is asked for; 3 are supplied");
}
END_TEST

/* ---- output buffer ---- */

enum { POSITIONS = 6, ITEMS = 3 * POSITIONS };
static struct db_acc_job accs[2];
static struct db_out_job outs[1];
static uint64_t sums[ITEMS * DB_COLUMNS], counts[ITEMS], who[ITEMS];

#define PSUMS "part j give;set j lanes 1;set j bits 32;part o give;set o lanes 1;set o bits 32;set o first 200;part x give;part n give;part w give;set n lanes 1;" \
              "set n bits 8;set w lanes 1;set w bits 16;part s db_pim_psums;set s bytes 1024;part y take;wire j.x s.job d4;wire o.x s.out d2;wire x.x s.x d2;" \
              "wire n.x s.x_tag d2;wire w.x s.who d2;wire s.y y.x d2;part d look;wire s.done d.d;"

/* Two K tiles: cores 0 and 2 give five and three sums a position, then core 2 alone adds. */
static void make_accs(void)
{
    accs[0] = (struct db_acc_job){ .near = 10, .stride = 8, .count = POSITIONS, .cores = 5, .first = 5, .offset = { 0, 0, 5 } };
    accs[1] = (struct db_acc_job){ .near = 10, .stride = 8, .count = POSITIONS, .cores = 4, .first = 0, .offset = { 0, 0, 5 } };
    outs[0] = (struct db_out_job){ 0, 10, 8, 0, POSITIONS, 0 };
    for (uint32_t i = 0; i < ITEMS; i++) {
        who[i] = i % 3 == 1 ? 0 : 2;            /* core 2 is ahead: its second job begins before core 0 has done the first */
        counts[i] = who[i] ? 3 : 5;
        for (uint32_t f = 0; f < DB_COLUMNS; f++)
            sums[i * DB_COLUMNS + f] = rig_random(8, i, f, 32);
    }
}

static void begin_psums(const char *more)
{
    rig_begin(&r, PSUMS "%s", more);
    rig_items(&r, "j", numbers, 2);
    rig_items(&r, "o", numbers, 1);
    rig_items(&r, "x", sums, COUNT(sums));
    rig_items(&r, "n", counts, ITEMS);
    rig_items(&r, "w", who, ITEMS);
    rig_supply(&r, "s", "jobs", accs, sizeof accs);
    rig_supply(&r, "s", "outs", outs, sizeof outs);
}

START_TEST(psums)
{
    static const struct { const char *more; uint64_t port, busy; } ports[] = { { "set s port 32", 12 * 2 + 6 * 4, 0 }, { "set s port 0", 0, 0 }, { "set s port 64;set y every 3", 12 + 12, 0 } };
    uint32_t want[POSITIONS][8] = { { 0 } }, at[3] = { 0 };

    make_accs();
    begin_psums(ports[_i].more);
    rig_ticks(&r, 400);
    for (uint32_t i = 0; i < ITEMS; i++) {
        const uint32_t core = (uint32_t)who[i], p = at[core]++ % POSITIONS;
        for (uint32_t f = 0; f < counts[i]; f++)
            want[p][(core ? 5 : 0) + f] += (uint32_t)sums[i * DB_COLUMNS + f];
    }
    ck_assert_uint_eq(rig_count(&r, "y"), POSITIONS);
    for (uint32_t p = 0; p < POSITIONS; p++)
        for (uint32_t f = 0; f < 8; f++)
            ck_assert_uint_eq(rig_item(&r, "y", p)[f], want[p][f]);
    ck_assert_uint_eq(rig_spent(&r, "s", "port"), ports[_i].port);
    ck_assert_uint_eq(rig_peek(&r, "s.add"), 18);
    ck_assert_uint_eq(rig_peek(&r, "s.write_bit"), 32 * (12 * 3 + 6 * 5));
    rig_end(&r);
}
END_TEST

START_TEST(psums_wrong)
{
    make_accs();
    accs[1].near = 209;
    begin_psums("");
    rig_refuses(&r, "f:16: s: job 1 keeps 6 positions of 8 sums from 209 on; the buffer of 1024 bytes holds 256");
    make_accs();
    outs[0].stride = 42;
    begin_psums("");
    rig_refuses(&r, "f:16: s: out job 0 reads 6 positions of 42 sums from 10 on; the buffer of 1024 bytes holds 256");
    make_accs();
    counts[0] = 4;
    begin_psums("");
    rig_fails(&r, 100, "s, at 1 ps: core 2 gives 4 sums; its place in a position is 5 .. 8, so its header has more filters than the tile");
    make_accs();
    who[0] = 9;
    begin_psums("");
    rig_fails(&r, 100, "s, at 1 ps: who is 9; expected a core below 8");
}
END_TEST

/* ---- reader ---- */

enum { H = 7, W = 9, C = 24, PAD = 77 };
static struct db_shape shapes[2];
static struct db_run_job runs[2];
static uint64_t fill[(H * W * 48 / 16 + 1) * 4];

/* A tensor whose byte (y, x, c) is told by its place. */
static uint8_t value(uint32_t y, uint32_t x, uint32_t c) { return (uint8_t)rig_random(4, y * W + x, c, 8); }

static size_t make_buffer(uint32_t chans, uint32_t pitch)
{
    const uint32_t words = (H * W * pitch + 15) / 16;

    memset(fill, 0, sizeof fill);
    for (uint32_t i = 0; i < words; i++) {
        fill[i * 4] = 1;
        fill[i * 4 + 1] = i;
        for (uint32_t b = 0; b < 16; b++) {
            const uint32_t pixel = (i * 16 + b) / pitch, c = (i * 16 + b) % pitch;
            if (pixel < H * W && c < chans)
                fill[i * 4 + 2 + b / 8] |= (uint64_t)value(pixel / W, pixel % W, c) << 8 * (b % 8);
        }
    }
    return (size_t)words * 4;
}

static uint8_t tap(const struct db_shape *s, uint32_t p, uint32_t k)
{
    const uint32_t c = k % s->chans, t = k / s->chans;
    const int y = (int)(p / s->out_w * s->stride_h + t / s->kw * s->dil_h) - s->pad_t, x = (int)(p % s->out_w * s->stride_w + t % s->kw * s->dil_w) - s->pad_l;

    if (t >= s->kh * s->kw || y < 0 || x < 0 || y >= H || x >= W)
        return PAD;
    return value((uint32_t)y, (uint32_t)x, s->chan + c);
}

/* Channels, pitch, of a group: windows across pixels and words. */
static const struct { uint32_t chans, pitch, chan, group, stride; } inputs[] = { { 3, 3, 0, 3, 1 }, { 16, 16, 0, 16, 2 }, { 24, 24, 8, 8, 1 }, { 16, 48, 0, 16, 1 }, { 1, 1, 0, 1, 2 } };

static void check_windows(uint32_t feed_rows)
{
    uint64_t at = 0;

    for (uint32_t j = 0; j < 2; j++)
        for (uint32_t first = 0; first < runs[j].count; first += DB_MACROS)
            for (uint32_t w = 0; w < runs[j].windows; w++) {
                const uint32_t left = runs[j].count - first, valid = left < DB_MACROS ? left : DB_MACROS;
                for (uint32_t m = 0; m < (feed_rows == 1 ? valid : 1); m++, at++) {
                    const uint64_t tag[] = { w + 1 == runs[j].windows, runs[j].set, valid, m };
                    ck_assert_mem_eq(rig_item(&r, "n", at), tag, sizeof tag);
                    for (uint32_t i = 0; i < feed_rows * DB_WINDOW && m + i / DB_WINDOW < valid; i++)
                        ck_assert_uint_eq(rig_item(&r, "k", at)[i],
                                          tap(&shapes[j], runs[j].first + first + m + i / DB_WINDOW, runs[j].from + w * DB_WINDOW + i % DB_WINDOW));
                }
            }
    ck_assert_uint_eq(rig_count(&r, "k"), at);
}

START_TEST(reader)
{
    const uint32_t feed_rows = _i % 2 ? 4 : 1, i = (uint32_t)_i / 2;
    const uint32_t out_w = (W + 2 - 3) / inputs[i].stride + 1, windows = (9 * inputs[i].group + 15) / 16;

    shapes[0] = (struct db_shape){ H, W, inputs[i].pitch, 0, H, inputs[i].chan, inputs[i].group, 3, 3, 1, inputs[i].stride, 1, 1, out_w, 1, 1, PAD };
    shapes[1] = (struct db_shape){ H, W, inputs[i].pitch, 0, H, inputs[i].chan, inputs[i].group, 2, 2, 1, 1, 2, 3, W - 3, 0, 0, PAD };
    runs[0] = (struct db_run_job){ 0, 5, 11, 0, windows, 0 };
    runs[1] = (struct db_run_job){ 1, 0, 6, 0, (4 * inputs[i].group + 15) / 16, 1 };
    rig_begin(&r, "part f give;set f lanes 4;set f bits 64;part g give;set g lanes 1;set g bits 32;set g first 300;part b sram;set b words 512;set b bits 128;set b clients 5;set b banks 4;"
              "part e db_pim_reader;set e feed_rows %u;wire f.x b.req[4] d2;wire e.req[0] b.req[0] d2;wire e.req[1] b.req[1] d2;wire e.req[2] b.req[2] d2;wire e.req[3] b.req[3] d2;wire b.rsp[0] e.rsp[0] d2;"
              "wire b.rsp[1] e.rsp[1] d2;wire b.rsp[2] e.rsp[2] d2;wire b.rsp[3] e.rsp[3] d2;wire g.x e.job d2;"
              "part k take;part n take;set k keep 2000;set n keep 2000;wire e.x k.x d2;wire e.x_tag n.x d2;%s", feed_rows, i % 2 ? "" : "set k chance 50");
    rig_items(&r, "f", fill, make_buffer(inputs[i].chans, inputs[i].pitch));
    rig_items(&r, "g", numbers, 2);
    rig_supply(&r, "e", "jobs", runs, sizeof runs);
    rig_supply(&r, "e", "shapes", shapes, sizeof shapes);
    rig_ticks(&r, 2000);
    check_windows(feed_rows);
    if (_i == 2)                        /* a word a window, without padding in its way: a window a tick */
        ck_assert_uint_eq(rig_edge(&r, "k", 11 * 9 - 1) - rig_edge(&r, "k", 0), 11 * 9 - 1);
    rig_end(&r);
}
END_TEST

START_TEST(reader_wrong)
{
    shapes[0] = (struct db_shape){ H, W, 16, 0, H, 0, 16, 3, 3, 1, 1, 1, 1, W, 1, 1, PAD };
    runs[0] = (struct db_run_job){ 1, 0, 4, 0, 3, 0 };
    for (int i = 0; i < 2; i++) {
        rig_begin(&r, "part g give;set g lanes 1;set g bits 32;part e db_pim_reader;wire g.x e.job d2;part k take;part n take;wire e.x k.x d2;wire e.x_tag n.x d2");
        rig_items(&r, "g", numbers + 1, 1);
        rig_supply(&r, "e", "jobs", runs, sizeof runs[0]);
        rig_supply(&r, "e", "shapes", shapes, sizeof shapes[0]);
        if (i)
            rig_fails(&r, 50, "e, at 1 ps: job 1 is asked for; 1 are supplied");
        else
            rig_refuses(&r, "f:5: e: job 0: shape 1, 4 positions, 3 windows, set 0; expected shapes below 1, at least a position, 1 to 128 windows, sets below 2");
        runs[0].shape = 0;
    }
}
END_TEST

/* ---- SIMD core ---- */

static const struct { struct bl_host_layer l; uint64_t ticks; } layers[] = {
    { { .kind = BL_HOST_ARRAY, .out = { .c = 5, .h = 3, .w = 3 }, .k = 9 }, (5 * 9 * 9 + 7) / 8 },
    { { .kind = BL_HOST_MAXPOOL, .out = { .c = 4, .h = 2, .w = 2 }, .kh = 2, .kw = 2 }, 8 },
    { { .kind = BL_HOST_RELU, .out = { .c = 17, .h = 1, .w = 1 } }, 3 },
    { { .kind = BL_HOST_COPY, .out = { .c = 1700, .h = 1, .w = 1 } }, 1 },
};

START_TEST(simd)
{
    static struct bl_host_layer all[COUNT(layers)];
    struct bl_host_program g = { .nlayers = COUNT(layers), .layer = all };
    static const uint64_t order[] = { 0, 1, 2, 3 };
    uint64_t end = 1;

    for (int i = 0; i < COUNT(layers); i++)
        all[i] = layers[i].l;
    rig_begin(&r, "part g give;set g lanes 1;set g bits 32;part x give;set x limit 5;set x first 100;part s db_pim_simd;wire g.x s.job d4;wire x.x s.x d2;part y take;"
              "wire s.y y.x d2;part d look;wire s.done d.d");
    rig_items(&r, "g", order, COUNT(order));
    rig_supply(&r, "s", "program", &g, sizeof g);
    rig_ticks(&r, 200);
    for (int i = 0; i < COUNT(layers); i++)
        end += layers[i].ticks;
    ck_assert_uint_eq(rig_spent(&r, "s", "busy"), end - 1 + 5);
    ck_assert_uint_eq(rig_peek(&r, "s.product"), 5 * 9 * 9);
    ck_assert_uint_eq(rig_peek(&r, "s.cell"), 64);
    ck_assert_uint_eq(rig_peek(&r, "s.element"), 17);
    ck_assert_uint_eq(rig_peek(&r, "s.quant"), 45 + 5 * 8);
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t f = 0; f < 8; f++)
            ck_assert_uint_eq(rig_item(&r, "y", i)[f], rig_random(1, i, f, 32));
    rig_end(&r);
    rig_begin(&r, "part g give;set g lanes 1;set g bits 32;part x give;part s db_pim_simd;wire g.x s.job d4;wire x.x s.x d2;part y take;wire s.y y.x d2;"
              "part d look;wire s.done d.d");
    rig_items(&r, "g", (const uint64_t[]){ 4 }, 1);
    rig_supply(&r, "s", "program", &g, sizeof g);
    rig_fails(&r, 50, "s, at 1 ps: layer 4 is asked for; the program has 4");
}
END_TEST

Suite *suite_db_pim_units(void)
{
    Suite *s = suite_create("db_pim_units");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, loader, 0, COUNT(leave));
    tcase_add_test(tc, loader_wrong);
    tcase_add_loop_test(tc, psums, 0, 3);
    tcase_add_test(tc, psums_wrong);
    tcase_add_loop_test(tc, reader, 0, 2 * COUNT(inputs));
    tcase_add_test(tc, reader_wrong);
    tcase_add_test(tc, simd);
    suite_add_tcase(s, tc);
    return s;
}

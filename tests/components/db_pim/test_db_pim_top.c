/* test_db_pim_top.c - DB-PIM's top controller (db_pim_top.c, db_pim_data.c) by itself: instructions go to their units one a tick, waits wait, activations
 * go out and sums come back; a damaged program, and jobs that are not there, are refused. */
#include "components/db_pim/db_jobs.h"
#include "components/host.h"
#include "tests/rigs/parts_rig.h"

Suite *suite_db_pim_top(void);

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

enum { CHANNELS = 20, PIXELS = 6, OUT = 3, AT = 128 };

static struct rig r;
static struct bl_host_layer layer;
static struct bl_host_program program;
static struct bl_requant requant[OUT];
static uint8_t image[CHANNELS * PIXELS];
static struct db_fill_job fills[1];
static struct db_out_job outs[1];
static struct db_acc_job accs[1];
static uint32_t channels[OUT];
static uint64_t code[24];
static struct db_code layers[1];
static uint64_t sums[3 * 8];

/* One convolution of 1 x 1, 20 channels of 2 x 3 pixels to 3; the network, cores and buffers are the test. */
static void make(void)
{
    static const uint64_t sound[] = { 0x1000000000000000, 0x2000000000000007, 0x7000000000000002, 0x4000000000000000, 0x3000000000000009, 0x7001000000000006,
                                      0x5000000000000000, 0x7002000000000001, 0x8000000000000000 };

    for (int i = 0; i < COUNT(image); i++)
        image[i] = (uint8_t)rig_random(2, (uint64_t)i, 0, 8);
    for (int o = 0; o < OUT; o++)
        requant[o] = (struct bl_requant){ .mult = 1.0f };
    layer = (struct bl_host_layer){ .kind = BL_HOST_ARRAY, .in = { { .c = CHANNELS, .h = 2, .w = 3 } }, .out = { .c = OUT, .h = 2, .w = 3, .at = AT }, .kh = 1, .kw = 1,
        .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .lo = 0, .hi = 255, .pixels = PIXELS, .width = 3, .cout = OUT, .k = CHANNELS,
        .group_bytes = CHANNELS * PIXELS, .requant = requant };
    program = (struct bl_host_program){ .nlayers = 1, .images = 1, .layer = &layer, .memory = 256, .sums = OUT * PIXELS, .input_bytes = sizeof image };
    memset(code, 0, sizeof code);
    memcpy(code, sound, sizeof sound);
    layers[0] = (struct db_code){ 0, COUNT(sound), 0 };
    fills[0] = (struct db_fill_job){ 0, 1, 4, CHANNELS, 0 };
    outs[0] = (struct db_out_job){ 0, 0, OUT, 0, PIXELS, 0 };
    accs[0] = (struct db_acc_job){ 0, OUT, PIXELS, 1, 1, { 0 } };
    for (uint32_t i = 0; i < OUT; i++)
        channels[i] = OUT - 1 - i;
    for (uint32_t i = 0; i < COUNT(sums); i++)
        sums[i] = 10 * (i % OUT) + i / OUT;
}

#define BENCH "part t db_pim_top;part load take;part run take;part acc take;part out take;part simd take;part fill take;part g give;set g first 40;" \
              "wire t.load load.x d2;wire t.run run.x d2;wire t.acc acc.x d2;wire t.out out.x d2;wire t.simd simd.x d2;wire t.fill fill.x d2;wire g.x t.sum d2;" \
              "part loaded put;part stored put;part worked put;wire loaded.q t.loaded;wire stored.q t.stored;wire worked.q t.worked;"

static const uint64_t loaded_at[] = { 0, 20 }, loaded_is[] = { 5, 7 }, stored_at[] = { 0, 30, 34 }, stored_is[] = { 1, 6, 7 }, worked_at[] = { 0 }, worked_is[] = { 0 };

static void begin(const char *more)
{
    rig_begin(&r, BENCH "%s", more);
    rig_items(&r, "g", sums, COUNT(sums));
    rig_supply(&r, "loaded", "at", loaded_at, sizeof loaded_at);
    rig_supply(&r, "loaded", "items", loaded_is, sizeof loaded_is);
    rig_supply(&r, "stored", "at", stored_at, sizeof stored_at);
    rig_supply(&r, "stored", "items", stored_is, sizeof stored_is);
    rig_supply(&r, "worked", "at", worked_at, sizeof worked_at);
    rig_supply(&r, "worked", "items", worked_is, sizeof worked_is);
    rig_supply(&r, "t", "program", &program, sizeof program);
    rig_supply(&r, "t", "images", image, sizeof image);
    rig_supply(&r, "t", "code", code, sizeof code);
    rig_supply(&r, "t", "layers", layers, sizeof layers);
    rig_supply(&r, "t", "fills", fills, sizeof fills);
    rig_supply(&r, "t", "outs", outs, sizeof outs);
    rig_supply(&r, "t", "accs", accs, sizeof accs);
    rig_supply(&r, "t", "channels", channels, sizeof channels);
}

/* Counters begin at what they are when the layer begins. Four pixels of 20 bytes are five words. */
START_TEST(a_layer)
{
    make();
    begin("set t fetch_bits 0");
    rig_run(&r, 100 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_PAUSED);         /* for the job, which looks at the layer */
    ck_assert_uint_eq(rig_count(&r, "fill"), 5);
    for (uint32_t i = 0; i < 80; i++) {
        const uint64_t *item = rig_item(&r, "fill", i / 16);
        ck_assert_uint_eq(item[1], i / 16);
        ck_assert_uint_eq(item[2 + i % 16 / 8] >> 8 * (i % 8) & 0xff, image[i % CHANNELS * PIXELS + 1 + i / CHANNELS]);
    }
    ck_assert_uint_eq(rig_item(&r, "load", 0)[0], 7);
    ck_assert_uint_eq(rig_edge(&r, "load", 0), 7);                  /* the fill: a tick to begin, five words */
    ck_assert_uint_eq(rig_edge(&r, "acc", 0), 23);
    ck_assert_uint_eq(rig_edge(&r, "run", 0), 24);
    ck_assert_uint_eq(rig_item(&r, "run", 0)[0], 9);
    ck_assert_uint_eq(rig_edge(&r, "out", 0), 37);
    const uint8_t *memory = bl_memory(r.s[0], "t", "memory", NULL);
    for (uint32_t p = 0; p < PIXELS; p++)
        for (uint32_t f = 0; f < OUT; f++)
            ck_assert_uint_eq(memory[AT + channels[f] * PIXELS + p], 10 * f + p);
    ck_assert_uint_eq(rig_peek(&r, "t.instruction"), 9);
    rig_end(&r);
}
END_TEST

/* Instructions come 64 bits in four ticks, eight at a time. */
START_TEST(fetching)
{
    make();
    begin("set t fetch_bits 16;set t code_bytes 64;set g first 150");
    rig_run(&r, 200 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_PAUSED);         /* for the job, which looks at the layer */
    ck_assert_uint_eq(rig_spent(&r, "t", "inst_fetch"), 9 * 4);
    rig_end(&r);
}
END_TEST

static const struct { int at; uint64_t inst; const char *says; } damaged[] = {
    { 2, 0, "layer 0, instruction 2 is 0000000000000000, which is none: operation 1 to 8, counter below 4, other bits 0" },
    { 2, 0x9000000000000000, "layer 0, instruction 2 is 9000000000000000, which is none: operation 1 to 8, counter below 4, other bits 0" },
    { 2, 0x7004000000000001, "layer 0, instruction 2 is 7004000000000001, which is none: operation 1 to 8, counter below 4, other bits 0" },
    { 1, 0x2001000000000007, "layer 0, instruction 1 is 2001000000000007, which is none: operation 1 to 8, counter below 4, other bits 0" },
    { 1, 0x2000000100000007, "layer 0, instruction 1 is 2000000100000007, which is none: operation 1 to 8, counter below 4, other bits 0" },
    { 3, 0x8000000000000000, "layer 0, instruction 3 of 9: a layer's last instruction is its end, and no other" },
    { 8, 0x3000000000000000, "layer 0, instruction 8 of 9: a layer's last instruction is its end, and no other" },
};

START_TEST(damage)
{
    char text[256];

    make();
    code[damaged[_i].at] = damaged[_i].inst;
    begin("");
    snprintf(text, sizeof text, "f:2: t: %s", damaged[_i].says);
    rig_refuses(&r, text);
}
END_TEST

START_TEST(wrong)
{
    make();
    layers[0].n = 25;
    begin("");
    rig_refuses(&r, "f:2: t: layer 0 has instructions 0 .. 24; 24 are supplied, and a layer has at least its end");
    make();
    fills[0].count = 6;
    begin("");
    rig_refuses(&r, "f:2: t: fill job 0: pixels 1 .. 6 of layer 0, 20 bytes each; it has 6 of 20 bytes");
    make();
    fills[0].pitch = 19;
    begin("");
    rig_refuses(&r, "f:2: t: fill job 0: pixels 1 .. 4 of layer 0, 19 bytes each; it has 6 of 20 bytes");
    make();
    outs[0].count = 7;
    begin("");
    rig_refuses(&r, "f:2: t: out job 0: layer 0, positions 0 .. 6, channels 0 .. 2; its layer or the table of channels has less");
    make();
    channels[1] = 3;
    begin("");
    rig_refuses(&r, "f:2: t: out job 0: channel 3; layer 0 has 3");
    make();
    code[0] = 0x1000000000000001;
    begin("");
    rig_fails(&r, 60, "t, at 5 ps: fill job 1 is asked for; 1 are supplied");
    make();
    code[6] = 0x5000000000000003;
    begin("");
    rig_fails(&r, 60, "t, at 36 ps: out job 3 is asked for; 1 are supplied");
}
END_TEST

Suite *suite_db_pim_top(void)
{
    Suite *s = suite_create("db_pim_top");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, a_layer);
    tcase_add_test(tc, fetching);
    tcase_add_loop_test(tc, damage, 0, COUNT(damaged));
    tcase_add_test(tc, wrong);
    suite_add_tcase(s, tc);
    return s;
}

/* test_vector.c - layers off the array: any pair, pool, relu and table against the host's own work on the same bytes, the ticks of a job, the
 * words read, waits, refusals. */
#include "components/vector_job.h"
#include "tests/rigs/unit_rig.h"

static struct rig r;
static struct mem_items writes, numbers;
static struct bl_host_layer layer;
static struct bl_host_program program;
static uint8_t memory[1 << 16], lut[256];
enum { NEAR_A = 3, NEAR_B = 1500, NEAR_OUT = 3000 };

static void supply(const struct bl_vector_job *jobs, uint32_t n)
{
    program = (struct bl_host_program){ .nlayers = 1, .images = 1, .layer = &layer };
    rig_supply(&r, "v", "jobs", jobs, n * sizeof *jobs);
    rig_supply(&r, "v", "program", &program, sizeof program);
    numbers.n = 0;
    for (uint32_t i = 0; i < n; i++)
        *mem_item(&numbers, 1) = i;
    rig_items(&r, "j", numbers.word, n);
}

/* A tensor of the host's memory goes to the buffer, in the order y, x, c. */
static void put(const struct bl_host_tensor *t, uint32_t near, uint32_t each)
{
    const uint32_t lanes = (each + 7) / 8, n = t->c * t->h * t->w;

    for (uint32_t i = 0; i < n; i += each) {
        uint64_t *x = mem_item(&writes, 2 + lanes + 1);
        x[0] = BL_MEMORY_WRITE;
        x[1] = near + i / each;
        x[2 + lanes] = ~UINT64_C(0);
        for (uint32_t b = 0; b < each && i + b < n; b++) {
            const uint32_t c = (i + b) % t->c, p = (i + b) / t->c;
            x[2 + b / 8] |= (uint64_t)memory[t->at + (size_t)c * t->h * t->w + p] << b % 8 * 8;
        }
    }
}

static struct bl_host_tensor tensor(uint32_t c, uint32_t h, uint32_t w, size_t at, int32_t zero) { return (struct bl_host_tensor){ c, h, w, at, zero, 128, false, 8 }; }

/* A layer of kind number k; channels whole words where windows are. Returns the reads that it takes. */
static uint64_t random_layer(struct kp_rng *g, uint32_t k, uint32_t each)
{
    const bool pool = k < 2;
    const uint32_t c = pool ? each * (1 + kp_below(g, 2)) : 1 + kp_below(g, 20), h = 1 + kp_below(g, 6), w = 1 + kp_below(g, 6);
    uint64_t reads = 0;

    layer = (struct bl_host_layer){ .in = { tensor(c, h, w, 0, 5), tensor(c, h, w, 16384, -7) }, .out = tensor(c, h, w, 32768, 3), .lo = -100, .hi = 110, .m0 = 0.7f,
                                    .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .lut = lut };
    for (uint32_t i = 0; i < sizeof memory; i++)
        memory[i] = (uint8_t)kp_next(g);
    for (uint32_t i = 0; i < sizeof lut; i++)
        lut[i] = (uint8_t)kp_next(g);
    if (!pool) {
        layer.kind = k == 2 ? BL_HOST_RELU : k == 3 ? BL_HOST_LUT : BL_HOST_PAIR;
        layer.pair = (struct bl_pair){ .za = 5, .zb = -7, .zy = 3, .lo = -100, .hi = 110 };
        bl_pair_scales(&layer.pair, (enum bl_pair_op)(k - 4), (enum bl_rule)kp_below(g, 3), 0.5f, 0.3f, 0.6f);
        return (uint64_t)((c * h * w + each - 1) / each) * (k >= 4 ? 2 : 1);
    }
    layer.kind = k ? BL_HOST_AVGPOOL : BL_HOST_MAXPOOL;
    layer.mean = (struct bl_mean){ .form = kp_below(g, 6), .zx = 5, .zy = 3, .lo = -100, .hi = 110, .sx = 0.5f, .sy = 0.4f };
    layer.kh = 1 + kp_below(g, 3), layer.kw = 1 + kp_below(g, 3);
    layer.stride_h = 1 + kp_below(g, 2), layer.stride_w = 1 + kp_below(g, 3);
    layer.dil_h = 1 + kp_below(g, 2), layer.pad_t = kp_below(g, 3), layer.pad_l = kp_below(g, 4);
    layer.count_pad = kp_below(g, 2);
    layer.out.h = 1 + kp_below(g, 5), layer.out.w = 1 + kp_below(g, 5);
    for (uint32_t p = 0; p < layer.out.h * layer.out.w; p++)
        for (uint32_t i = 0; i < layer.kh * layer.kw; i++) {
            const int64_t y = (int64_t)(p / layer.out.w * layer.stride_h + i / layer.kw * layer.dil_h) - layer.pad_t,
                          x = (int64_t)(p % layer.out.w * layer.stride_w + i % layer.kw) - layer.pad_l;
            reads += y >= 0 && x >= 0 && y < h && x < w ? c / each : 0;
        }
    return reads;
}

static void check_output(uint32_t each)
{
    const struct bl_host_tensor *t = &layer.out;
    const uint64_t *m = rig_memory(&r, "s", "word");

    bl_host_work(&layer, memory);
    for (uint32_t i = 0; i < t->c * t->h * t->w; i++) {
        const uint32_t c = i % t->c, p = i / t->c, in = i % each;
        const uint8_t got = (uint8_t)(m[(size_t)(NEAR_OUT + i / each) * ((each + 7) / 8) + in / 8] >> in % 8 * 8), want = memory[t->at + (size_t)c * t->h * t->w + p];
        KP_HOLDS(got == want, "kind %d, output %u of channel %u: %u, expected %u\n%s", (int)layer.kind, p, c, got, want, r.script);
    }
}

/* Any kind and size, any words and banks, any pace: the same bytes as host work, and no word read that is not needed. */
START_TEST(as_the_host)
{
    struct kp_rng g = { 77u + (uint64_t)_i };
    static const struct bl_vector_job job = { 0, NEAR_A, NEAR_B, NEAR_OUT, 0 };
    static const uint32_t wide[] = { 1, 4, 8, 16 };
    const uint32_t each = wide[kp_below(&g, 4)];
    const uint64_t reads = random_layer(&g, (uint32_t)_i % 9, each);

    writes.n = 0;
    put(&layer.in[0], NEAR_A, each);
    put(&layer.in[1], NEAR_B, each);
    rig_begin(&r, "part j give; set j first 3000; part v vector; set v mask 1; set v bits %u; part s sram; set s clients 3; set s mask 1; set s words 4096; set s bits %u; set s banks %u;"
              "set s strict 0; set s latency %u; part w give; part l look; wire j.x v.job d2; wire w.x s.req[0] d2; wire v.req s.req[1] d%u; wire v.wr s.req[2] d%u;"
              "wire s.rsp[1] v.rsp d%u; wire v.done l.d", each * 8, each * 8, 1u << kp_below(&g, 3), 1 + kp_below(&g, 3), 1 + kp_below(&g, 2), 1 + kp_below(&g, 2),
              1 + kp_below(&g, 3));
    rig_items(&r, "w", writes.word, writes.n);
    supply(&job, 1);
    rig_ticks(&r, 20000);
    ck_assert_msg(rig_count(&r, "l") == 1, "%s", r.script);
    ck_assert_uint_eq(rig_peek(&r, "v.read"), reads);
    ck_assert_uint_eq(rig_peek(&r, "v.value"), bl_host_outputs(&layer));
    check_output(each);
    rig_end(&r);
}
END_TEST

#define FREE "part j give; part v vector; set v mask 1; set v lines 3; part s sram; set s clients 3; set s mask 1; set s words 4096; set s ports free; set s strict 0;" \
             "part l look; wire j.x v.job d4; wire v.req s.req[1] d2; wire v.wr s.req[2] d2; wire s.rsp[1] v.rsp d2; wire v.done[2] l.d; part a look; part b look;" \
             "wire v.done[0] a.d; wire v.done[1] b.d; part w give; set w first 9000; wire w.x s.req[0] d2;"

/* At full rate a job is done reads + 5 ticks after it was pushed; the next one is taken in the tick after. */
START_TEST(ticks_of_a_job)
{
    static const struct bl_vector_job jobs[] = { { 0, 0, 40, 80, 2 }, { 0, 0, 40, 80, 2 } };
    struct kp_rng g = { 1 };

    random_layer(&g, 4, 8);
    layer.in[0] = layer.in[1] = layer.out = tensor(8, 3, 4, 0, 0);       /* 12 words, 24 reads */
    writes.n = 0;
    mem_write(&writes, 4, 0, 0);
    rig_begin(&r, FREE);
    rig_items(&r, "w", writes.word, writes.n);
    supply(jobs, 2);
    rig_ticks(&r, 100);
    ck_assert_uint_eq(rig_edge(&r, "l", 0) - 1, 24 + 5);
    ck_assert_uint_eq(rig_edge(&r, "l", 1) - rig_edge(&r, "l", 0), 24 + 5);
    ck_assert_uint_eq(rig_count(&r, "a") + rig_count(&r, "b"), 0);
    rig_end(&r);
}
END_TEST

static const struct { struct bl_vector_job job; uint32_t c, c2, kind; const char *text; } refusals[] = {
    { { 0, 0, 0, 0, 3 }, 8, 8, BL_HOST_RELU, "f:3: v: job 0 counts at done[3]; lines is 3, expected at least 4" },
    { { 1, 0, 0, 0, 0 }, 8, 8, BL_HOST_RELU, "f:3: v: job 0 is of layer 1; expected a pair, pool, relu or table of the program's 1 layers" },
    { { 0, 0, 0, 0, 0 }, 8, 8, BL_HOST_SOFTMAX, "f:3: v: job 0 is of layer 0; expected a pair, pool, relu or table of the program's 1 layers" },
    { { 0, 0, 0, 0, 0 }, 12, 12, BL_HOST_MAXPOOL, "f:3: v: job 0 pools 12 channels; expected whole words, a multiple of 8" },
    { { 0, 0, 0, 0, 0 }, 8, 1, BL_HOST_PAIR, "f:3: v: job 0 is of layer 0, whose tensors differ in shape; expected equal ones" },
};

START_TEST(refused)
{
    struct kp_rng g = { 1 };

    random_layer(&g, 4, 8);
    layer.kind = (enum bl_host_kind)refusals[_i].kind;
    layer.in[0].c = layer.out.c = refusals[_i].c;
    layer.in[1] = tensor(refusals[_i].c2, layer.in[0].h, layer.in[0].w, 0, 0);
    rig_begin(&r, FREE);
    supply(&refusals[_i].job, 1);
    rig_refuses(&r, refusals[_i].text);
}
END_TEST

START_TEST(no_such_job)
{
    static const struct bl_vector_job job = { 0, 0, 40, 80, 2 };
    struct kp_rng g = { 1 };

    random_layer(&g, 2, 8);
    rig_begin(&r, FREE);
    supply(&job, 1);
    numbers.word[0] = 4;
    rig_run(&r, 20 * RIG_PERIOD);
    ck_assert_int_eq(r.end, BL_END_FAILED);
    ck_assert_str_eq(r.told.text, "v, at 1 ps: job 4 is asked for; 1 are supplied");
    rig_end(&r);
}
END_TEST

Suite *suite_vector(void);
Suite *suite_vector(void)
{
    Suite *s = suite_create("vector");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, as_the_host, 0, 90);
    tcase_add_test(tc, ticks_of_a_job);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tc, no_such_job);
    suite_add_tcase(s, tc);
    return s;
}

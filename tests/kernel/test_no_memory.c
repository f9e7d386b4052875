/* test_no_memory.c - memory ends at the n-th block that the kernel takes, for every n: the call says so and fails, what follows fails
 * without a word, closing frees everything (the sanitizers look), and the process goes on. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"

/* ---- parts that ask for memory: in init, in build, in a shape ---- */

struct store { struct bl_part p; bl_push x; bl_event e; unsigned char *mem; int64_t bytes; };
static int store_init(void *self)
{
    struct store *t = self;

    t->mem = bl_alloc(t, (size_t)t->bytes);
    memset(t->mem, 1, (size_t)t->bytes);
    return 0;
}
static bl_verdict store_run(void *self)
{
    struct store *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(10, BL_IDLE);
        if (bl_room(t->x))
            *bl_push16(t->x) = 3;
    }
    BL_END;
}
static const struct bl_field store_fields[] = {
    BL_PUSH(struct store, x, 1, 16, "items"), BL_EVENT(struct store, e, "an event"), BL_MEM(struct store, mem, "memory"),
    BL_PARAM(struct store, bytes, 300000, 0, 0x1p63, "how much"), { 0 }
};
static const struct bl_class store_class = { .name = "store", .help = "has memory", .size = sizeof(struct store), .init = store_init,
                                             .run = store_run, .fields = store_fields };

struct nest { struct bl_part p; bl_push x; };
static void nest_build(void *self)
{
    bl_child(self, "gen", "store", NULL);
    bl_child_set(self, "gen", "bytes", "%d", 70000);
    for (int i = 0; i < 40; i++) {
        char name[16], from[24], to[24];
        snprintf(name, sizeof name, "put[%d]", i);
        bl_child(self, name, "put", NULL);
        snprintf(from, sizeof from, "put[%d].q", i);
        snprintf(name, sizeof name, "inv[%d]", i);
        bl_child(self, name, "inv", NULL);
        snprintf(to, sizeof to, "inv[%d].a", i);
        bl_child_wire(self, from, to, 0);
    }
    bl_child_export(self, "x", "gen.x");
}
static const struct bl_field nest_fields[] = { BL_PUSH(struct nest, x, 1, 16, "items"), { 0 } };
static const struct bl_class nest_class = { .name = "nest", .help = "has parts", .size = sizeof(struct nest), .build = nest_build,
                                            .fields = nest_fields };

struct fit { struct bl_part p; bl_pop x; int64_t lanes; };
static bl_verdict fit_tick(void *self)
{
    struct fit *t = self;

    if (!bl_avail(t->x))
        return BL_NAP(BL_IDLE);
    bl_pop_item(t->x);
    return BL_BUSY;
}
static const struct bl_field fit_fields[] = {
    BL_POP(struct fit, x, BL_BY(struct fit, lanes), 16, "items"), BL_SIZE(struct fit, lanes, 99, "lanes"), { 0 }
};
static const struct bl_class fit_class = { .name = "fit", .help = "takes", .size = sizeof(struct fit), .tick = fit_tick, .fields = fit_fields };
static const struct bl_class *const classes[] = {
    &store_class, &nest_class, &fit_class, &kp_put_class, &kp_inv_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, NULL
};

/* ---- a writer that takes no memory ---- */

struct bl_wave { int open; };
static struct bl_wave wave;
static struct bl_wave *wave_open(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t fs, struct bl_diag *d)
{
    (void)path, (void)vars, (void)n, (void)fs, (void)d;
    ck_assert_int_eq(wave.open++, 0);
    return &wave;
}
static int wave_time(struct bl_wave *w, uint64_t fs) { (void)w, (void)fs; return 0; }
static int wave_bits(struct bl_wave *w, uint32_t v, const uint64_t *b) { (void)w, (void)v, (void)b; return 0; }
static int wave_real(struct bl_wave *w, uint32_t v, double r) { (void)w, (void)v, (void)r; return 0; }
static int wave_close(struct bl_wave *w, uint64_t fs)
{
    (void)fs;
    ck_assert_int_eq(w->open--, 1);
    return 0;
}
static const struct bl_wave_ops wave_ops = { .suffix = "none", .help = "", .open = wave_open, .time = wave_time, .bits = wave_bits,
                                             .real = wave_real, .close = wave_close };

/* ---- the whole life of a simulation, step by step ---- */

static struct kp_told told;
static unsigned char saved[1 << 20];

/* What failed, or NULL: every step is tried, also behind one that failed. */
static const char *live(struct bl_sim *s)
{
    const char *bad = NULL;
    uint64_t v;

#define STEP(ok) do { if (!(ok) && !bad) bad = #ok; } while (0)
    STEP(!bl_clock(s, "c", 10, 0, "f:1"));
    STEP(!bl_scope(s, "all", NULL));
    STEP(!bl_add(s, "n", "nest", "c", "f:2"));
    STEP(!bl_set(s, "n.put[3]", "every", "5", NULL));
    STEP(!bl_add(s, "k", "fit", "c", NULL));
    STEP(!bl_add(s, "all.g", "gen", "c", NULL) && !bl_add(s, "all.s", "stage", "c", NULL) && !bl_add(s, "all.k", "sink", "c", NULL));
    STEP(!bl_wire(s, "all.g.x", "all.s.a", (struct bl_link){ .pipe = 1 }, NULL));
    STEP(!bl_wire(s, "all.s.b", "all.k.x", (struct bl_link){ .depth = 2 }, NULL));
    STEP(!bl_wire(s, "n.x", "k.x", (struct bl_link){ .depth = 4 }, "f:3"));
    STEP(!bl_wire(s, "n.gen.e", "n.gen.process", (struct bl_link){ 0 }, "f:4"));
    STEP(!bl_set_price(s, &(struct bl_price){ .cls = "gen", .item = "static", .value = 3, .is_power = true }, "f:5"));
    STEP(!bl_elaborate(s));
    STEP(!bl_why(s, "k.verdict", NULL));
    struct bl_trace *t = bl_trace_begin(s, &wave_ops, "a.none", &(struct bl_trace_opts){ .power_window_fs = 50 }, NULL);
    STEP(t);
    STEP(bl_run(s, 500) == BL_END_LIMIT);
    STEP(!bl_peek(s, "k.lanes", &v) && v == 1);
    STEP(t && !bl_trace_end(s, t));
    STEP(!bl_save(s, saved, sizeof saved));
    bl_break_at(s, 700);
    STEP(bl_run(s, 1000) == BL_END_BREAK);
    return bad;
}

/* The life of another one that asks no whys, and is restored. */
static const char *live_again(struct bl_sim *s)
{
    const char *bad = NULL;

    STEP(!bl_clock(s, "c", 10, 0, "f:1"));
    STEP(!bl_add(s, "g", "gen", "c", NULL) && !bl_add(s, "k", "sink", "c", NULL));
    STEP(!bl_wire(s, "g.x", "k.x", (struct bl_link){ .depth = 4 }, "f:3"));
    bl_option(s, BL_SHUFFLE, 7);
    STEP(!bl_elaborate(s));
    STEP(bl_run(s, 500) == BL_END_LIMIT);
    STEP(!bl_save(s, saved, sizeof saved));
    STEP(bl_run(s, 700) == BL_END_LIMIT);
    STEP(bl_save_bytes(s) && !bl_restore(s, saved, bl_save_bytes(s)));
    STEP(bl_run(s, 700) == BL_END_LIMIT);
    return bad;
}

static const char *const cannot = "out of memory: ";

static void lives(const char *(*life)(struct bl_sim *), uint64_t least)
{
    uint64_t blocks = 0;

    for (const char *bad = ""; bad && blocks < 3000; blocks++) {
        wave.open = 0;
        memory_ends_after(blocks);
        struct bl_sim *s = bl_open(classes, kp_listen(&told));
        bad = s ? life(s) : "bl_open";
        ck_assert_msg(!bad == !*told.text, "block %llu: %s; told: %s", (unsigned long long)blocks, bad ? bad : "all is well", told.text);
        ck_assert_msg(!bad || !strncmp(told.text, cannot, strlen(cannot)), "block %llu: %s; told: %s", (unsigned long long)blocks, bad, told.text);
        ck_assert_msg(!bad || !strstr(told.text + 1, cannot), "block %llu: said twice: %s", (unsigned long long)blocks, told.text);
        bl_close(s);
        ck_assert_int_eq(wave.open, 0);
        memory_ends_after(UINT64_MAX);
    }
    ck_assert(blocks > least && blocks < 3000);
}

START_TEST(wherever_memory_ends_it_is_said)
{
    if (_i == 0)
        lives(live, 60);
    else
        lives(live_again, 25);
}
END_TEST

/* More than there can be: a size of the modeller, or a struct of him. */
START_TEST(what_no_machine_has)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part a store; set a bytes 9223372036854775807; part k fit; wire a.x k.x d2"));
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_msg(!strncmp(told.text, cannot, strlen(cannot)), "%s", told.text);
    ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
    bl_close(s);
}
END_TEST

Suite *suite_no_memory(void);
Suite *suite_no_memory(void)
{
    Suite *s = suite_create("no_memory");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, wherever_memory_ends_it_is_said, 0, 2);
    tcase_add_test(c, what_no_machine_has);
    suite_add_tcase(s, c);
    return s;
}

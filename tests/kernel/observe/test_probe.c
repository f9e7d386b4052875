/* test_probe.c - what a trace compares: nothing is missed of parts that ran, and a traced word costs its part nothing. */
#include "kernel/kernel.h"
#include "tests/rigs/kp_network.h"

/* A writer that keeps a hash of all it is told, and how much that was. */
struct bl_wave { uint64_t hash, n; uint32_t words[4096]; };
static struct bl_wave kept[2];
static uint32_t which;

static void hear(struct bl_wave *w, uint64_t v)
{
    w->hash = (w->hash ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    w->hash ^= w->hash >> 29;
    w->n++;
}

static struct bl_wave *keep_open(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start, struct bl_diag *d)
{
    struct bl_wave *w = &kept[which];

    (void)path, (void)start, (void)d;
    *w = (struct bl_wave){ 0 };
    ck_assert_uint_le(nvars, 4096);
    for (size_t i = 0; i < nvars; i++)
        w->words[i] = (vars[i].width + 63) / 64;
    return w;
}
static int keep_time(struct bl_wave *w, uint64_t fs) { hear(w, fs ^ UINT64_C(1) << 63); return 0; }
static int keep_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    hear(w, var);
    for (uint32_t i = 0; i < w->words[var]; i++)
        hear(w, words[i]);
    return 0;
}
static int keep_close(struct bl_wave *w, uint64_t end) { hear(w, end); return 0; }
static const struct bl_wave_ops keeper = { .suffix = "kept", .help = "", .open = keep_open, .time = keep_time, .bits = keep_bits,
                                           .close = keep_close };

static struct kp_told told;

static struct bl_trace *watch(struct bl_sim *s, uint32_t number)
{
    which = number;
    struct bl_trace *t = bl_trace_begin(s, &keeper, "x.kept", &(struct bl_trace_opts){ 0 }, NULL);
    ck_assert_ptr_nonnull(t);
    return t;
}

/* After each return of bl_run everything of everybody is compared, since the host may have written. So a run in steps of
 * every time is the reference for a run in one go, where only those that ran are looked at. */
START_TEST(nothing_is_missed)
{
    uint64_t seed = (uint64_t)_i + 1, end = 3000, k;

    for (uint32_t way = 0; way < 2; way++) {
        struct bl_sim *s = kp_network(&told, seed, _i % 3 ? 0 : BL_SHUFFLE, seed);
        struct bl_trace *t = watch(s, way);
        for (k = 0; way && k < end; k++)
            bl_run(s, k);
        bl_run(s, end);
        kp_ok(bl_trace_end(s, t));
        bl_close(s);
    }
    ck_assert_uint_gt(kept[0].n, 10);
    ck_assert_uint_eq(kept[0].n, kept[1].n);
    ck_assert_uint_eq(kept[0].hash, kept[1].hash);
}
END_TEST

/* climb: a waiting part that nobody hears of; its view counts. */
struct climb { struct bl_part p; int64_t every; uint32_t n; };
static bl_verdict climb_run(void *self)
{
    struct climb *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME((uint64_t)t->every, BL_IDLE);
        t->n++;
    }
    BL_END;
}
static const struct bl_field climb_fields[] = {
    BL_PARAM(struct climb, every, 10, 1, 2000, "fs"), BL_VIEW(struct climb, n, 1, 32, "steps"), { 0 }
};
static const struct bl_class climb_class = { .name = "climb", .help = "counts", .size = sizeof(struct climb), .run = climb_run, .fields = climb_fields };

/* The same of many waiting parts, each at times of its own: there are more of them than bits in a word. */
START_TEST(nothing_is_missed_of_many)
{
    enum { MANY = 200 };
    static const struct bl_class *const many[] = { &climb_class, NULL };
    char path[16], every[16];

    for (uint32_t way = 0; way < 2; way++) {
        struct bl_sim *s = bl_open(many, kp_listen(&told));
        for (int i = 0; i < MANY; i++) {
            snprintf(path, sizeof path, "c[%d]", i);
            snprintf(every, sizeof every, "%d", 7 + 5 * i);
            kp_ok(bl_add(s, path, "climb", NULL, NULL));
            kp_ok(bl_set(s, path, "every", every, NULL));
        }
        ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
        struct bl_trace *t = watch(s, way);
        for (uint64_t k = 0; way && k < 3000; k++)
            bl_run(s, k);
        bl_run(s, 3000);
        kp_ok(bl_trace_end(s, t));
        bl_close(s);
    }
    ck_assert_uint_gt(kept[0].n, 1000);
    ck_assert_uint_eq(kept[0].n, kept[1].n);
    ck_assert_uint_eq(kept[0].hash, kept[1].hash);
}
END_TEST

/* Words and counters that the ticks of clocked parts write are announced as often as without a trace. */
START_TEST(no_word_asks_for_a_trace)
{
    struct bl_sim *s = kp_network(&told, 5, 0, 0);
    uint32_t *asks = fresh(s->frozen.nwords + 1, sizeof *asks), chunked = 0, others = 0;

    for (size_t i = 0; i < s->frozen.nwords; i++)
        asks[i] = s->frozen.words[i]->ask;
    struct bl_trace *t = watch(s, 0);
    for (size_t i = 0; i < s->frozen.nwords; i++) {
        others += !in_chunk(s, s->frozen.words[i]);
        if (!in_chunk(s, s->frozen.words[i]))
            continue;
        chunked++;
        ck_assert_msg(s->frozen.words[i]->ask == asks[i], "word %zu asks %u, without a trace %u", i, s->frozen.words[i]->ask, asks[i]);
    }
    ck_assert(chunked > 3 && others > 0);
    bl_run(s, 1000);
    kp_ok(bl_trace_end(s, t));
    free(asks);
    bl_close(s);
}
END_TEST

Suite *suite_probe(void);
Suite *suite_probe(void)
{
    Suite *s = suite_create("probe");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, nothing_is_missed, 0, 60);
    tcase_add_test(c, nothing_is_missed_of_many);
    tcase_add_test(c, no_word_asks_for_a_trace);
    suite_add_tcase(s, c);
    return s;
}

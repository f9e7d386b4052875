/* test_shared.c - what several waiting parts share: how signals of several drivers are drawn, mistakes with locks (lock.c). Who gets what and
 * which wiring is refused is in tests/kernel/stories.txt. */
#include "tests/rigs/kp_abort.h"
#include "tests/rigs/story.h"

/* ---- mistakes ---- */

/* over: unlocks; when `n` is 1 it first locks twice. */
struct over { struct bl_part p; bl_lock m; int64_t n; };
static bl_verdict over_run(void *self)
{
    struct over *t = self;

    for (int i = 0; i < 2 && t->n; i++)
        bl_try_lock(t, t->m);
    bl_unlock(t, t->m);
    return BL_IDLE;
}
static const struct bl_field over_fields[] = { BL_MUTEX(struct over, m, "a mutex"), BL_PARAM(struct over, n, 0, 0, 1, "locks twice"), { 0 } };
static const struct bl_class over_class = { .name = "over", .help = "mistakes", .size = sizeof(struct over), .run = over_run,
                                            .fields = over_fields };
static const struct bl_class *const classes[] = { ACTOR_CLASSES, &over_class, NULL };

static void run_it(void *sim) { bl_run(sim, 100); }

START_TEST(mistakes_with_locks)
{
    static const char *const texts[] = { "bitline: top.m: unlocks a mutex that it does not hold; at 0 s\n",
                                         "bitline: top.m: locks a mutex that it holds already: it would wait for itself; at 0 s\n" };
    char text[512];

    for (int i = 0; i < 2; i++) {
        struct bl_sim *s = story_opened("part top.m over\nz: +0 lock\nwire z.m top.m.m", classes);
        kp_setf(s, "top.m", "n", i);
        ready(s);
        kp_aborts(run_it, s, text, sizeof text);
        ck_assert_str_eq(text, texts[i]);
        bl_close(s);
    }
}
END_TEST

/* ---- traces ---- */

struct bl_wave { char text[4096]; const char *names[32]; uint32_t width[32]; };
static struct bl_wave wave;

static struct bl_wave *wave_open(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t start, struct bl_diag *d)
{
    (void)path, (void)start, (void)d;
    memset(&wave, 0, sizeof wave);
    for (size_t i = 0; i < n && i < 32; i++) {
        wave.names[i] = vars[i].scope;
        wave.width[i] = vars[i].width;
    }
    return &wave;
}
static int wave_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static int wave_note(const char *fmt, ...)
{
    size_t n = strlen(wave.text);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(wave.text + n, sizeof wave.text - n, fmt, ap);
    va_end(ap);
    return 0;
}
static int wave_time(struct bl_wave *w, uint64_t fs) { return w == &wave ? wave_note("%s@%d", *wave.text ? " " : "", (int)fs) : -1; }
static int wave_bits(struct bl_wave *w, uint32_t v, const uint64_t *words) { return wave_note(" %s=%d", w->names[v], (int)*words); }
static int wave_states(struct bl_wave *w, uint32_t v, const char *text)
{
    ck_assert_uint_eq(strlen(text), w->width[v]);
    return wave_note(" %s=%s", w->names[v], text);
}
static int wave_close(struct bl_wave *w, uint64_t end) { return w == &wave && end ? 0 : -1; }
static const struct bl_wave_ops wave_ops = { .suffix = "text", .help = "", .open = wave_open, .time = wave_time, .bits = wave_bits,
                                             .states = wave_states, .close = wave_close };

static const struct { const char *body, *text; } drawn[] = {
    { "a: @10 put 1, @20 put 3\nb: @15 put 2\nv plain: see\nwire a.q v.d many; wire b.q v.d many",
      "@0 a=0 b=0 @10 a=1 b=1 @15 a=2 b=2 @20 a=3 b=3" },
    { "a bits 2: @10 put 1, @20 put z, @30 put 0\nb bits 2: init z, @30 put 1\nv plain bits 2: see\nwire a.q v.d resolved; wire b.q v.d resolved",
      "@0 a=0 b=z v=0 @10 a=1 v=1 @20 a=z v=z @30 a=0 b=1 v=x" },
    { "a lanes 2 bits 2: @10 put 1z\nb lanes 2 bits 2: init z\nv plain lanes 2 bits 2: see\nwire a.q v.d resolved; wire b.q v.d resolved",
      "@0 a=0 a=0 b=z b=z v=0 v=0 @10 a=1 a=z v=1 v=z" },
};

START_TEST(shared_signals_are_drawn)
{
    const char *globs[] = { "a.q*", "b.q*", "v.d*" };
    struct bl_sim *s = story_opened(drawn[_i].body, NULL);

    ready(s);
    struct bl_trace *t = bl_trace_begin(s, &wave_ops, "x.text", &(struct bl_trace_opts){ .globs = globs, .nglobs = 3 }, NULL);
    ck_assert_ptr_nonnull(t);
    bl_run(s, 100);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(wave.text, drawn[_i].text);
    bl_close(s);
}
END_TEST

Suite *suite_shared(void);
Suite *suite_shared(void)
{
    Suite *s = suite_create("shared");
    TCase *c = tcase_create("shared");

    tcase_add_test(c, mistakes_with_locks);
    tcase_add_loop_test(c, shared_signals_are_drawn, 0, sizeof drawn / sizeof *drawn);
    suite_add_tcase(s, c);
    return s;
}

/* watch_rig.h - what the tests of traces share: a writer that writes down what it is told, a part with one of everything. */
#ifndef BL_TESTS_WATCH_RIG_H
#define BL_TESTS_WATCH_RIG_H

#include "kernel/kernel.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"
#include "traces/traces.h"

#include <unistd.h>

/* ---- a writer that writes down what it is told ---- */

struct bl_wave {
    struct bl_wave_var vars[200];
    char scope[200][64], name[200][64];
    size_t nvars, n, calls;
    uint64_t start, now, end, times;
    bool closed;
    char text[200000];
};
static struct bl_wave fake[2];
static size_t fake_next, fail_at;          /* the number of the call that fails; 0: none */

static int call(struct bl_wave *w)
{
    KP_HOLDS(!w->closed, "a call after close");
    KP_HOLDS(!fail_at || w->calls < fail_at, "a call after one failed");
    return ++w->calls == fail_at ? -1 : 0;
}

static void note(struct bl_wave *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct bl_wave *w, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    w->n += (size_t)vsnprintf(w->text + w->n, sizeof w->text - w->n, fmt, ap);
    va_end(ap);
    KP_HOLDS(w->n < sizeof w->text, "too much is told");
}

static inline struct bl_wave *fake_open(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start, struct bl_diag *d)
{
    struct bl_wave *w = &fake[fake_next++ % 2];

    if (!strcmp(path, "refused"))
        return bl_error(d, "refused: cannot be written"), NULL;
    memset(w, 0, sizeof *w);
    KP_HOLDS(nvars <= 200, "too many variables");
    w->nvars = nvars;
    w->start = start;
    for (size_t i = 0; i < nvars; i++) {
        w->vars[i] = vars[i];
        snprintf(w->scope[i], sizeof w->scope[i], "%s", vars[i].scope);
        snprintf(w->name[i], sizeof w->name[i], "%s", vars[i].name);
    }
    return w;
}

static int fake_time(struct bl_wave *w, uint64_t fs)
{
    KP_HOLDS(w->times == 0 || fs > w->now, "time %llu after %llu", (unsigned long long)fs, (unsigned long long)w->now);
    KP_HOLDS(fs >= w->start, "time %llu before the start", (unsigned long long)fs);
    w->now = fs;
    w->times++;
    note(w, "%s@%llu", w->n ? " " : "", (unsigned long long)fs);
    return call(w);
}

static void about(struct bl_wave *w, uint32_t var)
{
    KP_HOLDS(w->times && var < w->nvars && !w->vars[var].alias, "variable %u", var);
    note(w, " %s%s%s=", w->scope[var], *w->scope[var] ? "." : "", w->name[var]);
}

static int fake_bits(struct bl_wave *w, uint32_t var, const uint64_t *words)
{
    uint32_t width = w->vars[var].width;

    about(w, var);
    for (uint32_t i = (width + 63) / 64; i-- > 0;)
        note(w, width > 64 ? "%016llx" : "%llx", (unsigned long long)words[i]);
    KP_HOLDS(width % 64 == 0 || words[width / 64] >> (width % 64) == 0, "%s has bits above its width", w->name[var]);
    return call(w);
}

static int fake_real(struct bl_wave *w, uint32_t var, double v)
{
    about(w, var);
    note(w, "%.17g", v);
    return call(w);
}

static int fake_close(struct bl_wave *w, uint64_t end)
{
    KP_HOLDS(!w->closed, "closed twice");
    KP_HOLDS(w->times == 0 || end >= w->now, "ends at %llu after time %llu", (unsigned long long)end, (unsigned long long)w->now);
    w->closed = true;
    w->end = end;
    return 0;
}

static const struct bl_wave_ops ops = { .suffix = "fake", .help = "", .open = fake_open, .time = fake_time, .bits = fake_bits,
                                        .real = fake_real, .close = fake_close };

/* ---- a part with one of everything ---- */

struct show { struct bl_part p; bl_out lanes, wide; uint8_t one; int16_t two[3]; uint64_t many[20]; uint64_t k; };

static bl_verdict show_tick(void *self)
{
    struct show *t = self;
    uint64_t k = ++t->k;

    for (uint32_t i = 0; i < 2; i++)
        bl_put8(t->lanes)[i] = (uint8_t)(k + i);
    for (uint32_t i = 0; i < 3; i++)
        bl_put64(t->wide)[i] = i == 2 ? k & 0xffff : k << 60 | i;
    t->one = (uint8_t)(k & 1);
    for (int i = 0; i < 3; i++)
        t->two[i] = (int16_t)(-i - (int)k);
    for (uint64_t i = 0; i < 20; i++)
        t->many[i] = k;
    return BL_BUSY;
}

static const struct bl_field show_fields[] = {
    BL_OUT(struct show, lanes, 2, 8, "two"), BL_OUT(struct show, wide, 1, 144, "one of 144 bits"),
    BL_VIEW(struct show, one, 1, 1, "a bit"), BL_VIEW_AS(struct show, two, 3, 12, "three", BL_SIGNED | BL_ANALOG),
    BL_VIEW(struct show, many, 20, 5, "many"), { 0 }
};
static const struct bl_class show_class = { .name = "show", .help = "shows", .size = sizeof(struct show), .tick = show_tick,
                                            .fields = show_fields };
static const struct bl_class *const classes[] = { &show_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class,
                                                  &kp_put_class, &kp_look_class, &kp_inv_class, &kp_echo_class, NULL };

static struct kp_told told;
static unsigned begun;                 /* traces at once have paths of their own */

static inline struct bl_sim *opened(void)
{
    fake_next = fail_at = 0;
    return bl_open(classes, kp_listen(&told));
}
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }
static void add(struct bl_sim *s, const char *path, const char *cls) { kp_ok(bl_add(s, path, cls, NULL, NULL)); }

static inline struct bl_trace *begin(struct bl_sim *s, const char *const *globs, uint64_t from, uint64_t to, uint64_t window)
{
    struct bl_trace_opts o = { .globs = globs, .from_fs = from, .to_fs = to, .power_window_fs = window };
    char path[32] = "x.fake";

    while (globs && globs[o.nglobs])
        o.nglobs++;
    if (begun++)
        snprintf(path, sizeof path, "x.%u.fake", begun);
    return bl_trace_begin(s, &ops, path, &o, NULL);
}

static inline struct bl_sim *pair(uint64_t phase)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "clk", 10, phase, NULL));
    add(s, "p", "put");
    add(s, "l", "look");
    kp_setf(s, "p", "every", 3);
    kp_ok(bl_wire(s, "p.q", "l.d", KP_WORD, NULL));
    ready(s);
    return s;
}

#endif

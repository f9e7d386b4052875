/* test_watch.c - traces: what a writer is told, when, in which order; power over windows; failing writers. */
#include "kernel/kernel.h"
#include "tests/rigs/kparts.h"
#include "traces/traces.h"

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

static struct bl_wave *fake_open(const char *path, const struct bl_wave_var *vars, size_t nvars, uint64_t start, struct bl_diag *d)
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

static struct bl_sim *opened(void)
{
    fake_next = fail_at = 0;
    return bl_open(classes, kp_listen(&told));
}
static void ready(struct bl_sim *s) { ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text); }
static void add(struct bl_sim *s, const char *path, const char *cls) { kp_ok(bl_add(s, path, cls, NULL, NULL)); }

static struct bl_trace *begin(struct bl_sim *s, const char *const *globs, uint64_t from, uint64_t to, uint64_t window)
{
    struct bl_trace_opts o = { .globs = globs, .from_fs = from, .to_fs = to, .power_window_fs = window };

    while (globs && globs[o.nglobs])
        o.nglobs++;
    return bl_trace_begin(s, &ops, "x.fake", &o, NULL);
}

static struct bl_sim *pair(uint64_t phase)
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

START_TEST(a_whole_trace)
{
    struct bl_sim *s = pair(0);
    struct bl_trace *t = begin(s, NULL, 0, 0, 0);
    size_t n;

    ck_assert_ptr_nonnull(t);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_uint_eq(n, fake[0].nvars);
    ck_assert_str_eq(v[0].name, "clk");
    ck_assert_uint_eq(v[0].flags, BL_WAVE_CLOCK);
    bl_run(s, 42);
    ck_assert_uint_gt(bl_trace_changes(t), 20);
    ck_assert_int_eq(bl_trace_end(s, t), 0);
    /* l naps until it is woken; the clock is drawn all the time; values at a time are those before it moves on. */
    ck_assert_str_eq(fake[0].text,
        "@0 clk=1 l.verdict=0 l.last=0 l.hash=0 p.verdict=1 p.q=1 @5 clk=0 "
        "@10 clk=1 l.verdict=1 l.last=1 l.hash=2 p.verdict=0 @15 clk=0 @20 clk=1 l.verdict=0 @25 clk=0 "
        "@30 clk=1 p.verdict=1 p.q=2 @35 clk=0 @40 clk=1 l.verdict=1 l.last=2 l.hash=44 p.verdict=0");
    ck_assert_uint_eq(fake[0].end, 42);
    ck_assert(fake[0].closed);
    bl_close(s);
}
END_TEST

START_TEST(clocks_over_a_long_sleep)
{
    struct bl_sim *s = opened();
    static const char *const globs[] = { "c?", NULL };

    kp_ok(bl_clock(s, "c1", 7, 3, NULL));
    kp_ok(bl_clock(s, "c2", 4, 0, NULL));
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    bl_run(s, 22);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, "@0 c1=0 c2=1 @2 c2=0 @3 c1=1 @4 c2=1 @6 c2=0 @7 c1=0 @8 c2=1 @10 c1=1 c2=0 @12 c2=1 @14 c1=0 c2=0 "
                                   "@16 c2=1 @17 c1=1 @18 c2=0 @20 c2=1 @21 c1=0 @22 c2=0");
    bl_close(s);
}
END_TEST

static const struct { uint64_t from, to; const char *text; uint64_t end; } windows[] = {
    { 0, 31, "@0 clk=1 p.q=1 @5 clk=0 @10 clk=1 @15 clk=0 @20 clk=1 @25 clk=0 @30 clk=1 p.q=2", 31 },
    { 0, 30, "@0 clk=1 p.q=1 @5 clk=0 @10 clk=1 @15 clk=0 @20 clk=1 @25 clk=0", 30 },
    { 12, 41, "@12 clk=1 p.q=1 @15 clk=0 @20 clk=1 @25 clk=0 @30 clk=1 p.q=2 @35 clk=0 @40 clk=1", 41 },
    { 30, 36, "@30 clk=1 p.q=2 @35 clk=0", 36 },
    { 88, 0, "@88 clk=0 p.q=3 @90 clk=1 p.q=4 @95 clk=0 @100 clk=1", 100 },
    { 100, 0, "@100 clk=1 p.q=4", 100 },
    { 101, 0, "", 100 },
    { 200, 300, "", 100 },
};

START_TEST(a_window_of_time)
{
    static const char *const globs[] = { "clk", "p.q", NULL };

    for (uint64_t step = 1; step <= 100; step += 33) {
        struct bl_sim *s = pair(0);
        struct bl_trace *t = begin(s, globs, windows[_i].from, windows[_i].to, 0);
        for (uint64_t at = step; at < 100; at += step)
            bl_run(s, at);
        bl_run(s, 100);
        bl_run(s, 100);
        kp_ok(bl_trace_end(s, t));
        ck_assert_str_eq(fake[0].text, windows[_i].text);
        ck_assert_uint_eq(fake[0].end, windows[_i].end);
        ck_assert_uint_eq(fake[0].start, windows[_i].from);
        bl_close(s);
    }
}
END_TEST

START_TEST(nothing_ran)
{
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "clk", NULL };

    kp_ok(bl_trace_end(s, begin(s, globs, 0, 0, 0)));
    ck_assert_str_eq(fake[0].text, "@0 clk=1");
    kp_ok(bl_trace_end(s, begin(s, globs, 50, 0, 0)));       /* a window that never came */
    ck_assert_str_eq(fake[1].text, "");
    ck_assert(fake[1].closed);
    bl_close(s);
}
END_TEST

/* ---- which signals ---- */

static const struct { const char *globs[4]; const char *names; } choices[] = {
    { { "*.verdict" }, "k.verdict k.verdict_color s.verdict s.verdict_color t[2].verdict t[2].verdict_color t[10].verdict t[10].verdict_color" },
    { { "t[2].*" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[2].k" },
    { { "t*", "!*.k" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[10].verdict t[10].verdict_color t[10].x_count t[10].x" },
    { { "t[2]", "!*.k", "t[2].k" }, "t[2].verdict t[2].verdict_color t[2].x_count t[2].x t[2].k" },
    { { "?.k" }, "k.k" },
    { { "*hash" }, "k.hash k2.hash" },
    { { "s.*" }, "s.verdict s.verdict_color s.lanes[0] s.lanes[1] s.wide s.one s.two[0] s.two[1] s.two[2] s.many" },
    { { "!*", "clk" }, "clk" },
};

static struct bl_sim *several(void)
{
    struct bl_sim *s = opened();

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "t[10]", "gen");
    add(s, "t[2]", "gen");
    add(s, "k", "sink");
    add(s, "s", "show");
    kp_ok(bl_wire(s, "t[10].x", "k.x", KP_CHANNEL(3), NULL));
    add(s, "k2", "sink");
    kp_ok(bl_wire(s, "t[2].x", "k2.x", KP_CHANNEL(3), NULL));
    return s;
}

START_TEST(globs_choose_signals)
{
    struct bl_sim *s = several();
    char names[2048] = "";
    const char *globs[5] = { 0 };

    ready(s);
    memcpy(globs, choices[_i].globs, sizeof choices[_i].globs);
    if (_i == 0) {                              /* k2 would clutter the list */
        globs[1] = "!k2.*";
    }
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    ck_assert_ptr_nonnull(t);
    for (size_t i = 0; i < fake[0].nvars; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s%s%s", i ? " " : "", fake[0].scope[i],
                 *fake[0].scope[i] ? "." : "", fake[0].name[i]);
    ck_assert_str_eq(names, choices[_i].names);
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

START_TEST(globs_that_match_nothing)
{
    struct bl_sim *s = several();
    static const char *const globs[] = { "nobody.*", NULL };

    ready(s);
    ck_assert_ptr_null(begin(s, globs, 0, 0, 0));
    ck_assert_str_eq(told.text, "x.fake: no signal is watched; the globs match nothing (`bitline show PLATFORM --signals` lists names)");
    struct bl_trace_opts o = { 0 };
    ck_assert_ptr_null(bl_trace_begin(s, &ops, "refused", &o, NULL));
    ck_assert_ptr_nonnull(strstr(told.text, "\nrefused: cannot be written"));
    ck_assert_int_eq(bl_run(s, 100), BL_END_LIMIT);
    bl_close(s);
    s = several();
    ck_assert_ptr_null(begin(s, NULL, 0, 0, 0));
    ck_assert_str_eq(told.text, "x.fake: a trace begins after elaboration, at most 63 at once");
    bl_close(s);
}
END_TEST

START_TEST(values_of_every_shape)
{
    struct bl_sim *s = several();
    static const char *const globs[] = { "s.*", NULL };

    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    const struct bl_wave *w = &fake[0];
    ck_assert_uint_eq(w->vars[1].alias, 1);                    /* verdict_color is verdict */
    ck_assert_uint_eq(w->vars[0].flags, BL_WAVE_VERDICT);
    ck_assert_uint_eq(w->vars[0].nnames, 2);
    ck_assert_str_eq(w->vars[0].names[1], "busy");
    ck_assert_uint_eq(w->vars[4].width, 144);
    ck_assert_uint_eq(w->vars[6].flags, BL_WAVE_SIGNED | BL_WAVE_ANALOG);
    ck_assert_uint_eq(w->vars[6].width, 12);
    ck_assert_uint_eq(w->vars[9].width, 100);
    bl_run(s, 15);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(w->text,
        "@0 s.verdict=1 s.lanes[0]=1 s.lanes[1]=2 s.wide=000000000000000110000000000000011000000000000000 s.one=1 s.two[0]=fff "
        "s.two[1]=ffe s.two[2]=ffd s.many=00000000842108421084210842108421 "
        "@10 s.lanes[0]=2 s.lanes[1]=3 s.wide=000000000000000220000000000000012000000000000000 s.one=0 s.two[0]=ffe "
        "s.two[1]=ffd s.two[2]=ffc s.many=00000001084210842108421084210842");
    bl_close(s);
}
END_TEST

START_TEST(channels_show_their_items_and_count)
{
    struct bl_sim *s = opened();
    static const char *const globs[] = { "g.x*", NULL };

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "g", "gen");
    add(s, "k", "sink");
    kp_setf(s, "k", "every", 2);
    kp_setf(s, "g", "lanes", 2);
    kp_setf(s, "g", "bits", 8);
    kp_setf(s, "k", "lanes", 2);
    kp_setf(s, "k", "bits", 8);
    kp_ok(bl_wire(s, "g.x", "k.x", KP_CHANNEL(2), NULL));
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    ck_assert_uint_eq(fake[0].vars[0].width, 2);
    bl_run(s, 35);
    kp_ok(bl_trace_end(s, t));
    char want[400];
    unsigned v[4][2];
    for (uint64_t k = 0; k < 4; k++)
        for (uint32_t l = 0; l < 2; l++)
            v[k][l] = (unsigned)kp_value(0, k, l, 8);
    /* pushed at 0, 1 and, after the pop at 2 is seen, at 3 */
    snprintf(want, sizeof want, "@0 g.x_count=1 g.x[0]=%x g.x[1]=%x @10 g.x_count=2 g.x[0]=%x g.x[1]=%x @20 g.x_count=1 "
             "@30 g.x_count=2 g.x[0]=%x g.x[1]=%x", v[0][0], v[0][1], v[1][0], v[1][1], v[2][0], v[2][1]);
    ck_assert_str_eq(fake[0].text, want);
    bl_close(s);
}
END_TEST

/* ---- power ---- */

static struct bl_sim *powered(void)
{
    struct bl_sim *s = opened();
    static const struct bl_price prices[] = {
        { "gen", "sent", 1000000, false, BL_FREE, NULL }, { "gen", "static", 2000, true, BL_FREE, NULL },
        { "work", "busy", 30000, true, BL_FREE, NULL }, { "echo", "busy", 7000, true, BL_FREE, NULL },
        { "sink", "got", 12345, false, BL_FREE, NULL },
    };

    for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
        kp_ok(bl_set_price(s, &prices[i], NULL));
    kp_ok(bl_clock(s, "clk", 1000, 0, NULL));
    add(s, "g", "gen");
    add(s, "w", "work");
    add(s, "e", "echo");
    add(s, "k", "sink");
    add(s, "h", "gen");                  /* one item a cycle, the first at 0 */
    add(s, "i", "sink");
    kp_ok(bl_wire(s, "h.x", "i.x", KP_CHANNEL(2), NULL));
    kp_setf(s, "g", "luck", 60);
    kp_ok(bl_set(s, "e", "delay", "2600 fs", NULL));
    kp_ok(bl_wire(s, "g.x", "w.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "w.b", "e.a", KP_CHANNEL(2), NULL));
    kp_ok(bl_wire(s, "e.b", "k.x", KP_CHANNEL(2), NULL));
    ready(s);
    return s;
}

/* The integral of the row called `name` from the start of the trace to `end`, in yJ, from what was told. */
static double integral(const char *text, const char *name, uint64_t end)
{
    double sum = 0, level = 0;
    uint64_t at = 0, now = 0;
    char key[64];
    bool first = true;

    snprintf(key, sizeof key, "%s=", name);
    for (const char *p = text; *p; p += strcspn(p, " "), p += *p == ' ') {
        if (*p == '@')
            now = strtoull(p + 1, NULL, 10);
        if (strncmp(p, key, strlen(key)))
            continue;
        double v = strtod(p + strlen(key), NULL);      /* the mean of the window that ends now: level held since */
        if (!first)
            sum += level * (double)(now - at);
        first = false;
        at = now;
        level = v;
    }
    return (sum + level * (double)(end - at)) * 1e6;    /* mW x fs = 1e6 yJ */
}

START_TEST(power_rows_integrate_to_the_energy)
{
    static const uint64_t size[] = { 1000, 700, 1234, 10000, 333 };
    uint64_t window = size[_i % 5], from = _i / 5 == 0 ? 0 : _i / 5 == 1 ? 5000 : 5300, end = from + 40 * window;
    struct bl_sim *s = powered(), *plain = powered();
    static const char *const globs[] = { "*power_mw", NULL };
    static const char *const names[] = { "power_mw", "e.power_mw", "g.power_mw", "h.power_mw", "i.power_mw", "k.power_mw", "w.power_mw" };
    double before[7], after[7];

    for (int round = 0; round < 2; round++) {    /* energies just before the first and the last window's edge */
        if (round || from)
            bl_run(plain, round ? end : from);
        double *e = round ? after : before;
        e[0] = (double)bl_energy(plain);
        for (size_t p = 0; p < 6; p++) {
            struct bl_part_row r;
            bl_part_at(plain, p, &r);
            e[p + 1] = (double)r.energy;
        }
    }
    struct bl_trace *t = begin(s, globs, from, 0, window);
    for (uint64_t at = 0; at < end + window; at += 777)
        bl_run(s, at);
    bl_run(s, end + window);
    kp_ok(bl_trace_end(s, t));
    ck_assert_uint_eq(fake[0].nvars, 7);
    for (int i = 0; i < 7; i++) {
        /* A row at a window's end is the mean of that window, so it is held for the next one: shift by a window. */
        double got = integral(fake[0].text, names[i], end + window), want = after[i] - before[i];
        ck_assert_msg(got > want * (1 - 1e-9) - 1 && got < want * (1 + 1e-9) + 1, "%s, window %llu from %llu: %.0f yJ, expected %.0f", names[i],
                      (unsigned long long)window, (unsigned long long)from, got, want);
        ck_assert(want > 0);
    }
    bl_close(s);
    bl_close(plain);
}
END_TEST

START_TEST(no_window_ends_after_the_run)
{
    for (uint64_t end = 995; end < 1005; end++) {
        struct bl_sim *s = powered();
        struct bl_trace *t = begin(s, NULL, 0, 0, 1000);
        bl_run(s, end);
        bl_run(s, end);
        kp_ok(bl_trace_end(s, t));              /* the writer asserts that times do not pass the end */
        ck_assert_uint_eq(fake[0].end, end);
        bl_close(s);
    }
}
END_TEST

/* ---- watching and failing change nothing ---- */

START_TEST(watching_changes_nothing)
{
    struct bl_sim *a = powered(), *b = powered();
    struct bl_trace *t = begin(b, NULL, 3000, 150000, 5000), *u = begin(b, NULL, 0, 0, 0);

    ck_assert_ptr_nonnull(t);
    ck_assert_ptr_nonnull(u);
    for (uint64_t k = 1; k <= 200; k++) {
        bl_run(a, k * 1000);
        bl_run(b, k * 1000);
        KP_HOLDS(bl_state_equal(a, b), "states differ at %llu", (unsigned long long)k * 1000);
    }
    ck_assert_uint_eq(bl_activations(a), bl_activations(b));
    kp_ok(bl_trace_end(b, t));
    ck_assert_uint_eq(fake[0].end, 150000);
    bl_run(a, 250000);
    bl_run(b, 250000);
    ck_assert(bl_state_equal(a, b));
    kp_same(kp_account(a), kp_account(b), "watched");
    bl_close(b);                                 /* closes u */
    ck_assert(fake[1].closed);
    ck_assert_uint_eq(fake[1].end, 250000);
    bl_close(a);
}
END_TEST

START_TEST(a_failing_writer_ends_only_its_trace)
{
    struct bl_sim *a = powered();

    bl_run(a, 40000);
    for (size_t at = 1; at < 120; at += 1 + at / 8) {
        struct bl_sim *b = powered();
        fake_next = 0;
        fail_at = at;
        struct bl_trace *t = begin(b, NULL, 0, 0, 3000);
        ck_assert_int_eq(bl_run(b, 40000), BL_END_LIMIT);
        KP_HOLDS(bl_state_equal(a, b), "a trace that fails changes the run");
        KP_HOLDS(fake[0].calls == at, "%zu calls, expected %zu", fake[0].calls, at);
        KP_HOLDS(bl_trace_end(b, t) == -1, "the failure is not told");
        KP_HOLDS(fake[0].closed && fake[0].calls == at, "not closed");
        bl_close(b);
    }
    bl_close(a);
}
END_TEST

START_TEST(shuffled_and_awake_runs_look_the_same)
{
    static char first[sizeof fake[0].text];

    for (int k = 0; k < 3; k++) {
        struct bl_sim *s = several();
        if (k)
            bl_option(s, k == 1 ? BL_NO_NAP : BL_SHUFFLE, 77);
        ready(s);
        struct bl_trace *t = begin(s, NULL, 0, 0, 0);
        bl_run(s, 2000);
        kp_ok(bl_trace_end(s, t));
        if (k == 0)
            memcpy(first, fake[0].text, sizeof first);
        ck_assert_str_eq(first, fake[0].text);
        bl_close(s);
    }
}
END_TEST

/* ---- views are compared when their part ran: nothing is missed ---- */

struct walk { struct bl_part p; bl_in d; uint32_t at, far; };

static bl_verdict walk_run(void *self)
{
    struct walk *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_TIME(7, BL_BUSY);
        t->at++;
        AWAIT(*bl_get16(t->d) != (uint16_t)t->far, BL_IDLE);
        t->far = *bl_get16(t->d);
    }
    BL_END;
}

struct seen { struct bl_part p; bl_in d; bl_out q; uint16_t last; };

static void seen_comb(void *self)
{
    struct seen *t = self;

    t->last = *bl_get16(t->d);
    *bl_put16(t->q) = (uint16_t)(t->last * 3);
}

static const struct bl_field walk_fields[] = { BL_IN(struct walk, d, 1, 16, "a word"), BL_VIEW(struct walk, at, 1, 32, "steps"),
                                               BL_VIEW(struct walk, far, 1, 32, "value"), { 0 } };
static const struct bl_field seen_fields[] = { BL_IN(struct seen, d, 1, 16, "a word"), BL_OUT(struct seen, q, 1, 16, "a wire"),
                                               BL_VIEW(struct seen, last, 1, 16, "value"), { 0 } };
static const struct bl_class walk_class = { .name = "walk", .help = "walks", .size = sizeof(struct walk), .run = walk_run,
                                            .fields = walk_fields };
static const struct bl_class seen_class = { .name = "seen", .help = "a gate", .size = sizeof(struct seen), .comb = seen_comb,
                                            .fields = seen_fields };
static const struct bl_class *const runners[] = { &walk_class, &seen_class, &show_class, &kp_gen_class, &kp_sink_class, &kp_work_class,
                                                  &kp_put_class, &kp_look_class, NULL };

/* Clocked parts that nap and are woken, a waiting one, a combinational one; 70 clocked ones, so two words of who is awake. */
static struct bl_sim *crowd(bool shuffled)
{
    char name[16];

    fake_next = fail_at = 0;
    struct bl_sim *s = bl_open(runners, kp_listen(&told));
    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "p", "put");
    kp_setf(s, "p", "every", 3);
    add(s, "walk", "walk");
    add(s, "gate", "seen");
    kp_ok(bl_wire(s, "p.q", "walk.d", KP_WORD, NULL));
    kp_ok(bl_wire(s, "p.q", "gate.d", KP_WORD, NULL));
    for (int i = 0; i < 35; i++) {
        snprintf(name, sizeof name, "l%d", i);
        add(s, name, "look");
        snprintf(name, sizeof name, "l%d.d", i);
        kp_ok(bl_wire(s, i % 2 ? "p.q" : "gate.q", name, KP_WORD, NULL));
        snprintf(name, sizeof name, "s%d", i);
        if (i < 3)
            add(s, name, "show");
    }
    bl_option(s, BL_SHUFFLE, shuffled ? 5 : 0);
    ready(s);
    return s;
}

/* bl_run looks at every view at its first time: a run in steps of one time unit is the reference. */
START_TEST(who_ran_is_looked_at)
{
    static char whole[sizeof fake[0].text];

    for (int steps = 0; steps < 2; steps++) {
        static const char *const globs[] = { "!l2*", "!s*.many", NULL };
        struct bl_sim *s = crowd(_i);
        struct bl_trace *t = begin(s, globs, 0, 0, 0);
        ck_assert_ptr_nonnull(t);
        for (uint64_t at = 1; steps && at < 400; at++)
            bl_run(s, at);
        bl_run(s, 400);
        kp_ok(bl_trace_end(s, t));
        if (steps)
            ck_assert_str_eq(fake[0].text, whole);
        else
            memcpy(whole, fake[0].text, sizeof whole);
        bl_close(s);
    }
    ck_assert_ptr_nonnull(strstr(whole, " walk.far=2"));
    ck_assert_ptr_nonnull(strstr(whole, " gate.last=2"));
    ck_assert_ptr_nonnull(strstr(whole, " l33.last=2"));
    ck_assert_ptr_null(strstr(whole, " l20."));
}
END_TEST

/* What the host writes into a part between two runs is seen at once, although the part did not run. */
START_TEST(the_host_is_looked_after)
{
    struct bl_sim *s = crowd(false);
    static const char *const globs[] = { "walk.at", NULL };
    struct bl_trace *t = begin(s, globs, 0, 0, 0);

    bl_run(s, 100);
    ((struct walk *)bl_part_of(s, "walk"))->at = 77;
    bl_run(s, 101);
    kp_ok(bl_trace_end(s, t));
    ck_assert_msg(strstr(fake[0].text, "@100 walk.at=4d") != NULL, "%s", fake[0].text);
    bl_close(s);
}
END_TEST

/* ---- choices ---- */

START_TEST(places_are_used_again)
{
    struct bl_sim *s = pair(0);
    struct bl_trace *all[63], *more;

    for (int round = 0; round < 200; round++) {
        struct bl_trace *t = begin(s, NULL, 0, 0, 0);
        ck_assert_ptr_nonnull(t);
        bl_run(s, bl_now(s) + 7);
        kp_ok(bl_trace_end(s, t));
    }
    for (int i = 0; i < 63; i++)
        ck_assert_ptr_nonnull(all[i] = begin(s, NULL, 1u << 30, 0, 0));    /* never told */
    more = begin(s, NULL, 1u << 30, 0, 0);
    ck_assert_ptr_null(more);
    ck_assert_ptr_nonnull(strstr(told.text, "at most 63 at once"));
    kp_ok(bl_trace_end(s, all[20]));
    fake[0].closed = fake[1].closed = false;
    ck_assert_ptr_nonnull(all[20] = begin(s, NULL, 1u << 30, 0, 0));
    for (int i = 0; i < 63; i++) {
        fake[0].closed = fake[1].closed = false;
        kp_ok(bl_trace_end(s, all[i]));
    }
    bl_close(s);
}
END_TEST

static const struct { const char *from, *to, *want; } conditions[] = {
    { "p.q == 2", NULL, "@30 p.q=2 @60 p.q=3" },
    { NULL, "p.q == 2", "@0 p.q=1 @30 p.q=2" },
    { "p.verdict == idle", "p.q >= 3", "@10 p.q=1 @30 p.q=2 @60 p.q=3" },
    { "p.q == 9", NULL, "" },
};
START_TEST(windows_of_conditions)
{
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "p.q" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 1, .from_when = conditions[_i].from, .to_when = conditions[_i].to };
    struct bl_trace *t = bl_trace_begin(s, &ops, "x.fake", &o, NULL);

    ck_assert_ptr_nonnull(t);
    bl_run(s, 85);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, conditions[_i].want);
    ck_assert_uint_eq(fake[0].end, _i == 1 ? 30 : _i == 2 ? 60 : 85);
    bl_close(s);
}
END_TEST

/* Windows open and close at times at which something happens, wherever the run is cut. */
START_TEST(conditions_in_pieces)
{
    static const struct { const char *from, *to; } when[] = {
        { "p.q == 1", NULL }, { "p.q >= 2", "p.q >= 2" }, { "p.q != 2", "p.q == 2" }, { "p.verdict == idle", "p.q >= 3" } };
    static const char *const globs[] = { "p.q", "p.verdict" };
    char *whole[2] = { NULL, NULL };

    for (uint64_t piece = 200; piece; piece -= piece > 100 ? 183 : 1) {
        const char *dir = getenv("BL_TMP");
        char path[512];
        snprintf(path, sizeof path, "%s/cond%ld.vcd", dir ? dir : "/tmp", (long)getpid());
        for (int late = 0; late < 2; late++) {
            struct bl_sim *s = pair(0);
            struct bl_trace_opts o = { .globs = globs, .nglobs = 2, .from_fs = late ? 14 : 0, .from_when = when[_i].from, .to_when = when[_i].to };
            struct bl_trace *t = bl_trace_begin(s, bl_wave_writer(path), path, &o, NULL);
            ck_assert_ptr_nonnull(t);
            while (bl_now(s) < 200)
                bl_run(s, bl_now(s) + piece < 200 ? bl_now(s) + piece : 200);
            kp_ok(bl_trace_end(s, t));
            bl_close(s);
            FILE *f = fopen(path, "rb");
            char *text = calloc(1, 1 << 16);
            ck_assert(f && text && fread(text, 1, (1 << 16) - 1, f) > 100);
            fclose(f);
            if (!whole[late]) {
                whole[late] = text;
                continue;
            }
            ck_assert_msg(!strcmp(whole[late], text), "in pieces of %llu fs:\n%s\nwhole:\n%s", (unsigned long long)piece, text, whole[late]);
            free(text);
        }
        remove(path);
    }
    free(whole[0]);
    free(whole[1]);
}
END_TEST

START_TEST(a_bad_condition)
{
    struct bl_sim *s = pair(0);
    struct bl_trace_opts o = { .from_when = "p.nothing == 2" };

    ck_assert_ptr_null(bl_trace_begin(s, &ops, "x.fake", &o, NULL));
    ck_assert_ptr_nonnull(strstr(told.text, "p.nothing"));
    bl_close(s);
}
END_TEST

static uint64_t fake_bytes(const struct bl_wave *w) { return w->n; }

/* Every part begins with all values at the time at which it begins. */
START_TEST(parts_open_alone)
{
    struct bl_wave_ops counted = ops;
    struct bl_sim *s = pair(0);
    static const char *const globs[] = { "p.q", "p.verdict", "clk" };
    struct bl_trace_opts o = { .globs = globs, .nglobs = 3, .part_bytes = 80 };
    char name[40];

    counted.bytes = fake_bytes;
    struct bl_trace *t = bl_trace_begin(s, &counted, "x.fake", &o, NULL);
    ck_assert_ptr_nonnull(t);
    bl_run(s, 32);
    ck_assert_uint_eq(bl_trace_parts(t), 2);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(fake[0].text, "@0 clk=1 p.verdict=1 p.q=1 @5 clk=0 @10 clk=1 p.verdict=0 @15 clk=0 @20 clk=1 @25 clk=0");
    ck_assert_uint_eq(fake[0].end, 30);
    ck_assert_str_eq(fake[1].text, "@30 clk=1 p.verdict=1 p.q=2");
    ck_assert_str_eq(bl_trace_part_name("out/a.vcd.gz", "vcd.gz", 12, name, sizeof name), "out/a.12.vcd.gz");
    bl_close(s);
}
END_TEST

struct broad { struct bl_part p; bl_out big; uint64_t huge[80]; uint16_t list[300]; };

static bl_verdict broad_tick(void *self)
{
    struct broad *t = self;

    for (int i = 0; i < 80; i++)
        t->huge[i] = (uint64_t)i;
    for (int i = 0; i < 300; i++)
        bl_put16(t->big)[i] = t->list[i] = (uint16_t)i;
    return BL_BUSY;
}

static const struct bl_field broad_fields[] = {
    BL_OUT(struct broad, big, 300, 16, "4800 bits"), BL_VIEW(struct broad, huge, 1, 5100, "one of 5100 bits"),
    BL_VIEW(struct broad, list, 300, 16, "4800 bits"), { 0 }
};
static const struct bl_class broad_class = { .name = "broad", .help = "wide", .size = sizeof(struct broad), .tick = broad_tick,
                                             .fields = broad_fields };

/* What is wider than a variable can be comes in pieces; a glob may name the whole. */
START_TEST(wide_signals_come_in_pieces)
{
    static const struct bl_class *const wide[] = { &broad_class, NULL };
    static const struct { const char *name; uint32_t width; } want[] = {
        { "big_0to255", 4096 }, { "big_256to299", 704 }, { "huge_b0to4095", 4096 }, { "huge_b4096to5099", 1004 } };
    static const char *const globs[] = { "b.big", "b.huge", NULL };
    struct bl_sim *s = bl_open(wide, kp_listen(&told));
    size_t n;

    fake_next = fail_at = 0;
    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "b", "broad");
    ready(s);
    struct bl_trace *t = begin(s, globs, 0, 0, 0);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < n; i++) {
        ck_assert_str_eq(v[i].name, want[i].name);
        ck_assert_uint_eq(v[i].width, want[i].width);
    }
    bl_run(s, 5);
    kp_ok(bl_trace_end(s, t));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "b.big_256to299=012b012a01290128"));
    ck_assert_ptr_nonnull(strstr(fake[0].text, "b.huge_b4096to5099=000000000000004f"));
    bl_close(s);
}
END_TEST

START_TEST(only_so_deep)
{
    struct bl_sim *s = opened();
    struct bl_trace_opts o = { .depth = 1 };
    size_t n;

    kp_ok(bl_clock(s, "clk", 10, 0, NULL));
    add(s, "a", "show");
    add(s, "a.b", "show");
    ready(s);
    struct bl_trace *t = bl_trace_begin(s, &ops, "x.fake", &o, NULL);
    const struct bl_wave_var *v = bl_trace_vars(t, &n);
    for (size_t i = 0; i < n; i++)
        ck_assert_str_ne(v[i].scope, "a.b");
    ck_assert_uint_gt(n, 3);
    kp_ok(bl_trace_end(s, t));
    bl_close(s);
}
END_TEST

Suite *suite_watch(void);
Suite *suite_watch(void)
{
    Suite *s = suite_create("watch");
    TCase *c = tcase_create("watch");

    tcase_add_test(c, a_whole_trace);
    tcase_add_test(c, clocks_over_a_long_sleep);
    tcase_add_loop_test(c, a_window_of_time, 0, sizeof windows / sizeof *windows);
    tcase_add_test(c, nothing_ran);
    tcase_add_loop_test(c, globs_choose_signals, 0, sizeof choices / sizeof *choices);
    tcase_add_test(c, globs_that_match_nothing);
    tcase_add_test(c, values_of_every_shape);
    tcase_add_test(c, channels_show_their_items_and_count);
    tcase_add_loop_test(c, power_rows_integrate_to_the_energy, 0, 15);
    tcase_add_test(c, no_window_ends_after_the_run);
    tcase_add_test(c, watching_changes_nothing);
    tcase_add_test(c, a_failing_writer_ends_only_its_trace);
    tcase_add_test(c, shuffled_and_awake_runs_look_the_same);
    tcase_add_loop_test(c, who_ran_is_looked_at, 0, 2);
    tcase_add_test(c, the_host_is_looked_after);
    tcase_add_test(c, places_are_used_again);
    tcase_add_loop_test(c, windows_of_conditions, 0, sizeof conditions / sizeof *conditions);
    tcase_add_loop_test(c, conditions_in_pieces, 0, 4);
    tcase_add_test(c, a_bad_condition);
    tcase_add_test(c, parts_open_alone);
    tcase_add_test(c, wide_signals_come_in_pieces);
    tcase_add_test(c, only_so_deep);
    suite_add_tcase(s, c);
    return s;
}

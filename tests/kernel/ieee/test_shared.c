/* test_shared.c - what several waiting parts share: many-writer and resolved signals, channels with several users, mutexes
 * and semaphores; their wiring and their mistakes. */
#include "tests/rigs/story.h"

/* ---- parts ---- */

/* drive: writes value `k` of its list to all lanes of q at `at`, then every 10; -1: nothing. view: tells each change of its input. */
struct drive { struct bl_part p; bl_out q; struct bl_list v; int64_t first, lanes, bits; uint64_t at; uint32_t k; };
static int drive_init(void *self)
{
    struct drive *t = self;

    for (uint32_t l = 0; l < bl_out_lanes(t->q); l++)
        bl_put8(t->q)[l] = (uint8_t)t->first;
    return 0;
}
static bl_verdict drive_run(void *self)
{
    struct drive *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->at, BL_IDLE);
    for (t->k = 0; t->k < t->v.n; t->k++) {
        for (uint32_t l = 0; t->v.v[t->k] >= 0 && l < bl_out_lanes(t->q); l++)
            bl_put8(t->q)[l] = (uint8_t)((t->v.v[t->k] + l) & ((1 << t->bits) - 1));
        AWAIT_TIME(10, BL_BUSY);
    }
    BL_END;
}
struct viewer { struct bl_part p; bl_in d; int64_t lanes, bits, silent; };
static bl_verdict view_run(void *self)
{
    struct viewer *t = self;
    char text[64] = "";

    for (uint32_t l = 0; l < bl_in_lanes(t->d); l++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c", l ? " " : "", t->bits == 2 ? "01zx"[bl_get8(t->d)[l]] :
                 (char)('0' + bl_get8(t->d)[l]));
    tell(t, text);
    return BL_IDLE;
}
static const struct bl_field drive_fields[] = {
    BL_OUT(struct drive, q, BL_BY(struct drive, lanes), BL_BY(struct drive, bits), "shared"), BL_LIST(struct drive, v, "[]", -1, 15, "values"),
    BL_PARAM(struct drive, first, 0, 0, 15, "reset value"), BL_PARAM(struct drive, lanes, 1, 1, 8, "lanes"),
    BL_PARAM(struct drive, bits, 4, 1, 4, "bits"), BL_TIME(struct drive, at, 10, 0, 1000, "first write"), { 0 }
};
static const struct bl_field view_fields[] = {
    BL_IN(struct viewer, d, BL_BY(struct viewer, lanes), BL_BY(struct viewer, bits), "shared"), BL_PARAM(struct viewer, lanes, 1, 1, 8, "lanes"),
    BL_PARAM(struct viewer, bits, 4, 1, 4, "bits"), { 0 }
};
static const struct bl_class drive_class = { .name = "drive", .help = "drives", .size = sizeof(struct drive), .init = drive_init,
                                             .run = drive_run, .fields = drive_fields };
static const struct bl_class view_class = { .name = "view", .help = "tells", .size = sizeof(struct viewer), .run = view_run,
                                            .fields = view_fields };

/* seat: takes `l` at `at`, holds it for `hold`, `n` times; over: makes mistake `what` with its mutex. */
struct seat { struct bl_part p; bl_lock l; uint64_t at, hold; int64_t n, tries; };
static bl_verdict seat_run(void *self)
{
    struct seat *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(t->at, BL_IDLE);
    for (; t->n > 0; t->n--) {
        if (t->tries && !bl_try_lock(t, t->l)) {
            tell(t, "finds none");
            AWAIT_TIME(t->hold, BL_IDLE);
            continue;
        }
        if (!t->tries)
            AWAIT_LOCK(t->l, BL_IDLE);
        tell(t, "takes");
        AWAIT_TIME(t->hold, BL_BUSY);
        tell(t, "gives");
        bl_unlock(t, t->l);
    }
    BL_END;
}
#define SEAT_REST BL_TIME(struct seat, at, 10, 0, 1000, "first"), BL_TIME(struct seat, hold, 10, 0, 1000, "held for"), \
    BL_PARAM(struct seat, n, 1, 0, 100, "times"), BL_PARAM(struct seat, tries, 0, 0, 1, "does not wait"), { 0 }
static const struct bl_field seat_fields[] = { BL_MUTEX(struct seat, l, "a mutex"), SEAT_REST };
static const struct bl_field pair_fields[] = { BL_SEMAPHORE(struct seat, l, 2, "two places"), SEAT_REST };
static const struct bl_class seat_class = { .name = "seat", .help = "locks", .size = sizeof(struct seat), .run = seat_run,
                                            .fields = seat_fields };
static const struct bl_class pair_class = { .name = "pair", .help = "locks", .size = sizeof(struct seat), .run = seat_run,
                                            .fields = pair_fields };
static bl_verdict over_run(void *self)
{
    struct seat *t = self;

    if (t->n == 1) {
        bl_try_lock(t, t->l);
        bl_try_lock(t, t->l);
    }
    bl_unlock(t, t->l);
    return BL_IDLE;
}
static const struct bl_class over_class = { .name = "over", .help = "mistakes", .size = sizeof(struct seat), .run = over_run,
                                            .fields = seat_fields };

/* give and take: users of a channel. */
struct user { struct bl_part p; bl_push x; bl_pop y; int64_t n; uint64_t hold; int64_t k; };
static bl_verdict give_run(void *self)
{
    struct user *t = self;

    BL_BEGIN(t);
    for (t->k = 0; t->k < t->n; t->k++) {
        AWAIT(bl_room(t->x), BL_IDLE);
        *bl_push8(t->x) = (uint8_t)(bl_path(t)[1] - '0' + 10 * t->k);
        AWAIT_TIME(t->hold, BL_BUSY);
    }
    BL_END;
}
static bl_verdict take_run(void *self)
{
    struct user *t = self;
    char text[16];

    BL_BEGIN(t);
    for (;;) {
        AWAIT(bl_avail(t->y), BL_IDLE);
        snprintf(text, sizeof text, "%d", *bl_pop8(t->y));
        tell(t, text);
        AWAIT_TIME(t->hold, BL_BUSY);
    }
    BL_END;
}
static const struct bl_field give_fields[] = {
    BL_PUSH(struct user, x, 1, 8, "items"), BL_PARAM(struct user, n, 3, 0, 100, "items"), BL_TIME(struct user, hold, 10, 0, 1000, "an item"), { 0 }
};
static const struct bl_field take_fields[] = { BL_POP(struct user, y, 1, 8, "items"), BL_TIME(struct user, hold, 0, 0, 1000, "an item"), { 0 } };
static const struct bl_class give_class = { .name = "give", .help = "pushes", .size = sizeof(struct user), .run = give_run,
                                            .fields = give_fields };
static const struct bl_class take_class = { .name = "take", .help = "pops", .size = sizeof(struct user), .run = take_run,
                                            .fields = take_fields };

static const struct bl_class *const classes[] = {
    &drive_class, &view_class, &seat_class, &pair_class, &over_class, &give_class, &take_class, &hear_class, &kp_gen_class, &kp_sink_class,
    &kp_put_class, &kp_look_class, &kp_add_class, NULL
};

static struct bl_sim *opened(const char *text)
{
    struct bl_sim *s = story_opened(classes);
    kp_ok(kp_script(s, text));
    return s;
}

/* ---- signals ---- */

#define MANY "part a drive; part b drive; part v view; wire a.q v.d many; wire b.q v.d many;"
#define WIRE "part a drive; part b drive; part v view; set a bits 2; set b bits 2; set v bits 2; wire a.q v.d resolved; wire b.q v.d resolved;"

static const struct { const char *script, *story; } signals[] = {
    { MANY "set a v [1, 3]; set b v [2, 4]; set b at 15 fs", "v 0 0, v 1 10, v 2 15, v 3 20, v 4 25" },
    { MANY "set a v [1]; set b v [1]; set b at 15 fs", "v 0 0, v 1 10" },
    { MANY "set a first 5; set b first 7", "v 7 0" },                    /* init runs in path order */
    { MANY "part c drive; wire c.q v.d many; set a v [1]; set b v [2]; set c v [3]; set b at 20 fs; set c at 30 fs",
      "v 0 0, v 1 10, v 2 20, v 3 30" },
    { MANY "part w view; wire b.q w.d many; set a v [1]; set b v [2]; set b at 20 fs", "v 0 0, w 0 0, v 1 10, w 1 10, v 2 20, w 2 20" },
    { MANY "part h hear; wire b.q h.e; set a v [1]", "v 0 0, v 1 10, h heard 10" },      /* who listens to b listens to the signal */
    { MANY "set a lanes 2; set b lanes 2; set v lanes 2; set a v [1]; set b v [4]; set b at 20 fs", "v 0 0 0, v 1 2 10, v 4 5 20" },
    { WIRE "set a v [1]", "v 0 0, v x 10" }, { WIRE "set b first 2; set a v [1, 2, 0]", "v 0 0, v 1 10, v z 20, v 0 30" },
    { WIRE "set a v [2, 1]; set b v [2, 1]", "v 0 0, v z 10, v 1 20" },      /* both in one delta */
    { WIRE "set a v [1]; set b v [0]", "v 0 0, v x 10" }, { WIRE "set a v [1]; set b v [2]", "v 0 0, v 1 10" },
    { WIRE "part c drive; set c bits 2; wire c.q v.d resolved; set b first 2; set c first 2; set a v [1]; set c v [-1, 0, 1, 2]",
      "v 0 0, v 1 10, v x 20, v 1 30" },
    { WIRE "set a lanes 4; set b lanes 4; set v lanes 4; set a first 2; set b first 2; set a v [0]; set b v [1]",
      "v z z z z 0, v x 1 x x 10" },
    { WIRE "part h hear; wire a.q h.e; set b first 2; set a v [1, 3]", "v 0 0, v 1 10, h heard 10, v x 20, h heard 20" },
};

START_TEST(one_signal_of_several_drivers)
{
    for (uint64_t shuffle = 0; shuffle < 4; shuffle++) {
        struct bl_sim *s = opened(signals[_i].script);
        bool alone = !strstr(signals[_i].script, "part w") && !strstr(signals[_i].script, "part h");
        if (shuffle && alone)
            bl_option(s, BL_SHUFFLE, shuffle);
        ready(s);
        ck_assert_int_eq(bl_run(s, 100), BL_END_STARVED);
        story_is(signals[_i].story);
        bl_close(s);
    }
}
END_TEST

/* Two drivers, all pairs of states. */
START_TEST(the_table_of_four_states)
{
    static const char result[4][5] = { "0x0x", "x11x", "01zx", "xxxx" };      /* by BL_LOW, BL_HIGH, BL_Z, BL_X of both */

    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++) {
            char want[32];
            struct bl_sim *s = opened(WIRE);
            kp_setf(s, "a", "first", a);
            kp_setf(s, "b", "first", b);
            ready(s);
            bl_run(s, 1);
            snprintf(want, sizeof want, "v %c 0", result[a][b]);
            story_is(want);
            bl_close(s);
        }
}
END_TEST

START_TEST(two_writers_in_one_delta)
{
    for (uint64_t shuffle = 0; shuffle < 3; shuffle++) {
        struct bl_sim *s = opened(MANY "set a v [1, 2]; set b v [-1, 2]");
        if (shuffle)
            bl_option(s, BL_SHUFFLE, shuffle);
        ready(s);
        ck_assert_int_eq(bl_run(s, 100), BL_END_FAILED);
        ck_assert_uint_eq(bl_now(s), 20);
        if (!shuffle)
            ck_assert_str_eq(told.text, "a.q and b.q both write one signal in one delta, at 20 fs; expected one writer a delta "
                             "(or a resolved signal)");
        ck_assert_ptr_nonnull(strstr(told.text, "both write one signal in one delta, at 20 fs"));
        bl_close(s);
    }
}
END_TEST

/* ---- channels ---- */

static const struct { const char *script, *story; } channels[] = {
    { "part g1 give; part g2 give; part t take; wire g1.x t.y d4 many; wire g2.x t.y d4 many",
      "t 1 0, t 2 0, t 11 10, t 12 10, t 21 20, t 22 20" },
    { "part g1 give; part g2 give; part t take; wire g1.x t.y d1 many; wire g2.x t.y d1 many; set g1 n 2; set g2 n 1",
      "t 1 0, t 2 0, t 11 10" },
    { "part g1 give; part t take; part u take; set g1 n 4; set g1 hold 0; set t hold 100 fs; set u hold 100 fs; wire g1.x t.y d2 many; "
      "wire g1.x u.y d2 many", "t 1 0, u 11 0, t 21 100, u 31 100" },
};

START_TEST(several_users_of_one_channel)
{
    struct bl_sim *s = opened(channels[_i].script);

    ready(s);
    bl_run(s, 1000);
    story_is(channels[_i].story);
    bl_close(s);
}
END_TEST

/* ---- locks ---- */

static const struct { const char *script, *story; } locks[] = {
    { "part a seat; part b seat; part c seat; wire a.l b.l; wire b.l c.l; set b at 12 fs; set c at 11 fs",
      "a takes 10, a gives 20, c takes 20, c gives 30, b takes 30, b gives 40" },        /* first come, first served */
    { "part a seat; part b seat; wire a.l b.l; set a n 2", "a takes 10, a gives 20, b takes 20, b gives 30, a takes 30, a gives 40" },
    { "part a seat; part b seat; wire a.l b.l; set b tries 1; set b n 3; set b at 11 fs; set b hold 8 fs",
      "a takes 10, b finds none 11, b finds none 19, a gives 20, b takes 27, b gives 35" },
    { "part a pair; part b pair; part c pair; wire a.l b.l; wire b.l c.l; set b at 11 fs; set c at 12 fs",
      "a takes 10, b takes 11, a gives 20, c takes 20, b gives 21, c gives 30" },
    { "part a pair; set a n 2", "a takes 10, a gives 20, a takes 20, a gives 30" },
    { "part a seat; part b seat", "a takes 10, b takes 10, a gives 20, b gives 20" },    /* unwired: each has its own */
};

START_TEST(who_gets_a_lock)
{
    struct bl_sim *s = opened(locks[_i].script);

    ready(s);
    ck_assert_int_eq(bl_run(s, 1000), BL_END_STARVED);
    story_is(locks[_i].story);
    bl_close(s);
}
END_TEST

/* A disabled waiter is passed over and waits on; a suspended one gets it and has it when it is resumed; a killed one is gone. */
START_TEST(locks_and_controlled_waiters)
{
    static const struct { unsigned what, then; const char *story; } cases[] = {
        { BL_DISABLE, BL_ENABLE, "a takes 10, a gives 20, c takes 20, c gives 30, b takes 30, b gives 40" },
        { BL_SUSPEND, BL_RESUME, "a takes 10, a gives 20, b takes 25, b gives 35, c takes 35, c gives 45" },
        { BL_KILL, BL_RESET, "a takes 10, a gives 20, c takes 20, c gives 30" },
    };
    for (size_t i = 0; i < 3; i++) {
        struct bl_sim *s = opened("part a seat; part b seat; part c seat; wire a.l b.l; wire b.l c.l; set b at 11 fs; set c at 12 fs");
        ready(s);
        bl_run(s, 15);
        kp_ok(bl_control_part(s, "b", cases[i].what));
        bl_run(s, 25);
        kp_ok(bl_control_part(s, "b", cases[i].then));
        bl_run(s, 1000);
        story_is(cases[i].story);
        bl_close(s);
    }
}
END_TEST

static void run_it(void *sim) { bl_run(sim, 100); }

START_TEST(mistakes_with_locks)
{
    static const char *const texts[] = { "bitline: top.m: unlocks a mutex that it does not hold; at 0 s\n",
                                         "bitline: top.m: locks a mutex that it holds already: it would wait for itself; at 0 s\n" };
    char text[512];

    for (int i = 0; i < 2; i++) {
        struct bl_sim *s = opened("part top.m over; part z seat; wire z.l top.m.l; set z at 0");
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

static const struct { const char *script, *text; } drawn[] = {
    { MANY "set a v [1, 3]; set b v [2]; set b at 15 fs", "@0 a=0 b=0 @10 a=1 b=1 @15 a=2 b=2 @20 a=3 b=3" },
    { WIRE "set b first 2; set a v [1, 2, 0]; set b v [-1, -1, 1]", "@0 a=0 b=z v=0 @10 a=1 v=1 @20 a=z v=z @30 a=0 b=1 v=x" },
    { "part a drive; part b drive; part v view; set a bits 2; set b bits 2; set v bits 2; set a lanes 2; set b lanes 2; set v lanes 2;"
      "wire a.q v.d resolved; wire b.q v.d resolved; set b first 2; set a v [1]",
      "@0 a=0 a=0 b=z b=z v=0 v=0 @10 a=1 a=z v=1 v=z" },
};

START_TEST(shared_signals_are_drawn)
{
    const char *globs[] = { "*.q*", "*.d*" };
    struct bl_sim *s = opened(drawn[_i].script);

    ready(s);
    struct bl_trace *t = bl_trace_begin(s, &wave_ops, "x.text", &(struct bl_trace_opts){ .globs = globs, .nglobs = 2 }, NULL);
    ck_assert_ptr_nonnull(t);
    bl_run(s, 100);
    kp_ok(bl_trace_end(s, t));
    ck_assert_str_eq(wave.text, drawn[_i].text);
    bl_close(s);
}
END_TEST

/* ---- wiring that is refused ---- */

static const struct { const char *script, *told; } refused[] = {
    { "part a drive; part b drive; part v view; wire a.q v.d; wire b.q v.d many",
      "f:5: v.d has a driver of its own, a.q, and shares b.q; mark both wires 'many' or 'resolved'" },
    { "part a drive; part b drive; part v view; wire a.q v.d many; wire b.q v.d", "f:5: v.d has two drivers, a.q and b.q; a port takes one wire" },
    { "part a drive; part b drive; part v view; wire a.q v.d; wire b.q v.d", "f:5: v.d has two drivers, a.q and b.q; a port takes one wire" },
    { WIRE "part w view; set w bits 2; wire a.q w.d many", "f:11: a.q -> w.d: one signal is marked both 'many' and 'resolved'" },
    { "part a drive; part v view; wire a.q v.d resolved",
      "f:3: a.q is 1 x 4 bit; a resolved signal has lanes of 2 bits (BL_LOW, BL_HIGH, BL_Z, BL_X)" },
    { "part a drive; part v view; set v lanes 2; wire a.q v.d many", "f:4: a.q is 1 x 4 bit, v.d is 2 x 4 bit; expected equal widths" },
    { "clock c 10 0; part p put; part l look; wire p.q l.d many",
      "f:4: p.q is of a clocked or combinational part; a signal with several drivers takes waiting parts only" },
    { "clock c 10 0; part g gen; part k sink; wire g.x k.x d2 many",
      "f:4: g.x -> k.x: 'many' is for ends of waiting parts and neither is one; leave it out" },
    { "clock c 10 0; part g gen; set g bits 8; part h gen; set h bits 8; part t take; wire g.x t.y d2 many; wire h.x t.y d2 many",
      "f:8: h.x -> t.y: g and h would share one end of a channel; only waiting parts may, on wires marked 'many'" },
    { "part g give; part h give; part t take; wire g.x t.y d2 many; wire h.x t.y d3 many",
      "f:5: h.x -> t.y has depth 3 and is a channel of depth 2 already; expected the same" },
    { "part g give; part h give; part t take; wire g.x t.y d2 many; wire h.x t.y d2", "f:5: t.y has two drivers, g.x and h.x; a port takes one wire" },
    { "part a seat; part b pair; wire a.l b.l",
      "f:2: b.l and a.l are wired together and declare 2 and 0 places (0: a mutex); expected the same" },
    { "part a seat; part h hear; wire a.l h.e", "f:3: a.l is a lock and h.e is an event; expected push -> pop, output -> input, "
      "event -> event, output -> event, lock -> lock, or an output, event or process -> PART.process" },
};

START_TEST(refused_with_the_place)
{
    struct bl_sim *s = opened(refused[_i].script);

    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(told.text, refused[_i].told);
    bl_close(s);
}
END_TEST

Suite *suite_shared(void);
Suite *suite_shared(void)
{
    Suite *s = suite_create("shared");
    TCase *c = tcase_create("shared");

    tcase_add_loop_test(c, one_signal_of_several_drivers, 0, sizeof signals / sizeof *signals);
    tcase_add_test(c, the_table_of_four_states);
    tcase_add_test(c, two_writers_in_one_delta);
    tcase_add_loop_test(c, several_users_of_one_channel, 0, sizeof channels / sizeof *channels);
    tcase_add_loop_test(c, who_gets_a_lock, 0, sizeof locks / sizeof *locks);
    tcase_add_test(c, locks_and_controlled_waiters);
    tcase_add_test(c, mistakes_with_locks);
    tcase_add_loop_test(c, shared_signals_are_drawn, 0, sizeof drawn / sizeof *drawn);
    tcase_add_loop_test(c, refused_with_the_place, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, c);
    return s;
}

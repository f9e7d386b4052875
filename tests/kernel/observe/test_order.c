/* test_order.c - order is defined: unrelated events, parts, clocks and watches change nothing in what the others do, not even
 * the order in which they do it; also while parts nap and wake. And what a shuffle may permute, it does permute. */
#include "tests/rigs/effort.h"
#include "tests/rigs/kp_account.h"
#include "tests/rigs/kparts.h"

static FILE *story;                      /* what the parts m0 .. m9 do, in the order in which they do it */

static void tell(const void *self, const char *what, uint64_t value)
{
    const char *path = bl_path(self);

    if (story && path[0] == 'm' && path[2] == 0)
        fprintf(story, "%s %s %llu at %llu\n", path, what, (unsigned long long)value, (unsigned long long)bl_time(self));
}

/* ---- chat: a process that waits, notifies, cancels and listens as its random stream says; few times, so that many meet ---- */

struct chat { struct bl_part p; bl_event e, f; bl_out q; uint64_t choice, n; };

static bl_verdict chat_run(void *self)
{
    struct chat *t = self;

    BL_BEGIN(t);
    for (;;) {
        t->choice = bl_random(t);
        if (t->choice & 1)
            bl_notify(t, t->e, (t->choice >> 8 & 3) * 5);
        if ((t->choice & 14) == 14)
            bl_cancel(t, t->e);
        *bl_put16(t->q) = (uint16_t)(t->choice >> 20 & 3);
        tell(t, "runs", ++t->n);
        if ((t->choice >> 4 & 3) == 0) {
            AWAIT_EVENT_FOR(t->f, 5 + (t->choice >> 12 & 3) * 5, BL_IDLE);
            tell(t, bl_timed_out(t) ? "timed out" : "heard", t->n);
        } else if ((t->choice >> 4 & 3) == 1) {
            AWAIT_STATIC(1, BL_BUSY);
            tell(t, "felt", t->n);
        } else {
            AWAIT_TIME((t->choice >> 12 & 3) * 5, BL_BUSY);
        }
        if (bl_time(t) == 0)
            AWAIT_TIME(5, BL_BUSY);
    }
    BL_END;
}

/* ---- walk: takes, works a random while, gives; naps whenever it can ---- */

struct walk { struct bl_part p; bl_pop a; bl_push b; bl_event alarm; bl_in d; uint64_t n, until; };

static bl_verdict walk_tick(void *self)
{
    struct walk *t = self;

    tell(t, "ticks", t->n);
    if (bl_time(t) < t->until)
        return BL_NAP(BL_BUSY);
    if (!bl_room(t->b))
        return BL_NAP(BL_IDLE);
    if (!bl_avail(t->a))
        return BL_NAP(BL_IDLE);
    *bl_push16(t->b) = (uint16_t)(*bl_pop16(t->a) + *bl_get16(t->d));
    if ((bl_random(t) & 3) == 0) {
        t->until = bl_time(t) + 3 * bl_period(t);
        bl_notify(t, t->alarm, 3 * bl_period(t));
    }
    t->n++;
    return BL_BUSY;
}

static const struct bl_field chat_fields[] = {
    BL_EVENT(struct chat, e, "notified"), BL_EVENT(struct chat, f, "heeded"), BL_OUT(struct chat, q, 1, 16, "mood"), { 0 }
};
static const struct bl_field walk_fields[] = {
    BL_POP(struct walk, a, 1, 16, "in"), BL_PUSH(struct walk, b, 1, 16, "out"), BL_EVENT(struct walk, alarm, "it works no longer"),
    BL_IN_OPT(struct walk, d, 1, 16, "added"), BL_VIEW(struct walk, n, 1, 64, "items"), { 0 }
};
static const struct bl_class chat_class = { .name = "chat", .help = "talks", .size = sizeof(struct chat), .run = chat_run,
                                            .fields = chat_fields };
static const struct bl_class walk_class = { .name = "walk", .help = "a lazy stage", .size = sizeof(struct walk), .tick = walk_tick,
                                            .fields = walk_fields };
static const struct bl_class *const classes[] = { &chat_class, &walk_class, &kp_gen_class, &kp_sink_class, &kp_put_class, NULL };

/* ---- platforms: three talkers and a line of three walkers, named by a prefix ---- */

static void declare(FILE *f, const char *prefix, const char *clock, struct kp_rng *rng)
{
    const char *p = prefix;
    uint32_t heeds[3] = { kp_below(rng, 3), kp_below(rng, 3), kp_below(rng, 3) };

    for (uint32_t i = 0; i < 3; i++)
        fprintf(f, "part %s%u chat; wire %s%u.q %s%u.process; wire %s%u.e %s%u.process;", p, i, p, (i + 1) % 3, p, i, p, kp_below(rng, 3), p, i);
    for (uint32_t i = 0; i < 3; i++)
        fprintf(f, "wire %s%u.f %s%u.e;", p, i, p, heeds[i]);
    for (uint32_t i = 3; i < 6; i++)
        fprintf(f, "part %s%u walk %s; wire %s%u.q %s%u.d s0;", p, i, clock, p, kp_below(rng, 3), p, i);
    fprintf(f, "part %s6 gen %s; part %s7 sink %s; set %s6 luck %u; set %s7 luck %u;", p, clock, p, clock, p, 100 + kp_below(rng, 157),
            p, 100 + kp_below(rng, 157));
    fprintf(f, "wire %s6.x %s3.a d2; wire %s3.b %s4.a %s; wire %s4.b %s5.a %s; wire %s5.b %s7.x d1;", p, p, p, p,
            kp_below(rng, 2) ? "pipe" : "d1", p, p, kp_below(rng, 2) ? "pipe" : "d2", p, p);
}

/* ---- a trace told as text, and one told to nobody ---- */

struct bl_wave { FILE *to; size_t n; const char **scope; char **name; };

static struct bl_wave *text_open(const char *path, const struct bl_wave_var *vars, size_t n, uint64_t start, struct bl_diag *diag)
{
    static struct bl_wave nobody;
    (void)start, (void)diag;
    if (!strncmp(path, "nobody", 6))
        return &nobody;
    struct bl_wave *w = calloc(1, sizeof *w);
    w->to = story;
    w->n = n;
    w->scope = calloc(n + 1, sizeof *w->scope);
    w->name = calloc(n + 1, sizeof *w->name);
    for (size_t i = 0; i < n; i++) {
        w->scope[i] = vars[i].scope;
        w->name[i] = strdup(vars[i].name);
    }
    return w;
}

static int text_time(struct bl_wave *w, uint64_t fs) { return w->to && fprintf(w->to, "#%llu\n", (unsigned long long)fs) < 0; }
static int text_bits(struct bl_wave *w, uint32_t v, const uint64_t *x)
{
    return w->to && fprintf(w->to, "%s.%s = %llu\n", w->scope[v], w->name[v], (unsigned long long)*x) < 0;
}
static int no_states(struct bl_wave *w, uint32_t v, const char *x) { (void)w, (void)v, (void)x; return 0; }
static int no_real(struct bl_wave *w, uint32_t v, double x) { (void)w, (void)v, (void)x; return 0; }
static int no_string(struct bl_wave *w, uint32_t v, const char *x, size_t n) { (void)w, (void)v, (void)x, (void)n; return 0; }
static int text_close(struct bl_wave *w, uint64_t end)
{
    (void)end;
    if (!w->to)
        return 0;                        /* nobody */
    for (size_t i = 0; i < w->n; i++)
        free(w->name[i]);
    free(w->scope);
    free(w->name);
    free(w);
    return 0;
}

static const struct bl_wave_ops text_ops = { .suffix = "text", .help = "lines", .open = text_open, .time = text_time, .bits = text_bits,
                                             .states = no_states, .real = no_real, .string = no_string, .close = text_close };

/* The rows of m0 .. m9. */
static void tell_account(struct bl_sim *s)
{
    char *all = kp_account(s);
    bool ours = false;

    for (char *l = strtok(all, "\n"); l; l = strtok(NULL, "\n")) {
        ours = l[0] == ' ' ? ours : l[0] == 'm' && l[2] == ' ';
        if (ours)
            fprintf(story, "%s\n", l);
    }
    free(all);
}

enum { ENDS = 3000 };

/* What the platform of this seed does beside `others` unrelated ones and `watches` more traces. */
static char *run(uint64_t seed, uint32_t others, uint32_t watches, bool no_nap)
{
    static const char *const before_between_behind[] = { "a%u_", "m2%u_", "m5x%u_", "z%u_" };
    static const char *const only_ours[] = { "m?.*" };
    struct kp_rng rng = { seed }, other = { seed + 7 };
    char *script = NULL, *text = NULL, name[16];
    size_t n = 0;
    FILE *f = open_memstream(&script, &n);
    struct bl_sim *s = bl_open(classes, NULL);

    fprintf(f, "clock core 5 0;%s", others ? "clock b1 5 0; clock d9 5 5;" : "");
    declare(f, "m", "core", &rng);
    for (uint32_t i = 0; i < others; i++) {
        snprintf(name, sizeof name, before_between_behind[kp_below(&other, 4)], i);
        declare(f, name, i % 3 == 0 ? "core" : i % 3 == 1 ? "b1" : "d9", &other);
    }
    fclose(f);
    bl_seed(s, seed);
    bl_option(s, BL_NO_NAP, no_nap);
    kp_ok(kp_script(s, script));
    kp_ok(bl_elaborate(s));
    story = open_memstream(&text, &n);
    struct bl_trace_opts ours = { .globs = only_ours, .nglobs = 1 }, every = { 0 };
    ck_assert_ptr_nonnull(bl_trace_begin(s, &text_ops, "ours", &ours, NULL));
    for (uint32_t i = 0; i < watches; i++) {
        char nobody[24];
        snprintf(nobody, sizeof nobody, "nobody %u", i);
        ck_assert_ptr_nonnull(bl_trace_begin(s, &text_ops, nobody, &every, NULL));
    }
    ck_assert_int_eq(bl_run(s, ENDS), BL_END_LIMIT);
    tell_account(s);
    bl_close(s);
    fclose(story);
    story = NULL;
    free(script);
    return text;
}

static const struct { uint32_t others, watches; bool no_nap; } beside[] = {
    { 1, 0, false }, { 2, 1, false }, { 12, 0, false }, { 0, 2, false }, { 3, 0, true }
};

START_TEST(unrelated_parts_and_watches_change_nothing)
{
    for (uint64_t seed = 10 * (uint64_t)_i; seed < 10 * (uint64_t)_i + (uint64_t)fewer(10, 3); seed++)
        for (size_t k = 0; k < sizeof beside / sizeof *beside; k++)
            kp_same(run(seed, 0, 0, beside[k].no_nap), run(seed, beside[k].others, beside[k].watches, beside[k].no_nap), "beside others");
}
END_TEST

/* The platforms above are worth it: processes meet at one time, walkers nap, wake by events and by neighbours. */
START_TEST(the_platforms_do_something)
{
    char *text = run(3, 0, 0, false), *awake = run(3, 0, 0, true);
    static const char *const happens[] = { "m0 runs", "heard", "timed out", "felt", "m3 ticks 5 ", "m5 ticks 5 ", "m1.q = 3" };

    for (size_t i = 0; i < sizeof happens / sizeof *happens; i++)
        ck_assert_msg(strstr(text, happens[i]) != NULL, "no '%s'", happens[i]);
    ck_assert_uint_lt(strlen(text), strlen(awake));
    free(text);
    free(awake);
}
END_TEST

/* ---- what a shuffle permutes ---- */

struct tock { struct bl_part p; };
struct bell { struct bl_part p; bl_event e; };

static bl_verdict tock_tick(void *self) { tell(self, "ticks", 0); return BL_BUSY; }
static bl_verdict listen_run(void *self)
{
    struct bell *t = self;

    BL_BEGIN(t);
    for (;;) {
        tell(t, "runs", 0);
        AWAIT_EVENT(t->e, BL_BUSY);
    }
    BL_END;
}
static bl_verdict ring_run(void *self)
{
    struct bell *t = self;

    BL_BEGIN(t);
    AWAIT_TIME(7, BL_BUSY);
    bl_notify(t, t->e, 3);
    BL_END;
}
static const struct bl_field tock_fields[] = { { 0 } };
static const struct bl_field bell_fields[] = { BL_EVENT(struct bell, e, "the bell"), { 0 } };
static const struct bl_class tock_class = { .name = "tock", .help = "ticks", .size = sizeof(struct tock), .tick = tock_tick,
                                            .fields = tock_fields };
static const struct bl_class listen_class = { .name = "listen", .help = "hears", .size = sizeof(struct bell), .run = listen_run,
                                              .fields = bell_fields };
static const struct bl_class ring_class = { .name = "ring", .help = "rings", .size = sizeof(struct bell), .run = ring_run,
                                            .fields = bell_fields };
static const struct bl_class *const tocks[] = { &tock_class, &listen_class, &ring_class, NULL };

/* Four parts are due at the start, and at 10: ticks of two domains, and waiters of one event. Every order comes. */
START_TEST(a_shuffle_gives_every_order)
{
    char seen[2][24][5] = { { { 0 } } };
    uint32_t nseen[2] = { 0 };

    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct bl_sim *s = bl_open(tocks, NULL);
        char *text = NULL, order[2][5] = { { 0 } };
        size_t n = 0, at[2] = { 0 };
        bl_option(s, BL_SHUFFLE, seed);
        kp_ok(kp_script(s, "clock x 10 0; clock y 5 0; part m1 tock x; part m2 tock y; part m3 listen; part m4 listen; part r ring;"
                           "wire r.e m3.e; wire r.e m4.e"));
        kp_ok(bl_elaborate(s));
        story = open_memstream(&text, &n);
        bl_run(s, 11);
        bl_close(s);
        fclose(story);
        story = NULL;
        for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n"))
            for (int k = 0; k < 2; k++)
                if (!strcmp(strstr(l, " at "), k ? " at 10" : " at 0"))
                    order[k][at[k]++] = l[1];
        free(text);
        for (int k = 0; k < 2; k++) {
            uint32_t i = 0;
            ck_assert_uint_eq(at[k], 4);
            while (i < nseen[k] && strcmp(seen[k][i], order[k]))
                i++;
            if (i == nseen[k])
                strcpy(seen[k][nseen[k]++], order[k]);
        }
    }
    ck_assert_uint_eq(nseen[0], 24);
    ck_assert_uint_eq(nseen[1], 24);
}
END_TEST

Suite *suite_order(void);
Suite *suite_order(void)
{
    Suite *s = suite_create("order");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, unrelated_parts_and_watches_change_nothing, 0, 5);
    tcase_add_test(tc, the_platforms_do_something);
    tcase_add_test(tc, a_shuffle_gives_every_order);
    suite_add_tcase(s, tc);
    return s;
}

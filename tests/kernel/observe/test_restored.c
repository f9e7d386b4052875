/* test_restored.c - snapshots whose kernel state was changed: refused, or run without a memory error (the sanitizers look); a refusal changes
 * nothing. What components keep in their structs and memories is left alone: only they can judge it. */
#include "kernel/ieee/inside.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/kparts.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FLIPS = 1500, CHUNKS = 10 };

/* waits in every way: for events, by a list, for a lock, for links, for times. */
struct patient { struct bl_part p; bl_event a, b; bl_lock m; bl_process w; int64_t way; };
static bl_verdict patient_run(void *self)
{
    struct patient *t = self;

    BL_BEGIN(t);
    for (;;) {
        bl_notify(t, t->a, 30 + 7 * (uint64_t)t->way);
        bl_notify(t, t->b, 1000000 * (uint64_t)t->way + 1);
        if (t->way == 0)
            AWAIT_ALL(BL_IDLE, t->a, t->b);
        if (t->way == 1)
            AWAIT_STATIC(3, BL_IDLE);
        if (t->way == 2)
            AWAIT_ANY_FOR(50, BL_IDLE, t->a, t->b);
        if (t->way > 2)
            AWAIT_LOCK(t->m, BL_BUSY);
        AWAIT_TIME(13 + (uint64_t)t->way, BL_IDLE);
        if (t->way > 2)
            bl_unlock(t, t->m);
    }
    BL_END;
}
static const struct bl_field patient_fields[] = {
    BL_EVENT(struct patient, a, "an event"), BL_EVENT(struct patient, b, "an event"), BL_MUTEX(struct patient, m, "a mutex"),
    BL_PROCESS_OPT(struct patient, w, "nobody"), BL_PARAM(struct patient, way, 0, 0, 9, "how it waits"), { 0 }
};
static const struct bl_class patient_class = { .name = "waiter", .help = "waits", .size = sizeof(struct patient), .run = patient_run,
                                              .fields = patient_fields };
static const struct bl_class *const classes[] = {
    &patient_class, &kp_gen_class, &kp_sink_class, &kp_stage_class, &kp_work_class, &kp_echo_class, &kp_put_class, &kp_look_class, &kp_inv_class, NULL
};

static struct kp_told told;

static struct bl_sim *made(void)
{
    struct bl_sim *s = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; clock d 14 3; part g gen c; part s stage c; part w work c; part k sink c; set k every 3; part e echo; set e delay 7 fs;"
                       "part g2 gen c; part k2 sink d; wire g2.x k2.x d4 s2;"
                       "part g3 gen c; part k3 sink c; set k3 every 5; wire g3.x e.a d2; wire e.b k3.x d2;"
                       "wire g.x s.a pipe; wire s.b w.a d2; wire w.b k.x d1; part p put c; part i inv; part l look c; wire p.q i.a; wire i.y l.d;"
                       "part q0 waiter; part q1 waiter; set q1 way 1; part q2 waiter; set q2 way 2; part q3 waiter; set q3 way 3; part q4 waiter;"
                       "set q4 way 4; part q5 waiter; set q5 way 5; wire q3.m q4.m; wire q4.m q5.m; wire q0.a q1.process; wire q2.b q1.process"));
    ck_assert_msg(bl_elaborate(s) == 0, "%s", told.text);
    return s;
}

/* By byte of the state: 1 where the kernel's own is. */
static unsigned char *own_bytes(const struct bl_sim *s)
{
    unsigned char *own = malloc(s->state.used);
    size_t before = 0;

    memset(own, 1, s->state.used);
    for (const struct chunk *c = s->state.first; c; before += c->used, c = c->next) {
        const unsigned char *at = chunk_bytes(c);
        for (size_t i = 0; i < s->frozen.nnodes; i++) {
            const struct bl_node *n = s->frozen.nodes[i];
            if (n->self >= at && n->self < at + c->used)
                memset(own + before + (size_t)(n->self - at), 0, n->info->cls->size);
        }
        for (size_t i = 0; i < s->frozen.nmemories; i++) {
            const unsigned char *m = s->frozen.memories[i].at;
            if (m >= at && m < at + c->used)
                memset(own + before + (size_t)(m - at), 0, s->frozen.memories[i].bytes);
        }
    }
    return own;
}

static uint32_t draw(uint64_t *x) { return (uint32_t)(mix(*x += UINT64_C(0x9e3779b97f4a7c15)) >> 32); }

/* A number of four bytes becomes another: one bit, one more or less, a small one, any. */
static void forge(unsigned char *at, uint64_t *x)
{
    uint32_t v;

    memcpy(&v, at, sizeof v);
    switch (draw(x) % 5) {
    case 0: v ^= 1u << draw(x) % 32; break;
    case 1: v += draw(x) % 2 ? 1 : UINT32_MAX; break;
    case 2: v = draw(x) % 64; break;
    case 3: v = UINT32_MAX - draw(x) % 3; break;
    default: v = draw(x);
    }
    memcpy(at, &v, sizeof v);
}

/* A process may be woken when it must not be, and say so: the part's misuse, which aborts. Anything else is wrong memory. */
static bool goes_on(struct bl_sim *s)
{
    int status = 0;

    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        if (bl_now(s) < UINT64_MAX - 400)
            bl_run(s, bl_now(s) + 400);
        for (size_t i = 0; i < bl_part_count(s); i++) {
            struct bl_verdict_row row;
            bl_verdict_at(s, i, 0, &row);
        }
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && (WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGABRT);
}

START_TEST(forged_numbers_are_refused_or_harmless)
{
    struct bl_sim *s = made(), *twin = made();
    size_t bytes = bl_save_bytes(s), head = bytes - s->state.used, refused = 0, taken = 0;
    unsigned char *good = malloc(bytes), *bad = malloc(bytes), *own = own_bytes(s);
    uint64_t x = (uint64_t)_i * 1000003;

    bl_run(s, 1 + 97 * (uint64_t)_i);
    bl_run(twin, 1 + 97 * (uint64_t)_i);
    kp_ok(bl_save(s, good, bytes));
    for (int k = 0; k < fewer(FLIPS, FLIPS) / CHUNKS; k++) {
        memcpy(bad, good, bytes);
        for (uint32_t flips = 1 + draw(&x) % 2; flips;) {
            size_t at = draw(&x) % (s->state.used / 4) * 4;
            if (!own[at])
                continue;
            forge(bad + head + at, &x);
            flips--;
        }
        kp_listen(&told);
        if (bl_restore(s, bad, bytes)) {
            ck_assert_msg(!strncmp(told.text, "the snapshot contradicts itself (", 33), "%s", told.text);
            ck_assert(bl_state_equal(s, twin));
            refused++;
            continue;
        }
        taken++;
        ck_assert(goes_on(s));
        kp_ok(bl_restore(s, good, bytes));
        ck_assert(bl_state_equal(s, twin));
    }
    ck_assert(refused > 5 && taken > 5);
    free(good);
    free(bad);
    free(own);
    bl_close(s);
    bl_close(twin);
}
END_TEST

/* Where `at` is in the bytes of the state. */
static size_t place_of(const struct bl_sim *s, const unsigned char *at)
{
    size_t before = 0;

    for (const struct chunk *c = s->state.first; c; before += c->used, c = c->next)
        if (at >= chunk_bytes(c) && at < chunk_bytes(c) + c->used)
            return before + (size_t)(at - chunk_bytes(c));
    ck_abort_msg("no chunk of the state has it");
    return 0;
}

/* Numbers of handles, parameters and lengths in the structs of parts never change. */
START_TEST(forged_constants_are_refused)
{
    struct bl_sim *s = made();
    size_t bytes = bl_save_bytes(s);
    unsigned char *good = malloc(bytes), *bad = malloc(bytes);
    const struct bl_node *n = s->frozen.nodes[bl_part_find(s, "q3")];
    static const size_t places[] = { offsetof(struct patient, a), offsetof(struct patient, m), offsetof(struct patient, w), offsetof(struct patient, way) };

    bl_run(s, 500);
    kp_ok(bl_save(s, good, bytes));
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        memcpy(bad, good, bytes);
        bad[bytes - s->state.used + place_of(s, n->self) + places[i]]++;
        kp_listen(&told);
        ck_assert_int_eq(bl_restore(s, bad, bytes), -1);
        ck_assert_str_eq(told.text, "the snapshot contradicts itself (parameters and numbers of ports): its bytes were changed after bl_save wrote "
                         "them; save it again");
    }
    kp_ok(bl_restore(s, good, bytes));
    free(good);
    free(bad);
    bl_close(s);
}
END_TEST

Suite *suite_restored(void);
Suite *suite_restored(void)
{
    Suite *s = suite_create("restored");
    TCase *c = tcase_create("all");

    tcase_add_loop_test(c, forged_numbers_are_refused_or_harmless, 0, CHUNKS);
    tcase_add_test(c, forged_constants_are_refused);
    suite_add_tcase(s, c);
    return s;
}

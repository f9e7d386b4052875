/* test_model.c - promises of kernel/model.h, which all of kernel/ keeps, that no other suite shows: timed naps, waits with a limit, what misuse
 * leaves behind, memory and tables that are refused, energy of composites. */
#include "kernel/model.h"
#include "kernel/sim.h"
#include "tests/rigs/heard.h"
#include "traces/traces.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NONE_LEFT = BL_STALL };

/* ---- a clocked part that sleeps five cycles at a time ---- */
struct dozer { struct bl_part p; bl_event timer; uint64_t due, at[8]; uint32_t n; };

static bl_verdict doze(void *self)
{
    struct dozer *t = self;

    if (bl_cycle(t) < t->due)
        return BL_NAP(BL_BUSY);
    t->at[t->n++ & 7] = bl_cycle(t);
    t->due = bl_cycle(t) + 5;
    bl_notify(t, t->timer, 5 * bl_period(t));
    return BL_NAP(BL_BUSY);
}

static const struct bl_field dozer_fields[] = { BL_EVENT(struct dozer, timer, "timer"), BL_VIEW(struct dozer, at, 8, 64, "ticks"),
                                                BL_VIEW(struct dozer, n, 1, 32, "how many"), { 0 } };
static const struct bl_class dozer_class = { .name = "dozer", .size = sizeof(struct dozer), .tick = doze, .fields = dozer_fields };

/* ---- a clocked part that never sleeps; pushes, also without asking for room ---- */
struct pusher { struct bl_part p; bl_push x; bl_tally made; int64_t every, rude; uint32_t n; };

static bl_verdict push(void *self)
{
    struct pusher *t = self;

    if (bl_cycle(t) % (uint64_t)t->every == 0 && (t->rude || bl_room(t->x))) {
        *bl_push32(t->x) = ++t->n;
        charge(&t->made, 1);
    }
    return BL_BUSY;
}

static const struct bl_field pusher_fields[] = {
    BL_PUSH(struct pusher, x, 1, 32, "numbers"), BL_TALLY(struct pusher, made, "a number"),
    BL_PARAM(struct pusher, every, 1, 1, 1000, "cycles"), BL_PARAM(struct pusher, rude, 0, 0, 1, "1: never asks"), { 0 }
};
static const struct bl_class pusher_class = { .name = "pusher", .size = sizeof(struct pusher), .tick = push, .fields = pusher_fields };

/* ---- a waiting part that waits for an item, at most 30 fs ---- */
struct patient { struct bl_part p; bl_pop x; uint64_t got[8], when[8]; uint32_t n, late; };

static bl_verdict await(void *self)
{
    struct patient *t = self;

    BL_BEGIN(t);
    for (;;) {
        AWAIT_FOR(bl_avail(t->x), 30, NONE_LEFT);
        if (bl_avail(t->x)) {
            t->when[t->n & 7] = bl_time(t);
            t->got[t->n++ & 7] = *bl_pop32(t->x);
        } else {
            t->late++;
        }
    }
    BL_END;
}

static const struct bl_field patient_fields[] = {
    BL_POP(struct patient, x, 1, 32, "numbers"), BL_VIEW(struct patient, when, 8, 64, "times"), BL_VIEW(struct patient, n, 1, 32, "items"),
    BL_VIEW(struct patient, late, 1, 32, "limits reached"), BL_WAITS(NONE_LEFT, x), { 0 }
};
static const struct bl_class patient_class = { .name = "patient", .size = sizeof(struct patient), .run = await, .fields = patient_fields };

/* ---- a composite of a pusher and its reader; refused ones ---- */
struct box { struct bl_part p; };

static void build(void *self)
{
    bl_child(self, "in", "pusher", NULL);
    bl_child(self, "out", "patient", NULL);
    bl_child_wire(self, "in.x", "out.x", 4);
}

static const struct bl_field no_fields[] = { { 0 } };
static const struct bl_class box_class = { .name = "box", .size = sizeof(struct box), .build = build, .fields = no_fields };

/* A composite in a composite, with a parameter that its build reads. */
struct rack { struct bl_part p; int64_t pace; };

static void build_rack(void *self)
{
    bl_child(self, "in", "pusher", NULL);
    bl_child_set(self, "in", "every", "%d", (int)((struct rack *)self)->pace);
    bl_child(self, "out", "patient", NULL);
    bl_child_wire(self, "in.x", "out.x", 4);
}

static void build_shelf(void *self)
{
    bl_child(self, "rack", "rack", NULL);
}

static const struct bl_field rack_fields[] = { BL_PARAM(struct rack, pace, 1, 1, 9, "cycles"), { 0 } };
static const struct bl_class rack_class = { .name = "rack", .size = sizeof(struct rack), .build = build_rack, .fields = rack_fields };
static const struct bl_class shelf_class = { .name = "shelf", .size = sizeof(struct box), .build = build_shelf, .fields = no_fields };

struct hoarder { struct bl_part p; void *mine; };

static int hoard(void *self)
{
    ((struct hoarder *)self)->mine = bl_alloc(self, 100);
    return 0;
}

static bl_verdict rest(void *self)
{
    (void)self;
    return BL_NAP(BL_IDLE);
}

static const struct bl_class hoarder_class = { .name = "hoarder", .size = sizeof(struct hoarder), .init = hoard, .tick = rest,
                                               .fields = no_fields };
static const struct bl_field wrong_view[] = { BL_VIEW(struct hoarder, mine, 4, 64, "four words of one"), { 0 } };
static const struct bl_class viewer_class = { .name = "viewer", .size = sizeof(struct hoarder), .tick = rest, .fields = wrong_view };
static const struct bl_field endless[2] = { BL_TALLY(struct pusher, made, "a number"), { .kind = 99, .name = "rubbish" } };
static const struct bl_class endless_class = { .name = "endless", .size = sizeof(struct pusher), .tick = rest, .fields = endless };

static const struct bl_class *const classes[] = { &dozer_class, &pusher_class, &patient_class, &box_class, &rack_class, &shelf_class, &hoarder_class, &viewer_class,
                                                  &endless_class, NULL };

static uint64_t peek(struct bl_sim *s, const char *name)
{
    uint64_t v = 0;

    ck_assert_msg(bl_peek(s, name, &v) == 0, "%s", name);
    return v;
}

/* ---- tests ---- */

/* Alone, beside a part that is always awake, and never asleep: the same cycles. Alone it costs one tick a doze. */
START_TEST(timed_nap)
{
    struct bl_sim *s = bl_open(classes, NULL);

    bl_clock(s, "c", 7, 3, NULL);
    bl_add(s, "a", "dozer", NULL, NULL);
    if (_i & 1) {
        bl_add(s, "b", "pusher", NULL, NULL);
        bl_add(s, "r", "patient", NULL, NULL);
        bl_wire(s, "b.x", "r.x", (struct bl_link){ .depth = 2 }, NULL);
    }
    bl_option(s, BL_NO_NAP, _i & 2);
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 3 + 7 * 31);
    ck_assert_uint_eq(peek(s, "a.n"), 7);
    for (unsigned i = 0; i < 7; i++) {
        char name[16];
        snprintf(name, sizeof name, "a.at[%u]", i);
        ck_assert_uint_eq(peek(s, name), 5 * i);
    }
    if (_i == 0)
        ck_assert_uint_eq(bl_activations(s), 7);
    bl_close(s);
}
END_TEST

/* Items at 0, 100, 200 fs; limits at 30, 60, 90, 120 (that of 100 starts anew), .. */
START_TEST(wait_with_a_limit)
{
    struct bl_sim *s = bl_open(classes, NULL);

    bl_clock(s, "c", 10, 0, NULL);
    bl_add(s, "b", "pusher", NULL, NULL);
    bl_set(s, "b", "every", "10", NULL);
    bl_add(s, "r", "patient", NULL, NULL);
    bl_wire(s, "b.x", "r.x", (struct bl_link){ .depth = 2 }, NULL);
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 250);
    ck_assert_uint_eq(peek(s, "r.n"), 3);
    ck_assert_uint_eq(peek(s, "r.when[1]"), 100);
    ck_assert_uint_eq(peek(s, "r.late"), 3 + 3 + 1);
    bl_close(s);
}
END_TEST

static char *scratch(const char *name)
{
    static char buf[512];
    const char *dir = getenv("BL_TMP");

    snprintf(buf, sizeof buf, "%s/model%ld.%s", dir ? dir : "/tmp", (long)getpid(), name);
    return buf;
}

/* A push without room aborts; the waveform is closed and holds the moments before. */
START_TEST(misuse_closes_traces)
{
    const char *path = scratch("vcd");
    char line[4096] = "";
    int status, pipes[2];

    ck_assert_int_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        struct bl_sim *s = bl_open(classes, NULL);
        dup2(pipes[1], 2);
        bl_clock(s, "c", 10, 0, NULL);
        bl_add(s, "b", "pusher", NULL, NULL);
        bl_set(s, "b", "rude", "1", NULL);
        bl_add(s, "d", "dozer", NULL, NULL);
        bl_add(s, "r", "patient", NULL, NULL);
        bl_add(s, "b2", "pusher", NULL, NULL);
        bl_add(s, "r2", "patient", NULL, NULL);
        bl_set(s, "b2", "every", "3", NULL);
        bl_wire(s, "b.x", "r.x", (struct bl_link){ .depth = 1, .sync = BL_SYNC(3) }, NULL);
        bl_wire(s, "b2.x", "r2.x", (struct bl_link){ .depth = 1 }, NULL);
        if (bl_elaborate(s) || !bl_trace_begin(s, bl_wave_writer(path), path, &(struct bl_trace_opts){ 0 }, NULL))
            _exit(3);
        bl_run(s, 1000);
        _exit(4);
    }
    close(pipes[1]);
    ck_assert_int_gt(read(pipes[0], line, sizeof line - 1), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert_str_eq(line, "bitline: b.x (1 x 32 bit): push without room: ask bl_room first; at 10 fs\n");
    FILE *f = fopen(path, "r");
    bool later = false;
    while (f && fgets(line, sizeof line, f))
        later |= !strcmp(line, "#10\n");
    ck_assert(f && later);
    fclose(f);
}
END_TEST

static const struct { const char *cls, *told; } refused[] = {
    { "hoarder", "a: class hoarder: memory from bl_alloc (100 bytes) is in no BL_MEM field; table it" },
    { "viewer", "class viewer: view mine: 4 x 64 bit do not fit its field of 8 bytes" },
    { "endless", "class endless: its table of fields does not end with { 0 }" },
};

START_TEST(refused_classes)
{
    struct heard h;
    struct bl_sim *s = bl_open(classes, heard_start(&h));

    bl_clock(s, "c", 10, 0, NULL);
    bl_add(s, "a", refused[_i].cls, NULL, NULL);
    ck_assert_int_eq(bl_elaborate(s), -1);
    ck_assert_str_eq(h.text, refused[_i].told);
    bl_close(s);
}
END_TEST

/* A call that was refused is not forgotten. */
START_TEST(refused_calls)
{
    struct heard h;

    for (int i = 0; i < 4; i++) {
        struct bl_sim *s = bl_open(classes, heard_start(&h));
        bl_clock(s, "c", 10, 0, NULL);
        bl_add(s, "a", "dozer", NULL, NULL);
        int status = i == 0 ? bl_set(s, "a", "nothing", "1", NULL) : i == 1 ? bl_clock(s, "c", 10, 0, NULL)
                   : i == 2 ? bl_add(s, "b", "doser", NULL, NULL) : bl_supply(s, "nobody", "x", "", 1);
        ck_assert_int_eq(status, -1);
        ck_assert_int_eq(bl_elaborate(s), -1);
        ck_assert_uint_eq(h.diag.errors, 1);
        bl_close(s);
    }
}
END_TEST

/* Its own row of a composite is 0; the tree below it is the sum of its children. Children are set before they are built. */
START_TEST(composites)
{
    struct bl_sim *s = bl_open(classes, NULL);
    struct bl_part_row row;

    bl_clock(s, "c", 10, 0, NULL);
    bl_add(s, "a", "box", NULL, NULL);
    bl_add(s, "b", "box", NULL, NULL);
    ck_assert_int_eq(bl_set(s, "b.in", "every", "2", NULL), 0);
    ck_assert_int_eq(bl_set_price(s, &(struct bl_price){ .cls = "pusher", .item = "made", .value = 7 }, NULL), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    bl_run(s, 1000);
    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (strlen(row.path) > 1)
            continue;
        ck_assert(row.energy == 0);
        ck_assert_uint_eq((uint64_t)row.tree_energy, *row.path == 'a' ? 700 : 350);
    }
    bl_close(s);
}
END_TEST

/* A nested composite's own parameter, set from outside, is there when it builds. */
START_TEST(nested_composites)
{
    struct bl_sim *s = bl_open(classes, NULL);

    bl_clock(s, "c", 10, 0, NULL);
    bl_add(s, "a", "shelf", NULL, NULL);
    ck_assert_int_eq(bl_set(s, "a.rack", "pace", "5", NULL), 0);
    ck_assert_int_eq(bl_elaborate(s), 0);
    ck_assert_uint_eq(peek(s, "a.rack.in.every"), 5);
    bl_run(s, 1000);
    ck_assert_uint_eq(peek(s, "a.rack.in.made"), 20);
    bl_close(s);
}
END_TEST

Suite *suite_model(void);
Suite *suite_model(void)
{
    Suite *s = suite_create("model");
    TCase *tc = tcase_create("all");

    tcase_add_loop_test(tc, timed_nap, 0, 4);
    tcase_add_test(tc, wait_with_a_limit);
    tcase_add_test(tc, misuse_closes_traces);
    tcase_add_loop_test(tc, refused_classes, 0, 3);
    tcase_add_test(tc, refused_calls);
    tcase_add_test(tc, composites);
    tcase_add_test(tc, nested_composites);
    suite_add_tcase(s, tc);
    return s;
}

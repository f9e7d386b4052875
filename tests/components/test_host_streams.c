/* test_host_streams.c - the host with several images at once, against scripted units: which push goes out in which tick, credits, turns, the
 * setup, what streams and images are said to have taken; programs that do not fit what is wired. */
#include "components/host.h"
#include "tests/rigs/parts_rig.h"

static struct rig r;

/* Three units, three counters; nobody asks its memory for anything. */
#define UNITS "part h host; set h units 3; set h counts 3; part a take; part b take; part c take; part p put; part q put; part s put; part m give; set m lanes 3; set m bits 64;" \
              "part n take; wire h.go[0] a.x d4; wire h.go[1] b.x d4; wire h.go[2] c.x d4; wire p.q h.done[0]; wire q.q h.done[1]; wire s.q h.done[2]; wire m.x h.req d2;" \
              "wire h.rsp n.x d2"

static const struct bl_host_wait made[] = { { 0, 1, 1, 0, 1, 1, false }, { 1, 1, 1, 0, 1, 1, false }, { 2, 1, 1, 0, 1, 1, false } },
                                 credit = { 1, 1, 1, 2, 1, 1, true };
static const struct bl_host_push in = { 0, 1, 0, 3, &credit }, work[] = { { 1, 1, 10, 2, &made[0] }, { 1, 0, 20, 1, NULL } }, out = { 2, 1, 30, 3, &made[1] };
static const struct bl_host_stream streams[] = { { .push = &in, .npush = 1, .end = &made[0], .nend = 1, .bytes = 100, .layer = BL_HOST_NO_LAYER },
                                                 { .push = work, .npush = 2, .end = &made[1], .nend = 1, .config = 7, .layer = 0 },
                                                 { .push = &out, .npush = 1, .end = &made[2], .nend = 1, .layer = BL_HOST_NO_LAYER } };
static const struct bl_host_layer layer = { .kind = BL_HOST_COPY };
static const uint8_t images[3] = { 0 };
static const uint64_t counts[] = { 0, 1, 2, 3 };

static struct bl_host_program program_of(void)
{
    return (struct bl_host_program){ .nlayers = 1, .images = 3, .layer = &layer, .memory = 8, .sums = 1, .input_bytes = 1, .stream = streams, .nstreams = 3, .under_way = 3 };
}

static void begin(const struct bl_host_program *g, const uint64_t (*at)[4])
{
    rig_begin(&r, UNITS);
    rig_supply(&r, "h", "program", g, sizeof *g);
    rig_supply(&r, "h", "images", images, sizeof images);
    for (int k = 0; at && k < 3; k++) {
        static const char *const puts[] = { "p", "q", "s" };
        rig_items(&r, puts[k], counts, 4);
        rig_supply(&r, puts[k], "at", at[k], sizeof at[k]);
    }
}

/* It pauses whenever a stream has done an image; returns how often it did. */
static uint32_t to_the_end(void)
{
    uint32_t pauses = 0;

    for (rig_run(&r, 1000 * RIG_PERIOD); r.end == BL_END_PAUSED; rig_run(&r, 1000 * RIG_PERIOD))
        pauses++;
    return pauses;
}

static void pushed(const char *take, uint64_t n, const uint64_t (*want)[2])
{
    ck_assert_uint_eq(rig_count(&r, take), n);
    for (uint64_t i = 0; i < n; i++) {
        ck_assert_uint_eq(rig_edge(&r, take, i) - 1, want[i][0]);
        ck_assert_uint_eq(rig_item(&r, take, i)[0], want[i][1]);
    }
}

/* In a tick: what is done, then one push: of the stream that has begun, else of the lowest image, else of the lowest layer. Two images are in
 * before anybody has read the first; the third one waits for that. A count that moves in tick t is seen in t + 1. */
static const uint64_t moves[3][4] = { { 0, 5, 9, 30 }, { 0, 12, 20, 36 }, { 0, 16, 24, 40 } };

START_TEST(order)
{
    static const uint64_t a[][2] = { { 0, 0 }, { 1, 1 }, { 14, 2 } }, b[][2] = { { 6, 10 }, { 7, 20 }, { 10, 11 }, { 11, 20 }, { 31, 10 }, { 32, 20 } },
                          c[][2] = { { 13, 30 }, { 21, 31 }, { 37, 32 } };
    const struct bl_host_program g = program_of();

    begin(&g, moves);
    ck_assert_uint_ge(to_the_end(), 8);                /* the ninth ends it */
    ck_assert_int_eq(r.end, BL_END_STOPPED);
    pushed("a", 3, a);
    pushed("b", 6, b);
    pushed("c", 3, c);
    const struct bl_host_time *time = (const void *)rig_memory(&r, "h", "times");
    ck_assert(time[0].begun == 0 && time[0].ended == 17 && time[2].begun == 14 && time[2].ended == 41);
    ck_assert_uint_eq(rig_peek(&r, "h.ended"), 3);
    ck_assert_uint_eq(rig_peek(&r, "h.layer"), 0);     /* the last push was the way out's */
    ck_assert_uint_eq(rig_peek(&r, "h.buffer_most"), 200);
    ck_assert_uint_eq(rig_peek(&r, "h.in_flight"), 0);
    ck_assert_uint_eq(rig_peek(&r, "h.image_of[1]"), 65535);
    ck_assert_uint_eq(rig_peek(&r, "h.state_of[1]"), BL_HOST_NO_IMAGE);
    ck_assert_uint_eq(rig_peek(&r, "h.slots_of[0]"), 0);
    rig_end(&r);
}
END_TEST

/* In the middle of it a waveform shows who is at what. */
START_TEST(shown)
{
    const struct bl_host_program g = program_of();

    begin(&g, moves);
    for (rig_run(&r, 15 * RIG_PERIOD); r.end == BL_END_PAUSED; rig_run(&r, 15 * RIG_PERIOD))
        ;
    ck_assert_uint_eq(rig_peek(&r, "h.in_flight"), 3);
    ck_assert_uint_eq(rig_peek(&r, "h.image_of[0]"), 2);
    ck_assert_uint_eq(rig_peek(&r, "h.image_of[1]"), 1);
    ck_assert_uint_eq(rig_peek(&r, "h.image_of[2]"), 0);
    ck_assert_uint_eq(rig_peek(&r, "h.state_of[1]"), BL_HOST_RUN);
    ck_assert_uint_eq(rig_peek(&r, "h.slots_of[0]"), 2);
    ck_assert_uint_eq(rig_peek(&r, "h.buffer_bytes"), 200);
    rig_end(&r);
}
END_TEST

/* Each tick of a stream is of one state, and image 0 has its moments. */
START_TEST(account)
{
    const struct bl_host_program g = program_of();

    begin(&g, moves);
    to_the_end();
    const struct bl_host_at *at = (const void *)rig_memory(&r, "h", "streams");
    for (int k = 0; k < 3; k++) {
        uint64_t all = 0;
        for (int i = 0; i < BL_HOST_STATES; i++)
            all += at[k].spent[i];
        ck_assert_uint_eq(all, 41);
        ck_assert(at[k].begun == 3 && at[k].ended == 3 && at[k].full == 0);
    }
    /* In: at work 0 .. 9 and 14 .. 30, in between it has no slot, in tick 13 another one's turn comes first. */
    ck_assert_uint_eq(at[0].spent[BL_HOST_RUN], 10 + 17);
    ck_assert_uint_eq(at[0].spent[BL_HOST_NO_CREDIT], 13 - 10);
    ck_assert_uint_eq(at[0].spent[BL_HOST_TURN], 1);
    ck_assert_uint_eq(at[0].most, 2);
    ck_assert_uint_eq(at[1].spent[BL_HOST_RUN], 21 - 6 + 37 - 31);
    ck_assert(at[1].first[BL_HOST_BEGUN] == 6 && at[1].first[BL_HOST_ENDED] == 13 && at[1].first[BL_HOST_READ] == 13);
    rig_end(&r);
}
END_TEST

/* The setup comes first, its ticks count apart, and the first image is pushed in the tick that sees it done. */
START_TEST(setup_first)
{
    static const struct bl_host_push loads[] = { { 0, 0, 5, 1, NULL }, { 0, 0, 6, 1, NULL } };
    static const struct bl_host_wait loaded = { 2, 1, 1, 0, 0, 1, false };
    static const struct bl_host_stream setup = { .push = loads, .npush = 2, .end = &loaded, .nend = 1, .layer = BL_HOST_NO_LAYER };
    static const uint64_t at[3][4] = { { 0, 15, 19, 30 }, { 0, 22, 30, 46 }, { 0, 9, 60, 70 } }, a[][2] = { { 0, 5 }, { 1, 6 }, { 10, 0 }, { 11, 1 }, { 24, 2 } };
    struct bl_host_program g = program_of();

    g.setup = &setup;
    begin(&g, at);
    rig_ticks(&r, 3);
    to_the_end();
    ck_assert_uint_eq(rig_peek(&r, "h.setup_cycles"), 10);
    pushed("a", 5, a);
    const struct bl_host_time *time = (const void *)rig_memory(&r, "h", "times");
    ck_assert_uint_eq(time[0].begun, 0);
    rig_end(&r);
}
END_TEST

static const struct { struct bl_host_push push; struct bl_host_wait end; const char *says; } wrong[] = {
    { { 3, 0, 0, 1, NULL }, { 0, 1, 1, 0, 1, 1, false }, "f:2: h: stream 0 gives a job to go[3], which is not wired" },
    { { 0, 1, 0, 1, &(struct bl_host_wait){ 2, 2, 4, 0, 1, 1, true } }, { 0, 1, 1, 0, 1, 1, false }, "f:2: h: stream 0 waits for done[6], which is not wired" },
    { { 0, 0, 0, 1, NULL }, { 9, 1, 1, 0, 1, 1, false }, "f:2: h: stream 0 waits for done[9], which is not wired" },
};

START_TEST(refused)
{
    const struct bl_host_stream s = { .push = &wrong[_i].push, .npush = 1, .end = &wrong[_i].end, .nend = 1 };
    struct bl_host_program g = program_of();

    g.stream = &s;
    g.nstreams = 1;
    begin(&g, NULL);
    rig_refuses(&r, wrong[_i].says);
}
END_TEST

Suite *suite_host_streams(void);
Suite *suite_host_streams(void)
{
    Suite *s = suite_create("host_streams");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, order);
    tcase_add_test(tc, shown);
    tcase_add_test(tc, account);
    tcase_add_test(tc, setup_first);
    tcase_add_loop_test(tc, refused, 0, (int)(sizeof wrong / sizeof *wrong));
    suite_add_tcase(s, tc);
    return s;
}

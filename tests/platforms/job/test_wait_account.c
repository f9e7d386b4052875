/* test_wait_account.c - the wait account of the shipped platforms: who is starved of what, who is at the root; and that each declaration of a
 * class is needed: without it a named row says something else. */
#include "platforms/job/setup.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/undeclared.h"

enum { IMAGES = 1 };
static struct heard h;

static struct bl_setup *ran(const char *platform, const struct bl_class *const *classes)
{
    struct bl_setup_opts o = { .platform = platform, .classes = classes, .images = { strcmp(platform, "bf_imna_mesh") != 0, IMAGES } };
    struct bl_setup *u = bl_setup_open(&o, heard_start(&h));

    ck_assert_msg(u != NULL, "%s", h.text);
    ck_assert_int_eq(bl_setup_run(u, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    return u;
}

static struct bl_time_row times(struct bl_setup *u, const char *path)
{
    struct bl_time_row t;

    bl_time_at(u->sim, bl_part_find(u->sim, path), &t);
    return t;
}

static uint64_t fed(struct bl_setup *u, const char *path, const char *port)
{
    size_t part = bl_part_find(u->sim, path);

    for (size_t i = 0; i < bl_feed_rows(u->sim, part); i++) {
        struct bl_feed_row f;
        bl_feed_at(u->sim, part, i, &f);
        if (!strcmp(f.port, port))
            return f.spent;
    }
    return 0;
}

/* Time that somebody waited with this part and verdict at the root, fs; verdict NULL: all of them. */
static uint64_t blamed(struct bl_setup *u, const char *path, const char *verdict)
{
    size_t part = bl_part_find(u->sim, path);
    struct bl_part_row p;
    uint64_t fs = 0;

    bl_part_at(u->sim, part, &p);
    for (uint32_t i = 0; i < p.verdicts; i++) {
        struct bl_verdict_row v;
        bl_verdict_at(u->sim, part, i, &v);
        fs += !verdict || !strcmp(v.name, verdict) ? v.blamed_fs : 0;
    }
    return fs;
}

static uint64_t waited(struct bl_setup *u, const char *path, const char *cause, const char *peer)
{
    size_t part = bl_part_find(u->sim, path);
    uint64_t fs = 0;

    for (size_t i = 0; i < bl_wait_rows(u->sim, part); i++) {
        struct bl_wait_row w;
        bl_wait_at(u->sim, part, i, &w);
        fs += !strcmp(w.cause, cause) && !strcmp(w.peer, peer) ? w.fs : 0;
    }
    return fs;
}

/* ---- each adds up ---- */

static uint64_t period_of(struct bl_setup *u, const struct bl_part_row *p)
{
    for (size_t i = 0; p->in_cycles && i < bl_clock_count(u->sim); i++) {
        struct bl_clock_row c;
        bl_clock_at(u->sim, i, &c);
        if (!strcmp(c.name, p->clock))
            return c.period_fs;
    }
    return 1;
}

static const char *const platforms[] = { "osa_hcim", "imagine", "bf_imna", "bf_imna_mesh", "imc", "imc_analog" };
enum { PLATFORMS = sizeof platforms / sizeof *platforms };

START_TEST(all_time_has_a_name)
{
    struct bl_setup *u = ran(platforms[_i], NULL);
    struct bl_root_row none;
    uint64_t waits = 0, roots = 0, slack = 0;

    bl_roots(u->sim, &none);
    for (size_t i = 0; i < bl_part_count(u->sim); i++) {
        struct bl_part_row p;
        struct bl_time_row t;
        bl_part_at(u->sim, i, &p);
        bl_time_at(u->sim, i, &t);
        ck_assert_uint_eq(t.busy + t.own + t.waits + t.starved + t.not_started + t.finished + t.idle, p.elapsed);
        waits += (t.waits + t.starved) * period_of(u, &p);
        slack += period_of(u, &p);           /* of the cycle that the run ends in, a part may have used one fs or all */
        roots += blamed(u, p.path, NULL);
    }
    roots += none.in_flight + none.several;
    ck_assert_uint_eq(none.ring, 0);
    ck_assert_msg(roots <= waits + slack && waits <= roots + slack, "%s: waits %llu fs, roots %llu fs", platforms[_i], (unsigned long long)waits,
                  (unsigned long long)roots);
    ck_assert_msg(none.in_flight * 100 < roots, "%s: %llu fs of %llu are on their way", platforms[_i], (unsigned long long)none.in_flight,
                  (unsigned long long)roots);
    bl_setup_close(u);
}
END_TEST

/* Every class with an account of its own says what an idle part waits for, but for those that begin by themselves. */
START_TEST(every_class_says_its_feeds)
{
    static const char *const by_themselves[] = { "host", "imagine_host", "ap_chip", "db_pim_top", "gen", "clock_signal" };

    for (const struct bl_class *const *c = bl_classes; *c; c++) {
        bool feeds = false, known = !(*c)->tick && !(*c)->run && !(*c)->works;
        for (const struct bl_field *f = (*c)->fields; f && f->kind; f++)
            feeds |= f->kind == BL_KIND_FEED;
        for (size_t i = 0; i < sizeof by_themselves / sizeof *by_themselves; i++)
            known |= !strcmp((*c)->name, by_themselves[i]);
        ck_assert_msg(feeds != known, "class %s: %s", (*c)->name, feeds ? "begins by itself and has a feed" : "says no feed");
    }
}
END_TEST

/* IMAGINE waits for its DRAM: parts that are idle meanwhile are none of the reasons. The macro's parts work while a command of theirs stands. */
START_TEST(imagine_waits_for_its_memory)
{
    struct bl_setup *u = ran("imagine", NULL);

    ck_assert_uint_gt(blamed(u, "host", NULL) + blamed(u, "dram_port", NULL), 20 * blamed(u, "shift_reg", NULL));
    ck_assert_uint_eq(blamed(u, "store", "idle") + blamed(u, "dp_array", "idle") + blamed(u, "lmem", "idle"), 0);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_gt(times(u, (const char *const[]){ "dp_array", "mbiw", "dsci_adc" }[i]).busy, 0);
    bl_setup_close(u);
}
END_TEST

/* ---- a declaration taken away ---- */

START_TEST(without_a_feed)
{
    struct undeclared un;
    struct bl_setup *u = ran("osa_hcim", NULL), *v = ran("osa_hcim", undeclared(&un, "rw_io", BL_KIND_FEED, NULL, NULL));

    ck_assert_uint_gt(times(u, "rw_io").starved, 15000);
    ck_assert_uint_gt(fed(u, "rw_io", "w"), 15000);
    ck_assert_uint_eq(times(u, "rw_io").idle, 0);
    ck_assert_uint_eq(times(v, "rw_io").starved, 0);
    ck_assert_uint_eq(times(v, "rw_io").idle, times(u, "rw_io").starved);
    bl_setup_close(u);
    bl_setup_close(v);
}
END_TEST

/* mesh_router lists five inputs and five outputs: without them its waits end chains. */
START_TEST(without_ports_of_a_cause)
{
    struct undeclared un;
    struct bl_setup *u = ran("bf_imna_mesh", NULL), *v = ran("bf_imna_mesh", undeclared(&un, "mesh_router", BL_KIND_CAUSE, "NO_CREDIT", NULL));

    ck_assert_uint_gt(waited(u, "north[1]", "no_credit", "middle[1]"), 0);
    ck_assert_uint_eq(waited(v, "north[1]", "no_credit", "middle[1]"), 0);
    ck_assert_uint_eq(blamed(u, "north[1]", "no_credit"), 0);
    ck_assert_uint_gt(blamed(v, "north[1]", "no_credit"), 0);
    bl_setup_close(u);
    bl_setup_close(v);
}
END_TEST

/* cluster_ctrl hands steps to the chip: that is no work of its own. */
START_TEST(without_the_cause_of_a_busy_that_waits)
{
    struct undeclared un;
    struct bl_setup *u = ran("bf_imna", NULL), *v = ran("bf_imna", undeclared(&un, "cluster_ctrl", BL_KIND_CAUSE, "COMPUTING", NULL));

    ck_assert_uint_lt(times(u, "ctrl").busy * 100, times(u, "ctrl").waits);
    ck_assert_uint_eq(times(u, "ctrl").own, 0);
    ck_assert_uint_gt(times(v, "ctrl").own, 9 * times(v, "ctrl").waits);
    ck_assert_uint_gt(blamed(u, "chip", "busy"), 10 * blamed(v, "chip", "busy"));
    bl_setup_close(u);
    bl_setup_close(v);
}
END_TEST

Suite *suite_wait_account(void);
Suite *suite_wait_account(void)
{
    Suite *s = suite_create("wait_account");
    TCase *c = tcase_create("platforms"), *d = tcase_create("declarations");

    tcase_add_loop_test(c, all_time_has_a_name, 0, PLATFORMS);
    tcase_add_test(c, every_class_says_its_feeds);
    tcase_add_test(c, imagine_waits_for_its_memory);
    tcase_add_test(d, without_a_feed);
    tcase_add_test(d, without_ports_of_a_cause);
    tcase_add_test(d, without_the_cause_of_a_busy_that_waits);
    suite_add_tcase(s, c);
    suite_add_tcase(s, d);
    return s;
}

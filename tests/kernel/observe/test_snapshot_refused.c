/* test_snapshot_refused.c - what snapshot.c refuses to put back: state of another platform or with other settings, what was cut or
 * flipped, and asking at the wrong time. What is refused changes nothing. */
#include "tests/rigs/kparts.h"
#include "traces/traces.h"

#include <unistd.h>

static struct kp_told told;

/* ---- fed: has data, sleeps ---- */

struct fed { struct bl_part p; bl_table a, b; };
static bl_verdict fed_tick(void *self) { return self ? BL_NAP(BL_IDLE) : BL_IDLE; }
static const struct bl_field fed_fields[] = { BL_DATA(struct fed, a, char, "bytes"), BL_DATA(struct fed, b, char, "bytes"), { 0 } };
static const struct bl_class fed_class = { .name = "fed", .help = "has data", .size = sizeof(struct fed), .tick = fed_tick,
                                           .fields = fed_fields };
static const struct bl_class *const fed_classes[] = { &fed_class, &kp_gen_class, &kp_sink_class, NULL };

static const char *const platforms[] = {
    "clock c 10 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 20 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 10 1; part g gen; part k sink; wire g.x k.x d4",
    "clock d 10 0; part g gen; part k sink; wire g.x k.x d4",
    "clock c 10 0; part h gen; part k sink; wire h.x k.x d4",
    "clock c 10 0; part g gen; part k sink; wire g.x k.x d3",
    "clock c 10 0; part g gen; part k sink; wire g.x k.x p",
    "clock c 10 0; part g gen; part k sink; set k every 2; wire g.x k.x d4",
    "clock c 10 0; part g gen; part k sink; set g bits 15; set k bits 15; wire g.x k.x d4",
    "clock c 10 0; part g gen; part k sink; part q put; wire g.x k.x d4",
};

static struct bl_sim *small(const char *script)
{
    struct bl_sim *s = bl_open(kp_classes, kp_listen(&told));

    kp_ok(kp_script(s, script));
    return s;
}

/* Puts `b` back into s, which has run: refused with `says`, and s is as it was. */
static void refused(struct bl_sim *s, const void *b, size_t n, const char *says)
{
    size_t m;
    void *before = kp_saved(&told, s, &m), *after;

    kp_listen(&told);
    ck_assert_int_eq(bl_restore(s, b, n), -1);
    ck_assert_msg(strstr(told.text, says) != NULL, "%s", told.text);
    after = kp_saved(&told, s, &m);
    ck_assert(!memcmp(before, after, m));
    free(before);
    free(after);
}

START_TEST(other_platforms)
{
    struct bl_sim *a = small(platforms[0]), *b = small(platforms[_i]);
    size_t n;

    kp_ok(bl_elaborate(a));
    kp_ok(bl_elaborate(b));
    bl_run(a, 100);
    void *then = kp_saved(&told, a, &n);
    bl_run(b, 55);
    if (_i)
        refused(b, then, n, "is of another platform");
    else
        ck_assert_int_eq(bl_restore(b, then, n), 0);
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

static int price(struct bl_sim *s, uint64_t yj)
{
    return bl_set_price(s, &(struct bl_price){ .cls = "gen", .item = "sent", .value = yj, .tag = BL_FREE, .source = "test" }, NULL);
}

START_TEST(other_settings)
{
    static const char data[8] = "abcdefg";
    static const char *const script = "clock c 10 0; part f fed; part g gen; part k sink; wire g.x k.x d4";
    struct bl_sim *a = bl_open(fed_classes, kp_listen(&told)), *b = bl_open(fed_classes, &told.diag);
    static const char other[8] = "ABCDEFG";
    size_t n;

    kp_ok(kp_script(a, script));
    kp_ok(kp_script(b, script));
    kp_ok(price(a, 7));
    kp_ok(price(b, _i == 1 ? 8 : 7));
    bl_seed(b, _i == 2 ? 5 : 1);
    bl_option(b, BL_SHUFFLE, _i == 3 ? 5 : 0);
    bl_option(b, BL_NO_NAP, _i == 4);
    kp_ok(bl_supply(a, "f", "a", data, 4));
    kp_ok(bl_supply(b, "f", "a", other, _i == 5 ? 5 : 4));
    if (_i == 6)
        kp_ok(bl_supply(b, "f", "b", data, 4));
    kp_ok(bl_elaborate(a));
    kp_ok(bl_elaborate(b));
    bl_run(a, 100);
    void *then = kp_saved(&told, a, &n);
    bl_run(b, 55);
    if (_i)
        refused(b, then, n, "is of another platform");
    else
        ck_assert_int_eq(bl_restore(b, then, n), 0);
    ck_assert_ptr_eq(((const struct fed *)bl_part_of(b, "f"))->a.at, other);     /* its own, whatever is put back */
    free(then);
    bl_close(a);
    bl_close(b);
}
END_TEST

/* Every length but the right one, and every flipped byte of the head. State itself is guarded by who keeps it. */
START_TEST(cut_or_flipped)
{
    struct bl_sim *s = small(platforms[0]);
    size_t n;

    kp_ok(bl_elaborate(s));
    bl_run(s, 100);
    unsigned char *then = kp_saved(&told, s, &n), *larger = malloc(n + 1);
    bl_run(s, 200);
    for (size_t k = 0; k < n; k += k < 100 ? 1 : 97)
        refused(s, then, k, k < 80 ? "are no snapshot" : "it is cut");
    memcpy(larger, then, n);
    larger[n] = 0;
    refused(s, larger, n + 1, "it is cut, or something stands behind it");
    for (size_t k = 0; k < 80; k++) {
        then[k] ^= 0x10;
        refused(s, then, n, "are no snapshot");
        then[k] ^= 0x10;
    }
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    ck_assert_uint_eq(bl_now(s), 100);
    free(larger);
    free(then);
    bl_close(s);
}
END_TEST

/* nosy: looks for trouble in its tick. */
static struct bl_sim *nosy_sim;
static int nosy_results[2];
static unsigned char nosy_bytes[1 << 16];
struct nosy { struct bl_part p; };

static bl_verdict nosy_tick(void *self)
{
    nosy_results[0] = bl_save(nosy_sim, nosy_bytes, sizeof nosy_bytes);
    nosy_results[1] = bl_restore(nosy_sim, nosy_bytes, sizeof nosy_bytes);
    bl_stop(self);
    return BL_BUSY;
}
static const struct bl_class nosy_class = { .name = "nosy", .help = "saves at work", .size = sizeof(struct nosy), .tick = nosy_tick };

START_TEST(only_between_times)
{
    static const struct bl_class *const classes[] = { &nosy_class, NULL };
    struct bl_sim *s = nosy_sim = bl_open(classes, kp_listen(&told));

    kp_ok(kp_script(s, "clock c 10 0; part n nosy"));
    ck_assert_int_eq(bl_save(s, nosy_bytes, sizeof nosy_bytes), -1);
    ck_assert_int_eq(bl_restore(s, nosy_bytes, sizeof nosy_bytes), -1);
    kp_ok(bl_elaborate(s));
    ck_assert_int_eq(bl_save(s, nosy_bytes, bl_save_bytes(s) - 1), -1);
    ck_assert_int_eq(bl_run(s, BL_FOREVER), BL_END_STOPPED);
    ck_assert_int_eq(nosy_results[0], -1);
    ck_assert_int_eq(nosy_results[1], -1);
    ck_assert_msg(strstr(told.text, "before elaboration; there is no state") && strstr(told.text, "put back before elaboration") &&
                  strstr(told.text, "ask bl_save_bytes") && strstr(told.text, "in the middle of a time") &&
                  strstr(told.text, "in the middle of a run"), "%s", told.text);
    ck_assert_int_eq(bl_save(s, nosy_bytes, sizeof nosy_bytes), 0);
    bl_close(s);
}
END_TEST

START_TEST(not_under_an_open_trace)
{
    struct bl_sim *s = small(platforms[0]);
    const char *dir = getenv("BL_TMP");
    char path[512];
    size_t n;

    snprintf(path, sizeof path, "%s/snap%ld.open.vcd", dir ? dir : "/tmp", (long)getpid());
    kp_ok(bl_elaborate(s));
    struct bl_trace *t = bl_trace_begin(s, bl_wave_writer(path), path, &(struct bl_trace_opts){ .from_fs = 0 }, NULL);
    bl_run(s, 100);
    void *then = kp_saved(&told, s, &n);
    bl_run(s, 200);
    refused(s, then, n, "a trace is open");
    ck_assert_int_eq(bl_trace_end(s, t), 0);
    ck_assert_int_eq(bl_restore(s, then, n), 0);
    free(then);
    remove(path);
    bl_close(s);
}
END_TEST

/* Else the chain would mix two runs. */
START_TEST(not_while_causes_are_recorded)
{
    struct bl_sim *s = small(platforms[0]), *r = small(platforms[0]);
    size_t n;

    kp_ok(bl_elaborate(s));
    kp_ok(bl_elaborate(r));
    bl_run(s, 100);
    void *then = kp_saved(&told, s, &n);
    kp_ok(bl_why(r, "k.x", NULL));
    refused(r, then, n, "while causes are recorded");
    bl_run(r, 100);
    ck_assert(bl_state_equal(s, r));
    free(then);
    bl_close(s);
    bl_close(r);
}
END_TEST

Suite *suite_snapshot_refused(void);
Suite *suite_snapshot_refused(void)
{
    Suite *s = suite_create("snapshot_refused");
    TCase *c = tcase_create("snapshot_refused");

    tcase_add_loop_test(c, other_platforms, 0, sizeof platforms / sizeof *platforms);
    tcase_add_loop_test(c, other_settings, 0, 7);
    tcase_add_test(c, cut_or_flipped);
    tcase_add_test(c, only_between_times);
    tcase_add_test(c, not_under_an_open_trace);
    tcase_add_test(c, not_while_causes_are_recorded);
    suite_add_tcase(s, c);
    return s;
}

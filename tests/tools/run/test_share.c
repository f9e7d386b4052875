/* test_share.c - images shared among processes: the account, the result, messages and tensors are those of one process, to the last bit,
 * on every platform; also when an image fails, or the time ends; a process that is killed, and what it was at. */
#include "kernel/model.h"
#include "tests/rigs/net_rig.h"
#include "tests/rigs/numbers.h"
#include "tools/run/share.h"

#include <signal.h>
#include <sys/wait.h>

Suite *suite_share(void);

/* ---- a part that makes one image another one ---- */

enum how { NOTHING, KILLED, FAILED };
struct bomb { struct bl_part p; int64_t image, how; };

static bl_verdict bomb_tick(void *self)
{
    struct bomb *t = self;

    if ((int64_t)bl_stream(t) != t->image || bl_cycle(t) < 1000)
        return BL_BUSY;
    if (t->how == KILLED)
        raise(SIGKILL);
    if (t->how == FAILED && bl_cycle(t) == 1000)
        bl_fail(t, "image %llu is not wanted", (unsigned long long)bl_stream(t));
    return BL_BUSY;
}

#define T struct bomb
static const struct bl_field bomb_fields[] = {
    BL_PARAM(T, image, 0, 0, 1000, "which image"), BL_PARAM(T, how, 0, 0, 9, "what happens"), { 0 }
};
static const struct bl_class bomb_class = { .name = "bomb", .help = "spoils an image", .size = sizeof(T), .tick = bomb_tick, .fields = bomb_fields };
#undef T

static const struct bl_class *classes[1000];

static void find_classes(void)
{
    size_t n = 0;

    while (bl_classes[n] && n < 998) {
        classes[n] = bl_classes[n];
        n++;
    }
    classes[n] = &bomb_class;
}

/* ---- runs ---- */

static const struct { const char *name, *set[3]; size_t nsets; } platforms[] = {
    { "osa_hcim", { "adc.noise=0.5" }, 1 }, { "imagine", { "dsci_adc.noise=0.002" }, 1 }, { "bf_imna", { NULL }, 0 }, { "imc", { "macros=4" }, 1 },
    { "imc_buffer", { "banks=2" }, 1 }, { "imc_analog", { "adc_bits=6" }, 1 },
};

struct outcome {
    enum bl_end end;
    uint32_t images, lost;
    struct numbers account;
    struct bl_result r;
    struct bl_layer_result layer[16];
    char said[8192], dump[100000];
};

static volatile sig_atomic_t interrupted;

static void comes(void *ctx, uint32_t next) { (void)ctx, (void)next; }

static void dumped(const struct bl_setup *u, struct outcome *x)
{
    static const char *const kind[] = { "in", "out", "want" };
    char path[512], file[540];
    size_t n = 0;

    if (!u->o.dump)
        return;
    ck_assert_int_eq(bl_job_dump(u->job, scratch(path, "share"), NULL), 0);
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s.%s.txt", path, kind[i]);
        FILE *f = fopen(file, "r");
        ck_assert_ptr_nonnull(f);
        n += fread(x->dump + n, 1, sizeof x->dump - n, f);
        fclose(f);
    }
    ck_assert_uint_gt(n, 100);
}

static void run(const struct bl_setup_opts *o, uint32_t workers, uint64_t until, struct outcome *x)
{
    struct heard h;
    struct bl_setup *u = bl_setup_open(o, heard_start(&h));

    *x = (struct outcome){ .end = BL_END_FAILED };
    ck_assert_msg(u != NULL, "%s", h.text);
    struct bl_share share = { .u = u, .workers = workers, .until = until, .diag = &h.diag, .comes = comes, .interrupted = &interrupted };
    x->end = workers ? bl_share_run(&share) : bl_setup_run(u, until, NULL, NULL);
    x->lost = share.lost;
    x->r = *bl_job_result(u->job);
    x->images = x->r.images;
    memcpy(x->layer, x->r.layers, x->r.nlayers * sizeof *x->layer);
    for (uint32_t i = 0; i < x->r.nlayers; i++)
        x->layer[i].name = x->layer[i].kind = NULL;
    x->r.layers = NULL;
    x->r.figures = NULL;
    numbers_of(u->sim, &x->account, false);
    snprintf(x->said, sizeof x->said, "%s", h.text);
    dumped(u, x);
    bl_setup_close(u);
}

/* Field by field: what is between the fields is anybody's. NAN is equal to itself. */
#define SAME(f) (!memcmp(&a->f, &b->f, sizeof a->f))
static bool same_layer(const struct bl_layer_result *a, const struct bl_layer_result *b)
{
    return SAME(in_c) && SAME(in_h) && SAME(in_w) && SAME(out_c) && SAME(out_h) && SAME(out_w) && SAME(kh) && SAME(kw) && SAME(stride) && SAME(groups) &&
           SAME(on_array) && SAME(macs) && SAME(tiles) && SAME(ops) && SAME(cycles) && SAME(load_cycles) && SAME(outputs) && SAME(mismatches) &&
           SAME(max_abs_err) && SAME(utilisation) && SAME(signal) && SAME(error) && SAME(energy);
}

static bool same_result(const struct bl_result *a, const struct bl_result *b)
{
    return SAME(images) && SAME(has_labels) && SAME(correct) && SAME(reference_correct) && SAME(agree) && SAME(metric) && SAME(top5) &&
           SAME(reference_top5) && SAME(mse) && SAME(reference_mse) && SAME(auc) && SAME(reference_auc) && SAME(last) && SAME(outputs) &&
           SAME(mismatches) && SAME(snr_db) && SAME(first.any) && SAME(first.image) && SAME(first.layer) && SAME(first.c) && SAME(first.y) &&
           SAME(first.x) && SAME(first.got) && SAME(first.wanted) && SAME(cycles_min) && SAME(cycles_median) && SAME(cycles_max) && SAME(macs) &&
           SAME(ops) && SAME(nlayers) && SAME(nfigures) && SAME(approximate);
}

static void same(const struct outcome *a, const struct outcome *b, const char *name, uint32_t workers)
{
    ck_assert_msg(a->end == b->end && a->images == b->images, "%s, %u processes: ended %d with %u images, %d with %u", name, workers, a->end, a->images, b->end,
                  b->images);
    ck_assert_uint_eq(a->account.n, b->account.n);
    for (size_t i = 0; i < a->account.n; i++)
        ck_assert_msg(a->account.v[i] == b->account.v[i], "%s, %u processes: number %zu is %llu and %llu", name, workers, i,
                      (unsigned long long)a->account.v[i], (unsigned long long)b->account.v[i]);
    ck_assert_msg(same_result(&a->r, &b->r), "%s, %u processes: result", name, workers);
    for (uint32_t i = 0; i < a->r.nlayers; i++)
        ck_assert_msg(same_layer(&a->layer[i], &b->layer[i]), "%s, %u processes: layer %u", name, workers, i);
    ck_assert_str_eq(a->said, b->said);
    ck_assert_str_eq(a->dump, b->dump);
}

START_TEST(the_account_of_one_process)
{
    static struct outcome one, several;
    struct bl_setup_opts o = { .platform = platforms[_i].name, .set = { platforms[_i].set, platforms[_i].nsets }, .images = { true, 3 },
                               .first = { true, 1 }, .dump = "conv2" };

    run(&o, 0, BL_FOREVER, &one);
    ck_assert_int_eq(one.end, BL_END_STOPPED);
    for (uint32_t workers = 1; workers <= 7; workers += workers + 1) {             /* 1, 3, 7: more than there are images */
        run(&o, workers, BL_FOREVER, &several);
        same(&one, &several, platforms[_i].name, workers);
    }
}
END_TEST

/* At the start, in an image, at its very end, behind everything. */
START_TEST(until_a_time)
{
    static const uint64_t until[] = { 1, 30000000000, 48430000000, 48430000001, 72645000000, 72645000001, 900000000000 };
    static const uint32_t images[] = { 0, 1, 2, 2, 3, 3, 3 };
    static struct outcome one, several;
    struct bl_setup_opts o = { .platform = "imc", .images = { true, 3 } };

    for (int i = 0; i < COUNT(until); i++) {
        run(&o, 0, until[i], &one);
        ck_assert_uint_eq(one.images, images[i]);
        ck_assert_int_eq(one.end, images[i] == 3 ? BL_END_STOPPED : BL_END_LIMIT);
        run(&o, 2, until[i], &several);
        same(&one, &several, "imc", 2);
    }
}
END_TEST

/* ---- images that end otherwise ---- */

static char bombed[20000];

static struct bl_setup_opts with_a_bomb(const char *const set[2])
{
    FILE *f = fopen("platforms/imc/imc.yaml", "r");
    struct bl_setup_opts o = { .platform = "platforms/imc/imc.yaml", .platform_text = bombed, .images = { true, 4 }, .classes = classes, .set = { set, 2 } };

    find_classes();
    ck_assert_ptr_nonnull(f);
    size_t n = fread(bombed, 1, sizeof bombed - 200, f);
    fclose(f);
    bombed[n] = 0;
    char *at = strstr(bombed, "parts:\n");
    ck_assert_ptr_nonnull(at);
    at += strlen("parts:\n");
    static const char line[] = "  bomb: { class: bomb }\n";
    memmove(at + strlen(line), at, strlen(at) + 1);
    memcpy(at, line, strlen(line));
    o.platform_bytes = strlen(bombed);
    return o;
}

START_TEST(an_image_that_fails)
{
    static struct outcome one, several;
    static const char *const set[2] = { "bomb.image=2", "bomb.how=2" };
    struct bl_setup_opts o = with_a_bomb(set);

    run(&o, 0, BL_FOREVER, &one);
    ck_assert_int_eq(one.end, BL_END_FAILED);
    ck_assert_uint_eq(one.images, 2);
    ck_assert_msg(strstr(one.said, "bomb, at 53430 ns: image 2 is not wanted"), "%s", one.said);
    for (uint32_t workers = 1; workers <= 4; workers++) {
        run(&o, workers, BL_FOREVER, &several);
        same(&one, &several, "imc", workers);
    }
}
END_TEST

/* The image is lost, the others are not; who was at it is said. */
START_TEST(a_process_that_is_killed)
{
    static struct outcome one, rest, several;
    static const char *const set[2] = { "bomb.image=1", "bomb.how=1" }, *const none[2] = { "bomb.image=1", "bomb.how=0" };
    struct bl_setup_opts o = with_a_bomb(none), p = o;
    uint64_t v;

    o.images.v = 1;
    run(&o, 0, BL_FOREVER, &one);
    p.images.v = 2;
    p.first = (struct bl_whole){ true, 2 };
    run(&p, 0, BL_FOREVER, &rest);
    o = with_a_bomb(set);
    for (uint32_t workers = 1; workers <= 3; workers++) {
        run(&o, workers, BL_FOREVER, &several);
        ck_assert_uint_eq(several.lost, 1);
        ck_assert_uint_eq(several.images, 3);
        ck_assert_msg(strstr(several.said, "was ended by signal 9 (Killed) at image 1; the report has the other images"), "%s", several.said);
        for (size_t i = 0; i < several.account.n; i++) {
            v = one.account.v[i] + rest.account.v[i];
            ck_assert_uint_eq(several.account.v[i], v);
        }
    }
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ck_abort_msg("a process was left");
}
END_TEST

START_TEST(interrupted_by_a_signal)
{
    static struct outcome x;
    struct bl_setup_opts o = { .platform = "imc", .images = { true, 3 } };

    interrupted = 1;
    run(&o, 2, BL_FOREVER, &x);
    interrupted = 0;
    ck_assert_int_eq(x.end, BL_END_INTERRUPTED);
    ck_assert_uint_eq(x.images, 0);
}
END_TEST

Suite *suite_share(void)
{
    Suite *s = suite_create("share");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 600);
    tcase_add_loop_test(tc, the_account_of_one_process, 0, COUNT(platforms));
    tcase_add_test(tc, until_a_time);
    tcase_add_test(tc, an_image_that_fails);
    tcase_add_test(tc, a_process_that_is_killed);
    tcase_add_test(tc, interrupted_by_a_signal);
    suite_add_tcase(s, tc);
    return s;
}

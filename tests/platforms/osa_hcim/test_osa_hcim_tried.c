/* test_osa_hcim_tried.c - what a search keeps of its tries, for whom, and what it makes of files that are not its own; then a calibration
 * that was ended and goes on. */
#include <sys/wait.h>
#include <unistd.h>

#include "platforms/file/io.h"
#include "platforms/job/setup.h"
#include "platforms/osa_hcim/tried.h"
#include "tests/rigs/net_rig.h"

Suite *suite_osa_hcim_tried(void);

struct one { struct heard h; struct bl_setup *u; char path[512], kept[520]; const char *sets[1]; double limits[2]; struct bl_calibrate_opts o; };

static void open_one(struct one *x, const char *set, unsigned long long images, double limit)
{
    x->sets[0] = set;
    x->u = bl_setup_platform(&(struct bl_setup_opts){ .platform = OSA, .images = { true, images }, .set = { x->sets, set != NULL } },
                             heard_start(&x->h));
    ck_assert_msg(x->u && bl_setup_net(x->u) == 0, "%s", x->h.text);
    x->limits[0] = 0.01;
    x->limits[1] = limit;
    x->o = (struct bl_calibrate_opts){ .setup = x->u, .loss = x->limits, .nloss = 2, .output = scratch(x->path, "tried.yaml") };
    snprintf(x->kept, sizeof x->kept, "%s.tried", x->path);
}

static struct osa_tried *open_list(struct one *x)
{
    struct osa_tried *list;

    ck_assert_msg(osa_tried_open(&list, &x->o, 2, &x->h.diag) == 0, "%s", x->h.text);
    ck_assert_ptr_nonnull(list);
    return list;
}

/* Tries (10, 0) .. (10, n-1), of loss 1/3, 1/4, ... */
static void fill(struct one *x, int n)
{
    struct osa_tried *list = open_list(x);

    for (int i = 0; i < n; i++)
        ck_assert_int_eq(osa_tried_add(list, (const int32_t[]){ 10, i }, 1.0 / (3 + i), &x->h.diag), 0);
    osa_tried_close(list, false);
}

static int known(struct one *x, int n)
{
    struct osa_tried *list = open_list(x);
    int found = 0;

    for (int i = 0; i < n; i++) {
        double v = -1;
        bool has = osa_tried_find(list, (const int32_t[]){ 10, i }, &v);
        ck_assert(!has || v == 1.0 / (3 + i));
        found += has;
    }
    ck_assert(!osa_tried_find(list, (const int32_t[]){ 11, 0 }, &(double){ 0 }));
    osa_tried_close(list, false);
    return found;
}

/* Another limit, other images or another setting are another search. */
START_TEST(for_whom)
{
    static const struct { const char *set; unsigned long long images; double limit; bool same; } rows[] = {
        { NULL, 3, 0.02, true }, { NULL, 4, 0.02, false }, { NULL, 3, 0.021, false }, { "controller.s=3", 3, 0.02, false } };

    for (size_t r = 0; r < COUNT(rows); r++) {
        struct one x, y;
        open_one(&x, NULL, 3, 0.02);
        remove(x.kept);
        fill(&x, 5);
        ck_assert_int_eq(known(&x, 5), 5);
        ck_assert_ptr_nonnull(strstr(x.h.text, "goes on from 5 thresholds that were tried before"));
        open_one(&y, rows[r].set, rows[r].images, rows[r].limit);
        ck_assert_int_eq(known(&y, 5), rows[r].same ? 5 : 0);
        bl_setup_close(x.u);
        bl_setup_close(y.u);
    }
}
END_TEST

static void write_text(const char *path, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "w");

    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    ck_assert_int_eq(fclose(f), 0);
}

/* Cut anywhere, it gives the tries that are whole, and never another one. */
START_TEST(cut_anywhere)
{
    struct one x;
    size_t n;

    open_one(&x, NULL, 3, 0.02);
    remove(x.kept);
    fill(&x, 3);
    char *text = bl_read_all(x.kept, &n, &x.h.diag);
    for (size_t cut = n; cut-- > 40;) {
        write_text(x.kept, text, cut);
        int lines = 0;
        for (size_t i = 0; i < cut; i++)
            lines += text[i] == '\n';
        ck_assert_int_eq(known(&x, 3), lines > 0 ? lines - 1 : 0);
    }
    free(text);
    remove(x.kept);
    bl_setup_close(x.u);
}
END_TEST

START_TEST(not_its_own)
{
    struct one x;
    struct osa_tried *list;

    open_one(&x, NULL, 3, 0.02);
    write_text(x.kept, "my notes\n", 9);
    ck_assert_int_lt(osa_tried_open(&list, &x.o, 2, &x.h.diag), 0);
    ck_assert_ptr_nonnull(strstr(x.h.text, "tried.yaml.tried: this file is in the way of what has been tried, and no earlier calibration has made it; "
                                           "give -o another name"));
    osa_tried_close(list, false);
    ck_assert_int_eq(access(x.kept, F_OK), 0);
    remove(x.kept);
    bl_setup_close(x.u);
}
END_TEST

/* Nets and images in memory have no name to know them again by. */
START_TEST(in_memory)
{
    struct one x;
    struct osa_tried *list;

    open_one(&x, NULL, 3, 0.02);
    x.u->o.own_net = x.u->net;
    ck_assert_int_eq(osa_tried_open(&list, &x.o, 2, &x.h.diag), 0);
    ck_assert_ptr_null(list);
    ck_assert_int_eq(osa_tried_add(list, (const int32_t[]){ 1, 0 }, 1, &x.h.diag), 0);
    ck_assert(!osa_tried_find(list, (const int32_t[]){ 1, 0 }, &(double){ 0 }));
    bl_setup_close(x.u);
}
END_TEST

/* ---- a calibration that was ended ---- */

struct ender { int left; unsigned told; };

/* A process ends in its search. */
static void end_it(void *ctx, const char *what)
{
    struct ender *e = ctx;

    ck_assert_ptr_nonnull(strstr(what, "thresholds "));
    e->told++;
    if (e->left && !--e->left)
        _exit(7);
}

static char *calibrate(const char *path, int left, struct heard *h)
{
    struct ender e = { left, 0 };
    static const double limit[] = { 0.02 };
    struct bl_setup *u = bl_setup_platform(&(struct bl_setup_opts){ .platform = OSA, .images = { true, 1 } }, heard_start(h));
    size_t n;

    ck_assert_int_eq(bl_setup_net(u), 0);
    ck_assert_int_eq(u->mapper->calibrate(&(struct bl_calibrate_opts){ .setup = u, .loss = limit, .nloss = 1, .output = path, .trying = end_it,
                                                                       .trying_ctx = &e }, &h->diag), 0);
    ck_assert_uint_gt(e.told, 5);
    bl_setup_close(u);
    return bl_read_all(path, &n, &h->diag);
}

START_TEST(goes_on)
{
    char path[512], kept[520];
    struct heard h;

    snprintf(kept, sizeof kept, "%s.tried", scratch(path, "ended.yaml"));
    remove(kept);
    pid_t child = fork();
    if (!child) {
        calibrate(path, 9, &h);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    ck_assert_int_eq(access(kept, F_OK), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    char *after = calibrate(path, 0, &h);
    ck_assert_ptr_nonnull(strstr(h.text, "goes on from 8 thresholds that were tried before"));
    ck_assert_int_ne(access(kept, F_OK), 0);                   /* over */
    remove(path);
    char *fresh = calibrate(path, 0, &h);
    ck_assert_ptr_null(strstr(h.text, "goes on"));
    ck_assert_str_eq(after, fresh);
    free(after);
    free(fresh);
    remove(path);
}
END_TEST

Suite *suite_osa_hcim_tried(void)
{
    Suite *s = suite_create("osa_hcim_tried");
    TCase *t = tcase_create("tried");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, for_whom);
    tcase_add_test(t, cut_anywhere);
    tcase_add_test(t, not_its_own);
    tcase_add_test(t, in_memory);
    tcase_add_test(t, goes_on);
    suite_add_tcase(s, t);
    return s;
}

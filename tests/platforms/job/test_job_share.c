/* test_job_share.c - images run alone, in another order and in another job, and added up in order: the job of one run. */
#include "platforms/job/job_share.h"
#include "tests/rigs/net_rig.h"
#include "tests/rigs/numbers.h"

Suite *suite_job_share(void);

enum { IMAGES = 3 };

static struct bl_setup *opened(struct heard *h)
{
    static const char *const set[] = { "adc.noise=0.5" };
    struct bl_setup *u = bl_setup_open(&(struct bl_setup_opts){ .platform = "osa_hcim", .set = { set, 1 }, .images = { true, IMAGES } }, heard_start(h));

    ck_assert_msg(u != NULL, "%s", h->text);
    return u;
}

START_TEST(in_any_order)
{
    struct heard h, i;
    struct bl_setup *whole = opened(&h), *alone = opened(&h), *sum = opened(&i);
    static struct numbers a, b;
    void *bytes[IMAGES];

    ck_assert_int_eq(bl_setup_run(whole, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    for (uint32_t k = IMAGES; k-- > 0;) {
        ck_assert_int_eq(bl_job_alone(alone->job, alone->sim, k), BL_END_PAUSED);
        bytes[k] = malloc(bl_job_share_bytes(alone->job, alone->sim));
        bl_job_share(alone->job, alone->sim, bytes[k]);
    }
    for (uint32_t k = 0; k < IMAGES; k++) {
        if (k == 1) {                                        /* this one by itself */
            ck_assert_int_eq(bl_job_from(sum->job, sum->sim, 1, NULL), 0);
            ck_assert_int_eq(bl_job_image(sum->job, sum->sim, BL_FOREVER), BL_END_PAUSED);
        } else {
            ck_assert_int_eq(bl_job_join(sum->job, sum->sim, k, bytes[k]), 0);
        }
        free(bytes[k]);
    }
    bl_job_joined(sum->job, sum->sim);
    ck_assert_int_eq(bl_setup_run(sum, BL_FOREVER, NULL, NULL), BL_END_STOPPED);      /* there is no more to do */
    numbers_of(whole->sim, &a, false);
    numbers_of(sum->sim, &b, false);
    for (size_t n = 0; n < a.n; n++)
        ck_assert_uint_eq(a.v[n], b.v[n]);
    const struct bl_result *x = bl_job_result(whole->job), *y = bl_job_result(sum->job);
    ck_assert(x->images == y->images && x->correct == y->correct && x->macs == y->macs && x->cycles_median == y->cycles_median);
    ck_assert(!memcmp(&x->snr_db, &y->snr_db, sizeof x->snr_db));
    ck_assert_uint_eq(x->nfigures, y->nfigures);
    for (size_t k = 0; k < x->nfigures; k++)
        ck_assert(x->figures[k].value == y->figures[k].value);
    bl_setup_close(whole);
    bl_setup_close(alone);
    bl_setup_close(sum);
}
END_TEST

Suite *suite_job_share(void)
{
    Suite *s = suite_create("job_share");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, in_any_order);
    suite_add_tcase(s, tc);
    return s;
}

/* test_job_save.c - a job saved with its simulation, in the middle of images and layers, and put back into another one:
 * the same result; what is of another job is refused. */
#include "tests/rigs/net_rig.h"

Suite *suite_job_save(void);

/* Every figure of a result as text; to be freed. */
static char *figures(const struct bl_result *r)
{
    char *text = NULL, e[40];
    size_t n;
    FILE *f = open_memstream(&text, &n);

    fprintf(f, "%u %u %u %u %llu %llu %a %d %llu %llu %llu %llu %llu\n", r->images, r->correct, r->reference_correct, r->agree,
            (unsigned long long)r->outputs, (unsigned long long)r->mismatches, r->snr_db, r->first.any, (unsigned long long)r->cycles_min,
            (unsigned long long)r->cycles_median, (unsigned long long)r->cycles_max, (unsigned long long)r->macs, (unsigned long long)r->ops);
    fprintf(f, "first %u %u %u %u %u %d %d\n", r->first.image, r->first.layer, r->first.c, r->first.y, r->first.x, r->first.got, r->first.wanted);
    for (uint32_t i = 0; i < r->nlayers; i++) {
        const struct bl_layer_result *l = &r->layers[i];
        fprintf(f, "%s %llu %llu %llu %llu %llu %u %a %a %a %s\n", l->name, (unsigned long long)l->ops, (unsigned long long)l->cycles,
                (unsigned long long)l->load_cycles, (unsigned long long)l->outputs, (unsigned long long)l->mismatches, l->max_abs_err,
                l->utilisation, l->signal, l->error, bl_yj_text(l->energy, e));
    }
    for (uint32_t i = 0; i < r->nfigures; i++)
        fprintf(f, "%s %a\n", r->figures[i].name, r->figures[i].value);
    fclose(f);
    return text;
}

struct copy { void *sim, *job; size_t nsim, njob; };

static struct copy saved(struct net_rig *r)
{
    struct copy c = { .nsim = bl_save_bytes(r->s), .njob = bl_job_save_bytes(r->job) };

    c.sim = malloc(c.nsim);
    c.job = malloc(c.njob);
    ck_assert_int_eq(bl_save(r->s, c.sim, c.nsim), 0);
    bl_job_save(r->job, c.job);
    return c;
}

static void copy_free(struct copy *c)
{
    free(c->sim);
    free(c->job);
}

/* Three images, analog and so with differences; saved at eight random times, each time put back into a fresh job. */
START_TEST(at_random_times)
{
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .first = 5, .count = fewer(3, 1), .dump = "conv1" } };
    uint64_t state = 40 + (uint64_t)_i;
    struct net_rig whole, saving, restored;
    char *want = figures(rig_run(&whole, &o)), *got;

    ck_assert_msg(rig_open(&saving, &o) == 0, "%s", saving.h.text);
    for (int k = 0; k < fewer(8, 2); k++) {
        uint64_t left = bl_now(whole.s) - bl_now(saving.s);
        bl_break_at(saving.s, bl_now(saving.s) + 1 + left / 1000 * pick(&state, 1, 400));
        if (bl_job_run(saving.job, saving.s, BL_FOREVER, NULL, NULL) != BL_END_BREAK)
            break;
        struct copy c = saved(&saving);
        ck_assert_msg(rig_open(&restored, &o) == 0, "%s", restored.h.text);
        if (k % 2)                                /* what it did before is gone */
            ck_assert_int_eq(bl_job_run(restored.job, restored.s, UINT64_C(30000000000), NULL, NULL), BL_END_LIMIT);
        ck_assert_int_eq(bl_job_fits(restored.job, c.job, c.njob), 0);
        ck_assert_int_eq(bl_restore(restored.s, c.sim, c.nsim), 0);
        ck_assert_int_eq(bl_job_restore(restored.job, c.job, c.njob), 0);
        ck_assert_int_eq(bl_job_run(restored.job, restored.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
        got = figures(bl_job_result(restored.job));
        ck_assert_msg(!strcmp(want, got), "restored at %llu: wanted\n%s\ngot\n%s", (unsigned long long)bl_saved_time(c.sim), want, got);
        ck_assert(bl_state_equal(whole.s, restored.s));
        free(got);
        copy_free(&c);
        rig_close(&restored);
    }
    free(want);
    rig_close(&saving);
    rig_close(&whole);
    demo_close(&d);
}
END_TEST

/* Bytes that no run wrote, one after the other: refused, and nothing is touched; or restored, and the run goes on without harm. */
START_TEST(forged)
{
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .first = 5, .count = 2 } };
    static const unsigned char forge[] = { 0xFF, 0x80, 1, 7 };
    struct net_rig a;
    unsigned refused = 0;

    ck_assert_msg(rig_open(&a, &o) == 0, "%s", a.h.text);
    bl_break_at(a.s, UINT64_C(50000000000));
    ck_assert_int_eq(bl_job_run(a.job, a.s, BL_FOREVER, NULL, NULL), BL_END_BREAK);
    struct copy c = saved(&a);
    unsigned char *job = c.job;
    for (size_t i = sizeof(uint64_t); i < 120 && i < c.njob; i++)
        for (size_t k = 0; k < sizeof forge; k++) {
            unsigned char was = job[i];
            job[i] = (unsigned char)(was ^ forge[k]);
            heard_start(&a.h);
            int rc = bl_job_restore(a.job, c.job, c.njob);
            ck_assert(rc == 0 || (rc == -1 && a.h.n));
            refused += rc != 0;
            if (rc == 0 && k == 0)
                bl_job_run(a.job, a.s, bl_now(a.s) + 1000000, NULL, NULL);
            job[i] = was;
        }
    ck_assert_uint_gt(refused, 40);
    copy_free(&c);
    rig_close(&a);
    demo_close(&d);
}
END_TEST

START_TEST(what_does_not_fit)
{
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .first = 5, .count = 2 } }, p = o;
    struct net_rig a, b;

    p.job.first = _i == 1 ? 6 : 5;
    p.job.count = _i == 2 ? 3 : 2;
    p.job.dump = _i == 3 ? "conv1" : NULL;
    p.sets[0] = _i == 4 ? "controller.mode=digital" : NULL;      /* of the simulation: not the job's to say */
    ck_assert_msg(rig_open(&a, &o) == 0 && rig_open(&b, &p) == 0, "%s %s", a.h.text, b.h.text);
    bl_break_at(a.s, UINT64_C(50000000000));
    ck_assert_int_eq(bl_job_run(a.job, a.s, BL_FOREVER, NULL, NULL), BL_END_BREAK);
    struct copy c = saved(&a);
    heard_start(&b.h);
    ck_assert_int_eq(bl_job_restore(b.job, c.job, c.njob), _i && _i != 4 ? -1 : 0);
    ck_assert_msg(!_i || _i == 4 || strstr(b.h.text, "is of another job: its net, images, mapping, --dump or --no-path differ"), "%s", b.h.text);
    ck_assert_int_eq(bl_job_fits(a.job, c.job, 5), -1);
    ck_assert_int_eq(bl_job_fits(a.job, c.job, c.njob - 1), -1);
    copy_free(&c);
    rig_close(&a);
    rig_close(&b);
    demo_close(&d);
}
END_TEST

/* What makes a net or its images another one: each alone, at the first and at the last place. The images are 3 and 4. */
enum change { NOTHING, FIRST_WEIGHT, LAST_WEIGHT, FIRST_BIAS, LAST_BIAS, FIRST_SCALE, LAST_SCALE, LEAST, LARGEST, STRIDE, FIRST_PIXEL, LAST_PIXEL,
              PIXEL_BEFORE, PIXEL_BEHIND, NO_LABELS, CHANGES };

static void change(struct demo *d, enum change what)
{
    struct bl_layer *first = &d->net->layers[0], *last = &d->net->layers[d->net->nlayers - 1];
    const size_t image = (size_t)d->set->c * d->set->h * d->set->w;

    switch (what) {
    case FIRST_WEIGHT: first->weight[0] ^= 1; break;
    case LAST_WEIGHT: last->weight[(size_t)last->cout * last->k - 1] ^= 1; break;
    case FIRST_BIAS: first->bias[0]++, first->requant[0].bias++; break;
    case LAST_BIAS: last->bias[last->cout - 1]++, last->requant[last->cout - 1].bias++; break;
    case FIRST_SCALE: first->requant[0].mult *= 1.5f; break;
    case LAST_SCALE: last->requant[last->cout - 1].mult *= 1.5f; break;
    case LEAST: last->lo++; break;
    case LARGEST: last->hi--; break;
    case STRIDE: d->net->layers[2].stride_h++; break;         /* of the reshape, where it says nothing */
    case FIRST_PIXEL: d->set->pixels[3 * image] ^= 1; break;
    case LAST_PIXEL: d->set->pixels[5 * image - 1] ^= 1; break;
    case PIXEL_BEFORE: d->set->pixels[3 * image - 1] ^= 1; break;
    case PIXEL_BEHIND: d->set->pixels[5 * image] ^= 1; break;
    default: break;
    }
}

START_TEST(another_net)
{
    const bool same = _i == NOTHING || _i == PIXEL_BEFORE || _i == PIXEL_BEHIND;
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .first = 3, .count = 2 } };
    struct net_rig a, b;

    ck_assert_msg(rig_open(&a, &o) == 0, "%s", a.h.text);
    struct copy c = saved(&a);
    uint32_t *labels = d.set->labels;
    change(&d, (enum change)_i);
    d.set->labels = _i == NO_LABELS ? NULL : labels;
    ck_assert_msg(rig_open(&b, &o) == 0, "%s", b.h.text);
    ck_assert_int_eq(bl_job_restore(b.job, c.job, c.njob), same ? 0 : -1);
    d.set->labels = labels;
    copy_free(&c);
    rig_close(&a);
    rig_close(&b);
    demo_close(&d);
}
END_TEST

Suite *suite_job_save(void)
{
    Suite *s = suite_create("job_save");
    TCase *c = tcase_create("job_save");

    tcase_add_loop_test(c, at_random_times, 0, 4);
    tcase_add_test(c, forged);
    tcase_add_loop_test(c, what_does_not_fit, 0, 5);
    tcase_add_loop_test(c, another_net, 0, CHANGES);
    suite_add_tcase(s, c);
    return s;
}

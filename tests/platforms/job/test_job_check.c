/* test_job_check.c - a mapper's mistakes are named before the run, and a run that goes on after its end, or with a state that is not
 * its own, is no wrong result. */
#include "tests/rigs/net_rig.h"
#include "platforms/job/tile.h"

Suite *suite_job_check(void);

#define US UINT64_C(1000000000)

/* ---- a mapper of OSA-HCIM that makes one mistake ---- */

enum mistake { NONE, NO_ROWS, NO_NROWS, NO_WORDS, NO_TILES, OUT_FAR, NOUT_FAR, K_FAR, NK_FAR, NK_NONE, WRONG_GROUP, FIRST_FAR, SHARE_FAR, SHARE_NONE, NO_CUT,
               PIXELS, NO_REQUANT, ZERO_TILE, SAYS_ONLY, SAYS_NOTHING };
static enum mistake mistake;

static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_mapper *good = bl_mapper_find("osa_hcim");

    if (mistake == NO_CUT)
        return 0;
    if (mistake == ZERO_TILE)
        return bl_tile_cut(job, layer, 0, 8, out);
    if (mistake == SAYS_NOTHING || good->pack(job, s, layer, out))
        return -1;
    struct bl_ask ask = bl_job_ask(job, s);
    ck_assert_uint_eq(bl_ask_int(&ask, "host.ins"), 144);
    struct bl_host_tile *t = &out->tile[out->ntiles - 1];
    switch (mistake) {
    case NO_ROWS: t->rows = NULL; break;
    case NO_NROWS: t->nrows = 0; break;
    case NO_WORDS: out->row_words = 0; break;
    case NO_TILES: out->ntiles = 0; break;
    case OUT_FAR: t->out = out->cout; break;
    case NOUT_FAR: t->nout++; break;
    case K_FAR: t->k = out->k; break;
    case NK_FAR: t->nk = 150; break;
    case NK_NONE: t->nk = 0; break;
    case WRONG_GROUP: t->group = 1; break;
    case FIRST_FAR: t->first = 196; break;
    case SHARE_FAR: t->first = 190, t->windows = 7; break;
    case SHARE_NONE: t->first = 190; break;
    case PIXELS: out->pixels--; break;
    case NO_REQUANT: out->requant = NULL; break;
    case SAYS_ONLY: bl_error(bl_job_diag(job), "layer %u is too much", layer); break;
    default: break;
    }
    return 0;
}

static const struct { enum mistake mistake; const char *says; } mistakes[] = {
    { NO_ROWS, "mapper odd: layer 'conv1': tile[1].rows is NULL; expected nrows rows of row_words words, from bl_job_alloc" },
    { NO_NROWS, "mapper odd: layer 'conv1': nrows is 0; expected how many rows a tile has" },
    { NO_WORDS, "mapper odd: layer 'conv1': row_words is 0; expected 1 to 65535" },
    { NO_TILES, "mapper odd: layer 'conv1': ntiles is 0; call bl_tile_cut in pack" },
    { NO_CUT, "mapper odd: layer 'conv1': ntiles is 0; call bl_tile_cut in pack" },
    { OUT_FAR, "mapper odd: layer 'conv1': tile[1].out is 16; expected 0 to 15" },
    { NOUT_FAR, "mapper odd: layer 'conv1': tile[1].nout is 9; expected 1 to 8" },
    { K_FAR, "mapper odd: layer 'conv1': tile[1].k is 9; expected 0 to 8" },
    { NK_FAR, "mapper odd: layer 'conv1': tile[1].nk is 150; expected 1 to 9" },
    { NK_NONE, "mapper odd: layer 'conv1': tile[1].nk is 0; expected 1 to 9" },
    { WRONG_GROUP, "mapper odd: layer 'conv1': tile[1].group is 1; expected 0" },
    { FIRST_FAR, "mapper odd: layer 'conv1': tile[1].first is 196; expected 0 to 195" },
    { SHARE_FAR, "mapper odd: layer 'conv1': tile[1].windows is 7; expected 1 to 6" },
    { SHARE_NONE, "mapper odd: layer 'conv1': tile[1].windows is 0; expected 1 to 6" },
    { PIXELS, "mapper odd: layer 'conv1': pixels is 195; expected 196" },
    { NO_REQUANT, "mapper odd: layer 'conv1': requant is NULL; expected one row an output" },
    { ZERO_TILE, "layer conv1: tiles of 0 products x 8 outputs; expected 1 x 1 at least" },
    { SAYS_ONLY, "layer 0 is too much" },
    { SAYS_NOTHING, "mapper odd refused layer 'conv1' without saying why; it should say so by bl_error" },
};

/* Opens the demo's net on OSA-HCIM with that mapper. */
static struct bl_job *job_of(struct net_rig *r, const struct demo *d, const struct bl_mapper *m)
{
    const struct bl_job_opts o = { .platform = OSA, .net = d->net, .images = d->set, .count = 2 };

    *r = (struct net_rig){ 0 };
    r->p = bl_platform_load(OSA, NULL, 0, heard_start(&r->h));
    r->s = bl_open(bl_classes, &r->h.diag);
    ck_assert_int_eq(bl_platform_apply(r->p, r->s), 0);
    return r->job = bl_job_open(m, r->s, &o, &r->h.diag);
}

static struct bl_mapper odd_mapper(void)
{
    struct bl_mapper m = *bl_mapper_find("osa_hcim");

    m.name = "odd";
    m.pack = pack;
    return m;
}

START_TEST(names_layer_and_field)
{
    struct demo d = demo_open();
    const struct bl_mapper m = odd_mapper();
    struct net_rig r;

    mistake = mistakes[_i].mistake;
    ck_assert_ptr_null(job_of(&r, &d, &m));
    ck_assert_str_eq(r.h.text, mistakes[_i].says);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

static int silent(struct bl_job *job, struct bl_sim *s) { return (void)job, (void)s, -1; }
static int by_the_simulation(struct bl_job *job, struct bl_sim *s) { return (void)job, bl_set(s, "adc", "no_such", "1", "begin"); }

/* Other answers of a mapper, and what it says of itself. */
START_TEST(other_answers)
{
    static const struct bl_need wrong[] = { { "adc", "osa_dac" }, { "dat", NULL }, { 0 } };
    static const char *const says[] = {
        "mapper odd refused net 'fashion_cnn.onnx' without saying why; it should say so by bl_error",
        "platforms/osa_hcim/osa_hcim.yaml: part 'adc' is of class osa_adc; mapper odd needs class osa_dac there",
        ("platforms/osa_hcim/osa_hcim.yaml: mapper odd: part 'adc' of class osa_adc is no host part, it has no memory 'memory'; expected class "
         "host, or one like it (components/host.h)"),
        "platforms/osa_hcim/osa_hcim.yaml: mapper odd needs the host part 'cpu'; there is no part of this name; expected one of class host",
    };
    struct demo d = demo_open();
    struct bl_mapper m = odd_mapper();
    struct net_rig r;

    mistake = NONE;
    if (_i == 0)
        m.begin = silent;
    else if (_i == 1)
        m.needs = wrong;
    else
        m.host = _i == 2 ? "adc" : "cpu";
    ck_assert_ptr_null(job_of(&r, &d, &m));
    ck_assert_str_eq(r.h.text, says[_i]);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* What the simulation says is said; nobody needs to listen. */
START_TEST(said_elsewhere)
{
    struct demo d = demo_open();
    struct bl_mapper m = odd_mapper();
    const struct bl_job_opts o = { .platform = OSA, .net = d.net, .images = d.set, .count = 2 };
    struct heard other;
    struct net_rig r;

    mistake = NONE;
    m.begin = by_the_simulation;
    ck_assert_ptr_null(job_of(&r, &d, &m));
    ck_assert_ptr_null(bl_job_open(&m, r.s, &o, heard_start(&other)));
    ck_assert_str_eq(other.text, "");
    ck_assert_ptr_nonnull(strstr(r.h.text, "no_such"));
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* ---- a net that is not whole ---- */

START_TEST(net_is_not_finished)
{
    struct demo d = demo_open();
    struct bl_net *empty = bl_net_new(NULL);
    const struct bl_job_opts o = { .net = empty, .count = 1 };
    struct net_rig r;

    mistake = NONE;
    ck_assert_str_eq(empty->name, "");
    ck_assert(d.net->finished);
    d.net->finished = false;
    ck_assert_ptr_null(job_of(&r, &d, bl_mapper_find("osa_hcim")));
    ck_assert_str_eq(r.h.text, "fashion_cnn.onnx: the net is not finished; call bl_net_finish first");
    ck_assert_ptr_null(bl_job_open(bl_mapper_find("osa_hcim"), r.s, &o, NULL));
    ck_assert_int_eq(bl_net_finish(d.net, heard_start(&r.h)), 0);
    const struct bl_tensor more = d.net->tensors[0];
    ck_assert(d.net->finished && bl_net_tensor(d.net, &more) > 0 && !d.net->finished);
    rig_close(&r);
    bl_net_free(empty);
    demo_close(&d);
}
END_TEST

/* ---- past the end, and out of step ---- */

START_TEST(past_the_end)
{
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .count = 2 } };
    struct net_rig r;
    struct bl_result first = *rig_run(&r, &o);
    struct bl_layer_result layer = first.layers[first.nlayers - 1];

    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    const struct bl_result *again = bl_job_result(r.job);
    ck_assert(again->images == 2 && again->mismatches == first.mismatches && again->ops == first.ops);
    ck_assert(!memcmp(&layer, &again->layers[first.nlayers - 1], sizeof layer));
    ck_assert_ptr_null(bl_job_result(NULL));
    rig_close(&r);
    demo_close(&d);
}
END_TEST

/* The simulation alone goes back, from the middle (0) or the end (1), or goes on (2). */
START_TEST(out_of_step)
{
    struct demo d = demo_open();
    struct rig_opts o = { .job = { .net = d.net, .images = d.set, .count = 2 } };
    struct net_rig r;

    ck_assert_msg(rig_open(&r, &o) == 0, "%s", r.h.text);
    size_t n = bl_save_bytes(r.s);
    void *start = malloc(n);
    ck_assert_int_eq(bl_save(r.s, start, n), 0);
    bl_break_at(r.s, 60 * US);
    ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_BREAK);
    if (_i == 1)
        ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_STOPPED);
    uint32_t images = bl_job_result(r.job)->images;
    if (_i < 2)
        ck_assert_int_eq(bl_restore(r.s, start, n), 0);
    while (_i == 2 && bl_run(r.s, 120 * US) == BL_END_PAUSED)
        continue;
    heard_start(&r.h);
    for (int k = 0; k < 3; k++)
        ck_assert_int_eq(bl_job_run(r.job, r.s, BL_FOREVER, NULL, NULL), BL_END_FAILED);
    ck_assert_ptr_nonnull(strstr(r.h.text, "mapper osa_hcim: the simulation is not where the job has left it, after image "));
    ck_assert_uint_eq(bl_job_result(r.job)->images, images);
    free(start);
    rig_close(&r);
    demo_close(&d);
}
END_TEST

Suite *suite_job_check(void)
{
    Suite *s = suite_create("job_check");
    TCase *t = tcase_create("job_check");

    tcase_add_loop_test(t, names_layer_and_field, 0, COUNT(mistakes));
    tcase_add_loop_test(t, other_answers, 0, 4);
    tcase_add_test(t, said_elsewhere);
    tcase_add_test(t, net_is_not_finished);
    tcase_add_test(t, past_the_end);
    tcase_add_loop_test(t, out_of_step, 0, 3);
    suite_add_tcase(s, t);
    return s;
}

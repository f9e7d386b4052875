/* net_rig.h - small nets built at random, and a platform with a net on it: what the tests of the host part, the
 * mapper and the job share. */
#ifndef BL_TESTS_NET_RIG_H
#define BL_TESTS_NET_RIG_H

#include "platforms/file/load.h"
#include "platforms/job/setup.h"
#include "platforms/net/draw.h"
#include "platforms/net/reference.h"
#include "tests/rigs/effort.h"
#include "tests/rigs/heard.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

#define OSA "platforms/osa_hcim/osa_hcim.yaml"
enum { CORE_FS = 6000000 };                        /* clock of that platform */

static inline uint32_t pick(uint64_t *state, uint32_t lo, uint32_t hi)
{
    return lo + (uint32_t)(bl_draw(11, (*state)++) % (hi - lo + 1));
}

/* ---- nets ---- */

struct grow { struct bl_net *net; uint64_t s; uint32_t at; unsigned n; };   /* at: the tensor to go on from */

static inline struct bl_tensor random_tensor(uint64_t *s, uint32_t c, uint32_t h, uint32_t w)
{
    struct bl_tensor t = { .name = "t", .c = c, .h = h, .w = w, .dtype = pick(s, 0, 1) ? BL_S8 : BL_U8,
                           .scale = (float)pick(s, 20, 200) / 4096.0f };

    t.zero = t.dtype == BL_S8 ? (int32_t)pick(s, 0, 255) - 128 : (int32_t)pick(s, 0, 255);
    if (pick(s, 0, 2) == 0)
        t.zero = t.dtype == BL_S8 ? -128 : 0;
    return t;
}

static inline struct grow grow_start(uint64_t seed, uint32_t c, uint32_t h, uint32_t w)
{
    struct grow g = { bl_net_new("grown"), seed * 100000, 0, 0 };
    struct bl_tensor t = random_tensor(&g.s, c, h, w);

    g.net->input = g.at = (uint32_t)bl_net_tensor(g.net, &t);
    return g;
}

static inline const struct bl_tensor *grow_at(const struct grow *g) { return &g->net->tensors[g->at]; }

/* Appends a layer that makes `y` of the tensor at hand. */
static inline void grow_layer(struct grow *g, struct bl_layer *l, struct bl_tensor *y)
{
    char name[32];

    snprintf(name, sizeof name, "%s%u", bl_kind_name(l->kind), g->n++);
    l->name = y->name = name;
    l->in[0] = g->at;
    l->out = g->at = g->net->output = (uint32_t)bl_net_tensor(g->net, y);
    ck_assert_int_ge(bl_net_layer(g->net, l), 0);
}

/* Weights over the whole range; scales that spread the sums of random inputs over the outputs. */
static inline void grow_weights(struct grow *g, struct bl_layer *l, uint32_t cout, uint32_t k, float sx, float sy)
{
    ck_assert_int_eq(bl_net_weights(g->net, l, cout, k), 0);
    for (uint32_t o = 0; o < cout; o++) {
        l->bias[o] = (int32_t)pick(&g->s, 0, 8000) - 4000;
        l->wscale[o] = (float)pick(&g->s, 30, 90) / (5000.0f * (float)sqrt((double)k)) * sy / sx;
        for (uint32_t i = 0; i < k; i++)
            l->weight[(size_t)o * k + i] = (int8_t)(uint8_t)pick(&g->s, 0, 255);
    }
}

/* l: kind, groups, window, relu; y gets the shape. */
static inline void grow_conv(struct grow *g, struct bl_layer l, uint32_t cout)
{
    const struct bl_tensor x = *grow_at(g);
    struct bl_tensor y = random_tensor(&g->s, cout, (x.h + l.pad_t + l.pad_b - (l.kh - 1) * l.dil_h - 1) / l.stride_h + 1,
                                       (x.w + l.pad_l + l.pad_r - (l.kw - 1) * l.dil_w - 1) / l.stride_w + 1);

    l.kind = BL_CONV;
    grow_weights(g, &l, cout, x.c / l.groups * l.kh * l.kw, x.scale, y.scale);
    grow_layer(g, &l, &y);
}

/* The tensor at hand as groups * rows rows. */
static inline void grow_fc(struct grow *g, uint32_t groups, uint32_t rows, uint32_t cout, bool relu)
{
    const struct bl_tensor x = *grow_at(g);
    struct bl_layer l = { .kind = BL_FC, .groups = groups, .rows = rows, .relu = relu };
    struct bl_tensor y = rows == 1 ? random_tensor(&g->s, cout, 1, 1) : random_tensor(&g->s, 1, groups * rows, cout / groups);

    grow_weights(g, &l, cout, (uint32_t)bl_tensor_elems(&x) / groups / rows, x.scale, y.scale);
    grow_layer(g, &l, &y);
}

/* A kind that is host work, any but BL_ADD and BL_MUL; `y` may change shape and code where the kind allows. */
static inline void grow_host(struct grow *g, struct bl_layer l)
{
    const struct bl_tensor x = *grow_at(g);
    struct bl_tensor y = random_tensor(&g->s, x.c, x.h, x.w);

    if (l.kind == BL_RESHAPE || l.kind == BL_SUBSAMPLE) {
        y = x;
        y.c = l.kind == BL_RESHAPE ? (uint32_t)bl_tensor_elems(&x) : x.c + l.cout;
        y.h = l.kind == BL_RESHAPE ? 1 : (x.h - 1) / l.stride_h + 1;
        y.w = l.kind == BL_RESHAPE ? 1 : (x.w - 1) / l.stride_w + 1;
        l.cout = 0;
    } else if (l.kind == BL_MAXPOOL || l.kind == BL_AVGPOOL) {
        y.h = (x.h + l.pad_t + l.pad_b - (l.kh - 1) * l.dil_h - 1) / l.stride_h + 1;
        y.w = (x.w + l.pad_l + l.pad_r - (l.kw - 1) * l.dil_w - 1) / l.stride_w + 1;
    } else if (l.kind == BL_LUT) {
        l.lut = bl_net_alloc(g->net, 256, 1);
        for (int i = 0; i < 256; i++)
            l.lut[i] = (uint8_t)pick(&g->s, 0, 255);
    }
    grow_layer(g, &l, &y);
}

/* BL_ADD or BL_MUL of the tensor at hand and tensor `b`. */
static inline void grow_pair(struct grow *g, enum bl_kind kind, uint32_t b, bool relu)
{
    const struct bl_tensor x = *grow_at(g);
    struct bl_layer l = { .kind = kind, .in = { 0, b }, .relu = relu };
    struct bl_tensor y = random_tensor(&g->s, x.c, x.h, x.w);

    if (kind == BL_MUL)
        y.scale = x.scale * g->net->tensors[b].scale * 90;
    grow_layer(g, &l, &y);
}

static inline struct bl_net *grow_end(struct grow *g)
{
    struct heard h;

    ck_assert_msg(bl_net_finish(g->net, heard_start(&h)) == 0, "%s", h.text);
    return g->net;
}

/* ---- the net and the images that come with the project ---- */

struct demo { struct bl_net *net; struct bl_dataset *set; };

static inline struct demo demo_open(void)
{
    struct heard h;
    struct demo d = { bl_net_load("platforms/nets/fashion_cnn.onnx", 1, heard_start(&h)), NULL };

    d.set = bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", &h.diag);
    ck_assert_msg(d.net && d.set, "%s", h.text);
    return d;
}

static inline void demo_close(struct demo *d)
{
    bl_dataset_close(d->set);
    bl_net_free(d->net);
}

/* ---- a platform with a net on it ---- */

struct rig_opts {
    const char *platform, *mapper;     /* NULL: OSA, osa_hcim */
    const char *sets[12];              /* ended by NULL */
    struct bl_job_opts job;
    uint64_t shuffle;                  /* 0: none */
    bool no_nap;
    const struct bl_price *prices;     /* more of them, ended by one without a class */
};
struct net_rig { struct heard h; struct bl_platform *p; struct bl_sim *s; struct bl_job *job; };

/* 0, or -1 with the messages in r->h.text. */
static inline int rig_open(struct net_rig *r, const struct rig_opts *o)
{
    struct bl_set_opt sets[12] = { 0 };
    struct bl_job_opts job = o->job;
    size_t n = 0;

    job.platform = o->platform ? o->platform : OSA;
    for (; n < 12 && o->sets[n]; n++)
        sets[n].text = o->sets[n];
    *r = (struct net_rig){ 0 };
    r->p = bl_platform_load(job.platform, sets, n, heard_start(&r->h));
    if (!r->p)
        return -1;
    r->s = bl_open(bl_classes, &r->h.diag);
    bl_seed(r->s, 1);
    if (o->shuffle)
        bl_option(r->s, BL_SHUFFLE, o->shuffle);
    if (o->no_nap)
        bl_option(r->s, BL_NO_NAP, 1);
    if (bl_platform_apply(r->p, r->s))
        return -1;
    job.file = r->p;
    for (const struct bl_price *p = o->prices; p && p->cls; p++)
        ck_assert_int_eq(bl_set_price(r->s, p, NULL), 0);
    r->job = bl_job_open(bl_mapper_find(o->mapper ? o->mapper : "osa_hcim"), r->s, &job, &r->h.diag);
    return r->job ? bl_elaborate(r->s) : -1;
}

static inline void rig_close(struct net_rig *r)
{
    bl_close(r->s);
    bl_job_close(r->job);
    bl_platform_free(r->p);
}

/* Runs to the end; the result lives until rig_close. */
static inline const struct bl_result *rig_run(struct net_rig *r, const struct rig_opts *o)
{
    ck_assert_msg(rig_open(r, o) == 0, "%s", r->h.text);
    enum bl_end end = bl_job_run(r->job, r->s, BL_FOREVER, NULL, NULL);
    ck_assert_msg(end == BL_END_STOPPED, "the run ended with %d: %s", (int)end, r->h.text);
    return bl_job_result(r->job);
}

/* The account of a part's verdict or tally by name. */
static inline uint64_t rig_account(struct bl_sim *s, const char *part, const char *item)
{
    for (size_t i = 0; i < bl_part_count(s); i++) {
        struct bl_part_row p;
        bl_part_at(s, i, &p);
        if (strcmp(p.path, part) != 0)
            continue;
        for (uint32_t v = 0; v < p.verdicts; v++) {
            struct bl_verdict_row row;
            bl_verdict_at(s, i, v, &row);
            if (!strcmp(row.name, item))
                return row.spent;
        }
        for (uint32_t t = 0; t < p.tallies; t++) {
            struct bl_tally_row row;
            bl_tally_at(s, i, t, &row);
            if (!strcmp(row.name, item))
                return row.count;
        }
    }
    ck_abort_msg("no %s.%s", part, item);
    return 0;
}

static inline const char *scratch(char path[512], const char *name)
{
    const char *dir = getenv("BL_TMP");

    snprintf(path, 512, "%s/%s", dir ? dir : "/tmp", name);
    return path;
}

/* What `bitline calibrate` does, for a net in memory and made-up images. */
struct calibration { const char *platform; const char *const *sets; const double *loss; size_t nloss; uint32_t count; uint64_t seed; };

static inline int rig_calibrate(const struct calibration *c, const struct bl_net *net, const char *path, struct bl_diag *diag)
{
    struct bl_setup_opts so = { .platform = c->platform, .own_net = net, .images = { true, c->count }, .seed = { true, c->seed } };
    const char *sets[80];
    int status = -1;

    for (so.set.v = sets; c->sets && c->sets[so.set.n]; so.set.n++)
        sets[so.set.n] = c->sets[so.set.n];
    struct bl_setup *u = bl_setup_platform(&so, diag);
    if (u && bl_setup_net(u) == 0)
        status = u->mapper->calibrate(&(struct bl_calibrate_opts){ .setup = u, .loss = c->loss, .nloss = c->nloss, .output = path }, diag);
    bl_setup_close(u);
    return status;
}

#endif

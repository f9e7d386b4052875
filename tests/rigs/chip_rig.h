/* chip_rig.h - a whole chip (platforms/imc/chip.yaml) of any number of macros and vector units, and a net on it. */
#ifndef BL_TESTS_CHIP_RIG_H
#define BL_TESTS_CHIP_RIG_H

#include "components/host.h"
#include "kernel/model.h"
#include "platforms/imc/chip_file.h"
#include "tests/rigs/net_rig.h"

/* What is 0 is as in chip.yaml, but for vectors (none) and banks (ports: free). */
#define chip_made bl_chip_made

static inline const char *chip_text(const struct chip_made *m)
{
    static char text[BL_CHIP_TEXT];

    return bl_chip_text(m, text);
}

/* Made-up images, or those of `images`; shuffle 0: in order. 0, or -1 with what was said in r->h. */
static inline int chip_open_as(struct net_rig *r, const char *text, const struct bl_net *net, const struct bl_dataset *images, uint32_t count, bool no_nap,
                               uint64_t shuffle)
{
    static const char file[] = "platforms/imc/made.yaml";
    struct bl_job_opts o = { .platform = file, .net = net, .images = images, .count = count, .seed = 1 };

    *r = (struct net_rig){ 0 };
    r->p = bl_platform_load_text(file, text, strlen(text), NULL, 0, heard_start(&r->h));
    if (!r->p)
        return -1;
    r->s = bl_open(bl_classes, &r->h.diag);
    o.file = r->p;
    bl_option(r->s, BL_NO_NAP, no_nap);
    if (shuffle)
        bl_option(r->s, BL_SHUFFLE, shuffle);
    if (bl_platform_apply(r->p, r->s) || !(r->job = bl_job_open(bl_mapper_find("weight_stationary"), r->s, &o, &r->h.diag)))
        return -1;
    return bl_elaborate(r->s);
}

static inline int chip_open(struct net_rig *r, const char *text, const struct bl_net *net, const struct bl_dataset *images, uint32_t count)
{
    return chip_open_as(r, text, net, images, count, false, 0);
}

/* Runs to the end; every value of every layer must equal the reference, busy and bubbles are all of the macros' time. */
static inline const struct bl_pipeline *chip_ends(struct net_rig *r)
{
    const enum bl_end end = bl_job_run(r->job, r->s, BL_FOREVER, NULL, NULL);
    const struct bl_result *res = bl_job_result(r->job);

    ck_assert_msg(end == BL_END_STOPPED, "ended as %d: %s", (int)end, r->h.text);
    for (uint32_t i = 0; i < res->nlayers; i++)
        ck_assert_msg(res->layers[i].outputs && !res->layers[i].mismatches, "layer %s: %llu values differ", res->layers[i].name,
                      (unsigned long long)res->layers[i].mismatches);
    ck_assert_ptr_nonnull(res->pipeline);
    for (uint32_t i = 0; i < res->pipeline->nlayers; i++) {
        const struct bl_pipe_layer *l = &res->pipeline->layer[i];
        uint64_t all = l->busy;
        for (int b = 0; b < BL_BUBBLES; b++)
            all += l->bubble[b];
        if (!strcmp(res->pipeline->placement, "resident"))
            ck_assert_msg(all == res->pipeline->elapsed * l->cores, "%s: %llu of %llu ticks", l->name, (unsigned long long)all,
                          (unsigned long long)(res->pipeline->elapsed * l->cores));
    }
    return res->pipeline;
}

static inline const struct bl_pipeline *chip_runs(struct net_rig *r, const struct chip_made *m, const struct bl_net *net, const struct bl_dataset *images,
                                                  uint32_t count)
{
    ck_assert_msg(chip_open(r, chip_text(m), net, images, count) == 0, "%s", r->h.text);
    return chip_ends(r);
}

#endif

/* chip_rig.h - a whole chip (platforms/imc/chip.yaml) of any number of macros and vector units, and a net on it. */
#ifndef BL_TESTS_CHIP_RIG_H
#define BL_TESTS_CHIP_RIG_H

#include "components/host.h"
#include "kernel/model.h"
#include "tests/rigs/net_rig.h"

/* What is 0 is as in chip.yaml; banks 0: ports free. */
struct chip_made {
    uint32_t rows, cols, stages, macros, vectors, banks, words, slots;
    const char *placement, *more;          /* more: lines of array: after a comma */
};

static inline const char *chip_text(const struct chip_made *m)
{
    static char text[16384];
    const uint32_t n = m->macros ? m->macros : 32, v = m->vectors, rows = m->rows ? m->rows : 64, cols = m->cols ? m->cols : 64;
    size_t at = 0;

#define SAY(...) (at += (size_t)snprintf(text + at, sizeof text - at, __VA_ARGS__))
    SAY("platform: made\nclocks: { core: 200 MHz }\nmapper: weight_stationary\n");
    SAY("array: { host: host, rows: %u, cols: %u, w_bits: 8, a_bits: 8, macros: %u, feed: buffered, placement: %s, slots: %u%s%s }\n", rows, cols, n,
        m->placement ? m->placement : "resident", m->slots ? m->slots : 64, m->more ? ", " : "", m->more ? m->more : "");
    SAY("parts:\n  host: { class: host, ins: %u, outs: %u, units: %u, counts: %u, latency: 40 }\n", rows, cols, 1 + v + 2 * n, 3 + 8 * v + 3 * n);
    SAY("  dma: { class: dma, targets: %u, burst: 16, outstanding: 4, mask: 1, lines: 3, drained: 1 }\n", n + 1);
    SAY("  buf: { class: sram, words: %u, bits: 64, banks: %u, ports: %s, clients: %u, mask: 1 }\n", m->words ? m->words : 65536, m->banks ? m->banks : 1,
        m->banks ? "1rw" : "free", 1 + 2 * v + 2 * n);
    SAY("  core: { use: chip_core.yaml, count: %u, rows: %u, cols: %u, stages: %u }\n", n, rows, cols, m->stages ? m->stages : 1);
    if (v)
        SAY("  vec: { class: vector, count: %u, lines: 8, mask: 1 }\n", v);
    SAY("wires:\n  - host.go[0] -> dma.job depth 4\n  - dma.done[*] -> host.done[0..2]\n  - host.layer -> core[*].layer[*]\n");
    if (v)
        SAY("  - host.go[1..%u] -> vec[*].job depth 4\n  - vec[*].done[*] -> host.done[3..%u]\n", v, 2 + 8 * v);
    SAY("  - host.go[%u..%u] -> core[*].go[*] depth 4\n", 1 + v, v + 2 * n);
    SAY("  - core[*].done[*] -> host.done[%u..%u]\n", 3 + 8 * v, 2 + 8 * v + 3 * n);
    if (n > 1)
        SAY("  - core[0..%u].below -> core[1..%u].above depth 2\n", n - 2, n - 1);
    SAY("  - dma.req -> host.req depth 2\n  - host.rsp -> dma.rsp depth 2\n  - dma.near[0] -> buf.req[0] depth 2\n  - buf.rsp[0] -> dma.back[0] depth 2\n");
    SAY("  - dma.near[1..%u] -> core[*].w depth 2\n", n);
    for (uint32_t i = 0; i < v; i++)
        SAY("  - vec[%u].req -> buf.req[%u] depth 2\n  - vec[%u].wr -> buf.req[%u] depth 2\n  - buf.rsp[%u] -> vec[%u].rsp depth 2\n", i, 1 + 2 * i, i, 2 + 2 * i,
            1 + 2 * i, i);
    SAY("  - core[*].req[*] -> buf.req[%u..%u] depth 2\n  - buf.rsp[%u..%u] -> core[*].rsp[*] depth 2\n", 1 + 2 * v, 2 * v + 2 * n, 1 + 2 * v, 2 * v + 2 * n);
#undef SAY
    return text;
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

/* bench_db_pim.c - VGG19 on DB-PIM, whole, bit by bit and cycle by cycle: dense, approximated, approximated and pruned. Seconds of processor time,
 * simulated cycles a second, and how many times the plain integer arithmetic (the reference alone) it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "platforms/db_pim/prune.h"
#include "platforms/file/load.h"
#include "platforms/job/mapper.h"
#include "platforms/net/reference.h"

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int prune(struct bl_net *net, double sparsity, struct bl_diag *diag)
{
    double *each = calloc(net->nlayers, sizeof *each);
    struct bl_db_pruned *out = calloc(net->nlayers, sizeof *out);
    int bad = -1;

    if (each && out) {
        bl_db_choose(net, sparsity, each);
        bad = bl_db_prune(net, &(struct bl_db_pruning){ each, BL_DB_ALPHA, true }, out, diag);
    }
    free(each);
    free(out);
    return bad;
}

static int run(const char *file, const char *what, const char *coding, double sparsity)
{
    struct bl_diag diag = { 0 };
    const struct bl_set_opt set = { coding };
    struct bl_net *net = bl_net_load(file, 1, &diag);
    struct bl_platform *p = bl_platform_load("platforms/db_pim/db_pim.yaml", &set, 1, &diag);
    struct bl_sim *s = bl_open(bl_classes, &diag);
    struct bl_job_opts o = { .net = net, .count = 1, .seed = 1 };
    struct bl_job *job = NULL;
    int bad = -1;

    if (net && p && (sparsity < 0 || !prune(net, sparsity, &diag)) && !bl_platform_apply(p, s) &&
        (job = bl_job_open(bl_mapper_find("db_pim"), s, &o, &diag)) && !bl_elaborate(s)) {
        const double begun = cpu_seconds();
        bad = bl_job_run(job, s, BL_FOREVER, NULL, NULL) != BL_END_STOPPED;
        const struct bl_result *r = bl_job_result(job);
        const double t = cpu_seconds() - begun;
        printf("%-28s %-12s %7.2f s %8.1f M MAC/s %8.2f M cycles/s %8.1f M events/s %10llu cycles %s\n", net->name, what, t, (double)r->macs / t * 1e-6,
               (double)r->cycles_max / t * 1e-6, (double)bl_activations(s) / t * 1e-6, (unsigned long long)r->cycles_max, r->first.any ? "WRONG" : "exact");
    }
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    bl_net_free(net);
    return bad;
}

int main(int argc, char **argv)
{
    const char *net = argc > 1 ? argv[1] : "platforms/nets/vgg19_cifar100.csv";

    return run(net, "dense", "coding=binary", -1) || run(net, "phi 2", "coding=dyadic", 0) || run(net, "phi 2, 60 %", "coding=dyadic", 0.6);
}

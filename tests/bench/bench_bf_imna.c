/* bench_bf_imna.c - nets on BF-IMNA: multiply-accumulates, LUT passes (a compare and a write on up to 4800 rows) and kernel
 * events a second of processor time, in both fidelities. "all" on the command line adds the large nets. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run(const char *net_file, const char *fidelity, uint32_t images)
{
    struct bl_diag diag = { 0 };
    struct bl_set_opt set = { fidelity };
    struct bl_net *net = bl_net_load(net_file, 1, &diag);
    struct bl_platform *p = bl_platform_load("platforms/bf_imna/bf_imna.yaml", &set, 1, &diag);
    struct bl_sim *s = bl_open(bl_classes, &diag);
    struct bl_job_opts o = { .net = net, .count = images, .seed = 1 };
    struct bl_job *job = NULL;
    int bad = -1;

    if (net && p && !bl_platform_apply(p, s) && (job = bl_job_open(bl_mapper_find("bf_imna"), s, &o, &diag)) && !bl_elaborate(s)) {
        double begun = cpu_seconds();
        uint64_t passes = 0;
        bad = bl_job_run(job, s, BL_FOREVER, NULL, NULL) != BL_END_STOPPED;
        const struct bl_result *r = bl_job_result(job);
        double t = cpu_seconds() - begun;
        bl_peek(s, "chip.compare", &passes);
        printf("%-24s %-6s %9.2f s %10.1f M MAC/s %10.2f M passes/s %10.0f events/s %s\n", strrchr(net_file, '/') + 1, fidelity + 14, t,
               (double)r->macs / t * 1e-6, (double)passes / t * 1e-6, (double)bl_activations(s) / t, r->first.any ? "WRONG" : "exact");
    }
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    bl_net_free(net);
    return bad;
}

int main(int argc, char **argv)
{
    static const char *const large[] = { "resnet18", "alexnet", "resnet50", "vgg16" };
    struct rusage use;
    char net[64];

    if (run("platforms/nets/fashion_cnn.onnx", "chip.fidelity=micro", 10) || run("platforms/nets/fashion_cnn.onnx", "chip.fidelity=macro", 10) ||
        run("platforms/nets/resnet18_cifar100.csv", "chip.fidelity=macro", 1))
        return 1;
    for (size_t i = 0; argc > 1 && !strcmp(argv[1], "all") && i < sizeof large / sizeof *large; i++) {
        snprintf(net, sizeof net, "platforms/nets/%s_imagenet.csv", large[i]);
        if (run(net, "chip.fidelity=macro", 1))
            return 1;
    }
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %ld KiB; integer reference and comparison included\n", use.ru_maxrss);
    return 0;
}

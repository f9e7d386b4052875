/* bench_demo.c - the demo net on OSA-HCIM without tracing: images, macro operations and kernel events a second of
 * processor time, cost of a cycle, peak memory. One row a mode; the best of five runs, as others disturb a machine. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

enum { RUNS = 5 };

struct outcome { double seconds; uint64_t ops, cycles, events; uint32_t images; };

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run(const struct bl_net *net, const struct bl_dataset *images, const char *mode, uint32_t n, struct outcome *out)
{
    struct bl_diag diag = { 0 };
    struct bl_set_opt set = { mode };
    struct bl_platform *p = bl_platform_load("platforms/osa_hcim/osa_hcim.yaml", &set, 1, &diag);
    struct bl_sim *s = bl_open(bl_classes, &diag);
    struct bl_job_opts o = { .net = net, .images = images, .count = n, .seed = 1,
                             .calibration = "platforms/nets/fashion_cnn.osa_hcim.yaml" };
    struct bl_job *job = NULL;
    struct bl_clock_row clock;
    int bad = -1;

    if (p && !bl_platform_apply(p, s) && (job = bl_job_open(bl_mapper_find("osa_hcim"), s, &o, &diag)) && !bl_elaborate(s)) {
        double begun = cpu_seconds();
        bad = bl_job_run(job, s, BL_FOREVER, NULL, NULL) != BL_END_STOPPED;
        bl_clock_at(s, 0, &clock);
        *out = (struct outcome){ cpu_seconds() - begun, bl_job_result(job)->ops, clock.cycles, bl_activations(s), n };
    }
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    return bad;
}

int main(int argc, char **argv)
{
    static const char *const mode[] = { "controller.mode=osa", "controller.mode=digital", "controller.mode=fixed" };
    struct bl_diag diag = { 0 };
    struct bl_net *net = bl_net_load("platforms/nets/fashion_cnn.onnx", 1, &diag);
    struct bl_dataset *images = bl_dataset_open("platforms/nets/fashion100-images.idx3", "platforms/nets/fashion100-labels.idx1", &diag);
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 50;
    struct rusage use;

    if (!net || !images || n == 0 || n > 100)
        return 2;
    printf("%-24s %10s %14s %14s %10s %10s\n", "mode", "images/s", "macro ops/s", "events/s", "ns/cycle", "cycles/op");
    for (size_t m = 0; m < sizeof mode / sizeof *mode; m++) {
        struct outcome best = { .seconds = 1e9 }, one;
        for (int i = 0; i < RUNS; i++) {
            if (run(net, images, mode[m], n, &one))
                return 1;
            best = one.seconds < best.seconds ? one : best;
        }
        printf("%-24s %10.1f %14.0f %14.0f %10.1f %10.1f\n", mode[m], best.images / best.seconds, (double)best.ops / best.seconds,
               (double)best.events / best.seconds, best.seconds * 1e9 / (double)best.cycles, (double)best.cycles / (double)best.ops);
    }
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %ld KiB; integer reference and comparison included; events: ticks, combinational calls, resumes\n", use.ru_maxrss);
    bl_dataset_close(images);
    bl_net_free(net);
    return 0;
}

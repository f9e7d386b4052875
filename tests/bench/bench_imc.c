/* bench_imc.c - nets on in-memory-computing macros, every slice an event: images a second on the digital design of Table II (four macros of 256 x
 * 32 weights of eight bits) and on one macro of 128 x 128, ResNet18 for ImageNet on the latter, and best mappings a second. Processor time, comparison
 * with the reference included. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platforms/job/setup.h"

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run(const char *platform, const char *const *sets, size_t nsets, const char *net, uint32_t images)
{
    const struct bl_setup_opts o = { .platform = platform, .set = { sets, nsets }, .net = net, .images = { true, images } };
    struct bl_setup *u = bl_setup_open(&o, NULL);
    int bad = -1;

    if (u) {
        const double begun = cpu_seconds();
        bad = bl_setup_run(u, BL_FOREVER, NULL, NULL) != BL_END_STOPPED;
        const struct bl_result *r = bl_job_result(u->job);
        const double t = cpu_seconds() - begun;
        printf("%-28s %-22s %8.2f images/s %8.2f s %8.1f M MAC/s %10.0f cycles/s %s\n", net, nsets ? "128 x 128" : platform, images / t, t, (double)r->macs / t * 1e-6,
               (double)r->cycles_median * images / t, r->first.any ? "WRONG" : "exact");
    }
    bl_setup_close(u);
    return bad;
}

/* Opening the net with the cut of least energy: every layer is searched. */
static int search(const char *net)
{
    const struct bl_setup_opts o = { .platform = "tu_isscc22", .net = net, .objective = "edp" };
    const double begun = cpu_seconds();
    struct bl_setup *u = bl_setup_open(&o, NULL);

    if (u)
        printf("%-28s best cut on 192 macros: %.3f s, net and machine read, built and searched\n", net, cpu_seconds() - begun);
    bl_setup_close(u);
    return u ? 0 : -1;
}

int main(void)
{
    static const char *const square[] = { "rows=128", "cols=128" };

    if (run("chih_isscc21", NULL, 0, "mlperftiny_ic_resnet8", 10) || run("imc", square, 2, "mlperftiny_ic_resnet8", 10) ||
        run("imc", square, 2, "resnet18_imagenet", 1) || search("mlperftiny_vww_mbv1_025"))
        return 1;
    return 0;
}

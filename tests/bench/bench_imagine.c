/* bench_imagine.c - a 3 x 3 layer of 128 -> 64 channels on 32 x 32 pixels at 8 b on IMAGINE, bit-true in every column: simulated
 * cycles, MACs and binary MACs (cell x input bit) a second of processor time, phases on and off; best of three runs. */
#include <stdio.h>
#include <time.h>

#include "platforms/file/load.h"
#include "platforms/job/mapper.h"

enum { RUNS = 3 };
static const char table[] = "name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\n"
                            "conv,conv,128,32,32,64,3,3,1,1,1,32,32,75497472,73792\n";

struct outcome { double seconds; uint64_t cycles, macs, cells; };

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run(const struct bl_net *net, const char *const *sets, struct outcome *out)
{
    struct bl_diag diag = { 0 };
    struct bl_set_opt set[2] = { { sets[0] }, { sets[1] } };
    struct bl_platform *p = bl_platform_load("platforms/imagine/imagine.yaml", set, 2, &diag);
    struct bl_sim *s = bl_open(bl_classes, &diag);
    struct bl_job_opts o = { .net = net, .count = 1, .seed = 1 };
    struct bl_job *job = NULL;
    struct bl_clock_row clock;
    int bad = -1;

    if (p && !bl_platform_apply(p, s) && (job = bl_job_open(bl_mapper_find("imagine"), s, &o, &diag)) && !bl_elaborate(s)) {
        double begun = cpu_seconds();
        while (bl_run(s, BL_FOREVER) == BL_END_PAUSED)      /* without the comparison with the reference */
            continue;
        out->seconds = cpu_seconds() - begun;
        bl_clock_at(s, 0, &clock);
        out->cycles = clock.cycles;
        out->macs = bl_layer_macs(net, 0);
        bad = bl_peek(s, "dp_array.dp", &out->cells);
    }
    bl_job_close(job);
    bl_close(s);
    bl_platform_free(p);
    return bad;
}

int main(void)
{
    static const char *const mode[][2] = { { "cim_timer.phases=1", "host.r_w=4" }, { "cim_timer.phases=0", "host.r_w=4" },
                                           { "cim_timer.phases=0", "host.r_w=1" } };
    struct bl_diag diag = { 0 };
    struct bl_net *net = bl_net_from_bytes("bench.csv", table, sizeof table - 1, 1, &diag);

    if (!net)
        return 2;
    printf("%-22s %-12s %12s %14s %18s %10s\n", "phases", "slices", "cycles/s", "MAC/s (8 b)", "binary MAC/s", "ns/cycle");
    for (size_t m = 0; m < sizeof mode / sizeof *mode; m++) {
        struct outcome best = { .seconds = 1e9 }, one;
        for (int i = 0; i < RUNS; i++) {
            if (run(net, mode[m], &one))
                return 1;
            best = one.seconds < best.seconds ? one : best;
        }
        printf("%-22s %-12s %12.0f %14.3g %18.3g %10.1f\n", mode[m][0], mode[m][1], (double)best.cycles / best.seconds,
               (double)best.macs / best.seconds, (double)best.cells / best.seconds, best.seconds * 1e9 / (double)best.cycles);
    }
    bl_net_free(net);
    return 0;
}

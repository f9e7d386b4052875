/* bench_fst.c - what a change costs in each trace format: CPU nanoseconds and bytes on disk, for 32-bit
 * counters, random words and small values; 1000 signals that all change, and 10000 of which a tenth does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "traces/traces.h"

enum { CHANGES = 10 * 1000 * 1000, MOST_SIGNALS = 10000 };
enum data { COUNTERS, RANDOM, SMALL, NDATA };

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint64_t value(enum data data, uint64_t step, uint64_t signal)
{
    switch (data) {
    case COUNTERS:
        return (mix(signal) + step * (1 + signal % 7)) & UINT32_MAX;
    case RANDOM:
        return mix(step * MOST_SIGNALS + signal) & UINT32_MAX;
    default:
        return mix(step * MOST_SIGNALS + signal) & 15;
    }
}

/* Tells the trace, to a writer or to nobody (what the data themselves cost). */
static double tell(const struct bl_wave_ops *ops, const char *path, const struct bl_wave_var *vars, uint32_t signals,
                   uint32_t every, enum data data)
{
    volatile uint64_t sink = 0;
    uint64_t steps = CHANGES / (signals / every);
    double start = cpu_ns();
    struct bl_wave *w = ops ? ops->open(path, vars, signals, 0, NULL) : NULL;

    if (ops && !w)
        exit(1);
    for (uint64_t s = 0; s < steps; s++) {
        if (w && ops->time(w, s * 1000000))
            exit(1);
        for (uint32_t i = (uint32_t)(s % every); i < signals; i += every) {
            uint64_t v = value(data, s, i);
            if (w)
                ops->bits(w, i, &v);
            else
                sink += v;
        }
    }
    if (w && ops->close(w, steps * 1000000))
        exit(1);
    (void)sink;
    return cpu_ns() - start;
}

static void measure(const struct bl_wave_ops *ops, const struct bl_wave_var *vars, uint32_t signals, uint32_t every)
{
    static const char *const names[NDATA] = { "counters", "random", "small values" };
    const char *dir = getenv("BL_TMP");
    char path[600];
    struct stat st;

    snprintf(path, sizeof path, "%s/bench_%ld.%s", dir && *dir ? dir : "/tmp", (long)getpid(), ops->suffix);
    for (enum data d = COUNTERS; d < NDATA; d++) {
        double ns = tell(ops, path, vars, signals, every, d) - tell(NULL, NULL, NULL, signals, every, d);
        if (stat(path, &st))
            exit(1);
        printf("%-7s %6u %12s %10.1f ns %8.2f bytes a change\n", ops->suffix, signals, names[d], ns / CHANGES,
               (double)st.st_size / CHANGES);
        fflush(stdout);
    }
    unlink(path);
}

int main(int argc, char **argv)
{
    static char name[MOST_SIGNALS][16];
    static struct bl_wave_var vars[MOST_SIGNALS];

    for (int i = 0; i < MOST_SIGNALS; i++) {
        snprintf(name[i], sizeof name[i], "s%d", i);
        vars[i] = (struct bl_wave_var){ .scope = "bench", .name = name[i], .width = 32 };
    }
    for (const char *const *s = bl_wave_suffixes(); *s; s++) {
        char path[20];
        snprintf(path, sizeof path, "x.%s", *s);
        if (argc > 1 && strcmp(argv[1], *s))
            continue;
        measure(bl_wave_writer(path), vars, 1000, 1);
        measure(bl_wave_writer(path), vars, MOST_SIGNALS, 10);
    }
    return 0;
}

/* workload.h - the six workloads of bench-trace: which 32-bit signals change at a step, and to what; and how a writer
 * is measured. C and C++. */
#ifndef BL_BENCH_TRACE_WORKLOAD_H
#define BL_BENCH_TRACE_WORKLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DENSE = 1000, SPARSE = 10000, GROUP = 10 };
enum data { COUNTERS, RANDOM, SMALL, NDATA };
static const char *const WORKLOAD[2][NDATA] = {
    { "dense-counters", "dense-random", "dense-small" }, { "sparse-counters", "sparse-random", "sparse-small" }
};

/* Dense: 1000 signals, all change at every step. Sparse: one of each ten of 10000, drawn at random. */
struct workload {
    int sparse;
    enum data data;
    uint32_t signals;
    uint64_t steps;
    uint32_t count[SPARSE];
};

static inline uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* Change number k (0..999) of a step: the signal, and its new value. Counters step by 1 to 7. */
static inline uint32_t change(struct workload *w, uint64_t step, uint32_t k, uint32_t *value)
{
    uint64_t r = mix((step * DENSE + k + 1) * UINT64_C(0x9E3779B97F4A7C15));
    uint32_t i = w->sparse ? k * GROUP + (uint32_t)(r >> 40) % GROUP : k;

    switch (w->data) {
    case COUNTERS: *value = w->count[i] += 1 + i % 7; break;
    case RANDOM:   *value = (uint32_t)r; break;
    default:       *value = (uint32_t)r & 255; break;
    }
    return i;
}

static inline void start(struct workload *w, int sparse, enum data data, uint64_t changes)
{
    w->sparse = sparse;
    w->data = data;
    w->signals = sparse ? SPARSE : DENSE;
    w->steps = changes / DENSE;
    for (uint32_t i = 0; i < SPARSE; i++)
        w->count[i] = (uint32_t)mix(i + 1);
}

static inline double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What the data themselves cost, to be taken off. */
static inline double data_ns(struct workload *w)
{
    volatile uint32_t sink = 0;
    uint32_t v;
    double begin = cpu_ns();

    for (uint64_t s = 0; s < w->steps; s++)
        for (uint32_t k = 0; k < DENSE; k++) {
            sink += change(w, s, k, &v);
            sink += v;
        }
    (void)sink;
    return cpu_ns() - begin;
}

/* Writes a trace in a process of its own and prints a row. `write` returns the CPU ns it took. */
typedef double (*trace_writer)(struct workload *w, const char *path);
static inline void measure(const char *name, const char *suffix, trace_writer write_trace, int sparse, enum data data,
                           uint64_t changes)
{
    static struct workload w;
    const char *dir = getenv("BL_TMP");
    char path[600];
    struct stat st;
    struct rusage used;
    int status, pipes[2];
    double ns = 0;

    snprintf(path, sizeof path, "%s/bench_%ld.%s", dir && *dir ? dir : "/tmp", (long)getpid(), suffix);
    fflush(stdout);
    if (pipe(pipes))
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        start(&w, sparse, data, changes);
        double plain = data_ns(&w);
        start(&w, sparse, data, changes);
        ns = write_trace(&w, path) - plain;
        _exit(write(pipes[1], &ns, sizeof ns) != sizeof ns);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status || stat(path, &st)
        || read(pipes[0], &ns, sizeof ns) != sizeof ns) {
        fprintf(stderr, "bench-trace: %s of %s failed\n", name, WORKLOAD[sparse][data]);
        exit(1);
    }
    close(pipes[0]);
    close(pipes[1]);
    printf("%s,%s,%.1f,%.3f,%ld\n", WORKLOAD[sparse][data], name, ns / (double)changes, (double)st.st_size / (double)changes,
           (long)used.ru_maxrss);
    unlink(path);
}

/* "PROGRAM [CHANGES [WRITER]]" */
static inline uint64_t changes_of(int argc, char **argv)
{
    return argc > 1 ? strtoull(argv[1], NULL, 10) : UINT64_C(10000000);
}

#endif

/* bench.h - shared by our benches of the kernel and the programs of its peers (C and C++): clocks, memory, the one
 * line of result. Begin after set-up, report at the end: what is between is measured, or up to stop. */
#ifndef BL_BENCH_KERNEL_H
#define BL_BENCH_KERNEL_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static struct { double cpu; long rss; size_t heap; } begun;
static double stopped;      /* 0: measuring goes on until the report */

static inline double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Peak resident memory so far. */
static inline long rss_kib(void)
{
    struct rusage r;

    getrusage(RUSAGE_SELF, &r);
    return r.ru_maxrss;
}

/* Bytes of malloc in use (rss counts pages in batches, so it is too coarse to see that nothing grew). */
static inline size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

static inline uint32_t xorshift(uint32_t *s)
{
    uint32_t x = *s;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *s = x;
}

static inline void begin(void)
{
    begun.heap = heap_bytes();
    begun.rss = rss_kib();
    begun.cpu = cpu_seconds();
}

/* What comes between this and the report, as adding up, is not measured. */
static inline void stop(void) { stopped = cpu_seconds(); }

/* RESULT units, ns a unit, peak KiB, and since begin: KiB and bytes of heap grown; check. Equal work gives equal
 * units and check. */
static inline void report(uint64_t units, uint64_t check)
{
    double ns = 1e9 * ((stopped > 0 ? stopped : cpu_seconds()) - begun.cpu) / (double)(units ? units : 1);

    long long heap = (long long)heap_bytes() - (long long)begun.heap;

    printf("RESULT %llu %.4f %ld %ld %lld %llu\n", (unsigned long long)units, ns, rss_kib(), rss_kib() - begun.rss, heap,
           (unsigned long long)check);
    fflush(stdout);
}

static inline uint64_t arg_n(int argc, char **argv, int i, uint64_t preset)
{
    return argc > i ? strtoull(argv[i], NULL, 0) : preset;
}

#endif

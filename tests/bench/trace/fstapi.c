/* fstapi.c - bench-trace: GTKWave's own FST writer, as Debian's package verilator ships it. */
#include "tests/bench/trace/workload.h"

#include <fstapi.h>

static enum fstWriterPackType pack;

static double write_trace(struct workload *w, const char *path)
{
    static fstHandle handle[SPARSE];
    char name[16];
    uint32_t v;
    double begin = cpu_ns();
    void *to = fstWriterCreate(path, 1);

    if (!to)
        exit(1);
    fstWriterSetPackType(to, pack);
    fstWriterSetTimescale(to, -15);
    fstWriterSetScope(to, FST_ST_VCD_MODULE, "bench", NULL);
    for (uint32_t i = 0; i < w->signals; i++) {
        snprintf(name, sizeof name, "s%u [31:0]", (unsigned)i);
        handle[i] = fstWriterCreateVar(to, FST_VT_VCD_WIRE, FST_VD_IMPLICIT, 32, name, 0);
    }
    fstWriterSetUpscope(to);
    for (uint64_t s = 0; s < w->steps; s++) {
        fstWriterEmitTimeChange(to, s * 1000);
        for (uint32_t k = 0; k < DENSE; k++) {
            uint32_t i = change(w, s, k, &v);
            fstWriterEmitValueChange32(to, handle[i], 32, v);
        }
    }
    fstWriterEmitTimeChange(to, w->steps * 1000);
    fstWriterClose(to);
    return cpu_ns() - begin;
}

int main(int argc, char **argv)
{
    for (int sparse = 0; sparse < 2; sparse++)
        for (int d = COUNTERS; d < NDATA; d++) {
            pack = FST_WR_PT_LZ4;
            measure("fstapi-lz4", "fst", write_trace, sparse, (enum data)d, changes_of(argc, argv));
            pack = FST_WR_PT_ZLIB;
            measure("fstapi-zlib", "fst", write_trace, sparse, (enum data)d, changes_of(argc, argv));
        }
    return 0;
}

/* ours.c - bench-trace: bitline's writers; as "none" the changes without a writer, for whoever counts instructions. */
#include "tests/bench/trace/workload.h"

#include "traces/traces.h"

static const struct bl_wave_ops *ops;

static double write_nothing(struct workload *w, const char *path)
{
    static volatile uint32_t seen;
    uint32_t v;
    FILE *f = fopen(path, "w");                 /* measure wants a file */

    for (uint64_t s = 0; s < w->steps; s++)
        for (uint32_t k = 0; k < DENSE; k++) {
            seen = change(w, s, k, &v);
            seen = v;
        }
    return f ? fclose(f) : 1;
}

static double write_trace(struct workload *w, const char *path)
{
    static char name[SPARSE][16];
    static struct bl_wave_var vars[SPARSE];
    uint32_t v;
    double begin = cpu_ns();

    for (uint32_t i = 0; i < w->signals; i++) {
        snprintf(name[i], sizeof name[i], "s%u", (unsigned)i);
        vars[i] = (struct bl_wave_var){ .scope = "bench", .name = name[i], .width = 32 };
    }
    struct bl_wave *to = ops->open(path, vars, w->signals, 0, NULL);
    if (!to)
        exit(1);
    for (uint64_t s = 0; s < w->steps; s++) {
        if (ops->time(to, s * 1000))
            exit(1);
        for (uint32_t k = 0; k < DENSE; k++) {
            uint32_t i = change(w, s, k, &v);
            ops->bits(to, i, &(uint64_t){ v });
        }
    }
    if (ops->close(to, w->steps * 1000))
        exit(1);
    return cpu_ns() - begin;
}

int main(int argc, char **argv)
{
    static const struct { const char *name, *path; unsigned options; } WRITERS[] = {
        { "bitline-fst-lz4", "x.fst", 0 }, { "bitline-fst-zlib", "x.fst", BL_WAVE_ZLIB }, { "bitline-vcd", "x.vcd", 0 },
    };
    bool none = argc > 2 && !strcmp(argv[2], "none");

    for (int sparse = 0; sparse < 2; sparse++)
        for (enum data d = COUNTERS; d < NDATA; d++) {
            if (none)
                measure("none", "none", write_nothing, sparse, d, changes_of(argc, argv));
            for (size_t i = 0; i < sizeof WRITERS / sizeof WRITERS[0]; i++) {
                if (argc > 2 && strcmp(argv[2], WRITERS[i].name))
                    continue;
                ops = bl_wave_writer_as(WRITERS[i].path, WRITERS[i].options);
                measure(WRITERS[i].name, ops->suffix, write_trace, sparse, d, changes_of(argc, argv));
            }
        }
    return 0;
}

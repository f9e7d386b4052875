/* traces.c - finds the writer for a file name and foretells the size of a trace. */
#include "traces/traces.h"

#include <string.h>

/* Longest suffix first. Bytes per change = fixed + per_bit x width, see traces.h. */
static const struct {
    const struct bl_wave_ops *ops;
    double fixed, per_bit;
} FORMATS[] = {
    { &bl_vcd_gz_writer, 1.0, 0.25 },
    { &bl_fst_writer,    0.6, 0.075 },
    { &bl_vcd_writer,    4.0, 1.0 },
};
enum { NFORMATS = sizeof FORMATS / sizeof FORMATS[0] };

static const char *const SUFFIXES[NFORMATS + 1] = { "vcd.gz", "fst", "vcd", NULL };

const struct bl_wave_ops *bl_wave_writer(const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < NFORMATS; i++) {
        size_t k = strlen(FORMATS[i].ops->suffix);
        if (n > k + 1 && path[n - k - 1] == '.' && path[n - k - 2] != '/' && !strcmp(path + n - k, FORMATS[i].ops->suffix))
            return FORMATS[i].ops;
    }
    return NULL;
}

const char *const *bl_wave_suffixes(void)
{
    return SUFFIXES;
}

uint64_t bl_wave_estimate(const struct bl_wave_ops *ops, uint64_t changes, double mean_bits)
{
    for (size_t i = 0; i < NFORMATS; i++)
        if (FORMATS[i].ops == ops) {
            double bytes = (double)changes * (FORMATS[i].fixed + FORMATS[i].per_bit * mean_bits);
            return bytes < 9e18 ? (uint64_t)bytes : (uint64_t)9e18;
        }
    return 0;
}

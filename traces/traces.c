/* traces.c - finds the writer for a file name and foretells the size of a trace. */
#include "traces/traces.h"

#include <string.h>

#include "traces/fst.h"
#include "traces/vcd.h"

/* Longest suffix first. Bytes per change = fixed + per_bit x width, see traces.h. */
static const struct {
    const struct bl_wave_ops *ops;
    double fixed, per_bit;
} FORMATS[] = {
    { &bl_vcd_gz_writer, 1.0, 0.25 },
    { &bl_fst_writer,    0.8, 0.1 },
    { &bl_vcd_writer,    4.0, 1.0 },
};
enum { NFORMATS = sizeof FORMATS / sizeof FORMATS[0] };

static const char *const SUFFIXES[NFORMATS + 1] = { "vcd.gz", "fst", "vcd", NULL };

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);

    return n > k + 1 && path[n - k - 1] == '.' && path[n - k - 2] != '/' && !strcmp(path + n - k, suffix);
}

const struct bl_wave_ops *bl_wave_writer(const char *path)
{
    if (!strcmp(path, "-"))
        return &bl_vcd_live_writer;
    for (size_t i = 0; i < NFORMATS; i++)
        if (ends_in(path, FORMATS[i].ops->suffix))
            return FORMATS[i].ops;
    return NULL;
}

const struct bl_wave_ops *bl_timeline_form(const char *path)
{
    return ends_in(path, bl_timeline_writer.suffix) ? &bl_timeline_writer : ends_in(path, bl_kanata_writer.suffix) ? &bl_kanata_writer : NULL;
}

const struct bl_wave_ops *bl_wave_writer_as(const char *path, unsigned options)
{
    const struct bl_wave_ops *ops = bl_wave_writer(path);

    options &= BL_WAVE_ZLIB | BL_WAVE_LIVE;
    if (ops == &bl_fst_writer && options)
        return &bl_fst_variants[options - 1];
    return ops == &bl_vcd_writer && options & BL_WAVE_LIVE ? &bl_vcd_live_writer : ops;
}

struct bl_wave *bl_wave_open_unit(const struct bl_wave_ops *ops, int exponent, const char *path, const struct bl_wave_var *vars,
                                  size_t nvars, uint64_t start, struct bl_diag *diag)
{
    for (unsigned options = 1; options < 4; options++)
        if (ops == &bl_fst_variants[options - 1])
            return bl_fst_open(options, exponent, path, vars, nvars, start, diag);
    if (ops == &bl_fst_writer)
        return bl_fst_open(0, exponent, path, vars, nvars, start, diag);
    return bl_vcd_open(ops == &bl_vcd_gz_writer ? BL_VCD_GZIP : ops == &bl_vcd_live_writer ? BL_VCD_LIVE : BL_VCD_PLAIN, exponent, path,
                       vars, nvars, start, diag);
}

const char *const *bl_wave_suffixes(void)
{
    return SUFFIXES;
}

uint64_t bl_wave_estimate(const struct bl_wave_ops *ops, uint64_t changes, double mean_bits)
{
    for (size_t i = 0; i < NFORMATS; i++)
        if (!strcmp(FORMATS[i].ops->suffix, ops->suffix)) {
            double bytes = (double)changes * (FORMATS[i].fixed + FORMATS[i].per_bit * mean_bits);
            return bytes < 9e18 ? (uint64_t)bytes : (uint64_t)9e18;
        }
    return 0;
}

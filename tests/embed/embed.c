/* embed.c - bitline as a library: a shipped platform with parameters, a net, a waveform, and the account of the run.
 * Build: cc embed.c $(pkg-config --cflags --libs bitline) */
#include "kernel/model.h"
#include "platforms/job/setup.h"
#include "traces/traces.h"

#include <stdio.h>

/* Where the time and the energy of a part went. */
static void print_part(struct bl_sim *s, size_t part)
{
    struct bl_part_row row;
    struct bl_verdict_row busy;
    char energy[40];

    bl_part_at(s, part, &row);
    if (row.verdicts == 0 || row.elapsed == 0)
        return;
    bl_verdict_at(s, part, BL_BUSY, &busy);
    printf("%-12s busy %5.1f %%  %s\n", row.path, 100.0 * (double)busy.spent / (double)row.elapsed, bl_energy_text(row.energy, energy));
}

int main(void)
{
    static const char *const set[] = { "controller.mode=fixed", "controller.boundary=8", "voltage=0.9V" };
    const struct bl_setup_opts o = { .platform = "osa_hcim", .set = { set, 3 }, .net = "fashion_cnn", .images = { true, 2 } };
    const struct bl_trace_opts window = { .to_fs = 100 * BL_US };
    struct bl_setup *u = bl_setup_open(&o, NULL);

    if (!u)
        return 1;
    struct bl_trace *trace = bl_trace_begin(u->sim, bl_wave_writer("embed.fst"), "embed.fst", &window, NULL);
    enum bl_end end = bl_setup_run(u, BL_FOREVER, NULL, NULL);
    if (!trace || bl_trace_end(u->sim, trace) || end != BL_END_STOPPED)
        return 1;
    for (size_t i = 0; i < bl_part_count(u->sim); i++)
        print_part(u->sim, i);
    const struct bl_result *r = bl_job_result(u->job);
    printf("%u of %u images right, %.1f dB, %llu cycles an image at most; embed.fst holds the first 100 us\n", r->correct, r->images,
           r->snr_db, (unsigned long long)r->cycles_max);
    bl_setup_close(u);                                 /* what was asked of it is gone now */
    return 0;
}

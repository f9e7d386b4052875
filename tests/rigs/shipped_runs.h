/* shipped_runs.h - a short run of every shipped platform that runs by itself, for tests that look at all of them. */
#ifndef BL_TESTS_SHIPPED_RUNS_H
#define BL_TESTS_SHIPPED_RUNS_H

/* every: an interval of which the run has a few dozens; net: its images are run one by one. */
static const struct shipped_run { const char *platform, *every, *more[6]; int net, one_run; } shipped_runs[] = {
    { "osa_hcim", "5 us", { "--images", "2" }, 1, 0 }, { "osa_hcim_dual", "5 us", { "--images", "1" }, 1, 0 },
    { "imagine", "500 us", { "--images", "1" }, 1, 0 }, { "bf_imna", "3 us", { "--images", "2" }, 1, 0 },
    { "bf_imna_ir", "3 us", { "--images", "1" }, 1, 0 }, { "bf_imna_reram", "3 us", { "--images", "1" }, 1, 0 },
    { "bf_imna_mesh", "100 ns", { 0 }, 0, 0 }, { "ap", "1 us", { 0 }, 0, 0 }, { "ap_core", "1 us", { 0 }, 0, 0 },
    { "back_pressure", "100 ns", { "--until", "2 us" }, 0, 0 }, { "db_pim", "2 us", { "--images", "1" }, 1, 0 },
    { "db_pim_chip", "2 us", { 0 }, 0, 0 }, { "db_pim_ideal", "2 us", { "--images", "1" }, 1, 0 },
    { "db_pim_paper_C", "2 us", { "--images", "1" }, 1, 0 }, { "db_pim_paper_D", "2 us", { "--images", "1" }, 1, 0 },
    { "imc", "3 us", { "--images", "2" }, 1, 0 }, { "imc_sets", "3 us", { "--images", "1" }, 1, 0 }, { "imc_buffer", "3 us", { "--images", "1" }, 1, 0 },
    { "imc_analog", "3 us", { "--images", "1", "--set", "adc_bits=6" }, 1, 0 }, { "chip", "5 us", { "--images", "3" }, 1, 1 },
    { "chip", "5 us", { "--images", "2", "--set", "placement=reload" }, 1, 1 }, { "chih_isscc21", "3 us", { "--images", "1" }, 1, 0 },
    { "isscc22_11_7", "10 us", { "--images", "1" }, 1, 0 }, { "isscc23_16_3", "3 us", { "--images", "1" }, 1, 0 },
    { "isscc23_7_2", "3 us", { "--images", "1" }, 1, 0 }, { "isscc23_7_8", "30 us", { "--images", "1" }, 1, 0 },
    { "jia_isscc21", "10 us", { "--images", "1" }, 1, 0 }, { "jssc23_9896828", "3 us", { "--images", "1" }, 1, 0 },
    { "papistas_cicc21", "3 us", { "--images", "1" }, 1, 0 }, { "si_isscc20", "3 us", { "--images", "1" }, 1, 0 },
    { "tu_isscc22", "30 us", { "--images", "1" }, 1, 0 }, { "tu_isscc22_int8", "30 us", { "--images", "1" }, 1, 0 },
};
enum { SHIPPED_RUNS = (int)(sizeof shipped_runs / sizeof *shipped_runs) };

#endif

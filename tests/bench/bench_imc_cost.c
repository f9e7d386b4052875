/* bench_imc_cost.c - how many layers a second the analytical side maps and prices: four macros, layers of many shapes; best of five. */
#include <stdio.h>
#include <time.h>

#include "platforms/imc/mapping.h"

enum { LAYERS = 200000, RUNS = 5, MACROS = 4 };

static const struct bl_imc_macro macros[MACROS] = {
    { .type = BL_IMC_AIMC, .d1 = 64, .d2 = 1152, .m = 1, .macros = 1, .w_bits = 4, .a_bits = 4, .dac_bits = 1, .adc_bits = 8, .volts = 0.8, .node = 28, .act = 0.5, .k3 = 44 },
    { .type = BL_IMC_AIMC, .d1 = 8, .d2 = 64, .m = 16, .macros = 8, .w_bits = 4, .a_bits = 4, .dac_bits = 2, .adc_bits = 5, .volts = 0.8, .node = 28, .act = 0.5, .k3 = 44 },
    { .type = BL_IMC_DIMC, .d1 = 64, .d2 = 256, .m = 1, .macros = 4, .w_bits = 4, .a_bits = 4, .dac_bits = 1, .volts = 0.8, .node = 22, .act = 0.5 },
    { .type = BL_IMC_DIMC, .d1 = 12, .d2 = 32, .m = 1, .macros = 192, .w_bits = 4, .a_bits = 4, .dac_bits = 1, .volts = 0.8, .node = 28, .act = 0.5 },
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int main(void)
{
    double best = 1e9, energy = 0;

    for (int r = 0; r < RUNS; r++) {
        double start = seconds(), took;
        for (uint64_t i = 0; i < LAYERS; i++) {
            struct bl_imc_layer l = { 16 + i % 113 * 8, 16 + i % 61 * 8, i % 3 ? 9 : 1, i % 5 ? 1 : 8, 1 + i % 1024 };
            struct bl_imc_mapping x;
            if (bl_imc_map(&macros[i % MACROS], &l, &x) == 0)
                energy += x.energy;
        }
        took = seconds() - start;
        best = took < best ? took : best;
    }
    printf("layers mapped and priced a second: %.2f million (%.0f ns each; sum %.6g fJ)\n", LAYERS / best * 1e-6, best / LAYERS * 1e9, energy);
    return 0;
}

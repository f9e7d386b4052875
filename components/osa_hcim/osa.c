/* osa.c - the allocation of bit products at a boundary, and the order of digital issue. */
#include "components/osa_hcim/osa.h"

static int most(int a, int b) { return a > b ? a : b; }
static int least(int a, int b) { return a < b ? a : b; }

void bl_osa_allocate(struct bl_osa_alloc *out, int w, int a, int b)
{
    *out = (struct bl_osa_alloc){ 0 };
    for (int i = 0; i < w; i++) {
        int lo = most(0, b - BL_OSA_WINDOW - i), hi = least(a - 1, b - 1 - i);
        int dropped = least(a, lo), digital = a - 1 - most(hi, -1);

        out->discarded = (uint8_t)(out->discarded + dropped);
        out->digital = (uint8_t)(out->digital + digital);
        if (lo > hi)
            continue;
        out->list[out->conversions++] = (struct bl_osa_conversion){ (uint8_t)i, (uint8_t)lo, (uint8_t)(hi - lo + 1) };
        out->analog_bits = (uint8_t)(out->analog_bits + hi - lo + 1);
    }
}

int bl_osa_order(struct bl_osa_product order[64], uint8_t digital[2 * BL_OSA_BITS], int w, int a)
{
    int n = 0;

    for (int k = w + a - 1; k >= 0; k--) {
        for (int i = least(k, w - 1); i >= 0 && k - i < a; i--)
            order[n++] = (struct bl_osa_product){ (uint8_t)i, (uint8_t)(k - i) };
        digital[k] = (uint8_t)n;
    }
    for (int b = w + a; b < 2 * BL_OSA_BITS; b++)
        digital[b] = 0;
    return n;
}

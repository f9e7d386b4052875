/* fta.c - Algorithm 1 on one filter: its threshold, and its weights put to the closest numbers of that threshold. */
#include "platforms/db_pim/fta.h"

uint32_t bl_db_threshold(const int8_t *w, const uint8_t *kept, uint32_t k)
{
    uint32_t count[BL_DB_BLOCKS + 1] = { 0 }, mode = 0;
    bool any = false;

    for (uint32_t i = 0; i < k; i++)
        if (!kept || kept[i]) {
            count[bl_db_phi(w[i])]++;
            any |= w[i] != 0;
        }
    if (!any)
        return 0;
    for (uint32_t phi = 1; phi <= BL_DB_BLOCKS; phi++)
        if (count[phi] > count[mode])
            mode = phi;
    return mode < 1 ? 1 : mode > BL_DB_MOST_PHI ? BL_DB_MOST_PHI : mode;
}

void bl_db_approximate(int8_t *w, const uint8_t *kept, uint32_t k, uint32_t phi)
{
    int8_t closest[256];

    for (int v = INT8_MIN; v <= INT8_MAX; v++)
        closest[(uint8_t)v] = bl_db_closest((int8_t)v, phi);
    for (uint32_t i = 0; i < k; i++)
        w[i] = !kept || kept[i] ? closest[(uint8_t)w[i]] : 0;
}

/* draws.c - what a part draws: numbers keyed by (seed, path, stream, number), and normal ones made of them. */
#include "kernel/kernel.h"

#include <math.h>

uint64_t bl_random(void *self)
{
    struct bl_part *p = self;
    const struct bl_node *n = node_of(self, __func__);
    const uint64_t stream = n->sim->core->stream, key = stream ? mix(n->key ^ mix(stream)) : n->key;

    return mix(key + UINT64_C(0x9e3779b97f4a7c15) * ++p->draws);
}

double bl_normal(void *self)
{
    for (;;) {
        double a = (double)(int64_t)bl_random(self) * 0x1p-63, b = (double)(int64_t)bl_random(self) * 0x1p-63;
        double q = a * a + b * b;
        if (q > 0 && q < 1)
            return a * sqrt(-2 * bl_log(q) / q);
    }
}

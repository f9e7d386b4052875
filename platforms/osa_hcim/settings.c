/* settings.c - what the mapper of OSA-HCIM and its calibration want to know of the platform, asked once. */
#include "platforms/osa_hcim/osa_hcim.h"

int osa_settings(struct bl_ask *ask, struct osa_settings *p)
{
    *p = (struct osa_settings){
        .mode = bl_ask_int(ask, "controller.mode"), .boundary = (int)bl_ask_int(ask, "controller.boundary"),
        .w_bits = (int)bl_ask_int(ask, "controller.w_bits"), .a_bits = (int)bl_ask_int(ask, "controller.a_bits"),
        .orders = (int)bl_ask_int(ask, "controller.s"), .nshift = (int32_t)bl_ask_int(ask, "nq.nshift"),
        .order_weight = bl_ask_int(ask, "ose.order_weight"), .range = bl_ask_int(ask, "adc.range"),
        .dat_bits = bl_ask_int(ask, "dat.dat_bits"),
        .cols = (uint32_t)bl_ask_int(ask, "host.ins"), .hmu = (uint32_t)bl_ask_int(ask, "host.outs") };
    p->ncandidates = bl_ask_list(ask, "ose.candidates", p->candidate, OSA_LIST_MOST);
    p->nforced = bl_ask_list(ask, "ose.forced", p->forced, OSA_LIST_MOST);
    return ask->failed ? -1 : 0;
}

int osa_in_effect(const struct osa_settings *p, int64_t boundary)
{
    return bl_osa_bound((int)boundary, p->w_bits, p->a_bits, p->orders);
}

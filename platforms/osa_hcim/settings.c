/* settings.c - what the mapper of OSA-HCIM and its calibration want to know of the platform, asked once. What does not fit the net or
 * another part is refused; what is set and does nothing is noted. */
#include "platforms/osa_hcim/osa_hcim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/job/layer_bits.h"
#include "platforms/osa_hcim/calibration_file.h"

/* Sizes that no wire carries: commands are the same for every size, charge has no columns. Any other size that differs is an error of
 * a wire's width. */
static const struct bl_equal equal[] = { { "dac.hmu", "accumulator.hmu" }, { "dwl.hmu", "accumulator.hmu" }, { "awl.hmu", "accumulator.hmu" },
                                         { "rw_io.hmu", "accumulator.hmu" }, { "adc.cols", "host.ins" }, { 0 } };

int osa_settings(struct bl_ask *ask, struct osa_settings *p)
{
    *p = (struct osa_settings){
        .mode = bl_ask_int(ask, "controller.mode"), .boundary = (int)bl_ask_int(ask, "controller.boundary"),
        .w_bits = (int)bl_ask_int(ask, "controller.w_bits"), .a_bits = (int)bl_ask_int(ask, "controller.a_bits"),
        .orders = (int)bl_ask_int(ask, "controller.s"), .nshift = (int32_t)bl_ask_int(ask, "nq.nshift"),
        .order_weight = bl_ask_int(ask, "ose.order_weight"), .range = bl_ask_int(ask, "adc.range"),
        .dat_bits = bl_ask_int(ask, "dat.dat_bits"), .noise = bl_ask_real(ask, "adc.noise"),
        .cols = (uint32_t)bl_ask_int(ask, "host.ins"), .hmu = (uint32_t)bl_ask_int(ask, "accumulator.hmu"), .outs = (uint32_t)bl_ask_int(ask, "host.outs") };
    p->ncandidates = bl_ask_list(ask, "ose.candidates", p->candidate, OSA_LIST_MOST);
    p->nforced = bl_ask_list(ask, "ose.forced", p->forced, OSA_LIST_MOST);
    if (ask->failed || bl_ask_equal(ask, equal))
        return -1;
    return p->outs == p->hmu || p->outs == 2 * p->hmu ? 0 :
        bl_error(ask->diag, "host.outs is %u for %u HMU; expected %u, or %u for layers of 4-bit weights, two in eight rows, as osa_hcim_dual has them", p->outs, p->hmu, p->hmu, 2 * p->hmu);
}

int osa_in_effect(const struct osa_settings *p, int64_t boundary)
{
    return bl_osa_bound((int)boundary, p->w_bits, p->a_bits, p->orders);
}

int osa_settings_fit(const struct osa_settings *p, const struct bl_net *net, struct bl_diag *diag)
{
    for (uint32_t i = 0; i < net->nlayers && p->mode == OSA_MODE_FIXED; i++) {
        struct bl_osa_bits x = osa_bits(p, net, i);
        if (osa_on_array(&net->layers[i]) && p->boundary > x.w + x.a - 2)
            return bl_error(diag, "controller.boundary is %d, but layer '%s' of net %s has %u x %u bits, whose highest order is %d: nothing would be digital; take at most that",
                            p->boundary, net->layers[i].name, net->name, x.w, x.a, x.w + x.a - 2);
    }
    const struct bl_bits_taken takes = { "", "controller.w_bits", "controller.a_bits", (unsigned)p->w_bits, (unsigned)p->a_bits, BL_OSA_BITS, BL_OSA_BITS };

    return bl_bits_fit(net, &takes, diag);
}

struct bl_osa_bits osa_bits(const struct osa_settings *p, const struct bl_net *net, uint32_t layer)
{
    const struct bl_layer *l = &net->layers[layer];
    struct bl_osa_bits x = { (uint8_t)p->w_bits, (uint8_t)p->a_bits, false };

    if (osa_on_array(l))
        x = (struct bl_osa_bits){ (uint8_t)bl_layer_weight_bits(l), (uint8_t)bl_layer_input_bits(net, layer), false };
    x.other = x.w != p->w_bits || x.a != p->a_bits;
    return x;
}

int osa_same_bits(const struct osa_settings *p, const struct bl_net *net, const char *calibration, struct bl_diag *diag)
{
    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct bl_osa_bits x = osa_bits(p, net, i);
        if (x.other)
            return bl_error(diag, "%s%slayer '%s' of net %s has %u x %u bits; ranges and thresholds are for the %d x %d of controller.w_bits and a_bits, and mean others "
                            "here: %s", calibration ? calibration : "", calibration ? ": " : "", net->layers[i].name, net->name, x.w, x.a, p->w_bits, p->a_bits,
                            calibration ? "--calibration none, or --set controller.mode=digital" : "give all layers the same bits, and set both to them");
    }
    return 0;
}

/* ---- what does nothing ---- */

static bool element(struct bl_sim *s, const char *list, uint32_t i, uint64_t *v)
{
    char name[96];

    snprintf(name, sizeof name, "%s[%u]", list, i);
    return !bl_peek(s, name, v);
}

/* A parameter that its class presets otherwise: somebody has set it. */
static bool is_set(struct bl_sim *s, const char *part, const char *cls, const char *param)
{
    const struct bl_class *c = bl_class_find(bl_classes_of(s), cls);
    char name[64];
    uint64_t v;

    snprintf(name, sizeof name, "%s.%s", part, param);
    for (const struct bl_field *f = c ? c->fields : NULL; f && f->name; f++) {
        if (strcmp(f->name, param))
            continue;
        if (f->kind == BL_KIND_INT)
            return !bl_peek(s, name, &v) && (double)v != f->preset;
        char *at = (char *)(uintptr_t)f->text + 1, *end;
        for (uint32_t i = 0; f->kind == BL_KIND_LIST; i++, at = end + 1) {
            uint64_t preset = strtoull(at, &end, 10);
            bool has = element(s, name, i, &v);
            if (!has || end == at)
                return has != (end != at);
            if (v != preset)
                return true;
        }
    }
    return false;
}

void osa_note_unused(struct bl_job *job, struct bl_sim *s, const struct osa_settings *p, const struct osa_tables *t)
{
    const struct bl_job_opts *o = bl_job_options(job);

    if (p->mode != OSA_MODE_FIXED && is_set(s, "controller", "osa_controller", "boundary"))
        bl_note(bl_job_diag(job), "controller.boundary does nothing in this mode; --set controller.mode=fixed uses it");
    if (!t || !o->calibration || p->mode != OSA_MODE_OSA || !t->has_thresholds)
        return;
    if (is_set(s, "ose", "ose", "thresholds"))
        bl_note(bl_job_diag(job), "ose.thresholds does nothing: those of %s are used, layer by layer; --calibration none uses it",
                o->calibration);
    for (uint32_t l = 0; l < t->nlayers; l++)
        if (osa_on_array(&o->net->layers[l]) && t->saliency[l].nshift != p->nshift) {
            bl_note(bl_job_diag(job), "nq.nshift = %d does nothing: %s says %d for layer '%s'; --calibration none uses it", p->nshift,
                    o->calibration, t->saliency[l].nshift, o->net->layers[l].name);
            return;
        }
}

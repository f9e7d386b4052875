/* settings.c - what decides on phases and codes of IMAGINE, asked of the platform's parts once; what does not agree is refused. */
#include "platforms/imagine/phases.h"

#include <string.h>

#include "kernel/model.h"

/* Two parts that must have been given the same supply or time. The file has a parameter for each; a part that is set by itself is refused
 * here, as no wire has a width that tells. */
static const struct bl_equal equal[] = { { "cim_timer.slow", "ladder.slow" }, { "cim_timer.slow", "cal_engine.slow" },
                                         { "dp_array.vddl", "mbiw.vddl" }, { "dp_array.vddl", "dsci_adc.vddl" }, { 0 } };
/* Where one of these is above 0, codes are not ideal. */
static const char *const flaws[] = { "dsci_adc.noise", "dsci_adc.sa_sigma", "dp_array.tau0", "dp_array.cap_sigma", "mbiw.imbalance" };

static int agree(struct bl_ask *ask)
{
    int bad = 0;

    for (const struct bl_equal *e = equal; e->name; e++) {
        double x = bl_ask_real(ask, e->name), y = bl_ask_real(ask, e->as);
        if (!ask->failed && memcmp(&x, &y, sizeof x) != 0)
            bad = bl_error(ask->diag, "%s and %s differ (%g, %g); expected equal values", e->name, e->as, x, y);
    }
    return ask->failed ? -1 : bad;
}

/* A time at this supply, fs. */
static uint64_t slowed(struct bl_ask *ask, const char *name)
{
    return (uint64_t)((double)bl_ask_int(ask, name) * bl_ask_real(ask, "cim_timer.slow"));
}

static int ask_times(struct bl_ask *ask, struct imagine_settings *p)
{
    p->t_dp = slowed(ask, "cim_timer.t_dp");
    p->t_pre = slowed(ask, "cim_timer.t_pre");
    p->t_acc = slowed(ask, "cim_timer.t_acc");
    p->t_w = slowed(ask, "cim_timer.t_w");
    p->t_off = slowed(ask, "cim_timer.t_off");
    p->t_sar = slowed(ask, "cim_timer.t_sar");
    if (slowed(ask, "dp_array.t_dp") != p->t_dp && !ask->failed)
        return bl_error(ask->diag, "cim_timer.t_dp and dp_array.t_dp differ; expected equal times");
    return ask->failed ? -1 : 0;
}

/* Is the part of the class that is called like it, and not one of a user's own? */
static bool is_ours(struct bl_ask *ask, const char *part)
{
    const struct bl_class *c = bl_part_class(ask->s, part);

    return c && !strcmp(c->name, part);
}

static void ask_digital(struct bl_ask *ask, struct imagine_settings *p)
{
    p->r_in = (uint32_t)bl_ask_int(ask, "host.r_in");
    p->r_out = (uint32_t)bl_ask_int(ask, "host.r_out");
    p->r_w = (uint32_t)bl_ask_int(ask, "host.r_w");
    p->gamma = (uint32_t)bl_ask_int(ask, "host.gamma");
    p->serial = bl_ask_int(ask, "host.datapath") == DATAPATH_SERIAL;
    p->newrow = bl_ask_int(ask, "host.newrow") == NEWROW_PAPER;
    p->rowmajor = bl_ask_int(ask, "host.lmem_layout") == LMEM_ROWMAJOR;
    p->loop = is_ours(ask, "lmem") && bl_ask_int(ask, "lmem.loop");
    p->split = bl_ask_int(ask, "dp_array.split") == SPLIT_SERIAL;
    p->bytes = bl_ask_int(ask, "lmem.bytes");
    p->measuring = bl_ask_int(ask, "dsci_adc.measure");
}

static void ask_analog(struct bl_ask *ask, struct imagine_settings *p)
{
    p->vddl = bl_ask_real(ask, "dp_array.vddl");
    p->vddh = bl_ask_real(ask, "dsci_adc.vddh");
    p->c_c = bl_ask_real(ask, "dp_array.c_c");
    p->c_p = bl_ask_real(ask, "dp_array.c_p");
    p->c_l = bl_ask_real(ask, "dp_array.c_l");
    p->alpha_adc = bl_ask_real(ask, "dsci_adc.alpha_adc");
    p->abn_step = bl_ask_real(ask, "dsci_adc.abn_step");
    p->ideal = true;
    for (size_t i = 0; i < sizeof flaws / sizeof *flaws; i++)
        p->ideal &= !(bl_ask_real(ask, flaws[i]) > 0);
}

enum { IMAGINE_WORD = 32 };

/* The host sends weights in words of 32 bits: a loader that waits for others would wait for ever. */
static int check_loader(struct bl_ask *ask)
{
    uint64_t bits = is_ours(ask, "weight_loader") ? bl_ask_int(ask, "weight_loader.word_bits") : IMAGINE_WORD;

    return bits == IMAGINE_WORD ? 0 : bl_error(ask->diag, "weight_loader.word_bits is %llu; the host sends words of %d bits, so expected that",
                                               (unsigned long long)bits, IMAGINE_WORD);
}

int imagine_settings(struct bl_ask *ask, struct imagine_settings *p)
{
    *p = (struct imagine_settings){ 0 };
    ask_digital(ask, p);
    ask_analog(ask, p);
    int bad = ask_times(ask, p) | agree(ask) | check_loader(ask);
    if (bl_ask_int(ask, "dp_array.xnor_zero") == XNOR_NONE)
        bad = bl_error(ask->diag, "dp_array.xnor_zero is none: sums cannot be had back from such codes; a net needs minus");
    if (!ask->failed && p->gamma & (p->gamma - 1))
        bad = bl_error(ask->diag, "host.gamma is %u; the ladder gives 1, 2, 4, 8, 16 (32)", p->gamma);
    if (ask->failed || bad)
        return -1;
    if (p->gamma > 16)
        bl_note(ask->diag, "host.gamma is %u; the paper shows it, but its ladder's steps allow 16", p->gamma);
    if (p->loop)
        bl_note(ask->diag, "lmem.loop: addresses of LMEM are taken modulo a bank, so that maps need not fit; cycles and energy are those of the layer, its values mean nothing");
    if (p->vddl < 0.28)
        bl_note(ask->diag, "dp_array.vddl is %g V; the chip fails below 0.28 V", p->vddl);
    return 0;
}

/* scopes.c - efficiency of a layer by what is counted. */
#include "platforms/imagine/scopes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const macro[] = { "dp_array", "mbiw", "dsci_adc", "ladder" };

static bool is_macro(const char *path)
{
    for (size_t i = 0; i < sizeof macro / sizeof *macro; i++)
        if (!strcmp(path, macro[i]))
            return true;
    return false;
}

static double number(bl_yj e) { return (double)e; }

/* Of LMEM what its 32 b side used. */
static bl_yj filled(struct bl_sim *s, size_t part, const struct bl_part_row *p)
{
    struct bl_tally_row t;
    bl_yj sum = 0;

    for (uint32_t i = 0; !strcmp(p->path, "lmem") && i < p->tallies; i++) {
        bl_tally_at(s, part, i, &t);
        if (!strcmp(t.name, "fill") || !strcmp(t.name, "drain"))
            sum += t.energy;
    }
    return sum;
}

static void energies_now(struct bl_sim *s, bl_yj now[SCOPES])
{
    struct bl_part_row p;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &p);
        const bl_yj moving = p.energy - p.static_energy, side = filled(s, i, &p);
        const bool bus = !strcmp(p.path, "dram_port");
        now[SCOPE_SIDE] += side;
        now[bus ? SCOPE_DRAM : is_macro(p.path) ? SCOPE_MACRO : SCOPE_DATAPATH] += moving - side;
    }
}

void imagine_scope_add(struct bl_sim *s, struct imagine_scope *before, struct imagine_scope *to)
{
    bl_yj now[SCOPES] = { 0 };

    energies_now(s, now);
    for (int i = 0; i < SCOPES; i++) {
        const bl_yj more = now[i] - (((bl_yj)before->yj[i][0] << 32) + before->yj[i][1]);
        to->yj[i][0] += (uint64_t)(more >> 32);
        to->yj[i][1] += (uint64_t)more & UINT32_MAX;
        before->yj[i][0] = (uint64_t)(now[i] >> 32);
        before->yj[i][1] = (uint64_t)now[i] & UINT32_MAX;
    }
    to->fs += bl_now(s) - before->fs;
    before->fs = bl_now(s);
}

static double sum_of(const uint64_t yj[2]) { return ldexp((double)yj[0], 32) + (double)yj[1]; }

/* ---- what stands still: leakage, yJ a fs; and the price of a tally, yJ */

static double ticks(struct bl_sim *s)
{
    struct bl_clock_row clock;

    bl_clock_at(s, 0, &clock);
    return (double)clock.period_fs;
}

/* By the time of the parts, which adds up when processes share the images. */
static double leakage(struct bl_sim *s, bool of_macro)
{
    struct bl_part_row p;
    double all = 0;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &p);
        if (p.static_energy && p.elapsed && (!of_macro || is_macro(p.path)))
            all += number(p.static_energy) / ((double)p.elapsed * (p.in_cycles ? ticks(s) : 1));
    }
    return all;
}

static double price(struct bl_sim *s, const char *path, const char *item)
{
    const size_t part = bl_part_find(s, path);
    struct bl_part_row p;
    struct bl_tally_row t;

    if (part == SIZE_MAX)
        return 0;
    bl_part_at(s, part, &p);
    for (uint32_t i = 0; i < p.tallies; i++) {
        bl_tally_at(s, part, i, &t);
        if (!strcmp(t.name, item))
            return (double)t.price_yj;
    }
    return 0;
}

/* Of one more position of a row in phase cfg: its words through the datapath, control over the period; *cycles: the period (Eqs. 9 and 10). */
static double position(struct bl_sim *s, const uint32_t *cfg, uint32_t n_cim, double *cycles)
{
    const uint32_t in = imagine_n_in(cfg) * imagine_new_columns(cfg, false), out = imagine_n_out(cfg), most = in > out ? in : out;

    *cycles = n_cim - 1 + most;
    return in * (price(s, "lmem", "read") + price(s, "im2col", "words") + price(s, "shift_reg", "words")) + out * price(s, "lmem", "write") +
           *cycles * price(s, "cim_ctrl", "cycle") + price(s, "cim_ctrl", "op");
}

static void put(struct bl_job *job, const char *layer, const char *scope, double ops, double yj, double norm, const char *help)
{
    const size_t n = strlen(layer) + strlen(scope) + 16;
    char *raw = bl_job_alloc(job, n), *eight = bl_job_alloc(job, n);

    snprintf(raw, n, "%s.tops_w_%s", layer, scope);
    snprintf(eight, n, "%s.tops_w_%s_8b", layer, scope);
    bl_job_figure(job, raw, "TOPS/W", ops / yj * 1e12, help);
    bl_job_figure(job, eight, "TOPS/W", ops / yj * 1e12 * norm, "the same, times r_in r_w / 64");
}

void imagine_scope_figures(struct bl_job *job, struct bl_sim *s, uint32_t layer, const struct imagine_settings *set, const struct imagine_layer *work,
                           const struct imagine_scope *sum, uint64_t cim, uint64_t run)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct bl_layer *l = &net->layers[layer];
    const double images = bl_job_result(job)->images, ops = 2.0 * (double)bl_layer_macs(net, layer) * images, norm = set->r_in * (double)l->wbits / 64;
    const double leak = leakage(s, false), mac = sum_of(sum->yj[SCOPE_MACRO]), path = sum_of(sum->yj[SCOPE_DATAPATH]), dram = sum_of(sum->yj[SCOPE_DRAM]);
    const double ran = mac + path + leak * (double)run * ticks(s), all = mac + path + dram + sum_of(sum->yj[SCOPE_SIDE]) + leak * (double)sum->fs;
    const double fs = ticks(s);
    double steady = 0, period;

    if (!(mac > 0) || !(ops > 0))
        return;
    for (uint32_t k = 0; k < work->nphases; k++) {
        const uint32_t *cfg = work->phase[k].cfg, n_cim = (uint32_t)ceil((double)work->phase[k].t_cim / fs);
        const double one = position(s, cfg, n_cim, &period);
        steady += imagine_positions(cfg) * images * (one + period * fs * leak);
    }
    put(job, l->name, "macro", ops, mac + leakage(s, true) * (double)cim * fs, norm, "array, MBIW, ADCs and ladder, with leakage while they work (section V.A)");
    put(job, l->name, "period", ops, mac + steady, norm, "the accelerator at its steady period, without row starts (section V.B)");
    put(job, l->name, "run", ops, ran, norm, "the accelerator as it ran from LMEM to LMEM");
    put(job, l->name, "dram", ops, ran + dram, norm, "the same and the words over the DRAM port, weights and maps");
    put(job, l->name, "all", ops, all, norm, "everything: LMEM on the side of the DRAM port, and leakage while words come and go, as well");
}

/* mapper.c - mapper of DB-PIM: layers become instructions (lower.c), which top controller and units are supplied with; figures of the run. */
#include <stdio.h>
#include <string.h>

#include "components/host.h"
#include "kernel/model.h"
#include "platforms/db_pim/lower.h"

static struct db_lowered *lowered(struct bl_job *job) { return *bl_job_state(job); }

/* What several parts count with. */
static const struct bl_equal equal[] = { { "network.feed_rows", "reader.feed_rows" }, { "network.cores", "loader.cores" }, { "network.cores", "arbiter.clients" },
                                         { "simd.lanes", "psums.lanes" }, { 0 } };

static int check_widths(struct bl_job *job)
{
    const struct bl_net *net = bl_job_options(job)->net;

    for (uint32_t i = 0; i < net->nlayers; i++)
        if ((net->layers[i].kind == BL_CONV || net->layers[i].kind == BL_FC) && net->layers[i].wbits > 8)
            return bl_error(bl_job_diag(job), "mapper db_pim: layer '%s' has weights of %u bits; expected at most 8", net->layers[i].name, net->layers[i].wbits);
    return 0;
}

static int begin(struct bl_job *job, struct bl_sim *s)
{
    struct bl_ask ask = bl_job_ask(job, s);

    if (bl_ask_equal(&ask, equal) || check_widths(job))
        return -1;
    const struct db_chip chip = { (uint32_t)bl_ask_int(&ask, "network.cores"), (uint32_t)bl_ask_int(&ask, "buffer.words"),
        (uint32_t)bl_ask_int(&ask, "psums.bytes") / 4, (uint32_t)bl_ask_int(&ask, "network.feed_rows"), (uint32_t)bl_ask_int(&ask, "top.double_load"),
        (enum bl_db_coding)bl_ask_int(&ask, "top.coding") };
    const uint64_t bits = bl_ask_int(&ask, "buffer.bits"), clients = bl_ask_int(&ask, "buffer.clients");
    if (ask.failed)
        return -1;
    if (bits != 128 || clients != BL_DB_MACROS + 1)
        return bl_error(bl_job_diag(job), "mapper db_pim: buffer has words of %llu bits and %llu clients; expected 128, and 5: four of the reader, one of top",
                        (unsigned long long)bits, (unsigned long long)clients);
    *bl_job_state(job) = bl_db_lowered(job, chip, bl_job_options(job)->net->nlayers);
    return 0;
}

/* An operation is a pass of a core for one position: 256 kept positions of as many filters as it holds, of two digits each, or binary. */
static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    struct db_lowered *d = lowered(job);

    (void)s;
    if (bl_db_lower(job, d, layer, out))
        return -1;
    bl_job_op_macs(job, layer, (uint64_t)BL_DB_KEPT * (BL_DB_COLUMNS / (d->layer[layer].binary ? BL_DB_DENSE_COLUMNS : BL_DB_MOST_PHI)));
    return 0;
}

static int supply_list(struct bl_sim *s, const char *part, const char *field, const struct db_list *l)
{
    return l->n ? bl_supply(s, part, field, l->at, (size_t)l->n * l->each) : 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    struct db_lowered *d = lowered(job);
    const struct bl_host_program *g = bl_job_program(job);
    struct db_code *code = bl_job_alloc(job, g->nlayers * sizeof *code);

    for (uint32_t i = 0; i < g->nlayers; i++) {
        if (g->layer[i].kind != BL_HOST_ARRAY)
            bl_db_lower_simd(job, d, i);
        code[i] = d->layer[i].code;
    }
    return bl_supply(s, "top", "layers", code, g->nlayers * sizeof *code) | supply_list(s, "top", "code", &d->code) |
           supply_list(s, "top", "fills", &d->fills) | supply_list(s, "top", "outs", &d->outs) | supply_list(s, "top", "accs", &d->accs) |
           supply_list(s, "top", "channels", &d->channels) | supply_list(s, "top", "weights", &d->weights) |
           supply_list(s, "loader", "jobs", &d->loads) | supply_list(s, "loader", "records", &d->records) |
           supply_list(s, "reader", "jobs", &d->runs) | supply_list(s, "reader", "shapes", &d->shapes) |
           supply_list(s, "psums", "jobs", &d->accs) | supply_list(s, "psums", "outs", &d->outs) | bl_supply(s, "simd", "program", g, sizeof *g);
}

/* ---- figures ---- */

/* A tally summed over the parts PREFIX[i]SUFFIX, and the greatest of them. */
struct sum { uint64_t all, most; };
static struct sum tallies(struct bl_job *job, struct bl_sim *s, const char *field)
{
    struct bl_ask ask = bl_job_ask(job, s);
    struct sum sum = { 0, 0 };
    char name[64];

    for (uint32_t c = 0; c < lowered(job)->chip.cores; c++)
        for (uint32_t m = 0; m < BL_DB_MACROS; m++) {
            snprintf(name, sizeof name, "core[%u].%s", c, field);
            char *at = strchr(name + 5, '#');
            if (at)
                *at = (char)('0' + m);
            const uint64_t n = bl_ask_int(&ask, name);
            sum.all += n;
            sum.most = n > sum.most ? n : sum.most;
        }
    return sum;
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    const struct db_lowered *d = lowered(job);
    const double images = bl_job_result(job)->images;
    const struct sum slices = tallies(job, s, "ipu[#].slice"), skipped = tallies(job, s, "ipu[#].skipped");
    uint64_t steps = 0, used = 0, slots = 0;

    for (uint32_t i = 0; i < bl_job_options(job)->net->nlayers; i++) {
        steps += d->layer[i].row_steps;
        used += d->layer[i].used;
        slots += d->layer[i].slots;
    }
    if (images <= 0)
        return;
    bl_job_figure(job, "row_steps", "", (double)steps, "rows of 16 weights a filter, in all macros at once, an image: of the densest core of each tile");
    bl_job_figure(job, "columns", "", (double)slices.most / images, "bit columns of the busiest macro, an image: its cycles at work");
    if (slices.all + skipped.all)
        bl_job_figure(job, "zero_columns", "%", 100.0 * (double)skipped.all / (double)(slices.all + skipped.all), "bit columns of inputs that were skipped");
    if (slots)
        bl_job_figure(job, "u_act", "%", 100.0 * (double)used / (double)slots, "cells that keep a digit, of the cells of rows at work (Eq. 2)");
}

static const struct bl_need needs[] = { { "top", "db_pim_top" }, { "loader", "db_pim_loader" }, { "reader", "db_pim_reader" }, { "network", "db_pim_san" },
    { "buffer", "sram" }, { "psums", "db_pim_psums" }, { "simd", "db_pim_simd" }, { "arbiter", "arbiter" }, { 0 } };
const struct bl_mapper db_pim_mapper = { .name = "db_pim", .help = "compressed weights stationary, N - K - M, by instructions", .host = "top", .needs = needs,
    .begin = begin, .pack = pack, .supply = supply, .figures = figures };

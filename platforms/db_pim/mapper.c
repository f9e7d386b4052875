/* mapper.c - mapper of DB-PIM: layers become instructions (lower.c), which top controller and units are supplied with; figures of the run. */
#include <stdio.h>
#include <string.h>

#include "components/host.h"
#include "kernel/model.h"
#include "platforms/db_pim/lower.h"

static struct db_lowered *lowered(struct bl_job *job) { return *bl_job_state(job); }

/* What several parts count with. */
static const struct bl_equal equal[] = { { "chip.network.feed_rows", "chip.reader.feed_rows" }, { "chip.network.cores", "chip.loader.cores" }, { "chip.network.cores", "chip.arbiter.clients" },
                                         { "chip.simd.lanes", "chip.psums.lanes" }, { 0 } };

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
    const struct db_chip chip = { (uint32_t)bl_ask_int(&ask, "chip.network.cores"), (uint32_t)bl_ask_int(&ask, "chip.buffer.words"),
        (uint32_t)bl_ask_int(&ask, "chip.psums.bytes") / 4, (uint32_t)bl_ask_int(&ask, "chip.network.feed_rows"), (uint32_t)bl_ask_int(&ask, "chip.top.double_load"),
        (enum bl_db_coding)bl_ask_int(&ask, "chip.top.coding") };
    const uint64_t bits = bl_ask_int(&ask, "chip.buffer.bits"), clients = bl_ask_int(&ask, "chip.buffer.clients");
    if (ask.failed)
        return -1;
    if (bits != 128 || clients != BL_DB_MACROS + 1)
        return bl_error(bl_job_diag(job), "mapper db_pim: chip.buffer has words of %llu bits and %llu clients; expected 128, and 5: four of the reader, one of top",
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

/* Layers that are not approximated: asked for dyadic, they run binary. */
static void tell_binary(struct bl_job *job)
{
    const struct bl_net *net = bl_job_options(job)->net;
    const struct db_lowered *d = lowered(job);
    const char *first = NULL;
    uint32_t binary = 0, all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        all += d->layer[i].tiles != 0;
        first = d->layer[i].binary && !first ? net->layers[i].name : first;
        binary += d->layer[i].binary;
    }
    if (d->chip.coding == BL_DB_DYADIC && first)
        bl_note(bl_job_diag(job), "%s: %u of %u layers run in two's complement, as the dense baseline, the first is '%s': weights of one filter have different numbers of non-zero "
                "digits; `bitline prune --fta` approximates them, coding binary or masked runs all so", net->name, binary, all, first);
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    struct db_lowered *d = lowered(job);
    const struct bl_host_program *g = bl_job_program(job);
    struct db_code *code = bl_job_alloc(job, g->nlayers * sizeof *code);

    tell_binary(job);
    for (uint32_t i = 0; i < g->nlayers; i++) {
        if (g->layer[i].kind != BL_HOST_ARRAY)
            bl_db_lower_simd(job, d, i);
        code[i] = d->layer[i].code;
    }
    return bl_supply(s, "chip.top", "layers", code, g->nlayers * sizeof *code) | supply_list(s, "chip.top", "code", &d->code) |
           supply_list(s, "chip.top", "fills", &d->fills) | supply_list(s, "chip.top", "outs", &d->outs) | supply_list(s, "chip.top", "accs", &d->accs) |
           supply_list(s, "chip.top", "channels", &d->channels) | supply_list(s, "chip.top", "weights", &d->weights) |
           supply_list(s, "chip.loader", "jobs", &d->loads) | supply_list(s, "chip.loader", "records", &d->records) |
           supply_list(s, "chip.reader", "jobs", &d->runs) | supply_list(s, "chip.reader", "shapes", &d->shapes) |
           supply_list(s, "chip.psums", "jobs", &d->accs) | supply_list(s, "chip.psums", "outs", &d->outs) | bl_supply(s, "chip.simd", "program", g, sizeof *g);
}

/* ---- figures ---- */

/* Of a tally CORE.ITEM#.. over all cores and macros (# is the macro's number; none: of the core alone): the sum, the largest of a macro, the largest
 * and the sum of cores. */
struct sums { double all, most, most_core; };
static struct sums tallies(struct bl_job *job, struct bl_sim *s, const char *item)
{
    struct bl_ask ask = bl_job_ask(job, s);
    struct sums sum = { 0, 0, 0 };
    char name[64];

    for (uint32_t c = 0; c < lowered(job)->chip.cores; c++) {
        double core = 0;
        for (uint32_t m = 0; m < (strchr(item, '#') ? BL_DB_MACROS : 1); m++) {
            snprintf(name, sizeof name, "chip.core[%u].%s", c, item);
            char *at = strchr(name, '#');
            if (at)
                *at = (char)('0' + m);
            const double n = (double)bl_ask_int(&ask, name);
            core += n;
            sum.most = n > sum.most ? n : sum.most;
        }
        sum.all += core;
        sum.most_core = core > sum.most_core ? core : sum.most_core;
    }
    return sum;
}

static void share(struct bl_job *job, const char *name, double part, double whole, const char *help)
{
    if (whole > 0)
        bl_job_figure(job, name, "%", 100 * part / whole, help);
}

/* What the machine could not use, each counted by the part that sees it. */
static void fills(struct bl_job *job, struct bl_sim *s)
{
    struct bl_ask ask = bl_job_ask(job, s);
    const struct db_lowered *d = lowered(job);
    const struct sums columns = tallies(job, s, "sum.add"), spare = tallies(job, s, "sum.spare"), slices = tallies(job, s, "ipu[#].slice");
    double used = 0, slots = 0, positions = 0, places = 0;

    for (uint32_t i = 0; i < bl_job_options(job)->net->nlayers; i++) {
        used += (double)d->layer[i].used;
        slots += (double)d->layer[i].slots;
        positions += (double)d->layer[i].positions;
        places += (double)d->layer[i].places;
    }
    share(job, "u_act", used, slots, "cells that keep a digit, of the cells of rows at work in all cores (Eq. 2)");
    share(job, "row_fill", (double)bl_ask_int(&ask, "chip.network.slot"), 16 * (double)bl_ask_int(&ask, "chip.network.rows"),
          "activations of rows, of 16: the last row of a K tile is seldom full");
    share(job, "column_fill", columns.all, columns.all + spare.all, "columns that a filter uses, where a core has a filter");
    share(job, "position_fill", positions, places, "output positions, of four a pass");
    share(job, "core_balance", slices.all, d->chip.cores * slices.most_core, "bit columns of all cores, of those of the busiest one: masks, and cores without a filter");
}

/* Where the cycles of the top controller went, by what its instructions were about. */
static void times(struct bl_job *job, struct bl_sim *s)
{
    static const char *const about[][3] = { { "cycles_fill", "chip.top.at_fill", "cycles an image of instructions about activations" },
        { "cycles_load", "chip.top.at_load", "about weights: reload" }, { "cycles_pass", "chip.top.at_pass", "about passes" },
        { "cycles_simd", "chip.top.at_simd", "about the SIMD core: its tail behind the array" } };
    struct bl_ask ask = bl_job_ask(job, s);

    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        bl_job_figure(job, about[i][0], "", (double)bl_ask_int(&ask, about[i][1]) / bl_job_result(job)->images, about[i][2]);
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    const struct db_lowered *d = lowered(job);
    const struct sums slices = tallies(job, s, "ipu[#].slice"), skipped = tallies(job, s, "ipu[#].skipped");
    struct bl_ask ask = bl_job_ask(job, s);
    uint64_t steps = 0;

    if (!bl_job_result(job)->images)
        return;
    for (uint32_t i = 0; i < bl_job_options(job)->net->nlayers; i++)
        steps += d->layer[i].row_steps;
    if (bl_ask_int(&ask, "chip.network.row_cycles"))
        bl_job_figure(job, "calibrated", "", 1, "not to be quoted as a prediction: rows a pass and cycles a row were chosen so that times meet Table III");
    bl_job_figure(job, "row_steps", "", (double)steps, "rows of 16 weights a filter, in all macros at once, an image: of the densest core of each tile");
    bl_job_figure(job, "columns", "", slices.most / bl_job_result(job)->images, "bit columns of the busiest macro, an image: its cycles at work");
    share(job, "zero_columns", skipped.all, slices.all + skipped.all, "bit columns of inputs that were skipped");
    fills(job, s);
    times(job, s);
}

static void listing(struct bl_job *job, FILE *to) { bl_db_listing(job, lowered(job), to); }

static const struct bl_need needs[] = { { "chip.top", "db_pim_top" }, { "chip.loader", "db_pim_loader" }, { "chip.reader", "db_pim_reader" }, { "chip.network", "db_pim_san" },
    { "chip.buffer", "sram" }, { "chip.psums", "db_pim_psums" }, { "chip.simd", "db_pim_simd" }, { "chip.arbiter", "arbiter" }, { 0 } };
const struct bl_mapper db_pim_mapper = { .name = "db_pim", .help = "compressed weights stationary, N - K - M, by instructions", .host = "chip.top", .needs = needs,
    .begin = begin, .pack = pack, .supply = supply, .figures = figures, .listing = listing };

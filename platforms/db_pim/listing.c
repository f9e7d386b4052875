/* listing.c - the instructions of a net on DB-PIM as text: `bitline net NET --on db_pim --as asm`. */
#include <inttypes.h>
#include <stdio.h>

#include "platforms/db_pim/lower.h"

#define ROW(type, list, i) ((const type *)d->list.at + (i))

static void print_jobs(const struct db_lowered *d, uint64_t inst, FILE *to)
{
    const uint32_t i = db_inst_number(inst);

    if (db_inst_op(inst) == DB_FILL) {
        const struct db_fill_job *j = ROW(struct db_fill_job, fills, i);
        fprintf(to, "fill  pixels %u..%u, %u bytes each", j->first, j->first + j->count - 1, j->pitch);
    } else if (db_inst_op(inst) == DB_LOAD) {
        const struct db_load_job *j = ROW(struct db_load_job, loads, i);
        fprintf(to, "load  core %u, %u rows, %u bits", j->core, j->nrows, j->bits);
    } else if (db_inst_op(inst) == DB_RUN) {
        const struct db_run_job *j = ROW(struct db_run_job, runs, i);
        fprintf(to, "run   positions %u..%u, windows of K %u.., %u of them, set %u", j->first, j->first + j->count - 1, j->from, j->windows, j->set);
    } else if (db_inst_op(inst) == DB_ACC) {
        const struct db_acc_job *j = ROW(struct db_acc_job, accs, i);
        fprintf(to, "acc   %u positions of %u sums at %u, cores %02x, first %02x", j->count, j->stride, j->near, j->cores, j->first);
    } else {
        const struct db_out_job *j = ROW(struct db_out_job, outs, i);
        fprintf(to, "out   positions %u..%u of %u sums at %u", j->first, j->first + j->count - 1, j->stride, j->near);
    }
}

static void print(const struct db_lowered *d, uint64_t inst, FILE *to)
{
    static const char *const counts[DB_COUNTS] = { "records loaded", "results stored", "tiles summed", "layers worked" };

    if (db_inst_op(inst) == DB_SIMD)
        fprintf(to, "simd");
    else if (db_inst_op(inst) == DB_END)
        fprintf(to, "end");
    else if (db_inst_op(inst) == DB_WAIT)
        fprintf(to, "wait  %s %u", counts[db_inst_count(inst)], db_inst_number(inst));
    else
        print_jobs(d, inst, to);
}

void bl_db_listing(struct bl_job *job, const struct db_lowered *d, FILE *to)
{
    const struct bl_net *net = bl_job_options(job)->net;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct db_layer *l = &d->layer[i];
        fprintf(to, "; %s: %s", net->layers[i].name, l->simd ? "SIMD core" : l->binary ? "binary" : "dyadic");
        if (!l->simd)
            fprintf(to, ", %u tiles, %u bands, %" PRIu64 " row steps", l->tiles, l->bands, l->row_steps);
        fprintf(to, "\n");
        for (uint32_t k = 0; k < l->code.n; k++) {
            const uint64_t inst = *ROW(uint64_t, code, l->code.first + k);
            fprintf(to, "%6u  %016" PRIx64 "  ", l->code.first + k, inst);
            print(d, inst, to);
            fprintf(to, "\n");
        }
    }
}

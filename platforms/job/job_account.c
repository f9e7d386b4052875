/* job_account.c - what the kernel's accounts have of each layer: what parts spent meanwhile, the critical path, and the slots of macros. The kernel has cut path and
 * slots at the pause that ends a layer, so what they have more than all layers before is that of this one. */
#include "platforms/job/job_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bl_job_lay_accounts(struct bl_job *job, struct bl_layer_result *layers, const struct bl_sim *s)
{
    for (uint32_t i = 0; i < job->r.nlayers; i++) {
        struct bl_layer_result *l = &layers[i];
        l->nspent = job->rows.counters;
        l->spent = l->nspent ? bl_job_alloc(job, l->nspent * sizeof *l->spent) : NULL;
        l->npath = job->program.nstreams ? 0 : bl_path_numbers(s);
        l->path = l->npath ? bl_job_alloc(job, l->npath * sizeof *l->path) : NULL;
        l->nslots = job->program.nstreams ? 0 : bl_slots_macros(s) * BL_SLOT_NUMBERS;
        l->slots = l->nslots ? bl_job_alloc(job, l->nslots * sizeof *l->slots) : NULL;
    }
}

void bl_job_elaborated(struct bl_job *job, struct bl_sim *s)
{
    if (!job->program.nstreams) {
        if (bl_part_rows_init(&job->rows, s, BL_PART_ROWS)) {
            fprintf(stderr, "bitline: out of memory (for the account of layers)\n");
            exit(2);
        }
        job->r.rows = &job->rows;
        job->spent = bl_job_alloc(job, job->rows.counters * sizeof *job->spent);
    }
    bl_job_lay_accounts(job, job->r.layers, s);
}

static void add(uint64_t *to, const uint64_t *v, size_t n)
{
    for (size_t k = 0; k < n; k++)
        to[k] += v[k];
}

static void take_off(uint64_t *from, const uint64_t *v, size_t n)
{
    for (size_t k = 0; k < n; k++)
        from[k] -= v[k];
}

void bl_job_sum_accounts(struct bl_layer_result *to, const struct bl_layer_result *from)
{
    add(to->spent, from->spent, to->nspent);
    add(to->path, from->path, to->npath);
    add(to->slots, from->slots, to->nslots);
}

static void add_spent(const struct bl_job *job, const struct bl_sim *s, struct bl_layer_result *r)
{
    if (!r->nspent)
        return;
    bl_part_rows_spent(&job->rows, s, job->spent);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        take_off(job->spent, job->r.layers[i].spent, r->nspent);
    add(r->spent, job->spent, r->nspent);
}

static void add_path(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r)
{
    uint64_t *all = r->npath ? calloc(r->npath, sizeof *all) : NULL;

    if (!all)
        return;
    bl_path_total(s, all);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        take_off(all, job->r.layers[i].path, r->npath);
    add(r->path, all, r->npath);
    free(all);
}

/* The clock of the host, which counts the cycles of layers. */
static void host_clock(const struct bl_job *job, struct bl_sim *s, struct bl_clock_row *c)
{
    struct bl_part_row host;

    bl_part_at(s, bl_part_find(s, job->host), &host);
    const char *name = host.clock;
    *c = (struct bl_clock_row){ NULL, 0, 0, 0 };
    for (size_t i = 0; name && i < bl_clock_count(s); i++) {
        bl_clock_at(s, i, c);
        if (!strcmp(c->name, name))
            return;
    }
    c->name = NULL;
}

/* The host has counted the layer by itself. A macro on another clock may be an edge off. */
static int check_slots(const struct bl_job *job, struct bl_sim *s, const uint64_t *v, uint64_t cycles)
{
    struct bl_clock_row host;
    int bad = 0;

    host_clock(job, s, &host);
    for (size_t i = 0; host.name && i < bl_slots_macros(s); i++) {
        struct bl_slots_row m;
        bl_slots_at(s, i, &m);
        const uint64_t got = bl_slots_time(v + i * BL_SLOT_NUMBERS), want = m.clock ? cycles : cycles * host.period_fs;
        if (m.clock && strcmp(m.clock, host.name))
            continue;
        if (got != want)
            bad = bl_error(job->diag, "layer %s: %s has slots of %llu %s; expected %llu: a fault of the program, or of host part '%s', which counts its cycles",
                           job->r.layers[job->layer].name, m.part, (unsigned long long)got, m.clock ? "cycles" : "fs", (unsigned long long)want, job->host);
    }
    return bad;
}

static int add_slots(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r, uint64_t cycles)
{
    uint64_t *all = r->nslots ? calloc(r->nslots, sizeof *all) : NULL;

    if (!r->nslots)
        return 0;
    if (!all)
        return bl_error(job->diag, "out of memory");
    bl_slots_total(s, all);
    for (uint32_t i = 0; i < job->r.nlayers; i++)
        take_off(all, job->r.layers[i].slots, r->nslots);
    add(r->slots, all, r->nslots);
    int bad = check_slots(job, s, all, cycles);
    free(all);
    return bad;
}

int bl_job_add_accounts(const struct bl_job *job, struct bl_sim *s, struct bl_layer_result *r, uint64_t cycles)
{
    add_spent(job, s, r);
    add_path(job, s, r);
    return add_slots(job, s, r, cycles);
}

/* host_steps.c - the host with macros fed from a buffer: it gives jobs to the units around it, step by step, and is their far memory,
 * with the timing of dram.h. In a tick the far memory goes first: the word that is due, then a request; then the step at hand. The layer
 * ends when all steps are done and nothing is under way. */
#include "components/host_in.h"
#include "components/memory_item.h"

/* ---- the program fits ---- */

static int check_step(struct host *t, uint32_t i, const struct bl_host_layer *l, const struct bl_host_step *s)
{
    if (s->unit != BL_HOST_NO_UNIT && (s->unit >= t->units || !bl_wired(t->go.at[s->unit])))
        return bl_refuse(t, "layer %u, step %td gives a job to go[%u], which is not wired", i, s - l->step, s->unit);
    for (uint32_t k = 0; k < s->n; k++)
        if (k >= BL_HOST_WAITS || s->wait[k].count >= t->counts || !bl_wired(t->done.at[s->wait[k].count]))
            return bl_refuse(t, "layer %u, step %td waits for done[%u], which is not wired", i, s - l->step, s->wait[k].count);
    return 0;
}

int bl_host_steps_check(struct host *t, const struct bl_host_program *g)
{
    bool any = g->nstreams;

    for (uint32_t i = 0; i < g->nlayers; i++)
        for (uint32_t k = 0; k < g->layer[i].nsteps; k++) {
            any = true;
            if (check_step(t, i, &g->layer[i], &g->layer[i].step[k]))
                return -1;
        }
    if (!any)
        return 0;
    if (!bl_wired(t->req) || !bl_wired(t->rsp))
        return bl_refuse(t, "%s is not wired, and the net runs from a buffer; wire it to a dma", bl_wired(t->req) ? "rsp" : "req");
    if (t->width != 32 && t->width != 64)
        return bl_refuse(t, "width is %lld; activations and sums lie in words of 32 or 64 bits", (long long)t->width);
    return 0;
}

/* ---- the far memory ---- */

/* The word of so many bytes at an address, and whether it may be written; NULL: there is none. */
static uint8_t *far_at(struct host *t, const struct bl_host_program *g, uint64_t at, size_t bytes, bool *writes)
{
    *writes = at >= g->sums_at && at + bytes <= g->sums_at + g->sums_bytes;
    if (*writes)
        return (uint8_t *)t->far_sums + (at - g->sums_at);
    if (at + bytes <= g->memory)
        return t->memory + at;
    return at >= g->weights_at && at + bytes <= g->weights_at + g->weights_bytes ? (uint8_t *)(uintptr_t)g->weights + (at - g->weights_at) : NULL;
}

static bool far_word(struct host *t, const struct bl_host_program *g, const struct bl_dram_request *r)
{
    const size_t bytes = (size_t)t->width / 8;
    bool writes;
    uint8_t *at = far_at(t, g, r->address * bytes, bytes, &writes);

    if (!at || (r->write && !writes)) {
        bl_fail(t, "word %llu is %s; it is none of its tensors, weights and sums, of which only sums may be written", (unsigned long long)r->address,
                r->write ? "written" : "read");
        return true;
    }
    if (!r->write && !bl_room(t->rsp))
        return false;
    if (r->write) {
        memcpy(at, &t->far_data[t->far.first], bytes);
        charge(&t->far_write, 1);
    } else {
        uint64_t *item = bl_push64(t->rsp);
        *item = 0;
        memcpy(item, at, bytes);
        charge(&t->far_read, 1);
    }
    bl_dram_leave(&t->far, bl_cycle(t), (uint64_t)t->interval);
    return true;
}

static void far_take(struct host *t, const struct bl_host_program *g)
{
    const uint64_t *item = bl_pop64(t->req), words = (g->sums_at + g->sums_bytes) * 8 / (uint64_t)t->width;
    struct bl_dram_request r = bl_dram_request(item, 0);

    if (bl_dram_outside(&r, words)) {
        bl_fail(t, "req asks for %u words from %llu on; expected at least one, within 0 .. %llu", r.words, (unsigned long long)r.address,
                (unsigned long long)words - 1);
        return;
    }
    t->far_data[bl_dram_join(&t->far, bl_cycle(t), r, (uint64_t)t->latency)] = item[BL_MEMORY_DATA];
}

/* The word that is due leaves, if it finds room; *full: it does not. */
static bool far_leave(struct host *t, const struct bl_host_program *g, bool *full)
{
    const struct bl_dram_request *due = bl_dram_due(&t->far, bl_cycle(t));
    const bool left = due && far_word(t, g, due);

    *full = due && !left;
    return left;
}

bool bl_host_far(struct host *t, const struct bl_host_program *g, bool *full)
{
    const bool left = far_leave(t, g, full), taken = t->far.n < t->queue && bl_avail(t->req);

    if (taken)
        far_take(t, g);
    if (taken && !left)
        far_leave(t, g, full);
    return left || taken;
}

/* ---- steps ---- */

void bl_host_steps_begin(struct host *t)
{
    t->step = 0;
    t->since = bl_cycle(t);
    for (uint32_t k = 0; k < t->counts; k++)
        t->base[k] = bl_wired(t->done.at[k]) ? *bl_get32(t->done.at[k]) : 0;
}

/* BUSY: the step is done; else what it waits for. */
static bl_verdict do_step(struct host *t, const struct bl_host_step *s)
{
    for (uint32_t k = 0; k < s->n; k++)
        if (*bl_get32(t->done.at[s->wait[k].count]) - t->base[s->wait[k].count] < s->wait[k].least)
            return BL_AT(UNIT_LATE, s->wait[k].count);
    if (s->unit != BL_HOST_NO_UNIT) {
        if (!bl_room(t->go.at[s->unit]))
            return BL_AT(UNIT_FULL, s->unit);
        *bl_push32(t->go.at[s->unit]) = s->job;
        charge(&t->step_tally, 1);
    }
    if (s->weights)
        t->stat[t->at].load_cycles += bl_cycle(t) - t->since;
    t->since = bl_cycle(t) + 1;
    t->step++;
    return BL_BUSY;
}

/* All sums are in the far memory: those of one output, of several macros, are added. */
static void add_regions(struct host *t, const struct bl_host_program *g, const struct bl_host_layer *l)
{
    const uint32_t windows = bl_host_windows(l);

    for (uint32_t r = 0; r < l->nregions; r++) {
        const struct bl_host_tile *tile = &l->tile[l->region[r].tile];
        for (uint32_t p = 0; p < windows; p++)
            for (uint32_t n = 0; n < tile->nout; n++)
                *bl_host_sum(t, l, tile, n, p) += t->far_sums[l->region[r].at + (uint64_t)p * g->sum_row + n];
        charge(&t->add, (uint64_t)windows * tile->nout);
    }
    t->stat[t->at].ops += (uint64_t)l->ntiles * windows;
    t->phase = HOST_FINISH;
}

bl_verdict bl_host_steps(struct host *t, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = &g->layer[t->at];
    bl_verdict v = BL_BUSY;
    bool full;
    const bool moved = bl_host_far(t, g, &full);

    if (t->step < l->nsteps)
        v = do_step(t, &l->step[t->step]);
    if (t->step == l->nsteps && !t->far.n && !bl_avail(t->req))
        add_regions(t, g, l);
    if (moved || v == BL_BUSY)
        return BL_BUSY;
    if (full)
        return BL_NAP(FAR_FULL);
    return t->far.n ? v : BL_NAP(v);
}

/* dma.c - moves blocks between a far memory and near ones. A job is taken in tick t; from t + 1 a burst is asked for in each tick, as
 * long as fewer than `outstanding` bursts have words to come. A word that comes back goes near in the same tick, and before the next
 * request: a burst whose last word is back makes room for one. `done` moves with the last word, the next job comes a tick later.
 * With `drained` it moves in the first later tick in which nothing stands on the link written to, where that is the far memory or a near
 * one that is read as well; `lines` of it count jobs apart, as each job says.
 * A job outwards reads the near memory word by word, as many under way as `outstanding`, and writes each word as it comes. */
#include "components/dma.h"
#include "components/memory_item.h"
#include "kernel/model.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { OUTSTANDING = 64 };

struct dma {
    struct bl_part p;
    bl_pop job, rsp;
    bl_push req;
    bl_pushes near;
    bl_pops back;
    bl_outs done;
    bl_tally word, request, bit;
    bl_table jobs;
    int64_t targets, width, burst, outstanding, mask, lines, drained;
    int64_t req_lanes, near_lanes, rsp_lanes;
    uint32_t at;                        /* the job at hand */
    bool on, drains;                    /* a job is at hand; all its words are written */
    uint32_t row, word_at;              /* next to be asked for */
    uint64_t moved;                     /* words of the job that have arrived */
    uint32_t burst_left[OUTSTANDING];   /* words to come, by burst */
    uint32_t first, open;               /* the oldest burst; how many have words to come */
    uint32_t *finished;                 /* [lines] */
};

static const struct bl_dma_job *job_of(const struct dma *t) { return BL_ROWS(struct bl_dma_job, t->jobs) + t->at; }

static int shape(void *self)
{
    struct dma *t = self;

    t->rsp_lanes = bl_memory_lanes(t->width);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes;
    t->near_lanes = t->req_lanes + t->mask;
    if (t->mask && t->width > 512)
        return bl_refuse(t, "mask is one lane, a bit a byte, so width is at most 512 with it; found %lld", (long long)t->width);
    return 0;
}

static int init(void *self)
{
    struct dma *t = self;

    t->finished = bl_alloc(t, (size_t)t->lines * sizeof *t->finished);
    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct bl_dma_job *j = BL_ROWS(struct bl_dma_job, t->jobs) + i;
        if (j->line >= t->lines)
            return bl_refuse(t, "job %u counts at done[%u]; lines is %lld, expected at least %u", i, j->line, (long long)t->lines, j->line + 1u);
        if (!j->words || !j->rows)
            return bl_refuse(t, "job %u has %u rows of %u words; expected at least one of each", i, j->rows, j->words);
        if (j->target >= t->near.n)
            return bl_refuse(t, "job %u is for target %u; targets is %lld, so expected at most %lld", i, j->target, (long long)t->targets,
                             (long long)t->targets - 1);
        if (j->out && !bl_wired(t->back.at[j->target]))
            return bl_refuse(t, "job %u reads target %u, and back[%u] is not wired", i, j->target, j->target);
    }
    return 0;
}

/* One word, on its way to the other side. */
static void pass_word(struct dma *t, const struct bl_dma_job *j, bl_pop from, bl_push to, uint64_t address)
{
    uint64_t *item = bl_push64(to);

    if (!j->out && t->mask)
        item[t->req_lanes] = bl_memory_whole(t->width);

    item[BL_MEMORY_KIND] = BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = address;
    memcpy(item + BL_MEMORY_DATA, bl_pop64(from), (size_t)t->rsp_lanes * sizeof *item);
    charge(&t->word, 1);
    charge(&t->bit, (uint64_t)t->width);
    t->moved++;
    if (!--t->burst_left[t->first]) {
        t->first = (t->first + 1) % OUTSTANDING;
        t->open--;
    }
}

static void end_job(struct dma *t, const struct bl_dma_job *j)
{
    t->on = t->drains = false;
    *bl_put32(t->done.at[j->line]) = ++t->finished[j->line];
}

/* All words are written; the job ends once those that somebody may read have left their link. */
static bl_verdict drain(struct dma *t, const struct bl_dma_job *j)
{
    const bl_push to = j->out ? t->req : t->near.at[j->target];

    if ((j->out || bl_wired(t->back.at[j->target])) && bl_room(to) < bl_push_depth(to))
        return BL_NAP(BL_AT(OUT_FULL, j->out ? 0u : 1u + j->target));
    end_job(t, j);
    return BL_BUSY;
}

/* A word that is back goes on. NO_INPUT or OUT_FULL with the port it waits at, or BUSY. */
static bl_verdict word_back(struct dma *t, const struct bl_dma_job *j)
{
    const bl_pop from = j->out ? t->back.at[j->target] : t->rsp;
    const bl_push to = j->out ? t->req : t->near.at[j->target];

    if (!bl_avail(from))
        return BL_AT(NO_INPUT, j->out ? 2u + j->target : 1u);
    if (!bl_room(to))
        return BL_AT(OUT_FULL, j->out ? 0u : 1u + j->target);
    const uint64_t far = j->far + t->moved / j->words * j->far_step + t->moved % j->words;
    pass_word(t, j, from, to, j->out ? far : j->near + t->moved);
    if (t->moved < (uint64_t)j->words * j->rows)
        return BL_BUSY;
    t->drains = t->drained;
    if (!t->drains)
        end_job(t, j);
    return BL_BUSY;
}

/* The next burst, or near word, is asked for. */
static void ask(struct dma *t, const struct bl_dma_job *j, bl_push to)
{
    const uint32_t left = j->words - t->word_at, n = j->out ? 1 : left < t->burst ? left : (uint32_t)t->burst;
    uint64_t *item = bl_push64(to);

    memset(item, 0, (size_t)(j->out ? t->near_lanes : t->req_lanes) * sizeof *item);
    item[BL_MEMORY_ADDRESS] = j->out ? j->near + (uint64_t)t->row * j->words + t->word_at
                                     : j->far + (uint64_t)t->row * j->far_step + t->word_at;
    item[BL_MEMORY_DATA] = n;
    t->burst_left[(t->first + t->open++) % OUTSTANDING] = n;
    t->word_at += n;
    if (t->word_at == j->words) {
        t->word_at = 0;
        t->row++;
    }
    charge(&t->request, 1);
}

static bl_verdict begin(struct dma *t)
{
    if (!bl_avail(t->job))
        return BL_NAP(BL_AT(NO_INPUT, 0));
    t->at = *bl_pop32(t->job);
    if (t->at >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", t->at, (unsigned long long)t->jobs.n);
        return BL_BUSY;
    }
    t->on = true;
    t->row = t->word_at = 0;
    t->moved = 0;
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct dma *t = self;

    if (!t->on)
        return begin(t);
    const struct bl_dma_job *j = job_of(t);
    if (t->drains)
        return drain(t, j);
    const bl_push to = j->out ? t->near.at[j->target] : t->req;
    bl_verdict v = word_back(t, j);
    if (t->on && t->row < j->rows && t->open < t->outstanding) {
        if (bl_room(to)) {
            ask(t, j, to);
            v = BL_BUSY;
        } else if (v != BL_BUSY) {
            v = BL_AT(OUT_FULL, j->out ? 1u + j->target : 0u);
        }
    }
    return v == BL_BUSY ? v : BL_NAP(v);
}

#define T struct dma
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"),
    BL_PUSH(T, req, BL_BY(T, req_lanes), 64, "bursts asked of the far memory, words written to it"),
    BL_POP(T, rsp, BL_BY(T, rsp_lanes), 64, "words from there"),
    BL_PUSHES(T, near, BL_BY(T, targets), BL_BY(T, near_lanes), 64, "words to each target, reads of it"),
    BL_POPS_OPT(T, back, BL_BY(T, targets), BL_BY(T, rsp_lanes), 64, "words from it"),
    BL_WORDS_OF(req, BL_MEMORY_KIND, BL_MEMORY_NAMES), BL_WORDS_OF(near, BL_MEMORY_KIND, BL_MEMORY_NAMES),
    BL_OUTS(T, done, BL_BY(T, lines), 1, 32, "jobs done, of each line"),
    BL_DATA(T, jobs, struct bl_dma_job, "the jobs, by number"),
    BL_PARAM(T, targets, 1, 1, 256, "elements of near and back"), BL_PARAM(T, width, 64, 1, 4096, "bits of a word"),
    BL_PARAM(T, burst, 16, 1, 256, "words of a burst, at most"),
    BL_PARAM(T, outstanding, 1, 1, OUTSTANDING, "bursts asked for whose last word is not back, at most"),
    BL_PARAM(T, mask, 0, 0, 1, "what goes near has a byte mask (all bytes), as memories with one want it"),
    BL_PARAM(T, lines, 1, 1, 64, "elements of done"), BL_PARAM(T, drained, 0, 0, 1, "done only moves when what was written has left the link"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(width / 64)"), BL_COMPUTED(T, near_lanes, "the same and the mask"),
    BL_COMPUTED(T, rsp_lanes, "ceil(width / 64)"),
    BL_FEED(job), BL_FEED(rsp), BL_FEED(back),
    BL_WAITS(NO_INPUT, job, rsp, back), BL_WAITS(OUT_FULL, req, near),
    BL_TALLY(T, word, "a word moved"), BL_TALLY(T, bit, "a bit moved"), BL_TALLY(T, request, "a burst, or near word, asked for"),
    BL_VIEW(T, at, 1, 32, "job"), BL_VIEW(T, on, 1, 1, "a job is at hand"), BL_VIEW(T, open, 1, 8, "bursts with words to come"),
    BL_MEM(T, finished, "jobs done, by line"), { 0 }
};
const struct bl_class dma_class = { .name = "dma", .help = "moves blocks between a far memory and near ones",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

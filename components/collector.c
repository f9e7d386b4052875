/* collector.c - adds partial sums in a buffer. A result of `outs` 32-bit sums is W = ceil(outs * 32 / bits) words. Of a job that
 * does not add a result is written, a word a tick from the tick that takes it on. Of one that adds every word is read, and written with
 * the sum added in the tick its answer comes; writes go before reads. The next result is taken in the tick after the last write.
 * Reads under way are fewer than `outstanding`, and never more than the link of answers holds: else reads would fill req while
 * answers wait for room, and no write could leave. `done` moves with the last write of a job. */
#include "components/memory_item.h"
#include "components/unit_check.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct collector {
    struct bl_part p;
    bl_pop job, y, rsp;
    bl_push req;
    bl_out done;
    bl_tally result, read, write, add;
    bl_table jobs, program;
    int64_t outs, bits, outstanding;
    int64_t req_lanes, rsp_lanes;
    struct bl_unit_job at;              /* the job at hand */
    bool on, first, held;               /* a job is at hand; it does not add; a result is held */
    uint32_t words, most;               /* of a result; reads under way, at most */
    uint32_t window, asked, put;        /* results of the job done; words of this one read and written so far */
    uint32_t finished;
    uint32_t *sum;                      /* [words * bits / 32] */
};

static int shape(void *self)
{
    struct collector *t = self;

    t->rsp_lanes = bl_memory_lanes(t->bits);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes;
    if (t->bits % 32)
        return bl_refuse(t, "bits is %lld; sums have 32, so expected a multiple of 32", (long long)t->bits);
    return 0;
}

static int init(void *self)
{
    struct collector *t = self;

    t->most = (uint32_t)t->outstanding < bl_pop_depth(t->rsp) ? (uint32_t)t->outstanding : bl_pop_depth(t->rsp);
    t->words = (uint32_t)((t->outs * 32 + t->bits - 1) / t->bits);
    t->sum = bl_alloc(t, (size_t)t->words * (size_t)(t->bits / 32) * sizeof *t->sum);
    if (bl_unit_check(t, t->jobs, t->program))
        return -1;
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, t->program);
    if (g && g->sum_row && g->sum_row != (uint64_t)t->words * (uint64_t)t->bits / 32)
        return bl_refuse(t, "a result of outs %lld takes %llu sums; the program has %u, so cols of 'array' is not that of the macro", (long long)t->outs,
                         (unsigned long long)t->words * (unsigned long long)t->bits / 32, g->sum_row);
    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct bl_unit_job *j = BL_ROWS(struct bl_unit_job, t->jobs) + i;
        const struct bl_host_tile *tile = &bl_unit_layer(t->program, j)->tile[j->tile];
        if (tile->nout > t->outs)
            return bl_refuse(t, "job %u has results of %u sums; outs is %lld, expected at least %u", i, tile->nout, (long long)t->outs, tile->nout);
    }
    return 0;
}

/* ---- a word of the result at hand ---- */

static uint64_t *request(struct collector *t, uint64_t kind, uint32_t word)
{
    uint64_t *item = bl_push64(t->req);

    memset(item, 0, (size_t)t->req_lanes * sizeof *item);
    item[BL_MEMORY_KIND] = kind;
    item[BL_MEMORY_ADDRESS] = t->at.near + (uint64_t)(t->at.first + t->window) * t->words + word;
    return item;
}

static void write_word(struct collector *t, const uint64_t *old)
{
    const uint32_t n = (uint32_t)(t->bits / 32), *from = t->sum + (size_t)t->put * n;
    uint64_t *data = request(t, BL_MEMORY_WRITE, t->put) + BL_MEMORY_DATA;

    for (uint32_t i = 0; i < n; i++) {
        const uint32_t before = old ? (uint32_t)(old[i / 2] >> i % 2 * 32) : 0;
        data[i / 2] |= (uint64_t)(uint32_t)(from[i] + before) << i % 2 * 32;
    }
    charge(&t->write, 1);
    charge(&t->add, old ? n : 0);
    t->put++;
}

/* ---- results and jobs ---- */

/* The last word of a result has left. */
static void end_result(struct collector *t)
{
    t->held = false;
    charge(&t->result, 1);
    if (++t->window < t->at.count)
        return;
    t->on = false;
    *bl_put32(t->done) = ++t->finished;
}

static bl_verdict begin(struct collector *t)
{
    if (!bl_avail(t->job))
        return BL_NAP(BL_AT(NO_INPUT, 0));
    const uint32_t number = *bl_pop32(t->job);
    if (number >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", number, (unsigned long long)t->jobs.n);
        return BL_BUSY;
    }
    t->at = BL_ROWS(struct bl_unit_job, t->jobs)[number];
    t->first = !t->at.add;
    t->on = true;
    t->window = 0;
    return BL_BUSY;
}

static void take_result(struct collector *t)
{
    const uint32_t *y = bl_pop32(t->y);

    memcpy(t->sum, y, (size_t)t->outs * sizeof *y);
    t->asked = t->put = 0;
    t->held = true;
}

static bl_verdict tick(void *self)
{
    struct collector *t = self;
    bool moved = false;

    if (!t->on)
        return begin(t);
    if (!t->held) {
        if (!bl_avail(t->y))
            return BL_NAP(BL_AT(NO_INPUT, 1));
        take_result(t);
        moved = true;
    }
    const bool may_write = t->first || bl_avail(t->rsp), may_read = !t->first && t->asked < t->words
                           && t->asked - t->put < t->most;
    if ((may_write || may_read) && !bl_room(t->req))
        return moved ? BL_BUSY : BL_NAP(OUT_FULL);
    if (may_write) {
        write_word(t, t->first ? NULL : bl_pop64(t->rsp));
        if (t->put == t->words)
            end_result(t);
    } else if (may_read) {
        request(t, BL_MEMORY_READ, t->asked++);
        charge(&t->read, 1);
    }
    return moved || may_write || may_read ? BL_BUSY : BL_NAP(BL_AT(NO_INPUT, 2));
}

#define T struct collector
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_POP(T, y, BL_BY(T, outs), 32, "results, signed partial sums"),
    BL_PUSH(T, req, BL_BY(T, req_lanes), 64, "reads and writes of the buffer"), BL_WORDS_OF(req, BL_MEMORY_KIND, BL_MEMORY_NAMES),
    BL_POP(T, rsp, BL_BY(T, rsp_lanes), 64, "words read"), BL_OUT(T, done, 1, 32, "jobs done"),
    BL_DATA(T, jobs, struct bl_unit_job, "the jobs, by number"), BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"),
    BL_SIZE(T, outs, 4096, "sums of a result"), BL_PARAM(T, bits, 64, 32, 4096, "bits of a word of the buffer, a multiple of 32"),
    BL_PARAM(T, outstanding, 2, 1, 64, "reads under way, at most; no more than the link rsp holds"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(bits / 64)"), BL_COMPUTED(T, rsp_lanes, "ceil(bits / 64)"),
    BL_WAITS(NO_INPUT, job, y, rsp), BL_WAITS(OUT_FULL, req),
    BL_TALLY(T, result, "a result kept"), BL_TALLY(T, read, "a word read"), BL_TALLY(T, write, "a word written"),
    BL_TALLY(T, add, "a 32-bit addition"),
    BL_VIEW(T, window, 1, 32, "results of the job so far"), BL_VIEW(T, put, 1, 16, "words of this result written"),
    BL_MEM(T, sum, "the result at hand"), { 0 }
};
const struct bl_class collector_class = { .name = "collector", .help = "adds partial sums in a buffer",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

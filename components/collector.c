/* collector.c - keeps results in a buffer: adds partial sums there, or writes bytes. Sums: a result of `outs` 32-bit sums is W = ceil(outs * 32 / bits) words. Of a job that
 * does not add a result is written, a word a tick from the tick that takes it on. Of one that adds every word is read, and written with
 * the sum added in the tick its answer comes; writes go before reads. The next result is taken in the tick after the last write.
 * Reads under way are fewer than `outstanding`, and never more than the link of answers holds: else reads would fill req while
 * answers wait for room, and no write could leave. `done` moves with the last write of a job.
 * Bytes: result p of a layer with N outputs, of a tile with outputs n0 .. n0 + n - 1, goes to bytes p * N + n0 on, a word a tick from the
 * tick that takes it on, by byte masks; nothing is read. `done` moves in the first tick after the last write in which nothing stands on the
 * link of requests: then all of it is in the buffer. The next job is taken in the tick after. */
#include "components/memory_item.h"
#include "components/unit_check.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { SUMS, BYTES };                   /* form */

struct collector {
    struct bl_part p;
    bl_pop job, y, rsp;
    bl_push req;
    bl_out done;
    bl_tally result, read, write, add;
    bl_table jobs, program;
    int64_t outs, bits, outstanding, form;
    int64_t req_lanes, rsp_lanes, y_bits;
    struct bl_unit_job at;              /* the job at hand */
    bool on, first, held, drains;       /* a job is at hand; it does not add; a result is held; all of the job is written */
    uint32_t words, most;               /* of a result; reads under way, at most */
    uint32_t window, asked, put;        /* results of the job done; words of this one read and written so far */
    uint32_t finished;
    uint32_t *sum;                      /* [words * bits / 32] */
};

static int shape(void *self)
{
    struct collector *t = self;

    t->rsp_lanes = bl_memory_lanes(t->bits);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes + (t->form == BYTES);
    t->y_bits = t->form == BYTES ? 8 : 32;
    if (t->form == BYTES && (t->bits % 8 || t->bits > 512))
        return bl_refuse(t, "bits is %lld; bytes are written by a mask of 64 bits, so expected whole bytes, at most 512 bits", (long long)t->bits);
    if (t->form == SUMS && t->bits % 32)
        return bl_refuse(t, "bits is %lld; sums have 32, so expected a multiple of 32", (long long)t->bits);
    return 0;
}

static int init(void *self)
{
    struct collector *t = self;

    t->most = (uint32_t)t->outstanding < bl_pop_depth(t->rsp) ? (uint32_t)t->outstanding : bl_pop_depth(t->rsp);
    t->words = (uint32_t)((t->outs * 32 + t->bits - 1) / t->bits);
    t->sum = bl_alloc(t, (size_t)t->words * (size_t)((t->bits + 31) / 32) * sizeof *t->sum);
    if (t->form == SUMS && !bl_wired(t->rsp))
        return bl_refuse(t, "rsp is not wired; sums are added to those in the buffer, so words come back");
    if (bl_unit_check(t, t->jobs, t->program))
        return -1;
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, t->program);
    if (t->form == SUMS && g && g->sum_row && g->sum_row != (uint64_t)t->words * (uint64_t)t->bits / 32)
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

/* ---- bytes ---- */

/* Bytes of the layer's output that a result is: from `at` on, behind the slot's first word. */
struct bytes { uint64_t at; uint32_t n; };

static struct bytes bytes_of(const struct collector *t)
{
    const struct bl_host_layer *l = bl_unit_layer(t->program, &t->at);
    const struct bl_host_tile *tile = &l->tile[t->at.tile];

    return (struct bytes){ (uint64_t)(t->at.first + t->window) * l->cout + tile->out, tile->nout };
}

/* Word `put` of those that a result touches. */
static void write_bytes(struct collector *t)
{
    const struct bytes b = bytes_of(t);
    const uint32_t each = (uint32_t)t->bits / 8;
    const uint64_t word = b.at / each + t->put, from = word * each > b.at ? word * each : b.at, to = (word + 1) * each < b.at + b.n ? (word + 1) * each : b.at + b.n;
    const uint8_t *y = (const uint8_t *)t->sum;
    uint64_t *item = bl_push64(t->req), *data = item + BL_MEMORY_DATA;

    memset(item, 0, (size_t)t->req_lanes * sizeof *item);
    item[BL_MEMORY_KIND] = BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = t->at.near + word;
    for (uint64_t i = from; i < to; i++) {
        const uint32_t in = (uint32_t)(i - word * each);
        data[in / 8] |= (uint64_t)y[i - b.at] << in % 8 * 8;
        data[t->rsp_lanes] |= UINT64_C(1) << in;
    }
    charge(&t->write, 1);
    t->put++;
}

/* ---- results and jobs ---- */

static void end_job(struct collector *t)
{
    t->on = t->drains = false;
    *bl_put32(t->done) = ++t->finished;
}

/* The last word of a result has left. */
static void end_result(struct collector *t)
{
    t->held = false;
    charge(&t->result, 1);
    if (++t->window < t->at.count)
        return;
    t->drains = t->form == BYTES;
    if (!t->drains)
        end_job(t);
}

/* Until the last write has left its link. */
static bl_verdict drain(struct collector *t)
{
    if (bl_room(t->req) < bl_push_depth(t->req))
        return BL_NAP(OUT_FULL);
    end_job(t);
    return BL_BUSY;
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
    memcpy(t->sum, bl_pop_item(t->y), (size_t)t->outs * (size_t)(t->y_bits / 8));
    t->asked = t->put = 0;
    t->held = true;
}

/* A tick of the result at hand, bytes: a word leaves. */
static bl_verdict put_bytes(struct collector *t, bool moved)
{
    const struct bytes b = bytes_of(t);
    const uint64_t each = (uint64_t)t->bits / 8, words = (b.at + b.n - 1) / each - b.at / each + 1;

    if (!bl_room(t->req))
        return moved ? BL_BUSY : BL_NAP(OUT_FULL);
    write_bytes(t);
    if (t->put == words)
        end_result(t);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct collector *t = self;
    bool moved = false;

    if (!t->on)
        return begin(t);
    if (t->drains)
        return drain(t);
    if (!t->held) {
        if (!bl_avail(t->y))
            return BL_NAP(BL_AT(NO_INPUT, 1));
        take_result(t);
        moved = true;
    }
    if (t->form == BYTES)
        return put_bytes(t, moved);
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
    BL_POP(T, job, 1, 32, "number of a job"), BL_POP(T, y, BL_BY(T, outs), BL_BY(T, y_bits), "results: signed partial sums, or activations"),
    BL_PUSH(T, req, BL_BY(T, req_lanes), 64, "reads and writes of the buffer"), BL_WORDS_OF(req, BL_MEMORY_KIND, BL_MEMORY_NAMES),
    BL_POP_OPT(T, rsp, BL_BY(T, rsp_lanes), 64, "words read; not for bytes"), BL_OUT(T, done, 1, 32, "jobs done"),
    BL_DATA(T, jobs, struct bl_unit_job, "the jobs, by number"), BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"),
    BL_SIZE(T, outs, 4096, "values of a result"), BL_PARAM(T, bits, 64, 8, 4096, "bits of a word of the buffer, a multiple of 32 (bytes: of 8)"),
    BL_PARAM(T, outstanding, 2, 1, 64, "reads under way, at most; no more than the link rsp holds"),
    BL_CHOICE(T, form, SUMS, "sums bytes", "what results are: 32-bit sums, added up in the buffer, or bytes of the layer's output in the order y, x, c"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(bits / 64), bytes: and a mask"), BL_COMPUTED(T, rsp_lanes, "ceil(bits / 64)"), BL_COMPUTED(T, y_bits, "32 or 8"),
    BL_FEED(job), BL_FEED(y), BL_FEED(rsp),
    BL_WAITS(NO_INPUT, job, y, rsp), BL_WAITS(OUT_FULL, req),
    BL_TALLY(T, result, "a result kept"), BL_TALLY(T, read, "a word read"), BL_TALLY(T, write, "a word written"),
    BL_TALLY(T, add, "a 32-bit addition"),
    BL_VIEW(T, window, 1, 32, "results of the job so far"), BL_VIEW(T, put, 1, 16, "words of this result written"),
    BL_MEM(T, sum, "the result at hand"), { 0 }
};
const struct bl_class collector_class = { .name = "collector", .help = "keeps results in a buffer: sums added up, or bytes",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

/* db_pim_psums.c - the output buffer of DB-PIM with the adders at its port: takes partial sums of a position from the arbiter of the cores, adds
 * them to what is there (or, the first ones, puts them there), n sums in ceil(32 n / port) ticks; port 0: one tick. Beside it the sums of a
 * finished tile leave, `lanes` a tick, for the SIMD core. Results of a core come in order of positions, those of several cores as they
 * come: a core may be a job ahead of another. Latency 1 behind the last tick of an item. */
#include "components/db_pim/db_jobs.h"
#include "components/db_pim/db_pim.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL, PORT };
enum { QUEUE = 8, LANES = 64 };

struct db_pim_psums {
    struct bl_part p;
    bl_pop job, out, x, x_tag, who;
    bl_push y;
    bl_out done;
    bl_table jobs, outs;
    bl_tally read_bit, write_bit, add;
    int64_t bytes, port, lanes;
    uint32_t jobs_at[QUEUE];            /* jobs under way, oldest first, by number modulo QUEUE */
    uint32_t first, end;                /* of them */
    uint32_t core_job[BL_DB_CORES], core_item[BL_DB_CORES];     /* where each core is: number of its job, next item */
    uint32_t left;                      /* ticks that the item at hand still takes */
    uint32_t stored;                    /* items */
    bool draining;
    uint32_t out_at, out_next;
    int32_t *sum;
};

static const struct db_acc_job *job_of(const struct db_pim_psums *t, uint32_t number)
{
    return BL_ROWS(struct db_acc_job, t->jobs) + t->jobs_at[number % QUEUE];
}

static int init(void *self)
{
    struct db_pim_psums *t = self;
    const uint64_t most = (uint64_t)t->bytes / 4;

    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct db_acc_job *j = BL_ROWS(struct db_acc_job, t->jobs) + i;
        if (!j->count || !j->cores || j->near + (uint64_t)j->count * j->stride > most)
            return bl_refuse(t, "job %u keeps %u positions of %u sums from %u on; the buffer of %lld bytes holds %llu", i, j->count, j->stride, j->near,
                             (long long)t->bytes, (unsigned long long)most);
    }
    for (uint32_t i = 0; i < t->outs.n; i++) {
        const struct db_out_job *j = BL_ROWS(struct db_out_job, t->outs) + i;
        if (j->near + (uint64_t)j->count * j->stride > most)
            return bl_refuse(t, "out job %u reads %u positions of %u sums from %u on; the buffer of %lld bytes holds %llu", i, j->count, j->stride,
                             j->near, (long long)t->bytes, (unsigned long long)most);
    }
    t->sum = bl_alloc(t, (size_t)most * sizeof *t->sum);
    return 0;
}

/* ---- sums come ---- */

/* The number of the job that a core's next item is for; false: it is not here yet. */
static bool find_job(struct db_pim_psums *t, uint32_t core)
{
    while (t->core_job[core] != t->end && (!(job_of(t, t->core_job[core])->cores >> core & 1) || t->core_item[core] == job_of(t, t->core_job[core])->count)) {
        t->core_job[core]++;
        t->core_item[core] = 0;
    }
    return t->core_job[core] != t->end;
}

/* Jobs that no core needs any more go. */
static void retire(struct db_pim_psums *t)
{
    uint32_t first = t->end;

    for (uint32_t c = 0; c < BL_DB_CORES; c++) {
        find_job(t, c);
        first = t->end - t->core_job[c] > t->end - first ? t->core_job[c] : first;
    }
    t->first = first;
}

static bool take_job(struct db_pim_psums *t)
{
    if (t->end - t->first == QUEUE)
        retire(t);
    if (!bl_avail(t->job) || t->end - t->first == QUEUE)
        return false;
    const uint32_t number = *bl_pop32(t->job);
    if (number >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", number, (unsigned long long)t->jobs.n);
        return true;
    }
    t->jobs_at[t->end++ % QUEUE] = number;
    return true;
}

/* The item at the head is added. */
static void store(struct db_pim_psums *t, uint32_t core)
{
    const struct db_acc_job *j = job_of(t, t->core_job[core]);
    const uint32_t *x = bl_pop32(t->x), n = *bl_pop8(t->x_tag);
    const bool first = j->first >> core & 1;
    int32_t *to = t->sum + j->near + (size_t)t->core_item[core]++ * j->stride + j->offset[core];

    bl_pop16(t->who);
    if (j->offset[core] + n > j->stride) {
        bl_fail(t, "core %u gives %u sums; its place in a position is %u .. %u, so its header has more filters than the tile", core, n, j->offset[core],
                j->stride);
        return;
    }
    for (uint32_t f = 0; f < n; f++)
        to[f] = (int32_t)((first ? 0 : (uint32_t)to[f]) + x[f]);
    charge(&t->write_bit, (uint64_t)32 * n);
    charge(&t->read_bit, first ? 0 : (uint64_t)32 * n);
    charge(&t->add, first ? 0 : n);
    *bl_put32(t->done) = ++t->stored;
}

static uint32_t ticks_of(const struct db_pim_psums *t)
{
    const uint64_t bits = (uint64_t)32 * *bl_peek8(t->x_tag), ticks = t->port ? (bits + (uint64_t)t->port - 1) / (uint64_t)t->port : 1;

    return ticks ? (uint32_t)ticks : 1;
}

static bl_verdict take_sums(struct db_pim_psums *t)
{
    if (!bl_pair_avail(t->x, t->x_tag) || !bl_avail(t->who))
        return NO_INPUT;
    const uint32_t core = *bl_peek16(t->who);
    if (core >= BL_DB_CORES) {
        bl_fail(t, "who is %u; expected a core below %d", core, BL_DB_CORES);
        return BL_BUSY;
    }
    if (!find_job(t, core))
        return BL_AT(NO_INPUT, 3);
    if (!t->left)
        t->left = ticks_of(t);
    if (--t->left)
        return PORT;
    store(t, core);
    return BL_BUSY;
}

/* ---- sums go ---- */

static void push_out(struct db_pim_psums *t, const struct db_out_job *j)
{
    const uint32_t all = j->count * j->stride, left = all - t->out_next, n = left < t->lanes ? left : (uint32_t)t->lanes;
    uint32_t *y = bl_push32(t->y);

    memcpy(y, t->sum + j->near + t->out_next, n * sizeof *y);
    memset(y + n, 0, (size_t)((uint32_t)t->lanes - n) * sizeof *y);
    charge(&t->read_bit, (uint64_t)32 * n);
    t->out_next += n;
    t->draining = t->out_next < all;
}

/* BUSY: a job was taken, or sums left; else IDLE, or OUT_FULL. */
static bl_verdict drain(struct db_pim_psums *t)
{
    if (!t->draining) {
        if (!bl_avail(t->out))
            return BL_IDLE;
        t->out_at = *bl_pop32(t->out);
        t->out_next = 0;
        t->draining = true;
        if (t->out_at >= t->outs.n) {
            bl_fail(t, "out job %u is asked for; %llu are supplied", t->out_at, (unsigned long long)t->outs.n);
            t->draining = false;
        }
        return BL_BUSY;
    }
    if (!bl_room(t->y))
        return OUT_FULL;
    push_out(t, BL_ROWS(struct db_out_job, t->outs) + t->out_at);
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct db_pim_psums *t = self;
    const bool taken = take_job(t);
    const bl_verdict out = drain(t), in = take_sums(t);

    if (in == PORT)
        return PORT;
    if (taken || out == BL_BUSY || in == BL_BUSY)
        return BL_BUSY;
    return BL_NAP(out == OUT_FULL ? OUT_FULL : in);
}

#define T struct db_pim_psums
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_POP(T, out, 1, 32, "number of an out job"),
    BL_POP(T, x, DB_COLUMNS, 32, "partial sums of a position"), BL_POP(T, x_tag, 1, 8, "how many there are"), BL_POP(T, who, 1, 16, "the core they are of"),
    BL_PUSH(T, y, BL_BY(T, lanes), 32, "sums of a finished tile"), BL_OUT(T, done, 1, 32, "items stored"),
    BL_DATA(T, jobs, struct db_acc_job, "the jobs, by number"), BL_DATA(T, outs, struct db_out_job, "the out jobs"),
    BL_PARAM(T, bytes, 262144, 64, 1 << 28, "size"), BL_PARAM(T, port, 512, 0, 65536, "bits a tick of the port; 0: an item a tick"),
    BL_PARAM(T, lanes, 8, 1, LANES, "sums that leave in a tick"),
    BL_FEED(x), BL_FEED(x_tag), BL_FEED(who), BL_FEED(job), BL_FEED(out),
    BL_WAITS(NO_INPUT, x, x_tag, who, job), BL_WAITS(OUT_FULL, y), BL_CAUSE(PORT, "the port is narrower than the sums of a position"),
    BL_TALLY(T, read_bit, "a bit read"), BL_TALLY(T, write_bit, "a bit written"), BL_TALLY(T, add, "a 32-bit addition"),
    BL_VIEW(T, left, 1, 16, "ticks that the item at hand still takes"), BL_VIEW(T, draining, 1, 1, "sums leave"), BL_MEM(T, sum, "the sums"), { 0 }
};
const struct bl_class db_pim_psums_class = { .name = "db_pim_psums", .help = "output buffer that adds partial sums",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };

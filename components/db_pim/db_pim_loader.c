/* db_pim_loader.c - the weight loader of DB-PIM: records of external memory become rows of cells, signs, indices, header and mask of a core.
 * The bus has `bus` bits a tick; a record of B bits takes the greater of ceil(B / bus) ticks and one a row, since an array writes a row a
 * tick; bus 0: only the rows count. A row leaves when its share of the bits has come. One job is done after the other, in order; a job is
 * taken and begins in the tick in which the one before ends. B is what is stored (4 bits a dyadic block and the mask), so a part of a
 * row costs a part of its time: the general weight_loader knows whole rows only.
 * Records are looked at before the run: header, rows in order, mask, all of one set; as many rows as the mask keeps; nothing in columns that are not
 * used; no sign or index beside binary weights. */
#include "components/db_pim/db_jobs.h"
#include "components/db_pim/db_pim.h"
#include "kernel/model.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

struct db_pim_loader {
    struct bl_part p;
    bl_pop job;
    bl_pushes row;
    bl_out done;
    bl_table jobs, records;
    bl_tally bits, rows;
    int64_t cores, bus;
    bool on;
    uint32_t at, number, finished;      /* job; its next row; jobs done */
    uint64_t ticks;                     /* of the job so far */
};

static const struct db_load_job *job_of(const struct db_pim_loader *t, uint32_t i) { return BL_ROWS(struct db_load_job, t->jobs) + i; }

/* ---- records are sound ---- */

static const uint64_t *item_of(const struct db_pim_loader *t, const struct db_load_job *j, uint32_t i)
{
    return BL_ROWS(uint64_t, t->records) + j->at + (size_t)i * DB_ITEM_LANES;
}

/* Columns of a row that have a bit in planes first .. last. */
static uint32_t columns_of(const uint64_t *row, uint32_t first, uint32_t last)
{
    uint32_t columns = 0;

    for (uint32_t plane = first; plane <= last; plane++)
        for (uint32_t d = 0; d < DB_COLUMNS; d++)
            columns |= (uint32_t)(db_plane_column(row + (size_t)plane * DB_PLANE_WORDS, d) != 0) << d;
    return columns;
}

/* What is wrong with item i of a record that has `rows` rows of cells, or NULL. */
static const char *wrong_item(const uint64_t *item, uint64_t header, uint32_t i, uint32_t rows, uint64_t set)
{
    const uint64_t number = set * DB_SET + (i == 0 ? DB_HEADER : i <= rows ? i - 1 : DB_MASK + i - rows - 1);

    if (item[0] != number)
        return "has another number than its place says";
    if (i == 0)
        return db_starts(header) & ~db_used(header) || header >> 33 ? "is no header" : NULL;
    if (i > rows)
        return NULL;
    if (columns_of(item + 1, 0, 3) & ~db_used(header))
        return "has a cell in a column that is not used";
    return db_binary(header) && columns_of(item + 1, 1, 3) ? "has a sign or an index beside binary weights" : NULL;
}

static int check_record(struct db_pim_loader *t, uint32_t number)
{
    const struct db_load_job *j = job_of(t, number);
    const uint64_t set = item_of(t, j, 0)[0] / DB_SET, header = item_of(t, j, 0)[1];
    uint32_t rows = 0, kept = 0;

    while (rows + 1 < j->nrows && item_of(t, j, rows + 1)[0] % DB_SET < DB_ROWS)
        rows++;
    for (uint32_t i = 0; i < j->nrows; i++) {
        const char *wrong = wrong_item(item_of(t, j, i), header, i, rows, set);
        if (wrong)
            return bl_refuse(t, "job %u, row %u of %u %s; the record is damaged", number, i, j->nrows, wrong);
        for (uint32_t w = 1; i > rows && w < DB_ITEM_LANES; w++)
            kept += (uint32_t)__builtin_popcountll(item_of(t, j, i)[w]);
    }
    const uint32_t parts = j->nrows - 1 - rows;
    if (!parts || parts > DB_MASK_PARTS || kept > BL_DB_KEPT || (kept + DB_COMPARTMENTS - 1) / DB_COMPARTMENTS != rows)
        return bl_refuse(t, "job %u has %u rows of cells, %u parts of a mask, which keeps %u positions; expected a row for 16 of them, at most %d, in 1 or %d parts",
                         number, rows, parts, kept, BL_DB_KEPT, DB_MASK_PARTS);
    return 0;
}

static int init(void *self)
{
    struct db_pim_loader *t = self;

    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct db_load_job *j = job_of(t, i);
        if (j->core >= t->cores || !j->nrows || j->at + (uint64_t)j->nrows * (uint64_t)DB_ITEM_LANES > t->records.n)
            return bl_refuse(t, "job %u is for core %u, %u rows of %d words from word %llu on; expected cores below %lld, at least a row, words below %llu",
                             i, j->core, j->nrows, DB_ITEM_LANES, (unsigned long long)j->at, (long long)t->cores,
                             (unsigned long long)t->records.n);
        if (check_record(t, i))
            return -1;
    }
    return 0;
}

/* Ticks of a job from its first on, after which row r may leave. */
static uint64_t due(const struct db_pim_loader *t, const struct db_load_job *j, uint32_t r)
{
    const uint64_t bus = t->bus ? ((uint64_t)j->bits * (r + 1) / j->nrows + (uint64_t)t->bus - 1) / (uint64_t)t->bus : 0;

    return bus > r + 1 ? bus : r + 1;
}

static bl_verdict push(struct db_pim_loader *t, const struct db_load_job *j)
{
    const uint64_t *from = item_of(t, j, t->number);

    if (!bl_room(t->row.at[j->core])) {
        t->ticks--;
        return BL_NAP(BL_AT(OUT_FULL, j->core));
    }
    memcpy(bl_push64(t->row.at[j->core]), from, DB_ITEM_LANES * sizeof *from);
    charge(&t->rows, 1);
    if (++t->number < j->nrows)
        return BL_BUSY;
    charge(&t->bits, j->bits);
    t->on = false;
    *bl_put32(t->done) = ++t->finished;
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct db_pim_loader *t = self;

    if (!t->on) {
        if (!bl_avail(t->job))
            return BL_NAP(NO_INPUT);
        t->at = *bl_pop32(t->job);
        if (t->at >= t->jobs.n) {
            bl_fail(t, "job %u is asked for; %llu are supplied", t->at, (unsigned long long)t->jobs.n);
            return BL_BUSY;
        }
        t->on = true;
        t->number = 0;
        t->ticks = 0;
    }
    const struct db_load_job *j = job_of(t, t->at);
    return ++t->ticks >= due(t, j, t->number) ? push(t, j) : BL_BUSY;
}

#define T struct db_pim_loader
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_PUSHES(T, row, BL_BY(T, cores), DB_ITEM_LANES, 64, "number, then the words of a row"),
    BL_OUT(T, done, 1, 32, "jobs done"),
    BL_DATA(T, jobs, struct db_load_job, "the jobs, by number"), BL_DATA(T, records, uint64_t, "rows, one behind the other, each with its number"),
    BL_PARAM(T, cores, BL_DB_CORES, 1, BL_DB_CORES, "elements of row"),
    BL_PARAM(T, bus, 128, 0, 65536, "bits a tick of external memory; 0: a row a tick, whatever it has"),
    BL_FEED(job),
    BL_WAITS(NO_INPUT, job), BL_WAITS(OUT_FULL, row),
    BL_TALLY(T, bits, "a bit loaded: cells, meta, mask"), BL_TALLY(T, rows, "a row given"),
    BL_VIEW(T, at, 1, 32, "job"), BL_VIEW(T, on, 1, 1, "a job is at hand"), { 0 }
};
const struct bl_class db_pim_loader_class = { .name = "db_pim_loader", .help = "records of weights become rows of a core",
    .size = sizeof(T), .init = init, .tick = tick, .fields = fields };

/* db_pim_reader.c - reads the windows of a pass out of the input buffer (im2col): for every four output positions the windows of the tile, for
 * every window its positions in turn (feed_rows 1) or at once (4, each through a client of its own). A window is 16 neighbouring K positions in
 * the order (ky, kx, channel); a run of it is what lies in one word of 16 activations. A lane asks for a word a tick, as many under way as
 * `outstanding`; a window without words, all padding, takes a tick of its own. A window leaves in the tick of its last word. */
#include "components/db_pim/db_jobs.h"
#include "components/db_pim/db_pim.h"
#include "components/memory_item.h"
#include "components/tags.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { QUEUE = 8, WORD = 16, RSP_LANES = 2, REQ_LANES = BL_MEMORY_DATA + RSP_LANES };

/* n activations from byte `byte` of a word on, to place `to` of the window. */
struct run { uint32_t word; uint8_t byte, n, to; };
/* A place in the order of windows: job number in the queue, first position of four, window, position; the runs of that window. */
struct cursor { uint32_t job, first, window, m, nruns, at; struct run run[WORD]; };

struct db_pim_reader {
    struct bl_part p;
    bl_pop job;
    bl_pops rsp;
    bl_pushes req;
    bl_push x, x_tag;
    bl_table jobs, shapes;
    bl_tally read, windows, padded;
    int64_t feed_rows, outstanding, lanes;
    uint32_t queue[QUEUE], end;         /* jobs taken, by number modulo QUEUE */
    struct cursor ask[DB_MACROS], get[DB_MACROS];       /* of each lane */
    uint32_t under_way[DB_MACROS];
    uint8_t byte[DB_MACROS][DB_WINDOW];
};

static const struct db_run_job *job_of(const struct db_pim_reader *t, uint32_t number)
{
    return BL_ROWS(struct db_run_job, t->jobs) + t->queue[number % QUEUE];
}
static const struct db_shape *shape_of(const struct db_pim_reader *t, uint32_t number)
{
    return BL_ROWS(struct db_shape, t->shapes) + job_of(t, number)->shape;
}

static int shape(void *self)
{
    struct db_pim_reader *t = self;

    t->lanes = t->feed_rows * DB_WINDOW;
    return t->feed_rows == 1 || t->feed_rows == DB_MACROS ? 0 :
        bl_refuse(t, "feed_rows is %lld; expected 1 (128 bits a tick) or 4 (512 bits a tick)", (long long)t->feed_rows);
}

static int init(void *self)
{
    struct db_pim_reader *t = self;

    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct db_run_job *j = BL_ROWS(struct db_run_job, t->jobs) + i;
        if (j->shape >= t->shapes.n || !j->count || !j->windows || j->windows > DB_MASK_BITS / DB_WINDOW || j->set >= DB_SETS)
            return bl_refuse(t, "job %u: shape %u, %u positions, %u windows, set %u; expected shapes below %llu, at least a position, 1 to %d windows, "
                             "sets below %d", i, j->shape, j->count, j->windows, j->set, (unsigned long long)t->shapes.n, DB_MASK_BITS / DB_WINDOW, DB_SETS);
    }
    for (uint32_t m = 0; m < DB_MACROS; m++)
        t->ask[m].m = t->get[m].m = m;
    return 0;
}

/* ---- windows ---- */

/* A place of the input is in the image and in the buffer: its byte; else -1. */
static int64_t byte_of(const struct db_shape *s, uint32_t p, uint32_t k)
{
    const uint32_t tap = k / s->chans;
    const int64_t y = (int64_t)(p / s->out_w) * s->stride_h - s->pad_t + (int64_t)(tap / s->kw) * s->dil_h;
    const int64_t x = (int64_t)(p % s->out_w) * s->stride_w - s->pad_l + (int64_t)(tap % s->kw) * s->dil_w;

    if (y < 0 || x < 0 || y >= s->h || x >= s->w || y < s->row0 || y >= (int64_t)s->row0 + s->rows)
        return -1;
    return ((y - s->row0) * s->w + x) * s->pitch + s->chan + k % s->chans;
}

/* The runs of a window of output position p; none: all padding. */
static uint32_t find_runs(const struct db_shape *s, uint32_t p, uint32_t from, struct run *run)
{
    const uint32_t end = s->kh * s->kw * s->chans;
    uint32_t n = 0;

    for (uint32_t i = 0; i < DB_WINDOW && from + i < end;) {
        const uint32_t k = from + i, left = s->chans - k % s->chans;
        uint32_t some = left < DB_WINDOW - i ? left : DB_WINDOW - i;
        const int64_t byte = byte_of(s, p, k);
        if (byte >= 0) {
            some = some < WORD - byte % WORD ? some : (uint32_t)(WORD - byte % WORD);
            if (n && run[n - 1].word == byte / WORD && run[n - 1].byte + run[n - 1].n == byte % WORD && run[n - 1].to + run[n - 1].n == i)
                run[n - 1].n = (uint8_t)(run[n - 1].n + some);
            else
                run[n++] = (struct run){ (uint32_t)(byte / WORD), (uint8_t)(byte % WORD), (uint8_t)some, (uint8_t)i };
        }
        i += some;
    }
    return n;
}

static uint32_t valid_of(const struct db_run_job *j, uint32_t first) { return j->count - first < DB_MACROS ? j->count - first : DB_MACROS; }

/* The runs of the window where the cursor is. A lane of a position that is not there has none. */
static void look(const struct db_pim_reader *t, struct cursor *c)
{
    const struct db_run_job *j = job_of(t, c->job);

    c->at = 0;
    c->nruns = c->m < valid_of(j, c->first) ?
        find_runs(shape_of(t, c->job), j->first + c->first + c->m, j->from + c->window * DB_WINDOW, c->run) : 0;
}

/* To the next window. */
static void move(const struct db_pim_reader *t, struct cursor *c)
{
    const struct db_run_job *j = job_of(t, c->job);

    if (t->feed_rows == 1 && ++c->m < valid_of(j, c->first))
        return;
    c->m = t->feed_rows == 1 ? 0 : c->m;
    if (++c->window < j->windows)
        return;
    c->window = 0;
    c->first += DB_MACROS;
    if (c->first < j->count)
        return;
    c->first = 0;
    c->job++;
}

static void advance(const struct db_pim_reader *t, struct cursor *c)
{
    move(t, c);
    if (c->job != t->end)
        look(t, c);
}

/* ---- a tick ---- */

static bool take_job(struct db_pim_reader *t)
{
    if (!bl_avail(t->job) || t->end - t->get[0].job == QUEUE)
        return false;
    const uint32_t number = *bl_pop32(t->job);
    if (number >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", number, (unsigned long long)t->jobs.n);
        return true;
    }
    t->queue[t->end++ % QUEUE] = number;
    for (uint32_t m = 0; m < t->feed_rows; m++) {
        if (t->ask[m].job + 1 == t->end)
            look(t, &t->ask[m]);
        if (t->get[m].job + 1 == t->end)
            look(t, &t->get[m]);
    }
    return true;
}

/* A word is back: its run goes into the window of the lane. */
static bool take_word(struct db_pim_reader *t, uint32_t m)
{
    struct cursor *c = &t->get[m];

    if (c->job == t->end || c->at == c->nruns || !bl_avail(t->rsp.at[m]))
        return false;
    const struct run *r = &c->run[c->at++];
    uint8_t word[WORD];
    memcpy(word, bl_pop64(t->rsp.at[m]), sizeof word);
    memcpy(t->byte[m] + r->to, word + r->byte, r->n);
    t->under_way[m]--;
    return true;
}

static bool ask_word(struct db_pim_reader *t, uint32_t m)
{
    struct cursor *c = &t->ask[m];

    while (c->job != t->end && c->at == c->nruns)
        advance(t, c);
    if (c->job == t->end || t->under_way[m] >= t->outstanding || !bl_room(t->req.at[m]))
        return false;
    uint64_t *item = bl_push64(t->req.at[m]);
    memset(item, 0, REQ_LANES * sizeof *item);
    item[BL_MEMORY_ADDRESS] = c->run[c->at++].word;
    t->under_way[m]++;
    charge(&t->read, 1);
    return true;
}

/* All words of the window are here: it goes on. */
static void give(struct db_pim_reader *t)
{
    const struct cursor *c = &t->get[0];
    const struct db_run_job *j = job_of(t, c->job);
    uint8_t *x = bl_push8(t->x), *tag = bl_push8(t->x_tag);

    memcpy(x, t->byte, (size_t)t->lanes);
    tag[DB_WIN_FINAL] = c->window + 1 == j->windows;
    tag[DB_WIN_SET] = (uint8_t)j->set;
    tag[DB_WIN_VALID] = (uint8_t)valid_of(j, c->first);
    tag[DB_WIN_M] = (uint8_t)c->m;
    charge(&t->windows, 1);
    for (uint32_t m = 0; m < t->feed_rows; m++) {
        charge(&t->padded, !t->get[m].nruns);
        advance(t, &t->get[m]);
        if (t->get[m].job != t->end)
            memset(t->byte[m], shape_of(t, t->get[m].job)->pad, DB_WINDOW);
    }
}

static bl_verdict tick(void *self)
{
    struct db_pim_reader *t = self;
    const bool idle = t->get[0].job == t->end;
    bool moved = take_job(t), whole = true;
    bl_verdict v = BL_AT(NO_INPUT, 0);

    if (idle && moved)
        for (uint32_t m = 0; m < t->feed_rows; m++)
            memset(t->byte[m], shape_of(t, t->get[m].job)->pad, DB_WINDOW);
    for (uint32_t m = 0; m < t->feed_rows; m++) {
        moved |= take_word(t, m);
        whole &= t->get[m].at == t->get[m].nruns;
    }
    if (!idle && t->get[0].job != t->end && whole) {
        v = BL_AT(OUT_FULL, bl_pair_full(t->x, 1));
        if (bl_pair_room(t->x, t->x_tag)) {
            give(t);
            moved = true;
        }
    } else if (t->get[0].job != t->end) {
        v = BL_AT(NO_INPUT, 1);
    }
    for (uint32_t m = 0; m < t->feed_rows; m++)
        moved |= ask_word(t, m);
    return moved ? BL_BUSY : BL_NAP(v);
}

#define T struct db_pim_reader
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_POPS_OPT(T, rsp, DB_MACROS, RSP_LANES, 64, "words of the buffer"),
    BL_PUSHES_OPT(T, req, DB_MACROS, REQ_LANES, 64, "reads of it: lane 0, or one a position"),
    BL_PUSH(T, x, BL_BY(T, lanes), 8, "windows"), BL_PUSH(T, x_tag, DB_WIN_LANES, 8, "bit 0: the final one of a pass; set; positions; position"),
    BL_DATA(T, jobs, struct db_run_job, "the jobs, by number"), BL_DATA(T, shapes, struct db_shape, "inputs of layers as they lie in the buffer"),
    BL_PARAM(T, feed_rows, 1, 1, DB_MACROS, "positions of a window item: 1 or 4"), BL_PARAM(T, outstanding, 4, 1, 64, "words of a lane under way, at most"),
    BL_COMPUTED(T, lanes, "16 x feed_rows"),
    BL_FEED(job), BL_FEED(rsp),
    BL_WAITS(NO_INPUT, job, rsp), BL_WAITS(OUT_FULL, x, x_tag),
    BL_TALLY(T, read, "a word read"), BL_TALLY(T, windows, "a window item"), BL_TALLY(T, padded, "a window of a position that is all padding"),
    BL_VIEW(T, end, 1, 32, "jobs taken"), { 0 }
};
const struct bl_class db_pim_reader_class = { .name = "db_pim_reader", .help = "windows of a layer out of the input buffer",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

/* feeder.c - windows of a layer out of a buffer, as inputs of an array (im2col). A job is taken in tick t; from t + 1 one word is read
 * a tick, fewer than `outstanding` under way, along the products of each window: a word is read again only when the word changes,
 * padding never, and each window begins anew. A window leaves in the tick of its last answer; without room in x that answer stays on
 * its link. A window of nothing but padding takes a tick of its own. In a tick the answer comes first, then the read. `done` moves
 * with the last window of a job. */
#include "components/memory_item.h"
#include "components/unit_check.h"
#include "components/window.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };

/* Where one is in the windows of a job: at product k, in memory word `word` - 1 (0: in none yet). */
struct cursor { uint32_t window, k; uint64_t word; };

struct feeder {
    struct bl_part p;
    bl_pop job, rsp;
    bl_push req, x;
    bl_out done;
    bl_tally window, read, late;
    bl_table jobs, program;
    int64_t ins, bits, outstanding, mask;
    int64_t req_lanes, rsp_lanes;
    struct bl_unit_job at;              /* the job at hand */
    bool on;
    struct cursor ask, fill;            /* what is read next; what is filled in next */
    uint32_t under_way, finished;
    uint8_t *row;                       /* [ins]: the window at hand */
    uint32_t given, taken;              /* windows on the way out, and taken from there */
    uint64_t taken_at;                  /* tick in which the last one was */
};

/* The words of a job, for a walk along its products. */
struct walk { const struct bl_host_layer *l; const struct bl_host_tile *tile; uint64_t base; uint32_t per_group, bytes; };

static int shape(void *self)
{
    struct feeder *t = self;

    t->rsp_lanes = bl_memory_lanes(t->bits);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes + t->mask;
    return t->bits % 8 ? bl_refuse(t, "bits is %lld; expected whole bytes", (long long)t->bits) : 0;
}

static int init(void *self)
{
    struct feeder *t = self;

    t->row = bl_alloc(t, (size_t)t->ins);
    if (bl_unit_check(t, t->jobs, t->program))
        return -1;
    for (uint32_t i = 0; i < t->jobs.n; i++) {
        const struct bl_unit_job *j = BL_ROWS(struct bl_unit_job, t->jobs) + i;
        const struct bl_host_tile *tile = &bl_unit_layer(t->program, j)->tile[j->tile];
        if (tile->nk > t->ins)
            return bl_refuse(t, "job %u has windows of %u products; ins is %lld, expected at least %u", i, tile->nk, (long long)t->ins, tile->nk);
    }
    return 0;
}

static struct walk walk_of(const struct feeder *t)
{
    const struct bl_host_layer *l = bl_unit_layer(t->program, &t->at);
    const struct bl_host_tile *tile = &l->tile[t->at.tile];
    const uint32_t bytes = (uint32_t)t->bits / 8;

    return (struct walk){ l, tile, (uint64_t)t->at.near * bytes, tile->nk / tile->groups, bytes };
}

/* The run of neighbours that begins at product k of window p: how many products, and where; padding: at is below 0. */
static struct bl_taps run_at(const struct walk *w, uint32_t p, uint32_t k)
{
    const uint32_t g = k / w->per_group, group = w->tile->group + g;
    struct bl_window v;
    struct bl_taps run;

    bl_window_at(&v, w->l, group, p);
    bl_window_next(&v, w->tile->k + k % w->per_group, w->tile->k + w->per_group, &run);
    if (run.at >= 0)
        run.at += (int64_t)(w->base + bl_window_group(w->l, group));
    return run;
}

/* Products of a run that lie in the word of its first one. */
static uint32_t in_word(const struct walk *w, const struct bl_taps *run)
{
    const uint32_t left = w->bytes - (uint32_t)((uint64_t)run->at % w->bytes);

    return run->n < left ? run->n : left;
}

/* Moves on to the next word to be read. Returns false: all of the job is read. */
static bool next_word(const struct feeder *t, const struct walk *w, struct cursor *c)
{
    for (; c->window < t->at.count; *c = (struct cursor){ c->window + 1, 0, 0 })
        while (c->k < w->tile->nk) {
            const struct bl_taps run = run_at(w, t->at.first + c->window, c->k);
            const uint64_t word = run.at < 0 ? 0 : (uint64_t)run.at / w->bytes + 1;
            if (word && word != c->word) {
                c->word = word;
                return true;
            }
            c->k += word ? in_word(w, &run) : run.n;
        }
    return false;
}

/* Fills the window at hand from `data`, a word of the buffer (NULL: there is none yet), until another word is needed; *used: some
 * product was in it. Returns true: the window is full. */
static bool fill(struct feeder *t, const struct walk *w, struct cursor *c, const uint64_t *data, bool *used)
{
    const uint8_t pad = (uint8_t)(w->l->in[0].zero + w->l->in[0].bias);
    uint64_t have = 0;

    for (uint32_t n; c->k < w->tile->nk; c->k += n) {
        const struct bl_taps run = run_at(w, t->at.first + c->window, c->k);
        n = run.n;
        if (run.at < 0) {
            memset(t->row + c->k, pad, n);
            continue;
        }
        const uint64_t word = (uint64_t)run.at / w->bytes + 1;
        if (!data || (have && have != word))
            return false;
        have = word;
        *used = true;
        n = in_word(w, &run);
        for (uint32_t i = 0, b = (uint32_t)((uint64_t)run.at % w->bytes); i < n; i++, b++)
            t->row[c->k + i] = (uint8_t)(data[b / 8] >> b % 8 * 8);
    }
    return true;
}

static void push_window(struct feeder *t, const struct walk *w)
{
    uint8_t *x = bl_push8(t->x);

    t->given++;
    memcpy(x, t->row, w->tile->nk);
    memset(x + w->tile->nk, 0, (size_t)t->ins - w->tile->nk);
    charge(&t->window, 1);
    t->fill = (struct cursor){ t->fill.window + 1, 0, 0 };
    if (t->fill.window < t->at.count)
        return;
    t->on = false;
    *bl_put32(t->done) = ++t->finished;
}

/* Sees, a tick later, when a window was taken. */
static void look_at_taker(struct feeder *t)
{
    const uint32_t taken = t->given - (bl_push_depth(t->x) - bl_room(t->x));

    if (taken != t->taken)
        t->taken_at = bl_cycle(t) - 1;
    t->taken = taken;
}

/* Ticks that the array waits for this window, which leaves now and is not the first of its job: it could have begun a pace after it took the
 * one before. */
static void note_late(struct feeder *t)
{
    const uint64_t could = t->taken_at + t->at.pace, begins = bl_cycle(t) + 1;

    if (t->at.pace && t->fill.window && t->taken == t->given && begins > could)
        charge(&t->late, begins - could);
}

/* An answer is taken, or a window of padding. BUSY, or why not. */
static bl_verdict answer(struct feeder *t, const struct walk *w)
{
    const uint64_t *data = bl_avail(t->rsp) ? bl_peek64(t->rsp) : NULL;
    struct cursor c = t->fill;
    bool used = false;
    const bool full = fill(t, w, &c, data, &used);

    if (!full && !used)
        return BL_AT(NO_INPUT, 1);
    if (full && !bl_room(t->x))
        return BL_AT(OUT_FULL, 1);
    if (used) {
        bl_pop64(t->rsp);
        t->under_way--;
    }
    t->fill = c;
    if (full) {
        note_late(t);
        push_window(t, w);
    }
    return BL_BUSY;
}

/* The next word is asked for: BUSY. Else v, or that there is no room to ask when v is not BUSY. */
static bl_verdict ask(struct feeder *t, const struct walk *w, bl_verdict v)
{
    struct cursor c = t->ask;

    if (t->under_way == t->outstanding || !next_word(t, w, &c))
        return v;
    if (!bl_room(t->req))
        return v == BL_BUSY ? v : BL_AT(OUT_FULL, 0);
    uint64_t *item = bl_push64(t->req);
    memset(item, 0, (size_t)t->req_lanes * sizeof *item);
    item[BL_MEMORY_ADDRESS] = c.word - 1;
    t->ask = c;
    t->under_way++;
    charge(&t->read, 1);
    return BL_BUSY;
}

static bl_verdict begin(struct feeder *t)
{
    if (!bl_avail(t->job))
        return BL_NAP(BL_AT(NO_INPUT, 0));
    const uint32_t number = *bl_pop32(t->job);
    if (number >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", number, (unsigned long long)t->jobs.n);
        return BL_BUSY;
    }
    t->at = BL_ROWS(struct bl_unit_job, t->jobs)[number];
    t->on = true;
    t->ask = t->fill = (struct cursor){ 0, 0, 0 };
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct feeder *t = self;

    if (!t->on)
        return begin(t);
    const struct walk w = walk_of(t);
    look_at_taker(t);
    bl_verdict v = answer(t, &w);
    if (t->on)
        v = ask(t, &w, v);
    return v == BL_BUSY ? v : BL_NAP(v);
}

#define T struct feeder
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_PUSH(T, req, BL_BY(T, req_lanes), 64, "reads of the buffer"),
    BL_WORDS_OF(req, BL_MEMORY_KIND, BL_MEMORY_NAMES),
    BL_POP(T, rsp, BL_BY(T, rsp_lanes), 64, "words read"),
    BL_PUSH(T, x, BL_BY(T, ins), 8, "activations of a window, unsigned; zeros behind the tile's products"),
    BL_OUT(T, done, 1, 32, "jobs done"),
    BL_DATA(T, jobs, struct bl_unit_job, "the jobs, by number"), BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"),
    BL_SIZE(T, ins, 4096, "products of a window that an array takes"), BL_PARAM(T, bits, 64, 8, 4096, "bits of a word of the buffer, whole bytes"),
    BL_PARAM(T, outstanding, 4, 1, 64, "reads under way, at most"),
    BL_PARAM(T, mask, 0, 0, 1, "the memory has byte masks"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(bits / 64) and the mask"), BL_COMPUTED(T, rsp_lanes, "ceil(bits / 64)"),
    BL_FEED(job), BL_FEED(rsp),
    BL_WAITS(NO_INPUT, job, rsp), BL_WAITS(OUT_FULL, req, x),
    BL_TALLY(T, window, "a window given"), BL_TALLY(T, read, "a word read"),
    BL_TROUBLE(T, late, "a tick that the array behind it waits for a window, of a job that says how fast it takes them"),
    BL_VIEW(T, on, 1, 1, "a job is at hand"), BL_VIEW(T, under_way, 1, 16, "reads under way"),
    BL_MEM(T, row, "the window at hand"), { 0 }
};
const struct bl_class feeder_class = { .name = "feeder", .help = "windows of a layer out of a buffer",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

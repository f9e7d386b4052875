/* vector.c - layers that no array does, from tensors in a buffer to one there: pairs (add, mul, ..), pooling, relu, tables; the arithmetic
 * is that of the host (host.h), so results are the same to the bit. A job is taken in tick t. From t + 1 the words of one output word are
 * read after those of another, a word a tick, fewer than four under way: of a pair that of a, then that of b; of a pool those of its
 * window, row by row, and none for padding. An output word is written in the tick of its last answer; without room that answer stays on
 * its link. In a tick the answer comes first, then the read. `done` of the job's line moves in the first tick after the last write in
 * which nothing stands on that link; the next job is taken in the tick after. */
#include "components/host.h"
#include "components/memory_item.h"
#include "components/vector_job.h"
#include "kernel/model.h"

enum { NO_INPUT = BL_STALL, OUT_FULL };
enum { UNDER_WAY = 4, MOST_BYTES = 64 };

/* At output word `word`, its read number `cell`. */
struct cursor { uint32_t word, cell; };

struct vector {
    struct bl_part p;
    bl_pop job, rsp;
    bl_push req, wr;
    bl_outs done;
    bl_tally read, write, value;
    bl_table jobs, program;
    int64_t bits, lines, mask;
    int64_t req_lanes, rsp_lanes;
    struct bl_vector_job at;            /* the job at hand */
    bool on, drains;                    /* a job is at hand; all of it is written */
    struct cursor ask, fill;            /* what is read next; what is filled in next */
    uint32_t under_way;
    uint32_t cells;                     /* of the window at hand that are in the image */
    int32_t best[MOST_BYTES], sum[MOST_BYTES];     /* of its cells so far: the largest, all of them */
    uint8_t first[MOST_BYTES];          /* the word of a */
    uint32_t *finished;                 /* [lines] */
};

static int shape(void *self)
{
    struct vector *t = self;

    t->rsp_lanes = bl_memory_lanes(t->bits);
    t->req_lanes = BL_MEMORY_DATA + t->rsp_lanes + t->mask;
    return t->bits % 8 ? bl_refuse(t, "bits is %lld; expected whole bytes", (long long)t->bits) : 0;
}

static bool is_pool(const struct bl_host_layer *l) { return l->kind == BL_HOST_MAXPOOL || l->kind == BL_HOST_AVGPOOL; }

static bool same_shape(const struct bl_host_tensor *a, const struct bl_host_tensor *b) { return a->c == b->c && a->h == b->h && a->w == b->w; }

static int check_job(struct vector *t, uint32_t i, const struct bl_vector_job *j, const struct bl_host_program *g)
{
    const struct bl_host_layer *l = j->layer < g->nlayers ? &g->layer[j->layer] : NULL;
    const uint32_t bytes = (uint32_t)t->bits / 8;

    if (j->line >= t->lines)
        return bl_refuse(t, "job %u counts at done[%u]; lines is %lld, expected at least %u", i, j->line, (long long)t->lines, j->line + 1u);
    if (!l || (!is_pool(l) && l->kind != BL_HOST_PAIR && l->kind != BL_HOST_RELU && l->kind != BL_HOST_LUT))
        return bl_refuse(t, "job %u is of layer %u; expected a pair, pool, relu or table of the program's %u layers", i, j->layer, g->nlayers);
    if (is_pool(l) && l->in[0].c % bytes)
        return bl_refuse(t, "job %u pools %u channels; expected whole words, a multiple of %u", i, l->in[0].c, bytes);
    if (!is_pool(l) && (!same_shape(&l->in[0], &l->out) || (l->kind == BL_HOST_PAIR && !same_shape(&l->in[1], &l->out))))
        return bl_refuse(t, "job %u is of layer %u, whose tensors differ in shape; expected equal ones", i, j->layer);
    return 0;
}

static int init(void *self)
{
    struct vector *t = self;
    const struct bl_host_program *g = BL_ROWS(struct bl_host_program, t->program);

    t->finished = bl_alloc(t, (size_t)t->lines * sizeof *t->finished);
    if (t->jobs.n && !g)
        return bl_refuse(t, "jobs are supplied and program is not: a job is of a layer of the program");
    for (uint32_t i = 0; i < t->jobs.n; i++)
        if (check_job(t, i, BL_ROWS(struct bl_vector_job, t->jobs) + i, g))
            return -1;
    return 0;
}

/* ---- what is read ---- */

/* The job at hand: its layer, bytes of a word, output bytes and words. */
struct work { const struct bl_host_layer *l; uint32_t each; uint64_t bytes; uint32_t words; };

static struct work work_of(const struct vector *t)
{
    const struct bl_host_layer *l = &BL_ROWS(struct bl_host_program, t->program)->layer[t->at.layer];
    const uint32_t each = (uint32_t)t->bits / 8;
    const uint64_t bytes = bl_host_outputs(l);

    return (struct work){ l, each, bytes, (uint32_t)((bytes + each - 1) / each) };
}

/* The cell of a pooling window, from number c->cell on, that is in the image: its word behind the tensor's first. false: none is left. */
static bool next_cell(const struct work *w, struct cursor *c, uint64_t *word)
{
    const struct bl_host_layer *l = w->l;
    const struct bl_host_tensor *in = &l->in[0];
    const uint32_t per_pixel = in->c / w->each, pixel = c->word / per_pixel;

    for (; c->cell < l->kh * l->kw; c->cell++) {
        const int64_t y = (int64_t)(pixel / l->out.w) * l->stride_h - l->pad_t + (int64_t)(c->cell / l->kw) * l->dil_h,
                      x = (int64_t)(pixel % l->out.w) * l->stride_w - l->pad_l + (int64_t)(c->cell % l->kw) * l->dil_w;
        if (y < 0 || x < 0 || y >= in->h || x >= in->w)
            continue;
        *word = ((uint64_t)y * in->w + (uint64_t)x) * per_pixel + c->word % per_pixel;
        return true;
    }
    return false;
}

/* Moves on to the next read of this output word and says its address; false: there is none. */
static bool next_read(const struct vector *t, const struct work *w, struct cursor *c, uint64_t *address)
{
    uint64_t word = c->word;

    if (is_pool(w->l) ? !next_cell(w, c, &word) : c->cell >= (w->l->kind == BL_HOST_PAIR ? 2u : 1u))
        return false;
    *address = word + (c->cell && !is_pool(w->l) ? t->at.b : t->at.a);
    return true;
}

/* ---- what is written ---- */

static int32_t byte_of(const uint64_t *data, uint32_t i) { return (uint8_t)(data[i / 8] >> i % 8 * 8); }

/* An answer of the output word at hand. */
static void take(struct vector *t, const struct work *w, const uint64_t *data)
{
    const int32_t bias = w->l->in[0].bias, zero = w->l->in[0].zero;

    for (uint32_t i = 0; i < w->each; i++) {
        const int32_t v = byte_of(data, i);
        if (!is_pool(w->l)) {
            if (!t->fill.cell)
                t->first[i] = (uint8_t)v;
            t->sum[i] = v;             /* of b, when there are two */
            continue;
        }
        t->best[i] = !t->cells || v - bias > t->best[i] ? v - bias : t->best[i];
        t->sum[i] = (t->cells ? t->sum[i] : 0) + v - bias - zero;
    }
    t->cells++;
}

/* Byte i of the output word at hand. */
static uint8_t result(const struct vector *t, const struct bl_host_layer *l, uint32_t i)
{
    if (l->kind == BL_HOST_PAIR)
        return (uint8_t)(bl_pair_code(&l->pair, t->first[i] - l->in[0].bias, t->sum[i] - l->in[1].bias) + l->out.bias);
    if (l->kind == BL_HOST_MAXPOOL)
        return (uint8_t)(bl_host_pooled_code(l, t->cells ? t->best[i] - l->in[0].zero : 0, t->cells) + l->out.bias);
    if (l->kind == BL_HOST_AVGPOOL)
        return (uint8_t)(bl_host_pooled_code(l, t->cells ? t->sum[i] : 0, t->cells) + l->out.bias);
    return (uint8_t)(bl_host_element_code(l, t->first[i] - l->in[0].bias) + l->out.bias);
}

static void write_word(struct vector *t, const struct work *w)
{
    uint64_t *item = bl_push64(t->wr), *data = item + BL_MEMORY_DATA;
    const uint64_t from = (uint64_t)t->fill.word * w->each, n = w->bytes - from < w->each ? w->bytes - from : w->each;

    memset(item, 0, (size_t)t->req_lanes * sizeof *item);
    item[BL_MEMORY_KIND] = BL_MEMORY_WRITE;
    item[BL_MEMORY_ADDRESS] = t->at.out + t->fill.word;
    for (uint32_t i = 0; i < n; i++)
        data[i / 8] |= (uint64_t)result(t, w->l, i) << i % 8 * 8;
    if (t->mask)
        data[t->rsp_lanes] = bl_memory_whole(t->bits);
    charge(&t->write, 1);
    charge(&t->value, n);
    t->fill = (struct cursor){ t->fill.word + 1, 0 };
    t->cells = 0;
    t->drains = t->fill.word == w->words;
}

/* ---- a tick ---- */

/* An answer is taken, or a word is written that needs none: BUSY, or why not. */
static bl_verdict answer(struct vector *t, const struct work *w)
{
    struct cursor c = t->fill;
    uint64_t address;
    const bool wants = next_read(t, w, &c, &address);
    struct cursor behind = { c.word, c.cell + 1 };
    const bool last = !wants || !next_read(t, w, &behind, &address);

    if (wants && !bl_avail(t->rsp))
        return BL_AT(NO_INPUT, 1);
    if (last && !bl_room(t->wr))
        return BL_AT(OUT_FULL, 1);
    if (wants) {
        t->fill = c;
        take(t, w, bl_pop64(t->rsp));
        t->under_way--;
        t->fill.cell++;
    }
    if (last)
        write_word(t, w);
    return BL_BUSY;
}

/* The next word is asked for: BUSY. Else v, or that there is no room to ask when v is not BUSY. */
static bl_verdict ask(struct vector *t, const struct work *w, bl_verdict v)
{
    struct cursor c = t->ask;
    uint64_t address;

    if (t->under_way == UNDER_WAY)
        return v;
    while (c.word < w->words && !next_read(t, w, &c, &address))
        c = (struct cursor){ c.word + 1, 0 };
    t->ask = c;
    if (c.word == w->words)
        return v;
    if (!bl_room(t->req))
        return v == BL_BUSY ? v : BL_AT(OUT_FULL, 0);
    uint64_t *item = bl_push64(t->req);
    memset(item, 0, (size_t)t->req_lanes * sizeof *item);
    item[BL_MEMORY_ADDRESS] = address;
    t->ask.cell++;
    t->under_way++;
    charge(&t->read, 1);
    return BL_BUSY;
}

static bl_verdict begin(struct vector *t)
{
    if (!bl_avail(t->job))
        return BL_NAP(BL_AT(NO_INPUT, 0));
    const uint32_t number = *bl_pop32(t->job);
    if (number >= t->jobs.n) {
        bl_fail(t, "job %u is asked for; %llu are supplied", number, (unsigned long long)t->jobs.n);
        return BL_BUSY;
    }
    t->at = BL_ROWS(struct bl_vector_job, t->jobs)[number];
    t->on = true;
    t->ask = t->fill = (struct cursor){ 0, 0 };
    t->cells = 0;
    return BL_BUSY;
}

/* Until the last write has left its link. */
static bl_verdict drain(struct vector *t)
{
    if (bl_room(t->wr) < bl_push_depth(t->wr))
        return BL_NAP(BL_AT(OUT_FULL, 1));
    t->on = t->drains = false;
    *bl_put32(t->done.at[t->at.line]) = ++t->finished[t->at.line];
    return BL_BUSY;
}

static bl_verdict tick(void *self)
{
    struct vector *t = self;

    if (!t->on)
        return begin(t);
    if (t->drains)
        return drain(t);
    const struct work w = work_of(t);
    bl_verdict v = answer(t, &w);
    if (!t->drains)
        v = ask(t, &w, v);
    return v == BL_BUSY ? v : BL_NAP(v);
}

#define T struct vector
static const struct bl_field fields[] = {
    BL_POP(T, job, 1, 32, "number of a job"), BL_PUSH(T, req, BL_BY(T, req_lanes), 64, "reads of the buffer"),
    BL_POP(T, rsp, BL_BY(T, rsp_lanes), 64, "words read"), BL_PUSH(T, wr, BL_BY(T, req_lanes), 64, "writes of the buffer"),
    BL_OUTS(T, done, BL_BY(T, lines), 1, 32, "jobs done, of each line"),
    BL_DATA(T, jobs, struct bl_vector_job, "the jobs, by number"), BL_DATA(T, program, struct bl_host_program, "the net as the host runs it"),
    BL_PARAM(T, bits, 64, 8, 8 * MOST_BYTES, "bits of a word of the buffer, whole bytes"), BL_PARAM(T, mask, 0, 0, 1, "the memory has byte masks"),
    BL_PARAM(T, lines, 1, 1, 64, "elements of done"),
    BL_COMPUTED(T, req_lanes, "2 + ceil(bits / 64) and the mask"), BL_COMPUTED(T, rsp_lanes, "ceil(bits / 64)"),
    BL_FEED(job), BL_FEED(rsp),
    BL_WAITS(NO_INPUT, job, rsp), BL_WAITS(OUT_FULL, req, wr),
    BL_TALLY(T, read, "a word read"), BL_TALLY(T, write, "a word written"), BL_TALLY(T, value, "an output"),
    BL_VIEW(T, on, 1, 1, "a job is at hand"), BL_VIEW(T, under_way, 1, 8, "reads under way"),
    BL_MEM(T, finished, "jobs done, by line"), { 0 }
};
const struct bl_class vector_class = { .name = "vector", .help = "layers off the array, from a buffer to a buffer",
    .size = sizeof(T), .shape = shape, .init = init, .tick = tick, .fields = fields };

/* lower.c - a layer on DB-PIM, weights stationary, in the order N - K - M (Duan et al., section V-A; db_pim.yaml): for every N tile and every K tile
 * of it the records of the cores are loaded, then all output positions pass, four at a time. Layers whose input or sums do not fit their
 * buffers go in bands of output rows. Depthwise convolutions are the SIMD core's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components/db_pim/db_pim.h"
#include "platforms/db_pim/lower.h"
#include "platforms/job/tile.h"

enum { WORD_BYTES = 16 };

/* What is known of the layer at hand; counters count from its begin. */
struct work {
    struct bl_job *job;
    struct db_lowered *d;
    struct db_layer *to;
    const struct bl_layer *l;
    uint32_t layer, rows, out_w;       /* output rows (flat: positions of a group), positions a row */
    bool flat;                         /* a pixel is a row of k neighbours */
    struct db_shape shape;             /* of the whole input */
    uint32_t loaded, stored, outs;     /* records, results, out jobs so far */
    uint32_t set, before[DB_SETS];     /* set of the next tile; results that are there once the last tile of a set is done */
    uint32_t near, bases;              /* sums of the N tile; how many N tiles the buffer holds */
    bool open; struct db_out_job out;  /* an N tile whose sums are still to go */
    uint32_t out_stored;
};

/* ---- lists ---- */

static void *grow(struct bl_job *job, struct db_list *l, uint32_t n)
{
    if (l->n + n > l->room) {
        const uint32_t room = l->room > n ? 2 * l->room : 2 * n + 16;
        void *more = bl_job_alloc(job, (size_t)room * l->each);
        if (l->n)
            memcpy(more, l->at, (size_t)l->n * l->each);
        l->at = more;
        l->room = room;
    }
    l->n += n;
    return (char *)l->at + (size_t)(l->n - n) * l->each;
}

static void emit(struct work *w, enum db_op op, uint32_t count, uint32_t number)
{
    *(uint64_t *)grow(w->job, &w->d->code, 1) = db_inst(op, count, number);
}

static void wait_for(struct work *w, enum db_count count, uint32_t least)
{
    if (least)
        emit(w, DB_WAIT, count, least);
}

struct db_lowered *bl_db_lowered(struct bl_job *job, struct db_chip chip, uint32_t nlayers)
{
    struct db_lowered *d = bl_job_alloc(job, sizeof *d);

    *d = (struct db_lowered){ .chip = chip, .code = { .each = sizeof(uint64_t) }, .fills = { .each = sizeof(struct db_fill_job) },
        .loads = { .each = sizeof(struct db_load_job) }, .runs = { .each = sizeof(struct db_run_job) }, .accs = { .each = sizeof(struct db_acc_job) },
        .outs = { .each = sizeof(struct db_out_job) }, .shapes = { .each = sizeof(struct db_shape) }, .records = { .each = sizeof(uint64_t) },
        .channels = { .each = sizeof(uint32_t) }, .weights = { .each = 1 }, .layer = bl_job_alloc(job, nlayers * sizeof *d->layer) };
    return d;
}

/* ---- a record ---- */

/* Cells of row r as planes. */
static void put_row(const struct bl_db_record *rec, uint32_t r, uint64_t *words)
{
    for (uint32_t t = 0; t < DB_COMPARTMENTS; t++) {
        const uint64_t cells = rec->cells[r * DB_COMPARTMENTS + t];
        for (uint32_t d = 0; d < rec->columns; d++)
            for (uint32_t plane = 0; plane < BL_DB_CELL_BITS; plane++)
                db_plane_put(words + (size_t)plane * DB_PLANE_WORDS, d, (uint32_t)(cells >> (BL_DB_CELL_BITS * d + plane) & 1) << t);
    }
}

static uint64_t header_of(const struct bl_db_plan *p, const struct bl_db_macro *m)
{
    uint64_t header = (uint64_t)(p->coding != BL_DB_DYADIC) << 32;
    uint32_t d = 0;

    for (uint32_t f = m->filter; f < m->filter + m->filters; d += p->columns[f++])
        if (p->columns[f])
            header |= UINT64_C(1) << d;
    return header | (uint64_t)((UINT32_C(1) << d) - 1) << 16;
}

/* The words that a core is loaded with: header, rows in use, mask; `bits` of them are stored. */
static void load_core(struct work *w, uint32_t core, uint64_t header, const struct bl_db_record *rec, uint32_t bits)
{
    const uint32_t parts = rec->windows * BL_DB_COMPARTMENTS > DB_ROW_WORDS * 64 ? 2 : 1, n = 1 + rec->rows + parts, base = w->set * DB_SET;
    const struct db_load_job job = { w->d->records.n, core, n, bits };
    uint64_t *words = grow(w->job, &w->d->records, n * DB_ITEM_LANES), *mask = words + (size_t)(1 + rec->rows) * DB_ITEM_LANES;

    memset(words, 0, (size_t)n * DB_ITEM_LANES * sizeof *words);
    words[0] = base + DB_HEADER;
    words[1] = header;
    for (uint32_t r = 0; r < rec->rows; r++) {
        words[(size_t)(1 + r) * DB_ITEM_LANES] = base + r;
        put_row(rec, r, words + (size_t)(1 + r) * DB_ITEM_LANES + 1);
    }
    for (uint32_t i = 0; i < parts; i++)
        mask[i * DB_ITEM_LANES] = base + DB_MASK + i;
    for (uint32_t v = 0; v < rec->windows; v++)
        mask[v / 64 * DB_ITEM_LANES + 1 + v % 64 / 4] |= (uint64_t)rec->mask[v] << 16 * (v % 4);
    emit(w, DB_LOAD, 0, w->d->loads.n);
    *(struct db_load_job *)grow(w->job, &w->d->loads, 1) = job;
    w->loaded++;
}

/* ---- tiles ---- */

static uint32_t live_filters(const struct bl_db_plan *p, const struct bl_db_macro *m)
{
    uint32_t n = 0;

    for (uint32_t f = m->filter; f < m->filter + m->filters; f++)
        n += p->columns[f] != 0;
    return n;
}

/* Sums of a position of the N tile that begins at macro m. */
static uint32_t stride_of(const struct bl_db_plan *p, uint32_t m)
{
    uint32_t n = 0;

    for (uint32_t c = 0; c < p->cores && m + c < p->nmacros; c++)
        n += live_filters(p, &p->macros[m + c]);
    return n;
}

static uint32_t most_stride(const struct bl_db_plan *p)
{
    uint32_t most = 0;

    for (uint32_t m = 0; m < p->nmacros; m += p->cores)
        most = stride_of(p, m) > most ? stride_of(p, m) : most;
    return most;
}

/* The sums of the N tile that is complete go through the SIMD core, once they are all there. */
static void flush(struct work *w)
{
    if (!w->open)
        return;
    wait_for(w, DB_STORED, w->out_stored);
    emit(w, DB_OUT, 0, w->d->outs.n);
    *(struct db_out_job *)grow(w->job, &w->d->outs, 1) = w->out;
    w->outs++;
    w->open = false;
}

static uint64_t groups_of(uint32_t count) { return (count + DB_MACROS - 1) / DB_MACROS; }

/* The records of a K tile; cores without a filter are told to keep nothing. Says the windows in *run, and cores and their places in *acc. */
static void load_tile(struct work *w, const struct bl_db_plan *p, uint32_t tile, struct db_run_job *run, struct db_acc_job *acc)
{
    const struct bl_db_tile *t = &p->tiles[tile];
    struct bl_db_record rec;
    uint32_t at = 0;

    for (uint32_t c = 0; c < t->macros; c++) {
        const struct bl_db_macro *m = &p->macros[t->macro + c];
        bl_db_record(p, tile, c, &rec);
        const struct bl_db_bits bits = bl_db_record_bits(p, &rec);
        acc->offset[c] = at;
        acc->cores |= (uint32_t)(rec.kept != 0) << c;
        at += live_filters(p, m);
        run->from = rec.window * DB_WINDOW;
        run->windows = rec.windows;
        load_core(w, c, header_of(p, m), &rec, (uint32_t)(bits.cells + bits.meta + bits.mask));
        w->to->used += (uint64_t)rec.kept * rec.columns * groups_of(run->count);
    }
    memset(&rec, 0, sizeof rec);
    rec.windows = run->windows;
    for (uint32_t c = t->macros; c < w->d->chip.cores; c++)
        load_core(w, c, 0, &rec, 0);
}

/* What the layer's figures count of a tile. */
static void count_tile(struct work *w, const struct bl_db_tile *t, uint32_t count)
{
    w->to->tiles++;
    w->to->row_steps += t->rows * groups_of(count);
    w->to->positions += count;
    w->to->places += groups_of(count) * DB_MACROS;
    w->to->slots += (uint64_t)t->rows * w->d->chip.cores * DB_COMPARTMENTS * DB_COLUMNS * groups_of(count);
}

/* Positions first .. first + count - 1 pass one K tile; *begun: cores that have sums of this N tile already. */
static void run_tile(struct work *w, const struct bl_db_plan *p, uint32_t tile, struct db_run_job run, uint32_t *begun)
{
    const struct bl_db_tile *t = &p->tiles[tile];
    struct db_acc_job acc = { .near = w->near, .stride = stride_of(p, t->macro), .count = run.count };

    run.set = w->set;
    wait_for(w, DB_STORED, w->before[w->set]);
    load_tile(w, p, tile, &run, &acc);
    acc.first = acc.cores & ~*begun;
    *begun |= acc.cores;
    wait_for(w, DB_LOADED, w->loaded);
    emit(w, DB_ACC, 0, w->d->accs.n);
    *(struct db_acc_job *)grow(w->job, &w->d->accs, 1) = acc;
    emit(w, DB_RUN, 0, w->d->runs.n);
    *(struct db_run_job *)grow(w->job, &w->d->runs, 1) = run;
    w->stored += (uint32_t)__builtin_popcount(acc.cores) * run.count;
    w->before[w->set] = w->stored;
    w->set = w->d->chip.double_load ? !w->set : 0;
    count_tile(w, t, run.count);
}

/* The N tile is complete when its last K tile is stored: its sums are to go. channel0: the layer's channel of filter 0. */
static void close_n(struct work *w, const struct bl_db_plan *p, uint32_t macro, uint32_t channel0, uint32_t first, uint32_t count)
{
    w->out = (struct db_out_job){ w->layer, w->near, stride_of(p, macro), first, count, w->d->channels.n };
    for (uint32_t c = 0; c < p->cores && macro + c < p->nmacros; c++)
        for (uint32_t f = p->macros[macro + c].filter, n = p->macros[macro + c].filters; n > 0; n--, f++)
            if (p->columns[f])
                *(uint32_t *)grow(w->job, &w->d->channels, 1) = channel0 + f;
    w->open = true;
    w->out_stored = w->stored;
}

/* All tiles of a plan, for one band of positions. */
static void run_band(struct work *w, const struct bl_db_plan *p, uint32_t channel0, uint32_t shape, uint32_t first, uint32_t count)
{
    const uint32_t room = w->d->chip.sums;
    uint32_t begun = 0, number = 0;

    w->bases = 2 * most_stride(p) * count <= room ? 2 : 1;
    for (uint32_t i = 0; i < p->ntiles; i++) {
        const uint32_t macro = p->tiles[i].macro;
        if (i == 0 || p->tiles[i - 1].macro != macro) {
            if (!w->d->chip.double_load || w->bases == 1)
                flush(w);
            wait_for(w, DB_SUMMED, w->outs + w->open >= w->bases ? w->outs + w->open + 1 - w->bases : 0);
            w->near = number++ % w->bases * most_stride(p) * count;
            begun = 0;
        }
        run_tile(w, p, i, (struct db_run_job){ .shape = shape, .first = first, .count = count }, &begun);
        if (w->open && w->out_stored < w->stored)
            flush(w);
        if (i + 1 == p->ntiles || p->tiles[i + 1].macro != macro)
            close_n(w, p, macro, channel0, first, count);
    }
    flush(w);
}

/* ---- bands ---- */

/* Rows of the input that output rows y .. y + n - 1 read. */
static void rows_of(const struct db_shape *s, uint32_t y, uint32_t n, uint32_t *row0, uint32_t *rows)
{
    int64_t from = (int64_t)y * s->stride_h - s->pad_t, to = (int64_t)(y + n - 1) * s->stride_h - s->pad_t + (int64_t)(s->kh - 1) * s->dil_h + 1;

    from = from < 0 ? 0 : from < s->h ? from : s->h - 1;
    to = to > s->h ? s->h : to > from ? to : from + 1;
    *row0 = (uint32_t)from;
    *rows = (uint32_t)(to - from);
}

static bool band_fits(const struct work *w, const struct bl_db_plan *p, uint32_t y, uint32_t n)
{
    uint32_t row0, rows;

    rows_of(&w->shape, y, n, &row0, &rows);
    return (uint64_t)rows * w->shape.w * w->shape.pitch <= (uint64_t)w->d->chip.buffer_words * WORD_BYTES && (uint64_t)n * w->out_w * most_stride(p) <= w->d->chip.sums;
}

static uint32_t add_shape(struct work *w, const struct db_shape *s)
{
    *(struct db_shape *)grow(w->job, &w->d->shapes, 1) = *s;
    return w->d->shapes.n - 1;
}

static void fill_band(struct work *w, uint32_t row0, uint32_t rows)
{
    const struct db_fill_job job = { w->layer, row0 * w->shape.w, rows * w->shape.w, w->shape.pitch, w->flat };

    wait_for(w, DB_STORED, w->stored);
    emit(w, DB_FILL, 0, w->d->fills.n);
    *(struct db_fill_job *)grow(w->job, &w->d->fills, 1) = job;
}

/* One group: output rows y0 .. of the shape, as many as there are. */
static int run_group(struct work *w, const struct bl_db_plan *p, uint32_t group, uint32_t *filled)
{
    const uint32_t y0 = w->flat ? group * w->rows : 0;
    uint32_t row0, rows;

    for (uint32_t y = y0, n; y < y0 + w->rows; y += n) {
        for (n = y0 + w->rows - y; n > 1 && !band_fits(w, p, y, n); n--)
            ;
        if (!band_fits(w, p, y, n))
            return bl_error(bl_job_diag(w->job), "mapper db_pim: layer '%s': a row of its output needs more than the %u words of the input buffer or the %u "
                            "sums of the output buffer; set chip.buffer.words or chip.psums.bytes", w->l->name, w->d->chip.buffer_words, w->d->chip.sums);
        rows_of(&w->shape, y, n, &row0, &rows);
        struct db_shape s = w->shape;
        s.row0 = row0;
        s.rows = rows;
        if (w->flat || rows < w->shape.h || *filled != 1)
            fill_band(w, row0, rows);
        *filled = !w->flat && rows == w->shape.h;
        run_band(w, p, group * (w->l->cout / w->l->groups), add_shape(w, &s), y * w->out_w, n * w->out_w);
        w->to->bands++;
    }
    return 0;
}

/* ---- a layer ---- */

/* Weights of a group in the order (ky, kx, channel). */
static int8_t *permuted(struct bl_job *job, const struct bl_layer *l, uint32_t group, uint32_t taps)
{
    const uint32_t n = l->cout / l->groups, chans = l->k / taps;
    int8_t *w = bl_job_alloc(job, (size_t)n * l->k);

    for (uint32_t f = 0; f < n; f++)
        for (uint32_t c = 0; c < chans; c++)
            for (uint32_t tap = 0; tap < taps; tap++)
                w[(size_t)f * l->k + (size_t)tap * chans + c] = l->weight[((size_t)group * n + f) * l->k + (size_t)c * taps + tap];
    return w;
}

static void swallow(void *ctx, const char *line) { (void)ctx, (void)line; }

/* Dyadic where the weights allow it, else binary. */
static int plan(struct work *w, struct bl_db_plan *p, const int8_t *weights)
{
    const struct bl_db_weights of = { weights, w->l->cout / w->l->groups, w->l->k, w->l->name };
    const struct db_chip *chip = &w->d->chip;
    struct bl_diag quiet = { .put = swallow };

    if (chip->coding == BL_DB_DYADIC && !bl_db_plan(p, of, BL_DB_DYADIC, chip->cores, &quiet))
        return 0;
    w->to->binary = true;
    return bl_db_plan(p, of, chip->coding == BL_DB_DYADIC ? BL_DB_BINARY : chip->coding, chip->cores, bl_job_diag(w->job));
}

static void make_shape(struct work *w, const struct bl_host_layer *h)
{
    const struct bl_host_tensor *in = &h->in[0];
    const bool whole = h->flat && h->pixels == 1;                  /* one window over the whole input */
    const uint32_t chans = w->flat ? w->l->k : in->c / w->l->groups, bytes = w->flat ? w->l->k : in->c;

    w->shape = (struct db_shape){ .h = w->flat ? h->pixels : in->h, .w = w->flat ? 1 : in->w, .chans = chans, .kh = w->flat ? 1 : whole ? in->h : h->kh,
        .kw = w->flat ? 1 : whole ? in->w : h->kw, .stride_h = h->stride_h, .stride_w = h->stride_w, .dil_h = h->dil_h, .dil_w = h->dil_w,
        .out_w = w->out_w, .pad_t = (int32_t)h->pad_t, .pad_l = (int32_t)h->pad_l, .pad = (uint8_t)(in->zero + in->bias) };
    w->shape.pitch = bytes;
    if (w->d->chip.feed_rows > 1 && bytes % WORD_BYTES == 0)
        w->shape.pitch = (bytes / WORD_BYTES | 1) * WORD_BYTES;        /* odd: neighbouring pixels lie in different banks */
    w->shape.rows = w->shape.h;
    if (h->flat)
        w->shape.stride_h = w->shape.stride_w = w->shape.dil_h = w->shape.dil_w = 1;
}

static struct work begin(struct bl_job *job, struct db_lowered *d, uint32_t layer)
{
    d->layer[layer].code.first = d->code.n;
    return (struct work){ .job = job, .d = d, .to = &d->layer[layer], .l = &bl_job_options(job)->net->layers[layer], .layer = layer };
}

static void end(struct work *w)
{
    emit(w, DB_END, 0, 0);
    w->to->code.n = w->d->code.n - w->to->code.first;
}

void bl_db_lower_simd(struct bl_job *job, struct db_lowered *d, uint32_t layer)
{
    struct work w = begin(job, d, layer);

    w.to->simd = true;
    emit(&w, DB_SIMD, 0, layer);
    wait_for(&w, DB_WORKED, 1);
    end(&w);
}

static int lower_groups(struct work *w, uint32_t taps)
{
    uint32_t filled = 0;

    for (uint32_t g = 0; g < w->l->groups; g++) {
        struct bl_db_plan p;
        if (plan(w, &p, permuted(w->job, w->l, g, taps)))
            return -1;
        w->shape.chan = w->flat ? 0 : g * w->shape.chans;
        const int bad = run_group(w, &p, g, &filled);
        bl_db_plan_fini(&p);
        if (bad)
            return -1;
    }
    return 0;
}

int bl_db_lower(struct bl_job *job, struct db_lowered *d, uint32_t layer, struct bl_host_layer *h)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];

    if (bl_tile_cut(job, layer, l->k, l->cout / l->groups, h))
        return -1;
    if (l->groups > 1 && l->groups == h->in[0].c && !h->flat) {
        d->layer[layer].code.weights = d->weights.n;
        memcpy(grow(job, &d->weights, l->cout * l->k), l->weight, (size_t)l->cout * l->k);
        bl_db_lower_simd(job, d, layer);
        return 0;
    }
    struct work w = begin(job, d, layer);
    w.flat = h->flat && h->pixels > 1;
    w.rows = w.flat ? h->rows_of_group : h->pixels / h->width;
    w.out_w = h->width;
    make_shape(&w, h);
    if (lower_groups(&w, h->flat ? (w.flat ? 1 : h->in[0].h * h->in[0].w) : h->kh * h->kw))
        return -1;
    wait_for(&w, DB_SUMMED, w.outs);
    end(&w);
    h->ntiles = w.to->tiles ? w.to->tiles : h->ntiles;
    return 0;
}

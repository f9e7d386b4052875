/* ap_steps.c - steps of the clusters of a BF-IMNA chip: gathers the operands, runs the processors (by threads, or operation by
 * operation), delivers the results, and adds the partial results of windows that were cut. */
#include <pthread.h>

#include "components/bf_imna/ap_chip.h"
#include "components/window.h"

/* The cells of a lane, `rows` of them in a column: handles into the state are made anew before each use. */
static struct bl_ap_lane *placed_in(struct ap_chip *t, uint32_t i, uint32_t rows)
{
    bl_ap_lane_place(lane_of(t, i), t->cells + i * lane_bytes(t), (uint32_t)t->cols, rows);
    return lane_of(t, i);
}

static struct bl_ap_lane *placed(struct ap_chip *t, uint32_t i) { return placed_in(t, i, (uint32_t)t->rows); }

/* ---- operands ---- */

/* Bits of n bytes to the planes, from bit `at` on; eight bytes at a time (Hacker's Delight, 7-3). */
static void to_planes(struct ap_chip *t, uint64_t at, const uint8_t *v, uint32_t n)
{
    for (uint32_t k = 0; k < n; k += 8) {
        uint32_t left = n - k < 8 ? n - k : 8;
        uint64_t x = 0, m;
        memcpy(&x, v + k, left);
        m = (x ^ x >> 7) & UINT64_C(0x00aa00aa00aa00aa);
        x ^= m ^ m << 7;
        m = (x ^ x >> 14) & UINT64_C(0x0000cccc0000cccc);
        x ^= m ^ m << 14;
        m = (x ^ x >> 28) & UINT64_C(0x00000000f0f0f0f0);
        x ^= m ^ m << 28;
        for (uint32_t b = 0; b < 8; b++) {
            uint64_t byte = x >> 8 * b & 255, *to = t->planes + b * t->plane_words + (at + k) / 64;
            to[0] |= byte << ((at + k) & 63);
            if (((at + k) & 63) > 56)
                to[1] |= byte >> (64 - ((at + k) & 63));
        }
    }
}

static void input_columns(struct ap_chip *t, const uint32_t *w, const struct bl_ap_slice *s, struct bl_ap_source *from)
{
    const struct bl_host_layer *l = layer_of(t);
    uint64_t ij = (uint64_t)w[WORK_I] * w[WORK_J], last = (s->first + s->count - 1) / ij;
    struct bl_window window;

    from->column0 = s->first / ij;
    from->planes = t->planes;
    from->plane_words = t->plane_words;
    memset(t->planes, 0, t->plane_words * 8 * sizeof *t->planes);
    for (uint64_t c = from->column0, at = 0; c <= last; c++)
        for (uint32_t g = 0; g < w[WORK_GROUPS]; g++, at += w[WORK_J]) {
            bl_window_at(&window, l, g, (uint32_t)c);
            bl_window_read(&window, bl_window_input(&window, t->memory), 0, l->k, t->act);
            to_planes(t, at, t->act, w[WORK_J]);
        }
}

static uint32_t sum_value(const void *ctx, uint64_t pair) { return (uint32_t)((const struct ap_chip *)ctx)->sums[pair]; }

/* The element of a pooling window; outside the image what changes nothing. */
static uint32_t pool_value(const void *ctx, uint64_t pair)
{
    const struct ap_chip *t = ctx;
    const struct bl_host_layer *l = layer_of(t);
    const struct bl_host_tensor *in = &l->in[0];
    uint64_t size = (uint64_t)l->kh * l->kw, e = pair % size, o = pair / size, cell = o % ((uint64_t)l->out.h * l->out.w);
    int64_t y = (int64_t)(cell / l->out.w) * l->stride_h - l->pad_t + (int64_t)(e / l->kw) * l->dil_h;
    int64_t x = (int64_t)(cell % l->out.w) * l->stride_w - l->pad_l + (int64_t)(e % l->kw) * l->dil_w;

    if (y < 0 || x < 0 || y >= in->h || x >= in->w)
        return l->kind == BL_HOST_MAXPOOL ? 0 : (uint32_t)(in->zero + in->bias);
    return t->memory[in->at + ((o / ((uint64_t)l->out.h * l->out.w)) * in->h + (uint64_t)y) * in->w + (uint64_t)x];
}

/* The input of a product: element pair % k of window pair / k, group after group. */
static uint32_t window_value(const void *ctx, uint64_t pair)
{
    const struct ap_chip *t = ctx;
    const struct bl_host_layer *l = layer_of(t);
    uint64_t w = pair / l->k;
    struct bl_window window;
    uint8_t x;

    bl_window_at(&window, l, (uint32_t)(l->flat ? w / l->rows_of_group : w / l->pixels), (uint32_t)(l->flat ? w % l->rows_of_group : w % l->pixels));
    bl_window_read(&window, bl_window_input(&window, t->memory), (uint32_t)(pair % l->k), 1, &x);
    return x;
}

/* ---- results ---- */

/* Where the result of window number `w` goes. */
static size_t place_of(const struct ap_chip *t, const uint32_t *work, uint64_t w)
{
    const struct bl_host_layer *l = layer_of(t);

    if (work[WORK_KIND] != WORK_GEMM)
        return w;
    uint64_t o = w % work[WORK_I], column = w / work[WORK_I];
    return o * l->pixels + column + (l->flat ? o / (work[WORK_I] / work[WORK_GROUPS]) * l->rows_of_group : 0);
}

/* Partial results of cut windows: added to, or compared with, what the memory holds, by the same passes, one a window and round. */
static void add_pieces(struct ap_chip *t, const uint32_t *work)
{
    struct bl_ap_lane *l = placed(t, t->nlanes);
    int32_t *into = results_of(t);
    struct bl_ap_cmd c = { .op = work[WORK_KIND] == WORK_MAX ? AP_MAX : AP_ADD, .m = 32, .a = 0, .b = 32, .c = 64, .f = 64 };
    static const uint8_t order[] = { 0, 1, 2, 3 };
    struct bl_ap_count n = { 0 };

    charge(&t->partial, t->pieces);
    for (uint32_t i = 0, rows; i < t->pieces; i += rows) {
        memset(l->x.cell, 0, 66 * (size_t)l->x.words * sizeof *l->x.cell);
        for (rows = 0; i + rows < t->pieces && rows < l->x.rows; rows++) {
            uint32_t a = (uint32_t)t->piece[i + rows], b = (uint32_t)into[t->piece_at[i + rows]];
            if (rows && t->piece_at[i + rows] == t->piece_at[i + rows - 1])
                break;                       /* another piece of this window: the next round */
            for (uint32_t k = 0; k < 32; k++) {
                l->x.cell[(size_t)k * l->x.words + rows / 64] |= (uint64_t)(a >> k & 1) << (rows & 63);
                l->x.cell[(size_t)(32 + k) * l->x.words + rows / 64] |= (uint64_t)(b >> k & 1) << (rows & 63);
            }
        }
        c.rows = rows;
        bl_ap_run(&l->x, &c, order, l->rowtag, l->coltag, l->scratch, &n);
        for (uint32_t r = 0; r < rows; r++) {
            uint32_t v = 0;
            for (uint32_t k = 0; k < 32; k++)
                v |= (uint32_t)(l->x.cell[(size_t)(32 + k) * l->x.words + r / 64] >> (r & 63) & 1) << k;
            into[t->piece_at[i + r]] = (int32_t)v;
        }
    }
    bl_ap_lane_leave(l);
    t->pieces = 0;
}

/* The results of one processor: whole windows are stored, pieces kept for the memory to add. */
static void deliver_results(struct ap_chip *t, const uint32_t *work, uint64_t pair, uint32_t rows, const int32_t *result)
{
    uint64_t j = work[WORK_J];

    for (uint64_t p = pair, k = 0; p < pair + rows; k++) {
        uint64_t len = j - p % j;
        bool whole = len == j && p + j <= pair + rows;
        size_t at = place_of(t, work, p / j);
        if (whole) {
            results_of(t)[at] = result[k];
        } else {
            t->piece_at[t->pieces] = (uint32_t)at;
            t->piece[t->pieces++] = result[k];
        }
        p += len;
    }
}

static void charge_counts(struct ap_chip *t, struct bl_ap_count *n)
{
    charge(&t->compare, n->compare);
    charge(&t->write, n->write);
    charge(&t->read, n->read);
    charge(&t->clear, n->clear);
    charge(&t->matched, n->matched);
    charge(&t->line, n->line);
    charge(&t->cell, n->cell);
    charge(&t->driven, n->driven);
    memset(n, 0, sizeof *n);
}

/* ---- a cluster's step ---- */

/* rows: of a processor, all but the last one. */
struct step { struct ap_chip *t; struct bl_ap_slice s; struct bl_ap_source from; int32_t *result; uint32_t caps, rows; };

static void step_of(struct ap_chip *t, uint32_t c, struct step *x)
{
    const uint32_t *work = t->piece_of_work;
    struct bl_ap_chip chip = chip_of(t);
    struct bl_ap_gemm g = bl_ap_work_gemm(work);

    *x = (struct step){ .t = t, .from = { .work = work, .layer = table_of(t, t->at), .ctx = t,
                        .value = t->stage == RELU ? sum_value : t->stage == WINDOWS ? window_value : pool_value } };
    bl_ap_slice(&chip, &g, t->steps[c], c, &x->s);
    x->rows = work[WORK_KIND] == WORK_GEMM ? bl_ap_rows(&chip, &g, &x->s) : chip.rows;
    x->caps = (uint32_t)bl_ap_ceil(x->s.count, x->rows);
    x->result = t->result + (t->fidelity == MICRO ? c * t->results : 0);
}

static uint32_t rows_of(const struct step *x, uint32_t cap)
{
    uint64_t left = x->s.count - (uint64_t)cap * x->rows;

    return left < x->rows ? (uint32_t)left : x->rows;
}

static uint64_t pair_of(const struct step *x, uint32_t cap) { return x->s.first + (uint64_t)cap * x->rows; }

/* Processor number `cap` has its results behind those of the ones before; a cut window has one in each. */
static int32_t *result_of(const struct step *x, uint32_t cap)
{
    uint64_t j = x->from.work[WORK_J];

    return x->result + (pair_of(x, cap) / j - x->s.first / j) + cap;
}

static void begin_cap(const struct step *x, struct bl_ap_lane *l, uint32_t cap)
{
    l->result = result_of(x, cap);
    bl_ap_lane_begin(l, &x->from, pair_of(x, cap), rows_of(x, cap), x->s.weights, x->t->fidelity == MACRO, (uint32_t)x->t->rows);
}

/* Processors first, first + by, ...: one after the other in the same cells. Returns the cycles of the longest. */
static uint64_t run_caps(const struct step *x, struct bl_ap_lane *l, uint32_t first, uint32_t by)
{
    uint64_t longest = 0, cycles, one;
    const struct ap_chip *t = x->t;

    for (uint32_t cap = first; cap < x->caps; cap += by) {
        begin_cap(x, l, cap);
        for (cycles = 0; bl_ap_lane_step(l, true, (enum bl_ap_timing)t->timing, (uint32_t)t->write_cycles, &one);)
            cycles += one;
        longest = cycles > longest ? cycles : longest;
    }
    return longest;
}

struct worker { const struct step *x; struct bl_ap_lane *lane; uint32_t first, by; uint64_t cycles; };

static void *run_worker(void *arg)
{
    struct worker *w = arg;

    w->cycles = run_caps(w->x, w->lane, w->first, w->by);
    return NULL;
}

/* All processors of the step, shared among the workers, each in cells of its own; joined here. */
static uint64_t run_all(const struct step *x)
{
    struct ap_chip *t = x->t;
    struct worker w[WORKERS_MOST];
    pthread_t thread[WORKERS_MOST];
    bool started[WORKERS_MOST] = { false };
    uint32_t n = x->caps < t->nlanes ? x->caps : t->nlanes;
    uint64_t longest = 0;

    for (uint32_t i = 0; i < n; i++) {
        memset(t->cells + i * lane_bytes(t), 0, lane_bytes(t));  /* rows that are not in use are 0, however many there are in a column */
        w[i] = (struct worker){ .x = x, .lane = placed_in(t, i, x->rows), .first = i, .by = n };
        started[i] = i + 1 < n && !pthread_create(&thread[i], NULL, run_worker, &w[i]);
        if (!started[i])
            run_worker(&w[i]);                  /* the last one here; so are those that the system has no thread for */
    }
    for (uint32_t i = 0; i < n; i++) {
        if (started[i])
            pthread_join(thread[i], NULL);
        longest = w[i].cycles > longest ? w[i].cycles : longest;
        charge_counts(t, &w[i].lane->n);
        bl_ap_lane_leave(w[i].lane);
    }
    return longest;
}

/* A cluster at work: rows of all its processors, columns that hold words; first the columns of weights are written, if they are new. */
static void say_use(const struct step *x, uint32_t c)
{
    const struct ap_chip *t = x->t;
    const uint64_t load = x->s.weights && x->from.work[WORK_KIND] == WORK_GEMM ? x->from.work[WORK_WBITS] * (uint64_t)t->write_cycles : 0;
    uint32_t first, need;

    bl_ap_result(x->from.work, (uint32_t)t->rows, &first, &need);
    if (load)
        bl_slots(x->t, c, BL_SLOTS_LOAD, 0, 0);
    bl_slots_then(x->t, c, load, BL_SLOTS_USE, x->s.count, need < (uint64_t)t->cols ? need : (uint64_t)t->cols);
}

static void begin_step(struct ap_chip *t, uint32_t c, uint64_t now)
{
    struct step x;

    step_of(t, c, &x);
    t->begun[c]++;
    charge(&t->job, x.caps);
    t->stat[t->at].ops += x.caps;
    t->end[c] = now;
    if (!x.s.count)
        return;
    say_use(&x, c);
    if (x.from.work[WORK_KIND] == WORK_GEMM)
        input_columns(t, x.from.work, &x.s, &x.from);
    if (t->fidelity == MICRO) {
        for (uint32_t cap = 0; cap < x.caps; cap++) {
            struct bl_ap_lane *l = placed(t, c * t->per_cluster + cap);
            begin_cap(&x, l, cap);
            l->due = now;
            bl_ap_lane_leave(l);
        }
        t->end[c] = UINT64_MAX;
        return;
    }
    t->step_cycles = run_all(&x);
    t->end[c] = now + t->step_cycles;
    for (uint32_t cap = 0; cap < x.caps; cap++)
        deliver_results(t, x.from.work, pair_of(&x, cap), rows_of(&x, cap), result_of(&x, cap));
    add_pieces(t, x.from.work);
}

/* Micro: every processor of a cluster takes its next operation when the one before is over. Returns when the next ends. */
static uint64_t step_lanes(struct ap_chip *t, uint32_t c, uint64_t now)
{
    struct step x;
    uint64_t next = UINT64_MAX, cycles;

    step_of(t, c, &x);
    for (uint32_t cap = 0; cap < x.caps; cap++) {
        uint32_t i = c * t->per_cluster + cap;
        struct bl_ap_lane *l = lane_of(t, i);
        if (l->due == now) {
            placed(t, i)->result = result_of(&x, cap);
            bool more = bl_ap_lane_step(l, false, AP_EXACT, (uint32_t)t->write_cycles, &cycles);
            l->due = more ? now + cycles : UINT64_MAX;
            charge_counts(t, &l->n);
            if (i == (uint32_t)t->observe && more) {
                t->seen_op = l->icmd < l->ncmd ? l->cmd[l->icmd].op : AP_NOP;
                t->seen_kind = l->u.kind;
                t->seen_hits = 0;
                for (uint32_t w = 0; w < l->x.words; w++)
                    t->seen_hits += (uint32_t)__builtin_popcountll(l->rowtag[w]);
            }
            bl_ap_lane_leave(l);
        }
        next = l->due < next ? l->due : next;
    }
    if (next == UINT64_MAX) {
        for (uint32_t cap = 0; cap < x.caps; cap++)
            deliver_results(t, x.from.work, pair_of(&x, cap), rows_of(&x, cap), result_of(&x, cap));
        add_pieces(t, x.from.work);
        t->end[c] = now;
    }
    return next;
}

uint64_t bl_ap_chip_serve(struct ap_chip *t, uint64_t now)
{
    const uint32_t *start = bl_get32(t->start);
    uint64_t next = UINT64_MAX;

    for (uint32_t c = 0; c < (uint32_t)t->clusters; c++) {
        uint64_t until;
        if (!t->end[c] && start[c] != t->begun[c])
            begin_step(t, c, now);
        if (!t->end[c])
            continue;
        until = t->end[c] == UINT64_MAX ? step_lanes(t, c, now) : t->end[c];
        if (t->end[c] <= now) {
            t->end[c] = 0;
            bl_slots(t, c, BL_SLOTS_WAIT, 0, 0);
            t->steps[c]++;
            bl_put32(t->computed)[c] = t->begun[c];
            continue;
        }
        next = until < next ? until : next;
    }
    return next;
}

/* dot.c - a module: a digital macro of one's own, eight dot products of up to 144 activations a cycle, and the mapper that
 * puts a net on it. Build: cc -shared -fPIC $(pkg-config --cflags bitline) -o dot.so dot.c; dot.yaml, beside it, names it. */
#include "components/bits.h"
#include "components/host.h"
#include "platforms/file/module.h"
#include "platforms/job/tile.h"

enum { COLS = 144, OUTS = 8, BITS = 8 };
enum { NO_WORK = BL_STALL, RESULT_FULL };

/* ---- the component: written bit by bit like a memory, then a multiplication a cell and cycle */

struct dot_macro {
    struct bl_part p;
    bl_pop op, w;
    bl_push mac;
    bl_out rows;
    bl_tally row, mult;
    uint32_t written;
    int8_t weight[OUTS][COLS];
};

/* Row o * 8 + b is bit b of the weights of output o. */
static void write_row(struct dot_macro *t, const uint64_t *item)
{
    int8_t *weight = t->weight[item[0] / BITS % OUTS];
    unsigned bit = (unsigned)(item[0] % BITS);

    for (unsigned k = 0; k < COLS; k++)
        weight[k] = (int8_t)((weight[k] & ~(1u << bit)) | (unsigned)(item[1 + k / 64] >> (k % 64) & 1) << bit);
    *bl_put32(t->rows) = ++t->written;
    charge(&t->row, 1);
}

static bl_verdict tick(void *self)
{
    struct dot_macro *t = self;

    if (bl_avail(t->w)) {
        write_row(t, bl_pop64(t->w));
        return BL_BUSY;
    }
    if (!bl_avail(t->op))
        return BL_NAP(NO_WORK);
    if (!bl_room(t->mac))
        return BL_NAP(RESULT_FULL);
    const uint8_t *act = bl_pop8(t->op);
    uint32_t *mac = bl_push32(t->mac);
    for (unsigned o = 0; o < OUTS; o++) {
        int32_t sum = 0;
        for (unsigned k = 0; k < COLS; k++)
            sum += act[k] * t->weight[o][k];
        mac[o] = (uint32_t)sum;
    }
    charge(&t->mult, COLS * OUTS);
    return BL_BUSY;
}

#define T struct dot_macro
static const struct bl_field fields[] = {
    BL_POP(T, op, COLS, 8, "activations"), BL_POP(T, w, 1 + BL_BITS_WORDS, 64, "row address, then the row's bits"),
    BL_PUSH(T, mac, OUTS, 32, "sums, signed"), BL_OUT(T, rows, 1, 32, "rows written so far"),
    BL_WAITS(NO_WORK, op), BL_WAITS(RESULT_FULL, mac),
    BL_TALLY(T, row, "a row written"), BL_TALLY(T, mult, "a multiplication"), { 0 }
};
static const struct bl_class macro = { .name = "dot_macro", .help = "eight dot products of 144 activations a cycle",
    .size = sizeof(T), .tick = tick, .fields = fields };

/* ---- the mapper: weight tiles as the rows of the macro; the shipped host does the rest */

static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_layer *l = &bl_job_options(job)->net->layers[layer];

    (void)s;                           /* the platform's parts: bl_job_ask asks them; the sizes of this macro are fixed */
    if (bl_tile_cut(job, layer, COLS, OUTS, out))
        return -1;
    out->nrows = OUTS * BITS;
    out->row_words = BL_BITS_WORDS;
    for (uint32_t i = 0; i < out->ntiles; i++) {
        struct bl_host_tile *tile = &out->tile[i];
        uint64_t *rows = bl_job_alloc(job, sizeof *rows * out->nrows * out->row_words);
        for (uint32_t row = 0; row < tile->nout * BITS; row++)
            bl_tile_plane(l, tile->out + row / BITS, tile->k, tile->nk, row % BITS, rows + row * out->row_words);
        tile->rows = rows;
    }
    return 0;
}

static const struct bl_mapper mapper = { .name = "dot", .help = "tiles of 144 x 8 on a dot_macro", .host = "host", .pack = pack };

BL_MODULE(BL_CLASSES(&macro), BL_MAPPERS(&mapper));

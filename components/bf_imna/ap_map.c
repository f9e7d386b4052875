/* ap_map.c - the folding of a layer onto clusters of associative processors. */
#include "components/bf_imna/ap_map.h"

#include <string.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static bool is_spread(const struct bl_ap_chip *c, const struct bl_ap_gemm *g) { return g->u == 1 || c->fold == AP_IDEAL; }

/* Columns of inputs that a cluster takes a step; 0: not even one fits. */
static uint64_t columns_of(const struct bl_ap_chip *c, const struct bl_ap_gemm *g)
{
    uint64_t n = bl_ap_pairs(c) / ((uint64_t)g->i * g->j);

    return n && c->fold == AP_SINGLE ? 1 : n;
}

uint64_t bl_ap_steps(const struct bl_ap_chip *c, const struct bl_ap_gemm *g)
{
    uint64_t pairs = bl_ap_pairs(c), ij = (uint64_t)g->i * g->j, columns = columns_of(c, g);

    if (is_spread(c, g))
        return bl_ap_ceil(ij * g->u, pairs * c->clusters);
    return columns ? bl_ap_ceil(g->u, columns * c->clusters) : bl_ap_ceil(ij, pairs) * bl_ap_ceil(g->u, c->clusters);
}

/* Each cluster takes an equal share of the step's pairs, of whole windows if they fit. */
static void spread(const struct bl_ap_chip *c, const struct bl_ap_gemm *g, uint64_t step, uint32_t cluster, struct bl_ap_slice *s)
{
    uint64_t pairs = bl_ap_pairs(c), all = (uint64_t)g->i * g->j * g->u, done = step * pairs * c->clusters;
    uint64_t now = least(all - done, pairs * c->clusters), share = bl_ap_ceil(now, c->clusters), whole = bl_ap_ceil(share, g->j) * g->j;

    share = whole <= pairs ? whole : share;
    s->first = done + least(now, share * cluster);
    s->count = least(share, done + now - s->first);
    s->weights = true;
}

void bl_ap_slice(const struct bl_ap_chip *c, const struct bl_ap_gemm *g, uint64_t step, uint32_t cluster, struct bl_ap_slice *s)
{
    uint64_t pairs = bl_ap_pairs(c), ij = (uint64_t)g->i * g->j, columns = columns_of(c, g);

    if (is_spread(c, g)) {
        spread(c, g, step, cluster, s);
    } else if (columns) {                       /* shared equally, the first clusters take one more */
        uint64_t done = step * columns * c->clusters, now = least(g->u - done, columns * c->clusters);
        uint64_t each = now / c->clusters, more = now % c->clusters;
        s->first = (done + each * cluster + least(cluster, more)) * ij;
        s->count = (each + (cluster < more)) * ij;
        s->weights = step == 0;
    } else {
        uint64_t rounds = bl_ap_ceil(g->u, c->clusters), fold = step / rounds, column = step % rounds * c->clusters + cluster;
        s->first = column * ij + fold * pairs;
        s->count = column < g->u ? least(pairs, ij - fold * pairs) : 0;
        s->weights = step % rounds == 0;
    }
}

uint32_t bl_ap_rows(const struct bl_ap_chip *c, const struct bl_ap_gemm *g, const struct bl_ap_slice *s)
{
    uint64_t each = bl_ap_ceil(bl_ap_ceil(s->count, g->j), c->caps) * g->j;

    return c->pack == AP_SPREAD && s->count && s->first % g->j == 0 && s->count % g->j == 0 && each <= c->rows ? (uint32_t)each : c->rows;
}

uint64_t bl_ap_inputs(const struct bl_ap_gemm *g, const struct bl_ap_slice *s)
{
    uint64_t ij = (uint64_t)g->i * g->j, per = g->i / g->groups, n = 0;

    for (uint64_t at = s->first, end = s->first + s->count; at < end;) {
        uint64_t len = least(end - at, ij - at % ij), o0 = at % ij / g->j, o1 = (at % ij + len - 1) / g->j;
        n += least(len, (o1 / per - o0 / per + 1) * g->j);
        at += len;
    }
    return n;
}

uint64_t bl_ap_weights(const struct bl_ap_gemm *g, const struct bl_ap_slice *s)
{
    return s->weights ? least(s->count, (uint64_t)g->i * g->j) : 0;
}

void bl_ap_columns(uint32_t wbits, uint32_t abits, uint32_t longest, struct bl_ap_columns *x)
{
    x->width = wbits + abits + bl_ap_log2(longest);
    x->a = wbits;
    x->b = x->a + x->width;
    x->c = x->b + x->width;
    x->need = x->c + 1;
}

uint32_t bl_ap_gemm_step(struct bl_ap_cmd out[AP_STEP_MOST], uint32_t wbits, uint32_t abits, bool weights, uint32_t rows, uint32_t phase,
                         uint32_t len, uint32_t most_rows)
{
    struct bl_ap_columns x;
    uint32_t n = 0;

    bl_ap_columns(wbits, abits, len < most_rows ? len : most_rows, &x);
    if (weights)
        out[n++] = (struct bl_ap_cmd){ .op = AP_LOAD, .a = 0, .n = wbits, .rows = rows };
    out[n++] = (struct bl_ap_cmd){ .op = AP_LOAD, .a = x.a, .n = abits, .rows = rows };
    out[n++] = (struct bl_ap_cmd){ .op = AP_CLEAR, .a = x.a + abits, .n = x.need - x.a - abits, .rows = rows };
    out[n++] = (struct bl_ap_cmd){ .op = wbits > 1 ? AP_MULS : AP_MUL, .m = abits, .n = wbits, .a = x.a, .b = 0, .c = x.b, .rows = rows };
    out[n++] = (struct bl_ap_cmd){ .op = AP_REDUCE, .m = wbits + abits, .n = x.width, .a = x.a, .b = x.b, .c = x.c, .rows = rows,
                                   .phase = phase, .len = len };
    out[n++] = (struct bl_ap_cmd){ .op = AP_WREAD, .a = x.b, .n = x.width, .rows = rows, .phase = phase, .len = len };
    return n;
}

void bl_ap_copy_bits(uint64_t *dst, uint64_t to, const uint64_t *src, uint64_t from, uint64_t n)
{
    while (n) {
        uint64_t room = 64 - (to & 63), have = 64 - (from & 63), k = least(n, least(room, have));
        uint64_t v = src[from / 64] >> (from & 63) & (k == 64 ? UINT64_MAX : (UINT64_C(1) << k) - 1);
        dst[to / 64] |= v << (to & 63);
        to += k;
        from += k;
        n -= k;
    }
}

/* test_host_ops.c - host work, kind by kind, against the reference on random nets, pooling from windows that are reduced already too;
 * requantisation of array sums against one formula an output. */
#include "components/host.h"
#include "tests/rigs/net_rig.h"

Suite *suite_host_ops(void);

/* Every tensor in a memory of its own corner: signed ones in offset binary. */
static struct bl_host_tensor tensor(const struct bl_net *net, uint32_t i)
{
    const struct bl_tensor *t = &net->tensors[i];
    size_t at = 3;

    for (uint32_t k = 0; k < i; k++)
        at += bl_tensor_elems(&net->tensors[k]) + 5;
    return (struct bl_host_tensor){ t->c, t->h, t->w, at, t->zero, t->dtype == BL_S8 ? 128 : 0, false, 8 };
}

static struct bl_host_layer program(const struct bl_net *net, const struct bl_layer *l)
{
    static const struct { enum bl_kind kind; enum bl_host_kind host; } kinds[] = {
        { BL_RELU, BL_HOST_RELU }, { BL_MAXPOOL, BL_HOST_MAXPOOL }, { BL_AVGPOOL, BL_HOST_AVGPOOL }, { BL_ADD, BL_HOST_PAIR }, { BL_MUL, BL_HOST_PAIR },
        { BL_SUB, BL_HOST_PAIR }, { BL_MAX, BL_HOST_PAIR }, { BL_MIN, BL_HOST_PAIR }, { BL_MOVE, BL_HOST_MOVE }, { BL_SOFTMAX, BL_HOST_SOFTMAX },
        { BL_RESHAPE, BL_HOST_COPY }, { BL_SUBSAMPLE, BL_HOST_SUBSAMPLE }, { BL_LUT, BL_HOST_LUT } };
    const struct bl_tensor *t = net->tensors;
    float sx = t[l->in[0]].scale, sy = t[l->out].scale;
    struct bl_host_layer h = { .in = { tensor(net, l->in[0]), tensor(net, l->in[1]) }, .out = tensor(net, l->out), .kh = l->kh, .kw = l->kw,
        .stride_h = l->stride_h, .stride_w = l->stride_w, .dil_h = l->dil_h, .dil_w = l->dil_w, .pad_t = l->pad_t, .pad_l = l->pad_l,
        .lo = l->lo, .hi = l->hi, .count_pad = l->count_pad, .lut = l->lut, .m0 = sx / sy, .mean = l->mean, .pair = l->pair,
        .from = l->from, .fill = l->fill, .exps = l->exps, .along_w = l->along_w };

    for (int i = 0; i < COUNT(kinds); i++)
        if (kinds[i].kind == l->kind)
            h.kind = kinds[i].host;
    return h;
}

static void put(uint8_t *memory, const struct bl_host_tensor *t, const int16_t *v)
{
    for (size_t i = 0; i < (size_t)t->c * t->h * t->w; i++)
        memory[t->at + i] = (uint8_t)(v[i] + t->bias);
}

/* What a platform that pools gives for an output: the largest byte of the window, or the sum with the zero point for padding. */
static int32_t reduced(const struct bl_host_layer *l, const uint8_t *m, uint32_t c, uint32_t oy, uint32_t ox)
{
    const struct bl_host_tensor *in = &l->in[0];
    int32_t sum = 0, most = 0;

    for (uint32_t k = 0; k < l->kh * l->kw; k++) {
        int y = (int)(oy * l->stride_h + k / l->kw * l->dil_h) - (int)l->pad_t, x = (int)(ox * l->stride_w + k % l->kw * l->dil_w) - (int)l->pad_l;
        bool there = y >= 0 && x >= 0 && y < (int)in->h && x < (int)in->w;
        int32_t v = there ? m[in->at + (c * in->h + (size_t)y) * in->w + (size_t)x] : in->zero + in->bias;
        sum += v;
        most = there && v > most ? v : most;
    }
    return l->kind == BL_HOST_MAXPOOL ? most : sum;
}

/* The same outputs come from windows that were reduced elsewhere. */
static void from_reduced(const struct bl_host_layer *l, uint8_t *memory, const uint8_t *want, size_t bytes)
{
    const size_t n = bl_host_outputs(l);
    int32_t *sums = malloc(n * sizeof *sums);

    for (size_t i = 0; i < n; i++)
        sums[i] = reduced(l, memory, (uint32_t)(i / (l->out.h * l->out.w)), (uint32_t)(i / l->out.w % l->out.h), (uint32_t)(i % l->out.w));
    memset(memory + l->out.at, 0x5a, n);
    bl_host_pooled(l, sums, memory);
    ck_assert(!memcmp(memory, want, bytes));
    free(sums);
}

/* Each layer alone on the reference's inputs; nothing but its output may change. Returns how many values the output
 * of the last one takes, so that a test of constants is found out. */
static unsigned as_the_reference(struct bl_net *net, uint64_t seed)
{
    struct heard h;
    struct bl_ref_out ref;
    uint8_t image[4096];
    size_t bytes = tensor(net, net->ntensors - 1).at + bl_tensor_elems(&net->tensors[net->ntensors - 1]) + 5;
    uint8_t *memory = malloc(bytes), *want = malloc(bytes), used[256] = { 0 };
    unsigned values = 0;

    ck_assert_uint_le(bl_tensor_elems(&net->tensors[net->input]), sizeof image);
    ck_assert_int_eq(bl_ref_init(&ref, net, heard_start(&h)), 0);
    bl_dataset_made(net, seed, 0, 10, image);
    bl_reference_run(net, image, &ref);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct bl_host_layer p = program(net, &net->layers[i]);
        memset(memory, 0xa5, bytes);
        put(memory, &p.in[0], ref.value[net->layers[i].in[0]]);
        put(memory, &p.in[1], ref.value[net->layers[i].in[1]]);
        memcpy(want, memory, bytes);
        put(want, &p.out, ref.value[net->layers[i].out]);
        bl_host_work(&p, memory);
        for (size_t k = 0; k < bytes; k++)
            ck_assert_msg(memory[k] == want[k], "layer %s, byte %zu of its output: got %u, wanted %u", net->layers[i].name, k - p.out.at,
                          memory[k], want[k]);
        if (p.kind == BL_HOST_MAXPOOL || p.kind == BL_HOST_AVGPOOL)
            from_reduced(&p, memory, want, bytes);
        for (size_t k = 0; k < bl_tensor_elems(&net->tensors[net->layers[i].out]); k++)
            used[memory[p.out.at + k]] = 1;
    }
    for (int i = 0; i < 256; i++)
        values += used[i];
    bl_ref_fini(&ref);
    free(memory);
    free(want);
    bl_net_free(net);
    return values;
}

/* ---- nets of one kind ---- */

enum { SEEDS = 24 };

static void pool(struct grow *g, enum bl_kind kind, bool count_pad)
{
    struct bl_layer l = { .kind = kind, .kh = pick(&g->s, 1, 3), .kw = pick(&g->s, 1, 3), .stride_h = pick(&g->s, 1, 3),
        .stride_w = pick(&g->s, 1, 3), .dil_h = 1, .dil_w = 1, .count_pad = count_pad, .relu = pick(&g->s, 0, 1) };

    l.pad_t = l.kh > 1 ? pick(&g->s, 0, l.kh - 1) : 0;
    l.pad_l = l.kw > 1 ? pick(&g->s, 0, l.kw - 1) : 0;
    l.pad_b = l.stride_h == 1 && l.kh > 1 ? pick(&g->s, 0, l.kh - 1) : 0;
    l.pad_r = l.stride_w == 1 && l.kw > 1 ? pick(&g->s, 0, l.kw - 1) : 0;
    if (!l.pad_t && !l.pad_l && !l.pad_b && !l.pad_r)
        l.dil_h = l.dil_w = pick(&g->s, 1, 2);
    grow_host(g, l);
}

static void per_channel(struct grow *g)            /* squeeze and excite: the mean of a channel scales it */
{
    const struct bl_tensor x = *grow_at(g);
    uint32_t before = g->at;

    grow_host(g, (struct bl_layer){ .kind = BL_AVGPOOL, .kh = x.h, .kw = x.w, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1 });
    uint32_t mean = g->at;
    g->at = before;
    grow_pair(g, BL_MUL, mean, pick(&g->s, 0, 1));
}

/* A constant of size 1 along some axes, first or second. */
static void broadcast(struct grow *g)
{
    static const enum bl_kind kind[] = { BL_ADD, BL_SUB, BL_MUL };
    const struct bl_tensor x = *grow_at(g);
    struct bl_tensor c = random_tensor(&g->s, pick(&g->s, 0, 1) ? x.c : 1, pick(&g->s, 0, 1) ? x.h : 1, pick(&g->s, 0, 1) ? x.w : 1);
    uint8_t *data = bl_net_alloc(g->net, bl_tensor_elems(&c), 1);
    uint32_t at = g->at;

    for (size_t i = 0; i < bl_tensor_elems(&c); i++)
        data[i] = (uint8_t)pick(&g->s, 0, 255);
    c.data = data;
    uint32_t constant = (uint32_t)bl_net_tensor(g->net, &c);
    bool first = pick(&g->s, 0, 1);
    g->at = first && bl_tensor_elems(&c) == bl_tensor_elems(&x) ? constant : at;
    grow_pair(g, kind[pick(&g->s, 0, 2)], g->at == constant ? at : constant, pick(&g->s, 0, 1));
}

/* Of one code, so without scales: the mean of a 1 x 1 window moves codes to those of the tensor at hand. */
static void codes(struct grow *g, enum bl_kind kind)
{
    struct bl_tensor x = *grow_at(g), y = x;
    uint32_t first = g->at;
    struct bl_layer lut = { .kind = BL_LUT, .lut = bl_net_alloc(g->net, 256, 1) }, l = { .kind = kind, .in = { 0, first } };

    for (int i = 0; i < 256; i++)
        lut.lut[i] = (uint8_t)pick(&g->s, 0, 255);
    grow_layer(g, &lut, &y);
    y = x;
    grow_layer(g, &l, &y);
}

static void move(struct grow *g)
{
    struct bl_tensor y = *grow_at(g);
    uint32_t first = g->at, cells = (uint32_t)bl_tensor_elems(&y), n = pick(&g->s, 1, 300);
    struct bl_layer l = { .kind = BL_MOVE, .in = { 0, first }, .fill = y.zero };
    uint32_t *from = bl_net_alloc(g->net, n, sizeof *from);

    for (uint32_t i = 0; i < n; i++)
        from[i] = pick(&g->s, 0, 4) ? pick(&g->s, 0, 2 * cells - 1) : BL_MOVE_FILL;
    l.from = from;
    y.c = n;
    y.h = y.w = 1;
    grow_layer(g, &l, &y);
}

static void softmax(struct grow *g)
{
    struct bl_tensor x = *grow_at(g), y = x;
    struct bl_layer l = { .kind = BL_SOFTMAX, .along_w = pick(&g->s, 0, 1) };
    float *exps = bl_net_alloc(g->net, 256, sizeof *exps);

    for (int i = 0; i < 256; i++)
        exps[i] = i ? exps[i - 1] * 0.97f : 1.0f;
    l.exps = exps;
    y.scale = 0x1p-8f;
    y.zero = bl_tensor_min(&y);
    grow_layer(g, &l, &y);
}

static void grow_kind(struct grow *g, int kind)
{
    uint32_t first = g->at, stride = pick(&g->s, 1, 3);

    switch (kind) {
    case 0: grow_host(g, (struct bl_layer){ .kind = BL_RELU, .relu = pick(&g->s, 0, 1), .relu_max = pick(&g->s, 0, 1) ? 1.5f : 0 }); break;
    case 1: pool(g, BL_MAXPOOL, false); break;
    case 2: pool(g, BL_AVGPOOL, false); break;
    case 3: pool(g, BL_AVGPOOL, true); break;
    case 4: grow_host(g, (struct bl_layer){ .kind = BL_RELU }); grow_pair(g, BL_ADD, first, pick(&g->s, 0, 1)); break;
    case 5: grow_host(g, (struct bl_layer){ .kind = BL_RELU }); grow_pair(g, BL_MUL, first, pick(&g->s, 0, 1)); break;
    case 6: per_channel(g); break;
    case 7: grow_host(g, (struct bl_layer){ .kind = BL_RESHAPE }); break;
    case 8:
        grow_host(g, (struct bl_layer){ .kind = BL_SUBSAMPLE, .stride_h = stride, .stride_w = pick(&g->s, 1, 3), .cout = pick(&g->s, 0, 5) });
        break;
    case 9: grow_host(g, (struct bl_layer){ .kind = BL_LUT }); break;
    case 10: grow_host(g, (struct bl_layer){ .kind = BL_RELU }); grow_pair(g, BL_SUB, first, pick(&g->s, 0, 1)); break;
    case 11: broadcast(g); break;
    case 12: codes(g, BL_MAX); break;
    case 13: codes(g, BL_MIN); break;
    case 14: move(g); break;
    default: softmax(g);
    }
}

START_TEST(kinds)
{
    unsigned values = 0;

    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct grow g = grow_start((uint64_t)_i * SEEDS + seed, 1 + seed % 6, 6 + seed % 5, 6 + seed % 4);
        grow_kind(&g, _i);
        values += as_the_reference(grow_end(&g), seed);
    }
    ck_assert_uint_ge(values, 8 * SEEDS);          /* no test of constants */
}
END_TEST

/* 1 x 1 images: a second operand of one cell a channel is then of the same shape. */
START_TEST(one_cell)
{
    static const int kind[] = { 0, 4, 5, 6, 7, 9 };
    unsigned values = 0;

    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        struct grow g = grow_start(500 + seed, 30, 1, 1);
        grow_kind(&g, kind[_i]);
        values += as_the_reference(grow_end(&g), seed);
    }
    ck_assert_uint_ge(values, 8 * SEEDS);
}
END_TEST

/* ---- sums to outputs ---- */

/* clamp(rint(sum * mult) + zero), half to even. In double the product is exact, in float it is rounded once more. */
static int by_formula(int32_t sum, float mult, int32_t zero, int32_t lo, int32_t hi)
{
    float v = (float)sum * mult;
    double whole = floor((double)v), rest = (double)v - whole;

    if (rest > 0.5 || (rest >= 0.5 && fmod(whole, 2) != 0))
        whole += 1;
    return whole + zero < lo ? lo : whole + zero > hi ? hi : (int)whole + zero;
}

START_TEST(requantise)
{
    enum { COUT = 6, PIXELS = 4, N = COUT * PIXELS };
    uint64_t s = (uint64_t)_i * 1000;
    uint32_t groups = _i % 3 == 0 ? 0 : _i % 3;                       /* 0: a convolution */
    int32_t sums[N], bias[COUT], zero = (int32_t)pick(&s, 0, 255);
    float mult[COUT];
    struct bl_requant requant[COUT] = { { 0 } };
    uint8_t memory[2 + N] = { 0 };
    uint32_t off = _i & 4 ? 128 : 0;

    zero -= (int32_t)off;
    for (int i = 0; i < N; i++)
        sums[i] = (int32_t)pick(&s, 0, 60000) - 30000;
    for (int i = 0; i < COUT; i++) {
        bias[i] = (int32_t)pick(&s, 0, 2000) - 1000;
        mult[i] = (float)pick(&s, 1, 400) / 65536.0f;                 /* halves happen */
        requant[i] = (struct bl_requant){ .bias = bias[i], .mult = mult[i] };
    }
    struct bl_host_layer l = { .out = { .at = 1, .zero = zero, .bias = (int32_t)off }, .lo = (int32_t)pick(&s, 0, 1) ? zero : -(int32_t)off,
        .hi = 255 - (int32_t)off, .cout = COUT, .pixels = PIXELS, .flat = groups != 0, .rows_of_group = groups ? PIXELS / groups : 0,
        .requant = requant };
    bl_host_requant(&l, sums, memory);
    ck_assert_uint_eq(memory[0], 0);
    ck_assert_uint_eq(memory[1 + (groups == 2 ? N / 2 : N)], 0);      /* two groups: each output has half of the rows */
    for (uint32_t o = 0; o < COUT; o++)
        for (uint32_t p = 0; p < PIXELS; p++) {
            uint32_t per = groups ? COUT / groups : COUT, rows = groups ? PIXELS / groups : PIXELS;
            if (groups && p / rows != o / per)
                continue;                                              /* a row of another group */
            size_t at = 1 + (groups ? p * per + o % per : o * PIXELS + p);
            ck_assert_int_eq(memory[at] - (int)off, by_formula(sums[o * PIXELS + p] + bias[o], mult[o], zero, l.lo, l.hi));
        }
}
END_TEST

Suite *suite_host_ops(void)
{
    Suite *s = suite_create("host_ops");
    TCase *t = tcase_create("host_ops");

    tcase_add_loop_test(t, kinds, 0, 16);
    tcase_add_loop_test(t, one_cell, 0, 6);
    tcase_add_loop_test(t, requantise, 0, 48);
    suite_add_tcase(s, t);
    return s;
}

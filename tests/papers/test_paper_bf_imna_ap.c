/* test_paper_bf_imna_ap.c - BF-IMNA (Rakka et al.), one associative processor (components/bf_imna/) through the event simulation: LUT operations, event
 * counts of Eqs. 1 to 15, the strict vertical sum, the stall study; in both fidelities unless it says otherwise. */
#include "tests/rigs/ap_rig.h"

static const char *const fidelity[] = { "micro", "macro" };

static int32_t sign(uint64_t v, uint32_t m) { return v >> (m - 1) & 1 ? (int32_t)((int64_t)v - (INT64_C(1) << m)) : (int32_t)v; }

/* ---- 1: exhaustive operands ---- */
enum { A = 0, B = 8, C = 16, F = 40 };

static void pairs(uint32_t m, uint32_t *a, uint32_t *b)
{
    for (uint32_t r = 0; r < 1u << 2 * m; r++) {
        a[r] = r & ((1u << m) - 1);
        b[r] = r >> m;
    }
}

static uint64_t expected(uint32_t op, uint32_t m, uint32_t a, uint32_t b)
{
    uint64_t mask = (UINT64_C(1) << 2 * m) - 1;

    switch (op) {
    case AP_ADD: return a + b;
    case AP_SUB: return (b - a) & ((UINT64_C(1) << (m + 1)) - 1);
    case AP_MUL: return a * b;
    case AP_MULS: return (uint64_t)((int64_t)a * sign(b, m)) & mask;
    case AP_MAX: return a > b ? a : b;
    default: return sign(a, m) < 0 ? 0 : a;
    }
}

START_TEST(exhaustive)
{
    static const uint32_t ops[] = { AP_ADD, AP_SUB, AP_MUL, AP_MULS, AP_MAX, AP_RELU };
    uint32_t a[256], b[256];

    for (int f = 0; f < 2; f++)
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++)
            for (uint32_t m = ops[o] == AP_MULS || ops[o] == AP_RELU ? 2 : 1; m <= 4; m++) {
                struct ap_rig g;
                struct bl_ap_shape shape = { .m = m, .s = 2, .k = 1 };
                static const enum bl_ap_equation eq[AP_OPS] = { [AP_ADD] = EQ_ADD, [AP_SUB] = EQ_ADD, [AP_MUL] = EQ_MUL,
                    [AP_MULS] = EQ_MUL, [AP_MAX] = EQ_MAX1D, [AP_RELU] = EQ_RELU };
                struct bl_ap_events e = bl_ap_equation(eq[ops[o]], &shape);
                uint32_t out = ops[o] == AP_ADD || ops[o] == AP_SUB ? m + 1 : ops[o] == AP_MUL || ops[o] == AP_MULS ? 2 * m : m;
                uint32_t at = ops[o] == AP_MUL || ops[o] == AP_MULS ? C : ops[o] == AP_RELU ? A : B;
                pairs(m, a, b);
                ap_rig_open(&g, 1u << 2 * m, 48, NULL);
                ap_rig_load(&g, A, m, a, g.rows);
                if (ops[o] != AP_RELU)
                    ap_rig_load(&g, B, m, b, g.rows);
                ap_rig_do(&g, (struct bl_ap_cmd){ .op = ops[o], .m = m, .a = A, .b = B,
                          .c = ops[o] == AP_MUL || ops[o] == AP_MULS ? C : B + m, .f = F });
                ap_rig_run(&g, fidelity[f]);
                for (uint32_t r = 0; r < g.rows; r++)
                    ck_assert_uint_eq(ap_rig_word(&g, at, out, r), expected(ops[o], m, a[r], b[r]));
                struct ap_rig_events n = ap_rig_events(&g);
                ck_assert_uint_eq(n.c, e.c);
                ck_assert_uint_eq(n.w, e.w);
                ck_assert_uint_eq(n.r + out, e.r);            /* the result is read in m, m+1 or 2m columns */
                ap_rig_close(&g);
            }
}
END_TEST

/* ---- 2: four rows by hand ---- */
START_TEST(by_hand)
{
    static const uint32_t a[] = { 3, 15, 8, 7 }, b[] = { 5, 1, 8, 9 }, sum[] = { 8, 16, 16, 16 }, product[] = { 15, 15, 64, 63 };

    for (int f = 0; f < 2; f++)
        for (int mul = 0; mul < 2; mul++) {
            struct ap_rig g;
            uint32_t out = mul ? 8 : 5;
            ap_rig_open(&g, 4, 40, NULL);
            ap_rig_load(&g, 0, 4, a, 4);
            ap_rig_load(&g, 4, 4, b, 4);
            ap_rig_do(&g, (struct bl_ap_cmd){ .op = mul ? AP_MUL : AP_ADD, .m = 4, .a = 0, .b = 4, .c = 8 });
            ap_rig_run(&g, fidelity[f]);
            for (uint32_t r = 0; r < 4; r++)
                ck_assert_uint_eq(ap_rig_word(&g, mul ? 8 : 4, out, r), (mul ? product : sum)[r]);
            struct ap_rig_events e = ap_rig_events(&g);
            ck_assert_uint_eq(e.c, mul ? 64 : 16);
            ck_assert_uint_eq(e.w, mul ? 72 : 24);
            ck_assert_uint_eq(e.r + out, mul ? 8 : 5);
            ck_assert_uint_eq(e.cycles + out, mul ? 216 : 69);
            ck_assert_uint_eq(ap_rig_peek(&g, "cam.matched"), mul ? 15 : 7);
            ap_rig_close(&g);
        }
}
END_TEST

/* ---- 3: orders of the four add passes, executed one by one on the cells ---- */
static bool right(const uint8_t *order, uint32_t m, uint32_t op)
{
    uint32_t rows = 1u << 2 * m, words = bl_ap_words(rows), a[256], b[256];
    uint64_t *cell = calloc(bl_ap_size(16, words), sizeof *cell), *tag = calloc(words, sizeof *tag), col[AP_KEY_WORDS];
    struct bl_ap_cells x = { cell, 16, rows, words, 0 };
    struct bl_ap_cmd c = { .op = op, .m = m, .a = 0, .b = 4, .c = 4 + m, .f = 10, .rows = rows };
    struct bl_ap_count n = { 0 };
    struct bl_ap_at at = { 0 };
    struct bl_ap_uop u;
    bool good = true;

    pairs(m, a, b);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t k = 0; k < m; k++) {
            cell[(size_t)k * words + r / 64] |= (uint64_t)(a[r] >> k & 1) << (r & 63);
            cell[(size_t)(4 + k) * words + r / 64] |= (uint64_t)(b[r] >> k & 1) << (r & 63);
        }
    while (bl_ap_next(&c, &at, order, &u))
        bl_ap_do(&x, &u, NULL, tag, col, &n);
    for (uint32_t r = 0; r < rows; r++) {
        uint64_t v = 0;
        for (uint32_t k = 0; k < m + (op != AP_MAX); k++)
            v |= (cell[(size_t)(4 + k) * words + r / 64] >> (r & 63) & 1) << k;
        good &= v == expected(op, m, a[r], b[r]);
    }
    free(cell);
    free(tag);
    return good;
}

START_TEST(orders)
{
    int good[2] = { 0, 0 }, allowed[2] = { 0, 0 };
    static const uint8_t wrong[] = { 0, 1, 3, 2 };             /* 011, 001, 110, 100 */

    for (uint32_t k = 0; k < 256; k++) {
        uint8_t o[] = { k & 3, k >> 2 & 3, k >> 4 & 3, k >> 6 & 3 };
        if ((1 << o[0] | 1 << o[1] | 1 << o[2] | 1 << o[3]) != 15)
            continue;
        bool add = right(o, 2, AP_ADD), max = right(o, 4, AP_MAX);
        ck_assert_int_eq(add, bl_ap_order_wrong(bl_ap_add, o, 4) < 0);
        ck_assert_int_eq(max, bl_ap_order_wrong(bl_ap_max, o, 4) < 0);
        good[0] += add;
        good[1] += max;
        allowed[0] += bl_ap_order_wrong(bl_ap_sub, o, 4) < 0;
        allowed[1] += right(o, 2, AP_SUB);
    }
    ck_assert_int_eq(good[0], 6);
    ck_assert_int_eq(good[1], 24);
    ck_assert_int_eq(allowed[0], 6);
    ck_assert_int_eq(allowed[1], 6);
    ck_assert(!right(wrong, 2, AP_ADD));
    ck_assert(right(wrong, 1, AP_ADD));
}
END_TEST

/* ---- 4: totals, and Table I against the equations ---- */
static uint64_t total(enum bl_ap_equation eq, struct bl_ap_shape x)
{
    struct bl_ap_events e = bl_ap_equation(eq, &x);
    return e.c + e.w + e.r;
}

static uint64_t cycles(enum bl_ap_equation eq, struct bl_ap_shape x)
{
    struct bl_ap_events e = bl_ap_equation(eq, &x);
    return e.c + 2 * e.w + e.r;
}

START_TEST(totals)
{
    static const struct { enum bl_ap_equation eq; struct bl_ap_shape x; uint64_t events, cycles; } rows[] = {
        { EQ_ADD, { .m = 8 }, 89, 137 }, { EQ_MUL, { .m = 8 }, 544, 816 }, { EQ_RELU, { .m = 8 }, 33, 50 },
        { EQ_REDUCE2D, { .m = 8, .l = 4800 }, 19273, 28917 }, { EQ_REDUCE1D, { .m = 8, .l = 256 }, 1007, 1518 },
        { EQ_REDUCE1D, { .m = 8, .l = 4800 }, 6271, 0 }, { EQ_GEMM2D, { .m = 8, .i = 1, .u = 1, .j = 4800 }, 38949, 58417 },
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        ck_assert_uint_eq(total(rows[r].eq, rows[r].x), rows[r].events);
        if (rows[r].cycles)
            ck_assert_uint_eq(cycles(rows[r].eq, rows[r].x), rows[r].cycles);
    }
}
END_TEST

/* Table I as printed (a write weighs 1), powers of two. */
START_TEST(table_one)
{
    int compared = 0;

    for (uint32_t m = 1; m <= 16; m++)
        for (uint32_t lg = 1; lg <= 9; lg++) {
            uint32_t n = 1u << lg, half = n / 2 - 1, k = 3 * lg, grow = 0, grow2 = 0;
            struct bl_ap_shape x = { .m = m, .l = n, .i = 2, .u = lg, .j = n, .s = n, .k = k };
            uint64_t iu = 2 * lg;
            for (uint32_t q = 1; q <= lg; q++) {
                grow += 8 * (m + q - 1);
                grow2 += 8 * (2 * m + q - 1);
            }
            uint64_t want[] = { 0, 2 * m + 8 * m + m + 1, 2 * m + 8 * m * m + 2 * m, 2 * m + grow + n - 1, 2 * m + 8 * m + 8 * half + 1,
                2 * m + 8 * m + 8 * (lg - 1) + 1, 2 * m + 8 * m * m + grow2 + 2 * iu * (n - 1) + 2 * m + lg,
                2 * m + 8 * m * m + 8 * iu * (n - 1) + 2 * m + lg, 2 * m + 8 * m * m + 8 * lg + 2 * m + lg,
                2 * m + 2 * k * half + grow + m, 2 * m + 8 * m + 8 * k * half + m, 2 * m + 8 * m + 8 * (lg - 1) + m,
                2 * m + (8 * m + 2) * lg + 2 * k * half + m, 2 * m + (8 * m + 2) + 10 * k * half + m,
                2 * m + (8 * m + 2) + (8 + 2 * k) * (lg - 1) + m, 4 * m + 1 };
            for (int eq = EQ_ADD; eq <= EQ_RELU; eq++, compared++)
                ck_assert_msg(total((enum bl_ap_equation)eq, x) == want[eq], "Eq. %d, M %u, size %u: %llu, Table I says %llu", eq, m, n,
                              (unsigned long long)total((enum bl_ap_equation)eq, x), (unsigned long long)want[eq]);
        }
    ck_assert_int_eq(compared, 16 * 9 * 15);
}
END_TEST

/* ---- 5: 256 products of eight bits ---- */
START_TEST(products)
{
    uint32_t a[256], b[256];

    for (uint32_t r = 0; r < 256; r++) {
        a[r] = (37 * r + 11) & 255;
        b[r] = (91 * r + 5) & 255;
    }
    for (int f = 0; f < 2; f++) {
        struct ap_rig g;
        uint64_t sum = 0;
        ap_rig_open(&g, 256, 40, NULL);
        ap_rig_load(&g, 0, 8, a, 256);
        ap_rig_load(&g, 8, 8, b, 256);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 16 });
        ap_rig_run(&g, fidelity[f]);
        for (uint32_t r = 0; r < 256; r++)
            sum += ap_rig_word(&g, 16, 16, r);
        ck_assert_uint_eq(sum, 4037248);
        struct ap_rig_events e = ap_rig_events(&g);
        ck_assert_uint_eq(e.c, 256);
        ck_assert_uint_eq(e.w, 272);
        ck_assert_uint_eq(ap_rig_peek(&g, "cam.matched"), 3982);
        ck_assert_uint_eq(ap_rig_peek(&g, "cam.cell"), 9504);
        ap_rig_close(&g);
    }
}
END_TEST

/* ---- 6: maximum and ReLU by hand ---- */
START_TEST(max_and_relu)
{
    static const uint32_t a[] = { 12, 3, 7, 0 }, b[] = { 9, 10, 7, 15 }, most[] = { 12, 10, 7, 15 };
    static const uint32_t v[] = { 0x7f, 0x80, 0xff, 5 }, kept[] = { 0x7f, 0, 0, 5 };

    for (int f = 0; f < 2; f++) {
        struct ap_rig g;
        ap_rig_open(&g, 4, 40, NULL);
        ap_rig_load(&g, 0, 4, a, 4);
        ap_rig_load(&g, 4, 4, b, 4);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MAX, .m = 4, .a = 0, .b = 4, .f = 8 });
        ap_rig_load(&g, 10, 8, v, 4);
        ap_rig_run(&g, fidelity[f]);
        for (uint32_t r = 0; r < 4; r++)
            ck_assert_uint_eq(ap_rig_word(&g, 4, 4, r), most[r]);
        ap_rig_close(&g);
        ap_rig_open(&g, 4, 40, NULL);
        ap_rig_load(&g, 0, 8, v, 4);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_RELU, .m = 8, .a = 0, .f = 8 });
        ap_rig_run(&g, fidelity[f]);
        for (uint32_t r = 0; r < 4; r++)
            ck_assert_uint_eq(ap_rig_word(&g, 0, 8, r), kept[r]);
        struct ap_rig_events e = ap_rig_events(&g);
        ck_assert(e.c == 7 && e.w == 17 && e.r + 8 == 9);
        ap_rig_close(&g);
    }
}
END_TEST

/* ---- 7: strict vertical sum ---- */
START_TEST(vertical)
{
    uint32_t v[17] = { 0 };

    for (uint32_t k = 0; k < 16; k++)
        v[k] = (53 * k + 17) & 255;
    for (int f = 0; f < 2; f++) {
        struct ap_rig g;
        ap_rig_open(&g, 17, 40, NULL);
        ap_rig_load(&g, 0, 12, v, 17);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_VSUM, .m = 12, .a = 0, .n = 16, .b = 16, .c = 0 });
        ap_rig_run(&g, fidelity[f]);
        ck_assert_uint_eq(ap_rig_word(&g, 0, 12, 0), 2024);
        struct ap_rig_events e = ap_rig_events(&g);
        ck_assert_uint_eq(e.c, 84);
        ck_assert_uint_eq(e.w - 12, 111);                     /* 12 columns were loaded */
        ck_assert_uint_eq(e.r + 1, 28);                       /* and the result is one row read */
        ck_assert_uint_eq(e.cycles - 24 + 1, 334);
        ap_rig_close(&g);
    }
}
END_TEST

/* The literal passes of Eq. 4, all columns at once and no carry handed on, do not add. */
START_TEST(vertical_as_printed)
{
    uint64_t cell[17 * 8 + 16] = { 0 }, tag[8] = { 0 }, col[AP_KEY_WORDS];
    struct bl_ap_cells x = { cell, 12, 17, 8, 0 };
    struct bl_ap_count n = { 0 };
    uint64_t sum = 0;

    for (uint32_t r = 0; r < 16; r++)
        for (uint32_t k = 0; k < 12; k++)
            cell[8 * k] |= (uint64_t)(((53 * r + 17) & 255) >> k & 1) << r;
    for (uint32_t r = 1; r < 16; r++)
        for (int p = 0; p < 8; p++) {
            struct bl_ap_uop u = { .kind = p & 1 ? WR_V : CMP_V, .rows = 17 };
            unsigned bits = p & 1 ? bl_ap_add[p / 2].write : 7, key = p & 1 ? bl_ap_add[p / 2].value : bl_ap_add[p / 2].match;
            const uint32_t rows[] = { r, 0, 16 };
            u.mask[0] = 0xfff;
            for (uint32_t k = 0; k < 3; k++)
                if (bits >> k & 1) {
                    u.row_key |= (uint8_t)((key >> k & 1) << u.nrow);
                    u.row[u.nrow++] = rows[k];
                }
            bl_ap_do(&x, &u, NULL, tag, col, &n);
        }
    for (uint32_t k = 0; k < 12; k++)
        sum |= (cell[8 * k] & 1) << k;
    ck_assert_uint_ne(sum, 2024);
}
END_TEST

/* ---- 8: a matrix product by 1D rounds ---- */
START_TEST(gemm)
{
    uint32_t a[256], b[256], x = 12345;

    for (uint32_t r = 0; r < 256; r++) {
        a[r] = (x = x * 1664525 + 1013904223) >> 24;
        b[r] = (x = x * 1664525 + 1013904223) >> 24;
    }
    for (int f = 0; f < 3; f++) {
        struct ap_rig g;
        ap_rig_open(&g, 256, 43, NULL);                       /* 22 columns of the sum, 21 of the word beside it */
        ap_rig_load(&g, 22, 8, a, 256);
        ap_rig_load(&g, 30, 8, b, 256);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 22, .b = 30, .c = 0 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_REDUCE, .m = 16, .a = 22, .b = 0, .len = 64 });
        if (f == 2)
            ck_assert_int_eq(bl_set(g.s, "seq", "timing", "paper2d", NULL), 0);
        ap_rig_run(&g, fidelity[f > 0]);
        for (uint32_t k = 0; k < 4; k++) {
            uint64_t sum = 0;
            for (uint32_t r = 0; r < 64; r++)
                sum += a[64 * k + r] * b[64 * k + r];
            ck_assert_uint_eq(ap_rig_word(&g, 0, 22, 64 * k), sum);
        }
        struct ap_rig_events e = ap_rig_events(&g);
        ck_assert_uint_eq(e.c, 700);
        ck_assert_uint_eq(e.w, 968);
        ck_assert_uint_eq(e.r + 22, 274);
        ck_assert_uint_eq(e.cycles + 22, 2910);
        ck_assert_uint_eq(ap_rig_spent(&g, "busy") + 22, f < 2 ? 2910 : 3846);
        ap_rig_close(&g);
    }
}
END_TEST

/* ---- Eqs. 3, 9 and 12 of any power of two, executed: two words a row, then rounds of transfers ---- */
START_TEST(rounds)
{
    enum { M = 8, KS = 128 };
    uint32_t v[2 * KS], *a = v, *b = v + KS;

    for (uint32_t r = 0; r < 2 * KS; r++)
        v[r] = (r * 97 + r / 7 * 31 + 3) & 255;
    for (uint32_t s = 2; s <= 2 * KS; s *= 2)                 /* windows of s words, in s / 2 rows */
        for (int max = 0; max < 2; max++)
            for (int f = 0; f < 2; f++) {
                struct ap_rig g;
                struct bl_ap_shape x = { .m = M, .l = s, .s = s, .k = 2 * KS / s };
                struct bl_ap_events e = bl_ap_equation(max ? EQ_MAX1D : EQ_AVG1D, &x), reduce = bl_ap_equation(EQ_REDUCE1D, &x);
                ap_rig_open(&g, KS, 64, NULL);
                ap_rig_load(&g, 32, M, a, KS);
                ap_rig_load(&g, 0, M, b, KS);
                ap_rig_do(&g, (struct bl_ap_cmd){ .op = max ? AP_MAX : AP_ADD, .m = M, .a = 32, .b = 0, .c = M, .f = 60 });
                ap_rig_do(&g, (struct bl_ap_cmd){ .op = max ? AP_MAXRED : AP_REDUCE, .m = max ? M : M + 1, .a = 32, .b = 0, .f = 60, .len = s / 2 });
                ap_rig_run(&g, fidelity[f]);
                for (uint32_t k = 0; k < x.k; k++) {
                    uint32_t want = 0;
                    for (uint32_t r = k * s / 2; r < (k + 1) * s / 2; r++)
                        want = !max ? want + a[r] + b[r] : a[r] > b[r] ? (a[r] > want ? a[r] : want) : b[r] > want ? b[r] : want;
                    ck_assert_uint_eq(ap_rig_word(&g, 0, max ? M : M + bl_ap_log2(s), k * s / 2), want);
                }
                struct ap_rig_events n = ap_rig_events(&g);
                ck_assert_uint_eq(n.c, e.c);
                ck_assert_uint_eq(n.w, e.w);
                ck_assert_uint_eq(n.r + M, e.r);              /* M columns of results are read */
                if (!max && s == 2 * KS) {                    /* one window: Eq. 3, whose result is one word */
                    ck_assert_uint_eq(n.c, reduce.c);
                    ck_assert_uint_eq(n.w, reduce.w);
                    ck_assert_uint_eq(n.r + 1, reduce.r);
                    ck_assert_uint_eq(n.c + n.w + n.r + 1, 1007);
                }
                ap_rig_close(&g);
            }
}
END_TEST

/* ---- 12: three steps behind a link ---- */
struct stall_row { uint32_t flit, buffers; uint64_t finish, wait; };

static void stall_study(const struct stall_row *row, const char *fidelity_name, uint64_t *state)
{
    struct ap_rig g;
    uint32_t v[64] = { 0 };

    ap_rig_open(&g, 4800, 64, NULL);
    for (uint32_t s = 0; s < 3; s++) {
        for (uint32_t r = 0; r < 64; r++)
            v[r] = (r * 71 + s * 13 + 5) & 255;
        ap_rig_load(&g, 0, 8, v, 64);
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_CLEAR, .a = 16, .n = 16 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_MUL, .m = 8, .a = 0, .b = 8, .c = 16 });
        ap_rig_do(&g, (struct bl_ap_cmd){ .op = AP_READ, .a = 16, .n = 16 });
    }
    ap_rig_set(&g, "link", "flit_cycles", "%llu", row->flit);
    ap_rig_set(&g, "link", "buffers", "%llu", row->buffers);
    ap_rig_run(&g, fidelity_name);
    ck_assert_uint_eq(bl_now(g.s) / BL_NS, row->finish);
    ck_assert_uint_eq(ap_rig_spent(&g, "wait_operand"), row->wait);
    ck_assert_uint_eq(ap_rig_peek(&g, "seq.spent[1]"), 48);                                           /* load */
    ck_assert_uint_eq(ap_rig_peek(&g, "seq.spent[2]") + ap_rig_peek(&g, "seq.spent[5]"), 2310);       /* clear, multiply */
    ck_assert_uint_eq(ap_rig_peek(&g, "seq.spent[12]"), 48);                                          /* read */
    ck_assert_uint_eq(ap_rig_peek(&g, "link.flit"), 120);
    ck_assert_uint_eq(ap_rig_peek(&g, "cam.compare"), 768);
    ck_assert_uint_eq(ap_rig_peek(&g, "cam.write") + ap_rig_peek(&g, "cam.clear"), 771 + 24);
    ck_assert_uint_eq(ap_rig_peek(&g, "cam.read"), 48);
    state[0] = ap_rig_peek(&g, "cam.matched");
    state[1] = ap_rig_peek(&g, "cam.cell");
    state[2] = ap_rig_peek(&g, "cam.line");
    ap_rig_close(&g);
}

START_TEST(stalls)
{
    static const struct stall_row rows[] = { { 2, 8, 2480, 74 }, { 4, 8, 2560, 154 }, { 2, 1, 2760, 354 }, { 4, 1, 2980, 574 },
                                             { 32, 8, 4636, 2230 } };

    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        uint64_t state[2][3];
        stall_study(&rows[r], "micro", state[0]);
        stall_study(&rows[r], "macro", state[1]);
        ck_assert_mem_eq(state[0], state[1], sizeof state[0]);
    }
}
END_TEST

Suite *suite_paper_bf_imna_ap(void);
Suite *suite_paper_bf_imna_ap(void)
{
    Suite *s = suite_create("paper_bf_imna_ap");
    TCase *tc = tcase_create("all");

    tcase_add_test(tc, exhaustive);
    tcase_add_test(tc, by_hand);
    tcase_add_test(tc, orders);
    tcase_add_test(tc, totals);
    tcase_add_test(tc, table_one);
    tcase_add_test(tc, products);
    tcase_add_test(tc, max_and_relu);
    tcase_add_test(tc, vertical);
    tcase_add_test(tc, vertical_as_printed);
    tcase_add_test(tc, gemm);
    tcase_add_test(tc, rounds);
    tcase_add_test(tc, stalls);
    suite_add_tcase(s, tc);
    return s;
}

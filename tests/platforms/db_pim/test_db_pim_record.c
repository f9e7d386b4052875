/* test_db_pim_record.c - weights in the macros of DB-PIM: packing, tiles, records read back, sizes, refusals; and the row steps of the networks of the
 * paper, counted from records of made-up weights and from shapes. */
#include "platforms/db_pim/record.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/draw.h"
#include "tests/rigs/heard.h"

Suite *suite_db_pim_record(void);

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A filter of k weights of phi digits each, drawn from `key`; 0 where mask (a byte a position, or NULL) is. */
static void draw_filter(int8_t *w, uint32_t k, uint32_t phi, const uint8_t *mask, uint64_t key)
{
    for (uint32_t i = 0; i < k; i++)
        w[i] = !mask || mask[i] ? bl_db_closest((int8_t)(bl_draw(key, i) & 0xff), phi) : 0;
}

static void plan(struct bl_db_plan *p, const int8_t *w, uint32_t n, uint32_t k, enum bl_db_coding coding, uint32_t cores)
{
    struct heard h;

    ck_assert_msg(bl_db_plan(p, (struct bl_db_weights){ w, n, k, "layer" }, coding, cores, heard_start(&h)) == 0, "%s", h.text);
}

/* ---- records read back ---- */

/* The weight that the columns of filter f of this word keep. */
static int weight_in(const struct bl_db_plan *p, uint64_t word, uint32_t d, uint32_t f)
{
    int sum = 0;

    for (uint32_t b = 0; b < p->columns[f]; b++) {
        uint32_t bits = (uint32_t)(word >> 4 * (d + b) & 15);
        if (p->coding == BL_DB_DYADIC)
            sum += bl_db_product(bl_db_cell_of(bits), 1);
        else
            sum += (int)(bits & 1) * (b == 7 ? -128 : 1 << b);
    }
    return sum;
}

/* Adds what a record keeps to `back` (n x k), by its mask and rows alone; returns the positions it covers. */
static void read_back(const struct bl_db_plan *p, uint32_t tile, uint32_t core, int8_t *back)
{
    const struct bl_db_macro *m = &p->macros[p->tiles[tile].macro + core];
    struct bl_db_record r;
    uint32_t kept = 0;

    bl_db_record(p, tile, core, &r);
    ck_assert_uint_le(r.kept, BL_DB_KEPT);
    ck_assert_uint_le(r.windows * 16, BL_DB_MASK_BITS);
    ck_assert_uint_eq(r.rows, (r.kept + 15) / 16);
    ck_assert_uint_le(r.rows, p->tiles[tile].rows);
    ck_assert_uint_eq(r.columns, m->columns);
    for (uint32_t v = 0; v < r.windows; v++)
        for (uint32_t x = 0; x < 16; x++) {
            if (!(r.mask[v] >> x & 1))
                continue;
            uint32_t i = (r.window + v) * 16 + x, d = 0;
            for (uint32_t f = m->filter; f < m->filter + m->filters; d += p->columns[f++])
                back[(size_t)f * p->of.k + i] = (int8_t)(back[(size_t)f * p->of.k + i] + weight_in(p, r.cells[kept], d, f));
            ck_assert_uint_le(d, 16);
            ck_assert(d == 16 || r.cells[kept] >> 4 * d == 0);
            kept++;
        }
    ck_assert_uint_eq(kept, r.kept);
    for (; kept < BL_DB_KEPT; kept++)
        ck_assert_uint_eq(r.cells[kept], 0);
}

static void same_weights(const struct bl_db_plan *p)
{
    const size_t n = (size_t)p->of.n * p->of.k;
    int8_t *back = calloc(n, 1);

    for (uint32_t t = 0; t < p->ntiles; t++)
        for (uint32_t c = 0; c < p->tiles[t].macros; c++)
            read_back(p, t, c, back);
    ck_assert_int_eq(memcmp(back, p->of.w, n), 0);
    free(back);
}

/* Drawn layers: blocks of 1 to 8 filters with one mask, each filter with a threshold of its own, in all codings and on 1 to 8 cores. */
START_TEST(records_give_weights_back)
{
    const uint64_t key = bl_draw_key((uint64_t)_i, "record");
    const uint32_t n = 1 + (uint32_t)(bl_draw(key, 0) % 40), k = 1 + (uint32_t)(bl_draw(key, 1) % (_i % 10 == 0 ? 9000 : 700));
    const uint32_t alpha = 1 + (uint32_t)(bl_draw(key, 2) % 8), density = (uint32_t)(bl_draw(key, 3) % 101);
    int8_t *w = calloc((size_t)n * k, 1);
    uint8_t *mask = malloc(k);

    for (uint32_t f = 0; f < n; f++) {
        for (uint32_t i = 0; f % alpha == 0 && i < k; i++)
            mask[i] = bl_draw(key + f, 1000 + i) % 100 < density;
        draw_filter(w + (size_t)f * k, k, (uint32_t)(bl_draw(key + f, 4) % 3), mask, key + f);
    }
    for (int coding = BL_DB_DYADIC; coding <= BL_DB_BINARY_MASKED; coding++) {
        struct bl_db_plan p;
        plan(&p, w, n, k, (enum bl_db_coding)coding, 1 + (uint32_t)(bl_draw(key, 5) % 8));
        same_weights(&p);
        bl_db_plan_fini(&p);
    }
    free(mask);
    free(w);
}
END_TEST

/* ---- packing: filters by their digits, macros as columns in use, and the N tiles of two cores ---- */

/* masks: a letter a filter, equal letters share a mask. */
static const struct { const char *phi, *masks, *columns; uint32_t tiles; } PACKS[] = {
    { "2222222222222222", "aaaaaaaaaaaaaaaa", "16 16", 1 },
    { "1111111111111111", "aaaaaaaaaaaaaaaa", "16", 1 },
    { "1212121212", "aaaaaaaaaa", "15", 1 },                              /* ten filters, 15 columns */
    { "121212121212", "aaaaaaaaaaaa", "16 2", 1 },                        /* the sixteenth column ends the macro */
    { "22222222", "aaaabbbb", "8 8", 1 },                                 /* one mask a macro */
    { "1111111111111111", "aaaaaaaabbbbbbbb", "8 8", 1 },                 /* blocks of eight with one digit fill half of it */
    { "0002", "abca", "2", 1 }, { "200000001", "abcdefgha", "3", 1 },     /* filters of zeros take no columns and have no mask */
    { "000", "abc", "0", 0 },                                             /* nothing to load */
    { "22222222222222222222", "aaaaaaaabbbbbbbbcccc", "16 16 8", 2 },
};

START_TEST(packing)
{
    enum { K = 40 };
    const uint32_t n = (uint32_t)strlen(PACKS[_i].phi);
    int8_t w[20 * K];
    char text[64] = "";
    struct bl_db_plan p;
    uint32_t filters = 0;

    for (uint32_t f = 0; f < n; f++) {
        uint8_t mask[K];
        for (uint32_t i = 0; i < K; i++)
            mask[i] = (i + (uint32_t)PACKS[_i].masks[f]) % 3 != 0;
        draw_filter(w + f * K, K, (uint32_t)(PACKS[_i].phi[f] - '0'), mask, f);
    }
    plan(&p, w, n, K, BL_DB_DYADIC, 2);
    for (uint32_t m = 0; m < p.nmacros; m++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", m ? " " : "", p.macros[m].columns);
        ck_assert_uint_eq(p.macros[m].filter, filters);
        filters += p.macros[m].filters;
    }
    ck_assert_str_eq(text, PACKS[_i].columns);
    ck_assert_uint_eq(filters, n);
    ck_assert_uint_eq(p.ntiles, PACKS[_i].tiles);
    bl_db_plan_fini(&p);
}
END_TEST

/* ---- K tiles ---- */

/* One filter of two digits of k weights, of which position i is kept where i % of < keep. */
static const struct { uint32_t k, keep, of; const char *tiles; } CUTS[] = {
    { 256, 1, 1, "0-256:16" }, { 257, 1, 1, "0-256:16 256-257:1" }, { 40, 1, 1, "0-40:3" },
    { 640, 2, 5, "0-640:16" },                                            /* 256 of 640 are one tile */
    { 645, 2, 5, "0-640:16 640-645:1" },
    { 512, 3, 4, "0-341:16 341-512:8" },                                  /* the 257th kept position is 341, within window 21 */
    { 4096, 1, 16, "0-2048:8 2048-4096:8" },                              /* the mask file is full first */
    { 4096, 1, 8, "0-2048:16 2048-4096:16" },                             /* one in eight: both are, together */
};

START_TEST(k_tiles)
{
    int8_t *w = calloc(CUTS[_i].k, 1);
    char text[80] = "";
    struct bl_db_plan p;

    for (uint32_t i = 0; i < CUTS[_i].k; i++)
        w[i] = i % CUTS[_i].of < CUTS[_i].keep ? 3 : 0;
    plan(&p, w, 1, CUTS[_i].k, BL_DB_DYADIC, 8);
    for (uint32_t t = 0; t < p.ntiles; t++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u-%u:%u", t ? " " : "", p.tiles[t].from, p.tiles[t].to, p.tiles[t].rows);
    ck_assert_str_eq(text, CUTS[_i].tiles);
    same_weights(&p);
    bl_db_plan_fini(&p);
    free(w);
}
END_TEST

/* Three cores, the densest of which fills first and ends the tile for all: 12 of 16 positions kept, 4 of 16, none. */
START_TEST(densest_core_ends_the_tile)
{
    enum { K = 1024 };
    int8_t *w = calloc(24 * K, 1);
    struct bl_db_plan p;
    struct bl_db_record r;

    for (uint32_t f = 0; f < 24; f++)
        for (uint32_t i = 0; i < K; i++)
            w[f * K + i] = i % 16 < (f < 8 ? 12 : f < 16 ? 4 : i == 0) ? 5 : 0;
    plan(&p, w, 24, K, BL_DB_DYADIC, 8);
    ck_assert_uint_eq(p.nmacros, 3);
    ck_assert_uint_eq(p.ntiles, 3);
    ck_assert_uint_eq(p.tiles[0].to, 21 * 16 + 4);        /* 21 windows of 12, and 4 more: 256 */
    bl_db_record(&p, 0, 1, &r);
    ck_assert_uint_eq(r.kept, 22 * 4);
    ck_assert_uint_eq(r.windows, 22);
    ck_assert_uint_eq(r.mask[21], 0xf);
    bl_db_record(&p, 1, 0, &r);
    ck_assert_uint_eq(r.window, 21);                      /* is sent again, */
    ck_assert_uint_eq(r.mask[0], 0xff0);                  /* with what was left of it */
    bl_db_record(&p, 1, 2, &r);
    ck_assert_uint_eq(r.rows, 0);
    same_weights(&p);
    bl_db_plan_fini(&p);
    free(w);
}
END_TEST

/* ---- sizes ---- */

/* 16 KB of cells, 1.5 KB of meta data and 2 Kb of mask a core, 8 b a weight of two digits, 4 b of one; dense 8 b. */
START_TEST(sizes)
{
    static const struct { enum bl_db_coding coding; uint32_t phi, n, bits; uint64_t meta; } rows[] = {
        { BL_DB_DYADIC, 2, 8, 8, 12288 }, { BL_DB_DYADIC, 1, 16, 4, 12288 }, { BL_DB_BINARY, 2, 2, 8, 0 },
    };
    int8_t w[16 * 256];

    ck_assert_uint_eq(BL_DB_CORES * BL_DB_MACROS * BL_DB_COMPARTMENTS * BL_DB_COLUMNS * BL_DB_ROWS / 8, 16384);
    ck_assert_uint_eq(BL_DB_META_FILE_BITS, 1536 * 8);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bl_db_plan p;
        struct bl_db_record r;
        for (uint32_t f = 0; f < rows[i].n; f++)
            draw_filter(w + f * 256, 256, rows[i].phi, NULL, f);
        plan(&p, w, rows[i].n, 256, rows[i].coding, 8);
        bl_db_record(&p, 0, 0, &r);
        struct bl_db_bits b = bl_db_record_bits(&p, &r);
        ck_assert_uint_eq(b.cells, 4096);                 /* every cell of the macro */
        ck_assert_uint_eq(b.meta, rows[i].meta);
        ck_assert_uint_eq(b.mask, rows[i].coding == BL_DB_BINARY ? 0 : 256);
        ck_assert_uint_eq((b.cells + b.meta) / (rows[i].n * 256), rows[i].bits);
        ck_assert_uint_eq(bl_db_plan_bits(&p).cells, b.cells);
        bl_db_plan_fini(&p);
    }
}
END_TEST

/* ---- refusals ---- */

START_TEST(refusals)
{
    static const struct { int8_t w[4]; const char *text; } rows[] = {
        { { 1, 2, 11, 4 }, "conv1: filter 1, weight 0: found 11, which has 3 non-zero signed digits, expected 1 or 2; `bitline prune --fta` makes such weights" },
        { { 1, 2, 4, 5 }, "conv1: filter 1, weight 1: found 5, which has 2 non-zero signed digits, where the weights before it have 1; `bitline prune --fta` "
                          "gives all weights of a filter the same number" },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bl_db_plan p;
        struct heard h;
        ck_assert_int_eq(bl_db_plan(&p, (struct bl_db_weights){ rows[i].w, 2, 2, "conv1" }, BL_DB_DYADIC, 8, heard_start(&h)), -1);
        ck_assert_str_eq(h.text, rows[i].text);
    }
}
END_TEST

/* ---- row steps ---- */

/* Of a layer table: dense, two digits, one digit, two digits with 20, 40, 60 % of the positions of convolutions but the first masked. */
static const struct { const char *net; uint64_t steps[6]; } NETS[] = {
    { "vgg19_cifar100",             { 389344, 97344, 53536, 78400, 59104, 39744 } },
    { "vgg19_4096_cifar100",        { 464640, 116224, 62976, 97280, 77984, 58624 } },
    { "resnet18_cifar100",          { 542944, 135744, 86560, 109504, 82752, 55712 } },
    { "alexnet_3x3_cifar100",       { 296192, 74112, 38464, 66208, 58144, 50176 } },
    { "mobilenetv2_cifar100",       { 85104, 26888, 18944, 23532, 17856, 12740 } },
    { "efficientnetb0_s2_cifar100", { 17833, 5202, 3389, 4547, 3808, 2943 } },
};
static const struct { uint32_t columns; double masked; } WAYS[6] = { { 8, 0 }, { 2, 0 }, { 1, 0 }, { 2, .2 }, { 2, .4 }, { 2, .6 } };

/* The row steps of records whose weights are made up so: every filter of the same digits, the same positions masked in all. */
static uint64_t steps_of_records(uint32_t n, uint32_t k, uint32_t kept, uint32_t columns, uint64_t m)
{
    int8_t *w = malloc((size_t)n * k);
    struct bl_db_plan p;

    for (uint32_t f = 0; f < n; f++)
        for (uint32_t i = 0; i < k; i++)           /* `kept` of k, evenly */
            w[(size_t)f * k + i] = (uint64_t)(i + 1) * kept / k == (uint64_t)i * kept / k ? 0 : columns == 1 ? 4 : 5;
    plan(&p, w, n, k, columns == 8 ? BL_DB_BINARY : BL_DB_DYADIC, BL_DB_CORES);
    uint64_t steps = bl_db_row_steps(&p, m, BL_DB_MACROS);
    bl_db_plan_fini(&p);
    free(w);
    return steps;
}

struct shape { char name[40], type[16]; uint32_t cin, cout, kh, kw, groups, h, w; };

static bool read_shape(const char *line, struct shape *s)
{
    return sscanf(line, "%39[^,],%15[^,],%u,%*u,%*u,%u,%u,%u,%*u,%*[^,],%u,%u,%u,", s->name, s->type, &s->cin, &s->cout, &s->kh, &s->kw, &s->groups, &s->h,
                  &s->w) == 9 && (!strcmp(s->type, "conv") || !strcmp(s->type, "pwconv") || !strcmp(s->type, "fc"));
}

/* What the section's totals count: squeeze-and-excite layers are not pruned in them. */
static void add_steps(const struct shape *s, bool first, bool records, uint64_t total[6])
{
    const uint32_t k = s->cin * s->kh * s->kw;
    const bool pruned = !first && strcmp(s->type, "fc") && !strstr(s->name, "se_");

    for (int i = 0; i < 6; i++) {
        uint32_t kept = k - (pruned ? (uint32_t)(WAYS[i].masked * k + 1e-9) : 0);
        uint64_t steps = bl_db_ideal_steps(s->cout, kept, WAYS[i].columns, (uint64_t)s->h * s->w, BL_DB_CORES, BL_DB_MACROS);
        total[i] += steps;
        if (records)
            ck_assert_msg(steps_of_records(s->cout, k, kept, WAYS[i].columns, (uint64_t)s->h * s->w) == steps, "%s, way %d", s->name, i);
    }
}

START_TEST(networks)
{
    char path[80], line[256];
    struct shape s;
    uint64_t total[6] = { 0 };
    bool first = true;

    snprintf(path, sizeof path, "platforms/nets/%s.csv", NETS[_i].net);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    while (fgets(line, sizeof line, f))
        if (read_shape(line, &s)) {
            add_steps(&s, first, s.cin * s.kh * s.kw * s.cout < 1u << 17, total);
            first = false;
        }
    fclose(f);
    for (int i = 0; i < 6; i++)
        ck_assert_msg(total[i] == NETS[_i].steps[i], "%s, way %d: got %llu row steps, expected %llu", NETS[_i].net, i, (unsigned long long)total[i],
                      (unsigned long long)NETS[_i].steps[i]);
}
END_TEST

/* 3 x 3, 64 to 64 channels on 32 x 32. */
START_TEST(one_layer)
{
    ck_assert_uint_eq(steps_of_records(64, 576, 576, 2, 1024), 9216);
    ck_assert_uint_eq(steps_of_records(64, 576, 231, 2, 1024), 3840);
    ck_assert_uint_eq(steps_of_records(64, 576, 576, 8, 1024), 36864);
}
END_TEST

Suite *suite_db_pim_record(void)
{
    Suite *s = suite_create("db_pim_record");
    TCase *t = tcase_create("record");

    tcase_add_loop_test(t, records_give_weights_back, 0, 60);
    tcase_add_loop_test(t, packing, 0, COUNT(PACKS));
    tcase_add_loop_test(t, k_tiles, 0, COUNT(CUTS));
    tcase_add_test(t, densest_core_ends_the_tile);
    tcase_add_test(t, sizes);
    tcase_add_test(t, refusals);
    tcase_add_test(t, one_layer);
    tcase_add_loop_test(t, networks, 0, COUNT(NETS));
    suite_add_tcase(s, t);
    return s;
}

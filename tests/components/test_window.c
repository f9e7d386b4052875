/* test_window.c - im2col against one formula a product: random convolutions (groups, strides, dilations, padding wider than windows),
 * both orders of the tensor, fully connected rows, any part of a window; the words that a reader of a buffer would fetch. */
#include "components/window.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/draw.h"

Suite *suite_window(void);

static uint32_t pick(uint64_t *s, uint32_t lo, uint32_t hi) { return lo + (uint32_t)(bl_draw(11, ++*s) % (hi - lo + 1)); }

/* A layer, and the memory that its input lies in, at an odd place. */
struct conv { struct bl_host_layer l; uint32_t groups, channels; size_t bytes; uint8_t *memory; };

static struct conv conv_of(uint64_t seed)
{
    uint64_t s = seed * 1000;
    struct conv c = { .groups = pick(&s, 1, 3), .channels = pick(&s, 1, 4) };
    struct bl_host_layer *l = &c.l;
    const uint32_t ho = pick(&s, 1, 6), wo = pick(&s, 1, 6);

    l->kh = pick(&s, 1, 4), l->kw = pick(&s, 1, 4);
    l->stride_h = pick(&s, 1, 3), l->stride_w = pick(&s, 1, 3);
    l->dil_h = pick(&s, 1, 3), l->dil_w = pick(&s, 1, 3);
    l->pad_t = pick(&s, 0, 5), l->pad_l = pick(&s, 0, 5);
    l->in[0] = (struct bl_host_tensor){ .c = c.groups * c.channels, .h = pick(&s, 1, 9), .w = pick(&s, 1, 9), .at = 5,
                                        .zero = (int32_t)pick(&s, 0, 200) - 128, .bias = 128 };
    if (seed % 8 == 0) {                /* windows that are the image, or pixels of it */
        l->pad_t = l->pad_l = 0;
        l->dil_h = l->dil_w = 1;
        l->kh = seed % 16 ? 1 : l->in[0].h;
        l->kw = seed % 16 ? 1 : l->in[0].w;
    }
    l->k = c.channels * l->kh * l->kw;
    l->yxc = seed % 3 == 0;
    l->width = wo;
    l->pixels = ho * wo;
    l->group_bytes = c.channels * l->in[0].h * l->in[0].w;
    c.bytes = 5 + (size_t)c.groups * l->group_bytes;
    c.memory = malloc(c.bytes);         /* as long as it must be: what reads beyond is found by a sanitizer */
    for (size_t i = 0; i < c.bytes; i++)
        c.memory[i] = (uint8_t)bl_draw(seed, i);
    return c;
}

/* Byte of the group's input that product k of window p finds; -1: padding. */
static int64_t place(const struct bl_host_layer *l, uint32_t p, uint32_t k)
{
    if (l->flat)
        return (int64_t)p * l->k + k;
    const uint32_t of = l->k / (l->kh * l->kw), pixel = l->yxc ? k / of : k % (l->kh * l->kw);
    const int64_t ch = l->yxc ? k % of : k / (l->kh * l->kw), y = (int64_t)(p / l->width) * l->stride_h + pixel / l->kw * l->dil_h - l->pad_t;
    const int64_t x = (int64_t)(p % l->width) * l->stride_w + pixel % l->kw * l->dil_w - l->pad_l;

    if (y < 0 || x < 0 || y >= l->in[0].h || x >= l->in[0].w)
        return -1;
    return l->yxc ? (y * l->in[0].w + x) * l->in[0].c + ch : (ch * l->in[0].h + y) * l->in[0].w + x;
}

/* Runs from `from` to `end`, product by product; and the same bytes read. */
static void check_part(const struct conv *c, const struct bl_window *w, uint32_t p, uint32_t from, uint32_t end)
{
    const uint8_t *in = bl_window_input(w, c->memory);
    uint8_t act[512], beyond = 0xa5;
    struct bl_taps t;

    ck_assert(in == c->memory + 5 + (size_t)w->group * (c->l.yxc ? c->channels : c->l.group_bytes));
    for (uint32_t k = from, next; k < end; k = next) {
        next = bl_window_next(w, k, end, &t);
        ck_assert(t.n >= 1 && next == k + t.n && next <= end);
        for (uint32_t i = 0; i < t.n; i++)
            ck_assert_int_eq(t.at < 0 ? -1 : t.at + i, place(&c->l, p, k + i));
    }
    act[end - from] = beyond;
    bl_window_read(w, in, from, end - from, act);
    ck_assert_uint_eq(act[end - from], beyond);
    for (uint32_t k = from; k < end; k++) {
        int64_t at = place(&c->l, p, k);
        ck_assert_uint_eq(act[k - from], at < 0 ? (uint8_t)(c->l.in[0].zero + 128) : in[at]);
    }
}

static void check_window(const struct conv *c, uint32_t g, uint32_t p, uint64_t *s)
{
    const struct bl_host_layer *l = &c->l;
    struct bl_window w;
    bool inside = true;

    bl_window_at(&w, l, g, p);
    ck_assert(w.l == l && w.group == g);
    for (uint32_t k = 0; k < l->k; k++)
        inside &= place(l, p, k) >= 0;
    ck_assert_int_eq(w.inside, inside);
    if (w.inside)
        ck_assert_int_eq(w.corner, place(l, p, 0));
    check_part(c, &w, p, 0, l->k);
    for (int n = 0; n < 4; n++) {
        uint32_t from = pick(s, 0, l->k - 1);
        check_part(c, &w, p, from, pick(s, from + 1, l->k));
    }
}

START_TEST(any_conv)
{
    struct conv c = conv_of((uint64_t)_i);
    uint64_t s = (uint64_t)_i * 77;

    for (uint32_t g = 0; g < c.groups; g++)
        for (uint32_t p = 0; p < c.l.pixels; p++) {
            struct bl_window w;
            bl_window_at(&w, &c.l, g, p);
            ck_assert_int_eq(w.y, (int)(p / c.l.width * c.l.stride_h) - (int)c.l.pad_t);
            ck_assert_int_eq(w.x, (int)(p % c.l.width * c.l.stride_w) - (int)c.l.pad_l);
            check_window(&c, g, p, &s);
        }
    free(c.memory);
}
END_TEST

START_TEST(any_fc)
{
    uint64_t s = (uint64_t)_i * 99;
    struct conv c = { .groups = pick(&s, 1, 3) };
    struct bl_host_layer *l = &c.l;

    l->flat = true;
    l->k = pick(&s, 1, 300);
    l->rows_of_group = pick(&s, 1, 4);
    l->pixels = c.groups * l->rows_of_group;
    l->width = l->kh = l->kw = l->stride_h = l->stride_w = l->dil_h = l->dil_w = 1;
    l->in[0] = (struct bl_host_tensor){ 1, l->pixels, l->k, 5, -3, 128, false, 8 };
    l->group_bytes = l->rows_of_group * l->k;
    c.bytes = 5 + (size_t)c.groups * l->group_bytes;
    c.memory = malloc(c.bytes);
    for (size_t i = 0; i < c.bytes; i++)
        c.memory[i] = (uint8_t)bl_draw(3, i);
    for (uint32_t g = 0; g < c.groups; g++)
        for (uint32_t p = 0; p < l->rows_of_group; p++) {
            struct bl_window w, same;
            check_window(&c, g, p, &s);
            bl_window_at(&w, l, g, p);
            bl_window_at(&same, l, g, g * l->rows_of_group + p);         /* numbered over all groups */
            ck_assert(w.corner == same.corner && w.y == (int)p && same.y == (int)p);
        }
    free(c.memory);
}
END_TEST

/* One run a row of the window; neighbours of a whole image are one run, and so is a row of a flat layer. */
START_TEST(runs)
{
    struct bl_host_layer l = { .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1,
                               .in = { { .c = 2, .h = 6, .w = 6 } }, .k = 18, .width = 6, .pixels = 36, .group_bytes = 72 };
    static const struct { int64_t at; uint32_t n; } corner[] = {       /* window 0 */
        { -1, 3 }, { -1, 1 }, { 0, 2 }, { -1, 1 }, { 6, 2 }, { -1, 3 }, { -1, 1 }, { 36, 2 }, { -1, 1 }, { 42, 2 } };
    struct bl_window w;
    struct bl_taps t;
    uint32_t k = 0;

    bl_window_at(&w, &l, 0, 0);
    for (size_t i = 0; i < sizeof corner / sizeof *corner; i++) {
        k = bl_window_next(&w, k, 18, &t);
        ck_assert_int_eq(t.at, corner[i].at);
        ck_assert_uint_eq(t.n, corner[i].n);
    }
    ck_assert_uint_eq(k, 18);
    l.in[0].h = l.in[0].w = 3;
    l.pad_t = l.pad_l = 0;
    l.width = l.pixels = 1;
    bl_window_at(&w, &l, 0, 0);
    ck_assert_uint_eq(bl_window_next(&w, 4, 17, &t), 17);
    ck_assert(t.at == 4 && t.n == 13);
}
END_TEST

/* Words of 8 bytes that a reader fetches along the taps of a window, one again only when the word changes, padding never. */
static uint32_t words_of(const struct bl_host_layer *l, uint32_t p, int64_t word[32])
{
    struct bl_window w;
    struct bl_taps t;
    uint32_t n = 0;

    bl_window_at(&w, l, 0, p);
    for (uint32_t k = 0; k < l->k;) {
        k = bl_window_next(&w, k, l->k, &t);
        for (int64_t at = t.at; at >= 0 && at < t.at + t.n; at++)
            if (!n || word[n - 1] != at / 8)
                word[n++] = at / 8;
    }
    return n;
}

START_TEST(words_of_a_buffer)
{
    const struct bl_host_layer l = { .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dil_h = 1, .dil_w = 1, .pad_t = 1, .pad_l = 1,
                                     .in = { { .c = 2, .h = 6, .w = 6 } }, .k = 18, .width = 6, .pixels = 36, .group_bytes = 72 };
    static const int64_t first[] = { 0, 4, 5 }, seventh[] = { 0, 1, 4, 5, 6 };
    int64_t word[32];
    uint32_t all = 0;

    ck_assert(words_of(&l, 0, word) == 3 && !memcmp(word, first, sizeof first));
    ck_assert(words_of(&l, 7, word) == 5 && !memcmp(word, seventh, sizeof seventh));
    for (uint32_t p = 0; p < 36; p++)
        all += words_of(&l, p, word);
    ck_assert_uint_eq(all, 172);
}
END_TEST

Suite *suite_window(void)
{
    Suite *s = suite_create("window");
    TCase *t = tcase_create("window");

    tcase_add_loop_test(t, any_conv, 0, 200);
    tcase_add_loop_test(t, any_fc, 0, 20);
    tcase_add_test(t, runs);
    tcase_add_test(t, words_of_a_buffer);
    suite_add_tcase(s, t);
    return s;
}

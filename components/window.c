/* window.c - the windows of conv and fc layers as runs of neighbouring activations and of padding. */
#include "components/window.h"

#include <string.h>

/* A product of a window: channel of the group, row and column in the window. */
struct product { uint32_t c, row, column; };

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Channels of a group. */
static uint32_t channels_of(const struct bl_host_layer *l) { return l->k / (l->kh * l->kw); }

static struct product product_of(const struct bl_host_layer *l, uint32_t k)
{
    const uint32_t rows = k / l->kw;

    if (l->yxc) {
        const uint32_t of = channels_of(l), pixel = k / of;
        return (struct product){ k % of, pixel / l->kw, pixel % l->kw };
    }

    return (struct product){ rows / l->kh, rows % l->kh, k % l->kw };
}

/* All products stand side by side in memory: rows of a flat layer, and windows as large as the image. */
static bool is_one_run(const struct bl_window *w)
{
    const struct bl_host_layer *l = w->l;

    return l->flat || (w->inside && l->kh == l->in[0].h && l->kw == l->in[0].w && (!l->yxc || channels_of(l) == l->in[0].c));
}

/* What a run depends on, apart from its product: a copy, which bytes that are written to elsewhere cannot change. */
struct frame { int64_t corner; int32_t y, x, height, width, step_y, step_x; uint32_t kh, kw, channels, of; bool inside, yxc; };

static inline struct frame frame_of(const struct bl_window *w)
{
    const struct bl_host_layer *l = w->l;

    return (struct frame){ w->corner, w->y, w->x, (int32_t)l->in[0].h, (int32_t)l->in[0].w, (int32_t)l->dil_h, (int32_t)l->dil_w,
                           l->kh, l->kw, l->in[0].c, l->yxc ? channels_of(l) : 0, w->inside, l->yxc };
}

/* The same of rows, columns, channels: columns side by side are one run when a pixel is nothing but the group. */
static struct bl_taps run_of_pixels(const struct frame *f, struct product at, uint32_t most)
{
    const int32_t dy = (int32_t)at.row * f->step_y, dx = (int32_t)at.column * f->step_x, y = f->y + dy, x = f->x + dx;
    uint32_t columns = f->kw - at.column;
    bool padding = false;

    if (!f->inside && (y < 0 || y >= f->height || x >= f->width || x < 0)) {
        padding = true;
        if (y >= 0 && y < f->height && x < 0)
            columns = least(columns, (uint32_t)((f->step_x - 1 - x) / f->step_x));
    } else if (f->step_x > 1 || f->of < f->channels) {
        columns = 1;
    } else if (!f->inside) {
        columns = least(columns, (uint32_t)(f->width - x));
    }
    return (struct bl_taps){ padding ? -1 : f->corner + ((int64_t)dy * f->width + dx) * f->channels + at.c, least(columns * f->of - at.c, most) };
}

/* The run from product `at` to the end of its row of the window, at most `most` products. */
static inline struct bl_taps run_from(const struct frame *f, struct product at, uint32_t most)
{
    if (f->yxc)
        return run_of_pixels(f, at, most);
    const int32_t dy = (int32_t)at.row * f->step_y, dx = (int32_t)at.column * f->step_x, y = f->y + dy, x = f->x + dx;
    uint32_t n = least(f->kw - at.column, most);

    if (!f->inside) {
        if (y < 0 || y >= f->height || x >= f->width)
            return (struct bl_taps){ -1, n };
        if (x < 0)
            return (struct bl_taps){ -1, least(n, (uint32_t)((f->step_x - 1 - x) / f->step_x)) };
        n = least(n, (uint32_t)(f->width - x));
    }
    return (struct bl_taps){ f->corner + ((int64_t)at.c * f->height + dy) * f->width + dx, f->step_x > 1 ? 1 : n };
}

void bl_window_at(struct bl_window *w, const struct bl_host_layer *l, uint32_t group, uint32_t p)
{
    const int32_t height = (int32_t)l->in[0].h, width = (int32_t)l->in[0].w;

    if (l->flat) {
        const uint32_t row = p % l->rows_of_group;
        *w = (struct bl_window){ .l = l, .group = group, .y = (int32_t)row, .corner = (int64_t)row * l->k, .inside = true };
        return;
    }
    *w = (struct bl_window){ .l = l, .group = group, .y = (int32_t)(p / l->width * l->stride_h) - (int32_t)l->pad_t,
                             .x = (int32_t)(p % l->width * l->stride_w) - (int32_t)l->pad_l };
    w->corner = ((int64_t)w->y * width + w->x) * (l->yxc ? l->in[0].c : 1);
    w->inside = w->y >= 0 && w->x >= 0 && w->y + (int32_t)((l->kh - 1) * l->dil_h) < height &&
                w->x + (int32_t)((l->kw - 1) * l->dil_w) < width;
}

uint32_t bl_window_next(const struct bl_window *w, uint32_t k, uint32_t end, struct bl_taps *t)
{
    const struct frame f = frame_of(w);

    *t = is_one_run(w) ? (struct bl_taps){ w->corner + k, end - k } : run_from(&f, product_of(w->l, k), end - k);
    return k + t->n;
}

void bl_window_read(const struct bl_window *w, const uint8_t *in, uint32_t k, uint32_t n, uint8_t *to)
{
    if (is_one_run(w)) {
        memcpy(to, in + w->corner + k, n);
        return;
    }
    const struct frame f = frame_of(w);
    const uint8_t pad = bl_window_pad(w->l);
    for (struct product at = product_of(w->l, k); n;) {
        const struct bl_taps t = run_from(&f, at, n);
        if (t.at < 0)
            memset(to, pad, t.n);
        for (uint32_t i = 0; t.at >= 0 && i < t.n; i++)
            to[i] = in[t.at + i];
        to += t.n;
        n -= t.n;
        k += t.n;
        if (f.yxc) {
            at = product_of(w->l, k);
            continue;
        }
        at.column += t.n;
        if (at.column < f.kw)
            continue;
        at.column = 0;
        if (++at.row == f.kh) {
            at.row = 0;
            at.c++;
        }
    }
}

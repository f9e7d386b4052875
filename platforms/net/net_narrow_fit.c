/* net_narrow_fit.c - weights of fewer bits whose scale is fitted: of each output the one of least squared error. */
#include <math.h>

#include "platforms/net/net_narrow_in.h"
#include "platforms/net/quantise.h"

/* Steps are tried from that which makes the lowest code 0.3 times the largest weight to that which makes the highest 1.2 times it, and that of narrowing;
 * each is refined. */
enum { CLIPS = 46, REFINE = 4 };
static const double LEAST_CLIP = 0.3, MOST_CLIP = 1.2;

/* The rows of weights that have one scale: from row `first`, every `each`-th one. */
struct rows { const struct bl_layer *l; uint32_t first, each; int32_t lo, hi; };

static int32_t value(const struct bl_layer *l, uint32_t o, uint32_t i) { return l->weight[(size_t)o * l->k + i] - l->wzero[o]; }

static int32_t code_of(const struct rows *r, int32_t v, double step)
{
    double q = rint(v / step);

    return q < r->lo ? r->lo : q > r->hi ? r->hi : (int32_t)q;
}

static int32_t largest(const struct rows *r)
{
    int32_t most = 0;

    for (uint32_t o = r->first; o < r->l->cout; o += r->each)
        for (uint32_t i = 0; i < r->l->k; i++) {
            int32_t v = value(r->l, o, i);
            most = v > most ? v : -v > most ? -v : most;
        }
    return most;
}

/* The squared error with that step; *better: the step of least error for the same codes. */
static double error_of(const struct rows *r, double step, double *better)
{
    double error = 0;
    int64_t cross = 0, square = 0;

    for (uint32_t o = r->first; o < r->l->cout; o += r->each)
        for (uint32_t i = 0; i < r->l->k; i++) {
            int32_t v = value(r->l, o, i), q = code_of(r, v, step);
            double off = v - step * q;
            error += off * off;
            cross += (int64_t)v * q;
            square += q * q;
        }
    *better = cross > 0 ? (double)cross / (double)square : step;
    return error;
}

static double best_step(const struct rows *r)
{
    const double most = largest(r), first = LEAST_CLIP * most / -r->lo, last = MOST_CLIP * most / r->hi;
    double best = 0, least = INFINITY, better;

    for (int i = 0; i <= CLIPS; i++) {
        double step = i < CLIPS ? first + (last - first) * i / (CLIPS - 1) : (double)(1 << (NARROW_FROM - 1)) / -r->lo;
        for (int k = 0; k < REFINE; k++, step = better) {
            double error = error_of(r, step, &better);
            if (error < least) {
                least = error;
                best = step;
            }
        }
    }
    return best;
}

/* Codes, scale and bias of these rows. */
static void set_rows(const struct rows *r, struct bl_layer *l, double step, unsigned dx)
{
    for (uint32_t o = r->first; o < l->cout; o += r->each) {
        const float was = l->wscale[o];
        for (uint32_t i = 0; i < l->k; i++)
            l->weight[(size_t)o * l->k + i] = (int8_t)code_of(r, value(l, o, i), step);
        l->wzero[o] = 0;
        l->wscale[o] = (float)((double)was * step);
        l->bias[o] = (int32_t)rint((double)l->bias[o] * (double)was / ldexp((double)l->wscale[o], (int)dx));
    }
}

void bl_narrow_fit(struct bl_layer *l, unsigned bits, unsigned dx)
{
    const uint32_t each = l->kind == BL_FC ? l->cout / l->groups : l->cout;
    const int32_t half = 1 << (bits - 1);

    for (uint32_t o = 0; o < each; o++) {
        const struct rows r = { l, o, each, -half, half - 1 };
        set_rows(&r, l, largest(&r) ? best_step(&r) : 1 << (NARROW_FROM - bits), dx);
    }
}

/* ---- how far they are off ---- */

struct bl_fit_error bl_fit_error(const struct bl_layer *was, const struct bl_layer *is)
{
    const int32_t half = 1 << (is->wbits - 1), lo = is->wbits == 1 ? -1 : -half, hi = is->wbits == 1 ? 1 : half - 1;
    double steps = 0, errors = 0, squares = 0;
    struct bl_fit_error e = { 0 };

    for (uint32_t o = 0; o < was->cout; o++)
        for (uint32_t i = 0; i < was->k; i++) {
            const double unit = (double)was->wscale[o], v = value(was, o, i) * unit, off = v - value(is, o, i) * (double)is->wscale[o];
            const double half_step = is->wbits == 1 ? (double)INFINITY : (double)is->wscale[o] / 2;
            steps += off * off / (unit * unit);
            errors += off * off;
            squares += v * v;
            e.cut += v < lo * (double)is->wscale[o] - half_step || v > hi * (double)is->wscale[o] + half_step;
        }
    e.rms = was->cout && was->k ? sqrt(steps / ((double)was->cout * was->k)) : 0;
    e.relative = squares > 0 ? sqrt(errors / squares) : 0;
    return e;
}

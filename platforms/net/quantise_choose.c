/* quantise_choose.c - mixed precision: bits by layer for a mean number of bits, from what each layer loses by itself. */
#include "platforms/net/quantise.h"

static double weights_of(const struct bl_layer *l) { return l->weight ? (double)l->cout * l->k : 0; }

double bl_bits_mean(const struct bl_net *net, const uint8_t *bits)
{
    double sum = 0, all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        sum += weights_of(l) * (bits[i] ? bits[i] : l->wbits);
        all += weights_of(l);
    }
    return all > 0 ? sum / all : 0;
}

/* A step down: layer `layer` to bits number `k`. */
struct step { uint32_t layer, k; double slope; bool any; };

static double loss_of(const struct bl_bits_losses *f, uint32_t layer, uint8_t bits)
{
    for (uint32_t k = 0; k < f->n; k++)
        if (f->bits[k] == bits)
            return f->loss[(size_t)layer * f->n + k];
    return 0;
}

/* The step that loses least for each bit of weights that it saves; of equal ones the one that saves most, then the first. */
static struct step best_step(const struct bl_net *net, const struct bl_bits_losses *f, const uint8_t *now)
{
    struct step best = { 0 };
    double most = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        const unsigned has = now[i] ? now[i] : l->wbits;
        for (uint32_t k = 0; weights_of(l) > 0 && k < f->n && f->bits[k] < has; k++) {
            const double saved = weights_of(l) * (has - f->bits[k]), slope = (f->loss[(size_t)i * f->n + k] - loss_of(f, i, now[i])) / saved;
            if (best.any && (slope > best.slope || (!(slope < best.slope) && saved <= most)))
                continue;
            best = (struct step){ i, k, slope, true };
            most = saved;
        }
    }
    return best;
}

int bl_bits_choose(const struct bl_net *net, const struct bl_bits_losses *losses, double mean, uint8_t *out)
{
    for (uint32_t i = 0; i < net->nlayers; i++)
        out[i] = 0;
    while (bl_bits_mean(net, out) > mean) {
        const struct step s = best_step(net, losses, out);
        if (!s.any)
            return -1;
        out[s.layer] = losses->bits[s.k];
    }
    return 0;
}

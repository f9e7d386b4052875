/* quantise_choose.c - mixed precision: bits by layer for a mean number of bits, from what each layer loses by itself; a knapsack in which each layer takes
 * one of its numbers of bits. */
#include <stdlib.h>

#include "platforms/net/quantise.h"

/* Bits of weights are counted in units, so that there are at most so many: exact where the layers' weights have a large common factor. */
enum { MOST_UNITS = 1 << 18 };
static const double UNREACHED = 1e300;

static uint64_t weights_of(const struct bl_layer *l) { return l->weight ? (uint64_t)l->cout * l->k : 0; }

double bl_bits_mean(const struct bl_net *net, const uint8_t *bits)
{
    double sum = 0, all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        sum += (double)weights_of(l) * (bits[i] ? bits[i] : l->wbits);
        all += (double)weights_of(l);
    }
    return all > 0 ? sum / all : 0;
}

/* least[u]: the least loss of the layers so far that take at most u units; taken[layer][u]: the bits with which the layer does. */
struct sack { const struct bl_net *net; const struct bl_bits_losses *losses; uint64_t unit; size_t units; double *least, *next; uint8_t *taken; };

static size_t cost_of(const struct sack *s, const struct bl_layer *l, unsigned bits) { return (size_t)((weights_of(l) * bits + s->unit - 1) / s->unit); }

static void offer(struct sack *s, uint32_t layer, unsigned bits, double loss)
{
    const size_t cost = cost_of(s, &s->net->layers[layer], bits);
    uint8_t *taken = s->taken + (size_t)layer * (s->units + 1);

    for (size_t u = cost; u <= s->units; u++)
        if (s->least[u - cost] < UNREACHED && s->least[u - cost] + loss < s->next[u]) {
            s->next[u] = s->least[u - cost] + loss;
            taken[u] = (uint8_t)bits;
        }
}

/* Of equal losses the layer keeps more bits. */
static void fill(struct sack *s)
{
    for (size_t u = 0; u <= s->units; u++)
        s->least[u] = 0;
    for (uint32_t i = 0; i < s->net->nlayers; i++) {
        const struct bl_layer *l = &s->net->layers[i];
        if (!weights_of(l))
            continue;
        for (size_t u = 0; u <= s->units; u++)
            s->next[u] = UNREACHED;
        offer(s, i, l->wbits, 0);
        for (uint32_t k = s->losses->n; k-- > 0;)
            if (s->losses->bits[k] < l->wbits)
                offer(s, i, s->losses->bits[k], s->losses->loss[(size_t)i * s->losses->n + k]);
        double *spare = s->least;
        s->least = s->next;
        s->next = spare;
    }
}

static void take_back(const struct sack *s, uint8_t *out)
{
    size_t u = s->units;

    for (uint32_t i = s->net->nlayers; i-- > 0;) {
        const struct bl_layer *l = &s->net->layers[i];
        const uint8_t bits = s->taken[(size_t)i * (s->units + 1) + u];
        out[i] = 0;
        if (!weights_of(l))
            continue;
        u -= cost_of(s, l, bits);
        out[i] = bits < l->wbits ? bits : 0;
    }
}

static uint64_t common_factor(uint64_t a, uint64_t b) { return b ? common_factor(b, a % b) : a; }

static void measure(struct sack *s, double mean)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < s->net->nlayers; i++) {
        all += weights_of(&s->net->layers[i]);
        s->unit = common_factor(s->unit, weights_of(&s->net->layers[i]));
    }
    const uint64_t most = (uint64_t)(mean * (double)all), units = s->unit ? most / s->unit : 0;
    s->unit *= units / MOST_UNITS + 1;
    s->units = s->unit ? (size_t)(most / s->unit) : 0;
}

int bl_bits_choose(const struct bl_net *net, const struct bl_bits_losses *losses, double mean, uint8_t *out, struct bl_diag *diag)
{
    struct sack s = { .net = net, .losses = losses };
    int rc = 0;

    measure(&s, mean);
    s.least = calloc(s.units + 1, sizeof *s.least);
    s.next = calloc(s.units + 1, sizeof *s.next);
    s.taken = calloc((size_t)net->nlayers * (s.units + 1), 1);
    if (!s.least || !s.next || !s.taken) {
        rc = bl_error(diag, "%s: no memory to choose bits of %u layers", net->name, net->nlayers);
    } else {
        fill(&s);
        if (s.least[s.units] >= UNREACHED)
            rc = bl_error(diag, "%s: a mean of %g bits of weights: found more in all layers with the fewest that were tried, %u; try fewer, or take a higher mean",
                          net->name, mean, losses->n ? losses->bits[0] : 0);
        else
            take_back(&s, out);
    }
    free(s.least);
    free(s.next);
    free(s.taken);
    return rc;
}

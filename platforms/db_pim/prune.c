/* prune.c - blocks of least norm are masked, then what is kept is approximated, layer by layer. */
#include "platforms/db_pim/prune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/db_pim/fta.h"

/* ---- blocks ---- */

struct block { double norm; uint64_t at; };      /* mean square; its number, positions running faster than groups of filters */

static int by_norm(const void *a, const void *b)
{
    const struct block *x = a, *y = b;

    return x->norm != y->norm ? (x->norm > y->norm) - (x->norm < y->norm) : (x->at > y->at) - (x->at < y->at);
}

static double norm_of(const struct bl_db_weights *w, const float *scale, uint32_t from, uint32_t to, uint32_t i)
{
    double sum = 0;

    for (uint32_t f = from; f < to; f++) {
        double real = (double)scale[f] * w->w[(size_t)f * w->k + i];
        sum += real * real;
    }
    return sum / (to - from);
}

int bl_db_mask_blocks(uint8_t *kept, const struct bl_db_weights *w, const float *scale, uint32_t alpha, double sparsity)
{
    const uint64_t rows = ((uint64_t)w->n + alpha - 1) / alpha, n = rows * w->k;
    const uint64_t masked = (uint64_t)floor(sparsity * (double)n + 1e-9);       /* 0.6 of 5 blocks are 3, whatever 0.6 is in binary */
    struct block *b = malloc((n ? n : 1) * sizeof *b);

    if (!b)
        return -1;
    for (uint64_t at = 0; at < n; at++) {
        uint32_t from = (uint32_t)(at / w->k) * alpha, to = w->n - from < alpha ? w->n : from + alpha;
        b[at] = (struct block){ norm_of(w, scale, from, to, (uint32_t)(at % w->k)), at };
    }
    qsort(b, n, sizeof *b, by_norm);
    memset(kept, 1, (size_t)w->n * w->k);
    for (uint64_t x = 0; x < n && (x < masked || !(b[x].norm > 0)); x++) {
        uint32_t from = (uint32_t)(b[x].at / w->k) * alpha, to = w->n - from < alpha ? w->n : from + alpha;
        for (uint32_t f = from; f < to; f++)
            kept[(size_t)f * w->k + b[x].at % w->k] = 0;
    }
    free(b);
    return 0;
}

/* ---- layers ---- */

bool bl_db_on_array(const struct bl_net *net, uint32_t layer)
{
    const struct bl_layer *l = &net->layers[layer];

    return l->kind == BL_FC || (l->kind == BL_CONV && (l->groups == 1 || l->groups != net->tensors[l->in[0]].c));
}

void bl_db_choose(const struct bl_net *net, double sparsity, double *out)
{
    bool first = true;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        bool conv = net->layers[i].kind == BL_CONV && bl_db_on_array(net, i);
        out[i] = conv && !first ? sparsity : 0;
        first &= !net->layers[i].weight;
    }
}

static int check(const struct bl_net *net, const struct bl_layer *l, struct bl_diag *diag)
{
    for (uint32_t o = 0; o < l->cout; o++)
        if (l->wzero[o])
            return bl_error(diag, "%s: layer '%s': found zero point %d of the weights of output %u, expected 0: a masked weight, or one of few signed digits, "
                            "must be the code of a real value near it; quantise the weights symmetrically", net->name, l->name, l->wzero[o], o);
    return 0;
}

/* What changed in a layer, of which `was` are the weights before. */
static void measure(const struct bl_layer *l, const int8_t *was, struct bl_db_pruned *out)
{
    double errors = 0, squares = 0;

    for (size_t i = 0; i < (size_t)l->cout * l->k; i++) {
        int off = abs(l->weight[i] - was[i]);
        out->worst = (uint32_t)off > out->worst ? (uint32_t)off : out->worst;
        errors += (double)(off * off);
        squares += (double)(was[i] * was[i]);
    }
    out->rms = sqrt(errors / (double)out->weights);
    out->relative = squares > 0 ? sqrt(errors / squares) : 0;
}

static void approximate(struct bl_layer *l, const uint8_t *kept, bool fta, struct bl_db_pruned *out)
{
    for (uint32_t f = 0; f < l->cout; f++) {
        int8_t *w = l->weight + (size_t)f * l->k;
        const uint8_t *mine = kept + (size_t)f * l->k;
        for (uint32_t i = 0; i < l->k; i++) {
            out->kept += mine[i];
            out->phi[bl_db_phi(w[i])] += mine[i];
            if (!mine[i])
                w[i] = 0;
        }
        if (!fta)
            continue;
        l->wbits = l->wbits < 8 ? 8 : l->wbits;             /* 7 of four bits may become 8 */
        uint32_t phi = bl_db_threshold(w, mine, l->k);
        bl_db_approximate(w, mine, l->k, phi);
        out->filters[phi]++;
    }
}

/* The bits that the records of all groups take. */
static int store(const struct bl_layer *l, bool fta, struct bl_db_pruned *out, struct bl_diag *diag)
{
    const uint32_t n = l->cout / l->groups;

    for (uint32_t g = 0; g < l->groups; g++) {
        struct bl_db_plan p;
        if (bl_db_plan(&p, (struct bl_db_weights){ l->weight + (size_t)g * n * l->k, n, l->k, l->name }, fta ? BL_DB_DYADIC : BL_DB_BINARY_MASKED, BL_DB_CORES, diag))
            return -1;
        struct bl_db_bits b = bl_db_plan_bits(&p);
        out->bits.cells += b.cells;
        out->bits.meta += b.meta;
        out->bits.mask += b.mask;
        bl_db_plan_fini(&p);
    }
    return 0;
}

/* Blocks do not cross groups: each group is pruned by itself. */
static int mask_groups(const struct bl_layer *l, uint8_t *kept, const struct bl_db_pruning *how, double sparsity)
{
    const uint32_t n = l->cout / l->groups;

    for (uint32_t g = 0; g < l->groups; g++) {
        size_t at = (size_t)g * n * l->k;
        if (bl_db_mask_blocks(kept + at, &(struct bl_db_weights){ l->weight + at, n, l->k, l->name }, l->wscale + (size_t)g * n, how->alpha, sparsity))
            return -1;
    }
    return 0;
}

static int prune_layer(struct bl_layer *l, const struct bl_db_pruning *how, double sparsity, struct bl_db_pruned *out, struct bl_diag *diag)
{
    const size_t n = (size_t)l->cout * l->k;
    uint8_t *kept = malloc(n);
    int8_t *was = malloc(n);
    int rc = -1;

    *out = (struct bl_db_pruned){ .on_array = true, .sparsity = sparsity, .weights = n };
    if (!kept || !was || mask_groups(l, kept, how, sparsity)) {
        bl_error(diag, "%s: out of memory", l->name);
    } else {
        memcpy(was, l->weight, n);
        approximate(l, kept, how->fta, out);
        measure(l, was, out);
        rc = store(l, how->fta, out, diag);
    }
    free(kept);
    free(was);
    return rc;
}

int bl_db_prune(struct bl_net *net, const struct bl_db_pruning *how, struct bl_db_pruned *out, struct bl_diag *diag)
{
    memset(out, 0, net->nlayers * sizeof *out);
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (bl_db_on_array(net, i) && check(net, &net->layers[i], diag))
            return -1;
    for (uint32_t i = 0; i < net->nlayers; i++)
        if (bl_db_on_array(net, i) && prune_layer(&net->layers[i], how, how->sparsity[i], &out[i], diag))
            return -1;
    return 0;
}

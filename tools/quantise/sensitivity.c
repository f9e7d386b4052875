/* sensitivity.c - one layer at a time with fewer bits, judged by images; mixed precision as a table. */
#include "tools/quantise/sensitivity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/score.h"
#include "tools/commands.h"
#include "tools/run/progress.h"

/* Outputs of the net as it is, image after image, and how far those of another one are from them. */
struct outputs { double *kept, *now; size_t elems; bool keeps, failed; double squares, errors; };

static void take(void *ctx, uint32_t i, uint32_t count, const struct bl_ref_out *out)
{
    struct outputs *o = ctx;
    const uint32_t t = out->net->output;

    if (o->keeps && !o->kept) {
        o->elems = bl_tensor_elems(&out->net->tensors[t]);
        o->kept = calloc(count, o->elems * sizeof *o->kept);
        o->now = calloc(o->elems, sizeof *o->now);
    }
    o->failed |= !o->kept || !o->now;
    if (o->failed)
        return;
    double *kept = o->kept + i * o->elems, *v = o->keeps ? kept : o->now;
    bl_score_reals(&out->net->tensors[t], out->value[t], out->real[t], v);
    for (size_t k = 0; k < o->elems; k++) {
        o->squares += o->keeps ? v[k] * v[k] : 0;
        o->errors += (v[k] - kept[k]) * (v[k] - kept[k]);
    }
}

static int measure(const struct bl_sensitivity *s, const struct bl_net *net, struct outputs *o, struct bl_reference_figures *f)
{
    int status = bl_reference_measure_each(net, s->so, &(struct bl_reference_each){ take, o }, f, s->diag);

    if (status == BL_WRONG)
        bl_error(s->diag, "interrupted; nothing is written");
    if (status != BL_DONE || !o->failed)
        return status;
    return bl_error(s->diag, "%s: no memory for the outputs of %u images; take fewer", net->name, f->count), BL_REFUSED;
}

/* A copy with those bits; NULL after a bl_error. */
static struct bl_net *narrowed(const struct bl_sensitivity *s, const struct bl_narrow *to)
{
    struct bl_net *net = bl_net_file_net(s->file, s->diag);

    if (net && (s->fitted ? bl_net_fit(net, to, s->diag) : bl_net_narrow(net, to, s->diag))) {
        bl_net_free(net);
        return NULL;
    }
    return net;
}

static int try_bits(struct bl_sensitivity *s, uint32_t layer, uint32_t k, struct outputs *o, struct bl_narrow *to)
{
    const size_t at = (size_t)layer * s->n + k;

    to[layer] = (struct bl_narrow){ s->bits[k], s->a_bits };
    struct bl_net *net = narrowed(s, to);
    to[layer] = (struct bl_narrow){ 0, 0 };
    o->errors = 0;
    int status = net ? measure(s, net, o, &s->figures[at]) : BL_REFUSED;
    s->loss[at] = o->squares > 0 ? o->errors / o->squares : o->errors;
    bl_net_free(net);
    return status;
}

static int try_layers(struct bl_sensitivity *s, struct outputs *o, struct bl_narrow *to)
{
    struct bl_progress progress;
    int status = BL_DONE;

    bl_progress_init(&progress, false);
    for (uint32_t i = 0; status == BL_DONE && i < s->net->nlayers; i++) {
        const struct bl_layer *l = &s->net->layers[i];
        for (uint32_t k = 0; l->weight && status == BL_DONE && k < s->n && s->bits[k] < l->wbits; k++)
            status = try_bits(s, i, k, o, to);
        bl_progress(&progress, i + 1, s->net->nlayers, "layers");
    }
    bl_progress_clear(&progress);
    return status;
}

int bl_sensitivity_run(struct bl_sensitivity *s)
{
    const size_t n = s->net->nlayers;
    struct bl_narrow *to = calloc(n, sizeof *to);
    struct outputs o = { .keeps = true };
    int status = BL_REFUSED;

    s->figures = calloc(n * s->n, sizeof *s->figures);
    s->loss = calloc(n * s->n, sizeof *s->loss);
    if (!to || !s->figures || !s->loss)
        bl_error(s->diag, "%s: no memory", s->net->name);
    else if ((status = measure(s, s->net, &o, &s->was)) == BL_DONE) {
        o.keeps = false;
        status = try_layers(s, &o, to);
    }
    free(to);
    free(o.kept);
    free(o.now);
    return status;
}

void bl_sensitivity_fini(struct bl_sensitivity *s)
{
    free(s->figures);
    free(s->loss);
}

int bl_sensitivity_together(const struct bl_sensitivity *s, const uint8_t *bits, struct bl_reference_figures *out)
{
    struct bl_narrow *to = calloc(s->net->nlayers, sizeof *to);
    struct bl_net *net = NULL;
    int status = BL_REFUSED;

    for (uint32_t i = 0; to && i < s->net->nlayers; i++)
        if (s->net->layers[i].weight)
            to[i] = (struct bl_narrow){ bits[i], s->a_bits };
    if (!to)
        bl_error(s->diag, "%s: no memory", s->net->name);
    else if ((net = narrowed(s, to)))
        status = bl_reference_measure(net, s->so, out, s->diag);
    if (status == BL_WRONG)
        bl_error(s->diag, "interrupted; nothing is written");
    bl_net_free(net);
    free(to);
    return status;
}

/* ---- the table ---- */

/* Cells have no quotes, and a name means its first layer. */
static int check_name(const struct bl_sensitivity *s, uint32_t i)
{
    const char *name = s->net->layers[i].name;

    if (strpbrk(name, ",\r\n"))
        return bl_error(s->diag, "%s: layer '%s': a table of bits has no names with commas or ends of lines in them; rename it", s->net->name, name);
    for (uint32_t k = 0; k < i; k++)
        if (s->net->layers[k].weight && !strcmp(s->net->layers[k].name, name))
            return bl_error(s->diag, "%s: two layers are called '%s', which a table of bits cannot tell apart; rename one", s->net->name, name);
    return 0;
}

char *bl_sensitivity_table(const struct bl_sensitivity *s, const uint8_t *bits)
{
    size_t room = 64, n;
    char *text;

    for (uint32_t i = 0; i < s->net->nlayers; i++) {
        if (s->net->layers[i].weight && check_name(s, i))
            return NULL;
        room += strlen(s->net->layers[i].name) + 16;
    }
    if (!(text = malloc(room))) {
        bl_error(s->diag, "%s: no memory", s->net->name);
        return NULL;
    }
    n = (size_t)snprintf(text, room, "layer,w_bits%s\n", s->a_bits ? ",a_bits" : "");
    for (uint32_t i = 0; i < s->net->nlayers; i++) {
        const struct bl_layer *l = &s->net->layers[i];
        if (l->weight)
            n += (size_t)snprintf(text + n, room - n, "%s,%u", l->name, bits[i] ? bits[i] : l->wbits);
        if (l->weight && s->a_bits)
            n += (size_t)snprintf(text + n, room - n, ",%u", s->a_bits);
        if (l->weight)
            n += (size_t)snprintf(text + n, room - n, "\n");
    }
    return text;
}

/* job_check.c - a mapper's mistakes, found before the run: a host part that is none, and layers that the host part cannot run. */
#include "platforms/job/job_in.h"

#include <stdio.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/file/load.h"

enum { ROW_WORDS = 65535 };             /* most of a row (components/host.c) */

/* ---- the host part ---- */

const char *bl_job_host(const struct bl_mapper *m, const struct bl_array *array) { return m->host ? m->host : array ? array->host : NULL; }

static bool has_memory(const struct bl_class *c, const char *name)
{
    for (const struct bl_field *f = c->fields; f && f->name; f++)
        if (f->kind == BL_KIND_MEM && !strcmp(f->name, name))
            return true;
    return false;
}

/* A job reads two memories of its host part. */
static const char *const host_memory[] = { "memory", "stat" };

static int check_host(const struct bl_ask *a, const struct bl_mapper *m, const struct bl_array *array)
{
    const char *host = bl_job_host(m, array), *place = array && !m->host ? array->at[BL_ARRAY_HOST] : a->platform ? a->platform : "the platform";
    const struct bl_class *c = bl_part_class(a->s, host);

    if (!c)
        return bl_error(a->diag, "%s: mapper %s needs the host part '%s'; there is no part of this name; expected one of class host", place, m->name,
                        host);
    for (int i = 0; i < 2; i++)
        if (!has_memory(c, host_memory[i]))
            return bl_error(a->diag, "%s: mapper %s: part '%s' of class %s is no host part, it has no memory '%s'; expected class host, or one "
                            "like it (components/host.h)", place, m->name, host, c->name, host_memory[i]);
    return 0;
}

/* A mapper reads `array:`, or the file should not have it. */
static int check_array(const struct bl_ask *a, const struct bl_mapper *m, const struct bl_array *array)
{
    if (m->host && array)
        return bl_error(a->diag, "%s: mapper %s does not read 'array'; take it out, or take 'mapper: weight_stationary'", array->where, m->name);
    if (!m->host && !array)
        return bl_error(a->diag, "%s: mapper %s needs 'array', which says what the macros are: 'array: { host: host, rows: 64, cols: 64, w_bits: 8, "
                        "a_bits: 8 }'", a->platform ? a->platform : "the platform", m->name);
    return 0;
}

int bl_job_parts(struct bl_ask *a, const struct bl_mapper *m, const struct bl_array *array, uint64_t *op_macs)
{
    uint64_t macs = array && !m->host ? (uint64_t)array->n[BL_ARRAY_ROWS] * array->n[BL_ARRAY_COLS] : 1;

    if (check_array(a, m, array) || bl_ask_parts(a) || check_host(a, m, array))
        return -1;
    for (int i = 0; i < 2; i++)
        if (m->op_size[i])
            macs *= bl_ask_int(a, m->op_size[i]);
    if (op_macs)
        *op_macs = macs;
    return a->failed ? -1 : 0;
}

/* ---- a layer as `pack` has left it ---- */

/* A field that is a number, and what it must be. */
struct number { const char *name; uint64_t is, wants; };

static int bad_field(struct bl_job *job, uint32_t i, const char *field, const char *why)
{
    return bl_error(job->diag, "mapper %s: layer '%s': %s %s", job->mapper->name, job->o.net->layers[i].name, field, why);
}

static int bad_number(struct bl_job *job, uint32_t i, const char *field, uint64_t is, uint64_t least, uint64_t most)
{
    return bl_error(job->diag, least < most ? "mapper %s: layer '%s': %s is %llu; expected %llu to %llu" :
                    "mapper %s: layer '%s': %s is %llu; expected %llu", job->mapper->name, job->o.net->layers[i].name, field,
                    (unsigned long long)is, (unsigned long long)least, (unsigned long long)most);
}

/* Windows and outputs follow from the layer alone. */
static int check_shape(struct bl_job *job, uint32_t i)
{
    const struct bl_net *net = job->o.net;
    const struct bl_layer *l = &net->layers[i];
    const struct bl_host_layer *h = &job->layers[i];
    const struct bl_tensor *in = &net->tensors[l->in[0]], *to = &net->tensors[l->out];
    bool flat = l->kind == BL_FC;
    const struct number all[] = {
        { "kind", h->kind, BL_HOST_ARRAY }, { "flat", h->flat, flat }, { "cout", h->cout, l->cout }, { "k", h->k, l->k },
        { "pixels", h->pixels, flat ? l->groups * l->rows : to->h * to->w }, { "width", h->width, flat ? 1 : to->w },
        { "rows_of_group", h->rows_of_group, l->rows }, { "group_bytes", h->group_bytes, flat ? l->rows * l->k : in->c / l->groups * in->h * in->w },
        { "in[0].at", h->in[0].at, bl_job_place(job, l->in[0]).at }, { "out.at", h->out.at, bl_job_place(job, l->out).at } };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (all[k].is != all[k].wants)
            return bad_number(job, i, all[k].name, all[k].is, all[k].wants, all[k].wants);
    if (!h->requant)
        return bad_field(job, i, "requant", "is NULL; expected one row an output");
    return 0;
}

static int check_tile(struct bl_job *job, uint32_t i, uint32_t n)
{
    const struct bl_host_layer *h = &job->layers[i];
    const struct bl_host_tile *t = &h->tile[n];
    uint32_t groups = job->o.net->layers[i].groups, per_group = h->cout / groups, some = t->groups > 1 ? t->groups : 0, windows = bl_host_windows(h);
    char name[32];
    /* Several groups in a tile are whole ones. */
    const struct { const char *field; uint64_t is, least, most; } all[] = {
        { "out", t->out, 0, h->cout - 1 }, { "groups", t->groups, 1, groups - t->out / per_group },
        { "nout", t->nout, some ? some * per_group : 1, (some ? some : 1) * per_group - t->out % per_group },
        { "k", t->k, 0, some ? 0 : h->k - 1 }, { "nk", t->nk, some ? (uint64_t)some * h->k : 1, some ? (uint64_t)some * h->k : (uint64_t)h->k - t->k },
        { "group", t->group, t->out / per_group, t->out / per_group }, { "first", t->first, 0, windows - 1 },
        { "windows", t->windows, t->first ? 1 : 0, windows > t->first ? windows - t->first : 0 } };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        snprintf(name, sizeof name, "tile[%u].%s", n, all[k].field);
        if (all[k].is < all[k].least || all[k].is > all[k].most)
            return bad_number(job, i, name, all[k].is, all[k].least, all[k].most);
    }
    if (!bl_host_rows(h, t))
        return bad_field(job, i, "nrows", "is 0; expected how many rows a tile has");
    snprintf(name, sizeof name, "tile[%u].rows", n);
    return t->rows ? 0 : bad_field(job, i, name, "is NULL; expected nrows rows of row_words words, from bl_job_alloc");
}

/* Another class of host has tiles of its own meaning, or none. */
static int check_tiles(struct bl_job *job, uint32_t i)
{
    const struct bl_host_layer *h = &job->layers[i];

    if (!h->tile || !h->ntiles)
        return bad_field(job, i, h->ntiles ? "tile" : "ntiles", "is 0; call bl_tile_cut in pack");
    if (!h->row_words || h->row_words > ROW_WORDS)
        return bad_number(job, i, "row_words", h->row_words, 1, ROW_WORDS);
    for (uint32_t n = 0; n < h->ntiles; n++)
        if (check_tile(job, i, n))
            return -1;
    return 0;
}

int bl_job_check(struct bl_job *job, struct bl_sim *s, uint32_t i)
{
    const struct bl_host_layer *h = &job->layers[i];
    bool shipped = !strcmp(bl_part_class(s, job->host)->name, "host");

    if (!shipped && !h->cout && !h->pixels)
        return 0;                      /* that host does not look at it */
    if (shipped && !h->ntiles)
        return check_tiles(job, i);    /* the likely cause of all that is wrong besides */
    if (check_shape(job, i))
        return -1;
    return shipped && check_tiles(job, i) ? -1 : 0;
}

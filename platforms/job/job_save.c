/* job_save.c - what a job knows beside the simulation, as bytes and back: figures of the layers so far, where in the
 * data set it is, what the mapper counted, tensors kept for a dump. What it can compute again (the reference) is not in them. */
#include "platforms/job/job_stream.h"

#include <stdlib.h>

/* ---- which job it is ---- */

static void mix(uint64_t *h, const void *bytes, size_t n)
{
    for (size_t i = 0; bytes && i < n; i++)
        *h = (*h ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);     /* FNV-1a */
}

static void add(uint64_t *h, const void *bytes, size_t n)
{
    mix(h, bytes, n);
    *h ^= *h >> 29;
}

/* Multipliers, then biases; the whole rows where a rule besides the plain one has more to say. */
static void add_requant(uint64_t *h, const struct bl_requant *r, uint32_t n)
{
    bool plain = true;

    for (uint32_t o = 0; o < n; o++) {
        mix(h, &r[o].mult, sizeof r[o].mult);
        plain &= r[o].rule == BL_F32 && r[o].tail == BL_TAIL_NONE;
    }
    add(h, NULL, 0);
    for (uint32_t o = 0; o < n; o++)
        mix(h, &r[o].bias, sizeof r[o].bias);
    add(h, NULL, 0);
    if (!plain)
        add(h, r, n * sizeof *r);
}

/* What only some layers have. */
static void add_more(uint64_t *h, const struct bl_net *net, const struct bl_layer *l)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *b = &net->tensors[l->in[1]], *y = &net->tensors[l->out];

    if (l->from)
        add(h, l->from, bl_tensor_elems(y) * sizeof *l->from);
    if (l->exps)
        add(h, l->exps, 256 * sizeof *l->exps);
    if (l->reals)
        add(h, l->reals, 256 * sizeof *l->reals);
    if (l->kind == BL_QUANT)
        add(h, &y->scale, sizeof y->scale);
    if (l->kind == BL_FLOAT) {
        struct bl_float f = l->real;
        f.bias = NULL;                 /* an address is another one in every run */
        add(h, &f, sizeof f);
        add(h, l->real.bias, l->real.bias ? bl_float_biases(&l->real) * sizeof(float) : 0);
    }
    if (l->mean.form)
        add(h, &l->mean, sizeof l->mean);
    if (net->rule != BL_F32)
        add(h, &l->pair, sizeof l->pair);
    if (x->data)
        add(h, x->data, bl_tensor_bytes(x));
    if (b->data)
        add(h, b->data, bl_tensor_bytes(b));
}

static void add_net(uint64_t *h, const struct job_net *n)
{
    const struct bl_net *net = n->net;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        const struct bl_host_layer *p = &n->layers[i];
        const uint32_t v[] = { l->kind, l->in[0], l->in[1], l->out, l->kh, l->kw, l->stride_h, l->stride_w, l->dil_h, l->dil_w, l->pad_t,
                               l->pad_l, l->groups, l->rows, l->cout, l->k, l->wbits, l->abits, (uint32_t)l->lo, (uint32_t)l->hi };
        add(h, v, sizeof v);
        add(h, l->weight, (size_t)l->cout * l->k);
        add_requant(h, p->requant, l->cout);
        add(h, l->lut, l->lut ? 256 : 0);
        add_more(h, net, l);
    }
}

static uint64_t identity_of(const struct bl_job *job)
{
    const struct bl_net *net = job->nets[0].net;
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const uint64_t all[] = { net->nlayers, net->ntensors, net->input, net->output, job->o.first, job->o.count, job->o.dump != NULL,
                             job->dump_layer, job->r.has_labels };

    add(&h, all, sizeof all);
    if (job->o.metric)
        add(&h, &job->o.metric, sizeof job->o.metric);
    if (job->r.nlayers && job->r.layers[0].npath)
        add(&h, &job->r.layers[0].npath, sizeof job->r.layers[0].npath);
    add(&h, job->mapper->name, strlen(job->mapper->name) + 1);
    const struct bl_array *array = job->o.file ? bl_platform_array(job->o.file) : NULL;
    const char *mapping = job->o.objective ? job->o.objective : array ? bl_array_word(array, BL_ARRAY_MAPPING) : "plain";
    if (strcmp(mapping, "plain"))      /* other tiles, so another state between them */
        add(&h, mapping, strlen(mapping) + 1);
    for (uint32_t i = 0; i < job->nnets; i++)
        add_net(&h, &job->nets[i]);
    if (job->nnets > 1)
        add(&h, job->which, job->o.count);
    add(&h, job->images, bl_net_input_bytes(net) * job->o.count);
    return h;
}

/* ---- what it knows ---- */

/* The tensors of a dump are there once its layer has run; the number of bytes says which. */
static void dump(struct stream *io, struct bl_job *job, bool kept)
{
    const struct bl_host_layer *h = &job->layers[job->dump_layer];

    flag(io, &job->dump_kept);
    if (!kept)
        return;
    tensor(io, job, &job->dump_in, &h->in[0]);
    tensor(io, job, &job->dump_out, &h->out);
    tensor(io, job, &job->dump_want, &h->out);
}

/* What stands first: plain values, without anything behind a pointer. */
static void scalars(struct stream *io, struct bl_job *job, uint64_t identity, bool *kept)
{
    ITEM(io, identity);                /* of what is read it was looked at before */
    flag(io, kept);
    ITEM(io, job->image);
    ITEM(io, job->layer);
    flag(io, &job->pending);
    ITEM(io, job->cycles_before);
    ITEM(io, job->energy_before);
    struct bl_result *r = &job->r;
    ITEM(io, r->images);
    ITEM(io, r->agree);
    ITEM(io, r->correct);
    ITEM(io, r->reference_correct);
    struct bl_mismatch *m = &r->first;
    flag(io, &m->any);
    ITEM(io, m->image);
    ITEM(io, m->layer);
    ITEM(io, m->c);
    ITEM(io, m->y);
    ITEM(io, m->x);
    ITEM(io, m->got);
    ITEM(io, m->wanted);
}

static void all(struct stream *io, struct bl_job *job)
{
    struct bl_result *r = &job->r;
    bool kept = job->dump_in != NULL;

    scalars(io, job, identity_of(job), &kept);
    for (uint32_t i = 0; i < r->nlayers; i++)
        layer_counts(io, &r->layers[i]);
    item(io, job->image_cycles, job->o.count * sizeof *job->image_cycles);
    for (int i = 0; job->o.metric == BL_MSE && i < 2; i++)
        item(io, job->image_error[i], job->o.count * sizeof(double));
    if (job->o.metric == BL_TOP5) {
        ITEM(io, r->top5);
        ITEM(io, r->reference_top5);
    }
    item(io, job->saved, job->nsaved);
    if (job->program.nstreams) {
        item(io, job->kept, (size_t)job->program.under_way * job->program.memory);
        item(io, job->fetched, job->program.nstreams * sizeof *job->fetched);
    }
    dump(io, job, kept);
}

size_t bl_job_save_bytes(struct bl_job *job)
{
    struct stream io = { .way = COUNT };

    all(&io, job);
    return io.n;
}

void bl_job_save(struct bl_job *job, void *buf)
{
    struct stream io = { .way = WRITE, .at = buf };

    all(&io, job);
}

/* With the tensors of a dump, if they are in the bytes. */
static size_t bytes_with(struct bl_job *job, bool kept)
{
    const struct bl_host_layer *h = &job->layers[job->dump_layer];
    size_t in = (size_t)h->in[0].c * h->in[0].h * h->in[0].w, out = (size_t)h->out.c * h->out.h * h->out.w;
    size_t tensors = (in + 2 * out) * sizeof(int16_t), now = bl_job_save_bytes(job) - (job->dump_in ? tensors : 0);

    return now + (kept ? tensors : 0);
}

static bool has_dump(const void *buf) { return ((const unsigned char *)buf)[sizeof(uint64_t)] != 0; }

/* A checksum proves that bytes arrived, not that a run wrote them: what counts images and layers must lie among them. */
static int check_places(const struct bl_job *job, const void *buf, bool kept)
{
    struct bl_job there = *job;
    struct stream io = { .way = READ, .from = buf };
    const struct bl_result *x = &there.r;
    uint32_t layers = job->o.net->nlayers, count = job->o.count;
    bool any = false;

    scalars(&io, &there, 0, &any);
    bool at_layer = there.image < count ? there.layer < job->program.nlayers : there.image == count && there.layer == 0;
    if (!at_layer)
        return bl_error(job->diag, "the job in the snapshot is at layer %u of image %u; expected one of %u layers and %u images", there.layer,
                        there.image, job->program.nlayers, count);
    if (x->images > count || x->correct > x->images || x->reference_correct > x->images)
        return bl_error(job->diag, "the job in the snapshot has judged %llu images; expected at most %u", (unsigned long long)x->images, count);
    if (x->first.any && x->first.layer >= layers)
        return bl_error(job->diag, "the job in the snapshot has a wrong value in layer %u; expected one of %u layers", x->first.layer, layers);
    return kept && !job->o.dump ? bl_error(job->diag, "the job in the snapshot has the tensors of a dump, and this run has no --dump") : 0;
}

int bl_job_fits(struct bl_job *job, const void *buf, size_t bytes)
{
    uint64_t identity;

    if (bytes < sizeof identity + 1)
        return bl_error(job->diag, "the snapshot has no job in it; the run that was saved had no net");
    memcpy(&identity, buf, sizeof identity);
    bool kept = has_dump(buf);
    if (identity != identity_of(job))
        return bl_error(job->diag, "the snapshot is of another job: its net, images, mapping, --dump or --no-path differ");
    if (bytes != bytes_with(job, kept))
        return bl_error(job->diag, "the job in the snapshot has %zu bytes; expected %zu", bytes, bytes_with(job, kept));
    return check_places(job, buf, kept);
}

int bl_job_restore(struct bl_job *job, const void *buf, size_t bytes)
{
    struct stream io = { .way = READ, .from = buf };

    if (bl_job_fits(job, buf, bytes))
        return -1;
    job->over = false;
    if (!has_dump(buf))
        job->dump_in = job->dump_out = job->dump_want = NULL;
    all(&io, job);
    job->ref_layers = 0;               /* the reference does this image once more so far, when it is needed */
    return 0;
}

/* job_plan.c - the plan of a job: tensors placed in the host's memory, layers as the host's program, images. */
#include "platforms/job/job_in.h"

#include <string.h>

#include "components/requant.h"

struct bl_host_tensor bl_job_place(const struct bl_job *job, uint32_t t)
{
    const struct bl_net *net = job->o.net;
    size_t at = 0;

    for (uint32_t i = 0; i < t; i++)
        at += (bl_tensor_bytes(&net->tensors[i]) + 7) / 8 * 8;
    const struct bl_tensor *x = &net->tensors[t];
    return (struct bl_host_tensor){ x->c, x->h, x->w, at, x->zero, bl_tensor_offset(x), x->dtype == BL_REAL, (uint8_t)(x->bits + x->odd) };
}

static void plan_window(struct bl_host_layer *h, const struct bl_layer *l)
{
    h->kh = l->kh;
    h->kw = l->kw;
    h->stride_h = l->stride_h;
    h->stride_w = l->stride_w;
    h->dil_h = l->dil_h;
    h->dil_w = l->dil_w;
    h->pad_t = l->pad_t;
    h->pad_l = l->pad_l;
    h->lo = l->lo;
    h->hi = l->hi;
    h->count_pad = l->count_pad;
    h->lut = l->lut;
    h->mean = l->mean;
    h->pair = l->pair;
    h->from = l->from;
    h->fill = l->fill;
    h->exps = l->exps;
    h->along_w = l->along_w;
    h->fill_real = l->fill_real;
    h->reals = l->reals;
    h->inside = l->inside;
    h->work = l->real;
}

/* ---- what the mapper answers ---- */

/* So far, of the job and of the simulation, whose messages may go elsewhere. */
static unsigned errors_of(const struct bl_job *job, const struct bl_sim *s)
{
    const struct bl_diag *other = bl_diag_of(s);

    return job->diag->errors + (other && other != job->diag ? other->errors : 0);
}

/* Errors without -1 are a refusal too, and -1 without an error is told here. */
static int answer(struct bl_job *job, struct bl_sim *s, unsigned before, int status, const char *what, const char *name)
{
    bool told = errors_of(job, s) != before;

    if (status && !told)
        bl_error(job->diag, "mapper %s refused %s '%s' without saying why; it should say so by bl_error", job->mapper->name, what, name);
    return status || told ? -1 : 0;
}

/* `begin` or `supply`, where the mapper has it. */
static int ask_mapper(struct bl_job *job, struct bl_sim *s, int (*hook)(struct bl_job *job, struct bl_sim *s))
{
    unsigned before = errors_of(job, s);

    return hook ? answer(job, s, before, hook(job, s), "net", job->o.net->name) : 0;
}

/* ---- layers ---- */

/* Offset binary adds 2^(bits-1) to every activation of a signed tensor: so many times the sum of the weights goes. */
static int plan_array(struct bl_job *job, struct bl_sim *s, uint32_t i, struct bl_host_layer *h)
{
    const struct bl_layer *l = &job->o.net->layers[i];
    struct bl_requant *requant = bl_job_alloc(job, l->cout * sizeof *requant);

    h->kind = BL_HOST_ARRAY;
    h->requant = requant;
    for (uint32_t o = 0; o < l->cout; o++) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < l->k; k++)
            sum += l->weight[(size_t)o * l->k + k];
        requant[o] = l->requant[o];
        requant[o].bias = bl_layer_folded_bias(job->o.net, i, o) - h->in[0].bias * sum;
    }
    for (uint32_t o = 0; o < l->cout && !h->wzero; o++)
        h->wzero = l->wzero[o] ? l->wzero : NULL;
    unsigned before = errors_of(job, s);
    int status = job->mapper->pack(job, s, i, h);
    return answer(job, s, before, status, "layer", l->name) ? -1 : bl_job_check(job, s, i);
}

/* The host keeps signed tensors in offset binary. */
static void as_kept(const struct bl_tensor *t, const uint8_t *bytes, uint8_t *out)
{
    size_t n = bl_tensor_bytes(t);

    for (size_t i = 0; i < n; i++)
        out[i] = t->dtype == BL_REAL ? bytes[i] : (uint8_t)(bytes[i] + bl_tensor_offset(t));
}

/* A constant operand, as the host keeps it. */
static void plan_constants(struct bl_job *job, const struct bl_layer *l, struct bl_host_layer *h)
{
    for (int i = 0; i < 2; i++) {
        const struct bl_tensor *t = &job->o.net->tensors[l->in[i]];
        uint8_t *bytes = t->data ? bl_job_alloc(job, bl_tensor_bytes(t)) : NULL;
        if (bytes)
            as_kept(t, t->data, bytes);
        h->constant[i] = bytes;
    }
}

static void plan_host_work(struct bl_job *job, const struct bl_layer *l, struct bl_host_layer *h)
{
    static const enum bl_host_kind kind[] = { [BL_RELU] = BL_HOST_RELU, [BL_MAXPOOL] = BL_HOST_MAXPOOL, [BL_AVGPOOL] = BL_HOST_AVGPOOL,
                                           [BL_ADD] = BL_HOST_PAIR, [BL_SUB] = BL_HOST_PAIR, [BL_MUL] = BL_HOST_PAIR,
                                           [BL_MAX] = BL_HOST_PAIR, [BL_MIN] = BL_HOST_PAIR, [BL_RESHAPE] = BL_HOST_COPY,
                                           [BL_SUBSAMPLE] = BL_HOST_SUBSAMPLE, [BL_LUT] = BL_HOST_LUT, [BL_MOVE] = BL_HOST_MOVE,
                                           [BL_SOFTMAX] = BL_HOST_SOFTMAX, [BL_TABLE] = BL_HOST_TABLE, [BL_QUANT] = BL_HOST_QUANT,
                                           [BL_FLOAT] = BL_HOST_FLOAT };
    const struct bl_tensor *t = job->o.net->tensors;
    float sx = t[l->in[0]].scale, sy = t[l->out].scale;

    h->kind = kind[l->kind];
    h->m0 = sx / sy;
    h->scale = sy;
    plan_constants(job, l, h);
}

static int plan_layer(struct bl_job *job, struct bl_sim *s, uint32_t i)
{
    const struct bl_net *net = job->o.net;
    const struct bl_layer *l = &net->layers[i];
    struct bl_host_layer *h = &job->layers[i];
    struct bl_layer_result once, *r = job->net ? &once : &job->r.layers[i];       /* shown as the first net has it */
    bool array = l->kind == BL_CONV || l->kind == BL_FC, pool = l->kind == BL_MAXPOOL || l->kind == BL_AVGPOOL;

    h->in[0] = bl_job_place(job, l->in[0]);
    if (!array && !pool)
        h->in[1] = bl_job_place(job, l->in[1]);
    h->out = bl_job_place(job, l->out);
    h->config = (uint16_t)i;
    plan_window(h, l);
    if (array) {
        if (plan_array(job, s, i, h))
            return -1;
    } else {
        plan_host_work(job, l, h);
    }
    *r = (struct bl_layer_result){ .name = l->name, .kind = bl_layer_kind(l), .in_c = h->in[0].c, .in_h = h->in[0].h,
        .in_w = h->in[0].w, .out_c = h->out.c, .out_h = h->out.h, .out_w = h->out.w, .kh = l->kh, .kw = l->kw,
        .stride = l->stride_h, .groups = l->groups, .on_array = array || (pool && job->mapper->pools),
        .w_bits = array ? l->wbits : 0, .a_bits = array ? l->abits : net->tensors[l->in[0]].bits, .out_bits = net->tensors[l->out].bits, .macs = bl_layer_macs(net, i), .tiles = h->ntiles };
    size_t sums = array ? (size_t)h->cout * h->pixels : r->on_array ? bl_tensor_elems(&net->tensors[l->out]) : 0;
    if (sums > job->program.sums)
        job->program.sums = sums;
    return 0;
}

static void make_images(struct bl_job *job)
{
    size_t n = bl_net_input_bytes(job->o.net);

    job->images = bl_job_alloc(job, n * job->o.count + 1);
    for (uint32_t i = 0; i < job->o.count; i++) {
        const struct bl_net *net = bl_job_net_of(job, i);
        uint8_t *image = job->images + i * n;
        if (job->o.images)
            bl_dataset_image(job->o.images, net, job->o.first + i, image);
        else
            bl_dataset_made(net, job->o.seed, job->o.first + i, 50, image);
    }
}

/* The reference reads images as they are; the host has each input at its place. */
static const uint8_t *host_images(struct bl_job *job)
{
    const struct bl_net *net = job->o.net;
    const struct bl_host_program *g = &job->program;
    const uint8_t *from = job->images;

    if (net->ninputs == 1 && net->tensors[net->input].dtype == BL_U8)
        return job->images;
    uint8_t *to = bl_job_alloc(job, g->input_bytes * job->o.count + 1);
    for (uint32_t i = 0; i < job->o.count; i++)
        for (uint32_t t = net->input; t < net->input + net->ninputs; t++) {
            as_kept(&bl_job_net_of(job, i)->tensors[t], from, to + i * g->input_bytes + bl_job_place(job, t).at - g->input_at);
            from += bl_tensor_bytes(&net->tensors[t]);
        }
    return to;
}

static int find_dump(struct bl_job *job)
{
    const struct bl_net *net = job->o.net;
    const char *names[512];
    uint32_t n = 0;

    if (!job->o.dump)
        return 0;
    for (uint32_t i = 0; i < net->nlayers; i++) {
        if (n < 512)
            names[n++] = net->layers[i].name;
        if (!strcmp(net->layers[i].name, job->o.dump)) {
            job->dump_layer = i;
            if (net->tensors[net->layers[i].in[0]].dtype != BL_REAL && net->tensors[net->layers[i].out].dtype != BL_REAL)
                return 0;
            return bl_error(job->diag, "--dump %s: this layer of net %s reads or makes float32; --dump keeps integers", job->o.dump, net->name);
        }
    }
    const char *near = bl_nearest(job->o.dump, names, n);
    return bl_error(job->diag, "--dump %s: net %s has no layer of this name%s%s%s", job->o.dump, net->name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Room for what a metric besides the class needs. */
static void plan_judging(struct bl_job *job)
{
    const struct bl_net *net = job->o.net;

    if (job->o.metric == BL_TOP1)
        return;
    job->in = bl_job_alloc(job, bl_tensor_elems(&net->tensors[net->input]) * sizeof *job->in);
    job->reals = bl_job_alloc(job, bl_tensor_elems(&net->tensors[net->output]) * sizeof *job->reals);
    for (int i = 0; i < 2; i++)
        job->image_error[i] = bl_job_alloc(job, (job->o.count + 1) * sizeof(double));
}

/* The parts that the mapper needs are there; the size of an operation. */
static int ask_parts(struct bl_job *job, struct bl_sim *s)
{
    struct bl_ask ask = bl_job_ask(job, s);

    return bl_job_parts(&ask, job->mapper, job->o.file ? bl_platform_array(job->o.file) : NULL, &job->op_macs);
}

/* ---- nets whose bits change between images ---- */

/* The same layers on the same tensors, so that what a run keeps by layer and by tensor is for both. */
static int check_alike(const struct bl_job *job, const struct bl_net *a, const struct bl_net *b, uint32_t from)
{
    bool same = a->nlayers == b->nlayers && a->ntensors == b->ntensors && b->finished;

    for (uint32_t i = 0; same && i < a->nlayers; i++) {
        const struct bl_layer *p = &a->layers[i], *q = &b->layers[i];
        same = p->kind == q->kind && p->in[0] == q->in[0] && p->in[1] == q->in[1] && p->out == q->out && p->k == q->k && p->cout == q->cout;
        if (!same)
            return bl_error(job->diag, "bits from image %u on: layer '%s' of net %s is '%s' there; expected the same layers: where a tensor's readers want different "
                            "bits, a layer that rounds again comes between", from, p->name, a->name, q->name);
    }
    return same ? 0 : bl_error(job->diag, "bits from image %u on: the net has %u layers, and %u before; expected as many: where a tensor's readers want different bits, "
                               "a layer that rounds again comes between", from, b->nlayers, a->nlayers);
}

/* All nets of the run, and which is that of an image. */
static int list_nets(struct bl_job *job)
{
    const struct bl_job_opts *o = &job->o;

    if (o->nlater && !job->mapper->fluid)
        return bl_error(job->diag, "bits from image %u on: the parts of mapper %s have the same bits in all images; expected a mapper that can change them, as bf_imna",
                        o->later[0].from, job->mapper->name);
    job->nets = bl_job_alloc(job, (1 + o->nlater) * sizeof *job->nets);
    job->nets[0].net = o->net;
    job->nnets = 1;
    job->which = bl_job_alloc(job, (size_t)o->count + 1);
    for (uint32_t k = 0; k < o->nlater; k++) {
        if (k > 254 || (k && o->later[k].from <= o->later[k - 1].from))
            return bl_error(job->diag, "bits from image %u on: expected at most 255 changes, by rising images", o->later[k].from);
        if (check_alike(job, o->net, o->later[k].net, o->later[k].from))
            return -1;
        job->nets[job->nnets++].net = o->later[k].net;
        for (uint32_t i = 0; i < o->count; i++)
            if (o->first + i >= o->later[k].from)
                job->which[i] = (uint8_t)(k + 1);
    }
    for (uint32_t k = 0; k < job->nnets; k++)
        job->nets[k].layers = bl_job_alloc(job, o->net->nlayers * sizeof *job->nets->layers);
    job->layers = job->nets[0].layers;
    return 0;
}

/* Layers, sums and references of every net. */
static int plan_nets(struct bl_job *job, struct bl_sim *s)
{
    for (uint32_t k = 0; k < job->nnets; k++) {
        bl_job_turn(job, k);
        for (uint32_t i = 0; i < job->o.net->nlayers; i++) {
            if (plan_layer(job, s, i))
                return -1;
            if (job->o.net->layers[i].out == job->o.net->output)
                job->last = i;
        }
        if (bl_ref_init_lean(&job->ref, job->o.net, job->diag))
            return -1;
    }
    bl_job_turn(job, 0);
    return 0;
}

static int supply_program(struct bl_job *job, struct bl_sim *s)
{
    struct bl_host_program *all = &job->program;

    if (job->nnets > 1) {
        all = bl_job_alloc(job, job->nnets * sizeof *all);
        for (uint32_t k = 0; k < job->nnets; k++) {
            all[k] = job->program;
            all[k].programs = job->nnets;
            all[k].which = job->which;
            all[k].layer = job->nets[k].layers;
        }
    }
    return bl_supply(s, job->host, "program", all, job->nnets * sizeof *all) ||
           bl_supply(s, job->host, "images", job->host_images, job->program.input_bytes * job->program.images) ? -1 : 0;
}

int bl_job_plan(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_net *net = job->o.net;
    struct bl_host_program *g = &job->program;

    if (!net->finished)
        return bl_error(job->diag, "%s: the net is not finished; call bl_net_finish first", net->name);
    if (job->o.images && bl_dataset_fits(job->o.images, net, job->diag))
        return -1;
    if (job->o.images && (uint64_t)job->o.first + job->o.count > job->o.images->count)
        return bl_error(job->diag, "%u images from number %u are asked for; the data has %u", job->o.count, job->o.first,
                        job->o.images->count);
    if (bl_metric_fits(job->o.metric, net, job->o.images ? job->o.images->labels : NULL, job->o.images ? job->o.images->count : 0, job->diag))
        return -1;
    if (list_nets(job) || ask_parts(job, s) || ask_mapper(job, s, job->mapper->begin))
        return -1;
    job->r.layers = bl_job_alloc(job, net->nlayers * sizeof *job->r.layers);
    job->layer_op_macs = bl_job_alloc(job, net->nlayers * sizeof *job->layer_op_macs);
    job->r.nlayers = net->nlayers;
    job->r.has_labels = job->o.images && job->o.images->labels;
    job->image_cycles = bl_job_alloc(job, (job->o.count + 1) * sizeof *job->image_cycles);
    plan_judging(job);
    bl_first_stream(s, job->o.first);
    *g = (struct bl_host_program){ .nlayers = net->nlayers, .images = job->o.count, .first = job->o.first, .layer = job->layers };
    struct bl_host_tensor end = bl_job_place(job, net->ntensors - 1), in = bl_job_place(job, net->input);
    g->memory = end.at + bl_tensor_bytes(&net->tensors[net->ntensors - 1]) + 8;
    g->input_at = in.at;
    uint32_t last = net->input + net->ninputs - 1;
    g->input_bytes = bl_job_place(job, last).at + bl_tensor_bytes(&net->tensors[last]) - in.at;
    if (plan_nets(job, s))
        return -1;
    make_images(job);
    job->host_images = host_images(job);
    if (find_dump(job) || supply_program(job, s))
        return -1;
    return ask_mapper(job, s, job->mapper->supply) ? -1 : bl_job_streams_plan(job);
}

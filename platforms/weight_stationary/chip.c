/* chip.c - a whole net on a chip: what it is as maps and layers, what cannot be, and what has come of each image. */
#include "platforms/weight_stationary/chip.h"

#include <stdio.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/job/tile.h"

enum { DMA_LINES = 3 };

static struct chip *state_of(struct bl_job *job) { return *bl_job_state(job); }
static const struct bl_net *net_of(struct bl_job *job) { return bl_job_options(job)->net; }
static bool on_array(const struct bl_layer *l) { return l->kind == BL_CONV || l->kind == BL_FC; }
static bool is_pair(const struct bl_layer *l)
{
    return l->kind == BL_ADD || l->kind == BL_SUB || l->kind == BL_MUL || l->kind == BL_MAX || l->kind == BL_MIN;
}
static bool on_vector(const struct bl_layer *l)
{
    return is_pair(l) || l->kind == BL_MAXPOOL || l->kind == BL_AVGPOOL || l->kind == BL_RELU || l->kind == BL_LUT;
}

/* ---- the net as layers and maps ---- */

static int no_way(struct bl_job *job, const struct bl_layer *l, const char *why)
{
    const struct bl_array *a = state_of(job)->array;

    return bl_error(bl_job_diag(job), "%s: array: placement is %s, and layer %s (%s) of net %s %s", a->at[BL_ARRAY_PLACEMENT],
                    bl_array_word(a, BL_ARRAY_PLACEMENT), l->name, bl_layer_kind(l), net_of(job)->name, why);
}

/* What the chip cannot run of a layer. */
static int check_layer(struct bl_job *job, const struct bl_layer *l)
{
    const struct bl_net *net = net_of(job);
    const struct bl_tensor *y = &net->tensors[l->out], *x = &net->tensors[l->in[0]], *b = is_pair(l) ? &net->tensors[l->in[1]] : x;

    if (x->dtype == BL_REAL || y->dtype == BL_REAL)
        return no_way(job, l, "has float32 values; units of a chip have codes of 8 bits");
    if (x->data || b->data)
        return no_way(job, l, "has a constant operand, which no unit of a chip reads");
    if (on_array(l)) {
        for (uint32_t o = 0; o < l->cout; o++)
            if (l->wzero[o])
                return no_way(job, l, "has weights with a zero point, whose correction only a host does");
        return l->kind == BL_FC && (l->rows > 1 || l->groups > 1) ? no_way(job, l, "is a product of matrices; expected one vector") : 0;
    }
    if (!on_vector(l))
        return 0;                      /* a reshape */
    if (!state_of(job)->units.nvec)
        return bl_error(bl_job_diag(job), "%s: array: layer %s runs on a vector unit; the platform has none", state_of(job)->array->at[BL_ARRAY_PLACEMENT],
                        l->name);
    if ((l->kind == BL_MAXPOOL || l->kind == BL_AVGPOOL) && x->c % (state_of(job)->width / 8))
        return bl_error(bl_job_diag(job), "%s: array: layer %s of net %s pools %u channels; a vector unit takes whole words, a multiple of %u",
                        state_of(job)->array->at[BL_ARRAY_PLACEMENT], l->name, net_of(job)->name, x->c, state_of(job)->width / 8);
    if (is_pair(l) && (x->c != y->c || x->h != y->h || x->w != y->w || b->c != y->c || b->h != y->h || b->w != y->w))
        return no_way(job, l, "has operands of different shapes; a vector unit takes them word by word");
    return 0;
}

/* Words of a pooling layer's windows, padding left out. */
static uint64_t pool_reads(const struct bl_layer *l, const struct bl_tensor *x, const struct bl_tensor *y, uint32_t each)
{
    uint64_t rows = 0, columns = 0;

    for (uint32_t o = 0; o < y->h; o++)
        for (uint32_t i = 0; i < l->kh; i++)
            rows += (uint64_t)o * l->stride_h + (uint64_t)i * l->dil_h - l->pad_t < x->h;       /* wraps where it is above */
    for (uint32_t o = 0; o < y->w; o++)
        for (uint32_t i = 0; i < l->kw; i++)
            columns += (uint64_t)o * l->stride_w + (uint64_t)i * l->dil_w - l->pad_l < x->w;
    return rows * columns * (y->c / each);
}

static uint64_t reads_of(const struct bl_net *net, const struct bl_layer *l, uint32_t each)
{
    const struct bl_tensor *x = &net->tensors[l->in[0]], *y = &net->tensors[l->out];
    const uint64_t words = (bl_tensor_elems(y) + each - 1) / each;

    return l->kind == BL_MAXPOOL || l->kind == BL_AVGPOOL ? pool_reads(l, x, y, each) : is_pair(l) ? 2 * words : words;
}

static bool on_chip(const struct bl_layer *l) { return on_array(l) || on_vector(l) || l->kind == BL_RESHAPE; }

/* Is tensor t there when an image is out: map `map`, or made by a layer from `first` on and before `end`? */
static bool is_there(const struct bl_net *net, const uint32_t *origin, uint32_t t, uint32_t map, uint32_t first, uint32_t end)
{
    bool made = map != CHIP_NONE && origin[t] == map;

    for (uint32_t n = first; n < end; n++)
        made |= net->layers[n].out == t;
    return made;
}

/* *first: the layer from which on the host does all, when an image is out; their number: none. No macro may stand behind it, and they read
 * nothing but each other and one map. 0, or -1 after a bl_error. */
static int find_tail(struct bl_job *job, const uint32_t *origin, uint32_t *first)
{
    const struct bl_net *net = net_of(job);

    for (*first = 0; *first < net->nlayers && on_chip(&net->layers[*first]);)
        ++*first;
    for (uint32_t i = *first; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i], *head = &net->layers[*first];
        const bool two = is_pair(l) || l->kind == BL_MOVE || l->kind == BL_FLOAT;
        if (on_array(l))
            return no_way(job, head, "runs on no macro and on no vector unit, and macros come behind it; with feed direct a host does it");
        if (net->tensors[l->in[0]].data || (two && net->tensors[l->in[1]].data))
            return no_way(job, l, "has a constant operand behind the chip; with feed direct a host does it");
        for (int k = 0; k <= two; k++)
            if (!is_there(net, origin, l->in[k], origin[head->in[0]], *first, i))
                return no_way(job, head, "runs on no macro and on no vector unit; at the end a host does such layers, of one map alone");
    }
    return 0;
}

/* Maps and sources: a reshape is another name of its map. */
static int make_net(struct bl_job *job, struct chip *c)
{
    const struct bl_net *net = net_of(job);
    struct chip_net *n = &c->net;
    uint32_t *origin = bl_job_alloc(job, net->ntensors * sizeof *origin);

    n->layer = bl_job_alloc(job, net->nlayers * sizeof *n->layer);
    n->map = bl_job_alloc(job, (net->nlayers + 1) * sizeof *n->map);
    for (uint32_t t = 0; t < net->ntensors; t++)
        origin[t] = CHIP_NONE;
    origin[net->input] = 0;
    n->map[0].bytes = bl_tensor_elems(&net->tensors[net->input]);
    for (uint32_t i = 0; i < net->nlayers && on_chip(&net->layers[i]); i++) {
        const struct bl_layer *l = &net->layers[i];
        if (check_layer(job, l))
            return -1;
        if (l->kind == BL_RESHAPE) {
            origin[l->out] = origin[l->in[0]];
            continue;
        }
        struct chip_layer *x = &n->layer[n->nlayers++];
        *x = (struct chip_layer){ .layer = i, .array = on_array(l), .nsrc = is_pair(l) ? 2 : 1, .src = { origin[l->in[0]], origin[l->in[is_pair(l)]] } };
        if (!x->array)
            x->reads = reads_of(net, l, c->width / 8);
        n->map[n->nlayers].bytes = bl_tensor_elems(&net->tensors[l->out]);
        origin[l->out] = n->nlayers;
    }
    c->origin = origin;
    if (find_tail(job, origin, &c->tail))
        return -1;
    n->output = origin[c->tail < net->nlayers ? net->layers[c->tail].in[0] : net->output];
    return 0;
}

/* ---- begin ---- */

int bl_chip_check(struct bl_job *job, const struct bl_array *a)
{
    const struct bl_net *net = net_of(job);

    if (net->ninputs > 1 || net->noutputs > 1)
        return bl_error(bl_job_diag(job), "%s: array: placement is %s, and net %s has %u inputs and %u outputs; expected one of each",
                        a->at[BL_ARRAY_PLACEMENT], bl_array_word(a, BL_ARRAY_PLACEMENT), net->name, net->ninputs, net->noutputs ? net->noutputs : 1);
    if (a->n[BL_ARRAY_SETS] > 1)
        return bl_error(bl_job_diag(job), "%s: array: sets is %u; placement %s holds one tile a macro", a->at[BL_ARRAY_SETS], a->n[BL_ARRAY_SETS],
                        bl_array_word(a, BL_ARRAY_PLACEMENT));
    if (a->n[BL_ARRAY_FEED] != BL_BUFFERED)
        return bl_error(bl_job_diag(job), "%s: array: placement is %s, but feed is direct; set it to buffered", a->at[BL_ARRAY_PLACEMENT],
                        bl_array_word(a, BL_ARRAY_PLACEMENT));
    return 0;
}

/* Ticks of an operation, and the stages behind the array, where these are of our classes. */
static void ask_sizes(struct bl_sim *s, struct chip *c, struct bl_ask *ask)
{
    const struct core *k = &c->units.core[0];
    const struct bl_class *input = k->input ? bl_part_class(s, k->input) : NULL;

    c->ideal = (struct chip_ideal){ c->width / 8, 1, (uint32_t)bl_units_ask(ask, c->array->host, "latency"), 1 };
    if (input && !strcmp(input->name, "slicer")) {
        const uint64_t bits = bl_units_ask(ask, k->input, "bits"), step = bl_units_ask(ask, k->input, "step");
        c->ideal.slices = step ? (uint32_t)((bits + step - 1) / step) : 1;
    }
    if (k->tree)
        c->ideal.stages = (uint32_t)bl_units_ask(ask, k->tree, "stages");
}

int bl_chip_begin(struct bl_job *job, struct bl_sim *s, const struct bl_array *a)
{
    struct chip *c = *bl_job_state(job) = bl_job_alloc(job, sizeof *c);
    struct bl_ask ask = bl_job_ask(job, s);

    c->array = a;
    if (bl_units_find(job, s, a, true, &c->units) || !(c->width = bl_units_width(job, s, a, &c->units)))
        return -1;
    const uint64_t lines = bl_units_ask(&ask, c->units.dma.part, "lines");
    ask_sizes(s, c, &ask);
    if (!ask.failed && lines < DMA_LINES)
        return bl_error(bl_job_diag(job), "%s: array: %s.lines is %llu; placement %s counts weights, images in and images out apart: set it to %d",
                        a->at[BL_ARRAY_PLACEMENT], c->units.dma.part, (unsigned long long)lines, bl_array_word(a, BL_ARRAY_PLACEMENT), DMA_LINES);
    return ask.failed ? -1 : make_net(job, c);
}

/* ---- pack ---- */

/* The shape that the input of a layer has in the buffer: that of the tensor its map was made as. */
static const struct bl_tensor *stored_as(const struct bl_net *net, uint32_t t)
{
    for (uint32_t i = net->nlayers; i-- > 0;)
        if (net->layers[i].out == t && net->layers[i].kind == BL_RESHAPE)
            t = net->layers[i].in[0];
    return &net->tensors[t];
}

/* Weights in the order in which the buffer has activations: ky, kx, c; of a fully connected layer y, x, c of its input. */
static int8_t *reordered(struct bl_job *job, const struct bl_layer *l)
{
    const struct bl_tensor *x = stored_as(net_of(job), l->in[0]);
    const uint32_t h = l->kind == BL_FC ? x->h : l->kh, w = l->kind == BL_FC ? x->w : l->kw, c = l->k / (h * w);
    int8_t *to = bl_job_alloc(job, (size_t)l->cout * l->k), *at = to;

    for (uint32_t o = 0; o < l->cout; o++)
        for (uint32_t p = 0; p < h * w; p++)
            for (uint32_t i = 0; i < c; i++)
                *at++ = l->weight[(size_t)o * l->k + (size_t)i * h * w + p];
    return to;
}

int bl_chip_pack(struct bl_job *job, const struct bl_array *a, uint32_t layer, const struct bl_tile_form *form, struct bl_host_layer *out)
{
    const struct bl_layer *l = &net_of(job)->layers[layer];
    const struct bl_tensor *x = &net_of(job)->tensors[l->in[0]];

    if (l->kind == BL_CONV && stored_as(net_of(job), l->in[0]) != x)
        return no_way(job, l, "reads a reshaped map; only a fully connected layer may");
    if ((a->n[BL_ARRAY_GROUPS] == BL_APART ? bl_tile_cut : bl_tile_pack)(job, layer, form->rows, form->cols, out))
        return -1;
    out->yxc = l->kind == BL_CONV;
    bl_tile_rows_of(job, layer, reordered(job, l), form, out);
    return 0;
}

/* ---- supply ---- */

static uint32_t chain_of(const struct bl_host_layer *l)
{
    uint32_t n = 1;

    while (n < l->ntiles && l->tile[n].k)
        n++;
    return n;
}

static int too_few(struct bl_job *job, const struct chip *c, uint32_t need)
{
    const struct bl_net *net = net_of(job);
    char text[400] = "";
    size_t n = 0;

    for (uint32_t i = 0; i < c->net.nlayers && n < sizeof text - 60; i++)
        if (c->net.layer[i].array)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%.40s %u", n ? ", " : "", net->layers[c->net.layer[i].layer].name, c->net.layer[i].tiles);
    return bl_error(bl_job_diag(job), "%s: net %s needs %u macros (%s), array.macros is %u; set macros to %u or placement to reload",
                    c->array->at[BL_ARRAY_MACROS], net->name, need, text, c->array->n[BL_ARRAY_MACROS], need);
}

/* Cores of all layers. */
static int place(struct bl_job *job, struct chip *c)
{
    const struct bl_host_program *g = bl_job_program(job);
    const uint32_t macros = c->array->n[BL_ARRAY_MACROS], reload = c->array->n[BL_ARRAY_PLACEMENT] == BL_RELOAD;

    for (uint32_t i = 0; i < c->net.nlayers; i++) {
        struct chip_layer *l = &c->net.layer[i];
        const struct bl_host_layer *h = &g->layer[l->layer];
        if (!l->array)
            continue;
        l->tiles = h->ntiles;
        l->chain = chain_of(h);
        l->windows = bl_host_windows(h);
        if (reload && l->tiles > macros)
            return bl_error(bl_job_diag(job), "%s: layer %s needs %u macros, array.macros is %u; placement reload holds a whole layer: set macros to %u, "
                            "or leave placement out", c->array->at[BL_ARRAY_MACROS], net_of(job)->layers[l->layer].name, l->tiles, macros, l->tiles);
    }
    if (!reload && chip_need(&c->net) > macros)
        return too_few(job, c, chip_need(&c->net));
    c->spare = chip_copies(&c->net, reload ? chip_need(&c->net) : macros, !reload && c->array->n[BL_ARRAY_DUPLICATE] == BL_DUPLICATED);
    if (reload)
        chip_groups(&c->net, macros);
    return 0;
}

/* Windows that are read slower than the array takes them: told, and run. */
static void note_wide(struct bl_job *job, const struct chip *c)
{
    const struct chip_span *span = chip_spans(job, c);

    for (uint32_t i = 0; i < c->net.nlayers; i++) {
        const struct chip_layer *l = &c->net.layer[i];
        if (l->array && span[i + 1].reads > c->ideal.slices)
            bl_note(bl_job_diag(job), "layer %s reads %u words a window and an operation takes %u ticks: the feeder limits (%llu -> up to %llu ticks)",
                    net_of(job)->layers[l->layer].name, span[i + 1].reads, c->ideal.slices, (unsigned long long)l->share * c->ideal.slices,
                    (unsigned long long)l->share * span[i + 1].reads);
    }
}

int bl_chip_supply(struct bl_job *job, struct bl_sim *s)
{
    struct chip *c = state_of(job);
    struct bl_ask ask = bl_job_ask(job, s);
    const uint64_t words = bl_units_ask(&ask, c->units.buffer, "words");

    if (place(job, c))
        return -1;
    const uint32_t lines = chip_vectors(&c->net, c->units.nvec ? c->units.nvec : 1);
    for (uint32_t i = 0; i < c->units.nvec; i++) {
        const uint64_t has = bl_units_ask(&ask, c->units.vec[i].part, "lines");
        if (has < lines && !ask.failed)
            return bl_error(bl_job_diag(job), "%s: array: %s.lines is %llu; one unit has %u layers of net %s, so set it to %u", c->array->where,
                            c->units.vec[i].part, (unsigned long long)has, lines, net_of(job)->name, lines);
    }
    c->reserved = chip_slots(&c->net, c->array->n[BL_ARRAY_PLACEMENT] == BL_RELOAD ? 1 : c->array->n[BL_ARRAY_SLOTS], c->width);
    if (c->reserved > words && !ask.failed)
        return bl_error(bl_job_diag(job), "%s: array: %s: slots of %llu bytes need %llu words, words is %llu", c->array->where, c->units.buffer,
                        (unsigned long long)chip_bytes(&c->net), (unsigned long long)c->reserved, (unsigned long long)words);
    for (uint32_t i = 0; i < c->net.nlayers; i++)
        if (!c->net.layer[i].array)
            bl_job_off_host(job, c->net.layer[i].layer);
    note_wide(job, c);
    return ask.failed || chip_plan(job, s, c) || chip_tables(job, s, c) ? -1 : 0;
}

/* ---- what has come ---- */

/* Bytes in the order y, x, c to a tensor of the host. */
static void to_host(const struct bl_host_tensor *t, const uint64_t *words, uint32_t each, uint8_t *memory)
{
    for (uint32_t y = 0; y < t->h; y++)
        for (uint32_t x = 0; x < t->w; x++)
            for (uint32_t c = 0; c < t->c; c++) {
                const size_t i = ((size_t)y * t->w + x) * t->c + c;
                memory[t->at + ((size_t)c * t->h + y) * t->w + x] = (uint8_t)(words[i / each] >> i % each * 8);
            }
}

struct bl_host_tensor chip_tensor(struct bl_job *job, const struct chip *c, uint32_t map)
{
    const struct bl_tensor *in = &net_of(job)->tensors[net_of(job)->input];

    return map ? bl_job_program(job)->layer[c->net.layer[map - 1].layer].out
               : (struct bl_host_tensor){ in->c, in->h, in->w, bl_job_program(job)->input_at, in->zero, bl_tensor_offset(in), false, (uint8_t)in->bits };
}

/* Other names of a map: reshapes. */
static void rename_map(struct bl_job *job, const struct chip *c, uint32_t map, uint8_t *memory)
{
    const struct bl_net *net = net_of(job);

    for (uint32_t i = 0; i < net->nlayers; i++)
        if (net->layers[i].kind == BL_RESHAPE && c->origin[net->layers[i].out] == map)
            bl_host_work(&bl_job_program(job)->layer[i], memory);
}

int bl_chip_fetch(struct bl_job *job, struct bl_sim *s, uint32_t stream, uint32_t image, uint8_t *memory)
{
    const struct chip *c = state_of(job);
    const bool out = stream == c->net.nlayers + 1;
    const uint32_t map = out ? c->net.output : stream;
    const struct bl_host_tensor t = chip_tensor(job, c, map);
    const struct chip_map *m = &c->net.map[map];
    const uint64_t *words = out ? bl_memory(s, c->array->host, "far_sums", NULL) : bl_memory(s, c->units.buffer, "word", NULL);

    to_host(&t, words + (out ? (size_t)image * c->out_words : m->at + (size_t)(image % m->slots) * m->words), c->width / 8, memory);
    rename_map(job, c, map, memory);
    for (uint32_t i = c->tail; out && i < net_of(job)->nlayers; i++) {
        const struct bl_host_tensor *made = &bl_job_program(job)->layer[i].out;
        memcpy(memory + made->at, (const uint8_t *)bl_memory(s, c->array->host, "memory", NULL) + made->at, bl_host_bytes(made));
    }
    return 0;
}

/* fuzz_tflite.c - any bytes through the reader of .tflite files, by both rules: read, or refused with a message; what is read and small
 * is run. The mutator knows the schema: it finds numbers, lengths and references of a file and changes one of them, so that most
 * of what it makes is past the FlatBuffer's own checks and tries the reader's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/net/reference.h"

enum { MOST_SITES = 8192, MOST_CELLS = 1 << 18, MOST_MACS = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_tflite: %s\n", what);
    abort();
}

static char message[1024];

static void keep(void *ctx, const char *line)
{
    (void)ctx;
    snprintf(message, sizeof message, "%s", line);
}

/* Runs a net that is small: all values must be within their types. */
static void run(const struct bl_net *net, const uint8_t *data, size_t size)
{
    uint64_t cells = 0, macs = 0;
    struct bl_diag diag = { .put = keep };
    struct bl_ref_out out;

    for (uint32_t t = 0; t < net->ntensors; t++)
        cells += bl_tensor_elems(&net->tensors[t]);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        macs += bl_layer_macs(net, i) + (uint64_t)bl_tensor_elems(&net->tensors[l->out]) * l->kh * l->kw;
    }
    if (cells > MOST_CELLS || macs > MOST_MACS)
        return;
    uint8_t *image = malloc(bl_net_input_bytes(net));
    must(image && !bl_ref_init(&out, net, &diag), "no memory for a small net");
    for (size_t i = 0; i < bl_net_input_bytes(net); i++)
        image[i] = data[i % size];
    bl_reference_run(net, image, &out);
    for (uint32_t i = 0; i < net->noutputs; i++) {
        const struct bl_tensor *y = &net->tensors[net->outputs[i]];
        for (size_t k = 0; out.value[net->outputs[i]] && k < bl_tensor_elems(y); k++)
            must(out.value[net->outputs[i]][k] >= bl_tensor_min(y) && out.value[net->outputs[i]][k] <= bl_tensor_max(y), "an output outside of its type");
    }
    bl_ref_fini(&out);
    free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int rule = BL_XNN; rule <= BL_Q31; rule++) {
        struct bl_diag diag = { .put = keep };
        struct bl_net *net = bl_tflite_read("fuzz.tflite", data, size, (enum bl_rule)rule, &diag);
        must(!net == (diag.errors > 0) && (net || strstr(message, "fuzz.tflite: ")), "an error without a message, or a message without one");
        if (net)
            run(net, data, size);
        bl_net_free(net);
    }
    return 0;
}

/* ---- the mutator ---- */

enum kind { BYTE, WORD, LONG, REAL, LENGTH, REFERENCE };
struct site { uint32_t at; enum kind kind; };
struct walk { uint8_t *b; size_t n; struct site site[MOST_SITES]; uint32_t nsites, state; };

/* What the fields of the schema's tables are: digits are numbers of 1, 4 or 8 bytes, f a float32; v.. a vector of them; a capital a table,
 * V. a vector of tables; - what is left alone. */
static const struct { char name; const char *const fields[12]; } SCHEMA[] = {
    { 'M', { "4", "VC", "VG", "-", "VB" } }, { 'C', { "1", "-", "4", "4" } }, { 'G', { "VT", "v4", "v4", "VO" } },
    { 'T', { "v4", "1", "4", "v1", "Q", "1", "-", "v4" } }, { 'Q', { "-", "-", "vf", "v8", "1", "-", "4" } },
    { 'O', { "4", "v4", "v4", "1", "P" } }, { 'P', { "4", "4", "4", "4", "4", "4", "4" } }, { 'B', { "v1", "8", "8" } },
};

static uint32_t draw(struct walk *w, uint32_t n)
{
    w->state = w->state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(w->state >> 8) * n >> 24);
}

static uint32_t word(const struct walk *w, uint32_t at)
{
    uint32_t v = 0;

    memcpy(&v, w->b + at, 4);
    return v;
}

static void add(struct walk *w, uint32_t at, enum kind kind, uint32_t bytes)
{
    if (w->nsites < MOST_SITES && (uint64_t)at + bytes <= w->n)
        w->site[w->nsites++] = (struct site){ at, kind };
}

static void number(struct walk *w, uint32_t at, char type)
{
    add(w, at, type == '1' ? BYTE : type == '8' ? LONG : type == 'f' ? REAL : WORD, type == '1' ? 1 : type == '8' ? 8 : 4);
}

static void table(struct walk *w, uint64_t at, char name);

static void vector(struct walk *w, uint64_t at, char type, bool tables)
{
    uint32_t size = type == '1' ? 1 : type == '8' && !tables ? 8 : 4, n;

    if (at + 4 > w->n)
        return;
    n = word(w, (uint32_t)at);
    add(w, (uint32_t)at, LENGTH, 4);
    for (uint32_t i = 0; i < n && i < 64 && at + 4 + (uint64_t)(i + 1) * size <= w->n; i++) {
        uint32_t e = (uint32_t)at + 4 + i * size;
        if (tables) {
            add(w, e, REFERENCE, 4);
            table(w, e + (uint64_t)word(w, e), type);
        } else {
            number(w, e, type);
        }
    }
}

static void field(struct walk *w, uint32_t at, const char *type)
{
    uint64_t to = (uint64_t)at + (at + 4 <= w->n ? word(w, at) : 0);

    if (*type == '-')
        return;
    if (*type == 'v' || *type == 'V' || (*type >= 'A' && *type <= 'Z'))
        add(w, at, REFERENCE, 4);
    if (*type == 'v' || *type == 'V')
        vector(w, to, type[1], *type == 'V');
    else if (*type >= 'A' && *type <= 'Z')
        table(w, to, *type);
    else
        number(w, at, *type);
}

static void table(struct walk *w, uint64_t at, char name)
{
    uint32_t n;
    int64_t list;

    if (at + 4 > w->n || w->nsites == MOST_SITES)
        return;
    list = (int64_t)at - (int32_t)word(w, (uint32_t)at);
    if (list < 0 || (uint64_t)list + 4 > w->n)
        return;
    n = w->b[list] / 2u - (w->b[list] >= 4 ? 2 : 0);
    for (size_t t = 0; t < sizeof SCHEMA / sizeof *SCHEMA; t++)
        for (uint32_t i = 0; SCHEMA[t].name == name && i < n && i < 12 && SCHEMA[t].fields[i]; i++) {
            uint64_t slot = (uint64_t)list + 4 + 2 * i;
            if (slot + 2 <= w->n && w->b[slot])
                field(w, (uint32_t)at + w->b[slot], SCHEMA[t].fields[i]);
        }
}

/* A value that is worth trying: a small one, one beside the old one, one of another site, the ends. */
static uint64_t other(struct walk *w, uint32_t at, uint32_t bytes)
{
    static const uint64_t ENDS[] = { 0, 1, 2, 127, 128, 255, 65535, 65536, INT32_MAX, (uint64_t)INT64_MAX, UINT64_MAX, (uint64_t)-128 };
    uint64_t old = 0;

    memcpy(&old, w->b + at, bytes);
    switch (draw(w, 4)) {
    case 0: return draw(w, 9);
    case 1: return old + (draw(w, 2) ? 1 : UINT64_MAX);
    case 2: return old << draw(w, 3) >> draw(w, 3);
    default: return ENDS[draw(w, sizeof ENDS / sizeof *ENDS)];
    }
}

static float other_real(struct walk *w, float old)
{
    static const float ENDS[] = { 0.0f, -1.0f, 1.0f, 0x1p-8f, 0x1p-7f, 1e-38f, 1e38f, INFINITY, NAN, .5f };

    return draw(w, 2) ? ENDS[draw(w, sizeof ENDS / sizeof *ENDS)] : old * (draw(w, 2) ? 2.0f : 0.37f);
}

static void change(struct walk *w, const struct site *s)
{
    static const uint32_t BYTES[] = { 1, 4, 8, 4, 4, 4 };
    const struct site *from = &w->site[draw(w, w->nsites)];
    uint32_t bytes = BYTES[s->kind];
    uint64_t v = other(w, s->at, bytes);
    float real;

    if (s->kind == REAL) {
        memcpy(&real, w->b + s->at, 4);
        real = other_real(w, real);
        memcpy(w->b + s->at, &real, 4);
    } else if (s->kind == REFERENCE && from->kind == REFERENCE) {     /* to what another one refers to */
        v = (uint64_t)from->at + word(w, from->at) - s->at;
        memcpy(w->b + s->at, &v, 4);
    } else if (from->kind == s->kind && draw(w, 3) == 0) {
        memmove(w->b + s->at, w->b + from->at, bytes);
    } else {
        memcpy(w->b + s->at, &v, bytes);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static struct walk w;

    w.b = data;
    w.n = size;
    w.nsites = 0;
    w.state = seed;
    if (size >= 8)
        table(&w, word(&w, 0), 'M');
    if (!w.nsites || draw(&w, 8) == 0)
        return LLVMFuzzerMutate(data, size, most);
    for (uint32_t i = 0, n = 1 + draw(&w, 3); i < n; i++)
        change(&w, &w.site[draw(&w, w.nsites)]);
    return size;
}

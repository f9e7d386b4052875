/* cmd_net.c - `bitline net`: a network as layers with shapes, bits, work, and where each layer runs; or its reference alone (run/reference_run.c). */
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "platforms/job/layer_bits.h"
#include "platforms/job/mapper.h"
#include "tools/commands.h"
#include "tools/report/table.h"
#include "tools/run/net_options.h"
#include "tools/run/reference_run.h"
#include "tools/run/setup_options.h"

struct net_opts {
    const char *on, *as;
    struct bl_setup_opts setup;        /* of it seed, rounding, and what is about images */
    struct bl_texts sets, images, data;
    bool check;
};

/* One layer as it is shown. */
struct row { const char *name, *kind, *where, *why; char in[40], out[40]; unsigned w_bits, a_bits; uint64_t macs, params, tiles; };
/* A net on a platform: what it has planned; by closed forms what each layer takes, NULL where the mapper has none. */
struct plan { const struct bl_layer_result *r; struct bl_ideal *ideal; const char *why; };

/* "1 x 28 x 28 u8": f real, s signed, u unsigned, odd; then the bits of an element. */
static void shape_of(char text[40], const struct bl_tensor *t)
{
    snprintf(text, 40, "%u x %u x %u %s%u", t->c, t->h, t->w, t->dtype == BL_REAL ? "f" : t->odd ? "odd" : t->dtype == BL_S8 ? "s" : "u", t->bits);
}

/* Why it runs where it does; r: what the platform has planned, or NULL. */
static const char *reason(const struct bl_net *net, const struct bl_layer *l, const struct bl_layer_result *r)
{
    bool product = l->kind == BL_CONV || l->kind == BL_FC;

    if (product && net->tensors[l->out].dtype == BL_REAL)
        return "integer sums; their real values are not quantised";
    if (product)
        return "products of codes";
    if (l->kind == BL_FLOAT || l->kind == BL_TABLE || l->kind == BL_QUANT)
        return "float32: not between two QuantizeLinear as an integer layer";
    if (l->kind == BL_MOVE || l->kind == BL_RESHAPE || l->kind == BL_SUBSAMPLE)
        return "moves codes";
    return r && r->on_array ? "the platform's processors do it" : "element by element: no array does it";
}

static struct row row_of(const struct bl_net *net, uint32_t i, const struct bl_layer_result *r)
{
    const struct bl_layer *l = &net->layers[i];
    bool product = l->kind == BL_CONV || l->kind == BL_FC;
    struct row row = { .name = l->name, .kind = bl_layer_kind(l), .where = (r ? r->on_array : product) ? "array" : "host",
                       .why = reason(net, l, r), .w_bits = product ? l->wbits : 0, .a_bits = product ? l->abits : 0, .macs = bl_layer_macs(net, i),
                       .params = product ? (uint64_t)l->cout * l->k + l->cout : 0, .tiles = r ? r->tiles : 0 };

    shape_of(row.in, &net->tensors[l->in[0]]);
    shape_of(row.out, &net->tensors[l->out]);
    return row;
}

/* ---- views ---- */

/* A number, or nothing where it is 0. */
static void number_cell(struct bl_table *t, uint64_t n)
{
    char text[24] = "";

    if (n)
        snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    bl_cell(t, "%s", text);
}

static void as_text(const struct bl_net *net, const struct bl_layer_result *r)
{
    static const char *const HEADS[] = { "layer", "kind", "in", "out", ">bits", ">MACs", ">params", ">tiles", "where", "why" };
    struct bl_table t;
    uint64_t macs = 0, params = 0;

    bl_table_start(&t, HEADS, 10);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct row w = row_of(net, i, r ? &r[i] : NULL);
        bl_cell(&t, "%s", w.name);
        bl_cell(&t, "%s", w.kind);
        bl_cell(&t, "%s", w.in);
        bl_cell(&t, "%s", w.out);
        if (w.w_bits)
            bl_cell(&t, "%ux%u", w.w_bits, w.a_bits);
        else
            bl_cell(&t, "%s", "");
        number_cell(&t, w.macs);
        number_cell(&t, w.params);
        number_cell(&t, w.tiles);
        bl_cell(&t, "%s", w.where);
        bl_cell(&t, "%s", w.why);
        macs += w.macs;
        params += w.params;
    }
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
    printf("%u layers, %llu multiply-accumulates an image, %llu parameters\n", net->nlayers, (unsigned long long)macs, (unsigned long long)params);
}

/* How each layer lies on the macros, and what it takes by closed forms. */
static void mapping_text(const struct bl_net *net, const struct plan *p)
{
    static const char *const HEADS[] = { "layer", ">tile", ">tiles", ">groups", ">copies", ">rounds", ">steps", ">array cycles", ">cycles", ">cells used", ">energy" };
    struct bl_table t;
    uint64_t cycles = 0, macs = 0;
    bl_yj energy = 0;
    char text[40];

    if (p->why)
        printf("\nNo closed forms: %s.\n", p->why);
    if (!p->ideal)
        return;
    bl_table_start(&t, HEADS, 11);
    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_ideal *x = &p->ideal[i];
        const uint64_t counts[] = { x->tiles, x->packed, x->copies, x->rounds, x->steps, x->busy, x->cycles };
        cycles += x->cycles;
        energy += x->operations + x->writes;
        macs += bl_layer_macs(net, i);
        if (!x->on_array)
            continue;
        bl_cell(&t, "%s", net->layers[i].name);
        bl_cell(&t, "%llu x %llu", (unsigned long long)x->rows, (unsigned long long)x->cols);
        for (int k = 0; k < 7; k++)
            number_cell(&t, counts[k]);
        bl_cell(&t, "%.1f %%", 100 * x->utilisation);
        bl_cell(&t, "%s", x->operations + x->writes ? bl_energy_text(x->operations + x->writes, text) : "");
    }
    printf("\n");
    bl_table_print(&t, stdout);
    bl_table_fini(&t);
    if (cycles)
        printf("%llu cycles an image on macros that nothing holds up", (unsigned long long)cycles);
    if (energy)
        printf("%s%s of the macros, %.4g TOPS/W", cycles ? "; " : "", bl_energy_text(energy, text), 2e12 * (double)macs / (double)energy);
    printf("%s", cycles || energy ? "\n" : "");
}

static void as_csv(const struct bl_net *net, const struct plan *p)
{
    const struct bl_layer_result *r = p->r;

    printf("layer,kind,in,out,where,why,w_bits,a_bits,macs,params,tiles%s\n", p->ideal ? ",tile_rows,tile_columns,packed_groups,copies,rounds,steps,array_cycles,cycles,utilisation,energy_fj" : "");
    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct row w = row_of(net, i, r ? &r[i] : NULL);
        const char *const text[] = { w.name, w.kind, w.in, w.out, w.where, w.why };
        for (int k = 0; k < 6; k++)
            bl_csv_cell(text[k], ",", stdout);
        printf("%u,%u,%llu,%llu,%llu", w.w_bits, w.a_bits, (unsigned long long)w.macs, (unsigned long long)w.params, (unsigned long long)w.tiles);
        if (p->ideal) {
            const struct bl_ideal *x = &p->ideal[i];
            const uint64_t counts[] = { x->rows, x->cols, x->packed, x->copies, x->rounds, x->steps, x->busy, x->cycles };
            for (int k = 0; k < 8; k++)
                printf(",%llu", (unsigned long long)counts[k]);
            printf(",%.6g,%.9g", x->utilisation, (double)(x->operations + x->writes) * 1e-9);
        }
        printf("\n");
    }
}

static void add_mapping(json_t *row, const struct bl_ideal *x)
{
    const struct { const char *key; uint64_t v; } counts[] = { { "tile_rows", x->rows }, { "tile_columns", x->cols }, { "packed_groups", x->packed },
        { "copies", x->copies }, { "rounds", x->rounds }, { "steps", x->steps }, { "array_cycles", x->busy }, { "cycles", x->cycles } };

    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
        json_object_set_new(row, counts[k].key, json_integer((json_int_t)counts[k].v));
    json_object_set_new(row, "utilisation", json_real(x->utilisation));
    json_object_set_new(row, "energy_fj", json_real((double)(x->operations + x->writes) * 1e-9));
}

static void as_json(const struct bl_net *net, const struct plan *p)
{
    const struct bl_layer_result *r = p->r;
    json_t *all = json_array();

    for (uint32_t i = 0; i < net->nlayers; i++) {
        struct row w = row_of(net, i, r ? &r[i] : NULL);
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:s, s:s}", "layer", w.name, "kind", w.kind, "in", w.in, "out", w.out,
            "w_bits", (int)w.w_bits, "a_bits", (int)w.a_bits, "macs", (json_int_t)w.macs, "params", (json_int_t)w.params, "tiles", (json_int_t)w.tiles, "where", w.where, "why", w.why));
        if (p->ideal)
            add_mapping(json_array_get(all, i), &p->ideal[i]);
    }
    json_t *top = json_pack("{s:s, s:o}", "net", net->name, "layers", all);
    json_dumpf(top, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(top);
}

static void show(const struct net_opts *o, const struct bl_net *net, const struct plan *p)
{
    if (o->as && !strcmp(o->as, "json"))
        as_json(net, p);
    else if (o->as && !strcmp(o->as, "csv"))
        as_csv(net, p);
    else {
        as_text(net, p->r);
        mapping_text(net, p);
    }
}

/* ---- the command ---- */

static struct bl_net *load(const struct net_opts *o, const char *path, struct bl_diag *diag)
{
    size_t n;
    void *bytes = bl_read_all(path, &n, diag);
    struct bl_net *net = bytes ? bl_net_rounded(path, bytes, n, o->setup.rounding, o->setup.seed.given ? o->setup.seed.v : 1, diag) : NULL;

    free(bytes);
    struct bl_found at = { 0 };
    const struct bl_bits_asked bits = { net, path, o->setup.bits, bl_words_of(&o->sets), &at };
    if (net && bl_bits_narrow(&bits, diag) < 0) {
        bl_net_free(net);
        net = NULL;
    }
    bl_found_fini(&at);
    return net;
}

/* The reference of the net, on the images that are named. */
static int check(const struct net_opts *o, const struct bl_net *net, struct bl_diag *diag)
{
    struct bl_setup_opts so = o->setup;
    struct bl_texts files = { 0 };
    int status = bl_net_options(&so, &o->images, &o->data, &files, diag) < 0 ? BL_REFUSED : bl_reference_command(net, &so, diag);

    bl_texts_free(&files);
    return status;
}

static int alone(const struct net_opts *o, const char *file, struct bl_diag *diag)
{
    struct bl_found at = { 0 };
    struct bl_net *net = bl_find(BL_FILE_NET, file, "", &at, diag) < 0 ? NULL : load(o, at.path, diag);
    int status = net ? BL_DONE : BL_REFUSED;

    if (net && o->check)
        status = check(o, net, diag);
    else if (net)
        show(o, net, &(struct plan){ 0 });
    bl_net_free(net);
    bl_found_fini(&at);
    return status;
}

static int show_planned(const struct net_opts *o, struct bl_setup *u)
{
    struct plan p = { bl_job_result(u->job)->layers, calloc(u->net->nlayers, sizeof *p.ideal), NULL };
    struct bl_ideal *ideal = p.ideal;
    int status = ideal ? 0 : bl_error(u->diag, "%s: no memory for its layers", u->net->name);

    for (uint32_t i = 0; i < u->net->nlayers && !status; i++)
        status = bl_job_ideal(u->job, u->sim, i, &ideal[i], &p.why);
    if (status)
        p.ideal = NULL;
    else
        p.why = NULL;
    if (!u->mapper->ideal)
        p.why = NULL;                   /* nobody expects them */
    if (status >= 0)
        show(o, u->net, &p);
    free(ideal);
    return status < 0 ? -1 : 0;
}

/* As a run would plan it, without running. */
static int on_platform(const struct net_opts *o, const char *file, struct bl_diag *diag)
{
    struct bl_setup_opts so = { .platform = o->on, .net = file, .calibration = "none", .seed = o->setup.seed, .rounding = o->setup.rounding, .bits = o->setup.bits,
                                .objective = o->setup.objective,
                                .set = bl_words_of(&o->sets) };
    unsigned before = diag->errors;
    struct bl_setup *u = bl_setup_open(&so, diag);
    bool ok = u && bl_setup_fits(u) == 0 && diag->errors == before;
    const bool as_asm = o->as && !strcmp(o->as, "asm");

    if (ok && !u->job)
        bl_error(diag, "--on %s: this platform has no mapper, so no net runs on it", o->on);
    else if (ok && as_asm && !u->mapper->listing)
        bl_error(diag, "--as asm: mapper %s makes no instructions; expected text, csv or json", u->mapper->name);
    ok = ok && u->job && (!as_asm || u->mapper->listing);
    if (ok && as_asm)
        u->mapper->listing(u->job, stdout);
    else
        ok = ok && show_planned(o, u) == 0;
    bl_setup_close(u);
    return ok ? BL_DONE : BL_REFUSED;
}

/* The first setting that is not about the net's layers; NULL. */
static const char *sets_parts(const struct net_opts *o)
{
    for (size_t i = 0; i < o->sets.n; i++)
        if (!bl_is_bits_set(o->sets.v[i]))
            return o->sets.v[i];
    return NULL;
}

static int net(const struct bl_texts *words, const void *opts, struct bl_diag *diag)
{
    const struct net_opts *o = opts;

    const struct bl_setup_opts *so = &o->setup;

    if (!o->check && (o->data.n || o->images.n || so->labels || so->first.given || so->metric || bl_data_option(&so->form)))
        return bl_error(diag, "net: --data, --labels and --images are for --check, which runs the reference; so is what says how they are read and judged"), BL_REFUSED;
    if (o->check && (o->on || o->as || sets_parts(o)))
        return bl_error(diag, "net: --check runs the reference, on no platform; leave out --on, --as and --set of anything but layer[..]"), BL_REFUSED;
    if (o->as && !strcmp(o->as, "asm") && !o->on)
        return bl_error(diag, "net: --as asm shows the instructions of a platform; name it with --on"), BL_REFUSED;
    if (!o->on && sets_parts(o))
        return bl_error(diag, "net: --set %s is about a platform; name it with --on", sets_parts(o)), BL_REFUSED;
    if (!o->on && so->objective)
        return bl_error(diag, "net: --objective is about a platform; name it with --on"), BL_REFUSED;
    return o->on ? on_platform(o, words->v[0], diag) : alone(o, words->v[0], diag);
}

#define T struct net_opts
static const struct bl_option options[] = {
    { "on", 0, BL_OPT_TEXT, offsetof(T, on), "PLATFORM", "where each layer runs on that platform, its weight tiles, and what it\ntakes by the closed forms of its mapper" },
    BL_OBJECTIVE_OPTION(T),
    { "as", 0, BL_OPT_CHOICE, offsetof(T, as), "text|csv|json|asm", "form (text); asm: the instructions of a platform that has some" },
    { "check", 0, BL_OPT_FLAG, offsetof(T, check), NULL, "run the reference alone: made-up images, or --data, --labels, ..." },
    { "images", 0, BL_OPT_MANY, offsetof(T, images), "K|FILE", "of --check: how many (all of --data, else 1); or as --data" },
    { "first", 0, BL_OPT_WHOLE, offsetof(T, setup.first), "I", "index of the first one (0)" },
    BL_DATA_OPTIONS(T),
    { "rounding", 0, BL_OPT_CHOICE, offsetof(T, setup.rounding), "xnn|q31", "how a .tflite net rounds (xnn)" },
    { "bits", 0, BL_OPT_TEXT, offsetof(T, setup.bits), "TABLE[:COLUMN]", "bits of weights and inputs by layer, as in bitline run" },
    BL_SET_OPTIONS(T), { 0 } };
const struct bl_command cmd_net = {
    .name = "net", .help = "a network as layers: shapes, bits, work, and where each one runs",
    .grammar = { .words = "NET", .least = 1, .most = 1, .options = options, .size = sizeof(T), .notes =
        "Nothing is simulated: whether a model can be read, and whether it fits a platform, is known at once. Exit status: 0; 1 when --check was\n"
        "interrupted; 2 after a refusal.\n" },
    .run = net };

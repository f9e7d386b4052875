/* json.c - the account of a finished run as JSON: rows of the ledger, figures of the job, what was read. */
#include "tools/report/over_time.h"
#include "tools/report/path.h"
#include "tools/report/slots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the net and its result */

static json_t *real_or_null(double v) { return isfinite(v) ? json_real(v) : json_null(); }

static json_t *net(const struct bl_report_in *in)
{
    if (!in->net)
        return json_null();
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "name", bl_j_of_text(in->net->name), "file", bl_j_of_text(in->net_file), "generated",
                     in->net->generated, "layers", bl_j_of_count(in->net->nlayers), "images", bl_j_of_text(in->images),
                     "first", bl_j_of_count(in->first), "count", bl_j_of_count(in->count));
}

static json_t *first_mismatch(const struct bl_result *r)
{
    const struct bl_mismatch *m = &r->first;
    const char *at = m->layer < r->nlayers ? r->layers[m->layer].name : "";

    if (!m->any)
        return json_null();
    return json_pack("{s:I, s:o, s:I, s:I, s:I, s:i, s:i}", "image", (json_int_t)m->image, "layer", bl_j_of_text(at), "c",
                     (json_int_t)m->c, "y", (json_int_t)m->y, "x", (json_int_t)m->x, "got", m->got, "wanted", m->wanted);
}

/* The clock whose cycles the host part counts; NULL: it is not known. */
static const char *host_clock(struct bl_sim *s, const struct bl_result *r)
{
    const size_t part = r->host ? bl_part_find(s, r->host) : SIZE_MAX;
    struct bl_part_row row;

    if (part == SIZE_MAX)
        return NULL;
    bl_part_at(s, part, &row);
    return row.clock;
}

static json_t *result(struct bl_sim *s, const struct bl_result *r)
{
    if (!r)
        return json_null();
    json_t *o = json_pack("{s:I, s:b, s:b}", "images", (json_int_t)r->images, "approximate", r->approximate, "has_labels",
                          r->has_labels);
    json_object_set_new(o, "correct", r->has_labels ? json_integer(r->correct) : json_null());
    json_object_set_new(o, "reference_correct", r->has_labels ? json_integer(r->reference_correct) : json_null());
    json_object_set_new(o, "agree", json_integer(r->agree));
    if (r->metric == BL_TOP5) {
        json_object_set_new(o, "top5", json_integer(r->top5));
        json_object_set_new(o, "reference_top5", json_integer(r->reference_top5));
    }
    if (r->metric == BL_MSE) {
        json_object_set_new(o, "mse", real_or_null(r->mse));
        json_object_set_new(o, "reference_mse", real_or_null(r->reference_mse));
        json_object_set_new(o, "auc", real_or_null(r->auc));
        json_object_set_new(o, "reference_auc", real_or_null(r->reference_auc));
    }
    json_object_set_new(o, "outputs", bl_j_of_count(r->outputs));
    json_object_set_new(o, "mismatches", bl_j_of_count(r->mismatches));
    json_object_set_new(o, "snr_db", real_or_null(r->snr_db));
    json_object_set_new(o, "first_mismatch", first_mismatch(r));
    json_object_set_new(o, "cycles_an_image", json_pack("{s:o, s:o, s:o}", "min", bl_j_of_count(r->cycles_min), "median",
                        bl_j_of_count(r->cycles_median), "max", bl_j_of_count(r->cycles_max)));
    json_object_set_new(o, "clock", bl_j_of_text(host_clock(s, r)));
    json_object_set_new(o, "macro_operations", bl_j_of_count(r->ops));
    return o;
}

static json_t *figures(const struct bl_result *r)
{
    json_t *a = json_array();

    for (uint32_t i = 0; r && i < r->nfigures; i++) {
        const struct bl_figure *f = &r->figures[i];
        json_array_append_new(a, json_pack("{s:s, s:o, s:s, s:s}", "name", f->name, "value", real_or_null(f->value), "unit",
                                           f->unit ? f->unit : "", "help", f->help ? f->help : ""));
    }
    return a;
}

static json_t *layer(struct bl_sim *s, const struct bl_result *r, const struct bl_layer_result *l)
{
    json_t *shape = json_pack("{s:[I,I,I], s:[I,I,I], s:[I,I], s:I, s:I}", "in", (json_int_t)l->in_c, (json_int_t)l->in_h,
                              (json_int_t)l->in_w, "out", (json_int_t)l->out_c, (json_int_t)l->out_h, (json_int_t)l->out_w,
                              "kernel", (json_int_t)l->kh, (json_int_t)l->kw, "stride", (json_int_t)l->stride, "groups",
                              (json_int_t)l->groups);
    json_t *bits = json_pack("{s:o, s:I, s:I}", "weights", l->w_bits ? json_integer(l->w_bits) : json_null(), "inputs", (json_int_t)l->a_bits,
                             "outputs", (json_int_t)l->out_bits);
    json_t *o = json_pack("{s:o, s:s, s:o, s:o, s:b}", "name", bl_j_of_text(l->name), "kind", l->kind, "shape", shape, "bits", bits, "on_array", l->on_array);
    const struct { const char *key; uint64_t v; } counts[] = {
        { "macs", l->macs }, { "tiles", l->tiles }, { "macro_operations", l->ops }, { "cycles", l->cycles },
        { "weight_load_cycles", l->load_cycles }, { "outputs", l->outputs }, { "mismatches", l->mismatches },
        { "max_abs_err", l->max_abs_err },
    };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        json_object_set_new(o, counts[i].key, bl_j_of_count(counts[i].v));
    json_object_set_new(o, "utilisation", l->on_array ? real_or_null(l->utilisation) : json_null());
    json_object_set_new(o, "signal", real_or_null(l->signal));
    json_object_set_new(o, "error", real_or_null(l->error));
    bl_j_set_energy(o, l->energy);
    json_object_set_new(o, "verdicts", l->nspent ? bl_j_of_spent(s, r->rows, l->spent) : json_null());
    json_object_set_new(o, "path", l->npath ? bl_j_of_path(s, l->path) : json_null());
    json_object_set_new(o, "slots", bl_j_of_slots(s, l->slots));
    return o;
}

static json_t *layers(struct bl_sim *s, const struct bl_result *r)
{
    json_t *a = json_array();

    for (uint32_t i = 0; r && i < r->nlayers; i++)
        json_array_append_new(a, layer(s, r, &r->layers[i]));
    return a;
}

/* ---- the ledger's rows */

static json_t *clocks(struct bl_sim *s)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_clock_count(s); i++) {
        struct bl_clock_row c;
        bl_clock_at(s, i, &c);
        json_array_append_new(a, json_pack("{s:s, s:o, s:o, s:o}", "name", c.name, "period_fs", bl_j_of_count(c.period_fs),
                                           "phase_fs", bl_j_of_count(c.phase_fs), "cycles", bl_j_of_count(c.cycles)));
    }
    return a;
}

/* Waits without a part at their root. */
static json_t *no_roots(const struct bl_report_in *in)
{
    struct bl_root_row r;
    bool dead = !strcmp(in->end, "deadlock");

    bl_roots(in->sim, &r);
    return json_pack("{s:o, s:o, s:o}", "in_flight_fs", bl_j_of_count(r.in_flight + (dead ? 0 : r.ring)), "deadlock_fs",
                     bl_j_of_count(dead ? r.ring : 0), "several_fs", bl_j_of_count(r.several));
}

static json_t *path(struct bl_sim *s)
{
    uint64_t *v = calloc(bl_path_numbers(s) + 1, sizeof *v);
    json_t *o = json_null();

    if (v && bl_path_on(s)) {
        bl_path_total(s, v);
        o = bl_j_of_path(s, v);
    }
    free(v);
    return o;
}

/* ---- where it all comes from */

static json_t *texts(const struct bl_texts *t)
{
    json_t *a = json_array();

    for (size_t i = 0; t && i < t->n; i++)
        json_array_append_new(a, bl_j_of_text(t->v[i]));
    return a;
}

/* bl_expect_check says "WHERE: expected TEXT, but FOUND" of each that is false; WHERE is one line of the file. */
static const char *said_of(const struct bl_expect *e, const struct bl_texts *said)
{
    size_t n = strlen(e->where);

    for (size_t i = 0; said && i < said->n; i++)
        if (!strncmp(said->v[i], e->where, n) && said->v[i][n] == ':') {
            const char *but = strstr(said->v[i] + n, ", but ");
            return but ? but + 6 : said->v[i];
        }
    return NULL;
}

static json_t *expects(const struct bl_report_in *in)
{
    json_t *a = json_array();

    for (size_t i = 0; i < bl_platform_expects(in->platform); i++) {
        const struct bl_expect *e = bl_platform_expect(in->platform, i);
        const char *said = said_of(e, in->false_expects);
        char found[BL_EXPECT_FOUND];
        if (in->false_expects && !said)
            said = bl_expect_found(in->platform, in->sim, i, found);
        json_array_append_new(a, json_pack("{s:s, s:o, s:o}", "text", e->text, "holds", !in->false_expects ? json_null() :
                                           json_boolean(said == found), "found", bl_j_of_text(said)));
    }
    return a;
}

static json_t *inputs(const struct bl_report_in *in)
{
    json_t *files = json_array();

    for (size_t i = 0; i < in->ninputs; i++) {
        const struct bl_input *f = &in->inputs[i];
        json_array_append_new(files, json_pack("{s:s, s:o, s:o, s:s}", "role", f->role, "file", bl_j_of_text(f->file), "bytes",
                                               bl_j_of_count(f->bytes), "sha256", f->sha256));
    }
    json_t *all = json_pack("{s:o, s:o, s:o, s:o}", "files", files, "set", texts(in->sets), "seed", bl_j_of_count(in->seed),
                            "until_fs", in->until_fs == BL_FOREVER ? json_null() : bl_j_of_count(in->until_fs));
    const struct bl_data_opts *f = in->form;
    if (f && bl_data_option(f))
        json_object_set_new(all, "images_read", json_pack("{s:o, s:o, s:o, s:o, s:b}", "layout", bl_j_of_text(f->layout), "mean", bl_j_of_text(f->mean),
                                                           "std", bl_j_of_text(f->std), "raw", bl_j_of_text(f->raw), "pixels", f->pixels));
    return all;
}

/* What the technology needs and the run did not have. */
static json_t *needs(const struct bl_report_in *in, const struct bl_tech *t, const char *file)
{
    struct bl_tech_lines lines = { bl_tech_file(t)->path, file, json_array() };

    bl_tech_unmet(t, in->platform, in->sim, in->microvolts, bl_tech_line, &lines);
    return lines.to;
}

static json_t *provenance(const struct bl_report_in *in)
{
    const struct bl_tech *t = bl_platform_tech(in->platform);
    json_t *rows = json_array(), *tech = json_null(), *unmet = NULL, *o;

    for (size_t i = 0; i < bl_price_count(in->sim); i++)
        json_array_append_new(rows, bl_j_of_price(bl_price_at(in->sim, i)));
    for (size_t i = 0; t && i < in->ninputs; i++)
        if (!strcmp(in->inputs[i].role, "tech")) {
            tech = json_pack("{s:s, s:s?, s:o}", "name", bl_tech_name(t), "node", bl_tech_node(t), "file",
                             bl_j_of_text(in->inputs[i].file));
            unmet = needs(in, t, in->inputs[i].file);
        }
    o = json_pack("{s:o, s:o, s:b, s:o}", "tech", tech, "voltage_uv", in->microvolts > 0 ? json_real(in->microvolts) :
                  json_null(), "repriced", 0, "prices", rows);
    if (json_array_size(unmet))
        json_object_set(o, "needs", unmet);
    json_decref(unmet);
    if (bl_platform_sources(in->platform))
        json_object_set_new(o, "parameters", bl_j_sources(in->platform, in->sim));
    return o;
}

/* ---- all of it */

/* The sums of the report and of the kernel's ledger come from the same counts by different ways. */
static int equals_ledger(const json_t *report, struct bl_sim *s, struct bl_diag *diag)
{
    char a[40], b[40];
    bl_yj mine = bl_j_yj(json_object_get(report, "totals"), "energy_yj"), ledger = bl_energy(s);

    if (mine == ledger)
        return 0;
    return bl_error(diag, "the report adds up to %s yJ, the ledger to %s yJ: a fault of the program", bl_yj_text(mine, a),
                    bl_yj_text(ledger, b));
}

json_t *bl_report_make(const struct bl_report_in *in, struct bl_diag *diag)
{
    const struct bl_platform *p = in->platform;
    json_t *r = json_pack("{s:s, s:s}", "schema", BL_REPORT_SCHEMA, "version", BL_VERSION);

    json_object_set_new(r, "platform", json_pack("{s:s, s:o, s:o, s:o}", "name", bl_platform_name(p), "about",
                        bl_j_of_text(bl_platform_about(p)), "file", bl_j_of_text(in->platform_file), "mapper", bl_j_of_text(in->mapper)));
    json_object_set_new(r, "net", net(in));
    json_object_set_new(r, "end", json_string(in->end));
    json_object_set_new(r, "waits", texts(in->waits));
    json_object_set_new(r, "simulated_fs", bl_j_of_count(bl_now(in->sim)));
    json_object_set_new(r, "result", result(in->sim, in->result));
    json_object_set_new(r, "figures", figures(in->result));
    json_object_set_new(r, "expects", expects(in));
    json_object_set_new(r, "clocks", clocks(in->sim));
    json_object_set_new(r, "layers", layers(in->sim, in->result));
    bl_report_pipeline(r, in->result);
    json_object_set_new(r, "parts", bl_j_of_parts(in->sim));
    json_object_set_new(r, "no_root", no_roots(in));
    json_object_set_new(r, "path", path(in->sim));
    json_object_set_new(r, "slots", bl_j_of_all_slots(in->sim));
    if (in->what_if)
        json_object_set(r, "what_if", (json_t *)(uintptr_t)in->what_if);
    if (in->intervals)
        json_object_set_new(r, "intervals", bl_j_of_intervals(in->intervals));
    json_object_set_new(r, "totals", json_pack("{s:o, s:o}", "macs", bl_j_of_count(in->result ? in->result->macs : 0),
                                                       "bit_macs", in->result && in->result->bit_macs ? bl_j_of_count(in->result->bit_macs) : json_null()));
    json_object_set_new(r, "inputs", inputs(in));
    json_object_set_new(r, "provenance", provenance(in));
    bl_report_area(r, bl_platform_tech(in->platform));
    if (bl_report_price(r, "report", diag) == 0 && equals_ledger(r, in->sim, diag) == 0)
        return r;
    json_decref(r);
    return NULL;
}

/* machine.c - writes a macro's description as a machine of general parts: platform file and technology file. */
#include "platforms/imc/machine.h"
#include "platforms/file/yaml.h"

#include <math.h>
#include <string.h>

enum { ACTIVATION_BITS = 8, MOST_WRITE_CYCLES = 64 };      /* of nets; of an imc_array */

/* ---- what the parts can be */

struct limit { const char *key; uint64_t is, most; const char *why; };

static int check_limits(const struct bl_imc_file *f, struct bl_diag *diag)
{
    const struct bl_imc_macro *m = &f->macro;
    const bool digital = m->type == BL_IMC_DIMC;
    const uint64_t bits = bl_imc_event_bits(m);
    const struct limit limits[] = {
        { "d2", m->d2, 4096, "rows of an imc_array" },
        { "d1", m->d1, digital ? 1024 / bits : 4096, digital ? "trees of an adder_tree, one a column and bit of a step" : "columns of an imc_array" },
        { "m", m->m, 64, "sets of an imc_array" }, { "macros", m->macros, m->buffer ? 31 : 1024, m->buffer ? "two clients of a buffer each, of 64 with the dma" : "macros of a host" }, { "w_bits", m->w_bits, 8, "cells of a weight" },
        { "adc_bits", m->adc_bits, 12, "bits of a sar_adc" }, { m->model == BL_IMC_GATES && m->steps > 0 ? "steps" : "dac_bits", bits, 8, "bits of a step" },
    };
    int status = 0;

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (limits[i].is > limits[i].most)
            status = bl_error(diag, "%s: %s is %llu as a machine; expected at most %llu (%s)", bl_imc_where(f, limits[i].key), limits[i].key,
                              (unsigned long long)limits[i].is, (unsigned long long)limits[i].most, limits[i].why);
    return status;
}

int bl_imc_machine_check(const struct bl_imc_file *f, struct bl_diag *diag)
{
    const uint64_t cycles = bl_imc_write_cycles(&f->macro), row = f->macro.d1 * f->macro.w_bits;
    int status = check_limits(f, diag);

    if (cycles > MOST_WRITE_CYCLES)
        status = bl_error(diag, "%s: weight_port is %llu bits a cycle, so a row of %llu takes %llu cycles; as a machine it takes at most %d: %llu would do",
                          bl_imc_where(f, "weight_port"), (unsigned long long)f->macro.weight_port, (unsigned long long)row, (unsigned long long)cycles,
                          MOST_WRITE_CYCLES, (unsigned long long)((row + MOST_WRITE_CYCLES - 1) / MOST_WRITE_CYCLES));

    if (f->macro.a_bits != ACTIVATION_BITS)
        status = bl_error(diag, "%s: a_bits is %llu, but the activations of a net have %d; as a machine the macro takes %d, in more steps: --set a_bits=%d",
                          bl_imc_where(f, "a_bits"), (unsigned long long)f->macro.a_bits, ACTIVATION_BITS, ACTIVATION_BITS, ACTIVATION_BITS);
    return status;
}

/* ---- text */

static void quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* A name that YAML takes as it is, or in quotes. */
static void put_name(const char *text, FILE *out)
{
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./")])
        quoted(text, out);
    else
        fputs(text, out);
}

/* The weaker of two tags: fact, derived, calibrated, free. */
static enum bl_tag weaker(enum bl_tag a, enum bl_tag b) { return a > b ? a : b; }

/* A row { tag, source } that ends the line; `value` may be NULL. */
static void source_row(const char *name, const char *value, enum bl_tag tag, const char *source, FILE *out)
{
    fprintf(out, "  %s: { ", name);
    if (value)
        fprintf(out, "value: %s, ", value);
    fprintf(out, "tag: %s, source: ", bl_tag_name[tag]);
    quoted(source, out);
    fputs(" }\n", out);
}

static const char *kept_ours(const struct bl_imc_file *f, const char *where)
{
    const size_t room = strlen(where) + 48;
    char *text = bl_yaml_keep(f->doc, room, 1);

    if (!text)
        return "ours";
    snprintf(text, room, "ours, when the machine was made: %s", where);
    return text;
}

/* Where a value comes from; one of the command line is a choice of who made the machine. */
static struct bl_imc_source source_of(const struct bl_imc_file *f, const char *key)
{
    const char *where = bl_imc_where(f, key);

    return strncmp(where, "--set ", 6) ? bl_imc_source_of(f, key) : (struct bl_imc_source){ key, BL_FREE, kept_ours(f, where) };
}

static void key_row(const struct bl_imc_file *f, const char *name, const char *key, uint64_t value, FILE *out)
{
    const struct bl_imc_source s = source_of(f, key);
    char text[32];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    source_row(name, text, s.tag, s.source, out);
}

/* A clock in whole fs. */
static uint64_t period(const struct bl_imc_file *f)
{
    return (uint64_t)llrint(bl_imc_cost(&f->macro, f->blocks, f->nblocks).clock * 1e6);
}

/* ---- the platform file */

static void macro_row(const struct bl_imc_file *f, FILE *out)
{
    const struct bl_imc_macro *m = &f->macro;
    const unsigned long long steps = bl_imc_event_steps(m), bits = bl_imc_event_bits(m), fs = period(f), stored = m->m;
    const bool digital = m->type == BL_IMC_DIMC;

    fprintf(out, "  macro:\n    { use: %s, count: $macros, rows: $rows, cols: $cols, w_bits: $w_bits, stored: %llu", !digital ? "aimc" : bits > 1 ?
            "dimc_steps" : "dimc", stored);
    if (bl_imc_write_cycles(m) > 1)
        fprintf(out, ", write_cycles: %llu", (unsigned long long)bl_imc_write_cycles(m));
    if (digital && m->stages > 1)
        fprintf(out, ", stages: %llu", (unsigned long long)m->stages);
    if (!digital)           /* a conversion is over when the next clock edge comes */
        fprintf(out, ", adc_bits: $adc_bits, step_time: %llu fs, share: %llu, range: $range, noise: $noise, levels: %llu, steps: %llu", (fs - 1) /
                (unsigned long long)(m->adc_bits * m->share), (unsigned long long)m->share, bits, steps);
    else if (bits > 1)
        fprintf(out, ", step: %llu, steps: %llu, trees: %llu", bits, steps, (unsigned long long)m->d1 * bits);
    fputs(" }\n", out);
}

/* Around a buffer: the host gives jobs to a dma, to a feeder and a collector of each macro, and is the far memory. */
static void buffer_parts(const struct bl_imc_file *f, FILE *out)
{
    const unsigned long long n = f->macro.macros;

    fprintf(out, "  host: { class: host, ins: $rows, outs: $cols, units: %llu, counts: %llu, latency: 40 }\n  dma: { class: dma, targets: %llu, burst: 16 }\n"
            "  buf: { class: sram, words: $words, bits: 64, banks: $banks, clients: %llu }\n  feeder: { class: feeder, count: $macros }\n"
            "  loader: { class: weight_loader, count: $macros }\n  collector: { class: collector, count: $macros }\n", 1 + 2 * n, 1 + 3 * n, n + 1, 2 * n + 1);
}

static void buffer_wires(const struct bl_imc_file *f, FILE *out)
{
    const unsigned long long n = f->macro.macros;

    fprintf(out, "\nwires:\n  - host.go[0] -> dma.job depth 4\n  - host.go[1..%llu] -> feeder[*].job depth 4\n  - host.go[%llu..%llu] -> collector[*].job depth 4\n", n,
            n + 1, 2 * n);
    fprintf(out, "  - dma.done -> host.done[0]\n  - feeder[*].done -> host.done[1..%llu]\n  - collector[*].done -> host.done[%llu..%llu]\n"
            "  - macro[*].written -> host.done[%llu..%llu]\n", n, n + 1, 2 * n, 2 * n + 1, 3 * n);
    fprintf(out, "  - dma.req -> host.req depth 2\n  - host.rsp -> dma.rsp depth 2\n  - dma.near[0..%llu] -> loader[*].in depth 2\n  - dma.near[%llu] -> buf.req[%llu] depth 2\n"
            "  - buf.rsp[%llu] -> dma.back[%llu] depth 2\n", n - 1, n, 2 * n, 2 * n, n);
    fprintf(out, "  - feeder[*].req -> buf.req[0..%llu] depth 2\n  - buf.rsp[0..%llu] -> feeder[*].rsp depth 2\n  - collector[*].req -> buf.req[%llu..%llu] depth 2\n"
            "  - buf.rsp[%llu..%llu] -> collector[*].rsp depth 2\n", n - 1, n - 1, n, 2 * n - 1, n, 2 * n - 1);
    fputs("  - feeder[*].x -> macro[*].x depth 2\n  - loader[*].row -> macro[*].w depth 2\n  - macro[*].y -> collector[*].y depth 2\n", out);
}

static void wires(const struct bl_imc_file *f, FILE *out)
{
    fputs("\nwires:\n  - host.op[*] -> macro[*].x depth 2\n  - host.w[*] -> macro[*].w depth 2\n  - macro[*].written -> host.rows[*]\n"
          "  - macro[*].y -> host.mac[*] depth 2\n", out);
    if (f->macro.type == BL_IMC_AIMC)
        fputs("  - host.layer -> macro[*].layer\n", out);
}

static void sources(const struct bl_imc_file *f, FILE *out)
{
    const struct bl_imc_macro *m = &f->macro;
    const struct bl_imc_source volts = source_of(f, "voltage");
    char text[32];

    fputs("\nsources:\n", out);
    key_row(f, "rows", "d2", m->d2, out);
    key_row(f, "cols", "d1", m->d1, out);
    key_row(f, "macros", "macros", m->macros, out);
    key_row(f, "w_bits", "w_bits", m->w_bits, out);
    if (m->type == BL_IMC_AIMC)
        key_row(f, "adc_bits", "adc_bits", m->adc_bits, out);
    snprintf(text, sizeof text, "%.6f ns", (double)period(f) * 1e-6);
    source_row("clock.core", text, BL_CALIBRATED, "delay of a step by gates and converters of zigzag-imc, for the structure of section IV, at 0.9 V and 28 nm", out);
    snprintf(text, sizeof text, "%g V", m->volts);
    source_row("voltage", text, volts.tag, volts.source, out);
}

void bl_imc_write_platform(const struct bl_imc_file *f, const char *made, const char *tech, FILE *out)
{
    const struct bl_imc_macro *m = &f->macro;
    const bool analog = m->type == BL_IMC_AIMC;

    fprintf(out, "# Made by `%s`: a description of a macro\n# as a machine of general parts. Change the description and make it again; a test compares them.\nplatform: ", made);
    put_name(f->name, out);
    fputc('\n', out);
    if (f->about) {
        fputs("about: ", out);
        quoted(f->about, out);
        fputc('\n', out);
    }
    fprintf(out, "params: { rows: %llu, cols: %llu, macros: %llu, w_bits: %llu", (unsigned long long)m->d2, (unsigned long long)m->d1,
            (unsigned long long)m->macros, (unsigned long long)m->w_bits);
    if (analog)
        fprintf(out, ", adc_bits: %llu, range: %s, noise: 0", (unsigned long long)m->adc_bits, m->clipped ? "full" : "unit");
    if (m->buffer)
        fprintf(out, ", words: %llu, banks: %llu", (unsigned long long)m->buffer, (unsigned long long)m->banks);
    fprintf(out, " }\nclocks: { core: %.6f ns }\ntech: ", (double)period(f) * 1e-6);
    put_name(tech, out);
    fprintf(out, "\nvoltage: %g V\nmapper: weight_stationary\narray:\n  { host: host, rows: $rows, cols: $cols, "
            "w_bits: $w_bits, a_bits: %d, macros: $macros, %s%s }\n\nparts:\n",
            m->volts, ACTIVATION_BITS, m->buffer ? "feed: buffered" : "mapping: copies", m->clipped ? ", result: approximate" : "");
    if (m->buffer)
        buffer_parts(f, out);
    else
        fputs("  host: { class: host, ins: $rows, outs: $cols, macros: $macros }\n", out);
    macro_row(f, out);
    (m->buffer ? buffer_wires : wires)(f, out);
    sources(f, out);
}

/* ---- the technology file */

static void price(const struct bl_imc_file *f, const struct bl_imc_event *e, FILE *out)
{
    char item[64], value[48], source[320], free[64] = "";
    enum bl_tag tag = e->tag, own;

    for (const char *key = e->keys; *key; key += strcspn(key, " "), key += strspn(key, " ")) {
        char one[24];
        snprintf(one, sizeof one, "%.*s", (int)strcspn(key, " "), key);
        if (!strcmp(one, "act") || !strcmp(one, "adc_bits") || !strcmp(one, "dac_bits") || !strcmp(one, "blocks"))      /* c_inv and k3 have presets with tags */
            own = source_of(f, one).tag;
        else
            own = !strcmp(one, "node") && f->macro.node != 28 ? BL_FREE : tag;
        tag = weaker(tag, own);
        if (own == BL_FREE)
            snprintf(free + strlen(free), sizeof free - strlen(free), "%s%s", *free ? ", " : "; ours: ", one);
    }
    snprintf(source, sizeof source, "%s%s", e->source, free);
    snprintf(item, sizeof item, "%s.%s", e->cls, e->item);
    snprintf(value, sizeof value, "%.9f fJ", (double)bl_imc_event_yj(e) * 1e-9);
    source_row(item, value, tag, source, out);
}

static void needs(const struct bl_imc_file *f, FILE *out)
{
    const struct bl_imc_macro *m = &f->macro;

    fprintf(out, "needs: { imc_array.rows: %llu, imc_array.sets: %llu, imc_array.w_bits: %llu, imc_array.step: %llu", (unsigned long long)m->d2,
            (unsigned long long)m->m, (unsigned long long)m->w_bits, (unsigned long long)bl_imc_event_bits(m));
    if (m->type == BL_IMC_AIMC)
        fprintf(out, ", sar_adc.bits: %llu", (unsigned long long)m->adc_bits);
    fputs(" }\n", out);
}

static const char *const classes[] = { "imc_array", "adder_tree", "sar_adc", "dac", "shift_add" };

static const char *class_of(const struct bl_imc_file *f, const struct bl_imc_block *b)
{
    switch (b->kind) {
    case BL_IMC_TREES: return f->macro.type == BL_IMC_DIMC ? "adder_tree" : "shift_add";
    case BL_IMC_ADDERS:
    case BL_IMC_REGISTERS: return "shift_add";
    case BL_IMC_ADCS: return "sar_adc";
    case BL_IMC_DACS: return "dac";
    default: return "imc_array";
    }
}

double bl_imc_area_of(const struct bl_imc_file *f, const char *cls)
{
    struct bl_imc_block own[BL_IMC_BLOCKS];
    const struct bl_imc_block *b = f->blocks ? f->blocks : own;
    const unsigned n = f->blocks ? f->nblocks : bl_imc_structure(&f->macro, own);
    double sum = 0;

    for (unsigned i = 0; i < n; i++)
        if (!strcmp(class_of(f, &b[i]), cls))
            sum += bl_imc_block_cost(&f->macro, &b[i]).area * 1e6;
    return sum;
}

void bl_imc_write_tech(const struct bl_imc_file *f, const char *made, FILE *out)
{
    struct bl_imc_event e[BL_IMC_EVENTS];
    const unsigned n = bl_imc_events(&f->macro, f->blocks, f->nblocks, e);
    const struct bl_imc_event write = bl_imc_write_event(&f->macro);

    fprintf(out, "# Made by `%s`: what the events of that macro cost,\n# and its area, by the cost model (platforms/imc/README.md).\ntech: ", made);
    put_name(f->name, out);
    fprintf(out, "\nnode: %g nm\nvoltage: %g V\n", f->macro.node, f->macro.volts);
    needs(f, out);
    fputs("prices:\n", out);
    for (unsigned i = 0; i < n; i++)
        price(f, &e[i], out);
    price(f, &write, out);
    fputs("areas:\n", out);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        const double um2 = bl_imc_area_of(f, classes[i]);
        char value[48];
        snprintf(value, sizeof value, "%.4f um2", um2);
        if (um2 > 0)
            source_row(classes[i], value, BL_CALIBRATED, f->blocks ? "the description's blocks; gates and converters of zigzag-imc, for the structure of section IV" :
                       "gates and converters of zigzag-imc, for the structure of section IV; cells are not in it", out);
    }
}

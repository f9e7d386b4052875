/* chain.c - follows the wires of a macro from the host to the host, and knows what each general part on the way counts. */
#include "platforms/weight_stationary/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/model.h"

enum { MOST_STAGES = 7 };

static const char *const classes[WS_KINDS] = { "slicer", "dac", "imc_array", "adder_tree", "sar_adc", "shift_add", "host" };
const char *ws_class(enum ws_kind kind) { return classes[kind]; }

/* ---- wires ---- */

/* From a part's port to a part. */
struct edge { const char *from, *to, *port; };
struct edges { struct bl_job *job; struct edge *at; uint32_t n, room; };

static const char *kept(struct bl_job *job, const char *text, size_t n)
{
    char *own = bl_job_alloc(job, n + 1);

    return memcpy(own, text, n);
}

/* Data goes from op, y or sum to x, a collector's y, or mac; and the word `used` to whom it is told. */
static void add_edge(void *ctx, const struct bl_wire_row *row)
{
    struct edges *e = ctx;
    const char *from = strrchr(row->from, '.'), *to = strrchr(row->to, '.');

    if (!from || !to || !(!strcmp(to, ".x") || !strcmp(to, ".y") || !strncmp(to, ".mac", 4) || !strcmp(to, ".used")))
        return;
    if (e->n == e->room) {
        struct edge *more = bl_job_alloc(e->job, (e->room = e->room ? 2 * e->room : 64) * sizeof *more);
        if (e->n)
            memcpy(more, e->at, e->n * sizeof *more);
        e->at = more;
    }
    const bool op = !strncmp(from, ".op", 3);          /* the host's: which macro stands in the port */
    e->at[e->n++] = (struct edge){ kept(e->job, row->from, op ? strlen(row->from) : (size_t)(from - row->from)),
                                   kept(e->job, row->to, (size_t)(to - row->to)), kept(e->job, to + 1, strlen(to + 1)) };
}

static const struct edge *edge_from(const struct edges *e, const char *from)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (strcmp(e->at[i].port, "used") && !strcmp(e->at[i].from, from))
            return &e->at[i];
    return NULL;
}

static bool is_told(const struct edges *e, const char *part)
{
    for (uint32_t i = 0; i < e->n; i++)
        if (!strcmp(e->at[i].port, "used") && !strcmp(e->at[i].to, part))
            return true;
    return false;
}

/* ---- parts ---- */

static uint64_t ask(struct bl_ask *a, const char *part, const char *param)
{
    char name[320];

    snprintf(name, sizeof name, "%s.%s", part, param);
    return bl_ask_int(a, name);
}

static uint64_t per(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

/* fs, of all columns of a converter. */
static uint64_t conversion(struct bl_ask *a, const char *part, uint64_t period)
{
    const uint64_t slots = ask(a, part, "share") * ask(a, part, "bits"), time = ask(a, part, "step_time");

    return slots * (time ? time : ask(a, part, "step") * period);
}

static void add_stage(struct ws_chain *c, struct bl_ask *a, struct ws_stage st, bool by_input)
{
    /* rows by output are those of cells, and a row loader knows no columns: nothing is told of them */
    st.uses = by_input && (st.uses || st.kind == WS_ARRAY);
    st.each = 1;
    c->depth += st.kind != WS_ADC;
    if (st.kind == WS_SLICER)
        c->slices = per(ask(a, st.path, "bits"), ask(a, st.path, "step"));
    else if (st.kind == WS_ARRAY) {
        st.a = ask(a, st.path, "w_bits");
        st.b = ask(a, st.path, "sets");
        c->write = ask(a, st.path, "write_cycles");
    } else if (st.kind == WS_TREE) {
        c->depth += ask(a, st.path, "stages") - 1;
        st.each = ask(a, st.path, "per_column");
    } else if (st.kind == WS_ADC) {
        c->slot = conversion(a, st.path, c->period);
        st.a = ask(a, st.path, "bits");
        st.each = ask(a, st.path, "per_column");
    } else if (st.kind == WS_SUM)
        st.a = ask(a, st.path, "place");
    c->stage[c->n++] = st;
}

/* Feeder number m, in the order of paths; "": there are not so many. */
static const char *feeder_of(struct bl_sim *s, uint32_t m)
{
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (row.cls && !strcmp(row.cls, "feeder") && !m--)
            return row.path;
    }
    return "";
}

/* The way of macro m. 1: *why. */
static int follow(struct bl_job *job, struct bl_sim *s, const struct edges *e, uint32_t m, struct ws_chain *c, const char **why)
{
    const struct bl_array *a = bl_platform_array(bl_job_options(job)->file);
    struct bl_ask ask = bl_job_ask(job, s);
    char from[320], text[400];

    *c = (struct ws_chain){ .period = bl_platform_period(bl_job_options(job)->file) };
    if (a->n[BL_ARRAY_FEED] == BL_BUFFERED)
        snprintf(from, sizeof from, "%s", feeder_of(s, m));
    else
        snprintf(from, sizeof from, a->n[BL_ARRAY_MACROS] > 1 ? "%s.op[%u]" : "%s.op", a->host, m);
    for (const struct edge *at = edge_from(e, from); at; at = edge_from(e, at->to)) {
        const struct bl_class *cls = bl_part_class(s, at->to);
        enum ws_kind kind = WS_SLICER;
        if (cls && !strcmp(cls->name, "collector"))
            return ask.failed ? -1 : 0;
        if (!strcmp(at->to, a->host)) {
            c->stage[c->n++] = (struct ws_stage){ .kind = WS_HOST, .path = a->host, .uses = true, .rows = a->n[BL_ARRAY_ROWS], .cols = a->n[BL_ARRAY_COLS], .each = 1 };
            return ask.failed ? -1 : 0;
        }
        while (kind < WS_HOST && cls && strcmp(classes[kind], cls->name))
            kind++;
        if (!cls || kind == WS_HOST || c->n == MOST_STAGES) {
            snprintf(text, sizeof text, "part '%s' of class %s is on the way of operations, and the model does not know it", at->to, cls ? cls->name : "?");
            *why = kept(job, text, strlen(text));
            return 1;
        }
        add_stage(c, &ask, (struct ws_stage){ .kind = kind, .path = at->to, .uses = is_told(e, at->to), .rows = a->n[BL_ARRAY_ROWS], .cols = a->n[BL_ARRAY_COLS] },
                  a->n[BL_ARRAY_PACK] == BL_BY_INPUT && a->n[BL_ARRAY_FEED] == BL_DIRECT);
    }
    snprintf(text, sizeof text, "the wires from %s do not lead back to its mac by ports x and y", from);
    *why = kept(job, text, strlen(text));
    return 1;
}

int ws_chain_find(struct bl_job *job, struct bl_sim *s, struct ws_chain *c, const char **why)
{
    const struct bl_array *a = bl_platform_array(bl_job_options(job)->file);
    struct edges e = { .job = job };
    struct ws_chain other;

    if (a->n[BL_ARRAY_PLACEMENT] != BL_ROUNDS) {
        *why = "the closed forms are of layers in rounds, and placement is another";
        return 1;
    }
    if (bl_platform_wires(bl_job_options(job)->file, true, add_edge, &e) < 0)
        return -1;
    int status = follow(job, s, &e, 0, c, why);
    for (uint32_t m = 1; m < a->n[BL_ARRAY_MACROS] && !status; m++) {
        status = follow(job, s, &e, m, &other, why);
        if (!status && (other.slices != c->slices || other.slot != c->slot || other.write != c->write || other.depth != c->depth)) {
            *why = "the macros are not alike";
            status = 1;
        }
    }
    if (!status && !c->period) {
        *why = "the platform has several clocks";
        status = 1;
    }
    if (!status && c->slot > c->period && c->slot % c->period && a->n[BL_ARRAY_MACROS] > 1) {
        *why = "a conversion takes no whole number of cycles, and there are several macros";
        status = 1;
    }
    if (!status && c->write > 1 && a->n[BL_ARRAY_SETS] > 1) {
        *why = "several sets of rows that take several cycles have no closed form";
        status = 1;
    }
    if (!status && !c->slices) {
        *why = "there is no slicer on the way of operations";
        status = 1;
    }
    return status;
}

/* ---- what they count ---- */

/* Of what: 1, rows, columns (times each), rows x columns, the array's own shapes. */
enum basis { ONE, ROWS, COLS, OPERANDS, CELLS, WORDLINES, BITLINES, ROW_CELLS };
struct rule { const char *tally; enum ws_per per; enum basis basis; bool times_a, less_one; };      /* times_a: also the stage's a (less_one: a - 1) */

static const struct rule rules[WS_KINDS][7] = {
    [WS_SLICER] = { { "slice", WS_STEP, ONE, 0, 0 } },
    [WS_DAC] = { { "conv", WS_STEP, ROWS, 0, 0 } },
    [WS_ARRAY] = { { "access", WS_STEP, ONE, 0, 0 }, { "mac", WS_STEP, CELLS, 1, 0 }, { "wordline", WS_STEP, WORDLINES, 1, 0 },
                   { "bitline", WS_STEP, BITLINES, 1, 0 }, { "row", WS_ROW, ONE, 0, 0 }, { "bit", WS_ROW, ROW_CELLS, 1, 0 } },
    [WS_TREE] = { { "sum", WS_STEP, COLS, 0, 0 }, { "operand", WS_STEP, OPERANDS, 0, 0 } },
    [WS_ADC] = { { "conv", WS_STEP, COLS, 0, 0 }, { "decision", WS_STEP, COLS, 1, 0 } },
    [WS_SUM] = { { "add", WS_STEP, COLS, 0, 0 }, { "place_add", WS_STEP, COLS, 1, 1 }, { "result", WS_OP, COLS, 0, 0 } },
    [WS_HOST] = { { "issue", WS_OP, ONE, 0, 0 }, { "add", WS_OP, COLS, 0, 0 }, { "row", WS_ROW, ONE, 0, 0 } },
};

const char *ws_tally(enum ws_kind kind, uint32_t i) { return i < 7 ? rules[kind][i].tally : NULL; }
bool ws_writes(enum ws_kind kind, uint32_t i) { return rules[kind][i].per == WS_ROW; }

struct ws_count ws_count_of(const struct ws_stage *st, uint32_t i, uint64_t rows, uint64_t cols)
{
    const struct rule *r = &rules[st->kind][i];
    const uint64_t in_rows = st->uses ? rows : st->rows, in_cols = st->uses ? cols : st->cols;
    const uint64_t n[] = { [ONE] = 1, [ROWS] = in_rows, [COLS] = in_cols * st->each, [OPERANDS] = in_rows * in_cols * st->each, [CELLS] = in_rows * in_cols,
                           [WORDLINES] = in_rows * st->cols, [BITLINES] = st->rows * st->b * in_cols, [ROW_CELLS] = st->cols };

    return (struct ws_count){ r->per, n[r->basis] * (r->times_a ? st->a - r->less_one : 1) };
}

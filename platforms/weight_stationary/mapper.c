/* mapper.c - weights that stay: each macro of the platform holds a tile of a layer, all windows pass, the host adds what K tiles
 * give. The platform file says what the macros are (`array:`); how they multiply, bit by bit or by levels, is nobody's business here. */
#include <stdio.h>
#include <string.h>

#include "kernel/model.h"
#include "platforms/file/load.h"
#include "platforms/job/layer_bits.h"
#include "platforms/job/tile.h"
#include "platforms/weight_stationary/buffered.h"
#include "platforms/weight_stationary/chip.h"
#include "platforms/weight_stationary/ranges.h"
#include "platforms/weight_stationary/spread.h"

enum { MOST_BITS = 8, WHERE = 600 };

static const struct bl_array *array_of(struct bl_job *job) { return bl_platform_array(bl_job_options(job)->file); }

/* All of the net, or of a layer, is on the macros at once. */
static bool on_chip(const struct bl_array *a) { return a->n[BL_ARRAY_PLACEMENT] != BL_ROUNDS; }

/* ---- the block fits the parts and the net ---- */

/* Parameter PARAM of the host is what a key of the block says. */
static int check_param(struct bl_job *job, struct bl_ask *ask, enum bl_array_key key, const char *param)
{
    const struct bl_array *a = array_of(job);
    char name[160];

    snprintf(name, sizeof name, "%s.%s", a->host, param);
    const uint64_t is = bl_ask_int(ask, name);
    if (ask->failed)
        return -1;
    return is == a->n[key] ? 0 : bl_error(bl_job_diag(job), "%s: array: %s is %u, but %s is %llu; set %s to %u, or %s to %llu", a->at[key],
                                          bl_array_key_name(key), a->n[key], name, (unsigned long long)is, name, a->n[key],
                                          bl_array_key_name(key), (unsigned long long)is);
}

/* Arrays, found by the wires of their rows, hold as many sets as the rounds use; n of them are of class imc_array. */
struct arrays { struct bl_job *job; struct bl_sim *s; int bad; uint32_t n; };

static void check_sets(void *ctx, const struct bl_wire_row *row)
{
    struct arrays *x = ctx;
    const struct bl_array *a = array_of(x->job);
    struct bl_ask ask = bl_job_ask(x->job, x->s);
    const char *dot = strrchr(row->to, '.');
    char name[512];

    snprintf(name, sizeof name, "%.*s", dot ? (int)(dot - row->to) : 0, row->to);
    const struct bl_class *c = bl_part_class(x->s, name);
    if (!c || strcmp(c->name, "imc_array") || strcmp(dot, ".w"))
        return;
    x->n++;
    snprintf(name + (dot - row->to), sizeof name - (size_t)(dot - row->to), ".sets");
    const uint64_t has = bl_ask_int(&ask, name);
    if (has < a->n[BL_ARRAY_SETS])
        x->bad = bl_error(bl_job_diag(x->job), "%s: array: sets is %u, but %s is %llu; set it to %u", a->at[BL_ARRAY_SETS], a->n[BL_ARRAY_SETS], name,
                          (unsigned long long)has, a->n[BL_ARRAY_SETS]);
}

static int check_host(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_array *a = array_of(job);
    const struct bl_class *c = bl_part_class(s, a->host);
    struct bl_ask ask = bl_job_ask(job, s);

    if (strcmp(c->name, "host"))
        return bl_error(bl_job_diag(job), "%s: array: host is '%s', a part of class %s; expected one of class host", a->at[BL_ARRAY_HOST], a->host,
                        c->name);
    return check_param(job, &ask, BL_ARRAY_ROWS, "ins") | check_param(job, &ask, BL_ARRAY_COLS, "outs") |
           (a->n[BL_ARRAY_FEED] == BL_DIRECT ? check_param(job, &ask, BL_ARRAY_MACROS, "macros") : 0);
}

static int check_bits(struct bl_job *job)
{
    const struct bl_array *a = array_of(job);
    const struct bl_net *net = bl_job_options(job)->net;
    char inputs[WHERE], weights[WHERE];
    struct bl_bits_taken takes = { weights, "w_bits", "a_bits", a->n[BL_ARRAY_W_BITS], MOST_BITS, MOST_BITS, MOST_BITS };

    snprintf(weights, sizeof weights, "%s: array: ", a->at[BL_ARRAY_W_BITS]);
    snprintf(inputs, sizeof inputs, "%s: array: ", a->at[BL_ARRAY_A_BITS]);
    int bad = bl_bits_fit(net, &takes, bl_job_diag(job));
    takes = (struct bl_bits_taken){ inputs, "w_bits", "a_bits", MOST_BITS, a->n[BL_ARRAY_A_BITS], MOST_BITS, MOST_BITS };
    return bad | bl_bits_fit(net, &takes, bl_job_diag(job));
}

/* Copies of tiles and the search are of macros that are wired to the host. */
static int check_plain(struct bl_job *job, const char *what)
{
    const struct bl_array *a = array_of(job);
    const char *objective = bl_job_options(job)->objective;

    if (objective ? !strcmp(objective, "plain") : a->n[BL_ARRAY_MAPPING] == BL_MAP_PLAIN)
        return 0;
    return bl_error(bl_job_diag(job), "%s: %s, and mapping is %s; such macros take plain", objective ? "--objective" : a->at[BL_ARRAY_MAPPING], what,
                    objective ? objective : bl_array_word(a, BL_ARRAY_MAPPING));
}

/* What is said of a chip means nothing in rounds. */
static int check_rounds(struct bl_job *job)
{
    const struct bl_array *a = array_of(job);
    const enum bl_array_key key = a->n[BL_ARRAY_SLOTS] != BL_SLOTS_MOST ? BL_ARRAY_SLOTS : BL_ARRAY_DUPLICATE;

    if (on_chip(a) || (key == BL_ARRAY_DUPLICATE && a->n[key] == BL_DUPLICATED))
        return 0;
    return bl_error(bl_job_diag(job), "%s: array: placement is rounds, where '%s' means nothing; leave it out, or set placement to resident", a->at[key],
                    bl_array_key_name(key));
}

static int begin(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_array *a = array_of(job);

    struct arrays x = { job, s, 0, 0 };

    if (check_rounds(job) || (on_chip(a) && bl_chip_check(job, a)))
        return -1;
    int bad = check_host(job, s) | check_bits(job);
    if (a->n[BL_ARRAY_FEED] == BL_DIRECT)
        bad |= bl_platform_wires(bl_job_options(job)->file, true, check_sets, &x);
    if (bad | x.bad)
        return -1;
    if (on_chip(a))
        return check_plain(job, "placement is not rounds") ? -1 : bl_chip_begin(job, s, a);
    if (a->n[BL_ARRAY_FEED] == BL_DIRECT)
        return ws_spread_begin(job, s);
    return check_plain(job, "feed is buffered") ? -1 : bl_buffered_begin(job, s, a);
}

/* ---- tiles ---- */

static struct bl_tile_form form_of(const struct bl_array *a)
{
    return (struct bl_tile_form){ a->n[BL_ARRAY_ROWS], a->n[BL_ARRAY_COLS], a->n[BL_ARRAY_W_BITS], a->n[BL_ARRAY_PACK] == BL_BY_OUTPUT };
}

static int pack(struct bl_job *job, struct bl_sim *s, uint32_t layer, struct bl_host_layer *out)
{
    const struct bl_array *a = array_of(job);
    const struct bl_tile_form form = form_of(a);

    (void)s;
    if (on_chip(a))
        return bl_chip_pack(job, a, layer, &form, out);
    if (a->n[BL_ARRAY_FEED] == BL_DIRECT ? ws_spread_cut(job, layer, out) :
        (a->n[BL_ARRAY_GROUPS] == BL_APART ? bl_tile_cut : bl_tile_pack)(job, layer, form.rows, form.cols, out))
        return -1;
    bl_tile_rows(job, layer, &form, out);
    return a->n[BL_ARRAY_FEED] == BL_BUFFERED ? bl_buffered_plan(job, a, layer, out) : 0;
}

static int supply(struct bl_job *job, struct bl_sim *s)
{
    const struct bl_tile_form form = form_of(array_of(job));
    struct bl_host_program *g = bl_job_program(job);
    const uint32_t bits = form.by_output ? form.rows : form.cols * form.w_bits;

    g->sets = array_of(job)->n[BL_ARRAY_SETS];
    g->set_rows = form.by_output ? form.cols * form.w_bits : form.rows;
    g->row_words = (bits + 63) / 64;
    if (!form.by_output && array_of(job)->n[BL_ARRAY_FEED] == BL_DIRECT) {
        struct arrays x = { job, s, 0, 0 };
        if (bl_platform_wires(bl_job_options(job)->file, true, check_sets, &x))
            return -1;
        g->tells_columns = x.n == array_of(job)->n[BL_ARRAY_MACROS];      /* arrays of other classes may not know of it */
    }
    if (bl_ranges_supply(job, s))
        return -1;
    if (on_chip(array_of(job)))
        return bl_chip_supply(job, s);
    return array_of(job)->n[BL_ARRAY_FEED] == BL_BUFFERED ? bl_buffered_supply(job, s) : 0;
}

static void figures(struct bl_job *job, struct bl_sim *s)
{
    if (on_chip(array_of(job)))
        bl_chip_figures(job, s);
    if (array_of(job)->n[BL_ARRAY_RESULT] == BL_APPROXIMATE)
        bl_job_approximate(job);
}

const struct bl_mapper weight_stationary_mapper = { .name = "weight_stationary", .help = "tiles of weights on macros of any size, which the file describes",
    .begin = begin, .pack = pack, .supply = supply, .fetch = bl_chip_fetch, .figures = figures, .ideal = ws_spread_ideal,
    .gap = ws_gap, .calibrate = bl_ranges_calibrate };

/* chip_study.c - a net on chips of other numbers of macros, vector units, banks and slots: each a run of the simulator, its row, and the picture. */
#include "tools/study/chip_study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "platforms/file/load.h"
#include "platforms/imc/chip_file.h"
#include "platforms/job/mapper.h"
#include "tools/commands.h"

enum { MOST = 256, ROWS = 64, IMAGES = 30, BASE_BANKS = 32, ALL_SLOTS = 64 };
enum axis { MACROS, VECTORS, BANKS, SLOTS, AXES };

struct list { uint32_t v[MOST]; uint32_t n; };
/* What came of a run; interval in ticks. */
struct row {
    uint32_t at[AXES];
    char copies[200], limiting[200];
    uint64_t interval, first, latency, lost, high, setup;
    double images_s, busy;
};
struct study { const struct bl_chip_study *o; struct bl_diag *diag; struct bl_net *net; struct bl_found platform; struct list axis[AXES]; struct row row[AXES * MOST]; uint32_t n; uint64_t reload; };

/* ---- lists ---- */

static int bad_list(const char *option, const char *text, uint32_t least, uint32_t most, struct bl_diag *diag)
{
    return bl_error(diag, "--%s '%s': expected numbers from %u to %u, as in 29,30 or 29..58%s", option, text, least, most, least ? "" : "; 0 or 'free': ports for everybody");
}

/* "3", "3..8" or "free" at *s. */
static bool item(const char **s, struct list *l)
{
    char *end;
    unsigned long from, to;

    if (!strncmp(*s, "free", 4)) {
        l->v[l->n++] = 0;
        *s += 4;
        return true;
    }
    if (**s < '0' || **s > '9')
        return false;
    from = to = strtoul(*s, &end, 10);
    if (end[0] == '.' && end[1] == '.' && end[2] >= '0' && end[2] <= '9')
        to = strtoul(end + 2, &end, 10);
    *s = end;
    for (; from <= to && l->n < MOST; from++)
        l->v[l->n++] = from < UINT32_MAX ? (uint32_t)from : UINT32_MAX;
    return from > to;
}

static int parse(const char *option, const char *text, uint32_t least, uint32_t most, struct list *l, struct bl_diag *diag)
{
    const char *s = text;
    bool good = true;

    l->n = 0;
    while (good && (good = l->n < MOST && item(&s, l)) && *s == ',')
        s++;
    for (uint32_t i = 0; good && i < l->n; i++)
        good = l->v[i] >= least && l->v[i] <= most;
    return good && !*s ? 0 : bad_list(option, text, least, most, diag);
}

/* Macros of a chip of 64 x 64 that hold the net once: what `placement: resident` asks for. */
static uint32_t need_of(const struct bl_net *net)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < net->nlayers; i++) {
        const struct bl_layer *l = &net->layers[i];
        if (l->kind != BL_CONV && l->kind != BL_FC)
            continue;
        const uint32_t per = l->cout / l->groups, by_rows = ROWS / l->k, by_cols = ROWS / per, fit = by_rows < by_cols ? by_rows : by_cols;
        all += fit > 1 && l->groups > 1 ? (l->groups + fit - 1) / fit : l->groups * ((per + ROWS - 1) / ROWS) * ((l->k + ROWS - 1) / ROWS);
    }
    return all;
}

static int make_axes(struct study *s)
{
    const struct bl_chip_study *o = s->o;
    const uint32_t need = need_of(s->net), last = 2 * need < BL_CHIP_MACROS ? 2 * need : BL_CHIP_MACROS;
    char macros[40];

    if (need > BL_CHIP_MACROS)
        return bl_error(s->diag, "net %s needs %u macros of 64 x 64; the study has up to %d", s->net->name, need, BL_CHIP_MACROS);
    snprintf(macros, sizeof macros, "%u..%u", need, last);
    return parse("macros", o->macros ? o->macros : macros, 1, BL_CHIP_MACROS, &s->axis[MACROS], s->diag) |
           parse("vectors", o->vectors ? o->vectors : "2", 0, BL_CHIP_VECTORS, &s->axis[VECTORS], s->diag) |
           parse("banks", o->banks ? o->banks : "32,1,2,4,8,16,64,free", 0, 4096, &s->axis[BANKS], s->diag) |
           parse("slots", o->slots ? o->slots : "64", 1, ALL_SLOTS, &s->axis[SLOTS], s->diag);
}

/* ---- a run ---- */

static void fill(struct row *row, const struct bl_pipeline *p, struct bl_sim *sim)
{
    size_t at = 0;
    uint64_t busy = 0;

    for (uint32_t i = 0; i < p->nlayers; i++) {
        busy += p->layer[i].busy;
        if (p->layer[i].cores && at < sizeof row->copies - 12)
            at += (size_t)snprintf(row->copies + at, sizeof row->copies - at, "%s%u", at ? " " : "", p->layer[i].copies);
    }
    snprintf(row->limiting, sizeof row->limiting, "%.*s", (int)strcspn(p->limits, ";"), p->limits);
    row->interval = p->steady;
    row->first = p->first;
    row->latency = p->latency;
    row->high = p->most;
    row->setup = p->setup;
    row->images_s = p->images_per_s;
    row->busy = 100 * (double)busy / ((double)p->elapsed * p->cores);
    bl_peek(sim, "buf.conflict", &row->lost);
}

/* Runs `images` made-up images; 0, or -1 after a bl_error. */
static int run(struct study *s, const struct bl_chip_made *m, uint32_t images, struct row *row)
{
    static char text[BL_CHIP_TEXT];
    const size_t n = strlen(bl_chip_text(m, text));
    struct bl_platform *p = bl_platform_load_text(s->platform.path, text, n, NULL, 0, s->diag);
    struct bl_sim *sim = p ? bl_open(bl_classes, s->diag) : NULL;
    struct bl_job_opts o = { .platform = s->platform.path, .net = s->net, .count = images, .seed = 1, .file = p };
    struct bl_job *job = sim && !bl_platform_apply(p, sim) ? bl_job_open(bl_mapper_find("weight_stationary"), sim, &o, s->diag) : NULL;
    const bool done = job && !bl_elaborate(sim) && bl_job_run(job, sim, BL_FOREVER, NULL, NULL) == BL_END_STOPPED;
    const struct bl_pipeline *found = done ? bl_job_result(job)->pipeline : NULL;

    for (uint32_t i = 0; found && i < bl_job_result(job)->nlayers; i++)
        if (bl_job_result(job)->layers[i].mismatches)
            found = NULL;
    if (found)
        fill(row, found, sim);
    else if (job)
        bl_error(s->diag, "the chip with %u macros did not compute net %s", m->macros, s->net->name);
    bl_close(sim);
    bl_job_close(job);
    bl_platform_free(p);
    return found ? 0 : -1;
}

static int add_row(struct study *s, const uint32_t at[AXES])
{
    struct row *row = &s->row[s->n++];
    const struct bl_chip_made m = { .macros = at[MACROS], .vectors = at[VECTORS], .banks = at[BANKS], .slots = at[SLOTS] };

    memcpy(row->at, at, sizeof row->at);
    return run(s, &m, s->o->images ? (uint32_t)s->o->images : IMAGES, row);
}

/* The base, then every other value of an axis with the base of the others; the reload of the base, to compare with. */
static int run_all(struct study *s)
{
    uint32_t base[AXES], at[AXES];
    struct row reload = { .interval = 0 };

    for (int a = 0; a < AXES; a++)
        base[a] = s->axis[a].v[0];
    if (add_row(s, base))
        return -1;
    for (int a = 0; a < AXES; a++)
        for (uint32_t i = 1; i < s->axis[a].n; i++) {
            memcpy(at, base, sizeof at);
            at[a] = s->axis[a].v[i];
            if (add_row(s, at))
                return -1;
        }
    const struct bl_chip_made m = { .macros = base[MACROS], .vectors = base[VECTORS], .banks = base[BANKS], .placement = "reload" };
    if (run(s, &m, 3, &reload))
        return -1;
    s->reload = reload.interval;
    return 0;
}

/* ---- what is written ---- */

static int write_csv(const struct study *s)
{
    struct bl_text text = { 0 };
    FILE *out = stdout;

    if (s->o->output && bl_text_open(&text, s->o->output, s->diag))
        return -1;
    out = s->o->output ? text.out : stdout;
    fprintf(out, "net,macros,copies,vectors,banks,slots,interval,images_s,first,latency,limits,macros_busy_percent,lost,high_water_bytes,setup,reload,gain\n");
    for (uint32_t i = 0; i < s->n; i++) {
        const struct row *r = &s->row[i];
        char banks[16] = "free";
        if (r->at[BANKS])
            snprintf(banks, sizeof banks, "%u", r->at[BANKS]);
        fprintf(out, "%s,%u,%s,%u,%s,%u,%llu,%.6g,%llu,%llu,\"%s\",%.2f,%llu,%llu,%llu,%llu,%.2f\n", s->net->name, r->at[MACROS], r->copies, r->at[VECTORS], banks,
                r->at[SLOTS], (unsigned long long)r->interval, r->images_s, (unsigned long long)r->first, (unsigned long long)r->latency, r->limiting, r->busy,
                (unsigned long long)r->lost, (unsigned long long)r->high, (unsigned long long)r->setup, (unsigned long long)s->reload,
                (double)s->reload / (double)r->interval);
    }
    return s->o->output ? bl_text_save(&text, s->o->output, s->diag) : 0;
}

enum { WIDE = 720, HIGH = 420, LEFT = 80, RIGHT = 20, TOP = 40, BELOW = 50 };

static double across(double v, double least, double most) { return LEFT + (WIDE - LEFT - RIGHT) * (most > least ? (v - least) / (most - least) : 0.5); }
static double up(double v, double most) { return HIGH - BELOW - (HIGH - TOP - BELOW) * v / most; }

/* Ticks an image by macros: a line through the rows whose other axes are the base's. */
static int write_svg(const struct study *s)
{
    const uint32_t n = s->axis[MACROS].n;
    double most = 1, least = s->row[0].at[MACROS], last = least;
    struct bl_text text;

    for (uint32_t i = 0; i < n; i++) {
        most = (double)s->row[i].interval > most ? (double)s->row[i].interval : most;
        least = s->row[i].at[MACROS] < least ? s->row[i].at[MACROS] : least;
        last = s->row[i].at[MACROS] > last ? s->row[i].at[MACROS] : last;
    }
    if (bl_text_open(&text, s->o->plot, s->diag))
        return -1;
    fprintf(text.out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n<text x=\"%d\" y=\"22\">%s: ticks from image to image, by macros</text>\n", WIDE, HIGH, LEFT, s->net->name);
    fprintf(text.out, "<path d=\"M%d %d V%d H%d\" fill=\"none\" stroke=\"black\"/>\n", LEFT, TOP, HIGH - BELOW, WIDE - RIGHT);
    for (int k = 0; k <= 4; k++) {
        fprintf(text.out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n", LEFT - 8, up(most * k / 4, most) + 4, most * k / 4);
        fprintf(text.out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n", across(least + (last - least) * k / 4, least, last), HIGH - BELOW + 20,
                least + (last - least) * k / 4);
    }
    fprintf(text.out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">macros</text>\n<polyline fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\" points=\"", WIDE / 2, HIGH - 10);
    for (uint32_t i = 0; i < n; i++)
        fprintf(text.out, "%.1f,%.1f ", across(s->row[i].at[MACROS], least, last), up((double)s->row[i].interval, most));
    fprintf(text.out, "\"/>\n</svg>\n");
    return bl_text_save(&text, s->o->plot, s->diag);
}

static void tell_when_it_pays(const struct study *s)
{
    const struct row *r = &s->row[0];

    if (s->reload <= r->interval)
        printf("resident never pays: reload takes %llu ticks an image, resident %llu\n", (unsigned long long)s->reload, (unsigned long long)r->interval);
    else
        printf("resident pays from %llu images on: setup %llu / (reload %llu - interval %llu)\n",
               (unsigned long long)((r->setup + s->reload - r->interval - 1) / (s->reload - r->interval)), (unsigned long long)r->setup,
               (unsigned long long)s->reload, (unsigned long long)r->interval);
}

int bl_study_chip(const struct bl_chip_study *o, struct bl_diag *diag)
{
    struct study *s = calloc(1, sizeof *s);
    struct bl_found at = { 0 };
    int status = BL_REFUSED;

    if (!s) {
        bl_error(diag, "no memory for a study");
        return BL_REFUSED;
    }
    *s = (struct study){ .o = o, .diag = diag };
    if (bl_find(BL_FILE_PLATFORM, "chip", "", &s->platform, diag) == 0)        /* the files that it uses are beside it */
        s->net = bl_find(BL_FILE_NET, o->net ? o->net : "fashion_cnn", "", &at, diag) ? NULL : bl_net_load(at.path, 1, diag);
    if (s->net && !make_axes(s) && !run_all(s) && !write_csv(s) && (!o->plot || !write_svg(s))) {
        tell_when_it_pays(s);
        status = BL_DONE;
    }
    bl_net_free(s->net);
    bl_found_fini(&s->platform);
    bl_found_fini(&at);
    free(s);
    return status;
}

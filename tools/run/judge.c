/* judge.c - what a run came to: its result against the reference, what the platform file expects, and the tensors of --dump. */
#include <string.h>

#include "platforms/file/params.h"
#include "tools/run/going.h"

/* The first converter of the platform that a table of ranges could serve; *any: there are converters. One with a code a level needs none. */
static const char *converter(struct bl_sim *s, bool *any)
{
    struct bl_param_row param;
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(s); i++) {
        bl_part_at(s, i, &row);
        if (!row.cls || strcmp(row.cls, "sar_adc"))
            continue;
        *any = true;
        for (size_t k = 0; bl_param_row(s, row.path, row.cls, k, &param); k++)
            if (!strcmp(param.name, "range") && strcmp(param.value, "unit"))
                return row.path;
    }
    return NULL;
}

static void advise_calibration(const struct run *r)
{
    bool any = false;
    const char *adc = converter(r->u->sim, &any), *name = bl_platform_name(r->u->platform);

    if (adc)
        bl_note(r->diag, "net %s ran without a calibration: `bitline calibrate %s --net ... -o FILE` finds the ranges of the layers, and --calibration FILE with "
                "'%s.range=table' uses them", r->u->net->name, name, adc);
    else if (!any)
        bl_note(r->diag, "net %s ran without a calibration: the platform's own ranges and thresholds; `bitline calibrate %s --net ... -o ...` "
                "finds better ones", r->u->net->name, name);
}

static void judge_result(struct run *r)
{
    const struct bl_result *x = r->u->job ? bl_job_result(r->u->job) : NULL;

    if (x && x->approximate && r->u->mapper->calibrate && !r->u->calibration_at.path)
        advise_calibration(r);
    if (!x || x->approximate || (!x->mismatches && !x->first.any))
        return;
    r->wrong = true;
    if (x->first.any)
        bl_error(r->diag, "wrong result: image %u, layer %s, channel %u, y %u, x %u: got %d, wanted %d", x->first.image,
                 x->first.layer < x->nlayers ? x->layers[x->first.layer].name : "?", x->first.c, x->first.y, x->first.x,
                 x->first.got, x->first.wanted);
    else
        bl_error(r->diag, "wrong result: %llu of %llu values differ from the reference", (unsigned long long)x->mismatches,
                 (unsigned long long)x->outputs);
}

/* Expectations speak of a whole run. */
static void judge_expects(struct run *r)
{
    struct keep k = { &r->said, r->diag };
    struct bl_diag diag = { .put = bl_keep_put, .ctx = &k };

    if (strcmp(r->end, "done") && strcmp(r->end, "quiet") && strcmp(r->end, "limit"))
        return;
    r->checked = true;
    if (bl_expect_check(r->u->platform, r->u->sim, &diag))
        r->wrong = true;
}

void bl_judge_dump(struct run *r)
{
    const char *layer = r->o->setup.dump, *o = r->o->out.file, *slash = o ? strrchr(o, '/') : NULL;
    char prefix[1024], file[1100];
    int folder = slash ? (int)(slash - o) + 1 : 0, n = snprintf(prefix, sizeof prefix, "%.*s%s", folder, o ? o : "", layer);
    static const char *const kind[] = { "in", "out", "want" };

    if (n >= (int)sizeof prefix) {
        r->bad_output = bl_error(r->diag, "--dump %s: the name is too long for a file", layer) < 0;
        return;
    }
    for (char *c = prefix + folder; *c; c++)
        *c = *c == '/' ? '_' : *c;
    if (bl_job_dump(r->u->job, prefix, r->diag) < 0) {
        r->bad_output = true;
        return;
    }
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s.%s.txt", prefix, kind[i]);
        bl_outputs_wrote(&r->written, file);
    }
}

void bl_judge(struct run *r)
{
    judge_result(r);
    judge_expects(r);
}

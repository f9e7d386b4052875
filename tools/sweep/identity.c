/* identity.c - what a result depends on, as a text and its digest: equal points have equal ones, however they were asked for. */
#include "tools/sweep/point.h"

#include <stdio.h>
#include <stdlib.h>

#include "platforms/file/params.h"
#include "platforms/file/sha256.h"

static const char *or_none(const char *s) { return s ? s : "-"; }

static void files(const struct bl_setup *u, FILE *out)
{
    for (size_t i = 0; i < u->ninputs; i++)
        fprintf(out, "file %s %s\n", u->input[i].role, u->input[i].sha256);
}

static void clocks(const struct bl_setup *u, FILE *out)
{
    struct bl_clock_row c;

    for (size_t i = 0; i < bl_clock_count(u->sim); i++) {
        bl_clock_at(u->sim, i, &c);
        fprintf(out, "clock %s %llu %llu\n", c.name, (unsigned long long)c.period_fs, (unsigned long long)c.phase_fs);
    }
}

static void parts(const struct bl_setup *u, FILE *out)
{
    struct bl_param_row param;
    struct bl_part_row row;

    for (size_t i = 0; i < bl_part_count(u->sim); i++) {
        bl_part_at(u->sim, i, &row);
        fprintf(out, "part %s %s %s", row.path, row.cls ? row.cls : "-", row.clock ? row.clock : "-");
        for (size_t k = 0; row.cls && bl_param_row(u->sim, row.path, row.cls, k, &param); k++)
            fprintf(out, " %s=%s", param.name, param.value);
        fputc('\n', out);
    }
}

static void wire(void *ctx, const struct bl_wire_row *w)
{
    fprintf(ctx, "wire %s %s %u %u %u %d %d %d %d\n", w->from, w->to, w->count, w->link.depth, w->link.pipe, w->link.sync, (int)w->link.edge,
            (int)w->link.sharing, (int)w->link.reset);
}

/* What a mapper sees of the platform besides its parts. */
static void array(const struct bl_array *a, FILE *out)
{
    for (int k = 0; a && k < BL_ARRAY_KEYS; k++)
        fprintf(out, "array %s %u %s\n", bl_array_key_name((enum bl_array_key)k), a->n[k], bl_array_word(a, (enum bl_array_key)k) ? bl_array_word(a, (enum bl_array_key)k) : "");
}

/* Of the file and of those that it uses: what a block for a mapper says may stand on one. */
static void file_params(void *ctx, const struct bl_use_row *row)
{
    fprintf(ctx, "file %s %u", row->path, row->count);
    for (size_t i = 0; i < row->nparams; i++)
        fprintf(ctx, " %s=%s", row->params[i].name, row->params[i].value);
    fputc('\n', ctx);
}

static void expects(const struct bl_platform *p, FILE *out)
{
    for (size_t i = 0; i < bl_platform_expects(p); i++)
        fprintf(out, "expect %s\n", bl_platform_expect(p, i)->text);
}

static void net(const struct bl_setup *u, FILE *out)
{
    const struct bl_data_opts *f = &u->o.form;

    fprintf(out, "images %u %u %s, %s %s %s %s %d, metric %d, rounding %s\n", u->first, u->count, u->data ? "read" : "made", or_none(f->layout), or_none(f->mean),
            or_none(f->std), or_none(f->raw), f->pixels, (int)u->metric, or_none(u->o.rounding));
    for (uint32_t i = 0; i < u->net->nlayers; i++) {
        const struct bl_layer *l = &u->net->layers[i];
        fprintf(out, "layer %u %u %u %u %u\n", i, l->wbits, l->abits, u->net->tensors[l->in[0]].bits, u->net->tensors[l->out].bits);
    }
}

int bl_identity(struct bl_setup *u, uint64_t until_fs, char key[65], struct bl_diag *diag)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    if (!out)
        return bl_error(diag, "%s: no memory for what the run depends on", u->o.platform);
    fprintf(out, "bitline.point/1 %s %s\nseed %llu until %llu supply %.17g\n", BL_VERSION, bl_build_id, (unsigned long long)u->seed,
            (unsigned long long)until_fs, bl_platform_microvolts(u->platform));
    files(u, out);
    clocks(u, out);
    parts(u, out);
    int status = bl_platform_wires(u->platform, false, wire, out) | bl_platform_uses(u->platform, file_params, out);
    fprintf(out, "objective %s\n", or_none(u->o.objective));
    array(bl_platform_array(u->platform), out);
    expects(u->platform, out);
    if (u->net)
        net(u, out);
    if (fclose(out) != 0 || !text || status < 0) {
        free(text);
        return bl_error(diag, "%s: no memory for what the run depends on", u->o.platform);
    }
    bl_sha256(text, n, key);
    free(text);
    return 0;
}

/* plan.c - puts the words of points together and elaborates them all. */
#include "tools/sweep/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platforms/file/sha256.h"
#include "tools/report/report.h"

enum { MOST_TOLD = 10 };

bool bl_plan_has(const struct bl_plan *p, size_t point) { return !p->slices || point % p->slices == p->slice - 1; }

int bl_plan_init(struct bl_plan *p, const struct bl_axes *axes, const struct bl_texts *base, uint32_t slice, uint32_t slices, struct bl_diag *diag)
{
    *p = (struct bl_plan){ .axes = axes, .base = base, .slice = slice, .slices = slices };
    if (!(p->point = calloc(axes->npoints + 1, sizeof *p->point)))
        return bl_error(diag, "no memory for %zu points", axes->npoints);
    for (size_t n = 0; n < axes->npoints; n++) {
        struct bl_texts *words = &p->point[n].words;
        p->point[n].same_as = n;
        if (!bl_plan_has(p, n))
            continue;
        for (size_t i = 0; i < base->n; i++)
            bl_own_word(words, "%s", base->v[i]);
        for (size_t i = 0; i < axes->naxes; i++) {
            const char *path = axes->axis[i].path;
            bl_own_word(words, !strncmp(path, "--", 2) ? "%s=%s" : "--set=%s=%s", path, bl_axes_value(axes, n, i));
        }
    }
    return 0;
}

char *bl_plan_name(const struct bl_plan *p, size_t point)
{
    char *name = NULL;
    size_t n;
    FILE *out = open_memstream(&name, &n);

    if (!out)
        return NULL;
    for (size_t i = 0; i < p->axes->naxes; i++)
        fprintf(out, "%s%s=%s", i ? " " : "", p->axes->axis[i].path, bl_axes_value(p->axes, point, i));
    if (!p->axes->naxes)
        fputs("the only point", out);
    fclose(out);
    return name;
}

json_t *bl_plan_axes(const struct bl_plan *p)
{
    json_t *a = json_array();

    for (size_t i = 0; i < p->axes->naxes; i++)
        json_array_append_new(a, bl_j_of_text(p->axes->axis[i].path));
    return a;
}

json_t *bl_plan_setting(const struct bl_plan *p, size_t point)
{
    json_t *o = json_object();

    for (size_t i = 0; i < p->axes->naxes; i++)
        json_object_set_new(o, p->axes->axis[i].path, bl_j_of_text(bl_axes_value(p->axes, point, i)));
    return o;
}

/* ---- elaboration ---- */

/* What is said of a point waits until it is known whether it is refused: notes come from its run again. */
static void keep_line(void *ctx, const char *line) { bl_own_word(ctx, "%s", line); }

static bool check_one(struct bl_plan *p, size_t n, bool tell, struct bl_diag *diag)
{
    struct bl_texts said = { 0 };
    struct bl_diag own = { .put = keep_line, .ctx = &said };
    bool well = bl_point_check(&p->point[n].words, &p->point[n].id, &own) == 0;
    char *name = well ? NULL : bl_plan_name(p, n);

    for (size_t i = 0; !well && tell && i < said.n; i++)
        bl_note(diag, "point %zu (%s): %s", n + 1, name ? name : "?", said.v[i]);
    if (!well)
        diag->errors++;
    p->point[n].checked = well;
    free(name);
    bl_texts_free_all(&said);
    return well;
}

/* Names the sweep by what all points share and by their settings: every slice of it has this name. */
static int name_sweep(struct bl_plan *p, struct bl_diag *diag)
{
    char *text = NULL, key[65];
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    for (size_t i = 0; out && i < p->base->n; i++)
        fprintf(out, "%s\n", p->base->v[i]);
    for (size_t i = 0; out && i < p->axes->npoints; i++) {
        char *name = bl_plan_name(p, i);
        fprintf(out, "%s\n", name ? name : "");
        free(name);
    }
    if (out)
        fclose(out);
    if (!text)
        return bl_error(diag, "no memory for the name of the sweep");
    bl_sha256(text, n, key);
    snprintf(p->id, sizeof p->id, "%.16s", key);
    free(text);
    return 0;
}

static void find_equal(struct bl_plan *p)
{
    json_t *seen = json_object();

    for (size_t n = 0; n < p->axes->npoints; n++) {
        if (!p->point[n].checked)
            continue;
        const json_t *first = json_object_get(seen, p->point[n].id.key);
        if (first)
            p->point[n].same_as = (size_t)json_integer_value(first);
        else
            json_object_set_new(seen, p->point[n].id.key, json_integer((json_int_t)n));
    }
    json_decref(seen);
}

int bl_plan_check(struct bl_plan *p, void (*look)(void *ctx, uint64_t done, uint64_t total), void *ctx, struct bl_diag *diag)
{
    size_t bad = 0;

    for (size_t n = 0; n < p->axes->npoints; n++) {
        if (bl_plan_has(p, n) && !check_one(p, n, bad < MOST_TOLD, diag))
            bad++;
        if (look)
            look(ctx, n + 1, p->axes->npoints);
    }
    if (bad > MOST_TOLD)
        bl_note(diag, "... and %zu more points", bad - MOST_TOLD);
    if (bad)
        return bl_error(diag, "%zu of %zu points cannot be built, so none is run", bad, p->axes->npoints);
    find_equal(p);
    return name_sweep(p, diag);
}

void bl_plan_fini(struct bl_plan *p)
{
    for (size_t n = 0; p->point && n < p->axes->npoints; n++) {
        bl_texts_free_all(&p->point[n].words);
        bl_point_id_fini(&p->point[n].id);
    }
    free(p->point);
    p->point = NULL;
}

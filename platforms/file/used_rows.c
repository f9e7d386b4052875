/* used_rows.c - the files of a platform as rows, for people: where each is used, with which values, and what it shows. */
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct bl_file_param *params_of(const struct bl_platform *p)
{
    struct bl_file_param *rows = calloc(p->nvalues + 1, sizeof *rows);

    for (size_t i = 0; rows && i < p->nvalues; i++) {
        struct value_plan *v = &p->values[i];
        rows[i] = (struct bl_file_param){ v->name, value_as_text(p->first, v->value), value_as_text(p->first, v->preset) };
        if (!rows[i].value || !rows[i].preset) {
            free(rows);
            return NULL;
        }
    }
    return rows;
}

/* What a file says of itself that counts only when it is run by itself; for the first file: nothing. */
static void idle_keys(const struct bl_platform *p, char *to, size_t room)
{
    static const char *const keys[] = { "tech", "voltage", "mapper", "array", "sources" };

    *to = '\0';
    for (size_t i = 0; p->outer && i < COUNT(keys); i++)
        if (bl_yaml_get(p->tree, keys[i]))
            snprintf(to + strlen(to), room - strlen(to), "%s%s", *to ? ", " : "", keys[i]);
}

static int tell(const struct place *at, uint32_t n, bl_use_visit *visit, void *ctx)
{
    const struct bl_platform *p = at->p;
    struct bl_file_param *params = params_of(p);
    char idle[64], *path = strdup(at->path);
    size_t k = path ? strlen(path) : 0;

    if (!params || !path) {
        free(params);
        free(path);
        return bl_error(p->first->diag, "%s: no memory for its parameters", p->path);
    }
    if (k)
        path[k - 1] = '\0';
    idle_keys(p, idle, sizeof idle);
    struct bl_use_row row = { path, n, p->path, params, p->nvalues, idle };
    visit(ctx, &row);
    free(params);
    free(path);
    return 0;
}

static int visit_uses(const struct place *at, uint32_t n, bl_use_visit *visit, void *ctx)
{
    const struct bl_platform *p = at->p;
    struct place below;
    int status = tell(at, n, visit, ctx);

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts; part++)
        for (uint32_t i = 0, k; part->use && part->use->of && i < part->count; i += k) {
            k = use_alike(part, i);
            if (place_open(&below, at, part, i, k) < 0)
                return -1;
            status |= visit_uses(&below, n * k, visit, ctx);
            place_close(&below);
        }
    return status;
}

int bl_platform_uses(const struct bl_platform *p, bl_use_visit *visit, void *ctx)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return bl_error(p->diag, "%s: no memory for what it uses", p->path);
    all.p = p;
    int status = visit_uses(&all, 1, visit, ctx);
    place_close(&all);
    return status;
}

/* ---- ports of one instance */

static void tell_exports(const struct place *at, bl_export_visit *visit, void *ctx)
{
    char name[128];

    for (const struct export_plan *x = at->p->exports; x < at->p->exports + at->p->nexports; x++) {
        uint32_t all = export_count(x), k = 0;
        for (size_t i = 0; i < x->nto; i++)
            for (uint32_t j = 0; j < end_total(&x->to[i]); j++, k++) {
                char *leaf = leaf_path(at, &x->to[i], j);
                snprintf(name, sizeof name, x->is_array && all > 1 ? "%.100s[%u]" : "%.100s", x->name, k);
                if (leaf)
                    visit(ctx, name, leaf);
                free(leaf);
            }
    }
}

/* The instance whose path is `path`: 1 when it was told. */
static int find_place(const struct place *at, const char *path, bl_export_visit *visit, void *ctx)
{
    const struct bl_platform *p = at->p;
    int found = 0;

    for (const struct part_plan *part = p->parts; part < p->parts + p->nparts && !found; part++)
        for (uint32_t i = 0; part->use && part->use->of && i < part->count && !found; i++) {
            struct place below;
            if (place_open(&below, at, part, i, 1) < 0)
                return 0;
            size_t n = strlen(below.path) - 1;
            if (strncmp(below.path, path, n) == 0 && !path[n]) {
                tell_exports(&below, visit, ctx);
                found = 1;
            } else if (strncmp(below.path, path, n + 1) == 0)
                found = find_place(&below, path, visit, ctx);
            place_close(&below);
        }
    return found;
}

bool bl_platform_exports(const struct bl_platform *p, const char *path, bl_export_visit *visit, void *ctx)
{
    struct place all;

    if (place_open(&all, NULL, NULL, 0, 1) < 0)
        return false;
    all.p = p;
    bool found = find_place(&all, path, visit, ctx) > 0;
    place_close(&all);
    return found;
}

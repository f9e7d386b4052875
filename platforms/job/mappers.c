/* mappers.c - mappers by name: ours, of the table that the build makes, and those of a platform's modules. */
#include "platforms/job/mapper.h"

#include <string.h>

#include "platforms/file/load.h"
#include "platforms/file/module.h"

enum { SUGGESTED = 64 };

static const struct bl_mapper *among(const struct bl_mapper *const *m, const char *name)
{
    for (; m && *m; m++)
        if (!strcmp((*m)->name, name))
            return *m;
    return NULL;
}

static const struct bl_mapper *const *of_module(const struct bl_platform *p, size_t i) { return bl_platform_module(p, i).record->mappers; }

const struct bl_mapper *bl_mapper_find(const char *name) { return among(bl_mappers, name); }

const struct bl_mapper *bl_mapper_named(const struct bl_platform *p, const char *name)
{
    const struct bl_mapper *m = NULL;

    for (size_t i = 0; i < bl_platform_modules(p) && !m; i++)
        m = among(of_module(p, i), name);
    return m ? m : bl_mapper_find(name);
}

/* A name that a platform file can give: letters, digits and '_'. */
static bool is_name(const char *s)
{
    return !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

/* Mapper number k of module i: it is complete, and nobody else has its name. */
static int check(const struct bl_platform *p, size_t i, size_t k, struct bl_diag *diag)
{
    const struct bl_module_row m = bl_platform_module(p, i);
    const struct bl_mapper *x = m.record->mappers[k];
    const char *path = m.file->path;

    if (!x->name || !*x->name || !x->host || !x->pack)
        return bl_error(diag, "%s: %s: mapper '%s' has no '%s'; see platforms/job/mapper.h", m.where, path, x->name ? x->name : "?",
                        !x->name || !*x->name ? "name" : x->host ? "pack" : "host");
    if (!is_name(x->name))
        return bl_error(diag, "%s: %s: mapper '%s': expected a name of letters, digits and '_'", m.where, path, x->name);
    if (bl_mapper_find(x->name))
        return bl_error(diag, "%s: %s: mapper '%s' is one of bitline's own; give yours another name", m.where, path, x->name);
    for (size_t o = 0; o < k; o++)
        if (!strcmp(m.record->mappers[o]->name, x->name))
            return bl_error(diag, "%s: %s: has two mappers '%s'", m.where, path, x->name);
    for (size_t o = 0; o < i; o++)
        if (among(of_module(p, o), x->name))
            return bl_error(diag, "%s: %s: mapper '%s' is in %s as well; rename one", m.where, path, x->name,
                            bl_platform_module(p, o).file->path);
    return 0;
}

static int unknown(const struct bl_platform *p, const char *name, struct bl_diag *diag)
{
    const char *names[SUGGESTED], *where = bl_platform_where_mapper(p);
    size_t n = 0;

    for (const struct bl_mapper *const *x = bl_mappers; *x && n < SUGGESTED; x++)
        names[n++] = (*x)->name;
    for (size_t i = 0; i < bl_platform_modules(p); i++)
        for (const struct bl_mapper *const *x = of_module(p, i); x && *x && n < SUGGESTED; x++)
            names[n++] = (*x)->name;
    const char *near = bl_nearest(name, names, n);
    if (near)
        return bl_error(diag, "%s: no mapper is called '%s'; did you mean '%s'?", where, name, near);
    return bl_error(diag, "%s: no mapper is called '%s'; expected the NAME of a platforms/NAME/mapper.c, or a mapper of a module", where, name);
}

int bl_mapper_of(const struct bl_platform *p, const struct bl_mapper **m, struct bl_diag *diag)
{
    const char *name = bl_platform_mapper(p);

    for (size_t i = 0; i < bl_platform_modules(p); i++)
        for (size_t k = 0; of_module(p, i) && of_module(p, i)[k]; k++)
            if (check(p, i, k, diag) < 0)
                return -1;
    *m = bl_mapper_named(p, name ? name : bl_platform_stem(p));
    return *m || !name ? 0 : unknown(p, name, diag);
}

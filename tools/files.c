/* files.c - finds data files in the places where they may be. */
#include "tools/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- looking */

static char *joined(const char *a, const char *sep, const char *b, const char *c)
{
    size_t n = strlen(a) + strlen(sep) + strlen(b) + strlen(c) + 1;
    char *t = malloc(n);

    if (t)
        snprintf(t, n, "%s%s%s%s", a, sep, b, c);
    return t;
}

/* Place number i: the working directory, $BITLINE_DATA, the installed data; NULL when it is not set. */
static const char *place(int i)
{
    const char *data = i == 1 ? getenv("BITLINE_DATA") : NULL;

    return i == 0 ? "" : i == 2 ? BL_DATADIR : data && *data ? data : NULL;
}

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static bool look(const char *name, struct bl_found *found)
{
    for (int i = 0; i < 3; i++) {
        const char *root = place(i);
        if (!root || (i && *name == '/'))
            continue;
        char *path = joined(root, *root ? "/" : "", name, "");
        if (path && is_file(path)) {
            *found = (struct bl_found){ path, *root ? strlen(root) + 1 : 0 };
            return true;
        }
        free(path);
    }
    return false;
}

/* The name in `folder` that is most like `name`, with or without its suffix; buf of 256 bytes, or NULL. */
static const char *alike(const char *name, const char *folder, const char *const *suffixes, char *buf)
{
    const char *near = NULL, *base = strrchr(name, '/');
    struct bl_found *f;
    size_t n = bl_find_all(folder, suffixes, &f), skip = strlen(folder) + 1;
    char **names = calloc(n + 1, sizeof *names);

    base = base ? base + 1 : name;
    for (size_t i = 0; names && i < n; i++) {
        names[i] = joined(f[i].path + f[i].hidden + skip, "", "", "");
        if (names[i] && !strchr(base, '.'))
            *strrchr(names[i], '.') = '\0';
    }
    if (names)
        near = bl_nearest(base, (const char *const *)names, n);
    for (size_t i = 0; names && i < n; i++) {
        if (near && near == names[i])
            snprintf(buf, 256, "%s", f[i].path + f[i].hidden);
        free(names[i]);
    }
    free(names);
    bl_found_list_fini(f, n);
    return near ? buf : NULL;
}

/* FOLDER/NAME.SUFFIX with each suffix in turn. */
static bool look_bare(const char *name, const char *folder, const char *const *suffixes, struct bl_found *found)
{
    bool ok = false;

    if (strchr(name, '/') || strchr(name, '.'))
        return false;
    for (; *suffixes && !ok; suffixes++) {
        char *stem = joined(folder, "/", name, "."), *path = stem ? joined(stem, *suffixes, "", "") : NULL;
        ok = path && look(path, found);
        free(stem);
        free(path);
    }
    return ok;
}

int bl_find(const char *name, const char *folder, const char *const *suffixes, const char *what, struct bl_found *found,
            struct bl_diag *diag)
{
    char buf[256];

    if (look(name, found) || look_bare(name, folder, suffixes, found))
        return 0;
    const char *near = alike(name, folder, suffixes, buf);
    if (near)
        return bl_error(diag, "%s: there is no such file; did you mean %s?", name, near);
    return bl_error(diag, "%s: there is no such file; expected %s, a path like %s/NAME.%s, here, in $BITLINE_DATA or where "
                    "bitline is installed", name, what, folder, suffixes[0]);
}

void bl_found_fini(struct bl_found *f)
{
    free(f->path);
    *f = (struct bl_found){ 0 };
}

const char *bl_shown(const struct bl_found *f, const char *path)
{
    return f->hidden && !strncmp(path, f->path, f->hidden) ? path + f->hidden : path;
}

/* ---- listing */

struct list { struct bl_found *v; size_t n, room; };

static void list_add(struct list *l, struct bl_found f)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].path + l->v[i].hidden, f.path + f.hidden)) {
            free(f.path);
            return;
        }
    if (l->n == l->room) {
        struct bl_found *v = realloc(l->v, (l->room = l->room ? 2 * l->room : 32) * sizeof *v);
        if (!v) {
            fprintf(stderr, "bitline: no memory to list files\n");
            exit(2);
        }
        l->v = v;
    }
    l->v[l->n++] = f;
}

static bool ends_in(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');

    for (; dot && dot != name && *suffixes; suffixes++)
        if (!strcmp(dot + 1, *suffixes))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    const struct bl_found *x = a, *y = b;

    return strcmp(x->path + x->hidden, y->path + y->hidden);
}

size_t bl_find_all(const char *folder, const char *const *suffixes, struct bl_found **found)
{
    struct list l = { 0 };

    for (int i = 0; i < 3; i++) {
        const char *root = place(i);
        char *dir = root ? joined(root, *root ? "/" : "", folder, "") : NULL;
        DIR *d = dir ? opendir(dir) : NULL;
        for (struct dirent *e; d && (e = readdir(d)); ) {
            char *path = ends_in(e->d_name, suffixes) ? joined(dir, "/", e->d_name, "") : NULL;
            if (path)
                list_add(&l, (struct bl_found){ path, *root ? strlen(root) + 1 : 0 });
        }
        if (d)
            closedir(d);
        free(dir);
    }
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_name);
    *found = l.v;
    return l.n;
}

void bl_found_list_fini(struct bl_found *found, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(found[i].path);
    free(found);
}

bool bl_may_read(const char *path) { return access(path, R_OK) == 0; }

/* find.c - finds data files by name, in the folders of their kind, in the three places where these may be. */
#include "platforms/file/find.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* '*' stands for any one folder, but for those that hold other kinds. */
static const struct kind { const char *what, *like, *folder[3], *suffix[3]; } kinds[] = {
    [BL_FILE_PLATFORM] = { "a platform file", "platforms/NAME/NAME.yaml", { "platforms", "platforms/*" }, { "yaml" } },
    [BL_FILE_TECH] = { "a technology file", "platforms/NAME/tech/TECH.yaml", { "platforms/tech", "platforms/*/tech" }, { "yaml" } },
    [BL_FILE_NET] = { "a net", "platforms/nets/NAME.onnx", { "platforms/nets" }, { "onnx", "csv" } },
    [BL_FILE_IMAGES] = { "images (IDX)", "platforms/nets/NAME.idx3", { "platforms/nets" }, { "idx3" } },
    [BL_FILE_LABELS] = { "labels (IDX)", "platforms/nets/NAME.idx1", { "platforms/nets" }, { "idx1" } },
    [BL_FILE_CALIBRATION] = { "a calibration file", "platforms/nets/NAME.yaml", { "platforms/nets" }, { "yaml" } },
    [BL_FILE_BITS] = { "a table of weight bits", "platforms/nets/NAME.csv", { "platforms/nets" }, { "csv" } },
};
static const char *const not_a_machine[] = { "nets", "tech" };
enum { PLACES = 3 };

static char *text(const char *a, const char *b, const char *c, const char *d)
{
    size_t n = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
    char *t = malloc(n);

    if (!t) {
        fprintf(stderr, "bitline: no memory to look for files\n");
        exit(2);
    }
    snprintf(t, n, "%s%s%s%s", a, b, c, d);
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

/* ---- lists of files; `path` is given away */

struct list { struct bl_found *v; size_t n, room; };

static void list_add(struct list *l, char *path, const char *root)
{
    size_t hidden = *root ? strlen(root) + 1 : 0;

    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].path + l->v[i].hidden, path + hidden)) {
            free(path);
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
    l->v[l->n++] = (struct bl_found){ path, hidden };
}

static int by_name(const void *a, const void *b)
{
    const struct bl_found *x = a, *y = b;

    return strcmp(x->path + x->hidden, y->path + y->hidden);
}

static void list_sort(struct list *l)
{
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_name);
}

void bl_found_list_fini(struct bl_found *found, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(found[i].path);
    free(found);
}

/* ---- the folders of a kind */

static bool ends_in(const char *name, const char *const *suffixes)
{
    const char *dot = strrchr(name, '.');

    for (; dot && dot != name && *suffixes; suffixes++)
        if (!strcmp(dot + 1, *suffixes))
            return true;
    return false;
}

/* The files in dir: those of the kind (name NULL), or those called name.SUFFIX. */
static void look_in(const char *dir, const char *root, const struct kind *k, const char *name, struct list *l)
{
    if (name) {
        for (const char *const *s = k->suffix; *s; s++) {
            char *stem = text(dir, *dir ? "/" : "", name, "."), *path = text(stem, *s, "", "");
            free(stem);
            if (is_file(path))
                list_add(l, path, root);
            else
                free(path);
        }
        return;
    }
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)); )
        if (ends_in(e->d_name, k->suffix))
            list_add(l, text(dir, "/", e->d_name, ""), root);
    if (d)
        closedir(d);
}

static bool is_machine(const char *name)
{
    bool other = *name == '.';

    for (size_t i = 0; i < sizeof not_a_machine / sizeof *not_a_machine; i++)
        other |= !strcmp(name, not_a_machine[i]);
    return !other;
}

/* The same in every folder that the pattern stands for. */
static void look_through(const char *pattern, const char *root, const struct kind *k, const char *name, struct list *l)
{
    const char *star = strchr(pattern, '*');
    char *dir = text(root, *root ? "/" : "", pattern, "");

    if (!star) {
        look_in(dir, root, k, name, l);
        free(dir);
        return;
    }
    dir[strlen(dir) - strlen(star) - 1] = '\0';                  /* "platforms" of "platforms/" before the star */
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)); )
        if (is_machine(e->d_name)) {
            char *in = text(dir, "/", e->d_name, star + 1);
            look_in(in, root, k, name, l);
            free(in);
        }
    if (d)
        closedir(d);
    free(dir);
}

static void look_at(const char *root, const struct kind *k, const char *name, struct list *l)
{
    for (const char *const *f = k->folder; *f; f++)
        look_through(*f, root, k, name, l);
}

/* ---- finding one */

/* A name with a slash or a suffix: as it is, then below the data directories. */
static bool find_path(const char *name, struct bl_found *found)
{
    for (int i = 0; i < PLACES; i++) {
        const char *root = place(i);
        if (!root || (i && *name == '/'))
            continue;
        char *path = text(root, *root ? "/" : "", name, "");
        if (is_file(path)) {
            *found = (struct bl_found){ path, *root ? strlen(root) + 1 : 0 };
            return true;
        }
        free(path);
    }
    return false;
}

/* A bare word: 1 when it is found, 0 when not, -1 when two files are meant. */
static int find_word(const struct kind *k, const char *name, const char *where, struct bl_found *found, struct bl_diag *diag)
{
    int status = 0;

    for (int i = 0; i < PLACES && !status; i++) {
        const char *root = place(i);
        struct list l = { 0 };
        if (!root)
            continue;
        if (i == 0)
            look_in("", "", k, name, &l);
        look_at(root, k, name, &l);
        list_sort(&l);
        status = l.n == 1 ? 1 : l.n ? -1 : 0;
        if (l.n > 1)
            bl_error(diag, "%s%s: is %s and %s; name the one that is meant by its path", where, name, l.v[0].path + l.v[0].hidden,
                     l.v[1].path + l.v[1].hidden);
        if (status > 0)
            *found = (struct bl_found){ text(l.v[0].path, "", "", ""), l.v[0].hidden };
        bl_found_list_fini(l.v, l.n);
    }
    return status;
}

static char *stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *stem = text(slash ? slash + 1 : path, "", "", ""), *dot = strrchr(stem, '.');

    if (dot)
        *dot = '\0';
    return stem;
}

/* The file of the kind whose name is most like `name`, suffixes aside; as people see it, to be freed, or NULL. */
static char *alike(enum bl_file_kind kind, const char *name)
{
    const char *near;
    struct bl_found *f;
    size_t n = bl_find_all(kind, &f);
    char **stems = calloc(n + 1, sizeof *stems), *stem = stem_of(name), *answer = NULL;

    for (size_t i = 0; stems && i < n; i++)
        stems[i] = stem_of(f[i].path);
    near = stems ? bl_nearest(stem, (const char *const *)stems, n) : NULL;
    for (size_t i = 0; stems && i < n; i++) {
        if (near && near == stems[i])
            answer = text(f[i].path + f[i].hidden, "", "", "");
        free(stems[i]);
    }
    free(stems);
    free(stem);
    bl_found_list_fini(f, n);
    return answer;
}

int bl_find(enum bl_file_kind kind, const char *name, const char *where, struct bl_found *found, struct bl_diag *diag)
{
    const struct kind *k = &kinds[kind];
    int word = find_path(name, found) ? 1 : strchr(name, '/') || strchr(name, '.') ? 0 : find_word(k, name, where, found, diag);

    if (word)
        return word > 0 ? 0 : -1;
    char *near = alike(kind, name);
    if (near)
        bl_error(diag, "%s%s: there is no such file; did you mean %s?", where, name, near);
    else
        bl_error(diag, "%s%s: there is no such file; expected %s, a path like %s, here, in $BITLINE_DATA or where bitline is "
                 "installed", where, name, k->what, k->like);
    free(near);
    return -1;
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

size_t bl_find_all(enum bl_file_kind kind, struct bl_found **found)
{
    struct list l = { 0 };

    for (int i = 0; i < PLACES; i++)
        if (place(i))
            look_at(place(i), &kinds[kind], NULL, &l);
    list_sort(&l);
    *found = l.v;
    return l.n;
}

bool bl_may_read(const char *path) { return access(path, R_OK) == 0; }

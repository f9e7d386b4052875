/* find.c - finds data files by name, in the folders of their kind, in the three places where these may be. */
#include "platforms/file/find.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* '*' stands for any one folder, but for those that hold other kinds. */
static const struct kind { const char *what, *like, *folder[3], *suffix[3]; } kinds[] = {
    [BL_FILE_PLATFORM] = { "a platform file", "platforms/NAME/NAME.yaml", { "platforms", "platforms/*" }, { "yaml" } },
    [BL_FILE_TECH] = { "a technology file", "platforms/NAME/tech/TECH.yaml", { "platforms/tech", "platforms/*/tech" }, { "yaml" } },
    [BL_FILE_NET] = { "a net", "platforms/nets/NAME.onnx", { "platforms/nets" }, { "onnx", "tflite", "csv" } },
    [BL_FILE_IMAGES] = { "images", "platforms/nets/NAME.idx3", { "platforms/nets" }, { "idx3" } },
    [BL_FILE_LABELS] = { "labels", "platforms/nets/NAME.idx1", { "platforms/nets" }, { "idx1" } },
    [BL_FILE_CALIBRATION] = { "a calibration file", "platforms/nets/NAME.yaml", { "platforms/nets" }, { "yaml" } },
    [BL_FILE_BITS] = { "a table of bits by layer", "platforms/nets/NAME.csv", { "platforms/nets" }, { "csv" } },
    [BL_FILE_MACRO] = { "the description of a macro", "platforms/NAME/macros/MACRO.yaml", { "platforms/*/macros" }, { "yaml" } },
    [BL_FILE_STUDY] = { "a study", "platforms/NAME/studies/STUDY.study", { "platforms/*/studies" }, { "study" } },
    [BL_FILE_PAPER] = { "a study of a paper", "platforms/papers/PAPER/FIGURE.study", { "platforms/papers/*" }, { "study" } },
};
static const char *const not_a_machine[] = { "nets", "papers", "tech" };
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

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where make install put the data; when that is gone, ../share/bitline beside the program, which may have been moved with it. */
static const char *installed(void)
{
    static _Thread_local char beside[4096];
    static const char to[] = "/share/bitline";

    if (is_folder(BL_DATADIR))
        return BL_DATADIR;
    ssize_t n = readlink("/proc/self/exe", beside, sizeof beside - sizeof to);
    for (int up = 0; up < 2 && n > 0; up++)                      /* bin/bitline: two names */
        while (n > 0 && beside[--n] != '/')
            ;
    if (n < 0)
        return BL_DATADIR;
    memcpy(beside + n, to, sizeof to);
    return is_folder(beside) ? beside : BL_DATADIR;
}

/* Place number i: the working directory, $BITLINE_DATA, the installed data; NULL when it is not set. */
static const char *place(int i)
{
    const char *data = i == 1 ? getenv("BITLINE_DATA") : NULL;

    return i == 0 ? "" : i == 2 ? installed() : data && *data ? data : NULL;
}

/* What is wrong with a place, for a message; all kinds of files lie below platforms/ in it. */
static const char *fault_of(const char *root)
{
    char *below = text(root, "/platforms", "", "");
    const char *fault = !is_folder(root) ? ", which is not there" : !is_folder(below) ? ", which has no folder 'platforms'" : "";

    free(below);
    return fault;
}

char *bl_find_places(void)
{
    const char *data = place(1), *own = place(2);
    char *set = data ? text("in $BITLINE_DATA (", data, fault_of(data), ")") : text("in $BITLINE_DATA (not set)", "", "", "");
    char *both = text("here, ", set, " or where bitline is installed (", own), *all = text(both, fault_of(own), ")", "");

    free(set);
    free(both);
    return all;
}

/* ---- lists of files; `path` is given away */

struct list { struct bl_found *v; size_t n, room; };

static void no_memory(void)
{
    fprintf(stderr, "bitline: no memory to list files\n");
    exit(2);
}

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
        if (!v)
            no_memory();
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

/* NULL: there is no such folder. One that memory has not room to open is no folder without files. */
static DIR *open_folder(const char *dir)
{
    DIR *d = opendir(dir);

    if (!d && errno == ENOMEM)
        no_memory();
    return d;
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
    DIR *d = open_folder(dir);
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
    DIR *d = open_folder(dir);
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

static int no_file_name(const struct kind *k, const char *name, const char *where, struct bl_diag *diag)
{
    if (!*name)
        return bl_error(diag, "%sthe name of a file is empty; expected %s, a path like %s", where, k->what, k->like);
    return bl_error(diag, "%s%s: is a directory; expected %s, a path like %s", where, name, k->what, k->like);
}

static int unknown(enum bl_file_kind kind, const char *name, const char *where, struct bl_diag *diag)
{
    char *near = alike(kind, name), *places = bl_find_places();

    if (near)
        bl_error(diag, "%s%s: there is no such file; did you mean %s?", where, name, near);
    else
        bl_error(diag, "%s%s: there is no such file; expected %s, a path like %s, %s", where, name, kinds[kind].what, kinds[kind].like, places);
    free(near);
    free(places);
    return -1;
}

int bl_find(enum bl_file_kind kind, const char *name, const char *where, struct bl_found *found, struct bl_diag *diag)
{
    const struct kind *k = &kinds[kind];
    int word = *name && find_path(name, found) ? 1 : !*name || strchr(name, '/') || strchr(name, '.') ? 0 : find_word(k, name, where, found, diag);

    if (word)
        return word > 0 ? 0 : -1;
    return is_folder(name) || !*name ? no_file_name(k, name, where, diag) : unknown(kind, name, where, diag);
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

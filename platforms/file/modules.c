/* modules.c - the modules of a platform file: shared objects with classes and mappers of somebody's own. Owns their code,
 * looks at all that they hand over before anybody uses it, and joins it with what is ours. */
#define _GNU_SOURCE                    /* dl_iterate_phdr */
#include "platforms/file/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "platforms/file/elf.h"
#include "platforms/file/find.h"
#include "platforms/file/io.h"
#include "platforms/file/plan.h"

static const char BUILD[] = "build it with cc -shared -fPIC $(pkg-config --cflags bitline) -o NAME.so NAME.c";
static const char LINK[] = "cc -o PROGRAM PROGRAM.o -Wl,--export-dynamic-symbol='bl_*' -L$(pkg-config --variable=libdir bitline) "
                           "-Wl,--whole-archive -lbitline -Wl,--no-whole-archive $(pkg-config --libs bitline)";
enum { MOST_ENTRIES = 1024, LONGEST_NAME = 64, MOST_FIELDS = 4096, MOST_SPANS = 16 };

/* ---- the key of the file */

static int plan_module(struct bl_platform *p, const struct bl_yaml *v, struct module_plan *m)
{
    const char *text = bl_yaml_text(p->doc, v, "a module");

    if (!text)
        return -1;
    while (!strncmp(text, "./", 2))
        text += 2;
    if (!*text)
        return bl_yaml_error(p->doc, v, 0, "a module is empty; expected the name of a shared object, like 'mine.so'");
    m->where = bl_yaml_where(p->doc, v, 0);
    return (m->path = plan_beside(p, "", text)) ? 0 : -1;
}

int plan_modules(struct bl_platform *p, const struct bl_yaml *modules)
{
    int status = 0;

    if (bl_yaml_is(p->doc, modules, BL_YAML_LIST, "'modules'", "'[ mine.so ]'") < 0)
        return -1;
    if (!modules->n || modules->n > BL_MOST_MODULES)
        return bl_yaml_error(p->doc, modules, 0, "%zu modules; expected 1 to %d, like '[ mine.so ]'", modules->n, BL_MOST_MODULES);
    if (!(p->modules = bl_yaml_keep(p->doc, BL_MOST_MODULES, sizeof *p->modules)))
        return -1;
    for (const struct bl_yaml *v = modules->first; v; v = v->next) {
        struct module_plan *m = &p->modules[p->nmodules++];
        status |= plan_module(p, v, m);
        for (const struct module_plan *o = p->modules; o < m && m->path; o++)
            if (o->path && !strcmp(o->path, m->path))
                status |= bl_yaml_error(p->doc, v, 0, "module '%s' stands there twice", v->text);
    }
    return status;
}

/* A module of a file that is used is one of ours. */
static int add_used(struct bl_platform *p, const struct bl_platform *of, const struct module_plan *m)
{
    size_t room = strlen(m->where) + strlen(of->chain) + 1;

    for (size_t i = 0; i < p->nmodules; i++)
        if (bl_same_file(p->modules[i].path, m->path))
            return 0;
    char *where = bl_yaml_keep(p->doc, room, 1);
    if (!where || (!p->modules && !(p->modules = bl_yaml_keep(p->doc, BL_MOST_MODULES, sizeof *p->modules))))
        return -1;
    snprintf(where, room, "%s%s", m->where, of->chain);
    if (p->nmodules == BL_MOST_MODULES)
        return bl_error(p->diag, "%s: with %s there are more than %d modules", where, m->path, BL_MOST_MODULES);
    p->modules[p->nmodules++] = (struct module_plan){ .path = strdup(m->path), .where = where };
    return p->modules[p->nmodules - 1].path ? 0 : bl_error(p->diag, "%s: no memory", where);
}

int plan_used_modules(struct bl_platform *p)
{
    int status = 0;

    for (const struct made *m = p->made; m; m = m->next)
        for (size_t k = 0; m->plan && k < m->plan->nmodules; k++)
            status |= add_used(p, m->plan, &m->plan->modules[k]);
    return status;
}

/* ---- from a file to code */

/* A slash keeps the loader from searching the system's folders for a bare name. */
static void *open_code(const char *path)
{
    size_t room = strlen(path) + 3;
    char *name = malloc(room);

    if (!name)
        return NULL;
    snprintf(name, room, "%s%s", strchr(path, '/') ? "" : "./", path);
    void *code = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    free(name);
    return code;
}

/* A program that embeds the library may have kept its names to itself. */
static bool lends_names(void)
{
    void *self = dlopen(NULL, RTLD_NOW);
    bool lends = self && dlsym(self, "bl_class_find");

    if (self)
        dlclose(self);
    return lends;
}

/* The loader's own words, without the path that it puts in front. They are copied: its next call changes them. */
static int not_loaded(const struct bl_platform *p, const struct module_plan *m)
{
    const char *said = dlerror(), *path = said ? strstr(said, m->path) : NULL;
    char text[1024];

    if (!said)
        return bl_error(p->diag, "%s: %s: no memory to load it", m->where, m->path);
    if (path && (path == said || path == said + 2) && !strncmp(path + strlen(m->path), ": ", 2))
        said = path + strlen(m->path) + 2;
    snprintf(text, sizeof text, "%s", said);
    const char *symbol = strstr(text, "undefined symbol: ");
    if (symbol && !lends_names())
        return bl_error(p->diag, "%s: %s: this program does not lend the library to its modules; link it with `%s`", m->where, m->path, LINK);
    if (symbol)
        return bl_error(p->diag, "%s: %s: nobody has the function or variable '%s'; expected one that the installed headers declare, or "
                        "one of the module; is it spelled right?", m->where, m->path, symbol + strlen("undefined symbol: "));
    if (strstr(text, "ELF") || strstr(text, "file too short") || strstr(text, "dynamically load"))
        return bl_error(p->diag, "%s: %s: is no shared object of this machine (%s); %s", m->where, m->path, text, BUILD);
    return bl_error(p->diag, "%s: %s: cannot be loaded: %s", m->where, m->path, text);
}

/* A file that is not there: two names in one, or a name without its end? */
static int no_file(struct bl_platform *p, const struct module_plan *m)
{
    const char *why = strerror(errno), *two = strstr(m->path, ".so ");
    size_t room = strlen(m->path) + 4;
    char *longer = bl_yaml_keep(p->doc, room, 1);

    if (two)
        return bl_error(p->diag, "%s: %s: there is no such file; modules are separated by commas, like '[ a.so, b.so ]'", m->where, m->path);
    if (longer && (snprintf(longer, room, "%s.so", m->path), bl_may_read(longer)))
        return bl_error(p->diag, "%s: %s: there is no such file; did you mean %s?", m->where, m->path, longer);
    return bl_error(p->diag, "%s: %s: cannot be opened: %s; %s", m->where, m->path, why, BUILD);
}

/* Whether the loader may have it. */
static int check_bytes(const struct bl_platform *p, const struct module_plan *m)
{
    size_t needs = 0;
    enum bl_elf is = bl_elf_check(m->file.bytes, m->file.n, &needs);

    if (is == BL_ELF_CUT)
        return bl_error(p->diag, "%s: %s: ends after %zu bytes of %zu; was it copied in full? %s", m->where, m->path, m->file.n, needs, BUILD);
    if (is == BL_ELF_OBJECT)
        return bl_error(p->diag, "%s: %s: is an object file; %s", m->where, m->path, BUILD);
    return 0;
}

/* A pipe would be waited for, and a device has no end. */
static int read_file(struct bl_platform *p, struct module_plan *m)
{
    size_t room = strlen(m->where) + 3;
    char *prefix = bl_yaml_keep(p->doc, room, 1);
    struct stat st;

    if (stat(m->path, &st) != 0)
        return no_file(p, m);
    if (!S_ISREG(st.st_mode))
        return bl_error(p->diag, "%s: %s: is %s; expected a shared object, like 'mine.so'", m->where, m->path,
                        S_ISDIR(st.st_mode) ? "a directory" : "no regular file");
    if (!prefix)
        return -1;
    snprintf(prefix, room, "%s: ", m->where);
    m->file = (struct bl_datafile){ .path = m->path, .role = "module" };
    m->file.bytes = bl_read_some(m->path, prefix, SIZE_MAX, &m->file.n, p->diag);
    return m->file.bytes ? check_bytes(p, m) : -1;
}

/* ---- what a module hands over: looked at before it is believed */

/* Where the object that holds `probe` has its bytes. */
struct image { const char *probe; struct { const char *from, *to; } span[MOST_SPANS]; size_t n; };

static int image_of(struct dl_phdr_info *o, size_t size, void *ctx)
{
    struct image *image = ctx;
    bool found = false;

    (void)size;
    image->n = 0;
    for (size_t i = 0; i < o->dlpi_phnum && image->n < MOST_SPANS; i++) {
        if (o->dlpi_phdr[i].p_type != PT_LOAD || !(o->dlpi_phdr[i].p_flags & PF_R))
            continue;
        const char *from = (const char *)(uintptr_t)(o->dlpi_addr + o->dlpi_phdr[i].p_vaddr), *to = from + o->dlpi_phdr[i].p_memsz;
        image->span[image->n].from = from;
        image->span[image->n++].to = to;
        found |= image->probe >= from && image->probe < to;
    }
    return found;
}

/* A table without an end leads anywhere; what is the module's lies in its own image. */
static bool holds(const struct image *image, const void *at, size_t n)
{
    for (size_t i = 0; i < image->n; i++)
        if ((const char *)at >= image->span[i].from && (const char *)at < image->span[i].to)
            return n <= (size_t)(image->span[i].to - (const char *)at);
    return false;
}

static bool is_name(const struct image *image, const char *s)
{
    for (size_t n = 0; n <= LONGEST_NAME && holds(image, s + n, 1); n++)
        if (!s[n])
            return n && text_word(s) == n;
    return false;
}

/* Counts the entries of a table, a pointer each to so many bytes at least. */
static int count(const struct bl_platform *p, const struct module_plan *m, const struct image *image, const void *table, size_t bytes,
                 const char *what, size_t *n)
{
    const void *const *t = table;

    for (*n = 0; t && *n < MOST_ENTRIES && holds(image, t + *n, sizeof *t); ++*n) {
        if (!t[*n])
            return 0;
        if (!holds(image, t[*n], bytes) || (uintptr_t)t[*n] % _Alignof(void *))
            break;
    }
    return !t ? 0 : bl_error(p->diag, "%s: %s: entry %zu of its table of %s is none of the module; expected a table that ends with NULL, as "
                             "BL_MODULE makes it", m->where, m->path, *n, what);
}

/* The kernel looks at what each field says; here, that it is the module's. */
static bool has_fields(const struct image *image, const struct bl_field *f)
{
    for (size_t n = 0; f && n <= MOST_FIELDS && holds(image, f, sizeof *f); f++, n++)
        if (!f->kind)
            return true;
    return !f;
}

static int check_classes(const struct bl_platform *p, const struct module_plan *m, const struct image *image, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct bl_class *c = m->record->classes[i];
        if (!is_name(image, c->name))
            return bl_error(p->diag, "%s: %s: class %zu has no name; expected letters, digits and '_'", m->where, m->path, i);
        if (c->size < sizeof(struct bl_part))
            return bl_error(p->diag, "%s: %s: class '%s' has %zu bytes, less than the struct bl_part that it begins with", m->where, m->path,
                            c->name, c->size);
        if (!has_fields(image, c->fields))
            return bl_error(p->diag, "%s: %s: class '%s': its table of fields does not end with { 0 }", m->where, m->path, c->name);
        if (bl_class_find(bl_classes, c->name))
            return bl_error(p->diag, "%s: %s: class '%s' is one of bitline's own; give yours another name", m->where, m->path, c->name);
        for (size_t k = 0; k < i; k++)
            if (!strcmp(m->record->classes[k]->name, c->name))
                return bl_error(p->diag, "%s: %s: has two classes '%s'", m->where, m->path, c->name);
        for (const struct module_plan *o = p->modules; o < m; o++)
            if (o->record->classes && bl_class_find(o->record->classes, c->name))
                return bl_error(p->diag, "%s: %s: class '%s' is in %s as well; rename one", m->where, m->path, c->name, o->path);
    }
    return 0;
}

/* The record says with which headers it was made: nothing else in it means anything when they were others. */
static int check_record(const struct bl_platform *p, const struct module_plan *m)
{
    static const char wanted[] = BL_MODULE_MARK BL_HEADERS_STAMP;
    const struct bl_module *r = m->record;
    struct image image = { .probe = (const char *)r };
    size_t nclasses, nmappers;

    if (!r || !dl_iterate_phdr(image_of, &image) || !holds(&image, r, sizeof r->made_with) ||
        strncmp(r->made_with, BL_MODULE_MARK, strlen(BL_MODULE_MARK)))
        return bl_error(p->diag, "%s: %s: has no record bl_module; end it with BL_MODULE(BL_CLASSES(&...)) of platforms/file/module.h",
                        m->where, m->path);
    if (strncmp(r->made_with, wanted, sizeof r->made_with) || !holds(&image, r, sizeof *r))
        return bl_error(p->diag, "%s: %s: was built with the headers of another bitline (%.8s, here %.8s); build it again", m->where, m->path,
                        r->made_with + strlen(BL_MODULE_MARK), BL_HEADERS_STAMP);
    if (count(p, m, &image, r->classes, sizeof(struct bl_class), "classes", &nclasses) < 0 ||
        count(p, m, &image, r->mappers, sizeof(void *), "mappers", &nmappers) < 0)
        return -1;
    if (!nclasses && !nmappers)
        return bl_error(p->diag, "%s: %s: has neither a class nor a mapper; expected BL_MODULE(BL_CLASSES(&...)) with one at least",
                        m->where, m->path);
    return check_classes(p, m, &image, nclasses);
}

static int check_names(const struct bl_platform *p, const struct module_plan *m)
{
    const char *name = bl_elf_exports(m->file.bytes, m->file.n, "bl_", "bl_module");

    return !name ? 0 : bl_error(p->diag, "%s: %s: exports '%s', and names that begin with bl_ are bitline's; make it static or give it "
                                "another name", m->where, m->path, name);
}

static int load_one(struct bl_platform *p, struct module_plan *m)
{
    if (read_file(p, m) < 0)
        return -1;
    if (!(m->code = open_code(m->path)))
        return not_loaded(p, m);
    m->record = dlsym(m->code, "bl_module");
    return check_record(p, m) < 0 ? -1 : check_names(p, m);
}

/* ---- all of them */

static size_t length(const struct bl_class *const *classes)
{
    size_t n = 0;

    while (classes && classes[n])
        n++;
    return n;
}

int load_modules(struct bl_platform *p)
{
    for (size_t i = 0; i < p->nmodules; i++)
        if (load_one(p, &p->modules[i]) < 0)
            return -1;
    p->has_modules = p->nmodules > 0;
    return 0;
}

void free_modules(struct bl_platform *p)
{
    for (size_t i = 0; i < p->nmodules; i++) {
        if (p->modules[i].code)
            dlclose(p->modules[i].code);
        free((void *)(uintptr_t)p->modules[i].file.bytes);
        free(p->modules[i].path);
    }
}

/* ---- questions */

size_t bl_platform_modules(const struct bl_platform *p) { return p->has_modules ? p->nmodules : 0; }

struct bl_module_row bl_platform_module(const struct bl_platform *p, size_t i)
{
    return (struct bl_module_row){ p->modules[i].record, &p->modules[i].file, p->modules[i].where };
}

const struct bl_class *const *bl_platform_classes(const struct bl_platform *p, const struct bl_class *const *ours)
{
    size_t n = length(ours = ours ? ours : bl_classes), all = n;
    const struct bl_class **joined;

    for (size_t i = 0; i < bl_platform_modules(p); i++)
        all += length(p->modules[i].record->classes);
    if (all == n)
        return ours;
    if (!(joined = bl_yaml_keep(p->doc, all + 1, sizeof *joined)))
        return NULL;
    memcpy(joined, ours, n * sizeof *joined);
    for (size_t i = 0; i < bl_platform_modules(p); i++)
        for (const struct bl_class *const *c = p->modules[i].record->classes; c && *c; c++) {
            if (bl_class_find(ours, (*c)->name)) {
                bl_error(p->diag, "%s: %s: class '%s' is one of the program's own; rename one", p->modules[i].where, p->modules[i].path, (*c)->name);
                return NULL;
            }
            joined[n++] = *c;
        }
    return joined;
}

/* used_file.c - the files of parts that are files: found, read once, circles of them refused. */
#include "kernel/model.h"
#include "platforms/file/io.h"
#include "platforms/file/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

const char *file_base(const char *path) { return strrchr(path, '/') ? strrchr(path, '/') + 1 : path; }

static bool is_file(const char *path)
{
    struct stat st;

    return path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Beside the file that names it, with or without .yaml; else as `bitline run` finds a platform. */
int find_used(struct bl_platform *p, const struct use_plan *use, const char *name, struct bl_found *at)
{
    static const char *const suffix[] = { "", ".yaml" };
    size_t room = strlen(name) + 6, prefix_room = strlen(use->where) + 3;
    char *text = malloc(room + prefix_room), *prefix = text ? text + room : NULL;

    if (!text)
        return bl_error(p->diag, "%s: no memory to look for %s", use->where, name);
    for (size_t i = 0; i < COUNT(suffix); i++) {
        snprintf(text, room, "%s%s", name, suffix[i]);
        *at = (struct bl_found){ .path = plan_beside(p, "", text) };
        if (is_file(at->path)) {
            free(text);
            return 0;
        }
        bl_found_fini(at);
    }
    if (p->first->classes && bl_class_find(p->first->classes, name)) {
        free(text);
        return bl_error(p->diag, "%s: %s is a class, and 'use' names a platform file; write 'class: %s'", use->where, name, name);
    }
    snprintf(prefix, prefix_room, "%s: ", use->where);
    int status = bl_find(BL_FILE_PLATFORM, name, prefix, at, p->diag);
    free(text);
    return status;
}

/* a.yaml uses b.yaml, which uses a.yaml. */
int check_chain(struct bl_platform *p, const struct use_plan *use, const char *path)
{
    char list[512] = "";
    int depth = 1;

    for (const struct bl_platform *o = p; o; o = o->outer, depth++) {
        if (!bl_same_file(o->path, path))
            continue;
        snprintf(list, sizeof list, "%s", file_base(path));
        for (const struct bl_platform *k = p; ; k = k->outer) {
            char rest[512];
            snprintf(rest, sizeof rest, "%s", list);
            snprintf(list, sizeof list, "%.200s -> %.300s", file_base(k->path), rest);
            if (k == o)
                break;
        }
        return bl_error(p->diag, "%s: use of %s leads back to it: %s", use->where, file_base(path), list);
    }
    if (depth > PLAN_MOST_FILES)
        return bl_error(p->diag, "%s: %s would be file number %d of a chain, each used by the one before; expected at most %d", use->where,
                        file_base(path), depth, PLAN_MOST_FILES);
    return 0;
}

static void say_nothing(void *ctx, const char *line) { (void)ctx, (void)line; }

/* `at` is given away. */
struct used_file *used_file_of(struct bl_platform *p, const struct use_plan *use, struct bl_found *at)
{
    struct bl_diag silent = { .put = say_nothing };      /* plan_file reads it again, and tells */
    struct bl_platform *first = p->first;
    struct used_file *f;
    char prefix[600];

    for (f = first->files; f; f = f->next)
        if (bl_same_file(f->at.path, at->path)) {
            bl_found_fini(at);
            return f->bytes ? f : NULL;
        }
    if (!(f = calloc(1, sizeof *f))) {
        bl_found_fini(at);
        bl_error(p->diag, "%s: no memory for it", use->where);
        return NULL;
    }
    f->at = *at;
    f->next = first->files;
    first->files = f;
    snprintf(prefix, sizeof prefix, "%.590s: ", use->where);
    if (!(f->bytes = bl_read_some(f->at.path, prefix, BL_YAML_MAX_BYTES + 1, &f->n, p->diag)))
        return NULL;
    f->file = (struct bl_datafile){ .path = f->at.path, .bytes = f->bytes, .n = f->n, .hidden = f->at.hidden, .role = "used" };
    first->nfiles++;
    f->doc = bl_yaml_read(f->at.path, f->bytes, f->n, &silent);
    return f;
}

const struct bl_datafile *used_file_at(const struct bl_platform *p, size_t i)
{
    size_t n = p->nfiles - i - 1;

    for (const struct used_file *f = p->files; f; f = f->next)
        if (f->bytes && n-- == 0)
            return &f->file;
    return NULL;
}

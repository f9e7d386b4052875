/* yaml.c - a document of yaml.h once it is read: its memory, the places in its messages, questions to it. */
#include "platforms/file/yaml_in.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk { struct chunk *before; max_align_t bytes[]; };

/* ---- memory and messages */

void *bl_yaml_keep(struct bl_yaml_doc *doc, size_t n, size_t size)
{
    struct chunk *c = size && n > (SIZE_MAX - sizeof *c) / size ? NULL : calloc(1, sizeof *c + n * size);

    if (!c) {
        bl_error(doc->diag, "%s: no memory for it; give the program more, or make the file smaller", doc->file);
        return NULL;
    }
    c->before = doc->chunks;
    doc->chunks = c;
    return c->bytes;
}

void bl_yaml_free(struct bl_yaml_doc *doc)
{
    if (!doc)
        return;
    for (struct chunk *c = doc->chunks, *before; c; c = before) {
        before = c->before;
        free(c);
    }
    free(doc);
}

const struct bl_yaml *bl_yaml_root(const struct bl_yaml_doc *doc) { return doc->root; }

size_t bl_yaml_characters(const char *s, size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xC0) != 0x80;
    return count;
}

static size_t column(const struct bl_yaml *node, size_t at)
{
    return node->exact && at ? node->col + node->indent + bl_yaml_characters(node->text, at) : node->col;
}

const char *bl_yaml_where(struct bl_yaml_doc *doc, const struct bl_yaml *node, size_t at)
{
    const char *from = node->from ? node->from : "", *used = node->from ? ", used at " : "";
    size_t room = strlen(doc->file) + strlen(from) + 64;
    char *where = bl_yaml_keep(doc, room, 1);

    if (!where)
        return "(no memory)";
    snprintf(where, room, "%s%s%s:%u:%zu", from, used, doc->file, node->line, column(node, at));
    return where;
}

static int tell(struct bl_yaml_doc *doc, const char *from, size_t line, size_t col, const char *fmt, va_list ap)
{
    char small[512], *text = small;
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    if (n >= (int)sizeof small && (text = malloc((size_t)n + 1)) != NULL)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    bl_error(doc->diag, "%s%s%s:%zu:%zu: %s", from ? from : "", from ? ", used at " : "", doc->file, line, col, text ? text : small);
    if (text != small)
        free(text);
    return -1;
}

int bl_yaml_error_at(struct bl_yaml_doc *doc, size_t line, size_t col, const char *fmt, va_list ap)
{
    return tell(doc, NULL, line, col, fmt, ap);
}

int bl_yaml_error(struct bl_yaml_doc *doc, const struct bl_yaml *node, size_t at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    tell(doc, node->from, node->line, column(node, at), fmt, ap);
    va_end(ap);
    return -1;
}

/* ---- questions */

const struct bl_yaml *bl_yaml_get(const struct bl_yaml *map, const char *key)
{
    for (const struct bl_yaml *v = map->kind == BL_YAML_MAP ? map->first : NULL; v; v = v->next)
        if (strcmp(v->key->text, key) == 0)
            return v;
    return NULL;
}

int bl_yaml_known(struct bl_yaml_doc *doc, const struct bl_yaml *map, const char *what, const char *const *known, size_t n)
{
    int status = 0;

    for (const struct bl_yaml *v = map->first; v; v = v->next) {
        size_t i = 0;
        while (i < n && strcmp(v->key->text, known[i]) != 0)
            i++;
        if (i < n)
            continue;
        const char *near = bl_nearest(v->key->text, known, n);
        char list[480] = "";
        for (i = 0; !near && i < n; i++)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", known[i]);
        status = bl_yaml_error(doc, v->key, 0, near ? "%s has no '%s'; did you mean '%s'?" : "%s has no '%s'; expected one of %s",
                               what, v->key->text, near ? near : list);
    }
    return status;
}

static const char *const kind_name[] = { "a single value", "a map", "a list" };

int bl_yaml_is(struct bl_yaml_doc *doc, const struct bl_yaml *node, enum bl_yaml_kind kind, const char *what,
               const char *like)
{
    if (node->kind == kind)
        return 0;
    if (node->kind == BL_YAML_TEXT && !*node->text && !node->quoted)
        return bl_yaml_error(doc, node, 0, "%s is empty; expected %s", what, like);
    return bl_yaml_error(doc, node, 0, "%s is %s; expected %s", what, kind_name[node->kind], like);
}

const char *bl_yaml_text(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what)
{
    if (node->kind != BL_YAML_TEXT)
        bl_yaml_error(doc, node, 0, "%s is %s; expected a single value", what, kind_name[node->kind]);
    else if (!*node->text)
        bl_yaml_error(doc, node, 0, "%s is empty; expected a value", what);
    else
        return node->text;
    return NULL;
}

int bl_yaml_count(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what, uint64_t least, uint64_t most,
                  uint64_t *value)
{
    const char *text = bl_yaml_text(doc, node, what), *s = text;
    uint64_t v = 0;

    if (!text)
        return -1;
    for (; *s >= '0' && *s <= '9' && v <= most / 10; s++)
        v = v * 10 + (uint64_t)(*s - '0');
    if (*s || v < least || v > most)
        return bl_yaml_error(doc, node, 0, "%s is '%s'; expected a whole number from %llu to %llu", what, text,
                             (unsigned long long)least, (unsigned long long)most);
    *value = v;
    return 0;
}

void bl_yaml_write_name(FILE *f, const char *before, const char *name, const char *after)
{
    fprintf(f, "%s\"", before);
    for (; *name; name++)
        fprintf(f, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
    fprintf(f, "\"%s\n", after);
}

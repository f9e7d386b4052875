/* yaml_read.c - builds the tree of yaml.h from the events of libyaml, and refuses what a file of ours may not use. */
#include "platforms/file/io.h"
#include "platforms/file/yaml_in.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static char *copy(struct bl_yaml_doc *doc, const char *text, size_t n)
{
    char *to = bl_yaml_keep(doc, n + 1, 1);

    return to ? memcpy(to, text, n) : NULL;
}

static int BL_PRINTF(4, 5) refuse(struct bl_yaml_doc *doc, size_t line, size_t col, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    bl_yaml_error_at(doc, line, col, fmt, ap);
    va_end(ap);
    return -1;
}

struct reading {
    struct bl_yaml_doc *doc;
    yaml_parser_t parser;
    const unsigned char *bytes;
    size_t n;
    bool twice;                       /* a key stands twice */
};

/* The byte at a mark, 0 when there is none: what libyaml stumbled over. */
static char byte_at(const struct reading *r, yaml_mark_t mark)
{
    size_t i = 0, line = 0, col = 0;

    for (; i < r->n && line < mark.line; i++)
        line += r->bytes[i] == '\n';
    for (; i < r->n && col < mark.column; col++)
        for (i++; i < r->n && (r->bytes[i] & 0xC0) == 0x80;)
            i++;
    return i < r->n ? (char)r->bytes[i] : 0;
}

static int no_yaml(struct reading *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t at = p->problem_mark;
    const char *problem = p->problem ? p->problem : "unreadable", *context = p->context ? p->context : "";
    const char *cure = "";
    char opened[80];

    if (p->error == YAML_MEMORY_ERROR)
        return bl_error(r->doc->diag, "%s: no memory to parse it", r->doc->file);
    if (p->error == YAML_READER_ERROR) {
        size_t line = 1;
        for (size_t i = 0; i < r->n && i < p->problem_offset; i++)
            line += r->bytes[i] == '\n';
        return refuse(r->doc, line, 1, "%s; expected UTF-8 text without control characters", problem);
    }
    char c = byte_at(r, at);
    if (strstr(context, "alias"))
        cure = "; a value that begins with '*' must stand in quotes";
    else if (c == '\t')
        cure = "; indent with blanks, not with tabs";
    else if (c && strchr("%@`&!", c))
        cure = "; a value that begins with this character must stand in quotes";
    else if (strstr(context, "flow") && c == '[')
        cure = "; inside '{ }' and '[ ]' a value with '[' in it stands in quotes, like 'g[0].x'";
    else if (strstr(problem, "mapping values are not allowed"))
        return refuse(r->doc, at.line + 1, at.column + 1, "a ':' was not expected here; does the line before lack the ':' of 'name: value', or is it indented "
                      "otherwise? A value with ': ' in it stands in quotes");
    snprintf(opened, sizeof opened, " that was opened in line %zu, column %zu", p->context_mark.line + 1, p->context_mark.column + 1);
    return refuse(r->doc, at.line + 1, at.column + 1, "%s%s%s%s%s", problem, *context ? " " : "", context, strstr(context, "flow mapping") || strstr(context, "flow sequence") ? opened : "", cure);
}

static int next(struct reading *r, yaml_event_t *e)
{
    return yaml_parser_parse(&r->parser, e) ? 0 : no_yaml(r);
}

static struct bl_yaml *node_at(struct reading *r, enum bl_yaml_kind kind, yaml_mark_t at)
{
    struct bl_yaml *node = bl_yaml_keep(r->doc, 1, sizeof *node);

    if (node) {
        node->kind = kind;
        node->line = (unsigned)at.line + 1;
        node->col = (unsigned)at.column + 1;
        node->text = "";
    }
    return node;
}

/* What YAML offers and a file of ours may not use. */
static int check_plain(struct reading *r, const yaml_char_t *anchor, const yaml_char_t *tag, yaml_mark_t at)
{
    if (anchor)
        return refuse(r->doc, at.line + 1, at.column + 1,
                      "'&%s' is an anchor, which is not supported; write the value where it is needed", anchor);
    if (tag)
        return refuse(r->doc, at.line + 1, at.column + 1, "'%s' is a tag, which is not supported; leave it away", tag);
    return 0;
}

static struct bl_yaml *text_node(struct reading *r, const yaml_event_t *e)
{
    const char *text = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length, line = e->start_mark.line + 1, col = e->start_mark.column + 1;

    if (check_plain(r, e->data.scalar.anchor, e->data.scalar.tag, e->start_mark) < 0)
        return NULL;
    if (n > BL_YAML_MAX_TEXT) {
        refuse(r->doc, line, col, "a value of %zu bytes; expected at most %d", n, BL_YAML_MAX_TEXT);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F) {
            refuse(r->doc, line, col, "a value with a line break or control character in it; write it on one line, "
                   "without '|' or '>'");
            return NULL;
        }
    struct bl_yaml *node = node_at(r, BL_YAML_TEXT, e->start_mark);
    if (!node || !(node->text = copy(r->doc, text, n)))
        return NULL;
    node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->indent = node->quoted;
    node->exact = e->start_mark.line == e->end_mark.line &&
                  e->end_mark.column - e->start_mark.column == bl_yaml_characters(text, n) + 2 * node->indent;
    return node;
}

static struct bl_yaml *build(struct reading *r, const yaml_event_t *e, int depth);

/* The next node, or NULL at the end of its map or list (*end) or after an error. */
static struct bl_yaml *build_next(struct reading *r, int depth, bool *end)
{
    yaml_event_t e;
    struct bl_yaml *node = NULL;

    *end = false;
    if (next(r, &e) < 0)
        return NULL;
    if (e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT)
        *end = true;
    else
        node = build(r, &e, depth);
    yaml_event_delete(&e);
    return node;
}

static int by_key(const void *a, const void *b)
{
    const struct bl_yaml *x = *(const struct bl_yaml *const *)a, *y = *(const struct bl_yaml *const *)b;
    int order = strcmp(x->key->text, y->key->text);

    if (order == 0)
        order = x->key->line != y->key->line ? (x->key->line < y->key->line ? -1 : 1)
                                             : (x->key->col > y->key->col) - (x->key->col < y->key->col);
    return order;
}

static int check_twice(struct reading *r, const struct bl_yaml *map)
{
    const struct bl_yaml **sorted = malloc((map->n + 1) * sizeof(*sorted)), **p = sorted;

    if (!sorted)
        return bl_error(r->doc->diag, "%s: no memory to parse it", r->doc->file);
    for (const struct bl_yaml *v = map->first; v; v = v->next)
        *p++ = v;
    qsort(sorted, map->n, sizeof *sorted, by_key);
    for (size_t i = 1; i < map->n; i++) {
        const struct bl_yaml *key = sorted[i]->key;
        if (strcmp(key->text, sorted[i - 1]->key->text) == 0)
            r->twice |= refuse(r->doc, key->line, key->col, "'%s' stands here a second time, first in line %u; leave one of them away", key->text,
                               sorted[i - 1]->key->line) < 0;
    }
    free(sorted);
    return 0;
}

/* The entries of a map or list whose start has been read. */
static int build_inside(struct reading *r, struct bl_yaml *in, int depth)
{
    const struct bl_yaml **to = &in->first;

    for (;; in->n++) {
        bool end;
        struct bl_yaml *key = NULL, *v = build_next(r, depth, &end);
        if (end)
            return in->kind == BL_YAML_MAP ? check_twice(r, in) : 0;
        if (!v)
            return -1;
        if (in->kind == BL_YAML_MAP) {
            key = v;
            if (key->kind != BL_YAML_TEXT || !*key->text)
                return refuse(r->doc, key->line, key->col, "a key that is no text; expected 'name: value'");
            if (!(v = build_next(r, depth, &end)))
                return -1;
        }
        v->key = key;
        *to = v;
        to = &v->next;
    }
}

static struct bl_yaml *build(struct reading *r, const yaml_event_t *e, int depth)
{
    size_t line = e->start_mark.line + 1, col = e->start_mark.column + 1;

    switch ((int)e->type) {
    case YAML_SCALAR_EVENT:
        return text_node(r, e);
    case YAML_ALIAS_EVENT:
        refuse(r->doc, line, col, "'*%s' is an alias, which is not supported; a value that begins with '*' must stand in quotes",
               e->data.alias.anchor);
        return NULL;
    case YAML_MAPPING_START_EVENT:
        if (check_plain(r, e->data.mapping_start.anchor, e->data.mapping_start.tag, e->start_mark) < 0)
            return NULL;
        break;
    default:
        if (check_plain(r, e->data.sequence_start.anchor, e->data.sequence_start.tag, e->start_mark) < 0)
            return NULL;
    }
    if (depth >= BL_YAML_MAX_DEPTH) {
        refuse(r->doc, line, col, "nested deeper than %d", BL_YAML_MAX_DEPTH);
        return NULL;
    }
    struct bl_yaml *node = node_at(r, e->type == YAML_MAPPING_START_EVENT ? BL_YAML_MAP : BL_YAML_LIST, e->start_mark);
    return node && build_inside(r, node, depth + 1) == 0 ? node : NULL;
}

/* The whole stream: exactly one document. */
static int read_stream(struct reading *r)
{
    yaml_event_t e;
    yaml_event_type_t type = YAML_NO_EVENT;

    while (type != YAML_STREAM_END_EVENT) {
        if (next(r, &e) < 0)
            return -1;
        type = e.type;
        int status = 0;
        if (type == YAML_DOCUMENT_START_EVENT && r->doc->root)
            status = refuse(r->doc, e.start_mark.line + 1, e.start_mark.column + 1,
                            "a second document; expected one in a file: leave '---' and what follows away");
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT && !(r->doc->root = build(r, &e, 0)))
            status = -1;
        yaml_event_delete(&e);
        if (status < 0)
            return -1;
    }
    const struct bl_yaml *root = r->doc->root;
    if (!root)
        return refuse(r->doc, 1, 1, "the file is empty; expected 'name: value' lines");
    return root->kind == BL_YAML_MAP ? 0 : refuse(r->doc, root->line, root->col, "expected 'name: value' lines");
}

struct bl_yaml_doc *bl_yaml_read_on(const char *file, const void *bytes, size_t n, bool *twice, struct bl_diag *diag)
{
    struct reading r = { .doc = calloc(1, sizeof *r.doc), .bytes = bytes, .n = n };
    int status;

    if (!r.doc) {
        bl_error(diag, "%s: no memory to parse it", file);
        return NULL;
    }
    r.doc->diag = diag;
    r.doc->file = file;
    if (n > BL_YAML_MAX_BYTES)
        status = bl_error(diag, "%s: %zu bytes; expected at most %d", file, n, BL_YAML_MAX_BYTES);
    else if (!(r.doc->file = copy(r.doc, file, strlen(file))))
        status = -1;
    else if (!yaml_parser_initialize(&r.parser))
        status = bl_error(diag, "%s: no memory to parse it", file);
    else {
        yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&r.parser, bytes, n);
        status = read_stream(&r);
        yaml_parser_delete(&r.parser);
    }
    *twice = r.twice;
    if (status == 0)
        return r.doc;
    bl_yaml_free(r.doc);
    return NULL;
}

struct bl_yaml_doc *bl_yaml_read(const char *file, const void *bytes, size_t n, struct bl_diag *diag)
{
    bool twice;
    struct bl_yaml_doc *doc = bl_yaml_read_on(file, bytes, n, &twice, diag);

    if (!twice)
        return doc;
    bl_yaml_free(doc);
    return NULL;
}

struct bl_yaml_doc *bl_yaml_open(const char *path, struct bl_diag *diag)
{
    size_t n;
    unsigned char *bytes = bl_read_some(path, "", BL_YAML_MAX_BYTES + 1, &n, diag);        /* more is refused behind this */
    struct bl_yaml_doc *doc = bytes ? bl_yaml_read(path, bytes, n, diag) : NULL;

    free(bytes);
    return doc;
}

/* yaml.h - a YAML file as a tree whose every node knows its line and column, and questions to it
 * that answer with good errors. One document, plain values, maps and lists; nothing else of YAML. */
#ifndef BL_PLATFORMS_YAML_H
#define BL_PLATFORMS_YAML_H

#include "kernel/sim.h"

#include <stdio.h>

/* Files are refused above these, loudly. */
enum { BL_YAML_MAX_BYTES = 4 << 20, BL_YAML_MAX_TEXT = 4096, BL_YAML_MAX_DEPTH = 16 };

enum bl_yaml_kind { BL_YAML_TEXT, BL_YAML_MAP, BL_YAML_LIST };

/* A node. The entries of a map are its values in file order, each with its key. */
struct bl_yaml {
    enum bl_yaml_kind kind;
    bool quoted;
    bool exact;                       /* character i of text stands `indent + i` columns after col */
    unsigned line, col, indent;       /* from 1; columns count characters */
    const char *from;                 /* "--set 'rows=8'", who gave the value that is used here; NULL: the file */
    const char *text;                 /* of a text; UTF-8 without control characters; "" when nothing stands there */
    const struct bl_yaml *key;        /* of an entry of a map */
    const struct bl_yaml *first, *next;
    size_t n;                         /* entries */
};

struct bl_yaml_doc;

/* Parses n bytes; `file` names them in messages and is copied. The root is a map. Refused: what is no
 * YAML, several documents, anchors, aliases, tags, duplicate keys, control characters. NULL after errors. */
struct bl_yaml_doc *bl_yaml_read(const char *file, const void *bytes, size_t n, struct bl_diag *diag);
/* The same, but a key that stands twice does not end it: each is told, *twice is true then, and the first of them counts. Such a document is for
 * finding what else is wrong with the file, and for nothing else. */
struct bl_yaml_doc *bl_yaml_read_on(const char *file, const void *bytes, size_t n, bool *twice, struct bl_diag *diag);
/* The same of a whole file. */
struct bl_yaml_doc *bl_yaml_open(const char *path, struct bl_diag *diag);
/* Writes a line: `before`, the name in double quotes, `after`. */
void bl_yaml_write_name(FILE *f, const char *before, const char *name, const char *after);
void bl_yaml_free(struct bl_yaml_doc *doc);
const struct bl_yaml *bl_yaml_root(const struct bl_yaml_doc *doc);

/* Zeroed memory that lives as long as the document; NULL after a "no memory" error. n may be 0. */
void *bl_yaml_keep(struct bl_yaml_doc *doc, size_t n, size_t size);
/* "FILE:LINE:COL" of the character at offset `at` of a node's text (0: of the node), kept like
 * bl_yaml_keep; a fixed text when there is no memory. Of a value that comes from elsewhere "--set 'rows=8', used at FILE:LINE:COL". */
const char *bl_yaml_where(struct bl_yaml_doc *doc, const struct bl_yaml *node, size_t at);
/* Reports with "FILE:LINE:COL: " in front; `at` is the offset in bytes of the offending character in
 * node->text. Returns -1. */
int bl_yaml_error(struct bl_yaml_doc *doc, const struct bl_yaml *node, size_t at, const char *fmt, ...) BL_PRINTF(4, 5);

/* The value of a key, or NULL. */
const struct bl_yaml *bl_yaml_get(const struct bl_yaml *map, const char *key);
/* Reports every key of a map that is not among `known`; `what` is "a wire", "the file". 0 or -1. */
int bl_yaml_known(struct bl_yaml_doc *doc, const struct bl_yaml *map, const char *what, const char *const *known, size_t n);
/* The text of a node; NULL after an error when it is a map, a list or nothing. `what` is "the class". */
const char *bl_yaml_text(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what);
/* A whole decimal number within [least, most]. 0 or -1. */
int bl_yaml_count(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what, uint64_t least, uint64_t most,
                  uint64_t *value);
/* 0 when the node is of this kind, else -1 after an error that gives `like` as an example. */
int bl_yaml_is(struct bl_yaml_doc *doc, const struct bl_yaml *node, enum bl_yaml_kind kind, const char *what,
               const char *like);

#endif

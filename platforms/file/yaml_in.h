/* yaml_in.h - what a document of yaml.h is, shared by yaml.c and yaml_read.c. */
#ifndef BL_PLATFORMS_YAML_IN_H
#define BL_PLATFORMS_YAML_IN_H

#include "platforms/file/yaml.h"

#include <stdarg.h>

struct bl_yaml_doc {
    struct chunk *chunks;             /* all its memory */
    const char *file;
    struct bl_diag *diag;
    const struct bl_yaml *root;
};

/* yaml.c: characters in n bytes of UTF-8. */
size_t bl_yaml_characters(const char *s, size_t n);
/* Reports with "FILE:LINE:COL: " in front; returns -1. */
int bl_yaml_error_at(struct bl_yaml_doc *doc, size_t line, size_t col, const char *fmt, va_list ap);

#endif

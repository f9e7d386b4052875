/* macro_in.h - what the readers of a macro's description share. */
#ifndef BL_IMC_MACRO_IN_H
#define BL_IMC_MACRO_IN_H

#include "platforms/file/yaml.h"
#include "platforms/imc/macro_file.h"

enum { BL_IMC_KNOWN = 48 };             /* at least as many as there are keys and sections */

/* What is said of each key: a text (NULL: nothing, or none that could be read) and where it stands (NULL: nothing). */
struct bl_imc_said { const char *text[BL_IMC_KNOWN], *where[BL_IMC_KNOWN]; };
struct bl_imc_reader { struct bl_imc_file *f; const char *path; struct bl_diag *diag; struct bl_imc_said said; };

/* macro_values.c: the number of a key in bl_imc_keys, that of the end when there is none; their names; and f->macro of what is said. */
size_t bl_imc_key_of(const char *name);
size_t bl_imc_key_names(const char *names[BL_IMC_KNOWN]);
int bl_imc_read_values(struct bl_imc_reader *r);

/* A number in [least, most]; 0, or -1 after an error. */
int bl_imc_real(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what, double least, double most, double *value);
/* One of the words of `words`, separated by '|': its index, or -1. */
int bl_imc_word(const char *words, const char *text);
/* "fact", "derived", "calibrated" or "free". */
int bl_imc_tag(struct bl_yaml_doc *doc, const struct bl_yaml *node, enum bl_tag *tag);
/* The list 'blocks' of a file. */
int bl_imc_blocks(struct bl_imc_file *f, const struct bl_yaml *list);

#endif

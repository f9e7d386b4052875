/* macro_in.h - what the readers of a macro's description share. */
#ifndef BL_IMC_MACRO_IN_H
#define BL_IMC_MACRO_IN_H

#include "platforms/file/yaml.h"
#include "platforms/imc/macro_file.h"

/* A number in [least, most]; 0, or -1 after an error. */
int bl_imc_real(struct bl_yaml_doc *doc, const struct bl_yaml *node, const char *what, double least, double most, double *value);
/* One of the words of `words`, separated by '|': its index, or -1. */
int bl_imc_word(const char *words, const char *text);
/* "fact", "derived", "calibrated" or "free". */
int bl_imc_tag(struct bl_yaml_doc *doc, const struct bl_yaml *node, enum bl_tag *tag);
/* The list 'blocks' of a file. */
int bl_imc_blocks(struct bl_imc_file *f, const struct bl_yaml *list);

#endif

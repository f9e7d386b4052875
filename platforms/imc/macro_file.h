/* macro_file.h - the description of a macro for the cost model: a small YAML file (platforms/imc/README.md has its keys). */
#ifndef BL_IMC_MACRO_FILE_H
#define BL_IMC_MACRO_FILE_H

#include "platforms/file/texts.h"
#include "platforms/imc/cost.h"

struct bl_yaml_doc;

/* Where a value of the file comes from. A key without an entry is free: a choice of who wrote the file. */
struct bl_imc_source { const char *key; enum bl_tag tag; const char *source; };
/* What is known of a chip; 0: not said. usable: may it be compared (else its sparsity or its circuit is not that of the model)? */
struct bl_imc_reported { double tops_w, area, clock; bool usable_tops_w, usable_area, usable_clock; const char *source; };

struct bl_imc_file {
    const char *name, *about;
    struct bl_imc_macro macro;
    const struct bl_imc_block *blocks;     /* NULL: those of bl_imc_structure */
    unsigned nblocks;
    const struct bl_imc_source *sources;
    size_t nsources;
    struct bl_imc_reported reported;
    const char **where;                    /* of each key of bl_imc_keys: "FILE:LINE:COL", "--set '..'"; NULL: not said */
    struct bl_yaml_doc *doc;               /* owns all texts */
};

/* A key of the description whose value is a number or a word. */
enum bl_imc_key_kind { BL_IMC_COUNT, BL_IMC_NUMBER, BL_IMC_NM, BL_IMC_VOLTS, BL_IMC_CHOICE };
struct bl_imc_key {
    const char *name;
    enum bl_imc_key_kind kind;
    size_t at;                             /* in struct bl_imc_values */
    bool required;
    double least, most, preset;
    const char *words;                     /* of a choice, separated by '|' */
    const char *help;
};
struct bl_imc_values { struct bl_imc_macro m; uint64_t rows, cols; unsigned table2; };
extern const struct bl_imc_key bl_imc_keys[];       /* ends with a NULL name */

/* `path` names the bytes in messages; sets: "KEY=VALUE" of the command line, over what the file says. 0; -1 after a bl_error for everything
 * that is wrong ("FILE:LINE:COL: found; expected; cure"). To be freed in both cases. */
int bl_imc_file_read(struct bl_imc_file *f, const char *path, const void *bytes, size_t n, struct bl_words sets, struct bl_diag *diag);
void bl_imc_file_fini(struct bl_imc_file *f);
/* Where a key's value stands, for messages; the beginning of the file for one that is preset. */
const char *bl_imc_where(const struct bl_imc_file *f, const char *key);
/* The source of a key's value. */
struct bl_imc_source bl_imc_source_of(const struct bl_imc_file *f, const char *key);

#endif

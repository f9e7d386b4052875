/* calibration_file.h - what the calibration files of all machines have in common: the head, and layers by the names of a
 * net. What stands in a layer is read and written by its machine. Format: platforms/README.md, "calibration files". */
#ifndef BL_CALIBRATION_FILE_H
#define BL_CALIBRATION_FILE_H

#include <stdio.h>

#include "platforms/file/yaml.h"
#include "platforms/job/mapper.h"
#include "platforms/net/net.h"

/* A machine's half. `tables` is what it keeps of a file; each int is 0, or -1 after a bl_yaml_error. */
struct bl_calibration_form {
    const char *machine;               /* `calibration: MACHINE` */
    const char *made_for;              /* what of the machine the tables depend on, "rows 64, ..": kept in the file; of another machine a note is told. NULL: not */
    const char *setting;               /* one more key of the head, or NULL */
    const char *layers_like, *layer_like;          /* examples, for messages */
    bool tells_host_work;              /* a layer of host work is told apart from one that the net does not have */
    const char *const *known; size_t nknown;       /* keys of a layer */
    /* The value of `setting`, NULL when it is not there; may be NULL. */
    int (*read_setting)(void *tables, struct bl_yaml_doc *doc, const struct bl_yaml *value);
    /* *said is 1 and may take more bits, for check_layer. */
    int (*read_layer)(void *tables, const struct bl_net *net, uint32_t layer, struct bl_yaml_doc *doc, const struct bl_yaml *y, uint8_t *said);
    /* Of each conv and fc layer, when all are read; may be NULL. */
    int (*check_layer)(void *tables, const struct bl_net *net, uint32_t layer, struct bl_yaml_doc *doc, const struct bl_yaml *y, uint8_t said);
    void (*write_setting)(const void *tables, FILE *f);           /* its value, without a newline; NULL: no setting */
    void (*write_layer)(const void *tables, const struct bl_net *net, uint32_t layer, FILE *f);
};

/* Every layer that is named must be a conv or fc layer of the net, and every such layer must be named. 0, or -1 after
 * having reported every error of a layer, each with file:line:column. */
int bl_calibration_read(const struct bl_calibration_form *form, const char *path, const struct bl_net *net, void *tables,
                        struct bl_diag *diag);
/* Saves the file, whole or not at all (bl_save_all). `how` is a list of comment lines (command and figures), ends with NULL. */
int bl_calibration_write(const struct bl_calibration_form *form, const char *path, const struct bl_net *net, const void *tables,
                         const char *const *how, struct bl_diag *diag);
/* The comments that every calibration has: which run made it (`more` stands before the seed), the loss that it reached, what is
 * right on its own images. */
enum { BL_HOW_LINES = 3, BL_HOW_ROOM = 256 };
void bl_calibration_how(const struct bl_calibrate_opts *o, const char *more, const struct bl_outcome *end,
                        char lines[BL_HOW_LINES][BL_HOW_ROOM]);
/* Does an array compute the layer? Else it is host work, and no calibration has it. */
bool bl_calibration_has(const struct bl_layer *l);

#endif

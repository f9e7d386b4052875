/* options.h - long options as a table: parsed into a struct, checked, and printed as help. */
#ifndef BL_OPTIONS_H
#define BL_OPTIONS_H

#include <stdio.h>

#include "kernel/sim.h"
#include "platforms/file/texts.h"

enum bl_option_kind {
    BL_OPT_FLAG,       /* bool: no value */
    BL_OPT_TEXT,       /* const char * */
    BL_OPT_MANY,       /* struct bl_texts: may be given many times */
    BL_OPT_WHOLE,      /* struct bl_whole */
    BL_OPT_CHOICE,     /* const char *: one of the words of `arg`, which are separated by '|' */
    BL_OPT_TIME,       /* struct bl_whole: fs, written with a unit */
    BL_OPT_PAIR,       /* struct bl_texts: two words, "--save-at TIME FILE"; may be given many times */
    BL_OPT_MAYBE       /* const char *: a value only behind '='; "" without one */
};

struct bl_option {
    const char *name;          /* without "--"; NULL ends the table */
    char letter;               /* 'o' for -o, or 0 */
    enum bl_option_kind kind;
    size_t at;                 /* offset in the struct of options */
    const char *arg;           /* its value in the help: "FILE" */
    const char *help;          /* lines are separated by '\n' */
};
struct bl_grammar {
    const char *words;         /* in the help: "PLATFORM" */
    size_t least, most;        /* how many words */
    const struct bl_option *options;
    size_t size;               /* of the struct of options */
    const char *notes;         /* printed behind the options, or NULL */
};

/* Parses argv[0..argc-1] (behind the command's name). --opt VALUE and --opt=VALUE are the same, "--" ends the
 * options, options and words may be mixed. 0; 1: help was asked for; -1 after a bl_error for every mistake. */
int bl_options_parse(const struct bl_grammar *g, const char *command, int argc, char **argv, struct bl_texts *words,
                     void *into, struct bl_diag *diag);
void bl_options_help(const struct bl_grammar *g, const char *command, const char *help, FILE *out);
void bl_options_free(const struct bl_grammar *g, struct bl_texts *words, void *into);

#endif

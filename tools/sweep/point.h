/* point.h - one point of a sweep: the words of its `bitline run`, whether it can be built, and what makes it the same as another one. */
#ifndef BL_SWEEP_POINT_H
#define BL_SWEEP_POINT_H

#include <stddef.h>

#include "platforms/job/setup.h"
#include "tools/options.h"
#include "tools/run/setup_options.h"

/* The options of `bitline run` that a sweep has too, in a struct T with these members. */
#define BL_POINT_OPTIONS(T) \
    BL_NET_OPTIONS(T), \
    BL_CALIBRATION_OPTION(T), BL_OBJECTIVE_OPTION(T), \
    BL_SET_OPTIONS(T), \
    { "until", 0, BL_OPT_TIME, offsetof(T, until), "TIME", "stop at this time: \"5 us\"" }

struct bl_point_opts {
    struct bl_setup_opts setup;
    struct bl_texts sets, images, data;
    struct bl_whole until;
};
extern const struct bl_grammar bl_point_grammar;

/* The words that give `opts`, a struct with the table `options`, the values that it has; only of options that a point has. Added to `words`, which
 * owns them. */
void bl_point_words(const struct bl_option *options, const void *opts, struct bl_texts *words);
/* One more, owned; without memory the program ends. */
void bl_own_word(struct bl_texts *words, const char *fmt, ...) BL_PRINTF(2, 3);
/* The words as one line that a shell takes, to be freed; `first` in front. NULL: no memory. */
char *bl_shell_line(const char *first, const struct bl_texts *words);

/* What the database must know of a point before it runs. */
struct bl_point_id {
    char key[65];                      /* SHA-256 of all that its result depends on */
    char *platform, *net;              /* names of their files, as shown; net NULL: none */
    uint32_t images;
};
/* Elaborates the point: words as behind `bitline run`. 0, or -1 after having reported every error. */
int bl_point_check(const struct bl_texts *words, struct bl_point_id *id, struct bl_diag *diag);
void bl_point_id_fini(struct bl_point_id *id);

/* The key of a setup that was built (identity.c): of the effective parameters of every part, clocks, wires, supply, digests of all files, images, seed, limit of
 * time, and version and build of the program. Two spellings of one thing have one key. 0, or -1 after a bl_error. */
int bl_identity(struct bl_setup *u, uint64_t until_fs, char key[65], struct bl_diag *diag);

#endif
